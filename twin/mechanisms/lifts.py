"""Lifts: the owners of a stairwell ask for one, share its cost, strike a bargain, and vote.

What it does    On one day the owners of every walk-up stairwell ask for a lift. A rule shares what the subsidy leaves
                of its cost by floors; the higher one lives, the more the lift brings, and the lowest floors lose light
                and quiet. Those who gain may compensate those who lose, by a fixed sum or by a bargain. What is left
                for each flat, also of those that are let or empty, is what its owner votes on (see `ballots`, with
                all papers, acts and the law). Once it has passed, who still loses may fall out with the winner of the
                stairwell; once it is begun owners pay each other. Where the decision falls in law before the lift is
                built, what they paid each other is paid back.
Why             A lift needs three quarters of those who vote, by heads and by area [civil_code_278]; on equal shares
                two floors of six are enough to stop it. Shares that follow use are those of the airport game
                [littlechild1973], compensation is a bargaining problem [nash1950]; practice lies between
                [lift_practice].
Leaves out      Stairwells where nobody lives, owners who cannot pay, offers made twice, technique; a lift that the
                office plans for the same stairwell later on. The worth of a lift is the owner's own, known to all.
Ablation        compensation none and share_rule equal: floors 1 and 2 vote against, and no lift passes where all vote.
                asked off: nothing of it exists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.draws import Draw
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import own_file_digest, param
from twin.core.world import Phase, World
from twin.errors import Complaint, InputError, closest, severity
from twin.world.construction import households_in, owners_in
from twin.world.disputes import WORKS as ABOUT_WORKS
from twin.world.disputes import is_open
from twin.world.ledger import OWNERS, TRANSFER, apportioned
from twin.world.lifts import bargained, fixed, weights_of
from twin.world.series import mean, ratio, share
from twin.world.tables import TENURES
from twin.world.works import FEN_PER_YUAN, Work, listed

if TYPE_CHECKING:
    from twin.rules.model import RuleSet

SHARES = ("linear", "equal", "shapley")
DEALS = ("none", "fixed", "nash")
SHIPPED = ("elevator_shares",)
_FORMULA = {"linear": "elevator_share", "equal": "equal_share", "shapley": "shapley_step"}
_ANY_DAY = dt.date(2025, 1, 1)  # rules that were always in force
_OLD = 65
_RENTER = TENURES.index("renter")
_SHOWN_FLOORS = range(1, 8)


@dataclass(frozen=True)
class Lifts:
    """Who asks for lifts, how the cost is shared, and what a lift is worth, in yuan."""

    asked: bool = param(False, "", source="scenario range", evidence="assumed",
                        doc="whether the owners of walk-ups ask for lifts", zh="是否申请加装电梯")
    from_day: int = param(30, "day", 0, 36_500, source="scenario range", evidence="assumed", lever=True,
                          doc="day on which all stairwells ask", zh="申请日", when="asked")
    share_rule: str = param("linear", "", source="lift_practice", evidence="expert", lever=True, choices=SHARES,
                            doc="how floors share the cost: linear in the storeys climbed, all alike, or by Shapley",
                            zh="分摊规则：linear 按楼层线性、equal 均摊、shapley 沙普利", when="asked")
    rule: str = param(SHIPPED[0], "", source="lift_practice", evidence="expert", choices=SHIPPED, file=True,
                      doc="rules that say what a floor's share is (`elevator_share`, `equal_share`, `shapley_step`): "
                          "those that ship, or the path of a rule file",
                      zh="各楼层分摊比例的规则：随附规则，或规则文件的路径", when="asked")
    compensation: str = param("none", "", source="nash1950", evidence="assumed", lever=True, choices=DEALS,
                              doc="what gainers pay losers: nothing, a fixed sum for each low flat, or what a bargain "
                                  "gives",
                              zh="补偿方式：none 无、fixed 低楼层定额、nash 纳什议价", when="asked")
    subsidy_yuan: float = param(200_000.0, "yuan", 0.0, 280_000.0, source="lift_practice", evidence="assumed",
                                lever=True, doc="paid out of the budget of works for each lift", zh="每部电梯补贴",
                                when="asked")
    fixed_yuan: float = param(20_000.0, "yuan", 0.0, 200_000.0, source="scenario range", evidence="assumed",
                              lever=True, doc="fixed sum for each flat on the low floors", zh="低楼层定额补偿",
                              when="compensation=fixed")
    low_weight: float = param(0.5, "1", 0.0, 1.0, source="nash1950", evidence="assumed",
                              doc="bargaining weight of those who lose", zh="受损方议价权重", when="compensation=nash")
    climb_yuan: float = param(20_000.0, "yuan", 0.0, 200_000.0, source="lift_practice", evidence="assumed",
                              doc="worth of not climbing one storey, for as long as one lives there; with it the third "
                                  "floor is about the turning point that resales show",
                              zh="每层免爬楼的价值", when="asked")
    old_gain: float = param(0.3, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                            doc="how much more that is worth where somebody of 65 or over lives", zh="有老人住户的增值",
                            when="asked")
    price_yuan: float = param(10_000.0, "yuan", 0.0, 200_000.0, source="lift_practice", evidence="assumed",
                              doc="rise of a flat's price for each floor above `even_floor`", zh="每层房价增值",
                              when="asked")
    even_floor: int = param(3, "1", 1, 10, source="lift_practice", evidence="published",
                            doc="floor whose price neither rises nor falls", zh="房价盈亏平衡楼层", when="asked")
    landlord_share: float = param(0.5, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                  doc="part of the worth of not climbing that a landlord gets by the rent, or could "
                                      "get for an empty flat",
                                  zh="房东所得比例", when="asked")
    running_yuan: float = param(60_000.0, "yuan", 0.0, 1e6, source="scenario range", evidence="assumed",
                                doc="present value of power and upkeep, shared as the cost is", zh="运行维护现值",
                                when="asked")
    least_storeys: int = param(4, "1", 2, 60, source="scenario range", evidence="expert",
                               doc="lower buildings do not ask", zh="最少层数", when="asked")
    most_storeys: int = param(7, "1", 2, 60, source="scenario range", evidence="expert",
                              doc="higher buildings have lifts", zh="最多层数", when="asked")
    dispute_yuan: float = param(30_000.0, "yuan", 1.0, 1e7, source="scenario range", evidence="assumed",
                                doc="loss by a lift at which 63 % of those who live there fall out with the winner",
                                zh="引发纠纷的损失尺度", when="asked")

    def data_digest(self) -> str:
        """Return the SHA-256 of the rule file of one's own, "" for the one that ships with the twin."""
        return own_file_digest(self.rule, SHIPPED)

    def data_complaints(self) -> tuple[Complaint, ...]:
        """Return what is wrong in the rule file of one's own."""
        if self.rule in SHIPPED:
            return ()
        try:
            return self._wrong_with(share_rules(self.rule))
        except InputError as reason:
            return reason.complaints

    def _wrong_with(self, rules: RuleSet) -> tuple[Complaint, ...]:
        heads = {one.head.name: one.head for one in rules.deciders}
        name = _FORMULA[self.share_rule]
        if name not in heads:
            known, place = tuple(heads), next((one.place for one in heads.values()), None)
            return (Complaint("E603", place, {"name": name, "suggestion": closest(name, known), "known": known}),)
        return tuple(self._bad_shares(heads[name]))

    def _bad_shares(self, head: Any) -> Iterator[Complaint]:
        """Complain of a building in which a floor would pay less than nothing, or all of them nothing."""
        day = head.span.start or _ANY_DAY
        for floors in range(self.least_storeys, self.most_storeys + 1):
            shares = shares_of(self.share_rule, floors, day, self.rule, self.data_digest())
            if min(shares) < 0 or not sum(shares):
                said = {"name": head.name, "floors": floors, "least": str(min(shares)), "sum": str(sum(shares))}
                yield Complaint("M372", head.place, said)
                return


# -- the rule of shares ----------------------------------------------------------------------------------


def share_rules(name: str = SHIPPED[0]) -> RuleSet:
    """Return the rules of shares: those that ship with the twin, or those of a file; raises InputError."""
    if name not in SHIPPED:
        return _read(Path(name))
    with resources.as_file(resources.files("twin.data").joinpath(f"{name}.yaml")) as path:
        return _read(path)


def _read(path: Path) -> RuleSet:
    from twin.rules.read import read_rules
    from twin.rules.vocabulary import Vocabulary

    reading = read_rules([path], Vocabulary(fields={"building": {}}))
    errors = [one for one in reading.complaints if severity(one) == "error"]
    if errors:
        raise InputError(errors)
    return reading.rules


@cache
def shares_of(
    rule: str, floors: int, day: dt.date, file: str = SHIPPED[0], digest: str = ""
) -> tuple[Fraction, ...]:
    """Return the share of each of so many floors (at least 2) in the cost, exactly, by the rules of a day.

    ``digest`` is that of a file of one's own: what is kept of its shares is of these bytes.
    """
    from twin.rules.reference import Case

    name, rules = _FORMULA[rule], share_rules(file)
    given = [{"floor": Fraction(floor), "floors": Fraction(floors)} for floor in range(1, floors + 1)]
    values = [cast(Fraction, Case(rules, day, one).decide(name).outputs[name]) for one in given]
    steps = name == "shapley_step"
    return tuple(sum(values[: place + 1], Fraction(0)) if steps else one for place, one in enumerate(values))


# -- metrics ---------------------------------------------------------------------------------------------


def lift_pass_share(world: World) -> float | None:
    """Lifts that passed / lifts asked for; None while votes are due."""
    votes: Any = world.levers["ballots"]
    wait = votes.vote_after_days if votes.consent == "vote" else 0
    voted = world.projects.asked_for & (world.projects.decided + wait < world.day)
    return share(world.projects.passed[voted])


def lift_disputes(world: World) -> float | None:
    """Disputes that followed, for each lift that passed."""
    passed = world.projects.asked_for & world.projects.passed
    return ratio(int(world.households.lift_fell_out.sum()), int(passed.sum()))


def lift_transfer_yuan(world: World) -> float | None:
    """What owners paid each other, for each lift that has begun."""
    begun = world.projects.asked_for & (world.projects.started >= 0)
    postings = world.postings
    for_lifts = (postings.account == TRANSFER) & (postings.project >= 0)  # neighbours also pay by agreements
    paid = postings.fen[for_lifts].sum() / FEN_PER_YUAN
    return ratio(float(paid), int(begun.sum()))


def lift_begun_share(world: World) -> float | None:
    """Lifts on which work has begun / lifts that passed."""
    passed = world.projects.asked_for & world.projects.passed
    return share(world.projects.started[passed] >= 0)


def _on_floor(floor: int) -> Callable[[World], float | None]:
    def measured(world: World) -> float | None:
        flats = world.flats
        return mean(flats.lift_net_yuan[flats.lift_offered & (flats.floor == floor)])

    return measured


def _metrics() -> dict[str, Metric]:
    whole = {
        "lift_pass_share": Metric(
            lift_pass_share, "1", better=None, en="Lifts that passed", zh="加装电梯表决通过率",
            doc="lifts that the owners of a stairwell consented to / lifts asked for whose day of the vote has passed",
            doc_zh="业主表决通过的加装电梯数 ÷ 表决日已过的申请数",
        ),
        "lift_disputes": Metric(
            lift_disputes, "1", better="lower", en="Disputes for each lift", zh="每部电梯引发的纠纷", latent=True,
            doc="disputes that owners who lose by a lift began when it passed / lifts that passed",
            doc_zh="电梯表决通过后受损业主提起的纠纷数 ÷ 通过的电梯数",
        ),
        "lift_transfer_yuan": Metric(
            lift_transfer_yuan, "yuan", better=None, en="Paid between owners for each lift", zh="每部电梯业主间补偿额",
            doc="compensation that owners paid each other, less what was paid back / lifts on which work has begun",
            doc_zh="业主之间支付的补偿总额（扣除退还部分） ÷ 已开工的电梯数",
        ),
        "lift_begun_share": Metric(
            lift_begun_share, "1", better="higher", en="Lifts begun, of those that passed", zh="已通过电梯的开工率",
            doc="lifts on which work has begun / lifts that passed; the others wait for crews, or for money that there "
                "is not",
            doc_zh="已开工的电梯数 ÷ 表决通过的电梯数；其余仍在等待施工队或资金",
        ),
    }  # fmt: skip
    floors = {
        f"net_benefit_floor_{floor}": Metric(
            _on_floor(floor), "yuan", better="higher", en=f"Net benefit of a lift, floor {floor}",
            zh=f"电梯净收益：{floor} 层", latent=True,
            doc=f"mean of what the lift asked for would bring to a flat on floor {floor}: worth, less the shares of "
                "cost and running, with what owners pay each other; passed or not",
            doc_zh=f"所申请电梯给 {floor} 层每户带来的平均净收益：价值减去造价与运维分摊，加减业主间补偿；无论是否通过",
        )
        for floor in _SHOWN_FLOORS
    }  # fmt: skip
    return whole | floors


# -- the mechanism ---------------------------------------------------------------------------------------


@mechanism(
    phase=Phase.DECIDE,
    params=Lifts,
    gates=["lifts.asked"],
    reads=[
        "levers.plans.catalogue", "levers.ballots.lift_loss_yuan", "levers.ballots.low_floors",
        "levers.disputes.followed", "flats.building", "flats.stairwell", "flats.floor", "buildings.grid",
        "buildings.storeys", "households.flat", "households.tenure", "residents.household", "residents.role",
        "residents.age", "projects.stairwell", "projects.work", "projects.asked_for", "projects.passed_on",
        "projects.reversed_on", "projects.started", "projects.finished",
        "disputes.cause", "disputes.plaintiff", "disputes.settled_on", "disputes.faded_on",
    ],
    owns={
        "flats.lift_offered": Column(np.bool_, "1", "its stairwell has asked for a lift", start=False),
        "flats.lift_cost_fen": Column(np.int64, "fen", "its part of the cost", start=0, low=0),
        "flats.lift_bargain_fen": Column(np.int64, "fen", "what its owner gets from others, negative pays them"),
        "flats.lift_net_yuan": Column(np.float64, "yuan", "what the lift would bring to its owner, all told"),
        "households.lift_fell_out": Column(np.bool_, "1", "fell out with a neighbour over the lift", start=False),
    },
    adds=["residents.compensation_fen"],
    spawns=["projects", "postings", "disputes"],
    metrics=_metrics(),
    sources=["civil_code_278", "civil_code_157", "littlechild1973", "nash1950", "lift_practice"],
)  # fmt: skip
def lifts(world: View, p: Lifts, draw: Draw, effects: Effects) -> None:
    """Let all stairwells ask on one day; the morning after a vote or a beginning, do what follows from it."""
    if not p.asked or world.running_on or not len(world.households):
        return
    works = listed(world.levers["plans"].catalogue)
    found = [place for place, one in enumerate(works) if (one.domain, one.scope) == ("lift", "stairwell")]
    if world.day == p.from_day and found:
        ask(world, p, draw, found[0], works[found[0]], effects)
    elif world.day > p.from_day:
        follow_up(world, p, draw, effects)


def follow_up(world: Any, p: Lifts, draw: Draw, effects: Effects) -> None:
    """Let those who lose fall out once a lift has passed, owners pay once it is begun, and be paid back if it falls."""
    table, yesterday = world.projects, world.day - 1
    stands = table.asked_for & (table.reversed_on < 0)
    passed = np.flatnonzero(stands & (table.passed_on == yesterday))
    if len(passed):
        fall_out(world, p, draw, passed, effects)
    begun = np.flatnonzero(stands & (table.started == yesterday))
    if len(begun):
        pay(world, draw, begun, "compensation", 1, effects)
    paid = table.asked_for & (table.started >= 0) & (table.started < table.reversed_on)
    fell = np.flatnonzero(paid & (table.reversed_on == yesterday) & (table.finished < 0))
    if len(fell):
        pay(world, draw, fell, "paid back", -1, effects)


class Offer(NamedTuple):
    """What is laid before the owners of one stairwell: rows of flats, and what each pays, gets and has."""

    building: int
    stairwell: int
    flat: Ints
    cost_fen: Ints
    bargain_fen: Ints
    net_fen: Ints


def ask(world: Any, p: Lifts, draw: Draw, work: int, lift: Work, effects: Effects) -> None:
    """Make the offers, and put each as a project before its owners."""
    offers = list(offers_of(world, p, work, lift))
    if not offers:
        return
    building, stairwell = (np.array([one[place] for one in offers], np.int64) for place in (0, 1))
    owners_fen = np.array([one.cost_fen.sum() for one in offers], np.int64)
    effects.spawn(
        "projects", draw.keys("lift", stairwell.astype(np.uint64), 0), work=work, building=building,
        stairwell=stairwell, grid=world.buildings.grid[building], decided=world.day,
        cost_fen=round(lift.cost_yuan * FEN_PER_YUAN), owners_fen=owners_fen, asked_for=True,
    )  # fmt: skip
    rows, cost, bargain, net = (np.concatenate([one[place] for one in offers]) for place in (2, 3, 4, 5))
    effects.set(
        "flats", rows, lift_offered=True, lift_cost_fen=cost, lift_bargain_fen=bargain,
        lift_net_yuan=net / FEN_PER_YUAN,
    )  # fmt: skip


def offers_of(world: Any, p: Lifts, work: int, lift: Work) -> Iterator[Offer]:
    """Yield what is offered in every stairwell that asks: where somebody lives, and there is somebody to pay."""
    stairs = world.flats.stairwell
    storeys = world.buildings.storeys[world.flats.building]
    planned = np.isin(stairs, world.projects.stairwell[world.projects.work == work])
    inhabited = np.isin(stairs, stairs[world.households.flat])
    asks = (storeys >= p.least_storeys) & (storeys <= p.most_storeys) & ~planned & inhabited
    gain = worth(world, p)
    for stairwell in np.unique(stairs[asks]):
        rows = np.flatnonzero(stairs == stairwell)
        offer = offered(world, p, lift, rows, gain[rows])
        if offer is not None:
            yield offer


def worth(world: Any, p: Lifts) -> Floats:
    """Return what a lift is worth to the owner of each flat, before anybody pays (flats,) [yuan]."""
    floor, living = world.flats.floor.astype(np.int64), world.residents.household
    old = np.bincount(living[(world.residents.age >= _OLD) & (living >= 0)], minlength=len(world.households)) > 0
    own = np.where(world.households.tenure == _RENTER, p.landlord_share, 1 + p.old_gain * old)
    climb = p.climb_yuan * (floor - 1) * np.append(own, p.landlord_share)[households_in(world)]
    price = p.price_yuan * np.maximum(floor - p.even_floor, 0)
    votes = world.levers["ballots"]
    return climb + price - votes.lift_loss_yuan * (floor <= votes.low_floors)


def offered(world: Any, p: Lifts, lift: Work, rows: Ints, gain: Floats) -> Offer | None:
    """Return the offer to the owners of the flats ``rows`` of one stairwell; None where nobody there would pay."""
    floor, building = world.flats.floor[rows].astype(np.int64), int(world.flats.building[rows[0]])
    top = max(int(world.buildings.storeys[building]), int(floor.max()))
    weights = weights_of(shares_of(p.share_rule, top, world.clock.date(world.day), p.rule, p.data_digest()), floor)
    if not sum(weights):
        return None
    left = max(round((lift.cost_yuan - p.subsidy_yuan) * FEN_PER_YUAN), 0)
    cost = apportioned(left, weights)
    running = apportioned(round(p.running_yuan * FEN_PER_YUAN), weights)
    net = np.rint(gain * FEN_PER_YUAN).astype(np.int64) - cost - running
    bargain = deal(world, p, floor, net, weights)
    return Offer(building, int(world.flats.stairwell[rows[0]]), rows, cost, bargain, net + bargain)


def deal(world: Any, p: Lifts, floor: Ints, net: Ints, weights: list[Fraction]) -> Ints:
    """Return what each flat of a stairwell gets from the others, or pays them [fen]; the sum is 0."""
    if p.compensation == "nash":
        return bargained(net, p.low_weight)
    low: Flags = floor <= world.levers["ballots"].low_floors
    each = round(p.fixed_yuan * FEN_PER_YUAN) if p.compensation == "fixed" else 0
    return fixed(low, each, weights)


# -- once it has passed


def fall_out(world: Any, p: Lifts, draw: Draw, passed: Ints, effects: Effects) -> None:
    """Let those who still lose fall out with the winner of their stairwell."""
    stairs = world.flats.stairwell
    owner, household = owners_in(world), households_in(world)
    fell_out = [quarrel(world, p, draw, np.flatnonzero((stairs == one) & (owner >= 0)), owner, household, effects)
                for one in world.projects.stairwell[passed]]  # fmt: skip
    rows = np.concatenate(fell_out)
    if len(rows):
        effects.set("households", household[rows], lift_fell_out=True)


def pay(world: Any, draw: Draw, lifts: Ints, kind: str, sign: int, effects: Effects) -> None:
    """Book what owners pay each other, or back (sign -1), a posting for each lift; who lives there is compensated."""
    stairs, owner = world.flats.stairwell, owners_in(world)
    gets = sign * np.maximum(world.flats.lift_bargain_fen, 0)
    total = np.array([gets[stairs == one].sum() for one in world.projects.stairwell[lifts]], np.int64)
    paying = np.flatnonzero(total)
    if len(paying):
        projects = lifts[paying]
        keys = draw.keys(kind, world.projects.key[projects], 0)
        effects.spawn("postings", keys, day=world.day, account=TRANSFER, fen=total[paying], source=OWNERS,
                      project=projects)  # fmt: skip
    got = np.flatnonzero((gets != 0) & (owner >= 0) & np.isin(stairs, world.projects.stairwell[lifts]))
    if len(got):
        effects.add("residents", owner[got], compensation_fen=gets[got])


def quarrel(world: Any, p: Lifts, draw: Draw, flats: Ints, owner: Ints, household: Ints, effects: Effects) -> Ints:
    """Begin the disputes of one stairwell, among owners who live there (``flats``); return the flats that fell out."""
    if not world.levers["disputes"].followed or not len(flats):
        return flats[:0]
    net = world.flats.lift_net_yuan[flats]
    winner = flats[np.argmax(net)]
    table = world.disputes
    busy = table.plaintiff[is_open(world) & (table.cause == ABOUT_WORKS)]
    sore = flats[(net < 0) & (flats != winner) & ~np.isin(owner[flats], busy)]
    keys = world.households.key[household[sore]]
    who = draw.happens("falls out", -np.expm1(world.flats.lift_net_yuan[sore] / p.dispute_yuan), keys, 0)
    effects.spawn("disputes", draw.keys("dispute", keys[who], 0), cause=ABOUT_WORKS, plaintiff=owner[sore[who]],
                  respondent=owner[winner], began=world.day)  # fmt: skip
    return sore[who]
