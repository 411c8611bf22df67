"""Outlines and lines as flat arrays, and the little geometry that the twin needs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.core.columns import Flags, Floats, Ints

_CHUNK = 2_000_000  # pairs that are compared at a time
_TOUCH = 1e-9


@dataclass(frozen=True, eq=False)
class Paths:
    """Many paths in one array: the points `xy` (points, 2) of path i are rows `first[i]` to `first[i + 1]`.

    `owner` (paths,) says to which row of something each belongs. The path of a ring ends where it begins.
    """

    xy: Floats
    first: Ints
    owner: Ints

    @classmethod
    def of(cls, paths: Sequence[Floats], owner: Sequence[int] | Ints) -> Paths:
        """Lay paths (points, 2) one after the other."""
        lengths = [len(path) for path in paths]
        xy = np.concatenate(paths) if paths else np.empty((0, 2))
        return cls(np.asarray(xy, np.float64), np.cumsum([0, *lengths]), np.asarray(owner, np.int64))

    def __len__(self) -> int:
        return len(self.owner)

    def __iter__(self) -> Iterator[Floats]:
        return (self.xy[start:stop] for start, stop in zip(self.first[:-1], self.first[1:], strict=True))

    @cached_property
    def path(self) -> Ints:
        """The path of every point (points,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @cached_property
    def segments(self) -> Ints:
        """The row of the first point of every segment; the next row is its second."""
        is_last = np.zeros(len(self.xy), np.bool_)
        is_last[self.first[1:] - 1] = True
        return np.flatnonzero(~is_last)

    def moved(self, xy: Floats) -> Paths:
        """Return the same paths through other points."""
        return Paths(xy, self.first, self.owner)


def ring_areas(rings: Paths) -> Floats:
    """Return the area inside each ring by the shoelace formula, negative where it runs clockwise (rings,)."""
    return _per_ring(rings, _cross(rings)) / 2


def area_and_centre(rings: Paths, owners: int) -> tuple[Floats, Floats]:
    """Return what each owner's rings enclose (owners,) and its centre (owners, 2); holes run against their outline."""
    at, cross = rings.segments, _cross(rings)
    middles = rings.xy[at] + rings.xy[at + 1]
    area = np.bincount(rings.owner, _per_ring(rings, cross), owners) / 2
    moments = [np.bincount(rings.owner, _per_ring(rings, middles[:, k] * cross), owners) / 6 for k in (0, 1)]
    return area, np.stack(moments, axis=1) / area[:, None]


def _cross(rings: Paths) -> Floats:
    at = rings.segments
    (x, y), (x_next, y_next) = rings.xy[at].T, rings.xy[at + 1].T
    return x * y_next - x_next * y


def _per_ring(rings: Paths, values: Floats) -> Floats:
    return np.bincount(rings.path[rings.segments], values, len(rings)).astype(np.float64)


def crossing(ring: Floats) -> Floats | None:
    """Return a point (2,) in which a closed ring meets itself other than at neighbouring sides, if there is one."""
    start, side = ring[:-1], np.diff(ring, axis=0)
    count = len(start)
    first, second = np.triu_indices(count, 2)
    apart = (first > 0) | (second < count - 1)  # the last side ends where the first begins
    first, second = first[apart], second[apart]
    between = start[second] - start[first]
    bend = _outer(side[first], side[second])
    with np.errstate(divide="ignore", invalid="ignore"):
        along = _outer(between, side[second]) / bend
        across = _outer(between, side[first]) / bend
    hit = (along > _TOUCH) & (along < 1 - _TOUCH) & (across > _TOUCH) & (across < 1 - _TOUCH)
    for which in np.flatnonzero(hit)[:1]:
        return start[first[which]] + along[which] * side[first[which]]
    return None


def _outer(a: Floats, b: Floats) -> Floats:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def densified(paths: Paths, longest: float) -> Paths:
    """Return the paths with points added so that no segment is longer than `longest` [m]; they stay where they are."""
    at = paths.segments
    side = paths.xy[at + 1] - paths.xy[at]
    pieces = np.maximum(np.ceil(np.hypot(*side.T) / longest), 1).astype(np.int64)
    whole = np.zeros(len(paths.xy), np.int64)
    whole[at] = pieces
    whole[paths.first[1:] - 1] = 1  # the last point of each path
    source = np.repeat(np.arange(len(paths.xy)), whole)
    step = np.arange(len(source)) - np.repeat(np.cumsum(whole) - whole, whole)
    rise = np.zeros_like(paths.xy)
    rise[at] = side / pieces[:, None]
    counts = np.bincount(paths.path, whole, len(paths)).astype(np.int64)
    return Paths(paths.xy[source] + step[:, None] * rise[source], np.cumsum([0, *counts]), paths.owner)


def inside(points: Floats, ring: Floats) -> Flags:
    """Tell which points (points, 2) a closed ring encloses, by the even-odd rule."""
    found = np.zeros(len(points), np.bool_)
    low, high = ring.min(axis=0), ring.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    for start in range(0, len(near), max(_CHUNK // len(ring), 1)):
        some = near[start : start + max(_CHUNK // len(ring), 1)]
        found[some] = _crossed(points[some], ring) % 2 == 1
    return found


def _crossed(points: Floats, ring: Floats) -> Ints:
    """Count the sides of a ring that lie straight to the east of each point."""
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    x, y = points.T[..., None]
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return np.count_nonzero(spans & (x < meets), axis=1)


def lengths(paths: Paths) -> Floats:
    """Return the length of each path [m] (paths,)."""
    at = paths.segments
    metres = np.hypot(*(paths.xy[at + 1] - paths.xy[at]).T)
    return np.bincount(paths.path[at], metres, len(paths)).astype(np.float64)


def spaced(paths: Paths, spacing: float) -> Floats:
    """Return points along the paths, the first half a spacing from its beginning, then every `spacing` [m] (n, 2).

    A path shorter than half a spacing has none.
    """
    found = [_along(path, spacing) for path in paths]
    return np.concatenate(found) if found else np.empty((0, 2))


def _along(path: Floats, spacing: float) -> Floats:
    passed = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    wanted = np.arange(spacing / 2, passed[-1], spacing)
    return np.stack([np.interp(wanted, passed, axis) for axis in path.T], axis=1)
