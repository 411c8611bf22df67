"""Minutes, days, dates, holidays and opening hours.

Time in a run is float64 minutes from midnight of its first day, in local wall-clock time without daylight
saving: every day has 1440 minutes, as in China. A working calendar is a sorted list of open intervals
``[opens[i], closes[i])`` that neither overlap nor touch; ``always`` marks the one that never closes and
has no intervals. The compiled functions at the end take these three, so that kernels can call them.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal

import numpy as np

from twin.core.columns import Floats
from twin.core.compiled import compiled
from twin.errors import InputError

HolidaySource = Literal["none", "table", "computed"]

DAY_MINUTES = 1440
WEEK_DAYS = 7
HOLIDAYS = ("none", "china")

_SATURDAY = 5
_TOLERANCE = 5e-10  # minutes; time at a year's end is itself rounded to 6e-11


@dataclass(frozen=True)
class Clock:
    """The dates of a run: day 0 is `start`.

    ``holidays="china"`` knows the public holidays of mainland China with their make-up workdays 调休, as
    announced, from the table of the `chinesecalendar` package. Years after its last one have the statutory
    days of the 2024 amendment, lunar ones included, and no make-up workdays: a statutory day that falls on
    a weekend or on another one is given back on the next workday 补休, so that the year has as many
    workdays as it should. :meth:`holiday_source` says which of the two holds. Years before the table or
    after 2099 raise an :class:`InputError`.
    """

    start: dt.date
    holidays: str = "none"

    def __post_init__(self) -> None:
        if self.holidays not in HOLIDAYS:
            raise InputError.of("S142", holidays=self.holidays, known=HOLIDAYS)
        self.holiday_source(0)

    def date(self, day: int) -> dt.date:
        """Date of a day of the run."""
        return self.start + dt.timedelta(days=int(day))

    def weekday(self, day: int) -> int:
        """Weekday of a day of the run, Monday is 0."""
        return (self.start.weekday() + int(day)) % WEEK_DAYS

    def is_holiday(self, day: int) -> bool:
        """Tell whether a day belongs to a public holiday; an ordinary weekend does not."""
        date = self.date(day)
        return self.holidays == "china" and date in _china_year(date.year).off

    def is_statutory(self, day: int) -> bool:
        """Tell whether a day is a statutory holiday 法定节假日, and not merely a day off swapped in around one."""
        date = self.date(day)
        return self.holidays == "china" and date in _china_year(date.year).statutory

    def is_make_up(self, day: int) -> bool:
        """Tell whether a day is a weekend day on which people work 调休."""
        date = self.date(day)
        return self.holidays == "china" and date in _china_year(date.year).make_up

    def is_workday(self, day: int) -> bool:
        """Monday to Friday without the public holidays, and the make-up workdays."""
        if self.weekday(day) >= _SATURDAY:
            return self.is_make_up(day)
        return not self.is_holiday(day)

    def holiday_source(self, day: int = 0) -> HolidaySource:
        """Where the holidays of a day's year come from: none, the announced table, or computed from the law."""
        if self.holidays == "none":
            return "none"
        return _china_year(self.date(day).year).source


def day_of(minute: float) -> int:
    """Day of the run that holds a minute."""
    return int(minute // DAY_MINUTES)


def minute_of_day(minute: float) -> float:
    """Minutes since the last midnight."""
    return minute % DAY_MINUTES


# -- public holidays ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Year:
    statutory: frozenset[dt.date]
    off: frozenset[dt.date]
    make_up: frozenset[dt.date]
    source: HolidaySource


@cache
def _china_year(year: int) -> _Year:
    from chinese_calendar import holidays, workdays  # a large table: only for runs that have holidays

    first, last = min(holidays).year, max(holidays).year
    lunar = _lunar_festivals()
    if year < first or year > max(lunar):
        raise InputError.of("S143", year=year, first=first, last=max(lunar))
    owed = _statutory_days(year)
    statutory = frozenset(owed)
    if year > last:
        return _Year(statutory, _with_days_given_back(owed), frozenset(), "computed")
    # The table lacks a statutory Saturday, 23 June 2012.
    return _Year(statutory, statutory | _of_year(holidays, year), _of_year(workdays, year), "table")


def _of_year(dates: dict[dt.date, str], year: int) -> frozenset[dt.date]:
    return frozenset(date for date in dates if date.year == year)


@cache
def _lunar_festivals() -> dict[int, tuple[dt.date, dt.date, dt.date]]:
    """Spring Festival, Dragon Boat and Mid-Autumn of every year that the shipped table has."""
    text = resources.files("twin.data").joinpath("lunar_festivals.csv").read_text(encoding="utf-8")
    dates = [[dt.date.fromisoformat(cell) for cell in line.split(",")] for line in text.splitlines()[1:]]
    return {spring.year: (spring, dragon, autumn) for spring, dragon, autumn in dates}


def _clear_and_bright(year: int) -> dt.date:
    """Qingming 清明, the solar term; the usual rule for the years 2000 to 2099."""
    short = year % 100
    return dt.date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def _statutory_days(year: int) -> list[dt.date]:
    """The days of the State Council's rules in force in that year, a day shared by two of them twice.

    10 days until 2007, 11 with the festivals since 2008 and 13 since 2025.
    """
    spring, dragon, autumn = _lunar_festivals()[year]
    new_year = [spring + dt.timedelta(days=offset) for offset in _around_spring_festival(year)]
    festivals = [_clear_and_bright(year), dragon, autumn] if year >= 2008 else []
    labour = (1, 2, 3) if year < 2008 else (1,) if year < 2025 else (1, 2)
    fixed = [(1, 1), *((5, day) for day in labour), (10, 1), (10, 2), (10, 3)]
    return sorted([*(dt.date(year, month, day) for month, day in fixed), *new_year, *festivals])


def _around_spring_festival(year: int) -> tuple[int, ...]:
    """Statutory days as offsets from 初一; New Year's Eve 除夕 counted from 2008 to 2013 and counts since 2025."""
    if year >= 2025:
        return (-1, 0, 1, 2)
    return (-1, 0, 1) if 2008 <= year < 2014 else (0, 1, 2)


def _with_days_given_back(statutory: list[dt.date]) -> frozenset[dt.date]:
    off = set(statutory)
    lost = [date for i, date in enumerate(statutory) if date.weekday() >= _SATURDAY or date in statutory[:i]]
    for date in lost:
        while date in off or date.weekday() >= _SATURDAY:
            date += dt.timedelta(days=1)
        off.add(date)
    return frozenset(off)


# -- opening hours in words --------------------------------------------------------------------------

Spans = tuple[tuple[int, int], ...]

_NAMED_HOURS = {8: (9, 17), 10: (8, 18), 12: (8, 20), 16: (7, 23), 24: (0, 24)}
_NAMED_DAYS = {"5": 5, "6": 6, "7": 7}
_DAY_NAMES = {
    name: weekday
    for weekday, names in enumerate(
        (
            "mon monday 一",
            "tue tues tuesday 二",
            "wed wednesday 三",
            "thu thur thurs thursday 四",
            "fri friday 五",
            "sat saturday 六",
            "sun sunday 日 天",
        )
    )
    for name in names.split()
}
_DAY_GROUPS = {
    **dict.fromkeys(("daily", "every day", "每天", "每日"), range(WEEK_DAYS)),
    **dict.fromkeys(("weekdays", "workdays", "工作日"), range(_SATURDAY)),
    **dict.fromkeys(("weekend", "weekends", "周末"), range(_SATURDAY, WEEK_DAYS)),
}
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?")
_BLOCK = re.compile(r"([^\d]+?)\s*(\d.*)")


@dataclass(frozen=True)
class OpeningHours:
    """A week of opening hours: spans (open, close) in minutes of each weekday, Monday first.

    A span that crosses midnight belongs to the day on which it opens. Hours that name all seven days are
    kept on public holidays too; others close on them, and a make-up workday without hours of its own has
    those of the first weekday that has some.
    """

    spans: tuple[Spans, ...]

    @property
    def closes_on_holidays(self) -> bool:
        """Whether some weekday has no hours, which marks an office rather than a watch."""
        return not all(self.spans)

    @property
    def always(self) -> bool:
        """Whether the week has no gap."""
        return all(span == ((0, DAY_MINUTES),) for span in self.spans)

    @property
    def passes_midnight(self) -> bool:
        """Whether some span ends on the day after it began."""
        return any(closes > DAY_MINUTES for spans in self.spans for _, closes in spans)

    def of_day(self, clock: Clock, day: int) -> Spans:
        """Spans of a day of the run, in minutes from its midnight."""
        own = self.spans[clock.weekday(day)]
        if not self.closes_on_holidays:
            return own
        if clock.is_holiday(day):
            return ()
        if not own and clock.is_make_up(day):
            return next(spans for spans in self.spans if spans)
        return own


@cache
def opening_hours(text: str) -> OpeningHours:
    """Read opening hours in words.

    Names are `5x8`, `7x8`, `7x10`, `7x12`, `7x16` and `24x7`: days by hours, 8 h is 9-17, 10 h 8-18,
    12 h 8-20, 16 h 7-23. Else days and spans, ``Mon-Fri 08:30-12:00,13:30-17:30; Sat 9-12``, also in
    Chinese, ``周一至周五 8:30-12:00``. Text that cannot be read, or hours that overlap, raise an
    :class:`InputError`.
    """
    plain = _plain(text)
    week = _named_week(plain) or _written_week(plain, text)
    _refuse_overlap(week, text)
    return OpeningHours(tuple(tuple(sorted(spans)) for spans in week))


def _plain(text: str) -> str:
    """One way of writing for all of them: full-width forms, dashes, Chinese separators, spaces."""
    plain = unicodedata.normalize("NFKC", str(text)).casefold().strip()
    plain = re.sub(r"[\u2010-\u2015~至到]", "-", plain).replace("、", ",").replace("×", "x")
    return re.sub(r"\s*([-,;:])\s*", r"\1", plain)


def _named_week(plain: str) -> list[list[tuple[int, int]]] | None:
    days, _, hours = ("7x24" if plain == "24x7" else plain).partition("x")
    if days not in _NAMED_DAYS or not hours.isdecimal() or int(hours) not in _NAMED_HOURS:
        return None
    opens, closes = _NAMED_HOURS[int(hours)]
    span = (opens * 60, closes * 60)
    return [[span] if weekday < _NAMED_DAYS[days] else [] for weekday in range(WEEK_DAYS)]


def _written_week(plain: str, text: str) -> list[list[tuple[int, int]]]:
    week: list[list[tuple[int, int]]] = [[] for _ in range(WEEK_DAYS)]
    for block in plain.rstrip(";").split(";"):
        parts = _BLOCK.fullmatch(block)
        if parts is None:
            raise _unreadable(text, block)
        spans = [_span(part, text) for part in parts[2].split(",")]
        for weekday in _weekdays(parts[1], text):
            week[weekday] += spans
    return week


def _weekdays(days: str, text: str) -> Iterator[int]:
    for part in days.split(","):
        if part in _DAY_GROUPS:
            yield from _DAY_GROUPS[part]
            continue
        names = [re.sub(r"^(周|星期|礼拜)", "", name) for name in part.split("-")]
        if len(names) > 2 or any(name not in _DAY_NAMES for name in names):
            raise _unreadable(text, part)
        first, last = _DAY_NAMES[names[0]], _DAY_NAMES[names[-1]]
        for step in range((last - first) % WEEK_DAYS + 1):
            yield (first + step) % WEEK_DAYS


def _span(part: str, text: str) -> tuple[int, int]:
    matched = _SPAN.fullmatch(part)
    if matched is None:
        raise _unreadable(text, part)
    hours = (int(matched[1]), int(matched[3]))
    minutes = (int(matched[2] or 0), int(matched[4] or 0))
    opens, closes = (60 * hour + minute for hour, minute in zip(hours, minutes, strict=True))
    if max(minutes) >= 60 or max(opens, closes) > DAY_MINUTES or opens == closes:
        raise _unreadable(text, part)
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _unreadable(text: str, part: str) -> InputError:
    return InputError.of("S140", text=text, part=part)


def _refuse_overlap(week: list[list[tuple[int, int]]], text: str) -> None:
    spans = sorted((d * DAY_MINUTES + a, d * DAY_MINUTES + b) for d, day in enumerate(week) for a, b in day)
    around = [*spans, (spans[0][0] + WEEK_DAYS * DAY_MINUTES, 0)]
    for (_, closes), (opens, _) in pairwise(around):
        if opens < closes:
            raise InputError.of("S141", text=text, at=f"{opens // 60 % 24:02d}:{opens % 60:02d}")


# -- working calendars -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class WorkingCalendar:
    """Open intervals of the first `days` days of a run; nothing is open beyond them unless `always`.

    `opens` and `closes` are float64 minutes from the run's start, shape (intervals,), read-only.
    """

    name: str
    days: int
    opens: Floats
    closes: Floats
    always: bool

    @property
    def intervals(self) -> tuple[Floats, Floats, bool]:
        """The three leading arguments of the compiled functions."""
        return self.opens, self.closes, self.always


def working_calendar(text: str, clock: Clock, days: int) -> WorkingCalendar:
    """Lay opening hours (see :func:`opening_hours`) over the days of a run, its run-on included.

    A night span of the eve of the first day counts. Raises :class:`InputError` for text that is not
    opening hours and for dates without known holidays.
    """
    hours = opening_hours(text)
    spans = [] if hours.always else _joined(_dated_spans(hours, clock, days))
    opens, closes = (np.array([span[end] for span in spans], np.float64) for end in (0, 1))
    for ends in (opens, closes):
        ends.setflags(write=False)
    return WorkingCalendar(text, days, opens, closes, hours.always)


def _dated_spans(hours: OpeningHours, clock: Clock, days: int) -> Iterator[tuple[int, int]]:
    eve = -1 if hours.passes_midnight else 0
    for day in range(eve, days):
        for opens, closes in hours.of_day(clock, day):
            if day * DAY_MINUTES + closes > 0:
                yield max(day * DAY_MINUTES + opens, 0), day * DAY_MINUTES + closes


def _joined(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            opens, closes = joined[-1][0], max(joined.pop()[1], closes)
        joined.append((opens, closes))
    return joined


def mean_wait_to_open(calendar: WorkingCalendar) -> float:
    """Mean minutes from a uniformly distributed moment to the next open minute, exact.

    The calendar's days are one period that repeats (take seven, or a whole number of weeks, without
    holidays): the sum of squared gaps over twice the period.
    """
    if calendar.always:
        return 0.0
    if not len(calendar.opens):
        return np.inf
    period = float(calendar.days * DAY_MINUTES)
    gaps = np.append(calendar.opens[1:], calendar.opens[0] + period) - calendar.closes
    return float(np.sum(np.maximum(gaps, 0.0) ** 2) / (2.0 * period))


# -- what kernels call -------------------------------------------------------------------------------


@compiled
def interval_at(opens: Floats, closes: Floats, t: float) -> int:
    """Index of the open interval that holds minute `t`, or of the next one; ``len(opens)`` if none is left."""
    low, high = 0, closes.shape[0]
    while low < high:
        middle = (low + high) // 2
        if closes[middle] > t:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def is_open(opens: Floats, closes: Floats, always: bool, t: float) -> bool:
    """Tell whether minute `t` is open; a closing minute is closed."""
    if always:
        return True
    i = interval_at(opens, closes, t)
    return i < opens.shape[0] and opens[i] <= t


@compiled
def next_open(opens: Floats, closes: Floats, always: bool, t: float) -> float:
    """First open minute at or after `t`; inf beyond the last interval."""
    if always:
        return float(t)
    i = interval_at(opens, closes, t)
    if i == opens.shape[0]:
        return np.inf
    return max(float(t), opens[i])


@compiled
def close_after(opens: Floats, closes: Floats, always: bool, t: float) -> float:
    """Closing minute of the interval that holds `t`, or of the next one; inf if there is none."""
    if always:
        return np.inf
    i = interval_at(opens, closes, t)
    if i == closes.shape[0]:
        return np.inf
    return float(closes[i])


@compiled
def add_work(opens: Floats, closes: Floats, always: bool, t: float, work: float) -> float:
    """First minute by which `work` open minutes have passed since `t`; `t` itself for no work.

    Work that fills an interval ends at its closing minute, not at the next opening; inf if the
    intervals do not suffice.
    """
    if work <= 0.0:
        return float(t)
    if always:
        return t + work
    left = float(work)
    for i in range(interval_at(opens, closes, t), opens.shape[0]):
        start = max(float(t), opens[i])
        # Without the tolerance, work that fills an interval would end at the next opening by rounding.
        if left <= closes[i] - start + _TOLERANCE:
            return min(start + left, closes[i])
        left -= closes[i] - start
    return np.inf


@compiled
def open_minutes(opens: Floats, closes: Floats, always: bool, a: float, b: float) -> float:
    """Open minutes between `a` and `b`; 0 if `b` is not later."""
    if b <= a:
        return 0.0
    if always:
        return b - a
    total = 0.0
    for i in range(interval_at(opens, closes, a), opens.shape[0]):
        if opens[i] >= b:
            break
        total += min(closes[i], float(b)) - max(opens[i], float(a))
    return total
