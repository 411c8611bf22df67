"""What range and steps a number has that comes out of numbers whose ranges are known."""

from __future__ import annotations

from fractions import Fraction

from twin.rules.kinds import Number, Powers, narrowest, times

Bound = Fraction | None
_MOST_BITS = 1000


def product(one: Number, other: Number) -> Number:
    """Return the kind of a product."""
    ends = [_times(a, b) for a in _ends(one) for b in _ends(other)]
    known = [end for end in ends if end is not None]
    bounded = len(known) == len(ends)
    low, high = (min(known), max(known)) if bounded else _signed(one, other)
    return Number(times(one.powers, other.powers), low, high, _times(one.step, other.step))


def quotient(one: Number, other: Number) -> Number:
    """Return the kind of a quotient; its range is known only where the divisor keeps away from 0."""
    powers = times(one.powers, other.powers, -1)
    if other.low is None or other.high is None or other.low <= 0 <= other.high:
        return Number(powers)
    turned = Number((), 1 / other.high, 1 / other.low)
    found = product(Number((), one.low, one.high), turned)
    return Number(powers, found.low, found.high)


def total(one: Number, other: Number) -> Number:
    """Return the kind of a sum."""
    return Number(one.powers, _plus(one.low, other.low), _plus(one.high, other.high), narrowest((one.step, other.step)))


def difference(one: Number, other: Number) -> Number:
    """Return the kind of a difference."""
    turned = Number(other.powers, _minus(other.high), _minus(other.low), other.step)
    return total(one, turned)


def whole_quotient(one: Number, other: Number) -> Number:
    """Return the kind of ``a // b``."""
    exact = quotient(one, other)
    low = None if exact.low is None else Fraction(exact.low.__floor__())
    high = None if exact.high is None else Fraction(exact.high.__floor__())
    return Number(exact.powers, low, high, Fraction(1))


def hull(kinds: list[Number]) -> Number:
    """Return the kind of a value that comes from one of several."""
    lows, highs = [one.low for one in kinds], [one.high for one in kinds]
    low = None if None in lows else min(low for low in lows if low is not None)
    high = None if None in highs else max(high for high in highs if high is not None)
    unit = kinds[0].unit if len({one.unit for one in kinds}) == 1 else ""
    return Number(kinds[0].powers, low, high, narrowest(one.step for one in kinds), unit)


def smallest(kinds: list[Number], sign: int) -> Number:
    """Return the kind of the least (``sign`` 1) or greatest (-1) of several numbers."""
    around = hull(kinds)
    if sign > 0:
        highs = [one.high for one in kinds if one.high is not None]
        return Number(around.powers, around.low, min(highs, default=None), around.step, around.unit)
    lows = [one.low for one in kinds if one.low is not None]
    return Number(around.powers, max(lows, default=None), around.high, around.step, around.unit)


def size(one: Number) -> Number:
    """Return the kind of ``abs(x)``."""
    ends = [abs(end) for end in _ends(one) if end is not None]
    low = Fraction(0)
    if one.low is not None and one.low > 0:
        low = one.low
    elif one.high is not None and one.high < 0:
        low = -one.high
    return Number(one.powers, low, max(ends) if len(ends) == 2 else None, one.step, one.unit)


def stepped(one: Number, step: Fraction) -> Number:
    """Return the kind of a number that was brought to multiples of a positive ``step``, one way or the other."""
    low = None if one.low is None else (one.low / step).__floor__() * step
    high = None if one.high is None else (one.high / step).__ceil__() * step
    return Number(one.powers, low, high, step, one.unit)


def _ends(one: Number) -> tuple[Bound, Bound]:
    return one.low, one.high


def _times(one: Bound, other: Bound) -> Bound:
    return None if one is None or other is None else _kept(one * other)


def _kept(bound: Fraction) -> Bound:
    """Forget a bound that takes too many digits to carry on."""
    return bound if max(bound.numerator.bit_length(), bound.denominator.bit_length()) < _MOST_BITS else None


def _signed(one: Number, other: Number) -> tuple[Bound, Bound]:
    """Return the bounds of a product without all ends: not below 0 when both factors are not."""
    if one.low is not None and other.low is not None and one.low >= 0 and other.low >= 0:
        return _times(one.low, other.low), None
    return None, None


def _plus(one: Bound, other: Bound) -> Bound:
    return None if one is None or other is None else _kept(one + other)


def _minus(bound: Bound) -> Bound:
    return None if bound is None else -bound


def exactly(value: Fraction, powers: Powers = ()) -> Number:
    """Return the kind of a number that is written down."""
    return Number(powers, value, value, abs(value) or Fraction(1))
