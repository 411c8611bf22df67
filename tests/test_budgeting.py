"""Rules for one budget: frozen choices of pabutools are the oracle; where money is no object all rules agree.

``budget_sets.json`` was computed with pabutools 1.2.3 by ``benchmarks/budget_sets.py``. The package itself is not
needed here: it depends on a proprietary solver.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.world.budgeting import equal_shares, greedy, phragmen, welfare

FROZEN = json.loads(Path(__file__).with_name("budget_sets.json").read_text("utf-8"))
ELECTIONS = st.integers(1, 7).flatmap(
    lambda projects: st.tuples(
        st.lists(st.integers(1, 12), min_size=projects, max_size=projects),
        st.lists(st.lists(st.booleans(), min_size=projects, max_size=projects), min_size=1, max_size=8),
        st.integers(1, 40),
    )
)


def frozen(rule):
    """Yield costs, approvals and budget of each election, and what pabutools chose."""
    for one in FROZEN["elections"]:
        yield np.array(one["costs"]), np.array(one["approvals"]), one["budget"], one[rule]


def wanted(chosen, approvals):
    """Leave away what nobody wants: they buy it last of all, we do not."""
    return [project for project in chosen if approvals[:, project].any()]


def test_the_frozen_choices_say_where_they_come_from_and_are_many():
    assert FROZEN["origin"].startswith("pabutools 1.2.3") and len(FROZEN["elections"]) >= 100


def test_equal_shares_is_that_of_pabutools():
    for costs, approvals, budget, theirs in frozen("equal_shares_by_number"):
        assert sorted(equal_shares(costs, approvals * 1.0, budget)) == theirs
    for costs, approvals, budget, theirs in frozen("equal_shares_by_cost"):
        assert sorted(equal_shares(costs, (approvals * costs).astype(float), budget)) == theirs


def test_phragmen_is_that_of_pabutools():
    for costs, approvals, budget, theirs in frozen("phragmen"):
        assert sorted(phragmen(costs, approvals * 1.0, budget)) == wanted(theirs, approvals)


def test_greedy_is_that_of_pabutools():
    for costs, approvals, budget, theirs in frozen("greedy"):
        assert sorted(greedy(costs, approvals.sum(axis=0).astype(float), budget)) == wanted(theirs, approvals)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(ELECTIONS)
def test_every_rule_keeps_the_budget_and_buys_only_what_somebody_wants(election):
    costs, approvals, budget = np.array(election[0]), np.array(election[1]), election[2]
    value = approvals.sum(axis=0).astype(float)
    for chosen in (
        greedy(costs, value, budget),
        welfare(costs, value, budget),
        equal_shares(costs, approvals * 1.0, budget),
        phragmen(costs, approvals * 1.0, budget),
    ):
        assert costs[chosen].sum() <= budget and approvals[:, chosen].any(axis=0).all()
        assert len(set(chosen.tolist())) == len(chosen)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ELECTIONS)
def test_welfare_is_the_best_of_all_sets(election):
    costs, approvals, budget = np.array(election[0]), np.array(election[1]), election[2]
    value = approvals.sum(axis=0).astype(float)
    sets = (one for size in range(len(costs) + 1) for one in combinations(range(len(costs)), size))
    best = max(value[list(one)].sum() for one in sets if costs[list(one)].sum() <= budget)
    chosen = welfare(costs, value, budget)
    assert costs[chosen].sum() <= budget and value[chosen].sum() == best


def test_proportional_rules_give_a_third_of_the_voters_a_third_of_the_money():
    """Four want A to F, two want G to I, all cost 1, budget 6: greedy gives the minority nothing."""
    costs = np.ones(9, np.int64)
    worth = np.zeros((6, 9))
    worth[:4, :6], worth[4:, 6:] = 1, 1
    assert list(greedy(costs, worth.sum(axis=0), 6)) == [0, 1, 2, 3, 4, 5]
    for rule in (equal_shares, phragmen):
        chosen = rule(costs, worth, 6)
        assert len(chosen) == 6 and (chosen >= 6).sum() == 2, rule.__name__


@pytest.mark.parametrize("budget", [100, 1000])
def test_where_the_budget_pays_for_everything_all_rules_agree(budget):
    costs, worth = np.array([40, 30, 20, 10]), np.eye(4) + 1.0
    everything = [0, 1, 2, 3]
    assert sorted(greedy(costs, worth.sum(axis=0), budget)) == everything
    assert sorted(welfare(costs, worth.sum(axis=0), budget)) == everything
    assert sorted(phragmen(costs, worth, budget)) == everything
    assert sorted(equal_shares(costs, worth, budget)) == everything


def test_no_rule_overdraws_the_budget_or_buys_what_nobody_wants():
    costs, worth = np.array([7, 5, 3]), np.array([[1.0, 0.0, 2.0], [1.0, 0.0, 0.0]])
    for chosen in (
        greedy(costs, worth.sum(axis=0), 6),
        welfare(costs, worth.sum(axis=0), 6),
        equal_shares(costs, worth, 6),
        phragmen(costs, worth, 6),
    ):
        assert list(chosen) == [2]
    for chosen in (equal_shares(costs, worth[:0], 6), phragmen(costs, worth[:0], 6)):
        assert len(chosen) == 0
