"""Rules about levers: those that hold for a whole run become settings, the others are asked every morning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from twin.core.units import ends_in_unit, example, is_pure
from twin.errors import Complaint, closest
from twin.rules.kinds import Number, Value, written
from twin.rules.model import Assign, Decider, Expr, Literal, Name, Rule, RuleSet, Span, conditions, targets, walk
from twin.rules.scope import PARAMETERS
from twin.rules.vocabulary import Vocabulary

FIXED = ("desk.teams.", "desk.channels.", "desk.assignment", "desk.intake_calendar", "desk.dispatch_calendar",
         "desk.return_calendar", "desk.dispatch_times", "desk.dedup", "population.", "places.")  # fmt: skip
"""Levers that are laid out once: a rule may set them for a whole run only."""


MORNING = ("date", "weekday", "month", "holiday", "backlog")
"""What rules about levers can go by when the day begins."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Setting:
    """A lever's value for the whole run, as a scenario would write it, and the rule that says so."""

    path: str
    value: Any
    said: Assign


@dataclass(frozen=True)
class LeverRules:
    """What rules say of levers: for the whole run, and day by day."""

    settings: tuple[Setting, ...]
    daily: tuple[Decider, ...]


def lever_rules(
    rules: RuleSet, vocabulary: Vocabulary, start: dt.date, end: dt.date
) -> tuple[LeverRules, list[Complaint]]:
    """Sort the rules about levers; complaints are about levers that cannot change from day to day."""
    settings: list[Setting] = []
    daily: list[Decider] = []
    complaints: list[Complaint] = []
    for decider in rules.deciders:
        levers = [one for one in targets(decider) if one.about == "lever"]
        if not levers or not decider.head.span.meets(Span(start, end)):
            continue
        fixed = list(_fixed(decider, rules, vocabulary, start, end))
        if fixed:
            settings += fixed
            continue
        daily.append(decider)
        complaints += _unknown(decider)
        complaints += [Complaint("S166", one.place, {"name": one.name}) for one in levers if one.name.startswith(FIXED)]
    return LeverRules(tuple(settings), tuple(daily)), complaints


def _unknown(decider: Decider) -> Iterator[Complaint]:
    """Complain of fields that nobody knows in the morning."""
    lets = {one.name for one in decider.head.lets}
    for name in (one for expr in conditions(decider) for one in walk(expr) if isinstance(one, Name)):
        known = name.origin in ("parameter", "member", "result") or name.name in (*MORNING, *lets)
        if not known:
            values = {"name": name.name, "suggestion": closest(name.name, MORNING), "known": MORNING}
            yield Complaint("S162", name.place, values)


def _fixed(decider: Decider, rules: RuleSet, vocabulary: Vocabulary, start: dt.date, end: dt.date) -> Iterator[Setting]:
    """Yield the settings of a rule without a condition that holds from the first day to the last."""
    if not isinstance(decider, Rule) or decider.exceptions or not _always(decider.when):
        return
    span = decider.head.span
    if not span.holds(start) or (span.end is not None and span.end < end):
        return
    for assign in decider.then:
        value = _constant(assign.value, rules, start, end)
        if assign.target.about == "lever" and value is not None:
            entry = vocabulary.target(assign.target.name)
            holds_list = entry is not None and entry.kind is None
            yield Setting(assign.target.name, as_list(value) if holds_list else as_setting(assign, value), assign)


def _always(when: Expr | None) -> bool:
    return when is None or (isinstance(when, Literal) and when.value is True)


def _constant(expr: Expr, rules: RuleSet, start: dt.date, end: dt.date) -> Value:
    """Return the value of a literal, or of a parameter that does not change in the run; ``None`` for anything else."""
    if isinstance(expr, Literal):
        return expr.value
    if isinstance(expr, Name) and expr.origin == "parameter":
        name = expr.name.removeprefix(PARAMETERS)
        parameter = next((one for one in rules.parameters if one.name == name), None)
        first = parameter.on(start) if parameter is not None else None
        same = parameter is not None and all(one.value == first or not one.span.meets(Span(start, end))
                                             for one in parameter.reigns)  # fmt: skip
        return first if same else None
    return None


def as_list(value: Value) -> list[Any]:
    """Return the items of a lever that holds a list, numbers as numbers."""
    return [float(item) if _NUMBER.fullmatch(item) else item for item in str(value).split(", ")]


def as_setting(assign: Assign, value: Value) -> Any:
    """Return a lever's value as a scenario writes it: numbers bare where the key says the unit, else with it."""
    kind = assign.target.kind
    if not isinstance(value, Fraction) or not isinstance(kind, Number):
        return value if isinstance(value, (bool, str)) else written(value, kind)
    number = value / kind.factor
    plain: Any = int(number) if number.denominator == 1 else float(number)
    key = assign.target.name.rpartition(".")[2]
    bare = not kind.unit or is_pure(kind.unit) or ends_in_unit(key, kind.unit)
    return plain if bare else example(plain, kind.unit)
