"""Checks of rules: conditions that say nothing, exceptions in conflict, two writers of one target, circles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from twin.errors import Complaint, Place, Words
from twin.rules import smt
from twin.rules.boxes import Exhausted
from twin.rules.conditions import Constants, possible, tree_of
from twin.rules.forms import Complain
from twin.rules.kinds import TRUTH, Kind, Unknown, written
from twin.rules.model import (
    ALWAYS,
    Assign,
    Compare,
    Decider,
    DecisionTable,
    Every,
    Exemption,
    Expr,
    Formula,
    Literal,
    Name,
    Not,
    Rule,
    RuleSet,
    Some,
    Span,
    conditions,
    results,
    targets,
    walk,
)
from twin.rules.regions import said_region
from twin.rules.spans import parameters_of, stretches
from twin.rules.texts import expanded
from twin.rules.vocabulary import Vocabulary

MOST_PAIRS = 2000
MOST_CONFLICTS = 50  # said of one rule


@dataclass(frozen=True)
class Answer:
    """Whether conditions can hold together: ``yes`` with a region, ``no``, ``unknown``."""

    answer: str
    region: Mapping[str, str]


def together(wanted: Sequence[Expr], constants: Constants) -> Answer:
    """Ask boxes first, then the prover, whether conditions can hold together."""
    try:
        space, box, exact = possible([tree_of(one, constants) for one in wanted])
    except Exhausted:
        return _proved(wanted, constants, {})
    if box is None:
        return Answer("no", {})
    region = space.region(box)
    return Answer("yes", region) if exact else _proved(wanted, constants, region)


def _proved(wanted: Sequence[Expr], constants: Constants, region: Mapping[str, str]) -> Answer:
    verdict = smt.can_hold(wanted, constants)
    if verdict.answer != "yes":
        return Answer(verdict.answer, region)
    kinds: dict[str, Kind] = {name.name: name.kind for one in wanted for name in walk(one) if isinstance(name, Name)}
    return Answer("yes", {name: written(value, kinds.get(name)) for name, value in verdict.example.items()})


def check_rules(rules: RuleSet, vocabulary: Vocabulary, complain: Complain) -> None:
    """Find what is wrong with rules and formulas, and with what all deciders do to each other."""
    said: set[tuple[object, ...]] = set()

    def once(complaint: Complaint) -> None:
        key = (complaint.code, complaint.place, str(complaint.values.get("other", "")))
        if key not in said:
            said.add(key)
            complain(complaint)

    for decider in rules.deciders:
        if not isinstance(decider, DecisionTable):
            for span, constants in moments(rules, [decider]):
                _OneCheck(decider, span, constants, once).run()
    _find_writers(rules, once)
    _find_circles(rules, vocabulary, once)


def moments(rules: RuleSet, deciders: Sequence[Decider], span: Span | None = None) -> Iterator[tuple[Span, Constants]]:
    """Yield the stretches of time in which nothing that deciders use changes, and what is fixed in each."""
    whole = deciders[0].head.span if span is None else span
    used = parameters_of((one for decider in deciders for one in conditions(decider)), rules)
    spans = [reign.span for one in used for reign in one.reigns]
    for decider in deciders:
        if isinstance(decider, Rule):
            spans += [one.span for one in decider.exceptions]
    for stretch in stretches(whole, spans):
        day = stretch.start or (dt.date.min if stretch.end is None else stretch.end - dt.timedelta(days=1))
        if all(one.on(day) is not None for one in used):
            yield stretch, Constants(rules, day)


def readable(expr: Expr | None) -> bool:
    """Whether every part of a condition made sense."""
    return expr is None or not any(isinstance(one.kind, Unknown) for one in walk(expr))


@dataclass
class _OneCheck:
    """One rule or formula in one stretch of time."""

    decider: Rule | Formula
    span: Span
    constants: Constants
    complain: Complain

    def run(self) -> None:
        """Make all checks."""
        when = self.decider.when
        if when is not None and readable(when):
            self.judge(when)
        if isinstance(self.decider, Rule):
            self.judge_exceptions(self.decider)

    def plain(self, expr: Expr | None) -> Expr:
        """Return a condition with its lets put in."""
        if expr is None:
            return Literal(True, kind=TRUTH)
        return expanded(expr, {one.name: one.value for one in self.decider.head.lets})

    def ask(self, *wanted: Expr) -> Answer:
        """Ask whether conditions can hold together."""
        return together(wanted, self.constants)

    def judge(self, when: Expr) -> None:
        """Report a condition that is never or always true, as a whole or in one of its parts."""
        plain = self.plain(when)
        if self.ask(plain).answer == "no":
            self.complain(Complaint("E302", when.place, {}))
            return
        if self.ask(Not(plain, kind=TRUTH)).answer == "no":
            self.complain(Complaint("W306", when.place, {}))
            return
        for part in when.parts if isinstance(when, (Every, Some)) else ():
            self.judge_part(part, isinstance(when, Every))

    def judge_part(self, part: Expr, every: bool) -> None:
        """Report a part of an ``and`` that is always true, or of an ``or`` that never is."""
        plain = self.plain(part)
        wanted = Not(plain, kind=TRUTH) if every else plain
        if self.ask(wanted).answer == "no":
            self.complain(Complaint("W306" if every else "E302", part.place, {}))

    # -- exceptions

    def judge_exceptions(self, rule: Rule) -> None:
        """Report exceptions that never hold, change nothing, or contradict each other."""
        if not readable(rule.when):
            return
        now = [one for one in rule.exceptions if one.span.meets(self.span) and readable(one.when)]
        alive = [one for one in now if self.judge_exception(rule, one)]
        pairs = [(one, other) for one, other in combinations(alive, 2)
                 if other.id not in one.overrides and one.id not in other.overrides]  # fmt: skip
        conflicts = 0
        for one, other in pairs:
            conflicts += self.judge_pair(rule, one, other)
            if conflicts >= MOST_CONFLICTS:
                return

    def judge_exception(self, rule: Rule, exception: Exemption) -> bool:
        """Report an exception that never holds or changes nothing; tell whether it can hold."""
        if exception.when is not None:
            self.judge(exception.when)
            own = self.plain(exception.when)
            if self.ask(own).answer == "no":
                return False
            if rule.when is not None and self.ask(own, self.plain(rule.when)).answer == "no":
                self.complain(Complaint("E302", exception.when.place, {}))
                return False
        base = {one.target.name: one.value for one in rule.then}
        if exception.then and all(base.get(one.target.name) == one.value for one in exception.then):
            self.complain(Complaint("W307", exception.place, {"name": exception.id}))
        return True

    def judge_pair(self, rule: Rule, one: Exemption, other: Exemption) -> bool:
        """Report two exceptions that can hold together and say different things; tell whether there was a finding."""
        for target, mine, theirs in _disputed(one.then, other.then):
            conditions = [self.plain(when) for when in (rule.when, one.when, other.when) if when is not None]
            differ = self.plain(Compare("!=", mine, theirs, kind=TRUTH))
            found = self.ask(*conditions, differ)
            if found.answer == "yes":
                values = {"one": other.id, "other": one.id, "line": one.place.line, "target": target}
                self.say("E301", other.place, found.region, **values)
                return True
            if found.answer == "unknown":
                what = Words(f"whether exceptions `{one.id}` and `{other.id}` can hold together",
                             f"例外 `{one.id}` 与 `{other.id}` 是否会同时成立")  # fmt: skip
                self.complain(doubt(other.place, what))
                return True
        return False

    def say(self, code: str, place: Place, region: Mapping[str, str], **values: object) -> None:
        """Report a finding with its region."""
        region = {**region, "on": str(self.span)} if self.span != ALWAYS else region
        self.complain(Complaint(code, place, {**values, "region": said_region(region), "cells": region}))


def _disputed(some: Iterable[Assign], others: Iterable[Assign]) -> Iterator[tuple[str, Expr, Expr]]:
    """Yield the targets to which both give a value that is not the same expression."""
    theirs = {one.target.name: one.value for one in others}
    for one in some:
        other = theirs.get(one.target.name)
        if other is not None and other != one.value:
            yield one.target.name, one.value, other


def doubt(place: Place, what: Words) -> Complaint:
    """Return the finding that something could not be proved."""
    hint = _SIMPLER if smt.installed() else _INSTALL
    return Complaint("W207", place, {"what": what, "help": hint, "other": what.en})


_INSTALL = Words("the package `z3-solver` may prove it: pip install z3-solver",
                 "安装软件包 `z3-solver` 后或可证明：pip install z3-solver")  # fmt: skip
_SIMPLER = Words("comparisons with constants are always proved", "与常数比较的条件总能证明")


# -- two writers


def _find_writers(rules: RuleSet, complain: Complain) -> None:
    """Report targets that two deciders write in the same time and case."""
    writers: dict[tuple[str, str], list[Decider]] = {}
    for decider in rules.deciders:
        for target in targets(decider):
            writers.setdefault((target.name, decider.head.applies_to), []).append(decider)
    rivals = {file.path: file.alternative_to for file in rules.files}
    pairs = islice(_pairs(writers, rivals), MOST_PAIRS)
    reported: set[tuple[str, int]] = set()
    for name, earlier, later in pairs:
        if (name, id(later)) not in reported and _judged(rules, name, earlier, later, complain):
            reported.add((name, id(later)))


def _pairs(
    writers: Mapping[tuple[str, str], list[Decider]], rivals: Mapping[str, str]
) -> Iterator[tuple[str, Decider, Decider]]:
    """Yield (target, earlier, later) for deciders of different names that are in force together."""
    for (name, _), found in writers.items():
        by_name: dict[str, list[Decider]] = {}
        for later in found:
            others = [one for other, same in by_name.items() if other != later.head.name for one in same]
            yield from ((name, earlier, later) for earlier in others if not _apart(earlier, later, rivals))
            by_name.setdefault(later.head.name, []).append(later)


def _apart(one: Decider, other: Decider, rivals: Mapping[str, str]) -> bool:
    """Whether two deciders are never in force together, or are ranked."""
    alternatives = rivals.get(one.head.file), rivals.get(other.head.file)
    if one.head.file != other.head.file and alternatives[0] and alternatives[0] == alternatives[1]:
        return True
    ranked = one.head.rank is not None and other.head.rank is not None and one.head.rank != other.head.rank
    return ranked or not one.head.span.meets(other.head.span)


def _judged(rules: RuleSet, target: str, earlier: Decider, later: Decider, complain: Complain) -> bool:
    """Report two deciders that can write one target at once; tell whether they were reported."""
    span = _common(earlier.head.span, later.head.span)
    for _, constants in moments(rules, [earlier, later], span):
        for wanted in _writings(target, earlier, later):
            found = together(wanted, constants)
            if found.answer == "no":
                continue
            where = f"{earlier.head.place.file}:{earlier.head.place.line}"
            values = {"one": later.head.name, "other": earlier.head.name, "where": where, "target": target}
            if found.answer == "unknown":
                what = Words(f"whether `{later.head.name}` and `{earlier.head.name}` can decide `{target}` together",
                             f"`{later.head.name}` 与 `{earlier.head.name}` 是否会同时决定 `{target}`")  # fmt: skip
                complain(doubt(later.head.place, what))
                return True
            code = "E304" if earlier.head.rank is None or later.head.rank is None else "E305"
            region = {"region": said_region(found.region), "cells": found.region}
            complain(Complaint(code, later.head.place, {**values, **region}))
            return True
    return False


def _common(one: Span, other: Span) -> Span:
    starts = [day for day in (one.start, other.start) if day is not None]
    ends = [day for day in (one.end, other.end) if day is not None]
    return Span(max(starts, default=None), min(ends, default=None))


def _writings(target: str, one: Decider, other: Decider) -> Iterator[list[Expr]]:
    """Yield sets of conditions under which both write a target and differ."""
    for mine, my_value in _writes(target, one):
        for theirs, their_value in _writes(target, other):
            if my_value is None or their_value is None:
                yield [*mine, *theirs]
            elif my_value != their_value:
                yield [*mine, *theirs, Compare("!=", my_value, their_value, kind=TRUTH)]


def _writes(target: str, decider: Decider) -> Iterator[tuple[list[Expr], Expr | None]]:
    """Yield the conditions under which a decider writes a target, and the value (``None``: some value or other)."""
    if not isinstance(decider, Rule):
        yield [], None
        return
    lets = {one.name: one.value for one in decider.head.lets}
    if not readable(decider.when):
        return
    base = [] if decider.when is None else [expanded(decider.when, lets)]
    for one in decider.then:
        if one.target.name == target:
            yield base, expanded(one.value, lets)
    for exception in decider.exceptions:
        if readable(exception.when):
            own = [] if exception.when is None else [expanded(exception.when, lets)]
            yield from (([*base, *own], expanded(one.value, lets)) for one in exception.then
                        if one.target.name == target)  # fmt: skip


# -- circles


def _find_circles(rules: RuleSet, vocabulary: Vocabulary, complain: Complain) -> None:
    """Report values that depend on themselves, each circle once."""
    makers: dict[str, list[Decider]] = {}
    for decider in rules.deciders:
        for name in results(decider):
            makers.setdefault(name, []).append(decider)
    needs = {id(one): _needed(one, makers, vocabulary) for one in rules.deciders}
    done: set[int] = set()
    for decider in rules.deciders:
        circle = _circle(decider, needs, done)
        if circle:
            names = " -> ".join(one.head.name for one in (*circle, circle[0]))
            complain(Complaint("E303", circle[0].head.place, {"names": names}))


def _needed(decider: Decider, makers: Mapping[str, list[Decider]], vocabulary: Vocabulary) -> list[Decider]:
    """Return the deciders whose results a decider uses; a stored field is read as it stands, not decided anew."""
    entity = decider.head.applies_to
    known = [vocabulary.fields[entity]] if entity in vocabulary.fields else list(vocabulary.fields.values())
    used = {one.name for expr in conditions(decider) for one in walk(expr)
            if isinstance(one, Name) and one.origin in ("input", "result")}  # fmt: skip
    used |= {one.name for one in decider.head.inputs}
    names = sorted(name for name in used if not any(name in fields for fields in known))
    span = decider.head.span
    return [one for name in names for one in makers.get(name, ()) if one.head.span.meets(span)]


def _circle(start: Decider, needs: Mapping[int, list[Decider]], done: set[int]) -> list[Decider]:
    """Return the first circle that can be reached, as it is walked; what was looked at once is done."""
    path = [(start, iter(needs[id(start)]))] if id(start) not in done else []
    while path:
        here = next(path[-1][1], None)
        if here is None:
            done.add(id(path.pop()[0]))
            continue
        on_path = [one for one, _ in path]
        at = next((at for at, one in enumerate(on_path) if one is here), None)
        if at is not None:
            done |= {id(one) for one in on_path}
            return on_path[at:]
        if id(here) not in done:
            path.append((here, iter(needs[id(here)])))
    return []
