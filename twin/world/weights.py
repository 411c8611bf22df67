"""Weights: how common each plausible household must be for the marginals to hold.

The list of households (:mod:`twin.world.families`) is balanced against the shipped table; a table of one's own is
met from there, so that what it does not state bends as little as it must: the shipped table is its seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.core.columns import Floats, Ints
from twin.errors import InputError
from twin.world.families import Families, families
from twin.world.fitting import balanced
from twin.world.marginals import (
    AGES,
    EVERYBODY,
    SHIPPED,
    Band,
    Marginals,
    Statement,
    band_of,
    load_marginals,
    refined,
    refuse_missed,
    shipped_ages,
    within_bands,
)
from twin.world.tables import SEXES

GROUPS = (Band(0, 14), Band(15, 34), Band(35, 64), Band(65, AGES - 1))  # the ages of AGE_GROUPS

_STRUCTURE = ("age", "sex", "household_size", "generations", "living_alone")

Shares = tuple[float | None, ...]
ALL_AS_STATED: Shares = (None,) * len(GROUPS)


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights of the list of households, in households a resident, and the statements that they meet."""

    weights: Floats
    statements: tuple[Statement, ...]


def fit(table: Marginals, group_shares: Shares = ALL_AS_STATED) -> Fit:
    """Weight the list of households by a table; ``group_shares`` replace its shares of :data:`GROUPS` where given.

    Raises :class:`InputError` where no mix of plausible households has these shares together.
    """
    return _fitted(table, group_shares)


@lru_cache(maxsize=16)
def _fitted(table: Marginals, group_shares: Shares) -> Fit:
    shipped = load_marginals(SHIPPED[0])
    own = table.digest != shipped.digest
    moved = group_shares != ALL_AS_STATED
    if not own and not moved:
        return _meet(families().prior * shipped_ages()[_householder_ages()], shipped.statements)
    stated = table.statements if own else ()
    if moved:
        stated = (_regrouped(table, shipped, group_shares), *(one for one in stated if one.dimension != "age"))
    return _meet(_fitted(shipped, ALL_AS_STATED).weights, stated)


def _householder_ages() -> Ints:
    listed = families()
    return listed.age[listed.first[:-1]].astype(np.int64)


def ages_of(table: Marginals) -> Floats:
    """Return the shares of residents by year of age (AGES,) that a table states, or else the shipped one."""
    ages = shipped_ages()
    for statements in (load_marginals(SHIPPED[0]).of("age"), table.of("age")):
        for one in statements:
            ages = within_bands(ages, one.bands, one.shares)
    return ages


def _regrouped(table: Marginals, shipped: Marginals, group_shares: Shares) -> Statement:
    """Return the ages of a table with other shares of the age groups; those not given keep their proportions."""
    ages = ages_of(table)
    now = np.array([ages[group.mask()].sum() for group in GROUPS])
    given = np.array([share is not None for share in group_shares])
    wanted = np.array([0.0 if share is None else share for share in group_shares])
    left = 1 - wanted.sum()
    if left < 0 or (left > 0 and given.all()):
        raise InputError.of("D495", total=round(float(wanted.sum()), 6))
    wanted[~given] = now[~given] * (left / now[~given].sum())
    ages = within_bands(ages, GROUPS, wanted.tolist())
    bands = refined([band for one in (table.of("age") or shipped.of("age")) for band in one.bands] + list(GROUPS))
    return Statement("age", EVERYBODY, tuple(map(str, bands)), tuple(float(ages[band.mask()].sum()) for band in bands))


def _meet(prior: Floats, statements: Sequence[Statement]) -> Fit:
    """Balance the list so that every statement on its structure holds, or complain of those that cannot."""
    listed = families()
    structural = [one for one in statements if one.dimension in _STRUCTURE]
    columns = [_held(listed, one) for one in structural]
    possible = np.ones(len(prior), np.bool_)
    for one, held in zip(structural, columns, strict=True):
        for number, share in enumerate(one.shares):
            possible &= (share > 0) | (held[:, number] == 0)
    constraints = [_constraints(listed, one, held) for one, held in zip(structural, columns, strict=True)]
    counts = np.column_stack([listed.size, *(counts for counts, _ in constraints)]).astype(np.float64)
    totals = np.concatenate([[1.0], *(totals for _, totals in constraints)])
    weights = np.zeros(len(prior))
    start = prior[possible] / max(float(prior[possible] @ listed.size[possible]), np.finfo(float).tiny)
    weights[possible] = balanced(start, counts[possible], totals)
    refuse_missed((one, weights @ held) for one, held in zip(structural, columns, strict=True))
    return Fit(weights, tuple(statements))


def _held(listed: Families, one: Statement) -> Floats:
    """Return how much of each category of a statement each household of the list holds (households, categories)."""
    inside = one.given.mask()[listed.age]
    if one.dimension == "age":
        members = [band.mask()[listed.age] for band in one.bands]
        return np.column_stack([listed.counted(of_band) for of_band in members])
    if one.dimension == "sex":
        return np.column_stack([listed.counted(inside & (listed.sex == sex)) for sex in range(len(SEXES))])
    if one.dimension == "living_alone":
        counted, alone = listed.counted(inside), listed.size == 1
        return np.column_stack([counted * alone, counted * ~alone])
    measure = listed.size if one.dimension == "household_size" else listed.generations
    bands = [band_of(name) or EVERYBODY for name in one.categories]
    return np.column_stack([(measure >= band.low) & (measure <= band.high) for band in bands]).astype(np.float64)


def _constraints(listed: Families, one: Statement, held: Floats) -> tuple[Floats, Floats]:
    """Return (counts, totals) of a statement: a share of residents is a total, any other one a proportion."""
    shares = np.array(one.shares)
    if one.dimension == "age":
        return held, shares
    return (held - held.sum(axis=1, keepdims=True) * shares)[:, :-1], np.zeros(len(shares) - 1)
