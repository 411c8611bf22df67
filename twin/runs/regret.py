"""Regret: what one gives up by having chosen an option, once it is known which would have been best.

Arms of a seed share all their luck, so regret is taken seed by seed; a plan that is best on average may still be the
wrong one in half of the worlds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.core.columns import Floats
from twin.runs.compare import Interval
from twin.runs.sensitivity import interval_of


@dataclass(frozen=True)
class Regret:
    """Mean and largest regret of an option over the seeds, and the share of seeds in which none is better.

    ``ci95`` is the interval of the mean, by resampling seeds; ``None`` of a single one.
    """

    mean: float
    most: float
    best_share: float
    ci95: Interval | None = None


def regrets(values: Mapping[str, Sequence[float]], better: Literal["lower", "higher"]) -> dict[str, Regret]:
    """Return the regret of each option; ``values`` holds one value a seed, the same seeds in the same order."""
    if not values:
        return {}
    table = np.array(list(values.values()), np.float64) * (1.0 if better == "higher" else -1.0)
    missed = table.max(axis=0) - table
    return {
        name: Regret(float(row.mean()), float(row.max()), float((row == 0).mean()), _interval(row))
        for name, row in zip(values, missed, strict=True)
    }


def _interval(missed: Floats) -> Interval | None:
    return interval_of(lambda rows: float(missed[rows].mean()), len(missed))
