"""What the tests of rules share: a small vocabulary, random tables, and the same questions answered by counting."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from twin.errors import Complaint, Words
from twin.rules.check import Checked, check_reading
from twin.rules.kinds import TRUTH, Choice, number
from twin.rules.read import read_text_rules
from twin.rules.vocabulary import Entry, Outcome, Vocabulary

CATEGORIES = Choice("ticket_category", ("gas", "water", "power", "noise"))
VOCABULARY = Vocabulary(
    fields={
        "ticket": {
            "category": Entry(CATEGORIES),
            "severity": Entry(number(low=Fraction(1), high=Fraction(5), whole=True)),
            "open_time": Entry(number("h", Fraction(0))),
            "open_working_time": Entry(number("working h", Fraction(0))),
            "weather_alert": Entry(Choice("weather_alert", ("none", "yellow", "orange", "red"), ordered=True)),
            "resident.age": Entry(number(low=Fraction(0), high=Fraction(120), whole=True)),
            "resident.lives_alone": Entry(TRUTH),
        },
        "building": {"floor_area": Entry(number("m2", Fraction(0)))},
    },
    choices={
        "ticket_category": CATEGORIES,
        "department": Choice("department", ("gas_company", "duty_desk", "utility_desk", "community")),
    },
    targets={
        "department": Entry(None, about="order"),
        "sla": Entry(number("h", Fraction(0)), about="order"),
        "level": Entry(Choice("level", ("none", "street", "district", "city"), ordered=True), about="order"),
        "fee": Entry(number("yuan"), about="share"),
        "quorum": Entry(TRUTH, about="vote"),
        "passed": Entry(TRUTH, about="vote"),
        "desk.teams.*.workers": Entry(number(whole=True), about="lever"),
        "spawn": Entry(Choice("work", ("inspection", "visit")), about="work"),
    },
    outcomes=(Outcome(Words("satisfaction", "满意度"), ("satisfaction", "满意"), ("desk.teams.*.workers", "sla")),),
    moments=("each_hour", "each_day"),
)


def check_text(text: str, vocabulary: Vocabulary = VOCABULARY, name: str = "rules.yaml") -> Checked:
    """Check rules that are given as text."""
    return check_reading(read_text_rules(text, vocabulary, name), vocabulary)


def codes(text: str) -> list[str]:
    """Return the codes of all findings, in file order."""
    return [finding.code for finding in check_text(text).findings]


# -- random tables


@dataclass(frozen=True)
class Column:
    """An input of a random table: its declaration, points that stand for all its values, and how to write one."""

    name: str
    declared: str
    points: tuple[Any, ...]
    kind: str
    cyclic: bool = False


@dataclass
class RandomTable:
    """A table as text, and the same as arrays of true and false over all combinations of points."""

    text: str
    policy: str
    columns: list[Column]
    rows: list[list[np.ndarray]]
    texts: list[list[str]]
    outcomes: list[str]
    otherwise: str | None
    order: list[int] = field(default_factory=list)

    def hits(self, row: int) -> np.ndarray:
        """Return which combinations a row matches."""
        grid = np.ones([len(column.points) for column in self.columns], bool)
        for axis, cell in enumerate(self.rows[row]):
            shape = [1] * len(self.columns)
            shape[axis] = len(cell)
            grid &= cell.reshape(shape)
        return grid


def random_table(chance: random.Random) -> RandomTable:
    """Make a small table of one to three inputs and one to seven rows."""
    columns = [_column(at, chance) for at in range(chance.randint(1, 3))]
    policy = chance.choice(["unique", "unique", "first", "first", "priority", "any"])
    cells = [[_cell(column, chance) for column in columns] for _ in range(chance.randint(1, 7))]
    outcomes = [chance.choice("abc") for _ in cells]
    ranks = chance.sample(range(100), len(cells))
    otherwise = chance.choice("abc") if chance.random() < 0.3 else None
    text = _written(columns, cells, outcomes, ranks, policy, otherwise, chance.random() < 0.5)
    order = sorted(range(len(cells)), key=lambda row: -ranks[row]) if policy == "priority" else list(range(len(cells)))
    arrays = [[array for _, array in row] for row in cells]
    texts = [[said for said, _ in row] for row in cells]
    return RandomTable(text, policy, columns, arrays, texts, outcomes, otherwise, order)


def mutated(table: RandomTable, chance: random.Random) -> RandomTable:
    """Make another table of the same inputs: a cell, an outcome, a row, the order or ``else`` is different."""
    pairs = [list(zip(texts, arrays, strict=True)) for texts, arrays in zip(table.texts, table.rows, strict=True)]
    outcomes, otherwise, order = list(table.outcomes), table.otherwise, list(table.order)
    for _ in range(chance.randint(1, 2)):
        row = chance.randrange(len(pairs))
        what = chance.choice(["cell", "cell", "outcome", "row", "else", "order"])
        if what == "cell":
            at = chance.randrange(len(table.columns))
            pairs[row][at] = _cell(table.columns[at], chance)
        elif what == "outcome":
            outcomes[row] = chance.choice("abc")
        elif what == "row":
            pairs[row] = [_cell(column, chance) for column in table.columns]
        elif what == "else":
            otherwise = chance.choice(["a", "b", "c", None])
        elif table.policy == "priority":
            chance.shuffle(order)
    ranks = [100 - order.index(row) for row in range(len(pairs))]
    text = _written(table.columns, pairs, outcomes, ranks, table.policy, otherwise, chance.random() < 0.5)
    arrays = [[array for _, array in row] for row in pairs]
    texts = [[said for said, _ in row] for row in pairs]
    return RandomTable(text, table.policy, table.columns, arrays, texts, outcomes, otherwise, order)


def _column(at: int, chance: random.Random) -> Column:
    name = f"x{at}"
    kind = chance.choice(["int", "int", "enum", "bool", "decimal", "date", "cyclic", "big"])
    if kind == "int":
        low, high = chance.randint(-3, 1), chance.randint(2, 5)
        return Column(name, f"{{int: {low}..{high}}}", tuple(range(low, high + 1)), "number")
    if kind == "enum":
        words = ("red", "green", "blue", "black")[: chance.randint(2, 4)]
        return Column(name, f"{{enum: [{', '.join(words)}]}}", words, "word")
    if kind == "bool":
        return Column(name, "bool", (True, False), "word")
    if kind == "decimal":
        points = tuple(Fraction(at, 4) for at in range(9))  # ends of cells are halves, quarters lie between
        return Column(name, "{decimal: 0..2}", points, "number")
    if kind == "date":
        days = tuple(dt.date(2025, 1, 29) + dt.timedelta(days=at) for at in range(5))
        return Column(name, "{date: 2025-01-29..2025-02-02}", days, "number")
    if kind == "cyclic":
        return Column(name, "{int: 0..6, cyclic: true}", tuple(range(7)), "number", cyclic=True)
    return Column(name, "{int: 0..1000000000}", (0, 1, 2, 500, 501, 999_999_999, 1_000_000_000), "number")


def _cell(column: Column, chance: random.Random) -> tuple[str, np.ndarray]:
    """Return the text of a cell and which points it accepts."""
    if chance.random() < 0.25:
        return "-", np.ones(len(column.points), bool)
    if column.kind == "word":
        return _words(column, chance)
    return _negated(*_range(column, chance), chance) if chance.random() < 0.8 else _listed(column, chance)


def _negated(text: str, array: np.ndarray, chance: random.Random) -> tuple[str, np.ndarray]:
    return (f"not {text}", ~array) if chance.random() < 0.1 else (text, array)


def _words(column: Column, chance: random.Random) -> tuple[str, np.ndarray]:
    words = chance.sample(column.points, chance.randint(1, len(column.points)))
    text = ", ".join(str(word).lower() for word in words)
    return _negated(text, np.array([point in words for point in column.points]), chance)


def _listed(column: Column, chance: random.Random) -> tuple[str, np.ndarray]:
    ends = _ends(column)
    values = chance.sample(ends, min(len(ends), chance.randint(1, 3)))
    text = ", ".join(_said(value) for value in values)
    return text, np.array([point in values for point in column.points])


def _range(column: Column, chance: random.Random) -> tuple[str, np.ndarray]:
    one, other = chance.choice(_ends(column)), chance.choice(_ends(column))
    if chance.random() < 0.5:
        sign = chance.choice(["<", "<=", ">", ">="])
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[sign]
        return f"{sign} {_said(one)}", np.array([bool(compare(point, one)) for point in column.points])
    low_in, high_in = chance.random() < 0.7, chance.random() < 0.7
    text = f"{'[' if low_in else '('}{_said(one)}..{_said(other)}{']' if high_in else ')'}"
    text = text.removeprefix("[") if chance.random() < 0.5 else text
    above = np.array([point > one or (low_in and point == one) for point in column.points])
    below = np.array([point < other or (high_in and point == other) for point in column.points])
    return text, above | below if column.cyclic and one > other else above & below


def _ends(column: Column) -> list[Any]:
    """Return the values that cells name; what lies between two of them has a point of its own."""
    if "decimal" in column.declared:
        return list(column.points[::2])
    return [point for point in column.points if point not in (2, 501) or "1000000000" not in column.declared]


def _said(value: Any) -> str:
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def _written(
    columns: Sequence[Column],
    cells: Sequence[Sequence[tuple[str, np.ndarray]]],
    outcomes: Sequence[str],
    ranks: Sequence[int],
    policy: str,
    otherwise: str | None,
    piped: bool,
) -> str:
    """Write a table; row ``n`` stands on line ``first + n``."""
    lines = ["table: t", f"hit: {policy}", "inputs:"]
    lines += [f"  {column.name}: {column.declared}" for column in columns]
    lines += ["outputs: {department: {enum: [a, b, c]}}"]
    lines += [f"else: {{department: {otherwise}}}"] if otherwise else []
    ranked = policy == "priority"
    if piped:
        names = [column.name for column in columns] + ["priority"] * ranked + ["department"]
        lines += ["rows: |", f"  | {' | '.join(names)} |"]
        lines += [
            f"  | {' | '.join([text for text, _ in row] + [str(rank)] * ranked + [outcome])} |"
            for row, rank, outcome in zip(cells, ranks, outcomes, strict=True)
        ]
    else:
        lines += ["rows:"]
        for row, rank, outcome in zip(cells, ranks, outcomes, strict=True):
            parts = [f'{column.name}: "{text}"' for column, (text, _) in zip(columns, row, strict=True)]
            parts += [f"priority: {rank}"] * ranked + [f"department: {outcome}"]
            lines.append(f"  - {{{', '.join(parts)}}}")
    return "\n".join(lines) + "\n"


# -- the same questions, by counting


@dataclass(frozen=True)
class Counted:
    """What is wrong with a random table, as counting finds it; rows count from 1."""

    overlaps: frozenset[tuple[int, int]]
    gap: bool
    unreachable: frozenset[int]
    empty: frozenset[tuple[int, str]]
    full: frozenset[tuple[int, str]]
    idle: frozenset[int] | None
    idle_columns: frozenset[str] | None
    needless_order: bool


def count(table: RandomTable) -> Counted:
    """Find everything by looking at every combination of points."""
    hits = [table.hits(row) for row in range(len(table.rows))]
    rows = enumerate(zip(table.rows, table.texts, strict=True), 1)
    cells = [(row, column.name, array) for row, (arrays, texts) in rows
             for column, array, text in zip(table.columns, arrays, texts, strict=True) if text != "-"]  # fmt: skip
    meeting = {(one, other) for one, other in combinations(range(len(hits)), 2) if (hits[one] & hits[other]).any()}
    wrong = meeting if table.policy == "unique" else {
        (one, other) for one, other in meeting if table.outcomes[one] != table.outcomes[other]}  # fmt: skip
    ordered = table.policy in ("first", "priority")
    gap = table.otherwise is None and not np.logical_or.reduce(hits).all()
    settled = ordered or not meeting
    return Counted(
        frozenset((one + 1, other + 1) for one, other in wrong) if not ordered else frozenset(),
        gap,
        frozenset(row + 1 for row in _unreachable(table, hits)) if ordered else frozenset(),
        frozenset((row, name) for row, name, array in cells if not array.any()),
        frozenset((row, name) for row, name, array in cells if array.all()),
        frozenset(row + 1 for row in _idle(table, hits)) if settled else None,
        frozenset(_idle_columns(table, hits)) if settled else None,
        ordered and not meeting and sum(hit.any() for hit in hits) > 1,
    )


def _unreachable(table: RandomTable, hits: Sequence[np.ndarray]) -> Iterator[int]:
    taken = np.zeros_like(hits[0])
    for row in table.order:
        if not (hits[row] & ~taken).any():
            yield row
        taken |= hits[row]


def outcome_grid(table: RandomTable, hits: Sequence[np.ndarray], without: int | None = None) -> np.ndarray:
    """Return the outcome of every combination (a gap is an outcome too), perhaps without one row."""
    grid = np.full(hits[0].shape, table.otherwise or "-")
    for row in reversed(table.order):
        if row != without:
            grid[hits[row]] = table.outcomes[row]
    return grid


def _idle(table: RandomTable, hits: Sequence[np.ndarray]) -> Iterator[int]:
    """Yield the rows that fire, but without which everything would be the same."""
    whole, dead = outcome_grid(table, hits), set(_unreachable(table, hits))
    for row in range(len(hits)):
        if row not in dead and (outcome_grid(table, hits, row) == whole).all():
            yield row


def _idle_columns(table: RandomTable, hits: Sequence[np.ndarray]) -> Iterator[str]:
    grid = outcome_grid(table, hits)
    for axis, column in enumerate(table.columns):
        if (grid == np.take(grid, [0], axis=axis)).all():
            yield column.name


def numbered(findings: Sequence[Complaint], code: str) -> list[Complaint]:
    """Return the findings of one code."""
    return [finding for finding in findings if finding.code == code]
