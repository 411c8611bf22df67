"""The command line: what it prints where, in which language, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin
from twin.__main__ import PLAIN_COMMANDS
from twin.cli import console
from twin.cli.app import COMMANDS, main

ROOT = Path(__file__).parent.parent

STREET = """\
version: 1
name: street
title: {en: A street, zh: 一条街}
days: 21
warm_up_days: 7
run_on_days: 60
replications: 3
seed: 5
primary: [hours_to_close_mean, share_within_24h]
population: {residents: 300}
hotline: {source: poisson, reports_per_day: 12 /day, duplicate_share: 0.1}
mechanisms: {incidents: off, reporting: off, recomplaints: off}
arms:
  manual:
    title: {en: by hand, zh: 人工派单}
    desk: {teams: {posts: {workers: 4, calendar: 5x8}}}
  smart:
    title: {en: automatic, zh: 智能派单}
    desk: {teams: {posts: {workers: 3, calendar: 7x12}}, dispatch: instant, intake_calendar: 24x7}
  placebo:
    like: manual
    placebo: {draws_per_day: 50 /day}
"""


@pytest.fixture
def street(tmp_path: Path) -> str:
    path = tmp_path / "street.yaml"
    path.write_text(STREET, encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TWIN_LANG", "en")
    yield


def ends(*words: str) -> int | str | None:
    """Run the program and return its exit code."""
    try:
        return main(list(words))
    except SystemExit as end:
        return end.code


def found_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert ends("run", *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


# -- starting


def test_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys; from twin.cli.app import main\n"
        "main(['--help'])\n"
        "heavy = {'numpy', 'numba', 'pydantic', 'yaml', 'scipy', 'duckdb', 'matplotlib', 'mesa', 'rich', 'sqlite3'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", sorted(PLAIN_COMMANDS))
def test_commands_that_only_read_declarations_compile_nothing(command: str, street: str, tmp_path: Path) -> None:
    arguments = {"validate": [street], "show": [street], "new": ["mine", "--dir", str(tmp_path / "new")]}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "twin", command, *arguments.get(command, [])],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "twin.errors" in imported
    assert not imported & {"numba", "scipy", "pandas", "mesa", "matplotlib", "duckdb", "networkx", "jinja2"}


def test_compiling_is_left_out_only_at_the_command_line() -> None:
    program = "import twin.core.compiled as door; assert door.COMPILING"
    words = [sys.executable, "-c", program, "validate"]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == 0


def test_help_imports_nothing_heavy() -> None:
    """What keeps it quick (benchmarks/start.py takes the time)."""
    words = [sys.executable, "-X", "importtime", "-m", "twin", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    heavy = {"numpy", "numba", "scipy", "pandas", "mesa", "matplotlib", "duckdb", "pydantic", "rich", "yaml", "jinja2"}
    assert "click" in imported and not imported & heavy


def test_every_public_name_exists() -> None:
    assert len(twin.__all__) <= 12
    for name in twin.__all__:
        assert getattr(twin, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = twin.nothing


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("--version") == 0
    assert capsys.readouterr().out == f"twin {twin.__version__} (results {twin.results_version})\n"


# -- results


def test_json_is_one_object_of_the_schema(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = found_json(capsys, street)
    assert list(found) == [
        "schema", "scenario", "digest", "results_version", "replications", "arms", "differences",
    ]  # fmt: skip
    assert (found["schema"], found["scenario"], found["replications"]) == ("twin.run/1", "street", 3)
    assert list(found["arms"]) == ["manual", "smart", "placebo"]
    assert list(found["differences"]) == ["smart", "placebo"]
    for metrics in found["arms"].values():
        for metric in metrics.values():
            assert set(metric) == {"mean", "ci95", "unit", "values"}
            assert len(metric["values"]) == 3
            low, high = metric["ci95"]
            assert low <= metric["mean"] <= high
    for metric in found["differences"]["smart"].values():
        assert set(metric) == {"mean", "ci95", "verdict", "better_in"}


def test_json_holds_the_metrics_that_are_asked_for(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = found_json(capsys, street, "--arm", "smart")["arms"]["smart"]
    assert {"hours_to_close_mean", "hours_to_close_p90", "share_within_24h", "paid_hours", "utilisation"} <= set(
        metrics
    )
    assert {"response_rate", "satisfied_share_true", "open_tickets_end"} <= set(metrics)


def test_placebo_changes_nothing(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    for metric in found_json(capsys, street)["differences"]["placebo"].values():
        assert (metric["mean"], metric["ci95"], metric["verdict"]) == (0.0, [0.0, 0.0], "no difference")


def test_processes_and_python_give_the_same(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    alone = found_json(capsys, street, "-n", "2")
    assert alone == found_json(capsys, street, "-n", "2", "--jobs", "2")
    assert alone == twin.run(street, replications=2).to_json()
    assert alone == twin.run(twin.load(street), replications=2).to_json()


def test_set_applies_last_and_to_all_arms(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = (street, "-n", "1", "--arm", "manual", "--arm", "smart")
    metrics = found_json(capsys, *words, "--set", "days=14", "--set", "desk.travel_minutes=0")
    assert metrics["arms"]["manual"] != found_json(capsys, *words, "--set", "days=14")["arms"]["manual"]
    assert "ci95" not in metrics["arms"]["manual"]["paid_hours"]
    assert metrics["differences"]["smart"]["paid_hours"]["verdict"] == "not decided"


def test_seeds_follow_each_other(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = (street, "--arm", "manual", "-n")
    first = found_json(capsys, *words, "2", "--seed", "6")["arms"]["manual"]["hours_to_close_mean"]["values"]
    whole = found_json(capsys, *words, "3")["arms"]["manual"]["hours_to_close_mean"]["values"]
    assert first == whole[1:]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "difference from by hand, seed by seed"), ("zh", "与「人工派单」逐种子配对的差值")]
)
def test_sheet_for_a_planner(street: str, capsys: pytest.CaptureFixture[str], lang: str, said: str) -> None:
    assert ends("run", street, "--lang", lang) == 0
    captured = capsys.readouterr()
    assert said in captured.out
    assert "\x1b[" not in captured.out
    assert captured.err == ""


def test_run_folder_is_resumed(street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "run")
    first = found_json(capsys, street, "--out", out, "-n", "2")
    sessions = tmp_path / "run" / "provenance.json"
    assert json.loads(sessions.read_text("utf-8"))["sessions"][0]["computed_runs"] == 6
    more = found_json(capsys, street, "--out", out, "-n", "3")
    assert json.loads(sessions.read_text("utf-8"))["sessions"][1]["computed_runs"] == 3
    old = first["arms"]["smart"]["paid_hours"]["values"]
    assert more["arms"]["smart"]["paid_hours"]["values"][:2] == old
    assert ends("run", street, "--out", out, "-n", "3", "--seed", "9") == 2
    assert "the first seed" in capsys.readouterr().err


@pytest.mark.slow
def test_a_folder_is_the_same_run_whichever_way_more_is_asked_of_it(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-n` and the file itself ask for more seeds of the same scenario, or look at another metric first."""
    out, file = str(tmp_path / "run"), tmp_path / "street.yaml"
    words = (street, "--arm", "manual", "--arm", "smart", "--out", out)
    first = found_json(capsys, *words, "-n", "1")
    file.write_text(STREET.replace("[hours_to_close_mean, share_within_24h]", "[paid_hours]"), encoding="utf-8")
    whole = found_json(capsys, *words)
    told = json.loads((tmp_path / "run" / "provenance.json").read_text("utf-8"))["sessions"]
    assert [session["computed_runs"] for session in told] == [2, 4]
    assert whole["digest"] == first["digest"] and whole["replications"] == 3
    fresh = found_json(capsys, *words[:-1], str(tmp_path / "fresh"))
    assert whole == fresh
    for name in ("summary.html", "summary.json", "scenario.yaml", "metrics.parquet"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_killed_run_goes_on_where_it_was(street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, words = tmp_path / "run", ("--arm", "manual", "-n", "20")
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", "run", street, *words, "--out", str(out)], cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ledger = out / "ledger.sqlite-wal"
    while not ledger.exists() or ledger.stat().st_size < 150_000:
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = found_json(capsys, street, *words, "--out", str(out))
    killed, last = json.loads((out / "provenance.json").read_text("utf-8"))["sessions"]
    assert (killed["outcome"], last["outcome"]) == ("killed", "finished")
    assert 0 < killed["computed_runs"] < 20
    assert killed["computed_runs"] + last["computed_runs"] == 20
    assert resumed == found_json(capsys, street, *words)


@pytest.mark.slow
def test_page_opens_in_the_language_asked_for_last(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Language is an argument like any other: the same command gives the same bytes, results know nothing of it."""
    out = tmp_path / "run"
    opened = {}
    for lang in ("zh", "en", "zh"):
        assert ends("run", street, "-n", "2", "--out", str(out), "--lang", lang) == 0
        held = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        page = held.pop("summary.html")
        assert f'<html lang="{lang}">'.encode() in page
        opened.setdefault(lang, []).append(page)
        rest = {name: content for name, content in held.items() if name not in ("provenance.json", "ledger.sqlite")}
        opened.setdefault("rest", []).append(rest)
    assert opened["zh"][0] == opened["zh"][1] != opened["en"][0]
    assert opened["rest"][0] == opened["rest"][1] == opened["rest"][2]


def test_plan_of_a_day(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("plan", street) == 0
    plan = capsys.readouterr().out
    assert "desk" in plan and "serve" in plan
    assert "recomplaints" not in plan, "it is off in this scenario"
    assert ends("plan", "--lang", "zh") == 0
    assert "一天的执行顺序" in capsys.readouterr().out


# -- what goes wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "did you mean `run`?"),
        (["run", "--jbos", "2"], "did you mean `--jobs`?"),
        (["run"], "`SCENARIO` is missing"),
        (["run", "STREET", "-n", "many"], "a whole number is needed"),
        (["run", "STREET", "-n"], "`-n` needs a value"),
        (["run", "STREET", "more"], "more arguments than expected: more"),
        (["run", "STREET", "--lang", "fr"], "it must be one of zh, en"),
        (["run", "STREET", "--arm", "smrat"], "did you mean `smart`?"),
        (["run", "STREET", "-n", "0"], "cannot be run"),
        (["run", "STREET", "--jobs", "0"], "no number of processes"),
        (["run", "STREET", "--seed", "-1"], "out of range"),
        (["run", "nowhere.yaml"], "was not found"),
        (["run", "STREET", "--set", "desk.dispach=instant"], "did you mean `dispatch`?"),
        (["run", "STREET", "--out", ""], "`--out` names no folder"),
        (["run", "STREET", "--out="], "`--out` names no folder"),
        (["run", "STREET", "--out", "STREET"], "is a file"),
        (["run", "STREET", "--out", "."], "is neither empty nor a run folder"),
        (["plan", "STREET", "--arm", "smrat"], "did you mean `smart`?"),
    ],
)
def test_wrong_input_is_named_and_ends_with_2(
    words: list[str], said: str, street: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(*(street if word == "STREET" else word for word in words)) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_wrong_input_is_named_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("run", "--lang", "zh", "--jbos", "2") == 2
    assert "没有选项 `--jbos`\n提示：是否想写 `--jobs`？" in capsys.readouterr().err


def test_a_run_folder_without_its_ledger_is_told(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "provenance.json").write_text("{}")
    words = ("run", street, "--arm", "manual", "-n", "1", "--out", str(out))
    for lang, said in (("en", "cannot be used: it is missing"), ("zh", "无法使用：文件缺失")):
        assert ends(*words, "--lang", lang) == 2
        assert said in capsys.readouterr().err
    assert ends(*words, "--replace") == 0
    assert (out / "DONE").exists()


def test_damaged_runs_are_told_on_stderr(street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    whole = found_json(capsys, street, "-n", "2", "--out", str(out))
    with sqlite3.connect(out / "ledger.sqlite") as ledger:
        ledger.execute("DELETE FROM tables WHERE arm = 'smart' AND seed = 6 AND name = 'log'")
    ledger.close()
    assert ends("run", street, "-n", "2", "--out", str(out), "--json", "--lang", "zh") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == whole
    assert "已损坏" in captured.err and "smart 6" in captured.err


def test_fault_of_the_program_is_one_paragraph(
    street: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.runs.experiment.conduct", lambda *_: 1 / 0)
    assert ends("run", street) == 70
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said and "TWIN_TRACEBACK=1" in said and "Traceback" not in said
    monkeypatch.setenv("TWIN_TRACEBACK", "1")
    assert ends("run", street, "--lang", "zh") == 70
    said = capsys.readouterr().err
    assert "Traceback" in said and "内部错误" in said


def test_failed_run_ends_with_4(
    street: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.runs.experiment.simulate", lambda *_: 1 / 0)
    assert ends("run", street) == 4
    assert "9 of 9 runs failed; arm `manual`, seed 5: ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a child is POSIX")
def test_ctrl_c_says_how_to_go_on(street: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from twin.cli.app import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["run", street, "-n", "500", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TWIN_LANG": "en"},
    )  # fmt: skip
    while not (out / "ledger.sqlite").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"twin run {street} -n 500 --out {out}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp1252"])
def test_console_without_the_letters(street: str, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "twin", "run", street, "-n", "2", "--lang", "zh"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(encoding)
    said = done.stdout.decode(encoding)
    assert ("平均办结时长" in said) == (encoding == "gbk")
    assert "+/-" in said or "±" in said


# -- the console


def test_language_is_the_option_then_the_variable_then_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert console.language("zh") == "zh"
    assert console.language() == "en"
    monkeypatch.setenv("TWIN_LANG", "zh_CN")
    assert console.language() == "zh"
    assert console.language("en") == "en"
    monkeypatch.delenv("TWIN_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.GBK")
    assert console.language() == "zh"


def test_what_a_console_lacks_gets_a_substitute() -> None:
    assert console.showable("3 ± 1 · 工单", "utf-8") == "3 ± 1 · 工单"
    assert console.showable("3 ± 1 – 工", "ascii") == "3 +/- 1 - \\u5de5"
    assert console.showable("−3 工单", "gbk") == "-3 工单"
