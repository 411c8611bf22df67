"""Fitting: tables and lists brought to given totals, and whole numbers made of the fractions that result.

:func:`ipf` is iterative proportional fitting (Deming and Stephan 1940) of a table whose margins may be of any
grouping of its cells: it keeps every odds ratio of its seed that no margin speaks of. :func:`balanced` does the same
for a list of households, each of which holds several persons: of all weights that meet the totals, the ones nearest
to the prior in relative entropy (Csiszár 1975), where cyclic fitting would only creep. The rest makes whole
numbers: by largest remainders, systematically along a list, and in two-way tables with both margins kept
(Cox 1987, "controlled rounding"), so that a population of any size meets its margins to the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints

FREE = -1  # group of a cell that a margin does not speak of

_CLOSE = 1e-11
_MOST_ROUNDS = 5_000
_MOST_STEPS = 200
_MOST_HALVINGS = 40
_LARGEST_EXPONENT = 60.0
_NEGLIGIBLE = 1e-12

Numbers = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Margin:
    """Totals that groups of cells must have: ``total[k]`` is the sum of the cells whose ``group`` is k.

    ``group`` (cells,) holds :data:`FREE` for cells that the margin does not speak of.
    """

    group: Ints
    total: Floats

    def sums(self, table: Floats) -> Floats:
        """Return what the groups of a table (cells,) sum to now."""
        spoken = self.group != FREE
        return np.bincount(self.group[spoken], table[spoken], minlength=len(self.total)).astype(np.float64)


def ipf(seed: Floats, margins: Sequence[Margin]) -> Floats:
    """Return the table (cells,) nearest to ``seed`` that has these margins; zeros of the seed stay zero.

    Margins that contradict one another or a zero of the seed cannot be met: see :func:`worst_gap`.
    """
    table = seed.astype(np.float64)
    for _ in range(_MOST_ROUNDS):
        before = table
        for margin in margins:
            table = _scaled(table, margin)
        if np.abs(table - before).max(initial=0.0) <= _CLOSE * max(table.sum(), _NEGLIGIBLE):
            break
    return table


def _scaled(table: Floats, margin: Margin) -> Floats:
    sums = margin.sums(table)
    factor = np.divide(margin.total, sums, out=np.zeros_like(sums), where=sums > 0)
    return table * np.append(factor, 1.0)[margin.group]  # FREE is -1, the last


def worst_gap(table: Floats, margins: Sequence[Margin]) -> tuple[float, int, int]:
    """Return the largest difference between a margin and its table, and its (margin, group)."""
    gaps = [np.abs(margin.sums(table) - margin.total) for margin in margins]
    number = max(range(len(gaps)), key=lambda k: gaps[k].max(initial=0.0))
    group = int(gaps[number].argmax())
    return float(gaps[number][group]), number, group


def balanced(prior: Floats, counts: Floats, totals: Floats) -> Floats:
    """Return weights (rows,) with ``counts.T @ weights = totals``, nearest to ``prior`` in relative entropy.

    ``counts`` (rows, constraints) says how much a row adds to each total: persons of a kind in a household, say.
    Newton's method on the dual; totals that no weights meet are approached: compare them with what comes out.
    """
    pull = np.zeros(len(totals))
    weights, value = _tilted(prior, counts, pull, totals)
    for _ in range(_MOST_STEPS):
        gap = totals - weights @ counts
        if np.abs(gap).max(initial=0.0) <= _CLOSE * max(np.abs(totals).max(initial=0.0), _NEGLIGIBLE):
            break
        bend = counts.T @ (weights[:, None] * counts)
        step = np.linalg.lstsq(bend, gap, rcond=_NEGLIGIBLE)[0]
        for halving in range(_MOST_HALVINGS):
            tried = pull + step / 2**halving
            new_weights, new_value = _tilted(prior, counts, tried, totals)
            if new_value < value:
                break
        else:
            break
        pull, weights, value = tried, new_weights, new_value
    return weights


def _tilted(prior: Floats, counts: Floats, pull: Floats, totals: Floats) -> tuple[Floats, float]:
    """Return the weights under a pull, and the value of the dual there (to be made small)."""
    exponent = counts @ pull
    if exponent.max(initial=0.0) > _LARGEST_EXPONENT:
        return prior, np.inf
    weights = prior * np.exp(exponent)
    return weights, float(weights.sum() - pull @ totals)


# -- whole numbers ---------------------------------------------------------------------------------------


def largest_remainders(shares: Numbers, total: int) -> Ints:
    """Return whole numbers that sum to ``total`` and are nearest to their shares of it (Hamilton's method)."""
    if not shares.sum() > 0:
        return np.zeros(len(shares), np.int64)
    exact = np.asarray(shares, np.float64) * (total / shares.sum())
    whole = np.floor(exact + _NEGLIGIBLE).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def systematic(weights: Numbers, total: int, start: float) -> Ints:
    """Return whole numbers near the weights' shares of ``total``: every stretch of the list is met within one.

    ``start`` in (0, 1) is the luck of the draw; the expectation over it is exact.
    """
    if not len(weights) or not weights.sum() > 0:
        return np.zeros(len(weights), np.int64)
    ends = np.cumsum(weights, dtype=np.float64)
    marks = np.floor(ends * (total / ends[-1]) + start).astype(np.int64)
    marks[ends == ends[-1]] = total
    return np.diff(marks, prepend=0)


def rounded(table: Floats, rows: Ints, columns: Ints, luck: Floats) -> Ints:
    """Round a table (rows, columns) up or down so that rows and columns have exactly these whole totals.

    ``table`` must have these margins itself; ``luck`` is one uniform a row. Cells that are whole stay.
    """
    ends = np.cumsum(table, axis=1)
    ends[:, -1] = rows
    marks = np.floor(ends + luck[:, None]).astype(np.int64)
    marks[:, -1] = rows
    marks = np.minimum(np.maximum.accumulate(marks, axis=1), rows[:, None])
    whole = np.diff(marks, prepend=0, axis=1)
    low, high = np.floor(table).astype(np.int64), np.ceil(table).astype(np.int64)
    while (surplus := whole.sum(axis=0) - columns).any():
        path = _path(surplus, whole > low, whole < high, luck)
        if not path:
            break  # the table has other margins than it was said to have
        for (giver, taker), row in path:
            whole[row, giver] -= 1
            whole[row, taker] += 1
    return whole


Step = tuple[tuple[int, int], int]  # (giver, taker), row: a unit passed from column to column


def _path(surplus: Ints, may_fall: Flags, may_rise: Flags, luck: Floats) -> list[Step]:
    """Return a chain of units passed from a column with too many to one with too few."""
    came_from: dict[int, int] = {int(column): -1 for column in np.flatnonzero(surplus > 0)}
    pending = list(came_from)
    for giver in pending:
        if surplus[giver] < 0:
            return _unwound(giver, came_from, may_fall, may_rise, luck)
        reached = np.flatnonzero((may_fall[:, [giver]] & may_rise).any(axis=0))
        for taker in map(int, reached):
            if taker not in came_from:
                came_from[taker] = giver
                pending.append(taker)
    return []


def _unwound(
    end: int, came_from: dict[int, int], may_fall: Flags, may_rise: Flags, luck: Floats
) -> list[Step]:  # fmt: skip
    """Return the steps that lead to a column, each in the row of most luck that can pass a unit."""
    path = []
    while (giver := came_from[end]) >= 0:
        able = may_fall[:, giver] & may_rise[:, end]
        path.append(((giver, end), int(np.where(able, luck, -1.0).argmax())))
        end = giver
    return path


def dealt(group: Ints, counts: Ints, luck: Floats) -> Ints:
    """Deal levels to members: of the members of group g, ``counts[g, k]`` get level k, the luckless first.

    ``group`` and ``luck`` are (members,), ``counts`` (groups, levels); a group that has more members than
    its counts sum to gives the last level to the rest.
    """
    order = np.lexsort((luck, group))
    sizes = np.bincount(group, minlength=len(counts))
    position = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    ends = np.cumsum(counts, axis=1)
    level = np.zeros(len(group), np.int64)
    for column in range(counts.shape[1] - 1):
        level += position >= ends[group[order], column]
    found = np.empty(len(group), np.int64)
    found[order] = level
    return found
