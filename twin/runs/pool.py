"""Worker processes that may die: every task ends with a value or a failure, in any order.

A worker that is killed takes the whole pool with it, and nobody knows which task was to blame. So only
as many tasks are in flight as there are workers, and those in flight at a death are tried again, alone.

A worker takes seconds to start, since it imports everything; :func:`processes` keeps them for the next piece of work.
What is to be done goes to them as a file, read once by each: it may hold the scenarios of a thousand points.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any, Generic, TypeVar

from twin.errors import InputError, RunFailed, TwinError

Task = TypeVar("Task")
Value = TypeVar("Value")
Work = Callable[[Any], Any]

TRIES = 3


@dataclass(frozen=True)
class Failure:
    """A task that gave no value: the error (``None`` where the worker died) and its traceback."""

    error: Exception | None
    traceback: str = ""

    @property
    def reason(self) -> str:
        """The failure in one line."""
        if self.error is None:
            return f"the worker process died {TRIES} times"
        return str(self.error)


@dataclass
class Stop:
    """Whether the user asked to stop (Ctrl-C)."""

    asked: bool = False


@dataclass
class Flight(Generic[Task]):
    """Tasks that wait and tasks in the air."""

    waiting: deque[Task]
    flying: dict[Future[Any], Task]

    def launch(self, pool: ProcessPoolExecutor, most: int, handed: str) -> None:
        """Fill the air with at most so many tasks."""
        while self.waiting and len(self.flying) < most:
            with _main_hidden():
                future = pool.submit(_run_task, handed, self.waiting[0])
            self.flying[future] = self.waiting.popleft()

    def landed(self) -> list[tuple[Task, Future[Any]]]:
        """Wait for the next tasks to end."""
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED)
        return [(self.flying.pop(future), future) for future in list(self.flying) if future in done]


def compute(tasks: Sequence[Task], work: Callable[[Task], Value], jobs: int) -> Iterator[tuple[Task, Value | Failure]]:
    """Yield (task, value or failure) as tasks end, using so many processes.

    ``work`` and tasks must pickle when ``jobs`` exceeds 1. An :class:`InputError` is the user's and ends
    everything; after Ctrl-C the tasks in the air are still yielded, then KeyboardInterrupt is raised (a second
    Ctrl-C raises it at once).
    """
    with _interrupts() as stop:
        yield from _here(tasks, work, stop) if jobs == 1 else _elsewhere(tasks, work, jobs, stop)
    if stop.asked:
        raise KeyboardInterrupt


@contextmanager
def processes(jobs: int) -> Iterator[None]:
    """Keep so many processes, once started, for all that :func:`compute` is asked for in here."""
    global _kept
    before = _kept
    if jobs == 1 or (before and before.jobs == jobs):
        yield
        return
    mine = _kept = Kept(jobs)
    try:
        yield
    finally:
        _kept = before
        mine.dismiss()


def _here(tasks: Sequence[Task], work: Work, stop: Stop) -> Iterator[tuple[Task, Any]]:
    for task in tasks:
        if stop.asked:
            return
        yield task, attempt(work, task)


def _elsewhere(tasks: Sequence[Task], work: Work, jobs: int, stop: Stop) -> Iterator[tuple[Task, Any]]:
    waiting = deque(tasks)
    with _handed(work) as handed:
        while waiting and not stop.asked:
            suspects = yield from _in_company(waiting, handed, jobs, stop)
            for task in suspects:
                yield task, _alone(task, handed)


@contextmanager
def _handed(work: Work) -> Iterator[str]:
    """Give the name of a file that says what is to be done, while it is done."""
    with _main_hidden():
        said = pickle.dumps(work)
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix="twin-work-")
        with open(handle, "wb") as file:
            file.write(said)
    except OSError as error:
        _forget(name)
        raise RunFailed.of("R211", folder=os.path.dirname(name) or "TMPDIR", reason=error.strerror or error) from error
    try:
        yield name
    finally:
        _forget(name)


def _forget(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)


def _in_company(
    waiting: deque[Task], handed: str, jobs: int, stop: Stop
) -> Generator[tuple[Task, Any], None, list[Task]]:
    """Return the tasks that were in flight when a worker died (none: all have ended)."""
    flight = Flight(waiting, {})
    suspects: list[Task] = []
    with _pool(jobs) as pool:
        try:
            while True:
                if not suspects and not stop.asked:
                    suspects += _launch(flight, pool, jobs, handed)
                if not flight.flying:
                    return suspects
                for task, future in flight.landed():
                    if isinstance(future.exception(), BrokenProcessPool):
                        suspects.append(task)
                    else:
                        yield task, future.result()
        finally:
            wait(flight.flying)
            if suspects and _kept:
                _kept.dismiss()


def _launch(flight: Flight[Task], pool: ProcessPoolExecutor, jobs: int, handed: str) -> list[Task]:
    """Return the task that could not be handed to a pool that just broke."""
    try:
        flight.launch(pool, jobs, handed)
    except BrokenProcessPool:
        return [flight.waiting.popleft()]
    return []


def _alone(task: Task, handed: str) -> Any:
    for _ in range(TRIES - 1):
        flight = Flight(deque([task]), {})
        with _started(1) as pool:
            flight.launch(pool, 1, handed)
            (future,) = flight.flying
            if not isinstance(future.exception(), BrokenProcessPool):
                return future.result()
    return Failure(None)


@contextmanager
def _interrupts() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a wish, so that no result is lost wherever it comes."""
    stop = Stop()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield stop
        return

    def ask(signum: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass
class Kept:
    """So many processes that are kept from one piece of work to the next; started when they are needed first."""

    jobs: int
    pool: ProcessPoolExecutor | None = None

    def ready(self) -> ProcessPoolExecutor:
        """Return the pool, a new one where there is none."""
        self.pool = self.pool or _started(self.jobs)
        return self.pool

    def dismiss(self) -> None:
        """Let the processes go: nobody needs them any more, or one of them has died."""
        pool, self.pool = self.pool, None
        if pool:
            pool.shutdown()


_kept: Kept | None = None


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    if _kept and _kept.jobs == jobs:
        yield _kept.ready()
        return
    with _started(jobs) as pool:
        yield pool


def _started(jobs: int) -> ProcessPoolExecutor:
    """An explicit context, because importing mesa changes the process-wide start method."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker)


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Workers never need the caller's script, which may lack a main guard: keep them from running it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_work: tuple[str, Work] | None = None
"""What this worker is doing, and the file that says so."""


def _start_worker() -> None:
    """The coordinator answers Ctrl-C; its workers finish what they do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_coordinator, daemon=True).start()


def _end_with_coordinator() -> None:
    """A pool's workers would outlive a killed coordinator, waiting for tasks for ever, and so would its file."""
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        if _work:
            _forget(_work[0])
        os._exit(1)


def _run_task(handed: str, task: Any) -> Any:
    return attempt(lambda one: _work_of(handed)(one), task)


def _work_of(handed: str) -> Work:
    global _work
    if _work is None or _work[0] != handed:
        with open(handed, "rb") as file:
            _work = (handed, pickle.load(file))
    return _work[1]


def attempt(work: Work, task: Any) -> Any:
    """Return the value of a task, or what went wrong; an :class:`InputError` is the user's and is raised."""
    try:
        return work(task)
    except InputError:
        raise
    except Exception as error:
        return Failure(_portable(error), traceback.format_exc())


def _portable(error: Exception) -> Exception:
    """Only our own errors are sure to survive pickling."""
    return error if isinstance(error, TwinError) else RuntimeError(f"{type(error).__name__}: {error}")
