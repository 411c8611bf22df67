"""The rows of a table, however they are written: YAML rows, a pipe table, a CSV or Excel file beside the rule file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.core.marked_yaml import Marked, Source, read_text
from twin.errors import Complaint, InputError, Place, Words
from twin.rules.forms import Complain
from twin.rules.model import Layout, Sheet
from twin.rules.snippets import Snippet, Spot, block_lines, is_block, snippet

MOST_ROWS = 5_000
_RULE = frozenset("-:| \t")


@dataclass(frozen=True)
class Draft:
    """One row before it is understood: the texts under each heading (several, where YAML lists them).

    A ``broken`` one has another number of cells than there are headings.
    """

    place: Place
    cells: Mapping[str, tuple[Snippet, ...]]
    broken: bool = False


@dataclass(frozen=True)
class Rows:
    """All rows of a table and how they were written; ``headings`` know where they stand."""

    sheet: Sheet
    headings: tuple[Snippet, ...]
    drafts: tuple[Draft, ...]


def read_rows(node: Marked, place: Place, file: Path, complain: Complain) -> Rows | None:
    """Read the rows that stand under ``rows:``, or in the file that it names; ``None`` when that cannot be done."""
    if node.kind == "list":
        return _of_list(node, place, complain)
    if is_block(node):
        return _of_lines("pipe", block_lines(node), place, complain)
    text = snippet(node)
    suffix = Path(text.text).suffix.casefold()
    if node.kind == "text" and suffix in (".csv", ".xlsx"):
        return _of_file(text, suffix, place, file, complain)
    wanted = Words("rows: a list, a table after `|`, or a .csv or .xlsx file",
                   "各行：列表、写在 `|` 之后的表格，或 .csv、.xlsx 文件")  # fmt: skip
    complain(Complaint("E116", node.place, {"wanted": wanted, "found": f"`{text.text}`"}))
    return None


def _too_many(count: int, place: Place, complain: Complain) -> bool:
    if count > MOST_ROWS:
        what = Words("the rows of a table", "表格的行数")
        complain(Complaint("E113", place, {"what": what, "limit": MOST_ROWS}))
    return count > MOST_ROWS


# -- YAML


def _of_list(node: Marked, place: Place, complain: Complain) -> Rows | None:
    if _too_many(len(node.value), place, complain):
        return None
    drafts, headings = [], dict[str, Snippet]()
    for item in node.value:
        if item.kind != "map":
            wanted = Words("a row: `{column: cell, …}`", "一行：`{列: 单元格, …}`")
            complain(Complaint("E116", item.place, {"wanted": wanted, "found": "-"}))
            continue
        cells = dict(_flat(item, headings))
        drafts.append(Draft(item.place, cells))
    sheet = Sheet("rows", tuple(headings), place)
    return Rows(sheet, tuple(headings.values()), tuple(drafts))


def _flat(row: Marked, headings: dict[str, Snippet]) -> Iterator[tuple[str, tuple[Snippet, ...]]]:
    """Yield the cells of a row; ``when`` and ``then`` may hold its two sides."""
    for key, value in row.value.items():
        if key in ("when", "if", "then") and value.kind == "map":
            yield from _flat(value, headings)
            continue
        mark = row.keys[key]
        headings.setdefault(key, Snippet(key, mark.source, mark.start))
        yield key, _texts(value, mark)


def _texts(value: Marked, key: Marked) -> tuple[Snippet, ...]:
    if value.kind == "list":
        return tuple(snippet(one) for one in value.value if one.kind not in ("list", "map"))
    if value.value is None:
        return (Snippet("", value.source, key.end),)
    return (snippet(value),)


# -- pipe tables


def _of_lines(layout: Layout, lines: Sequence[Snippet], place: Place, complain: Complain) -> Rows | None:
    """Read lines of cells between ``|``; a line of dashes under the headings is passed over."""
    lines = [line for line in lines if line.text and not line.text.startswith("#") and set(line.text) - _RULE]
    if _too_many(len(lines) - 1, place, complain):
        return None
    grid = [(line, _piped(line)) for line in lines]
    if not grid:
        return Rows(Sheet(layout, (), place), (), ())
    return _of_grid(layout, grid[0][1], [(_row_place(cells, line), cells) for line, cells in grid[1:]], place, complain)


def _piped(line: Snippet) -> list[Snippet]:
    plain = line.plain()
    bars = [at for at, letter in enumerate(plain) if letter == "|"]
    begin = 1 if plain.startswith("|") else 0
    ends = [at for at in bars if at >= begin]
    if not plain.endswith("|") or not ends:
        ends.append(len(plain))
    starts = [begin, *(at + 1 for at in ends[:-1])]
    return [line.cut(first, last) for first, last in zip(starts, ends, strict=True)]


def _row_place(cells: Sequence[Snippet], line: Snippet) -> Place:
    first, last = cells[0].place(), cells[-1].place()
    return Place(first.file, first.line, first.col, first.line, max(last.end_col, first.col + 1), first.excerpt)


def _of_grid(
    layout: Layout,
    headings: Sequence[Snippet],
    lines: Sequence[tuple[Place, Sequence[Snippet]]],
    place: Place,
    complain: Complain,
) -> Rows:
    """Put cells under their headings; complain of rows that have more or fewer, and of headings that stand twice."""
    names = [heading.plain() for heading in headings]
    for at, heading in enumerate(headings):
        if names[at] in names[:at] or not names[at]:
            complain(Complaint("E118", heading.place(), {"name": names[at]}))
    drafts = []
    for where, cells in lines:
        if len(cells) != len(names):
            complain(Complaint("E122", where, {"found": len(cells), "wanted": len(names)}))
            drafts.append(Draft(where, {}, broken=True))
        else:
            under = {name: (cell,) for name, cell in zip(reversed(names), reversed(cells), strict=True)}
            drafts.append(Draft(where, under))
    return Rows(Sheet(layout, tuple(names), place), tuple(headings), tuple(drafts))


# -- files


def _of_file(text: Snippet, suffix: str, place: Place, file: Path, complain: Complain) -> Rows | None:
    """Read rows from a file in the folder of the rule file, or below it."""
    path = Path(text.text)
    if path.is_absolute() or ".." in path.parts:
        words = Words("it must stand beside the rule file, or below", "它应放在规则文件旁边或其子文件夹中")
        complain(Complaint("E119", text.place(), {"file": text.text, "why": words}))
        return None
    shown = str(Path(file).parent / path)
    try:
        read = _csv_grid if suffix == ".csv" else _xlsx_grid
        grid = read(Path(file).parent / path, shown, text.place())
    except InputError as reason:
        for one in reason.complaints:
            complain(one)
        return None
    if _too_many(len(grid) - 1, place, complain) or not grid:
        return None
    layout: Layout = "csv" if suffix == ".csv" else "xlsx"
    lines = [(_row_place(cells, cells[0]), cells) for cells in grid[1:]]
    return _of_grid(layout, grid[0], lines, place, complain)


def _csv_grid(path: Path, shown: str, asked: Place) -> list[list[Snippet]]:
    lines = read_text(path, name=shown, place=asked).splitlines()
    source = Source(shown, tuple(lines))
    heading = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=heading.count)
    return [_csv_cells(line, number, source, delimiter) for number, line in enumerate(lines) if line.strip()]


def _csv_cells(line: str, number: int, source: Source, delimiter: str) -> list[Snippet]:
    """Split a line of a CSV file; a cell in quotes keeps its commas, and two quotes in it are one."""
    cells, first, quoted = [], 0, False
    for at, letter in enumerate(line + delimiter):
        if letter == '"':
            quoted = not quoted
        elif letter == delimiter and (not quoted or at == len(line)):
            cells.append(_csv_cell(line[first:at], number, first, source))
            first = at + 1
    return cells


def _csv_cell(raw: str, number: int, first: int, source: Source) -> Snippet:
    text = raw.strip()
    start = first + len(raw) - len(raw.lstrip())
    if len(text) > 1 and text[0] == text[-1] == '"':
        return Snippet(text[1:-1].replace('""', '"').strip(), source, (number, start + 1))
    return Snippet(text, source, (number, start))


def _xlsx_grid(path: Path, shown: str, asked: Place) -> list[list[Snippet]]:
    """Read the first sheet; a cell's line is its row, its column its column."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        words = Words("reading Excel files needs the package `openpyxl`: save it as CSV, or install it",
                      "读取 Excel 文件需要软件包 `openpyxl`：请另存为 CSV，或安装它")  # fmt: skip
        raise InputError.of("E119", asked, file=shown, why=words) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = list(book.worksheets[0].iter_rows(values_only=True, max_row=MOST_ROWS + 2))
        book.close()
    except FileNotFoundError:
        raise InputError.of("Y023", asked, file=shown) from None
    except Exception as reason:
        # openpyxl raises many kinds for a damaged or foreign file; none of them is the author's business.
        what = type(reason).__name__
        words = Words(f"it is not an Excel file ({what})", f"不是 Excel 文件（{what}）")
        raise InputError.of("E119", asked, file=shown, why=words) from None
    texts = [[_xlsx_text(value) for value in row] for row in rows]
    source = _Workbook(shown, ())
    kept = [(number, row) for number, row in enumerate(texts) if any(row)]
    width = max((len(row) for _, row in kept[:1]), default=0)
    while kept and width and not kept[0][1][width - 1]:
        width -= 1
    return [[Snippet(text, source, (number, at)) for at, text in enumerate(row[:width])] for number, row in kept]


class _Workbook(Source):
    """A sheet of Excel: a place is a row and a column; there is no line to show."""

    def place(self, start: Spot, end: Spot) -> Place:
        """Return the place of a cell."""
        return Place(self.name, start[0] + 1, start[1] + 1, end[0] + 1, start[1] + 2)


def _xlsx_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return repr(int(value)) if value == int(value) else repr(value)
    return str(value).strip()
