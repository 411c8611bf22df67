"""Sites: where works could be done, whom each would reach, and what it would be worth to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Flags, Floats, Ints, Keys
from twin.world.works import DOMAINS, EVERYWHERE, FEN_PER_YUAN, SCOPES, Homes, Works, homes_of

_STAIRWELL, _BUILDING, _GRID, _ALL = range(len(SCOPES))
_SITE_BITS = np.uint64(40)


class Sites(NamedTuple):
    """Works at sites (sites,): the work's place in the catalogue and where; -1 where it is of more than one."""

    work: Ints
    building: Ints
    stairwell: Ints
    grid: Ints

    def of(self, rows: Ints) -> Sites:
        """Return some of them."""
        return Sites(*(column[rows] for column in self))


def sites_of(world: Any, works: Works) -> Sites:
    """Return every work at every site where it could be done, in the order of works, then of sites."""
    flats, buildings = world.flats, world.buildings
    stairwells, first = np.unique(flats.stairwell, return_index=True)
    of_stairs, count = flats.building[first].astype(np.int64), len(buildings)
    grid = buildings.grid.astype(np.int64)
    nowhere = np.full(count, EVERYWHERE)
    by_scope = {
        _STAIRWELL: (of_stairs, stairwells, grid[of_stairs]),
        _BUILDING: (np.arange(count), nowhere, grid),
        _GRID: (nowhere[: len(set(grid))], nowhere[: len(set(grid))], np.unique(grid)),
        _ALL: (nowhere[:1], nowhere[:1], nowhere[:1]),
    }
    parts = [(np.full(len(by_scope[scope][0]), work), *by_scope[scope]) for work, scope in enumerate(works.scope)]
    columns = zip(*parts, strict=True) if parts else [[np.empty(0)]] * len(Sites._fields)
    return Sites(*(np.concatenate(column).astype(np.int64) for column in columns))


def cause_keys(works: Works, sites: Sites) -> Keys:
    """Return a key for each work at its site, the same in every run."""
    return (sites.work.astype(np.uint64) << _SITE_BITS) + (places_of(works, sites) + 1).astype(np.uint64)


def places_of(works: Works, sites: Sites) -> Ints:
    """Return the number of each site within its scope: stairwell, building or grid; 0 for works of all."""
    by_scope = (sites.stairwell, sites.building, sites.grid, np.zeros_like(sites.grid))
    return np.choose(works.scope[sites.work], by_scope) if len(sites.work) else np.empty(0, np.int64)


def where(world: Any) -> tuple[Ints, ...]:
    """Return, for each scope, the number of the site at which each resident lives (residents,); -1 nowhere.

    Reads residents.household and residents.grid, households.flat, and the flats' building and stairwell.
    """
    homes: Homes = homes_of(world)
    return homes.stairwell, homes.building, world.residents.grid.astype(np.int64), np.zeros(len(homes.flat), np.int64)


def flats_at(world: Any) -> tuple[Ints, ...]:
    """Return, for each scope, the number of the site at which each flat lies (flats,)."""
    flats = world.flats
    stairwell, building = flats.stairwell.astype(np.int64), flats.building.astype(np.int64)
    return stairwell, building, world.buildings.grid[building].astype(np.int64), np.zeros(len(building), np.int64)


def compensation_of(world: Any, works: Works, sites: Sites) -> Ints:
    """Return what the plan compensates if a lift is built at a site (sites,) [fen]: the owners of its low floors.

    Reads the flats' floor, building and stairwell, the buildings' grid, and levers.ballots.
    """
    ballots = world.levers["ballots"]
    each = round(ballots.compensation_yuan * FEN_PER_YUAN) if ballots.consent == "vote" else 0
    if not each:
        return np.zeros(len(sites.work), np.int64)
    low = np.flatnonzero(world.flats.floor <= ballots.low_floors)
    lifts = works.domain[sites.work] == DOMAINS.index("lift")
    due: Ints = each * lifts * reached(works, sites, flats_at(world), low).sum(axis=0)
    return due


def reached(works: Works, sites: Sites, lives_at: tuple[Ints, ...], who: Ints) -> Flags:
    """Tell whom of some residents each work would reach (who, sites)."""
    scope, place = works.scope[sites.work], places_of(works, sites)
    out = np.zeros((len(who), len(place)), np.bool_)
    for one, living in enumerate(lives_at):
        columns = np.flatnonzero(scope == one)
        out[:, columns] = living[who][:, None] == place[columns][None, :]
    return out


def worth(works: Works, sites: Sites, lives_at: tuple[Ints, ...], weights: Floats) -> Floats:
    """Return the benefit of each work at its site, summed over whom it reaches by their need weights (sites,)."""
    scope, place = works.scope[sites.work], places_of(works, sites)
    out = np.zeros(len(place))
    for one, living in enumerate(lives_at):
        for domain in np.unique(works.domain[sites.work[scope == one]]):
            rows = np.flatnonzero((scope == one) & (works.domain[sites.work] == domain))
            sums = np.bincount(living + 1, weights[:, domain], minlength=place[rows].max() + 2)
            out[rows] = works.benefit[sites.work[rows]] * sums[place[rows] + 1]
    return out


def gains(works: Works, sites: Sites, lives_at: tuple[Ints, ...], domains: int) -> Floats:
    """Return the rise of quality that works at these sites bring to each resident (residents, domains), at most 1."""
    residents = len(lives_at[0])
    out = np.zeros((residents, domains))
    scope, place = works.scope[sites.work], places_of(works, sites)
    for row, work in enumerate(sites.work):
        out[lives_at[scope[row]] == place[row], works.domain[work]] += works.benefit[work]
    return np.minimum(out, 1.0)
