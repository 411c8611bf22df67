"""Slow scalar versions of the mechanisms: one row at a time, with `for` and `if`.

Each is what its mechanism says, in the plainest words; ``tests/test_reference.py`` lets both live the same
days and compares every effect (:func:`twin.testing.compare` says how they are called).
"""

from __future__ import annotations

import math
from typing import Any

DAY = 1440


# -- what happened to a report, as its reporter sees it


def order_of(world: Any, ticket: int) -> int:
    """The row under which the matter is worked on."""
    into = world.tickets.merged_into[ticket]
    return ticket if into < 0 else int(into)


def ended_at(world: Any, ticket: int) -> float:
    """When the reporter learns how it ended, NaN while open."""
    order = order_of(world, ticket)
    end = world.tickets.closed[order]
    if math.isnan(end):
        end = world.tickets.abandoned[order]
    if order != ticket and not math.isnan(end):
        end = max(end, world.tickets.merged[ticket])
    return float(end)


def today(world: Any, minute: float) -> bool:
    return bool(world.day * DAY <= minute < (world.day + 1) * DAY)


def was_solved(world: Any, ticket: int) -> bool:
    order = order_of(world, ticket)
    return bool(world.tickets.solved[order]) and math.isnan(world.tickets.abandoned[order])


def limit(world: Any, ticket: int) -> float:
    hours = world.levers["desk"].limit_hours
    return float(hours[min(int(world.tickets.priority[ticket]), len(hours) - 1)]) * 60


def limits_waited(world: Any, ticket: int) -> float:
    done = world.tickets.done[order_of(world, ticket)]
    return float(max(done - world.tickets.created[ticket], 0) / limit(world, ticket))


def long_overdue(world: Any, ticket: int, times: float) -> bool:
    """Whether the waiting passes so many limits today, with no end and no solution yet."""
    passes = today(world, world.tickets.created[ticket] + times * limit(world, ticket))
    return passes and math.isnan(ended_at(world, ticket)) and not world.tickets.solved[order_of(world, ticket)]


# -- how residents get in touch


def minute_of_day(p: Any, share: float) -> float:
    """The minute before which this share of a day's contacts falls."""
    night = 24 - (p.day_to_hour - p.day_from_hour)
    before = (1 - p.day_share) * p.day_from_hour / night
    if share < before:
        return share / before * p.day_from_hour * 60
    if share < before + p.day_share:
        return (p.day_from_hour + (share - before) / p.day_share * (p.day_to_hour - p.day_from_hour)) * 60
    rest = 1 - before - p.day_share
    return (p.day_to_hour + (share - before - p.day_share) / rest * (24 - p.day_to_hour)) * 60


def share_of_day(p: Any, minute: float) -> float:
    """The share of a day's contacts before a minute of it."""
    if minute <= 0:
        return 0.0
    if minute >= DAY:
        return 1.0
    night, hour = 24 - (p.day_to_hour - p.day_from_hour), minute / 60
    before = (1 - p.day_share) / night
    if hour < p.day_from_hour:
        return before * hour
    share = before * p.day_from_hour
    if hour < p.day_to_hour:
        return share + p.day_share * (hour - p.day_from_hour) / (p.day_to_hour - p.day_from_hour)
    return share + p.day_share + before * (hour - p.day_to_hour)


def channel_of(p: Any, skill: float, luck: float) -> int:
    by_app = (1 - p.phone_ease) * skill
    return 1 if luck * (p.phone_ease + by_app) < by_app else 0


def class_of(world: Any, category: int) -> int:
    return int(world.kinds.priority[category])
