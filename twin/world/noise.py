"""Noise of road traffic: the hourly level that drivers on straight pieces of road make where somebody lives.

A piece of a straight road with a steady flow is a line of sources: at distance d it sends q d0 angle / (pi d), of a
level at d0 of 42.2 + 10 log10 q dB(A) at 75 km/h, less where it is slower (Calculation of Road Traffic Noise, 1988).
Pieces add up exactly, so it does not matter how a road is cut.
"""

from __future__ import annotations

import numpy as np

from twin.core.columns import Floats

BASIC_LEVEL_DB = 42.2
BASIC_METRES = 10.0
_SLOWEST_KMH = 20.0  # below it the formula was not measured, and hardly falls
_NEAREST_METRES = 3.5  # nobody's window is nearer to the middle of the lane
_CHUNK = 500_000


def exposure(points: Floats, start: Floats, end: Floats) -> Floats:
    """Return what each piece of road from `start` to `end` (pieces, 2) [m] sends to points (points, 2) [m].

    The result (points, pieces) is the share of the energy that the flow sends to 10 m from an endless straight road.
    """
    rows = max(_CHUNK // max(len(start), 1), 1)
    parts = [_exposed(points[first : first + rows], start, end) for first in range(0, len(points), rows)]
    return np.concatenate(parts) if parts else np.zeros((0, len(start)))


def _exposed(points: Floats, start: Floats, end: Floats) -> Floats:
    way = end - start
    metres = np.hypot(*way.T)
    one, other = start[None] - points[:, None], end[None] - points[:, None]
    cross = np.abs(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])
    away = np.maximum(cross / np.maximum(metres, 1e-9), _NEAREST_METRES)
    along = np.einsum("ijk,jk->ij", -one, way) / np.maximum(metres, 1e-9)
    angle = np.arctan2(metres - along, away) + np.arctan2(along, away)
    shares: Floats = BASIC_METRES * angle / (np.pi * away)
    return shares


def speed_db(kmh: Floats) -> Floats:
    """Return by how much the level of a flow of cars lies above that at 75 km/h, negative where it is slower [dB]."""
    speed = np.maximum(kmh, _SLOWEST_KMH)
    added: Floats = 33 * np.log10(speed + 40 + 500 / speed) - 68.8
    return added


def level_db(exposed: Floats, flow_per_hour: Floats, kmh: Floats, background_db: float) -> Floats:
    """Return the level at each point [dB(A)]: all pieces and the background, added as energy."""
    sent = flow_per_hour * 10 ** (speed_db(kmh) / 10)
    energy = 10 ** (BASIC_LEVEL_DB / 10) * (exposed @ sent) + 10 ** (background_db / 10)
    levels: Floats = 10 * np.log10(energy)
    return levels
