"""Funding: sources of money that fail, together or apart, and a service that stops when the money is out.

What it does    Every month each source pays what luck makes of its mean; the service costs the same every month and
                draws on a reserve. Where income and reserve do not reach, it stops for the month. Service and
                reserve are accounts of the one ledger: each source bears its part of what is spent, and what is
                put by stays its own. What lapses was never taken.
Why             Several sources are steadier than one as far as they do not fail together [markowitz1952].
Leaves out      That a source can be asked for more, borrowing, spending that bends. A month is 30 days.
Ablation        correlation 1: many sources are as one. shock 0: nothing ever fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.finance import concentration, together
from twin.world.ledger import DONATIONS, OPERATION, OWNERS, PUBLIC, RESERVE, SERVICE, SOURCES, apportioned, balances
from twin.world.series import mean, ratio
from twin.world.works import FEN_PER_YUAN

MONTH_DAYS = 30
_MOST_SOURCES = 64


@dataclass(frozen=True)
class Funding:
    """The ``funding:`` block: sources, how they fail, what the service costs."""

    sources_yuan: tuple[float, ...] = param(
        (),
        "yuan/month",
        0.0,
        1e9,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="mean of each source in a month: fiscal, donations, operation, owners "
        "or whatever they are (none: no service is paid for)",
        zh="各来源月均收入（空：无）",
    )
    paid_by: tuple[str, ...] = param(
        tuple(SOURCES[one] for one in (PUBLIC, DONATIONS, OPERATION, OWNERS)),
        "",
        source="the scenario's author",
        evidence="assumed",
        choices=SOURCES,
        doc="whose money each source is, in their order; further ones are as the last",
        zh="各来源的资金性质（依次对应，多出者同最后一项）",
        when="sources_yuan",
    )
    shock: float = param(
        0.3,
        "1",
        0.0,
        3.0,
        source="scenario range",
        evidence="assumed",
        doc="standard deviation of a source in a month over its mean",
        zh="来源波动系数",
        when="sources_yuan",
    )
    correlation: float = param(
        0.0,
        "1",
        0.0,
        1.0,
        source="scenario range",
        evidence="assumed",
        doc="of any two sources",
        zh="来源间相关系数",
        when="sources_yuan",
    )
    cost_yuan: float = param(
        100_000.0,
        "yuan/month",
        0.0,
        1e9,
        source="scenario range",
        evidence="assumed",
        doc="what the service costs in a month",
        zh="服务月成本",
        when="sources_yuan",
    )
    reserve_yuan: float = param(
        0.0,
        "yuan",
        0.0,
        1e10,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="reserve at the beginning",
        zh="期初储备",
        when="sources_yuan",
    )
    reserve_limit_yuan: float = param(
        100_000.0,
        "yuan",
        0.0,
        1e10,
        source="scenario range",
        evidence="assumed",
        doc="most that may be kept; the rest lapses",
        zh="储备上限",
        when="sources_yuan",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def interrupted_months(world: World) -> float | None:
    """Months in which the service stopped."""
    return float(np.count_nonzero(world.months.stopped)) if len(world.months) else None


def income_variation(world: World) -> float | None:
    """Standard deviation of the monthly income over its mean."""
    income = world.months.income_fen.astype(np.float64)
    return ratio(float(income.std()), float(income.mean())) if len(income) else None


def source_concentration(world: World) -> float | None:
    """How much of the mean income hangs on few sources."""
    known: Any = world.levers["funding"]
    return concentration(np.array(known.sources_yuan, np.float64)) if len(world.months) else None


def reserve_mean_yuan(world: World) -> float | None:
    """Mean reserve at the end of the months."""
    found = mean(world.months.reserve_fen.astype(np.float64))
    return None if found is None else found / FEN_PER_YUAN


@mechanism(
    phase=Phase.SETTLE,
    params=Funding,
    reads=["months.month", "postings.account", "postings.source", "postings.fen"],
    owns={
        "months.income_fen": Column(np.int64, "fen", "what all sources paid", low=0),
        "months.reserve_fen": Column(np.int64, "fen", "reserve at the end of the month", low=0),
        "months.stopped": Column(np.bool_, "1", "the service stopped for want of money", start=False),
    },
    spawns=["months", "postings"],
    metrics={
        "interrupted_months": Metric(
            interrupted_months, "1", better="lower", en="Months without the service", zh="服务中断月数",
            doc="months of the run in which income and reserve did not reach for the service",
            doc_zh="收入与储备不足以维持服务的月数",
        ),
        "income_variation": Metric(
            income_variation, "1", better="lower", en="Variation of the income", zh="收入变异系数",
            doc="standard deviation of the monthly income of all sources over its mean",
            doc_zh="各来源月收入合计的标准差 ÷ 均值",
        ),
        "source_concentration": Metric(
            source_concentration, "1", better=None, en="Concentration of sources", zh="来源集中度",
            doc="sum of squared shares of the sources in the mean income (Herfindahl-Hirschman), 1 for a single one",
            doc_zh="各来源占月均收入份额的平方和（赫芬达尔指数），单一来源为 1",
        ),
        "reserve_mean_yuan": Metric(
            reserve_mean_yuan, "yuan", better=None, en="Mean reserve", zh="平均储备",
            doc="mean over months of the reserve at the end of the month", doc_zh="各月末储备的平均值",
        ),
    },
    sources=["markowitz1952"],
)  # fmt: skip
def funding(world: View, p: Funding, draw: Draw, effects: Effects) -> None:
    """At the end of every month count what came in, and pay for the service or stop it."""
    if not p.sources_yuan or world.day % MONTH_DAYS != MONTH_DAYS - 1 or world.running_on:
        return
    month = world.day // MONTH_DAYS
    come = income(p, draw, month)
    kept = balances(world.postings, RESERVE) if len(world.months.month) else opening(p)
    cost = round(p.cost_yuan * FEN_PER_YUAN)
    there = kept + come
    stopped = int(there.sum()) < cost
    spent = apportioned(0 if stopped else cost, there.tolist())
    reserve = min(int((there - spent).sum()), round(p.reserve_limit_yuan * FEN_PER_YUAN))
    left = apportioned(reserve, (there - spent).tolist())
    key = draw.keys("month", np.array([month], np.uint64), 0)
    effects.spawn("months", key, month=month, income_fen=int(come.sum()), reserve_fen=reserve, stopped=stopped)
    book(world, draw, effects, "service", SERVICE, spent)
    book(world, draw, effects, "reserve", RESERVE, left - balances(world.postings, RESERVE))


def income(p: Funding, draw: Draw, month: int) -> Ints:
    """Return what comes in this month by whose money it is (SOURCES,) [fen]."""
    own = draw.normal("source", np.arange(len(p.sources_yuan), dtype=np.uint64), month)
    common = float(draw.normal("all", np.zeros(1, np.uint64), month)[0])
    paid = np.array(p.sources_yuan) * np.maximum(1 + p.shock * together(own, common, p.correlation), 0)
    names = [p.paid_by[min(place, len(p.paid_by) - 1)] if p.paid_by else SOURCES[PUBLIC] for place in range(len(paid))]
    found = np.zeros(len(SOURCES), np.int64)
    np.add.at(found, [SOURCES.index(name) for name in names], np.rint(paid * FEN_PER_YUAN).astype(np.int64))
    return found


def opening(p: Funding) -> Ints:
    """Return the reserve at the beginning, which is public money (SOURCES,) [fen]."""
    found = np.zeros(len(SOURCES), np.int64)
    found[PUBLIC] = round(p.reserve_yuan * FEN_PER_YUAN)
    return found


def book(world: Any, draw: Draw, effects: Effects, kind: str, account: int, fen: Ints) -> None:
    """Book what goes to an account, a posting for each source that bears some of it."""
    bears = np.flatnonzero(fen)
    if len(bears):
        keys = draw.keys(kind, bears.astype(np.uint64))
        effects.spawn("postings", keys, day=world.day, account=account, fen=fen[bears], source=bears)
