"""Measurement: what the office learns about itself from call-backs and surveys.

What it does    Reporters who are reached by a call-back answer or not, the more readily the more satisfied
                they are; they tell the office that calls them something kinder than the truth. Once in a
                while a neutral survey asks a sample of residents. Every rate is reckoned twice: as it is
                reported, and as it is.
Why             Official rates run far ahead of what people say when others ask: 96 % against 77 % in the
                English waiting-time target [bevan2006]. Without this layer the twin would mistake its own
                records for the street.
Leaves out      Pressure on reporters to answer well, closing on paper, orders struck from the count.
Ablation        response_slope, courtesy_shift and courtesy_solved 0: reported and true differ by sampling only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.outcomes import concluded_today, falls_today, heads, limit_minutes
from twin.world.series import in_window, share
from twin.world.surveys import living_satisfied_reported, living_satisfied_true
from twin.world.tables import AGE_GROUPS

LEVELS = 5  # 1 very dissatisfied to 5 very satisfied
MIDDLE_LEVEL = 3
SATISFIED_LEVEL = 4  # the convention: 4 and 5 are satisfied
CALL_BACK, SURVEY = range(2)
SATISFIED_WITH = ("reports", "living")
_CHILD = AGE_GROUPS.index("child")


@dataclass(frozen=True)
class Measurement:
    """How opinions become answers."""

    response_share: float = param(0.4, "1", 0.01, 0.99, source="scenario range", evidence="assumed",
                                  doc="those who answer, of those asked whose satisfaction is 0", zh="应答率")
    response_slope: float = param(0.3, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                  doc="gain in the log odds of answering by one unit of satisfaction",
                                  zh="满意者更愿应答的程度")
    courtesy_shift: float = param(0.1, "1", 0.0, 0.5, source="bevan2006", evidence="assumed",
                                  doc="how much kinder satisfaction is told to the office that did the work",
                                  zh="碍于情面的拔高")
    courtesy_solved: float = param(0.1, "1", 0.0, 1.0, source="bevan2006", evidence="assumed",
                                   doc="chance that somebody calls an unsolved matter solved",
                                   zh="碍于情面称已解决")
    answer_noise: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="standard deviation of an answer about the opinion", zh="作答误差")
    temper_weight: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="standard deviation of the lasting leaning of persons", zh="个人倾向")
    level_width: float = param(0.25, "1", 0.05, 1.0, source="scenario range", evidence="assumed",
                               doc="satisfaction covered by one of the middle levels; 0 is where the third begins",
                               zh="等级宽度")
    satisfied_with: str = param("reports", "", source="scenario range", evidence="assumed", choices=SATISFIED_WITH,
                                doc="what `satisfied_share_true` and `_reported` speak of in this scenario: how "
                                    "reports ended, by reports and call-backs, or living conditions, by residents and "
                                    "the survey of these",
                                zh="满意率所指：reports 诉求办理结果、living 居住条件")
    survey_every_days: int = param(30, "day", 1, 3650, source="scenario range", evidence="assumed",
                                   lever=True,
                                   doc="days from survey to survey", zh="问卷间隔")
    survey_share: float = param(0.02, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                doc="residents above 14 who are asked in a survey", zh="问卷抽样比例")


def level_of(p: Measurement, opinion: Floats) -> Ints:
    """Return the level 1 to 5 in which an opinion falls."""
    steps = np.floor(opinion / p.level_width).astype(np.int64)
    return np.clip(MIDDLE_LEVEL + steps, 1, LEVELS)


# -- rates, as reported and as they are ----------------------------------------------------------------------


def _call_backs(world: World) -> Ints:
    """Answers to call-backs about orders of the window."""
    answers = np.flatnonzero(world.answers.kind == CALL_BACK)
    return answers[in_window(world, world.tickets.created[world.answers.ticket[answers]])]


def _survey_answers(world: World) -> Ints:
    """Answers to surveys held in the window."""
    held = world.answers.day.astype(np.float64) * DAY_MINUTES
    return np.flatnonzero((world.answers.kind == SURVEY) & in_window(world, held))


def response_rate(world: World) -> float | None:
    """Contacted within the class limit / dispatched."""
    tickets = world.tickets
    counted = in_window(world, tickets.created) & tickets.request & ~np.isnan(tickets.dispatched)
    return share((tickets.started - tickets.created <= limit_minutes(world))[counted])


def response_rate_true(world: World) -> float | None:
    """Contacted within the class limit / all reports."""
    tickets = world.tickets
    in_time = tickets.started[heads(world)] - tickets.created <= limit_minutes(world)
    return share(in_time[in_window(world, tickets.created) & tickets.request])


def resolution_rate(world: World) -> float | None:
    """Said to be solved / answers to a call-back."""
    return share(world.answers.solved[_call_backs(world)] > 0)


def resolution_rate_true(world: World) -> float | None:
    """Truly solved / all reports."""
    tickets = world.tickets
    return share(tickets.solved[heads(world)][in_window(world, tickets.created) & tickets.request])


def _of_living(world: World) -> bool:
    """Tell whether this scenario speaks of living conditions."""
    return cast(Measurement, world.levers["measurement"]).satisfied_with == "living"


def satisfied_share_reported(world: World) -> float | None:
    """Satisfied / answers to a call-back, or to the survey of living conditions."""
    if _of_living(world):
        return living_satisfied_reported(world)
    return share(world.answers.level[_call_backs(world)] >= SATISFIED_LEVEL)


def satisfied_share_survey(world: World) -> float | None:
    """Satisfied / answers to a survey."""
    return share(world.answers.level[_survey_answers(world)] >= SATISFIED_LEVEL)


def satisfied_share_true(world: World) -> float | None:
    """Satisfied / reports that have ended, or residents."""
    if _of_living(world):
        return living_satisfied_true(world)
    level = world.tickets.level[in_window(world, world.tickets.created)]
    return share(level[level > 0] >= SATISFIED_LEVEL)


@mechanism(
    phase=Phase.SETTLE,
    params=Measurement,
    reads=[
        "tickets.reporter", "tickets.closed", "tickets.merged", "tickets.merged_into", "tickets.abandoned",
        "tickets.solved", "tickets.called_back", "tickets.reached", "tickets.felt", "residents.satisfaction",
        "residents.temper", "residents.age_group",
    ],
    owns={"tickets.level": Column(np.int8, "1", "the reporter's true level 1 to 5, 0 until it ended", start=0)},
    spawns=["answers"],
    metrics={
        "response_rate": Metric(
            response_rate, "1", better="higher",
            en="Response rate (reported)", zh="响应率（上报）",
            doc="signed for within the class limit from creation / dispatched orders created in the window",
            doc_zh="创建后在其优先级的办理时限内签收的工单数 ÷ 统计期内创建且已派单的工单数",
        ),
        "response_rate_true": Metric(
            response_rate_true, "1", better="higher",
            en="Response rate (true)", zh="响应率（真实）", latent=True,
            doc="reports whose order was signed for within their class limit / all reports of the window, "
                "merged, given-up and never dispatched ones included",
            doc_zh="所属工单在办理时限内签收的诉求数 ÷ 统计期内的全部诉求数（含已合并、已放弃和从未派单的）",
        ),
        "resolution_rate": Metric(
            resolution_rate, "1", better="higher",
            en="Resolution rate (reported)", zh="解决率（上报）",
            doc="answered `solved` / answered a call-back, orders created in the window",
            doc_zh="回访中答“已解决”的数量 ÷ 回访作答数（统计期内创建的工单）",
        ),
        "resolution_rate_true": Metric(
            resolution_rate_true, "1", better="higher",
            en="Resolution rate (true)", zh="解决率（真实）", latent=True,
            doc="reports whose matter the work truly solved / all reports of the window",
            doc_zh="事项确由办理解决的诉求数 ÷ 统计期内的全部诉求数",
        ),
        "satisfied_share_reported": Metric(
            satisfied_share_reported, "1", better="higher",
            en="Satisfied (reported)", zh="满意率（上报）",
            doc="answered level 4 or 5 / answered a call-back, orders created in the window; where `satisfied_with` is "
                "`living`, of the answers to the window's last survey of living conditions",
            doc_zh="回访中答 4 或 5 级的数量 ÷ 回访作答数（统计期内创建的工单）；satisfied_with 为 living 时，"
                "指统计期内最后一次居住调查的作答",
        ),
        "satisfied_share_survey": Metric(
            satisfied_share_survey, "1", better="higher",
            en="Satisfied (survey)", zh="满意率（问卷）",
            doc="answered level 4 or 5 / answered a survey in the window, reporters or not",
            doc_zh="问卷中答 4 或 5 级的数量 ÷ 统计期内的问卷作答数（不论是否提过诉求）",
        ),
        "satisfied_share_true": Metric(
            satisfied_share_true, "1", better="higher",
            en="Satisfied (true)", zh="满意率（真实）", latent=True,
            doc="reports whose reporter is at level 4 or 5 / reports of the window that have ended; where "
                "`satisfied_with` is `living`, residents above 14 at level 4 or 5 with their living conditions / all",
            doc_zh="诉求人真实等级为 4 或 5 的诉求数 ÷ 统计期内创建且已了结的诉求数；satisfied_with 为 living 时，"
                "指对居住条件真实等级为 4 或 5 的 14 岁以上居民占比",
        ),
    },
    sources=["bevan2006"],
)  # fmt: skip
def measurement(world: View, p: Measurement, draw: Draw, effects: Effects) -> None:
    """Note what reporters truly think of what ended today, and collect the answers of the day."""
    if not len(world.residents):
        return
    ended, reached = concluded_today(world), reached_today(world)
    if len(ended):
        effects.set("tickets", ended, level=level_of(p, opinion_of_reporters(world, p, draw, ended)))
    if len(reached):
        call_back(world, p, draw, reached, effects)
    if (world.day + 1) % p.survey_every_days == 0 and not world.running_on:
        survey(world, p, draw, effects)


def reached_today(world: Any) -> Ints:
    """Return the tickets whose reporters were called back and reached today."""
    tickets = world.tickets
    return np.flatnonzero(falls_today(world, tickets.called_back) & tickets.reached & (tickets.reporter >= 0))


def call_back(world: Any, p: Measurement, draw: Draw, rows: Ints, effects: Effects) -> None:
    """Collect the answers of those whom the desk has reached.

    Whether a reporter answers, and how kindly, is decided once for a ticket, whichever day the call is made on.
    """
    tickets = world.tickets
    opinion = opinion_of_reporters(world, p, draw, rows)
    answered = answers(p, draw, "call_back", opinion, tickets.key[rows], 0)
    rows, opinion = rows[answered], opinion[answered]
    courteous = draw.happens("courtesy", p.courtesy_solved, tickets.key[rows], 0)
    effects.spawn(
        "answers",
        draw.keys("call_back", tickets.key[rows]),  # by the day: an order that was re-opened is called about again
        ticket=rows,
        resident=tickets.reporter[rows],
        day=world.day,
        kind=CALL_BACK,
        solved=(tickets.solved[rows] | courteous).astype(np.int8),
        level=level_of(p, opinion + p.courtesy_shift),
    )


def survey(world: Any, p: Measurement, draw: Draw, effects: Effects) -> None:
    """Ask a sample of residents, by somebody whom they have no reason to please."""
    residents = world.residents
    asked = draw.happens("sample", p.survey_share, residents.key) & (residents.age_group != _CHILD)
    rows = np.flatnonzero(asked)
    opinion = opinions(world, p, draw, residents.satisfaction[rows], rows, residents.key[rows], world.day)
    answered = answers(p, draw, "survey", opinion, residents.key[rows], world.day)
    effects.spawn(
        "answers",
        draw.keys("survey", residents.key[rows[answered]]),
        ticket=-1,
        resident=rows[answered],
        day=world.day,
        kind=SURVEY,
        level=level_of(p, opinion[answered]),
    )


def opinion_of_reporters(world: Any, p: Measurement, draw: Draw, rows: Ints) -> Floats:
    """Return what reporters would answer in truth; of a matter that has not ended, what they think by now."""
    tickets = world.tickets
    reporter = tickets.reporter[rows]
    felt = np.where(np.isnan(tickets.felt[rows]), world.residents.satisfaction[reporter], tickets.felt[rows])
    return opinions(world, p, draw, felt, reporter, tickets.key[rows], 0)


def opinions(world: Any, p: Measurement, draw: Draw, felt: Floats, who: Ints, keys: Keys, occurrence: int) -> Floats:
    """Add to satisfaction the leaning of the person and the noise of the answer."""
    noise = p.answer_noise * draw.normal("noise", keys, occurrence)
    return felt + p.temper_weight * world.residents.temper[who] + noise


def answers(p: Measurement, draw: Draw, occasion: str, opinion: Floats, keys: Keys, occurrence: int) -> Flags:
    """Tell who answers."""
    log_odds = math.log(p.response_share / (1 - p.response_share)) + p.response_slope * opinion
    return draw.happens(occasion, 1 / (1 + np.exp(-log_odds)), keys, occurrence)
