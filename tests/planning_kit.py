"""A small neighbourhood that makes one plan: only the mechanisms from needs to ballots are on."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.world.build import Population, build_world

PLANNING = ("needs", "campaign", "forum", "needs_survey", "plans", "deliberation", "ballots")
DAYS, DECIDE_ON = 22, 6
_LIVED: dict[str, Engine] = {}
SEEDS = range(1, 5)


def decided(seed: int, residents: int = 400, budget_yuan: float = 2_000_000.0, **blocks: dict[str, Any]) -> Engine:
    """Live through one decision and its votes, each world once; ``blocks`` are parameters by mechanism."""
    name = repr((seed, residents, budget_yuan, sorted((one, sorted(said.items())) for one, said in blocks.items())))
    if name not in _LIVED:
        _LIVED[name] = _lived(seed, residents, budget_yuan, blocks)
    return _LIVED[name]


def _lived(seed: int, residents: int, budget_yuan: float, blocks: dict[str, dict[str, Any]]) -> Engine:
    said = {name: dict(values) for name, values in blocks.items()}
    said["plans"] = {"decide_on_day": DECIDE_ON, "budget_yuan": budget_yuan, **said.get("plans", {})}
    given: dict[str, Any] = {"population": Population(residents=residents, grids=2)}
    for name, values in said.items():
        params = CATALOGUE[name].params
        assert params is not None
        given[name] = params(**values)
    plan = SimpleNamespace(days=DAYS, warm_up_days=0, run_on_days=0, start=dt.date(2025, 1, 6), holidays="none",
                           categories={})  # fmt: skip
    world = build_world(plan, SimpleNamespace(blocks=given), seed)
    off = [name for name in CATALOGUE if name not in PLANNING]
    engine = Engine(world, list(CATALOGUE.own.values()), given, seed, off)
    engine.run()
    return engine


def metric(name: str, **blocks: Any) -> list[float]:
    """Return one metric of every seed."""
    return [decided(seed, **blocks).metrics()[name] for seed in SEEDS]
