"""Forecasts of weekly counts, as whole distributions.

A series is a slowly wandering level times a season. The level is followed by gamma-Poisson filters that forget
the past at some rate (discounted, West & Harrison 1997) and that trust a week's count fully or, where counts
scatter more than a Poisson law's, in part; the season is a few harmonics of the year fitted with a penalty. No
one knows beforehand how fast a series wanders, so many such filters run side by side and are weighted by how well
each foretold the weeks that have come (a discounted product of predictive likelihoods). The forecast is the
weighted mixture of their negative binomial predictions.

Nothing here is drawn at random, and no series knows of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints
from twin.logs.weeks import WeeklyCounts

HORIZONS = (1, 2, 3, 4)
LEVEL = 0.9

YEAR_WEEKS = 365.2425 / 7
# Harmonics of the year, and the penalty on each; no season at all is one of the candidates.
SEASONS = ((0, 0.0), (1, 5.0), (2, 5.0), (3, 20.0))
DISCOUNTS = (0.70, 0.80, 0.90, 0.95, 0.98, 0.995)  # share of the evidence on the level that is kept from week to week
TRUSTS = (1.0, 0.5, 0.25, 0.12, 0.06)  # 1 / (variance over mean) of a week's count around its level
MEMORY = 0.95  # share of the evidence for a filter that is kept from week to week

_SEASON_NEEDS = 60  # weeks of history
_SEASON_SPAN = 2.5  # a season moves a series by no more than this in logarithms
_TREND_WEEKS = 53
_START_WEEKS = 8
_SCORED_AFTER = 3  # a filter's first weeks say more about its start than about the filter
_START_EXTRA = 0.3  # so that a series that began with nothing is not held to be nothing for ever
_ROUNDS = 8
_NEGLIGIBLE = 1e-6
_SMALL = 1e-9
_LEAST_LEVEL = 0.05

_GRID = [(season, discount, trust) for season in range(len(SEASONS)) for discount in DISCOUNTS for trust in TRUSTS]
_SEASON = np.array([one[0] for one in _GRID])
_DISCOUNT = np.array([one[1] for one in _GRID])
_TRUST = np.array([one[2] for one in _GRID])


@dataclass(frozen=True, eq=False)
class Forecast:
    """Mixtures of negative binomials, one a series and horizon.

    `weight`, `mean` and `size` have shape (series, horizons, filters); weights add up to 1. A size is the negative
    binomial's: its variance is mean + mean² / size.
    """

    names: tuple[str, ...]
    horizons: tuple[int, ...]
    weight: Floats
    mean: Floats
    size: Floats

    def expected(self) -> Floats:
        """Mean of each distribution (series, horizons)."""
        return np.sum(self.weight * self.mean, axis=2)

    def cdf(self, series: int, horizon: int, top: int = 0) -> Floats:
        """Chance of at most 0, 1, 2 … requests, up to `top` and to where it is 1 but for a trifle.

        `series` and `horizon` are positions in `names` and `horizons`.
        """
        weight = self.weight[series, horizon]
        kept = weight > _NEGLIGIBLE
        weight = weight[kept] / weight[kept].sum()
        mean, size = self.mean[series, horizon][kept], self.size[series, horizon][kept]
        counts = np.arange(max(top, _top(mean, size)) + 1)
        return np.minimum(np.cumsum(np.exp(log_chance(counts[:, None], mean, size)) @ weight), 1.0)

    def band(self, level: float = LEVEL) -> tuple[Ints, Ints]:
        """Bands of :func:`band_of`: lowest and highest count inside (series, horizons)."""
        low, high = (np.empty(self.weight.shape[:2], np.int64) for _ in range(2))
        for cell in np.ndindex(low.shape):
            low[cell], high[cell] = band_of(self.cdf(*cell), level)
        return low, high


def band_of(cdf: Floats, level: float = LEVEL) -> tuple[int, int]:
    """Lowest and highest count of the band of a distribution over 0, 1, 2 …

    The median and its neighbours, the side with more beyond it first, until their chance is as near to `level` as
    whole numbers allow. A band that had to hold *at least* 90 % would hold 98 % where a week brings a request or two.
    """
    low = high = int(np.searchsorted(cdf, 0.5))
    below, above = (float(cdf[low - 1]) if low else 0.0), 1.0 - float(cdf[high])
    while True:
        if below > above:
            fewer = (float(cdf[low - 2]) if low > 1 else 0.0), above
        elif high + 1 < len(cdf):
            fewer = below, 1.0 - float(cdf[high + 1])
        else:
            return low, high
        if abs(1.0 - sum(fewer) - level) >= abs(1.0 - below - above - level):
            return low, high
        low, high = (low - 1, high) if below > above else (low, high + 1)
        below, above = fewer


def log_chance(count: npt.ArrayLike, mean: Floats, size: Floats) -> Floats:
    """Logarithm of the negative binomial's chance of a count."""
    from scipy.special import gammaln, xlog1py, xlogy

    count = np.asarray(count)
    ways = gammaln(count + size) - gammaln(size) - gammaln(count + 1.0)
    chance: Floats = ways - xlog1py(size, mean / size) + xlogy(count, mean / (size + mean))
    return chance


def _top(mean: Floats, size: Floats) -> int:
    from scipy.stats import nbinom

    return int(np.max(nbinom.isf(_NEGLIGIBLE, size, size / (size + mean))))


def forecast(history: WeeklyCounts, horizons: Sequence[int] = HORIZONS) -> Forecast:
    """Foretell each series `horizons` weeks after the last week of the history (1: the week that comes next).

    A history shorter than 60 weeks has no season, one shorter than a few weeks little more than its mean; both
    show in the width of the bands. Weeks that are gaps teach nothing and widen the next.
    """
    ahead = max(horizons)
    season = np.stack([
        _seasons(counts, ~history.gaps, int(since), ahead)
        for counts, since in zip(history.counts, history.since, strict=True)
    ]) if len(history.names) else np.ones((0, len(SEASONS), history.weeks + ahead))  # fmt: skip
    evidence, shape, rate = _filtered(history, season)
    weight = np.exp(evidence - evidence.max(axis=1, keepdims=True, initial=-np.inf))
    weight /= weight.sum(axis=1, keepdims=True)
    found = [_predicted(shape, rate, season[:, _SEASON, history.weeks + h - 1], h) for h in horizons]
    mean, size = (np.stack([one[part] for one in found], axis=1) for part in (0, 1))
    return Forecast(history.names, tuple(horizons), np.repeat(weight[:, None], len(found), axis=1), mean, size)


# -- filters


def _filtered(history: WeeklyCounts, season: Floats) -> tuple[Floats, Floats, Floats]:
    """Let all filters live through the history; return evidence, shape and rate (series, filters)."""
    start = _starts(history)[:, None]
    shape = np.ones((len(history.names), len(_GRID)))
    rate = shape / start
    evidence = np.zeros_like(shape)
    for week in range(history.weeks):
        lives = (history.since <= week)[:, None]
        if not history.gaps[week]:
            count, factor = history.counts[:, week, None], season[:, _SEASON, week]
            told = log_chance(count, *_predicted(shape, rate, factor, 1))
            scored = (history.since + _SCORED_AFTER < week)[:, None]
            evidence = np.where(scored, MEMORY * evidence + told, evidence)
            shape = np.where(lives, _DISCOUNT * shape + _TRUST * count, shape)
            rate = np.where(lives, _DISCOUNT * rate + _TRUST * factor, rate)
        else:
            shape, rate = (np.where(lives, _DISCOUNT * one, one) for one in (shape, rate))
    return evidence, shape, rate


def _starts(history: WeeklyCounts) -> Floats:
    """Where the filters start: the mean of a series' first weeks, and a little more."""
    first = [counts[since : since + _START_WEEKS] for counts, since in zip(history.counts, history.since, strict=True)]
    return np.array([weeks.mean() for weeks in first], np.float64) + _START_EXTRA


def _predicted(shape: Floats, rate: Floats, factor: Floats, ahead: int) -> tuple[Floats, Floats]:
    """Mean and size `ahead` weeks on: the level's uncertainty has grown, and weeks scatter by 1 / trust."""
    mean = np.maximum(shape / rate * factor, _SMALL)
    relative = 1.0 / np.maximum(shape * _DISCOUNT**ahead, _SMALL) + (1.0 / _TRUST - 1.0) / mean
    return mean, 1.0 / np.maximum(relative, _SMALL)


# -- seasons


def _seasons(counts: Ints, seen: Flags, since: int, ahead: int) -> Floats:
    """Factors of each candidate season (seasons, weeks + ahead) for one series."""
    weeks = len(counts) + ahead
    factors = np.ones((len(SEASONS), weeks))
    own, known = counts[since:].astype(np.float64), seen[since:]
    if known.sum() < _SEASON_NEEDS:
        return factors
    level = _moving_mean(own, known)
    for row, (harmonics, penalty) in enumerate(SEASONS):
        if harmonics:
            fitted = _fit_season(own, known, level, _harmonics(since, len(counts), harmonics), penalty)
            shape = _harmonics(0, weeks, harmonics) @ fitted
            factors[row] = np.exp(np.clip(shape, -_SEASON_SPAN, _SEASON_SPAN))
    return factors


def _harmonics(first: int, end: int, harmonics: int) -> Floats:
    """Cosines and sines of the year at weeks first, …, end - 1 (weeks, 2 harmonics)."""
    turn = 2.0 * np.pi * np.arange(first, end) / YEAR_WEEKS
    return np.column_stack([wave(k * turn) for k in range(1, harmonics + 1) for wave in (np.cos, np.sin)])


def _moving_mean(counts: Floats, known: Flags) -> Floats:
    """Mean of the year around each week, of as much of it as there is."""
    window = np.ones(_TREND_WEEKS)
    total = np.convolve(counts * known, window)[_TREND_WEEKS // 2 :][: len(counts)]
    weeks = np.convolve(known.astype(np.float64), window)[_TREND_WEEKS // 2 :][: len(counts)]
    return np.maximum(total / np.maximum(weeks, 1.0), _LEAST_LEVEL)


def _fit_season(counts: Floats, known: Flags, level: Floats, waves: Floats, penalty: float) -> Floats:
    """Coefficients of the waves: a Poisson regression with the level as offset, penalised by frequency squared.

    The penalty grows with the scatter of the series, so that noise is not taken for a season.
    """
    design = np.column_stack([np.ones(len(counts)), waves])
    scatter = max(1.0, float(np.mean((counts - level)[known] ** 2 / level[known])))
    frequency = np.repeat(np.arange(1, waves.shape[1] // 2 + 1), 2)
    ridge = np.diag(np.concatenate([[0.0], penalty * scatter * frequency**2])) + _SMALL * np.eye(design.shape[1])
    found = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        mean = known * level * np.exp(np.clip(design @ found, -3.0, 3.0))
        slope = design.T @ (known * counts - mean) - ridge @ found
        found += np.linalg.solve((design * mean[:, None]).T @ design + ridge, slope)
    return found[1:]
