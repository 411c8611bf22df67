"""Ties: who knows whom, how meetings make and feed ties, and how these fade again.

What it does    On the first day the ties of daily life are there. Residents go to the green, the playground or the
                care station that was finished near their home, the more often the better it is and the more they
                need it, and work together in a finished garden; on days of an event all may come. Those who are
                there on the same day meet some others, in part of the own stairwell, and know them better
                afterwards. What meetings made fades by half-lives, what daily life keeps up stays.
Why             Ties inside a house and across houses are two kinds of social capital [putnam2000]; both calm
                disputes and carry a convention. A place to be brings about contact, and contact ties. Joint work
                ties more than looking on together.
Leaves out      Ties that break in anger, moving in and out, who invites whom, online groups, rain, what was there
                before; children. Where works are not followed a garden is taken for granted.
Ablation        used off: nobody goes to what was built, for a visit or for work. visit_gain, event_gain or work_gain
                0: such meetings change nothing. mixing off: whoever comes stays with the own household, and no
                tie is made. joint_work off: each gardens alone. near_share 0: the own stairwell is not met more.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from twin.world.series import mean, ratio, share
from twin.world.tables import AGE_GROUPS
from twin.world.ties import TieRules, ties_of
from twin.world.works import DOMAINS, homes_of, listed, reaches

_CHILD = AGE_GROUPS.index("child")
_NOWHERE = -1
_AMENITIES = ("greenery", "play", "care")
_GARDEN = "greenery"


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
                             doc="part of these, beside those of the own stairwell, who are of the own age group",
                             zh="同质偏好")
    near_share: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="part of the meetings in which the other is looked for in the own stairwell",
                              zh="与同单元居民交往的比例")
    used: bool = param(True, "", source="scenario range", evidence="assumed", lever=True,
                       doc="residents go to what was finished near their home, for a visit or for joint work",
                       zh="居民使用新建设施")
    visits_per_day: float = param(0.15, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="visits to a finished amenity by one who needs it as much as the mean of all "
                                      "domains, if it is as good as was promised", zh="设施日均使用次数", when="used")
    visit_gain: float = param(0.05, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                              doc="strength that a meeting at an amenity adds; whoever is there looks for one other",
                              zh="设施偶遇增强量", when="used")
    event_gain: float = param(0.2, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                              doc="strength that a meeting at an event adds", zh="活动增强量", when="event_every_days")
    work_every_days: int = param(0, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                                 doc="from one day of joint work in a finished garden to the next (0: there is none)",
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
    present = strength(world, p.half_life_days, min(world.day, world.days))
    return float(2 * present[chosen].sum() / len(world.residents))


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


def ties_same_age_share(world: World) -> float | None:
    """Part of the strength of ties to other buildings that joins residents of one age group."""
    p: Any = world.levers["ties"]
    table, age = world.ties, world.residents.age_group
    present = strength(world, p.half_life_days, min(world.day, world.days)) * ~table.near
    same = age[table.one] == age[table.other]
    return ratio(float(present[same].sum()), float(present.sum())) if len(table) else None


def amenity_visits(world: World) -> float | None:
    """Visits to finished amenities, mean over residents above 14; None where neither they nor ties are followed."""
    works: Any = world.levers["works"]
    if not len(world.ties) or not works.followed:
        return None
    return mean(world.residents.visits[world.residents.age_group != _CHILD].astype(np.float64))


@mechanism(
    phase=Phase.ARRIVE,
    params=Meetings,
    gates=["disputes.followed"],
    reads=[
        "residents.household", "residents.age", "residents.role", "residents.grid", "residents.age_group",
        "households.flat", "flats.stairwell", "flats.building", "flats.floor", "ties.base", "levers.disputes.followed",
        "levers.works.followed", "levers.plans.catalogue", "projects.work", "projects.building", "projects.stairwell",
        "projects.grid", "projects.finished", "projects.quality",
        *(f"residents.need_{domain}" for domain in _AMENITIES),
    ],
    owns={
        "residents.visits": Column(np.int32, "1", "visits to finished amenities so far", start=0, low=0),
        "ties.extra": Column(np.float64, "1", "strength that meetings added, on the day of `since`", low=0),
        "ties.since": Column(np.int32, "day", "day of the last meeting"),
    },
    spawns=["ties"],
    metrics={
        "ties_bonding": Metric(
            ties_bonding, "1", better="higher", en="Ties inside the building", zh="楼内联系", latent=True,
            doc="strength of the ties to residents of the own building, mean over residents, at the horizon",
            doc_zh="期末居民与同楼居民联系强度之和的人均值",
        ),
        "ties_bridging": Metric(
            ties_bridging, "1", better="higher", en="Ties to other buildings", zh="跨楼联系", latent=True,
            doc="strength of the ties to residents of other buildings, mean over residents, at the horizon",
            doc_zh="期末居民与其他楼栋居民联系强度之和的人均值",
        ),
        "isolated_share": Metric(
            isolated_share, "1", better="lower", en="Residents who know nobody", zh="无邻里联系占比", latent=True,
            doc="residents without a tie outside their household / residents, at the end",
            doc_zh="期末除同住者外没有任何联系的居民数 ÷ 居民数",
        ),
        "ties_same_age_share": Metric(
            ties_same_age_share, "1", better=None, en="Ties within one age group", zh="跨楼联系中同龄者占比",
            latent=True,
            doc="strength of ties to other buildings between residents of one age group / strength of all of these, at "
                "the end",
            doc_zh="期末同年龄组居民之间的跨楼联系强度 ÷ 全部跨楼联系强度",
        ),
        "amenity_visits": Metric(
            amenity_visits, "1", better="higher", en="Visits to finished amenities", zh="人均设施使用次数",
            doc="visits to greens, playgrounds and care stations that were finished in the run, mean over residents "
                "above 14, until the end",
            doc_zh="截至期末 14 岁以上居民对期内完工的绿化、活动场地与养老设施的人均使用次数",
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
    used = visits(world, p, draw)
    visited, times = np.unique(used.who, return_counts=True)
    effects.set("residents", visited, visits=world.residents.visits[visited] + times)
    found = [
        met(world, p, draw, event(world, p, draw), "event", p.event_gain, p.encounters),
        met(world, p, draw, work(world, p, draw), "work", p.work_gain, p.encounters),
        met(world, p, draw, used, "visit", p.visit_gain, 1),
    ]
    pairs = Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    if len(pairs.one) and p.mixing:
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


class Gathering(NamedTuple):
    """Who came to one kind of occasion, to which ground, and the key of each one's luck there: one cell a coming."""

    who: Ints
    ground: Ints
    key: Keys


class Pairs(NamedTuple):
    """Who met whom, and what it adds: one cell a meeting."""

    one: Ints
    other: Ints
    gain: Floats


_NOBODY = Gathering(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64))


def event(world: Any, p: Meetings, draw: Draw) -> Gathering:
    """Return who comes to today's event of their grid, if there is one."""
    if not p.event_every_days or world.day % p.event_every_days:
        return _NOBODY
    came = np.flatnonzero(grown(world) & draw.happens("comes", p.attendance, world.residents.key))
    return Gathering(came, world.residents.grid[came].astype(np.int64), world.residents.key[came])


def work(world: Any, p: Meetings, draw: Draw) -> Gathering:
    """Return who works with others today, if it is a day of joint work and there is a garden near home."""
    if not p.work_every_days or world.day % p.work_every_days or not p.joint_work:
        return _NOBODY
    came = np.flatnonzero(grown(world) & draw.happens("member", p.members, world.residents.key, 0))
    ground = gardens(world, p)[came]
    came, ground = came[ground != _NOWHERE], ground[ground != _NOWHERE]
    return Gathering(came, ground, world.residents.key[came])


def visits(world: Any, p: Meetings, draw: Draw) -> Gathering:
    """Return who is at which amenity today."""
    found = [at_amenity(world, p, draw, one) for one in amenities(world, p)]
    return Gathering(*(np.concatenate(parts) for parts in zip(_NOBODY, *found, strict=True)))


def at_amenity(world: Any, p: Meetings, draw: Draw, one: Amenity) -> Gathering:
    """Return who is at an amenity today."""
    near = np.flatnonzero(grown(world) & one.reached)
    key = world.projects.key[one.project] + world.residents.key[near]
    need = getattr(world.residents, f"need_{one.domain}")[near].astype(np.float64) * len(DOMAINS)
    came = draw.happens("visits", np.minimum(p.visits_per_day * world.projects.quality[one.project] * need, 1), key)
    return Gathering(near[came], np.full(int(came.sum()), one.project), key[came])


class Amenity(NamedTuple):
    """A finished project that is a place to be: its row, its domain, and for whom it is near (residents,)."""

    project: int
    domain: str
    reached: Flags


def amenities(world: Any, p: Meetings) -> Iterator[Amenity]:
    """Yield what was finished and is used; what serves a stairwell alone, as a ramp does, is no place to be."""
    projects = world.projects
    if not len(projects) or not p.used:
        return
    works, homes = listed(world.levers["plans"].catalogue), homes_of(world)
    for project in map(int, np.flatnonzero((projects.finished >= 0) & (projects.stairwell < 0))):
        domain = works[projects.work[project]].domain
        if domain in _AMENITIES:
            building, grid = int(projects.building[project]), int(projects.grid[project])
            yield Amenity(project, domain, reaches(building, _NOWHERE, grid, homes, world.residents.grid))


def gardens(world: Any, p: Meetings) -> Ints:
    """Return the garden near each resident's home, -1 without one; of the grid where works are not followed."""
    if not world.levers["works"].followed:
        return world.residents.grid.astype(np.int64)
    ground = np.full(len(world.residents), _NOWHERE, np.int64)
    for one in amenities(world, p):
        if one.domain == _GARDEN:
            ground[one.reached] = one.project
    return ground


def grown(world: Any) -> Flags:
    """Tell which residents are above 14."""
    above: Flags = world.residents.age_group != _CHILD
    return above


def met(world: Any, p: Meetings, draw: Draw, there: Gathering, place: str, gain: float, encounters: int) -> Pairs:
    """Return whom each of those who came met on the same ground: of the own stairwell, of the own age, or anybody."""
    who, ground, key = there
    age, home = world.residents.age_group[who].astype(np.int64), stairwells(world)[who]
    pairs = [(who[:0], who[:0])]
    for turn in range(encounters if len(who) > 1 else 0):
        near = draw.happens(f"{place} near {turn}", p.near_share, key)
        alike = ~near & draw.happens(f"{place} alike {turn}", p.homophily, key)
        luck = draw.uniform(f"{place} whom {turn}", key)
        for chosen, circle in ((near, ground * _STRIDE + home), (alike, ground * len(AGE_GROUPS) + age),
                               (~near & ~alike, ground)):  # fmt: skip
            pairs.append((np.flatnonzero(chosen), partner(circle, np.flatnonzero(chosen), luck[chosen])))
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    real = other >= 0
    return Pairs(who[one[real]], who[other[real]], np.full(int(real.sum()), gain))


def stairwells(world: Any) -> Ints:
    """Return the stairwell of each resident; of those without a flat a number that nobody shares."""
    found = np.append(dwellings(world).stairwell, _NOWHERE)[world.residents.household]
    return np.where(found < 0, _NOWHERE - np.arange(len(found)), found)


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
