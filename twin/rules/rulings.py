"""A table, rule or formula on one day as a map of cases: which boxes of cases lead to which ruling.

Two such maps over the same axes can be laid over each other (:mod:`twin.rules.diff`). Parameters and lets are put in,
so that equal texts mean the same. Where a condition compares inputs with each other its truth is an axis of its own;
boxes then hold more than can happen, and a prover has to confirm what they show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, reduce

from twin.errors import Place
from twin.rules.boxes import OTHER, Axis, Box, Budget, Cut, meet, runs, without
from twin.rules.conditions import ALWAYS_TRUE, Constants, Join, Space, Tree, condition_of, leaves, tree_of, tree_of_cell
from twin.rules.kinds import TRUTH, Choice, Day, Free, Kind, Number, Truth, Value, narrowest, written
from twin.rules.model import (
    Arithmetic,
    Assign,
    Call,
    Compare,
    Decider,
    DecisionTable,
    Every,
    Exemption,
    Expr,
    Formula,
    Literal,
    Missing,
    Name,
    Not,
    Row,
    Rule,
    RuleSet,
    Some,
    walk,
)
from twin.rules.paths import said
from twin.rules.reference import precedence
from twin.rules.retyping import rebuilt
from twin.rules.texts import expanded, text


@dataclass(frozen=True)
class Ruling:
    """What is decided: settled values by output, how they were written, by which row, where.

    Without values nothing is decided; ``row`` says why: ``None``, or ``gap``, ``overlap: 1, 2``, ``conflict: a, b``.
    """

    values: Mapping[str, Expr]
    shown: Mapping[str, str]
    row: str | int | None
    place: Place

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The values as texts; equal keys decide the same."""
        return tuple(sorted((name, text(value)) for name, value in self.values.items())) or (("", self.fault),)

    @property
    def fault(self) -> str:
        """Why nothing can be decided, ``""`` where something is, or where a rule has nothing to say."""
        return str(self.row).partition(":")[0] if not self.values and self.row is not None else ""


def settled(expr: Expr, lets: Mapping[str, Expr], constants: Constants) -> Expr:
    """Return an expression with lets and parameters put in; what is fixed then is a literal."""
    return _fixed(expanded(expr, lets), constants)


def _fixed(expr: Expr, constants: Constants) -> Expr:
    if isinstance(expr, (Literal, Missing)) or (isinstance(expr, Name) and expr.origin != "parameter"):
        return expr
    value = constants.of(expr)
    if value is not None:
        return Literal(value, kind=expr.kind, place=expr.place)
    return rebuilt(expr, lambda one: _fixed(one, constants))


@dataclass
class Cases:
    """One table, rule or formula on one day.

    ``conditions`` are those that lead to rulings: rows, or a rule's condition and its exceptions. ``ordered`` says
    that the first that holds decides; else all that hold do together.
    """

    decider: Decider
    constants: Constants
    conditions: list[Expr] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    boxes: list[list[Box]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lets = {one.name: one.value for one in self.decider.head.lets}
        if isinstance(self.decider, DecisionTable):
            self.rows = self.rows_in_turn(self.decider)
            for row in self.rows:
                self.add(*self.of_row(self.decider, row))
        else:
            self.force = [one for one in self.exemptions if one.span.holds(self.constants.day)]
            for when in (self.decider.when, *(one.when for one in self.force)):
                condition = Literal(True, kind=TRUTH) if when is None else self.settled(when)
                self.add(condition, tree_of(condition, self.constants))

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """The exceptions of a rule."""
        return self.decider.exceptions if isinstance(self.decider, Rule) else ()

    @property
    def ordered(self) -> bool:
        """Whether the first condition that holds decides."""
        return isinstance(self.decider, DecisionTable) and self.decider.hit.policy in ("first", "priority")

    @property
    def loose(self) -> bool:
        """Whether the order of the rows makes no difference."""
        return isinstance(self.decider, DecisionTable) and self.decider.hit.policy in ("unique", "any", "collect")

    def add(self, condition: Expr, tree: Tree) -> None:
        """Take a condition."""
        self.conditions.append(condition)
        self.trees.append(tree)

    def settled(self, expr: Expr) -> Expr:
        """Return an expression with lets and parameters put in."""
        return settled(expr, self.lets, self.constants)

    def rows_in_turn(self, table: DecisionTable) -> list[Row]:
        """Return the rows in force, those that win first."""
        rows = [row for row in table.rows if row.span.holds(self.constants.day)]
        return sorted(rows, key=lambda row: precedence(table, row)) if table.hit.policy == "priority" else rows

    def of_row(self, table: DecisionTable, row: Row) -> tuple[Expr, Tree]:
        """Return the condition of a row, and what it comes to on the axes."""
        parts, trees = [], []
        for cell, column in zip(row.cells, table.columns, strict=True):
            if cell.anything:
                continue
            part = self.settled(condition_of(cell, column))
            parts.append(part)
            plain = column.origin != "let"
            trees.append(tree_of_cell(cell, column, self.constants) if plain else tree_of(_plain(part), self.constants))
        return Every(tuple(parts), kind=TRUTH, place=row.place), Join(True, tuple(trees)) if trees else ALWAYS_TRUE

    # -- rulings

    @cached_property
    def keys(self) -> list[tuple[object, ...]]:
        """Return for every row in force what it asks and what it decides; equal ones mean the same."""
        base = (0,) if isinstance(self.decider, Rule) else ()
        return [
            (text(condition), self.ruling(tuple(dict.fromkeys((*base, at)))).key)
            for at, condition in enumerate(self.conditions)
        ]

    def ruling(self, held: tuple[int, ...]) -> Ruling:
        """Return what is decided where some conditions hold (and no others that would matter)."""
        if isinstance(self.decider, DecisionTable):
            return self.of_table(self.decider, held)
        if isinstance(self.decider, Rule):
            return self.of_rule(self.decider, held)
        return self.of_formula(self.decider, held)

    def of_table(self, table: DecisionTable, held: tuple[int, ...]) -> Ruling:
        """Return what the rows that match decide."""
        rows = [self.rows[at] for at in held]
        if not rows:
            if table.otherwise is None:
                return Ruling({}, {}, "gap", table.sheet.place)
            return self.told(table, table.otherwise, "else", table.otherwise_place)
        if table.hit.policy != "collect":
            first = self.told(table, rows[0].values, rows[0].label, row_place(rows[0]))
            if self.ordered or len(rows) == 1:
                return first
            return first if table.hit.policy == "any" and self.agree(table, rows) else self.overlap(rows)
        columns = list(zip(*(row.values for row in rows), strict=True))
        values = tuple(self.together(table.hit.collector or "list", [one for one in column if one is not None])
                       for column in columns)  # fmt: skip
        label = ", ".join(str(row.label) for row in rows)
        return self.told(table, values, label, rows[0].place)

    def agree(self, table: DecisionTable, rows: Sequence[Row]) -> bool:
        """Whether rows have the same outcome."""
        return len({self.told(table, row.values, row.label, row.place).key for row in rows}) == 1

    def overlap(self, rows: Sequence[Row]) -> Ruling:
        """Return that several rows match where the policy does not allow it."""
        return Ruling({}, {}, "overlap: " + ", ".join(str(row.label) for row in rows), row_place(rows[1]))

    def told(
        self, table: DecisionTable, values: Sequence[Expr | None], label: str | int, place: Place
    ) -> Ruling:  # fmt: skip
        """Return the ruling of values that stand in the order of the outputs."""
        pairs = [(one, value) for one, value in zip(table.outputs, values, strict=True) if value is not None]
        found = {one.name: self.settled(value) for one, value in pairs}
        shown = {one.name: _shown(value, found[one.name], one.kind) for one, value in pairs}
        return Ruling(found, shown, label, place)

    def together(self, collector: str, values: list[Expr]) -> Expr:
        """Return what several rows decide together as one expression."""
        kind, settled_ = values[0].kind, [self.settled(one) for one in values]
        if collector == "count":
            return Literal(Fraction(len(values)), kind=Number())
        if collector == "list":
            return Literal(", ".join(map(text, settled_)), kind=Free())
        if collector == "sum":
            return reduce(lambda one, other: Arithmetic("+", one, other, kind=kind), settled_)
        return settled_[0] if len(settled_) == 1 else Call(collector, tuple(settled_), kind=kind)

    def of_rule(self, rule: Rule, held: tuple[int, ...]) -> Ruling:
        """Return what a rule and those of its exceptions that hold decide."""
        if 0 not in held:
            return Ruling({}, {}, None, rule.head.place)
        holding = [self.force[at - 1] for at in held if at > 0]
        beaten = {name for one in holding for name in one.overrides}
        winning = [one for one in holding if one.id not in beaten]
        values, shown = self.assigned(rule.then)
        agreed: dict[str, str] = {}
        for one in winning:
            theirs, words = self.assigned(one.then)
            if any(agreed.setdefault(name, text(value)) != text(value) for name, value in theirs.items()):
                return Ruling({}, {}, "conflict: " + ", ".join(other.id for other in winning), one.place)
            values |= theirs
            shown |= words
        return Ruling(values, shown, winning[0].id if winning else "when", rule_place(rule, winning))

    def assigned(self, then: Iterable[Assign]) -> tuple[dict[str, Expr], dict[str, str]]:
        """Return the values of targets, settled and as they are written."""
        values = {one.target.name: self.settled(one.value) for one in then}
        return values, {one.target.name: _shown(one.value, values[one.target.name], one.target.kind) for one in then}

    def of_formula(self, formula: Formula, held: tuple[int, ...]) -> Ruling:
        """Return the value of a formula."""
        name, value = formula.head.name, formula.value if held else formula.otherwise
        found = self.settled(value)
        if formula.rounding is not None:
            function = {"down": "floor", "up": "ceil", "nearest": "round"}[formula.rounding.mode]
            step = Literal(formula.rounding.step, kind=formula.kind)
            found = self.settled(Call(function, (found, step), kind=formula.kind))
        shown = _shown(value, found, formula.kind)
        place = moved([value, *([] if formula.when is None else [formula.when])], formula.head.place)
        return Ruling({name: found}, {name: shown}, "value" if held else "otherwise", place)

    # -- boxes

    def split(self, box: Box, budget: Budget) -> Iterator[tuple[Box, tuple[int, ...]]]:
        """Cut a box into parts of one ruling each, with the conditions that hold there; raises Exhausted."""
        return self._in_turn(box, budget) if self.ordered else self._all(box, budget)

    def _in_turn(self, box: Box, budget: Budget) -> Iterator[tuple[Box, tuple[int, ...]]]:
        pieces = [box]
        for at, theirs in enumerate(self.boxes):
            left: list[Box] = []
            for piece in pieces:
                inside, outside = _cut(piece, theirs, budget)
                yield from ((one, (at,)) for one in inside)
                left += outside
            pieces = left
        yield from ((piece, ()) for piece in pieces)

    def _all(self, box: Box, budget: Budget) -> Iterator[tuple[Box, tuple[int, ...]]]:
        pieces: list[tuple[Box, tuple[int, ...]]] = [(box, ())]
        gated = isinstance(self.decider, Rule)
        for at, theirs in enumerate(self.boxes):
            left: list[tuple[Box, tuple[int, ...]]] = []
            for piece, held in pieces:
                if gated and at and 0 not in held:
                    left.append((piece, held))
                    continue
                inside, outside = _cut(piece, theirs, budget)
                left += [(one, (*held, at)) for one in inside] + [(one, held) for one in outside]
            pieces = left
        yield from pieces


def moved(exprs: Iterable[Expr], place: Place) -> Place:
    """Return where an overlay changed something in expressions, else the place of what holds them."""
    written_ = (one.place for expr in exprs for one in walk(expr) if isinstance(one, Literal))
    return next((one for one in written_ if one.file not in ("", place.file)), place)


def row_place(row: Row) -> Place:
    """Return where a row stands; where an overlay changed it, that."""
    cells = (cell.place for cell in row.cells if cell.place.file not in ("", row.place.file))
    return next(cells, moved((value for value in row.values if value is not None), row.place))


def rule_place(rule: Rule, winning: Sequence[Exemption]) -> Place:
    """Return where the exception that wins, or the rule, stands; where an overlay changed it, that."""
    first: Rule | Exemption = winning[0] if winning else rule
    place = first.place if isinstance(first, Exemption) else first.head.place
    return moved([*([] if first.when is None else [first.when]), *(one.value for one in first.then)], place)


def _shown(value: Expr, found: Expr, kind: Kind) -> str:
    if isinstance(found, Literal):
        return written(found.value, kind)
    return said(value)


def _plain(expr: Expr) -> Expr:
    """Return ``x == true`` as ``x``, so that it can be taken apart."""
    if isinstance(expr, Compare) and isinstance(expr.right, Literal) and isinstance(expr.right.value, bool):
        return expr.left if expr.right.value == (expr.op == "==") else Not(expr.left, kind=TRUTH)
    if isinstance(expr, Not):
        return Not(_plain(expr.part), kind=TRUTH)
    if isinstance(expr, (Every, Some)):
        return replace(expr, parts=tuple(map(_plain, expr.parts)))
    return expr


def _cut(piece: Box, others: Sequence[Box], budget: Budget) -> tuple[list[Box], list[Box]]:
    """Cut a box into what other boxes hold of it and what they do not."""
    inside, outside = [], [piece]
    for other in others:
        left: list[Box] = []
        for one in outside:
            budget.spend(1)
            both = meet(one, other)
            if both is None:
                left.append(one)
            else:
                inside.append(both)
                left += without(one, other)
        outside = left
    return inside, outside


# -- axes that several share


def shared_space(every: Sequence[Cases], budget: Budget) -> tuple[Space, dict[str, Expr]]:
    """Make the axes of everything that some cases test, and their boxes; return the axes and their subjects.

    An input whose range differs has the range of both.
    """
    space, subjects = Space(), dict[str, Expr]()
    for cases in every:
        for tree in cases.trees:
            for leaf in leaves(tree):
                known = subjects.setdefault(leaf.key, leaf.subject)
                axis = space.add(leaf.subject)
                merged = wider(axis.kind, leaf.subject.kind)
                optional = axis.optional or (isinstance(leaf.subject, Name) and leaf.subject.optional)
                if merged != axis.kind or optional != axis.optional:
                    fresh = Axis(leaf.key, merged, optional, axis.cuts)
                    fresh.words = axis.words if isinstance(merged, Free) else fresh.words
                    space.axes[leaf.key] = fresh
                    subjects[leaf.key] = replace(known, kind=merged)
            space.note(tree)
    space.settle()
    for cases in every:
        cases.boxes = [space.boxes(tree, budget) for tree in cases.trees]
    return space, subjects


def wider(one: Kind, other: Kind) -> Kind:
    """Return the kind that holds the values of two."""
    if isinstance(one, Number) and isinstance(other, Number) and one.powers == other.powers:
        low = None if one.low is None or other.low is None else min(one.low, other.low)
        high = None if one.high is None or other.high is None else max(one.high, other.high)
        return replace(one, low=low, high=high, step=narrowest([one.step, other.step]))
    if isinstance(one, Choice) and isinstance(other, Choice):
        return replace(one, values=(*one.values, *(word for word in other.values if word not in one.values)))
    return one


def region_condition(box: Box, space: Space, subjects: Mapping[str, Expr]) -> list[Expr]:
    """Return a box as conditions, one for each axis that it restricts."""
    return [_on_axis(mask, axis, subjects[axis.name]) for mask, axis in zip(box, space.order, strict=True)
            if mask != axis.everything and axis.name in subjects]  # fmt: skip


def _on_axis(mask: int, axis: Axis, subject: Expr) -> Expr:
    parts: list[Expr] = []
    if axis.is_line:
        parts = [_within(axis, subject, begin, end) for begin, end in runs(mask & axis.present)]
    else:
        words = [word for at, word in enumerate(axis.words) if mask >> at & 1]
        parts = [_is_word(word, axis, subject) for word in words]
    there: Expr = Some(tuple(parts), kind=TRUTH)
    if not axis.optional or not isinstance(subject, Name):
        return there
    absent = Missing(subject, kind=TRUTH)
    there = Every((Not(absent, kind=TRUTH), there), kind=TRUTH)
    return Some((absent, there), kind=TRUTH) if mask & axis.absent else there


def _is_word(word: str, axis: Axis, subject: Expr) -> Expr:
    if isinstance(axis.kind, Truth):
        return subject if word == "true" else Not(subject, kind=TRUTH)
    if word == OTHER:
        named = [_is_word(one, axis, subject) for one in axis.words if one != OTHER]
        return Not(Some(tuple(named), kind=TRUTH), kind=TRUTH)
    return Compare("==", subject, Literal(word, kind=axis.kind), kind=TRUTH)


def _within(axis: Axis, subject: Expr, begin: int, end: int) -> Expr:
    low, high = axis.edges[begin], axis.edges[end]
    parts = []
    if begin > 0:
        parts.append(Compare(">" if low[1] else ">=", subject, _at(low, axis), kind=TRUTH))
    if end < len(axis.edges) - 1:
        parts.append(Compare("<=" if high[1] else "<", subject, _at(high, axis), kind=TRUTH))
    return Every(tuple(parts), kind=TRUTH)


def _at(cut: Cut, axis: Axis) -> Literal:
    value: Value = cut[0]
    if isinstance(axis.kind, Day):
        value = dt.date.fromordinal(int(cut[0]))
    return Literal(value, kind=axis.kind)


def cases_on(rules: RuleSet, decider: Decider, day: dt.date) -> Cases:
    """Return the cases of a table, rule or formula on a day."""
    return Cases(decider, Constants(rules, day))
