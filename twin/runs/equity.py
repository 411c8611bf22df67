"""Who gains and who loses: differences between arms group by group, over the same seeds.

A mean can stand still while some are served better and others worse. Measured are the time to close a ticket, the
satisfaction with the service, trust, and the satisfaction with living conditions, which renewal is about. Groups
overlap across dimensions, not within one (see :mod:`twin.world.groups`); those with fewer than ten people or tickets in
some run are left out, so that nobody can be recognised and no interval pretends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.core.columns import Floats
from twin.runs.compare import Difference, Estimate, estimate, paired_difference
from twin.runs.families import corrected
from twin.runs.margins import RELATIVE

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment
    from twin.runs.store import RunFolder

SMALLEST = 10
BETTER: Mapping[str, Literal["lower", "higher"]] = {
    "hours_to_close": "lower", "satisfaction": "higher", "trust": "higher", "living_satisfaction": "higher",
}  # fmt: skip


@dataclass(frozen=True)
class GroupEffect:
    """What an option does to a group, in one measure, against the baseline.

    ``count`` is how many people (of ``hours_to_close``: tickets) the group has in a run, on average.
    """

    measure: str
    group: str
    arm: str
    count: float
    baseline: Estimate
    difference: Difference

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        found = self.difference
        return {
            "measure": self.measure, "group": self.group, "arm": self.arm, "count": self.count,
            "baseline": self.baseline.mean, "mean": found.mean, "ci95": list(found.ci95) if found.ci95 else None,
            "verdict": found.verdict, "better_in": found.better_in,
        }  # fmt: skip


def equity_of(experiment: Experiment, folder: RunFolder) -> list[GroupEffect]:
    """Return who gains and who loses by every option; groups that some run lacks, or that are small, are left out.

    All are exploratory and judged together.
    """
    if len(experiment.arms) < 2 or "groups" not in folder.table_names():
        return []
    tables = {arm: _means(folder, arm, experiment.plan.seeds) for arm in experiment.arms}
    found = {(one.measure, one.group, one.arm): one for one in _effects(experiment, tables)}
    judged = corrected({key: one.difference for key, one in found.items()}, [])
    return [
        GroupEffect(one.measure, one.group, one.arm, one.count, one.baseline, judged[key]) for key, one in found.items()
    ]


Cell = tuple[str, str]
Means = Mapping[Cell, tuple[Floats, Floats]]


def _means(folder: RunFolder, arm: str, seeds: tuple[int, ...]) -> Means:
    """Return means and counts, one a seed, of every measure and group (NaN and 0 where a run lacks it)."""
    found: dict[Cell, tuple[Floats, Floats]] = {}
    place = {seed: at for at, seed in enumerate(seeds)}
    for seed, columns in folder.table_of("groups", arm):
        if seed in place:
            for measure, group, mean, count in zip(*(columns[name] for name in _COLUMNS), strict=True):
                empty = (np.full(len(seeds), np.nan), np.zeros(len(seeds)))
                means, counts = found.setdefault((str(measure), str(group)), empty)
                means[place[seed]], counts[place[seed]] = mean, count
    return found


_COLUMNS = ("measure", "group", "mean", "count")


def _effects(experiment: Experiment, tables: Mapping[str, Means]) -> Iterator[GroupEffect]:
    base = tables[experiment.baseline]
    for arm in experiment.arms[1:]:
        for (measure, group), (means, counts) in base.items():
            others, more = tables[arm].get((measure, group), (means * np.nan, counts * 0))
            if min(counts.min(), more.min()) >= SMALLEST and np.isfinite([means, others]).all():
                margin = RELATIVE * abs(float(means.mean()))
                difference = paired_difference(means.tolist(), others.tolist(), BETTER[measure], margin)
                yield GroupEffect(measure, group, arm, float(counts.mean()), estimate(means.tolist()), difference)
