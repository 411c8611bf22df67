"""Marked-up text that holds a table: pages, workbooks and lists of requests in XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from xml.etree import ElementTree

_INDEX = "Index"  # of a cell of a workbook, where cells before it were left out


def page_rows(text: str) -> list[list[str]]:
    """Return the rows of the tables of a page in HTML; many systems call such a page .xls."""
    parser = _TableParser()
    parser.feed(text)
    return parser.rows


def parsed(text: str) -> ElementTree.Element | None:
    """Return the root of a text in XML, None if it is none; a text that declares entities of its own is not read."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text.lstrip("\ufeff \t\r\n").encode())
    except ElementTree.ParseError:
        return None


def workbook_rows(root: ElementTree.Element) -> list[list[str]]:
    """Return the rows of the largest sheet of a workbook in XML, as Excel 2003 wrote it; none if it is no workbook."""
    if _name(root.tag) != "Workbook":
        return []
    sheets = [[_row(row) for row in _inside(sheet, "Row")] for sheet in _inside(root, "Worksheet")]
    return max(sheets, key=len, default=[])


def records(root: ElementTree.Element) -> list[dict[str, str]]:
    """Return records, such as the requests of Open311, as maps of their parts; what lies deeper is left out."""
    found = [{_name(part.tag): _said(part) for part in record if not len(part)} for record in root]
    return [record for record in found if record]


class _TableParser(HTMLParser):
    """Collects the rows of the tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None


def _row(row: ElementTree.Element) -> list[str]:
    cells: list[str] = []
    for cell in _inside(row, "Cell"):
        index = _number(cell, _INDEX)
        cells += [""] * max(index - 1 - len(cells), 0)
        cells.append(_said(cell))
    return cells


def _inside(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (one for one in element.iter() if _name(one.tag) == name)


def _number(element: ElementTree.Element, name: str) -> int:
    found: Sequence[str] = [value for key, value in element.attrib.items() if _name(key) == name]
    return int(found[0]) if found and found[0].isdecimal() and len(found[0]) < 5 else 0


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _said(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
