"""Crowdfunding, one resident at a time."""

import math


def crowdfunding(world, p, luck, note):
    day = world.day - p.from_day
    if not p.goal_yuan or not 0 <= day < p.open_days:
        return
    if world.phase.value == "arrive":
        for who in range(len(world.residents)):
            key = int(world.residents.key[who])
            chance = p.pledge_chance * (1 if p.refund else 1 - p.caution) * (1 + p.match_pull * p.match)
            if world.residents.age[who] < 18 or int(luck.uniform("day", key, 0) * p.open_days) != day:
                continue
            if luck.happens("pledge", chance, key, 0):
                home = int(world.residents.household[who])
                fifth = 3 if home < 0 else int(world.households.income[home])
                yuan = p.pledge_yuan * math.exp(p.income_gain * (fifth - 3) + p.spread * luck.normal("amount", key, 0))
                note.spawn("pledges", luck.key("pledge", key, 0), resident=who, day=world.day, fen=round(yuan * 100))
    elif day == p.open_days - 1:
        total = sum(world.pledges.fen.tolist())
        fate = 1 if total * (1 + p.match) >= p.goal_yuan * 100 else 2 if p.refund else 3
        given = (0 if fate == 2 else total, round(p.match * total) if fate == 1 else 0)
        for source, fen in zip((2, 0), given, strict=True):
            if fen:
                note.spawn("postings", luck.key("park", source, 0), day=world.day, account=9, fen=fen, source=source)
        for row in range(len(world.pledges)):
            note.set("pledges", row, fate=fate)
