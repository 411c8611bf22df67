"""A real Dask scheduler and two real workers on this machine, one of which is killed in mid-run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_experiment import BOOK, SmallScenario, faulty_run, slow_run
from twin.errors import InputError, RunFailed
from twin.runs.experiment import Means, Plan, conduct
from twin.runs.ledgers import held_in
from twin.runs.sweep import sweep
from twin.scenario.sweeping import over_of

ROOT = Path(__file__).parent.parent
SCENARIO = SmallScenario()
SHIPPED = ROOT / "scenarios" / "dispatch.yaml"
SMALL = ("population.residents=200", "population.grids=1", "days=30", "warm_up_days=7", "run_on_days=7")
OVER = dict(map(over_of, ("desk.travel_minutes=6,12,24", "desk.dispatch=batch,instant")))


def started(*words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}
    return subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=ROOT, env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    file = tmp_path / "scheduler.json"
    where = ("--scheduler-file", str(file))
    running = [started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *where)]
    try:
        until = time.monotonic() + 120
        while not file.exists() or not file.read_text().strip():
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.1)
        running += [started("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", *where)
                    for _ in range(2)]  # fmt: skip
        yield json.loads(file.read_text())["address"], running[1:]
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def carry_out(out: Path, work: object = slow_run, **means: object) -> str:
    conduct(SCENARIO, Plan.of(SCENARIO, None, None, None), work, BOOK, Means(out=out, **means))
    return held_in(out).digest


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_changes_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = cluster
    ended: list[int] = []

    def kill_one(count: int, total: int) -> None:
        ended.append(count)
        if count == total // 3:
            workers[0].send_signal(signal.SIGKILL)

    there = carry_out(tmp_path / "cluster", cluster=address, progress=kill_one)
    assert workers[0].wait(10) == -signal.SIGKILL and workers[1].poll() is None
    assert ended == list(range(1, len(ended) + 1))
    assert there == carry_out(tmp_path / "alone")
    with pytest.raises(RunFailed) as raised:
        carry_out(tmp_path / "faulty", faulty_run, cluster=address)
    assert raised.value.complaints[0].code == "R210"
    held = held_in(tmp_path / "faulty")
    assert list(held.failed) == [("smart", 9)] and len(held.done) == held.total - 1


@pytest.mark.slow
def test_a_sweep_of_a_shipped_street_is_the_same_though_a_worker_is_killed(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = cluster

    def kill_one(count: int, total: int) -> None:
        if count == total // 3:
            workers[0].send_signal(signal.SIGKILL)

    def swept(name: str, **means: object) -> str:
        kept = Means(out=tmp_path / name, **means)
        sweep(SHIPPED, "smart", SMALL, OVER, replications=4, means=kept)
        return held_in(tmp_path / name).digest

    there = swept("cluster", cluster=address, progress=kill_one)
    assert workers[0].wait(10) == -signal.SIGKILL and workers[1].poll() is None
    assert there == swept("alone")
    for name in ("sweep.json", "metrics.parquet", "DONE"):
        assert (tmp_path / "cluster" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name
    (session,) = held_in(tmp_path / "cluster").sessions
    assert session["cluster"] == address and "jobs" not in session


def test_an_address_where_nobody_answers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.runs.cluster.TIMEOUT", 1.0)
    with pytest.raises(InputError) as raised:
        carry_out(tmp_path / "out", cluster="tcp://127.0.0.1:9")
    assert raised.value.complaints[0].code == "R288"
