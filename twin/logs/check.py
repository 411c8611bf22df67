"""What is wrong with a log, before anything is fitted: what reading found, and what only the whole log shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.errors import Words
from twin.logs.account import Account, Note, Notebook
from twin.logs.batches import batches
from twin.logs.request_log import NO_PLACE, RequestLog

HOURS = 24

_FEWEST = 50  # requests before anything is said of the whole
_QUIET_HOURS = 6
_USUAL_QUIET = (22, 23, 0, 1, 2, 3)  # hours at which the six quietest ones begin in logs whose clock is right
_MIDDLE_QUIET = 0
_BULK = 20  # closings in one second
_POINT_SHARE = 0.03
_NEVER_SHARE, _NEVER_FEWEST = 0.5, 30
_EMPTY_CHANCE = 1e-4
_EARLY, _LATE = Words("early", "偏早"), Words("late", "偏晚")
_WORDS = ("category", "subtype", "agency", "channel", "outcome", "area")


def check(log: RequestLog, account: Account, written: np.datetime64 | None = None) -> Account:
    """Add to an account what the log as a whole shows; `written` is when the file was written, if that is known."""
    book = Notebook()
    _after_writing(log, written, book)
    _twice(log, book)
    _constant(log, book)
    _almost_the_same(log, book)
    if len(log) >= _FEWEST:
        _clock(log, book)
        _gaps(log, book)
        _bulk(log, book)
        _point(log, book)
        _never_closed(log, book)
        _batches(log, book)
    return account.with_notes(book.notes)


def is_clean(account: Account) -> bool:
    """Whether nothing was wrong, doubtful, or left out for being unusable."""
    harmless = {"D435", "D437", "D438", "D439", "D459"}
    return not account.of("wrong", "doubtful") and not set(account.dropped) - harmless


def in_order(account: Account) -> Iterator[tuple[str, list[Note]]]:
    """Yield the notes by kind, the gravest first, each kind by code."""
    rank = {
        kind: number
        for number, kind in enumerate(("wrong", "dropped", "doubtful", "repaired", "personal", "unused", "told"))
    }
    ordered = sorted(account.notes, key=lambda note: (rank[note.kind], note.code))
    for kind, notes in groupby(ordered, key=lambda note: note.kind):
        yield kind, list(notes)


def _after_writing(log: RequestLog, written: np.datetime64 | None, book: Notebook) -> None:
    if written is None:
        return
    late = (log.created > written) | (log.closed > written)
    book.note("D470", "wrong", int(late.sum()), log.line[late])


def _twice(log: RequestLog, book: Notebook) -> None:
    """Find requests that nothing tells from one before."""
    rows = np.stack((log.created.astype(np.int64), log.subtype.code, log.place, log.channel.code))
    located = log.place != NO_PLACE
    _, first = np.unique(rows[:, located], axis=1, return_index=True)
    again: Flags = np.ones(int(located.sum()), np.bool_)
    again[first] = False
    if not log.date_only:
        book.note("D471", "doubtful", int(again.sum()), log.line[located][again])


def _constant(log: RequestLog, book: Notebook) -> None:
    for name in _WORDS:
        names = getattr(log, name).names
        if len(log) > 1 and len(names) == 1 and names[0] not in ("", "all"):
            book.note("D472", "doubtful", column=name)


def _almost_the_same(log: RequestLog, book: Notebook) -> None:
    for name in ("category", "subtype", "channel", "area"):
        folded: dict[str, list[str]] = {}
        for word in getattr(log, name).names:
            folded.setdefault("".join(word.casefold().split()), []).append(word)
        alike = tuple(word for words in folded.values() if len(words) > 1 for word in words)
        book.note("D479", "doubtful", len(alike), names=alike)


def _clock(log: RequestLog, book: Notebook) -> None:
    """Look at the quietest hours: people sleep, and where the clock is wrong they seem to sleep at another time."""
    if log.date_only:
        book.note("D474", "told")
        return
    begin = quietest_hour(np.bincount(log.hour, minlength=HOURS).astype(np.float64))
    if begin in _USUAL_QUIET:
        return
    off = (begin - _MIDDLE_QUIET + HOURS // 2) % HOURS - HOURS // 2
    book.note("D473", "doubtful", hours=abs(off), way=_EARLY if off < 0 else _LATE,
              quiet=f"{begin:02d}:00-{(begin + _QUIET_HOURS) % HOURS:02d}:00")  # fmt: skip


def quietest_hour(counts: Floats) -> int:
    """Return the hour at which the six hours with the fewest requests begin; of several in a row, the middle one."""
    around = np.concatenate((counts, counts[: _QUIET_HOURS - 1]))
    quiet = np.convolve(around, np.ones(_QUIET_HOURS), "valid")
    first = int(np.argmin(quiet))
    before = range(first, first - HOURS, -1)
    first = next((begin % HOURS for begin in before if quiet[(begin - 1) % HOURS] > quiet[first]), first)
    equal = next((length for length in range(1, HOURS) if quiet[(first + length) % HOURS] > quiet[first]), 1)
    return (first + equal // 2) % HOURS


def _gaps(log: RequestLog, book: Notebook) -> None:
    """Find stretches of days without a request that chance would hardly leave."""
    counts = np.bincount(log.day, minlength=log.days)
    usual = float(np.median(np.add.reduceat(counts, np.arange(0, log.days, 7)))) / 7
    for begin, length in _runs(counts == 0):
        if usual > 0 and math.exp(-usual * length / 2) < _EMPTY_CHANCE and length > 2:
            first = np.datetime64(log.first) + begin
            book.note("D475", "doubtful", length, first=str(first))


def _runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Yield (begin, length) of each stretch of set flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    yield from ((int(begin), int(end - begin)) for begin, end in zip(edges[::2], edges[1::2], strict=True))


def _bulk(log: RequestLog, book: Notebook) -> None:
    closed = log.closed.astype(np.int64)
    told = ~np.isnat(log.closed) & (log.closed != log.closed.astype("datetime64[D]"))
    seconds = closed[told] % 60 != 0
    if not told.any() or not seconds.any():
        return
    _, where, count = np.unique(closed[told], return_inverse=True, return_counts=True)
    many = count[where] >= _BULK
    book.note("D476", "doubtful", int(many.sum()), log.line[told][many])


def _point(log: RequestLog, book: Notebook) -> None:
    told = np.isfinite(log.x) & np.isfinite(log.y)
    if not told.any():
        return
    points, where, count = np.unique(
        np.stack((log.x[told], log.y[told])), axis=1, return_inverse=True, return_counts=True
    )
    most, second = [*np.sort(count)[::-1].tolist(), 0][:2]
    if most > _POINT_SHARE * told.sum() and most > 5 * second and points.shape[1] > 10:
        rows: Ints = log.line[told][where.ravel() == int(np.argmax(count))]
        book.note("D477", "doubtful", most, rows, share=round(100 * most / int(told.sum()), 1))


def _never_closed(log: RequestLog, book: Notebook) -> None:
    is_open = ~np.isnan(log.hours_open)
    for number, name in enumerate(log.subtype.names):
        rows = log.subtype.code == number
        share = float(np.mean(is_open[rows]))
        if rows.sum() >= _NEVER_FEWEST and share > _NEVER_SHARE:
            book.note(
                "D478",
                "doubtful",
                int(is_open[rows].sum()),
                log.line[rows & is_open],
                name=name,
                share=round(100 * share),
            )


def _batches(log: RequestLog, book: Notebook) -> None:
    found = batches(log)
    first = " ".join(map(str, log.created[found][:1].astype("datetime64[m]")))
    book.note("D480", "doubtful", int(found.sum()), log.line[found], first=first)
