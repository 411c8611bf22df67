"""Placebo: a mechanism that draws chance all day long and does nothing.

What it does    Draws numbers in every phase of the day, and one for every order inside the desk, and
                throws them away.
Why             Chance is keyed and not consumed: a world with the placebo is the world without it, in
                every digit. If it ever is not, no comparison of arms can be trusted.
Leaves out      Everything.
Ablation        draws_per_day 0, which is the default: it does not even draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase


@dataclass(frozen=True)
class Placebo:
    """How much is drawn in vain."""

    draws_per_day: int = param(0, "1/day", 0, 1_000_000, source="scenario range", evidence="assumed",
                               doc="numbers drawn and thrown away in each phase of a day",
                               zh="每阶段空抽次数")


@mechanism(phase=tuple(Phase), params=Placebo, desk_draws=1)
def placebo(world: View, p: Placebo, draw: Draw, effects: Effects) -> None:
    """Draw, and do nothing."""
    draw.uniform(world.phase.value, np.arange(p.draws_per_day, dtype=np.uint64))
