"""Lapses, one household and one evening at a time."""

import math

from twin.core.draws import gamma_of


def lapses(world, p, luck, note):
    if not world.levers["disputes"].followed or world.running_on:
        return
    for household in range(len(world.households)):
        key = int(world.households.key[household])
        for kind, decision in enumerate(("noise", "fouling")):
            if decision == "noise":
                a_year = p.late_evenings_per_year * gamma_of(luck.uniform("noisy", key, 0), 1.0, p.spread)
            else:
                a_year = p.fouling_per_year if luck.happens("dog", p.pet_share, key, 0) else 0.0
            if not luck.happens(decision, 1 - math.exp(-a_year / 365), key):
                continue
            hour = p.first_hour + luck.uniform(f"{decision} hour", key) * (p.last_hour - p.first_hour)
            if world.households.complies[household] and luck.happens(f"{decision} restraint", p.restraint, key):
                continue
            kept = list(promises(world, household, (0, 3)[kind]))
            if kind == 0 and any(hour >= from_hour for from_hour, _ in kept):
                continue
            if kind == 1 and luck.happens("cleaned up", max([part for _, part in kept], default=0.0), key):
                continue
            minute = world.day * 1440 + hour * 60
            note.spawn("lapses", luck.key(decision, key), household=household, kind=kind, minute=minute)


def promises(world, household, cause):
    table = world.disputes
    for row in range(len(table)):
        holds = table.settled_on[row] >= 0 and table.broken_on[row] < 0
        if holds and table.cause[row] == cause and world.residents.household[table.respondent[row]] == household:
            yield table.clause_hour[row], table.clause_part[row]
