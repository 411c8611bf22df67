"""Z3, where boxes do not reach: conditions that compare values with each other, and proofs that take too many boxes.

The package is optional. Answers are *yes* with an example, *no*, or *unknown*; what the prover is not told about (what
aggregates and history functions count) may take any value of its kind, so *no* is always a proof.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from twin.rules.boxes import Axis, Box, ordinal, runs
from twin.rules.conditions import Constants
from twin.rules.kinds import Choice, Day, Free, Kind, Number, Truth, Value
from twin.rules.model import (
    Aggregate,
    Among,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Every,
    Expr,
    History,
    Missing,
    Name,
    Not,
    Some,
)
from twin.rules.model import Literal as Written
from twin.rules.texts import text

EFFORT = 1_000_000  # Z3's own count of steps: the same on every machine
EFFORT_TABLE = 20_000_000


@dataclass(frozen=True)
class Verdict:
    """Whether some conditions can hold together, and an example where they can."""

    answer: Literal["yes", "no", "unknown"]
    example: Mapping[str, Value] = field(default_factory=dict)


@cache
def installed() -> bool:
    """Whether Z3 can be used."""
    try:
        import z3  # noqa: F401
    except ImportError:
        return False
    return True


def can_hold(conditions: Sequence[Expr], constants: Constants) -> Verdict:
    """Ask whether conditions can hold together (their lets must have been put in)."""
    if not installed():
        return Verdict("unknown")
    problem = _Problem(constants)
    try:
        problem.solver.add(*(problem.term(one) for one in conditions))
    except _Untold:
        return Verdict("unknown")
    return problem.verdict()


def point_outside(box: Box, others: Sequence[Box], axes: Sequence[Axis]) -> Box | Literal["none", "unknown"]:
    """Look for a point of a box that no other box holds: a box of one atom on each axis."""
    if not installed():
        return "unknown"
    import z3

    solver = z3.SolverFor("QF_LIA")
    solver.set("rlimit", EFFORT_TABLE)
    points = [z3.Int(f"a{at}") for at in range(len(axes))]
    solver.add(*(_inside(point, mask) for point, mask in zip(points, box, strict=True)))
    for other in others:
        outside = [z3.Not(_inside(point, mask)) for point, mask, axis in zip(points, other, axes, strict=True)
                   if mask != axis.everything]  # fmt: skip
        solver.add(z3.Or(*outside))
    answer = solver.check()
    if answer == z3.unsat:
        return "none"
    if answer != z3.sat:
        return "unknown"
    model = solver.model()
    return tuple(1 << model.eval(point, model_completion=True).as_long() for point in points)


def _inside(point: Any, mask: int) -> Any:
    """Say that a point lies in a set of atoms."""
    import z3

    return z3.Or(*(point == begin if end - begin == 1 else z3.And(point >= begin, point < end)
                   for begin, end in runs(mask)))  # fmt: skip


class _Untold(Exception):  # noqa: N818
    """Something that the prover cannot be told."""


class _Problem:
    """Conditions as Z3 has them: numbers are reals (or multiples of a step), dates and words are whole numbers."""

    def __init__(self, constants: Constants) -> None:
        import z3

        self.z3 = z3
        self.constants = constants
        self.solver = z3.Solver()
        self.solver.set("rlimit", EFFORT)
        self.named: dict[str, tuple[Any, Kind]] = {}
        self.guessed: set[str] = set()
        self.words: dict[str, int] = {}

    def verdict(self) -> Verdict:
        """Ask; an example that rests on guesses about groups or history is no example."""
        answer = self.solver.check()
        if answer == self.z3.unsat:
            return Verdict("no")
        if answer != self.z3.sat or len(self.guessed) > 1:
            return Verdict("unknown")
        model = self.solver.model()
        return Verdict("yes", {name: self.value(model, symbol, kind) for name, (symbol, kind) in self.named.items()
                               if not name.startswith("?")})  # fmt: skip

    def value(self, model: Any, symbol: Any, kind: Kind) -> Value:
        """Return the value of a name in Z3's example."""
        found = model.eval(symbol, model_completion=True)
        if isinstance(kind, Truth):
            return bool(self.z3.is_true(found))
        number = Fraction(str(found.as_fraction())) if hasattr(found, "as_fraction") else Fraction(found.as_long())
        if isinstance(kind, Choice):
            return kind.values[int(number)]
        if isinstance(kind, Day):
            return dt.date.fromordinal(int(number))
        if isinstance(kind, Free):
            return next((word for word, code in self.words.items() if code == number), "...")
        return number

    # -- terms

    def term(self, expr: Expr) -> Any:
        """Return the term of an expression; raises _Untold."""
        make = _TERMS.get(type(expr))
        if make is None:
            raise _Untold
        return make(self, expr)

    def symbol(self, name: str, kind: Kind) -> Any:
        """Return the symbol of a name, with its domain."""
        if name not in self.named:
            made = self.fresh(name, kind)
            self.named[name] = (made, kind)
        return self.named[name][0]

    def fresh(self, name: str, kind: Kind) -> Any:
        """Make a symbol and say what values it can have."""
        z3 = self.z3
        if isinstance(kind, Truth):
            return z3.Bool(name)
        if isinstance(kind, Choice):
            made = z3.Int(name)
            self.solver.add(made >= 0, made < len(kind.values))
            return z3.ToReal(made)
        if isinstance(kind, Free):
            return z3.ToReal(z3.Int(name))
        if isinstance(kind, Day):
            made = z3.ToReal(z3.Int(name))
            first, last = kind.low or dt.date.min, kind.high or dt.date.max
            return self.bounded(made, ordinal(first), ordinal(last))
        if isinstance(kind, Number):
            made = z3.Real(name) if kind.step is None else z3.ToReal(z3.Int(name)) * self.number(kind.step)
            return self.bounded(made, kind.low, kind.high)
        raise _Untold

    def bounded(self, made: Any, low: Fraction | None, high: Fraction | None) -> Any:
        """Say the bounds of a symbol."""
        if low is not None:
            self.solver.add(made >= self.number(low))
        if high is not None:
            self.solver.add(made <= self.number(high))
        return made

    def number(self, value: Fraction) -> Any:
        """Return a number as Z3 has it."""
        return self.z3.RealVal(str(value))

    def literal(self, value: Value, kind: Kind) -> Any:
        """Return a value as Z3 has it."""
        if isinstance(value, bool):
            return self.z3.BoolVal(value)
        if isinstance(value, Fraction):
            return self.number(value)
        if isinstance(value, dt.date):
            return self.number(Fraction(value.toordinal()))
        if isinstance(value, str):
            if isinstance(kind, Choice):
                return self.number(Fraction(kind.values.index(value)))
            return self.number(Fraction(self.words.setdefault(value, len(self.words))))
        raise _Untold

    def whole(self, value: Any) -> Any:
        """Return the greatest whole number that is not above a term."""
        return self.z3.ToReal(self.z3.ToInt(value))


def _name(problem: _Problem, expr: Name) -> Any:
    if expr.origin == "parameter":
        value = problem.constants.of(expr)
        return problem.literal(value, expr.kind)
    return problem.symbol(expr.name, expr.kind)


def _arithmetic(problem: _Problem, expr: Arithmetic) -> Any:
    left, right = problem.term(expr.left), problem.term(expr.right)
    if isinstance(expr.left.kind, Day):
        return _dated(problem, expr, left, right)
    if expr.op in ("/", "//"):
        problem.solver.add(right != 0)
        return left / right if expr.op == "/" else problem.whole(left / right)
    return {"+": left + right, "-": left - right, "*": left * right}[expr.op]


def _dated(problem: _Problem, expr: Arithmetic, left: Any, right: Any) -> Any:
    if isinstance(expr.right.kind, Day):
        return (left - right) * 1440
    days = problem.whole(right / 1440)
    return left + days if expr.op == "+" else left - days


def _compare(problem: _Problem, expr: Compare) -> Any:
    left, right = problem.term(expr.left), problem.term(expr.right)
    return _COMPARE[expr.op](left, right)


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def _call(problem: _Problem, expr: Call) -> Any:
    z3 = problem.z3
    terms = [problem.term(one) for one in expr.arguments]
    if expr.function in ("min", "max"):
        found = terms[0]
        for term in terms[1:]:
            smaller = term < found if expr.function == "min" else term > found
            found = z3.If(smaller, term, found)
        return found
    if expr.function == "abs":
        return z3.If(terms[0] >= 0, terms[0], -terms[0])
    if expr.function in ("floor", "ceil", "round", "mod"):
        whole = _whole_step(expr)
        return _stepped(problem, expr.function, terms) if whole is None else _whole(problem, expr.function, terms[0],
                                                                                    whole)  # fmt: skip
    return _guess(problem, expr)


def _whole_step(expr: Call) -> int | None:
    """Return the step of a function of whole numbers with a step that is written down, ``None`` for any other."""
    value = expr.arguments[0].kind
    step = expr.arguments[1].kind if len(expr.arguments) > 1 else None
    if not isinstance(value, Number) or not isinstance(step, Number) or expr.function == "round":
        return None
    fixed = step.low is not None and step.low == step.high and step.low > 0 and step.low.denominator == 1
    whole = value.step is not None and value.step.denominator == 1
    return int(step.low) if fixed and whole and step.low is not None else None


def _whole(problem: _Problem, function: str, term: Any, step: int) -> Any:
    """Return a function of whole numbers in Z3's whole numbers, about which it knows more."""
    value, to_real = problem.z3.ToInt(term), problem.z3.ToReal
    if function == "mod":
        return to_real(value % step)
    down = to_real((value / step) * step)
    if function == "floor":
        return down
    return problem.z3.If(value % step == 0, down, down + step)


def _stepped(problem: _Problem, function: str, terms: list[Any]) -> Any:
    value, step = terms[0], terms[1] if len(terms) > 1 else problem.number(Fraction(1))
    problem.solver.add(step != 0)
    if function == "floor":
        return problem.whole(value / step) * step
    if function == "ceil":
        return -problem.whole(-value / step) * step
    if function == "round":
        return problem.whole(value / step + problem.number(Fraction(1, 2))) * step
    return value - problem.whole(value / step) * step


def _guess(problem: _Problem, expr: Expr) -> Any:
    """Let a value that the prover is not told about be anything of its kind."""
    name = "?" + text(expr)
    problem.guessed.add(name)
    return problem.symbol(name, expr.kind)


def _absent(problem: _Problem, expr: Missing) -> Any:
    return problem.z3.Bool(f"missing({expr.name.name})") if expr.name.optional else problem.z3.BoolVal(False)


_TERMS: Mapping[type, Callable[[_Problem, Any], Any]] = {
    Written: lambda problem, expr: problem.literal(expr.value, expr.kind),
    Name: _name,
    Arithmetic: _arithmetic,
    Compare: _compare,
    Among: lambda problem, expr: problem.z3.Or(
        *(problem.term(expr.operand) == problem.term(item) for item in expr.items)
    ),
    Every: lambda problem, expr: problem.z3.And(*map(problem.term, expr.parts)),
    Some: lambda problem, expr: problem.z3.Or(*map(problem.term, expr.parts)),
    Not: lambda problem, expr: problem.z3.Not(problem.term(expr.part)),
    Choose: lambda problem, expr: problem.z3.If(*map(problem.term, (expr.test, expr.yes, expr.no))),
    Call: _call,
    Missing: _absent,
    Aggregate: _guess,
    History: _guess,
}
