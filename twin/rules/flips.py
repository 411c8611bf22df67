"""The nearest change: by how little one input would have to differ for another outcome.

Which row, exception or branch decides changes, as one number does, only where a comparison turns. Where the sides of a
comparison are linear in that number the place is worked out exactly; else it is looked for in steps that double, then
by halving. A value that merely moves along with a number (a formula's) is no other outcome.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from twin.errors import InputError, Place
from twin.rules.conditions import condition_of
from twin.rules.kinds import Choice, Day, Free, Kind, Number, Truth, Value, written
from twin.rules.model import (
    Among,
    Compare,
    Decider,
    DecisionTable,
    Expr,
    Name,
    RuleSet,
    conditions,
    results,
    walk,
)
from twin.rules.paths import valued
from twin.rules.reference import Case, Decision, Given, Past
from twin.rules.texts import expanded
from twin.rules.witness import candidates, telling_values

MOST_TRIED = 200  # other values of one input
DOUBLINGS = 40


@dataclass(frozen=True)
class Flip:
    """One input changed as little as it takes: its value, what it would be, and what would come then.

    ``becomes`` is written as a cell: a value, or ``> 3 h`` where there is no nearest value. ``fault`` is the code of
    the error that there would be instead of an outcome.
    """

    name: str
    value: str
    becomes: str
    decision: Decision | None
    fault: str = ""

    @property
    def row(self) -> str | int | None:
        """The row that would decide."""
        return None if self.decision is None else self.decision.row

    @property
    def place(self) -> Place | None:
        """Where that row stands."""
        return None if self.decision is None else self.decision.place


@dataclass(frozen=True)
class _Other:
    """Another value of an input: how far off, a value to try, and how to write it."""

    distance: Fraction
    value: Value
    said: str


def nearest_changes(case: Case, decider: Decider, kinds: Mapping[str, Kind]) -> tuple[Flip, ...]:
    """Return for every given input that can alter the outcome by itself the smallest change that does."""
    asked = list(asked_of(case.rules, decider, case.day))
    present = _outcome(case, decider.head.name)
    found = []
    for name, value in case.given.items():
        if name in kinds and not isinstance(value, (tuple, Past)):
            flip = _flip(case, decider.head.name, name, kinds[name], asked, present)
            found += [flip] if flip is not None else []
    return tuple(found)


def asked_of(rules: RuleSet, decider: Decider, day: dt.date) -> Iterator[Expr]:
    """Yield the conditions and values of a decider and of those whose results it uses, lets put in."""
    pending, seen = [decider], {id(decider)}
    while pending:
        one = pending.pop()
        lets = {let.name: let.value for let in one.head.lets}
        mine = [expanded(expr, lets) for expr in _all_of(one)]
        yield from mine
        names = {name.name for expr in mine for name in walk(expr) if isinstance(name, Name)}
        for other in rules.deciders:
            if id(other) not in seen and other.head.span.holds(day) and names & set(results(other)):
                seen.add(id(other))
                pending.append(other)


def _all_of(decider: Decider) -> Iterator[Expr]:
    if not isinstance(decider, DecisionTable):
        yield from conditions(decider)
        return
    for row in decider.rows:
        for cell, column in zip(row.cells, decider.columns, strict=True):
            if not cell.anything and cell.readable:
                yield condition_of(cell, column)
        yield from (value for value in row.values if value is not None)


def _outcome(case: Case, name: str, **given: Given) -> tuple[Decision | None, str]:
    fresh = Case(case.rules, case.day, {**case.given, **given})
    try:
        return fresh.decide(name), ""
    except InputError as reason:
        return None, reason.complaints[0].code


def _flip(
    case: Case, subject: str, name: str, kind: Kind, asked: Sequence[Expr], present: tuple[Decision | None, str]
) -> Flip | None:
    here: Any = case.given[name]
    for other in islice(_others(case, name, kind, here, asked), MOST_TRIED):
        decision, fault = _outcome(case, subject, **{name: other.value})
        if fault == "E602":
            continue  # another input would be needed, so this change alone tells nothing
        if fault == present[1] and _outputs(decision) == _outputs(present[0]):
            continue
        if _row(decision) != _row(present[0]) or _ways(case, asked) != _ways(case, asked, {name: other.value}):
            return Flip(name, _written(here, kind), other.said, decision, fault)
    return None


def _row(decision: Decision | None) -> str | int | None:
    return None if decision is None else decision.row


def _ways(case: Case, asked: Iterable[Expr], given: Mapping[str, Given] | None = None) -> list[bool | None]:
    """Return which way every comparison goes."""
    fresh = Case(case.rules, case.day, {**case.given, **(given or {})})
    found: list[bool | None] = []
    for expr in asked:
        for one in walk(expr):
            if isinstance(one, (Compare, Among)):
                try:
                    found.append(fresh.holds(one))
                except InputError:
                    found.append(None)
    return found


def _outputs(decision: Decision | None) -> dict[str, Any]:
    return {} if decision is None else dict(decision.outputs)


def _written(value: Value, kind: Kind) -> str:
    return written(value, kind) if value is None else valued(value, kind)


# -- other values, the nearest first


def _others(case: Case, name: str, kind: Kind, here: Any, asked: Sequence[Expr]) -> Iterator[_Other]:
    if here is None:
        points = telling_values(one for expr in asked for one in walk(expr))
        yield from (_Other(Fraction(0), one, _written(one, kind)) for one in candidates(kind, points))
    elif isinstance(kind, Truth):
        yield _Other(Fraction(1), not here, written(not here))
    elif isinstance(kind, Choice):
        yield from _words(kind, here)
    elif isinstance(kind, (Number, Day)):
        yield from _numbers(_Line(case, name, kind, here, asked))
    elif isinstance(kind, Free):
        points = telling_values(one for expr in asked for one in walk(expr))
        yield from (_Other(Fraction(1), one, str(one)) for one in points if isinstance(one, str) and one != here)
    optional = any(isinstance(one, Name) and one.name == name and one.optional for expr in asked for one in walk(expr))
    if here is not None and optional:
        yield _Other(Fraction(1), None, "missing")


def _words(kind: Choice, here: str) -> Iterator[_Other]:
    at = kind.values.index(here)
    others = [one for one in kind.values if one != here]
    if kind.ordered:
        others.sort(key=lambda one: abs(kind.values.index(one) - at))
    yield from (_Other(Fraction(1), one, one) for one in others)


def _numbers(line: _Line) -> Iterator[_Other]:
    turns = sorted(set(line.turns()))
    step = line.step
    points = list(line.on_steps(turns, step)) if step is not None else list(_between(line, turns))
    yield from sorted(points, key=lambda one: one.distance)


def _between(line: _Line, turns: Sequence[Fraction]) -> Iterator[_Other]:
    """Yield the turning points of a number without steps, and the open stretches between them."""
    here = line.here
    low, high = line.bounds
    for turn in turns:
        if turn != here:
            yield line.other(abs(turn - here), turn, line.said(turn))
    edges = [low, *(one for one in turns if _is_inside(one, low, high)), high]
    for first, last in pairwise(edges):
        if first is not None and last is not None and first >= last:
            continue
        if (first is None or first < here) and (last is None or here < last):
            continue
        probe = _inside(first, last)
        near = first if first is not None and first >= here else last
        if near is not None:
            sign = ">" if near is first else "<"
            yield line.other(abs(near - here), probe, f"{sign} {line.said(near)}")


def _is_inside(value: Fraction, low: Fraction | None, high: Fraction | None) -> bool:
    return (low is None or low < value) and (high is None or value < high)


def _inside(first: Fraction | None, last: Fraction | None) -> Fraction:
    if first is not None and last is not None:
        return (first + last) / 2
    return first + 1 if first is not None else last - 1 if last is not None else Fraction(0)


@dataclass(frozen=True)
class _Line:
    """One number or date, all else being as it is."""

    case: Case
    name: str
    kind: Number | Day
    present: Any
    asked: Sequence[Expr]

    @property
    def here(self) -> Fraction:
        """The present value; a date as a number of days."""
        return Fraction(self.present.toordinal()) if isinstance(self.kind, Day) else self.present

    @property
    def step(self) -> Fraction | None:
        """The step between values."""
        return Fraction(1) if isinstance(self.kind, Day) else self.kind.step

    @property
    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """The declared range."""
        ends = (self.kind.low, self.kind.high)
        low, high = (Fraction(one.toordinal()) if isinstance(one, dt.date) else one for one in ends)
        return low, high

    def value(self, number: Fraction) -> Value:
        """Return a number as a value of the input."""
        if isinstance(self.kind, Day):
            return dt.date.fromordinal(min(max(int(number), 1), dt.date.max.toordinal()))
        return number

    def said(self, number: Fraction) -> str:
        """Write a value."""
        return valued(self.value(number), self.kind)

    def other(self, distance: Fraction, number: Fraction, said: str) -> _Other:
        """Return a value to try."""
        return _Other(distance, self.value(number), said)

    def holds(self, number: Fraction) -> bool:
        """Whether a number is in the declared range."""
        low, high = self.bounds
        return (low is None or low <= number) and (high is None or number <= high)

    def on_steps(self, turns: Iterable[Fraction], step: Fraction) -> Iterator[_Other]:
        """Yield the values on steps beside every turning point, and the ends of the range."""
        near = {(turn / step).__floor__() * step + more * step for turn in turns for more in (-1, 0, 1, 2)}
        near |= {one for one in self.bounds if one is not None}
        for one in sorted(near):
            if self.holds(one) and one != self.here:
                yield self.other(self.distance(one), one, self.said(one))

    def distance(self, number: Fraction) -> Fraction:
        """Return how far a number is off; in a circle the shorter way."""
        straight = abs(number - self.here)
        low, high = self.bounds
        if isinstance(self.kind, Number) and self.kind.cyclic and low is not None and high is not None:
            return min(straight, high - low + (self.kind.step or 0) - straight)
        return straight

    # -- where comparisons turn

    def turns(self) -> Iterator[Fraction]:
        """Yield the values at which some comparison turns."""
        for expr in self.asked:
            for one in walk(expr):
                sides: list[tuple[Expr, Expr]] = []
                if isinstance(one, Compare):
                    sides = [(one.left, one.right)]
                elif isinstance(one, Among):
                    sides = [(one.operand, item) for item in one.items]
                for left, right in sides:
                    yield from self.turn(left, right)

    def turn(self, left: Expr, right: Expr) -> Iterator[Fraction]:
        """Yield where two sides are equal."""
        step = self.step or Fraction(1)
        points = [self.here, self.here + step, self.here + 2 * step, self.here - step]
        gaps = [self.gap(left, right, one) for one in points]
        if any(one is None for one in gaps):
            yield from self.sought(left, right)
            return
        first, second, third, before = (Fraction(one) for one in gaps if one is not None)
        slope = second - first
        if third - second != slope or first - before != slope:
            yield from self.sought(left, right)
        elif slope != 0:
            yield self.here - first * step / slope
        else:
            yield from self.sought(left, right)

    def gap(self, left: Expr, right: Expr, number: Fraction) -> Fraction | None:
        """Return by how much one side is above the other where the input has some value; ``None``: no telling."""
        case = Case(self.case.rules, self.case.day, {**self.case.given, self.name: self.value(number)})
        try:
            one, other = case.value(left), case.value(right)
        except InputError:
            return None
        if isinstance(one, dt.date) and isinstance(other, dt.date):
            return Fraction(one.toordinal() - other.toordinal())
        if isinstance(one, Fraction) and isinstance(other, Fraction):
            return one - other
        return Fraction(one != other)

    def sought(self, left: Expr, right: Expr) -> Iterator[Fraction]:
        """Look for the first change of sign on either side, in steps that double, then by halving."""
        if not any(isinstance(one, Name) and self.is_moved_by(one) for side in (left, right) for one in walk(side)):
            return
        step = self.step or Fraction(1)
        for way in (step, -step):
            inside = self.here
            for doubling in range(DOUBLINGS):
                outside = self.clipped(self.here + way * 2**doubling)
                if self.sign(left, right, outside) != self.sign(left, right, self.here):
                    yield from self.halved(left, right, inside, outside, step)
                    break
                if outside == inside:
                    break
                inside = outside

    def is_moved_by(self, name: Name) -> bool:
        """Whether a name is this input, or something that other rules decide."""
        return name.name == self.name or name.origin == "result"

    def clipped(self, number: Fraction) -> Fraction:
        """Bring a number into the declared range."""
        low, high = self.bounds
        number = number if low is None else max(number, low)
        return number if high is None else min(number, high)

    def sign(self, left: Expr, right: Expr, number: Fraction) -> int | None:
        """Return which side is the greater one: 1, 0, -1."""
        gap = self.gap(left, right, number)
        return None if gap is None else (gap > 0) - (gap < 0)

    def halved(
        self, left: Expr, right: Expr, inside: Fraction, outside: Fraction, step: Fraction
    ) -> Iterator[Fraction]:  # fmt: skip
        """Yield the two neighbouring values between which the sign changes."""
        here = self.sign(left, right, self.here)
        while abs(outside - inside) > step:
            middle = (((outside + inside) / 2) / step).__floor__() * step
            if middle in (inside, outside):
                break
            if self.sign(left, right, middle) == here:
                inside = middle
            else:
                outside = middle
        yield inside
        yield outside


def rounded_like(value: Value, kind: Kind, other: Kind) -> str:
    """Write a value in the unit of another kind of the same dimension, where its own says none."""
    if isinstance(kind, Number) and isinstance(other, Number) and not kind.unit and kind.powers == other.powers:
        kind = replace(kind, unit=other.unit)
    return written(value) if value is None else valued(value, kind)
