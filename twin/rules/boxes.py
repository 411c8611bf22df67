"""Exact proofs about tables by boxes: what the rows cover, where they meet, what is left over.

Every condition names a value; a value's domain is cut where any cell has an end, which leaves a few *atoms*, however
wide the domain is (integers up to 10⁹, decimals, dates). A cell is then a set of atoms (the bits of an ``int``), a row
a *box*: one set for each axis. Nothing is enumerated and nothing is rounded.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

from twin.rules.kinds import Choice, Day, Free, Kind, Number, Truth, Value, decimal

Box = tuple[int, ...]
Flags = npt.NDArray[np.bool_]

Cut = tuple[Fraction, int]
"""A place between values: just before one (0) or just after it (1)."""

_FAR = Fraction(10) ** 60
LOWEST: Cut = (-_FAR, 0)
HIGHEST: Cut = (_FAR, 1)
_LAST_DAY = dt.date.max.toordinal()
OTHER = "\0other"  # every word that no cell of a column of free words names


class Exhausted(Exception):  # noqa: N818
    """A proof would take more steps than it is allowed."""


@dataclass
class Budget:
    """How many steps a proof may still take."""

    steps: int

    def spend(self, steps: int) -> None:
        """Take some steps; raises :class:`Exhausted` when there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted


# -- axes


@dataclass
class Axis:
    """One value, and the atoms into which the ends of the cells cut its domain.

    First every cell is *noted*, then masks can be made. An optional value has one more atom, for its being missing.
    """

    name: str
    kind: Kind
    optional: bool = False
    cuts: set[Cut] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    edges: list[Cut] = field(default_factory=list)
    weighed: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.kind, Choice):
            self.words = list(self.kind.values)
        elif isinstance(self.kind, Truth):
            self.words = ["true", "false"]
        elif not self.is_line:
            self.words = [OTHER]

    @property
    def is_line(self) -> bool:
        """Whether values are numbers or dates."""
        return isinstance(self.kind, (Number, Day))

    # -- noting

    def note_word(self, word: str) -> None:
        """Note a word that a cell names."""
        if isinstance(self.kind, Free) and word not in self.words:
            self.words.insert(-1, word)

    def note_range(self, low: Cut, high: Cut) -> None:
        """Note the ends of an interval."""
        self.cuts |= {self.settled(low), self.settled(high)}

    def settle(self) -> None:
        """Make the atoms, after everything was noted."""
        if self.is_line:
            first, last = self.ends
            inside = sorted(cut for cut in self.cuts if first < cut < last)
            self.edges = [first, *inside, last]

    @property
    def step(self) -> Fraction | None:
        """The step between neighbouring values, ``None`` where there is always one between two."""
        return Fraction(1) if isinstance(self.kind, Day) else self.kind.step if isinstance(self.kind, Number) else None

    @property
    def ends(self) -> tuple[Cut, Cut]:
        """The ends of the whole domain."""
        low, high = (None, None)
        if isinstance(self.kind, Number):
            low, high = self.kind.low, self.kind.high
        elif isinstance(self.kind, Day):
            low, high = ordinal(self.kind.low), ordinal(self.kind.high)
        first = LOWEST if low is None else self.settled((low, 0))
        return first, HIGHEST if high is None else self.settled((high, 1))

    def settled(self, cut: Cut) -> Cut:
        """Return the cut that separates the same values; between whole numbers there is one only."""
        value, side = cut
        if self.step is None or abs(value) >= _FAR:
            return cut
        if isinstance(self.kind, Day) and not 1 < value + side <= _LAST_DAY:
            return LOWEST if value + side <= 1 else HIGHEST
        count = value / self.step
        return ((count.__floor__() + 1) * self.step, 0) if side else (count.__ceil__() * self.step, 0)

    # -- masks

    @property
    def size(self) -> int:
        """How many atoms there are."""
        return (len(self.edges) - 1 if self.is_line else len(self.words)) + self.optional

    @property
    def everything(self) -> int:
        """The mask of all atoms."""
        return (1 << self.size) - 1

    @property
    def absent(self) -> int:
        """The mask of the value's being missing."""
        return 1 << (self.size - 1) if self.optional else 0

    @property
    def present(self) -> int:
        """The mask of all values that are there."""
        return self.everything & ~self.absent

    def between(self, low: Cut, high: Cut) -> int:
        """Return the mask of an interval whose ends were noted; an empty one is 0."""
        begin = self._edge(self.settled(low))
        end = self._edge(self.settled(high))
        return ((1 << end) - 1) & ~((1 << begin) - 1) if end > begin else 0

    def _edge(self, cut: Cut) -> int:
        return min(bisect_left(self.edges, cut), len(self.edges) - 1)

    def word(self, word: str) -> int:
        """Return the mask of a word; one that the domain does not have is 0."""
        return 1 << self.words.index(word) if word in self.words else 0

    # -- words for masks

    def weight(self, mask: int) -> float:
        """Return how much of the domain a mask is, roughly (only to choose what to show)."""
        if mask not in self.weighed:
            self.weighed[mask] = sum(weight for at, weight in enumerate(self.weights) if mask >> at & 1)
        return self.weighed[mask]

    @cached_property
    def weights(self) -> list[float]:
        """How much of the domain each atom is."""
        if not self.is_line:
            return [1.0 / self.size] * self.size
        first, last = _near(self.edges[0]), _near(self.edges[-1])
        width = max(last - first, 1e-9)
        found = [max((_near(high) - _near(low)) / width, 1e-6) for low, high in pairwise(self.edges)]
        return found + [1e-3] * self.optional

    def show(self, mask: int) -> str:
        """Write a mask as a cell; ``-`` is everything."""
        if mask == self.everything:
            return "-"
        parts = self._show_line(mask & self.present) if self.is_line else self._show_words(mask & self.present)
        if mask & self.absent:
            parts.append("missing")
        return ", ".join(parts)

    def _show_words(self, mask: int) -> list[str]:
        chosen = [word for at, word in enumerate(self.words) if mask >> at & 1]
        rest = [word for word in self.words if word not in chosen]
        if OTHER in chosen:
            return ["not " + ", ".join(rest)] if rest else ["-"]
        if len(rest) == 1 and len(chosen) > 3:
            return ["not " + rest[0]]
        return chosen

    def _show_line(self, mask: int) -> list[str]:
        found = list(runs(mask))
        count = len(self.edges) - 1
        if isinstance(self.kind, Number) and self.kind.cyclic and len(found) > 1:
            (first, stop), (begin, last) = found[0], found[-1]
            if first == 0 and last == count:
                wrapped = self._interval(self.edges[begin], self.edges[stop], round_the_end=True)
                return [wrapped, *(self._run(*run) for run in found[1:-1])]
        return [self._run(*run) for run in found]

    def _run(self, begin: int, end: int) -> str:
        low, high = self.edges[begin], self.edges[end]
        if begin == 0 and low == LOWEST:
            return "-" if high == HIGHEST else self._bound(high, ("<=", "<"))
        if high == HIGHEST:
            return self._bound(low, (">", ">="))
        return self._interval(low, high)

    def _interval(self, low: Cut, high: Cut, round_the_end: bool = False) -> str:
        if self.step is not None:
            first, last = low[0], high[0] - self.step
            return self._value(first) if first == last else f"{self._value(first)}..{self._value(last)}"
        if low[0] == high[0] and not round_the_end:
            return self._value(low[0])
        return f"{'(' * low[1]}{self._value(low[0])}..{self._value(high[0])}{')' * (1 - high[1])}"

    def _bound(self, cut: Cut, signs: tuple[str, str]) -> str:
        """Write a one-sided interval; on steps the bound itself is named."""
        value, side = cut
        if self.step is not None and signs[0] == "<=":
            return f"<= {self._value(value - self.step)}"
        return f"{signs[1 - side]} {self._value(value)}"

    def _value(self, value: Fraction) -> str:
        if isinstance(self.kind, Day):
            return dt.date.fromordinal(int(value)).isoformat()
        factor = self.kind.factor if isinstance(self.kind, Number) else Fraction(1)
        unit = self.kind.unit if isinstance(self.kind, Number) else ""
        shown = decimal(value / factor)
        return f"{shown} {unit}" if unit and unit != "%" else shown + unit

    def sample(self, mask: int) -> Value:
        """Return one value of a mask (``None`` for missing)."""
        if mask & self.present == 0:
            return None
        lowest = (mask & -mask).bit_length() - 1
        if not self.is_line:
            word = self.words[lowest]
            return word == "true" if isinstance(self.kind, Truth) else word
        value = self._inside(self.edges[lowest], self.edges[lowest + 1])
        return dt.date.fromordinal(int(value)) if isinstance(self.kind, Day) else value

    def _inside(self, low: Cut, high: Cut) -> Fraction:
        if low == LOWEST:
            below = self.step or Fraction(1 - high[1])
            return Fraction(0) if high == HIGHEST else high[0] - below
        if low[1] == 0:
            return low[0]
        return low[0] + 1 if high == HIGHEST else (low[0] + high[0]) / 2


def ordinal(day: dt.date | None) -> Fraction | None:
    """Return a date as a number of days."""
    return None if day is None else Fraction(day.toordinal())


def _near(cut: Cut) -> float:
    return max(min(float(cut[0]), 1e12), -1e12)


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of neighbouring atoms of a mask: (first, one after the last)."""
    for found in re.finditer("1+", f"{mask:b}"[::-1]):
        yield found.span()


# -- boxes


def meet(one: Box, other: Box) -> Box | None:
    """Return what two boxes have in common, ``None`` where that is nothing."""
    found = []
    for mine, theirs in zip(one, other, strict=True):
        both = mine & theirs
        if not both:
            return None
        found.append(both)
    return tuple(found)


def without(box: Box, hole: Box) -> Iterator[Box]:
    """Yield boxes that together are ``box`` without what it has in common with ``hole``; they do not overlap."""
    kept = list(box)
    for axis, (mine, theirs) in enumerate(zip(box, hole, strict=True)):
        outside = mine & ~theirs
        if outside:
            yield (*kept[:axis], outside, *box[axis + 1 :])
        kept[axis] = mine & theirs


def uncovered(box: Box, others: Sequence[Box], budget: Budget) -> Iterator[Box]:
    """Yield boxes that together are what no other box covers of ``box``; raises :class:`Exhausted`."""
    pending: list[tuple[Box, Sequence[Box]]] = [(box, others)]
    while pending:
        here, near = pending.pop()
        budget.spend(len(near) + 1)
        live, cover = _near_boxes(here, near)
        if not live:
            yield here
        elif cover is not None:
            rest = [one for one in live if one is not cover]
            pending.extend((piece, rest) for piece in without(here, cover))


def _near_boxes(here: Box, near: Sequence[Box]) -> tuple[list[Box], Box | None]:
    """Return the boxes that meet a box, and the one that splits it least (``None`` when one covers it all)."""
    live: list[Box] = []
    best, fewest = None, len(here) + 1
    for other in near:
        splits = 0
        for mine, theirs in zip(here, other, strict=True):
            both = mine & theirs
            if not both:
                break
            splits += both != mine
        else:
            live.append(other)
            if splits == 0:
                return live, None
            if splits < fewest:
                best, fewest = other, splits
    return live, best


def is_covered(box: Box, others: Sequence[Box], budget: Budget) -> bool:
    """Whether other boxes together cover a box; raises :class:`Exhausted`."""
    return next(uncovered(box, others, budget), None) is None


def grown(box: Box, others: Sequence[Box], axes: Sequence[Axis]) -> Box:
    """Return a box made as large as it can be without meeting any other."""
    found = list(box)
    for at, axis in enumerate(axes):
        taken = 0
        for other in others:
            if all(found[d] & other[d] for d in range(len(found)) if d != at):
                taken |= other[at]
        found[at] = axis.everything & ~taken
    return tuple(found)


def meetings(boxes: Sequence[Box]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Yield, for every box that meets earlier ones, its number and theirs."""
    matchers = [_matcher(masks) for masks in zip(*boxes, strict=True)]
    for first in range(0, len(boxes), _BLOCK):
        last = min(first + _BLOCK, len(boxes))
        found = np.tril(np.ones((last - first, last), bool), first - 1)
        for matches in matchers:
            found &= matches(first, last)
        for at in np.flatnonzero(found.any(axis=1)):
            yield first + int(at), np.flatnonzero(found[at])


_BLOCK = 512


def _matcher(masks: Sequence[int]) -> Callable[[int, int], Flags]:
    """Return a function that tells which masks meet those of a block, for all masks up to the block's end."""
    spans = {mask: list(islice(runs(mask), 2)) for mask in dict.fromkeys(masks)}
    if all(len(one) < 2 for one in spans.values()):
        lows = np.array([spans[mask][0][0] if mask else 0 for mask in masks])
        highs = np.array([spans[mask][0][1] if mask else 0 for mask in masks])
        return lambda first, last: (lows[first:last, None] < highs[:last]) & (lows[:last] < highs[first:last, None])
    code = {mask: at for at, mask in enumerate(spans)}
    table = np.array([[bool(one & other) for other in spans] for one in spans])
    codes = np.array([code[mask] for mask in masks])
    return lambda first, last: table[codes[first:last]][:, codes[:last]]


def share(box: Box, axes: Sequence[Axis]) -> float:
    """Return roughly how much of everything a box is."""
    part = 1.0
    for mask, axis in zip(box, axes, strict=True):
        part *= axis.weight(mask)
    return part
