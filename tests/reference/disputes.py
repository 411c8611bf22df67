"""Disputes, one lapse and one household at a time."""

import math

NOISE, PARKING, LEAKS, PETS, WORKS, FEES = range(6)


def disputes(world, p, luck, note):
    if not p.followed or world.running_on:
        return
    usual, begun = world.levers["stress"].set_point, set()
    heads_of = all_heads(world)
    most = math.exp(2 * p.stress_weight * (1 - usual) + p.grievance_weight)
    for key, cause, plaintiff, respondent in candidates(world, p, luck, most, heads_of):
        heads = heads_of[plaintiff], heads_of[respondent] if respondent >= 0 else -1
        if heads[0] < 0 or (respondent >= 0 and heads[1] < 0):
            continue
        pull = p.grievance_weight * world.residents.grievance[heads[0]]
        pull += sum(p.stress_weight * (world.residents.stress[one] - usual) for one in heads if one >= 0)
        pull -= p.tie_weight * (known(world, plaintiff, respondent) if respondent >= 0 else 0.0)
        if not luck.happens("taken up", math.exp(pull) / most, key, 0):
            continue
        if (heads[0], cause) not in begun and not quarrelling(world, heads[0], cause):
            note.spawn("disputes", key, cause=cause, plaintiff=heads[0], respondent=heads[1], began=world.day)
        begun.add((heads[0], cause))


def candidates(world, p, luck, most, heads):
    homes = [home(world, household) for household in range(len(world.households))]
    for cause, kind, chance in ((NOISE, 0, p.noise_chance), (PETS, 1, p.fouling_chance)):
        for lapse in range(len(world.lapses)):
            yesterday = (world.day - 1) * 1440 <= world.lapses.minute[lapse] < world.day * 1440
            if world.lapses.kind[lapse] != kind or not yesterday:
                continue
            key = luck.key(("noise", "pets")[kind], int(world.lapses.key[lapse]), 0)
            if luck.happens("enough", 1 - (1 - min(p.scale * chance, 1)) ** most, key, 0):
                doing = int(world.lapses.household[lapse])
                neighbour = another(homes, kind, doing, luck.uniform("neighbour", key, 0))
                if neighbour is not None:
                    yield key, cause, neighbour, doing
    rates = ((PARKING, "parking", p.parking_per_year), (LEAKS, "leaks", p.leaks_per_year),
             (WORKS, "works", p.works_per_year), (FEES, "fees", p.fees_per_year))  # fmt: skip
    for cause, name, a_year in rates:
        grids = {int(world.residents.grid[one]) for one in heads}
        by_grid = {grid: load(world, p, cause, heads, grid) for grid in grids}
        for household in range(len(world.households)):
            weight = by_grid[int(world.residents.grid[heads[household]])]
            if cause == WORKS:
                weight = float(world.residents.disturbed[heads[household]])
            if cause == PARKING:
                weight = (weight + p.blocked_weight * blocked(world)) * (1 - spared(world, household))
            hazard = p.scale * a_year / 365 * weight * most
            key = luck.key(name, int(world.households.key[household]))
            if luck.happens("enough", 1 - math.exp(-hazard), key, 0):
                around = 1 if cause == PARKING else 0
                luck_of = luck.uniform("neighbour", key, 0)
                other = -1 if cause in (FEES, WORKS) else another(homes, around, household, luck_of)
                if other is not None:
                    yield key, cause, household, other


def home(world, household):
    flat = world.households.flat[household]
    return int(world.flats.stairwell[flat]), int(world.flats.building[flat])


def another(homes, around, who, luck):
    others = [one for one in range(len(homes)) if homes[one][around] == homes[who][around] and one != who]
    return others[int(luck * len(others))] if others else None


def all_heads(world):
    heads = [-1] * len(world.households)
    for who in reversed(range(len(world.residents))):
        if world.residents.household[who] >= 0:
            heads[world.residents.household[who]] = who
    return heads


def load(world, p, cause, heads, grid):
    name = {PARKING: "parking", LEAKS: "leaks_drains", FEES: "property"}.get(cause)
    if name not in world.categories:
        return 1.0
    kind, morning, faults = world.categories.index(name), world.day * 1440, world.incidents
    found = sum(faults.category[one] == kind and faults.grid[one] == grid
                and faults.began[one] < morning < faults.ended[one] for one in range(len(faults)))  # fmt: skip
    return 1 + p.fault_weight * 100 * found / sum(int(world.residents.grid[one]) == grid for one in heads)


def blocked(world):
    stays, morning = world.stays, world.day * 1440
    ours = [one for one in range(len(stays)) if stays.side[one] == 0 and morning - 1440 <= stays.arrived[one] < morning]
    return sum(stays.lot[one] == -1 for one in ours) / max(len(ours), 1)


def spared(world, household):
    table = world.disputes
    kept = [row for row in range(len(table)) if table.cause[row] == PARKING and table.settled_on[row] >= 0
            and table.broken_on[row] < 0 and world.residents.household[table.plaintiff[row]] == household]  # fmt: skip
    return max([table.clause_part[row] for row in kept], default=0.0)


def known(world, one, other):
    total = 0.0
    for tie in range(len(world.ties)):
        ends = {int(world.residents.household[end]) for end in (world.ties.one[tie], world.ties.other[tie])}
        if ends == {one, other}:
            age = world.day - int(world.ties.since[tie])
            total += world.ties.base[tie] + world.ties.extra[tie] * 0.5 ** (age / world.levers["ties"].half_life_days)
    return total


def quarrelling(world, who, cause):
    table = world.disputes
    return any(table.plaintiff[row] == who and table.cause[row] == cause and table.settled_on[row] < 0
               and table.faded_on[row] < 0 for row in range(len(table)))  # fmt: skip
