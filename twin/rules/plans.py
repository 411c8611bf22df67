"""What is prepared once for the rules of one day: indexes of tables and programs of expressions.

Nothing here looks at data; a plan serves any number of columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from twin.core.programs import Program
from twin.rules.bitmaps import Indexed, indexed
from twin.rules.kinds import TRUTH, Number
from twin.rules.model import (
    Aggregate,
    Arithmetic,
    Call,
    Choose,
    DecisionTable,
    Expr,
    Formula,
    Head,
    Literal,
    Name,
    Rule,
    RuleSet,
)
from twin.rules.registers import Figure, Inexact, Register, Writer, step_of
from twin.rules.scope import PARAMETERS

DATE_PARTS = ("year", "month", "day", "weekday")


@dataclass(frozen=True)
class Plan:
    """A program, and the expressions whose columns it loads."""

    program: Program
    leaves: tuple[Expr, ...]
    head: Head


@dataclass(frozen=True)
class TablePlan:
    """A table: its index, a plan for each input that is not a column, and plans of the values that are worked out."""

    table: DecisionTable
    found: Indexed
    inputs: tuple[Plan | None, ...]
    values: Mapping[tuple[int, int], Plan]  # (row, output); row -1 is the else row


@dataclass(frozen=True)
class RulePlan:
    """A rule: truth of its condition and of its exceptions in force, then every assigned value in order."""

    rule: Rule
    exceptions: tuple[int, ...]
    plan: Plan


@dataclass(frozen=True)
class FormulaPlan:
    """A formula: its value, and whether its condition holds."""

    formula: Formula
    plan: Plan


AnyPlan = TablePlan | RulePlan | FormulaPlan


@dataclass
class Planner:
    """Plans the rules that are in force on one day; each is planned once."""

    rules: RuleSet
    day: dt.date
    plans: dict[int, AnyPlan | None] = field(default_factory=dict)

    def plan(self, decider: DecisionTable | Rule | Formula) -> AnyPlan | None:
        """Return the plan of a table, rule or formula, ``None`` where only the reference is exact."""
        if id(decider) not in self.plans:
            try:
                self.plans[id(decider)] = self._plan(decider)
            except Inexact:
                self.plans[id(decider)] = None
        return self.plans[id(decider)]

    def _plan(self, decider: DecisionTable | Rule | Formula) -> AnyPlan:
        if isinstance(decider, DecisionTable):
            return self._table(decider)
        return self._rule(decider) if isinstance(decider, Rule) else self._formula(decider)

    def constant(self, expr: Expr, head: Head) -> Expr:
        """Return the value of a parameter on the day, or of a ``let`` that is one; anything else as it is."""
        if isinstance(expr, Name) and expr.origin == "parameter":
            wanted = expr.name.removeprefix(PARAMETERS)
            value = next(one for one in self.rules.parameters if one.name == wanted).on(self.day)
            if value is None:
                raise Inexact("a parameter without a value")
            return Literal(value, kind=expr.kind, place=expr.place)
        return expr

    def writer(self, head: Head, leaves: list[Expr]) -> Writer:
        """Return a writer that loads the columns of what it cannot work out, and notes them in `leaves`."""
        lets = {one.name: one.value for one in head.lets}

        def stands_for(expr: Expr) -> Expr | int | None:
            if isinstance(expr, Name) and expr.origin == "parameter":
                return self.constant(expr, head)
            if isinstance(expr, Name) and expr.origin == "let":
                return lets[expr.name]
            if isinstance(expr, Name) and expr.origin == "result" and step_of(expr.kind) is None:
                raise Inexact("a result that was rounded to a float64")
            if isinstance(expr, Aggregate) and expr.function == "share":
                return as_quotient(expr)
            if not isinstance(expr, (Name, Aggregate)) and not (isinstance(expr, Call) and expr.function in DATE_PARTS):
                return None
            if expr not in leaves:
                leaves.append(expr)
            return leaves.index(expr)

        return Writer(stands_for)

    def values(self, head: Head, exprs: Sequence[Expr]) -> Plan:
        """Plan the values of expressions, in base units."""
        leaves: list[Expr] = []
        writer = self.writer(head, leaves)
        for expr in exprs:
            writer.result(expr)
        return Plan(writer.program(), tuple(leaves), head)

    def members(self, head: Head, expr: Aggregate) -> Plan:
        """Plan what a ``count`` or ``sum`` adds up: whether a member counts, and its value in steps of the kind."""
        leaves: list[Expr] = []
        writer = self.writer(head, leaves)
        where = expr.where or Literal(True, kind=TRUTH)
        value = expr.value or Literal(Fraction(1), kind=expr.kind)
        writer.results.append(writer.figure(where).whole.at)
        writer.results.append(code(writer, writer.figure(value), expr).at)
        return Plan(writer.program(), tuple(leaves), head)

    # -- tables

    def _table(self, table: DecisionTable) -> TablePlan:
        found = indexed(table, self.day, lambda expr: self.constant(expr, table.head))
        inputs = tuple(None if is_column(one) else self._input(table.head, one) for one in found.inputs)
        values: dict[tuple[int, int], Plan] = {}
        for number, row in [*enumerate(found.rows), (-1, None)]:
            told = row.values if row is not None else table.otherwise or ()
            for at, value in enumerate(told):
                if value is not None and not isinstance(value, Literal):
                    values[number, at] = self.values(table.head, [value])
        return TablePlan(table, found, inputs, values)

    def _input(self, head: Head, expr: Expr) -> Plan:
        """Plan an input that has to be worked out; its result is a code."""
        leaves: list[Expr] = []
        writer = self.writer(head, leaves)
        writer.results.append(code(writer, writer.figure(expr), expr).at)
        return Plan(writer.program(), tuple(leaves), head)

    # -- rules and formulas

    def _rule(self, rule: Rule) -> RulePlan:
        force = tuple(at for at, one in enumerate(rule.exceptions) if one.span.holds(self.day))
        yes = Literal(True, kind=TRUTH)
        parts: list[Expr] = [rule.when or yes, *(rule.exceptions[at].when or yes for at in force)]
        parts += [one.value for one in rule.then]
        parts += [one.value for at in force for one in rule.exceptions[at].then]
        return RulePlan(rule, force, self.values(rule.head, parts))

    def _formula(self, formula: Formula) -> FormulaPlan:
        leaves: list[Expr] = []
        writer = self.writer(formula.head, leaves)
        chosen: Expr = formula.value
        if formula.when is not None:
            chosen = Choose(formula.when, formula.value, formula.otherwise, kind=formula.kind)
        figure = writer.figure(chosen)
        if formula.rounding is not None:
            figure = rounded(writer, figure, formula)
        writer.results.append(writer.value(figure).at)
        when = formula.when or Literal(True, kind=TRUTH)
        writer.results.append(writer.figure(when).whole.at)
        return FormulaPlan(formula, Plan(writer.program(), tuple(leaves), formula.head))


def as_quotient(expr: Aggregate) -> Expr:
    """Return a share as the quotient of two totals."""
    kind = Number(step=Fraction(1), low=Fraction(0))
    if expr.value is not None and isinstance(expr.value.kind, Number):
        one = expr.value.kind
        kind = Number(one.powers, Fraction(0) if one.low is not None and one.low >= 0 else None, None, one.step)
    part = Aggregate("count" if expr.value is None else "sum", expr.group, expr.value, expr.where, kind=kind)
    whole = replace(part, where=None)
    return Arithmetic("/", part, whole, kind=expr.kind, place=expr.place)


def is_column(expr: Expr) -> bool:
    """Whether an input is given as a column."""
    return isinstance(expr, Name) and expr.origin in ("input", "field", "result", "member")


def code(writer: Writer, figure: Figure, expr: Expr) -> Register:
    """Return a figure as a code of the kind of an expression."""
    step = step_of(expr.kind)
    times = None if step is None else figure.scale / step
    if times is None or times.denominator != 1 or figure.below is not None:
        raise Inexact("an input between the steps of its kind")
    return writer.times(figure.whole, int(times))


def rounded(writer: Writer, figure: Figure, formula: Formula) -> Figure:
    """Return the value of a formula brought to multiples of its step."""
    assert formula.rounding is not None
    step = formula.rounding.step
    unit = Figure(writer.whole(step.numerator), Fraction(1, step.denominator))
    function = {"down": "floor", "up": "ceil", "nearest": "round"}[formula.rounding.mode]
    return writer.stepped(function, figure, unit)
