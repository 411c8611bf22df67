"""Agreements, one dispute at a time."""

import math


def agreements(world, p, luck, note):
    table = world.disputes
    for row in range(len(table)):
        if world.running_on or table.settled_on[row] < 0 or table.broken_on[row] >= 0:
            continue
        hazard = p.break_per_month * 12 / 365 * (1 + p.unfair_weight * (1 - table.fairness[row]))
        key = int(table.key[row])
        if luck.happens("breaks", 1 - math.exp(-hazard), key):
            note.set("disputes", row, broken_on=world.day)
            same = {name: getattr(table, name)[row] for name in ("cause", "plaintiff", "respondent")}
            note.spawn("disputes", luck.key("again", key, 0), began=world.day, again=True, parent=row, **same)
