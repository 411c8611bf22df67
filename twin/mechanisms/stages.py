"""Stages: how an open dispute hardens or softens through Glasl's nine stages, until it is made up or ended.

What it does    Each day a dispute goes up one stage or down one with constant hazards; stress of the two sides
                makes it go up sooner, sitting at the table later. From the first stage down it is made up. A
                dispute that was settled during the day stays at the stage at which it was settled.
Why             Quarrels harden step by step: 1 to 3 both can win, 4 to 6 one wins, 7 to 9 both lose [glasl1982].
                Who helps late helps against more. The hazards are assumed.
Leaves out      Courts, police, moving away; steps of more than one stage; what a stage costs the two sides.
Ablation        up_per_day 0: every dispute stays at its first stage and no case leaves the community's table.
                stress_weight 0: stress hardens nothing. calm 1: the table does not calm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.disputes import FIRST_STAGE, LAST_STAGE, NEVER, STAGE_MOVED, is_open
from twin.world.series import in_window, mean, share


@dataclass(frozen=True)
class Stages:
    """How quickly disputes harden and soften."""

    up_per_day: float = param(0.015, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="hazard of the next stage", zh="升级风险率")
    down_per_day: float = param(0.02, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="hazard of the stage before", zh="缓和率")
    fades: bool = param(True, "", source="scenario range", evidence="assumed",
                        doc="whether a dispute of the first stage is made up by a step down", zh="可自行平息")
    stress_weight: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                 doc="gain of the hazard's logarithm by the stress of each side above the usual",
                                 zh="压力对升级的作用")
    calm: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                        doc="factor of the hazard of the next stage while both sides have agreed to the table",
                        zh="调解期间的升级系数")


def faded_share(world: World) -> float | None:
    """Disputes of the window that were made up without an agreement."""
    begun = in_window(world, world.disputes.began * DAY_MINUTES)
    return share((world.disputes.faded_on[begun] >= 0) & (world.disputes.settled_on[begun] < 0))


def stage_of_open_mean(world: World) -> float | None:
    """Mean stage of the open disputes at the end."""
    return mean(world.disputes.stage[is_open(world)].astype(np.float64))


@mechanism(
    phase=Phase.SETTLE,
    params=Stages,
    gates=["disputes.followed"],
    reads=[
        "disputes.plaintiff", "disputes.respondent", "disputes.settled_on", "disputes.agreed_on", "disputes.gave_up",
        "disputes.level", "residents.stress", "levers.stress.set_point",
    ],
    spawns=["turns"],
    owns={
        "disputes.stage": Column(np.int8, "1", "Glasl's stage, 1 to 9", start=1, low=1, high=9),
        "disputes.faded_on": Column(np.int32, "day", "day on which it was made up by itself, -1 if not", start=NEVER),
    },
    metrics={
        "faded_share": Metric(
            faded_share, "1", better=None, en="Disputes made up by themselves", zh="自行平息占比", latent=True,
            doc="disputes made up without an agreement until the end / disputes that began in the window",
            doc_zh="至期末未经调解而自行平息的纠纷数 ÷ 统计期内发生的纠纷数",
        ),
        "stage_of_open_mean": Metric(
            stage_of_open_mean, "1", better="lower", en="Mean stage of open disputes", zh="未了纠纷平均阶段",
            latent=True,
            doc="mean stage, 1 to 9, of the disputes that are open at the end",
            doc_zh="期末未了纠纷所处阶段（1 至 9）的均值",
        ),
    },
    sources=["glasl1982"],
)  # fmt: skip
def stages(world: View, p: Stages, draw: Draw, effects: Effects) -> None:
    """Move each open dispute by at most one stage."""
    rows = np.flatnonzero(is_open(world)) if len(world.disputes) else np.zeros(0, np.int64)
    if not len(rows):
        return
    step = steps(world, p, draw, rows)
    stage = world.disputes.stage[rows] + step
    over = (stage < FIRST_STAGE) & p.fades
    effects.set("disputes", rows, stage=np.clip(stage, FIRST_STAGE, LAST_STAGE).astype(np.int8))
    effects.set("disputes", rows[over], faded_on=world.day)
    now = np.clip(stage, np.where(over, 0, FIRST_STAGE), LAST_STAGE)
    turned = now != world.disputes.stage[rows]
    tell(world, draw, rows[turned], now[turned], effects)


def tell(world: Any, draw: Draw, rows: Ints, stage: Ints, effects: Effects) -> None:
    """Write down that these disputes have come to other stages today (0: made up)."""
    table = world.disputes
    effects.spawn("turns", draw.keys("turn", table.key[rows]), dispute=rows, day=world.day, kind=STAGE_MOVED,
                  stage=stage.astype(np.int8), level=table.level[rows])  # fmt: skip


def steps(world: Any, p: Stages, draw: Draw, rows: Ints) -> Ints:
    """Return +1, 0 or -1 for each of these disputes; the ends of the ladder are not felt here, so chances are exact."""
    up, key = up_rates(world, p, rows), world.disputes.key[rows]
    total = up + p.down_per_day
    moves = draw.happens("moves", -np.expm1(-total), key)
    upward = draw.uniform("direction", key) * total < up
    return np.where(moves, np.where(upward, 1, -1), 0)


def up_rates(world: Any, p: Stages, rows: Ints) -> Floats:
    """Return the hazard of the next stage of each of these disputes [1/day]; a firm has no stress."""
    table, usual = world.disputes, world.levers["stress"].set_point
    stress = np.append(world.residents.stress, usual)
    strain = stress[table.plaintiff[rows]] + stress[table.respondent[rows]] - 2 * usual
    seated = (table.agreed_on[rows] >= 0) & ~table.gave_up[rows]
    rates: Floats = p.up_per_day * np.exp(p.stress_weight * strain) * np.where(seated, p.calm, 1.0)
    return rates
