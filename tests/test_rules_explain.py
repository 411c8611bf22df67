"""Explanations: the row, its cells, why not the others, exceptions, steps, and the nearest change."""

from __future__ import annotations

import datetime as dt
import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.rules_kit import VOCABULARY, RandomTable, random_table
from tests.test_rules_corpus import vocabulary
from tests.test_rules_diff import ESCALATION, TABLE, VOTE, read
from tests.test_rules_random import as_value
from twin.cli import rules as command
from twin.core.marked_yaml import Marked
from twin.errors import InputError
from twin.rules.explain import Explanation, explained
from twin.rules.given import given_of_yaml, names_of
from twin.rules.kinds import Choice, Number
from twin.rules.model import RuleSet
from twin.rules.overlays import overlaid, setting
from twin.rules.read import documents_of, read_rules, read_text_rules
from twin.rules.reference import Case
from twin.rules.telling import explanation_lines

DAY = dt.date(2025, 6, 1)
LEAK = {"category": "gas", "severity": Fraction(5), "backlog": Fraction(10)}
LATE = {
    "open_time": Fraction(40 * 60), "category": "gas", "resident.age": Fraction(81), "weather_alert": "orange",
}  # fmt: skip


def why(text: str, name: str, given: dict[str, Any], day: dt.date = DAY) -> Explanation:
    """Explain one decision."""
    return explained(read(text), name, day, given)


# -- tables


def test_a_row_is_explained_cell_by_cell_and_the_others_too() -> None:
    found = why(TABLE, "routing", LEAK)
    assert (found.outputs, found.row) == ({"department": "gas_company", "sla": "1 h"}, "leak")
    assert (found.place.line, found.since) == (10, dt.date(2025, 1, 1))
    assert [(one.name, one.value, one.cell, one.holds) for one in found.reasons] == [
        ("category", "gas", "gas", True), ("severity", "5", ">= 4", True), ("busy", "false", "-", True)]  # fmt: skip
    refused = {one.row: [(each.name, each.cell) for each in one.refused] for one in found.others}
    assert refused == {"full": [("busy", "true")], "pipe": [("category", "water, power")]}
    assert [(one.name, one.formula, one.value) for one in found.steps] == [
        ("busy", "backlog > 50 and severity >= 3", "false")]  # fmt: skip


def test_the_nearest_change_of_every_input_and_what_would_come() -> None:
    found = {one.name: one for one in why(TABLE, "routing", LEAK).nearest}
    assert {name: (one.becomes, one.row) for name, one in found.items()} == {
        "category": ("water", "pipe"), "severity": ("3", "else")}  # fmt: skip
    found = {one.name: one for one in why(TABLE, "routing", {**LEAK, "category": "noise"}).nearest}
    assert {name: (one.becomes, one.row) for name, one in found.items()} == {
        "category": ("gas", "leak"), "backlog": ("51", "full")}  # fmt: skip


def test_a_row_that_matches_too_comes_later() -> None:
    found = why(TABLE, "routing", {**LEAK, "backlog": Fraction(60)})
    assert [(one.row, one.why) for one in found.others if one.why] == [("full", "later")]


def test_a_gap_is_explained() -> None:
    text = "table: t\ninputs: {x: {int: 0..9}}\noutputs: {sla: {unit: h}}\nrows:\n  - {x: '< 3', sla: 1 h}\n"
    rules = read_text_rules(text, VOCABULARY).rules
    found = explained(rules, "t", DAY, {"x": Fraction(5)})
    assert (found.row, found.fault, found.outputs) == (None, "E605", {})
    [flip] = found.nearest
    assert (flip.becomes, flip.row) == ("2", 1)
    assert explanation_lines(found, "en")[0] == "t has no row for this case"


def test_of_a_thousand_rows_the_nearest_few_are_told_and_the_rest_counted() -> None:
    lines = "".join(f"  - {{x: {at}, y: {at % 7}, sla: {at + 1} h}}\n" for at in range(1000))
    head = "table: t\ninputs: {x: {int: 0..999}, y: {int: 0..6}}\noutputs: {sla: {unit: h}}\nelse: {sla: 0}\nrows:\n"
    found = explained(read(head + lines), "t", DAY, {"x": Fraction(500), "y": Fraction(500 % 7)})
    assert (found.row, len(found.others), found.more_rows) == (501, 3, 996)
    assert all(len(one.refused) == 1 for one in found.others)


def test_numbers_without_steps_change_at_or_just_beyond_a_bound() -> None:
    text = "table: t\ninputs: {x: {decimal: 0..9}}\noutputs: {sla: {unit: h}}\nelse: {sla: 0}\nrows:\n"
    rules = read(text + "  - {x: '<= 3', sla: 1 h}\n  - {x: '>= 5', sla: 2 h}\n")

    def flip(x: float) -> str:
        [found] = explained(rules, "t", DAY, {"x": Fraction(x)}).nearest
        return found.becomes

    assert [flip(2.5), flip(3.25), flip(4.5), flip(5)] == ["> 3", "3", "5", "< 5"]


def test_bounds_that_rest_on_other_inputs_are_worked_out() -> None:
    found = explained(read(VOTE), "t", DAY, {"owners": Fraction(12), "voting": Fraction(8)}).nearest
    assert {one.name: (one.becomes, one.row) for one in found} == {"owners": ("13", 2), "voting": ("7", 2)}


def test_a_bound_inside_a_step_function_is_found_by_halving() -> None:
    text = "formula: t\ninputs: {x: {int: 0..1000000}}\nvalue: floor(x, 1000) >= 250000\n"
    [flip] = explained(read(text), "t", DAY, {"x": Fraction(10)}).nearest
    assert flip.becomes == "250000"


# -- nothing smaller changes the outcome


def smaller_changes(table: RandomTable, rules: RuleSet, given: dict[str, Any], name: str, distance: Any) -> list[Any]:
    """Return the points of an input that are nearer than a distance and have another outcome."""
    kind = names_of(rules)[name]
    column = next(one for one in table.columns if one.name == name)
    present = decided(rules, given)

    def far(point: Any) -> Any:
        if isinstance(kind, Choice) or isinstance(point, (bool, str)):
            return 1
        off = abs(point - given[name]) if isinstance(kind, Number) else abs((point - given[name]).days)
        cyclic = isinstance(kind, Number) and kind.cyclic
        return min(off, kind.high - kind.low + 1 - off) if cyclic else off  # type: ignore[union-attr,operator]

    others = [as_value(point) for point in column.points if as_value(point) != given[name]]
    return [one for one in others if far(one) < distance and decided(rules, {**given, name: one}) != present]


def decided(rules: RuleSet, given: dict[str, Any]) -> Any:
    """Return the outcome of a case, or the code of its error."""
    try:
        return dict(Case(rules, DAY, given).decide("t").outputs)
    except InputError as reason:
        return reason.complaints[0].code


def test_the_nearest_change_alters_the_outcome_and_nothing_smaller_does() -> None:
    judged = 0
    for seed in range(600):
        chance = random.Random(seed)
        table = random_table(chance)
        rules = read_text_rules(table.text, VOCABULARY).rules
        given = {one.name: as_value(chance.choice(one.points)) for one in table.columns}
        if decided(rules, given) == "E606":
            continue  # several rows of a unique table match: there is no decision to explain
        flips = {one.name: one for one in explained(rules, "t", DAY, given).nearest}
        for column in table.columns:
            flip = flips.get(column.name)
            if flip is None:
                assert smaller_changes(table, rules, given, column.name, 10**10) == [], f"seed {seed}"
                continue
            judged += 1
            away = distance_of(flip.becomes, column, given[column.name])
            assert smaller_changes(table, rules, given, column.name, away) == [], f"seed {seed}\n{table.text}{flip}"
            if not flip.becomes.startswith(("<", ">")):
                value = point_of(flip.becomes, column)
                assert decided(rules, {**given, column.name: value}) != decided(rules, given), f"seed {seed}"
    assert judged > 350


def point_of(said: str, column: Any) -> Any:
    """Return the value that a change names."""
    if column.kind == "word":
        return {"true": True, "false": False}.get(said, said)
    return dt.date.fromisoformat(said) if "date" in column.declared else Fraction(said)


def distance_of(said: str, column: Any, here: Any) -> Any:
    """Return how far off a change is."""
    value = point_of(said.lstrip("<> "), column)
    if column.kind == "word":
        return 1
    off = abs((value - here).days) if isinstance(value, dt.date) else abs(value - here)
    return min(off, 7 - off) if column.cyclic else off


# -- rules and formulas


def test_the_parts_of_a_condition_and_who_overrides_whom() -> None:
    found = why(ESCALATION, "escalate", LATE)
    assert (found.outputs, found.row, found.place.line) == ({"level": "none"}, "typhoon", 11)
    assert [(one.name, one.value, one.holds) for one in found.reasons] == [
        ("open_time > 24 h * p.factor", "open_time = 40 h, p.factor = 1.5", True),
        ("category in [gas, water]", "category = gas", True)]  # fmt: skip
    assert [(one.id, one.holds, one.overridden_by) for one in found.exceptions] == [
        ("frail", True, ("typhoon",)), ("typhoon", True, ())]  # fmt: skip
    assert [(one.name, one.value, one.formula) for one in found.parameters] == [("p.factor", "1.5", "2025-01-01")]
    flips = {one.name: (one.becomes, one.row) for one in found.nearest}
    assert flips["open_time"] == ("36 h", None)
    assert flips["weather_alert"] == ("yellow", "frail")
    assert "resident.age" not in flips, "the typhoon decides whatever the age"


def test_a_rule_that_has_nothing_to_say_says_why() -> None:
    found = why(ESCALATION, "escalate", {**LATE, "open_time": Fraction(60)})
    assert (found.outputs, found.row) == ({}, None)
    assert [one.holds for one in found.reasons] == [False, True]
    assert {one.name: one.becomes for one in found.nearest} == {"open_time": "> 36 h"}


def test_a_formula_shows_its_steps_with_their_units() -> None:
    text = """formula: subsidy
inputs: {area: {unit: m2}, aged: {int: 0..99}}
unit: yuan
let:
  base: 30 yuan/m2 * area
  extra: 500 yuan * aged
value: base + extra
round: down to 1000 yuan
"""
    found = why(text, "subsidy", {"area": Fraction(80), "aged": Fraction(3)})
    assert [(one.name, one.formula, one.value) for one in found.steps] == [
        ("base", "30 yuan/m2 * area", "2400 yuan"),
        ("extra", "500 yuan * aged", "1500 yuan"),
        ("subsidy", "base + extra", "3900 yuan"),
        ("subsidy", "down 1000 yuan", "3000 yuan"),
    ]


def test_a_value_that_moves_along_is_no_other_outcome_a_branch_is() -> None:
    text = "formula: f\ninputs: {x: {int: 0..99}, y: {int: 0..99}}\nvalue: x * 2 + y if x > 10 else y\n"
    found = why(text, "f", {"x": Fraction(20), "y": Fraction(1)}).nearest
    assert [(one.name, one.becomes) for one in found] == [("x", "10")]


def test_the_rules_as_they_were_are_explained_and_what_an_overlay_changed_is_named() -> None:
    base = read(TABLE)
    other = overlaid(base, [setting("rules.routing.rows[leak].severity", ">= 3")])
    given = {**LEAK, "severity": Fraction(3)}
    assert [explained(one, "routing", DAY, given).row for one in (base, other)] == ["else", "leak"]
    assert explained(other, "routing", DAY, given).place.file == "--set"


# -- the command


def test_the_command_speaks_to_readers_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_vocabulary", lambda: VOCABULARY)
    file = tmp_path / "rules.yaml"
    file.write_text(TABLE, encoding="utf-8")
    given = '{"category": "gas", "severity": 5, "backlog": 10}'
    arguments = ["explain", str(file), "routing", "--given", given]
    said = CliRunner().invoke(command.command, [*arguments, "--lang", "en"]).stdout.splitlines()
    assert said[0] == "routing -> department = gas_company, sla = 1 h"
    assert said[1] == f"  by leak, {file}:10 (table routing, in force since 2025-01-01)"
    assert any("not row pipe" in line and "category = gas is not `water, power`" in line for line in said)
    assert any(line.startswith("  nearest change: severity = 3 ->") for line in said)
    chinese = CliRunner().invoke(command.command, [*arguments, "--lang", "zh"]).stdout
    assert "依据 leak" in chinese
    assert "最近的改变：severity = 3" in chinese
    found = json.loads(CliRunner().invoke(command.command, [*arguments, "--json"]).stdout)
    assert (found["schema"], found["row"], found["at"]) == ("twin.rules.explain/1", "leak", f"{file}:10")
    unknown = CliRunner().invoke(command.command, ["explain", str(file), "rooting", "--given", given])
    assert unknown.exit_code == 2


# -- the rules that ship


RULES = Path(__file__).resolve().parent.parent / "rules"


def told_cases() -> list[Any]:
    """Return every single case of the tests beside the rules that ends in a decision."""
    return [
        pytest.param(file, node, id=f"{file.stem}-{at}")
        for file in sorted(RULES.glob("*.test.yaml"))
        for document in documents_of(file.read_text("utf-8"), str(file))
        for at, node in enumerate(document.value["tests"].value)
        if "given" in node.value and "error" not in str(node.plain().get("expect"))
    ]


@pytest.mark.parametrize(("file", "node"), told_cases())
def test_every_tested_case_of_the_rules_that_ship_is_explained(file: Path, node: Marked) -> None:
    rules = read_rules([str(file).replace(".test.yaml", ".yaml")], vocabulary()).rules
    case = node.plain()
    day = dt.date.fromisoformat(case["on"]) if "on" in case else DAY
    name = case.get("of") or rules.deciders[0].head.name
    given = given_of_yaml(node.value["given"], rules, lambda complaint: None)
    found = explained(rules, name, day, given)
    decision = Case(rules, day, given).decide(name)
    assert (found.row, set(found.outputs)) == (decision.row, set(decision.outputs))
    for flip in found.nearest:
        assert flip.decision is None or dict(flip.decision.outputs) != dict(decision.outputs)
    assert len(explanation_lines(found, "en")) == len(explanation_lines(found, "zh")) >= 2
    json.dumps(found.to_json(), allow_nan=False)
