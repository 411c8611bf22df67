"""Traffic assignment against what is known exactly: two links, Pigou, Braess, Sioux Falls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import sioux_falls
from twin.world.assignment import Links, equilibrium, loaded, optimum, potential, shortest

FROM_FIRST = np.array([0])


def links(*rows: tuple[int, int, float, float], power: float = 1.0) -> Links:
    """Return links of (start, end, free, rise)."""
    start, end, free, rise = (np.array(column) for column in zip(*rows, strict=True))
    return Links(start, end, free.astype(float), rise.astype(float), power)


def to_last(amount: float, nodes: int) -> np.ndarray:  # type: ignore[type-arg]
    demand = np.zeros((1, nodes))
    demand[0, -1] = amount
    return demand


def test_two_links_share_the_drivers_as_the_formula_says() -> None:
    two = Links.bpr(np.zeros(2, int), np.ones(2, int), np.array([10.0, 15.0]), np.array([200.0, 400.0]))
    free = equilibrium(two, FROM_FIRST, to_last(600, 2), 1e-9)
    best = optimum(two, FROM_FIRST, to_last(600, 2), 1e-9)
    assert free.flow == pytest.approx([281.685, 318.315], abs=1e-3)
    assert free.time == pytest.approx([15.9023, 15.9023], abs=1e-3)
    assert free.total == pytest.approx(9541.41, abs=1e-2)
    assert best.flow[0] == pytest.approx(230.373, abs=1e-3)
    assert best.total == pytest.approx(9062.85, abs=1e-2)
    assert free.total / best.total == pytest.approx(1.0528, abs=1e-4)


def test_pigou_selfish_drivers_take_a_third_longer() -> None:
    pigou = links((0, 1, 1.0, 0.0), (0, 1, 0.0, 1.0))
    free, best = (solve(pigou, FROM_FIRST, to_last(1, 2), 1e-9) for solve in (equilibrium, optimum))
    assert free.total == pytest.approx(1.0, abs=1e-6)
    assert best.flow == pytest.approx([0.5, 0.5], abs=1e-6)
    assert free.total / best.total == pytest.approx(4 / 3, abs=1e-3)


BRAESS = ((0, 1, 0.0, 10.0), (0, 2, 50.0, 1.0), (1, 3, 50.0, 1.0), (2, 3, 0.0, 10.0))


def test_braess_a_new_street_makes_everybody_slower() -> None:
    without, with_it = links(*BRAESS), links(*BRAESS, (1, 2, 10.0, 1.0))
    before, after = (equilibrium(net, FROM_FIRST, to_last(6, 4), 1e-9).total / 6 for net in (without, with_it))
    assert before == pytest.approx(83, abs=1e-3)
    assert after == pytest.approx(92, abs=1e-3)
    best = [optimum(net, FROM_FIRST, to_last(6, 4), 1e-9).total for net in (without, with_it)]
    assert best[1] <= best[0] * (1 + 1e-6)


def test_sioux_falls_reaches_the_known_equilibrium() -> None:
    network, origins, demand = sioux_falls.network(), np.arange(sioux_falls.NODES), sioux_falls.demand()
    assert (len(network.start), demand.sum()) == (76, 360_600)
    found = equilibrium(network, origins, demand, 1e-4)
    assert found.gap <= 1e-4
    assert found.total == pytest.approx(sioux_falls.EQUILIBRIUM_TOTAL, rel=1e-3)
    known = sioux_falls.EQUILIBRIUM_POTENTIAL
    assert known * (1 - 1e-7) <= potential(network, found.flow) <= known + 1e-4 * found.total
    assert optimum(network, origins, demand, 1e-3).total < found.total


def test_one_step_is_not_enough_for_sioux_falls() -> None:
    """The gap is that of the flows that are returned, not of what was asked for."""
    network, demand = sioux_falls.network(), sioux_falls.demand()
    assert equilibrium(network, np.arange(sioux_falls.NODES), demand, 1e-4, most=1).gap > 1e-2


def conserved(net: Links, flow: np.ndarray, demand: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Return by node what comes in, less what goes out, less what stays there."""
    nodes = net.nodes
    came, went = np.bincount(net.end, flow, nodes), np.bincount(net.start, flow, nodes)
    return came - went - demand.sum(axis=0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_drivers_are_conserved_and_nobody_gains_by_another_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(3, 8))
    ring = [(i, (i + 1) % nodes) for i in range(nodes)]
    more = [tuple(rng.choice(nodes, 2, replace=False).tolist()) for _ in range(nodes)]
    start, end = np.array([*ring, *more]).T
    net = Links.bpr(start, end, rng.uniform(1, 10, len(start)), rng.uniform(50, 200, len(start)))
    demand = np.zeros((1, nodes))
    demand[0, 1:] = rng.uniform(0, 100, nodes - 1)
    found = equilibrium(net, FROM_FIRST, demand, 1e-5)
    assert found.gap <= 1e-5
    assert conserved(net, found.flow, demand)[1:] == pytest.approx(0, abs=1e-6)
    assert optimum(net, FROM_FIRST, demand, 1e-5).total <= found.total * (1 + 1e-4)


def test_who_cannot_get_there_does_not_set_out() -> None:
    island = links((0, 1, 1.0, 0.0), (2, 1, 1.0, 0.0))
    ways = shortest(island, island.free, FROM_FIRST)
    assert loaded(island, ways, np.array([[0.0, 3.0, 5.0]])) == pytest.approx([3.0, 0.0])


def test_of_parallel_links_the_cheaper_one_is_taken() -> None:
    both = links((0, 1, 3.0, 0.0), (0, 1, 2.0, 0.0))
    assert loaded(both, shortest(both, both.free, FROM_FIRST), np.array([[0.0, 4.0]])) == pytest.approx([0.0, 4.0])
