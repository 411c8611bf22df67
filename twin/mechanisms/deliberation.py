"""Deliberation: what residents think of a plan, and how talk between neighbours moves it.

What it does    On the day of a decision everybody forms an opinion of the plan, from 0 against it to 1 for it: a
                personal taste, and what it would bring of what one needs, of which more counts ever less. Then, for
                some days, neighbours of a building talk, and those whose opinions are near enough draw closer.
Why             Bounded confidence: Deffuant's meetings of two, or Hegselmann and Krause's hearing of all who
                are near [deffuant2000, hegselmann2002]; which opinions survive depends on the confidence
                alone [bennaim2003]. Confidence is hardly ever measured: it is assumed, and to be varied.
Leaves out      Facts that change minds, leaders, and that not everybody talks.
Ablation        law none: opinions stay as they were formed. answer_weight 0: the plan makes no difference.
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
from twin.world.opinions import listen, meet
from twin.world.series import mean
from twin.world.sites import Sites, gains, where
from twin.world.works import DOMAINS, as_columns, needs_of

_NEUTRAL = 1 / 2


@dataclass(frozen=True)
class Deliberation:
    """How opinions form and move."""

    law: str = param("deffuant", "", source="deffuant2000", evidence="assumed",
                     choices=("deffuant", "hegselmann_krause", "none"),
                     doc="who listens to whom: two who meet, all who are near, nobody", zh="意见互动模型")
    talk_days: int = param(14, "day", 0, 365, source="scenario range", evidence="assumed", lever=True,
                           doc="days after the decision on which neighbours talk of it", zh="讨论天数",
                           when="law=deffuant|hegselmann_krause")
    confidence: float = param(0.3, "1", 0.0, 1.0, source="deffuant2000", evidence="assumed",
                              doc="opinions further apart than that do not move each other", zh="信任区间",
                              when="law=deffuant|hegselmann_krause")
    step: float = param(0.2, "1", 0.0, 0.5, source="deffuant2000", evidence="assumed",
                        doc="part of the difference by which each of two gives way", zh="让步比例",
                        when="law=deffuant")
    answer_weight: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="opinion of a plan that answers every need without end, above that of one that "
                                     "brings nothing", zh="需求回应权重")
    answer_needed: float = param(0.1, "1", 0.01, 1.0, source="scenario range", evidence="assumed",
                                 doc="rise of quality, weighted by the own needs, that makes for a neutral opinion",
                                 zh="中立意见所需的质量提升")
    taste_spread: float = param(0.15, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                                doc="standard deviation of the personal taste", zh="个人偏好离散度")


def _formed(world: World) -> Floats:
    """Opinions, where a plan was made; else none."""
    p: Any = world.levers["plans"]
    made = p.process != "none" and world.day > p.decide_on_day
    return world.residents.opinion if made else np.empty(0)


def opinion_mean(world: World) -> float | None:
    """Mean opinion of the plan."""
    return mean(_formed(world))


def opinion_spread(world: World) -> float | None:
    """Standard deviation of the opinions."""
    formed = _formed(world)
    return float(formed.std()) if len(formed) else None


@mechanism(
    phase=Phase.RESPOND,
    params=Deliberation,
    gates=["plans.process"],
    reads=[
        "residents.household", "residents.grid", "households.flat", "flats.building", "flats.stairwell", "flats.floor",
        "projects.work", "projects.building", "projects.stairwell", "projects.grid", "levers.plans.process",
        "levers.plans.decide_on_day", "levers.plans.catalogue", *(f"residents.need_{domain}" for domain in DOMAINS),
    ],
    owns={
        "residents.opinion": Column(
            np.float64, "1", "opinion of the plan, 0 against to 1 in favour", start=_NEUTRAL, low=0.0, high=1.0
        )
    },
    metrics={
        "opinion_mean": Metric(
            opinion_mean, "1", better="higher", en="Opinion of the plan", zh="对方案的平均意见", latent=True,
            doc="mean opinion of the plan of all residents, 0 against to 1 in favour",
            doc_zh="全体居民对方案意见的均值（0 反对至 1 赞成）",
        ),
        "opinion_spread": Metric(
            opinion_spread, "1", better=None, en="Spread of opinions", zh="意见离散度", latent=True,
            doc="standard deviation of the opinions of all residents", doc_zh="全体居民意见的标准差",
        ),
    },
    sources=["deffuant2000", "hegselmann2002", "bennaim2003"],
)  # fmt: skip
def deliberation(world: View, p: Deliberation, draw: Draw, effects: Effects) -> None:
    """Form opinions on the day of the decision, and let neighbours talk on the days after it."""
    levers = world.levers["plans"]
    since = world.day - levers.decide_on_day
    if levers.process == "none" or since < 0 or not len(world.residents):
        return
    if since == 0:
        effects.set("residents", None, opinion=formed(world, p, draw))
    elif since <= p.talk_days and p.law != "none":
        effects.set("residents", None, opinion=talked(world, p, draw))


def formed(world: Any, p: Deliberation, draw: Draw) -> Floats:
    """Return the opinions of a new plan."""
    works = as_columns(world.levers["plans"].catalogue)
    chosen = Sites(*(getattr(world.projects, name).astype(np.int64) for name in Sites._fields))
    brought = (needs_of(world) * gains(works, chosen, where(world), len(DOMAINS))).sum(axis=1)
    taste = p.taste_spread * draw.normal("taste", world.residents.key, 0)
    answered = brought / (brought + p.answer_needed)
    return np.clip(_NEUTRAL + p.answer_weight * (answered - _NEUTRAL) + taste, 0.0, 1.0)


def talked(world: Any, p: Deliberation, draw: Draw) -> Floats:
    """Return the opinions after a day of talk in every building."""
    house = where(world)[1]
    if p.law == "deffuant":
        one, other = pairs_within(house, draw.uniform("meeting", world.residents.key))
        return meet(world.residents.opinion, one, other, p.confidence, p.step)
    after = world.residents.opinion.copy()
    for rows in np.split(order := np.argsort(house, kind="stable"), np.flatnonzero(np.diff(house[order])) + 1):
        if house[rows[0]] >= 0:
            after[rows] = listen(after[rows], p.confidence)
    return after


def pairs_within(house: Ints, luck: Floats) -> tuple[Ints, Ints]:
    """Pair the residents of each building by luck; one is left over where their number is odd."""
    order = np.lexsort((luck, house))
    ordered = house[order]
    first = np.searchsorted(ordered, ordered, side="left")
    leads = ((np.arange(len(order)) - first) % 2 == 0) & (ordered >= 0)
    leads[:-1] &= ordered[:-1] == ordered[1:]
    leads[-1] = False
    at = np.flatnonzero(leads)
    return order[at], order[at + 1]
