"""Ties: who knows whom, how meetings make and feed ties, and how these fade again.

What it does    On the first day the ties of daily life are there. On days of an event, and of joint work, those who
                come meet some others and know them better afterwards; what meetings made fades by half-lives, what
                daily life keeps up stays.
Why             Ties inside a house and across houses are two kinds of social capital [putnam2000]; both calm
                disputes and carry a convention. Joint work ties more than looking on together.
Leaves out      Ties that break in anger, moving in and out, who invites whom, online groups.
Ablation        mixing off: whoever comes stays with the own household, and no tie is made. event_gain 0 and
                work_gain 0: meetings change nothing. joint_work off: each gardens alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw, keys_of, stream_id
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.disputes import another_in, dwellings, strength
from twin.world.series import share
from twin.world.tables import AGE_GROUPS
from twin.world.ties import TieRules, ties_of

_CHILD = AGE_GROUPS.index("child")


@dataclass(frozen=True)
class Meetings:
    """When residents meet, and what that does to ties."""

    half_life_days: float = param(540.0, "day", 1.0, 36_500.0, source="scenario range", evidence="assumed",
                                  doc="until half of what meetings made has faded", zh="联系半衰期")
    event_every_days: int = param(0, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                                  doc="from one neighbourhood event to the next (0: there are none)", zh="活动间隔")
    attendance: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="share of residents over 14 who come to an event of their grid", zh="活动参与率",
                              when="event_every_days")
    encounters: int = param(3, "1", 0, 50, source="scenario range", evidence="assumed",
                            doc="others whom one who comes gets to know better", zh="人均交往人数")
    homophily: float = param(0.5, "1", 0.0, 1.0, source="mcpherson2001", evidence="assumed",
                             doc="part of these who are of the own age group", zh="同质偏好")
    event_gain: float = param(0.2, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                              doc="strength that a meeting at an event adds", zh="活动增强量", when="event_every_days")
    work_every_days: int = param(0, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                                 doc="from one day of joint work to the next, as in a garden (0: there is none)",
                                 zh="共同劳动间隔")
    members: float = param(0.05, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                           doc="share of residents over 14 who belong to it, always the same", zh="成员占比",
                           when="work_every_days")
    joint_work: bool = param(True, "", source="scenario range", evidence="assumed", lever=True,
                             doc="members work together, not each on an own plot", zh="共同劳动",
                             when="work_every_days")
    work_gain: float = param(0.1, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                             doc="strength that a day of joint work adds", zh="共同劳动增强量", when="work_every_days")
    mixing: bool = param(True, "", source="scenario range", evidence="assumed", lever=True,
                         doc="those who come mix, and do not stay with their households", zh="混合交往")


def _mean_strength(world: World, near: bool) -> float | None:
    p: Any = world.levers["ties"]
    if not len(world.ties) or not len(world.residents):
        return None
    chosen = world.ties.near == near
    return float(2 * strength(world, p.half_life_days)[chosen].sum() / len(world.residents))


def ties_bonding(world: World) -> float | None:
    """Strength of ties inside the building, by resident."""
    return _mean_strength(world, True)


def ties_bridging(world: World) -> float | None:
    """Strength of ties to other buildings, by resident."""
    return _mean_strength(world, False)


def isolated_share(world: World) -> float | None:
    """Share of residents without a tie outside the household."""
    if not len(world.ties):
        return None
    table, household = world.ties, world.residents.household
    outward = household[table.one] != household[table.other]
    known = np.zeros(len(world.residents), np.bool_)
    known[table.one[outward]] = known[table.other[outward]] = True
    return share(~known)


@mechanism(
    phase=Phase.ARRIVE,
    params=Meetings,
    gates=["disputes.followed"],
    reads=[
        "residents.household", "residents.age", "residents.role", "residents.grid", "residents.age_group",
        "households.flat", "flats.stairwell", "flats.building", "ties.base", "levers.disputes.followed",
    ],
    owns={
        "ties.extra": Column(np.float64, "1", "strength that meetings added, on the day of `since`", low=0),
        "ties.since": Column(np.int32, "day", "day of the last meeting"),
    },
    spawns=["ties"],
    metrics={
        "ties_bonding": Metric(
            ties_bonding, "1", better="higher", en="Ties inside the building", zh="楼内联系", latent=True,
            doc="strength of the ties to residents of the own building, mean over residents, at the end",
            doc_zh="期末居民与同楼居民联系强度之和的人均值",
        ),
        "ties_bridging": Metric(
            ties_bridging, "1", better="higher", en="Ties to other buildings", zh="跨楼联系", latent=True,
            doc="strength of the ties to residents of other buildings, mean over residents, at the end",
            doc_zh="期末居民与其他楼栋居民联系强度之和的人均值",
        ),
        "isolated_share": Metric(
            isolated_share, "1", better="lower", en="Residents who know nobody", zh="无邻里联系占比", latent=True,
            doc="residents without a tie outside their household / residents, at the end",
            doc_zh="期末除同住者外没有任何联系的居民数 ÷ 居民数",
        ),
    },
    sources=["putnam2000", "mcpherson2001"],
)  # fmt: skip
def ties(world: View, p: Meetings, draw: Draw, effects: Effects) -> None:
    """Lay down the ties of daily life on the first day, and let those meet who come together today."""
    if not world.levers["disputes"].followed or world.running_on or not len(world.residents):
        return
    if world.day == 0 and not len(world.ties):
        lay_down(world, draw, effects)
        return
    gains = [meeting for meeting in (event(world, p, draw), work(world, p, draw)) if meeting is not None]
    if gains and p.mixing:
        pairs = Pairs(*(np.concatenate(parts) for parts in zip(*gains, strict=True)))
        feed(world, p, summed(pairs, len(world.residents)), effects)


def lay_down(world: Any, draw: Draw, effects: Effects) -> None:
    """Spawn the ties of daily life, each of strength 1."""
    known = ties_of(world, TieRules(), draw.seed)
    upward = known.neighbour > known.resident
    one, other = known.resident[upward], known.neighbour[upward].astype(np.int64)
    near = same_building(world, one, other)
    effects.spawn("ties", tie_keys(world, one, other), one=one, other=other, base=1.0, near=near)


def tie_keys(world: Any, one: Ints, other: Ints) -> Keys:
    """Return the keys of the ties between these residents: the same for the two in any order."""
    key = world.residents.key
    least, most = np.minimum(key[one], key[other]), np.maximum(key[one], key[other])
    return keys_of(stream_id("ties"), least * np.uint64(_STRIDE) + most, "tie", 0)


_STRIDE = 2**32


def same_building(world: Any, one: Ints, other: Ints) -> Flags:
    """Tell which of these pairs live in one building."""
    building = np.append(dwellings(world).building, -1)[world.residents.household]
    same: Flags = building[one] == building[other]
    return same


# -- meetings --------------------------------------------------------------------------------------------


class Pairs(NamedTuple):
    """Who met whom, and what it adds: one cell a meeting."""

    one: Ints
    other: Ints
    gain: Floats


def event(world: Any, p: Meetings, draw: Draw) -> Pairs | None:
    """Return who meets whom at today's event, if there is one."""
    if not p.event_every_days or world.day % p.event_every_days:
        return None
    grown = world.residents.age_group != _CHILD
    came = np.flatnonzero(grown & draw.happens("comes", p.attendance, world.residents.key))
    return met(world, p, draw, came, "event", p.event_gain)


def work(world: Any, p: Meetings, draw: Draw) -> Pairs | None:
    """Return who works with whom today, if it is a day of joint work."""
    if not p.work_every_days or world.day % p.work_every_days or not p.joint_work:
        return None
    grown = world.residents.age_group != _CHILD
    came = np.flatnonzero(grown & draw.happens("member", p.members, world.residents.key, 0))
    return met(world, p, draw, came, "work", p.work_gain)


def met(world: Any, p: Meetings, draw: Draw, came: Ints, place: str, gain: float) -> Pairs | None:
    """Return whom each of those who came met: of the own grid, in part of the own age group."""
    if len(came) <= 1:
        return None
    grid, age = world.residents.grid[came].astype(np.int64), world.residents.age_group[came].astype(np.int64)
    key = world.residents.key[came]
    pairs = []
    for turn in range(p.encounters):
        alike = draw.happens(f"{place} alike {turn}", p.homophily, key)
        luck = draw.uniform(f"{place} whom {turn}", key)
        for chosen, circle in ((alike, grid * len(AGE_GROUPS) + age), (~alike, grid)):
            pairs.append((np.flatnonzero(chosen), partner(circle, np.flatnonzero(chosen), luck[chosen])))
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True)) if pairs else (came[:0], came[:0])
    real = other >= 0
    return Pairs(came[one[real]], came[other[real]], np.full(int(real.sum()), gain))


def partner(circle: Ints, who: Ints, luck: Floats) -> Ints:
    """Return whom each of ``who`` meets in its circle, -1 where there is nobody else."""
    return another_in(circle, who, luck) if len(who) else who


def summed(pairs: Pairs, residents: int) -> Pairs:
    """Return each pair once, with all that its meetings add."""
    least, most = np.minimum(pairs.one, pairs.other), np.maximum(pairs.one, pairs.other)
    code, slot = np.unique(least * residents + most, return_inverse=True)
    total = np.bincount(slot, pairs.gain, len(code)).astype(np.float64)
    return Pairs(code // residents, code % residents, total)


def feed(world: Any, p: Meetings, pairs: Pairs, effects: Effects) -> None:
    """Strengthen the ties of those who met, and make those that there were none."""
    keys = tie_keys(world, pairs.one, pairs.other)
    rows = world.ties.rows_of(keys)
    old, new = rows >= 0, rows < 0
    left = strength(world, p.half_life_days) - world.ties.base
    effects.set("ties", rows[old], extra=left[rows[old]] + pairs.gain[old], since=world.day)
    one, other = pairs.one[new], pairs.other[new]
    effects.spawn("ties", keys[new], one=one, other=other, base=0.0, near=same_building(world, one, other),
                  extra=pairs.gain[new], since=world.day)  # fmt: skip
