"""Heating, one home and one hour at a time."""

import math

from twin.world.weather import beijing


def heating(world, p, luck, note):
    if not p.followed:
        return
    if world.phase.value == "arrive":
        insulate(world, p, luck, note)
    date = world.clock.date(world.day)
    if world.phase.value == "respond" and date.month in (11, 12, 1, 2, 3) and world.day < world.days:
        for home in range(len(world.households)):
            flat = int(world.households.flat[home])
            building = int(world.flats.building[flat])
            indoors = p.indoor_c + (p.rebound_c if world.buildings.insulated[building] > 0 else 0)
            watts = float(world.buildings.u_value[building]) * float(world.flats.area_m2[flat]) * p.envelope_share
            hours = beijing().temp_c[beijing().row(date, p.weather_year)].tolist()
            note.add(
                "households", home, heat_kwh=sum(max(indoors - one, 0) for one in hours) * watts / 1000 / p.efficiency
            )


def insulate(world, p, luck, note):
    projects, found, part = world.projects, {}, {}
    works = sorted(world.levers["plans"].catalogue)
    for row in range(len(world.buildings)):
        luck_of = luck.normal("u", int(world.buildings.key[row]), 0)
        found[row] = p.u_before * math.exp(p.u_spread * luck_of - p.u_spread**2 / 2)
        part[row] = float(world.buildings.insulated[row])
        for project in range(len(projects)):
            domain = world.levers["plans"].catalogue[works[projects.work[project]]].domain
            if domain == "insulation" and projects.finished[project] >= 0 and projects.building[project] == row:
                part[row] = max(part[row], float(projects.quality[project]))
    wanted = round(p.insulated_share * len(found)) - sum(one > 0 for one in part.values())
    free = sorted((row for row in found if part[row] == 0), key=lambda row: -found[row])
    new = free[: max(wanted, 0)] if world.day >= world.warm_up_days else []
    part |= dict.fromkeys(new, 1.0)
    if world.day == 0 or any(part[row] != world.buildings.insulated[row] for row in part):
        for row, u in found.items():
            note.set("buildings", row, insulated=part[row], u_value=u - part[row] * max(u - p.u_insulated, 0))
    flats = [flat for flat in range(len(world.flats)) if world.flats.building[flat] in new]
    metres = sum(float(world.flats.area_m2[flat]) for flat in flats)
    fen = round(metres * p.insulation_yuan_m2 * 100)
    owners = round(fen * p.owners_share)
    for kind, source, one in (("insulation", 0, fen - owners), ("owners", 1, owners)):
        if one:
            note.spawn("postings", luck.key(kind, 0), day=world.day, account=16, fen=one, source=source)
