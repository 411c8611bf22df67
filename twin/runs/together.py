"""Experiments of several scenarios in one pool of processes: what a guard needs that looks at all of them.

A pool of its own for each scenario would start, and import everything, thirty times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.runs.experiment import Experiment, Means, Plan, by_arm, metric_book, run_failed, simulate, warm_up
from twin.runs.pool import Failure, compute

if TYPE_CHECKING:
    from twin.scenario.load import Scenario

Task = tuple[str, str, int]
"""Which scenario, arm and seed."""


@dataclass(frozen=True)
class Gathered:
    """Runs a task; it holds the scenarios so that they travel to a process once."""

    scenarios: Mapping[str, Scenario]

    def __call__(self, task: Task) -> Mapping[str, float]:
        """Run it and return its metrics."""
        name, arm, seed = task
        return simulate(self.scenarios[name], arm, seed).metrics()


def together(asked: Mapping[str, tuple[Scenario, Plan]], means: Means) -> dict[str, Experiment]:
    """Run all of these plans, and return an experiment for each; nothing is kept.

    Raises RunFailed, after all other runs have ended, when runs failed.
    """
    tasks = sorted(((name, *run) for name, (_, plan) in asked.items() for run in plan.runs()),
                   key=lambda task: -_size(asked[task[0]][0], task[1]))  # fmt: skip
    work = Gathered({name: replace(one, sources={}, origins={}, doubts=()) for name, (one, _) in asked.items()})
    if means.jobs > 1:
        warm_up()
    found: dict[Task, Mapping[str, float]] = {}
    failures = {}
    for ended, (task, outcome) in enumerate(compute(tasks, work, means.jobs), 1):
        if isinstance(outcome, Failure):
            failures[f"{task[0]}: {task[1]}", task[2]] = outcome
        else:
            found[task] = outcome
        if means.progress:
            means.progress(ended, len(tasks))
    if failures:
        raise run_failed(failures, len(tasks))
    return {name: _experiment(scenario, plan, name, found) for name, (scenario, plan) in asked.items()}


def _experiment(scenario: Scenario, plan: Plan, name: str, found: Mapping[Task, Mapping[str, float]]) -> Experiment:
    own: dict[tuple[str, int], dict[str, float]] = {run: dict(found[name, *run]) for run in plan.runs()}
    return Experiment(scenario, plan, by_arm(plan, own), metric_book())


def _size(scenario: Scenario, arm: str) -> float:
    """About how long a run takes; the longest go first, so that no process is left alone with one at the end."""
    people = getattr(scenario.arms[arm].blocks.get("population"), "residents", 1)
    return float(scenario.days * people)
