"""Groups of residents for the question who gains and who loses: by age, floor, tenure, income, digital skill.

Children, who are asked nothing, are in no group. Within a dimension groups do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Flags
from twin.errors import Words
from twin.world.tables import AGE_GROUPS, TENURES
from twin.world.works import homes_of

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "age": ("youth", "adult", "elder"),
    "floor": ("low_floor", "middle_floor", "high_floor"),
    "tenure": ("reform", "market", "renter"),
    "income": ("low_income", "middle_income", "high_income"),
    "skill": ("unskilled", "skilled"),
}
LOW_FLOOR, MIDDLE_FLOOR = 2, 4  # the last floors of the first two groups; the third floor is a lift's break-even
LOW_INCOME, MIDDLE_INCOME = 2, 3  # the last fifths of the first two groups
SKILLED = 1 / 2
_CHILD = AGE_GROUPS.index("child")


@dataclass(frozen=True)
class Group:
    """What a group is called, and who of all residents is in it."""

    title: Words
    of: Callable[[Any], Flags]


def members(world: Any, group: str) -> Flags:
    """Tell which residents above 14 are in a group (residents,)."""
    return GROUPS[group].of(world) & (world.residents.age_group != _CHILD)


def _aged(name: str) -> Callable[[Any], Flags]:
    return lambda world: world.residents.age_group == AGE_GROUPS.index(name)


def _living_on(low: int, high: float) -> Callable[[Any], Flags]:
    def told(world: Any) -> Flags:
        floor = homes_of(world).floor
        return (floor >= low) & (floor <= high)

    return told


def _holding(name: str) -> Callable[[Any], Flags]:
    return lambda world: _of_household(world, "tenure") == TENURES.index(name)


def _earning(low: int, high: float) -> Callable[[Any], Flags]:
    def told(world: Any) -> Flags:
        fifth = _of_household(world, "income")
        return (fifth >= low) & (fifth <= high)

    return told


def _of_household(world: Any, column: str) -> Any:
    return np.append(getattr(world.households, column), -1)[world.residents.household]


GROUPS: Mapping[str, Group] = {
    "youth": Group(Words("15 to 34", "15–34 岁"), _aged("youth")),
    "adult": Group(Words("35 to 64", "35–64 岁"), _aged("adult")),
    "elder": Group(Words("65 and over", "65 岁及以上"), _aged("elder")),
    "low_floor": Group(Words("on floors 1 and 2", "一、二层"), _living_on(1, LOW_FLOOR)),
    "middle_floor": Group(Words("on floors 3 and 4", "三、四层"), _living_on(LOW_FLOOR + 1, MIDDLE_FLOOR)),
    "high_floor": Group(Words("on floor 5 and above", "五层及以上"), _living_on(MIDDLE_FLOOR + 1, np.inf)),
    "reform": Group(Words("owners of former public housing", "房改房业主"), _holding("reform")),
    "market": Group(Words("owners of market housing", "商品房业主"), _holding("market")),
    "renter": Group(Words("renters", "租户"), _holding("renter")),
    "low_income": Group(Words("of the lower two fifths by income", "收入较低的五分之二"), _earning(1, LOW_INCOME)),
    "middle_income": Group(
        Words("of the middle fifth by income", "收入居中的五分之一"), _earning(LOW_INCOME + 1, MIDDLE_INCOME)
    ),
    "high_income": Group(
        Words("of the upper two fifths by income", "收入较高的五分之二"), _earning(MIDDLE_INCOME + 1, np.inf)
    ),
    "unskilled": Group(
        Words("of little digital skill", "数字技能较低"), lambda world: world.residents.digital_skill < SKILLED
    ),
    "skilled": Group(
        Words("of good digital skill", "数字技能较高"), lambda world: world.residents.digital_skill >= SKILLED
    ),
}
