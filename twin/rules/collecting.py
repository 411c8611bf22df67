"""``collect`` on columns: what all rows that match say together, from the bitmaps of the rows that match each line.

Eight rows at a time: what each of the 256 sets of eight rows comes to is worked out once, and looked up by line. Sums
are sums of whole multiples of one step, so that they are exact, whatever their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.rules.kinds import narrowest
from twin.rules.registers import Inexact

Floats = NDArray[np.float64]
Masks = NDArray[np.uint64]
_MOST = 2**53
_SETS = (np.arange(256)[:, None] >> np.arange(8)) & 1 == 1  # (256, 8): which of eight rows a byte holds


@dataclass(frozen=True)
class Lists:
    """A list on each line: those of line ``i`` are ``values[starts[i]:starts[i + 1]]``, coded as outputs are."""

    starts: NDArray[np.int64]
    values: Floats

    def on(self, line: int) -> Floats:
        """Return the list of one line."""
        return self.values[self.starts[line] : self.starts[line + 1]]


def collected(collector: str, matching: Masks, codes: Sequence[Fraction]) -> Floats:
    """Return what matching rows say together, by line (n,): their ``sum``, ``min``, ``max`` or ``count``.

    ``matching`` (words, n) holds the rows that match, ``codes`` what each row says; every line must have a row.
    Raises Inexact where a sum cannot be exact in a float64.
    """
    if collector == "sum":
        return _sums(matching, codes)
    if collector == "count":
        return _over(matching, [1.0] * len(codes), 0.0, np.add.reduce, np.add)
    values = [float(one) for one in codes]
    if collector == "min":
        return _over(matching, values, np.inf, np.minimum.reduce, np.minimum)
    return _over(matching, values, -np.inf, np.maximum.reduce, np.maximum)


def _sums(matching: Masks, codes: Sequence[Fraction]) -> Floats:
    step = narrowest(abs(one) for one in codes if one) or Fraction(1)
    if any((one / step).denominator != 1 for one in codes):
        raise Inexact("values without a common step")
    if sum(abs(one / step) for one in codes) * step.numerator >= _MOST or step.denominator >= _MOST:
        raise Inexact("a sum that is too large")
    whole = _over(matching, [float(one / step) for one in codes], 0.0, np.add.reduce, np.add)
    return whole * float(step.numerator) / float(step.denominator)


def _over(
    matching: Masks, values: Sequence[float], nothing: float, over: Callable[..., Any], both: Callable[..., Any]
) -> Floats:
    """Put the values of matching rows together, eight rows at a time."""
    found = np.full(matching.shape[1], nothing)
    for first in range(0, len(values), 8):
        eight = np.full(8, nothing)
        eight[: len(values[first : first + 8])] = values[first : first + 8]
        told = over(np.where(_SETS, eight, nothing), axis=1)
        byte = (matching[first // 64] >> np.uint64(first % 64)).astype(np.uint8)
        both(found, told[byte], out=found)
    return found


def listed(matching: Masks, codes: Sequence[Fraction]) -> Lists:
    """Return the values of the matching rows of each line, in the order of the rows."""
    bits = np.unpackbits(matching.T.copy().view(np.uint8), axis=1, bitorder="little")[:, : len(codes)] == 1
    starts = np.concatenate([[0], np.cumsum(bits.sum(axis=1))]).astype(np.int64)
    values = np.array([float(one) for one in codes])
    return Lists(starts, np.broadcast_to(values, bits.shape)[bits])


def replaced(lists: Lists, others: dict[int, Floats]) -> Lists:
    """Return lists of which some lines have others."""
    if not others:
        return lists
    every = [others[line] if line in others else lists.on(line) for line in range(len(lists.starts) - 1)]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in every])]).astype(np.int64)
    return Lists(starts, np.concatenate([*every, np.zeros(0)]))
