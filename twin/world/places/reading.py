"""GeoJSON as it stands in a file: features with their coordinates, properties and line, or every complaint."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from twin.core.columns import Floats
from twin.errors import Complaint, Place, Words

MOST_COMPLAINTS = 200
LAYERS = {
    "building": "building", "street": "street", "asset": "asset", "grid": "grid",
    "建筑": "building", "楼栋": "building", "道路": "street", "设施": "asset", "网格": "grid",
}  # fmt: skip
_LAYER_OF = {
    "Polygon": ("building", "grid"), "MultiPolygon": ("building", "grid"), "LineString": ("street",),
    "MultiLineString": ("street",), "Point": ("asset",), "MultiPoint": ("asset",),
}  # fmt: skip
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_LEAST_POINTS = {"street": 2, "building": 4, "grid": 4, "asset": 1}
_FARTHEST = 1e12  # neither degrees nor metres go so far; nor does NaN
_BLANK = re.compile(r"[ \t\r\n]*")


class NotJson(ValueError):  # noqa: N818
    """The text ends being JSON at a character; says why in both languages."""

    def __init__(self, at: int, why: Words) -> None:
        super().__init__(why.en)
        self.at, self.why = at, why


@dataclass(frozen=True)
class Feature:
    """One feature: its number in the file from 1, layer, paths as they stand (points, 2), properties and place.

    The paths of a building are rings: ``outer`` tells which begin a new outline (the others are holes).
    """

    number: int
    layer: str
    paths: tuple[Floats, ...]
    outer: tuple[bool, ...]
    properties: Mapping[str, Any]
    place: Place


@dataclass
class MapText:
    """The text of a map; reading it gathers ``features`` and ``complaints``; ``head`` is what it says of itself."""

    name: str
    text: str
    head: dict[str, Any] = field(default_factory=dict)
    features: list[Feature] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    def read(self) -> None:
        """Read the whole text."""
        count = 0
        try:
            for count, (raw, at) in enumerate(_features_in(self.text, self.head), 1):
                if len(self.complaints) < MOST_COMPLAINTS:
                    self._take(raw, count, self.place(at))
        except NotJson as fault:
            self.complaints.append(Complaint("D502", self.place(fault.at), {"name": self.name, "why": fault.why}))
            return
        if self.head.get("type") != "FeatureCollection":
            found = self.head.get("type", Words("no type", "无 type"))
            self.complaints.append(Complaint("D503", self.place(0), {"found": found}))

    def place(self, at: int) -> Place:
        """Return where a character of the text stands."""
        row = bisect_right(self._breaks, at)
        begins = self._breaks[row - 1] if row else 0
        ends = self._breaks[row] if row < len(self._breaks) else len(self.text)
        excerpt = self.text[begins:ends].rstrip("\r\n")
        col = at - begins + 1
        return Place(self.name, row + 1, col, row + 1, col + 1, (excerpt,))

    @cached_property
    def _breaks(self) -> list[int]:
        return [match.end() for match in re.finditer("\n", self.text)]

    def _take(self, raw: Any, number: int, place: Place) -> None:
        """Keep a feature, or say what is wrong with it."""
        geometry, properties = (_member(raw, key) for key in ("geometry", "properties"))
        kind = geometry.get("type")
        layer = _layer_of(kind, properties)
        if layer is None:
            wrong = kind if isinstance(kind, str) else Words("no geometry", "无几何")
            self.complaints.append(Complaint("D505", place, {"number": number, "found": wrong}))
            return
        found = _paths_of(geometry.get("coordinates"), str(kind), layer)
        if isinstance(found, Words):
            self.complaints.append(Complaint("D506", place, {"number": number, "fault": found}))
        else:
            self.features.append(Feature(number, layer, *found, properties, place))


# -- JSON, one feature at a time


def _features_in(text: str, head: dict[str, Any]) -> Iterator[tuple[Any, int]]:
    """Yield every feature of a collection and where it begins; its other members go to ``head``."""
    at = _expect(text, _skip(text, 0), "{")
    while text[(at := _skip(text, at)) : at + 1] != "}":
        key, at = _decoded(text, at)
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        if key == "features" and text[at : at + 1] == "[":
            at = yield from _items(text, at + 1)
        else:
            head[str(key)], at = _decoded(text, at)
        at = _next(text, at, "}")
    if text[_skip(text, at + 1) :]:
        raise NotJson(_skip(text, at + 1), Words("there is more after its end", "结尾之后还有内容"))


def _items(text: str, at: int) -> Generator[tuple[Any, int], None, int]:
    """Yield the items of a list and return where it ends."""
    while text[(at := _skip(text, at)) : at + 1] != "]":
        began = at
        item, at = _decoded(text, at)
        yield item, began
        at = _next(text, at, "]")
    return at + 1


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise NotJson(at, Words(f"`{sign}` is missing here", f"此处缺少 `{sign}`"))
    return at + 1


def _next(text: str, at: int, end: str) -> int:
    """Step over the comma before the next member; stay before the end."""
    at = _skip(text, at)
    if text[at : at + 1] == end:
        return at
    at = _skip(text, _expect(text, at, ","))
    if text[at : at + 1] == end:
        raise NotJson(at, Words("a comma stands before the end", "结尾前多了逗号"))
    return at


def _decoded(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as fault:
        raise NotJson(fault.pos, Words(f"this is no JSON ({fault.msg})", "不是 JSON")) from None
    except RecursionError:
        raise NotJson(at, Words("it is nested too deeply", "嵌套过深")) from None
    except ValueError:
        raise NotJson(at, Words("a number here is none", "此处的数字无效")) from None


def _refuse(word: str) -> float:
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _member(raw: Any, key: str) -> dict[str, Any]:
    """Return a map within a map, empty if there is none."""
    found = raw.get(key) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}


# -- geometry


def _layer_of(kind: object, properties: Mapping[str, Any]) -> str | None:
    """Return the layer of a feature: what it says, or what its geometry is; ``None`` where both do not fit."""
    fitting = _LAYER_OF.get(kind) if isinstance(kind, str) else None
    said = layer_said(properties)
    if fitting is None or (said is not None and said not in fitting):
        return None
    return said or fitting[0]


def layer_said(properties: Mapping[str, Any]) -> str | None:
    """Return the layer that a feature says it is of, ``None`` if it says none that is known here."""
    said = properties.get("layer")
    return LAYERS.get(said) if isinstance(said, str) else None


def _paths_of(raw: Any, kind: str, layer: str) -> tuple[tuple[Floats, ...], tuple[bool, ...]] | Words:
    """Return the paths of a geometry and which of them begin an outline, or what is wrong with it."""
    depth = _DEPTH[kind]
    parts = [[raw]] if depth == 0 else [raw] if depth == 1 else raw
    polygons = parts if depth == 3 else [parts]
    if not all(isinstance(one, list) and one for one in (polygons, *(polygons if isinstance(polygons, list) else ()))):
        return Words("it has no coordinates", "没有坐标")
    outer = tuple(number == 0 for polygon in polygons for number in range(len(polygon)))
    paths = [_points(path) for polygon in polygons for path in polygon]
    for path in paths:
        if path is None:
            return Words("its coordinates are no pairs of numbers", "坐标不是成对的数字")
        if len(path) < _LEAST_POINTS[layer]:
            return Words(f"one of its paths has only {len(path)} points", f"有一条路径只有 {len(path)} 个点")
        if layer in ("building", "grid") and (path[0] != path[-1]).any():
            return Words("its ring does not end where it begins", "环未闭合")
    return tuple(path for path in paths if path is not None), outer


def _points(raw: Any) -> Floats | None:
    """Return positions (points, 2) without their heights, ``None`` if they are no numbers."""
    if not isinstance(raw, list) or not all(isinstance(one, list) and len(one) >= 2 for one in raw):
        return None
    numbers = [value for one in raw for value in one[:2]]
    if not all(type(value) in (int, float) and abs(value) < _FARTHEST for value in numbers):
        return None
    return np.array(numbers, np.float64).reshape(-1, 2)
