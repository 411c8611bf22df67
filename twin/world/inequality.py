"""How unequal amounts are, and how far those who took part are from all: pure numbers on arrays.

Amounts are not negative. Gini and Theil are 0 and Jain's index is 1 where all have the same, and where nobody has
anything. An amount of 0 counts as the limit: 0 for x ln x, and full inequality for Atkinson with an aversion of 1 or
more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.core.columns import Floats, Ints


class Split(NamedTuple):
    """Inequality between the means of groups, and within groups."""

    between: float
    within: float


def gini(amounts: Floats) -> float:
    """Return the Gini coefficient: half the mean difference of two, over the mean; 0 to 1."""
    ordered = np.sort(_checked(amounts))
    n, total = len(ordered), ordered.sum()
    if not total:
        return 0.0
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float((ranks * ordered).sum() / (n * total))


def theil(amounts: Floats) -> float:
    """Return Theil's T: the mean of x/m ln(x/m); 0 to ln(n)."""
    ratios = _over_mean(_checked(amounts))
    return float(_x_log_x(ratios).mean()) if len(ratios) else 0.0


def theil_split(amounts: Floats, group: Ints) -> Split:
    """Return Theil's T between and within groups; the two sum to that of all, exactly."""
    values, groups = _checked(amounts), np.unique(group, return_inverse=True)[1]
    if not values.sum():
        return Split(0.0, 0.0)
    people = np.bincount(groups)
    sums = np.bincount(groups, weights=values)
    share = sums / values.sum()
    between = float((people / people.sum() * _x_log_x(_over_mean(sums / people, people))).sum())
    inside = [theil(values[groups == one]) for one in range(len(people))]
    return Split(between, float((share * inside).sum()))


def atkinson(amounts: Floats, aversion: float) -> float:
    """Return Atkinson's index, the share of all that equality would make dispensable; ``aversion`` above 0."""
    values = _checked(amounts)
    mean = values.mean() if len(values) else 0.0
    return float(1 - equal_equivalent(values, aversion) / mean) if mean else 0.0


def atkinson_split(amounts: Floats, group: Ints, aversion: float) -> Split:
    """Return Atkinson's index between groups (each at its equal equivalent) and within.

    1 - A of all is (1 - between) (1 - within), exactly.
    """
    values, groups = _checked(amounts), np.unique(group, return_inverse=True)[1]
    people = np.bincount(groups)
    equal = np.array([equal_equivalent(values[groups == one], aversion) for one in range(len(people))])
    spread = np.repeat(equal, people)
    within = 1 - spread.mean() / values.mean() if len(values) and values.mean() else 0.0
    return Split(atkinson(spread, aversion), float(within))


def equal_equivalent(amounts: Floats, aversion: float) -> float:
    """Return the amount that, given to everybody, is as good as these; ``aversion`` above 0."""
    values = _checked(amounts)
    if not len(values) or (aversion >= 1 and not values.all()):
        return 0.0
    if aversion == 1:
        return float(np.exp(np.log(values).mean()))
    return float(np.mean(values ** (1 - aversion)) ** (1 / (1 - aversion)))


def jain(amounts: Floats) -> float:
    """Return Jain's index of fairness, (sum of x)^2 / (n sum of x^2); 1/n to 1."""
    values = _checked(amounts)
    squares = len(values) * np.square(values).sum()
    return float(values.sum() ** 2 / squares) if squares else 1.0


def divergence(some: Floats, everybody: Floats) -> float:
    """Return Kullback and Leibler's divergence of the shares of some from those of all [nat]; counts are scaled."""
    p, q = some / some.sum(), everybody / everybody.sum()
    held = p > 0
    return float((p[held] * np.log(p[held] / q[held])).sum())


def share_gap(some: Floats, everybody: Floats) -> float:
    """Return the share of places that would have to change hands: half the sum of differences of shares; 0 to 1."""
    return float(np.abs(some / some.sum() - everybody / everybody.sum()).sum() / 2)


def _checked(amounts: Floats) -> Floats:
    values = np.asarray(amounts, np.float64)
    if (values < 0).any():
        raise ValueError("amounts are not negative")
    return values


def _over_mean(values: Floats, weights: Ints | None = None) -> Floats:
    total = np.average(values, weights=weights) if len(values) else 0.0
    return values / total if total else np.ones_like(values)


def _x_log_x(x: Floats) -> Floats:
    return x * np.log(np.where(x > 0, x, 1.0))
