"""Tables of plain rows as CSV text and as an Excel workbook; numbers stay numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.errors import InputError

Rows = Sequence[Mapping[str, Any]]
_LONGEST_NAME = 31
_WIDEST = 48
_MARGIN = 2


def csv_text(rows: Rows) -> str:
    """Return rows as CSV, with the names of the columns first; what is missing is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = columns_of(rows)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return every column that some row has, in the order in which they come up."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_csv(file: Path, rows: Rows) -> None:
    """Write rows as CSV that Excel reads as UTF-8. Raises InputError R295 for another ending, S130."""
    _refuse_ending(file, ".csv")
    try:
        file.write_text("\ufeff" + csv_text(rows), "utf-8")
    except OSError as error:
        raise InputError.of("S130", file=str(file), why=error.strerror or str(error)) from error


def write_workbook(file: Path, sheets: Mapping[str, Rows], heads: Mapping[str, Sequence[str]]) -> None:
    """Write each table as a sheet with a fixed head, an empty one with that of ``heads``.

    Raises InputError R295 for another ending, S130.
    """
    from openpyxl import Workbook

    _refuse_ending(file, ".xlsx")
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        _fill(book.create_sheet(name[:_LONGEST_NAME]), rows, heads.get(name, ()))
    try:
        book.save(file)
    except OSError as error:
        raise InputError.of("S130", file=str(file), why=error.strerror or str(error)) from error


def _fill(sheet: Any, rows: Rows, head: Sequence[str]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    columns = columns_of(rows) or list(head)
    sheet.append(columns)
    for row in rows:
        sheet.append([_cell(row.get(name)) for name in columns])
    for number, name in enumerate(columns, 1):
        sheet.cell(1, number).font = Font(bold=True)
        widest = max([len(name), *(len(str(_cell(row.get(name)))) for row in rows)])
        sheet.column_dimensions[get_column_letter(number)].width = min(widest, _WIDEST) + _MARGIN
    sheet.freeze_panes = "A2"


def _cell(value: Any) -> Any:
    """Return what a cell holds: text that begins like a formula stays text."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, str) and value.startswith(("=", "+", "@")):
        return "'" + value
    return value


def _refuse_ending(file: Path, ending: str) -> None:
    if file.suffix.lower() != ending:
        raise InputError.of("R295", file=str(file), ending=ending)
