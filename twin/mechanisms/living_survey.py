"""Living survey: what is reported of satisfaction with living conditions and of happiness.

What it does    Every few months, and on the last day of the window, so that what is reported and what is true are of
                one day, a sample of residents above 14 is asked. Who is satisfied answers more readily; all answer
                with noise, and something kinder than the truth to the office that asks; happiness is told in
                whole steps of the ladder. Both are reckoned twice: as reported, and as they are.
Why             A survey by those who did the work flatters them [bevan2006]. With a hundred answers a wave, sampling
                alone moves a share by a tenth; a figure without its truth beside it says little.
Leaves out      Questionnaires that lead, panels that learn, pressure on those asked, the cost of asking.
Ablation        response_slope, courtesy_shift and happiness_shift 0: reported and true differ by sampling only.
                sample_share 0: nothing is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.series import in_window, mean
from twin.world.surveys import (
    LIVING,
    last_answers,
    less_served_satisfied,
    living_satisfied_reported,
    living_satisfied_true,
)
from twin.world.tables import AGE_GROUPS
from twin.world.wellbeing import level_at

LADDER = 10
_CHILD = AGE_GROUPS.index("child")
_NOT_ASKED = -1


@dataclass(frozen=True)
class LivingSurvey:
    """How the survey is held, and how feelings become answers."""

    every_days: int = param(90, "day", 1, 3650, source="scenario range", evidence="assumed", lever=True,
                            doc="days from survey to survey; another is held on the last day",
                            zh="调查间隔（最后一天另调查一次）")
    sample_share: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                doc="residents above 14 who are asked", zh="抽样比例")
    response_share: float = param(0.4, "1", 0.01, 0.99, source="scenario range", evidence="assumed",
                                  doc="those who answer, of those asked whose satisfaction is 0", zh="应答率")
    response_slope: float = param(0.3, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                  doc="gain in the log odds of answering by one unit of satisfaction",
                                  zh="满意者更愿应答的程度")
    courtesy_shift: float = param(0.1, "1", 0.0, 0.5, source="bevan2006", evidence="assumed", lever=True,
                                  doc="how much kinder satisfaction is told (0: a third party asks)",
                                  zh="碍于情面的拔高（第三方调查为 0）")
    happiness_shift: float = param(0.2, "1", 0.0, 1.5, source="scenario range", evidence="assumed",
                                   doc="how many points more happiness is told", zh="幸福感作答的拔高")
    answer_noise: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="standard deviation of an answer about satisfaction", zh="满意度作答误差")
    happiness_noise: float = param(0.5, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                                   doc="standard deviation of an answer about happiness [points]",
                                   zh="幸福感作答误差")


def happiness_reported(world: World) -> float | None:
    """Mean answer of the window's last survey."""
    return mean(world.answers.happiness[last_answers(world)].astype(np.float64))


def living_answers(world: World) -> float | None:
    """Answers to all surveys of the window; None where living conditions are not followed."""
    works: Any = world.levers["works"]
    if not works.followed:
        return None
    asked = world.answers.day[world.answers.kind == LIVING].astype(np.float64)
    return float(np.count_nonzero(in_window(world, asked * DAY_MINUTES)))


METRICS = {
    "living_satisfied_share_true": Metric(
        living_satisfied_true, "1", better="higher",
        en="Satisfied with living conditions (true)", zh="居住满意率（真实）", latent=True,
        doc="residents above 14 at level 4 or 5 / all residents above 14, at the horizon",
        doc_zh="期末真实等级为 4 或 5 的 14 岁以上居民数 ÷ 14 岁以上居民总数",
    ),
    "living_satisfied_share_reported": Metric(
        living_satisfied_reported, "1", better="higher",
        en="Satisfied with living conditions (reported)", zh="居住满意率（上报）",
        doc="answered level 4 or 5 / answered the window's last survey of living conditions",
        doc_zh="统计期内最后一次居住调查中答 4 或 5 级的数量 ÷ 作答数",
    ),
    "less_served_satisfied_share": Metric(
        less_served_satisfied, "1", better="higher",
        en="Satisfied, of the less served half", zh="受益较少一半的满意率", latent=True,
        doc="level 4 or 5 with their living conditions at the horizon / the half of residents above 14 for whom the "
            "conditions at home, by own needs, have risen least since the first day; where works were decided",
        doc_zh="期末真实等级为 4 或 5 的居民占比，仅计自首日以来居住条件（按自身需求加权）改善较少的那一半"
            "14 岁以上居民；仅在已决定工程时有定义",
    ),
    "happiness_reported": Metric(
        happiness_reported, "1", better="higher",
        en="Happiness (reported, 0 to 10)", zh="幸福感（上报，0–10）",
        doc="mean answer, in whole steps from 0 to 10, to the window's last survey of living conditions",
        doc_zh="统计期内最后一次居住调查中幸福感答案（0–10 的整数）的均值",
    ),
    "living_answers": Metric(
        living_answers, "1", better=None,
        en="Answers to surveys of living conditions", zh="居住调查作答数",
        doc="answers to all surveys of living conditions in the window: what was asked of residents",
        doc_zh="统计期内历次居住调查的作答总数",
    ),
}  # fmt: skip


@mechanism(
    phase=Phase.SETTLE,
    params=LivingSurvey,
    gates=["works.followed"],
    reads=[
        "levers.works.followed", "levers.measurement.level_width", "levers.measurement.temper_weight",
        "residents.living_satisfaction", "residents.happiness", "residents.temper", "residents.age_group",
    ],
    owns={"answers.happiness": Column(np.int8, "1", "answer: 0 to 10, not asked -1", start=_NOT_ASKED)},
    spawns=["answers"],
    metrics=METRICS,
    sources=["bevan2006"],
)  # fmt: skip
def living_survey(world: View, p: LivingSurvey, draw: Draw, effects: Effects) -> None:
    """Ask a sample of residents on the last day of each interval, and of the window."""
    due = (world.day + 1) % p.every_days == 0 or world.day + 1 == world.days
    if not world.levers["works"].followed or world.running_on or not due:
        return
    residents, scale = world.residents, world.levers["measurement"]
    asked = draw.happens("sample", p.sample_share, residents.key) & (residents.age_group != _CHILD)
    rows = np.flatnonzero(asked)
    keys = residents.key[rows]
    opinion = residents.living_satisfaction[rows] + scale.temper_weight * residents.temper[rows]
    answered = answers(p, draw, opinion, keys)
    rows, keys, opinion = rows[answered], keys[answered], opinion[answered]
    told = opinion + p.answer_noise * draw.normal("noise", keys) + p.courtesy_shift
    effects.spawn(
        "answers",
        draw.keys("living", keys),
        ticket=-1,
        resident=rows,
        day=world.day,
        kind=LIVING,
        level=level_at(told, scale.level_width).astype(np.int8),
        happiness=steps(residents.happiness[rows] + p.happiness_shift + p.happiness_noise * draw.normal("step", keys)),
    )


def answers(p: LivingSurvey, draw: Draw, opinion: Floats, keys: Any) -> Flags:
    """Tell who answers."""
    log_odds = math.log(p.response_share / (1 - p.response_share)) + p.response_slope * opinion
    return draw.happens("answer", 1 / (1 + np.exp(-log_odds)), keys)


def steps(points: Floats) -> Ints:
    """Return the whole step of the ladder, 0 to 10, in which points are told."""
    return np.clip(np.floor(points + 1 / 2), 0, LADDER).astype(np.int64)
