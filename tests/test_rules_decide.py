"""What rules decide: hit policies, exceptions, formulas, dates, chains of rules; and what cannot be decided."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules_kit import VOCABULARY, check_text
from twin.errors import InputError
from twin.rules.read import read_text_rules
from twin.rules.reference import Case, Decision

DAY = dt.date(2025, 6, 1)
TABLE = """\
table: t
hit: {hit}
inputs:
  x: {{int: 0..9}}
outputs:
  {outputs}
rows: |
  | id | x    | {names} |
  | a  | >= 2 | {first} |
  | b  | >= 4 | {second} |
  | c  | >= 6 | {third} |
{rest}
"""


def decided(text: str, name: str, day: dt.date = DAY, **values: Any) -> Decision:
    """Decide one case."""
    reading = read_text_rules(text, VOCABULARY, "rules.yaml")
    assert [one.code for one in reading.complaints if one.code.startswith("E")] == []
    given = {key: Fraction(one) if isinstance(one, int) and not isinstance(one, bool) else one
             for key, one in values.items()}  # fmt: skip
    return Case(reading.rules, day, given).decide(name)


def refused(text: str, name: str, day: dt.date = DAY, **values: Any) -> str:
    """Return the code with which a case is refused."""
    with pytest.raises(InputError) as caught:
        decided(text, name, day, **values)
    return caught.value.complaints[0].code


def numbers(hit: str, rest: str = "") -> str:
    """Return a table of three nested rows that decide 10, 20 and 5."""
    return TABLE.format(hit=hit, outputs="sla: {int: 0..99}", names="sla", first=10, second=20, third=5, rest=rest)


@pytest.mark.parametrize(
    ("hit", "x", "wanted", "row"),
    [
        ("unique", 3, 10, "a"),
        ("first", 9, 10, "a"),
        ("collect", 9, (10, 20, 5), "a, b, c"),
        ("collect(list)", 5, (10, 20), "a, b"),
        ("collect(sum)", 9, 35, "a, b, c"),
        ("collect(min)", 9, 5, "a, b, c"),
        ("collect(max)", 9, 20, "a, b, c"),
        ("collect(count)", 5, 2, "a, b"),
        ("collect(sum)", 3, 10, "a"),
    ],
)
def test_hit_policies(hit: str, x: int, wanted: Any, row: str) -> None:
    found = decided(numbers(hit), "t", x=x)
    assert found.outputs == {"sla": wanted}
    assert found.row == row


@pytest.mark.parametrize(("hit", "x", "code"), [("unique", 5, "E606"), ("any", 5, "E606"), ("unique", 1, "E605"),
                                                ("collect(sum)", 1, "E605")])  # fmt: skip
def test_what_the_policy_does_not_allow_is_refused(hit: str, x: int, code: str) -> None:
    assert refused(numbers(hit), "t", x=x) == code


def test_else_decides_what_no_row_does() -> None:
    found = decided(numbers("unique", "else: {sla: 7}"), "t", x=1)
    assert (found.outputs, found.row, found.place.line) == ({"sla": 7}, "else", 12)


def test_any_takes_rows_that_agree() -> None:
    text = numbers("any").replace("| 10 |", "| 3 |").replace("| 20 |", "| = 1 + 2 |").replace("| 5 |", "| 3 |")
    assert decided(text, "t", x=9).outputs == {"sla": 3}
    assert decided(text, "t", x=9).row == "a"


def test_priority_takes_the_greater_number_or_the_outcome_listed_first() -> None:
    ranked = TABLE.format(hit="priority", outputs="sla: {int: 0..99}", names="priority | sla", first="5 | 10",
                          second="7 | 20", third="6 | 30", rest="")  # fmt: skip
    assert decided(ranked, "t", x=9).row == "b"
    listed = TABLE.format(hit="priority", outputs="department: {enum: [fire, police, other]}", names="department",
                          first="police", second="fire", third="other", rest="")  # fmt: skip
    assert [decided(listed, "t", x=x).row for x in (3, 5, 9)] == ["a", "b", "b"]


def test_rows_without_an_id_are_numbered() -> None:
    text = "table: t\ninputs: {x: bool}\noutputs: {sla: int}\nrows:\n  - {x: true, sla: 1}\n  - {x: false, sla: 2}\n"
    found = decided(text, "t", x=False)
    assert (found.row, found.place.line) == (2, 6)


def test_outputs_may_be_worked_out() -> None:
    text = numbers("unique").replace("| 10 |", "| = 3 * x + 1 |")
    assert decided(text, "t", x=3).outputs == {"sla": 10}


# -- rules

RULE = """\
params:
  limit: {unit: h, values: {2025-01-01: 24 h, 2026-01-01: 12 h}}
---
rule: escalate
applies_to: ticket
from: 2025-01-01
when: open_time > p.limit
then: {level: street, sla: 2 h}
exceptions:
  - id: frail
    when: resident.age > 75
    then: {level: district}
  - id: typhoon
    from: 2025-06-01
    until: 2025-10-01
    when: weather_alert >= orange
    then: {level: none}
    overrides: [frail]
"""


@pytest.mark.parametrize(
    ("day", "hours", "age", "alert", "level", "row"),
    [
        (dt.date(2025, 5, 1), 30, 30, "none", "street", "when"),
        (dt.date(2025, 5, 1), 24, 30, "none", None, None),
        (dt.date(2026, 5, 1), 13, 30, "none", "street", "when"),
        (dt.date(2025, 5, 1), 30, 80, "none", "district", "frail"),
        (dt.date(2025, 5, 1), 30, 80, "red", "district", "frail"),  # before the typhoon clause
        (dt.date(2025, 6, 1), 30, 80, "red", "none", "typhoon"),
        (dt.date(2025, 9, 30), 30, 30, "orange", "none", "typhoon"),
        (dt.date(2025, 10, 1), 30, 30, "orange", "street", "when"),  # `until` is not in it
        (dt.date(2025, 6, 1), 20, 80, "red", None, None),  # an exception holds where the rule does
    ],
)
def test_exceptions_win_within_their_rule(day: dt.date, hours: int, age: int, alert: str, level: str, row: str) -> None:
    given = {"open_time": Fraction(hours * 60), "resident.age": Fraction(age), "weather_alert": alert}
    found = decided(RULE, "escalate", day, **given)
    assert found.outputs.get("level") == level
    assert found.outputs.get("sla") == (None if level is None else 120)  # what an exception does not say stays
    assert found.row == row


def test_a_condition_may_be_written_as_cells() -> None:
    text = "rule: r\napplies_to: ticket\nwhen: %s\nthen: {level: street}\n"
    written = decided(text % "severity >= 4 and category in [gas, water]", "r", severity=4, category="gas")
    cells_alone = '{severity: ">= 4", category: "gas, water"}'
    listed = '{severity: ">= 4", category: [gas, water]}'
    apart = '[{severity: ">= 4"}, {category: "gas, water"}]'
    mixed = '[{severity: ">= 4"}, "category in [gas, water]"]'
    for cells in (cells_alone, listed, apart, mixed):
        for severity, category in ((4, "gas"), (5, "water"), (3, "gas"), (4, "noise")):
            found = decided(text % cells, "r", severity=severity, category=category).outputs
            assert found == (written.outputs if severity > 3 and category != "noise" else {})


def test_exceptions_that_contradict_each_other_are_refused() -> None:
    text = RULE.replace("    overrides: [frail]\n", "")
    given = {"open_time": Fraction(3000), "resident.age": Fraction(80), "weather_alert": "red"}
    assert refused(text, "escalate", **given) == "E608"
    assert "E301" in [one.code for one in check_text(text).findings]


def test_a_rule_outside_its_dates_is_not_in_force() -> None:
    assert refused(RULE, "escalate", dt.date(2024, 12, 31), open_time=1) == "E604"


def test_a_hole_of_a_parameter_is_refused_when_it_is_met() -> None:
    text = RULE.replace("{2025-01-01: 24 h, 2026-01-01: 12 h}", "{2025-01-01: 24 h, 2025-05-01: , 2026-01-01: 12 h}")
    reading = read_text_rules(text, VOCABULARY)
    assert [one.code for one in reading.complaints] == ["E402"]
    with pytest.raises(InputError) as caught:
        Case(reading.rules, DAY, {"open_time": Fraction(1)}).decide("escalate")
    assert caught.value.complaints[0].code == "E609"


# -- formulas and chains

CHAIN = """\
formula: base
inputs: {area: {unit: m2}}
unit: yuan
value: 30 yuan/m2 * area
---
table: class
inputs: {base: {unit: yuan}}
outputs: {priority: {int: 0..3, about: order}}
rows:
  - {base: "< 1000", priority: 3}
  - {base: ">= 1000", priority: 1}
---
formula: fee
unit: yuan
value: base * (2 if priority == 1 else 1)
when: base > 100 yuan
round: down to 100 yuan
otherwise: 5 yuan
"""


@pytest.mark.parametrize(("area", "fee"), [(3, 500), (10, 30_000), (33, 90_000), (34, 200_000), (100, 600_000)])
def test_rules_use_what_other_rules_decide(area: int, fee: int) -> None:
    wanted = fee if area > 3 else 0  # 5 yuan is rounded down too
    assert decided(CHAIN, "fee", area=area).outputs == {"fee": wanted}


def test_what_is_given_is_not_decided_anew() -> None:
    assert decided(CHAIN, "fee", area=10, priority=1).outputs == {"fee": 60_000}


def test_a_value_that_is_needed_and_not_given_is_named() -> None:
    assert refused(CHAIN, "fee") == "E602"


def test_division_by_zero_in_a_case_is_refused() -> None:
    text = "formula: f\ninputs: {x: int, y: int}\nvalue: x / y if x > 0 else 0\n"
    assert refused(text, "f", x=1, y=0) == "E607"
    assert decided(text, "f", x=0, y=0).outputs == {"f": 0}
    assert decided(text, "f", x=1, y=3).outputs == {"f": Fraction(1, 3)}


@pytest.mark.parametrize(
    ("how", "value", "rounded"),
    [("down to 0.1", "1.26", "1.2"), ("up to 0.1", "1.21", "1.3"), ("nearest 0.1", "1.25", "1.3"),
     ("to 0.5", "-1.25", "-1")],
)  # fmt: skip
def test_rounding(how: str, value: str, rounded: str) -> None:
    assert decided(f"formula: f\nvalue: {value}\nround: {how}\n", "f").outputs == {"f": Fraction(rounded)}


@settings(max_examples=60, deadline=None)
@given(x=st.fractions(-5, 5, max_denominator=50), y=st.fractions(-5, 5, max_denominator=50))
def test_lets_and_tables_say_the_same_as_plain_python(x: Fraction, y: Fraction) -> None:
    text = """\
table: t
hit: first
inputs: {x: decimal, y: decimal}
let: {sum: x + y}
outputs: {sla: decimal}
rows:
  - {sum: "> 2, < -2", sla: "= sum * 2"}
  - {x: "(0..1]", y: "not 0..1", sla: "= x / 4"}
  - {x: "> y", sla: 1}
else: {sla: 0}
"""
    if x + y > 2 or x + y < -2:
        wanted = (x + y) * 2
    elif 0 < x <= 1 and not 0 <= y <= 1:
        wanted = x / 4
    else:
        wanted = Fraction(1 if x > y else 0)
    assert decided(text, "t", x=x, y=y).outputs == {"sla": wanted}
