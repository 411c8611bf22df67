"""Assets: lamps, bins, drains, lifts, parking and stairwells, at which the faults of a neighbourhood begin.

What the map shows is taken; a kind of which it shows nothing is laid out by spacing or by households, as assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints
from twin.core.draws import Draw
from twin.errors import Words
from twin.world.places.homes import Homes
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths, spaced
from twin.world.places.survey import BIN, DRAIN, LAMP, LIFT, PARKING, STAIRWELL, Survey
from twin.world.tables import ASSET_KINDS

BAY_SPACES = 10  # parking spaces of a bay beside a building
_NO_BUILDING = -1

ASSET_WORDS: Mapping[str, Words] = {
    "lamp": Words("street lamp", "路灯"), "bin": Words("bins", "垃圾桶"), "drain": Words("drain inlet", "雨水口"),
    "lift": Words("lift", "电梯"), "parking": Words("parking bay", "停车位"), "stairwell": Words("stairwell", "单元"),
}  # fmt: skip
CATEGORIES_OF: Mapping[str, tuple[str, ...]] = {
    "lamp": ("lighting_paving", "lighting", "lights"), "bin": ("sanitation", "waste", "cleaning"),
    "drain": ("leaks_drains", "leaks", "drains"), "lift": ("lift_fire", "lifts", "lift"), "parking": ("parking",),
}  # fmt: skip
"""The category of the faults of a kind: the first of these that a scenario has."""


@dataclass(frozen=True, eq=False)
class Assets:
    """One row an asset: kind (index into ASSET_KINDS), `xy` (n, 2) [m], size, building.

    `size` counts the spaces of parking, else it is 1; `building` is -1 for what stands in the street.
    """

    kind: Ints
    xy: Floats
    size: Ints
    building: Ints

    def __len__(self) -> int:
        return len(self.kind)


def assets_of(
    survey: Survey, homes: Homes, streets: Paths, settings: PlacesSettings
) -> tuple[Assets, tuple[Words, ...]]:
    """Return the assets of a neighbourhood, kind by kind, and which kinds had to be assumed."""
    laid_out = {
        LAMP: lambda: _plain(spaced(streets, settings.lamp_metres)),
        BIN: lambda: _bins(homes, settings),
        DRAIN: lambda: _plain(spaced(streets, settings.drain_metres)),
        LIFT: lambda: _lifts(homes, settings),
        PARKING: lambda: _bays(homes, settings),
        STAIRWELL: lambda: _in_buildings(homes.stairwells.xy, homes.stairwells.building),
    }
    shown = {int(kind) for kind in np.unique(survey.point_kind)}
    parts = [_shown(survey, kind) if kind in shown else make() for kind, make in laid_out.items()]
    kinds = np.repeat(list(laid_out), [len(xy) for xy, _, _ in parts])
    xy, size, building = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return Assets(kinds, xy, size, building), _note(shown)


Laid = tuple[Floats, Ints, Ints]


def _plain(xy: Floats) -> Laid:
    return _in_buildings(xy, np.full(len(xy), _NO_BUILDING))


def _in_buildings(xy: Floats, building: Ints) -> Laid:
    return xy, np.ones(len(xy), np.int64), building


def _shown(survey: Survey, kind: int) -> Laid:
    """Return the assets of a kind that the map shows."""
    rows = survey.point_kind == kind
    size = np.nan_to_num(survey.point_size[rows], nan=1.0).astype(np.int64)
    return survey.points[rows], size, survey.point_building[rows]


def _lifts(homes: Homes, settings: PlacesSettings) -> Laid:
    """A lift in every stairwell of buildings that are high enough."""
    building = homes.stairwells.building
    tall = homes.buildings.storeys[building] >= settings.lift_from_storey
    return _in_buildings(homes.stairwells.xy[tall], building[tall])


def _bins(homes: Homes, settings: PlacesSettings) -> Laid:
    """Bins at the stairwells behind which another so many flats have been passed."""
    flats = np.bincount(homes.flats.stairwell, minlength=len(homes.stairwells))
    sets = np.cumsum(flats) // settings.households_per_bin
    at = np.flatnonzero(np.diff(sets, prepend=0) > 0)
    at = at if len(at) else np.flatnonzero(flats)[:1]
    return _plain(homes.stairwells.xy[at])


def _bays(homes: Homes, settings: PlacesSettings) -> Laid:
    """Parking bays along the walls of buildings with flats, their spaces in proportion."""
    spaces = np.round(homes.buildings.flats * settings.spaces_per_flat).astype(np.int64)
    bays = -(-spaces // BAY_SPACES)
    building = np.repeat(np.arange(len(spaces)), bays)
    number = np.arange(len(building)) - np.repeat(np.cumsum(bays) - bays, bays)
    size = np.minimum(spaces[building] - BAY_SPACES * number, BAY_SPACES)
    outlines = homes.buildings.outlines
    first = outlines.first[np.searchsorted(outlines.owner, building)]
    corners = np.diff(outlines.first)[np.searchsorted(outlines.owner, building)] - 1
    luck = Draw(0, "places", 0).uniform("bay", np.arange(len(building), dtype=np.uint64))
    corner = first + (luck * corners).astype(np.int64)
    return (outlines.xy[corner] + outlines.xy[corner + 1]) / 2, size, building


def _note(shown: set[int]) -> tuple[Words, ...]:
    assumed = [ASSET_WORDS[name] for kind, name in enumerate(ASSET_KINDS) if kind not in shown and kind != STAIRWELL]
    if not assumed:
        return ()
    en, zh = ", ".join(one.en for one in assumed), "、".join(one.zh for one in assumed)
    return (Words(f"laid out by rule, since the map shows none: {en}", f"地图未标明、按规则布设：{zh}"),)
