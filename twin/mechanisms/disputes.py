"""Disputes: quarrels between neighbours, or with the property firm, that begin for a cause.

What it does    A late noise or fouling that a neighbour has had enough of, and each day that households share
                parking or pipes, are disturbed by works or owe fees, begin disputes with a small hazard: with a
                neighbour, about works and fees with the firm that does or asks for them. It is more where faults of
                that kind lie open, of parking also where residents' cars find no space; where both sides are under
                stress or the plaintiff bears a grievance; less where the two households know each other, and for whom
                an agreement keeps a space free.
Why             Disputes grow out of load, ties and stress, and none of these is a policy: whoever lowers the load
                or makes neighbours meet lowers disputes, and by as much as this says. Neighbours who know one
                another sort things out [sampson1997].
Leaves out      Quarrels within a family, debts and accidents, sides of more than two (see `coalitions`). Whose car it
                was that found no space; that one that keeps off a space looks for another.
Ablation        tie_weight 0: ties do nothing. stress_weight 0: stress does nothing. grievance_weight 0: unsolved
                reports do nothing. fault_weight 0: open faults do nothing. blocked_weight 0: cars without a space do
                nothing. scale 0: no dispute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.disputes import (
    CAUSES,
    FEES,
    FIRM,
    FOULING,
    LATE_NOISE,
    LEAKS,
    NOISE,
    PARKING,
    PETS,
    WORKS,
    Dwellings,
    another_in,
    dwellings,
    is_open,
    open_at_end,
    promised_part,
    strength_between,
)
from twin.world.series import per_thousand_year

_YEAR_DAYS, _HUNDRED = 365, 100
_CATEGORY = {PARKING: "parking", LEAKS: "leaks_drains", FEES: "property"}
_LAPSE = {NOISE: LATE_NOISE, PETS: FOULING}
_RESIDENTS, _BLOCKED = 0, -1  # in `stays`: whose car, and the lot of one that found none


@dataclass(frozen=True)
class Disputes:
    """How often disputes begin."""

    followed: bool = param(False, "", source="scenario range", evidence="assumed",
                           doc="whether ties, lapses, stress, grievances and disputes are followed at all",
                           zh="是否模拟邻里纠纷")
    scale: float = param(1.08, "1", 0.0, 100.0, source="mediation2022", evidence="assumed",
                         doc="factor of all hazards, calibrated so that the arm `separate_offices` of mediation.yaml "
                             "has about the published 10.6 mediated disputes per 1,000 residents and year (in 20 "
                             "replications 9.9): a calibration, which validates nothing",
                         zh="发生率校准系数")
    noise_chance: float = param(0.005, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="a late noise is once too often for a neighbour of the stairwell",
                                zh="噪声引发纠纷概率")
    fouling_chance: float = param(0.004, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="a fouling is once too often for a neighbour of the building",
                                  zh="遗粪引发纠纷概率")
    parking_per_year: float = param(0.03, "1/year", 0.0, 10.0, source="scenario range", evidence="assumed",
                                    doc="about parking, by household, where no fault lies open", zh="停车纠纷户年率")
    leaks_per_year: float = param(0.025, "1/year", 0.0, 10.0, source="scenario range", evidence="assumed",
                                  doc="about leaks, by household, where no fault lies open", zh="渗漏纠纷户年率")
    fees_per_year: float = param(0.02, "1/year", 0.0, 10.0, source="scenario range", evidence="assumed",
                                 doc="with the property firm, by household, where no fault lies open",
                                 zh="物业费纠纷户年率")
    works_per_year: float = param(0.04, "1/year", 0.0, 10.0, source="scenario range", evidence="assumed",
                                  doc="about works, by household whose head is fully disturbed by them",
                                  zh="施工纠纷户年率")
    fault_weight: float = param(0.2, "1", 0.0, 10.0, source="scenario range", evidence="assumed",
                                doc="gain of a hazard for each open fault of its kind per 100 households of the grid",
                                zh="未处理事件的影响")
    blocked_weight: float = param(2.0, "1", 0.0, 100.0, source="scenario range", evidence="assumed",
                                  doc="gain of the hazard of a dispute about parking where no resident's car finds a "
                                      "space; a part of it by the part that found none yesterday, where parking is "
                                      "followed",
                                  zh="找不到车位的影响")
    tie_weight: float = param(0.5, "1", 0.0, 3.0, source="sampson1997", evidence="assumed",
                              doc="loss of a hazard's logarithm by strength of the ties between the households",
                              zh="邻里联系的抑制作用")
    stress_weight: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                 doc="gain of a hazard's logarithm by the stress of each side above the usual",
                                 zh="压力的助推作用")
    grievance_weight: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                    doc="gain of a hazard's logarithm by the plaintiff's grievance",
                                    zh="积怨的助推作用")


def disputes_per_1000(world: World) -> float | None:
    """Disputes that began in the window, relapses not counted."""
    p: Any = world.levers["disputes"]
    table = world.disputes
    return per_thousand_year(world, table.began[~table.again] * DAY_MINUTES) if p.followed else None


def disputes_open_end(world: World) -> float | None:
    """Disputes that were open when the horizon was reached."""
    p: Any = world.levers["disputes"]
    return float(np.count_nonzero(open_at_end(world))) if p.followed else None


@mechanism(
    phase=Phase.ARRIVE,
    params=Disputes,
    gates=["disputes.followed"],
    reads=[
        "residents.household", "residents.grid", "residents.stress", "residents.grievance",
        "residents.disturbed", "households.flat",
        "flats.stairwell", "flats.building", "lapses.household", "lapses.kind", "lapses.minute",
        "incidents.began", "incidents.ended", "incidents.category", "incidents.grid",
        "ties.one", "ties.other", "ties.base", "ties.extra", "ties.since", "levers.ties.half_life_days",
        "levers.stress.set_point", "disputes.cause", "disputes.plaintiff", "disputes.settled_on", "disputes.faded_on",
        "disputes.broken_on", "disputes.clause_part", "stays.side", "stays.lot", "stays.arrived",
    ],
    spawns=["disputes"],
    metrics={
        "disputes_per_1000": Metric(
            disputes_per_1000, "1/year", better="lower",
            en="Disputes per 1,000 residents", zh="每千人年纠纷数", latent=True,
            doc="disputes that began in the window, mediated or not, relapses not counted, per 1,000 residents and "
                "year",
            doc_zh="统计期内发生的纠纷数（无论是否调解，不含复发），折算为每千居民每年",
        ),
        "disputes_open_end": Metric(
            disputes_open_end, "1", better="lower",
            en="Open disputes at the end", zh="期末未了纠纷", latent=True,
            doc="disputes that are neither settled nor made up when the horizon is reached",
            doc_zh="期末既未调解成功也未自行平息的纠纷数",
        ),
    },
    sources=["sampson1997", "mediation2022"],
)  # fmt: skip
def disputes(world: View, p: Disputes, draw: Draw, effects: Effects) -> None:
    """Begin the disputes of the day: candidates at the largest hazard, thinned by what holds between the two."""
    if not p.followed or world.running_on or not len(world.households):
        return
    homes = dwellings(world)
    found = [one for one in candidates(world, p, draw, homes) if len(one.key)]
    if not found:
        return
    all_of = together(found)
    all_of = all_of.only(np.flatnonzero(taken_up(world, p, draw, homes, all_of)))
    all_of = all_of.only(first_of_each(world, homes, all_of))
    effects.spawn(
        "disputes",
        all_of.key,
        cause=all_of.cause,
        plaintiff=homes.head[all_of.plaintiff],
        respondent=np.where(all_of.respondent >= 0, homes.head[all_of.respondent], FIRM),
        began=world.day,
    )


class Candidates(NamedTuple):
    """Households that could fall out today, and about what; the respondent is -1 for the firm: one cell a pair."""

    key: Keys
    cause: Ints
    plaintiff: Ints
    respondent: Ints

    def only(self, rows: Ints) -> Candidates:
        """Return some of them."""
        columns: Any = self
        return Candidates._make(column[rows] for column in columns)


def together(found: Sequence[Candidates]) -> Candidates:
    """Return all candidates as one."""
    columns: Any = zip(*found, strict=True)
    return Candidates._make(np.concatenate(column) for column in columns)


def candidates(world: Any, p: Disputes, draw: Draw, homes: Dwellings) -> Iterator[Candidates]:
    """Yield who could fall out today, by cause."""
    most = largest_factor(p, world.levers["stress"].set_point)
    for cause, chance in ((NOISE, p.noise_chance), (PETS, p.fouling_chance)):
        yield annoyed(world, draw, homes, cause, 1 - (1 - min(p.scale * chance, 1.0)) ** most)
    rates = ((PARKING, p.parking_per_year), (LEAKS, p.leaks_per_year), (WORKS, p.works_per_year),
             (FEES, p.fees_per_year))  # fmt: skip
    for cause, a_year in rates:
        hazard = p.scale * a_year / _YEAR_DAYS * load(world, p, cause, homes) * most
        yield struck(world, draw, homes, cause, -np.expm1(-hazard))


def largest_factor(p: Disputes, usual_stress: float) -> float:
    """Return the largest factor that stress and grievance together can put on a hazard."""
    return float(np.exp(2 * p.stress_weight * (1 - usual_stress) + p.grievance_weight))


def annoyed(world: Any, draw: Draw, homes: Dwellings, cause: int, chance: float) -> Candidates:
    """Return the neighbours for whom a lapse of yesterday was once too often; the key is the lapse's."""
    table, morning = world.lapses, world.day * DAY_MINUTES
    yesterday = (table.minute >= morning - DAY_MINUTES) & (table.minute < morning)
    heard = np.flatnonzero(yesterday & (table.kind == _LAPSE[cause]))
    key = draw.keys(CAUSES[cause], table.key[heard], 0)
    enough = draw.happens("enough", chance, key, 0)
    heard, key = heard[enough], key[enough]
    around = homes.stairwell if cause == NOISE else homes.building
    doing = table.household[heard].astype(np.int64)
    neighbour = another_in(around, doing, draw.uniform("neighbour", key, 0))
    return Candidates(key, np.full(len(key), cause), neighbour, doing).only(np.flatnonzero(neighbour >= 0))


def struck(world: Any, draw: Draw, homes: Dwellings, cause: int, chance: Floats) -> Candidates:
    """Return the households that have had enough today of a matter that they share with others."""
    keys = draw.keys(CAUSES[cause], world.households.key)
    who = np.flatnonzero(draw.happens("enough", chance, keys, 0))
    key = keys[who]
    if cause in (FEES, WORKS):
        return Candidates(key, np.full(len(key), cause), who, np.full(len(key), FIRM))
    around = homes.building if cause == PARKING else homes.stairwell
    neighbour = another_in(around, who, draw.uniform("neighbour", key, 0))
    return Candidates(key, np.full(len(key), cause), who, neighbour).only(np.flatnonzero(neighbour >= 0))


def load(world: Any, p: Disputes, cause: int, homes: Dwellings) -> Floats:
    """Return what bears on each household: 1 and the open faults of the kind; of works how much they disturb.

    Of parking also the cars that found no space yesterday, all of it less for whoever was promised a free one.
    """
    if cause == WORKS:
        return np.where(homes.head >= 0, np.append(world.residents.disturbed, 0.0)[homes.head], 0.0)
    found = 1 + p.fault_weight * open_faults(world, cause, homes)
    if cause == PARKING:
        spared = promised_part(world, PARKING, world.disputes.plaintiff)
        found = (found + p.blocked_weight * blocked_share(world)) * (1 - spared)
    return found


def blocked_share(world: Any) -> float:
    """Return the part of the residents' cars that found no space yesterday; 0 where none is followed."""
    stays, morning = world.stays, world.day * DAY_MINUTES
    yesterday = (stays.side == _RESIDENTS) & (stays.arrived >= morning - DAY_MINUTES) & (stays.arrived < morning)
    return float((stays.lot[yesterday] == _BLOCKED).mean()) if yesterday.any() else 0.0


def open_faults(world: Any, cause: int, homes: Dwellings) -> Floats:
    """Return how many faults of a cause's category lie open in the grid of each household, per 100 households."""
    name = _CATEGORY[cause]
    if name not in world.categories:
        return np.zeros(len(world.households))
    faults, morning = world.incidents, world.day * DAY_MINUTES
    lies_open = (faults.began < morning) & (faults.ended > morning)
    of_kind = lies_open & (faults.category == world.categories.index(name))
    return per_hundred(world, homes, of_kind)


def per_hundred(world: Any, homes: Dwellings, chosen: Any) -> Floats:
    """Return how many of these incidents the grid of each household has, per 100 households."""
    grid = np.where(homes.head >= 0, world.residents.grid[homes.head], 0)
    size = int(max(grid.max(initial=0), world.incidents.grid.max(initial=0))) + 1
    households = np.bincount(grid, minlength=size)
    found = np.bincount(world.incidents.grid[chosen], minlength=size)
    return _HUNDRED * found[grid] / households[grid]


def taken_up(world: Any, p: Disputes, draw: Draw, homes: Dwellings, pairs: Candidates) -> Any:
    """Tell for which pairs the hazard that holds between them, not the largest, has struck."""
    ends = homes.head[pairs.plaintiff], np.where(pairs.respondent >= 0, homes.head[pairs.respondent], FIRM)
    usual = world.levers["stress"].set_point
    lives = (ends[0] >= 0) & ((ends[1] >= 0) | (pairs.respondent < 0))
    stress = np.append(world.residents.stress, usual)
    between = strength_between(world, world.levers["ties"].half_life_days, pairs.plaintiff, pairs.respondent)
    pull = p.stress_weight * (stress[ends[0]] + stress[ends[1]] - 2 * usual) - p.tie_weight * between
    pull = pull + p.grievance_weight * world.residents.grievance[ends[0]]
    return lives & draw.happens("taken up", np.exp(pull) / largest_factor(p, usual), pairs.key, 0)


def first_of_each(world: Any, homes: Dwellings, pairs: Candidates) -> Ints:
    """Return one candidate for each plaintiff and cause, none where such a dispute is open."""
    table = world.disputes
    open_rows = np.flatnonzero(is_open(world))
    busy = table.plaintiff[open_rows].astype(np.int64) * len(CAUSES) + table.cause[open_rows]
    matter = homes.head[pairs.plaintiff] * len(CAUSES) + pairs.cause
    earliest = np.unique(matter, return_index=True)[1]
    return np.sort(earliest[~np.isin(matter[earliest], busy)])
