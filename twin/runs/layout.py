"""From the axes of a sweep to its points: what is set at each, and where it lies in the space that is swept."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.core.columns import Floats
from twin.core.marked_yaml import Source
from twin.errors import InputError
from twin.runs import designs
from twin.scenario.axes import Span, axis_values, dial_of, number_of
from twin.scenario.sweeping import OVER, Axis

if TYPE_CHECKING:
    from twin.scenario.load import Scenario

Role = Literal["axis", "lever", "uncertainty"]
Texts = tuple[str, ...]
MOST_POINTS = 100_000
SWEEP, LEVERS, UNCERTAINTIES = "<sweep>", "<levers>", "<uncertainties>"
"""What messages call the places in the scenario where axes are asked for."""


@dataclass(frozen=True)
class SweepAxis:
    """One path and what it takes: listed ``values``, or a ``span`` of numbers."""

    path: str
    values: Texts = ()
    span: Span | None = None
    role: Role = "axis"

    def at(self, share: float) -> str:
        """Return the value so far up the axis (0 to 1), as ``--set`` takes it."""
        return self.span.at(share)[1] if self.span else self.values[self.level(share)]

    def level(self, share: float) -> int:
        """Return which of the listed values lies there."""
        return min(int(share * len(self.values)), len(self.values) - 1)

    def middle(self, level: int) -> float:
        """Return the place of a listed value, the middle of its stretch."""
        return (level + 0.5) / len(self.values)

    def number(self, share: float) -> float:
        """Return what stands there as a number: in the unit of the path, or which of the listed values."""
        return self.span.at(share)[0] if self.span else float(self.level(share))

    def to_json(self) -> dict[str, object]:
        """Return the axis as plain data; ends are in the unit of the declaration."""
        held: dict[str, object] = (
            {"low": self.span.low, "high": self.span.high} if self.span else {"values": list(self.values)}
        )
        return {"path": self.path, "role": self.role, **held}


@dataclass(frozen=True, eq=False)
class Layout:
    """The points of a sweep.

    ``shares`` (points, axes) say how far up each axis a point lies. ``settings`` counts the lever settings where
    levers are crossed with uncertainties (points then come setting by setting), else 0. ``rows`` is what was asked
    for of a design with a size.
    """

    design: str
    axes: tuple[SweepAxis, ...]
    shares: Floats
    texts: tuple[Texts, ...]
    settings: int = 0
    rows: int = 0

    @property
    def levers(self) -> list[int]:
        """The places of the axes that the authority moves."""
        return [place for place, axis in enumerate(self.axes) if axis.role == "lever"]

    @property
    def uncertainties(self) -> list[int]:
        """The places of the axes that nobody here decides (of a sweep without roles: all)."""
        return [place for place, axis in enumerate(self.axes) if axis.role != "lever"]

    def sets(self, point: int) -> Texts:
        """Return a point as texts for ``--set``."""
        return tuple(f"{axis.path}={text}" for axis, text in zip(self.axes, self.texts[point], strict=True))

    def said(self, point: int, places: Sequence[int] | None = None) -> str:
        """Return in one line what is set at a point."""
        chosen = range(len(self.axes)) if places is None else places
        return ", ".join(f"{self.axes[place].path}={self.texts[point][place]}" for place in chosen)


def layout_of(
    scenario: Scenario,
    arm: str,
    over: Mapping[str, Axis] | None = None,
    design: str | None = None,
    points: int | None = None,
) -> Layout:
    """Lay out the points: over what is given, else over what the scenario's ``sweep`` names, else over its levers
    crossed with its uncertainties.

    Raises InputError R251 to R257, and S101 for a path that the arm does not have.
    """
    rows = points or scenario.sweep.points
    wanted = over or scenario.sweep.over
    if not wanted and scenario.sweep.list and design in (None, "list"):
        return _listed(scenario, arm)
    if wanted:
        where = OVER if over else SWEEP
        axes = [axis_at(scenario, arm, path, axis, "axis", where) for path, axis in wanted.items()]
        return _laid(axes, _design(design or (None if over else scenario.sweep.design or None), axes), rows)
    levers = [axis_at(scenario, arm, path, axis, "lever", LEVERS) for path, axis in scenario.levers.items()]
    unsure = scenario.uncertainties.items()
    others = [axis_at(scenario, arm, path, axis, "uncertainty", UNCERTAINTIES) for path, axis in unsure]
    if not levers and not others:
        raise InputError.of("R255")
    chosen = design or scenario.sweep.design or None
    if not levers or not others:
        return _laid(levers or others, _design(chosen, levers or others), rows)
    return _crossed(_laid(levers, "factorial", rows), _laid(others, _design(chosen, others), rows))


def axes_of(scenario: Scenario, arm: str, over: Mapping[str, Axis] | None = None) -> list[SweepAxis]:
    """Return what a search may move: the axes that are given, else the scenario's levers; R255 if there are none."""
    wanted = over or scenario.levers
    if not wanted:
        raise InputError.of("R255")
    where = OVER if over else LEVERS
    return [axis_at(scenario, arm, path, axis, "lever", where) for path, axis in wanted.items()]


def _design(design: str | None, axes: Sequence[SweepAxis]) -> str:
    """Ranges cannot be combined in full: without another wish they are filled by a Latin hypercube."""
    if design in (None, "list"):
        return "lhs" if any(axis.span for axis in axes) else "factorial"
    return str(design)


def axis_at(scenario: Scenario, arm: str, path: str, axis: Axis, role: Role, where: str) -> SweepAxis:
    """Return an axis of an arm as a sweep walks along it; raises S101 and R251 to R253, said to be at ``where``."""
    with _told_at(where, path):
        dial = dial_of(scenario, arm, path)
        values = axis_values(axis)
        if values is not None:
            return SweepAxis(path, values, None, role)
        return SweepAxis(path, (), dial.span(axis if isinstance(axis, Mapping) else None), role)


@contextmanager
def _told_at(where: str, path: str) -> Iterator[None]:
    """Say of what is wrong with an axis where it was asked for: at the step that is wrong, else at the whole path."""
    whole = Source(where, (path,), path).place((0, 0), (0, len(path)))
    try:
        yield
    except InputError as error:
        raise InputError(
            [replace(one, place=replace(one.place or whole, file=where)) for one in error.complaints]
        ) from None


def _laid(axes: Sequence[SweepAxis], design: str, rows: int) -> Layout:
    """Lay out one design."""
    sized = {
        "lhs": lambda: designs.latin_hypercube(rows, len(axes)),
        "sobol": lambda: designs.sobol(rows, len(axes)),
        "morris": lambda: designs.morris(rows, len(axes)),
    }
    per_row = {"lhs": 1, "sobol": len(axes) + 2, "morris": len(axes) + 1}
    if design in sized:
        _refuse_many(rows * per_row[design])
        return _placed(design, axes, sized[design](), rows)
    return _placed("factorial", axes, _all_combinations(axes))


def _all_combinations(axes: Sequence[SweepAxis]) -> Floats:
    for axis in axes:
        if axis.span:
            raise InputError.of("R256", path=axis.path, design="factorial")
    counts = [len(axis.values) for axis in axes]
    _refuse_many(int(np.prod(counts, dtype=np.float64)))
    levels = designs.factorial(counts)
    return np.array([[axis.middle(level) for axis, level in zip(axes, row, strict=True)] for row in levels.tolist()])


def _placed(design: str, axes: Sequence[SweepAxis], shares: Floats, rows: int = 0) -> Layout:
    texts = [tuple(axis.at(share) for axis, share in zip(axes, row, strict=True)) for row in shares.tolist()]
    return Layout(design, tuple(axes), shares, tuple(texts), rows=rows)


def _crossed(levers: Layout, others: Layout) -> Layout:
    """Let every lever setting meet every point of the uncertainties."""
    _refuse_many(len(levers.texts) * len(others.texts))
    pairs = list(itertools.product(range(len(levers.texts)), range(len(others.texts))))
    shares = np.array([np.concatenate([levers.shares[one], others.shares[other]]) for one, other in pairs])
    texts = tuple(levers.texts[one] + others.texts[other] for one, other in pairs)
    return Layout(others.design, levers.axes + others.axes, shares, texts, len(levers.texts), others.rows)


def _listed(scenario: Scenario, arm: str) -> Layout:
    """Take the points as the scenario lists them; every point names every path."""
    points = scenario.sweep.list
    paths = list(dict.fromkeys(path for point in points for path in point))
    for path in paths:
        with _told_at(SWEEP, path):
            dial_of(scenario, arm, path)
    axes = [SweepAxis(path, tuple(dict.fromkeys(point[path] for point in points))) for path in paths]
    shares = [[axis.middle(axis.values.index(point[axis.path])) for axis in axes] for point in points]
    texts = tuple(tuple(point[path] for path in paths) for point in points)
    return Layout("list", tuple(axes), np.array(shares), texts)


def numbers(layout: Layout, scenario: Scenario, arm: str) -> Mapping[str, Floats | Texts]:
    """Return each axis as a column: numbers in the unit of the path where all are numbers, else the texts."""
    columns: dict[str, Floats | Texts] = {}
    for place, axis in enumerate(layout.axes):
        dial = dial_of(scenario, arm, axis.path)
        texts = tuple(row[place] for row in layout.texts)
        found = [number_of(dial, text) for text in texts]
        columns[axis.path] = texts if None in found else np.array(found, np.float64)
    return columns


def _refuse_many(count: int) -> None:
    if count > MOST_POINTS:
        raise InputError.of("R257", count=count, most=MOST_POINTS)
