"""Satisfaction: performance against expectation, and how one was treated on the way.

What it does    When residents learn how their report ended, or have waited far too long, they judge what
                they got (solved, and how soon), compare it with what they expected, and weigh in how they
                were treated: no passing on, told what will happen, called back. Expectation follows
                experience.
Why             Expectancy and disconfirmation, replicated in Hong Kong and Shenzhen [oliver1980,
                vanryzin2004, zhang2022]; a fair procedure softens a bad outcome [lind1988].
Leaves out      Hearsay, the price of a service, mood. Sizes of the weights are assumed, their signs are not.
Ablation        weight_disconfirmation 0: expectation has no effect. All weights 0: nobody is moved.
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
from twin.world.outcomes import concluded_today, heads, mean_by, overdue_today, solved, waited_limits
from twin.world.series import in_window, mean


@dataclass(frozen=True)
class Satisfaction:
    """How performance, expectation and treatment weigh."""

    weight_performance: float = param(0.35, "1", 0.0, 0.6, source="zhang2022", evidence="assumed",
                                      doc="weight of what was delivered", zh="绩效权重")
    weight_disconfirmation: float = param(0.45, "1", 0.0, 0.6, source="zhang2022", evidence="assumed",
                                          doc="weight of the difference from what was expected",
                                          zh="期望落差权重")
    weight_procedure: float = param(0.20, "1", 0.0, 0.6, source="lind1988", evidence="assumed",
                                    doc="weight of how one was treated", zh="程序公正权重")
    loss_aversion: float = param(2.0, "1", 1.0, 2.25, source="tversky1992", evidence="published",
                                 doc="weight of a disappointment against a pleasant surprise", zh="损失厌恶")
    expectation_step: float = param(0.2, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                                    doc="part of the way to the experience that expectation goes",
                                    zh="期望调整步长")
    delay_steepness: float = param(1.5, "1", 1.0, 3.0, source="scenario range", evidence="assumed",
                                   doc="how sharply value falls where the waiting passes the class limit",
                                   zh="等待敏感度")
    informed_share: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                  doc="reporters who are told at intake what will happen and when",
                                  zh="受理告知比例")
    overdue_limits: float = param(2.0, "1", 1.0, 20.0, source="scenario range", evidence="assumed",
                                  doc="waiting, in class limits, that is a disappointment by itself",
                                  zh="严重超期倍数")


def satisfaction_mean(world: World) -> float | None:
    """Mean latent satisfaction with the orders of the window."""
    return mean(felt_in_window(world))


def felt_in_window(world: World) -> Floats:
    """Return the latent satisfaction of those whose report of the window has ended."""
    felt = world.tickets.felt[in_window(world, world.tickets.created)]
    return felt[~np.isnan(felt)]


@mechanism(
    phase=Phase.RESPOND,
    params=Satisfaction,
    reads=[
        "tickets.created", "tickets.reporter", "tickets.priority", "tickets.done", "tickets.closed",
        "tickets.merged", "tickets.merged_into", "tickets.abandoned", "tickets.solved", "tickets.hops",
        "tickets.reached", "levers.desk.limit_hours",
    ],
    owns={
        "residents.satisfaction": Column(
            np.float64, "1", "latent satisfaction with the street office, after the last experience", start=0.25
        ),
        "residents.expectation": Column(
            np.float64, "1", "performance expected, 0 nothing to 1 solved at once", start=0.5, low=0, high=1
        ),
        "tickets.felt": Column(np.float64, "1", "latent satisfaction of the reporter with how it ended", start=np.nan),
    },
    metrics={
        "satisfaction_mean": Metric(
            satisfaction_mean, "1", better="higher",
            en="Mean satisfaction (latent)", zh="平均满意度（潜在）", latent=True,
            doc="mean latent satisfaction of reporters with how their reports of the window ended",
            doc_zh="统计期内创建且已了结的诉求，诉求人对其结果的潜在满意度均值",
        )
    },
    sources=["oliver1980", "vanryzin2004", "zhang2022", "lind1988", "tversky1992"],
)  # fmt: skip
def satisfaction(world: View, p: Satisfaction, draw: Draw, effects: Effects) -> None:
    """Let residents judge the reports that ended today, and those that are far too long under way."""
    if not len(world.residents):
        return
    told, overdue = concluded_today(world), overdue_today(world, p.overdue_limits)
    rows = np.concatenate((told, overdue))
    if not len(rows):
        return
    performance = np.concatenate((delivered(world, p, told), np.zeros(len(overdue))))
    treatment = np.concatenate((procedure(world, p, draw, told, 1), procedure(world, p, draw, overdue, 0)))
    reporter = world.tickets.reporter[rows]
    felt = judged(p, performance, world.residents.expectation[reporter], treatment)
    effects.set("tickets", told, felt=felt[: len(told)])
    settle_down(world, p, reporter, performance, felt, effects)


def delivered(world: Any, p: Satisfaction, rows: Ints) -> Floats:
    """Return performance, 0 to 1: nothing if unsolved, else the less the longer it took."""
    waited = np.nan_to_num(waited_limits(world, rows))
    return solved(world, rows) / (1 + waited**p.delay_steepness)


def procedure(world: Any, p: Satisfaction, draw: Draw, rows: Ints, ended: int) -> Floats:
    """Return how reporters were treated, 0 to 1: the mean of not passed on, told at intake, and called back."""
    tickets, orders = world.tickets, heads(world)[rows]
    not_passed_on = 1 / (1 + tickets.hops[orders])
    informed = draw.happens("informed", p.informed_share, tickets.key[rows], 0)
    asked = ended * tickets.reached[rows]
    return np.mean((not_passed_on, informed, asked), axis=0)


def judged(p: Satisfaction, performance: Floats, expected: Floats, treatment: Floats) -> Floats:
    """Return latent satisfaction: performance, gain or loss against expectation, and treatment."""
    surprise = performance - expected
    valued = np.where(surprise < 0, p.loss_aversion * surprise, surprise)
    return p.weight_performance * performance + p.weight_disconfirmation * valued + p.weight_procedure * treatment


def settle_down(
    world: Any, p: Satisfaction, reporter: Ints, performance: Floats, felt: Floats, effects: Effects
) -> None:
    """Remember the day's experiences (their mean, for those who had several) and adapt expectation."""
    who, mood = mean_by(reporter, felt)
    _, lived = mean_by(reporter, performance)
    before = world.residents.expectation[who]
    effects.set("residents", who, satisfaction=mood, expectation=before + p.expectation_step * (lived - before))
