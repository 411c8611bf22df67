"""Who and what comes again: repeats at a place, near repeats by chance alone, reporters, channels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Floats, Ints
from twin.core.draws import stream_id, uniforms
from twin.logs.channels import standard_channel
from twin.logs.closing import shrunken_shares
from twin.logs.request_log import NO_PLACE, RequestLog

WINDOW_DAYS = 30.0
NEAR_DAYS = 14.0
SHUFFLES = 20

_DAY_SECONDS = 86_400.0
_SEED = 0
_TOP = 0.01
_MOST_SPREAD = 10.0
_FEWEST_REPORTERS = 30
_USUAL_LOG_K, _LOG_K_SPREAD = math.log(0.5), 0.7


def previous_at(place: Ints, kind: Ints, day: Floats, within_days: float) -> Ints:
    """Row of the last request of the same kind at the same place within so many days before, -1 if there is none.

    `day` (rows,) ascends. Requests at an unknown place repeat nothing.
    """
    order = np.lexsort((np.arange(len(place)), day, kind, place))
    before, after = order[:-1], order[1:]
    same = (place[before] == place[after]) & (kind[before] == kind[after]) & (place[after] != NO_PLACE)
    same &= day[after] - day[before] <= within_days
    previous = np.full(len(place), -1, np.int64)
    previous[after[same]] = before[same]
    return previous


@dataclass(frozen=True)
class Repeats:
    """Requests that follow another of the same type at the same place.

    `share` within 30 days and `near_share` within 14, of the requests whose place is known; `by_chance` and
    `near_by_chance` are the same after the dates of each type were shuffled among its requests: what is more comes
    from one request calling forth another, or from people who report again. `located_share` have a place.
    `categories` (categories,) are shares within 30 days of all requests, drawn towards that of all.
    `mean_days` is the mean lag of those.
    """

    located_share: float
    share: float
    by_chance: float
    near_share: float
    near_by_chance: float
    categories: Floats
    mean_days: float


def repeats_of(log: RequestLog) -> Repeats:
    """Count repeats and what chance makes of them."""
    kind = log.subtype.code.astype(np.int64)
    day = (log.created - log.created[0]).astype("timedelta64[s]").astype(np.float64) / _DAY_SECONDS
    previous = previous_at(log.place, kind, day, WINDOW_DAYS)
    again = previous >= 0
    located = log.place != NO_PLACE
    size = len(log.category.names)
    hits = np.bincount(log.category.code[again], minlength=size).astype(np.float64)
    chance = [_shuffled_shares(log.place, kind, day, located, number) for number in range(SHUFFLES)]
    by_chance, near_by_chance = np.mean(chance, axis=0).tolist() if located.any() else (math.nan, math.nan)
    near = previous_at(log.place, kind, day, NEAR_DAYS) >= 0
    lags = day[again] - day[previous[again]]
    return Repeats(
        located_share=float(np.mean(located)), share=_share(again, located), by_chance=by_chance,
        near_share=_share(near, located), near_by_chance=near_by_chance,
        categories=shrunken_shares(hits, log.category.counts().astype(np.float64)),
        mean_days=float(lags.mean()) if len(lags) else math.nan,
    )  # fmt: skip


def _share(again: np.ndarray, located: np.ndarray) -> float:
    return float(again[located].mean()) if located.any() else math.nan


def _shuffled_shares(place: Ints, kind: Ints, day: Floats, located: np.ndarray, number: int) -> tuple[float, float]:
    luck = uniforms(_SEED, stream_id("logs.shuffle"), number, np.arange(len(day), dtype=np.uint64))
    shuffled = np.empty(len(day))
    shuffled[np.lexsort((np.arange(len(day)), kind))] = day[np.lexsort((luck, kind))]
    order = np.argsort(shuffled, kind="stable")
    place, kind, day, located = place[order], kind[order], shuffled[order], located[order]
    shares = (_share(previous_at(place, kind, day, within) >= 0, located) for within in (WINDOW_DAYS, NEAR_DAYS))
    return tuple(shares)  # type: ignore[return-value]


@dataclass(frozen=True)
class Reporters:
    """How requests are spread over those who make them; shares are NaN where the log names no reporters.

    `known_share` of the requests name one. `again_share` of the reporters come twice or more, and `top_share` of the
    requests come from the busiest hundredth of them. `spread` is the coefficient of variation of the readiness to
    report among all residents, those included who never did: a negative binomial law without its zeros.
    """

    known_share: float
    reporters: int
    again_share: float
    top_share: float
    spread: float


def reporters_of(log: RequestLog) -> Reporters:
    """Count the requests of each reporter."""
    known = log.reporter[log.reporter != 0]
    counts = np.sort(np.unique(known, return_counts=True)[1])[::-1].astype(np.float64)
    if not len(counts):
        return Reporters(0.0, 0, math.nan, math.nan, math.nan)
    top = max(1, round(_TOP * len(counts)))
    return Reporters(
        known_share=len(known) / len(log), reporters=len(counts), again_share=float(np.mean(counts > 1)),
        top_share=float(counts[:top].sum() / counts.sum()),
        spread=_readiness_spread(counts) if len(counts) >= _FEWEST_REPORTERS else math.nan,
    )  # fmt: skip


def _readiness_spread(counts: Floats) -> float:
    """Return 1/sqrt(k) of a zero-truncated negative binomial law.

    Those who never came are not seen, so the likelihood alone hardly tells few who often report from many who might:
    a weak normal prior on ln k, around a spread of 1.4, decides where a thousand reporters leave it open.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    def loss(at: Floats) -> float:
        k, mean = np.exp(np.clip(at, -12.0, 12.0))
        nobody = k * np.log(k / (k + mean))
        terms = gammaln(counts + k) - gammaln(k) + nobody + counts * np.log(mean / (k + mean))
        doubt = 0.5 * ((at[0] - _USUAL_LOG_K) / _LOG_K_SPREAD) ** 2
        return doubt - float(np.sum(terms - np.log(-np.expm1(nobody))))

    start = np.array([0.0, np.log(counts.mean())])
    k = float(np.exp(np.clip(minimize(loss, start, method="Nelder-Mead").x[0], -12.0, 12.0)))
    return min(1.0 / math.sqrt(k), _MOST_SPREAD)


def channel_mix(log: RequestLog) -> dict[str, float]:
    """Return the share of each of the twin's channels among requests whose channel is known."""
    counts: dict[str, int] = {}
    for name, count in zip(log.channel.names, log.channel.counts().tolist(), strict=True):
        standard = standard_channel(name)
        if standard:
            counts[standard] = counts.get(standard, 0) + count
    total = sum(counts.values())
    return {name: count / total for name, count in sorted(counts.items(), key=lambda one: -one[1])} if total else {}
