"""What the answers of a sweep hang on: shares of their variance, elementary effects, and how much is only noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints
from twin.core.draws import stream_id, uniforms
from twin.runs.compare import CONFIDENCE, Interval

RESAMPLES = 1000


@dataclass(frozen=True)
class Index:
    """A number and its 95 % interval from resampling (``None`` where there is nothing to resample)."""

    value: float
    ci95: Interval | None = None


@dataclass(frozen=True)
class Noise:
    """Where the variance of single runs comes from: the point, the seed (shared by all points), and both together.

    ``point``, ``seed`` and ``rest`` are components of the variance of one run and sum to it. ``noise_share`` is the
    share of the variance between the points' means that is left over from too few seeds: near 1 the sweep says nothing.
    """

    point: float
    seed: float
    rest: float
    noise_share: float

    @property
    def chance_share(self) -> float:
        """The share of the variance of single runs that is chance."""
        total = self.point + self.seed + self.rest
        return (self.seed + self.rest) / total if total > 0 else 0.0


def noise_of(values: Floats) -> Noise | None:
    """Take apart the variance of points × seeds (points, seeds); ``None`` with fewer than two of either."""
    points, seeds = values.shape
    if points < 2 or seeds < 2:
        return None
    whole, by_point, by_seed = values.mean(), values.mean(axis=1), values.mean(axis=0)
    of_points = seeds * ((by_point - whole) ** 2).sum() / (points - 1)
    of_seeds = points * ((by_seed - whole) ** 2).sum() / (seeds - 1)
    left = values - by_point[:, None] - by_seed[None, :] + whole
    rest = (left**2).sum() / ((points - 1) * (seeds - 1))
    share = float(min(rest / of_points, 1.0)) if of_points > 0 else 0.0
    return Noise(
        max(float(of_points - rest) / seeds, 0.0), max(float(of_seeds - rest) / points, 0.0), float(rest), share
    )


# -- Sobol indices


def sobol_indices(values: Floats, axes: int) -> tuple[list[Index], list[Index]]:
    """Return first and total indices of each axis for the points of :func:`twin.runs.designs.sobol`.

    First indices by Saltelli et al. (2010), total ones by Jansen (1999); intervals by resampling rows.
    """
    blocks = values.reshape(axes + 2, -1)
    first, total = _indices(blocks)
    rows = blocks.shape[1]
    drawn = [_indices(blocks[:, chosen]) for chosen in resamples(rows, rows)] if rows > 1 else []
    return (
        [Index(float(first[axis]), _between([one[0][axis] for one in drawn])) for axis in range(axes)],
        [Index(float(total[axis]), _between([one[1][axis] for one in drawn])) for axis in range(axes)],
    )


def _indices(blocks: Floats) -> tuple[Floats, Floats]:
    one, other, mixed = blocks[0], blocks[1], blocks[2:]
    middle = blocks.mean()
    variance = blocks[:2].var()
    if variance == 0:
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    first = ((other - middle) * (mixed - one)).mean(axis=1) / variance
    total = ((one - mixed) ** 2).mean(axis=1) / (2 * variance)
    return first, total


# -- elementary effects


@dataclass(frozen=True)
class Effects:
    """Elementary effects of an axis over its whole range: mean size, mean, and spread.

    A spread as large as the size says that the axis acts in curves or together with others.
    """

    size: Index
    mean: float
    spread: float


def morris_effects(values: Floats, shares: Floats) -> list[Effects]:
    """Return the effects of each axis for the points of :func:`twin.runs.designs.morris` (points, axes)."""
    axes = shares.shape[1]
    steps = np.diff(shares.reshape(-1, axes + 1, axes), axis=1)
    jumps = np.diff(values.reshape(-1, axes + 1), axis=1)
    moved = np.argmax(np.abs(steps), axis=2)
    slopes = jumps / np.take_along_axis(steps, moved[:, :, None], axis=2)[:, :, 0]
    return [_effects(slopes[moved == axis]) for axis in range(axes)]


def _effects(slopes: Floats) -> Effects:
    sizes = np.abs(slopes)
    drawn = [float(sizes[chosen].mean()) for chosen in resamples(len(sizes), len(sizes))] if len(sizes) > 1 else []
    spread = float(slopes.std(ddof=1)) if len(slopes) > 1 else 0.0
    return Effects(Index(float(sizes.mean()), _between(drawn)), float(slopes.mean()), spread)


# -- any other design


def variance_shares(values: Floats, levels: Ints) -> list[Index]:
    """Return the share of the variance between points that each axis explains alone, for a full factorial.

    ``values`` are means of points, ``levels`` (points, axes) say which value each axis has there. What the shares
    leave of 1 is interaction.
    """
    total = float(((values - values.mean()) ** 2).sum())
    found = []
    for column in levels.T:
        counts = np.bincount(column)
        means = np.bincount(column, values) / np.maximum(counts, 1)
        explained = float((counts * (means - values.mean()) ** 2).sum())
        found.append(Index(explained / total if total > 0 else 0.0))
    return found


def regression(values: Floats, shares: Floats) -> tuple[list[Index], float]:
    """Return standardised regression coefficients of the axes, and the share of variance that they explain (R²).

    For designs without a structure of their own; with a low R² the axes act in curves or together.
    """
    weights, fit = _fitted(values, shares)
    count = len(values)
    drawn = [_fitted(values[chosen], shares[chosen])[0] for chosen in resamples(count, count)]
    return [Index(float(weight), _between([one[at] for one in drawn])) for at, weight in enumerate(weights)], fit


def _fitted(values: Floats, shares: Floats) -> tuple[Floats, float]:
    spread = shares.std(axis=0)
    inputs = (shares - shares.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    scale = values.std()
    if scale == 0:
        return np.zeros(shares.shape[1]), 0.0
    outcome = (values - values.mean()) / scale
    weights = np.linalg.lstsq(inputs, outcome, rcond=None)[0]
    return weights, float(1 - ((outcome - inputs @ weights) ** 2).mean())


# -- resampling


def resamples(count: int, size: int, times: int = RESAMPLES, stream: str = "analysis.resample") -> list[Ints]:
    """Return rows drawn with replacement, the same ones at every call."""
    keys = np.arange(size, dtype=np.uint64)
    return [(uniforms(0, stream_id(stream), number, keys) * count).astype(np.int64) for number in range(times)]


def interval_of(statistic: Callable[[Ints], float], count: int) -> Interval | None:
    """Return the 95 % interval of a statistic of rows by resampling them."""
    return _between([statistic(chosen) for chosen in resamples(count, count)]) if count > 1 else None


def _between(drawn: Sequence[float]) -> Interval | None:
    if not len(drawn):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.asarray(drawn, np.float64), [tail, 1 - tail])
    return float(low), float(high)
