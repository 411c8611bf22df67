"""Audit: money that goes astray on its way, a ledger that cannot be rewritten, and somebody who looks.

What it does    Whoever handles a payment (for works, compensation, asking, a park, upkeep, a contract, a programme
                or a service) may overstate it and keep the rest, the less likely the more an audit is to be
                feared. Some time later a share of the payments is audited; what is found is paid back in part. With
                `chained` on every posting carries a seal, a hash of what it says and of the seal before it, and
                the head of the chain is kept outside of the books, so that nobody can rewrite them before the
                audit comes: more of what is audited is found.
Why             A ledger that cannot be changed proves what was written, not that it was right. It works through
                those who read it: without an audit it changes nothing, to the fen. What is found, and what is
                left undone for fear of it, come from the same two numbers.
Leaves out      Who keeps the head, who leaks, collusion with auditors, bribes, work that was paid for and done
                badly, what an audit costs; wages, and what owners pay each other.
Ablation        audit_share 0: a chain is worth nothing. detect_chained equal to detect: the chain adds nothing to an
                audit. leak_chance 0: nothing is astray. chained off: no posting is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from twin.core.columns import Column, Flags, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.ledger import BESIDE_WAGES, RECOVERED, broken_at, head_of, rows_of, sealed
from twin.world.series import mean, ratio
from twin.world.works import FEN_PER_YUAN

_NEVER = -1


@dataclass(frozen=True)
class Audit:
    """How money goes astray, and who looks."""

    leak_chance: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="payments that would be overstated if nobody ever looked; 0: nothing leaks",
                               zh="无人监督时虚报付款的概率")
    leak_share: float = param(0.2, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                              doc="part of an overstated payment that goes astray", zh="虚报金额占比",
                              when="leak_chance")
    least_yuan: float = param(1000.0, "yuan", 0.0, 1e6, source="scenario range", evidence="assumed",
                              doc="smaller payments are not worth it", zh="最小涉案付款", when="leak_chance")
    chained: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                          doc="whether postings carry a chain of seals", zh="是否使用哈希链账本")
    audit_share: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                               doc="payments that are audited", zh="审计比例", when="leak_chance")
    audit_after_days: int = param(60, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                                  doc="from a payment to its audit", zh="付款至审计的天数", when="audit_share")
    detect: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                          doc="overstated payments that an audit finds where books may have been rewritten",
                          zh="账目可改时的查实率", when="audit_share")
    detect_chained: float = param(0.9, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="the same where they cannot be", zh="账目不可改时的查实率", when="chained")
    fear: float = param(1.0, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                        doc="loss of the chance to overstate by the chance to be found; at 1 what leaks is "
                            "proportional to 1 - audited x found",
                        zh="威慑系数", when="audit_share")
    recovered_share: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="part of what is found that is paid back", zh="追回比例", when="audit_share")


# -- metrics ---------------------------------------------------------------------------------------------


def _watched(world: World) -> Flags | None:
    """Tell which postings can leak; None where nothing is followed."""
    p = cast(Audit, world.levers["audit"])
    return worth_it(world.postings, p) if p.leak_chance else None


def leaked_yuan(world: World) -> float | None:
    """Astray and not paid back."""
    if _watched(world) is None:
        return None
    back = world.postings.fen[world.postings.account == RECOVERED].sum()
    return float(world.postings.leaked_fen.sum() + back) / FEN_PER_YUAN


def leaked_share(world: World) -> float | None:
    """The same, of the payments that can leak."""
    watched, astray = _watched(world), leaked_yuan(world)
    if watched is None or astray is None:
        return None
    return ratio(astray * FEN_PER_YUAN, float(world.postings.fen[watched].sum()))


def leak_found_share(world: World) -> float | None:
    """Overstated payments found / overstated payments whose audit was due."""
    if _watched(world) is None:
        return None
    due = (world.postings.leaked_fen > 0) & (world.postings.judged_on >= 0)
    return ratio(int(np.count_nonzero(world.postings.found[due])), int(np.count_nonzero(due)))


def leak_found_days(world: World) -> float | None:
    """From the payment to its being found."""
    found = world.postings.found
    return mean((world.postings.judged_on[found] - world.postings.day[found]).astype(np.float64))


def chain_broken(world: World) -> float | None:
    """1 where the seals do not fit the postings, 0 where they do; None without a chain."""
    closed = np.flatnonzero(world.postings.seal)
    if not len(closed):
        return None
    seals = world.postings.seal[closed].tolist()
    return float(broken_at(rows_of(world.postings, closed), seals, head_of(seals)) >= 0)


METRICS = {
    "leaked_yuan": Metric(
        leaked_yuan, "yuan", better="lower", en="Money astray", zh="流失资金", latent=True,
        doc="what was overstated in payments other than wages and kept, less what was paid back, over the run",
        doc_zh="整个运行期内非工资付款中虚报并流失的金额减去已追回的金额",
    ),
    "leaked_share": Metric(
        leaked_share, "1", better="lower", en="Share of money astray", zh="资金流失率", latent=True,
        doc="money astray / all payments that are large enough to leak", doc_zh="流失资金 ÷ 金额足以涉案的全部付款",
    ),
    "leak_found_share": Metric(
        leak_found_share, "1", better="higher", en="Overstated payments found", zh="虚报查实率", latent=True,
        doc="overstated payments that an audit found / overstated payments old enough for an audit",
        doc_zh="审计查实的虚报付款数 ÷ 已到审计时点的虚报付款数",
    ),
    "leak_found_days": Metric(
        leak_found_days, "day", better="lower", en="Days until it is found", zh="查实所需天数",
        doc="mean days from an overstated payment to its being found", doc_zh="虚报付款至被查实的平均天数",
    ),
    "chain_broken": Metric(
        chain_broken, "1", better="lower", en="Chain broken", zh="账本链断裂",
        doc="1 where the seals do not fit the postings, 0 where they do; what was cut off or sealed anew is seen "
            "against the head alone, which the run folder keeps",
        doc_zh="封印与账目不符为 1，相符为 0；截去末尾或整体重新封印只能凭账本之外（运行文件夹）保存的链首发现",
    ),
}  # fmt: skip


# -- the mechanism ---------------------------------------------------------------------------------------


@mechanism(
    phase=Phase.SETTLE,
    params=Audit,
    reads=[
        "postings.day", "postings.account", "postings.fen", "postings.source", "postings.project", "postings.programme",
    ],
    owns={
        "postings.leaked_fen": Column(np.int64, "fen", "the part of it that went astray", start=0, low=0),
        "postings.handled": Column(np.bool_, "1", "it is decided whether it leaks", start=False),
        "postings.judged_on": Column(np.int32, "day", "day on which its audit was due, -1 before", start=_NEVER),
        "postings.found": Column(np.bool_, "1", "an audit found that it was overstated", start=False),
        "postings.seal": Column(np.uint64, "1", "hash of the posting and of the seal before, 0 without", start=0),
    },
    spawns=["postings"],
    metrics=METRICS,
)
def audit(world: View, p: Audit, draw: Draw, effects: Effects) -> None:
    """Seal what was booked since, let it leak, and audit what is old enough."""
    if not len(world.postings):
        return
    if p.chained:
        close_books(world, effects)
    if p.leak_chance:
        leak(world, p, draw, effects)
        judge(world, p, draw, effects)


def found_if_audited(p: Audit) -> float:
    """Return the chance that an audit finds an overstated payment."""
    return p.detect_chained if p.chained else p.detect


def overstated(p: Audit) -> float:
    """Return the chance that a payment is overstated, for fear of being found."""
    return p.leak_chance * max(1 - p.fear * p.audit_share * found_if_audited(p), 0.0)


def worth_it(postings: Any, p: Audit) -> Flags:
    """Tell which postings are payments that somebody could overstate."""
    big = postings.fen >= max(p.least_yuan * FEN_PER_YUAN, 1)
    return cast(Flags, np.isin(postings.account, BESIDE_WAGES) & big)


def close_books(world: Any, effects: Effects) -> None:
    """Seal the postings that have no seal yet, in their order."""
    open_rows: Ints = np.flatnonzero(world.postings.seal == 0)
    if len(open_rows):
        before = int(world.postings.seal[open_rows[0] - 1]) if open_rows[0] else 0
        effects.set("postings", open_rows, seal=np.array(sealed(rows_of(world.postings, open_rows), before), np.uint64))


def leak(world: Any, p: Audit, draw: Draw, effects: Effects) -> None:
    """Decide of every new posting whether it is overstated."""
    new = np.flatnonzero(~world.postings.handled)
    if not len(new):
        return
    leaks = draw.happens("leak", overstated(p), world.postings.key[new], 0) & worth_it(world.postings, p)[new]
    astray = np.rint(world.postings.fen[new] * p.leak_share).astype(np.int64)
    effects.set("postings", new, handled=True, leaked_fen=np.where(leaks, astray, 0))


def judge(world: Any, p: Audit, draw: Draw, effects: Effects) -> None:
    """Audit a share of what is old enough, and have a part of what is found paid back."""
    postings = world.postings
    old = postings.handled & (postings.judged_on < 0) & (world.day >= postings.day + p.audit_after_days)
    due = np.flatnonzero(old)
    if not len(due):
        return
    keys = postings.key[due]
    audited = draw.happens("audited", p.audit_share, keys, 0) & (postings.leaked_fen[due] > 0)
    found = audited & draw.happens("found", found_if_audited(p), keys, 0)
    effects.set("postings", due, judged_on=world.day, found=found)
    caught = due[found]
    back = np.rint(postings.leaked_fen[caught] * p.recovered_share).astype(np.int64)
    if back.any():
        effects.spawn(
            "postings", draw.keys("recovered", postings.key[caught], 0), day=world.day, account=RECOVERED, fen=-back,
            source=postings.source[caught], project=postings.project[caught], programme=postings.programme[caught],
        )  # fmt: skip
