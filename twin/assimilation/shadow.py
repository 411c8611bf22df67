"""Assimilation: the newest log goes in, the next weeks come out, and what was foretold before is scored.

A model is not tied to a place; a *shadow* follows one by data that flow in (Kritzinger and others 2018). The twin may
call itself a shadow of its neighbourhood when forecasts that it made before, and kept, have come due and have held:
their bands cover what they should, no baseline would have done better, and the desk followed too. Where only the desk
did not, it is a shadow of what comes in. Until then it is a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.assimilation.office import Knobs, Office, can_be_estimated
from twin.assimilation.outlook import MEASURES, Outlook, outlook
from twin.assimilation.records import Record, records_in, scored
from twin.assimilation.roster import MEMBERS, Roster, estimate
from twin.calibration.docket import Docket
from twin.core.clock import DAY_MINUTES, WEEK_DAYS
from twin.core.columns import Floats
from twin.errors import InputError
from twin.logs.account import Account
from twin.logs.forecast import forecast
from twin.logs.request_log import RequestLog
from twin.logs.scores import BASELINES, OURS, Scores
from twin.logs.weeks import WeeklyCounts, weekly_counts

if TYPE_CHECKING:
    from twin.scenario.resolved import Scenario

WEEKS = 4
MOST_WEEKS = 26
FEWEST_CELLS = 20
COVERAGE = (0.85, 0.95)
VERDICTS = ("nothing_due", "too_few", "shadow", "demand", "coverage", "baseline")
CHECKED = ("requests", "backlog", "median_hours")  # measures of an outlook that a log tells
DESK_HELD = 0.5  # weeks of one forecast hang together: so few cannot tell 90 % from 80, but surely from less than half

_NORMAL_975 = 1.96
_SETTLED_WEEKS = 2  # after a week, before its hours to close are taken for known


@dataclass(frozen=True, eq=False)
class Verdict:
    """What became of earlier forecasts: their scores, how often the desk's bands held, and what follows.

    `held` and `told` count the weeks of each measure of :data:`CHECKED`; `matched` says whether the desk, as it was
    estimated now, can have made the log; `word` is one of :data:`VERDICTS`.
    """

    scores: Scores
    held: Mapping[str, int]
    told: Mapping[str, int]
    forecasts: int
    matched: bool = True

    @property
    def word(self) -> str:
        """Whether the twin may call itself a shadow, or what is missing."""
        if not len(self.scores):
            return "nothing_due"
        if len(self.scores) < FEWEST_CELLS:
            return "too_few"
        if not _near(self.scores.coverage, len(self.scores)):
            return "coverage"
        if self.better():
            return "baseline"
        return "shadow" if self.matched and self.desk_held() else "demand"

    def desk_held(self) -> bool:
        """Whether the bands of the desk's own measures, backlog and time to close, held half of the time or more."""
        told = sum(self.told[name] for name in CHECKED[1:])
        return told > 0 and sum(self.held[name] for name in CHECKED[1:]) >= DESK_HELD * told

    def better(self) -> list[str]:
        """Baselines that would have done better, by more than the scatter between cells can be."""
        return [name for name in BASELINES if _is_less(self.scores.crps[name], self.scores.crps[OURS])]


@dataclass(frozen=True, eq=False)
class Assimilation:
    """Everything that an assimilation gives.

    `roster` is None where the log has no closings to estimate it by; `strange` are categories of the log that the
    scenario does not have, and `strange_share` the share of the requests that are of them.
    """

    office: Office
    record: Record
    roster: Roster | None
    outlook: Outlook
    verdict: Verdict
    overlay: dict[str, Any]
    strange: tuple[str, ...]
    strange_share: float


def assimilate(
    scenario: Scenario,
    log: RequestLog,
    account: Account,
    folder: Path,
    *,
    arm: str = "",
    weeks: int = WEEKS,
    by: str = "subtype",
    members: int = MEMBERS,
    version: str = "",
) -> Assimilation:
    """Hold a run's first arm (or `arm`) to a log, foretell the weeks after it, and score what lies in `folder`.

    `version` is the program's, for the origin of the overlay's figures.

    Raises :class:`InputError`: D602 no category in common, D603 a log older than what the folder has seen, D605 a
    number of weeks that cannot be foretold.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise InputError.of("D605", weeks=weeks, most=MOST_WEEKS)
    office, every = Office.of(scenario, arm), weekly_counts(log, by)
    named = office.named(log)
    before = [one for one in records_in(folder) if one.origin < every.end]
    _refuse_older(log, folder, every)
    horizons = tuple(range(1, weeks + 1))
    roster = estimate(office, named) if can_be_estimated(office.docket_of(named)) else None
    knobs = roster.ensemble(members) if roster else [office.knobs()] * members
    by_category = _by_category(office, log)
    rates = forecast(by_category, horizons)
    ahead = outlook(office, knobs, named, by_category, rates)
    counts = every.pooled()
    record = Record(counts, every.rare(), forecast(counts, horizons), _bands(ahead, weeks), _said(log), _knobs(roster))
    per_day = dict(zip(rates.names, (rates.expected().mean(axis=1) / WEEK_DAYS).tolist(), strict=True))
    verdict = Verdict(scored(before, every), *_held(before, office.docket_of(named)), len(before),
                      roster is not None and not roster.found.ruled_out)  # fmt: skip
    strange = tuple(name for name in log.category.names if name not in office.category_of(log))
    demand = _demand(named, account, per_day, version)
    overlay = overlay_of(scenario, office, demand, roster, every)
    return Assimilation(office, record, roster, ahead, verdict, overlay, strange, 1.0 - len(named) / len(log))


def _refuse_older(log: RequestLog, folder: Path, counts: WeeklyCounts) -> None:
    newest = max((one.origin for one in records_in(folder)), default=None)
    if newest is not None and counts.end < newest:
        raise InputError.of("D603", name=log.name, last=log.last, newest=newest)


def _by_category(office: Office, log: RequestLog) -> WeeklyCounts:
    """Weekly counts of the scenario's categories, over all the weeks of the log."""
    renamed = replace(log, category=log.category.renamed(office.category_of(log)))
    counts = weekly_counts(renamed, "category")
    return counts.only(tuple(name for name in counts.names if name in office.categories))


def _bands(ahead: Outlook, weeks: int) -> dict[str, list[list[float]]]:
    return {name: [list(ahead.band(name, week)) for week in range(weeks)] for name in MEASURES}


def _said(log: RequestLog) -> dict[str, str]:
    return {"name": log.name, "sha256": log.digest, "first": log.first.isoformat(), "last": log.last.isoformat()}


def _knobs(roster: Roster | None) -> dict[str, list[float]]:
    return {name: list(roster.spread(name)) for name in ("pace", "misroute")} if roster else {}


def _near(coverage: float, cells: int) -> bool:
    """Whether a coverage can be one of those wanted, for so many cells."""
    wide = _NORMAL_975 * np.sqrt(max(coverage * (1.0 - coverage), 1e-3) / cells)
    return bool(COVERAGE[0] - wide <= coverage <= COVERAGE[1] + wide)


def _is_less(some: Floats, others: Floats) -> bool:
    """Whether the mean of paired values is less, and not by chance."""
    away = others - some
    return bool(away.mean() > _NORMAL_975 * away.std(ddof=1) / np.sqrt(len(away))) if len(away) > 1 else False


def _held(records: Sequence[Record], docket: Docket) -> tuple[dict[str, int], dict[str, int]]:
    """How many weekly bands of earlier outlooks a log tells of, and how many of them held."""
    held, told = dict.fromkeys(CHECKED, 0), dict.fromkeys(CHECKED, 0)
    for record in records:
        for week in range(len(record.made.horizons)):
            begin = float(((record.origin - docket.monday).days + WEEK_DAYS * week) * DAY_MINUTES)
            for name, value in logged(docket, begin).items():
                low, _, high = record.outlook[name][week]
                if np.isfinite(value) and not np.isnan(low):
                    told[name] += 1
                    held[name] += bool(low <= value <= high)
    return held, told


def logged(docket: Docket, begin: float) -> dict[str, float]:
    """The measures of :data:`CHECKED` in the week from a minute on, NaN where the log does not reach."""
    end = begin + WEEK_DAYS * DAY_MINUTES
    nothing = dict.fromkeys(CHECKED, np.nan)
    if not len(docket) or end > docket.created[-1] + DAY_MINUTES or begin < docket.created[0] - DAY_MINUTES:
        return nothing
    own = docket.only((docket.created >= begin) & (docket.created < end))
    came = docket.only(docket.created < end)
    open_files = float(np.sum(~(came.closed < end) & ~came.lying))
    settled = docket.end >= end + _SETTLED_WEEKS * WEEK_DAYS * DAY_MINUTES and len(own) > 0
    waited = np.nan_to_num(own.wait, nan=np.inf) / 60.0
    median = float(np.quantile(waited, 0.5, method="inverted_cdf")) if settled else np.nan
    return {"requests": float(len(own)), "backlog": open_files, "median_hours": median}


# -- the scenario after it


def overlay_of(
    scenario: Scenario, office: Office, demand: dict[str, Any], roster: Roster | None, counts: WeeklyCounts
) -> dict[str, Any]:
    """What changes in the scenario: when it begins, what comes in, and the knobs of the desk in every arm.

    Hands-on work takes as long under any policy; the chance to go astray is a policy's, and is taken over by the arms
    that had the estimated arm's. Where no setting can have made the log, the desks stay as they are.
    """
    found = {"version": 1, "name": f"{scenario.name}_assimilated", "start": counts.end.isoformat(), **demand}
    if roster is not None and not roster.found.ruled_out:
        knobs = Knobs(roster.spread("pace")[1], roster.spread("misroute")[1])
        found["arms"] = {name: {"desk": _desk(scenario, name, office, knobs)} for name in scenario.arms}
    return found


def _demand(named: RequestLog, account: Account, per_day: Mapping[str, float], version: str) -> dict[str, Any]:
    """The demand as a fit of the log has it, at the level of the forecast."""
    from twin.logs.fit import fit
    from twin.logs.overlay import demand_overlay, rounded

    hotline = demand_overlay(fit(named, account, bands=False), version)["hotline"]
    for name, one in hotline["demand"]["categories"].items():
        one["per_day"] = f"{rounded(per_day.get(name, 0.0))} /day"
    level = sum(per_day.values())
    hotline["reports_per_day"] = f"{rounded(level)} /day"
    shares = {name: {"share": rounded(rate / level)} for name, rate in per_day.items()} if level else {}
    return {"hotline": hotline, "categories": shares}


def _desk(scenario: Scenario, arm: str, office: Office, knobs: Knobs) -> dict[str, Any]:
    from twin.logs.overlay import rounded

    settings = scenario.arm(arm).blocks["desk"]
    own = replace(office, settings=settings).turned(knobs)
    found: dict[str, Any] = {"service": _hours(own.service)}
    if settings.services:
        found["services"] = {name: _hours(one) for name, one in own.services.items()}
    if settings.misroute_chance == office.settings.misroute_chance:
        found["misroute_chance"] = rounded(knobs.misroute)
    return found


def _hours(service: Any) -> dict[str, Any]:
    from twin.logs.overlay import rounded

    found: dict[str, Any] = {"mean_hours": rounded(service.mean_hours)}
    if service.sample_hours:
        found["sample_hours"] = [rounded(hours) for hours in service.sample_hours]
    return found
