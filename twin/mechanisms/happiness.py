"""Happiness: a ladder of ten steps, a set point, and getting used to things.

What it does    Everybody has a set point. A change of the conditions at home, weighed by own needs, lifts or lowers
                happiness at once; most of it fades, a part stays. Works that annoy and open disputes lower it while
                they last, stronger ties with neighbours raise it. Whatever else moves happiness adds to the uplift,
                which fades likewise.
Why             People get used to much, not to everything, and at different speeds [lucas2007, luhmann2018];
                changes of a neighbourhood are seen more than felt [luhmann2018]. Sizes are assumed.
Leaves out      Work, health, income; getting used to disputes and ties.
Ablation        all points 0: nobody's happiness leaves the set point.
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
from twin.world.construction import lived_in, qualities
from twin.world.disputes import is_open, strength
from twin.world.series import mean
from twin.world.tables import AGE_GROUPS
from twin.world.wellbeing import fading_a_day
from twin.world.works import DOMAINS, homes_of, needs_of

LADDER = 10.0
_CHILD = AGE_GROUPS.index("child")
_YEAR_DAYS = 365
_UNKNOWN = -1.0


@dataclass(frozen=True)
class Happiness:
    """Set points, what moves happiness, and how it fades."""

    mean_points: float = param(6.5, "1", 5.8, 7.2, source="whr2023", evidence="assumed",
                               doc="mean set point on the ladder of ten", zh="幸福感基准均值")
    spread_points: float = param(1.9, "1", 1.6, 2.3, source="whr2023", evidence="assumed",
                                 doc="standard deviation of set points before the ladder's ends cut them",
                                 zh="幸福感基准离散度")
    conditions_points: float = param(1.0, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                     doc="uplift by a change of all that is needed from none to full",
                                     zh="居住条件对幸福感的影响")
    annoyance_points: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                    doc="points lost while fully annoyed by works", zh="施工扰动对幸福感的影响")
    dispute_points: float = param(0.3, "1", 0.1, 0.6, source="scenario range", evidence="assumed",
                                  doc="points lost while one is a side of an open dispute", zh="未了纠纷对幸福感的影响")
    ties_points: float = param(0.1, "1", 0.0, 0.25, source="scenario range", evidence="assumed",
                               doc="points won by ties stronger than at first by one standard deviation between "
                                   "residents", zh="邻里联系对幸福感的影响")
    half_life_years: float = param(2.0, "year", 0.5, 7.0, source="luhmann2018", evidence="assumed",
                                   doc="time in which half of what fades is gone", zh="适应半衰期")
    lasting_share: float = param(0.3, "1", 0.0, 0.7, source="luhmann2018", evidence="assumed",
                                 doc="part of an uplift that stays", zh="持久部分占比")


def set_points(world: View, p: Happiness, draw: Draw) -> Floats | None:
    """Return the set point of every resident; nothing where living conditions are not followed (residents,)."""
    if not world.levers["works"].followed:
        return None
    points = p.mean_points + p.spread_points * draw.normal("set_point", world.residents.key, 0)
    return np.clip(points, 0, LADDER)


def happiness_true(world: World) -> float | None:
    """Mean latent happiness of residents above 14."""
    residents = world.residents
    return mean(residents.happiness[(residents.age_group != _CHILD) & (residents.used_to >= 0)])


def happiness_spread(world: World) -> float | None:
    """Standard deviation of the same."""
    residents = world.residents
    felt = residents.happiness[(residents.age_group != _CHILD) & (residents.used_to >= 0)]
    return float(felt.std()) if len(felt) else None


@mechanism(
    phase=Phase.RESPOND,
    params=Happiness,
    gates=["works.followed"],
    reads=[
        "levers.works.followed", "residents.household", "residents.annoyed", "households.flat", "flats.building",
        "flats.stairwell", "flats.floor", *(f"residents.need_{domain}" for domain in DOMAINS),
        *(f"buildings.quality_{domain}" for domain in DOMAINS), "disputes.plaintiff", "disputes.respondent",
        "disputes.settled_on", "disputes.faded_on", "ties.one", "ties.other", "ties.base", "ties.extra", "ties.since",
        "levers.ties.half_life_days",
    ],
    owns={
        "residents.happiness": Column(np.float64, "1", "latent happiness on the ladder", start=5.0, low=0, high=LADDER),
        "residents.uplift": Column(np.float64, "1", "points above the set point that fade", start=0),
        "residents.lasting_uplift": Column(np.float64, "1", "points above the set point that stay", start=0),
        "residents.first_ties": Column(
            np.float64, "1", "strength of all own ties on the first day, -1 before", start=_UNKNOWN
        ),
        "residents.used_to": Column(
            np.float64, "1", "conditions at home by own needs yesterday, -1 before the first day", start=_UNKNOWN
        ),
    },
    metrics={
        "happiness_true": Metric(
            happiness_true, "1", better="higher",
            en="Happiness (true, 0 to 10)", zh="幸福感（真实，0–10）", daily=True, latent=True,
            doc="mean latent happiness of residents above 14 at the horizon, 0 to 10",
            doc_zh="期末 14 岁以上居民的潜在幸福感均值，0–10",
        ),
        "happiness_spread": Metric(
            happiness_spread, "1", better="lower",
            en="Spread of happiness", zh="幸福感离散度", latent=True,
            doc="standard deviation of latent happiness between residents above 14 at the horizon, on the ladder of "
                "ten",
            doc_zh="期末 14 岁以上居民潜在幸福感的标准差，0–10 级",
        ),
    },
    sources=["lucas2007", "luhmann2018", "whr2023"],
    start=set_points,
)  # fmt: skip
def happiness(world: View, p: Happiness, draw: Draw, effects: Effects) -> None:
    """Let what changed at home be felt, and yesterday's uplift fade."""
    residents = world.residents
    if not world.levers["works"].followed or not len(residents) or world.running_on:
        return
    there = conditions(world)
    changed = np.where(residents.used_to < 0, 0, there - residents.used_to)
    jump = p.conditions_points * changed
    uplift = (1 - fading_a_day(p.half_life_years * _YEAR_DAYS)) * residents.uplift + (1 - p.lasting_share) * jump
    lasting = residents.lasting_uplift + p.lasting_share * jump
    known = strength_of_ties(world)
    first = np.where(residents.first_ties < 0, known, residents.first_ties)
    points = cast(Floats, world.resource) + uplift + lasting + p.ties_points * stronger(known, first)
    points -= p.annoyance_points * residents.annoyed + p.dispute_points * at_odds(world)
    effects.set("residents", None, happiness=points, uplift=uplift, lasting_uplift=lasting, used_to=there)
    effects.set("residents", None, first_ties=first)


def conditions(world: Any) -> Floats:
    """Return the conditions at home by own needs, 0 to 1 (residents,)."""
    return (needs_of(world) * lived_in(qualities(world), homes_of(world))).sum(axis=1)


def at_odds(world: Any) -> Floats:
    """Return 1 for residents who are a side of an open dispute, else 0 (residents,)."""
    quarrels = is_open(world)
    sides = np.concatenate((world.disputes.plaintiff[quarrels], world.disputes.respondent[quarrels]))
    found = np.zeros(len(world.residents))
    found[sides[sides >= 0]] = 1
    return found


def strength_of_ties(world: Any) -> Floats:
    """Return the strength of all ties of each resident (residents,)."""
    ties, count = world.ties, len(world.residents)
    if not len(ties):
        return np.zeros(count)
    present = strength(world, world.levers["ties"].half_life_days)
    return (np.bincount(ties.one, present, count) + np.bincount(ties.other, present, count)).astype(np.float64)


def stronger(known: Floats, first: Floats) -> Floats:
    """Return by how much ties are stronger than at first, in standard deviations between residents (residents,)."""
    spread = float(np.std(first))
    return (known - first) / spread if spread > 0 else np.zeros(len(known))
