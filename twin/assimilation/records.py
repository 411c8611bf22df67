"""Forecasts kept until they come due: written once, whole or not at all, and scored by a later log."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.logs.forecast import Forecast
from twin.logs.scores import Scores, joined, score_forecast
from twin.logs.weeks import RARE_NAME, WeeklyCounts

SCHEMA = "twin.shadow/1"
_PREFIX = "forecast-"
_LEAST_WEIGHT = 1e-4
_DIGITS = 8


@dataclass(frozen=True, eq=False)
class Record:
    """A forecast as it was made: `counts` is what was known, `rare` the series that were put together.

    `outlook` holds the bands [low, middle, high] by measure and week; `log` says which log it was.
    """

    counts: WeeklyCounts
    rare: tuple[str, ...]
    made: Forecast
    outlook: Mapping[str, list[list[float]]]
    log: Mapping[str, str]
    knobs: Mapping[str, list[float]]

    @property
    def origin(self) -> dt.date:
        """Monday of the first week foretold."""
        return self.counts.end


def file_of(folder: Path, origin: dt.date) -> Path:
    """Where the forecast from a Monday on is kept."""
    return folder / f"{_PREFIX}{origin.isoformat()}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a file by rename, so that it is there as a whole or as it was; S130 if it cannot be."""
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, path)
    except OSError as reason:
        raise InputError.of("S130", file=str(path), why=reason.strerror) from None


def form_of(record: Record) -> dict[str, Any]:
    """The record as plain data."""
    made = record.made
    return {
        "schema": SCHEMA,
        "origin": record.origin.isoformat(),
        "log": dict(record.log),
        "first": record.counts.first.isoformat(),
        "gaps": np.flatnonzero(record.counts.gaps).tolist(),
        "rare": list(record.rare),
        "horizons": list(made.horizons),
        "series": [
            {
                "name": name,
                "since": int(record.counts.since[row]),
                "counts": record.counts.counts[row].tolist(),
                "forecast": [_mixture(made, row, place) for place in range(len(made.horizons))],
            }
            for row, name in enumerate(made.names)
        ],
        "outlook": {name: [[_finite(end) for end in band] for band in bands] for name, bands in record.outlook.items()},
        "knobs": dict(record.knobs),
    }


def _mixture(made: Forecast, row: int, place: int) -> dict[str, list[float]]:
    kept = made.weight[row, place] >= _LEAST_WEIGHT
    parts = {name: getattr(made, name)[row, place][kept] for name in ("weight", "mean", "size")}
    return {name: [float(f"{value:.{_DIGITS}g}") for value in part.tolist()] for name, part in parts.items()}


def _finite(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def records_in(folder: Path) -> list[Record]:
    """Every forecast kept in a folder, the oldest first; a file that is not one of ours raises D604."""
    return [_record(path) for path in sorted(folder.glob(f"{_PREFIX}*.json"))] if folder.is_dir() else []


def _record(path: Path) -> Record:
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
        if form["schema"] != SCHEMA:
            raise ValueError(form["schema"])
        return _built(form)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as reason:
        raise InputError.of("D604", file=str(path), why=str(reason)) from None


def _built(form: dict[str, Any]) -> Record:
    series = form["series"]
    names = tuple(one["name"] for one in series)
    table = np.array([one["counts"] for one in series], np.int64).reshape(len(series), -1)
    gaps = np.zeros(table.shape[1], np.bool_)
    gaps[form["gaps"]] = True
    since = np.array([one["since"] for one in series], np.int64)
    counts = WeeklyCounts(dt.date.fromisoformat(form["first"]), names, table, since, gaps)
    outlook = {name: [[np.nan if end is None else end for end in band] for band in bands]
               for name, bands in form["outlook"].items()}  # fmt: skip
    return Record(counts, tuple(form["rare"]), _forecast(form, names), outlook, form["log"], form["knobs"])


def _forecast(form: dict[str, Any], names: tuple[str, ...]) -> Forecast:
    """Mixtures filled up with parts of no weight, so that all have as many."""
    cells = [one["forecast"] for one in form["series"]]
    most = max((len(cell["weight"]) for row in cells for cell in row), default=1)
    parts = {}
    for name, filler in (("weight", 0.0), ("mean", 1.0), ("size", 1.0)):
        parts[name] = np.array([[cell[name] + [filler] * (most - len(cell[name])) for cell in row] for row in cells])
    weight = parts["weight"] / parts["weight"].sum(axis=2, keepdims=True)
    return Forecast(names, tuple(form["horizons"]), weight, parts["mean"], parts["size"])


# -- when they have come due


def scored(records: Iterable[Record], counts: WeeklyCounts) -> Scores:
    """Score what has come due of some forecasts, with the weeks of a newer log (all its series, none put together)."""
    parts = [_scored(one, counts) for one in records]
    names = tuple(dict.fromkeys(name for one in parts for name in one.names))
    return joined([_renumbered(one, names) for one in parts], names)


def _scored(record: Record, counts: WeeklyCounts) -> Scores:
    """Put the newer weeks behind the old ones; what the newer log does not cover are gaps."""
    old, weeks = record.counts, max(record.made.horizons)
    fresh = np.zeros((len(old.names), weeks), np.int64)
    unknown = np.ones(weeks, np.bool_)
    for ahead in range(weeks):
        week = (old.end - counts.first).days // 7 + ahead
        if 0 <= week < counts.weeks:
            unknown[ahead] = bool(counts.gaps[week])
            fresh[:, ahead] = [_count(counts, name, record.rare, week) for name in old.names]
    both = WeeklyCounts(
        old.first, old.names, np.hstack([old.counts, fresh]), old.since, np.concatenate([old.gaps, unknown])
    )
    return score_forecast(record.made, both, old.weeks, least=1)


def _count(counts: WeeklyCounts, name: str, rare: tuple[str, ...], week: int) -> int:
    members = rare if name == RARE_NAME else (name,)
    return int(sum(counts.counts[counts.names.index(one), week] for one in members if one in counts.names))


def _renumbered(scores: Scores, names: tuple[str, ...]) -> Scores:
    number = np.array([names.index(name) for name in scores.names], np.int64)
    return replace(scores, names=names, series=number[scores.series])
