"""``twin rules``: what it prints, its contracts for programs, its exit codes."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.test_rules_corpus import vocabulary
from twin.cli import rules
from twin.errors import InputError
from twin.rules.evaluate import decide
from twin.rules.read import read_rules

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "rules_corpus"
CIVIL_CODE = str(ROOT / "rules" / "civil_code_278.yaml")
VOTE = {"matter": 6, "owners": 12, "owners_voting": 8, "owners_for": 6, "area": 960, "area_voting": 640.0,
        "area_for": 480}  # fmt: skip


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command in this process."""
    found = CliRunner().invoke(rules.command, [*arguments])
    assert found.exit_code == code, (found.output, found.exception)
    return found


def evaluated(name: str, given: dict[str, object], *options: str) -> dict[str, object]:
    """Return what ``twin rules eval --json`` prints."""
    said = run("eval", CIVIL_CODE, name, "--given", json.dumps(given), "--json", *options).stdout
    return dict(json.loads(said))


def refused(*arguments: str) -> InputError:
    """Return the error with which a command ends, when it is run in this process."""
    found = CliRunner().invoke(rules.command, [*arguments])
    if isinstance(found.exception, InputError):
        return found.exception
    assert found.exit_code == 2, found.output
    return InputError.of("E000", None, said=found.stderr)


# -- check


def test_clean_files_are_ok() -> None:
    assert run("check", CIVIL_CODE, "--lang", "en").stdout == "1 files: ok\n"
    assert json.loads(run("check", CIVIL_CODE, "--json").stdout) == {"schema": "twin.rules.check/1", "findings": []}


@pytest.mark.parametrize(("name", "code", "strict"), [("E201_overlap", 2, 2), ("W204_matches_nothing", 0, 1)])
def test_exit_codes(name: str, code: int, strict: int) -> None:
    file = str(CORPUS / f"{name}.yaml")
    run("check", file, code=code)
    run("check", file, "--strict", code=strict)
    run("check", file, "--json", code=code)


def test_the_contract_of_check() -> None:
    file = str(CORPUS / "E201_overlap.yaml")
    found = json.loads(run("check", file, "--json", "--lang", "en", code=2).stdout)
    assert set(found) == {"schema", "findings"}
    assert found["schema"] == "twin.rules.check/1"
    [finding] = found["findings"]
    assert {key: type(value).__name__ for key, value in finding.items()} == {
        "code": "str", "severity": "str", "file": "str", "line": "int", "col": "int", "message": "str", "hint": "str",
        "region": "dict"}  # fmt: skip
    assert (finding["code"], finding["severity"], finding["file"]) == ("E201", "error", file)


def test_several_files_are_checked_by_themselves_and_together() -> None:
    files = [str(CORPUS / f"{name}.yaml") for name in ("E201_overlap", "E203_gap", "missing")]
    found = json.loads(run("check", *files, "--json", code=2).stdout)["findings"]
    assert {(Path(one["file"]).stem, one["code"]) for one in found} == {
        ("E201_overlap", "E201"), ("E203_gap", "E203"), ("E203_gap", "E401"), ("missing", "Y001")}  # fmt: skip


def test_a_folder_is_its_rule_files_without_their_tests() -> None:
    run("check", str(ROOT / "rules"))


# -- eval


def test_the_contract_of_eval() -> None:
    found = evaluated("decision", VOTE, "--on", "2025-01-01")
    assert found == {"outputs": {"quorum": True, "passed": True}, "row": "special", "at": f"{CIVIL_CODE}:25"}
    assert evaluated("decision", {**VOTE, "area_for": 479.99}, "--on", "2025-01-01")["outputs"] == {
        "quorum": True, "passed": False}  # fmt: skip


def test_given_numbers_are_exact() -> None:
    """A double could not tell these areas from two thirds and three quarters."""
    areas = {"area": "3.333333333333333333333333", "area_voting": "2.222222222222222222222222",
             "area_for": "1.6666666666666666666666665"}  # fmt: skip
    given = json.dumps({**VOTE, **dict.fromkeys(areas, 0)})
    for name, digits in areas.items():
        given = given.replace(f'"{name}": 0', f'"{name}": {digits}')
    found = json.loads(run("eval", CIVIL_CODE, "decision", "--given", given, "--json").stdout)
    assert found["outputs"] == {"quorum": True, "passed": True}
    less = given.replace("2.222222222222222222222222", "2.222222222222222222222221")
    found = json.loads(run("eval", CIVIL_CODE, "decision", "--given", less, "--json").stdout)
    assert found["outputs"] == {"quorum": False, "passed": False}


def test_today_is_the_default_day() -> None:
    assert evaluated("decision", VOTE) == evaluated("decision", VOTE, "--on", dt.date.today().isoformat())
    assert refused("eval", CIVIL_CODE, "decision", "--given", json.dumps(VOTE), "--on", "2020-12-31")


def test_outputs_are_json_in_base_units(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text(
        "table: t\ninputs: {x: {unit: h}}\noutputs:\n  sla: {unit: h}\n  fee: {unit: yuan}\n  share: decimal\n"
        "  department: {enum: [gas, water]}\n  urgent: bool\n  deadline: date\n"
        "rows:\n  - {sla: 1.5 h, fee: 3 元, share: 1/3, department: gas, urgent: true, deadline: 2025-01-31}\n",
        encoding="utf-8",
    )
    found = json.loads(run("eval", str(file), "t", "--given", '{"x": 90}', "--json").stdout)
    assert found == {
        "outputs": {"sla": 90, "fee": 300, "share": 1 / 3, "department": "gas", "urgent": True,
                    "deadline": "2025-01-31"},
        "row": 1, "at": f"{file}:11",
    }  # fmt: skip
    said = run("eval", str(file), "t", "--given", '{"x": "1.5 h"}', "--lang", "en").stdout
    assert said.splitlines()[:3] == ["sla = 1.5 h", "fee = 3 yuan", "share = 1/3"]
    assert said.splitlines()[-1] == f"by 1, {file}:11"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("[1]", ["E601"]),
        ("{", ["E601"]),
        ('{"matter": NaN}', ["E601"]),
        ('{"matter": 1, "matter": 2}', ["E601"]),
        ('{"matter": 1e999}', ["E601"]),
        ('{"matter": ' + "9" * 5000 + "}", ["E601"]),
        ("{}", ["E602"]),
        ('{"mater": 6}', ["E101"]),
        ('{"matter": 12}', ["E610"]),
        ('{"matter": 1.5}', ["E610"]),
        ('{"matter": true, "owners": "many", "area": [1], "x": 1}', ["E610", "E610", "E610", "E101"]),
    ],
)
def test_what_is_given_wrongly_is_explained(given: str, codes: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        decide(read_rules([CIVIL_CODE], vocabulary()), "decision", given, dt.date(2025, 1, 1))
    assert [one.code for one in caught.value.complaints] == codes


def test_unknown_names_files_days_and_commands_end_with_exit_code_2() -> None:
    given = ["--given", json.dumps(VOTE)]
    for arguments in (["eval", CIVIL_CODE, "decison", *given], ["eval", "nowhere.yaml", "decision", *given],
                      ["eval", CIVIL_CODE, "decision", *given, "--on", "yesterday"], ["chek", CIVIL_CODE],
                      ["eval", str(CORPUS / "E102_not_a_value.yaml"), "routing"]):  # fmt: skip
        assert refused(*arguments).exit_code == 2


def test_the_program_says_it_in_both_languages() -> None:
    for lang, said in (("en", "did you mean `decision`?"), ("zh", "是否想写 `decision`？")):
        found = subprocess.run(
            [sys.executable, "-m", "twin", "rules", "eval", CIVIL_CODE, "decison", "--given", "{}", "--lang", lang],
            capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert found.returncode == 2
        assert said in found.stderr.decode()


# -- test and fmt


def test_tests_are_found_beside_the_rules() -> None:
    assert run("test", CIVIL_CODE, "--lang", "en").stdout.splitlines() == [
        "property `nothing is decided without a quorum`: proved by boxes", "20 tests passed, 0 failed"]  # fmt: skip


def test_a_test_that_fails_says_how(tmp_path: Path) -> None:
    (tmp_path / "fee.yaml").write_text(
        "table: t\ninputs: {x: {int: 1..9}}\noutputs: {sla: {unit: h}}\nrows:\n"
        '  - {x: "< 5", sla: 2 h}\n  - {x: ">= 5", sla: 9 h}\n', encoding="utf-8")  # fmt: skip
    (tmp_path / "fee.test.yaml").write_text(
        "tests:\n  - {name: right, given: {x: 1}, expect: {sla: 120 min}}\n"
        "  - {name: wrong, given: {x: 1}, expect: {sla: 3 h, row: 2}}\n"
        "  - {name: never long, for_all: {table: t}, expect: sla <= 8 h}\n", encoding="utf-8")  # fmt: skip
    found = run("test", str(tmp_path / "fee.yaml"), "--lang", "en", code=1)
    assert found.stdout == "1 tests passed, 2 failed\n"
    assert "sla is 2 h, not 3 h; row is 1, not 2" in found.stderr
    assert "it does not hold when x in 5..9" in found.stderr
    assert f"{tmp_path / 'fee.test.yaml'}:3:6" in found.stderr


def test_fmt_lays_tables_out_and_touches_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    text = (
        "# kept\ntable: t   # kept too\ninputs: {类别: {enum: [燃气, 供水管网]}}\n"
        "outputs: {部门: {enum: [a, b]}}\nrows: |\n"
        "    |类别|部门|\n    |-|-|\n    # in between\n    |燃气|a |\n    |  供水管网 | b|\n"
    )
    file.write_text(text, encoding="utf-8")
    assert run("fmt", str(file), "--check", code=1).stdout == f"{file}\n"
    assert file.read_text("utf-8") == text
    run("fmt", str(file))
    assert file.read_text("utf-8").splitlines()[4:] == [
        "rows: |", "    | 类别     | 部门 |", "    |----------|------|", "    # in between", "    | 燃气     | a    |",
        "    | 供水管网 | b    |"]  # fmt: skip
    assert file.read_text("utf-8").splitlines()[:4] == text.splitlines()[:4]
    run("fmt", str(file), "--check")


def test_fmt_writes_every_character_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    rows = "rows: |\n  | met | sla |\n  | = streak(met, by: year) > 1 | 1 |\n  | ＝ met == false且met | 2 |\n"
    file.write_text("table: t\ninputs: {met: bool}\noutputs: {sla: int}\n" + rows, encoding="utf-8")
    run("fmt", str(file))
    said = file.read_text("utf-8")
    assert "| = streak(met, by: year) > 1 | 1   |" in said
    assert "| ＝ met == false且met        | 2   |" in said
