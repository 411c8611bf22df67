"""Projects under way: which they are, where they are, and what the homes there are like.

All functions take the world or a mechanism's view of it; projects are few, so they may be gone through one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.world.works import DOMAINS, Homes, Work, listed

LIFT = DOMAINS.index("lift")


def buildings_at(world: Any, project: int) -> Flags:
    """Tell which buildings a project is at or serves (buildings,)."""
    building, grid = int(world.projects.building[project]), int(world.projects.grid[project])
    if building >= 0:
        return np.arange(len(world.buildings)) == building
    return (world.buildings.grid == grid) | (grid < 0)


def grid_at(world: Any, project: int) -> int:
    """Return the grid that a project is in: that of its building, or its own; -1 for works of all."""
    building = int(world.projects.building[project])
    return int(world.buildings.grid[building] if building >= 0 else world.projects.grid[project])


def under_way(world: Any) -> Flags:
    """Tell which projects have begun and are not finished, stopped ones included (projects,)."""
    projects = world.projects
    begun: Flags = (projects.started >= 0) & (projects.finished < 0)
    return begun


def of_domain(world: Any, domain: str) -> Flags:
    """Tell which projects are works of a domain (projects,); reads projects.work and levers.plans.catalogue."""
    catalogue = listed(world.levers["plans"].catalogue)
    return np.array([one.domain == domain for one in catalogue], np.bool_)[world.projects.work]


def finished_in(world: Any, domain: str) -> Ints:
    """Return the finished projects of a domain."""
    if not len(world.projects):
        return np.empty(0, np.int64)
    return np.flatnonzero(of_domain(world, domain) & (world.projects.finished >= 0))


def on_site(world: Any) -> Flags:
    """Tell at which projects there is work today, as far as is known since last evening (projects,)."""
    return under_way(world) & (world.projects.stopped_until <= world.day)


def qualities(world: Any) -> Floats:
    """Return the present quality of each domain at each building (buildings, domains)."""
    columns = [getattr(world.buildings, f"quality_{domain}") for domain in DOMAINS]
    return np.stack(columns, axis=1).astype(np.float64)


def lived_in(qualities: Floats, homes: Homes) -> Floats:
    """Return the quality of each domain where each resident lives (residents, domains); 0 for nobody's home.

    A lift is of no use on the ground floor.
    """
    nowhere = np.zeros((1, qualities.shape[1]))
    there = np.concatenate((qualities, nowhere))[homes.building]
    there[homes.floor <= 1, LIFT] = 0
    return there


def lift_below(world: Any, works: Sequence[Work], homes: Homes, low_floors: int) -> Flags:
    """Tell whose stairwell has got a lift while they live on the lowest floors, where it takes light and quiet."""
    projects = world.projects
    lift = np.array([one.domain == DOMAINS[LIFT] for one in works], np.bool_)[projects.work]
    got = projects.stairwell[lift & (projects.finished >= 0) & (projects.stairwell >= 0)]
    return np.isin(homes.stairwell, got) & (homes.floor <= low_floors)
