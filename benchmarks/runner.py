"""What the runner costs beside the model, and what a second process is worth.

Overhead: in one and the same pass, processor seconds inside the model (building and living a run, and its metrics)
against all others. What a run costs is told apart from what an experiment costs once (its folder, figures and pages) by
two sizes, in rounds: the slope between them is the overhead of a run, and that is what must stay small; the rest is
shown beside it.

Two processes: seconds by the wall of the same sweep with one process and with two that are kept (their start is a row
of its own). Beside it, in the same rounds, the same runs by hand in two processes with no runner at all: two cores
share a cache and a memory, and more than that no runner can give. Other work on the machine counts against both, so
look at the load that is printed with them. Takes about ten minutes on a quiet machine.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.kit import Row, table
from twin.core.engine import Engine
from twin.report import run as run_and_publish
from twin.runs import experiment
from twin.runs.experiment import Means, measure_one, warm_up
from twin.runs.pool import processes
from twin.runs.sweep import sweep
from twin.scenario.load import Scenario, load

SCENARIO = "scenarios/everything.yaml"
ARM = "as_it_is"
WARM_UP_DAYS, TRIED_DAYS = 10, 40
SWEPT = "scenarios/dispatch.yaml"
SWEPT_ARM = "smart"
AXIS = "desk.travel_minutes"
POINTS = ("6", "9", "12", "15", "18", "21", "24", "27", "30", "33")
MOST_OVERHEAD, LEAST_SPEED = 0.05, 1.8


@dataclass(frozen=True)
class Size:
    """How much is measured: seconds of a run, runs of the small and the large experiment, seconds of the sweep."""

    run_seconds: float = 1.0
    few: int = 4
    many: int = 24
    sweep_seconds: float = 60.0
    rounds: int = 3


@dataclass(frozen=True)
class Cost:
    """Processor seconds of an experiment: inside the model, and all others."""

    model: float
    rest: float


def run(size: Size = Size()) -> None:
    """Measure and print the table."""
    warm_up()
    table("runner: what it costs, and what a second process is worth", [*_overhead(size), *_two_processes(size)])


def _overhead(size: Size) -> list[Row]:
    scenario = _long_enough(size.run_seconds)
    _cost(scenario, 1, kept=True)  # imports, fonts
    rows = []
    for title, kept in (("experiment without a folder", False), ("all kept: ledger, tables, figures, page", True)):
        rounds = [(_cost(scenario, size.few, kept), _cost(scenario, size.many, kept)) for _ in range(size.rounds)]
        shares = [_each(few, many, size) / (many.model / size.many) for few, many in rounds]
        each = median(_each(few, many, size) for few, many in rounds)
        once = median(few.rest - size.few * _each(few, many, size) for few, many in rounds)
        model, share = median(many.model for _, many in rounds), median(shares)
        peer = f"{size.many} runs of {model / size.many:.2f} s in the model"
        rows += [
            Row(f"{title}: each run", f"{1000 * each:.1f} ms", peer,
                f"{share:+.1%} ({min(shares):+.1%} to {max(shares):+.1%})", "< 5 %", share < MOST_OVERHEAD),
            Row(f"{title}: once", f"{once:.2f} s", f"{size.many} runs", f"{once / model:+.1%}"),
        ]  # fmt: skip
    return rows


def _each(few: Cost, many: Cost, size: Size) -> float:
    return (many.rest - few.rest) / (size.many - size.few)


def _long_enough(seconds: float) -> Scenario:
    """Return the scenario with as many days as a run of so many seconds lives."""
    tried = _of_days(TRIED_DAYS)
    took = []
    for _ in range(2):  # the first one warms up
        began = time.process_time()
        measure_one(tried, ARM, 1)
        took.append(time.process_time() - began)
    return _of_days(max(WARM_UP_DAYS + 5, round(TRIED_DAYS * seconds / took[-1])))


def _of_days(days: int) -> Scenario:
    return load(SCENARIO, sets=[f"days={days}", f"warm_up_days={WARM_UP_DAYS}"])


def _cost(scenario: Scenario, runs: int, kept: bool) -> Cost:
    with tempfile.TemporaryDirectory() as folder, _watched() as inside:
        began = time.process_time()
        run_and_publish(scenario, [ARM], runs, out=Path(folder) / "run" if kept else None)
        whole = time.process_time() - began
    return Cost(sum(inside), whole - sum(inside))


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Note the processor seconds of every run of the model and of its metrics, whoever asks for them."""
    seconds: list[float] = []

    def timed(work: Any) -> Any:
        def watched(*asked: Any) -> Any:
            began = time.process_time()
            found = work(*asked)
            seconds.append(time.process_time() - began)
            return found

        return watched

    simulate, metrics = experiment.simulate, Engine.metrics
    experiment.simulate, Engine.metrics = timed(simulate), timed(metrics)  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        experiment.simulate, Engine.metrics = simulate, metrics  # type: ignore[method-assign]


# -- two processes


def _two_processes(size: Size) -> list[Row]:
    scenario = load(SWEPT)
    measure_one(scenario, SWEPT_ARM, 1)
    began = time.perf_counter()
    measure_one(scenario, SWEPT_ARM, 2)
    seeds = max(2, 2 * round(size.sweep_seconds / len(POINTS) / (time.perf_counter() - began) / 2))
    load_before = os.getloadavg()[0]
    with processes(2):
        start = _swept(2, 1) - _swept(2, 1)
        taken = [(_swept(1, seeds), _swept(2, seeds), _by_hand(seeds)) for _ in range(size.rounds)]
    one, two, hand = (median(times) for times in zip(*taken, strict=True))
    speeds = [one / two for one, two, _ in taken]
    busy = f"load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    figure = f"two processes: a sweep of {len(POINTS)} points × {seeds} seeds"
    speed = median(speeds)
    return [
        Row(figure, f"{two:.0f} s in two, {one:.0f} s in one", busy,
            f"{speed:.2f} ({min(speeds):.2f} to {max(speeds):.2f})", "≥ 1.8", speed >= LEAST_SPEED),
        Row("the same runs by hand in two processes", f"{hand:.0f} s", f"{one:.0f} s in one",
            f"{median(one / hand for one, _, hand in taken):.2f}"),
        Row("start of two processes", f"{start:.1f} s", "once, then they are kept", ""),
    ]  # fmt: skip


def _swept(jobs: int, seeds: int) -> float:
    began = time.perf_counter()
    over = {AXIS: POINTS}
    sweep(SWEPT, SWEPT_ARM, over=over, replications=seeds, means=Means(jobs=jobs))
    return time.perf_counter() - began


def _by_hand(seeds: int) -> float:
    """Return the seconds from when both processes are ready until both have made their half of the runs."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(3), context.Barrier(3)
    halves = [range(1, 1 + seeds // 2), range(1 + seeds // 2, 1 + seeds)]
    others = [context.Process(target=_half, args=(half, ready, done)) for half in halves]
    for one in others:
        one.start()
    ready.wait()
    began = time.perf_counter()
    done.wait()
    took = time.perf_counter() - began
    for one in others:
        one.join()
    return took


def _half(seeds: range, ready: Any, done: Any) -> None:
    points = [load(SWEPT, sets=[f"{AXIS}={point}"]) for point in POINTS]
    measure_one(points[0], SWEPT_ARM, 0)
    ready.wait()
    for point in points:
        for seed in seeds:
            measure_one(point, SWEPT_ARM, seed)
    done.wait()
