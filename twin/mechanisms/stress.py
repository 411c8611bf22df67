"""Stress: what open disputes do to people, and what counselling takes off them.

What it does    Stress returns to a personal usual level, lifted by each open dispute of one's own, the more the
                harder it has become. Who is above a threshold may go to a counsellor, whose hours are work orders
                of the desk, and asks for no other while waiting for one; each hour that was held makes the own
                usual level lower for a while. After the horizon stress stays as it is; hours still waited for are
                held and paid.
Why             Strained people quarrel sooner and give way later. Counselling in primary care helps by about half
                a standard deviation [cuijpers2009].
Leaves out      Illness, work and money as causes, medicine, and that people seek help for other reasons.
Ablation        counselling_effect 0: counselling helps nobody. uptake_per_day 0: nobody goes. The weights of
                stress in `disputes` and `stages` 0: stress does nothing to disputes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import Doubt, param, wrong_lengths
from twin.core.world import Phase, World
from twin.world.disputes import is_open
from twin.world.kinds import priority_of
from twin.world.ledger import COUNSELLING, PUBLIC, booked_yuan, to_fen
from twin.world.outcomes import falls_today, orders_about
from twin.world.series import count_per_thousand_year, mean
from twin.world.tables import AGE_GROUPS, CHANNELS

_DAY_BITS = 40  # of a resident's key and a day in one word
_YOUTH, _CHILD = AGE_GROUPS.index("youth"), AGE_GROUPS.index("child")


@dataclass(frozen=True)
class Stress:
    """How stress comes and goes, and who is helped."""

    set_point: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="usual stress of a mean resident, 0 to 1", zh="平常压力水平")
    spread: float = param(0.15, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                          doc="standard deviation between residents", zh="个体差异")
    return_per_day: float = param(0.05, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="part of the way back to the usual level that a day goes", zh="日回复比例")
    dispute_load: float = param(0.04, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="by which an open dispute lifts the usual level of its sides, for each stage",
                                zh="纠纷的压力负荷")
    categories: tuple[str, ...] = param((), "", source="scenario range", evidence="assumed", lever=True,
                                        doc="category of a counsellor's hour, which is some team's duty (none: there "
                                            "is no counselling)", zh="心理服务的类别")
    threshold: float = param(0.55, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="stress from which a resident may go to a counsellor", zh="求助阈值")
    uptake_per_day: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                  doc="hazard of going, above the threshold", zh="求助率", when="categories")
    counselling_effect: float = param(0.5, "1", 0.0, 2.0, source="cuijpers2009", evidence="published",
                                      doc="by which the usual level sinks, in standard deviations", zh="心理服务效果",
                                      when="categories")
    again_days: int = param(180, "day", 1, 3650, source="scenario range", evidence="assumed",
                            doc="from one request of a resident to the next, at least; half of the effect is gone by "
                                "then",
                            zh="再次求助间隔（效果半衰期）", when="categories")
    hour_yuan: float = param(200.0, "yuan", 0.0, 100_000.0, source="scenario range", evidence="assumed", lever=True,
                             doc="price of a counsellor's hour beside wages, which is booked when it is held",
                             zh="心理服务费用（每次，工资除外）", when="categories")

    def mistakes(self) -> list[Doubt]:
        """Complain of a second category: all hours are of the first."""
        return wrong_lengths(self, {"categories": (0, 1)})


def _stress_of(world: World, group: int | None) -> float | None:
    p: Any = world.levers["disputes"]
    chosen = slice(None) if group is None else world.residents.age_group == group
    return mean(world.residents.stress[chosen]) if p.followed else None


def stress_mean(world: World) -> float | None:
    """Mean stress of all residents."""
    return _stress_of(world, None)


def stress_mean_youth(world: World) -> float | None:
    """Mean stress of residents from 15 to 34."""
    return _stress_of(world, _YOUTH)


def counselled_per_1000(world: World) -> float | None:
    """Counsellors' hours that were held in the window."""
    p: Any = world.levers["stress"]
    return count_per_thousand_year(world, world.residents.hours_held.sum()) if p.categories else None


def counselling_yuan(world: World) -> float | None:
    """Return what was booked for counsellors' hours in the window."""
    p: Any = world.levers["stress"]
    return booked_yuan(world, [COUNSELLING]) if p.categories else None


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Stress,
    gates=["disputes.followed"],
    reads=[
        "disputes.plaintiff", "disputes.respondent", "disputes.stage", "disputes.settled_on", "disputes.faded_on",
        "residents.age_group", "residents.grid", "residents.x", "residents.y", "tickets.incident", "tickets.done",
        "tickets.abandoned", "kinds.priority",
        "levers.disputes.followed",
    ],
    owns={
        "residents.stress": Column(np.float64, "1", "strain, 0 none to 1 the worst", start=0.3, low=0, high=1),
        "residents.relief": Column(np.float64, "1", "by which counselling lowers the usual stress", start=0, low=0),
        "residents.counselled_on": Column(
            np.int32, "day", "day on which a counsellor's hour was last asked for, -1 if never", start=-1
        ),
        "residents.awaits_hour": Column(np.bool_, "1", "the hour last asked for is an order of the desk", start=False),
        "residents.hours_held": Column(np.int16, "1", "counsellors' hours held in the window", low=0),
    },
    spawns=["tickets", "postings"],
    metrics={
        "counselling_yuan": Metric(
            counselling_yuan, "yuan", better="lower", en="Cost of counselling", zh="心理服务费用",
            doc="booked in the window for counsellors' hours, beside wages",
            doc_zh="统计期内心理服务的记账费用（工资除外）",
        ),
        "stress_mean": Metric(
            stress_mean, "1", better="lower", en="Mean stress", zh="平均压力", latent=True, daily=True,
            doc="mean stress of all residents at the horizon, 0 to 1", doc_zh="期末全体居民压力（0 至 1）的均值",
        ),
        "stress_mean_youth": Metric(
            stress_mean_youth, "1", better="lower", en="Mean stress, aged 15 to 34", zh="青年平均压力", latent=True,
            doc="mean stress of residents from 15 to 34 at the horizon, 0 to 1",
            doc_zh="期末 15 至 34 岁居民压力（0 至 1）的均值",
        ),
        "counselled_per_1000": Metric(
            counselled_per_1000, "1/year", better=None, en="Counselling hours per 1,000 residents",
            zh="每千人年心理服务人次",
            doc="counsellors' hours that were held in the window, per 1,000 residents and year",
            doc_zh="统计期内完成的心理服务人次，折算为每千居民每年",
        ),
    },
    sources=["cuijpers2009"],
)  # fmt: skip
def stress(world: View, p: Stress, draw: Draw, effects: Effects) -> None:
    """Send strained residents to the counsellor (in ARRIVE); let stress follow what weighs on it (in RESPOND)."""
    if not world.levers["disputes"].followed or not len(world.residents):
        return
    if world.phase is Phase.ARRIVE:
        ask_for_help(world, p, draw, effects)
    else:
        helped = end_hours(world, effects)
        pay(world, p, draw, helped, effects)
        if not world.running_on:
            live_on(world, p, draw, helped, effects)


def end_hours(world: Any, effects: Effects) -> Ints:
    """Let those ask again whose order ended today; return those of them whose hour was held."""
    waiting = np.flatnonzero(world.residents.awaits_hour)
    if not len(waiting):
        return waiting
    orders = orders_about(world, matters(world, waiting, world.residents.counselled_on[waiting]))
    ended, orders = waiting[orders >= 0], orders[orders >= 0]
    effects.set("residents", ended, awaits_hour=False)
    return ended[falls_today(world, world.tickets.done[orders])]


def live_on(world: Any, p: Stress, draw: Draw, helped: Ints, effects: Effects) -> None:
    """Relieve those who were with a counsellor today; let everybody's stress go a part of its way."""
    residents = world.residents
    relief = residents.relief * np.exp2(-1 / p.again_days)
    relief[helped] += p.counselling_effect * p.spread
    level = residents.stress + p.return_per_day * (usual(world, p, draw, relief) - residents.stress)
    effects.set("residents", None, stress=np.clip(level, 0.0, 1.0), relief=relief)
    if world.day >= world.warm_up_days:
        effects.set("residents", helped, hours_held=residents.hours_held[helped] + 1)


def pay(world: Any, p: Stress, draw: Draw, helped: Ints, effects: Effects) -> None:
    """Book the hours that ended today."""
    if p.hour_yuan and len(helped):
        effects.spawn("postings", draw.keys("price", world.residents.key[helped]), day=world.day, account=COUNSELLING,
                      fen=to_fen(p.hour_yuan), source=PUBLIC)  # fmt: skip


def usual(world: Any, p: Stress, draw: Draw, relief: Floats) -> Floats:
    """Return the level to which each resident's stress is on its way."""
    own: Floats = p.set_point + p.spread * draw.normal("usual", world.residents.key, 0)
    return own - relief + p.dispute_load * weight_of_disputes(world)


def weight_of_disputes(world: Any) -> Floats:
    """Return the sum of the stages of each resident's open disputes."""
    table, size = world.disputes, len(world.residents)
    rows = np.flatnonzero(is_open(world))
    stage = table.stage[rows].astype(np.float64)
    mine = np.bincount(table.plaintiff[rows], stage, size).astype(np.float64)
    yours = np.bincount(table.respondent[rows] + 1, stage, size + 1)[1:]
    return mine + yours


def matters(world: Any, who: Ints, day: Ints) -> Keys:
    """Return what the hours are about that these residents asked for on these days."""
    keys: Keys = world.residents.key[who] + (day.astype(np.uint64) << np.uint64(_DAY_BITS))
    return keys


def ask_for_help(world: Any, p: Stress, draw: Draw, effects: Effects) -> None:
    """Spawn the orders of those who go to a counsellor today."""
    if not p.categories:
        return
    residents = world.residents
    since = residents.counselled_on
    free = ~residents.awaits_hour & ((since < 0) | (world.day - since >= p.again_days))
    strained = np.flatnonzero(free & (residents.stress >= p.threshold) & (residents.age_group != _CHILD))
    going = strained[draw.happens("goes", -np.expm1(-p.uptake_per_day), residents.key[strained])]
    category = np.full(len(going), world.categories.index(p.categories[0]))
    about = matters(world, going, np.full(len(going), world.day))
    keys = draw.keys("hour", about, 0)
    effects.set("residents", going, counselled_on=world.day, awaits_hour=True)
    effects.spawn(
        "tickets",
        keys,
        created=world.day * DAY_MINUTES + draw.uniform("minute", keys, 0) * DAY_MINUTES,
        incident=about,
        category=category,
        channel=CHANNELS.index("walk_in"),
        request=False,
        priority=priority_of(world, category),
        grid=residents.grid[going],
        x=residents.x[going],
        y=residents.y[going],
    )
