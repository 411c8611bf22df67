"""The fit of a request log: when requests come, who and what comes again, and how long they stay open."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import InputError, closest
from twin.logs.account import Account, Notebook
from twin.logs.arrivals import Arrivals, fit_arrivals
from twin.logs.batches import batches
from twin.logs.closing import Closing, closings
from twin.logs.repeats import Repeats, Reporters, channel_mix, repeats_of, reporters_of
from twin.logs.request_log import RequestLog
from twin.logs.seasons import days_of

OTHER = "other"
MOST_CATEGORIES = 24

_FEWEST, _FEWEST_DAYS = 20, 7
_LONGEST_NAME = 60
_NO_NAME = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Fit:
    """Everything that was fitted on a log.

    `names` gives the scenario's name of each category of the log. `holidays` is ``none``, ``china`` or dates.
    """

    log: RequestLog
    account: Account
    names: Mapping[str, str]
    holidays: str
    arrivals: Arrivals
    repeats: Repeats
    reporters: Reporters
    channels: Mapping[str, float]
    closings: tuple[Closing, ...]


def fit(
    log: RequestLog,
    account: Account,
    *,
    holidays: str = "none",
    rain: Mapping[dt.date, float] | None = None,
    most_categories: int = MOST_CATEGORIES,
    bands: bool = True,
) -> Fit:
    """Fit a log; ``bands=False`` leaves the bootstrap out.

    Requests that were entered in batches tell nothing of arrivals and are left out of everything but the closings.
    Categories beyond the `most_categories` most frequent ones are counted as one. A log with fewer than 20 requests
    or 7 days raises an :class:`InputError`.
    """
    if len(log) < _FEWEST or log.days < _FEWEST_DAYS:
        raise InputError.of("D425", count=len(log), days=log.days, least=_FEWEST, least_days=_FEWEST_DAYS)
    lumped = with_fewer_categories(log, most_categories)
    batch = batches(lumped)
    made = lumped.only(~batch) if batch.any() else lumped
    told = Notebook()
    told.note(
        "D480",
        "doubtful",
        int(batch.sum()),
        log.line[batch],
        first=" ".join(map(str, log.created[batch][:1].astype("datetime64[m]"))),
    )
    return Fit(
        log=made,
        account=account.with_notes(told.notes),
        names=scenario_names(lumped.category.names),
        holidays=holidays,
        arrivals=fit_arrivals(made, days_of(made.first, made.days, holidays, rain)),
        repeats=repeats_of(made),
        reporters=reporters_of(made),
        channels=channel_mix(made),
        closings=tuple(closings(log, bands)),
    )


def of_areas(log: RequestLog, areas: Sequence[str]) -> RequestLog:
    """Return the requests of some areas, all where none is named; an unknown area raises D427."""
    for name in areas:
        if name not in log.area.names:
            known = tuple(one for one in log.area.names if one)
            raise InputError.of("D427", area=name, suggestion=closest(name, known), known=known)
    return log.only(log.area.are(*areas)) if areas else log


def with_fewer_categories(log: RequestLog, most: int) -> RequestLog:
    """Return the log with its rarest categories counted as one, so that there are at most so many."""
    names = log.category.names
    if len(names) <= most:
        return log
    rare = np.argsort(-log.category.counts(), kind="stable")[most - 1 :]
    other = OTHER if OTHER not in names else f"{OTHER}_"
    return replace(log, category=log.category.renamed({names[number]: other for number in rare.tolist()}))


def scenario_names(names: Sequence[str]) -> dict[str, str]:
    """Return for each category a name that a scenario can use: letters, digits and `_`, a letter first."""
    found: dict[str, str] = {}
    for name in names:
        plain = _NO_NAME.sub("_", unicodedata.normalize("NFKC", name).casefold()).strip("_")[:_LONGEST_NAME]
        plain = plain if plain[:1].isalpha() else f"c_{plain}".rstrip("_")
        taken = sum(plain == one or (one.startswith(f"{plain}_") and one[len(plain) + 1 :].isdecimal())
                    for one in found.values())  # fmt: skip
        found[name] = f"{plain}_{taken + 1}" if taken else plain
    return found
