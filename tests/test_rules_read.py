"""Rule files: four ways of writing rows make one model; every part keeps its place; cells mean what DMN says."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.rules_kit import VOCABULARY
from twin.rules.kinds import TRUTH, Choice, Day, Free, Group, Kind, Member, Number, number
from twin.rules.model import DecisionTable, Literal, RuleSet
from twin.rules.read import Reading, read_rules, read_text_rules
from twin.rules.reference import Case, accepts

HEAD = """\
table: routing
title: Where it goes
source: order 14
from: 2025-01-01
inputs:
  category: {enum: ticket_category}
  severity: {int: 1..5}
outputs:
  department: {enum: department}
  sla: {unit: h}
"""
GRID = [
    ["id", "category", "severity", "department", "sla", "note"],
    ["leak", "gas", ">= 4", "gas_company", "1 h", "article 3"],
    ["gas", "gas", "< 4", "gas_company", "4", ""],
    ["rest", "not gas", "-", "community", "= 2 * 8 h", ""],
]
PIPE = HEAD + "rows: |\n" + "".join(f"  | {' | '.join(row)} |\n" for row in GRID)


def read(text: str) -> Reading:
    """Read rules of the small vocabulary."""
    return read_text_rules(text, VOCABULARY, "rules.yaml")


def table_of(text: str) -> DecisionTable:
    """Read a table that must make sense."""
    reading = read(text)
    assert reading.complaints == []
    return reading.rules.tables[0]


def as_rows(*, nested: bool = False) -> str:
    """Write the table as a list of maps."""
    lines = []
    for row in GRID[1:]:
        cells = [f'{name}: "{cell}"' for name, cell in zip(GRID[0], row, strict=True) if cell]
        when, then = [cell for cell in cells if cell[:3] in ("cat", "sev")], [cell for cell in cells if cell[:3] in (
            "dep", "sla")]  # fmt: skip
        rest = [cell for cell in cells if cell not in when + then]
        parts = [*rest, f"when: {{{', '.join(when)}}}", f"then: {{{', '.join(then)}}}"] if nested else cells
        lines.append(f"  - {{{', '.join(parts)}}}\n")
    return HEAD + "rows:\n" + "".join(lines)


def write_csv(path: Path, delimiter: str = ",") -> None:
    """Write the table as CSV with a byte-order mark, as Excel does."""
    lines = [delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in GRID]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def write_xlsx(path: Path) -> None:
    """Write the table as an Excel file, numbers as numbers."""
    from openpyxl import Workbook

    book = Workbook()
    for line, row in enumerate(GRID, 1):
        for at, cell in enumerate(row, 1):
            made = book.active.cell(line, at, float(cell) if cell.isdecimal() else cell or None)
            made.data_type = "s" if cell.startswith("=") else made.data_type
    book.save(path)


def test_yaml_rows_and_pipe_tables_make_one_model() -> None:
    one, other, nested = table_of(PIPE), table_of(as_rows()), table_of(as_rows(nested=True))
    assert [row.label for row in one.rows] == ["leak", "gas", "rest"]
    assert one.rows[0].note == "article 3"
    assert one == other == nested


def write_semicolons(path: Path) -> None:
    """Write the table as a German Excel would."""
    write_csv(path, ";")


@pytest.mark.parametrize("write", [write_csv, write_semicolons, write_xlsx])
def test_files_beside_the_rules_make_the_same_model(tmp_path: Path, write: Callable[[Path], None]) -> None:
    name = "rows.xlsx" if write is write_xlsx else "rows.csv"
    write(tmp_path / name)
    (tmp_path / "rules.yaml").write_text(HEAD + f"rows: {name}\n", encoding="utf-8")
    reading = read_rules([tmp_path / "rules.yaml"], VOCABULARY)
    assert reading.complaints == []
    assert reading.rules.tables[0] == table_of(PIPE)


def test_rows_of_a_file_keep_their_places(tmp_path: Path) -> None:
    GRID[2][1], kept = "gaz", GRID[2][1]
    try:
        write_csv(tmp_path / "rows.csv")
        write_xlsx(tmp_path / "rows.xlsx")
    finally:
        GRID[2][1] = kept
    for name, line, column in (("rows.csv", 3, 5), ("rows.xlsx", 3, 2)):
        (tmp_path / "rules.yaml").write_text(HEAD + f"rows: {name}\n", encoding="utf-8")
        [fault] = read_rules([tmp_path / "rules.yaml"], VOCABULARY).complaints
        assert fault.place is not None
        assert (Path(fault.place.file).name, fault.place.line, fault.place.col) == (name, line, column)
        assert fault.code == "E102"


@pytest.mark.parametrize("rows", ["missing.csv", "../up.csv", "/etc/passwd.csv", "rules.txt", "broken.xlsx"])
def test_a_file_of_rows_that_cannot_be_used_is_explained(tmp_path: Path, rows: str) -> None:
    (tmp_path / "broken.xlsx").write_text("no workbook", encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(HEAD + f"rows: {rows}\n", encoding="utf-8")
    codes = [fault.code for fault in read_rules([tmp_path / "rules.yaml"], VOCABULARY).complaints]
    assert codes in (["Y023"], ["E119"], ["E116"])


def test_cells_of_a_pipe_table_know_line_and_column() -> None:
    row = table_of(PIPE).rows[0]
    assert (row.place.line, row.place.col) == (13, 5)
    assert [(cell.place.line, cell.place.col, cell.place.end_col) for cell in row.cells] == [(13, 12, 15), (13, 18, 22)]
    assert PIPE.split("\n")[12][17:21] == ">= 4"


def test_a_pipe_table_may_be_indented_ruled_and_commented() -> None:
    lines = [f"      | {' | '.join(row)} |" for row in GRID]
    text = "\n".join([HEAD + "rows: |", "      # what the order says", lines[0], "      |---|---|---|---|---|---|",
                      "", *lines[1:], ""])  # fmt: skip
    assert table_of(text) == table_of(PIPE)


def test_columns_of_chinese_text_count_characters() -> None:
    text = "table: t\ninputs: {类别: {enum: [燃气, 供水]}}\noutputs: {department: {enum: [甲, 乙]}}\nrows: |\n"
    text += "  | 类别 | department |\n  | 燃气 | 甲 |\n  | 供氺 | 乙 |\n"
    [fault] = read(text).complaints
    assert fault.place is not None
    assert (fault.code, fault.place.line, fault.place.col, fault.place.end_col) == ("E102", 7, 5, 7)


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("when: open_time > 24 h and nonsense > 3", 3, 28),
        ("when: 'open_time > 24 h and nonsense > 3'", 3, 29),
        ("when: open_time > 24 h\n  and nonsense > 3", 4, 7),
        ("when: >\n  open_time > 24 h\n  and nonsense > 3", 5, 7),
        ("when: |\n  open_time > 24 h\n  and\n  nonsense > 3", 6, 3),
        ('when: "open_time > 24 h \\\n  and nonsense > 3"', 4, 7),
        ("when:\n  - open_time > 24 h\n  - nonsense > 3", 5, 5),
    ],
)
def test_expressions_keep_their_place_however_yaml_holds_them(written: str, line: int, column: int) -> None:
    reading = read(f"rule: r\napplies_to: ticket\n{written}\nthen: {{level: street}}\n")
    assert [(one.code, one.place.line, one.place.col) for one in reading.complaints if one.place] == [
        ("E101", line, column)]  # fmt: skip


def test_several_documents_and_their_order() -> None:
    reading = read("params: {x: 1.5}\n---\nformula: a\nvalue: p.x\n---\nformula: b\nvalue: a + 1\n---\n")
    assert reading.complaints == []
    assert [one.head.name for one in reading.rules.deciders] == ["a", "b"]
    assert Case(reading.rules, dt.date(2025, 1, 1), {}).decide("b").outputs == {"b": Fraction(5, 2)}


def test_names_are_looked_for_in_the_own_file_first(tmp_path: Path) -> None:
    for name, value, unit in (("one", "1", "ratio"), ("two", "2 h", "h")):
        text = f"formula: fee\nvalue: {value}\nunit: {unit}\n---\nformula: {name}\nvalue: 2 * fee\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    reading = read_rules([tmp_path / "one.yaml", tmp_path / "two.yaml"], VOCABULARY)
    assert reading.complaints == []
    assert [one.kind for one in reading.rules.formulas[1::2]] == [Number(), Number((("time", 1),))]


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    digests = []
    for text in ("formula: a\nvalue: 1\n", "formula: a\nvalue: 1\n", "formula: a\nvalue: 2\n"):
        file.write_text(text, encoding="utf-8")
        digests.append(read_rules([file], VOCABULARY).rules.digest)
    assert digests[0] == digests[1] != digests[2]


# -- kinds

WORDS = Choice("x", ("a", "b"))


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("{int: 1..5}", number(low=Fraction(1), high=Fraction(5), whole=True)),
        ("1..5", number(low=Fraction(1), high=Fraction(5), whole=True)),
        ("int", number(whole=True)),
        ("{int: any}", number(whole=True)),
        ("{int: }", number(whole=True)),
        ('{int: "0.."}', number(low=Fraction(0), whole=True)),
        ("{int: -5..-1}", number(low=Fraction(-5), high=Fraction(-1), whole=True)),
        ("{decimal: 0..0.5}", number(low=Fraction(0), high=Fraction(1, 2))),
        ("{number: 0..1}", number(low=Fraction(0), high=Fraction(1))),
        ("{decimal: 0..1, step: 0.05}", replace(number(low=Fraction(0), high=Fraction(1)), step=Fraction(1, 20))),
        ("{unit: h}", number("h")),
        ("{unit: h, range: 0..72}", number("h", Fraction(0), Fraction(72))),
        ("{decimal: 0 h..3 days, unit: h}", number("h", Fraction(0), Fraction(72))),
        ("{int: 0..72, unit: h}", number("h", Fraction(0), Fraction(72), whole=True)),
        ("{unit: yuan}", Number((("money", 1),), step=Fraction(1), unit="yuan")),
        ("{unit: ratio, range: 1..5}", number(low=Fraction(1), high=Fraction(5))),
        ("{int: 0..6, cyclic: true}", replace(number(low=Fraction(0), high=Fraction(6), whole=True), cyclic=True)),
        ("bool", TRUTH),
        ("{bool: true}", TRUTH),
        ("{type: bool}", TRUTH),
        ("{enum: [a, b]}", WORDS),
        ("[a, b]", WORDS),
        ("{enum: [a, b], ordered: true}", replace(WORDS, ordered=True)),
        ("{values: [a, b]}", WORDS),
        ("{enum: department}", VOCABULARY.choices["department"]),
        ("department", VOCABULARY.choices["department"]),
        ("{date: 2025-01-01..2025-12-31}", Day(dt.date(2025, 1, 1), dt.date(2025, 12, 31))),
        ("date", Day()),
        ("{text: any}", Free()),
        ("{group: {age: {int: 0..9}}}", Group((Member("age", number(low=Fraction(0), high=Fraction(9), whole=True)),))),
    ],
)
def test_kinds_can_be_declared(declared: str, kind: Kind) -> None:
    reading = read(f"formula: f\ninputs: {{x: {declared}}}\nvalue: 1\n")
    assert [one.code for one in reading.complaints] == ["W504"]
    assert reading.rules.formulas[0].head.inputs[0].kind == kind


@pytest.mark.parametrize(
    ("name", "declared", "cyclic"),
    [("hour", "{int: 0..23}", True), ("start_hour", "{int: 0..23}", True), ("month", "{int: 1..12}", True),
     ("星期", "{int: 1..7}", True), ("hour", "{int: 0..23, cyclic: false}", False), ("hour", "{int: 8..18}", False),
     ("floor", "{int: 0..23}", False)],
)  # fmt: skip
def test_hours_weekdays_and_months_run_in_a_circle(name: str, declared: str, cyclic: bool) -> None:
    reading = read(f"formula: f\ninputs: {{{name}: {declared}}}\nvalue: {name}\n")
    kind = reading.rules.formulas[0].head.inputs[0].kind
    assert isinstance(kind, Number)
    assert kind.cyclic is cyclic


@pytest.mark.parametrize(
    ("declared", "code"),
    [("{int: 5..1}", "E116"), ("{int: [1, 5]}", "E116"), ("{int: few}", "E116"), ("{unit: fortnight}", "E107"),
     ("{enum: nowhere}", "E101"), ("{enum: [a, a]}", "E118"), ("{enum: []}", "E117"), ("{itn: 1..5}", "E114"),
     ("3", "E117"), ("", "E117"), ("{decimal: 0..1, cyclic: true}", "E116"), ("{date: 2025-13-01..}", "E116"),
     ("{int: 1..5, optional: perhaps}", "E116"), ("{group: 3}", "E116")],
)  # fmt: skip
def test_declarations_that_say_nothing_are_explained(declared: str, code: str) -> None:
    reading = read(f"formula: f\ninputs: {{x: {declared}}}\nvalue: 1\n")
    assert code in [one.code for one in reading.complaints]


# -- cells

FIVE = tuple(Fraction(at) for at in range(1, 6))
HALVES = tuple(Fraction(at, 2) for at in range(5))
HOURS = tuple(Fraction(at) for at in range(24))


@pytest.mark.parametrize(
    ("declared", "cell", "accepted"),
    [
        ("{int: 1..5}", "-", FIVE),
        ("{int: 1..5}", "", FIVE),
        ("{int: 1..5}", "4", (4,)),
        ("{int: 1..5}", "1, 3、5", (1, 3, 5)),
        ("{int: 1..5}", "not 1, 3", (2, 4, 5)),
        ("{int: 1..5}", "not(1, 3)", (2, 4, 5)),
        ("{int: 1..5}", "非 3", (1, 2, 4, 5)),
        ("{int: 1..5}", "!= 3", (1, 2, 4, 5)),
        ("{int: 1..5}", "> 3", (4, 5)),
        ("{int: 1..5}", "＞＝ 3", (3, 4, 5)),
        ("{int: 1..5}", "≤ 2", (1, 2)),
        ("{int: 1..5}", "2..4", (2, 3, 4)),
        ("{int: 1..5}", "[2..4)", (2, 3)),
        ("{int: 1..5}", "(2..4]", (3, 4)),
        ("{int: 1..5}", "]2..4[", (3,)),
        ("{int: 1..5}", "（2..4）", (3,)),
        ("{int: 1..5}", "3..3", (3,)),
        ("{int: 1..5}", "..2", (1, 2)),
        ("{int: 1..5}", "4..", (4, 5)),
        ("{int: 1..5}", "4..2", ()),
        ("{int: 1..5}", "not (2..4)", (1, 2, 4, 5)),
        ("{int: 1..5}", "< 2, > 4, 3", (1, 3, 5)),
        ("{int: 1..5}", "(1..3), 5", (2, 5)),
        ("{int: 1..5}", "= x > 3", (4, 5)),
        ("{int: 1..5}", "= 2 + 1", (3,)),
        ("{int: 1..5}", ">= 5 / 2", (3, 4, 5)),
        ("{int: 1..5}", "<= min(2, 3)", (1, 2)),
        ("{int: 1..5}", "2..max(3, 4)", (2, 3, 4)),
        ("{decimal: 0..2}", "(0..1)", (Fraction(1, 2),)),
        ("{decimal: 0..2}", "> 0.5", (1, Fraction(3, 2), 2)),
        ("{decimal: 0..2}", "50%, 2", (Fraction(1, 2), 2)),
        ("{int: 0..23}", "22..6)", (*range(6), 22, 23)),
    ],
)
def test_cells_accept_what_dmn_says(declared: str, cell: str, accepted: tuple[object, ...]) -> None:
    name = "hour" if "23" in declared else "x"
    points = {"{int: 1..5}": FIVE, "{decimal: 0..2}": HALVES}.get(declared, HOURS)
    text = f"table: t\ninputs: {{{name}: {declared}}}\noutputs: {{department: {{enum: [a]}}}}\nrows:\n"
    table = table_of(f'{text}  - {{{name}: "{cell}", department: a}}\n')
    [row] = table.rows
    assert tuple(point for point in points if taken(table, point)) == accepted
    assert row.cells[0].text == cell


def taken(table: DecisionTable, point: Fraction) -> bool:
    """Whether the first cell of a table accepts a value."""
    case = Case(RuleSet((), ""), dt.date(2025, 1, 1), {table.columns[0].name: point})
    return accepts(table.rows[0].cells[0], table.columns[0], point, case)


@pytest.mark.parametrize(
    ("declared", "cell", "code"),
    [
        ("{int: 1..5}", "6-22", "E111"), ("{int: 0..9999}", "1,000", "E111"), ("{int: 1..5}", "1,, 2", "E111"),
        ("{int: 1..5}", "1, -", "E111"), ("{int: 1..5}", "..", "E111"), ("{int: 1..5}", "gas", "E101"),
        ("{int: 1..5}", "3 h", "E107"), ("{int: 1..5}", "9", "E106"), ("{int: 1..5}", "2.5", "E106"),
        ("{int: 1..5}", "missing", "E111"), ("{int: 1..5}", "= 'gas'", "E105"), ("{int: 1..5}", "> true", "E105"),
        ("{enum: [a, b]}", "> a", "E111"), ("{enum: [a, b]}", "c", "E102"), ("{enum: [a, b]}", "a or b", "E102"),
        ("bool", "perhaps", "E101"), ("{date: any}", "2025-02-30", "E111"), ("{unit: h}", "3 yuan", "E107"),
        ("{int: 1..5}", "3, != 4", "E111"),
    ],
)  # fmt: skip
def test_cells_that_make_no_sense_are_refused(declared: str, cell: str, code: str) -> None:
    text = f"table: t\ninputs: {{x: {declared}}}\noutputs: {{department: {{enum: [a]}}}}\nrows:\n"
    found = [one.code for one in read(f'{text}  - {{x: "{cell}", department: a}}\n').complaints]
    assert found == [code]


def test_bare_numbers_of_a_cell_are_in_the_unit_of_the_column() -> None:
    table = table_of(
        textwrap.dedent("""\
        table: t
        inputs: {wait: {unit: h}, cost: {unit: 万元}}
        outputs: {sla: {unit: days}}
        rows:
          - {wait: 2, cost: 1.5, sla: 3}
    """)
    )
    [row] = table.rows
    assert [taken_value(cell.tests[0].low) for cell in row.cells] == [120, 1_500_000]  # type: ignore[union-attr]
    assert taken_value(row.values[0]) == 4320


def taken_value(expr: object) -> object:
    """Return the value of a literal."""
    assert isinstance(expr, Literal)
    return expr.value


# -- the firewall


@pytest.mark.parametrize(
    ("target", "reason", "lever"),
    [
        ("satisfaction", "people", "desk.teams.*.workers"),
        ("resident.satisfaction", "people", "sla"),
        ("满意度", "people", "sla"),
        ("deparment", "neither", "department"),
        ("severity", "fact", ""),
        ("weather", "neither", ""),
    ],
)
def test_only_levers_decisions_and_work_can_be_decided(target: str, reason: str, lever: str) -> None:
    reading = read(f"rule: r\napplies_to: ticket\nwhen: severity > 3\nthen: {{{target}: 1}}\n")
    [fault] = reading.complaints
    assert fault.code == "E110"
    assert reason in fault.values["why"].en
    assert f"`{lever}`" in fault.values["meant"].en or lever == ""


@pytest.mark.parametrize("target", ["department: duty_desk", "sla: 2 h", "desk.teams.grid.workers: 3", "spawn: visit",
                                    "level: street"])  # fmt: skip
def test_levers_decisions_and_work_can_be_decided(target: str) -> None:
    assert read(f"rule: r\napplies_to: ticket\nwhen: severity > 3\nthen: {{{target}}}\n").complaints == []


def test_a_decision_of_ones_own_says_what_it_is_about() -> None:
    text = "table: t\ninputs: {x: bool}\noutputs: {colour: {enum: [red, blue]%s}}\nrows:\n  - {colour: red}\n"
    assert [one.code for one in read(text % "").complaints] == ["E110", "W504"]
    assert [one.code for one in read(text % ", about: order").complaints] == ["W504"]
    assert "E116" in [one.code for one in read(text % ", about: people").complaints]
    assert "E110" in [one.code for one in read(text.replace("colour", "satisfaction") % ", about: order").complaints]
