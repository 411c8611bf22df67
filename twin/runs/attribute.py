"""Splitting the difference of two arms among the parts in which they differ.

A *part* is a lever, or a mechanism, in which the arms say different things; workers and their calendars are one part,
and what acts only under a lever (rounds of dispatch, say) goes with it; rules that set
levers once are those levers, all others one part. Each part gets its Shapley value: what it
brings on average over all orders in which the parts can be changed one after the other. With the same seeds
throughout this is done seed by seed, so the parts of a seed sum to its difference, and intervals are those of paired
runs. Up to five parts take all combinations; beyond, each seed takes a few orders of its own (and their reverses),
and the intervals hold the chance of that choice too. How two parts act together is then seen where they come next to
one another: what came before them is drawn as Shapley's interaction wants it (Grabisch and Roubens 1999).
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.draws import stream_id, uniforms
from twin.core.parameters import conditions_of, parameters_of
from twin.errors import InputError, closest
from twin.runs.compare import Estimate, estimate, with_beside
from twin.runs.experiment import ALONE, RESULTS_VERSION, Means, Plan, Run, completed, measure_one, metric_book

if TYPE_CHECKING:
    from twin.runs.store import RunFolder
    from twin.scenario.load import Scenario
    from twin.scenario.resolved import Arm

MOST_EXACT = 5
ORDERS = 4
_GRID_BITS = 46
_SWITCHES = "mechanisms"
_OF_RULES = ("rules", "policy", "instructions")
Coalition = frozenset[str]
Order = tuple[str, ...]
Game = Mapping[Coalition, float]
Publish = Callable[["Attribution", "RunFolder"], None]
Piece = tuple[str, str]
"""A block and one of its fields; the rules of an arm stand under no block."""


@dataclass(frozen=True)
class Part:
    """What is changed in one step: a name, and the pieces of the arm that it holds."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The pieces as paths of the scenario."""
        return tuple(".".join(filter(None, piece)) for piece in self.pieces)


@dataclass(frozen=True)
class Attribution:
    """What each part brings, in the unit of the metric.

    ``parts`` sum to ``difference``; ``first`` is what a part brings when it alone is changed, ``last`` when all the
    others have been: where they differ, it acts together with others. ``pairs`` are Shapley interactions (where orders
    were sampled, of the pairs that came next to one another in some seed). ``orders`` is how many orders a seed took
    (0: all combinations). ``beside`` splits what the metric misleads without (the denominators of a share, say), where
    it is defined throughout.
    """

    scenario: str
    baseline: str
    option: str
    metric: str
    unit: str
    difference: Estimate
    parts: Mapping[str, Estimate]
    first: Mapping[str, Estimate]
    last: Mapping[str, Estimate]
    pairs: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
    orders: int = 0
    replications: int = 0
    runs: int = 0
    pieces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    seeds: tuple[int, int] = (0, 0)
    out: Path | None = None
    beside: Mapping[str, Attribution] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether all combinations of the parts were run."""
        return self.orders == 0

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``twin attribute --json`` prints (schema ``twin.attribute/1``)."""
        return {
            "schema": "twin.attribute/1",
            "scenario": self.scenario,
            "digest": self.digest,
            "results_version": RESULTS_VERSION,
            "baseline": self.baseline,
            "option": self.option,
            "metric": self.metric,
            "unit": self.unit,
            "replications": self.replications,
            "runs": self.runs,
            "method": "exact" if self.exact else "sampled",
            **({} if self.exact else {"orders_per_seed": self.orders}),
            **self._sums(),
            **({"beside": {name: {"unit": one.unit, **one._sums()} for name, one in self.beside.items()}}
               if self.beside else {}),
            "details": {
                name: {"changes": list(self.pieces[name]), "first": _told(self.first[name]),
                       "last": _told(self.last[name])}
                for name in self.parts
            },
            "interactions": [{"names": list(names), **_told(found)} for names, found in self.pairs.items()],
        }  # fmt: skip

    def _sums(self) -> dict[str, Any]:
        return {
            "difference": _told(self.difference),
            "parts": [{"name": name, **_told(found)} for name, found in self.parts.items()],
        }


def attribute(
    scenario: Scenario,
    baseline: str,
    option: str,
    metric: str,
    replications: int | None = None,
    seed: int | None = None,
    means: Means = ALONE,
    publish: Publish | None = None,
) -> Attribution:
    """Split the difference of two arms in one metric among the parts in which they differ.

    ``publish`` adds its files to the folder where the runs are kept. Raises InputError S110 (unknown arm), R259
    (unknown metric), R258 (undefined in some run).
    """
    book = metric_book()
    if metric not in book:
        raise InputError.of("R259", metric=metric, suggestion=closest(metric, book), known=sorted(book))
    plan = Plan.of(scenario, (baseline, option), replications, seed)
    arms = scenario.arm(baseline), scenario.arm(option)
    parts = parts_of(*arms)
    orders = {one: _orders(parts, one) for one in plan.seeds} if len(parts) > MOST_EXACT else {}
    wanted = {one: sorted(_wanted(parts, orders.get(one, ())), key=_named) for one in plan.seeds}
    work = functools.partial(measure_one, _mixed(scenario, arms, parts, wanted.values()))
    tasks = tuple((_named(chosen), one) for one in plan.seeds for chosen in wanted[one])
    with completed(scenario, Chosen(plan.arms, plan.seeds, tasks), work, means) as (found, folder):
        _refuse_gaps(found, tasks, metric)
        shown = [name for name in with_beside([metric], book) if _is_defined(found, name)]
        splits = {name: _split_of(name, book[name].unit, found, parts, wanted, orders) for name in shown}
        told = replace(
            splits.pop(metric), scenario=scenario.name, baseline=baseline, option=option,
            runs=len(tasks), pieces={part.name: part.paths for part in parts}, digest=scenario.digest,
            seeds=(plan.seeds[0], plan.seeds[-1]), beside=splits, out=folder.path if folder else None,
        )  # fmt: skip
        if folder:
            folder.write("attribution.json", json.dumps(told.to_json(), indent=1, ensure_ascii=False) + "\n")
            if publish:
                publish(told, folder)
    return told


def _split_of(
    name: str, unit: str, found: Mapping[Run, Mapping[str, float]], parts: Sequence[Part],
    wanted: Mapping[int, Sequence[Coalition]], orders: Mapping[int, Sequence[Order]],
) -> Attribution:  # fmt: skip
    games = [_game(found, chosen, seed, name) for seed, chosen in wanted.items()]
    told = split([part.name for part in parts], games, [orders.get(seed, ()) for seed in wanted])
    return replace(told, metric=name, unit=unit)


def _mixed(
    scenario: Scenario, arms: tuple[Arm, Arm], parts: Sequence[Part], wanted: Iterable[Sequence[Coalition]]
) -> Scenario:
    """Return the scenario with one arm for each combination of parts that is wanted."""
    chosen = {_named(one): one for found in wanted for one in found}
    mixtures = {
        name: mixture(*arms, [part for part in parts if part.name in chosen[name]], name) for name in sorted(chosen)
    }
    return replace(scenario, arms=mixtures, sources={}, origins={})


# -- the parts


def parts_of(baseline: Arm, option: Arm) -> list[Part]:
    """Return the parts in which two arms differ, by name; none if they say the same."""
    found: dict[str, list[Piece]] = {}
    for name in sorted({*baseline.blocks, *option.blocks}):
        for piece, part in _pieces(name, baseline.blocks.get(name), option.blocks.get(name)):
            found.setdefault(part, []).append(piece)
    for name in sorted(baseline.off ^ option.off):
        inside = [part for part in found if part.partition(".")[0] == name]
        pieces = [piece for part in inside for piece in found.pop(part)]
        found[f"{_SWITCHES}.{name}"] = [*pieces, (_SWITCHES, name)]
    if baseline.rules != option.rules and (_rules_act(baseline) or _rules_act(option)):
        found["rules"] = [("", name) for name in _OF_RULES]
    return [Part(name, tuple(pieces)) for name, pieces in sorted(found.items())]


def mixture(baseline: Arm, option: Arm, parts: Sequence[Part], name: str) -> Arm:
    """Return the baseline with these parts of the option."""
    pieces = {piece for part in parts for piece in part.pieces}
    blocks = dict(baseline.blocks)
    for block in sorted({block for block, _ in pieces if block not in ("", _SWITCHES)}):
        if (block, "") in pieces:
            blocks = {**blocks, block: option.blocks[block]} if block in option.blocks else _without(blocks, block)
        else:
            changed = {item: getattr(option.blocks[block], item) for one, item in pieces if one == block}
            blocks[block] = replace(blocks[block], **changed)
    switched = {item for block, item in pieces if block == _SWITCHES}
    off = (baseline.off - switched) | (option.off & switched)
    whole = {item: getattr(option, item) for block, item in pieces if not block}
    outside = tuple(sorted(name for name in {*baseline.outside, *option.outside} if name in blocks))
    return replace(baseline, name=name, blocks=blocks, off=frozenset(off), outside=outside, **whole)


def _rules_act(arm: Arm) -> bool:
    """Whether an arm's rules do more than set levers once: those are in its blocks."""
    return arm.instructions is not None or (arm.policy is not None and bool(arm.policy.levers.daily))


def _without(blocks: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: block for key, block in blocks.items() if key != name}


def _pieces(name: str, one: Any, other: Any) -> Iterator[tuple[Piece, str]]:
    """Yield each field in which a block differs, with the name of the part that it goes with."""
    if one is None or other is None:
        yield (name, ""), name
        return
    specs = {item.name: spec for item, spec in parameters_of(one)}
    for item in dataclasses.fields(one):
        if item.init and getattr(one, item.name) != getattr(other, item.name):
            yield (name, item.name), f"{name}.{_lever(item.name, specs)}"


def _lever(name: str, specs: Mapping[str, Any]) -> str:
    """Return the lever under which a field acts: the one that its conditions begin with, else itself."""
    conditions = conditions_of(specs[name]) if name in specs else []
    return _lever(conditions[0][0], specs) if conditions and conditions[0][0] in specs else name


# -- which runs


@dataclass(frozen=True)
class Chosen(Plan):
    """A plan in which each seed has arms of its own."""

    tasks: tuple[Run, ...] = ()

    def runs(self) -> list[Run]:
        """The chosen runs."""
        return list(self.tasks)


def _named(chosen: Coalition) -> str:
    return " + ".join(sorted(chosen)) or "nothing"


def _orders(parts: Sequence[Part], seed: int) -> tuple[Order, ...]:
    """Return the orders of a seed: each is followed by its reverse, which cancels much of the chance."""
    names = [part.name for part in parts]
    orders: list[Order] = []
    for number in range(ORDERS // 2):
        keys = np.arange(len(names), dtype=np.uint64)
        drawn = uniforms(seed, stream_id("attribute.order"), number, keys)
        order = tuple(names[place] for place in np.argsort(drawn, kind="stable"))
        orders += [order, order[::-1]]
    return tuple(orders)


def _wanted(parts: Sequence[Part], orders: Sequence[Order]) -> set[Coalition]:
    """Return the combinations that one seed has to run."""
    names = [part.name for part in parts]
    if not orders:
        return {frozenset(chosen) for size in range(len(names) + 1) for chosen in itertools.combinations(names, size)}
    steps = {frozenset(order[:size]) for order in orders for size in range(len(names) + 1)}
    steps |= {before | {other} for order in orders for before, _, other in _neighbours(order)}
    everything = frozenset(names)
    return steps | {frozenset({name}) for name in names} | {everything - {name} for name in names}


def _neighbours(order: Order) -> Iterator[tuple[Coalition, str, str]]:
    """Yield two parts that come next to one another, with those before them."""
    for place, pair in enumerate(itertools.pairwise(order)):
        yield frozenset(order[:place]), *pair


def _is_defined(found: Mapping[Run, Mapping[str, float]], metric: str) -> bool:
    return all(metric in measured for measured in found.values())


def _refuse_gaps(found: Mapping[Run, Mapping[str, float]], tasks: Sequence[Run], metric: str) -> None:
    missing = sum(metric not in found[one] for one in tasks)
    if missing:
        raise InputError.of("R258", metric=metric, count=missing, total=len(tasks))


def _game(found: Mapping[Run, Mapping[str, float]], chosen: Sequence[Coalition], seed: int, metric: str) -> Game:
    return {one: found[_named(one), seed][metric] for one in chosen}


# -- the split


def split(names: Sequence[str], games: Sequence[Game], orders: Sequence[Sequence[Order]]) -> Attribution:
    """Return the Shapley values of a game a seed, as means over the seeds with their intervals.

    ``games`` give the value of each combination; ``orders`` are those a seed took (none: all combinations are there).
    """
    everything = frozenset(names)
    exact = not any(orders)
    by_seed = [
        shapley(names, game) if exact else sampled(names, game, taken)
        for game, taken in zip(games, orders, strict=True)
    ]
    whole, parts = summing(
        estimate([game[everything] - game[frozenset()] for game in games]),
        {name: estimate([found[name] for found in by_seed]) for name in names},
    )
    pairs: dict[tuple[str, str], list[float]] = {pair: [] for pair in itertools.combinations(names, 2)}
    for game, taken in zip(games, orders, strict=True):
        found = {pair: interaction(names, game, pair) for pair in pairs} if exact else met(game, taken)
        for pair, value in found.items():
            pairs[pair].append(value)
    return Attribution(
        "", "", "", "", "",
        whole,
        parts,
        {name: estimate([game[frozenset({name})] - game[frozenset()] for game in games]) for name in names},
        {name: estimate([game[everything] - game[everything - {name}] for game in games]) for name in names},
        {pair: estimate(values) for pair, values in pairs.items() if values},
        orders=0 if exact else max(map(len, orders)),
        replications=len(games),
    )  # fmt: skip


def summing(whole: Estimate, parts: Mapping[str, Estimate]) -> tuple[Estimate, dict[str, Estimate]]:
    """Return the estimates with means that sum to the last bit, in whatever order they are added.

    All are put on a grid so fine that nothing is lost that counts (2^-46 of the largest); what rounding leaves over,
    the largest part takes.
    """
    largest = max((abs(one.mean) for one in (whole, *parts.values())), default=0.0)
    if not parts or largest == 0:
        return whole, dict(parts)
    grid = math.ldexp(1.0, math.frexp(largest)[1] - _GRID_BITS)
    on_grid = {name: round(one.mean / grid) for name, one in parts.items()}
    total = round(whole.mean / grid)
    on_grid[max(on_grid, key=lambda name: abs(on_grid[name]))] += total - sum(on_grid.values())
    return replace(whole, mean=total * grid), {
        name: replace(one, mean=on_grid[name] * grid) for name, one in parts.items()
    }


def shapley(names: Sequence[str], game: Game) -> dict[str, float]:
    """Return the Shapley value of each player of a game whose combinations are all known (Shapley 1953)."""
    count = len(names)
    found = {}
    for name in names:
        terms = [
            math.factorial(len(before)) * math.factorial(count - len(before) - 1) / math.factorial(count)
            * (game[before | {name}] - game[before])
            for before in _subsets([other for other in names if other != name])
        ]  # fmt: skip
        found[name] = math.fsum(terms)
    return found


def sampled(names: Sequence[str], game: Game, orders: Sequence[Order]) -> dict[str, float]:
    """Return what each player brings on average over these orders; sums to the whole whatever the orders are."""
    brought: dict[str, list[float]] = {name: [] for name in names}
    for order in orders:
        for place, name in enumerate(order):
            brought[name].append(game[frozenset(order[: place + 1])] - game[frozenset(order[:place])])
    return {name: math.fsum(found) / len(orders) for name, found in brought.items()}


def interaction(names: Sequence[str], game: Game, pair: tuple[str, str]) -> float:
    """Return what two players bring together beyond what they bring apart (Grabisch and Roubens 1999)."""
    one, other = pair
    count = len(names)
    terms = [
        math.factorial(len(before)) * math.factorial(count - len(before) - 2) / math.factorial(count - 1)
        * (game[before | {one, other}] - game[before | {one}] - game[before | {other}] + game[before])
        for before in _subsets([name for name in names if name not in pair])
    ]  # fmt: skip
    return math.fsum(terms)


def met(game: Game, orders: Sequence[Order]) -> dict[tuple[str, str], float]:
    """Return what pairs bring together beyond what they bring apart, where they are neighbours in these orders.

    Next to one another in a random order, the parts before two of them are those of Shapley's interaction: each size is
    as likely, and each choice of that size. So each seed gives values without bias, of its pairs only.
    """
    values: dict[tuple[str, str], list[float]] = {}
    for order in orders:
        for before, one, other in _neighbours(order):
            both = game[before | {one, other}] - game[before | {one}] - game[before | {other}] + game[before]
            values.setdefault((min(one, other), max(one, other)), []).append(both)
    return {pair: math.fsum(found) / len(found) for pair, found in values.items()}


def _subsets(names: Sequence[str]) -> Iterator[Coalition]:
    for size in range(len(names) + 1):
        yield from map(frozenset, itertools.combinations(names, size))


def _told(found: Estimate) -> dict[str, Any]:
    return {"mean": found.mean} if found.ci95 is None else {"mean": found.mean, "ci95": list(found.ci95)}
