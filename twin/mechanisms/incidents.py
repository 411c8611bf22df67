"""Incidents: faults that begin at places, known to nobody until somebody reports them.

What it does    At every place a fault begins with a constant hazard and, if nobody mends it, ends by itself
                or is found by a patrol after an exponential life. Solved work ends it earlier.
Why             Reports, complaints and incidents are different series; only incidents are the need. They
                come before any policy; but for the nuisances of works they are the same in every arm.
Leaves out      Age, weather and use of the assets; a second fault at a place on one day. A category's
                rate is its share of the places. A repair is seen by reporters from the next day on.
Ablation        faults_per_place_year 0: no incident begins, so nothing is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.faults import at_places
from twin.world.outcomes import falls_today
from twin.world.series import per_thousand_year

_YEAR_DAYS = 365


@dataclass(frozen=True)
class Incidents:
    """How often faults begin, and how long they last unless somebody mends them."""

    faults_per_place_year: float = param(4.0, "1/year", 0.0, 365.0, source="scenario range",
                                         evidence="assumed",
                                         doc="faults that begin at a place in a year", zh="设施年故障次数")
    lifetime_days: float = param(20.0, "day", 0.1, 3650.0, source="liu2023", evidence="assumed",
                                 doc="mean time until an unreported fault ends by itself or a patrol finds it",
                                 zh="自然消除的平均时间")


def incidents_per_1000_year(world: World) -> float | None:
    """Faults that began by themselves at places in the window, reported or not; None where there is no place."""
    if not len(world.places):
        return None
    by_themselves = at_places(world) & np.isinf(world.incidents.until)
    return per_thousand_year(world, world.incidents.began[by_themselves])


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Incidents,
    reads=[
        "places.grid", "places.x", "places.y", "places.category", "incidents.until",
        "tickets.incident", "tickets.done", "tickets.solved",
    ],
    owns={"incidents.ended": Column(np.float64, "min", "minute at which the fault ends, inf: lasts", start=np.inf)},
    spawns=["incidents"],
    metrics={
        "incidents_per_1000_year": Metric(
            incidents_per_1000_year, "1/year", better=None,
            en="Incidents per 1,000 residents", zh="每千人年事件数", latent=True,
            doc="faults at places that began in the window, reported or not, per 1,000 residents and year; "
                "what a hotline stream brings is no fault at a place, and nuisances of works are counted apart",
            doc_zh="统计期内发生的设施点事件数（无论是否有人上报），折算为每千居民每年；热线来件流带来的诉求不算事件，施工扰民另计",
        )
    },
    sources=["liu2023"],
)  # fmt: skip
def incidents(world: View, p: Incidents, draw: Draw, effects: Effects) -> None:
    """Begin the faults of tomorrow (in ARRIVE); end those that work solved today (in RESPOND)."""
    if world.phase is Phase.ARRIVE:
        begin_faults(world, p, draw, effects)
    else:
        end(world, effects)


def begin_faults(world: Any, p: Incidents, draw: Draw, effects: Effects) -> None:
    """Spawn tomorrow's faults today, so that reporters see the whole of their first day."""
    tomorrow = world.day + 1
    if tomorrow >= world.days or not len(world.places):
        return
    places = world.places
    chance = -np.expm1(-p.faults_per_place_year / _YEAR_DAYS)
    struck = np.flatnonzero(draw.happens("fault", chance, places.key))
    cause = places.key[struck]
    began = (tomorrow + draw.uniform("minute", cause)) * DAY_MINUTES
    effects.spawn(
        "incidents",
        draw.keys("fault", cause),
        began=began,
        ended=began + draw.exponential("life", p.lifetime_days, cause) * DAY_MINUTES,
        category=places.category[struck],
        place=struck,
        grid=places.grid[struck],
        x=places.x[struck],
        y=places.y[struck],
    )


def end(world: Any, effects: Effects) -> None:
    """A fault ends at the minute at which work solved it, or at its own latest, if it has not ended before."""
    tickets, faults = world.tickets, world.incidents
    ends = np.minimum(faults.ended, faults.until)
    mended = np.flatnonzero(_mended_today(world))
    rows = faults.rows_of(tickets.incident[mended])
    np.minimum.at(ends, rows[rows >= 0], tickets.done[mended][rows >= 0])
    ended = np.flatnonzero(ends < faults.ended)
    effects.set("incidents", ended, ended=ends[ended])


def _mended_today(world: Any) -> Flags:
    return world.tickets.solved & falls_today(world, world.tickets.done)
