"""When an agency works: its opening hours as its closings tell them, and a clock that stands still outside them."""

from __future__ import annotations

import datetime as dt

import numpy as np

from twin.core.clock import DAY_MINUTES, WEEK_DAYS, Clock, WorkingCalendar, working_calendar
from twin.core.columns import Floats

ALWAYS = "24x7"
OPEN_DAY = 0.30  # of the mean of the five busiest weekdays: below it, a weekday's closings are exceptions
OPEN_HOUR = 0.20  # of the mean of the eight busiest hours

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = 24
_BUSY_DAYS, _BUSY_HOURS = 5, 8
_FEWEST = 20


def opening_hours_of(closed: Floats) -> str:
    """Opening hours, in the words of a calendar, of an agency that closed requests at these minutes.

    `closed` counts from a Monday's midnight. A weekday or an hour with few closings is taken for closed: what was
    closed there is an exception that a roster cannot tell. With fewer than 20 closings nothing can be told, and
    the agency is taken to be always open.
    """
    closed = closed[np.isfinite(closed)]
    if len(closed) < _FEWEST:
        return ALWAYS
    weekday = (closed // DAY_MINUTES).astype(np.int64) % WEEK_DAYS
    days = _busy(np.bincount(weekday, minlength=WEEK_DAYS), _BUSY_DAYS, OPEN_DAY)
    hour = (closed % DAY_MINUTES).astype(np.int64) // 60
    hours = np.flatnonzero(_busy(np.bincount(hour[days[weekday]], minlength=_HOURS), _BUSY_HOURS, OPEN_HOUR))
    first, last = int(hours[0]), int(hours[-1]) + 1
    if days.all() and last - first == _HOURS:
        return ALWAYS
    return f"{_named(days)} {first:02d}:00-{last:02d}:00"


def _busy(counts: np.ndarray, busiest: int, least: float) -> np.ndarray:
    return np.asarray(counts >= least * np.sort(counts)[-busiest:].mean())


def _named(days: np.ndarray) -> str:
    """Mon-Fri, or the days one by one where they are not a row."""
    open_days = np.flatnonzero(days)
    if len(open_days) > 1 and np.all(np.diff(open_days) == 1):
        return f"{_DAYS[open_days[0]]}-{_DAYS[open_days[-1]]}"
    return ",".join(_DAYS[day] for day in open_days)


class OpenClock:
    """Open minutes of a calendar, there and back.

    `text` are the opening hours, `monday` the day on which minute 0 begins, `days` for how long they are laid out.
    """

    def __init__(self, text: str, monday: dt.date, days: int) -> None:
        self.text = text
        self.monday = monday
        self.minutes = float(days * DAY_MINUTES)
        self.calendar: WorkingCalendar = working_calendar(text, Clock(monday, "none"), days)
        self._open = np.concatenate([[0.0], np.cumsum(self.calendar.closes - self.calendar.opens)])

    @property
    def open_minutes(self) -> float:
        """Open minutes of all days laid out."""
        return self.minutes if self.calendar.always else float(self._open[-1])

    @property
    def day_minutes(self) -> float:
        """Open minutes of a day on which the agency is open at all."""
        if self.calendar.always:
            return float(DAY_MINUTES)
        return float(self._open[-1] / max(len(self.calendar.opens), 1))

    def open_at(self, minute: Floats) -> Floats:
        """Open minutes that have passed at each minute; NaN stays NaN."""
        if self.calendar.always:
            return np.asarray(minute, np.float64)
        corners = np.stack((self.calendar.opens, self.calendar.closes), axis=1).ravel()
        passed = np.interp(np.nan_to_num(minute, nan=0.0), corners, np.repeat(self._open, 2)[1:-1])
        return np.where(np.isnan(minute), np.nan, passed)

    def minute_at(self, open_minutes: Floats) -> Floats:
        """First minute by which so many open minutes have passed; inf beyond the days laid out."""
        if self.calendar.always:
            return np.where(open_minutes <= self.minutes, open_minutes, np.inf)
        interval = np.searchsorted(self._open[1:], open_minutes)
        inside = interval < len(self.calendar.closes)
        interval = np.where(inside, interval, 0)
        minute = self.calendar.closes[interval] - (self._open[1:][interval] - open_minutes)
        return np.where(inside, minute, np.inf)
