"""People: a synthetic population in households that meets its marginals.

Three steps, as in PopulationSim and its kin, but without a census sample and with keyed chance only:

1. *Fit.* The list of plausible households (:mod:`twin.world.families`) is weighted so that ages, sexes, sizes,
   generations and who lives alone are as the marginals say. What a table of one's own does not state is taken from
   the shipped one as a seed: it bends as little as it must.
2. *Whole numbers.* Sizes are rounded so that the residents come out exactly; in each size and number of generations
   households are taken from the list systematically; then a few members are moved over the edge of an age band, or
   given the other sex, wherever their families allow it, until every band and sex has its whole number.
3. *Traits.* Tenure, income, digital skill and mobility are tables fitted by iterative proportional fitting, rounded
   with both margins kept, and dealt out.

Left out: work, schooling, marriage as such, people in homes and dormitories, and how traits go together beyond age,
householder's age, tenure and income.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints
from twin.core.draws import Draw
from twin.world.families import LARGEST, SHARER, Small, families
from twin.world.fitting import largest_remainders, rounded, systematic
from twin.world.marginals import EVERYBODY, Marginals, Statement, band_of, refined
from twin.world.moving import Members, Targets, band_by_age, repair
from twin.world.tables import SEXES
from twin.world.traits import SKILL_ENDS, digital_skill, mobility, wealth
from twin.world.weights import Fit

_SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class People:
    """Households (households,) and residents (residents,), household after household, the householder first.

    ``first`` (households + 1,) is where the residents of a household begin. ``tenure``, ``sex``, ``role`` and
    ``mobility`` are indices into the words of :mod:`twin.world.tables`; ``income`` is 1 (lowest) to 5.
    """

    first: Ints
    generations: Small
    tenure: Small
    income: Small
    age: Small
    sex: Small
    role: Small
    mobility: Small
    digital_skill: Floats

    @property
    def size(self) -> Ints:
        """Residents of each household."""
        return np.diff(self.first)

    @property
    def household(self) -> Ints:
        """The household of each resident."""
        return np.repeat(np.arange(len(self.first) - 1), self.size)

    def in_order(self, order: Ints) -> People:
        """Return the same people, their households in this order."""
        size = self.size[order]
        first = np.concatenate(([0], np.cumsum(size)))
        rows = np.arange(len(self.age)) - np.repeat(first[:-1] - self.first[order], size)
        return People(
            first, self.generations[order], self.tenure[order], self.income[order], self.age[rows], self.sex[rows],
            self.role[rows], self.mobility[rows], self.digital_skill[rows],
        )  # fmt: skip


# -- households and their members ------------------------------------------------------------------------


def populate(fitted: Fit, table: Marginals, residents: int, draw: Draw) -> People:
    """Return a population of exactly so many residents; ``draw`` is its luck."""
    listed = families()
    chosen = _households(fitted, residents, draw)
    size = listed.size[chosen]
    first = np.concatenate(([0], np.cumsum(size)))
    rows = np.arange(residents) - np.repeat(first[:-1] - listed.first[chosen], size)
    members = Members(first, listed.age[rows], listed.sex[rows], listed.role[rows], listed.coupled[rows],
                      draw.uniform("repair", np.arange(residents, dtype=np.uint64)))  # fmt: skip
    repair(members, _targets(fitted, residents, draw))
    householder, age = first[:-1], members.age.astype(np.int64)
    have = wealth(table, age[householder], members.role[householder] == SHARER, draw)
    return People(
        first, _small(listed.generations[chosen]), _small(have.tenure), _small(have.income), members.age, members.sex,
        members.role, _small(mobility(table, age, draw)),
        digital_skill(table, age, have.income[members.household], draw),
    )  # fmt: skip


def _small(values: Ints) -> Small:
    return values.astype(np.int16)


def _households(fitted: Fit, residents: int, draw: Draw) -> Ints:
    """Return the rows of the list that live here, in shuffled order; their sizes sum to the residents."""
    listed = families()
    exact = np.zeros((LARGEST, 3))
    np.add.at(exact, (listed.size - 1, listed.generations - 1), fitted.weights * residents)
    by_size = sizes(exact.sum(axis=1), residents)
    unheard = (exact.sum(axis=1) == 0) & (by_size > 0)  # a size that only the exact total calls for
    exact[unheard, 0] = 1
    table = exact * (by_size / np.maximum(exact.sum(axis=1), _SMALLEST))[:, None]
    luck = draw.uniform("generations", np.arange(LARGEST, dtype=np.uint64))
    cells = rounded(table, by_size, largest_remainders(table.sum(axis=0), int(by_size.sum())), luck)
    chosen = [_taken(fitted, size + 1, generations + 1, int(cells[size, generations]), draw)
              for size, generations in np.argwhere(cells)]  # fmt: skip
    rows = np.concatenate([np.empty(0, np.int64), *chosen])
    return rows[np.argsort(draw.uniform("shuffle", np.arange(len(rows), dtype=np.uint64)), kind="stable")]


def _taken(fitted: Fit, size: int, generations: int, count: int, draw: Draw) -> Ints:
    """Take ``count`` households of a size and number of generations from the list, by their weights."""
    listed = families()
    rows = np.flatnonzero((listed.size == size) & (listed.generations == generations))
    rows = rows[np.lexsort((listed.age[listed.first[rows]], listed.composition[rows]))]
    weights = fitted.weights[rows] if fitted.weights[rows].any() else listed.prior[rows]
    start = draw.uniform("start", np.array([size], np.uint64), generations)[0]
    return np.repeat(rows, systematic(weights, count, start))


def sizes(exact: Floats, residents: int) -> Ints:
    """Return whole numbers of households by size, 1 first, that hold exactly the residents.

    ``exact`` (sizes,) are the numbers wanted. Where rounding leaves residents over or short, households are made
    larger, smaller, added or dropped, each time the one that strays least.
    """
    wanted = np.concatenate(([0.0], exact))  # size 0: no household
    found = np.concatenate(([0], largest_remainders(exact, round(exact.sum()))))
    while short := residents - int(found @ np.arange(len(found))):
        steps = [(_strays(found, wanted, old, new), abs(new - old), old, new)
                 for old in range(len(found)) if old == 0 or found[old]
                 for new in range(len(found)) if 0 < (new - old) * np.sign(short) <= abs(short)]  # fmt: skip
        _, _, old, new = min(steps)
        found[old] -= 1
        found[new] += 1
        found[0] = 0
    return found[1:]


def _strays(found: Ints, wanted: Floats, old: int, new: int) -> float:
    """Return how much further from what is wanted a household less of one size and one more of another would be."""
    fewer = (1 - 2 * (found[old] - wanted[old])) / (wanted[old] + 1) if old else 0.0
    more = (1 + 2 * (found[new] - wanted[new])) / (wanted[new] + 1) if new else 0.0
    unheard = 1e6 * (new > 0 and wanted[new] == 0)
    return float(fewer + more + unheard)


def _targets(fitted: Fit, residents: int, draw: Draw) -> Targets:
    listed = families()
    stated = [one for one in fitted.statements if one.dimension in ("age", "sex", "living_alone")]
    bands = refined([band for one in stated for band in (*one.bands, one.given) if one.dimension != "living_alone"]
                    + [one.given for one in stated])  # fmt: skip
    weight = np.repeat(fitted.weights, listed.size) * residents
    exact = np.zeros((len(bands), len(SEXES)))
    np.add.at(exact, (band_by_age(bands)[listed.age], listed.sex), weight)
    by_band = largest_remainders(exact.sum(axis=1), residents)
    table = exact * (by_band / np.maximum(exact.sum(axis=1), _SMALLEST))[:, None]
    luck = draw.uniform("sexes", np.arange(len(bands), dtype=np.uint64))
    return Targets(bands, rounded(table, by_band, largest_remainders(table.sum(axis=0), residents), luck))


# -- what came of it -------------------------------------------------------------------------------------


class Met(NamedTuple):
    """One share that was wanted, and the one that the population has; ``among`` residents or households are counted."""

    dimension: str
    given: str
    category: str
    wanted: float
    found: float
    among: int


def met(people: People, statements: Sequence[Statement]) -> list[Met]:
    """Return every stated share beside the one that came out, in the order of the statements."""
    found = []
    for one in statements:
        level, members = _levels(people, one)
        inside = level[members]
        for number, (category, wanted) in enumerate(zip(one.categories, one.shares, strict=True)):
            share = float(np.mean(inside == number)) if len(inside) else 0.0
            given = "" if one.given == EVERYBODY else str(one.given)
            found.append(Met(one.dimension, given, category, wanted, share, len(inside)))
    return found


def _levels(people: People, one: Statement) -> tuple[Ints, Flags]:
    """Return the category of each resident or household in a statement's terms, and which of them it speaks of."""
    householders = people.age[people.first[:-1]].astype(np.int64)
    size, age = people.size, people.age.astype(np.int64)
    of_households: Mapping[str, npt.NDArray[np.integer]] = {
        "household_size": size, "generations": people.generations, "tenure": people.tenure, "income": people.income - 1,
    }  # fmt: skip
    of_residents: Mapping[str, npt.NDArray[np.integer]] = {
        "age": age, "sex": people.sex, "mobility": people.mobility,
        "living_alone": (size[people.household] > 1).astype(np.int64),
        "digital_skill": np.searchsorted(SKILL_ENDS[1:-1], people.digital_skill, side="right"),
    }  # fmt: skip
    if one.dimension in of_households:
        values, ages = of_households[one.dimension], householders
    else:
        values, ages = of_residents[one.dimension], age
    if one.dimension in ("age", "household_size", "generations"):
        lows = [(band_of(name) or EVERYBODY).low for name in one.categories]
        values = np.searchsorted(lows, values, side="right") - 1
    return np.asarray(values, np.int64), one.given.mask()[ages]
