"""What differs between two rule sets in meaning: which cases come out otherwise, and by which rows.

Tables, rules and formulas are compared by name, for every stretch of time in which nothing of them changes. What other
rules decide counts as given, so that a change is told where it was made. Where boxes reach, regions are exact.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any
from typing import Literal as OneOf

from twin.errors import InputError, Place
from twin.rules.boxes import Box, Budget, Exhausted, uncovered
from twin.rules.conditions import Constants
from twin.rules.evaluate import kind_of
from twin.rules.kinds import TRUTH
from twin.rules.model import (
    NOWHERE,
    Compare,
    Decider,
    DecisionTable,
    Expr,
    Literal,
    Parameter,
    Rule,
    RuleSet,
    Some,
    Span,
    conditions,
)
from twin.rules.paths import valued
from twin.rules.reference import Case, Decision, Given
from twin.rules.rulings import Cases, Ruling, region_condition, shared_space
from twin.rules.spans import parameters_of, span_of, stretches
from twin.rules.witness import find, shown

SCHEMA = "twin.rules.diff/1"
STEPS = 400_000
MOST_PAIRS = 200  # of rulings that are told of one rule in one stretch of time
MOST_MERGED = 300
MOST_RENAMED = 100  # pairs that are tried

How = OneOf["added", "removed", "renamed", "changed"]


@dataclass(frozen=True)
class Side:
    """What one of the two says: outputs as written, the row, and where it stands."""

    outputs: Mapping[str, str]
    row: str | int | None
    place: Place


@dataclass(frozen=True)
class Difference:
    """Cases that come out otherwise: regions (cells by input), when, what before and after.

    ``proved`` is false where neither boxes nor the prover could tell; ``example`` is one such case where the regions
    rest on comparisons of inputs with each other.
    """

    regions: tuple[Mapping[str, str], ...]
    span: Span
    old: Side
    new: Side
    proved: bool = True
    example: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One table, rule, formula or parameter that differs in meaning."""

    name: str
    kind: str
    how: How
    place: Place
    differences: tuple[Difference, ...] = ()
    other: str = ""


@dataclass(frozen=True)
class RulesDiff:
    """All changes, and the names of which only the text differs."""

    changes: tuple[Change, ...]
    reworded: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the diff as ``twin rules diff --json`` prints it."""
        return {"schema": SCHEMA, "changes": [_change(one) for one in self.changes], "reworded": list(self.reworded)}


# -- two rule sets


def diff(a: RuleSet, b: RuleSet) -> RulesDiff:
    """Compare two rule sets in meaning."""
    changes: list[Change] = []
    reworded: list[str] = []
    ours, theirs = _named(a), _named(b)
    for name in (one for one in ours if one in theirs):
        differences = tuple(differing(a, b, ours[name], theirs[name]))
        if differences:
            place = theirs[name][0].head.place
            changes.append(Change(name, kind_of(theirs[name][0]), "changed", place, differences))
        elif ours[name] != theirs[name]:
            reworded.append(name)
    gone = [one for one in ours if one not in theirs]
    new = [one for one in theirs if one not in ours]
    changes += _renamed(a, b, {name: ours[name] for name in gone}, {name: theirs[name] for name in new})
    return RulesDiff((*_parameters(a, b), *changes), tuple(reworded))


def _named(rules: RuleSet) -> dict[str, tuple[Decider, ...]]:
    return {name: rules.called(name) for name in dict.fromkeys(one.head.name for one in rules.deciders)}


def _renamed(
    a: RuleSet, b: RuleSet, gone: dict[str, tuple[Decider, ...]], new: dict[str, tuple[Decider, ...]]
) -> Iterator[Change]:
    """Yield what was removed and added; where the two mean the same, it was renamed."""
    taken: set[str] = set()
    for tried, (name, one) in enumerate((name, one) for name, one in gone.items()):
        match = None
        for other in new if tried * len(new) < MOST_RENAMED else ():
            if other not in taken and type(new[other][0]) is type(one[0]) and _is_same(a, b, one, new[other], other):
                match = other
                break
        if match is None:
            yield Change(name, kind_of(one[0]), "removed", one[0].head.place)
        else:
            taken.add(match)
            yield Change(name, kind_of(one[0]), "renamed", new[match][0].head.place, other=match)
    for other, one in new.items():
        if other not in taken:
            yield Change(other, kind_of(one[0]), "added", one[0].head.place)


def _is_same(a: RuleSet, b: RuleSet, one: tuple[Decider, ...], other: tuple[Decider, ...], name: str) -> bool:
    called = tuple(replace(decider, head=replace(decider.head, name=name)) for decider in one)
    return next(iter(differing(a, b, called, other)), None) is None


# -- parameters


def _parameters(a: RuleSet, b: RuleSet) -> Iterator[Change]:
    ours, theirs = ({one.name: one for one in rules.parameters} for rules in (a, b))
    for name, one in ours.items():
        other = theirs.get(name)
        if other is None:
            yield Change(name, "parameter", "removed", one.place)
        elif one.reigns != other.reigns:
            differences = tuple(_of_timelines(one, other))
            if differences:
                yield Change(name, "parameter", "changed", other.place, differences)
    for name, one in theirs.items():
        if name not in ours:
            yield Change(name, "parameter", "added", one.place)


def _of_timelines(one: Parameter, other: Parameter) -> Iterator[Difference]:
    spans = [reign.span for both in (one, other) for reign in both.reigns]
    found = []
    for epoch in stretches(Span(), spans):
        day = a_day(epoch)
        if one.on(day) != other.on(day):
            found.append(Difference(({},), epoch, _value(one, day), _value(other, day)))
    yield from joined(found)


def _value(parameter: Parameter, day: dt.date) -> Side:
    reign = next((one for one in parameter.reigns if one.span.holds(day)), None)
    if reign is None:
        return Side({}, None, parameter.place)
    return Side({parameter.name: valued(reign.value, parameter.kind)}, None, reign.place)


# -- one name


def differing(a: RuleSet, b: RuleSet, ours: Sequence[Decider], theirs: Sequence[Decider]) -> list[Difference]:
    """Return where the versions of one name come out otherwise, stretches of time that agree put together."""
    found: list[Difference] = []
    for epoch in stretches(Span(), [*_spans(a, ours), *_spans(b, theirs)]):
        day = a_day(epoch)
        one, other = _in_force(ours, day), _in_force(theirs, day)
        if (one is not None or other is not None) and _is_known(a, one, day) and _is_known(b, other, day):
            found += [replace(each, span=epoch) for each in _on_day(a, b, one, other, day)]
    return list(joined(found))


def _spans(rules: RuleSet, deciders: Sequence[Decider]) -> Iterator[Span]:
    for one in deciders:
        yield one.head.span
        if isinstance(one, DecisionTable):
            yield span_of(one)
            yield from (row.span for row in one.rows)
        elif isinstance(one, Rule):
            yield from (exception.span for exception in one.exceptions)
        for parameter in parameters_of(conditions(one), rules):
            yield from (reign.span for reign in parameter.reigns)


def a_day(span: Span) -> dt.date:
    """Return a day of a stretch of time."""
    return span.start or (dt.date.min if span.end is None else span.end - dt.timedelta(days=1))


def _is_known(rules: RuleSet, decider: Decider | None, day: dt.date) -> bool:
    """Whether all parameters that something uses have a value on a day: before that it cannot decide."""
    used = parameters_of(conditions(decider), rules) if decider is not None else ()
    return all(one.on(day) is not None for one in used)


def _in_force(versions: Sequence[Decider], day: dt.date) -> Decider | None:
    return next((one for one in versions if one.head.span.holds(day)), None)


def _on_day(a: RuleSet, b: RuleSet, one: Decider | None, other: Decider | None, day: dt.date) -> list[Difference]:
    if one is None or other is None:
        there = one or other
        assert there is not None
        absent, present = Side({}, "not in force", NOWHERE), Side({}, "in force", there.head.place)
        sides = (absent, present) if one is None else (present, absent)
        return [Difference(({},), Span(), *sides)]
    return _Pair(Cases(one, Constants(a, day)), Cases(other, Constants(b, day))).differences()


def joined(differences: Iterable[Difference]) -> Iterator[Difference]:
    """Put equal differences of stretches that follow each other together, in the order in which they begin."""
    open_: dict[object, Difference] = {}
    for one in differences:
        key = (str(one.regions), str(one.old.outputs), str(one.new.outputs), one.old.row, one.new.row, one.proved)
        before = open_.get(key)
        if before is not None and before.span.end == one.span.start and before.span.end is not None:
            open_[key] = replace(before, span=Span(before.span.start, one.span.end))
        elif before is None:
            open_[key] = one
        else:
            yield open_.pop(key)
            open_[key] = one
    yield from open_.values()


@dataclass
class _Pair:
    """Two tables, rules or formulas on one day, laid over each other."""

    one: Cases
    other: Cases

    def differences(self) -> list[Difference]:
        """Return the regions whose rulings differ."""
        if self.says_the_same():
            return []
        budget = Budget(STEPS)
        try:
            self.space, self.subjects = shared_space([self.one, self.other], budget)
            found = self.regions(budget)
        except Exhausted:
            return list(self.unproved())
        return [each for pair in found.values() for each in self.told(*pair)]

    def says_the_same(self) -> bool:
        """Whether both ask the same and decide the same, in words."""
        one, other = self.one, self.other
        if _frame(one) != _frame(other):
            return False
        return _same_rows(one.keys, other.keys, one.loose)

    def regions(self, budget: Budget) -> dict[object, tuple[Ruling, Ruling, list[Box]]]:
        """Return the boxes of each pair of rulings that are not the same."""
        found: dict[object, tuple[Ruling, Ruling, list[Box]]] = {}
        for box in self.suspects(budget):
            for piece, ours in self.one.split(box, budget):
                for part, theirs in self.other.split(piece, budget):
                    old, new = self.one.ruling(ours), self.other.ruling(theirs)
                    if old.key != new.key:
                        key = (old.row, new.row, old.key, new.key)
                        found.setdefault(key, (old, new, []))[2].append(part)
        return found

    def suspects(self, budget: Budget) -> Iterator[Box]:
        """Yield boxes without overlap outside of which nothing can differ."""
        one, other = self.one, self.other
        whole = self.space.whole()
        if not isinstance(one.decider, DecisionTable) or _frame(one) != _frame(other):
            yield whole
            return
        ours, theirs = _odd_ones(one.keys, other.keys, one.loose)
        boxes = [box for at in ours for box in one.boxes[at]] + [box for at in theirs for box in other.boxes[at]]
        for at, box in enumerate(boxes):
            yield from uncovered(box, boxes[:at], budget)

    # -- telling

    def told(self, old: Ruling, new: Ruling, boxes: list[Box]) -> Iterator[Difference]:
        """Yield what differs in some boxes, unless the prover knows that it cannot come to that."""
        sides = _side(old, self.one), _side(new, self.other)
        merged = merge(boxes)
        open_values = _may_agree(old, new)
        if not self.space.derived and open_values is None:
            yield Difference(tuple(map(self.space.region, merged)), Span(), *sides)
            return
        for box in merged:
            wanted = region_condition(box, self.space, self.subjects)
            wanted += [] if open_values is None else [open_values]
            verdict = find(wanted, self.one.constants)
            if verdict.answer != "no":
                example = shown(verdict.example, wanted)
                region = self.space.region(box)
                yield Difference((region,), Span(), *sides, verdict.answer == "yes", example)

    def unproved(self) -> Iterator[Difference]:
        """Yield that something may differ, where there are too many boxes to tell what."""
        sides = [Side({}, None, cases.decider.head.place) for cases in (self.one, self.other)]
        yield Difference(({},), Span(), sides[0], sides[1], proved=False)


def _frame(cases: Cases) -> tuple[object, ...]:
    """Return what the rows of a table, or the exceptions of a rule, stand in."""
    decider = cases.decider
    if isinstance(decider, DecisionTable):
        otherwise = cases.ruling(()).key
        return "table", decider.hit.policy, decider.hit.collector, otherwise, [one.name for one in decider.outputs]
    if isinstance(decider, Rule):
        return ("rule", [(one.id, one.overrides) for one in cases.force], len(cases.conditions))
    return "formula", cases.ruling(()).key if decider.when is not None else ()


def _same_rows(ours: Sequence[object], theirs: Sequence[object], loose: bool) -> bool:
    return Counter(ours) == Counter(theirs) if loose else list(ours) == list(theirs)


def _odd_ones(ours: Sequence[Any], theirs: Sequence[Any], loose: bool) -> tuple[list[int], list[int]]:
    """Return the numbers of rows that have no like in the other table (in its place, where the order counts)."""
    if loose:
        return _without_like(ours, theirs), _without_like(theirs, ours)
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    mine = {block.a + step for block in blocks for step in range(block.size)}
    others = {block.b + step for block in blocks for step in range(block.size)}
    return [at for at in range(len(ours)) if at not in mine], [at for at in range(len(theirs)) if at not in others]


def _without_like(ours: Sequence[Any], theirs: Sequence[Any]) -> list[int]:
    left = Counter(theirs)
    found = []
    for at, one in enumerate(ours):
        if left[one] > 0:
            left[one] -= 1
        else:
            found.append(at)
    return found


def _may_agree(old: Ruling, new: Ruling) -> Expr | None:
    """Return the condition that two rulings differ, ``None`` where they do in every case."""
    if set(old.values) != set(new.values) or not old.values:
        return None
    pairs = [(value, new.values[name]) for name, value in old.values.items()]
    for one, other in pairs:
        fixed = isinstance(one, Literal) and isinstance(other, Literal)
        if fixed and one.value != other.value:  # type: ignore[union-attr]
            return None
    unlike = [(one, other) for one, other in pairs if one != other]
    return Some(tuple(Compare("!=", one, other, kind=TRUTH) for one, other in unlike), kind=TRUTH)


def _side(ruling: Ruling, cases: Cases) -> Side:
    return Side(dict(ruling.shown), ruling.row, ruling.place)


def merge(boxes: Sequence[Box]) -> list[Box]:
    """Put boxes that differ on one axis only together, as often as that is possible."""
    found = list(dict.fromkeys(boxes))
    changed = len(found) <= MOST_MERGED
    while changed and len(found) > 1:
        changed = False
        for axis in range(len(found[0])):
            groups: dict[tuple[int, ...], int] = {}
            for box in found:
                rest = (*box[:axis], *box[axis + 1 :])
                groups[rest] = groups.get(rest, 0) | box[axis]
            if len(groups) < len(found):
                changed = True
                found = [(*rest[:axis], mask, *rest[axis:]) for rest, mask in groups.items()]
    return found


# -- single cases


def outcome(rules: RuleSet, name: str, day: dt.date, given: Mapping[str, Given]) -> Decision | str:
    """Return what is decided in one case, or the code of the error that forbids it."""
    try:
        return Case(rules, day, given).decide(name)
    except InputError as reason:
        return reason.complaints[0].code


def outcomes_differ(a: RuleSet, b: RuleSet, name: str, day: dt.date, given: Mapping[str, Given]) -> bool:
    """Whether one case (a recorded ticket) comes out otherwise by two rule sets; errors are outcomes too."""
    one, other = outcome(a, name, day, given), outcome(b, name, day, given)
    if isinstance(one, str) or isinstance(other, str):
        return one != other
    return dict(one.outputs) != dict(other.outputs)


# -- as plain data


def _change(one: Change) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "kind": one.kind, "change": one.how, "at": at(one.place)}
    if one.other:
        found["new_name"] = one.other
    if one.differences:
        found["differences"] = [_difference(each) for each in one.differences]
    return found


def _difference(one: Difference) -> dict[str, Any]:
    span = {"from": one.span.start and one.span.start.isoformat(), "until": one.span.end and one.span.end.isoformat()}
    found = {"regions": [dict(region) for region in one.regions], **span, "old": _plain(one.old),
             "new": _plain(one.new), "proved": one.proved}  # fmt: skip
    return found | ({"example": dict(one.example)} if one.example else {})


def _plain(one: Side) -> dict[str, Any]:
    return {"outputs": dict(one.outputs), "row": one.row, "at": at(one.place)}


def at(place: Place) -> str:
    """Write a place as file and line, ``""`` for none."""
    return f"{place.file}:{place.line}" if place.file else ""
