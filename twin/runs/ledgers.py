"""Ledgers of run folders, read and never written: what each holds, what it was asked for, its digest.

A run is known by its content (:func:`content_of`), so that what one folder holds need not be computed in another. The
digest of a folder depends on its results alone: not on the number of processes, on sessions, or on the program.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.runs.store import DONE, LEDGER, Identity, canonical, is_whole

Run = tuple[str, int]
CONTENTS = "contents"
TOTAL = "total"
RESOLVED = "resolved"


@dataclass(frozen=True)
class Held:
    """What a ledger says of its folder.

    ``done`` has the sha256 of every finished run, ``failed`` why a run failed; ``locked`` says that a process is
    working there now, and nothing else is known.
    """

    path: Path
    said: Mapping[str, str]
    done: Mapping[Run, str]
    failed: Mapping[Run, str]
    sessions: tuple[Mapping[str, Any], ...]
    locked: bool = False

    @property
    def identity(self) -> Identity:
        """Return what the folder is about."""
        said = self.said
        return Identity(said["digest"], int(said["results_version"]), self.arms, int(said["first_seed"]),
                        said.get("data", ""), said.get("code", ""))  # fmt: skip

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the arms, or the points of a sweep."""
        return tuple(json.loads(self.said["arms"]))

    @property
    def replications(self) -> int:
        """Return how many seeds every arm is meant to run with."""
        return int(self.said["replications"])

    @property
    def total(self) -> int:
        """Return how many runs the folder is meant to hold."""
        return int(self.said.get(TOTAL, len(self.arms) * self.replications))

    @property
    def complete(self) -> bool:
        """Whether every run is there."""
        return not self.locked and len(self.done) == self.total

    @property
    def written(self) -> bool:
        """Whether the files are complete too."""
        return (self.path / DONE).is_file()

    @property
    def contents(self) -> dict[str, str]:
        """Return the content of every arm, see :func:`content_of`; empty if the ledger does not say."""
        return dict(json.loads(self.said.get(CONTENTS, "{}")))

    @property
    def resolved(self) -> dict[str, Any] | None:
        """Return the scenario as plain data in base units."""
        return json.loads(self.said[RESOLVED]) if RESOLVED in self.said else None

    @functools.cached_property
    def request(self) -> dict[str, Any] | None:
        """Return the last command that was given, with its options."""
        asked = [one["request"] for one in self.sessions if one.get("request")]
        return asked[-1] if asked else None

    @property
    def digest(self) -> str:
        """Return the sha256 of all results: arms, seeds, and what each run gave."""
        runs = [[arm, seed, sha256] for (arm, seed), sha256 in sorted(self.done.items())]
        content = canonical([self.said["results_version"], self.arms, runs])
        return hashlib.sha256(content.encode("utf-8")).hexdigest()


def held_in(folder: Path) -> Held:
    """Read the ledger of a run folder. Raises InputError R273 where there is none that can be read."""
    try:
        with _reading(folder) as ledger:
            said = dict(ledger.execute("SELECT name, value FROM identity"))
            rows = ledger.execute("SELECT arm, seed, status, sha256, failure FROM runs").fetchall()
            sessions = tuple(
                json.loads(one) for (one,) in ledger.execute("SELECT record FROM sessions ORDER BY number")
            )
    except sqlite3.Error as error:
        if "locked" in str(error):
            return Held(folder, {}, {}, {}, (), locked=True)
        raise InputError.of("R273", folder=str(folder)) from error
    if not {"arms", "replications"} <= said.keys():
        raise InputError.of("R273", folder=str(folder))
    done = {(arm, seed): sha256 for arm, seed, status, sha256, _ in rows if status == "done"}
    failed = {(arm, seed): why for arm, seed, status, _, why in rows if status == "failed"}
    return Held(folder, said, done, failed, sessions)


def readable(folder: Path) -> Held | None:
    """Read the ledger of a run folder; ``None`` where it is in use or cannot be read."""
    try:
        found = held_in(folder)
    except InputError:
        return None
    return None if found.locked else found


def folders_below(root: Path) -> list[Path]:
    """Return the run folders here: this one, or those right below it, by name."""
    candidates = [root, *(sorted(root.iterdir()) if root.is_dir() else ())]
    return [one for one in candidates if (one / LEDGER).is_file()]


def stored(folder: Path, wanted: Sequence[Run]) -> Iterator[tuple[Run, str, dict[str, bytes]]]:
    """Yield (run, metrics as text, packed tables by name) of these runs, if what is stored of them is whole."""
    with _reading(folder) as ledger:
        for arm, seed in wanted:
            found = ledger.execute(
                "SELECT metrics, sha256 FROM runs WHERE arm = ? AND seed = ? AND status = 'done'", (arm, seed)
            ).fetchone()
            if found is None:
                continue
            rows = ledger.execute("SELECT name, content FROM tables WHERE arm = ? AND seed = ?", (arm, seed))
            contents = dict(rows.fetchall())
            if is_whole(found[0], contents, found[1]):
                yield (arm, seed), found[0], contents


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection that may write tidies up behind a killed session; where it may not, the file is read as it is."""
    file = folder / LEDGER
    if not file.is_file():
        raise InputError.of("R273", folder=str(folder))
    mode = "mode=rw" if os.access(folder, os.W_OK) and os.access(file, os.W_OK) else "immutable=1"
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{mode}", uri=True, timeout=0)) as ledger:
        yield ledger
