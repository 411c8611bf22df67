"""Parking, one car at a time: who stands where is counted anew for each."""

import math

DAY = 1440


def parking(world, p, luck, note):
    if not p.followed:
        return
    spaces = spaces_of(world, p)
    shared = shared_spaces(p, spaces, luck)
    standing = []  # until, side, lot
    for row in range(len(world.stays)):
        if world.stays.lot[row] >= 0:
            standing.append((float(world.stays.until[row]), int(world.stays.side[row]), int(world.stays.lot[row])))
    for arrived, key, side, until in sorted(cars(world, p, luck)):
        standing = [one for one in standing if one[0] > arrived]
        lot, search = park(p, spaces, shared, standing, side, arrived, luck.uniform("look", key))
        if lot >= 0:
            standing.append((until, side, lot))
        note.spawn("stays", luck.key("car", key), side=side, lot=lot, arrived=arrived,
                   until=until if lot >= 0 else arrived, search_minutes=search)  # fmt: skip
        illegal = lot < 0 and len(world.places) and "parking" in world.categories
        if illegal and luck.happens("illegal", p.illegal_share, key):
            place = int(luck.uniform("place", key) * len(world.places))
            found = world.places
            note.spawn("incidents", luck.key("illegal", key), began=arrived, until=until,
                       category=world.categories.index("parking"), place=place, grid=found.grid[place],
                       x=found.x[place], y=found.y[place])  # fmt: skip


def cars(world, p, luck):
    sides = ((p.resident_hours, p.resident_stay_hours), (p.office_hours, p.office_stay_hours))
    for side, (hours, stay) in enumerate(sides):
        for key in home_keys(world, p, luck) if side == 0 else office_keys(world, p, luck):
            at, hour = luck.uniform("hour", key) * sum(hours), 0
            while at >= sum(hours[: hour + 1]):
                hour += 1
            arrived = world.day * DAY + (hour + luck.uniform("minute", key)) * 60
            yield arrived, key, side, arrived + luck.exponential("stay", stay, key) * 60


def home_keys(world, p, luck):
    for home in range(len(world.households)):
        key = int(world.households.key[home])
        count = luck.poisson("cars", p.homecomings_per_car_day * float(world.households.cars[home]), key)
        yield from (key * 1024 + number for number in range(count))


def office_keys(world, p, luck):
    closed = p.office_closed_weekends and not world.clock.is_workday(world.day)
    count = 0 if closed else luck.poisson("office_cars", p.office_cars_per_day, 0)
    return [number + 2**48 for number in range(count)]


def spaces_of(world, p):
    catalogue, projects, more = world.levers["plans"].catalogue, world.projects, 0
    for row in range(len(projects)):
        domain = catalogue[sorted(catalogue)[projects.work[row]]].domain
        if domain == "parking" and projects.finished[row] >= 0:
            more += round(p.project_spaces * float(projects.quality[row]))
    return p.resident_spaces + more, p.office_spaces


def shared_spaces(p, spaces, luck):
    return [
        sum(luck.happens("consent", p.consent_share, number + side * 2**48, 0) for number in range(there))
        for side, there in enumerate(spaces)
    ]


def park(p, spaces, shared, standing, side, arrived, chance):
    other = 1 - side
    own = spaces[side] - sum(lot == side for _, _, lot in standing)
    guests = sum(lot == other and whose == side for _, whose, lot in standing)
    room = min(shared[other] - guests, spaces[other] - sum(lot == other for _, _, lot in standing))
    if not opened(p, other, arrived):
        room = 0
    if own <= 0 and room <= 0:
        return -1, p.give_up_minutes
    count = spaces[side] + (shared[other] if opened(p, other, arrived) else 0)
    occupied = 1 - (max(own, 0) + max(room, 0)) / count
    looks = 1 if occupied <= 0 else 1 + math.floor(math.log(chance) / math.log(occupied))
    return (side if own > 0 else other), min(min(looks, count) * p.look_minutes, p.give_up_minutes)


def opened(p, lot, minute):
    if p.sharing == "none" or (p.sharing == "offices" and lot == 0):
        return False
    start, end = p.offices_share_hours if lot == 1 else p.residents_share_hours
    hours = [hour for hour in range(24) if (start <= hour < end if start < end else hour >= start or hour < end)]
    return int(minute % DAY // 60) in hours
