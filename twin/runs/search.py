"""Policy search: lever settings tried for several metrics at once, and what is left of the best on other seeds.

An optimiser (Optuna, an extra) proposes settings of the levers, never a seed: every setting is measured with the same
seeds. What looks best on those seeds looks better than it is, so the front is measured again on seeds that the search
has not seen, beside the arm as it stands, and that is what is reported. Settings are proposed in rounds of a fixed size
and told in their order, so neither the number of processes nor a kill changes what comes out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.columns import Floats
from twin.errors import InputError, closest
from twin.runs.compare import Difference, Estimate, estimate, paired_difference, with_beside
from twin.runs.experiment import ALONE, RESULTS_VERSION, Means, Measure, Plan, Run, growing, metric_book
from twin.runs.families import corrected
from twin.runs.layout import LEVERS, SweepAxis, axes_of
from twin.runs.margins import margin_of
from twin.runs.pareto import pareto
from twin.runs.sweep import PointWork, said_of_axes
from twin.scenario.load import load, variants
from twin.scenario.sweeping import OVER, Axis

if TYPE_CHECKING:
    from twin.core.mechanism import Metric
    from twin.runs.store import RunFolder
    from twin.scenario.load import Scenario

ROUND = 8
MOST_ON_FRONT = 12
TRIALS = 48
LEAST = 2
"""Of settings that are tried, and of held-out seeds: one setting is no search, and one seed gives no interval."""
_SEARCH_SEED = 1
_KEY_LENGTH = 16
Sets = tuple[str, ...]
Publish = Callable[["Searched", "RunFolder"], None]


@dataclass(frozen=True)
class Setting:
    """A lever setting on seeds that the search has not seen; ``trained`` are the means on those that it has.

    ``unbeaten`` is the share of resamples in which no other setting shown is at least as good in everything. ``sets``
    is empty for the arm as it stands. ``beside`` is what the outcomes mislead without, as far as it is defined in
    every seed.
    """

    sets: Sets
    trained: Mapping[str, float]
    estimates: Mapping[str, Estimate]
    differences: Mapping[str, Difference]
    unbeaten: float
    beside: Mapping[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "set": list(self.sets),
            "unbeaten": self.unbeaten,
            "metrics": {
                name: {"mean": one.mean, "ci95": list(one.ci95 or ()), "trained": self.trained[name]}
                for name, one in self.estimates.items()
            },
            "beside": {name: {"mean": one.mean, "ci95": list(one.ci95 or ())} for name, one in self.beside.items()},
            "differences": {
                name: {"mean": one.mean, "ci95": list(one.ci95 or ()), "verdict": one.verdict}
                for name, one in self.differences.items()
            },
        }


@dataclass(frozen=True)
class Searched:
    """What a search found: the arm as it stands first, then the front, the best in the first metric first."""

    scenario: Scenario
    arm: str
    outcomes: tuple[str, ...]
    axes: tuple[SweepAxis, ...]
    tried: int
    undefined: int
    seeds: tuple[int, ...]
    held_out: tuple[int, ...]
    settings: tuple[Setting, ...]
    book: Mapping[str, Metric]
    runs: int
    out: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``twin search --json`` prints (schema ``twin.search/1``)."""
        return {
            "schema": "twin.search/1",
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "results_version": RESULTS_VERSION,
            "arm": self.arm,
            "outcomes": {name: self.book[name].better for name in self.outcomes},
            "axes": [axis.path for axis in self.axes],
            "tried": self.tried,
            "undefined": self.undefined,
            "seeds": [self.seeds[0], self.seeds[-1]],
            "held_out_seeds": [self.held_out[0], self.held_out[-1]],
            "runs": self.runs,
            "as_it_stands": self.settings[0].to_json(),
            "front": [one.to_json() for one in self.settings[1:]],
        }


def search(
    path: str | Path,
    arm: str | None = None,
    sets: Sequence[str] = (),
    over: Mapping[str, Axis] | None = None,
    outcomes: Sequence[str] = (),
    trials: int = TRIALS,
    replications: int | None = None,
    held_out: int | None = None,
    seed: int | None = None,
    means: Means = ALONE,
    publish: Publish | None = None,
) -> Searched:
    """Search the levers (``over``, else the scenario's) of an arm for its primary metrics, or those named.

    ``held_out`` seeds follow those of the search (as many, if not given, and no fewer than 2). ``publish`` adds its
    files to the folder where the runs are kept. Raises InputError R268 (too few trials or held-out seeds), R269
    (nothing to move), R259 (unknown metric), R285 (no direction of it is better), R286 (Optuna is not installed).
    """
    _refuse_few(trials, held_out)
    base = load(path, sets=sets)
    chosen = base.arm(arm).name if arm else next(iter(base.arms))
    book = metric_book()
    names = _objectives(base, book, outcomes)
    axes = _axes(base, chosen, over)
    seeds = Plan.of(base, (chosen,), replications, seed).seeds
    later = tuple(range(seeds[-1] + 1, seeds[-1] + 1 + (held_out or max(LEAST, len(seeds)))))
    about = [axis.path for axis in axes] + [str(trials), *names, f"{len(seeds)}+{len(later)}"]
    plan = Plan((f"search {'|'.join(about)}",), seeds)
    with growing(base, plan, means) as (measured, folder):
        bench = Bench(Path(path), chosen, tuple(sets), names, OVER if over else LEVERS, measured, {}, {}, [], {})
        tried = _tried(bench, axes, book, seeds, trials)
        settings = _again(bench, base, ((), *_front(tried, names, book)), book, seeds, later)
        undefined = sum(one is None for one in tried.values())
        told = Searched(base, chosen, names, axes, len(tried), undefined, seeds, later, settings, book,
                        len(bench.asked), folder.path if folder else None)  # fmt: skip
        if folder:
            _write(folder, told, publish)
    return told


def _refuse_few(trials: int, held_out: int | None) -> None:
    for option, given in (("--trials", trials), ("--held-out", held_out)):
        if given is not None and given < LEAST:
            raise InputError.of("R268", option=option, given=given, least=LEAST)


def _axes(scenario: Scenario, arm: str, over: Mapping[str, Axis] | None) -> tuple[SweepAxis, ...]:
    if not over and not scenario.levers:
        raise InputError.of("R269")
    return tuple(axes_of(scenario, arm, over))


def _write(folder: RunFolder, told: Searched, publish: Publish | None) -> None:
    folder.write("search.json", json.dumps(told.to_json(), indent=1, ensure_ascii=False) + "\n")
    if publish:
        publish(told, folder)


@dataclass(frozen=True)
class Bench:
    """Measures settings by seed; settings that say the same are run once. ``asked`` are all runs so far.

    ``where`` is what messages call the place where the axes were asked for, ``results`` what the runs gave.
    """

    path: Path
    arm: str
    sets: Sets
    outcomes: tuple[str, ...]
    where: str
    measured: Measure
    keys: dict[Sets, str]
    scenarios: dict[str, Scenario]
    asked: list[Run]
    results: dict[Run, dict[str, float]]

    def __call__(self, settings: Sequence[Sets], seeds: Sequence[int]) -> dict[Sets, Floats | None]:
        """Return by setting the outcomes (outcomes, seeds); ``None`` where one is undefined in some seed."""
        fresh = [one for one in dict.fromkeys(settings) if one not in self.keys]
        for one, scenario in zip(fresh, self._variants(fresh), strict=True):
            self.keys[one] = scenario.digest[:_KEY_LENGTH]
            self.scenarios[self.keys[one]] = replace(scenario, sources={}, origins={}, doubts=())
        runs = dict.fromkeys((self.keys[one], seed) for one in settings for seed in seeds)
        self.asked.extend(run for run in runs if run not in set(self.asked))
        needed = {key: self.scenarios[key] for key, _ in runs}
        found = self.measured(self.asked, PointWork(needed, self.arm))
        self.results.update(found)
        return {one: self._values([found[self.keys[one], seed] for seed in seeds]) for one in settings}

    def beside(self, setting: Sets, seeds: Sequence[int], names: Sequence[str]) -> dict[str, Estimate]:
        """Return further metrics of runs that were made, those that are defined in every one."""
        runs = [self.results[self.keys[setting], seed] for seed in seeds]
        defined = [name for name in names if all(name in metrics for metrics in runs)]
        return {name: estimate([metrics[name] for metrics in runs]) for name in defined}

    def _variants(self, settings: Sequence[Sets]) -> list[Scenario]:
        try:
            return variants(self.path, self.arm, self.sets, settings)
        except InputError as error:
            raise said_of_axes(error, len(self.sets), max(map(len, settings)), self.where) from None

    def _values(self, runs: Sequence[Mapping[str, float]]) -> Floats | None:
        if any(name not in metrics for metrics in runs for name in self.outcomes):
            return None
        return np.array([[metrics[name] for metrics in runs] for name in self.outcomes], np.float64)


def _objectives(scenario: Scenario, book: Mapping[str, Metric], asked: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(asked)) or scenario.primary
    if not names:
        raise InputError.of("R285", metric="")
    for name in names:
        if name not in book:
            raise InputError.of("R259", metric=name, suggestion=closest(name, book), known=sorted(book))
        if not book[name].better:
            raise InputError.of("R285", metric=name)
    return names


def _tried(
    bench: Bench, axes: Sequence[SweepAxis], book: Mapping[str, Metric], seeds: Sequence[int], trials: int
) -> dict[Sets, Floats | None]:
    """Return the means of every setting that was tried (``None``: undefined), in the order of the trials."""
    optuna = _optuna()
    directions = ["minimize" if book[name].better == "lower" else "maximize" for name in bench.outcomes]
    sampler = optuna.samplers.TPESampler(seed=_SEARCH_SEED, n_startup_trials=max(ROUND, trials // 3), multivariate=True)
    study = optuna.create_study(directions=directions, sampler=sampler)
    tried: dict[Sets, Floats | None] = {}
    for first in range(0, trials, ROUND):
        asked = [study.ask() for _ in range(min(ROUND, trials - first))]
        settings = [tuple(f"{axis.path}={_proposed(trial, axis)}" for axis in axes) for trial in asked]
        values = bench(settings, seeds)
        for trial, setting in zip(asked, settings, strict=True):
            found = values[setting]
            tried[setting] = None if found is None else found.mean(axis=1)
            if found is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, found.mean(axis=1).tolist())
    return tried


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise InputError.of("R286", package="optuna", extra="search") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _proposed(trial: Any, axis: SweepAxis) -> str:
    """Return a value of an axis as text; ranges are proposed by how far up they lie."""
    if axis.span is None:
        return str(trial.suggest_categorical(axis.path, list(axis.values)))
    return axis.at(trial.suggest_float(axis.path, 0.0, 1.0))


def _front(tried: Mapping[Sets, Floats | None], names: Sequence[str], book: Mapping[str, Metric]) -> list[Sets]:
    """Return the settings that none beats in the means, the best in the first metric first, and not too many."""
    known = {setting: found for setting, found in tried.items() if found is not None}
    if not known:
        return []
    signs = np.array([1.0 if book[name].better == "higher" else -1.0 for name in names])
    gains = {setting: found * signs for setting, found in known.items()}
    kept = [one for one, gain in gains.items() if not any(_beats(other, gain) for other in gains.values())]
    kept.sort(key=lambda one: (-gains[one][0], one))
    step = max(1.0, (len(kept) - 1) / (MOST_ON_FRONT - 1))
    chosen = dict.fromkeys(round(at * step) for at in range(min(len(kept), MOST_ON_FRONT)))
    return [kept[at] for at in chosen]


def _beats(one: Floats, other: Floats) -> bool:
    return bool((one >= other).all() and (one > other).any())


def _again(
    bench: Bench, base: Scenario, settings: Sequence[Sets], book: Mapping[str, Metric], seeds: Sequence[int],
    later: Sequence[int],
) -> tuple[Setting, ...]:  # fmt: skip
    """Measure the arm as it stands and the front on seeds that the search has not seen."""
    trained, found = bench(settings, seeds), bench(settings, later)
    seen = {one: values for one, values in trained.items() if values is not None}
    known = {one: values for one, values in found.items() if values is not None and one in seen}
    if () not in known:
        raise InputError.of("R287", arm=bench.arm)
    names = bench.outcomes
    signs = np.array([1.0 if book[name].better == "higher" else -1.0 for name in names])
    stand = [str(at) for at in range(len(known))]
    shares = pareto(stand, names, np.array(list(known.values())) * signs[:, None]).unbeaten
    compared = _compared(base, known, names, book)
    others = with_beside(names, book)[len(names) :]
    return tuple(
        Setting(one, dict(zip(names, seen[one].mean(axis=1).tolist(), strict=True)),
                {name: estimate(values[at].tolist()) for at, name in enumerate(names)},
                {name: compared[one, name] for name in names if (one, name) in compared}, shares[str(place)],
                bench.beside(one, later, others))
        for place, (one, values) in enumerate(known.items())
    )  # fmt: skip


def _compared(
    base: Scenario, known: Mapping[Sets, Floats], names: Sequence[str], book: Mapping[str, Metric]
) -> dict[tuple[Sets, str], Difference]:
    """Return the paired differences from the arm as it stands, judged together."""
    stands = known[()]
    found = {
        (one, name): paired_difference(stands[at].tolist(), values[at].tolist(), book[name].better,
                                       margin_of(base, name, book[name], float(stands[at].mean())))
        for one, values in known.items() if one
        for at, name in enumerate(names)
    }  # fmt: skip
    return corrected(found, list(found))
