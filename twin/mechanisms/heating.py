"""Heating: what a home loses through its walls on a cold day, and what that costs.

What it does    On every day of the heating season each home loses heat in proportion to its walls, how badly they
                are insulated and how cold it is outside, and pays for it. On the first day that is measured (and
                when the lever moves) a share of the buildings is insulated, the worst first, which is booked; a
                finished project of insulation does it too, as well as it was built. People then keep it a little
                warmer.
Why             Heat is lost as U x area x degree hours [gb50176]: the bill falls with U, and with nothing else
                that insulation does. The cold is that of Beijing, hour by hour [chen2017].
Leaves out      Sun, neighbours who heat less, air through windows, flats that stand empty, summer, time to build
                outside of projects, taking insulation off again.
Ablation        u_insulated = u_before: insulation changes nothing but the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.construction import buildings_at, finished_in
from twin.world.ledger import INSULATION, OWNERS, PUBLIC, booked_yuan, to_fen
from twin.world.series import mean, ratio
from twin.world.weather import YEARS, beijing

_WATTS = 1000.0
_YEAR_DAYS = 365
_SEASON = (11, 12, 1, 2, 3)
_DOMAIN = "insulation"
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class Heating:
    """The ``heating:`` block: walls, indoor temperature, price, and what is insulated."""

    followed: bool = param(
        False, "", source="the scenario's author", evidence="assumed", doc="heating is followed", zh="是否模拟采暖"
    )
    u_before: float = param(
        1.5,
        "W/m2K",
        0.05,
        6.0,
        source="gb50176",
        evidence="assumed",
        doc="mean heat that the envelope of an old building lets through",
        zh="改造前传热系数",
        when="followed",
    )
    u_spread: float = param(
        0.2,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of its logarithm between buildings",
        zh="传热系数离散度",
        when="followed",
    )
    u_insulated: float = param(
        0.6,
        "W/m2K",
        0.05,
        6.0,
        source="gb50176",
        evidence="assumed",
        doc="the same of an insulated building, where it was worse",
        zh="改造后传热系数",
        when="followed",
    )
    envelope_share: float = param(
        0.9,
        "1",
        0.1,
        5.0,
        source="scenario range",
        evidence="assumed",
        doc="outer walls, windows and roof over the floor area of a flat",
        zh="外围护面积比",
        when="followed",
    )
    indoor_c: float = param(
        18.0,
        "degC",
        5.0,
        30.0,
        source="gb50176",
        evidence="published",
        doc="temperature that is kept indoors",
        zh="室内温度",
        when="followed",
    )
    rebound_c: float = param(
        0.5,
        "degC",
        0.0,
        5.0,
        source="scenario range",
        evidence="assumed",
        doc="by how much warmer an insulated home is kept",
        zh="改造后室温上升",
        when="followed",
    )
    efficiency: float = param(
        0.85,
        "1",
        0.1,
        5.0,
        source="scenario range",
        evidence="assumed",
        doc="heat that arrives over energy that is paid",
        zh="供热效率",
        when="followed",
    )
    yuan_per_kwh: float = param(
        0.35,
        "yuan/kWh",
        0.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="price of the energy",
        zh="能源价格",
        when="followed",
    )
    insulated_share: float = param(
        0.0,
        "1",
        0.0,
        1.0,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="share of the buildings insulated by the first day that is measured, the worst first",
        zh="外墙保温楼栋占比",
        when="followed",
    )
    insulation_yuan_m2: float = param(
        150.0,
        "yuan/m2",
        0.0,
        10_000.0,
        source="mohurd2023",
        evidence="assumed",
        doc="cost of insulating, over floor area",
        zh="每平方米保温造价",
        when="insulated_share",
    )
    owners_share: float = param(
        0.0,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="part of it that owners pay; the rest is public",
        zh="业主出资占比",
        when="insulated_share",
    )
    weather_year: int = param(
        2014,
        "1",
        YEARS[0],
        YEARS[-1],
        source="chen2017",
        evidence="measured",
        doc="year whose hourly temperature in Beijing is lived again",
        zh="重演的气象年份",
        when="followed",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def heating_bill_yuan(world: World) -> float | None:
    """Mean of what households pay for heat in a year of the window."""
    p: Any = world.levers["heating"]
    days = world.days - world.warm_up_days
    paid = mean(world.households.heat_kwh) if p.followed else None
    return None if paid is None or days <= 0 else paid * p.yuan_per_kwh / days * _YEAR_DAYS


def heat_kwh_m2(world: World) -> float | None:
    """Energy by floor area in a year of the window."""
    days = world.days - world.warm_up_days
    area = float(world.flats.area_m2[world.households.flat].sum())
    found = ratio(float(world.households.heat_kwh.sum()) * _YEAR_DAYS, area * days)
    return found if world.levers["heating"].followed else None  # type: ignore[attr-defined]


def insulation_yuan(world: World) -> float | None:
    """Booked for insulating outside of projects in the window."""
    return booked_yuan(world, [INSULATION]) if world.levers["heating"].followed else None  # type: ignore[attr-defined]


@mechanism(
    phase=(Phase.ARRIVE, Phase.RESPOND),
    params=Heating,
    reads=["households.flat", "flats.building", "flats.area_m2", "buildings.grid", "projects.work",
           "projects.building", "projects.grid", "projects.finished", "projects.quality", "levers.plans.catalogue"],
    owns={
        "buildings.u_value": Column(np.float64, "W/m2K", "heat that its envelope lets through; 0: not followed"),
        "buildings.insulated": Column(np.float64, "1", "part of what insulating brings that it has", 0.0, 0.0, 1.0),
        "households.heat_kwh": Column(np.float64, "kWh", "energy paid for in the window", low=0.0),
    },
    spawns=["postings"],
    metrics={
        "heating_bill_yuan": Metric(
            heating_bill_yuan, "yuan/year", better="lower", en="Heating bill of a household", zh="户均年采暖费",
            doc="mean over households of what they pay for heat in the window, scaled to a year",
            doc_zh="统计期内户均采暖支出，折算为每年",
        ),
        "heat_kwh_m2": Metric(
            heat_kwh_m2, "kWh/m2", better="lower", en="Energy for heating by floor area", zh="单位面积采暖能耗",
            doc="energy that households pay for in the window over the floor area of their flats, scaled to a year",
            doc_zh="统计期内采暖能耗 ÷ 住房建筑面积，折算为每年",
        ),
        "insulation_yuan": Metric(
            insulation_yuan, "yuan", better="lower", en="Cost of insulating", zh="外墙保温造价",
            doc="what was booked in the window for insulating outside of projects: floor area times the cost of a "
                "square metre",
            doc_zh="统计期内为（工程项目之外的）外墙保温入账的费用：建筑面积 × 每平方米造价",
        ),
    },
    sources=["gb50176", "chen2017"],
)  # fmt: skip
def heating(world: View, p: Heating, draw: Draw, effects: Effects) -> None:
    """Insulate what is to be insulated (in ARRIVE); heat through the day (in RESPOND)."""
    if not p.followed or not len(world.buildings.grid):
        return
    if world.phase is Phase.ARRIVE:
        insulate(world, p, draw, effects)
    elif world.clock.date(world.day).month in _SEASON and world.warm_up_days <= world.day < world.days:
        effects.add("households", None, heat_kwh=burnt(world, p))


def insulate(world: Any, p: Heating, draw: Draw, effects: Effects) -> None:
    """Insulate the worst buildings up to the share that is wanted, count finished projects, and set U values."""
    before = world.buildings.insulated
    part = np.maximum(before, built(world))
    found = p.u_before * np.exp(p.u_spread * draw.normal("u", world.buildings.key, 0) - p.u_spread**2 / 2)
    new = worst_of(p, found, part) if world.day >= world.warm_up_days else np.empty(0, np.int64)
    part[new] = 1.0
    if world.day == 0 or (part != before).any():
        better = np.maximum(found - p.u_insulated, 0)
        effects.set("buildings", None, insulated=part, u_value=found - part * better)
    if len(new):
        book(world, p, draw, effects, np.isin(world.flats.building, new))


def built(world: Any) -> Floats:
    """Return what finished projects have insulated, as well as they were built (buildings,)."""
    part = np.zeros(len(world.buildings))
    for project in finished_in(world, _DOMAIN).tolist():
        at = buildings_at(world, project)
        part[at] = np.maximum(part[at], world.projects.quality[project])
    return part


def worst_of(p: Heating, found: Floats, part: Floats) -> Ints:
    """Return the buildings to insulate now: of those that nobody has insulated, the worst."""
    missing = max(round(p.insulated_share * len(found)) - np.count_nonzero(part), 0)
    worst = np.argsort(-found, kind="stable")
    return worst[part[worst] == 0][:missing]


def book(world: Any, p: Heating, draw: Draw, effects: Effects, flats: Flags) -> None:
    """Book what it costs to insulate buildings with these flats: the owners' part, and the public one."""
    whole = to_fen(float(world.flats.area_m2[flats].sum(dtype=np.float64)) * p.insulation_yuan_m2)
    owners = round(whole * p.owners_share)
    for kind, source, fen in (("insulation", PUBLIC, whole - owners), ("owners", OWNERS, owners)):
        if fen:
            effects.spawn("postings", draw.keys(kind, _ONE), day=world.day, account=INSULATION, fen=fen, source=source)


def burnt(world: Any, p: Heating) -> Floats:
    """Return the energy that each household pays for today [kWh]."""
    weather = beijing()
    outdoors = weather.temp_c[weather.row(world.clock.date(world.day), p.weather_year)]
    building = world.flats.building[world.households.flat]
    insulated = world.buildings.insulated[building] > 0
    degree_hours = [np.maximum(p.indoor_c + warmer - outdoors, 0).sum() for warmer in (0.0, p.rebound_c)]
    envelope = world.flats.area_m2[world.households.flat].astype(np.float64) * p.envelope_share
    lost = world.buildings.u_value[building] * envelope * np.where(insulated, degree_hours[1], degree_hours[0])
    energy: Floats = lost / _WATTS / p.efficiency
    return energy
