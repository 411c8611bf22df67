"""Plans: which works are decided for which site, by whom, on what belief about needs, within one budget.

What it does    On the day of the decision the office (alone, with a council, in an app, or both with experts at
                the table) believes something about what residents need, reckons what every work at every site
                would be worth, and lets a rule choose within the budget, of which asking has taken its part and
                lifts take what they compensate. Some decisions would not stand up in
                law; experts find most of these. Whoever took part, and less so the neighbours, has been heard,
                the more so the better the plan answers the own needs.
Why             One plan for all misses what differs between people; a council brings information and voice, which
                are told apart here [lind1988]. Budget rules share out one sum by different ideas of fair:
                greedy, welfare, equal shares and sequential Phragmén [peters2021, brill2017].
Leaves out      Works that depend on each other, what is there already, and changing a plan once it is made.
Ablation        estimate true_needs: no mismatch is left, without any council. estimate prior in a council: the
                information is gone, the voice stays. voice off: the other way round. expert_share 0: no veto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import Doubt, param
from twin.core.world import Phase, World
from twin.world.asking import ESTIMATES, NOT_ASKED, believed, error_of, stated_of
from twin.world.budgeting import RULES, equal_shares, greedy, phragmen, welfare
from twin.world.inequality import gini
from twin.world.ledger import ASKING, public_fen, to_fen
from twin.world.series import ratio, share
from twin.world.sites import Sites, cause_keys, compensation_of, gains, reached, sites_of, where, worth
from twin.world.tables import AGE_GROUPS
from twin.world.works import (
    APP_PROCESSES,
    DOMAINS,
    FEN_PER_YUAN,
    MEETING_PROCESSES,
    PROCESSES,
    STAYED_AWAY,
    Weights,
    Work,
    Works,
    as_columns,
    default_catalogue,
    homes_of,
    needs_of,
)

_YOUTH, _ELDER = AGE_GROUPS.index("youth"), AGE_GROUPS.index("elder")


@dataclass(frozen=True)
class Plans:
    """How a plan is made."""

    process: str = param("none", "", source="scenario range", evidence="assumed", lever=True, choices=PROCESSES,
                         doc="who decides: nobody (no plan is made), the office on its prior, a council that meets, an "
                             "app, a hybrid of both with experts, or both without",
                         zh="决定方式：none 不作方案、prior 行政预设、council 议事会、app 线上、hybrid 线上线下加专家、"
                            "council_plus_app 议事会加线上")
    decide_on_day: int = param(30, "day", 0, 36_500, source="scenario range", evidence="assumed", lever=True,
                               doc="day of the decision, 0 for the first of the run", zh="决定日")
    estimate: str = param("by_process", "", source="scenario range", evidence="assumed", lever=True,
                          choices=ESTIMATES,
                          doc="what is believed about needs: as the process has it (prior for `prior`, else answers), "
                              "the prior, what residents said, or the truth, which no office has",
                          zh="需求依据：by_process 随决定方式、prior 预设、answers 居民表达、true_needs 真实需求"
                             "（仅供对照）")
    rule: str = param("greedy", "", source="peters2021", evidence="published", lever=True, choices=RULES,
                      doc="how works are chosen within the budget", zh="预算规则")
    budget_yuan: float = param(3_000_000.0, "yuan", 0.0, 1e10, source="scenario range", evidence="assumed", lever=True,
                               doc="hard limit of what works, asking residents before the decision, and compensation "
                                   "by the plan cost together", zh="预算")
    catalogue: dict[str, Work] = param(default_catalogue, "", source="mohurd2023", evidence="assumed", lever=True,
                                       doc="works that can be chosen", zh="工程目录")
    prior_weights: Weights = param(
        (0.06, 0.10, 0.14, 0.26, 0.20, 0.10, 0.06, 0.08), "1", 0.0, 1.0, source="scenario range", evidence="assumed",
        lever=True, doc="weights that the office takes for everybody's, one for each domain in their order",
        zh="行政预设的各领域权重")
    few_answers: float = param(5.0, "1", 0.0, 100.0, source="scenario range", evidence="assumed",
                               doc="answers of a group (age by floor) that weigh as much as the mean of all groups",
                               zh="小样本收缩强度")
    approved_domains: int = param(3, "1", 1, 8, source="scenario range", evidence="assumed",
                                  doc="domains that a voter approves of, the most wanted first",
                                  zh="每人赞成的领域数", when="rule=equal_shares|phragmen")
    unlawful_chance: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="chance that the decision on a project would not stand, without experts",
                                   zh="决定不合法概率")
    expert_share: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                doc="part of these that experts put right (hybrid only)", zh="专家纠正比例",
                                when="process=hybrid")
    voice: bool = param(True, "", source="lind1988", evidence="assumed", lever=True,
                        doc="whether those who take part are heard, or only counted", zh="是否听取意见")
    neighbour_voice: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                   doc="voice of those who did not take part but whose neighbours did, against theirs",
                                   zh="邻居代言程度", when="voice")
    unanswered_voice: float = param(0.5, "1", 0.0, 1.0, source="lind1988", evidence="assumed",
                                    doc="voice of whoever spoke and got nothing, against one who got everything",
                                    zh="表达未被采纳时的程度", when="voice")

    def doubts(self) -> list[Doubt]:
        """Doubt a decision in which residents are to take part, and before which there is no day to do so."""
        asked = self.process in (*MEETING_PROCESSES, *APP_PROCESSES)
        return [Doubt("S154", "decide_on_day", {})] if asked and not self.decide_on_day else []


# -- metrics ---------------------------------------------------------------------------------------------


def _chosen(world: World) -> tuple[Plans, Works, Sites] | None:
    """The levers, the catalogue, and what was chosen; None where no plan was made."""
    p: Any = world.levers["plans"]
    if p.process == "none" or world.day <= p.decide_on_day or not len(world.residents):
        return None
    table = world.projects
    columns = (getattr(table, name).astype(np.int64)[~table.asked_for] for name in Sites._fields)
    return p, as_columns(p.catalogue), Sites(*columns)


def plan_mismatch(world: World) -> float | None:
    """What the plan is truly worth falls short of the best that the same budget could buy."""
    made = _chosen(world)
    if made is None:
        return None
    p, works, chosen = made
    true, lives_at = needs_of(world), where(world)
    sites = sites_of(world, works)
    value = worth(works, sites, lives_at, true)
    best = value[welfare(prices(world, works, sites), value, left_for_works(world, p))].sum()
    short = ratio(worth(works, chosen, lives_at, true).sum(), best)
    return None if short is None else max(1 - short, 0.0)


def plan_cost_yuan(world: World) -> float | None:
    """Cost of the works that were decided."""
    in_plan = ~world.projects.asked_for
    return None if _chosen(world) is None else float(world.projects.cost_fen[in_plan].sum()) / FEN_PER_YUAN


def unlawful_share(world: World) -> float | None:
    """Decisions that would not stand / decisions."""
    return None if _chosen(world) is None else share(~world.projects.lawful[~world.projects.asked_for])


def plan_gain_gini(world: World) -> float | None:
    """Gini coefficient of what the plan would bring to residents."""
    made = _chosen(world)
    if made is None:
        return None
    _, works, chosen = made
    brought = gains(works, chosen, where(world), len(DOMAINS)) * needs_of(world)
    return gini(brought.sum(axis=1))


def _need_error(world: World, group: int | None) -> float | None:
    made = _chosen(world)
    if made is None:
        return None
    who = np.ones(len(world.residents), np.bool_) if group is None else world.residents.age_group == group
    if not who.any():
        return None
    return error_of(beliefs(world, made[0])[who], needs_of(world)[who])


def need_error(world: World) -> float | None:
    """Error of the weights that the plan was made on."""
    return _need_error(world, None)


def need_error_youth(world: World) -> float | None:
    """The same among residents from 15 to 34."""
    return _need_error(world, _YOUTH)


def need_error_elder(world: World) -> float | None:
    """The same among residents from 65."""
    return _need_error(world, _ELDER)


_ERROR = ("root of the mean square, over the domains, of the difference between the mean need weights that the plan "
          "was made on and the true ones, ")  # fmt: skip
_ERROR_ZH = "方案所依据的平均需求权重与真实值之差在各领域上的均方根，"
METRICS = {
    "plan_mismatch": Metric(
        plan_mismatch, "1", better="lower", en="Mismatch of the plan", zh="方案错配度", latent=True,
        doc="1 - (benefit of the chosen works, weighted by the true needs of those whom they reach / the largest such "
            "benefit that the same budget could buy)",
        doc_zh="1 −（所选工程按受益居民真实需求加权的收益 ÷ 同一预算可买到的最大收益）",
    ),
    "plan_cost_yuan": Metric(
        plan_cost_yuan, "yuan", better=None, en="Cost of the works decided", zh="方案造价",
        doc="cost of the works in the plan, as decided", doc_zh="方案中各项工程的决定造价合计",
    ),
    "unlawful_share": Metric(
        unlawful_share, "1", better="lower", en="Decisions that would not stand", zh="不合法决定占比", latent=True,
        doc="projects whose decision would not stand in law / projects decided",
        doc_zh="决定经不起合法性审查的项目数 ÷ 已决定的项目数",
    ),
    "plan_gain_gini": Metric(
        plan_gain_gini, "1", better="lower", en="Inequality of what the plan brings", zh="方案受益基尼系数",
        latent=True,
        doc="Gini coefficient, over residents, of the benefit of the chosen works weighted by the own true needs",
        doc_zh="各居民按自身真实需求加权的方案收益的基尼系数",
    ),
    "need_error": Metric(
        need_error, "1", better="lower", en="Error about needs", zh="需求估计误差", latent=True,
        doc=_ERROR + "all residents", doc_zh=_ERROR_ZH + "全体居民",
    ),
    "need_error_youth": Metric(
        need_error_youth, "1", better="lower", en="Error about needs, aged 15 to 34", zh="青年需求估计误差",
        latent=True, doc=_ERROR + "residents from 15 to 34", doc_zh=_ERROR_ZH + "15 至 34 岁居民",
    ),
    "need_error_elder": Metric(
        need_error_elder, "1", better="lower", en="Error about needs, aged 65 and over", zh="老年需求估计误差",
        latent=True, doc=_ERROR + "residents aged 65 and over", doc_zh=_ERROR_ZH + "65 岁及以上居民",
    ),
}  # fmt: skip


# -- the mechanism ---------------------------------------------------------------------------------------


@mechanism(
    phase=Phase.DECIDE,
    params=Plans,
    gates=["plans.process"],
    reads=[
        "residents.household", "residents.grid", "residents.age_group", "residents.took_part", "residents.asked_by",
        "households.flat", "flats.building", "flats.stairwell", "flats.floor", "buildings.grid",
        "postings.day", "postings.account", "postings.source", "postings.fen",
        "projects.started", "projects.cost_fen", "projects.owners_fen",
        "levers.ballots.consent", "levers.ballots.compensation_yuan", "levers.ballots.low_floors",
        *(f"residents.{kind}_{domain}" for kind in ("need", "stated") for domain in DOMAINS),
    ],
    owns={
        "residents.voice": Column(
            np.float32, "1", "how far the resident was heard in the decision: took part, and saw it answered",
            low=0.0, high=1.0,
        )
    },
    spawns=["projects"],
    metrics=METRICS,
    sources=["lind1988", "peters2021", "brill2017", "mohurd2023"],
)  # fmt: skip
def plans(world: View, p: Plans, draw: Draw, effects: Effects) -> None:
    """Decide, on the day of the decision."""
    if p.process == "none" or world.day != p.decide_on_day or not len(world.residents):
        return
    works, lives_at = as_columns(p.catalogue), where(world)
    sites = sites_of(world, works)
    chosen = sites.of(choose(world, p, works, sites, lives_at))
    keys = draw.keys("project", cause_keys(works, chosen), 0)
    doubtful = p.unlawful_chance * (1 - p.expert_share if p.process == "hybrid" else 1)
    effects.spawn(
        "projects",
        keys,
        decided=world.day,
        cost_fen=works.cost_fen[chosen.work],
        lawful=~draw.happens("unlawful", doubtful, keys, 0),
        **chosen._asdict(),
    )
    if p.voice:
        effects.set("residents", None, voice=heard(world, p, works, chosen, lives_at))


def left_for_works(world: Any, p: Plans) -> int:
    """Return what asking the residents, and lifts that had begun, have left of the budget on the day decided [fen]."""
    projects = world.projects
    begun = (projects.started >= 0) & (projects.started <= p.decide_on_day)
    taken = int((projects.cost_fen - projects.owners_fen)[begun].sum())
    return max(to_fen(p.budget_yuan) - taken - public_fen(world.postings, [ASKING], p.decide_on_day + 1), 0)


def prices(world: Any, works: Works, sites: Sites) -> Ints:
    """Return what each site would cost the budget (sites,) [fen]: the work, and what its lift compensates."""
    price: Ints = works.cost_fen[sites.work] + compensation_of(world, works, sites)
    return price


def beliefs(world: Any, p: Plans) -> Floats:
    """Return the need weights that the plan is made on (residents, domains)."""
    by_process = "prior" if p.process == "prior" else "answers"
    kind = by_process if p.estimate == "by_process" else p.estimate
    return believed(world, kind, p.prior_weights, p.few_answers, homes_of(world).floor)


def choose(world: Any, p: Plans, works: Works, sites: Sites, lives_at: tuple[Ints, ...]) -> Ints:
    """Return the sites that are chosen; what a proportional rule leaves is spent where it is worth most."""
    costs, budget = prices(world, works, sites), left_for_works(world, p)
    value = worth(works, sites, lives_at, beliefs(world, p))
    if p.rule == "welfare":
        return welfare(costs, value, budget)
    if p.rule == "greedy":
        return greedy(costs, value, budget)
    rule = equal_shares if p.rule == "equal_shares" else phragmen
    first = rule(costs, wishes(world, p, works, sites, lives_at), budget)
    rest = np.setdiff1d(np.arange(len(costs)), first)
    more = rest[greedy(costs[rest], value[rest], budget - int(costs[first].sum()))]
    return np.concatenate((first, more))


def wishes(world: Any, p: Plans, works: Works, sites: Sites, lives_at: tuple[Ints, ...]) -> Floats:
    """Return what each voter makes of each site (voters, sites): those who were heard, on what they said.

    A voter approves of the works in the domains wanted most that would reach the own home.
    """
    voters = np.flatnonzero(world.residents.asked_by != NOT_ASKED)
    said = stated_of(world)[voters]
    rank = np.argsort(np.argsort(-said, axis=1, kind="stable"), axis=1)
    domain = works.domain[sites.work]
    approves = (rank < p.approved_domains)[:, domain] & reached(works, sites, lives_at, voters)
    return np.where(approves, np.maximum(said, 0.0)[:, domain] * works.benefit[sites.work], 0.0)


def heard(world: Any, p: Plans, works: Works, chosen: Sites, lives_at: tuple[Ints, ...]) -> Floats:
    """Return how far each resident was heard: taking part, or neighbours' doing so, and being answered."""
    took_part: Flags = world.residents.took_part != STAYED_AWAY
    slot = lives_at[1] + 1
    spoken_for = (np.bincount(slot[took_part], minlength=int(slot.max()) + 1) > 0)[slot] & (slot > 0)
    spoke = np.where(took_part, 1.0, p.neighbour_voice * spoken_for)
    answered = (needs_of(world) * (gains(works, chosen, lives_at, len(DOMAINS)) > 0)).sum(axis=1)
    return spoke * (p.unanswered_voice + (1 - p.unanswered_voice) * np.minimum(answered, 1.0))
