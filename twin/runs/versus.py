"""Two experiments held against each other: arm by arm, over the seeds that both ran with.

Each side is a finished run folder, or a scenario that has just been run. Runs with the same seed share whatever luck
the two inputs leave in common; the interval of the mean difference is right whatever they leave, only wider. What
cannot be compared is named with its reason, and so is every input in which the two sides differ.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from twin.errors import InputError, closest
from twin.runs.compare import Difference, Estimate, estimate, paired_difference, with_beside
from twin.runs.experiment import RESULTS_VERSION, Experiment, Plan, by_arm, judgement_json, metric_book
from twin.runs.families import corrected
from twin.runs.ledgers import Held, held_in, stored
from twin.runs.luck import Luck, luck_of
from twin.runs.margins import margin_of
from twin.runs.provenance import code_fingerprint
from twin.runs.sequential import wanted_of
from twin.runs.store import DONE
from twin.scenario.load import load

if TYPE_CHECKING:
    from pandas import DataFrame

    from twin.core.mechanism import Metric
    from twin.runs.experiment import Values
    from twin.runs.frames import OfVersus
    from twin.scenario.load import Scenario

SCHEMA = "twin.comparison/1"
Pair = tuple[str, str]
"""An arm of the first side and one of the second."""
Reason = Literal["only_first", "only_second", "undefined"]
Doubt = Literal["window", "program", "plugins"]
_OTHER_KINDS = {"sweep.json": "twin sweep", "attribution.json": "twin attribute", "search.json": "twin search"}
_WINDOW = ("days", "warm_up_days", "start")
_NO_INPUT = ("arms", "name", "title", "question", "purpose", "seed", "replications", "primary", "shown", "margins",
             "targets", "levers", "uncertainties", "sweep", "version")  # fmt: skip
_SHOWN = 12


@dataclass(frozen=True)
class Side:
    """One of the two: where it comes from, what was run, and what it gave (one value a seed)."""

    source: str
    scenario: Scenario
    seeds: tuple[int, ...]
    values: Mapping[str, Mapping[str, Values]]
    results_version: int
    code: str
    data: Mapping[str, str]

    def over(self, seeds: Sequence[int], arm: str, metric: str) -> Values:
        """Return the values of a metric with these seeds."""
        place = {seed: at for at, seed in enumerate(self.seeds)}
        found = self.values[arm].get(metric, (None,) * len(self.seeds))
        return tuple(found[place[seed]] for seed in seeds)

    def to_json(self) -> dict[str, Any]:
        """Return what the side is as plain data."""
        return {
            "source": self.source, "scenario": self.scenario.name, "digest": self.scenario.digest,
            "results_version": self.results_version, "arms": list(self.values),
            "seeds": [self.seeds[0], self.seeds[-1]],
        }  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """One metric of a pair of arms."""

    first: Estimate
    second: Estimate
    difference: Difference
    luck: Luck | None


@dataclass(frozen=True)
class Versus:
    """Two sides, the pairs of arms that are compared, and the seeds that both have.

    ``metrics`` are those that were asked for, with what they mislead without (none: all).
    """

    first: Side
    second: Side
    pairs: tuple[Pair, ...]
    seeds: tuple[int, ...]
    book: Mapping[str, Metric]
    metrics: tuple[str, ...] = ()

    @property
    def primary(self) -> tuple[str, ...]:
        """The primary outcomes of either side."""
        return tuple(dict.fromkeys((*self.first.scenario.primary, *self.second.scenario.primary)))

    @functools.cached_property
    def found(self) -> dict[Pair, dict[str, Compared]]:
        """Every comparable metric by pair: second less first, all judged together."""
        raw = {(pair, name): one for pair in self.pairs for name, one in self._raw(pair)}
        judged = corrected({key: one.difference for key, one in raw.items()},
                           [key for key in raw if key[1] in self.primary])  # fmt: skip
        told: dict[Pair, dict[str, Compared]] = {pair: {} for pair in self.pairs}
        for (pair, name), one in raw.items():
            told[pair][name] = Compared(one.first, one.second, judged[pair, name], one.luck)
        return told

    @functools.cached_property
    def left_out(self) -> dict[Pair, dict[str, tuple[Reason, int]]]:
        """The metrics that cannot be compared, why, and in how many of the common seeds one of them has no value."""
        return {pair: dict(self._left_out(pair)) for pair in self.pairs}

    @functools.cached_property
    def inputs(self) -> dict[str, tuple[Any, Any]]:
        """Every input outside the arms in which the sides differ, by path."""
        return _unlike(*({key: value for key, value in one.scenario.resolved.items() if key not in _NO_INPUT}
                         for one in (self.first, self.second)))  # fmt: skip

    @functools.cached_property
    def changes(self) -> dict[Pair, dict[str, tuple[Any, Any]]]:
        """Every input in which the two arms of a pair differ, by path; data by the digest of their content."""
        return {pair: _unlike(_arm_form(self.first, pair[0]), _arm_form(self.second, pair[1])) for pair in self.pairs}

    @property
    def doubts(self) -> list[Doubt]:
        """What makes the comparison doubtful."""
        one, other = self.first, self.second
        found: list[Doubt] = []
        if any(getattr(one.scenario, name) != getattr(other.scenario, name) for name in _WINDOW):
            found.append("window")
        if one.code != other.code:
            found.append("program")
        if dict(one.scenario.plugins) != dict(other.scenario.plugins):
            found.append("plugins")
        return found

    @property
    def unpaired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The arms of either side that have no partner."""
        return tuple(
            tuple(arm for arm in side.values if arm not in {pair[at] for pair in self.pairs})
            for at, side in enumerate((self.first, self.second))
        )  # type: ignore[return-value]

    def frame(self, what: OfVersus = "differences") -> DataFrame:
        """Return a data frame: "differences" (one row a pair and metric), "values", "inputs" or "left_out"."""
        from twin.runs.frames import versus_frame

        return versus_frame(self, what)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``twin compare --json`` prints (schema ``twin.comparison/1``)."""
        return {
            "schema": SCHEMA,
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "seeds": list(self.seeds),
            "doubts": self.doubts,
            "inputs": {path: list(ends) for path, ends in self.inputs.items()},
            "unpaired": {"first": list(self.unpaired[0]), "second": list(self.unpaired[1])},
            "pairs": [self._pair_json(pair) for pair in self.pairs],
        }

    def _pair_json(self, pair: Pair) -> dict[str, Any]:
        return {
            "first": pair[0],
            "second": pair[1],
            "inputs": {path: list(ends) for path, ends in self.changes[pair].items()},
            "metrics": {
                name: {"unit": self.book[name].unit, "first": one.first.mean, "second": one.second.mean,
                       **judgement_json(one.difference), **({"shared_luck": one.luck.to_json()} if one.luck else {})}
                for name, one in self.found[pair].items()
            },
            "left_out": {name: {"why": why, "seeds": count} for name, (why, count) in self.left_out[pair].items()},
        }  # fmt: skip

    def _names(self, pair: Pair) -> list[str]:
        known = self.first.values[pair[0]].keys() | self.second.values[pair[1]].keys()
        named = self.metrics or self.primary  # what was asked for is spoken of, though no run has it
        ordered = dict.fromkeys((*self.primary, *self.book))
        return [name for name in ordered if (name in known or name in named) and name in (self.metrics or ordered)]

    def _both(self, pair: Pair, name: str) -> tuple[Values, Values]:
        return self.first.over(self.seeds, pair[0], name), self.second.over(self.seeds, pair[1], name)

    def _raw(self, pair: Pair) -> Iterator[tuple[str, Compared]]:
        for name in self._names(pair):
            one, other = (tuple(value for value in found if value is not None) for found in self._both(pair, name))
            if len(one) == len(other) == len(self.seeds):
                base, option = estimate(one), estimate(other)
                margin = margin_of(self.first.scenario, name, self.book[name], base.mean)
                told = paired_difference(one, other, self.book[name].better, margin)
                luck = luck_of(one, other, wanted_of(margin, base.mean, option.mean))
                yield name, Compared(base, option, told, luck)

    def _left_out(self, pair: Pair) -> Iterator[tuple[str, tuple[Reason, int]]]:
        for name in self._names(pair):
            missing = [found.count(None) for found in self._both(pair, name)]
            if not any(missing):
                continue
            nowhere = [count == len(self.seeds) for count in missing]
            why: Reason = "undefined"
            if nowhere[0] != nowhere[1]:
                why = "only_second" if nowhere[0] else "only_first"
            yield name, (why, max(missing))


# -- the sides


def is_folder(source: str | Path) -> bool:
    """Whether this names a folder, not a scenario file."""
    return Path(source).is_dir()


def folder_side(source: str | Path) -> Side:
    """Read a finished run folder.

    Raises InputError R273 (no run folder), R204 (in use), R290 (not complete, or damaged), R291 (a sweep, an
    attribution or a search, which have no arms).
    """
    path = Path(source)
    held = held_in(path)
    if held.locked:
        raise InputError.of("R204", folder=str(path))
    for file, command in _OTHER_KINDS.items():
        if (path / file).is_file():
            raise InputError.of("R291", folder=str(path), command=command)
    if not held.complete or not (path / DONE).is_file():
        raise InputError.of("R290", folder=str(path), held=len(held.done), total=held.total)
    found = {run: json.loads(metrics) for run, metrics, _ in stored(path, sorted(held.done))}
    if len(found) < held.total:
        raise InputError.of("R290", folder=str(path), held=len(found), total=held.total)
    identity = held.identity
    seeds = tuple(range(identity.first_seed, identity.first_seed + held.replications))
    values = by_arm(Plan(held.arms, seeds), found)
    scenario = load(path / "scenario.yaml")
    return Side(str(path), scenario, seeds, values, identity.results_version, identity.code, _data_of(held))


def _data_of(held: Held) -> Mapping[str, str]:
    said = [one["data"] for one in held.sessions if one.get("data")]
    return dict(said[-1]) if said else {}


def side_of(experiment: Experiment, source: str | Path) -> Side:
    """Return an experiment that was just made as a side."""
    return Side(
        str(source), experiment.scenario, experiment.plan.seeds, experiment.values, RESULTS_VERSION,
        code_fingerprint(), experiment.data,
    )  # fmt: skip


# -- holding them against each other


def paired_arms(
    first: Sequence[str], second: Sequence[str], asked: Sequence[str] | Mapping[str, str] = ()
) -> tuple[Pair, ...]:
    """Return which arms are compared: those named (``ARM``, or ``ARM=OTHER``), else those with the same name.

    A map says of each arm of the first which one of the second it is held against. Two sides of one arm each are a
    pair whatever they are called. Raises InputError R292 for arms that have no partner.
    """
    wanted = list(asked.items()) if isinstance(asked, Mapping) else [_pair_of(text) for text in asked]
    if not wanted:
        wanted = [(arm, arm) for arm in first if arm in second]
    if not wanted and len(first) == len(second) == 1:
        wanted = [(first[0], second[0])]
    lost = [pair for pair in wanted if pair[0] not in first or pair[1] not in second]
    if not wanted or lost:
        asked = f" ({_named(['='.join(pair) for pair in lost])})" if lost else ""
        raise InputError.of("R292", asked=asked, first=_named(first), second=_named(second))
    return tuple(dict.fromkeys(wanted))


def _pair_of(text: str) -> Pair:
    one, _, other = text.partition("=")
    return one, other or one


def versus(first: Side, second: Side, pairs: Sequence[Pair], metrics: Sequence[str] = ()) -> Versus:
    """Hold two sides against each other.

    Raises InputError R259 (no such metric), R293 (other results versions), R294 (no seed in common).
    """
    book = metric_book()
    for name in metrics:
        if name not in book:
            raise InputError.of("R259", metric=name, suggestion=closest(name, book), known=sorted(book))
    if first.results_version != second.results_version:
        raise InputError.of("R293", first=first.results_version, second=second.results_version)
    common = tuple(seed for seed in first.seeds if seed in set(second.seeds))
    if not common:
        ends = {"first": f"{first.seeds[0]}–{first.seeds[-1]}", "second": f"{second.seeds[0]}–{second.seeds[-1]}"}
        raise InputError.of("R294", **ends)
    return Versus(first, second, tuple(pairs), common, book, with_beside(metrics, book))


def _named(arms: Sequence[str]) -> str:
    return ", ".join(arms[:_SHOWN]) + (", ..." if len(arms) > _SHOWN else "")


def _arm_form(side: Side, arm: str) -> dict[str, Any]:
    form = {key: value for key, value in side.scenario.resolved["arms"][arm].items() if key != "title"}
    data = {name.partition(".")[2]: digest for name, digest in side.data.items() if name.partition(".")[0] == arm}
    return {**form, **({"data": data} if data else {})}


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return every value in which two forms differ, by path (None: it is not there)."""
    first, second = dict(_leaves(one, "")), dict(_leaves(other, ""))
    paths = dict.fromkeys((*first, *second))
    return {path: (first.get(path), second.get(path)) for path in paths if first.get(path) != second.get(path)}


def _leaves(form: Any, above: str) -> Iterator[tuple[str, Any]]:
    if isinstance(form, Mapping) and form:
        for key, below in form.items():
            yield from _leaves(below, f"{above}.{key}" if above else str(key))
    else:
        yield above, form
