"""Overlays: every literal has a path, the base is never touched, what cannot be set is said with its place."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules_kit import VOCABULARY
from tests.test_rules_corpus import CLEAN, vocabulary
from tests.test_rules_diff import ESCALATION, TABLE, read
from twin.cli import rules as command
from twin.errors import InputError, render
from twin.rules.check import check_reading
from twin.rules.model import RuleSet
from twin.rules.overlay_files import read_any
from twin.rules.overlays import overlaid, setting
from twin.rules.paths import Slot, paths
from twin.rules.read import Reading, read_rules
from twin.rules.reference import Case

RULES = Path(__file__).resolve().parent.parent / "rules"
FILES = [*CLEAN, *(one for one in sorted(RULES.glob("*.yaml")) if not one.name.endswith(".test.yaml"))]
DAY = dt.date(2025, 6, 1)


def set_to(rules: RuleSet, path: str, text: str) -> RuleSet:
    """Return rules after one setting."""
    return overlaid(rules, [setting(path, text)])


def faults(rules: RuleSet, *settings: tuple[str, str]) -> list[tuple[str, int, str | None]]:
    """Return what is said of settings: the code, the column, the suggestion."""
    with pytest.raises(InputError) as caught:
        overlaid(rules, [setting(*one) for one in settings])
    return [
        (one.code, one.place.col if one.place else 0, one.values.get("suggestion"))
        for one in caught.value.complaints
    ]  # fmt: skip


def slots(rules: RuleSet) -> dict[str, Slot]:
    """Return the paths of rules."""
    return {one.path: one for one in paths(rules)}


# -- paths


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_stands_at_a_path_can_be_set_there_and_means_the_same(file: Path) -> None:
    rules = read_rules([file], vocabulary()).rules
    found = slots(rules)
    assert found
    for one in found.values():
        if one.kind != "parameter":
            again = set_to(rules, one.path, one.text)
            assert again.deciders == rules.deciders, one.path
            assert again.digest != rules.digest


def test_the_list_of_paths_says_kind_text_and_place() -> None:
    found = slots(read(TABLE))
    cell = found["rules.routing.rows[leak].severity"]
    assert (cell.kind, cell.text, cell.place.line, cell.place.col) == ("cell", ">= 4", 10, 27)
    assert found["rules.routing.let.busy[1]"].text == "50"
    assert found["rules.routing.let.busy[2]"].text == "3"
    assert found["rules.routing.else.sla"].text == "72 h"
    found = slots(read(ESCALATION))
    assert found["rules.escalate.when[1]"].text == "24 h"
    assert found["rules.escalate.when[3]"].text == "water"
    assert found["rules.escalate.exceptions[frail].level"].text == "district"
    assert found["rules.params.factor"].kind == "parameter"
    assert "rules.limit.value[1]" in found
    found = slots(read("formula: f\ninputs: {x: {int: 0..9}}\nvalue: 1 if x > 2 else -3 + 4\n"))
    assert [found[f"rules.f.value[{at}]"].text for at in (1, 2, 3, 4)] == ["1", "2", "-3", "4"]


def test_versions_are_told_apart_by_their_first_day() -> None:
    first = "table: t\nuntil: 2026-01-01\ninputs: {x: bool}\noutputs: {sla: {unit: h}}\nrows:\n  - {x: '-', sla: 1 h}\n"
    rules = read(first + "---\n" + first.replace("until", "from"))
    path = "rules.t@2026-01-01.rows[1].sla"
    assert {"rules.t@.rows[1].sla", path} <= set(slots(rules))
    [old, new] = set_to(rules, path, "3 h").deciders
    assert old == rules.deciders[0]
    assert new.rows[0].values[0].value == 180  # type: ignore[union-attr]
    assert [code for code, _, _ in faults(rules, ("rules.t.rows[1].sla", "3 h"))] == ["E622"]


# -- setting


def test_the_base_is_untouched_and_digests_tell_overlays_apart() -> None:
    base = read(TABLE)
    digest, deciders = base.digest, base.deciders
    one, other = (set_to(base, "rules.routing.rows[leak].sla", text) for text in ("2 h", "3 h"))
    assert (base.digest, base.deciders) == (digest, deciders)
    assert len({digest, one.digest, other.digest}) == 3
    assert one.digest == set_to(base, "rules.routing.rows[leak].sla", "2 h").digest
    assert overlaid(base, []) is base
    case = {"category": "gas", "severity": Fraction(5), "backlog": Fraction(0)}
    decided = [Case(rules, DAY, case).decide("routing").outputs["sla"] for rules in (base, one, other)]
    assert decided == [60, 120, 180]


def test_a_literal_changes_the_kinds_of_what_holds_it() -> None:
    rules = read("formula: f\ninputs: {x: {int: 0..9}}\nlet: {y: x * 2}\nvalue: y + 1\n")
    [formula] = set_to(rules, "rules.f.let.y[1]", "0.5").formulas
    step = formula.value.kind.step  # type: ignore[union-attr]
    assert step == Fraction(1, 2)
    assert Case(set_to(rules, "rules.f.let.y[1]", "0.5"), DAY, {"x": Fraction(3)}).decide("f").outputs["f"] == 2.5


def test_everything_that_is_wrong_is_said_at_once_with_its_place_and_the_nearest_name() -> None:
    found = faults(
        read(TABLE),
        ("rules.routing.rows[leek].sla", "2 h"),
        ("rules.routing.rows[leak].sal", "2 h"),
        ("rules.rooting.rows[leak].sla", "2 h"),
        ("rules.routing.rows[leak].sla", "2 yuan"),
        ("rules.routing.rows[leak].severity", ">= 9 h"),
        ("rules.routing.rows[leak].category", "gaz"),
        ("rules.routing", "1"),
        ("rules.routing.let.busy[3]", "1"),
        ("rules.routing.let.busy[1]", "severity"),
    )
    after = len("rules.routing.rows[leak].") + 1
    assert found[:4] == [
        ("E621", 1, "rules.routing.rows[leak].sla"),
        ("E621", 1, "rules.routing.rows[leak].sla"),
        ("E621", 1, "rules.routing.rows[leak].sla"),
        ("E107", after + 4, None),
    ]
    assert [(code, near) for code, _, near in found[4:]] == [
        ("E107", None),
        ("E102", "gas"),
        ("E623", None),
        ("E621", "rules.routing.let.busy"),
        ("E101", None),
    ]


def test_values_outside_their_range_and_numbers_without_unit_are_refused() -> None:
    rules = read(ESCALATION)
    assert [one[0] for one in faults(rules, ("rules.params.factor", "7"))] == ["E106"]
    assert [one[0] for one in faults(rules, ("rules.escalate.when[1]", "36"))] == ["E107"]
    assert [one[0] for one in faults(rules, ("rules.params.factor", "2 from 2026-02-30"))] == ["E116"]
    assert [one[0] for one in faults(rules, ("rules.params.factr", "2"))] == ["E621"]
    formula = read("formula: f\ninputs: {x: {int: 0..9}}\nvalue: x / 2\n")
    assert [one[0] for one in faults(formula, ("rules.f.value[1]", "0"))] == ["E112"]


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "-", "__import__('os')", "2 from", "from 2025-01-01", "1e999999 h", "(" * 200, "1/0", "=",
                     "2 from 2026-01-01 until 2025-01-01", "not not not", "9" * 5000, "a.b.c", "１２ 小时"]),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(
    path=st.one_of(
        st.sampled_from([*slots(read(TABLE + "---\n" + ESCALATION)), "rules.", "rules.params.", "rules.routing.rows["]),
        st.text(max_size=40),
    ),
    text=HOSTILE,
)
def test_whatever_is_set_there_are_rules_or_complaints(path: str, text: str) -> None:
    rules = read(TABLE + "---\n" + ESCALATION)
    try:
        found = set_to(rules, path, text)
    except InputError as reason:
        assert all(one.code[0] in "EY" and one.place is not None for one in reason.complaints)
        assert render(reason, "zh")
    else:
        assert path in slots(rules)
        assert found.digest != rules.digest


# -- dates


@pytest.mark.parametrize(
    ("text", "timeline"),
    [
        ("2", {"2024-12-31": None, "2025-01-01": 2, "2026-01-01": 2, "2030-01-01": 2}),
        ("2 from 2025-06-01 until 2026-06-01",
         {"2024-12-31": None, "2025-05-31": 1.5, "2025-06-01": 2, "2026-05-31": 2, "2026-06-01": 1.2}),
        ("2 from 2027-01-01", {"2025-01-01": 1.5, "2026-12-31": 1.2, "2027-01-01": 2, "2099-01-01": 2}),
        ("2 until 2025-03-01", {"2020-01-01": 2, "2025-02-28": 2, "2025-03-01": 1.5, "2026-01-01": 1.2}),
        ("2 从 2025-06-01 至 2026-06-01", {"2025-05-31": 1.5, "2026-05-31": 2, "2026-06-01": 1.2}),
    ],
)  # fmt: skip
def test_outside_its_dates_the_timeline_stays(text: str, timeline: dict[str, float | None]) -> None:
    [parameter] = set_to(read(ESCALATION), "rules.params.factor", text).parameters
    found = {day: parameter.on(dt.date.fromisoformat(day)) for day in timeline}
    assert {day: None if value is None else float(value) for day, value in found.items()} == timeline  # type: ignore[arg-type]


# -- overlay files

OVERLAY = """base: base.yaml
set:
  rules.params.factor: 2 from 2025-06-01 until 2025-07-01
  rules.routing.rows[leak].sla: 2 h
replace_row:
  rules.routing.rows[2]: {busy: true, department: duty_desk, sla: 9 h}
add_row:
  - {table: routing, before: pipe, row: {id: night, category: noise, severity: 5, department: duty_desk, sla: 5 h}}
disable:
  - rules.escalate.exceptions[typhoon]
  - rules.routing.rows[3]
replace_rule:
  - formula: limit
    applies_to: ticket
    unit: h
    value: 12 h
"""


def laid(folder: Path, text: str) -> Reading:
    """Read an overlay over both examples."""
    (folder / "base.yaml").write_text(TABLE + "---\n" + ESCALATION, encoding="utf-8")
    (folder / "what_if.yaml").write_text(text, encoding="utf-8")
    return read_any(str(folder / "what_if.yaml"), VOCABULARY)


def test_an_overlay_file_sets_replaces_adds_and_leaves_out(tmp_path: Path) -> None:
    reading = laid(tmp_path, OVERLAY)
    assert [one.code for one in reading.complaints] == []
    table = reading.rules.tables[0]
    assert [(row.number, row.label) for row in table.rows] == [(1, "leak"), (2, "full"), (3, "night")]
    assert [row.values[1].value for row in table.rows] == [120, 540, 300]  # type: ignore[union-attr]
    assert [one.id for one in reading.rules.rules[0].exceptions] == ["frail"]
    assert Case(reading.rules, DAY, {}).decide("limit").outputs["limit"] == 720
    assert reading.rules.parameters[0].on(DAY) == 2
    assert reading.rules.digest != read_any(str(tmp_path / "base.yaml"), VOCABULARY).rules.digest
    assert [one.code for one in check_reading(reading, VOCABULARY).errors] == []


def test_checks_run_on_the_result(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "table: t\ninputs: {x: {int: 0..9}}\noutputs: {sla: {unit: h}}\nrows:\n"
        "  - {x: '< 3', sla: 1 h}\n  - {x: '>= 3', sla: 2 h}\n", encoding="utf-8")  # fmt: skip
    (tmp_path / "what_if.yaml").write_text("base: base.yaml\nset:\n  rules.t.rows[1].x: '< 5'\n", encoding="utf-8")
    checked = check_reading(read_any(str(tmp_path / "what_if.yaml"), VOCABULARY), VOCABULARY)
    assert [one.code for one in checked.errors] == ["E201"]


def test_an_overlay_may_rest_on_an_overlay_but_not_on_itself(tmp_path: Path) -> None:
    laid(tmp_path, OVERLAY)
    (tmp_path / "more.yaml").write_text("base: what_if.yaml\nset:\n  rules.limit.value: 6 h\n", encoding="utf-8")
    reading = read_any(str(tmp_path / "more.yaml"), VOCABULARY)
    assert Case(reading.rules, DAY, {}).decide("limit").outputs["limit"] == 360
    (tmp_path / "what_if.yaml").write_text("base: more.yaml\n", encoding="utf-8")
    first, *_ = read_any(str(tmp_path / "more.yaml"), VOCABULARY).complaints
    assert first.code == "E624"


@pytest.mark.parametrize(
    ("line", "code", "suggestion"),
    [
        ("sett: {}", "E114", "set"),
        ("disable: [rules.rooting]", "E621", "rules.routing"),
        ("disable:\n  - rules.routing.rows[ful]", "E621", "rules.routing.rows[full]"),
        ("disable:\n  - rules.escalate.exceptions[fail]", "E621", None),
        ("disable: [rules.params.factor]", "E623", None),
        ("disable: [rules.routing.else]", "E621", None),
        ("add_row:\n  - {table: routing, before: 9, row: {department: duty_desk, sla: 1 h}}", "E621", None),
        ("add_row:\n  - {table: routing, row: {departmant: duty_desk, sla: 1 h}}", "E103", "department"),
        ("replace_row:\n  rules.routing.rows[1]: {category: gaz, department: duty_desk, sla: 1 h}", "E102", "gas"),
        ("replace_rule:\n  - {formula: limits, value: 1}", "E603", "limit"),
        ("replace_rule: [limit]", "E116", None),
        ("set: {rules.routing.rows: [1]}", "E116", None),
        ("add_row: [5]", "E116", None),
        ("add_row:\n  - {table: limit, row: {sla: 1 h}}", "E623", None),
        ("base: []\nset: 3", "Y015", None),
    ],
)
def test_faults_of_an_overlay_are_said_where_they_are(
    tmp_path: Path, line: str, code: str, suggestion: str | None
) -> None:  # fmt: skip
    reading = laid(tmp_path, f"base: base.yaml\n{line}\n")
    first = reading.complaints[0]
    assert first.place is not None
    assert (first.code, Path(first.place.file).name) == (code, "what_if.yaml")
    if suggestion is not None:
        assert first.values["suggestion"] == suggestion


def test_an_overlay_needs_a_base(tmp_path: Path) -> None:
    assert [one.code for one in laid(tmp_path, "base:\n").complaints] == ["E115"]


def test_the_commands_take_an_overlay_where_they_take_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    laid(tmp_path, OVERLAY)
    monkeypatch.setattr(command, "_vocabulary", lambda: VOCABULARY)
    file = str(tmp_path / "what_if.yaml")
    run = CliRunner().invoke
    assert run(command.command, ["check", file]).exit_code == 0
    assert run(command.command, ["check", str(tmp_path)]).exit_code == 0, "a folder is read without its overlays"
    case = '{"category": "gas", "severity": 5, "backlog": 0}'
    said = run(command.command, ["eval", file, "routing", "--given", case, "--json"]).stdout
    assert '"sla": 120' in said
    (tmp_path / "what_if.yaml").write_text("base: none.yaml\n", encoding="utf-8")
    assert run(command.command, ["check", file]).exit_code == 2
