"""What must hold of every desk at every moment, checked against the log when a run ends.

Nothing is lost (created = open + closed + merged + abandoned), time runs forward in every order's life,
nobody works on two orders at once, and Little's law holds in every queue: the integral of its length, kept
by the kernel, is the sum of the waits, read from the log.
"""

from __future__ import annotations

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats, Ints
from twin.desk.desk import Desk
from twin.desk.hours import BEGINS, ENDS, open_until, stretches
from twin.desk.layout import Status, Step
from twin.desk.settings import SHIFT_ENDS
from twin.errors import InvariantBroken

STAMPS = ("created", "accepted", "dispatched", "started", "done", "closed")
CLOSE_ENOUGH = 1e-6  # relative: both sides are sums of many float64 minutes


def check(desk: Desk) -> None:
    """Raise :class:`InvariantBroken`, naming the order, if a law of the desk does not hold."""
    nothing_lost(desk)
    time_runs_forward(desk)
    nobody_in_two_places(desk)
    littles_law(desk)
    overtime_within_limits(desk)


def nothing_lost(desk: Desk) -> None:
    """Every report is open, closed, merged or abandoned, and is counted once."""
    counts, status = desk.state.counts[0], desk.orders["status"][: int(desk.state.counts[0].arrived)]
    told = {
        "open": (int(counts.open), np.count_nonzero(status <= Status.DONE)),
        "closed": (int(counts.finished), np.count_nonzero(status == Status.CLOSED)),
        "merged": (int(counts.merged), np.count_nonzero(status == Status.MERGED)),
        "abandoned": (int(counts.abandoned), np.count_nonzero(status == Status.ABANDONED)),
    }
    for what, (counted, found) in told.items():
        if counted != found:
            raise InvariantBroken.of("R230", what=what, counted=counted, found=found)
    closed = np.flatnonzero((status == Status.CLOSED) & np.isnan(desk.orders["closed"][: len(status)]))
    if len(closed):
        raise InvariantBroken.of("R231", order=_name(desk, closed[0]), first="closed", second="closed")


def time_runs_forward(desk: Desk) -> None:
    """The stamps of an order never run backwards."""
    reached = np.full(len(desk.orders), -np.inf)
    before = STAMPS[0]
    for stamp in STAMPS:
        minutes = desk.orders[stamp]
        wrong = np.flatnonzero(minutes < reached)
        if len(wrong):
            raise InvariantBroken.of("R231", order=_name(desk, wrong[0]), first=before, second=stamp)
        reached = np.fmax(reached, minutes)
        before = stamp


def nobody_in_two_places(desk: Desk) -> None:
    """A worker who signs for an order has ended the one before."""
    lines = desk.state.log[: int(desk.state.counts[0].log)]
    kept = np.flatnonzero((lines["worker"] >= 0) & np.isin(lines["code"], (*BEGINS, *ENDS)))
    kept = kept[np.argsort(lines["worker"][kept], kind="stable")]
    begins = np.isin(lines["code"][kept], BEGINS)
    same_worker = lines["worker"][kept][1:] == lines["worker"][kept][:-1]
    twice = same_worker & (begins[1:] == begins[:-1])
    other = same_worker & ~begins[1:] & (lines["order"][kept][1:] != lines["order"][kept][:-1])
    wrong = np.flatnonzero(twice | other)
    if len(wrong):
        line = lines[kept[wrong[0] + 1]]
        raise InvariantBroken.of("R232", order=_name(desk, line["order"]), worker=int(line["worker"]),
                                 minute=float(line["minute"]))  # fmt: skip


def overtime_within_limits(desk: Desk) -> None:
    """Nobody works outside the roster for longer than the lever allows, and at all only where it does."""
    settings = desk.settings
    most = settings.overtime_minutes if settings.shift_end == SHIFT_ENDS[1] else 0.0
    work = stretches(desk)
    for number in range(len(settings.teams)):
        record = desk.teams[number]
        theirs = np.flatnonzero((work.worker >= record.first_worker) & (work.worker < record.last_worker))
        if not len(theirs):
            continue
        begin, end = work.begin[theirs], work.end[theirs]
        outside = end - begin - (open_until(desk.roster(number), end) - open_until(desk.roster(number), begin))
        wrong = theirs[outside > most + CLOSE_ENOUGH * DAY_MINUTES]
        if len(wrong):
            raise InvariantBroken.of("R239", order=_name(desk, work.order[wrong[0]]),
                                     worker=int(work.worker[wrong[0]]), minutes=float(np.max(outside)))  # fmt: skip


def littles_law(desk: Desk) -> None:
    """Compare each team's integral of the queue with the waits in the log."""
    waits = waits_by_team(desk)
    for number, name in enumerate(desk.settings.teams):
        team = desk.teams[number]
        area = float(team.area + team.waiting * (desk.now - team.touched))
        if abs(area - waits[number]) > CLOSE_ENOUGH * max(1.0, area):
            longest = int(np.argmax(np.nan_to_num(desk.orders["started"] - desk.orders["dispatched"])))
            raise InvariantBroken.of("R233", team=name, area=area, waits=float(waits[number]),
                                     order=_name(desk, longest))  # fmt: skip


def waits_by_team(desk: Desk) -> Floats:
    """Total minutes waited in each team's line (teams,), from the log and, for those still there, until now."""
    lines = desk.state.log[: int(desk.state.counts[0].log)]
    starts = [Step.DISPATCHED, Step.PREEMPTED]
    if desk.settings.shift_end == SHIFT_ENDS[2]:
        starts.append(Step.PAUSED)
    marks = (Step.DISPATCHED, Step.SIGNED, Step.RETURNED, Step.PAUSED, Step.RESUMED, Step.PREEMPTED, Step.DONE,
             Step.ABANDONED)  # fmt: skip
    kept = np.flatnonzero(np.isin(lines["code"], marks))
    kept = kept[np.argsort(lines["order"][kept], kind="stable")]
    order, code, minute, team = (lines[name][kept] for name in ("order", "code", "minute", "team"))
    follows = (order[1:] == order[:-1]) & np.isin(code[:-1], starts)
    served = follows & np.isin(code[1:], (Step.SIGNED, Step.ABANDONED))
    totals = np.bincount(team[1:][served], (minute[1:] - minute[:-1])[served], minlength=len(desk.settings.teams))
    return totals + _still_waiting(desk, order, code, minute, starts)


def _still_waiting(desk: Desk, order: Ints, code: Ints, minute: Floats, starts: list[Step]) -> Floats:
    waiting = np.flatnonzero(desk.orders["waiting"])
    teams = desk.orders["lane"][waiting] // int(desk.state.levers[0].grids)
    last = np.flatnonzero(np.isin(code, starts))
    since = np.full(len(desk.orders), np.nan)
    since[order[last]] = minute[last]
    return np.bincount(teams, desk.now - since[waiting], minlength=len(desk.settings.teams)).astype(np.float64)


def _name(desk: Desk, order: int) -> str:
    """How an order is called in a message: its ticket and its key."""
    record = desk.orders[int(order)]
    return f"{int(record.ticket)} ({int(record.key):016x})"
