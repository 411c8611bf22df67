"""GeoJSON out: the places as the twin understands them, in WGS 84, readable by any GIS and by the twin itself.

Storeys, flats and grids are written as they were taken or assumed, so that reading the file back gives the same places.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from twin.core.columns import Floats
from twin.world.places.build import Places
from twin.world.places.shapes import Paths, inside, ring_areas
from twin.world.places.survey import STAIRWELL
from twin.world.tables import ASSET_KINDS

_DIGITS = 7  # of a degree: a centimetre
_USES = ("yes", "residential", "other")
_CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
Properties = Mapping[str, Any]


def geojson_of(places: Places, more: Iterable[tuple[Properties, str, Any]] = ()) -> str:
    """Return the places as a FeatureCollection, one feature a line.

    `more` are features besides: properties, geometry type, and coordinates in metres of the places' frame as
    nested lists of arrays (n, 2).
    """
    head = {"type": "FeatureCollection", "name": places.name, "crs": _CRS84, "attribution": places.attribution}
    features = (*_buildings(places), *_streets(places), *_assets(places), *_grids(places), *more)
    lines = (_feature(places, *one) for one in features)
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"


def polygons(rings: list[Floats]) -> list[list[Floats]]:
    """Sort rings into polygons, each an outline with its holes (which run clockwise)."""
    areas = [ring_areas(Paths.of([ring], [0]))[0] for ring in rings]
    found = [[ring] for ring, area in zip(rings, areas, strict=True) if area > 0]
    for hole in (ring for ring, area in zip(rings, areas, strict=True) if area <= 0):
        around = [one for one in found if inside(hole[:1], one[0]).any()]
        (around or found)[0].append(hole)
    return found


def _feature(places: Places, properties: Properties, kind: str, coordinates: Any) -> str:
    geometry = {"type": kind, "coordinates": _degrees(places, coordinates)}
    feature = {"type": "Feature", "properties": dict(properties), "geometry": geometry}
    return json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _degrees(places: Places, coordinates: Any) -> Any:
    if isinstance(coordinates, list):
        return [_degrees(places, one) for one in coordinates]
    return np.round(places.frame.degrees(coordinates), _DIGITS).tolist()


def _shape(rings: list[Floats]) -> tuple[str, Any]:
    found = polygons(rings)
    return ("Polygon", found[0]) if len(found) == 1 else ("MultiPolygon", found)


def _rings_by_owner(paths: Paths) -> dict[int, list[Floats]]:
    found: dict[int, list[Floats]] = {}
    for ring, owner in zip(paths, paths.owner.tolist(), strict=True):
        found.setdefault(owner, []).append(ring)
    return found


def _buildings(places: Places) -> Iterator[tuple[Properties, str, Any]]:
    one, stairwells = places.buildings, np.bincount(places.stairwells.building, minlength=len(places.buildings))
    rings = _rings_by_owner(one.outlines)
    area = np.ones(len(one))
    area[places.flats.building] = places.flats.area_m2
    for row in range(len(one)):
        said: dict[str, Any] = {"layer": "building", "storeys": int(one.storeys[row]), "flats": int(one.flats[row])}
        if stairwells[row]:
            said |= {"stairwells": int(stairwells[row]), "flats_a_floor": round(one.footprint_m2[row] / area[row])}
        said |= {"use": _USES[one.use[row]], "grid": places.grid_names[places.grid[row]]}
        said |= {"storeys_assumed": True} if one.assumed[row] else {}
        yield said, *_shape(rings[row])


def _streets(places: Places) -> Iterator[tuple[Properties, str, Any]]:
    for path, name in zip(places.streets, places.street_class, strict=True):
        yield {"layer": "street", **({"class": name} if name else {})}, "LineString", path


def _assets(places: Places) -> Iterator[tuple[Properties, str, Any]]:
    assets = places.assets
    for row in np.flatnonzero(assets.kind != STAIRWELL):  # stairwells follow from the buildings
        said = {"layer": "asset", "asset": ASSET_KINDS[assets.kind[row]], "size": int(assets.size[row])}
        said |= {"of_building": int(assets.building[row])} if assets.building[row] >= 0 else {}
        yield said, "Point", assets.xy[row]


def _grids(places: Places) -> Iterator[tuple[Properties, str, Any]]:
    rings = _rings_by_owner(places.grid_outlines)
    for grid, name in enumerate(places.grid_names):
        if grid in rings:
            yield {"layer": "grid", "name": name, "flats": int(places.grid_flats[grid])}, *_shape(rings[grid])
