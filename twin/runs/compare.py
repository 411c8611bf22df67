"""Honest comparison: paired differences with Student t intervals and a verdict in words.

Two arms that ran with the same seed share all the luck that they can share, so the difference is taken
seed by seed and the interval is that of the mean of these differences. Who looks at many differences at once
has to ask more of each: see :mod:`twin.runs.families`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from twin.core.mechanism import Metric

Better = Literal["lower", "higher"] | None
Verdict = Literal["better", "worse", "higher", "lower", "no difference", "no relevant difference", "not decided"]
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

    ``p`` is the two-sided p-value of the paired t test, ``adjusted_p`` the same after the correction for all
    differences that were looked at, ``simultaneous`` the interval that holds together with those of all other
    primary outcomes (``None`` for one pair, and for exploratory ones). ``margin`` is the smallest difference that
    matters, in the unit of the metric (0: any).
    """

    verdict: Verdict
    better_in: str
    more_needed: int | None = None
    pairs: int = 0
    better: Better = None
    margin: float = 0.0
    p: float | None = None
    adjusted_p: float | None = None
    simultaneous: Interval | None = None
    primary: bool = False

    @property
    def together(self) -> Difference | None:
        """The same with its simultaneous interval; ``None`` where it has none, or no other than its own."""
        if self.simultaneous is None or self.ci95 is None:
            return None
        alone = all(math.isclose(*ends, rel_tol=1e-9) for ends in zip(self.simultaneous, self.ci95, strict=True))
        return None if alone else replace(self, ci95=self.simultaneous)


def with_beside(names: Iterable[str], book: Mapping[str, Metric]) -> tuple[str, ...]:
    """Return these metrics, and after them what they mislead without (the denominators of a share, say)."""
    asked = tuple(names)
    return tuple(dict.fromkeys((*asked, *(other for name in asked if name in book for other in book[name].beside))))


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of independent values, one a seed, with its t interval.

    Equal values have an interval of no width. The values must be finite and at least one.
    """
    mean = _mean(values)
    if len(values) == 1:
        return Estimate(mean, None)
    half = t_quantile(len(values) - 1) * _standard_error(values, mean)
    return Estimate(mean, (mean - half, mean + half))


def paired_difference(
    baseline: Sequence[float], option: Sequence[float], better: Better = None, margin: float = 0.0
) -> Difference:
    """Compare an option with the baseline, seed by seed, as if it were the only comparison.

    Both hold one value a seed, the same seeds in the same order. ``better`` is the direction in which
    the metric improves, ``margin`` the smallest difference that matters.
    """
    differences = [b - a for a, b in zip(baseline, option, strict=True)]
    found = estimate(differences)
    p = p_value(found, len(differences))
    raw = Difference(
        found.mean,
        found.ci95,
        "not decided",
        _better_in(differences, better, found.mean),
        pairs=len(differences),
        better=better,
        margin=margin,
        p=p,
        adjusted_p=p,
    )
    return judged(raw, p, found.ci95, CONFIDENCE)


def judged(found: Difference, p: float | None, inside: Interval | None, level: float) -> Difference:
    """Return a difference with its verdict, for a p-value that may have been adjusted.

    It matters to nobody when the interval ``inside`` lies within the margin. ``level`` is the confidence that the
    judgement asks of the single difference, from which follows how many more pairs it would take.
    """
    verdict = _verdict(found, p, inside)
    more = _more_needed(found, level) if verdict == "not decided" else None
    return replace(found, verdict=verdict, adjusted_p=p, more_needed=more)


def p_value(found: Estimate, count: int) -> float | None:
    """Return the two-sided p-value of the t test that the mean of so many values is 0; ``None`` for one value."""
    half = found.half_width
    if half is None:
        return None
    if half == 0:
        return 1.0 if found.mean == 0 else 0.0
    from scipy.special import stdtr

    return float(2 * stdtr(count - 1, -abs(found.mean) / half * t_quantile(count - 1)))


def widened(found: Estimate, count: int, level: float) -> Interval | None:
    """Return the t interval of another confidence, from that of 95 %."""
    if found.half_width is None:
        return None
    half = found.half_width * t_quantile(count - 1, level) / t_quantile(count - 1)
    return (found.mean - half, found.mean + half)


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


def _verdict(found: Difference, p: float | None, inside: Interval | None) -> Verdict:
    if found.ci95 == (0.0, 0.0):
        return "no difference"
    if inside is not None and -found.margin < inside[0] and inside[1] < found.margin:
        return "no relevant difference"
    if p is None or p > 1 - CONFIDENCE:
        return "not decided"
    went: Verdict = "higher" if found.mean > 0 else "lower"
    if found.better is None:
        return went
    return "better" if went == found.better else "worse"


def _better_in(differences: Sequence[float], better: Better, mean: float) -> str:
    sign = -1.0 if better == "lower" or (better is None and mean < 0) else 1.0
    return f"{sum(sign * difference > 0 for difference in differences)} of {len(differences)}"


def _more_needed(found: Difference, level: float) -> int | None:
    """The half width shrinks with the root of the count; it has to come below the mean, or below what is left
    of the margin.
    """
    ends = widened(found, found.pairs, level)
    distances = [one for one in (abs(found.mean), found.margin - abs(found.mean)) if one > 0]
    if ends is None or not distances:
        return None
    ratio = (ends[1] - ends[0]) / 2 / max(distances)
    needed = found.pairs * ratio * ratio
    return max(math.ceil(needed) - found.pairs, 1) if needed <= MOST_REPLICATIONS else None
