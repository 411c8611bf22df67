"""How often the reported 95 % intervals hold the truth: 1,000 experiments on models whose truth is known.

Each experiment has two arms that share a part of their luck, as arms of the twin do, and goes through the code that
reports are made of: means, paired differences, the intervals that hold together, and ``-n auto``. The laws are a normal
one, a skewed one (lognormal, as times are), and a share (of 200 tickets).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.kit import Row, table
from twin.core.mechanism import Metric
from twin.runs.experiment import Experiment, Plan
from twin.runs.sequential import Auto, stopped
from twin.scenario.load import load

EXPERIMENTS = 1000
REPLICATIONS = 20
LOW, HIGH = 0.93, 0.97
SCENARIO = "scenarios/dispatch.yaml"
OUTCOMES = 3  # primary ones, whose intervals hold together

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


class Law(NamedTuple):
    """Values of two arms that share luck, and their true means."""

    name: str
    draw: Draw
    means: tuple[float, float]


def normal(chance: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return normal values; the shared part is the larger one."""
    shared = chance.normal(0, 8, count)
    return 100 + shared + chance.normal(0, 4, count), 90 + shared + chance.normal(0, 4, count)


def skewed(chance: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return lognormal values with means 20 and 14."""
    shared, own, other = chance.normal(0, 0.3, count), chance.normal(0, 0.2, count), chance.normal(0, 0.2, count)
    return 20 * np.exp(shared + own - 0.065), 14 * np.exp(shared + other - 0.065)


def counted(chance: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return shares of 200 tickets closed in time: 60 % and 75 %, by the same luck."""
    luck = chance.random((count, 200))
    return (luck < 0.60).mean(axis=1), (luck < 0.75).mean(axis=1)


LAWS = (Law("normal", normal, (100, 90)), Law("skewed", skewed, (20, 14)), Law("a share", counted, (0.60, 0.75)))


def run() -> None:
    """Measure and print the table."""
    rows = [row for law in LAWS for row in _of_law(law)]
    rows.append(_row("3 primary outcomes, intervals that hold together", "all three hold", _together(), above=0.95))
    remark = f"{EXPERIMENTS} experiments each; a share of 95 % measured so often scatters by ± 1.4 points."
    table("intervals: how often the reported 95 % hold the truth", rows, remark)


def _of_law(law: Law) -> Iterator[Row]:
    chance = np.random.default_rng(11)
    held = {"mean of an arm": 0, "paired difference": 0, "paired difference, -n auto": 0}
    seeds = []
    for _ in range(EXPERIMENTS):
        values = law.draw(chance, Auto().most)
        first = _experiment([values], REPLICATIONS)
        held["mean of an arm"] += _holds(first.estimates["smart"]["m0"].ci95, law.means[1])
        held["paired difference"] += _holds(first.differences["smart"]["m0"].ci95, law.means[1] - law.means[0])
        last = _sequential(values)
        seeds.append(last.replications)
        held["paired difference, -n auto"] += _holds(last.differences["smart"]["m0"].ci95, law.means[1] - law.means[0])
    for what, count in held.items():
        asked = f"{np.mean(seeds):.0f} seeds on average" if "auto" in what else f"{REPLICATIONS} seeds"
        yield _row(f"{law.name}: {what}", asked, count / EXPERIMENTS)


def _sequential(values: tuple[np.ndarray, np.ndarray]) -> Experiment:
    rule, count = Auto(), Auto().first
    while True:
        found = _experiment([values], count)
        if stopped(found, rule):
            return found
        count = rule.after(count)


def _together() -> float:
    chance = np.random.default_rng(12)
    held = 0
    for _ in range(EXPERIMENTS):
        drawn = [law.draw(chance, REPLICATIONS) for law in LAWS]
        found = _experiment(drawn, REPLICATIONS).differences["smart"]
        held += all(_holds(found[f"m{at}"].simultaneous, law.means[1] - law.means[0]) for at, law in enumerate(LAWS))
    return held / EXPERIMENTS


_LOADED: list[Any] = []


def _experiment(drawn: list[tuple[np.ndarray, np.ndarray]], count: int) -> Experiment:
    """An experiment of the twin with these values in place of its own."""
    from dataclasses import replace

    if not _LOADED:
        _LOADED.append(load(SCENARIO))
    names = [f"m{at}" for at in range(len(drawn))]
    scenario = replace(_LOADED[0], primary=tuple(names))
    book = {name: Metric(lambda world: None, "1", "lower", zh="", doc="") for name in names}
    values = {arm: {name: tuple(pair[at][:count].tolist()) for name, pair in zip(names, drawn, strict=True)}
              for at, arm in enumerate(("manual", "smart"))}  # fmt: skip
    return Experiment(scenario, Plan(("manual", "smart"), tuple(range(1, count + 1))), values, book)


def _holds(ends: tuple[float, float] | None, truth: float) -> bool:
    return ends is not None and ends[0] <= truth <= ends[1]


def _row(figure: str, asked: str, share: float, above: float | None = None) -> Row:
    met = LOW <= share <= HIGH if above is None else share >= above - 0.014
    return Row(figure, f"{share:.1%}", asked, "", "93–97 %" if above is None else "at least 95 %", met)
