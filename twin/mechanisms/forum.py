"""Forum: who takes part where residents are asked, at a meeting or in an app.

What it does    In the days before a decision each grown-up who has heard of it joins once the wish is stronger
                than a lasting personal reluctance. The wish grows with what is at stake, with the memory of
                having been answered, and with the neighbours who are seen to take part; it falls with the
                hours that the cheaper open way costs. The app is open to the skilled and to those who are helped.
Why             Benefit, efficacy and cost; those whose report was fixed were 57 % likelier to report again
                [sjoberg2017]; online voting added about 8 % to turnout, mostly of new, younger voters
                [spada2016]. A lasting reluctance is a threshold, so that visible neighbours make cascades
                [granovetter1978].
Leaves out      Delegates who are sent, quarrels at meetings, and how often one has been asked already.
Ablation        app_hours as long as meeting_hours: the app saves nothing. visibility 0: example does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.inequality import divergence, share_gap
from twin.world.series import share
from twin.world.tables import AGE_GROUPS, MOBILITIES, TENURES
from twin.world.works import (
    APP_PROCESSES,
    AT_MEETING,
    BY_APP,
    DOMAINS,
    MEETING_PROCESSES,
    MODES,
    STAYED_AWAY,
    homes_of,
    needs_of,
)

_CHILD, _YOUTH, _ELDER = (AGE_GROUPS.index(name) for name in ("child", "youth", "elder"))
_HOUSEBOUND = MOBILITIES.index("housebound")
_SKILL_CLASSES = (1 / 3, 2 / 3)
_NO_OWNER = len(TENURES)


@dataclass(frozen=True)
class Forum:
    """What makes a resident take part, in log odds; costs in hours."""

    open_days: int = param(14, "day", 1, 365, source="scenario range", evidence="assumed", lever=True,
                           doc="days before the decision in which one can take part", zh="参与期天数")
    aware_share: float = param(0.6, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="residents who hear of it without a campaign", zh="未宣传时的知晓率")
    readiness: float = param(-1.0, "1", -6.0, 3.0, source="spada2016", evidence="assumed",
                             doc="log odds of taking part if it cost no time, with nothing at stake", zh="参与意愿基准")
    stake_weight: float = param(2.0, "1", 0.0, 6.0, source="scenario range", evidence="assumed",
                                doc="gain if one domain is all that the resident needs", zh="利害关系权重")
    efficacy_weight: float = param(0.45, "1", 0.0, 1.5, source="sjoberg2017", evidence="published",
                                   doc="gain by the memory of having been answered: ln 1.57", zh="效能感权重")
    hour_weight: float = param(0.5, "1/h", 0.0, 3.0, source="scenario range", evidence="assumed",
                               doc="loss by an hour", zh="每小时时间成本")
    meeting_hours: float = param(2.0, "h", 0.0, 8.0, source="scenario range", evidence="assumed", lever=True,
                                 doc="what a meeting costs, the way included", zh="到会耗时")
    elder_time_share: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                    doc="what an hour at a meeting weighs for those aged 65 and over, against others",
                                    zh="老年人时间成本比例")
    app_hours: float = param(0.1, "h", 0.0, 8.0, source="scenario range", evidence="assumed", lever=True,
                             doc="what taking part in the app costs", zh="线上参与耗时")
    skill_needed: float = param(0.5, "1", 0.0, 1.0, source="cnnic49", evidence="assumed",
                                doc="digital skill from which on one manages the app alone", zh="使用应用所需数字技能")
    help_share: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                              doc="share of those who do not manage the app whom somebody helps", zh="帮办比例")
    peer_weight: float = param(1.5, "1", 0.0, 6.0, source="granovetter1978", evidence="assumed",
                               doc="gain if all neighbours of the building are seen to take part", zh="邻里示范权重")
    visibility: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                              doc="part of those taking part whom neighbours see", zh="参与可见度")


# -- metrics ---------------------------------------------------------------------------------------------


def _asked(world: World) -> Flags:
    """Grown-up residents, where anybody decides at all."""
    decided = world.levers["plans"].process != "none"  # type: ignore[attr-defined]
    return (world.residents.age_group != _CHILD) & decided


def turnout_share(world: World) -> float | None:
    """Took part / residents above 14."""
    return share(world.residents.took_part[_asked(world)] != STAYED_AWAY)


def turnout_youth_share(world: World) -> float | None:
    """Took part / residents from 15 to 34."""
    young = _asked(world) & (world.residents.age_group == _YOUTH)
    return share(world.residents.took_part[young] != STAYED_AWAY)


def turnout_elder_share(world: World) -> float | None:
    """Took part / residents from 65."""
    old = _asked(world) & (world.residents.age_group == _ELDER)
    return share(world.residents.took_part[old] != STAYED_AWAY)


def turnout_app_share(world: World) -> float | None:
    """Took part in the app / took part."""
    took_part = world.residents.took_part[_asked(world)]
    return share(took_part[took_part != STAYED_AWAY] == BY_APP)


def _counts(world: World, classes: Ints) -> tuple[Floats, Floats] | None:
    """Those who took part, and all grown-ups, by class; None where nobody took part."""
    asked = _asked(world)
    here = asked & (world.residents.took_part != STAYED_AWAY)
    size = int(classes.max(initial=0)) + 1
    some, everybody = (np.bincount(classes[rows], minlength=size).astype(np.float64) for rows in (here, asked))
    return (some, everybody) if some.any() else None


def representation_gap_age(world: World) -> float | None:
    """Divergence of the ages of those who took part from those of all."""
    counts = _counts(world, world.residents.age_group)
    return None if counts is None else divergence(*counts)


def representation_gap_skill(world: World) -> float | None:
    """Gap of the digital skills."""
    counts = _counts(world, np.searchsorted(_SKILL_CLASSES, world.residents.digital_skill))
    return None if counts is None else share_gap(*counts)


def representation_gap_tenure(world: World) -> float | None:
    """Gap of the tenures."""
    counts = _counts(world, np.append(world.households.tenure, _NO_OWNER)[world.residents.household])
    return None if counts is None else share_gap(*counts)


METRICS = {
    "turnout_share": Metric(
        turnout_share, "1", better="higher", en="Turnout", zh="参与率",
        doc="residents above 14 who took part before the decision, at a meeting or in the app / residents above 14",
        doc_zh="决定前通过会议或应用参与的 14 岁以上居民数 ÷ 14 岁以上居民数",
    ),
    "turnout_youth_share": Metric(
        turnout_youth_share, "1", better="higher", en="Turnout, aged 15 to 34", zh="青年参与率",
        doc="residents from 15 to 34 who took part / residents from 15 to 34",
        doc_zh="参与的 15 至 34 岁居民数 ÷ 15 至 34 岁居民数",
    ),
    "turnout_elder_share": Metric(
        turnout_elder_share, "1", better="higher", en="Turnout, aged 65 and over", zh="老年参与率",
        doc="residents aged 65 and over who took part / residents aged 65 and over",
        doc_zh="参与的 65 岁及以上居民数 ÷ 65 岁及以上居民数",
    ),
    "turnout_app_share": Metric(
        turnout_app_share, "1", better=None, en="Took part in the app", zh="线上参与占比",
        doc="residents who took part in the app / residents who took part",
        doc_zh="通过应用参与的居民数 ÷ 参与的居民数",
    ),
    "representation_gap_age": Metric(
        representation_gap_age, "1", better="lower", en="Ages of those taking part, against all", zh="年龄代表性偏差",
        doc="Kullback and Leibler's divergence [nat] of the age groups of those who took part from those of all "
            "residents above 14",
        doc_zh="参与者年龄组分布相对 14 岁以上居民分布的 KL 散度（奈特）",
    ),
    "representation_gap_skill": Metric(
        representation_gap_skill, "1", better="lower", en="Skills of those taking part, against all",
        zh="数字技能代表性偏差",
        doc="half the sum of the differences between the shares of three classes of digital skill (thirds) among those "
            "who took part and among all residents above 14",
        doc_zh="参与者与 14 岁以上居民在三档数字技能（各占三分之一）上的占比之差绝对值之和的一半",
    ),
    "representation_gap_tenure": Metric(
        representation_gap_tenure, "1", better="lower", en="Tenures of those taking part, against all",
        zh="住房来源代表性偏差",
        doc="half the sum of the differences between the shares of tenures among those who took part and among all "
            "residents above 14",
        doc_zh="参与者与 14 岁以上居民在住房来源类别上的占比之差绝对值之和的一半",
    ),
}  # fmt: skip


# -- the mechanism ---------------------------------------------------------------------------------------


@mechanism(
    phase=Phase.ARRIVE,
    params=Forum,
    gates=["plans.process"],
    reads=[
        "residents.household", "residents.age_group", "residents.mobility", "residents.digital_skill",
        "residents.efficacy", "residents.informed_of_plan", "households.flat", "flats.building", "flats.stairwell",
        "flats.floor", "levers.plans.process", "levers.plans.decide_on_day",
        *(f"residents.need_{domain}" for domain in DOMAINS),
    ],
    owns={"residents.took_part": Column(np.int8, "1", f"how the resident took part: index into {MODES}", STAYED_AWAY)},
    metrics=METRICS,
    sources=["granovetter1978", "sjoberg2017", "spada2016", "cnnic49"],
)  # fmt: skip
def forum(world: View, p: Forum, draw: Draw, effects: Effects) -> None:
    """Let those join today whose wish has grown beyond their reluctance."""
    plans = world.levers["plans"]
    meets, online = plans.process in MEETING_PROCESSES, plans.process in APP_PROCESSES
    left = plans.decide_on_day - world.day
    if not (meets or online) or not 0 < left <= p.open_days or not len(world.residents):
        return
    way = cheapest(world, p, draw, meets, online)
    reluctance = draw.uniform("reluctance", world.residents.key, 0)
    able = np.isfinite(way.hours)
    joining = able & (world.residents.took_part == STAYED_AWAY) & aware(world, p, draw)
    cost = p.hour_weight * np.where(able, way.hours, 0.0)
    joining &= reluctance < 1 / (1 + np.exp(cost - wish(world, p)))
    effects.set("residents", np.flatnonzero(joining), took_part=way.mode[joining].astype(np.int8))


class Way(NamedTuple):
    """How each resident would take part, and the hours that this costs; infinite where there is no way."""

    mode: Ints
    hours: Floats


def cheapest(world: Any, p: Forum, draw: Draw, meets: bool, online: bool) -> Way:
    """Return the way that costs each resident least; a meeting where both cost the same."""
    residents = world.residents
    old = residents.age_group == _ELDER
    there = np.where(old, p.elder_time_share, 1.0) * p.meeting_hours
    there = np.where((residents.mobility == _HOUSEBOUND) | (not meets), np.inf, there)
    able = residents.digital_skill >= p.skill_needed
    able = able | draw.happens("helped", p.help_share, residents.key, 0)
    here = np.where(able & online, p.app_hours, np.inf)
    return Way(np.where(here < there, BY_APP, AT_MEETING), np.minimum(here, there))


def aware(world: Any, p: Forum, draw: Draw) -> Flags:
    """Tell which grown-ups have heard that they are asked."""
    residents = world.residents
    known = np.maximum(p.aware_share, residents.informed_of_plan)
    return draw.happens("aware", known, residents.key, 0) & (residents.age_group != _CHILD)


def wish(world: Any, p: Forum) -> Floats:
    """Return the log odds with which each resident would take part if it cost no time."""
    even = 1 / len(DOMAINS)
    stake = (needs_of(world).max(axis=1) - even) / (1 - even)
    example = p.peer_weight * p.visibility * neighbours_there(world)
    return p.readiness + p.stake_weight * stake + p.efficacy_weight * world.residents.efficacy + example


def neighbours_there(world: Any) -> Floats:
    """Return the share of the grown-ups of each resident's building who have taken part so far."""
    residents, slot = world.residents, homes_of(world).building + 1
    grown = residents.age_group != _CHILD
    there = grown & (residents.took_part != STAYED_AWAY)
    slots = len(slot) and int(slot.max()) + 1
    shares = np.bincount(slot[there], minlength=slots) / np.maximum(np.bincount(slot[grown], minlength=slots), 1)
    shares[0] = 0.0  # whoever lives in no building has no neighbours
    return shares[slot]
