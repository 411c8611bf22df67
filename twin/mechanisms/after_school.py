"""After school: places for children between the end of lessons and the end of work.

What it does    On every working day a child of 6 to 12 needs a place more often if all adults at home work. Places
                go to children of lone adults first, then by lot; whoever gets none has a parent who stays at home
                in those hours. A day of a child in care costs money, of which parents pay a part; it is booked.
Why             Lessons end hours before work does; what is freed is working time of parents, mostly of two
                earners [seeds]. The share that needs a place is assumed.
Leaves out      What children do there, school holidays beyond the official ones, places that stay empty and
                cost all the same, parents whom the fee keeps away, grandparents.
Ablation        places 0: nobody is served. places beyond the demand: everybody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import CHILD_CARE, OPERATION, PUBLIC, booked_yuan, to_fen
from twin.world.series import ratio

_WORKING_AGES = (18, 60)
_WEEK_DAYS = 7
_ONE = np.zeros(1, np.uint64)


@dataclass(frozen=True)
class AfterSchool:
    """The ``after_school:`` block: places, and who needs one."""

    followed: bool = param(
        False,
        "",
        source="the scenario's author",
        evidence="assumed",
        doc="care after school is followed",
        zh="是否模拟课后托管",
    )
    places: int = param(
        0,
        "1",
        0,
        100_000,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="children who can be taken in on a day",
        zh="托管名额",
        when="followed",
    )
    hours: float = param(
        2.0,
        "h",
        0.0,
        8.0,
        source="scenario range",
        evidence="assumed",
        doc="hours from the end of lessons to the end of work",
        zh="托管时长",
        when="followed",
    )
    earner_share: float = param(
        0.8,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="adults of 18 to 59 who work",
        zh="成年人就业占比",
        when="followed",
    )
    need_share: float = param(
        0.25,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="of children all of whose adults work, need a place on a working day",
        zh="双职工家庭儿童需要托管的占比",
        when="followed",
    )
    from_age: int = param(
        6,
        "year",
        0,
        18,
        source="scenario range",
        evidence="assumed",
        doc="youngest child",
        zh="最小年龄",
        when="followed",
    )
    to_age: int = param(
        12,
        "year",
        0,
        18,
        source="scenario range",
        evidence="assumed",
        doc="oldest child",
        zh="最大年龄",
        when="followed",
    )
    lone_first: bool = param(
        True,
        "",
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="children with one adult at home come first",
        zh="单亲家庭优先",
        when="followed",
    )
    day_yuan: float = param(
        25.0,
        "yuan",
        0.0,
        1000.0,
        source="scenario range",
        evidence="assumed",
        doc="cost of a child's day in care",
        zh="每名儿童每日托管费用",
        when="followed",
    )
    fee_share: float = param(
        0.3,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="part of it that parents pay as a fee; the rest is public",
        zh="家长缴费占比",
        when="followed",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def unmet_care_share(world: World) -> float | None:
    """Needs for a place that found none."""
    residents = world.residents
    served, missed = int(residents.care_days.sum()), int(residents.care_missed.sum())
    return ratio(missed, served + missed)


def parent_hours_freed_week(world: World) -> float | None:
    """Hours of parents that places free in a week."""
    p: Any = world.levers["after_school"]
    weeks = (world.days - world.warm_up_days) / _WEEK_DAYS
    return ratio(float(world.residents.care_days.sum()) * p.hours, weeks) if p.followed else None


def unmet_care_lone_share(world: World) -> float | None:
    """The same of children with one adult at home."""
    residents = world.residents
    lone = np.append(adults_at_home(world) == 1, False)[residents.household]
    served, missed = int(residents.care_days[lone].sum()), int(residents.care_missed[lone].sum())
    return ratio(missed, served + missed)


def child_care_yuan(world: World) -> float | None:
    """Booked for care in the window."""
    p: Any = world.levers["after_school"]
    return booked_yuan(world, [CHILD_CARE]) if p.followed else None


@mechanism(
    phase=Phase.RESPOND,
    params=AfterSchool,
    reads=["residents.age", "residents.household", "households.flat"],
    owns={
        "residents.care_days": Column(np.int32, "day", "days of the window on which the child had a place", low=0),
        "residents.care_missed": Column(np.int32, "day", "days of the window on which it needed one in vain", low=0),
    },
    spawns=["postings"],
    metrics={
        "unmet_care_share": Metric(
            unmet_care_share, "1", better="lower", en="Needs for a place that found none", zh="托管需求未满足率",
            doc="child-days of the window that needed a place and got none / child-days that needed one",
            doc_zh="统计期内需要而未得到托管的儿童日 ÷ 需要托管的儿童日",
        ),
        "unmet_care_lone_share": Metric(
            unmet_care_lone_share, "1", better="lower", en="The same, with one adult at home",
            zh="单亲家庭托管需求未满足率",
            doc="the same, of children with one adult of 18 and over at home",
            doc_zh="同上，仅计家中只有一名成年人的儿童",
        ),
        "parent_hours_freed_week": Metric(
            parent_hours_freed_week, "h", better="higher", en="Hours of parents freed in a week",
            zh="每周为家长腾出的时间",
            doc="child-days with a place, times the hours of a day, by week of the window",
            doc_zh="得到托管的儿童日 × 每日时长，按统计期周数平均",
        ),
        "child_care_yuan": Metric(
            child_care_yuan, "yuan", better="lower", en="Cost of care after school", zh="课后托管费用",
            doc="what was booked in the window: child-days with a place, times the cost of one",
            doc_zh="统计期内入账的费用：得到托管的儿童日 × 每日费用",
        ),
    },
    sources=["seeds"],
)  # fmt: skip
def after_school(world: View, p: AfterSchool, draw: Draw, effects: Effects) -> None:
    """Let children in as far as there are places, and book what it costs."""
    if not p.followed or not world.warm_up_days <= world.day < world.days or not world.clock.is_workday(world.day):
        return
    asking = np.flatnonzero(needs_place(world, p, draw))
    lone = np.append(adults_at_home(world) == 1, False)[world.residents.household[asking]]
    lot = draw.uniform("lot", world.residents.key[asking])
    order = asking[np.lexsort((lot, ~(lone & p.lone_first)))]
    effects.add("residents", order[: p.places], care_days=1)
    effects.add("residents", order[p.places :], care_missed=1)
    book(world, p, draw, effects, len(order[: p.places]))


def book(world: Any, p: AfterSchool, draw: Draw, effects: Effects, children: int) -> None:
    """Book the day's care: the fees of parents, and the public part."""
    whole = children * to_fen(p.day_yuan)
    fees = round(whole * p.fee_share)
    for kind, source, fen in (("care", PUBLIC, whole - fees), ("fees", OPERATION, fees)):
        if fen:
            effects.spawn("postings", draw.keys(kind, _ONE), day=world.day, account=CHILD_CARE, fen=fen, source=source)


def adults_at_home(world: Any) -> Ints:
    """Return how many people of 18 and over live in each household."""
    residents = world.residents
    grown = (residents.age >= _WORKING_AGES[0]) & (residents.household >= 0)
    return np.bincount(residents.household[grown], minlength=len(world.households.flat))


def needs_place(world: Any, p: AfterSchool, draw: Draw) -> Flags:
    """Tell which children need a place today: all adults of working age at home work, and today they need it."""
    residents = world.residents
    keys, home = residents.key, residents.household
    adult = (residents.age >= _WORKING_AGES[0]) & (residents.age < _WORKING_AGES[1]) & (home >= 0)
    idle = adult & ~draw.happens("works", p.earner_share, keys, 0)
    homes = len(world.households.flat)
    busy = (np.bincount(home[adult], minlength=homes) > 0) & (np.bincount(home[idle], minlength=homes) == 0)
    child = (residents.age >= p.from_age) & (residents.age <= p.to_age) & (residents.age < _WORKING_AGES[0])
    asks: Flags = child & np.append(busy, False)[home] & draw.happens("needs", p.need_share, keys)
    return asks
