"""A path of a scenario as an axis of a sweep: what stands there, within which ends, and how its values are written."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.core import units
from twin.core.marked_yaml import Marked, Source
from twin.core.parameters import ParamSpec, spec_of
from twin.errors import Complaint, InputError, Place
from twin.scenario.faults import key_values
from twin.scenario.head import Head
from twin.scenario.resolved import Arm, Scenario
from twin.scenario.sweeping import EXPERIMENT, OVER, Axis

_NOT_SWEPT = ("seed", "replications", "primary", "shown", "version", "name", "title", "question", "purpose", "extends",
              "arms", *EXPERIMENT)  # fmt: skip
_ANYTHING = ("mechanisms", "rules")  # the switches, and what rules say: checked when a point is loaded
_QUANTITY = re.compile(r"\s*([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)
_DIGITS = 9


@dataclass(frozen=True)
class Dial:
    """What stands at a path: its present value and how it is declared (``None``: nothing is known of it)."""

    path: str
    value: Any
    spec: ParamSpec | None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers will do."""
        return isinstance(self.value, int) and not isinstance(self.value, bool)

    def span(self, axis: Mapping[str, str] | None) -> Span:
        """Return the range of an axis (``None``: the parameter's own); raises R229, R251, R252, R253."""
        if isinstance(self.value, (bool, str, tuple, Mapping)):
            raise InputError.of("R252", path=self.path)
        if axis is None:
            return self._own_range()
        low, high = (self._number(axis[end]) for end in ("low", "high"))
        if low[0] >= high[0] or low[1] != high[1]:
            raise InputError.of("R253", path=self.path, low=axis["low"], high=axis["high"])
        return Span(self, low[0], high[0], low[1])

    def _own_range(self) -> Span:
        spec = self.spec
        if spec is None or spec.low is None or spec.high is None:
            raise InputError.of("R251", path=self.path)
        return Span(self, spec.low, spec.high, "")

    def _number(self, text: str) -> tuple[float, str]:
        """Return a number in the unit of the declaration, or as it was written with the unit that follows it."""
        parts = _QUANTITY.fullmatch(text)
        try:
            if parts is None:
                raise ValueError
            if self.spec is not None and parts[2]:
                return units.quantity(text, self.spec.unit or "1"), ""
            return float(parts[1]), parts[2]
        except units.UnitProblem as problem:
            values = {"path": self.path, "text": text, "unit": problem.wanted, "units": ", ".join(problem.known)}
            raise InputError.of("R229", **values) from None
        except ValueError:
            raise InputError.of("R252", path=self.path) from None


@dataclass(frozen=True)
class Span:
    """Numbers from ``low`` to ``high``, in the unit of the declaration or, where there is none, of the text."""

    dial: Dial
    low: float
    high: float
    unit: str

    def at(self, share: float) -> tuple[float, str]:
        """Return the number so far up the range (0 to 1), and how ``--set`` takes it."""
        number = self.low + share * (self.high - self.low)
        if self.dial.whole:
            count = round(self.high) - round(self.low) + 1
            number = round(self.low) + min(int(share * count), count - 1)
            return float(number), str(number)
        number = float(f"{number:.{_DIGITS}g}")
        spec = self.dial.spec
        if spec is None:
            return number, f"{number!r} {self.unit}".strip()
        bare = units.is_pure(spec.unit) or units.ends_in_unit(self.dial.path.rpartition(".")[2], spec.unit)
        return number, repr(number) if bare else units.example(number, spec.unit)


def dial_of(scenario: Scenario, arm: str, path: str) -> Dial:
    """Return what stands at a path of an arm; raises R254 (not to be swept), S101 (no such path)."""
    steps = tuple(path.split("."))
    if steps[0] in _NOT_SWEPT:
        raise InputError.of("R254", path=steps[0])
    if steps[0] in _ANYTHING:
        return Dial(path, None, None)
    return _walked(path, steps, _top(scenario, scenario.arm(arm)))


def unknown_paths(tree: Marked, arms: Mapping[str, Arm]) -> Iterator[Complaint]:
    """Complain of every axis of a scenario's tree that no arm has, or that two blocks have which meet each other.

    And of every point of a list that lacks a path of the others.
    """
    yield from _met_twice(tree)
    yield from _uneven(tree)
    for block, axes in _axes_in(tree):
        for path in axes.value:
            missing = [one for arm in arms.values() if (one := _unknown(arm, path.split("."))) is not None]
            if len(missing) == len(arms):
                yield dataclasses.replace(missing[0], place=axes.key_place(path))
            if path.partition(".")[0] in _NOT_SWEPT:
                yield Complaint("R254", axes.key_place(path), {"path": path.partition(".")[0], "block": block})


def number_of(dial: Dial, text: str) -> float | None:
    """Return a value as a number in the unit of the declaration; ``None`` for words."""
    try:
        return dial._number(text)[0]
    except InputError:
        return None


def axis_values(axis: Axis) -> tuple[str, ...] | None:
    """Return the values of an axis that lists them; ``None`` for a range."""
    return None if isinstance(axis, Mapping) or not axis else tuple(axis)


def _top(scenario: Scenario, arm: Arm) -> Mapping[str, Any]:
    head = {one.name: getattr(scenario, one.name) for one in dataclasses.fields(Head) if hasattr(scenario, one.name)}
    return {**head, "categories": scenario.categories, **arm.blocks}


def _walked(path: str, steps: tuple[str, ...], top: Mapping[str, Any]) -> Dial:
    here: Any = top
    spec: ParamSpec | None = next((spec_of(one) for one in dataclasses.fields(Head) if one.name == steps[0]), None)
    for number, step in enumerate(steps):
        known = _steps_of(here)
        if known == [] and number:
            return Dial(path, None, None)
        if step not in known:
            place = _place_of(path, len(".".join(steps[:number])) + bool(number), step)
            raise InputError.of("S101", place, **key_values(steps[: number + 1], known))
        fields = {one.name: one for one in dataclasses.fields(here)} if dataclasses.is_dataclass(here) else {}
        spec = spec_of(fields[step]) if step in fields else spec
        here = getattr(here, step) if fields else here[step]
    return Dial(path, here, spec)


def _place_of(path: str, begin: int, step: str) -> Place:
    return Source(OVER, (path,), path).place((0, begin), (0, begin + len(step)))


def _steps_of(here: Any) -> list[str]:
    if dataclasses.is_dataclass(here):
        return [one.name for one in dataclasses.fields(here)]
    return list(here) if isinstance(here, Mapping) else []


def _unknown(arm: Arm, steps: Collection[str]) -> Complaint | None:
    first = next(iter(steps))
    if first in (*_ANYTHING, *_NOT_SWEPT, "categories") or first in {one.name for one in dataclasses.fields(Head)}:
        return None
    try:
        _walked(".".join(steps), tuple(steps), arm.blocks)
    except InputError as reason:
        return reason.complaints[0]
    return None


def _axes_in(tree: Marked) -> Iterator[tuple[str, Marked]]:
    """Yield (block, map of paths) for every axis that a scenario's tree speaks of."""
    for block in ("levers", "uncertainties"):
        yield from _maps(block, tree.value.get(block))
    sweep = tree.value.get("sweep")
    if sweep is not None and sweep.kind == "map":
        yield from _maps("sweep.over", sweep.value.get("over"))
        listed = sweep.value.get("list")
        for point in listed.value if listed is not None and listed.kind == "list" else ():
            yield from _maps("sweep.list", point)


def _uneven(tree: Marked) -> Iterator[Complaint]:
    """Every point of a list names every path that some point names."""
    points = [axes for block, axes in _axes_in(tree) if block == "sweep.list"]
    paths = list(dict.fromkeys(path for point in points for path in point.value))
    for point in points:
        missing = [path for path in paths if path not in point.value]
        if missing:
            yield Complaint("R261", point.place, {"paths": ", ".join(missing)})


def _met_twice(tree: Marked) -> Iterator[Complaint]:
    """What the authority decides cannot be uncertain too: every lever setting meets every uncertainty."""
    levers, others = ({path: axes for _, axes in _maps(block, tree.value.get(block)) for path in axes.value}
                      for block in ("levers", "uncertainties"))  # fmt: skip
    for path in others:
        if path in levers:
            yield Complaint("R266", others[path].key_place(path), {"path": path})


def _maps(block: str, found: Marked | None) -> Iterator[tuple[str, Marked]]:
    if found is not None and found.kind == "map":
        yield block, found
