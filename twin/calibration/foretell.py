"""What calibrated departments foretell of requests that they have not seen, beside what needs no department.

The other part of a log is either other areas, for which the capacity per hour of work is kept, or other months,
which the same department serves with the files that were open when they began. Each member of the ensemble
lives through them on the twin's desk under the department's own hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from twin.calibration.department import Staffing, Stream, closings_on_desk
from twin.calibration.docket import Docket
from twin.calibration.fit import Calibrated, Department, chances, stream_of
from twin.calibration.outputs import RESAMPLES
from twin.calibration.work import Work
from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats, Ints
from twin.core.draws import stream_id, uniforms
from twin.logs.survival import Waits, quantile

MEASURES = ("median", "p90", "on_time")
_LATE_KEYS = np.uint64(1 << 63)
LEAST = 15.0  # minutes: below it, times are not told apart


@dataclass(frozen=True, eq=False)
class Foretold:
    """Closings of a docket by member of the ensemble: `closed` (members, rows) in minutes, NaN where never."""

    docket: Docket
    closed: Floats


@dataclass(frozen=True)
class Answer:
    """Hours to close and share in time of a docket, NaN where nothing was promised."""

    median: float
    p90: float
    on_time: float

    def error(self, logged: Answer, longest: float) -> dict[str, float]:
        """Distance from the logged answer: of hours in logarithms, of the share as it is.

        Hours count from a quarter of an hour to `longest`, the time followed: beyond, nothing is told apart.
        """

        def away(a: float, b: float) -> float:
            return abs(float(np.diff(np.log(np.clip([a, b], LEAST / 60.0, longest)))[0]))

        return {
            "median": away(self.median, logged.median),
            "p90": away(self.p90, logged.p90),
            "on_time": abs(self.on_time - logged.on_time),
        }


def foretell(found: Calibrated, docket: Docket, *, open_files: bool, members: int | None = None) -> Foretold:
    """Let every member of the ensemble close the requests of another docket.

    With ``open_files=True`` the docket comes later: the files that the department has open at its log's end come
    first. Else it is another area: files are scaled with the work that comes in a day, and the desk is warmed up.
    """
    department = found.department
    same = _in_its_words(docket, department.docket)
    ensemble = found.ensemble(members) if members else found.ensemble()
    own_work = partial(_work_a_day, department, department.docket)
    closed = []
    for number, (staffing, work) in enumerate(ensemble):
        share = 1.0 if open_files else _work_a_day(department, same, work) / own_work(work)
        scaled = replace(staffing, files=max(1, round(staffing.files * share)))
        closed.append(_one(department, same, scaled, work, number, open_files))
    return Foretold(docket, np.array(closed))


def _one(department: Department, docket: Docket, staffing: Staffing, work: Work, seed: int, open_files: bool) -> Floats:
    """Closings by one member (rows,)."""
    closed = np.full(len(docket), np.nan)
    kind = work.of_kinds(docket.kind)
    at_once = chances(seed, "at_once", docket.key) < department.at_once_share[kind]
    lying = chances(seed, "lying", docket.key) < department.lying_share[kind]
    waits = department.at_once_minutes
    drawn = (chances(seed, "minutes", docket.key) * len(waits)).astype(np.int64)
    closed[at_once] = (docket.created + waits[drawn])[at_once]
    served = np.flatnonzero(~at_once & ~lying)
    if not len(served):
        return closed
    stream = stream_of(replace(docket.only(served), kind=kind[served]))
    if open_files:
        stream, work = _with_open_files(department, staffing, stream, work)
    else:
        stream = stream.warmed_up()
    closed[served] = closings_on_desk(stream, work, staffing, department.clock, seed)[-len(served) :]
    return closed


def _with_open_files(department: Department, staffing: Staffing, stream: Stream, work: Work) -> tuple[Stream, Work]:
    """Put the files that are open at the log's end before a stream, each with the work that is left of it.

    A file that has been at work for so long has what remains of those pieces of work that last longer.
    """
    log = department.served
    line = department.line(staffing)
    pending = np.flatnonzero(np.isnan(log.closed))
    pending = pending[np.argsort(line.started[pending], kind="stable")]  # those at work first, NaN comes last
    now = float(department.clock.open_at(np.array([department.docket.end]))[0])
    worked = np.nan_to_num(now - line.started[pending], nan=0.0) / 60.0
    left = [_left(work.sample[k], hours) for k, hours in zip(work.of_kinds(log.kind[pending]), worked, strict=True)]
    first = Stream(
        created=np.full(len(pending), department.docket.end),
        kind=len(work.sample) + np.arange(len(pending)),
        due=log.target[pending],
        key=_LATE_KEYS + np.arange(len(pending), dtype=np.uint64),  # of one minute, the desk takes the lower key first
    )
    return first.before(stream), Work(np.vstack([work.sample, *left]) if left else work.sample)


def _left(sample: Floats, worked: float) -> Floats:
    """What is left of a piece of work on which so many hours were spent (points,)."""
    longer = np.sort(sample[sample > worked]) - worked
    if not len(longer):
        longer = sample  # longer than any: as if it began anew
    return longer[((np.arange(len(sample)) + 0.5) / len(sample) * len(longer)).astype(np.int64)]


def _in_its_words(docket: Docket, known: Docket) -> Docket:
    """The docket with the types numbered as another numbers them; -1 for those that it does not know."""
    number = {name: place for place, name in enumerate(known.names)}
    kinds = np.array([number.get(name, -1) for name in docket.names] or [-1], np.int64)
    return replace(docket, names=known.names, kind=kinds[docket.kind])


def _work_a_day(department: Department, docket: Docket, work: Work) -> float:
    """Hands-on hours that a docket is expected to bring in a day."""
    kind = work.of_kinds(docket.kind)
    served = (1.0 - department.at_once_share[kind]) * (1.0 - department.lying_share[kind])
    return float(np.sum(served * work.sample.mean(axis=1)[kind])) / max(docket.days, 1.0)


# -- comparing


def answered(docket: Docket, closed: Floats, weight: Floats | None = None) -> Answer:
    """Summarise closings (rows,); what is open at the docket's end counts as longer than any other."""
    weight = np.ones(len(docket)) if weight is None else weight
    shown = np.where(np.nan_to_num(closed, nan=np.inf) <= docket.end, closed, np.inf)
    hours = (shown - docket.created) / 60.0
    line = np.argsort(hours, kind="stable")
    passed = np.cumsum(weight[line])
    places = [min(int(np.searchsorted(passed, share * passed[-1] - 1e-9)), len(hours) - 1) for share in (0.5, 0.9)]
    judged = ~np.isnan(docket.target) & (np.isfinite(shown) | (docket.target < docket.end))
    weights = weight[judged]
    in_time = shown[judged] <= docket.target[judged]
    on_time = float(np.sum(weights * in_time) / weights.sum()) if weights.sum() else np.nan
    median, p90 = (float(hours[line[place]]) for place in places)
    return Answer(median, p90, on_time)


def pooled_answer(foretold: Foretold, weight: Floats | None = None) -> Answer:
    """The ensemble's forecast: the answer of all its members' closings put together."""
    members, rows = foretold.closed.shape
    everything = np.tile(np.arange(rows), members)
    weights = None if weight is None else np.tile(weight, members)
    return answered(foretold.docket.only(everything), foretold.closed.ravel(), weights)


def band(foretold: Foretold) -> dict[str, tuple[float, float]]:
    """5th and 95th percentile of each measure over the members."""
    answers = [answered(foretold.docket, closed) for closed in foretold.closed]
    ends = {}
    for name in MEASURES:
        found = np.sort([getattr(one, name) for one in answers])
        ends[name] = (float(found[int(0.05 * len(found))]), float(found[min(int(0.95 * len(found)), len(found) - 1)]))
    return ends


def naive(docket: Docket) -> Answer:
    """What needs no department: the log's own median and 90th percentile (open requests censored) and share in time."""
    waited = np.where(np.isnan(docket.closed), docket.end - docket.created, np.nan) / 60.0
    waits = Waits.of(docket.wait / 60.0, waited)
    return Answer(quantile(waits, 0.5), quantile(waits, 0.9), answered(docket, docket.closed).on_time)


@dataclass(frozen=True, eq=False)
class Comparison:
    """One agency's forecast beside its log and the naive forecast.

    `differences` (resamples, measures): the twin's error less the naive one's, when the days of the other part are
    drawn again; negative is better.
    """

    agency: str
    requests: int
    logged: Answer
    twin: Answer
    naive: Answer
    band: dict[str, tuple[float, float]]
    errors: dict[str, float]
    naive_errors: dict[str, float]
    differences: Floats

    def interval(self, measure: str) -> tuple[float, float]:
        """95 % interval of the difference of the errors; NaN where nothing was promised."""
        return interval_of(self.differences[:, MEASURES.index(measure)])


def compare(found: Calibrated, foretold: Foretold) -> Comparison:
    """Hold a forecast against what was logged, with the naive forecast of the same log beside it."""
    docket = foretold.docket
    logged, twin = answered(docket, docket.closed), pooled_answer(foretold)
    simple = naive(found.department.docket)
    longest = (docket.end - float(np.median(docket.created))) / 60.0
    differences = []
    for weight in _days_again(docket.created):
        truth = answered(docket, docket.closed, weight)
        ours, theirs = pooled_answer(foretold, weight).error(truth, longest), simple.error(truth, longest)
        differences.append([ours[name] - theirs[name] for name in MEASURES])
    return Comparison(docket.agency, len(docket), logged, twin, simple, band(foretold), twin.error(logged, longest),
                      simple.error(logged, longest), np.array(differences))  # fmt: skip


def interval_of(differences: Floats) -> tuple[float, float]:
    """2.5th and 97.5th percentile."""
    if np.isnan(differences).all():
        return np.nan, np.nan
    low, high = np.nanquantile(differences, (0.025, 0.975))
    return float(low), float(high)


def _days_again(created: Floats) -> list[Floats]:
    """Weights of rows (rows,) when whole days are drawn again; the same draws for every agency of a log."""
    day: Ints = (created // DAY_MINUTES).astype(np.int64)
    found = []
    for number in range(RESAMPLES):
        luck = uniforms(number, stream_id("calibration.other_part"), 0, np.unique(day).astype(np.uint64))
        times = -np.log(luck)  # each day weighs as an exponential variable (Rubin's bootstrap)
        found.append(times[np.unique(day, return_inverse=True)[1]])
    return found
