"""Scores of forecasts: how far off, how wide, and whether something simpler would have done as well.

Every forecast is scored beside what needs no model: *climatology* (the same season of earlier years), *last year*
(a Poisson law around the week a year ago, and one as wide as it was off so far), and the *recent* half year. The
score is the continuous ranked probability score, in requests: the mean distance of forecast and count, less half
the forecast's own spread (Gneiting & Raftery 2007). Origins roll: each forecast knows only the weeks before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.core.columns import Flags, Floats, Ints
from twin.logs.forecast import HORIZONS, YEAR_WEEKS, Forecast, band_of, forecast, log_chance
from twin.logs.weeks import WeeklyCounts

BASELINES = ("climatology", "last_year", "last_year_wide", "recent")
OURS = "forecast"
LEAST_HISTORY = 8  # weeks since its first request before a series is scored
FULL_HISTORY = 104  # weeks: two years, so that a season can be known
PIT_BINS = 10

_COLUMNS = ("series", "origin", "horizon", "observed", "low", "high", "below", "upto")
_YEAR = 52  # weeks back to the same weekday and season
_SEASON_WEEKS = 2.5
_FEWEST = 5
_RECENT = 26
_LEAST_MEAN = 0.5
_LEAST_EXCESS = 0.01
_BEYOND = 4.0  # CDFs reach so many times the largest count known, where every baseline is 1


@dataclass(frozen=True, eq=False)
class Scores:
    """Scored cells; every array has shape (cells,).

    `series` is an index into `names`; `origin` the week that the forecast was made in, `horizon` the weeks ahead;
    `below` and `upto` the forecast's chances of fewer and of at most as many as were `observed`; `crps` by
    predictor: :data:`OURS` and the baselines.
    """

    names: tuple[str, ...]
    series: Ints
    origin: Ints
    horizon: Ints
    observed: Ints
    low: Ints
    high: Ints
    below: Floats
    upto: Floats
    crps: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.series)

    @property
    def inside(self) -> Flags:
        """Whether the count lay in the band."""
        return (self.low <= self.observed) & (self.observed <= self.high)

    @property
    def coverage(self) -> float:
        """Share of cells inside the band; NaN without cells."""
        return float(np.mean(self.inside)) if len(self) else float("nan")

    def coverage_by_horizon(self) -> dict[int, float]:
        """Share of cells inside the band by weeks ahead."""
        return {int(h): float(np.mean(self.inside[self.horizon == h])) for h in np.unique(self.horizon)}

    def coverage_by_series(self) -> dict[str, float]:
        """Share of cells inside the band by series."""
        return {self.names[s]: float(np.mean(self.inside[self.series == s])) for s in np.unique(self.series)}

    def mean_crps(self, rows: Flags | slice = slice(None)) -> dict[str, float]:
        """Mean score of each predictor, in requests; the lower, the better."""
        return {name: float(np.mean(found[rows])) for name, found in self.crps.items()}

    def crps_by_series(self) -> dict[str, dict[str, float]]:
        """Mean scores by series and predictor."""
        return {self.names[s]: self.mean_crps(self.series == s) for s in np.unique(self.series)}

    def skill(self, baseline: str) -> float:
        """Share of a baseline's score that the forecast saves: 1 perfect, 0 as good, negative worse."""
        means = self.mean_crps()
        return 1.0 - means[OURS] / means[baseline]

    def losses(self) -> list[tuple[str, str, float, float]]:
        """Where a baseline is better: (series, baseline, the forecast's score, the baseline's)."""
        return [
            (series, name, means[OURS], means[name])
            for series, means in self.crps_by_series().items()
            for name in BASELINES
            if means[name] < means[OURS]
        ]

    def pit(self, bins: int = PIT_BINS) -> Floats:
        """Histogram of the forecast's chance of less than was observed (bins,), 1 throughout if it is honest.

        A count is no point but a step of the distribution and is spread over it (Czado, Gneiting & Held 2009).
        """
        edges = np.linspace(0.0, 1.0, bins + 1)
        step = np.maximum(self.upto - self.below, np.finfo(float).tiny)
        share = np.clip((edges[:, None] - self.below) / step, 0.0, 1.0)
        return np.asarray(np.diff(share.mean(axis=1)) * bins)


def score(
    counts: WeeklyCounts, horizons: Sequence[int] = HORIZONS, *, start: int | None = None, step: int = 1
) -> Scores:
    """Forecast from every `step`-th week on, and compare with what came.

    `start` is the first origin (none: two years in, or half of a shorter log). Weeks that are gaps and series
    with less than eight weeks of history are no cells.
    """
    first = min(FULL_HISTORY, max(LEAST_HISTORY, counts.weeks // 2)) if start is None else start
    origins = range(first, counts.weeks - min(horizons) + 1, step)
    return joined([score_forecast(forecast(counts.until(at), horizons), counts, at) for at in origins], counts.names)


def score_forecast(made: Forecast, counts: WeeklyCounts, origin: int, least: int = LEAST_HISTORY) -> Scores:
    """Score one forecast, made when week `origin` of `counts` began, against the weeks that have come since.

    Series with less than `least` weeks of history are left out.
    """
    known = counts.until(origin)
    rows = []
    for series, name in enumerate(made.names):
        if name not in known.names or origin - counts.since[counts.names.index(name)] < least:
            continue
        row = counts.names.index(name)
        for position, ahead in enumerate(made.horizons):
            week = origin + ahead - 1
            if week < counts.weeks and not counts.gaps[week]:
                rows.append(_cell(made, (series, position), counts, row, origin, ahead))
    return _table(rows, counts.names)


def joined(parts: Sequence[Scores], names: tuple[str, ...]) -> Scores:
    """Put scores of the same series together."""
    if not parts:
        return _table([], names)
    arrays = {key: np.concatenate([getattr(one, key) for one in parts]) for key in _COLUMNS}
    crps = {key: np.concatenate([one.crps[key] for one in parts]) for key in (OURS, *BASELINES)}
    return replace(parts[0], names=names, crps=crps, **arrays)


def pooled(parts: Mapping[str, Scores]) -> Scores:
    """Put scores of several logs together; the log's name goes before the names of its series."""
    names = tuple(f"{log}: {name}" for log, one in parts.items() for name in one.names)
    shifts = np.cumsum([0, *(len(one.names) for one in parts.values())])
    moved = [
        replace(one, names=names, series=one.series + shift)
        for one, shift in zip(parts.values(), shifts[:-1], strict=True)
    ]
    return joined(moved, names)


def _cell(
    made: Forecast, place: tuple[int, int], counts: WeeklyCounts, row: int, origin: int, ahead: int
) -> tuple[object, ...]:
    observed = int(counts.counts[row, origin + ahead - 1])
    since = int(counts.since[row])
    known = counts.counts[row, since:origin]
    top = int(_BEYOND * max(known.max(initial=0), observed) + _FEWEST)
    ours = made.cdf(*place, top)
    others = baselines(known, ~counts.gaps[since:origin], ahead, np.arange(len(ours)))
    low, high = band_of(ours)
    scores = [crps(cdf, observed) for cdf in (ours, *others.values())]
    below = ours[observed - 1] if observed else 0.0
    return (row, origin, ahead, observed, low, high, below, ours[observed], *scores)


def _table(rows: list[tuple[object, ...]], names: tuple[str, ...]) -> Scores:
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_COLUMNS) + 1 + len(BASELINES))
    whole = [np.array(column, np.int64) for column in columns[:6]]
    parts = [np.array(column, np.float64) for column in columns[6:]]
    crps = dict(zip((OURS, *BASELINES), parts[2:], strict=True))
    return Scores(names, whole[0], whole[1], whole[2], whole[3], whole[4], whole[5], parts[0], parts[1], crps)


def crps(cdf: Floats, observed: int) -> float:
    """Continuous ranked probability score of a distribution over 0, 1, 2 …, whose `cdf` reaches its end."""
    step = np.arange(len(cdf)) >= observed
    return float(np.sum((cdf - step) ** 2)) + max(observed - len(cdf), 0)


# -- what needs no model


def baselines(known: Ints, seen: Flags, ahead: int, counts: Ints) -> dict[str, Floats]:
    """CDFs at `counts` of each of :data:`BASELINES`, `ahead` weeks after the last of the weeks `known`.

    `seen` (weeks,) marks the weeks that are no gaps; with none, every baseline expects nothing.
    """
    weeks = np.flatnonzero(seen)
    past = known[weeks] if len(weeks) else np.zeros(1, np.int64)
    mean = _year_before(known, seen, len(known) + ahead - 1, int(past[-1]))
    return {
        "climatology": _empirical(_same_season(known, weeks, len(known) + ahead - 1, past), counts),
        "last_year": _poisson(mean, counts),
        "last_year_wide": _wide(mean, _excess(known, seen), counts),
        "recent": _empirical(past[-_RECENT:], counts),
    }


def _same_season(known: Ints, weeks: Ints, week: int, past: Ints) -> Ints:
    """Counts of the weeks near this season in earlier years; of all weeks where there are too few."""
    away = np.abs((weeks - week + YEAR_WEEKS / 2.0) % YEAR_WEEKS - YEAR_WEEKS / 2.0)
    same = known[weeks[(away <= _SEASON_WEEKS) & (week - weeks > YEAR_WEEKS / 2.0)]]
    return same if len(same) >= _FEWEST else past


def _year_before(known: Ints, seen: Flags, week: int, last: int) -> float:
    """Count a year before a week, the last known count where there is none; never quite nothing."""
    back = week - _YEAR
    return max(float(known[back]) if 0 <= back < len(known) and seen[back] else float(last), _LEAST_MEAN)


def _excess(known: Ints, seen: Flags) -> float:
    """Variance over mean, less 1, with which the week a year ago has foretold the known weeks."""
    both = seen[_YEAR:] & seen[:-_YEAR]
    told = np.maximum(known[:-_YEAR][both] if len(known) > _YEAR else known[:0], _LEAST_MEAN)
    came = known[_YEAR:][both] if len(known) > _YEAR else known[:0]
    if len(told) < _FEWEST:
        told, came = np.full(len(known), max(known.mean(), _LEAST_MEAN)), known
    return max(float(np.mean((came - told) ** 2 / told)) - 1.0, _LEAST_EXCESS)


def _empirical(past: Ints, counts: Ints) -> Floats:
    found: Floats = np.searchsorted(np.sort(past), counts, side="right") / len(past)
    return found


def _poisson(mean: float, counts: Ints) -> Floats:
    from scipy.special import pdtr

    found: Floats = pdtr(counts, mean)
    return found


def _wide(mean: float, excess: float, counts: Ints) -> Floats:
    size = mean / excess
    return np.minimum(np.cumsum(np.exp(log_chance(counts, np.array(mean), np.array(size)))), 1.0)
