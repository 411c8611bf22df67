"""Grids 网格: buildings in connected parts of about equal numbers of flats, cut along streets where that can be.

Connected graphs of buildings are cut in two again and again, each time at the edge of a spanning tree that leaves both
sides near their share and severs little: a side of a tree's edge is connected whatever the tree. Trees prefer
neighbours on one side of the street, so that cuts follow streets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.core.draws import Draw
from twin.world.places.shapes import Paths

_TREES = 40  # spanning trees that are tried for a cut
_CUTS = 4  # edges of each tree that are looked at closely
_SLACK = 0.06  # of a part's share by which a cut may miss it without blame
_ACROSS_STREET = 4.0  # so many times as far counts a neighbour across a street
_SEVERED_ACROSS = 0.15  # what severing two neighbours costs if a street lies between them, against 1
_BLAME = 20.0  # of missing the share, against severing everything
_STREET_METRES = 6.0  # a street passes between two points if it comes so near to the line between them
_SAMPLES = 9
_EVEN, _UNEVEN = 0.1, 0.2  # shares of a part by which parts may differ; by which they may not, however they look


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Pairs of neighbouring buildings (pairs, 2), how far apart they are [m], and whether a street lies between."""

    pairs: Ints
    metres: Floats
    across: Flags

    def among(self, members: Flags) -> Neighbours:
        """Return the pairs of which both are members."""
        kept = members[self.pairs].all(axis=1)
        return Neighbours(self.pairs[kept], self.metres[kept], self.across[kept])


def neighbours_of(xy: Floats, pairs: Ints, streets: Paths) -> Neighbours:
    """Return pairs of buildings as neighbours, with as many more as make them all connected."""
    pairs = _connected(xy, pairs)
    way = xy[pairs[:, 1]] - xy[pairs[:, 0]]
    return Neighbours(pairs, np.hypot(*way.T), _street_between(xy[pairs[:, 0]], way, streets))


def cut(flats: Ints, neighbours: Neighbours, parts: int) -> Ints:
    """Return the part of each building (0 to `parts` - 1): connected, and as even in flats as buildings allow.

    Parts are numbered in the order of their lowest row. There are fewer if there are fewer buildings with flats.
    """
    parts = max(min(parts, int(np.count_nonzero(flats))), 1)
    label = np.zeros(len(flats), np.int64)
    draw = Draw(0, "grids", 0)
    pending = [(np.arange(len(flats)), parts)]
    done = 0
    while pending:
        members, wanted = pending.pop()
        if wanted == 1:
            label[members] = done
            done += 1
            continue
        near, far = _halved(members, flats, neighbours, wanted, draw)
        pending += [(near, wanted // 2), (far, wanted - wanted // 2)]
    return _renumbered(_evened(label, flats, neighbours))


def _halved(members: Ints, flats: Ints, neighbours: Neighbours, wanted: int, draw: Draw) -> tuple[Ints, Ints]:
    """Return two connected sides of connected buildings, the first with `wanted` // 2 shares of the flats."""
    among = np.zeros(len(flats), np.bool_)
    among[members] = True
    inner = neighbours.among(among)
    row = np.cumsum(among) - 1
    pairs, weight = row[inner.pairs], flats[members].astype(np.float64)
    first_share = (wanted // 2) / wanted
    best, least = np.zeros(len(members), np.bool_), np.inf
    for number in range(_TREES):
        for side in _sides(pairs, inner, weight, first_share, draw, number):
            cost = _cost(side, pairs, inner, weight, first_share)
            if cost < least:
                best, least = side, cost
    return members[best], members[~best]


def _sides(pairs: Ints, inner: Neighbours, weight: Floats, share: float, draw: Draw, number: int) -> list[Flags]:
    """Return the first sides of the few cuts of one random spanning tree that come nearest to the share."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

    count = len(weight)
    luck = draw.uniform(f"tree {number}", np.arange(len(pairs), dtype=np.uint64))
    far = (1 + inner.metres) * np.where(inner.across, _ACROSS_STREET, 1.0) * (1 / 2 + luck)
    tree = minimum_spanning_tree(coo_array((far, pairs.T), (count, count)))
    order, above = depth_first_order(tree, 0, directed=False)
    below, size = _under(order.tolist(), above.tolist(), weight.tolist())
    wanted, total = share * below[0], below[0]
    missed = np.minimum(np.abs(below - wanted), np.abs(total - below - wanted))[order]
    missed[0] = np.inf  # above the first there is nothing to cut
    sides = []
    for place in np.argsort(missed, kind="stable")[:_CUTS].tolist():
        side = np.zeros(count, np.bool_)
        side[order[place : place + size[order[place]]]] = True
        under = below[order[place]]
        sides.append(side if abs(under - wanted) <= abs(total - under - wanted) else ~side)
    return sides


def _under(order: list[int], above: list[int], weight: list[float]) -> tuple[Floats, Ints]:
    """Return what each node of a tree and all under it weigh, and how many they are; `order` is depth first."""
    below, size = weight, [1] * len(weight)
    for node in order[:0:-1]:
        below[above[node]] += below[node]
        size[above[node]] += size[node]
    return np.array(below), np.array(size)


def _cost(side: Flags, pairs: Ints, inner: Neighbours, weight: Floats, share: float) -> float:
    """Return what is wrong with a cut: how far it misses the share, and what it severs; inf without pairs."""
    if not len(pairs):
        return np.inf
    total = max(float(weight.sum()), 1.0)
    missed = abs(float(weight[side].sum()) / total - share) / min(share, 1 - share)
    price = np.where(inner.across, _SEVERED_ACROSS, 1.0)
    severed = price[side[pairs[:, 0]] != side[pairs[:, 1]]].sum() / price.sum()
    return _BLAME * max(missed - _SLACK, 0.0) + float(severed)


def _evened(label: Ints, flats: Ints, neighbours: Neighbours) -> Ints:
    """Move buildings from parts that have too many flats, or to parts that have too few, as long as that helps.

    A building goes only where it has as many neighbours as where it was, or parts would get ragged; unless they are
    very uneven.
    """
    sums = np.bincount(label, flats)
    share = sums.mean()
    both_ways = np.concatenate([neighbours.pairs, neighbours.pairs[:, ::-1]])
    moved = True
    while moved:
        moved = False
        for one, other in both_ways[label[both_ways[:, 0]] != label[both_ways[:, 1]]].tolist():
            here, there = label[one], label[other]
            off = max(sums[here] - share, share - sums[there]) / share
            helps = here != there and 0 < flats[one] < sums[here] - sums[there]
            if not helps or off <= _EVEN or (off <= _UNEVEN and not _fits(one, there, label, both_ways)):
                continue
            if _can_leave(one, label, neighbours):
                sums[here], sums[there] = sums[here] - flats[one], sums[there] + flats[one]
                label[one] = there
                moved = True
    return label


def _fits(one: int, there: int, label: Ints, both_ways: Ints) -> bool:
    """Tell whether a building has as many neighbours in a part as in its own."""
    around = label[both_ways[both_ways[:, 0] == one, 1]]
    return bool(np.count_nonzero(around == there) >= np.count_nonzero(around == label[one]))


def _can_leave(one: int, label: Ints, neighbours: Neighbours) -> bool:
    """Tell whether a part stays connected, and is not emptied, when one building leaves it."""
    rest = label == label[one]
    rest[one] = False
    return bool(rest.any()) and pieces(neighbours.pairs, rest) == 1


def pieces(pairs: Ints, members: Flags) -> int:
    """Return in how many connected pieces these members are."""
    return len(np.unique(_component(len(members), pairs[members[pairs].all(axis=1)])[members]))


def _component(count: int, pairs: Ints) -> Ints:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs)), pairs.T.reshape(2, -1)), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _connected(xy: Floats, pairs: Ints) -> Ints:
    """Add the nearest pairs between pieces until all buildings hang together."""
    from scipy.spatial import cKDTree

    while True:
        component = _component(len(xy), pairs)
        if not component.any():
            return pairs
        smallest = int(np.argmin(np.bincount(component)))
        here, there = np.flatnonzero(component == smallest), np.flatnonzero(component != smallest)
        away, nearest = cKDTree(xy[there]).query(xy[here])
        which = int(np.argmin(away))
        pairs = np.concatenate([pairs, [np.sort([here[which], there[nearest[which]]])]])


def _street_between(start: Floats, way: Floats, streets: Paths) -> Flags:
    """Tell where a street passes between the two ends of a way."""
    from scipy.spatial import cKDTree

    from twin.world.places.shapes import densified

    if not len(streets):
        return np.zeros(len(start), np.bool_)
    tree = cKDTree(densified(streets, _STREET_METRES).xy)
    shares = np.linspace(0, 1, _SAMPLES)[:, None, None]
    return np.asarray((tree.query(start + shares * way)[0] < _STREET_METRES).any(axis=0))


def _renumbered(label: Ints) -> Ints:
    """Number parts in the order of their lowest row."""
    _, first, which = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[which]
