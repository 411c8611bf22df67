"""Reading one value of a scenario: numbers with units, switches, words, dates.

Each reader returns the value in the parameter's own unit, or raises the pydantic error whose type is one of our codes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from twin.core import units
from twin.core.marked_yaml import KINDS
from twin.core.parameters import ParamSpec
from twin.errors import Words, closest

Reader = Callable[[Any], Any]

SWITCHES = {
    "on": True, "off": False, "true": True, "false": False, "yes": True, "no": False,
    "开": True, "关": False, "是": True, "否": False,
}  # fmt: skip

NUMBER = Words("a number", "数字")
WHOLE = Words("a whole number", "整数")
TEXT = Words("text", "文字")
LIST = Words("a list `[...]`", "列表 `[...]`")
MAP = Words("keys and values", "键值对")
SWITCH = Words("on or off", "on 或 off")

_LONGEST_NAME = 80
_DATE = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d", re.ASCII)
_NAME = re.compile(r"[^\W\d_][\w-]*")


def fault(code: str, **values: Any) -> PydanticCustomError:
    """Return the error that stops a value, for pydantic to place."""
    return PydanticCustomError(code, "see the registry of messages", values)


def found_kind(value: Any) -> Words:
    """Say in words what kind of value was given."""
    if isinstance(value, bool):
        return KINDS["switch"]
    kinds = {dict: "map", list: "list", tuple: "list", str: "text", int: "number", float: "number"}
    return KINDS[kinds.get(type(value), "nothing")]


@dataclass(frozen=True)
class Number:
    """Reads a number of ``spec.unit`` within its range; ``key`` may carry the unit."""

    key: str
    spec: ParamSpec
    usual: float
    whole: bool

    @property
    def bare(self) -> bool:
        """Whether the number may stand without a unit."""
        return units.is_pure(self.spec.unit) or units.ends_in_unit(self.key, self.spec.unit)

    def __call__(self, value: Any) -> float | int:
        """Read a number or a quantity; raises S103 to S108 and S126."""
        if isinstance(value, str):
            number = self._quantity(value)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise fault("S103", expected=self._expected(), found=found_kind(value))
        elif self.bare:
            number = value
        else:
            raise fault("S105", unit=unit_words(self.spec), example=example_words(value, self.spec))
        return self._within(self._whole(number) if self.whole else float(number) + 0.0)

    def _expected(self) -> Words:
        if not self.bare:
            example = example_words(self.usual, self.spec)
            return Words(f"a quantity such as `{example.en}`", f"数量，例如 `{example.zh}`")
        return WHOLE if self.whole else NUMBER

    def _quantity(self, text: str) -> float:
        try:
            return units.quantity(text, self.spec.unit or "1")
        except units.UnitProblem as problem:
            raise self._unit_fault(text, problem) from None

    def _unit_fault(self, text: str, problem: units.UnitProblem) -> PydanticCustomError:
        unit = self.spec.unit
        if unit in ("", "1") or (problem.problem == "not a quantity" and self.bare):
            return fault("S103", expected=self._expected(), found=Words(f"the text `{text}`", f"文字 `{text}`"))
        if problem.problem == "not a quantity":
            return fault("S104", text=text, example=example_words(self.usual, self.spec))
        said = unit_words(self.spec)
        if problem.problem == "bare":
            return fault("S105", unit=said, example=Words(f"{text} {said.en}", f"{text} {said.zh}"))
        code = "S106" if problem.problem == "unknown unit" else "S107"
        return fault(code, given=problem.given, unit=said, suggestion=problem.suggestion, known=problem.known)

    def _whole(self, number: float | int) -> int:
        if number != int(number):
            raise fault("S126", value=number)
        return int(number)

    def _within(self, number: float | int) -> float | int:
        low, high = self.spec.low, self.spec.high
        if (low is not None and number < low) or (high is not None and number > high):
            raise fault("S108", value=_with_unit(f"{number:.12g}", self.spec), range=range_words(self.spec))
        return number


def unit_words(spec: ParamSpec) -> Words:
    """Return the name of a parameter's unit."""
    return Words(units.named(spec.unit, "en"), units.named(spec.unit, "zh"))


def example_words(value: float, spec: ParamSpec) -> Words:
    """Return a quantity of a parameter, as a scenario would say it in English or Chinese."""
    return Words(units.example(value, spec.unit), units.example(value, spec.unit, "zh"))


def _with_unit(text: str, spec: ParamSpec) -> Words:
    unit = unit_words(spec)
    return Words(f"{text} {unit.en}".strip(), f"{text} {unit.zh}".strip())


def range_words(spec: ParamSpec) -> Words:
    """Write a parameter's range with its unit: ``[0, 600] min``."""
    low = "-inf" if spec.low is None else f"{spec.low:.12g}"
    high = "inf" if spec.high is None else f"{spec.high:.12g}"
    return _with_unit(f"[{low}, {high}]", spec)


def switch(value: Any) -> bool:
    """Read on/off, true/false, yes/no, 开/关, 是/否."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in SWITCHES:
        return SWITCHES[value.casefold()]
    raise fault("S103", expected=SWITCH, found=Words(f"`{value}`", f"`{value}`"))


def text(value: Any) -> str:
    """Read text; a number or a switch is not text unless it stands in quotes."""
    if isinstance(value, str):
        return value
    expected = TEXT
    if isinstance(value, (int, float, bool)):
        expected = Words("text (put it in quotes)", "文字（请加引号）")
    raise fault("S103", expected=expected, found=found_kind(value))


def choice_of(names: Collection[str], code: str = "S109", key: str = "value") -> Reader:
    """Return a reader of one of some words; ``code`` is what else raises, naming the word under ``key``."""

    def choose(value: Any) -> str:
        word = text(value)
        if word not in names:
            raise fault(code, **{key: word}, suggestion=closest(word, names), known=tuple(names))
        return word

    return choose


def date(value: Any) -> dt.date:
    """Read a date written year-month-day, from 1900 to 2199."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise fault("S125", text=value)


def is_name(value: object) -> bool:
    """Say whether a value can be a step of a path."""
    return isinstance(value, str) and len(value) <= _LONGEST_NAME and _NAME.fullmatch(value) is not None


def name(value: Any) -> str:
    """Read a name that can be a step of a path."""
    if not is_name(value):
        raise fault("S127", name=value)
    return str(value)
