"""Comparing and sweeping as Python calls: what ``twin compare`` and ``twin sweep`` do, with plain arguments.

What comes back has ``frame()``, a data frame, and ``to_json()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import Complaint, InputError

if TYPE_CHECKING:
    from twin.errors import Words
    from twin.runs.experiment import Experiment
    from twin.runs.sweep import Swept
    from twin.runs.versus import Side, Versus
    from twin.scenario.load import Scenario
    from twin.scenario.sweeping import Axis

Progress = Callable[[int, int], None]
_ENDS = 2


def compare(
    first: str | Path | Scenario | Experiment,
    second: str | Path | Scenario | Experiment,
    arms: Sequence[str] | Mapping[str, str] = (),
    metrics: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    set: Sequence[str] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> Versus:
    """Hold two experiments against each other, arm by arm, over the seeds that both have.

    Each is a finished run folder, an experiment that :func:`twin.run` returned, or a scenario (a file or loaded),
    which is run: with the seeds of the other where that has been run, else with those of the first. ``arms`` are names,
    or ``first=second`` where the names differ, or a map of the first's to the second's (none: those with the same
    name); ``set`` goes to the scenario files.

    Raises InputError for what cannot be compared (R220, R290 to R296), RunFailed when runs failed.
    """
    from twin.runs.versus import paired_arms, versus

    sides = [_ready(one) for one in (first, second)]
    loaded = [one if side is None else None for one, side in zip((_loaded(first, set), _loaded(second, set)), sides,
                                                                 strict=True)]  # fmt: skip
    if all(sides):
        _refuse_idle({"--set": bool(set), "-n": replications is not None, "--seed": seed is not None})
    names = [tuple(side.values) if side else tuple(one.arms) for side, one in zip(sides, loaded, strict=True)]  # type: ignore[union-attr]
    pairs = paired_arms(names[0], names[1], [arms] if isinstance(arms, str) else arms)
    count, begin = _seeds(sides, loaded, replications, seed)
    for at, one in enumerate(loaded):
        if one is not None:
            wanted = list(dict.fromkeys(pair[at] for pair in pairs))
            sides[at] = _run(one, (first, second)[at], wanted, count, begin, jobs, progress)
    done = [side for side in sides if side is not None]
    return versus(done[0], done[1], pairs, metrics)


def sweep(
    scenario: str | Path,
    over: Mapping[str, Any] | None = None,
    arm: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    set: Sequence[str] = (),
    design: str | None = None,
    points: int | None = None,
    metrics: Sequence[str] = (),
    targets: Mapping[str, float] | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Progress | None = None,
    notice: Callable[[Words], None] | None = None,
    replace: bool = False,
    lang: str = "en",
) -> Swept:
    """Run one arm (by default the first) at every point, with the same seeds at each.

    ``over`` names paths: a list of values, a pair ``(low, high)`` or the text ``"low..high"`` for a range, ``None`` for
    the declared range; without it the scenario's own ``sweep``, or its levers and uncertainties. Values are numbers in
    the unit of the path, or texts with their unit. ``design`` is factorial, lhs, sobol or morris. With ``out`` all
    is kept there, with a page, and a killed sweep resumes.

    Raises InputError for what cannot be used, RunFailed when runs failed.
    """
    from twin.report.sweeping import publish_sweep
    from twin.runs.experiment import Means
    from twin.runs.sweep import sweep as swept
    from twin.scenario.sweeping import over_text

    axes = {path: axis_of(path, values) for path, values in (over or {}).items()}
    options = _plainly(scenario=str(scenario), arm=arm, sets=set, over=[over_text(*one) for one in axes.items()],
                       design=design, points=points, replications=replications, seed=seed, metrics=metrics,
                       targets=[f"{name}={value}" for name, value in (targets or {}).items()], jobs=jobs)  # fmt: skip
    means = Means(jobs, out, progress, notice=notice, replace=replace, request={"command": "sweep", "options": options})
    told = partial(publish_sweep, lang=lang)
    return swept(scenario, arm, list(set), axes, design, points, replications, seed, metrics, targets, means, told)


def _plainly(**options: Any) -> dict[str, Any]:
    """Return the options of a command as they can be kept: lists and Python's own numbers."""
    told = {name: list(one) if isinstance(one, (tuple, list)) else _plain(one) for name, one in options.items()}
    return {**told, "as_json": False}


def axis_of(path: str, values: Any) -> Axis:
    """Return what a path takes, from a list, a pair of ends, the text of a range, or nothing; raises R250."""
    from twin.scenario.sweeping import RANGE_SIGN, WHOLE_RANGE, as_text, over_of

    if values is None:
        return WHOLE_RANGE
    if isinstance(values, str):
        return over_of(f"{path}={values}")[1] if RANGE_SIGN in values else (values,)
    if isinstance(values, tuple) and len(values) == _ENDS:
        return {"low": as_text(_plain(values[0])), "high": as_text(_plain(values[1]))}
    told = tuple(dict.fromkeys(as_text(_plain(one)) for one in values))
    if not told:
        raise InputError.of("R250", text=path)
    return told


def _plain(value: Any) -> Any:
    """Return a NumPy number as Python's."""
    return value.item() if hasattr(value, "item") else value


def _refuse_idle(given: Mapping[str, bool]) -> None:
    """Refuse what would change a run where nothing is run: whoever gave it believes that it was applied."""
    idle = [Complaint("R220", None, {"option": option}) for option, was_given in given.items() if was_given]
    if idle:
        raise InputError(idle)


def _ready(given: str | Path | Scenario | Experiment) -> Side | None:
    """Return a side that has been run already; ``None`` for a scenario."""
    from twin.runs.experiment import Experiment
    from twin.runs.versus import folder_side, is_folder, side_of

    if isinstance(given, Experiment):
        return side_of(given, given.out or given.scenario.name)
    if isinstance(given, str | Path) and is_folder(given):
        return folder_side(given)
    return None


def _loaded(given: str | Path | Scenario | Experiment, sets: Sequence[str]) -> Any:
    """Return the scenario; of what has been run, nothing is asked of it any more."""
    from twin.runs.versus import is_folder
    from twin.scenario.load import load

    if not isinstance(given, str | Path):
        return given
    if is_folder(given):
        return None
    if not Path(given).suffix:
        raise InputError.of("R296", source=str(given))
    return load(given, sets=list(sets))


def _seeds(
    sides: Sequence[Side | None], loaded: Sequence[Scenario | None], replications: int | None, seed: int | None
) -> tuple[int | None, int | None]:
    """Return how many seeds a scenario is run with, and the first: those of the other side, unless it is asked for."""
    held = next((side for side in sides if side is not None), None)
    first = next((one for one in loaded if one is not None), None)
    count = len(held.seeds) if held else first.replications if first else None
    begin = held.seeds[0] if held else first.seed if first else None
    return replications or count, begin if seed is None else seed


def _run(
    scenario: Scenario, source: object, arms: Sequence[str], count: int | None, seed: int | None, jobs: int,
    progress: Progress | None,
) -> Side:  # fmt: skip
    from twin.runs.experiment import Means, run
    from twin.runs.versus import side_of

    made = run(scenario, arms, count, seed, Means(jobs=jobs, progress=progress))
    return side_of(made, source if isinstance(source, str | Path) else scenario.name)
