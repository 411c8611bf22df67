"""Lifts, one stairwell and one flat at a time; shares by formulas of its own, not by the rule file."""

import math
from fractions import Fraction


def floor_share(rule, floor, floors):
    if rule == "equal":
        return Fraction(1, floors)
    if rule == "linear":
        return Fraction(2 * (floor - 1), floors * (floors - 1))
    return sum((Fraction(1, (floors - 1) * (floors + 1 - one)) for one in range(2, floor + 1)), Fraction(0))


def split(total, weights):
    """Whole fen; the largest remainders go up."""
    exact = [Fraction(total) * one / sum(weights) for one in weights]
    parts = [math.floor(one) for one in exact]
    while sum(parts) < total:
        rests = [one - part for one, part in zip(exact, parts, strict=True)]
        parts[rests.index(max(rests))] += 1
    return parts


def bargain(net, weight):
    loss, gain = -sum(one for one in net if one < 0), sum(one for one in net if one > 0)
    if loss == 0 or gain <= loss:
        return [0] * len(net)
    total = max(min(round(gain * (loss / gain + weight * (1 - loss / gain))), gain), loss)
    losers, gainers = [k for k, one in enumerate(net) if one < 0], [k for k, one in enumerate(net) if one > 0]
    out = [0] * len(net)
    for k, extra in zip(losers, split(total - loss, [Fraction(1)] * len(losers)), strict=True):
        out[k] = -net[k] + extra
    for k, part in zip(gainers, split(total, [Fraction(net[k]) for k in gainers]), strict=True):
        out[k] = -part
    return out


def living_in(world, flat):
    found = [one for one in range(len(world.households)) if world.households.flat[one] == flat]
    return found[0] if found else -1


def owner(world, flat):
    household = living_in(world, flat)
    if household < 0 or world.households.tenure[household] == 2:
        return -1
    people = range(len(world.residents))
    heads = [who for who in people if world.residents.household[who] == household and world.residents.role[who] == 0]
    return heads[0] if heads else -1


def lifts(world, p, luck, note):
    if not p.asked or world.running_on or not len(world.households):
        return
    catalogue = world.levers["plans"].catalogue
    names = sorted(catalogue)
    kinds = [(catalogue[name].domain, catalogue[name].scope) for name in names]
    found = [k for k, kind in enumerate(kinds) if kind == ("lift", "stairwell")]
    stairs_of = [int(one) for one in world.flats.stairwell]
    lived_in = {stairs_of[flat] for flat in world.households.flat}
    if world.day == p.from_day and found:
        for stairwell in sorted(lived_in):
            rows = [k for k, one in enumerate(stairs_of) if one == stairwell]
            ask(world, p, luck, note, found[0], catalogue[names[found[0]]], stairwell, rows)
    elif world.day > p.from_day:
        for project in range(len(world.projects)):
            table = world.projects
            passed, fell = int(table.passed_on[project]), int(table.reversed_on[project])
            rows = [k for k, one in enumerate(stairs_of) if one == table.stairwell[project]]
            if table.asked_for[project] and passed == world.day - 1 and fell < 0:
                fall_out(world, p, luck, note, rows)
            begun, unbuilt = int(table.started[project]), table.finished[project] < 0
            if table.asked_for[project] and begun == world.day - 1 and fell < 0:
                transfer(world, luck, note, project, rows, "compensation", 1)
            if table.asked_for[project] and unbuilt and 0 <= begun < fell and fell == world.day - 1:
                transfer(world, luck, note, project, rows, "paid back", -1)


def ask(world, p, luck, note, work, lift, stairwell, rows):
    flats, votes = world.flats, world.levers["ballots"]
    floor = [int(flats.floor[k]) for k in rows]
    building = int(flats.building[rows[0]])
    storeys = int(world.buildings.storeys[building])
    planned = [int(world.projects.stairwell[k]) for k in range(len(world.projects)) if world.projects.work[k] == work]
    if not p.least_storeys <= storeys <= p.most_storeys or stairwell in planned:
        return
    weights = [floor_share(p.share_rule, one, storeys) / floor.count(one) for one in floor]
    if sum(weights) == 0:
        return
    cost = split(max(round((lift.cost_yuan - p.subsidy_yuan) * 100), 0), weights)
    running = split(round(p.running_yuan * 100), weights)
    net = []
    for k, one, paid, kept in zip(rows, floor, cost, running, strict=True):
        home = living_in(world, k)
        people = [who for who in range(len(world.residents)) if world.residents.household[who] == home]
        ages = [world.residents.age[who] for who in people]
        let = home < 0 or world.households.tenure[home] == 2
        factor = p.landlord_share if let else 1 + p.old_gain * any(age >= 65 for age in ages)
        yuan = p.climb_yuan * (one - 1) * factor + p.price_yuan * max(one - p.even_floor, 0)
        yuan -= votes.lift_loss_yuan if one <= votes.low_floors else 0
        net.append(round(yuan * 100) - paid - kept)
    deal = bargain(net, p.low_weight) if p.compensation == "nash" else [0] * len(rows)
    low = [one <= votes.low_floors for one in floor]
    payers = [Fraction(0) if one else weight for one, weight in zip(low, weights, strict=True)]
    if p.compensation == "fixed" and sum(payers):
        each = round(p.fixed_yuan * 100)
        pays = split(each * sum(low), payers)
        deal = [each if one else -part for one, part in zip(low, pays, strict=True)]
    note.spawn("projects", luck.key("lift", stairwell, 0), work=work, building=building, stairwell=stairwell,
               grid=world.buildings.grid[building], decided=world.day, cost_fen=round(lift.cost_yuan * 100),
               owners_fen=sum(cost), asked_for=True)  # fmt: skip
    for k, paid, gets, before in zip(rows, cost, deal, net, strict=True):
        note.set("flats", k, lift_offered=True, lift_cost_fen=paid, lift_bargain_fen=gets,
                 lift_net_yuan=(before + gets) / 100)  # fmt: skip


def transfer(world, luck, note, project, rows, kind, sign):
    got = {k: sign * int(world.flats.lift_bargain_fen[k]) for k in rows if world.flats.lift_bargain_fen[k] > 0}
    if got:
        key = luck.key(kind, world.projects.key[project], 0)
        note.spawn("postings", key, day=world.day, account=8, fen=sum(got.values()), source=1, project=project)
    for k, fen in got.items():
        if owner(world, k) >= 0:
            note.add("residents", owner(world, k), compensation_fen=fen)


def fall_out(world, p, luck, note, rows):
    homes = world.flats
    living = [k for k in rows if owner(world, k) >= 0]
    if not living or not world.levers["disputes"].followed:
        return
    best = max(float(homes.lift_net_yuan[k]) for k in living)
    winner = next(k for k in living if homes.lift_net_yuan[k] == best)
    table = world.disputes
    busy = {int(table.plaintiff[d]) for d in range(len(table))
            if table.cause[d] == 4 and table.settled_on[d] < 0 and table.faded_on[d] < 0}  # fmt: skip
    for k in living:
        loss = -float(homes.lift_net_yuan[k])
        if loss <= 0 or k == winner or owner(world, k) in busy:
            continue
        home = living_in(world, k)
        key = world.households.key[home]
        if luck.happens("falls out", 1 - math.exp(-loss / p.dispute_yuan), key, 0):
            note.spawn("disputes", luck.key("dispute", key, 0), cause=4, plaintiff=owner(world, k),
                       respondent=owner(world, winner), began=world.day)  # fmt: skip
            note.set("households", home, lift_fell_out=True)
