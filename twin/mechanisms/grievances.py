"""Grievances: what unsolved matters leave behind, and how slowly it goes.

What it does    A report that ended unsolved or too late, or is long overdue, adds to the reporter's grievance; one
                that was solved in time takes part of it away. Each day a small part is forgotten. After the horizon
                it stays as it is.
Why             Conflicts pile up out of what nobody solved; solving in time keeps them from piling up. The sizes
                are assumed.
Leaves out      Grievances of those who never report, of households, and against neighbours.
Ablation        gain 0: unsolved reports leave nothing behind, and disputes and petitions do not know them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.outcomes import concluded_today, overdue_today, solved, waited_limits
from twin.world.series import mean


@dataclass(frozen=True)
class Grievances:
    """How grievances grow and go."""

    gain: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                        doc="part of the way to the fullest grievance that one disappointment goes", zh="积怨增量")
    relief: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                          doc="part of a grievance that a report solved in time takes away", zh="化解比例")
    half_life_days: float = param(120.0, "day", 1.0, 3650.0, source="scenario range", evidence="assumed",
                                  doc="until half of a grievance is forgotten", zh="积怨半衰期")
    overdue_limits: float = param(2.0, "1", 1.0, 20.0, source="scenario range", evidence="assumed",
                                  doc="waiting, in class limits, that is a disappointment by itself",
                                  zh="严重超期倍数")


def grievance_mean(world: World) -> float | None:
    """Mean grievance of all residents."""
    p: Any = world.levers["disputes"]
    return mean(world.residents.grievance) if p.followed else None


@mechanism(
    phase=Phase.RESPOND,
    params=Grievances,
    gates=["disputes.followed"],
    reads=[
        "tickets.created", "tickets.reporter", "tickets.priority", "tickets.done", "tickets.closed",
        "tickets.merged", "tickets.merged_into", "tickets.abandoned", "tickets.solved", "levers.desk.limit_hours",
        "levers.disputes.followed",
    ],
    owns={
        "residents.grievance": Column(np.float64, "1", "what unsolved matters left behind", start=0, low=0, high=1),
    },
    metrics={
        "grievance_mean": Metric(
            grievance_mean, "1", better="lower", en="Mean grievance", zh="平均积怨", latent=True, daily=True,
            doc="mean grievance of all residents at the horizon, 0 to 1", doc_zh="期末全体居民积怨（0 至 1）的均值",
        ),
    },
)  # fmt: skip
def grievances(world: View, p: Grievances, draw: Draw, effects: Effects) -> None:
    """Forget a little, and take in what today brought."""
    if not world.levers["disputes"].followed or world.running_on or not len(world.residents):
        return
    grievance = world.residents.grievance * np.exp2(-1 / p.half_life_days)
    told, overdue = concluded_today(world), overdue_today(world, p.overdue_limits)
    kept = solved(world, told) & (waited_limits(world, told) <= 1)
    reporter = world.tickets.reporter
    grievance *= remaining(len(grievance), reporter[told[kept]], p.relief)
    disappointed = np.concatenate((reporter[told[~kept]], reporter[overdue]))
    grievance = 1 - (1 - grievance) * remaining(len(grievance), disappointed, p.gain)
    effects.set("residents", None, grievance=grievance)


def remaining(residents: int, who: Any, part: float) -> Floats:
    """Return what is left of 1 for each resident when each time that it is among `who` takes this part away."""
    times = np.bincount(who, minlength=residents)
    return np.full(residents, 1.0 - part) ** times
