"""Sample: one line that says what this is.

What it does    Each day every resident does it once with a small chance, the less so the more the resident
                trusts the street office. How often each one has done it is counted.
Why             Say why it is so, and who found it out: a key of sources.yaml in square brackets.
Leaves out      Say what it does not look at, so that nobody has to guess.
Ablation        daily_chance 0: nobody does it.
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


# Every number has a unit, a plausible range, a source and a grade: measured, published, expert or assumed.
# The source is a key of sources.yaml, or a phrase such as "scenario range" for a number nobody has measured.
@dataclass(frozen=True)
class Sample:
    """How often it is done."""

    daily_chance: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="chance that a resident without any trust does it today",
                                zh="毫无信任的居民当天这样做的概率")  # fmt: skip


# A metric gets the whole world; it is None where it is not defined (here: of a place where nobody lives).
def sample_per_resident(world: World) -> float | None:
    """How often a resident has done it, on average."""
    return float(world.residents.sample_count.mean()) if len(world.residents) else None


# ARRIVE: needs and reports. DECIDE: rules. SERVE: the desk. RESPOND: feelings. SETTLE: accounts and metrics.
# What is not declared here cannot be read or written: `reads`, `owns` (nobody else sets it), `adds`, `spawns`.
@mechanism(
    phase=Phase.SETTLE,
    params=Sample,
    reads=["residents.trust"],
    owns={"residents.sample_count": Column(np.int32, "1", "how often the resident has done it", low=0)},
    metrics={
        "sample_per_resident": Metric(
            sample_per_resident, "1", better=None, en="Done per resident", zh="人均次数", daily=True,
            doc="how often a resident has done it until the end, on average",
            doc_zh="至期末平均每位居民这样做的次数",
        )
    },
)  # fmt: skip
def sample(world: View, p: Sample, draw: Draw, effects: Effects) -> None:
    """Let everybody decide."""
    residents = world.residents
    chance = p.daily_chance * (1 - residents.trust)
    # Chance is keyed: the same resident on the same day draws the same number in every arm of a comparison.
    doing = np.flatnonzero(draw.happens("does", chance, residents.key))
    # Nothing changes until the phase closes; then it is old + the sum of what all mechanisms have added.
    effects.add("residents", doing, sample_count=1)
