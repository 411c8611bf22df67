"""The desk: what becomes of the day's reports, minute by minute.

What it does    Takes in the reports of the day and lets the desk's minutes pass: intake, de-duplication,
                dispatch and misrouting, waiting, travel, work under the workers' calendars, call-back,
                re-opening, escalation. It writes the stamps of every ticket that moved today.
Why             Waiting comes from calendars, rounds, returns and queues, and each has its own cure
                [cooper1981, larson1981].
Leaves out      Tiredness, learning, favours; what happens between two workers of one team.
Ablation        Each lever put back alone: dispatch batch, office-hours intake, 5x8 roster, misrouting.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.world import Phase, World
from twin.desk.checks import check
from twin.desk.desk import DAY, HOUR, Desk
from twin.desk.hours import Hours, hours_between, overtime_until_now
from twin.desk.layout import Status
from twin.desk.rulebook import FACTS
from twin.desk.settings import DeskSettings
from twin.desk.theory import sized
from twin.world.outcomes import heads
from twin.world.series import in_window, mean, ratio, share
from twin.world.tables import CHANNELS

DAY_HOURS = 24.0
METRES = 1000.0
WEEK = 7 * DAY
NINETY_PERCENT = 0.9
STAMPS = ("accepted", "dispatched", "started", "done", "called_back", "closed", "escalated")
STATES = ("status", "hops", "attempt", "worker", "solved", "reached", "overdue", "hands_on")


class DeskOfRun(Desk):
    """The desk as a resource of a run: it says when it is quiet, and is checked when the run ends."""

    told = 0  # log lines whose orders were already written into the tickets
    _asked: tuple[float, float, int] | None = None
    _hours = Hours(0.0, 0.0, 0.0)
    _overtime: Floats | None = None
    followed: DeskSettings | None = None  # the levers as rules moved them last
    taken_up = 0  # rule books so far

    def quiet(self) -> bool:
        """Whether no order is open."""
        return self.open_orders == 0

    def check(self) -> None:
        """Hold the laws of the desk against its log."""
        check(self)

    def hours(self, first: float, end: float) -> Hours:
        """Hours between two minutes; kept until the log grows, since several metrics ask for them."""
        asked = (first, end, int(self.state.counts[0].log))
        if self._asked != asked:
            self._asked, self._hours = asked, hours_between(self, first, end)
        return self._hours

    def new_overtime(self) -> Floats:
        """Minutes of overtime of each worker since the last call (workers,)."""
        until_now = overtime_until_now(self)
        new = until_now - (0.0 if self._overtime is None else self._overtime)
        self._overtime = until_now
        return new

    def moved(self) -> Ints:
        """Orders with new lines in the log since the last call."""
        lines = int(self.state.counts[0].log)
        orders = np.unique(self.state.log["order"][self.told : lines])
        self.told = lines
        return orders


def open_desk(world: View, p: DeskSettings, draw: Draw) -> DeskOfRun:
    """Lay out the desk for the whole run."""
    days = world.days + world.run_on_days
    rules = world.instructions
    office = DeskOfRun(
        sized(p, world.levers["theory"], world.days) if "theory" in world.levers else p,
        clock=world.clock, days=days, seed=draw.seed, categories=world.categories or ("any",), channels=CHANNELS,
        homes=homes(world), probes=world.desk_draws, ways=None if world.ground is None else world.ground.ways,
        book=rules and rules.epochs[0].book, merging=rules is not None and rules.merging,
        refusal=rules and rules.refusal,
    )  # fmt: skip
    office.followed = p
    return office


def homes(world: View) -> Floats:
    """Centre of each grid (grids, 2) [km]: that of the map, or the mean of its residents' homes."""
    if world.ground is not None:
        return world.ground.grid_centres / METRES
    grid = world.residents.grid
    if not len(grid):
        return np.zeros((1, 2))
    count = np.maximum(np.bincount(grid), 1)
    return np.stack([np.bincount(grid, where) / count for where in (world.residents.x, world.residents.y)], axis=1)


# -- what is measured


def of_window(world: World) -> Ints:
    """Rows of the tickets that count: requests created in the window, neither duplicates nor re-complaints."""
    tickets = world.tickets
    return np.flatnonzero(in_window(world, tickets.created) & tickets.request & ~tickets.duplicate & ~tickets.again)


def given_up(world: World, rows: Ints) -> Flags:
    """Which of these tickets were given up, themselves or as the order that they were merged into."""
    return ~np.isnan(world.tickets.abandoned[heads(world)[rows]])


def hours_to_close(world: World) -> Floats:
    """Hours from creation to work done of the tickets that count; NaN where it is not done."""
    rows = of_window(world)
    done = world.tickets.done[heads(world)[rows]]
    done[given_up(world, rows)] = np.nan
    return np.maximum((done - world.tickets.created[rows]) / HOUR, 0.0)


def all_done(world: World) -> Floats | None:
    """Hours to close but for tickets given up; None if another is never done: the lucky ones would flatter."""
    hours = hours_to_close(world)[~given_up(world, of_window(world))]
    return None if not len(hours) or np.isnan(hours).any() else hours


def hours_mean(world: World) -> float | None:
    """Mean hours to close."""
    hours = all_done(world)
    return None if hours is None else mean(hours)


def hours_median(world: World) -> float | None:
    """Median hours to close."""
    hours = all_done(world)
    return None if hours is None else float(np.median(hours))


def hours_p90(world: World) -> float | None:
    """Ninth decile of the hours to close."""
    hours = all_done(world)
    return None if hours is None else float(np.quantile(hours, NINETY_PERCENT))


def within_a_day(world: World) -> float | None:
    """Share done within 24 hours of creation."""
    return share(hours_to_close(world) <= DAY_HOURS)


def on_time(world: World) -> float | None:
    """Share done within the limit of the class."""
    rows = of_window(world)
    orders = heads(world)[rows]
    done = ~np.isnan(world.tickets.done[orders]) & ~given_up(world, rows)
    return share(done & ~world.tickets.overdue[orders])


def given_up_share(world: World) -> float | None:
    """Share of the tickets that count whose reporters gave up."""
    return share(given_up(world, of_window(world)))


def open_at_end(world: World) -> float:
    """Tickets that are open when the horizon is reached."""
    return float(open_at(world, world.window[1]))


def open_at(world: World, minute: float) -> int:
    """Tickets that are open at a minute."""
    tickets = world.tickets
    ended = np.fmin(np.fmin(tickets.closed, tickets.merged), tickets.abandoned)
    return int(np.count_nonzero((tickets.created < minute) & ~(ended < minute)))


def backlog_growth(world: World) -> float | None:
    """Tickets by which the backlog grows in a day of the window, over its whole weeks where there is one."""
    first, end = world.window
    weeks = (end - first) // WEEK
    last = first + weeks * WEEK if weeks else end
    return ratio(open_at(world, last) - open_at(world, first), (last - first) / DAY)


def dispatches(world: World) -> float | None:
    """Mean number of dispatches of the tickets that count and were done at the first attempt."""
    rows = of_window(world)
    done = rows[~np.isnan(world.tickets.done[rows]) & (world.tickets.attempts[rows] == 0)]
    return mean(1.0 + world.tickets.hops[done])


def merged_share(world: World) -> float | None:
    """Share of the window's reports that were merged."""
    created = in_window(world, world.tickets.created) & world.tickets.request
    return share(world.tickets.merged_into[created] >= 0)


def reports_per_day(world: World) -> float | None:
    """Reports a day, duplicates included."""
    first, end = world.window
    asked = in_window(world, world.tickets.created) & world.tickets.request
    return ratio(np.count_nonzero(asked), (end - first) / DAY)


def worked(world: World) -> Hours | None:
    """Hours of the window, if a desk is at work."""
    desk = world.resources.get("desk")
    return desk.hours(*world.window) if isinstance(desk, DeskOfRun) else None


def paid_hours(world: World) -> float | None:
    """Rostered hours and overtime."""
    hours = worked(world)
    return None if hours is None else (hours.rostered + hours.overtime) / HOUR


def overtime_hours(world: World) -> float | None:
    """Hours worked outside the roster."""
    hours = worked(world)
    return None if hours is None else hours.overtime / HOUR


def utilisation(world: World) -> float | None:
    """Hours worked over hours paid."""
    hours = worked(world)
    return None if hours is None else ratio(hours.busy, hours.rostered + hours.overtime)


METRICS = {
    "hours_to_close_mean": Metric(
        hours_mean, "h", better="lower",
        en="Mean time to close", zh="平均办结时长",
        doc="mean hours from creation to work done, before the call-back, of the tickets created in the "
            "window (no duplicates, re-complaints or given-up ones); run on until done, else undefined",
        doc_zh="统计期内创建的工单（重复诉求、重复投诉与已放弃的除外）从创建到办理完成（回访之前）的平均时长；续跑至"
            "全部办理完成，否则无定义",
    ),
    "hours_to_close_median": Metric(
        hours_median, "h", better="lower",
        en="Median time to close", zh="办结时长中位数",
        doc="median of the hours to close of the same tickets; undefined unless all are done",
        doc_zh="统计期内创建的工单（重复诉求、重复投诉与已放弃的除外）从创建到办理完成的时长的中位数；未全部办理完成"
            "则无定义",
    ),
    "hours_to_close_p90": Metric(
        hours_p90, "h", better="lower",
        en="Time to close, 90th percentile", zh="办结时长九成分位",
        doc="nine tenths of these tickets are done within so many hours; undefined unless all are done",
        doc_zh="统计期内创建的工单（重复诉求、重复投诉与已放弃的除外）中九成在此时长内办理完成；未全部办理完成则无定"
            "义",
    ),
    "share_within_24h": Metric(
        within_a_day, "1", better="higher",
        en="Closed within 24 h", zh="24小时内办结占比",
        doc="share done within 24 hours of creation of the tickets created in the window (no duplicates or "
            "re-complaints); those not done or given up count below",
        doc_zh="创建后24小时内办理完成的占比，分母为统计期内创建的工单（重复诉求与重复投诉除外），未办理完成与已放"
            "弃的计入分母",
    ),
    "on_time_share": Metric(
        on_time, "1", better="higher",
        en="Closed on time", zh="按时办结率",
        doc="share done within the limit of the class, of the same tickets; those not done or given up count "
            "below",
        doc_zh="在优先级办理时限内办理完成的占比，分母为统计期内创建的工单（重复诉求与重复投诉除外），未办理完成与已"
            "放弃的计入分母",
    ),
    "open_tickets_end": Metric(
        open_at_end, "1", better="lower",
        en="Open tickets at the end", zh="期末未结工单",
        doc="tickets not closed, merged or given up when the horizon is reached",
        doc_zh="统计期末尚未办结、合并或放弃的工单数",
    ),
    "given_up_share": Metric(
        given_up_share, "1", better="lower",
        en="Given up by their reporters", zh="放弃占比",
        doc="share given up by their reporters before anybody signed, of the tickets created in the window "
            "(no duplicates or re-complaints)",
        doc_zh="签收前被诉求人放弃的占比，分母为统计期内创建的工单（重复诉求与重复投诉除外）",
    ),
    "backlog_growth_per_day": Metric(
        backlog_growth, "1/day", better="lower",
        en="Growth of the backlog", zh="积压日增量",
        doc="open tickets at the end of the window's whole weeks less those at its start, by day; where it stays "
            "above 0 the desk cannot keep up, and every mean depends on the length of the run",
        doc_zh="统计期整周末与期初未结工单数之差除以天数；持续大于0说明服务台跟不上，各均值随运行长度而变",
    ),
    "paid_hours": Metric(
        paid_hours, "h", better="lower",
        en="Paid hours", zh="付薪工时",
        doc="rostered hours plus overtime in the window",
        doc_zh="统计期内的排班工时与加班工时之和",
    ),
    "overtime_hours": Metric(
        overtime_hours, "h", better="lower",
        en="Overtime", zh="加班工时",
        doc="hours worked outside the roster in the window",
        doc_zh="统计期内排班之外的工时",
    ),
    "utilisation": Metric(
        utilisation, "1", better=None,
        en="Utilisation", zh="工时利用率",
        doc="hours on the way and at work over paid hours, in the window",
        doc_zh="统计期内路程与办理的工时除以付薪工时",
    ),
    "dispatches_mean": Metric(
        dispatches, "1", better="lower",
        en="Dispatches per ticket", zh="平均派单次数",
        doc="dispatches of a ticket until the work is first done",
        doc_zh="统计期内创建、未经重办即办理完成的工单的平均派单次数（退单后再派计入）",
    ),
    "merged_share": Metric(
        merged_share, "1", better=None,
        en="Reports that were merged", zh="合并工单占比",
        doc="share of the window's reports that were merged into an earlier one",
        doc_zh="被合并的诉求数除以统计期内的全部诉求数",
    ),
    "reports_per_day": Metric(
        reports_per_day, "1/day", better=None,
        en="Reports", zh="日均诉求量",
        doc="reports a day in the window, duplicates and re-complaints included",
        doc_zh="统计期内的诉求数（含重复诉求与重复投诉）除以统计期天数",
    ),
}  # fmt: skip


@mechanism(
    phase=Phase.SERVE,
    params=DeskSettings,
    reads=[
        "tickets.created", "tickets.incident", "tickets.category", "tickets.channel", "tickets.priority",
        "tickets.grid", "tickets.x", "tickets.y", "tickets.again",
        "tickets.request", "tickets.reporter", "residents.grid", "residents.x", "residents.y", "residents.age",
        "residents.living_alone", "residents.mobility", "levers.theory",
    ],
    owns={
        **{f"tickets.{name}": Column(np.float64, "min", f"minute: {name}", start=np.nan) for name in STAMPS},
        "tickets.merged": Column(np.float64, "min", "minute: merged into another", start=np.nan),
        "tickets.abandoned": Column(np.float64, "min", "minute: given up by the reporter", start=np.nan),
        "tickets.merged_into": Column(np.int64, "1", "row of the ticket it was merged into, -1 if none", start=-1),
        "tickets.status": Column(np.int8, "1", "index into desk.layout.Status"),
        "tickets.hops": Column(np.int16, "1", "returns 退单 so far"),
        "tickets.attempts": Column(np.int16, "1", "times re-opened 重办"),
        "tickets.worker": Column(np.int32, "1", "who signed last, -1 if nobody", start=-1),
        "tickets.solved": Column(np.bool_, "1", "the last work truly solved the matter", start=False),
        "tickets.reached": Column(np.bool_, "1", "a call-back reached the reporter", start=False),
        "tickets.desk_class": Column(
            np.int8, "1", "class by which the desk served it, as rules decided; -1 before", start=-1, low=-1
        ),
        "tickets.severity": Column(
            np.int8, "1", "1 slight to 5 grave, as noted at intake; 0 before", low=0, high=5
        ),
        "tickets.overdue": Column(np.bool_, "1", "done after the limit of its class", start=False),
        "tickets.hands_on": Column(np.float64, "min", "working time for a worker of skill 1", start=np.nan),
        "workers.on_shift": Column(np.bool_, "1", "on duty at midnight", start=False),
        "workers.ticket": Column(np.int64, "1", "row of the ticket in hand at midnight, -1 if none", start=-1),
        "workers.busy": Column(np.float64, "min", "on the way and at work so far, in stretches that have ended"),
    },
    spawns=["stints"],
    metrics=METRICS,
    sources=["cooper1981", "larson1981"],
    start=open_desk,
)  # fmt: skip
def desk(world: View, p: DeskSettings, draw: Draw, effects: Effects) -> None:
    """Hand in the new reports, let the day pass, and write down what moved and who worked late."""
    office: Any = world.resource
    obey(world, p, office)
    hand_in(world, p, draw, office, effects)
    office.advance((world.day + 1) * DAY)
    write_down(office, effects)
    call_the_roll(len(world.workers), office, effects)
    book_overtime(world.day, office, draw, effects)


def obey(world: View, p: DeskSettings, office: DeskOfRun) -> None:
    """Follow the levers that rules have moved since yesterday, and the rule book of the day."""
    if p is not office.followed:
        office.follow(p)
        office.followed = p
    rules = world.instructions
    if rules is None:
        return
    today = world.clock.date(world.day)
    while office.taken_up + 1 < len(rules.epochs) and rules.epochs[office.taken_up + 1].start <= today:
        office.taken_up += 1
        office.take_up(rules.epochs[office.taken_up].book)


def facts_of(world: View, severity: Ints, new: slice) -> Floats:
    """What rules may know of new tickets and their reporters (n, columns), in the order of ``FACTS``."""
    reporter = world.tickets.reporter[new]
    known = (reporter >= 0) & (len(world.residents) > 0)
    facts = np.zeros((len(reporter), len(FACTS)))
    facts[:, FACTS.index("severity")] = severity
    who, residents = reporter[known], world.residents
    facts[known, FACTS.index("is_vulnerable")] = residents.mobility[who] > 0
    facts[known, FACTS.index("resident.age")] = residents.age[who]
    facts[known, FACTS.index("resident.lives_alone")] = residents.living_alone[who]
    return facts


def noted_severity(world: View, p: DeskSettings, draw: Draw, new: slice) -> Ints:
    """Severity 1 to 5 of new tickets as the call-taker notes it, the same for all reports of one matter."""
    shares = np.array(p.severity_shares)
    ends = np.cumsum(shares / shares.sum())
    luck = draw.uniform("severity", world.tickets.incident[new], 0)
    return 1 + np.minimum(np.searchsorted(ends, luck, side="right"), len(shares) - 1)


def hand_in(world: View, p: DeskSettings, draw: Draw, office: DeskOfRun, effects: Effects) -> None:
    """Feed the tickets that the desk has not seen."""
    tickets = world.tickets
    new = slice(len(office.orders), len(tickets))
    severity = noted_severity(world, p, draw, new)
    facts = facts_of(world, severity, new)
    if new.stop > new.start:
        effects.set("tickets", np.arange(new.start, new.stop), severity=severity)
    office.feed(
        key=tickets.key[new], created=tickets.created[new], incident=tickets.incident[new],
        category=tickets.category[new], priority=tickets.priority[new], channel=tickets.channel[new],
        grid=tickets.grid[new], x=tickets.x[new], y=tickets.y[new], again=tickets.again[new],
        request=tickets.request[new], ticket=np.arange(new.start, new.stop),
        facts=None if world.instructions is None else facts,
    )  # fmt: skip


def write_down(office: DeskOfRun, effects: Effects) -> None:
    """Copy the stamps and states of the orders that moved into their tickets."""
    orders = office.orders[office.moved()]
    rows = orders["ticket"].astype(np.int64)
    values = {name: orders[name] for name in STAMPS + STATES}
    values["attempts"], values["desk_class"] = values.pop("attempt"), orders["priority"]
    into = orders["merged_into"]
    values["merged_into"] = np.where(into >= 0, office.orders["ticket"][into], -1)
    for name, status in (("merged", Status.MERGED), ("abandoned", Status.ABANDONED)):
        values[name] = np.where(orders["status"] == status, orders["ended"], np.nan)
    effects.set("tickets", rows, **values)


def call_the_roll(enlisted: int, office: DeskOfRun, effects: Effects) -> None:
    """Write what the workers are doing at midnight; the world of an acceptance case has enlisted none."""
    posts = office.workers[:enlisted]
    ticket = np.where(posts["order"] >= 0, office.orders["ticket"][posts["order"]], -1) if len(office.orders) else -1
    effects.set("workers", None, on_shift=posts["on_shift"], ticket=ticket, busy=posts["busy"])


def book_overtime(day: int, office: DeskOfRun, draw: Draw, effects: Effects) -> None:
    """Note who worked outside the roster today, and how long; what passes midnight is the next day's."""
    minutes = office.new_overtime()
    late = np.flatnonzero(minutes > 0)
    if len(late):
        keys = draw.keys("stint", late.astype(np.uint64))
        effects.spawn(
            "stints", keys, day=day, team=office.workers["team"][late], worker=late, minutes=minutes[late]
        )  # fmt: skip
