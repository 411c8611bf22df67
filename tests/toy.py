"""A neighbourhood of two tables and mechanisms made on the spot, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from twin.core.columns import Column
from twin.core.engine import Engine
from twin.core.mechanism import Mechanism, mechanism
from twin.core.world import Phase, World

TABLES: Mapping[str, Mapping[str, Column]] = {
    "residents": {
        "grid": Column(np.int32, "1", "grid"),
        "trust": Column(np.float64, "1", "trust", start=0.5, low=0.0, high=1.0),
        "calls": Column(np.int32, "1", "calls made"),
    },
    "tickets": {
        "created": Column(np.float64, "min", "minute of the report"),
        "urgent": Column(np.bool_, "1", "whether it is urgent", start=False),
    },
}


def make(name: str, live: Callable[..., None], phase: Any = Phase.RESPOND, **declared: Any) -> Mechanism:
    """Declare a function to be the mechanism of this name."""
    return replace(mechanism(phase=phase, **declared)(live), name=name)


def idle(world: Any, p: Any, draw: Any, effects: Any) -> None:
    """Do nothing."""


def world_of(residents: int = 4, days: int = 5, **options: Any) -> World:
    """Build residents in grids of two."""
    world = World.of(TABLES, days=days, **options)
    rows = np.arange(residents)
    world.residents.append(rows.astype(np.uint64), grid=rows // 2)
    return world


def engine_of(mechanisms: Sequence[Mechanism], world: World | None = None, **options: Any) -> Engine:
    """Put mechanisms into a small world."""
    return Engine(world or world_of(), mechanisms, options.pop("params", {}), options.pop("seed", 1), **options)


def live_one_day(*mechanisms: Mechanism, **options: Any) -> Engine:
    """Live one day of a small world with these mechanisms."""
    engine = engine_of(mechanisms, **options)
    engine.step()
    return engine


def doing(name: str, act: Callable[[Any], None], **declared: Any) -> Mechanism:
    """Make a mechanism that only hands in effects."""
    return make(name, lambda world, p, draw, effects: act(effects), **declared)
