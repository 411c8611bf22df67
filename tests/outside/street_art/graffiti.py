"""Graffiti: residents of little trust paint walls, and everybody likes their street a little less.

What it does    Each resident whose trust is low paints with a small chance a day; each painted wall takes a
                little trust from everybody in the grid.
Why             What goes unanswered is answered on walls [wall_watch].
Leaves out      Art; cleaning.
Ablation        paint_chance 0: no wall is painted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Column
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World


@dataclass(frozen=True)
class Graffiti:
    """Who paints, and what it does to the others."""

    low_trust: float = param(0.5, "1", 0.0, 1.0, source="wall_watch", evidence="assumed",
                             doc="trust at or below which one paints", zh="涂鸦者的信任上限")
    paint_chance: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="chance that such a resident paints today", zh="每日涂鸦概率")
    annoyance: float = param(0.001, "1", 0.0, 0.1, source="scenario range", evidence="assumed",
                             doc="trust that one painted wall takes from each resident of the grid",
                             zh="每处涂鸦的信任损失")


def painted_walls(world: World) -> float:
    """Walls painted so far."""
    return float(world.residents.walls.sum())


@mechanism(
    phase=Phase.SETTLE,
    params=Graffiti,
    reads=["residents.grid"],
    owns={"residents.walls": Column(np.int32, "1", "walls painted so far")},
    adds=["residents.trust"],
    metrics={
        "painted_walls": Metric(
            painted_walls, "1", better="lower", en="Painted walls", zh="涂鸦处数", daily=True,
            doc="walls painted by residents until the end", doc_zh="至期末居民涂鸦的墙面数",
        )
    },
    sources=["wall_watch"],
)  # fmt: skip
def graffiti(world: View, p: Graffiti, draw: Draw, effects: Effects) -> None:
    """Let those of little trust paint, and the others look at it."""
    residents = world.residents
    if not len(residents):
        return
    tempted = np.flatnonzero(residents.trust <= p.low_trust)
    painters = tempted[draw.happens("paints", p.paint_chance, residents.key[tempted])]
    effects.add("residents", painters, walls=1)
    walls = np.bincount(residents.grid[painters], minlength=residents.grid.max() + 1)
    effects.add("residents", None, trust=-p.annoyance * walls[residents.grid])
