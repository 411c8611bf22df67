"""Small neighbourhoods: one that makes one plan (only the mechanisms from needs to ballots), one that builds it too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.runs.compare import paired_difference
from twin.world.build import DEFAULT_CATEGORIES, Population, build_world
from twin.world.works import Work

PLANNING = ("needs", "campaign", "forum", "needs_survey", "plans", "deliberation", "ballots")
DAYS, DECIDE_ON = 22, 6
_LIVED: dict[str, Engine] = {}
SEEDS, MORE_SEEDS = range(1, 5), range(1, 9)


def decided(seed: int, residents: int = 400, budget_yuan: float = 2_000_000.0, **blocks: dict[str, Any]) -> Engine:
    """Live through one decision and its votes, each world once; ``blocks`` are parameters by mechanism."""
    name = repr((seed, residents, budget_yuan, sorted((one, sorted(said.items())) for one, said in blocks.items())))
    if name not in _LIVED:
        _LIVED[name] = _lived(seed, residents, budget_yuan, blocks)
    return _LIVED[name]


def _lived(seed: int, residents: int, budget_yuan: float, blocks: dict[str, dict[str, Any]]) -> Engine:
    said = {name: dict(values) for name, values in blocks.items()}
    said["plans"] = {"decide_on_day": DECIDE_ON, "budget_yuan": budget_yuan, **said.get("plans", {})}
    return _run(seed, DAYS, Population(residents=residents, grids=2), PLANNING, said)


def _run(seed: int, days: int, population: Population, on: tuple[str, ...], said: dict[str, dict[str, Any]]) -> Engine:
    given: dict[str, Any] = {"population": population}
    for name, values in said.items():
        params = CATALOGUE[name].params
        assert params is not None
        given[name] = params(**values)
    plan = SimpleNamespace(days=days, warm_up_days=0, run_on_days=0, start=dt.date(2025, 1, 6), holidays="none",
                           categories=DEFAULT_CATEGORIES if population.places else {})  # fmt: skip
    world = build_world(plan, SimpleNamespace(blocks=given), seed)
    engine = Engine(world, list(CATALOGUE.own.values()), given, seed, [name for name in CATALOGUE if name not in on])
    engine.run()
    return engine


# -- what is built

FEELING = ("works", "living", "happiness", "living_survey")
BUILDING = (*PLANNING, *FEELING, "disturbance", "promises", "trust")
BUILT_DAYS = 24
GROUNDS = {
    "garden": Work("greenery", "grid", 60_000.0, 2, 6, 0.6, 0.5, 9),
    "lift": Work("lift", "stairwell", 100_000.0, 3, 8, 0.6, 0.7, 7),
    "pipes": Work("pipes", "building", 60_000.0, 2, 60, 0.6, 0.5, 5),  # under way at the end
}


def built(
    seed: int, days: int = BUILT_DAYS, residents: int = 160, also: tuple[str, ...] = (), places: int = 0,
    **blocks: dict[str, Any],
) -> Engine:  # fmt: skip
    """Live through a plan and its works, each world once: a garden and lifts are finished, pipes are under way."""
    told = sorted((one, sorted(said.items())) for one, said in blocks.items())
    name = repr((seed, days, residents, also, places, told))
    if name not in _LIVED:
        said: dict[str, dict[str, Any]] = {
            "plans": {"process": "council", "decide_on_day": 2, "budget_yuan": 1.7e6, "catalogue": GROUNDS,
                      "unlawful_chance": 0.0},
            "ballots": {"consent": "none"},
            "works": {"followed": True, "crews": 100, "objections_to_stop": 1000},
        }  # fmt: skip
        said = {one: said.get(one, {}) | blocks.get(one, {}) for one in said | blocks}
        population = Population(residents=residents, grids=2, places=places)
        _LIVED[name] = _run(seed, days, population, (*BUILDING, *also), said)
    return _LIVED[name]


def metric(name: str, seeds: Sequence[int] = SEEDS, **blocks: Any) -> list[float]:
    """Return one metric of every seed."""
    return [decided(seed, **blocks).metrics()[name] for seed in seeds]


def surely_above(less: Sequence[float], more: Sequence[float]) -> bool:
    """Tell whether the 95 % interval of the paired differences lies above zero."""
    interval = paired_difference(less, more).ci95
    return interval is not None and interval[0] > 0
