"""A request log in memory: one row a request, in the order in which they were made."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints
from twin.logs.channels import standard_channel

Times = npt.NDArray[np.datetime64]

NO_PLACE = 0
UNKNOWN, LATE, IN_TIME = -1, 0, 1
NEVER = np.datetime64("NaT", "s")
HEADER = (
    "created", "acknowledged", "closed", "target", "reopened", "status", "category", "subtype", "agency", "channel",
    "outcome", "area", "loc_id", "reporter", "x", "y", "on_time",
)  # fmt: skip

_TIMES = ("created", "acknowledged", "closed", "target", "reopened")
_HOUR = np.timedelta64(1, "h")
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of words: `code` (rows,) is an index into `names`, which are sorted; an empty name is "not said"."""

    code: npt.NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, words: list[str]) -> Labels:
        """Code a list of words."""
        names = tuple(sorted(set(words)))
        index = {name: number for number, name in enumerate(names)}
        return cls(np.fromiter((index[word] for word in words), np.int32, len(words)), names)

    @classmethod
    def empty(cls, rows: int) -> Labels:
        """Return a column in which nothing was said."""
        return cls(np.zeros(rows, np.int32), ("",))

    def __len__(self) -> int:
        return len(self.code)

    @property
    def said(self) -> bool:
        """Whether any row says something."""
        return self.names not in ((), ("",))

    def words(self) -> npt.NDArray[np.object_]:
        """Return the word of each row."""
        return np.array(self.names or ("",), np.object_)[self.code]

    def are(self, *names: str) -> Flags:
        """Return which rows hold one of these words."""
        return np.isin(self.code, [number for number, name in enumerate(self.names) if name in names])

    def take(self, rows: Ints | Flags) -> Labels:
        """Return some rows; names that no row has any more are left out."""
        used, code = np.unique(self.code[rows], return_inverse=True)
        return Labels(code.astype(np.int32), tuple(self.names[number] for number in used))

    def renamed(self, names: dict[str, str]) -> Labels:
        """Return the column with some words replaced."""
        return Labels.of([names.get(word, word) for word in self.words()])

    def counts(self) -> Ints:
        """Return the number of rows of each name."""
        return np.bincount(self.code, minlength=len(self.names))


@dataclass(frozen=True, eq=False)
class RequestLog:
    """Requests sorted by `created`; every column has shape (rows,) and is read-only.

    Times are local wall-clock times, NaT where there is none. `closed` is NaT while open and where the time of
    closing is not known (`closing_unknown`); up to `observed_until` closings were followed. `place` and `reporter`
    are running numbers, 0 for none. `x`, `y` are degrees (east, north) or metres, NaN where unknown. `on_time` is
    1, 0, or -1 where nobody judged. `date_only`: the times of day are not known. `line` is the row of the file.
    `name` and `digest` (SHA-256) are those of the file.
    """

    name: str
    digest: str
    created: Times
    acknowledged: Times
    closed: Times
    target: Times
    reopened: Times
    category: Labels
    subtype: Labels
    agency: Labels
    channel: Labels
    outcome: Labels
    area: Labels
    place: Ints
    reporter: Ints
    x: Floats
    y: Floats
    on_time: npt.NDArray[np.int8]
    closing_unknown: Flags
    line: Ints
    date_only: bool
    observed_until: np.datetime64

    def __post_init__(self) -> None:
        for value in vars(self).values():
            array = value.code if isinstance(value, Labels) else value
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.created)

    @property
    def first(self) -> dt.date:
        """Date of the first request."""
        date: dt.date = self.created[0].astype("datetime64[D]").item()
        return date

    @property
    def last(self) -> dt.date:
        """Date of the last request."""
        date: dt.date = self.created[-1].astype("datetime64[D]").item()
        return date

    @property
    def days(self) -> int:
        """Days from the first request to the last, both counted; 0 of an empty log."""
        return (self.last - self.first).days + 1 if len(self) else 0

    @property
    def day(self) -> Ints:
        """Day of each request, 0 the first."""
        return ((self.created - np.datetime64(self.first)) // _DAY).astype(np.int64)

    @property
    def hour(self) -> Ints:
        """Hour of the day of each request, 0 to 23."""
        return ((self.created - self.created.astype("datetime64[D]")) // _HOUR).astype(np.int64)

    @property
    def weekday(self) -> Ints:
        """Weekday of each request, Monday is 0."""
        return (self.first.weekday() + self.day) % 7

    @property
    def hours_to_close(self) -> Floats:
        """Hours from creation to closing, NaN while open or unknown; they hold the waiting."""
        return _hours(self.closed - self.created)

    @property
    def hours_open(self) -> Floats:
        """Hours for which an open request had been waiting when the log was last looked at; NaN of the others."""
        waited = np.maximum(_hours(self.observed_until - self.created), 0.0)
        return np.where(np.isnat(self.closed) & ~self.closing_unknown, waited, np.nan)

    def only(self, rows: Ints | Flags) -> RequestLog:
        """Return some of the rows, in their order."""
        taken: dict[str, Any] = {
            name: value.take(rows) if isinstance(value, Labels) else value[rows]
            for name, value in vars(self).items()
            if isinstance(value, Labels | np.ndarray)
        }
        return replace(self, **taken)

    def csv(self) -> str:
        """Return the log as the twin's own CSV: coded, without personal fields; channels in the twin's words."""
        columns = [
            *(_written_times(getattr(self, name)) for name in _TIMES),
            np.where(np.isnat(self.closed) & ~self.closing_unknown, "open", "closed"),
            *(getattr(self, name).words() for name in ("category", "subtype", "agency")),
            [standard_channel(word) for word in self.channel.words()],
            *(getattr(self, name).words() for name in ("outcome", "area")),
            self.place, _or_none(self.reporter, NO_PLACE), *(map(_coordinate, column) for column in (self.x, self.y)),
            _or_none(self.on_time, UNKNOWN),
        ]  # fmt: skip
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(zip(*columns, strict=True))
        return text.getvalue()

    def write(self, path: Path) -> None:
        """Write :meth:`csv` to a file."""
        path.write_text(self.csv(), encoding="utf-8", newline="")


def _hours(spans: npt.NDArray[np.timedelta64]) -> Floats:
    hours: Floats = spans / _HOUR
    return hours


def _written_times(times: Times) -> list[str]:
    """Minutes are enough where no time has seconds."""
    told = times[~np.isnat(times)]
    unit: Literal["m", "s"] = "m" if np.all(told == told.astype("datetime64[m]")) else "s"
    return ["" if word == "NaT" else word for word in np.datetime_as_string(times, unit=unit).tolist()]


def _or_none(column: npt.NDArray[np.integer], nothing: int) -> list[str]:
    return ["" if value == nothing else str(value) for value in column.tolist()]


def _coordinate(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.12g}"
