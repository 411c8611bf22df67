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

from twin.core.clock import Clock
from twin.core.engine import Engine
from twin.mechanisms.ballots import ABSENT, AGAINST, FAVOUR
from twin.mechanisms.disturbance import Disturbance
from twin.mechanisms.lifts import SHARES, Lifts, share_rules, shares_of
from twin.mechanisms.works import Works
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.construction import last_day, shift_of, shifts_needed
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
        floor = world.flats.floor[world.ballots.flat]
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
    floor, asked = linear.flats.floor, linear.flats.lift_offered
    assert (shapley.flats.lift_net_yuan[asked & (floor == 6)] < linear.flats.lift_net_yuan[asked & (floor == 6)]).all()
    top = floor[linear.ballots.flat] == 6
    assert not ((shapley.ballots.act == FAVOUR) & (linear.ballots.act != FAVOUR))[top].any()


def test_every_flat_has_a_vote_and_a_share_and_the_law_counts_them_all():
    """Exactly: a paper for each flat of a stairwell that asks, empty ones too, and Art. 278 on all of their area."""
    empty = 0
    for seed in SEEDS:
        world = lived("linear_bargain", seed).world
        flats, votes, lifts = world.flats, world.ballots, world.projects
        inhabited = np.isin(np.arange(len(flats)), world.households.flat)
        assert sorted(votes.flat.tolist()) == np.flatnonzero(flats.lift_offered).tolist()
        assert np.isin(votes.flat, world.households.flat).tolist() == (votes.household >= 0).tolist()
        assert (votes.resident[votes.household < 0] == -1).all()
        empty += np.count_nonzero(votes.household < 0)
        for lift in range(len(lifts)):
            mine = flats.stairwell == lifts.stairwell[lift]
            assert inhabited[mine].any()
            assert flats.lift_cost_fen[mine].sum() == lifts.owners_fen[lift]
            papers = votes.project == lift
            heads, area = (lambda rows: Fraction(int(rows.sum()))), votes.flat
            voting, agreeing = papers & (votes.act != ABSENT), papers & (votes.act == FAVOUR)
            square = [sum(round(Fraction(float(flats.area_m2[flat])), 2) for flat in area[rows])
                      for rows in (papers, voting, agreeing)]  # fmt: skip
            counts = [heads(rows) for rows in (papers, voting, agreeing)]
            quorum = all(3 * part >= 2 * every for every, part, _ in (counts, square))
            assert lifts.passed[lift] == (quorum and all(4 * yes >= 3 * part for _, part, yes in (counts, square)))
    assert empty > 20


def test_owners_of_empty_flats_who_stay_away_can_deny_the_quorum():
    """The same lifts and judgements; only landlords turn up, or not."""
    sets = ("ballots.reply_share=1", "ballots.stake_pull=0", "ballots.abstain_width=0")
    here, away = (lived("linear_bargain", 1, *sets, f"ballots.landlord_reply_share={share}").world for share in (1, 0))
    let = np.isin(away.ballots.resident, -1)
    assert (away.ballots.act[let] == ABSENT).all() and (here.ballots.act[let] != ABSENT).all()
    third = [3 * np.count_nonzero(let & (away.ballots.project == one)) > np.count_nonzero(away.ballots.project == one)
             for one in range(len(away.projects))]  # fmt: skip
    assert not away.projects.passed[np.array(third)].any()
    assert here.projects.passed[np.array(third)].any()


# -- when there is work


CLOCK = Clock(dt.date(2025, 1, 6), "china")


@given(st.integers(1, 120), st.floats(0, 12), st.floats(12, 24), st.floats(12, 24), st.floats(0, 12), st.floats(1, 24))
def test_days_of_work_are_the_hours_of_the_work_by_those_of_a_day(
    duration: int, begins: float, ends: float, quiet: float, early: float, usual: float
) -> None:
    p = Works(quiet_from_hour=quiet, quiet_to_hour=early, day_hours=usual)
    shift = shift_of(Disturbance(from_hour=begins, to_hour=ends), p)
    hours = min(ends, quiet) - max(begins, early)
    assert shift.minutes == max(round(60 * hours), 1)
    need = shifts_needed(duration, shift, p)
    assert (need - 1) * shift.minutes < duration * round(60 * usual) <= need * shift.minutes
    night = sum(1 for minute in range(24 * 60) if max(begins, early) <= (minute + 0.5) / 60 < min(ends, quiet)
                and not 6 <= minute / 60 < 22)  # fmt: skip
    assert abs(60 * shift.night - night) <= 2


@given(st.integers(0, 380), st.integers(1, 200), st.booleans(), st.booleans())
def test_the_last_day_is_found_by_counting_days(start: int, shifts: int, weekends: bool, holidays: bool) -> None:
    p, horizon = Works(weekends=weekends, holidays=holidays), 300
    day, left = start - 1, shifts
    while left:
        day += 1
        rest = CLOCK.weekday(day) >= 5
        if day < horizon:
            off = CLOCK.is_holiday(day)
            left -= holidays if off else (weekends or not rest or CLOCK.is_make_up(day))
        else:
            left -= weekends or not rest
    assert last_day(CLOCK, horizon, p, start, shifts) == day


def site_days(*sets: str) -> tuple[np.ndarray, Any]:
    """Days from the first to the last on site, where nothing stops a work, and the world."""
    few = ("days=200", "holidays=china", "plans.catalogue.lift.duration_days=40", "mechanisms.disturbance=on",
           "plans.catalogue.lift.lead_days=5", "disturbance.objection_hazard=0 /day")  # fmt: skip
    world = lived("bargain_high_subsidy", 1, *few, *sets).world
    lifts = world.projects
    done = lifts.finished >= 0
    assert done.sum() > 3 and (lifts.delay_days[done] == 0).all(), "the plan knows the calendar"
    return lifts.worked_days[done], world


@pytest.mark.slow
def test_a_site_takes_its_hours_by_those_of_a_day_on_the_days_of_the_calendar():
    usual, world = site_days()
    assert set(usual) == {40}
    assert set(site_days("disturbance.to_hour=13")[0]) == {80}
    assert set(site_days("disturbance.to_hour=24", "works.quiet_from_hour=20")[0]) == {34}
    assert set(site_days("disturbance.to_hour=24", "works.quiet_from_hour=24")[0]) == {25}
    rested, weekdays = site_days("works.weekends=off")
    assert set(rested) == {40}
    for lift in np.flatnonzero(weekdays.projects.finished >= 0):
        first, last = int(weekdays.projects.started[lift]), int(weekdays.projects.finished[lift])
        assert sum(weekdays.clock.is_workday(day) for day in range(first, last + 1)) == 40
        assert world.projects.finished[lift] < last


def test_nuisances_of_works_fall_on_days_and_hours_of_work():
    """Hours are spread over the whole day on site, to within a twentieth at both ends."""
    sets = ("mechanisms.disturbance=on", "days=200", "population.places=20", "plans.catalogue.lift.disturbance=1 /day",
            "plans.catalogue.lift.lead_days=5", "disturbance.nuisance_chance=1 /day", "works.weekends=off",
            "disturbance.from_hour=7", "disturbance.to_hour=21", "works.quiet_from_hour=19")  # fmt: skip
    world = lived("bargain_high_subsidy", 1, *sets).world
    began = world.incidents.began[world.incidents.of_works]
    assert len(began) > 200
    hours, days = began % 1440 / 60, began // 1440
    assert 7 <= hours.min() < 7.6 and 18.4 < hours.max() <= 19
    assert abs(hours.mean() - 13) < 3 * (12 / np.sqrt(12)) / np.sqrt(len(hours))
    assert all(world.clock.weekday(int(day)) < 5 for day in days)


# -- what follows


def test_sore_owners_quarrel_and_where_nobody_loses_nobody_does():
    assert sum(one or 0 for one in metric("lift_disputes", "linear", "lifts.subsidy_yuan=280000")) > 0
    for seed in SEEDS:
        world = lived("linear", seed, "lifts.subsidy_yuan=280000").world
        sore = world.households.lift_fell_out
        assert (world.flats.lift_net_yuan[world.households.flat[sore]] < 0).all()
        passed = world.projects.stairwell[world.projects.asked_for & world.projects.passed]
        assert np.isin(world.flats.stairwell[world.households.flat[sore]], passed).all()
        bargain = lived("bargain_high_subsidy", seed).world
        whole = bargain.households.lift_fell_out & (bargain.flats.lift_net_yuan[bargain.households.flat] >= 0)
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
        stairs = world.flats.stairwell
        for stairwell in np.unique(stairs):
            assert world.flats.lift_bargain_fen[stairs == stairwell].sum() == 0
        paid_for = lifts.stairwell[(lifts.started >= 0) & (lifts.started < world.day - 1)]  # the morning after
        paid = np.isin(stairs, paid_for) & (world.flats.lift_bargain_fen > 0)
        assert postings.fen[postings.account == TRANSFER].sum() == world.flats.lift_bargain_fen[paid].sum()


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


@pytest.mark.parametrize(
    ("value", "code"),
    [("1 / floors", None), ("floor", None), ("floor - 4", "M372"), ("0 * floor", "M372"), ("1 / (floor - 3)", "E")],
)
def test_shares_of_ones_own_are_used_or_refused(value: str, code: str | None, tmp_path: Path) -> None:
    """Shares need not sum to one, since the cost is split in proportion; below nothing, or nothing at all, is wrong."""
    text = (ROOT / "rules" / "elevator_shares.yaml").read_text("utf-8")
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("value: 2 * (floor - 1) / (floors * (floors - 1))", f"value: {value}"), "utf-8")
    found = Lifts(rule=str(mine)).data_complaints()
    if code is not None:
        assert found[0].code.startswith(code) and found[0].place is not None
        return
    assert found == ()
    shares = shares_of("linear", 6, DAY, str(mine), Lifts(rule=str(mine)).data_digest())
    assert list(shares) == [Fraction(1, 6) if value == "1 / floors" else floor for floor in range(1, 7)]
    assert shares != shares_of("linear", 6, DAY)
