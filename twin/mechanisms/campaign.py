"""Campaign: who has heard that something is going to be decided, and still knows it.

What it does    While a campaign lasts, each day it reaches a share of the residents, who then know of the plan.
                Day by day what is known fades.
Why             Publicity comes before taking part: whoever has not heard of a meeting does not go there
                [seeds]. Reach and forgetting are assumed.
Leaves out      Word of mouth, and that leaflets reach some groups better than others.
Ablation        reach 0: nobody learns of the plan from a campaign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.series import mean, share


@dataclass(frozen=True)
class Campaign:
    """How long a campaign lasts, whom it reaches, and how soon it is forgotten."""

    reach: float = param(0.0, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                         doc="share of residents whom a day of the campaign reaches", zh="每日宣传覆盖率")
    from_day: int = param(0, "day", 0, 36_500, source="scenario range", evidence="assumed", lever=True,
                          doc="first day of the campaign, 0 for the first of the run", zh="宣传开始日",
                          when="reach")
    campaign_days: int = param(30, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                               doc="days that it lasts", zh="宣传天数", when="reach")
    forgotten_per_day: float = param(0.02, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                     doc="part of what is known that fades in a day", zh="每日遗忘比例",
                                     when="reach")


def _held(world: World) -> bool:
    p: Any = world.levers["campaign"]
    return bool(p.reach > 0 and world.day > p.from_day)


def informed_share(world: World) -> float | None:
    """Mean knowledge of the plan; None where no campaign is held."""
    return mean(world.residents.informed_of_plan) if _held(world) else None


def reached_share(world: World) -> float | None:
    """Reached by the campaign at least once / residents; None where none is held."""
    return share(world.residents.reached) if _held(world) else None


@mechanism(
    phase=Phase.ARRIVE,
    params=Campaign,
    gates=["campaign.reach"],
    owns={
        "residents.informed_of_plan": Column(
            np.float32, "1", "how far the resident knows of the plan, 0 to 1", low=0.0, high=1.0
        ),
        "residents.reached": Column(np.bool_, "1", "the campaign has reached the resident at least once", start=False),
    },
    metrics={
        "informed_share": Metric(
            informed_share, "1", better="higher",
            en="Residents who know of the plan", zh="方案知晓率", daily=True, latent=True,
            doc="mean knowledge of the plan, from 0 to 1, of all residents at the end (or of the day): what a campaign "
                "left; where one is held",
            doc_zh="期末（或当日）全体居民对方案知晓程度（0 至 1）的均值，即宣传留下的印象；仅在开展宣传时有定义",
        ),
        "reached_share": Metric(
            reached_share, "1", better="higher",
            en="Residents whom the campaign reached", zh="宣传覆盖率",
            doc="residents whom the campaign reached at least once / residents",
            doc_zh="至少被宣传覆盖一次的居民数 ÷ 居民数",
        ),
    },
    sources=["seeds"],
)  # fmt: skip
def campaign(world: View, p: Campaign, draw: Draw, effects: Effects) -> None:
    """Let what is known fade, and reach today's part of the residents."""
    if not p.reach or world.day < p.from_day or not len(world.residents):
        return
    known = world.residents.informed_of_plan * (1 - p.forgotten_per_day)
    if world.day < p.from_day + p.campaign_days:
        today = draw.happens("reached", p.reach, world.residents.key)
        known = np.where(today, 1.0, known)
        effects.set("residents", np.flatnonzero(today), reached=True)
    effects.set("residents", None, informed_of_plan=known)
