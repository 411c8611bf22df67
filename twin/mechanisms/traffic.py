"""Traffic: what a plan for the streets does to travel, noise and green.

What it does    In the evening peak hour residents drive the cars of their households (those of `parking`) home from
                the edge of the map and walk the rest; others drive through. Everybody takes the way that is
                quickest, given all others; beside it stands what would be best for all together. Flows make noise
                at homes, the less the slower they are. From the first day that is measured a plan closes, calms
                or widens streets, which is booked; what is closed becomes green in part. Works on pipes take room
                on the street before the house. Whoever has no way leaves the car outside and walks, and is charged
                time for it, as is through traffic that has to turn back. All is found anew when the plan or the
                works change.
Why             Drivers' choices interact: closing a street may make all quicker or slower [braess1968,
                wardrop1952, bpr1964], and quiet for some is noise for others [crtn1988]. Plans made equal
                differ by exactly nothing, since all arms share who drives where.
Leaves out      That fewer or more people drive because of a plan, junctions and signals, walking and cycling, other
                hours, lorries, screening by buildings, building time of a plan, what it costs to take it back.
Ablation        no street closed, calmed or widened: all plans are the same. congestion 0: flows slow nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.errors import InputError
from twin.world.assignment import Links, Ways, equilibrium, optimum, shortest
from twin.world.cars import drivers_of
from twin.world.construction import of_domain, on_site
from twin.world.ledger import STREETS, booked_yuan, to_fen
from twin.world.noise import exposure, level_db
from twin.world.places.build import Places
from twin.world.roads import away_from_pieces, lattice, roads_of
from twin.world.series import mean, ratio, share

_METRES = 1000.0
_HOUR_MINUTES = 60
_MOMENT = 1e-9  # [min], on pieces of no length
_BOTH_WAYS = 2
_GAP = 1e-4
_MILLION = 1e6
_DOMAIN = "pipes"
_NEAREST = 1e-6  # km: both directions of a piece are as near
_ONE = np.zeros(1, np.uint64)
PLANS = ("closed", "calmed", "widened")


@dataclass(frozen=True)
class Traffic:
    """The ``traffic:`` block: how much traffic there is, the plan for the streets, and how it is judged."""

    followed: bool = param(
        False,
        "",
        source="the scenario's author",
        evidence="assumed",
        doc="traffic is followed, on the streets of the map, or around square blocks where there is none",
        zh="是否模拟交通（无地图时按方格街区）",
    )
    through_per_hour: float = param(
        1500.0,
        "1/h",
        0.0,
        20_000.0,
        source="scenario range",
        evidence="assumed",
        doc="cars that drive through in the peak hour, between all gates together",
        zh="高峰小时过境车辆",
        when="followed",
    )
    peak_share: float = param(
        0.15,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="of the households' cars, are driven home in the peak hour",
        zh="家庭汽车中高峰小时开回家的占比",
        when="followed",
    )
    congestion: float = param(
        0.15,
        "1",
        0.0,
        2.0,
        source="bpr1964",
        evidence="published",
        doc="by how much the time on a street grows where the flow is the capacity",
        zh="拥堵系数",
        when="followed",
    )
    capacity_per_hour: tuple[float, float, float] = param(
        (1400.0, 700.0, 300.0),
        "1/h",
        10.0,
        10_000.0,
        source="scenario range",
        evidence="assumed",
        doc="cars an hour and direction of main, side and access streets",
        zh="主路、支路、巷道的单向通行能力",
        when="followed",
    )
    speed_kmh: tuple[float, float, float] = param(
        (45.0, 30.0, 15.0),
        "km/h",
        1.0,
        120.0,
        source="scenario range",
        evidence="assumed",
        doc="speed without traffic on main, side and access streets",
        zh="主路、支路、巷道的自由流车速",
        when="followed",
    )
    closed: tuple[int, ...] = param(
        (),
        "1",
        0,
        1_000_000,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="streets closed to cars, by their number on the map, from 0",
        zh="禁止机动车通行的道路编号",
        when="followed",
    )
    calmed: tuple[int, ...] = param(
        (),
        "1",
        0,
        1_000_000,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="streets made slow, by their number",
        zh="降速改造的道路编号",
        when="followed",
    )
    widened: tuple[int, ...] = param(
        (),
        "1",
        0,
        1_000_000,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="streets made wider, by their number",
        zh="拓宽的道路编号",
        when="followed",
    )
    calmed_speed: float = param(
        0.5,
        "1",
        0.1,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="speed and capacity of a calmed street over what they were",
        zh="降速后的车速比",
        when="followed",
    )
    widened_capacity: float = param(
        1.6,
        "1",
        1.0,
        3.0,
        source="scenario range",
        evidence="assumed",
        doc="capacity of a widened street over what it was",
        zh="拓宽后的通行能力比",
        when="followed",
    )
    dug_speed: float = param(
        0.5,
        "1",
        0.1,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="speed and capacity of a street with works on pipes over what they were",
        zh="管线施工路段的车速与通行能力比",
        when="followed",
    )
    cut_off_minutes: float = param(
        20.0,
        "min",
        0.0,
        240.0,
        source="scenario range",
        evidence="assumed",
        doc="time that is charged where no way leads: to leave the car outside, before walking; to turn back and go "
        "round, of through traffic",
        zh="无路可达者计入的额外时间",
        when="followed",
    )
    walk_kmh: float = param(
        4.5,
        "km/h",
        1.0,
        8.0,
        source="scenario range",
        evidence="assumed",
        doc="walking from where the car stops to the door, as the crow flies",
        zh="从停车处步行到家的速度",
        when="followed",
    )
    background_db: float = param(
        45.0,
        "dB",
        0.0,
        80.0,
        source="scenario range",
        evidence="assumed",
        doc="level where no car is heard",
        zh="背景声级",
        when="followed",
    )
    green_m2: float = param(
        10_000.0,
        "m2",
        0.0,
        1e7,
        source="scenario range",
        evidence="assumed",
        doc="green that is there already",
        zh="现有绿地面积",
        when="followed",
    )
    street_metres: float = param(
        9.0,
        "m",
        2.0,
        60.0,
        source="scenario range",
        evidence="assumed",
        doc="width of a street that is closed",
        zh="封闭道路的宽度",
        when="followed",
    )
    closed_green_share: float = param(
        0.6,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="share of a closed street that becomes green",
        zh="封闭道路转为绿地的比例",
        when="followed",
    )
    yuan_a_metre: tuple[float, float, float] = param(
        (1500.0, 500.0, 6000.0),
        "yuan/m",
        0.0,
        100_000.0,
        source="scenario range",
        evidence="assumed",
        doc="cost of closing, calming and widening",
        zh="封闭、降速、拓宽每米造价",
        when="followed",
    )
    score_weights: tuple[float, float, float, float] = param(
        (10.0, 3.0, 5.0, 4.0),
        "1",
        0.0,
        1000.0,
        source="the scenario's author",
        evidence="assumed",
        doc="points that a minute, a dB(A), a square metre of green a resident and a million yuan count; to be asked "
        "of the residents",
        zh="综合评分权重：分钟、分贝、人均绿地、百万元",
        when="followed",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def _followed(world: World) -> bool:
    return world.levers["traffic"].followed and bool(len(world.roads))  # type: ignore[attr-defined]


def travel_minutes(world: World) -> float | None:
    """Mean time of the residents' way home."""
    minutes = world.residents.trip_minutes
    return mean(minutes[~np.isnan(minutes)].astype(np.float64)) if _followed(world) else None


def cut_off_share(world: World) -> float | None:
    """Drivers to whose home no way leads from where they come."""
    residents = world.residents
    return share(residents.cut_off[residents.drives_home]) if _followed(world) else None


def through_cut_off_share(world: World) -> float | None:
    """Through traffic that has to turn back."""
    wanted = world.levers["traffic"].through_per_hour  # type: ignore[attr-defined]
    return ratio(world.roads.turned_back_per_hour.sum(), wanted) if _followed(world) else None


def price_of_anarchy(world: World) -> float | None:
    """Time on the roads over the least that it could be."""
    if not _followed(world):
        return None
    p: Any = world.levers["traffic"]
    links, rows = links_of(world.roads, present(world.roads), p)
    flow, best = world.roads.flow_per_hour[rows], world.roads.best_flow_per_hour[rows]
    return ratio(float(flow @ links.times(flow)), float(best @ links.times(best)))


def noise_db_mean(world: World) -> float | None:
    """Mean level at the residents' homes."""
    return mean(world.residents.noise_db.astype(np.float64)) if _followed(world) else None


def green_m2_per_resident(world: World) -> float | None:
    """Green of the plan and before it, over residents."""
    if not _followed(world):
        return None
    p: Any = world.levers["traffic"]
    closed = _metres_of(world, world.roads.closed)
    return ratio(p.green_m2 + closed * p.street_metres * p.closed_green_share, len(world.residents))


def street_plan_cost_yuan(world: World) -> float | None:
    """Booked for changing streets in the window."""
    return booked_yuan(world, [STREETS]) if _followed(world) else None


def street_plan_score(world: World) -> float | None:
    """Points of the plan: green counts for it, travel, noise and cost against it."""
    values = [metric(world) for metric in (travel_minutes, noise_db_mean, green_m2_per_resident, street_plan_cost_yuan)]
    if any(value is None for value in values):
        return None
    p: Any = world.levers["traffic"]
    values[0] += (through_cut_off_share(world) or 0.0) * p.cut_off_minutes
    signs = (-1.0, -1.0, 1.0, -1.0 / _MILLION)
    return float(np.dot(np.multiply(p.score_weights, signs), np.array(values, np.float64)))


def _metres_of(world: Any, pieces: Flags) -> float:
    """Return the metres of street of these pieces, which come once for each direction."""
    return float(world.roads.metres[pieces].sum()) / _BOTH_WAYS


# -- the mechanism -------------------------------------------------------------------------------------------


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Traffic,
    reads=[
        "roads.street", "roads.start", "roads.end", "roads.x", "roads.y", "roads.end_x", "roads.end_y",
        "roads.metres", "roads.rank", "roads.gate", "residents.age", "residents.household", "households.cars",
        "buildings.x", "buildings.y", "residents.x", "residents.y", "projects.work", "projects.building",
        "projects.started", "projects.finished", "projects.stopped_until", "levers.plans.catalogue",
    ],
    owns={
        "roads.flow_per_hour": Column(np.float64, "1/h", "cars in the evening peak", low=0.0),
        "roads.minutes": Column(np.float64, "min", "time on it in the evening peak; inf where it is closed", low=0.0),
        "roads.best_flow_per_hour": Column(
            np.float64, "1/h", "cars if all together lost least time", low=0.0
        ),
        "roads.turned_back_per_hour": Column(
            np.float64, "1/h", "cars that would come in by this gate to drive through, and cannot", low=0.0
        ),
        "roads.closed": Column(np.bool_, "1", "closed to cars by a plan", start=False),
        "roads.calmed": Column(np.bool_, "1", "made slow by a plan", start=False),
        "roads.widened": Column(np.bool_, "1", "made wider by a plan", start=False),
        "roads.dug": Column(np.bool_, "1", "works on pipes take room on it", start=False),
        "residents.drives_home": Column(np.bool_, "1", "drives home in the evening peak", start=False),
        "residents.cut_off": Column(np.bool_, "1", "drives home, and no way leads there", start=False),
        "residents.trip_minutes": Column(np.float32, "min", "door to door in the peak; NaN: none", start=np.nan),
        "residents.noise_db": Column(np.float32, "dB", "level of traffic at home in the peak; 0: not followed"),
    },
    spawns=["roads", "postings"],
    metrics={
        "travel_minutes": Metric(
            travel_minutes, "min", better="lower", en="Mean way home by car", zh="平均开车回家时间", daily=True,
            doc="mean time from the edge of the map to the door, residents who drive home in the evening peak of the "
                "last day; who is cut off walks from there, and traffic.cut_off_minutes is charged",
            doc_zh="最后一日晚高峰开车回家的居民从地图边缘到家的平均时间；无路可达者从边缘步行，"
                "另计 traffic.cut_off_minutes",
        ),
        "cut_off_share": Metric(
            cut_off_share, "1", better="lower", en="Drivers cut off from their home", zh="开车无法到家的占比",
            doc="residents who would drive home and to whose home no way leads / residents who would drive home",
            doc_zh="无路可达的开车回家居民 ÷ 全部开车回家居民",
        ),
        "through_cut_off_share": Metric(
            through_cut_off_share, "1", better="lower", en="Through traffic that has to turn back",
            zh="无法穿行的过境车辆占比",
            doc="through traffic that finds no way to where it leaves / through traffic",
            doc_zh="找不到通路的过境车辆 ÷ 全部过境车辆",
        ),
        "price_of_anarchy": Metric(
            price_of_anarchy, "1", better="lower", en="Price of anarchy", zh="无序代价",
            doc="time of all cars in the peak hour, each taking its own quickest way, over the least that it could be",
            doc_zh="晚高峰各走各的最快路线时全部车辆的总时间 ÷ 可能的最小总时间",
        ),
        "noise_db_mean": Metric(
            noise_db_mean, "dB", better="lower", en="Mean traffic noise at home", zh="住处平均交通噪声", daily=True,
            margin=1.0,
            doc="mean over residents of the level at home in the evening peak hour of the last day, background counted,"
                " in dB(A)",
            doc_zh="全体居民住处最后一日晚高峰小时声级（含背景）的平均值，dB(A)",
        ),
        "green_m2_per_resident": Metric(
            green_m2_per_resident, "m2", better="higher", en="Green by resident", zh="人均绿地面积",
            doc="green that is there and green on closed streets, over residents",
            doc_zh="（现有绿地 + 封闭道路转成的绿地）÷ 居民数",
        ),
        "street_plan_cost_yuan": Metric(
            street_plan_cost_yuan, "yuan", better="lower", en="Cost of the plan for the streets", zh="道路方案造价",
            doc="what was booked in the window: metres closed, calmed and widened, each times its cost",
            doc_zh="统计期内入账的费用：封闭、降速、拓宽的长度分别乘以每米造价之和",
        ),
        "street_plan_score": Metric(
            street_plan_score, "1", better="higher", en="Points of the plan for the streets", zh="道路方案综合评分",
            doc="green less travel, noise and cost, each times its weight in traffic.score_weights; travel is the mean "
                "way home and, for through traffic that turns back, its share times traffic.cut_off_minutes; only "
                "differences between plans mean anything",
            doc_zh="绿地得分减去出行、噪声、造价扣分，权重见 traffic.score_weights；出行含无法穿行的过境车辆占比乘以"
                "traffic.cut_off_minutes；只有方案间的差值有意义",
        ),
    },
    sources=["braess1968", "wardrop1952", "bpr1964", "crtn1988"],
)  # fmt: skip
def traffic(world: View, p: Traffic, draw: Draw, effects: Effects) -> None:
    """Lay out the roads (in ARRIVE of the first day) and let the evening peak find its ways (in RESPOND)."""
    if not p.followed or world.running_on:
        return
    if world.phase is Phase.RESPOND:
        if len(world.roads):
            follow(world, p, draw, effects)
    elif world.day == 0:
        lay_out(world, draw, effects)


def lay_out(world: View, draw: Draw, effects: Effects) -> None:
    """Spawn the roads of the map."""
    if len(world.roads):
        return
    ground, buildings = world.ground, world.buildings
    roads = roads_of(ground) if isinstance(ground, Places) else lattice(buildings.x, buildings.y)
    start, end = roads.start_xy / _METRES, roads.end_xy / _METRES
    effects.spawn(
        "roads", draw.keys("road", np.arange(len(roads.street), dtype=np.uint64)),
        street=roads.street, start=roads.start, end=roads.end, x=start[:, 0], y=start[:, 1], end_x=end[:, 0],
        end_y=end[:, 1], metres=roads.metres, rank=roads.rank, gate=roads.gate,
    )  # fmt: skip


def refuse_unknown(world: Any, p: Traffic) -> None:
    """Raise InputError where the plan names a street that the map has not or cars cannot use, or one for two things."""
    known = set(world.roads.street.tolist())
    for name in PLANS:
        unknown = sorted(set(getattr(p, name)) - known)
        if unknown:
            raise InputError.of("M370", name=name, streets=unknown, known=sorted(known))
    twice = sorted(set(p.closed) & {*p.calmed, *p.widened})
    if twice:
        raise InputError.of("M371", street=twice[0])


class Streets(NamedTuple):
    """What is done to each piece of road (pieces,)."""

    closed: Flags
    calmed: Flags
    widened: Flags
    dug: Flags


def present(roads: Any) -> Streets:
    """Return what is done to the roads."""
    return Streets(*(getattr(roads, name) for name in Streets._fields))


def to_be(world: Any, p: Traffic) -> Streets:
    """Return what is to be done to them today: the plan, from the first day that is measured, and works."""
    planned = world.day >= world.warm_up_days
    closed, calmed, widened = (np.isin(world.roads.street, getattr(p, name)) & planned for name in PLANS)
    return Streets(closed, calmed, widened, dug_up(world))


def dug_up(world: Any) -> Flags:
    """Tell on which pieces works take room: the nearest ones to a building whose pipes are being worked on."""
    roads = world.roads
    dug = np.zeros(len(roads), np.bool_)
    if len(world.projects):
        start, end = np.stack([roads.x, roads.y], axis=1), np.stack([roads.end_x, roads.end_y], axis=1)
        sites = world.projects.building[on_site(world) & of_domain(world, _DOMAIN)]
        for building in np.unique(sites[sites >= 0]).tolist():
            away = away_from_pieces(float(world.buildings.x[building]), float(world.buildings.y[building]), start, end)
            dug |= away <= away.min() + _NEAREST
    return dug


def follow(world: Any, p: Traffic, draw: Draw, effects: Effects) -> None:
    """Where anything has changed, book what it costs and let traffic find its ways anew."""
    before, streets = present(world.roads), to_be(world, p)
    if world.day and all(np.array_equal(one, other) for one, other in zip(before, streets, strict=True)):
        return
    refuse_unknown(world, p)
    effects.set("roads", None, **streets._asdict())
    for name, price in zip(PLANS, p.yuan_a_metre, strict=True):
        fen = to_fen(_metres_of(world, getattr(streets, name) & ~getattr(before, name)) * price)
        if fen:
            effects.spawn("postings", draw.keys(name, _ONE), day=world.day, account=STREETS, fen=fen)
    drive(world, p, streets, draw, effects)


def links_of(roads: Any, streets: Streets, p: Traffic) -> tuple[Links, Ints]:
    """Return the links that are open, with times in minutes, and their rows."""
    rows = np.flatnonzero(~streets.closed)
    rank = roads.rank[rows]
    slowed = np.where(streets.calmed[rows], p.calmed_speed, 1.0) * np.where(streets.dug[rows], p.dug_speed, 1.0)
    speed = np.asarray(p.speed_kmh)[rank] * slowed
    wider = np.where(streets.widened[rows], p.widened_capacity, 1.0)
    capacity = np.asarray(p.capacity_per_hour)[rank] * slowed * wider
    minutes = roads.metres[rows] / _METRES / speed * _HOUR_MINUTES
    start, end = roads.start[rows].astype(np.int64), roads.end[rows].astype(np.int64)
    return Links.bpr(start, end, minutes, capacity, p.congestion), rows


def drive(world: Any, p: Traffic, streets: Streets, draw: Draw, effects: Effects) -> None:
    """Find the equilibrium of the peak hour and tell roads and residents."""
    roads = world.roads
    links, rows = links_of(roads, streets, p)
    gates = np.unique(roads.start[rows][roads.gate[rows]]).astype(np.int64)
    drives = draw.happens("drives", p.peak_share, world.residents.key, 0) & drivers_of(world)
    gate, home, walk_km = homeward(world, draw, links, gates, drives)
    demand = wanted(p, links, gates, gate, home)
    found = equilibrium(links, gates, demand, _GAP)
    cost = shortest(links, found.time, gates).cost if len(gates) else np.empty((0, 0))
    by_car = cost[gate, home] if len(gate) else np.full(len(walk_km), np.inf)
    there = np.isfinite(by_car)
    minutes = np.where(there, by_car, p.cut_off_minutes)
    minutes += np.where(there, walk_km, kilometres_on_foot(world, draw, drives)) / p.walk_kmh * _HOUR_MINUTES
    flow, best, time = np.zeros(len(roads)), np.zeros(len(roads)), np.full(len(roads), np.inf)
    flow[rows], time[rows] = found.flow, found.time
    best[rows] = optimum(links, gates, demand, _GAP).flow
    effects.set("roads", None, flow_per_hour=flow, best_flow_per_hour=best, minutes=time,
                turned_back_per_hour=turned_back(roads, p, gates, cost))  # fmt: skip
    effects.set("residents", None, drives_home=drives, noise_db=heard(world, p, flow, time).astype(np.float32))
    effects.set("residents", drives, cut_off=~there, trip_minutes=minutes.astype(np.float32))


def turned_back(roads: Any, p: Traffic, gates: Ints, cost: Floats) -> Floats:
    """Return by gate how much through traffic finds no way to another one (pieces,), told at the gate's first piece."""
    known, first = np.unique(roads.start[roads.gate], return_index=True)
    lost = np.zeros(len(roads))
    rows = np.flatnonzero(roads.gate)[first]
    if len(gates) < _BOTH_WAYS:
        lost[rows] = p.through_per_hour / max(len(known), 1)
        return lost
    away = np.isinf(cost[:, gates]).sum(axis=1)
    lost[rows[np.searchsorted(known, gates)]] = away * p.through_per_hour / (len(gates) * (len(gates) - 1))
    return lost


def kilometres_on_foot(world: Any, draw: Draw, drives: Flags) -> Floats:
    """Return how far each driver's door is, as the crow flies, from the gate by which the driver would come [km]."""
    residents, roads = world.residents, world.roads
    known, first = np.unique(roads.start[roads.gate], return_index=True)
    if not len(known):
        return np.zeros(np.count_nonzero(drives))
    gate = draw.choice("gate", np.ones(len(known)), residents.key[drives], 0)
    row = np.flatnonzero(roads.gate)[first][gate]
    away: Floats = np.hypot(roads.x[row] - residents.x[drives], roads.y[row] - residents.y[drives])
    return away


def homeward(world: Any, draw: Draw, links: Links, gates: Ints, drives: Flags) -> tuple[Ints, Ints, Floats]:
    """Return for each driver the gate, as an index into `gates`, the open junction nearest to the home, and its way."""
    if not drives.any() or not len(gates):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.zeros(np.count_nonzero(drives))
    residents, roads = world.residents, world.roads
    gate = entered(draw, np.unique(roads.start[roads.gate]), gates, residents.key[drives])
    near, xy = np.full(links.nodes, np.inf), np.zeros((links.nodes, 2))
    open_ends = np.unique(links.start)
    there = np.asarray(np.isfinite(reached(links, gates).cost).any(axis=0))[open_ends]
    near[open_ends[there]] = 0.0
    known = roads.start < links.nodes
    xy[roads.start[known]] = np.stack([roads.x, roads.y], axis=1)[known]
    doors = np.stack([residents.x, residents.y], axis=1)[np.flatnonzero(drives)]
    at_home, building = np.unique(doors, axis=0, return_inverse=True)
    away = ((at_home[:, None] - xy) ** 2).sum(axis=2) + near
    return gate, away.argmin(axis=1)[building.ravel()], np.sqrt(away.min(axis=1))[building.ravel()]


def entered(draw: Draw, known: Ints, gates: Ints, keys: Keys) -> Ints:
    """Return by which of the open `gates` drivers come; who would have come by a closed one chooses again."""
    wanted_gate = known[draw.choice("gate", np.ones(len(known)), keys, 0)]
    again = gates[draw.choice("gate_again", np.ones(len(gates)), keys, 0)]
    return np.searchsorted(gates, np.where(np.isin(wanted_gate, gates), wanted_gate, again))


def reached(links: Links, gates: Ints) -> Ways:
    """Return the ways from the gates without traffic."""
    return shortest(links, links.free, gates)


def wanted(p: Traffic, links: Links, gates: Ints, gate: Ints, home: Ints) -> Floats:
    """Return the drivers from each gate to each junction (gates, nodes): home, and through to the other gates."""
    demand = np.zeros((len(gates), links.nodes))
    np.add.at(demand, (gate, home), 1.0)
    pairs = len(gates) * (len(gates) - 1)
    if pairs:
        between = np.full((len(gates), len(gates)), p.through_per_hour / pairs)
        np.fill_diagonal(between, 0.0)
        demand[:, gates] += between
    return demand


def heard(world: Any, p: Traffic, flow: Floats, minutes: Floats) -> Floats:
    """Return the level of noise at every resident's home [dB(A)], by the flow and the speed on each piece."""
    residents, roads = world.residents, world.roads
    homes, building = np.unique(np.stack([residents.x, residents.y], axis=1), axis=0, return_inverse=True)
    start, end = np.stack([roads.x, roads.y], axis=1), np.stack([roads.end_x, roads.end_y], axis=1)
    kmh = roads.metres / _METRES / np.maximum(minutes, _MOMENT) * _HOUR_MINUTES  # 0 on a closed piece: no flow
    level = level_db(exposure(_METRES * homes, _METRES * start, _METRES * end), flow, kmh, p.background_db)
    return level[building.ravel()]
