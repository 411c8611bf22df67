"""Reading a request log of any city: what is safe to repair is repaired, and everything done is accounted for."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.columns import Flags, Ints
from twin.errors import Complaint, InputError, closest
from twin.logs.account import Account, Notebook
from twin.logs.fields import assigned
from twin.logs.mapping import ColumnMap
from twin.logs.moments import TIMES, closings_of, far_from_others, judged, observed_until, only_dates, times_of
from twin.logs.request_log import RequestLog, Times
from twin.logs.sheets import contents_of, sheet_of, unpacked
from twin.logs.source import Source
from twin.logs.spots import coordinates, places, reporters
from twin.logs.tidy import Table, table_of
from twin.logs.words import say_what_was_left, staff_like, words_of

SHIPPED = ("boston_311_2011",)


def read_log(path: str | Path, mapping: ColumnMap | None = None) -> tuple[RequestLog, Account]:
    """Read a log, one of :data:`SHIPPED` or a file, and say what was done to it.

    What cannot be read at all, names no time of creation, or has no usable row raises an :class:`InputError`.
    """
    if str(path) in SHIPPED:
        content = resources.files("twin.data").joinpath(f"{path}.csv.gz").read_bytes()
        return read_content(content, str(path), mapping or ColumnMap())
    return read_content(contents_of(Path(path)), Path(path).name, mapping or ColumnMap())


@lru_cache(maxsize=4)
def read_content(content: bytes, name: str, mapping: ColumnMap) -> tuple[RequestLog, Account]:
    """Read a log from bytes; once, while they and the mapping stay the same."""
    book = Notebook()
    plain = unpacked(content)
    sheet = sheet_of(plain, mapping.sheet, book)
    table = table_of(sheet, mapping.columns.values(), book)
    source = Source(table, _columns(table, mapping), mapping, book, hashlib.sha256(plain).hexdigest())
    log = _without_staff(_log_of(source, name, sheet.open311), source)
    if not len(log):
        reasons = (note.complaint for note in book.notes if note.kind in ("dropped", "wrong"))
        raise InputError([Complaint("D418", None, {"file": name}), *reasons])
    return log, Account(table.file_rows, len(log), tuple(book.notes))


def _columns(table: Table, mapping: ColumnMap) -> dict[str, str]:
    """Return the column of each field; a mapping that names a column which is not there is refused."""
    names = tuple(table.columns)
    for given in mapping.columns.values():
        if given not in names:
            raise InputError.of("D415", column=given, suggestion=closest(given, names), known=names)
    found = assigned(names, mapping.columns)
    if "created" not in found and "acknowledged" in found:
        found["created"] = found.pop("acknowledged")
    if "created" not in found:
        raise InputError.of("D414", found=names)
    if mapping.level == "subtype" and "subtype" in found:
        found["category"] = found["subtype"]
    return found


def _log_of(source: Source, name: str, open311: bool) -> RequestLog:
    """Return the log of all rows that have a time of creation, in its order."""
    read = {field: times_of(source, field) for field in TIMES}
    times = {field: found for field, (found, _) in read.items()}
    updated, _ = times_of(source, "updated")
    unknown = closings_of(source, times, updated, open311)
    x, y = coordinates(source)
    place, place_column = places(source, x, y)
    reporter, reporter_column = reporters(source)
    coded = {"place": place_column, "reporter": reporter_column}
    columns: dict[str, Any] = {**times, **words_of(source)}
    say_what_was_left(source, {field: column for field, column in coded.items() if column})
    log = RequestLog(
        name=name, digest=source.salt, **columns, place=place, reporter=reporter, x=x, y=y,
        on_time=judged(source, times), closing_unknown=unknown, line=np.array(source.table.lines, np.int64),
        date_only=only_dates(times["created"]), observed_until=observed_until(source, times, updated),
    )  # fmt: skip
    return log.only(_usable(source, times["created"], np.isin(np.arange(len(source)), read["created"][1])))


def _usable(source: Source, created: Times, unread: Flags) -> Ints:
    """Return the rows with a time of creation near the others', without copies, in the order of time."""
    missing = np.isnat(created)
    source.note("D462", "dropped", np.flatnonzero(missing & ~unread))
    far = far_from_others(created)
    source.note("D451", "dropped", np.flatnonzero(far))
    copies = _copies(source, missing | far)
    source.note("D458", "dropped", np.flatnonzero(copies))
    usable = np.flatnonzero(~missing & ~far & ~copies)
    return usable[np.argsort(created[usable], kind="stable")]


def _copies(source: Source, gone: Flags) -> Flags:
    """Return rows that say in every cell what an earlier row says, number of the ticket included."""
    copies = np.zeros(len(source), np.bool_)
    if not source.has("ticket"):
        return copies
    seen: set[tuple[object, ...]] = set()
    for position, row in enumerate(zip(*source.table.columns.values(), strict=True)):
        if gone[position]:
            continue
        copies[position] = row in seen
        seen.add(row)
    return copies


def _without_staff(log: RequestLog, source: Source) -> RequestLog:
    """Leave out the channels that the mapping calls staff's own work; say of others that look like it."""
    staff = log.channel.are(*source.mapping.staff)
    source.book.note("D459", "dropped", int(staff.sum()), log.line[staff], channels=source.mapping.staff)
    if source.mapping.staff and not staff.any():
        source.book.note("D416", "doubtful", channels=source.mapping.staff, found=log.channel.names)
    kept = log.only(~staff) if staff.any() else log
    alike = staff_like(kept.channel)
    rows = kept.channel.are(*alike)
    source.book.note("D460", "doubtful", int(rows.sum()), kept.line[rows], channels=alike)
    return kept
