"""One sweep, however it comes about: killed and resumed, by any number of processes, in shards: the same digest."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_sharing import STREET
from twin.runs.experiment import Means
from twin.runs.ledgers import held_in
from twin.runs.merge import Shard, ShardDone, merge
from twin.runs.sweep import sweep

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
]
ROOT = Path(__file__).resolve().parent.parent
OVER = {"desk.travel_minutes": ("6", "12", "18", "24", "30"), "hotline.reports_per_day": ("4 /day", "6 /day")}
SEEDS = 4
TOTAL = 10 * SEEDS
KILLED = """
import os, signal, sys
from tests.test_kills import carry_out
def kill(ended, total):
    if ended == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
carry_out(sys.argv[1], sys.argv[2], jobs=2, progress=kill)
"""


def carry_out(street: str | Path, out: str | Path, **means: object) -> None:
    sweep(street, "smart", over=OVER, replications=SEEDS, means=Means(out=out, **means))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kills") / "street.yaml"
    file.write_text(STREET, "utf-8")
    return file


@pytest.fixture(scope="module")
def undisturbed(street: Path) -> str:
    carry_out(street, street.with_name("whole"))
    return held_in(street.with_name("whole")).digest


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_killed_with_so_much_done_and_resumed(street: Path, undisturbed: str, share: float, tmp_path: Path) -> None:
    done = int(share * TOTAL)
    words = [sys.executable, "-c", KILLED, str(street), str(tmp_path / "out"), str(done)]
    ended = subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    held = held_in(tmp_path / "out")
    assert len(held.done) == done and not held.complete
    carry_out(street, tmp_path / "out")
    held = held_in(tmp_path / "out")
    assert held.digest == undisturbed
    assert held.sessions[-1]["computed_runs"] == TOTAL - done, "nothing is computed twice"


@pytest.mark.parametrize("jobs", [2, 4])
def test_by_so_many_processes(street: Path, undisturbed: str, jobs: int, tmp_path: Path) -> None:
    carry_out(street, tmp_path / "out", jobs=jobs)
    assert held_in(tmp_path / "out").digest == undisturbed


def test_in_three_shards_merged_in_any_order(street: Path, undisturbed: str, tmp_path: Path) -> None:
    parts = [tmp_path / f"part{number}" for number in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        with pytest.raises(ShardDone):
            carry_out(street, part, shard=Shard(number, 3))
    for turn, order in enumerate(itertools.permutations(parts)):
        assert merge(tmp_path / f"merged{turn}", order).held.digest == undisturbed
