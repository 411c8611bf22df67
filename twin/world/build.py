"""Fill the tables of a neighbourhood before its first day."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from twin.core.clock import Clock
from twin.core.columns import Floats, Ints, Keys, Table
from twin.core.draws import Draw
from twin.core.parameters import param
from twin.core.world import World
from twin.errors import Words
from twin.world.invariants import Laws
from twin.world.tables import AGE_GROUPS, TABLES

CHILD, YOUTH, ADULT, ELDER = range(len(AGE_GROUPS))


@dataclass(frozen=True)
class Population:
    """The ``population:`` block of a scenario: who lives here, on how much ground, with how many assets."""

    residents: int = param(3000, "1", 0, 5_000_000, source="scenario range", evidence="assumed",
                           doc="residents, all grids together", zh="居民数")
    grids: int = param(3, "1", 1, 32_000, source="grid_norms", evidence="published",
                       doc="grids 网格, each with the same number of residents", zh="网格数")
    side_km: float = param(1.0, "km", 0.01, 100.0, source="scenario range", evidence="assumed",
                           doc="side of the square neighbourhood", zh="社区边长")
    places: int = param(0, "1", 0, 1_000_000, source="scenario range", evidence="assumed",
                        doc="lamps, drains, lifts and other assets at which faults begin", zh="设施点数")
    elder_share: float = param(0.20, "1", 0.0, 0.6, source="scenario range", evidence="assumed",
                               doc="share aged 65 and over (0.135 in the country in 2020)", zh="老年人占比")
    child_share: float = param(0.15, "1", 0.0, 0.4, source="scenario range", evidence="assumed",
                               doc="share aged under 15, who report nothing", zh="儿童占比")
    youth_share: float = param(0.25, "1", 0.0, 0.4, source="scenario range", evidence="assumed",
                               doc="share aged 15 to 34", zh="青年占比")
    skill: float = param(0.75, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                         doc="mean digital skill of youths and adults", zh="数字技能均值")
    elder_skill: float = param(0.35, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="mean digital skill of elders", zh="老年人数字技能均值")
    skill_spread: float = param(0.2, "1", 0.0, 0.5, source="scenario range", evidence="assumed",
                                doc="standard deviation of digital skill within a group",
                                zh="数字技能离散度")


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
    """Return the world of an arm on the evening before day 0: residents and places, nothing happening yet.

    Chance is keyed by the row, so that arms share their residents and a larger population holds the
    smaller one's traits.
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
    fill(world.tables, arm.blocks["population"], categories, Draw(seed, "population", 0))
    return world


def fill(tables: Mapping[str, Table], population: Population, categories: Mapping[str, Any], draw: Draw) -> None:
    """Append what stands before the first day: kinds of matter, residents, places."""
    classify(tables["kinds"], categories)
    settle(tables["residents"], population, draw)
    equip(tables["places"], population, tables["kinds"].share, draw)


def classify(kinds: Table, categories: Mapping[str, Any]) -> None:
    """Append the kinds of matter, in the order of the scenario's categories."""
    kinds.append(
        np.arange(len(categories), dtype=np.uint64),
        share=[category.share for category in categories.values()],
        priority=[category.priority for category in categories.values()],
    )


def settle(residents: Table, population: Population, draw: Draw) -> None:
    """Append the residents: the same number in each grid, at a place and with traits drawn by key."""
    keys = np.arange(population.residents, dtype=np.uint64)
    age_group = draw.choice("age_group", _age_weights(population), keys)
    grid = np.arange(len(keys)) * population.grids // max(len(keys), 1)
    x, y = _somewhere_in(grid, population, draw, "home", keys)
    residents.append(
        keys,
        grid=grid,
        x=x,
        y=y,
        age_group=age_group,
        digital_skill=_digital_skill(age_group, population, draw, keys),
        temper=draw.normal("temper", keys),
    )


def equip(places: Table, population: Population, shares: Floats, draw: Draw) -> None:
    """Append the places, spread evenly over the grids; their categories follow the scenario's shares."""
    keys = np.arange(population.places, dtype=np.uint64)
    grid = np.arange(len(keys)) * population.grids // max(len(keys), 1)
    x, y = _somewhere_in(grid, population, draw, "site", keys)
    category = draw.choice("category", shares, keys)
    near = np.full(len(keys), population.residents // population.grids)
    places.append(keys, grid=grid, x=x, y=y, category=category, residents_near=near)


def _age_weights(population: Population) -> Floats:
    child, youth, elder = population.child_share, population.youth_share, population.elder_share
    return np.array([child, youth, max(1 - child - youth - elder, 0.0), elder])


def _digital_skill(age_group: Ints, population: Population, draw: Draw, keys: Keys) -> Floats:
    typical = np.where(age_group == ELDER, population.elder_skill, population.skill)
    return np.clip(typical + population.skill_spread * draw.normal("digital_skill", keys), 0, 1)


def _somewhere_in(grid: Ints, population: Population, draw: Draw, what: str, keys: Keys) -> tuple[Floats, Floats]:
    """Draw a point in the cell of each grid; the cells are a rectangular array as square as it can be."""
    columns = _columns(population.grids)
    width, height = population.side_km / columns, population.side_km * columns / population.grids
    x = (grid % columns + draw.uniform(f"{what}_x", keys)) * width
    y = (grid // columns + draw.uniform(f"{what}_y", keys)) * height
    return x, y


def _columns(grids: int) -> int:
    """Return the largest divisor that is not above the root."""
    return next(n for n in range(math.isqrt(grids), 0, -1) if grids % n == 0)
