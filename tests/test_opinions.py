"""Bounded confidence and thresholds: the values of the theory."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from twin.core.draws import Draw
from twin.world.opinions import cascade, clusters, listen, meet

MAJOR = 0.1
SEEDS = range(10)


def met(confidence: float, seed: int, people: int = 1000, sweeps: int = 60) -> np.ndarray:
    """Let everybody meet somebody by chance, twice a sweep."""
    draw, keys = Draw(seed, "opinions", 0), np.arange(people, dtype=np.uint64)
    opinion = draw.uniform("start", keys)
    for meeting in range(2 * sweeps):
        order = np.argsort(draw.uniform("pairs", keys, meeting))
        opinion = meet(opinion, order[::2], order[1::2], confidence, 0.5)
    return opinion


@pytest.mark.parametrize(("confidence", "groups"), [(0.5, 1), (0.3, 1), (0.2, 2), (0.15, 3)])
def test_deffuant_has_this_many_major_groups(confidence, groups):
    """Ben-Naim, Krapivsky and Redner 2003; away from the bifurcation at 0.267."""
    found = [len(clusters(met(confidence, seed), confidence / 2, MAJOR)) for seed in SEEDS]
    assert found.count(groups) >= 9, found


def test_a_meeting_keeps_the_mean_and_never_widens_the_range():
    draw, keys = Draw(3, "opinions", 0), np.arange(500, dtype=np.uint64)
    before = draw.uniform("start", keys)
    for confidence in (0.05, 0.3, 1.0):
        after = meet(before, np.arange(0, 500, 2), np.arange(1, 500, 2), confidence, 0.3)
        assert after.mean() == pytest.approx(before.mean(), abs=1e-12)
        assert np.ptp(after) <= np.ptp(before)
    assert (meet(before, np.arange(0, 500, 2), np.arange(1, 500, 2), 0.0, 0.5) == before).all()


def settled(confidence: float, seed: int, people: int = 2000) -> np.ndarray:
    opinion = Draw(seed, "opinions", 0).uniform("start", np.arange(people, dtype=np.uint64))
    for _ in range(500):
        after = listen(opinion, confidence)
        if (after == opinion).all():
            return opinion
        opinion = after
    raise AssertionError("it does not come to rest")


@pytest.mark.parametrize(("confidence", "agree"), [(0.15, False), (0.30, True)])
def test_hegselmann_and_krause_agree_or_do_not_and_come_to_rest(confidence, agree):
    assert all((len(clusters(settled(confidence, seed), confidence / 2)) == 1) == agree for seed in SEEDS)


def test_listening_is_the_mean_of_all_within_reach():
    opinion = np.array([0.9, 0.0, 0.2, 0.1, 0.35])
    near = np.abs(opinion[:, None] - opinion[None, :]) <= 0.16
    assert listen(opinion, 0.16) == pytest.approx(near @ opinion / near.sum(axis=1))


def test_granovetters_crowds():
    """Thresholds 0 to 99: all hundred riot. Put a 2 in the place of the 1: one does."""
    uniform = np.arange(100.0)
    assert cascade(uniform) == 100
    uniform[1] = 2
    assert cascade(uniform) == 1
    assert cascade(np.empty(0)) == 0


@pytest.mark.parametrize(("spread", "low", "high"), [(12.2, 0.05, 0.07), (12.5, 0.999, 1.0)])
def test_a_little_more_spread_tips_a_normal_crowd(spread, low, high):
    """Thresholds are the quantiles themselves: just above 12.2 a sample tips or not by luck."""
    people = 20_000
    luck = np.array([NormalDist().inv_cdf((place + 0.5) / people) for place in range(people)])
    share = cascade((25 + spread * luck) / 100 * people) / people
    assert low <= share <= high, share
