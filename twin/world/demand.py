"""Demand as a log had it: means of days, their scatter, hours, repeats, channels and reporters.

``twin data fit`` writes these numbers from a request log; a scenario that extends its file draws reports by them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES, Clock
from twin.core.columns import Floats, Ints
from twin.core.draws import Draw, gamma_of
from twin.core.parameters import param

FITTED = "the user's log"
WEEK_DAYS, YEAR_MONTHS, DAY_HOURS = 7, 12, 24

_HOUR_MINUTES = 60
_SATURDAY = 5
_RAIN_UNIT = 10.0  # mm
_FORGOTTEN = 1e-3


def _fitted(default: Any, unit: str, low: float | None = None, high: float | None = None, *, doc: str, zh: str) -> Any:
    """Declare a number that only a log can tell."""
    return param(default, unit, low, high, source=FITTED, evidence="measured", doc=doc, zh=zh)


@dataclass(frozen=True)
class CategoryDemand:
    """How the reports of one category come."""

    per_day: float = _fitted(
        0.0,
        "1/day",
        0.0,
        100_000.0,
        doc="mean of an ordinary day in the last year of the log; only proportions count beside `reports_per_day`",
        zh="日志最后一年的平常日均量（仅相对大小起作用）",
    )
    weekday_factors: tuple[float, ...] = _fitted(
        (), "1", 0.0, 100.0, doc="factor of each weekday, Monday first", zh="星期系数，周一在先"
    )
    month_factors: tuple[float, ...] = _fitted(
        (), "1", 0.0, 100.0, doc="factor of each month, January first", zh="月份系数，一月在先"
    )
    workday_hours: tuple[float, ...] = _fitted(
        (), "1", 0.0, 1.0, doc="share of each hour of a workday (none: the habits of contact)", zh="工作日各小时占比"
    )
    rest_hours: tuple[float, ...] = _fitted(
        (), "1", 0.0, 1.0, doc="share of each hour of a weekend day or holiday", zh="休息日各小时占比"
    )
    holiday_factor: float = _fitted(1.0, "1", 0.0, 100.0, doc="factor of a public holiday", zh="节假日系数")
    make_up_factor: float = _fitted(
        1.0, "1", 0.0, 100.0, doc="factor of a weekend day that is worked", zh="调休上班日系数"
    )
    rain_factor: float = _fitted(
        1.0, "1", 0.0, 100.0, doc="factor of 10 mm of rain on the day", zh="当日每 10 毫米降雨的系数"
    )
    rain_before_factor: float = _fitted(
        1.0, "1", 0.0, 100.0, doc="factor of 10 mm of rain on the day before", zh="前一日每 10 毫米降雨的系数"
    )
    day_spread: float = _fitted(
        0.0,
        "1",
        0.0,
        10.0,
        doc="coefficient of variation of the category's own factor of a "
        "day (gamma: 1/spread² is the k of a negative binomial)",
        zh="类别自身日系数的变异系数",
    )
    repeat_share: float = _fitted(
        0.0, "1", 0.0, 0.95, doc="share of reports that repeat an earlier one at its place", zh="同一地点重复诉求占比"
    )


@dataclass(frozen=True)
class Demand:
    """Demand fitted on a log by `twin data fit`, which writes this block."""

    categories: dict[str, CategoryDemand] = _fitted(  # noqa: RUF009
        dict, "", doc="demand of each category", zh="各类别需求"
    )
    day_spread: float = _fitted(
        0.0,
        "1",
        0.0,
        10.0,
        doc="coefficient of variation of the factor that all categories share on a day",
        zh="各类别共有日系数的变异系数",
    )
    day_memory: float = _fitted(
        0.0, "1", 0.0, 0.99, doc="correlation of that factor from one day to the next", zh="共有日系数的逐日相关"
    )
    category_memory: float = _fitted(
        0.0, "1", 0.0, 0.99, doc="the same correlation of the categories' own factors", zh="类别自身日系数的逐日相关"
    )
    repeat_mean_days: float = _fitted(
        7.0, "day", 0.0, 365.0, doc="mean lag of a repeat, exponential", zh="重复诉求平均间隔"
    )
    rain_mean_mm: float = _fitted(0.0, "mm", 0.0, 1000.0, doc="mean daily rain of the log's days", zh="日均降雨量")
    rain_most_mm: float = _fitted(
        0.0, "mm", 0.0, 2000.0, doc="wettest day of the log; more counts as much", zh="最大日降雨量（更大者按此计）"
    )
    channels: dict[str, float] = _fitted(  # noqa: RUF009
        dict, "1", 0.0, 1.0, doc="share of each channel (none: by digital skill)", zh="渠道占比"
    )
    reporter_spread: float = _fitted(
        0.0,
        "1",
        0.0,
        10.0,
        doc="coefficient of variation of the readiness to report among adults (gamma)",
        zh="居民反映意愿的变异系数",
    )
    holiday_dates: tuple[str, ...] = _fitted(
        (), "", doc="holidays besides those that the scenario's calendar keeps", zh="场景日历之外的节假日日期"
    )
    fitted_from: dict[str, str] = _fitted(  # noqa: RUF009
        dict,
        "",
        doc="the log: file, SHA-256, rows, span, what was left out",
        zh="所据日志：文件、摘要、行数、时段、舍弃情况",
    )


class Day(NamedTuple):
    """A day of a run as demand sees it; `rain` and `rain_before` are mm, None where they are not known."""

    number: int
    weekday: int
    month: int
    holiday: bool
    make_up: bool
    rain: float | None
    rain_before: float | None

    @property
    def rest(self) -> bool:
        """Whether offices rest: a weekend that is not worked, or a holiday."""
        return self.holiday or (self.weekday >= _SATURDAY and not self.make_up)


def day_of_run(demand: Demand, clock: Clock, day: int, rain: Mapping[dt.date, float]) -> Day:
    """Describe a day of a run; `rain` is mm by date."""
    date = clock.date(day)
    return Day(
        number=day, weekday=clock.weekday(day), month=date.month - 1,
        holiday=clock.is_holiday(day) or date.isoformat() in demand.holiday_dates, make_up=clock.is_make_up(day),
        rain=rain.get(date), rain_before=rain.get(date - dt.timedelta(days=1)),
    )  # fmt: skip


def day_mean(demand: Demand, category: CategoryDemand, day: Day) -> float:
    """Mean number of a category's reports on a day, before its scatter."""
    mean = category.per_day
    mean *= category.weekday_factors[day.weekday] if category.weekday_factors else 1.0
    mean *= category.month_factors[day.month] if category.month_factors else 1.0
    mean *= category.holiday_factor if day.holiday else 1.0
    mean *= category.make_up_factor if day.make_up else 1.0
    for amount, factor in ((day.rain, category.rain_factor), (day.rain_before, category.rain_before_factor)):
        if amount is not None and not math.isnan(amount):
            mean *= factor ** ((min(amount, demand.rain_most_mm) - demand.rain_mean_mm) / _RAIN_UNIT)
    return mean


def common_factor(demand: Demand, draw: Draw, day: int) -> float:
    """Factor of mean 1 that all categories share on a day."""
    return _factor(demand.day_spread, demand.day_memory, draw, "day", day)


def own_factor(demand: Demand, name: str, draw: Draw, day: int) -> float:
    """Factor of mean 1 of one category on a day."""
    return _factor(demand.categories[name].day_spread, demand.category_memory, draw, f"day of {name}", day)


def _factor(spread: float, memory: float, draw: Draw, decision: str, day: int) -> float:
    """Return a gamma variable of mean 1 that remembers the days before.

    It is a moving average of the normals of these days, so that a day's factor hangs on no other draw.
    """
    if not spread:
        return 1.0
    reach = math.ceil(math.log(_FORGOTTEN) / math.log(memory)) if memory > 0 else 0
    weights = memory ** np.arange(reach + 1)
    luck = draw.normal(decision, (day - np.arange(reach + 1)).astype(np.uint64), 0)
    z = float(weights @ luck) / math.sqrt(float(weights @ weights))
    return float(gamma_of(_share_below(z), 1.0, spread))


def _share_below(z: float) -> float:
    """Share of a standard normal variable below `z`, kept from 0 and 1."""
    return min(max(0.5 * math.erfc(-z / math.sqrt(2.0)), 1e-12), 1.0 - 1e-12)


def minute_in_day(hours: Sequence[float], share: Floats) -> Floats:
    """Return the minute of the day before which this share of a day's reports comes, even within an hour."""
    ends = np.concatenate(([0.0], np.cumsum(hours)))
    minute = np.interp(share, ends / ends[-1], np.arange(DAY_HOURS + 1) * float(_HOUR_MINUTES))
    return np.minimum(minute, np.nextafter(float(DAY_MINUTES), 0.0))


def readiness(spread: float, luck: Floats) -> Floats:
    """Return how ready adults are to report, in proportion (gamma of mean 1)."""
    return np.array([gamma_of(float(u), 1.0, spread) for u in luck], np.float64)


def chosen(ends: Floats, luck: Floats) -> Ints:
    """Return positions drawn in proportion to weights whose running sums are `ends`."""
    return np.minimum(np.searchsorted(ends, luck * ends[-1], side="right"), len(ends) - 1)


LENGTHS = {
    "weekday_factors": WEEK_DAYS, "month_factors": YEAR_MONTHS, "workday_hours": DAY_HOURS, "rest_hours": DAY_HOURS,
}  # fmt: skip
