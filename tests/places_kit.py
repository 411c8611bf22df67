"""Small maps, made by hand in metres and put somewhere on the earth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.world.places.build import Places, places_of
from twin.world.places.projection import Frame
from twin.world.places.settings import PlacesSettings

SOMEWHERE = Frame(12.0, 48.0, 48.0)  # outside China, so that nothing has to be declared


def degrees(points: Sequence[Sequence[float]], frame: Frame = SOMEWHERE) -> list[list[float]]:
    """Return metres as longitudes and latitudes."""
    return np.round(frame.degrees(np.array(points, np.float64)), 9).tolist()


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def box(x: float, y: float, wide: float, deep: float, **properties: Any) -> dict[str, Any]:
    """A building with its south-west corner there."""
    corners = [(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep), (x, y)]
    return feature("Polygon", [degrees(corners)], **properties)


def line(*points: tuple[float, float], **properties: Any) -> dict[str, Any]:
    """A street."""
    return feature("LineString", degrees(points), **properties)


def point(x: float, y: float, **properties: Any) -> dict[str, Any]:
    """An asset."""
    return feature("Point", degrees([(x, y)])[0], **properties)


def collection(*features: dict[str, Any], **members: Any) -> str:
    """A FeatureCollection, one feature a line: feature n stands in line n + 1."""
    head = json.dumps({"type": "FeatureCollection", **members}, ensure_ascii=False)[:-1]
    return head + ', "features": [\n' + ",\n".join(json.dumps(one, ensure_ascii=False) for one in features) + "\n]}"


def settings_for(folder: Path, text: str, **said: Any) -> PlacesSettings:
    path = folder / "map.geojson"
    path.write_text(text, encoding="utf-8")
    return PlacesSettings(map=str(path), **said)


def places(folder: Path, *features: dict[str, Any], **said: Any) -> Places:
    """The places of a map of these features."""
    found = places_of(settings_for(folder, collection(*features), **said))
    assert found is not None
    return found


def lattice(streets: int, step: float) -> list[dict[str, Any]]:
    """Streets every `step` metres both ways, with vertices at the crossings."""
    ticks = [step * number for number in range(streets)]
    along = [line(*((x, y) for x in ticks)) for y in ticks]
    return along + [line(*((x, y) for y in ticks)) for x in ticks]
