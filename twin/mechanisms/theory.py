"""Theory: customers of a textbook queue, in place of residents.

What it does    A Poisson stream of orders that ask for nothing but a server, at the load that the scenario
                names. The desk then is an M/M/c queue, with impatience, priorities or opening hours.
Why             Their waits are known exactly [erlang1917, cobham1954, garnett2002]; a desk that misses them
                would be wrong about streets too.
Leaves out      Everything that makes a neighbourhood.
Ablation        no `servers`, which is the default: there are no customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Flags, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import Doubt, param
from twin.core.world import Phase, World
from twin.world.series import in_window, mean, ratio, share

_HOUR_MINUTES = 60
_WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES
URGENT, NORMAL = 1, 2


@dataclass(frozen=True)
class Theory:
    """The ``theory:`` block: one queue."""

    servers: int | None = param(None, "1", 1, 1000, source="erlang1917", evidence="published",
                                doc="servers (none: no customers)", zh="服务员数（不写：没有顾客）")
    utilisation: float = param(0.8, "1", 0.0, 5.0, source="erlang1917", evidence="published",
                               doc="offered load by server", zh="负荷率", when="servers")
    patience: float = param(0.0, "1", 0.0, 1000.0, source="garnett2002", evidence="published",
                            doc="mean patience in mean service times, exponential (0: endless)",
                            zh="平均耐心", when="servers")
    urgent_share: float = param(0.0, "1", 0.0, 1.0, source="cobham1954", evidence="published",
                                doc="customers of the class that is served first", zh="优先占比", when="servers")
    customers: int = param(200_000, "1", 1, 10_000_000, source="scenario range", evidence="assumed",
                           doc="mean number of customers in the whole run, warm-up included", zh="顾客数",
                           when="servers")
    calendar: str = param("24x7", "", source="scenario range", evidence="assumed",
                          doc="opening hours of the servers", zh="开放日历", when="servers")

    def doubts(self) -> list[Doubt]:
        """Doubt a queue that grows for ever: of patient customers, more than can be served."""
        endless = self.servers is not None and self.utilisation >= 1 and not self.patience
        return [Doubt("S150", "utilisation", {"value": self.utilisation})] if endless else []


def service_minutes(theory: Theory, days: int) -> float:
    """Return the mean service time [min] at which the customers of a run of `days` are the offered load."""
    return (theory.servers or 0) * theory.utilisation * gap_minutes(theory, days)


def gap_minutes(theory: Theory, days: int) -> float:
    """Return the mean time between two customers [min]."""
    return days * DAY_MINUTES / theory.customers


# -- metrics -------------------------------------------------------------------------------------------------


def _settings(world: World) -> Theory:
    settings = world.levers["theory"]
    assert isinstance(settings, Theory)
    return settings


def _customers(world: World) -> Flags:
    active = _settings(world).servers is not None
    return in_window(world, world.tickets.created) & active


def _mean_wait(world: World, those: Flags) -> float | None:
    """Mean time in the queue, until served or given up, in mean service times."""
    tickets = world.tickets
    left_queue = np.fmin(tickets.started, tickets.abandoned)
    waited = (left_queue - tickets.created)[those]
    average = mean(waited[~np.isnan(waited)])
    return None if average is None else ratio(average, service_minutes(_settings(world), world.days))


def wait_service_times(world: World) -> float | None:
    """Mean wait of all customers, in mean service times."""
    return _mean_wait(world, _customers(world))


def wait_urgent_service_times(world: World) -> float | None:
    """Mean wait of urgent customers, in mean service times."""
    return _mean_wait(world, _customers(world) & (world.tickets.priority == URGENT))


def wait_normal_service_times(world: World) -> float | None:
    """Mean wait of the other customers, in mean service times; None where no customer is urgent."""
    if not _settings(world).urgent_share:
        return None
    return _mean_wait(world, _customers(world) & (world.tickets.priority == NORMAL))


def abandoned_share(world: World) -> float | None:
    """Customers who gave up."""
    return share(~np.isnan(world.tickets.abandoned[_customers(world)]))


def wait_for_opening_hours(world: World) -> float | None:
    """Mean time from creation to the start of service, over whole weeks of the window [h]."""
    tickets = world.tickets
    waited = (tickets.started - tickets.created)[_customers(world) & _in_whole_weeks(world)]
    average = mean(waited[~np.isnan(waited)])
    return None if average is None else average / _HOUR_MINUTES


def _in_whole_weeks(world: World) -> Flags:
    """Tell who came in a whole week of the window: what is left over would give some weekdays more weight."""
    first, end = world.window
    weeks = (end - first) // _WEEK_MINUTES
    return world.tickets.created < first + weeks * _WEEK_MINUTES


@mechanism(
    phase=Phase.ARRIVE,
    params=Theory,
    spawns=["tickets"],
    metrics={
        "wait_service_times": Metric(
            wait_service_times, "1", better="lower",
            en="Mean wait, in service times", zh="平均等待（服务时长倍数）",
            doc="mean time from creation to service or giving up, all customers of the window, in mean services",
            doc_zh="统计期内全部顾客从到达到开始服务或放弃的平均时间 ÷ 平均服务时长",
        ),
        "wait_urgent_service_times": Metric(
            wait_urgent_service_times, "1", better="lower",
            en="Mean wait of the urgent, in service times", zh="优先顾客平均等待（服务时长倍数）",
            doc="mean time from creation to service or giving up, urgent customers of the window, in mean services",
            doc_zh="统计期内优先顾客从到达到开始服务或放弃的平均时间 ÷ 平均服务时长",
        ),
        "wait_normal_service_times": Metric(
            wait_normal_service_times, "1", better="lower",
            en="Mean wait of the others, in service times", zh="普通顾客平均等待（服务时长倍数）",
            doc="mean time from creation to service or giving up, other customers of the window, in mean services; "
                "undefined where no customer is urgent",
            doc_zh="统计期内其余顾客从到达到开始服务或放弃的平均时间 ÷ 平均服务时长；没有优先顾客时无定义",
        ),
        "abandoned_share": Metric(
            abandoned_share, "1", better="lower",
            en="Customers who gave up", zh="放弃率",
            doc="customers who gave up / customers of the window",
            doc_zh="放弃的顾客数 ÷ 统计期内的顾客数",
        ),
        "wait_for_opening_hours": Metric(
            wait_for_opening_hours, "h", better="lower",
            en="Mean wait for the opening", zh="等待开门时长",
            doc="mean time from creation to the start of service, customers of the window's whole weeks; days left "
                "over at its end are not counted, and in a window of less than a week it is undefined",
            doc_zh="统计期整周内的顾客从到达到开始服务的平均时间；期末不足一周的天数不计，统计期不足一周则无定义",
        ),
    },
    sources=["erlang1917", "cobham1954", "garnett2002"],
)  # fmt: skip
def theory(world: View, p: Theory, draw: Draw, effects: Effects) -> None:
    """Let the day's customers arrive."""
    if not p.servers:
        return
    minutes = arrivals(draw, gap_minutes(p, world.days))
    numbers = np.arange(len(minutes), dtype=np.uint64)
    keys = draw.keys("customer", numbers)
    effects.spawn(
        "tickets",
        keys,
        created=world.day * DAY_MINUTES + minutes,
        incident=keys,
        priority=np.where(draw.happens("urgent", p.urgent_share, numbers), URGENT, NORMAL),
    )


def arrivals(draw: Draw, gap: float) -> Floats:
    """Return the minutes of a day at which a Poisson stream of this mean gap [min] has customers."""
    count = int(DAY_MINUTES / gap) + 1
    while True:
        minutes = np.cumsum(draw.exponential("gap", gap, np.arange(count, dtype=np.uint64)))
        if minutes[-1] >= DAY_MINUTES:
            return minutes[minutes < DAY_MINUTES]
        count += count
