"""Expressions: what is read, what is refused and where, kinds and units, optional values, exact values."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from twin.core.marked_yaml import Source
from twin.errors import Complaint, Place
from twin.rules.expressions import read_expression
from twin.rules.kinds import TRUTH, Choice, Day, Free, Group, Kind, Member, Number, number
from twin.rules.model import Expr, RuleSet
from twin.rules.presence import unguarded
from twin.rules.reference import Case, Past
from twin.rules.scope import Binding, Scope
from twin.rules.snippets import Snippet
from twin.rules.texts import text

CATEGORY = Choice("category", ("gas", "water", "power"))
ALERT = Choice("alert", ("none", "yellow", "orange", "red"), ordered=True)
FLAT = Group((Member("age", number()), Member("area", number("m2")), Member("voted", TRUTH)))
NAMES = {
    "open_time": Binding(number("h"), "input"),
    "worked": Binding(number("working h"), "input"),
    "category": Binding(CATEGORY, "input"),
    "alert": Binding(ALERT, "field"),
    "severity": Binding(number(low=Fraction(1), high=Fraction(5), whole=True), "input"),
    "严重度": Binding(number(), "input"),
    "cost": Binding(number("yuan"), "input"),
    "area": Binding(number("m2"), "input"),
    "since_day": Binding(Day(), "input"),
    "again": Binding(TRUTH, "input"),
    "age": Binding(number(), "input", optional=True),
    "flats": Binding(FLAT, "input"),
    "town": Binding(Free(), "input"),
    "lambda": Binding(number(), "input"),
}
DAY = dt.date(2025, 6, 1)


def read(said: str, expect: Kind | None = None) -> tuple[Expr | None, list[Complaint]]:
    """Read an expression that stands alone on a line."""
    found: list[Complaint] = []
    scope = Scope(NAMES, {"factor": number(), "cap": number("yuan")}, found.append)
    return read_expression(Snippet(said, Source("f", (said,)), (0, 0)), scope, expect), found


def good(said: str, expect: Kind | None = None) -> Expr:
    """Read an expression that must make sense."""
    expr, found = read(said, expect)
    assert found == [] and expr is not None, [one.code for one in found]
    return expr


def fault(said: str, expect: Kind | None = None) -> tuple[str, str]:
    """Return the code of the only complaint, and the text that it marks."""
    expr, found = read(said, expect)
    assert expr is None
    assert len(found) == 1, [(one.code, one.place) for one in found]
    place = found[0].place
    assert isinstance(place, Place)
    return found[0].code, said[place.col - 1 : place.end_col - 1]


def value(said: str, **given: object) -> object:
    """Return the value of an expression."""
    return Case(RuleSet((), ""), DAY, given).value(good(said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "code", "marked"),
    [
        ("open_tiem > 24 h", "E101", "open_tiem"),
        ("category == gaz", "E102", "gaz"),
        ("alert >= p.facter", "E104", "p.facter"),
        ("again + 1", "E105", "again"),
        ("1 < again", "E105", "again"),
        ("not severity", "E105", "severity"),
        ("severity == category", "E105", "category"),
        ("again and cost", "E105", "cost"),
        ("open_time > 24", "E107", "24"),
        ("open_time > 24 days + 3 yuan", "E107", "3 yuan"),
        ("cost > 3 months", "E107", "3 months"),
        ("1 if again else cost", "E107", "cost"),
        ("min(cost, open_time)", "E107", "open_time"),
        ("open_time > 2 working days", "E108", "2 working days"),
        ("worked > 3 h", "E108", "3 h"),
        ("category > gas", "E111", "category > gas"),
        ("__import__('os').system(1)", "E111", "__import__('os').system"),
        ("().__class__", "E111", "().__class__"),
        ("severity.bit_length()", "E120", "severity.bit_length"),
        ("cost[0] > 1", "E111", "cost[0]"),
        ("[1, 2]", "E111", "[1, 2]"),
        ("severity in 3", "E111", "severity in 3"),
        ("x = 3", "E111", "="),
        ("severity ** 2", "E111", "**"),
        ("severity & 2", "E111", "&"),
        ("5 % 3", "E111", "%"),
        ("severity in 1..3", "E111", ".."),
        ("lambda: 1", "E111", ":"),
        ("(severity", "E111", "("),
        ("severity)", "E111", ")"),
        ("severity severity", "E111", "severity"),
        ("category == null", "E102", "null"),
        ("severity == null", "E111", "null"),
        ("2025-02-30 > since_day", "E111", "2025-02-30"),
        ("", "E111", ""),
        ("1 / 0", "E112", "0"),
        ("severity // (3 - 3)", "E112", "3 - 3"),
        ("1e999 > 1", "E113", "1e999"),
        ("9" * 50, "E113", "9" * 50),
        ("maximum(1, 2)", "E120", "maximum"),
        ("min(1)", "E121", "min(1)"),
        ("floor(cost)", "E121", "floor(cost)"),
        ("year(3)", "E105", "3"),
        ("count(severity)", "E121", "severity"),
        ("streak(again, by: decade)", "E121", "streak(again, by: decade)"),
        ("missing(1)", "E121", "missing(1)"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(said: str, code: str, marked: str) -> None:
    assert fault(said) == (code, marked)


def test_places_count_characters_not_bytes() -> None:
    assert fault("严重度 ＞ 4 且 category == gaz") == ("E102", "gaz")
    assert fault("严重度 ≥ 4 且 类别 == gas")[1] == "类别"


def test_all_faults_of_an_expression_are_said() -> None:
    _, found = read("open_tiem > 24 and category == gaz and severity > 2 h")
    assert [one.code for one in found] == ["E101", "E102", "E107"]
    assert [one.values.get("suggestion") for one in found][:2] == ["open_time", "gas"]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("2 / 3", Fraction(2, 3)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("40%", Fraction(2, 5)),
        ("40% * 5", 2),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("mod(-7, 2)", 1),
        ("1 - 2 - 3", -4),
        ("2 h + 30 min", 150),
        ("2 个工作日", 960),
        ("3 元", 300),
        ("1.5 万元", 1_500_000),
        ("30 yuan/m2 * 10 m2", 30_000),
        ("1 亩", Fraction(2000, 3)),
        ("min(3, 1, 2) + max(1, 5)", 6),
        ("abs(-3)", 3),
        ("floor(7.5) + ceil(7.2) + round(7.5)", 23),
        ("floor(1234 yuan, 100 yuan)", 120_000),
        ("1 if true else 1 / 3", 1),
        ("year(2025-06-01) + month(2025-06-01) + day(2025-06-01) + weekday(2025-06-01)", 2039),
        ("2025-06-03 - 2025-06-01", 2880),
        ("1e3", 1000),
    ],
)
def test_values_are_exact_and_in_base_units(said: str, wanted: object) -> None:
    assert value(said) == wanted


@pytest.mark.parametrize(
    ("said", "given", "wanted"),
    [
        ("severity > 3 and not again", {"severity": Fraction(4), "again": False}, True),
        ("1 < severity <= 4", {"severity": Fraction(4)}, True),
        ("category in [gas, water]", {"category": "water"}, True),
        ("category not in [gas, water]", {"category": "water"}, False),
        ("category != gas", {"category": "gas"}, False),
        ("alert >= orange", {"alert": "red"}, True),
        ("alert < orange", {"alert": "yellow"}, True),
        ("town == '上城'", {"town": "上城"}, True),
        ("severity == 3", {"severity": Fraction(3)}, True),
        ("严重度 ＞＝ 4 且 非 again", {"严重度": Fraction(4), "again": False}, True),
        ("severity in [1, 3]", {"severity": Fraction(2)}, False),
        ("since_day + 30 days > 2025-06-15", {"since_day": dt.date(2025, 6, 1)}, True),
        ("missing(age) or age > 3", {"age": None}, True),
        ("lambda + 1 == 2", {"lambda": Fraction(1)}, True),
    ],
)
def test_conditions(said: str, given: dict[str, object], wanted: bool) -> None:
    assert value(said, **given) is wanted


def test_groups_are_counted_summed_and_shared() -> None:
    flats = (
        {"age": Fraction(80), "area": Fraction(50), "voted": True},
        {"age": Fraction(30), "area": Fraction(100), "voted": True},
        {"age": Fraction(76), "area": Fraction(150), "voted": False},
    )
    assert value("count(flats)", flats=flats) == 3
    assert value("count(flats, age > 75)", flats=flats) == 2
    assert value("sum(flats.area, voted)", flats=flats) == 150
    assert value("sum(flats.area * 2)", flats=flats) == 600
    assert value("share(flats.area, voted)", flats=flats) == Fraction(1, 2)
    assert value("share(flats, voted) >= 2/3", flats=flats) is True


def history(*values: object, start: int = 2020) -> Past:
    """Return one value a year, the last one for 2025."""
    return Past(tuple((dt.date(start + at, 1, 1), one) for at, one in enumerate(values)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("said", "past", "wanted"),
    [
        ("streak(again == false, by: year)", history(False, True, False, False, start=2022), 2),
        ("streak(again, by: year)", history(True, True, False, start=2023), 0),
        ("streak(again, by=year)", history(True, True, start=2024), 2),
        ("streak(again, by: year)", Past(((dt.date(2021, 1, 1), True), (dt.date(2025, 1, 1), True))), 1),
        ("since(again)", history(True, True, False, start=2023), 517 * 1440),
        ("since(again)", history(False, False, start=2024), 517 * 1440),
        ("count_in(again, 366 days)", history(True, True, True, start=2023), 1),
        ("count_in(again, 2 years)", history(True, True, True, start=2023), 2),
        ("prev(again, by: year)", history(True, False, start=2024), True),
        ("prev(again, by: year)", history(False, start=2025), False),
    ],
)
def test_history(said: str, past: Past, wanted: object) -> None:
    assert value(said, again=past) == wanted


def test_a_period_is_a_calendar_period() -> None:
    days = Past(tuple((dt.date(2025, month, day), True) for month, day in ((3, 31), (4, 30), (5, 1))))
    assert value("streak(again, by: month)", again=days) == 3
    assert value("streak(again, by: quarter)", again=days) == 2
    assert value("streak(again, by: day)", again=days) == 2  # 30 April and 1 May


@pytest.mark.parametrize(
    ("said", "open_names"),
    [
        ("age > 3", ["age"]),
        ("not missing(age) and age > 3", []),
        ("age > 3 and not missing(age)", ["age"]),
        ("missing(age) or age > 3", []),
        ("not (missing(age) or severity > 2) and age > 3", []),
        ("age > 3 if not missing(age) else again", []),
        ("age > 3 if missing(age) else again", ["age"]),
        ("(0 if missing(age) else age) > 3", []),
        ("missing(age) and again or age > 3", ["age"]),
        ("streak(age > 3, by: year) > 1", []),
        ("count(flats, age > 3) > 1", []),
    ],
)
def test_optional_values_must_be_handled(said: str, open_names: list[str]) -> None:
    assert [name.name for name in unguarded(good(said))] == open_names


@pytest.mark.parametrize("said", ["not " * 100 + "again", "-" * 200 + "1", "(" * 60 + "1" + ")" * 60,
                                  "+".join(["severity"] * 400), "1 if again else " * 90 + "2"])  # fmt: skip
def test_what_is_too_deep_is_refused(said: str) -> None:
    _, found = read(said)
    assert [one.code for one in found] == ["E113"]


def test_ranges_follow_the_numbers() -> None:
    kind = good("2 * severity + 1").kind
    assert isinstance(kind, Number)
    assert (kind.low, kind.high, kind.step) == (3, 11, 1)
    product = good("(severity - 3) * (severity - 3)").kind
    assert isinstance(product, Number)
    assert (product.low, product.high) == (-4, 4)  # the factors are not known to be equal
    smaller = good("min(severity, 3)").kind
    assert isinstance(smaller, Number)
    assert (smaller.low, smaller.high) == (1, 3)


def test_equal_expressions_are_equal_wherever_they_stand() -> None:
    assert good("severity+1 > 3") == good("  severity + 1 > 3")
    assert good("severity > 3") != good("severity >= 3")
    said = text(good("(severity+1)*2 > 3 and category in [gas]"))
    assert said == "(((severity + 1) * 2) > 3) and (category in ['gas'])"
