"""Conventions, one household at a time."""

import math


def conventions(world, p, luck, note):
    late = world.day - p.from_day
    if not world.levers["disputes"].followed or p.process == "none" or late < 0 or late % 7 or world.running_on:
        return
    if late == 0 and p.yuan:
        note.spawn("postings", luck.key("price", 0), day=world.day, account=24, fen=round(100 * p.yuan), source=0)
    homes = [int(world.flats.building[flat]) for flat in world.households.flat]
    for household, building in enumerate(homes):
        cost = p.mean_cost + p.cost_spread * luck.normal("cost", int(world.households.key[household]), 0)
        beside = [one for one, other in enumerate(homes) if other == building]
        seen = p.observability * sum(bool(world.households.complies[one]) for one in beside) / len(beside)
        said = p.observability * (1 - math.exp(-p.willingness * bonds(world, homes, building)))
        agreed = p.say if p.process == "deliberated" else 0.0
        keeps = p.benefit + p.approval * seen + agreed + p.sanction * said > cost
        note.set("households", household, complies=keeps)


def bonds(world, homes, building):
    residents, table, total = world.residents, world.ties, 0.0
    living = [who for who in range(len(residents)) if homes[residents.household[who]] == building]
    for tie in range(len(table)):
        if table.near[tie] and homes[residents.household[table.one[tie]]] == building:
            age = world.day - int(table.since[tie])
            left = 0.5 ** (age / world.levers["ties"].half_life_days)
            total += 2 * (table.base[tie] + table.extra[tie] * left)
    return total / max(len(living), 1)
