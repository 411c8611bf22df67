"""Renewal, open decisions, ways of asking: in a small world, each ablation removes what it should and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import twin
from tests.planning_kit import surely_above
from twin.runs.experiment import simulate
from twin.world.surveys import LIVING

SCENARIOS = Path(__file__).parent.parent / "scenarios"
QUICK = ("days=160", "warm_up_days=60", "population.residents=800", "living_survey.every_days=80")
AT_ONCE = ("plans.unlawful_chance=0", *(f"plans.catalogue.{work}.duration_days=5" for work in ("play", "garden")))
SMALL = {
    "combined_renewal": (4, *QUICK, *AT_ONCE, "disputes.scale=20"),  # so that a small world has quarrels to count
    "decision_open": (6, "days=150", "population.residents=400", "living_survey.every_days=50"),
    "needs_survey": (6, "population.residents=1500"),
}


PARTS = ["as_it_was", "renewal", "neighbours_only", "ties_frozen", "own_plots", "unused", "neutral_survey"]
ARMS = {"combined_renewal": PARTS}


@cache
def experiment(name):
    replications, *sets = SMALL[name]
    return twin.run(SCENARIOS / f"{name}.yaml", replications=replications, set=sets, arms=ARMS.get(name))


# -- C08


def renewal(arm, metric):
    return experiment("combined_renewal").values[arm][metric]


@pytest.mark.slow
def test_a_renewal_makes_happier_and_quarrels_fewer_and_is_used():
    assert surely_above(renewal("as_it_was", "happiness_true"), renewal("renewal", "happiness_true"))
    assert surely_above(renewal("renewal", "disputes_per_1000"), renewal("as_it_was", "disputes_per_1000"))
    assert min(renewal("renewal", "amenity_visits")) > 1 and set(renewal("as_it_was", "amenity_visits")) == {0.0}


@pytest.mark.slow
def test_grounds_that_nobody_uses_leave_the_conditions_and_take_contact_away():
    """Amenities → use → contact → ties → disputes: cut at use, all that follows is what events do alone."""
    for metric in ("ties_bonding", "ties_bridging", "isolated_share"):
        assert renewal("unused", metric) == renewal("neighbours_only", metric)
        assert metric == "isolated_share" or surely_above(renewal("unused", metric), renewal("renewal", metric))
    assert set(renewal("unused", "amenity_visits")) == {0.0}
    assert renewal("unused", "living_conditions") == renewal("renewal", "living_conditions")
    assert surely_above(renewal("as_it_was", "happiness_true"), renewal("unused", "happiness_true"))
    assert surely_above(renewal("unused", "happiness_true"), renewal("renewal", "happiness_true"))
    assert surely_above(renewal("renewal", "disputes_per_1000"), renewal("unused", "disputes_per_1000"))


@pytest.mark.slow
def test_frozen_ties_are_those_of_daily_life_and_calm_no_further_quarrel():
    for metric in ("ties_bonding", "ties_bridging", "isolated_share"):
        assert renewal("ties_frozen", metric) == renewal("as_it_was", metric)
    assert renewal("ties_frozen", "amenity_visits") == renewal("renewal", "amenity_visits")
    assert surely_above(renewal("renewal", "disputes_per_1000"), renewal("ties_frozen", "disputes_per_1000"))
    assert surely_above(renewal("ties_frozen", "happiness_true"), renewal("renewal", "happiness_true"))


def test_where_ties_calm_nobody_frozen_ties_change_no_dispute():
    runs = twin.run(
        SCENARIOS / "combined_renewal.yaml", replications=2, arms=["renewal", "ties_frozen"],
        set=[*SMALL["combined_renewal"][1:], "population.residents=300", "disputes.tie_weight=0"],
    ).values  # fmt: skip
    assert runs["renewal"]["disputes_per_1000"] == runs["ties_frozen"]["disputes_per_1000"]
    assert runs["renewal"]["ties_bonding"] != runs["ties_frozen"]["ties_bonding"]


@pytest.mark.slow
def test_own_plots_tie_less_than_joint_work_and_events_alone_less_than_both():
    for less, more in (("own_plots", "renewal"), ("as_it_was", "neighbours_only"), ("neighbours_only", "own_plots")):
        assert surely_above(renewal(less, "ties_bridging"), renewal(more, "ties_bridging")), (less, more)


@pytest.mark.slow
def test_a_survey_without_bias_changes_what_is_reported_and_nothing_that_is_felt():
    assert renewal("neutral_survey", "happiness_true") == renewal("renewal", "happiness_true")
    assert surely_above(renewal("neutral_survey", "happiness_reported"), renewal("renewal", "happiness_reported"))


# -- C13


def decision(arm, metric):
    return experiment("decision_open").values[arm][metric]


@pytest.mark.slow
@pytest.mark.parametrize("less, more", [("closed", "told"), ("closed", "heard"), ("told", "open"), ("heard", "open")])
def test_telling_and_hearing_each_make_a_decision_more_acceptable_and_neither_needs_the_other(less, more):
    metric = "less_served_satisfied_share"
    assert surely_above(decision(less, metric), decision(more, metric))


def test_the_arms_of_an_open_decision_share_their_plan():
    _, *sets = SMALL["decision_open"]
    values = twin.run(SCENARIOS / "decision_open.yaml", replications=2, set=sets).values
    for same in ("plan_mismatch", "projects_finished", "living_conditions"):
        assert len({tuple(values[arm][same]) for arm in values}) == 1, same
    assert set(values["closed"]["living_procedure"]) == {0.0}


# -- C06


def test_who_remembers_being_answered_takes_part_more_readily_and_cut_off_nobody_does():
    small = ["population.residents=800", "population.places=60", "incidents.faults_per_place_year=24"]
    arms = ["app_beside", "app_unremembered"]
    found = twin.run(SCENARIOS / "mini_program.yaml", replications=4, arms=arms, set=small).values
    remembered, forgotten = (found[arm] for arm in arms)
    assert min(remembered["reports_per_1000"]) > 0, "there is a past to remember"
    assert remembered["reports_per_1000"] == forgotten["reports_per_1000"]
    assert surely_above(forgotten["turnout_share"], remembered["turnout_share"])


# -- what is reported is of the day of the truth


def test_the_last_wave_is_of_the_last_day_and_earlier_waves_are_untouched():
    waves = {}
    for days in (50, 55):
        sets = [f"days={days}", "warm_up_days=0", "population.residents=300", "living_survey.every_days=25"]
        world = simulate(twin.load(SCENARIOS / "decision_open.yaml", sets=sets), "open", 1).world
        asked = world.answers.kind == LIVING
        waves[days] = list(zip(world.answers.day[asked].tolist(), world.answers.level[asked].tolist(), strict=True))
    assert {day for day, _ in waves[55]} == {24, 49, 54}
    assert [one for one in waves[55] if one[0] != 54] == waves[50]


# -- A02


@pytest.mark.slow
def test_every_way_of_asking_errs_less_than_not_asking_and_costs_something():
    for arm in experiment("needs_survey").arms[1:]:
        difference = experiment("needs_survey").differences[arm]
        assert difference["need_error"].ci95[1] < 0 < difference["asking_cost_yuan"].mean, arm


def test_without_the_survey_the_error_about_the_old_returns():
    found = experiment("needs_survey").parts["app"]["survey_app"]
    assert found["need_error_elder"].ci95[1] < 0
