"""From an arm of a scenario to an engine on the evening before its first day."""

from __future__ import annotations

from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.scenario.resolved import Scenario
from twin.world.build import build_world


def engine_for(scenario: Scenario, arm: str, seed: int) -> Engine:
    """Build the neighbourhood of an arm; nothing has happened yet."""
    chosen = scenario.arms[arm]
    world = build_world(scenario, chosen, seed)
    return Engine(world, tuple(CATALOGUE.values()), chosen.blocks, seed, chosen.off)
