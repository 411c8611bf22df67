"""Coalitions, one household and one dispute at a time."""

import math

from tests.reference.stages import near


def coalitions(world, p, luck, note):
    table, households = world.disputes, world.households
    if not len(table) or world.running_on:
        return
    for row in range(len(table)):
        seated = table.agreed_on[row] >= 0 and not table.gave_up[row]
        seated = seated and near(world, row, world.levers["stages"].calm_days)
        if is_open(world, row) and table.stage[row] >= p.petition_from_stage and not seated:
            new = table.petitioned_on[row] < 0
            if new and luck.happens("petition", 1 - math.exp(-p.petition_per_day), int(table.key[row])):
                note.set("disputes", row, petitioned_on=world.day)
    grid = [grid_of(world, household) for household in range(len(households))]
    building = [int(world.flats.building[flat]) for flat in households.flat]
    leads = {one: leading(world, p, one) for one in set(grid)}
    if max(leads.values()) < 0 and max(households.side) < 0:
        return
    was = [leads[grid[one]] >= 0 and households.side[one] == leads[grid[one]] for one in range(len(households))]
    joined = []
    for one in range(len(households)):
        seen = p.own_weight * part(building, was, one) + (1 - p.own_weight) * part(grid, was, one)
        joined.append(leads[grid[one]] >= 0 and (was[one] or joins(world, p, luck, one, leads[grid[one]], seen)))
    for one in range(len(households)):
        note.set("households", one, side=leads[grid[one]] if joined[one] else -1)
    for where, row in leads.items():
        one = grid.index(where)
        joint = part(grid, joined, one)
        if row >= 0 and joint > 0 and joint >= p.critical_share and table.group_event_on[row] < 0:
            note.set("disputes", row, group_event_on=world.day)


def is_open(world, row):
    return world.disputes.settled_on[row] < 0 and world.disputes.faded_on[row] < 0


def head(world, household):
    return next((who for who in range(len(world.residents)) if world.residents.household[who] == household), -1)


def grid_of(world, household):
    who = head(world, household)
    return int(world.residents.grid[who]) if who >= 0 else -1


def leading(world, p, grid):
    table = world.disputes
    hard = (row for row in range(len(table)) if is_open(world, row) and table.respondent[row] < 0
            and table.stage[row] >= p.from_stage and world.residents.grid[table.plaintiff[row]] == grid)  # fmt: skip
    return next(hard, -1)


def part(group, joined, one):
    beside = [other for other in range(len(group)) if group[other] == group[one]]
    return sum(joined[other] for other in beside) / len(beside)


def joins(world, p, luck, household, row, seen):
    key, who = int(world.households.key[household]), head(world, household)
    if who == world.disputes.plaintiff[row]:
        return True
    if not luck.happens("spoken to", 1 - math.exp(-p.recruit_per_day * seen), key):
        return False
    own = p.mean_threshold + p.threshold_spread * luck.normal("threshold", key, 0)
    return seen >= own - p.grievance_weight * (world.residents.grievance[who] if who >= 0 else 0.0)
