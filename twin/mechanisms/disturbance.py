"""Disturbance: dust and noise of works, whom they annoy, and who objects.

What it does    On days with work a site disturbs those who live there, and a little the rest of the grid: the longer
                the day on site the more, and by night several times as much. What is noticed annoys the
                less, the better one was told, heard and compensated. Annoyed residents to whom the work brings
                little object to it. On days with work nuisances begin at places near the site: incidents like
                any other, which may be reported and go to the desk.
Why             Building sites made half of the noise complaints in the ministry's report of 2017 [noise2017]; being
                heard and told takes the edge off [lind1988]. Complaints during works come out of the same chain
                as all others.
Leaves out      Traffic, damage to flats; that neighbours incite each other; who is at home by day. Grid-wide works
                stand at nobody's door. A place must be there for a nuisance to be reported.
Ablation        elsewhere_share 0 and works without disturbance: nobody is annoyed, nobody objects.
                nuisance_chance 0: no complaint comes of works. night_weight 1: the night is like the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.construction import grid_at, is_open, on_site, shift_of
from twin.world.series import per_thousand_year, ratio
from twin.world.tables import AGE_GROUPS
from twin.world.works import DOMAINS, EVERYWHERE, FEN_PER_YUAN, Homes, Work, homes_of, listed, needs_of, reaches

_CHILD = AGE_GROUPS.index("child")
_HOUR_MINUTES = 60
_THOUSAND = 1000
_NUISANCE = "noise"  # the category of nuisances, where the scenario has it


@dataclass(frozen=True)
class Disturbance:
    """How works annoy."""

    elsewhere_share: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="dose in the rest of the grid, in doses at the site",
                                   zh="网格内其他居民受扰比例")
    threshold: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="dose up to which nobody minds", zh="可容忍扰动")
    notice_relief: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="part of the annoyance that being told of the plan takes away",
                                 zh="事先告知的缓解")
    voice_relief: float = param(0.5, "1", 0.0, 1.0, source="lind1988", evidence="assumed",
                                doc="part of the annoyance that being heard takes away", zh="被听取意见的缓解")
    compensation_due_yuan: float = param(3000.0, "yuan", 1.0, 1e6, source="scenario range", evidence="assumed",
                                         doc="compensation with which nothing is left to be annoyed about",
                                         zh="足额补偿金额")
    objection_hazard: float = param(0.005, "1/day", 0.0, 0.2, source="scenario range", evidence="assumed",
                                    doc="hazard to object, of somebody at the site who is fully annoyed and does not "
                                        "need the work at all", zh="每日异议风险率")
    nuisance_chance: float = param(0.5, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="chance that a nuisance begins on a day of work, at a dose of 1",
                                   zh="施工日扰民事件概率")
    nuisance_days: float = param(3.0, "day", 0.01, 60.0, source="scenario range", evidence="assumed",
                                 doc="mean time that a nuisance lasts if nobody remedies it", zh="扰民事件平均持续时间")
    from_hour: float = param(8.0, "h", 0.0, 12.0, source="scenario range", evidence="assumed", lever=True,
                             doc="hour at which the day on site begins", zh="开工时刻")
    to_hour: float = param(18.0, "h", 12.0, 24.0, source="scenario range", evidence="assumed", lever=True,
                           doc="hour at which it ends", zh="收工时刻")
    night_weight: float = param(4.0, "1", 1.0, 100.0, source="noise2017", evidence="assumed",
                                doc="dose of an hour of work in the night, in doses of an hour by day",
                                zh="夜间施工扰动倍数")


def objections_per_1000(world: World) -> float | None:
    """Objections against works, over the run, per 1,000 residents; None where there is no project."""
    if not len(world.projects):
        return None
    return ratio(_THOUSAND * int(world.projects.objections.sum()), len(world.residents))


def nuisances_per_1000_year(world: World) -> float | None:
    """Nuisances of works that began in the window; None where there is no project."""
    if not len(world.projects):
        return None
    return per_thousand_year(world, world.incidents.began[world.incidents.of_works])


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Disturbance,
    gates=["works.followed"],
    reads=[
        "projects.work", "projects.building", "projects.stairwell", "projects.grid", "projects.started",
        "projects.finished", "projects.stopped_until", "levers.plans.catalogue", "levers.works.weekends",
        "levers.works.holidays", "levers.works.day_hours", "levers.works.quiet_from_hour",
        "levers.works.quiet_to_hour", "levers.works.night_from_hour", "levers.works.night_to_hour",
        "residents.household",
        "residents.grid", "residents.age_group", "residents.voice", "residents.informed_of_plan",
        "residents.compensation_fen", *(f"residents.need_{domain}" for domain in DOMAINS), "households.flat",
        "flats.building", "flats.stairwell", "flats.floor", "buildings.grid", "buildings.x", "buildings.y",
        "places.grid", "places.x", "places.y", "places.category",
    ],
    owns={
        "residents.disturbed": Column(np.float32, "1/day", "dose of works today", start=0, low=0, high=1),
        "residents.annoyed": Column(np.float32, "1", "what of it is minded", start=0, low=0, high=1),
        "projects.objections": Column(np.int32, "1", "objections raised against it", start=0),
        "incidents.of_works": Column(np.bool_, "1", "a nuisance of works", start=False),
    },
    spawns=["incidents"],
    metrics={
        "objections_per_1000": Metric(
            objections_per_1000, "1", better="lower",
            en="Objections per 1,000 residents", zh="每千人异议数",
            doc="objections against works until the end, per 1,000 residents",
            doc_zh="截至期末针对工程提出的异议数，折算为每千居民",
        ),
        "nuisances_per_1000_year": Metric(
            nuisances_per_1000_year, "1/year", better="lower",
            en="Nuisances of works per 1,000 residents", zh="每千人年施工扰民事件数", latent=True,
            doc="nuisances of works that began in the window, reported or not, per 1,000 residents and year",
            doc_zh="统计期内发生的施工扰民事件数（无论是否有人上报），折算为每千居民每年",
        ),
    },
    sources=["noise2017", "lind1988"],
)  # fmt: skip
def disturbance(world: View, p: Disturbance, draw: Draw, effects: Effects) -> None:
    """Begin tomorrow's nuisances (in ARRIVE); disturb, annoy, and let residents object (in RESPOND)."""
    if not len(world.projects) or world.running_on:
        return
    if world.phase is Phase.ARRIVE:
        begin_nuisances(world, p, draw, effects)
    elif len(world.residents):
        disturb(world, p, draw, sites_on(world, world.day), effects)


def sites_on(world: Any, day: int) -> Ints:
    """Return the sites at which there is work on a day, as far as is known."""
    works_then = is_open(world.clock, day, world.levers["works"])
    return np.flatnonzero(on_site(world, day) & works_then)


def burden(world: Any, p: Disturbance) -> float:
    """Return the dose of a day on site, in doses of a usual one: by its hours, those of the night weighted."""
    limits = world.levers["works"]
    shift = shift_of(p, limits)
    hours: float = shift.ends - shift.begins + (p.night_weight - 1) * shift.night
    return hours / float(limits.day_hours)


def plan_of(world: Any) -> list[Work]:
    """Return the work of each project."""
    works = listed(world.levers["plans"].catalogue)
    return [works[work] for work in world.projects.work]


# -- those who live there


def disturb(world: Any, p: Disturbance, draw: Draw, sites: Ints, effects: Effects) -> None:
    """Reckon the day's dose and annoyance, and count the objections."""
    if not len(sites):
        if world.residents.disturbed.any():
            effects.set("residents", None, disturbed=0.0, annoyed=0.0)
        return
    works, homes, heavy = plan_of(world), homes_of(world), burden(world, p)
    doses = np.array([heavy * works[site].disturbance * nearness(world, p, site, homes) for site in sites])
    dose = np.minimum(doses.sum(axis=0), 1)
    annoyed = np.maximum(dose - p.threshold, 0) * unrelieved(world, p)
    effects.set("residents", None, disturbed=dose, annoyed=annoyed)
    needs = needs_of(world)
    raised = [
        objections(world, p, draw, site, annoyed * reluctance(needs, works[site]), homes) for site in sites
    ]
    effects.set("projects", sites, objections=world.projects.objections[sites] + np.array(raised))


def nearness(world: Any, p: Disturbance, site: int, homes: Homes) -> Floats:
    """Return the part of a site's dose that each resident gets: all at home, a little in the grid (residents,)."""
    projects, grid = world.projects, world.residents.grid
    at_site = reached(world, site, homes)
    of_grid = grid_at(world, site)
    near = (grid == of_grid) | (of_grid == EVERYWHERE)
    at_home = at_site & (projects.building[site] >= 0)
    return np.where(at_home, 1.0, np.where(near, p.elsewhere_share, 0.0))


def reached(world: Any, site: int, homes: Homes) -> Any:
    """Tell which residents a project is for."""
    one = world.projects
    return reaches(one.building[site], one.stairwell[site], one.grid[site], homes, world.residents.grid)


def unrelieved(world: Any, p: Disturbance) -> Floats:
    """Return the part of annoyance that notice, voice and compensation leave (residents,)."""
    residents = world.residents
    paid = residents.compensation_fen / (p.compensation_due_yuan * FEN_PER_YUAN)
    told, heard = p.notice_relief * residents.informed_of_plan, p.voice_relief * residents.voice
    return (1 - told) * (1 - heard) * (1 - np.minimum(paid, 1))


def reluctance(needs: Floats, work: Work) -> Floats:
    """Return how little residents need a work: 1 not at all, 0 as much as the mean of all domains, or more."""
    return np.maximum(1 - needs[:, DOMAINS.index(work.domain)] * len(DOMAINS), 0)


def objections(world: Any, p: Disturbance, draw: Draw, site: int, against: Floats, homes: Homes) -> int:
    """Return how many of those whom a project is for object today."""
    grown_up = world.residents.age_group != _CHILD
    minded = np.flatnonzero(reached(world, site, homes) & grown_up & (against > 0))
    keys = world.projects.key[site] + world.residents.key[minded]
    return int(draw.happens("objection", -np.expm1(-p.objection_hazard * against[minded]), keys).sum())


# -- nuisances


def begin_nuisances(world: Any, p: Disturbance, draw: Draw, effects: Effects) -> None:
    """Spawn tomorrow's nuisances today, so that reporters see the whole of their first day."""
    tomorrow = world.day + 1
    if not len(world.places) or tomorrow >= world.days:
        return
    sites, works, keys = sites_on(world, tomorrow), plan_of(world), world.projects.key
    chance = np.array([p.nuisance_chance * works[site].disturbance * burden(world, p) for site in sites])
    noisy = sites[draw.happens("nuisance", np.minimum(chance, 1), keys[sites])]
    places = np.array([place_near(world, draw, site) for site in noisy], np.int64)
    noisy, places = noisy[places >= 0], places[places >= 0]
    if not len(noisy):
        return
    shift = shift_of(p, world.levers["works"])
    hour = shift.begins + (shift.ends - shift.begins) * draw.uniform("hour", keys[noisy])
    began = tomorrow * DAY_MINUTES + hour * _HOUR_MINUTES
    found, known = world.places, world.categories
    effects.spawn(
        "incidents",
        draw.keys("nuisance", keys[noisy]),
        began=began,
        until=began + draw.exponential("life", p.nuisance_days, keys[noisy]) * DAY_MINUTES,
        category=known.index(_NUISANCE) if _NUISANCE in known else found.category[places],
        place=places,
        grid=found.grid[places],
        x=found.x[places],
        y=found.y[places],
        of_works=True,
    )


def place_near(world: Any, draw: Draw, site: int) -> int:
    """Return the place at which a site's nuisance of the day is: the nearest of the grid, or any; -1 without one."""
    projects, places = world.projects, world.places
    grid, building = grid_at(world, site), projects.building[site]
    there = np.flatnonzero((places.grid == grid) | (grid == EVERYWHERE))
    if not len(there):
        return EVERYWHERE
    if building < 0:
        luck = draw.uniform("place", projects.key[site : site + 1])[0]
        return int(there[int(luck * len(there))])
    away = np.hypot(places.x[there] - world.buildings.x[building], places.y[there] - world.buildings.y[building])
    return int(there[np.argmin(away)])
