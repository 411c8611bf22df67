"""What tests of rules should reach: rows, both sides of every bound, words, conditions, exceptions, epochs.

A goal is told by a condition, so that a case that reaches it can be recognised, looked for, or proved not to exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal as OneOf

from twin.errors import Place, Words
from twin.rules.conditions import condition_of
from twin.rules.kinds import TRUTH, Choice, Day, Kind, Number, Value
from twin.rules.model import (
    ALWAYS,
    Absent,
    Aggregate,
    Arithmetic,
    Between,
    Cell,
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
    Name,
    Not,
    Row,
    Rule,
    RuleSet,
    Span,
    Test,
    children,
    conditions,
)
from twin.rules.paths import said
from twin.rules.reference import DAY_MINUTES, precedence
from twin.rules.spans import parameters_of, span_of, stretches
from twin.rules.texts import expanded

Sort = OneOf["row", "else", "bound", "word", "when", "exception", "epoch", "decided"]
Near = tuple[Expr, ...]
PLACES = 40  # decimal places after which a number is not looked at


@dataclass(frozen=True)
class Rival:
    """A row that wins over another wherever it matches, and when it is in force."""

    span: Span
    condition: Expr


@dataclass(frozen=True)
class Goal:
    """One thing that a test should reach.

    A case reaches it when its day lies in ``span``, all of ``wanted`` holds and no rival matches. ``near`` are narrower
    conditions, the most telling first: cases beside a bound. ``row`` is what decides there, where that tells it.
    """

    sort: Sort
    decider: Decider
    said: Words
    place: Place
    span: Span = ALWAYS
    wanted: tuple[Expr, ...] = ()
    near: tuple[Near, ...] = ()
    rivals: tuple[Rival, ...] = ()
    row: str | int | None = None


def goals_of(rules: RuleSet) -> Iterator[Goal]:
    """Yield every goal of a rule set, in file order."""
    for decider in rules.deciders:
        yield from _Goals(decider, epochs(decider, rules)).all()


def epochs(decider: Decider, rules: RuleSet) -> list[Span]:
    """Return the stretches of time, while something can decide, in which nothing of it changes."""
    used = parameters_of(conditions(decider), rules)
    spans = [reign.span for one in used for reign in one.reigns]
    whole = decider.head.span
    if isinstance(decider, DecisionTable):
        spans += [row.span for row in decider.rows]
        whole = span_of(decider)
    elif isinstance(decider, Rule):
        spans += [one.span for one in decider.exceptions]
    found = stretches(whole, spans)
    return [one for one in found if all(each.on(_a_day(one)) is not None for each in used)] or found


def _a_day(span: Span) -> dt.date:
    return span.start or (dt.date.min if span.end is None else span.end - dt.timedelta(days=1))


def common(one: Span, other: Span) -> Span:
    """Return the time that two spans share (they must meet)."""
    starts = [day for day in (one.start, other.start) if day is not None]
    ends = [day for day in (one.end, other.end) if day is not None]
    return Span(max(starts, default=None), min(ends, default=None))


def step_beside(kind: Kind, value: Value = None) -> Fraction | None:
    """Return by how much a bound is nudged: the step of its kind, else one in the last place that is written.

    In base units (days for dates); ``None`` for what has no bounds.
    """
    if isinstance(kind, Day):
        return Fraction(1)
    if not isinstance(kind, Number):
        return None
    if kind.step is not None:
        return kind.step
    if not isinstance(value, Fraction):
        bounded = kind.low is not None and kind.high is not None and kind.low < kind.high
        return (kind.high - kind.low) / 100 if bounded else kind.factor  # type: ignore[operator]
    counted = value / kind.factor
    places = next((at for at in range(PLACES) if (counted * 10**at).denominator == 1), 2)
    return kind.factor / 10**places


class _Goals:
    """The goals of one table, rule or formula."""

    def __init__(self, decider: Decider, spans: Sequence[Span]) -> None:
        self.decider = decider
        self.spans = spans
        self.lets = {one.name: one.value for one in decider.head.lets}

    def all(self) -> Iterator[Goal]:
        """Yield them in the order in which they stand in the file."""
        for let in self.decider.head.lets:
            yield from self.of_comparisons(let.value, ALWAYS, ())
        if isinstance(self.decider, DecisionTable):
            yield from self.of_table(self.decider)
        elif isinstance(self.decider, Rule):
            yield from self.of_rule(self.decider)
        else:
            yield from self.of_formula(self.decider)
        if len(self.spans) > 1:
            for span in self.spans:
                words = Words(f"a day in {span}", f"{span} 中的某一天")
                yield Goal("epoch", self.decider, words, self.decider.head.place, span)

    def whole(self, expr: Expr) -> Expr:
        """Put the lets in."""
        return expanded(expr, self.lets)

    # -- tables

    def of_table(self, table: DecisionTable) -> Iterator[Goal]:
        """Yield the goals of the rows, and of ``else``."""
        cells = {row.number: self.cells(table, row) for row in table.rows}
        rivals = {number: Rival(row.span, Every(tuple(cells[number]), kind=TRUTH))
                  for number, row in ((row.number, row) for row in table.rows)}  # fmt: skip
        before: dict[int, tuple[Rival, ...]] = {}
        turn = sorted(table.rows, key=lambda row: precedence(table, row)) if table.hit.policy == "priority" else (
            table.rows)  # fmt: skip
        if table.hit.policy in ("first", "priority"):
            before = {row.number: tuple(rivals[one.number] for one in turn[:at]) for at, row in enumerate(turn)}
        for row in table.rows:
            if row.readable:
                yield from self.of_row(table, row, cells[row.number], before.get(row.number, ()))
        if table.otherwise is not None:
            words = Words("the `else` row", "`else` 行")
            yield Goal("else", table, words, table.otherwise_place, rivals=tuple(rivals.values()), row="else")

    def cells(self, table: DecisionTable, row: Row) -> list[Expr]:
        """Return the conditions of the cells of a row."""
        return [self.whole(condition_of(cell, column)) for cell, column in zip(row.cells, table.columns, strict=True)]

    def of_row(self, table: DecisionTable, row: Row, cells: list[Expr], rivals: tuple[Rival, ...]) -> Iterator[Goal]:
        """Yield that a row decides, and what its cells ask."""
        words = Words(f"row {row.label}", f"第 {row.label} 行")
        every = tuple(cell for cell, one in zip(cells, row.cells, strict=True) if not one.anything)
        yield Goal("row", table, words, row.place, row.span, every, (), rivals, row.label)
        for at, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            if cell.anything:
                continue
            others = tuple(one for place, one in enumerate(cells) if place != at and not row.cells[place].anything)
            prefix = Goal("bound", table, words, cell.place, row.span, others, (), rivals)
            yield from self.of_cell(prefix, cell, column)

    def of_cell(self, prefix: Goal, cell: Cell, column: Name) -> Iterator[Goal]:
        """Yield the sides and words of a cell."""
        for test in cell.tests:
            if isinstance(test, Between) and not isinstance(column.kind, Choice):
                yield from self.of_interval(prefix, test, column)
            elif isinstance(test, Holds):
                yield from self.of_comparisons(test.condition, prefix.span, prefix.wanted, prefix.rivals)
            elif len(cell.tests) > 1 or cell.negated:
                yield from self.of_word(prefix, test, column)

    def of_word(self, prefix: Goal, test: Test, column: Name) -> Iterator[Goal]:
        """Yield that one of several words of a cell occurs."""
        name = "missing" if isinstance(test, Absent) else said(test.value) if isinstance(test, Equals) else "..."
        words = Words(f"{prefix.said.en}: {column.name} = {name}", f"{prefix.said.zh}：{column.name} = {name}")
        condition = self.whole(condition_of(Cell((test,)), column))
        yield replace(prefix, sort="word", said=words, wanted=(condition, *prefix.wanted))

    def of_interval(self, prefix: Goal, test: Between, column: Name) -> Iterator[Goal]:
        """Yield both sides of each end of an interval."""
        inside = self.whole(condition_of(Cell((test,)), column))
        subject = self.whole(column)
        ends = [(test.low, test.low_in, -1), (test.high, test.high_in, 1)]
        single = test.low is not None and test.low == test.high
        for end, is_in, sign in ends:
            if end is None:
                continue
            bound = self.whole(end)
            name = f"{column.name} {_sign(is_in, sign)} {said(end)}" if not single else f"{column.name} = {said(end)}"
            if not single or sign < 0:
                near = ((_beside(subject, bound, 0 if is_in else -sign),), ())
                yield self.side(prefix, name, "true", (inside,), near)
            outside = Not(inside, kind=TRUTH) if _turns(column.kind) else Compare(
                _sign(not is_in, -sign), subject, bound, kind=TRUTH)  # fmt: skip
            yield self.side(prefix, name, _BESIDE[sign] if single else "false", (outside,),
                            ((_beside(subject, bound, sign if is_in else 0),), ()))  # fmt: skip

    def side(self, prefix: Goal, name: str, truth: str, side: Near, near: tuple[Near, ...]) -> Goal:
        """Return the goal of one side of a bound."""
        label = _SIDES[truth]
        words = Words(f"{prefix.said.en}: {name}: {label.en}", f"{prefix.said.zh}：{name}：{label.zh}")
        return replace(prefix, said=words, wanted=(*side, *prefix.wanted), near=tuple(one for one in near if one))

    # -- rules and formulas

    def of_rule(self, rule: Rule) -> Iterator[Goal]:
        """Yield a rule's condition, and its exceptions."""
        gate: tuple[Expr, ...] = ()
        if rule.when is None:
            yield self.decided()
        else:
            yield from self.of_condition(rule.when, "when")
            gate = (self.whole(rule.when),)
        for one in rule.exceptions:
            yield from self.of_exception(one, gate)

    def of_exception(self, one: Exemption, gate: tuple[Expr, ...]) -> Iterator[Goal]:
        """Yield that an exception holds and that it does not, where its rule does."""
        for truth in ("true", "false"):
            if one.when is None and truth == "false":
                continue
            when = () if one.when is None else (self.whole(one.when),)
            told = when if truth == "true" else tuple(Not(each, kind=TRUTH) for each in when)
            label = _SIDES[truth]
            words = Words(f"exception {one.id}: {label.en}", f"例外 {one.id}：{label.zh}")
            row = one.id if truth == "true" else None
            yield Goal("exception", self.decider, words, one.place, one.span, (*gate, *told), row=row)
        if one.when is not None:
            yield from self.of_comparisons(one.when, one.span, gate)

    def of_formula(self, formula: Formula) -> Iterator[Goal]:
        """Yield a formula's condition, and the comparisons in its value."""
        if formula.when is None:
            yield self.decided()
        else:
            yield from self.of_condition(formula.when, "value")
        yield from self.of_comparisons(formula.value, ALWAYS, () if formula.when is None else (formula.when,))

    def decided(self) -> Goal:
        """Return the goal that anything is decided at all."""
        row = "value" if isinstance(self.decider, Formula) else "when"
        return Goal("decided", self.decider, Words("any case", "任何情形"), self.decider.head.place, row=row)

    def of_condition(self, when: Expr, row: str) -> Iterator[Goal]:
        """Yield that a condition holds, that it does not, and the sides of what it compares."""
        whole = self.whole(when)
        for truth, told in (("true", whole), ("false", Not(whole, kind=TRUTH))):
            label = _SIDES[truth]
            words = Words(f"`when`: {label.en}", f"`when`：{label.zh}")
            decides = row if truth == "true" else "otherwise" if row == "value" else None
            yield Goal("when", self.decider, words, when.place, wanted=(told,), row=decides)
        yield from self.of_comparisons(when, ALWAYS, ())

    def of_comparisons(
        self, expr: Expr, span: Span, others: tuple[Expr, ...], rivals: tuple[Rival, ...] = ()
    ) -> Iterator[Goal]:
        """Yield both sides of every comparison of numbers or dates in an expression."""
        prefix = Goal("bound", self.decider, Words("", ""), expr.place, span, others, (), rivals)
        for one in comparisons(expr):
            left, right = self.whole(one.left), self.whole(one.right)
            for op, near in _near(one.op, left, right):
                told = Compare(op, left, right, kind=TRUTH)
                holds = op == one.op if one.op not in ("==", "!=") else (op == "==") == (one.op == "==")
                label = _SIDES[{"<": "below", ">": "above"}[op] if one.op in ("==", "!=") and op != "==" else
                               "true" if holds else "false"]  # fmt: skip
                words = Words(f"{said(one)}: {label.en}", f"{said(one)}：{label.zh}")
                place = one.place if one.place.file else prefix.place
                yield replace(prefix, said=words, place=place, wanted=(told, *others), near=((near,),))


_SIDES = {
    "true": Words("true", "成立"),
    "false": Words("false", "不成立"),
    "below": Words("below it", "低于此值"),
    "above": Words("above it", "高于此值"),
}
_BESIDE = {-1: "below", 1: "above"}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def comparisons(expr: Expr) -> Iterator[Compare]:
    """Yield the comparisons of numbers or dates, from left to right; not those about members or about the past."""
    if isinstance(expr, (Aggregate, History)):
        return
    if isinstance(expr, Compare) and isinstance(expr.left.kind, (Number, Day)):
        yield expr
        return
    for below in children(expr):
        yield from comparisons(below)


def _near(op: str, left: Expr, right: Expr) -> Iterator[tuple[str, Expr]]:
    """Yield the sides of a comparison, each with the condition of lying next to the bound."""
    if op in ("==", "!="):
        yield from (("==", _beside(left, right, 0)), ("<", _beside(left, right, -1)), (">", _beside(left, right, 1)))
        return
    for side in (op, _OPPOSITE[op]):
        sign = 1 if side in (">", ">=") else -1
        yield side, _beside(left, right, 0 if "=" in side else sign)


def _sign(is_in: bool, sign: int) -> str:
    return (">" if sign < 0 else "<") + "=" * is_in


def _turns(kind: Kind) -> bool:
    return isinstance(kind, Number) and kind.cyclic


def _beside(subject: Expr, bound: Expr, sign: int) -> Expr:
    """Return the condition of being at a bound, or next to it on one side (``sign`` -1 below, 1 above)."""
    step = beside(subject, bound)
    if sign == 0 or step is None:
        return Compare("==", subject, bound, kind=TRUTH)
    far = Arithmetic("+" if sign > 0 else "-", bound, step, kind=bound.kind)
    return Compare("==", subject, far, kind=TRUTH)


def beside(subject: Expr, bound: Expr) -> Literal | None:
    """Return the distance of neighbours of a bound as a literal that can be added to it."""
    distance = step_beside(subject.kind, bound.value if isinstance(bound, Literal) else None)
    if distance is None:
        return None
    powers = subject.kind.powers if isinstance(subject.kind, Number) else (("time", 1),)
    amount = distance * DAY_MINUTES if isinstance(subject.kind, Day) else distance
    return Literal(amount, kind=Number(powers, amount, amount, amount))
