"""A case in which conditions hold together: asked of the prover, else looked for among telling values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any

from twin.errors import InputError
from twin.rules import smt
from twin.rules.conditions import Constants
from twin.rules.kinds import Choice, Day, Kind, Number, Truth, Value, written
from twin.rules.model import Aggregate, Expr, History, Literal, Missing, Name, walk
from twin.rules.reference import Case

MOST_TRIED = 4000
MOST_VALUES = 24  # of one name
_SMALL = (0, 1, 2, 3, 4, 5, 7, 10, 100)
ASKED = ("input", "field", "result")


def find(wanted: Sequence[Expr], constants: Constants) -> smt.Verdict:
    """Look for a case in which conditions hold together: yes with an example, no as a proof, or unknown."""
    verdict = smt.can_hold(wanted, constants)
    return search(wanted, constants) if verdict.answer == "unknown" else verdict


def search(wanted: Sequence[Expr], constants: Constants) -> smt.Verdict:
    """Try the values that the conditions name and those beside them; finding nothing proves nothing."""
    named = asked_names(wanted)
    everything = [one for expr in wanted for one in walk(expr)]
    if any(isinstance(one, (Aggregate, History)) for one in everything):
        return smt.Verdict("unknown")
    points = telling_values(everything)
    choices = [candidates(one.kind, points, one.optional) for one in named.values()]
    for values in islice(product(*choices), MOST_TRIED):
        given = dict(zip(named, values, strict=True))
        case = Case(constants.rules, constants.day, given)
        try:
            if all(case.holds(one) for one in wanted):
                return smt.Verdict("yes", given)
        except InputError:
            continue
    return smt.Verdict("unknown")


def asked_names(exprs: Iterable[Expr]) -> dict[str, Name]:
    """Return the names of which values have to be given, in the order in which they are met."""
    found: dict[str, Name] = {}
    for expr in exprs:
        for one in walk(expr):
            if isinstance(one, Missing):
                found.setdefault(one.name.name, one.name)
            elif isinstance(one, Name) and one.origin in ASKED:
                found.setdefault(one.name, one)
    return found


def telling_values(exprs: Iterable[Expr]) -> list[Value]:
    """Return the values that expressions name, each once."""
    return list(dict.fromkeys(one.value for one in exprs if isinstance(one, Literal) and one.value is not None))


def candidates(kind: Kind, points: Sequence[Value], optional: bool = False) -> list[Any]:
    """Return values of a kind at which something may change."""
    absent = [None] if optional else []
    if isinstance(kind, Choice):
        return [*kind.values, *absent]
    if isinstance(kind, Truth):
        return [True, False, *absent]
    if isinstance(kind, Number):
        return [*_numbers(kind, points), *absent]
    if isinstance(kind, Day):
        days = [one for one in points if isinstance(one, dt.date)]
        near = [day + dt.timedelta(days=step) for day in days for step in (0, 1, -1)]
        ends = [one for one in (kind.low, kind.high) if one is not None]
        return [*dict.fromkeys(one for one in [*near, *ends] if kind.holds(one))][:MOST_VALUES] + absent
    words = [one for one in points if isinstance(one, str)]
    return [*words, "...", *absent]


def _numbers(kind: Number, points: Sequence[Value]) -> list[Any]:
    step = kind.step or Fraction(1, 2)
    named = [one for one in points if isinstance(one, Fraction)]
    ends = [one for one in (kind.low, kind.high) if one is not None]
    near = [(one / step).__floor__() * step + more for one in [*ends, *named] for more in (0, step, -step)]
    small = [(kind.low or 0) + count * step for count in _SMALL]
    return [one for one in dict.fromkeys([*ends, *small, *named, *near]) if kind.holds(one)][:MOST_VALUES]


def shown(given: Mapping[str, Value], exprs: Iterable[Expr]) -> dict[str, str]:
    """Write an example as cells are written."""
    names = asked_names(exprs)
    return {name: written(value, names[name].kind if name in names else None) for name, value in given.items()}
