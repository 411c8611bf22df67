"""Hands-on work by type of request, as samples that the desk draws from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.logs.laws import Sample, fit_laws
from twin.logs.survival import Waits, still_waiting

POINTS = 200
BORROWED = 3.0  # requests of the whole agency that weigh beside a type's own

_TAIL_LAWS = ("lognormal", "weibull", "loglogistic")
_LONGEST = 1e6  # hours
_SHORTEST = 1.0 / 60.0
_GRID = np.geomspace(_SHORTEST, _LONGEST, 2000)


@dataclass(frozen=True, eq=False)
class Work:
    """Hands-on hours: `sample` (types + 1, points), equally likely; the last row is the whole agency's.

    The last row serves types that the log has not seen.
    """

    sample: Floats

    def of_kinds(self, kind: Ints) -> Ints:
        """Rows of `sample` for some types; one that is not known (negative, or beyond them) has the last."""
        last = len(self.sample) - 1
        return np.where((kind < 0) | (kind > last), last, kind)


def work_of(hours: Floats, ended: Flags, kind: Ints, kinds: int, points: int = POINTS) -> Work:
    """Estimate the work of each type from hours worked so far; those not `ended` are known to last longer.

    A type's own requests count against :data:`BORROWED` of the agency, so that a type with few has mostly the
    agency's law. Beyond the longest that was seen of a type, work goes on as the whole agency's does.
    """
    everybody = _Curve(hours, ended)
    sample = np.empty((kinds + 1, points))
    for number in range(kinds + 1):
        own = kind == number
        requests = int(own.sum())
        mine = round(points * requests / (requests + BORROWED))
        sample[number, :mine] = _Curve(hours[own], ended[own], everybody).at(_middles(mine)) if mine else []
        sample[number, mine:] = everybody.at(_middles(points - mine))
    return Work(sample)


def shares_of(hit: Flags, kind: Ints, kinds: int) -> Floats:
    """Share of hits by type (types,), the agency's share counting as :data:`BORROWED` requests of each."""
    size = np.bincount(kind, minlength=kinds)
    return (np.bincount(kind, hit, kinds) + BORROWED * hit.mean()) / (size + BORROWED) if len(hit) else np.zeros(kinds)


def _middles(points: int) -> Floats:
    return (np.arange(points) + 0.5) / max(points, 1)


class _Curve:
    """Product-limit estimate of a working time; beyond it, the best of three laws of everybody's work goes on."""

    def __init__(self, hours: Floats, ended: Flags, everybody: _Curve | None = None) -> None:
        self._waits = Waits.of(np.maximum(hours[ended], _SHORTEST), np.maximum(hours[~ended], _SHORTEST))
        self._done = 1.0 - still_waiting(self._waits)
        self._everybody = everybody or self

    @cached_property
    def _law(self) -> Floats | None:
        """Share that has ended by each of :data:`_GRID`, by the best law."""
        laws = fit_laws(Sample.of(self._waits), _TAIL_LAWS)
        return np.maximum.accumulate(laws[0].ended_by(_GRID)) if laws else None

    def at(self, shares: Floats) -> Floats:
        """Hours by which these shares have ended."""
        if not len(self._waits):
            return np.full(len(shares), _SHORTEST)
        place = np.searchsorted(self._done, shares - 1e-12)
        found = self._waits.hours[np.minimum(place, len(self._waits) - 1)].copy()
        beyond = place >= len(self._waits)
        if beyond.any():
            last, reached = float(self._waits.hours[-1]), float(self._done[-1])
            found[beyond] = self._everybody._after(last, (shares[beyond] - reached) / (1.0 - reached))
        return found

    def _after(self, hours: float, shares: Floats) -> Floats:
        """Hours by which these shares have ended of what lasts longer than so many hours."""
        if self._law is None:
            return np.full(len(shares), _LONGEST)
        done = np.interp(hours, _GRID, self._law)
        return np.maximum(np.interp(done + (1.0 - done) * shares, self._law, _GRID), hours)
