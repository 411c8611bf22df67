"""Needs, one resident at a time."""

import math

from twin.world.works import DOMAINS


def needs(world, p, luck, note):
    if world.day:
        return
    residents, households = world.residents, world.households
    for who in range(len(residents)):
        home, key = int(residents.household[who]), int(residents.key[who])
        weights = dict(zip(DOMAINS, p.mean_weights, strict=True))
        lives_with_a_child = any(
            residents.age_group[other] == 0 for other in range(len(residents)) if residents.household[other] == home
        )
        if residents.age_group[who] == 3:
            weights["lift"] *= math.exp(p.elder_lift)
            weights["care"] *= math.exp(p.elder_care)
        if residents.mobility[who] != 0:
            weights["lift"] *= math.exp(p.frail_access)
            weights["care"] *= math.exp(p.frail_access)
        if lives_with_a_child:
            weights["play"] *= math.exp(p.child_play)
        weights["lift"] *= math.exp(p.floor_lift * (int(world.flats.floor[households.flat[home]]) - 1))
        weights["parking"] *= math.exp(p.income_parking * (int(households.income[home]) - 3))
        if households.tenure[home] != 2:
            weights["pipes"] *= math.exp(p.owner_upkeep)
            weights["insulation"] *= math.exp(p.owner_upkeep)
        for domain in DOMAINS:
            weights[domain] *= math.exp(p.spread * luck.normal(domain, key, 0))
        total = sum(weights.values())
        note.set("residents", who, **{f"need_{domain}": weights[domain] / total for domain in DOMAINS})
