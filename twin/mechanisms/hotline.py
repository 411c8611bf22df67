"""Hotline: a stream of reports from outside, drawn, drawn as a log's fit says, or replayed from a city's log.

What it does    Reports come as a Poisson stream with a daily profile, a share of them being duplicates of
                an earlier first report; or by what `twin data fit` found in a log: weekdays, months,
                holidays and rain of each category, days that scatter together and remember each other, hours,
                repeats, channels, readiness of reporters; or as a real log had them, thinned place by place to
                the wanted number and replayed on the same weekdays. Each first report stands for an incident
                of its own; who reports is drawn from the residents.
Why             To ask what a desk does with given demand, demand must be given: the same in every arm,
                whatever the desk does. With `incidents` and `reporting` it comes from the neighbourhood.
Leaves out      Any way back from service to demand. In a log, a request of the same type at the same place
                within `repeat_days` is taken for the same incident; in a fit, of the same category. A fit
                keeps the hours of all months alike, and growth ends with the log.
Ablation        source none, which is the default: no stream. duplicate_share 0: every report is a first one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats, Ints, Keys, Values
from twin.core.draws import Draw, key_of
from twin.core.effects import Effects
from twin.core.mechanism import View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase
from twin.errors import InputError
from twin.logs.replay import SHIPPED, ReplayLog, first_reports, load_log, replay_day, thin
from twin.logs.seasons import rain_digest, read_rain
from twin.world.contact import Contact, channel, minute_at
from twin.world.demand import (
    Demand,
    chosen,
    common_factor,
    day_mean,
    day_of_run,
    minute_in_day,
    own_factor,
    readiness,
)
from twin.world.faults import at_places
from twin.world.kinds import drawn_category, priority_of
from twin.world.tables import AGE_GROUPS, CHANNELS

SOURCES = ("none", "poisson", "log", "demand")
NO_RAIN = "none"
_CHILD = AGE_GROUPS.index("child")
_HOUR_MINUTES = 60
NOBODY = -1


@dataclass(frozen=True)
class Hotline(Contact):
    """Where reports come from, and how many."""

    source: str = param("none", "", source="scenario range", evidence="assumed", choices=SOURCES,
                        doc="none, a Poisson stream, a request log, or demand fitted on one", zh="诉求来源")
    reports_per_day: float = param(17.5, "1/day", 0.0, 100_000.0, source="scenario range", evidence="assumed",
                                   doc="mean number of reports, duplicates counted", zh="日均诉求量",
                                   when="source=poisson|log|demand")
    duplicate_share: float = param(0.15, "1", 0.0, 0.95, source="scenario range", evidence="assumed",
                                   doc="poisson: share of reports that repeat an earlier one",
                                   zh="重复诉求占比", when="source=poisson")
    duplicate_lag_hours: float = param(12.0, "h", 0.0, 1000.0, source="scenario range", evidence="assumed",
                                       doc="poisson: mean time from the first report to a duplicate, exponential",
                                       zh="重复诉求滞后", when="source=poisson")
    log: str = param(SHIPPED[0], "", source="boston311", evidence="measured", choices=SHIPPED, file=True,
                     doc="log: one that ships with the twin, or the path of a file",
                     zh="诉求日志：随程序提供的日志，或文件的路径", when="source=log")
    repeat_days: float = param(30.0, "day", 0.0, 365.0, source="scenario range", evidence="assumed",
                               doc="log: the same type at the same place within so many days is the same incident",
                               zh="同一事件的时间窗", when="source=log")
    demand: Demand = param(Demand, "", source="the user's log", evidence="measured",
                           doc="demand: what `twin data fit` wrote", zh="需求：由 `twin data fit` 写出",
                           when="source=demand")
    rain: str = param(NO_RAIN, "", source="scenario range", evidence="assumed", choices=(NO_RAIN,), file=True,
                      doc="demand: daily rain of the days that are run, a table of date and mm",
                      zh="需求：模拟日期的逐日降雨表（日期、毫米）", when="source=demand")

    def data_digest(self) -> str:
        """Return the SHA-256 of the log that is replayed, or of the rain that is read; "" if none is."""
        if self.source == "demand" and self.rain != NO_RAIN:
            return rain_digest(Path(self.rain))
        return load_log(self.log).digest if self.source == "log" else ""


class Replayed(NamedTuple):
    """A log made ready: which rows are kept, the first report of each row's incident, and category codes."""

    log: ReplayLog
    kept: Flags
    first: Ints
    category: Ints


class Streams(NamedTuple):
    """Fitted demand made ready: the code of each category, the factor to the wanted level, and who reports.

    ``rain`` is mm by date; ``adults`` report in proportion to weights whose running sums are ``ready`` (none: all
    alike); ``shares`` are the running sums of the shares of ``channels``.
    """

    codes: dict[str, int]
    scale: float
    rain: dict[dt.date, float]
    adults: Ints
    ready: Floats
    channels: Ints
    shares: Floats


class Reports(NamedTuple):
    """The reports of a day.

    ``incident`` is the row of the incident that each is about; rows beyond the table's end stand for new
    ones, which begin with the reports at the positions ``opening``, of the categories ``category``.
    ``channel`` is None, or negative, where it follows from the reporter's skill; ``where`` draws the place;
    ``reporter`` is None where all adults are as ready to report.
    """

    key: Keys
    minute: Floats
    incident: Ints
    opening: Ints
    incident_key: Keys
    category: Ints
    where: Keys
    channel: Ints | None
    reporter: Ints | None = None


def opened(world: View, p: Hotline, draw: Draw) -> Replayed | Streams | None:
    """Make a log or fitted demand ready before the first day, where one is asked for."""
    if p.source == "demand":
        return streams(world, p, draw)
    return open_log(world, p, draw) if p.source == "log" else None


def open_log(world: View, p: Hotline, draw: Draw) -> Replayed:
    """Read and thin the log."""
    log = load_log(p.log)
    kept = np.zeros(len(log), np.bool_)
    kept[thin(log, 0, p.reports_per_day, lambda _, places: draw.uniform("place", places, 0))] = True
    return Replayed(log, kept, first_reports(log, p.repeat_days), category_codes(log, world.categories))


def streams(world: View, p: Hotline, draw: Draw) -> Streams:
    """Find the categories of fitted demand, its level, its rain, and how ready each adult is to report."""
    demand = p.demand
    total = sum(category.per_day for category in demand.categories.values())
    if not total:
        raise InputError.of("D412")
    missing = [name for name in demand.categories if name not in world.categories]
    if missing:
        raise InputError.of("D411", category=missing[0], needed=", ".join(demand.categories))
    adults = np.flatnonzero(world.residents.age_group != _CHILD)
    luck = draw.uniform("readiness", world.residents.key[adults], 0) if demand.reporter_spread else np.zeros(0)
    known = {name: share for name, share in demand.channels.items() if share > 0}
    return Streams(
        codes={name: world.categories.index(name) for name in sorted(demand.categories)},
        scale=p.reports_per_day / total,
        rain=read_rain(Path(p.rain)) if p.rain != NO_RAIN else {},
        adults=adults,
        ready=np.cumsum(readiness(demand.reporter_spread, luck)),
        channels=np.array([CHANNELS.index(name) for name in known], np.int64),
        shares=np.cumsum(np.array(list(known.values()), np.float64)),
    )


def category_codes(log: ReplayLog, categories: tuple[str, ...]) -> Ints:
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
    start=opened,
)  # fmt: skip
def hotline(world: View, p: Hotline, draw: Draw, effects: Effects) -> None:
    """Take the day's reports, and found an incident on each first one."""
    if p.source == "none":
        return
    reports = replayed_reports(world, draw) if p.source == "log" else _DRAWN[p.source](world, p, draw)
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
    duplicate = draw.happens("duplicate", p.duplicate_share, keys, 0)
    lag = draw.exponential("lag", p.duplicate_lag_hours * _HOUR_MINUTES, keys, 0)
    told = earlier_firsts(world)
    alike = np.zeros(len(keys), np.int64), np.zeros(len(told), np.int64)
    incident, opening = attributed(world, minute, duplicate, lag, told, *alike)
    firsts = keys[opening]
    category = drawn_category(world, draw, firsts)
    return Reports(keys, minute, incident, opening, draw.keys("incident", firsts, 0), category, firsts, None)


def demanded_reports(world: Any, p: Hotline, draw: Draw) -> Reports:
    """Draw the reports of a day by fitted demand, each category its own number; in the order of time.

    A report is its day, its category and its number in it, so that a larger demand holds the smaller one's reports.
    """
    ready: Streams = world.resource
    keys, minute, category = (np.concatenate(parts) for parts in zip(*category_reports(world, p, draw), strict=True))
    in_time = np.argsort(minute, kind="stable")
    keys, minute, category = keys[in_time], minute[in_time], category[in_time]
    chance = np.zeros(len(world.categories))
    for name, code in ready.codes.items():
        chance[code] = p.demand.categories[name].repeat_share
    duplicate = draw.happens("duplicate", chance[category], keys, 0)
    lag = draw.exponential("lag", p.demand.repeat_mean_days * DAY_MINUTES, keys, 0)
    told = earlier_firsts(world)
    kinds = category, np.asarray(world.incidents.category[told], np.int64)
    incident, opening = attributed(world, minute, duplicate, lag, told, *kinds)
    firsts = keys[opening]
    through = ready.channels[chosen(ready.shares, draw.uniform("through", keys, 0))] if len(ready.shares) else None
    reporter = ready.adults[chosen(ready.ready, draw.uniform("reporter", keys, 0))] if len(ready.ready) else None
    incident_keys = draw.keys("incident", firsts, 0)
    return Reports(keys, minute, incident, opening, incident_keys, category[opening], firsts, through, reporter)


_DRAWN = {"poisson": drawn_reports, "demand": demanded_reports}


def category_reports(world: Any, p: Hotline, draw: Draw) -> Iterator[tuple[Keys, Floats, Ints]]:
    """Yield keys, minutes and codes of the day's reports of each category."""
    ready: Streams = world.resource
    day = day_of_run(p.demand, world.clock, world.day, ready.rain)
    shared = ready.scale * common_factor(p.demand, draw, world.day)
    for name, code in ready.codes.items():
        category = p.demand.categories[name]
        mean = shared * day_mean(p.demand, category, day) * own_factor(p.demand, name, draw, world.day)
        count = int(draw.poisson("category reports", mean, np.array([key_of(name)], np.uint64))[0])
        keys = draw.keys("report", key_of(name) + np.arange(count, dtype=np.uint64))
        hours = category.rest_hours if day.rest else category.workday_hours
        luck = draw.uniform("minute", keys, 0)
        minute = minute_in_day(hours, luck) if hours else minute_at(p, luck)
        yield keys, world.day * DAY_MINUTES + minute, np.full(count, code, np.int64)


def attributed(
    world: Any, minute: Floats, duplicate: Flags, lag: Floats, told: Ints, kind: Ints, told_kind: Ints
) -> tuple[Ints, Ints]:
    """Return what each report is about, as a row of incidents, and the positions of those that open one.

    A duplicate is about the latest first report of its kind that was made its lag ago or earlier; if there is
    none so old, the oldest; if there is none at all, it is a first report itself. ``told`` are the rows of earlier
    first reports, in the order of time.
    """
    for one in np.unique(kind):
        if not (told_kind == one).any():
            duplicate[np.flatnonzero(kind == one)[0]] = False
    opening = np.flatnonzero(~duplicate)
    incident = np.empty(len(minute), np.int64)
    incident[opening] = len(world.incidents) + np.arange(len(opening))
    for one in np.unique(kind[duplicate]):
        earlier, firsts = told[told_kind == one], opening[kind[opening] == one]
        since = np.concatenate((world.incidents.began[earlier], minute[firsts]))
        again = np.flatnonzero(duplicate & (kind == one))
        latest = np.maximum(np.searchsorted(since, minute[again] - lag[again], side="right") - 1, 0)
        incident[again] = np.concatenate((earlier, incident[firsts]))[latest]
    return incident, opening


def earlier_firsts(world: Any) -> Ints:
    """Return the rows of the incidents that the hotline founded, by the time of their first report."""
    own = np.flatnonzero(~at_places(world))
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
    reporter = reports.reporter
    if reporter is None:
        reporter = somebody(draw, "reporter", adults, reports.key)
    about = {name: values[reports.incident] for name, values in matters.items()}
    duplicate = np.ones(len(reports.key), np.bool_)
    duplicate[reports.opening] = False
    skill = trait(world.residents.digital_skill, reporter)
    through = channel(p, skill, draw.uniform("channel", reports.key, 0))
    if reports.channel is not None:
        through = np.where(reports.channel < 0, through, reports.channel)
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
