"""Hotline, one report at a time, in the order of time (the drawn stream)."""

from tests.reference import DAY, channel_of, class_of, minute_of_day


def hotline(world, p, luck, note):
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
