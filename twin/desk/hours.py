"""Hours of work: who was busy when, from the log, and what was rostered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.core.clock import WorkingCalendar
from twin.core.columns import Floats, Ints
from twin.desk.desk import Desk
from twin.desk.layout import Step

BEGINS = (Step.SIGNED, Step.RESUMED)
ENDS = (Step.PAUSED, Step.DONE, Step.RETURNED, Step.PREEMPTED)


class Hours(NamedTuple):
    """Minutes inside a window, of all workers together."""

    rostered: float
    busy: float
    overtime: float


class Stretches(NamedTuple):
    """Stretches of uninterrupted work (stretches,): the worker, the order, from, until [min]."""

    worker: Ints
    order: Ints
    begin: Floats
    end: Floats


def hours_between(desk: Desk, first: float, end: float) -> Hours:
    """Minutes rostered, worked and worked outside the roster between two minutes."""
    work = stretches(desk)
    begin, until = np.clip(work.begin, first, end), np.clip(work.end, first, end)
    rostered = inside = 0.0
    for team in range(len(desk.settings.teams)):
        record = desk.teams[team]
        posts = int(record.last_worker - record.first_worker)
        if posts == 0:
            continue
        roster = desk.roster(team)
        theirs = (work.worker >= record.first_worker) & (work.worker < record.last_worker)
        rostered += posts * float(open_until(roster, np.array([end]))[0] - open_until(roster, np.array([first]))[0])
        inside += float(np.sum(open_until(roster, until[theirs]) - open_until(roster, begin[theirs])))
    busy = float(np.sum(until - begin))
    return Hours(rostered, busy, busy - inside)


def stretches(desk: Desk) -> Stretches:
    """All stretches of work in the log; one that is not ended lasts until now."""
    lines = desk.state.log[: int(desk.state.counts[0].log)]
    kept = np.flatnonzero((lines["worker"] >= 0) & np.isin(lines["code"], (*BEGINS, *ENDS)))
    kept = kept[np.argsort(lines["worker"][kept], kind="stable")]
    worker, minute = lines["worker"][kept], lines["minute"][kept]
    begins = np.flatnonzero(np.isin(lines["code"][kept], BEGINS))
    following = np.minimum(begins + 1, len(kept) - 1)
    ended = (begins + 1 < len(kept)) & (worker[following] == worker[begins])
    order = lines["order"][kept[begins]]
    return Stretches(worker[begins], order, minute[begins], np.where(ended, minute[following], desk.now))


def overtime_until_now(desk: Desk) -> Floats:
    """Minutes that each worker has worked outside the roster until now (workers,), work under way included."""
    workers = desk.workers
    under_way = desk.now - np.fmax(workers["since"], workers["shift_end"])
    return np.asarray(workers["overtime"] + np.where(workers["late"], np.maximum(under_way, 0.0), 0.0))


def open_until(roster: WorkingCalendar, minutes: Floats) -> Floats:
    """Open minutes of a calendar from the run's start to each minute."""
    if roster.always:
        return np.maximum(minutes, 0.0)
    corners = np.stack((roster.opens, roster.closes), axis=1).ravel()
    lengths = np.stack((np.zeros(len(roster.opens)), roster.closes - roster.opens), axis=1).ravel()
    return np.interp(minutes, corners, np.cumsum(lengths))
