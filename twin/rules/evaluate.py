"""One decision, on request: what ``twin rules eval`` answers."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from typing import Any

from twin.errors import InputError, closest, severity
from twin.rules.given import given_of_json, known_names
from twin.rules.kinds import Kind, Number, Value, base_units, decimal
from twin.rules.model import Decider, DecisionTable, Formula, Rule, RuleSet, targets
from twin.rules.read import Reading
from twin.rules.reference import Case, Decision

_DOUBLE = 15  # digits that every reader of JSON keeps


def decide(reading: Reading, name: str, given: str, day: dt.date) -> Decision:
    """Decide one case; raises InputError when the rules cannot be read, or the case cannot be decided."""
    rules = sound(reading, name)
    return Case(rules, day, given_of_json(given, rules, name)).decide(name)


def sound(reading: Reading, name: str | None = None) -> RuleSet:
    """Return the rules that were read, which have something of a name; raises InputError with what is wrong."""
    errors = [one for one in reading.complaints if severity(one) == "error"]
    if errors:
        raise InputError(errors)
    names = list(known_names(reading.rules))
    if name is not None and name not in names:
        raise InputError.of("E603", None, name=name, suggestion=closest(name, names), known=tuple(names))
    return reading.rules


def as_json(decision: Decision) -> str:
    """Return a decision as ``--json`` prints it: numbers in base units, with all their digits where they end."""
    outputs = ", ".join(f"{json.dumps(name)}: {_json(value)}" for name, value in decision.outputs.items())
    at = f"{decision.place.file}:{decision.place.line}"
    return f'{{"outputs": {{{outputs}}}, "row": {json.dumps(decision.row)}, "at": {json.dumps(at)}}}'


def _json(value: Value | tuple[Value, ...]) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, Fraction):
        exact = decimal(value)
        return exact if "/" not in exact else repr(float(value))
    if isinstance(value, dt.date):
        return json.dumps(value.isoformat())
    return json.dumps(value)


def as_lines(decision: Decision, decider: Decider) -> list[str]:
    """Return the outputs of a decision for a reader: exact, in the unit that the author chose."""
    kinds = {decider.head.name: decider.kind} if isinstance(decider, Formula) else {
        one.name: one.kind for one in targets(decider)}  # fmt: skip
    return [f"{name} = {_shown(value, kinds.get(name))}" for name, value in decision.outputs.items()]


def _shown(value: Any, kind: Kind | None) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(one, kind) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, Fraction) or not isinstance(kind, Number):
        return str(value)
    shown, unit = decimal(value / kind.factor), kind.unit or base_units(kind.powers)
    return f"{shown} {unit}".strip()


def kind_of(decider: Decider) -> str:
    """Return what a decider is called in a rule file."""
    return {DecisionTable: "table", Rule: "rule", Formula: "formula"}[type(decider)]
