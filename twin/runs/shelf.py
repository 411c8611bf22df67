"""Run folders looked at from outside: a list of them, what one holds, why two differ."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.runs.asked import Points, asked_of, kind_of, points_of, scenario_of
from twin.runs.ledgers import Held, folders_below, held_in
from twin.runs.store import RUNNING, clear

_SESSION = ("outcome", "started", "ended", "computed_runs", "wall_seconds", "jobs", "cluster", "merged")
_LAST_LINE = -1
POINTS_SHOWN = 5
_MOVES_NO_POINT = {"replications", "first_seed", "outcomes", "design", "code", "results_version"}
_ASKED_ELSEWHERE = {"levers", "uncertainties", "sweep"}


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
    last = str(held.sessions[-1].get("started", "")) if held.sessions else ""
    return Listed(
        str(path), state_of(held), _name(held), len(held.arms), len(held.done), held.total, len(held.failed), last,
        held.digest if held.complete else None,
    )  # fmt: skip


def _name(held: Held) -> str:
    return str((held.resolved or {}).get("name", ""))


def state_of(held: Held) -> str:
    """Return how far a folder is: "done", "computed" (its files are not written) or "partial"."""
    return "partial" if not held.complete else "done" if held.written else "computed"


def told(held: Held) -> dict[str, Any]:
    """Return what a ledger says of its folder (schema ``twin.runs.show/1``); points by what is set there."""
    kind = kind_of(held)
    points = points_of(held) if kind == "sweep" else None
    asked = asked_of(held, points)
    arms = [asked.pop("arm")] if "arm" in asked else list(held.arms)
    failed = [{**_named(arm, points), "seed": seed, "why": why.strip().splitlines()[_LAST_LINE] if why.strip() else ""}
              for (arm, seed), why in sorted(held.failed.items())]  # fmt: skip
    return {
        "schema": "twin.runs.show/1",
        "folder": str(held.path),
        "command": f"twin {kind}",
        "state": state_of(held),
        "scenario": str((scenario_of(held) or {}).get("name", "")),
        "arms": arms,
        **({"asked": asked} if asked else {}),
        **({"points": _points(held, points)} if points else {}),
        "replications": held.replications,
        "runs": {"done": len(held.done), "total": held.total, "failed": len(held.failed)},
        "identity": {name: value for name, value in held.identity.rows().items() if value and name != "arms"},
        **({"digest": held.digest} if held.complete else {}),
        **({"failed": failed} if failed else {}),
        "sessions": [_session(one) for one in held.sessions],
    }


def _session(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is shown of a session; one that never ended was killed, for beside a living one nobody can read."""
    shown = {name: record[name] for name in _SESSION if name in record}
    return shown | {"outcome": "killed"} if shown.get("outcome") == RUNNING else shown


def _points(held: Held, points: Points) -> dict[str, Any]:
    """Return how many points there are, and the first of them by their numbers (none: nobody knows what is set)."""
    count = len(points.settings)
    first = {str(number): points.said(number) for number in range(min(count, POINTS_SHOWN))}
    return {"count": count or len(held.arms), "first": first}


def _named(arm: str, points: Points | None) -> dict[str, Any]:
    """Return the arm of a run or, where it is known, the point with what is set there."""
    if points is None or arm not in points.keys:
        return {"arm": arm}
    number = points.keys.index(arm)
    return {"arm": points.arm, "point": number, "set": points.said(number)}


def differing(first: Held, second: Held) -> dict[str, tuple[Any, Any]]:
    """Return every value in which two experiments differ, by its path: those of the first and the second.

    Axes that are written in different ways and give the same points do not differ.
    """
    sides = [points_of(held) if kind_of(held) == "sweep" else None for held in (first, second)]
    forms = [scenario_of(held) for held in (first, second)]
    told = [_arms_told(form, beside) for form, beside in (forms, forms[::-1])]
    one, other = (_content(*each) for each in zip((first, second), sides, told, strict=True))
    paths = [*one, *(path for path in other if path not in one)]
    found = {path: (one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)}
    swept = [points for points in sides if points]
    if len(swept) < len(sides):
        return found
    if first.arms == second.arms:
        return {path: pair for path, pair in found.items() if not any(path in side.axes for side in swept)}
    return found if found.keys() - _MOVES_NO_POINT else found | _other_points((first, second), swept)


def _other_points(held: tuple[Held, Held], swept: Sequence[Points]) -> dict[str, tuple[Any, Any]]:
    """Return the points that differ where nothing else tells why they do; by their digests where no more is known."""
    said = ([side.said(number) for number in range(len(side.settings))] for side in swept)
    pairs = enumerate(itertools.zip_longest(*said))
    return {f"point {number}": (one, other) for number, (one, other) in pairs if one != other} or {
        "points": (list(held[0].arms), list(held[1].arms))
    }


def _arms_told(form: dict[str, Any] | None, beside: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a scenario in which arms that the other lacks are said shortly: ``= NAME`` if only the name differs."""
    if form is None or beside is None:
        return form
    known, arms = beside.get("arms", {}), dict(form.get("arms", {}))
    for name in arms.keys() - known.keys():
        alike = [other for other, held in known.items() if _nameless(held) == _nameless(arms[name])]
        arms[name] = f"= {alike[0]}" if alike else "{...}"
    return form | {"arms": arms}


def _nameless(arm: Any) -> Any:
    return {key: value for key, value in arm.items() if key not in ("title", "like")} if isinstance(arm, dict) else arm


def _content(held: Held, points: Points | None, resolved: dict[str, Any] | None) -> dict[str, Any]:
    """Everything that makes an experiment what it is, and all that was asked of it, by path."""
    kind, asked = kind_of(held), asked_of(held, points)
    asked |= {} if "arm" in asked else {"arms": list(held.arms)}
    rows = {name: value for name, value in held.identity.rows().items() if name != "arms"}
    if resolved is not None:
        del rows["digest"]
    unasked = {"seed", "replications"} | (set() if kind == "run" else _ASKED_ELSEWHERE)
    leaves = _leaves({key: value for key, value in (resolved or {}).items() if key not in unasked}, "")
    return {"command": f"twin {kind}", **asked, "replications": held.replications, **rows, **dict(leaves)}


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
