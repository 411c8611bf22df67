"""Weekly counts of a log: what is forecast, week by week and series by series."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from twin.core.columns import Flags, Ints
from twin.errors import InputError
from twin.logs.request_log import Labels, RequestLog

WEEK_DAYS = 7
FEWEST_WEEKS = 2
RARE = 0.25  # requests a week: one in four
RARE_NAME = "(rare)"
BUSY = 10.0  # a log with so many requests in its median week has no empty weeks but by a fault of the export


@dataclass(frozen=True, eq=False)
class WeeklyCounts:
    """Requests by series and week, Monday to Sunday.

    `first` is the Monday of week 0; `counts` has shape (series, weeks); `since` (series,) is the week of a
    series' first request: only from there on are its weeks cells of a forecast. In `gaps` (weeks,) the whole log
    is empty although it is a busy one: nothing was counted there, which is not a count of nothing.
    """

    first: dt.date
    names: tuple[str, ...]
    counts: Ints
    since: Ints
    gaps: Flags

    @property
    def weeks(self) -> int:
        """Whole weeks."""
        return int(self.counts.shape[1])

    @property
    def end(self) -> dt.date:
        """Monday after the last week."""
        return self.monday(self.weeks)

    def monday(self, week: int) -> dt.date:
        """Date on which a week begins."""
        return self.first + dt.timedelta(days=WEEK_DAYS * week)

    def until(self, week: int) -> WeeklyCounts:
        """What was known when `week` began: the weeks before it, and the series that had appeared by then."""
        known = self.since < week
        return WeeklyCounts(
            self.first,
            tuple(name for name, there in zip(self.names, known, strict=True) if there),
            self.counts[known, :week],
            self.since[known],
            self.gaps[:week],
        )

    def only(self, names: tuple[str, ...]) -> WeeklyCounts:
        """Some of the series, in the order given."""
        rows = np.array([self.names.index(name) for name in names], np.int64)
        return replace(self, names=names, counts=self.counts[rows], since=self.since[rows])

    def rare(self, least: float = RARE) -> tuple[str, ...]:
        """Series with fewer than `least` requests a week since their first; none if there are not several."""
        few = self.counts.sum(axis=1) < least * (self.weeks - self.since)
        return tuple(np.array(self.names, np.object_)[few]) if few.sum() > 1 else ()

    def pooled(self, least: float = RARE) -> WeeklyCounts:
        """The same with the rare series counted as one, :data:`RARE_NAME`."""
        rare = self.rare(least)
        if not rare:
            return self
        few = np.isin(np.array(self.names, np.object_), rare)
        table = np.vstack([self.counts[~few], self.counts[few].sum(axis=0)])
        kept = tuple(one for one in self.names if one not in rare)
        return replace(counted(self.first, (*kept, RARE_NAME), table), gaps=self.gaps)


def weekly_counts(log: RequestLog, by: str = "subtype") -> WeeklyCounts:
    """Count a log's requests in the whole weeks that it covers; what stands before and after them is left out.

    `by` names the column whose words are the series; a log that does not fill it is counted by `category`.
    Fewer than two whole weeks raise :class:`InputError` (D601).
    """
    labels = series_of(log, by)
    skipped = -log.first.weekday() % WEEK_DAYS if len(log) else 0
    weeks = (log.days - skipped) // WEEK_DAYS
    if weeks < FEWEST_WEEKS:
        raise InputError.of("D601", weeks=max(weeks, 0), needed=FEWEST_WEEKS)
    week = (log.day - skipped) // WEEK_DAYS
    inside = (log.day >= skipped) & (week < weeks)
    counts = np.zeros((len(labels.names), weeks), np.int64)
    np.add.at(counts, (labels.code[inside], week[inside]), 1)
    return counted(log.first + dt.timedelta(days=skipped), labels.names, counts)


def series_of(log: RequestLog, by: str = "subtype") -> Labels:
    """The column whose words are the series."""
    labels: Labels = getattr(log, by)
    return labels if labels.said else log.category


def counted(first: dt.date, names: tuple[str, ...], counts: Ints) -> WeeklyCounts:
    """Weekly counts from a table (series, weeks); a series without any request is left out."""
    there = np.flatnonzero(counts.any(axis=1))
    total = counts.sum(axis=0)
    return WeeklyCounts(
        first,
        tuple(names[row] for row in there),
        counts[there],
        (counts[there] > 0).argmax(axis=1).astype(np.int64),
        (total == 0) & bool(np.median(total) >= BUSY),
    )
