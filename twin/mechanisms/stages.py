"""Stages: how an open dispute hardens or softens through Glasl's nine stages, until it is made up or ended.

What it does    Each day a dispute goes up one stage or down one with constant hazards; stress of the two sides
                makes it go up sooner, a date that is near or a session just held later: not waiting between two
                offices, nor in a queue. From the first stage down it is made up. A dispute that was settled during
                the day stays at the stage at which it was settled. After the horizon only those move that both
                sides have agreed to bring to a table, until it is done with them.
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
from twin.world.disputes import (
    FIRST_STAGE,
    LAST_STAGE,
    NEVER,
    STAGE_MOVED,
    has_table,
    is_open,
    near_table,
    open_at_end,
)
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
                        doc="factor of the hazard of the next stage while the table is near", zh="调解期间的升级系数")
    calm_days: int = param(7, "day", 0, 365, source="scenario range", evidence="assumed",
                           doc="before a date, after it has come and after a session, in which the table is near: it "
                               "calms, and nobody petitions", zh="调解前后的缓和天数")


def faded_share(world: World) -> float | None:
    """Disputes of the window that were made up without an agreement before the horizon."""
    begun = in_window(world, world.disputes.began * DAY_MINUTES)
    faded = world.disputes.faded_on[begun]
    return share((faded >= 0) & (faded < world.days) & (world.disputes.settled_on[begun] < 0))


def stage_of_open_mean(world: World) -> float | None:
    """Mean stage, at the horizon, of the disputes that were open then."""
    return mean(stages_at_end(world)[open_at_end(world)].astype(np.float64))


def stages_at_end(world: Any) -> Ints:
    """Return the stage of each dispute when the horizon was reached: what has moved since is taken back."""
    turns, stage = world.turns, world.disputes.stage.astype(np.int64)
    moves = turns.kind == STAGE_MOVED
    since = turns.dispute[moves & (turns.day >= world.days)]
    before = np.flatnonzero(moves & (turns.day < world.days) & np.isin(turns.dispute, since))
    stage[since] = FIRST_STAGE
    stage[turns.dispute[before]] = turns.stage[before]  # in the order of days: of each dispute the last one stays
    return stage


@mechanism(
    phase=Phase.SETTLE,
    params=Stages,
    gates=["disputes.followed"],
    reads=[
        "disputes.plaintiff", "disputes.respondent", "disputes.settled_on", "disputes.agreed_on", "disputes.gave_up",
        "disputes.due_on", "disputes.table_on", "disputes.between_offices", "disputes.level", "residents.stress",
        "levers.stress.set_point",
    ],
    spawns=["turns"],
    owns={
        "disputes.stage": Column(np.int8, "1", "Glasl's stage, 1 to 9", start=1, low=1, high=9),
        "disputes.faded_on": Column(np.int32, "day", "day on which it was made up by itself, -1 if not", start=NEVER),
    },
    metrics={
        "faded_share": Metric(
            faded_share, "1", better=None, en="Disputes made up by themselves", zh="自行平息占比", latent=True,
            doc="disputes made up without an agreement before the horizon / disputes that began in the window",
            doc_zh="至期末未经调解而自行平息的纠纷数 ÷ 统计期内发生的纠纷数",
        ),
        "stage_of_open_mean": Metric(
            stage_of_open_mean, "1", better="lower", en="Mean stage of open disputes", zh="未了纠纷平均阶段",
            latent=True,
            doc="mean stage, 1 to 9, of the disputes that are open at the horizon",
            doc_zh="期末未了纠纷所处阶段（1 至 9）的均值",
        ),
    },
    sources=["glasl1982"],
)  # fmt: skip
def stages(world: View, p: Stages, draw: Draw, effects: Effects) -> None:
    """Move each open dispute by at most one stage."""
    rows = living(world)
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


def living(world: Any) -> Ints:
    """Return the disputes that can move: the open ones, after the horizon those among them that have a table."""
    if not len(world.disputes):
        return np.zeros(0, np.int64)
    return np.flatnonzero(is_open(world) & (has_table(world) | (not world.running_on)))


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
    calmed = near_table(world, p.calm_days)[rows]
    rates: Floats = p.up_per_day * np.exp(p.stress_weight * strain) * np.where(calmed, p.calm, 1.0)
    return rates
