"""Hot spots: where more happens, cell beside cell, than an even spread would bring.

Getis and Ord's Gi* with binary weights: a cell and the eight around it against all cells [getis1992]. It
says where a series is dense, not why: reports are dense where people report, incidents where faults begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints

CELLS_METRES = (20.0, 25.0, 50.0, 100.0, 200.0, 500.0)
CELLS_ACROSS = 15  # of the longer side, at least


@dataclass(frozen=True, eq=False)
class Lattice:
    """The square cells in which something stands: `corner` (cells, 2) is the south-west one of each, in cells."""

    metres: float
    corner: Ints

    @classmethod
    def over(cls, xy: Floats, metres: float | None = None) -> Lattice:
        """Return the cells that hold at least one of these points (n, 2) [m], by default of a size that fits them."""
        wanted = fitting(xy) if metres is None else metres
        return cls(wanted, np.unique(_corner(xy, wanted), axis=0))

    def __len__(self) -> int:
        return len(self.corner)

    def cell_of(self, xy: Floats) -> Ints:
        """Return the cell of each point, -1 where there is none."""
        corner = _corner(xy, self.metres)
        named, wanted = _names(self.corner, self.corner), _names(corner, self.corner)
        at = np.minimum(np.searchsorted(named, wanted), len(named) - 1)
        return np.where(named[at] == wanted, at, -1)

    def counts(self, xy: Floats) -> Floats:
        """Return how many of the points each cell holds (cells,); points outside are not counted."""
        cell = self.cell_of(xy)
        return np.bincount(cell[cell >= 0], minlength=len(self)).astype(np.float64)

    def neighbours(self) -> tuple[Ints, Ints]:
        """Return pairs of cells (from, to) that touch, each cell with itself among them."""
        steps = np.array([(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
        middle = (self.corner[:, None] + steps).reshape(-1, 2) * self.metres + self.metres / 2
        here, there = np.repeat(np.arange(len(self)), len(steps)), self.cell_of(middle)
        return here[there >= 0], there[there >= 0]


def fitting(xy: Floats) -> float:
    """Return the side of cells [m] of which there are enough across these points, and no more than that needs."""
    extent = float((xy.max(axis=0) - xy.min(axis=0)).max())
    return max((one for one in CELLS_METRES if one * CELLS_ACROSS <= extent), default=CELLS_METRES[0])


def _corner(xy: Floats, metres: float) -> Ints:
    return np.floor(np.asarray(xy) / metres).astype(np.int64).reshape(-1, 2)


def _names(corner: Ints, known: Ints) -> Ints:
    """Return one number for each corner, rising in the order of sorted corners; -1 outside the known rows."""
    low, high = known[:, 1].min(), known[:, 1].max()
    outside = (corner[:, 1] < low) | (corner[:, 1] > high)
    span = high - low + 1
    return np.where(outside, np.iinfo(np.int64).min, (corner[:, 0] - known[:, 0].min()) * span + corner[:, 1] - low)


def gi_star(values: Floats, here: Ints, there: Ints) -> Floats:
    """Return Gi* of each cell as a z-score (cells,); `here` and `there` are the pairs of weight 1, itself included.

    0 everywhere where all values are equal, and where a cell has all others around it.
    """
    count = len(values)
    mean, spread = values.mean(), values.std()
    weights = np.bincount(here, minlength=count)
    sums = np.bincount(here, values[there], count)
    inner = (count * weights - weights**2) / max(count - 1, 1)
    scale = spread * np.sqrt(inner)
    return np.divide(sums - mean * weights, scale, out=np.zeros(count), where=scale > 1e-12)
