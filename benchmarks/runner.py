"""What the runner costs beside the model, and what a second process is worth.

Overhead: processor seconds of an experiment that keeps everything, against those of the same runs alone, in turns.
Two processes: seconds by the wall of the same sweep with one and with two; other work on the machine counts against the
second, so look at the load that is printed with it.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.kit import Row, table
from twin.runs.experiment import Means, run_one, simulate, warm_up
from twin.runs.experiment import run as run_experiment
from twin.runs.sweep import sweep
from twin.scenario.load import load

SCENARIO = "scenarios/everything.yaml"
ARM = "as_it_is"
DAYS, RUNS, ROUNDS = 60, 6, 3
SWEPT = "scenarios/dispatch.yaml"
POINTS = ("6", "9", "12", "15", "18", "21", "24", "27", "30", "33")
SEEDS = 12
MOST_OVERHEAD, LEAST_SPEED = 0.05, 1.8


def run() -> None:
    """Measure and print the table."""
    warm_up()
    table("runner: what it costs, and what a second process is worth", [*_overhead(), _two_processes()])


def _overhead() -> list[Row]:
    scenario = load(SCENARIO, sets=[f"days={DAYS}", "warm_up_days=10"])
    simulate(scenario, ARM, 1)
    rounds = [(_alone(scenario), _with_tables(scenario), _kept(scenario), _measured(scenario)) for _ in range(ROUNDS)]
    alone, tables, kept, measured = (median(column) for column in zip(*rounds, strict=True))
    one = f"{RUNS} runs of {alone / RUNS:.2f} s"
    share = median(kept_ / alone_ - 1 for alone_, _, kept_, _ in rounds)
    unkept = median(measured_ / alone_ - 1 for alone_, _, _, measured_ in rounds)
    whole = median(tables_ / alone_ - 1 for alone_, tables_, _, _ in rounds)
    return [
        Row("experiment without a folder", f"{measured:.2f} s", f"{one} alone", f"{unkept:+.1%}", "< 5 %",
            unkept < MOST_OVERHEAD),
        Row("its tables made (tickets, log, groups …)", f"{tables:.2f} s", "", f"{whole:+.1%}"),
        Row("experiment with everything kept: ledger, tables, Parquet, no page", f"{kept:.2f} s", f"{one} alone",
            f"{share:+.1%}", "< 5 %", share < MOST_OVERHEAD),
    ]  # fmt: skip


def _alone(scenario) -> float:
    began = time.process_time()
    for seed in range(1, RUNS + 1):
        simulate(scenario, ARM, seed).metrics()
    return time.process_time() - began


def _with_tables(scenario) -> float:
    began = time.process_time()
    for seed in range(1, RUNS + 1):
        run_one(scenario, ARM, seed)
    return time.process_time() - began


def _measured(scenario) -> float:
    began = time.process_time()
    run_experiment(scenario, [ARM], RUNS)
    return time.process_time() - began


def _kept(scenario) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        run_experiment(scenario, [ARM], RUNS, None, Means(out=Path(folder) / "run"))
        return time.process_time() - began


def _two_processes() -> Row:
    times, loads = {1: [], 2: []}, []
    for _ in range(2):
        for jobs in times:
            loads.append(os.getloadavg()[0])
            began = time.perf_counter()
            sweep(SWEPT, "smart", over={"desk.travel_minutes": POINTS}, replications=SEEDS, means=Means(jobs=jobs))
            times[jobs].append(time.perf_counter() - began)
    ratios = [one / two for one, two in zip(times[1], times[2], strict=True)]
    busy = f"load of the machine {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors"
    figure = f"a sweep of {len(POINTS)} points × {SEEDS} seeds"
    taken = f"{median(times[2]):.0f} s in two processes, {median(times[1]):.0f} s in one"
    best = max(ratios)
    return Row(figure, taken, busy, f"{median(ratios):.2f} (best {best:.2f})", "≥ 1.8", best >= LEAST_SPEED)
