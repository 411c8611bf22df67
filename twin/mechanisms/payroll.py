"""Payroll: what it costs to keep the posts of a roster staffed, and how many people it takes.

What it does    Every day it books, for each team, the wages of the rostered hours, rest days and statutory
                days with their premium; the overtime that was really worked, at the rate of the day on which
                the minutes fell; and the pay of employees who are not at the post: for each rostered hour,
                the hours of leave, sickness, training, statutory days off and paid breaks that come with it.
                `labour_cost_yuan` is the sum, so that cost and `employees_needed` speak of the same people: without
                premiums and overtime a year costs the employees needed times their contracted hours.
Why             A post is not a person, and an hour on a Sunday is not an hour on a Monday [labour_law]: a
                roster that is cheap in hours can be dear in money and people. Whoever is ill or on leave is
                paid all the same, and a cost that counted only rostered hours would understate every roster
                by a quarter, while the people beside it were counted in full.
Leaves out      Social insurance, bonuses, uneven shift plans, time off in place of pay (Art. 44 lets a rest day
                be given back), sick pay below full pay; whoever works late is not counted as more people.
                The rate of 300 % is for statutory days 法定节假日 alone: the other days of a public holiday are
                rest days, and a make-up workday 调休 is a workday.
Ablation        overtime_pay, weekend_pay and holiday_pay 1: only the number of hours counts. No absence and no
                breaks: people are hours over weekly hours, and cost is wage times paid hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np

from twin.core.clock import DAY_MINUTES, WEEK_DAYS, open_minutes, working_calendar
from twin.core.columns import Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import BESIDE_WAGES, PUBLIC, SOURCES, booked_yuan
from twin.world.series import ratio

ACCOUNTS = ("workday", "rest_day", "statutory", "overtime", "absence")
WORKDAY, REST_DAY, STATUTORY, OVERTIME, ABSENCE = range(len(ACCOUNTS))
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
    overtime_pay: float = param(1.5, "1", 1.0, 3.0, source="labour_law", evidence="published", lever=True,
                                doc="pay of an hour of overtime on a workday, in ordinary hours (on other days "
                                    "overtime is paid as that day is)",
                                zh="工作日加班工资倍数（其他日子的加班按当日倍数）")
    weekend_pay: float = param(2.0, "1", 1.0, 3.0, source="labour_law", evidence="published", lever=True,
                               doc="pay of an hour on a rest day, in ordinary hours; weekends, and the days off of a "
                                   "public holiday that are not statutory",
                               zh="休息日工资倍数（周末，以及公共假期中非法定节假日的休息日）")
    holiday_pay: float = param(3.0, "1", 1.0, 4.0, source="labour_law", evidence="published", lever=True,
                               doc="pay of an hour on a statutory day, in ordinary hours; not the whole of a public "
                                   "holiday, whose other days are rest days",
                               zh="法定节假日工资倍数（不含公共假期中的其他休息日）")
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
                                doc="statutory days off that an employee is owed", zh="法定节假日天数")
    paid_break_minutes: float = param(60.0, "min", 0.0, 180.0, source="scenario range", evidence="assumed",
                                      lever=True, doc="breaks in a shift during which somebody else has the post",
                                      zh="带薪休息")


class Wages(NamedTuple):
    """What is booked on one account: the teams, and their hours in ordinary hours (teams,)."""

    account: int
    teams: Ints
    hours: Floats


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


def contracted_hours(p: Payroll) -> float:
    """Return the ordinary hours that one employee is paid for in a year, present or not."""
    return _YEAR_DAYS / WEEK_DAYS * p.weekly_hours


def yearly_hours(p: Payroll) -> float:
    """Return the hours that one employee is really at a post in a year."""
    days = _YEAR_DAYS * _WORKING_WEEK_DAYS / WEEK_DAYS
    present = days - p.holiday_days - p.leave_days - p.sick_days - p.training_days
    shift_hours = p.weekly_hours / _WORKING_WEEK_DAYS
    return max(present, 0.0) * max(shift_hours - p.paid_break_minutes / _HOUR_MINUTES, 0.0)


def absence(p: Payroll) -> float | None:
    """Return the paid hours away from the post that come with each hour at it; None if nobody is ever there."""
    paid = ratio(contracted_hours(p), yearly_hours(p))
    return None if paid is None else max(paid - 1, 0.0)


def employees_needed(world: World) -> float | None:
    """People who cover the rostered posts through a year."""
    p = cast(Payroll, world.levers["payroll"])
    hours = cast(Floats, world.resources["payroll"])
    return ratio(hours.sum() / world.days * _YEAR_DAYS, yearly_hours(p))


def cost_yuan(world: World) -> float | None:
    """Everything that was booked in the window, by whomever."""
    labour = labour_cost_yuan(world)
    return None if labour is None else labour + booked_yuan(world, BESIDE_WAGES)


def _cost_of(source: int) -> Callable[[World], float | None]:
    def measured(world: World) -> float | None:
        everything = [*range(len(ACCOUNTS)), *BESIDE_WAGES]
        return None if cost_yuan(world) is None else booked_yuan(world, everything, [source])

    return measured


def labour_cost_yuan(world: World) -> float | None:
    """All wages of the window."""
    return _booked_yuan(world, range(len(ACCOUNTS)))


def overtime_cost_yuan(world: World) -> float | None:
    """Pay of the overtime of the window."""
    return _booked_yuan(world, [OVERTIME])


def absence_cost_yuan(world: World) -> float | None:
    """Pay of those who were not at their posts in the window."""
    return _booked_yuan(world, [ABSENCE])


def _booked_yuan(world: World, accounts: range | list[int]) -> float | None:
    """Sum of the window's postings on these accounts; None of pay for absence that nothing can be set against."""
    if ABSENCE in accounts and absence(cast(Payroll, world.levers["payroll"])) is None:
        return None
    first, end = (minute / DAY_MINUTES for minute in world.window)
    postings = world.postings
    counted = (postings.day >= first) & (postings.day < end) & np.isin(postings.account, list(accounts))
    return float(postings.fen[counted].sum()) / _YUAN_FEN


_PAID_BY = ("out of the public budget", "by owners", "by donations", "out of what operation earns")
_PAID_BY_ZH = ("财政资金", "业主出资", "捐款", "经营收入")
METRICS = {
    "cost_yuan": Metric(
        cost_yuan, "yuan", better="lower",
        en="Cost", zh="费用合计",
        doc="everything booked in the ledger in the window: labour, works, compensation, asking residents, "
            "crowdfunding, upkeep, contracts, programmes, services; undefined where labour is",
        doc_zh="统计期内入账的全部费用：人工、工程、补偿、征求意见、众筹、养护、合同、基金项目、服务；人工费用无定义时亦无定义",
    ),
    **{
        f"cost_yuan_{name}": Metric(
            _cost_of(source), "yuan", better="lower" if source == PUBLIC else None,
            en=f"Cost, {en}", zh=f"费用：{zh}",
            doc=f"the part of the cost that was paid {en}; all sources sum to it",
            doc_zh=f"费用合计中{zh}的部分；各来源之和即费用合计",
        )
        for source, (name, en, zh) in enumerate(zip(SOURCES, _PAID_BY, _PAID_BY_ZH, strict=True))
    },
    "labour_cost_yuan": Metric(
        labour_cost_yuan, "yuan", better="lower",
        en="Labour cost", zh="人工费用",
        doc="what it costs to keep the posts staffed through the window: the rostered hours with the premium of rest "
            "days and statutory days, overtime, and the pay of employees who are absent (leave, sickness, training, "
            "statutory days off, paid breaks); undefined where absence leaves nobody at the posts",
        doc_zh="统计期内保持各岗位有人在岗的费用：排班工时工资（含休息日与法定节假日的加倍部分）、加班工资，以及员工"
            "不在岗时的工资（年休假、病假、培训、法定节假日休假、带薪休息）；若缺勤使岗位无人可用则无定义",
    ),
    "overtime_cost_yuan": Metric(
        overtime_cost_yuan, "yuan", better="lower",
        en="Labour cost: overtime", zh="加班费用",
        doc="the part of the cost that is overtime, at the rate of the day on which it was worked",
        doc_zh="人工费用中的加班工资，按加班当日的倍数计算",
    ),
    "absence_cost_yuan": Metric(
        absence_cost_yuan, "yuan", better="lower",
        en="Labour cost: paid absence", zh="带薪缺勤费用",
        doc="the part of the cost that is paid while employees are not at the posts: leave, sickness, training, "
            "statutory days off, paid breaks; undefined where absence leaves nobody at the posts",
        doc_zh="人工费用中员工不在岗时的工资：年休假、病假、培训、法定节假日休假、带薪休息；若缺勤使岗位无人可用则无定义",
    ),
    "employees_needed": Metric(
        employees_needed, "1", better="lower",
        en="Employees needed", zh="所需员工数",
        doc="rostered hours of a year / hours that an employee is at a post in a year",
        doc_zh="全年排班工时 ÷ 一名员工全年实际在岗工时",
    ),
}  # fmt: skip


@mechanism(
    phase=Phase.SETTLE,
    params=Payroll,
    reads=["levers.desk.teams", "stints.day", "stints.team", "stints.minutes"],
    spawns=["postings"],
    metrics=METRICS,
    sources=["labour_law", "paid_leave", "public_holidays"],
    start=roster,
)
def payroll(world: View, p: Payroll, draw: Draw, effects: Effects) -> None:
    """Book the day's pay, a posting for each team and account."""
    if world.running_on:
        return
    for account, teams, hours in wages_of_today(world, p):
        effects.spawn(
            "postings",
            draw.keys(ACCOUNTS[account], teams.astype(np.uint64)),
            day=world.day,
            account=account,
            fen=np.rint(hours * p.wage_yuan_per_hour * _YUAN_FEN).astype(np.int64),
        )


def wages_of_today(world: Any, p: Payroll) -> Iterator[Wages]:
    """Yield what is booked today, hours counted with their premium."""
    day = kind_of_day(world)
    hours = world.resource[:, world.day]
    on_duty = np.flatnonzero(hours > 0)
    yield Wages(day, on_duty, hours[on_duty] * (1, p.weekend_pay, p.holiday_pay)[day])
    late, overtime = overtime_hours(world)
    yield Wages(OVERTIME, late, overtime * (p.overtime_pay, p.weekend_pay, p.holiday_pay)[day])
    absent = absence(p)
    if absent:
        yield Wages(ABSENCE, on_duty, hours[on_duty] * absent)


def overtime_hours(world: Any) -> tuple[Ints, Floats]:
    """Return the teams that worked late today and the hours of overtime of each (teams,)."""
    stints = world.stints
    today = np.flatnonzero(stints.day == world.day)
    teams, place = np.unique(stints.team[today], return_inverse=True)
    return teams.astype(np.int64), np.bincount(place, stints.minutes[today], len(teams)) / _HOUR_MINUTES


def kind_of_day(world: Any) -> int:
    """Return the account of the day's wages."""
    if world.clock.is_statutory(world.day):
        return STATUTORY
    return WORKDAY if world.clock.is_workday(world.day) else REST_DAY
