"""Fatigue: long days tire a worker, and nights rest him.

What it does    A day's busy minutes tire; each night a part of the fatigue is slept off.
Why             Nobody works ten hours a day for ever [wall_watch].
Leaves out      That a tired worker is slower: the desk does not know it.
Ablation        tired_minutes at its upper end: hardly anybody tires.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.behaviour import Behaviour
from twin.core.columns import Column, Ints
from twin.core.mechanism import Metric, View
from twin.core.parameters import param
from twin.core.world import Phase, World


@dataclass(frozen=True)
class FatigueParams:
    """What tires, and what rests."""

    tired_minutes: float = param(2400.0, "min", 60.0, 100_000.0, source="wall_watch", evidence="assumed",
                                 doc="busy minutes, without rest, after which one is tired out", zh="疲惫所需忙碌时间")
    rest: float = param(0.5, "1", 0.0, 1.0, source="wall_watch", evidence="assumed",
                        doc="part of the fatigue that a night takes away", zh="夜间恢复比例")


def fatigue_mean(world: World) -> float | None:
    """Mean fatigue of the workers, None where there are none."""
    return float(world.workers.fatigue.mean()) if len(world.workers) else None


class Fatigue(Behaviour):
    """What one worker goes through."""

    table, phase, params = "workers", Phase.SETTLE, FatigueParams
    reads = ("workers.busy",)
    owns = {
        "workers.fatigue": Column(np.float64, "1", "0 rested, 1 tired out", low=0, high=1),
        "workers.busy_before": Column(np.float64, "min", "busy minutes until the evening before"),
    }
    metrics = {
        "fatigue_mean": Metric(
            fatigue_mean, "1", better="lower", en="Mean fatigue", zh="平均疲劳", daily=True, latent=True,
            doc="mean fatigue of the workers", doc_zh="工作人员的平均疲劳",
        )
    }  # fmt: skip
    sources = ("wall_watch",)

    @classmethod
    def who(cls, world: View, p: Any) -> Ints:
        """Those who were busy today, or are not rested yet."""
        workers = world.workers
        return np.flatnonzero((workers.busy > workers.busy_before) | (workers.fatigue > 0))

    def step(self) -> None:
        """Tire, and sleep."""
        tired = min(self.fatigue + (self.busy - self.busy_before) / self.p.tired_minutes, 1.0)
        self.set(fatigue=tired * (1 - self.p.rest), busy_before=self.busy)
