"""Run folders looked at from outside: a list of them, what one holds, why two differ, its values as one table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.runs.ledgers import Held, folders_below, held_in, stored
from twin.runs.store import clear, write_table

_SESSION = ("outcome", "started", "ended", "computed_runs", "wall_seconds", "jobs", "merged")
_LAST_LINE = -1


@dataclass(frozen=True)
class Listed:
    """A run folder in one row; ``state`` is "done", "computed", "partial", "locked" or "unreadable"."""

    folder: str
    state: str
    scenario: str = ""
    arms: int = 0
    done: int = 0
    total: int = 0
    failed: int = 0
    last: str = ""
    digest: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)


def listed(root: Path) -> list[Listed]:
    """Return a row for every run folder here or right below, by name."""
    return [_row(path) for path in folders_below(root)]


def _row(path: Path) -> Listed:
    try:
        held = held_in(path)
    except InputError:
        return Listed(str(path), "unreadable")
    if held.locked:
        return Listed(str(path), "locked")
    state = "partial" if not held.complete else "done" if held.written else "computed"
    last = str(held.sessions[-1].get("started", "")) if held.sessions else ""
    return Listed(
        str(path), state, _name(held), len(held.arms), len(held.done), held.total, len(held.failed), last,
        held.digest if held.complete else None,
    )  # fmt: skip


def _name(held: Held) -> str:
    return str((held.resolved or {}).get("name", ""))


def told(held: Held) -> dict[str, Any]:
    """Return what a ledger says of its folder (schema ``twin.runs.show/1``)."""
    failed = [{"arm": arm, "seed": seed, "why": why.strip().splitlines()[_LAST_LINE] if why.strip() else ""}
              for (arm, seed), why in sorted(held.failed.items())]  # fmt: skip
    return {
        "schema": "twin.runs.show/1",
        "folder": str(held.path),
        "scenario": _name(held),
        "arms": list(held.arms),
        "replications": held.replications,
        "runs": {"done": len(held.done), "total": held.total, "failed": len(held.failed)},
        "identity": {name: value for name, value in held.identity.rows().items() if value and name != "arms"},
        **({"digest": held.digest} if held.complete else {}),
        **({"failed": failed} if failed else {}),
        "sessions": [{name: one[name] for name in _SESSION if name in one} for one in held.sessions],
    }


def differing(first: Held, second: Held) -> dict[str, tuple[Any, Any]]:
    """Return every value in which two experiments differ, by its path: those of the first and the second."""
    one, other = _content(first), _content(second)
    paths = [*one, *(path for path in other if path not in one)]
    return {path: (one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)}


def _content(held: Held) -> dict[str, Any]:
    """Everything that makes an experiment what it is, by path; how many replications is no part of it."""
    rows = held.identity.rows()
    if held.resolved is not None:
        rows.pop("digest")
    resolved = {key: value for key, value in (held.resolved or {}).items() if key not in ("seed", "replications")}
    return {**rows, **dict(_leaves(resolved, ""))}


def _leaves(form: Any, above: str) -> Iterator[tuple[str, Any]]:
    if isinstance(form, Mapping) and form:
        for key, below in form.items():
            yield from _leaves(below, f"{above}.{key}" if above else str(key))
    else:
        yield above, form


def remove(path: Path) -> None:
    """Remove a run folder. Raises InputError R202, with nothing taken away, if something else lies in it."""
    clear(path)
    shutil.rmtree(path)


def export_values(held: Sequence[Held], file: Path) -> int:
    """Write every value of every finished run (folder, arm, seed, metric, value) as CSV or Parquet; return the rows.

    Raises InputError R279 for another ending, S130 where the file cannot be written.
    """
    if file.suffix not in (".csv", ".parquet"):
        raise InputError.of("R279", file=str(file))
    rows = [
        (str(one.path), arm, seed, metric, value)
        for one in held
        for (arm, seed), metrics, _ in stored(one.path, sorted(one.done))
        for metric, value in sorted(json.loads(metrics).items())
    ]
    try:
        write_table(file, ("folder", "arm", "seed", "metric", "value"), rows)
    except OSError as error:
        raise InputError.of("S130", file=str(file), why=error.strerror or str(error)) from error
    return len(rows)
