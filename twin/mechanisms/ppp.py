"""PPP: a facility built by the budget, or by a partner who is paid for its being there.

What it does    On the first day a contract is written for so many years. In every year costs are what luck makes of
                them: building may cost more than planned, and the partner may fail. The budget bears all of it, or
                the partner does, for a price. A partner fails once at most: from then on the budget runs the
                facility by itself, to the end of the contract, and cannot fail. What the contract will cost is
                bound on the first day; it is booked in the one ledger as it falls due: at once what building costs,
                and every year's payment on that year's last day.
Why             A partner may be cheaper by its efficiency and dearer by its cost of capital [grimsey2004]; with
                neither, both ways cost the same. What risk is passed on shows only with risk.
Leaves out      Overruns of running costs, another partner, renegotiation, quality that nobody can measure, what
                users pay. The years of the contract are lived on paper, on the first day; the ledger holds those
                that fall within the run.
Ablation        efficiency 0 and private_rate = public_rate, without risk: both cost the same, to the yuan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Flags, Floats
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.finance import annuity, present_value
from twin.world.ledger import CONTRACT, PUBLIC, balances
from twin.world.series import share
from twin.world.works import FEN_PER_YUAN

MODES = ("none", "public", "partner")
YEAR_DAYS = 365


@dataclass(frozen=True)
class Ppp:
    """The ``ppp:`` block: the facility, the contract and its risks."""

    mode: str = param(
        "none",
        "",
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        choices=MODES,
        doc="who builds and runs: nobody (no project), the budget, a partner",
        zh="建设方式",
    )
    capital_yuan: float = param(
        8_000_000.0,
        "yuan",
        0.0,
        1e11,
        source="scenario range",
        evidence="assumed",
        doc="planned cost of building",
        zh="建设投资",
    )
    running_yuan: float = param(
        500_000.0,
        "yuan/year",
        0.0,
        1e10,
        source="scenario range",
        evidence="assumed",
        doc="planned cost of running in a year",
        zh="年运营费用",
    )
    contract_years: int = param(
        15, "year", 1, 60, source="scenario range", evidence="assumed", doc="years of the contract", zh="合同年限"
    )
    public_rate: float = param(
        0.035,
        "1/year",
        0.0,
        0.3,
        source="grimsey2004",
        evidence="assumed",
        doc="rate at which the budget discounts",
        zh="财政贴现率",
    )
    private_rate: float = param(
        0.07,
        "1/year",
        0.0,
        0.5,
        source="grimsey2004",
        evidence="assumed",
        doc="rate at which the partner has its capital",
        zh="社会资本成本率",
        when="mode=partner",
    )
    efficiency: float = param(
        0.10,
        "1",
        0.0,
        0.25,
        source="scenario range",
        evidence="assumed",
        doc="by what share the partner builds and runs more cheaply",
        zh="效率增益",
        when="mode=partner",
    )
    overrun_mean: float = param(
        0.15,
        "1",
        0.0,
        2.0,
        source="flyvbjerg2002",
        evidence="assumed",
        doc="mean by which building exceeds the plan, as a share of it",
        zh="平均超支率",
    )
    overrun_spread: float = param(
        0.20,
        "1",
        0.0,
        2.0,
        source="flyvbjerg2002",
        evidence="assumed",
        doc="standard deviation of it",
        zh="超支率离散度",
    )
    risk_passed: float = param(
        1.0,
        "1",
        0.0,
        1.0,
        source="the scenario's author",
        evidence="assumed",
        lever=True,
        doc="share of the overrun that the partner bears",
        zh="转移给社会资本的风险",
        when="mode=partner",
    )
    risk_price: float = param(
        0.15,
        "1",
        0.0,
        2.0,
        source="scenario range",
        evidence="assumed",
        doc="what the partner adds to its price for all of the risk, over the capital",
        zh="风险溢价（占投资）",
        when="mode=partner",
    )
    failure_chance: float = param(
        0.02,
        "1/year",
        0.0,
        0.5,
        source="scenario range",
        evidence="assumed",
        doc="chance in a year that a partner who has not failed yet fails",
        zh="社会资本年违约概率",
        when="mode=partner",
    )
    takeover_yuan: float = param(
        1_000_000.0,
        "yuan",
        0.0,
        1e10,
        source="scenario range",
        evidence="assumed",
        doc="what the budget pays once to take over",
        zh="接管费用",
        when="mode=partner",
    )


# -- metrics -------------------------------------------------------------------------------------------------


def npv_cost_yuan(world: World) -> float | None:
    """Present value of what the budget pays."""
    rows = world.payments
    if not len(rows):
        return None
    by_year = np.bincount(rows.year, rows.fen) / FEN_PER_YUAN
    return present_value(by_year, world.levers["ppp"].public_rate)  # type: ignore[attr-defined]


def npv_spread_yuan(world: World) -> float | None:
    """By how much that is more than planned for a budget that builds by itself."""
    cost = npv_cost_yuan(world)
    p = world.levers["ppp"]
    if cost is None:
        return None
    planned = [p.capital_yuan, *[p.running_yuan] * p.contract_years]  # type: ignore[attr-defined]
    return cost - present_value(planned, p.public_rate)  # type: ignore[attr-defined]


def served_years_share(world: World) -> float | None:
    """Years of the contract without a failure."""
    return share(~world.payments.failed[world.payments.year > 0])


def contract_bound_yuan(world: World) -> float | None:
    """What the contract will still cost the budget after the run."""
    if not len(world.payments):
        return None
    return float(world.payments.fen.sum() - balances(world.postings, CONTRACT).sum()) / FEN_PER_YUAN


@mechanism(
    phase=(Phase.DECIDE, Phase.SETTLE),
    params=Ppp,
    gates=["ppp.mode"],
    reads=["payments.year", "payments.fen"],
    spawns=["payments", "postings"],
    metrics={
        "npv_cost_yuan": Metric(
            npv_cost_yuan, "yuan", better="lower", en="Cost to the budget, today's value", zh="财政成本现值",
            doc="present value of what the budget pays in the years of the contract, at ppp.public_rate",
            doc_zh="合同期内财政支出按 ppp.public_rate 折现的现值",
        ),
        "npv_spread_yuan": Metric(
            npv_spread_yuan, "yuan", better="lower", en="Cost beyond the plan, today's value", zh="超出计划的成本现值",
            doc="npv_cost_yuan less the present value of building and running by the budget as planned",
            doc_zh="财政成本现值 − 按计划由财政自建自营的现值",
        ),
        "contract_bound_yuan": Metric(
            contract_bound_yuan, "yuan", better=None, en="Bound by the contract", zh="合同剩余支付义务",
            doc="payments of the contract that are not due by the end of the run",
            doc_zh="至期末尚未到期的合同付款之和",
        ),
        "served_years_share": Metric(
            served_years_share, "1", better="higher", en="Years without a failure", zh="正常服务年份占比",
            doc="years of the contract in which no partner failed / years of the contract; one that failed is replaced "
                "by the budget for the rest of them",
            doc_zh="未发生社会资本违约的合同年份 ÷ 合同年数；违约后其余年份由财政自营",
        ),
    },
    sources=["grimsey2004", "flyvbjerg2002"],
)  # fmt: skip
def ppp(world: View, p: Ppp, draw: Draw, effects: Effects) -> None:
    """Live the years of the contract on paper (in DECIDE of the first day); pay what falls due (in SETTLE)."""
    if p.mode == "none" or world.running_on:
        return
    if world.phase is Phase.SETTLE:
        pay(world, draw, effects)
    elif world.day == 0:
        sign(p, draw, effects)


def pay(world: Any, draw: Draw, effects: Effects) -> None:
    """Book the payment that falls due today."""
    year, rest = divmod(world.day + 1, YEAR_DAYS)
    due = np.flatnonzero((world.payments.year == year) & (world.payments.fen != 0))
    if len(due) and (world.day == 0 or not rest):
        keys = draw.keys("due", due.astype(np.uint64))
        effects.spawn("postings", keys, day=world.day, account=CONTRACT, fen=world.payments.fen[due], source=PUBLIC)


def sign(p: Ppp, draw: Draw, effects: Effects) -> None:
    """Write down what the budget pays in each year of the contract."""
    years, failed = np.arange(p.contract_years + 1), failures(p, draw)
    key = np.zeros(1, np.uint64)
    overrun = max(p.overrun_mean + p.overrun_spread * float(draw.normal("overrun", key, 0)[0]), -1.0)
    yuan = partnered(p, overrun, failed) if p.mode == "partner" else by_budget(p, overrun)
    fen = np.rint(yuan * FEN_PER_YUAN).astype(np.int64)
    effects.spawn("payments", draw.keys("year", years.astype(np.uint64), 0), year=years, fen=fen, failed=failed)


def failures(p: Ppp, draw: Draw) -> Flags:
    """Tell in which year, from 0, a partner fails: in one at most."""
    years = np.arange(p.contract_years + 1, dtype=np.uint64)
    fails = draw.happens("failure", p.failure_chance, years, 0) & (years > 0) & (p.mode == "partner")
    first: Flags = fails & (np.cumsum(fails) == 1)
    return first


def by_budget(p: Ppp, overrun: float) -> Floats:
    """Return what the budget pays in each year if it builds and runs by itself."""
    return np.array([p.capital_yuan * (1 + overrun), *[p.running_yuan] * p.contract_years])


def partnered(p: Ppp, overrun: float, failed: Flags) -> Floats:
    """Return what the budget pays a partner in each year; from its failure on the budget runs it by itself."""
    cheaper = 1 - p.efficiency
    capital = p.capital_yuan * (cheaper + p.risk_price * p.risk_passed + overrun * (1 - p.risk_passed))
    price = annuity(capital, p.private_rate, p.contract_years) + cheaper * p.running_yuan
    yearly = np.array([0.0, *[price] * p.contract_years])
    if failed.any():
        first = int(np.argmax(failed))
        owed = annuity(capital, p.private_rate, p.contract_years)
        yearly[first:] = owed + p.running_yuan
        yearly[first] += p.takeover_yuan
    return yearly
