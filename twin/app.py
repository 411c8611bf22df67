"""Levers as sliders: Mesa's SolaraViz over one arm of a scenario.

It needs the extra ``viz`` (``pip install "neighbourhood-twin[viz]"``); ``solara run examples/app.py`` shows it in a
browser. For looking at, not for comparing: experiments (``twin run``) pair the arms and know what luck is.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.core import units
from twin.model import Neighbourhood
from twin.scenario.listing import Row, parameters
from twin.scenario.load import Scenario, load
from twin.scenario.vocabulary import known_blocks

LEVERS = ("hotline.reports_per_day", "desk.teams.*.workers", "desk.misroute_chance", "desk.travel_minutes",
          "desk.service.mean_hours", "desk.first_time_fix")  # fmt: skip
WATCHED = ("open_tickets_end", "trust_mean")
_STEPS = 50
_WIDER = 3  # a slider goes to so many times the value that it begins with, its range permitting


class Tunable(Neighbourhood):
    """A neighbourhood whose levers are arguments: ``Tunable("a.yaml", **{"desk.travel_minutes": 15})``.

    ``plan`` is the path of a scenario file. Raises InputError as ``--set`` does.
    """

    # Mesa 3.3 lets arguments be called anything only if they are called kwargs.

    def __init__(
        self,
        plan: str | Path,
        arm: str | None = None,
        rng: int | None = None,
        metrics: Sequence[str] = WATCHED,
        scenario: object = None,
        **kwargs: float,
    ) -> None:
        del scenario  # Mesa 3.5 hands over one of its own, which means nothing here
        declared = {row.path: row for row in parameters(known_blocks().blocks)}
        sets = [f"{path}={_written(declared[_general(path, declared)], value)}" for path, value in kwargs.items()]
        super().__init__(load(plan, sets=sets), arm, rng, metrics=metrics)


def sliders(scenario: Scenario, arm: str, levers: Sequence[str] = LEVERS) -> dict[str, dict[str, Any]]:
    """Return a slider, as Mesa describes one, for each number of an arm whose path is like one of these."""
    declared = {row.path: row for row in parameters(known_blocks().blocks)}
    form = scenario.resolved["arms"][arm]
    found = [(path, value) for wish in levers for path, value in _numbers(form) if fnmatch.fnmatchcase(path, wish)]
    return {path: _slider(path, value, declared[_general(path, declared)]) for path, value in found}


def page_of(plan: str | Path, arm: str | None = None, levers: Sequence[str] = LEVERS) -> Any:
    """Return the page of a scenario's arm: sliders, the watched metrics day by day, and the numbers as they stand."""
    import solara
    from mesa.visualization import SolaraViz, make_plot_component

    scenario = load(plan)
    chosen = scenario.arm(arm or next(iter(scenario.arms))).name

    def numbers(model: Neighbourhood) -> Any:
        """Show the metrics that are defined today."""
        lines = [f"| {name} | {value:.4g} | {model.engine.book[name].unit} |" for name, value in model.metrics.items()]
        return solara.Markdown("\n".join([f"**{model.date}**", "", "| | | |", "|---|---|---|", *lines]))

    fixed = {"plan": str(plan), "arm": chosen, "rng": scenario.seed}
    return SolaraViz(
        Tunable(str(plan), chosen, scenario.seed),
        components=[*(make_plot_component(name) for name in WATCHED), numbers],
        model_params={**fixed, **sliders(scenario, chosen, levers)},
        name=f"{scenario.title.en} ({chosen})",
    )


def _numbers(form: Any, above: str = "") -> list[tuple[str, float]]:
    """Return (path, value) of every number below a part of a scenario."""
    if isinstance(form, Mapping):
        return [found for key, below in form.items() for found in _numbers(below, f"{above}.{key}".lstrip("."))]
    return [(above, form)] if isinstance(form, (int, float)) and not isinstance(form, bool) else []


def _general(path: str, declared: Mapping[str, Row]) -> str:
    """Return the declared path, ``*`` in place of the name of a map's entry."""
    return next(name for name in declared if fnmatch.fnmatchcase(path, name))


def _slider(path: str, value: float, row: Row) -> dict[str, Any]:
    low, high = row.spec.low or 0, row.spec.high if row.spec.high is not None else value
    top = min(high, max(_WIDER * value, low + 1))
    label = f"{path} [{row.spec.unit}]" if row.spec.unit not in ("", "1") else path
    if isinstance(value, int):
        return {"type": "SliderInt", "label": label, "value": value, "min": int(low), "max": int(top), "step": 1}
    step = float(f"{(top - low) / _STEPS:.1g}")
    return {"type": "SliderFloat", "label": label, "value": value, "min": low, "max": top, "step": step}


def _written(row: Row, value: float) -> str:
    """Return a value as ``--set`` takes it."""
    unit = row.spec.unit
    bare = units.is_pure(unit) or units.ends_in_unit(row.path.rpartition(".")[2], unit)
    return str(value) if bare else units.example(value, unit)
