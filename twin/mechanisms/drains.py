"""Drains: inlets that block with leaves and mud, are cleaned on some dates, and rain that finds them open or not.

What it does    Every inlet blocks after a time of its own, sooner while leaves fall, and stays so until it is
                cleaned, which is booked. In every hour the measured rain that the open inlets of a basin
                cannot take stays on the street; a basin that floods is a fault that can be reported.
Why             Most flood reports come from blocked inlets, not from pipes that are too small [tenveldhuis2010];
                cleaned a month before the storm 4.9 % are blocked, eleven months before 42.3 % (computed).
Leaves out      Pipes, slopes, water that flows on to the next basin, what an inspection finds besides leaves.
                The years of weather are two of one city [chen2017], lived again.
Ablation        blocked_per_month 0: cleaning brings nothing. The same visits after the rain instead of before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import DRAIN_CLEANING, booked_yuan, to_fen
from twin.world.reliability import hour_ponding_mm
from twin.world.series import mean, share
from twin.world.weather import YEARS, beijing

_MONTH_DAYS = 365 / 12
_LEAF_MONTHS = (10, 11)
_CATEGORY = "leaks_drains"
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class Drains:
    """The ``drains:`` block: inlets and basins, how they block, when they are cleaned, and the rain."""

    inlets: int = param(
        0,
        "1",
        0,
        100_000,
        source="the scenario's author",
        evidence="assumed",
        doc="drain inlets, shared out evenly over the basins (0: drains are not followed)",
        zh="雨水口数（0：不模拟）",
    )
    basins: int = param(
        5,
        "1",
        1,
        10_000,
        source="scenario range",
        evidence="assumed",
        doc="pieces of ground that drain for themselves",
        zh="汇水区数",
        when="inlets",
    )
    blocked_per_month: float = param(
        0.05,
        "1/month",
        0.0,
        5.0,
        source="tenveldhuis2010",
        evidence="assumed",
        doc="rate at which an open inlet blocks",
        zh="每月堵塞率",
        when="inlets",
    )
    leaf_factor: float = param(
        3.0,
        "1",
        1.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        doc="by how much faster in October and November",
        zh="落叶季倍数",
        when="inlets",
    )
    cleaned_days_ago: int = param(
        240,
        "day",
        0,
        3650,
        source="scenario range",
        evidence="assumed",
        doc="days before the first day on which all inlets were cleaned",
        zh="距上次清掏天数",
        when="inlets",
    )
    clean_months: tuple[int, ...] = param(
        (),
        "1",
        1,
        12,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="months on whose first day inlets are cleaned",
        zh="清掏月份",
        when="inlets",
    )
    clean_share: float = param(
        1.0,
        "1",
        0.0,
        1.0,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="share of inlets cleaned each time, others each time",
        zh="每次清掏比例",
        when="inlets",
    )
    visit_yuan: float = param(
        60.0,
        "yuan",
        0.0,
        10_000.0,
        source="scenario range",
        evidence="assumed",
        doc="cost of cleaning one inlet",
        zh="单口清掏费用",
        when="inlets",
    )
    capacity_mm: float = param(
        24.0,
        "mm/h",
        0.1,
        200.0,
        source="scenario range",
        evidence="assumed",
        doc="rain of an hour that a basin takes when all of its inlets are open",
        zh="全部畅通时每小时可排雨量",
        when="inlets",
    )
    weather_year: int = param(
        2014,
        "1",
        YEARS[0],
        YEARS[-1],
        source="chen2017",
        evidence="measured",
        doc="year whose hourly rain in Beijing is lived again",
        zh="重演的气象年份",
        when="inlets",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def ponding_hours(world: World) -> float | None:
    """Mean hours in which water stood in a basin, in the window."""
    return mean(world.basins.ponding_hours)


def ponding_mm(world: World) -> float | None:
    """Mean depth that could not drain, all hours of the window together."""
    return mean(world.basins.ponding_mm)


def blocked_inlets_share(world: World) -> float | None:
    """Inlets that are blocked."""
    return share(world.inlets.blocked)


def drain_visits_yuan(world: World) -> float | None:
    """Booked for cleaning in the window."""
    return booked_yuan(world, [DRAIN_CLEANING]) if len(world.inlets) else None


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Drains,
    reads=["inlets.basin", "places.grid", "places.x", "places.y"],
    owns={
        "inlets.visits": Column(np.int32, "1", "times it was cleaned", low=0),
        "inlets.wear": Column(np.float64, "1", "hazard of blocking gathered since it was cleaned", low=0.0),
        "inlets.blocked": Column(np.bool_, "1", "takes no water", start=False),
        "basins.ponding_hours": Column(np.float64, "h", "hours of the window in which water stood", low=0.0),
        "basins.ponding_mm": Column(np.float64, "mm", "rain of the window that could not drain", low=0.0),
    },
    spawns=["inlets", "basins", "incidents", "postings"],
    metrics={
        "ponding_hours": Metric(
            ponding_hours, "h", better="lower", en="Hours of ponding", zh="积水时长",
            doc="mean over basins of the hours of the window in which rain exceeded what the open inlets take",
            doc_zh="统计期内降雨超过畅通雨水口排水能力的小时数，各汇水区平均",
        ),
        "ponding_mm": Metric(
            ponding_mm, "mm", better="lower", en="Rain that could not drain", zh="未能排走的雨量",
            doc="mean over basins of the rain of the window beyond what the open inlets take",
            doc_zh="统计期内超过畅通雨水口排水能力的雨量，各汇水区平均",
        ),
        "blocked_inlets_share": Metric(
            blocked_inlets_share, "1", better="lower", en="Inlets blocked", zh="雨水口堵塞率", daily=True,
            doc="inlets blocked at the end / all inlets", doc_zh="期末堵塞的雨水口 ÷ 全部雨水口",
        ),
        "drain_visits_yuan": Metric(
            drain_visits_yuan, "yuan", better="lower", en="Cost of cleaning inlets", zh="雨水口清掏费用",
            doc="what was booked in the window: inlets cleaned, times the cost of one",
            doc_zh="统计期内入账的费用：清掏次数 × 单次费用",
        ),
    },
    sources=["tenveldhuis2010", "chen2017"],
)  # fmt: skip
def drains(world: View, p: Drains, draw: Draw, effects: Effects) -> None:
    """Lay the inlets (in ARRIVE of the first day); clean, block and let it rain (in RESPOND)."""
    if not p.inlets or world.running_on:
        return
    if world.phase is Phase.RESPOND:
        if len(world.inlets.basin):
            live_a_day(world, p, draw, effects)
    elif world.day == 0 and not len(world.inlets):
        inlets, basins = np.arange(p.inlets), np.arange(p.basins)
        effects.spawn("basins", draw.keys("basin", basins.astype(np.uint64)))
        effects.spawn(
            "inlets", draw.keys("inlet", inlets.astype(np.uint64)), basin=inlets % p.basins,
            wear=gathered(world, p, -p.cleaned_days_ago, 0),
        )  # fmt: skip


def live_a_day(world: Any, p: Drains, draw: Draw, effects: Effects) -> None:
    """Clean what is due and book it, let a day of wear pass, and see where the day's rain goes."""
    inlets = world.inlets
    cleaned = due(world, p, draw)
    visits = inlets.visits + cleaned
    wear = np.where(cleaned, 0.0, inlets.wear) + gathered(world, p, world.day, world.day + 1)
    blocked = wear >= patience(draw, inlets.key, visits)
    effects.set("inlets", None, visits=visits.astype(np.int32), wear=wear, blocked=blocked)
    fen = int(np.count_nonzero(cleaned)) * to_fen(p.visit_yuan)
    if fen:
        effects.spawn("postings", draw.keys("cleaning", _ONE), day=world.day, account=DRAIN_CLEANING, fen=fen)
    ponds(world, p, draw, effects, ~blocked)


def ponds(world: Any, p: Drains, draw: Draw, effects: Effects, open_: Flags) -> None:
    """Let the day's rain find the open inlets."""
    inlets, basins = world.inlets, len(world.basins)
    count = np.bincount(inlets.basin, minlength=basins)
    open_share = np.bincount(inlets.basin, open_, basins) / np.maximum(count, 1)
    rain = beijing().rain_mm[beijing().row(world.clock.date(world.day), p.weather_year)]
    over = np.stack([hour_ponding_mm(rain, one, p.capacity_mm) for one in open_share.tolist()])
    if world.day >= world.warm_up_days:
        effects.add(
            "basins", None, ponding_hours=(over > 0).sum(axis=1).astype(np.float64), ponding_mm=over.sum(axis=1)
        )
    flood(world, draw, effects, over)


def due(world: Any, p: Drains, draw: Draw) -> Any:
    """Tell which inlets are cleaned today."""
    date = world.clock.date(world.day)
    today = date.day == 1 and date.month in p.clean_months
    return draw.happens("cleaned", p.clean_share * today, world.inlets.key)


def gathered(world: Any, p: Drains, first: int, end: int) -> float:
    """Return the hazard of blocking from a day to another."""
    leaves = sum(world.clock.date(day).month in _LEAF_MONTHS for day in range(first, end))
    return p.blocked_per_month / _MONTH_DAYS * (end - first + (p.leaf_factor - 1) * leaves)


def patience(draw: Draw, keys: Any, visits: Ints) -> Floats:
    """Return the hazard that each inlet withstands this time, exponential with mean 1."""
    found = np.empty(len(keys))
    for visit in np.unique(visits).tolist():
        these = visits == visit
        found[these] = draw.exponential("patience", 1.0, keys[these], visit)
    return found


def flood(world: Any, draw: Draw, effects: Effects, over: Floats) -> None:
    """Spawn a fault for each basin in which water stands, at one of the places, until the end of the next day."""
    if _CATEGORY not in world.categories or not len(world.places):
        return
    flooded = np.flatnonzero(over.sum(axis=1) > 0)
    keys = flooded.astype(np.uint64)
    place = draw.choice("place", np.ones(len(world.places)), keys, 0)
    began = (world.day + (over[flooded] > 0).argmax(axis=1) / over.shape[1]) * DAY_MINUTES
    effects.spawn(
        "incidents", draw.keys("flood", keys), began=began, until=(world.day + 2.0) * DAY_MINUTES,
        category=world.categories.index(_CATEGORY), place=place, grid=world.places.grid[place],
        x=world.places.x[place], y=world.places.y[place],
    )  # fmt: skip
