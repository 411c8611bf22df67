"""What the runner costs beside the model, and what a second process is worth.

Overhead: in one and the same pass, processor seconds inside the model (building and living a run) against all others.
What a run costs is told apart from what an experiment costs once (its folder, figures and pages) by two sizes: the
slope between them is the overhead of a run, and that is what must stay small; the rest is shown beside it.
Two processes: seconds by the wall of the same sweep with one and with two, the start of the pool counted; other work on
the machine counts against the second, so look at the load that is printed with it.
Takes about three minutes on a quiet machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kit import Row, table
from twin.report import run as run_and_publish
from twin.runs import experiment
from twin.runs.experiment import Means, measure_one, warm_up
from twin.runs.sweep import sweep
from twin.scenario.load import Scenario, load

SCENARIO = "scenarios/everything.yaml"
ARM = "as_it_is"
WARM_UP_DAYS, TRIED_DAYS = 10, 40
SWEPT = "scenarios/dispatch.yaml"
SWEPT_ARM = "smart"
POINTS = ("6", "9", "12", "15", "18", "21", "24", "27", "30", "33")
MOST_OVERHEAD, LEAST_SPEED = 0.05, 1.8


@dataclass(frozen=True)
class Size:
    """How much is measured: seconds of a run, runs of the small and the large experiment, seconds of the sweep."""

    run_seconds: float = 1.0
    few: int = 4
    many: int = 24
    sweep_seconds: float = 60.0


@dataclass(frozen=True)
class Cost:
    """Processor seconds of an experiment: inside the model, and all others."""

    model: float
    rest: float


def run(size: Size = Size()) -> None:
    """Measure and print the table."""
    warm_up()
    table("runner: what it costs, and what a second process is worth", [*_overhead(size), _two_processes(size)])


def _overhead(size: Size) -> list[Row]:
    scenario = _long_enough(size.run_seconds)
    _cost(scenario, 1, kept=True)  # imports, fonts
    rows = []
    for title, kept in (("experiment without a folder", False), ("all kept: ledger, tables, figures, page", True)):
        few, many = (_cost(scenario, count, kept) for count in (size.few, size.many))
        each = (many.rest - few.rest) / (size.many - size.few)
        model = (many.model + few.model) / (size.many + size.few)
        once = few.rest - size.few * each
        share = each / model
        rows += [
            Row(f"{title}: each run", f"{1000 * each:.1f} ms", f"{size.many} runs of {model:.2f} s in the model",
                f"{share:+.1%}", "< 5 %", share < MOST_OVERHEAD),
            Row(f"{title}: once", f"{once:.2f} s", f"{size.many} runs", f"{once / many.model:+.1%}"),
        ]  # fmt: skip
    return rows


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
    """Note the processor seconds of every run of the model, whoever asks for it."""
    seconds: list[float] = []
    simulate = experiment.simulate

    def timed(*asked):
        began = time.process_time()
        engine = simulate(*asked)
        seconds.append(time.process_time() - began)
        return engine

    experiment.simulate = timed
    try:
        yield seconds
    finally:
        experiment.simulate = simulate


def _two_processes(size: Size) -> Row:
    scenario = load(SWEPT)
    measure_one(scenario, SWEPT_ARM, 1)
    began = time.perf_counter()
    measure_one(scenario, SWEPT_ARM, 2)
    seeds = max(1, round(size.sweep_seconds / len(POINTS) / (time.perf_counter() - began)))
    load_before = os.getloadavg()[0]
    taken = {jobs: _swept(jobs, seeds) for jobs in (1, 2)}
    speed = taken[1] / taken[2]
    busy = f"load of the machine {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors"
    figure = f"two processes: a sweep of {len(POINTS)} points × {seeds} seeds"
    return Row(figure, f"{taken[2]:.0f} s in two, {taken[1]:.0f} s in one", busy, f"{speed:.2f}", "≥ 1.8",
               speed >= LEAST_SPEED)  # fmt: skip


def _swept(jobs: int, seeds: int) -> float:
    began = time.perf_counter()
    over = {"desk.travel_minutes": POINTS}
    sweep(SWEPT, SWEPT_ARM, over=over, replications=seeds, means=Means(jobs=jobs))
    return time.perf_counter() - began
