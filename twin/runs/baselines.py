"""Baselines: what the arms of a scenario gave, seed by seed, when somebody last looked and accepted it.

The values of every seed are kept, not their mean: a changed program is then compared with the past in pairs. A file is
YAML with one line a metric, so that a review shows which ones moved; every acceptance says why.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.marked_yaml import Marked, flow, read
from twin.errors import Complaint, InputError, closest
from twin.runs.experiment import RESULTS_VERSION
from twin.runs.provenance import commit_of, git

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

BASELINES = Path("outputs") / "baselines"
DIGITS = 9
"""Significant digits that count: the last ones may differ between builds of numerical libraries."""

Values = tuple[float | None, ...]
_HEAD_TEXTS = ("scenario", "digest")
_SHOWN_KEYS = ("scenario", "results_version", "digest", "first_seed", "replications")


@dataclass(frozen=True)
class Baseline:
    """What is held against: ``values[arm][metric]`` has one value a seed, ``accepted`` says why they are so.

    ``sets`` is what was set in the scenario (fewer days, say), so that the guard can hold it against that again.
    """

    file: Path
    scenario: str
    results_version: int
    digest: str
    first_seed: int
    replications: int
    values: Mapping[str, Mapping[str, Values]]
    accepted: tuple[Mapping[str, Any], ...] = ()
    sets: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the file's text."""
        head = [f"{name}: {flow(getattr(self, name))}" for name in _SHOWN_KEYS]
        head += [f"sets: {flow(list(self.sets))}"] if self.sets else []
        lines = ["accepted:", *(f"  - {flow(dict(one))}" for one in self.accepted), "values:"]
        for arm, metrics in self.values.items():
            lines.append(f"  {flow(arm)}:")
            lines += [f"    {name}: {json.dumps(list(values))}" for name, values in sorted(metrics.items())]
        return "\n".join([*head, *lines]) + "\n"


def baseline_file(scenario: str | Path, folder: Path = BASELINES) -> Path:
    """Return where the baseline of a scenario's file lies."""
    return folder / f"{Path(scenario).stem}.yaml"


def baselines_of(scenarios: Sequence[str], folder: Path = BASELINES) -> dict[str, Baseline | None]:
    """Return the baseline of each scenario (``None``: there is none yet).

    Raises InputError R263 with every scenario whose file has the name of another one, which then has the baseline.
    """
    owners: dict[Path, str] = {}
    found: dict[str, Baseline | None] = {}
    faults: list[Complaint] = []
    for scenario in dict.fromkeys(scenarios):
        file = baseline_file(scenario, folder)
        found[scenario] = read_baseline(file)
        old = found[scenario]
        owner = owners.setdefault(file, old.scenario if old and Path(old.scenario).exists() else scenario)
        if Path(owner).resolve() != Path(scenario).resolve():
            faults.append(Complaint("R263", None, {"file": str(file), "held": owner, "scenario": str(scenario)}))
    if faults:
        raise InputError(faults)
    return found


def read_baseline(file: Path) -> Baseline | None:
    """Read a baseline; ``None`` where there is none. Raises InputError R280, at the places that are no baseline."""
    if not file.exists():
        return None
    tree = read(file)
    faults = [Complaint("R280", one.place, {"file": str(file)}) for one in _misfits(tree)]
    if faults:
        raise InputError(faults)
    found = tree.plain()
    try:
        values = {arm: {name: tuple(one) for name, one in metrics.items()} for arm, metrics in found["values"].items()}
        head = {name: found[name] for name in _SHOWN_KEYS}
        return Baseline(
            file, **head, values=values, accepted=tuple(found["accepted"]), sets=tuple(found.get("sets", ()))
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError.of("R280", file=str(file)) from error


def _misfits(tree: Marked) -> Iterator[Marked]:
    """Yield what stands where a baseline has something else: by hand, a number is soon no number any more."""
    if tree.kind != "map":
        yield tree
        return
    head, values = {name: tree.value.get(name) for name in _SHOWN_KEYS}, tree.value.get("values")
    yield from (one for name, one in head.items() if one is not None and not _fits_head(name, one))
    count = head["replications"].value if head["replications"] is not None else None
    arms = [values] if values is None or values.kind != "map" else list(values.value.values())
    for arm in filter(None, arms):
        for one in arm.value.values() if arm.kind == "map" else [arm]:
            if one.kind != "list" or len(one.value) != count:
                yield one
                continue
            yield from (cell for cell in one.value if cell.kind not in ("number", "nothing"))


def _fits_head(name: str, one: Marked) -> bool:
    if name in _HEAD_TEXTS:
        return one.kind == "text"
    return one.kind == "number" and isinstance(one.value, int) and one.value >= (name == "replications")


def of_experiment(experiment: Experiment, scenario: str | Path, file: Path) -> Baseline:
    """Return what an experiment gave as a baseline that nobody has accepted yet."""
    return Baseline(
        file, Path(scenario).as_posix(), RESULTS_VERSION, experiment.input_digest, experiment.plan.seeds[0],
        experiment.replications,
        {arm: {name: rounded(values) for name, values in metrics.items()} for arm, metrics in
         experiment.values.items()}, sets=experiment.scenario.sets,
    )  # fmt: skip


def rounded(values: Sequence[float | None]) -> Values:
    """Return values with as many digits as count."""
    return tuple(None if value is None else float(f"{value:.{DIGITS}g}") for value in values)


def accept(
    old: Baseline | None,
    new: Baseline,
    reason: str,
    metrics: Sequence[str] = (),
    signed: Mapping[str, Any] | None = None,
) -> Baseline:
    """Return the baseline with what was measured (of ``metrics`` alone, where they are named), why, and by whom.

    Raises InputError R281 without a reason, R259 for a metric that no arm has, R282 where single metrics are named and
    all others would be of another program, other arms or other seeds.
    """
    if not reason.strip():
        raise InputError.of("R281")
    entry = {"why": reason.strip(), "results_version": new.results_version, **(signed or {})}
    if not metrics:
        return replace(new, accepted=(*(old.accepted if old else ()), {**entry, "metrics": "all"}))
    known_metrics(metrics, {name for found in new.values.values() for name in found})
    if old is None or _held_alike(old) != _held_alike(new):
        raise InputError.of("R282", file=str(new.file))
    values = {
        arm: {**old.values[arm], **{name: found[name] for name in metrics if name in found}}
        for arm, found in new.values.items()
    }
    named = {**entry, "metrics": list(metrics)}
    return replace(new, values=values, accepted=(*old.accepted, named))


def known_metrics(named: Sequence[str], known: Collection[str]) -> None:
    """Raise InputError R259 with every name that is no metric."""
    values = [{"metric": one, "suggestion": closest(one, known), "known": sorted(known)} for one in named]
    unknown = [Complaint("R259", None, one) for one in values if one["metric"] not in known]
    if unknown:
        raise InputError(unknown)


def _held_alike(one: Baseline) -> tuple[Any, ...]:
    """What all values of a file have in common."""
    return one.results_version, one.first_seed, one.replications, one.sets, set(one.values)


def signature(folder: Path) -> dict[str, Any]:
    """Return who accepts (``by``) and the commit of the repository around a folder, as far as they are known.

    Who is git's user, else the system's; where a machine accepts (``CI`` is set) it is nobody. ``changed`` says that
    there are files which the commit does not have.
    """
    who = {} if os.environ.get("CI") else {"by": git(folder, "config", "user.name") or _system_user()}
    found = commit_of(Path(git(folder, "rev-parse", "--show-toplevel") or folder))
    commit = {"commit": found["commit"], **({"changed": True} if found["changed"] else {})} if found else {}
    return {**{key: value for key, value in who.items() if value}, **commit}


def _system_user() -> str:
    with suppress(OSError, KeyError, ImportError):  # no variable names the user, and no such user is known
        return getpass.getuser()
    return ""


def write_baseline(baseline: Baseline) -> None:
    """Write a baseline so that it is there whole or not at all; raises InputError S130."""
    unfinished = baseline.file.with_name(f".{baseline.file.name}.unfinished")
    try:
        baseline.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(baseline.text(), "utf-8")
        os.replace(unfinished, baseline.file)
    except OSError as error:
        raise InputError.of("S130", file=str(baseline.file), why=error.strerror or str(error)) from error
