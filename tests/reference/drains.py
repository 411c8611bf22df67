"""Drains, one inlet and one hour at a time."""

from twin.world.weather import beijing


def drains(world, p, luck, note):
    if not p.inlets or world.running_on:
        return
    if world.phase.value == "respond":
        live_a_day(world, p, luck, note)
    elif world.day == 0:
        for basin in range(p.basins):
            note.spawn("basins", luck.key("basin", basin))
        for inlet in range(p.inlets):
            note.spawn("inlets", luck.key("inlet", inlet), basin=inlet % p.basins,
                       wear=sum(wear_of(world, p, day) for day in range(-p.cleaned_days_ago, 0)))  # fmt: skip


def wear_of(world, p, day):
    leaves = world.clock.date(day).month in (10, 11)
    return p.blocked_per_month / (365 / 12) * (p.leaf_factor if leaves else 1)


def live_a_day(world, p, luck, note):
    inlets, date = world.inlets, world.clock.date(world.day)
    clean_day = date.day == 1 and date.month in p.clean_months
    cleaned = 0
    is_open, count = [0] * len(world.basins), [0] * len(world.basins)
    for row in range(len(inlets)):
        key, visits, wear = int(inlets.key[row]), int(inlets.visits[row]), float(inlets.wear[row])
        if clean_day and luck.happens("cleaned", p.clean_share, key):
            visits, wear, cleaned = visits + 1, 0.0, cleaned + 1
        wear += wear_of(world, p, world.day)
        blocked = wear >= luck.exponential("patience", 1.0, key, visits)
        note.set("inlets", row, visits=visits, wear=wear, blocked=blocked)
        count[inlets.basin[row]] += 1
        is_open[inlets.basin[row]] += not blocked
    if cleaned:
        fen = cleaned * round(p.visit_yuan * 100)
        note.spawn("postings", luck.key("cleaning", 0), day=world.day, account=18, fen=fen)
    rain = beijing().rain_mm[beijing().row(date, p.weather_year)].tolist()
    for basin in range(len(world.basins)):
        over = [max(hour - p.capacity_mm * is_open[basin] / max(count[basin], 1), 0) for hour in rain]
        if world.day >= world.warm_up_days:
            note.add("basins", basin, ponding_hours=sum(one > 0 for one in over), ponding_mm=sum(over))
        if sum(over) > 0 and len(world.places) and "leaks_drains" in world.categories:
            place = int(luck.uniform("place", basin, 0) * len(world.places))
            first = next(hour for hour in range(24) if over[hour] > 0)
            note.spawn("incidents", luck.key("flood", basin), began=(world.day + first / 24) * 1440,
                       until=(world.day + 2) * 1440, category=world.categories.index("leaks_drains"), place=place,
                       grid=world.places.grid[place], x=world.places.x[place], y=world.places.y[place])  # fmt: skip
