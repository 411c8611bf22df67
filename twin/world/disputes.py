"""Disputes: their causes, who stands beside whom, how strong a tie is, and what two sides can agree on.

All functions take the world or a mechanism's view of it. Bargaining is over a pie of 1: a share of ``x`` for the
plaintiff leaves ``1 - x`` to the respondent, and a side that walks away gets its fallback.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints

CAUSES = ("noise", "parking", "leaks", "pets", "works", "fees")
NOISE, PARKING, LEAKS, PETS, WORKS, FEES = range(len(CAUSES))
LAPSES = ("noise", "fouling")
LATE_NOISE, FOULING = range(len(LAPSES))
FIRM = -1  # as a respondent: the property firm, or whoever has the works done; nobody's neighbour
NEVER = -1  # a day on which it has not happened
WEEK_NIGHTS = 7
FIRST_STAGE, LAST_STAGE = 1, 9  # Glasl's stages
LEVELS = ("community", "street", "city")
TURNS = ("stage", "seated", "handed_on", "held", "refused")
STAGE_MOVED, SEATED, HANDED_ON, HELD, REFUSED = range(len(TURNS))

Numbers = float | npt.NDArray[np.floating]


def is_open(world: Any) -> Flags:
    """Tell which disputes are neither settled nor made up (disputes,)."""
    table = world.disputes
    still: Flags = (table.settled_on < 0) & (table.faded_on < 0)
    return still


def is_kept(world: Any) -> Flags:
    """Tell which disputes ended in an agreement that holds (disputes,)."""
    table = world.disputes
    holds: Flags = (table.settled_on >= 0) & (table.broken_on < 0)
    return holds


def open_at_end(world: Any) -> Flags:
    """Tell which disputes were open when the horizon was reached, whatever became of them after it (disputes,)."""
    table = world.disputes
    over = [(on >= 0) & (on < world.days) for on in (table.settled_on, table.faded_on)]
    still: Flags = ~(over[0] | over[1])
    return still


def has_table(world: Any) -> Flags:
    """Tell for which disputes both sides have agreed to a table that has not given them up (disputes,)."""
    table = world.disputes
    agreed: Flags = (table.agreed_on >= 0) & ~table.gave_up
    return agreed


def near_table(world: Any, days: float) -> Flags:
    """Tell which disputes have a date, or had one or a session, within so many days; no date is set between offices.

    Reads disputes.agreed_on, disputes.gave_up, disputes.due_on, disputes.table_on and disputes.between_offices.
    """
    table = world.disputes
    soon = ~table.between_offices & (table.due_on - world.day <= days)
    lately = (table.table_on >= 0) & (world.day - table.table_on <= days)
    near: Flags = has_table(world) & (soon | lately)
    return near


def promised_part(world: Any, cause: int, side: Ints) -> Floats:
    """Return for each household the largest part that kept agreements about a cause promise its side (households,).

    ``side`` is a column of the disputes: the respondent gives, the plaintiff gets. Reads residents.household,
    disputes.cause, disputes.settled_on, disputes.broken_on and disputes.clause_part.
    """
    table, parts = world.disputes, np.zeros(len(world.households))
    bound = np.flatnonzero(is_kept(world) & (table.cause == cause) & (table.clause_part > 0))
    home = world.residents.household[side[bound]]
    np.maximum.at(parts, home[home >= 0], table.clause_part[bound[home >= 0]])
    return parts


# -- who lives beside whom -------------------------------------------------------------------------------


class Dwellings(NamedTuple):
    """Where each household lives and who speaks for it: (households,) each; the head is -1 where nobody lives."""

    head: Ints
    stairwell: Ints
    building: Ints


def dwellings(world: Any) -> Dwellings:
    """Return the dwellings; the head is the household's first resident in the order of rows.

    Reads residents.household, households.flat, flats.stairwell and flats.building.
    """
    household, flat = world.residents.household, world.households.flat
    head = np.full(len(world.households), -1, np.int64)
    living = np.flatnonzero(household >= 0)[::-1]
    head[household[living]] = living
    stairwell, building = world.flats.stairwell, world.flats.building
    if not len(stairwell):
        return Dwellings(head, *np.zeros((2, len(flat)), np.int64))
    return Dwellings(head, stairwell[flat].astype(np.int64), building[flat].astype(np.int64))


def another_in(group: Ints, who: Ints, luck: Floats) -> Ints:
    """Return for each of ``who`` another member of its group, drawn by ``luck`` (uniforms); -1 for one alone."""
    order = np.argsort(group, kind="stable")
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group))
    first = np.searchsorted(group[order], group[who])
    others = np.searchsorted(group[order], group[who], side="right") - first - 1
    chosen = first + (luck * others).astype(np.int64)
    chosen += chosen >= place[who]
    return np.where(others > 0, order[np.minimum(chosen, len(order) - 1)], -1)


# -- ties ------------------------------------------------------------------------------------------------


def strength(world: Any, half_life_days: float, on: int | None = None) -> Floats:
    """Return each tie's strength, today or on a day: what daily life keeps up, what is left of meetings (ties,)."""
    table, day = world.ties, world.day if on is None else on
    faded: Floats = table.base + table.extra * np.exp2(-(day - table.since) / half_life_days)
    return faded


def strength_between(world: Any, half_life_days: float, one: Ints, other: Ints) -> Floats:
    """Return the strength of all ties between the members of two households; 0 beside the firm."""
    table, household, size = world.ties, world.residents.household, len(world.households)
    if not len(table) or not len(one):
        return np.zeros(len(one))
    involved = np.zeros(size + 1, np.bool_)
    involved[one] = True
    near, far = household[table.one].astype(np.int64), household[table.other].astype(np.int64)
    about = np.flatnonzero((involved[near] | involved[far]) & (near >= 0) & (far >= 0))
    code = _pair(near[about], far[about], size)
    pairs, slot = np.unique(code, return_inverse=True)
    total = np.append(np.bincount(slot, strength(world, half_life_days)[about], len(pairs)), 0.0)
    wanted = _pair(one, other, size)
    at = np.minimum(np.searchsorted(pairs, wanted), max(len(pairs) - 1, 0))
    known = (pairs[at] == wanted if len(pairs) else np.zeros(len(one), np.bool_)) & (other >= 0)
    return np.where(known, total[np.where(known, at, -1)], 0.0)


def _pair(one: Ints, other: Ints, size: int) -> Ints:
    return np.minimum(one, other) * size + np.maximum(one, other)


# -- bargaining ------------------------------------------------------------------------------------------


def nash_share(plaintiff: Numbers, respondent: Numbers, weight: Numbers = 0.5) -> Numbers:
    """Return the plaintiff's share of the pie by Nash (1950), from both fallbacks and the plaintiff's weight."""
    return plaintiff + weight * (1 - plaintiff - respondent)


def rubinstein_share(first: Numbers, second: Numbers) -> Numbers:
    """Return the share of whoever offers first by Rubinstein (1982), from the discount factors of both sides."""
    return (1 - second) / (1 - first * second)


def quiet_hour(share: Numbers, plaintiff: float, respondent: float) -> Numbers:
    """Return the hour from which it is to be quiet: the plaintiff gets this share of what lies between two wishes."""
    return respondent - share * (respondent - plaintiff)


def nights_off(share: Numbers) -> Numbers:
    """Return the nights of a week on which a car keeps off the plaintiff's space: the plaintiff wants all seven."""
    return np.rint(WEEK_NIGHTS * share)


def fairness(share: Numbers, plaintiff: Numbers, respondent: Numbers) -> Numbers:
    """Return how equal the gains over the true fallbacks are: 1 equal, 0 where one side has none."""
    mine, yours = share - plaintiff, 1 - share - respondent
    least, most = np.minimum(mine, yours), np.maximum(mine, yours)
    return np.clip(np.divide(least, most, out=np.zeros_like(most), where=most > 0), 0.0, 1.0)


# -- thresholds ------------------------------------------------------------------------------------------


def cascade(thresholds: Floats) -> int:
    """Return how many act in the end when each acts as soon as as many as its threshold do (Granovetter 1978)."""
    least = np.sort(thresholds)
    stays = np.flatnonzero(least > np.arange(len(least)))
    return int(stays[0]) if len(stays) else len(least)
