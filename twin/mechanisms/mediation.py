"""Mediation: from the first contact to the table, and what two sides agree on there.

What it does    A side of an open dispute asks for help, the other side agrees or not, a date is found, and the
                session becomes a work order of the desk: its waiting, travel and length are the desk's. When it
                has been held, the sides settle if what each believes it could get elsewhere leaves enough to
                share: evenings that are quiet, foulings cleaned up, nights off a parking space, a part of a repair or
                of fees, which is booked. In separate offices every case begins at its community 村, where a hard one
                is out of its depth, and goes up, to street 镇 and city 县, after a session there that did not settle
                it; in a one-stop centre it sits at the level that it needs. Each session teaches both something.
Why             Few who ask ever sit at the table, most who sit there settle [cook1980, felstiner1985], so success
                has three denominators. What is shared follows bargaining theory [nash1950, rubinstein1982]; without
                help private information eats part of the gains [chatterjee1983]. Sides think too much of what they
                could get elsewhere [babcock1997], each by one error of its own, which help and sessions shrink.
                Pain makes ready [zartman2000].
Leaves out      Courts, mediators' favour, sides of more than two. A side that agreed comes to every session; nobody
                travels to one but the two sides. What rooms and mediators cost, beyond their wages. What an agreement
                about works obliges to; the repair itself, whose purse a sum comes out of, paying back where an
                agreement breaks; that one leak costs more than another.
Ablation        one_stop off: cases are handed up again. hand_off_days 0: which takes no time. out_of_depth 1: and
                loses nothing. adviser off. online off. learning 0: the second session is like the first. clauses
                off: agreements change nothing in the world, and move no money. offered off: nobody helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import Doubt, param, wrong_lengths
from twin.core.world import Phase, World
from twin.world.disputes import (
    FEES,
    HANDED_ON,
    HELD,
    LEAKS,
    LEVELS,
    NEVER,
    NOISE,
    PARKING,
    PETS,
    REFUSED,
    SEATED,
    TURNS,
    WEEK_NIGHTS,
    fairness,
    is_open,
    nash_share,
    nights_off,
    quiet_hour,
    rubinstein_share,
)
from twin.world.kinds import priority_of
from twin.world.ledger import MEDIATION, OWNERS, PUBLIC, TRANSFER, booked_yuan, fen_of
from twin.world.outcomes import falls_today, orders_about
from twin.world.series import in_window, mean, per_thousand_year, ratio
from twin.world.tables import CHANNELS
from twin.world.works import FEN_PER_YUAN

BARGAINING = ("nash", "rubinstein")
_HIGHEST = len(LEVELS)
_READY_STAGE = 3  # at which the published share agrees
_HOUR_MINUTES = 60
_EQUAL = 0.5
_LENGTHS = {"categories": (0, _HIGHEST), "skills": (1, _HIGHEST), "level_from_stage": (_HIGHEST - 1, _HIGHEST - 1)}
_NOT_ABOVE = (("least_fallback", "most_fallback"), ("plaintiff_hour", "respondent_hour"))


@dataclass(frozen=True)
class Mediation:
    """Who sits at which table, and what sides bring to it."""

    offered: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                          doc="whether anybody mediates", zh="是否提供调解")
    categories: tuple[str, ...] = param((), "", source="scenario range", evidence="assumed", lever=True,
                                        doc="categories of the sessions at community, street and city, which are some "
                                            "team's duty; one for all levels will do",
                                        zh="社区、街道、市级调解会的类别")
    contact_per_day: float = param(0.01, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="hazard that a side asks for help, for each stage", zh="求助率（按阶段）")
    outreach_per_day: float = param(0.0, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                    doc="hazard that a grid worker brings a dispute to the table", zh="主动排查率")
    ask_again_days: int = param(0, "day", 0, 3650, source="scenario range", evidence="assumed", lever=True,
                                doc="after which a side that did not agree may be asked again, when it may have become "
                                    "ready (0: it is asked once)", zh="对方拒绝后再次邀请的间隔（0 为只问一次）")
    agree_chance: float = param(0.45, "1", 0.01, 0.99, source="cook1980", evidence="published",
                                doc="the other side agrees to the table, at stage 3", zh="对方同意调解概率")
    ripening: float = param(0.2, "1", 0.0, 2.0, source="zartman2000", evidence="assumed",
                            doc="gain of its logit by stage", zh="成熟度系数")
    date_days: float = param(7.0, "day", 0.0, 90.0, source="scenario range", evidence="assumed", lever=True,
                             doc="until a date that suits both sides", zh="约期天数")
    session_hour: float = param(9.0, "h", 0.0, 23.0, source="scenario range", evidence="assumed", lever=True,
                                doc="hour of the day at which a session is asked of the desk", zh="提交时刻")
    online: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                         doc="sessions of those who can are held online", zh="在线调解")
    online_date_days: float = param(2.0, "day", 0.0, 90.0, source="scenario range", evidence="assumed", lever=True,
                                    doc="until a date for an online session", zh="在线约期天数", when="online")
    online_reach: float = param(0.2, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="part of those who would refuse a meeting and agree to one online",
                                zh="在线增加的同意比例", when="online")
    online_quality: float = param(0.8, "1", 0.0, 1.0, source="online_court", evidence="published",
                                  doc="a mediator's skill online, in parts of that in a room", zh="在线调解效力",
                                  when="online")
    one_stop: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                           doc="a case is placed at the level that it needs at once, not at its community's",
                           zh="一站式受理")
    hand_off_days: float = param(14.0, "day", 0.0, 180.0, source="scenario range", evidence="assumed", lever=True,
                                 doc="from one level to the next, in separate offices", zh="逐级移交天数")
    level_from_stage: tuple[int, ...] = param((4, 7), "1", 1, 10, source="glasl1982", evidence="published", lever=True,
                                              doc="stages from which a case is for the street, and for the city",
                                              zh="移交街道、市级的阶段")
    skills: tuple[float, ...] = param((0.5, 0.6, 0.7), "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                      lever=True, doc="part of what keeps sides apart that a mediator of each level "
                                                      "takes away", zh="各级调解员能力")
    out_of_depth: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="a mediator's skill on a case for a higher level, in parts of the usual one",
                                zh="越级案件的调解能力系数")
    adviser: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                          doc="a legal adviser sits at the table", zh="法律顾问在场")
    adviser_gain: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="part of what still keeps sides apart that the adviser takes away",
                                zh="法律顾问作用", when="adviser")
    adviser_yuan: float = param(300.0, "yuan", 0.0, 100_000.0, source="scenario range", evidence="assumed", lever=True,
                                doc="price of the adviser, by session, which is booked", zh="法律顾问费用（每次）",
                                when="adviser")
    online_yuan: float = param(30.0, "yuan", 0.0, 100_000.0, source="scenario range", evidence="assumed", lever=True,
                               doc="price of the means for an online session, which is booked", zh="在线调解费用",
                               when="online")
    sessions_most: int = param(3, "1", 1, 20, source="scenario range", evidence="assumed", lever=True,
                               doc="sessions after which a case is given up", zh="最多调解次数")
    pause_days: float = param(10.0, "day", 0.0, 180.0, source="scenario range", evidence="assumed", lever=True,
                              doc="from one session to the next", zh="两次调解间隔")
    bargaining: str = param("nash", "", source="nash1950", evidence="published", choices=BARGAINING,
                            doc="how the surplus is shared", zh="分配方式")
    patience: float = param(0.95, "1", 0.0, 0.999, source="rubinstein1982", evidence="assumed",
                            doc="discount of one round of offers", zh="耐心系数", when="bargaining=rubinstein")
    impatience: float = param(1.0, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                              doc="gain of a side's rounds lost, by stress above the usual", zh="压力降低耐心的系数",
                              when="bargaining=rubinstein")
    least_fallback: float = param(0.1, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="least that a side can get without the other (drawn evenly up to the most)",
                                  zh="最低保留收益")
    most_fallback: float = param(0.53, "1", 0.0, 1.0, source="cook1980", evidence="assumed",
                                 doc="most that a side can get without the other; set so that about 0.82 of the cases "
                                     "with a session are settled in the arm `separate_offices` of mediation.yaml (in "
                                     "20 replications 0.80), which therefore validates nothing",
                                 zh="最高保留收益（按开会案件成功率 0.82 校准）")
    hardening: float = param(0.04, "1", 0.0, 0.5, source="glasl1982", evidence="assumed",
                             doc="gain of both by stage", zh="阶段提高保留收益")
    doubt: float = param(0.15, "1", 0.0, 2.0, source="babcock1997", evidence="assumed",
                         doc="spread of what a side thinks the own fallback to be above what it is, without help: the "
                             "size of a normal error, drawn once for each side of a dispute",
                         zh="对保留收益的高估")
    learning: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                            doc="part of what still keeps sides apart that each session held before has taken away",
                            zh="每次调解的信息作用")
    secrecy: float = param(0.25, "1", 0.0, 1.0, source="chatterjee1983", evidence="published",
                           doc="surplus that private information eats, without help", zh="私有信息损失")
    plaintiff_hour: float = param(21.0, "h", 18.0, 24.0, source="scenario range", evidence="assumed",
                                  doc="hour from which a plaintiff wants it quiet", zh="申请方期望安静时刻")
    respondent_hour: float = param(24.0, "h", 20.0, 30.0, source="scenario range", evidence="assumed",
                                   doc="hour from which a respondent would have it quiet", zh="对方期望安静时刻")
    respondent_cleans: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                     doc="part of the foulings after which a respondent would clean up; the plaintiff "
                                         "wants all",
                                     zh="对方愿清理的比例")
    leaks_stake_yuan: float = param(3000.0, "yuan", 0.0, 1_000_000.0, source="scenario range", evidence="assumed",
                                    doc="what the repair costs over which two quarrel about a leak; the plaintiff's "
                                        "share of the pie is the part of it that the respondent pays",
                                    zh="渗漏维修费用（争议金额）")
    fees_stake_yuan: float = param(1500.0, "yuan", 0.0, 1_000_000.0, source="scenario range", evidence="assumed",
                                   doc="fees over which a household quarrels with the property firm; the plaintiff's "
                                       "share of the pie is the part of it that the firm gives back",
                                   zh="争议物业费")
    clauses: bool = param(True, "", source="scenario range", evidence="assumed", lever=True,
                          doc="agreements oblige somebody to something: on noise to quiet hours, on pets to clean up, "
                              "on parking to keep off a space, on leaks and fees to pay",
                          zh="协议含行为或金额条款")

    def mistakes(self) -> list[Doubt]:
        """Complain of lists of the wrong length or order, and of ends of a range that are the wrong way round."""
        found = wrong_lengths(self, _LENGTHS)
        if list(self.level_from_stage) != sorted(self.level_from_stage):
            found.append(Doubt("S156", "level_from_stage", {}))
        for low, high in _NOT_ABOVE:
            if getattr(self, low) > getattr(self, high):
                said = {"value": getattr(self, low), "other": f"mediation.{high}", "limit": getattr(self, high)}
                found.append(Doubt("S157", low, said))
        return found

    def doubts(self) -> list[Doubt]:
        """Doubt mediation that is offered at no table."""
        return [Doubt("S158", "offered", {})] if self.offered and not self.categories else []


# -- what is measured ------------------------------------------------------------------------------------


def _cohort(world: Any) -> Flags | None:
    """Tell which disputes were brought to somebody in the window; None where nobody mediates."""
    if not world.levers["mediation"].offered:
        return None
    return in_window(world, world.disputes.contacted_on * DAY_MINUTES) & (world.disputes.contacted_on >= 0)


class Funnel(NamedTuple):
    """How many cases of the window came how far; each is a part of the one before."""

    contacts: int
    agreed: int
    heard: int
    settled: int
    kept: int


def funnel(world: Any) -> Funnel | None:
    """Return how far the cases came that were brought to somebody in the window."""
    cohort, table = _cohort(world), world.disputes
    if cohort is None:
        return None
    settled = cohort & (table.settled_on >= 0)
    steps = (cohort, cohort & (table.agreed_on >= 0), cohort & (table.sessions > 0), settled,
             settled & (table.broken_on < 0))  # fmt: skip
    return Funnel(*(int(np.count_nonzero(step)) for step in steps))


def _count(name: str) -> Any:
    def of(world: World) -> float | None:
        counted = funnel(world)
        return None if counted is None else float(getattr(counted, name))

    return of


def _share(top: str, bottom: str) -> Any:
    def of(world: World) -> float | None:
        counted = funnel(world)
        return None if counted is None else ratio(getattr(counted, top), getattr(counted, bottom))

    return of


def mediated_per_1000(world: World) -> float | None:
    """Cases whose first session was held in the window."""
    p: Any = world.levers["mediation"]
    return per_thousand_year(world, world.disputes.heard_on) if p.offered else None


def _settled_at(level: int) -> Any:
    def of(world: World) -> float | None:
        rows = _settled(world)
        return None if rows is None else ratio(np.count_nonzero(world.disputes.level[rows] == level), len(rows))

    return of


def _settled(world: Any) -> Ints | None:
    cohort = _cohort(world)
    return None if cohort is None else np.flatnonzero(cohort & (world.disputes.settled_on >= 0))


def stage_at_settlement_mean(world: World) -> float | None:
    """Mean stage at which cases were settled."""
    rows = _settled(world)
    return None if rows is None else mean(world.disputes.stage[rows].astype(np.float64))


def days_to_settlement(world: World) -> float | None:
    """Mean days from the contact to the agreement."""
    rows, table = _settled(world), world.disputes
    return None if rows is None else mean((table.settled_on - table.contacted_on)[rows].astype(np.float64))


def days_to_first_session(world: World) -> float | None:
    """Mean days from the contact to the end of the first session."""
    cohort, table = _cohort(world), world.disputes
    if cohort is None:
        return None
    heard = np.flatnonzero(cohort & (table.sessions > 0))
    return mean(table.heard_on[heard] / DAY_MINUTES - table.contacted_on[heard])


def mediation_yuan(world: World) -> float | None:
    """Return what was booked in the window for sessions, beside wages."""
    p: Any = world.levers["mediation"]
    return booked_yuan(world, [MEDIATION]) if p.offered else None


def agreed_yuan(world: World) -> float | None:
    """Return what respondents pay plaintiffs by agreements of the window."""
    p: Any = world.levers["mediation"]
    if not p.offered:
        return None
    table = world.disputes
    made = in_window(world, table.settled_on * DAY_MINUTES) & (table.settled_on >= 0)
    return float(table.owed_fen[made].sum()) / FEN_PER_YUAN


SUCCESSES = ("agreed_share", "settled_of_sessions", "settled_of_contacts", "contacts", "agreed_cases", "session_cases",
             "settled_cases")  # fmt: skip
_OF = "disputes brought to a mediator in the window"
_OF_ZH = "统计期内申请调解的纠纷"
METRICS = {
    "contacts": Metric(
        _count("contacts"), "1", better=None, en="Contacts", zh="申请调解数",
        doc=_OF, doc_zh=_OF_ZH + "数",
    ),
    "agreed_cases": Metric(
        _count("agreed"), "1", better=None, en="Cases that both sides agreed to", zh="双方同意数",
        doc=f"{_OF} for which the other side agreed", doc_zh=f"{_OF_ZH}中对方同意调解的数目",
    ),
    "session_cases": Metric(
        _count("heard"), "1", better=None, en="Cases with a session", zh="已开会案件数",
        doc=f"{_OF} that had a session until the end", doc_zh=f"{_OF_ZH}中至期末已开会调解的数目",
    ),
    "settled_cases": Metric(
        _count("settled"), "1", better="higher", en="Cases settled", zh="调解成功数",
        doc=f"{_OF} that were settled until the end", doc_zh=f"{_OF_ZH}中至期末调解成功的数目",
    ),
    "kept_cases": Metric(
        _count("kept"), "1", better="higher", en="Agreements that hold", zh="履行中协议数", latent=True,
        doc=f"{_OF} whose agreement holds at the end", doc_zh=f"{_OF_ZH}中协议至期末仍得到履行的数目",
    ),
    "agreed_share": Metric(
        _share("agreed", "contacts"), "1", better="higher", en="Agreed, of contacts", zh="同意率",
        doc="cases that both sides agreed to / contacts", doc_zh="双方同意数 ÷ 申请调解数", beside=SUCCESSES,
    ),
    "settled_of_sessions": Metric(
        _share("settled", "heard"), "1", better="higher", en="Settled, of cases with a session", zh="开会案件成功率",
        doc="cases settled / cases with a session", doc_zh="调解成功数 ÷ 已开会案件数", beside=SUCCESSES,
    ),
    "settled_of_contacts": Metric(
        _share("settled", "contacts"), "1", better="higher", en="Settled, of contacts", zh="申请案件成功率",
        doc="cases settled / contacts", doc_zh="调解成功数 ÷ 申请调解数", beside=SUCCESSES,
    ),
    "mediated_per_1000": Metric(
        mediated_per_1000, "1/year", better=None, en="Mediated disputes per 1,000 residents",
        zh="每千人年调解纠纷数",
        doc="disputes whose first session was held in the window, per 1,000 residents and year; the base rate is "
            "calibrated to this number, which is therefore no finding",
        doc_zh="统计期内首次开会调解的纠纷数，折算为每千居民每年；基准发生率按该数校准，故不作为验证",
    ),
    **{
        f"settled_at_level_{level}": Metric(
            _settled_at(level), "1", better="higher" if level == 1 else None,
            en=f"Settled at the {name}", zh=f"{zh}化解占比",
            doc=f"cases settled at the {name}'s table / cases settled", doc_zh=f"{zh}调解成功数 ÷ 调解成功数",
        )
        for level, (name, zh) in enumerate(zip(LEVELS, ("社区", "街道", "市级"), strict=True), 1)
    },
    "stage_at_settlement_mean": Metric(
        stage_at_settlement_mean, "1", better="lower", en="Mean stage at settlement", zh="化解时平均阶段", latent=True,
        doc="mean stage, 1 to 9, at which the cases were settled", doc_zh="调解成功时所处阶段（1 至 9）的均值",
    ),
    "days_to_first_session": Metric(
        days_to_first_session, "day", better="lower", en="Days to the first session", zh="首次开会用时",
        doc="mean days from the contact to the end of the first session, of cases with one",
        doc_zh="已开会案件从申请到首次开会结束的平均天数",
    ),
    "days_to_settlement": Metric(
        days_to_settlement, "day", better="lower", en="Days to settlement", zh="化解用时",
        doc="mean days from the contact to the agreement, of the cases settled",
        doc_zh="调解成功案件从申请到达成协议的平均天数",
    ),
    "mediation_yuan": Metric(
        mediation_yuan, "yuan", better="lower", en="Cost of mediation beside wages", zh="调解费用（工资除外）",
        doc="booked in the window for advisers and for the means of meeting online",
        doc_zh="统计期内法律顾问与在线调解的记账费用",
    ),
    "agreed_yuan": Metric(
        agreed_yuan, "yuan", better=None, en="Money that agreements move", zh="协议支付金额",
        doc="what respondents pay plaintiffs by agreements of the window: their part of a repair, fees that the firm "
            "gives back; a transfer, no cost",
        doc_zh="统计期内达成的协议约定由对方支付给申请方的金额：分担的维修费、物业公司退还的费用；属转移支付，不计成本",
    ),
}  # fmt: skip


# -- the mechanism ---------------------------------------------------------------------------------------


class Docket:
    """The cases that wait for a date: while there is one, the run is not over."""

    def __init__(self, world: View) -> None:
        self._world = world

    def quiet(self) -> bool:
        """Whether no case is to be heard any more."""
        dated = np.isfinite(self._world.disputes.due_on) & is_open(self._world)
        return not dated.any()


def docket(world: View, p: Mediation, draw: Draw) -> Docket:
    """Return the docket of the run."""
    return Docket(world)


@mechanism(
    phase=(Phase.ARRIVE, Phase.DECIDE, Phase.RESPOND),
    params=Mediation,
    gates=["disputes.followed"],
    reads=[
        "disputes.cause", "disputes.plaintiff", "disputes.respondent", "disputes.stage", "disputes.faded_on",
        "residents.digital_skill", "residents.grid", "residents.x", "residents.y", "residents.stress",
        "tickets.incident", "tickets.done", "tickets.abandoned", "kinds.priority", "levers.stress.set_point",
    ],
    owns={
        "disputes.contacted_on": Column(np.int32, "day", "day on which a side asked for help, -1 if none", start=NEVER),
        "disputes.asked_on": Column(np.int32, "day", "day on which the other side was last asked, -1 if never",
                                    start=NEVER),
        "disputes.times_asked": Column(np.int16, "1", "times that the other side was asked"),
        "disputes.agreed_on": Column(np.int32, "day", "day on which the other side agreed, -1 if not", start=NEVER),
        "disputes.is_online": Column(np.bool_, "1", "its sessions are held online", start=False),
        "disputes.level": Column(np.int8, "1", "table: 1 community, 2 street, 3 city, 0 none", low=0, high=3),
        "disputes.due_on": Column(np.float64, "day", "day of the next session, inf: none is due", start=np.inf),
        "disputes.awaiting": Column(np.bool_, "1", "a session is an order of the desk", start=False),
        "disputes.between_offices": Column(np.bool_, "1", "it lies between two tables, without a date", start=False),
        "disputes.table_on": Column(
            np.int32, "day", "day on which a date came or a session was held last, -1 if none", start=NEVER
        ),
        "disputes.sessions": Column(np.int16, "1", "sessions held"),
        "disputes.heard_on": Column(np.float64, "min", "minute at which the first session ended", start=np.nan),
        "disputes.gave_up": Column(np.bool_, "1", "the mediators gave it up", start=False),
        "disputes.settled_on": Column(np.int32, "day", "day of the agreement, -1 while there is none", start=NEVER),
        "disputes.settled_share": Column(np.float64, "1", "plaintiff's share of the pie", start=np.nan),
        "disputes.fairness": Column(np.float64, "1", "how equal the true gains are", start=np.nan),
        "disputes.clause_hour": Column(
            np.float64, "h", "hour from which the respondent is to leave it, inf: no such clause",
            start=np.inf,
        ),
        "disputes.clause_part": Column(
            np.float64, "1", "part of foulings that the respondent cleans up, or of nights off the plaintiff's space",
            start=0.0, low=0.0, high=1.0,
        ),
        "disputes.owed_fen": Column(np.int64, "fen", "what the respondent pays the plaintiff by the agreement", low=0),
    },
    spawns=["tickets", "turns", "postings"],
    metrics=METRICS,
    sources=["cook1980", "felstiner1985", "nash1950", "rubinstein1982", "chatterjee1983", "babcock1997",
             "zartman2000"],
    start=docket,
)  # fmt: skip
def mediation(world: View, p: Mediation, draw: Draw, effects: Effects) -> None:
    """Bring cases to the table and ask the desk for sessions (in ARRIVE); see what came of them (in RESPOND).

    After the horizon nobody comes with a new case; who came before still gets his sessions (in DECIDE: there is no
    ARRIVE any more).
    """
    if not p.offered or not p.categories or not len(world.disputes):
        return
    if world.phase is Phase.RESPOND:
        conclude(world, p, draw, effects)
    elif world.phase is Phase.ARRIVE:
        take_contacts(world, p, draw, effects)
        ask_for_sessions(world, p, draw, effects)
    elif world.running_on:
        ask_for_sessions(world, p, draw, effects)


def level_needed(p: Mediation, stage: Ints) -> Ints:
    """Return the level, 1 to 3, that a dispute of this stage needs."""
    return 1 + np.searchsorted(np.asarray(p.level_from_stage), stage, side="right")


def take_contacts(world: Any, p: Mediation, draw: Draw, effects: Effects) -> None:
    """Let sides ask for help, ask the other side, and find a date."""
    table = world.disputes
    free = np.flatnonzero(is_open(world) & may_be_asked(world, p))
    hazard = p.contact_per_day * table.stage[free] + p.outreach_per_day
    asking = free[draw.happens("contact", -np.expm1(-hazard), table.key[free])]
    if not len(asking):
        return
    on_screen = online(world, p, draw, asking)
    times = table.times_asked[asking]
    key = table.key[asking] + times.astype(np.uint64)
    agreed = draw.happens("agrees", agree_chances(p, table.stage[asking], on_screen), key, 0)
    effects.set("disputes", asking, asked_on=world.day, times_asked=times + 1, is_online=on_screen)
    effects.set("disputes", asking[times == 0], contacted_on=world.day)
    level = first_level(p, table.stage[asking])
    wait = np.where(on_screen, p.online_date_days, p.date_days)
    seated = asking[agreed]
    effects.set("disputes", seated, agreed_on=world.day, level=level[agreed].astype(np.int8),
                due_on=world.day + wait[agreed])  # fmt: skip
    tell(world, draw, SEATED, seated, level[agreed], effects)
    tell(world, draw, REFUSED, asking[~agreed], 0 * level[~agreed], effects)


def may_be_asked(world: Any, p: Mediation) -> Flags:
    """Tell for which disputes the other side has not been asked yet, or did not agree and may have become ready."""
    table = world.disputes
    waited = (table.agreed_on < 0) & (world.day - table.asked_on >= p.ask_again_days)
    return (table.contacted_on < 0) | (waited & (p.ask_again_days > 0))


def tell(world: Any, draw: Draw, kind: int, rows: Ints, level: Ints, effects: Effects, **said: Any) -> None:
    """Write down what has happened to these disputes today."""
    table = world.disputes
    effects.spawn("turns", draw.keys(TURNS[kind], table.key[rows]), dispute=rows, day=world.day, kind=kind,
                  stage=table.stage[rows], level=level.astype(np.int8), **said)  # fmt: skip


def first_level(p: Mediation, stage: Ints) -> Ints:
    """Return the table at which a case of this stage begins: its community's, in a one-stop centre the one it needs."""
    return level_needed(p, stage) if p.one_stop else np.ones(len(stage), np.int64)


def next_level(p: Mediation, stage: Ints, level: Ints, sessions: Ints) -> Ints:
    """Return the table of a case's next session.

    In separate offices a case that is beyond its table goes up by one, once it has had a session for each table so far.
    """
    needed = np.maximum(level_needed(p, stage), level)
    return needed if p.one_stop else level + ((needed > level) & (sessions >= level))


def online(world: Any, p: Mediation, draw: Draw, rows: Ints) -> Flags:
    """Tell which cases meet online: those whose sides both can (a firm always can)."""
    skill = np.append(world.residents.digital_skill, 1.0)
    least = np.minimum(skill[world.disputes.plaintiff[rows]], skill[world.disputes.respondent[rows]])
    return p.online & draw.happens("online", least, world.disputes.key[rows], 0)


def agree_chances(p: Mediation, stage: Ints, on_screen: Flags) -> Floats:
    """Return the chance that the other side agrees: pain makes ready, and a screen is less to ask than a room."""
    odds = p.agree_chance / (1 - p.agree_chance) * np.exp(p.ripening * (stage - _READY_STAGE))
    chance = odds / (1 + odds)
    return chance + np.where(on_screen, p.online_reach, 0.0) * (1 - chance)


def ask_for_sessions(world: Any, p: Mediation, draw: Draw, effects: Effects) -> None:
    """Hand sessions that are due to the desk; a case that is for another table goes there first."""
    table = world.disputes
    due = np.flatnonzero(is_open(world) & ~table.awaiting & ~table.gave_up & (table.due_on <= world.day))
    if not len(due):
        return
    level = next_level(p, table.stage[due], table.level[due], table.sessions[due])
    up = level > table.level[due]
    effects.set("disputes", due[up], level=level[up].astype(np.int8))
    tell(world, draw, HANDED_ON, due[up], level[up], effects)
    waits = up & (p.hand_off_days > 0 and not p.one_stop)
    effects.set("disputes", due, due_on=np.where(waits, world.day + p.hand_off_days, np.inf), awaiting=~waits,
                between_offices=waits)  # fmt: skip
    effects.set("disputes", due[~waits], table_on=world.day)
    spawn_sessions(world, p, draw, due[~waits], level[~waits], effects)


def matters(world: Any, rows: Ints) -> Keys:
    """Return what the order of each dispute's next, or present, session is about: the dispute and the number."""
    keys: Keys = world.disputes.key[rows] + world.disputes.sessions[rows].astype(np.uint64)
    return keys


def spawn_sessions(world: Any, p: Mediation, draw: Draw, rows: Ints, level: Ints, effects: Effects) -> None:
    """Write the orders: at the plaintiff's home, the duty of whoever serves that level's category."""
    table, residents = world.disputes, world.residents
    names = [world.categories.index(name) for name in p.categories]
    category = np.asarray(names)[np.minimum(level - 1, len(names) - 1)]
    home, about = table.plaintiff[rows], matters(world, rows)
    effects.spawn(
        "tickets",
        draw.keys("session", about, 0),
        created=world.day * DAY_MINUTES + p.session_hour * _HOUR_MINUTES,
        incident=about,
        category=category,
        channel=np.where(table.is_online[rows], CHANNELS.index("app"), CHANNELS.index("walk_in")),
        request=False,
        priority=priority_of(world, category),
        grid=residents.grid[home],
        x=residents.x[home],
        y=residents.y[home],
    )


# -- at the table ----------------------------------------------------------------------------------------


def conclude(world: Any, p: Mediation, draw: Draw, effects: Effects) -> None:
    """See which sessions ended today, and what came of them."""
    table = world.disputes
    waiting = np.flatnonzero(table.awaiting)
    if not len(waiting):
        return
    orders = orders_about(world, matters(world, waiting))
    known, orders = waiting[orders >= 0], orders[orders >= 0]
    held, lost = (falls_today(world, minutes[orders]) for minutes in (world.tickets.done, world.tickets.abandoned))
    lost &= ~held
    effects.set("disputes", known[lost], awaiting=False, gave_up=True)
    fit = held & is_open(world)[known]
    effects.set("disputes", known[held & ~fit], awaiting=False)
    settle(world, p, draw, known[fit], world.tickets.done[orders[fit]], effects)


class Sides(NamedTuple):
    """What both sides can get elsewhere, and what they believe: (cases,) each."""

    plaintiff: Floats
    respondent: Floats
    plaintiff_thinks: Floats
    respondent_thinks: Floats


def settle(world: Any, p: Mediation, draw: Draw, rows: Ints, minute: Floats, effects: Effects) -> None:
    """Settle the cases in which enough is left to share; find another date for the others, or give up."""
    table = world.disputes
    if not len(rows):
        return
    held = table.sessions[rows] + 1
    pay(world, p, draw, rows, effects)
    apart = kept_apart(p, table.stage[rows], table.level[rows], table.is_online[rows], table.sessions[rows])
    sides = fallbacks(world, p, draw, rows, p.doubt * apart)
    needed = p.secrecy * apart
    agree = 1 - sides.plaintiff_thinks - sides.respondent_thinks >= needed
    tell(world, draw, HELD, rows, table.level[rows], effects, needed=needed, plaintiff_fallback=sides.plaintiff,
         respondent_fallback=sides.respondent, plaintiff_thinks=sides.plaintiff_thinks,
         respondent_thinks=sides.respondent_thinks)  # fmt: skip
    first = table.sessions[rows] == 0
    effects.set("disputes", rows, awaiting=False, sessions=held.astype(np.int16), table_on=world.day)
    effects.set("disputes", rows[first], heard_on=minute[first])
    due = np.where(held >= p.sessions_most, np.inf, world.day + p.pause_days)
    effects.set("disputes", rows[~agree], due_on=due[~agree], gave_up=np.isinf(due[~agree]))
    write_agreements(world, p, draw, rows[agree], Sides(*(side[agree] for side in sides)), effects)


def pay(world: Any, p: Mediation, draw: Draw, rows: Ints, effects: Effects) -> None:
    """Book what these sessions cost beside wages: the adviser, and the means for meeting online."""
    table = world.disputes
    fen = fen_of(np.where(table.is_online[rows], p.online_yuan, 0.0) + (p.adviser_yuan if p.adviser else 0.0))
    paid = fen > 0
    effects.spawn("postings", draw.keys("price", table.key[rows[paid]]), day=world.day, account=MEDIATION,
                  fen=fen[paid], source=PUBLIC)  # fmt: skip


def kept_apart(p: Mediation, stage: Ints, level: Ints, on_screen: Flags, before: Ints) -> Floats:
    """Return the part of doubt and secrecy that is left at the table, after so many sessions before.

    A table below the case's level helps less.
    """
    skill = np.asarray(p.skills)[np.minimum(level, len(p.skills)) - 1]
    skill = skill * np.where(level_needed(p, stage) > level, p.out_of_depth, 1.0)
    skill = skill * np.where(on_screen, p.online_quality, 1.0)
    left: Floats = (1 - skill) * ((1 - p.adviser_gain) if p.adviser else 1.0) * (1 - p.learning) ** before
    return left


def fallbacks(world: Any, p: Mediation, draw: Draw, rows: Ints, error: Floats) -> Sides:
    """Return what each side can get without the other, and what it believes: both drawn once a dispute.

    So help in a session only ever shrinks an error; it is no new lot drawn.
    """
    table = world.disputes
    key = table.key[rows]
    hardened = p.hardening * (table.stage[rows] - 1)
    true = [p.least_fallback + (p.most_fallback - p.least_fallback) * draw.uniform(side, key, 0) + hardened
            for side in ("plaintiff", "respondent")]  # fmt: skip
    believed = [value + error * np.abs(draw.normal(f"{side} doubt", key, 0))
                for value, side in zip(true, ("plaintiff", "respondent"), strict=True)]  # fmt: skip
    return Sides(*true, *believed)


def write_agreements(world: Any, p: Mediation, draw: Draw, rows: Ints, sides: Sides, effects: Effects) -> None:
    """Share the pie, and oblige the respondent to what the plaintiff's share of it is in this matter."""
    cause = world.disputes.cause[rows]
    got = shared(world, p, rows, sides)
    hour = np.where(p.clauses & (cause == NOISE), quiet_hour(got, p.plaintiff_hour, p.respondent_hour), np.inf)
    fen = owed(p, cause, got)
    effects.set("disputes", rows, settled_on=world.day, settled_share=got, clause_hour=hour, owed_fen=fen,
                clause_part=part_left(p, cause, got),
                fairness=fairness(got, sides.plaintiff, sides.respondent))  # fmt: skip
    paying = fen > 0
    effects.spawn("postings", draw.keys("owed", world.disputes.key[rows[paying]]), day=world.day, account=TRANSFER,
                  fen=fen[paying], source=OWNERS)  # fmt: skip


def part_left(p: Mediation, cause: Ints, got: Floats) -> Floats:
    """Return the part of its occasions that the respondent is to leave: of foulings, of nights on the other's space."""
    cleaned = p.respondent_cleans + got * (1 - p.respondent_cleans)
    part = np.where(cause == PETS, cleaned, np.where(cause == PARKING, nights_off(got) / WEEK_NIGHTS, 0.0))
    return np.where(p.clauses, part, 0.0)


def owed(p: Mediation, cause: Ints, got: Floats) -> Ints:
    """Return what the respondent is to pay the plaintiff, in whole fen."""
    stake = np.where(cause == LEAKS, p.leaks_stake_yuan, np.where(cause == FEES, p.fees_stake_yuan, 0.0))
    return fen_of(np.where(p.clauses, got * stake, 0.0))


def shared(world: Any, p: Mediation, rows: Ints, sides: Sides) -> Floats:
    """Return the plaintiff's share, between 0 and 1: by Nash, or by offers that the plaintiff begins."""
    weight: Any = _EQUAL
    if p.bargaining == "rubinstein":
        usual = world.levers["stress"].set_point
        stress = np.append(world.residents.stress, usual)
        ends = (world.disputes.plaintiff[rows], world.disputes.respondent[rows])
        weight = rubinstein_share(*(p.patience ** np.exp(p.impatience * (stress[end] - usual)) for end in ends))
    return np.clip(nash_share(sides.plaintiff_thinks, sides.respondent_thinks, weight), 0.0, 1.0)
