"""Renewal, open decisions, ways of asking: in a small world, each ablation removes what it should and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import twin

SCENARIOS = Path(__file__).parent.parent / "scenarios"
SMALL = {
    "combined_renewal": (1, "days=130", "warm_up_days=65", "living_survey.every_days=65", "population.residents=300"),
    "decision_open": (2, "days=150", "population.residents=400", "living_survey.every_days=50"),
    "needs_survey": (6, "population.residents=1500"),
}
TINY = 1e-9


@cache
def experiment(name):
    replications, *sets = SMALL[name]
    return twin.run(SCENARIOS / f"{name}.yaml", replications=replications, set=sets)


def mean(name, arm, metric):
    return experiment(name).estimates[arm][metric].mean


# -- C08


def gain(arm, metric="happiness_true"):
    return mean("combined_renewal", arm, metric) - mean("combined_renewal", "as_it_was", metric)


def test_a_renewal_makes_happier_by_conditions_and_by_ties():
    assert gain("grounds_only") > 0.01 and gain("neighbours_only") > 0.01
    assert gain("renewal") == pytest.approx(gain("grounds_only") + gain("neighbours_only"), abs=0.005)


def test_frozen_ties_leave_what_the_grounds_do_and_unusable_grounds_what_the_ties_do():
    assert gain("ties_frozen") == pytest.approx(gain("grounds_only"), abs=TINY)
    assert gain("ties_frozen", "ties_bridging") == 0 < gain("renewal", "ties_bridging")
    assert gain("ties_frozen", "disputes_per_1000") == gain("grounds_only", "disputes_per_1000")
    assert gain("unused") == pytest.approx(gain("neighbours_only"), abs=TINY)
    assert gain("unused", "living_conditions") == pytest.approx(0, abs=TINY)


def test_own_plots_tie_less_than_joint_work():
    assert 0 < gain("own_plots", "ties_bridging") < gain("renewal", "ties_bridging")


def test_a_survey_without_bias_changes_what_is_reported_and_nothing_that_is_felt():
    assert gain("neutral_survey") == gain("renewal")
    flattered = mean("combined_renewal", "renewal", "happiness_reported")
    neutral = mean("combined_renewal", "neutral_survey", "happiness_reported")
    true = mean("combined_renewal", "renewal", "happiness_true")
    assert flattered - neutral == pytest.approx(0.2, abs=0.06)  # happiness_shift
    assert abs(neutral - true) < abs(flattered - true) + 0.2


# -- C13


def test_telling_and_hearing_each_make_a_decision_more_acceptable_and_neither_needs_the_other():
    accepted = {
        arm: mean("decision_open", arm, "less_served_satisfied_share") for arm in experiment("decision_open").arms
    }
    assert accepted["closed"] < min(accepted["told"], accepted["heard"])
    assert max(accepted["told"], accepted["heard"]) < accepted["open"]


def test_the_arms_of_an_open_decision_share_their_plan():
    values = experiment("decision_open").values
    for same in ("plan_mismatch", "projects_finished", "living_conditions"):
        assert len({tuple(values[arm][same]) for arm in values}) == 1, same
    assert values["closed"]["living_procedure"] == (0, 0)


# -- A02


def test_every_way_of_asking_errs_less_than_not_asking_and_costs_something():
    for arm in experiment("needs_survey").arms[1:]:
        difference = experiment("needs_survey").differences[arm]
        assert difference["need_error"].ci95[1] < 0 < difference["asking_cost_yuan"].mean, arm


def test_without_the_survey_the_error_about_the_old_returns():
    found = experiment("needs_survey").parts["app"]["survey_app"]
    assert found["need_error_elder"].ci95[1] < 0
