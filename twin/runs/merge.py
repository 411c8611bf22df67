"""Shards: a part of an experiment's runs, computed anywhere, and put together again.

Which runs a shard has depends on what they are and on how many shards there are. Merging takes over what is not there
yet, so it may be repeated, in any order, with shards that overlap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputError
from twin.runs.ledgers import CONTENTS, RESOLVED, TOTAL, Held, Run, held_in, stored
from twin.runs.store import LEDGER, RunFolder, folder_of, names_of

_SHOWN = 12


@dataclass(frozen=True)
class Shard:
    """One of ``count`` parts of the runs, ``number`` counts from 1."""

    number: int
    count: int

    @classmethod
    def of(cls, text: str) -> Shard:
        """Read ``2/5``; raises InputError R274."""
        first, _, second = text.partition("/")
        if not (first.strip().isdecimal() and second.strip().isdecimal() and 1 <= int(first) <= int(second)):
            raise InputError.of("R274", text=text)
        return cls(int(first), int(second))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def part(self, runs: Sequence[Run]) -> list[Run]:
        """Return the runs of this shard: as many as the others have, give or take one, from all arms."""
        mixed = sorted(runs, key=lambda run: hashlib.sha256(f"{run[0]}\0{run[1]}".encode()).digest())
        mine = set(mixed[self.number - 1 :: self.count])
        return [run for run in runs if run in mine]


class ShardDone(Exception):  # noqa: N818
    """No error: the runs of a shard are in its folder, and there is nothing to write before the others are, too."""

    def __init__(self, shard: Shard, folder: Path, runs: int, total: int) -> None:
        super().__init__(str(shard))
        self.shard, self.folder, self.runs, self.total = shard, folder, runs, total


@dataclass(frozen=True)
class Merged:
    """What a merge brought: runs taken over, and what the folder holds now."""

    taken: int
    held: Held


def merge(out: str | Path, folders: Sequence[str | Path]) -> Merged:
    """Take over into a folder every run that it lacks and others of the same experiment hold.

    Raises InputError R216 and R217 (not the same experiment or program), R218 (something else lies in ``out``), R273
    (no run folder), R275 (the same run, but other results), R204 (in use).
    """
    found = [held_in(Path(one)) for one in folders]
    for one in found:
        if one.locked:
            raise InputError.of("R204", folder=str(one.path))
    path = folder_of(out)
    target = held_in(path) if (path / LEDGER).is_file() else None
    first = target if target is not None and not target.locked else found[0]
    _refuse_others(first, found)
    replications = max(one.replications for one in (*found, first))
    with _opened(path, first, found, replications) as folder:
        for name in (CONTENTS, RESOLVED):
            if name in found[0].said:
                folder.remember(name, found[0].said[name])
        folder.remember(TOTAL, str(max(one.total for one in (*found, first))))
        taken = sum(_take_over(folder, one) for one in found)
        folder.end("merged")
    return Merged(taken, held_in(path))


def _opened(path: Path, first: Held, found: Sequence[Held], replications: int) -> RunFolder:
    """Open the folder that is merged into; what a session says of the scenario is that of the first shard."""
    said: dict[str, object] = {"merged": [str(one.path) for one in found]}
    last: Mapping[str, object] = next((one for one in reversed(found[0].sessions) if one.get("sources")), {})
    said |= {name: last[name] for name in ("sets", "sources") if name in last}
    said |= {"request": found[0].request} if found[0].request else {}
    try:
        return RunFolder.open(path, first.identity, replications, said)
    except InputError as error:
        (complaint,) = error.complaints
        if complaint.code != "R202":
            raise
        raise InputError.of("R218", **complaint.values) from error


def _refuse_others(first: Held, found: Sequence[Held]) -> None:
    """Whoever merges has no ``--out`` and no ``--replace``: what is said must not send there."""
    wanted = first.identity.rows()
    for one in found:
        rows = one.identity.rows()
        differing = [name for name in wanted if rows[name] != wanted[name]]
        if differing == ["code"]:
            raise InputError.of("R217", folder=str(one.path), first=str(first.path), held=rows["code"][:_SHOWN],
                                now=wanted["code"][:_SHOWN])  # fmt: skip
        if differing:
            raise InputError.of("R216", folder=str(one.path), first=str(first.path), differing=names_of(differing))


def _take_over(folder: RunFolder, other: Held) -> int:
    """Copy what is missing; return how many runs that was."""
    have = folder.digests()
    known = [run for run in other.done if run in have]
    strange = [run for run in known if have[run] != other.done[run]]
    if strange:
        arm, seed = min(strange)
        raise InputError.of("R275", arm=arm, seed=seed, folder=str(other.path))
    missing = sorted(run for run in other.done if run not in have)
    taken = 0
    for (arm, seed), metrics, tables in stored(other.path, missing):
        folder.adopt(arm, seed, metrics, tables)
        taken += 1
    return taken
