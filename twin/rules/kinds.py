"""Kinds of values: numbers with a dimension, truth, choices, words, dates, groups of members.

Numbers are exact (``Fraction``), in base units: minutes, working minutes, fen, m2, m. Dates are ``datetime.date``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from twin.core.units import Powers, base_unit, exact_measure, is_pure
from twin.errors import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

Value = Fraction | bool | str | dt.date | None
"""One value of a rule; ``None`` is a value that is missing."""

_MOST_BITS = 1000  # steps finer than that are as good as none

PURE: Powers = ()
MONEY: Powers = (("money", 1),)
TIME: Powers = (("time", 1),)
WORKING_TIME: Powers = (("working time", 1),)


@dataclass(frozen=True)
class Number:
    """Numbers of one dimension, in base units.

    ``low`` and ``high`` are inclusive, ``None`` where there is no bound; values are multiples of ``step`` (``None``:
    any fraction). ``unit`` is how the author counts: bare numbers of a cell are in it.
    """

    powers: Powers = PURE
    low: Fraction | None = None
    high: Fraction | None = None
    step: Fraction | None = None
    unit: str = ""
    cyclic: bool = False

    @property
    def factor(self) -> Fraction:
        """How many base units one of ``unit`` is."""
        return exact_measure(self.unit)[0] if self.unit else Fraction(1)

    def holds(self, value: Fraction) -> bool:
        """Whether a value lies in the declared range and on its steps."""
        inside = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        return inside and (self.step is None or (value / self.step).denominator == 1)


@dataclass(frozen=True)
class Truth:
    """True or false."""


@dataclass(frozen=True)
class Choice:
    """One of the listed words; ``ordered`` says that their order is a ranking."""

    name: str
    values: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Free:
    """Any words: nothing says which."""


@dataclass(frozen=True)
class Day:
    """Dates; bounds are inclusive."""

    low: dt.date | None = None
    high: dt.date | None = None

    def holds(self, value: dt.date) -> bool:
        """Whether a date lies between the bounds."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Member:
    """One field of the members of a group."""

    name: str
    kind: Kind
    optional: bool = False


@dataclass(frozen=True)
class Group:
    """Members that a rule may count and add up (the residents of a building)."""

    members: tuple[Member, ...]

    def member(self, name: str) -> Member | None:
        """Return a field of the members."""
        return next((one for one in self.members if one.name == name), None)


@dataclass(frozen=True)
class Unknown:
    """The kind of what could not be read: it fits everywhere, so that one fault is said once."""


Kind = Number | Truth | Choice | Free | Day | Group | Unknown
UNKNOWN = Unknown()
TRUTH = Truth()


def number(unit: str = "", low: Fraction | None = None, high: Fraction | None = None, *, whole: bool = False) -> Number:
    """Return numbers in a unit, with bounds counted in it; money is always whole fen."""
    factor, powers = exact_measure(unit) if unit else (Fraction(1), PURE)
    step = factor if whole else Fraction(1) if powers == MONEY else None
    return Number(powers, _times(low, factor), _times(high, factor), step, unit)


def _times(bound: Fraction | None, factor: Fraction) -> Fraction | None:
    return None if bound is None else bound * factor


def same(one: Kind, other: Kind) -> bool:
    """Whether values of two kinds may be compared for equality."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return True
    if isinstance(one, Number) and isinstance(other, Number):
        return one.powers == other.powers
    if isinstance(one, Choice) and isinstance(other, Choice):
        return one.values == other.values
    words = (Choice, Free)
    return type(one) is type(other) or (isinstance(one, words) and isinstance(other, words))


def clashing_times(one: Powers, other: Powers) -> bool:
    """Whether two dimensions differ only in clock time standing where working time does."""
    return one != other and _clocked(one) == _clocked(other)


def _clocked(powers: Powers) -> Powers:
    summed: dict[str, int] = {}
    for kind, power in powers:
        plain = "time" if kind == "working time" else kind
        summed[plain] = summed.get(plain, 0) + power
    return tuple(sorted((kind, power) for kind, power in summed.items() if power))


def times(one: Powers, other: Powers, sign: int = 1) -> Powers:
    """Return the dimension of a product (``sign`` 1) or a quotient (-1)."""
    summed = dict(one)
    for kind, power in other:
        summed[kind] = summed.get(kind, 0) + sign * power
    return tuple(sorted((kind, power) for kind, power in summed.items() if power))


_KINDS: dict[str, Words] = {
    "time": Words("time", "时间"),
    "working time": Words("working time", "工作时间"),
    "money": Words("money", "金额"),
    "area": Words("area", "面积"),
    "length": Words("length", "长度"),
    "people": Words("people", "人数"),
    "households": Words("households", "户数"),
}


def said_powers(powers: Powers) -> Words:
    """Say a dimension: money, money/area, a plain number."""
    if not powers:
        return Words("a plain number", "无单位的数")
    return Words(_written(powers, "en"), _written(powers, "zh"))


def _written(powers: Powers, lang: str) -> str:
    above = [_powered(_KINDS[kind][lang], power) for kind, power in powers if power > 0]
    below = [_powered(_KINDS[kind][lang], -power) for kind, power in powers if power < 0]
    return "/".join(["×".join(above) or "1", *below])


def _powered(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def base_units(powers: Powers) -> str:
    """Write the unit in which values of a dimension are counted: ``fen/m2``, ``""`` for a plain number."""
    if not powers:
        return ""
    above = [_powered(base_unit(kind), power) for kind, power in powers if power > 0]
    below = [_powered(base_unit(kind), -power) for kind, power in powers if power < 0]
    return "/".join(["*".join(above) or "1", *below])


def said(kind: Kind) -> Words:
    """Say a kind of values in a message."""
    if isinstance(kind, Number):
        return said_powers(kind.powers)
    if isinstance(kind, Choice):
        return Words(f"a value of `{kind.name}`", f"`{kind.name}` 的取值")
    return _SAID[type(kind)]


_SAID: dict[type, Words] = {
    Truth: Words("true or false", "真或假"),
    Free: Words("words", "文字"),
    Day: Words("a date", "日期"),
    Group: Words("a group", "一组成员"),
    Unknown: Words("a value", "值"),
}


def written(value: Value | tuple[Value, ...], kind: Kind | None = None) -> str:
    """Write a value as a cell would: numbers in the unit of their kind, dates as ``2025-01-31``."""
    if isinstance(value, tuple):
        return ", ".join(written(one, kind) for one in value)
    if isinstance(value, bool) or value is None:
        return {None: "missing", True: "true", False: "false"}[value]
    if isinstance(value, Fraction):
        unit = kind.unit if isinstance(kind, Number) else ""
        factor = kind.factor if isinstance(kind, Number) else Fraction(1)
        shown = decimal(value / factor)
        return shown if not unit or is_pure(unit) else f"{shown} {unit}"
    return value.isoformat() if isinstance(value, dt.date) else value


def decimal(value: Fraction) -> str:
    """Write a fraction as a decimal number where that is exact, else as ``1/3``."""
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places > 40:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def narrowest(steps: Iterable[Fraction | None]) -> Fraction | None:
    """Return the greatest step of which all these steps are multiples, ``None`` when one of them is."""
    found = Fraction(0)
    for step in steps:
        if step is None:
            return None
        found = Fraction(_gcd(found.numerator * step.denominator, step.numerator * found.denominator),
                         found.denominator * step.denominator)  # fmt: skip
        if found.denominator.bit_length() > _MOST_BITS:
            return None
    return found or None


def _gcd(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return abs(one)
