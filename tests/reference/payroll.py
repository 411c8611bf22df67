"""Payroll, one team and one minute at a time."""

from tests.reference import DAY
from twin.core.clock import is_open, working_calendar


def payroll(world, p, luck, note):
    if world.running_on:
        return
    pay, account = 1.0, 0
    if world.clock.is_statutory(world.day):
        pay, account = p.holiday_pay, 2
    elif not world.clock.is_workday(world.day):
        pay, account = p.weekend_pay, 1
    for number, team in enumerate(world.levers["desk"].teams.values()):
        calendar = working_calendar(team.calendar, world.clock, world.days)
        minutes = sum(is_open(*calendar.intervals, float(world.day * DAY + m)) for m in range(DAY))
        if minutes * team.workers:
            fen = round(minutes / 60 * team.workers * p.wage_yuan_per_hour * pay * 100)
            note.spawn("postings", luck.key("wages", number), day=world.day, account=account, fen=fen)
