"""Crowdfunding: a small park that residents pledge money for, with a threshold, refund and match.

What it does    While a campaign is open every resident of 18 and over decides once whether to pledge, and how much,
                by income. On the last day the pledges and the match are counted: if they reach the goal the money
                is taken, else it is given back, or lost where nothing is refunded.
Why             A threshold with refund makes a pledge safe: nobody pays for a park that is not built
                [bagnoli1989]. A match of a yuan for a yuan halves what residents have to bring. Civic
                crowdfunding favours the green and the well-off [davies2014].
Leaves out      That people wait and see how far it is, that neighbours ask each other, refund bonuses, and what the
                park is worth once it is there.
Ablation        pledge_chance 0: nobody pledges. match 0 and refund off are arms.
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
from twin.world.inequality import gini
from twin.world.ledger import DONATIONS, PARK, PUBLIC
from twin.world.series import ratio
from twin.world.works import FEN_PER_YUAN

_ADULT = 18
_MIDDLE_FIFTH = 3
UNDECIDED, TAKEN, REFUNDED, LOST = range(4)


@dataclass(frozen=True)
class Crowdfunding:
    """The ``crowdfunding:`` block: the goal, the terms, and how ready residents are."""

    goal_yuan: float = param(
        0.0,
        "yuan",
        0.0,
        1e9,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="what the park costs (0: there is no campaign)",
        zh="众筹目标（0：无众筹）",
    )
    from_day: int = param(
        0,
        "day",
        0,
        36_500,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="first day of the campaign",
        zh="众筹开始日",
        when="goal_yuan",
    )
    open_days: int = param(
        30,
        "day",
        1,
        3650,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="days that it is open",
        zh="众筹天数",
        when="goal_yuan",
    )
    pledge_chance: float = param(
        0.15,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="residents of 18 and over who pledge if pledges are refunded and not matched",
        zh="认捐概率",
        when="goal_yuan",
    )
    pledge_yuan: float = param(
        200.0,
        "yuan",
        0.01,
        1e6,
        source="scenario range",
        evidence="assumed",
        doc="pledge in the middle fifth of incomes",
        zh="中等收入者的认捐额",
        when="goal_yuan",
    )
    income_gain: float = param(
        0.35,
        "1",
        0.0,
        2.0,
        source="davies2014",
        evidence="assumed",
        doc="rise of the logarithm of a pledge for each fifth of income",
        zh="收入对认捐额的影响",
        when="goal_yuan",
    )
    spread: float = param(
        0.6,
        "1",
        0.0,
        2.0,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of the logarithm of a pledge",
        zh="认捐额离散度",
        when="goal_yuan",
    )
    match: float = param(
        0.0,
        "1",
        0.0,
        5.0,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="yuan that the government adds to each yuan pledged, if the goal is reached",
        zh="政府配比",
        when="goal_yuan",
    )
    refund: bool = param(
        True,
        "",
        source="bagnoli1989",
        evidence="published",
        lever=True,
        doc="pledges are given back if the goal is missed",
        zh="未达标退款",
        when="goal_yuan",
    )
    caution: float = param(
        0.5,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="share of those who would pledge that do not, where nothing is refunded",
        zh="不退款时放弃认捐的占比",
        when="goal_yuan",
    )
    match_pull: float = param(
        0.1,
        "1",
        0.0,
        2.0,
        source="scenario range",
        evidence="assumed",
        doc="by how much a match of one for one raises the chance to pledge, as a share of it",
        zh="配比对认捐意愿的提升",
        when="match",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def _ended(world: World) -> Any:
    """Return the block where a campaign has ended within the run, else None."""
    p: Any = world.levers["crowdfunding"]
    return p if p.goal_yuan and p.from_day + p.open_days <= world.days else None


def crowdfund_reached_share(world: World) -> float | None:
    """1 where the goal was reached, 0 where not."""
    p = _ended(world)
    return None if p is None else float(reached(p, float(world.pledges.fen.sum())))


def pledged_yuan(world: World) -> float | None:
    """What residents pledged."""
    return None if _ended(world) is None else float(world.pledges.fen.sum()) / FEN_PER_YUAN


def pledge_gini(world: World) -> float | None:
    """Gini coefficient of the pledges."""
    given = world.pledges.fen.astype(np.float64)
    return gini(given) if _ended(world) is not None and len(given) else None


def pledges_lost_yuan(world: World) -> float | None:
    """What residents paid for a park that is not built."""
    lost = world.pledges.fen[world.pledges.fate == LOST]
    return None if _ended(world) is None else float(lost.sum()) / FEN_PER_YUAN


def match_yuan(world: World) -> float | None:
    """What the government added."""
    p = _ended(world)
    if p is None:
        return None
    fen = float(world.pledges.fen.sum())
    return p.match * fen / FEN_PER_YUAN if reached(p, fen) else 0.0


def pledging_share(world: World) -> float | None:
    """Residents of 18 and over who pledged."""
    adults = np.count_nonzero(world.residents.age >= _ADULT)
    return ratio(len(world.pledges), adults) if _ended(world) is not None else None


@mechanism(
    phase=(Phase.ARRIVE, Phase.SETTLE),
    params=Crowdfunding,
    reads=["residents.age", "residents.household", "households.income", "pledges.fen"],
    owns={"pledges.fate": Column(np.int8, "1", "0 not decided yet, 1 taken, 2 given back, 3 lost")},
    spawns=["pledges", "postings"],
    metrics={
        "crowdfund_reached_share": Metric(
            crowdfund_reached_share, "1", better="higher", en="Goals reached", zh="众筹达标率",
            doc="1 where pledges and match reach the goal by the last day, else 0; over runs, the chance of success",
            doc_zh="截止日认捐与配比之和达到目标为 1，否则为 0；对多次运行取平均即成功概率",
        ),
        "pledged_yuan": Metric(
            pledged_yuan, "yuan", better="higher", en="Pledged", zh="认捐总额",
            doc="sum of all pledges, given back or not", doc_zh="全部认捐额之和（不论是否退回）",
        ),
        "pledge_gini": Metric(
            pledge_gini, "1", better=None, en="Gini coefficient of pledges", zh="认捐额基尼系数",
            doc="Gini coefficient of the pledges of those who pledged", doc_zh="认捐者认捐额的基尼系数",
        ),
        "pledges_lost_yuan": Metric(
            pledges_lost_yuan, "yuan", better="lower", en="Paid for nothing", zh="未退回的认捐额",
            doc="pledges that were not given back although the goal was missed", doc_zh="未达标却未退回的认捐额之和",
        ),
        "match_yuan": Metric(
            match_yuan, "yuan", better=None, en="Added by the government", zh="政府配比金额",
            doc="match on all pledges where the goal was reached, else 0",
            doc_zh="达标时按全部认捐额计的配比金额，否则为 0",
        ),
        "pledging_share": Metric(
            pledging_share, "1", better=None, en="Residents who pledge", zh="认捐居民占比",
            doc="pledges / residents of 18 and over", doc_zh="认捐人数 ÷ 18 岁及以上居民数",
        ),
    },
    sources=["bagnoli1989", "davies2014"],
)  # fmt: skip
def crowdfunding(world: View, p: Crowdfunding, draw: Draw, effects: Effects) -> None:
    """Take the day's pledges (in ARRIVE); settle the campaign on its last day (in SETTLE)."""
    day = world.day - p.from_day
    if not p.goal_yuan or not 0 <= day < p.open_days:
        return
    if world.phase is Phase.ARRIVE:
        pledge(world, p, draw, effects, day)
    elif day == p.open_days - 1:
        fen = world.pledges.fen
        built = reached(p, float(fen.sum()))
        effects.set("pledges", None, fate=TAKEN if built else REFUNDED if p.refund else LOST)
        book(world, p, draw, effects, int(fen.sum()), built)


def reached(p: Crowdfunding, fen: float) -> bool:
    """Tell whether pledges and match reach the goal."""
    return fen * (1 + p.match) >= p.goal_yuan * FEN_PER_YUAN


def book(world: Any, p: Crowdfunding, draw: Draw, effects: Effects, pledged: int, built: bool) -> None:
    """Book what was taken of residents, and what the government adds if the park is built."""
    given = (pledged if built or not p.refund else 0, round(p.match * pledged) if built else 0)
    for source, fen in zip((DONATIONS, PUBLIC), given, strict=True):
        if fen:
            keys = draw.keys("park", np.array([source], np.uint64), 0)
            effects.spawn("postings", keys, day=world.day, account=PARK, fen=fen, source=source)


def willingness(p: Crowdfunding) -> float:
    """Return the chance that somebody pledges under these terms."""
    return min(p.pledge_chance * (1 if p.refund else 1 - p.caution) * (1 + p.match_pull * p.match), 1.0)


def pledge(world: Any, p: Crowdfunding, draw: Draw, effects: Effects, day: int) -> None:
    """Spawn the pledges of those who decide today."""
    keys = world.residents.key
    decides = np.floor(draw.uniform("day", keys, 0) * p.open_days) == day
    will = draw.happens("pledge", willingness(p), keys, 0) & (world.residents.age >= _ADULT)
    who = np.flatnonzero(decides & will)
    fen = np.rint(amounts(world, p, draw)[who] * FEN_PER_YUAN).astype(np.int64)
    effects.spawn("pledges", draw.keys("pledge", keys[who], 0), resident=who, day=world.day, fen=fen)


def amounts(world: Any, p: Crowdfunding, draw: Draw) -> Floats:
    """Return what each resident would pledge [yuan]."""
    fifth = np.append(world.households.income, _MIDDLE_FIFTH)[world.residents.household]
    luck = draw.normal("amount", world.residents.key, 0)
    return p.pledge_yuan * np.exp(p.income_gain * (fifth - _MIDDLE_FIFTH) + p.spread * luck)
