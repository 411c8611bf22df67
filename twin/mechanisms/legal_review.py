"""Legal review: decisions that would not stand in law are found in time, or reversed later.

What it does    Where decisions are reviewed, most of those that would not stand are put right before anybody minds.
                Each of the others may be challenged, every day with a small hazard, and then falls; everybody who
                hears of it trusts the street office a little less. Until then it is carried out like any other;
                afterwards it is not voted on any more, and `works` gives its site up.
Why             Rule of law in the neighbourhood 法治化 means that a decision can be examined. What falls afterwards
                costs more than what was examined before; the sizes are assumed.
Leaves out      Courts, their costs, that what was built is pulled down. What owners have paid each other stays paid.
Ablation        review off: every decision that would not stand waits to be challenged. trust_cost 0: a reversal
                costs nothing. challenge_per_day 0: nobody examines anything.
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
from twin.world.series import share


@dataclass(frozen=True)
class LegalReview:
    """Whether decisions are examined, by whom and at what cost."""

    followed: bool = param(False, "", source="scenario range", evidence="assumed",
                           doc="whether it is followed what becomes of decisions that would not stand",
                           zh="是否模拟决定的合法性后果")
    review: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                         doc="whether every decision is reviewed on the day after it was made", zh="合法性审查")
    review_finds: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="part of the decisions that would not stand which the review finds",
                                zh="审查发现比例", when="review")
    challenge_per_day: float = param(0.005, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                     doc="hazard that a decision which would not stand is challenged, and falls",
                                     zh="被质疑撤销率")
    trust_cost: float = param(0.02, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                              doc="trust that each resident who hears of a reversal loses", zh="撤销的信任代价")
    heard_share: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="residents who hear of a reversal", zh="知晓撤销的居民占比")


def reversed_share(world: World) -> float | None:
    """Decisions that fell / decisions."""
    return share(world.projects.reversed_on >= 0) if _followed(world) else None


def corrected_share(world: World) -> float | None:
    """Decisions that the review had put right / decisions."""
    return share(world.projects.corrected) if _followed(world) else None


def _followed(world: Any) -> bool:
    return bool(world.levers["legal_review"].followed)


@mechanism(
    phase=Phase.SETTLE,
    params=LegalReview,
    reads=["projects.decided", "projects.lawful"],
    owns={
        "projects.corrected": Column(np.bool_, "1", "the review had it put right", start=False),
        "projects.reversed_on": Column(np.int32, "day", "day on which the decision fell, -1 if it stands", start=-1),
    },
    adds=["residents.trust"],
    metrics={
        "reversed_share": Metric(
            reversed_share, "1", better="lower", en="Decisions that fell", zh="决定被撤销占比",
            doc="projects whose decision was reversed until the end / projects decided",
            doc_zh="至期末决定被撤销的项目数 ÷ 已决定的项目数",
        ),
        "corrected_share": Metric(
            corrected_share, "1", better=None, en="Decisions put right by review", zh="审查纠正占比",
            doc="projects whose decision the review had put right / projects decided",
            doc_zh="经合法性审查纠正的项目数 ÷ 已决定的项目数",
        ),
    },
)  # fmt: skip
def legal_review(world: View, p: LegalReview, draw: Draw, effects: Effects) -> None:
    """Review the decisions of yesterday, and let the others be challenged."""
    table = world.projects
    if not p.followed or world.running_on or not len(table):
        return
    doubtful = np.flatnonzero(~table.lawful & ~table.corrected & (table.reversed_on < 0) & (table.decided < world.day))
    new = table.decided[doubtful] == world.day - 1
    found = p.review & new & draw.happens("found", p.review_finds, table.key[doubtful], 0)
    falls = ~found & draw.happens("falls", -np.expm1(-p.challenge_per_day), table.key[doubtful])
    effects.set("projects", doubtful[found], corrected=True)
    effects.set("projects", doubtful[falls], reversed_on=world.day)
    for project in doubtful[falls]:
        tell(world, p, draw, table.key[project], effects)


def tell(world: Any, p: LegalReview, draw: Draw, project: np.uint64, effects: Effects) -> None:
    """Let some residents hear of a reversal."""
    heard = np.flatnonzero(draw.happens("hears", p.heard_share, world.residents.key ^ project, 0))
    effects.add("residents", heard, trust=-p.trust_cost)
