"""Rules and formulas as one program each: could it be decided, by which row, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twin.core.programs import Op, Program
from twin.rules.kinds import TRUTH
from twin.rules.model import Exemption, Expr, Formula, Literal, Rule, results
from twin.rules.plans import Planner, rounded
from twin.rules.registers import Register, Writer

NOT_HOLDING, OTHERWISE = -2, -1
_YES = Literal(True, kind=TRUTH)

Written = tuple[Program, tuple[Expr, ...]]
"""A program whose first result is 1 where it cannot decide, whose second is the row, and the leaves that it loads."""


def of_rule(planner: Planner, rule: Rule) -> Written:
    """Return the program of a rule: row 0 for the rule itself, k for its k-th exception, -2 where it does not hold."""
    leaves: list[Expr] = []
    w = planner.writer(rule.head, leaves)
    force = [(at, one) for at, one in enumerate(rule.exceptions, 1) if one.span.holds(planner.day)]
    when = w.figure(rule.when or _YES).whole
    holding = [w.figure(one.when or _YES).whole for _, one in force]
    winning = [_all(w, [when, holds, *_not_overridden(w, one, force, holding)])
               for (_, one), holds in zip(force, holding, strict=True)]  # fmt: skip
    troubles = [_missing(w, holds) for holds in holding]
    said: dict[str, Register] = {name: w.nothing() for name in results(rule)}
    for assign in rule.then:
        value = w.value(w.figure(assign.value))
        troubles.append(_missing(w, value))
        said[assign.target.name] = w.choose(when, value, w.nothing())
    troubles += _exceptions(w, force, winning, said)
    bad = w.truth(Op.OR, _missing(w, when), _all(w, [when, _any(w, troubles)]))
    row = w.whole(0)
    for (at, _), wins in reversed(list(zip(force, winning, strict=True))):
        row = w.choose(wins, w.whole(at), row)
    row = w.choose(when, row, w.whole(NOT_HOLDING))
    w.results += [one.at for one in (bad, row, *said.values())]
    return w.program(), tuple(leaves)


def _exceptions(
    w: Writer, force: Sequence[tuple[int, Exemption]], winning: Sequence[Register], said: dict[str, Register]
) -> Iterable[Register]:
    """Let the exceptions that win have their say; yield what must not be: no value, or two that differ."""
    before: dict[str, list[tuple[Register, Register]]] = {}
    for (_, one), wins in zip(force, winning, strict=True):
        for assign in one.then:
            name, value = assign.target.name, w.value(w.figure(assign.value))
            yield _all(w, [wins, _missing(w, value)])
            for also, other in before.get(name, []):
                yield _all(w, [wins, also, w.truth(Op.NOT, w.truth(Op.EQUAL, value, other))])
            before.setdefault(name, []).append((wins, value))
            said[name] = w.choose(wins, value, said[name])


def _not_overridden(
    w: Writer, one: Exemption, force: Sequence[tuple[int, Exemption]], holding: Sequence[Register]
) -> Iterable[Register]:
    for (_, other), holds in zip(force, holding, strict=True):
        if one.id in other.overrides:
            yield w.truth(Op.NOT, holds)


def of_formula(planner: Planner, formula: Formula) -> Written:
    """Return the program of a formula: row 0 where its condition holds, else -1."""
    leaves: list[Expr] = []
    w = planner.writer(formula.head, leaves)
    when = w.figure(formula.when or _YES).whole
    figure = w.figure(formula.value)
    if formula.when is not None:
        figure = w.chosen(when, figure, w.figure(formula.otherwise))
    if formula.rounding is not None:
        figure = rounded(w, figure, formula)
    value = w.value(figure)
    bad = w.truth(Op.OR, _missing(w, when), _missing(w, value))
    w.results += [one.at for one in (bad, w.choose(when, w.whole(0), w.whole(OTHERWISE)), value)]
    return w.program(), tuple(leaves)


def _missing(w: Writer, one: Register) -> Register:
    return w.truth(Op.MISSING, one)


def _all(w: Writer, parts: Sequence[Register]) -> Register:
    return _folded(w, Op.AND, parts) or w.whole(1)


def _any(w: Writer, parts: Sequence[Register]) -> Register:
    return _folded(w, Op.OR, parts) or w.whole(0)


def _folded(w: Writer, op: Op, parts: Sequence[Register]) -> Register | None:
    found: Register | None = None
    for part in reversed(parts):
        found = part if found is None else w.truth(op, part, found)
    return found
