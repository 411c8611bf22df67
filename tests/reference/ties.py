"""Ties, one meeting at a time (who knows whom on the first day is held to networks in test_ties.py)."""

import numpy as np

from twin.core.draws import keys_of, stream_id
from twin.world.ties import TieRules, ties_of


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
    gains = {}
    for place, every, decision, chance, occurrence, gain in (
        ("event", p.event_every_days, "comes", p.attendance, None, p.event_gain),
        ("work", p.work_every_days if p.joint_work else 0, "member", p.members, 0, p.work_gain),
    ):
        if every and world.day % every == 0 and p.mixing:
            people = [who for who in range(len(world.residents)) if world.residents.age_group[who] != 0]
            came = [who for who in people if luck.happens(decision, chance, int(world.residents.key[who]), occurrence)]
            for one, other in meetings(world, p, luck, came, place):
                pair = min(one, other), max(one, other)
                gains[pair] = gains.get(pair, 0.0) + gain
    for (one, other), gain in gains.items():
        feed(world, p, note, one, other, gain)


def meetings(world, p, luck, came, place):
    for who in came:
        key = int(world.residents.key[who])
        for turn in range(p.encounters):
            alike = luck.happens(f"{place} alike {turn}", p.homophily, key)
            others = [one for one in came if one != who and world.residents.grid[one] == world.residents.grid[who]
                      and (not alike or world.residents.age_group[one] == world.residents.age_group[who])]  # fmt: skip
            if others:
                yield who, others[int(luck.uniform(f"{place} whom {turn}", key) * len(others))]


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
