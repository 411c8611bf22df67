"""One file on its way to becoming a log: its table, which column is which field, and the notes taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from twin.logs.account import Notebook
from twin.logs.mapping import ColumnMap
from twin.logs.tidy import Table


@dataclass(frozen=True)
class Source:
    """What the readers of columns share; `salt` goes into the codes of personal data."""

    table: Table
    columns: dict[str, str]
    mapping: ColumnMap
    book: Notebook
    salt: str

    def __len__(self) -> int:
        return len(self.table)

    def has(self, field: str) -> bool:
        """Whether the file has a column for this field."""
        return field in self.columns

    def cells(self, field: str) -> Sequence[Any]:
        """Return the cells of a field, nothing in each where there is no such column."""
        return self.table.columns[self.columns[field]] if self.has(field) else [None] * len(self)

    def texts(self, field: str) -> list[str]:
        """Return the cells of a field as texts, blanks made single."""
        return [_text(cell) for cell in self.cells(field)]

    def note(self, code: str, kind: str, positions: Iterable[int], **values: Any) -> None:
        """Note something of the rows at these positions of the table."""
        rows = [self.table.lines[position] for position in positions]
        self.book.note(code, kind, len(rows), rows, **values)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())
