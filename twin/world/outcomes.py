"""What residents live through on the desk: the outcome of an order, seen by the one who reported it.

A report that was merged into an earlier one has the outcome of that order; its waiting still counts from
its own creation. All functions take the world (or a mechanism's view of it) and read the desk's columns of
``tickets``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Flags, Floats, Ints, Keys

_HOUR_MINUTES = 60


def falls_today(world: Any, minutes: Floats) -> Flags:
    """Tell which minutes lie in the present day (NaN does not)."""
    start = world.day * DAY_MINUTES
    return (minutes >= start) & (minutes < start + DAY_MINUTES)


def heads(world: Any) -> Ints:
    """Return, for each ticket, the row of the order that its matter is worked on under."""
    merged_into = world.tickets.merged_into
    return np.where(merged_into >= 0, merged_into, np.arange(len(merged_into)))


def concluded_at(world: Any) -> Floats:
    """Return the minute at which the reporter learns how it ended (NaN while open) [min].

    That is the closing, the giving up, or, for a report merged into an order already closed, the merging.
    """
    tickets = world.tickets
    own = np.fmin(tickets.closed, tickets.abandoned)
    told = own[heads(world)]
    return np.where(tickets.merged_into >= 0, np.maximum(told, tickets.merged), told)


def concluded_today(world: Any) -> Ints:
    """Return the rows of tickets whose reporter, a resident, learns today how it ended."""
    return np.flatnonzero(falls_today(world, concluded_at(world)) & (world.tickets.reporter >= 0))


def orders_about(world: Any, matters: Keys) -> Ints:
    """Return the row of the ticket that ended today, done or given up, about each of these matters; -1 if none."""
    tickets = world.tickets
    ended = np.flatnonzero(falls_today(world, tickets.done) | falls_today(world, tickets.abandoned))
    ended = ended[np.argsort(tickets.incident[ended], kind="stable")]
    about = tickets.incident[ended]
    if not len(ended):
        return np.full(len(matters), -1, np.int64)
    at = np.minimum(np.searchsorted(about, matters), len(ended) - 1)
    return np.where(about[at] == matters, ended[at], -1)


def limit_minutes(world: Any) -> Floats:
    """Return the handling limit of each ticket, by its class [min]."""
    hours = np.asarray(world.levers["desk"].limit_hours)
    return hours[np.minimum(world.tickets.priority, len(hours) - 1)] * _HOUR_MINUTES


def unserved(world: Any) -> Flags:
    """Tell which reporters still wait: not ended, and no work has solved the matter."""
    return np.isnan(concluded_at(world)) & ~world.tickets.solved[heads(world)]


def overdue_today(world: Any, times_limit: float) -> Ints:
    """Return the rows of tickets of residents whose waiting passes this many limits today, still unserved."""
    tickets = world.tickets
    passes = falls_today(world, tickets.created + times_limit * limit_minutes(world))
    return np.flatnonzero(passes & unserved(world) & (tickets.reporter >= 0))


def solved(world: Any, rows: Ints) -> Flags:
    """Tell whether the matters of these tickets were truly solved (an order that was given up was not)."""
    tickets = world.tickets
    return (tickets.solved & np.isnan(tickets.abandoned))[heads(world)[rows]]


def waited_limits(world: Any, rows: Ints) -> Floats:
    """Return the time from a ticket's creation to the work's end, in units of its class limit."""
    waited = world.tickets.done[heads(world)[rows]] - world.tickets.created[rows]
    return np.maximum(waited, 0) / limit_minutes(world)[rows]


def mean_by(who: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Return the distinct residents among `who` and the mean of the values of each."""
    residents, places, counts = np.unique(who, return_inverse=True, return_counts=True)
    return residents, np.bincount(places, weights=values, minlength=len(residents)) / counts
