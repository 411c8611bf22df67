"""The functions of expressions: how many arguments, of which kinds, and what they mean on exact values.

Aggregates over groups, history functions and ``missing`` are not here: they are read by
:mod:`twin.rules.expressions` and evaluated by :mod:`twin.rules.reference`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from twin.rules import ranges
from twin.rules.kinds import Number

AGGREGATES = ("count", "sum", "share")
HISTORY = ("prev", "streak", "since", "count_in")
PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Function:
    """A function: between ``least`` and ``most`` arguments, all ``alike`` (numbers of one dimension) or dates.

    ``stepped`` ones bring their first argument to multiples of the second, or to whole numbers.
    """

    name: str
    least: int
    most: int
    takes: str  # "alike", "stepped", "date"
    value: Callable[..., Any]
    range_of: Callable[[list[Number]], Number]
    usage: str


def floor_to(value: Fraction, step: Fraction = Fraction(1)) -> Fraction:
    """Return the greatest multiple of ``step`` that is not above ``value``."""
    return (value / step).__floor__() * step


def ceil_to(value: Fraction, step: Fraction = Fraction(1)) -> Fraction:
    """Return the least multiple of ``step`` that is not below ``value``."""
    return (value / step).__ceil__() * step


def round_to(value: Fraction, step: Fraction = Fraction(1)) -> Fraction:
    """Return the nearest multiple of ``step``; halves go up."""
    return (value / step + Fraction(1, 2)).__floor__() * step


def remainder(value: Fraction, divisor: Fraction) -> Fraction:
    """Return what is left of ``value``, with the sign of ``divisor``."""
    return value - (value / divisor).__floor__() * divisor


def _part(name: str) -> Callable[[dt.date], Fraction]:
    return lambda day: Fraction(getattr(day, name))


def _weekday(day: dt.date) -> Fraction:
    return Fraction(day.isoweekday())


def _remainder_kind(kinds: list[Number]) -> Number:
    divisor = kinds[1]
    positive = divisor.low is not None and divisor.low > 0
    return Number(kinds[0].powers, Fraction(0) if positive else None, divisor.high if positive else None)


def _stepped_kind(kinds: list[Number]) -> Number:
    """Return the kind of a rounded number, by a step that is written down; else nothing is known."""
    step = kinds[1] if len(kinds) == 2 else ranges.exactly(Fraction(1))
    if step.low is None or step.low != step.high or step.low <= 0:
        return Number(kinds[0].powers)
    return ranges.stepped(kinds[0], step.low)


def _whole_between(low: int, high: int) -> Callable[[list[Number]], Number]:
    return lambda _: Number((), Fraction(low), Fraction(high), Fraction(1))


def _list() -> Sequence[Function]:
    return (
        Function("min", 2, 16, "alike", lambda *all_: min(all_), lambda kinds: ranges.smallest(kinds, 1), "min(a, b)"),
        Function("max", 2, 16, "alike", lambda *all_: max(all_), lambda kinds: ranges.smallest(kinds, -1), "max(a, b)"),
        Function("abs", 1, 1, "alike", abs, lambda kinds: ranges.size(kinds[0]), "abs(a)"),
        Function("mod", 2, 2, "alike", remainder, _remainder_kind, "mod(a, b)"),
        Function("floor", 1, 2, "stepped", floor_to, _stepped_kind, "floor(a, step)"),
        Function("ceil", 1, 2, "stepped", ceil_to, _stepped_kind, "ceil(a, step)"),
        Function("round", 1, 2, "stepped", round_to, _stepped_kind, "round(a, step)"),
        Function("year", 1, 1, "date", _part("year"), _whole_between(1, 9999), "year(date)"),
        Function("month", 1, 1, "date", _part("month"), _whole_between(1, 12), "month(date)"),
        Function("day", 1, 1, "date", _part("day"), _whole_between(1, 31), "day(date)"),
        Function("weekday", 1, 1, "date", _weekday, _whole_between(1, 7), "weekday(date)"),
    )


FUNCTIONS: Mapping[str, Function] = {one.name: one for one in _list()}

USAGES: Mapping[str, str] = {
    **{name: one.usage for name, one in FUNCTIONS.items()},
    "count": "count(group, condition)",
    "sum": "sum(value, condition)",
    "share": "share(value, condition)",
    "prev": "prev(value, by: year)",
    "streak": "streak(condition, by: year)",
    "since": "since(condition)",
    "count_in": "count_in(condition, 30 days)",
    "missing": "missing(name)",
}
