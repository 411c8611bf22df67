"""Intervals of the mean of pairs that may be skewed, and how many pairs decide: what the guard promises by.

At the confidence that a build of a hundred values asks for, Student's t raises false alarms in 5 builds of 100 where
pairs have a skewness of 1 (40 seeds), in 25 where it is 2. Hall (1992, "On the removal of skewness by transformation")
removes the skewness by a cubic of t that has an inverse. A sample that misleads is one without its tail, so its own
skewness is too small: it is taken half as large again, and further by a quarter of the error that it has by chance.
Both are as small as keeps gamma pairs of a skewness of 1 to 2 below 1 % with 40 seeds. The interval is never narrower
than Student's. Of fewer than 80 pairs long tails are missed too often for anything to remove them (``ENOUGH``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from twin.runs.compare import MOST_REPLICATIONS, Interval, t_quantile

ALLOWANCE = 1.5
CHANCE = 0.25
POWER = 0.9
ENOUGH = 80
"""From how many pairs an interval can be trusted at the confidence that the guard asks for, long tails or not."""
_STRATA = 10


@dataclass(frozen=True)
class Pairs:
    """What counts of paired changes: how many, their mean, the scatter of single ones, and their skewness."""

    count: int
    mean: float
    scatter: float
    skewness: float

    @classmethod
    def of(cls, change: Sequence[float]) -> Pairs:
        """Take it from two changes or more."""
        count = len(change)
        mean = math.fsum(change) / count
        off = [one - mean for one in change]
        squares, cubes = math.fsum(one * one for one in off), math.fsum(one * one * one for one in off)
        if count < 3 or squares == 0:
            return cls(count, mean, math.sqrt(squares / (count - 1)), 0.0)
        own = cubes / count / (squares / count) ** 1.5
        return cls(count, mean, math.sqrt(squares / (count - 1)), own * math.sqrt(count * (count - 1)) / (count - 2))

    def interval(self, confidence: float, count: int | None = None) -> Interval:
        """Return the interval of the mean; with ``count`` that of so many pairs of this mean, scatter and skewness."""
        many = count or self.count
        error = self.scatter / math.sqrt(many)
        quantile = t_quantile(many - 1, confidence)
        below, above = _reach(quantile, self.skewness, many), _reach(quantile, -self.skewness, many)
        return self.mean - error * below, self.mean + error * above


def _reach(quantile: float, skewness: float, count: int) -> float:
    """Return how many standard errors an interval goes below the mean; above it, that of the opposite skewness."""
    return max(quantile, _unskewed(quantile, ALLOWANCE * skewness - CHANCE * math.sqrt(6 / count), count))


def _unskewed(quantile: float, skewness: float, count: int) -> float:
    """Return the t that Hall's cubic maps to a quantile."""
    bend, shift = skewness / 3 / math.sqrt(count), skewness / 6 / math.sqrt(count)
    if abs(bend) < 1e-9:
        return quantile - shift
    return (math.cbrt(1 + 3 * bend * (quantile - shift)) - 1) / bend


def deciding(pairs: Pairs, margin: float, confidence: float) -> int | None:
    """Return how many pairs of this mean and scatter lie within or beyond the margin; ``None``: out of reach."""

    def decided(count: int) -> bool:
        low, high = pairs.interval(confidence, count)
        return (-margin <= low and high <= margin) or low > margin or high < -margin

    return _fewest(decided)


def seeds_for(scatter: float, margin: float, confidence: float, power: float = POWER) -> int | None:
    """Return how many pairs find a drift of twice the margin with this power; ``None``: out of reach.

    Pairs are normal; mean, scatter and the skewness that such a sample shows by chance are then independent.
    """
    if scatter == 0 or margin == 0:
        return None if scatter else 2
    return _fewest(lambda count: _power(scatter, margin, confidence, count) >= power)


def _power(scatter: float, margin: float, confidence: float, count: int) -> float:
    from scipy.special import nctdtr

    quantile, off = t_quantile(count - 1, confidence), margin / scatter * math.sqrt(count)
    chances = [NormalDist().inv_cdf((at + 0.5) / _STRATA) * math.sqrt(6 / count) for at in range(_STRATA)]
    asked = [_reach(quantile, one, count) for one in chances]
    return sum(1 - float(nctdtr(count - 1, off, one)) for one in asked) / _STRATA


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Return the least count that is enough, where more than enough is enough too."""
    high = 4
    while not enough(high):
        high *= 2
        if high > MOST_REPLICATIONS:
            return None
    low = high // 2 if high > 4 else 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
