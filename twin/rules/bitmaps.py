"""Decision tables as bitmaps: which rows accept which stretch of values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from twin.core.programs import TableIndex
from twin.rules.kinds import TRUTH, Choice, Day, Kind, Number, Truth
from twin.rules.model import (
    Absent,
    Between,
    Cell,
    Compare,
    DecisionTable,
    Equals,
    Every,
    Expr,
    Holds,
    Literal,
    Missing,
    Name,
    Not,
    Row,
    Some,
    Test,
)
from twin.rules.reference import precedence
from twin.rules.registers import bounds_of, code_of_value, cut_at, step_of

LISTED = 4096
"""Inputs with at most so many values have a mask for each; others are cut into stretches."""

Constant = Callable[[Expr], Expr]
"""Puts in place of a name what is known on the day: the value of a parameter."""


@dataclass(frozen=True)
class Indexed:
    """A table of one day: the rows in force, first come first, its inputs (columns or conditions), and the index."""

    rows: tuple[Row, ...]
    inputs: tuple[Expr, ...]
    index: TableIndex


@dataclass
class _Input:
    """One input of the index: an expression, and which rows test it how."""

    expr: Expr
    cells: dict[int, Cell]


def indexed(table: DecisionTable, day: dt.date, constant: Constant) -> Indexed:
    """Return the bitmaps of the rows of a table that are in force on a day."""
    rows = [row for row in table.rows if row.span.holds(day)]
    if table.hit.policy == "priority":
        rows.sort(key=lambda row: precedence(table, row))
    inputs = _inputs(table, rows, constant)
    words = max(1, -(-len(rows) // 64))
    layout: list[tuple[int, ...]] = []
    cuts: list[float] = []
    masks: list[np.ndarray] = []
    for one in inputs:
        first = sum(len(mask) for mask in masks)
        edges, truth = _accepted(one, len(rows), constant)
        low, size = _listed(one.expr.kind)
        layout.append((len(cuts), len(cuts) + len(edges), first, low, size, _may_be_missing(one.expr)))
        cuts += edges
        masks.append(_packed(truth, words))
    all_masks = np.concatenate(masks) if masks else np.zeros((0, words), np.uint64)
    index = TableIndex(np.array(layout, np.int64).reshape(-1, 6), np.array(cuts, np.float64),
                       np.ascontiguousarray(all_masks.T), table.hit.policy == "unique")  # fmt: skip
    return Indexed(tuple(rows), tuple(one.expr for one in inputs), index)


def _inputs(table: DecisionTable, rows: Sequence[Row], constant: Constant) -> list[_Input]:
    """Return the inputs: the columns that some cell tests by values, and a condition for every other cell."""
    found = [_Input(column, {}) for column in table.columns]
    conditions: list[_Input] = []
    for number, row in enumerate(rows):
        for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            if cell.anything:
                continue
            if _can_be_coded(column) and all(_plain(test, column.kind, constant) for test in cell.tests):
                found[place].cells[number] = cell
            else:
                holds = Cell((Equals(Literal(True, kind=TRUTH)),))
                conditions.append(_Input(as_condition(cell, column), {number: holds}))
    return [one for one in [*found, *conditions] if one.cells]


def _can_be_coded(column: Name) -> bool:
    """Whether the values of a column have exact codes: given numbers do, worked out ones need a step."""
    return column.origin in ("input", "field") or step_of(column.kind) is not None


def _may_be_missing(expr: Expr) -> bool:
    return isinstance(expr, Name) and expr.optional


def _plain(test: Test, kind: Kind, constant: Constant) -> bool:
    """Whether a test says which values it accepts, without looking at anything else."""
    if isinstance(test, Absent):
        return True
    if isinstance(test, Holds) or not isinstance(kind, (Number, Choice, Truth, Day)):
        return False
    bounds = [test.value] if isinstance(test, Equals) else [one for one in (test.low, test.high) if one is not None]
    return all(isinstance(constant(one), Literal) for one in bounds)


def as_condition(cell: Cell, column: Name) -> Expr:
    """Return what a cell says of its column as an expression."""
    parts = tuple(_condition(test, column) for test in cell.tests)
    either: Expr = parts[0] if len(parts) == 1 else Some(parts, kind=TRUTH)
    told: Expr = Not(either, kind=TRUTH) if cell.negated else either
    if column.optional and not any(isinstance(test, (Absent, Holds)) for test in cell.tests):
        there = Not(Missing(column, kind=TRUTH), kind=TRUTH)
        return Every((there, told), kind=TRUTH)
    return told


def _condition(test: Test, column: Name) -> Expr:
    if isinstance(test, Holds):
        return test.condition
    missing = Missing(column, kind=TRUTH)
    if isinstance(test, Absent):
        return missing
    told = _compared(test, column)
    return Every((Not(missing, kind=TRUTH), told), kind=TRUTH) if column.optional else told


def _compared(test: Between | Equals, column: Name) -> Expr:
    if isinstance(test, Equals):
        return Compare("==", column, test.value, kind=TRUTH)
    ends: list[Expr] = []
    if test.low is not None:
        ends.append(Compare(">=" if test.low_in else ">", column, test.low, kind=TRUTH))
    if test.high is not None:
        ends.append(Compare("<=" if test.high_in else "<", column, test.high, kind=TRUTH))
    if not ends:
        return Literal(True, kind=TRUTH)
    inside: Expr = ends[0] if len(ends) == 1 else Every(tuple(ends), kind=TRUTH)
    if test.low is None or test.high is None or not isinstance(column.kind, Number) or not column.kind.cyclic:
        return inside
    wraps = Compare(">", test.low, test.high, kind=TRUTH)
    around = Some(tuple(ends), kind=TRUTH)
    return Some((Every((wraps, around), kind=TRUTH), inside), kind=TRUTH)


# -- masks


def _listed(kind: Kind) -> tuple[int, int]:
    """Return the least code of a kind and how many codes it has, (0, 0) where they are not listed."""
    if step_of(kind) is None or (isinstance(kind, Number) and (kind.low is None or kind.high is None)):
        return 0, 0
    low, high = bounds_of(kind)
    return (low, high - low + 1) if high - low < LISTED else (0, 0)


def _accepted(one: _Input, rows: int, constant: Constant) -> tuple[list[float], np.ndarray]:
    """Return the cuts of an input, and which rows accept which code (codes, rows): missing, then stretch by stretch."""
    kind = one.expr.kind
    scale = step_of(kind) or Fraction(1)
    low, size = _listed(kind)
    edges = [] if size else sorted(_edges(one, scale, constant))
    samples = [Fraction(low + code) for code in range(size)] if size else _samples(edges)
    truth = np.ones((1 + len(samples), rows), np.bool_)
    for row, cell in one.cells.items():
        truth[0, row] = any(isinstance(test, Absent) for test in cell.tests) != (cell.negated and _of_missing(cell))
        truth[1:, row] = [accepts_code(cell, sample * scale, kind, constant) for sample in samples]
    return edges, truth


def _of_missing(cell: Cell) -> bool:
    return any(isinstance(test, (Absent, Holds)) for test in cell.tests)


def _samples(edges: Sequence[float]) -> list[Fraction]:
    """Return a value of each stretch: one before the first cut, then the cuts themselves."""
    if not edges:
        return [Fraction(0)]
    return [Fraction(edges[0]) - 1, *(Fraction(edge) for edge in edges)]


def _edges(one: _Input, scale: Fraction, constant: Constant) -> set[float]:
    edges: set[float] = set()
    for cell in one.cells.values():
        for test in cell.tests:
            for code, inside_above in _ends(test, one.expr.kind, constant):
                edges.add(cut_at(code / scale, above=not inside_above))
    return edges


def _ends(test: Test, kind: Kind, constant: Constant) -> list[tuple[Fraction, bool]]:
    """Return the ends of a test: where it lies, and whether the stretch above begins with the end itself."""
    if isinstance(test, Equals):
        code = _code(test.value, kind, constant)
        return [(code, True), (code, False)]
    if not isinstance(test, Between):
        return []
    found = [] if test.low is None else [(_code(test.low, kind, constant), test.low_in)]
    return found if test.high is None else [*found, (_code(test.high, kind, constant), not test.high_in)]


def _code(expr: Expr, kind: Kind, constant: Constant) -> Fraction:
    known = constant(expr)
    assert isinstance(known, Literal)
    return code_of_value(known.value, kind)


def accepts_code(cell: Cell, code: Fraction, kind: Kind, constant: Constant) -> bool:
    """Whether a cell of plain tests accepts a value that is there, given by its code in base units."""
    return any(_test_accepts(test, code, kind, constant) for test in cell.tests) != cell.negated


def _test_accepts(test: Test, code: Fraction, kind: Kind, constant: Constant) -> bool:
    if isinstance(test, Equals):
        return code == _code(test.value, kind, constant)
    if not isinstance(test, Between):
        return False
    low = None if test.low is None else _code(test.low, kind, constant)
    high = None if test.high is None else _code(test.high, kind, constant)
    above = low is None or code > low or (test.low_in and code == low)
    below = high is None or code < high or (test.high_in and code == high)
    if isinstance(kind, Number) and kind.cyclic and low is not None and high is not None and low > high:
        return above or below
    return above and below


def _packed(truth: np.ndarray, words: int) -> np.ndarray:
    """Return truth (codes, rows) as bit sets (codes, words), the first row in the lowest bit."""
    padded = np.zeros((len(truth), words * 64), np.bool_)
    padded[:, : truth.shape[1]] = truth
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
