"""Waiting times of which some have not ended: the product-limit estimate and its bootstrap band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats
from twin.core.draws import stream_id, uniforms

CONFIDENCE = 0.95
BOOTSTRAPS = 200

_MOST_CELLS = 2_000_000
_SEED = 0


@dataclass(frozen=True)
class Waits:
    """Waiting times in hours, in ascending order; `ended` tells the ends seen from those still waiting (censored)."""

    hours: Floats
    ended: Flags

    @classmethod
    def of(cls, ended: Floats, waiting: Floats) -> Waits:
        """Build from the times of those that ended and of those that had not; NaN are left out."""
        ended, waiting = ended[~np.isnan(ended)], waiting[~np.isnan(waiting)]
        hours = np.concatenate((ended, waiting))
        flags = np.arange(len(hours)) < len(ended)
        order = np.lexsort((~flags, hours))  # an end before a wait of the same length
        return cls(hours[order], flags[order])

    def __len__(self) -> int:
        return len(self.hours)

    def beyond(self, hours: float) -> Waits:
        """Return those of at least this length."""
        kept = self.hours >= hours
        return Waits(self.hours[kept], self.ended[kept])


def still_waiting(waits: Waits, weights: Floats | None = None) -> Floats:
    """Share still waiting just after each time (Kaplan & Meier 1958), shape of `weights` or (waits,)."""
    weight = np.ones(len(waits)) if weights is None else weights
    at_risk = np.cumsum(weight[..., ::-1], axis=-1)[..., ::-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        stays: Floats = np.where(waits.ended & (weight > 0), 1.0 - weight / at_risk, 1.0)
    return np.multiply.accumulate(np.maximum(stays, 0.0), axis=-1)


def quantile(waits: Waits, share: float, waiting: Floats | None = None) -> float:
    """Hours by which this share has ended; inf where so many never did."""
    left = still_waiting(waits) if waiting is None else waiting
    reached = np.flatnonzero(left <= 1.0 - share + 1e-12)
    return float(waits.hours[reached[0]]) if len(reached) else float("inf")


def band_width(waits: Waits, stream: str) -> float:
    """Half the width of the 95 % bootstrap band of the whole curve."""
    centre = still_waiting(waits)
    distances: list[float] = []
    for weights in _resamples(len(waits), stream):
        distances += np.max(np.abs(still_waiting(waits, weights) - centre), axis=1, initial=0.0).tolist()
    return float(np.quantile(distances, CONFIDENCE))


def quantile_interval(waits: Waits, share: float, stream: str) -> tuple[float, float]:
    """95 % bootstrap interval of a quantile in hours; inf where it is not reached."""
    found: list[float] = []
    for weights in _resamples(len(waits), stream):
        found += [quantile(waits, share, curve) for curve in still_waiting(waits, weights)]
    tail = (1.0 - CONFIDENCE) / 2
    low, high = np.quantile(found, (tail, 1.0 - tail), method="inverted_cdf")
    return float(low), float(high)


def _resamples(rows: int, stream: str) -> Iterator[Floats]:
    """Yield weights of resampled rows, some resamples at a time, (resamples, rows)."""
    at_once = max(1, min(BOOTSTRAPS, _MOST_CELLS // max(rows, 1)))
    keys = np.arange(rows, dtype=np.uint64)
    for begin in range(0, BOOTSTRAPS, at_once):
        numbers = range(begin, min(begin + at_once, BOOTSTRAPS))
        luck = (uniforms(_SEED, stream_id(f"logs.bootstrap.{stream}"), number, keys) for number in numbers)
        yield np.array([np.bincount((u * rows).astype(np.int64), minlength=rows) for u in luck], np.float64)
