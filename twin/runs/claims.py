"""Claims: what planners expect of a policy, one sentence each in a YAML file, held against runs.

A key that no claim has, a value that cannot be meant, an arm or a metric that does not exist: all are refused where
they stand, for a claim that says less than its author thinks passes too easily.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twin.core.marked_yaml import KINDS, Marked, Source, read
from twin.errors import Complaint, InputError, Place, Words, closest
from twin.runs.compare import estimate, widened
from twin.runs.experiment import Experiment, Means, metric_book, run
from twin.runs.guard import Finding, Verdict, mean_of
from twin.scenario.load import Scenario, load

_SIGNS = {"lower": -1, "higher": 1}
_OF_FILE = ("scenario", "replications", "claims")
_OF_CLAIM = ("compare", "outcome", "is", "by_at_least", "confidence")
_FILE, _CLAIM = Words("a file of claims", "断言文件"), Words("a claim", "断言")
_TEXT, _SIGN = KINDS["text"], Words("`lower` or `higher`", "`lower` 或 `higher`")
_PAIR = Words("two different arms, the option and its baseline", "两个不同的方案：选项与基准")
_SOME = Words("a list of one claim or more", "至少含一条断言的列表")
_AMOUNT = Words("a number, in the unit of the outcome", "数字（以该指标的单位计）")
_SURE = Words("a share above 0.5 and below 1, such as 0.95", "大于 0.5 且小于 1 的比例，例如 0.95")
_COUNT = Words("a whole number, 1 or more", "不小于 1 的整数")
Reads = Callable[[Marked], Any]
"""Returns what a value says; raises ValueError with the :class:`Words` of what was expected."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a planner: an arm's outcome is lower (higher) than another arm's, by at least so much.

    ``by_at_least`` is in the unit of the outcome; ``named`` are the places of both arms and of the outcome.
    """

    compare: tuple[str, str]
    outcome: str
    by_at_least: float = 0.0
    sign: int = -1
    confidence: float = 0.95
    place: Place | None = None
    named: tuple[Place, ...] = ()

    def __str__(self) -> str:
        word = "lower" if self.sign < 0 else "higher"
        return f"{self.compare[0]}: {self.outcome} {word} than {self.compare[1]} by {self.by_at_least:g}"


@dataclass(frozen=True)
class Claims:
    """A file of claims about one scenario, run with so many seeds (``None``: as many as the scenario says)."""

    file: Path
    scenario: str
    replications: int | None
    claims: tuple[Claim, ...]
    place: Place | None = None


def read_claims(file: Path) -> Claims:
    """Read a file of claims; the scenario's path is relative to it.

    Raises InputError with everything that is wrong: S101 (no such key), R283 (missing, or no such value).
    """
    tree, faults = read(file), list[Complaint]()
    head = _Form(tree, _OF_FILE, _FILE, faults)
    scenario = head.read("scenario", _text)
    count = head.read("replications", _count, None)
    found = [_claim(one, faults) for one in head.read("claims", _claims) or ()]
    if faults:
        raise InputError(sorted(faults, key=_spot))
    return Claims(file, os.path.normpath(file.parent / scenario), count, tuple(found), tree.value["scenario"].place)


def _claim(tree: Marked, faults: list[Complaint]) -> Claim:
    form = _Form(tree, _OF_CLAIM, _CLAIM, faults)
    arms, outcome = form.read("compare", _pair), form.read("outcome", _text)
    by, sign = form.read("by_at_least", _amount, 0.0), form.read("is", _sign)
    sure = form.read("confidence", _share, 0.95)
    named = () if faults else (*(one.place for one in tree.value["compare"].value), tree.value["outcome"].place)
    return Claim(arms, outcome, by, sign, sure, tree.place, named)


class _Form:
    """A map with known keys; what is wrong goes to ``faults``, and then what is read means nothing."""

    def __init__(self, tree: Marked, keys: Sequence[str], owner: Words, faults: list[Complaint]) -> None:
        self.tree, self.faults = tree, faults
        given = tree.value if tree.kind == "map" else {}
        for key in [key for key in given if key not in keys]:
            values = {"key": key, "owner": owner, "suggestion": closest(str(key), keys), "known": tuple(keys)}
            faults.append(Complaint("S101", tree.key_place(key), values))

    def read(self, key: str, reads: Reads, *absent: Any) -> Any:
        """Return what a key says; ``absent`` is what it means not to say it, where it may be left out."""
        found = self.tree.value.get(key) if self.tree.kind == "map" else None
        if found is None and absent:
            return absent[0]
        try:
            return reads(found or _NOTHING)
        except ValueError as error:
            place = self.tree.place if found is None else found.place
            self.faults.append(Complaint("R283", place, {"key": key, "expected": error.args[0]}))
            return None


_NOTHING = Marked(None, Source("", ("",)), (0, 0), (0, 0))


def _text(found: Marked) -> str:
    if found.kind != "text" or not found.value.strip():
        raise ValueError(_TEXT)
    return str(found.value)


def _sign(found: Marked) -> int:
    if found.kind != "text" or found.value not in _SIGNS:
        raise ValueError(_SIGN)
    return _SIGNS[found.value]


def _pair(found: Marked) -> tuple[str, str]:
    given = [str(one.value) for one in found.value if one.kind == "text"] if found.kind == "list" else []
    if len(given) != 2 or len(found.value) != 2 or given[0] == given[1]:
        raise ValueError(_PAIR)
    return given[0], given[1]


def _claims(found: Marked) -> list[Marked]:
    if found.kind != "list" or not found.value:
        raise ValueError(_SOME)
    return list(found.value)


def _amount(found: Marked) -> float:
    if found.kind != "number" or not math.isfinite(found.value):
        raise ValueError(_AMOUNT)
    return float(found.value)


def _share(found: Marked) -> float:
    if found.kind != "number" or not 0.5 < found.value < 1:
        raise ValueError(_SURE)
    return float(found.value)


def _count(found: Marked) -> int:
    if found.kind != "number" or found.value < 1 or found.value != int(found.value):
        raise ValueError(_COUNT)
    return int(found.value)


def _spot(one: Complaint) -> tuple[int, int]:
    return (one.place.line, one.place.col) if one.place else (0, 0)


# -- holding them


def check_claims(claims: Claims, means: Means) -> list[Finding]:
    """Run the arms that the claims speak of and hold each claim.

    Raises InputError Y023 (no such scenario), S110 (no such arm), R259 (no such metric), each where it is named.
    """
    if not Path(claims.scenario).exists():
        raise InputError.of("Y023", claims.place, file=claims.scenario, why="")
    scenario = load(claims.scenario)
    unknown = [fault for one in claims.claims for fault in _unknown(one, scenario)]
    if unknown:
        raise InputError(unknown)
    arms = dict.fromkeys(arm for one in claims.claims for arm in one.compare)
    measured = run(scenario, list(arms), claims.replications, None, means)
    return [replace(held(one, measured), scenario=claims.scenario, file=str(claims.file)) for one in claims.claims]


def _unknown(claim: Claim, scenario: Scenario) -> Iterator[Complaint]:
    places = claim.named or (None, None, None)
    for arm, place in zip(claim.compare, places[:2], strict=True):
        if arm not in scenario.arms:
            known = tuple(scenario.arms)
            yield Complaint("S110", place, {"arm": arm, "suggestion": closest(arm, known), "known": known})
    book = metric_book()
    if claim.outcome not in book:
        near = closest(claim.outcome, book)
        yield Complaint("R259", places[2], {"metric": claim.outcome, "suggestion": near, "known": sorted(book)})


def held(claim: Claim, measured: Experiment) -> Finding:
    """Hold one claim: it is kept or broken only where the interval of the paired difference leaves no doubt."""
    option, base = (measured.values[arm].get(claim.outcome) for arm in claim.compare)
    line = claim.place.line if claim.place else 1
    about = Finding("claims", "drift", "", str(claim), seeds=measured.replications, line=line)
    if option is None or base is None or None in (*option, *base):
        return about
    change = [claim.sign * (one - other) for one, other in zip(option, base, strict=True)]  # type: ignore[operator]
    about = replace(about, was=mean_of(base), now=mean_of(option))
    if len(change) < 2:
        return replace(about, verdict="undecided")
    low, high = widened(estimate(change), len(change), 2 * claim.confidence - 1) or (0.0, 0.0)
    verdict: Verdict = "same" if low >= claim.by_at_least else "drift" if high < claim.by_at_least else "undecided"
    ends = sorted((claim.sign * low, claim.sign * high))
    return replace(about, verdict=verdict, low=ends[0], high=ends[1])
