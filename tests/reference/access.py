"""Access, one path and one home at a time, by widening circles."""

import math

from twin.world.roads import lattice, roads_of


def access(world, p, luck, note):
    if not p.facilities:
        return
    if world.phase.value == "arrive" and world.day == 0:
        roads = roads_of(world.ground) if world.ground else lattice(world.buildings.x, world.buildings.y)
        for row in range(len(roads.start) // 2):
            note.spawn("paths", luck.key("path", row), start=roads.start[row], end=roads.end[row],
                       metres=roads.metres[row], x=roads.start_xy[row][0] / 1000, y=roads.start_xy[row][1] / 1000,
                       barrier=luck.happens("barrier", p.barrier_share, row, 0))  # fmt: skip
    elif len(world.paths) and world.phase.value == "respond":
        done = sum(bool(one) for one in world.paths.removed)
        barriers = sum(bool(one) for one in world.paths.barrier)
        count = max(round(p.removed_share * (barriers + done)) - done, 0)
        count = count if world.warm_up_days <= world.day < world.days else 0
        if count or world.day == 0:
            open_up(world, p, luck, note, count)


def open_up(world, p, luck, note, count):
    paths, residents = world.paths, world.residents
    at = {int(paths.start[row]): (float(paths.x[row]), float(paths.y[row])) for row in range(len(paths))}
    facilities = sorted(at, key=lambda node: luck.uniform("facility", node, 0))[: p.facilities]
    barriers = [row for row in range(len(paths)) if paths.barrier[row]]
    gone = sorted(barriers, key=lambda row: luck.uniform("lot", int(paths.key[row]), 0))[:count]
    assert p.chosen_by == "lot"
    for row in range(len(paths)):
        gone_before = bool(paths.removed[row])
        note.set("paths", row, barrier=row in barriers and row not in gone, removed=gone_before or row in gone)
    if gone:
        fen = len(gone) * round(p.barrier_yuan * 100)
        note.spawn("postings", luck.key("removal", 0), day=world.day, account=20, fen=fen)
    closed = set(barriers) - set(gone)
    for who in range(len(residents)):
        home = min(sorted(at), key=lambda node: math.dist(at[node], (residents.x[who], residents.y[who])))
        walks = residents.mobility[who] == 0
        most = p.minutes / 60 * (p.walking_kmh if walks else p.wheelchair_kmh) * 1000
        away = metres_from(paths, home, set() if walks else closed)
        note.set("residents", who, reach=sum(away.get(one, math.inf) <= most for one in facilities) / len(facilities))


def metres_from(paths, home, closed):
    away, changed = {home: 0.0}, True
    while changed:
        changed = False
        for row in range(len(paths)):
            if row in closed:
                continue
            for here, there in (
                (int(paths.start[row]), int(paths.end[row])),
                (int(paths.end[row]), int(paths.start[row])),
            ):
                if here in away and away[here] + paths.metres[row] < away.get(there, math.inf):
                    away[there], changed = away[here] + float(paths.metres[row]), True
    return away
