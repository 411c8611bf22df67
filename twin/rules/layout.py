"""``twin rules fmt``: pipe tables with their bars in line; nothing else of a file is touched."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from twin.core.marked_yaml import Marked
from twin.rules.read import documents_of
from twin.rules.snippets import Snippet, block_lines, is_block

_RULE = frozenset("-:| \t")


def formatted(text: str, name: str = "<text>") -> str:
    """Return a rule file with every pipe table laid out; raises InputError where the file cannot be read."""
    lines = text.split("\n")
    for node in documents_of(text, name):
        rows = node.value.get("rows") if node.kind == "map" else None
        if isinstance(rows, Marked) and rows.kind == "text" and is_block(rows):
            own = [replace(one, text=lines[one.start[0]].strip()) for one in block_lines(rows)]
            for line, said in _laid_out(own):
                ending = "\r" if lines[line].endswith("\r") else ""
                lines[line] = said + ending
    return "\n".join(lines)


def _laid_out(lines: Sequence[Snippet]) -> list[tuple[int, str]]:
    """Return (line number, text) of every row, padded to the widest cell of its column."""
    rows = [(line, _cells(line.plain(), line.text)) for line in lines if line.text and not line.text.startswith("#")]
    if not rows:
        return []
    indent = " " * rows[0][0].start[1]
    plain = [cells for line, cells in rows if set(line.text) - _RULE]
    widths = [max((_width(cells[at]) for cells in plain if at < len(cells)), default=1)
              for at in range(max(map(len, plain), default=0))]  # fmt: skip
    return [(line.start[0], indent + _row(cells, widths, not set(line.text) - _RULE)) for line, cells in rows]


def _cells(plain: str, text: str) -> list[str]:
    body = text[1:] if plain.startswith("|") else text
    flat = plain[1:] if plain.startswith("|") else plain
    if flat.endswith("|"):
        body, flat = body[:-1], flat[:-1]
    edges = [-1, *(at for at, letter in enumerate(flat) if letter == "|"), len(flat)]
    return [body[first + 1 : last].strip() for first, last in pairwise(edges)]


def _row(cells: Sequence[str], widths: Sequence[int], ruled: bool) -> str:
    if ruled:
        return "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    padded = [cell + " " * (widths[at] - _width(cell)) for at, cell in enumerate(cells)]
    return "| " + " | ".join(padded) + " |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
