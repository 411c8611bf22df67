"""Projects under way: which they are, where they are, when there is work, and what the homes there are like.

All functions take the world or a mechanism's view of it; projects are few, so they may be gone through one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import WEEK_DAYS, Clock
from twin.core.columns import Flags, Floats, Ints
from twin.world.tables import ROLES, TENURES
from twin.world.works import DOMAINS, Homes, Work, listed

LANDLORD = -1
LIFT = DOMAINS.index("lift")
_HOUR_MINUTES = 60
_SATURDAY = 5
_HEAD, _RENTER = ROLES.index("head"), TENURES.index("renter")


def buildings_at(world: Any, project: int) -> Flags:
    """Tell which buildings a project is at or serves (buildings,)."""
    building, grid = int(world.projects.building[project]), int(world.projects.grid[project])
    if building >= 0:
        return np.arange(len(world.buildings)) == building
    return (world.buildings.grid == grid) | (grid < 0)


def grid_at(world: Any, project: int) -> int:
    """Return the grid that a project is in: that of its building, or its own; -1 for works of all."""
    building = int(world.projects.building[project])
    return int(world.buildings.grid[building] if building >= 0 else world.projects.grid[project])


def under_way(world: Any) -> Flags:
    """Tell which projects have begun and are not finished, stopped ones included (projects,)."""
    projects = world.projects
    begun: Flags = (projects.started >= 0) & (projects.finished < 0)
    return begun


def of_domain(world: Any, domain: str) -> Flags:
    """Tell which projects are works of a domain (projects,); reads projects.work and levers.plans.catalogue."""
    catalogue = listed(world.levers["plans"].catalogue)
    return np.array([one.domain == domain for one in catalogue], np.bool_)[world.projects.work]


def finished_in(world: Any, domain: str) -> Ints:
    """Return the finished projects of a domain."""
    if not len(world.projects):
        return np.empty(0, np.int64)
    return np.flatnonzero(of_domain(world, domain) & (world.projects.finished >= 0))


def on_site(world: Any, day: int | None = None) -> Flags:
    """Tell which sites are open and not stopped, on rest days too, as far as is known since last evening (projects,).

    Today, unless another day is asked for.
    """
    return under_way(world) & (world.projects.stopped_until <= (world.day if day is None else day))


# -- when there is work


class Shift(NamedTuple):
    """A day on site: when work begins and ends [h], and how much of it lies in the night [h]."""

    begins: float
    ends: float
    night: float

    @property
    def minutes(self) -> int:
        """Minutes of work in a day, at least one: what is planned is done some day."""
        return max(round((self.ends - self.begins) * _HOUR_MINUTES), 1)


def shift_of(wanted: Any, limits: Any) -> Shift:
    """Return the day on site: the hours ``wanted`` (levers of disturbance) within the ``limits`` (of works)."""
    begins = max(wanted.from_hour, limits.quiet_to_hour)
    ends = max(min(wanted.to_hour, limits.quiet_from_hour), begins)
    night = max(ends - max(limits.night_from_hour, begins), 0.0) + max(min(limits.night_to_hour, ends) - begins, 0.0)
    return Shift(begins, ends, night)


def is_open(clock: Clock, day: int, limits: Any) -> bool:
    """Tell whether there is work on a day of the run: on holidays and weekends where the levers of works say so."""
    if clock.is_holiday(day):
        return bool(limits.holidays)
    return bool(limits.weekends) or clock.weekday(day) < _SATURDAY or clock.is_make_up(day)


def shifts_needed(duration_days: int, shift: Shift, limits: Any) -> int:
    """Return on how many days there must be work: hours of the whole work / hours of a day on site, rounded up."""
    return -(-duration_days * round(limits.day_hours * _HOUR_MINUTES) // shift.minutes)


def last_day(clock: Clock, days: int, limits: Any, start: int, shifts: int) -> int:
    """Return the day of the last of so many shifts (at least 1), the first on ``start`` or the next open day.

    ``days`` is the horizon: what comes after it has weekends, and no holidays.
    """
    beyond = np.arange(max(start, days) + 2 * shifts + WEEK_DAYS)
    open_days = np.full(len(beyond), bool(limits.weekends)) | ((clock.weekday(0) + beyond) % WEEK_DAYS < _SATURDAY)
    open_days[:days] = _open_days(clock, days, bool(limits.weekends), bool(limits.holidays))
    return start + int(np.flatnonzero(open_days[start:])[shifts - 1])


class _Rest(NamedTuple):
    weekends: bool
    holidays: bool


@cache
def _open_days(clock: Clock, days: int, weekends: bool, holidays: bool) -> Flags:
    return np.array([is_open(clock, day, _Rest(weekends, holidays)) for day in range(days)], np.bool_)


def qualities(world: Any) -> Floats:
    """Return the present quality of each domain at each building (buildings, domains)."""
    columns = [getattr(world.buildings, f"quality_{domain}") for domain in DOMAINS]
    return np.stack(columns, axis=1).astype(np.float64)


def lived_in(qualities: Floats, homes: Homes) -> Floats:
    """Return the quality of each domain where each resident lives (residents, domains); 0 for nobody's home.

    A lift is of no use on the ground floor.
    """
    nowhere = np.zeros((1, qualities.shape[1]))
    there = np.concatenate((qualities, nowhere))[homes.building]
    there[homes.floor <= 1, LIFT] = 0
    return there


# -- whose flats they are


def households_in(world: Any) -> Ints:
    """Return the household that lives in each flat (flats,), -1 in an empty one; reads households.flat."""
    found = np.full(len(world.flats), -1, np.int64)
    found[world.households.flat] = np.arange(len(world.households))
    return found


def owners_in(world: Any) -> Ints:
    """Return the resident who owns each flat and lives there (flats,): the head; -1, a landlord, of let and empty ones.

    Reads households.flat, households.tenure, residents.household and residents.role.
    """
    residents = world.residents
    heads = np.flatnonzero((residents.role == _HEAD) & (residents.household >= 0))[::-1]
    found = np.full(len(world.households) + 1, LANDLORD, np.int64)
    found[residents.household[heads]] = heads
    found[np.flatnonzero(world.households.tenure == _RENTER)] = LANDLORD
    return found[households_in(world)]


def lift_below(world: Any, works: Sequence[Work], homes: Homes, low_floors: int) -> Flags:
    """Tell whose stairwell has got a lift while they live on the lowest floors, where it takes light and quiet."""
    projects = world.projects
    lift = np.array([one.domain == DOMAINS[LIFT] for one in works], np.bool_)[projects.work]
    got = projects.stairwell[lift & (projects.finished >= 0) & (projects.stairwell >= 0)]
    return np.isin(homes.stairwell, got) & (homes.floor <= low_floors)
