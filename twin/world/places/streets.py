"""Streets: a network that can be walked, the stops along it, and how far it is from one stop to another.

Every vertex of a street is a node; ends that nearly meet another street are joined to it. Long segments are divided,
so that no point of a street is far from a node. A stop is a node at which something stands or happens; positions off
the streets go to the nearest stop. One-way rules are not kept: people walk and ride. Streets cross only where they
share a vertex, or a bridge would lead into the street below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.core.columns import Floats, Ints
from twin.errors import Words
from twin.world.places.shapes import Paths, lengths

NOT_FOR_WALKING = ("motorway", "motorway_link", "trunk", "trunk_link")
MOST_STOPS = 1500
_NODE_METRES = 25.0  # longest segment: a position is at most half of it from its stop, along the street
_SPOT_METRES = 0.25  # vertices that lie no further apart are at one spot: maps are rounded
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes `xy` (nodes, 2) [m] and `edges` (edges, 2) between them with their lengths `metres` (edges,)."""

    xy: Floats
    edges: Ints
    metres: Floats

    @cached_property
    def piece(self) -> Ints:
        """The connected piece of each node; 0 is the longest."""
        from scipy.sparse.csgraph import connected_components

        found = connected_components(self._graph, directed=False)[1]
        length = np.bincount(found[self.edges[:, 0]], self.metres, found.max(initial=-1) + 1)
        rank = np.empty(len(length), np.int64)
        rank[np.argsort(-length, kind="stable")] = np.arange(len(length))
        return np.asarray(rank[found])

    @cached_property
    def _graph(self) -> object:
        from scipy.sparse import coo_array

        order = np.lexsort((self.metres, *self.edges.T))
        edges, first = np.unique(self.edges[order], axis=0, return_index=True)  # the shorter of two ways between nodes
        return coo_array((self.metres[order][first], edges.T.reshape(2, -1)), (len(self.xy), len(self.xy))).tocsr()

    def between(self, nodes: Ints) -> Floats:
        """Return the length of the shortest way between nodes [m] (nodes, nodes); inf where none leads."""
        from scipy.sparse.csgraph import dijkstra

        return np.asarray(dijkstra(self._graph, directed=False, indices=nodes))[:, nodes]


@dataclass(frozen=True, eq=False)
class Ways:
    """Stops `xy` (stops, 2) [m], and how far it is between them `km` (stops, stops)."""

    xy: Floats
    km: Floats

    @cached_property
    def _tree(self) -> object:
        from scipy.spatial import cKDTree

        return cKDTree(self.xy)

    def stop_at(self, x: Floats, y: Floats) -> Ints:
        """Return the nearest stop of each position [km]."""
        return self.nearest(1000 * np.stack([x, y], axis=-1))

    def nearest(self, xy: Floats) -> Ints:
        """Return the nearest stop of each position (n, 2) [m]."""
        return np.asarray(self._tree.query(xy)[1], np.int64)  # type: ignore[attr-defined]

    def minutes(self, start: Floats, end: Floats, minutes_per_km: float) -> Floats:
        """Return the travel times between positions (n, 2) and (m, 2) [m] as (n, m) [min]."""
        return self.km[np.ix_(self.nearest(start), self.nearest(end))] * minutes_per_km


def network_of(streets: Paths, join_metres: float, longest: float = _NODE_METRES) -> Network:
    """Return the network of streets: shared vertices are one node, and so is an end with what it nearly meets.

    Segments are divided into pieces no longer than `longest` [m].
    """
    met = _meeting(streets, join_metres)
    node = _joined(met, join_metres)
    count = np.bincount(node)
    corners = np.stack([np.bincount(node, axis) / count for axis in met.xy.T], axis=1)
    at = met.segments
    metres = np.hypot(*(met.xy[at + 1] - met.xy[at]).T)
    real = np.flatnonzero(node[at] != node[at + 1])
    ends, metres = np.stack([node[at], node[at + 1]], axis=1)[real], metres[real]
    return _divided(corners, ends, metres, np.maximum(np.ceil(metres / longest), 1).astype(np.int64))


def _divided(corners: Floats, ends: Ints, metres: Floats, pieces: Ints) -> Network:
    """Return the network of segments between corners, each cut into so many equal pieces."""
    inner = pieces - 1
    first = len(corners) + np.cumsum(inner) - inner
    segment = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = np.where(step == 0, ends[segment, 0], first[segment] + step - 1)
    stop = np.where(step == inner[segment], ends[segment, 1], first[segment] + step)
    cut = step > 0
    share = (step[cut] / pieces[segment[cut]])[:, None]
    between = corners[ends[segment[cut], 0]] * (1 - share) + corners[ends[segment[cut], 1]] * share
    edges = np.sort(np.stack([start, stop], axis=1), axis=1)
    return Network(np.concatenate([corners, between]), edges, (metres / pieces)[segment])


def ways_between(places: Floats, streets: Paths, join_metres: float, detour: float) -> tuple[Ways, tuple[Words, ...]]:
    """Return the stops at which places (n, 2) [m] lie and the ways between them, and what had to be assumed.

    Between pieces of the network that do not meet, and where there are no streets, the way is `detour` times the
    distance as the crow flies. Where there would be too many stops, nodes lie further apart.
    """
    if not len(streets):
        xy = _spread(places)
        en = f"the map has no streets: ways are {detour:g} times the distance"
        zh = f"地图无道路：路程按直线距离的 {detour:g} 倍计"
        return Ways(xy, _crow(xy) * detour / 1000), (Words(en, zh),)
    longest = _NODE_METRES
    while True:
        network = network_of(streets, join_metres, longest)
        if not len(network.edges):
            return ways_between(places, Paths.of([], []), join_metres, detour)
        stops = np.unique(_nearest(network.xy, places))
        if len(stops) <= MOST_STOPS or longest > 1e5:
            break
        longest *= 2
    if len(stops) > MOST_STOPS:
        stops = np.unique(_nearest(network.xy, _spread(places)))
    xy = network.xy[stops]
    metres = network.between(stops)
    metres = np.where(np.isfinite(metres), metres, _crow(xy) * detour)
    return Ways(xy, metres / 1000), _pieces_note(network, detour)


def _pieces_note(network: Network, detour: float) -> tuple[Words, ...]:
    """Say which part of the streets does not hang together with the rest."""
    apart = network.metres[network.piece[network.edges[:, 0]] > 0].sum() / network.metres.sum()
    count = int(network.piece.max())
    if not count:
        return ()
    en = f"{count} pieces of street ({apart:.1%} of their length) do not meet the rest: ways to them are"
    zh = f"{count} 段道路（占总长 {apart:.1%}）与其余道路不连通：到那里的路程按直线距离的 {detour:g} 倍计"
    return (Words(f"{en} {detour:g} times the distance", zh),)


def _nearest(nodes: Floats, places: Floats) -> Ints:
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(nodes).query(places)[1], np.int64)


def _crow(xy: Floats) -> Floats:
    """Return the distances between points as the crow flies (n, n)."""
    away = xy[:, None] - xy[None]
    return np.hypot(away[..., 0], away[..., 1])


def _spread(places: Floats) -> Floats:
    """Return the places, or as few of them as may be stops, none far from one of those."""
    cell = _NODE_METRES
    while True:
        _, first = np.unique(np.floor(places / cell).astype(np.int64), axis=0, return_index=True)
        if len(first) <= MOST_STOPS:
            return places[np.sort(first)]
        cell *= 2


def _joined(streets: Paths, join_metres: float) -> Ints:
    """Return the node of each vertex: those at one spot are one, and an end is one with the nearest other street."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    tree = cKDTree(streets.xy)
    together = [tree.query_pairs(_SPOT_METRES, output_type="ndarray").reshape(-1, 2)]
    ends = np.unique(np.concatenate([streets.first[:-1], streets.first[1:] - 1]))
    for end, near in zip(ends.tolist(), tree.query_ball_point(streets.xy[ends], join_metres), strict=True):
        others = np.array([one for one in near if streets.path[one] != streets.path[end]], np.int64)
        if len(others):
            away = np.hypot(*(streets.xy[others] - streets.xy[end]).T)
            together.append(np.array([(end, others[np.argmin(away)])]))
    pairs = np.concatenate(together)
    graph = coo_array((np.ones(len(pairs)), pairs.T), (len(streets.xy), len(streets.xy)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _meeting(streets: Paths, join_metres: float) -> Paths:
    """Return the streets with a vertex wherever an end of a street comes near another street."""
    ends = np.concatenate([streets.xy[streets.first[:-1]], streets.xy[streets.first[1:] - 1]])
    segment, share = _met(streets, ends, join_metres)
    if not len(segment):
        return streets
    at = streets.segments[segment]
    met = streets.xy[at] + share[:, None] * (streets.xy[at + 1] - streets.xy[at])
    position = np.concatenate([np.arange(len(streets.xy)) + 0.0, at + share])
    order = np.argsort(position, kind="stable")
    path = np.concatenate([streets.path, streets.path[at]])[order]
    first = np.searchsorted(path, np.arange(len(streets) + 1))
    return Paths(np.concatenate([streets.xy, met])[order], first, streets.owner)


def _met(streets: Paths, ends: Floats, join_metres: float) -> tuple[Ints, Floats]:
    """Return the segments whose inside an end comes near, and the share of the segment at which it does."""
    at = streets.segments
    start, side = streets.xy[at], streets.xy[at + 1] - streets.xy[at]
    squared = np.maximum((side**2).sum(axis=1), 1e-12)
    margin = join_metres / np.sqrt(squared)
    found = []
    for first in range(0, len(ends), max(_CHUNK // max(len(at), 1), 1)):
        some = ends[first : first + max(_CHUNK // max(len(at), 1), 1), None] - start
        share = (some * side).sum(axis=2) / squared
        away = np.hypot(*np.moveaxis(some - share[..., None] * side, 2, 0))
        hit = (away <= join_metres) & (share > margin) & (share < 1 - margin)
        found.append((np.nonzero(hit)[1], share[hit]))
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def walkable(streets: Paths, street_class: tuple[str, ...]) -> Paths:
    """Return the streets that people may use, without motorways and streets of no length."""
    fit = np.array([one not in NOT_FOR_WALKING for one in street_class], np.bool_) & (lengths(streets) > 0)
    paths = [path for path, one in zip(streets, fit, strict=True) if one]
    return Paths.of(paths, streets.owner[fit])
