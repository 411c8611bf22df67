"""How long requests of each type stay open: a share closed at once, and a law for the rest.

Requests closed within :data:`AT_ONCE` hours were mostly logged after the work. Open requests count as waits that
go on. A type with few requests borrows from the others of its category, as much as the spread between types allows.
What is predicted is the log's own curve drawn towards the law by the same weight: the posterior mean of a Dirichlet
process around the law (Susarla & Van Ryzin 1976), completed by the law's tail beyond the longest wait. Logged
closings hold the waiting for a worker, a round, a weekend: they are targets that a desk is validated against, never
its service times.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats
from twin.logs.laws import SHORTEST, Law, Sample, distance, fit_laws
from twin.logs.request_log import IN_TIME, UNKNOWN, RequestLog
from twin.logs.survival import Waits, band_width, quantile, quantile_interval, still_waiting

AT_ONCE = 0.25  # hours

_FEWEST_RELATIVES = 20
_MOST_BORROWED = 30.0
_LEAST_BORROWED = 1.0
_OWN_ENOUGH = 50.0  # times what could be borrowed: then the law is that of its own requests
_LONGEST = 1e7  # hours
_BISECTIONS = 60
_TINY = 1e-12


@dataclass(frozen=True)
class Closing:
    """How the requests of one type were closed.

    `waits` are those of the requests with known closings or known to be open. `instant_share` of them ended within
    :data:`AT_ONCE`; `instant_chance` is the same after borrowing. `borrowed` is how many requests its relatives are
    worth. `law` is that of the rest, None where nothing was closed; `runner_up` with its distance in AIC.
    `median_hours` and `p90_hours` are those of the log (inf: not reached), with the 95 % bootstrap interval of the
    median. `distance` is that between the law and the log's curve beyond :data:`AT_ONCE`, `band` half the width of the
    curve's 95 % bootstrap band, None where no bootstrap was asked for. `on_time_share` is NaN where nobody judged.
    """

    category: str
    subtype: str
    waits: Waits
    instant_share: float
    instant_chance: float
    borrowed: float
    law: Law | None
    runner_up: tuple[str, float] | None
    median_hours: float
    p90_hours: float
    median_interval: tuple[float, float] | None
    band: float | None
    distance: float
    on_time_share: float

    @property
    def requests(self) -> int:
        """Requests whose waits are known."""
        return len(self.waits)

    @property
    def open_share(self) -> float:
        """Share still open when the log was last looked at."""
        return float(np.mean(~self.waits.ended))

    @property
    def within_band(self) -> bool:
        """Whether the law lies inside the bootstrap band of the log's own curve."""
        return self.band is not None and self.distance <= self.band

    def by_law(self, hours: Floats) -> Floats:
        """Share closed after so many hours, by the two parts alone."""
        rest = self.law.ended_by(hours) if self.law is not None else np.zeros_like(hours)
        return self.instant_chance + (1.0 - self.instant_chance) * np.where(hours < AT_ONCE, 0.0, rest)

    def closed_by(self, hours: Floats) -> Floats:
        """Share closed after so many hours, as predicted: the log's own curve drawn towards the law."""
        law = self.by_law(hours)
        own = self._own(hours, law)
        return (self.requests * own + self.borrowed * law) / (self.requests + self.borrowed)

    def _own(self, hours: Floats, law: Floats) -> Floats:
        """Return the log's curve, beyond its longest wait with the tail of the law."""
        left = np.concatenate(([1.0], still_waiting(self.waits)))[
            np.searchsorted(self.waits.hours, hours, side="right")
        ]
        longest = self.waits.hours[-1:]
        tail = (1.0 - law) / np.maximum(1.0 - self.by_law(longest), _TINY)
        return 1.0 - np.where(hours > longest, left * np.minimum(tail, 1.0), left)

    def quantile(self, share: float) -> float:
        """Hours by which this share is predicted to be closed, at least :data:`AT_ONCE`; inf if never."""
        low, high = math.log(AT_ONCE), math.log(_LONGEST)
        if self.requests and float(self.closed_by(np.array([AT_ONCE]))[0]) >= share:
            return AT_ONCE
        if self.law is None or float(self.closed_by(np.exp([high]))[0]) < share:
            return math.inf
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if float(self.closed_by(np.exp([middle]))[0]) < share:
                low = middle
            else:
                high = middle
        return math.exp(high)


def closings(log: RequestLog, bands: bool = True) -> list[Closing]:
    """Fit every type of request, the most frequent first; ``bands=False`` leaves the bootstrap out."""
    kinds = [_Kind(log, rows) for rows in _rows_by_type(log)]
    kinds = [kind for kind in kinds if len(kind.waits)]
    instant = _instant_chances(kinds)
    found = [_closing(log, kind, kinds, chance, bands) for kind, chance in zip(kinds, instant, strict=True)]
    return sorted(found, key=lambda one: -one.requests)


class _Kind:
    """The requests of one category and type, and their waits."""

    def __init__(self, log: RequestLog, rows: Flags) -> None:
        self.rows = rows
        self.category = log.category.names[log.category.code[rows][0]]
        self.subtype = log.subtype.names[log.subtype.code[rows][0]]
        self.waits = Waits.of(log.hours_to_close[rows], log.hours_open[rows])
        self.rest = self.waits.beyond(AT_ONCE)
        self.instant = int((self.waits.ended & (self.waits.hours < AT_ONCE)).sum())
        self.logs: Floats = np.log(np.maximum(self.rest.hours[self.rest.ended], SHORTEST))


def _rows_by_type(log: RequestLog) -> Iterator[Flags]:
    pair = log.category.code.astype(np.int64) * len(log.subtype.names) + log.subtype.code
    for kind in np.unique(pair):
        yield pair == kind


def _closing(log: RequestLog, kind: _Kind, kinds: Sequence[_Kind], instant: float, bands: bool) -> Closing:
    sample = Sample.of(kind.rest)
    borrowed, sample = _with_relatives(kind, kinds, sample)
    laws = fit_laws(sample)
    judged = log.on_time[kind.rows]
    judged = judged[judged != UNKNOWN]
    return Closing(
        category=kind.category, subtype=kind.subtype, waits=kind.waits,
        instant_share=kind.instant / len(kind.waits),
        instant_chance=instant, borrowed=borrowed, law=laws[0] if laws else None,
        runner_up=(laws[1].name, laws[1].aic - laws[0].aic) if len(laws) > 1 else None,
        median_hours=quantile(kind.waits, 0.5), p90_hours=quantile(kind.waits, 0.9),
        median_interval=quantile_interval(kind.waits, 0.5, kind.subtype) if bands else None,
        band=band_width(kind.rest, kind.subtype) if bands and len(kind.rest) else None,
        distance=distance(kind.rest, laws[0]) if laws and len(kind.rest) else math.nan,
        on_time_share=float(np.mean(judged == IN_TIME)) if len(judged) else math.nan,
    )  # fmt: skip


def _with_relatives(kind: _Kind, kinds: Sequence[_Kind], sample: Sample) -> tuple[float, Sample]:
    """Add the other types of the category, or of the whole log where they are few, with the weight they deserve."""
    others = [one for one in kinds if one is not kind and one.category == kind.category]
    if sum(len(one.logs) for one in others) < _FEWEST_RELATIVES:
        others = [one for one in kinds if one is not kind]
    weight = _prior_weight([one for one in [kind, *others] if len(one.logs) > 1])
    if not others or len(kind.logs) > _OWN_ENOUGH * weight:
        return weight, sample
    hours = np.concatenate([one.rest.hours for one in others])
    ended = np.concatenate([one.rest.ended for one in others])
    order = np.argsort(hours, kind="stable")
    return weight, sample.with_prior(Sample.of(Waits(hours[order], ended[order]), relatives=True), weight)


def _prior_weight(kinds: Sequence[_Kind]) -> float:
    """How many requests the relatives are worth: the variance within types over that between them.

    The mean of a type in ln hours then shrinks towards its relatives as in a model of random effects
    (DerSimonian & Laird 1986).
    """
    if len(kinds) < 2:
        return _LEAST_BORROWED
    sizes = np.array([len(kind.logs) for kind in kinds], np.float64)
    means = np.array([kind.logs.mean() for kind in kinds])
    within = float(np.sum([kind.logs.var() * len(kind.logs) for kind in kinds]) / max(sizes.sum() - len(kinds), 1.0))
    centre = float(np.average(means, weights=sizes))
    spread = float(np.sum(sizes * (means - centre) ** 2)) - within * (len(kinds) - 1)
    between = spread / (sizes.sum() - np.sum(sizes**2) / sizes.sum())
    if between <= 0:
        return _MOST_BORROWED
    return min(max(within / between, _LEAST_BORROWED), _MOST_BORROWED)


def _instant_chances(kinds: Sequence[_Kind]) -> list[float]:
    """Shares closed at once, each drawn towards that of all as far as their scatter is chance."""
    sizes = np.array([len(kind.waits) for kind in kinds], np.float64)
    hits = np.array([kind.instant for kind in kinds], np.float64)
    return shrunken_shares(hits, sizes).tolist()


def shrunken_shares(hits: Floats, sizes: Floats) -> Floats:
    """Draw each share towards the mean of all, as far as the scatter between them may be chance alone.

    The weight of the mean is that of a beta-binomial law, by moments.
    """
    if not len(sizes) or sizes.sum() <= 0:
        return np.zeros(len(sizes))
    mean = float(hits.sum() / sizes.sum())
    weight = _beta_weight(hits, sizes, mean)
    return (hits + weight * mean) / (sizes + weight)


def _beta_weight(hits: Floats, sizes: Floats, mean: float) -> float:
    chance = mean * (1 - mean)
    if len(sizes) < 2 or chance <= 0:
        return _LEAST_BORROWED
    shares = hits / np.maximum(sizes, 1.0)
    scatter = float(np.sum(sizes * (shares - mean) ** 2)) - chance * (len(sizes) - 1)
    between = scatter / max(float(sizes.sum() - np.sum(sizes**2) / sizes.sum()), 1.0)
    if between <= 0:
        return _MOST_BORROWED
    return min(max(chance / between - 1.0, _LEAST_BORROWED), _MOST_BORROWED)
