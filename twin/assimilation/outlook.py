"""The next weeks of a run's desk: what comes in, what lies open, how long it takes, how busy the posts are.

Each member of the posterior starts with the files that the log leaves open, gets weeks drawn from the forecast of
counts, and serves them with the run's own roster. A band is what nine members in ten lie in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.assimilation.office import Knobs, Office, Requests, can_be_estimated, channels_of, done_on
from twin.calibration.docket import Docket
from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Floats, Ints
from twin.core.draws import keys_of, normal_of, stream_id, uniforms
from twin.desk.desk import Desk
from twin.desk.hours import hours_between
from twin.logs.forecast import Forecast
from twin.logs.request_log import RequestLog
from twin.logs.weeks import WeeklyCounts

MEASURES = ("requests", "backlog", "median_hours", "p90_hours", "busy_share")
SHARED = 0.5  # of the luck of a series that its weeks have in common (in variance): how fast it goes is not known
RUN_ON_WEEKS = 26
RECENT_WEEKS = 26
WARM_UP_WEEKS = 8

_WEEK = float(WEEK_DAYS * DAY_MINUTES)
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the members foretell, week by week: (members, weeks) of each of :data:`MEASURES`.

    `requests` made in the week; `backlog` open at its end; hours from creation to work done of what was made in it
    (inf where so many are not done half a year later); share of the rostered time that is worked.
    """

    values: dict[str, Floats]

    def band(self, measure: str, week: int) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile over the members; NaN where nothing can be said."""
        found = np.sort(self.values[measure][:, week])
        found = found[~np.isnan(found)]
        if not len(found):
            return np.nan, np.nan, np.nan
        low, middle, high = (float(found[min(int(share * len(found)), len(found) - 1)]) for share in (0.05, 0.5, 0.95))
        return low, middle, high


def outlook(office: Office, members: Sequence[Knobs], log: RequestLog, counts: WeeklyCounts, made: Forecast) -> Outlook:
    """Let each member live through the forecast weeks.

    `log` is that of :meth:`Office.named`, `counts` its weekly counts by category, and `made` their forecast, whose
    horizons are the weeks 1, 2, 3 …
    """
    docket = office.docket_of(log)
    now = float((counts.end - docket.monday).days * DAY_MINUTES)
    channel = channels_of(log)
    waiting = _waiting(docket, channel, now)
    found = [
        _lived(office, knobs, waiting, coming(made, counts, docket, channel, now, seed), docket, now, seed)
        for seed, knobs in enumerate(members)
    ]
    return Outlook({name: np.array([one[name] for one in found]) for name in MEASURES})


def _waiting(docket: Docket, channel: Ints, now: float) -> Requests:
    """What is there already: the open files, or the last weeks' requests where a log does not say what is open."""
    known = docket.until(now)
    told = can_be_estimated(docket)
    kept = np.isnan(known.closed) & ~known.lying if told else known.created >= now - WARM_UP_WEEKS * _WEEK
    created = np.full(int(kept.sum()), now) if told else known.created[kept]
    return Requests(created, known.kind[kept], channel[: len(known)][kept], known.key[kept])


def _lived(
    office: Office, knobs: Knobs, waiting: Requests, new: tuple[Requests, int], docket: Docket, now: float, seed: int
) -> dict[str, list[float]]:
    """One member's weeks: each measure by week."""
    requests, weeks = new
    everything = waiting.before(requests)
    rows = len(everything.created)
    until = now + (weeks + RUN_ON_WEEKS) * _WEEK
    desk = office.lived(knobs, everything, docket.monday, until, seed)
    done = done_on(desk, rows)
    ends = now + _WEEK * np.arange(1.0, weeks + 1.0)
    return {
        "requests": [float(np.sum((requests.created >= end - _WEEK) & (requests.created < end))) for end in ends],
        "backlog": [float(np.sum((everything.created < end) & ~(done < end))) for end in ends],
        **_hours(requests, done[len(waiting.created) :], ends),
        "busy_share": [_busy(desk, end) for end in ends],
    }


def _hours(requests: Requests, done: Floats, ends: Floats) -> dict[str, list[float]]:
    hours = np.where(np.isnan(done), np.inf, done - requests.created) / 60.0
    weeks = [hours[(requests.created >= end - _WEEK) & (requests.created < end)] for end in ends]
    return {
        name: [_quantile(own, share) for own in weeks] for name, share in (("median_hours", 0.5), ("p90_hours", 0.9))
    }


def _quantile(hours: Floats, share: float) -> float:
    return float(np.quantile(hours, share, method="inverted_cdf")) if len(hours) else np.nan


def _busy(desk: Desk, end: float) -> float:
    hours = hours_between(desk, end - _WEEK, end)
    return hours.busy / hours.rostered if hours.rostered else np.nan


# -- what comes in


def coming(
    made: Forecast, counts: WeeklyCounts, docket: Docket, channel: Ints, now: float, seed: int
) -> tuple[Requests, int]:
    """Requests of the forecast weeks for one member, and how many weeks there are.

    The number of each series and week is drawn from its forecast; minutes of the week and channels are those of
    requests of the same series in the log's last half year.
    """
    numbers = drawn_counts(made, seed)
    parts = []
    for series, name in enumerate(made.names):
        like = _like(counts, docket, name, now)
        for place, ahead in enumerate(made.horizons):
            parts.append(_week_of(docket, channel, like, int(numbers[series, place]), now + (ahead - 1) * _WEEK, seed))
    created, category, by, key = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Requests(created, category.astype(np.int64), by.astype(np.int64), key), len(made.horizons)


def drawn_counts(made: Forecast, seed: int) -> Ints:
    """Counts of one member (series, horizons): each has its forecast's law, and the weeks of a series share luck."""
    numbers = np.zeros((len(made.names), len(made.horizons)), np.int64)
    for series, name in enumerate(made.names):
        keys = np.arange(len(made.horizons) + 1, dtype=np.uint64)
        luck = np.array([normal_of(u) for u in uniforms(seed, stream_id(f"assimilation.count.{name}"), 0, keys)])
        for place in range(len(made.horizons)):
            joined = np.sqrt(SHARED) * luck[-1] + np.sqrt(1.0 - SHARED) * luck[place]
            numbers[series, place] = np.searchsorted(made.cdf(series, place), _below(float(joined)))
    return numbers


def _below(z: float) -> float:
    """Chance of a normal variable below z."""
    from math import erf, sqrt

    return _HALF * (1.0 + erf(z / sqrt(2.0)))


def _like(counts: WeeklyCounts, docket: Docket, name: str, now: float) -> Ints:
    """Rows of a series' requests in the last half year, all of them where there are none."""
    own = np.flatnonzero((docket.kind == docket.names.index(name)) & (docket.created < now))
    recent = own[docket.created[own] >= now - RECENT_WEEKS * _WEEK]
    return recent if len(recent) else own


def _week_of(
    docket: Docket, channel: Ints, like: Ints, number: int, monday: float, seed: int
) -> tuple[Floats, Ints, Ints, np.ndarray]:
    """So many requests of a week, each at the minute of the week, and by the channel, of one of those like it."""
    if not number or not len(like):
        return np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64)
    name = f"assimilation.request.{int(docket.kind[like[0]])}.{int(monday)}"
    places = np.arange(number, dtype=np.uint64)
    rows = like[(uniforms(seed, stream_id(name), 0, places) * len(like)).astype(np.int64)]
    minute = docket.created[rows] % _WEEK
    return monday + minute, docket.kind[rows], channel[rows], keys_of(stream_id(name), places, "request", seed)
