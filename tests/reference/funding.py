"""Funding, one source at a time."""

import math
from fractions import Fraction

SOURCES = ("public", "owners", "donations", "operation")


def funding(world, p, luck, note):
    if not p.sources_yuan or world.day % 30 != 29 or world.running_on:
        return
    month = world.day // 30
    common, there = luck.normal("all", 0, month), [0, 0, 0, 0]
    for source, yuan in enumerate(p.sources_yuan):
        own = luck.normal("source", source, month)
        mixed = math.sqrt(p.correlation) * common + math.sqrt(1 - p.correlation) * own
        whose = [*p.paid_by, *[p.paid_by[-1]] * 64][source]
        there[SOURCES.index(whose)] += round(yuan * max(1 + p.shock * mixed, 0) * 100)
    income, booked = sum(there), [0, 0, 0, 0]
    for row in range(len(world.postings)):
        if world.postings.account[row] == 15:
            booked[int(world.postings.source[row])] += int(world.postings.fen[row])
    kept = booked if month else [round(p.reserve_yuan * 100), 0, 0, 0]
    there = [new + old for new, old in zip(there, kept, strict=True)]
    cost = round(p.cost_yuan * 100)
    stopped = sum(there) < cost
    spent = split(0 if stopped else cost, there)
    left = [have - paid for have, paid in zip(there, spent, strict=True)]
    reserve = min(sum(left), round(p.reserve_limit_yuan * 100))
    note.spawn("months", luck.key("month", month, 0), month=month, income_fen=income, reserve_fen=reserve,
               stopped=stopped)  # fmt: skip
    put_by = [now - old for now, old in zip(split(reserve, left), booked, strict=True)]
    for kind, account, parts in (("service", 14, spent), ("reserve", 15, put_by)):
        for source, fen in enumerate(parts):
            if fen:
                note.spawn("postings", luck.key(kind, source), day=world.day, account=account, fen=fen, source=source)


def split(total, weights):
    """Split by weights, the largest remainders up."""
    exact = [total * Fraction(one, sum(weights) or 1) for one in weights]
    parts = [math.floor(one) for one in exact]
    for _ in range(total - sum(parts)):
        place = max(range(len(parts)), key=lambda k: exact[k] - parts[k])
        parts[place] += 1
    return parts
