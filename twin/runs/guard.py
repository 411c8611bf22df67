"""The guard: whether the program still gives what it gave, and whether what planners expect still holds.

Four tiers. *exact*: the same digits for the first seeds. *equivalence*: in pairs with the baseline's own seeds, the
primary outcomes are the same within a margin, drifted beyond it, or undecided, with more seeds taken while that is so;
at most one build in a hundred may raise a false alarm. Where both are asked for, equivalence forgives other digits, and
what it did not judge is told. *invariants*: laws that outlive every intended change. *claims*: what a policy is
expected to do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from twin.runs.baselines import Baseline, baseline_file, baselines_of, rounded
from twin.runs.experiment import RESULTS_VERSION, Experiment, Means, Plan, metric_book, run
from twin.runs.laws import laws
from twin.runs.pool import processes
from twin.runs.skewed import ENOUGH, Pairs, deciding, seeds_for
from twin.runs.together import together
from twin.scenario.load import Scenario, load

Verdict = Literal["same", "drift", "undecided", "missing", "changed"]
Tier = Literal["exact", "equivalence", "invariants", "claims"]
TIERS: tuple[Tier, ...] = ("exact", "equivalence", "invariants", "claims")
EXACT_SEEDS = 3
FIRST_LOOK = 20
FALSE_ALARMS = 0.01
MARGIN = 0.025
"""Half of the drift that must be found, of the baseline's mean: as far from no change as from that drift."""
EXIT_CODES = {"missing": 5, "drift": 1, "undecided": 3, "changed": 0, "same": 0}
Key = tuple[str, str]
_ZERO = 1e-8  # of the value: differences in digits that do not count


@dataclass(frozen=True)
class Finding:
    """What the guard says of one thing: a metric of an arm, a law, a claim.

    ``was`` and ``now`` are means, ``low`` and ``high`` the ends of the interval of their paired difference. *changed*
    says that the digits of ``differ`` values are others and that the tier of equivalence judges the primary outcomes
    among them; ``moved`` are those that it does not judge and that moved by more than their margin. ``scatter`` is
    the standard deviation of the paired differences and ``skewness`` theirs; ``seeds_needed``, of what equivalence
    leaves undecided, about how many seeds would decide (``None``: out of reach).
    """

    tier: Tier
    verdict: Verdict
    scenario: str
    about: str
    was: float | None = None
    now: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: int = 0
    file: str = ""
    line: int = 1
    differ: int | None = None
    moved: tuple[str, ...] = ()
    scatter: float | None = None
    skewness: float | None = None
    seeds_needed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, "", ())}
        if self.tier == "equivalence" and self.verdict == "undecided":
            told["seeds_needed"] = self.seeds_needed
        return {**told, "moved": list(self.moved)} if self.differ is not None else told


def exit_code(findings: Sequence[Finding]) -> int:
    """Return the exit code of a build: that of the worst that was found."""
    verdicts = {one.verdict for one in findings}
    return next((code for verdict, code in EXIT_CODES.items() if verdict in verdicts), 0)


def check_scenarios(paths: Sequence[str], tiers: Sequence[Tier], folder: Path, means: Means) -> list[Finding]:
    """Hold scenarios to the tiers that need no file of claims, all in one pool of processes.

    These scenarios are one build: it is among all of them that the chance of a false alarm is shared. Raises
    InputError R263 for a scenario whose baseline is that of another one with the same file name.
    """
    baselines = baselines_of(paths, folder)
    with processes(means.jobs):
        measured = _first_seeds(baselines, means) if "exact" in tiers else {}
        found: list[Finding] = []
        for path, baseline in baselines.items():
            if {"exact", "equivalence"} & set(tiers):
                found += _against(path, tiers, baseline, folder, means, measured.get(path), len(baselines))
            if "invariants" in tiers:
                found += list(invariants(path, means))
    return found


def _first_seeds(baselines: Mapping[str, Baseline | None], means: Means) -> dict[str, Experiment]:
    """Run the first seeds of every baseline."""
    known = {path: (load(path, sets=one.sets), one) for path, one in baselines.items() if one is not None}
    return together({path: (scenario, _plan(scenario, one, min(EXACT_SEEDS, one.replications)))
                     for path, (scenario, one) in known.items()}, means)  # fmt: skip


def _against(
    path: str, tiers: Sequence[Tier], baseline: Baseline | None, folder: Path, means: Means,
    measured: Experiment | None, scenarios: int,
) -> Iterator[Finding]:  # fmt: skip
    """The baseline may miss, or speak of another version; where all digits are the same nothing else can differ."""
    tier: Tier = "exact" if "exact" in tiers else "equivalence"
    file = str(baseline_file(path, folder))
    if baseline is None:
        yield Finding(tier, "missing", path, "baseline", file=file)
        return
    if measured is not None:
        changed = list(exact(path, baseline, measured))
        if not changed:
            yield Finding("exact", "same", path, "all", seeds=measured.replications, file=file)
            return
        if "equivalence" not in tiers:
            stale: Verdict = "missing" if baseline.results_version != RESULTS_VERSION else "drift"
            yield from (replace(one, verdict=stale) for one in changed)
            return
        yield from _forgiven(changed, measured, baseline, file)
    yield from equivalence(path, load(path, sets=baseline.sets), baseline, means, scenarios)


def _forgiven(changed: Sequence[Finding], measured: Experiment, baseline: Baseline, file: str) -> Iterator[Finding]:
    """Say what the tier of equivalence does not judge: arms that came or went are a drift, the rest is counted."""
    arms = set(measured.scenario.arms) ^ set(baseline.values)
    yield from (one for one in changed if one.about in arms)
    values = [one for one in changed if one.about not in arms]
    if values:
        judged_ = {f"{arm}.{name}" for arm, name in outcomes_of(measured.scenario, baseline)}
        moved = [one.about for one in values if one.about not in judged_ and _moved(one, measured.scenario)]
        yield Finding("exact", "changed", values[0].scenario, "digits", seeds=measured.replications, file=file,
                      differ=len(values), moved=tuple(moved))  # fmt: skip


def _moved(one: Finding, scenario: Scenario) -> bool:
    """Say whether a mean moved by more than its margin; what came or went did."""
    if one.was is None or one.now is None:
        return True
    return abs(one.now - one.was) > _margin(scenario, one.about.rpartition(".")[2], (one.was,))


def _plan(scenario: Scenario, baseline: Baseline, count: int) -> Plan:
    return Plan.of(scenario, _known_arms(scenario, baseline), count, baseline.first_seed)


def _known_arms(scenario: Scenario, baseline: Baseline) -> list[str] | None:
    """The arms that the baseline knows, too; all where it knows none."""
    return [arm for arm in scenario.arms if arm in baseline.values] or None


def exact(path: str, baseline: Baseline, measured: Experiment) -> Iterator[Finding]:
    """Yield what differs in the digits that count, over the seeds that were measured; also arms that came or went."""
    count, file = measured.replications, baseline.file
    for arm in dict.fromkeys([*baseline.values, *measured.scenario.arms]):
        if arm not in baseline.values or arm not in measured.values:
            yield Finding("exact", "drift", path, arm, file=str(file), line=line_of(file, arm))
            continue
        old, new = baseline.values[arm], measured.values[arm]
        for name in sorted({*old, *new}):
            was = old.get(name, (None,) * count)[:count]
            now = rounded(new.get(name, (None,) * count))
            if was != now:
                yield Finding("exact", "drift", path, f"{arm}.{name}", mean_of(was), mean_of(now), seeds=count,
                              file=str(file), line=line_of(file, arm, name))  # fmt: skip


def equivalence(
    path: str, scenario: Scenario, baseline: Baseline, means: Means, scenarios: int = 1
) -> Iterator[Finding]:
    """Yield one finding for each primary outcome of each arm; the undecided get more seeds while there are.

    ``scenarios`` are held in this build, this one among them.
    """
    wanted = outcomes_of(scenario, baseline)

    def measure(count: int) -> dict[Key, Sequence[float | None]]:
        measured = run(scenario, _known_arms(scenario, baseline), count, baseline.first_seed, means)
        return {(arm, name): measured.values[arm].get(name, (None,) * count) for arm, name in wanted}

    held = {(arm, name): baseline.values[arm][name] for arm, name in wanted}
    margins = {(arm, name): _margin(scenario, name, values) for (arm, name), values in held.items()}
    level = level_of(scenarios * len(held))
    for (arm, name), one in looked_at(held, margins, measure, scenarios).items():
        key = arm, name
        needed = seeds_needed(one, held[key], margins[key], level) if one.verdict == "undecided" else None
        yield replace(one, scenario=path, about=f"{arm}.{name}", file=str(baseline.file),
                      line=line_of(baseline.file, arm, name), seeds_needed=needed)  # fmt: skip


def outcomes_of(scenario: Scenario, baseline: Baseline) -> list[Key]:
    """Return what equivalence judges: the primary outcomes of each arm (without any: all with a better direction)."""
    book = metric_book()
    names = scenario.primary or tuple(name for name in book if book[name].better)
    return [(arm, name) for arm in baseline.values if arm in scenario.arms for name in names
            if name in baseline.values[arm]]  # fmt: skip


def looked_at(
    held: Mapping[Key, Sequence[float | None]], margins: Mapping[Key, float],
    measure: Callable[[int], Mapping[Key, Sequence[float | None]]], scenarios: int = 1,
) -> dict[Key, Finding]:  # fmt: skip
    """Judge all of these values of a scenario at ever more seeds, while some are undecided and the baseline has more.

    ``measure`` gives what so many seeds give now. The chance of a false alarm is that of a whole build, and shared
    among its ``scenarios``, and of each among values; among looks it need not be, for an interval calls a drift at the
    last one only. Of few seeds skewed pairs mislead most, and a drift is worth all seeds.
    """
    looks = _looks(max(map(len, held.values()), default=1))
    level = level_of(scenarios * len(held))
    found: dict[Key, Finding] = {}
    for count in looks:
        now = measure(count)
        for key in [key for key in held if key not in found or found[key].verdict == "undecided"]:
            one = judged(held[key][:count], now[key], margins[key], level)
            early = one.verdict == "drift" and one.low is not None and count < looks[-1]
            found[key] = replace(one, verdict="undecided") if early else one
        if not any(one.verdict == "undecided" for one in found.values()):
            break
    return found


@dataclass(frozen=True)
class Scatter:
    """How pairs of a primary outcome scatter, and how many ``seeds`` find a drift of twice the margin for all that.

    ``paired`` says that it was measured on pairs with older results; else it is that of pairs which share no luck.
    """

    about: str
    mean: float
    scatter: float
    count: int
    paired: bool
    seeds: int | None


def scatters(scenario: Scenario, old: Baseline | None, new: Baseline, scenarios: int = 1) -> Iterator[Scatter]:
    """Yield how each primary outcome scatters, which is what the number of seeds of a baseline is planned by.

    ``scenarios`` are held in a build. Where the older results have the same digits the seeds themselves bound it:
    what a change of the program leaves of their shared luck is not known.
    """
    wanted = outcomes_of(scenario, new)
    for arm, name in wanted:
        values = [one for one in new.values[arm][name] if one is not None]
        change = _changes(old, new, arm, name)
        own = change or values
        if len(own) < 2:
            continue
        scatter = Pairs.of(own).scatter * (1.0 if change else math.sqrt(2))
        margin, mean = _margin(scenario, name, values), mean_of(values) or 0.0
        sure = 1 - level_of(scenarios * len(wanted))
        pairs = seeds_for(scatter, margin, sure)
        seeds = None if pairs is None else _of_all(max(pairs, ENOUGH), new.replications, len(values))
        yield Scatter(f"{arm}.{name}", mean, scatter, len(own), bool(change), seeds)


def _changes(old: Baseline | None, new: Baseline, arm: str, name: str) -> list[float]:
    """Return the paired changes since the older baseline; none where it has other seeds or the same digits."""
    if old is None or old.first_seed != new.first_seed or old.sets != new.sets:
        return []
    was = old.values.get(arm, {}).get(name, ())
    pairs = [(one, other) for one, other in zip(was, new.values[arm][name], strict=False)
             if one is not None and other is not None]  # fmt: skip
    change = [other - one for one, other in pairs]
    return change if len(change) > 1 and any(change) else []


def level_of(values: int) -> float:
    """Return the level of each of so many values of a build, all scenarios together."""
    return FALSE_ALARMS / max(1, values)


def _looks(most: int) -> list[int]:
    """Return how many seeds are looked at, one look after the other: twice as many each time."""
    looks = [min(FIRST_LOOK, most)]
    while looks[-1] < most:
        looks.append(min(2 * looks[-1], most))
    return looks


def _margin(scenario: Scenario, name: str, was: Sequence[float | None]) -> float:
    said = scenario.margins.get(name)
    return float(said) if said is not None else MARGIN * abs(mean_of(was) or 0.0)


def judged(was: Sequence[float | None], now: Sequence[float | None], margin: float, level: float) -> Finding:
    """Judge paired values: drift when their interval (confidence 1 - level) lies beyond the margin, same within.

    Of so few pairs that their interval cannot be trusted (``ENOUGH``) it has to lie beyond twice the margin.
    A value that came or went in some seed is a drift at once: the seeds are the same, so it is no chance.
    """
    about = Finding("equivalence", "drift", "", "", mean_of(was), mean_of(now), seeds=len(was))
    if [one is None for one in was] != [one is None for one in now]:
        return about
    pairs = [(one, other) for one, other in zip(was, now, strict=True) if one is not None and other is not None]
    if not any(abs(other - one) > _ZERO * abs(one) for one, other in pairs):
        return replace(about, verdict="same", low=0.0, high=0.0)
    if len(pairs) < 2:
        return replace(about, verdict="undecided")
    change = Pairs.of([other - one for one, other in pairs])
    low, high = change.interval(1 - level)
    about = replace(about, low=low, high=high, scatter=change.scatter, skewness=change.skewness)
    if -margin <= low and high <= margin:
        return replace(about, verdict="same")
    beyond = margin if len(pairs) >= ENOUGH else 2 * margin
    return about if low > beyond or high < -beyond else replace(about, verdict="undecided")


def seeds_needed(one: Finding, held: Sequence[float | None], margin: float, level: float) -> int | None:
    """Return about how many seeds would decide what is undecided; ``None``: out of reach.

    It is what finds no change, or one of twice the margin, with power 0.9. The change that was observed is no better
    guide: near the margin by chance it would ask for thousands. Where there are as many already, nothing else is left.
    """
    defined = sum(value is not None for value in held[:one.seeds])
    if one.scatter is None or one.was is None or one.now is None:
        return _of_all(ENOUGH, one.seeds, defined)
    pairs = seeds_for(one.scatter, margin, 1 - level)
    if pairs is not None and max(pairs, ENOUGH) <= defined:
        change = Pairs(defined, one.now - one.was, one.scatter, one.skewness or 0.0)
        pairs = deciding(change, margin, 1 - level)
    return None if pairs is None else max(one.seeds + 1, _of_all(max(pairs, ENOUGH), one.seeds, defined))


def _of_all(pairs: int, seeds: int, defined: int) -> int:
    """Return how many seeds give so many pairs, where values are defined in some of them only."""
    return math.ceil(pairs * seeds / defined)


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are defined; ``None`` where none is."""
    known = [one for one in values if one is not None]
    return sum(known) / len(known) if known else None


def line_of(file: Path, arm: str, metric: str = "") -> int:
    """Return the line of a baseline that speaks of an arm, or of a metric of it (1: none does)."""
    inside = False
    for number, line in enumerate(file.read_text("utf-8").splitlines() if file.exists() else (), 1):
        if line.startswith("  ") and not line.startswith("    ") and line.rstrip().endswith(":"):
            inside = line.strip().rstrip(":").strip('"') == arm
            if inside and not metric:
                return number
        elif inside and line.startswith(f"    {metric}:"):
            return number
    return 1


# -- laws


def invariants(path: str, means: Means) -> Iterator[Finding]:
    """Yield for each law whether it holds: every run keeps the twin's own laws, and those of :mod:`twin.runs.laws`.

    A run that breaks a law of the twin raises InvariantBroken.
    """
    for law, broken in laws(path, means):
        yield Finding("invariants", "drift" if broken else "same", path, " ".join([law, *broken[:3]]), seeds=1)
