"""Reports: sentences, sheets, figures and the one-page summary; and the run that comes with all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment
    from twin.runs.store import RunFolder
    from twin.scenario.load import Scenario


def run(
    scenario: str | Path | Scenario,
    arms: Sequence[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    set: Sequence[str] | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Experiment:
    """Run the arms of a scenario, each with the same seeds, and compare them with the first one.

    ``scenario`` is a file or a loaded Scenario (to which no ``set`` can be applied any more); what is not
    given is the scenario's. ``set`` holds ``path=value`` texts, applied last. ``out`` is the run folder: it may
    be empty or hold the same experiment, which is then resumed. ``progress`` is told (ended, total).

    Raises InputError for what cannot be used, RunFailed when runs failed.
    """
    from twin.runs.experiment import Means
    from twin.runs.experiment import run as run_experiment

    means = Means(jobs=jobs, out=out, progress=progress, publish=publish)
    loaded = _loaded(scenario, set)
    said = {given.partition("=")[0].strip() for given in loaded.sets}  # what is set comes last, after -n and --seed too
    return run_experiment(
        loaded, arms or None, None if "replications" in said else replications, None if "seed" in said else seed, means
    )


def publish(experiment: Experiment, folder: RunFolder) -> None:
    """Write the figures and the one-page summary of an experiment into its folder."""
    from twin.report import figures
    from twin.report.page import page
    from twin.report.profiles import profiles_of

    profiles = profiles_of(experiment, folder)
    drawings: dict[str, dict[str, str]] = {}
    for lang in figures.LANGUAGES:
        for name, figure in figures.draw(experiment, profiles, lang).items():
            drawings.setdefault(name, {})[lang] = figures.svg(figure, lang)
            picture = figures.png(figure, lang)
            if picture is not None:
                folder.write(f"figures/{name}-{lang}.png", picture)
    folder.write("summary.html", page(experiment, profiles, drawings))


def _loaded(scenario: str | Path | Scenario, sets: Sequence[str] | None) -> Scenario:
    from twin.errors import InputError
    from twin.scenario.load import load

    if isinstance(scenario, str | Path):
        return load(scenario, sets=list(sets or ()))
    if sets:
        raise InputError.of("R215", scenario=scenario.name)
    return scenario
