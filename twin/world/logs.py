"""Request logs: what a real city was asked for, and how a run replays it.

A log is a CSV file, one citizen's request a row, with a first line that names at least ``created``,
``closed``, ``category``, ``subtype``, ``channel``, ``loc_id`` and ``on_time``; ``area`` is read if it is
there, other columns are ignored. Times are local wall-clock times; a request that is still open has an
empty ``closed``, an unknown place is ``loc_id`` 0, ``on_time`` is 1, 0 or empty.

Closing times hold the waiting, so they serve as targets of validation (:func:`summaries`), never as
service times. Public holidays need no care: whatever a holiday did to demand is in the log.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Floats, Ints, Keys
from twin.errors import Complaint, InputError, Words
from twin.world.tables import CHANNELS

SHIPPED = ("boston_311_2011",)
NEEDED = ("created", "closed", "category", "subtype", "channel", "loc_id", "on_time")
UNKNOWN_PLACE = 0
MOST_BYTES = 200_000_000

_FAULTS_SHOWN = 50
_FLAGS = {"": -1, "0": 0, "1": 1}
_ENCODING = "utf-8-sig"

Cell = TypeVar("Cell")
Codes = npt.NDArray[np.int32]
UniformOf = Callable[[int, Keys], Floats]


@dataclass(frozen=True, eq=False)
class RequestLog:
    """A log in the order in which its requests were made; every array has shape (rows,) and is read-only.

    `minute` counts from midnight of `first`, the date of the first request. `category`, `subtype` and
    `area` are indices into `categories`, `subtypes` and `areas`, `channel` into ``CHANNELS``; `loc` is 0
    where the place is unknown. `hours_to_close` is NaN while open; `on_time` is 1, 0, or -1 where the city
    set no target. `key` names a row by what it says, so that it survives cuts and re-ordering of the file;
    `place_key` names its place, or the row itself where that is unknown. `digest` is the SHA-256 of the text.
    """

    name: str
    digest: str
    first: dt.date
    days: int
    minute: Floats
    category: Codes
    subtype: Codes
    area: Codes
    channel: npt.NDArray[np.int8]
    loc: Ints
    hours_to_close: Floats
    on_time: npt.NDArray[np.int8]
    key: Keys
    place_key: Keys
    categories: tuple[str, ...]
    subtypes: tuple[str, ...]
    areas: tuple[str, ...]

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __len__(self) -> int:
        return len(self.minute)

    @property
    def cycle_days(self) -> int:
        """Days that are replayed before the log starts again: its whole weeks."""
        return self.days - self.days % WEEK_DAYS

    @property
    def per_day(self) -> float:
        """Requests a day over the days that are replayed."""
        return float(np.searchsorted(self.minute, self.cycle_days * DAY_MINUTES)) / self.cycle_days

    def rows_of_day(self, log_day: int) -> Ints:
        """Rows of a day of the log, 0 the first."""
        midnights = (log_day * DAY_MINUTES, (log_day + 1) * DAY_MINUTES)
        start, stop = np.searchsorted(self.minute, midnights)
        return np.arange(start, stop, dtype=np.int64)


# -- reading -----------------------------------------------------------------------------------------


def load_log(name_or_path: str) -> RequestLog:
    """Read a log: one of :data:`SHIPPED`, or a CSV file, plain or gzipped.

    A log that cannot be read, that lacks a column, or that spans less than a week raises an
    :class:`InputError`, which names the row (the line of the file) and the column of every bad cell.
    """
    if name_or_path in SHIPPED:
        shipped = resources.files("twin.data").joinpath(f"{name_or_path}.csv.gz")
        return _parsed(name_or_path, shipped.read_bytes())
    return _parsed(Path(name_or_path).name, _bytes_of(name_or_path))


def _bytes_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except (FileNotFoundError, ValueError):
        raise InputError.of("D401", name=path, shipped=SHIPPED) from None
    except OSError as fault:
        raise _unreadable("cannot be opened", "无法打开", fault.strerror) from None


@lru_cache(maxsize=4)
def _parsed(name: str, content: bytes) -> RequestLog:
    plain = _unpacked(content)
    sheet = _sheet_of(_text_of(plain))
    return _log_of(sheet, name, hashlib.sha256(plain).hexdigest())


def _unpacked(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        plain = content
    else:
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                plain = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, ValueError):
            raise _unreadable("a damaged gzip file", "gzip 文件已损坏") from None
    if len(plain) > MOST_BYTES:
        raise _unreadable("too large", "文件过大", f"> {MOST_BYTES // 1_000_000} MB")
    return plain


def _unreadable(en: str, zh: str, detail: object = "") -> InputError:
    tail = f" ({detail})" if detail else ""
    return InputError.of("D402", why=Words(en + tail, zh + tail))


def _text_of(plain: bytes) -> str:
    try:
        return plain.decode(_ENCODING)
    except UnicodeDecodeError:
        raise _unreadable("not UTF-8", "不是 UTF-8 编码") from None


@dataclass(frozen=True)
class _Sheet:
    """Cells by column name, and the line of the file that each row ends on."""

    lines: Sequence[int]
    cells: dict[str, Sequence[str]]


def _sheet_of(text: str) -> _Sheet:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as fault:
        raise _unreadable("not CSV", "不是 CSV", fault) from None
    _refuse([Complaint("D403", None, {"column": name, "needed": NEEDED}) for name in NEEDED if name not in header])
    _refuse(
        Complaint("D410", None, {"row": line, "found": len(row), "needed": len(header)})
        for line, row in rows
        if len(row) != len(header)
    )
    columns = zip(*(row for _, row in rows), strict=True) if rows else ((),) * len(header)
    return _Sheet([line for line, _ in rows], dict(zip(header, columns, strict=True)))


def _refuse(faults: Iterator[Complaint] | Sequence[Complaint]) -> None:
    shown = list(islice(faults, _FAULTS_SHOWN))
    if shown:
        raise InputError(shown)


def _log_of(sheet: _Sheet, name: str, digest: str) -> RequestLog:
    created = [moment for moment in _times(sheet, "created") if moment is not None]
    closed = _times(sheet, "closed")
    _refuse_strange_rows(sheet, created, closed)
    first = min(created, default=dt.datetime.min).date()
    minute = _minutes_since(created, dt.datetime.combine(first, dt.time()))
    days = int(minute.max() // DAY_MINUTES) + 1 if len(minute) else 0
    if days < WEEK_DAYS:
        raise InputError.of("D408", days=days)
    order = np.argsort(minute, kind="stable")
    codes = {column: _coded(sheet, column, order) for column in ("category", "subtype", "area")}
    loc = np.array(_converted(sheet, "loc_id", _whole), np.int64)
    key = _row_keys(sheet)
    return RequestLog(
        name=name, digest=digest, first=first, days=days, minute=minute[order],
        category=codes["category"][0], subtype=codes["subtype"][0], area=codes["area"][0],
        channel=np.array(_converted(sheet, "channel", CHANNELS.index, CHANNELS), np.int8)[order],
        loc=loc[order], hours_to_close=_hours_between(created, closed)[order],
        on_time=np.array(_converted(sheet, "on_time", _FLAGS.__getitem__, ("1", "0", "")), np.int8)[order],
        key=key[order], place_key=_place_keys(loc, key)[order],
        categories=codes["category"][1], subtypes=codes["subtype"][1], areas=codes["area"][1],
    )  # fmt: skip


def _refuse_strange_rows(sheet: _Sheet, created: list[dt.datetime], closed: list[dt.datetime | None]) -> None:
    _refuse(
        Complaint("D405", None, {"row": line, "column": column})
        for column in ("created", "category", "subtype")
        for line, cell in zip(sheet.lines, sheet.cells[column], strict=True)
        if not cell.strip()
    )
    _refuse(
        Complaint("D407", None, {"row": line, "created": begin, "closed": end})
        for line, begin, end in zip(sheet.lines, created, closed, strict=True)
        if end is not None and end < begin
    )


def _converted(
    sheet: _Sheet, column: str, convert: Callable[[str], Cell], known: Sequence[str] = (), code: str = "D406"
) -> list[Cell]:
    """Convert a column cell by cell; all cells that `convert` refuses are complained of together."""
    converted: list[Cell] = []
    faults: list[Complaint] = []
    for line, cell in zip(sheet.lines, sheet.cells[column], strict=True):
        try:
            converted.append(convert(cell.strip()))
        except (ValueError, KeyError):
            faults.append(Complaint(code, None, {"row": line, "column": column, "value": cell, "known": known}))
    _refuse(faults)
    return converted


def _times(sheet: _Sheet, column: str) -> list[dt.datetime | None]:
    return _converted(sheet, column, _moment, code="D404")


def _moment(cell: str) -> dt.datetime | None:
    if not cell:
        return None
    moment = dt.datetime.fromisoformat(cell)
    if moment.tzinfo is not None:
        raise ValueError(cell)
    return moment


def _whole(cell: str) -> int:
    number = int(cell)
    if not 0 <= number < 2**63:
        raise ValueError(cell)
    return number


def _minutes_since(moments: Sequence[dt.datetime], midnight: dt.datetime) -> Floats:
    return np.array([(moment - midnight) / dt.timedelta(minutes=1) for moment in moments], np.float64)


def _hours_between(created: Sequence[dt.datetime], closed: Sequence[dt.datetime | None]) -> Floats:
    hour = dt.timedelta(hours=1)
    pairs = zip(created, closed, strict=True)
    return np.array([math.nan if end is None else (end - begin) / hour for begin, end in pairs], np.float64)


def _coded(sheet: _Sheet, column: str, order: Ints) -> tuple[Codes, tuple[str, ...]]:
    cells = [cell.strip() for cell in sheet.cells.get(column, [""] * len(sheet.lines))]
    names = tuple(sorted(set(cells)))
    index = {name: number for number, name in enumerate(names)}
    return np.array([index[cell] for cell in cells], np.int32)[order], names


def _row_keys(sheet: _Sheet) -> Keys:
    seen: Counter[str] = Counter()
    words = []
    named = (sheet.cells[column] for column in ("created", "category", "subtype", "loc_id"))
    for said in map("|".join, zip(*named, strict=True)):
        words.append(f"{said}|{seen[said]}")
        seen[said] += 1
    return _hashed(words)


def _place_keys(loc: Ints, key: Keys) -> Keys:
    places, place = np.unique(loc, return_inverse=True)
    return np.where(loc == UNKNOWN_PLACE, key, _hashed([f"place|{number}" for number in places])[place])


def _hashed(words: Sequence[str]) -> Keys:
    digests = (hashlib.blake2b(word.encode(), digest_size=8).digest() for word in words)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


# -- replaying ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Replay:
    """Rows of the log that a day of a run repeats.

    `occurrence` counts the passes through the log: draws and spawned keys must carry it, so that the
    same row met again is another request. Adding `shift` minutes to a row's `minute` gives the run's.
    """

    rows: Ints
    occurrence: int
    shift: float


def replay_day(log: RequestLog, day: int, start_weekday: int) -> Replay:
    """Find the day of the log that day `day` of a run repeats, of the same weekday.

    Day 0, of weekday `start_weekday` (Monday is 0), repeats the log's first day of that weekday. The whole
    weeks of the log are gone round; what is left over at its end is not used.
    """
    turned = (start_weekday - log.first.weekday()) % WEEK_DAYS + day
    occurrence, log_day = divmod(turned, log.cycle_days)
    return Replay(log.rows_of_day(log_day), occurrence, float((day - log_day) * DAY_MINUTES))


def keep_chance(log: RequestLog, per_day: float) -> float:
    """Chance with which a request is kept so that `per_day` are left; more than the log has: InputError."""
    if per_day > log.per_day:
        raise InputError.of("D409", has=round(log.per_day, 1), wanted=per_day)
    return per_day / log.per_day


def thin(log: RequestLog, seed: int, per_day: float, uniform_of: UniformOf) -> Ints:
    """Rows that stay when the log is thinned to `per_day` requests a day on average.

    A place stays or goes with everything that was ever asked for there, as if a neighbourhood were a random
    sample of the city's addresses; thinning request by request would destroy the repeats. A row without
    a place stands for itself. ``uniform_of(seed, keys)`` gives a uniform for each place, so that what 10 a
    day keep is part of what 14 a day keep. One seed's number scatters about the mean, by some 4 % for 17.5
    a day of the shipped log.
    """
    return np.flatnonzero(uniform_of(seed, log.place_key) < keep_chance(log, per_day))


def repeats(log: RequestLog, days: float) -> Ints:
    """Row of the last request of the same type at the same place within `days` before, -1 if there is none.

    Requests at an unknown place repeat nothing. A repeat need not be a duplicate: the first matter may have
    been closed, and bulky waste comes again. After :func:`thin` a row's predecessor is kept if the row is.
    """
    order = np.lexsort((np.arange(len(log)), log.subtype, log.loc))
    before, after = order[:-1], order[1:]
    same = (log.loc[before] == log.loc[after]) & (log.subtype[before] == log.subtype[after])
    same &= (log.loc[after] != UNKNOWN_PLACE) & (log.minute[after] - log.minute[before] <= days * DAY_MINUTES)
    previous = np.full(len(log), -1, np.int64)
    previous[after[same]] = before[same]
    return previous


def first_reports(log: RequestLog, days: float) -> Ints:
    """Row of the first request of the chain of :func:`repeats` that each row belongs to, itself if none."""
    first = np.arange(len(log), dtype=np.int64)
    previous = repeats(log, days)
    for row in np.flatnonzero(previous >= 0):
        first[row] = first[previous[row]]
    return first


# -- targets of validation ---------------------------------------------------------------------------


@dataclass(frozen=True)
class ClosingTimes:
    """How a category was closed in the log; an open request counts as longer than any other.

    A quantile is inf where not enough requests were closed; `on_time_share` is among those that the city
    judged, NaN if there are none.
    """

    requests: int
    open_share: float
    median_hours: float
    p90_hours: float
    on_time_share: float


def summaries(log: RequestLog) -> dict[str, ClosingTimes]:
    """Closing times by category, as targets of validation: they hold the waiting, so never service times."""
    return {name: _closing_times(log, log.category == index) for index, name in enumerate(log.categories)}


def _closing_times(log: RequestLog, chosen: npt.NDArray[np.bool_]) -> ClosingTimes:
    hours = np.nan_to_num(log.hours_to_close[chosen], nan=math.inf)
    judged = log.on_time[chosen & (log.on_time >= 0)]
    median, p90 = np.quantile(hours, (0.5, 0.9), method="inverted_cdf")
    return ClosingTimes(
        requests=len(hours),
        open_share=float(np.mean(np.isinf(hours))),
        median_hours=float(median),
        p90_hours=float(p90),
        on_time_share=float(np.mean(judged == 1)) if len(judged) else math.nan,
    )
