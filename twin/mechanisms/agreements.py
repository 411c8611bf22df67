"""Agreements: whether what was settled is kept, and when a dispute comes back.

What it does    Each day an agreement breaks with a small hazard, a larger one the less equal the two sides gained;
                then the dispute begins anew, between the same two and about the same matter, unless the plaintiff
                has another one open about such a matter, of which it becomes a part.
Why             A large majority of mediated agreements is kept [cook1980]; who feels cheated keeps less. A success
                that comes back within half a year was none.
Leaves out      Enforcement, changing an agreement, one side's breach that the other one bears.
Ablation        break_per_month 0: every agreement holds. unfair_weight 0: fairness does nothing.
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
from twin.world.disputes import CAUSES, NEVER, is_kept, is_open
from twin.world.series import share

_MONTH_DAYS = 365 / 12
_HALF_YEAR = 182


@dataclass(frozen=True)
class Agreements:
    """How well agreements are kept."""

    break_per_month: float = param(0.025, "1/month", 0.0, 1.0, source="cook1980", evidence="assumed",
                                   doc="hazard that an agreement breaks from which both gained equally; with a "
                                       "fairness of 1/2, 0.80 hold half a year", zh="协议月破裂率")
    unfair_weight: float = param(1.0, "1", 0.0, 10.0, source="scenario range", evidence="assumed",
                                 doc="gain of the hazard where one side gained nothing", zh="不公平的影响")


def relapse_6m_share(world: World) -> float | None:
    """Agreements that broke within half a year, of those that are as old."""
    table = world.disputes
    old = (table.settled_on >= world.warm_up_days) & (table.settled_on <= world.days - _HALF_YEAR)
    broken = (table.broken_on >= 0) & (table.broken_on - table.settled_on <= _HALF_YEAR)
    return share(broken[old])


@mechanism(
    phase=Phase.RESPOND,
    params=Agreements,
    gates=["disputes.followed"],
    reads=["disputes.cause", "disputes.plaintiff", "disputes.respondent", "disputes.settled_on", "disputes.faded_on",
           "disputes.fairness"],
    owns={
        "disputes.broken_on": Column(np.int32, "day", "day on which the agreement broke, -1 if not", start=NEVER),
    },
    spawns=["disputes"],
    metrics={
        "relapse_6m_share": Metric(
            relapse_6m_share, "1", better="lower", en="Relapse within six months", zh="半年复发率", latent=True,
            doc="agreements that broke within 182 days / agreements of the window made 182 days before the end or "
                "earlier",
            doc_zh="182 天内破裂的协议数 ÷ 统计期内、且至期末已满 182 天的协议数",
        ),
    },
    sources=["cook1980"],
)  # fmt: skip
def agreements(world: View, p: Agreements, draw: Draw, effects: Effects) -> None:
    """Break agreements, and begin their disputes anew on the next morning."""
    if not len(world.disputes) or world.running_on:
        return
    table = world.disputes
    held = np.flatnonzero(is_kept(world))
    broken = held[draw.happens("breaks", -np.expm1(-hazards(world, p, held)), table.key[held])]
    if not len(broken):
        return
    effects.set("disputes", broken, broken_on=world.day)
    broken = begun_anew(world, broken)
    effects.spawn(
        "disputes",
        draw.keys("again", table.key[broken], 0),
        **{name: getattr(table, name)[broken] for name in ("cause", "plaintiff", "respondent")},
        began=world.day,
        again=True,
        parent=broken,
    )


def begun_anew(world: Any, broken: Ints) -> Ints:
    """Return for which of these a dispute begins: one for a plaintiff and cause, none where one is open."""
    table = world.disputes
    matter = table.plaintiff.astype(np.int64) * len(CAUSES) + table.cause
    first = np.unique(matter[broken], return_index=True)[1]
    rows = broken[np.sort(first)]
    return rows[~np.isin(matter[rows], matter[is_open(world)])]


def hazards(world: Any, p: Agreements, rows: Ints) -> Floats:
    """Return the hazard of each of these agreements [1/day]."""
    unfair = 1 - world.disputes.fairness[rows]
    rates: Floats = p.break_per_month / _MONTH_DAYS * (1 + p.unfair_weight * unfair)
    return rates
