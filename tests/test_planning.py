"""Plans, forums and votes on a small world: what must vanish when it is cut, and which way each lever moves things."""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from tests.planning_kit import GROUNDS, MORE_SEEDS, SEEDS, built, decided, metric, surely_above
from twin.core.parameters import parameters_of
from twin.mechanisms import CATALOGUE
from twin.mechanisms.ballots import Ballots, Count, carries, rules_of
from twin.mechanisms.plans import Plans
from twin.world.inequality import gini
from twin.world.ledger import ASKING, COMPENSATION, PUBLIC, WORKS
from twin.world.series import share
from twin.world.works import Work, default_catalogue, homes_of

ROOT = Path(__file__).resolve().parent.parent
DAY = dt.date(2025, 1, 1)
PRIOR, COUNCIL, APP = ({"plans": {"process": name}} for name in ("prior", "council", "app"))


def with_(base: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {name: base.get(name, {}) | more.get(name, {}) for name in base.keys() | more.keys()}


@cache
def rules():
    return rules_of("civil_code_278")


def passes(matter: int, favour: int, against: int, absent: int, area: int = 8000) -> bool:
    """Count a vote of equal flats (area in hundredths of a square metre)."""
    heads = (favour + against + absent, favour + against, favour)
    return carries(rules(), DAY, Count(matter, *heads, *(area * one for one in heads)))


# -- the law


def test_the_rules_that_ship_are_those_of_the_folder():
    shipped = ROOT / "twin" / "data" / "civil_code_278.yaml"
    assert shipped.read_bytes() == (ROOT / "rules" / "civil_code_278.yaml").read_bytes()


@pytest.mark.parametrize(
    ("favour", "against", "absent", "special", "ordinary"),
    [
        (6, 2, 4, True, True), (5, 3, 4, False, True), (4, 4, 4, False, False), (9, 3, 0, True, True),
        (8, 4, 0, False, True), (7, 1, 4, True, True), (6, 1, 5, False, False),
    ],
)  # fmt: skip
def test_twelve_equal_flats(favour, against, absent, special, ordinary):
    assert passes(7, favour, against, absent) == special
    assert passes(5, favour, against, absent) == ordinary


def test_every_count_up_to_twelve_flats_is_as_the_article_says():
    for favour, against, absent in product(range(13), repeat=3):
        owners, voting = favour + against + absent, favour + against
        if not 0 < owners <= 12:
            continue
        quorum = 3 * voting >= 2 * owners
        assert passes(7, favour, against, absent) == (quorum and 4 * favour >= 3 * voting)
        assert passes(1, favour, against, absent) == (quorum and 2 * favour > voting)


def test_eight_for_and_four_against_a_lift_what_the_four_do_decides():
    """Nothing in the code says this: it follows from three acts and one article."""
    assert not passes(7, 8, 4, 0), "who votes against stops it"
    assert passes(7, 8, 0, 4), "who stays away lets it pass"
    assert not passes(7, 7, 0, 5), "a fifth who stays away denies the quorum"


# -- consent


def test_opponents_who_stay_away_deny_quorums_and_take_votes_from_the_other_side():
    ends = [with_(COUNCIL, ballots={"boycott_share": one}) for one in (0.0, 1.0)]
    honest, boycott = (metric("ballot_turnout_share", **blocks) for blocks in ends)
    assert all(b < a for a, b in zip(honest, boycott, strict=True))
    engines = [decided(seed, **with_(COUNCIL, ballots={"boycott_share": 1.0})) for seed in SEEDS]
    acts = np.concatenate([engine.world.ballots.act for engine in engines])
    assert not (acts == 2).any()


def test_without_consent_what_is_lawful_is_done_and_no_paper_is_handed_out():
    for seed in SEEDS:
        engine = decided(seed, **with_(COUNCIL, ballots={"consent": "none"}))
        world, metrics = engine.world, engine.metrics()
        assert len(world.ballots) == 0 and len(world.projects) > 3
        assert (world.projects.passed == world.projects.lawful).all()
        assert metrics["passed_share"] == pytest.approx(1 - metrics["unlawful_share"])


def lifts_only() -> dict[str, Any]:
    plans = {"process": "prior", "catalogue": {"lift": default_catalogue()["lift"]}}
    return {"plans": plans, "deliberation": {"law": "none"}}


@cache
def lift_votes(compensation_yuan: float) -> list[float]:
    more = {"compensation_yuan": compensation_yuan, "reply_share": 1.0, "opinion_yuan": 0.0, "boycott_share": 0.0}
    return metric("passed_share", **with_(lifts_only(), ballots=more), budget_yuan=1e8)


def test_two_lower_floors_stop_lifts_and_compensation_lets_them_pass():
    assert np.mean(lift_votes(40_000.0)) > np.mean(lift_votes(0.0)) + 0.3


@cache
def lifts_begun(budget_yuan: float) -> Any:
    """Lifts of the office's plan, on which owners vote, and which are built."""
    plans = {"process": "prior", "catalogue": {"lift": GROUNDS["lift"]}, "budget_yuan": budget_yuan}
    votes = {"consent": "vote", "vote_after_days": 1, "compensation_yuan": 40_000.0, "reply_share": 1.0,
             "opinion_yuan": 0.0, "worth_yuan": 1e6}  # fmt: skip
    return built(1, plans=plans, ballots=votes).world


def test_compensation_is_paid_to_the_owners_of_lower_floors_wherever_they_live_once_a_lift_is_begun():
    world = lifts_begun(1e8)
    paid, floor = world.residents.compensation_fen, homes_of(world).floor
    assert paid.any() and not paid[floor > 2].any()
    begun = (world.projects.started >= 0)[world.ballots.project] & (world.flats.floor[world.ballots.flat] <= 2)
    assert (world.ballots.resident[begun] < 0).any(), "some owners live elsewhere, and vote for what they will get"
    booked = world.postings.fen[world.postings.account == COMPENSATION].sum()
    assert booked == 4_000_000 * begun.sum() > paid.sum()


@pytest.mark.parametrize("budget", [500_000.0, 900_000.0])
def test_lifts_and_what_they_compensate_are_within_the_budget(budget: float):
    world = lifts_begun(budget)
    public = world.postings.source == PUBLIC
    spent = [world.postings.fen[public & (world.postings.account == one)].sum() for one in (WORKS, COMPENSATION)]
    assert min(spent) > 0 and sum(spent) <= budget * 100


@pytest.mark.parametrize("meetings_yuan", [0.0, 150_000.0, 5e6])
def test_what_asking_costs_is_not_there_to_build_with(meetings_yuan: float):
    """One budget: what the plan would cost and what asking cost are within it; asked beyond it, nothing is planned."""
    asked = with_(COUNCIL, needs_survey={"meetings_yuan": meetings_yuan})
    engine = decided(1, **asked, budget_yuan=900_000.0)
    postings, planned = engine.world.postings, engine.world.projects.cost_fen.sum()
    asking = postings.fen[(postings.account == ASKING) & (postings.source == PUBLIC)].sum()
    assert asking >= meetings_yuan * 100
    assert planned + asking <= 90_000_000 or planned == 0
    assert (planned == 0) == (meetings_yuan == 5e6)


# -- information and voice (C01, C02)


FREE = {"needs_survey": {"meetings_yuan": 0.0}}  # else what asking costs is not there to build with, and plans differ


@cache
def arms() -> dict[str, list[Any]]:
    said = {
        "prior": PRIOR,
        "council": with_(COUNCIL, **FREE),
        "plan_fixed": with_(COUNCIL, plans={"estimate": "prior"}, **FREE),
        "no_voice": with_(COUNCIL, plans={"voice": False}, **FREE),
        "neither": with_(COUNCIL, plans={"estimate": "prior", "voice": False}, **FREE),
        "true_needs": with_(PRIOR, plans={"estimate": "true_needs", "rule": "welfare"}),
    }
    return {name: [decided(seed, **blocks) for seed in SEEDS] for name, blocks in said.items()}


def of(arm: str, name: str) -> np.ndarray:
    return np.array([engine.metrics()[name] for engine in arms()[arm]])


def voice(arm: str) -> np.ndarray:
    return np.array([engine.world.residents.voice.mean() for engine in arms()[arm]])


def projects(arm: str) -> list[dict[str, Any]]:
    return [{name: cells.tobytes() for name, cells in engine.world.projects.arrays().items()} for engine in arms()[arm]]


def test_an_office_that_knew_the_needs_would_need_no_council():
    assert (of("true_needs", "plan_mismatch") < 1e-9).all()
    assert (of("prior", "plan_mismatch") > 0.02).all()


def test_a_council_brings_information_and_voice_and_each_can_be_taken_away_alone():
    assert of("council", "plan_mismatch").mean() < of("prior", "plan_mismatch").mean()
    assert (of("plan_fixed", "plan_mismatch") == of("prior", "plan_mismatch")).all()
    assert (of("no_voice", "plan_mismatch") == of("council", "plan_mismatch")).all()
    assert (voice("council") > 0).all() and (voice("plan_fixed") > 0).all()
    assert (voice("prior") == 0).all() and (voice("no_voice") == 0).all()


def test_a_council_with_neither_is_the_office_alone():
    assert projects("neither") == projects("prior")
    assert (voice("neither") == 0).all()


def test_being_answered_counts_beside_having_spoken():
    assert all(
        engine.world.residents.voice.max() <= 1 and fixed.world.residents.voice.mean() > 0
        for engine, fixed in zip(arms()["council"], arms()["plan_fixed"], strict=True)
    )
    unanswered = decided(1, **with_(COUNCIL, plans={"unanswered_voice": 0.0})).world.residents.voice
    answered = decided(1, **with_(COUNCIL, plans={"unanswered_voice": 1.0})).world.residents.voice
    spoke = decided(1, **COUNCIL).world.residents.took_part > 0
    assert (answered[spoke] == 1).all() and unanswered[spoke].mean() < 1


# -- experts (C03)


def test_without_the_experts_veto_a_hybrid_is_as_unlawful_as_a_council_with_an_app():
    both = [decided(seed, plans={"process": "council_plus_app"}) for seed in SEEDS]
    no_veto = [decided(seed, plans={"process": "hybrid", "expert_share": 0.0}) for seed in SEEDS]
    for one, other in zip(both, no_veto, strict=True):
        assert (one.world.projects.lawful == other.world.projects.lawful).all()
    assert metric("unlawful_share", plans={"process": "hybrid", "expert_share": 1.0}) == [0.0] * len(SEEDS)


def test_experts_make_decisions_lawful_and_without_their_veto_they_do_not():
    hybrid, council = {"process": "hybrid"}, {"process": "council_plus_app"}
    found = [metric("unlawful_share", MORE_SEEDS, plans=plans) for plans in (council, hybrid)]
    cut = metric("unlawful_share", MORE_SEEDS, plans=hybrid | {"expert_share": 0.0})
    assert surely_above(found[1], found[0]) and surely_above(found[1], cut)
    assert cut == found[0]


# -- asking (A02)


def survey(residents: int, **more: float) -> dict[str, Any]:
    return {"needs_survey": {"survey_residents": residents, **more}}


def test_asking_everybody_without_error_leaves_none():
    exact = survey(10_000, response_share=1.0, elder_response_share=1.0, survey_noise=0.0)
    blocks = with_(PRIOR, plans={"estimate": "answers", "few_answers": 0.0}, **exact)
    assert max(metric("need_error_elder", **blocks)) < 1e-6
    assert max(metric("need_error_youth", **blocks)) < 1e-6


def test_the_app_alone_misses_what_the_old_need_and_a_survey_brings_it_back():
    app = metric("need_error_elder", **with_(APP, forum={"skill_needed": 0.9}))
    more = metric("need_error_elder", **with_(APP, forum={"skill_needed": 0.9}), **survey(200))
    assert np.mean(more) < 0.7 * np.mean(app)
    assert metric("need_error_elder", **with_(APP, forum={"skill_needed": 0.9}), **survey(0)) == app


def test_a_larger_survey_errs_less_and_costs_more():
    blocks = with_(PRIOR, plans={"estimate": "answers"})
    errors = [np.mean(metric("need_error", **blocks, **survey(n, survey_noise=0.3))) for n in (20, 80, 320)]
    assert errors == sorted(errors, reverse=True) and errors[0] > 2 * errors[2]
    assert [metric("asking_cost_yuan", **blocks, **survey(n))[0] for n in (0, 20, 80)] == [0, 800, 3200]


# -- taking part (C06, C14)


@cache
def turnout(process: str, **forum: float) -> list[float]:
    return metric("turnout_share", plans={"process": process}, forum=forum)


def test_the_app_draws_more_by_the_time_it_saves_and_nothing_without():
    assert surely_above(turnout("app", app_hours=2.0), turnout("app"))
    both, meeting = (turnout(one, app_hours=2.0, elder_time_share=1.0) for one in ("council_plus_app", "council"))
    only_the_housebound = 0.02
    assert all(0 <= a - b <= only_the_housebound for a, b in zip(both, meeting, strict=True))


def test_an_app_that_nobody_manages_changes_nothing():
    for seed in SEEDS:
        residents = decided(seed, plans={"process": "app"}, forum={"skill_needed": 1.0}).world.residents
        assert not (residents.took_part[residents.digital_skill < 1] > 0).any()
        both = decided(seed, plans={"process": "council_plus_app"}, forum={"skill_needed": 1.0}).world.residents
        meeting = decided(seed, **COUNCIL).world.residents
        unskilled = residents.digital_skill < 1
        assert share(both.took_part[unskilled] == 1) == share(meeting.took_part[unskilled] == 1)


def test_neighbours_who_are_seen_draw_others_and_unseen_ones_do_not():
    seen, unseen = turnout("app", visibility=1.0, peer_weight=6.0), turnout("app", visibility=0.0, peer_weight=6.0)
    assert all(a > b for a, b in zip(seen, unseen, strict=True))
    assert unseen == turnout("app", visibility=0.0, peer_weight=0.0)


def test_a_campaign_that_reaches_nobody_is_none():
    base = {"plans": {"process": "council"}, "forum": {"aware_share": 0.1}}
    none, held = (metric("turnout_share", **base, campaign={"reach": one}) for one in (0.0, 0.3))
    assert none == metric("turnout_share", **base)
    assert all(b > a for a, b in zip(none, held, strict=True))


def test_the_old_come_to_meetings_and_the_young_to_the_app():
    old, young = (
        {one: metric(f"turnout_{age}_share", MORE_SEEDS, plans={"process": one}) for one in ("council", "app")}
        for age in ("elder", "youth")
    )
    assert surely_above(young["council"], old["council"]) and surely_above(old["app"], young["app"])
    gap = {
        one: metric("representation_gap_skill", MORE_SEEDS, plans={"process": one})
        for one in ("council", "app", "hybrid")
    }
    assert surely_above(gap["hybrid"], gap["app"]) and surely_above(gap["council"], gap["app"])


def test_where_an_hour_weighs_the_same_for_all_the_old_come_no_more_readily_for_it():
    """Ablation of C14: what brings the old to meetings is that their hours cost them less."""
    even = with_(COUNCIL, forum={"elder_time_share": 1.0})
    cut, found = (metric("turnout_elder_share", MORE_SEEDS, **blocks) for blocks in (even, COUNCIL))
    assert surely_above(cut, found)
    unseen = [with_(one, forum={"visibility": 0.0}) for one in (even, COUNCIL)]
    young = [metric("turnout_youth_share", MORE_SEEDS, **one) for one in unseen]
    assert young[0] == young[1]


def test_turnout_grows_with_what_is_at_stake():
    low, middle, high = (turnout("council", stake_weight=one) for one in (0.0, 3.0, 6.0))
    assert all(a <= b <= c for a, b, c in zip(low, middle, high, strict=True)) and low != high


# -- one budget (G08)


@pytest.mark.parametrize("rule", ["greedy", "equal_shares", "phragmen", "welfare"])
def test_every_rule_keeps_the_budget_and_all_agree_where_it_pays_for_everything(rule):
    engine = decided(2, plans={"process": "council", "rule": rule})
    assert 0 < engine.world.projects.cost_fen.sum() <= 200_000_000
    rich = decided(2, plans={"process": "council", "rule": rule}, budget_yuan=1e9).world
    everything = decided(2, plans={"process": "council"}, budget_yuan=1e9).world
    assert set(rich.projects.key) == set(everything.projects.key)
    assert decided(2, plans={"process": "council", "rule": rule}, budget_yuan=0.0).metrics()["plan_cost_yuan"] == 0


# -- nothing, and everything


def test_nobody_decides_nothing_happens():
    engine = decided(1)
    world = engine.world
    assert not len(world.projects) and not len(world.ballots) and not len(world.postings)
    assert not world.residents.took_part.any() and not world.residents.voice.any()
    assert engine.metrics() == {}


def test_needs_differ_between_people_and_without_gradients_one_size_fits_all():
    gradients = ("spread", "floor_lift", "elder_lift", "elder_care", "frail_access", "child_play", "income_parking")
    even = dict.fromkeys((*gradients, "owner_upkeep"), 0.0)
    alike = decided(1, **PRIOR, needs=even).world.residents
    assert np.ptp(alike.need_lift) == 0 and gini(decided(1, **PRIOR).world.residents.need_lift) > 0.1


def test_a_richer_plan_is_liked_better_and_no_budget_makes_everybody_wholly_for_it():
    opinions = [metric("opinion_mean", **COUNCIL, budget_yuan=yuan) for yuan in (1e6, 4e6, 1e9)]
    assert surely_above(opinions[0], opinions[1]) and surely_above(opinions[1], opinions[2])
    rich = [decided(seed, **COUNCIL, budget_yuan=1e9).world.residents.opinion for seed in SEEDS]
    assert max(opinions[2]) < 0.9 and max(share(one > 0.99) for one in rich) < 0.1


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["plans.decide_on_day=300"], {"S153"}), (["plans.decide_on_day=299"], set()),
        (["plans.decide_on_day=0"], {"S154"}), (["plans.decide_on_day=0", "plans.process=prior"], set()),
        (["plans.decide_on_day=300", "plans.process=none"], set()),
        (["plans.process=council", "plans.budget_yuan=20000", "needs_survey.meetings_yuan=20000"], {"S149"}),
        (["plans.process=council", "plans.budget_yuan=20001", "needs_survey.meetings_yuan=20000"], set()),
        (["plans.process=app", "plans.budget_yuan=9000", "needs_survey.app_yuan=9000"], {"S149"}),
        (["plans.process=prior", "plans.budget_yuan=10", "needs_survey.meetings_yuan=20000"], set()),
    ],
)  # fmt: skip
def test_a_decision_that_never_comes_or_that_nobody_can_prepare_is_doubted(said, codes):
    loaded = twin.load(ROOT / "scenarios" / "decision_open.yaml", sets=[*said, "days=300"])
    assert {one.code for one in loaded.doubts} == codes


# -- each lever moves what it should (parameter, its low and its high end, metric, direction)

ASKED = with_(PRIOR, plans={"estimate": "answers"}, **survey(100))
TOLD = with_(COUNCIL, campaign={"reach": 0.3})
MOVES = [
    ("needs.spread", 0.0, 2.0, "turnout_share", 1, COUNCIL),
    ("needs.mean_weights", (0.125,) * 8, (0.65, *(0.05,) * 7), "turnout_share", 1, COUNCIL),  # one need is a stake
    ("needs.floor_lift", 0.0, 1.0, "turnout_share", 1, COUNCIL),
    ("needs.elder_lift", 0.0, 2.0, "turnout_elder_share", 1, COUNCIL),
    ("needs.elder_care", 0.0, 3.0, "need_error_elder", 1, PRIOR),  # an office alone knows nothing of it
    ("needs.frail_access", 0.0, 2.0, "need_error_elder", 1, PRIOR),
    ("needs.child_play", 0.0, 3.0, "plan_mismatch", 1, PRIOR),
    ("needs.income_parking", 0.0, 1.0, "plan_gain_gini", 1, PRIOR),
    ("needs.owner_upkeep", 0.0, 2.0, "plan_gain_gini", 1, PRIOR),
    ("campaign.reach", 0.0, 1.0, "turnout_share", 1, COUNCIL),
    ("forum.aware_share", 0.0, 1.0, "turnout_share", 1, COUNCIL),
    ("forum.readiness", -6.0, 3.0, "turnout_share", 1, COUNCIL),
    ("forum.hour_weight", 0.0, 3.0, "turnout_share", -1, COUNCIL),
    ("forum.meeting_hours", 0.0, 8.0, "turnout_share", -1, COUNCIL),
    ("forum.elder_time_share", 0.0, 1.0, "turnout_elder_share", -1, COUNCIL),
    ("forum.app_hours", 0.0, 8.0, "turnout_share", -1, APP),
    ("forum.skill_needed", 0.0, 1.0, "turnout_share", -1, APP),
    ("forum.help_share", 0.0, 1.0, "turnout_elder_share", 1, APP),
    ("forum.stake_weight", 0.0, 6.0, "turnout_share", 1, COUNCIL),
    ("forum.peer_weight", 0.0, 6.0, "turnout_share", 1, with_(APP, forum={"visibility": 1.0})),
    ("forum.visibility", 0.0, 1.0, "turnout_share", 1, with_(APP, forum={"peer_weight": 6.0})),
    ("forum.open_days", 1, 14, "turnout_share", 1, with_(APP, forum={"peer_weight": 6.0, "visibility": 1.0})),
    ("needs_survey.app_noise", 0.0, 1.0, "need_error", 1, APP),
    ("needs_survey.meeting_noise", 0.0, 1.0, "need_error", 1, COUNCIL),
    ("needs_survey.meeting_loudness", 1.0, 3.0, "need_error", 1, COUNCIL),
    ("needs_survey.survey_noise", 0.0, 1.0, "need_error", 1, ASKED),
    ("needs_survey.response_share", 0.0, 1.0, "heard_share", 1, ASKED),
    ("needs_survey.elder_response_share", 0.0, 1.0, "heard_share", 1, ASKED),
    ("needs_survey.meetings_yuan", 0.0, 1e6, "asking_cost_yuan", 1, COUNCIL),
    ("needs_survey.app_yuan", 0.0, 1e6, "asking_cost_yuan", 1, APP),
    ("plans.unlawful_chance", 0.0, 1.0, "unlawful_share", 1, COUNCIL),
    ("plans.budget_yuan", 1e5, 1e7, "plan_cost_yuan", 1, COUNCIL),
    ("plans.expert_share", 0.0, 1.0, "unlawful_share", -1, {"plans": {"process": "hybrid"}}),
    ("plans.few_answers", 0.0, 100.0, "need_error_elder", 1, with_(ASKED, **survey(400))),
    ("plans.approved_domains", 1, 8, "plan_gain_gini", -1, {"plans": {"process": "council", "rule": "equal_shares"}}),
    ("plans.prior_weights", (1.0, *(0.0,) * 7), Plans().prior_weights, "plan_mismatch", -1, PRIOR),
    ("campaign.from_day", 0, 36_500, "turnout_share", -1, TOLD),
    ("campaign.campaign_days", 0, 3650, "turnout_share", 1, TOLD),
    ("campaign.forgotten_per_day", 0.0, 1.0, "turnout_share", -1, TOLD),
    ("needs_survey.survey_residents", 0, 400, "heard_share", 1, PRIOR),
    ("needs_survey.survey_yuan", 0.0, 1000.0, "asking_cost_yuan", 1, ASKED),
    ("deliberation.answer_weight", 0.0, 1.0, "opinion_spread", 1, COUNCIL),
    ("deliberation.answer_needed", 0.01, 1.0, "opinion_mean", -1, COUNCIL),
    ("deliberation.taste_spread", 0.0, 0.5, "opinion_spread", 1, COUNCIL),
    ("deliberation.step", 0.0, 0.5, "opinion_spread", -1, COUNCIL),
    ("deliberation.talk_days", 0, 365, "opinion_spread", -1, COUNCIL),
    ("deliberation.confidence", 0.0, 1.0, "opinion_spread", -1, COUNCIL),
    ("ballots.reply_share", 0.0, 1.0, "ballot_turnout_share", 1, COUNCIL),
    ("ballots.landlord_reply_share", 0.0, 1.0, "ballot_turnout_share", 1, COUNCIL),
    ("ballots.stake_pull", 0.0, 3.0, "ballot_turnout_share", 1, COUNCIL),
    ("ballots.boycott_share", 0.0, 1.0, "ballot_turnout_share", -1, COUNCIL),
    ("ballots.abstain_width", 0.0, 3.0, "abstained_share", 1, COUNCIL),
    ("ballots.worth_yuan", 0.0, 1e6, "passed_share", 1, COUNCIL),
    ("ballots.owner_share", 0.0, 1.0, "passed_share", -1, COUNCIL),
    ("ballots.noise_yuan", 0.0, 1000.0, "passed_share", -1, COUNCIL),
    ("ballots.opinion_yuan", 0.0, 1e6, "passed_share", 1, with_(COUNCIL, deliberation={"answer_needed": 0.01})),
    ("ballots.blur_yuan", 100.0, 1e6, "abstained_share", 1, COUNCIL),
    ("ballots.lift_loss_yuan", 0.0, 2e5, "passed_share", -1, with_(lifts_only(), ballots={"reply_share": 1.0})),
    ("ballots.low_floors", 0, 10, "passed_share", -1, with_(lifts_only(), ballots={"reply_share": 1.0})),
    ("ballots.compensation_yuan", 0.0, 2e5, "passed_share", 1, with_(lifts_only(), ballots={"reply_share": 1.0})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "low", "high", "name", "direction", "base"), MOVES, ids=[f"{one[0]}-{one[3]}" for one in MOVES]
)
def test_each_parameter_moves_its_metric_its_way(path, low, high, name, direction, base):
    block, parameter = path.split(".")
    worlds = [_set(base, block, parameter, end) for end in (low, high)]
    ends = np.array([[decided(seed, **blocks).metrics()[name] for seed in (1, 2)] for blocks in worlds])
    moved = direction * (ends[1] - ends[0])
    assert (moved >= 0).all() and moved.sum() > 0, (path, ends)


# What is built: the same for the mechanisms from works to surveys, on a smaller world.

RESIST = {"disturbance": {"objection_hazard": 0.2}}
STOPPED = with_(RESIST, works={"objections_to_stop": 1})
GREEN = {"plans": {"catalogue": {"garden": Work("greenery", "grid", 60_000.0, 2, 60, 1.0, 0.5, 9)}}}
PAID = {"consent": "vote", "vote_after_days": 1, "compensation_yuan": 2000.0, "reply_share": 1.0, "worth_yuan": 1e6,
        "owner_share": 0.0}  # fmt: skip
ONLY_WORKS = {"incidents": {"faults_per_place_year": 0.0}, "reporting": {"reports_per_resident_day": 0.05}}
LATE = with_(GREEN, works={"quiet_from_hour": 24.0, "quiet_to_hour": 0.0},  # no hour is forbidden
             disturbance={"objection_hazard": 0.2, "elsewhere_share": 0.3})  # fmt: skip
NUISANCE = {"also": ("incidents", "reporting"), "places": 20}
QUARREL = {"also": ("disputes", "lapses", "ties", "stress", "grievances"),
           "disputes": {"followed": True, "scale": 20.0}}  # fmt: skip
MEETING = QUARREL | {"ties": {"event_every_days": 5, "attendance": 0.5}}
PAST = {"also": ("incidents", "reporting", "desk"), "places": 40, "plans": {"decide_on_day": 20},
        "incidents": {"faults_per_place_year": 60.0}, "reporting": {"reports_per_resident_day": 0.005}}  # fmt: skip
ASKED_ALL = {"living_survey": {"sample_share": 1.0}}
PLEASED = with_(ASKED_ALL, living={"base": 0.5})
HIGH_UP = {"days": 3, "residents": 400, "plans": {"process": "none"}, "happiness": {"mean_points": 7.2},
           "living_survey": {"sample_share": 1.0, "happiness_shift": 1.5, "response_share": 0.99}}  # fmt: skip
BUILT_MOVES = [
    ("disturbance.elsewhere_share", 0.0, 1.0, "objections_per_1000", 1, with_(GREEN, **RESIST)),
    ("disturbance.threshold", 0.0, 1.0, "objections_per_1000", -1, RESIST),
    ("disturbance.notice_relief", 0.0, 1.0, "objections_per_1000", -1, with_(RESIST, campaign={"reach": 0.3})),
    ("disturbance.voice_relief", 0.0, 1.0, "objections_per_1000", -1, RESIST),
    ("disturbance.compensation_due_yuan", 1.0, 1e6, "objections_per_1000", 1, with_(RESIST, ballots=PAID)),
    ("disturbance.objection_hazard", 0.0, 0.2, "objections_per_1000", 1, {}),
    ("disturbance.nuisance_chance", 0.0, 1.0, "nuisances_per_1000_year", 1, NUISANCE),
    ("disturbance.nuisance_days", 0.01, 60.0, "share_of_incidents_reported", 1, NUISANCE | ONLY_WORKS),
    ("disturbance.from_hour", 0.0, 12.0, "objections_per_1000", -1, LATE),
    ("disturbance.to_hour", 12.0, 24.0, "objections_per_1000", 1, LATE),
    ("disturbance.night_weight", 1.0, 100.0, "objections_per_1000", 1, with_(LATE, disturbance={"to_hour": 24.0})),
    ("living.base", -0.5, 0.5, "living_satisfaction", 1, {}),
    ("living.weight_conditions", 0.0, 0.6, "living_conditions", 1, {}),
    ("living.weight_disconfirmation", 0.0, 0.6, "living_disconfirmation", 1, {}),
    ("living.weight_procedure", 0.0, 0.6, "living_procedure", 1, {}),
    ("living.loss_aversion", 1.0, 2.25, "living_works", -1, {}),
    ("living.envy", 0.0, 2.0, "living_inequity", -1, {}),
    ("living.guilt", 0.0, 1.0, "living_inequity", -1, {}),
    ("living.lift_harm", 0.0, 0.5, "living_satisfaction_low_floor", -1, {}),
    ("living.getting_used_days", 1.0, 3650.0, "living_disconfirmation", 1, {}),
    ("happiness.mean_points", 5.8, 7.2, "happiness_true", 1, {}),
    ("happiness.spread_points", 1.6, 2.3, "happiness_spread", 1, {}),
    ("happiness.conditions_points", 0.0, 3.0, "happiness_true", 1, {}),
    ("happiness.annoyance_points", 0.0, 1.0, "happiness_true", -1, {}),
    ("happiness.dispute_points", 0.1, 0.6, "happiness_true", -1, QUARREL),
    ("happiness.ties_points", 0.0, 0.25, "happiness_true", 1, QUARREL | {"ties": {"event_every_days": 5}}),
    ("happiness.half_life_years", 0.5, 7.0, "happiness_true", 1, {}),
    ("happiness.lasting_share", 0.0, 0.7, "happiness_true", 1, {}),
    ("living_survey.every_days", 1, 3650, "living_answers", -1, ASKED_ALL),
    ("living_survey.sample_share", 0.0, 1.0, "living_answers", 1, {}),
    ("living_survey.response_share", 0.01, 0.99, "living_answers", 1, ASKED_ALL),
    ("living_survey.response_slope", 0.0, 3.0, "living_answers", 1, PLEASED),
    ("living_survey.courtesy_shift", 0.0, 0.5, "living_satisfied_share_reported", 1, ASKED_ALL),
    ("living_survey.happiness_shift", 0.0, 1.5, "happiness_reported", 1, ASKED_ALL),
    ("living_survey.answer_noise", 0.0, 1.0, "living_satisfied_share_reported", -1, PLEASED),
    ("living_survey.happiness_noise", 0.0, 2.0, "happiness_reported", -1, HIGH_UP),  # the ladder ends at ten
    ("promises.step", 0.0, 0.5, "trust_mean", 1, {}),
    ("promises.loss_weight", 1.0, 4.0, "trust_mean", -1, STOPPED),
    ("promises.disclosed_every_days", 1, 3650, "trust_mean", -1, {}),
    ("promises.disclosure_reach", 0.0, 1.0, "trust_mean", 1, {"promises": {"disclosed_every_days": 20}}),
    ("plans.neighbour_voice", 0.0, 1.0, "living_procedure", 1, {}),
    ("plans.unanswered_voice", 0.0, 1.0, "living_procedure", 1, {}),
    ("forum.efficacy_weight", 0.0, 1.5, "turnout_share", 1, PAST),
    ("works.start_quality", (0.0,) * 8, (0.5,) * 8, "living_conditions", 1, {}),
    ("works.start_spread", 0.0, 0.3, "living_spread", 1, HIGH_UP),
    ("works.wear_per_year", 0.0, 0.5, "living_conditions", -1, {}),
    ("works.crews", 1, 100, "projects_finished", 1, {}),
    ("works.objections_to_stop", 1, 1000, "stopped_days", -1, RESIST),
    ("works.stoppage_days", 0, 365, "stopped_days", 1, STOPPED),
    ("works.stoppage_cost_share", 0.0, 0.05, "works_cost_yuan", 1, STOPPED),
    ("works.advance_share", 0.0, 1.0, "bound_yuan", -1, {}),
    ("works.finish_quality", 0.0, 1.0, "living_conditions", 1, {}),
    ("works.finish_spread", 0.0, 0.5, "living_conditions", -1, {"works": {"finish_quality": 1.0}}),  # none exceeds 1
    ("ties.used", False, True, "amenity_visits", 1, QUARREL),
    ("ties.visits_per_day", 0.0, 1.0, "amenity_visits", 1, QUARREL),
    ("ties.visit_gain", 0.0, 5.0, "ties_bonding", 1, QUARREL),
    ("ties.near_share", 0.0, 1.0, "ties_bridging", -1, QUARREL | {"residents": 400, "ties": {"event_every_days": 5}}),
    ("ties.work_gain", 0.0, 5.0, "ties_bonding", 1, QUARREL | {"ties": {"work_every_days": 2, "members": 0.5}}),
    ("ties.event_gain", 0.0, 5.0, "ties_bonding", 1, QUARREL | {"ties": {"event_every_days": 5}}),
    ("ties.event_every_days", 0, 5, "ties_bonding", 1, QUARREL),
    ("ties.attendance", 0.0, 1.0, "ties_bonding", 1, QUARREL | {"ties": {"event_every_days": 5}}),
    ("ties.encounters", 0, 50, "ties_bonding", 1, QUARREL | {"ties": {"event_every_days": 5}}),
    ("ties.half_life_days", 1.0, 36_500.0, "ties_bonding", 1, MEETING),
    ("ties.homophily", 0.0, 1.0, "ties_same_age_share", 1, MEETING | {"residents": 400}),
    ("ties.work_every_days", 0, 2, "ties_bonding", 1, QUARREL),
    ("ties.members", 0.0, 1.0, "ties_bonding", 1, QUARREL | {"ties": {"work_every_days": 2}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "low", "high", "name", "direction", "base"), BUILT_MOVES, ids=[f"{one[0]}-{one[3]}" for one in BUILT_MOVES]
)
def test_each_parameter_moves_what_is_built_and_felt_its_way(path, low, high, name, direction, base):
    block, parameter = path.split(".")
    plain = {one: said for one, said in base.items() if not isinstance(said, dict)}
    blocks = {one: said for one, said in base.items() if isinstance(said, dict)}
    worlds = [with_(blocks, **{block: {parameter: end}}) for end in (low, high)]
    ends = np.array([[built(seed, **plain, **one).metrics()[name] for seed in (1, 2)] for one in worlds])
    assert (direction * (ends[1] - ends[0]) > 0).all(), (path, ends)


# switches and choices have tests of their own; days of a decision and of a vote, and hours of the night, are a calendar
ELSEWHERE = {"plans.decide_on_day", "plans.catalogue", "ballots.vote_after_days", "works.day_hours",
             *(f"works.{kind}_{end}_hour" for kind in ("quiet", "night") for end in ("from", "to"))}  # fmt: skip
COVERED = ("ballots", "campaign", "deliberation", "disturbance", "forum", "happiness", "living", "living_survey",
           "needs", "needs_survey", "plans", "promises", "ties", "works")  # fmt: skip


@pytest.mark.parametrize("name", COVERED)
def test_no_parameter_is_left_out(name):
    moved = {one[0] for one in (*MOVES, *BUILT_MOVES)} | ELSEWHERE
    block = CATALOGUE[name].params
    numbers = [field.name for field, spec in parameters_of(block)
               if not spec.choices and not isinstance(field.default, bool)]  # fmt: skip
    assert {f"{name}.{one}" for one in numbers} <= moved


def _set(base: dict[str, Any], block: str, parameter: str, value: float) -> dict[str, Any]:
    if parameter == "budget_yuan":
        return {**base, "budget_yuan": value}
    return with_(base, **{block: {parameter: value}})


# -- rules of one's own


RULES = """table: decision
title: one vote in a hundred is enough
source: the scenario's author
from: 2021-01-01
applies_to: vote
inputs: {owners: {int: "1.."}, owners_for: {int: "0.."}}
let: {enough: 100 * owners_for >= owners}
outputs: {PASSED: bool}
rows: |
  | enough | PASSED |
  | true   | true   |
  | false  | false  |
"""


def test_a_rule_file_of_ones_own_decides_and_one_without_an_outcome_is_refused(tmp_path):
    lenient, useless = tmp_path / "lenient.yaml", tmp_path / "useless.yaml"
    lenient.write_text(RULES.replace("PASSED", "passed"), encoding="utf-8")
    useless.write_text(RULES.replace("PASSED", "quorum"), encoding="utf-8")
    assert metric("passed_share", **with_(COUNCIL, ballots={"rule": str(lenient)})) > metric("passed_share", **COUNCIL)
    (complaint,) = ballots_block(str(useless)).data_complaints()
    assert complaint.code == "E603"
    assert ballots_block(str(lenient)).data_complaints() == () and ballots_block(str(lenient)).data_digest()


def ballots_block(rule: str) -> Any:
    return Ballots(rule=rule)
