"""Reports: sentences, sheets, figures and the one-page summary; and the run that comes with all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.errors import Words
    from twin.runs.experiment import Experiment, Means
    from twin.runs.store import RunFolder
    from twin.scenario.load import Scenario


def run(
    scenario: str | Path | Scenario,
    arms: Sequence[str] | None = None,
    replications: int | str | None = None,
    seed: int | None = None,
    set: Sequence[str] | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    notice: Callable[[Words], None] | None = None,
    replace: bool = False,
    lang: str = "en",
    *,
    shard: str | None = None,
    reuse: Sequence[str | Path] = (),
    cluster: str | None = None,
    request: Mapping[str, Any] | None = None,
) -> Experiment:
    """Run the arms of a scenario, each with the same seeds, and compare them with the first one.

    ``scenario`` is a file or a loaded Scenario (to which no ``set`` can be applied any more); what is not
    given is the scenario's; ``replications="auto"`` makes as many as sharp intervals take. ``set`` holds
    ``path=value`` texts, applied last. ``out`` is the run folder: it may be empty or hold the same experiment, which
    is then resumed. ``progress`` is told (ended, total), ``notice`` what the user should know (default: a Python
    warning). With ``replace`` a run folder that holds something else, or was computed by another state of the
    program, is cleared. ``lang`` ("en" or "zh") is the language in which the page of the run folder opens; it has
    both. ``reuse`` names run folders from which runs with the same content are taken, ``cluster`` a Dask scheduler.
    With a ``shard`` ("2/5") only its runs are made and ShardDone is raised. ``request`` is kept with the session.

    Raises InputError for what cannot be used, RunFailed when runs failed.
    """
    from twin.runs.experiment import Means
    from twin.runs.merge import Shard

    means = Means(
        jobs=jobs, out=out, progress=progress, notice=notice, replace=replace, publish=partial(publish, lang=lang),
        shard=Shard.of(shard) if shard else None, reuse=tuple(reuse), cluster=cluster, request=request,
    )  # fmt: skip
    return _run(_loaded(scenario, set), arms, replications, seed, means)


def _run(
    loaded: Scenario, arms: Sequence[str] | None, replications: int | str | None, seed: int | None, means: Means
) -> Experiment:
    """What is set comes last, after the number of replications and the seed too."""
    from twin.runs.experiment import run as run_experiment
    from twin.runs.sequential import replications_of

    said = {given.partition("=")[0].strip() for given in loaded.sets}
    count = None if "replications" in said else replications_of(replications)
    return run_experiment(loaded, arms or None, count, None if "seed" in said else seed, means)


def publish(experiment: Experiment, folder: RunFolder, lang: str = "en") -> None:
    """Write the figures and the one-page summary, which opens in ``lang``, of an experiment into its folder."""
    from twin.report import figures, maps
    from twin.report.page import page
    from twin.report.profiles import profiles_of

    profiles, atlas = profiles_of(experiment, folder), maps.atlas_of(experiment, folder)
    drawings: dict[str, dict[str, str]] = {}
    for tongue in figures.LANGUAGES:
        drawn = figures.draw(experiment, profiles, tongue) | (maps.draw(atlas, tongue) if atlas else {})
        for name, figure in drawn.items():
            drawings.setdefault(name, {})[tongue] = maps.light(figures.svg(figure, tongue))
            picture = figures.png(figure, tongue)
            if picture is not None:
                folder.write(f"figures/{name}-{tongue}.png", picture)
    if atlas:
        folder.write("map.geojson", maps.geojson(atlas))
    folder.write("summary.html", page(experiment, profiles, drawings, maps.told(atlas) if atlas else None, lang))


def _loaded(scenario: str | Path | Scenario, sets: Sequence[str] | None) -> Scenario:
    from twin.errors import InputError
    from twin.scenario.load import load

    if isinstance(scenario, str | Path):
        return load(scenario, sets=list(sets or ()))
    if sets:
        raise InputError.of("R215", scenario=scenario.name)
    return scenario
