"""On random small tables the checks find exactly what counting finds."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.rules_kit import Counted, RandomTable, check_text, count, numbered, random_table
from twin.errors import Complaint
from twin.rules.model import RuleSet
from twin.rules.reference import Case, accepts

IN_CI, ALL, BLOCKS = 2_000, 10_000, 4
CASE = Case(RuleSet((), ""), dt.date(2025, 6, 1), {})


def first_line(table: RandomTable) -> int:
    """Return the line before that of row 1."""
    lines = table.text.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("rows:"))
    return at + (2 if lines[at].endswith("|") else 1)


def found_by_checks(table: RandomTable) -> tuple[Counted, Sequence[Complaint]]:
    """Return what the checks say, in the form of :class:`Counted`."""
    checked = check_text(table.text)
    assert [one.code for one in checked.errors if one.code not in ("E201", "E203")] == []
    findings, base = checked.findings, first_line(table)

    def lines(code: str) -> frozenset[int]:
        return frozenset(one.place.line - base for one in numbered(findings, code) if one.place)

    def cells(code: str) -> frozenset[tuple[int, str]]:
        return frozenset((one.place.line - base, one.values["column"]) for one in numbered(findings, code) if one.place)

    found = Counted(
        overlaps=frozenset((one.values["other"], one.values["row"]) for one in numbered(findings, "E201")),
        gap=bool(numbered(findings, "E203")),
        unreachable=lines("W202"),
        empty=cells("W204"),
        full=cells("W502"),
        idle=lines("W205"),
        idle_columns=frozenset(one.values["column"] for one in numbered(findings, "W206")),
        needless_order=bool(numbered(findings, "W501")),
    )
    return found, findings


def combinations_in(region: Mapping[str, str], table: RandomTable) -> np.ndarray:
    """Return the combinations of points that a finding's region names: its cells are read back as a row."""
    declared = "\n".join(f"  {column.name}: {column.declared}" for column in table.columns)
    cells = ", ".join(f'{column.name}: "{region.get(column.name, "-")}"' for column in table.columns)
    text = f"table: t\ninputs:\n{declared}\noutputs: {{department: {{enum: [a]}}}}\nrows:\n"
    [parsed] = check_text(f"{text}  - {{{cells}, department: a}}\n").rules.tables
    [row] = parsed.rows
    grid = np.ones([len(column.points) for column in table.columns], bool)
    for axis, (column, cell, name) in enumerate(zip(table.columns, row.cells, parsed.columns, strict=True)):
        array = np.array([accepts(cell, name, as_value(point), CASE) for point in column.points])
        grid &= array.reshape([-1 if axis == other else 1 for other in range(grid.ndim)])
    return grid


def as_value(point: Any) -> Any:
    """Return a point as rules have it."""
    return Fraction(point) if isinstance(point, int) and not isinstance(point, bool) else point


def judge(seed: int) -> None:
    """Compare one random table."""
    table = random_table(random.Random(seed))
    counted, (found, findings) = count(table), found_by_checks(table)
    for name in Counted.__dataclass_fields__:
        wanted = getattr(counted, name)
        assert wanted is None or getattr(found, name) == wanted, f"{name}, seed {seed}\n{table.text}"
    covered = np.logical_or.reduce([table.hits(row) for row in range(len(table.rows))])
    for gap in numbered(findings, "E203"):
        region = combinations_in(gap.values["cells"], table)
        assert region.any(), f"an empty gap, seed {seed}\n{table.text}"
        assert not (region & covered).any(), f"no gap at all, seed {seed}\n{table.text}"
    for overlap in numbered(findings, "E201"):
        region = combinations_in(overlap.values["cells"], table)
        both = table.hits(overlap.values["other"] - 1) & table.hits(overlap.values["row"] - 1)
        assert (region == both).all(), f"another overlap, seed {seed}\n{table.text}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_tables_agree_with_counting(block: int) -> None:
    for seed in range(block * IN_CI // BLOCKS, (block + 1) * IN_CI // BLOCKS):
        judge(seed)


@pytest.mark.slow
def test_ten_thousand_random_tables_agree_with_counting() -> None:
    for seed in range(IN_CI, IN_CI + ALL):
        judge(seed)


def test_the_random_tables_show_every_kind_of_fault() -> None:
    """Counting finds each fault in some of them, and none of them in others: the comparison can fail."""
    counted = [count(random_table(random.Random(seed))) for seed in range(300)]
    for name in Counted.__dataclass_fields__:
        answers = {bool(getattr(one, name)) for one in counted}
        assert answers == {True, False}, name
