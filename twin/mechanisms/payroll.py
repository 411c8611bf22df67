"""Payroll: what the roster costs, and how many people it takes.

What it does    Every day the rostered hours of each team are paid, rest days and statutory holidays with
                their premium; a day off that is swapped in around a holiday 调休 is a rest day. People are
                counted from the hours that one employee is really at a post in a year, after leave,
                sickness, training, public holidays and paid breaks.
Why             A post is not a person, and an hour on a Sunday is not an hour on a Monday [labour_law]: a
                roster that is cheap in hours can be dear in money and people.
Leaves out      Social insurance, bonuses, overtime, uneven shift plans; a team's hours are those of its
                calendar.
Ablation        weekend_pay and holiday_pay 1: only the number of hours counts. No absence and no breaks:
                people are hours over weekly hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np

from twin.core.clock import DAY_MINUTES, WEEK_DAYS, open_minutes, working_calendar
from twin.core.columns import Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.series import ratio

ACCOUNTS = ("ordinary", "weekend", "holiday")
ORDINARY, WEEKEND, HOLIDAY = range(len(ACCOUNTS))
_HOUR_MINUTES = 60
_YUAN_FEN = 100
_YEAR_DAYS = 365
_WORKING_WEEK_DAYS = 5


@dataclass(frozen=True)
class Payroll:
    """Pay, and what keeps an employee from the post."""

    wage_yuan_per_hour: float = param(30.0, "yuan/h", 0.0, 500.0, source="scenario range", evidence="assumed",
                                      lever=True,
                                      doc="pay of an ordinary hour", zh="小时工资")
    weekend_pay: float = param(2.0, "1", 1.0, 3.0, source="labour_law", evidence="published", lever=True,
                               doc="pay of an hour on a rest day, in ordinary hours", zh="周末工资倍数")
    holiday_pay: float = param(3.0, "1", 1.0, 4.0, source="labour_law", evidence="published", lever=True,
                               doc="pay of an hour on a public holiday, in ordinary hours",
                               zh="法定节假日工资倍数")
    weekly_hours: float = param(40.0, "h", 1.0, 60.0, source="labour_law", evidence="published", lever=True,
                                doc="contracted hours of an employee, over five days", zh="周工时")
    leave_days: float = param(10.0, "day/year", 0.0, 30.0, source="paid_leave", evidence="published",
                              lever=True,
                              doc="paid leave of an employee", zh="年休假")
    sick_days: float = param(8.0, "day/year", 0.0, 60.0, source="scenario range", evidence="assumed",
                             lever=True,
                             doc="days that an employee is ill", zh="病假")
    training_days: float = param(5.0, "day/year", 0.0, 30.0, source="scenario range", evidence="assumed",
                                 lever=True,
                                 doc="days that an employee is trained", zh="培训")
    holiday_days: float = param(13.0, "day/year", 0.0, 30.0, source="public_holidays", evidence="published",
                                lever=True,
                                doc="public holidays that an employee is owed", zh="法定节假日")
    paid_break_minutes: float = param(60.0, "min", 0.0, 180.0, source="scenario range", evidence="assumed",
                                      lever=True, doc="breaks in a shift during which somebody else has the post",
                                      zh="带薪休息")


def roster(world: View, p: Payroll, draw: Draw) -> Floats:
    """Return the rostered hours of every day of the run, a row for each team (teams, days)."""
    teams = world.levers["desk"].teams.values()
    hours = [team.workers * daily_hours(team.calendar, world) for team in teams]
    return np.array(hours, np.float64).reshape(-1, world.days)


def daily_hours(calendar: str, world: Any) -> Floats:
    """Return the open hours of each day (days,)."""
    intervals = working_calendar(calendar, world.clock, world.days).intervals
    midnights = np.arange(world.days + 1.0) * DAY_MINUTES
    spans = pairwise(midnights)
    return np.array([open_minutes(*intervals, start, end) for start, end in spans]) / _HOUR_MINUTES


def yearly_hours(p: Payroll) -> float:
    """Return the hours that one employee is really at a post in a year."""
    days = _YEAR_DAYS * _WORKING_WEEK_DAYS / WEEK_DAYS
    present = days - p.holiday_days - p.leave_days - p.sick_days - p.training_days
    shift_hours = p.weekly_hours / _WORKING_WEEK_DAYS
    return max(present, 0.0) * max(shift_hours - p.paid_break_minutes / _HOUR_MINUTES, 0.0)


def employees_needed(world: World) -> float | None:
    """People who cover the rostered posts through a year."""
    p = cast(Payroll, world.levers["payroll"])
    hours = cast(Floats, world.resources["payroll"])
    return ratio(hours.sum() / world.days * _YEAR_DAYS, yearly_hours(p))


def cost_yuan(world: World) -> float | None:
    """Wages of the window."""
    first, end = (minute / DAY_MINUTES for minute in world.window)
    counted = (world.postings.day >= first) & (world.postings.day < end)
    return float(world.postings.fen[counted].sum()) / _YUAN_FEN


@mechanism(
    phase=Phase.SETTLE,
    params=Payroll,
    reads=["levers.desk.teams"],
    spawns=["postings"],
    metrics={
        "cost_yuan": Metric(
            cost_yuan, "yuan", better="lower", zh="人工费用",
            doc="wages of the rostered hours of the window, weekend and holiday premium counted",
            doc_zh="统计期内排班工时的工资，含周末与法定节假日的加倍部分",
        ),
        "employees_needed": Metric(
            employees_needed, "1", better="lower", zh="所需员工数",
            doc="rostered hours of a year / hours that an employee is at a post in a year",
            doc_zh="全年排班工时 ÷ 一名员工全年实际在岗工时",
        ),
    },
    sources=["labour_law", "paid_leave", "public_holidays"],
    start=roster,
)  # fmt: skip
def payroll(world: View, p: Payroll, draw: Draw, effects: Effects) -> None:
    """Book the day's wages, a posting for each team that was on duty."""
    if world.running_on:
        return
    hours = world.resource[:, world.day]
    on_duty = np.flatnonzero(hours > 0)
    account = kind_of_day(world)
    pay = p.wage_yuan_per_hour * (1, p.weekend_pay, p.holiday_pay)[account]
    effects.spawn(
        "postings",
        draw.keys("wages", on_duty.astype(np.uint64)),
        day=world.day,
        account=account,
        fen=np.rint(hours[on_duty] * pay * _YUAN_FEN).astype(np.int64),
    )


def kind_of_day(world: Any) -> int:
    """Return the account of the day's wages."""
    if world.clock.is_statutory(world.day):
        return HOLIDAY
    return ORDINARY if world.clock.is_workday(world.day) else WEEKEND
