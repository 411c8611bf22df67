"""Stages, one dispute at a time."""

import math


def stages(world, p, luck, note):
    table, usual = world.disputes, world.levers["stress"].set_point
    for row in range(len(table)):
        if table.settled_on[row] >= 0 or table.faded_on[row] >= 0:
            continue
        has_table = table.agreed_on[row] >= 0 and not table.gave_up[row]
        if world.running_on and not has_table:
            continue
        strain = 0.0
        for side in (table.plaintiff[row], table.respondent[row]):
            strain += world.residents.stress[side] - usual if side >= 0 else 0.0
        up = p.up_per_day * math.exp(p.stress_weight * strain)
        if has_table and near(world, row, p.calm_days):
            up *= p.calm
        key, total, stage = int(table.key[row]), up + p.down_per_day, int(table.stage[row])
        if luck.happens("moves", 1 - math.exp(-total), key):
            stage += 1 if luck.uniform("direction", key) * total < up else -1
        gone = stage < 1 and p.fades
        if gone:
            note.set("disputes", row, faded_on=world.day)
        note.set("disputes", row, stage=min(max(stage, 1), 9))
        now = 0 if gone else min(max(stage, 1), 9)
        if now != table.stage[row]:
            note.spawn("turns", luck.key("turn", key), dispute=row, day=world.day, kind=0, stage=now,
                       level=table.level[row])  # fmt: skip


def near(world, row, days):
    table = world.disputes
    if not table.between_offices[row] and table.due_on[row] - world.day <= days:
        return True
    return table.table_on[row] >= 0 and world.day - table.table_on[row] <= days
