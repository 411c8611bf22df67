"""Ballots: owners vote on each project, abstain, or stay away; the law says what follows from it.

What it does    Some days after the decision the owner of every flat that a project covers acts, also of those
                that are let or empty: stays away, or takes part and abstains, agrees or disagrees. The owner weighs
                what the work would bring (a lift brings more the higher one lives), its noise, the own share of the
                cost, what a lift takes from the lower floors, compensation, and the opinion of the plan that has
                formed; the more it matters, the likelier the owner takes part. A lift that the owners ask for is
                weighed by what its offer brings to the flat (see `lifts`). Who is against may stay away on purpose.
                The rule file decides from the counts of owners and areas. Where the decision falls before the work
                is done, compensation is paid back.
Why             Art. 278 asks two thirds to take part, by heads and by area, and then a share of those who did
                [civil_code_278]. So staying away is a third act: it can let pass what a vote against would
                have stopped, and it can deny the quorum. That follows from counting; nothing here says it.
Leaves out      Proxies, second ballots, owners of several flats, and bargaining over compensation.
Ablation        consent none: what is lawful is done, whatever owners think. boycott_share 0: nobody stays away
                on purpose. compensation_yuan 0: the lower floors lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints, Keys
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import own_file_digest, param
from twin.core.world import Phase, World
from twin.errors import Complaint, InputError, severity
from twin.world.construction import LANDLORD, households_in, owners_in
from twin.world.ledger import COMPENSATION
from twin.world.series import share
from twin.world.works import (
    ABSENT,
    ABSTAIN,
    AGAINST,
    DOMAINS,
    FAVOUR,
    FEN_PER_YUAN,
    listed,
    needs_of,
)

if TYPE_CHECKING:
    import datetime as dt

    from twin.rules.model import RuleSet

SHIPPED = ("civil_code_278",)
_LIFT = DOMAINS.index("lift")
_NEUTRAL, _SPAN = 1 / 2, 2
_AREA_STEPS = 100  # areas are counted in steps of 0.01 m2, so that the counts are exact


@dataclass(frozen=True)
class Ballots:
    """How owners are asked, and what they weigh, in yuan."""

    consent: str = param("vote", "", source="civil_code_278", evidence="published", lever=True,
                         choices=("vote", "none"), doc="whether owners vote on each project", zh="是否由业主表决")
    rule: str = param(SHIPPED[0], "", source="civil_code_278", evidence="published", choices=SHIPPED, file=True,
                      doc="rules that say from the counts of a vote whether it has `passed`: those of Art. 278, or the "
                          "path of a rule file", zh="表决规则：民法典第278条，或规则文件的路径", when="consent=vote")
    vote_after_days: int = param(14, "day", 0, 365, source="scenario range", evidence="assumed", lever=True,
                                 doc="from the decision to the vote", zh="决定至表决的天数", when="consent=vote")
    reply_share: float = param(0.75, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                               doc="owners who live there and take part though it matters little to them (asked at the "
                                   "door, say)", zh="自住业主基准参与率", when="consent=vote")
    landlord_reply_share: float = param(0.3, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                        doc="the same of owners whose flat is let or empty",
                                        zh="出租或空置住房业主基准参与率", when="consent=vote")
    stake_pull: float = param(0.3, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                              doc="how fast staying away by indifference vanishes, by one `blur_yuan` that is at stake",
                              zh="利害推动参与的程度", when="consent=vote")
    boycott_share: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                 doc="owners against who stay away on purpose", zh="反对者故意缺席比例",
                                 when="consent=vote")
    abstain_width: float = param(0.2, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                                 doc="who has less than so many `blur_yuan` at stake abstains, if taking part",
                                 zh="弃权区间", when="consent=vote")
    worth_yuan: float = param(150_000.0, "yuan", 0.0, 1e6, source="scenario range", evidence="assumed",
                              doc="what a rise of quality from 0 to 1 is worth in a domain that is all one needs",
                              zh="质量提升的货币价值", when="consent=vote")
    noise_yuan: float = param(20.0, "yuan", 0.0, 1000.0, source="scenario range", evidence="assumed",
                              doc="loss by a day of the worst disturbance", zh="每日施工扰动损失", when="consent=vote")
    lift_loss_yuan: float = param(10_000.0, "yuan", 0.0, 200_000.0, source="lift_practice", evidence="assumed",
                                  doc="loss of light and quiet by a lift on the lower floors",
                                  zh="加装电梯对低楼层的损失", when="consent=vote")
    low_floors: int = param(2, "1", 0, 10, source="lift_practice", evidence="published",
                            doc="floors that lose by a lift, counted from the ground", zh="受损低楼层数",
                            when="consent=vote")
    owner_share: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                               doc="part of the cost that the owners pay, in equal parts", zh="业主出资比例",
                               when="consent=vote")
    compensation_yuan: float = param(0.0, "yuan", 0.0, 200_000.0, source="scenario range", evidence="assumed",
                                     lever=True, doc="paid to each owner on the low floors when a planned lift begins",
                                     zh="低楼层补偿", when="consent=vote")
    opinion_yuan: float = param(10_000.0, "yuan", 0.0, 1e7, source="scenario range", evidence="assumed",
                                doc="what a wholly favourable opinion of the plan weighs, a wholly hostile one as much "
                                    "against it", zh="意见的货币权重", when="consent=vote")
    blur_yuan: float = param(3_000.0, "yuan", 100.0, 1e6, source="scenario range", evidence="assumed",
                             doc="scale of the (logistic) part of an owner's judgement that nothing here explains",
                             zh="个人判断的离散尺度", when="consent=vote")

    def data_digest(self) -> str:
        """Return the SHA-256 of the rule file of one's own, "" for the one that ships with the twin."""
        return own_file_digest(self.rule, SHIPPED)

    def data_complaints(self) -> tuple[Complaint, ...]:
        """Return what is wrong in the rule file of one's own."""
        try:
            rules_of(self.rule)
        except InputError as reason:
            return reason.complaints
        return ()


# -- the law ---------------------------------------------------------------------------------------------


def rules_of(name: str) -> RuleSet:
    """Return the rules of a vote: those that ship with the twin, or those of a file; raises InputError."""
    if name not in SHIPPED:
        return _read(Path(name))
    with resources.as_file(resources.files("twin.data").joinpath(f"{name}.yaml")) as path:
        return _shipped(path)


@cache
def _shipped(path: Path) -> RuleSet:
    return _read(path)


def _read(path: Path) -> RuleSet:
    from twin.rules.kinds import Truth
    from twin.rules.model import results
    from twin.rules.read import read_rules
    from twin.rules.vocabulary import Entry, Vocabulary

    truth = Entry(Truth(), about="vote")
    words = Vocabulary(fields={"vote": {}}, targets={"quorum": truth, "passed": truth})
    reading = read_rules([path], words)
    errors = [one for one in reading.complaints if severity(one) == "error"]
    if errors:
        raise InputError(errors)
    deciders = reading.rules.deciders
    if not any("passed" in results(one) for one in deciders):
        known = tuple(one.head.name for one in deciders)
        raise InputError.of("E603", None, name="passed", suggestion="", known=known)
    return reading.rules


class Count(NamedTuple):
    """The counts of one vote: owners, and area in hundredths of a square metre."""

    matter: int
    owners: int
    owners_voting: int
    owners_for: int
    area: int
    area_voting: int
    area_for: int

    def given(self) -> Mapping[str, Fraction]:
        """Return the counts as rules take them, areas in square metres."""
        named = self._asdict().items()
        return {name: Fraction(value, _AREA_STEPS if name.startswith("area") else 1) for name, value in named}


def carries(rules: RuleSet, day: dt.date, count: Count) -> bool:
    """Tell whether a vote with these counts has passed under the rules in force on a day; raises InputError."""
    from twin.rules.model import results
    from twin.rules.reference import Case

    name = next(one.head.name for one in rules.deciders if "passed" in results(one))
    return Case(rules, day, count.given()).decide(name).outputs.get("passed") is True


# -- metrics ---------------------------------------------------------------------------------------------


def passed_share(world: World) -> float | None:
    """Passed / decided; None while votes are due."""
    decided = world.projects.decided + _wait(world.levers["ballots"]) < world.day
    return share(world.projects.passed[decided])


def ballot_turnout_share(world: World) -> float | None:
    """Took part / owners asked."""
    return share(world.ballots.act != ABSENT)


def abstained_share(world: World) -> float | None:
    """Abstained / took part."""
    act = world.ballots.act
    return share(act[act != ABSENT] == ABSTAIN)


METRICS = {
    "passed_share": Metric(
        passed_share, "1", better=None, en="Projects that may be built", zh="项目通过率",
        doc="projects that owners consented to, or that needed no consent, and whose decision is lawful (or, where "
            "legal_review is followed, has not fallen) / projects decided whose day of the vote has passed",
        doc_zh="已获业主同意（或无需同意）且决定合法（模拟合法性审查时：尚未被撤销）的项目数 ÷ 表决日已过的决定项目数",
    ),
    "ballot_turnout_share": Metric(
        ballot_turnout_share, "1", better=None, en="Owners who took part in votes", zh="业主表决参与率",
        doc="ballots of owners who agreed, disagreed or abstained / ballots of all owners asked, one for each flat and "
            "project",
        doc_zh="赞成、反对或弃权的票数 ÷ 应表决的总票数（每套住房每个项目一票）",
    ),
    "abstained_share": Metric(
        abstained_share, "1", better=None, en="Abstentions", zh="弃权率",
        doc="abstentions / ballots of owners who took part", doc_zh="弃权票数 ÷ 参与表决的票数",
    ),
}  # fmt: skip


# -- the mechanism ---------------------------------------------------------------------------------------


def law(world: View, p: Ballots, draw: Draw) -> RuleSet | None:
    """Read the rules once, where there can be a vote."""
    decides = world.levers["plans"].process != "none"
    asked = world.levers["lifts"].asked
    return rules_of(p.rule) if (decides or asked) and p.consent == "vote" else None


@mechanism(
    phase=Phase.RESPOND,
    params=Ballots,
    gates=["plans.process", "lifts.asked"],
    reads=[
        "projects.work", "projects.building", "projects.stairwell", "projects.grid", "projects.decided",
        "projects.cost_fen", "projects.lawful", "projects.asked_for", "projects.reversed_on", "projects.started",
        "projects.finished",
        "households.flat", "households.tenure", "flats.lift_net_yuan", "flats.building",
        "flats.stairwell", "flats.floor", "flats.area_m2",
        "buildings.grid", "buildings.storeys", "residents.household", "residents.role", "residents.opinion",
        "levers.plans.process", "levers.plans.catalogue", "levers.lifts.asked", "levers.legal_review.followed",
        *(f"residents.need_{domain}" for domain in DOMAINS),
    ],
    owns={
        "projects.passed": Column(np.bool_, "1", "owners consented, or need not, and it stands in law", start=False),
        "projects.passed_on": Column(np.int32, "day", "day on which it passed, -1 if it did not", start=-1),
        "projects.compensation_fen": Column(np.int64, "fen", "paid to each owner who loses by it", low=0),
        "residents.compensation_fen": Column(np.int64, "fen", "paid for what works take from the resident", low=0),
    },
    spawns=["ballots", "postings"],
    metrics=METRICS,
    sources=["civil_code_278", "civil_code_157", "lift_practice"],
    start=law,
)  # fmt: skip
def ballots(world: View, p: Ballots, draw: Draw, effects: Effects) -> None:
    """Hold the votes that are due today; where owners are not asked, let pass what stands in law."""
    pay_back(world, p, draw, effects)
    compensate(world, p, draw, effects)
    due = np.flatnonzero(world.projects.decided + _wait(p) == world.day)
    if not len(due):
        return
    passed = stands(world, due)
    if p.consent == "vote":
        papers = papers_of(world, due)
        act = acts(world, p, draw, papers)
        effects.spawn(
            "ballots", draw.keys("ballot", causes(world, papers), 0),
            project=papers.project, flat=papers.flat, household=papers.household, resident=papers.resident,
            act=act.astype(np.int8),
        )  # fmt: skip
        passed = passed & outcome(world, due, papers, act)
    effects.set("projects", due, passed=passed)
    effects.set("projects", due[passed], passed_on=world.day)


def stands(world: Any, due: Ints) -> Flags:
    """Tell which decisions stand today: all that have not fallen, or those that are lawful if none is followed."""
    followed: bool = world.levers["legal_review"].followed
    standing: Flags = world.projects.reversed_on < 0 if followed else world.projects.lawful
    return standing[due]


def _wait(p: Any) -> int:
    return int(p.vote_after_days) if p.consent == "vote" else 0


class Papers(NamedTuple):
    """One ballot paper for each flat that a project covers: rows of projects, households, residents and flats.

    Nobody's household lives in an empty flat (-1); of that and of a let one the landlord acts (resident -1).
    """

    project: Ints
    household: Ints
    resident: Ints
    flat: Ints


def papers_of(world: Any, due: Ints) -> Papers:
    """Return the papers of the projects that are voted on."""
    flats, projects = world.flats, world.projects
    grid = world.buildings.grid[flats.building]
    pairs = []
    for project in due:
        covered = np.ones(len(flats), np.bool_)
        for number, site in ((flats.stairwell, projects.stairwell), (flats.building, projects.building),
                             (grid, projects.grid)):  # fmt: skip
            covered &= (number == site[project]) | (site[project] < 0)
        pairs.append((np.full(np.count_nonzero(covered), project), np.flatnonzero(covered)))
    project, flat = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return Papers(project, households_in(world)[flat], owners_in(world)[flat], flat)


def causes(world: Any, papers: Papers) -> Keys:
    """Return the key of each paper's cause: its project and its household, or its flat where nobody lives."""
    lived_in = papers.household >= 0
    who: Keys = ~world.flats.key[papers.flat]
    who[lived_in] = world.households.key[papers.household[lived_in]]
    cause: Keys = world.projects.key[papers.project] + who
    return cause


def acts(world: Any, p: Ballots, draw: Draw, papers: Papers) -> Ints:
    """Return what each owner does, an index into ACTS."""
    keys = causes(world, papers)
    luck = draw.uniform("judgement", keys, 0)
    stake = net_yuan(world, p, papers) / p.blur_yuan + np.log(luck / (1 - luck))
    base = np.where(papers.resident == LANDLORD, p.landlord_reply_share, p.reply_share)
    away = ~draw.happens("reply", 1 - (1 - base) * np.exp(-p.stake_pull * np.abs(stake)), keys, 0)
    act = np.where(stake > 0, FAVOUR, AGAINST)
    act = np.where(np.abs(stake) < p.abstain_width, ABSTAIN, act)
    away |= (act == AGAINST) & draw.happens("boycott", p.boycott_share, keys, 0)
    return np.where(away, ABSENT, act)


def net_yuan(world: Any, p: Ballots, papers: Papers) -> Floats:
    """Return what each project is worth to each owner, in yuan; a landlord needs all alike and bears no noise."""
    catalogue, work = listed(world.levers["plans"].catalogue), world.projects.work[papers.project]
    domain = np.array([DOMAINS.index(one.domain) for one in catalogue], np.int64)[work]
    benefit = np.array([one.benefit for one in catalogue])[work]
    noise = np.array([one.disturbance * one.duration_days for one in catalogue])[work]
    lives_there = lived_in(papers)
    weight = np.where(lives_there, _own(needs_of(world), papers, domain), 1 / len(DOMAINS))
    rises = np.where(domain == _LIFT, climbed(world, papers), 1.0)
    owners = np.bincount(papers.project)[papers.project]
    cost = world.projects.cost_fen[papers.project] / FEN_PER_YUAN / owners
    opinion = np.append(world.residents.opinion, _NEUTRAL)[papers.resident]
    loses = np.where(loses_by_lift(world, p, papers), p.lift_loss_yuan - p.compensation_yuan, 0.0)
    gain = p.worth_yuan * weight * benefit * rises + p.opinion_yuan * _SPAN * (opinion - _NEUTRAL)
    planned = gain - loses - p.owner_share * cost
    offered = world.flats.lift_net_yuan[papers.flat]
    asked_for = world.projects.asked_for[papers.project]
    return np.where(asked_for, offered, planned) - p.noise_yuan * noise * lives_there


def climbed(world: Any, papers: Papers) -> Floats:
    """Return how far up each flat lies: 0 on the ground floor, 1 on the top one."""
    floor, building = world.flats.floor[papers.flat], world.flats.building[papers.flat]
    top = np.maximum(world.buildings.storeys[building], floor)
    up: Floats = (floor - 1) / np.maximum(top - 1, 1)
    return up


def _own(needs: Floats, papers: Papers, domain: Ints) -> Floats:
    """Return the need weight of who acts in the domain of the project; 0 for a landlord."""
    return np.vstack((needs, np.zeros(needs.shape[1])))[papers.resident, domain]


def loses_by_lift(world: Any, p: Ballots, papers: Papers) -> Flags:
    """Tell which papers are for a flat that loses by a lift."""
    works = listed(world.levers["plans"].catalogue)
    lifts = np.array([work.domain == DOMAINS[_LIFT] for work in works])
    return lifts[world.projects.work[papers.project]] & (world.flats.floor[papers.flat] <= p.low_floors)


def outcome(world: Any, due: Ints, papers: Papers, act: Ints) -> Flags:
    """Tell which projects the vote has carried."""
    works = listed(world.levers["plans"].catalogue)
    area = np.rint(world.flats.area_m2[papers.flat].astype(np.float64) * _AREA_STEPS).astype(np.int64)
    carried = []
    for project in due:
        mine = papers.project == project
        voting, agreeing = mine & (act != ABSENT), mine & (act == FAVOUR)
        heads = [int(np.count_nonzero(rows)) for rows in (mine, voting, agreeing)]
        areas = [int(area[rows].sum()) for rows in (mine, voting, agreeing)]
        count = Count(works[world.projects.work[project]].matter, *heads, *areas)
        carried.append(heads[0] > 0 and carries(world.resource, world.clock.date(world.day), count))
    return np.array(carried, np.bool_)


def compensate(world: Any, p: Ballots, draw: Draw, effects: Effects) -> None:
    """Pay the owners of the floors that lose by a lift, wherever they live, the day after its works have begun."""
    table = world.projects
    begun = np.flatnonzero((table.started >= 0) & (table.started == world.day - 1) & (table.reversed_on < 0))
    fen = round(p.compensation_yuan * FEN_PER_YUAN) if p.consent == "vote" else 0
    if not fen or not len(begun):
        return
    papers = papers_of(world, begun)
    paid = compensated(world, p, papers)
    effects.add("residents", papers.resident[paid & lived_in(papers)], compensation_fen=fen)
    projects, flats = np.unique(papers.project[paid], return_counts=True)
    effects.set("projects", projects, compensation_fen=fen)
    keys = draw.keys("compensation", table.key[projects], 0)
    effects.spawn("postings", keys, day=world.day, account=COMPENSATION, fen=fen * flats, project=projects)


def compensated(world: Any, p: Ballots, papers: Papers) -> Flags:
    """Tell which papers are of owners whom the plan compensates: those who lose by its lift."""
    planned = ~world.projects.asked_for[papers.project]  # whoever asks for a lift settles with the neighbours
    return planned & loses_by_lift(world, p, papers)


def lived_in(papers: Papers) -> Flags:
    """Tell which papers are of owners who live there; of the others the twin knows no more than their vote."""
    there: Flags = papers.resident != LANDLORD
    return there


def pay_back(world: Any, p: Ballots, draw: Draw, effects: Effects) -> None:
    """Have compensation paid back where the decision fell last night and the work is not done (Art. 157)."""
    table = world.projects
    fell = (table.reversed_on >= 0) & (table.reversed_on == world.day - 1) & (table.finished < 0)
    due = np.flatnonzero(fell & (table.compensation_fen > 0))
    if not len(due):
        return
    papers = papers_of(world, due)
    paid = compensated(world, p, papers)
    each = table.compensation_fen[papers.project[paid]]
    there = paid & lived_in(papers)
    effects.add("residents", papers.resident[there], compensation_fen=-table.compensation_fen[papers.project[there]])
    fen = -np.bincount(papers.project[paid], each, len(table)).astype(np.int64)[due]
    keys = draw.keys("paid back", table.key[due], 0)
    effects.spawn("postings", keys, day=world.day, account=COMPENSATION, fen=fen, project=due)
