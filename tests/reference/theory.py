"""Theory, one customer at a time."""

from tests.reference import DAY


def theory(world, p, luck, note):
    if p.servers is None:
        return
    gap = world.days * DAY / p.customers
    number, minute = 0, luck.exponential("gap", gap, 0)
    while minute < DAY:
        key = luck.key("customer", number)
        urgent = luck.happens("urgent", p.urgent_share, number)
        note.spawn("tickets", key, created=world.day * DAY + minute, incident=key, priority=1 if urgent else 2)
        number += 1
        minute += luck.exponential("gap", gap, number)
