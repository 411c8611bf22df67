"""Cars: how many a household has, and who of it drives them; parking and traffic speak of the same ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.columns import Flags, Ints, Keys
from twin.core.draws import Draw

DRIVING_AGE = 18
_MIDDLE_FIFTH = 3


def cars_of(income: Ints, mean: float, slope: float, keys: Keys, draw: Draw) -> Ints:
    """Return how many cars each household has (households,).

    ``mean`` is that of the middle fifth by income; it grows by the part ``slope`` with each fifth. A household has the
    whole part of its mean, and one more by chance.
    """
    expected = mean * np.maximum(1 + slope * (income.astype(np.float64) - _MIDDLE_FIFTH), 0.0)
    cars: Ints = np.floor(expected).astype(np.int64) + (draw.uniform("cars", keys) < expected % 1)
    return cars


def drivers_of(world: Any) -> Flags:
    """Tell which residents have a car to drive (residents,): one grown-up for each car, the first of the household."""
    residents, cars = world.residents, world.households.cars
    grown = np.flatnonzero((residents.age >= DRIVING_AGE) & (residents.household >= 0))
    home = residents.household[grown]
    order = np.argsort(home, kind="stable")
    first = np.searchsorted(home[order], home[order])
    drives = np.zeros(len(residents), np.bool_)
    drives[grown[order]] = np.arange(len(order)) - first < cars[home[order]]
    return drives
