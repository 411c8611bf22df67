"""Agreements, one dispute at a time."""

import math


def agreements(world, p, luck, note):
    table, begun = world.disputes, set()
    for row in range(len(table)):
        if world.running_on or table.settled_on[row] < 0 or table.broken_on[row] >= 0:
            continue
        hazard = p.break_per_month * 12 / 365 * (1 + p.unfair_weight * (1 - table.fairness[row]))
        key = int(table.key[row])
        if luck.happens("breaks", 1 - math.exp(-hazard), key):
            note.set("disputes", row, broken_on=world.day)
            matter = table.plaintiff[row], table.cause[row]
            if matter in begun or any(is_about(table, other, matter) for other in range(len(table))):
                continue
            begun.add(matter)
            same = {name: getattr(table, name)[row] for name in ("cause", "plaintiff", "respondent")}
            note.spawn("disputes", luck.key("again", key, 0), began=world.day, again=True, parent=row, **same)


def is_about(table, row, matter):
    still = table.settled_on[row] < 0 and table.faded_on[row] < 0
    return still and (table.plaintiff[row], table.cause[row]) == matter
