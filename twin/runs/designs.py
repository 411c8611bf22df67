"""Where the points of a sweep lie, as shares of each axis between 0 and 1.

Designs depend on their size alone, never on a generator's state: the same sweep has the same points on every machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from twin.core.columns import Floats, Ints
from twin.core.draws import stream_id, uniforms

LEVELS = 4
"""Levels of a Morris trajectory; a step goes half of them."""


def factorial(counts: Sequence[int]) -> Ints:
    """Return every combination of so many values an axis, the last axis running fastest (points, axes)."""
    return np.array(list(itertools.product(*map(range, counts))), np.int64).reshape(-1, len(counts))


def latin_hypercube(points: int, axes: int) -> Floats:
    """Return a Latin hypercube: each axis has one point in each of as many equal strata (points, axes)."""
    found = np.empty((points, axes))
    keys = np.arange(points, dtype=np.uint64)
    for axis in range(axes):
        strata = np.argsort(uniforms(0, stream_id("design.lhs.order"), axis, keys), kind="stable")
        found[:, axis] = (strata + uniforms(0, stream_id("design.lhs.place"), axis, keys)) / points
    return found


def sobol(rows: int, axes: int) -> Floats:
    """Return the points that Sobol indices need (rows × (axes + 2), axes): A, B, then A with each column of B.

    Rows come from Sobol's low-discrepancy sequence, shifted once by keyed draws (modulo 1); a power of two is best
    (:func:`balanced`). See Saltelli et al. (2010).
    """
    from scipy.stats import qmc

    drawn = qmc.Sobol(2 * axes, scramble=False).random_base2((rows - 1).bit_length())[:rows]
    shift = uniforms(0, stream_id("design.sobol.shift"), 0, np.arange(2 * axes, dtype=np.uint64))
    moved = (drawn + shift) % 1.0
    one, other = moved[:, :axes], moved[:, axes:]
    mixed = []
    for axis in range(axes):
        swapped = one.copy()
        swapped[:, axis] = other[:, axis]
        mixed.append(swapped)
    return np.concatenate([one, other, *mixed])


def balanced(rows: int) -> int:
    """Return the next power of two: only so many rows of Sobol's sequence cover every stretch of an axis equally."""
    return 1 << (rows - 1).bit_length()


def morris(trajectories: int, axes: int) -> Floats:
    """Return trajectories that move one axis at a time, each axis once (trajectories × (axes + 1), axes).

    Each starts on a grid of four levels and steps by two thirds of the range; see Morris (1991).
    """
    return np.concatenate([_trajectory(number, axes) for number in range(trajectories)])


def _trajectory(number: int, axes: int) -> Floats:
    keys = np.arange(axes, dtype=np.uint64)
    step = LEVELS / (2 * (LEVELS - 1))
    up = uniforms(number, stream_id("design.morris.way"), 0, keys) < 0.5
    start = np.floor(uniforms(number, stream_id("design.morris.start"), 0, keys) * LEVELS / 2) / (LEVELS - 1)
    here = np.where(up, start, start + step)
    order = np.argsort(uniforms(number, stream_id("design.morris.order"), 0, keys), kind="stable")
    path = [here]
    for axis in order:
        here = here.copy()
        here[axis] += step if up[axis] else -step
        path.append(here)
    return np.array(path)
