"""Disturbance, one site and one resident at a time."""

import math

from tests.reference import DAY
from tests.reference.happiness import home_of
from tests.reference.works import is_open
from twin.core.world import Phase


def disturbance(world, p, luck, note):
    projects, residents = world.projects, world.residents
    catalogue = world.levers["plans"].catalogue
    if world.running_on or not len(projects):
        return
    limits, arriving = world.levers["works"], world.phase is Phase.ARRIVE
    today = world.day + arriving
    sites, heavy = [], hours(p, limits)[2] / limits.day_hours
    for k in range(len(projects)):
        going = projects.started[k] >= 0 and projects.finished[k] < 0
        if going and projects.stopped_until[k] <= today and is_open(world, limits, today):
            sites.append((k, catalogue[sorted(catalogue)[projects.work[k]]]))
    if arriving:
        for site, work in sites:
            nuisance(world, p, luck, note, site, work)
        return
    if not sites and not any(residents.disturbed):
        return
    raised = dict.fromkeys((site for site, _ in sites), 0)
    for who in range(len(residents)):
        dose = min(sum(heavy * work.disturbance * near(world, p, site, who) for site, work in sites), 1)
        annoyed = max(dose - p.threshold, 0)
        annoyed *= 1 - p.notice_relief * residents.informed_of_plan[who]
        annoyed *= 1 - p.voice_relief * residents.voice[who]
        annoyed *= 1 - min(residents.compensation_fen[who] / (100 * p.compensation_due_yuan), 1)
        note.set("residents", who, disturbed=dose)
        note.set("residents", who, annoyed=annoyed)
        for site, work in sites:
            against = annoyed * max(1 - 8 * getattr(residents, f"need_{work.domain}")[who], 0)
            key = int(projects.key[site]) + int(residents.key[who])
            if is_for(world, site, who) and residents.age_group[who] and against > 0:
                raised[site] += luck.happens("objection", 1 - math.exp(-p.objection_hazard * against), key)
    for site, number in raised.items():
        note.set("projects", site, objections=projects.objections[site] + number)


def hours(p, limits):
    """First and last hour of work, and how many there are, those of the night counted several times."""
    begins = max(p.from_hour, limits.quiet_to_hour)
    ends = max(begins, min(p.to_hour, limits.quiet_from_hour))
    late, early = max(limits.night_from_hour, begins), min(limits.night_to_hour, ends)
    by_night = max(0, ends - late) + max(0, early - begins)
    return begins, ends, (ends - begins - by_night) + p.night_weight * by_night


def is_for(world, site, who):
    projects, home = world.projects, home_of(world, who)
    if projects.stairwell[site] >= 0:
        return home is not None and world.flats.stairwell[home] == projects.stairwell[site]
    if projects.building[site] >= 0:
        return home is not None and world.flats.building[home] == projects.building[site]
    return projects.grid[site] in (-1, world.residents.grid[who])


def near(world, p, site, who):
    if world.projects.building[site] >= 0 and is_for(world, site, who):
        return 1.0
    return p.elsewhere_share if grid_of(world, site) in (-1, world.residents.grid[who]) else 0.0


def grid_of(world, site):
    building = world.projects.building[site]
    return world.buildings.grid[building] if building >= 0 else world.projects.grid[site]


def nuisance(world, p, luck, note, site, work):
    key, tomorrow = int(world.projects.key[site]), world.day + 1
    begins, ends, weighted = hours(p, world.levers["works"])
    chance = p.nuisance_chance * work.disturbance * weighted / world.levers["works"].day_hours
    if tomorrow >= world.days or not luck.happens("nuisance", min(chance, 1), key):
        return
    places, building = world.places, world.projects.building[site]
    there = [row for row in range(len(places)) if grid_of(world, site) in (-1, places.grid[row])]
    if not there:
        return
    if building >= 0:
        x, y = world.buildings.x[building], world.buildings.y[building]
        place = min(there, key=lambda row: (math.hypot(places.x[row] - x, places.y[row] - y), row))
    else:
        place = there[int(luck.uniform("place", key) * len(there))]
    began = tomorrow * DAY + 60 * (begins + (ends - begins) * luck.uniform("hour", key))
    until = began + luck.exponential("life", p.nuisance_days, key) * DAY
    kind = world.categories.index("noise") if "noise" in world.categories else places.category[place]
    where = {name: getattr(places, name)[place] for name in ("grid", "x", "y")}
    row = {"began": began, "until": until, "category": kind, "place": place, "of_works": True, **where}
    note.spawn("incidents", luck.key("nuisance", key), **row)
