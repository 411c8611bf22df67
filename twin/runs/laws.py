"""Laws that outlive every intended change of results, tried on a scenario: what the guard calls invariants.

Nothing is compared with the past here, so none of these needs a baseline, and none has a margin: each must hold to the
last bit (the time to close to a thousandth of a minute).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from twin.core.clock import Clock
from twin.core.columns import Floats
from twin.core.engine import Engine
from twin.desk.desk import DAY, HOUR, Desk
from twin.desk.settings import DeskSettings, Service, Team
from twin.errors import InputError
from twin.mechanisms import CATALOGUE
from twin.runs.experiment import Experiment, Means, run, simulate
from twin.scenario.load import Scenario, load

Law = tuple[str, Sequence[str]]
"""What a law is called, and what breaks it."""

FIRST_DAYS, FEWER = 20, 5
BUSY = 2.0  # posts that the reports keep busy when they are played so much faster
POSTS = (1, 2, 3, 5)
_PLACEBO = "placebo"
_ANY_DAY = dt.date(2024, 1, 1)
_SAME_MINUTE = 1e-3
_TEXTBOOK = DeskSettings(
    teams={}, intake_calendar="24x7", dispatch="instant", misroute_chance=0.0, travel_minutes=0.0, first_time_fix=1.0
)  # fmt: skip


def laws(path: str, means: Means) -> Iterator[Law]:
    """Yield each law with what breaks it in this scenario (nothing: it holds); raises InvariantBroken for the twin's.

    Those that live only the first days of the first arm are left out where the scenario cannot be cut to them.
    """
    yield from _placebo_and_order(path, means)
    for law in (_nobody_reports, _longer, _more_posts):
        try:
            found = law(path)
        except InputError:  # the file asks for more days, or for somebody who reports
            continue
        if found is not None:
            yield found


def _placebo_and_order(path: str, means: Means) -> Iterator[Law]:
    """A placebo changes nothing, nor does the order in which arms are run: where both do, each is asked alone."""
    off, on = (load(path, sets=[f"mechanisms.{_PLACEBO}={switch}"]) for switch in ("off", "on"))
    plain = run(off, None, 1, None, means)
    turned = run(on, plain.arms[::-1], 1, None, means)
    moved = {arm: _unlike(plain, turned, arm) for arm in plain.arms}
    in_order = run(on, None, 1, None, means) if any(moved.values()) else turned
    for arm in plain.arms:
        yield f"{arm}.{_PLACEBO}", _unlike(plain, in_order, arm)
    yield "arms.order", [f"{arm}.{name}" for arm in plain.arms for name in _unlike(in_order, turned, arm)]


def _unlike(one: Experiment, other: Experiment, arm: str) -> list[str]:
    first, second = one.values[arm], other.values[arm]
    return sorted(name for name in first.keys() & second.keys() if first[name] != second[name])


def _nobody_reports(path: str) -> Law:
    """Where nobody reports there are no tickets."""
    silent = [name for name, one in CATALOGUE.items() if "tickets" in one.spawns and name != "hotline"]
    said = ["hotline.source=none", *(f"mechanisms.{name}=off" for name in silent)]
    world = _lived(path, _days(load(path)), said).world
    count = len(world.tables["tickets"])
    return "reports.none", [f"{count} tickets"] if count else []


def _longer(path: str) -> Law | None:
    """More days to live change nothing in the days before: the past does not know the horizon."""
    days = _days(load(path))
    count = days - FEWER
    if count < 1:
        return None
    few, more = (_daily(_lived(path, lived), count) for lived in (count, days))
    unlike = [name for name, held in few.items() if not np.array_equal(held, more[name], equal_nan=True)]
    return "days.more", sorted(unlike)


def _daily(engine: Engine, days: int) -> dict[str, Floats]:
    """Return what a run knew in its first days: daily series, and when each ticket was made."""
    created = np.array(engine.world.tickets.created, np.float64)
    series = {name: values[:days] for name, values in engine.series.items()}
    return series | {"tickets": created[created < days * DAY]}


def _more_posts(path: str) -> Law:
    """More posts get no order done later (Kiefer and Wolfowitz 1955).

    It holds in every single sequence of reports where all wait in one line, first come, first served, and posts are
    alike and always open. So the reports of the scenario are played to such a desk, faster, so that there is a line.
    """
    engine = _lived(path, _days(load(path)))
    created = np.sort(np.array(engine.world.tickets.created, np.float64))
    service = getattr(engine.world.levers.get("desk"), "service", Service())
    if len(created) < 2 or created[-1] <= created[0]:
        return "workers.more", []
    work = len(created) * service.mean_hours * HOUR
    quick = (created - created[0]) / (created[-1] - created[0]) * work / BUSY
    done = [_done(quick, service, posts, engine.seed) for posts in POSTS]
    later = [f"{count} posts" for count, one, other in zip(POSTS[1:], done, done[1:], strict=False)
             if not (other <= one + _SAME_MINUTE).all()]  # fmt: skip
    return "workers.more", later


def _done(created: Floats, service: Service, posts: int, seed: int) -> Floats:
    """Return the minute at which so many posts that are always open have each order done."""
    settings = replace(_TEXTBOOK, teams={"posts": Team(posts, "24x7")}, service=service)
    desk = Desk(settings, clock=Clock(_ANY_DAY), days=1, seed=seed)
    count = len(created)
    key, zero = np.arange(1, count + 1, dtype=np.uint64), np.zeros(count, np.int64)
    desk.feed(key=key, created=created, incident=key, category=zero, priority=zero + 2, channel=zero, grid=zero,
              x=zero, y=zero, ticket=np.arange(count))  # fmt: skip
    desk.advance(float(created[-1]) + 1000 * count * DAY)
    return np.array(desk.orders["done"])


def _days(scenario: Scenario) -> int:
    """Return how many days are enough: those before the window and some of it."""
    return min(scenario.days, scenario.warm_up_days + FIRST_DAYS)


def _lived(path: str, days: int, sets: Sequence[str] = ()) -> Engine:
    """Live the first days of the first arm."""
    scenario = load(path, sets=[f"days={days}", "run_on_days=0", *sets])
    return simulate(scenario, next(iter(scenario.arms)), scenario.seed)
