"""What a log and the twin's answer to it are compared by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.calibration.docket import Docket
from twin.calibration.opening import OpenClock
from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats, Ints
from twin.core.draws import stream_id, uniforms

OUTPUTS = ("ln_median", "ln_p90", "on_time", "open_day_1", "open_day_5", "open_day_20", "load", "neighbours")
OPEN_DAYS = (1, 5, 20)
RESAMPLES = 100

_FEWEST_OF_A_TYPE = 3
_LEAST_MINUTES = 1.0


@dataclass(frozen=True, eq=False)
class Rows:
    """The answers to a docket, row by row (rows,); what is summed up is a weighted mean over them.

    `hours` from creation to closing, the time followed where it is open; `open_days` the same in open days (inf
    while open); `in_time` 1, 0, NaN without a target; `order` the rank of its time among those of its type, 0 to 1,
    and `next_order` that of the request made after it; `crowd` the rank of the number of open requests at its
    creation; `day` its day.
    """

    hours: Floats
    open_days: Floats
    in_time: Floats
    order: Floats
    next_order: Floats
    crowd: Floats
    day: Ints


def rows_of(docket: Docket, closed: Floats, clock: OpenClock, end: float) -> Rows:
    """Row by row, how requests fared that were closed at these minutes; closings after `end` are not known yet."""
    shown = np.where(np.nan_to_num(closed, nan=np.inf) <= end, closed, np.nan)
    is_open = np.isnan(shown)
    waited = np.where(is_open, end, shown) - docket.created
    passed = (clock.open_at(shown) - clock.open_at(docket.created)) / clock.day_minutes
    lasted = np.where(is_open, np.inf, waited)
    order = _orders(lasted, docket.kind)
    return Rows(
        hours=np.maximum(waited, _LEAST_MINUTES) / 60.0,
        open_days=np.where(is_open, np.inf, passed),
        in_time=_in_time(docket.target, shown, end),
        order=order,
        next_order=np.append(order[1:], np.nan),
        crowd=_ranks(_crowd(docket.created, shown)),
        day=(docket.created // DAY_MINUTES).astype(np.int64),
    )


def outputs(rows: Rows, weight: Floats | None = None) -> Floats:
    """The numbers of :data:`OUTPUTS`, NaN where a docket has no such thing."""
    weight = np.ones(len(rows.hours)) if weight is None else weight
    median, p90 = _quantiles(rows.hours, weight, (0.5, 0.9))
    shares = [_mean((rows.open_days <= days).astype(np.float64), weight) for days in OPEN_DAYS]
    return np.array([
        np.log(median), np.log(p90), _mean(rows.in_time, weight), *shares,
        _correlation(rows.order, rows.crowd, weight), _correlation(rows.order, rows.next_order, weight),
    ])  # fmt: skip


def resampled_variance(rows: Rows, stream: str) -> Floats:
    """Variance of each output when whole days are drawn again (requests of one day share their luck)."""
    days, day = np.unique(rows.day, return_inverse=True)
    keys = np.arange(len(days), dtype=np.uint64)
    found = []
    for number in range(RESAMPLES):
        luck = uniforms(0, stream_id(f"calibration.resample.{stream}"), number, keys)
        drawn = np.bincount((luck * len(days)).astype(np.int64), minlength=len(days))
        found.append(outputs(rows, drawn[day].astype(np.float64)))
    return np.asarray(np.var(np.array(found), axis=0))


def _in_time(target: Floats, closed: Floats, end: float) -> Floats:
    judged = ~np.isnan(target) & (~np.isnan(closed) | (target < end))
    return np.where(judged, np.nan_to_num(closed, nan=np.inf) <= target, np.nan)


def _crowd(created: Floats, closed: Floats) -> Floats:
    """Requests that were open when each was made."""
    ends = np.sort(closed[~np.isnan(closed)])
    return np.arange(len(created), dtype=np.float64) - np.searchsorted(ends, created, side="right")


def _orders(lasted: Floats, kind: Ints) -> Floats:
    order = np.full(len(lasted), np.nan)
    for number in np.unique(kind):
        own = np.flatnonzero(kind == number)
        if len(own) >= _FEWEST_OF_A_TYPE:
            order[own] = _ranks(lasted[own])
    return order


def _ranks(values: Floats) -> Floats:
    """Ranks from 0 to 1, those of equal values their mean."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - times / 2.0)[place] / max(len(values), 1))


def _quantiles(values: Floats, weight: Floats, shares: tuple[float, ...]) -> list[float]:
    line = np.argsort(values, kind="stable")
    passed = np.cumsum(weight[line])
    places = np.searchsorted(passed, np.array(shares) * passed[-1] - 1e-9)
    return [float(values[line[min(place, len(values) - 1)]]) for place in places]


def _mean(values: Floats, weight: Floats) -> float:
    known: Flags = ~np.isnan(values)
    total = weight[known].sum()
    return float(np.sum(values[known] * weight[known]) / total) if total else np.nan


def _correlation(a: Floats, b: Floats, weight: Floats) -> float:
    known = ~np.isnan(a) & ~np.isnan(b)
    a, b, weight = a[known], b[known], weight[known]
    if weight.sum() <= 2:
        return np.nan
    a, b = a - np.average(a, weights=weight), b - np.average(b, weights=weight)
    spread = np.sum(weight * a * a) * np.sum(weight * b * b)
    return float(np.sum(weight * a * b) / np.sqrt(spread)) if spread > 0 else 0.0
