"""Paired differences, their intervals and verdicts."""

from __future__ import annotations

import math
import random

import pytest

from twin.runs.compare import estimate, paired_difference, t_quantile

BASE = [70.0, 75.0, 68.0, 74.0, 71.0]


def test_interval_is_student_t() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0])
    half = 3.182446305284263 * math.sqrt(5 / 3) / 2
    assert found.mean == 2.5
    assert found.ci95 == pytest.approx((2.5 - half, 2.5 + half), rel=1e-12)
    assert found.half_width == pytest.approx(half)
    assert t_quantile(9) == pytest.approx(2.2621571627, rel=1e-9)


def test_interval_covers_the_truth_in_95_of_100_experiments() -> None:
    chance = random.Random(1)
    covered = 0
    for _ in range(2000):
        low, high = estimate([chance.gauss(3.0, 2.0) for _ in range(8)]).ci95 or (0.0, 0.0)
        covered += low <= 3.0 <= high
    assert 0.935 < covered / 2000 < 0.965


def test_a_clear_fall_of_what_should_be_low_is_better() -> None:
    found = paired_difference(BASE, [value / 10 for value in BASE], "lower")
    assert found.verdict == "better"
    assert found.better_in == "5 of 5"
    assert found.mean == pytest.approx(-0.9 * sum(BASE) / 5)
    assert paired_difference(BASE, [value / 10 for value in BASE], "higher").verdict == "worse"


def test_without_a_direction_the_verdict_only_says_which_way() -> None:
    found = paired_difference(BASE, [value + 9 + value / 100 for value in BASE], None)
    assert (found.verdict, found.better_in) == ("higher", "5 of 5")
    found = paired_difference(BASE, [value - 9 - value / 100 for value in BASE], None)
    assert (found.verdict, found.better_in) == ("lower", "5 of 5"), "the pairs that go the way of the mean"
    mixed = paired_difference([0.0] * 4, [-3.0, 1.0, -2.0, -1.0], None)
    assert (mixed.verdict, mixed.better_in) == ("not decided", "3 of 4")


def test_differences_that_are_exactly_zero_are_no_difference() -> None:
    for better in ("lower", "higher", None):
        found = paired_difference(BASE, BASE, better)
        assert (found.mean, found.ci95, found.verdict) == (0.0, (0.0, 0.0), "no difference")
        assert found.better_in == "0 of 5"
        assert math.copysign(1, found.mean) == 1
        assert found.more_needed is None


def test_an_interval_that_holds_zero_is_not_decided_and_says_how_many_more() -> None:
    found = paired_difference([0.0] * 6, [-1.0, 2.0, -3.0, 1.0, -2.0, 0.5], "lower")
    assert found.verdict == "not decided"
    assert found.better_in == "3 of 6"
    assert found.more_needed is not None and found.more_needed > 6


def test_differences_without_a_mean_are_out_of_reach() -> None:
    found = paired_difference([0.0, 0.0], [1.0, -1.0], "lower")
    assert (found.verdict, found.more_needed) == ("not decided", None)


def test_a_single_replication_has_no_interval_and_decides_nothing() -> None:
    found = paired_difference([5.0], [1.0], "lower")
    assert (found.mean, found.ci95, found.verdict, found.better_in) == (-4.0, None, "not decided", "1 of 1")
    assert paired_difference([5.0], [5.0], "lower").verdict == "not decided"


def test_equal_differences_have_an_interval_of_no_width() -> None:
    found = paired_difference([0.1, 0.1, 0.1], [0.2, 0.2, 0.2], "higher")
    assert found.ci95 == (0.1, 0.1)
    assert found.verdict == "better"


def test_pairing_is_by_seed() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_difference([1.0, 2.0], [1.0], "lower")
    noisy = [10.0, 200.0, 3000.0, 40.0]
    assert paired_difference(noisy, [value - 1 for value in noisy], "lower").verdict == "better"
