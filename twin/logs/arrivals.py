"""When requests come: the means of days by weekday, month, holiday and rain, their scatter, and the hours of a day.

The counts of all categories together are fitted first. Each category is fitted on what is left, and its own
deviations are drawn towards none as far as the scatter between categories may be chance: a category with few
requests has the weekdays of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.logs.regression import Regression, regress, spread_between
from twin.logs.request_log import RequestLog
from twin.logs.seasons import WEEK_DAYS, YEAR_MONTHS, Days

HOURS = 24
RAIN_UNIT = 10.0  # mm

_YEAR = 365.25  # days
_WEAK = 1.0  # precision of a deviation before anything is known of their spread
_STRONGEST = 1e4
_MOST_MEMORY = 0.95
_MOST_VARIANCE = 9.0
_PSEUDO_HOUR = 0.5
_TINY = 1e-12
_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True)
class Effect:
    """A factor on a day's mean, with its 95 % interval."""

    factor: float
    low: float
    high: float


@dataclass(frozen=True)
class Profile:
    """How the requests of one category (or of all, without a name) come.

    `per_day` is the mean of an ordinary day in the last year of the log: average weekday and month, no holiday, mean
    rain.
    `weekdays` (7,) from Monday and `months` (12,) from January are factors of mean 1; months are all 1 where the log
    has no whole year. `effects` are factors: holiday, make_up, rain (10 mm on the day), rain_before (10 mm on the
    day before), trend (growth a year). `workday_hours` and `rest_hours` are shares of a day (24,), None where only
    dates are known. `spread` is the coefficient of variation of the day's own factor, besides the one that all share.
    """

    name: str
    requests: int
    per_day: float
    weekdays: Floats
    months: Floats
    effects: Mapping[str, Effect] = field(default_factory=dict)
    workday_hours: Floats | None = None
    rest_hours: Floats | None = None
    spread: float = 0.0

    def daily(self, days: Days, rain_mean: float = 0.0) -> Floats:
        """Return the means of some days, (days,), without trend."""
        factors = {name: effect.factor for name, effect in self.effects.items()}
        mean = self.per_day * self.weekdays[days.weekday] * self.months[days.month]
        mean = mean * np.where(days.holiday, factors.get("holiday", 1.0), 1.0)
        mean = mean * np.where(days.make_up, factors.get("make_up", 1.0), 1.0)
        if days.rain is None:
            return mean
        rain, before = ((amount - rain_mean) / RAIN_UNIT for amount in (days.rain, _day_before(days.rain)))
        wet = factors.get("rain", 1.0) ** np.nan_to_num(rain)
        found: Floats = mean * wet * factors.get("rain_before", 1.0) ** np.nan_to_num(before)
        return found


@dataclass(frozen=True)
class Arrivals:
    """Profiles of all requests together and of each category, and the scatter of days.

    `day_spread` is the coefficient of variation of the factor that all categories share on a day, `memory` its
    correlation from one day to the next, `own_memory` that of the categories' own factors. `fano` is the variance
    over the mean of the counts of workdays, `k` the size of the negative binomial law around the fitted means.
    `rain_mean` and `rain_most` are mm a day.
    """

    days: Days
    whole: Profile
    categories: tuple[Profile, ...]
    day_spread: float
    memory: float
    own_memory: float
    fano: float
    k: float
    rain_mean: float
    rain_most: float


def fit_arrivals(log: RequestLog, days: Days) -> Arrivals:
    """Fit the arrivals of a log on its days."""
    counts = daily_counts(log, days).astype(np.float64)
    design = _Design(days)
    seen = counts[:, design.kept]
    total = design.fit(seen.sum(axis=0))
    parts = _categories(seen, design, total)
    scatter = _scatter(seen, parts, np.flatnonzero(design.kept))
    hours = _hours(log, days)
    whole = design.profile("", seen.sum(axis=0), total, hours[-1], 0.0)
    categories = tuple(
        design.profile(name, own, part, hour, spread)
        for name, own, part, hour, spread in zip(log.category.names, seen, parts, hours[:-1], scatter.own, strict=True)
    )
    fano = _fano(counts.sum(axis=0)[~days.rest])
    return Arrivals(
        days, whole, categories, day_spread=scatter.common, memory=scatter.memory, own_memory=scatter.own_memory,
        fano=fano, k=total.k, rain_mean=design.rain_mean, rain_most=design.rain_most,
    )  # fmt: skip


def daily_counts(log: RequestLog, days: Days) -> Ints:
    """Return the requests of each category on each day, (categories, days)."""
    rows, columns = len(log.category.names), len(days)
    cell = log.category.code.astype(np.int64) * columns + log.day
    return np.bincount(cell, minlength=rows * columns).reshape(rows, columns)


# -- the means of days -------------------------------------------------------------------------------


class _Design:
    """The columns of the regression on the days whose rain is known (all, where rain is not asked for)."""

    def __init__(self, days: Days) -> None:
        self.days = days
        rain = days.rain if days.has_rain and days.rain is not None else None
        self.kept: Flags = np.ones(len(days), np.bool_)
        self.rain_mean, self.rain_most = 0.0, 0.0
        extra: dict[str, Floats] = {}
        if rain is not None:
            self.kept = np.isfinite(rain) & np.isfinite(_day_before(rain))
            self.rain_mean, self.rain_most = float(np.nanmean(rain)), float(np.nanmax(rain))
            extra = {"rain": (rain - self.rain_mean) / RAIN_UNIT,
                     "rain_before": (_day_before(rain) - self.rain_mean) / RAIN_UNIT}  # fmt: skip
        extra |= {name: flags.astype(np.float64) for name, flags in
                  (("holiday", days.holiday), ("make_up", days.make_up)) if flags.any()}  # fmt: skip
        if days.has_trend:
            extra["trend"] = np.minimum(np.arange(len(days)) - len(days) + _YEAR, 0.0) / _YEAR
        self.effects = tuple(extra)
        blocks = [np.ones((len(days), 1)), _contrasts(days.weekday, WEEK_DAYS)]
        blocks += [_contrasts(days.month, YEAR_MONTHS)] if days.has_season else []
        blocks += [_steps(len(days))] if days.has_trend else []
        self._steps = len(blocks) - 1 if days.has_trend else -1
        blocks += [column[:, None] for column in extra.values()]
        self.matrix = np.hstack(blocks)[self.kept]
        self.groups = np.repeat(np.arange(len(blocks)), [block.shape[1] for block in blocks])

    @cached_property
    def _level_from(self) -> int:
        """Where the columns begin that are neither weekdays nor months."""
        return WEEK_DAYS + (YEAR_MONTHS - 1 if self.days.has_season else 0)

    @cached_property
    def _effects_from(self) -> int:
        return self.matrix.shape[1] - len(self.effects)

    def fit(self, counts: Floats) -> Regression:
        """Fit the counts of days; steps between years are drawn towards mean growth as far as they may be chance."""
        steps = self.groups == self._steps
        if not steps.any():
            return regress(counts, self.matrix)
        weak = regress(counts, self.matrix, precision=np.where(steps, _WEAK, 0.0))
        spread = _group_spread([weak], steps)
        return regress(counts, self.matrix, precision=np.where(steps, 1.0 / max(spread, 1.0 / _STRONGEST), 0.0))

    def profile(
        self, name: str, counts: Floats, fit: Regression, hours: tuple[Floats, Floats] | None, spread: float
    ) -> Profile:
        """Return what a regression says of the days; its mean is that of the counts."""
        weekdays = _levels(fit.values[1:WEEK_DAYS])
        months = np.ones(YEAR_MONTHS)
        if self.days.has_season:
            months = _levels(fit.values[WEEK_DAYS : WEEK_DAYS + YEAR_MONTHS - 1])
        effects = {name: self._effect(fit, number) for number, name in enumerate(self.effects)}
        bare = self.matrix[:, self._level_from :] @ fit.values[self._level_from :]
        shape = weekdays[self.days.weekday] * months[self.days.month]
        per_day = float(counts.sum()) / float(np.sum(shape[self.kept] * np.exp(bare)))
        workday, rest = hours if hours is not None else (None, None)
        return Profile(name, int(counts.sum()), per_day, weekdays, months, effects, workday, rest, spread)

    def _effect(self, fit: Regression, number: int) -> Effect:
        """Return a factor with its interval; growth is that from the first year to the last."""
        counted = np.zeros(self.matrix.shape[1])
        counted[self._effects_from + number] = 1.0
        if self.effects[number] == "trend":
            apart = len(self.days) / _YEAR - 1.0
            counted[self._effects_from + number] = (apart - 0.5) / apart
            counted[self.groups == self._steps] = 1.0 / apart
        value, error = float(counted @ fit.values), math.sqrt(float(counted @ fit.covariance @ counted))
        ends = (value + side * error for side in (0.0, -_NORMAL_975, _NORMAL_975))
        return Effect(*np.exp(np.clip(tuple(ends), -20, 20)).tolist())


def _day_before(rain: Floats) -> Floats:
    return np.concatenate(([np.nan], rain[:-1]))


def _steps(days: int) -> Floats:
    """Columns whose coefficients are steps of the level from one year to the next, the years counted from the end.

    By mean growth alone a log whose use took off in its first year would be thought to grow like that to its end.
    """
    ends = days - _YEAR * np.arange(1, round(days / _YEAR))
    return -(np.arange(days)[:, None] < ends).astype(np.float64)


def _contrasts(level: Ints, levels: int) -> Floats:
    """Columns whose coefficients and the last level's add up to nothing."""
    columns = (level[:, None] == np.arange(levels - 1)).astype(np.float64)
    columns[level == levels - 1] = -1.0
    return columns


def _levels(values: Floats) -> Floats:
    """Factors of mean 1 from the coefficients of contrasts."""
    factors = np.exp(np.append(values, -values.sum()))
    found: Floats = factors / factors.mean()
    return found


def _categories(counts: Floats, design: _Design, total: Regression) -> list[Regression]:
    """Fit each category on the shape of all; the second time deviations are drawn in by their spread."""
    if len(counts) == 1:
        return [total]
    shape = design.matrix[:, 1:] @ total.values[1:]
    weak = np.where(design.groups == 0, 0.0, _WEAK)
    first = [regress(own, design.matrix, shape, weak) for own in counts]
    spreads = [_group_spread(first, design.groups == group) for group in range(1, int(design.groups.max()) + 1)]
    precision = np.array([0.0, *(1.0 / max(spread, 1.0 / _STRONGEST) for spread in spreads)])[design.groups]
    second = [regress(own, design.matrix, shape, precision) for own in counts]
    return [_together(total, part) for part in second]


def _group_spread(parts: Sequence[Regression], columns: Flags) -> float:
    values = np.concatenate([part.values[columns] for part in parts])
    return spread_between(values, np.concatenate([part.errors[columns] for part in parts]))


def _together(total: Regression, part: Regression) -> Regression:
    """Add a category's deviations to the coefficients of all."""
    values, covariance = total.values + part.values, total.covariance + part.covariance
    values[0], covariance[0], covariance[:, 0] = part.values[0], part.covariance[0], part.covariance[:, 0]
    return Regression(values, covariance, part.mean, part.k)


# -- the scatter of days -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scatter:
    common: float
    memory: float
    own: tuple[float, ...]
    own_memory: float


def _scatter(counts: Floats, parts: Sequence[Regression], day: Ints) -> _Scatter:
    """Split the scatter of days beyond Poisson: what categories share, and what is their own.

    What they share is seen in their covariances, which Poisson noise has no part in; a single category has it all
    in common. How much each scatters is its k of maximum likelihood, which one storm does not carry away as it does
    a variance; how long it lasts is seen in the covariances of following days.
    """
    means = np.array([part.mean for part in parts])
    off = counts - means
    today = np.flatnonzero(np.diff(day) == 1)
    pairs = off[:, today], off[:, today + 1], means[:, today], means[:, today + 1]
    own, own_next = np.array([1.0 / part.k for part in parts]), _alone(*pairs)
    lasting = _alone(off, off, means, means) - 1 / _harmonic(means)
    if len(counts) == 1:
        common, common_next = float(own[0]), float(own_next[0])
    else:
        common = _across(off, off) / max(_across(means, means), _TINY)
        common_next = _across(*pairs[:2]) / max(_across(*pairs[2:]), _TINY)
    common = min(max(common, 0.0), _MOST_VARIANCE)
    weight = np.sum(means**2, axis=1)
    apart = _own_variances(own, weight, means, common)
    apart_next, apart_now = (
        float(np.sum(weight * ((1 + found) / (1 + shared) - 1)))
        for found, shared in ((own_next, common_next), (lasting, common))
    )
    return _Scatter(
        common=math.sqrt(common), memory=_ratio(common_next, common), own=tuple(np.sqrt(apart).tolist()),
        own_memory=_ratio(apart_next, apart_now),
    )  # fmt: skip


def _alone(one: Floats, other: Floats, mean: Floats, other_mean: Floats) -> Floats:
    """Relative covariance of each category with itself."""
    found: Floats = np.sum(one * other, axis=1) / np.maximum(np.sum(mean * other_mean, axis=1), _TINY)
    return found


def _harmonic(means: Floats) -> Floats:
    """Mean at which Poisson noise alone would scatter as relatively as it does over all days."""
    found: Floats = np.sum(means**2, axis=1) / np.maximum(np.sum(means, axis=1), _TINY)
    return np.maximum(found, _TINY)


def _ratio(later: float, now: float) -> float:
    return min(max(later / now, 0.0), _MOST_MEMORY) if now > 0 else 0.0


def _across(one: Floats, other: Floats) -> float:
    """Sum the products of different categories on the days of the columns."""
    return float(np.sum(one.sum(axis=0) * other.sum(axis=0)) - np.sum(one * other))


def _own_variances(total: Floats, squares: Floats, means: Floats, common: float) -> Floats:
    """Variance of each category's own factor: what the common one leaves of its own, drawn towards that of all."""
    if len(total) == 1:
        return np.zeros(1)
    usual = max(float(np.sum(squares * total) / np.sum(squares)), 0.0)
    noise = np.sum((means + means**2 * usual) ** 2, axis=1)  # with its own scatter the wildest would count least
    found = _drawn_in((1 + total) / (1 + common) - 1, np.sqrt(2 * noise) / np.maximum(squares, _TINY))
    return np.clip(found, 0.0, _MOST_VARIANCE)


def _drawn_in(values: Floats, errors: Floats) -> Floats:
    """Draw uncertain values towards the mean of all."""
    weight = 1.0 / np.maximum(errors, 1e-6) ** 2
    centre = float(np.sum(weight * values) / np.sum(weight))
    between = spread_between(values - centre, errors)
    share = between / (between + np.maximum(errors, 1e-6) ** 2)
    found: Floats = centre + share * (values - centre)
    return found


def _fano(counts: Floats) -> float:
    return float(np.var(counts, ddof=1) / np.mean(counts)) if len(counts) > 1 and counts.sum() else math.nan


# -- the hours of a day ------------------------------------------------------------------------------


def _hours(log: RequestLog, days: Days) -> list[tuple[Floats, Floats] | None]:
    """Return shares of the hours of workdays and of rest days, for each category and, last, for all together."""
    categories = len(log.category.names)
    if log.date_only:
        return [None] * (categories + 1)
    cell = (log.category.code.astype(np.int64) * 2 + days.rest[log.day]) * HOURS + log.hour
    counts = np.bincount(cell, minlength=categories * 2 * HOURS).astype(np.float64).reshape(categories, 2, HOURS)
    pooled = counts.sum(axis=0)
    everything = pooled.sum(axis=0) + _PSEUDO_HOUR
    of_all = shrunken_profiles(pooled, everything / everything.sum())
    own = np.stack([shrunken_profiles(counts[:, kind], of_all[kind]) for kind in (0, 1)], axis=1)
    return [(one[0], one[1]) for one in (*own, of_all)]


def shrunken_profiles(counts: Floats, centre: Floats) -> Floats:
    """Draw profiles (rows, hours) towards the centre (hours,) as far as their scatter is chance.

    The weight of the centre is the maximum-likelihood concentration of a Dirichlet-multinomial law.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    sizes = counts.sum(axis=1)

    def loss(log_weight: float) -> float:
        weight = np.exp(log_weight)
        prior = weight * centre
        ways = np.sum(gammaln(counts + prior) - gammaln(prior), axis=1)
        return -float(np.sum(gammaln(weight) - gammaln(sizes + weight) + ways))

    weight = float(np.exp(minimize_scalar(loss, bounds=(0.0, np.log(1e5)), method="bounded").x))
    found: Floats = (counts + weight * centre) / (sizes + weight)[:, None]
    return found
