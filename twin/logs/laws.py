"""Laws of waiting times, fitted by maximum likelihood with right-censoring.

The likelihood of a wait that ended is the density at its length, of one that goes on the chance of lasting longer
(Kalbfleisch & Prentice 2002, ch. 3). Six laws compete; Akaike's criterion chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.core.columns import Flags, Floats
from twin.logs.survival import Waits, still_waiting

LAWS = ("exponential", "lognormal", "gamma", "weibull", "loglogistic", "mixture")
SHORTEST = 1 / 60  # hours: waits are told in minutes

_GRID, _COARSE_GRID = 0.01, 0.1  # of ln hours: where there are many waits, those closer than this count together
_MANY, _MANY_RELATIVES = 1500, 100
_FEWEST_FOR_MIXTURE = 40
_LEAST_SPREAD = 0.1
_EM_FIRST_STEPS, _EM_STEPS, _EM_GAIN = 25, 300, 1e-6
_BINS = 40
_NORMAL_975 = 1.959963984540054
_TINY = 1e-300
_STEP = 1e-3
_BISECTIONS = 200
_LONGEST = 1e9  # hours


@dataclass(frozen=True)
class Sample:
    """Waits as `ln` of hours with weights, (values,)."""

    log: Floats
    ended: Flags
    weight: Floats

    @classmethod
    def of(cls, waits: Waits, relatives: bool = False) -> Sample:
        """Return the sample of some waits, each of weight 1; many are put on a grid, a coarse one for `relatives`."""
        log = np.log(np.maximum(waits.hours, SHORTEST))
        if len(log) <= (_MANY_RELATIVES if relatives else _MANY):
            return cls(log, waits.ended, np.ones(len(log)))
        cell = np.round(log / (_COARSE_GRID if relatives else _GRID)).astype(np.int64) * 2 + waits.ended
        cells, where = np.unique(cell, return_inverse=True)
        total = np.bincount(where).astype(np.float64)
        return cls(np.bincount(where, log) / total, cells % 2 == 1, total)

    @property
    def ends(self) -> float:
        """Weight of the waits that ended."""
        return float(self.weight[self.ended].sum())

    def with_prior(self, other: Sample, total: float) -> Sample:
        """Return the sample with another one added to it, whose weights are scaled to this total."""
        scale = total / max(float(other.weight.sum()), 1.0)
        return Sample(np.concatenate((self.log, other.log)), np.concatenate((self.ended, other.ended)),
                      np.concatenate((self.weight, other.weight * scale)))  # fmt: skip


@dataclass(frozen=True)
class Law:
    """A fitted law: its parameters (hours; `mu` and `sigma` of ln hours), each with its 95 % interval."""

    name: str
    values: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    log_likelihood: float

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2 * len(self.values) - 2 * self.log_likelihood

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name."""
        return dict(zip(FAMILIES[self.name].names, self.values, strict=True))

    def ended_by(self, hours: Floats) -> Floats:
        """Share that has ended after so many hours."""
        log = np.log(np.maximum(hours, _TINY))
        return -np.expm1(FAMILIES[self.name].log_survival(log, np.array(self.values)))

    def quantile(self, share: float) -> float:
        """Hours by which this share (0 to 1, exclusive) has ended."""
        low, high = math.log(SHORTEST) - 20.0, math.log(_LONGEST)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if float(self.ended_by(np.exp([middle]))[0]) < share:
                low = middle
            else:
                high = middle
        return math.exp(high)


@dataclass(frozen=True)
class Family:
    """A law before it is fitted. `real` marks the parameters that may be negative; the others are positive."""

    names: tuple[str, ...]
    real: tuple[bool, ...]
    log_density: Callable[[Floats, Floats], Floats]  # of hours, at ln hours
    log_survival: Callable[[Floats, Floats], Floats]
    start: Callable[[float, float], Sequence[float]]  # from mean and spread of ln hours


# -- the laws, in ln hours ---------------------------------------------------------------------------


def _exponential_density(log: Floats, p: Floats) -> Floats:
    return -np.exp(log) / p[0] - np.log(p[0])


def _exponential_survival(log: Floats, p: Floats) -> Floats:
    return -np.exp(log) / p[0]


def _weibull_density(log: Floats, p: Floats) -> Floats:
    z = p[0] * (log - np.log(p[1]))
    return np.log(p[0]) - log + z - np.exp(np.minimum(z, 700.0))


def _weibull_survival(log: Floats, p: Floats) -> Floats:
    return -np.exp(np.minimum(p[0] * (log - np.log(p[1])), 700.0))


def _loglogistic_density(log: Floats, p: Floats) -> Floats:
    z = p[0] * (log - np.log(p[1]))
    return np.log(p[0]) - log + z - 2 * np.logaddexp(0.0, z)


def _loglogistic_survival(log: Floats, p: Floats) -> Floats:
    return -np.logaddexp(0.0, p[0] * (log - np.log(p[1])))


def _lognormal_density(log: Floats, p: Floats) -> Floats:
    return _normal_density((log - p[0]) / p[1]) - np.log(p[1]) - log


def _lognormal_survival(log: Floats, p: Floats) -> Floats:
    from scipy.special import log_ndtr

    found: Floats = log_ndtr(-(log - p[0]) / p[1])
    return found


def _normal_density(z: Floats) -> Floats:
    return -0.5 * z * z - 0.5 * math.log(2 * math.pi)


def _gamma_density(log: Floats, p: Floats) -> Floats:
    from scipy.special import gammaln

    shape, scale = p
    return shape * (log - np.log(scale)) - np.exp(log) / scale - gammaln(shape) - log


def _gamma_survival(log: Floats, p: Floats) -> Floats:
    from scipy.special import gammaincc

    return np.log(np.maximum(gammaincc(p[0], np.exp(log) / p[1]), _TINY))


def _mixture_density(log: Floats, p: Floats) -> Floats:
    return np.logaddexp(
        np.log(p[0]) + _lognormal_density(log, p[1:3]), np.log1p(-p[0]) + _lognormal_density(log, p[3:5])
    )


def _mixture_survival(log: Floats, p: Floats) -> Floats:
    first = np.log(p[0]) + _lognormal_survival(log, p[1:3])
    return np.logaddexp(first, np.log1p(-p[0]) + _lognormal_survival(log, p[3:5]))


_EULER = 0.5772156649015329

FAMILIES: Mapping[str, Family] = {
    "exponential": Family(("mean",), (False,), _exponential_density, _exponential_survival,
                          lambda mean, spread: (math.exp(mean + _EULER),)),
    "lognormal": Family(("mu", "sigma"), (True, False), _lognormal_density, _lognormal_survival,
                        lambda mean, spread: (mean, spread)),
    "gamma": Family(("shape", "scale"), (False, False), _gamma_density, _gamma_survival,
                    lambda mean, spread: (1 / spread, math.exp(mean) * spread * 1.5)),
    "weibull": Family(("shape", "scale"), (False, False), _weibull_density, _weibull_survival,
                      lambda mean, spread: (1.28 / spread, math.exp(mean + _EULER * spread / 1.28))),
    "loglogistic": Family(("shape", "median"), (False, False), _loglogistic_density, _loglogistic_survival,
                          lambda mean, spread: (1.81 / spread, math.exp(mean))),
    "mixture": Family(("share", "mu_1", "sigma_1", "mu_2", "sigma_2"), (False, True, False, True, False),
                      _mixture_density, _mixture_survival, lambda mean, spread: ()),
}  # fmt: skip


# -- fitting -----------------------------------------------------------------------------------------


def fit_laws(sample: Sample, names: Sequence[str] = LAWS) -> list[Law]:
    """Fit these laws, the best by Akaike's criterion first; none where nothing ended.

    A mixture of two lognormals is tried only on enough waits that ended.
    """
    if sample.ends <= 0:
        return []
    tried = [name for name in names if name != "mixture" or sample.ends >= _FEWEST_FOR_MIXTURE]
    fitted = [law for law in (fit_law(sample, name) for name in tried) if math.isfinite(law.log_likelihood)]
    best, *others = sorted(fitted, key=lambda law: law.aic)
    return [with_intervals(best, sample), *others]


def fit_law(sample: Sample, name: str) -> Law:
    """Fit one law by maximum likelihood, without intervals."""
    values = _mixture_values(sample) if name == "mixture" else _searched(sample, name)
    found = _log_likelihood(sample, name, values)
    return Law(name, tuple(map(float, values)), ((-math.inf, math.inf),) * len(values), found)


def with_intervals(law: Law, sample: Sample) -> Law:
    """Return a law with the intervals of its parameters, from the curvature of the likelihood."""
    return replace(law, intervals=_intervals(sample, law.name, np.array(law.values)))


def _log_likelihood(sample: Sample, name: str, values: Floats) -> float:
    family = FAMILIES[name]
    with np.errstate(all="ignore"):
        terms = np.where(sample.ended, family.log_density(sample.log, values), family.log_survival(sample.log, values))
        return float(np.sum(sample.weight * terms))


def _searched(sample: Sample, name: str) -> Floats:
    from scipy.optimize import minimize

    weight = sample.weight / sample.weight.sum()
    mean = float(np.sum(weight * sample.log))
    spread = max(math.sqrt(float(np.sum(weight * (sample.log - mean) ** 2))), _LEAST_SPREAD)
    real = np.array(FAMILIES[name].real)
    start = _free(np.array(FAMILIES[name].start(mean, spread), np.float64), real)

    def loss(free: Floats) -> float:
        found = -_log_likelihood(sample, name, _bound(free, real)) / sample.weight.sum()
        return found if math.isfinite(found) else 1e10

    options = {"xatol": 3e-4, "fatol": 1e-8, "maxiter": 1000, "initial_simplex": _simplex(start)}
    return _bound(minimize(loss, start, method="Nelder-Mead", options=options).x, real)


def _simplex(start: Floats) -> Floats:
    return np.vstack((start, start + 0.5 * np.eye(len(start))))


def _free(values: Floats, real: Flags) -> Floats:
    """Return parameters on a scale without bounds: the logarithm of positive ones."""
    return np.where(real, values, np.log(np.where(real, 1.0, values)))


def _bound(free: Floats, real: Flags) -> Floats:
    return np.where(real, free, np.exp(np.clip(np.where(real, 0.0, free), -50.0, 50.0)))


def _intervals(sample: Sample, name: str, values: Floats) -> tuple[tuple[float, float], ...]:
    """95 % intervals from the curvature of the likelihood; (-inf, inf) where it has none."""
    real = np.array(FAMILIES[name].real)
    free = _free(np.array(values), real)
    curvature = -_second_differences(lambda at: _log_likelihood(sample, name, _bound(at, real)), free)
    try:
        variance = np.diag(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        variance = np.full(len(free), np.nan)
    told = np.isfinite(variance) & (variance > 0)
    half = np.where(told, _NORMAL_975 * np.sqrt(np.where(told, variance, 0.0)), np.inf)
    low, high = (np.where(real, end, np.exp(np.clip(end, -700, 700))) for end in (free - half, free + half))
    return tuple(zip(low.tolist(), high.tolist(), strict=True))


def _second_differences(of: Callable[[Floats], float], at: Floats) -> Floats:
    size = len(at)
    steps = _STEP * np.eye(size)
    found = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            a, b = steps[i], steps[j]
            found[i, j] = of(at + a + b) - of(at + a - b) - of(at - a + b) + of(at - a - b)
            found[j, i] = found[i, j]
    return found / (4 * _STEP**2)


def _mixture_values(sample: Sample) -> Floats:
    """Fit two lognormals by expectation and maximisation: a few steps from several beginnings, then the best on."""
    begun = [_em(sample, start, _EM_FIRST_STEPS) for start in _beginnings(sample)]
    best = max(begun, key=lambda values: _log_likelihood(sample, "mixture", values))
    return _em(sample, best, _EM_STEPS)


def _beginnings(sample: Sample) -> Iterator[Floats]:
    """Cut the waits at quantiles; and put a narrow part, as rounds and shifts make it, where most waits end."""
    for share in (0.3, 0.5, 0.7):
        below = sample.log <= np.quantile(sample.log, share)
        yield np.array([share, *_mean_and_spread(sample, below), *_mean_and_spread(sample, ~below)])
    ended = sample.ended
    counts, edges = np.histogram(sample.log[ended], bins=_BINS, weights=sample.weight[ended])
    mode = float(edges[np.argmax(counts)] + edges[1 + np.argmax(counts)]) / 2
    yield np.array([0.6, *_mean_and_spread(sample, ended), mode, 2 * _LEAST_SPREAD])


def _em(sample: Sample, values: Floats, steps: int) -> Floats:
    before = -math.inf
    for _ in range(steps):
        values = _em_step(sample, values)
        now = _log_likelihood(sample, "mixture", values)
        if now - before < _EM_GAIN * sample.weight.sum():
            break
        before = now
    return values


def _mean_and_spread(sample: Sample, rows: Flags) -> tuple[float, float]:
    log = sample.log[rows] if rows.any() else sample.log
    return float(np.mean(log)), max(float(np.std(log)), 2 * _LEAST_SPREAD)


def _em_step(sample: Sample, values: Floats) -> Floats:
    share, parts = values[0], (values[1:3], values[3:5])
    logs = [
        np.log(chance)
        + np.where(sample.ended, _lognormal_density(sample.log, part), _lognormal_survival(sample.log, part))
        for chance, part in zip((share, 1 - share), parts, strict=True)
    ]
    first = np.exp(logs[0] - np.logaddexp(*logs))
    new = [
        _moments(sample, sample.weight * chance, part) for chance, part in zip((first, 1 - first), parts, strict=True)
    ]
    total = float(np.sum(sample.weight * first)) / float(sample.weight.sum())
    return np.array([min(max(total, 1e-3), 1 - 1e-3), *new[0], *new[1]])


def _moments(sample: Sample, weight: Floats, part: Floats) -> tuple[float, float]:
    """Mean and spread of a component; what still waits is worth its expectation beyond the wait."""
    mu, sigma = part
    z = (sample.log - mu) / sigma
    hazard = np.exp(_normal_density(z) - _lognormal_survival(sample.log, part))
    log = np.where(sample.ended, sample.log, mu + sigma * hazard)
    square = np.where(sample.ended, sample.log**2, mu**2 + sigma**2 + sigma * (mu + sample.log) * hazard)
    total = max(float(weight.sum()), _TINY)
    mean = float(np.sum(weight * log)) / total
    return mean, max(math.sqrt(max(float(np.sum(weight * square)) / total - mean**2, 0.0)), _LEAST_SPREAD)


def distance(waits: Waits, law: Law) -> float:
    """Greatest distance between the law and the product-limit estimate (Kolmogorov & Smirnov), over the ends seen."""
    ended = 1.0 - still_waiting(waits)
    before = np.concatenate(([0.0], ended[:-1]))
    by_law = law.ended_by(waits.hours)
    gaps = np.maximum(np.abs(ended - by_law), np.abs(before - by_law))[waits.ended]
    return float(np.max(gaps, initial=0.0))
