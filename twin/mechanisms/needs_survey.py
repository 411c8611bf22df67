"""Needs survey: what residents tell the office that they need, and what the asking costs.

What it does    On the day of the decision a sample of grown-ups is asked at the door, of whom some answer, the
                old more often; those who took part at a meeting or in the app have said what they want there.
                Each answer is the true weights, blurred; at a meeting the loudest wish is overstated.
Why             A survey, a hearing and an app hear different people, each with its own error and price: the
                error of an estimate is that of the sample and the bias of who is heard [seeds]. Sizes are
                assumed; that the app leaves out the old is not [cnnic49].
Leaves out      Interviewers' influence, lies for advantage, and that people do not know their own needs.
Ablation        survey_residents 0 with the app only: what the old need is guessed from the young.
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
from twin.world.asking import AT_A_MEETING, BY_SURVEY, IN_THE_APP, NOT_ASKED, WAYS, asking_fen, stated_columns
from twin.world.ledger import ASKING
from twin.world.series import share
from twin.world.tables import AGE_GROUPS
from twin.world.works import AT_MEETING, BY_APP, DOMAINS, FEN_PER_YUAN, needs_of

_ONE = np.zeros(1, np.uint64)
_CHILD, _ELDER = AGE_GROUPS.index("child"), AGE_GROUPS.index("elder")


@dataclass(frozen=True)
class NeedsSurvey:
    """Whom the office asks, how well it hears, and what that costs."""

    survey_residents: int = param(0, "1", 0, 100_000, source="scenario range", evidence="assumed", lever=True,
                                  doc="residents above 14 who are asked at the door before the decision",
                                  zh="入户调查人数")
    response_share: float = param(0.4, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="those who answer, of those asked at the door", zh="入户调查应答率",
                                  when="survey_residents")
    elder_response_share: float = param(0.6, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                        doc="the same, aged 65 and over", zh="老年人入户调查应答率",
                                        when="survey_residents")
    survey_noise: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="standard deviation of a weight told at the door", zh="入户调查误差",
                                when="survey_residents")
    meeting_noise: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="standard deviation of a weight told at a meeting", zh="会议表达误差")
    meeting_loudness: float = param(1.5, "1", 1.0, 3.0, source="scenario range", evidence="assumed",
                                    doc="power to which weights are raised in what is said at a meeting, before they "
                                        "are scaled to 1", zh="会议表达放大程度")
    app_noise: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="standard deviation of a weight told in the app", zh="线上表达误差")
    survey_yuan: float = param(40.0, "yuan", 0.0, 1000.0, source="scenario range", evidence="assumed",
                               doc="cost of asking one resident at the door, answered or not", zh="每人入户调查费用",
                               when="survey_residents")
    meetings_yuan: float = param(20_000.0, "yuan", 0.0, 1e6, source="scenario range", evidence="assumed",
                                 doc="cost of the meetings of one decision", zh="会议费用")
    app_yuan: float = param(10_000.0, "yuan", 0.0, 1e6, source="scenario range", evidence="assumed",
                            doc="cost of the app for one decision", zh="线上平台费用")


def asking_cost_yuan(world: World) -> float | None:
    """Cost of the survey, the meetings and the app of the decision; None until it was made."""
    plans: Any = world.levers["plans"]
    if plans.process == "none" or world.day <= plans.decide_on_day:
        return None
    return float(world.postings.fen[world.postings.account == ASKING].sum()) / FEN_PER_YUAN


def heard_share(world: World) -> float | None:
    """Told the office what they need / residents above 14; None where nothing is decided."""
    decides = world.levers["plans"].process != "none"  # type: ignore[attr-defined]
    asked_by = world.residents.asked_by[(world.residents.age_group != _CHILD) & decides]
    return share(asked_by != NOT_ASKED)


@mechanism(
    phase=Phase.ARRIVE,
    params=NeedsSurvey,
    gates=["plans.process"],
    reads=[
        "residents.age_group", "residents.took_part", "levers.plans.process", "levers.plans.decide_on_day",
        *(f"residents.need_{domain}" for domain in DOMAINS),
    ],
    owns={
        **stated_columns(),
        "residents.asked_by": Column(np.int8, "1", f"how needs were heard: index into {WAYS}", NOT_ASKED),
    },
    metrics={
        "asking_cost_yuan": Metric(
            asking_cost_yuan, "yuan", better="lower", en="Cost of asking residents", zh="征求意见费用",
            doc="cost of the survey at the door, the meetings and the app before the decision",
            doc_zh="决定前入户调查、会议与线上平台的费用合计",
        ),
        "heard_share": Metric(
            heard_share, "1", better="higher", en="Residents whose needs were heard", zh="需求被听取的居民占比",
            doc="residents above 14 who told the office what they need, at the door, at a meeting or in the app "
                "/ residents above 14",
            doc_zh="通过入户、会议或应用表达过需求的 14 岁以上居民数 ÷ 14 岁以上居民数",
        ),
    },
    spawns=["postings"],
    sources=["seeds", "cnnic49"],
)  # fmt: skip
def needs_survey(world: View, p: NeedsSurvey, draw: Draw, effects: Effects) -> None:
    """Collect what is said, on the morning of the decision."""
    plans = world.levers["plans"]
    if plans.process == "none" or world.day != plans.decide_on_day:
        return
    fen = asking_fen(world, p, plans.process)
    if fen:
        effects.spawn("postings", draw.keys("asking", _ONE), day=world.day, account=ASKING, fen=fen)
    took_part = world.residents.took_part
    at_the_door = answering(world, p, draw)
    way = np.where(took_part == AT_MEETING, AT_A_MEETING, np.where(took_part == BY_APP, IN_THE_APP, NOT_ASKED))
    way[at_the_door] = BY_SURVEY
    heard = np.flatnonzero(way)
    if len(heard):
        said = statements(world, p, draw, heard, way[heard]).astype(np.float32)
        columns = {f"stated_{domain}": said[:, place] for place, domain in enumerate(DOMAINS)}
        effects.set("residents", heard, asked_by=way[heard].astype(np.int8), **columns)


def answering(world: Any, p: NeedsSurvey, draw: Draw) -> Ints:
    """Return the residents who answer at the door; a larger sample holds a smaller one."""
    residents = world.residents
    grown = np.flatnonzero(residents.age_group != _CHILD)
    luck = draw.uniform("sample", residents.key[grown], 0)
    asked = grown[np.argsort(luck, kind="stable")[: p.survey_residents]]
    chance = np.where(residents.age_group[asked] == _ELDER, p.elder_response_share, p.response_share)
    return asked[draw.happens("answer", chance, residents.key[asked], 0)]


def statements(world: Any, p: NeedsSurvey, draw: Draw, heard: Ints, way: Ints) -> Floats:
    """Return what these residents say (heard, domains); rows sum to 1, single weights may be below 0."""
    power = np.where(way == AT_A_MEETING, p.meeting_loudness, 1.0)
    weights = needs_of(world)[heard] ** power[:, None]
    weights /= weights.sum(axis=1, keepdims=True)
    noise = np.array([0.0, p.survey_noise, p.meeting_noise, p.app_noise])[way]
    keys = world.residents.key[heard]
    luck = np.stack([draw.normal(domain, keys, 0) for domain in DOMAINS], axis=1)
    return weights + noise[:, None] * (luck - luck.mean(axis=1, keepdims=True))
