"""Forecasts of weekly counts: honest where the truth is known, and scored as the textbooks say."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ive

from twin.errors import InputError
from twin.logs.forecast import Forecast, band_of, forecast, log_chance
from twin.logs.mapping import ColumnMap
from twin.logs.read import read_content
from twin.logs.request_log import RequestLog
from twin.logs.scores import BASELINES, OURS, baselines, crps, score, score_forecast
from twin.logs.weeks import WeeklyCounts, counted, weekly_counts

MONDAY = dt.date(2020, 1, 6)
RNG = np.random.default_rng


def weeks_of(*series: object, names: str = "abcdefgh") -> WeeklyCounts:
    """Weekly counts from lists."""
    table = np.array(series, np.int64)
    return counted(MONDAY, tuple(names[: len(table)]), table)


def read(text: str) -> RequestLog:
    """Read a log from a text."""
    return read_content(text.encode(), "log.csv", ColumnMap())[0]


def noise(rate: float, weeks: int, series: int = 1, seed: int = 1) -> WeeklyCounts:
    """Counts of a constant Poisson law."""
    return weeks_of(*RNG(seed).poisson(rate, (series, weeks)))


# -- theory


@pytest.mark.parametrize("rate", [0.4, 3.0, 60.0])
def test_of_a_constant_rate_the_forecast_is_the_rate(rate: float) -> None:
    made = forecast(noise(rate, 220, 8))
    assert made.expected() == pytest.approx(np.full((8, 4), rate), abs=4.0 * math.sqrt(rate / 20))
    assert made.expected().mean() == pytest.approx(rate, rel=0.15)


def test_of_a_constant_rate_the_bands_hold_what_they_promise_and_the_pit_is_flat() -> None:
    found = score(noise(8.0, 180, 8), step=4)
    assert 0.86 <= found.coverage <= 0.95
    assert found.pit() == pytest.approx(np.ones(10), abs=0.35)
    assert found.pit().sum() == pytest.approx(10.0)


def test_nobody_beats_the_truth_on_pure_noise_and_little_is_lost_against_it() -> None:
    rate, counts = 6.0, noise(6.0, 200, 8, seed=3)
    found = score(counts, step=4)
    truth = stats.poisson.cdf(np.arange(60), rate)
    best = np.mean([crps(truth, int(y)) for y in found.observed])
    ours = found.mean_crps()[OURS]
    assert best < ours < 1.06 * best


def test_a_season_and_a_jump_are_followed() -> None:
    week = np.arange(260)
    season = 20.0 * np.exp(0.8 * np.cos(2 * np.pi * week / 52.18))
    counts = weeks_of(RNG(5).poisson(season), RNG(6).poisson(np.where(week < 230, 5.0, 20.0)))
    expected = forecast(counts).expected()
    assert expected[0] == pytest.approx(20.0 * np.exp(0.8 * np.cos(2 * np.pi * np.arange(260, 264) / 52.18)), rel=0.2)
    assert expected[1] == pytest.approx(np.full(4, 20.0), rel=0.25)
    found = score(counts.only(("a",)), step=4)
    assert all(found.skill(name) > 0.0 for name in BASELINES)


# -- scores against closed forms


@pytest.mark.parametrize("rate", [0.3, 4.0, 30.0])
@pytest.mark.parametrize("observed", [0, 3, 50])
def test_the_score_of_a_poisson_law_is_the_closed_form(rate: float, observed: int) -> None:
    """Wei & Held (2014), eq. for the Poisson law."""
    cdf = stats.poisson.cdf(np.arange(200), rate)
    law = stats.poisson(rate)
    spread = rate * (ive(0, 2 * rate) + ive(1, 2 * rate))
    wanted = (observed - rate) * (2 * law.cdf(observed) - 1) + 2 * rate * law.pmf(observed) - spread
    assert crps(cdf, observed) == pytest.approx(wanted, abs=1e-9)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(0, 40))
def test_the_score_of_a_sample_is_its_distance_less_half_its_spread(sample: list[int], observed: int) -> None:
    values = np.array(sample)
    cdf = np.searchsorted(np.sort(values), np.arange(45), side="right") / len(values)
    spread = np.abs(values[:, None] - values).mean()
    assert crps(cdf, observed) == pytest.approx(np.abs(values - observed).mean() - spread / 2, abs=1e-9)


def test_a_score_beyond_the_end_of_a_distribution_counts_the_way_there() -> None:
    assert crps(np.array([1.0]), 7) == 7.0
    assert crps(np.array([0.5, 1.0]), 0) == 0.25


@given(st.floats(0.01, 200.0), st.floats(0.05, 500.0))
def test_chances_are_those_of_the_negative_binomial_law(mean: float, size: float) -> None:
    counts = np.arange(30)
    wanted = stats.nbinom.logpmf(counts, size, size / (size + mean))
    assert log_chance(counts, np.array(mean), np.array(size)) == pytest.approx(wanted, rel=1e-7, abs=1e-7)


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=40), st.floats(0.5, 0.99))
def test_no_wider_band_around_the_median_is_nearer_to_its_level(chances: list[float], level: float) -> None:
    chance = np.array(chances) / sum(chances)
    cdf = np.cumsum(chance)
    low, high = band_of(cdf, level)
    assert 0 <= low <= np.searchsorted(cdf, 0.5) <= high < len(chance)
    held = chance[low : high + 1].sum()
    below, above = chance[:low].sum(), chance[high + 1 :].sum()
    if max(below, above) > 1e-9:
        more = chance[low - 1] if below > above else chance[high + 1]
        assert abs(held - level) <= abs(held + more - level) + 1e-9


def test_a_band_leaves_as_much_on_either_side() -> None:
    cdf = stats.poisson.cdf(np.arange(400), 150.0)
    low, high = band_of(cdf)
    assert (low, high) == pytest.approx(tuple(stats.poisson.ppf([0.05, 0.95], 150.0)), abs=1)


# -- baselines by hand


def test_baselines_by_hand() -> None:
    known = np.zeros(60, np.int64)
    known[[6, 7, 8, 9, 10]] = [2, 4, 6, 8, 10]  # a year before the week that comes next, and two on either side
    known[-1] = 5
    found = baselines(known, np.ones(60, np.bool_), 1, np.arange(30))
    assert found["climatology"][[1, 2, 5, 9, 10]].tolist() == [0.0, 0.2, 0.4, 0.8, 1.0]
    assert found["last_year"] == pytest.approx(stats.poisson.cdf(np.arange(30), 6.0))  # week 60 - 52 = 8
    assert found["recent"][[0, 4, 5]] == pytest.approx([25 / 26, 25 / 26, 1.0])
    mean = float(stats.nbinom.mean(1.0, 0.5))
    assert found["last_year_wide"][0] > found["last_year"][0]  # last year has been far off: a wider law
    assert mean == 1.0


def test_without_a_year_the_baselines_use_what_there_is() -> None:
    known = np.array([3, 1, 2], np.int64)
    found = baselines(known, np.ones(3, np.bool_), 2, np.arange(20))
    assert found["climatology"][[0, 1, 2, 3]] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])
    assert found["last_year"] == pytest.approx(stats.poisson.cdf(np.arange(20), 2.0))


def test_the_wide_last_year_has_the_scatter_it_showed() -> None:
    known = np.tile([10, 30], 60).astype(np.int64)
    known[52:] = np.tile([30, 10], 60)[: len(known) - 52]
    cdf = baselines(known, np.ones(len(known), np.bool_), 1, np.arange(400))["last_year_wide"]
    chance = np.diff(cdf, prepend=0.0)
    mean = float(np.sum(chance * np.arange(400)))
    told, came = known[:-52], known[52:]
    ratio = float(np.mean((came - told) ** 2 / told))
    assert mean == pytest.approx(known[len(known) - 52], rel=1e-3)
    assert np.sum(chance * (np.arange(400) - mean) ** 2) == pytest.approx(mean * ratio, rel=0.02)


# -- what must not matter


def test_other_series_names_and_order_change_nothing() -> None:
    one, other = RNG(8).poisson(4.0, 120), RNG(9).poisson(20.0, 120)
    alone = forecast(weeks_of(one))
    among = forecast(weeks_of(np.full(120, 7), other, one, names="xyz"))
    assert among.names[2] == "z"
    for part in ("weight", "mean", "size"):
        assert getattr(among, part)[2] == pytest.approx(getattr(alone, part)[0], rel=1e-12)


def test_the_future_does_not_leak() -> None:
    counts = noise(5.0, 140, 2)
    changed = counted(MONDAY, counts.names, np.hstack([counts.counts[:, :120], counts.counts[:, 120:] * 9]))
    before, after = forecast(counts.until(120)), forecast(changed.until(120))
    assert np.array_equal(before.mean, after.mean)
    assert np.array_equal(before.weight, after.weight)


def test_two_calls_give_the_same_bytes() -> None:
    counts = noise(5.0, 100, 3)
    assert forecast(counts).weight.tobytes() == forecast(counts).weight.tobytes()


# -- thin and broken histories


@pytest.mark.parametrize("weeks", [1, 2, 5, 12, 40, 61])
def test_short_histories_have_forecasts_near_their_mean(weeks: int) -> None:
    made = forecast(noise(9.0, weeks, seed=2))
    low, high = made.band()
    assert np.isfinite(made.expected()).all()
    assert (low <= made.expected()).all() and (made.expected() <= high + 1).all()
    assert made.expected() == pytest.approx(np.full((1, 4), 9.0), abs=6.0)


def test_the_less_is_known_the_wider_is_the_band() -> None:
    widths = [np.diff(forecast(noise(9.0, weeks, seed=4)).band(), axis=0).mean() for weeks in (2, 12, 200)]
    assert widths[0] > widths[1] > widths[2]


def test_a_new_series_and_one_that_fell_silent() -> None:
    counts = weeks_of([0] * 99 + [3], [5] * 40 + [0] * 60)
    made = forecast(counts)
    assert 1.0 < made.expected()[0, 0] < 4.0
    assert made.expected()[1, 0] < 0.3
    assert counts.until(99).names == ("b",)  # it had not appeared


def test_gaps_are_not_counts_of_nothing() -> None:
    table = RNG(3).poisson(30.0, (2, 60))
    table[:, 40:44] = 0
    counts = weeks_of(*table)
    assert np.flatnonzero(counts.gaps).tolist() == [40, 41, 42, 43]
    assert forecast(counts.until(44)).expected()[:, 0] == pytest.approx([30.0, 30.0], rel=0.15)
    scored = score(counts, step=1)
    assert not np.isin(scored.origin + scored.horizon - 1, np.arange(40, 44)).any()


def test_a_quiet_log_may_have_empty_weeks() -> None:
    assert not weeks_of([1, 0, 0, 2, 0, 1]).gaps.any()


def test_a_log_is_counted_in_whole_weeks() -> None:
    # Friday 3 January to Wednesday 22 January 2020: one whole week from Monday 6, a second from Monday 13
    days = ["2020-01-03", "2020-01-06", "2020-01-12", "2020-01-13", "2020-01-13", "2020-01-22"]
    rows = "\n".join(f"{day}T10:00,{kind}" for day, kind in zip(days, "aabbbb", strict=True))
    counts = weekly_counts(read(f"created,category\n{rows}\n"))
    assert (counts.first, counts.names, counts.weeks) == (dt.date(2020, 1, 6), ("a", "b"), 2)
    assert counts.counts.tolist() == [[1, 0], [1, 2]]
    assert counts.monday(1) == dt.date(2020, 1, 13)
    assert counts.end == dt.date(2020, 1, 20)


def test_less_than_two_weeks_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        weekly_counts(read("created,category\n2020-01-03T10:00,a\n2020-01-14T10:00,a\n"))
    assert [one.code for one in caught.value.complaints] == ["D601"]


def test_rare_series_are_put_together() -> None:
    counts = weeks_of([9] * 40, [1] + [0] * 39, [0] * 20 + [1] + [0] * 19, names="abc").pooled()
    assert counts.names == ("a", "(rare)")
    assert counts.counts.sum(axis=1).tolist() == [360, 2]
    assert weeks_of([9] * 40, [1] + [0] * 39).pooled().names == ("a", "b")  # one rare series stays itself


# -- scoring


def test_origins_roll_and_know_only_what_was() -> None:
    counts = noise(5.0, 60)
    found = score(counts, (1, 2), start=50, step=5)
    assert found.origin.tolist() == [50, 50, 55, 55]
    assert found.observed.tolist() == counts.counts[0, [50, 51, 55, 56]].tolist()
    assert found.names[found.series[0]] == "a"


def test_scores_by_horizon_and_series_are_means_of_the_cells() -> None:
    found = score(noise(5.0, 90, 2), start=60, step=7)
    assert found.coverage == pytest.approx(found.inside.mean())
    assert found.coverage_by_horizon()[2] == pytest.approx(found.inside[found.horizon == 2].mean())
    assert found.coverage_by_series()["b"] == pytest.approx(found.inside[found.series == 1].mean())
    assert found.mean_crps()["recent"] == pytest.approx(found.crps["recent"].mean())
    lost = {(series, name) for series, name, _, _ in found.losses()}
    by_series = found.crps_by_series()
    assert lost == {(s, n) for s in by_series for n in BASELINES if by_series[s][n] < by_series[s][OURS]}


def test_a_sure_forecast_that_comes_true_scores_nothing() -> None:
    counts = weeks_of([4] * 20)
    sure = Forecast(("a",), (1,), np.ones((1, 1, 1)), np.full((1, 1, 1), 1e-9), np.full((1, 1, 1), 1e9))
    found = score_forecast(sure, weeks_of([4] * 19 + [0]), 19)
    assert found.crps[OURS].tolist() == pytest.approx([0.0])
    assert found.crps["recent"][0] == pytest.approx(4.0)
    assert len(score_forecast(sure, counts, 20)) == 0  # the week has not come
