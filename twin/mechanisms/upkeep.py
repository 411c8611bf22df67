"""Upkeep: a long plan for what wears, and a review that looks at it again.

What it does    Buildings wear at rates of their own, which nobody knows. A yearly budget is paid out month by month,
                shared over buildings and domains by a plan: the more is missing in an inspection, the more it
                gets. The plan is made once; where there is a review, a new inspection makes it anew every so many
                months.
Why             A plan that nobody looks at again spends on what is mended and misses what wears; how much that costs
                comes out after years, not at once.
Leaves out      Feedback of staff in words, inspections that cost, wear that repairs slow down, prices that rise. What
                is paid for what has reached its best is lost.
Ablation        review_every_months 0, or beyond the horizon: the first plan stays. wear_per_year 0 and
                inspection_error 0: there is little to learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from twin.core.columns import Column, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.construction import qualities
from twin.world.ledger import UPKEEP, booked_yuan
from twin.world.series import mean
from twin.world.works import DOMAINS, FEN_PER_YUAN

_MONTH_DAYS, _YEAR_MONTHS = 30, 12
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class Upkeep:
    """What wears, what is spent on it, and how often that is looked at."""

    budget_yuan_per_year: float = param(0.0, "yuan/year", 0.0, 1e9, source="scenario range", evidence="assumed",
                                        lever=True, doc="spent on upkeep; 0: nothing of it is followed",
                                        zh="每年养护预算")
    review_every_months: int = param(0, "1", 0, 1200, source="scenario range", evidence="assumed", lever=True,
                                     doc="months (of 30 days) between reviews, 0 for none", zh="评估间隔月数",
                                     when="budget_yuan_per_year")
    point_yuan: float = param(300_000.0, "yuan", 1.0, 1e8, source="scenario range", evidence="assumed",
                              doc="what it costs to raise a quality at one building from 0 to 1", zh="质量提升单价",
                              when="budget_yuan_per_year")
    target: float = param(0.7, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                          doc="quality below which something is missing", zh="目标质量", when="budget_yuan_per_year")
    inspection_error: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                    doc="standard deviation of the error of an inspection", zh="检查误差",
                                    when="budget_yuan_per_year")
    wear_per_year: float = param(0.06, "1/year", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="mean loss of quality besides the wear of all, exponential between buildings and "
                                     "domains and constant in time",
                                 zh="额外老化速度", when="budget_yuan_per_year")


def _followed(world: World) -> bool:
    return bool(cast(Upkeep, world.levers["upkeep"]).budget_yuan_per_year) and len(world.buildings) > 0


def upkeep_quality(world: World) -> float | None:
    """Mean quality at the end."""
    return mean(qualities(world).ravel()) if _followed(world) else None


def upkeep_missing(world: World) -> float | None:
    """What is missing at the end."""
    target = cast(Upkeep, world.levers["upkeep"]).target
    return mean(np.maximum(target - qualities(world), 0).ravel()) if _followed(world) else None


def upkeep_yuan(world: World) -> float | None:
    """Spent on upkeep in the window."""
    return booked_yuan(world, [UPKEEP]) if _followed(world) else None


@mechanism(
    phase=Phase.SETTLE,
    params=Upkeep,
    reads=[*(f"buildings.quality_{domain}" for domain in DOMAINS)],
    owns={
        f"buildings.upkeep_{domain}": Column(
            np.float64, "1", f"its part of the budget of upkeep that goes to {domain}", low=0.0, high=1.0
        )
        for domain in DOMAINS
    },
    adds=[*(f"buildings.quality_{domain}" for domain in DOMAINS)],
    spawns=["postings"],
    metrics={
        "upkeep_quality": Metric(
            upkeep_quality, "1", better="higher", en="Quality of what is kept up", zh="养护后质量均值", latent=True,
            doc="mean quality over buildings and domains at the end", doc_zh="期末各楼栋各领域质量的均值",
        ),
        "upkeep_missing": Metric(
            upkeep_missing, "1", better="lower", en="What is missing to the target", zh="距目标质量的缺口", latent=True,
            doc="mean over buildings and domains of what a quality is below the target at the end",
            doc_zh="期末各楼栋各领域低于目标质量的平均缺口",
        ),
        "upkeep_yuan": Metric(
            upkeep_yuan, "yuan", better="lower", en="Cost of upkeep", zh="养护费用",
            doc="what was booked for upkeep in the window", doc_zh="统计期内为养护入账的费用",
        ),
    },
)  # fmt: skip
def upkeep(world: View, p: Upkeep, draw: Draw, effects: Effects) -> None:
    """At the end of every month plan or review, spend and wear."""
    month, day = divmod(world.day + 1, _MONTH_DAYS)
    if not p.budget_yuan_per_year or day or world.running_on or not len(world.buildings):
        return
    shares = planned(world)
    if month == 1 or (p.review_every_months and (month - 1) % p.review_every_months == 0):
        shares = shared(p, inspected(world, p, draw))
        effects.set("buildings", None, **{f"upkeep_{domain}": shares[:, k] for k, domain in enumerate(DOMAINS)})
    fen = round(p.budget_yuan_per_year * FEN_PER_YUAN / _YEAR_MONTHS)
    risen = shares * (fen / FEN_PER_YUAN / p.point_yuan) - worn(world, p, draw)
    effects.add("buildings", None, **{f"quality_{domain}": risen[:, k] for k, domain in enumerate(DOMAINS)})
    if fen:
        effects.spawn("postings", draw.keys("upkeep", _ONE), day=world.day, account=UPKEEP, fen=fen)


def planned(world: Any) -> Floats:
    """Return the shares of the plan as it stands (buildings, domains)."""
    return np.stack([getattr(world.buildings, f"upkeep_{domain}") for domain in DOMAINS], axis=1)


def inspected(world: Any, p: Upkeep, draw: Draw) -> Floats:
    """Return what an inspection of today finds (buildings, domains)."""
    error = np.stack([draw.normal(f"inspection:{domain}", world.buildings.key) for domain in DOMAINS], axis=1)
    return qualities(world) + p.inspection_error * error


def shared(p: Upkeep, found: Floats) -> Floats:
    """Share the budget by what is missing; in even parts where nothing is."""
    missing = np.maximum(p.target - found, 0)
    total = missing.sum()
    return missing / total if total > 0 else np.full_like(found, 1 / found.size)


def worn(world: Any, p: Upkeep, draw: Draw) -> Floats:
    """Return what wears in a month (buildings, domains)."""
    keys = world.buildings.key
    rates = [draw.exponential(f"wear:{domain}", p.wear_per_year, keys, 0) for domain in DOMAINS]
    return np.stack(rates, axis=1) / _YEAR_MONTHS
