"""The commands about scenarios: validate, show, params, schema, new, errors."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from twin.cli import errors, new, params, schema, show, validate
from twin.scenario.load import load

GOOD = """\
version: 1
days: 30
warm_up_days: 5
desk:
  misroute_chance: 0.3
arms:
  manual: {}
  smart: {desk: {dispatch: instant}}
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A scenario that can be used."""
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    return str(tmp_path / "good.yaml")


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A scenario with two faults."""
    text = GOOD.replace("misroute_chance: 0.3", "misroute_chanse: 0.3").replace("days: 30", "days: -1")
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "bad.yaml")


def run(module: object, *arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(module.command, arguments)


def twin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    surroundings = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "twin", *arguments], capture_output=True, env=surroundings, check=False
    )


def test_validate_says_ok(good: str) -> None:
    found = run(validate, good, "--lang", "en")
    assert (found.exit_code, found.stdout) == (0, f"{good}: ok\n")
    assert run(validate, good, "--lang", "zh").stdout == f"{good}：正确\n"


def test_validate_says_everything_of_every_file_and_exits_with_2(good: str, bad: str) -> None:
    found = run(validate, bad, good, "nowhere.yaml", "--lang", "en")
    assert found.exit_code == 2
    assert found.stdout == f"{good}: ok\n"
    assert f"--> {bad}:2:7" in found.stderr
    assert f"--> {bad}:5:3" in found.stderr
    assert "did you mean `misroute_chance`?" in found.stderr
    assert "`nowhere.yaml` was not found" in found.stderr
    assert "是否想写 `misroute_chance`？" in run(validate, bad, "--lang", "zh").stderr


def test_validate_speaks_json(good: str, bad: str) -> None:
    found = run(validate, good, bad, "--json", "--lang", "en")
    assert found.exit_code == 2
    said = json.loads(found.stdout)
    assert said["schema"] == "twin.validate/1"
    assert [file["ok"] for file in said["files"]] == [True, False]
    first = said["files"][1]["complaints"][0]
    assert (first["code"], first["line"], first["col"], first["path"]) == ("S108", 2, 7, "days")


def test_validate_takes_settings(good: str) -> None:
    assert run(validate, good, "--set", "days=60").exit_code == 0
    found = run(validate, good, "--set", "days=5", "--lang", "en")
    assert found.exit_code == 2
    assert "5 of 5 days" in found.stderr


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gbk.yaml", "标题: 好\n".encode("gbk")),
        ("nul.yaml", b"a: \0"),
        ("deep.yaml", b"[" * 40_000),
        ("tag.yaml", b"a: !!python/object/apply:os.system [ls]"),
        ("list.yaml", b"- 1"),
        ("empty.yaml", b""),
        ("tab.yaml", b"a:\n\tb: 1"),
        ("number.yaml", b"version: 1\ndays: 1e400\narms: {a: {}}"),
    ],
)
def test_the_program_refuses_hostile_files_in_words(tmp_path: Path, name: str, data: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    found = twin("validate", str(file), "--lang", "zh", PYTHONIOENCODING="gbk")
    assert found.returncode == 2
    assert found.stdout == b""
    assert found.stderr.decode("gbk").startswith("错误[")
    assert b"Traceback" not in found.stderr


def test_the_program_refuses_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    found = twin("validate", str(tmp_path), str(tmp_path / "none.yaml"), "--lang", "en", PYTHONIOENCODING="ascii")
    assert found.returncode == 2
    assert b"is a folder" in found.stderr
    assert b"was not found" in found.stderr


def test_show_prints_what_was_said_or_everything(good: str, tmp_path: Path) -> None:
    short = run(show, good).stdout
    assert "misroute_chance: 0.3" in short
    assert "travel_minutes" not in short
    whole = run(show, good, "--resolved", "--origin", "--arm", "smart", "--set", "days=60").stdout
    assert "travel_minutes" in whole
    assert "manual" not in whole
    assert f"# {good}:5" in whole
    assert "# --set #1" in whole
    assert "# default" in whole
    for number, text in enumerate((short, run(show, good, "--resolved").stdout)):
        copy = tmp_path / f"copy{number}.yaml"
        copy.write_text(text, encoding="utf-8")
        assert load(copy).digest == load(good).digest


def test_show_speaks_json_and_names_unknown_arms(good: str) -> None:
    said = json.loads(run(show, good, "--json").stdout)
    assert said["digest"] == load(good).digest
    assert said["scenario"]["arms"]["manual"]["desk"]["misroute_chance"] == 0.3
    found = run(show, good, "--arm", "smrt", "--lang", "en")
    assert found.exit_code == 2
    assert "did you mean `smart`?" in found.stderr


def test_params_are_listed_for_people_tables_and_programs() -> None:
    assert "desk.misroute_chance = 0.25" in run(params, "--lang", "en").stdout
    table = list(csv.DictReader(io.StringIO(run(params, "--csv", "--lang", "zh").stdout)))
    row = next(row for row in table if row["path"] == "desk.misroute_chance")
    assert (row["unit"], row["low"], row["high"], row["lever"], row["doc"]) == ("1", "0.0", "0.95", "yes", "错派概率")
    said = json.loads(run(params, "--json").stdout)
    assert len(said["parameters"]) == len(table)


def test_the_schema_is_ascii_on_a_console_and_utf8_in_a_file(tmp_path: Path) -> None:
    printed = run(schema).stdout
    assert printed.isascii()
    file = tmp_path / "s.json"
    assert run(schema, "--out", str(file)).exit_code == 0
    assert json.loads(file.read_bytes().decode("utf-8")) == json.loads(printed)
    assert run(schema, "--out", str(tmp_path)).exit_code == 2


def test_new_writes_a_scenario_that_can_be_used(tmp_path: Path) -> None:
    found = run(new, "我的社区", "--dir", str(tmp_path / "a b"), "--lang", "zh")
    file = tmp_path / "a b" / "我的社区.yaml"
    assert (found.exit_code, found.stdout) == (0, f"{file}\n")
    scenario = load(file)
    assert list(scenario.arms) == ["manual", "smart", "smart_5x8"]
    assert "NAME" not in file.read_text("utf-8")
    assert run(validate, str(file)).exit_code == 0


def test_new_never_overwrites_and_never_leaves_its_folder(tmp_path: Path) -> None:
    assert run(new, "mine.yaml", "--dir", str(tmp_path)).exit_code == 0
    before = (tmp_path / "mine.yaml").read_bytes()
    again = run(new, "mine", "--dir", str(tmp_path), "--lang", "en")
    assert (again.exit_code, (tmp_path / "mine.yaml").read_bytes()) == (2, before)
    assert "exists already" in again.stderr
    for name in ("../x", "a/b", "", ".", "CON", "nul", "a b", "x\0"):
        assert run(new, name, "--dir", str(tmp_path)).exit_code == 2
    assert run(new, "x", "--dir", str(tmp_path / "mine.yaml")).exit_code == 2


def test_errors_explains_codes_and_exit_codes() -> None:
    assert run(errors, "s108", "--lang", "en").stdout.startswith("S108  ")
    assert "尚无定论" in run(errors, "3", "--lang", "zh").stdout
    everything = run(errors, "--lang", "zh").stdout
    assert "Y015" in everything
    assert "130" in everything
    found = run(errors, "S1088", "--lang", "en")
    assert found.exit_code == 2
    assert "did you mean" in found.stderr


def test_the_language_comes_from_the_environment(bad: str) -> None:
    assert twin("validate", bad, TWIN_LANG="zh", PYTHONIOENCODING="utf-8").stderr.decode("utf-8").startswith("错误")
    assert twin("validate", bad, TWIN_LANG="en").stderr.startswith(b"error")
