"""Traits: tenure, income, digital skill and mobility, as tables fitted to their margins and dealt out.

For each dimension a table (age band by kind of member, category) is seeded with the shipped shares and with how the
kinds differ, fitted to what the user's table states, rounded with both margins kept, and dealt to the members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from twin.core.columns import Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.world.fitting import FREE, Margin, dealt, ipf, largest_remainders, rounded
from twin.world.marginals import (
    DIGITAL_SKILLS,
    EVERYBODY,
    INCOMES,
    SHIPPED,
    Band,
    Marginals,
    Statement,
    load_marginals,
    refined,
    refuse_missed,
)
from twin.world.moving import band_by_age
from twin.world.tables import MOBILITIES, TENURES

SKILL_ENDS = (0.0, 0.2, 0.6, 1.0)  # where none, some and full digital skill begin and end
ELDERLY = 65

# How traits go together where no table says it: log odds, assumed.
_SHARERS_RENT = 3.0
_INCOME_BY_TENURE = {"reform": -0.10, "market": 0.25, "renter": -0.15}  # a step up in income fifths
_INCOME_OF_ELDERS = -0.25
_SKILL_BY_INCOME = 0.15  # a step up in income fifths and one in skill


class Wealth(NamedTuple):
    """Tenure (index into TENURES) and income fifth (1 to 5) of each household."""

    tenure: Ints
    income: Ints


def wealth(table: Marginals, age: Ints, sharing: Flags, draw: Draw) -> Wealth:
    """Deal tenure and income to households, by the age of the householder and whether sharers live there."""
    keys = np.arange(len(age), dtype=np.uint64)
    tilt = np.zeros((2, len(TENURES)))
    tilt[1, TENURES.index("renter")] = _SHARERS_RENT
    tenure = _dealt("tenure", table, age, sharing.astype(np.int64), tilt, draw, keys)
    steps = [_INCOME_BY_TENURE[name] + elderly * _INCOME_OF_ELDERS for name in TENURES for elderly in (0, 1)]
    kind = tenure * 2 + (age >= ELDERLY)
    income = _dealt("income", table, age, kind, np.outer(steps, np.arange(len(INCOMES))), draw, keys)
    return Wealth(tenure, income + 1)


def digital_skill(table: Marginals, age: Ints, income: Ints, draw: Draw) -> Floats:
    """Deal digital skill, 0 to 1, to residents by their age and their household's income (1 to 5)."""
    keys = np.arange(len(age), dtype=np.uint64)
    tilt = _SKILL_BY_INCOME * np.multiply.outer(np.arange(len(INCOMES), dtype=float), np.arange(len(DIGITAL_SKILLS)))
    level = _dealt("digital_skill", table, age, income - 1, tilt, draw, keys)
    low, high = np.array(SKILL_ENDS[:-1])[level], np.array(SKILL_ENDS[1:])[level]
    return low + (high - low) * draw.uniform("within", keys)


def mobility(table: Marginals, age: Ints, draw: Draw) -> Ints:
    """Deal mobility (index into MOBILITIES) to residents by their age."""
    keys = np.arange(len(age), dtype=np.uint64)
    return _dealt("mobility", table, age, np.zeros_like(age), np.zeros((1, len(MOBILITIES))), draw, keys)


def _dealt(
    dimension: str, table: Marginals, age: Ints, kind: Ints, tilt: Floats, draw: Draw, keys: Keys
) -> Ints:  # fmt: skip
    """Return the category of one dimension for each member, by age and kind.

    ``tilt`` (kinds, categories) are log odds by which the kinds differ. The shipped table is the seed, what the
    user's states the margins.
    """
    stated = table.of(dimension) or load_marginals(SHIPPED[0]).of(dimension)
    seeded = load_marginals(SHIPPED[0]).of(dimension)
    bands = refined([one.given for one in (*stated, *seeded)])
    row = band_by_age(bands)[age] * len(tilt) + kind
    counts = np.bincount(row, minlength=len(bands) * len(tilt))
    seed = np.exp(np.tile(tilt, (len(bands), 1)))
    seed *= np.repeat(_shares_by_band(seeded, bands), len(tilt), axis=0) * counts[:, None]
    band_of_row = np.repeat(np.arange(len(bands)), len(tilt))
    whole = _allotted(seed, counts, [(one, _inside(one.given, bands)[band_of_row]) for one in stated], draw)
    return dealt(row, whole, draw.uniform(dimension, keys))


def _inside(given: Band, bands: Sequence[Band]) -> Flags:
    return np.array([given.low <= band.low and band.high <= given.high for band in bands])


def _shares_by_band(statements: Sequence[Statement], bands: Sequence[Band]) -> Floats:
    """Return the shares that the shipped table states for each band (bands, categories); even where it says nothing."""
    shares = np.full((len(bands), len(statements[0].shares)), 1 / len(statements[0].shares))
    for one in statements:
        shares[_inside(one.given, bands)] = one.shares
    return shares


def _allotted(seed: Floats, counts: Ints, stated: Sequence[tuple[Statement, Flags]], draw: Draw) -> Ints:
    """Fit a table (rows, categories) to its row counts and to what is stated of some of its rows, in whole numbers."""
    rows, categories = seed.shape
    cell = np.arange(seed.size)
    margins = [Margin(cell // categories, counts.astype(np.float64))]
    for one, inside in stated:
        group = np.where(inside[cell // categories], cell % categories, FREE)
        margins.append(Margin(group, np.array(one.shares) * counts[inside].sum()))
    table = ipf(seed.ravel(), margins).reshape(seed.shape)
    refuse_missed((one, table[inside].sum(axis=0)) for one, inside in stated if counts[inside].any())
    whole = np.zeros((rows, categories), np.int64)
    for inside in _parts(stated, rows):
        part = table[inside] * (counts[inside] / np.maximum(table[inside].sum(axis=1), np.finfo(float).tiny))[:, None]
        columns = largest_remainders(part.sum(axis=0), int(counts[inside].sum()))
        luck = draw.uniform(stated[0][0].dimension, np.flatnonzero(inside).astype(np.uint64), 1)
        whole[inside] = rounded(part, counts[inside], columns, luck)
    return whole


def _parts(stated: Sequence[tuple[Statement, Flags]], rows: int) -> list[Flags]:
    """Return the rows that are rounded together: those of an age band on which something is stated, and the rest."""
    parts = [inside for one, inside in stated if one.given != EVERYBODY and inside.any()]
    rest = ~np.any(parts, axis=0) if parts else np.ones(rows, np.bool_)
    return [*parts, rest] if rest.any() else parts
