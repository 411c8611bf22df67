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
from twin.rules.boxes import OTHER, Box, Budget, Exhausted, uncovered
from twin.rules.conditions import Constants, Join, Space, space_of, tree_of
from twin.rules.kinds import TRUTH, Group, Kind, Number, Value, written
from twin.rules.model import Expr, Formula, Not, RuleSet, targets
from twin.rules.paths import valued
from twin.rules.reference import Case, Decision, Given

MOST_FILLED = 60
STEPS = 100_000
Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Specimen:
    """One case and what is decided in it (a fault: the code of the error), ready to be written as a test."""

    name: str
    day: dt.date
    given: Mapping[str, Given]
    decision: Decision | None
    fault: str = ""


def solve(
    wanted: Sequence[Expr], constants: Constants, without: Sequence[Expr] = ()
) -> tuple[Answer, Mapping[str, Value]]:
    """Look for values for which conditions hold, and none of some others: by boxes, by the prover, then by trying.

    The lets must have been put in. "no" is a proof that there are none.
    """
    space = space_of([tree_of(one, constants) for one in (*wanted, *without)])
    try:
        box = _box(space, wanted, without, constants)
    except Exhausted:
        return _found(wanted, constants, without)
    if box is None:
        return "no", {}
    if space.derived:
        return _found(wanted, constants, without)
    asked = witness.asked_names(wanted)
    sample = {name: "..." if value == OTHER else value for name, value in space.sample(box).items()}
    return "yes", {name: value for name, value in sample.items() if name in asked or without}


def _box(space: Space, wanted: Sequence[Expr], without: Sequence[Expr], constants: Constants) -> Box | None:
    """Return a box in which all conditions hold and no other does; raises Exhausted."""
    budget = Budget(STEPS)
    others = [box for one in without for box in space.boxes(tree_of(one, constants), budget)]
    boxes = space.boxes(Join(True, tuple(tree_of(one, constants) for one in wanted)), budget)
    return next((piece for box in boxes for piece in uncovered(box, others, budget)), None)


def _found(wanted: Sequence[Expr], constants: Constants, without: Sequence[Expr]) -> tuple[Answer, Mapping[str, Value]]:
    verdict = witness.find([*wanted, *(Not(one, kind=TRUTH) for one in without)], constants)
    return verdict.answer, verdict.example


def completed(
    rules: RuleSet, name: str, day: dt.date, given: Mapping[str, Given], known: Mapping[str, Kind]
) -> Specimen | None:
    """Add values of what else is needed until something is decided, ``None`` where no value can be found.

    ``known`` are all names that may be given, with their kinds (:func:`twin.rules.given.names_of`).
    """
    found = dict(given)
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


def as_test(specimen: Specimen, title: str, rules: RuleSet, known: Mapping[str, Kind], *, dated: bool) -> str | None:
    """Write a case as an entry of ``tests:``, ``None`` where its values cannot be written there."""
    if not specimen.given.keys() <= known.keys():
        return None
    given: dict[str, Any] = {}
    for name in (one for one in known if one in specimen.given):
        value = specimen.given[name]
        if not _can_be_written(value):
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
