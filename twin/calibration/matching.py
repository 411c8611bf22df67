"""History matching, then approximate Bayesian computation: which settings can have made what was seen.

A setting is ruled out when one of its outputs lies further from the target than can be put down to chance in the
target, to what the model leaves out, and to its own luck: implausibility above 3 (Craig and others 1997; McCulloch
and others 2022). Those that remain are weighted by how near they come, all outputs together. What is published is
this ensemble; a knob on which it is as wide as the prior has not been identified, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.core.columns import Flags, Floats, Ints

CUT = 3.0


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be matched: `value` (outputs,), NaN where there is none, and the variances that are allowed for.

    `seen` is chance in the value itself, `left_out` the model's discrepancy, `luck` the twin's own between seeds.
    """

    value: Floats
    seen: Floats
    left_out: Floats
    luck: Floats

    @property
    def variance(self) -> Floats:
        """All three together (outputs,)."""
        return self.seen + self.left_out + self.luck


@dataclass(frozen=True, eq=False)
class Match:
    """Settings weighed against a target: `implausibility` (settings, outputs), `weight` (settings,) adding up to 1.

    `plausible` (settings,) marks those not ruled out; where all are, the weights are those of the nearest.
    """

    implausibility: Floats
    plausible: Flags
    weight: Floats

    @property
    def ruled_out(self) -> bool:
        """Whether nothing that was tried can have made what was seen."""
        return not bool(self.plausible.any())

    def worst(self) -> Ints:
        """Output that speaks most against each setting (settings,)."""
        return np.asarray(np.argmax(np.nan_to_num(self.implausibility), axis=1))


def match(outputs: Floats, target: Target, cut: float = CUT) -> Match:
    """Weigh settings whose outputs are (settings, outputs).

    An output that is no number on either side says nothing; but where nothing is plausible, only settings with all
    outputs can be the nearest.
    """
    away = np.abs(outputs - target.value) / np.sqrt(target.variance)
    plausible = np.nan_to_num(away).max(axis=1) < cut
    distance = np.sum(np.nan_to_num(away) ** 2, axis=1)
    complete = np.isfinite(outputs[:, np.isfinite(target.value)]).all(axis=1)
    candidates = plausible if plausible.any() else complete
    weight = np.where(candidates, np.exp(-0.5 * (distance - distance[candidates].min())), 0.0)
    return Match(away, plausible, weight / weight.sum())


def luck_of(runs: Floats) -> Floats:
    """Variance of an output's mean over seeds (outputs,), typical of the settings.

    `runs` is (settings, seeds, outputs); settings that were not run say nothing.
    """
    told = np.isfinite(runs[:, 0]).sum(axis=1)
    complete = runs[told == told.max(initial=0)]
    if not len(complete) or runs.shape[1] < 2:
        return np.zeros(runs.shape[2])
    return np.asarray(np.median(np.nan_to_num(np.var(complete, axis=1, ddof=1) / runs.shape[1]), axis=0))


def drawn(weight: Floats, members: int) -> Ints:
    """Settings of an ensemble (members,), each as often as its weight says, without chance (systematic resampling)."""
    return np.asarray(np.searchsorted(np.cumsum(weight), (np.arange(members) + 0.5) / members))


def spread(values: Floats, weight: Floats) -> tuple[float, float, float]:
    """5th, 50th and 95th percentile of weighted values."""
    line = np.argsort(values, kind="stable")
    passed = np.cumsum(weight[line]) / weight.sum()
    low, middle, high = (float(values[line[np.searchsorted(passed, share - 1e-12)]]) for share in (0.05, 0.5, 0.95))
    return low, middle, high


def identified(values: Floats, prior: Floats, weight: Floats) -> float:
    """Share of the prior's 90 % width that the data take away: 0 nothing is learnt, 1 the value is known."""

    def width(weights: Floats) -> float:
        low, _, high = spread(values, weights)
        return high - low

    before = width(prior)
    return 1.0 - width(weight) / before if before > 0 else 0.0
