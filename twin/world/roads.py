"""Roads: the streets of a map as cars see them, one row for each piece between two junctions and direction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.world.places.build import Places, street_map
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths
from twin.world.places.streets import Network, network_of

RANKS = ("main", "side", "access")
MAIN, SIDE, ACCESS = range(len(RANKS))
_MAIN = ("motorway", "trunk", "primary", "secondary")
_ACCESS = ("service", "living_street", "track", "alley")
_NOT_FOR_CARS = ("footway", "pedestrian", "steps", "cycleway", "path", "corridor", "bridleway", "platform")
_FEWEST_GATES = 2
BLOCK_METRES = 250.0
_METRES = 1000.0
_WHOLE = 1e9  # no segment is cut


class Roads(NamedTuple):
    """Directed pieces of road: the street on the map, nodes, ends (pieces, 2) [m], length, rank, and gates.

    A `gate` is a piece by whose start cars come into the neighbourhood.
    """

    street: Ints
    start: Ints
    end: Ints
    start_xy: Floats
    end_xy: Floats
    metres: Floats
    rank: Ints
    gate: Flags


def rank_of(street_class: str) -> int:
    """Return the rank of a class of street; what the map says nothing of is a side street."""
    if street_class.startswith(_MAIN):
        return MAIN
    return ACCESS if street_class in _ACCESS else SIDE


def roads_of(ground: Places) -> Roads:
    """Return the roads of a map: the longest piece of network that hangs together, bends taken out."""
    return _laid(ground.streets, ground.street_class, ground.settings)


def streets_on(settings: PlacesSettings) -> frozenset[int]:
    """Return the numbers of the streets that cars can use on the map of a block, without building its places."""
    return frozenset(_laid(*street_map(settings), settings).street.tolist())


def _laid(streets_there: Paths, street_class: tuple[str, ...], settings: PlacesSettings) -> Roads:
    driven = np.array([one not in _NOT_FOR_CARS for one in street_class], np.bool_)
    streets = np.flatnonzero(driven)
    if not len(streets):
        return _none()
    paths = [path for path, one in zip(streets_there, driven, strict=True) if one]
    lines = Paths.of(paths, streets)
    network = network_of(lines, settings.join_metres, _WHOLE)
    edges = np.flatnonzero(network.piece[network.edges[:, 0]] == 0) if len(network.edges) else np.empty(0, np.int64)
    if not len(edges):
        return _none()
    return _both_ways(_straightened(network, edges, _street_of(network, edges, lines)), network, street_class)


def lattice(x: Floats, y: Floats, block_metres: float = BLOCK_METRES) -> Roads:
    """Return side streets around square blocks that cover buildings at x, y [km], where there is no map.

    Cars come in where the middle street of each side ends.
    """
    if not len(x):
        return _none()
    low = np.array([x.min(), y.min()], np.float64) * _METRES
    blocks = np.maximum(np.ceil((np.array([x.max(), y.max()]) * _METRES - low) / block_metres), 1).astype(np.int64)
    across, up = (blocks + 1).tolist()
    node = np.arange(across * up).reshape(up, across)
    east = np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()], axis=1)
    north = np.stack([node[:-1].T.ravel(), node[1:].T.ravel()], axis=1)
    street = np.concatenate([np.repeat(np.arange(up), across - 1), up + np.repeat(np.arange(across), up - 1)])
    start, end = np.concatenate([east, north, east[:, ::-1], north[:, ::-1]]).T
    xy = low + np.stack([node.ravel() % across, node.ravel() // across], axis=1) * block_metres
    middle = (node[up // 2, 0], node[up // 2, -1], node[0, across // 2], node[-1, across // 2])
    both = len(start)
    return Roads(
        np.tile(street, 2), start, end, xy[start], xy[end], np.full(both, block_metres),
        np.full(both, SIDE, np.int64), np.isin(start, middle),
    )  # fmt: skip


def away_from_pieces(x: float, y: float, start: Floats, end: Floats) -> Floats:
    """Return how far a point is from each straight piece (pieces,); all in one unit of length."""
    way = end - start
    squared = np.maximum((way**2).sum(axis=1), 1e-12)
    along = np.clip(((np.array([x, y]) - start) * way).sum(axis=1) / squared, 0, 1)
    away: Floats = np.hypot(*(start + along[:, None] * way - (x, y)).T)
    return away


def _none() -> Roads:
    whole, point = np.empty(0, np.int64), np.empty((0, 2))
    return Roads(whole, whole, whole, point, point, np.empty(0), whole, np.empty(0, np.bool_))


def _street_of(network: Network, edges: Ints, lines: Paths) -> Ints:
    """Return the street of each edge: that of the segment of the map whose line its middle lies on."""
    middle = network.xy[network.edges[edges]].mean(axis=1)
    at = lines.segments
    start, way = lines.xy[at], lines.xy[at + 1] - lines.xy[at]
    squared = np.maximum((way**2).sum(axis=1), 1e-12)
    along = np.clip(((middle[:, None] - start) * way).sum(axis=2) / squared, 0, 1)
    away = ((middle[:, None] - start - along[..., None] * way) ** 2).sum(axis=2)
    return lines.owner[lines.path[at[away.argmin(axis=1)]]]


class _Chain(NamedTuple):
    """A way between two junctions along one street."""

    start: int
    end: int
    street: int
    metres: float


def _straightened(network: Network, edges: Ints, street: Ints) -> list[_Chain]:
    """Return the chains of edges between junctions: nodes where a street ends, begins or meets another."""
    at_node: dict[int, list[int]] = {}
    for edge, (a, b) in enumerate(network.edges[edges].tolist()):
        at_node.setdefault(a, []).append(edge)
        at_node.setdefault(b, []).append(edge)
    bend = {node for node, some in at_node.items() if len(some) == 2 and street[some[0]] == street[some[1]]}
    ends, metres, seen = network.edges[edges].tolist(), network.metres[edges], set[int]()
    chains = []
    for node in sorted(at_node.keys() - bend):
        for first in at_node[node]:
            if first not in seen:
                chains.append(_followed(node, first, ends, metres, at_node, bend, seen, int(street[first])))
    return [one for one in chains if one.start != one.end]


def _followed(
    node: int, edge: int, ends: list[list[int]], metres: Floats, at_node: dict[int, list[int]], bend: set[int],
    seen: set[int], street: int,
) -> _Chain:  # fmt: skip
    """Walk from a junction along an edge to the next junction."""
    here, total = node, 0.0
    while True:
        seen.add(edge)
        total += float(metres[edge])
        a, b = ends[edge]
        here = b if here == a else a
        onward = [one for one in at_node[here] if one != edge]
        if here not in bend or not onward or onward[0] in seen:
            return _Chain(node, here, street, total)
        edge = onward[0]


def _both_ways(chains: list[_Chain], network: Network, street_class: tuple[str, ...]) -> Roads:
    here, there, one_street, one_metres = (np.array(column) for column in zip(*chains, strict=True))
    start, end = np.concatenate([here, there]), np.concatenate([there, here])
    street, metres = np.tile(one_street, 2), np.tile(one_metres, 2)
    nodes, number = np.unique(np.concatenate([start, end]), return_inverse=True)
    rank = np.array([rank_of(street_class[one]) for one in street.tolist()], np.int64)
    xy = network.xy[nodes]
    start, end = number[: len(start)], number[len(start) :]
    return Roads(street, start, end, xy[start], xy[end], metres, rank, _gates(start, rank, xy))


def _gates(start: Ints, rank: Ints, xy: Floats) -> Flags:
    """Tell by which pieces cars come in: dead ends of main streets, else of others, else two far corners."""
    dead_end = np.bincount(start)[start] == 1
    for least in (MAIN, SIDE, ACCESS):
        found = np.asarray(dead_end & (rank <= least))
        if np.count_nonzero(found) >= _FEWEST_GATES:
            return found
    outward = xy.sum(axis=1)
    return np.isin(start, (outward.argmin(), outward.argmax()))
