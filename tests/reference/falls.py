"""Falls, one old resident at a time."""

import math


def falls(world, p, luck, note):
    if not p.followed:
        return
    residents = world.residents
    old = [who for who in range(len(residents)) if residents.age[who] >= 60]
    if world.phase.value == "arrive" and not world.running_on:
        for who in old:
            tumble(world, p, luck, note, who)
    elif world.phase.value == "decide" and world.warm_up_days <= world.day < world.days:
        best, there = {}, [home for home in range(len(world.households)) if world.households.fitted[home]]
        for who in old:
            home = int(residents.household[who])
            score = luck.normal("chosen", int(residents.key[who]), 0)
            if p.targeting == "risk":
                signal = math.log(relative(world, p, luck, who)) / max(p.frailty_spread, 1e-9)
                score = p.assessment * signal + math.sqrt(1 - p.assessment**2) * score
            if home >= 0:
                best[home] = max(best.get(home, -math.inf), score)
        free = [home for home in sorted(best, key=lambda one: -best[one]) if home not in there]
        chosen = free[: max(p.homes - len(there), 0)]
        for home in chosen:
            note.set("households", home, fitted=2 if p.targeting == "risk" else 1)
        if chosen and p.home_yuan:
            fen = len(chosen) * round(p.home_yuan * 100)
            note.spawn("postings", luck.key("fitting", 0), day=world.day, account=17, fen=fen)


def relative(world, p, luck, who):
    frailty = math.exp(p.frailty_spread * luck.normal("frailty", int(world.residents.key[who]), 0)
                       - p.frailty_spread**2 / 2)  # fmt: skip
    return frailty * (p.alone_ratio if world.residents.living_alone[who] else 1)


def tumble(world, p, luck, note, who):
    residents, key = world.residents, int(world.residents.key[who])
    age, home = int(residents.age[who]), int(residents.household[who])
    risk = relative(world, p, luck, who)
    rate = p.rates_per_year[0 if age < 70 else 1 if age < 80 else 2] * risk
    fitted = 0 if home < 0 else int(world.households.fitted[home])
    if fitted == 2 and risk >= p.high_risk:
        rate *= p.ratio_high_risk
    elif fitted:
        rate *= p.ratio_others
    if not luck.happens("fall", 1 - math.exp(-rate / 365), key):
        return
    minute = (world.day + luck.uniform("minute", key)) * 1440
    note.spawn("tumbles", luck.key("fall", key), resident=who, minute=minute)
    if luck.happens("alarm", p.alarm_share, key):
        known = world.categories
        ticket = luck.key("alarm", key)
        note.spawn("tickets", ticket, created=minute, incident=ticket, reporter=who, priority=0,
                   category=known.index("social_care") if "social_care" in known else 0, grid=residents.grid[who],
                   x=residents.x[who], y=residents.y[who])  # fmt: skip
