"""Trust: what an experienced outcome does to a resident's trust and sense of being heard.

What it does    A report that was solved within its limit moves trust a step towards 1; one that was not, or
                that is long overdue, moves it a larger step towards 0. Efficacy is the memory of whether
                the own reports were fixed.
Why             Losing trust is quicker than winning it [slovic1993], for what is lived through, not for
                what is told; forgetting by steps is a reputation of the beta kind [josang2002].
Leaves out      What neighbours and the news tell; trust in anybody but the street office.
Ablation        step 0: trust stays where it began. efficacy_step 0: no memory of fixed reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.outcomes import concluded_today, mean_by, overdue_today, solved, waited_limits
from twin.world.series import mean


@dataclass(frozen=True)
class Trust:
    """How quickly experience moves trust."""

    step: float = param(0.05, "1", 0.0, 0.5, source="josang2002", evidence="assumed",
                        doc="part of the way to full trust that one kept promise goes", zh="信任步长")
    loss_weight: float = param(2.25, "1", 1.0, 4.0, source="tversky1992", evidence="published",
                               doc="step of a disappointment, in steps of a success", zh="失望权重")
    efficacy_step: float = param(1.0, "1", 0.0, 1.0, source="sjoberg2017", evidence="assumed",
                                 doc="weight of the latest own report in efficacy (1: only it counts)",
                                 zh="效能感步长")
    overdue_limits: float = param(2.0, "1", 1.0, 20.0, source="scenario range", evidence="assumed",
                                  doc="waiting, in class limits, that is a disappointment by itself",
                                  zh="严重超期倍数")


def trust_mean(world: World) -> float | None:
    """Mean trust of all residents."""
    return mean(world.residents.trust)


@mechanism(
    phase=Phase.RESPOND,
    params=Trust,
    reads=[
        "tickets.created", "tickets.reporter", "tickets.priority", "tickets.done", "tickets.closed",
        "tickets.merged", "tickets.merged_into", "tickets.abandoned", "tickets.solved", "levers.desk.limit_hours",
    ],
    owns={
        "residents.trust": Column(np.float64, "1", "trust in the street office", start=0.5, low=0, high=1),
        "residents.efficacy": Column(np.float64, "1", "memory of own reports that were fixed", start=0, low=0, high=1),
    },
    metrics={
        "trust_mean": Metric(
            trust_mean, "1", better="higher",
            en="Mean trust", zh="平均信任", daily=True, latent=True,
            doc="mean trust of all residents at the end",
            doc_zh="期末全体居民的信任均值",
        )
    },
    sources=["slovic1993", "josang2002", "tversky1992", "sjoberg2017"],
)  # fmt: skip
def trust(world: View, p: Trust, draw: Draw, effects: Effects) -> None:
    """Move the trust of those who learned today how their report ended, or who have waited too long."""
    if not len(world.residents):
        return
    told, overdue = concluded_today(world), overdue_today(world, p.overdue_limits)
    if not len(told) + len(overdue):
        return
    remember(world, p, told, effects)
    kept = solved(world, told) & (waited_limits(world, told) <= 1)
    reporter = world.tickets.reporter
    who, share_kept = mean_by(
        np.concatenate((reporter[told], reporter[overdue])),
        np.concatenate((kept, np.zeros(len(overdue)))),
    )
    effects.set("residents", who, trust=moved(p, world.residents.trust[who], share_kept))


def moved(p: Trust, before: Floats, share_kept: Floats) -> Floats:
    """Return trust after a day on which this share of a resident's experiences were kept promises."""
    gain = p.step * share_kept * (1 - before)
    loss = p.step * p.loss_weight * (1 - share_kept) * before
    return before + gain - loss


def remember(world: Any, p: Trust, told: Ints, effects: Effects) -> None:
    """Move efficacy towards the share of today's own reports that were fixed, late or not."""
    who, fixed = mean_by(world.tickets.reporter[told], solved(world, told).astype(np.float64))
    before = world.residents.efficacy[who]
    effects.set("residents", who, efficacy=before + p.efficacy_step * (fixed - before))
