"""Traffic, one driver and one pair of home and street at a time; the equilibrium itself is held to theory."""

import math

import numpy as np

from twin.world.assignment import Links, equilibrium, optimum, shortest
from twin.world.roads import lattice, roads_of


def traffic(world, p, luck, note):
    if not p.followed or world.running_on:
        return
    if world.phase.value == "respond":
        if len(world.roads):
            follow(world, p, luck, note)
    elif world.day == 0:
        lay_out(world, luck, note)


def follow(world, p, luck, note):
    roads = world.roads
    done, changed = [], world.day == 0
    for row in range(len(roads)):
        street = roads.street[row]
        planned = world.day >= world.warm_up_days
        now = {"closed": planned and street in p.closed, "calmed": planned and street in p.calmed,
               "widened": planned and street in p.widened, "dug": row in dug(world)}  # fmt: skip
        changed |= any(now[name] != getattr(roads, name)[row] for name in now)
        done.append(now)
    if not changed:
        return
    for row, now in enumerate(done):
        note.set("roads", row, **now)
    for name, price in zip(("closed", "calmed", "widened"), p.yuan_a_metre, strict=True):
        new = [row for row, now in enumerate(done) if now[name] and not getattr(roads, name)[row]]
        fen = round(sum(float(roads.metres[row]) for row in new) / 2 * price * 100)
        if fen:
            note.spawn("postings", luck.key(name, 0), day=world.day, account=19, fen=fen)
    drive(world, p, done, luck, note)


def dug(world):
    found, projects = set(), world.projects
    catalogue = world.levers["plans"].catalogue
    for project in range(len(projects)):
        on_site = projects.started[project] >= 0 > projects.finished[project]
        on_site = on_site and projects.stopped_until[project] <= world.day
        domain = catalogue[sorted(catalogue)[projects.work[project]]].domain
        if on_site and domain == "pipes" and projects.building[project] >= 0:
            away = [metres_away(world, int(projects.building[project]), row) for row in range(len(world.roads))]
            found |= {row for row, one in enumerate(away) if one <= min(away) + 1e-6}
    return found


def metres_away(world, building, row):
    roads = world.roads
    x, y = float(world.buildings.x[building]), float(world.buildings.y[building])
    a, b = (float(roads.x[row]), float(roads.y[row])), (float(roads.end_x[row]), float(roads.end_y[row]))
    square = math.dist(a, b) ** 2
    along = ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / max(square, 1e-12)
    along = min(max(along, 0), 1)
    return math.dist((x, y), (a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])))


def lay_out(world, luck, note):
    for row, (street, start, end, here, there, metres, rank, gate) in enumerate(
        zip(*(roads_of(world.ground) if world.ground else lattice(world.buildings.x, world.buildings.y)), strict=True)
    ):
        note.spawn("roads", luck.key("road", row), street=street, start=start, end=end, x=here[0] / 1000,
                   y=here[1] / 1000, end_x=there[0] / 1000, end_y=there[1] / 1000, metres=metres, rank=rank,
                   gate=gate)  # fmt: skip


def drive(world, p, done, luck, note):
    roads, residents = world.roads, world.residents
    rows = [row for row in range(len(roads)) if not done[row]["closed"]]
    free, capacity = [], []
    for row in rows:
        rank = int(roads.rank[row])
        slow = (p.calmed_speed if done[row]["calmed"] else 1.0) * (p.dug_speed if done[row]["dug"] else 1.0)
        wide = p.widened_capacity if done[row]["widened"] else 1.0
        free.append(roads.metres[row] / 1000 / (p.speed_kmh[rank] * slow) * 60)
        capacity.append(p.capacity_per_hour[rank] * slow * wide)
    links = Links.bpr(roads.start[rows], roads.end[rows], np.array(free), np.array(capacity), p.congestion)
    gates = sorted({int(roads.start[row]) for row in rows if roads.gate[row]})
    demand = np.zeros((len(gates), links.nodes))
    for here in range(len(gates)):
        for there in gates:
            if there != gates[here]:
                demand[here, there] += p.through_per_hour / (len(gates) * (len(gates) - 1))
    open_junctions = sorted({int(roads.start[row]) for row in rows})
    ways = shortest(links, links.free, np.array(gates))
    drivers = {}
    for who in range(len(residents)):
        key = int(residents.key[who])
        if has_car(world, who) and luck.happens("drives", p.peak_share, key, 0):
            everywhere = sorted({int(roads.start[row]) for row in range(len(roads)) if roads.gate[row]})
            wanted = everywhere[int(luck.uniform("gate", key, 0) * len(everywhere))]
            again = gates[int(luck.uniform("gate_again", key, 0) * len(gates))]
            gate = gates.index(wanted if wanted in gates else again)
            home = nearest(world, who, [one for one in open_junctions if np.isfinite(ways.cost[:, one]).any()])
            drivers[who] = (gate, home)
            demand[gate, home] += 1
    found = equilibrium(links, np.array(gates), demand, 1e-4)
    flow = dict(zip(rows, found.flow, strict=True))
    best = dict(zip(rows, optimum(links, np.array(gates), demand, 1e-4).flow, strict=True))
    for row in range(len(roads)):
        note.set("roads", row, flow_per_hour=flow.get(row, 0.0), minutes=math.inf, turned_back_per_hour=0.0,
                 best_flow_per_hour=best.get(row, 0.0))  # fmt: skip
    for row, minutes in zip(rows, found.time, strict=True):
        note.set("roads", row, minutes=minutes)
    settled = shortest(links, found.time, np.array(gates))
    lasts = dict(zip(rows, found.time, strict=True))
    for who in range(len(residents)):
        note.set("residents", who, drives_home=who in drivers, noise_db=noise(world, p, flow, lasts, who))
        if who in drivers:
            junction = row_of(world, drivers[who][1])
            walk = math.dist((residents.x[who], residents.y[who]), (roads.x[junction], roads.y[junction]))
            assert np.isfinite(settled.cost[drivers[who]])
            minutes = settled.cost[drivers[who]] + walk / p.walk_kmh * 60
            note.set("residents", who, trip_minutes=minutes, cut_off=False)


def has_car(world, who):
    residents, home = world.residents, int(world.residents.household[who])
    if home < 0 or residents.age[who] < 18:
        return False
    older = [one for one in range(who) if residents.household[one] == home and residents.age[one] >= 18]
    return len(older) < world.households.cars[home]


def nearest(world, who, junctions):
    def away(junction):
        row = row_of(world, junction)
        return math.dist((world.residents.x[who], world.residents.y[who]), (world.roads.x[row], world.roads.y[row]))

    return min(junctions, key=away)


def row_of(world, junction):
    return next(row for row in range(len(world.roads)) if world.roads.start[row] == junction)


def noise(world, p, flow, minutes, who):
    roads, x, y = world.roads, float(world.residents.x[who]) * 1000, float(world.residents.y[who]) * 1000
    energy = 10 ** (p.background_db / 10)
    for row, cars in flow.items():
        a = (roads.x[row] * 1000 - x, roads.y[row] * 1000 - y)
        b = (roads.end_x[row] * 1000 - x, roads.end_y[row] * 1000 - y)
        length = math.dist(a, b)
        along = -(a[0] * (b[0] - a[0]) + a[1] * (b[1] - a[1])) / length
        away = max(abs(a[0] * b[1] - a[1] * b[0]) / length, 3.5)
        angle = math.atan2(length - along, away) + math.atan2(along, away)
        speed = max(roads.metres[row] / 1000 / minutes[row] * 60, 20)
        slower = 33 * math.log10(speed + 40 + 500 / speed) - 68.8
        energy += 10 ** (4.22 + slower / 10) * cars * 10 * angle / (math.pi * away)
    return 10 * math.log10(energy)
