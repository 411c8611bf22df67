"""Replaying a request log as the arrivals of a run: its days, its repeats, thinned place by place.

What a run replays must be clean: whatever :func:`~twin.logs.read.read_log` would have to leave out or to guess in
a log is refused here, with the row of the file; ``twin data replay`` writes a clean copy. Closing times hold the
waiting, so they serve as targets of validation (:func:`summaries`), never as service times. Public holidays need
no care: whatever a holiday did to demand is in the log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Floats, Ints, Keys
from twin.errors import Complaint, InputError
from twin.logs.account import Account, Note
from twin.logs.channels import CHANNELS, standard_channel
from twin.logs.read import SHIPPED, read_log
from twin.logs.repeats import previous_at
from twin.logs.request_log import NO_PLACE, RequestLog, Times

__all__ = ["SHIPPED", "ReplayLog", "load_log", "replay_day", "thin"]
NOT_SAID = -1

_FAULTS_SHOWN = 50
_MINUTE = np.timedelta64(60, "s")
# What is noted of a log that is read, and refused of one that is replayed: code of the note, code of the refusal.
_REFUSED = {
    "D431": "D402", "D440": "D410", "D441": "D410", "D450": "D407", "D451": "D404", "D453": "D405", "D461": "D404",
    "D462": "D405", "D463": "D406",
}  # fmt: skip
_RAGGED = "D410"

Codes = npt.NDArray[np.int32]
UniformOf = Callable[[int, Keys], Floats]


@dataclass(frozen=True, eq=False)
class ReplayLog:
    """A log in the order in which its requests were made; every array has shape (rows,) and is read-only.

    `minute` counts from midnight of `first`, the date of the first request. `category`, `subtype` and
    `area` are indices into `categories`, `subtypes` and `areas`, `channel` into ``CHANNELS``, or -1 where the log
    does not say; `loc` is 0 where the place is unknown. `hours_to_close` is NaN while open; `on_time` is 1, 0, or -1
    where nobody judged. `key` names a row by what it says, so that it survives cuts and re-ordering of the file;
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


def load_log(name_or_path: str) -> ReplayLog:
    """Read a log to be replayed: one of :data:`SHIPPED`, or a file.

    A log that cannot be read, that needs repair, or that spans less than a week raises an :class:`InputError`,
    which names the row of the file and the column of every bad cell.
    """
    return _replayable(*read_log(name_or_path))


@lru_cache(maxsize=4)
def _replayable(log: RequestLog, account: Account) -> ReplayLog:
    faults = list(islice(_faults(log, account), _FAULTS_SHOWN))
    if faults:
        raise InputError(faults)
    if log.days < WEEK_DAYS:
        raise InputError.of("D408", days=log.days)
    key = _row_keys(log)
    return ReplayLog(
        name=log.name, digest=log.digest, first=log.first, days=log.days,
        minute=(log.created - np.datetime64(log.first)) / _MINUTE,
        category=log.category.code, subtype=log.subtype.code, area=log.area.code, channel=_channels(log),
        loc=log.place, hours_to_close=log.hours_to_close, on_time=log.on_time,
        key=key, place_key=_place_keys(log.place, key),
        categories=log.category.names, subtypes=log.subtype.names, areas=log.area.names,
    )  # fmt: skip


def _faults(log: RequestLog, account: Account) -> Iterator[Complaint]:
    ragged = {row for note in account.notes if _REFUSED.get(note.code) == _RAGGED for row in note.rows}
    for note in account.notes:
        if note.code in _REFUSED:
            own = _REFUSED[note.code] == _RAGGED  # what else is wrong with such a row follows from it
            yield from (fault for fault in _refusals(note) if own or fault.values["row"] not in ragged)
    known = {name: standard_channel(name) for name in log.channel.names if name}
    for name in (name for name, standard in known.items() if not standard):
        row = int(log.line[log.channel.are(name)][0])
        yield Complaint("D406", None, {"row": row, "column": "channel", "value": name, "known": CHANNELS})


def _refusals(note: Note) -> Iterator[Complaint]:
    """Return one complaint a row; of what is wrong with the whole file, one."""
    cells = note.values.get("cells", ())
    for number, row in enumerate(note.rows or (0,)):
        value = cells[number] if number < len(cells) else note.values.get("value", "")
        yield Complaint(_REFUSED[note.code], None, {**_FILLED, **note.values, "row": row, "value": value})


_FILLED = {"created": "-", "closed": "-", "found": "-", "needed": "-", "why": "-", "column": "-"}


def _channels(log: RequestLog) -> npt.NDArray[np.int8]:
    standard = [standard_channel(name) for name in log.channel.names] or [""]
    index = [CHANNELS.index(name) if name else NOT_SAID for name in standard]
    return np.array(index, np.int8)[log.channel.code]


def _row_keys(log: RequestLog) -> Keys:
    seen: Counter[str] = Counter()
    words = []
    columns = (_stamps(log.created), log.category.words(), log.subtype.words(), map(str, log.place.tolist()))
    for said in map("|".join, zip(*columns, strict=True)):
        words.append(f"{said}|{seen[said]}")
        seen[said] += 1
    return _hashed(words)


def _stamps(times: Times) -> list[str]:
    """Write times as text, without seconds that are none."""
    return [
        stamp[: -len(":00")] if stamp.endswith(":00") else stamp
        for stamp in np.datetime_as_string(times, unit="s").tolist()
    ]


def _place_keys(loc: Ints, key: Keys) -> Keys:
    places, place = np.unique(loc, return_inverse=True)
    return np.where(loc == NO_PLACE, key, _hashed([f"place|{number}" for number in places])[place])


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


def replay_day(log: ReplayLog, day: int, start_weekday: int) -> Replay:
    """Find the day of the log that day `day` of a run repeats, of the same weekday.

    Day 0, of weekday `start_weekday` (Monday is 0), repeats the log's first day of that weekday. The whole
    weeks of the log are gone round; what is left over at its end is not used.
    """
    turned = (start_weekday - log.first.weekday()) % WEEK_DAYS + day
    occurrence, log_day = divmod(turned, log.cycle_days)
    return Replay(log.rows_of_day(log_day), occurrence, float((day - log_day) * DAY_MINUTES))


def keep_chance(log: ReplayLog, per_day: float) -> float:
    """Chance with which a request is kept so that `per_day` are left; more than the log has: InputError."""
    if per_day > log.per_day:
        raise InputError.of("D409", has=round(log.per_day, 1), wanted=per_day)
    return per_day / log.per_day


def thin(log: ReplayLog, seed: int, per_day: float, uniform_of: UniformOf) -> Ints:
    """Rows that stay when the log is thinned to `per_day` requests a day on average.

    A place stays or goes with everything that was ever asked for there, as if a neighbourhood were a random
    sample of the city's addresses; thinning request by request would destroy the repeats. A row without
    a place stands for itself. ``uniform_of(seed, keys)`` gives a uniform for each place, so that what 10 a
    day keep is part of what 14 a day keep. One seed's number scatters about the mean, by some 4 % for 17.5
    a day of the shipped log.
    """
    return np.flatnonzero(uniform_of(seed, log.place_key) < keep_chance(log, per_day))


def repeats(log: ReplayLog, days: float) -> Ints:
    """Row of the last request of the same type at the same place within `days` before, -1 if there is none.

    Requests at an unknown place repeat nothing. A repeat need not be a duplicate: the first matter may have
    been closed, and bulky waste comes again. After :func:`thin` a row's predecessor is kept if the row is.
    """
    return previous_at(log.loc, log.subtype.astype(np.int64), log.minute / DAY_MINUTES, days)


def first_reports(log: ReplayLog, days: float) -> Ints:
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


def summaries(log: ReplayLog) -> dict[str, ClosingTimes]:
    """Closing times by category, as targets of validation: they hold the waiting, so never service times."""
    return {name: _closing_times(log, log.category == index) for index, name in enumerate(log.categories)}


def _closing_times(log: ReplayLog, chosen: npt.NDArray[np.bool_]) -> ClosingTimes:
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
