"""What the program says: in which language, on which stream, and how an error ends it.

Results go to stdout, words about them to stderr. A console that cannot show a character (GBK, ASCII)
gets a plain substitute, never an exception.
"""

from __future__ import annotations

import codecs
import io
import locale
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NoReturn, TextIO

if TYPE_CHECKING:
    from twin.errors import TwinError
    from twin.report.text import Sheet

Language = Literal["en", "zh"]

PIPE_WIDTH = 100
_FOLDED = 1.25  # a sheet this much wider than the screen is folded rather than cut
_PLAIN = {"±": "+/-", "–": "-", "—": "-", "−": "-", "×": "x", "≤": "<=", "≥": ">=", "→": "->", "·": "-", "…": "..."}
_PLAIN_ERRORS = "twin.plain"


def language(option: str | None = None) -> Language:
    """Return the language to speak: the option, else ``TWIN_LANG``, else the locale."""
    wishes = [option, *(os.environ.get(name) for name in ("TWIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))]
    wish = next((wish for wish in wishes if wish), None) or locale.getlocale()[0] or ""
    return "zh" if wish.lower().startswith(("zh", "chinese")) else "en"


def worded(en: str, zh: str) -> str:
    """Return the text in the language of the environment (for help pages)."""
    return zh if language() == "zh" else en


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
    for name in sheet.head:
        table.add_column(Text(name), overflow="fold")
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
    """Cut a sheet that is too wide into pieces; each repeats the first two columns (name and baseline)."""
    from rich.cells import cell_len

    columns = list(zip(sheet.head, *sheet.rows, strict=True))
    needs = [max(map(cell_len, column)) + 2 for column in columns]
    if sum(needs) <= cells * _FOLDED:
        yield sheet
        return
    kept, rest = columns[:2], list(zip(columns[2:], needs[2:], strict=True))
    while True:
        piece, room = list(kept), cells - sum(needs[:2])
        while rest and (len(piece) == len(kept) or rest[0][1] <= room):
            column, need = rest.pop(0)
            piece.append(column)
            room -= need
        head, *rows = zip(*piece, strict=True)
        yield replace(sheet, head=head, rows=tuple(rows))
        if not rest:
            return


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
