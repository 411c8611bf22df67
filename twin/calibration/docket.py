"""The requests that one agency had to answer, as minutes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Flags, Floats, Ints, Keys
from twin.logs.request_log import RequestLog

AT_ONCE = 15.0  # minutes: what is closed sooner was logged after the work

_LYING_SHARE, _LYING_TIMES = 0.95, 2.0
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class Docket:
    """Requests of one agency in the order in which they were made; every array has shape (rows,).

    Minutes count from midnight of `monday`, which lies so far before the first request that the log would fit in.
    `closed` is NaN while open, `target` NaN where nothing was promised; `kind` is an index into `names`, the types of
    request; `end` is the minute until which closings were followed; `key` names a row for keyed draws.
    """

    agency: str
    monday: dt.date
    names: tuple[str, ...]
    kind: Ints
    created: Floats
    closed: Floats
    target: Floats
    key: Keys
    end: float

    def __len__(self) -> int:
        return len(self.created)

    @property
    def wait(self) -> Floats:
        """Minutes from creation to closing, NaN while open."""
        return self.closed - self.created

    @property
    def at_once(self) -> Flags:
        """Requests closed so soon that the work was done before they were logged."""
        return np.nan_to_num(self.wait, nan=np.inf) < AT_ONCE

    @property
    def lying(self) -> Flags:
        """Open requests more than twice as old as nearly all closings of their type took: they were given up.

        A type with few closings is held to the longest of the agency. In a log that was followed for a short time
        there are none: what is slow has not had its time.
        """
        waits = np.where(self.at_once, np.nan, self.wait)
        longest = np.full(len(self.names), np.nanmax(waits, initial=0.0) or np.inf)
        for kind in range(len(self.names)):
            ended = waits[(self.kind == kind) & ~np.isnan(waits)]
            if len(ended) >= _FEWEST:
                longest[kind] = np.quantile(ended, _LYING_SHARE)
        age = self.end - self.created
        return np.isnan(self.closed) & (age > _LYING_TIMES * longest[self.kind])

    @property
    def days(self) -> float:
        """Days from the first request to the last."""
        return float((self.created[-1] - self.created[0]) / DAY_MINUTES) if len(self) else 0.0

    def only(self, rows: Ints | Flags) -> Docket:
        """Some of the rows, in their order; the types keep their numbers."""
        taken = {name: getattr(self, name)[rows] for name in ("kind", "created", "closed", "target", "key")}
        return replace(self, **taken)

    def seen_from(self, monday: dt.date) -> Docket:
        """The same requests with minutes that count from another Monday."""
        shift = float((self.monday - monday).days * DAY_MINUTES)
        moved = {name: getattr(self, name) + shift for name in ("created", "closed", "target")}
        return replace(self, monday=monday, end=self.end + shift, **moved)

    def until(self, minute: float) -> Docket:
        """What was known at a minute: requests made before it, and closings before it."""
        known = self.only(self.created < minute)
        return replace(known, closed=np.where(known.closed < minute, known.closed, np.nan), end=minute)


def dockets(log: RequestLog, fewest: int = 1) -> list[Docket]:
    """The dockets of a log's agencies, by name; those with fewer than `fewest` requests are left out.

    A log that names no agency is one docket. Rows whose closing is not known are no rows.
    """
    names = log.agency.names if log.agency.said else ("",)
    code = log.agency.code if log.agency.said else np.zeros(len(log), np.int32)
    known = ~log.closing_unknown
    chosen = ((name, np.flatnonzero(known & (code == number))) for number, name in enumerate(names))
    return [_docket(log, name, rows) for name, rows in chosen if len(rows) >= fewest]


def _docket(log: RequestLog, agency: str, rows: Ints) -> Docket:
    lead = WEEK_DAYS * (log.days // WEEK_DAYS + 1)
    monday = log.first - dt.timedelta(days=log.first.weekday() % WEEK_DAYS + lead)
    start = np.datetime64(monday)
    kind = log.subtype.take(rows)
    minutes = {name: _minutes(getattr(log, name)[rows] - start) for name in ("created", "closed", "target")}
    end = float(_minutes(np.array([log.observed_until - start]))[0])
    return Docket(agency, monday, kind.names, kind.code.astype(np.int64), **minutes,
                  key=log.line[rows].astype(np.uint64), end=end)  # fmt: skip


def _minutes(spans: np.ndarray) -> Floats:
    minutes: Floats = spans / np.timedelta64(1, "s") / 60.0
    return minutes
