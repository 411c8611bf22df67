"""Keyed chance: the only random numbers of the twin.

A draw is a pure function of (seed, stream, occurrence, key): nothing is consumed, so two arms of a
comparison share all the luck that they can share. A *stream* is a decision of a mechanism; an *occurrence*
is a day, hop or attempt; a *key* names the row. Uniforms lie strictly between 0 and 1 on a grid of 2**52;
every transform is an inverse distribution function, so that more luck is more luck under any law, and it
exists once, compiled, for arrays and kernels alike.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.core.columns import Flags, Floats, Ints, Keys
from twin.core.compiled import compiled, compiled_word

Word = int | np.integer[Any]

_ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF
_GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: the stride of splitmix64
_STEP_1 = np.uint64(0xBF58476D1CE4E5B9)
_STEP_2 = np.uint64(0x94D049BB133111EB)


# -- words -----------------------------------------------------------------------------------------------


@compiled_word
def mix64(word: Word) -> np.uint64:
    """Scramble a 64-bit word one to one (the finaliser of splitmix64)."""
    z = np.uint64(word)
    z = (z ^ (z >> np.uint64(30))) * _STEP_1
    z = (z ^ (z >> np.uint64(27))) * _STEP_2
    return z ^ (z >> np.uint64(31))


@compiled_word
def stream_base(seed: Word, stream: Word, occurrence: Word) -> np.uint64:
    """Return the word that all draws of one decision at one occurrence start from."""
    word = mix64(np.uint64(seed) + _GAMMA)
    word = mix64(word ^ np.uint64(stream))
    return mix64(word ^ mix64(np.uint64(occurrence) + _GAMMA))


@compiled_word
def keyed_word(base: Word, key: Word) -> np.uint64:
    """Return 64 random bits of the row `key`."""
    return mix64(np.uint64(base) ^ mix64(np.uint64(key) + _GAMMA))


@compiled
def keyed_uniform(base: Word, key: Word) -> float:
    """Return the uniform of the row `key`, strictly between 0 and 1."""
    # 52 bits and not 53: with 53 the largest would round to 1.
    return (np.float64(keyed_word(base, key) >> np.uint64(12)) + 0.5) * 2.0**-52


@cache
def stream_id(name: str) -> np.uint64:
    """Return the word of a name; the same on every machine and in every process."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


def key_of(*parts: int | str) -> np.uint64:
    """Return one key for a sequence of names and numbers (numbers modulo 2**64)."""
    word = np.uint64(len(parts))
    for part in parts:
        word = keyed_word(word, stream_id(part) if isinstance(part, str) else part)
    return word


# -- transforms of a uniform -----------------------------------------------------------------------------


@compiled
def exponential_of(u: float) -> float:
    """Exponential with mean 1."""
    return -math.log(1.0 - u)  # 1 - u is exact on the grid of the uniforms, and log1p twice as slow


@compiled
def _rational(x: float, top: tuple[float, ...], bottom: tuple[float, ...]) -> float:
    numerator, denominator = 0.0, 0.0
    for k in range(len(top) - 1, -1, -1):
        numerator = numerator * x + top[k]
        denominator = denominator * x + bottom[k]
    return numerator / denominator


# Wichura (1988), Algorithm AS 241, PPND16: relative error about 1e-16.
_NEAR_TOP = (
    3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
)  # fmt: skip
_NEAR_BOTTOM = (
    1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
)  # fmt: skip
_MIDDLE_TOP = (
    1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
    1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
)  # fmt: skip
_MIDDLE_BOTTOM = (
    1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
)  # fmt: skip
_FAR_TOP = (
    6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
)  # fmt: skip
_FAR_BOTTOM = (
    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
)  # fmt: skip


@compiled
def normal_of(u: float) -> float:
    """Normal with mean 0 and standard deviation 1 (Wichura's AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * _rational(0.180625 - q * q, _NEAR_TOP, _NEAR_BOTTOM)
    r = math.sqrt(-math.log(min(u, 1.0 - u)))
    if r <= 5.0:
        return math.copysign(_rational(r - 1.6, _MIDDLE_TOP, _MIDDLE_BOTTOM), q)
    return math.copysign(_rational(r - 5.0, _FAR_TOP, _FAR_BOTTOM), q)


@compiled
def lognormal_of(u: float, mean: float, cv: float) -> float:
    """Lognormal with this mean and coefficient of variation; a mean of 0 gives 0."""
    if mean <= 0.0:
        return 0.0
    variance = math.log1p(cv * cv)
    return mean * math.exp(math.sqrt(variance) * normal_of(u) - 0.5 * variance)


@compiled
def weibull_of(u: float, mean: float, shape: float) -> float:
    """Weibull with this mean and shape."""
    return mean / math.gamma(1.0 + 1.0 / shape) * exponential_of(u) ** (1.0 / shape)


@compiled
def loglogistic_of(u: float, median: float, shape: float) -> float:
    """Log-logistic with this median and shape (its mean exists for shapes above 1 only)."""
    return median * (u / (1.0 - u)) ** (1.0 / shape)


# -- gamma and Poisson, by the incomplete gamma function -------------------------------------------------

_TINY = 1e-300
_CLOSE = 1e-16
_MOST_TERMS = 100_000
_MOST_STEPS = 200


@compiled
def _gamma_front(shape: float, x: float) -> float:
    """x**shape * exp(-x) / Gamma(shape), without overflow."""
    return math.exp(shape * math.log(x) - x - math.lgamma(shape))


@compiled
def _lower_series(shape: float, x: float) -> float:
    term = 1.0 / shape
    total = term
    for n in range(1, _MOST_TERMS):
        term *= x / (shape + n)
        total += term
        if term < total * _CLOSE:
            break
    return total * _gamma_front(shape, x)


@compiled
def _upper_fraction(shape: float, x: float) -> float:
    """Upper incomplete gamma function by its continued fraction (modified Lentz)."""
    b = x + 1.0 - shape
    c = 1.0 / _TINY
    d = 1.0 / b
    h = d
    for n in range(1, _MOST_TERMS):
        a = -n * (n - shape)
        b += 2.0
        d = a * d + b
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = b + a / c
        c = c if abs(c) > _TINY else _TINY
        h *= d * c
        if abs(d * c - 1.0) < 4.0 * _CLOSE:
            break
    return h * _gamma_front(shape, x)


@compiled
def gamma_excess(shape: float, x: float, u: float) -> float:
    """Chance that a gamma variable of this shape and scale 1 is below `x`, less `u`.

    Beyond the mode both are counted from above, where they are small and keep their digits.
    """
    if x <= 0.0:
        return -u
    if x < shape + 1.0:
        return _lower_series(shape, x) - u
    return (1.0 - u) - _upper_fraction(shape, x)


@compiled
def _gamma_guess(u: float, shape: float) -> float:
    """A first guess of the quantile: Wilson and Hilferty's, or the power law near 0."""
    root = 1.0 - 1.0 / (9.0 * shape) + normal_of(u) / (3.0 * math.sqrt(shape))
    near_zero = math.exp((math.log(u) + math.lgamma(shape + 1.0)) / shape)
    if shape < 1.0 or root <= 0.1:
        return min(near_zero, shape + 10.0)
    return shape * root**3


@compiled
def _standard_gamma_of(u: float, shape: float) -> float:
    """Gamma of this shape and scale 1: Newton's steps on the distribution function, kept in a bracket."""
    x = _gamma_guess(u, shape)
    low, high = 0.0, math.inf
    for _ in range(_MOST_STEPS):
        if x <= _TINY:
            break
        miss = gamma_excess(shape, x, u)
        if miss < 0.0:
            low = x
        else:
            high = x
        step = miss * x / _gamma_front(shape, x)
        better = x - step
        if not low < better < high:
            better = 2.0 * low if math.isinf(high) else 0.5 * (low + high)
        if abs(better - x) <= 4.0 * _CLOSE * x or miss == 0.0:
            break
        x = better
    return x


@compiled
def gamma_of(u: float, mean: float, cv: float) -> float:
    """Gamma with this mean and coefficient of variation (0: the mean itself)."""
    if mean <= 0.0 or cv <= 0.0:
        return max(mean, 0.0)
    shape = 1.0 / (cv * cv)
    return mean / shape * _standard_gamma_of(u, shape)


_SMALL_MEAN = 30.0
_MOST_SMALL_COUNTS = 1_000


@compiled
def _small_poisson_of(u: float, mean: float) -> int:
    chance = math.exp(-mean)
    below, count = chance, 0
    while below < u and count < _MOST_SMALL_COUNTS:
        count += 1
        chance *= mean / count
        below += chance
    return count


@compiled
def _large_poisson_of(u: float, mean: float) -> int:
    """Step from the normal guess to the count at which the distribution function reaches `u`."""
    z = normal_of(u)
    count = max(int(mean + z * math.sqrt(mean) + (z * z - 1.0) / 6.0), 0)
    chance = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1.0))
    below = -gamma_excess(count + 1.0, mean, 1.0)
    while below < u and chance > _TINY:
        count += 1
        chance *= mean / count
        below += chance
    while count > 0 and below - chance >= u:
        below -= chance
        chance *= count / mean
        count -= 1
    return count


@compiled
def poisson_of(u: float, mean: float) -> int:
    """Poisson count with this mean, by inversion at every size of the mean."""
    if mean <= 0.0:
        return 0
    if mean < _SMALL_MEAN:
        return _small_poisson_of(u, mean)
    return _large_poisson_of(u, mean)


# -- arrays ----------------------------------------------------------------------------------------------


@compiled
def _uniforms(seed: Word, stream: Word, occurrence: Word, keys: Keys) -> Floats:
    base = stream_base(seed, stream, occurrence)
    out = np.empty(keys.shape[0])
    for i in range(keys.shape[0]):
        out[i] = keyed_uniform(base, keys[i])
    return out


@compiled
def _words(base: Word, keys: Keys) -> Keys:
    out = np.empty(keys.shape[0], np.uint64)
    for i in range(keys.shape[0]):
        out[i] = keyed_word(base, keys[i])
    return out


@compiled
def _normals(u: Floats) -> Floats:
    out = np.empty(u.shape[0])
    for i in range(u.shape[0]):
        out[i] = normal_of(u[i])
    return out


@compiled
def _exponentials(u: Floats) -> Floats:
    out = np.empty(u.shape[0])
    for i in range(u.shape[0]):
        out[i] = exponential_of(u[i])
    return out


@compiled
def _poissons(u: Floats, means: Floats) -> Ints:
    out = np.empty(u.shape[0], np.int64)
    for i in range(u.shape[0]):
        out[i] = poisson_of(u[i], means[i])
    return out


def _word(number: Word) -> np.uint64:
    return np.uint64(int(number) & _ALL_BITS)


def uniforms(seed: Word, stream: Word, occurrence: Word, keys: Keys) -> Floats:
    """Return one uniform for each key; bit-equal to :func:`keyed_uniform` of the same base."""
    return _uniforms(_word(seed), _word(stream), _word(occurrence), np.asarray(keys, np.uint64))


def keys_of(stream: Word, cause_keys: Keys, kind: str, occurrence: Word) -> Keys:
    """Return the keys of rows that a mechanism spawns, each from the key of its cause.

    The seed has no part in it: the same cause has the same row in every run.
    """
    return _words(stream_base(stream, stream_id(kind), occurrence), np.asarray(cause_keys, np.uint64))


class Draw:
    """The chance of one mechanism on one day; every method takes the keys of the rows it decides on.

    ``decision`` names what is decided, so that two decisions on a row are independent. ``occurrence``
    tells repeated decisions on the same row apart and is the day unless given.
    """

    __slots__ = ("_day", "_mechanism", "_seed")

    def __init__(self, seed: int, mechanism: str, day: int) -> None:
        self._seed, self._mechanism, self._day = seed, mechanism, day

    @property
    def seed(self) -> int:
        """The seed of the run, for kernels that draw by themselves."""
        return self._seed

    def _when(self, occurrence: int | None) -> int:
        return self._day if occurrence is None else occurrence

    def uniform(self, decision: str, keys: Keys, occurrence: int | None = None) -> Floats:
        """Return uniforms strictly between 0 and 1, shape of `keys`."""
        stream = stream_id(f"{self._mechanism}.{decision}")
        return uniforms(self._seed, stream, self._when(occurrence), keys)

    def happens(
        self, decision: str, chance: float | npt.NDArray[np.floating], keys: Keys, occurrence: int | None = None
    ) -> Flags:
        """Return for each key whether a thing of this chance (one for all, or one a key) happens."""
        return self.uniform(decision, keys, occurrence) < chance

    def normal(self, decision: str, keys: Keys, occurrence: int | None = None) -> Floats:
        """Return normals with mean 0 and standard deviation 1."""
        return _normals(self.uniform(decision, keys, occurrence))

    def exponential(
        self, decision: str, mean: float | npt.NDArray[np.floating], keys: Keys, occurrence: int | None = None
    ) -> Floats:
        """Return exponentials of this mean (one for all, or one a key)."""
        return mean * _exponentials(self.uniform(decision, keys, occurrence))

    def poisson(
        self, decision: str, mean: float | npt.NDArray[np.floating], keys: Keys, occurrence: int | None = None
    ) -> Ints:
        """Return Poisson counts of this mean (one for all, or one a key)."""
        u = self.uniform(decision, keys, occurrence)
        return _poissons(u, np.broadcast_to(np.asarray(mean, np.float64), u.shape))

    def choice(
        self, decision: str, weights: npt.NDArray[np.floating], keys: Keys, occurrence: int | None = None
    ) -> Ints:
        """Return for each key an index into `weights` (k,), in proportion to them."""
        ends = np.cumsum(weights, dtype=np.float64)
        u = self.uniform(decision, keys, occurrence)
        return np.searchsorted(ends, u * ends[-1], side="right")

    def keys(self, kind: str, cause_keys: Keys, occurrence: int | None = None) -> Keys:
        """Return keys for rows to spawn, one for each cause."""
        return keys_of(stream_id(self._mechanism), cause_keys, kind, self._when(occurrence))
