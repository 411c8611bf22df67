"""Re-complaints, one ticket at a time."""

import math

from tests.reference import DAY, ended_at, limit, order_of


def recomplaints(world, p, luck, note):
    tickets, morning = world.tickets, world.day * DAY
    for ticket in range(len(tickets)):
        if tickets.reporter[ticket] < 0 or tickets.pursued[ticket] or tickets.solved[order_of(world, ticket)]:
            continue
        key, end, created = int(tickets.key[ticket]), ended_at(world, ticket), tickets.created[ticket]
        if math.isnan(end):
            overdue = created + limit(world, ticket) < morning
            acts = overdue and luck.happens("overdue", 1 - math.exp(-p.overdue_hazard), key)
        else:
            acts = morning - DAY <= end < morning and luck.happens("unsolved", p.unsolved_chance, key, 0)
        if not acts:
            continue
        note.set("tickets", ticket, pursued=True)
        minute = morning + created % DAY
        if luck.happens("higher", p.higher_share, key, 0):
            note.set("tickets", ticket, taken_higher=minute)
        else:
            same = ("incident", "reporter", "category", "channel", "priority", "grid", "x", "y")
            kept = {name: getattr(tickets, name)[ticket] for name in same}
            note.spawn("tickets", luck.key("again", key, 0), created=minute, again=True, **kept)
