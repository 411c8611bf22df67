"""How a lever stands up to what nobody here decides: regret, satisficing, mean and spread over the uncertainties.

Every lever setting meets the same points of the uncertainties, with the same seeds, so it is compared point by point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.core.columns import Floats
from twin.runs.compare import CONFIDENCE, Interval
from twin.runs.sensitivity import interval_of

TAIL = 0.9


@dataclass(frozen=True)
class Robustness:
    """One lever setting over all points of the uncertainties, in the unit of the metric.

    ``regret`` is what is missed against the best setting at the same point; ``good_share`` the share of points in
    which the target is reached (``None`` without a target). Intervals say what the choice of points leaves open, and
    speak of weights in the world only if the points do: that of the mean regret comes from resampling the points, that
    of the share is exact (Clopper and Pearson 1934), since resampling cannot see what none of the points shows.
    """

    mean: float
    spread: float
    worst: float
    regret_mean: float
    regret_high: float
    regret_most: float
    regret_ci95: Interval | None
    good_share: float | None
    good_ci95: Interval | None


def robustness(values: Floats, better: Literal["lower", "higher"], target: float | None = None) -> list[Robustness]:
    """Return how each setting does; ``values`` (settings, points) are means over the seeds."""
    sign = 1.0 if better == "higher" else -1.0
    regret = (sign * values).max(axis=0) - sign * values
    good = None if target is None else sign * values >= sign * target
    return [
        _one(values[row], regret[row], None if good is None else good[row].astype(np.float64), sign)
        for row in range(len(values))
    ]


def _one(values: Floats, regret: Floats, good: Floats | None, sign: float) -> Robustness:
    count = len(values)
    return Robustness(
        float(values.mean()),
        float(values.std(ddof=1)) if count > 1 else 0.0,
        float(sign * (sign * values).min()),
        float(regret.mean()),
        float(np.quantile(regret, TAIL)),
        float(regret.max()),
        interval_of(lambda rows: float(regret[rows].mean()), count),
        None if good is None else float(good.mean()),
        None if good is None else _exact(int(good.sum()), count),
    )


def _exact(reached: int, count: int) -> Interval:
    """Return the 95 % interval of a share: so many of so many."""
    from scipy.stats import binomtest

    found = binomtest(reached, count).proportion_ci(CONFIDENCE, method="exact")
    return float(found.low), float(found.high)
