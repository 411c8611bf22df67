"""Files of requests as tables of cells: CSV, Excel, Parquet, JSON, XML and what offices call by these names."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError, Words
from twin.logs.account import Notebook
from twin.logs.encoding import decoded, unscrambled
from twin.logs.fields import recognised
from twin.logs.markup import page_rows, parsed, records, workbook_rows

MOST_BYTES = 500_000_000

_DELIMITERS = (",", "\t", ";", "|")
_LOOKED_AT = 50
_LONGEST_CELL = 10_000_000
_NESTED = ("geometry", "properties", "attributes")
_LISTS = ("service_requests", "features", "requests", "data", "items", "records", "result", "results", "rows")


@dataclass(frozen=True)
class Sheet:
    """Rows of cells as they stand in a file, with the row numbers that a reader would count.

    `header` is given where the format itself names the columns; else it is one of the rows. A cell is text,
    a number, a time, or None. `open311`: the rows are service requests of that standard.
    """

    rows: Sequence[Sequence[Any]]
    lines: Sequence[int]
    header: tuple[str, ...] = ()
    open311: bool = False


def contents_of(path: Path) -> bytes:
    """Return a file's bytes, unpacked; raises D401, D402."""
    try:
        with path.open("rb") as file:
            return unpacked(file.read(MOST_BYTES + 1))
    except (FileNotFoundError, ValueError):
        raise InputError.of("D401", name=str(path), shipped=("boston_311_2011",)) from None
    except OSError as fault:
        raise unreadable("cannot be opened", "无法打开", fault.strerror or "") from None


def unpacked(content: bytes) -> bytes:
    """Return what a gzip file holds, anything else as it is."""
    plain = content
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                plain = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, ValueError):
            raise unreadable("a damaged gzip file", "gzip 文件已损坏") from None
    if len(plain) > MOST_BYTES:
        raise unreadable("too large", "文件过大", f"> {MOST_BYTES // 1_000_000} MB")
    return plain


def unreadable(en: str, zh: str, detail: object = "") -> InputError:
    """Return the error of a file that is no table."""
    tail = f" ({detail})" if detail else ""
    return InputError.of("D402", why=Words(en + tail, zh + tail))


def sheet_of(content: bytes, wanted: str, book: Notebook) -> Sheet:
    """Read a table by what the bytes are, whatever the file is called; `wanted` names a sheet of a workbook."""
    if content[:4] == b"PAR1":
        return _parquet(content)
    if content[:4] == b"PK\x03\x04":
        return _workbook(content, wanted, book)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise unreadable("an old Excel workbook", "旧版 Excel 工作簿（.xls）")
    text = _text(content, book)
    start = text.lstrip("\ufeff \t\r\n")[:200].casefold()
    if start[:1] in ("{", "["):
        return _json(text)
    if start.startswith(("<?xml", "<service_requests", "<workbook")):
        return _xml(text)
    if start.startswith(("<html", "<!doctype html", "<table", "<meta")) or "<table" in start:
        return _html(text)
    return _csv(text)


# -- text


def _text(content: bytes, book: Notebook) -> str:
    found = decoded(content)
    if "\0" in found.text or (not found.text.strip() and content):
        raise unreadable("not a table", "不是表格")
    if found.encoding != "utf-8":
        book.note("D430", "repaired", encoding=found.encoding)
    book.note("D431", "wrong", found.lost, encoding=found.encoding)
    if found.text.isascii():
        return found.text
    better = max((found.text, *unscrambled(found.text)), key=lambda text: _known_words(text[:4000]))
    if better is not found.text:
        book.note("D432", "repaired")
    return better


def _known_words(head: str) -> int:
    return max((recognised(cell for cell in row) for row in _some_rows(head)), default=0)


def _some_rows(head: str) -> list[list[str]]:
    delimiter = _delimiter(head)
    return [line.split(delimiter) for line in head.splitlines()[:10]]


def _csv(text: str) -> Sheet:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as fault:
        raise unreadable("not CSV", "不是 CSV", fault) from None
    return Sheet(rows, lines)


def _delimiter(text: str) -> str:
    """Return the sign that cuts the first lines into the most columns, as evenly as possible."""
    lines = [line for line in text[:100_000].splitlines()[:_LOOKED_AT] if line.strip()]

    def evenness(sign: str) -> int:
        counts = [line.count(sign) for line in lines]
        return max((counts.count(count) * count for count in set(counts)), default=0)

    return max(_DELIMITERS, key=evenness)


def _html(text: str) -> Sheet:
    rows = page_rows(text)
    if not rows:
        raise unreadable("a page without a table", "网页中没有表格")
    return Sheet(rows, range(1, len(rows) + 1))


def _xml(text: str) -> Sheet:
    """Read a list of requests (Open311) or a workbook in XML; else it may be a page."""
    root = parsed(text)
    if root is None or _is_page(root.tag):
        return _html(text)
    rows = workbook_rows(root)
    if rows:
        return Sheet(rows, range(1, len(rows) + 1))
    found = records(root)
    if not found:
        raise unreadable("no list of requests in this XML", "XML 中没有诉求列表")
    return _of_records(found)


def _is_page(tag: str) -> bool:
    return tag.rpartition("}")[2].casefold() in ("html", "table")


# -- workbooks


def _workbook(content: bytes, wanted: str, book: Notebook) -> Sheet:
    import openpyxl  # a slow import that most logs do not need

    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, TypeError):
        raise unreadable("not an Excel workbook", "不是 Excel 工作簿") from None
    chosen = _chosen(workbook, wanted)
    others = [sheet.title for sheet in workbook.worksheets if sheet is not chosen]
    book.note("D433", "told", len(others), sheet=chosen.title)
    rows = [[_excel_cell(cell) for cell in row] for row in chosen.iter_rows(values_only=True)]
    filled = _fill_merged(rows, [one.bounds for one in chosen.merged_cells.ranges])
    book.note("D434", "repaired", len(filled), filled)
    return Sheet(rows, range(1, len(rows) + 1))


def _chosen(workbook: Any, wanted: str) -> Any:
    titles = [sheet.title for sheet in workbook.worksheets]
    if wanted and wanted not in titles:
        raise InputError.of("D424", sheet=wanted, known=tuple(titles))
    if wanted:
        return workbook[wanted]
    visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"] or workbook.worksheets
    return max(visible, key=lambda sheet: sheet.max_row * sheet.max_column)


def _excel_cell(cell: Any) -> Any:
    return None if isinstance(cell, str) and not cell.strip() else cell


def _fill_merged(rows: list[list[Any]], merged: Sequence[tuple[int, int, int, int]]) -> list[int]:
    """Write the value of cells merged downwards into each row, and say which rows; titles merged across stay."""
    filled: set[int] = set()
    for left, top, right, bottom in merged:
        if bottom > top and left == right:
            for row in range(top, bottom):
                rows[row][left - 1] = rows[top - 1][left - 1]
                filled.add(row + 1)
    return sorted(filled)


# -- Parquet


def _parquet(content: bytes) -> Sheet:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as file:
        file.write(content)
    try:
        return _parquet_file(file.name)
    finally:
        Path(file.name).unlink()


def _parquet_file(path: str) -> Sheet:
    import duckdb

    try:
        with duckdb.connect() as engine:
            described = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
            parts = ", ".join(_selected(name, kind) for name, kind, *_ in described)
            table = engine.execute(f"SELECT {parts} FROM read_parquet(?)", [path]).fetchnumpy()
    except duckdb.Error as fault:
        raise unreadable("not Parquet", "不是 Parquet", type(fault).__name__) from None
    columns = [_cells(values) for values in table.values()]
    rows = list(zip(*columns, strict=True))
    return Sheet(rows, range(1, len(rows) + 1), tuple(name for name, *_ in described))


def _selected(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(make_timestamp(epoch_us({quoted})), '%Y-%m-%dT%H:%M:%SZ') AS {quoted}"
    plain = kind in ("DATE", "VARCHAR", "BOOLEAN", "DOUBLE", "FLOAT") or kind.startswith(("TIMESTAMP", "DECIMAL"))
    return quoted if plain or "INT" in kind else f"CAST({quoted} AS VARCHAR) AS {quoted}"


def _cells(values: Any) -> list[Any]:
    """Return a column of the engine as plain cells, None where it holds nothing."""
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "M":
        plain = plain.astype("datetime64[s]").astype(object)  # NaT becomes None
    cells = plain.tolist()
    if missing is None or not missing.any():
        return [None if cell != cell else cell for cell in cells]
    return [None if gone or cell != cell else cell for cell, gone in zip(cells, missing.tolist(), strict=True)]


# -- JSON


def _json(text: str) -> Sheet:
    found = list(_records(text))
    if not found:
        raise unreadable("no list of requests in this JSON", "JSON 中没有诉求列表")
    return _of_records(found)


def _of_records(found: Sequence[Mapping[str, Any]]) -> Sheet:
    header = tuple(dict.fromkeys(name for record in found for name in record))
    rows = [[_json_cell(record.get(name)) for name in header] for record in found]
    return Sheet(rows, range(1, len(rows) + 1), header, {"service_request_id", "requested_datetime"} <= set(header))


def _records(text: str) -> Iterator[dict[str, Any]]:
    for item in _items(_loaded(text)):
        if isinstance(item, dict):
            yield _flat(item)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise unreadable("not JSON", "不是 JSON") from None


def _items(found: Any) -> Sequence[Any]:
    if isinstance(found, list):
        return found
    inner = [found[name] for name in _LISTS if isinstance(found, dict) and isinstance(found.get(name), list | dict)]
    return _items(inner[0]) if inner else []


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Lift what lies one level deeper: properties of a feature, the coordinates of a point, a request in a wrapper."""
    inner = next(iter(record.values()), None)
    if len(record) == 1 and isinstance(inner, dict):
        return _flat(inner)
    flat = {name: value for name, value in record.items() if name not in _NESTED}
    for name in _NESTED[1:]:
        if isinstance(record.get(name), dict):
            flat |= record[name]
    geometry = record.get("geometry")
    point = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if isinstance(point, list) and len(point) >= 2 and all(isinstance(one, int | float) for one in point[:2]):
        flat |= {"lon": point[0], "lat": point[1]}
    return flat


_JSON_CELLS: Mapping[type, Callable[[Any], Any]] = {dict: lambda _: None, list: lambda _: None, bool: str}


def _json_cell(value: Any) -> Any:
    return _JSON_CELLS.get(type(value), lambda kept: kept)(value)
