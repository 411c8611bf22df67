"""Where requests are and who made them: coordinates, and codes for places and reporters."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from twin.core.columns import Floats, Ints
from twin.logs.privacy import codes
from twin.logs.source import Source

_SEPARATORS = re.compile(r"[\s,'’_](?=\d{3}(?:\D|$))")
_GREATEST_CODE = 10_000_000  # longer numbers might be dialled
_CELL_DEGREES, _CELL_METRES = 0.001, 100.0
_MOST_EAST, _MOST_NORTH = 180.0, 90.0
_MOST_METRES = 1e8
_FAR_DEGREES, _FAR_METRES = 3.0, 300_000.0


def coordinates(source: Source) -> tuple[Floats, Floats]:
    """Return x and y; what cannot be a place on this map is emptied, latitude and longitude swapped are put right."""
    x, y = (_numbers(source, field) for field in ("x", "y"))
    degrees = _are_degrees(x, y)
    if degrees and np.nanmax(np.abs(y), initial=0.0) > _MOST_NORTH and np.nanmax(np.abs(x), initial=0.0) <= _MOST_NORTH:
        x, y = y, x
        source.book.note("D454", "repaired", int(np.isfinite(x).sum()))
    wrong = _impossible(x, y, degrees)
    source.note("D455", "wrong", np.flatnonzero(wrong))
    nowhere = wrong | np.isnan(x) | np.isnan(y)
    return np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y)


def _numbers(source: Source, field: str) -> Floats:
    cells = source.cells(field)
    found = [_number(cell) for cell in cells]
    strange = [position for position, number in enumerate(found) if number is None]
    source.note("D463", "wrong", strange, column=source.columns.get(field, ""))
    separated = [
        position
        for position, (cell, number) in enumerate(zip(cells, found, strict=True))
        if isinstance(cell, str) and number is not None and _SEPARATORS.search(cell.strip())
    ]
    source.note("D456", "repaired", separated, column=source.columns.get(field, ""))
    return np.array([np.nan if number is None else number for number in found], np.float64)


def _number(cell: Any) -> float | None:
    """Return a cell's number, NaN of an empty one, None of one that holds anything else."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return float("nan")
    try:
        return float(_SEPARATORS.sub("", cell.strip()) if isinstance(cell, str) else cell)
    except (TypeError, ValueError):
        return None


def _are_degrees(x: Floats, y: Floats) -> bool:
    largest = np.nanmedian(np.abs(np.concatenate((x, y)))) if np.isfinite(x).any() and np.isfinite(y).any() else 0.0
    return bool(largest <= _MOST_EAST)


def _impossible(x: Floats, y: Floats, degrees: bool) -> np.ndarray:
    told = np.isfinite(x) & np.isfinite(y)
    if not told.any():
        return np.isinf(x) | np.isinf(y)
    far = _FAR_DEGREES if degrees else _FAR_METRES
    away = (np.abs(x - np.median(x[told])) > far) | (np.abs(y - np.median(y[told])) > far)
    return (told & (away | ((x == 0) & (y == 0)))) | np.isinf(x) | np.isinf(y)


def places(source: Source, x: Floats, y: Floats) -> tuple[Ints, str]:
    """Return a number for each place, 0 where it is unknown, and the personal column that was coded for it, if any.

    From the column of places or addresses; where there is none, requests in the same 100 m are of one place.
    """
    if source.has("place"):
        return _given(source, "place"), ""
    if source.has("address"):
        return codes(source.texts("address"), source.salt), source.columns["address"]
    told = np.isfinite(x) & np.isfinite(y)
    if not told.any():
        return np.zeros(len(source), np.int64), ""
    source.book.note("D457", "told", int(told.sum()))
    size = _CELL_DEGREES if _are_degrees(x, y) else _CELL_METRES
    cells = np.stack((np.round(x[told] / size), np.round(y[told] / size)))
    _, number = np.unique(cells, axis=1, return_inverse=True)
    found = np.zeros(len(source), np.int64)
    found[told] = number.ravel() + 1
    return found, ""


def _given(source: Source, field: str) -> Ints:
    """Return codes that the file has already, as they are where they are small numbers."""
    words = source.texts(field)
    if all(not word or (word.isdecimal() and int(word) < _GREATEST_CODE) for word in words):
        return np.array([int(word or 0) for word in words], np.int64)
    return codes(["" if word in ("0", "-1") else word for word in words], source.salt)


def reporters(source: Source) -> tuple[Ints, str]:
    """Return a number for each reporter, 0 for none, and the personal column that was coded for it, if any."""
    for field in ("reporter", "phone", "person"):
        if source.has(field):
            words = ["" if word in ("0", "-", "无", "匿名", "anonymous") else word for word in source.texts(field)]
            return codes(words, source.salt), source.columns[field]
    return np.zeros(len(source), np.int64), ""
