"""Run folders: the same bytes on every repeat, resumed and never computed twice."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from tests.small_experiment import (
    BOOK,
    Counted,
    DeadlyOnce,
    SmallScenario,
    deadly_run,
    faulty_run,
    small_run,
    uneven_run,
)
from twin.errors import InputError, RunFailed, Words, render
from twin.runs.experiment import Experiment, Means, Plan, Work, conduct
from twin.runs.ledgers import held_in
from twin.runs.provenance import code_fingerprint, fingerprint_of
from twin.runs.shelf import told
from twin.runs.store import is_whole, packed, unpack

SCENARIO = SmallScenario()
MAY_DIFFER = {"provenance.json", "ledger.sqlite"}
ROOT = Path(__file__).parent.parent


def carry_out(
    out: Path | None, work: Work = small_run, jobs: int = 1, scenario: SmallScenario = SCENARIO, **asked: object
) -> Experiment:
    plan = Plan.of(scenario, asked.get("arms"), asked.get("replications"), asked.get("seed"))
    means = Means(jobs=jobs, out=out, notice=asked.get("notice"), replace="replace" in asked)
    return conduct(scenario, plan, work, BOOK, means)


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name not in MAY_DIFFER}


def sessions(folder: Path) -> list[dict]:
    return json.loads((folder / "provenance.json").read_text("utf-8"))["sessions"]


def change_ledger(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "ledger.sqlite") as ledger:
        for statement in statements:
            assert ledger.execute(statement).rowcount > 0, statement
    ledger.close()


def complaint(folder: Path, **asked: object) -> str:
    with pytest.raises(InputError) as raised:
        carry_out(folder, **asked)
    return raised.value.complaints[0].code


# -- the folder


def test_folder_holds_what_it_promises(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    assert set(contents(tmp_path / "run")) == {
        "DONE", "scenario.yaml", "summary.json", "comparison.json", "metrics.parquet",
        *(f"tables/{table}-{arm}.parquet" for table in ("tickets", "log", "daily") for arm in SCENARIO.arms),
    }  # fmt: skip
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text("utf-8"))
    (session,) = provenance["sessions"]
    assert session["sources"] == {"small.yaml": "name: small\n"}
    assert session["computed_runs"] == 12
    assert session["versions"]["numpy"]
    assert session["outcome"] == "finished" and session["started"] <= session["ended"]
    assert session["fingerprint"] == code_fingerprint()


def test_a_session_on_a_cluster_says_where_and_names_no_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.runs.cluster.compute_on", lambda _, tasks, work: ((one, work(one)) for one in tasks))
    means = Means(jobs=2, out=tmp_path, cluster="tcp://10.0.0.5:8786")
    conduct(SCENARIO, Plan.of(SCENARIO, None, None, None), small_run, BOOK, means)
    carry_out(tmp_path, jobs=2)
    shown = told(held_in(tmp_path))["sessions"]
    for there, here in (sessions(tmp_path), shown):
        assert there["cluster"] == "tcp://10.0.0.5:8786" and "jobs" not in there
        assert here["jobs"] == 2 and "cluster" not in here


def test_parquet_has_one_row_a_value_and_runs_by_seed(tmp_path: Path) -> None:
    experiment = carry_out(tmp_path)
    rows = duckdb.sql(f"SELECT arm, seed, metric, value, unit FROM '{tmp_path}/metrics.parquet'").fetchall()
    assert len(rows) == 3 * (4 * 4 + 2)
    assert ("smart", 7, "paid_hours", 3840.0, "h") in rows
    seeds = duckdb.sql(f"SELECT seed FROM '{tmp_path}/tables/tickets-manual.parquet'").fetchall()
    assert [seed for (seed,) in seeds] == [seed for seed in experiment.plan.seeds for _ in range(50)]
    daily = duckdb.sql(f"SELECT * FROM '{tmp_path}/tables/daily-smart.parquet' LIMIT 1").fetchall()
    assert daily == [("smart", 7, 0, "open_tickets", 0.0)]


def test_same_bytes_for_any_number_of_processes(tmp_path: Path) -> None:
    alone = carry_out(tmp_path / "alone", uneven_run)
    shared = carry_out(tmp_path / "shared", uneven_run, jobs=2)
    assert contents(tmp_path / "alone") == contents(tmp_path / "shared")
    assert alone.digest == shared.digest == carry_out(None).digest


def test_same_bytes_for_any_hash_seed(tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        _in_another_process(tmp_path / hash_seed, PYTHONHASHSEED=hash_seed).wait()
    first = contents(tmp_path / "1")
    assert first == contents(tmp_path / "2")
    assert "DONE" in first


def test_values_are_in_full(tmp_path: Path) -> None:
    experiment = carry_out(tmp_path)
    kept = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert kept == experiment.to_json()
    assert (
        kept["arms"]["smart"]["hours_to_close_mean"]["values"][0]
        == small_run("smart", 7).metrics["hours_to_close_mean"]
    )


def test_columns_survive_packing() -> None:
    columns = {"b": np.array(["a", "工单"]), "a": np.array([1.5, np.nan]), "flags": np.array([True, False])}
    metrics, empty = {"hours": 1.5}, {"none": np.zeros(0, np.int32)}
    finished = packed(metrics, {"one": columns, "other": empty})
    found = unpack(finished.tables["one"])
    assert list(found) == ["a", "b", "flags"]
    for name, column in columns.items():
        np.testing.assert_array_equal(found[name], column)
    assert finished == packed(metrics, {"other": empty, "one": dict(reversed(columns.items()))})
    assert len(unpack(finished.tables["other"])["none"]) == 0
    assert is_whole(*finished)
    assert not is_whole(finished.metrics.replace("1.5", "1.6"), *finished[1:]), "its metrics are part of the digest"
    assert not is_whole(finished.metrics, {"one": finished.tables["other"]}, finished.sha256), "and so are its tables"


# -- resuming


def test_finished_runs_are_never_computed_again(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    first = carry_out(tmp_path / "run", Counted(lines))
    before = contents(tmp_path / "run")
    again = carry_out(tmp_path / "run", Counted(lines))
    assert len(lines.read_text().splitlines()) == 12
    assert first.to_json() == again.to_json()
    assert before == contents(tmp_path / "run")


def test_more_replications_extend_a_folder(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    carry_out(tmp_path / "run", Counted(lines), replications=2)
    carry_out(tmp_path / "run", Counted(lines), replications=3)
    assert len(lines.read_text().splitlines()) == 9
    carry_out(tmp_path / "whole", replications=3)
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_killed_coordinator_resumes_where_it_was(tmp_path: Path) -> None:
    folder, lines = tmp_path / "run", tmp_path / "lines"
    process = _in_another_process(folder, lines=lines)
    _wait_for(lines, 4, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    started = lines.read_text().splitlines()
    assert 4 <= len(started) < 12
    (begun,) = sessions(folder)
    assert begun["outcome"] == "running" and "ended" not in begun and "computed_runs" not in begun
    carry_out(folder, Counted(lines))
    twice = len(lines.read_text().splitlines()) - 12
    assert twice <= 1, "at most the run that was in the air"
    carry_out(tmp_path / "whole")
    assert contents(folder) == contents(tmp_path / "whole")
    killed, resumed = sessions(folder)
    assert killed == begun | {"outcome": "killed", "computed_runs": len(started) - twice}
    assert (resumed["outcome"], resumed["computed_runs"]) == ("finished", 12 - killed["computed_runs"])
    assert killed["versions"] == resumed["versions"] and killed["sources"] == resumed["sources"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at /proc")
def test_workers_do_not_outlive_a_killed_coordinator(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    process = _in_another_process(tmp_path / "run", jobs=2, lines=lines)
    _wait_for(lines, 3, process)
    workers = {int(line.split()[2]) for line in lines.read_text().splitlines()}
    process.send_signal(signal.SIGKILL)
    process.wait()
    patience = time.monotonic() + 20
    while any(map(_alive, workers)) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not any(map(_alive, workers))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a child is POSIX")
def test_ctrl_c_keeps_what_was_in_the_air(tmp_path: Path) -> None:
    folder, lines = tmp_path / "run", tmp_path / "lines"
    process = _in_another_process(folder, jobs=2, lines=lines)
    _wait_for(lines, 3, process)
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    before = len(lines.read_text().splitlines())
    assert before < 12
    carry_out(folder, Counted(lines))
    assert len(lines.read_text().splitlines()) == 12
    said = [(session["outcome"], session["computed_runs"]) for session in sessions(folder)]
    assert said == [("interrupted", before), ("finished", 12 - before)]


def test_files_that_were_lost_or_changed_are_written_again(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    whole = contents(tmp_path / "run")
    (tmp_path / "run" / "summary.json").write_text("{}")
    (tmp_path / "run" / "metrics.parquet").unlink()
    (tmp_path / "run" / "provenance.json").write_text("junk")
    lines = tmp_path / "lines"
    carry_out(tmp_path / "run", Counted(lines))
    assert not lines.exists()
    assert contents(tmp_path / "run") == whole
    assert [session["computed_runs"] for session in sessions(tmp_path / "run")] == [12, 0]


# -- damage

DAMAGE = {
    "a table is shorter": "UPDATE tables SET content = substr(content, 1, length(content) - 9) WHERE {one}",
    "a table is of another run": "UPDATE tables SET content = (SELECT content FROM tables WHERE arm = 'manual' "
    "AND seed = 7 AND tables.name = name) WHERE {one} AND name = 'tickets'",
    "a table is no bytes": "UPDATE tables SET content = 'text' WHERE {one}",
    "a table is gone": "DELETE FROM tables WHERE {one} AND name = 'daily'",
    "a metric is another": "UPDATE runs SET metrics = replace(metrics, '3840.0', '3841.0') WHERE {one}",
    "the metrics are gone": "UPDATE runs SET metrics = NULL WHERE {one}",
    "the metrics are bytes": "UPDATE runs SET metrics = X'00FF' WHERE {one}",
    "the digest is gone": "UPDATE runs SET sha256 = NULL WHERE {one}",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_run_is_told_and_computed_again_alone(tmp_path: Path, statement: str) -> None:
    carry_out(tmp_path / "run")
    whole = contents(tmp_path / "run")
    change_ledger(tmp_path / "run", statement.format(one="arm = 'smart' AND seed = 9"))
    lines, said = tmp_path / "lines", list[Words]()
    carry_out(tmp_path / "run", Counted(lines), notice=said.append)
    assert [line.split()[:2] for line in lines.read_text().splitlines()] == [["smart", "9"]]
    assert contents(tmp_path / "run") == whole
    (told,) = said
    assert "smart 9" in told.en and "computed again" in told.en and "smart 9" in told.zh and "重新计算" in told.zh
    assert sessions(tmp_path / "run")[1]["damaged_runs"] == [["smart", 9]]
    carry_out(tmp_path / "run", Counted(lines), notice=said.append)
    assert len(said) == 1 and len(lines.read_text().splitlines()) == 1


def test_bytes_overwritten_in_the_ledger_are_found(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    whole = contents(tmp_path / "run")
    ledger = tmp_path / "run" / "ledger.sqlite"
    with sqlite3.connect(ledger) as held:
        query = "SELECT content FROM tables WHERE arm = 'smart' AND seed = 8 AND name = 'tickets'"
        (content,) = held.execute(query).fetchone()
    held.close()
    data = bytearray(ledger.read_bytes())
    at = data.index(content[:64]) + 32
    data[at : at + 8] = bytes(byte ^ 0xFF for byte in data[at : at + 8])
    ledger.write_bytes(data)
    lines = tmp_path / "lines"
    with pytest.warns(UserWarning, match="smart 8"):
        carry_out(tmp_path / "run", Counted(lines))
    assert [line.split()[:2] for line in lines.read_text().splitlines()] == [["smart", "8"]]
    assert contents(tmp_path / "run") == whole


@pytest.mark.parametrize("kept", [0, 1, 15, 16, 100, 4096, 0.5, 0.9])
def test_a_truncated_ledger_is_called_so_and_left_alone(tmp_path: Path, kept: float) -> None:
    carry_out(tmp_path)
    ledger, before = tmp_path / "ledger.sqlite", contents(tmp_path)
    data = ledger.read_bytes()
    part = data[: kept if isinstance(kept, int) else int(kept * len(data))]
    ledger.write_bytes(part)
    with pytest.raises(InputError) as raised:
        carry_out(tmp_path)
    assert [one.code for one in raised.value.complaints] == ["R206"] and raised.value.exit_code == 2
    assert str(ledger) in render(raised.value, "en") or "..." in render(raised.value, "en")
    assert "运行台账" in render(raised.value, "zh")
    assert contents(tmp_path) == before and ledger.read_bytes() == part


def test_a_ledger_that_is_none_is_called_so(tmp_path: Path) -> None:
    carry_out(tmp_path)
    ledger = tmp_path / "ledger.sqlite"
    ledger.write_bytes(b"not a ledger, though it is long enough to be one" * 100)
    assert reason(tmp_path)["en"].startswith("it is not a SQLite database")
    ledger.unlink()
    assert reason(tmp_path)["en"] == "it is missing"
    ledger.touch()
    assert reason(tmp_path)["en"] == "it is empty, but results lie beside it"
    ledger.unlink()
    with sqlite3.connect(ledger) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    found = ledger.read_bytes()
    assert reason(tmp_path)["en"] == "it is a database of something else"
    assert ledger.read_bytes() == found


def reason(folder: Path) -> Words:
    with pytest.raises(InputError) as raised:
        carry_out(folder)
    assert raised.value.complaints[0].code == "R206"
    return raised.value.complaints[0].values["reason"]


def test_a_very_first_start_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    for leftover in ("ledger.sqlite", "ledger.sqlite-wal", ".probe.unfinished", ".DS_Store"):
        (tmp_path / leftover).touch()
    carry_out(tmp_path)
    assert (tmp_path / "DONE").exists()


def test_a_full_disk_ends_the_session_and_loses_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, replace_file = tmp_path / "lines", os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "metrics.parquet":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(source, target)

    monkeypatch.setattr("twin.runs.store.os.replace", full)
    with pytest.raises(RunFailed) as raised:
        carry_out(tmp_path / "run", Counted(lines))
    assert raised.value.exit_code == 4 and "磁盘已满" in render(raised.value, "zh")
    assert not (tmp_path / "run" / "DONE").exists()
    monkeypatch.undo()
    carry_out(tmp_path / "run", Counted(lines))
    assert len(lines.read_text().splitlines()) == 12
    assert [session["outcome"] for session in sessions(tmp_path / "run")] == ["failed", "finished"]
    carry_out(tmp_path / "whole")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


# -- the program

PACKAGE = {
    "__init__.py": "", "core/engine.py": "a = 1\n", "mechanisms/trust.py": "b = 2\n", "data/log.csv": "c,3\n",
    "cli/app.py": "d = 4\n", "report/text.py": "e = 5\n", "errors.py": "f = 6\n", "data/font.otf": "g",
}  # fmt: skip


def package(folder: Path, **changes: str | None) -> str:
    """The fingerprint of a small package, with changes by path (``None``: the file is not there)."""
    files = PACKAGE | {name.replace("__", "/"): text for name, text in changes.items()}
    for name, text in files.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
    return fingerprint_of(folder)


def test_the_fingerprint_is_of_what_can_make_results(tmp_path: Path) -> None:
    usual = package(tmp_path / "usual")
    same: list[dict[str, str | None]] = [
        {}, {"cli/app.py": "d = 5"}, {"report/text.py": None}, {"errors.py": ""}, {"data/font.otf": "h"},
        {"core/engine.py": "a = 1\r\n"}, {"core/__pycache__/engine.pyc": "a"},
    ]  # fmt: skip
    for number, changes in enumerate(same):
        assert package(tmp_path / f"same{number}", **changes) == usual, changes
    other: list[dict[str, str | None]] = [
        {"core/engine.py": "a = 2\n"}, {"mechanisms/trust.py": None}, {"mechanisms/new.py": ""},
        {"data/log.csv": "c,4\n"}, {"core/engine.py": "b = 2\n", "mechanisms/trust.py": "a = 1\n"},
    ]  # fmt: skip
    found = {package(tmp_path / f"other{number}", **changes) for number, changes in enumerate(other)}
    assert len(found) == len(other) and usual not in found


def test_runs_of_a_changed_program_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(tmp_path, replications=2)
    before = contents(tmp_path)
    monkeypatch.setattr("twin.runs.experiment.code_fingerprint", lambda: "f" * 64)
    with pytest.raises(InputError) as raised:
        carry_out(tmp_path, replications=3)
    (found,) = raised.value.complaints
    assert (found.code, found.values["held"], found.values["now"]) == ("R207", code_fingerprint()[:12], "f" * 12)
    assert "--out" in render(raised.value, "en") and "程序已改变" in render(raised.value, "zh")
    assert contents(tmp_path) == before and len(sessions(tmp_path)) == 1
    monkeypatch.undo()
    carry_out(tmp_path, replications=3)
    assert len(sessions(tmp_path)) == 2


@pytest.mark.parametrize("what", ["program", "scenario", "seed", "fewer", "junk", "missing"])
def test_a_folder_that_cannot_be_resumed_is_replaced_where_that_is_asked(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = tmp_path / "run", dict[str, Any]()
    carry_out(folder)
    if what == "program":
        monkeypatch.setattr("twin.runs.experiment.code_fingerprint", lambda: "f" * 64)
    elif what == "scenario":
        asked = {"scenario": replace(SCENARIO, digest="6" * 64)}
    elif what in ("seed", "fewer"):
        asked = {"seed": {"seed": 9}, "fewer": {"replications": 2}}[what]
    elif what == "junk":
        (folder / "ledger.sqlite").write_bytes(b"junk" * 5000)
    else:
        (folder / "ledger.sqlite").unlink()
    assert complaint(folder, **asked) in ("R201", "R205", "R206", "R207")
    carry_out(folder, replace=True, **asked)
    carry_out(tmp_path / "whole", **asked)
    assert contents(folder) == contents(tmp_path / "whole")
    assert [session["computed_runs"] for session in sessions(folder)] == [3 * asked.get("replications", 4)]


def test_replacing_resumes_what_can_be_resumed(tmp_path: Path) -> None:
    carry_out(tmp_path / "run", replications=2)
    carry_out(tmp_path / "run", Counted(tmp_path / "lines"), replications=3, replace=True)
    assert len((tmp_path / "lines").read_text().splitlines()) == 3


@pytest.mark.parametrize("name", ["thesis.docx", "tables/own.xlsx", "figures/map.svg", "photos/street.png"])
def test_replacing_takes_nothing_away_where_there_are_other_files(name: str, tmp_path: Path) -> None:
    carry_out(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("years of work")
    before = contents(tmp_path)
    assert complaint(tmp_path, seed=9, replace=True) == "R202"
    assert contents(tmp_path) == before


def test_a_ledger_that_knows_no_fingerprint_is_of_another_program(tmp_path: Path) -> None:
    carry_out(tmp_path)
    change_ledger(tmp_path, "DELETE FROM identity WHERE name = 'code'")
    assert complaint(tmp_path) == "R207"


# -- refusing


def test_another_experiment_is_refused(tmp_path: Path) -> None:
    carry_out(tmp_path)
    before = contents(tmp_path)
    assert complaint(tmp_path, scenario=replace(SCENARIO, digest="6" * 64)) == "R201"
    assert complaint(tmp_path, seed=8) == "R201"
    assert complaint(tmp_path, arms=["manual", "smart"]) == "R201"
    assert complaint(tmp_path, replications=3) == "R205"
    assert contents(tmp_path) == before


def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    assert complaint(tmp_path) == "R202"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    (tmp_path / "ledger.sqlite").touch()
    assert complaint(tmp_path) == "R202"
    (tmp_path / "ledger.sqlite").write_text("not a ledger")
    assert complaint(tmp_path) == "R206"
    assert complaint(tmp_path / "thesis.docx") == complaint(tmp_path / "thesis.docx" / "run") == "R209"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.sqlite", "thesis.docx"]


@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_folder_without_a_name_is_refused(nothing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert complaint(nothing) == "R208"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("call", "number", "said"),
    [("mkdir", errno.EACCES, "没有写入权限"), ("touch", errno.EACCES, "没有写入权限"),
     ("touch", errno.EROFS, "磁盘为只读"), ("mkdir", errno.ENAMETOOLONG, "名称过长"),
     ("iterdir", errno.EACCES, "没有写入权限")],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_is_refused(
    call: str, number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(f"twin.runs.store.Path.{call}", refuse)
    with pytest.raises(InputError) as raised:
        carry_out(tmp_path)
    assert raised.value.complaints[0].code == "R203" and said in render(raised.value, "zh")
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    process = _in_another_process(tmp_path / "run", lines=tmp_path / "lines")
    _wait_for(tmp_path / "lines", 1, process)
    assert complaint(tmp_path / "run") == "R204"
    process.kill()
    process.wait()


def test_a_mere_reader_is_waited_for_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out(tmp_path / "run")
    reader = sqlite3.connect(tmp_path / "run" / "ledger.sqlite", check_same_thread=False)
    reader.execute("SELECT * FROM runs").fetchall()
    monkeypatch.setattr("twin.runs.store.READERS_WAITED_FOR", 0.2)
    assert complaint(tmp_path / "run") == "R265"
    monkeypatch.setattr("twin.runs.store.READERS_WAITED_FOR", 30.0)
    leaving = threading.Timer(0.5, reader.close)
    leaving.start()
    carry_out(tmp_path / "run")
    leaving.join()


def test_what_is_asked_wrongly_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path, arms=["smrt"]) == "S110"
    assert complaint(tmp_path, replications=0) == "R212"
    assert complaint(tmp_path, seed=-1) == "R213"


# -- failing


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_killed_worker_is_replaced(tmp_path: Path) -> None:
    experiment = carry_out(tmp_path / "run", DeadlyOnce(tmp_path / "mark"), jobs=2)
    assert (tmp_path / "mark").exists()
    assert experiment.digest == carry_out(None).digest


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_run_that_always_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    with pytest.raises(RunFailed) as raised:
        carry_out(tmp_path / "run", deadly_run, jobs=2)
    values = raised.value.complaints[0].values
    assert (values["failed"], values["total"], values["arm"], values["seed"]) == (1, 12, "smart", 8)
    assert raised.value.exit_code == 4
    lines = tmp_path / "lines"
    carry_out(tmp_path / "run", Counted(lines))
    assert lines.read_text().startswith("smart 8 ") and lines.read_text().count("\n") == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_faulty_run_is_reported_when_the_others_have_ended(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(RunFailed, match="nobody works here"):
        carry_out(tmp_path / "run", faulty_run, jobs=jobs)
    assert not (tmp_path / "run" / "DONE").exists()
    assert [(one["outcome"], one["computed_runs"]) for one in sessions(tmp_path / "run")] == [("failed", 11)]
    lines = tmp_path / "lines"
    carry_out(tmp_path / "run", Counted(lines))
    assert lines.read_text().startswith("smart 9 ") and lines.read_text().count("\n") == 1


# -- undefined metrics


def test_undefined_metric_is_left_out_of_its_arm() -> None:
    experiment = carry_out(None)
    assert ("smart", "rare", 2) in experiment.undefined
    found = experiment.to_json()
    assert "rare" not in found["arms"]["smart"]
    assert "rare" not in found["differences"]["smart"]
    assert "null" not in json.dumps(found, allow_nan=False)


def test_placebo_differs_by_exactly_nothing() -> None:
    for found in carry_out(None).to_json()["differences"]["placebo"].values():
        assert found == {"mean": 0.0, "ci95": [0.0, 0.0], "verdict": "no difference", "better_in": "0 of 4"}


def test_first_arm_asked_for_is_the_baseline() -> None:
    experiment = carry_out(None, arms=["smart", "manual"])
    assert list(experiment.to_json()["differences"]) == ["manual"]
    assert experiment.differences["manual"]["hours_to_close_mean"].verdict == "worse"


def _alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_for(lines: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    while not lines.exists() or len(lines.read_text().splitlines()) < count:
        assert process.poll() is None, "it ended before that"
        time.sleep(0.01)


def _in_another_process(
    folder: Path, jobs: int = 1, lines: Path | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path; from tests.small_experiment import *; from tests.test_store import carry_out\n"
        f"carry_out(Path({str(folder)!r}), {f'Counted(Path({str(lines)!r}))' if lines else 'small_run'}, jobs={jobs})"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stderr=subprocess.DEVNULL,
    )
