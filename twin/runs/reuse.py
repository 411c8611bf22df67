"""What a run is, whatever folder it lies in: so that no run is computed twice.

Two runs are the same when they have the same seed and the same content: the arm as it is resolved, without names and
titles, in base units; the data it reads; the program and the version of its results.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.parameters import data_digest_of, files_of
from twin.runs.ledgers import Held, Run, folders_below, readable, stored
from twin.runs.provenance import code_fingerprint
from twin.runs.store import RunFolder, canonical

if TYPE_CHECKING:
    from twin.scenario.load import Scenario

_ANY = "run"


@dataclass(frozen=True)
class Reuse:
    """What the arms of an experiment are (``contents``), and whether a run without its tables will not do."""

    contents: Mapping[str, str] = field(default_factory=dict)
    tables: bool = True


def contents_of(arms: Mapping[str, tuple[Scenario, str]], results_version: int) -> dict[str, str]:
    """Return the sha256 of what a run of each arm is, but for its seed; ``arms`` holds (scenario, its arm)."""
    read: dict[str, str] = {}
    return {name: _content(scenario, arm, results_version, read) for name, (scenario, arm) in arms.items()}


def _content(scenario: Scenario, arm: str, results_version: int, read: dict[str, str]) -> str:
    from twin.scenario.resolved import digest_of

    kept = replace(scenario.arm(arm), name=_ANY)
    plugins = {name: scenario.plugins[name] for name in kept.outside}
    data = {block: _data_digest(values, read) for block, values in sorted(kept.blocks.items()) if files_of(values)}
    alone = digest_of(replace(scenario, arms={_ANY: kept}, plugins=plugins))
    said = canonical([alone, data, results_version, code_fingerprint()])
    return hashlib.sha256(said.encode("utf-8")).hexdigest()


def _data_digest(values: Any, read: dict[str, str]) -> str:
    """Return the digest of the data that a block reads; each file is read once."""
    where = "|".join(str(getattr(values, name)) for name, _ in files_of(values))
    if where not in read:
        read[where] = data_digest_of(values)
    return read[where]


def take_from(places: Sequence[str | Path], folder: RunFolder, reuse: Reuse, missing: Sequence[Run]) -> dict[Run, Path]:
    """Copy into a folder the runs that it lacks and others hold; return where each came from.

    ``places`` are run folders, or folders of them; those in use, or of another format, are passed over.
    """
    taken: dict[Run, Path] = {}
    for path in (below for place in places for below in folders_below(Path(place))):
        rest = [run for run in missing if run not in taken]
        if not rest or path.resolve() == folder.path.resolve():
            continue
        held = readable(path)
        if held is not None:
            taken |= dict.fromkeys(_copy(held, folder, reuse, rest), path)
    return taken


def _copy(held: Held, folder: RunFolder, reuse: Reuse, missing: Sequence[Run]) -> list[Run]:
    names = {content: arm for arm, content in held.contents.items()}
    wanted: dict[Run, list[Run]] = {}
    for arm, seed in missing:
        there = (names.get(reuse.contents.get(arm, ""), ""), seed)
        if there in held.done:
            wanted.setdefault(there, []).append((arm, seed))
    copied: list[Run] = []
    for there, metrics, tables in stored(held.path, list(wanted)):
        if tables or not reuse.tables:
            for arm, seed in wanted[there]:
                folder.adopt(arm, seed, metrics, tables if reuse.tables else {})
                copied.append((arm, seed))
    return copied
