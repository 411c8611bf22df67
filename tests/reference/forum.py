"""Forum, one resident at a time."""

import math

from twin.world.works import DOMAINS

MEETS, ONLINE = ("council", "hybrid", "council_plus_app"), ("app", "hybrid", "council_plus_app")


def building(world, who):
    home = int(world.residents.household[who])
    return -1 if home < 0 else int(world.flats.building[world.households.flat[home]])


def forum(world, p, luck, note):
    plans, residents = world.levers["plans"], world.residents
    days_left = plans.decide_on_day - world.day
    if plans.process not in (*MEETS, *ONLINE) or not 0 < days_left <= p.open_days:
        return
    there, grown = {}, {}
    for who in range(len(residents)):
        if residents.age_group[who] != 0:
            house = building(world, who)
            grown[house] = grown.get(house, 0) + 1
            there[house] = there.get(house, 0) + (residents.took_part[who] != 0)
    for who in range(len(residents)):
        key, group = int(residents.key[who]), residents.age_group[who]
        known = max(p.aware_share, residents.informed_of_plan[who])
        if group == 0 or residents.took_part[who] or not luck.happens("aware", known, key, 0):
            continue
        ways = []
        if plans.process in MEETS and residents.mobility[who] != 2:
            ways.append((p.meeting_hours * (p.elder_time_share if group == 3 else 1), 1))
        helped = luck.happens("helped", p.help_share, key, 0)
        if plans.process in ONLINE and (residents.digital_skill[who] >= p.skill_needed or helped):
            ways.append((p.app_hours, 2))
        if not ways:
            continue
        hours, mode = min(ways)
        largest = max(float(getattr(residents, f"need_{domain}")[who]) for domain in DOMAINS)
        stake = (largest - 1 / 8) / (7 / 8)
        house = building(world, who)
        example = there[house] / grown[house] if house >= 0 else 0
        wish = p.readiness + p.stake_weight * stake + p.efficacy_weight * residents.efficacy[who]
        wish += p.peer_weight * p.visibility * example - p.hour_weight * hours
        if luck.uniform("reluctance", key, 0) < 1 / (1 + math.exp(-wish)):
            note.set("residents", who, took_part=mode)
