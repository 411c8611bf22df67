"""Buildings, stairwells and flats: from footprints to the doors that people live behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.errors import InputError, Words
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths
from twin.world.places.survey import Survey

_SHARE_OF_LENGTH = 0.9  # of a building, over which its stairwells are spread
_LEAST_SHARE_OF_A_FLAT = 0.5  # a footprint below it is a kiosk


@dataclass(frozen=True, eq=False)
class Buildings:
    """One row a building: outlines (owner: the row), centre `xy` (n, 2) [m], footprint [m2], storeys, flats.

    `assumed` tells where the map said nothing of the storeys; `use` is 0 unknown, 1 homes, 2 other.
    """

    outlines: Paths
    xy: Floats
    footprint_m2: Floats
    storeys: Ints
    assumed: Flags
    use: Ints
    flats: Ints

    def __len__(self) -> int:
        return len(self.storeys)


@dataclass(frozen=True, eq=False)
class Stairwells:
    """One row a stairwell 单元: its building and where it stands `xy` (n, 2) [m]."""

    building: Ints
    xy: Floats

    def __len__(self) -> int:
        return len(self.building)


@dataclass(frozen=True, eq=False)
class Flats:
    """One row a flat, by building, stairwell and floor; `floor` 1 is the ground floor, `area_m2` is gross."""

    building: Ints
    stairwell: Ints
    floor: Ints
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.building)


@dataclass(frozen=True, eq=False)
class Homes:
    """The buildings with everything inside them, and what had to be assumed."""

    buildings: Buildings
    stairwells: Stairwells
    flats: Flats
    notes: tuple[Words, ...]


def homes_of(survey: Survey, settings: PlacesSettings) -> Homes:
    """Return the homes of a surveyed map; D515 if there are none."""
    storeys, assumed = _storeys(survey, settings)
    flats, a_floor = _counted(survey, settings, storeys)
    if not flats.any():
        raise InputError.of("D515", name=survey.name)
    buildings = Buildings(survey.outlines, survey.centre, survey.area, storeys, assumed, survey.use, flats)
    wanted = np.ceil(np.maximum(a_floor, 1) / settings.flats_per_landing)
    stairs = np.where(flats > 0, np.where(np.isnan(survey.stairwells), wanted, survey.stairwells), 0).astype(np.int64)
    stairs = np.minimum(stairs, np.maximum(flats, 0))
    flats_in = _flats(buildings, stairs, a_floor)
    return Homes(buildings, _stairwells(buildings, stairs), flats_in, _notes(survey, assumed, settings))


def _storeys(survey: Survey, settings: PlacesSettings) -> tuple[Ints, Flags]:
    """Return the storeys of each building, and which of them are assumed."""
    by_height = np.maximum(np.round(survey.height / settings.storey_metres), 1)
    known = np.where(np.isnan(survey.storeys), by_height, np.maximum(np.round(survey.storeys), 1))
    return np.where(np.isnan(known), settings.storeys, known).astype(np.int64), np.isnan(known) | survey.assumed


def _counted(survey: Survey, settings: PlacesSettings, storeys: Ints) -> tuple[Ints, Ints]:
    """Return the flats of each building, and of a floor that is all flats."""
    share = np.array([settings.residential_share, 1.0, 0.0])[survey.use]
    fitting = survey.area / settings.flat_m2
    homely = fitting >= _LEAST_SHARE_OF_A_FLAT
    flats = np.where(homely, np.round(fitting * storeys * share), 0)
    flats = np.where(np.isnan(survey.flats), flats, survey.flats).astype(np.int64)
    a_floor = np.maximum(np.maximum(np.round(fitting), np.ceil(flats / storeys)), 1).astype(np.int64)
    said = np.where(np.isnan(survey.a_floor), np.ceil(flats / storeys), survey.a_floor)
    return flats, np.where(np.isnan(survey.flats), a_floor, np.maximum(said, 1)).astype(np.int64)


def _stairwells(buildings: Buildings, counts: Ints) -> Stairwells:
    """Stand the stairwells of each building in a row along it."""
    building = np.repeat(np.arange(len(buildings)), counts)
    number = np.arange(len(building)) - np.repeat(np.cumsum(counts) - counts, counts)
    centre, half = _long_axes(buildings)
    place = (2 * number + 1) / np.maximum(counts[building], 1) - 1
    return Stairwells(building, centre[building] + place[:, None] * half[building] * _SHARE_OF_LENGTH)


def _long_axes(buildings: Buildings) -> tuple[Floats, Floats]:
    """Return the middle of each building's length, and half of it as a vector (n, 2), from its outline's corners."""
    outlines, count = buildings.outlines, len(buildings)
    corner = outlines.segments  # every corner once, though a ring ends where it begins
    owner = outlines.owner[outlines.path[corner]]
    away = outlines.xy[corner] - buildings.xy[owner]
    products = (away[:, 0] ** 2, away[:, 1] ** 2, away[:, 0] * away[:, 1])
    spread = [np.bincount(owner, values, count) for values in products]
    angle = np.arctan2(2 * spread[2], spread[0] - spread[1]) / 2
    axis = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    along = (away * axis[owner]).sum(axis=1)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, owner, along)
    np.maximum.at(high, owner, along)
    return buildings.xy + axis * ((low + high) / 2)[:, None], axis * ((high - low) / 2)[:, None]


def _flats(buildings: Buildings, stairs: Ints, a_floor: Ints) -> Flats:
    """Fill the flats of each building from its top floor down, evenly over its stairwells."""
    building = np.repeat(np.arange(len(buildings)), buildings.flats)
    number = np.arange(len(building)) - np.repeat(np.cumsum(buildings.flats) - buildings.flats, buildings.flats)
    floor = np.maximum(buildings.storeys[building] - number // a_floor[building], 1)
    first = np.cumsum(stairs) - stairs
    well = first[building] + number % a_floor[building] * stairs[building] // a_floor[building]
    order = np.lexsort((floor, well, building))
    area = (buildings.footprint_m2 / a_floor)[building]
    return Flats(building[order], well[order], floor[order], area[order])


def _notes(survey: Survey, assumed: Flags, settings: PlacesSettings) -> tuple[Words, ...]:
    """Say how many storeys are assumed."""
    if not assumed.any():
        return survey.notes
    count, total, storeys = int(assumed.sum()), len(assumed), settings.storeys
    return (*survey.notes, Words(
        f"storeys are assumed ({storeys}) for {count} of {total} buildings, of which the map says nothing",
        f"{total} 栋楼中有 {count} 栋层数未知，按 {storeys} 层计",
    ))  # fmt: skip
