"""Fill the tables of a neighbourhood before its first day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from twin.core.clock import Clock
from twin.core.columns import Floats, Ints, Keys, Table
from twin.core.draws import Draw
from twin.core.parameters import param
from twin.core.world import World
from twin.errors import Complaint, InputError, Words
from twin.world.cars import cars_of
from twin.world.ground import equip_on, homes_on
from twin.world.homes import Homes, columns, lay_out, move_in
from twin.world.invariants import Laws
from twin.world.marginals import SHIPPED, Marginals, Statement, load_marginals
from twin.world.people import People, populate
from twin.world.places.build import Places, places_of
from twin.world.places.settings import PlacesSettings
from twin.world.tables import TABLES
from twin.world.ties import TieRules
from twin.world.weights import GROUPS, fit


@dataclass(frozen=True)
class Population:
    """The ``population:`` block of a scenario: who lives here, on how much ground, with how many assets."""

    residents: int = param(
        3000,
        "1",
        0,
        5_000_000,
        source="scenario range",
        evidence="assumed",
        doc="residents, all grids together",
        zh="居民数",
    )
    grids: int = param(
        3,
        "1",
        1,
        32_000,
        source="grid_norms",
        evidence="published",
        doc="grids 网格, each with about the same number of households; a map brings its own",
        zh="网格数（有地图时以地图为准）",
    )
    side_km: float = param(
        1.0,
        "km",
        0.01,
        100.0,
        source="scenario range",
        evidence="assumed",
        doc="side of the square neighbourhood, where there is no map",
        zh="社区边长（无地图时）",
    )
    places: int = param(
        0,
        "1",
        0,
        1_000_000,
        source="scenario range",
        evidence="assumed",
        doc="lamps, drains, lifts and other assets at which faults begin; a map brings its own",
        zh="设施点数（有地图时以地图为准）",
    )
    marginals: str = param(
        SHIPPED[0],
        "",
        source="census2020",
        evidence="assumed",
        choices=SHIPPED,
        file=True,
        doc="ages, sexes, households, tenure and skills: a table that ships with the twin, or the "
        "path of a CSV file (docs/data.md)",
        zh="年龄、性别、家庭、住房与技能的占比：随程序提供的人口表，或 CSV 文件的路径",
    )
    elder_share: float | None = param(
        None,
        "1",
        0.0,
        0.6,
        source="scenario range",
        evidence="assumed",
        doc="share aged 65 and over, in place of the table's (0.20 in the shipped one, 0.135 in the country in 2020)",
        zh="老年人占比，代替人口表中的数值",
    )
    child_share: float | None = param(
        None,
        "1",
        0.0,
        0.4,
        source="scenario range",
        evidence="assumed",
        doc="share aged under 15, who report nothing, in place of the table's",
        zh="儿童占比，代替人口表中的数值",
    )
    youth_share: float | None = param(
        None,
        "1",
        0.0,
        0.4,
        source="scenario range",
        evidence="assumed",
        doc="share aged 15 to 34, in place of the table's",
        zh="青年占比，代替人口表中的数值",
    )
    vacant_share: float = param(
        0.05,
        "1",
        0.0,
        0.9,
        source="scenario range",
        evidence="assumed",
        doc="share of flats that stand empty, where no map says how many flats there are",
        zh="住房空置率",
    )
    cars_per_household: float = param(
        0.45,
        "1",
        0.0,
        5.0,
        source="scenario range",
        evidence="assumed",
        doc="mean number of cars of a household of the middle fifth by income",
        zh="中等收入家庭户均汽车数",
    )
    car_income_slope: float = param(
        0.3,
        "1",
        0.0,
        0.5,
        source="scenario range",
        evidence="assumed",
        doc="part of that mean by which it grows with each fifth of income",
        zh="收入每升一档汽车数的增幅",
    )
    ties: TieRules = param(
        TieRules, "", source="scenario range", evidence="assumed", doc="who knows whom", zh="居民间的联系"
    )

    def data_digest(self) -> str:
        """Return the SHA-256 of the table of one's own, "" for one that ships with the twin."""
        return "" if self.marginals in SHIPPED else load_marginals(self.marginals).digest

    def data_complaints(self) -> tuple[Complaint, ...]:
        """Return what is wrong in the table of one's own, at its lines; building shows whether it can be met."""
        try:
            load_marginals(self.marginals)
        except InputError as reason:
            return reason.complaints
        return ()

    @property
    def age_shares(self) -> tuple[float | None, ...]:
        """Shares of the age groups that replace the table's, in the order of AGE_GROUPS."""
        return (self.child_share, self.youth_share, None, self.elder_share)


@dataclass(frozen=True)
class Category:
    """What kind of matter a report is about."""

    share: float
    priority: int
    title: Words


# The ticket mix of an old neighbourhood, and the handling class of each kind: assumed throughout.
DEFAULT_CATEGORIES: Mapping[str, Category] = {
    "property": Category(0.18, 2, Words("property services", "物业服务")),
    "noise": Category(0.13, 1, Words("noise", "噪声")),
    "parking": Category(0.12, 2, Words("parking", "停车")),
    "sanitation": Category(0.11, 2, Words("sanitation", "环境卫生")),
    "lighting_paving": Category(0.10, 2, Words("lighting and paving", "照明与路面")),
    "leaks_drains": Category(0.09, 1, Words("leaks and drains", "渗漏与排水")),
    "utilities": Category(0.08, 1, Words("utilities", "水电气")),
    "lift_fire": Category(0.06, 1, Words("lifts and fire safety", "电梯与消防")),
    "illegal_building": Category(0.04, 3, Words("illegal building", "违建")),
    "pets": Category(0.04, 2, Words("pets", "宠物")),
    "social_care": Category(0.04, 2, Words("social care", "民生照护")),
    "other": Category(0.01, 3, Words("other", "其他")),
}


class Plan(Protocol):
    """What a scenario says about time and matters; its categories have a `share` and a `priority`."""

    @property
    def days(self) -> int: ...
    @property
    def warm_up_days(self) -> int: ...
    @property
    def run_on_days(self) -> int: ...
    @property
    def start(self) -> dt.date: ...
    @property
    def holidays(self) -> str: ...
    @property
    def categories(self) -> Mapping[str, Any]: ...


class Arm(Protocol):
    """What an arm sets: one dataclass for each block."""

    @property
    def blocks(self) -> Mapping[str, Any]: ...


def build_world(scenario: Plan, arm: Arm, seed: int) -> World:
    """Return the world of an arm on the evening before day 0: residents, homes and places, nothing happening yet.

    Arms of a seed share their residents: the same people in the same flats.
    """
    categories = scenario.categories or DEFAULT_CATEGORIES
    world = World.of(
        TABLES,
        days=scenario.days,
        warm_up_days=scenario.warm_up_days,
        run_on_days=scenario.run_on_days,
        clock=Clock(scenario.start, scenario.holidays),
        categories=tuple(categories),
    )
    world.levers = dict(arm.blocks)
    world.resources["laws"] = Laws(world)
    world.ground = ground = places_of(arm.blocks.get("places", PlacesSettings()))
    fill(world.tables, arm.blocks["population"], categories, Draw(seed, "population", 0), ground)
    return world


def fill(
    tables: Mapping[str, Table],
    population: Population,
    categories: Mapping[str, Any],
    draw: Draw,
    ground: Places | None = None,
) -> None:
    """Append what stands before the first day: kinds of matter, homes and who lives in them, places."""
    classify(tables["kinds"], categories)
    settle(tables, population, draw, None if ground is None else homes_on(ground))
    grid = tables["residents"].grid
    if ground is None:
        equip(tables["places"], population, tables["kinds"].share, grid, draw)
    else:
        shares = {name: category.share for name, category in categories.items()}
        equip_on(ground, tables["places"], shares, grid, draw)


def classify(kinds: Table, categories: Mapping[str, Any]) -> None:
    """Append the kinds of matter, in the order of the scenario's categories."""
    kinds.append(
        np.arange(len(categories), dtype=np.uint64),
        share=[category.share for category in categories.values()],
        priority=[category.priority for category in categories.values()],
    )


def settle(tables: Mapping[str, Table], population: Population, draw: Draw, homes: Homes | None = None) -> None:
    """Append buildings, flats, households and residents, household after household in the order of their flats.

    ``homes`` are those of a map; without them an estate is laid out.
    """
    people = people_of(population, draw.seed)
    if homes is None:
        homes = lay_out(len(people.size), population.grids, population.side_km, population.vacant_share, draw)
    flat = move_in(people.size, people.income, homes, draw)
    order = np.argsort(flat)
    _append_homes(tables, homes)
    _append_people(tables, people.in_order(order), flat[order], homes, draw)
    _give_cars(tables["households"], population, draw)


def people_of(population: Population, seed: int) -> People:
    """Return the people of a neighbourhood, before they have moved in."""
    return _people_of(load_marginals(population.marginals), population.age_shares, population.residents, seed)


def wanted_of(population: Population) -> tuple[Statement, ...]:
    """Return the shares that they are made by: those of the table, or the scenario's own ages in their place."""
    table = load_marginals(population.marginals)
    fitted = fit(table, population.age_shares).statements
    replaced = {one.dimension for one in fitted}
    return (*fitted, *(one for one in table.statements if one.dimension not in replaced))


@lru_cache(maxsize=2)  # arms and replications share their residents
def _people_of(table: Marginals, shares: tuple[float | None, ...], residents: int, seed: int) -> People:
    return populate(fit(table, shares), table, residents, Draw(seed, "population", 0))


def _append_homes(tables: Mapping[str, Table], homes: Homes) -> None:
    buildings, flats = (np.arange(n, dtype=np.uint64) for n in (len(homes.grid), len(homes.building)))
    tables["buildings"].append(buildings, grid=homes.grid, x=homes.x, y=homes.y, storeys=homes.storeys)
    tables["flats"].append(
        flats, building=homes.building, stairwell=homes.stairwell, floor=homes.floor, area_m2=homes.area_m2
    )


def _append_people(tables: Mapping[str, Table], people: People, flat: Ints, homes: Homes, draw: Draw) -> None:
    households, residents = (np.arange(n, dtype=np.uint64) for n in (len(flat), len(people.age)))
    size, household, building = people.size, people.household, homes.building[flat]
    tables["households"].append(
        households, flat=flat, size=size, generations=people.generations, tenure=people.tenure, income=people.income
    )
    at_home = building[household]
    tables["residents"].append(
        residents,
        household=household,
        grid=homes.grid[at_home],
        x=homes.x[at_home],
        y=homes.y[at_home],
        age=people.age,
        sex=people.sex,
        role=people.role,
        living_alone=size[household] == 1,
        mobility=people.mobility,
        age_group=np.searchsorted([group.low for group in GROUPS], people.age, side="right") - 1,
        digital_skill=people.digital_skill,
        temper=draw.normal("temper", residents),
    )


def _give_cars(households: Table, population: Population, draw: Draw) -> None:
    """Set how many cars each household has."""
    mean, slope = population.cars_per_household, population.car_income_slope
    households.writable("cars")[:] = cars_of(households.income, mean, slope, households.key, draw)


def equip(places: Table, population: Population, shares: Floats, grid_of_resident: Ints, draw: Draw) -> None:
    """Append the places, spread evenly over the grids; their categories follow the scenario's shares."""
    keys = np.arange(population.places, dtype=np.uint64)
    grid = np.arange(len(keys)) * population.grids // max(len(keys), 1)
    x, y = _somewhere_in(grid, population, draw, "site", keys)
    category = draw.choice("category", shares, keys)
    near = np.bincount(grid_of_resident, minlength=population.grids)[grid]
    places.append(keys, grid=grid, x=x, y=y, category=category, residents_near=near)


def _somewhere_in(grid: Ints, population: Population, draw: Draw, what: str, keys: Keys) -> tuple[Floats, Floats]:
    """Draw a point in the cell of each grid."""
    across = columns(population.grids)
    width, height = population.side_km / across, population.side_km * across / population.grids
    x = (grid % across + draw.uniform(f"{what}_x", keys)) * width
    y = (grid // across + draw.uniform(f"{what}_y", keys)) * height
    return x, y
