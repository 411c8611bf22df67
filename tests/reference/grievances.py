"""Grievances, one report at a time."""

from tests.reference import ended_at, limits_waited, long_overdue, today, was_solved


def grievances(world, p, luck, note):
    if not world.levers["disputes"].followed or world.running_on:
        return
    grievance = [value * 0.5 ** (1 / p.half_life_days) for value in world.residents.grievance]
    told = [one for one in range(len(world.tickets))
            if world.tickets.reporter[one] >= 0 and today(world, ended_at(world, one))]  # fmt: skip
    kept = [one for one in told if was_solved(world, one) and limits_waited(world, one) <= 1]
    for ticket in kept:
        grievance[world.tickets.reporter[ticket]] *= 1 - p.relief
    late = [one for one in range(len(world.tickets)) if long_overdue(world, one, p.overdue_limits)]
    for ticket in [one for one in told if one not in kept] + [one for one in late if world.tickets.reporter[one] >= 0]:
        who = world.tickets.reporter[ticket]
        grievance[who] += (1 - grievance[who]) * p.gain
    for who, value in enumerate(grievance):
        note.set("residents", who, grievance=value)
