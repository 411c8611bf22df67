"""What rules mean: one decision at a time, on exact values, in plain Python.

Every faster way of evaluating rules is held to this one. ``and``, ``or`` and ``if`` read only what they need; dividing
by 0 and using a value that is missing are errors that name the expression.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from twin.errors import InputError, Place
from twin.rules.functions import FUNCTIONS, ceil_to, floor_to, round_to
from twin.rules.kinds import Choice, Number, Value
from twin.rules.model import (
    Absent,
    Aggregate,
    Among,
    Arithmetic,
    Assign,
    Between,
    Call,
    Cell,
    Choose,
    Compare,
    Decider,
    DecisionTable,
    Equals,
    Every,
    Exemption,
    Expr,
    Formula,
    History,
    Holds,
    Literal,
    Missing,
    Name,
    Not,
    Parameter,
    Row,
    Rule,
    RuleSet,
    Some,
    Test,
    results,
)
from twin.rules.scope import PARAMETERS

Record = Mapping[str, Value]
DAY_MINUTES = 1440
MOST_PENDING = 60  # tables, rules and formulas that wait for each other
MOST_BITS = 8192  # of a number on its way; exact numbers grow with every step


@dataclass(frozen=True)
class Past:
    """What a value was: (day, value) from the oldest to the newest, which is the present one."""

    values: tuple[tuple[dt.date, Value], ...]


Given = Value | tuple[Record, ...] | Past


@dataclass(frozen=True)
class Decision:
    """What a table, rule or formula decides: its outputs, the row (or exception) that did it, and where that stands.

    ``row`` is ``None`` and ``outputs`` is empty where a rule has nothing to say. ``rows`` are all rows that matched.
    """

    name: str
    outputs: Mapping[str, Value | tuple[Value, ...]]
    row: str | int | None
    place: Place
    rows: tuple[Row, ...] = ()


@dataclass
class Case:
    """One situation to be decided: the rules, the day, what is given; finds whatever else is needed by itself."""

    rules: RuleSet
    day: dt.date
    given: Mapping[str, Given]
    decided: dict[int, Decision] = field(default_factory=dict)
    lets: dict[str, Expr] = field(default_factory=dict)
    pending: tuple[str, ...] = ()
    member: Record = field(default_factory=dict)

    def decide(self, name: str) -> Decision:
        """Decide by the table, rule or formula of a name that is in force; raises InputError."""
        found = self.rules.called(name, self.day)
        if not found:
            raise InputError.of("E604", None, name=name, day=self.day.isoformat())
        return self.decision(found[0])

    def decision(self, decider: Decider) -> Decision:
        """Decide by one table, rule or formula; each is asked once."""
        if id(decider) not in self.decided:
            if decider.head.name in self.pending:
                raise InputError.of("E303", decider.head.place, names=" -> ".join([*self.pending, decider.head.name]))
            if len(self.pending) >= MOST_PENDING:
                raise InputError.of("E613", decider.head.place, name=self.pending[0], count=MOST_PENDING)
            inner = Case(self.rules, self.day, self.given, self.decided, {one.name: one.value for one in
                         decider.head.lets}, (*self.pending, decider.head.name))  # fmt: skip
            self.decided[id(decider)] = _DECIDE[type(decider)](decider, inner)
        return self.decided[id(decider)]

    # -- names

    def look_up(self, name: Name) -> Given:
        """Return what a name stands for in this case."""
        if name.origin == "parameter":
            return self.parameter(name)
        if name.origin == "member":
            return self.member.get(name.name)
        if name.origin == "let" and name.name in self.lets:
            return self.value(self.lets[name.name])
        if name.name in self.given:
            return self.given[name.name]
        deciders = [one for one in self.rules.deciders if name.name in results(one) and one.head.span.holds(self.day)]
        decisions = [self.decision(one) for one in sorted(deciders, key=_by_rank)]
        for decision in decisions:
            if name.name in decision.outputs:
                return decision.outputs[name.name]  # type: ignore[return-value]
        if name.optional:
            return None
        raise InputError.of("E602", name.place, name=name.name)

    def parameter(self, name: Name) -> Value:
        """Return the value of a parameter on the day of the case."""
        wanted = name.name.removeprefix(PARAMETERS)
        found: Parameter | None = next((one for one in self.rules.parameters if one.name == wanted), None)
        value = None if found is None else found.on(self.day)
        if value is None:
            raise InputError.of("E609", name.place, name=wanted, day=self.day.isoformat())
        return value

    # -- values

    def value(self, expr: Expr) -> Any:
        """Return the value of an expression; raises InputError that names it."""
        return _VALUE[type(expr)](expr, self)

    def holds(self, condition: Expr | None) -> bool:
        """Whether a condition is true (no condition always is)."""
        return condition is None or bool(self.value(condition))

    def inside(self, record: Record) -> Case:
        """Return the case as one member of a group has it."""
        return Case(self.rules, self.day, self.given, self.decided, self.lets, self.pending, record)

    def present(self, expr: Expr) -> Any:
        """Return a value that must be there."""
        value = self.value(expr)
        if value is None:
            raise InputError.of("E602", expr.place, name=_named(expr))
        return value


def _by_rank(decider: Decider) -> Fraction:
    return -(decider.head.rank or Fraction(0))


def _named(expr: Expr) -> str:
    return expr.name if isinstance(expr, Name) else "..."


# -- expressions


def _name(expr: Name, case: Case) -> Any:
    found = case.look_up(expr)
    return found.values[-1][1] if isinstance(found, Past) else found


def _arithmetic(expr: Arithmetic, case: Case) -> Any:
    left, right = case.present(expr.left), case.present(expr.right)
    if expr.op in ("/", "//") and right == 0:
        raise InputError.of("E607", expr.right.place)
    if isinstance(left, dt.date):
        return _dated(expr, left, right)
    found: Fraction = _ARITHMETIC[expr.op](left, right)
    if max(found.numerator.bit_length(), found.denominator.bit_length()) > MOST_BITS:
        raise InputError.of("E612", expr.place)
    return found


def _dated(expr: Arithmetic, left: dt.date, right: Any) -> Any:
    if isinstance(right, dt.date):
        return Fraction((left - right).days * DAY_MINUTES)
    days = (right / DAY_MINUTES).__floor__()
    at = left.toordinal() + (days if expr.op == "+" else -days)
    if not 1 <= at <= dt.date.max.toordinal():
        raise InputError.of("E612", expr.place)
    return dt.date.fromordinal(at)


def _compare(expr: Compare, case: Case) -> bool:
    left, right = case.present(expr.left), case.present(expr.right)
    kind = expr.left.kind if isinstance(expr.left.kind, Choice) else expr.right.kind
    if isinstance(kind, Choice) and kind.ordered:
        left, right = kind.values.index(left), kind.values.index(right)
    return bool(_COMPARE[expr.op](left, right))


def _among(expr: Among, case: Case) -> bool:
    operand = case.present(expr.operand)
    return any(operand == case.present(item) for item in expr.items)


def _call(expr: Call, case: Case) -> Any:
    arguments = [case.present(one) for one in expr.arguments]
    function = FUNCTIONS[expr.function]
    divides = function.takes == "stepped" or expr.function == "mod"
    if divides and len(arguments) == 2 and arguments[1] == 0:
        raise InputError.of("E607", expr.arguments[1].place)
    return function.value(*arguments)


def _missing(expr: Missing, case: Case) -> bool:
    return case.look_up(Name(expr.name.name, expr.name.origin, True, kind=expr.name.kind)) is None


def _aggregate(expr: Aggregate, case: Case) -> Fraction:
    members = case.look_up(expr.group)
    if not isinstance(members, tuple):
        raise InputError.of("E602", expr.group.place, name=expr.group.name)
    cases = [case.inside(record) for record in members]
    chosen = [one for one in cases if one.holds(expr.where)]
    part = _total(expr.value, chosen)
    if expr.function != "share":
        return part
    whole = _total(expr.value, cases)
    if whole == 0:
        raise InputError.of("E607", expr.place)
    return part / whole


def _total(value: Expr | None, cases: Sequence[Case]) -> Fraction:
    if value is None:
        return Fraction(len(cases))
    return sum((one.present(value) for one in cases), Fraction(0))


# -- history


def _history(expr: History, case: Case) -> Any:
    moments = _moments(expr.operand, case)
    if expr.function == "prev":
        return _before_now(expr, case, moments)
    held = [(day, bool(then.value(expr.operand))) for day, then in moments]
    if expr.function == "streak":
        return Fraction(_streak(held, expr.by))
    if expr.function == "since":
        if held[-1][1]:
            return Fraction(0)
        last = max((day for day, true in held if true), default=held[0][0])
        return Fraction((case.day - last).days * DAY_MINUTES)
    window = case.present(expr.window) / DAY_MINUTES if expr.window is not None else Fraction(0)
    return Fraction(sum(true for day, true in held if 0 <= (case.day - day).days < window))


def _moments(operand: Expr, case: Case) -> list[tuple[dt.date, Case]]:
    """Return the case as it was on every day of which something in the operand is known."""
    pasts = {name: one for name, one in case.given.items() if isinstance(one, Past)}
    days = sorted({day for past in pasts.values() for day, _ in past.values})
    if not days:
        return [(case.day, case)]
    found = []
    for day in days:
        then = {name: _as_of(past, day) for name, past in pasts.items()}
        found.append((day, Case(case.rules, day, {**case.given, **then}, {}, case.lets, case.pending, case.member)))
    return found


def _as_of(past: Past, day: dt.date) -> Value:
    known = [value for when, value in past.values if when <= day]
    return known[-1] if known else past.values[0][1]


def period(day: dt.date, by: str) -> int:
    """Return the number of the period in which a day lies; the period before has the number before."""
    months = day.year * 12 + day.month - 1
    numbers = {"day": day.toordinal(), "week": (day.toordinal() - 1) // 7, "month": months, "quarter": months // 3}
    return numbers.get(by, day.year)


def _streak(held: list[tuple[dt.date, bool]], by: str) -> int:
    """Count the periods in a row, back from the newest, at whose end the condition held."""
    last = {period(day, by): true for day, true in held}
    now, count = max(last), 0
    while last.get(now - count, False):
        count += 1
    return count


def _before_now(expr: History, case: Case, moments: list[tuple[dt.date, Case]]) -> Any:
    """Return the value at the end of the period before; before the first one, the oldest that is known."""
    now = period(case.day, expr.by)
    earlier = [then for day, then in moments if period(day, expr.by) < now]
    return (earlier[-1] if earlier else moments[0][1]).present(expr.operand)


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": lambda left, right: Fraction((left / right).__floor__()),
}  # fmt: skip
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_VALUE: Mapping[type, Callable[[Any, Case], Any]] = {
    Literal: lambda expr, case: expr.value,
    Name: _name,
    Arithmetic: _arithmetic,
    Compare: _compare,
    Among: _among,
    Every: lambda expr, case: all(case.value(part) for part in expr.parts),
    Some: lambda expr, case: any(case.value(part) for part in expr.parts),
    Not: lambda expr, case: not case.value(expr.part),
    Choose: lambda expr, case: case.value(expr.yes if case.value(expr.test) else expr.no),
    Call: _call,
    Missing: _missing,
    Aggregate: _aggregate,
    History: _history,
}


# -- cells


def accepts(cell: Cell, column: Name, value: Value, case: Case) -> bool:
    """Whether a cell accepts the value of its column."""
    if cell.anything:
        return True
    about_missing = any(isinstance(test, (Absent, Holds)) for test in cell.tests)
    if value is None and not about_missing:
        return False
    return any(_passes(test, column, value, case) for test in cell.tests) != cell.negated


def _passes(test: Test, column: Name, value: Value, case: Case) -> bool:
    if isinstance(test, Absent):
        return value is None
    if isinstance(test, Holds):
        return case.holds(test.condition)
    if value is None:
        return False
    if isinstance(test, Equals):
        return bool(value == case.present(test.value))
    return _between(test, column, value, case)


def _between(test: Between, column: Name, value: Any, case: Case) -> bool:
    low = None if test.low is None else case.present(test.low)
    high = None if test.high is None else case.present(test.high)
    if isinstance(column.kind, Choice):
        value, low, high = (None if one is None else column.kind.values.index(one) for one in (value, low, high))
    above = low is None or value > low or (test.low_in and value == low)
    below = high is None or value < high or (test.high_in and value == high)
    if isinstance(column.kind, Number) and column.kind.cyclic and low is not None and high is not None and low > high:
        return above or below
    return above and below


# -- tables


def _decide_table(table: DecisionTable, case: Case) -> Decision:
    known: dict[str, Any] = {}
    matched = tuple(row for row in table.rows if row.span.holds(case.day) and _matches(row, table, case, known))
    if table.hit.policy == "collect" and matched:
        return _collected(table, matched, case)
    if not matched:
        return _otherwise(table, case)
    row = _winner(table, matched, case)
    values = [case.present(value) for value in row.values if value is not None]
    outputs = dict(zip((one.name for one in table.outputs), values, strict=False))
    return Decision(table.head.name, outputs, row.label, row.place, matched)


def _matches(row: Row, table: DecisionTable, case: Case, known: dict[str, Any]) -> bool:
    for cell, column in zip(row.cells, table.columns, strict=True):
        if cell.anything:
            continue
        if column.name not in known:
            known[column.name] = case.value(column)
        if not accepts(cell, column, known[column.name], case):
            return False
    return True


def _otherwise(table: DecisionTable, case: Case) -> Decision:
    if table.otherwise is None:
        raise InputError.of("E605", table.sheet.place, name=table.head.name)
    values = [case.present(value) for value in table.otherwise if value is not None]
    outputs = dict(zip((one.name for one in table.outputs), values, strict=False))
    return Decision(table.head.name, outputs, "else", table.otherwise_place)


def _winner(table: DecisionTable, matched: tuple[Row, ...], case: Case) -> Row:
    """Return the row that decides; raises InputError where the policy does not allow several."""
    policy = table.hit.policy
    if policy == "first" or len(matched) == 1:
        return matched[0]
    if policy == "priority":
        ranked = sorted(matched, key=lambda row: precedence(table, row))
        return ranked[0]
    values = {tuple(case.present(value) for value in row.values if value is not None) for row in matched}
    if policy == "unique" or len(values) > 1:
        rows = ", ".join(str(row.label) for row in matched)
        raise InputError.of("E606", matched[1].place, name=table.head.name, rows=rows)
    return matched[0]


def precedence(table: DecisionTable, row: Row) -> tuple[Any, ...]:
    """Return what rows of a ``priority`` table are sorted by: the row that wins comes first.

    The greater ``priority`` wins; without that column, the outcome that is listed first in the outputs.
    """
    if row.rank is not None:
        return (-row.rank, row.number)
    places = []
    for output, value in zip(table.outputs, row.values, strict=True):
        if isinstance(output.kind, Choice) and isinstance(value, Literal):
            places.append(output.kind.values.index(str(value.value)))
    return (*places, row.number)


def _collected(table: DecisionTable, matched: tuple[Row, ...], case: Case) -> Decision:
    outputs: dict[str, Value | tuple[Value, ...]] = {}
    for at, output in enumerate(table.outputs):
        values = [case.present(value) for row in matched if (value := row.values[at]) is not None]
        outputs[output.name] = _collect(table.hit.collector or "list", values)
    label = ", ".join(str(row.label) for row in matched) if len(matched) > 1 else matched[0].label
    return Decision(table.head.name, outputs, label, matched[0].place, matched)


def _collect(collector: str, values: list[Any]) -> Any:
    if collector == "list":
        return tuple(values)
    if collector == "count":
        return Fraction(len(values))
    if collector == "sum":
        return sum(values, Fraction(0))
    return min(values) if collector == "min" else max(values)


# -- rules and formulas


def _decide_rule(rule: Rule, case: Case) -> Decision:
    if not case.holds(rule.when):
        return Decision(rule.head.name, {}, None, rule.head.place)
    holding = [one for one in rule.exceptions if one.span.holds(case.day) and case.holds(one.when)]
    beaten = {name for one in holding for name in one.overrides}
    winning = [one for one in holding if one.id not in beaten]
    values = _values(rule.then, case) | _agreed(rule, winning, case)
    label = winning[0].id if winning else "when"
    return Decision(rule.head.name, values, label, winning[0].place if winning else rule.head.place)


def _values(then: Sequence[Assign], case: Case) -> dict[str, Any]:
    return {one.target.name: case.present(one.value) for one in then}


def _agreed(rule: Rule, winning: Sequence[Exemption], case: Case) -> dict[str, Any]:
    """Return what the exceptions say; raises InputError where two differ."""
    agreed: dict[str, Any] = {}
    for exception in winning:
        for name, value in _values(exception.then, case).items():
            if agreed.setdefault(name, value) != value:
                ids = ", ".join(one.id for one in winning)
                raise InputError.of("E608", exception.place, name=rule.head.name, ids=ids, target=name)
    return agreed


def _decide_formula(formula: Formula, case: Case) -> Decision:
    holds = case.holds(formula.when)
    value = case.present(formula.value if holds else formula.otherwise)
    if formula.rounding is not None:
        value = _ROUND[formula.rounding.mode](value, formula.rounding.step)
    row = "value" if holds else "otherwise"
    return Decision(formula.head.name, {formula.head.name: value}, row, formula.head.place)


_ROUND = {"down": floor_to, "up": ceil_to, "nearest": round_to}
_DECIDE: Mapping[type, Callable[[Any, Case], Decision]] = {
    DecisionTable: _decide_table,
    Rule: _decide_rule,
    Formula: _decide_formula,
}
