"""Work orders in continuous time: the event kernel, its queues, calendars and laws."""

from __future__ import annotations


def warm_up() -> None:
    """Compile the kernel, or load it from disk, by serving one order."""
    import datetime as dt

    import numpy as np

    from twin.core.clock import Clock
    from twin.desk.desk import Desk
    from twin.desk.settings import DeskSettings

    desk = Desk(DeskSettings(), clock=Clock(dt.date(2024, 1, 1), "none"), days=1, seed=0)
    one, key = np.zeros(1, np.int64), np.zeros(1, np.uint64)
    desk.feed(key=key, created=one, incident=key, category=one, priority=one, channel=one, grid=one, x=one, y=one,
              ticket=one)  # fmt: skip
    desk.advance(1.0)
