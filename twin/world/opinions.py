"""How opinions and acts spread: bounded confidence, and thresholds. Pure functions on arrays.

An opinion is a number from 0 to 1. Whose opinions meet is the caller's choice, so no chance is drawn here.
"""

from __future__ import annotations

import numpy as np

from twin.core.columns import Floats, Ints


def meet(opinion: Floats, one: Ints, other: Ints, confidence: float, step: float) -> Floats:
    """Return opinions after these pairs have met (Deffuant): closer by ``step`` where they were within ``confidence``.

    Nobody may be in two pairs. The mean of the opinions stays the same.
    """
    gap = opinion[other] - opinion[one]
    moved = np.where(np.abs(gap) < confidence, step * gap, 0.0)
    after = opinion.copy()
    after[one] += moved
    after[other] -= moved
    return after


def listen(opinion: Floats, confidence: float) -> Floats:
    """Return opinions after everybody took the mean of all within ``confidence`` (Hegselmann and Krause)."""
    order = np.argsort(opinion, kind="stable")
    ordered = opinion[order]
    below = np.concatenate(([0.0], np.cumsum(ordered)))
    first = np.searchsorted(ordered, ordered - confidence, side="left")
    last = np.searchsorted(ordered, ordered + confidence, side="right")
    heard = (below[last] - below[first]) / (last - first)
    after = np.empty_like(opinion)
    after[order] = np.clip(heard, ordered[first], ordered[last - 1])  # a mean of equals is that number, to the last bit
    return after


def clusters(opinion: Floats, width: float, least_share: float = 0.0) -> Ints:
    """Return the sizes of groups of opinions that are apart by more than ``width``, those of at least this share."""
    if not len(opinion):
        return np.empty(0, np.int64)
    breaks = np.flatnonzero(np.diff(np.sort(opinion)) > width)
    sizes = np.diff(np.concatenate(([0], breaks + 1, [len(opinion)])))
    return sizes[sizes >= least_share * len(opinion)]


def cascade(thresholds: Floats) -> int:
    """Return how many act in the end if each acts once as many as its threshold do (Granovetter), from nobody on."""
    ordered, acting = np.sort(thresholds), 0
    while (more := int(np.searchsorted(ordered, acting, side="right"))) > acting:
        acting = more
    return acting
