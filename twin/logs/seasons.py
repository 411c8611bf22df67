"""What the days of a log are: weekdays, months, holidays, rain."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.core.clock import Clock
from twin.core.columns import Flags, Floats, Ints
from twin.errors import InputError, Words
from twin.logs.dates import read_dates

SATURDAY = 5
WEEK_DAYS, YEAR_MONTHS = 7, 12

_FEWEST_RAINY = 5
_WHOLE_YEAR, _TWO_YEARS = 350, 700


@dataclass(frozen=True)
class Days:
    """The days of a log from its first to its last, all arrays (days,).

    `weekday` counts from Monday 0, `month` from January 0; a `make_up` day is a weekend day on which people work
    调休; `rain` is mm on the day, NaN where it was not measured, None where there is no table.
    """

    first: dt.date
    weekday: Ints
    month: Ints
    holiday: Flags
    make_up: Flags
    rain: Floats | None

    def __len__(self) -> int:
        return len(self.weekday)

    @property
    def rest(self) -> Flags:
        """Days on which offices rest: weekends that are not worked, and holidays."""
        return self.holiday | ((self.weekday >= SATURDAY) & ~self.make_up)

    @property
    def has_season(self) -> bool:
        """Whether every month was seen."""
        return len(self) >= _WHOLE_YEAR

    @property
    def has_trend(self) -> bool:
        """Whether growth can be told from season."""
        return len(self) >= _TWO_YEARS

    @property
    def has_rain(self) -> bool:
        """Whether it rained often enough, where it was measured, to tell what rain does."""
        return self.rain is not None and int(np.sum(self.rain > 0)) >= _FEWEST_RAINY


def days_of(first: dt.date, count: int, holidays: str = "none", rain: Mapping[dt.date, float] | None = None) -> Days:
    """Describe the days; `holidays` is ``none``, ``china``, or dates separated by spaces."""
    dates = [first + dt.timedelta(days=day) for day in range(count)]
    off, worked = _holidays(first, holidays)
    return Days(
        first=first,
        weekday=np.array([date.weekday() for date in dates], np.int64),
        month=np.array([date.month - 1 for date in dates], np.int64),
        holiday=np.array([off(day) for day in range(count)], np.bool_),
        make_up=np.array([worked(day) for day in range(count)], np.bool_),
        rain=None if rain is None else np.array([rain.get(date, math.nan) for date in dates], np.float64),
    )


def _holidays(first: dt.date, holidays: str) -> tuple[Callable[[int], bool], Callable[[int], bool]]:
    if holidays in ("none", "china", ""):
        clock = Clock(first, holidays or "none")
        return clock.is_holiday, clock.is_make_up
    named = {(date - first).days for date in named_dates(holidays.split())}
    return named.__contains__, lambda _: False


def named_dates(texts: Sequence[str]) -> list[dt.date]:
    """Read dates of holidays; raises D426."""
    found = []
    for text in texts:
        try:
            found.append(dt.date.fromisoformat(text))
        except ValueError:
            raise InputError.of("D426", text=text) from None
    return found


def read_rain(path: Path) -> dict[dt.date, float]:
    """Read a table of daily rain: a column of dates and one of mm, whatever they are called; raises D413."""
    try:
        rows = [row for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))) if row]
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise _no_rain("it cannot be read", "无法读取", type(fault).__name__) from None
    found = {}
    for date, amount in (row[:2] for row in rows[1:] if len(row) >= 2):
        day, mm = read_dates([date]).times[0], _millimetres(amount)
        if np.isnat(day) or mm < 0:
            raise _no_rain("this row is no date with mm", "此行不是日期与毫米数", f"{date}, {amount}")
        found[day.astype("datetime64[D]").item()] = mm
    if not found:
        raise _no_rain("it has no rows", "没有数据行")
    return found


def rain_digest(path: Path) -> str:
    """Return the SHA-256 of a table of rain; raises D413."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as fault:
        raise _no_rain("it cannot be read", "无法读取", type(fault).__name__) from None


def _millimetres(text: str) -> float:
    try:
        return float(text) if text.strip() else math.nan
    except ValueError:
        return -1.0


def _no_rain(en: str, zh: str, detail: str = "") -> InputError:
    tail = f" ({detail})" if detail else ""
    return InputError.of("D413", why=Words(en + tail, zh + tail))
