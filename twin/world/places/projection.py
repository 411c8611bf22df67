"""Coordinate systems: what the numbers of a map mean, and metres on the ground.

A map is read in a declared system and turned into WGS 84 degrees (longitude, latitude); inside the twin everything
is metres in a :class:`Frame`. GCJ-02 (火星坐标) and BD-09 (百度坐标) are undone by the algorithm that is publicly
known; of the EPSG codes those are known that Chinese and international maps of neighbourhoods come in. Systems
that need a datum shift (Beijing 1954, Xi'an 1980) are not known: their shifts are not public.

All arrays of points have shape (points, 2), east before north.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats
from twin.errors import InputError

KNOWN = ("WGS84", "GCJ-02", "BD-09", "CGCS2000", "EPSG:4326", "EPSG:3857", "EPSG:32651", "EPSG:4547")
"""Examples of every kind of name that :func:`crs_named` understands."""

_ALIASES = {
    "wgs84": "EPSG:4326", "crs84": "EPSG:4326", "epsg4326": "EPSG:4326", "ogccrs84": "EPSG:4326",
    "cgcs2000": "EPSG:4490", "gcj02": "GCJ-02", "火星坐标": "GCJ-02", "火星坐标系": "GCJ-02",
    "bd09": "BD-09", "bd09ll": "BD-09", "百度坐标": "BD-09", "百度坐标系": "BD-09",
}  # fmt: skip
_NOISE = re.compile(r"[\s_\-]")
_EPSG = re.compile(r"epsg[:/]+(?:[\d.]*[:/]+)?(\d{4,5})", re.IGNORECASE | re.ASCII)
_CRS84 = re.compile(r"crs84$", re.IGNORECASE)


# -- the ellipsoid and the plane ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-major axis [m] and flattening."""

    axis: float
    flattening: float

    @property
    def eccentricity2(self) -> float:
        """First eccentricity, squared."""
        return self.flattening * (2 - self.flattening)


WGS84 = Ellipsoid(6378137.0, 1 / 298.257223563)
CGCS2000 = Ellipsoid(6378137.0, 1 / 298.257222101)


@dataclass(frozen=True)
class Frame:
    """A plane in metres, the origin at the south-west corner of a map; ``latitude`` is that of its middle [degree].

    Equirectangular with the ellipsoid's radii at ``latitude``: within 5 km of it, at up to 60 degrees from the
    equator, distances are wrong by less than 0.15 %.
    """

    west: float
    south: float
    latitude: float

    @classmethod
    def around(cls, degrees: Floats) -> Frame:
        """Return the frame whose corner and middle are those of these points (longitude, latitude)."""
        (west, south), (_, north) = degrees.min(axis=0), degrees.max(axis=0)
        return cls(float(west), float(south), float((south + north) / 2))

    @property
    def scale(self) -> Floats:
        """Metres in a degree, east and north (2,)."""
        phi, e2 = math.radians(self.latitude), WGS84.eccentricity2
        bent = 1 - e2 * math.sin(phi) ** 2
        east = WGS84.axis * math.cos(phi) / math.sqrt(bent)
        north = WGS84.axis * (1 - e2) / bent**1.5
        return np.radians(np.array([east, north]))

    def metres(self, degrees: Floats) -> Floats:
        """Return degrees (longitude, latitude) as metres."""
        return (degrees - (self.west, self.south)) * self.scale

    def degrees(self, metres: Floats) -> Floats:
        """Return metres as degrees (longitude, latitude)."""
        return metres / self.scale + (self.west, self.south)


# -- GCJ-02 and BD-09 -------------------------------------------------------------------------------------

_GCJ_AXIS, _GCJ_ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
_BD_TURN = math.pi * 3000 / 180
_BD_OFFSET = np.array([0.0065, 0.006])
_ROUNDS = 8  # each gains about three digits


def in_china(degrees: Floats) -> Flags:
    """Tell which points lie in the box in which GCJ-02 is offset (it holds China, and more)."""
    lon, lat = degrees.T
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def to_gcj02(degrees: Floats) -> Floats:
    """Return WGS 84 degrees in GCJ-02; outside China they are the same."""
    return degrees + np.where(in_china(degrees)[:, None], _gcj_offset(degrees), 0.0)


def from_gcj02(degrees: Floats) -> Floats:
    """Return GCJ-02 degrees in WGS 84, to about a millimetre."""
    return _undone(to_gcj02, degrees)


def to_bd09(degrees: Floats) -> Floats:
    """Return GCJ-02 degrees in BD-09."""
    lon, lat = degrees.T
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + _BD_OFFSET


def from_bd09(degrees: Floats) -> Floats:
    """Return BD-09 degrees in WGS 84."""
    return from_gcj02(_undone(to_bd09, degrees))


def _undone(forward: Callable[[Floats], Floats], shifted: Floats) -> Floats:
    """Find what ``forward`` turns into ``shifted``: it moves neighbouring points by nearly the same."""
    found = shifted.copy()
    for _ in range(_ROUNDS):
        found = found + shifted - forward(found)
    return found


def _gcj_offset(degrees: Floats) -> Floats:
    """Return what GCJ-02 adds to longitude and latitude [degree] (points, 2)."""
    x, y = degrees[:, 0] - 105.0, degrees[:, 1] - 35.0
    root, ripple = np.sqrt(np.abs(x)), _waves(x, (6, 20), (2, 20))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += ripple + _waves(y, (1, 20), (1 / 3, 40), (1 / 12, 160), (1 / 30, 320))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += ripple + _waves(x, (1, 20), (1 / 3, 40), (1 / 12, 150), (1 / 30, 300))
    phi = np.radians(degrees[:, 1])
    bent = 1 - _GCJ_ECCENTRICITY2 * np.sin(phi) ** 2
    along = _GCJ_AXIS * np.cos(phi) / np.sqrt(bent)
    up = _GCJ_AXIS * (1 - _GCJ_ECCENTRICITY2) / bent**1.5
    return np.degrees(np.stack([east / along, north / up], axis=1))


def _waves(at: Floats, *waves: tuple[float, float]) -> Floats:
    """Two thirds of a sum of sines, each given by its half turns a degree and its height."""
    heights = (height * np.sin(pace * np.pi * at) for pace, height in waves)
    return np.sum(list(heights), axis=0) * 2 / 3


# -- projected systems -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Belt:
    """A transverse Mercator belt: meridian [degree], scale on it, false easting and northing [m]."""

    meridian: float
    scale: float = 1.0
    easting: float = 500_000.0
    northing: float = 0.0
    ellipsoid: Ellipsoid = CGCS2000


def to_belt(degrees: Floats, belt: Belt) -> Floats:
    """Project degrees to metres of a belt (Krüger's series, good to a millimetre within the belt)."""
    e = math.sqrt(belt.ellipsoid.eccentricity2)
    beside, phi = np.radians(degrees[:, 0] - belt.meridian), np.radians(degrees[:, 1])
    tau = np.sinh(np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi)))
    xi = np.arctan2(tau, np.cos(beside))
    eta = np.arcsinh(np.sin(beside) / np.hypot(tau, np.cos(beside)))
    radius, forth, _, _ = _series(belt.ellipsoid)
    bent = _bent(xi, eta, forth)
    return np.stack([eta + bent[1], xi + bent[0]], axis=1) * belt.scale * radius + (belt.easting, belt.northing)


def from_belt(metres: Floats, belt: Belt) -> Floats:
    """Return metres of a belt as degrees."""
    radius, _, back, widening = _series(belt.ellipsoid)
    eta, xi = ((metres - (belt.easting, belt.northing)) / (belt.scale * radius)).T
    bent = _bent(xi, eta, back)
    xi, eta = xi - bent[0], eta - bent[1]
    chi = np.arcsin(np.sin(xi) / np.cosh(eta))
    phi = chi + sum(one * np.sin(2 * (j + 1) * chi) for j, one in enumerate(widening))
    return np.stack([belt.meridian + np.degrees(np.arctan2(np.sinh(eta), np.cos(xi))), np.degrees(phi)], axis=1)


def _bent(xi: Floats, eta: Floats, series: Floats) -> Floats:
    """Return the sums of a series at a point of the plane, for the northing and the easting (2, points)."""
    turns = 2 * np.arange(1, len(series) + 1)[:, None]
    north = series @ (np.sin(turns * xi) * np.cosh(turns * eta))
    east = series @ (np.cos(turns * xi) * np.sinh(turns * eta))
    return np.stack([north, east])


def _series(ellipsoid: Ellipsoid) -> tuple[float, Floats, Floats, Floats]:
    """Radius of the rectifying sphere [m], and Krüger's coefficients forth, back and for the latitude."""
    n = ellipsoid.flattening / (2 - ellipsoid.flattening)
    powers = n ** np.arange(1, 5)
    radius = ellipsoid.axis / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    forth = [[1 / 2, -2 / 3, 5 / 16, 41 / 180], [0, 13 / 48, -3 / 5, 557 / 1440], [0, 0, 61 / 240, -103 / 140],
             [0, 0, 0, 49561 / 161280]]  # fmt: skip
    back = [[1 / 2, -2 / 3, 37 / 96, -1 / 360], [0, 1 / 48, 1 / 15, -437 / 1440], [0, 0, 17 / 480, -37 / 840],
            [0, 0, 0, 4397 / 161280]]  # fmt: skip
    widening = [[2, -2 / 3, -2, 116 / 45], [0, 7 / 3, -8 / 5, -227 / 45], [0, 0, 56 / 15, -136 / 35],
                [0, 0, 0, 4279 / 630]]  # fmt: skip
    return radius, np.array(forth) @ powers, np.array(back) @ powers, np.array(widening) @ powers


def from_web_mercator(metres: Floats) -> Floats:
    """Return metres of EPSG:3857 as degrees."""
    east, north = metres.T / WGS84.axis
    return np.degrees(np.stack([east, np.arctan(np.sinh(north))], axis=1))


# -- names -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crs:
    """A coordinate system: its name, whether its numbers are degrees, and the way to WGS 84."""

    name: str
    in_degrees: bool
    to_wgs84: Callable[[Floats], Floats]


def crs_named(said: str) -> Crs:
    """Return the system of a name such as ``GCJ-02``, ``EPSG:4547`` or an OGC name; unknown ones raise D509."""
    name = _canonical(said)
    if name in ("EPSG:4326", "EPSG:4490"):
        return Crs("WGS84" if name == "EPSG:4326" else "CGCS2000", True, lambda degrees: degrees)
    if name in ("GCJ-02", "BD-09"):
        return Crs(name, True, from_gcj02 if name == "GCJ-02" else from_bd09)
    if name == "EPSG:3857":
        return Crs(name, False, from_web_mercator)
    belt = belt_of(int(name.removeprefix("EPSG:"))) if name.startswith("EPSG:") else None
    if belt is None:
        raise InputError.of("D509", crs=said, known=KNOWN)
    return Crs(name, False, lambda metres: from_belt(metres, belt))


def belt_of(epsg: int) -> Belt | None:
    """Return the transverse Mercator belt of an EPSG code: UTM on WGS 84, Gauss-Krüger on CGCS2000."""
    if 32601 <= epsg <= 32660:
        return Belt(6 * (epsg - 32600) - 183, 0.9996, ellipsoid=WGS84)
    if 32701 <= epsg <= 32760:
        return Belt(6 * (epsg - 32700) - 183, 0.9996, northing=10_000_000.0, ellipsoid=WGS84)
    for first, last, west, width, zone in _GAUSS_KRUGER:
        if first <= epsg <= last:
            easting = 500_000.0 + 1e6 * (zone + epsg - first if zone else 0)
            return Belt(west + width * (epsg - first), easting=easting)
    return None


# First and last code, first meridian, degrees between meridians, number of the first zone (0: not in the easting).
_GAUSS_KRUGER = ((4491, 4501, 75, 6, 13), (4502, 4512, 75, 6, 0), (4513, 4533, 75, 3, 25), (4534, 4554, 75, 3, 0))


def _canonical(said: str) -> str:
    plain = _NOISE.sub("", said).casefold()
    if plain in _ALIASES:
        return _ALIASES[plain]
    if _CRS84.search(plain):
        return "EPSG:4326"
    found = _EPSG.search(said) or _EPSG.search(said.replace("::", ":"))
    return f"EPSG:{found[1]}" if found else ""
