"""Families: a list of plausible households, from which a population is weighted together.

Every household is made by rule: somebody alone, a couple, parents with children (small or grown up), three
generations, or sharers. The list is the same in every run; what makes a population of it are the weights that
:mod:`twin.world.people` fits to the marginals. It stands where other synthesizers have a census sample.

Between any two members the difference of ages lies within :func:`ages_apart`; a lone child cannot happen. Left out:
four generations, grandparents alone with a grandchild, brothers and sisters, couples of one sex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints
from twin.core.draws import Draw
from twin.world.marginals import OLDEST
from twin.world.tables import ROLES, SEXES

HEAD, PARTNER, CHILD, PARENT, SHARER = range(len(ROLES))
FEMALE, MALE = range(len(SEXES))
LARGEST = 8  # persons in a household
GENERATIONS = 3

# Assumed throughout, years: the law of 2021 sets the ages of marriage, the rest bounds what is plausible.
ADULT, MARRIED = 18, 20
COUPLE_APART = 15
PARENT_APART = (18, 50)
_FIRST_BIRTH = (27.0, 4.0)  # mean and standard deviation of a mother's age
_NEXT_BIRTH = (4.0, 2.0)
_BIRTHS = (18.0, 45.0)
_HUSBAND_OLDER = (2.0, 3.0)
_SHARERS_UP_TO = 60
_LEAVES_HOME = (24.0, 3.0, 0.06)  # a child's age at which half have left, its spread, the share that never does

_EACH = 420  # households of a composition; enough that every year of age occurs a few hundred times
_SEED = 0

Small = npt.NDArray[np.int16]


class Composition(NamedTuple):
    """Who lives together, and how common it is before anything is known of a place."""

    weight: float
    partners: int = 0
    children: int = 0
    parents: int = 0
    sharers: int = 0

    @property
    def roles(self) -> tuple[int, ...]:
        """The role of each member, in the order of rows."""
        if self.sharers:
            return (SHARER,) * self.sharers
        return (HEAD, *(PARTNER,) * self.partners, *(CHILD,) * self.children, *(PARENT,) * self.parents)

    @property
    def generations(self) -> int:
        """How many generations live together."""
        return 1 + (self.children > 0) + (self.parents > 0)


COMPOSITIONS: tuple[Composition, ...] = (
    Composition(0.25),
    Composition(0.24, partners=1),
    Composition(0.18, partners=1, children=1),
    Composition(0.07, partners=1, children=2),
    Composition(0.008, partners=1, children=3),
    Composition(0.002, partners=1, children=4),
    Composition(0.03, children=1),
    Composition(0.01, children=2),
    Composition(0.002, children=3),
    Composition(0.01, partners=1, parents=1),
    Composition(0.01, partners=1, parents=2),
    Composition(0.02, children=1, parents=1),
    Composition(0.01, children=1, parents=2),
    Composition(0.004, children=2, parents=1),
    Composition(0.004, children=2, parents=2),
    Composition(0.03, partners=1, children=1, parents=1),
    Composition(0.03, partners=1, children=1, parents=2),
    Composition(0.015, partners=1, children=2, parents=1),
    Composition(0.015, partners=1, children=2, parents=2),
    Composition(0.002, partners=1, children=3, parents=1),
    Composition(0.002, partners=1, children=3, parents=2),
    Composition(0.0005, partners=1, children=4, parents=2),
    Composition(0.012, sharers=2),
    Composition(0.008, sharers=3),
    Composition(0.004, sharers=4),
    Composition(0.001, sharers=5),
    Composition(0.0005, sharers=6),
    Composition(0.0002, sharers=7),
    Composition(0.0001, sharers=8),
)


@dataclass(frozen=True, eq=False)
class Families:
    """Households in the order of :data:`COMPOSITIONS`; members (members,) lie household after household.

    ``first`` (households + 1,) is where a household's members begin, ``prior`` (households,) how common it is.
    """

    first: Ints
    composition: Ints
    prior: Floats
    age: Small
    sex: Small
    role: Small

    @cached_property
    def size(self) -> Ints:
        """Persons in each household."""
        return np.diff(self.first)

    @cached_property
    def generations(self) -> Ints:
        """Generations in each household, 1 to 3."""
        return np.array([one.generations for one in COMPOSITIONS])[self.composition]

    @cached_property
    def household(self) -> Ints:
        """The household of each member."""
        return np.repeat(np.arange(len(self.prior)), self.size)

    def counted(self, members: Flags) -> Floats:
        """Return how many of these members (members,) each household has."""
        return np.bincount(self.household, members, len(self.prior)).astype(np.float64)

    @cached_property
    def coupled(self) -> Flags:
        """Which members are one of a couple."""
        partners, parents = (np.array([getattr(one, name) for one in COMPOSITIONS]) for name in ("partners", "parents"))
        composition = np.repeat(self.composition, self.size)
        of_a_couple = (self.role == HEAD) & (partners[composition] > 0) | (self.role == PARTNER)
        return of_a_couple | (self.role == PARENT) & (parents[composition] > 1)


def ages_apart() -> tuple[Ints, Ints]:
    """Return (least, most) years that a member of one role may be older than one of another, by (role, role)."""
    far = 2 * OLDEST
    most = np.full((len(ROLES), len(ROLES)), far, np.int64)
    least = -most
    least[HEAD, PARTNER], most[HEAD, PARTNER] = -COUPLE_APART, COUPLE_APART
    least[PARENT, PARENT], most[PARENT, PARENT] = -COUPLE_APART, COUPLE_APART
    for elder, younger in ((HEAD, CHILD), (PARTNER, CHILD), (PARENT, HEAD)):
        least[elder, younger], most[elder, younger] = PARENT_APART
    least[PARENT, CHILD], most[PARENT, CHILD] = 2 * PARENT_APART[0], 2 * PARENT_APART[1]
    return np.maximum(least, -most.T), np.minimum(most, -least.T)


def youngest() -> Ints:
    """Return the least age by role: who heads a household or shares one is of age, who is a couple is married."""
    least = np.zeros(len(ROLES), np.int64)
    least[[HEAD, SHARER]] = ADULT
    least[[PARTNER, PARENT]] = MARRIED
    return least


_APART, _YOUNGEST = ages_apart(), youngest()


def age_limits(first: Ints, size: Ints, place: Ints, age: Small, role: Small) -> tuple[Ints, Ints]:
    """Return the ages (low, high) that some members could have, the rest of their households being as they are.

    ``first`` and ``size`` are those of their households, ``place`` their own place among the members.
    """
    least, most = _APART
    mine = role[place]
    at = first[:, None] + np.arange(LARGEST)
    there = (np.arange(LARGEST) < size[:, None]) & (at != place[:, None])
    at = np.where(there, at, place[:, None])
    low = np.where(there, age[at] + least[mine[:, None], role[at]], 0).max(axis=1, initial=0)
    high = np.where(there, age[at] + most[mine[:, None], role[at]], OLDEST).min(axis=1, initial=OLDEST)
    paired = ((role[at] == PARTNER) & there).any(axis=1) & (mine == HEAD)
    return np.maximum(low, np.where(paired, MARRIED, _YOUNGEST[mine])), high


def consistent(first: Ints, age: Small, role: Small) -> Flags:
    """Return for each member whether its age goes with its role and with everybody it lives with."""
    size = np.diff(first)
    place = np.arange(len(age))
    low, high = age_limits(np.repeat(first[:-1], size), np.repeat(size, size), place, age, role)
    return (age >= low) & (age <= high)


# -- the list --------------------------------------------------------------------------------------------


@cache
def families() -> Families:
    """Return the list: some four hundred households of each composition, stratified by the householder's age."""
    made = [_households(number, one) for number, one in enumerate(COMPOSITIONS)]
    kept = [_kept(age, one) for (age, _), one in zip(made, COMPOSITIONS, strict=True)]
    roles = [np.tile(one.roles, (good.sum(), 1)) for good, one in zip(kept, COMPOSITIONS, strict=True)]
    sizes = np.concatenate([np.full(good.sum(), len(one.roles)) for good, one in zip(kept, COMPOSITIONS, strict=True)])
    return Families(
        first=np.concatenate(([0], np.cumsum(sizes))),
        composition=np.repeat(np.arange(len(COMPOSITIONS)), [good.sum() for good in kept]),
        prior=np.concatenate([_prior(age[good], one) for (age, _), good, one in zip(made, kept, COMPOSITIONS,
                                                                                   strict=True)]),
        age=_joined([age[good] for (age, _), good in zip(made, kept, strict=True)]),
        sex=_joined([sex[good] for (_, sex), good in zip(made, kept, strict=True)]),
        role=_joined(roles),
    )  # fmt: skip


def _joined(parts: Sequence[npt.NDArray[np.integer]]) -> Small:
    return np.concatenate([part.ravel() for part in parts]).astype(np.int16)


def _households(number: int, one: Composition) -> tuple[Ints, Ints]:
    """Return (ages, sexes) of the households of a composition, both (households, members)."""
    draw, keys = Draw(_SEED, f"families.{number}", 0), np.arange(_EACH, dtype=np.uint64)
    if one.sharers:
        span = _SHARERS_UP_TO - ADULT
        ages = [ADULT + np.floor(span * (1 - np.sqrt(draw.uniform("sharer", keys, k)))) for k in range(one.sharers)]
        sexes = [draw.happens("sex", 0.5, keys, k) for k in range(one.sharers)]
        return np.stack(ages, axis=1).astype(np.int64), np.stack(sexes, axis=1).astype(np.int64)
    head = np.floor(ADULT + (OLDEST - ADULT) * (np.arange(_EACH) + draw.uniform("head", keys)) / _EACH)
    male = draw.happens("sex", 0.5, keys)
    gap = np.where(male, -1, 1) * np.round(_HUSBAND_OLDER[0] + _HUSBAND_OLDER[1] * draw.normal("partner", keys))
    mother = np.where(male & (one.partners > 0), head + gap, head)
    columns = [(head, male)] + [(head + gap, ~male)] * one.partners
    births = _births(draw, keys, one.children)
    columns += [(mother - born, draw.happens("child_sex", 0.5, keys, k)) for k, born in enumerate(births)]
    columns += _parents(draw, keys, head, one.parents)
    return (np.stack([age for age, _ in columns], axis=1).astype(np.int64),
            np.stack([sex for _, sex in columns], axis=1).astype(np.int64))  # fmt: skip


def _births(draw: Draw, keys: npt.NDArray[np.uint64], children: int) -> list[Floats]:
    """Return a mother's age at each of her births."""
    born = np.clip(_FIRST_BIRTH[0] + _FIRST_BIRTH[1] * draw.normal("birth", keys), *_BIRTHS)
    births = []
    for k in range(children):
        births.append(np.round(born))
        born = np.minimum(born + np.maximum(_NEXT_BIRTH[0] + _NEXT_BIRTH[1] * draw.normal("next", keys, k), 1),
                          _BIRTHS[1])  # fmt: skip
    return births


def _parents(
    draw: Draw, keys: npt.NDArray[np.uint64], head: Floats, parents: int
) -> list[tuple[Floats, npt.NDArray[np.bool_]]]:
    """Return (age, sex) of one or two parents of a householder; a lone one is mostly the mother."""
    born = _FIRST_BIRTH[0] + _FIRST_BIRTH[1] * draw.normal("grandmother", keys)
    mother = head + np.round(np.clip(born, *_BIRTHS))
    father = mother + np.round(_HUSBAND_OLDER[0] + _HUSBAND_OLDER[1] * draw.normal("grandfather", keys))
    women, men = np.zeros(len(keys), np.bool_), np.ones(len(keys), np.bool_)
    if parents == 1:
        widower = draw.happens("widower", 0.3, keys)
        return [(np.where(widower, father, mother), widower)]
    return [(mother, women), (father, men)] if parents == 2 else []


def _kept(age: Ints, one: Composition) -> Flags:
    """Tell which households of a composition can be."""
    members = len(one.roles)
    first = np.arange(len(age) + 1) * members
    role = np.tile(one.roles, len(age)).astype(np.int16)
    each: Flags = (age >= 0) & (age <= OLDEST)
    each &= consistent(first, age.ravel().astype(np.int16), role).reshape(age.shape)
    return np.asarray(each.all(axis=1), np.bool_)


def _prior(age: Ints, one: Composition) -> Floats:
    """Return how common each household of a composition is: fewer with children old enough to have left."""
    weight = np.full(len(age), one.weight / max(len(age), 1))
    half, spread, never = _LEAVES_HOME
    for k in np.flatnonzero(np.array(one.roles) == CHILD):
        weight *= never + (1 - never) / (1 + np.exp((age[:, k] - half) / spread))
    return weight
