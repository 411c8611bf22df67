"""From an arm of a scenario to an engine on the evening before its first day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.core.engine import Engine
from twin.core.mechanism import Mechanism
from twin.core.world import World
from twin.mechanisms import CATALOGUE
from twin.scenario.resolved import Arm, Scenario
from twin.world.build import build_world

_BORN = ("team", "grid", "x", "y", "skill")


def engine_for(scenario: Scenario, arm: str, seed: int, more: Sequence[Mechanism] = ()) -> Engine:
    """Build the neighbourhood of an arm; nothing has happened yet. ``more`` mechanisms run on their defaults."""
    chosen = scenario.arms[arm]
    world = build_world(scenario, chosen, seed)
    world.instructions = chosen.instructions
    engine = Engine(world, (*mechanisms_of(chosen), *more), chosen.blocks, seed, chosen.off)
    enlist(world)
    return engine


def mechanisms_of(arm: Arm) -> tuple[Mechanism, ...]:
    """Return the mechanisms of the twin (on or off), those from outside that are on, and the arm's rules."""
    return (*CATALOGUE.own.values(), *(CATALOGUE[name] for name in arm.outside), *_rules_of(arm))


def _rules_of(arm: Arm) -> tuple[Mechanism, ...]:
    """Return the mechanism of an arm's rules about levers, if any has to be asked day by day."""
    if arm.policy is None or not arm.policy.levers.daily:
        return ()
    from twin.policy.policy_of_day import policy_of

    return (policy_of(arm.policy),)


def enlist(world: World) -> None:
    """Give every post of the desk its row of ``workers``; without a desk there are none."""
    desk = world.resources.get("desk")
    if desk is not None:
        posts = desk.workers  # type: ignore[attr-defined]
        world.workers.append(np.arange(len(posts), dtype=np.uint64), **{name: posts[name] for name in _BORN})
