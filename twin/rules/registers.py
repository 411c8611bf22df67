"""Expressions as register programs, exact to the last bit: numbers travel as whole multiples of a step.

A number is ``whole * scale / below``: an exact integer in a register, a scale known when the program is written, and,
after a division, a second register below the line. Comparisons multiply crosswise, so that two thirds are two thirds.
The ranges that the language works out prove that no integer leaves what a ``float64`` holds exactly; where they cannot,
:class:`Inexact` is raised and the reference decides, line by line, by exact fractions.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from twin.core.programs import Op, Program
from twin.rules.kinds import Choice, Day, Kind, Number, Truth, Value
from twin.rules.model import (
    Among,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Every,
    Expr,
    Literal,
    Missing,
    Name,
    Not,
    Some,
)

EXACT = 2**53
ASSUMED = 10**9
"""How many steps a number without declared bounds may be away from 0; columns are held to it when they are read."""

ONE = Fraction(1)


class Inexact(Exception):  # noqa: N818  (not a fault: the reference takes over)
    """An expression that the registers cannot carry exactly, and why."""


@dataclass(frozen=True)
class Register:
    """A register whose integer, where it has a value, is known to lie between two bounds."""

    at: int
    low: int
    high: int
    constant: bool = False

    @property
    def one(self) -> bool:
        """Whether it holds 1 and never lacks a value."""
        return self.constant and self.low == 1


@dataclass(frozen=True)
class Figure:
    """A number as registers: ``whole * scale / below``; ``below`` is positive, ``None`` for 1."""

    whole: Register
    scale: Fraction = ONE
    below: Register | None = None


Source = Callable[[Expr], Expr | int | None]
"""What a name or an aggregate stands for: another expression, the number of a column, or ``None`` (not known here)."""


def step_of(kind: Kind) -> Fraction | None:
    """Return what one unit of a column of a kind stands for; ``None``: a column of any numbers, or of none."""
    if isinstance(kind, Number):
        return kind.step
    return ONE if isinstance(kind, (Truth, Choice, Day)) else None


def bounds_of(kind: Kind) -> tuple[int, int]:
    """Return the least and the greatest code of a kind."""
    if isinstance(kind, Truth):
        return 0, 1
    if isinstance(kind, Choice):
        return 0, len(kind.values) - 1
    if isinstance(kind, Day):
        return (kind.low or dt.date.min).toordinal(), (kind.high or dt.date.max).toordinal()
    if not isinstance(kind, Number) or kind.step is None:
        raise Inexact("numbers without a step")
    low = -ASSUMED if kind.low is None else math.ceil(kind.low / kind.step)
    high = ASSUMED if kind.high is None else math.floor(kind.high / kind.step)
    return low, high


def code_of_value(value: Value, kind: Kind) -> Fraction:
    """Return a value's code as it stands in a column of a kind: numbers in base units, words by their place."""
    if isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, Fraction):
        return value
    if isinstance(value, dt.date):
        return Fraction(value.toordinal())
    if isinstance(kind, Choice) and isinstance(value, str) and value in kind.values:
        return Fraction(kind.values.index(value))
    raise Inexact("free words")


@dataclass
class Writer:
    """Writes one program, line by line; equal lines are written once."""

    stands_for: Source
    lines: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    constants: dict[float, int] = field(default_factory=dict)
    known: dict[tuple[int, int, int, int], Register] = field(default_factory=dict)
    figures: dict[Expr, Figure] = field(default_factory=dict)
    results: list[int] = field(default_factory=list)

    def program(self) -> Program:
        """Return what was written."""
        constants = np.array(sorted(self.constants, key=self.constants.__getitem__), np.float64)
        lines = np.array(self.lines, np.int64).reshape(-1, 5)
        return Program(lines, constants, max(len(self.lines), 1), np.array(self.results, np.int64))

    def result(self, expr: Expr) -> None:
        """Let the value of an expression, in base units, be the next result."""
        self.results.append(self.value(self.figure(expr)).at)

    # -- lines

    def line(self, op: Op, low: int, high: int, a: int = 0, b: int = 0, c: int = 0) -> Register:
        """Write a line whose result lies between two bounds; return where it stands."""
        if max(-low, high) > EXACT:
            raise Inexact("numbers beyond 2**53 steps")
        key = (int(op), a, b, c)
        if key not in self.known:
            self.lines.append((int(op), len(self.lines), a, b, c))
            self.known[key] = Register(len(self.lines) - 1, low, high)
        return self.known[key]

    def whole(self, number: int) -> Register:
        """Return a register that holds a whole number."""
        at = self.constants.setdefault(float(number), len(self.constants))
        found = self.line(Op.CONSTANT, number, number, at)
        return Register(found.at, number, number, constant=True)

    def nothing(self) -> Register:
        """Return a register without a value."""
        zero = self.whole(0)
        return self.line(Op.DIVIDE, 0, 0, zero.at, zero.at)

    def add(self, one: Register, other: Register) -> Register:
        """Return a sum."""
        return self.line(Op.ADD, one.low + other.low, one.high + other.high, one.at, other.at)

    def subtract(self, one: Register, other: Register) -> Register:
        """Return a difference."""
        return self.line(Op.SUBTRACT, one.low - other.high, one.high - other.low, one.at, other.at)

    def multiply(self, one: Register, other: Register) -> Register:
        """Return a product."""
        if one.one:
            return other
        if other.one:
            return one
        ends = [a * b for a in (one.low, one.high) for b in (other.low, other.high)]
        return self.line(Op.MULTIPLY, min(ends), max(ends), one.at, other.at)

    def times(self, one: Register, factor: int) -> Register:
        """Return a multiple."""
        return one if factor == 1 else self.multiply(one, self.whole(factor))

    def truth(self, op: Op, one: Register, other: Register | None = None) -> Register:
        """Return a truth value."""
        return self.line(op, 0, 1, one.at, 0 if other is None else other.at)

    def choose(self, test: Register, yes: Register, no: Register) -> Register:
        """Return one of two registers."""
        return self.line(Op.CHOOSE, min(yes.low, no.low), max(yes.high, no.high), test.at, yes.at, no.at)

    # -- numbers

    def value(self, one: Figure) -> Register:
        """Return a figure as the nearest float64 in base units."""
        above = self.times(one.whole, one.scale.numerator)
        below = self.below(one, one.scale.denominator)
        if below.one:
            return above
        return self.line(Op.DIVIDE, -EXACT, EXACT, above.at, below.at)

    def below(self, one: Figure, factor: int = 1) -> Register:
        """Return what stands below the line, times a factor."""
        return self.whole(factor) if one.below is None else self.times(one.below, factor)

    def crosswise(self, one: Figure, other: Figure) -> tuple[Register, Register, Fraction]:
        """Return two figures over one line: the two numerators, and their scale (the line is the product)."""
        scale = _common(one.scale, other.scale)
        a = self.times(one.whole, int(one.scale / scale))
        b = self.times(other.whole, int(other.scale / scale))
        if other.below is not None:
            a = self.multiply(a, other.below)
        if one.below is not None:
            b = self.multiply(b, one.below)
        return a, b, scale

    def line_of(self, one: Figure, other: Figure) -> Register | None:
        """Return the common line below two figures."""
        if one.below is None or other.below is None:
            return one.below or other.below
        return self.multiply(one.below, other.below)

    def quotient(self, one: Figure, other: Figure) -> Figure:
        """Return ``one / other``; without a value where the divisor is 0."""
        divisor, sign = self._turned_up(other.whole)
        above = self.multiply(one.whole, sign)
        if divisor.low <= 0:
            some = self.truth(Op.LESS, self.whole(0), divisor)
            divisor = self.line(Op.CHOOSE, 1, max(divisor.high, 1), some.at, divisor.at, self.nothing().at)
        above = above if other.below is None else self.multiply(above, other.below)
        below = divisor if one.below is None else self.multiply(one.below, divisor)
        return Figure(above, one.scale / other.scale, below)

    def _turned_up(self, divisor: Register) -> tuple[Register, Register]:
        """Return a divisor's size and its sign."""
        if divisor.low >= 0:
            return divisor, self.whole(1)
        minus = self.subtract(self.whole(0), divisor)
        if divisor.high <= 0:
            return minus, self.whole(-1)
        below = self.truth(Op.LESS, divisor, self.whole(0))
        size = self.line(Op.CHOOSE, 0, max(-divisor.low, divisor.high), below.at, minus.at, divisor.at)
        return size, self.choose(below, self.whole(-1), self.whole(1))

    def floor(self, one: Figure) -> Figure:
        """Return the greatest whole number not above a figure."""
        above, below = self.times(one.whole, one.scale.numerator), self.below(one, one.scale.denominator)
        if below.one:
            return Figure(above)
        ends = [end // by for end in (above.low, above.high) for by in (max(below.low, 1), max(below.high, 1))]
        return Figure(self.line(Op.FLOOR, min(ends), max(ends), above.at, below.at))

    # -- expressions

    def figure(self, expr: Expr) -> Figure:
        """Return where the value of an expression stands once the lines have run."""
        if isinstance(expr, Literal):  # one word can be a value of two choices
            return self._literal(expr)
        if expr not in self.figures:
            self.figures[expr] = self._figure(expr)
        return self.figures[expr]

    def _figure(self, expr: Expr) -> Figure:
        if isinstance(expr, Arithmetic):
            return self._arithmetic(expr)
        if isinstance(expr, Compare):
            return Figure(self._compare(expr))
        if isinstance(expr, (Every, Some, Not, Among, Missing)):
            return Figure(self._logic(expr))
        if isinstance(expr, Choose):
            return self._choose(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        return self._name(expr)

    def _literal(self, expr: Literal) -> Figure:
        if expr.value is None:
            return Figure(self.nothing())
        code = code_of_value(expr.value, expr.kind)
        return Figure(self.whole(code.numerator), Fraction(1, code.denominator))

    def _name(self, expr: Expr) -> Figure:
        found = self.stands_for(expr)
        if found is None:
            raise Inexact(f"{type(expr).__name__} has no column")
        if not isinstance(found, int):
            return self.figure(found)
        step = step_of(expr.kind)
        if step is None:
            raise Inexact("numbers without a step")
        return Figure(self.line(Op.LOAD, *bounds_of(expr.kind), found), step)

    def _arithmetic(self, expr: Arithmetic) -> Figure:
        one, other = self.figure(expr.left), self.figure(expr.right)
        if expr.op == "*":
            return Figure(self.multiply(one.whole, other.whole), one.scale * other.scale, self.line_of(one, other))
        if expr.op == "/":
            return self.quotient(one, other)
        if expr.op == "//":
            return self.floor(self.quotient(one, other))
        a, b, scale = self.crosswise(one, other)
        both = self.add(a, b) if expr.op == "+" else self.subtract(a, b)
        return Figure(both, scale, self.line_of(one, other))

    def _compare(self, expr: Compare) -> Register:
        raw = self._against_cut(expr)
        if raw is not None:
            return raw
        return self.compared(expr.op, self.figure(expr.left), self.figure(expr.right))

    def compared(self, op: str, one: Figure, other: Figure) -> Register:
        """Return whether ``one op other``."""
        a, b, _ = self.crosswise(one, other)
        if op in ("==", "!="):
            equal = self.truth(Op.EQUAL, a, b)
            return equal if op == "==" else self.truth(Op.NOT, equal)
        if op in (">", ">="):
            a, b = b, a
        return self.truth(Op.LESS if op in ("<", ">") else Op.NOT_ABOVE, a, b)

    def _against_cut(self, expr: Compare) -> Register | None:
        """Return a comparison of a column of any numbers with a number that is written down."""
        for name, bound, op in ((expr.left, expr.right, expr.op), (expr.right, expr.left, _MIRRORED[expr.op])):
            column = self.stands_for(name) if isinstance(name, Name) else None
            known = self._known(bound)
            if not isinstance(column, int) or isinstance(column, bool) or known is None:
                continue
            if not isinstance(name.kind, Number) or name.kind.step is not None or op in ("==", "!="):
                continue
            cut = cut_at(known, above=op in (">", "<="))
            at = self.constants.setdefault(cut, len(self.constants))
            edge = self.line(Op.CONSTANT, -EXACT, EXACT, at)
            value = self.line(Op.LOAD, -EXACT, EXACT, column)
            below = self.truth(Op.LESS, value, edge)
            return below if op in ("<", "<=") else self.truth(Op.NOT, below)
        return None

    def _known(self, expr: Expr) -> Fraction | None:
        if isinstance(expr, Name):
            found = self.stands_for(expr)
            return self._known(found) if isinstance(found, Literal) else None
        return expr.value if isinstance(expr, Literal) and isinstance(expr.value, Fraction) else None

    def _logic(self, expr: Every | Some | Not | Among | Missing) -> Register:
        if isinstance(expr, Not):
            return self.truth(Op.NOT, self.figure(expr.part).whole)
        if isinstance(expr, Missing):
            found = self.stands_for(expr.name)
            if not isinstance(found, int):
                raise Inexact("missing() of what is no column")
            return self.truth(Op.MISSING, self.line(Op.LOAD, -EXACT, EXACT, found))
        if isinstance(expr, Among):
            operand = self.figure(expr.operand)
            parts = [self.compared("==", operand, self.figure(one)) for one in expr.items]
        else:
            parts = [self.figure(one).whole for one in expr.parts]
        found_so_far = parts[-1]
        for part in reversed(parts[:-1]):
            found_so_far = self.truth(Op.AND if isinstance(expr, Every) else Op.OR, part, found_so_far)
        return found_so_far

    def _choose(self, expr: Choose) -> Figure:
        return self.chosen(self.figure(expr.test).whole, self.figure(expr.yes), self.figure(expr.no))

    def chosen(self, test: Register, yes: Figure, no: Figure) -> Figure:
        """Return one of two figures."""
        scale = _common(yes.scale, no.scale)
        a, b = self.times(yes.whole, int(yes.scale / scale)), self.times(no.whole, int(no.scale / scale))
        below = None
        if yes.below is not None or no.below is not None:
            below = self.choose(test, self.below(yes), self.below(no))
        return Figure(self.choose(test, a, b), scale, below)

    def _call(self, expr: Call) -> Figure:
        if expr.function in ("year", "month", "day", "weekday"):
            return self._name(expr)
        figures = [self.figure(one) for one in expr.arguments]
        if expr.function in ("min", "max"):
            least = figures[0]
            for figure in figures[1:]:
                ahead = self.compared("<=" if expr.function == "min" else ">=", least, figure)
                least = self.chosen(ahead, least, figure)
            return least
        if expr.function == "abs":
            minus = Figure(self.subtract(self.whole(0), figures[0].whole), figures[0].scale, figures[0].below)
            return self.chosen(self.compared("<", figures[0], Figure(self.whole(0))), minus, figures[0])
        if expr.function == "mod":
            return self._minus(figures[0], self._product(self.floor(self.quotient(*figures)), figures[1]))
        return self._stepped(expr.function, figures)

    def _stepped(self, function: str, figures: list[Figure]) -> Figure:
        step = figures[1] if len(figures) == 2 else Figure(self.whole(1))
        return self.stepped(function, figures[0], step)

    def stepped(self, function: str, one: Figure, step: Figure) -> Figure:
        """Return a multiple of a step: the next below (``floor``), above (``ceil``) or the nearest (``round``)."""
        steps = self.quotient(one, step)
        if function == "floor":
            count = self.floor(steps)
        elif function == "ceil":
            minus = self.floor(Figure(self.subtract(self.whole(0), steps.whole), steps.scale, steps.below))
            count = Figure(self.subtract(self.whole(0), minus.whole))
        else:
            a, b, scale = self.crosswise(steps, Figure(self.whole(1), Fraction(1, 2)))
            count = self.floor(Figure(self.add(a, b), scale, steps.below))
        return self._product(count, step)

    def _product(self, one: Figure, other: Figure) -> Figure:
        return Figure(self.multiply(one.whole, other.whole), one.scale * other.scale, self.line_of(one, other))

    def _minus(self, one: Figure, other: Figure) -> Figure:
        a, b, scale = self.crosswise(one, other)
        return Figure(self.subtract(a, b), scale, self.line_of(one, other))


_MIRRORED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def cut_at(bound: Fraction, *, above: bool) -> float:
    """Return the least float64 that is not below a bound, or above it: values of the other side are less."""
    cut = float(bound)
    while Fraction(cut) < bound or (above and Fraction(cut) == bound):
        cut = math.nextafter(cut, math.inf)
    return cut


def _common(one: Fraction, other: Fraction) -> Fraction:
    """Return the greatest scale of which two scales are whole multiples."""
    return Fraction(math.gcd(one.numerator * other.denominator, other.numerator * one.denominator),
                    one.denominator * other.denominator)  # fmt: skip
