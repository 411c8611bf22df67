"""Conditions as boxes: which combinations of values make a condition true.

A condition is taken apart into leaves that compare one value with constants; each value becomes an axis. What compares
values with each other is an axis of its own (true or false), which says too much rather than too little: such a space
holds every real case and perhaps impossible ones, so "covered" and "never" are proofs, and what remains is asked of a
prover.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from twin.errors import InputError
from twin.rules.boxes import HIGHEST, LOWEST, Axis, Box, Budget, Cut, meet, ordinal
from twin.rules.kinds import TRUTH, Choice, Number, Value
from twin.rules.model import (
    Absent,
    Among,
    Between,
    Cell,
    Choose,
    Compare,
    Equals,
    Every,
    Expr,
    Holds,
    Literal,
    Missing,
    Name,
    Not,
    RuleSet,
    Some,
    Test,
    walk,
)
from twin.rules.reference import Case
from twin.rules.texts import text


@dataclass(frozen=True)
class Constants:
    """What is fixed on one day: parameters, and everything that is worked out from them."""

    rules: RuleSet
    day: dt.date

    def of(self, expr: Expr) -> Value | None:
        """Return the value of an expression that is fixed, ``None`` for any other."""
        if isinstance(expr, Literal):
            return expr.value
        if any(isinstance(one, Name) and one.origin != "parameter" for one in walk(expr)):
            return None
        try:
            value: Value = Case(self.rules, self.day, {}).value(expr)
        except InputError:
            return None
        return value


# -- leaves and trees


@dataclass(frozen=True)
class Leaf:
    """A test of one value: it lies between two cuts, is one of some words, or is missing (``subject`` as key)."""

    subject: Expr
    low: Cut | None = None
    high: Cut | None = None
    words: tuple[str, ...] = ()
    absent: bool = False
    negated: bool = False

    @property
    def key(self) -> str:
        """The text under which the axis of the subject is found."""
        return text(self.subject)

    def mask(self, axis: Axis) -> int:
        """Return the atoms that pass."""
        if self.absent:
            return axis.present if self.negated else axis.absent
        if self.low is not None and self.high is not None:
            found = axis.between(self.low, self.high)
        else:
            found = 0
            for word in self.words:
                found |= axis.word(word)
        return axis.present & ~found if self.negated else found


@dataclass(frozen=True)
class Join:
    """Several conditions: all must hold, or one of them."""

    every: bool
    parts: tuple[Tree, ...]


Tree = Leaf | Join
ALWAYS_TRUE = Join(True, ())
NEVER_TRUE = Join(False, ())


def tree_of(expr: Expr, constants: Constants, negated: bool = False) -> Tree:
    """Take a condition apart; ``negated`` takes its opposite."""
    if isinstance(expr, Not):
        return tree_of(expr.part, constants, not negated)
    if isinstance(expr, (Every, Some)):
        parts = tuple(tree_of(part, constants, negated) for part in expr.parts)
        return Join(isinstance(expr, Every) != negated, parts)
    if isinstance(expr, Choose):
        yes = Join(True, (tree_of(expr.test, constants), tree_of(expr.yes, constants, negated)))
        no = Join(True, (tree_of(expr.test, constants, True), tree_of(expr.no, constants, negated)))
        return Join(False, (yes, no))
    if isinstance(expr, Among):
        parts = tuple(_compared("==", expr.operand, item, constants, negated) for item in expr.items)
        return Join(negated, parts)
    if isinstance(expr, Compare):
        return _compared(expr.op, expr.left, expr.right, constants, negated)
    if isinstance(expr, Missing):
        return _missing(expr.name, negated)
    fixed = constants.of(expr)
    if isinstance(fixed, bool):
        return ALWAYS_TRUE if fixed != negated else NEVER_TRUE
    return Leaf(expr, words=("true",), negated=negated)


def _missing(name: Name, negated: bool) -> Tree:
    if not name.optional:
        return ALWAYS_TRUE if negated else NEVER_TRUE
    return Leaf(name, absent=True, negated=negated)


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _compared(op: str, left: Expr, right: Expr, constants: Constants, negated: bool) -> Tree:
    """Take a comparison apart: a value with a constant, or two values."""
    one, other = constants.of(left), constants.of(right)
    if one is not None and other is None:
        return _compared(_TURNED[op], right, left, constants, negated)
    if other is None:
        return _between_values(op, left, right, negated)
    if one is not None:
        holds = constants.of(Compare(op, left, right, kind=TRUTH))
        return ALWAYS_TRUE if bool(holds) != negated else NEVER_TRUE
    return _with_constant(_OPPOSITE[op] if negated else op, left, other)


def _between_values(op: str, left: Expr, right: Expr, negated: bool) -> Leaf:
    """Return the leaf of a comparison of two values; equal ones and opposite ones get the same axis."""
    if text(left) > text(right):
        left, right, op = right, left, _TURNED[op]
    if op in (">", ">=", "!="):
        op, negated = _OPPOSITE[op], not negated
    return Leaf(Compare(op, left, right, kind=TRUTH), words=("true",), negated=negated)


def _with_constant(op: str, value: Expr, constant: Value) -> Leaf:
    """Return the leaf of a comparison with a constant."""
    kind = value.kind
    if isinstance(constant, bool):
        return Leaf(value, words=("true" if constant else "false",), negated=op == "!=")
    if isinstance(constant, str):
        if op in ("==", "!="):
            return Leaf(value, words=(constant,), negated=op == "!=")
        ranked = kind.values if isinstance(kind, Choice) else (constant,)
        return Leaf(value, words=_ranked(op, constant, ranked))
    low, high = _cuts(op, _line(constant))
    return Leaf(value, low, high, negated=op == "!=")


def _line(value: Value) -> Fraction:
    day = ordinal(value) if isinstance(value, dt.date) else None
    return day if day is not None else Fraction(value)  # type: ignore[arg-type]


def _cuts(op: str, at: Fraction) -> tuple[Cut, Cut]:
    """Return the ends of the values that stand in a relation to a constant (``!=`` as its opposite)."""
    if op in ("<", "<="):
        return LOWEST, (at, int(op == "<="))
    if op in (">", ">="):
        return (at, int(op == ">")), HIGHEST
    return (at, 0), (at, 1)


def _ranked(op: str, word: str, ranked: tuple[str, ...]) -> tuple[str, ...]:
    at = ranked.index(word)
    return {"<": ranked[:at], "<=": ranked[: at + 1], ">": ranked[at + 1 :], ">=": ranked[at:]}[op]


# -- cells


def tree_of_cell(cell: Cell, column: Name, constants: Constants) -> Tree:
    """Take a cell apart; one that cannot be settled on its own axis becomes a condition of its own."""
    if cell.anything or not cell.readable:
        return ALWAYS_TRUE
    if any(_is_open(test, constants) for test in cell.tests):
        return tree_of(condition_of(cell, column), constants)
    parts = tuple(_tree_of_test(test, column, constants) for test in cell.tests)
    if not cell.negated:
        return Join(False, parts)
    return Join(True, tuple(_negation(part) for part in parts))


def _negation(tree: Tree) -> Tree:
    if isinstance(tree, Join):
        return Join(not tree.every, tuple(map(_negation, tree.parts)))
    return Leaf(tree.subject, tree.low, tree.high, tree.words, tree.absent, not tree.negated)


def _is_open(test: Test, constants: Constants) -> bool:
    """Whether a test depends on other inputs."""
    if isinstance(test, Holds):
        return True
    if isinstance(test, Between):
        return any(end is not None and constants.of(end) is None for end in (test.low, test.high))
    return isinstance(test, Equals) and constants.of(test.value) is None


def _tree_of_test(test: Test, column: Name, constants: Constants) -> Tree:
    if isinstance(test, Absent):
        return Leaf(column, absent=True)
    if isinstance(test, Equals):
        return _with_constant("==", column, constants.of(test.value))
    assert isinstance(test, Between)
    low = None if test.low is None else constants.of(test.low)
    high = None if test.high is None else constants.of(test.high)
    if isinstance(column.kind, Choice):
        return _ranked_words(column, low, high, test)
    begin = LOWEST if low is None else (_line(low), 0 if test.low_in else 1)
    end = HIGHEST if high is None else (_line(high), 1 if test.high_in else 0)
    if _wraps(column, begin, end, test):
        return Join(False, (Leaf(column, LOWEST, end), Leaf(column, begin, HIGHEST)))
    return Leaf(column, begin, end)


def _wraps(column: Name, begin: Cut, end: Cut, test: Between) -> bool:
    cyclic = isinstance(column.kind, Number) and column.kind.cyclic
    return cyclic and test.low is not None and test.high is not None and begin[0] > end[0]


def _ranked_words(column: Name, low: Value, high: Value, test: Between) -> Leaf:
    ranked = column.kind.values if isinstance(column.kind, Choice) else ()
    begin = 0 if low is None else ranked.index(str(low)) + (not test.low_in)
    end = len(ranked) if high is None else ranked.index(str(high)) + test.high_in
    return Leaf(column, words=ranked[begin:end])


def condition_of(cell: Cell, column: Name) -> Expr:
    """Return a cell as a condition."""
    if cell.anything or not cell.readable:
        return Literal(True, kind=TRUTH, place=cell.place)
    parts = tuple(_condition(test, column) for test in cell.tests)
    found: Expr = parts[0] if len(parts) == 1 else Some(parts, kind=TRUTH, place=cell.place)
    if cell.negated:
        found = Not(found, kind=TRUTH, place=cell.place)
    about_missing = any(isinstance(test, (Absent, Holds)) for test in cell.tests)
    if not column.optional or about_missing:
        return found
    there = Not(Missing(column, kind=TRUTH), kind=TRUTH)
    return Every((there, found), kind=TRUTH, place=cell.place)


def _condition(test: Test, column: Name) -> Expr:
    if isinstance(test, Holds):
        return test.condition
    if isinstance(test, Absent):
        return Missing(column, kind=TRUTH)
    if isinstance(test, Equals):
        return Compare("==", column, test.value, kind=TRUTH)
    above = _end(">=" if test.low_in else ">", column, test.low)
    below = _end("<=" if test.high_in else "<", column, test.high)
    inside = Every((*above, *below), kind=TRUTH)
    if not (isinstance(column.kind, Number) and column.kind.cyclic and test.low is not None and test.high is not None):
        return inside
    wrapped = Some((*above, *below), kind=TRUTH)
    return Choose(Compare("<=", test.low, test.high, kind=TRUTH), inside, wrapped, kind=TRUTH)


def _end(op: str, column: Name, end: Expr | None) -> tuple[Expr, ...]:
    return () if end is None else (Compare(op, column, end, kind=TRUTH),)


# -- spaces


@dataclass
class Space:
    """Axes for everything that some conditions test; note the conditions, settle, then ask for boxes."""

    axes: dict[str, Axis] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)

    def add(self, subject: Expr) -> Axis:
        """Return the axis of a value, made when it is not there yet."""
        key = text(subject)
        if key not in self.axes:
            optional = isinstance(subject, Name) and subject.optional
            self.axes[key] = Axis(key, subject.kind, optional)
            if not isinstance(subject, Name) or subject.origin == "let":
                self.derived.add(key)
        return self.axes[key]

    def note(self, tree: Tree) -> None:
        """Note the ends and words of a condition."""
        for leaf in leaves(tree):
            axis = self.add(leaf.subject)
            if leaf.low is not None and leaf.high is not None:
                axis.note_range(leaf.low, leaf.high)
            for word in leaf.words:
                axis.note_word(word)

    def settle(self) -> None:
        """Make the atoms of every axis."""
        for axis in self.axes.values():
            axis.settle()

    @property
    def order(self) -> list[Axis]:
        """The axes in the order of boxes."""
        return list(self.axes.values())

    def whole(self) -> Box:
        """Return the box of everything."""
        return tuple(axis.everything for axis in self.axes.values())

    def boxes(self, tree: Tree, budget: Budget) -> list[Box]:
        """Return boxes that together are a condition; raises Exhausted."""
        if isinstance(tree, Leaf):
            mask = tree.mask(self.axes[tree.key])
            return [self._only(tree.key, mask)] if mask else []
        if not tree.every:
            single = self._on_one_axis(tree)
            if single is not None:
                return single
            return [box for part in tree.parts for box in self.boxes(part, budget)]
        found = [self.whole()]
        for part in tree.parts:
            theirs = self.boxes(part, budget)
            budget.spend(len(found) * len(theirs))
            found = [both for one in found for other in theirs if (both := meet(one, other)) is not None]
        return found

    def _only(self, key: str, mask: int) -> Box:
        return tuple(mask if name == key else axis.everything for name, axis in self.axes.items())

    def _on_one_axis(self, tree: Join) -> list[Box] | None:
        """Return the one box of several tests of one value, ``None`` when there are several values."""
        if not tree.parts or not all(isinstance(part, Leaf) for part in tree.parts):
            return None
        keys = {part.key for part in tree.parts if isinstance(part, Leaf)}
        if len(keys) > 1:
            return None
        key = keys.pop()
        mask = 0
        for part in tree.parts:
            mask |= part.mask(self.axes[key]) if isinstance(part, Leaf) else 0
        return [self._only(key, mask)] if mask else []

    def region(self, box: Box) -> dict[str, str]:
        """Write a box: the cell of every axis that it restricts."""
        return {axis.name: axis.show(mask) for axis, mask in zip(self.order, box, strict=True)
                if mask != axis.everything}  # fmt: skip

    def sample(self, box: Box) -> dict[str, Value]:
        """Return one value of a box for every axis."""
        return {axis.name: axis.sample(mask) for axis, mask in zip(self.order, box, strict=True)}


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Yield the leaves of a condition."""
    if isinstance(tree, Leaf):
        yield tree
    else:
        for part in tree.parts:
            yield from leaves(part)


def space_of(trees: Iterable[Tree]) -> Space:
    """Return a settled space for some conditions."""
    space = Space()
    for tree in trees:
        space.note(tree)
    space.settle()
    return space


def possible(trees: Sequence[Tree], steps: int = 20_000) -> tuple[Space, Box | None, bool]:
    """Look for a case in which all conditions hold: the space, a box of cases, whether the answer is exact.

    ``None`` is a proof that there is none; raises Exhausted.
    """
    space = space_of(trees)
    boxes = space.boxes(Join(True, tuple(trees)), Budget(steps))
    if not boxes:
        return space, None, True
    return space, boxes[0], not space.derived
