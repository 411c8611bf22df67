"""A synthetic estate where there is no map: 行列式, parallel rows of slabs with lanes between them."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from twin.core.columns import Floats
from twin.errors import Words
from twin.world.places.projection import Frame
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths, area_and_centre
from twin.world.places.survey import Survey

SLAB_STAIRWELLS = 4  # stairwells of a slab
DEPTH_METRES = 11.0  # of a slab, from its south to its north wall
SUN = 1.2  # distance between rows over the height of a slab, so that winter sun reaches the ground floor
LANE_METRES = 10.0  # between the ends of slabs
_HOME_USE = 1


@lru_cache(maxsize=8)
def estate_survey(settings: PlacesSettings) -> Survey:
    """Return an estate for `settings.households` as if it had been surveyed: slabs as many as are needed, near square.

    Every slab has four stairwells of `flats_per_landing` flats a storey; the last ones are as short as is needed.
    """
    landings, a_stairwell = settings.flats_per_landing, settings.flats_per_landing * settings.storeys
    wells = math.ceil(settings.households / a_stairwell)
    slabs = math.ceil(wells / SLAB_STAIRWELLS)
    width = landings * settings.flat_m2 / DEPTH_METRES
    length = SLAB_STAIRWELLS * width
    row_step = DEPTH_METRES + max(SUN * settings.storeys * settings.storey_metres, LANE_METRES)
    column_step = length + LANE_METRES
    columns = max(round(math.sqrt(slabs * row_step / column_step)), 1)
    rows = math.ceil(slabs / columns)
    count = np.minimum(wells - SLAB_STAIRWELLS * np.arange(slabs), SLAB_STAIRWELLS)
    corner = np.stack([np.arange(slabs) % columns * column_step, np.arange(slabs) // columns * row_step], axis=1)
    corner += (LANE_METRES / 2, (row_step - DEPTH_METRES) / 2)
    walls = [_box(low, (wide, DEPTH_METRES)) for low, wide in zip(corner, count * width, strict=True)]
    outlines = Paths.of(walls, range(slabs))
    area, centre = area_and_centre(outlines, slabs)
    flats = np.full(slabs, SLAB_STAIRWELLS * a_stairwell, np.float64)
    flats[-1] = settings.households - flats[:-1].sum()
    return Survey(
        name="estate", digest="", attribution="", frame=Frame(0.0, 0.0, 0.0), outlines=outlines, area=area,
        centre=centre, storeys=np.full(slabs, float(settings.storeys)), height=np.full(slabs, np.nan), flats=flats,
        a_floor=np.full(slabs, np.nan),
        stairwells=count.astype(np.float64), assumed=np.zeros(slabs, np.bool_),
        use=np.full(slabs, _HOME_USE), grid=_grids(flats, columns, settings.households_per_grid),
        streets=_lanes(columns, rows, column_step, row_step),
        street_class=("service",) * (columns + rows + 2), points=np.empty((0, 2)),
        point_kind=np.empty(0, np.int64), point_size=np.empty(0),
        point_building=np.empty(0, np.int64), grid_rings=Paths.of([], []), grid_names=(),
        notes=(Words("a synthetic estate, no real place", "程序生成的小区，并非真实地点"),),
    )  # fmt: skip


def _box(corner: Floats, size: tuple[float, float]) -> Floats:
    return corner + size * np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])


def _grids(flats: Floats, columns: int, households: int) -> tuple[str, ...]:
    """Cut the slabs into grids along a way that goes through the rows to and fro, so that each grid hangs together."""
    row, column = np.divmod(np.arange(len(flats)), columns)
    order = np.argsort(row * columns + np.where(row % 2, columns - 1 - column, column))
    grids = min(max(round(flats.sum() / households), 1), len(flats))
    passed = np.cumsum(flats[order]) - flats[order] / 2
    grid = np.empty(len(flats), np.int64)
    grid[order] = np.minimum(passed / flats.sum() * grids, grids - 1).astype(np.int64)
    return tuple(map(str, grid))


def _lanes(columns: int, rows: int, column_step: float, row_step: float) -> Paths:
    """Lanes along every row and column, with a vertex at every crossing."""
    x, y = np.arange(columns + 1) * column_step, np.arange(rows + 1) * row_step
    along = [np.stack([x, np.full(len(x), one)], axis=1) for one in y]
    across = [np.stack([np.full(len(y), one), y], axis=1) for one in x]
    return Paths.of(along + across, range(len(along) + len(across)))
