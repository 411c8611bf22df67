"""Stress, one resident at a time."""

from math import exp

from tests.reference import DAY, class_of, today
from twin.core.world import Phase


def stress(world, p, luck, note):
    if not world.levers["disputes"].followed:
        return
    for who in range(len(world.residents)):
        if world.phase is Phase.ARRIVE:
            ask_for_help(world, p, luck, note, who)
        else:
            live_on(world, p, luck, note, who)


def matter(world, who, day):
    return int(world.residents.key[who]) + (int(day) << 40)


def ask_for_help(world, p, luck, note, who):
    residents, asked = world.residents, int(world.residents.counselled_on[who])
    if not p.categories or residents.awaits_hour[who] or (asked >= 0 and world.day - asked < p.again_days):
        return
    if residents.stress[who] < p.threshold or residents.age_group[who] == 0:
        return
    if luck.happens("goes", 1 - exp(-p.uptake_per_day), int(residents.key[who])):
        about, category = matter(world, who, world.day), world.categories.index(p.categories[0])
        key = luck.key("hour", about, 0)
        created = (world.day + luck.uniform("minute", key, 0)) * DAY
        where = {name: getattr(residents, name)[who] for name in ("grid", "x", "y")}
        note.set("residents", who, counselled_on=world.day, awaits_hour=True)
        note.spawn("tickets", key, created=created, incident=about, category=category, channel=2,
                   priority=class_of(world, category), request=False, **where)  # fmt: skip


def live_on(world, p, luck, note, who):
    table, residents = world.disputes, world.residents
    relief = residents.relief[who] * 0.5 ** (1 / p.again_days)
    if residents.awaits_hour[who]:
        about = matter(world, who, residents.counselled_on[who])
        for one in range(len(world.tickets)):
            if int(world.tickets.incident[one]) != about:
                continue
            if today(world, world.tickets.abandoned[one]) or today(world, world.tickets.done[one]):
                note.set("residents", who, awaits_hour=False)
            if today(world, world.tickets.done[one]):
                relief += p.counselling_effect * p.spread
                if world.warm_up_days <= world.day < world.days:
                    note.set("residents", who, hours_held=residents.hours_held[who] + 1)
                if p.hour_yuan:
                    key, fen = luck.key("price", int(residents.key[who])), round(100 * p.hour_yuan)
                    note.spawn("postings", key, day=world.day, account=23, fen=fen, source=0)
    if world.running_on:
        return
    usual = p.set_point + p.spread * luck.normal("usual", int(residents.key[who]), 0) - relief
    for row in range(len(table)):
        if table.settled_on[row] < 0 and table.faded_on[row] < 0:
            mine = (table.plaintiff[row] == who) + (table.respondent[row] == who)
            usual += p.dispute_load * table.stage[row] * mine
    level = residents.stress[who] + p.return_per_day * (usual - residents.stress[who])
    note.set("residents", who, stress=min(max(level, 0.0), 1.0), relief=relief)
