"""One table of units, for scenarios and rules: time, working time, money, area, length, people, counts, rates.

A unit expression is a word of the table, or words divided by words: ``h``, ``/day``, ``yuan/h``, ``元/小时``.
Quantities are text, a number and a unit: ``8 h``, ``6 周``, ``120 万元``, ``17.5 /day``, ``30 %``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

from twin.errors import closest

Problem = Literal["bare", "not a quantity", "unknown unit", "wrong kind"]

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\d.])")
_PER = re.compile(r"\s*(?:每|\bper\b)\s*")
_CHINESE_FROM = "\u2e80"

# The same for a JSON Schema, which knows no normal forms: digits and signs may have the full width of an input method.
_DIGITS = "[+\\-＋－]?(?:[0-9０-９]+(?:[.．][0-9０-９]*)?|[.．][0-9０-９]+)(?:[eE][+\\-]?[0-9]+)?"
_DIVIDED = "\\s*(?:[/／]|每|\\bper\\b)\\s*"
_WIDE = {"%": "[%％]"}


@dataclass(frozen=True)
class Unit:
    """A unit: how many of the first unit of its kind it holds, its names, the words that a key ends in."""

    kind: str
    factor: float
    names: tuple[str, ...]
    key_words: tuple[str, ...] = ()


UNITS: tuple[Unit, ...] = (
    Unit("time", 1.0, ("min", "minute", "minutes", "分钟"), ("minutes", "minute")),
    Unit("time", 1 / 60, ("s", "second", "seconds", "秒"), ("seconds", "second")),
    Unit("time", 60.0, ("h", "hour", "hours", "小时"), ("hours", "hour")),
    Unit("time", 1440.0, ("day", "days", "d", "天", "日"), ("days", "day")),
    Unit("time", 10_080.0, ("week", "weeks", "周", "星期"), ("weeks", "week")),
    Unit("time", 525_600.0, ("year", "years", "a", "年"), ("years", "year")),
    Unit("working time", 1.0, ("working min", "工作分钟"), ("working_minutes",)),
    Unit("working time", 60.0, ("working h", "working hour", "working hours", "工时", "工作小时"), ("working_hours",)),
    Unit("working time", 480.0, ("working day", "working days", "工作日"), ("working_days",)),
    Unit("money", 1.0, ("fen", "分"), ("fen",)),
    Unit("money", 100.0, ("yuan", "元", "CNY"), ("yuan",)),
    Unit("money", 1e6, ("万元",), ()),
    Unit("money", 1e10, ("亿元",), ()),
    Unit("area", 1.0, ("m2", "平方米", "平米"), ("m2",)),
    Unit("area", 2000 / 3, ("mu", "亩"), ("mu",)),
    Unit("area", 1e4, ("ha", "公顷"), ("ha",)),
    Unit("area", 1e6, ("km2", "平方公里"), ("km2",)),
    Unit("length", 1.0, ("m", "metre", "metres", "米"), ("metres", "m")),
    Unit("length", 1000.0, ("km", "公里", "千米"), ("km",)),
    Unit("length", 0.001, ("mm", "millimetre", "millimetres", "毫米"), ("mm",)),
    Unit("people", 1.0, ("people", "person", "resident", "residents", "人"),
         ("people", "residents", "person", "resident")),
    Unit("people", 1e4, ("万人",), ()),
    Unit("households", 1.0, ("households", "household", "户"), ("households", "household")),
    Unit("count", 1.0, ("1", "report", "reports", "incident", "incidents", "ticket", "tickets", "order", "orders",
                        "件", "次", "起", "单", "个")),
    Unit("count", 0.01, ("%",)),
)  # fmt: skip


# units of parameters and metrics that nobody converts: only what they are called in Chinese
_ONLY_NAMED = {"month": "月", "dB": "分贝", "degC": "℃", "kWh": "千瓦时", "W": "瓦", "m2K": "平方米度"}


class UnitProblem(ValueError):  # noqa: N818
    """A quantity that cannot be read in the wanted unit; ``problem`` says how, ``known`` what would do."""

    def __init__(self, problem: Problem, wanted: str, given: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{problem}: {given!r} where {wanted} is wanted")
        self.problem = problem
        self.wanted = wanted
        self.given = given
        self.known = known
        alike = [name for unit in UNITS if unit.names[0] in known for name in unit.names]
        halved = wanted.startswith(f"{given}/")  # a rate without its "per": the nearest by letters would be any rate
        self.suggestion = wanted if halved else closest(given, [*known, *alike])


@dataclass(frozen=True)
class _Measure:
    """A unit expression worked out: a factor, and the kinds above and below the line."""

    factor: float
    above: tuple[str, ...]
    below: tuple[str, ...]


def quantity(text: str, unit: str) -> float:
    """Read a quantity such as ``"8 h"`` and return it in ``unit``; raises :class:`UnitProblem`."""
    plain = unicodedata.normalize("NFKC", text).strip()
    number = _NUMBER.match(plain)
    if number is None or not math.isfinite(float(number.group())):
        raise UnitProblem("not a quantity", unit, text, known_units(unit))
    given = _PER.sub("/", plain[number.end() :]).strip()
    if not given and not is_pure(unit):
        raise UnitProblem("bare", unit, text, known_units(unit))
    return convert(float(number.group()), given or unit, unit)


def convert(value: float, given: str, unit: str) -> float:
    """Return ``value`` measured in ``given`` as a number of ``unit``; raises :class:`UnitProblem`.

    A converted number keeps 15 digits, so that ``0.1 /h`` and ``2.4 /day`` are the same number.
    """
    if given == unit:
        return value
    known_words = _words(unit)
    for word in _words(given):
        if _lookup(word) is None and word not in known_words:
            raise UnitProblem("unknown unit", unit, given, known_units(unit))
    wanted, measured = _measure(unit), _measure(given)
    if (measured.above, measured.below) != (wanted.above, wanted.below):
        raise UnitProblem("wrong kind", unit, given, known_units(unit))
    if measured.factor == wanted.factor:
        return value
    return float(f"{value * measured.factor / wanted.factor:.15g}")


Powers = tuple[tuple[str, int], ...]
"""A dimension: kinds of units with their powers, sorted, none of them 0; ``()`` is a pure number."""


@lru_cache(maxsize=512)
def exact_measure(unit: str) -> tuple[Fraction, Powers]:
    """Return exactly how many base units a unit holds, and its dimension; raises :class:`UnitProblem`.

    The base unit of a kind is the first of :data:`UNITS`: min, working min, fen, m2, m, people, households.
    """
    factor, powers = Fraction(1), dict[str, int]()
    over, *under = unit.split("/")
    for power, word in [(1, over), *((-1, word) for word in under)]:
        found = _lookup(word or "1")
        if found is None:
            raise UnitProblem("unknown unit", unit, word.strip(), ())
        factor *= Fraction(found.factor).limit_denominator(1000) ** power
        if found.kind != "count":
            powers[found.kind] = powers.get(found.kind, 0) + power
    return factor, tuple(sorted((kind, power) for kind, power in powers.items() if power))


@cache
def unit_words() -> tuple[str, ...]:
    """Return every name of a unit that is a word (not ``1``, ``%``), the longest first."""
    return tuple(sorted((name for name in _by_name() if name not in ("1", "%")), key=len, reverse=True))


@cache
def base_unit(kind: str) -> str:
    """Return the name of the unit in which a kind is counted."""
    return next(unit.names[0] for unit in UNITS if unit.kind == kind)


def is_pure(unit: str) -> bool:
    """Say whether a bare number is enough: no unit, a share, or a count."""
    measure = _measure(unit)
    return not measure.above and not measure.below


def ends_in_unit(key: str, unit: str) -> bool:
    """Say whether a key names its own unit: ``days``, ``return_hours``, ``minutes_per_km``, ``wage_yuan_per_hour``."""
    over, *under = unit.split("/")
    if any(key == word or key.endswith("_" + word) for word in _endings(over)):
        return True
    return bool(under) and "per_" in key and any(key.endswith("_" + word) for word in _endings(under[-1]))


def example(value: float, unit: str, lang: str = "en") -> str:
    """Write a quantity as a scenario would, with all its digits: ``8 h``, ``17.5 /day``, ``8 小时``."""
    return f"{repr(value).removesuffix('.0')} {named(unit, lang)}".strip()


def named(unit: str, lang: str) -> str:
    """Return what a unit is called in a language: ``h`` is 小时, ``1/day`` is /day or /天, ``1`` is nothing."""
    words = ["" if word.strip() == "1" else _named(word, lang) for word in unit.split("/")]
    return "/".join(words)


@cache
def pattern(unit: str) -> str:
    """Return a regular expression (ECMA 262) of the quantities that :func:`quantity` reads in ``unit``.

    A number too large to be read, or out of range, fits it too.
    """
    over, *under = unit.split("/")
    counted = (over or "1") in _spellings("1")
    above = f"(?:{_choice(over or '1')})" + "?" * counted  # a count may be left out: 17.5 /day, 17.5 件/天
    below = "".join(f"{_DIVIDED}(?:{_choice(word)})" for word in under)
    each = f"(?:{_DIVIDED}(?:{_choice('1')}))?"  # 30 分钟/件 is said, and means 30 分钟
    return rf"^\s*{_DIGITS}\s*{above}{below}{each}\s*$"


def known_units(unit: str) -> tuple[str, ...]:
    """Return names of units that can be turned into ``unit``, in both languages."""
    over, *under = unit.split("/")
    tops = _names(over) if over not in ("", "1") or not under else ("",)
    for word in under:
        tops = tuple(f"{top}/{name}" for top in tops[:4] for name in _names(word))
    return tops


def _named(word: str, lang: str) -> str:
    """Return the first name of a unit that is written in the letters of a language."""
    found = _lookup(word)
    if found is None and lang == "zh":
        return _ONLY_NAMED.get(word.strip(), word.strip())
    names = (name for name in (found.names if found is not None else ()) if (name > _CHINESE_FROM) == (lang == "zh"))
    return word.strip() if lang != "zh" else next(names, word.strip())


def _choice(word: str) -> str:
    """Return a pattern of every name of the kind that ``word`` measures."""
    return "|".join("".join(_WIDE.get(letter, letter) for letter in name) for name in _spellings(word))


def _spellings(word: str) -> list[str]:
    """Return every name of the kind that ``word`` measures, the longest first."""
    found = _lookup(word)
    if found is None:
        return [word.strip()]
    names = [name for unit in UNITS if unit.kind == found.kind for name in unit.names]
    return sorted(names, key=len, reverse=True)


def _names(word: str) -> tuple[str, ...]:
    """Return the first and the last name of every unit of the kind of ``word``."""
    found = _lookup(word or "1")
    if found is None or found.kind == "count":
        return ("%",) if word in ("", "1") else (word,)
    return tuple(name for unit in UNITS if unit.kind == found.kind
                 for name in dict.fromkeys((unit.names[0], unit.names[-1])))  # fmt: skip


@lru_cache(maxsize=512)
def _measure(unit: str) -> _Measure:
    over, *under = unit.split("/")
    factor = 1.0
    kinds: tuple[list[str], list[str]] = ([], [])
    for power, word in [(1, over)] + [(-1, word) for word in under]:
        found = _lookup(word or "1")
        factor *= found.factor**power if found is not None else 1.0
        if found is None or found.kind != "count":
            kinds[power < 0].append(found.kind if found is not None else word.strip())
    return _Measure(factor, tuple(sorted(kinds[0])), tuple(sorted(kinds[1])))


def _words(unit: str) -> list[str]:
    return [word.strip() for word in unit.split("/") if word.strip()]


def _lookup(word: str) -> Unit | None:
    return _by_name().get(unicodedata.normalize("NFKC", word).strip())


@cache
def _by_name() -> Mapping[str, Unit]:
    return {name: unit for unit in UNITS for name in unit.names}


def _endings(word: str) -> tuple[str, ...]:
    """Return how a key that is measured in ``word`` may end."""
    found = _lookup(word)
    if found is None:
        return (word,) if word not in ("", "1") else ()
    return found.key_words
