"""Reporting, one fault at a time: spend its hazard call by call."""

import math

from tests.reference import DAY, channel_of, class_of, minute_of_day, share_of_day


def reporting(world, p, luck, note):
    faults, residents, morning = world.incidents, world.residents, world.day * DAY
    for fault in range(len(faults)):
        if faults.place[fault] < 0 or faults.began[fault] >= morning + DAY or faults.ended[fault] <= morning:
            continue
        near = [r for r in range(len(residents)) if residents.grid[r] == faults.grid[fault]]
        hazards = [hazard(world, p, luck, r) for r in near]
        key, number, left = int(faults.key[fault]), int(faults.reports[fault]), faults.hazard_left[fault]
        if math.isnan(left):
            left = luck.exponential("patience", 1, key + number, 0)
        at = share_of_day(p, faults.began[fault] - morning)
        end = share_of_day(p, faults.ended[fault] - morning)
        while left <= sum(hazards) * (end - at):
            at += left / sum(hazards)
            reporter = chosen(near, hazards, luck.uniform("caller", key + number, 0))
            tell(world, p, luck, note, fault, reporter, number, morning + minute_of_day(p, at))
            number += 1
            left = luck.exponential("patience", 1, key + number, 0)
        note.set("incidents", fault, reports=number, hazard_left=left - sum(hazards) * (end - at))


def hazard(world, p, luck, resident):
    residents = world.residents
    if residents.age_group[resident] == 0:
        return 0.0
    spread = math.sqrt(math.log(1 + p.readiness_spread**2))
    readiness = math.exp(spread * luck.normal("readiness", residents.key[resident], 0) - spread**2 / 2)
    access = p.phone_ease + (1 - p.phone_ease) * residents.digital_skill[resident]
    trusting = math.exp(p.trust_weight * (residents.trust[resident] - 0.5))
    return (
        p.reports_per_resident_day
        * readiness
        * access
        * trusting
        * p.fixed_report_ratio ** residents.efficacy[resident]
    )


def chosen(near, hazards, luck):
    passed = luck * sum(hazards)
    for resident, own in zip(near, hazards, strict=True):
        if passed < own:
            return resident
        passed -= own
    return near[-1]


def tell(world, p, luck, note, fault, reporter, number, minute):
    faults = world.incidents
    if number == 0:
        note.set("incidents", fault, first_reported=minute)
    key = luck.key("report", int(faults.key[fault]) + int(world.residents.key[reporter]), 0)
    if key in world.tickets.key or ("tickets", key) in note.births:
        return
    category = int(faults.category[fault])
    channel = channel_of(p, world.residents.digital_skill[reporter], luck.uniform("channel", key, 0))
    note.spawn("tickets", key, created=minute, incident=faults.key[fault], reporter=reporter, category=category,
               channel=channel, priority=class_of(world, category), duplicate=number > 0, grid=faults.grid[fault],
               x=faults.x[fault], y=faults.y[fault])  # fmt: skip
