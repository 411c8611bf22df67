"""From a sheet as offices send it to a plain table: one header, one row a request, everything done noted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from twin.errors import InputError
from twin.logs.account import Notebook
from twin.logs.fields import folded, recognised
from twin.logs.privacy import is_personal
from twin.logs.sheets import Sheet

_LOOKED_AT = 30  # rows among which the header is looked for
_TOTALS = re.compile(r"(合计|总计|小计|共计|总数|(grand |sub)?totals?|sum)\b.*|.*(合计|总计)[:：]?", re.IGNORECASE)
_DIGITS = re.compile(r"\d{4}")
_SAME = 0.6  # share of cells by which a row is the header again


@dataclass(frozen=True)
class Table:
    """Columns by name, all of one length, and the row of the file that each cell came from."""

    columns: dict[str, Sequence[Any]]
    lines: tuple[int, ...]
    file_rows: int

    def __len__(self) -> int:
        return len(self.lines)


def table_of(sheet: Sheet, wanted: Collection[str], book: Notebook) -> Table:
    """Find the header and the rows of requests; `wanted` are names that the mapping gives."""
    at, header = (-1, list(sheet.header)) if sheet.header else _header(sheet, wanted)
    names = _unique(header, book)
    below = sheet.rows[at + 1 :]
    book.note("D435", "dropped", max(at, 0), sheet.lines[: max(at, 0)])
    kept = _kept(below, sheet.lines[at + 1 :], header, book)
    columns: list[Sequence[Any]] = list(zip(*(row for _, row in kept), strict=True)) or [()] * len(names)
    filled: dict[str, Sequence[Any]] = {name: column for name, column in zip(names, columns, strict=True) if name}
    return Table(filled, tuple(line for line, _ in kept), len(below) + max(at, 0))


def _header(sheet: Sheet, wanted: Collection[str]) -> tuple[int, list[str]]:
    """Return the position and cells of the row whose names mean most."""
    wanted = {folded(name) for name in wanted}
    best, at = (0, 0), -1
    for position, row in enumerate(sheet.rows[:_LOOKED_AT]):
        texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        score = (sum(folded(text) in wanted for text in texts) + recognised(texts), len(texts))
        if score[0] > best[0]:
            best, at = score, position
    if at < 0:
        raise _nameless(sheet.rows[:_LOOKED_AT])
    row = sheet.rows[at]
    last = max(position for position, cell in enumerate(row) if _said(cell))
    return at, [str(cell).strip() if _said(cell) else "" for cell in row[: last + 1]]


def _nameless(rows: Sequence[Sequence[Any]]) -> InputError:
    """Return the error of a table in which no name is known: with its names, or without, where all rows are data."""
    told = [[cell for cell in row if _said(cell)] for row in rows]
    names = max((row for row in told if not any(map(_like_data, row))), key=len, default=[])
    if len(names) < max(map(len, told), default=1):
        return InputError.of("D428")
    return InputError.of("D414", found=tuple(cell.strip() for cell in names))


def _like_data(cell: Any) -> bool:
    """Whether a cell is no name of a column; what it says may be personal and is not shown."""
    return not isinstance(cell, str) or _DIGITS.search(cell) is not None or is_personal(cell)


def _said(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _unique(header: Sequence[str], book: Notebook) -> list[str]:
    """Name later columns of the same name apart, so that the first one is used."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    twice = tuple(name for name, count in seen.items() if name and count > 1)
    book.note("D436", "repaired", len(twice), columns=twice)
    return names


def _kept(
    rows: Sequence[Sequence[Any]], lines: Sequence[int], header: Sequence[str], book: Notebook
) -> list[tuple[int, list[Any]]]:
    """Return the rows of requests, of the header's length; what else there is, is noted by its kind."""
    left: dict[str, list[int]] = {"D437": [], "D438": [], "D439": [], "D440": [], "D441": []}
    kept = []
    width = len(header)
    names = [folded(name) for name in header]
    for line, row in zip(lines, rows, strict=True):
        code = _no_request(row, names)
        if code:
            left[code].append(line)
            continue
        if len(row) < width:
            left["D441"].append(line)
        kept.append((line, [*row[:width], *[None] * (width - len(row))]))
    for code, kind in (("D437", "dropped"), ("D438", "dropped"), ("D439", "dropped"), ("D440", "dropped"),
                       ("D441", "repaired")):  # fmt: skip
        book.note(code, kind, len(left[code]), left[code])
    return kept


def _no_request(row: Sequence[Any], names: Sequence[str]) -> str:
    """Return the code of why a row is no request: blank, the header again, a total, or too many cells."""
    told = [cell for cell in row if _said(cell)]
    if not told:
        return "D437"
    if any(_said(cell) for cell in row[len(names) :]):
        return "D440"
    first = told[0]
    if not isinstance(first, str):
        return ""
    if len(told) > 1 and folded(first) in names and _equal_cells(row, names) >= _SAME * len(told):
        return "D438"
    return "D439" if _TOTALS.fullmatch(first.strip()) else ""


def _equal_cells(row: Sequence[Any], names: Sequence[str]) -> int:
    pairs = zip(row, names, strict=False)
    return sum(isinstance(cell, str) and bool(name) and folded(cell) == name for cell, name in pairs)
