"""Living: what residents make of their living conditions, and of how decisions about them are taken.

What it does    Every day residents weigh the quality of each domain at home by their needs, compare it with what
                they expect there and with what others have gained, and count in how far they were told and heard;
                annoyance by works, and what a lift takes from the lowest floors, are losses. Expectation follows
                what is there.
Why             Expectancy and disconfirmation [oliver1980, vanryzin2004, zhang2022], a fair procedure [lind1988],
                losses that weigh more than gains [tversky1992] and aversion to inequity [fehr1999]: five channels,
                kept apart, which add up to the whole.
Leaves out      Hearsay, prices, mood, what a plan promises. Others are those of the own grid. Sizes of the weights
                are assumed, their signs are not.
Ablation        weight_disconfirmation 0: neither expectation nor annoyance counts. weight_procedure 0: voice and
                information count for nothing by themselves. envy and guilt 0: nobody looks at others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from twin.core.columns import Column, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.construction import lift_below, lived_in, qualities
from twin.world.groups import GROUPS, members
from twin.world.series import mean
from twin.world.tables import AGE_GROUPS
from twin.world.wellbeing import disadvantage, fading_a_day, valued
from twin.world.works import DOMAINS, FEN_PER_YUAN, Homes, homes_of, listed, needs_of

_CHILD = AGE_GROUPS.index("child")
_UNKNOWN = -1.0
CHANNELS = ("conditions", "disconfirmation", "procedure", "inequity", "works")
_CHANNEL_TITLES = {
    "conditions": ("conditions at home", "居住条件"),
    "disconfirmation": ("difference from what was expected", "期望落差"),
    "procedure": ("being told and heard", "知情与发言"),
    "inequity": ("comparison with others", "与他人比较"),
    "works": ("what works take", "工程带来的损失"),
}


@dataclass(frozen=True)
class Living:
    """How conditions, expectation, treatment and others' gains weigh."""

    base: float = param(0.15, "1", -0.5, 0.5, source="seeds", evidence="assumed",
                        doc="satisfaction where all channels are 0; it sets the level, chosen with the seeds' "
                            "starting 60 % in mind, and no effect", zh="基准满意度")
    weight_conditions: float = param(0.35, "1", 0.0, 0.6, source="zhang2022", evidence="assumed",
                                     doc="weight of the conditions as they are, by own needs", zh="居住条件权重")
    weight_disconfirmation: float = param(0.45, "1", 0.0, 0.6, source="zhang2022", evidence="assumed",
                                          doc="weight of the difference from what was expected, annoyance included",
                                          zh="期望落差权重")
    weight_procedure: float = param(0.20, "1", 0.0, 0.6, source="lind1988", evidence="assumed",
                                    doc="weight of having been told and heard", zh="程序公正权重")
    loss_aversion: float = param(2.0, "1", 1.0, 2.25, source="tversky1992", evidence="published",
                                 doc="weight of a loss against a gain", zh="损失厌恶")
    envy: float = param(0.85, "1", 0.0, 2.0, source="fehr1999", evidence="published",
                        doc="weight of others' having gained more, in conditions", zh="劣势不平等厌恶")
    guilt: float = param(0.3, "1", 0.0, 1.0, source="fehr1999", evidence="published",
                         doc="weight of having gained more than others, in conditions", zh="优势不平等厌恶")
    lift_harm: float = param(0.1, "1", 0.0, 0.5, source="lift_practice", evidence="assumed",
                             doc="what a lift takes from those on the lowest floors of its stairwell, as annoyance; a "
                                 "full compensation makes up for it", zh="电梯对低楼层的持续影响")
    getting_used_days: float = param(180.0, "day", 1.0, 3650.0, source="scenario range", evidence="assumed",
                                     doc="half-life of a difference between what is there and what is expected",
                                     zh="期望适应半衰期")


def _whole(column: str) -> Callable[[World], float | None]:
    def measured(world: World) -> float | None:
        return mean(_felt(world, column))

    return measured


def _felt(world: World, column: str) -> Floats:
    """Return what residents above 14 feel; nobody where living conditions are not followed."""
    felt = getattr(world.residents, column)
    counted = (world.residents.age_group != _CHILD) & (world.residents.first_conditions >= 0)
    return cast(Floats, felt[counted])


def living_spread(world: World) -> float | None:
    """Return the standard deviation of satisfaction between residents above 14."""
    felt = _felt(world, "living_satisfaction")
    return float(felt.std()) if len(felt) else None


def _of_group(group: str) -> Callable[[World], float | None]:
    def measured(world: World) -> float | None:
        known = world.residents.first_conditions >= 0
        return mean(world.residents.living_satisfaction[members(world, group) & known])

    return measured


def _metrics() -> dict[str, Metric]:
    whole = {
        "living_satisfaction": Metric(
            _whole("living_satisfaction"), "1", better="higher",
            en="Satisfaction with living conditions (latent)", zh="居住满意度（潜在）", daily=True, latent=True,
            doc="mean latent satisfaction of residents above 14 with their living conditions at the horizon",
            doc_zh="期末 14 岁以上居民对居住条件的潜在满意度均值",
        ),
        "living_spread": Metric(
            living_spread, "1", better="lower",
            en="Spread of satisfaction with living conditions", zh="居住满意度离散度", latent=True,
            doc="standard deviation of latent satisfaction with living conditions between residents above 14 at the "
                "horizon",
            doc_zh="期末 14 岁以上居民对居住条件潜在满意度的标准差",
        ),
    }  # fmt: skip
    parts = {
        f"living_{channel}": Metric(
            _whole(f"felt_{channel}"), "1", better="higher", part_of="living_satisfaction",
            en=f"Satisfaction: {en}", zh=f"居住满意度：{zh}", latent=True,
            doc=f"the part of mean satisfaction with living conditions that comes from {en}; with the base the parts "
                "sum to it",
            doc_zh=f"居住满意度均值中来自{zh}的部分；各部分与基准之和即居住满意度",
        )
        for channel, (en, zh) in _CHANNEL_TITLES.items()
    }  # fmt: skip
    groups = {
        f"living_satisfaction_{name}": Metric(
            _of_group(name), "1", better="higher",
            en=f"Satisfaction with living: {group.title.en}", zh=f"居住满意度：{group.title.zh}", latent=True,
            doc=f"mean latent satisfaction with living conditions at the horizon of residents above 14 "
                f"who are {group.title.en}",
            doc_zh=f"期末{group.title.zh}（14 岁以上）对居住条件的潜在满意度均值",
        )
        for name, group in GROUPS.items()
    }  # fmt: skip
    return whole | parts | groups


@mechanism(
    phase=Phase.RESPOND,
    params=Living,
    gates=["works.followed"],
    reads=[
        "levers.works.followed", "levers.plans.catalogue", "levers.ballots.low_floors", "levers.ballots.lift_loss_yuan",
        "projects.work", "projects.stairwell", "projects.finished", "residents.household", "residents.grid",
        "residents.voice", "residents.informed_of_plan", "residents.annoyed", "residents.compensation_fen",
        "households.flat", "flats.building", "flats.stairwell",
        "flats.floor", *(f"residents.need_{domain}" for domain in DOMAINS),
        *(f"buildings.quality_{domain}" for domain in DOMAINS),
    ],
    owns={
        "residents.living_satisfaction": Column(np.float64, "1", "latent satisfaction with living conditions", 0.25),
        "residents.first_conditions": Column(
            np.float32, "1", "conditions at home by own needs on the first day, -1 where not followed", _UNKNOWN
        ),
        **{f"residents.felt_{channel}": Column(np.float32, "1", f"part of it: {_CHANNEL_TITLES[channel][0]}")
           for channel in CHANNELS},
        **{f"residents.expected_{domain}": Column(
            np.float32, "1", f"quality of {domain} expected at home, -1 before the first day", _UNKNOWN)
           for domain in DOMAINS},
    },
    metrics=_metrics(),
    sources=["oliver1980", "vanryzin2004", "zhang2022", "lind1988", "tversky1992", "fehr1999"],
)  # fmt: skip
def living(world: View, p: Living, draw: Draw, effects: Effects) -> None:
    """Let every resident judge the day's living conditions."""
    residents = world.residents
    if not world.levers["works"].followed or not len(residents) or world.running_on:
        return
    homes, needs = homes_of(world), needs_of(world)
    there = lived_in(qualities(world), homes)
    before = np.stack([getattr(residents, f"expected_{domain}") for domain in DOMAINS], axis=1).astype(np.float64)
    expected = np.where(before < 0, there, before)
    conditions = (needs * there).sum(axis=1)
    first = np.where(residents.first_conditions < 0, conditions, residents.first_conditions)
    parts = {
        "conditions": p.weight_conditions * conditions,
        "disconfirmation": p.weight_disconfirmation * (needs * valued(there - expected, p.loss_aversion)).sum(axis=1),
        "procedure": p.weight_procedure * np.mean((residents.voice, residents.informed_of_plan), axis=0),
        "inequity": -p.weight_conditions * compared(p, conditions - first, residents.grid),
        "works": -p.weight_disconfirmation * p.loss_aversion * (residents.annoyed + robbed(world, p, homes)),
    }
    effects.set("residents", None, living_satisfaction=p.base + sum(parts.values()), first_conditions=first)
    effects.set("residents", None, **{f"felt_{channel}": part for channel, part in parts.items()})
    nearer = expected + fading_a_day(p.getting_used_days) * (there - expected)
    effects.set("residents", None, **{f"expected_{domain}": nearer[:, k] for k, domain in enumerate(DOMAINS)})


def robbed(world: Any, p: Living, homes: Homes) -> Floats:
    """Return what lifts take from residents on the lowest floors, less what compensation makes up for (residents,)."""
    votes = world.levers["ballots"]
    due_fen = max(votes.lift_loss_yuan * FEN_PER_YUAN, 1)
    unpaid = 1 - np.minimum(world.residents.compensation_fen / due_fen, 1)
    return p.lift_harm * unpaid * lift_below(world, listed(world.levers["plans"].catalogue), homes, votes.low_floors)


def compared(p: Living, gained: Floats, grid: Ints) -> Floats:
    """Return what looking at the mean gain of the own grid takes from each (residents,)."""
    slots = grid - grid.min()
    count = np.maximum(np.bincount(slots), 1)
    return disadvantage(gained, (np.bincount(slots, gained) / count)[slots], p.envy, p.guilt)
