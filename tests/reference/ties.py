"""Ties, one meeting at a time (who knows whom on the first day is held to networks in test_ties.py)."""

import numpy as np

from twin.core.draws import keys_of, stream_id
from twin.world.ties import TieRules, ties_of

PLACES = ("greenery", "play", "care")


def ties(world, p, luck, note):
    if not world.levers["disputes"].followed or world.running_on:
        return
    if world.day == 0:
        known = ties_of(world, TieRules(), luck.draw.seed)
        for end in range(len(known.neighbour)):
            one, other = int(known.resident[end]), int(known.neighbour[end])
            if one < other:
                beside = near(world, one, other)
                note.spawn("ties", key_of(world, one, other), one=one, other=other, base=1.0, near=beside)
        return
    people = [who for who in range(len(world.residents)) if world.residents.age_group[who] != 0]
    gains, times = {}, {}
    for place, gain, encounters, came in (
        ("event", p.event_gain, p.encounters, at_event(world, p, luck, people)),
        ("work", p.work_gain, p.encounters, at_work(world, p, luck, people)),
        ("visit", p.visit_gain, 1, visits(world, p, luck, people)),
    ):
        for one, other in meetings(world, p, luck, came, place, encounters) if p.mixing else ():
            pair = min(one, other), max(one, other)
            gains[pair] = gains.get(pair, 0.0) + gain
        for who, _, _ in came if place == "visit" else ():
            times[who] = times.get(who, 0) + 1
    for (one, other), gain in gains.items():
        feed(world, p, note, one, other, gain)
    for who, count in times.items():
        note.set("residents", who, visits=world.residents.visits[who] + count)


# who came, to which ground, with which luck


def at_event(world, p, luck, people):
    if not p.event_every_days or world.day % p.event_every_days:
        return []
    keys = {who: int(world.residents.key[who]) for who in people}
    return [(who, int(world.residents.grid[who]), keys[who]) for who in people
            if luck.happens("comes", p.attendance, keys[who])]  # fmt: skip


def at_work(world, p, luck, people):
    if not p.work_every_days or world.day % p.work_every_days or not p.joint_work:
        return []
    came = []
    for who in people:
        key, ground = int(world.residents.key[who]), garden(world, p, who)
        if luck.happens("member", p.members, key, 0) and ground is not None:
            came.append((who, ground, key))
    return came


def visits(world, p, luck, people):
    came = []
    for project, domain in amenities(world, p):
        for who in people:
            key = (int(world.projects.key[project]) + int(world.residents.key[who])) % 2**64
            need = 8 * float(getattr(world.residents, f"need_{domain}")[who])
            chance = min(p.visits_per_day * world.projects.quality[project] * need, 1)
            if serves(world, project, who) and luck.happens("visits", chance, key):
                came.append((who, project, key))
    return came


def garden(world, p, who):
    if not world.levers["works"].followed:
        return int(world.residents.grid[who])
    mine = [project for project, domain in amenities(world, p) if domain == "greenery" and serves(world, project, who)]
    return mine[-1] if mine else None


def amenities(world, p):
    works, projects = world.levers["plans"].catalogue, world.projects
    done = [one for one in range(len(projects)) if projects.finished[one] >= 0 and projects.stairwell[one] < 0]
    of = {one: works[sorted(works)[projects.work[one]]].domain for one in done if p.used}
    return [(one, domain) for one, domain in of.items() if domain in PLACES]


def serves(world, project, who):
    building = world.projects.building[project]
    if building >= 0:
        return bool(world.flats.building[world.households.flat[world.residents.household[who]]] == building)
    return bool(world.projects.grid[project] in (-1, world.residents.grid[who]))


# whom they met


def meetings(world, p, luck, came, place, encounters):
    for who, ground, key in came:
        for turn in range(encounters):
            beside = luck.happens(f"{place} near {turn}", p.near_share, key)
            alike = luck.happens(f"{place} alike {turn}", p.homophily, key)
            others = []
            for one, at, _ in came:
                same_age = world.residents.age_group[one] == world.residents.age_group[who]
                if one != who and at == ground and (
                    stairwell(world, one) == stairwell(world, who) if beside else same_age or not alike
                ):
                    others.append(one)
            if others:
                yield who, others[int(luck.uniform(f"{place} whom {turn}", key) * len(others))]


def stairwell(world, who):
    return int(world.flats.stairwell[world.households.flat[world.residents.household[who]]])


def key_of(world, one, other):
    keys = sorted(int(world.residents.key[who]) for who in (one, other))
    return int(keys_of(stream_id("ties"), np.array([keys[0] * 2**32 + keys[1]], np.uint64), "tie", 0)[0])


def near(world, one, other):
    flats = [world.households.flat[world.residents.household[who]] for who in (one, other)]
    return bool(world.flats.building[flats[0]] == world.flats.building[flats[1]])


def feed(world, p, note, one, other, gain):
    key, table = key_of(world, one, other), world.ties
    row = int(table.rows_of(np.array([key], np.uint64))[0])
    if row < 0:
        beside = near(world, one, other)
        note.spawn("ties", key, one=one, other=other, base=0.0, near=beside, extra=gain, since=world.day)
        return
    left = table.extra[row] * 0.5 ** ((world.day - int(table.since[row])) / p.half_life_days)
    note.set("ties", row, extra=left + gain, since=world.day)
