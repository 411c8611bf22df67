"""A log in two parts: departments are calibrated on one, and foretell the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.calibration.docket import Docket, dockets
from twin.calibration.fit import FEWEST, calibrate
from twin.calibration.foretell import MEASURES, Comparison, compare, foretell, interval_of
from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags
from twin.logs.request_log import RequestLog

KNOWN_SHARE = 2.0 / 3.0  # of the days, where the parts are months
_AREAS = 2


@dataclass(frozen=True, eq=False)
class Part:
    """One agency's docket to calibrate on, and the one to foretell; `later`: it comes after the first in time."""

    known: Docket
    unseen: Docket
    later: bool


def area_parts(log: RequestLog) -> list[tuple[str, list[Part]]]:
    """Both ways between two halves of the areas; none where the log has fewer than two areas.

    Areas are dealt out by size, so that the halves are about equal.
    """
    if len(log.area.names) < _AREAS:
        return []
    by_size = np.argsort(-log.area.counts(), kind="stable")
    half = np.isin(log.area.code, by_size[np.isin(np.arange(len(by_size)) % 4, (0, 3))])
    return [("areas, A to B", _matched(log, half)), ("areas, B to A", _matched(log, ~half))]


def month_parts(log: RequestLog, share: float = KNOWN_SHARE) -> list[tuple[str, list[Part]]]:
    """The first days of a log and the rest; what was closed after the cut is not known to the first part."""
    parts = []
    for docket in dockets(log):
        midnight = docket.created[0] // DAY_MINUTES * DAY_MINUTES
        cut = midnight + np.floor((docket.created[-1] - midnight) / DAY_MINUTES * share) * DAY_MINUTES
        parts.append(Part(docket.until(cut), docket.only(docket.created >= cut), True))
    return [(f"first {share:.0%} of the days to the rest", _enough(parts))]


def log_parts(known: RequestLog, unseen: RequestLog) -> list[tuple[str, list[Part]]]:
    """One log to another; the second is later if it begins after the first has ended, else it is another place."""
    later = bool(unseen.created[0] > known.created[-1])
    cut = unseen.created[0] if later else known.observed_until
    first = {one.agency: one.until(_minute(one, cut)) for one in dockets(known)}
    pairs = [
        Part(first[one.agency], one.seen_from(first[one.agency].monday), later)
        for one in dockets(unseen)
        if one.agency in first
    ]
    return [("one log to another", _enough(pairs))]


def foretold_parts(parts: list[Part]) -> Iterator[Comparison]:
    """Calibrate on the known and foretell the unseen, agency by agency."""
    for part in parts:
        found = calibrate(part.known, part.unseen.end)
        yield compare(found, foretell(found, part.unseen, open_files=part.later))


def overall(found: list[Comparison], measure: str) -> tuple[float, float, tuple[float, float]]:
    """Mean error of the twin and of the naive forecast over agencies, and the 95 % interval of their difference."""
    place = MEASURES.index(measure)
    known = [one for one in found if np.isfinite(one.errors[measure]) and np.isfinite(one.naive_errors[measure])]
    if not known:
        return np.nan, np.nan, (np.nan, np.nan)
    ours, theirs = (float(np.mean([errors[measure] for errors in errors_of]))
                    for errors_of in ([one.errors for one in known], [one.naive_errors for one in known]))  # fmt: skip
    return ours, theirs, interval_of(np.mean([one.differences[:, place] for one in known], axis=0))


def _matched(log: RequestLog, half: Flags) -> list[Part]:
    known = {one.agency: one for one in dockets(log.only(half))}
    unseen = [one for one in dockets(log.only(~half)) if one.agency in known]
    return _enough([Part(known[one.agency], one.seen_from(known[one.agency].monday), False) for one in unseen])


def _enough(parts: list[Part]) -> list[Part]:
    return [part for part in parts if min(len(part.known), len(part.unseen)) >= FEWEST]


def _minute(docket: Docket, time: np.datetime64) -> float:
    return float((time - np.datetime64(docket.monday)) / np.timedelta64(1, "s")) / 60.0
