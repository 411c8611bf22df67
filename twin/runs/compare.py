"""Honest comparison: paired differences with Student t intervals and a verdict in words.

Two arms that ran with the same seed share all the luck that they can share, so the difference is taken
seed by seed and the interval is that of the mean of these differences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"] | None
Verdict = Literal["better", "worse", "higher", "lower", "no difference", "not decided"]
Interval = tuple[float, float]

CONFIDENCE = 0.95
MOST_REPLICATIONS = 100_000


@dataclass(frozen=True)
class Estimate:
    """The mean over seeds and its 95 % confidence interval (``None`` for a single seed)."""

    mean: float
    ci95: Interval | None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.ci95 is None else (self.ci95[1] - self.ci95[0]) / 2

    @property
    def decided(self) -> bool:
        """Say whether the interval leaves out zero."""
        return self.ci95 is not None and not self.ci95[0] <= 0 <= self.ci95[1]


@dataclass(frozen=True)
class Difference(Estimate):
    """The mean of paired differences (option − baseline), and what may be said of it.

    ``better_in`` counts the pairs in which the option is better ("k of n"); for a metric of which neither
    direction is better, those that differ in the direction of the mean. ``more_needed`` estimates how many
    more replications would decide it (``None``: decided, or out of reach).
    """

    verdict: Verdict
    better_in: str
    more_needed: int | None = None


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of independent values, one a seed, with its t interval.

    Equal values have an interval of no width. The values must be finite and at least one.
    """
    mean = _mean(values)
    if len(values) == 1:
        return Estimate(mean, None)
    half = t_quantile(len(values) - 1) * _standard_error(values, mean)
    return Estimate(mean, (mean - half, mean + half))


def paired_difference(baseline: Sequence[float], option: Sequence[float], better: Better = None) -> Difference:
    """Compare an option with the baseline, seed by seed.

    Both hold one value a seed, the same seeds in the same order. ``better`` is the direction in which
    the metric improves.
    """
    differences = [b - a for a, b in zip(baseline, option, strict=True)]
    found = estimate(differences)
    return Difference(
        found.mean,
        found.ci95,
        _verdict(found, better),
        _better_in(differences, better, found.mean),
        _more_needed(found, len(differences)),
    )


def t_quantile(freedom: int, confidence: float = CONFIDENCE) -> float:
    """Return the two-sided quantile of Student's t for these degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2))


def _mean(values: Sequence[float]) -> float:
    """Equal values have exactly that mean, and zeros have no sign."""
    first = values[0]
    if all(value == first for value in values):
        return first + 0.0
    return math.fsum(values) / len(values)


def _standard_error(values: Sequence[float], mean: float) -> float:
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / (len(values) - 1) / len(values))


def _verdict(found: Estimate, better: Better) -> Verdict:
    if found.ci95 == (0.0, 0.0):
        return "no difference"
    if not found.decided:
        return "not decided"
    went: Verdict = "higher" if found.mean > 0 else "lower"
    if better is None:
        return went
    return "better" if went == better else "worse"


def _better_in(differences: Sequence[float], better: Better, mean: float) -> str:
    sign = -1.0 if better == "lower" or (better is None and mean < 0) else 1.0
    return f"{sum(sign * difference > 0 for difference in differences)} of {len(differences)}"


def _more_needed(found: Estimate, count: int) -> int | None:
    """The half width shrinks with the root of the count; it has to come below the mean."""
    half = found.half_width
    if half is None or found.decided or found.mean == 0:
        return None
    ratio = half / found.mean
    needed = count * ratio * ratio
    return max(math.ceil(needed) - count, 1) if needed <= MOST_REPLICATIONS else None
