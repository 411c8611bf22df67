"""Gossip: residents tell each other what they think of the street office.

What it does    Now and then a resident tells another one, whoever it is; the other's trust moves a part of the
                way to the teller's.
Why             Opinions travel by word of mouth [wall_watch].
Leaves out      Who knows whom.
Ablation        tell_chance 0: nobody tells anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.core.behaviour import Behaviour
from twin.core.parameters import param
from twin.core.world import Phase


@dataclass(frozen=True)
class GossipParams:
    """How often, and how much it counts."""

    tell_chance: float = param(0.05, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="chance that a resident tells somebody today", zh="每日传话概率")
    weight: float = param(0.1, "1", 0.0, 1.0, source="wall_watch", evidence="assumed",
                          doc="part of the way to the teller's trust that the listener goes", zh="听者采信程度")


class Gossip(Behaviour):
    """What one resident does."""

    table, phase, params = "residents", Phase.SETTLE, GossipParams
    reads = ("residents.trust",)
    adds = ("residents.trust",)
    sources = ("wall_watch",)

    def step(self) -> None:
        """Tell somebody."""
        if self.draw.happens("tells", self.p.tell_chance):
            trust = self.world.residents.trust
            listener = int(self.draw.uniform("whom") * len(trust))
            self.add_to("residents", listener, trust=self.p.weight * (self.trust - float(trust[listener])))
