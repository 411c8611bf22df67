"""Legal review, one decision and one resident at a time."""

import math


def legal_review(world, p, luck, note):
    table = world.projects
    if not p.followed:
        return
    for row in range(len(table)):
        examined = table.lawful[row] or table.corrected[row] or table.reversed_on[row] >= 0
        if examined or table.decided[row] >= world.day or world.running_on:
            continue
        key, new = int(table.key[row]), table.decided[row] == world.day - 1
        if p.review and new and luck.happens("found", p.review_finds, key, 0):
            note.set("projects", row, corrected=True)
        elif luck.happens("falls", 1 - math.exp(-p.challenge_per_day), key):
            note.set("projects", row, reversed_on=world.day)
            for who in range(len(world.residents)):
                if luck.happens("hears", p.heard_share, int(world.residents.key[who]) ^ key, 0):
                    note.add("residents", who, trust=-p.trust_cost)
