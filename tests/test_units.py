"""The table of units: what a quantity is worth, which keys take bare numbers, and what is not a quantity."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.units import (
    UNITS,
    UnitProblem,
    convert,
    ends_in_unit,
    example,
    is_pure,
    known_units,
    named,
    pattern,
    quantity,
)

NAMES = [name for unit in UNITS for name in unit.names]
WANTED = ["h", "min", "day", "1", "1/day", "1/year", "yuan", "yuan/h", "min/km", "day/year", "km", "1/stage"]
PIECES = st.sampled_from([*NAMES, "bananas", "wekes", "stage", "/", " / ", "每", " per ", " ", "  ", "3", "."])


def readable(text: str, unit: str) -> bool:
    """Tell whether a text is a quantity in a unit."""
    try:
        quantity(text, unit)
    except UnitProblem:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("8 h", "min", 480.0),
        ("90 min", "h", 1.5),
        ("6 周", "day", 42.0),
        ("3天", "h", 72.0),
        ("30 秒", "min", 0.5),
        ("2 working days", "working h", 16.0),
        ("3 工作日", "working day", 3.0),
        ("120 万元", "yuan", 1_200_000.0),
        ("1.5 亿元", "万元", 15_000.0),
        ("5 元", "fen", 500.0),
        ("2 亩", "m2", 4000 / 3),
        ("3 m²", "m2", 3.0),
        ("1 平方公里", "ha", 100.0),
        ("1.2 km", "m", 1200.0),
        ("3 万人", "people", 30_000.0),
        ("17.5 /day", "1/day", 17.5),
        ("17.5 每天", "1/day", 17.5),
        ("17.5 件/天", "1/day", 17.5),
        ("17.5 per day", "1/day", 17.5),
        ("35 /week", "1/day", 5.0),
        ("0.35 /a", "1/year", 0.35),
        ("30 元/小时", "yuan/h", 30.0),
        ("30 元每小时", "fen/h", 3000.0),
        ("12 min/km", "min/km", 12.0),
        ("12 分钟/公里", "h/km", 0.2),
        ("30 %", "1", 0.3),
        ("３０％", "1", 0.3),
        ("7", "1", 7.0),
        ("8 件", "1", 8.0),
        ("1e3 h", "h", 1000.0),
        ("-5 min", "min", -5.0),
        ("0.15 /stage", "1/stage", 0.15),
        ("0.15 1/stage", "1/stage", 0.15),
    ],
)
def test_a_quantity_is_worth_its_unit(text: str, unit: str, value: float) -> None:
    assert quantity(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "unit", "problem", "suggestion"),
    [
        ("6 wekes", "day", "unknown unit", "weeks"),
        ("6 hous", "min", "unknown unit", "hours"),
        ("6 km", "day", "wrong kind", None),
        ("6 /day", "day", "wrong kind", None),
        ("6 day", "1/day", "wrong kind", None),
        ("6 h", "1", "wrong kind", None),
        ("6 working h", "h", "wrong kind", None),
        ("6", "h", "bare", None),
        ("fast", "h", "not a quantity", None),
        ("1.2.3 h", "h", "not a quantity", None),
        ("1e999 h", "h", "not a quantity", None),
        ("", "h", "not a quantity", None),
        ("2 month", "day", "unknown unit", None),
        ("6 h/", "h/km", "wrong kind", None),
        ("6 /stag", "1/stage", "unknown unit", None),
    ],
)
def test_what_cannot_be_read_says_why(text: str, unit: str, problem: str, suggestion: str | None) -> None:
    with pytest.raises(UnitProblem) as caught:
        quantity(text, unit)
    assert caught.value.problem == problem
    assert caught.value.known
    if suggestion:
        assert caught.value.suggestion == suggestion


def test_known_units_are_named_in_both_languages() -> None:
    assert {"h", "小时", "天"} & set(known_units("day")) == {"h", "小时"}
    assert "/小时" in known_units("1/day")
    assert {"yuan/h", "fen/小时"} <= set(known_units("yuan/h"))


@pytest.mark.parametrize(
    ("key", "unit", "bare"),
    [
        ("days", "day", True),
        ("return_hours", "h", True),
        ("travel_minutes", "min", True),
        ("minutes_per_km", "min/km", True),
        ("wage_yuan_per_hour", "yuan/h", True),
        ("reports_per_day", "1/day", True),
        ("faults_per_place_year", "1/year", True),
        ("leave_days", "day/year", True),
        ("cost_fen", "fen", True),
        ("cost", "fen", False),
        ("patience", "h", False),
        ("return_hours", "min", False),
        ("rate", "1/day", False),
        ("today", "day", False),
    ],
)
def test_keys_that_end_in_their_unit_take_bare_numbers(key: str, unit: str, bare: bool) -> None:
    assert ends_in_unit(key, unit) is bare


def test_shares_and_counts_need_no_unit() -> None:
    assert all(is_pure(unit) for unit in ("1", "", "%", "件"))
    assert not any(is_pure(unit) for unit in ("h", "1/day", "people", "1/stage"))


def test_no_name_stands_for_two_units() -> None:
    names = [name for unit in UNITS for name in unit.names]
    assert len(names) == len(set(names))


@given(st.sampled_from(UNITS), st.data(), st.floats(-1e12, 1e12))
def test_there_and_back_is_the_same_number(unit, data, value: float) -> None:
    other = data.draw(st.sampled_from([one for one in UNITS if one.kind == unit.kind]))
    there = convert(value, unit.names[0], other.names[-1])
    assert convert(there, other.names[-1], unit.names[0]) == pytest.approx(value, rel=1e-12, abs=1e-300)


@given(st.floats(-1e15, 1e15), st.sampled_from(["h", "1/day", "yuan/h", "min/km"]))
def test_what_is_shown_is_read_as_the_same_number(value: float, unit: str) -> None:
    assert quantity(example(value, unit), unit) == value


@given(st.sampled_from(["3", "17.5", "-5", "1e3", ".5", "３"]), st.lists(PIECES, max_size=5), st.sampled_from(WANTED))
def test_what_fits_the_pattern_can_be_read(number: str, pieces: list[str], unit: str) -> None:
    text = number + "".join(pieces)
    if re.search(pattern(unit), text):
        assert readable(text, unit)


@pytest.mark.parametrize("unit", WANTED)
def test_what_can_be_read_fits_the_pattern(unit: str) -> None:
    units = ["", *NAMES, *(f"{over}{per}{word}" for over in ("", "1", "件", "yuan", "分钟", "day", "%")
                           for per in ("/", " 每", " per ") for word in [*NAMES, "stage"])]  # fmt: skip
    read = [text for name in units for text in (f"3 {name}", f"3.5{name}") if readable(text, unit)]
    assert len(read) > 3
    assert [text for text in read if not re.search(pattern(unit), text)] == []


@pytest.mark.parametrize("wrong", ["3 bananas", "3 km", "3", "3 h/h", "h", "3 hh", "1.2.3 h", "3 h 5 min"])
def test_a_wrong_unit_does_not_fit_the_pattern(wrong: str) -> None:
    assert not re.search(pattern("h"), wrong)
    assert not readable(wrong, "h")


def test_every_unit_has_a_chinese_name() -> None:
    for unit in UNITS:
        assert unit.names[0] == "1" or any(name > "\u2e80" for name in unit.names) or unit.names == ("%",), unit.names
    assert [named(unit, "zh") for unit in ("h", "1/day", "yuan/h", "min/km", "1")] == [
        "小时", "/天", "元/小时", "分钟/公里", "",
    ]  # fmt: skip
    assert [named(unit, "en") for unit in ("h", "1/day", "1")] == ["h", "/day", ""]


@given(st.text(max_size=30), st.sampled_from(["h", "1/day", "1", "yuan"]))
def test_any_text_is_a_quantity_or_a_problem(text: str, unit: str) -> None:
    try:
        quantity(text, unit)
    except UnitProblem as problem:
        assert problem.wanted == unit
