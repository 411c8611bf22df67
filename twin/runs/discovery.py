"""Scenario discovery: in which box of the uncertainties does a plan miss its target (PRIM)?

The patient rule induction method of Friedman and Fisher (1999) peels thin slices off the space as long as what is left
becomes denser in points of interest. It finds a box in pure noise too, so each box comes with two guards: the share
of resamples in which a limit is found again, and the chance that as many points of interest fall beyond a limit by
luck (Bryant and Lempert 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats
from twin.runs.sensitivity import resamples

PEEL = 0.1
LEAST_MASS = 0.1
LEAST_POINTS = 20
RESAMPLES = 50


@dataclass(frozen=True)
class Limit:
    """One side of a box that restricts an axis, as a share of its range.

    ``found_again`` is the share of resamples whose box restricts that side, ``p`` the chance that dropping it would
    leave the box as dense.
    """

    axis: int
    low: float
    high: float
    found_again: float
    p: float


@dataclass(frozen=True)
class Step:
    """One box of the peeling: how much of the points, and of those of interest, it holds, and how dense it is."""

    mass: float
    coverage: float
    density: float


@dataclass(frozen=True)
class Box:
    """A box of the uncertainties: what restricts it, what it holds, and the peeling that led to it."""

    limits: tuple[Limit, ...]
    step: Step
    base: float
    path: tuple[Step, ...]

    @property
    def credible(self) -> bool:
        """Whether every limit is found again in most resamples and unlikely to be luck."""
        return bool(self.limits) and all(one.found_again >= 0.5 and one.p < 0.05 for one in self.limits)


def discover(shares: Floats, interesting: Flags) -> Box | None:
    """Return the box in which points of interest are densest; ``None`` with too few points, or with none or all.

    ``shares`` (points, axes) lie between 0 and 1.
    """
    if len(shares) < LEAST_POINTS or not interesting.any() or interesting.all():
        return None
    ends, path = _peeled(shares, interesting)
    again = [_peeled(shares[rows], interesting[rows])[0] for rows in resamples(len(shares), len(shares), RESAMPLES)
             if interesting[rows].any()]  # fmt: skip
    base = float(interesting.mean())
    limits = [
        Limit(
            axis,
            float(ends[axis, 0]),
            float(ends[axis, 1]),
            _found_again(again, ends, axis),
            _luck(shares, interesting, ends, axis),
        )
        for axis in range(shares.shape[1])
        if ends[axis, 0] > 0 or ends[axis, 1] < 1
    ]
    return Box(tuple(limits), _step(shares, interesting, ends), base, tuple(path))


def _peeled(shares: Floats, interesting: Flags) -> tuple[Floats, list[Step]]:
    """Peel until the box is nearly empty; of all boxes on the way take the best by coverage and density."""
    ends = np.tile([0.0, 1.0], (shares.shape[1], 1))
    boxes, path = [ends], [_step(shares, interesting, ends)]
    while (smaller := _thinner(shares, interesting, ends)) is not None:
        ends = smaller
        boxes.append(ends)
        path.append(_step(shares, interesting, ends))
    best = max(range(len(path)), key=lambda number: (_worth(path[number]), -number))
    return boxes[best], path


def _worth(step: Step) -> float:
    """The harmonic mean of coverage and density: a box that is dense but covers little explains little."""
    both = step.coverage + step.density
    return 2 * step.coverage * step.density / both if both else 0.0


def _thinner(shares: Floats, interesting: Flags, ends: Floats) -> Floats | None:
    """Return the box less the slice whose loss makes it densest; ``None`` when nothing can go."""
    inside = _inside(shares, ends)
    tries = [one for axis in range(shares.shape[1]) for one in _slices(shares[inside, axis], ends, axis)]
    scored = []
    for box in tries:
        held = _inside(shares, box)
        if held.sum() >= max(LEAST_MASS * len(shares), 1) and held.sum() < inside.sum():
            scored.append((float(interesting[held].mean()), int(held.sum()), box))
    if not scored:
        return None
    return max(scored, key=lambda one: one[:2])[2]


def _slices(values: Floats, ends: Floats, axis: int) -> list[Floats]:
    """Return the box without its lowest and without its highest tenth on one axis (limits between the points)."""
    ordered = np.unique(values)
    if len(ordered) < 2:
        return []
    found = []
    low, high = np.quantile(values, [PEEL, 1 - PEEL])
    above = ordered[ordered > max(low, ordered[0])]
    below = ordered[ordered < min(high, ordered[-1])]
    for side, kept in ((0, above), (1, below)):
        if len(kept):
            box = ends.copy()
            edge = kept[0] if side == 0 else kept[-1]
            beyond = ordered[ordered < edge][-1] if side == 0 else ordered[ordered > edge][0]
            box[axis, side] = (edge + beyond) / 2
            found.append(box)
    return found


def _inside(shares: Floats, ends: Floats) -> Flags:
    return np.asarray(((shares >= ends[:, 0]) & (shares <= ends[:, 1])).all(axis=1))


def _step(shares: Floats, interesting: Flags, ends: Floats) -> Step:
    held = _inside(shares, ends)
    hits = int(interesting[held].sum())
    return Step(float(held.mean()), hits / max(int(interesting.sum()), 1), hits / max(int(held.sum()), 1))


def _found_again(again: Sequence[Floats], ends: Floats, axis: int) -> float:
    """The share of resamples whose box restricts the same sides of an axis."""
    sides = [side for side, free in ((0, 0.0), (1, 1.0)) if ends[axis, side] != free]
    free = np.array([0.0, 1.0])
    same = [all(one[axis, side] != free[side] for side in sides) for one in again]
    return float(np.mean(same)) if same else 0.0


def _luck(shares: Floats, interesting: Flags, ends: Floats, axis: int) -> float:
    """The binomial chance of so many points of interest in the box, were they as dense as without this limit."""
    from scipy.special import bdtrc

    free = ends.copy()
    free[axis] = (0.0, 1.0)
    wider, held = _inside(shares, free), _inside(shares, ends)
    density = float(interesting[wider].mean())
    hits, points = int(interesting[held].sum()), int(held.sum())
    return 1.0 if hits == 0 else float(bdtrc(hits - 1, points, density))
