"""The desk's work as users of SimPy and Ciw would write it.

Every function takes a :class:`Stream`, prepares, and returns the work to be timed; that returns the minutes
each order waited, so that one can see that all did the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ciw
import simpy

DAY, OPENS, CLOSES = 1440.0, 540.0, 1020.0  # minutes; open from 9 to 17 on every day of the week
NIGHT = 0  # goes before all orders, whose priorities are 1 and 2

Waits = Callable[[], list[float]]


class Stream(NamedTuple):
    """Orders by creation [min]: when they come, what they take, who goes first; `servers` posts."""

    created: list[float]
    travel: list[float]
    service: list[float]
    priority: list[int]
    servers: int
    days: int


# -- M/M/c


def simpy_queue(stream: Stream) -> Waits:
    """One shared resource, one process a customer."""
    env = simpy.Environment()
    servers = simpy.Resource(env, capacity=stream.servers)
    waits = [0.0] * len(stream.created)

    def customer(number: int) -> Iterator[Any]:
        arrived = env.now
        with servers.request() as turn:
            yield turn
            waits[number] = env.now - arrived
            yield env.timeout(stream.service[number])

    env.process(simpy_arrivals(env, stream, customer))

    def work() -> list[float]:
        env.run()
        return waits

    return work


def simpy_arrivals(env: simpy.Environment, stream: Stream, order: Callable[[int], Iterator[Any]]) -> Iterator[Any]:
    """Start a process for each order at its time."""
    for number, created in enumerate(stream.created):
        yield env.timeout(created - env.now)
        env.process(order(number))


def ciw_queue(stream: Stream) -> Waits:
    """One node; first come, first served, so that the services can be handed out in sequence."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps(stream.created))],
        service_distributions=[ciw.dists.Sequential(stream.service)],
        number_of_servers=[stream.servers],
    )
    return ciw_work(network, len(stream.created))


def gaps(created: list[float]) -> list[float]:
    """Times between arrivals, and nobody after the last."""
    return [later - earlier for earlier, later in zip([0.0, *created], created, strict=False)] + [float("inf")]


def ciw_work(network: Any, orders: int) -> Waits:
    """Simulate until all have left; the records are read as its users read them."""
    simulation = ciw.Simulation(network)

    def work() -> list[float]:
        simulation.simulate_until_max_customers(orders)
        records = sorted(simulation.get_all_records(), key=lambda record: record.id_number)
        return [record.waiting_time for record in records]

    return work


# -- opening hours, travel, two priorities


def simpy_street(stream: Stream) -> Waits:
    """A priority resource, of which the night takes every post from closing (or the end of its work) to opening."""
    env = simpy.Environment()
    workers = simpy.PriorityResource(env, capacity=stream.servers)
    waits = [0.0] * len(stream.created)

    def order(number: int) -> Iterator[Any]:
        created = env.now
        with workers.request(priority=stream.priority[number]) as turn:
            yield turn
            waits[number] = env.now - created
            yield env.timeout(stream.travel[number])
            yield env.timeout(stream.service[number])

    def nights() -> Iterator[Any]:
        opens = OPENS
        while True:
            with workers.request(priority=NIGHT) as post:
                yield post
                yield env.timeout(opens - env.now)
            yield env.timeout(CLOSES - OPENS)
            opens += DAY

    for _ in range(stream.servers):
        env.process(nights())
    env.process(simpy_arrivals(env, stream, order))

    def work() -> list[float]:
        env.run(until=stream.days * DAY)
        return waits

    return work


class OfTheOrder(ciw.dists.Distribution):
    """Way and work of the customer at hand, who are served in another order than they came."""

    def __init__(self, stream: Stream) -> None:
        self.minutes = [travel + service for travel, service in zip(stream.travel, stream.service, strict=True)]

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        """Return the minutes of this customer."""
        return self.minutes[ind.id_number - 1]


def ciw_street(stream: Stream) -> Waits:
    """Two classes and a schedule of servers who finish what they have begun."""
    of_class = {
        priority: [created for created, its in zip(stream.created, stream.priority, strict=True) if its == priority]
        for priority in (1, 2)
    }
    hours = ciw.Schedule(
        numbers_of_servers=[0, stream.servers, 0], shift_end_dates=[OPENS, CLOSES, DAY], preemption=False
    )
    network = ciw.create_network(
        arrival_distributions={str(one): [ciw.dists.Sequential(gaps(created))] for one, created in of_class.items()},
        service_distributions={str(one): [OfTheOrder(stream)] for one in of_class},
        number_of_servers=[hours],
        priority_classes={str(one): one - 1 for one in of_class},
    )
    return ciw_work(network, len(stream.created))
