"""Counts that scatter more than chance alone: negative binomial regression with a logarithmic link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats

_STEPS, _ROUNDS, _CLOSE = 50, 6, 1e-9
_WIDEST = 30.0  # of the linear predictor
_LEAST_K, _MOST_K = 0.05, 1e6
_TINY = 1e-12


@dataclass(frozen=True)
class Regression:
    """Coefficients (columns,), their covariance, the means (rows,), and the size k of the over-dispersion.

    The variance of a count of mean m is m + m**2 / k.
    """

    values: Floats
    covariance: Floats
    mean: Floats
    k: float

    @property
    def errors(self) -> Floats:
        """Standard errors of the coefficients, (columns,)."""
        found: Floats = np.sqrt(np.diag(self.covariance))
        return found


def regress(
    counts: Floats, design: Floats, offset: Floats | None = None, precision: Floats | None = None
) -> Regression:
    """Fit counts (rows,) on `design` (rows, columns) by maximum likelihood.

    `offset` is added to the linear predictor; `precision` (columns,) of a normal prior around 0 draws
    coefficients in, so that a category without a single Sunday does not end at minus infinity.
    """
    rows, columns = design.shape
    shift = np.zeros(rows) if offset is None else offset
    ridge = np.diag(np.full(columns, 1e-8) if precision is None else precision + 1e-8)
    values = np.zeros(columns)
    values[0] = np.log(max(counts.sum(), 0.5) / max(float(np.exp(shift).sum()), _TINY))
    k = _MOST_K
    for _ in range(_ROUNDS):
        values = _weighted_squares(counts, design, shift, ridge, values, k)
        mean = _mean(design, shift, values)
        before, k = k, _dispersion(counts, mean)
        if abs(np.log(k / before)) < 1e-4:
            break
    information = design.T @ (design * (mean / (1 + mean / k))[:, None]) + ridge
    covariance = np.linalg.inv(information).astype(np.float64)
    return Regression(values, covariance, mean, k)


def _mean(design: Floats, shift: Floats, values: Floats) -> Floats:
    return np.exp(np.clip(shift + design @ values, -_WIDEST, _WIDEST))


def _weighted_squares(counts: Floats, design: Floats, shift: Floats, ridge: Floats, values: Floats, k: float) -> Floats:
    """Fisher's scoring for a given k."""
    for _ in range(_STEPS):
        mean = _mean(design, shift, values)
        weight = mean / (1 + mean / k)
        slope = design.T @ ((counts - mean) / (1 + mean / k)) - ridge @ values
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + ridge, slope)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), _TINY))
        values = values + step
        if float(np.abs(step).max()) < _CLOSE:
            break
    return values


def _dispersion(counts: Floats, mean: Floats) -> float:
    """Maximum-likelihood k for given means, by golden section on its logarithm."""
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    def loss(log_k: float) -> float:
        k = np.exp(log_k)
        terms = gammaln(counts + k) - gammaln(k) + k * np.log(k / (k + mean)) + counts * np.log(mean / (k + mean))
        return -float(np.sum(terms))

    found = minimize_scalar(loss, bounds=(np.log(_LEAST_K), np.log(_MOST_K)), method="bounded")
    return float(np.exp(found.x))


def spread_between(values: Floats, errors: Floats) -> float:
    """Variance between true values whose estimates have these errors, around 0 (DerSimonian & Laird 1986)."""
    weight = 1.0 / np.maximum(errors, _TINY) ** 2
    if not len(values):
        return 0.0
    return max(float((np.sum(weight * values**2) - len(values)) / np.sum(weight)), 0.0)
