"""What the program says: in which language, on which stream, and how an error ends it.

Results go to stdout, words about them to stderr. A console that cannot show a character (GBK, ASCII)
gets a plain substitute, never an exception.
"""

from __future__ import annotations

import codecs
import io
import locale
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NoReturn, TextIO

if TYPE_CHECKING:
    from twin.errors import Complaint, TwinError
    from twin.report.text import Sheet

Language = Literal["en", "zh"]

PIPE_WIDTH = 100
_FOLDED = 1.25  # a sheet this much wider than the screen is folded rather than cut
_GAP = 3  # cells between two columns
_SIGNS = "+-−"
_LINES, _NARROWEST = 3, 8  # the name of a column takes so many lines, of at least so many cells
_WORDS = re.compile(r"\d+ % *|[^\s\u2e80-\uffff]+\s*|[\u2e80-\uffff][，、。）］]?\s*")  # where a line may be broken
_PLAIN = {"±": "+/-", "–": "-", "—": "-", "−": "-", "×": "x", "≤": "<=", "≥": ">=", "→": "->", "·": "-", "…": "..."}
_PLAIN_ERRORS = "twin.plain"


def language(option: str | None = None) -> Language:
    """Return the language to speak: the option, else ``TWIN_LANG``, else the locale."""
    wishes = [option, *(os.environ.get(name) for name in ("TWIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))]
    wish = next((wish for wish in wishes if wish), None) or locale.getlocale()[0] or ""
    return "zh" if wish.lower().startswith(("zh", "chinese")) else "en"


def prepare() -> None:
    """Let no stream of this process fail on a character that its console lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN_ERRORS)


def say(text: str) -> None:
    """Write a result and a line end to stdout."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Write a remark and a line end to stderr."""
    _write(sys.stderr, text)


def fail(error: TwinError, lang: Language | None = None) -> NoReturn:
    """Show an error on stderr and end the program with the error's exit code."""
    from twin.errors import render

    note(render(error, lang or language(), width(), color=coloured(sys.stderr)))
    raise SystemExit(error.exit_code)


def doubt(doubts: Sequence[Complaint], lang: Language) -> None:
    """Show on stderr what can be run though it is doubtful."""
    from twin.errors import render_doubts

    if doubts:
        note(render_doubts(doubts, lang, width(), color=coloured(sys.stderr)) + "\n")


def show(sheet: Sheet) -> None:
    """Write a sheet to stdout as a table, in as many pieces as the width asks for."""
    say(sheet.title)
    for piece in _pieces(sheet, width()):
        show_folded(piece)


def show_folded(sheet: Sheet) -> None:
    """Write a sheet, without its title, as one table; what does not fit a cell is folded."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    least = [_longest_word(column) for column in _columns(sheet)]
    fits = sum(least) + _GAP * len(least) <= width()
    for (name, *cells), room in zip(_columns(sheet), least, strict=True):
        table.add_column(Text(name), overflow="fold", vertical="bottom", no_wrap=_is_numbers(cells),
                         min_width=room if fits else None)  # fmt: skip
    for row in sheet.rows:
        table.add_row(*map(Text, row))
    screen = Console(file=sys.stdout, width=width(), no_color=not coloured(sys.stdout), highlight=False)
    screen.print(table)


def coloured(stream: TextIO) -> bool:
    """Say whether the stream is a terminal that wants colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def width() -> int:
    """Return the width of the terminal in cells (100 where there is none)."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


def showable(text: str, encoding: str) -> str:
    """Return the text as a console with this encoding can show it."""
    return text.encode(encoding, errors=_PLAIN_ERRORS).decode(encoding)


def _pieces(sheet: Sheet, cells: int) -> Iterator[Sheet]:
    """Cut a sheet that is too wide into pieces; each repeats the first column, which names the rows."""
    from rich.cells import cell_len

    head = [_wrapped(name, max(map(cell_len, cells_), default=0)) for name, *cells_ in _columns(sheet)]
    columns = [(name, *cells_) for name, (_, *cells_) in zip(head, _columns(sheet), strict=True)]
    needs = [max(cell_len(line) for cell in column for line in cell.split("\n")) + _GAP for column in columns]
    least = sum(map(_longest_word, columns)) + _GAP * len(columns)
    if len(columns) == 1 or (sum(needs) <= cells * _FOLDED and least <= cells):
        yield replace(sheet, head=tuple(head))
        return
    rest = list(zip(columns[1:], needs[1:], strict=True))
    while rest:
        piece, room = [columns[0]], cells - needs[0] - _GAP
        while rest and (len(piece) == 1 or rest[0][1] <= room):
            column, need = rest.pop(0)
            piece.append(column)
            room -= need
        names, *rows = zip(*piece, strict=True)
        yield replace(sheet, head=names, rows=tuple(rows))


def _columns(sheet: Sheet) -> list[tuple[str, ...]]:
    return list(zip(sheet.head, *sheet.rows, strict=True))


def _is_numbers(cells: Sequence[str]) -> bool:
    return all(cell[:1] in _SIGNS or cell[:1].isdecimal() for cell in cells if cell)


def _longest_word(column: Sequence[str]) -> int:
    """Return how many cells a column needs at least, so that no word of it, and no number, is broken."""
    from rich.cells import cell_len

    head, *cells = column
    whole = cells if _is_numbers(cells) else [word for cell in cells for word in _WORDS.findall(cell)]
    words = [line for name in (head, *whole) for line in name.split("\n")]
    return max((cell_len(word.rstrip()) for word in words), default=0)


def _wrapped(name: str, room: int) -> str:
    """Break the name of a column into lines about as wide as its cells, but not into many."""
    from rich.cells import cell_len

    room = max(room, -(-cell_len(name) // _LINES), _NARROWEST)
    lines = [""]
    for word in _WORDS.findall(name):
        if lines[-1] and cell_len((lines[-1] + word).rstrip()) > room:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _write(stream: TextIO, text: str) -> None:
    stream.write(showable(text, stream.encoding or "utf-8") + "\n")
    stream.flush()


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter) or _escaped(letter) for letter in lost), error.end


def _escaped(letter: str) -> str:
    return letter.encode("ascii", errors="backslashreplace").decode("ascii")


codecs.register_error(_PLAIN_ERRORS, _plain)
