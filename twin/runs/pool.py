"""Worker processes that may die: every task ends with a value or a failure, in any order.

A worker that is killed takes the whole pool with it, and nobody knows which task was to blame. So only
as many tasks are in flight as there are workers, and those in flight at a death are tried again, alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any, Generic, TypeVar

from twin.errors import InputError, TwinError

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

    def launch(self, pool: ProcessPoolExecutor, most: int) -> None:
        """Fill the air with at most so many tasks."""
        while self.waiting and len(self.flying) < most:
            with _main_hidden():
                future = pool.submit(_run_task, self.waiting[0])
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
    waiting = deque(tasks)
    with _interrupts() as stop:
        while waiting and not stop.asked:
            if jobs == 1:
                task = waiting.popleft()
                yield task, attempt(work, task)
            else:
                suspects = yield from _in_company(waiting, work, jobs, stop)
                for task in suspects:
                    yield task, _alone(task, work)
    if stop.asked:
        raise KeyboardInterrupt


def _in_company(
    waiting: deque[Task], work: Work, jobs: int, stop: Stop
) -> Generator[tuple[Task, Any], None, list[Task]]:
    """Return the tasks that were in flight when a worker died (none: all have ended)."""
    flight = Flight(waiting, {})
    suspects: list[Task] = []
    with _pool(work, jobs) as pool:
        while True:
            if not suspects and not stop.asked:
                suspects += _launch(flight, pool, jobs)
            if not flight.flying:
                return suspects
            for task, future in flight.landed():
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(task)
                else:
                    yield task, future.result()


def _launch(flight: Flight[Task], pool: ProcessPoolExecutor, jobs: int) -> list[Task]:
    """Return the task that could not be handed to a pool that just broke."""
    try:
        flight.launch(pool, jobs)
    except BrokenProcessPool:
        return [flight.waiting.popleft()]
    return []


def _alone(task: Task, work: Work) -> Any:
    for _ in range(TRIES - 1):
        flight = Flight(deque([task]), {})
        with _pool(work, 1) as pool:
            flight.launch(pool, 1)
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


def _pool(work: Work, jobs: int) -> ProcessPoolExecutor:
    """An explicit context, because importing mesa changes the process-wide start method."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(work,))


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Workers never need the caller's script, which may lack a main guard: keep them from running it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_work: Work | None = None


def _start_worker(work: Work) -> None:
    """The coordinator answers Ctrl-C; its workers finish what they do."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_coordinator, daemon=True).start()


def _end_with_coordinator() -> None:
    """A pool's workers would outlive a killed coordinator, waiting for tasks for ever."""
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        os._exit(1)


def _run_task(task: Any) -> Any:
    assert _work is not None
    return attempt(_work, task)


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
