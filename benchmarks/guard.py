"""The guard's false alarms and its power, on builds whose truth is known, and how real pairs scatter.

A build holds ten scenarios to their baselines by the code that ``twin check --tier equivalence`` runs: twelve values
each (six outcomes of two arms), the margin of 2.5 % of the baseline's mean. It is a false alarm when any of the 120
values is called a drift though none moved by more than its margin. Single runs scatter by 20 %; what a changed program
gives with the same seed differs from before by its own scatter, which is what decides.

What is real: shipped scenarios, before and after all services take 1.5 % longer, in pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.kit import Row, table
from twin.runs.experiment import Means
from twin.runs.experiment import run as measured
from twin.runs.guard import FALSE_ALARMS, MARGIN, level_of, looked_at
from twin.runs.skewed import ENOUGH, POWER, Pairs, seeds_for
from twin.scenario.load import load

BUILDS = 1000
SCENARIOS, SEEDS, VALUES = 10, 80, 12
MEAN, SCATTER = 100.0, 20.0
DRIFT = 5.0
SCATTERS, MANY_SEEDS = (1.0, 2.5, 4.0, 6.0, 13.0), (80, 160, 320, 640)
LEVEL = level_of(SCENARIOS * VALUES)
PAIRS, LONGER, JOBS = 16, 1.5225, 2
REAL = {
    "dispatch": ("manual", "smart", "smart_no_dedup"), "bubenec": ("waited_longest",),
    "shanghai_block": ("nearest",), "four_series": ("slow",),
}  # fmt: skip

Chance = np.random.Generator
Draw = Callable[[Chance, tuple[int, int]], np.ndarray]


class Kind(NamedTuple):
    """A way in which paired changes scatter: mean 0, standard deviation 1, the long tail on the right."""

    name: str
    draw: Draw


def _lognormal(sigma: float) -> Draw:
    mean, scatter = np.exp(sigma**2 / 2), np.sqrt(np.expm1(sigma**2) * np.exp(sigma**2))
    return lambda chance, shape: (np.exp(sigma * chance.standard_normal(shape)) - mean) / scatter


NORMAL = Kind("normal pairs", lambda chance, shape: chance.standard_normal(shape))
SKEWED = (
    Kind("gamma pairs of skewness 1", lambda chance, shape: (chance.standard_gamma(4, shape) - 4) / 2),
    Kind("gamma pairs of skewness 2", lambda chance, shape: chance.standard_gamma(1, shape) - 1),
    Kind("lognormal pairs, sigma 0.5 (skewness 1.75)", _lognormal(0.5)),
    Kind("lognormal pairs, sigma 1.2 (skewness 11)", _lognormal(1.2)),
)


def run() -> None:
    """Measure and print the tables."""
    rows = [_alarms("nothing changed but the luck", kind, 20.0, 0.0, SEEDS) for kind in (NORMAL, SKEWED[-1])]
    rows.append(_at_the_margin(NORMAL, SEEDS))
    rows += [_at_the_margin(kind, seeds) for kind, seeds in product(SKEWED, (20, 40, SEEDS))]
    table("guard: false alarms", rows,
          f"{BUILDS} builds of {SCENARIOS} scenarios (± {100 * (FALSE_ALARMS / BUILDS) ** 0.5:.1f}, standard error of"
          f" 1 %); undecided is no alarm. At the margin: all {VALUES * SCENARIOS} values changed by just their margin,"
          " to the side on which the tail is missed: no change that is no drift has more alarms, for pairs of this"
          " kind; pairs of another kind may.")  # fmt: skip
    _power()
    _real()


def _at_the_margin(kind: Kind, seeds: int) -> Row:
    return _alarms("all values moved to the margin", kind, 6.0, -1.0, seeds)


def _alarms(what: str, kind: Kind, own: float, margins: float, seeds: int) -> Row:
    """All values move by so many margins: downwards where the long tail is on the right, so that t misleads most."""
    chance = np.random.default_rng(17)
    found = Counter(_worst(_build(chance, kind, own, margins, seeds)) for _ in range(BUILDS))
    share = found["drift"] / BUILDS
    kept = ", ".join(f"{name} {count / BUILDS:.1%}" for name, count in found.most_common())
    figure = f"{what}; {kind.name} scatter by {own:g} %, {seeds} seeds"
    return Row(figure, f"{share:.2%} alarm", kept, "", "≤ 1 %", share <= FALSE_ALARMS)


def _worst(verdicts: set[str]) -> str:
    return next(name for name in ("drift", "undecided", "same") if name in verdicts)


def _build(chance: Chance, kind: Kind, own: float, margins: float, seeds: int) -> set[str]:
    """Return the verdicts on the values of ten scenarios."""
    return {verdict for _ in range(SCENARIOS) for verdict in _verdicts(chance, kind, own, margins, seeds, VALUES)}


def _verdicts(chance: Chance, kind: Kind, own: float, margins: float, seeds: int, values: int) -> list[str]:
    """Return the verdicts on so many values, each at the level that it has in a build of 120."""
    was = chance.normal(MEAN, SCATTER, (values, seeds))
    margin = MARGIN * np.abs(was.mean(axis=1))
    now = was + margins * margin[:, None] + own * kind.draw(chance, was.shape)
    keys = [("arm", str(at)) for at in range(values)]
    held, gives = ({key: tuple(row) for key, row in zip(keys, rows.tolist(), strict=True)} for rows in (was, now))
    margins_ = dict(zip(keys, margin.tolist(), strict=True))
    scenarios = SCENARIOS * VALUES // values
    found = looked_at(held, margins_, lambda count: {key: row[:count] for key, row in gives.items()}, scenarios)
    return [one.verdict for one in found.values()]


def _power() -> None:
    """One value of one scenario drifts by 5 %: the others need not be drawn, for each is judged by itself."""
    print(f"\n## guard: power\n\nOne of {SCENARIOS * VALUES} values drifts by {DRIFT:g} %; {BUILDS} builds.\n")
    head = ["pairs scatter by", *(f"{seeds} seeds" for seeds in MANY_SEEDS), f"seeds for power {POWER}"]
    rows = []
    for own in SCATTERS:
        found = [_verdicts_of_one(own, seeds).count("drift") / BUILDS for seeds in MANY_SEEDS]
        rows.append([f"{own:g} %", *(f"{share:.1%}" for share in found), _seeds(own)])
    _grid(head, rows)


def _verdicts_of_one(own: float, seeds: int) -> list[str]:
    chance = np.random.default_rng(17)
    return [one for _ in range(BUILDS) for one in _verdicts(chance, NORMAL, own, DRIFT / MEAN / MARGIN, seeds, 1)]


def _seeds(own: float) -> str:
    found = seeds_for(own, MEAN * MARGIN, 1 - LEVEL)
    return "out of reach" if found is None else str(max(ENOUGH, found))


def _real() -> None:
    print("\n## guard: how pairs of shipped scenarios scatter\n")
    print(f"Service time +1.5 %, {PAIRS} pairs, primary outcomes; seeds against a drift of {DRIFT:g} % of one of"
          f" {SCENARIOS * VALUES} values.\n")  # fmt: skip
    head = ["scenario, arm", "outcome", "change", "pairs scatter by", "skewness", f"seeds for power {POWER}"]
    _grid(head, [row for name, arms in REAL.items() for row in _scenario(name, arms)])


def _scenario(name: str, arms: Sequence[str]) -> list[list[str]]:
    path = f"scenarios/{name}.yaml"
    before, after = (measured(load(path, sets=sets), arms, PAIRS, None, Means(jobs=JOBS))
                     for sets in ([], [f"desk.service.mean_hours={LONGER}"]))  # fmt: skip
    rows = []
    for arm, outcome in product(arms, before.scenario.primary):
        both = zip(before.values[arm][outcome], after.values[arm][outcome], strict=True)
        pairs = [(one, other) for one, other in both if one is not None and other is not None]
        percent = 100 / abs(float(np.mean([one for one, _ in pairs])))
        own = Pairs.of([(other - one) * percent for one, other in pairs])
        rows.append([f"{name}, {arm}", outcome, f"{own.mean:+.1f} %", f"{own.scatter:.2g} %", f"{own.skewness:+.1f}",
                     _seeds(own.scatter)])  # fmt: skip
    return rows


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in (head, ["---"] * len(head), *rows):
        print("|", " | ".join(row), "|", flush=True)
