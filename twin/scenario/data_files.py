"""Files of data that an arm names: where they are, whether they are there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from twin.core.marked_yaml import Marked
from twin.core.parameters import files_of
from twin.errors import Complaint, closest
from twin.scenario.faults import place_of


def located(tree: Marked, blocks: Mapping[str, type]) -> Marked:
    """Return an arm's tree with full paths: a relative one is read from the folder of the file that says it.

    One that a ``--set`` says is read from the working folder.
    """
    for block, declared in blocks.items():
        for name, spec in files_of(declared):
            said = _text_at(tree, block, name)
            if said is not None and said.value not in spec.choices:
                tree = _with(tree, (block, name), replace(said, value=_full_path(said)))
    return tree


def missing(blocks: Mapping[str, Any], tree: Marked) -> Iterator[Complaint]:
    """Complain of every file that an arm's blocks name and that is not there."""
    for block, values in blocks.items():
        for name, spec in files_of(values):
            path = getattr(values, name)
            if path not in spec.choices and not os.path.isfile(path):
                near = closest(os.path.basename(path), spec.choices)
                said = {"file": path, "path": f"{block}.{name}", "suggestion": near, "known": spec.choices}
                yield Complaint("Y002" if os.path.isdir(path) else "Y023", place_of(tree, (block, name)), said)


def _text_at(tree: Marked, block: str, name: str) -> Marked | None:
    inside = tree.value.get(block)
    said = inside.value.get(name) if inside is not None and inside.kind == "map" else None
    return said if said is not None and said.kind == "text" else None


def _full_path(said: Marked) -> str:
    return os.path.abspath(os.path.join(os.path.dirname(said.source.name), said.value))


def _with(tree: Marked, path: tuple[str, ...], value: Marked) -> Marked:
    """Return a tree of maps with one value replaced; its keys keep their marks."""
    if not path:
        return value
    return replace(tree, value={**tree.value, path[0]: _with(tree.value[path[0]], path[1:], value)})
