"""Works: what becomes of a plan on site.

What it does    A project that was consented to waits for its lead time, a free crew and its money, is worked on
                hour by hour on the days of its calendar, and raises the quality of its domain where it is done;
                everything wears off slowly. Fewer hours or days, or a limit for the night, make it longer. The
                plan promises a last day for each, as if nothing went wrong. Enough objections stop a project
                for a while. A stopped day costs money and keeps the crew; all of it comes out of one budget,
                which is never overdrawn: what cannot be paid does not begin, and what a stopped day costs beyond
                the budget is owed, and paid before anything else once there is money. Where a decision falls in
                law the site is given up: the crew is free, and so is what was bound and not paid yet.
Why             A plan that meets resistance is late and dearer, and what it wastes is missing elsewhere
                [flyvbjerg2003]. Delay and cost come out of objections, crews and money; none is put in.
Leaves out      Bad weather, insolvency, changes of the plan; who builds it, what it costs at night. A builder who
                is owed money goes on. A lift of one stairwell counts for its part of the building. Quality is of a
                building, not of a flat.
Ablation        objections_to_stop beyond reach: no stoppage. weekends and holidays on: no rest days.
                followed off: nothing of it exists.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.asking import asking_fen
from twin.world.construction import (
    Shift,
    buildings_at,
    is_open,
    last_day,
    qualities,
    shift_of,
    shifts_needed,
    under_way,
)
from twin.world.ledger import ASKING, COMPENSATION, OWNERS, PUBLIC, WORKS, booked_yuan, public_fen, to_fen
from twin.world.series import mean
from twin.world.sites import Sites, compensation_of
from twin.world.works import DOMAINS, FEN_PER_YUAN, Work, as_columns, listed

_YEAR_DAYS = 365
_HOUR_MINUTES = 60
_UNSET = -1
_FOR_EVER = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Works:
    """What the estate is like at the start, and how works get on."""

    followed: bool = param(False, "", source="scenario range", evidence="assumed",
                           doc="whether living conditions are followed at all", zh="是否跟踪居住条件")
    start_quality: tuple[float, float, float, float, float, float, float, float] = param(
        (0.10, 0.35, 0.40, 0.35, 0.45, 0.35, 0.30, 0.45), "1", 0.0, 1.0, source="scenario range", evidence="assumed",
        doc="mean quality at the start: lift, parking, pipes, insulation, greenery, play, care, safety",
        zh="初始质量均值：电梯、停车、管线、保温、绿化、活动场地、养老、安全", when="followed")  # fmt: skip
    start_spread: float = param(0.10, "1", 0.0, 0.3, source="scenario range", evidence="assumed",
                                doc="standard deviation of a quality between buildings at the start",
                                zh="楼栋间初始差异", when="followed")
    wear_per_year: float = param(0.02, "1/year", 0.0, 0.5, source="scenario range", evidence="assumed",
                                 doc="share of its quality that a domain loses in a year", zh="年损耗率",
                                 when="followed")
    crews: int = param(6, "1", 0, 1000, source="scenario range", evidence="assumed", lever=True,
                       doc="projects that can be under way at once", zh="施工队数", when="followed")
    weekends: bool = param(True, "", source="scenario range", evidence="assumed", lever=True,
                           doc="whether sites are worked on weekends that are no holidays", zh="周末是否施工",
                           when="followed")
    holidays: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                           doc="whether sites are worked on public holidays", zh="节假日是否施工", when="followed")
    day_hours: float = param(10.0, "h", 1.0, 24.0, source="scenario range", evidence="assumed",
                             doc="hours of work that make one of the days which a work takes",
                             zh="每个施工日的标准工时", when="followed")
    quiet_from_hour: float = param(22.0, "h", 12.0, 24.0, source="noise_law2022", evidence="published", lever=True,
                                   doc="hour after which nobody may work on site, 24 for no limit",
                                   zh="夜间禁止施工起始时刻", when="followed")
    quiet_to_hour: float = param(6.0, "h", 0.0, 12.0, source="noise_law2022", evidence="published", lever=True,
                                 doc="hour before which nobody may, 0 for no limit", zh="夜间禁止施工结束时刻",
                                 when="followed")
    night_from_hour: float = param(22.0, "h", 18.0, 24.0, source="noise_law2022", evidence="published",
                                   doc="hour at which the night begins", zh="夜间起始时刻", when="followed")
    night_to_hour: float = param(6.0, "h", 0.0, 10.0, source="noise_law2022", evidence="published",
                                 doc="hour at which it ends", zh="夜间结束时刻", when="followed")
    objections_to_stop: int = param(3, "1", 1, 1000, source="scenario range", evidence="assumed",
                                    doc="objections since the last stop that stop a project", zh="停工所需异议数",
                                    when="followed")
    stoppage_days: int = param(14, "day", 0, 365, source="scenario range", evidence="assumed",
                               doc="days that a project stands still when it is stopped", zh="每次停工天数",
                               when="followed")
    stoppage_cost_share: float = param(0.002, "1/day", 0.0, 0.05, source="scenario range", evidence="assumed",
                                       doc="cost of a stopped day, as a share of what the project was to cost",
                                       zh="停工每日费用占造价比例", when="followed")
    advance_share: float = param(1.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                 doc="part of the cost that is paid when work begins; the rest, bound till then, is "
                                     "paid when it is finished",
                                 zh="预付款比例", when="followed")
    finish_quality: float = param(0.85, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="mean part of the promised benefit that is delivered", zh="平均交付质量",
                                  when="followed")
    finish_spread: float = param(0.10, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                                 doc="standard deviation of what is delivered", zh="交付质量离散度",
                                 when="followed")


def delay_days(world: World) -> float | None:
    """Mean delay of the projects that were due by the horizon."""
    projects = world.projects
    due = (projects.due >= 0) & ((projects.due < world.days) | (projects.finished >= 0))
    return mean(projects.delay_days[due].astype(np.float64))


def works_cost_yuan(world: World) -> float | None:
    """Everything spent on works in the window; None where living conditions are not followed."""
    if not cast(Works, world.levers["works"]).followed:
        return None
    return booked_yuan(world, [WORKS])


def projects_finished(world: World) -> float | None:
    """Projects finished by the horizon; None where living conditions are not followed."""
    if not cast(Works, world.levers["works"]).followed:
        return None
    return float(np.count_nonzero(world.projects.finished >= 0))


def bound_yuan(world: World) -> float | None:
    """Bound by contract and not paid yet; None where living conditions are not followed."""
    if not cast(Works, world.levers["works"]).followed:
        return None
    paid = world.postings.fen[world.postings.account == WORKS].sum()
    return float(world.projects.spent_fen.sum() - paid) / FEN_PER_YUAN


def arrears_yuan(world: World) -> float | None:
    """What stopped days have cost and nobody could pay; None where living conditions are not followed."""
    if not cast(Works, world.levers["works"]).followed:
        return None
    return float(world.projects.owed_fen.sum()) / FEN_PER_YUAN


def stopped_days(world: World) -> float | None:
    """Mean days that a project which has begun stood still."""
    return mean(world.projects.stopped_days[world.projects.started >= 0].astype(np.float64))


METRICS = {
    "delay_days": Metric(
        delay_days, "day", better="lower",
        en="Delay of works", zh="工程延误天数",
        doc="mean days beyond the planned last day, projects due by the horizon; unfinished ones count up to it",
        doc_zh="截至期末应完工的项目超过计划完工日的平均天数；未完工的计至期末",
    ),
    "works_cost_yuan": Metric(
        works_cost_yuan, "yuan", better="lower",
        en="Cost of works", zh="工程费用",
        doc="what was booked for works in the window, stopped days included",
        doc_zh="统计期内为工程入账的费用，含停工期间的费用",
    ),
    "bound_yuan": Metric(
        bound_yuan, "yuan", better=None,
        en="Bound and not yet paid", zh="已承诺未支付金额",
        doc="cost of works that have begun, less what has been paid for them, at the end",
        doc_zh="期末已开工工程的造价减去已支付金额",
    ),
    "arrears_yuan": Metric(
        arrears_yuan, "yuan", better="lower",
        en="Owed for stopped days", zh="停工费用欠款",
        doc="cost of stopped days that the budget could not pay by the end and owes",
        doc_zh="至期末预算无力支付而拖欠的停工费用",
    ),
    "projects_finished": Metric(
        projects_finished, "1", better="higher",
        en="Projects finished", zh="完工项目数",
        doc="projects finished by the horizon", doc_zh="截至期末完工的项目数",
    ),
    "stopped_days": Metric(
        stopped_days, "day", better="lower",
        en="Stopped days of a project", zh="项目停工天数",
        doc="mean days that a project which has begun stood still", doc_zh="已开工项目的平均停工天数",
    ),
}  # fmt: skip


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Works,
    gates=["works.followed"],
    reads=[
        "projects.work", "projects.building", "projects.stairwell", "projects.grid", "projects.cost_fen",
        "projects.owners_fen", "projects.passed", "projects.passed_on", "projects.objections", "projects.reversed_on",
        "buildings.grid",
        "flats.building", "flats.stairwell", "levers.plans.catalogue", "levers.plans.budget_yuan",
        "levers.disturbance.from_hour", "levers.disturbance.to_hour",
        "postings.day", "postings.account", "postings.source", "postings.fen", "projects.asked_for",
        "projects.compensation_fen", "flats.floor",
        "levers.ballots.consent", "levers.ballots.compensation_yuan", "levers.ballots.low_floors",
        "levers.plans.process", "levers.plans.decide_on_day", "residents.age_group",
        *(f"levers.needs_survey.{name}" for name in ("survey_yuan", "survey_residents", "meetings_yuan", "app_yuan")),
    ],
    owns={
        "projects.due": Column(np.int32, "day", "promised last day on site, -1 before consent", start=_UNSET),
        "projects.started": Column(np.int32, "day", "first day on site, -1 before", start=_UNSET),
        "projects.finished": Column(np.int32, "day", "last day on site, -1 before", start=_UNSET),
        "projects.worked_days": Column(np.int32, "day", "days worked on site", start=0),
        "projects.worked_minutes": Column(np.int32, "min", "time worked on site", start=0),
        "projects.stopped_until": Column(np.int32, "day", "day from which work may go on", start=_UNSET),
        "projects.stopped_days": Column(np.int32, "day", "days that it stood still", start=0),
        "projects.answered": Column(np.int32, "1", "objections that have led to a stoppage", start=0),
        "projects.delay_days": Column(np.int32, "day", "days beyond the planned last day", start=0),
        "projects.spent_fen": Column(np.int64, "fen", "spent or bound by contract", start=0, low=0),
        "projects.owed_fen": Column(np.int64, "fen", "cost of stopped days that is not paid yet", start=0, low=0),
        "projects.quality": Column(np.float64, "1", "part of the promised benefit delivered, -1 before", start=_UNSET),
        **{
            f"buildings.quality_{domain}": Column(
                np.float32, "1", f"present quality of {domain} there; 1/2 where nobody follows it", 0.5, 0.0, 1.0
            )
            for domain in DOMAINS
        },
    },
    spawns=["postings"],
    metrics=METRICS,
    sources=["flyvbjerg2003"],
)  # fmt: skip
def works(world: View, p: Works, draw: Draw, effects: Effects) -> None:
    """Furnish the estate on the first morning; then let a day on every site pass."""
    if not p.followed or not len(world.buildings) or world.running_on:
        return
    if world.phase is Phase.RESPOND:
        let_a_day_pass(world, p, draw, effects)
    elif world.day == 0:
        furnish(world, p, draw, effects)


def furnish(world: Any, p: Works, draw: Draw, effects: Effects) -> None:
    """Draw the quality of each domain at each building."""
    buildings = world.buildings
    for domain, typical in zip(DOMAINS, p.start_quality, strict=True):
        quality = typical + p.start_spread * draw.normal(domain, buildings.key)
        effects.set("buildings", None, **{f"quality_{domain}": quality})


class Day(NamedTuple):
    """What happens today (projects,): the plan's last day; who begins, stands, is done, is given up.

    Money [fen]: what is paid of stopped days, what is owed for them by now, and what is bound or set free in all.
    ``minutes`` are those of a site that is worked on.
    """

    minutes: int
    due: Ints
    begun: Flags
    still: Flags
    done: Flags
    dropped: Flags
    extra: Ints
    owed: Ints
    spent: Ints


def let_a_day_pass(world: Any, p: Works, draw: Draw, effects: Effects) -> None:
    """Begin, work, stand still, finish; pay; and let everything wear."""
    risen = np.zeros((len(world.buildings), len(DOMAINS)))
    if len(world.projects):
        plan = listed(world.levers["plans"].catalogue)
        works_at = [plan[work] for work in world.projects.work]
        today = day_on_site(world, p, works_at)
        quality = p.finish_quality + p.finish_spread * draw.normal("finish", world.projects.key, 0)
        note_down(world, p, today, np.clip(quality, 0, 1), effects)
        pay(world, p, today, draw, effects)
        for project in map(int, np.flatnonzero(today.done)):
            risen += rise(world, project, works_at[project], float(np.clip(quality[project], 0, 1)))
    kept = (1 - p.wear_per_year) ** (1 / _YEAR_DAYS)
    better = kept * qualities(world) + risen
    effects.set("buildings", None, **{f"quality_{domain}": better[:, k] for k, domain in enumerate(DOMAINS)})


def day_on_site(world: Any, p: Works, works_at: list[Work]) -> Day:
    """Return what happens on every site today."""
    projects = world.projects
    ready_on = projects.passed_on + np.array([work.lead_days for work in works_at])
    takes = np.array([work.duration_days for work in works_at])
    shift = shift_of(world.levers["disturbance"], p)
    minutes = shift.minutes if is_open(world.clock, world.day, p) else 0
    due = scheduled(world, p, shift, ready_on, takes)
    going = under_way(world) & ~fallen(projects)
    still = going & (projects.stopped_until > world.day)
    beside = public_fen(world.postings, [ASKING, COMPENSATION], world.day + 1)
    extra_price = compensation_at(world)
    unpaid = (projects.started >= 0) & ~fallen(projects) & (projects.compensation_fen == 0)
    taken = beside + asking_to_come(world) + spent_or_bound(p, projects) + int(extra_price[unpaid].sum())
    left = to_fen(world.levers["plans"].budget_yuan) - taken
    owed = projects.owed_fen + np.rint(still * projects.cost_fen * p.stoppage_cost_share).astype(np.int64)
    extra = affordable(owed, left)
    price = projects.cost_fen - projects.owners_fen + extra_price
    begun = beginning(world, p, due, ready_on, price, left - int(extra.sum())) & (minutes > 0)
    worked = (going | begun) & ~still & (minutes > 0)
    done = worked & (projects.worked_minutes + minutes >= takes * round(p.day_hours * _HOUR_MINUTES))
    dropped = under_way(world) & fallen(projects) & ~given_up(projects)
    bound = np.where(begun, projects.cost_fen, 0) - np.where(dropped, released(p, projects), 0)
    return Day(minutes, due, begun, still, done, dropped, extra, owed - extra, bound + extra)


def fallen(projects: Any) -> Flags:
    """Tell the decision on which projects was reversed (projects,)."""
    reversed_: Flags = projects.reversed_on >= 0
    return reversed_


def given_up(projects: Any) -> Flags:
    """Tell which projects had begun and were given up because their decision fell (projects,)."""
    stopped: Flags = projects.stopped_until == _FOR_EVER
    return stopped


def bound_part(p: Works, whole: Ints) -> Ints:
    """Return what of each sum is bound until the work is finished, and paid then [fen]."""
    part: Ints = whole - np.rint(whole * p.advance_share).astype(np.int64)
    return part


def released(p: Works, projects: Any) -> Ints:
    """Return what is no longer bound if a project that has begun is given up, of both purses [fen]."""
    return bound_part(p, projects.cost_fen - projects.owners_fen) + bound_part(p, projects.owners_fen)


def spent_or_bound(p: Works, projects: Any) -> int:
    """Return what the works have spent or bound of the public budget: all but the owners' part of what has begun."""
    owners = projects.owners_fen - np.where(given_up(projects), bound_part(p, projects.owners_fen), 0)
    return int((projects.spent_fen - np.where(projects.started >= 0, owners, 0)).sum())


def scheduled(world: Any, p: Works, shift: Shift, ready_on: Ints, takes: Ints) -> Ints:
    """Return the planned last day of each project, -1 before consent: no plan promises more than its crews can do.

    Crews take the projects in the order in which these are ready, rest on rest days, and nothing goes wrong; what is
    promised stays.
    """
    projects = world.projects
    due = projects.due.astype(np.int64)
    promised = np.sort(due[(due >= 0) & (projects.finished < 0) & ~fallen(projects)])[::-1][: p.crews]
    free = [*(promised + 1).tolist(), *[0] * (p.crews - len(promised))]
    heapq.heapify(free)
    new = np.flatnonzero(projects.passed & (due < 0) & ~fallen(projects))
    for project in new[np.lexsort((projects.key[new], ready_on[new]))]:
        start = max(int(ready_on[project]), free[0] if free else 0)
        shifts = shifts_needed(int(takes[project]), shift, p)
        due[project] = last_day(world.clock, world.days, p, start, shifts)
        if free:
            heapq.heapreplace(free, int(due[project]) + 1)
    return due


def asking_to_come(world: Any) -> int:
    """Return what asking will cost before the office decides [fen]: lifts asked for earlier leave it untouched."""
    plans = world.levers["plans"]
    if plans.process == "none" or world.day > plans.decide_on_day or (world.postings.account == ASKING).any():
        return 0
    return asking_fen(world, world.levers["needs_survey"], plans.process)


def compensation_at(world: Any) -> Ints:
    """Return what the plan compensates when each project begins (projects,) [fen]; for lifts asked for owners do."""
    projects = world.projects
    sites = Sites(*(getattr(projects, name).astype(np.int64) for name in Sites._fields))
    due = compensation_of(world, as_columns(world.levers["plans"].catalogue), sites)
    return np.where(projects.asked_for, 0, due)


def beginning(world: Any, p: Works, due: Ints, ready_on: Ints, price: Ints, left: int) -> Flags:
    """Tell which projects begin today: lead time over, crew free, money there; the earliest due comes first."""
    projects = world.projects
    ready = np.flatnonzero((due >= 0) & (projects.started < 0) & (world.day >= ready_on) & ~fallen(projects))
    begun = np.zeros(len(projects), np.bool_)
    crews = p.crews - np.count_nonzero(under_way(world) & ~fallen(projects))
    for project in ready[np.lexsort((projects.key[ready], due[ready]))]:
        if crews > 0 and price[project] <= left:
            begun[project] = True
            crews, left = crews - 1, left - int(price[project])
    return begun


def affordable(wanted: Ints, left: int) -> Ints:
    """Return of each payment what is still there to be paid, in the order of the rows."""
    before = np.cumsum(wanted) - wanted
    return np.clip(left - before, 0, wanted)


def note_down(world: Any, p: Works, today: Day, quality: Floats, effects: Effects) -> None:
    """Write down what happened on the sites."""
    projects, day = world.projects, world.day
    on_site = ((under_way(world) & ~fallen(projects)) | today.begun) & ~today.still
    worked = on_site & (today.minutes > 0)
    open_objections = projects.objections - projects.answered
    stopped = on_site & ~today.done & (open_objections >= p.objections_to_stop)
    late = (projects.finished < 0) & (today.due >= 0) & (day > today.due) & ~fallen(projects)
    until = np.where(stopped, day + 1 + p.stoppage_days, projects.stopped_until)
    effects.set(
        "projects",
        None,
        due=today.due,
        started=np.where(today.begun, day, projects.started),
        finished=np.where(today.done, day, projects.finished),
        worked_days=projects.worked_days + worked,
        worked_minutes=projects.worked_minutes + worked * today.minutes,
        stopped_until=np.where(today.dropped, _FOR_EVER, until),
        stopped_days=projects.stopped_days + today.still,
        answered=np.where(stopped, projects.objections, projects.answered),
        delay_days=np.where(late, day - today.due, projects.delay_days),
        spent_fen=projects.spent_fen + today.spent,
        owed_fen=today.owed,
        quality=np.where(today.done, quality, projects.quality),
    )


def pay(world: Any, p: Works, today: Day, draw: Draw, effects: Effects) -> None:
    """Book what is paid today, a posting a project for each purse; what is bound but not yet paid waits."""
    projects = world.projects
    public = paid_today(p, today, projects.cost_fen - projects.owners_fen) + today.extra
    for kind, source, fen in (("works", PUBLIC, public), ("owners", OWNERS, paid_today(p, today, projects.owners_fen))):
        paid = np.flatnonzero(fen)
        if len(paid):
            keys = draw.keys(kind, projects.key[paid])
            effects.spawn("postings", keys, day=world.day, account=WORKS, fen=fen[paid], source=source, project=paid)


def paid_today(p: Works, today: Day, whole: Ints) -> Ints:
    """Return what is paid today of each sum that is due in two parts, at the beginning and at the end (projects,)."""
    rest = bound_part(p, whole)
    due: Ints = np.where(today.begun, whole - rest, 0) + np.where(today.done, rest, 0)
    return due


def rise(world: Any, project: int, work: Work, quality: float) -> Floats:
    """Return by how much a finished project raises each quality at each building (buildings, domains)."""
    risen = np.zeros((len(world.buildings), len(DOMAINS)))
    served = buildings_at(world, project)
    risen[served, DOMAINS.index(work.domain)] = work.benefit * quality * part_served(world, project)
    return risen


def part_served(world: Any, project: int) -> float:
    """Return the part of its building that a project serves: one stairwell of several, or all."""
    if world.projects.stairwell[project] < 0:
        return 1.0
    of_building = world.flats.building == world.projects.building[project]
    return 1.0 / max(len(np.unique(world.flats.stairwell[of_building])), 1)
