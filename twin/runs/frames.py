"""Results as data frames: one row a value, a difference, a point, with the names that the JSON forms use.

pandas comes with Mesa, and is imported when the first frame is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.errors import InputError, closest
from twin.runs.compare import Difference, Estimate, Interval
from twin.runs.layout import numbers

if TYPE_CHECKING:
    from pandas import DataFrame

    from twin.runs.experiment import Experiment
    from twin.runs.sweep import Swept
    from twin.runs.versus import Versus

OfExperiment = Literal["values", "estimates", "differences"]
OfSweep = Literal["values", "points", "indices"]
OfVersus = Literal["differences", "values", "inputs", "left_out"]
Rows = Iterator[Mapping[str, Any]]
HEADS_OF_VERSUS: Mapping[str, tuple[str, ...]] = {
    "inputs": ("first", "second", "path", "first_value", "second_value"),
    "left_out": ("first", "second", "metric", "why", "seeds"),
}
"""The columns of tables that may have no rows."""
_NOWHERE = Estimate(float("nan"), None)


def experiment_frame(experiment: Experiment, what: OfExperiment = "values") -> DataFrame:
    """Return every value (arm, seed, metric, unit, value), the estimates of every arm, or the paired differences."""
    made = {"values": _values, "estimates": _estimates, "differences": _differences}
    return _frame(_chosen(made, what)(experiment))


def sweep_frame(swept: Swept, what: OfSweep = "values") -> DataFrame:
    """Return every value with a column for each path swept, the estimates of points, or what outcomes hang on.

    Numbers of a path are in the unit of its declaration. ``n`` is the number of runs in which the metric is defined;
    where it is not defined in all of them, its means and indices are NaN.
    """
    made = {"values": _sweep_values, "points": _points, "indices": _indices}
    return _frame(_chosen(made, what)(swept))


def versus_frame(versus: Versus, what: OfVersus = "differences") -> DataFrame:
    """Return the differences, every value, the inputs that differ, or what cannot be compared and why."""
    return _frame(_chosen(_OF_VERSUS, what)(versus), HEADS_OF_VERSUS.get(what, ()))


def rows_of_versus(versus: Versus) -> dict[str, list[Mapping[str, Any]]]:
    """Return the tables of :func:`versus_frame` as plain rows, without pandas."""
    return {what: list(made(versus)) for what, made in _OF_VERSUS.items()}


def _chosen(made: Mapping[str, Callable[[Any], Rows]], what: str) -> Callable[[Any], Rows]:
    """Return what makes the rows of this frame; raises InputError R264 if there is no such frame."""
    if what not in made:
        raise InputError.of("R264", name=what, suggestion=closest(str(what), made), known=tuple(made))
    return made[what]


def _frame(rows: Rows, head: Sequence[str] = ()) -> DataFrame:
    import pandas

    found = list(rows)
    return pandas.DataFrame(found) if found else pandas.DataFrame(columns=list(head))


# -- an experiment


def _values(experiment: Experiment) -> Rows:
    for arm, metrics in experiment.values.items():
        for name, values in metrics.items():
            about = {"arm": arm, "metric": name, "unit": experiment.book[name].unit}
            yield from ({**about, "seed": seed, "value": np.nan if value is None else value}
                        for seed, value in zip(experiment.plan.seeds, values, strict=True))  # fmt: skip


def _estimates(experiment: Experiment) -> Rows:
    for arm, metrics in experiment.estimates.items():
        for name, found in metrics.items():
            yield {"arm": arm, "metric": name, "unit": experiment.book[name].unit, **_estimate(found)}


def _differences(experiment: Experiment) -> Rows:
    for arm, metrics in experiment.differences.items():
        for name, found in metrics.items():
            yield {"arm": arm, "baseline": experiment.baseline, "metric": name, "unit": experiment.book[name].unit,
                   **_difference(found)}  # fmt: skip


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"mean": found.mean, **_ends("", found.ci95)}


def _difference(found: Difference) -> dict[str, Any]:
    return {
        **_estimate(found), "verdict": found.verdict, "better_in": found.better_in, "p": found.p,
        "adjusted_p": found.adjusted_p, "primary": found.primary, "margin": found.margin,
        **_ends("simultaneous_", found.simultaneous), "more_needed": found.more_needed,
    }  # fmt: skip


def _ends(name: str, ends: Interval | None) -> dict[str, float]:
    low, high = ends or (np.nan, np.nan)
    return {f"{name}low": low, f"{name}high": high}


# -- a sweep


def _sweep_values(swept: Swept) -> Rows:
    for at, said in enumerate(_said(swept)):
        for name, values in swept.values.items():
            about = {"point": at, **said, "metric": name, "unit": swept.book[name].unit}
            for seed, value in zip(swept.seeds, values[at].tolist(), strict=True):
                yield {**about, "seed": seed, "value": value}


def _points(swept: Swept) -> Rows:
    for at, said in enumerate(_said(swept)):
        for name in swept.outcomes:
            known = int(np.isfinite(swept.values[name][at]).sum())
            found = swept.findings[name].estimates[at] if name in swept.findings else _NOWHERE
            yield {"point": at, **said, "metric": name, "unit": swept.book[name].unit, **_estimate(found), "n": known}


def _indices(swept: Swept) -> Rows:
    for name in swept.outcomes:
        known = int(np.isfinite(swept.values[name]).sum())
        found = swept.findings.get(name)
        if found is None:
            yield from ({"metric": name, "index": "undefined", "path": axis.path, "value": np.nan, **_ends("", None),
                         "n": known} for axis in swept.layout.axes)  # fmt: skip
            continue
        sizes = {path: one.size for path, one in found.effects.items()}
        kinds = {"first": found.first, "total": found.total, "effect_size": sizes, "share": found.shares,
                 "weight": found.weights}  # fmt: skip
        for kind, indices in kinds.items():
            for path, one in indices.items():
                yield {"metric": name, "index": kind, "path": path, "value": one.value, **_ends("", one.ci95),
                       "n": known}  # fmt: skip


def _said(swept: Swept) -> list[dict[str, Any]]:
    columns = numbers(swept.layout, swept.scenario, swept.arm)
    return [{path: column[at] for path, column in columns.items()} for at in range(len(swept.layout.texts))]


# -- two sides


def _versus_differences(versus: Versus) -> Rows:
    for (first, second), metrics in versus.found.items():
        for name, one in metrics.items():
            luck = {} if one.luck is None else {"pairs_needed": one.luck.pairs,
                                                "independent_needed": one.luck.independent}  # fmt: skip
            yield {"first": first, "second": second, "metric": name, "unit": versus.book[name].unit,
                   "first_mean": one.first.mean, "second_mean": one.second.mean, **_difference(one.difference),
                   **luck}  # fmt: skip


def _versus_values(versus: Versus) -> Rows:
    for first, second in versus.pairs:
        for number, (side, arm) in enumerate(((versus.first, first), (versus.second, second)), 1):
            for name in side.values[arm]:
                about = {"side": number, "arm": arm, "metric": name, "unit": versus.book[name].unit}
                for seed, value in zip(versus.seeds, side.over(versus.seeds, arm, name), strict=True):
                    yield {**about, "seed": seed, "value": np.nan if value is None else value}


def _inputs(versus: Versus) -> Rows:
    """What is not of an arm names none."""
    for path, (one, other) in versus.inputs.items():
        yield {"first": "", "second": "", "path": path, "first_value": _plain(one), "second_value": _plain(other)}
    for (first, second), changes in versus.changes.items():
        for path, (one, other) in changes.items():
            yield {"first": first, "second": second, "path": path, "first_value": _plain(one),
                   "second_value": _plain(other)}  # fmt: skip


def _left_out(versus: Versus) -> Rows:
    for (first, second), metrics in versus.left_out.items():
        for name, (why, count) in metrics.items():
            yield {"first": first, "second": second, "metric": name, "why": why, "seeds": count}


def _plain(value: Any) -> Any:
    """Return what fits a cell: numbers and texts as they are, all else as text."""
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


_OF_VERSUS: Mapping[str, Callable[[Versus], Rows]] = {
    "differences": _versus_differences, "values": _versus_values, "inputs": _inputs, "left_out": _left_out,
}  # fmt: skip
