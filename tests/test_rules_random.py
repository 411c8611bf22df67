"""On random small tables the checks find exactly what counting finds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.rules_kit import Counted, RandomTable, check_text, count, numbered, random_table
from twin.errors import Complaint
from twin.rules.model import DecisionTable

IN_CI, ALL = 2_000, 10_000


def first_line(table: RandomTable) -> int:
    """Return the line before that of row 1."""
    lines = table.text.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("rows:"))
    return at + (2 if lines[at].endswith("|") else 1)


def found_by_check(table: RandomTable) -> tuple[Counted, list[Complaint]]:
    """Return what the checks say, in the form of :class:`Counted`."""
    checked = check_text(table.text)
    assert [one.code for one in checked.errors if one.code not in ("E201", "E203")] == []
    findings, base = checked.findings, first_line(table)

    def lines(code: str) -> frozenset[int]:
        return frozenset(one.place.line - base for one in numbered(findings, code) if one.place)

    def cells(code: str) -> frozenset[tuple[int, str]]:
        return frozenset((one.place.line - base, one.values["column"]) for one in numbered(findings, code) if one.place)

    found = Counted(
        frozenset((one.values["other"], one.values["row"]) for one in numbered(findings, "E201")),
        bool(numbered(findings, "E203")),
        lines("W202"),
        cells("W204"),
        cells("W502"),
        lines("W205"),
        frozenset(one.values["column"] for one in numbered(findings, "W206")),
        bool(numbered(findings, "W501")),
    )
    return found, list(findings)


def region_holds(table: RandomTable, cells: dict[str, str]) -> np.ndarray:
    """Return the combinations that a region names, read back as a table of one row."""
    rows = "\n".join(f'  - {{{", ".join(f"""{name}: "{cell}" """ for name, cell in cells.items())}, department: a}}'.replace(
        "{,", "{") for _ in "1")  # fmt: skip
    declared = "\n".join(f"  {column.name}: {column.declared}" for column in table.columns)
    text = f"table: t\ninputs:\n{declared}\noutputs: {{department: {{enum: [a]}}}}\nrows:\n{rows}\n"
    checked = check_text(text)
    assert [one.code for one in checked.errors] in ([], ["E203"]), text
    return _matched(checked.rules.tables[0], table)


def _matched(parsed: DecisionTable, table: RandomTable) -> np.ndarray:
    from twin.rules.reference import Case, accepts

    case = Case(RULES, DAY, {})
    shape = [len(column.points) for column in table.columns]
    grid = np.ones(shape, bool)
    for axis, column in enumerate(table.columns):
        names = [one.name for one in parsed.columns]
        if column.name not in names:
            continue
        at = names.index(column.name)
        points = [_value(point) for point in column.points]
        array = np.array([accepts(parsed.rows[0].cells[at], parsed.columns[at], point, case) for point in points])
        grid &= array.reshape([-1 if axis == other else 1 for other in range(len(shape))])
    return grid


def _value(point: object) -> object:
    from fractions import Fraction

    return Fraction(point) if isinstance(point, (int, Fraction)) and not isinstance(point, bool) else (
        point)  # fmt: skip


def judge(seed: int) -> None:
    """Compare one random table."""
    table = random_table(random.Random(seed))
    counted, (found, findings) = count(table), found_by_check(table)
    for name in Counted.__dataclass_fields__:
        wanted = getattr(counted, name)
        if wanted is not None:
            assert getattr(found, name) == wanted, f"{name}, seed {seed}\n{table.text}"
    for gap in numbered(findings, "E203"):
        region = region_holds(table, gap.values["cells"])
        uncovered = ~np.logical_or.reduce([table.hits(row) for row in range(len(table.rows))])
        assert region.any() and not (region & ~uncovered).any(), f"seed {seed}: {gap.values['cells']}\n{table.text}"


@pytest.mark.parametrize("block", range(4))
def test_random_tables_agree_with_counting(block: int) -> None:
    for seed in range(block * IN_CI // 4, (block + 1) * IN_CI // 4):
        judge(seed)


@pytest.mark.slow
def test_ten_thousand_random_tables_agree_with_counting() -> None:
    for seed in range(IN_CI, IN_CI + ALL):
        judge(seed)


import datetime as _dt  # noqa: E402

from twin.rules.model import RuleSet  # noqa: E402

DAY = _dt.date(2025, 6, 1)
RULES = RuleSet((), "")
