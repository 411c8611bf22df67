"""Text that knows where each of its characters stands in a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from twin.core.marked_yaml import Marked, Source
from twin.errors import Place

Spot = tuple[int, int]  # line and column, both from 0

_SPACES = " \t\r\n"


@dataclass(frozen=True)
class Snippet:
    """A stretch of text of a file; ``spots`` (one for each character) when it runs over several lines."""

    text: str
    source: Source
    start: Spot
    spots: Sequence[Spot] | None = None

    def place(self, first: int = 0, last: int | None = None) -> Place:
        """Return the place of the characters from ``first`` up to ``last`` (all, when not given)."""
        last = len(self.text) if last is None else last
        begin, end = self._spot(first), self._spot(max(last - 1, first))
        return self.source.place(begin, (end[0], end[1] + 1))

    def cut(self, first: int, last: int) -> Snippet:
        """Return a part, without the white space around it."""
        part = self.text[first:last]
        first += len(part) - len(part.lstrip())
        text = part.strip()
        spots = None if self.spots is None else self.spots[first : first + len(text) + 1]
        return Snippet(text, self.source, self._spot(first), spots)

    def stripped(self) -> Snippet:
        """Return the snippet without white space around it."""
        return self.cut(0, len(self.text))

    def plain(self) -> str:
        """Return the text with full-width letters, digits and signs in their ordinary form, of the same length."""
        return "".join(map(_narrow, self.text))

    def _spot(self, at: int) -> Spot:
        if self.spots is None:
            return self.start[0], self.start[1] + at
        return self.spots[at] if at < len(self.spots) else self.spots[-1] if self.spots else self.start


def _narrow(letter: str) -> str:
    if letter.isascii():
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 else letter


def snippet(node: Marked) -> Snippet:
    """Return a scalar of a YAML file as it is written (numbers keep all their digits).

    Of a map or a list it is the first line, which makes no sense as a value and is complained of as it stands.
    """
    line, column = node.start
    shown = node.source.lines[line] if line < len(node.source.lines) else ""
    if node.kind not in ("text", "nothing"):
        raw = shown[column : node.end[1] if node.end[0] == line else len(shown)].strip()
        return Snippet(raw, node.source, node.start)
    text = node.value or ""
    if shown.startswith(text, column):
        return Snippet(text, node.source, node.start)
    if shown.startswith(text, column + 1) and shown[column] in "\"'":
        return Snippet(text, node.source, (line, column + 1))
    return Snippet(text, node.source, node.start, _aligned(text, node))


def is_block(node: Marked) -> bool:
    """Whether a text is a literal block (``|``), whose lines can be read as they stand."""
    line, column = node.start
    return node.kind == "text" and node.source.lines[line][column : column + 1] == "|"


def block_lines(node: Marked) -> list[Snippet]:
    """Return the lines of a literal block, each where it stands, without its indentation."""
    last = min(node.end[0] + 1, len(node.source.lines))
    lines = []
    for number in range(node.start[0] + 1, last):
        shown = node.source.lines[number]
        text = shown.strip(_SPACES)
        lines.append(Snippet(text, node.source, (number, len(shown) - len(shown.lstrip(_SPACES)))))
    while lines and not lines[-1].text:
        lines.pop()
    return lines[: len(node.value.rstrip("\n").split("\n"))]


def _aligned(text: str, node: Marked) -> list[Spot]:
    """Find each character of a folded or quoted text in the file; what was escaped stands where it began."""
    raw = _characters(node)
    spots: list[Spot] = []
    at = 0
    for letter in text:
        if letter in _SPACES:
            spots.append(raw[min(at, len(raw) - 1)][1])
            while at < len(raw) and raw[at][0] in _SPACES:
                at += 1
            continue
        ahead = at
        while ahead < len(raw) and raw[ahead][0] != letter:
            ahead += 1
        at = ahead if ahead < len(raw) else at
        spots.append(raw[min(at, len(raw) - 1)][1])
        at += 1
    return [*spots, node.end]


def _characters(node: Marked) -> list[tuple[str, Spot]]:
    """Return the characters between the marks of a scalar, with their spots; a block's indicator is left out."""
    (first, column), (last, end) = node.start, node.end
    lines = node.source.lines
    block = lines[first][column : column + 1] in ("|", ">")
    found: list[tuple[str, Spot]] = []
    for number in range(first + block, min(last + 1, len(lines))):
        begin = column if number == first else 0
        stop = end if number == last else len(lines[number])
        found += [(letter, (number, at)) for at, letter in enumerate(lines[number][begin:stop], begin)]
        found.append(("\n", (number, stop)))
    return found or [("\n", node.start)]
