"""What a map puts into the tables: homes to move into, and places at which faults begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twin.core.columns import Ints, Keys, Table
from twin.core.draws import Draw
from twin.world.homes import Homes
from twin.world.places.assets import CATEGORIES_OF
from twin.world.places.build import Places
from twin.world.tables import ASSET_KINDS

_METRES = 1000.0


def homes_on(ground: Places) -> Homes:
    """Return the buildings and flats of a map as homes."""
    buildings, flats = ground.buildings, ground.flats
    x, y = buildings.xy.T / _METRES
    return Homes(
        grid=ground.grid, x=x, y=y, storeys=buildings.storeys, building=flats.building, stairwell=flats.stairwell,
        floor=flats.floor, area_m2=flats.area_m2,
    )  # fmt: skip


def equip_on(ground: Places, places: Table, shares: Mapping[str, float], grid_of_resident: Ints, draw: Draw) -> None:
    """Append the assets of a map as places.

    Faults of a lamp are of the category for lamps, if the scenario has one, and so on; what happens at a stairwell
    is of the categories that are left, by their shares.
    """
    assets = ground.assets
    keys = np.arange(len(assets), dtype=np.uint64)
    x, y = assets.xy.T / _METRES
    grid = ground.asset_grid
    places.append(
        keys,
        grid=grid,
        x=x,
        y=y,
        category=_categories(assets.kind, shares, keys, draw),
        residents_near=np.bincount(grid_of_resident, minlength=ground.grids)[grid],
        kind=assets.kind,
        building=assets.building,
    )


def _categories(kind: Ints, shares: Mapping[str, float], keys: Keys, draw: Draw) -> Ints:
    """Return the category of the faults of each asset."""
    names = list(shares)
    own = np.array([_own(name, names) for name in ASSET_KINDS])[kind]
    taken = {int(one) for one in np.unique(own) if one >= 0}
    left = np.array([0.0 if number in taken else share for number, share in enumerate(shares.values())])
    drawn = draw.choice("category", left if left.any() else np.array(list(shares.values())), keys)
    return np.where(own >= 0, own, drawn)


def _own(kind: str, names: Sequence[str]) -> int:
    """Return the scenario's category of a kind of asset, -1 if it has none."""
    return next((names.index(name) for name in CATEGORIES_OF.get(kind, ()) if name in names), -1)
