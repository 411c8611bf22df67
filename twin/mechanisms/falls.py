"""Falls: old people fall at home, some more often than others, and homes can be made safer.

What it does    Everybody of 60 and over falls with a hazard by age, living alone and a lasting frailty. Homes are
                fitted with rails and safe floors, which is booked: at random, or by an assessment of who falls
                most, which sees frailty with error and fits what is done to the person. Some falls become
                alarms on the desk.
Why             Fall rates are Chinese [kang2022]. Fitting homes lowers the falls of those at high risk by 38 %,
                and of unselected people not at all [clemson2023]: whom one chooses is most of the effect.
Leaves out      Falls out of doors, fear of falling, fractures (not changed by fitting homes [clemson2023]), how
                long somebody lies.
Ablation        targeting random: the effect is about nil. homes 0: nothing is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import HOME_FITTING, booked_yuan, to_fen
from twin.world.series import in_window, ratio

YEAR_DAYS = 365
_OLD = 60
_AGES = (70, 80)
_CATEGORY = "social_care"
_ONE = np.zeros(1, np.uint64)
UNFITTED, FITTED, FITTED_TO_PERSON = range(3)


@dataclass(frozen=True)
class Falls:
    """The ``falls:`` block: how often old people fall, and which homes are made safer."""

    followed: bool = param(
        False, "", source="the scenario's author", evidence="assumed", doc="falls are followed", zh="是否模拟跌倒"
    )
    rates_per_year: tuple[float, float, float] = param(
        (0.178, 0.245, 0.319),
        "1/year",
        0.0,
        5.0,
        source="kang2022",
        evidence="published",
        doc="falls in a year at 60 to 69, 70 to 79, 80 and over",
        zh="60、70、80岁以上年跌倒率",
        when="followed",
    )
    alone_ratio: float = param(
        1.2,
        "1",
        0.5,
        3.0,
        source="kang2022",
        evidence="published",
        doc="rate of those who live alone over that of others",
        zh="独居者的跌倒率比",
        when="followed",
    )
    frailty_spread: float = param(
        0.9,
        "1",
        0.0,
        3.0,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of the logarithm of a lasting personal frailty, mean 1",
        zh="个体易跌性离散度",
        when="followed",
    )
    homes: int = param(
        0,
        "1",
        0,
        1_000_000,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="homes that are fitted by the first day that is measured",
        zh="适老化改造户数",
        when="followed",
    )
    targeting: str = param(
        "risk",
        "",
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        choices=("random", "risk"),
        doc="whose homes are fitted: anybody's of 60 and over, or of those whom an assessment finds at highest risk",
        zh="改造对象的选择方式",
        when="homes",
    )
    assessment: float = param(
        0.7,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="correlation of the assessed with the true logarithm of frailty",
        zh="评估准确度",
        when="targeting=risk",
    )
    high_risk: float = param(
        1.5,
        "1",
        0.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        doc="hazard over that of the age from which on somebody is at high risk",
        zh="高风险界线",
        when="homes",
    )
    ratio_high_risk: float = param(
        0.62,
        "1",
        0.3,
        1.5,
        source="clemson2023",
        evidence="published",
        doc="rate ratio of those at high risk in a home fitted to them",
        zh="高风险者改造后的跌倒率比",
        when="homes",
    )
    ratio_others: float = param(
        1.05,
        "1",
        0.3,
        1.5,
        source="clemson2023",
        evidence="published",
        doc="rate ratio of all others in a fitted home",
        zh="其他人改造后的跌倒率比",
        when="homes",
    )
    home_yuan: float = param(
        3000.0,
        "yuan",
        0.0,
        1e6,
        source="scenario range",
        evidence="assumed",
        doc="cost of fitting a home",
        zh="每户改造费用",
        when="homes",
    )
    alarm_share: float = param(
        0.0,
        "1",
        0.0,
        1.0,
        source="the scenario's author",
        evidence="assumed",
        doc="falls that become an emergency order on the desk",
        zh="跌倒触发报警的占比",
        when="followed",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def falls_per_1000_elder_years(world: World) -> float | None:
    """Falls of the window by 1,000 years of people of 60 and over."""
    if not world.levers["falls"].followed:  # type: ignore[attr-defined]
        return None
    first, end = world.window
    years = np.count_nonzero(world.residents.age >= _OLD) * (end - first) / DAY_MINUTES / YEAR_DAYS
    return ratio(1000 * np.count_nonzero(in_window(world, world.tumbles.minute)), years)


def home_fitting_yuan(world: World) -> float | None:
    """Booked for fitting homes in the window."""
    return booked_yuan(world, [HOME_FITTING]) if world.levers["falls"].followed else None  # type: ignore[attr-defined]


@mechanism(
    phase=(Phase.ARRIVE, Phase.DECIDE),
    params=Falls,
    reads=["residents.age", "residents.living_alone", "residents.household", "residents.grid", "residents.x",
           "residents.y"],
    owns={"households.fitted": Column(np.int8, "1", "home: 0 as it was, 1 fitted, 2 fitted to who lives there")},
    spawns=["tumbles", "tickets", "postings"],
    metrics={
        "falls_per_1000_elder_years": Metric(
            falls_per_1000_elder_years, "1/year", better="lower", en="Falls by 1,000 old people and year",
            zh="每千名老人年跌倒次数",
            doc="falls of the window, over a thousand years lived by residents of 60 and over",
            doc_zh="统计期内跌倒次数，折算为每千名 60 岁及以上居民每年",
        ),
        "home_fitting_yuan": Metric(
            home_fitting_yuan, "yuan", better="lower", en="Cost of fitting homes", zh="适老化改造费用",
            doc="what was booked in the window: homes fitted, times the cost of one",
            doc_zh="统计期内入账的费用：改造户数 × 每户费用",
        ),
    },
    sources=["kang2022", "clemson2023"],
)  # fmt: skip
def falls(world: View, p: Falls, draw: Draw, effects: Effects) -> None:
    """Let old people fall (in ARRIVE); fit the homes that are to be fitted (in DECIDE)."""
    if not p.followed or not len(world.residents):
        return
    who = np.flatnonzero(world.residents.age >= _OLD)
    if world.phase is Phase.ARRIVE:
        if not world.running_on:
            tumble(world, p, draw, effects, who)
    elif world.warm_up_days <= world.day < world.days and p.homes > np.count_nonzero(world.households.fitted):
        fit_homes(world, p, draw, effects, who)


def frailty(p: Falls, draw: Draw, keys: Any) -> Floats:
    """Return the lasting personal frailty, lognormal with mean 1."""
    return np.exp(p.frailty_spread * draw.normal("frailty", keys, 0) - p.frailty_spread**2 / 2)


def relative_hazard(world: Any, p: Falls, draw: Draw, who: Ints) -> Floats:
    """Return the hazard of old residents over that of their age."""
    residents = world.residents
    return np.where(residents.living_alone[who], p.alone_ratio, 1.0) * frailty(p, draw, residents.key[who])


def tumble(world: Any, p: Falls, draw: Draw, effects: Effects, who: Ints) -> None:
    """Spawn the day's falls, and alarms for some of them."""
    residents = world.residents
    relative = relative_hazard(world, p, draw, who)
    rate = np.asarray(p.rates_per_year)[np.searchsorted(_AGES, residents.age[who], side="right")] * relative
    fitted = np.append(world.households.fitted, UNFITTED)[residents.household[who]]
    helped = (fitted == FITTED_TO_PERSON) & (relative >= p.high_risk)
    rate = rate * np.where(helped, p.ratio_high_risk, np.where(fitted > UNFITTED, p.ratio_others, 1.0))
    fell = who[draw.happens("fall", -np.expm1(-rate / YEAR_DAYS), residents.key[who])]
    keys = residents.key[fell]
    minute = (world.day + draw.uniform("minute", keys)) * DAY_MINUTES
    effects.spawn("tumbles", draw.keys("fall", keys), resident=fell, minute=minute)
    call = draw.happens("alarm", p.alarm_share, keys)
    ring(world, draw, effects, fell[call], minute[call])


def ring(world: Any, draw: Draw, effects: Effects, fell: Ints, minute: Floats) -> None:
    """Put an emergency order on the desk for each of these falls."""
    residents = world.residents
    known = world.categories
    keys = draw.keys("alarm", residents.key[fell])
    effects.spawn(
        "tickets", keys, created=minute, incident=keys, reporter=fell, priority=0,
        category=known.index(_CATEGORY) if _CATEGORY in known else 0, grid=residents.grid[fell], x=residents.x[fell],
        y=residents.y[fell],
    )  # fmt: skip


def fit_homes(world: Any, p: Falls, draw: Draw, effects: Effects, who: Ints) -> None:
    """Choose the homes that are fitted: by the highest score of an old resident who lives there."""
    residents = world.residents
    home = residents.household[who]
    keys = residents.key[who]
    score = draw.normal("chosen", keys, 0)
    if p.targeting == "risk":
        signal = np.log(relative_hazard(world, p, draw, who)) / max(p.frailty_spread, 1e-9)
        score = p.assessment * signal + np.sqrt(1 - p.assessment**2) * score
    housed = home >= 0
    best = np.full(len(world.households.fitted), -np.inf)
    np.maximum.at(best, home[housed], score[housed])
    there = world.households.fitted > UNFITTED
    best[there] = -np.inf
    chosen = np.argsort(-best, kind="stable")[: p.homes - np.count_nonzero(there)]
    chosen = chosen[np.isfinite(best[chosen])]
    effects.set("households", chosen, fitted=FITTED_TO_PERSON if p.targeting == "risk" else FITTED)
    fen = len(chosen) * to_fen(p.home_yuan)
    if fen:
        effects.spawn("postings", draw.keys("fitting", _ONE), day=world.day, account=HOME_FITTING, fen=fen)
