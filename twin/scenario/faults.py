"""Pydantic's findings, put into our words and at their place in the file.

Our own codes come through as they are; pydantic's types are looked up in :data:`CODES`, so that its English text
is never shown.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, Place, Words, closest
from twin.scenario import leaves
from twin.scenario.schema import Block

CODES: Mapping[str, str] = {
    "extra_forbidden": "S101",
    "missing": "S102",
    "dict_type": "S103",
    "list_type": "S103",
    "model_type": "S103",
    "model_attributes_type": "S103",
    "string_type": "S103",
}
_EXPECTED: Mapping[str, Words] = {"list_type": leaves.LIST, "string_type": leaves.TEXT}
_KEY_MARK = "[key]"  # pydantic's last step for a complaint about a key

MOST_COMPLAINTS = 200

Path = tuple[str | int, ...]


def validated(model: type[Block], tree: Marked) -> tuple[Any | None, list[Complaint]]:
    """Return the instance that ``tree`` describes, or ``None`` and every complaint about it."""
    try:
        return model.model_validate(tree.plain()).instance(), []
    except ValidationError as reason:
        errors = reason.errors(include_url=False)[:MOST_COMPLAINTS]
        found = [complaint_of(error, model, tree) for error in errors]
        return None, _misspelled_once(found)


def complaint_of(error: Any, model: type[Block], tree: Marked) -> Complaint:
    """Translate one of pydantic's errors."""
    path: Path = tuple(error["loc"])
    kind: str = error["type"]
    code = CODES.get(kind, kind if kind.startswith("S") else "S132")
    about_key = path[-1:] == (_KEY_MARK,) or kind == "extra_forbidden"
    path = path[:-1] if path[-1:] == (_KEY_MARK,) else path
    values = {"path": ".".join(map(str, path)) or _TOP, "kind": kind, **(error.get("ctx") or {})}
    if code == "S101":
        values |= key_values(path, keys_at(model, path[:-1]))
    elif code == "S102":
        values |= key_values(path, ())  # what is missing has no likeness: nothing to suggest
    elif code == "S103" and "expected" not in values:
        values |= {"expected": _EXPECTED.get(kind, leaves.MAP), "found": leaves.found_kind(error["input"])}
    return Complaint(code, place_of(tree, path, about_key), values)


def place_of(tree: Marked, path: Path, key: bool = False) -> Place:
    """Return where ``path`` stands in ``tree`` (its key, or its value), or the innermost thing around it."""
    if key:
        return tree.at(path[:-1]).key_place(str(path[-1]))
    return tree.at(path).place


_TOP = Words("the scenario", "场景")


def key_values(path: Path, known: Sequence[str]) -> dict[str, Any]:
    """Say which key it is, of what, and what would do instead."""
    above = ".".join(map(str, path[:-1]))
    return {
        "key": path[-1],
        "owner": Words(f"`{above}`", f"`{above}` ") if above else _TOP,
        "here": Words(f"in `{above}`", f"在 `{above}` 中") if above else Words("at the top", "在最上层"),
        "suggestion": closest(str(path[-1]), known),
        "known": sorted(known),
    }


def keys_at(model: type[Block], path: Path) -> tuple[str, ...]:
    """Return the keys that the model knows at the end of ``path``."""
    here: type[Block] | None = model
    for step in path:
        if here is None:
            return ()
        name = f"x_{step}"
        if name in here.model_fields:
            here = _block_in(here.model_fields[name].annotation)
    return here.keys() if here is not None else ()


def _block_in(annotation: Any) -> type[Block] | None:
    """Return the block that an annotation holds, inside lists, maps and marks."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        return annotation
    inner = (_block_in(arg) for arg in typing.get_args(annotation))
    return next((block for block in inner if block is not None), None)


def _misspelled_once(found: Sequence[Complaint]) -> list[Complaint]:
    """Merge a missing key with an unknown one beside it that is nearly its name."""
    missing = {c.values["key"]: c for c in found if c.code == "S102"}
    kept = []
    for complaint in found:
        near = closest(str(complaint.values.get("key")), missing) if complaint.code == "S101" else None
        if near is not None and missing[near].values["owner"] == complaint.values["owner"]:
            del missing[near]
            complaint = Complaint("S101", complaint.place, {**complaint.values, "suggestion": near})
        if complaint.code != "S102":
            kept.append(complaint)
    return kept + list(missing.values())
