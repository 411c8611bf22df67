"""Checks of tables and rules that the planted files do not show: epochs, provers, wide domains, messages, sizes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.rules_kit import VOCABULARY, check_text, codes, numbered
from twin.errors import render_findings
from twin.rules import smt
from twin.rules.boxes import Axis, Budget, Exhausted, grown, is_covered, meet, uncovered, without
from twin.rules.check import described
from twin.rules.kinds import number
from twin.rules.model import Span
from twin.rules.spans import stretches
from twin.rules.vocabulary import Entry

HEAD = """\
table: t
inputs:
  a: {int: 0..1000000000}
  b: {int: 0..1000000000}
outputs: {department: {enum: [x, y]}}
"""


def of(text: str, code: str) -> list[dict[str, str]]:
    """Return the regions of the findings of one code."""
    return [dict(one.values.get("cells", {})) for one in numbered(check_text(text).findings, code)]


# -- time


def test_every_stretch_of_time_is_checked_by_itself() -> None:
    text = HEAD + (
        "rows:\n"
        '  - {a: "< 5", department: x, until: 2025-06-01}\n'
        '  - {a: "< 7", department: x, from: 2025-06-01}\n'
        '  - {a: ">= 5", department: y}\n'
    )
    assert of(text, "E201") == [{"a": "5..6", "on": "2025-06-01.."}]
    assert codes(text.replace("< 7", "< 5")) == ["W504"]


def test_rows_whose_dates_do_not_meet_do_not_overlap() -> None:
    text = HEAD + (
        "rows:\n"
        "  - {department: x, a: 1, until: 2025-06-01}\n"
        "  - {department: y, a: 1, from: 2025-06-01}\n"
        "  - {department: y, a: not 1}\n"
    )
    assert codes(text) == ["W504"]


def test_a_warning_counts_only_if_it_holds_all_the_time() -> None:
    text = HEAD.replace("table: t", "table: t\nhit: first") + (
        'rows:\n  - {a: "< 5", department: x, until: 2025-06-01}\n  - {a: "< 3", department: y}\n  - {department: x}\n'
    )
    assert codes(text) == ["W504"]  # row 2 fires from June on
    assert "W202" in codes(text.replace(", until: 2025-06-01", ""))


def test_parameters_change_what_cells_mean() -> None:
    text = (
        "params: {bound: {values: {2025-01-01: 5, 2026-01-01: 8}}}\n---\n"
        + HEAD.replace("table: t", "table: t\nfrom: 2025-01-01")
        + 'rows:\n  - {a: "< p.bound", department: x}\n  - {a: ">= 5", department: y}\n'
    )
    assert of(text, "E201") == [{"a": "5..7", "on": "2026-01-01.."}]


def test_a_table_that_says_no_date_begins_with_its_rows() -> None:
    text = HEAD + "rows:\n  - {a: any_, department: x, from: 2025-01-01}\n".replace("a: any_, ", "")
    assert "E203" not in codes(text)


# -- beyond boxes


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (('{a: "= a > b", department: x}', '{a: "= a <= b", department: y}'), []),
        (('{a: "= a >= b", department: x}', '{a: "= a <= b", department: y}'), ["E201"]),
        (('{a: "> b", department: x}', '{a: "< b", department: y}'), ["E203"]),
        (('{a: "> b + 5", department: x}', '{a: "> b + 7", department: y}', "{department: y}"), ["W202"]),
        (('{a: "= mod(a, 2) == 0", department: x}', '{a: "= mod(a, 2) == 1", department: y}'), ["W504"]),
    ],
)
def test_conditions_on_several_inputs_are_proved(rows: tuple[str, ...], found: list[str]) -> None:
    hit = "hit: first\n" if len(rows) == 3 else ""
    text = HEAD + hit + "rows:\n" + "".join(f"  - {row}\n" for row in rows)
    assert codes(text) == found


def test_the_prover_gives_an_example() -> None:
    text = HEAD + 'rows:\n  - {a: "= a >= b", department: x}\n  - {a: "= a <= b", department: y}\n'
    [example] = of(text, "E201")
    assert example["a"] == example["b"]


def test_a_let_is_proved_through() -> None:
    text = HEAD + (
        "let: {total: a + b}\n"
        "rows:\n"
        '  - {total: "<= 100", department: x}\n'
        '  - {total: "> 100", a: "> 50", department: y}\n'
        '  - {total: "> 100", a: "<= 50", department: x}\n'
    )
    assert codes(text) == []
    gap = text.replace('"> 100", a: "<= 50"', '"> 100", a: "<= 50", b: "> 51"')
    [example] = of(gap, "E203")
    assert example == {"a": "50", "b": "51"}


def test_an_opaque_count_is_no_proof() -> None:
    text = (
        "table: t\ninputs: {flats: {group: {age: int}}}\nlet: {old: 'count(flats, age > 75)', all: count(flats)}\n"
        "outputs: {department: {enum: [x, y, z]}}\nrows:\n"
        '  - {old: "> 5", department: x}\n  - {all: "< 3", department: y}\nelse: {department: z}\n'
    )
    assert codes(text) == ["W207"]


def test_without_a_prover_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "installed", lambda: False)
    text = HEAD + 'rows:\n  - {a: "= a > 2 * b", department: x}\n  - {a: "= a / 2 <= b", department: y}\n'
    found = check_text(text).findings
    assert {one.code for one in found} == {"W207"}
    assert all("z3-solver" in one.values["help"].en for one in found)


def test_two_writers_that_never_meet_are_fine() -> None:
    text = (
        "rule: one\napplies_to: ticket\nwhen: category == gas\nthen: {level: street}\n---\n"
        "rule: other\napplies_to: ticket\nwhen: category in [water, power]\nthen: {level: district}\n"
    )
    assert codes(text) == []
    assert codes(text.replace("category in [water, power]", "severity > 3")) == ["E304"]
    assert codes(text.replace("category in [water, power]", "severity > 3").replace("district", "street")) == []


def test_alternatives_are_never_in_force_together() -> None:
    one = "ruleset: one\nalternative_to: dispatch\n---\n" + HEAD + "rows:\n  - {department: x}\n"
    assert codes(one) == ["W504", "W504"]


# -- wide domains and odd ends


@pytest.mark.parametrize(
    ("declared", "rows", "region"),
    [
        ("{int: 0..1000000000}", ("< 500000000", "> 500000000"), "500000000"),
        ("{int: 0..1000000000}", ("0..1", "3..1000000000"), "2"),
        ("{int: 0..1000000000}", ("<= 7",), "8..1000000000"),
        ("{int: any}", ("<= 7", "9.."), "8"),
        ("{int: any}", ("> 7",), "<= 7"),
        ("{decimal: 0..1}", ("< 0.1", "> 0.1"), "0.1"),
        ("{decimal: 0..1}", ("<= 0.1", ">= 0.2"), "(0.1..0.2)"),
        ("{decimal: 0..1}", ("< 1/3", ">= 0.34"), "1/3..0.34)"),
        ("{decimal: any}", ("< 0",), ">= 0"),
        ("{decimal: any}", (">= 0",), "< 0"),
        ("{decimal: 0..1, step: 0.05}", ("<= 0.1", ">= 0.2"), "0.15"),
        ("{date: 2025-01-01..2025-12-31}", ("< 2025-03-01", "> 2025-03-01"), "2025-03-01"),
        ("{date: any}", ("< 2025-03-01",), ">= 2025-03-01"),
        ("{unit: h}", ("< 24", "> 48"), "24 h..48 h"),
        ("{unit: yuan, range: 0..100}", ("<= 1.5", ">= 1.52"), "1.51 yuan"),
        ("{enum: [p, q, r]}", ("p",), "q, r"),
        ("{enum: [p, q, r, s, t]}", ("p",), "not p"),
        ("{text: any}", ("p", "q"), "not p, q"),
        ("bool", ("true",), "false"),
        ("{int: 0..6, cyclic: true}", ("2..4",), "5..1"),
        ("{int: 1..5, optional: true}", ("1..5",), "missing"),
    ],
)
def test_the_gap_is_found_to_the_point(declared: str, rows: tuple[str, ...], region: str) -> None:
    lines = "".join(f'  - {{v: "{cell}", department: x}}\n' for cell in rows)
    text = f"table: t\ninputs: {{v: {declared}}}\noutputs: {{department: {{enum: [x]}}}}\nrows:\n{lines}"
    assert of(text, "E203") == [{"v": region}]
    closed = text + f'  - {{v: "{region}", department: x}}\n'
    assert not {"E201", "E203"} & set(codes(closed))  # the region can be pasted as it is


def test_the_row_to_paste_closes_the_gap_in_every_layout() -> None:
    piped = HEAD + "rows: |\n  | a | department | b | note |\n  | < 5 | x | - | n |\n"
    [gap] = numbered(check_text(piped).findings, "E203")
    assert gap.values["paste"].en == "| 5..1000000000 | ? | - |  |"
    listed = HEAD + 'rows:\n  - {a: "< 5", department: x}\n'
    [gap] = numbered(check_text(listed).findings, "E203")
    assert gap.values["paste"].en == '- {a: "5..1000000000", department: ?}'


# -- boxes


def test_boxes_are_cut_and_covered() -> None:
    whole, corner = (0b1111, 0b11), (0b0011, 0b01)
    pieces = list(without(whole, corner))
    assert sum(bin(one).count("1") * bin(other).count("1") for one, other in pieces) == 8 - 2
    assert all(meet(piece, corner) is None for piece in pieces)
    assert is_covered(whole, [corner, *pieces], Budget(100))
    assert not is_covered(whole, pieces, Budget(100))
    assert list(uncovered(whole, pieces, Budget(100))) == [corner]


def test_a_proof_has_a_budget() -> None:
    rows = [tuple(0b11 if at >> axis & 1 else 0b01 for axis in range(8)) for at in range(256)]
    assert is_covered((0b11,) * 8, rows, Budget(1000))
    with pytest.raises(Exhausted):
        is_covered((0b11,) * 8, rows, Budget(200))


def test_a_gap_grows_as_far_as_it_can() -> None:
    axes = [Axis("a", number(low=Fraction(0), high=Fraction(3), whole=True)) for _ in range(2)]
    for axis in axes:
        for at in range(4):
            axis.note_range((Fraction(at), 0), (Fraction(at), 1))
        axis.settle()
    assert grown((0b0001, 0b0001), [(0b0100, 0b1111)], axes) == (0b1011, 0b1111)


# -- sizes


def grid(rows: int) -> str:
    """Return a complete table of three inputs and ``rows`` cubed rows."""
    cells = [f"{at * 10}..{at * 10 + 9}" for at in range(rows)]
    declared = "".join(f"  {name}: {{int: 0..{rows * 10 - 1}}}\n" for name in "abc")
    numbered_cells = list(enumerate(cells))
    lines = [f"  | {a} | {b} | {c} | {'xy'[(i + j + k) % 2]} |"
             for i, a in numbered_cells for j, b in numbered_cells for k, c in numbered_cells]  # fmt: skip
    return (
        f"table: t\ninputs:\n{declared}outputs: {{department: {{enum: [x, y]}}}}\n"
        "rows: |\n  | a | b | c | department |\n" + "\n".join(lines) + "\n"
    )


def test_a_thousand_rows_are_fully_checked() -> None:
    text = grid(10)
    assert codes(text) == []
    assert codes(text.replace("| 50..59 | 50..59 | 50..59 |", "| 50..59 | 50..59 | 50..58 |")) == ["E203"]
    assert codes(text.replace("| 50..59 | 50..59 | 50..59 |", "| 50..59 | 50..59 | 50..60 |")) == ["E201"]


def test_too_many_rows_are_refused_at_once() -> None:
    lines = "\n".join(["  | 1 | x |"] * 100_000)
    assert "E113" in codes(HEAD + f"rows: |\n  | a | department |\n{lines}\n")


# -- messages

PLANTED = """\
table: routing
inputs:
  category: {enum: [gas, water]}
  severity: {int: 1..5}
outputs:
  department: {enum: [gas_company, duty_desk]}
rows: |
  | category | severity | department  |
  | gas      | >= 3     | gas_company |
  | gas      | <= 3     | duty_desk   |
  | watr     | -        | duty_desk   |
"""

ENGLISH = """\
error[E201]: row 2 overlaps row 1 (line 9) when category = gas and severity = 3; their outcomes differ
  --> rules.yaml:10:5
   |
10 |   | gas      | <= 3     | duty_desk   |
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
hint: change a bound so that only one row matches, or choose `hit: first`; an end is in an interval unless `)` or \
`(` is written

error[E102]: `watr` is not a value of `category`
  --> rules.yaml:11:5
   |
11 |   | watr     | -        | duty_desk   |
   |     ^^^^
hint: did you mean `water`?

2 errors, 0 warnings"""

CHINESE = """\
错误[E201]：第 2 行与第 1 行（文件第 9 行）在 category = gas 且 severity = 3 时重叠；两行结果不同
  --> rules.yaml:10:5
   |
10 |   | gas      | <= 3     | duty_desk   |
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
提示：请调整界限，使每种情形只有一行匹配，或改用 `hit: first`；区间含端点，除非写 `)` 或 `(`

错误[E102]：`watr` 不是 `category` 的取值
  --> rules.yaml:11:5
   |
11 |   | watr     | -        | duty_desk   |
   |     ^^^^
提示：是否想写 `water`？

2 处错误，0 处警告"""


@pytest.mark.parametrize(("lang", "said"), [("en", ENGLISH), ("zh", CHINESE)])
def test_findings_are_shown_where_they_are(lang: str, said: str) -> None:
    assert render_findings(check_text(PLANTED).findings, lang) == said


def test_findings_as_plain_data() -> None:
    found = described(check_text(PLANTED), "en")
    assert found["schema"] == "twin.rules.check/1"
    overlap, word = found["findings"]
    assert overlap == {
        "code": "E201", "severity": "error", "file": "rules.yaml", "line": 10, "col": 5,
        "message": "row 2 overlaps row 1 (line 9) when category = gas and severity = 3; their outcomes differ",
        "hint": overlap["hint"], "region": {"category": "gas", "severity": "3"},
    }  # fmt: skip
    assert set(word) == {"code", "severity", "file", "line", "col", "message", "hint"}
    assert re.fullmatch(r"change a bound .*", overlap["hint"])


# -- details that no planted file shows


def test_time_is_cut_where_something_changes() -> None:
    days = [dt.date(2025, month, 1) for month in (1, 3, 6, 9)]
    whole = Span(days[0], days[3])
    inner = [Span(days[0], days[1]), Span(days[1], None), Span(None, days[2]), Span(days[3], None)]
    assert stretches(whole, inner) == [Span(days[0], days[1]), Span(days[1], days[2]), Span(days[2], days[3])]
    assert stretches(Span(), [Span(days[0], None)]) == [Span(None, days[0]), Span(days[0], None)]


@pytest.mark.parametrize("cell", ["not p", "!= p", "q"])
def test_only_a_cell_about_missing_accepts_a_missing_value(cell: str) -> None:
    text = (
        "table: t\ninputs: {v: {enum: [p, q], optional: true}}\noutputs: {department: {enum: [x, y]}}\n"
        f'rows:\n  - {{v: p, department: x}}\n  - {{v: "{cell}", department: y}}\n'
    )
    assert of(text, "E203") == [{"v": "missing"}]
    assert codes(text + "  - {v: missing, department: x}\n") == []
    assert codes(text.replace(f'"{cell}"', "not p, missing" if cell == "q" else '"not missing"')) != []


def test_a_divisor_may_be_zero_in_its_range() -> None:
    text = "formula: f\ninputs: {a: {int: 0..5}, b: {int: 0..5}}\nvalue: a / b + a // b\n"
    assert codes(text) == []


def test_an_exception_may_rely_on_what_its_rule_has_asked() -> None:
    text = (
        "rule: r\napplies_to: ticket\ninputs: {age: {int: 0..120, optional: true}}\nwhen: not missing(age)\n"
        "then: {level: street}\nexceptions:\n  - {when: age > 75, then: {level: district}}\n"
    )
    assert codes(text) == []
    assert "E109" in codes(text.replace("not missing(age)", "severity > 3"))


def test_circles_run_through_rules_but_not_through_stored_fields() -> None:
    stored = VOCABULARY.fields["ticket"] | {"priority": Entry(number(low=Fraction(0), whole=True))}
    decided = {**VOCABULARY.targets, "priority": Entry(None, about="order")}
    vocabulary = replace(VOCABULARY, fields={"ticket": stored}, targets=decided)
    anew = "rule: urgent_first\napplies_to: ticket\nwhen: priority > 1 and severity == 5\nthen: {priority: 1}\n"
    assert check_text(anew, vocabulary).findings == ()
    rules = (
        "rule: one\napplies_to: ticket\nwhen: open_time > 1 h\nthen: {level: street}\n---\n"
        "rule: two\napplies_to: ticket\nwhen: level == street\nthen: {fee: 3 yuan}\n---\n"
        "rule: three\napplies_to: ticket\nwhen: fee > 2 yuan and open_time < 1 h\nthen: {level: district}\n"
    )
    assert codes(rules) == ["E303"]
    assert codes(rules.replace("fee > 2 yuan and open_time", "severity > 2 and open_time")) == []
