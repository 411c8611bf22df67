"""What must hold for every case of a table, rule or formula: proved by boxes or by the prover, else searched.

A property is an expression over inputs, lets and outputs. It is asked for every stretch of time and for every way in
which something is decided. What cannot be proved is tried on the values that rules and property name and those beside
them; that finds faults, and proves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, islice, product
from typing import Any, Literal

from twin.errors import InputError, Words
from twin.rules import smt
from twin.rules.boxes import Exhausted
from twin.rules.conditions import Constants, condition_of, possible, tree_of
from twin.rules.goals import epochs
from twin.rules.kinds import TRUTH, Kind, Value, written
from twin.rules.model import (
    Aggregate,
    Assign,
    Call,
    Choose,
    Decider,
    DecisionTable,
    Every,
    Exemption,
    Expr,
    Formula,
    History,
    Name,
    Not,
    Row,
    Rule,
    RuleSet,
    Span,
    conditions,
    walk,
)
from twin.rules.model import Literal as Written
from twin.rules.reference import Case, precedence
from twin.rules.texts import expanded
from twin.rules.witness import asked_names, candidates, telling_values

MOST_TRIED = 4000
MOST_EXCEPTIONS = 6
"""Of a rule with more exceptions not every combination is asked for: it is searched."""

Way = tuple[list[Expr], dict[str, Expr]]
"""How something is decided: the conditions, and what then is decided."""


@dataclass(frozen=True)
class Settled:
    """What is known of a property: it holds, is broken in a region, or is open; and how that was found."""

    answer: Literal["holds", "broken", "open"]
    how: Words
    region: Mapping[str, str] = field(default_factory=dict)


BY_BOXES = Words("proved by boxes", "由区域法证明")
BY_PROVER = Words("proved by the prover", "由证明器证明")
BY_SEARCH = Words("not proved: searched {count} cases", "未证明：已试算 {count} 种情形")


def settle(rules: RuleSet, decider: Decider, wanted: Expr) -> Settled:
    """Prove a property, find a case that breaks it, or search."""
    how, found = BY_BOXES, None
    for span in epochs(decider, rules):
        constants = Constants(rules, _a_day(span))
        ways = list(_ways(decider, constants.day))
        if not ways:
            continue
        found = _on_day(decider, ways, wanted, constants)
        if found is None:
            found = _searched(rules, decider, wanted, constants.day)
        if found.answer != "holds":
            return found
        how = max(how, found.how, key=_weakness)
    return Settled("holds" if found is not None else "open", how)


def _weakness(how: Words) -> int:
    return 0 if how == BY_BOXES else 1 if how == BY_PROVER else 2


def _on_day(decider: Decider, ways: Sequence[Way | None], wanted: Expr, constants: Constants) -> Settled | None:
    """Prove a property for one day, ``None`` where that cannot be done."""
    lets = {one.name: one.value for one in decider.head.lets}
    how = BY_BOXES
    for way in ways:
        if way is None:
            return None
        case, outputs = way
        breaks = Not(expanded(wanted, lets | outputs), kind=TRUTH)
        found = _asked([*(expanded(one, lets) for one in case), breaks], constants)
        if found is None or found.answer != "holds":
            return found
        how = max(how, found.how, key=_weakness)
    return Settled("holds", how)


def _asked(wanted: Sequence[Expr], constants: Constants) -> Settled | None:
    """Ask boxes, then the prover, whether a property can be broken; ``None`` where neither knows."""
    region: Mapping[str, str] = {}
    try:
        space, box, exact = possible([tree_of(one, constants) for one in wanted])
        if box is None:
            return Settled("holds", BY_BOXES)
        region = space.region(box)
        if exact:
            return Settled("broken", BY_BOXES, region)
    except Exhausted:
        pass
    verdict = smt.can_hold(wanted, constants)
    if verdict.answer == "unknown":
        return None
    if verdict.answer == "no":
        return Settled("holds", BY_PROVER)
    kinds: dict[str, Kind] = {name.name: name.kind for one in wanted for name in walk(one) if isinstance(name, Name)}
    example = {name: written(value, kinds.get(name)) for name, value in verdict.example.items()}
    return Settled("broken", BY_PROVER, example or region)


# -- the ways in which something is decided


def _ways(decider: Decider, day: dt.date) -> Iterator[Way | None]:
    """Yield the ways in which something is decided on a day; ``None`` for those that cannot be told one by one."""
    if isinstance(decider, DecisionTable):
        yield from _of_table(decider, day)
    elif isinstance(decider, Rule):
        yield from _of_rule(decider, day)
    else:
        yield [], {decider.head.name: _whole(decider)}


def _of_table(table: DecisionTable, day: dt.date) -> Iterator[Way | None]:
    if table.hit.policy == "collect":
        yield None
        return
    names = [output.name for output in table.outputs]
    rows = [row for row in table.rows if row.span.holds(day)]
    if table.hit.policy == "priority":
        rows.sort(key=lambda row: precedence(table, row))
    in_turn = table.hit.policy in ("first", "priority")
    before: list[Expr] = []
    for row in rows:
        condition = _condition(table, row)
        yield [condition, *(before if in_turn else [])], _values(names, row.values)
        before.append(Not(condition, kind=TRUTH))
    if table.otherwise is not None:
        yield before, _values(names, table.otherwise)


def _condition(table: DecisionTable, row: Row) -> Expr:
    parts = [condition_of(cell, column) for cell, column in zip(row.cells, table.columns, strict=True)]
    return Every(tuple(parts), kind=TRUTH)


def _values(names: list[str], values: tuple[Expr | None, ...]) -> dict[str, Expr]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _of_rule(rule: Rule, day: dt.date) -> Iterator[Way | None]:
    force = [one for one in rule.exceptions if one.span.holds(day)]
    if len(force) > MOST_EXCEPTIONS:
        yield None
        return
    gate = [] if rule.when is None else [rule.when]
    for held in chain.from_iterable(combinations(force, count) for count in range(len(force) + 1)):
        told: list[Expr] = list(gate)
        for one in force:
            when: Expr = Written(True, kind=TRUTH) if one.when is None else one.when
            told.append(when if one in held else Not(when, kind=TRUTH))
        yield told, _assigned(rule, held)


def _assigned(rule: Rule, held: Sequence[Exemption]) -> dict[str, Expr]:
    """Return what a rule decides where some exceptions hold."""
    beaten = {name for one in held for name in one.overrides}
    every: list[Assign] = [*rule.then, *(each for one in held if one.id not in beaten for each in one.then)]
    return {one.target.name: one.value for one in every}


def _whole(formula: Formula) -> Expr:
    """Return a formula as one expression, its rounding too."""
    found = formula.value
    if formula.when is not None:
        found = Choose(formula.when, formula.value, formula.otherwise, kind=formula.kind)
    if formula.rounding is None:
        return found
    step = Written(formula.rounding.step, kind=formula.kind)
    function = {"down": "floor", "up": "ceil", "nearest": "round"}[formula.rounding.mode]
    return Call(function, (found, step), kind=formula.kind)


# -- searching


def _searched(rules: RuleSet, decider: Decider, wanted: Expr, day: dt.date) -> Settled:
    """Try cases; open where none could be decided."""
    lets = {one.name: one.value for one in decider.head.lets}
    whole, count = expanded(wanted, lets), 0
    for given in _cases(decider, whole):
        case = Case(rules, day, given)
        try:
            outputs = dict(case.decision(decider).outputs)
            holds = Case(rules, day, {**given, **outputs}, {}, {}).holds(whole)  # type: ignore[dict-item]
        except InputError:
            continue
        count += 1
        if not holds:
            region = {name: written(value, None) for name, value in given.items()}
            return Settled("broken", _by_search(count), region)
    return Settled("holds" if count else "open", _by_search(count))


def _by_search(count: int) -> Words:
    return Words(BY_SEARCH.en.format(count=f"{count:,}"), BY_SEARCH.zh.format(count=f"{count:,}"))


def _cases(decider: Decider, wanted: Expr) -> Iterator[dict[str, Value]]:
    """Yield cases made of the values that rules and property name and those beside them."""
    lets = {one.name: one.value for one in decider.head.lets}
    asked = [expanded(one, lets) for one in conditions(decider)]
    names = asked_names([*asked, wanted])
    every = [one for expr in [*asked, wanted] for one in walk(expr)]
    points = telling_values(every)
    if any(isinstance(one, (Aggregate, History)) for one in every):
        return
    choices = [candidates(one.kind, points, one.optional) for one in names.values()]
    tempered = [list(one) for one in choices]
    while len(tempered) and _product(tempered) > MOST_TRIED:
        longest = max(tempered, key=len)
        if len(longest) <= 2:
            break
        longest.pop()
    for values in islice(product(*tempered), MOST_TRIED):
        yield dict(zip(names, values, strict=True))


def _product(choices: Sequence[Sequence[Any]]) -> int:
    total = 1
    for one in choices:
        total *= max(len(one), 1)
    return total


def _a_day(span: Span) -> dt.date:
    return span.start or (dt.date.min if span.end is None else span.end - dt.timedelta(days=1))
