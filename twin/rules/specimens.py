"""Cases made to order: values for which conditions hold, completed until something is decided, written as a test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from twin.core.marked_yaml import flow
from twin.errors import InputError
from twin.rules import witness
from twin.rules.boxes import OTHER, Exhausted
from twin.rules.conditions import Constants, possible, tree_of
from twin.rules.given import names_of
from twin.rules.kinds import Group, Kind, Number, Value, written
from twin.rules.model import Expr, Formula, RuleSet, targets
from twin.rules.paths import valued
from twin.rules.reference import Case, Decision, Given

MOST_FILLED = 60
Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Specimen:
    """One case and what is decided in it (a fault: the code of the error), ready to be written as a test."""

    name: str
    day: dt.date
    given: Mapping[str, Given]
    decision: Decision | None
    fault: str = ""


def solve(wanted: Sequence[Expr], constants: Constants) -> tuple[Answer, Mapping[str, Value]]:
    """Look for values for which conditions hold: by boxes, then by the prover, then by trying.

    The lets must have been put in. "no" is a proof that there are none.
    """
    try:
        space, box, exact = possible([tree_of(one, constants) for one in wanted])
    except Exhausted:
        box, exact = (), False
    if box is None:
        return "no", {}
    if exact and box:
        asked = witness.asked_names(wanted)
        sample = {name: "..." if value == OTHER else value for name, value in space.sample(box).items()}
        return "yes", {name: value for name, value in sample.items() if name in asked}
    verdict = witness.find(wanted, constants)
    return verdict.answer, verdict.example


def completed(rules: RuleSet, name: str, day: dt.date, given: Mapping[str, Given]) -> Specimen | None:
    """Add values of what else is needed until something is decided, ``None`` where no value can be found."""
    found, known = dict(given), names_of(rules)
    for _ in range(MOST_FILLED):
        try:
            return Specimen(name, day, found, Case(rules, day, found).decide(name))
        except InputError as reason:
            [first, *_] = reason.complaints
            missing = first.values.get("name")
            if first.code != "E602" or missing in found or missing not in known:
                return Specimen(name, day, found, None, first.code) if first.code != "E602" else None
            value = default(known[str(missing)])
            if value is None:
                return None
            found[str(missing)] = value
    return None


def default(kind: Kind) -> Any:
    """Return some value of a kind, ``None`` where none is plain."""
    if isinstance(kind, Group):
        return ()
    choices = witness.candidates(kind, [Fraction(1)] if isinstance(kind, Number) else [])
    return choices[0] if choices else dt.date(2025, 1, 1) if not isinstance(kind, Number) else None


def as_test(specimen: Specimen, title: str, rules: RuleSet, *, dated: bool) -> str | None:
    """Write a case as an entry of ``tests:``, ``None`` where its values cannot be written there."""
    known = names_of(rules)
    given: dict[str, Any] = {}
    for name, value in specimen.given.items():
        if name not in known or not _can_be_written(value):
            return None
        given[name] = _plain(value, known[name])
    entry: dict[str, Any] = {"name": title, "of": specimen.name}
    if dated:
        entry["on"] = specimen.day.isoformat()
    lines = [f"{key}: {flow(value)}" for key, value in (entry | {"given": given, "expect": _expected(specimen, rules)}
                                                        ).items()]  # fmt: skip
    return "\n".join(("- " if at == 0 else "  ") + line for at, line in enumerate(lines))


def _can_be_written(value: Given) -> bool:
    return value is None or value == () or isinstance(value, (Fraction, bool, str, dt.date))


def _plain(value: Any, kind: Kind) -> Any:
    """Return a value as plain data that is read again as the same value."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, Fraction):
        return written(value, kind)
    pure = isinstance(kind, Number) and not kind.powers and not kind.unit
    if pure and value.denominator == 1:
        return int(value)
    if pure and Fraction(repr(float(value))) == value and "e" not in repr(float(value)):
        return float(value)
    return _measured(value, kind)


def _measured(value: Fraction, kind: Kind) -> str:
    """Write a number with its unit; a fraction that does not end as a product."""
    said = valued(value, kind)
    if "/" not in said.split(" ")[0]:
        return said
    number, _, unit = said.partition(" ")
    return f"{number} * 1 {unit}" if unit else number


def _expected(specimen: Specimen, rules: RuleSet) -> dict[str, Any]:
    if specimen.decision is None:
        return {"error": specimen.fault}
    decision = specimen.decision
    [decider, *_] = rules.called(specimen.name, specimen.day)
    kinds = {decider.head.name: decider.kind} if isinstance(decider, Formula) else {
        one.name: one.kind for one in targets(decider)}  # fmt: skip
    found = {name: [written(one, kinds[name]) for one in value] if isinstance(value, tuple) else
             _plain(value, kinds[name]) for name, value in decision.outputs.items()}  # fmt: skip
    return found | ({"row": decision.row} if decision.row is not None else {})
