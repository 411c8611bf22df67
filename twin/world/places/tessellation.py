"""The ground between buildings, shared out: every point of it belongs to the nearest wall.

A morphological tessellation: Voronoi cells of points along the outlines, joined by building, ending at a fixed distance
from the last wall. Buildings whose cells touch are neighbours; the cells of a grid's buildings together are its
ground [fleischmann2020].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints
from twin.world.places.shapes import Paths, inside, ring_areas

REACH_METRES = 30.0  # how far from its walls the ground of a building goes
_STEP_METRES = 1.5  # between points of an outline
_MOST_POINTS = 40_000  # then they lie further apart
_INSIDE_METRES = 0.3  # how far inside the wall they lie
_OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of buildings: sides between `corners` (n, 2) with the owner on either side (-1: nobody's ground).

    `sides` (m, 2) are rows of corners, `owners` (m, 2) the buildings to the left and right of the way from the first
    corner to the second.
    """

    corners: Floats
    sides: Ints
    owners: Ints

    @property
    def neighbours(self) -> Ints:
        """Pairs of buildings whose cells touch, the lower row first, each once (pairs, 2)."""
        return np.unique(np.sort(self.owners[(self.owners >= 0).all(axis=1)], axis=1), axis=0)

    def outlines(self, label: Ints) -> Paths:
        """Return the outlines of the ground of buildings with one label; holes run clockwise; owner is the label."""
        of_side = np.where(self.owners >= 0, label[self.owners], _OUTSIDE)
        rings: list[Floats] = []
        labels: list[int] = []
        for one in np.unique(label):
            for ring in _chained(_around(self.sides, of_side, one)):
                rings.append(self.corners[ring])
                labels.append(int(one))
        return Paths.of(rings, labels)


def tessellated(outlines: Paths) -> Cells:
    """Return the cells around outlines (owner: building)."""
    from scipy.spatial import Voronoi

    points, owner = _along_walls(outlines)
    beyond = _beyond(points, outlines)
    cells = Voronoi(np.concatenate([points, beyond]))
    owner = np.concatenate([owner, np.full(len(beyond), _OUTSIDE)])
    sides = np.asarray(cells.ridge_vertices, np.int64)
    pairs = np.asarray(cells.ridge_points, np.int64)
    real = (sides >= 0).all(axis=1) & (owner[pairs[:, 0]] != owner[pairs[:, 1]])
    sides, pairs = sides[real], pairs[real]
    return Cells(cells.vertices, sides, _left_first(cells, sides, pairs, owner))


def _along_walls(outlines: Paths) -> tuple[Floats, Ints]:
    """Return points a little inside the walls, and whose they are: buildings that touch have points on either side."""
    at = outlines.segments
    side = outlines.xy[at + 1] - outlines.xy[at]
    length = np.hypot(*side.T)
    step = max(_STEP_METRES, float(length.sum()) / _MOST_POINTS)
    pieces = np.maximum(np.ceil(length / step), 1).astype(np.int64)
    of_side = np.repeat(np.arange(len(at)), pieces)
    number = np.arange(len(of_side)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inward = np.stack([-side[:, 1], side[:, 0]], axis=1) / np.maximum(length, 1e-9)[:, None] * _INSIDE_METRES
    share = ((number + 0.5) / pieces[of_side])[:, None]
    points = outlines.xy[at][of_side] + share * side[of_side] + inward[of_side]
    _, first = np.unique(np.round(points, 3), axis=0, return_index=True)
    first = np.sort(first)
    return points[first], outlines.owner[outlines.path[at]][of_side][first]


def _beyond(points: Floats, outlines: Paths) -> Floats:
    """Return a lattice of points that lie out of every building's reach, around and between the buildings."""
    from scipy.spatial import cKDTree

    step, margin = REACH_METRES / 2, 4 * REACH_METRES
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    across, up = (np.arange(start, stop + step, step) for start, stop in zip(low, high, strict=True))
    lattice = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    near = cKDTree(points).query(lattice, distance_upper_bound=2 * REACH_METRES)[0]
    lattice = lattice[near >= 2 * REACH_METRES]  # a cell ends halfway to it
    for ring, area in zip(outlines, ring_areas(outlines), strict=True):
        if area > REACH_METRES**2:
            lattice = lattice[~inside(lattice, ring)]
    return lattice


def _left_first(cells: object, sides: Ints, pairs: Ints, owner: Ints) -> Ints:
    """Return the owners of the two sides of each side, the left one first."""
    corners, points = cells.vertices, cells.points  # type: ignore[attr-defined]
    way = corners[sides[:, 1]] - corners[sides[:, 0]]
    across = points[pairs[:, 1]] - points[pairs[:, 0]]
    second_is_left = way[:, 0] * across[:, 1] - way[:, 1] * across[:, 0] > 0
    return owner[np.where(second_is_left[:, None], pairs[:, ::-1], pairs)]


def _around(sides: Ints, of_side: Ints, one: int) -> Ints:
    """Return the sides of one label's ground, directed so that it lies to their left (n, 2)."""
    left, right = of_side.T
    forth, back = (left == one) & (right != one), (right == one) & (left != one)
    return np.concatenate([sides[forth], sides[back][:, ::-1]])


def _chained(directed: Ints) -> list[list[int]]:
    """Join directed sides to closed rings of corners."""
    onward: dict[int, list[int]] = {}
    for start, end in directed.tolist():
        onward.setdefault(start, []).append(end)
    rings = []
    while onward:
        here = first = next(iter(onward))
        ring = [first]
        while here in onward:
            here = onward[here].pop() if len(onward[here]) > 1 else onward.pop(here)[0]
            ring.append(here)
            if here == first:
                break
        if ring[-1] == first:
            rings.append(ring)
    return rings
