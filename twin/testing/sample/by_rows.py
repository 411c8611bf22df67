"""Sample: one line that says what this is.

What it does    Each day every resident does it once with a small chance, the less so the more the resident
                trusts the street office. How often each one has done it is counted.
Why             Say why it is so, and who found it out: a key of sources.yaml in square brackets.
Leaves out      Say what it does not look at, so that nobody has to guess.
Ablation        daily_chance 0: nobody does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twin.core.behaviour import Behaviour
from twin.core.columns import Column
from twin.core.mechanism import Metric
from twin.core.parameters import param
from twin.core.world import Phase, World


# Every number has a unit, a plausible range, a source and a grade: measured, published, expert or assumed.
# The source is a key of sources.yaml, or a phrase such as "scenario range" for a number nobody has measured.
@dataclass(frozen=True)
class SampleParams:
    """How often it is done."""

    daily_chance: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="chance that a resident without any trust does it today",
                                zh="毫无信任的居民当天这样做的概率")  # fmt: skip


# A metric gets the whole world; it is None where it is not defined (here: of a place where nobody lives).
def sample_per_resident(world: World) -> float | None:
    """How often a resident has done it, on average."""
    return float(world.residents.sample_count.mean()) if len(world.residents) else None


# What is not declared here cannot be read or written: `reads`, `owns` (nobody else sets it), `adds`, `spawns`.
# ARRIVE: needs and reports. DECIDE: rules. SERVE: the desk. RESPOND: feelings. SETTLE: accounts and metrics.
class Sample(Behaviour):
    """What one resident does in a day."""

    table, phase, params = "residents", Phase.SETTLE, SampleParams
    reads: ClassVar[Sequence[str]] = ["residents.trust"]
    owns: ClassVar[Mapping[str, Column]] = {
        "residents.sample_count": Column(np.int32, "1", "how often the resident has done it", low=0)
    }
    metrics: ClassVar[Mapping[str, Metric]] = {
        "sample_per_resident": Metric(
            sample_per_resident, "1", better=None, en="Done per resident", zh="人均次数", daily=True,
            doc="how often a resident has done it until the end, on average",
            doc_zh="至期末平均每位居民这样做的次数",
        )
    }  # fmt: skip

    def step(self) -> None:
        """Decide. Chance is keyed by the resident and the day; nothing changes until the phase closes."""
        if self.draw.happens("does", self.p.daily_chance * (1 - self.trust)):
            self.add(sample_count=1)
