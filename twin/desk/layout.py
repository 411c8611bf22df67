"""How the desk's records are laid out: one structured array a kind, the same for both readings of the kernel."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np


class Status(IntEnum):
    """Where an order stands."""

    NEW = 0  # reported, not yet accepted
    OPEN = 1
    DONE = 2  # worked on, not yet closed
    CLOSED = 3
    MERGED = 4
    ABANDONED = 5


class Step(IntEnum):
    """One line of an order's life in the log (the Chinese terms are those of the 12345 procedure)."""

    CREATED = 0
    ACCEPTED = 1  # 受理
    TRIAGED = 2  # 分拣
    DISPATCHED = 3  # 派单
    SIGNED = 4  # 签收
    ARRIVED = 5
    RETURNED = 6  # 退单
    PAUSED = 7  # the shift ended
    RESUMED = 8
    DONE = 9  # 办理
    CALLED_BACK = 10  # 回访
    CLOSED = 11  # 办结
    REOPENED = 12  # 重办
    ESCALATED = 13  # 督办
    MERGED = 14
    ABANDONED = 15
    PREEMPTED = 16


class Event(IntEnum):
    """What the kernel waits for; at one minute the lower number comes first."""

    DONE = 0
    SHIFT_END = 1
    RETURNED = 2
    CALL_BACK = 3
    ACCEPT = 4
    DISPATCH = 5
    LIMIT = 6
    GIVE_UP = 7
    CHECK_MINUTE = 8  # the rules of every minute, hour and day look at an open order
    CHECK_HOUR = 9
    CHECK_DAY = 10
    ASSIGN = 11  # idle workers take, by rank, what has come in at this minute
    SHIFT_START = 12


class Decision(IntEnum):
    """The desk's draws; each is keyed by (order, decision, hop or attempt)."""

    DEDUP = 0
    MISROUTE = 1
    WRONG_TEAM = 2
    TRAVEL = 3
    SERVICE = 4
    PART = 5
    PATIENCE = 6
    FIX = 7
    CALL_BACK = 8
    REACH = 9
    REOPEN = 10
    PROBE = 11
    ASTRAY = 12


INDOORS = -1  # as an order's stop: it is done where the worker is
HOPS = 64  # occurrence of a draw = attempt * HOPS + hop
ATTEMPTS = 8  # an order is re-opened at most ATTEMPTS - 1 times

ORDER = np.dtype(
    [
        ("key", np.uint64), ("created", np.float64), ("accepted", np.float64), ("dispatched", np.float64),
        ("queued", np.float64), ("started", np.float64), ("done", np.float64), ("called_back", np.float64),
        ("closed", np.float64), ("ended", np.float64), ("escalated", np.float64), ("limit", np.float64),
        ("travel", np.float64), ("service", np.float64), ("hands_on", np.float64), ("rank", np.float64),
        ("matter", np.int32), ("ticket", np.int32), ("merged_into", np.int32), ("child", np.int32),
        ("next", np.int32), ("previous", np.int32), ("worker", np.int32), ("lane", np.int32),
        ("grid", np.int32), ("stop", np.int32), ("x", np.float32), ("y", np.float32), ("category", np.int16),
        ("hops", np.int16),
        ("hop", np.int16), ("attempt", np.int16), ("grade", np.int8), ("priority", np.int8),
        ("channel", np.int8), ("status", np.int8), ("waiting", np.bool_), ("wrong", np.bool_),
        ("arrived", np.bool_), ("solved", np.bool_), ("reached", np.bool_), ("overdue", np.bool_),
        ("again", np.bool_), ("fed_up", np.bool_), ("late", np.bool_),
        # what rules decided: a team's number, a level, yes or no; -1 where none has
        ("duty", np.int16), ("level", np.int8), ("merge", np.int8), ("call", np.int8), ("reopen", np.int8),
    ],
    align=True,
)

WORKER = np.dtype(
    [
        ("idle_since", np.float64), ("since", np.float64), ("shift_end", np.float64), ("busy", np.float64),
        ("overtime", np.float64), ("skill", np.float64), ("x", np.float64), ("y", np.float64),
        ("order", np.int64), ("interval", np.int64), ("team", np.int32),
        ("idle_next", np.int32), ("idle_previous", np.int32), ("grid", np.int32), ("stop", np.int32),
        ("calendar", np.int32), ("on_shift", np.bool_), ("late", np.bool_),
    ],
    align=True,
)

TEAM = np.dtype(
    [
        ("first_worker", np.int64), ("last_worker", np.int64), ("idle", np.int64), ("idle_first", np.int64),
        ("idle_last", np.int64), ("waiting", np.int64),
        ("area", np.float64), ("touched", np.float64), ("assigning", np.float64),
    ],
    align=True,
)

LANE = np.dtype([("root", np.int64)], align=True)

WAITING_EVENT = np.dtype([("minute", np.float64), ("tag", np.int64)], align=True)

END = np.dtype([("minute", np.float64), ("worker", np.int64)], align=True)

LOG = np.dtype(
    [
        ("minute", np.float64), ("order", np.int32), ("worker", np.int32), ("team", np.int16), ("hop", np.int16),
        ("attempt", np.int8), ("code", np.int8),
    ],
    align=True,
)

SPAN = np.dtype([("first", np.int64), ("last", np.int64), ("always", np.bool_)], align=True)

SERVICE = np.dtype(
    [
        ("mean_minutes", np.float64), ("cv", np.float64), ("shape", np.float64), ("instant_share", np.float64),
        ("instant_minutes", np.float64), ("first_sample", np.int64), ("samples", np.int64), ("law", np.int64),
    ],
    align=True,
)

LEVERS = np.dtype(
    [
        ("intake_minutes", np.float64), ("dedup_recall", np.float64), ("merge_window", np.float64),
        ("triage_minutes", np.float64), ("misroute_chance", np.float64), ("return_minutes", np.float64),
        ("misroute_minutes", np.float64), ("ageing", np.float64), ("travel_minutes", np.float64),
        ("travel_cv", np.float64), ("minutes_per_km", np.float64), ("overtime_minutes", np.float64),
        ("patience", np.float64), ("first_time_fix", np.float64), ("call_back_share", np.float64),
        ("call_back_minutes", np.float64), ("reach_chance", np.float64), ("reopen_chance", np.float64),
        ("max_hops", np.int64), ("discipline", np.int64), ("assignment", np.int64), ("shift_end", np.int64),
        ("return_calendar", np.int64), ("office_calendar", np.int64), ("probes", np.int64),
        ("grids", np.int64), ("teams", np.int64), ("dedup", np.bool_), ("merge_closed", np.bool_),
        ("batch", np.bool_), ("preempt", np.bool_), ("escalate", np.bool_),
    ],
    align=True,
)

COUNTS = np.dtype(
    [
        ("orders", np.int64), ("arrived", np.int64), ("events", np.int64), ("log", np.int64),
        ("handled", np.int64), ("open", np.int64), ("finished", np.int64), ("merged", np.int64),
        ("abandoned", np.int64), ("now", np.float64), ("probe", np.float64),
        ("sent", np.int64), ("told", np.int64), ("heard", np.int64), ("refused", np.int64), ("refused_step", np.int64),
        ("epoch", np.int64),
    ],
    align=True,
)


class State(NamedTuple):
    """Everything the kernel reads and writes; what crosses midnight lies here, in columns.

    ``levers`` and ``counts`` have one record. ``duty`` (categories,) is the team of a category;
    ``intake`` (channels,) the calendar of a channel; ``intake_delay`` (channels,) its delay [min];
    ``lead`` (matters,) the order into which later reports of one incident are merged, -1 if none;
    ``ends`` says when each worker will be done, and who is first;
    ``rounds`` the sorted minutes of the dispatch rounds; ``bases`` (decisions, occurrences) the keyed
    streams; ``ways`` (stops, stops) the way between the stops of a map [km], (0, 0) without one;
    ``book`` what rules decide, ``told`` what they decided, a line each, and ``heard`` the fields that they went by.
    """

    orders: Any
    workers: Any
    teams: Any
    lanes: Any
    events: Any
    ends: Any
    log: Any
    services: Any
    samples: Any
    levers: Any
    counts: Any
    spans: Any
    opens: Any
    closes: Any
    rounds: Any
    duty: Any
    intake: Any
    intake_delay: Any
    lead: Any
    bases: Any
    ways: Any
    book: Any
    told: Any
    heard: Any
