"""A department on the twin's desk: requests go in, closings come out of queues, hours and hands-on work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.calibration.opening import ALWAYS, OpenClock
from twin.calibration.work import Work
from twin.core.clock import Clock
from twin.core.columns import Floats, Ints, Keys
from twin.core.draws import keys_of, stream_id
from twin.desk.desk import Desk
from twin.desk.settings import DeskSettings, Service, Team

DISCIPLINES = ("fifo", "deadline", "shortest")

_WEEK = 7.0 * 1440.0
_LIMIT_CLASSES = 48
_SHORTEST_LIMIT, _LONGEST_LIMIT = 0.25, 8760.0  # hours; what has no limit has the longest
_APART = 1e-7  # minutes that keep requests of one closed night in their order


@dataclass(frozen=True)
class Staffing:
    """What of a department depends on its people.

    `jobs` are the files in work at once, `discipline` says who is next, `pace` multiplies the hands-on hours that the
    log implies: 1 takes them as they are.
    """

    jobs: int
    discipline: str = "fifo"
    pace: float = 1.0


@dataclass(frozen=True, eq=False)
class Stream:
    """Requests on their way to the desk (rows,): minute, type (a row of the work's sample), limit in hours, key."""

    created: Floats
    kind: Ints
    limit_hours: Floats
    key: Keys

    def warmed_up(self) -> Stream:
        """The same requests once more before themselves, some whole weeks earlier, with luck of their own.

        What was open before a log begins is not in it; a desk that began idle would be too quick. The rows of the
        pass before come first.
        """
        span = self.created[-1] - self.created[0] + 1.0 if len(self.created) else 0.0
        earlier = self.created - np.ceil(span / _WEEK) * _WEEK
        key = keys_of(stream_id("calibration.warm_up"), self.key, "request", 1)
        return Stream(np.concatenate([earlier, self.created]), np.tile(self.kind, 2), np.tile(self.limit_hours, 2),
                      np.concatenate([key, self.key]))  # fmt: skip


def closings_on_desk(stream: Stream, work: Work, staffing: Staffing, clock: OpenClock, seed: int, *,
                     compressed: bool = True) -> Floats:  # fmt: skip
    """Minutes at which the desk closes each request (rows,), NaN where the days of `clock` do not suffice.

    The desk lives in open minutes, around the clock, since many jobs cost less where nobody's shift begins or ends.
    With ``compressed=False`` it lives by the wall clock, under the roster; the closings are the same.
    """
    created, text, minutes = stream.created, clock.text, clock.minutes
    if compressed:
        created, text, minutes = clock.open_at(created), ALWAYS, clock.open_minutes
        created = created + _APART * np.arange(len(created))
    limits, limit = _limit_classes(stream.limit_hours)
    names = tuple(f"{number}" for number in range(len(work.sample)))
    settings = _settings(work, staffing, text, names, tuple(limits.tolist()))
    desk = Desk(settings, clock=Clock(clock.monday, "none"), days=int(minutes // 1440.0) + 1, seed=seed,
                categories=names)  # fmt: skip
    rows = len(created)
    nothing = np.zeros(rows, np.int64)
    desk.feed(key=stream.key, created=created, incident=stream.key, category=stream.kind, priority=limit,
              channel=nothing, grid=nothing, x=nothing, y=nothing, ticket=np.arange(rows))  # fmt: skip
    desk.advance(minutes)
    closed = np.full(rows, np.nan)
    closed[desk.orders["ticket"]] = desk.orders["closed"]
    return clock.minute_at(closed) if compressed else closed


def _settings(
    work: Work, staffing: Staffing, hours: str, names: tuple[str, ...], limits: tuple[float, ...]
) -> DeskSettings:
    """A desk that is nothing but this department: at once accepted, never sent astray, no way to go."""
    return DeskSettings(
        teams={"department": Team(workers=staffing.jobs, calendar=hours)},
        intake_calendar=ALWAYS, return_calendar=ALWAYS, dispatch="instant", misroute_chance=0.0,
        travel_minutes=0.0, first_time_fix=1.0, discipline=staffing.discipline, limit_hours=limits,
        services={
            name: Service(law="empirical", mean_hours=float(sample.mean()), sample_hours=tuple(sample.tolist()))
            for name, sample in zip(names, work.sample, strict=True)
        },
    )  # fmt: skip


def _limit_classes(limit_hours: Floats) -> tuple[Floats, Ints]:
    """Limits put into classes, as the desk knows them: the limit of each class, and the class of each row."""
    hours = np.clip(np.nan_to_num(limit_hours, nan=_LONGEST_LIMIT), _SHORTEST_LIMIT, _LONGEST_LIMIT)
    edges = np.linspace(np.log(_SHORTEST_LIMIT), np.log(_LONGEST_LIMIT), _LIMIT_CLASSES)
    limits = np.exp(edges)
    return limits, np.searchsorted(edges, np.log(hours) - 1e-9).astype(np.int64)
