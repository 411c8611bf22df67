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
_LIMIT_CLASSES = 100
_LONGEST_LIMIT = 100_000.0  # hours: of what has no limit
_A_MOMENT = 1e-6  # minutes: what comes in at one minute is put in order before anybody takes it


@dataclass(frozen=True)
class Staffing:
    """What of a department depends on its people.

    `files` are the files in work at once, `discipline` says who is next, `pace` multiplies the hands-on hours that the
    log implies: 1 takes them as they are.
    """

    files: int
    discipline: str = "fifo"
    pace: float = 1.0


@dataclass(frozen=True, eq=False)
class Stream:
    """Requests on their way to the desk (rows,): minute, type (a row of the work's sample), minute promised, key.

    `due` is NaN where nothing was promised.
    """

    created: Floats
    kind: Ints
    due: Floats
    key: Keys

    def warmed_up(self) -> Stream:
        """The same requests once more before themselves, some whole weeks earlier, with luck of their own.

        What was open before a log begins is not in it; a desk that began idle would be too quick. The rows of the
        pass before come first.
        """
        span = self.created[-1] - self.created[0] + 1.0 if len(self.created) else 0.0
        back = np.ceil(span / _WEEK) * _WEEK
        key = keys_of(stream_id("calibration.warm_up"), self.key, "request", 1)
        return Stream(self.created - back, self.kind, self.due - back, key).before(self)

    def before(self, later: Stream) -> Stream:
        """These requests, and then others."""
        both = ((getattr(self, name), getattr(later, name)) for name in ("created", "kind", "due", "key"))
        return Stream(*map(np.concatenate, both))


def closings_on_desk(stream: Stream, work: Work, staffing: Staffing, clock: OpenClock, seed: int, *,
                     compressed: bool = True) -> Floats:  # fmt: skip
    """Minutes at which the desk closes each request (rows,), NaN where the days of `clock` do not suffice.

    The desk lives in open minutes, around the clock, since many files cost less where nobody's shift begins or ends.
    With ``compressed=False`` it lives by the wall clock, under the roster; the closings are the same (where the
    order of service goes by deadlines, as nearly as the desk's classes of limits can tell them).
    """
    created, due, text, minutes = stream.created, stream.due, clock.text, clock.minutes
    if compressed:
        created, due, text, minutes = clock.open_at(created), clock.open_at(due), ALWAYS, clock.open_minutes
    limits, limit = _limit_classes((due - created) / 60.0)
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
        teams={"department": Team(workers=staffing.files, calendar=hours)},
        intake_calendar=ALWAYS, return_calendar=ALWAYS, dispatch="instant", misroute_chance=0.0,
        triage_minutes=_A_MOMENT, travel_minutes=0.0, first_time_fix=1.0,
        discipline=staffing.discipline, limit_hours=limits,
        services={
            name: Service(law="empirical", mean_hours=float(sample.mean()), sample_hours=tuple(sample.tolist()))
            for name, sample in zip(names, work.sample, strict=True)
        },
    )  # fmt: skip


def _limit_classes(hours: Floats) -> tuple[Floats, Ints]:
    """Limits put into classes, as the desk knows them: the limit of each class in hours, and the class of each row.

    Where there are more limits than the desk has classes, each row has the next higher of so many quantiles.
    """
    given: Floats = np.clip(np.round(np.nan_to_num(hours, nan=_LONGEST_LIMIT), 2), 0.0, _LONGEST_LIMIT)
    limits: Floats = np.unique(given)
    if len(limits) > _LIMIT_CLASSES:
        limits = np.unique(np.quantile(given, np.linspace(0.0, 1.0, _LIMIT_CLASSES), method="higher"))
    return limits, np.searchsorted(limits, given).astype(np.int64)
