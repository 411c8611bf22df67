"""The runs behind the page of claims: which are needed, what is read from each, and how none is made twice.

A run that has ended is written down at once (``outputs/claims.jsonl``, one a line) under what it is: the resolved arm,
the data, the program, the seed. So ``make claims`` goes on where it was stopped, and computes anew what has changed.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.claims_ablations import ABLATIONS, Ablation
from benchmarks.claims_cuts import CUTS
from benchmarks.claims_said import CLAIMS, Claim, Input, joined

ROOT = Path(__file__).resolve().parent.parent
STORE, PROGRESS = ROOT / "docs" / "claims.json", ROOT / "outputs" / "claims.jsonl"
DIGITS = 12
ON_SITE = "last_day_on_site"


class Key(NamedTuple):
    """One run: a scenario, an arm, what was set, a seed."""

    scenario: str
    arm: str
    sets: str
    seed: int


class Reading(NamedTuple):
    """What is read from a run: a metric at its end (no days), on a day, or its mean over some days."""

    name: str
    days: tuple[int, ...]


Values = dict[str, float | None]
Runs = dict[Key, Values]
Needed = dict[Key, set[str]]


def reading(text: str) -> Reading:
    """Read ``name``, ``name@day`` or ``name@first-last/step`` (days from 0, at their end)."""
    name, _, when = text.partition("@")
    if not when:
        return Reading(name, ())
    first, _, rest = when.partition("-")
    last, _, step = rest.partition("/")
    return Reading(name, tuple(range(int(first), int(last or first) + 1, int(step or 1))))


# -- what is needed --------------------------------------------------------------------------------------


def wanted(claims: Sequence[Claim] = CLAIMS, ablations: Sequence[Ablation] = (*ABLATIONS, *CUTS)) -> Needed:
    """Return every run that the page needs, with what is read from it."""
    found: Needed = {}
    for claim in claims:
        for key, metrics in _of_claim(claim):
            found.setdefault(key, set()).update(metrics)
    for one in ablations:
        sides = (
            (one.base, one.sets),
            (one.base, one.all_base_cut),
            (one.option, one.all_option),
            (one.cut, one.all_cut),
        )
        for arm, sets in sides:
            for seed in range(1, one.replications + 1):
                found.setdefault(Key(one.scenario, arm, sets, seed), set()).add(one.metric)
    return found


def _of_claim(claim: Claim) -> Iterator[tuple[Key, set[str]]]:
    watched = {ON_SITE} if claim.moments else set()
    for arm in claim.arms:
        for seed in range(1, claim.replications + 1):
            yield Key(claim.scenario, arm, claim.sets, seed), claim.metrics | watched
    for one in claim.inputs:
        for point in one.points:
            for arm in (claim.base, claim.option):
                for seed in range(1, claim.few + 1):
                    yield Key(claim.scenario, arm, setting(claim, one, point, arm), seed), {claim.metric} | watched


def setting(claim: Claim, one: Input, point: str, arm: str) -> str:
    """Return what is set in an arm at a point of an input: what the claim sets, where the input is not moved in it."""
    return joined(claim.sets, f"{one.path}={point}") if not one.arm or one.arm == arm else claim.sets


# -- measuring -------------------------------------------------------------------------------------------


@cache
def _scenario(path: str, sets: str) -> Any:
    from twin.scenario.load import load

    return load(ROOT / "scenarios" / f"{path}.yaml", sets=sets.split("; ") if sets else [])


def measure(key: Key, metrics: set[str]) -> Values:
    """Live through one run, and read it along the way."""
    from twin.scenario.build import engine_for

    engine = engine_for(_scenario(key.scenario, key.sets), key.arm, key.seed)
    wished = {text: reading(text) for text in metrics}
    noted: dict[str, list[float | None]] = {text: [] for text in metrics}
    for day in sorted({day for one in wished.values() for day in one.days}):
        if day >= engine.world.days:
            raise ValueError(f"{key}: there is no day {day}")
        while engine.world.day <= day:
            engine.step()
        for text, one in wished.items():
            if day in one.days:
                noted[text].append(_read(engine, one.name))
    engine.run()
    return {text: _mean(noted[text] or [_read(engine, one.name)]) for text, one in sorted(wished.items())}


def _read(engine: Any, name: str) -> float | None:
    if name == ON_SITE:
        return last_day_on_site(engine.world)
    value: float | None = engine.measured(name) if name in engine.book else None
    return value


def last_day_on_site(world: Any) -> float:
    """Return the day on which the last of all works left its site: the horizon while some are there, 0 without any."""
    projects = world.projects
    there = (projects.started >= 0) & (projects.finished < 0) & (projects.reversed_on < 0)
    return float(world.days if there.any() else max(projects.finished.max(initial=0), 0))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(f"{sum(known) / len(known):.{DIGITS}g}") if len(known) == len(values) else None


def measured(needed: Needed, jobs: int, progress: Path = PROGRESS) -> Runs:
    """Return all runs; those that have been made before are taken over, and the same run is made once."""
    identity = {key: (content(key), key.seed) for key in needed}
    asked: dict[tuple[str, int], set[str]] = {}
    for key, metrics in needed.items():
        asked.setdefault(identity[key], set()).update(metrics)
    known = made(progress)
    ones = {identity[key]: key for key in needed}
    left = [one for one in ones if not asked[one] <= set(known.get(one, {}))]
    left.sort(key=lambda one: -size(ones[one]))  # the longest first, so that no process waits for one at the end
    progress.parent.mkdir(exist_ok=True)
    with progress.open("a", encoding="utf-8") as file:
        if file.tell() and not progress.read_text("utf-8").endswith("\n"):
            file.write("\n")  # the last line was cut off
        for one, values in _computed({one: (ones[one], asked[one]) for one in left}, jobs):
            known[one] = values
            file.write(json.dumps([*one, values], sort_keys=True) + "\n")
            file.flush()
    return {key: {name: known[identity[key]][name] for name in needed[key]} for key in needed}


def _computed(
    tasks: Mapping[tuple[str, int], tuple[Key, set[str]]], jobs: int
) -> Iterator[tuple[tuple[str, int], Values]]:
    if jobs == 1:
        yield from ((one, measure(*task)) for one, task in tasks.items())
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        ahead = {pool.submit(measure, *task): one for one, task in tasks.items()}
        try:
            for count, one in enumerate(as_completed(ahead), 1):
                yield ahead[one], one.result()
                print(f"\r{count} of {len(tasks)} runs", end="", flush=True)
        finally:
            pool.shutdown(cancel_futures=True)


def made(progress: Path = PROGRESS) -> dict[tuple[str, int], Values]:
    """Return what was written down of earlier runs, by what they are; a last line that was cut off is dropped."""
    found: dict[tuple[str, int], Values] = {}
    for line in progress.read_text("utf-8").splitlines() if progress.exists() else ():
        try:
            what, seed, values = json.loads(line)
        except ValueError:
            continue
        found[what, seed] = values
    return found


@cache
def _content(path: str, arm: str, sets: str) -> str:
    from twin.runs.experiment import RESULTS_VERSION
    from twin.runs.reuse import contents_of

    return contents_of({arm: (_scenario(path, sets), arm)}, RESULTS_VERSION)[arm]


def content(key: Key) -> str:
    """Return the sha256 of what a run is, but for its seed."""
    return _content(key.scenario, key.arm, key.sets)


def size(key: Key) -> float:
    """Return about how long a run takes: resident-days."""
    scenario = _scenario(key.scenario, key.sets)
    return float(scenario.days * scenario.arms[key.arm].blocks["population"].residents)


# -- the store -------------------------------------------------------------------------------------------


def scenarios() -> dict[str, str]:
    """Return the digest of the file of every scenario that is used."""
    names = sorted({one.scenario for one in (*CLAIMS, *ABLATIONS, *CUTS)})
    return {name: digest((ROOT / "scenarios" / f"{name}.yaml").read_bytes()) for name in names}


def digest(data: bytes) -> str:
    """Return the sha256 of bytes as text."""
    return hashlib.sha256(data).hexdigest()


def write(runs: Runs) -> None:
    """Write what was measured, a run a line."""
    lines = [json.dumps([*key, runs[key]], sort_keys=True) for key in sorted(runs)]
    head = json.dumps(scenarios(), sort_keys=True)
    STORE.write_text('{"scenarios": ' + head + ', "runs": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def stored() -> tuple[Runs, Mapping[str, str]]:
    """Return the runs that the page was made of, and the digests of their scenarios."""
    if not STORE.exists():
        return {}, {}
    kept = json.loads(STORE.read_text("utf-8"))
    return {Key(*entry[:4]): entry[4] for entry in kept["runs"]}, kept["scenarios"]
