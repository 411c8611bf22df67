"""What a fit or a log gives a scenario: plain data that is laid under it with ``extends``."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from twin.core.columns import Floats
from twin.logs.arrivals import Profile
from twin.logs.fit import Fit, scenario_names
from twin.logs.request_log import RequestLog

_DIGITS = 5
_ORDINARY = 2  # the class of a category of which nothing is known
_EFFECTS = {
    "holiday": "holiday_factor",
    "make_up": "make_up_factor",
    "rain": "rain_factor",
    "rain_before": "rain_before_factor",
}


def demand_overlay(fit: Fit, version: str) -> dict[str, Any]:
    """Return the overlay of a fit: the source of reports, their level and shape, the categories, and the origin."""
    arrivals = fit.arrivals
    level = sum(profile.per_day for profile in arrivals.categories)
    shares = zip(arrivals.categories, fit.repeats.categories.tolist(), strict=True)
    demand = {
        "fitted_from": provenance(fit.log, fit, version),
        "day_spread": rounded(arrivals.day_spread),
        "day_memory": rounded(arrivals.memory),
        "category_memory": rounded(arrivals.own_memory),
        "repeat_mean_days": _or(fit.repeats.mean_days, 7.0),
        "rain_mean_mm": rounded(arrivals.rain_mean),
        "rain_most_mm": rounded(arrivals.rain_most),
        "channels": {name: rounded(share) for name, share in fit.channels.items()},
        "reporter_spread": _or(fit.reporters.spread, 0.0),
        "holiday_dates": [] if fit.holidays in ("none", "china") else fit.holidays.split(),
        "categories": {fit.names[one.name]: _category(one, repeats) for one, repeats in shares},
    }
    head: dict[str, Any] = {"version": 1}
    if fit.holidays == "china":
        head["holidays"] = "china"
    hotline = {"source": "demand", "reports_per_day": f"{rounded(level)} /day", "demand": demand}
    return {**head, "hotline": hotline, "categories": _categories(fit, level)}


def _category(profile: Profile, repeats: float) -> dict[str, Any]:
    found: dict[str, Any] = {"per_day": f"{rounded(profile.per_day)} /day", "weekday_factors": listed(profile.weekdays)}
    if not np.allclose(profile.months, 1.0):
        found["month_factors"] = listed(profile.months)
    if profile.workday_hours is not None and profile.rest_hours is not None:
        found |= {"workday_hours": listed(profile.workday_hours), "rest_hours": listed(profile.rest_hours)}
    found |= {key: rounded(profile.effects[name].factor) for name, key in _EFFECTS.items() if name in profile.effects}
    return {**found, "day_spread": rounded(profile.spread), "repeat_share": rounded(min(repeats, 0.95))}


def _categories(fit: Fit, level: float) -> dict[str, Any]:
    return {
        fit.names[one.name]: {
            "share": rounded(one.per_day / level) if level else 0.0,
            "priority": _ORDINARY,
            "title": one.name,
        }
        for one in fit.arrivals.categories
    }


def provenance(log: RequestLog, fit: Fit, version: str) -> dict[str, str]:
    """Say which log it was, how much of it was used, and what was left out; all as text."""
    left = ", ".join(f"{code}: {count}" for code, count in fit.account.dropped.items())
    return {
        "file": log.name,
        "sha256": log.digest,
        "requests": str(len(log)),
        "rows_of_file": str(fit.account.rows),
        "from": log.first.isoformat(),
        "to": log.last.isoformat(),
        "left_out": left or "nothing",
        "holidays": fit.holidays,
        "twin": version,
    }


def replay_overlay(log: RequestLog, path: str, name: str) -> dict[str, Any]:
    """Return a scenario that replays a clean copy of a log for its whole weeks.

    The copy lies at `path` and has its categories under the names of :func:`with_scenario_names`.
    """
    names = scenario_names(log.category.names)
    counts = log.category.counts()
    categories = {
        names[one]: {"share": rounded(count / len(log)), "priority": _ORDINARY, "title": one}
        for one, count in zip(log.category.names, counts.tolist(), strict=True)
    }
    weeks = log.days - log.days % 7
    within = (log.day < weeks).sum()
    return {
        "version": 1,
        "name": name,
        "start": log.first.isoformat(),
        "days": weeks,
        "hotline": {
            "source": "log",
            "log": path,
            "reports_per_day": f"{math.floor(within / weeks * 1e6) / 1e6} /day",
        },
        "categories": categories,
        "arms": {"as_it_was": {}},
    }


def with_scenario_names(log: RequestLog) -> RequestLog:
    """Return the log with its categories under the names that a scenario can use."""
    return replace(log, category=log.category.renamed(scenario_names(log.category.names)))


def rounded(number: float) -> float:
    """Round to five significant digits."""
    return float(f"{number:.{_DIGITS}g}")


def listed(numbers: Floats) -> list[float]:
    """Round an array for a file."""
    return [rounded(number) for number in numbers.tolist()]


def _or(number: float, other: float) -> float:
    return rounded(number) if math.isfinite(number) else other
