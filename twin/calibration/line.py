"""When work on a request began, told from who was closed when.

A log of a waiting line says when requests came and when they were closed. Given how many files are in work at
once and who is taken next, the moment at which each was taken up follows: a place comes free whenever one is
closed (Larson 1990, the queue inference engine). What lies between is hands-on work; what lies before is waiting.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats

_CLOSES, _COMES = 0, 1


@dataclass(frozen=True, eq=False)
class Line:
    """A waiting line taken apart; arrays have shape (rows,).

    `started` is when work began, NaN where it had not yet; `early` marks what was closed while the line says that it
    was still waiting: many of these mean that there were more places than assumed, or another order of service.
    `full_from` is when all places were taken for the first time: before, work of older requests is unseen.
    """

    started: Floats
    early: Flags
    full_from: float


def taken_apart(created: Floats, closed: Floats, rank: Floats, files: int) -> Line:
    """Let `files` places serve requests in order of `rank` (the least first), places freed by the logged closings.

    Times are minutes on one clock, `closed` NaN while open.
    """
    n = len(created)
    started, early = np.full(n, np.nan), np.zeros(n, np.bool_)
    waiting: list[tuple[float, int]] = []
    busy, full_from = 0, np.inf
    for minute, what, row in _events(created, closed):
        if what == _COMES:
            heapq.heappush(waiting, (rank[row], row))
        elif np.isnan(started[row]):
            started[row], early[row] = minute, True
        else:
            busy -= 1
        while busy < files and waiting:
            _, first = heapq.heappop(waiting)
            if not early[first]:
                started[first], busy = minute, busy + 1
        if busy == files:
            full_from = min(full_from, minute)
    return Line(started, early, full_from if np.isfinite(full_from) else float(np.min(created, initial=0.0)))


def _events(created: Floats, closed: Floats) -> list[tuple[float, int, int]]:
    """Comings and closings by minute; at one minute a place comes free before somebody comes."""
    rows = np.flatnonzero(~np.isnan(closed))
    closings = [(max(closed[row], created[row]), _CLOSES, int(row)) for row in rows]
    comings = [(minute, _COMES, row) for row, minute in enumerate(created.tolist())]
    # who is closed in the minute of his coming has to come first
    instant = {row for minute, _, row in closings if minute <= created[row]}
    return sorted(
        [*comings, *closings], key=lambda event: (event[0], _COMES + 1 if event[2] in instant and event[1] == _CLOSES
                                                  else event[1], event[2])
    )  # fmt: skip


def most_at_once(created: Floats, closed: Floats) -> int:
    """Most requests that were open at one minute: with so many places nobody waits."""
    ends = np.sort(np.where(np.isnan(closed), np.inf, closed))
    came = np.arange(1, len(created) + 1)
    return int(np.max(came - np.searchsorted(ends, np.sort(created), side="right"), initial=1))
