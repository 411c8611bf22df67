"""Two rule sets compared in meaning: regions are those that counting finds, and names those that were changed."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.rules_kit import VOCABULARY, RandomTable, mutated, outcome_grid, random_table
from tests.test_rules_random import combinations_in
from twin.cli import rules as command
from twin.rules import smt
from twin.rules.diff import RulesDiff, diff, outcomes_differ
from twin.rules.model import RuleSet
from twin.rules.overlays import overlaid, setting
from twin.rules.paths import paths
from twin.rules.read import read_text_rules

DAY = dt.date(2025, 6, 1)
TABLE = """table: routing
from: 2025-01-01
applies_to: ticket
inputs: {backlog: {int: 0..100}}
let: {busy: backlog > 50 and severity >= 3}
outputs: {department: {enum: department}, sla: {unit: h}}
hit: first
rows: |
  | id   | category     | severity | busy | department   | sla |
  | leak | gas          | >= 4     | -    | gas_company  | 1 h |
  | full | -            | -        | true | duty_desk    | 8 h |
  | pipe | water, power | >= 4     | -    | utility_desk | 2 h |
else: {department: community, sla: 72 h}
"""
ESCALATION = """params:
  factor: {unit: ratio, range: 1..5, values: {2025-01-01: 1.5, 2026-01-01: 1.2}}
---
rule: escalate
applies_to: ticket
from: 2025-01-01
when: open_time > 24 h * p.factor and category in [gas, water]
then: {level: street}
exceptions:
  - {id: frail, when: resident.age > 75, then: {level: district}}
  - {id: typhoon, when: weather_alert >= orange, then: {level: none}, overrides: [frail]}
---
formula: limit
applies_to: ticket
unit: h
value: 24 h * p.factor
when: severity < 4
otherwise: 2 h
"""


def read(text: str, name: str = "rules.yaml") -> RuleSet:
    """Read rules that have no faults."""
    found = read_text_rules(text, VOCABULARY, name)
    assert found.complaints == []
    return found.rules


def compared(text: str, path: str, value: str) -> RulesDiff:
    """Compare rules with themselves after one setting."""
    base = read(text)
    return diff(base, overlaid(base, [setting(path, value)]))


# -- regions


def decided_grid(table: RandomTable) -> np.ndarray:
    """Return the outcome of every combination; rows that may not match together are one too."""
    hits = [table.hits(row) for row in range(len(table.rows))]
    grid = outcome_grid(table, hits).astype("U7")
    for one, other in combinations(range(len(hits)), 2):
        if table.policy == "unique" or (table.policy == "any" and table.outcomes[one] != table.outcomes[other]):
            grid[hits[one] & hits[other]] = "overlap"
    return grid


@pytest.mark.parametrize("block", range(3))
def test_regions_are_exactly_where_counting_finds_a_difference(block: int) -> None:
    for seed in range(block * 150, block * 150 + 150):
        chance = random.Random(seed)
        one = random_table(chance)
        other = mutated(one, chance)
        grids = [decided_grid(each) for each in (one, other)]
        wanted = grids[0] != grids[1]
        found = np.zeros_like(wanted)
        told = diff(*(read_text_rules(each.text, VOCABULARY).rules for each in (one, other)))
        for change in told.changes:
            for difference in change.differences:
                assert difference.proved
                for region in difference.regions:
                    inside = combinations_in(region, one)
                    for grid, side in zip(grids, (difference.old, difference.new), strict=True):
                        said = side.outputs.get("department") or {"gap": "-"}.get(str(side.row), str(side.row)[:7])
                        assert (grid[inside] == said).all(), f"seed {seed}"
                    assert not (found & inside).any(), f"seed {seed}: a case is told twice"
                    found |= inside
        assert (found == wanted).all(), f"seed {seed}\n{one.text}\n{other.text}\n{told}"


def test_a_changed_cell_is_told_as_the_region_between_the_bounds() -> None:
    told = compared(TABLE, "rules.routing.rows[leak].severity", ">= 3")
    [change] = told.changes
    assert (change.name, change.kind, change.how) == ("routing", "table", "changed")
    found = {(one.old.row, one.new.row): one for one in change.differences}
    assert set(found) == {("full", "leak"), ("else", "leak")}
    difference = found["else", "leak"]
    assert difference.old.outputs == {"department": "community", "sla": "72 h"}
    assert difference.new.outputs == {"department": "gas_company", "sla": "1 h"}
    assert (difference.old.place.file, difference.old.place.line) == ("rules.yaml", 13)
    assert (difference.new.place.file, difference.new.place.line) == ("--set", 1)
    [region] = difference.regions
    assert region["category"] == "gas"
    assert region["severity"] == "3"


def test_what_is_written_otherwise_and_means_the_same_is_no_difference() -> None:
    other = TABLE.replace(">= 4     | -    | gas", "4..5     | -    | gas").replace("72 h", "3 days")
    other = other.replace("water, power | >= 4", "power, water | > 3").replace("table:", "title: t\ntable:")
    assert other != TABLE
    told = diff(read(TABLE), read(other))
    assert told.changes == ()
    assert told.reworded == ("routing",)


def test_rows_of_a_unique_table_may_stand_in_any_order() -> None:
    head = "table: t\ninputs: {x: {int: 0..9}}\noutputs: {sla: {unit: h}}\nrows:\n"
    lines = ["  - {x: '< 3', sla: 1 h}\n", "  - {x: '>= 3', sla: 2 h}\n"]
    assert diff(read(head + "".join(lines)), read(head + "".join(reversed(lines)))).changes == ()


# -- time


def test_a_difference_has_its_dates() -> None:
    told = compared(ESCALATION, "rules.params.factor", "2 from 2025-06-01 until 2026-06-01")
    assert [one.name for one in told.changes] == ["factor", "escalate", "limit"]
    spans = [(str(one.span.start), str(one.span.end)) for one in told.changes[0].differences]
    assert spans == [("2025-06-01", "2026-01-01"), ("2026-01-01", "2026-06-01")]
    found = [
        (str(one.span.start), one.regions[0]["open_time"], one.old.row, one.new.row)
        for one in told.changes[1].differences
    ]
    assert set(found) == {
        (start, hours, row, None)
        for start, hours in (("2025-06-01", "(36 h..48 h"), ("2026-01-01", "(28.8 h..48 h"))
        for row in ("when", "frail", "typhoon")
    }


def test_a_version_that_ends_earlier_is_told_with_the_days() -> None:
    text = "table: t\nuntil: 2026-01-01\ninputs: {x: bool}\noutputs: {sla: {unit: h}}\nrows:\n  - {x: '-', sla: 1 h}\n"
    [change] = diff(read(text), read(text.replace("2026-01-01", "2025-07-01"))).changes
    [one] = change.differences
    assert (str(one.span), one.old.row, one.new.row) == ("2025-07-01..2026-01-01)", "in force", "not in force")


# -- rules, formulas, names


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        ("rules.escalate.exceptions[frail].when[1]", "80", "escalate"),
        ("rules.escalate.exceptions[typhoon].level", "city", "escalate"),
        ("rules.escalate.then.level", "district", "escalate"),
        ("rules.limit.value[1]", "30 h", "limit"),
        ("rules.limit.when", "severity <= 4", "limit"),
        ("rules.limit.otherwise", "1 h", "limit"),
    ],
)
def test_only_what_was_overlaid_is_named(path: str, value: str, name: str) -> None:
    assert [one.name for one in compared(ESCALATION, path, value).changes] == [name]


def test_the_ages_between_two_bounds_are_the_region() -> None:
    [change] = compared(ESCALATION, "rules.escalate.exceptions[frail].when[1]", "80").changes
    for one in change.differences:
        [region] = one.regions
        assert region["resident.age"] == "76..80"
        assert (one.old.outputs, one.new.outputs) == ({"level": "district"}, {"level": "street"})


def test_names_that_came_went_and_changed_hands() -> None:
    other = ESCALATION.replace("formula: limit", "formula: bound").replace("rule: escalate", "rule: raise_it")
    told = diff(read(ESCALATION), read(other.replace("value: 24 h", "value: 25 h")))
    assert [(one.name, one.how, one.other) for one in told.changes] == [
        ("escalate", "renamed", "raise_it"), ("limit", "removed", ""), ("bound", "added", "")]  # fmt: skip
    told = diff(read(ESCALATION), read(other))
    assert [(one.how, one.other) for one in told.changes] == [("renamed", "raise_it"), ("renamed", "bound")]


VOTE = """table: t
inputs: {owners: {int: "1.."}, voting: {int: "0.."}}
let: {enough: voting >= 2/3 * owners}
outputs: {passed: bool}
rows: |
  | enough | passed |
  | true   | true   |
  | false  | false  |
"""


def test_the_prover_gives_an_example_and_knows_what_means_the_same() -> None:
    assert compared(VOTE, "rules.t.let.enough", "3 * voting >= 2 * owners").changes == ()
    [change] = compared(VOTE, "rules.t.let.enough", "voting >= 3/4 * owners").changes
    [one] = change.differences
    owners, voting = int(one.example["owners"]), int(one.example["voting"])
    assert one.proved
    assert 2 * owners <= 3 * voting
    assert 4 * voting < 3 * owners


def test_without_the_prover_a_witness_is_looked_for_and_else_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "installed", lambda: False)
    [change] = compared(VOTE, "rules.t.let.enough", "voting >= 3/4 * owners").changes
    assert [bool(one.example) for one in change.differences if one.proved] == [True]
    [change] = compared(VOTE, "rules.t.let.enough", "3 * voting >= 2 * owners").changes
    assert not any(one.proved for one in change.differences)


def test_a_single_case_comes_out_otherwise() -> None:
    base = read(TABLE)
    other = overlaid(base, [setting("rules.routing.rows[leak].severity", ">= 3")])
    for severity, differs in ((2, False), (3, True), (4, False)):
        given = {"category": "gas", "severity": Fraction(severity), "backlog": Fraction(0)}
        assert outcomes_differ(base, other, "routing", DAY, given) is differs
    assert outcomes_differ(base, base, "routing", DAY, {}) is False


# -- the command


def test_the_command_speaks_to_readers_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_vocabulary", lambda: VOCABULARY)
    base, other = tmp_path / "base.yaml", tmp_path / "other.yaml"
    base.write_text(TABLE, encoding="utf-8")
    other.write_text("base: base.yaml\nset:\n  rules.routing.rows[pipe].sla: 3 h\n", encoding="utf-8")
    arguments = ["diff", str(base), str(other)]
    said = CliRunner().invoke(command.command, [*arguments, "--lang", "en"]).stdout
    assert "sla = 2 h -> department = utility_desk, sla = 3 h" in said
    assert f"before: pipe, {base}:12; after: pipe, {other}:3" in said
    assert "改前：pipe" in CliRunner().invoke(command.command, [*arguments, "--lang", "zh"]).stdout
    found = json.loads(CliRunner().invoke(command.command, [*arguments, "--json"]).stdout)
    assert (found["schema"], [one["name"] for one in found["changes"]]) == ("twin.rules.diff/1", ["routing"])
    same = CliRunner().invoke(command.command, ["diff", str(base), str(base), "--lang", "en"])
    assert (same.exit_code, same.stdout) == (0, "no difference in meaning\n")


def test_every_number_that_is_changed_is_told_of_its_owner_and_of_nobody_else() -> None:
    base = read(TABLE + "---\n" + ESCALATION)
    changed = 0
    for slot in paths(base):
        number = re.fullmatch(r"(>= )?(\d+)( h)?", slot.text)
        if number is None:
            continue
        sign, value, unit = (part or "" for part in number.groups())
        other = overlaid(base, [setting(slot.path, f"{sign}{int(value) - 1}{unit}")])
        told = diff(base, other)
        assert [one.name for one in told.changes] == [slot.path.split(".")[1]], slot.path
        assert diff(other, base).changes != ()
        changed += 1
    assert changed == 13
