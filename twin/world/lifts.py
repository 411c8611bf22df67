"""A lift for one stairwell: what each flat pays for it, and what the floors pay each other; money in whole fen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from twin.core.columns import Flags, Ints
from twin.world.disputes import nash_share
from twin.world.ledger import apportioned


def weights_of(shares: Sequence[Fraction], floor: Ints) -> list[Fraction]:
    """Return the weight of each flat in the cost: its floor's share (floors,), in equal parts for its flats."""
    flats = np.bincount(floor, minlength=len(shares) + 1)
    return [shares[one - 1] / int(flats[one]) for one in floor]


def bargained(net: Ints, weight: float) -> Ints:
    """Return what each flat gets (positive) or pays by Nash bargaining between those who lose and those who gain.

    ``net`` (flats,) is what the lift brings to each before [fen]. The fallback of both sides is no lift. Losers are
    made whole and get ``weight`` of what is left, in equal parts; who gains pays in proportion. Without losers, or
    where they lose as much as the others gain, nothing is agreed.
    """
    paid = np.zeros(len(net), np.int64)
    loses, gains = net < 0, net > 0
    loss, gain = -int(net[loses].sum()), int(net[gains].sum())
    if not loss or gain <= loss:
        return paid
    total = min(round(gain * float(nash_share(loss / gain, 0.0, weight))), gain)
    total = max(total, loss)
    paid[loses] = -net[loses] + apportioned(total - loss, [1] * int(loses.sum()))
    paid[gains] = -apportioned(total, [int(one) for one in net[gains]])
    return paid


def fixed(loses: Flags, each: int, weights: Sequence[Fraction]) -> Ints:
    """Return what each flat gets or pays where every flat that ``loses`` gets the same sum [fen].

    The others pay by their ``weights`` in the cost. Where no other flat pays for the lift nothing is paid.
    """
    others = [Fraction(0) if lost else weight for lost, weight in zip(loses, weights, strict=True)]
    if not sum(others):
        return np.zeros(len(loses), np.int64)
    return np.where(loses, each, -apportioned(each * int(loses.sum()), others))
