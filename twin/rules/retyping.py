"""Kinds worked out anew, after a literal of an expression was replaced.

The kind of an expression holds the range and the step of its values, which the literals in it decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from twin.rules import ranges
from twin.rules.expressions import RESULTS, aggregated
from twin.rules.functions import FUNCTIONS
from twin.rules.kinds import Kind, Number
from twin.rules.model import (
    Aggregate,
    Arithmetic,
    Assign,
    Call,
    Cell,
    Choose,
    Decider,
    DecisionTable,
    Expr,
    Formula,
    History,
    Name,
    Node,
    Row,
    Rule,
    Test,
)

Lets = Mapping[str, Kind]


def swapped(expr: Expr, old: Expr, new: Expr) -> Expr:
    """Return an expression with another in the place of a part of it; kinds are not worked out anew."""
    return new if expr is old else rebuilt(expr, lambda one: swapped(one, old, new))


def retyped(expr: Expr, lets: Lets) -> Expr:
    """Return an expression whose kinds follow from those of its literals and names."""
    if isinstance(expr, Name):
        return replace(expr, kind=lets[expr.name]) if expr.origin == "let" and expr.name in lets else expr
    fresh = rebuilt(expr, lambda one: retyped(one, lets))
    kind = _KINDS.get(type(expr), _kept)(fresh)
    return fresh if kind == fresh.kind else replace(fresh, kind=kind)


def retyped_decider(decider: Decider) -> Decider:
    """Return a table, rule or formula whose lets, and all that uses them, have the kinds that follow."""
    lets: dict[str, Kind] = {}
    done = []
    for let in decider.head.lets:
        value = retyped(let.value, lets)
        lets[let.name] = value.kind
        done.append(replace(let, value=value))
    head = replace(decider.head, lets=tuple(done))

    def again(expr: Expr) -> Expr:
        return retyped(expr, lets)

    if isinstance(decider, DecisionTable):
        return _table(replace(decider, head=head), again)
    if isinstance(decider, Rule):
        return _rule(replace(decider, head=head), again)
    return _formula(replace(decider, head=head), again)


_Again = Callable[[Expr], Expr]


def _table(table: DecisionTable, again: _Again) -> DecisionTable:
    columns = tuple(again(one) for one in table.columns)
    rows = tuple(_row(row, again) for row in table.rows)
    return replace(table, columns=columns, rows=rows, otherwise=_all(table.otherwise, again))  # type: ignore[arg-type]


def _row(row: Row, again: _Again) -> Row:
    cells = tuple(_cell(cell, again) for cell in row.cells)
    return replace(row, cells=cells, values=_all(row.values, again) or ())


def _cell(cell: Cell, again: _Again) -> Cell:
    return replace(cell, tests=tuple(_test(one, again) for one in cell.tests)) if cell.tests else cell


def _test(test: Test, again: _Again) -> Test:
    changed: dict[str, Any] = {}
    for one in fields(test):
        value: Any = getattr(test, one.name)
        if isinstance(value, Node):
            changed[one.name] = again(value)  # type: ignore[arg-type]
    return replace(test, **changed) if changed else test


def _all(values: tuple[Expr | None, ...] | None, again: _Again) -> tuple[Expr | None, ...] | None:
    return None if values is None else tuple(None if one is None else again(one) for one in values)


def _rule(rule: Rule, again: _Again) -> Rule:
    exceptions = tuple(replace(one, when=None if one.when is None else again(one.when), then=_then(one.then, again))
                       for one in rule.exceptions)  # fmt: skip
    when = None if rule.when is None else again(rule.when)
    return replace(rule, when=when, then=_then(rule.then, again), exceptions=exceptions)


def _then(then: tuple[Assign, ...], again: _Again) -> tuple[Assign, ...]:
    return tuple(replace(one, value=again(one.value)) for one in then)


def _formula(formula: Formula, again: _Again) -> Formula:
    when = None if formula.when is None else again(formula.when)
    return replace(formula, value=again(formula.value), when=when, otherwise=again(formula.otherwise))


# -- one expression


def rebuilt(expr: Expr, change: Callable[[Any], Any]) -> Expr:
    """Return an expression whose direct parts are changed; the same one where nothing is."""
    changed: dict[str, Any] = {}
    for declared in fields(expr):
        value = getattr(expr, declared.name)
        if isinstance(value, Node):
            fresh: Any = change(value)
            if fresh is not value:
                changed[declared.name] = fresh
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            fresh = tuple(map(change, value))
            if any(one is not other for one, other in zip(fresh, value, strict=True)):
                changed[declared.name] = fresh
    return replace(expr, **changed) if changed else expr


def _kept(expr: Any) -> Kind:
    kind: Kind = expr.kind
    return kind


def _arithmetic(expr: Arithmetic) -> Kind:
    one, other = expr.left.kind, expr.right.kind
    return RESULTS[expr.op](one, other) if isinstance(one, Number) and isinstance(other, Number) else expr.kind


def _choose(expr: Choose) -> Kind:
    one, other = expr.yes.kind, expr.no.kind
    return ranges.hull([one, other]) if isinstance(one, Number) and isinstance(other, Number) else expr.kind


def _call(expr: Call) -> Kind:
    kinds = [one.kind for one in expr.arguments if isinstance(one.kind, Number)]
    whole = len(kinds) == len(expr.arguments)
    return FUNCTIONS[expr.function].range_of(kinds) if whole else expr.kind


def _history(expr: History) -> Kind:
    return expr.operand.kind if expr.function == "prev" else expr.kind


_KINDS: Mapping[type, Callable[[Any], Kind]] = {
    Arithmetic: _arithmetic,
    Choose: _choose,
    Call: _call,
    Aggregate: lambda expr: aggregated(expr.function, expr.value),
    History: _history,
}
