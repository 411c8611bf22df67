"""Payroll, one team and one minute at a time."""

from fractions import Fraction

from tests.reference import DAY
from twin.core.clock import is_open, working_calendar


def payroll(world, p, luck, note):
    if world.running_on:
        return
    kind, pay, late_pay = 0, 1.0, p.overtime_pay
    if world.clock.is_statutory(world.day):
        kind, pay, late_pay = 2, p.holiday_pay, p.holiday_pay
    elif not world.clock.is_workday(world.day):
        kind, pay, late_pay = 1, p.weekend_pay, p.weekend_pay
    words = ("workday", "rest_day", "statutory")
    for number, team in enumerate(world.levers["desk"].teams.values()):
        calendar = working_calendar(team.calendar, world.clock, world.days)
        minutes = sum(is_open(*calendar.intervals, float(world.day * DAY + m)) for m in range(DAY)) * team.workers
        if minutes:
            book(world, p, note, luck.key(words[kind], number), kind, minutes * pay)
        late = 0.0
        for row in range(len(world.stints)):
            if world.stints.day[row] == world.day and world.stints.team[row] == number:
                late += world.stints.minutes[row]
        if late:
            book(world, p, note, luck.key("overtime", number), 3, late * late_pay)
        if minutes and away_by_hour(p):
            book(world, p, note, luck.key("absence", number), 4, minutes * float(away_by_hour(p)))


def book(world, p, note, key, account, minutes):
    note.spawn("postings", key, day=world.day, account=account, fen=round(minutes / 60 * p.wage_yuan_per_hour * 100))


def away_by_hour(p):
    """Hours paid and not worked, for each hour at the post: the year of one employee, day by day."""
    workdays = Fraction(365 * 5, 7)
    at_post = workdays - Fraction(p.holiday_days) - Fraction(p.leave_days) - Fraction(p.sick_days) - Fraction(
        p.training_days
    )  # fmt: skip
    shift = Fraction(p.weekly_hours) / 5
    return workdays * shift / (at_post * (shift - Fraction(p.paid_break_minutes) / 60)) - 1
