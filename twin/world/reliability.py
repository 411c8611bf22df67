"""When to replace and when to clean: ages at which preventive work pays, and inlets that block between visits."""

from __future__ import annotations

import math

from twin.core.columns import Floats

_GAIN = 1e-9  # what planned replacement must at least save, as a share


def survival(age: float, shape: float, scale: float) -> float:
    """Return the share of a Weibull life that reaches an age."""
    return math.exp(-((age / scale) ** shape))


def cost_rate(age: float, shape: float, scale: float, planned: float, failure: float) -> float:
    """Return the long-run cost by time of replacing at an age or at failure (Barlow & Hunter 1960); age inf: never."""
    from scipy.integrate import quad

    whole = scale * math.gamma(1 + 1 / shape)
    if math.isinf(age):
        return failure / whole
    lived = quad(survival, 0, age, args=(shape, scale))[0]
    alive = survival(age, shape, scale)
    return (planned * alive + failure * (1 - alive)) / lived


def best_age(shape: float, scale: float, planned: float, failure: float) -> float:
    """Return the age at which planned replacement costs least; inf where it never pays."""
    from scipy.optimize import minimize_scalar

    if shape <= 1 or failure <= planned:
        return math.inf
    ages = [scale * 10 ** (place / 10) for place in range(-30, 14)]
    costs = [cost_rate(age, shape, scale, planned, failure) for age in ages]
    least = min(max(costs.index(min(costs)), 1), len(ages) - 2)
    found = minimize_scalar(
        cost_rate, bounds=(ages[least - 1], ages[least + 1]), args=(shape, scale, planned, failure), method="bounded",
        options={"xatol": scale * 1e-9},
    )  # fmt: skip
    never = cost_rate(math.inf, shape, scale, planned, failure)
    return float(found.x) if found.fun < never * (1 - _GAIN) else math.inf


def blocked_share(rate: float, since_cleaned: float) -> float:
    """Return the share of inlets blocked so long after cleaning, each blocking at a constant rate."""
    return -math.expm1(-rate * since_cleaned)


def blocked_mean(rate: float, interval: float) -> float:
    """Return the mean share of blocked inlets between two cleanings."""
    return 1 - blocked_share(rate, interval) / (rate * interval) if rate * interval else 0.0


def hour_ponding_mm(rain_mm: Floats, open_share: float, capacity_mm: float) -> Floats:
    """Return how much of each hour's rain the open inlets cannot take [mm]."""
    over: Floats = (rain_mm - capacity_mm * open_share).clip(0)
    return over
