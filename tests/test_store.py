"""Run folders: the same bytes on every repeat, resumed and never computed twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

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
from twin.errors import InputError, RunFailed
from twin.runs.experiment import Experiment, Means, Plan, Work, conduct
from twin.runs.store import pack, unpack

SCENARIO = SmallScenario()
MAY_DIFFER = {"provenance.json", "ledger.sqlite"}
ROOT = Path(__file__).parent.parent


def carry_out(
    out: Path | None, work: Work = small_run, jobs: int = 1, scenario: SmallScenario = SCENARIO, **asked: object
) -> Experiment:
    plan = Plan.of(scenario, asked.get("arms"), asked.get("replications"), asked.get("seed"))
    return conduct(scenario, plan, work, BOOK, Means(jobs=jobs, out=out))


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name not in MAY_DIFFER}


def complaint(folder: Path, **asked: object) -> str:
    with pytest.raises(InputError) as raised:
        carry_out(folder, **asked)
    return raised.value.complaints[0].code


# -- the folder


def test_folder_holds_what_it_promises(tmp_path: Path) -> None:
    carry_out(tmp_path / "run")
    assert set(contents(tmp_path / "run")) == {
        "DONE", "scenario.yaml", "summary.json", "metrics.parquet",
        *(f"tables/{table}-{arm}.parquet" for table in ("tickets", "log", "daily") for arm in SCENARIO.arms),
    }  # fmt: skip
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text("utf-8"))
    (session,) = provenance["sessions"]
    assert session["sources"] == {"small.yaml": "name: small\n"}
    assert session["computed_runs"] == 12
    assert session["versions"]["numpy"]


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
    found = unpack(pack(columns))
    assert list(found) == ["a", "b", "flags"]
    for name, column in columns.items():
        np.testing.assert_array_equal(found[name], column)
    assert pack(columns) == pack(dict(reversed(columns.items())))
    assert len(unpack(pack({"none": np.zeros(0, np.int32)}))["none"]) == 0


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
    while not lines.exists() or len(lines.read_text().splitlines()) < 4:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    started = lines.read_text().splitlines()
    assert 4 <= len(started) < 12
    carry_out(folder, Counted(lines))
    twice = len(lines.read_text().splitlines()) - 12
    assert twice <= 1, "at most the run that was in the air"
    carry_out(tmp_path / "whole")
    assert contents(folder) == contents(tmp_path / "whole")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at /proc")
def test_workers_do_not_outlive_a_killed_coordinator(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    process = _in_another_process(tmp_path / "run", jobs=2, lines=lines)
    while not lines.exists() or len(lines.read_text().splitlines()) < 3:
        time.sleep(0.01)
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
    while not lines.exists() or len(lines.read_text().splitlines()) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    assert len(lines.read_text().splitlines()) < 12
    carry_out(folder, Counted(lines))
    assert len(lines.read_text().splitlines()) == 12


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
    (tmp_path / "ledger.sqlite").write_text("not a ledger")
    assert complaint(tmp_path) == "R202"
    assert complaint(tmp_path / "thesis.docx") == "R203"


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    process = _in_another_process(tmp_path / "run", lines=tmp_path / "lines")
    while not (tmp_path / "lines").exists():
        time.sleep(0.01)
    assert complaint(tmp_path / "run") == "R204"
    process.kill()
    process.wait()


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
