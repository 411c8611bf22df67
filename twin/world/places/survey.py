"""A map as it was surveyed: GeoJSON checked as a whole, in metres, with what its properties say.

Everything that is wrong is said at once, each with the feature's number and line. What is left out without being
wrong (points that are no asset, parts of buildings, railways) is counted in ``notes``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.errors import Complaint, InputError, Words, file_order
from twin.world.places.projection import Crs, Frame, crs_named, in_china
from twin.world.places.reading import MOST_COMPLAINTS, Feature, MapText, layer_said
from twin.world.places.settings import PlacesSettings, contents_of, files_named
from twin.world.places.shapes import Paths, area_and_centre, crossing, ring_areas
from twin.world.tables import ASSET_KINDS

LAMP, BIN, DRAIN, LIFT, PARKING, STAIRWELL = range(len(ASSET_KINDS))

MOST_METRES = 50_000.0
_FAR_STREETS = 1_000.0  # between the boxes of buildings and streets: nobody's map has such a gap
_LEAST_M2 = 1.0

_STOREYS = ("storeys", "building:levels", "levels", "floors", "层数", "楼层数")
_HEIGHT = ("height", "building:height", "height_m", "高度", "楼高")
_FLATS = ("flats", "households", "户数")
_A_FLOOR = ("flats_a_floor", "每层户数")
_STAIRWELLS = ("stairwells", "units", "单元数")
_USE = ("use", "kind_detail", "building", "用途")
_GRID = ("grid", "网格")
_CLASS = ("class", "highway", "kind_detail", "kind")
_ASSET = ("asset", "highway", "amenity", "man_made", "kind", "设施")
_SIZE = ("size", "capacity", "容量")
_OF_BUILDINGS = (_STOREYS, _HEIGHT, _FLATS, _A_FLOOR, _STAIRWELLS)
_RANGES = {_STOREYS: (1.0, 200.0), _HEIGHT: (1.0, 1000.0), _FLATS: (0.0, 20_000.0), _STAIRWELLS: (1.0, 500.0),
           _A_FLOOR: (1.0, 1000.0),
           _SIZE: (0.0, 20_000.0)}  # fmt: skip
_ASSET_NAMES = {
    "lamp": LAMP, "street_lamp": LAMP, "路灯": LAMP, "bin": BIN, "waste_basket": BIN, "waste_disposal": BIN,
    "recycling": BIN, "垃圾桶": BIN, "垃圾箱": BIN, "drain": DRAIN, "gully": DRAIN, "雨水口": DRAIN, "下水口": DRAIN,
    "lift": LIFT, "elevator": LIFT, "电梯": LIFT, "parking": PARKING, "停车位": PARKING, "停车场": PARKING,
}  # fmt: skip
_NOT_STREETS = {"rail", "ferry", "subway", "tram", "light_rail", "monorail", "funicular", "aerialway", "aeroway",
                "pier", "runway", "taxiway"}  # fmt: skip
_UNKNOWN_USE = {"", "yes", "building", "是"}
_HOMES = {"residential", "apartments", "house", "terrace", "detached", "semidetached_house", "dormitory", "flats",
          "住宅", "居住", "公寓", "宿舍"}  # fmt: skip
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:m|米|层|户|个|f)?\s*", re.IGNORECASE | re.ASCII)
_UNKNOWN, _HOME, _OTHER = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Survey:
    """What a map says, in metres from its south-west corner.

    One row a building: rings by `outlines` (owner: building), `area` of the footprint [m2], `centre` (n, 2), and
    what its properties say of `storeys`, `height` [m], `flats`, flats on a full floor `a_floor` and `stairwells`
    (NaN: nothing), its `use` (0 unknown, 1 homes, 2 other) and `grid` ("": none); `assumed` tells whose storeys it
    calls assumed. `streets` have a `street_class` each. Assets: `points` (m, 2), kind, size (NaN: unknown) and
    building (-1: none). `grid_rings` are outlines of grids, their owner an index into `grid_names`.
    """

    name: str
    digest: str
    attribution: str
    frame: Frame
    outlines: Paths
    area: Floats
    centre: Floats
    storeys: Floats
    height: Floats
    flats: Floats
    a_floor: Floats
    stairwells: Floats
    assumed: Flags
    use: Ints
    grid: tuple[str, ...]
    streets: Paths
    street_class: tuple[str, ...]
    points: Floats
    point_kind: Ints
    point_size: Floats
    point_building: Ints
    grid_rings: Paths
    grid_names: tuple[str, ...]
    notes: tuple[Words, ...] = ()


def survey(settings: PlacesSettings) -> Survey:
    """Read and check the map of the settings, which must name one; raises InputError with every complaint."""
    names = files_named(settings)
    return _survey(tuple(Path(name).name for name in names), tuple(map(contents_of, names)), settings.crs)


@lru_cache(maxsize=8)
def _survey(names: tuple[str, ...], contents: tuple[bytes, ...], crs: str) -> Survey:
    surveyor = _Surveyor(names, crs)
    texts = [surveyor.text(name, content) for name, content in zip(names, contents, strict=True)]
    surveyor.stop_if_wrong()
    for text in texts:
        surveyor.place_on_earth(text)
    if len(texts) > 1:
        surveyor.features = [one for one in surveyor.features if one.layer != "street" or one.place.file == names[1]]
    return surveyor.surveyed(names[0], hashlib.sha256(b"\0".join(contents)).hexdigest())


class _Surveyor:
    """Gathers the features of one or two files, in degrees, and what is wrong with them."""

    def __init__(self, names: Sequence[str], crs: str) -> None:
        self.names = names
        self.complaints: list[Complaint] = []
        self.features: list[Feature] = []
        self.notes: list[Words] = []
        self.attributions: list[str] = []
        self.said = self._named(crs) if crs else None

    def stop_if_wrong(self) -> None:
        """Raise what is wrong so far."""
        if self.complaints:
            raise InputError(file_order(self.complaints, self.names))

    def _named(self, crs: str) -> Crs | None:
        try:
            return crs_named(crs)
        except InputError as fault:
            self.complaints += fault.complaints
            return None

    # -- reading

    def text(self, name: str, content: bytes) -> MapText:
        """Read the text of a file."""
        found = MapText(name, "")
        try:
            found.text = content.decode("utf-8-sig")
            found.read()
        except UnicodeDecodeError as fault:
            why = Words(f"byte {fault.start + 1} is no UTF-8", f"第 {fault.start + 1} 字节不是 UTF-8")
            found.complaints.append(Complaint("D502", None, {"name": name, "why": why}))
        self.complaints += found.complaints
        self.attributions += [str(found.head["attribution"])] if found.head.get("attribution") else []
        return found

    def place_on_earth(self, text: MapText) -> None:
        """Turn a file's coordinates into WGS 84 degrees."""
        crs = self._crs_of(text)
        if crs is None or not text.features:
            return
        every = np.concatenate([path for feature in text.features for path in feature.paths])
        if crs.in_degrees and not self._are_degrees(text, every):
            return
        if self.said is None and "crs" not in text.head and in_china(every).any():
            self.complaints.append(Complaint("D508", text.place(0), {"name": text.name}))
            return
        self.features += [replace(feature, paths=tuple(map(crs.to_wgs84, feature.paths))) for feature in text.features]

    def _crs_of(self, text: MapText) -> Crs | None:
        """Return the system of a file: the one that was said, else its own, else WGS 84."""
        own = _own_crs(text.head.get("crs"))
        if own is None:
            return self.said or crs_named("WGS84")
        found = self._named(own)
        if self.said is not None and found is not None and found.name != self.said.name:
            said = {"said": self.said.name, "own": found.name, "name": text.name}
            self.complaints.append(Complaint("D514", text.place(0), said))
        return found

    def _are_degrees(self, text: MapText, every: Floats) -> bool:
        """Complain of coordinates that are no longitude and latitude."""
        if (np.abs(every) > (360.0, 180.0)).any():
            first = next(one for one in text.features if (np.abs(np.concatenate(one.paths)) > (360.0, 180.0)).any())
            shown = _shown(np.concatenate(first.paths)[0])
            self.complaints.append(Complaint("D507", first.place, {"number": first.number, "point": shown}))
            return False
        wrong = [one for one in text.features if (np.abs(np.concatenate(one.paths)) > (180.0, 90.0)).any()]
        for one in wrong[:MOST_COMPLAINTS]:
            points = np.concatenate(one.paths)
            shown = _shown(points[np.abs(points[:, 1]).argmax()])
            self.complaints.append(Complaint("D504", one.place, {"number": one.number, "point": shown}))
        return not wrong

    # -- checking

    def surveyed(self, name: str, digest: str) -> Survey:
        """Return the survey, or raise everything that is wrong."""
        self._leave_out()
        layers = {layer: [one for one in self.features if one.layer == layer] for layer in
                  ("building", "street", "asset", "grid")}  # fmt: skip
        if not layers["building"]:
            self.complaints += [] if self.complaints else [Complaint("D510", None, {"name": name})]
            self.stop_if_wrong()
        frame = Frame.around(np.concatenate([path for one in layers["building"] for path in one.paths]))
        metres = {layer: [_in_metres(one, frame) for one in found] for layer, found in layers.items()}
        self._judge_extent(metres)
        for one in (*metres["building"], *metres["grid"]):
            self._judge_rings(one, frame)
        buildings, assets = metres["building"], metres["asset"]
        numbers = {keys: self._numbers(buildings, keys) for keys in _OF_BUILDINGS}
        sizes = self._numbers(assets, _SIZE)
        self.stop_if_wrong()
        outlines = _rings(buildings)
        area, centre = area_and_centre(outlines, len(buildings))
        grid_names = [_said(one, _GRID) or _said(one, ("name", "名称")) or str(one.number) for one in metres["grid"]]
        return Survey(
            name=name, digest=digest, attribution="; ".join(dict.fromkeys(self.attributions)), frame=frame,
            outlines=outlines, area=area, centre=centre, storeys=numbers[_STOREYS], height=numbers[_HEIGHT],
            flats=numbers[_FLATS], a_floor=numbers[_A_FLOOR], stairwells=numbers[_STAIRWELLS],
            assumed=np.array([one.properties.get("storeys_assumed") is True for one in buildings]),
            use=np.array([_use(one) for one in buildings]),
            grid=tuple(_said(one, _GRID) for one in buildings), streets=_lines(metres["street"]),
            street_class=tuple(_said(one, _CLASS) for one in metres["street"] for _ in one.paths),
            points=_points(assets), point_kind=np.repeat([_asset_kind(one) or 0 for one in assets], _counts(assets)),
            point_size=np.repeat(sizes, _counts(assets)), point_building=np.repeat(
                [_of_building(one, len(buildings)) for one in assets], _counts(assets)
            ).astype(np.int64), grid_rings=_rings(metres["grid"]),
            grid_names=tuple(grid_names), notes=tuple(self.notes),
        )  # fmt: skip

    def _leave_out(self) -> None:
        """Drop what is no building, street or asset, and note how much of it there is."""
        marked = any(_is_marked_building(one) for one in self.features)
        found = [(one, _left_out(one, marked)) for one in self.features]
        self.features = [one for one, why in found if why is None]
        for why, count in sorted(Counter(why for _, why in found if why is not None).items()):
            said = _LEFT_OUT[why]
            self.notes.append(Words(said.en.format(count=count), said.zh.format(count=count)))

    def _judge_extent(self, metres: Mapping[str, list[Feature]]) -> None:
        """Complain of features far from the others, and of streets far from the buildings."""
        middle = np.median([one.paths[0][0] for one in metres["building"]], axis=0)
        for one in (one for found in metres.values() for one in found):
            away = float(np.abs(np.concatenate(one.paths) - middle).max())
            if away > MOST_METRES:
                said = {"number": one.number, "km": round(away / 1000), "most": MOST_METRES / 1000}
                self.complaints.append(Complaint("D516", one.place, said))
                return
        if metres["street"]:
            gap = _gap(*(np.concatenate([p for one in metres[k] for p in one.paths]) for k in ("building", "street")))
            if gap > _FAR_STREETS:
                told = {"km": round(gap / 1000, 1), "file": metres["street"][0].place.file}
                self.complaints.append(Complaint("D511", metres["street"][0].place, told))

    def _judge_rings(self, one: Feature, frame: Frame) -> None:
        """Complain of outlines that cross themselves or enclose nothing."""
        areas = np.abs(ring_areas(Paths.of(one.paths, [0] * len(one.paths))))
        for path, area in zip(one.paths, areas, strict=True):
            at = crossing(path)
            if at is not None:
                said = {"number": one.number, "point": _shown(frame.degrees(at))}
                self.complaints.append(Complaint("D512", one.place, said))
            elif area < _LEAST_M2:
                said = {"number": one.number, "fault": Words("its outline encloses nothing", "轮廓没有面积")}
                self.complaints.append(Complaint("D506", one.place, said))

    def _numbers(self, features: Sequence[Feature], keys: tuple[str, ...]) -> Floats:
        """Return what features say under one of these keys, NaN where they say nothing."""
        low, high = _RANGES[keys]
        found = np.full(len(features), np.nan)
        for row, one in enumerate(features):
            key = next((key for key in keys if one.properties.get(key) not in (None, "")), None)
            if key is None:
                continue
            value = _number(one.properties[key])
            if value is None or not low <= value <= high:
                said = {"number": one.number, "key": key, "value": one.properties[key], "low": low, "high": high}
                self.complaints.append(Complaint("D513", one.place, said))
            else:
                found[row] = value
        return found


# -- what features say


def _own_crs(raw: Any) -> str | None:
    """Return the name in a ``crs`` member of the older GeoJSON; ``None`` where there is none."""
    if isinstance(raw, str):
        return raw
    properties = raw.get("properties") if isinstance(raw, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None


def _said(one: Feature, keys: Sequence[str]) -> str:
    """Return what a feature says under the first of these keys that it has, "" if under none."""
    return next((str(one.properties[key]).strip() for key in keys if one.properties.get(key) not in (None, "")), "")


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < MOST_METRES else None
    read = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return float(read[1]) if read else None


def _use(one: Feature) -> int:
    said = _said(one, _USE).casefold()
    return _UNKNOWN if said in _UNKNOWN_USE else _HOME if said in _HOMES else _OTHER


def _asset_kind(one: Feature) -> int | None:
    names = (str(one.properties.get(key, "")).strip().casefold() for key in _ASSET)
    return next((_ASSET_NAMES[name] for name in names if name in _ASSET_NAMES), None)


def _of_building(one: Feature, buildings: int) -> int:
    """Return the building that an asset says it belongs to, -1 if none."""
    said = one.properties.get("of_building")
    return said if type(said) is int and 0 <= said < buildings else -1


def _is_marked_building(one: Feature) -> bool:
    said = one.properties
    has = one.layer == "building" and (layer_said(said) == "building" or said.get("kind") == "building")
    return has or (one.layer == "building" and said.get("building") not in (None, "", "no"))


def _left_out(one: Feature, marked: bool) -> str | None:
    """Say why a feature is left out, ``None`` if it is not. Where polygons are marked as buildings, others are none."""
    if one.layer == "building":
        part = "building_part" in (one.properties.get("kind"), one.properties.get("layer"))
        return "part" if part else "ground" if marked and not _is_marked_building(one) else None
    if one.layer == "street":
        classes = {str(one.properties.get(key, "")) for key in (*_CLASS, "railway", "route")}
        return "rail" if classes & _NOT_STREETS else None
    return "point" if one.layer == "asset" and _asset_kind(one) is None else None


_LEFT_OUT: Mapping[str, Words] = {
    "part": Words("{count} parts of buildings are left out", "略去 {count} 个建筑部件"),
    "ground": Words(
        "{count} polygons that do not say they are buildings are left out", "略去 {count} 个未标明为建筑的面"
    ),
    "rail": Words("{count} railways, ferries and piers are left out", "略去 {count} 条铁路、轮渡与码头"),
    "point": Words("{count} points that are no asset known here are left out", "略去 {count} 个不属于已知设施的点"),
}


# -- into metres and arrays


def _in_metres(one: Feature, frame: Frame) -> Feature:
    """Return a feature in metres, its outlines counter-clockwise and their holes clockwise."""
    paths = [frame.metres(path) for path in one.paths]
    if one.layer in ("building", "grid"):
        areas = ring_areas(Paths.of(paths, [0] * len(paths)))
        turned = [(area > 0) != outer for area, outer in zip(areas, one.outer, strict=True)]
        paths = [path[::-1] if turn else path for path, turn in zip(paths, turned, strict=True)]
    return replace(one, paths=tuple(paths))


def _rings(features: Sequence[Feature]) -> Paths:
    return Paths.of(
        [path for one in features for path in one.paths], np.repeat(np.arange(len(features)), _counts(features))
    )


def _lines(features: Sequence[Feature]) -> Paths:
    paths = [path for one in features for path in one.paths]
    return Paths.of(paths, np.arange(len(paths)))


def _points(features: Sequence[Feature]) -> Floats:
    return np.concatenate([path for one in features for path in one.paths]) if features else np.empty((0, 2))


def _counts(features: Sequence[Feature]) -> Ints:
    return np.array([len(one.paths) for one in features], np.int64)


def _gap(some: Floats, others: Floats) -> float:
    """Return the distance between two boxes [m]."""
    apart = np.maximum(others.min(axis=0) - some.max(axis=0), some.min(axis=0) - others.max(axis=0))
    return float(np.hypot(*np.maximum(apart, 0)))


def _shown(point: Floats, digits: int = 6) -> str:
    return f"[{point[0]:.{digits}f}, {point[1]:.{digits}f}]"
