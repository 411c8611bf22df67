"""Several primary outcomes at once: which arm is beaten on all counts, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.core.columns import Flags, Floats
from twin.runs.sensitivity import resamples

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment


@dataclass(frozen=True)
class Pareto:
    """Shares of resamples of the seeds: in which an arm is not beaten, and in which one beats another.

    An arm beats another when it is at least as good in the mean of every outcome and better in one. Resampling keeps
    the pairs together: all arms of a seed are drawn or left out.
    """

    outcomes: tuple[str, ...] = ()
    unbeaten: Mapping[str, float] = field(default_factory=dict)
    beats: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"outcomes": list(self.outcomes), "unbeaten": dict(self.unbeaten),
                "beats": {arm: dict(found) for arm, found in self.beats.items()}}  # fmt: skip


def pareto_of(experiment: Experiment) -> Pareto | None:
    """Return how the arms stand to each other in the primary outcomes; ``None`` with fewer than two of either.

    An arm that lacks one of them (nobody mediates, so nothing is settled) is left out: it can be compared with none.
    """
    names = [name for name in experiment.scenario.primary if _directed(experiment, name)]
    arms = [arm for arm in experiment.arms if all(name in experiment.estimates[arm] for name in names)]
    if len(names) < 2 or len(arms) < 2:
        return None
    signs = [1.0 if experiment.book[name].better == "higher" else -1.0 for name in names]
    values = np.array([[experiment.values[arm][name] for name in names] for arm in arms], np.float64)
    return pareto(arms, names, values * np.array(signs)[:, None])


def pareto(arms: Sequence[str], outcomes: Sequence[str], values: Floats) -> Pareto:
    """Return the shares for values of which more is better (arms, outcomes, seeds)."""
    seeds = values.shape[2]
    beaten = np.array([_beats(values[:, :, rows].mean(axis=2)) for rows in resamples(seeds, seeds)])
    unbeaten = 1 - beaten.any(axis=1).mean(axis=0)
    chance = beaten.mean(axis=0)
    return Pareto(
        tuple(outcomes),
        {arm: float(unbeaten[at]) for at, arm in enumerate(arms)},
        {
            arm: {other: float(chance[at, to]) for to, other in enumerate(arms) if to != at}
            for at, arm in enumerate(arms)
        },
    )


def _beats(means: Floats) -> Flags:
    """Tell which arm beats which (arms, arms)."""
    no_worse = (means[:, None] >= means[None]).all(axis=2)
    somewhere = (means[:, None] > means[None]).any(axis=2)
    return np.asarray(no_worse & somewhere)


def _directed(experiment: Experiment, name: str) -> bool:
    """Tell whether one direction of a metric is better, and some arm has it."""
    directed = name in experiment.book and experiment.book[name].better is not None
    return directed and any(name in found for found in experiment.estimates.values())
