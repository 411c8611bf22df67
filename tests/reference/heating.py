"""Heating, one home and one hour at a time."""

import math

from twin.world.weather import beijing


def heating(world, p, luck, note):
    if not p.followed:
        return
    if world.phase.value == "arrive" and world.day == 0:
        found = {}
        for row in range(len(world.buildings)):
            luck_of = luck.normal("u", int(world.buildings.key[row]), 0)
            found[row] = p.u_before * math.exp(p.u_spread * luck_of - p.u_spread**2 / 2)
        worst = sorted(found, key=lambda row: -found[row])[: round(p.insulated_share * len(found))]
        for row, u in found.items():
            note.set("buildings", row, insulated=row in worst, u_value=min(u, p.u_insulated) if row in worst else u)
    date = world.clock.date(world.day)
    if world.phase.value == "respond" and date.month in (11, 12, 1, 2, 3) and world.day < world.days:
        for home in range(len(world.households)):
            flat = int(world.households.flat[home])
            building = int(world.flats.building[flat])
            indoors = p.indoor_c + (p.rebound_c if world.buildings.insulated[building] else 0)
            watts = float(world.buildings.u_value[building]) * float(world.flats.area_m2[flat]) * p.envelope_share
            hours = beijing().temp_c[beijing().row(date, p.weather_year)].tolist()
            note.add(
                "households", home, heat_kwh=sum(max(indoors - one, 0) for one in hours) * watts / 1000 / p.efficiency
            )
