"""Traffic, one driver and one pair of home and street at a time; the equilibrium itself is held to theory."""

import math

import numpy as np

from twin.world.assignment import Links, equilibrium, shortest
from twin.world.roads import lattice, roads_of


def traffic(world, p, luck, note):
    if world.day or not p.followed:
        return
    if world.phase.value == "arrive":
        lay_out(world, luck, note)
    elif len(world.roads):
        drive(world, p, luck, note)


def lay_out(world, luck, note):
    for row, (street, start, end, here, there, metres, rank, gate) in enumerate(
        zip(*(roads_of(world.ground) if world.ground else lattice(world.buildings.x, world.buildings.y)), strict=True)
    ):
        note.spawn("roads", luck.key("road", row), street=street, start=start, end=end, x=here[0] / 1000,
                   y=here[1] / 1000, end_x=there[0] / 1000, end_y=there[1] / 1000, metres=metres, rank=rank,
                   gate=gate)  # fmt: skip


def drive(world, p, luck, note):
    roads, residents = world.roads, world.residents
    rows = [row for row in range(len(roads)) if roads.street[row] not in p.closed]
    free, capacity = [], []
    for row in rows:
        rank = int(roads.rank[row])
        slow = p.calmed_speed if roads.street[row] in p.calmed else 1.0
        wide = p.widened_capacity if roads.street[row] in p.widened else 1.0
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
        if luck.happens("drives", p.driver_share, key, 0) and residents.age[who] >= 18:
            everywhere = sorted({int(roads.start[row]) for row in range(len(roads)) if roads.gate[row]})
            wanted = everywhere[int(luck.uniform("gate", key, 0) * len(everywhere))]
            again = gates[int(luck.uniform("gate_again", key, 0) * len(gates))]
            gate = gates.index(wanted if wanted in gates else again)
            home = nearest(world, who, [one for one in open_junctions if np.isfinite(ways.cost[:, one]).any()])
            drivers[who] = (gate, home)
            demand[gate, home] += 1
    found = equilibrium(links, np.array(gates), demand, 1e-4)
    flow = dict(zip(rows, found.flow, strict=True))
    for row in range(len(roads)):
        note.set("roads", row, flow_per_hour=flow.get(row, 0.0), minutes=math.inf)
    for row, minutes in zip(rows, found.time, strict=True):
        note.set("roads", row, minutes=minutes)
    settled = shortest(links, found.time, np.array(gates))
    for who in range(len(residents)):
        note.set("residents", who, drives_home=who in drivers, noise_db=noise(world, p, flow, who))
        if who in drivers:
            junction = row_of(world, drivers[who][1])
            walk = math.dist((residents.x[who], residents.y[who]), (roads.x[junction], roads.y[junction]))
            note.set("residents", who, trip_minutes=settled.cost[drivers[who]] + walk / p.walk_kmh * 60)


def nearest(world, who, junctions):
    def away(junction):
        row = row_of(world, junction)
        return math.dist((world.residents.x[who], world.residents.y[who]), (world.roads.x[row], world.roads.y[row]))

    return min(junctions, key=away)


def row_of(world, junction):
    return next(row for row in range(len(world.roads)) if world.roads.start[row] == junction)


def noise(world, p, flow, who):
    roads, x, y = world.roads, float(world.residents.x[who]) * 1000, float(world.residents.y[who]) * 1000
    energy = 10 ** (p.background_db / 10)
    for row, cars in flow.items():
        a = (roads.x[row] * 1000 - x, roads.y[row] * 1000 - y)
        b = (roads.end_x[row] * 1000 - x, roads.end_y[row] * 1000 - y)
        length = math.dist(a, b)
        along = -(a[0] * (b[0] - a[0]) + a[1] * (b[1] - a[1])) / length
        away = max(abs(a[0] * b[1] - a[1] * b[0]) / length, 3.5)
        angle = math.atan2(length - along, away) + math.atan2(along, away)
        energy += 10**4.22 * cars * 10 * angle / (math.pi * away)
    return 10 * math.log10(energy)
