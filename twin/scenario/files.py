"""Reading a scenario file and all files that it extends, each once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from twin.core.marked_yaml import KINDS, Marked, read
from twin.errors import Complaint, InputError, Place
from twin.scenario.overlay import arms_of, overlay

VERSION = 1
MOST_FILES_DEEP = 16


@dataclass
class Files:
    """Reads files that extend each other; keeps their texts, in the order of reading, and the complaints.

    ``removed`` are the arms that a file takes away, each with the tree that held it: they are not run, but may
    hold mistakes.
    """

    texts: dict[str, str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    removed: list[tuple[str, Marked]] = field(default_factory=list)
    _done: dict[str, Marked | None] = field(default_factory=dict)

    def read(self, path: Path, name: str, place: Place | None = None, above: tuple[str, ...] = ()) -> Marked | None:
        """Return a file laid on all that it extends, or ``None`` when something is wrong with it.

        ``name`` is what messages call the file, ``place`` where it was asked for, ``above`` the files on the way.
        """
        identity = os.path.realpath(path) if "\0" not in str(path) else str(path)
        if identity in above or len(above) > MOST_FILES_DEEP:
            code = "S114" if identity in above else "S115"
            circle = " -> ".join([os.path.basename(file) for file in (*above, identity)][-5:])
            self.complaints.append(Complaint(code, place, {"circle": circle, "limit": MOST_FILES_DEEP}))
            return None
        if identity not in self._done:
            self._done[identity] = self._laid(path, name, place, (*above, identity))
        return self._done[identity]

    def _laid(self, path: Path, name: str, place: Place | None, above: tuple[str, ...]) -> Marked | None:
        try:
            tree = read(path, name=name, place=place)
        except InputError as reason:
            self.complaints += reason.complaints
            return None
        self.texts[name] = tree.source.text
        if tree.kind != "map":
            self.complaints.append(Complaint("Y022", tree.place, {"found": KINDS[tree.kind]}))
            return None
        self._judge_version(tree.value.get("version"))
        laid: Marked | None = None
        for base in _extended(tree):
            found = self.read(path.parent / base.value, str(Path(name).parent / base.value), base.place, above)
            laid = self._over(laid, found) if found is not None else laid
        return self._over(laid, tree)

    def _over(self, base: Marked | None, tree: Marked) -> Marked:
        if base is not None:
            held = arms_of(base)
            self.removed += [(name, base) for name, arm in arms_of(tree).items() if arm.value is None and name in held]
        return overlay(base, tree)

    def _judge_version(self, version: Marked | None) -> None:
        if version is not None and version.kind == "number" and version.value != VERSION:
            self.complaints.append(Complaint("S116", version.place, {"version": version.value}))


def _extended(tree: Marked) -> Iterable[Marked]:
    """Return the files that a file names under ``extends``; the schema complains of anything else there."""
    extends = tree.value.get("extends")
    if extends is None:
        return ()
    named = extends.value if extends.kind == "list" else [extends]
    return [base for base in named if base.kind == "text" and base.value]
