"""Hotline: a stream of reports from outside, drawn or replayed from a city's log.

What it does    Reports come as a Poisson stream with a daily profile, a share of them being duplicates of
                an earlier first report; or as a real log had them, thinned place by place to the wanted
                number and replayed on the same weekdays. Each first report stands for an incident of its
                own; who reports is drawn from the residents.
Why             To ask what a desk does with given demand, demand must be given: the same in every arm,
                whatever the desk does. With `incidents` and `reporting` it comes from the neighbourhood.
Leaves out      Any way back from service to demand. In a log, a request of the same type at the same place
                within `repeat_days` is taken for the same incident.
Ablation        source none, which is the default: no stream. duplicate_share 0: every report is a first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats, Ints, Keys, Values
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase
from twin.errors import InputError
from twin.world.contact import Contact, channel, minute_at
from twin.world.kinds import drawn_category, priority_of
from twin.world.logs import SHIPPED, RequestLog, first_reports, load_log, replay_day, thin
from twin.world.tables import AGE_GROUPS

SOURCES = ("none", "poisson", "log")
_CHILD = AGE_GROUPS.index("child")
_HOUR_MINUTES = 60
NOBODY = -1


@dataclass(frozen=True)
class Hotline(Contact):
    """Where reports come from, and how many."""

    source: str = param("none", "", source="scenario range", evidence="assumed", choices=SOURCES,
                        doc="none, a Poisson stream, or a request log", zh="诉求来源")
    reports_per_day: float = param(17.5, "1/day", 0.0, 100_000.0, source="scenario range", evidence="assumed",
                                   doc="mean number of reports, duplicates counted", zh="日均诉求量")
    duplicate_share: float = param(0.15, "1", 0.0, 0.95, source="scenario range", evidence="assumed",
                                   doc="poisson: share of reports that repeat an earlier one",
                                   zh="重复诉求占比")
    duplicate_lag_hours: float = param(12.0, "h", 0.0, 1000.0, source="scenario range", evidence="assumed",
                                       doc="poisson: mean time from the first report to a duplicate, exponential",
                                       zh="重复诉求滞后")
    log: str = param(SHIPPED[0], "", source="boston311", evidence="measured", choices=SHIPPED, file=True,
                     doc="log: one that ships with the twin, or the path of a CSV file",
                     zh="诉求日志：随程序提供的日志，或 CSV 文件的路径")
    repeat_days: float = param(30.0, "day", 0.0, 365.0, source="scenario range", evidence="assumed",
                               doc="log: the same type at the same place within so many days is the same incident",
                               zh="同一事件的时间窗")

    def data_digest(self) -> str:
        """Return the SHA-256 of the log that is replayed, "" if none is."""
        return load_log(self.log).digest if self.source == "log" else ""


class Replayed(NamedTuple):
    """A log made ready: which rows are kept, the first report of each row's incident, and category codes."""

    log: RequestLog
    kept: Flags
    first: Ints
    category: Ints


class Reports(NamedTuple):
    """The reports of a day.

    ``incident`` is the row of the incident that each is about; rows beyond the table's end stand for new
    ones, which begin with the reports at the positions ``opening``, of the categories ``category``.
    ``channel`` is None where it follows from the reporter's skill; ``where`` draws the place.
    """

    key: Keys
    minute: Floats
    incident: Ints
    opening: Ints
    incident_key: Keys
    category: Ints
    where: Keys
    channel: Ints | None


def open_log(world: View, p: Hotline, draw: Draw) -> Replayed | None:
    """Read and thin the log before the first day, where one is asked for."""
    if p.source != "log":
        return None
    log = load_log(p.log)
    kept = np.zeros(len(log), np.bool_)
    kept[thin(log, 0, p.reports_per_day, lambda _, places: draw.uniform("place", places, 0))] = True
    return Replayed(log, kept, first_reports(log, p.repeat_days), category_codes(log, world.categories))


def category_codes(log: RequestLog, categories: tuple[str, ...]) -> Ints:
    """Return the scenario's index of each category of the log; one that it does not have is refused."""
    for name in log.categories:
        if name not in categories:
            raise InputError.of("D411", category=name, needed=", ".join(log.categories))
    return np.array([categories.index(name) for name in log.categories], np.int64)


@mechanism(
    phase=Phase.ARRIVE,
    params=Hotline,
    reads=[
        "residents.age_group", "residents.digital_skill", "residents.grid", "residents.x", "residents.y",
        "incidents.began", "incidents.category", "incidents.place", "incidents.grid", "incidents.x", "incidents.y",
        "kinds.share", "kinds.priority",
    ],
    spawns=["incidents", "tickets"],
    sources=["boston311"],
    start=open_log,
)  # fmt: skip
def hotline(world: View, p: Hotline, draw: Draw, effects: Effects) -> None:
    """Take the day's reports, and found an incident on each first one."""
    if p.source == "none":
        return
    reports = replayed_reports(world, draw) if p.source == "log" else drawn_reports(world, p, draw)
    adults = np.flatnonzero(world.residents.age_group != _CHILD)
    matters = found_incidents(world, draw, adults, reports, effects)
    spawn_tickets(world, p, draw, adults, reports, matters, effects)


# -- where reports come from ---------------------------------------------------------------------------------


def drawn_reports(world: Any, p: Hotline, draw: Draw) -> Reports:
    """Draw the reports of a day: a Poisson number, each with its own minute, in the order of time.

    A report is its day and its number in it, so that a larger demand holds the smaller one's reports.
    """
    count = draw.poisson("reports", p.reports_per_day, np.zeros(1, np.uint64))[0]
    keys = draw.keys("report", np.arange(count, dtype=np.uint64))
    minute = world.day * DAY_MINUTES + minute_at(p, draw.uniform("minute", keys, 0))
    in_time = np.argsort(minute, kind="stable")
    keys, minute = keys[in_time], minute[in_time]
    incident, opening = attributed(world, p, draw, keys, minute)
    firsts = keys[opening]
    category = drawn_category(world, draw, firsts)
    return Reports(keys, minute, incident, opening, draw.keys("incident", firsts, 0), category, firsts, None)


def attributed(world: Any, p: Hotline, draw: Draw, keys: Keys, minute: Floats) -> tuple[Ints, Ints]:
    """Return what each report is about, as a row of incidents, and the positions of those that open one.

    A duplicate is about the latest first report that was made its lag ago or earlier; if there is none so
    old, the oldest; if there is none at all, it is a first report itself.
    """
    duplicate = draw.happens("duplicate", p.duplicate_share, keys, 0)
    told = earlier_firsts(world)
    if not len(told):
        duplicate[:1] = False
    opening = np.flatnonzero(~duplicate)
    rows = np.concatenate((told, len(world.incidents) + np.arange(len(opening))))
    since = np.concatenate((world.incidents.began[told], minute[opening]))
    lag = draw.exponential("lag", p.duplicate_lag_hours * _HOUR_MINUTES, keys, 0)
    latest = np.maximum(np.searchsorted(since, minute - lag, side="right") - 1, 0)
    incident = np.empty(len(keys), np.int64)
    incident[opening] = rows[len(told) :]
    incident[duplicate] = rows[latest[duplicate]]
    return incident, opening


def earlier_firsts(world: Any) -> Ints:
    """Return the rows of the incidents that the hotline founded, by the time of their first report."""
    own = np.flatnonzero(world.incidents.place == NOBODY)
    return own[np.argsort(world.incidents.began[own], kind="stable")]


def replayed_reports(world: Any, draw: Draw) -> Reports:
    """Take the kept rows of the log's day of the same weekday.

    A row is the same request in every run; met again on the next pass through the log it is another one.
    """
    log, kept, first, category = world.resource
    day = replay_day(log, world.day, world.clock.weekday(0))
    rows = day.rows[kept[day.rows]]
    incident_keys = draw.keys("incident", log.key[first[rows]], day.occurrence)
    incident, opening = numbered(world, incident_keys)
    return Reports(
        key=draw.keys("report", log.key[rows], day.occurrence),
        minute=log.minute[rows] + day.shift,
        incident=incident,
        opening=opening,
        incident_key=incident_keys[opening],
        category=category[log.category[rows[opening]]],
        where=log.place_key[rows[opening]],
        channel=log.channel[rows],
    )


def numbered(world: Any, incident_keys: Keys) -> tuple[Ints, Ints]:
    """Return the row of each incident, unknown ones numbered on, and where each unknown one first stands."""
    incident = world.incidents.rows_of(incident_keys)
    unknown = np.flatnonzero(incident < 0)
    names, first, number = np.unique(incident_keys[unknown], return_index=True, return_inverse=True)
    by_time = np.argsort(first)
    rank = np.empty(len(names), np.int64)
    rank[by_time] = np.arange(len(names))
    incident[unknown] = len(world.incidents) + rank[number]
    return incident, unknown[first[by_time]]


# -- what becomes of them ------------------------------------------------------------------------------------


def somebody(draw: Draw, decision: str, adults: Ints, keys: Keys) -> Ints:
    """Draw an adult for each key; NOBODY where none lives."""
    if not len(adults):
        return np.full(len(keys), NOBODY, np.int64)
    return adults[(draw.uniform(decision, keys, 0) * len(adults)).astype(np.int64)]


def trait(column: Values, who: Ints) -> Values:
    """Return a trait of these residents, 0 of NOBODY."""
    return column[who] if len(column) else np.zeros(len(who), column.dtype)


def found_incidents(world: Any, draw: Draw, adults: Ints, reports: Reports, effects: Effects) -> dict[str, Values]:
    """Spawn the incidents of first reports, at the home of a resident; return the traits of all incidents."""
    living_there = somebody(draw, "where", adults, reports.where)
    born: dict[str, Values] = {"category": reports.category}
    born |= {name: trait(getattr(world.residents, name), living_there) for name in ("grid", "x", "y")}
    effects.spawn("incidents", reports.incident_key, began=reports.minute[reports.opening], **born)
    return {
        "key": np.concatenate((world.incidents.key, reports.incident_key)),
        **{name: np.concatenate((getattr(world.incidents, name), values)) for name, values in born.items()},
    }


def spawn_tickets(
    world: Any, p: Hotline, draw: Draw, adults: Ints, reports: Reports, matters: dict[str, Values], effects: Effects
) -> None:
    """Write down the reports."""
    reporter = somebody(draw, "reporter", adults, reports.key)
    about = {name: values[reports.incident] for name, values in matters.items()}
    duplicate = np.ones(len(reports.key), np.bool_)
    duplicate[reports.opening] = False
    through = reports.channel
    if through is None:
        skill = trait(world.residents.digital_skill, reporter)
        through = channel(p, skill, draw.uniform("channel", reports.key, 0))
    effects.spawn(
        "tickets",
        reports.key,
        created=reports.minute,
        incident=about.pop("key"),
        reporter=reporter,
        channel=through,
        priority=priority_of(world, about["category"]),
        duplicate=duplicate,
        **about,
    )
