"""Fund: programmes for people's livelihood, judged every year by a third party that can be wrong.

What it does    A fund runs a number of programmes. Once a year so many people are asked about each, and a rule
                decides on the estimates: two years below target, a confidence bound, a running sum, or none. What
                is stopped frees its place, which the next candidate takes; the market may ruin a programme.
                What each programme costs is booked in the one ledger at the end of its year, out of the public
                budget and of donations.
Why             The rule of two years below target [seeds] is a test with errors: it stops good programmes and
                misses bad ones, by how many were asked [page1954]. A shrinking market turns a good programme bad.
Leaves out      That a programme learns, that the evaluated choose the evaluator, budgets by size.
Ablation        rule none, or evaluator_error so large that estimates mean nothing; reallocate off: what is
                stopped leaves its place empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.evaluation import EXACT, RULES, Judging, missed, stop_chance
from twin.world.ledger import DONATIONS, PROGRAMME, PUBLIC, booked_yuan
from twin.world.series import ratio, share
from twin.world.works import FEN_PER_YUAN

YEAR_DAYS = 365
RUNNING = -1
_GENERATIONS = 1 << 16  # programmes that one place can have had


@dataclass(frozen=True)
class Fund:
    """The ``fund:`` block: programmes, what they are worth, the evaluation and the rule."""

    programmes: int = param(
        0,
        "1",
        0,
        10_000,
        source="the scenario's author",
        evidence="assumed",
        doc="places for programmes (0: there is no fund)",
        zh="项目名额（0：无基金）",
    )
    programme_yuan: float = param(
        200_000.0,
        "yuan/year",
        0.0,
        1e9,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="what a programme costs in a year",
        zh="每个项目年费用",
        when="programmes",
    )
    donated_share: float = param(
        0.2,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="part of it that donations pay; the rest is public",
        zh="其中捐款占比",
        when="programmes",
    )
    true_mean: float = param(
        0.80,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="mean over candidates of the share of people whom a programme truly satisfies",
        zh="项目真实满意率均值",
        when="programmes",
    )
    true_spread: float = param(
        0.08,
        "1",
        0.0,
        0.5,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of it",
        zh="项目真实满意率离散度",
        when="programmes",
    )
    answers: int = param(
        100,
        "1",
        1,
        10_000,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="people asked about each programme in a year",
        zh="每项每年受访人数",
        when="programmes",
    )
    evaluator_error: float = param(
        0.0,
        "1",
        0.0,
        10.0,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of what the evaluator adds of its own, in a year",
        zh="评估方自身误差",
        when="programmes",
    )
    rule: str = param(
        "none",
        "",
        source="seeds",
        evidence="published",
        lever=True,
        choices=RULES,
        doc="which rule decides",
        zh="评判规则",
        when="programmes",
    )
    target: float = param(
        0.80,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="share that a programme has to satisfy",
        zh="达标线",
        when="programmes",
    )
    years: int = param(
        2,
        "1",
        1,
        5,
        source="seeds",
        evidence="published",
        lever=True,
        doc="years below target in a row that end a programme",
        zh="连续不达标年数",
        when="rule=two_year",
    )
    bound_z: float = param(
        1.645,
        "1",
        0.0,
        5.0,
        source="scenario range",
        evidence="assumed",
        lever=True,
        doc="standard errors by which even the upper bound must lie below the target",
        zh="置信上界的标准误倍数",
        when="rule=bound",
    )
    cusum_slack: float = param(
        0.01,
        "1",
        0.0,
        0.5,
        source="page1954",
        evidence="assumed",
        lever=True,
        doc="shortfall of a year that is not counted",
        zh="累积和容差",
        when="rule=cusum",
    )
    cusum_limit: float = param(
        0.06,
        "1",
        0.0,
        5.0,
        source="page1954",
        evidence="assumed",
        lever=True,
        doc="sum of shortfalls that ends a programme",
        zh="累积和限值",
        when="rule=cusum",
    )
    reallocate: bool = param(
        True,
        "",
        source="seeds",
        evidence="published",
        lever=True,
        doc="a place that is free goes to the next candidate",
        zh="腾出名额是否再分配",
        when="programmes",
    )
    shock_chance: float = param(
        0.0,
        "1/year",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="chance in a year that the market ruins a programme",
        zh="市场冲击年概率",
        when="programmes",
    )
    shock_size: float = param(
        0.3,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="what it then loses of the share that it satisfies",
        zh="市场冲击幅度",
        when="shock_chance",
    )


class Record(NamedTuple):
    """What the estimates of programmes have come to: years, misses in a row, their sum, shortfalls added up."""

    judged: Ints
    missed_years: Ints
    estimates: Floats
    shortfall: Floats


# -- metrics -------------------------------------------------------------------------------------------------


def false_stop_share(world: World) -> float | None:
    """Programmes truly at target when they last were judged, that were stopped."""
    rows = world.programmes
    good = (rows.judged > 0) & (rows.truth >= world.levers["fund"].target)  # type: ignore[attr-defined]
    return share(rows.stopped_on[good] != RUNNING)


def missed_failure_share(world: World) -> float | None:
    """Programmes truly below target that had been judged often enough and still run."""
    rows, p = world.programmes, world.levers["fund"]
    bad = (rows.judged >= p.years) & (rows.truth < p.target)  # type: ignore[attr-defined]
    return share(rows.stopped_on[bad] == RUNNING)


def fund_benefit(world: World) -> float | None:
    """Mean share truly satisfied over places and years; an empty place satisfies nobody."""
    rows, p = world.programmes, world.levers["fund"]
    years = world.days // YEAR_DAYS
    return ratio(float(rows.satisfied.sum()), p.programmes * years)  # type: ignore[attr-defined]


def _stop_chance(percent: int) -> Callable[[World], float | None]:
    def measured(world: World) -> float | None:
        p: Any = world.levers["fund"]
        years = world.days // YEAR_DAYS
        if not p.programmes or not years or p.evaluator_error:
            return None
        judging = Judging(p.rule, p.answers, p.target, p.years, p.bound_z, p.cusum_slack, p.cusum_limit)
        return stop_chance(judging, percent / 100, years)

    return measured


CURVE = {
    f"stop_chance_{percent}": Metric(
        _stop_chance(percent), "1", better=None, en=f"Chance to be stopped at {percent} % satisfied",
        zh=f"真实满意率 {percent}% 时被终止的概率",
        doc=f"a point of the operating curve of the rule: the chance, computed exactly, that a programme which truly "
            f"satisfies {percent} % is stopped within the years of the run; a false stop from the target on, below it "
            "1 less it is a miss; undefined where the evaluator has an error of its own",
        doc_zh=f"规则操作特性曲线上的一点：真实满意率 {percent}% 的项目在运行年限内被终止的概率（精确计算）；"
            "达标者为误停，未达标者以 1 减之为漏判；评估方自身有误差时无定义",
    )
    for percent in (70, 75, 78, 80, 82, 85, 90)
}  # fmt: skip


def fund_cost_yuan(world: World) -> float | None:
    """What programmes cost in the window."""
    return booked_yuan(world, [PROGRAMME]) if world.levers["fund"].programmes else None  # type: ignore[attr-defined]


@mechanism(
    phase=Phase.SETTLE,
    params=Fund,
    reads=["programmes.place", "programmes.generation"],
    owns={
        "programmes.truth": Column(np.float64, "1", "share of people truly satisfied, now", low=0.0, high=1.0),
        "programmes.judged": Column(np.int16, "1", "years in which it was judged", low=0),
        "programmes.missed_years": Column(np.int16, "1", "years below target in a row, by the estimates", low=0),
        "programmes.estimates": Column(np.float64, "1", "sum of all estimates"),
        "programmes.shortfall": Column(np.float64, "1", "shortfalls beyond the slack, added up", low=0.0),
        "programmes.stopped_on": Column(np.int32, "day", "day on which it was stopped, -1 while it runs", start=-1),
        "programmes.satisfied": Column(np.float64, "year", "share truly satisfied, summed over its years", low=0.0),
    },
    spawns=["programmes", "postings"],
    metrics=CURVE
    | {
        "false_stop_share": Metric(
            false_stop_share, "1", better="lower", en="Good programmes stopped", zh="误停率", latent=True,
            doc="programmes truly at or above target that were stopped / such programmes that were ever judged",
            doc_zh="真实达标却被停止的项目 ÷ 评判过的真实达标项目",
        ),
        "missed_failure_share": Metric(
            missed_failure_share, "1", better="lower", en="Bad programmes kept", zh="漏判率", latent=True,
            doc="programmes truly below target that still run / such programmes judged for at least the years that "
                "the rule asks for",
            doc_zh="真实不达标而仍在运行的项目 ÷ 评判年数已满规则要求的真实不达标项目",
        ),
        "fund_benefit": Metric(
            fund_benefit, "1", better="higher", en="What the fund truly brings", zh="基金真实成效", latent=True,
            doc="mean over places and years of the share of people truly satisfied; an empty place counts 0",
            doc_zh="各名额各年真实满意率的平均，空缺按 0 计",
        ),
        "fund_cost_yuan": Metric(
            fund_cost_yuan, "yuan", better="lower", en="Cost of the fund", zh="基金支出",
            doc="what was booked for programmes in the window", doc_zh="统计期内为基金项目入账的费用",
        ),
    },
    sources=["seeds", "page1954"],
)  # fmt: skip
def fund(world: View, p: Fund, draw: Draw, effects: Effects) -> None:
    """Start programmes on the first day; at the end of every year judge them, stop some and fill free places."""
    if not p.programmes:
        return
    if world.day == 0:
        start(p, draw, effects, np.arange(p.programmes), np.zeros(p.programmes, np.int64), 0)
    elif world.day % YEAR_DAYS == YEAR_DAYS - 1:
        judge(world, p, draw, effects)


def start(p: Fund, draw: Draw, effects: Effects, place: Ints, generation: Ints, began: int) -> None:
    """Give places a new programme each, the next candidate of that place."""
    key = (place * _GENERATIONS + generation).astype(np.uint64)
    truth = np.clip(p.true_mean + p.true_spread * draw.normal("truth", key, 0), 0, 1)
    effects.spawn(
        "programmes", draw.keys("programme", key, 0), place=place, generation=generation, began=began, truth=truth
    )


def judge(world: Any, p: Fund, draw: Draw, effects: Effects) -> None:
    """Ask about every programme that runs and let the rule decide."""
    rows = world.programmes
    running = np.flatnonzero(rows.stopped_on == RUNNING)
    keys = rows.key[running]
    pay(world, p, draw, running, effects)
    struck = draw.happens("shock", p.shock_chance, keys)
    truth = np.clip(rows.truth[running] - struck * p.shock_size, 0, 1)
    estimate = asked(p, draw, keys, truth)
    record = Record(
        (rows.judged[running] + 1).astype(np.int16),
        np.where(missed(estimate, p.target), rows.missed_years[running] + 1, 0).astype(np.int16),
        rows.estimates[running] + estimate,
        np.maximum(rows.shortfall[running] + p.target - p.cusum_slack - estimate, 0),
    )
    effects.set(
        "programmes", running, truth=truth, satisfied=rows.satisfied[running] + truth, judged=record.judged,
        missed_years=record.missed_years, estimates=record.estimates, shortfall=record.shortfall,
    )  # fmt: skip
    ended = running[stopped(p, record)]
    effects.set("programmes", ended, stopped_on=world.day)
    if p.reallocate:
        place, generation = (column[ended].astype(np.int64) for column in (rows.place, rows.generation))
        start(p, draw, effects, place, generation + 1, world.day + 1)


def pay(world: Any, p: Fund, draw: Draw, running: Ints, effects: Effects) -> None:
    """Book what the year of every programme that ran has cost, a posting for each purse."""
    whole = round(p.programme_yuan * FEN_PER_YUAN)
    donated = round(whole * p.donated_share)
    for kind, source, fen in (("public", PUBLIC, whole - donated), ("donated", DONATIONS, donated)):
        if fen and len(running):
            keys = draw.keys(kind, world.programmes.key[running])
            effects.spawn("postings", keys, day=world.day, account=PROGRAMME, fen=fen, source=source, programme=running)


def asked(p: Fund, draw: Draw, keys: Keys, truth: Floats) -> Floats:
    """Return the evaluator's estimates: the share of satisfied answers, and an error of its own."""
    people = draw.keys("person", np.arange(p.answers, dtype=np.uint64), 0)
    satisfied = draw.happens("answer", np.repeat(truth, p.answers), (keys[:, None] ^ people).ravel())
    return satisfied.reshape(len(keys), p.answers).mean(axis=1) + p.evaluator_error * draw.normal("error", keys)


def stopped(p: Fund, record: Record) -> Flags:
    """Tell whom the rule stops."""
    if p.rule == "two_year":
        return np.asarray(record.missed_years >= p.years)
    if p.rule == "bound":
        pooled = np.clip(record.estimates / record.judged, 0, 1)
        error = np.sqrt(pooled * (1 - pooled) / (p.answers * record.judged))
        return np.asarray(pooled + p.bound_z * error < p.target)
    return np.asarray(record.shortfall > p.cusum_limit + EXACT) & (p.rule == "cusum")
