"""A missing row, written so that it can be pasted into the table as the author laid it out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from twin.rules.model import DecisionTable

_PLAIN = re.compile(r"[^\W\d_][\w ]*|\d+(?:\.\d+)?")


def pasted_row(table: DecisionTable, region: Mapping[str, str]) -> str:
    """Return a row for a region; ``?`` stands where the author has to decide."""
    outputs = {output.name for output in table.outputs}
    columns = {column.name for column in table.columns}
    headings = table.sheet.headings or (*columns, *outputs)
    cells = {name: _clean(_cell(name, region, outputs, columns)) for name in headings}
    if table.sheet.layout == "rows":
        kept = {name: cell for name, cell in cells.items() if cell not in ("-", "")}
        return "- {" + ", ".join(f"{name}: {_quoted(cell)}" for name, cell in kept.items()) + "}"
    if table.sheet.layout in ("csv", "xlsx"):
        return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells.values())
    return "| " + " | ".join(cells.values()) + " |"


def _cell(name: str, region: Mapping[str, str], outputs: set[str], columns: set[str]) -> str:
    if name in columns:
        return region.get(name, "-")
    return "?" if name in outputs else ""


def _quoted(cell: str) -> str:
    return cell if _PLAIN.fullmatch(cell) or cell == "?" else '"' + cell.replace('"', '\\"') + '"'


def _clean(cell: str) -> str:
    return "".join("?" if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in cell)
