"""Lifts by stairwell: shares, bargains and votes, against formulas and by counting."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.engine import Engine
from twin.mechanisms.ballots import ABSENT, AGAINST, FAVOUR
from twin.mechanisms.lifts import SHARES, Lifts, share_rules, shares_of
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.disputes import nash_share, rubinstein_share
from twin.world.ledger import OWNERS, PUBLIC, TRANSFER, WORKS, apportioned
from twin.world.lifts import bargained, fixed, weights_of

ROOT = Path(__file__).resolve().parent.parent
DAY = dt.date(2025, 1, 1)
SMALL = ("population.residents=500", "lifts.from_day=0", "ballots.vote_after_days=1", "days=4")
SEEDS = (1, 2, 3)


# -- shares


def test_the_rules_that_ship_are_those_of_the_folder():
    shipped = ROOT / "twin" / "data" / "elevator_shares.yaml"
    assert shipped.read_bytes() == (ROOT / "rules" / "elevator_shares.yaml").read_bytes()


def test_the_subsidy_is_that_of_the_rules():
    known = next(one for one in share_rules().parameters if one.name == "elevator.subsidy")
    assert known.on(DAY) == Lifts().subsidy_yuan * 100


def test_six_floors_by_shapley():
    shares = [float(one) for one in shares_of("shapley", 6, DAY)]
    assert shares == pytest.approx([0, 0.04, 0.09, 0.47 / 3, 0.77 / 3, 1.37 / 3], abs=1e-12)
    assert [round(100 * one, 2) for one in shares] == [0, 4, 9, 15.67, 25.67, 45.67]


@pytest.mark.parametrize("floors", [2, 3, 5, 6, 7])
def test_shapley_shares_are_mean_marginal_costs_over_all_orders(floors: int) -> None:
    """The definition itself: each floor pays what it adds when the floors arrive in every possible order."""
    total = [Fraction(0)] * floors
    orders = list(permutations(range(floors)))
    for order in orders:
        highest = 0
        for floor in order:
            total[floor] += max(floor - highest, 0)
            highest = max(highest, floor)
    assert list(shares_of("shapley", floors, DAY)) == [one / len(orders) / (floors - 1) for one in total]


@pytest.mark.parametrize("floors", [2, 3, 6, 7, 18, 60])
@pytest.mark.parametrize("rule", SHARES)
def test_shares_are_the_whole_cost_and_do_not_fall_with_the_floor(rule: str, floors: int) -> None:
    shares = shares_of(rule, floors, DAY)
    assert sum(shares) == 1
    assert list(shares) == sorted(shares)
    assert (shares[0] == 0) == (rule != "equal")


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_a_sum_is_split_to_the_fen(total: int, weights: list[int]) -> None:
    if not sum(weights):
        return
    parts = apportioned(total, weights)
    assert parts.sum() == total
    exact = [Fraction(total * one, sum(weights)) for one in weights]
    assert all(abs(part - one) < 1 for part, one in zip(parts.tolist(), exact, strict=True))


# -- bargains

NET = st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=14)


@given(NET, st.floats(0, 1))
def test_a_bargain_is_a_zero_sum_that_leaves_nobody_worse_off(net: list[int], weight: float) -> None:
    before = np.array(net, np.int64)
    paid = bargained(before, weight)
    assert paid.sum() == 0
    if before.sum() > 0:
        assert (before + paid >= 0).all()
    else:
        assert not paid.any()


@given(NET)
def test_the_even_bargain_gives_both_sides_the_same_gain(net: list[int]) -> None:
    """Nash: the product of gains is largest where both sides gain alike; to the rounding of one fen."""
    before = np.array(net, np.int64)
    if not (before < 0).any() or before.sum() <= 0:
        return
    after = before + bargained(before, 0.5)
    assert abs(int(after[before < 0].sum()) - int(after[before >= 0].sum())) <= 2


def test_shares_of_a_pie_by_nash_and_by_rubinstein():
    assert nash_share(0.0, 0.0) == 0.5
    assert nash_share(0.3, 0.1, 0.5) == pytest.approx(0.6)
    assert rubinstein_share(0.9, 0.9) == pytest.approx(0.526316, abs=1e-6)
    assert rubinstein_share(0.9, 0.5) == pytest.approx(0.909091, abs=1e-6)
    assert rubinstein_share(0.8, 0.8) == pytest.approx(1 / 1.8)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=14), st.integers(0, 10**7), st.sampled_from(SHARES))
def test_a_fixed_sum_is_paid_by_those_who_pay_for_the_lift(floors: list[int], each: int, rule: str) -> None:
    floor = np.array(floors)
    low = floor <= 2
    paid = fixed(low, each, weights_of(shares_of(rule, 6, DAY), floor))
    assert paid.sum() == 0
    assert (paid[low] == each).all() or not paid.any()
    assert (paid[~low] <= 0).all()


# -- votes


@cache
def scenario(*sets: str) -> Any:
    return load(ROOT / "scenarios" / "elevator.yaml", sets=[*SMALL, *sets])


@cache
def lived(arm: str, seed: int, *sets: str) -> Engine:
    engine = engine_for(scenario(*sets), arm, seed)
    engine.run()
    return engine


def metric(name: str, arm: str, *sets: str) -> list[Any]:
    return [lived(arm, seed, *sets).metrics().get(name) for seed in SEEDS]


SURE = ("ballots.blur_yuan=100", "ballots.reply_share=1", "ballots.landlord_reply_share=1", "lifts.old_gain=0",
        "lifts.landlord_share=1", "ballots.noise_yuan=0", "ballots.abstain_width=0")  # fmt: skip


def test_equal_shares_without_compensation_fail_at_floors_1_and_2():
    """Full turnout: every owner there votes against, and no stairwell with four such flats of twelve gets a lift."""
    for seed in SEEDS:
        world = lived("equal", seed, *SURE).world
        floor = world.flats.floor[world.households.flat[world.ballots.household]]
        assert (world.ballots.act[floor <= 2] == AGAINST).all()
        assert (world.ballots.act[floor >= 5] == FAVOUR).all()
        papers = [world.ballots.project == project for project in range(len(world.projects))]
        stopped = np.array([4 * np.count_nonzero(floor[one] <= 2) > np.count_nonzero(one) for one in papers])
        assert np.mean(stopped) > 0.8, "the two lowest floors are a quarter and more nearly everywhere"
        assert not world.projects.passed[stopped].any()


def test_a_bargain_lets_lifts_pass_under_every_rule_of_shares():
    for rule in SHARES:
        without, with_it = (metric("lift_pass_share", arm) for arm in (rule, f"{rule}_bargain"))
        assert all(b > a + 0.2 for a, b in zip(without, with_it, strict=True))


def test_a_subsidy_lets_more_lifts_pass():
    arms = ("bargain_no_subsidy", "linear_bargain", "bargain_high_subsidy")
    none, usual, high = (metric("lift_pass_share", arm) for arm in arms)
    assert all(a < b < c for a, b, c in zip(none, usual, high, strict=True))


def test_voting_against_and_staying_away_differ_for_the_same_owners():
    """The same judgements in both arms; what differs is whether those who are against turn up."""
    more = 0
    for seed in SEEDS:
        votes, away = (lived(arm, seed).world.ballots.act for arm in ("vote_against", "stay_away"))
        assert (away[votes == AGAINST] == ABSENT).all()
        assert (away[votes != AGAINST] == votes[votes != AGAINST]).all()
        passed = [lived(arm, seed).world.projects.passed for arm in ("vote_against", "stay_away")]
        more += np.count_nonzero(passed[1] & ~passed[0])
    assert more >= 3, "some lift that votes against would have stopped passes because its opponents stay away"


def test_where_all_others_vote_staying_away_never_stops_what_a_vote_would_not():
    """A quarter against stops a lift; only a third absent denies the quorum."""
    sets = ("lifts.compensation=nash", "ballots.blur_yuan=20000")
    for seed in SEEDS:
        against, away = (lived(arm, seed, *sets).world.projects.passed for arm in ("vote_against", "stay_away"))
        assert against.any() and not (against & ~away).any()


def test_owners_to_whom_it_is_all_the_same_vote_for_it_half_of_the_time():
    sets = ("lifts.climb_yuan=0", "lifts.price_yuan=0", "lifts.running_yuan=0", "ballots.lift_loss_yuan=0",
            "plans.catalogue.lift.cost_yuan=200000", "ballots.abstain_width=0", "ballots.noise_yuan=0")  # fmt: skip
    acts = np.concatenate([lived("vote_against", seed, "lifts.subsidy_yuan=200000", *sets).world.ballots.act
                           for seed in SEEDS])  # fmt: skip
    assert set(acts.tolist()) == {AGAINST, FAVOUR}
    assert abs(np.mean(acts == FAVOUR) - 0.5) < 3 * 0.5 / np.sqrt(len(acts))


def test_a_dearer_lift_never_makes_anybody_vote_for_it():
    cheap, dear = (lived("vote_against", 1, f"plans.catalogue.lift.cost_yuan={cost}").world for cost in (5e5, 7e5))
    assert not ((dear.ballots.act == FAVOUR) & (cheap.ballots.act == AGAINST)).any()


def test_who_pays_more_under_another_rule_does_not_vote_for_it_more():
    linear, shapley = (lived(arm, 1, *SURE).world for arm in ("linear", "shapley"))
    floor = linear.flats.floor[linear.households.flat]
    assert (shapley.households.lift_net_yuan[floor == 6] < linear.households.lift_net_yuan[floor == 6]).all()
    top = floor[linear.ballots.household] == 6
    assert not ((shapley.ballots.act == FAVOUR) & (linear.ballots.act != FAVOUR))[top].any()


# -- what follows


def test_sore_owners_quarrel_and_where_nobody_loses_nobody_does():
    assert sum(one or 0 for one in metric("lift_disputes", "linear_fixed", "lifts.subsidy_yuan=280000")) > 0
    for seed in SEEDS:
        world = lived("linear_fixed", seed, "lifts.subsidy_yuan=280000").world
        sore = world.households.lift_fell_out
        assert (world.households.lift_net_yuan[sore] < 0).all()
        passed = world.projects.stairwell[world.projects.asked_for & world.projects.passed]
        assert np.isin(world.flats.stairwell[world.households.flat[sore]], passed).all()
        bargain = lived("bargain_high_subsidy", seed).world
        whole = bargain.households.lift_fell_out & (bargain.households.lift_net_yuan >= 0)
        assert not whole.any()


def test_every_fen_of_a_lift_has_its_source():
    """What works book on owners and on the budget is what was offered; owners' payments cancel out."""
    for seed in SEEDS:
        world = lived("linear_bargain", seed, "days=130").world
        lifts, postings = world.projects, world.postings
        begun = np.flatnonzero(lifts.started >= 0)
        assert len(begun)
        for source, due in ((OWNERS, lifts.owners_fen), (PUBLIC, lifts.cost_fen - lifts.owners_fen)):
            booked = (postings.account == WORKS) & (postings.source == source)
            assert np.bincount(postings.project[booked], postings.fen[booked], len(lifts))[begun].tolist() == (
                due[begun].tolist()
            )
        stairs = world.flats.stairwell[world.households.flat]
        for stairwell in np.unique(stairs):
            assert world.households.lift_bargain_fen[stairs == stairwell].sum() == 0
        paid = np.isin(stairs, lifts.stairwell[lifts.passed]) & (world.households.lift_bargain_fen > 0)
        assert postings.fen[postings.account == TRANSFER].sum() == world.households.lift_bargain_fen[paid].sum()


def test_subsidies_never_overdraw_the_budget():
    world = lived("bargain_high_subsidy", 1, "plans.budget_yuan=900000 yuan", "days=130").world
    public = world.postings.fen[(world.postings.account == WORKS) & (world.postings.source == PUBLIC)].sum()
    assert 0 < public <= 90_000_000
    assert np.count_nonzero(world.projects.started >= 0) == 3


def test_nobody_asks_nothing_happens_and_equal_arms_are_equal():
    world = lived("do_nothing", 1).world
    assert not len(world.projects) and not len(world.ballots)
    assert metric("lift_pass_share", "linear") == metric("lift_pass_share", "linear", "lifts.low_weight=0.9")


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 59))
def test_no_floor_above_the_top_pays(extra: int) -> None:
    assert len(shares_of("linear", 1 + extra, DAY)) == 1 + extra
