"""Hotline, one report at a time, in the order of time (the drawn streams)."""

import math
from statistics import NormalDist

from tests.reference import DAY, channel_of, class_of, minute_of_day
from twin.core.draws import gamma_of, key_of


def hotline(world, p, luck, note):
    if p.source == "demand":
        demanded(world, p, luck, note)
    if p.source != "poisson":
        return
    incidents, residents = world.incidents, world.residents
    adults = [r for r in range(len(residents)) if residents.age_group[r] != 0]
    told = [
        (incidents.began[i], incidents.key[i], incidents.category[i], incidents.grid[i], incidents.x[i], incidents.y[i])
        for i in range(len(incidents))
        if incidents.place[i] == -1
    ]
    reports = []
    for number in range(luck.poisson("reports", p.reports_per_day, 0)):
        key = luck.key("report", number)
        reports.append((world.day * DAY + minute_of_day(p, luck.uniform("minute", key, 0)), key))
    for minute, key in sorted(reports):
        duplicate = luck.happens("duplicate", p.duplicate_share, key, 0) and bool(told)
        if duplicate:
            lag = luck.exponential("lag", p.duplicate_lag_hours * 60, key, 0)
            old_enough = [one for one in told if one[0] <= minute - lag]
            about = max(old_enough) if old_enough else min(told)
        else:
            about = (minute, luck.key("incident", key, 0), drawn(world.kinds.share, luck.uniform("category", key)),
                     *home(residents, somebody(luck, "where", adults, key)))  # fmt: skip
            told.append(about)
            note.spawn("incidents", about[1], began=minute, category=about[2], grid=about[3], x=about[4], y=about[5])
        reporter = somebody(luck, "reporter", adults, key)
        channel = channel_of(p, residents.digital_skill[reporter], luck.uniform("channel", key, 0))
        note.spawn("tickets", key, created=minute, incident=about[1], reporter=reporter, category=about[2],
                   channel=channel, priority=class_of(world, about[2]), duplicate=duplicate, grid=about[3],
                   x=about[4], y=about[5])  # fmt: skip


def somebody(luck, decision, adults, key):
    return adults[int(luck.uniform(decision, key, 0) * len(adults))]


def home(residents, who):
    return residents.grid[who], residents.x[who], residents.y[who]


def drawn(shares, luck):
    passed = luck * sum(shares)
    for category, share in enumerate(shares):
        if passed < share:
            return category
        passed -= share
    return len(shares) - 1


# -- fitted demand


def demanded(world, p, luck, note):
    incidents, residents, demand = world.incidents, world.residents, p.demand
    adults = [r for r in range(len(residents)) if residents.age_group[r] != 0]
    told = [
        (incidents.began[i], incidents.key[i], incidents.category[i], incidents.grid[i], incidents.x[i], incidents.y[i])
        for i in range(len(incidents))
        if incidents.place[i] == -1
    ]
    for minute, key, category, name in sorted(demanded_reports(world, p, luck)):
        same = [one for one in told if one[2] == category]
        duplicate = luck.happens("duplicate", demand.categories[name].repeat_share, key, 0) and bool(same)
        if duplicate:
            lag = luck.exponential("lag", demand.repeat_mean_days * DAY, key, 0)
            old_enough = [one for one in same if one[0] <= minute - lag]
            about = max(old_enough) if old_enough else min(same)
        else:
            where = home(residents, somebody(luck, "where", adults, key))
            about = (minute, luck.key("incident", key, 0), category, *where)
            told.append(about)
            note.spawn("incidents", about[1], began=minute, category=about[2], grid=about[3], x=about[4], y=about[5])
        reporter = who_reports(world, demand, luck, adults, key)
        note.spawn("tickets", key, created=minute, incident=about[1], reporter=reporter, category=about[2],
                   channel=through(demand, luck, key), priority=class_of(world, about[2]),
                   duplicate=duplicate, grid=about[3], x=about[4], y=about[5])  # fmt: skip


def demanded_reports(world, p, luck):
    demand, total = p.demand, sum(one.per_day for one in p.demand.categories.values())
    date = world.clock.date(world.day)
    rest = world.clock.is_holiday(world.day) or (date.weekday() >= 5 and not world.clock.is_make_up(world.day))
    shared = factor(demand.day_spread, demand.day_memory, luck, "day", world.day)
    for name, one in demand.categories.items():
        mean = p.reports_per_day / total * one.per_day * shared
        mean *= factor(one.day_spread, demand.category_memory, luck, f"day of {name}", world.day)
        mean *= one.weekday_factors[date.weekday()] * one.month_factors[date.month - 1]
        mean *= one.holiday_factor if world.clock.is_holiday(world.day) else 1
        mean *= one.make_up_factor if world.clock.is_make_up(world.day) else 1
        for number in range(luck.poisson("category reports", mean, key_of(name))):
            key = luck.key("report", int(key_of(name)) + number)
            minute = minute_by_hours(one.rest_hours if rest else one.workday_hours, luck.uniform("minute", key, 0))
            yield world.day * DAY + minute, key, world.categories.index(name), name


def factor(spread, memory, luck, decision, day):
    reach = math.ceil(math.log(1e-3) / math.log(memory))
    weights = [memory**back for back in range(reach + 1)]
    z = sum(weight * luck.normal(decision, day - back, 0) for back, weight in enumerate(weights))
    return gamma_of(NormalDist().cdf(z / math.sqrt(sum(weight**2 for weight in weights))), 1.0, spread)


def minute_by_hours(hours, share):
    passed = share * sum(hours)
    for hour, part in enumerate(hours):
        if passed < part:
            return 60 * (hour + passed / part)
        passed -= part
    return DAY


def who_reports(world, demand, luck, adults, key):
    keys = world.residents.key
    ready = [gamma_of(luck.uniform("readiness", keys[one], 0), 1.0, demand.reporter_spread) for one in adults]
    return adults[drawn(ready, luck.uniform("reporter", key, 0))]


def through(demand, luck, key):
    names = ("phone", "app", "walk_in", "patrol")
    shares = list(demand.channels.items())
    return names.index(shares[drawn([share for _, share in shares], luck.uniform("through", key, 0))][0])
