"""Conventions: which households keep to a neighbourhood convention 社区公约 on noise and dogs.

What it does    Once there is a convention, every week each household keeps to it if its gains exceed its own
                effort: the order it brings, the approval of those seen to keep to it, what a rule agreed by all is
                owed beyond one imposed, and the risk of a word from a neighbour.
Why             Norms spread by thresholds [granovetter1978]; neighbours who know each other are who says something
                [ostrom1990], and a rule that one had a say in is kept better [tyler2006]. What nobody sees nobody
                approves of.
Leaves out      Fines, drafting, and that the same household keeps to one clause and not to another.
Ablation        process imposed: without deliberation. observability 0: neither approval nor a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.disputes import Dwellings, dwellings, strength
from twin.world.ledger import CONVENTION, PUBLIC, booked_yuan, to_fen
from twin.world.series import share

PROCESSES = ("none", "imposed", "deliberated")
_WEEK_DAYS = 7
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class Conventions:
    """Whether there is a convention, and what makes households keep to it."""

    process: str = param("none", "", source="scenario range", evidence="assumed", lever=True, choices=PROCESSES,
                         doc="no convention, one that the office imposes, one that residents deliberated",
                         zh="公约形成方式：none 无、imposed 下达、deliberated 居民协商")
    from_day: int = param(30, "day", 0, 36_500, source="scenario range", evidence="assumed", lever=True,
                          doc="day on which it begins, 0 for the first of the run", zh="公约生效日")
    benefit: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                           doc="what keeping to it is worth by itself", zh="自身收益")
    approval: float = param(0.4, "1", 0.0, 2.0, source="granovetter1978", evidence="assumed",
                            doc="worth of approval where the whole building is seen to keep to it", zh="认可权重")
    say: float = param(0.15, "1", 0.0, 1.0, source="tyler2006", evidence="assumed",
                       doc="what a deliberated rule is owed beyond an imposed one", zh="协商正当性")
    sanction: float = param(0.3, "1", 0.0, 2.0, source="ostrom1990", evidence="assumed",
                            doc="cost of a word from a neighbour", zh="邻里提醒的代价")
    willingness: float = param(0.1, "1", 0.0, 2.0, source="sampson1997", evidence="assumed",
                               doc="hazard of such a word by strength of ties inside the building, for each resident",
                               zh="提醒意愿")
    observability: float = param(0.6, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="part of conduct that neighbours see", zh="行为可见度")
    mean_cost: float = param(0.5, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                             doc="mean effort of keeping to it", zh="平均遵守成本")
    cost_spread: float = param(0.25, "1", 0.0, 2.0, source="scenario range", evidence="assumed",
                               doc="standard deviation of the effort between households", zh="遵守成本差异")
    yuan: float = param(5000.0, "yuan", 0.0, 10_000_000.0, source="scenario range", evidence="assumed", lever=True,
                        doc="price of drafting it and of telling everybody, booked on the day on which it begins",
                        zh="公约制定与宣传费用")


def complying_share(world: World) -> float | None:
    """Share of households that keep to the convention."""
    p: Any = world.levers["conventions"]
    return None if p.process == "none" else share(world.households.complies)


def convention_yuan(world: World) -> float | None:
    """Return what was booked for the convention in the window."""
    p: Any = world.levers["conventions"]
    return None if p.process == "none" else booked_yuan(world, [CONVENTION])


@mechanism(
    phase=Phase.DECIDE,
    params=Conventions,
    gates=["disputes.followed"],
    reads=[
        "residents.household", "households.flat", "flats.stairwell", "flats.building", "ties.one",
        "ties.base", "ties.extra", "ties.since", "ties.near", "levers.ties.half_life_days", "levers.disputes.followed",
    ],
    owns={
        "households.complies": Column(np.bool_, "1", "keeps to the convention", start=False),
    },
    spawns=["postings"],
    metrics={
        "convention_yuan": Metric(
            convention_yuan, "yuan", better="lower", en="Cost of the convention", zh="公约费用",
            doc="booked in the window for drafting the convention and telling everybody; undefined without one",
            doc_zh="统计期内公约制定与宣传的记账费用；没有公约时无定义",
        ),
        "complying_share": Metric(
            complying_share, "1", better="higher", en="Households that keep the convention", zh="公约遵守率",
            latent=True,
            doc="households that keep to the convention / households, at the horizon; undefined without a convention",
            doc_zh="期末遵守公约的户数 ÷ 总户数；没有公约时无定义",
        ),
    },
    sources=["granovetter1978", "ostrom1990", "tyler2006", "sampson1997"],
)  # fmt: skip
def conventions(world: View, p: Conventions, draw: Draw, effects: Effects) -> None:
    """Let every household look around once a week."""
    followed = world.levers["disputes"].followed and len(world.households) and not world.running_on
    if not followed or p.process == "none" or world.day < p.from_day or (world.day - p.from_day) % _WEEK_DAYS:
        return
    if world.day == p.from_day and p.yuan:
        effects.spawn("postings", draw.keys("price", _ONE), day=world.day, account=CONVENTION, fen=to_fen(p.yuan),
                      source=PUBLIC)  # fmt: skip
    effects.set("households", None, complies=gain(world, p) > cost(world, p, draw))


def cost(world: Any, p: Conventions, draw: Draw) -> Floats:
    """Return the effort that keeping to it takes each household, always the same."""
    return p.mean_cost + p.cost_spread * draw.normal("cost", world.households.key, 0)


def gain(world: Any, p: Conventions) -> Floats:
    """Return what keeping to it brings each household."""
    homes = dwellings(world)
    seen = p.observability * share_in(homes.building, world.households.complies)
    said = p.observability * -np.expm1(-p.willingness * bonds(world, homes))
    agreed = p.say if p.process == "deliberated" else 0.0
    return p.benefit + p.approval * seen + agreed + p.sanction * said


def share_in(building: Any, complies: Flags) -> Floats:
    """Return the share of each household's building that keeps to it."""
    households = np.bincount(building)
    shares: Floats = (np.bincount(building, complies) / np.maximum(households, 1))[building]
    return shares


def bonds(world: Any, homes: Dwellings) -> Floats:
    """Return the strength of ties inside the building, by resident, of each household's building."""
    table, household = world.ties, world.residents.household
    living = household >= 0
    residents = np.bincount(homes.building[household[living]], minlength=int(homes.building.max()) + 1)
    total = np.zeros(len(residents))
    near = np.flatnonzero(table.near)
    at = household[table.one[near]]
    housed = at >= 0
    weights = strength(world, world.levers["ties"].half_life_days)[near][housed]
    total += np.bincount(homes.building[at[housed]], 2 * weights, len(residents))
    return (total / np.maximum(residents, 1))[homes.building]
