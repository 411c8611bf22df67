"""How unequal amounts are: hand values, exact splits, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.world.inequality import (
    atkinson,
    atkinson_split,
    divergence,
    gini,
    jain,
    share_gap,
    theil,
    theil_split,
)

FOUR, HALVES = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
AMOUNTS = st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 3)), min_size=1, max_size=30)


def test_the_values_of_one_two_three_four():
    assert gini(FOUR) == pytest.approx(0.25, abs=1e-12)
    assert theil(FOUR) == pytest.approx(0.106440, abs=1e-6)
    assert theil_split(FOUR, HALVES) == pytest.approx((0.082283, 0.024157), abs=1e-6)
    assert jain(FOUR) == pytest.approx(0.833333, abs=1e-6)
    assert atkinson(FOUR, 0.5) == pytest.approx(0.055586, abs=1e-6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(AMOUNTS)
def test_between_and_within_make_the_whole(cells):
    amounts, group = np.array([one for one, _ in cells]), np.array([one for _, one in cells])
    assert sum(theil_split(amounts, group)) == pytest.approx(theil(amounts), abs=1e-10)
    for aversion in (0.5, 1.0, 2.0):
        split = atkinson_split(amounts, group, aversion)
        whole = 1 - (1 - split.between) * (1 - split.within)
        assert whole == pytest.approx(atkinson(amounts, aversion), abs=1e-10)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(AMOUNTS, st.floats(0.1, 10))
def test_neither_the_unit_nor_the_order_nor_the_number_of_people_matters(cells, factor):
    amounts = np.array([one for one, _ in cells])
    for measure in (gini, theil, jain, lambda x: atkinson(x, 0.5), lambda x: atkinson(x, 1)):
        wanted = pytest.approx(measure(amounts), abs=1e-9)
        assert measure(amounts * factor) == wanted
        assert measure(amounts[::-1]) == wanted
        assert measure(np.repeat(amounts, 3)) == wanted


def test_taking_from_the_rich_makes_it_more_equal():
    after = np.array([1.5, 2.0, 3.0, 3.5])
    assert gini(after) < gini(FOUR) and theil(after) < theil(FOUR)
    assert atkinson(after, 0.5) < atkinson(FOUR, 0.5) and jain(after) > jain(FOUR)


def test_nothing_zero_and_one_person():
    nothing = np.zeros(3)
    assert (gini(nothing), theil(nothing), jain(nothing), atkinson(nothing, 0.5)) == (0, 0, 1, 0)
    one_has_all = np.array([0.0, 0.0, 0.0, 1.0])
    assert gini(one_has_all) == 0.75 and jain(one_has_all) == 0.25
    assert theil(one_has_all) == pytest.approx(np.log(4)) and atkinson(one_has_all, 1) == 1
    assert gini(np.empty(0)) == 0 and theil(np.array([5.0])) == 0
    with pytest.raises(ValueError, match="not negative"):
        gini(np.array([-1.0, 2.0]))


def test_how_far_some_are_from_all():
    everybody = np.array([50.0, 30.0, 20.0])
    assert divergence(everybody * 2, everybody) == 0 and share_gap(everybody / 7, everybody) == pytest.approx(0)
    old_stay_away = np.array([50.0, 30.0, 0.0])
    assert share_gap(old_stay_away, everybody) == pytest.approx(0.2)
    assert divergence(old_stay_away, everybody) == pytest.approx(np.log(100 / 80))
