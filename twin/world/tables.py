"""The tables of the neighbourhood and the columns that nobody's mechanism owns.

A mechanism adds the columns it owns to these tables; what stands here is what a row is born with.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.core.columns import Column
from twin.world.disputes import CAUSES, LAPSES, TURNS
from twin.world.ledger import SOURCES
from twin.world.works import ACTS

AGE_GROUPS = ("child", "youth", "adult", "elder")
SEXES = ("female", "male")
ROLES = ("head", "partner", "child", "parent", "sharer")
TENURES = ("reform", "market", "renter")
MOBILITIES = ("walks", "needs_help", "housebound")
TIE_KINDS = ("household", "kin", "stairwell", "building", "work", "school")
CHANNELS = ("phone", "app", "walk_in", "patrol")
ASSET_KINDS = ("lamp", "bin", "drain", "lift", "parking", "stairwell")
# columns that hold an index into names
CODES: Mapping[str, tuple[str, ...]] = {
    "residents.age_group": AGE_GROUPS,
    "residents.sex": SEXES,
    "residents.role": ROLES,
    "residents.mobility": MOBILITIES,
    "households.tenure": TENURES,
    "tickets.channel": CHANNELS,
    "ballots.act": ACTS,
    "disputes.cause": CAUSES,
    "lapses.kind": LAPSES,
    "turns.kind": TURNS,
    "postings.source": SOURCES,
}

TABLES: Mapping[str, Mapping[str, Column]] = {
    "kinds": {
        "share": Column(np.float64, "1", "weight of the category among matters", low=0.0),
        "priority": Column(np.int8, "1", "class of its orders, 0 emergency to 3 slow", start=2),
    },
    "buildings": {
        "grid": Column(np.int32, "1", "grid 网格 of the building"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
        "storeys": Column(np.int16, "1", "storeys, the ground floor counted", start=1, low=1),
    },
    "flats": {
        "building": Column(np.int32, "1", "row of buildings"),
        "stairwell": Column(np.int32, "1", "stairwell 单元, counted through all buildings"),
        "floor": Column(np.int16, "1", "1 is the ground floor", start=1, low=1),
        "area_m2": Column(np.float32, "m2", "gross floor area", low=0.0),
    },
    "households": {
        "flat": Column(np.int32, "1", "row of flats where they live"),
        "size": Column(np.int16, "1", "residents who live together", start=1, low=1),
        "generations": Column(np.int8, "1", "generations that live together, 3 or more as 3", start=1, low=1, high=3),
        "tenure": Column(np.int8, "1", "index into TENURES"),
        "income": Column(np.int8, "1", "fifth of households by income, 1 the lowest", start=3, low=1, high=5),
        "cars": Column(np.int8, "1", "cars that the household has", low=0),
    },
    "residents": {
        "household": Column(np.int32, "1", "row of households, -1 for nobody's", start=-1),
        "grid": Column(np.int32, "1", "grid 网格 where the resident lives"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
        "age": Column(np.int16, "year", "completed years, 100 and over as 100", start=40, low=0, high=100),
        "sex": Column(np.int8, "1", "index into SEXES"),
        "role": Column(np.int8, "1", "place in the household: index into ROLES"),
        "living_alone": Column(np.bool_, "1", "nobody else in the household", start=False),
        "mobility": Column(np.int8, "1", "index into MOBILITIES"),
        "age_group": Column(np.int8, "1", "index into AGE_GROUPS"),
        "digital_skill": Column(np.float32, "1", "0 none, 1 complete", low=0.0, high=1.0),
        "temper": Column(np.float32, "1", "lasting personal leaning in answers, mean 0, sd 1"),
    },
    "places": {
        "grid": Column(np.int32, "1", "grid 网格 of the place"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "residents_near": Column(np.int32, "1", "residents who pass the place", low=0),
        "kind": Column(np.int8, "1", "on a map: index into ASSET_KINDS, else -1", start=-1),
        "building": Column(np.int32, "1", "row of buildings, -1 for what stands in the street", start=-1),
    },
    "incidents": {
        "began": Column(np.float64, "min", "minute at which the fault began, from the run's start"),
        "until": Column(np.float64, "min", "minute at which it ends at the latest, inf: not known", start=np.inf),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "place": Column(np.int32, "1", "row of places, -1 where unknown", start=-1),
        "grid": Column(np.int32, "1", "grid 网格"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
    },
    "tickets": {
        "created": Column(np.float64, "min", "minute of the report, from the run's start"),
        "incident": Column(np.uint64, "1", "key of the incident that is reported"),
        "reporter": Column(np.int32, "1", "row of residents, -1 for staff", start=-1),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "channel": Column(np.int8, "1", "index into CHANNELS"),
        "priority": Column(np.int8, "1", "class, 0 emergency to 3 slow", start=2),
        "duplicate": Column(np.bool_, "1", "not the first report of its incident", start=False),
        "again": Column(np.bool_, "1", "a re-complaint: the same reporter on the same matter", start=False),
        "request": Column(
            np.bool_, "1", "somebody's request; false: work that the office gives itself, such as a session", start=True
        ),
        "grid": Column(np.int32, "1", "grid 网格"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
    },
    "workers": {
        "team": Column(np.int16, "1", "index into the desk's teams"),
        "grid": Column(np.int32, "1", "home grid 网格"),
        "x": Column(np.float64, "km", "where the day begins, east of the south-west corner"),
        "y": Column(np.float64, "km", "where the day begins, north of the south-west corner"),
        "skill": Column(np.float64, "1", "speed: working time is divided by it", start=1.0, low=0.0),
    },
    "stints": {
        "day": Column(np.int32, "day", "day on which it was worked"),
        "team": Column(np.int16, "1", "index into the desk's teams"),
        "worker": Column(np.int32, "1", "the post, counted through all teams"),
        "minutes": Column(np.float64, "min", "worked outside the roster on that day", low=0.0),
    },
    "postings": {
        "day": Column(np.int32, "day", "day of the posting"),
        "account": Column(np.int16, "1", "index into the ledger's accounts"),
        "fen": Column(np.int64, "fen", "amount, positive is spent"),
        "source": Column(np.int8, "1", "index into SOURCES: whose money it was", start=0),
        "project": Column(np.int32, "1", "row of projects that it was spent on, -1 for none", start=-1),
        "programme": Column(np.int32, "1", "row of programmes that it was spent on, -1 for none", start=-1),
    },
    "answers": {
        "ticket": Column(np.int32, "1", "row of tickets, -1 for a survey"),
        "resident": Column(np.int32, "1", "row of residents"),
        "day": Column(np.int32, "day", "day of the answer"),
        "kind": Column(np.int8, "1", "0 call-back 回访, 1 survey 问卷"),
        "solved": Column(np.int8, "1", "answer: solved 1, not 0, not asked -1", start=-1),
        "level": Column(np.int8, "1", "answer: 1 very dissatisfied to 5 very satisfied"),
    },
    "stays": {
        "side": Column(np.int8, "1", "whose car: 0 a resident's, 1 of the offices"),
        "lot": Column(np.int8, "1", "whose space it stands on, as side; -1 where it found none", start=-1),
        "arrived": Column(np.float64, "min", "minute of the arrival, from the run's start"),
        "until": Column(np.float64, "min", "minute at which it leaves"),
    },
    "programmes": {
        "place": Column(np.int32, "1", "place in the fund that it takes"),
        "generation": Column(np.int32, "1", "programmes that had the place before"),
        "began": Column(np.int32, "day", "day on which it began"),
    },
    "pledges": {
        "resident": Column(np.int32, "1", "row of residents"),
        "day": Column(np.int32, "day", "day of the pledge"),
        "fen": Column(np.int64, "fen", "what is pledged", low=0),
    },
    "payments": {
        "year": Column(np.int32, "year", "year of the contract, 0 for the year of building"),
        "fen": Column(np.int64, "fen", "what the budget pays"),
        "failed": Column(np.bool_, "1", "the partner failed in this year", start=False),
    },
    "months": {
        "month": Column(np.int32, "1", "month of 30 days, from 0"),
    },
    "inlets": {
        "basin": Column(np.int32, "1", "row of basins that it drains"),
    },
    "basins": {},
    "tumbles": {
        "resident": Column(np.int32, "1", "row of residents who fell"),
        "minute": Column(np.float64, "min", "minute of the fall, from the run's start"),
    },
    "paths": {
        "start": Column(np.int32, "1", "junction at which it begins"),
        "end": Column(np.int32, "1", "junction at which it ends"),
        "metres": Column(np.float64, "m", "length", low=0.0),
        "x": Column(np.float64, "km", "where it begins, east of the south-west corner"),
        "y": Column(np.float64, "km", "where it begins, north of the south-west corner"),
    },
    "roads": {
        "street": Column(np.int32, "1", "number of the street on the map, from 0"),
        "start": Column(np.int32, "1", "junction at which it begins"),
        "end": Column(np.int32, "1", "junction at which it ends"),
        "x": Column(np.float64, "km", "where it begins, east of the south-west corner"),
        "y": Column(np.float64, "km", "where it begins, north of the south-west corner"),
        "end_x": Column(np.float64, "km", "where it ends, east of the south-west corner"),
        "end_y": Column(np.float64, "km", "where it ends, north of the south-west corner"),
        "metres": Column(np.float64, "m", "length, bends counted", low=0.0),
        "rank": Column(np.int8, "1", "index into RANKS of roads: main, side, access"),
        "gate": Column(np.bool_, "1", "cars come into the neighbourhood by its start", start=False),
    },
    "projects": {
        "work": Column(np.int16, "1", "place of the work in the catalogue, in the order of names"),
        "building": Column(np.int32, "1", "row of buildings, -1 for works of a whole grid or of all", start=-1),
        "stairwell": Column(np.int32, "1", "stairwell 单元, -1 for works that are not of one", start=-1),
        "grid": Column(np.int32, "1", "grid 网格, -1 for works of all", start=-1),
        "decided": Column(np.int32, "day", "day on which it was put into the plan"),
        "cost_fen": Column(np.int64, "fen", "what it is to cost", low=0),
        "owners_fen": Column(np.int64, "fen", "the part of it that the owners pay themselves", start=0, low=0),
        "asked_for": Column(np.bool_, "1", "owners asked for it; it is in no plan of the office", start=False),
        "lawful": Column(np.bool_, "1", "the decision would stand if it were examined", start=True),
    },
    "ballots": {
        "project": Column(np.int32, "1", "row of projects"),
        "flat": Column(np.int32, "1", "row of flats, for which it is"),
        "household": Column(np.int32, "1", "row of households who live there, -1 for an empty flat", start=-1),
        "resident": Column(np.int32, "1", "row of residents: who acts; -1 for a landlord", start=-1),
        "act": Column(np.int8, "1", "index into ACTS"),
    },
    "ties": {
        "one": Column(np.int32, "1", "row of residents, the one with the lower key"),
        "other": Column(np.int32, "1", "row of residents"),
        "base": Column(np.float64, "1", "strength that daily life keeps up", low=0.0),
        "near": Column(np.bool_, "1", "both live in one building", start=False),
    },
    "lapses": {
        "household": Column(np.int32, "1", "row of households: whose it is"),
        "kind": Column(np.int8, "1", "index into LAPSES: late noise, fouling"),
        "minute": Column(np.float64, "min", "minute at which it happens, from the run's start"),
    },
    "disputes": {
        "cause": Column(np.int8, "1", "index into CAUSES"),
        "plaintiff": Column(np.int32, "1", "row of residents"),
        "respondent": Column(np.int32, "1", "row of residents, -1 for the property firm", start=-1),
        "began": Column(np.int32, "day", "day on which it began"),
        "again": Column(np.bool_, "1", "a relapse: an agreement on the same matter broke", start=False),
        "parent": Column(np.int32, "1", "row of the dispute whose agreement broke, -1 if none", start=-1),
    },
    "turns": {
        "dispute": Column(np.int32, "1", "row of disputes"),
        "day": Column(np.int32, "day", "day on which it happened"),
        "kind": Column(np.int8, "1", "index into TURNS: another stage, seated, handed on, held, refused"),
        "stage": Column(np.int8, "1", "stage of the dispute then, 0 made up", low=0, high=9),
        "level": Column(np.int8, "1", "table then: 1 community, 2 street, 3 city, 0 none", low=0, high=3),
        "plaintiff_fallback": Column(
            np.float64, "1", "of a session: what the plaintiff can get elsewhere", start=np.nan
        ),
        "respondent_fallback": Column(
            np.float64, "1", "of a session: what the respondent can get elsewhere", start=np.nan
        ),
        "plaintiff_thinks": Column(np.float64, "1", "of a session: the plaintiff's belief about that", start=np.nan),
        "respondent_thinks": Column(np.float64, "1", "of a session: the respondent's belief about that", start=np.nan),
        "needed": Column(np.float64, "1", "of a session: surplus that has to be left for an agreement", start=np.nan),
    },
}
