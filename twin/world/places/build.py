"""Places: everything of a neighbourhood that stands on the ground, from the ``places:`` block of a scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from twin.core.columns import Floats, Ints
from twin.errors import Words
from twin.world.places.assets import Assets, assets_of
from twin.world.places.estate import estate_survey
from twin.world.places.grids import cut, neighbours_of
from twin.world.places.homes import Buildings, Flats, Homes, Stairwells, homes_of
from twin.world.places.projection import Frame
from twin.world.places.settings import ESTATE, NO_MAP, PlacesSettings
from twin.world.places.shapes import Paths, inside
from twin.world.places.streets import Ways, walkable, ways_between
from twin.world.places.survey import Survey, survey
from twin.world.places.tessellation import Cells, tessellated


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a neighbourhood, in metres from the south-west corner of the map.

    `grid` (buildings,) is the grid of each building, an index into `grid_names`; `asset_grid` that of each asset;
    `notes` say what was left out or assumed; `attribution` must stand on every map that is drawn.
    """

    name: str
    digest: str
    attribution: str
    frame: Frame
    buildings: Buildings
    stairwells: Stairwells
    flats: Flats
    assets: Assets
    streets: Paths
    street_class: tuple[str, ...]
    grid: Ints
    grid_names: tuple[str, ...]
    settings: PlacesSettings
    first_notes: tuple[Words, ...]
    known_cells: Cells | None = None

    @property
    def grids(self) -> int:
        """How many grids there are."""
        return len(self.grid_names)

    @property
    def on_earth(self) -> bool:
        """Whether the map lies somewhere on the earth (a synthetic estate does not)."""
        return self.settings.map != ESTATE

    @property
    def grid_flats(self) -> Ints:
        """Flats of each grid (grids,)."""
        return np.bincount(self.grid, self.buildings.flats, self.grids).astype(np.int64)

    @property
    def grid_centres(self) -> Floats:
        """The middle of each grid's buildings, weighted by their flats (grids, 2) [m]."""
        weight = self.buildings.flats + 1e-6  # a grid without flats has a middle too
        total = np.bincount(self.grid, weight, self.grids)
        sums = [np.bincount(self.grid, weight * axis, self.grids) for axis in self.buildings.xy.T]
        return np.stack(sums, axis=1) / np.maximum(total, 1e-12)[:, None]

    @cached_property
    def asset_grid(self) -> Ints:
        """The grid of each asset (assets,): that of its building, or of the nearest one."""
        from scipy.spatial import cKDTree

        nearest = cKDTree(self.buildings.xy).query(self.assets.xy)[1] if len(self.assets) else np.empty(0, np.int64)
        return self.grid[np.where(self.assets.building >= 0, self.assets.building, nearest)]

    @cached_property
    def cells(self) -> Cells:
        """The ground around each building."""
        return self.known_cells or tessellated(self.buildings.outlines)

    @cached_property
    def grid_outlines(self) -> Paths:
        """The ground of each grid; holes run clockwise, the owner is the grid."""
        return self.cells.outlines(self.grid)

    @cached_property
    def _ways(self) -> tuple[Ways, tuple[Words, ...]]:
        places = np.concatenate([self.buildings.xy, self.assets.xy])
        streets = walkable(self.streets, self.street_class)
        return ways_between(places, streets, self.settings.join_metres, self.settings.detour)

    @property
    def ways(self) -> Ways:
        """How far it is from one place to another along the streets."""
        return self._ways[0]

    @property
    def notes(self) -> tuple[Words, ...]:
        """What was left out or assumed."""
        return (*self.first_notes, *self._ways[1])


def places_of(settings: PlacesSettings) -> Places | None:
    """Return the places of a ``places:`` block, ``None`` where it names no map; what is wrong raises InputError."""
    return None if settings.map == NO_MAP else _built(settings, _surveyed(settings))


def synthetic_estate(households: int, settings: PlacesSettings | None = None) -> Places:
    """Return rows of slabs with just so many flats (行列式), where there is no map."""
    wanted = replace(settings or PlacesSettings(), map=ESTATE, households=households)
    return _built(wanted, _surveyed(wanted))


def grids_in(settings: PlacesSettings) -> int:
    """Return how many grids the places of a block have, without building them; 0 without a map."""
    if settings.map == NO_MAP:
        return 0
    found = _surveyed(settings)
    return len(_named(found)[0]) or _parts(homes_of(found, settings).buildings.flats, settings)


def street_map(settings: PlacesSettings) -> tuple[Paths, tuple[str, ...]]:
    """Return the streets of a block's map and their classes, without building its places."""
    found = _surveyed(settings)
    return found.streets, found.street_class


def _surveyed(settings: PlacesSettings) -> Survey:
    return estate_survey(settings) if settings.map == ESTATE else survey(settings)


@lru_cache(maxsize=8)
def _built(settings: PlacesSettings, found: Survey) -> Places:
    homes = homes_of(found, settings)
    grid, names, cells = _grids(found, homes, settings)
    streets = walkable(found.streets, found.street_class)
    assets, more_notes = assets_of(found, homes, streets, settings)
    return Places(
        name=found.name, digest=found.digest, attribution=found.attribution, frame=found.frame,
        buildings=homes.buildings, stairwells=homes.stairwells, flats=homes.flats, assets=assets,
        streets=found.streets, street_class=found.street_class, grid=grid, grid_names=names, settings=settings,
        first_notes=(*homes.notes, *more_notes), known_cells=cells,
    )  # fmt: skip


def _parts(flats: Ints, settings: PlacesSettings) -> int:
    """Return how many grids flats are cut into."""
    wanted = round(int(flats.sum()) / settings.households_per_grid)
    return max(min(wanted, int(np.count_nonzero(flats))), 1)


def _grids(found: Survey, homes: Homes, settings: PlacesSettings) -> tuple[Ints, tuple[str, ...], Cells | None]:
    """Return the grid of each building and the grids' names: those of the map, else cut by flats (and their cells)."""
    names, grid = _named(found)
    if names:
        return _nearest_grid(found.centre, grid), names, None
    flats, cells = homes.buildings.flats, tessellated(found.outlines)
    neighbours = neighbours_of(found.centre, cells.neighbours, found.streets)
    grid = cut(flats, neighbours, _parts(flats, settings))
    return grid, tuple(map(str, range(int(grid.max()) + 1))), cells


def _named(found: Survey) -> tuple[tuple[str, ...], Ints]:
    """Return the names of the grids that the map knows, and the grid of each building, -1 where it says nothing."""
    names = tuple(sorted({one for one in found.grid if one}, key=_in_order))
    if names or not found.grid_names:
        return names, np.array([names.index(one) if one else -1 for one in found.grid], np.int64)
    grid = np.full(len(found.centre), -1)
    for ring, owner in zip(found.grid_rings, found.grid_rings.owner, strict=True):
        grid[inside(found.centre, ring)] = owner
    return (found.grid_names if (grid >= 0).any() else ()), grid


def _in_order(name: str) -> tuple[int, str]:
    """Sort numbers as numbers."""
    return (int(name), "") if name.isascii() and name.isdigit() else (10**9, name)


def _nearest_grid(xy: Floats, grid: Ints) -> Ints:
    """Return the grids, buildings without one getting that of the nearest building that has one."""
    from scipy.spatial import cKDTree

    known = np.flatnonzero(grid >= 0)
    return grid[known[cKDTree(xy[known]).query(xy)[1]]]
