"""Whether the axes that a scenario names can be swept at all: their ends and values, before anything is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, InputError, file_order
from twin.runs.layout import LEVERS, axis_at
from twin.scenario.files import Files
from twin.scenario.load import Scenario, variants

_BLOCKS = (("levers",), ("uncertainties",), ("sweep", "over"))


def faults_of_axes(file: str | Path, scenario: Scenario, sets: Sequence[str] = ()) -> list[Complaint]:
    """Return what is wrong with the axes of a scenario, at the values of its file.

    Of a range both ends are tried, of a list all values, each in the first arm that takes it: a sweep is of one arm.
    """
    files = Files()
    tree = files.read(Path(file), str(file))
    if tree is None:
        return []
    found = [replace(one, place=node.place) for path, axis, node in _axes(scenario, tree)
             for one in _faults(file, scenario, sets, path, axis)]  # fmt: skip
    found += _of_points(file, scenario, sets, tree)
    return list(file_order(found, list(files.texts)))


def _of_points(file: str | Path, scenario: Scenario, sets: Sequence[str], tree: Marked) -> Iterator[Complaint]:
    """Yield what is wrong with points that are listed one by one, each in the first arm that takes it."""
    for number, point in enumerate(scenario.sweep.list):
        node, first = tree.at(("sweep", "list", number)), list[Complaint]()
        for arm in scenario.arms:
            try:
                variants(file, arm, sets, [[f"{path}={text}" for path, text in point.items()]])
            except InputError as error:
                first = first or list(error.complaints)
            else:
                first = []
                break
        yield from (replace(one, place=node.place) for one in first)


def _axes(scenario: Scenario, tree: Marked) -> Iterator[tuple[str, Any, Marked]]:
    named = (scenario.levers, scenario.uncertainties, scenario.sweep.over)
    for keys, axes in zip(_BLOCKS, named, strict=True):
        block = tree.at(keys)
        for path, axis in axes.items():
            yield path, axis, block.value[path] if isinstance(block.value, Mapping) and path in block.value else block


def _faults(file: str | Path, scenario: Scenario, sets: Sequence[str], path: str, axis: Any) -> Sequence[Complaint]:
    """Return the complaints of the first arm; nothing where any arm has none."""
    first: Sequence[Complaint] | None = None
    for arm in scenario.arms:
        try:
            laid = axis_at(scenario, arm, path, axis, "axis", LEVERS)
            ends = laid.values or (laid.at(0.0), laid.at(1.0))
            variants(file, arm, sets, [[f"{path}={text}"] for text in ends])
        except InputError as error:
            first = first or error.complaints
        else:
            return ()
    return first or ()
