"""Reporting: who of those who live with a fault tells the hotline, and when.

What it does    Every resident of the grid of an open fault reports it with a hazard that grows with a
                lasting readiness, the ease of reaching the hotline, trust, and the memory of a fixed
                report. A resident reports a fault once; whoever comes after the first makes a duplicate.
Why             A few residents make many of the reports [obrien2016]; those whose first report was fixed
                were 57 % likelier to report again [sjoberg2017]; neighbourhoods with the same need report
                up to three times as fast [liu2023]. So good service raises the share of faults that are
                reported, and reports are no measure of need. That a fixed report makes the next likelier is
                put in (fixed_report_ratio 1.57, as published): a run shows how far it carries, not that it
                exists.
Leaves out      Distance within the grid, kinds of fault that annoy more than others, sensors. A fault that
                is mended during a day can still be reported until its evening.
Ablation        trust_weight 0 and fixed_report_ratio 1: service has no way back to reporting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.contact import Contact, access, channel, minute_at, share_before
from twin.world.faults import about_a_fault, at_places, begun_in_window
from twin.world.kinds import priority_of
from twin.world.series import in_window, mean, per_thousand_year, ratio, share
from twin.world.tables import AGE_GROUPS

_CHILD = AGE_GROUPS.index("child")
_NEUTRAL_TRUST = 1 / 2
_HOUR_MINUTES = 60
_THOUSAND = 1000


@dataclass(frozen=True)
class Reporting(Contact):
    """What makes a resident report a fault."""

    reports_per_resident_day: float = param(1e-4, "1/day", 0.0, 0.01, source="liu2023", evidence="assumed",
                                            doc="hazard of one resident of mean readiness, full access, neutral "
                                                "trust and no fixed report behind, for one open fault of the grid",
                                            zh="每人每日上报风险率")
    trust_weight: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                doc="log of the ratio of the hazards at full and at no trust", zh="信任权重")
    readiness_spread: float = param(2.0, "1", 0.0, 5.0, source="obrien2016", evidence="assumed",
                                    doc="coefficient of variation of the residents' lasting readiness to report",
                                    zh="上报意愿离散度")
    fixed_report_ratio: float = param(1.57, "1", 1.0, 3.0, source="sjoberg2017", evidence="published",
                                      doc="hazard after a fixed report, against none",
                                      zh="上次解决后的上报倍数")


def readiness(world: View, p: Reporting, draw: Draw) -> Floats:
    """Return the lasting readiness of each resident, lognormal with mean 1 (residents,)."""
    spread = np.sqrt(np.log1p(np.square(p.readiness_spread)))
    return np.exp(spread * draw.normal("readiness", world.residents.key, 0)) / np.hypot(1, p.readiness_spread)


def reports_per_1000_year(world: World) -> float | None:
    """Reports of all channels, duplicates counted, re-complaints not."""
    tickets = world.tickets
    return per_thousand_year(world, tickets.created[tickets.request & ~tickets.again])


def reports_per_1000(world: World) -> float | None:
    """Reports of all channels in the whole window, duplicates counted, re-complaints not."""
    tickets = world.tickets
    reports = in_window(world, tickets.created) & tickets.request & ~tickets.again
    return ratio(_THOUSAND * np.count_nonzero(reports), len(world.residents))


def first_reports_per_1000_year(world: World) -> float | None:
    """Reports that were the first of their incident."""
    tickets = world.tickets
    return per_thousand_year(world, tickets.created[tickets.request & ~tickets.again & ~tickets.duplicate])


def reports_per_incident(world: World) -> float | None:
    """Reports of the window about faults at places, over those that began in it."""
    tickets = world.tickets
    reports = about_a_fault(world) & in_window(world, tickets.created) & ~tickets.again
    return ratio(np.count_nonzero(reports), np.count_nonzero(begun_in_window(world)))


def share_of_incidents_reported(world: World) -> float | None:
    """Faults at places that were ever reported, of those that began in the window."""
    return share(_first_reports(world) < np.inf)


def hours_to_first_report(world: World) -> float | None:
    """Mean time from a fault's beginning to its first report, of those that were reported."""
    began = world.incidents.began[begun_in_window(world)]
    hours = (_first_reports(world) - began) / _HOUR_MINUTES
    return mean(hours[np.isfinite(hours)])


def _first_reports(world: World) -> Floats:
    return world.incidents.first_reported[begun_in_window(world)]


@mechanism(
    phase=Phase.ARRIVE,
    params=Reporting,
    reads=[
        "residents.grid", "residents.age_group", "residents.digital_skill", "residents.trust",
        "residents.efficacy", "incidents.began", "incidents.ended", "incidents.category", "incidents.place",
        "incidents.grid", "incidents.x", "incidents.y", "kinds.priority",
    ],
    owns={
        "incidents.reports": Column(np.int32, "1", "times that somebody took to the phone about it", start=0),
        "incidents.first_reported": Column(np.float64, "min", "minute of the first report, inf if none", start=np.inf),
        "incidents.hazard_left": Column(np.float64, "1", "hazard to be spent until the next report", start=np.nan),
    },
    spawns=["tickets"],
    metrics={
        "reports_per_1000_year": Metric(
            reports_per_1000_year, "1/year", better=None,
            en="Reports per 1,000 residents", zh="每千人年诉求数",
            doc="reports created in the window, duplicates counted, re-complaints not, per 1,000 residents and year",
            doc_zh="统计期内创建的诉求数（含重复诉求，不含重复投诉），折算为每千居民每年",
        ),
        "reports_per_1000": Metric(
            reports_per_1000, "1", better=None,
            en="Reports per 1,000 residents, whole window", zh="统计期每千人诉求数",
            doc="reports created in the window, duplicates counted, re-complaints not, per 1,000 residents",
            doc_zh="统计期内创建的诉求数（含重复诉求，不含重复投诉），折算为每千居民",
        ),
        "first_reports_per_1000_year": Metric(
            first_reports_per_1000_year, "1/year", better=None,
            en="First reports per 1,000 residents", zh="每千人年首次诉求数",
            doc="first reports of their incidents, created in the window, per 1,000 residents and year",
            doc_zh="统计期内创建的首次诉求数，折算为每千居民每年",
        ),
        "reports_per_incident": Metric(
            reports_per_incident, "1", better=None,
            en="Reports per incident", zh="每事件诉求数",
            doc="reports of faults at places, created in the window, re-complaints not "
                "/ faults at places that began in it",
            doc_zh="统计期内创建的、针对设施点事件的诉求数（不含重复投诉） ÷ 统计期内发生的设施点事件数",
        ),
        "share_of_incidents_reported": Metric(
            share_of_incidents_reported, "1", better="higher",
            en="Incidents that are reported", zh="事件上报率", latent=True,
            doc="faults at places that anybody reported / faults at places that began in the window",
            doc_zh="有人上报的设施点事件数 ÷ 统计期内发生的设施点事件数",
        ),
        "hours_to_first_report": Metric(
            hours_to_first_report, "h", better="lower",
            en="Mean time to the first report", zh="首次诉求用时", latent=True,
            doc="mean time from the beginning of a fault to its first report, reported faults of the window",
            doc_zh="统计期内发生且有人上报的设施点事件，从发生到首次诉求的平均时长",
        ),
    },
    sources=["obrien2016", "sjoberg2017", "liu2023"],
    start=readiness,
)  # fmt: skip
def reporting(world: View, p: Reporting, draw: Draw, effects: Effects) -> None:
    """Let the day's hazard of each open fault pass, and spawn a ticket each time it is spent."""
    faults = np.flatnonzero(_open_today(world))
    if not len(faults) or not len(world.residents):
        return
    number = world.incidents.reports[faults].astype(np.int64)
    left, calls = let_a_day_pass(world, p, draw, faults, number)
    effects.set("incidents", faults, reports=number, hazard_left=left)
    if calls:
        answer(world, p, draw, Calls(*map(np.concatenate, zip(*calls, strict=True))), effects)


def _open_today(world: Any) -> Flags:
    faults, start = world.incidents, world.day * DAY_MINUTES
    return at_places(world) & (faults.began < start + DAY_MINUTES) & (faults.ended > start)


def hazards(world: Any, p: Reporting) -> Floats:
    """Return each resident's hazard of reporting one open fault of the own grid [1/day]."""
    residents = world.residents
    pull = p.trust_weight * (residents.trust - _NEUTRAL_TRUST) + np.log(p.fixed_report_ratio) * residents.efficacy
    grown_up = residents.age_group != _CHILD
    able = world.resource * access(p, residents.digital_skill) * grown_up
    return p.reports_per_resident_day * able * np.exp(pull)


class Callers:
    """The residents of each grid, in proportion to their hazards."""

    def __init__(self, world: Any, hazard: Floats) -> None:
        grid = world.residents.grid
        grids = 1 + max(grid.max(), world.incidents.grid.max())
        self._rows = np.argsort(grid, kind="stable")
        self._ends = np.cumsum(hazard[self._rows])
        self._first = np.searchsorted(grid[self._rows], np.arange(grids + 1))
        self._before = np.concatenate(([0.0], self._ends))[self._first]

    def hazard(self, grid: Ints) -> Floats:
        """Return the hazard of all residents of a grid together [1/day]; 0 where nobody lives."""
        return self._before[grid + 1] - self._before[grid]

    def row(self, grid: Ints, luck: Floats) -> Ints:
        """Return the resident at this share (0 to 1) of the hazard of a grid in which somebody lives."""
        at = np.searchsorted(self._ends, self._before[grid] + luck * self.hazard(grid), side="right")
        return self._rows[np.clip(at, self._first[grid], self._first[grid + 1] - 1)]


class Calls(NamedTuple):
    """Who took to the phone, about what and when: one cell a call; a fault's calls are numbered from 0."""

    fault: Ints
    reporter: Ints
    number: Ints
    minute: Floats


def let_a_day_pass(world: Any, p: Reporting, draw: Draw, faults: Ints, number: Ints) -> tuple[Floats, list[Calls]]:
    """Spend the day's hazard of each open fault; return what is left until its next report, and the calls.

    `number`, the calls so far of each fault, is counted on.
    """
    callers = Callers(world, hazards(world, p))
    table, start = world.incidents, world.day * DAY_MINUTES
    keys, grid = table.key[faults], table.grid[faults]
    wakes = share_before(p, table.began[faults] - start)
    hazard = callers.hazard(grid)
    budget = hazard * (share_before(p, table.ended[faults] - start) - wakes)
    left = table.hazard_left[faults]
    left = np.where(np.isnan(left), _hazard_until(draw, keys, number), left)
    calls = []
    for ringing, spent in rings(draw, keys, number, left, budget):
        minute = start + minute_at(p, wakes[ringing] + spent / hazard[ringing])
        luck = draw.uniform("caller", keys[ringing] + number[ringing].astype(np.uint64), 0)
        reporter = callers.row(grid[ringing], luck)
        calls.append(Calls(faults[ringing], reporter, number[ringing], minute))
    return left, calls


def rings(draw: Draw, keys: Keys, number: Ints, left: Floats, budget: Floats) -> Iterator[tuple[Ints, Floats]]:
    """Yield which faults ring next and the hazard that each has spent of its budget by then.

    Report number k comes when the hazard since the fault began has passed the sum of k exponential
    draws: a higher hazard brings every report forward and changes no luck.
    """
    spent = np.zeros(len(keys))
    while len(ringing := np.flatnonzero(left <= budget - spent)):
        spent[ringing] += left[ringing]
        yield ringing, spent[ringing]
        number[ringing] += 1
        left[ringing] = _hazard_until(draw, keys[ringing], number[ringing])
    left -= budget - spent


def _hazard_until(draw: Draw, keys: Keys, number: Ints) -> Floats:
    return draw.exponential("patience", 1.0, keys + number.astype(np.uint64), 0)


def answer(world: Any, p: Reporting, draw: Draw, calls: Calls, effects: Effects) -> None:
    """Make a ticket of each call, but for those of residents who have reported that fault before.

    The key of a report is that of its fault and its reporter, so that a second one is known by its key.
    """
    first = calls.number == 0
    effects.set("incidents", calls.fault[first], first_reported=calls.minute[first])
    causes = world.incidents.key[calls.fault] + world.residents.key[calls.reporter]
    keys = draw.keys("report", causes, 0)
    _, earliest = np.unique(keys, return_index=True)
    new = earliest[world.tickets.rows_of(keys[earliest]) < 0]
    spawn_tickets(world, p, draw, Calls(*(cells[new] for cells in calls)), keys[new], effects)


def spawn_tickets(world: Any, p: Reporting, draw: Draw, calls: Calls, keys: Keys, effects: Effects) -> None:
    """Write down the calls; a fault's first has number 0, all others are duplicates."""
    faults = world.incidents
    category = faults.category[calls.fault]
    skill = world.residents.digital_skill[calls.reporter]
    effects.spawn(
        "tickets",
        keys,
        created=calls.minute,
        incident=faults.key[calls.fault],
        reporter=calls.reporter,
        category=category,
        channel=channel(p, skill, draw.uniform("channel", keys, 0)),
        priority=priority_of(world, category),
        duplicate=calls.number > 0,
        grid=faults.grid[calls.fault],
        x=faults.x[calls.fault],
        y=faults.y[calls.fault],
    )
