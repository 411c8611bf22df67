"""Dates and times as offices write them: one column at a time, since only the column tells its order.

Understood are ISO forms, Chinese forms (2024年3月5日 下午2时5分), day.month.year, day/month/year and
month/day/year (told apart by the whole column), names of months, serial numbers of spreadsheets, seconds or
milliseconds since 1970, and compact digits; each with or without time, with 12- and 24-hour clocks.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.errors import InputError, closest

ORDERS = ("day_first", "month_first")
FORMS = ("iso", "chinese", "day_first", "month_first", "dotted", "named", "serial", "epoch", "compact", "cell")
NOTHING = frozenset(
    ("", "-", "--", "—", "/", "\\", "nan", "nat", "none", "null", "n/a", "na", "#n/a", "无", "空", "暂无", "未知",
     "0000-00-00", "0000-00-00 00:00:00", "1900-01-00", "unknown")
)  # fmt: skip

_TIME = (
    r"(?:[T\s,]*(?P<half>上午|下午|晚上|凌晨|中午|早上|傍晚)?\s*"
    r"(?P<h>\d{1,2})\s*(?::|时|点)\s*(?:(?P<mi>\d{1,2})\s*(?:分)?\s*(?::?(?P<s>\d{1,2})(?:[.,]\d+)?\s*秒?)?)?"
    r"\s*(?P<ampm>[ap]\.?m\.?)?\s*(?P<off>z|utc|gmt|[+-]\d{2}:?\d{2})?)?"
)
_FORMS = {
    "iso": re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME, re.IGNORECASE),
    "chinese": re.compile(r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?" + _TIME, re.IGNORECASE),
    "dotted": re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})" + _TIME, re.IGNORECASE),
    "slashed": re.compile(r"(?P<a>\d{1,2})[-/](?P<b>\d{1,2})[-/](?P<y>\d{4}|\d{2})" + _TIME, re.IGNORECASE),
    "named": re.compile(
        r"(?:[a-z]{3,9},?\s+)?(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[-\s]+(?P<name>[a-z]{3,9})\.?|"
        r"(?P<name2>[a-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)[-\s,]+(?P<y>\d{4}|\d{2})" + _TIME,
        re.IGNORECASE,
    ),
    "compact": re.compile(
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:[T\s]?(?P<h>\d\d):?(?P<mi>\d\d):?(?P<s>\d\d)?)?"
    ),
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PLAIN_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_AFTERNOON = ("下午", "晚上", "傍晚")
_SERIAL = (20_000.0, 80_000.0)  # 1954 to 2119
_EPOCH = (3e8, 4.2e9)  # 1979 to 2103
_FIRST_SERIAL = dt.datetime(1899, 12, 30)
_FIRST_EPOCH = dt.datetime(1970, 1, 1)
_PIVOT = 70  # two-digit years from here on are of the last century
_NOON = 12
_EARLIEST, _LATEST = 1900, 2200


@dataclass(frozen=True)
class Dates:
    """A column of dates read.

    `times` is (rows,), NaT where there is none. `unread` are positions that hold something that is no date.
    `forms` counts the forms seen. `order` is the one of :data:`ORDERS` that slashes were read in, "" if none
    were; `certain` whether the column itself told it. `offsets` counts the offsets from UTC that were written.
    """

    times: np.ndarray
    unread: tuple[int, ...] = ()
    forms: Counter[str] | None = None
    order: str = ""
    certain: bool = True
    offsets: Counter[str] | None = None


def read_dates(cells: Sequence[Any], order: str = "", zone: str = "") -> Dates:
    """Read a column; `order` settles day/month, `zone` (such as Asia/Shanghai) is where written offsets lead.

    Without `zone` the wall-clock time is kept as it is written.
    """
    quick = _quick(cells)
    if quick is not None:
        return Dates(quick, forms=Counter({"iso": len(cells)}))
    texts = [_text(cell) for cell in cells]
    told, certain = _order_of(texts) if not order else (order, True)
    reader = _Reader(told or ORDERS[1], _zone(zone))
    times = [reader.read(cell, text) for cell, text in zip(cells, texts, strict=True)]
    unread = tuple(position for position, time in enumerate(times) if time is _UNREAD)
    found = np.array([None if time is _UNREAD else time for time in times], "datetime64[s]")
    return Dates(found, unread, reader.forms, told, certain, reader.offsets)


def _quick(cells: Sequence[Any]) -> np.ndarray | None:
    """Return times where every cell is a time already or in the plainest form."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return cells.astype("datetime64[s]")
    if all(isinstance(cell, str) and (not cell or _PLAIN_ISO.fullmatch(cell)) for cell in cells):
        try:
            return np.array(list(cells), "datetime64[us]").astype("datetime64[s]")
        except ValueError:
            return None
    return None


def _text(cell: Any) -> str:
    return unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""


_UNREAD: Any = object()


class _Reader:
    """Reads cells of one column and counts what it saw."""

    def __init__(self, order: str, zone: ZoneInfo | None) -> None:
        self._order, self._zone = order, zone
        self.forms: Counter[str] = Counter()
        self.offsets: Counter[str] = Counter()

    def read(self, cell: Any, text: str) -> dt.datetime | None:
        """Return the time of a cell, None where it is empty, or the mark of what cannot be read."""
        if cell is None or (isinstance(cell, str) and text.casefold() in NOTHING):
            return None
        if isinstance(cell, str):
            return self._of_text(text)
        if isinstance(cell, dt.datetime):
            return self._local("cell", cell)
        if isinstance(cell, dt.date):
            return self._local("cell", dt.datetime.combine(cell, dt.time()))
        return self._of_number(float(cell)) if _is_number(cell) else _UNREAD

    def _of_text(self, text: str) -> dt.datetime | None:
        for form, pattern in _FORMS.items():
            found = pattern.fullmatch(text)
            if found:
                time = _built(found.groupdict(), self._order)
                if time is _UNREAD and form == "compact":
                    continue
                return _UNREAD if time is _UNREAD else self._local(self._order if form == "slashed" else form, time)
        return self._of_number(float(text)) if _NUMBER.fullmatch(text) else _UNREAD

    def _of_number(self, number: float) -> dt.datetime:
        if _SERIAL[0] <= number < _SERIAL[1]:
            return self._local("serial", _FIRST_SERIAL + dt.timedelta(seconds=round(number * 86_400)))
        seconds = number if number < _EPOCH[1] else number / 1000
        if _EPOCH[0] <= seconds < _EPOCH[1]:
            time = _FIRST_EPOCH + dt.timedelta(seconds=int(seconds))
            return self._local("epoch", time.replace(tzinfo=dt.UTC))
        return _UNREAD

    def _local(self, form: str, time: dt.datetime) -> dt.datetime:
        if not _EARLIEST <= time.year < _LATEST:
            return _UNREAD
        self.forms[form] += 1
        if time.tzinfo is None:
            return time
        self.offsets[time.strftime("%z") or "+0000"] += 1
        return (time.astimezone(self._zone) if self._zone else time).replace(tzinfo=None)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool) and cell == cell


def _built(parts: dict[str, str | None], order: str) -> dt.datetime:
    """Return the time of a matched text, or the mark of what cannot be one."""
    try:
        day, month = _day_and_month(parts, order)
        hour = _hour(parts)
        carried, hour = divmod(hour, 24) if hour == 24 and not int(parts.get("mi") or 0) else (0, hour)
        time = dt.datetime(_year(parts["y"] or ""), month, day, hour, int(parts.get("mi") or 0),
                           int(parts.get("s") or 0), tzinfo=_offset(parts.get("off")))  # fmt: skip
        return time + dt.timedelta(days=carried)
    except (ValueError, OverflowError):
        return _UNREAD


def _day_and_month(parts: dict[str, str | None], order: str) -> tuple[int, int]:
    if parts.get("a"):
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        day_first = order == ORDERS[0] if max(first, second) <= _NOON else first > _NOON
        return (first, second) if day_first else (second, first)
    name = parts.get("name") or parts.get("name2")
    day = int(parts.get("d") or parts.get("d2") or 0)
    return day, _MONTHS.index(name[:3].casefold()) + 1 if name else int(parts["m"] or 0)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _hour(parts: dict[str, str | None]) -> int:
    hour = int(parts.get("h") or 0)
    half = (parts.get("ampm") or "")[:1].casefold()
    words = parts.get("half") or ""
    if half == "p" or words in _AFTERNOON or (words == "中午" and hour < 3):
        return hour + _NOON if hour < _NOON else hour
    return hour % _NOON if half == "a" or (words == "凌晨" and hour == _NOON) else hour


def _offset(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    if text.casefold() in ("z", "utc", "gmt"):
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    span = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-span if text[0] == "-" else span)


def _order_of(texts: Iterable[str]) -> tuple[str, bool]:
    """Tell day/month from month/day: a number above twelve is a day; else the order in which rows ascend."""
    pairs = [(int(found["a"]), int(found["b"])) for found in map(_FORMS["slashed"].fullmatch, texts) if found]
    if not pairs:
        return "", True
    days_first = sum(first > _NOON >= second for first, second in pairs)
    months_first = sum(second > _NOON >= first for first, second in pairs)
    if days_first or months_first:
        return ORDERS[days_first < months_first], not (days_first and months_first)
    steps = [(_rises(pairs, 1, 0), ORDERS[0]), (_rises(pairs, 0, 1), ORDERS[1])]
    return max(steps)[1], steps[0][0] != steps[1][0]


def _rises(pairs: Sequence[tuple[int, int]], month: int, day: int) -> int:
    keys = [(pair[month], pair[day]) for pair in pairs]
    return sum(before <= after for before, after in pairwise(keys))


@cache
def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = ("Asia/Shanghai", "Europe/Zurich", "America/New_York", "UTC")
        raise InputError.of("D419", zone=name, suggestion=closest(name, known), known=known) from None
