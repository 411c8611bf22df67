"""Worker processes: kept from one piece of work to the next, replaced where one dies, and nothing of them stays."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from twin.errors import InputError
from twin.runs.pool import Failure, compute, processes


@dataclass(frozen=True)
class Plus:
    """Adds a number, and tells in which process."""

    number: int

    def __call__(self, task: int) -> tuple[int, int]:
        return task + self.number, os.getpid()


@dataclass(frozen=True)
class DiesOnce:
    """Kills its process at the task 3, unless it has done so before."""

    memory: Path

    def __call__(self, task: int) -> tuple[int, int]:
        if task == 3 and not self.memory.exists():
            self.memory.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return task, os.getpid()


def always_dies(task: int) -> int:
    """Kill the process it runs in."""
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def refuses(task: int) -> int:
    """Find the second task wrong."""
    if task == 1:
        raise InputError.of("R214", jobs=task)
    return task


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look at the end whether the files are gone in which work was handed over."""
    written = []
    make = tempfile.mkstemp

    def noted(**options: Any) -> tuple[int, str]:
        handle, name = make(**options)
        written.append(Path(name))
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", noted)
    yield
    assert not [one for one in written if one.exists()], "something stays"


def test_processes_are_kept_and_told_their_new_work() -> None:
    with processes(2):
        first = dict(compute(range(6), Plus(1), 2))
        second = dict(compute(range(6), Plus(10), 2))
    assert [value for value, _ in (first[task] for task in range(6))] == [1, 2, 3, 4, 5, 6]
    assert [value for value, _ in (second[task] for task in range(6))] == [10, 11, 12, 13, 14, 15]
    pids = {pid for _, pid in [*first.values(), *second.values()]}
    assert len(pids) <= 2 and os.getpid() not in pids


def test_processes_end_with_their_block_and_are_new_outside_of_one() -> None:
    with processes(2):
        inside = {pid for _, (_, pid) in compute(range(4), Plus(0), 2)}
        with processes(2):  # the same ones
            nested = {pid for _, (_, pid) in compute(range(4), Plus(0), 2)}
        after = {pid for _, (_, pid) in compute(range(4), Plus(0), 2)}
    outside = {pid for _, (_, pid) in compute(range(4), Plus(0), 2)}
    assert len(inside | nested | after) <= 2
    assert not outside & inside
    for pid in inside | outside:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_dies_is_replaced_and_its_work_redone_in_kept_processes_too(tmp_path: Path) -> None:
    with processes(2):
        found = dict(compute(range(6), DiesOnce(tmp_path / "died"), 2))
        again = dict(compute(range(3), Plus(1), 2))
    assert {task: value for task, (value, _) in found.items()} == {task: task for task in range(6)}
    assert [again[task][0] for task in range(3)] == [1, 2, 3]


def test_what_kills_every_process_is_a_failure_and_the_others_end() -> None:
    with processes(2):
        found = dict(compute(range(2), always_dies, 2))
        assert all(isinstance(one, Failure) and one.error is None for one in found.values())
        assert dict(compute(range(2), Plus(1), 2))[1][0] == 2


def test_what_is_the_users_ends_everything_and_leaves_the_processes_usable() -> None:
    with processes(2):
        with pytest.raises(InputError):
            list(compute(range(6), refuses, 2))
        assert [value for _, (value, _) in sorted(compute(range(3), Plus(5), 2))] == [5, 6, 7]


def test_one_process_is_this_one() -> None:
    with processes(1):
        assert {pid for _, (_, pid) in compute(range(3), Plus(0), 1)} == {os.getpid()}
