"""The account of an import: everything that was found in a file, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.errors import Complaint

KINDS = ("repaired", "dropped", "personal", "unused", "wrong", "doubtful", "told")
SHOWN_ROWS = 5
KEPT_ROWS = 50


@dataclass(frozen=True)
class Note:
    """One kind of thing found: a code of the registry of messages, how often, where first.

    `kind` is one of :data:`KINDS`: repaired (safely), dropped (rows left out, each for one reason), personal
    (coded or left out), unused (columns), wrong (not used), doubtful (used, but look at it), told (for the record).
    `rows` are the first of them, as the file counts.
    """

    code: str
    kind: str
    count: int = 1
    rows: tuple[int, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def complaint(self) -> Complaint:
        """The note as a message of the registry."""
        return Complaint(self.code, None, {**self.values, "count": self.count})

    def plain(self) -> dict[str, Any]:
        """Return the note as plain data, without words."""
        told = {name: value for name, value in self.values.items() if isinstance(value, str | int | float)}
        return {"code": self.code, "kind": self.kind, "count": self.count, "rows": list(self.rows[:SHOWN_ROWS]), **told}


@dataclass(frozen=True)
class Account:
    """What became of a file: `rows` = `read` + all rows dropped; the row with the headers is not counted."""

    rows: int
    read: int
    notes: tuple[Note, ...] = ()

    @property
    def dropped(self) -> dict[str, int]:
        """Rows left out, by code."""
        return {note.code: note.count for note in self.of("dropped")}

    def of(self, *kinds: str) -> tuple[Note, ...]:
        """Return the notes of some kinds."""
        return tuple(note for note in self.notes if note.kind in kinds)

    def with_notes(self, notes: Iterable[Note]) -> Account:
        """Return the account with more notes."""
        return Account(self.rows, self.read, (*self.notes, *notes))


class Notebook:
    """Collects notes while a file is read."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def note(self, code: str, kind: str, count: int = 1, rows: Iterable[int] = (), **values: Any) -> None:
        """Add a note; nothing is noted of what did not happen."""
        if count:
            self.notes.append(Note(code, kind, count, tuple(int(row) for row in list(rows)[:KEPT_ROWS]), values))
