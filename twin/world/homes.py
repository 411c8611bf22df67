"""Homes: buildings and flats, and who moves into which.

Where a scenario has no map, :func:`lay_out` stands an estate of plain slabs on its square. A map's buildings come in
the same form. Nobody is left without a home: too few flats are an error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints, Values
from twin.core.draws import Draw
from twin.errors import InputError
from twin.world.fitting import dealt, systematic

# A walk-up of the seventies to nineties, where there is no map to say otherwise; assumed.
STOREYS, STAIRWELLS, FLATS_PER_LANDING = 6, 3, 2
FLAT_M2, FLAT_CV = 60.0, 0.25
SMALLEST_FLAT_M2 = 15.0

_SIZE_WEIGHT, _INCOME_WEIGHT = 1.0, 0.25  # who gets the larger flat: persons (log), income fifths, and luck of sd 1


@dataclass(frozen=True, eq=False)
class Homes:
    """Buildings (buildings,) with a place [km], and flats (flats,) in them, building after building.

    ``building`` is a row of the buildings, ``stairwell`` is counted through all of them, ``floor`` 1 is the ground.
    """

    grid: Ints
    x: Floats
    y: Floats
    storeys: Ints
    building: Ints
    stairwell: Ints
    floor: Ints
    area_m2: Floats


def lay_out(households: int, grids: int, side_km: float, vacant_share: float, draw: Draw) -> Homes:
    """Return an estate with room for so many households, the same number of buildings in each grid.

    The grids are the cells of a rectangular array as square as it can be; buildings stand in rows in their cell.
    """
    a_building = STOREYS * STAIRWELLS * FLATS_PER_LANDING
    a_grid = math.ceil(households / (1 - vacant_share) / grids / a_building) if households else 0
    grid, number = np.divmod(np.arange(a_grid * grids), max(a_grid, 1))
    x, y = _rows_of_slabs(grid, number, a_grid, grids, side_km)
    flats = np.arange(len(grid) * a_building)
    building, inside = np.divmod(flats, a_building)
    stairwell, on_stairs = np.divmod(inside, STOREYS * FLATS_PER_LANDING)
    spread = FLAT_CV * draw.normal("area", flats.astype(np.uint64))
    return Homes(
        grid=grid, x=x, y=y, storeys=np.full(len(grid), STOREYS), building=building,
        stairwell=building * STAIRWELLS + stairwell, floor=1 + on_stairs // FLATS_PER_LANDING,
        area_m2=np.maximum(FLAT_M2 * (1 + spread), SMALLEST_FLAT_M2),
    )  # fmt: skip


def _rows_of_slabs(grid: Ints, number: Ints, a_grid: int, grids: int, side_km: float) -> tuple[Floats, Floats]:
    """Return where the buildings stand: in even rows over the cell of their grid."""
    cells = columns(grids)
    width, height = side_km / cells, side_km * cells / grids
    across = max(math.ceil(math.sqrt(a_grid * width / height)), 1)
    rows = max(math.ceil(a_grid / across), 1)
    x = (grid % cells + (number % across + 0.5) / across) * width
    y = (grid // cells + (number // across + 0.5) / rows) * height
    return x, y


def columns(grids: int) -> int:
    """Return the columns of the array of grids: the largest divisor that is not above the root."""
    return next(n for n in range(math.isqrt(grids), 0, -1) if grids % n == 0)


def move_in(size: Ints, income: Values, homes: Homes, draw: Draw) -> Ints:
    """Return the flat (row) of each household, one household a flat.

    Which flats of a building stay empty is luck; larger and richer households tend to have the larger flats.
    ``size`` and ``income`` (1 to 5) are those of the households. Raises D494 when there are too few flats.
    """
    flats, households = len(homes.building), len(size)
    if flats < households:
        raise InputError.of("D494", flats=flats, households=households)
    luck = draw.uniform("vacant", np.arange(flats, dtype=np.uint64))
    let = _let(homes.building, households, luck, draw)
    keys = np.arange(households, dtype=np.uint64)
    wish = _SIZE_WEIGHT * np.log(size) + _INCOME_WEIGHT * income + draw.normal("wish", keys)
    flat = np.empty(households, np.int64)
    flat[np.argsort(wish, kind="stable")] = let[np.lexsort((luck[let], homes.area_m2[let]))]
    return flat


def _let(building: Ints, households: int, luck: Floats, draw: Draw) -> Ints:
    """Return the flats that are lived in: the same share of every building, within one, and which ones by luck."""
    flats = np.bincount(building)
    start = draw.uniform("let", np.zeros(1, np.uint64))[0]
    let = systematic(flats.astype(np.float64), households, start)
    return np.flatnonzero(dealt(building, np.stack([let, flats - let], axis=1), luck) == 0)
