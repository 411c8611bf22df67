"""Calibrating a department on the log of what it was asked for and when it was done.

Hours come from the closings; what was closed at once, and what was left lying, is set apart. For every number of
files in work at once and every order of service, the log's own closings say when each file was taken up
(:mod:`.line`); so the hands-on work that this staffing implies is known, without the waiting. The twin's desk then
lives through the same requests with that staffing and that work, and its closings are held against the log's:
how long, in time or not, how many open days, whether a crowd delays, whether neighbours share their fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from twin.calibration.department import DISCIPLINES, Staffing, Stream, closings_on_desk
from twin.calibration.docket import Docket
from twin.calibration.line import Line, most_at_once, taken_apart
from twin.calibration.matching import CUT, Match, Target, drawn, identified, luck_of, match, spread
from twin.calibration.opening import OpenClock, opening_hours_of
from twin.calibration.outputs import OUTPUTS, outputs, resampled_variance, rows_of
from twin.calibration.work import Work, shares_of, work_of
from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats, Ints, Keys
from twin.core.draws import stream_id, uniforms

CHECKED = (*OUTPUTS, "early")
MEMBERS = 24
FEWEST = 30  # requests below which an agency is not calibrated

# What the model leaves out, in standard deviations: logarithms of hours, shares, correlations, share closed early.
LEFT_OUT = (0.10, 0.10, 0.03, 0.03, 0.03, 0.03, 0.10, 0.10, 0.05)
PACES = (0.80, 0.89, 1.0, 1.12, 1.25)
SEEDS = (1, 2)
_FEW_FILES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
_SHARES_OF_MOST = (0.03, 0.06, 0.12, 0.20, 0.30, 0.45, 0.60, 0.75, 0.90, 1.0, 1.2, 1.45, 1.75, 2.0)
_FEWEST_WITH_TARGET = 0.5


@dataclass(frozen=True, eq=False)
class Department:
    """An agency's log, made ready: its hours, what is set apart, and the requests that its desk has to serve.

    `served` are the requests that were neither closed at once nor left lying.
    """

    docket: Docket
    clock: OpenClock
    served: Docket

    @classmethod
    def of(cls, docket: Docket, until: float | None = None) -> Department:
        """Make ready; calendars are laid out until minute `until` (none: the docket's end)."""
        hours = opening_hours_of(np.where(docket.at_once, np.nan, docket.closed))
        days = int(max(docket.end, until or 0.0) // DAY_MINUTES) + 1
        return cls(docket, OpenClock(hours, docket.monday, days), docket.only(~docket.at_once & ~docket.lying))

    @cached_property
    def open_times(self) -> tuple[Floats, Floats]:
        """Open minutes at which the served requests were made and closed (rows,), NaN while open."""
        return self.clock.open_at(self.served.created), self.clock.open_at(self.served.closed)

    @cached_property
    def at_once_share(self) -> Floats:
        """Share closed at once by type (types + 1,), the last for unknown types."""
        return shares_of(self.docket.at_once, self.docket.kind, len(self.docket.names) + 1)

    @cached_property
    def lying_share(self) -> Floats:
        """Share left lying by type (types + 1,), of what was not closed at once and is old enough to tell."""
        rest = self.docket.only(~self.docket.at_once)
        ages = rest.end - rest.created
        old = ages > ages[rest.lying].min() if rest.lying.any() else np.ones(len(rest), np.bool_)
        return shares_of(rest.lying[old], rest.kind[old], len(self.docket.names) + 1)

    @cached_property
    def at_once_minutes(self) -> Floats:
        """Minutes to close of what was closed at once, in ascending order; at least one value."""
        waits = np.sort(self.docket.wait[self.docket.at_once])
        return waits if len(waits) else np.zeros(1)

    def line(self, staffing: Staffing) -> Line:
        """The waiting line that this staffing must have had; the pace has no say in it."""
        return _line(self, staffing.files, staffing.discipline)

    def work(self, staffing: Staffing, rows: Ints | None = None) -> Work:
        """Hands-on work that this staffing implies; of `rows` alone, if given."""
        found = _work(self, staffing.files, staffing.discipline) if rows is None else self.work_of(staffing, rows)
        return Work(found.sample * staffing.pace)

    def work_of(self, staffing: Staffing, rows: Ints) -> Work:
        """Hands-on work at pace 1 that the line of this staffing implies for some rows.

        What began before all places were taken is left out: who was at work then is not in the log.
        """
        line = self.line(staffing)
        hours, ended = self._hours(line)
        known = ~np.isnan(hours) & (self.open_times[0] >= line.full_from)
        if known.sum() < min(FEWEST, len(hours)):
            known = ~np.isnan(hours)
        chosen = rows[known[rows]]
        return work_of(hours[chosen], ended[chosen], self.served.kind[chosen], len(self.docket.names))

    def early_share(self, staffing: Staffing) -> float:
        """Share of requests that the log closed while the line says that they were waiting."""
        early = self.line(staffing).early
        return float(np.mean(early)) if len(early) else 0.0

    def hands_on_share(self, staffing: Staffing) -> float:
        """Share of the open time that is hands-on work, the rest being the wait for a place."""
        hours, _ = self._hours(self.line(staffing))
        total = self._hours_since(self.open_times[0])
        return float(np.nansum(hours) / np.nansum(total[~np.isnan(hours)])) if np.nansum(total) else 1.0

    @cached_property
    def most_files(self) -> int:
        """Most files that would be in work at once if nobody ever waited."""
        unlimited = Staffing(max(2 * len(self.served), 1))
        stream = self.stream.warmed_up()
        closed = closings_on_desk(stream, self.work(unlimited), unlimited, self.clock, SEEDS[0])
        return max(most_at_once(stream.created, closed), most_at_once(*self.open_times))

    @property
    def stream(self) -> Stream:
        """The served requests on their way to the desk."""
        return stream_of(self.served)

    @property
    def disciplines(self) -> tuple[str, ...]:
        """Orders of service that the log can speak of; without targets nobody can go by them."""
        promised = float(np.mean(~np.isnan(self.served.target))) if len(self.served) else 0.0
        return DISCIPLINES if promised >= _FEWEST_WITH_TARGET else tuple(d for d in DISCIPLINES if d != "deadline")

    def _hours(self, line: Line) -> tuple[Floats, Flags]:
        """Hands-on hours so far (rows,), NaN where work had not begun, and which of them have ended."""
        return self._hours_since(line.started), ~np.isnan(self.served.closed)

    def _hours_since(self, started: Floats) -> Floats:
        closed = self.open_times[1]
        now = float(self.clock.open_at(np.array([self.docket.end]))[0])
        return np.maximum(np.where(np.isnan(closed), now, closed) - started, 0.0) / 60.0

    def rank(self, discipline: str) -> Floats:
        """What an order of service goes by (rows,), the least first."""
        created, closed = self.open_times
        if discipline == "deadline":
            return np.nan_to_num(self.clock.open_at(self.served.target), nan=np.inf)
        if discipline == "shortest":
            typical = [np.nanmedian(own) if np.any(~np.isnan(own)) else np.inf
                       for own in (closed[self.served.kind == k] - created[self.served.kind == k]
                                   for k in range(len(self.docket.names)))]  # fmt: skip
            return np.asarray(typical)[self.served.kind]
        return created


@lru_cache(maxsize=128)
def _line(department: Department, files: int, discipline: str) -> Line:
    created, closed = department.open_times
    return taken_apart(created, closed, department.rank(discipline), files)


@lru_cache(maxsize=128)
def _work(department: Department, files: int, discipline: str) -> Work:
    return department.work_of(Staffing(files, discipline), np.arange(len(department.served)))


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A department and the staffings that can have made its log.

    `tried` are the settings with their `outputs` (settings, outputs of :data:`CHECKED`), held against `target`;
    `found` weighs them; `hands_on` (settings,) is the share of the open time that each implies to be work.
    """

    department: Department
    tried: tuple[Staffing, ...]
    outputs: Floats
    hands_on: Floats
    target: Target
    found: Match

    def ensemble(self, members: int = MEMBERS) -> list[tuple[Staffing, Work]]:
        """Staffings drawn by weight, each with the work of a log whose days were drawn again.

        So the ensemble holds both what the log leaves open about staffing and what chance did to the log.
        """
        chosen = [self.tried[row] for row in drawn(self.found.weight, members)]
        return [(one, self.department.work(one, self._days_again(number))) for number, one in enumerate(chosen)]

    @property
    def checked(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return CHECKED

    def files(self) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile of the files in work at once."""
        return spread(np.array([one.files for one in self.tried], np.float64), self.found.weight)

    def pace(self) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile of the pace."""
        return spread(np.array([one.pace for one in self.tried]), self.found.weight)

    def work_share(self) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile of the share of the open time that is hands-on."""
        return spread(self.hands_on, self.found.weight)

    def disciplines(self) -> dict[str, float]:
        """Weight of each order of service."""
        return {
            name: float(sum(w for one, w in zip(self.tried, self.found.weight, strict=True) if one.discipline == name))
            for name in DISCIPLINES
        }

    def learnt(self) -> dict[str, float]:
        """How much of the prior's width the log takes away: of ln files, of the pace, of the hands-on share."""
        even = np.full(len(self.tried), 1.0 / len(self.tried))
        values = {
            "files": np.log([one.files for one in self.tried]),
            "pace": np.log([one.pace for one in self.tried]),
            "hands_on": self.hands_on,
        }
        return {name: identified(np.asarray(one), even, self.found.weight) for name, one in values.items()}

    def _days_again(self, member: int) -> Ints:
        day = (self.department.served.created // DAY_MINUTES).astype(np.int64)
        days, where = np.unique(day, return_inverse=True)
        luck = uniforms(member, stream_id("calibration.member"), 0, np.arange(len(days), dtype=np.uint64))
        times = np.bincount((luck * len(days)).astype(np.int64), minlength=len(days))[where]
        return np.repeat(np.arange(len(day)), times)


def stream_of(docket: Docket) -> Stream:
    """The requests of a docket on their way to the desk."""
    return Stream(docket.created, docket.kind, docket.target, docket.key)


def calibrate(docket: Docket, until: float | None = None) -> Calibrated:
    """Find the staffings that can have made a docket's closings.

    First every number of files and order of service at three paces; what no pace can save is left, the rest is tried
    at more. `until` lays calendars out beyond the docket's end.
    """
    department = Department.of(docket, until)
    coarse = [
        Staffing(files, discipline, pace)
        for discipline in department.disciplines
        for files in levels(department.most_files)
        for pace in (PACES[0], PACES[len(PACES) // 2], PACES[-1])
    ]
    first = _weighed(department, coarse)
    best = {(one.files, one.discipline): 0.0 for one in coarse}
    for one, weight in zip(coarse, first.found.weight, strict=True):
        best[one.files, one.discipline] += float(weight)
    kept = [pair for pair, weight in best.items() if weight > 1e-6]
    finer = [Staffing(files, discipline, pace) for files, discipline in kept for pace in PACES[1::2]]
    return _weighed(department, [*coarse, *finer], first)


def levels(most: int) -> list[int]:
    """Numbers of files that are tried: the few, shares of the most, and up to twice as many, where nobody waits."""
    shares = (max(1, round(share * most)) for share in _SHARES_OF_MOST)
    return sorted({*_FEW_FILES, *shares})


def _weighed(department: Department, tried: list[Staffing], before: Calibrated | None = None) -> Calibrated:
    """Run the twin's desk with each staffing (those of `before` have been run) and weigh what comes out."""
    served, clock = department.served, department.clock
    rows = rows_of(served, served.closed, clock, served.end)
    known = len(before.tried) if before else 0
    runs = [_answers(department, one) for one in tried[known:]]
    fresh = np.array([run for run, _ in runs])
    found = np.concatenate([before.outputs, fresh.mean(axis=1)]) if before else fresh.mean(axis=1)
    target = before.target if before else Target(
        value=np.append(outputs(rows), 0.0),
        seen=np.append(resampled_variance(rows, served.agency), 0.0),
        left_out=np.square(LEFT_OUT),
        luck=luck_of(fresh),
    )  # fmt: skip
    hands_on = np.array([*(before.hands_on if before else ()), *(share for _, share in runs)])
    return Calibrated(department, tuple(tried), found, hands_on, target, match(found, target))


def _answers(department: Department, staffing: Staffing) -> tuple[Floats, float]:
    """What the desk makes of the log's own requests (seeds, outputs), and the share that is hands-on.

    A staffing that is ruled out by whom the log closed early need not be lived through.
    """
    served, clock = department.served, department.clock
    early = department.early_share(staffing)
    if early > CUT * LEFT_OUT[-1]:
        unknown = np.append(np.full(len(OUTPUTS), np.nan), early)
        return np.tile(unknown, (len(SEEDS), 1)), department.hands_on_share(staffing)
    stream, work = department.stream.warmed_up(), department.work(staffing)
    found = []
    for seed in SEEDS:
        closed = closings_on_desk(stream, work, staffing, clock, seed)[len(served) :]
        found.append(np.append(outputs(rows_of(served, closed, clock, served.end)), early))
    return np.array(found), department.hands_on_share(staffing)


def chances(seed: int, decision: str, keys: Keys) -> Floats:
    """Uniforms of requests for one decision of the calibration (rows,)."""
    return uniforms(seed, stream_id(f"calibration.{decision}"), 0, keys)
