"""Moving: a few residents given another age or sex, so that every age band and sex has its whole number.

Households taken from the list come close to their targets, not onto them. A member who is moved stays as near to
what it was as can be, and within what its family allows (:func:`twin.world.families.age_limits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.world.families import FEMALE, MALE, Small, age_limits
from twin.world.marginals import Band
from twin.world.tables import SEXES

_FURTHEST = 4  # bands


class Targets(NamedTuple):
    """Whole numbers of residents by age band and sex (bands, 2)."""

    bands: Sequence[Band]
    counts: Ints


def band_by_age(bands: Sequence[Band]) -> Ints:
    """Return the row of the band that each age lies in; the bands follow one another from 0."""
    return np.repeat(np.arange(len(bands)), [band.high - band.low + 1 for band in bands])


@dataclass
class Members:
    """Residents while they are being moved to meet their targets; ``luck`` decides among equals."""

    first: Ints
    age: Small
    sex: Small
    role: Small
    coupled: Flags
    luck: Floats

    def __post_init__(self) -> None:
        size = np.diff(self.first)
        self.household = np.repeat(np.arange(len(size)), size)

    def counts(self, bands: Sequence[Band]) -> Ints:
        """Return the residents by age band and sex (bands, 2)."""
        cell = band_by_age(bands)[self.age] * len(SEXES) + self.sex
        return np.bincount(cell, minlength=len(bands) * len(SEXES)).reshape(-1, len(SEXES))

    def luckiest(self, rows: Ints, count: int) -> Ints:
        """Return so many of some rows, or all if they are fewer."""
        return rows[np.argsort(self.luck[rows], kind="stable")[:count]]

    def may_be(self, rows: Ints, age: int) -> Ints:
        """Return those of some rows who may have this age, one of a household."""
        household = self.household[rows]
        first = self.first[household]
        low, high = age_limits(first, self.first[household + 1] - first, rows, self.age, self.role)
        able = (low <= age) & (age <= high)
        return rows[able][np.unique(household[able], return_index=True)[1]]


def repair(members: Members, targets: Targets) -> None:
    """Change sexes and ages of as few members as it takes until bands and sexes have their targets.

    In a small population nobody near the edge of a band may be free to cross it: then others are tried, from
    further and further away. What cannot be done stays undone.
    """
    for reach in range(1, _FURTHEST + 1):
        excess = members.counts(targets.bands) - targets.counts
        if not excess.any():
            return
        for band, flips in enumerate(_flips(members, targets.bands, excess)):
            _flip(members, targets.bands[band], int(flips))
        excess = members.counts(targets.bands) - targets.counts
        for sex in (FEMALE, MALE):
            for band, flow in enumerate(np.cumsum(excess[:, sex])[:-1]):
                _move(members, sex, targets.bands, band, int(flow), reach)


def _flips(members: Members, bands: Sequence[Band], excess: Ints) -> Ints:
    """Return how many women (positive) or men of each band get the other sex: in all, the women in excess."""
    free = ~members.coupled
    cell = band_by_age(bands)[members.age[free]] * len(SEXES) + members.sex[free]
    able = np.bincount(cell, minlength=len(bands) * len(SEXES)).reshape(-1, len(SEXES))
    flips = np.clip((excess[:, FEMALE] - excess[:, MALE]) // 2, -able[:, MALE], able[:, FEMALE])
    left = int(excess[:, FEMALE].sum() - flips.sum())
    for band in np.argsort(-np.sign(left) * (excess[:, FEMALE] - excess[:, MALE] - 2 * flips), kind="stable"):
        more = int(np.clip(left, -able[band, MALE] - flips[band], able[band, FEMALE] - flips[band]))
        flips[band] += more
        left -= more
    return flips


def _flip(members: Members, band: Band, count: int) -> None:
    sex = FEMALE if count > 0 else MALE
    if count:
        able = (members.sex == sex) & ~members.coupled & (members.age >= band.low) & (members.age <= band.high)
        members.sex[members.luckiest(np.flatnonzero(able), abs(count))] = MALE if sex == FEMALE else FEMALE


def _move(members: Members, sex: int, bands: Sequence[Band], band: int, flow: int, reach: int) -> None:
    """Move members of a sex over the upper edge of a band, up or (flow below 0) down: the nearest to it first.

    They come from the band on this side of the edge, and from so many as ``reach`` bands away.
    """
    if flow > 0:
        to, ages = bands[band + 1].low, range(bands[band].high, bands[max(band + 1 - reach, 0)].low - 1, -1)
    else:
        to, ages = bands[band].high, range(bands[band + 1].low, bands[min(band + reach, len(bands) - 1)].high + 1)
    for age in ages:
        if not flow:
            return
        able = members.may_be(np.flatnonzero((members.age == age) & (members.sex == sex)), to)
        moved = members.luckiest(able, abs(flow))
        members.age[moved] = to
        flow -= int(np.sign(flow)) * len(moved)
