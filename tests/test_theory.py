"""The desk against what is known exactly: Erlang C, Erlang A, priorities, pooling, calendars, nearest idle.

Formulas are held to published values, the simulated desk to the formulas within three standard errors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desk_kit import AROUND_THE_CLOCK, CLOCK, DAY, HOUR, lived, opened, poisson_stream
from twin.core.clock import mean_wait_to_open, working_calendar
from twin.desk.checks import check, waits_by_team
from twin.desk.settings import DeskSettings, Service, Team
from twin.desk.theory import erlang_a, erlang_b, erlang_c, wait_mmc, waits_by_class

EXPONENTIAL = Service(law="exponential", mean_hours=1.0)

# servers, utilisation, Erlang B, Erlang C, mean wait in services (Cooper 1981)
GOLDEN = [
    (1, 0.8, 0.444444, 0.800000, 4.000000),
    (2, 0.8, 0.329897, 0.711111, 1.777778),
    (3, 2 / 3, 0.210526, 0.444444, 0.444444),
    (3, 0.7, 0.225378, 0.492344, 0.547049),
    (4, 0.85, 0.249703, 0.689316, 1.148860),
    (5, 0.9, 0.243021, 0.762493, 1.524986),
    (10, 0.9, 0.167963, 0.668732, 0.668732),
]


@pytest.mark.parametrize(("servers", "utilisation", "blocked", "waiting", "wait"), GOLDEN)
def test_erlang_formulas(servers, utilisation, blocked, waiting, wait):
    load = servers * utilisation
    assert erlang_b(servers, load) == pytest.approx(blocked, abs=5e-7)
    assert erlang_c(servers, load) == pytest.approx(waiting, abs=5e-7)
    assert wait_mmc(servers, load) == pytest.approx(wait, abs=5e-7)


@given(st.integers(1, 50), st.floats(0.05, 0.95))
def test_erlang_c_agrees_with_the_sum_of_the_birth_and_death_chain(servers, utilisation):
    load = servers * utilisation
    weights = np.cumprod([1.0] + [load / n for n in range(1, servers)])
    tail = weights[-1] * load / servers / (1 - utilisation)
    assert erlang_c(servers, load) == pytest.approx(tail / (weights.sum() + tail), rel=1e-9)


@pytest.mark.parametrize(
    ("load", "patience", "servers", "wait_chance", "queue", "abandoned"),
    [(4.5, 2.0, 5, 0.527642, 0.988817, 0.109869), (6.0, 2.0, 5, 0.802838, 2.716639, 0.226387),
     (9.0, 1.0, 10, 0.412592, 0.773209, 0.085912)],
)  # fmt: skip
def test_erlang_a_formula(load, patience, servers, wait_chance, queue, abandoned):
    found = erlang_a(servers, load, patience)
    assert found.wait_chance == pytest.approx(wait_chance, abs=1e-6)
    assert found.queue == pytest.approx(queue, abs=1e-6)
    assert found.abandoned == pytest.approx(abandoned, abs=1e-6)


def test_priority_formula_and_conservation_law():
    waits = waits_by_class(3, [0.6, 1.5])
    assert waits == pytest.approx([0.205144, 0.683812], abs=5e-7)
    assert (0.6 * waits[0] + 1.5 * waits[1]) / 2.1 == pytest.approx(wait_mmc(3, 2.1), rel=1e-12)


def test_pooling_formula():
    assert wait_mmc(1, 0.8) / wait_mmc(3, 2.4) == pytest.approx(3.708, abs=1e-3)


def queue(servers: int, **more: object) -> DeskSettings:
    teams = {"s": Team(servers, "24x7")}
    return replace(AROUND_THE_CLOCK, teams=teams, service=EXPONENTIAL, assignment="first", **more)


def waits(
    settings: DeskSettings, load: float, *, runs: int = 20, customers: int = 40_000, urgent: float = 0.0
) -> np.ndarray:
    """Mean waits (runs, classes present) in services, the first tenth of each run left out."""
    found = []
    for seed in range(runs):
        rng = np.random.default_rng(1000 + seed)
        created = poisson_stream(rng, load / HOUR, customers)
        priority = np.where(rng.random(customers) < urgent, 1, 2)
        desk = opened(settings, created, days=1, seed=seed, priority=priority)
        desk.advance(created[-1] + 2000 * HOUR)
        check(desk)
        orders = desk.orders[customers // 10 :]
        waited = (np.fmin(orders["started"], orders["ended"]) - orders["created"]) / HOUR
        found.append([waited.mean(), *(waited[orders["priority"] == c].mean() for c in (1, 2) if urgent)])
    return np.array(found)


def agrees(found: np.ndarray, expected: float) -> bool:
    error = found.std(ddof=1) / np.sqrt(len(found))
    return abs(found.mean() - expected) < 3 * error


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (2, 0.8), (5, 0.9), (17, 0.75), (50, 0.9)])
def test_the_desk_is_erlang_c(servers, utilisation):
    assert agrees(waits(queue(servers), servers * utilisation)[:, 0], wait_mmc(servers, servers * utilisation))


TOLD = [  # a wait too rare to be met a thousand times in eight million customers tells nothing
    (servers, utilisation)
    for servers in (1, 2, 3, 8, 20, 35, 50)
    for utilisation in (0.3, 0.6, 0.85, 0.95)
    if wait_mmc(servers, servers * utilisation) > 1e-4
]


@pytest.mark.slow
@pytest.mark.parametrize(("servers", "utilisation"), TOLD)
def test_the_desk_is_erlang_c_everywhere(servers, utilisation):
    found = waits(queue(servers), servers * utilisation, runs=40, customers=200_000)[:, 0]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - wait_mmc(servers, servers * utilisation)) < 4 * error  # two dozen tests at once


def test_the_desk_is_erlang_a():
    found = waits(queue(5, patience_hours=2.0), 6.0, runs=12)[:, 0]
    assert agrees(found, erlang_a(5, 6.0, 2.0).wait)


def test_the_desk_has_cobhams_priorities_and_conserves_the_mean():
    found = waits(queue(3, discipline="priority"), 2.1, urgent=0.6 / 2.1, runs=24)
    urgent, normal = waits_by_class(3, [0.6, 1.5])
    assert agrees(found[:, 1], urgent) and agrees(found[:, 2], normal)
    assert agrees(found[:, 0], wait_mmc(3, 2.1))


@pytest.mark.parametrize("discipline", ["fifo", "priority", "deadline", "shortest"])
def test_no_discipline_creates_work(discipline):
    """The mean wait is that of FIFO whatever the order of service, as long as it does not look at the work."""
    rng = np.random.default_rng(7)
    created = poisson_stream(rng, 1.8 / HOUR, 5000)
    mean = {}
    for rule in ("fifo", discipline):
        settings = replace(queue(2), discipline=rule, service=Service(law="fixed", mean_hours=1.0))
        desk = opened(settings, created, days=1, priority=rng.integers(1, 4, 5000))
        desk.advance(1e9)
        mean[rule] = (desk.orders["started"] - desk.orders["created"]).mean()
    assert mean[discipline] == pytest.approx(mean["fifo"], rel=1e-9)


def test_littles_law_in_the_long_run():
    rng = np.random.default_rng(3)
    created = poisson_stream(rng, 2.4 / HOUR, 60_000)
    desk = opened(queue(3), created, days=1)
    desk.advance(created[-1])
    length = desk.teams[0].area / desk.now
    rate, wait = 60_000 / created[-1], np.nanmean(desk.orders["started"] - desk.orders["created"])
    assert length == pytest.approx(rate * wait, rel=0.01)
    team = desk.teams[0]
    assert waits_by_team(desk)[0] == pytest.approx(team.area + team.waiting * (desk.now - team.touched))


@pytest.mark.parametrize(
    ("calendar", "hours"), [("7x8", 16 / 3), ("5x8", 15.238095238095237), ("7x12", 3.0), ("7x16", 4 / 3), ("24x7", 0.0)]
)
def test_calendar_waits(calendar, hours):
    assert mean_wait_to_open(working_calendar(calendar, CLOCK, 7)) / HOUR == pytest.approx(hours, abs=1e-9)
    rng = np.random.default_rng(11)
    teams = {"s": Team(400, calendar)}
    settings = replace(AROUND_THE_CLOCK, teams=teams, service=Service(law="fixed", mean_hours=0.01))
    desk = lived(settings, np.sort(rng.uniform(0, 49 * DAY, 8000)), until_day=59)
    waited = (desk.orders["started"] - desk.orders["created"]) / HOUR
    assert abs(waited.mean() - hours) <= 3 * waited.std() / np.sqrt(8000) + 1e-12


def test_the_nearest_idle_worker_is_as_far_as_larson_and_odoni_say():
    """E[D] = 0.5 / sqrt(density) for points scattered evenly; the middle of a large square stands for the plane."""
    distances = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        homes = rng.uniform(0.0, 1.0, (400, 2))
        teams = {"s": Team(400, "24x7", grids=tuple(range(400)))}
        desk = opened(
            replace(AROUND_THE_CLOCK, teams=teams, assignment="nearest", minutes_per_km=1.0),
            [float(i) * 1e-6 for i in range(40)], x=rng.uniform(0.3, 0.7, 40), y=rng.uniform(0.3, 0.7, 40),
            homes=homes, days=2,
        )  # fmt: skip
        desk.advance(1e-7)  # the first order only: the others would find fewer idle
        desk.advance(DAY)
        first = desk.orders[0]
        distances.append(first.done - first.started - HOUR)
        check(desk)
    error = np.std(distances) / np.sqrt(len(distances))
    assert abs(np.mean(distances) - 0.5 / 20.0) < 3 * error


def test_more_workers_never_lengthen_the_mean_wait():
    rng = np.random.default_rng(2)
    created = np.sort(rng.uniform(0, 30 * DAY, 500))
    base = replace(AROUND_THE_CLOCK, service=Service(mean_hours=1.5), misroute_chance=0.2)
    means = []
    for workers in (2, 3, 4, 6):
        desk = lived(replace(base, teams={"s": Team(workers, "5x8")}), created)
        means.append(np.nanmean(desk.orders["done"] - desk.orders["created"]))
    assert means == sorted(means, reverse=True)
