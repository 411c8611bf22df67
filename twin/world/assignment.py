"""Traffic on a network: how drivers who each want the shortest way spread over it, and how they should.

The time on a link is free + rise x flow ** power (the BPR curve, or a straight line where power is 1). At Wardrop's
equilibrium nobody can be quicker by another way; at the optimum all together lose least. Both are found by conjugate
Frank-Wolfe steps (Mitradjieva & Lindberg 2013) until the relative gap, which bounds how much time could still be saved,
is small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from twin.core.columns import Floats, Ints

RELATIVE_GAP = 1e-4
MOST_STEPS = 2000
BPR_SHARE, BPR_POWER = 0.15, 4.0  # Bureau of Public Roads (1964)
_HALVINGS = 45
_MOST_CONJUGATE = 0.99
_LEAST_COST = 1e-9  # a link of no time would be no link to the search for shortest ways
_NO_NODE = -9999


@dataclass(frozen=True, eq=False)
class Links:
    """Directed links (links,): nodes `start` and `end`, and the time free + rise x flow ** power."""

    start: Ints
    end: Ints
    free: Floats
    rise: Floats
    power: float = BPR_POWER

    @classmethod
    def bpr(cls, start: Ints, end: Ints, free: Floats, capacity: Floats, share: float = BPR_SHARE) -> Links:
        """Return links whose free time grows by `share` where the flow is the capacity."""
        return cls(start, end, free, free * share / capacity**BPR_POWER)

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return int(max(self.start.max(initial=-1), self.end.max(initial=-1))) + 1

    @property
    def marginal(self) -> Links:
        """The same links with what one more driver costs all others put on top of the time."""
        return replace(self, rise=self.rise * (1 + self.power))

    def times(self, flow: Floats) -> Floats:
        """Return the time on each link at a flow."""
        return self.free + self.rise * flow**self.power

    def slopes(self, flow: Floats) -> Floats:
        """Return by how much the time of each link grows with its flow."""
        return self.rise * self.power * flow ** (self.power - 1)

    @cached_property
    def _pairs(self) -> tuple[Ints, int]:
        """The pair of nodes of each link, counted, and how many pairs there are: parallel links share one."""
        pair = np.unique(self.start * self.nodes + self.end, return_inverse=True)[1]
        return np.asarray(pair, np.int64), int(pair.max(initial=-1)) + 1

    def quickest(self, cost: Floats) -> Ints:
        """Return the cheapest link of each pair of nodes, the pairs in their order."""
        pair, _ = self._pairs
        order = np.lexsort((cost, pair))
        first = np.ones(len(order), np.bool_)
        first[1:] = pair[order][1:] != pair[order][:-1]
        return order[first]


class Ways(NamedTuple):
    """Least cost from each origin to each node (origins, nodes), and the link by which it is reached, -1 for none."""

    cost: Floats
    by: Ints


@dataclass(frozen=True, eq=False)
class Flows:
    """Flow and time of each link, the time of all drivers together `total`, and the relative gap that is left."""

    flow: Floats
    time: Floats
    total: float
    gap: float


def shortest(links: Links, cost: Floats, origins: Ints) -> Ways:
    """Return the cheapest ways from the origins to all nodes."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    nodes, chosen = links.nodes, links.quickest(cost)
    start, end = links.start[chosen], links.end[chosen]
    graph = csr_array((np.maximum(cost[chosen], _LEAST_COST), (start, end)), (nodes, nodes))
    away, before = dijkstra(graph, indices=origins, return_predecessors=True)
    code = start * nodes + end  # rises, as the pairs do
    reached = before != _NO_NODE
    by = np.full(away.shape, -1, np.int64)
    by[reached] = chosen[np.searchsorted(code, (before.astype(np.int64) * nodes + np.arange(nodes))[reached])]
    return Ways(away, by)


def loaded(links: Links, ways: Ways, demand: Floats) -> Floats:
    """Return the flow of each link if the demand (origins, nodes) takes these ways; what cannot be reached stays."""
    carried = np.where(np.isfinite(ways.cost), demand, 0.0)
    flow = np.zeros(len(links.start))
    rows = np.arange(len(carried))
    furthest = np.argsort(np.where(np.isfinite(ways.cost), ways.cost, -1.0), axis=1)[:, ::-1]
    for nodes in furthest.T:
        by = ways.by[rows, nodes]
        moving = by >= 0
        amount = carried[rows[moving], nodes[moving]]
        np.add.at(flow, by[moving], amount)
        np.add.at(carried, (rows[moving], links.start[by[moving]]), amount)
    return flow


def equilibrium(
    links: Links, origins: Ints, demand: Floats, gap: float = RELATIVE_GAP, most: int = MOST_STEPS
) -> Flows:
    """Return Wardrop's equilibrium for a demand (origins, nodes): every way in use is as quick as any other."""
    flow = _settled(links, origins, demand, gap, most)
    time = links.times(flow)
    left = _gap(links, time, flow, origins, demand)
    return Flows(flow, time, float(flow @ time), left)


def optimum(links: Links, origins: Ints, demand: Floats, gap: float = RELATIVE_GAP, most: int = MOST_STEPS) -> Flows:
    """Return the flows at which all drivers together spend least time; its gap is that of the marginal times."""
    flow = _settled(links.marginal, origins, demand, gap, most)
    time = links.times(flow)
    left = _gap(links.marginal, links.marginal.times(flow), flow, origins, demand)
    return Flows(flow, time, float(flow @ time), left)


def potential(links: Links, flow: Floats) -> float:
    """Return what the equilibrium makes least: the integral of the times over the flows (Beckmann 1956)."""
    return float((links.free * flow + links.rise * flow ** (links.power + 1) / (links.power + 1)).sum())


def _settled(links: Links, origins: Ints, demand: Floats, gap: float, most: int) -> Floats:
    flow = loaded(links, shortest(links, links.times(np.zeros(len(links.start))), origins), demand)
    aim = flow
    for _ in range(most):
        time = links.times(flow)
        best = loaded(links, shortest(links, time, origins), demand)
        if float(time @ (flow - best)) <= gap * float(time @ flow):
            break
        aim = _conjugate(links.slopes(flow), flow, aim, best)
        if float(time @ (aim - flow)) >= 0:
            aim = best
        flow = flow + _step(links, flow, aim - flow) * (aim - flow)
    return flow


def _conjugate(slope: Floats, flow: Floats, aim: Floats, best: Floats) -> Floats:
    """Return a point to aim at such that the new direction does not undo what the last one gained."""
    last = (aim - flow) * slope
    top, bottom = float(last @ (best - flow)), float(last @ (best - aim))
    keep = min(max(top / bottom, 0.0), _MOST_CONJUGATE) if bottom else 0.0
    return keep * aim + (1 - keep) * best


def _step(links: Links, flow: Floats, way: Floats) -> float:
    """Return how far to go along a direction, 0 to 1: until it no longer pays."""
    low, high = 0.0, 1.0
    if float(way @ links.times(np.maximum(flow + way, 0))) <= 0:
        return high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        pays = float(way @ links.times(np.maximum(flow + middle * way, 0))) < 0
        low, high = (middle, high) if pays else (low, middle)
    return low


def _gap(links: Links, time: Floats, flow: Floats, origins: Ints, demand: Floats) -> float:
    """Return the share of all time that could be saved if everybody took the way that is now the quickest."""
    best = loaded(links, shortest(links, time, origins), demand)
    spent = float(time @ flow)
    return (spent - float(time @ best)) / spent if spent > 0 else 0.0
