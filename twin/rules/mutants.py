"""Rules changed a little, one thing at a time: bounds nudged, words swapped, exceptions dropped, outputs changed.

A test suite that does not notice such a change does not hold that thing. Every mutant carries a condition without which
it cannot decide differently; what is written in the file is never changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from twin.errors import Place, Words
from twin.rules import ranges
from twin.rules.conditions import condition_of
from twin.rules.goals import Rival, beside, common, step_beside
from twin.rules.kinds import TRUTH, Choice, Day, Kind, Number, Truth, Value, written
from twin.rules.model import (
    ALWAYS,
    Among,
    Between,
    Cell,
    Compare,
    Decider,
    DecisionTable,
    Equals,
    Every,
    Expr,
    Holds,
    Literal,
    Name,
    Not,
    Parameter,
    Reign,
    Row,
    Rule,
    RuleSet,
    Span,
    Test,
    children,
    conditions,
)
from twin.rules.paths import Part, parts, row_parts, said
from twin.rules.reference import precedence
from twin.rules.retyping import rebuilt, retyped_decider, swapped
from twin.rules.scope import PARAMETERS
from twin.rules.spans import parameters_of
from twin.rules.texts import expanded

Conditions = tuple[Expr, ...]


@dataclass(frozen=True)
class Mutant:
    """One small change: what it is and where, the rules with it, and when it may matter.

    It can decide differently only where all conditions of one of ``differs`` hold, on a day of ``span`` on which no
    rival matches; without any, everywhere.
    """

    said: Words
    place: Place
    old: Decider
    new: Decider
    rules: RuleSet
    span: Span = ALWAYS
    differs: tuple[Conditions, ...] = ()
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True)
class _Change:
    """Another text for one place of a file."""

    new: Any
    said: Words
    place: Place


def mutants_of(rules: RuleSet) -> Iterator[Mutant]:
    """Yield every mutant of a rule set, in file order, then those of parameters."""
    for decider in rules.deciders:
        yield from _Mutants(rules, decider).all()
    for parameter in rules.parameters:
        yield from _of_parameter(rules, parameter)


def with_decider(rules: RuleSet, old: Decider, new: Decider) -> RuleSet:
    """Return a rule set with one table, rule or formula in the place of another."""
    files = tuple(
        replace(file, deciders=tuple(new if one is old else one for one in file.deciders)) for file in rules.files
    )
    return replace(rules, files=files)


class _Mutants:
    """The mutants of one table, rule or formula."""

    def __init__(self, rules: RuleSet, decider: Decider) -> None:
        self.rules = rules
        self.decider = decider
        self.lets = {one.name: one.value for one in decider.head.lets}

    def all(self) -> Iterator[Mutant]:
        """Yield them in the order of the file."""
        if isinstance(self.decider, DecisionTable):
            yield from self.of_parts([one for one in parts(self.decider) if one.name.startswith("let.")])
            yield from self.of_table(self.decider)
        else:
            yield from self.of_parts(parts(self.decider))
        if isinstance(self.decider, Rule):
            yield from self.without_exceptions(self.decider)

    def whole(self, expr: Expr) -> Expr:
        """Put the lets in."""
        return expanded(expr, self.lets)

    def made(self, change: _Change, new: Decider, span: Span, differs: tuple[Conditions, ...],
             rivals: tuple[Rival, ...] = ()) -> Mutant:  # fmt: skip
        """Return the mutant of a change."""
        fresh = retyped_decider(new)
        rules = with_decider(self.rules, self.decider, fresh)
        return Mutant(change.said, change.place, self.decider, fresh, rules, span, differs, rivals)

    # -- tables

    def of_table(self, table: DecisionTable) -> Iterator[Mutant]:
        """Yield the mutants of the rows, and of ``else``."""
        cells = [self.cells(table, row) for row in table.rows]
        every = [Rival(row.span, Every(tuple(own), kind=TRUTH)) for row, own in zip(table.rows, cells, strict=True)]
        for at, row in enumerate(table.rows):
            rivals = tuple(every[one] for one in _before(table, at))
            for part in row_parts(table, at):
                yield from self.of_row_part(part, row, cells[at], rivals)
        for part in parts(replace(table, rows=())):
            if part.name.startswith("else."):
                yield from self.of_else(table, part, tuple(every))

    def cells(self, table: DecisionTable, row: Row) -> list[Expr]:
        """Return the conditions of the cells of a row."""
        return [self.whole(condition_of(cell, column)) for cell, column in zip(row.cells, table.columns, strict=True)]

    def of_row_part(self, part: Part, row: Row, cells: list[Expr], rivals: tuple[Rival, ...]) -> Iterator[Mutant]:
        """Yield the mutants of a cell or of a value of a row."""
        if isinstance(part.holds, Cell):
            assert part.column is not None
            at = next(at for at, one in enumerate(row.cells) if one is part.holds)
            others = tuple(one for place, one in enumerate(cells) if place != at and not row.cells[place].anything)
            for change in _cells(part.holds, part.column):
                fresh = self.whole(condition_of(change.new, part.column))
                differs = tuple((*pair, *others) for pair in _either(cells[at], fresh))
                yield self.made(change, part.put(change.new), row.span, differs, rivals)
            return
        reached = tuple(one for one, cell in zip(cells, row.cells, strict=True) if not cell.anything)
        for change in _outputs(part.holds, part.wanted):
            yield self.made(change, part.put(change.new), row.span, (reached,), rivals)

    def of_else(self, table: DecisionTable, part: Part, rivals: tuple[Rival, ...]) -> Iterator[Mutant]:
        """Yield the mutants of a value of ``else``."""
        assert not isinstance(part.holds, Cell) and table.otherwise is not None
        names = [one.name for one in table.outputs]
        at = names.index(part.name.removeprefix("else."))
        for change in _outputs(part.holds, part.wanted):
            values = (*table.otherwise[:at], change.new, *table.otherwise[at + 1 :])
            yield self.made(change, replace(table, otherwise=values), ALWAYS, ((),), rivals)

    # -- rules and formulas

    def of_parts(self, every: Any) -> Iterator[Mutant]:
        """Yield the mutants of lets, conditions and values."""
        for part in every:
            if isinstance(part.holds, Cell) or part.kind == "step":
                continue
            gate, span = self.gate(part.name)
            if part.kind == "value":
                for change in _outputs(part.holds, part.wanted):
                    yield self.made(change, part.put(change.new), span, (gate,))
                continue
            for change in variants(part.holds):
                old, new = self.whole(part.holds), self.whole(change.new)
                differs = tuple((*pair, *gate) for pair in _either(old, new))
                yield self.made(change, part.put(change.new), span, differs)

    def gate(self, name: str) -> tuple[Conditions, Span]:
        """Return the conditions under which a part counts, and when."""
        decider = self.decider
        when = getattr(decider, "when", None)
        holds = () if when is None else (self.whole(when),)
        if name.startswith(("then.", "value")):
            return holds, ALWAYS
        if name.startswith("otherwise"):
            return tuple(Not(one, kind=TRUTH) for one in holds), ALWAYS
        if not name.startswith("exceptions[") or not isinstance(decider, Rule):
            return (), ALWAYS
        one = next(one for one in decider.exceptions if name.startswith(f"exceptions[{one.id}]."))
        own = () if one.when is None or name.endswith("].when") else (self.whole(one.when),)
        return (*holds, *own), one.span

    def without_exceptions(self, rule: Rule) -> Iterator[Mutant]:
        """Yield the rule without each of its exceptions."""
        for at, one in enumerate(rule.exceptions):
            rest = tuple(each for place, each in enumerate(rule.exceptions) if place != at)
            rest = tuple(
                replace(each, overrides=tuple(id_ for id_ in each.overrides if id_ != one.id)) for each in rest
            )
            held = [when for when in (rule.when, one.when) if when is not None]
            change = _Change(None, Words(f"without exception {one.id}", f"去掉例外 {one.id}"), one.place)
            yield self.made(change, replace(rule, exceptions=rest), one.span, (tuple(map(self.whole, held)),))


def _before(table: DecisionTable, at: int) -> Sequence[int]:
    """Return the rows that win over a row wherever they match."""
    if table.hit.policy == "first":
        return range(at)
    if table.hit.policy != "priority":
        return ()
    mine = precedence(table, table.rows[at])
    return [one for one, row in enumerate(table.rows) if precedence(table, row) < mine]


def _either(old: Expr, new: Expr) -> Iterator[Conditions]:
    """Yield the ways in which two expressions can differ."""
    if isinstance(old.kind, Truth):
        yield old, Not(new, kind=TRUTH)
        yield new, Not(old, kind=TRUTH)
    else:
        yield (Compare("!=", old, new, kind=TRUTH),)


# -- parameters


def _of_parameter(rules: RuleSet, parameter: Parameter) -> Iterator[Mutant]:
    """Yield each value of a parameter nudged up and down, for every table, rule or formula that uses it."""
    users = [one for one in rules.deciders if parameter in parameters_of(conditions(one), rules)]
    for at, reign in enumerate(parameter.reigns if users else ()):
        for value, shown in _values(reign.value, parameter.kind):
            words = Words(f"{parameter.name} {shown}", f"{parameter.name} {shown}")
            reigns = (*parameter.reigns[:at], replace(reign, value=value), *parameter.reigns[at + 1 :])
            changed = _with_parameter(rules, parameter, reigns)
            for user in users:
                if user.head.span.meets(reign.span):
                    differs = tuple(_differing(user, parameter, value))
                    yield Mutant(words, reign.place, user, user, changed, common(user.head.span, reign.span), differs)


def _differing(user: Decider, parameter: Parameter, value: Value) -> Iterator[Conditions]:
    """Yield the ways in which what uses a parameter differs with another value of it."""
    lets = {one.name: one.value for one in user.head.lets}
    every: list[Expr | None] = [*conditions(user)]
    if isinstance(user, DecisionTable):
        every = [*(one for row in user.rows for one in row.values), *(user.otherwise or ())]
        every += [condition_of(cell, column) for row in user.rows
                  for cell, column in zip(row.cells, user.columns, strict=True) if not cell.anything]  # fmt: skip
    for expr in dict.fromkeys(expanded(one, lets) for one in every if one is not None):
        fresh = _with_value(expr, PARAMETERS + parameter.name, value)
        if fresh is not expr:
            yield from _either(expr, fresh)


def _with_value(expr: Expr, name: str, value: Value) -> Expr:
    if isinstance(expr, Name):
        named = expr.origin == "parameter" and expr.name == name
        return Literal(value, kind=_exactly(value, expr.kind), place=expr.place) if named else expr
    return rebuilt(expr, lambda one: _with_value(one, name, value))


def _with_parameter(rules: RuleSet, old: Parameter, reigns: tuple[Reign, ...]) -> RuleSet:
    new = replace(old, reigns=reigns)
    files = tuple(replace(file, parameters=tuple(new if one is old else one for one in file.parameters))
                  for file in rules.files)  # fmt: skip
    return replace(rules, files=files)


def _values(value: Value, kind: Kind) -> Iterator[tuple[Value, str]]:
    """Yield a value changed by the least step, up and down, with how that is written."""
    step = step_beside(kind, value)
    if isinstance(value, bool) or isinstance(kind, Choice) or step is None or value is None:
        other = _other(value, kind)
        if other is not None:
            yield other, f"{written(value, kind)} -> {written(other, kind)}"
        return
    for sign in (1, -1):
        moved = _moved(value, sign * step)
        if moved is not None:
            yield moved, f"{written(value, kind)} -> {written(moved, kind)}"


def _moved(value: Value, step: Fraction) -> Value:
    if isinstance(value, Fraction):
        return value + step
    at = value.toordinal() + int(step) if isinstance(value, dt.date) else 0
    return dt.date.fromordinal(at) if 1 <= at <= dt.date.max.toordinal() else None


def _other(value: Value, kind: Kind) -> Value:
    """Return another value of a kind that has no steps, ``None`` where there is none."""
    if isinstance(value, bool):
        return not value
    if isinstance(kind, Choice) and len(kind.values) > 1 and value in kind.values:
        return kind.values[(kind.values.index(str(value)) + 1) % len(kind.values)]
    return f"{value} ..." if isinstance(value, str) and not isinstance(kind, Choice) else None


# -- cells


def _cells(cell: Cell, column: Name) -> Iterator[_Change]:
    """Yield a cell with one of its tests changed."""
    if not cell.readable:
        return
    for at, test in enumerate(cell.tests):
        for fresh, words, place in _tests(test, column, cell):
            tests = (*cell.tests[:at], fresh, *cell.tests[at + 1 :])
            yield _Change(replace(cell, tests=tests, text="..."), words, place)


def _tests(test: Test, column: Name, cell: Cell) -> Iterator[tuple[Test, Words, Place]]:
    if isinstance(test, Between) and not isinstance(column.kind, Choice):
        yield from _intervals(test, column, cell.place)
    elif isinstance(test, Holds):
        for change in variants(test.condition):
            yield Holds(change.new), change.said, change.place
    elif isinstance(test, Equals) and isinstance(test.value, Literal):
        taken = [one.value.value for one in cell.tests if isinstance(one, Equals) and isinstance(one.value, Literal)]
        other = _word_outside(test.value.value, column.kind, taken)
        if other is not None:
            words = _arrow(f"{column.name}: {written(test.value.value)}", written(other))
            yield Equals(replace(test.value, value=other)), words, _placed(test.value.place, cell.place)


def _word_outside(value: Value, kind: Kind, taken: Sequence[Value]) -> Value:
    """Return a word that no test of a cell names."""
    if isinstance(value, bool):
        return not value
    words = kind.values if isinstance(kind, Choice) else ()
    return next((one for one in words if one not in taken), None)


def _intervals(test: Between, column: Name, place: Place) -> Iterator[tuple[Test, Words, Place]]:
    """Yield an interval with an end moved by a step, or taken in, or left out."""
    for side in ("low", "high"):
        end: Expr | None = getattr(test, side)
        if end is None:
            continue
        is_in = getattr(test, f"{side}_in")
        if isinstance(end, Literal):
            step = beside(column, end)
            for value, _ in _values(end.value, column.kind) if step is not None else ():
                words = _arrow(f"{column.name}: {said(end)}", written(value, column.kind))
                changed = replace(end, value=value, kind=_exactly(value, end.kind))
                yield replace(test, **{side: changed}), words, _placed(end.place, place)  # type: ignore[arg-type]
        if not (_stepped(column.kind) and isinstance(end, Literal)):
            words = Words(f"{column.name}: {said(end)} {'left out' if is_in else 'taken in'}",
                          f"{column.name}：{said(end)} {'不含此值' if is_in else '包含此值'}")  # fmt: skip
            yield replace(test, **{f"{side}_in": not is_in}), words, _placed(end.place, place)  # type: ignore[arg-type]


def _stepped(kind: Kind) -> bool:
    """Whether a bound that is moved by a step separates the same values as one that is left out."""
    return isinstance(kind, Day) or (isinstance(kind, Number) and kind.step is not None)


def _exactly(value: Value, kind: Kind) -> Kind:
    return ranges.exactly(value, kind.powers) if isinstance(value, Fraction) and isinstance(kind, Number) else kind


def _placed(place: Place, other: Place) -> Place:
    return place if place.file else other


def _arrow(old: str, new: str) -> Words:
    return Words(f"{old} -> {new}", f"{old} -> {new}")


# -- values and expressions


def _outputs(expr: Expr, kind: Kind | None) -> Iterator[_Change]:
    """Yield an output with another value."""
    wanted = kind if kind is not None else expr.kind
    if not isinstance(expr, Literal):
        yield from variants(expr)
        return
    for value, shown in list(_values(expr.value, wanted))[:1]:
        words = Words(f"output {shown}", f"输出 {shown}")
        yield _Change(replace(expr, value=value, kind=_exactly(value, expr.kind)), words, expr.place)


def variants(expr: Expr) -> Iterator[_Change]:
    """Yield an expression with one thing in it changed."""
    for node, fresh, words in _nodes(expr):
        yield _Change(swapped(expr, node, fresh), words, _placed(node.place, expr.place))


def _nodes(expr: Expr) -> Iterator[tuple[Expr, Expr, Words]]:
    """Yield (what stands there, what shall, how it is said) for an expression and everything in it."""
    if isinstance(expr, Compare):
        yield from _comparison(expr)
        return
    if isinstance(expr, Among):
        yield from _among(expr)
    elif isinstance(expr, Name) and isinstance(expr.kind, Truth):
        yield expr, Not(expr, kind=TRUTH), Words(f"not {expr.name}", f"非 {expr.name}")
    elif isinstance(expr, Literal):
        yield from _literal(expr, expr.kind, both=False)
    if not isinstance(expr, Among):
        for below in children(expr):
            yield from _nodes(below)


def _comparison(expr: Compare) -> Iterator[tuple[Expr, Expr, Words]]:
    for side, other in ((expr.left, expr.right), (expr.right, expr.left)):
        if isinstance(side, Literal):
            yield from _literal(side, other.kind, both=True)
        elif not isinstance(side, Name):
            yield from _nodes(side)
    if not (_stepped(expr.left.kind) and isinstance(expr.right, Literal)) or expr.op in ("==", "!="):
        op = _FLIPPED[expr.op]
        yield expr, replace(expr, op=op), _arrow(said(expr), op)


def _among(expr: Among) -> Iterator[tuple[Expr, Expr, Words]]:
    taken = [one.value for one in expr.items if isinstance(one, Literal)]
    for item in expr.items:
        if isinstance(item, Literal):
            other = _word_outside(item.value, expr.operand.kind, taken)
            if isinstance(expr.operand.kind, Choice) and other is not None:
                yield item, replace(item, value=other), _arrow(written(item.value), written(other))
            else:
                yield from _literal(item, expr.operand.kind, both=True)


def _literal(expr: Literal, kind: Kind, *, both: bool) -> Iterator[tuple[Expr, Expr, Words]]:
    """Yield a literal moved by a step of what it is compared with, else by one in its last place."""
    if kind is expr.kind and isinstance(kind, Number):
        kind = Number(kind.powers)
    for value, shown in list(_values(expr.value, kind if type(kind) is type(expr.kind) else expr.kind))[: 1 + both]:
        yield expr, replace(expr, value=value, kind=_exactly(value, expr.kind)), Words(shown, shown)


_FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
