"""Parking: cars that come, look for a space, find one or do not, by the hour of the day.

What it does    Households' cars (those that drive home in `traffic`) and office workers' cars arrive hour by hour, each
                side at its own spaces; a finished project of parking adds spaces to the residents'. Who
                finds all of its own taken may use spaces that owners of the other side share, in the hours in
                which they do. The fuller the spaces, the longer the search; who finds none gives up, and some
                of those park where they must not, which is a fault that can be reported.
Why             Two sides that need spaces at different hours need fewer together [erlang1917]; a space is
                found after 1 / (1 - occupancy) looks [shoup2006]. Owners who would share were 63 % of those
                asked [guilin_parking].
Leaves out      Prices, reservations, cruising on the streets of the map, a driver's memory of full hours, what
                owners are paid. Illegal parking is noticed from the next day on.
Ablation        sharing none, or consent_share 0: each side has its own spaces only. Two sides with the same
                hours gain no more than pooling.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.construction import finished_in
from twin.world.series import in_window, mean, share

SIDES = ("residents", "offices")
RESIDENTS, OFFICES = range(len(SIDES))
BLOCKED = -1
_HOUR_MINUTES = 60
_SIDE_KEYS = 1 << 48
_HOMECOMINGS = 1 << 10  # of a household in a day: more than there can be
_CATEGORY = _DOMAIN = "parking"
# Shares of a day's arrivals by hour, 0 to 23: home in the evening, at the office in the morning. Assumed.
_HOME_HOURS = (1, 1, 0, 0, 0, 0, 1, 2, 2, 2, 2, 4, 5, 3, 3, 4, 7, 14, 18, 13, 8, 5, 3, 2)
_OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 2, 10, 26, 22, 8, 4, 3, 8, 7, 4, 3, 2, 1, 0, 0, 0, 0, 0)
HoursOfDay = tuple[
    float, float, float, float, float, float, float, float, float, float, float, float,
    float, float, float, float, float, float, float, float, float, float, float, float,
]  # fmt: skip


@dataclass(frozen=True)
class Parking:
    """The ``parking:`` block: spaces, cars by hour, what owners share, and how long one looks."""

    followed: bool = param(
        False, "", source="the scenario's author", evidence="assumed", doc="parking is followed", zh="是否模拟停车"
    )
    resident_spaces: int = param(
        120,
        "1",
        0,
        100_000,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="spaces of the residents",
        zh="居民车位数",
        when="followed",
    )
    office_spaces: int = param(
        100,
        "1",
        0,
        100_000,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="spaces of the offices nearby",
        zh="周边单位车位数",
        when="followed",
    )
    homecomings_per_car_day: float = param(
        0.8,
        "1/day",
        0.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        doc="how often a household's car comes home in a day",
        zh="每车日均回家次数",
        when="followed",
    )
    office_cars_per_day: float = param(
        90.0,
        "1/day",
        0.0,
        100_000.0,
        source="scenario range",
        evidence="assumed",
        doc="cars that come to the offices on a working day",
        zh="单位日均到达车次",
        when="followed",
    )
    resident_hours: HoursOfDay = param(
        _HOME_HOURS,
        "1",
        0.0,
        1000.0,
        source="scenario range",
        evidence="assumed",
        doc="weights of the hours 0 to 23 at which cars come home",
        zh="居民车辆到达的小时权重",
        when="followed",
    )
    office_hours: HoursOfDay = param(
        _OFFICE_HOURS,
        "1",
        0.0,
        1000.0,
        source="scenario range",
        evidence="assumed",
        doc="weights of the hours 0 to 23 at which cars come to the offices",
        zh="单位车辆到达的小时权重",
        when="followed",
    )
    resident_stay_hours: float = param(
        11.0,
        "h",
        0.05,
        240.0,
        source="scenario range",
        evidence="assumed",
        doc="mean stay of a resident's car, exponential",
        zh="居民车辆平均停放时长",
        when="followed",
    )
    office_stay_hours: float = param(
        7.0,
        "h",
        0.05,
        240.0,
        source="scenario range",
        evidence="assumed",
        doc="mean stay of an office car, exponential",
        zh="单位车辆平均停放时长",
        when="followed",
    )
    office_closed_weekends: bool = param(
        True,
        "",
        source="scenario range",
        evidence="assumed",
        doc="offices have cars on working days only",
        zh="单位仅工作日有车",
        when="followed",
    )
    sharing: str = param(
        "none",
        "",
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        choices=("none", "offices", "both"),
        doc="which side lets the other use its spaces",
        zh="共享方式：无、单位向居民开放、双向",
        when="followed",
    )
    consent_share: float = param(
        0.63,
        "1",
        0.0,
        1.0,
        source="guilin_parking",
        evidence="published",
        doc="spaces whose owner agrees to share",
        zh="同意共享的车位占比",
        when="followed",
    )
    offices_share_hours: tuple[float, float] = param(
        (18.0, 8.0),
        "h",
        0.0,
        24.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="from and until when office spaces are open to residents; twice the same is always",
        zh="单位车位向居民开放时段",
        when="followed",
    )
    residents_share_hours: tuple[float, float] = param(
        (8.0, 18.0),
        "h",
        0.0,
        24.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="the same of residents' spaces, for office cars",
        zh="居民车位向单位开放时段",
        when="followed",
    )
    look_minutes: float = param(
        0.15,
        "min",
        0.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        doc="time to look at one space",
        zh="查看一个车位的用时",
        when="followed",
    )
    give_up_minutes: float = param(
        10.0,
        "min",
        0.0,
        120.0,
        source="scenario range",
        evidence="assumed",
        doc="longest search, and that of those who find nothing",
        zh="最长找位时间",
        when="followed",
    )
    project_spaces: float = param(
        100.0,
        "1",
        0.0,
        10_000.0,
        source="scenario range",
        evidence="assumed",
        doc="spaces that a project of parking adds if all that was promised is delivered",
        zh="每个停车工程新增车位数",
        when="followed",
    )
    illegal_share: float = param(
        0.3,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="of those who find nothing, park where they must not",
        zh="违停占比",
        when="followed",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def search_minutes(world: World) -> float | None:
    """Mean search of all cars of the window."""
    return mean(world.stays.search_minutes[in_window(world, world.stays.arrived)])


def blocked_arrivals_share(world: World) -> float | None:
    """Cars that found no space."""
    return share(world.stays.lot[in_window(world, world.stays.arrived)] == BLOCKED)


def blocked_residents_share(world: World) -> float | None:
    """Residents' cars that found no space."""
    stays = world.stays
    ours = in_window(world, stays.arrived) & (stays.side == RESIDENTS)
    return share(stays.lot[ours] == BLOCKED)


def parking_spaces(world: World) -> float | None:
    """Spaces of the residents at the end."""
    p: Any = world.levers["parking"]
    return float(spaces_of(world, p)[RESIDENTS]) if p.followed else None


def spaces_of(world: Any, p: Parking) -> tuple[int, int]:
    """Return the spaces of both sides, those that finished projects have added counted."""
    built = np.rint(p.project_spaces * world.projects.quality[finished_in(world, _DOMAIN)]).sum()
    return p.resident_spaces + int(built), p.office_spaces


# -- arrivals ------------------------------------------------------------------------------------------------


class Cars(NamedTuple):
    """Cars that come today, in the order of their arrival: side, minutes of the run, luck of the search, key."""

    side: Ints
    arrived: Floats
    until: Floats
    luck: Floats
    key: Keys


def cars_today(world: Any, p: Parking, draw: Draw) -> Cars:
    """Return the cars of both sides; each is the same in every arm."""
    at_work = world.clock.is_workday(world.day) or not p.office_closed_weekends
    key = np.concatenate([homecomings(world, p, draw), office_cars(p.office_cars_per_day * at_work, draw)])
    side = (key >= np.uint64(_SIDE_KEYS)).astype(np.int64)
    hour = np.where(side == RESIDENTS, hour_of(p.resident_hours, draw, key), hour_of(p.office_hours, draw, key))
    stay = np.where(side == RESIDENTS, p.resident_stay_hours, p.office_stay_hours)
    arrived = world.day * DAY_MINUTES + (hour + draw.uniform("minute", key)) * _HOUR_MINUTES
    until = arrived + draw.exponential("stay", stay, key) * _HOUR_MINUTES
    order = np.lexsort((key, arrived))
    return Cars(side[order], arrived[order], until[order], draw.uniform("look", key)[order], key[order])


def homecomings(world: Any, p: Parking, draw: Draw) -> Keys:
    """Return a key for each time that a car of a household comes home today."""
    households = world.households
    counts = draw.poisson("cars", p.homecomings_per_car_day * households.cars.astype(np.float64), households.key)
    home = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(home)) - (np.cumsum(counts) - counts)[home]
    keys: Keys = households.key[home] * np.uint64(_HOMECOMINGS) + number.astype(np.uint64)
    return keys


def office_cars(expected: float, draw: Draw) -> Keys:
    """Return a key for each car that comes to the offices today."""
    count = int(draw.poisson("office_cars", expected, np.zeros(1, np.uint64))[0])
    return np.arange(count, dtype=np.uint64) + np.uint64(_SIDE_KEYS)


def hour_of(weights: tuple[float, ...], draw: Draw, key: Keys) -> Ints:
    """Return the hour of each arrival."""
    known = np.asarray(weights, np.float64)
    return draw.choice("hour", known if known.any() else np.ones(len(known)), key)


# -- spaces --------------------------------------------------------------------------------------------------


class Lots:
    """The spaces of both sides, who stands on them, and what is shared when."""

    def __init__(
        self, p: Parking, spaces: tuple[int, int], shared: tuple[int, int], present: list[tuple[float, int, int]]
    ) -> None:
        self.p, self.spaces, self.shared = p, spaces, shared
        self.leaving = present
        heapq.heapify(self.leaving)
        self.taken = [0, 0]
        self.guests = [0, 0]
        for _, side, lot in present:
            self._count(side, lot, 1)

    def _count(self, side: int, lot: int, more: int) -> None:
        self.taken[lot] += more
        self.guests[lot] += more * (side != lot)

    def free_at(self, minute: float, side: int) -> tuple[int, int]:
        """Let cars leave until a minute; return the free spaces of one's own, and those of the other side."""
        while self.leaving and self.leaving[0][0] <= minute:
            self._count(*heapq.heappop(self.leaving)[1:], -1)
        other = 1 - side
        room = min(self.shared[other] - self.guests[other], self.spaces[other] - self.taken[other])
        open_now = is_open(self.p, other, minute)
        return max(self.spaces[side] - self.taken[side], 0), max(room, 0) * open_now

    def park(self, side: int, arrived: float, until: float, luck: float) -> tuple[int, float]:
        """Let a car look for a space: return its lot (-1: none) and the minutes of its search."""
        own, other = self.free_at(arrived, side)
        spaces = self.spaces[side] + self.shared[1 - side] * is_open(self.p, 1 - side, arrived)
        if not own + other:
            return BLOCKED, self.p.give_up_minutes
        lot = side if own else 1 - side
        heapq.heappush(self.leaving, (until, side, lot))
        self._count(side, lot, 1)
        looks = looks_of(1 - (own + other) / spaces, luck)
        return lot, min(min(looks, spaces) * self.p.look_minutes, self.p.give_up_minutes)


def is_open(p: Parking, lot: int, minute: float) -> bool:
    """Tell whether a side's spaces are open to the other side."""
    if p.sharing == "none" or (p.sharing == "offices" and lot == RESIDENTS):
        return False
    start, end = p.offices_share_hours if lot == OFFICES else p.residents_share_hours
    hour = minute % DAY_MINUTES / _HOUR_MINUTES
    return start <= hour < end if start < end else not end <= hour < start


def looks_of(occupied: float, luck: float) -> float:
    """Return how many spaces one looks at until one is free, 1 / (1 - occupied) on average."""
    return 1.0 if occupied <= 0 else 1.0 + math.floor(math.log(luck) / math.log(occupied))


def shared_spaces(p: Parking, spaces: tuple[int, int], draw: Draw) -> tuple[int, int]:
    """Return how many spaces of each side have an owner who agrees to share."""
    counts = []
    for side, there in enumerate(spaces):
        keys = np.arange(there, dtype=np.uint64) + np.uint64(side * _SIDE_KEYS)
        counts.append(int(draw.happens("consent", p.consent_share, keys, 0).sum()))
    return counts[RESIDENTS], counts[OFFICES]


# -- the mechanism -------------------------------------------------------------------------------------------


@mechanism(
    phase=Phase.ARRIVE,
    params=Parking,
    reads=[
        "households.cars", "stays.side", "stays.lot", "stays.until", "places.grid", "places.x", "places.y",
        "projects.work", "projects.finished", "projects.quality", "levers.plans.catalogue",
    ],
    owns={
        "stays.search_minutes": Column(np.float64, "min", "how long the driver looked for a space", low=0.0),
    },
    spawns=["stays", "incidents"],
    metrics={
        "search_minutes": Metric(
            search_minutes, "min", better="lower", en="Mean search for a space", zh="平均找位时间",
            doc="mean time that cars of the window looked for a space, those that found none counted with their "
                "patience",
            doc_zh="统计期内到达车辆的平均找位时间，未找到车位者按放弃前的时间计",
        ),
        "blocked_arrivals_share": Metric(
            blocked_arrivals_share, "1", better="lower", en="Cars that found no space", zh="找不到车位的占比",
            doc="cars that found no space / cars that came in the window",
            doc_zh="未找到车位的车次 ÷ 统计期内到达车次",
        ),
        "blocked_residents_share": Metric(
            blocked_residents_share, "1", better="lower", en="Residents' cars that found no space",
            zh="居民找不到车位的占比",
            doc="residents' cars that found no space / residents' cars that came in the window",
            doc_zh="居民未找到车位的车次 ÷ 统计期内居民到达车次",
        ),
        "parking_spaces": Metric(
            parking_spaces, "1", better="higher", en="Spaces of the residents", zh="居民车位数",
            doc="spaces of the residents at the end, those added by finished projects counted",
            doc_zh="期末居民车位数，含已完工停车工程新增的车位",
        ),
    },
    sources=["erlang1917", "shoup2006", "guilin_parking"],
)  # fmt: skip
def parking(world: View, p: Parking, draw: Draw, effects: Effects) -> None:
    """Let the day's cars arrive, look, stay and leave."""
    if not p.followed:
        return
    stays = world.stays
    here = np.flatnonzero((stays.until > world.day * DAY_MINUTES) & (stays.lot != BLOCKED))
    present = list(zip(stays.until[here].tolist(), stays.side[here].tolist(), stays.lot[here].tolist(), strict=True))
    spaces = spaces_of(world, p)
    lots, cars = Lots(p, spaces, shared_spaces(p, spaces, draw), present), cars_today(world, p, draw)
    found = [lots.park(*car) for car in zip(*(one.tolist() for one in cars[:4]), strict=True)]
    if not found:
        return
    lot, search = np.array(found).T
    effects.spawn(
        "stays", draw.keys("car", cars.key), side=cars.side, lot=lot.astype(np.int64), arrived=cars.arrived,
        until=np.where(lot == BLOCKED, cars.arrived, cars.until), search_minutes=search,
    )  # fmt: skip
    park_illegally(world, p, draw, effects, cars, lot)


def park_illegally(world: Any, p: Parking, draw: Draw, effects: Effects, cars: Cars, lot: Floats) -> None:
    """Spawn a fault for each car that found no space and stands where it must not, until it leaves."""
    if _CATEGORY not in world.categories or not len(world.places):
        return
    illegal = (lot == BLOCKED) & draw.happens("illegal", p.illegal_share, cars.key)
    key = cars.key[illegal]
    place = draw.choice("place", np.ones(len(world.places)), key)
    effects.spawn(
        "incidents", draw.keys("illegal", key), began=cars.arrived[illegal], until=cars.until[illegal],
        category=world.categories.index(_CATEGORY), place=place, grid=world.places.grid[place],
        x=world.places.x[place], y=world.places.y[place],
    )  # fmt: skip
