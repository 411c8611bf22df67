"""Funding, one source at a time."""

import math


def funding(world, p, luck, note):
    if not p.sources_yuan or world.day % 30 != 29 or world.running_on:
        return
    month = world.day // 30
    common, income = luck.normal("all", 0, month), 0
    for source, yuan in enumerate(p.sources_yuan):
        own = luck.normal("source", source, month)
        mixed = math.sqrt(p.correlation) * common + math.sqrt(1 - p.correlation) * own
        income += round(yuan * max(1 + p.shock * mixed, 0) * 100)
    kept = int(world.months.reserve_fen[month - 1]) if month else round(p.reserve_yuan * 100)
    left = kept + income - round(p.cost_yuan * 100)
    reserve = min(kept + income if left < 0 else left, round(p.reserve_limit_yuan * 100))
    note.spawn("months", luck.key("month", month, 0), month=month, income_fen=income, reserve_fen=reserve,
               stopped=left < 0)  # fmt: skip
