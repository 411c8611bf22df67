"""The desk against SimPy and Ciw: the same orders, at the same minutes, with the same work.

An order counts for two events, its coming and its going. The desk's turn begins with building it and handing
it the reports, and it writes its full log of seven lines an order; the peers' turn begins with the first
event, and they keep the waits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.metadata import version
from statistics import mean

import numpy as np

from benchmarks.desk_peers import DAY, Stream, Waits, ciw_queue, ciw_street, simpy_queue, simpy_street
from benchmarks.kit import Prepare, Row, Turn, in_rounds, rate, ratio, table
from twin.core.clock import Clock
from twin.desk.desk import Desk
from twin.desk.settings import DeskSettings, Service, Team

CUSTOMERS, ROUNDS, SEED = 100_000, 5, 1
HOUR = 60.0
CLOCK = Clock(dt.date(2024, 1, 1), "none")

QUEUE = DeskSettings(
    teams={"servers": Team(workers=50, calendar="24x7")},
    intake_calendar="24x7",
    dispatch="instant",
    misroute_chance=0.0,
    travel_minutes=0.0,
    first_time_fix=1.0,
    service=Service(law="exponential", mean_hours=1.0),
)
STREET = DeskSettings(
    teams={"workers": Team(workers=50, calendar="7x8")},
    intake_calendar="24x7",
    dispatch="instant",
    discipline="priority",
    misroute_chance=0.0,
    travel_minutes=24.0,
    first_time_fix=1.0,
    service=Service(law="lognormal", mean_hours=1.5, cv=0.4),  # none lasts a night: Ciw would add a worker
    shift_end="overtime",  # finish what was begun, as the peers' simplest calendars do
    overtime_minutes=600.0,
)

Columns = dict[str, np.ndarray]


def run() -> None:
    """Measure and print both tables."""
    queue = reports(CUSTOMERS, gap=HOUR / 45, urgent=0.0)
    compare("desk: M/M/50 at ρ 0.9", QUEUE, queue, simpy_queue, ciw_queue, 50)
    street = reports(CUSTOMERS, gap=DAY / 190, urgent=0.2)
    compare("desk: opening hours, travel, two priorities", STREET, street, simpy_street, ciw_street, 20)


def reports(n: int, *, gap: float, urgent: float) -> Columns:
    """Columns of `n` tickets that come at random, a mean `gap` [min] apart."""
    rng = np.random.default_rng(SEED)
    key = np.arange(1, n + 1, dtype=np.uint64)
    nothing = {"category": np.int16, "channel": np.int8, "grid": np.int32, "x": np.float32, "y": np.float32}
    return {
        "key": key, "incident": key, "created": np.cumsum(rng.exponential(gap, n)), "ticket": np.arange(n),
        "priority": np.where(rng.random(n) < urgent, 1, 2).astype(np.int8),
        **{name: np.zeros(n, dtype) for name, dtype in nothing.items()},
    }  # fmt: skip


def days_of(tickets: Columns) -> int:
    """Days until the last order is surely done."""
    return int(tickets["created"][-1] // DAY) + 30


def lived(settings: DeskSettings, tickets: Columns) -> Desk:
    """Build a desk, hand it all reports, and let all the days pass."""
    desk = Desk(settings, clock=CLOCK, days=days_of(tickets), seed=SEED)
    desk.feed(**tickets)
    desk.advance(days_of(tickets) * DAY)
    return desk


def stream_of(desk: Desk, tickets: Columns) -> Stream:
    """Return what the desk's draws made of the reports, for the peers to live through."""
    orders = desk.orders
    return Stream(
        created=tickets["created"].tolist(),
        travel=np.maximum(orders["done"] - orders["started"] - orders["hands_on"], 0.0).tolist(),
        service=orders["hands_on"].tolist(),
        priority=tickets["priority"].tolist(),
        servers=len(desk.workers),
        days=days_of(tickets),
    )


def compare(
    title: str,
    settings: DeskSettings,
    tickets: Columns,
    simpy_way: Callable[[Stream], Waits],
    ciw_way: Callable[[Stream], Waits],
    target: int,
) -> None:
    """Print events per second, ratios, and the mean waits."""
    stream = stream_of(lived(settings, tickets), tickets)
    contestants: dict[str, Prepare] = {
        "twin": lambda: lambda: lived(settings, tickets),
        "SimPy": lambda: simpy_way(stream),
        "Ciw": lambda: ciw_way(stream),
    }
    turns = in_rounds(contestants, ROUNDS)
    table(title, [against(peer, turns, target) for peer in ("SimPy", "Ciw")], waits_of(turns))


def against(peer: str, turns: dict[str, list[Turn]], target: int) -> Row:
    """Compare with one peer."""
    found = ratio(turns["twin"], turns[peer])
    theirs = f"{peer} {version(peer.lower())}: {rate(turns[peer], 2 * CUSTOMERS)}"
    figure = f"events, {CUSTOMERS:,} orders"
    return Row(figure, rate(turns["twin"], 2 * CUSTOMERS), theirs, str(found), f"≥ {target}", found.middle >= target)


def waits_of(turns: dict[str, list[Turn]]) -> str:
    """Say how long the orders waited with each: the same, if the work is the same."""
    orders = turns["twin"][-1].result.orders
    waits = {"twin": float(np.mean(orders["started"] - orders["created"]))}
    waits |= {peer: mean(turns[peer][-1].result) for peer in ("SimPy", "Ciw")}
    return "Mean wait of the same orders: " + ", ".join(f"{name} {wait:.9f} min" for name, wait in waits.items()) + "."
