"""Needs: what each resident truly needs most, of eight domains of living conditions.

What it does    Before the first day every resident gets need weights, which sum to 1: common means, moved by
                what the resident is and where the flat lies (floor, age, mobility, children at home, tenure,
                income), and a lasting personal part.
Why             What is missing in old estates differs by person: the lift counts for those who live high up
                and walk badly, the playground for those with children. A plan for the mean resident is a plan
                for nobody. Directions are plain, sizes are assumed [mohurd2023].
Leaves out      That needs change, and that one speaks for the other members of a household. What is there
                already is the works' matter, not the needs'.
Ablation        all gradients and spread 0: everybody needs the same, and one size does fit all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase
from twin.world.tables import AGE_GROUPS, MOBILITIES, TENURES
from twin.world.works import DOMAINS, Weights, need_columns

_CHILD, _ELDER = AGE_GROUPS.index("child"), AGE_GROUPS.index("elder")
_WALKS, _RENTER = MOBILITIES.index("walks"), TENURES.index("renter")
_MIDDLE_FIFTH = 3


@dataclass(frozen=True)
class Needs:
    """What moves need weights: gains of a weight's logarithm before all are scaled to sum to 1."""

    mean_weights: Weights = param(
        (0.20, 0.18, 0.15, 0.11, 0.10, 0.09, 0.09, 0.08), "1", 0.001, 1.0, source="mohurd2023", evidence="assumed",
        doc="weights of a resident whom nothing moves, one for each domain in their order", zh="各领域基准需求权重")
    floor_lift: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="lift: for each floor above the ground", zh="楼层对电梯需求的影响")
    elder_lift: float = param(0.5, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                              doc="lift: aged 65 and over", zh="老年人对电梯的需求")
    elder_care: float = param(1.2, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                              doc="care: aged 65 and over", zh="老年人对养老服务的需求")
    frail_access: float = param(0.6, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                                doc="lift and care: who needs help to walk, or cannot leave the flat",
                                zh="行动不便者对电梯与照护的需求")
    child_play: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                              doc="play: who lives with a child, or is one", zh="有儿童家庭对活动场地的需求")
    income_parking: float = param(0.25, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="parking: for each fifth of income above the middle one",
                                  zh="收入对停车需求的影响")
    owner_upkeep: float = param(0.4, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                                doc="pipes and insulation: who owns the flat", zh="业主对房屋维护的需求")
    spread: float = param(0.5, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                          doc="standard deviation of the personal part, in each domain", zh="个人需求离散度")


@mechanism(
    phase=Phase.ARRIVE,
    params=Needs,
    gates=["plans.process", "works.followed", "lifts.asked"],
    reads=[
        "residents.household", "residents.age_group", "residents.mobility", "households.flat", "households.tenure",
        "households.income", "flats.floor",
    ],
    owns=need_columns(),
    sources=["mohurd2023"],
)  # fmt: skip
def needs(world: View, p: Needs, draw: Draw, effects: Effects) -> None:
    """Give every resident need weights, on the first day."""
    if world.day or not len(world.residents):
        return
    weights = np.exp(leanings(world, p) + personal(world, p, draw))
    weights *= np.asarray(p.mean_weights)
    weights /= weights.sum(axis=1, keepdims=True)
    columns = {f"need_{domain}": weights[:, place].astype(np.float32) for place, domain in enumerate(DOMAINS)}
    effects.set("residents", None, **columns)


def leanings(world: Any, p: Needs) -> Floats:
    """Return what moves the logarithm of each resident's weights (residents, domains)."""
    residents, households = world.residents, world.households
    home, group = residents.household, residents.age_group
    housed = home >= 0
    floor = np.append(np.append(world.flats.floor, 1)[households.flat], 1)[home]
    income = np.append(households.income, _MIDDLE_FIFTH)[home]
    owner = housed & (np.append(households.tenure, _RENTER)[home] != _RENTER)
    elder, frail = group == _ELDER, residents.mobility != _WALKS
    by_domain = {
        "lift": p.floor_lift * (floor - 1) + p.elder_lift * elder + p.frail_access * frail,
        "care": p.elder_care * elder + p.frail_access * frail,
        "play": p.child_play * with_children(world),
        "parking": p.income_parking * (income - _MIDDLE_FIFTH),
        "pipes": p.owner_upkeep * owner,
        "insulation": p.owner_upkeep * owner,
    }
    still = np.zeros(len(residents))
    return np.stack([by_domain.get(domain, still) for domain in DOMAINS], axis=1)


def with_children(world: Any) -> Floats:
    """Return 1 for residents in whose household there is a child, else 0."""
    home, child = world.residents.household, world.residents.age_group == _CHILD
    children = np.bincount(home[child & (home >= 0)], minlength=len(world.households) + 1)
    return np.where(home >= 0, children[home] > 0, child).astype(np.float64)


def personal(world: Any, p: Needs, draw: Draw) -> Floats:
    """Return the lasting personal part (residents, domains)."""
    keys = world.residents.key
    return p.spread * np.stack([draw.normal(domain, keys, 0) for domain in DOMAINS], axis=1)
