"""Judging a programme by yearly estimates with error: rules that stop it, and how often each is wrong.

A third party asks `answers` people a year; the estimate is the share of them who are satisfied. Every rule sees the
estimates of a programme from its first year to now, (programmes, years), and tells who is to be stopped now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from twin.core.columns import Flags, Floats

RULES = ("none", "two_year", "bound", "cusum")
EXACT = 1e-12  # what equals a target or a limit in decimal figures has not missed it
_SAME, _NEVER = 9, 1e-14  # decimals that tell two sums of estimates apart; a chance that does not count


def missed(estimates: Floats, target: float) -> Flags:
    """Tell which estimates lie below the target."""
    below: Flags = estimates < target - EXACT
    return below


def streak(below: Flags) -> Floats:
    """Return how many years in a row up to the last have been missed (programmes,)."""
    backwards = below[:, ::-1]
    return np.cumprod(backwards, axis=1).sum(axis=1).astype(np.float64)


def two_year(estimates: Floats, target: float, years: int) -> Flags:
    """Stop who has missed the target so many years in a row (rules/two_year_rule.yaml)."""
    verdict: Flags = streak(missed(estimates, target)) >= years
    return verdict


def bound(estimates: Floats, target: float, answers: int, z: float) -> Flags:
    """Stop when even the upper end of an interval over all years' answers lies below the target."""
    pooled = estimates.mean(axis=1)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) / (answers * estimates.shape[1]))
    verdict: Flags = pooled + z * error < target
    return verdict


def cusum(estimates: Floats, target: float, slack: float, limit: float) -> Flags:
    """Stop when shortfalls beyond a slack have added up to a limit (Page 1954)."""
    total = np.zeros(len(estimates))
    for year in estimates.T:
        total = np.maximum(total + target - slack - year, 0)
    verdict: Flags = total > limit + EXACT
    return verdict


def miss_chance(true: float, answers: int, target: float) -> float:
    """Return the probability that a year's estimate lies below the target."""
    from scipy.special import bdtr

    most = math.ceil(round(target * answers, 9)) - 1
    return float(bdtr(most, answers, true)) if most >= 0 else 0.0


def run_chance(chance: float, years: int, run: int) -> float:
    """Return the probability of so many misses in a row within so many years, each missed with this chance."""
    state = np.zeros(run + 1)
    state[0] = 1.0
    for _ in range(years):
        stopped = state[run] + state[run - 1] * chance
        state[1:run] = state[: run - 1] * chance
        state[0] = 1 - stopped - state[1:run].sum()
        state[run] = stopped
    return float(state[run])


def operating_curve(true: Floats, answers: int, target: float, years: int = 5, run: int = 2) -> Floats:
    """Return the probability that the rule of `run` misses in a row stops a programme of each true value in time."""
    return np.array([run_chance(miss_chance(one, answers, target), years, run) for one in true.tolist()])


Judged = tuple[Floats, Flags]


@dataclass(frozen=True)
class Judging:
    """A rule with its settings: who is asked, the target, and what ends a programme."""

    rule: str
    answers: int
    target: float
    run: int = 2
    z: float = 1.645
    slack: float = 0.01
    limit: float = 0.06

    def judged(self, record: Floats, estimate: Floats, year: int) -> Judged:
        """Return what a record has come to after one more estimate, and whether the rule stops it then."""
        if self.rule == "two_year":
            record = np.where(missed(estimate, self.target), record + 1, 0.0)
            return record, record >= self.run
        if self.rule == "bound":
            record = record + estimate
            pooled = np.clip(record / year, 0, 1)
            return record, pooled + self.z * np.sqrt(pooled * (1 - pooled) / (self.answers * year)) < self.target
        record = np.maximum(record + self.target - self.slack - estimate, 0.0)
        return record, (record > self.limit + EXACT) & (self.rule == "cusum")


@cache
def stop_chance(judging: Judging, true: float, years: int) -> float:
    """Return the probability, exactly, that a rule stops a programme of this true value within so many years.

    The evaluator has no error of its own, and the true value stays.
    """
    from scipy.special import bdtr

    satisfied = np.arange(judging.answers + 1)
    chance = np.diff(bdtr(satisfied, judging.answers, true), prepend=0.0)
    record, mass, stopped = np.zeros(1), np.ones(1), 0.0
    for year in range(1, years + 1):
        came_to, ends = judging.judged(record[:, None], (satisfied / judging.answers)[None, :], year)
        weight = mass[:, None] * chance
        stopped += float(weight[ends].sum())
        goes_on = ~ends & (weight > _NEVER)
        came_to = np.round(came_to[goes_on], _SAME)
        record = np.unique(came_to)
        mass = np.bincount(np.searchsorted(record, came_to), weight[goes_on], len(record)).astype(np.float64)
    return stopped
