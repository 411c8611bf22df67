"""Sweeps: one arm at many points of its parameters, with the same seeds at each.

A point is a set of ``--set`` texts, laid on the arm last. Points that say the same are run once. What is kept is what
a run of that content gives, so a killed sweep resumes, and any number of processes gives the same.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.columns import Floats
from twin.core.parameters import data_digest_of, files_of
from twin.errors import Complaint, InputError, closest
from twin.runs.compare import Difference, Estimate, estimate, paired_difference, with_beside
from twin.runs.discovery import Box, discover
from twin.runs.experiment import ALONE, RESULTS_VERSION, Means, Plan, Result, completed, measure_one, metric_book
from twin.runs.families import corrected
from twin.runs.layout import SWEEP, Layout, layout_of, numbers
from twin.runs.margins import margin_of
from twin.runs.reuse import Reuse, contents_of
from twin.runs.robustness import Robustness, robustness
from twin.runs.sensitivity import (
    Effects,
    Index,
    Noise,
    morris_effects,
    noise_of,
    regression,
    sobol_indices,
    variance_shares,
)
from twin.scenario.load import load, variants
from twin.scenario.overlay import place_name
from twin.scenario.sweeping import OVER, Axis

if TYPE_CHECKING:
    from pandas import DataFrame

    from twin.core.mechanism import Metric
    from twin.runs.frames import OfSweep
    from twin.runs.store import RunFolder
    from twin.scenario.load import Scenario

OUTCOMES = 4
MOST_COMPARED = 60
_KEY_LENGTH = 16
_SAME = 1e-9  # of the value: differences that are only those of rounding
Publish = Callable[["Swept", "RunFolder"], None]


@dataclass(frozen=True, eq=False)
class Swept:
    """The measured values of points × seeds, and what follows from them.

    ``values[metric]`` is (points, seeds), NaN where the metric is undefined; ``outcomes`` are the metrics that are
    analysed, ``targets`` what they should reach.
    """

    scenario: Scenario
    arm: str
    layout: Layout
    seeds: tuple[int, ...]
    values: Mapping[str, Floats]
    outcomes: tuple[str, ...]
    targets: Mapping[str, float]
    book: Mapping[str, Metric]
    runs: int
    out: Path | None = None

    @functools.cached_property
    def differences(self) -> dict[tuple[str, int], Difference]:
        """Paired differences of the points from the first one, by outcome and point, all judged together."""
        found = {key: one for name in self.outcomes for key, one in _compared(self, name).items()}
        return corrected(found, [key for key in found if key[0] in self.scenario.primary])

    @functools.cached_property
    def findings(self) -> dict[str, Finding]:
        """What was found of each outcome that is defined in every run."""
        return {name: _finding(self, name) for name in self.outcomes if np.isfinite(self.values[name]).all()}

    @property
    def undefined(self) -> dict[str, int]:
        """The outcomes that are undefined in so many runs."""
        counts = {name: int(np.isnan(self.values[name]).sum()) for name in self.outcomes}
        return {name: count for name, count in counts.items() if count}

    def frame(self, what: OfSweep = "values") -> DataFrame:
        """Return a data frame: "values" (one row a point, seed and metric), "points" or "indices"."""
        from twin.runs.frames import sweep_frame

        return sweep_frame(self, what)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``twin sweep --json`` prints (schema ``twin.sweep/1``)."""
        return {
            "schema": "twin.sweep/1",
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "results_version": RESULTS_VERSION,
            "arm": self.arm,
            "design": self.layout.design,
            "axes": [axis.to_json() for axis in self.layout.axes],
            "replications": len(self.seeds),
            "runs": self.runs,
            "points": [self._point(number) for number in range(len(self.layout.texts))],
            "outcomes": {name: found.to_json(self) for name, found in self.findings.items()},
            "undefined": self.undefined,
        }

    def _point(self, number: int) -> dict[str, Any]:
        axes = zip(self.layout.axes, self.layout.texts[number], strict=True)
        found = {name: one.estimates[number] for name, one in self.findings.items()}
        return {
            "set": {axis.path: text for axis, text in axes},
            "metrics": {name: _plain(one) for name, one in found.items()},
        }


@dataclass(frozen=True, eq=False)
class Finding:
    """What a sweep says of one outcome; what its design cannot tell is empty.

    ``differences`` are those of each point from the first one, judged together; ``boxes`` where the target is
    missed, by lever setting (0 where there are no settings).
    """

    metric: str
    estimates: tuple[Estimate, ...]
    noise: Noise | None = None
    differences: tuple[Difference | None, ...] = ()
    first: Mapping[str, Index] = field(default_factory=dict)
    total: Mapping[str, Index] = field(default_factory=dict)
    effects: Mapping[str, Effects] = field(default_factory=dict)
    shares: Mapping[str, Index] = field(default_factory=dict)
    weights: Mapping[str, Index] = field(default_factory=dict)
    fit: float | None = None
    robust: tuple[Robustness, ...] = ()
    boxes: Mapping[int, Box] = field(default_factory=dict)

    @property
    def varies(self) -> bool:
        """Say whether the points differ in their means, in the digits that count."""
        means = [one.mean for one in self.estimates]
        return max(means) - min(means) > _SAME * max(map(abs, means))

    def to_json(self, swept: Swept) -> dict[str, Any]:
        """Return what was found as plain data."""
        paths = [axis.path for axis in swept.layout.axes]
        told: dict[str, Any] = {"unit": swept.book[self.metric].unit, "varies": self.varies}
        if self.noise:
            told["noise"] = {**vars(self.noise), "chance_share": self.noise.chance_share}
        for key in ("first", "total", "shares", "weights"):
            if getattr(self, key):
                told[key] = {path: _index(one) for path, one in getattr(self, key).items()}
        told |= {"fit": self.fit} if self.fit is not None else {}
        if self.effects:
            told["effects"] = {
                path: {"size": _index(one.size), "mean": one.mean, "spread": one.spread}
                for path, one in self.effects.items()
            }
        if any(self.differences):
            told["differences"] = [None if one is None else _difference(one) for one in self.differences]
        if self.robust:
            told["settings"] = [
                {"set": swept.layout.said(_first_of(swept.layout, number), swept.layout.levers), **vars(one)}
                for number, one in enumerate(self.robust)
            ]
        if self.boxes:
            told["boxes"] = {str(number): _box(box, paths, swept.layout) for number, box in self.boxes.items()}
        return told


@dataclass(frozen=True)
class PointWork:
    """Measures a point, named by its content, with a seed."""

    scenarios: Mapping[str, Scenario]
    arm: str

    def __call__(self, point: str, seed: int) -> Result:
        """Run it."""
        return measure_one(self.scenarios[point], self.arm, seed)


def sweep(
    path: str | Path,
    arm: str | None = None,
    sets: Sequence[str] = (),
    over: Mapping[str, Axis] | None = None,
    design: str | None = None,
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    outcomes: Sequence[str] = (),
    targets: Mapping[str, float] | None = None,
    means: Means = ALONE,
    publish: Publish | None = None,
) -> Swept:
    """Run one arm (by default the first) at every point with the same seeds; what is not given is the scenario's.

    ``publish`` adds its files to the folder where the runs are kept. Raises InputError for what cannot be used,
    RunFailed when runs failed.
    """
    base = load(path, sets=sets)
    chosen = base.arm(arm).name if arm else next(iter(base.arms))
    layout = layout_of(base, chosen, over, design, points)
    book = metric_book()
    names = _outcomes(base, book, outcomes)
    goals = _known({**base.targets, **(targets or {})}, book)
    keys, scenarios = _points(path, chosen, sets, layout, OVER if over else SWEEP)
    plan = Plan(tuple(scenarios), Plan.of(base, (chosen,), replications, seed).seeds)
    reuse = Reuse({} if means.out is None else contents_of({key: (one, chosen) for key, one in scenarios.items()},
                                                          RESULTS_VERSION), tables=False)  # fmt: skip
    with completed(base, plan, PointWork(scenarios, chosen), means, _data_of(scenarios), reuse) as (measured, folder):
        values = _by_metric([[measured[key, one] for one in plan.seeds] for key in keys])
        names = _shown(names, values, book, None if outcomes else OUTCOMES, bool(outcomes or base.primary))
        values |= {name: np.full((len(keys), len(plan.seeds)), math.nan) for name in names if name not in values}
        out = folder.path if folder else None
        swept = Swept(base, chosen, layout, plan.seeds, values, names, goals, book, len(plan.runs()), out)
        if folder:
            _write(folder, swept)
            if publish:
                publish(swept, folder)
    return swept


def _points(
    path: str | Path, arm: str, sets: Sequence[str], layout: Layout, where: str
) -> tuple[list[str], dict[str, Scenario]]:
    """Return the key of each point, and what is run under each key; what only people read is left out."""
    try:
        found = variants(path, arm, sets, [layout.sets(number) for number in range(len(layout.texts))])
    except InputError as error:
        raise said_of_axes(error, len(sets), len(layout.axes), where) from None
    keys = [one.digest[:_KEY_LENGTH] for one in found]
    return keys, {key: replace(one, sources={}, origins={}, doubts=()) for key, one in zip(keys, found, strict=True)}


def said_of_axes(error: InputError, sets: int, axes: int, where: str) -> InputError:
    """Return what is wrong with points, once each and at its source: after so many ``--set`` come the axes."""
    names = {place_name(sets + number): where for number in range(1, 1 + axes)}
    told: dict[tuple[object, ...], Complaint] = {}
    for one in error.complaints:
        place = one.place and replace(one.place, file=names.get(one.place.file, one.place.file))
        spot = place and (place.file, place.line, place.col)
        told.setdefault((one.code, spot, str(dict(one.values))), replace(one, place=place))
    return InputError(told.values())


def _outcomes(scenario: Scenario, book: Mapping[str, Metric], asked: Sequence[str]) -> tuple[str, ...]:
    """Return what was asked for, else the primary outcomes, else all metrics of which one direction is better."""
    _known(dict.fromkeys(asked, 0.0), book)
    return tuple(dict.fromkeys(asked)) or scenario.primary or tuple(name for name in book if book[name].better)


def _shown(
    names: Sequence[str], values: Mapping[str, Floats], book: Mapping[str, Metric], most: int | None, named: bool
) -> tuple[str, ...]:
    """Return the first outcomes that some run has, with what they mislead without.

    What was named and no run has stays too, so that it is said to be undefined.
    """
    defined = [name for name in names if name in values][:most]
    kept = [name for name in names if name in defined or (named and name not in values)]
    return tuple(name for name in with_beside(kept, book) if name in kept or name in values)


def _known(named: Mapping[str, float], book: Mapping[str, Metric]) -> Mapping[str, float]:
    for name in named:
        if name not in book:
            raise InputError.of("R259", metric=name, suggestion=closest(name, book), known=sorted(book))
    return named


def _data_of(scenarios: Mapping[str, Scenario]) -> dict[str, str]:
    """Return the digests of all data that some point reads; each file is read once."""
    found: dict[str, str] = {}
    for scenario in scenarios.values():
        for arm in scenario.arms.values():
            for block, values in arm.blocks.items():
                names = [str(getattr(values, name)) for name, _ in files_of(values)]
                where = "|".join([block, *names])
                if where not in found:
                    found[where] = data_digest_of(values)
    return {where: digest for where, digest in sorted(found.items()) if digest}


def _by_metric(points: Sequence[Sequence[Mapping[str, float]]]) -> dict[str, Floats]:
    names = sorted({name for runs in points for metrics in runs for name in metrics})
    return {
        name: np.array([[metrics.get(name, math.nan) for metrics in runs] for runs in points], np.float64)
        for name in names
    }


# -- what follows


def _finding(swept: Swept, name: str) -> Finding:
    values, layout, better = swept.values[name], swept.layout, swept.book[name].better
    means = values.mean(axis=1)
    paths = [axis.path for axis in layout.axes]
    compared = [swept.differences.get((name, at)) for at in range(len(means))]
    told: dict[str, Any] = {"noise": noise_of(values), "differences": tuple(compared) if any(compared) else ()}
    crossed = layout.settings > 0
    if layout.design == "sobol" and not crossed:
        first, total = sobol_indices(means, len(paths))
        told |= {"first": dict(zip(paths, first, strict=True)), "total": dict(zip(paths, total, strict=True))}
    elif layout.design == "morris" and not crossed:
        told["effects"] = dict(zip(paths, morris_effects(means, layout.shares), strict=True))
    elif layout.design == "factorial" and not crossed:
        levels = np.array([[axis.level(share) for axis, share in zip(layout.axes, row, strict=True)]
                           for row in layout.shares.tolist()])  # fmt: skip
        told["shares"] = dict(zip(paths, variance_shares(means, levels), strict=True))
    elif len(means) > len(paths) + 1:
        weights, fit = regression(means, layout.shares)
        told |= {"weights": dict(zip(paths, weights, strict=True)), "fit": fit}
    if crossed and better:
        told["robust"] = tuple(robustness(means.reshape(layout.settings, -1), better, swept.targets.get(name)))
    if better and name in swept.targets and layout.design != "list":
        told["boxes"] = _boxes(swept, means, better, swept.targets[name])
    return Finding(name, tuple(estimate(row) for row in values.tolist()), **told)


def _compared(swept: Swept, name: str) -> dict[tuple[str, int], Difference]:
    """Compare each point with the first, where they are few enough to be looked at one by one."""
    values = swept.values[name]
    few = 1 < len(values) <= MOST_COMPARED and swept.layout.design in ("factorial", "list")
    if not few or not np.isfinite(values).all():
        return {}
    metric, rows = swept.book[name], values.tolist()
    margin = margin_of(swept.scenario, name, metric, float(np.mean(rows[0])))
    return {(name, at): paired_difference(rows[0], row, metric.better, margin) for at, row in enumerate(rows) if at}


def _boxes(swept: Swept, means: Floats, better: str, target: float) -> dict[int, Box]:
    """Return where the target is missed, by lever setting."""
    layout = swept.layout
    settings = max(layout.settings, 1)
    missed = (means > target if better == "lower" else means < target).reshape(settings, -1)
    shares = layout.shares.reshape(settings, -1, len(layout.axes))[:, :, layout.uncertainties]
    found = {number: discover(shares[number], missed[number]) for number in range(settings)}
    return {number: box for number, box in found.items() if box is not None}


def _first_of(layout: Layout, setting: int) -> int:
    return setting * (len(layout.texts) // max(layout.settings, 1))


# -- files


def _write(folder: RunFolder, swept: Swept) -> None:
    folder.write("scenario.yaml", swept.scenario.text())
    folder.write("sweep.json", json.dumps(swept.to_json(), indent=1, ensure_ascii=False) + "\n")
    folder.write_parquet("metrics.parquet", _rows(swept))


def _rows(swept: Swept) -> dict[str, np.ndarray]:
    """Every value of every point and seed, one a row, with what was set."""
    points, seeds = len(swept.layout.texts), len(swept.seeds)
    names = sorted(swept.values)
    axes = {
        path: np.tile(np.repeat(np.asarray(column), seeds), len(names))
        for path, column in numbers(swept.layout, swept.scenario, swept.arm).items()
    }
    values = np.concatenate([swept.values[name].ravel() for name in names])
    rows: dict[str, np.ndarray] = {
        "point": np.tile(np.repeat(np.arange(points), seeds), len(names)),
        **axes,
        "seed": np.tile(np.asarray(swept.seeds, np.int64), points * len(names)),
        "metric": np.repeat(np.asarray(names, np.str_), points * seeds),
        "value": values,
    }
    known = np.isfinite(values)
    return {name: column[known] for name, column in rows.items()}


def _plain(found: Estimate) -> dict[str, Any]:
    return {"mean": found.mean} if found.ci95 is None else {"mean": found.mean, "ci95": list(found.ci95)}


def _index(found: Index) -> dict[str, Any]:
    return {"value": found.value} if found.ci95 is None else {"value": found.value, "ci95": list(found.ci95)}


def _difference(found: Difference) -> dict[str, Any]:
    return {**_plain(found), "verdict": found.verdict, "better_in": found.better_in, "adjusted_p": found.adjusted_p}


def _box(box: Box, paths: Sequence[str], layout: Layout) -> dict[str, Any]:
    places = layout.uncertainties
    limits = [
        {"path": paths[places[one.axis]], "low": layout.axes[places[one.axis]].number(one.low),
         "high": layout.axes[places[one.axis]].number(one.high), "found_again": one.found_again, "p": one.p}
        for one in box.limits
    ]  # fmt: skip
    return {"limits": limits, **vars(box.step), "base": box.base, "credible": box.credible}
