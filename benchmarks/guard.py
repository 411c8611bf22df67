"""The guard's false alarms and its power, on builds whose truth is known.

A build holds ten scenarios to baselines of 40 seeds by the code that ``twin check --tier equivalence`` runs: twelve
values each (six outcomes of two arms), looks at 20 and 40 seeds, the margin of 2.5 % of the baseline's mean. It is a
false alarm when any of the 120 values is called a drift. Single runs scatter by 20 %; what a changed program gives with
the same seed differs from before by its own scatter, which is what decides.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from benchmarks.kit import Row, table
from twin.runs.guard import FALSE_ALARMS, MARGIN, looked_at

BUILDS = 1000
SCENARIOS, SEEDS, VALUES = 10, 40, 12
MEAN, SCATTER = 100.0, 20.0
DRIFT = 5.0
POWER = 0.9


def run() -> None:
    """Measure and print the table."""
    rows = [_alarms("nothing changed but the luck", own, 0.0) for own in (2.0, 5.0, 20.0)]
    rows += [
        _alarms("all values moved to the margin (2.5 %), the worst case", own, MEAN * MARGIN) for own in (2.0, 5.0)
    ]
    rows += [_found(own) for own in (1.0, 2.0, 2.5)]
    table("guard: false alarms and power", rows, f"{BUILDS} builds of {SCENARIOS} scenarios; undecided is no alarm.")


def _alarms(what: str, own: float, moved: float) -> Row:
    found = _builds(own, [moved] * VALUES)
    share = found["drift"] / BUILDS
    kept = ", ".join(f"{name} {count / BUILDS:.1%}" for name, count in found.most_common())
    return Row(f"{what}; pairs scatter by {own:.0f} %", f"{share:.2%} alarm", kept, "", "≤ 1 %", share <= FALSE_ALARMS)


def _found(own: float) -> Row:
    """One value of one scenario drifts by 5 %."""
    found = _builds(own, [DRIFT] + [0.0] * (VALUES - 1))
    share = found["drift"] / BUILDS
    figure = f"one outcome of one scenario drifts by 5 %; pairs scatter by {own:g} %"
    return Row(figure, f"{share:.1%} found", f"{SEEDS} seeds", "", f"≥ {POWER:.0%}", share >= POWER)


def _builds(own: float, moved: list[float]) -> Counter[str]:
    """Count the verdicts of builds: the worst of all values of all scenarios; ``moved`` are those of the first one."""
    chance = np.random.default_rng(17)
    worst: Counter[str] = Counter()
    others = moved if len(set(moved)) == 1 else [0.0] * VALUES
    for _ in range(BUILDS):
        verdicts = {verdict for at in range(SCENARIOS) for verdict in _scenario(own, others if at else moved, chance)}
        worst[next(name for name in ("drift", "undecided", "same") if name in verdicts)] += 1
    return worst


def _scenario(own: float, moved: list[float], chance: np.random.Generator) -> set[str]:
    """Return the verdicts on the values of one scenario."""
    was = chance.normal(MEAN, SCATTER, (VALUES, SEEDS))
    now = was + np.array(moved)[:, None] + chance.normal(0, own, was.shape)
    keys = [("arm", str(at)) for at in range(VALUES)]
    held, gives = ({key: tuple(row) for key, row in zip(keys, rows.tolist(), strict=True)} for rows in (was, now))
    margins = {key: MARGIN * abs(float(row.mean())) for key, row in zip(keys, was, strict=True)}
    found = looked_at(held, margins, lambda count: {key: row[:count] for key, row in gives.items()}, SCENARIOS)
    return {one.verdict for one in found.values()}
