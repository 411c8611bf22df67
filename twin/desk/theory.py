"""Queues whose waits are known exactly: the oracle of the desk.

Waits are in units of the mean service time. Sources: Erlang (1917) for M/M/c, Cobham (1954) and Kella and
Yechiali (1985) for non-preemptive priorities, Garnett, Mandelbaum and Reiman (2002) for impatience.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from twin.core.clock import DAY_MINUTES
from twin.desk.settings import DeskSettings, Team

HOUR = 60.0
TEAM_NAME = "servers"
NEGLIGIBLE = 1e-16


def erlang_b(servers: int, load: float) -> float:
    """Share of customers lost when nobody may wait, at `load` = arrival rate × mean service."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Chance of having to wait in M/M/c; needs load < servers."""
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def wait_mmc(servers: int, load: float) -> float:
    """Mean wait in M/M/c, in mean services."""
    return erlang_c(servers, load) / (servers - load)


def waits_by_class(servers: int, loads: Sequence[float]) -> list[float]:
    """Mean waits in M/M/c with non-preemptive classes, the most urgent first."""
    together = erlang_c(servers, sum(loads)) / servers
    waits, above = [], 0.0
    for load in loads:
        below = above + load / servers
        waits.append(together / ((1.0 - above) * (1.0 - below)))
        above = below
    return waits


class Impatient(NamedTuple):
    """What M/M/c+M gives: chance to wait, mean queue length, share who give up, mean time in the queue."""

    wait_chance: float
    queue: float
    abandoned: float
    wait: float


def erlang_a(servers: int, load: float, patience: float) -> Impatient:
    """M/M/c with exponential patience of mean `patience` (in mean services), by its birth-death chain."""
    weights, n, weight = [1.0], 0, 1.0
    while n < servers or weight > NEGLIGIBLE * sum(weights):
        n += 1
        weight *= load / (min(n, servers) + max(n - servers, 0) / patience)
        weights.append(weight)
    total = sum(weights)
    queue = sum(max(n - servers, 0) * weight for n, weight in enumerate(weights)) / total
    return Impatient(sum(weights[servers:]) / total, queue, queue / patience / load, queue / load)


def mean_service_minutes(theory: Any, days: int) -> float:
    """Mean service time [min] at which the customers of a run of `days` are the offered load."""
    return theory.servers * theory.utilisation * days * DAY_MINUTES / theory.customers


def sized(settings: DeskSettings, theory: Any, days: int) -> DeskSettings:
    """Give the desk the servers, service and patience of a ``theory:`` block; as it was if that has no servers."""
    if not theory.servers:
        return settings
    minutes = mean_service_minutes(theory, days)
    return replace(
        settings,
        teams={TEAM_NAME: Team(workers=theory.servers, calendar=theory.calendar)},
        service=replace(settings.service, law="exponential", mean_hours=minutes / HOUR),
        patience_hours=theory.patience * minutes / HOUR,
    )
