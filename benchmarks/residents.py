"""A day of 100,000 residents: the twin's mechanisms against the same mechanisms as Mesa agents.

Both live the same residents and places through the same days from the first; building them is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from itertools import count
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.kit import Prepare, Row, Turn, in_rounds, rate, ratio, table
from benchmarks.mesa_city import City
from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.scenario.load import load
from twin.world.build import build_world

CITY = Path(__file__).with_name("city.yaml")
DAYS, ROUNDS, TARGET = 30, 3, 50

Tally = Mapping[str, float]


def run() -> None:
    """Measure and print the table."""
    scenario = load(CITY)
    arm = scenario.arms["city"]
    residents = arm.blocks["population"].residents
    twin_city(scenario, arm, 0)()  # compile
    contestants: dict[str, Prepare] = {
        "twin": seeded(lambda seed: twin_city(scenario, arm, seed)),
        "mesa": seeded(lambda seed: mesa_city(scenario, arm, seed)),
    }
    turns = in_rounds(contestants, ROUNDS)
    found, units = ratio(turns["twin"], turns["mesa"]), residents * DAYS
    row = Row(
        f"resident-days, {residents:,} residents", rate(turns["twin"], units),
        f"Mesa {version('mesa')}: {rate(turns['mesa'], units)}", str(found), f"≥ {TARGET}", found.middle >= TARGET,
    )  # fmt: skip
    table("residents: a day of a city", [row], agreement(turns))


def seeded(prepare: Callable[[int], Callable[[], Tally]]) -> Prepare:
    """Give every piece of work a seed of its own."""
    seeds = count(1)
    return lambda: prepare(next(seeds))


def twin_city(scenario: Any, arm: Any, seed: int) -> Callable[[], Tally]:
    """Build the city of the twin; the work is to live its days."""
    engine = Engine(build_world(scenario, arm, seed), tuple(CATALOGUE.values()), arm.blocks, seed, arm.off)

    def work() -> Tally:
        for _ in range(DAYS):
            engine.step()
        tickets, residents = engine.world.tickets, engine.world.residents
        again = int(tickets.again.sum())
        return {
            "reports": len(tickets) - again,
            "re-complaints": again,
            "turns to a higher level": int((tickets.taken_higher >= 0).sum()),
            "answers": len(engine.world.answers),
            "mean trust": float(residents.trust.mean()),
            "mean satisfaction": float(residents.satisfaction.mean()),
        }

    return work


def mesa_city(scenario: Any, arm: Any, seed: int) -> Callable[[], Tally]:
    """Build the city of Mesa, with the same residents; the work is to live its days."""
    city = City(build_world(scenario, arm, seed), arm.blocks, DAYS, seed)

    def work() -> Tally:
        for _ in range(DAYS):
            city.step()
        return {
            **city.tally,
            "answers": len(city.answers),
            "mean trust": city.residents.agg("trust", fmean),
            "mean satisfaction": city.residents.agg("satisfaction", fmean),
        }

    return work


def agreement(turns: Mapping[str, Sequence[Turn]]) -> str:
    """Set side by side what happened, with the standard error of the difference."""
    ours, theirs = ([turn.result for turn in turns[name]] for name in ("twin", "mesa"))
    lines = [
        f"What happened in {DAYS} days, means of {len(ours)} runs each:",
        "",
        "| | twin | Mesa | standard error |",
        "|---|---|---|---|",
    ]
    for name in ours[0]:
        a, b = ([tally[name] for tally in tallies] for tallies in (ours, theirs))
        error = sqrt((stdev(a) ** 2 + stdev(b) ** 2) / len(a))
        lines.append(f"| {name} | {fmean(a):.6g} | {fmean(b):.6g} | {error:.2g} |")
    return "\n".join(lines)
