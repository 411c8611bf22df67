"""Money that is decided on: pledges with a threshold, cash flows and their present value, sources that fail together.

Amounts are in yuan and rates by year; nothing here keeps books.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from twin.core.columns import Floats

_TINY = 1e-12  # of a rate so small that interest is lost in rounding


def at_least(threshold: int, count: int, chance: float) -> float:
    """Return the probability that of `count` independent people, each with this chance, at least `threshold` act."""
    from scipy.special import bdtrc

    if threshold <= 0:
        return 1.0
    return float(bdtrc(threshold - 1, count, chance)) if threshold <= count else 0.0


def needed_pledges(goal: float, pledge: float, match: float) -> int:
    """Return how many pledges of one size reach a goal if each yuan is matched by so many yuan."""
    return math.ceil(round(goal / (pledge * (1 + match)), 9))


def present_value(amounts: Floats | Sequence[float], rate: float) -> float:
    """Return the value today of amounts at the end of years 0, 1, 2 ..."""
    years = np.arange(len(amounts))
    return float(np.asarray(amounts, np.float64) @ (1.0 + rate) ** -years)


def annuity(value: float, rate: float, years: int) -> float:
    """Return the payment at the end of each of so many years that is worth `value` today."""
    if years <= 0:
        return 0.0
    repaid = -math.expm1(-years * math.log1p(rate))
    return value * rate / repaid if repaid > _TINY else value / years


def public_payments(capital: float, running: float, years: int) -> Floats:
    """Return what the budget pays in years 0 to `years` if it builds and runs by itself."""
    return np.array([capital, *[running] * years], np.float64)


def availability_payments(capital: float, running: float, years: int, efficiency: float, private_rate: float) -> Floats:
    """Return what the budget pays in years 0 to `years` to a partner who builds and runs at (1 - efficiency) the cost.

    The partner gets its capital back at its own rate, in equal payments, and its running costs as they come.
    """
    yearly = (1 - efficiency) * (annuity(capital, private_rate, years) + running)
    return np.array([0.0, *[yearly] * years], np.float64)


def concentration(shares: Floats) -> float:
    """Return the Herfindahl-Hirschman index of amounts: 1 / n for n equal ones, 1 for a single one; 0 of nothing."""
    total = float(np.sum(shares))
    return float(np.sum((np.asarray(shares) / total) ** 2)) if total > 0 else 0.0


def together(own: Floats, common: Floats | float, correlation: float) -> Floats:
    """Return normals that correlate pairwise, from independent ones and one that they share."""
    mixed: Floats = math.sqrt(correlation) * np.asarray(common) + math.sqrt(1 - correlation) * own
    return mixed
