"""The small neighbourhood in which mechanisms are tried, and the mechanism that is being tried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from twin.core.behaviour import Behaviour, mechanism_of
from twin.core.cases import Case, build_block, read_cases
from twin.core.clock import Clock
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.core.mechanism import Mechanism
from twin.core.plugins import file_of
from twin.core.world import World
from twin.mechanisms import CATALOGUE
from twin.scenario.build import enlist
from twin.world.build import DEFAULT_CATEGORIES, Population, fill
from twin.world.tables import TABLES

SEED = 5
DAYS, RUN_ON_DAYS = 6, 6
# Parameters under which a street of a hundred residents has something to do within six days.
LIVELY: Mapping[str, Mapping[str, Any]] = {
    "hotline": {"source": "poisson", "reports_per_day": 12.0},
    "incidents": {"faults_per_place_year": 200.0},
    "reporting": {"reports_per_resident_day": 0.01},
    "measurement": {"survey_every_days": 2.0, "survey_share": 0.5},
    "placebo": {"draws_per_day": 3},
    "audit": {"leak_chance": 0.5, "audit_share": 0.5, "chained": True, "audit_after_days": 1, "least_yuan": 0.0},
    "upkeep": {"budget_yuan_per_year": 1e6, "review_every_months": 1},
    "lifts": {"asked": True, "from_day": 0, "compensation": "nash", "climb_yuan": 20_000.0},
    "plans": {"process": "hybrid", "decide_on_day": 2, "budget_yuan": 400_000.0, "rule": "equal_shares"},
    "campaign": {"reach": 0.3},
    "forum": {"open_days": 2, "readiness": 0.5, "help_share": 0.3},
    "drains": {"inlets": 20, "blocked_per_month": 3.0, "clean_months": (1,), "clean_share": 0.5, "capacity_mm": 0.1},
    "falls": {"followed": True, "rates_per_year": (5.0, 5.0, 5.0), "homes": 5, "alarm_share": 0.5},
    "heating": {"followed": True, "insulated_share": 0.5},
    "after_school": {"followed": True, "places": 1, "need_share": 0.8},
    "access": {"facilities": 3, "removed_share": 0.5},
    "fund": {"programmes": 5},
    "crowdfunding": {"goal_yuan": 3000.0, "open_days": 4, "pledge_chance": 0.5},
    "ppp": {"mode": "partner"},
    "funding": {"sources_yuan": (60_000.0, 50_000.0)},
    "parking": {"followed": True, "resident_spaces": 15, "office_spaces": 5, "sharing": "both"},
    "traffic": {"followed": True, "through_per_hour": 300.0, "peak_share": 1.0, "closed": (1,)},
    "needs_survey": {"survey_residents": 30},
    "ballots": {"vote_after_days": 1, "boycott_share": 0.2, "compensation_yuan": 5000.0},
    "works": {"followed": True, "crews": 20, "objections_to_stop": 1, "stoppage_days": 1},
    "disturbance": {"objection_hazard": 0.2, "nuisance_chance": 1.0},
    "living_survey": {"every_days": 2, "sample_share": 0.5},
    "promises": {"disclosed_every_days": 2},
    "legal_review": {"followed": True, "review": True, "challenge_per_day": 0.5},
    "disputes": {"followed": True, "scale": 40.0},
    "stages": {"up_per_day": 0.3, "down_per_day": 0.2},
    "mediation": {
        "offered": True, "categories": ("social_care", "property"), "contact_per_day": 0.5, "agree_chance": 0.8,
        "online": True, "date_days": 1.0, "online_date_days": 0.0, "hand_off_days": 1.0, "pause_days": 1.0,
    },
    "agreements": {"break_per_month": 1.0},
    "coalitions": {"from_stage": 2, "recruit_per_day": 0.1, "petition_from_stage": 2, "petition_per_day": 0.5},
    "stress": {"categories": ("social_care",), "threshold": 0.2, "uptake_per_day": 0.2},
    "ties": {"event_every_days": 2, "work_every_days": 3, "members": 0.2, "attendance": 0.3},
    "conventions": {"process": "deliberated", "from_day": 1},
    "desk": {
        "call_back_share": 1.0,
        "call_back_hours": 1.0,
        "intake_calendar": "24x7",
        "dispatch": "instant",
        "dedup": True,
        "first_time_fix": 0.4,
        "limit_hours": (1.0, 4.0, 8.0, 24.0),
        "escalate": True,
    },
}
# A parameter whose range reaches further than a test can wait for is tried at this value instead.
TRIED_AT_MOST: Mapping[str, float] = {"placebo.draws_per_day": 1000, "hotline.reports_per_day": 2000,
                                      "parking.office_cars_per_day": 1000}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """A mechanism, or a behaviour, under trial.

    ``lively`` are values of its parameters under which it has something to do on a street of a hundred residents
    within six days; ``tried_at_most`` are ends of ranges (by parameter) that a test could not wait for.
    """

    given: Mechanism | type[Behaviour]
    lively: Mapping[str, Any] = field(default_factory=dict)
    tried_at_most: Mapping[str, float] = field(default_factory=dict)

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism itself."""
        return self.given if isinstance(self.given, Mechanism) else mechanism_of(self.given)

    @property
    def name(self) -> str:
        """Its name."""
        return self.mechanism.name

    @property
    def file(self) -> Path:
        """The file that declares it."""
        return file_of(self.mechanism)

    @property
    def cases(self) -> Path:
        """The file of its acceptance cases, beside its own."""
        return self.file.with_name(f"{self.name}.cases.yaml")


def subject_of(name: str) -> Subject:
    """Return a mechanism of the catalogue as a subject; raises KeyError for a name that is not in it."""
    most = {path.partition(".")[2]: end for path, end in TRIED_AT_MOST.items() if path.partition(".")[0] == name}
    return Subject(CATALOGUE[name], LIVELY.get(name, {}), most)


def cases_of(subject: Subject) -> list[Case]:
    """Return the acceptance cases of a mechanism."""
    return read_cases(subject.cases) if subject.cases.exists() else []


def everybody(subject: Subject | None = None) -> list[Mechanism]:
    """Return all mechanisms of the twin, and the subject if it is from outside."""
    own = dict(CATALOGUE.own)
    return list((own | {subject.name: subject.mechanism} if subject is not None else own).values())


def blocks(subject: Subject | None = None) -> dict[str, Any]:
    """Return the lively parameters of every mechanism."""
    return dict(once(subject, "blocks", lambda: _blocks(subject)))


def _blocks(subject: Subject | None) -> dict[str, Any]:
    lively = dict(LIVELY) | ({subject.name: subject.lively} if subject is not None and subject.lively else {})
    known = {one.name: one.params for one in everybody(subject) if one.params is not None}
    return {name: build_block(params, lively.get(name, {})) for name, params in known.items()}


def street(residents: int = 100, places: int = 20) -> World:
    """Build a small neighbourhood."""
    world = World.of(
        TABLES,
        days=DAYS,
        run_on_days=RUN_ON_DAYS,
        clock=Clock(dt.date(2024, 1, 1)),
        categories=tuple(DEFAULT_CATEGORIES),
    )
    population = Population(residents=residents, places=places, grids=2)
    fill(world.tables, population, DEFAULT_CATEGORIES, Draw(SEED, "population", 0))
    return world


def lived(
    subject: Subject | None = None,
    *,
    catalogue: Sequence[Mechanism] = (),
    world: World | None = None,
    params: Mapping[str, Any] | None = None,
    off: Sequence[str] = (),
) -> Engine:
    """Live the days of a street with all mechanisms (or with these, in their order)."""
    known = catalogue or everybody(subject)
    engine = Engine(world or street(), known, {**blocks(subject), **(params or {})}, SEED, off)
    enlist(engine.world)
    engine.run()
    return engine


class Outcome(NamedTuple):
    """What a street came to: every column as bytes, the metrics, the account."""

    cells: dict[str, bytes]
    metrics: dict[str, float]
    account: dict[str, list[Any]]


def outcome_of(engine: Engine) -> Outcome:
    """Return what a street came to."""
    tables = engine.world.tables.values()
    cells = {f"{table.name}.{name}": cells.tobytes() for table in tables for name, cells in table.arrays().items()}
    return Outcome(cells, engine.metrics(), engine.account.rows())


_LIVED: dict[tuple[int, str], tuple[object, Any]] = {}
_Lived = TypeVar("_Lived")


def once(subject: Subject | None, what: str, live: Callable[[], _Lived]) -> _Lived:
    """Return what ``live()`` gives for a street with all mechanisms; called once for each set of them.

    All mechanisms of the twin's own catalogue are the same set, whichever of them is under trial: a street
    that a check would live again for each of fifty subjects is lived once.
    """
    given = None if subject is None or subject.given is CATALOGUE.own.get(subject.name) else subject.given
    if (id(given), what) not in _LIVED:
        _LIVED[id(given), what] = given, live()  # the subject is kept, so that its id stays its own
    found: _Lived = _LIVED[id(given), what][1]
    return found


def usual(subject: Subject | None = None) -> Outcome:
    """Return what a street with all mechanisms comes to."""
    return once(subject, "usual", lambda: outcome_of(lived(subject)))
