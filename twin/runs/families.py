"""Many differences at once: what may still be said of each.

Whoever looks at twenty differences finds one by chance. The primary outcomes, which the author of a scenario names
before the run, are held together by Holm's correction, and their intervals hold all at once (Bonferroni). All others
are exploratory: Benjamini and Hochberg keep the share of false finds among those that are spoken of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from twin.runs.compare import CONFIDENCE, Difference, judged, widened

Key = TypeVar("Key")
ALPHA = 1 - CONFIDENCE


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm (1979): the chance of any false find among them stays below 5 %."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Benjamini and Hochberg (1995): the share of false finds stays below 5 %."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    adjusted, lowest = [0.0] * len(p_values), 1.0
    for rank, place in enumerate(order):
        lowest = min(lowest, p_values[place] * len(p_values) / (len(p_values) - rank))
        adjusted[place] = lowest
    return adjusted


def corrected(found: Mapping[Key, Difference], primary: Collection[Key]) -> dict[Key, Difference]:
    """Return the differences, each judged as one of all that were looked at.

    Differences that are zero to the last bit are no test and count for nothing.
    """
    first = _held_together({key: one for key, one in found.items() if key in primary})
    rest = _explored({key: one for key, one in found.items() if key not in primary})
    return {key: first[key] if key in first else rest[key] for key in found}


def _held_together(found: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """Primary outcomes: Holm for the verdicts, Bonferroni for the intervals."""
    tested = _tested(found)
    adjusted = dict(zip(tested, holm([tested[key].p or 0.0 for key in tested]), strict=True))
    level = 1 - ALPHA / max(len(tested), 1)
    told = {}
    for key, one in found.items():
        wide = widened(one, one.pairs, level) if one.p is not None else None
        told[key] = replace(judged(one, adjusted.get(key, one.p), wide, level), simultaneous=wide, primary=True)
    return told


def _explored(found: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """Exploratory outcomes: Benjamini and Hochberg."""
    tested = _tested(found)
    adjusted = dict(zip(tested, benjamini_hochberg([tested[key].p or 0.0 for key in tested]), strict=True))
    finds = sum(p <= ALPHA for p in adjusted.values())
    level = 1 - ALPHA * min(finds + 1, len(tested)) / max(len(tested), 1)
    return {key: judged(one, adjusted.get(key, one.p), one.ci95, level) for key, one in found.items()}


def _tested(found: Mapping[Key, Difference]) -> dict[Key, Difference]:
    return {key: one for key, one in found.items() if one.p is not None and one.ci95 != (0.0, 0.0)}
