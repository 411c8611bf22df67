"""What the desk's tests share: a desk with given reports, and textbook streams."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from twin.core.clock import Clock
from twin.desk.checks import check
from twin.desk.desk import Desk
from twin.desk.settings import DeskSettings, Service, Team

CLOCK = Clock(dt.date(2024, 1, 1), "none")  # a Monday
AROUND_THE_CLOCK = DeskSettings(
    teams={"servers": Team(workers=1, calendar="24x7")},
    intake_calendar="24x7",
    dispatch="instant",
    misroute_chance=0.0,
    travel_minutes=0.0,
    first_time_fix=1.0,
    service=Service(law="fixed", mean_hours=1.0),
)
HOUR, DAY = 60.0, 1440.0


def opened(settings: DeskSettings, created: Any, *, days: int = 60, seed: int = 1, plain: bool = False,
           incident: Any = None, priority: Any = 2, category: Any = 0, channel: Any = 0, grid: Any = 0, x: Any = 0.0,
           y: Any = 0.0, key: Any = None, **names: Any) -> Desk:  # fmt: skip
    """Open a desk and hand in reports created at these minutes."""
    created = np.asarray(created, np.float64)
    n = len(created)
    key = np.arange(1, n + 1, dtype=np.uint64) if key is None else np.asarray(key, np.uint64)
    desk = Desk(settings, clock=CLOCK, days=days, seed=seed, plain=plain, **names)
    desk.feed(
        key=key, created=created, incident=key if incident is None else np.asarray(incident, np.uint64),
        category=np.broadcast_to(category, n), priority=np.broadcast_to(priority, n),
        channel=np.broadcast_to(channel, n), grid=np.broadcast_to(grid, n), x=np.broadcast_to(x, n),
        y=np.broadcast_to(y, n), ticket=np.arange(n),
    )  # fmt: skip
    return desk


def lived(settings: DeskSettings, created: Any, *, until_day: int = 59, **more: Any) -> Desk:
    """Open a desk, hand in reports, live day by day, and hold it to its laws."""
    desk = opened(settings, created, **more)
    for day in range(until_day):
        desk.advance((day + 1) * DAY)
    check(desk)
    return desk


def steps(desk: Desk, order: int) -> list[tuple[str, float]]:
    """The life of an order: (step, hours)."""
    from twin.desk.layout import Step

    return [(Step(int(line["code"])).name.lower(), float(line["minute"]) / HOUR)
            for line in desk.log if line["order"] == order]  # fmt: skip


def poisson_stream(rng: np.random.Generator, per_minute: float, n: int) -> np.ndarray:
    """Minutes of a Poisson stream."""
    return np.cumsum(rng.exponential(1.0 / per_minute, n))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays of records agree bit for bit (what pads a record does not count)."""
    return len(a) == len(b) and all(a[name].tobytes() == b[name].tobytes() for name in a.dtype.names or ())
