"""Arms × seeds: run every arm with the same list of seeds, and keep what was measured.

The seed is the replication's index, shared by all arms, so that every difference is taken between twins. What
comes out depends on scenario, arms and seeds alone: not on the number of processes, nor on who ends first.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.parameters import data_digest_of
from twin.errors import Complaint, InputError, InvariantBroken, RunFailed, TwinError, Words, closest
from twin.runs.compare import Difference, Estimate, estimate, paired_difference
from twin.runs.equity import GroupEffect, equity_of
from twin.runs.families import corrected
from twin.runs.ledgers import CONTENTS, RESOLVED, TOTAL
from twin.runs.luck import shared_luck
from twin.runs.margins import margin_of
from twin.runs.merge import Shard, ShardDone
from twin.runs.pareto import pareto_of
from twin.runs.pool import Failure, compute, processes
from twin.runs.provenance import code_fingerprint
from twin.runs.regret import Regret, regrets
from twin.runs.reuse import Reuse, contents_of, take_from
from twin.runs.sequential import Auto, Stopped, stopped
from twin.runs.store import Identity, Packed, RunFolder, Tables, canonical, folder_of, packed

if TYPE_CHECKING:
    from pandas import DataFrame

    from twin.core.engine import Engine
    from twin.core.mechanism import Metric
    from twin.runs.frames import OfExperiment
    from twin.scenario.load import Scenario

RESULTS_VERSION = 4
"""Raised by hand whenever the same scenario and seed are meant to give other results."""

_DAMAGED = Words(
    "{folder}: what is stored of {count} run(s) is damaged (its sha256 differs); computed again: {runs}",
    "{folder}：有 {count} 次运行的存储内容已损坏（sha256 不符），现重新计算：{runs}",
)
_TAKEN = Words("{count} run(s) taken from {folder}", "从 {folder} 取用 {count} 次运行")
_RUNS_NAMED = 5

MOST_SEEDS = 2**63
MOST_REPLICATIONS = 1_000_000

Run = tuple[str, int]
Values = tuple[float | None, ...]
Found = dict[Run, dict[str, float]]
Work = Callable[[str, int], "Result"]
Measure = Callable[[Sequence[Run], Work], Found]
Publish = Callable[["Experiment", RunFolder], None]


@dataclass(frozen=True)
class Result:
    """What one run gave: metrics at its end, daily series, and tables of columns (empty: not asked for)."""

    metrics: Mapping[str, float]
    series: Mapping[str, np.ndarray]
    tables: Tables


@dataclass(frozen=True)
class Plan:
    """Which runs there are: every arm with every seed."""

    arms: tuple[str, ...]
    seeds: tuple[int, ...]

    @classmethod
    def of(
        cls, scenario: Scenario, arms: Sequence[str] | None, replications: int | Auto | None, seed: int | None
    ) -> Plan:
        """Take from the scenario what is not given; the first arm is the baseline. ``Auto`` begins with its first few.

        Raises InputError S110 (unknown arm), R212 (no replications), R213 (seed out of range).
        """
        chosen = tuple(dict.fromkeys(arms or scenario.arms))
        unknown = [Complaint("S110", None, _unknown(arm, scenario)) for arm in chosen if arm not in scenario.arms]
        if unknown:
            raise InputError(unknown)
        count = scenario.replications if replications is None else replications
        count = index(count.first if isinstance(count, Auto) else count)  # NumPy's whole numbers are welcome
        first = index(scenario.seed if seed is None else seed)
        if not 1 <= count <= MOST_REPLICATIONS:
            raise InputError.of("R212", replications=count, most=MOST_REPLICATIONS)
        if not 0 <= first < MOST_SEEDS - count:
            raise InputError.of("R213", seed=first)
        return cls(chosen, tuple(range(first, first + count)))

    def longer(self, count: int) -> Plan:
        """Return the plan with so many seeds."""
        return replace(self, seeds=tuple(range(self.seeds[0], self.seeds[0] + count)))

    def runs(self) -> list[Run]:
        """All runs, one replication of every arm after the other."""
        return [(arm, seed) for seed in self.seeds for arm in self.arms]


@dataclass(frozen=True)
class Means:
    """How an experiment is carried out; none of it changes a result.

    ``out`` is the run folder (``None``: nothing is kept), which is cleared with ``replace`` if it holds something
    else. ``progress`` is told (ended, total), ``notice`` what the user should know (``None``: a Python warning).
    ``publish`` adds the report to a finished folder, ``warm_up`` is called before processes start. With a ``shard``
    only its runs are made, and ShardDone is raised. ``reuse`` are run folders, or folders of them, from which runs
    with the same content are taken. ``cluster`` is the address of a Dask scheduler that computes in place of
    processes. ``request`` is what was asked for, as the folder remembers it.
    """

    jobs: int = 1
    out: str | Path | None = None
    progress: Callable[[int, int], None] | None = None
    notice: Callable[[Words], None] | None = None
    replace: bool = False
    publish: Publish | None = None
    warm_up: Callable[[], None] | None = None
    shard: Shard | None = None
    reuse: tuple[str | Path, ...] = ()
    cluster: str | None = None
    request: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no number of processes, whoever asks for it; raises InputError R214."""
        if not isinstance(self.jobs, (int, np.integer)) or self.jobs < 1:
            raise InputError.of("R214", jobs=self.jobs)


ALONE = Means()
"""One process, nothing kept, nothing shown."""


@dataclass(frozen=True)
class Experiment:
    """The measured values of arms × seeds, and what follows from them.

    ``values[arm][metric]`` holds one value a seed, ``None`` where the metric is undefined in that run;
    ``book`` says what each metric is; ``data`` holds the digests of :func:`data_of`. ``stopped`` tells why there are
    no more replications, where their number was left open; ``equity`` who gains and who loses, where tables were kept.
    """

    scenario: Scenario
    plan: Plan
    values: Mapping[str, Mapping[str, Values]]
    book: Mapping[str, Metric]
    out: Path | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    stopped: Stopped | None = None
    equity: tuple[GroupEffect, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, the baseline first."""
        return self.plan.arms

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self.plan.arms[0]

    @property
    def replications(self) -> int:
        """How many seeds every arm ran with."""
        return len(self.plan.seeds)

    @functools.cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """Mean and interval by arm and metric, for metrics that are defined in every seed of the arm."""
        return {arm: {name: estimate(found) for name, found in self.defined(arm).items()} for arm in self.arms}

    @functools.cached_property
    def differences(self) -> dict[str, dict[str, Difference]]:
        """Paired difference from the baseline by option and metric, where both are defined throughout.

        Judged together: the primary outcomes of all options are one family, all other metrics another.
        """
        found = self._judged({(self.baseline, arm): self._against(self.baseline, arm) for arm in self.arms[1:]})
        return found.get(self.baseline, {})

    @functools.cached_property
    def parts(self) -> dict[str, dict[str, dict[str, Difference]]]:
        """Paired differences of changed copies from their original, where that is not the baseline.

        By original, copy and metric: what a part of a policy is worth when it alone is taken back.
        """
        copies = [(self.scenario.arms[arm].like, arm) for arm in self.arms]
        return self._judged(
            {
                (original, arm): self._against(original, arm)
                for original, arm in copies
                if original in self.arms and original != self.baseline
            }
        )

    @property
    def undefined(self) -> list[tuple[str, str, int]]:
        """(arm, metric, seeds without a value) for every metric that was left out of an arm.

        A metric that an arm never has is told if it is a primary one or if another arm has it.
        """
        wanted = dict.fromkeys([*self.scenario.primary, *(name for arm in self.arms for name in self.values[arm])])
        nowhere = (None,) * self.replications
        counts = [(arm, name, self.values[arm].get(name, nowhere).count(None)) for arm in self.arms for name in wanted]
        return [(arm, name, count) for arm, name, count in counts if count]

    @property
    def input_digest(self) -> str:
        """sha256 of what was run: the scenario's own, joined with those of the data that it reads, if any."""
        return _sha256([self.scenario.digest, self.data]) if self.data else self.scenario.digest

    @property
    def digest(self) -> str:
        """sha256 of the results alone: arms, seeds, metrics, values."""
        content = {"seeds": self.plan.seeds, "arms": self.arms, "values": self.values}
        return _sha256(content)

    def regrets(self, name: str) -> dict[str, Regret]:
        """Return by arm what it gives up in a metric (where every arm has it and a direction of it is better)."""
        better, found = self.book[name].better, {arm: self.defined(arm).get(name) for arm in self.arms}
        values = {arm: one for arm, one in found.items() if one is not None}
        return regrets(values, better) if better is not None and len(values) == len(self.arms) else {}

    def frame(self, what: OfExperiment = "values") -> DataFrame:
        """Return a data frame: "values" (one row an arm, seed and metric), "estimates" or "differences"."""
        from twin.runs.frames import experiment_frame

        return experiment_frame(self, what)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``twin run --json`` prints (schema ``twin.run/1``)."""
        return {
            "schema": "twin.run/1",
            "scenario": self.scenario.name,
            "digest": self.input_digest,
            "results_version": RESULTS_VERSION,
            **({"plugins": dict(self.scenario.plugins)} if self.scenario.plugins else {}),
            "replications": self.replications,
            **({"stopped": self.stopped.to_json()} if self.stopped else {}),
            "arms": {arm: self._arm_json(arm) for arm in self.arms},
            "differences": {
                arm: {name: _difference_json(found) for name, found in differences.items()}
                for arm, differences in self.differences.items()
            },
        }

    def defined(self, arm: str) -> dict[str, tuple[float, ...]]:
        """Return the values, one a seed, of every metric that an arm has in every seed."""
        found = {name: _all_defined(values) for name, values in self.values[arm].items()}
        return {name: values for name, values in found.items() if values}

    def _against(self, original: str, arm: str) -> dict[str, Difference]:
        base, option = self.defined(original), self.defined(arm)
        return {
            name: paired_difference(base[name], option[name], self.book[name].better, self.margin(name, original))
            for name in base
            if name in option
        }

    def margin(self, name: str, original: str) -> float:
        """Return the smallest difference from an arm that matters, in the unit of the metric."""
        return margin_of(self.scenario, name, self.book[name], self.estimates[original][name].mean)

    def _judged(
        self, raw: Mapping[tuple[str, str], Mapping[str, Difference]]
    ) -> dict[str, dict[str, dict[str, Difference]]]:
        """Judge all of these differences together; by original, arm and metric."""
        flat = {(*pair, name): one for pair, found in raw.items() for name, one in found.items()}
        primary = [key for key in flat if key[2] in self.scenario.primary]
        told: dict[str, dict[str, dict[str, Difference]]] = {}
        for original, arm in raw:
            told.setdefault(original, {})[arm] = {}
        for (original, arm, name), one in corrected(flat, primary).items():
            told[original][arm][name] = one
        return told

    def _arm_json(self, arm: str) -> dict[str, Any]:
        values = self.defined(arm)
        return {
            name: {**_estimate_json(found), "unit": self.book[name].unit, "values": list(values[name])}
            for name, found in self.estimates[arm].items()
        }


def run(
    scenario: Scenario,
    arms: Sequence[str] | None = None,
    replications: int | Auto | None = None,
    seed: int | None = None,
    means: Means = ALONE,
) -> Experiment:
    """Run arms × seeds; what is not given is the scenario's. With ``Auto`` the intervals decide how many seeds.

    Raises InputError for what was asked wrongly and RunFailed, after all other runs have ended, when runs
    failed.
    """
    plan = Plan.of(scenario, arms, replications, seed)
    work = functools.partial(run_one if means.out is not None else measure_one, scenario)
    rule = replications if isinstance(replications, Auto) else None
    if means.shard and rule:
        raise InputError.of("R276")
    kept = {arm: (scenario, arm) for arm in plan.arms} if means.out is not None else {}
    reuse = Reuse(contents_of(kept, RESULTS_VERSION))
    return conduct(scenario, plan, work, metric_book(), replace(means, warm_up=means.warm_up or warm_up), rule, reuse)


def run_one(scenario: Scenario, arm: str, seed: int) -> Result:
    """Run one arm with one seed and return everything it left behind."""
    from twin.runs.tables import tables_of

    engine = simulate(scenario, arm, seed)
    return Result(engine.metrics(), engine.series, tables_of(engine))


def measure_one(scenario: Scenario, arm: str, seed: int) -> Result:
    """Run one arm with one seed and return its metrics only, which is faster."""
    return Result(simulate(scenario, arm, seed).metrics(), {}, {})


def simulate(scenario: Scenario, arm: str, seed: int) -> Engine:
    """Build the neighbourhood, live through all its days, and return the engine at rest."""
    from twin.scenario.build import engine_for

    engine = engine_for(scenario, arm, seed)
    engine.run()
    return engine


def warm_up() -> None:
    """Compile the kernels once, here, so that the processes find them on disk."""
    from twin.desk import warm_up

    warm_up()


def metric_book() -> dict[str, Metric]:
    """Return every metric of the catalogue by name, those of one mechanism together."""
    from twin.mechanisms import CATALOGUE

    return {name: metric for mechanism in sorted(CATALOGUE) for name, metric in CATALOGUE[mechanism].metrics.items()}


def conduct(
    scenario: Scenario,
    plan: Plan,
    work: Work,
    book: Mapping[str, Metric],
    means: Means = ALONE,
    rule: Auto | None = None,
    reuse: Reuse | None = None,
) -> Experiment:
    """Carry out a plan with any ``work(arm, seed)`` that returns a Result (and pickles, for several jobs).

    With a ``rule`` the plan grows until it says stop. ``reuse`` says what runs are in other folders, too.
    """
    data = data_of(scenario)
    with ExitStack() as stack:
        stack.enter_context(processes(means.jobs))
        folder = None
        if means.out is not None:
            folder = stack.enter_context(
                _open(folder_of(means.out), scenario, plan, data, means, rule is not None, reuse)
            )
        while True:
            plan = plan.longer(folder.grown(len(plan.seeds))) if folder and rule else plan
            found = _complete(plan, work, means, folder, reuse)
            experiment = Experiment(scenario, plan, by_arm(plan, found), book, folder.path if folder else None, data)
            ended = stopped(experiment, rule) if rule else None
            if rule is None or ended:
                break
            plan = plan.longer(rule.after(len(plan.seeds)))
        experiment = replace(experiment, stopped=ended)
        if folder:
            experiment = replace(experiment, equity=tuple(equity_of(experiment, folder)))
            _write(folder, experiment, means)
    return experiment


# -- arms × seeds


@contextmanager
def completed(
    scenario: Scenario,
    plan: Plan,
    work: Work,
    means: Means,
    data: Mapping[str, str] | None = None,
    reuse: Reuse | None = None,
) -> Iterator[tuple[Found, RunFolder | None]]:
    """Carry out any plan, and give its metrics and the open folder (``None``: nothing is kept) to be written to.

    ``data`` are the digests of the data that the runs read (by default those of the scenario).
    """
    digests = data_of(scenario) if data is None else data
    means = replace(means, warm_up=means.warm_up or warm_up)
    with ExitStack() as stack:
        folder = None
        if means.out is not None:
            folder = stack.enter_context(_open(folder_of(means.out), scenario, plan, digests, means, reuse=reuse))
        found = _complete(plan, work, means, folder, reuse)
        if folder:
            folder.reopen()
        yield found, folder
        if folder:
            folder.finish(_sha256([[*run, found[run]] for run in sorted(plan.runs())]))


@dataclass(frozen=True)
class Runs:
    """A plan that is known bit by bit: the runs asked for so far."""

    tasks: Sequence[Run]

    def runs(self) -> list[Run]:
        """All runs so far."""
        return list(self.tasks)


@contextmanager
def growing(scenario: Scenario, plan: Plan, means: Means) -> Iterator[tuple[Measure, RunFolder | None]]:
    """Give a way to measure runs that are not known beforehand, and the open folder to be written to.

    ``plan`` names what is asked: the folder is that of this very question. Raises InputError R276 for a shard.
    """
    if means.shard:
        raise InputError.of("R276")
    means = replace(means, warm_up=means.warm_up or warm_up)
    found: Found = {}

    def measure(tasks: Sequence[Run], work: Work) -> Found:
        wanted = Runs(tasks) if folder else Runs([task for task in tasks if task not in found])
        found.update(_complete(wanted, work, means, folder, None))
        return found

    with ExitStack() as stack:
        stack.enter_context(processes(means.jobs))
        folder = None
        if means.out is not None:
            folder = stack.enter_context(_open(folder_of(means.out), scenario, plan, data_of(scenario), means))
            folder.reopen()
        yield measure, folder
        if folder:
            folder.finish(_sha256([[*run, found[run]] for run in sorted(found)]))


def data_of(scenario: Scenario) -> dict[str, str]:
    """Return the digests of the data that the scenario's blocks read, by ``arm.block``; most read none.

    Raises InputError for data that cannot be read.
    """
    blocks = {f"{name}.{block}": values for name, arm in scenario.arms.items() for block, values in arm.blocks.items()}
    found = {name: data_digest_of(values) for name, values in sorted(blocks.items())}
    return {name: digest for name, digest in found.items() if digest}


def _open(
    out: Path,
    scenario: Scenario,
    plan: Plan,
    data: Mapping[str, str],
    means: Means,
    open_ended: bool = False,
    reuse: Reuse | None = None,
) -> RunFolder:
    seen = _sha256(data) if data else ""
    identity = Identity(scenario.digest, RESULTS_VERSION, plan.arms, plan.seeds[0], seen, code_fingerprint())
    where = {"jobs": means.jobs} if means.cluster is None else {"cluster": means.cluster}
    said = {**where, "sets": list(scenario.sets), "data": data, "plugins": dict(scenario.plugins),
            "sources": dict(scenario.sources)}  # fmt: skip
    said |= {"request": dict(means.request)} if means.request else {}
    folder = RunFolder.open(out, identity, len(plan.seeds), said, means.replace, open_ended)
    if reuse:
        folder.remember(CONTENTS, canonical(reuse.contents))
        folder.remember(RESOLVED, canonical(scenario.resolved))
    if folder.damaged:
        _tell_damage(folder, means)
    return folder


def _tell_damage(folder: RunFolder, means: Means) -> None:
    named = [f"{arm} {seed}" for arm, seed in folder.damaged[:_RUNS_NAMED]]
    more = ["..."] if len(folder.damaged) > _RUNS_NAMED else []
    values = {"folder": folder.path, "count": len(folder.damaged), "runs": ", ".join(named + more)}
    said = Words(_DAMAGED.en.format(**values), _DAMAGED.zh.format(**values))
    if means.notice:
        means.notice(said)
    else:
        warnings.warn(said.en, stacklevel=2)


def _complete(plan: Plan | Runs, work: Work, means: Means, folder: RunFolder | None, reuse: Reuse | None) -> Found:
    """Return the metrics of every run, computing those that the folder does not hold yet."""
    missing = _missing(plan, means, folder, reuse)
    found = folder.finished() if folder else {}
    if missing and means.jobs > 1 and means.warm_up and not means.cluster:
        means.warm_up()
    failures = {}
    outcomes = _computed(missing, functools.partial(_packed, work), means)
    total = len(means.shard.part(plan.runs()) if means.shard else plan.runs())
    for ended, (task, outcome) in enumerate(outcomes, total - len(missing) + 1):
        if isinstance(outcome, Failure):
            failures[task] = outcome
            _keep_failure(folder, task, outcome)
        else:
            found[task] = _keep(folder, task, outcome)
        if means.progress:
            means.progress(ended, total)
    if failures:
        raise run_failed(failures, total)
    if means.shard and folder:
        folder.end("finished")
        raise ShardDone(means.shard, folder.path, total, len(plan.runs()))
    return found


def _missing(plan: Plan | Runs, means: Means, folder: RunFolder | None, reuse: Reuse | None) -> list[Run]:
    """Return the runs to be computed: those asked for that neither the folder nor any other holds."""
    if means.shard and not folder:
        raise InputError.of("R277", option="--shard")
    if means.reuse and not folder:
        raise InputError.of("R277", option="--reuse")
    if folder:
        folder.remember(TOTAL, str(len(plan.runs())))
    wanted = means.shard.part(plan.runs()) if means.shard else plan.runs()
    held = folder.finished() if folder else {}
    missing = [task for task in wanted if task not in held]
    if folder and reuse and means.reuse:
        taken = take_from(means.reuse, folder, reuse, missing)
        _tell_taken(taken, means)
        missing = [task for task in missing if task not in taken]
    return missing


def _tell_taken(taken: Mapping[Run, Path], means: Means) -> None:
    for place in sorted(set(taken.values())) if means.notice else ():
        values = {"count": sum(one == place for one in taken.values()), "folder": place}
        if means.notice:
            means.notice(Words(_TAKEN.en.format(**values), _TAKEN.zh.format(**values)))


def _computed(tasks: Sequence[Run], work: Callable[[Run], Any], means: Means) -> Iterator[tuple[Run, Any]]:
    if means.cluster is None:
        return compute(tasks, work, means.jobs)
    from twin.runs.cluster import compute_on

    return compute_on(means.cluster, tasks, work)


def _packed(work: Work, task: Run) -> Packed:
    """Run in the worker, so that packing is shared out too; a metric that is no number is undefined."""
    result = work(*task)
    metrics = {name: float(value) for name, value in sorted(result.metrics.items()) if math.isfinite(value)}
    tables = {**result.tables, **({"daily": _daily(result.series)} if result.series else {})}
    return packed(metrics, tables)


def _daily(series: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Daily series as one long table: day, metric, value."""
    ordered = {name: np.asarray(series[name], np.float64) for name in sorted(series)}
    return {
        "day": np.concatenate([np.arange(len(values)) for values in ordered.values()]),
        "metric": np.concatenate([np.full(len(values), name) for name, values in ordered.items()]),
        "value": np.concatenate(list(ordered.values())),
    }


def _keep(folder: RunFolder | None, task: Run, finished: Packed) -> dict[str, float]:
    if folder:
        folder.record(*task, finished)
    metrics: dict[str, float] = json.loads(finished.metrics)
    return metrics


def _keep_failure(folder: RunFolder | None, task: Run, failure: Failure) -> None:
    if folder:
        folder.record_failure(*task, failure.traceback or failure.reason)


def run_failed(failures: Mapping[Run, Failure], total: int) -> TwinError:
    """Speak of the first failure by arm and seed; whoever ended first must not matter."""
    (arm, seed), failure = min(failures.items(), key=lambda item: (item[0][1], item[0][0]))
    causes = failure.error.complaints if isinstance(failure.error, TwinError) else ()
    values = {"failed": len(failures), "total": total, "arm": arm, "seed": seed, "reason": _reason(failure)}
    kind = type(failure.error) if isinstance(failure.error, (InputError, InvariantBroken)) else RunFailed
    return kind([Complaint("R210", None, values), *causes])


def _reason(failure: Failure) -> object:
    if isinstance(failure.error, TwinError):
        return Words("see below", "见下")
    return Words("its process was killed", "其进程被终止") if failure.error is None else failure.reason


def by_arm(plan: Plan, found: Found) -> dict[str, dict[str, Values]]:
    """Return values by arm and metric, metrics by name, one value a seed."""
    return {arm: _by_metric([found[arm, seed] for seed in plan.seeds]) for arm in plan.arms}


def _by_metric(runs: Sequence[Mapping[str, float]]) -> dict[str, Values]:
    names = sorted({name for metrics in runs for name in metrics})
    return {name: tuple(metrics.get(name) for metrics in runs) for name in names}


# -- the folder's files


def _write(folder: RunFolder, experiment: Experiment, means: Means) -> None:
    folder.reopen()
    folder.write("scenario.yaml", experiment.scenario.text())
    for name, text in experiment.scenario.rule_files.items():
        folder.write(f"rules/{name}.yaml", text)
    folder.write_parquet("metrics.parquet", _metric_rows(experiment))
    folder.write_tables(experiment.arms)
    folder.write("summary.json", json.dumps(experiment.to_json(), indent=1, ensure_ascii=False) + "\n")
    told = comparison_json(experiment)
    folder.write("comparison.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    if means.publish:
        means.publish(experiment, folder)
    folder.finish(experiment.digest)


def _metric_rows(experiment: Experiment) -> dict[str, np.ndarray]:
    """Every value of every run, one a row."""
    rows = [
        (arm, seed, name, value, experiment.book[name].unit)
        for arm in experiment.arms
        for name, values in experiment.values[arm].items()
        for seed, value in zip(experiment.plan.seeds, values, strict=True)
        if value is not None
    ]
    kinds = (np.str_, np.int64, np.str_, np.float64, np.str_)
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    names = ("arm", "seed", "metric", "value", "unit")
    return {name: np.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)}


# -- the JSON form


def _sha256(content: object) -> str:
    return hashlib.sha256(canonical(content).encode("utf-8")).hexdigest()


def _all_defined(values: Values) -> tuple[float, ...]:
    """Return the values, or nothing if one is missing."""
    defined = tuple(value for value in values if value is not None)
    return defined if len(defined) == len(values) else ()


def _estimate_json(found: Estimate) -> dict[str, Any]:
    return {"mean": found.mean} if found.ci95 is None else {"mean": found.mean, "ci95": list(found.ci95)}


def _difference_json(found: Difference) -> dict[str, Any]:
    return {**_estimate_json(found), "verdict": found.verdict, "better_in": found.better_in}


def comparison_json(experiment: Experiment) -> dict[str, Any]:
    """Return every judgement of an experiment (schema ``twin.compare/1``): what stands behind the verdicts."""
    found = pareto_of(experiment)
    luck = shared_luck(experiment, experiment.scenario.primary)
    return {
        "schema": "twin.compare/1",
        "scenario": experiment.scenario.name,
        "digest": experiment.input_digest,
        "results_version": RESULTS_VERSION,
        "replications": experiment.replications,
        **({"stopped": experiment.stopped.to_json()} if experiment.stopped else {}),
        "primary": list(experiment.scenario.primary),
        "baseline": experiment.baseline,
        "differences": {
            arm: {name: judgement_json(found) for name, found in differences.items()}
            for arm, differences in experiment.differences.items()
        },
        **({"pareto": found.to_json()} if found else {}),
        "shared_luck": [{"arm": arm, "metric": name, **one.to_json()} for (arm, name), one in luck.items()],
        "groups": [one.to_json() for one in experiment.equity],
    }


def judgement_json(found: Difference) -> dict[str, Any]:
    """Return a difference with all that stands behind its verdict."""
    told = {
        "primary": found.primary, "p": found.p, "adjusted_p": found.adjusted_p, "margin": found.margin,
        "simultaneous_ci95": list(found.simultaneous) if found.simultaneous else None,
        "more_needed": found.more_needed,
    }  # fmt: skip
    return {**_difference_json(found), **{name: value for name, value in told.items() if value is not None}}


def _unknown(arm: str, scenario: Scenario) -> dict[str, object]:
    return {"arm": arm, "suggestion": closest(arm, scenario.arms), "known": tuple(scenario.arms)}
