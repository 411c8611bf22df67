"""Counting for metrics: the measuring window, and rates that can be compared between neighbourhoods."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats

_YEAR_DAYS = 365
_THOUSAND = 1000


def in_window(world: Any, minutes: Floats) -> Flags:
    """Tell which minutes lie in the measuring window of the run."""
    first, end = world.window
    return (minutes >= first) & (minutes < end)


def per_thousand_year(world: Any, happened: Floats) -> float | None:
    """Return how many of these minutes lie in the window, per 1,000 residents and year; None without residents."""
    return count_per_thousand_year(world, np.count_nonzero(in_window(world, happened)))


def count_per_thousand_year(world: Any, count: int | np.integer[Any]) -> float | None:
    """Return a count of the window per 1,000 residents and year; None without residents."""
    first, end = world.window
    resident_years = len(world.residents) * (end - first) / DAY_MINUTES / _YEAR_DAYS
    return ratio(_THOUSAND * count, resident_years)


def ratio(top: float | np.integer[Any], bottom: float | np.integer[Any]) -> float | None:
    """Return top / bottom; None where there is nothing to divide by."""
    return float(top) / float(bottom) if bottom > 0 else None


def share(happy: Flags) -> float | None:
    """Return the share of true cells; None of an empty column."""
    return ratio(np.count_nonzero(happy), len(happy))


def mean(values: npt.NDArray[np.floating]) -> float | None:
    """Return the mean; None of an empty column."""
    return float(np.mean(values)) if len(values) else None
