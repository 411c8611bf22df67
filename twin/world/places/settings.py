"""The ``places:`` block of a scenario: which map, and what is assumed where it says nothing."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from twin.core.parameters import param
from twin.errors import InputError, Words

NO_MAP, ESTATE, IN_MAP = "none", "estate", "in_map"
SHIPPED = ("bubenec", "shanghai_block")
MAPS = (NO_MAP, ESTATE, *SHIPPED)
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class PlacesSettings:
    """The map that the neighbourhood stands on, and what is assumed of it."""

    map: str = param(NO_MAP, "", source="the scenario's author", evidence="assumed", choices=MAPS, file=True,
                     doc="none; estate: rows of slabs, laid out by the twin; a map that ships with it; or the path "
                         "of a GeoJSON file",
                     zh="地图：none 无；estate 程序生成的行列式小区；随程序提供的地图；或 GeoJSON 文件的路径")
    streets: str = param(IN_MAP, "", source="the scenario's author", evidence="assumed", choices=(IN_MAP,), file=True,
                         doc="in_map, or the path of a GeoJSON file of the streets",
                         zh="道路：in_map 在地图文件中，或另一个 GeoJSON 文件的路径")
    crs: str = param("", "", source="the scenario's author", evidence="assumed",
                     doc="coordinate system of the files: WGS84, GCJ-02, BD-09, CGCS2000 or EPSG:code (empty: what "
                         "the file itself says; inside China it must be said)",
                     zh="坐标系：WGS84、GCJ-02、BD-09、CGCS2000 或 EPSG:代码（空：以文件自述为准；中国境内必须写明）")
    households: int = param(1200, "1", 1, 100_000, source="scenario range", evidence="assumed",
                            doc="flats of the estate that the twin lays out", zh="生成小区的户数")
    households_per_grid: int = param(400, "1", 50, 5000, source="grid_norms", evidence="published",
                                     doc="flats that a grid 网格 is cut for, if the map names no grids",
                                     zh="每个网格的户数")
    storeys: int = param(6, "1", 1, 100, source="scenario range", evidence="assumed",
                         doc="storeys of buildings of which the map gives neither storeys nor height",
                         zh="层数未知的楼栋按几层计")
    storey_metres: float = param(3.0, "m", 2.0, 6.0, source="gb50096", evidence="assumed",
                                 doc="height of a storey, where only the building's height is known", zh="层高")
    flat_m2: float = param(80.0, "m2", 10.0, 1000.0, source="scenario range", evidence="assumed",
                           doc="floor area that makes a flat, stairs and walls counted", zh="每户建筑面积")
    residential_share: float = param(1.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                     doc="share of the floor area of buildings of unknown use in which people live "
                                         "(the upper floors)", zh="用途未知楼栋的居住面积占比（上部楼层）")
    flats_per_landing: int = param(2, "1", 1, 20, source="scenario range", evidence="assumed",
                                   doc="flats of one storey that share a stairwell 单元", zh="一梯户数")
    lift_from_storey: int = param(7, "1", 2, 100, source="gb50096", evidence="published",
                                  doc="homes with so many storeys or more have a lift in each stairwell",
                                  zh="设电梯的最低层数")
    lamp_metres: float = param(30.0, "m", 5.0, 500.0, source="cjj45", evidence="expert",
                               doc="street between two lamps, if the map shows none", zh="路灯间距")
    drain_metres: float = param(40.0, "m", 5.0, 500.0, source="gb50014", evidence="published",
                                doc="street between two drain inlets, if the map shows none", zh="雨水口间距")
    households_per_bin: int = param(100, "1", 1, 10_000, source="scenario range", evidence="assumed",
                                    doc="flats that share a set of bins, if the map shows none", zh="每处垃圾桶的户数")
    spaces_per_flat: float = param(0.3, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                   doc="parking spaces of a flat, in bays beside the buildings, if the map shows none",
                                   zh="户均停车位")
    join_metres: float = param(3.0, "m", 0.0, 50.0, source="scenario range", evidence="assumed",
                               doc="street ends that lie no further apart, or from another street, meet",
                               zh="道路端点的连接距离")
    detour: float = param(1.3, "1", 1.0, 5.0, source="scenario range", evidence="assumed",
                          doc="way over distance as the crow flies, where no street leads", zh="无路可通处的绕行系数")

    @property
    def in_use(self) -> bool:
        """Whether there is a map that the rest of the block is about."""
        return self.map != NO_MAP

    def data_digest(self) -> str:
        """Return the SHA-256 of the maps that are read, "" if none is."""
        read = [contents_of(name) for name in files_named(self)]
        return hashlib.sha256(b"\0".join(read)).hexdigest() if read else ""


def files_named(settings: PlacesSettings) -> list[str]:
    """Return the names of the maps that are read, the buildings' first."""
    if settings.map in (NO_MAP, ESTATE):
        return []
    return [settings.map, *([settings.streets] if settings.streets != IN_MAP else [])]


def contents_of(name: str) -> bytes:
    """Return the unpacked bytes of a map that ships with the twin, or of a file, plain or gzipped."""
    if name in SHIPPED:
        return _shipped(name)
    try:
        with open(name, "rb") as file:
            return _unpacked(file.read(MOST_BYTES + 1), Path(name).name)
    except (FileNotFoundError, ValueError):
        raise InputError.of("D501", name=name, shipped=SHIPPED) from None
    except OSError as fault:
        raise _unreadable(name, fault.strerror or "?", fault.strerror or "?") from None


@cache
def _shipped(name: str) -> bytes:
    return gzip.decompress(resources.files("twin.data").joinpath(f"{name}.geojson.gz").read_bytes())


def _unpacked(content: bytes, name: str) -> bytes:
    if content[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(31)
        try:
            content = unpacker.decompress(content, MOST_BYTES + 1)
        except zlib.error:
            raise _unreadable(name, "it is no whole gzip file", "不是完整的 gzip 文件") from None
    if len(content) > MOST_BYTES:
        raise _unreadable(name, f"it has more than {MOST_BYTES:,} bytes", f"超过 {MOST_BYTES:,} 字节")
    return content


def _unreadable(name: str, en: str, zh: str) -> InputError:
    return InputError.of("D502", None, name=Path(name).name, why=Words(en, zh))
