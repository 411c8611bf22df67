"""What tests reach and what they notice: coverage, ready-made tests, mutants, properties, pytest."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.rules_kit import VOCABULARY, random_table
from tests.test_rules_corpus import vocabulary
from twin.cli import rules as cli
from twin.rules import smt
from twin.rules.check import check_reading
from twin.rules.cover import Coverage, Fired, Tried, coverage_lines, covered
from twin.rules.covering import covered_by_tests
from twin.rules.diff import outcome
from twin.rules.model import RuleSet
from twin.rules.mutants import mutants_of
from twin.rules.mutation import Mutation, _judged, mutate, mutation_lines
from twin.rules.read import read_text_rules
from twin.rules.testing import Outcome, read_suite, run_tests

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = [file for file in sorted((ROOT / "rules").glob("*.yaml")) if not file.name.endswith(".test.yaml")]
TODAY = dt.date(2025, 6, 1)

TWO_ROWS = """table: t
inputs: {a: {int: 1..9}, b: bool}
outputs: {sla: {int: 0..9}}
rows: |
  | a    | b     | sla |
  | >= 4 | -     | 1   |
  | < 4  | true  | 2   |
else: {sla: 3}
"""
VARIED = {
    "two rows": TWO_ROWS,
    "first, lists, decimals": """table: t
hit: first
inputs: {a: {decimal: 0..10}, c: {enum: [red, green, blue]}, d: {int: 0..6, cyclic: true}}
outputs: {sla: {int: 0..9}}
rows: |
  | a         | c          | d    | sla |
  | (1..2.5)  | -          | 5..2 | 1   |
  | < 1, > 9  | red, green | -    | 2   |
  | -         | not blue   | 3    | 3   |
else: {sla: 4}
""",
    "dates and versions": """params:
  limit: {int: 1..9, values: {2025-01-01: 4, 2026-01-01: 6}}
---
table: t
from: 2025-01-01
inputs: {a: {int: 1..9}, when: {date: 2025-01-01..2027-12-31}}
outputs: {sla: {int: 0..9}}
rows:
  - {id: high, a: ">= p.limit", sla: 1}
  - {id: low, a: "< p.limit", when: "< 2026-06-01", until: 2026-01-01, sla: 2}
  - {id: new, a: "< p.limit", when: "< 2026-06-01", from: 2026-01-01, sla: 3}
  - {id: late, a: "< p.limit", when: ">= 2026-06-01", sla: 4}
""",
    "priority and optional": """table: t
hit: priority
inputs: {a: {int: 1..9, optional: true}, b: bool}
outputs: {sla: {int: 0..9}}
rows: |
  | a       | b    | priority | sla |
  | missing | -    | 3        | 1   |
  | >= 5    | -    | 2        | 2   |
  | -       | true | 1        | 3   |
else: {sla: 4}
""",
    "a rule with exceptions": """rule: r
applies_to: ticket
when: open_time > 24 h and category in [gas, noise]
then: {level: street}
exceptions:
  - {id: frail, when: resident.age > 75 and resident.lives_alone, then: {level: district}}
  - id: storm
    from: 2025-06-01
    until: 2025-10-01
    when: weather_alert >= orange
    then: {level: none}
    overrides: [frail]
""",
    "formulas and lets": """formula: f
inputs: {a: {int: 0..20}, b: {int: 1..20}}
let: {enough: 3 * a >= 2 * b}
value: a / b + 1
when: enough and a <= b
---
formula: g
unit: yuan
inputs: {cost: {unit: yuan, range: 0..1000}}
value: f * cost if cost > 100 yuan else 5 yuan
round: up to 1 yuan
""",
    "collect": """table: t
hit: collect(sum)
inputs: {a: {int: 0..120}, b: bool}
outputs: {fee: {unit: yuan}}
rows: |
  | a     | b    | fee      |
  | >= 80 | -    | 500 yuan |
  | >= 60 | true | 300 yuan |
else: {fee: 0}
""",
}


def rules_of(text: str) -> RuleSet:
    """Read rules without errors."""
    reading = read_text_rules(text, VOCABULARY)
    assert [one.code for one in check_reading(reading, VOCABULARY).errors] == []
    return reading.rules


def written(folder: Path, text: str, tests: list[str]) -> Path:
    """Write rules, and tests beside them; return the file of the tests."""
    (folder / "t.yaml").write_text(text, encoding="utf-8")
    file = folder / "t.test.yaml"
    indented = ["\n".join("  " + line for line in test.split("\n")) for test in tests]
    file.write_text("tests:\n" + "\n".join(indented) + "\n" if tests else "tests: []\n", encoding="utf-8")
    return file


def case(a: int, b: bool, name: str = "t") -> Tried:
    """Return a case of the two rows."""
    return Tried(name, TODAY, {"a": Fraction(a), "b": b})


# -- coverage


def test_the_goals_of_two_rows_counted_by_hand() -> None:
    """Each row, both sides of each bound (the bound of row 2 with b true), the else row: 2 + 4 + 1."""
    found = covered(rules_of(TWO_ROWS), [])
    assert (found.covered, found.total) == (0, 7)
    assert [one.goal.said.en for one in found.misses] == [
        "row 1", "row 1: a >= 4: true", "row 1: a >= 4: false",
        "row 2", "row 2: a < 4: true", "row 2: a < 4: false", "the `else` row",
    ]  # fmt: skip
    assert [one.goal.place.line for one in found.misses] == [6, 6, 6, 7, 7, 7, 8]


def test_what_cases_reach_counted_by_hand() -> None:
    rules = rules_of(TWO_ROWS)
    reached = {goal.said.en for goal, _ in covered(rules, [case(9, False)]).reached}
    assert reached == {"row 1", "row 1: a >= 4: true"}  # b is false, so row 2 was never near
    reached = {goal.said.en for goal, _ in covered(rules, [case(9, True)]).reached}
    assert reached == {"row 1", "row 1: a >= 4: true", "row 2: a < 4: false"}
    assert covered(rules, [case(4, True), case(3, True), case(1, False)]).misses == ()


def test_a_miss_names_the_case_beside_the_bound() -> None:
    found = covered(rules_of(TWO_ROWS), [case(9, False)])
    tests = {one.goal.said.en: one.test for one in found.misses}
    assert tests["row 1: a >= 4: false"] == (
        '- name: "row 1: a >= 4: false"\n  of: t\n  given: {a: 3, b: true}\n  expect: {sla: 2, row: 2}'
    )
    assert tests["row 2: a < 4: false"] == (
        '- name: "row 2: a < 4: false"\n  of: t\n  given: {a: 4, b: true}\n  expect: {sla: 1, row: 1}'
    )


@pytest.mark.parametrize("name", VARIED)
def test_ready_made_tests_pass_and_reach_everything(name: str, tmp_path: Path) -> None:
    tests = [one.test for one in covered(rules_of(VARIED[name]), []).misses]
    assert None not in tests
    file = written(tmp_path, VARIED[name], [test for test in tests if test is not None])
    assert [one.fault for one in run_tests(file, VOCABULARY, TODAY) if one.fault] == []
    assert covered_by_tests(file, VOCABULARY, TODAY).misses == ()


@pytest.mark.parametrize("name", VARIED)
def test_without_the_prover_nothing_is_called_impossible_that_is_not(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = rules_of(VARIED[name])
    everything = {one.goal.said.en for one in covered(rules, []).misses}
    monkeypatch.setattr(smt, "installed", lambda: False)
    assert {one.goal.said.en for one in covered(rules, []).misses} >= everything


@pytest.mark.parametrize("seed", range(150))
def test_what_no_case_reaches_is_not_counted(seed: int) -> None:
    """When every combination was tried, whatever is still missed cannot be reached, and boxes know it."""
    table = random_table(random.Random(seed))
    rules = read_text_rules(table.text, VOCABULARY).rules
    columns = [(one.name, [_exact(point) for point in one.points]) for one in table.columns]
    every = itertools.product(*(points for _, points in columns))
    cases = [Tried("t", TODAY, dict(zip((name for name, _ in columns), values, strict=True))) for values in every]
    found = covered(rules, cases)
    decided = [one for one in cases if not isinstance(outcome(rules, "t", TODAY, one.given), str)]
    assert [one.goal.said.en for one in found.misses if one.sure] == []
    if len(decided) == len(cases):
        assert found.misses == ()


def _exact(point: Any) -> Any:
    return Fraction(point) if isinstance(point, (int, Fraction)) and not isinstance(point, bool) else point


def test_rows_that_never_fire_in_a_run() -> None:
    rules = rules_of(TWO_ROWS)
    found = covered(rules, [Fired("t", 1, 2_999_000), Fired("t", "else", 1000)])
    assert [one.goal.said.en for one in found.misses] == ["row 2"]
    assert "<text>:7: t: row 2 never fired in 3,000,000 decisions" in list(coverage_lines(found, "en"))
    assert [count for _, count in found.reached] == [2_999_000, 1000]
    told = list(coverage_lines(found, "zh"))
    assert told[0] == "<text>:7：t：第 2 行，3,000,000 次决定中从未生效"
    assert told[-1] == "已覆盖 2/3"


def test_almost_everything_is_not_everything() -> None:
    [(goal, _)] = covered(rules_of(TWO_ROWS), [case(1, False)]).reached[:1]
    miss = covered(rules_of(TWO_ROWS), []).misses[0]
    found = Coverage(((goal, 1),) * 99_999, (miss,))
    assert found.below(100)
    assert not found.below(99)
    assert list(coverage_lines(found, "en"))[-1] == "99999 of 100000 covered"


def test_properties_reach_nothing_and_errors_reach_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, TWO_ROWS, ["- {name: p, for_all: {table: t}, expect: sla <= 3}",
                                        "- {name: e, given: {a: 5}, expect: {sla: 1}}"])  # fmt: skip
    assert covered_by_tests(file, VOCABULARY, TODAY).covered == 2


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_rules_are_fully_covered_and_no_mutant_survives(file: Path) -> None:
    tests = file.with_name(f"{file.stem}.test.yaml")
    assert [one.goal.said.en for one in covered_by_tests(tests, vocabulary(), TODAY).misses] == []
    found = mutate(read_suite(tests, vocabulary(), TODAY))
    assert [one.mutant.said.en for one in found.survivors] == []
    assert found.open == ()
    assert found.counted > 0


# -- mutants


def mutated(folder: Path, text: str, tests: list[str]) -> Mutation:
    """Run tests on all mutants of rules."""
    suite = read_suite(written(folder, text, tests), VOCABULARY, TODAY)
    assert [one.fault for one in (test.run() for test in suite.tests) if one.fault] == []
    return mutate(suite)


def test_a_bound_that_no_test_touches_survives(tmp_path: Path) -> None:
    far = ["- {name: far above, given: {a: 9, b: true}, expect: {sla: 1}}",
           "- {name: far below, given: {a: 1, b: true}, expect: {sla: 2}}",
           "- {name: else, given: {a: 1, b: false}, expect: {sla: 3}}"]  # fmt: skip
    found = mutated(tmp_path, TWO_ROWS, far)
    assert [(one.mutant.place.line, one.mutant.said.en) for one in found.survivors] == [
        (6, "a: 4 -> 5"), (6, "a: 4 -> 3"), (7, "a: 4 -> 5"), (7, "a: 4 -> 3")]  # fmt: skip
    told = list(mutation_lines(found, "en"))
    assert told[-1] == "4 of 8 mutants fail a test"
    near = [one.test for one in found.survivors if one.test is not None]
    assert len(near) == 4
    assert mutated(tmp_path, TWO_ROWS, far + near).survivors == ()


@pytest.mark.parametrize("name", VARIED)
def test_with_the_tests_that_are_offered_no_mutant_survives(name: str, tmp_path: Path) -> None:
    tests = [one.test for one in covered(rules_of(VARIED[name]), []).misses if one.test is not None]
    found = mutated(tmp_path, VARIED[name], tests)
    offered = [one.test for one in found.survivors]
    assert None not in offered
    found = mutated(tmp_path, VARIED[name], tests + [one for one in offered if one is not None])
    assert found.survivors == ()
    assert found.open == ()


def test_a_mutant_that_means_the_same_is_not_counted(tmp_path: Path) -> None:
    """Below 1 there is nothing: `>= 1` and `>= 0` are the same, and a third row takes what a second would."""
    text = TWO_ROWS.replace(">= 4", ">= 1").replace("| < 4  | true  | 2   |\n", "").replace("else: {sla: 3}\n", "")
    found = mutated(
        tmp_path, text.replace("  |  ", "  | "), ["- {name: one, given: {a: 1, b: true}, expect: {sla: 1}}"]
    )
    assert (found.killed, found.same, found.survivors) == (2, 1, ())


@pytest.mark.parametrize("seed", range(30))
def test_mutants_called_the_same_decide_the_same_everywhere(seed: int) -> None:
    chance = random.Random(1000 + seed)
    table = random_table(chance)
    while not all(one.kind == "word" or "int: -" in one.declared or "0..6" in one.declared for one in table.columns):
        table = random_table(chance)
    rules = read_text_rules(table.text, VOCABULARY).rules
    every = list(itertools.product(*([_exact(point) for point in one.points] for one in table.columns)))
    cases = [dict(zip((one.name for one in table.columns), values, strict=True)) for values in every]
    known = [_outputs(rules, one) for one in cases]
    for mutant in mutants_of(rules):
        fate, _ = _judged(rules, mutant)
        differ = any(one != _outputs(mutant.rules, case) for one, case in zip(known, cases, strict=True))
        clean = not any(isinstance(one, str) for one in known)
        if fate == "same" and clean:
            assert not differ, mutant.said.en
        if fate == "survived":
            assert differ, mutant.said.en


def _outputs(rules: RuleSet, given: dict[str, Any]) -> Any:
    found = outcome(rules, "t", TODAY, given)
    return found if isinstance(found, str) else dict(found.outputs)


# -- properties

RULE = """rule: r
applies_to: ticket
inputs: {a: {int: 0..9}, b: bool}
when: a > 2
then: {sla: 5 h}
exceptions:
  - {id: x, when: b, then: {sla: 1 h}}
"""


def outcome_of(folder: Path, text: str, expect: str, name: str = "t") -> Outcome:
    """Run one property."""
    test = f'- {{name: p, for_all: {{name: {name}}}, expect: "{expect}"}}'
    [found] = run_tests(written(folder, text, [test]), VOCABULARY, TODAY)
    return found


@pytest.mark.parametrize(("text", "name", "expect", "how"), [
    (TWO_ROWS, "t", "sla <= 3", "proved by boxes"),
    (VARIED["priority and optional"], "t", "sla != 3 or b", "proved by boxes"),
    (VARIED["formulas and lets"], "f", "f <= 2", "proved by the prover"),
    (VARIED["formulas and lets"], "f", "not enough or a > b or 3 * f >= 5", "proved by the prover"),
    (RULE, "r", "sla == 5 h or b", "proved by boxes"),
    (VARIED["collect"], "t", "fee <= 800 yuan", "not proved: searched 34 cases"),
])  # fmt: skip
def test_it_is_said_how_a_property_was_settled(text: str, name: str, expect: str, how: str, tmp_path: Path) -> None:
    found = outcome_of(tmp_path, text, expect, name)
    assert found.fault is None
    assert found.how is not None
    assert found.how.en == how


@pytest.mark.parametrize(("text", "name", "expect", "where"), [
    (TWO_ROWS, "t", "sla <= 2", "a in 1..3 and b = false"),
    (RULE, "r", "sla == 5 h", "a in 3..9 and b"),
    (VARIED["priority and optional"], "t", "sla != 2", "a in 5..9"),
    (VARIED["collect"], "t", "fee < 800 yuan", "a = 120 and b = true"),
    (VARIED["formulas and lets"], "f", "f < 2", None),
])  # fmt: skip
def test_a_property_that_does_not_hold_is_broken_by_a_case(
    text: str, name: str, expect: str, where: str | None, tmp_path: Path
) -> None:
    found = outcome_of(tmp_path, text, expect, name)
    assert found.fault is not None
    what = found.fault.values["what"].en
    assert what.startswith("it does not hold when")
    if where is not None:
        assert where in what


def test_without_a_prover_a_property_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "installed", lambda: False)
    found = outcome_of(tmp_path, VARIED["formulas and lets"], "f <= 2", "f")
    assert found.fault is None
    assert found.how is not None
    assert found.how.en.startswith("not proved: searched")
    assert outcome_of(tmp_path, VARIED["formulas and lets"], "f < 2", "f").fault is not None


# -- the commands


def called(*arguments: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call `twin rules` in a folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TWIN_LANG", "en")
    monkeypatch.setattr(cli, "_vocabulary", lambda: VOCABULARY)
    return CliRunner().invoke(cli.command, list(arguments))


def test_cover_counts_and_fails_under(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, TWO_ROWS, ["- {name: one, given: {a: 9, b: true}, expect: {sla: 1}}"])
    found = called("cover", "t.yaml", "--json", folder=tmp_path, monkeypatch=monkeypatch)
    plain = json.loads(found.output)
    assert (found.exit_code, plain["schema"], plain["covered"], plain["of"]) == (0, "twin.rules.cover/1", 3, 7)
    assert plain["misses"][0] == {
        "kind": "bound", "name": "t", "what": "row 1: a >= 4: false", "file": "t.yaml", "line": 6, "col": 5,
        "test": '- name: "row 1: a >= 4: false"\n  of: t\n  given: {a: 3, b: true}\n'
                "  expect: {sla: 2, row: 2}"}  # fmt: skip
    for least, code in (("42", 0), ("43", 1), ("100", 1)):  # 3 of 7 is 42.86 %
        found = called("cover", "t.yaml", "--fail-under", least, folder=tmp_path, monkeypatch=monkeypatch)
        assert found.exit_code == code
    assert found.output.splitlines()[-1] == "3 of 7 covered"


def test_rules_without_tests_are_not_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.yaml").write_text(TWO_ROWS, encoding="utf-8")
    found = called("cover", "t.yaml", folder=tmp_path, monkeypatch=monkeypatch)
    assert found.output.splitlines()[-1] == "0 of 7 covered"
    assert called("test", "t.yaml", folder=tmp_path, monkeypatch=monkeypatch).exit_code != 0


def test_mutants_that_survive_fail_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, TWO_ROWS, ["- {name: one, given: {a: 9, b: true}, expect: {sla: 1}}"])
    found = called("test", "t.yaml", "--mutate", folder=tmp_path, monkeypatch=monkeypatch)
    assert found.exit_code == 1
    assert "t.yaml:6: t: a: 4 -> 5: no test fails" in found.output
    assert found.output.splitlines()[0] == "1 tests passed, 0 failed"


def test_pytest_runs_the_tests_beside_the_rules(tmp_path: Path) -> None:
    written(tmp_path, "table: t\napplies_to: ticket\ninputs: {a: bool}\noutputs: {sla: {unit: h}}\n"
            "rows: |\n  | a     | sla |\n  | true  | 1 h |\n  | false | 2 h |\n",
            ["- {name: good, given: {a: true}, expect: {sla: 1 h}}",
             "- {name: bad, given: {a: false}, expect: {sla: 3 h}}"])  # fmt: skip
    (tmp_path / "other.test.yaml").write_text("nothing: of ours\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "twin.testing.pytest_rules", "-c", os.devnull, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert found.returncode == 1
    assert "t.test.yaml:3:" in found.stdout
    assert "the test `bad` of `t` fails: sla is 2 h, not 3 h" in found.stdout
    assert "1 failed, 1 passed" in found.stdout
