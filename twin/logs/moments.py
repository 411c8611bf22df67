"""The times of a log, and what can be told of a request from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from twin.core.columns import Flags
from twin.logs.account import KEPT_ROWS
from twin.logs.dates import Dates, read_dates
from twin.logs.privacy import showable
from twin.logs.request_log import IN_TIME, LATE, NEVER, UNKNOWN, Times
from twin.logs.source import Source

TIMES = ("created", "acknowledged", "closed", "target", "reopened")

_FAR = np.timedelta64(3 * 366, "D")  # nearer than this to its neighbour, a time may be true
_FAR_SHARE = 0.01
_MIDNIGHTS = 0.99
_DAY = np.timedelta64(1, "D")
_CLOSED = re.compile(r"clos|archiv|resolv|complet|fixed|done|cancel|办结|结案|归档|完成|完结|关闭|已办|已回复", re.I)
_NOT_CLOSED = re.compile(r"未|待|\bnot\b|in progress", re.IGNORECASE)
_NEGATED = re.compile(r"超期|逾期|超时|overdue|late", re.IGNORECASE)
_YES = ("1", "y", "yes", "true", "t", "是")
_NO = ("0", "n", "no", "false", "f", "否")
_JUDGED = {
    "ontime": IN_TIME, "on time": IN_TIME, "按期": IN_TIME, "按时": IN_TIME, "未超期": IN_TIME, "正常": IN_TIME,
    "overdue": LATE, "late": LATE, "超期": LATE, "逾期": LATE, "超时": LATE, "": UNKNOWN,
}  # fmt: skip


def times_of(source: Source, field: str) -> tuple[Times, Sequence[int]]:
    """Return the times of a field and the positions of cells that are no times; nothing where there is no column."""
    if not source.has(field):
        return np.full(len(source), NEVER), ()
    order = "" if source.mapping.dates == "auto" else source.mapping.dates
    cells, column = source.cells(field), source.columns[field]
    found = read_dates(cells, order, source.mapping.time_zone)
    _tell(source, found, column)
    shown = tuple(showable(cells[position]) for position in found.unread[:KEPT_ROWS])
    kind = "dropped" if field == "created" else "wrong"
    source.note("D461", kind, found.unread, column=column, value=shown[0] if shown else "", cells=shown)
    return found.times, found.unread


def _tell(source: Source, found: Dates, column: str) -> None:
    book, mapping = source.book, source.mapping
    forms = {form: count for form, count in (found.forms or {}).items() if count}
    if len(forms) > 1 or set(forms) & {"serial", "epoch", "compact"}:
        told = ", ".join(f"{form} {count}" for form, count in sorted(forms.items()))
        book.note("D445", "repaired", sum(forms.values()), column=column, forms=told)
    if found.order and mapping.dates == "auto":
        book.note("D446", "told" if found.certain else "doubtful", column=column, order=found.order)
    offsets = found.offsets or Counter()
    utc = set(offsets) == {"+0000"}
    kind = "repaired" if mapping.time_zone else "doubtful" if utc else "told"
    told = ", ".join(sorted(offsets))
    book.note("D447", kind, sum(offsets.values()), column=column, offsets=told, zone=mapping.time_zone or "-")


def closings_of(source: Source, times: dict[str, Times], updated: Times, open311: bool) -> Flags:
    """Settle the closing times in `times`; return which requests were closed at a time that nobody knows.

    Open311 has only the time of the last change, which of a closed request is taken for its closing. A closing
    before the creation is taken away: such a request is neither closed at a known time nor open.
    """
    closed_word = np.array([_says_closed(source, word) for word in source.texts("status")], np.bool_)
    if open311 and not source.has("closed"):
        times["closed"] = np.where(closed_word, updated, NEVER)
        source.book.note("D444", "told", int((~np.isnat(times["closed"])).sum()))
    elif not source.has("closed"):
        return np.ones(len(source), np.bool_)
    early = times["closed"] < times["created"]
    unknown = np.isnat(times["closed"]) & closed_word
    source.note("D450", "wrong", np.flatnonzero(early))
    source.note("D465", "doubtful", np.flatnonzero(unknown))
    times["closed"] = np.where(early, NEVER, times["closed"])
    return unknown | early


def _says_closed(source: Source, word: str) -> bool:
    if word in source.mapping.open_status or _NOT_CLOSED.search(word):
        return False
    return _CLOSED.search(word) is not None


def judged(source: Source, times: dict[str, Times]) -> np.ndarray:
    """Return whether each request was in time: by the city's own word, else by its target; -1 where nobody judged."""
    if not source.has("on_time"):
        return _by_target(times, observed_until(source, times))
    negated = _NEGATED.search(source.columns["on_time"]) is not None
    words = [word.casefold() for word in source.texts("on_time")]
    known = (
        _JUDGED | dict.fromkeys(_YES, LATE if negated else IN_TIME) | dict.fromkeys(_NO, IN_TIME if negated else LATE)
    )
    strange = [position for position, word in enumerate(words) if word not in known]
    source.note("D463", "wrong", strange, column=source.columns["on_time"])
    return np.array([known.get(word, UNKNOWN) for word in words], np.int8)


def _by_target(times: dict[str, Times], until: np.datetime64) -> np.ndarray:
    closed, target = times["closed"], times["target"]
    done = np.where(np.isnat(closed), until, closed)
    found = np.where(done <= target, np.where(np.isnat(closed), UNKNOWN, IN_TIME), LATE)
    return np.where(np.isnat(target), UNKNOWN, found).astype(np.int8)


def observed_until(source: Source, times: dict[str, Times], updated: Times | None = None) -> np.datetime64:
    """Return until when closings were followed: what the mapping says, else the latest time that has neighbours."""
    if source.mapping.observed_until:
        return read_dates([source.mapping.observed_until]).times[0] + _DAY
    told = [times[field] for field in ("created", "acknowledged", "closed", "reopened")]
    found = np.concatenate(told if updated is None else [*told, updated])
    found = np.sort(found[~np.isnat(found)])
    if not len(found):
        return NEVER
    far = far_from_others(found)
    latest: np.datetime64 = found[~far][-1] if not far.all() else found[-1]
    return latest


def far_from_others(times: Times) -> Flags:
    """Return which times lie years away from nearly all others: 1900, 1970, a mistyped year."""
    order = np.argsort(times, kind="stable")
    told = times[order]
    told = told[~np.isnat(told)]
    far = np.zeros(len(times), np.bool_)
    few = int(len(told) * _FAR_SHARE)
    gaps = np.flatnonzero(np.diff(told) > _FAR)
    below = gaps[gaps < few]
    above = gaps[gaps >= len(told) - 1 - few]
    if len(below):
        far[order[: below[-1] + 1]] = True
    if len(above):
        far[order[above[0] + 1 : len(told)]] = True
    return far


def only_dates(created: Times) -> bool:
    """Whether nearly all times are midnight, so that times of day are not known."""
    told = created[~np.isnat(created)]
    return bool(len(told)) and float(np.mean(told == told.astype("datetime64[D]"))) >= _MIDNIGHTS
