"""What a rule file says, typed and frozen: expressions, cells, tables, rules, formulas, parameters, rule sets.

Everything keeps its :class:`~twin.errors.Place`. Two expressions are equal when they say the same, wherever they stand.
Values are exact and in base units (:mod:`twin.rules.kinds`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Literal as OneOf

from twin.errors import Place
from twin.rules.kinds import Kind, Value

NOWHERE = Place("", 1, 1, 1, 1)

# -- expressions


@dataclass(frozen=True)
class Node:
    """What every expression has: the kind of its values, and where it stands."""

    kind: Kind = field(compare=False, kw_only=True)
    place: Place = field(compare=False, kw_only=True, default=NOWHERE)


@dataclass(frozen=True)
class Literal(Node):
    """A value as it is written."""

    value: Value


Origin = OneOf["input", "let", "field", "result", "parameter", "member"]


@dataclass(frozen=True)
class Name(Node):
    """A value that is looked up: an input, a ``let``, a field, another rule's result, ``p.x``, a group's member."""

    name: str
    origin: Origin
    optional: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Arithmetic(Node):
    """``left op right`` with ``+ - * / //``; a negative number is ``0 - x``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Compare(Node):
    """``left op right`` with ``< <= > >= == !=``; a chain is an :class:`Every` of these."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Among(Node):
    """``operand in [items]``."""

    operand: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class Every(Node):
    """``and``: read from left to right, up to the first that is false."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True)
class Some(Node):
    """``or``: read from left to right, up to the first that is true."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True)
class Not(Node):
    """``not part``."""

    part: Expr


@dataclass(frozen=True)
class Choose(Node):
    """``yes if test else no``; only the chosen side counts."""

    test: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True)
class Call(Node):
    """A function of :data:`twin.rules.functions.FUNCTIONS` and its arguments."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class Missing(Node):
    """``missing(name)``: whether an optional value is absent."""

    name: Name


@dataclass(frozen=True)
class Aggregate(Node):
    """``count``, ``sum`` or ``share`` over the members of a group for which ``where`` holds.

    ``value`` is what is added up (``None``: heads). ``share`` is the part of the whole group's total.
    """

    function: OneOf["count", "sum", "share"]
    group: Name
    value: Expr | None
    where: Expr | None


@dataclass(frozen=True)
class History(Node):
    """``prev``, ``streak``, ``since`` or ``count_in`` over what was, by ``by`` (a period) or within ``window``."""

    function: OneOf["prev", "streak", "since", "count_in"]
    operand: Expr
    by: str
    window: Expr | None


Expr = (
    Literal | Name | Arithmetic | Compare | Among | Every | Some | Not | Choose | Call | Missing | Aggregate | History
)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and everything inside it."""
    pending: list[Expr] = [expr]
    while pending:
        one = pending.pop()
        yield one
        pending.extend(children(one))


def children(expr: Expr) -> Iterator[Expr]:
    """Yield the expressions directly inside an expression, from left to right reversed never."""
    for declared in fields(expr):
        value = getattr(expr, declared.name)
        if isinstance(value, Node):
            yield value  # type: ignore[misc]
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Node))  # type: ignore[misc]


# -- cells: the unary tests of DMN


@dataclass(frozen=True)
class Between:
    """From ``low`` to ``high``; ``None`` is no bound; each end is in the interval or not.

    A cyclic kind runs through its end when ``low`` is above ``high``.
    """

    low: Expr | None
    high: Expr | None
    low_in: bool = True
    high_in: bool = True


@dataclass(frozen=True)
class Equals:
    """The value itself (a word, a truth value; numbers and dates are :class:`Between`)."""

    value: Expr


@dataclass(frozen=True)
class Absent:
    """An optional input is missing."""


@dataclass(frozen=True)
class Holds:
    """``= condition``: a condition on any inputs."""

    condition: Expr


Test = Between | Equals | Absent | Holds


@dataclass(frozen=True)
class Cell:
    """One condition of a row: some test holds (none does, when ``negated``); no tests at all: anything goes.

    ``readable`` is false when the text made no sense; such a cell takes part in no proof.
    """

    tests: tuple[Test, ...] = ()
    negated: bool = False
    readable: bool = True
    text: str = "-"
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def anything(self) -> bool:
        """Whether the cell is ``-``."""
        return not self.tests and self.readable


# -- dates


@dataclass(frozen=True)
class Span:
    """In force from a date (``None``: always was) until another, which is not in it (``None``: no end in sight)."""

    start: dt.date | None = None
    end: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether a date lies in the span."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def meets(self, other: Span) -> bool:
        """Whether two spans have a day in common."""
        return _before(self.start, other.end) and _before(other.start, self.end)

    def __str__(self) -> str:
        return f"{self.start or ''}..{self.end or ''}" + (")" if self.end else "")


def _before(start: dt.date | None, end: dt.date | None) -> bool:
    return start is None or end is None or start < end


ALWAYS = Span()


# -- what a file declares


@dataclass(frozen=True)
class Input:
    """A value that the author declares to be given."""

    name: str
    kind: Kind
    optional: bool
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Let:
    """A named expression of one table, rule or formula."""

    name: str
    value: Expr
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Output:
    """A target that a table or rule decides: a lever, a declared decision, spawned work."""

    name: str
    kind: Kind
    about: str
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Assign:
    """``target: value``."""

    target: Output
    value: Expr
    place: Place = field(compare=False)


Policy = OneOf["unique", "first", "priority", "any", "collect"]
Collector = OneOf["list", "sum", "min", "max", "count"]


@dataclass(frozen=True)
class Hit:
    """What happens when several rows match."""

    policy: Policy = "unique"
    collector: Collector | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Row:
    """One row: a cell for every column, a value for every output (``None`` where it could not be read).

    ``whole`` is false where the author wrote something under a heading that means nothing.
    """

    number: int
    id: str
    cells: tuple[Cell, ...]
    values: tuple[Expr | None, ...]
    span: Span
    rank: Fraction | None
    note: str
    whole: bool
    place: Place = field(compare=False)

    @property
    def label(self) -> str | int:
        """What the row is called: its id, else its number."""
        return self.id or self.number

    @property
    def readable(self) -> bool:
        """Whether everything that the author wrote could be read."""
        return self.whole and all(cell.readable for cell in self.cells)


Layout = OneOf["rows", "pipe", "csv", "xlsx"]


@dataclass(frozen=True)
class Sheet:
    """How the rows were written: the form, the headings in their order, where they begin."""

    layout: Layout
    headings: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Head:
    """What tables, rules and formulas have in common."""

    name: str
    title: str
    source: str
    applies_to: str
    span: Span
    rank: Fraction | None
    inputs: tuple[Input, ...]
    lets: tuple[Let, ...]
    place: Place = field(compare=False)

    @property
    def file(self) -> str:
        """The file that declares it."""
        return self.place.file


@dataclass(frozen=True)
class DecisionTable:
    """Rows of cells: ``columns`` are the names (inputs or lets) that the cells test, in the order of the sheet."""

    head: Head
    columns: tuple[Name, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    hit: Hit
    otherwise: tuple[Expr | None, ...] | None
    otherwise_place: Place = field(compare=False)
    sheet: Sheet = field(compare=False)


@dataclass(frozen=True)
class Exemption:
    """An exception of a rule: where it holds too, its values win over those of the rule."""

    id: str
    when: Expr | None
    then: tuple[Assign, ...]
    span: Span
    overrides: tuple[str, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Rule:
    """When a condition holds, targets take values; exceptions that hold win.

    ``when`` is ``None`` for a rule without a condition; ``evaluated`` is the moment (``each_hour``).
    """

    head: Head
    evaluated: str
    when: Expr | None
    then: tuple[Assign, ...]
    exceptions: tuple[Exemption, ...]


@dataclass(frozen=True)
class Rounding:
    """``down to 100 yuan``: to multiples of ``step``; ``nearest`` takes halves up."""

    mode: OneOf["down", "up", "nearest"]
    step: Fraction


@dataclass(frozen=True)
class Formula:
    """A named value: ``value`` when ``when`` holds, ``otherwise`` where it does not, then rounded."""

    head: Head
    kind: Kind
    value: Expr
    when: Expr | None
    otherwise: Expr
    rounding: Rounding | None


@dataclass(frozen=True)
class Reign:
    """A parameter's value and when it holds."""

    span: Span
    value: Value
    place: Place = field(compare=False)


@dataclass(frozen=True)
class Parameter:
    """A dated number or word that rules name as ``p.<name>``; ``sweep`` are values worth trying."""

    name: str
    kind: Kind
    reigns: tuple[Reign, ...]
    sweep: tuple[Value, ...]
    source: str
    place: Place = field(compare=False)

    def on(self, day: dt.date) -> Value | None:
        """Return the value on a date, ``None`` in a hole."""
        return next((one.value for one in self.reigns if one.span.holds(day)), None)


Decider = DecisionTable | Rule | Formula


@dataclass(frozen=True)
class RuleFile:
    """One file: what it declares, in its order, and the digest of its bytes."""

    path: str
    digest: str
    set_name: str = ""
    alternative_to: str = ""
    deciders: tuple[Decider, ...] = ()
    parameters: tuple[Parameter, ...] = ()

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """The names of the parameters, to be found quickly: a file may have ten thousand."""
        return tuple(map(attrgetter("name"), self.parameters))


@dataclass(frozen=True)
class RuleSet:
    """Files that are in force together, and a digest of what they say."""

    files: tuple[RuleFile, ...]
    digest: str

    @property
    def deciders(self) -> tuple[Decider, ...]:
        """All tables, rules and formulas, in file order."""
        return tuple(one for file in self.files for one in file.deciders)

    @property
    def tables(self) -> tuple[DecisionTable, ...]:
        """The decision tables."""
        return tuple(one for one in self.deciders if isinstance(one, DecisionTable))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules."""
        return tuple(one for one in self.deciders if isinstance(one, Rule))

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas."""
        return tuple(one for one in self.deciders if isinstance(one, Formula))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of all files."""
        return tuple(one for file in self.files for one in file.parameters)

    def called(self, name: str, day: dt.date | None = None) -> tuple[Decider, ...]:
        """Return what has a name (versions of one rule share it), in force on a day if one is given."""
        found = [one for one in self.deciders if one.head.name == name]
        return tuple(one for one in found if day is None or one.head.span.holds(day))


def targets(decider: Decider) -> tuple[Output, ...]:
    """Return what a table or rule writes, each once; a formula writes nothing."""
    if isinstance(decider, DecisionTable):
        return decider.outputs
    if isinstance(decider, Formula):
        return ()
    every = [*decider.then, *(one for exception in decider.exceptions for one in exception.then)]
    return tuple({one.target.name: one.target for one in every}.values())


def results(decider: Decider) -> tuple[str, ...]:
    """Return the names under which other rules may use what this one decides."""
    return (decider.head.name,) if isinstance(decider, Formula) else tuple(one.name for one in targets(decider))


def conditions(decider: Decider) -> Iterator[Expr]:
    """Yield every expression of a table, rule or formula."""
    yield from (let.value for let in decider.head.lets)
    if isinstance(decider, DecisionTable):
        yield from _of_table(decider)
    elif isinstance(decider, Rule):
        parts = [(decider.when, decider.then), *((one.when, one.then) for one in decider.exceptions)]
        for when, then in parts:
            yield from ([] if when is None else [when])
            yield from (one.value for one in then)
    else:
        yield from (one for one in (decider.value, decider.when, decider.otherwise) if one is not None)


def _of_table(table: DecisionTable) -> Iterator[Expr]:
    yield from table.columns
    for row in table.rows:
        for cell in row.cells:
            yield from (one for test in cell.tests for one in ends(test))
        yield from (value for value in row.values if value is not None)
    yield from (value for value in table.otherwise or () if value is not None)


def ends(test: Test) -> Iterator[Expr]:
    """Yield the expressions of a test of a cell."""
    if isinstance(test, Between):
        yield from (end for end in (test.low, test.high) if end is not None)
    elif isinstance(test, Equals):
        yield test.value
    elif isinstance(test, Holds):
        yield test.condition
