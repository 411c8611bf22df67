"""Ties: who knows whom, as index arrays; made by circles, and read from or held against real networks.

A circle is a small set of residents who all know one another: a household, two related households, some neighbours
of a stairwell 单元, of a building, colleagues, classmates. Who is more sociable belongs to more circles (one lasting
uniform a resident), so that ties are unequal; circles overlap, so that friends of friends are often friends. A
million residents take seconds: every step is a sort.

networkx appears only where a small network is imported or handed to somebody (:func:`from_graph`, :func:`to_graph`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints, Keys, Values
from twin.core.draws import Draw
from twin.core.parameters import param
from twin.world.tables import ROLES, TIE_KINDS

if TYPE_CHECKING:
    import networkx as nx

Rows = npt.NDArray[np.uint32]
Codes = npt.NDArray[np.uint8]

HOUSEHOLD, KIN, STAIRWELL, BUILDING, WORK, SCHOOL = range(len(TIE_KINDS))
_MOST_AT_ONCE = 4_000_000  # wedges that are looked at together when triangles are counted


@dataclass(frozen=True)
class TieRules:
    """How many residents belong to a circle of each kind, and how large the circles are."""

    kin_share: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="share of households with relatives in another one here", zh="本地有亲属的家庭占比")
    stairwell_share: float = param(0.75, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="share of those over 14 in a circle of their stairwell", zh="单元熟人圈参与率")
    stairwell_circle: int = param(4, "1", 2, 50, source="scenario range", evidence="assumed",
                                  doc="residents of such a circle", zh="单元熟人圈人数")
    building_share: float = param(0.4, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="share of those over 14 who know others of their building", zh="楼内有熟人的占比")
    building_ties: int = param(22, "1", 0, 100, source="scenario range", evidence="assumed",
                               doc="others of the building whom the most sociable one knows", zh="最广交者的楼内熟人数")
    work_share: float = param(0.2, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="share of those aged 18 to 59 who work with others from here", zh="同事圈参与率")
    work_circle: int = param(6, "1", 2, 50, source="scenario range", evidence="assumed",
                             doc="colleagues of such a circle", zh="同事圈人数")
    school_share: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="share of those aged 6 to 17 with classmates from their grid", zh="同学圈参与率")
    school_circle: int = param(5, "1", 2, 50, source="scenario range", evidence="assumed",
                               doc="pupils of such a circle, of about one age", zh="同学圈人数")


@dataclass(frozen=True, eq=False)
class Ties:
    """Undirected ties, both ways: those of resident i are ``neighbour[start[i]:start[i + 1]]``, in rising order.

    ``start`` (residents + 1,), ``neighbour`` and ``kind`` (2 × ties,), the kind an index into TIE_KINDS.
    """

    start: Ints
    neighbour: Rows
    kind: Codes

    def __len__(self) -> int:
        return len(self.neighbour) // 2

    @property
    def degree(self) -> Ints:
        """Ties of each resident."""
        return np.diff(self.start)

    @property
    def resident(self) -> Ints:
        """The resident at the near end of each entry of ``neighbour``."""
        return np.repeat(np.arange(len(self.start) - 1), self.degree)


class Pairs(NamedTuple):
    """Ties one way, of one kind or many: (ties,) each."""

    one: Rows
    other: Rows
    kind: Codes


# -- making ----------------------------------------------------------------------------------------------


def ties_of(world: Any, rules: TieRules, seed: int) -> Ties:
    """Return the ties of a world's residents; the same for everybody who asks with the same seed.

    ``world`` has the tables residents, households and flats, or is a mechanism's view of them that may read
    residents.household, .age, .role and .grid, households.flat, flats.stairwell and .building.
    """
    draw = Draw(seed, "ties", 0)
    keys = np.asarray(world.residents.key, np.uint64)
    sets = [(kind, *_all_pairs(*circles)) for kind, circles in _circles(world, rules, draw, keys)]
    return from_pairs(
        Pairs(
            np.concatenate([one for _, one, _ in sets]),
            np.concatenate([other for _, _, other in sets]),
            np.concatenate([np.full(len(one), kind, np.uint8) for kind, one, _ in sets]),
        ),
        len(keys),
    )


class Circles(NamedTuple):
    """Members in order of the group that each belongs to, and how many of a group make a circle."""

    members: Rows
    group: Ints
    size: int


# A tie as one word, so that sorting words sorts ties: near end (30 bits), far end (30), kind (3).
_FAR_FROM, _NEAR_FROM = np.uint64(3), np.uint64(33)
_KIND_MASK, _ROW_MASK = np.uint64(2**3 - 1), np.uint64(2**30 - 1)
_LUCK_BITS = np.uint64(40)  # below the group: 24 bits are left for it

_EVERYBODY = 0  # as the size of a circle: the whole group is one
_PAIR = 2
_SCHOOL_YEARS = 128


def _circles(world: Any, rules: TieRules, draw: Draw, keys: Keys) -> Iterator[tuple[int, Circles]]:
    """Yield the circles of each kind."""
    residents, flat = world.residents, world.households.flat
    household, age = residents.household, residents.age
    sociable, grown = draw.uniform("sociable", keys), age > 14
    yield HOUSEHOLD, _in_order(np.ones(len(keys), np.bool_), household, draw, "household", keys, _EVERYBODY)
    yield KIN, _related(world, rules, draw, keys)
    stairwell, building = (getattr(world.flats, name)[flat[household]] for name in ("stairwell", "building"))
    joining = grown & (sociable < rules.stairwell_share)
    yield STAIRWELL, _in_order(joining, stairwell, draw, "stairwell", keys, rules.stairwell_circle)
    for meeting in range(rules.building_ties):
        meeting_share = rules.building_share * (1 - meeting / rules.building_ties)
        yield BUILDING, _in_order(grown & (sociable < meeting_share), building, draw, f"met.{meeting}", keys, _PAIR)
    working = (age >= 18) & (age < 60) & draw.happens("works", rules.work_share, keys)
    yield WORK, _in_order(working, np.zeros(len(keys), np.int64), draw, "work", keys, rules.work_circle)
    pupils = (age >= 6) & (age < 18) & draw.happens("pupil", rules.school_share, keys)
    school = residents.grid.astype(np.int64) * _SCHOOL_YEARS + age
    yield SCHOOL, _in_order(pupils, school, draw, "school", keys, rules.school_circle)


def _in_order(members: Flags, group: Values, draw: Draw, decision: str, keys: Keys, size: int) -> Circles:
    """Return some residents sorted by group and, inside it, by luck."""
    rows = np.flatnonzero(members)
    groups = group[rows].astype(np.uint64)
    word = groups << _LUCK_BITS
    if size != _EVERYBODY:
        word |= (draw.uniform(decision, keys[rows]) * 2.0 ** int(_LUCK_BITS)).astype(np.uint64)
    order = np.argsort(word, kind="stable" if size == _EVERYBODY else "quicksort")
    return Circles(rows[order].astype(np.uint32), groups[order].astype(np.int64), size)


def _related(world: Any, rules: TieRules, draw: Draw, keys: Keys) -> Circles:
    """Return householders and their partners, two households of relatives a circle."""
    household = world.residents.household
    households = np.arange(len(world.households), dtype=np.uint64)
    chosen = np.flatnonzero(draw.happens("has_kin", rules.kin_share, households))
    chosen = chosen[np.argsort(draw.uniform("kin", households[chosen]), kind="stable")]
    couple_of = np.full(len(households), -1, np.int64)
    couple_of[chosen[: len(chosen) // 2 * 2]] = np.arange(len(chosen) // 2 * 2) // 2
    heads = (world.residents.role <= ROLES.index("partner")) & (couple_of[household] >= 0)
    return _in_order(heads, couple_of[household], draw, "relatives", keys, _EVERYBODY)


def _all_pairs(members: Rows, group: Ints, size: int) -> tuple[Rows, Rows]:
    """Tie everybody to everybody in each circle; a group is cut into circles of about ``size``, as equal as can be."""
    if not len(members):
        return members, members
    begins = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    count = np.diff(np.append(begins, len(group)))
    position = np.arange(len(group)) - np.repeat(begins, count)
    circles = np.maximum(np.round(count / size), 1).astype(np.int64) if size else np.ones_like(count)
    before = np.repeat(np.cumsum(circles) - circles, count)
    circle = before + position * np.repeat(circles, count) // np.repeat(count, count)
    ones, others, apart = [], [], 1
    while (together := np.flatnonzero(circle[apart:] == circle[:-apart])).size:
        ones.append(members[together])
        others.append(members[together + apart])
        apart += 1
    none = np.empty(0, np.uint32)
    return np.concatenate([none, *ones]), np.concatenate([none, *others])


def from_pairs(pairs: Pairs, residents: int) -> Ties:
    """Return ties from pairs: of a pair given twice the kind that comes first in TIE_KINDS counts; self-ties go."""
    one, other, kind = (part.astype(np.uint64) for part in pairs)
    both = [near << _NEAR_FROM | far << _FAR_FROM | kind for near, far in ((one, other), (other, one))]
    words = np.sort(np.concatenate([way[one != other] for way in both]))
    pair = words >> _FAR_FROM
    words = words[np.concatenate(([True], pair[1:] != pair[:-1]))[: len(words)]]
    near = (words >> _NEAR_FROM).astype(np.int64)
    return Ties(
        start=np.searchsorted(near, np.arange(residents + 1)),
        neighbour=((words >> _FAR_FROM) & _ROW_MASK).astype(np.uint32),
        kind=(words & _KIND_MASK).astype(np.uint8),
    )


# -- measuring -------------------------------------------------------------------------------------------


class Shape(NamedTuple):
    """The shape of a network in six numbers; NaN where one is undefined."""

    mean_degree: float
    degree_cv: float
    clustering: float
    transitivity: float
    assortativity: float
    largest_component_share: float


def shape(ties: Ties) -> Shape:
    """Measure a network: clustering is 0 for those with fewer than two ties; those without ties are parts of one."""
    degree = ties.degree.astype(np.float64)
    if not len(degree):
        return Shape(*[np.nan] * len(Shape._fields))
    triangles = triangles_of(ties)
    wedges = degree * (degree - 1) / 2
    local = np.divide(triangles, wedges, out=np.zeros_like(degree), where=wedges > 0)
    return Shape(
        mean_degree=float(degree.mean()),
        degree_cv=float(degree.std() / degree.mean()) if degree.any() else np.nan,
        clustering=float(local.mean()),
        transitivity=float(triangles.sum() / wedges.sum()) if wedges.any() else np.nan,
        assortativity=_assortativity(ties, degree),
        largest_component_share=float(np.bincount(components(ties)).max() / len(degree)),
    )


def triangles_of(ties: Ties) -> Ints:
    """Return how many triangles each resident is a corner of."""
    counts = np.zeros(len(ties.start) - 1, np.int64)
    upward = ties.neighbour > ties.resident
    near, far = ties.resident[upward], ties.neighbour[upward].astype(np.int64)
    words = near.astype(np.uint64) * np.uint64(len(counts)) + far.astype(np.uint64)
    ends = np.searchsorted(near, np.arange(len(counts)), side="right")
    later = ends[near] - np.arange(len(near)) - 1  # neighbours after this one: a wedge each
    for begin, end in _portions(later):
        first = np.repeat(np.arange(begin, end), later[begin:end])
        offset = np.arange(len(first)) - np.repeat(np.cumsum(later[begin:end]) - later[begin:end], later[begin:end])
        second = first + 1 + offset
        closing = far[first].astype(np.uint64) * np.uint64(len(counts)) + far[second].astype(np.uint64)
        at = np.minimum(np.searchsorted(words, closing), max(len(words) - 1, 0))
        closed = words[at] == closing
        for corner in (near[first[closed]], far[first[closed]], far[second[closed]]):
            counts += np.bincount(corner, minlength=len(counts))
    return counts


def _portions(sizes: Ints) -> Iterator[tuple[int, int]]:
    """Cut a list of sizes into stretches that are not too much at once."""
    portion = np.cumsum(sizes) // _MOST_AT_ONCE
    edges = [*np.flatnonzero(np.diff(portion, prepend=-1)).tolist(), len(sizes)]
    return pairwise(edges)


def components(ties: Ties) -> Ints:
    """Return the number of the connected part that each resident is in."""
    from scipy.sparse.csgraph import connected_components

    labels: Ints = connected_components(_matrix(ties), directed=False)[1].astype(np.int64)
    return labels


def mean_path(ties: Ties) -> float:
    """Return the mean number of steps between two residents of the largest part; of a small network: it squares."""
    from scipy.sparse.csgraph import shortest_path

    part = components(ties)
    members = np.flatnonzero(part == np.bincount(part).argmax())
    steps = shortest_path(_matrix(ties)[members][:, members], directed=False, unweighted=True)
    return float(steps.sum() / max(len(members) * (len(members) - 1), 1))


def _matrix(ties: Ties) -> Any:
    from scipy.sparse import csr_array

    residents = len(ties.start) - 1
    return csr_array((np.ones(len(ties.neighbour), np.int8), ties.neighbour, ties.start), (residents, residents))


def _assortativity(ties: Ties, degree: Floats) -> float:
    """Return the correlation of the degrees at the two ends of a tie."""
    ends = degree[ties.resident], degree[ties.neighbour]
    if not len(ties) or not ends[0].std() > 0:
        return np.nan
    return float(np.corrcoef(*ends)[0, 1])


# -- networkx --------------------------------------------------------------------------------------------


def from_graph(graph: nx.Graph) -> Ties:
    """Return the ties of a networkx graph, its nodes numbered in their order; every tie of the first kind."""
    number = {node: row for row, node in enumerate(graph.nodes)}
    ends: Sequence[tuple[int, int]] = [(number[one], number[other]) for one, other in graph.edges]
    one, other = np.array(ends, np.uint32).reshape(-1, 2).T
    return from_pairs(Pairs(one, other, np.zeros(len(one), np.uint8)), len(number))


def to_graph(ties: Ties) -> nx.Graph:
    """Return a networkx graph of small ties, with the kind of each as an attribute of its edge."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(len(ties.start) - 1))
    upward = ties.neighbour > ties.resident
    ends = zip(ties.resident[upward].tolist(), ties.neighbour[upward].tolist(), ties.kind[upward], strict=True)
    graph.add_edges_from((one, other, {"kind": TIE_KINDS[kind]}) for one, other, kind in ends)
    return graph
