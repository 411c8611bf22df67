"""What tests of rules, or the decisions of a run, have reached, and a ready-made test for each miss.

Everything is counted in whole numbers: 37 of 41. What no case can reach, proved by boxes or by the prover, is not
counted; where neither knows, it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.errors import InputError, Words
from twin.rules.boxes import Budget, Exhausted
from twin.rules.conditions import Constants
from twin.rules.given import names_of
from twin.rules.goals import Goal, common, epochs, goals_of
from twin.rules.kinds import Kind
from twin.rules.model import Decider, DecisionTable, Expr, RuleSet, Span, walk
from twin.rules.reference import Case, Decision, Given
from twin.rules.specimens import Specimen, as_test, completed, solve

SCHEMA = "twin.rules.cover/1"
MOST_SOLVED = 200
MOST_READ = 300_000
"""For so many misses of one call, with conditions of so many parts, a case is looked for; the others are only named."""


@dataclass(frozen=True)
class Tried:
    """One case that was tried: what was asked, on which day, with what given."""

    name: str
    day: dt.date
    given: Mapping[str, Given]


@dataclass(frozen=True)
class Fired:
    """How often a row (``else``, ``when``, an exception's id …) of a table, rule or formula decided in a run."""

    name: str
    row: str | int | None
    count: int = 1


@dataclass(frozen=True)
class Miss:
    """A goal that nothing reached, with a test that would; ``sure`` says that such a case exists."""

    goal: Goal
    test: str | None
    sure: bool


@dataclass(frozen=True)
class Coverage:
    """How often each goal was reached, what was missed, how many decisions of runs there were by name."""

    reached: tuple[tuple[Goal, int], ...]
    misses: tuple[Miss, ...]
    decisions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, every: Iterable[Coverage]) -> Coverage:
        """Put the coverage of several files together."""
        found = list(every)
        decisions: dict[str, int] = {}
        for one in found:
            decisions |= one.decisions
        return cls(tuple(each for one in found for each in one.reached),
                   tuple(each for one in found for each in one.misses), decisions)  # fmt: skip

    @property
    def covered(self) -> int:
        """How many goals were reached."""
        return len(self.reached)

    @property
    def total(self) -> int:
        """How many goals can be reached."""
        return len(self.reached) + len(self.misses)

    def below(self, percent: int) -> bool:
        """Whether fewer than so many per cent of the goals were reached: exactly, without rounding."""
        return 100 * self.covered < percent * self.total

    def to_json(self, lang: str = "en") -> dict[str, Any]:
        """Return the coverage as ``twin rules cover --json`` prints it."""
        return {"schema": SCHEMA, "covered": self.covered, "of": self.total,
                "misses": [_plain(one, lang) for one in self.misses]}  # fmt: skip


def covered(rules: RuleSet, cases: Iterable[Tried | Fired], today: dt.date | None = None) -> Coverage:
    """Return what cases that were tried, or rows that fired in runs, reach of a rule set.

    Runs tell only which rows, exceptions and conditions decided; without any tried case only those are asked for.
    ``today`` is a day on which rules without dates are tried.
    """
    tried = list(cases)
    runs = [one for one in tried if isinstance(one, Fired)]
    only_runs = bool(runs) and len(runs) == len(tried)
    goals = [one for one in goals_of(rules) if one.row is not None or not only_runs]
    counts = [0] * len(goals)
    for case in tried:
        if isinstance(case, Tried):
            _count(rules, case, goals, counts)
    _count_runs(runs, goals, counts)
    reached = tuple((goal, count) for goal, count in zip(goals, counts, strict=True) if count)
    missed = [goal for goal, count in zip(goals, counts, strict=True) if not count]
    decisions: dict[str, int] = {}
    for one in runs:
        decisions[one.name] = decisions.get(one.name, 0) + one.count
    return Coverage(reached, tuple(_misses(rules, missed, today)), decisions)


def _count(rules: RuleSet, tried: Tried, goals: Sequence[Goal], counts: list[int]) -> None:
    reached = Reached.by(rules, tried)
    if reached is not None:
        for at, goal in enumerate(goals):
            counts[at] += reached.meets(goal)


def _count_runs(runs: Iterable[Fired], goals: Sequence[Goal], counts: list[int]) -> None:
    fired: dict[tuple[str, str], int] = {}
    for one in runs:
        fired[one.name, str(one.row)] = fired.get((one.name, str(one.row)), 0) + one.count
    for at, goal in enumerate(goals):
        if goal.row is not None:
            counts[at] += fired.get((goal.decider.head.name, str(goal.row)), 0)


# -- one case


@dataclass
class Reached:
    """What one case has decided, by itself and on the way, and what is true in it."""

    case: Case
    truths: dict[int, bool] = field(default_factory=dict)

    @classmethod
    def by(cls, rules: RuleSet, tried: Tried) -> Reached | None:
        """Decide a case; ``None`` where it cannot be decided."""
        case = Case(rules, tried.day, tried.given)
        try:
            case.decide(tried.name)
        except InputError:
            return None
        return cls(case)

    def meets(self, goal: Goal) -> bool:
        """Whether the case reaches a goal."""
        decision = self.case.decided.get(id(goal.decider))
        if decision is None or not goal.span.holds(self.case.day):
            return False
        if goal.sort in ("row", "else"):
            return goal.row in _labels(goal.decider, decision)
        return all(map(self.holds, goal.wanted)) and not any(
            one.span.holds(self.case.day) and self.holds(one.condition) for one in goal.rivals)  # fmt: skip

    def holds(self, condition: Expr) -> bool:
        """Whether a condition is true; one that cannot be worked out is not."""
        if id(condition) not in self.truths:
            try:
                self.truths[id(condition)] = self.case.holds(condition)
            except InputError:
                self.truths[id(condition)] = False
        return self.truths[id(condition)]


def _labels(decider: Decider, decision: Decision) -> tuple[str | int | None, ...]:
    """Return what decided: one row, or all that say the same or were put together."""
    if isinstance(decider, DecisionTable) and decider.hit.policy in ("any", "collect") and decision.rows:
        return tuple(row.label for row in decision.rows)
    return (decision.row,)


# -- misses


def _misses(rules: RuleSet, missed: Sequence[Goal], today: dt.date | None) -> Iterator[Miss]:
    """Yield what was missed and can be reached, with a test; one test may stand for several misses."""
    spans = {id(one): epochs(one, rules) for one in rules.deciders}
    known = names_of(rules)
    found: dict[int, Specimen | str] = {}
    reached: list[tuple[Reached, Specimen]] = []
    budget, sizes = Budget(MOST_READ), dict[int, int]()
    for at in sorted(range(len(missed)), key=lambda at: not missed[at].near):  # cases beside a bound tell the most
        goal = missed[at]
        try:
            budget.spend(_size(goal, sizes) if len(found) < MOST_SOLVED else MOST_READ)
            found[at] = _made(rules, goal, spans[id(goal.decider)], known, today, reached)
        except Exhausted:
            found[at] = "unknown"
    for at, goal in enumerate(missed):
        one = found[at]
        if isinstance(one, Specimen):
            own = spans[id(goal.decider)]
            yield Miss(goal, as_test(one, goal.said.en, rules, known, dated=len(own) > 1 or own[0] != Span()), True)
        elif one == "unknown":
            yield Miss(goal, None, False)


def _size(goal: Goal, sizes: dict[int, int]) -> int:
    """Return how many parts the conditions of a goal have."""
    every = [*goal.wanted, *(one.condition for one in goal.rivals)]
    for one in every:
        if id(one) not in sizes:
            sizes[id(one)] = sum(1 for _ in walk(one))
    return sum(sizes[id(one)] for one in every)


def _made(
    rules: RuleSet,
    goal: Goal,
    spans: Sequence[Span],
    known: Mapping[str, Kind],
    today: dt.date | None,
    reached: list[tuple[Reached, Specimen]],
) -> Specimen | str:
    """Return a case for a goal: one that was made for another, unless it lies beside a bound, else a new one."""
    like = None if goal.near else next((specimen for one, specimen in reached if one.meets(goal)), None)
    if like is not None:
        return like
    found = specimen_of(rules, goal, spans, known, today)
    if isinstance(found, Specimen):
        one = Reached.by(rules, Tried(found.name, found.day, found.given))
        reached += [] if one is None else [(one, found)]
    return found


def specimen_of(
    rules: RuleSet, goal: Goal, spans: Sequence[Span], known: Mapping[str, Kind], today: dt.date | None = None
) -> Specimen | str:
    """Look for a case that reaches a goal, on some day: the case, "no" (proved) or "unknown"."""
    answer = "no"
    for span in spans:
        if not span.meets(goal.span):
            continue
        day = day_in(common(span, goal.span), today)
        rivals = [one.condition for one in goal.rivals if one.span.holds(day)]
        found = _on_day(rules, goal, rivals, day, known)
        if isinstance(found, Specimen):
            return found
        answer = "unknown" if found == "unknown" else answer
    return answer


def _on_day(
    rules: RuleSet, goal: Goal, rivals: Sequence[Expr], day: dt.date, known: Mapping[str, Kind]
) -> Specimen | str:
    constants = Constants(rules, day)
    answer = "unknown"
    for near in (*goal.near, ()):
        answer, given = solve([*near, *goal.wanted], constants, rivals)
        if answer != "yes":
            continue
        found = completed(rules, goal.decider.head.name, day, given, known)
        if found is not None and found.decision is not None:
            reached = Reached.by(rules, Tried(found.name, day, found.given))
            if reached is not None and reached.meets(goal):
                return found
        answer = "unknown"
    return answer


def day_in(span: Span, today: dt.date | None = None) -> dt.date:
    """Return a day of a stretch of time: its first, else its last, else today."""
    if span.start is not None:
        return span.start
    return (today or dt.date(2025, 1, 1)) if span.end is None else span.end - dt.timedelta(days=1)


# -- telling


def _plain(miss: Miss, lang: str) -> dict[str, Any]:
    place = miss.goal.place
    found = {"kind": miss.goal.sort, "name": miss.goal.decider.head.name, "what": miss.goal.said[lang],
             "file": place.file, "line": place.line, "col": place.col}  # fmt: skip
    return found | ({} if miss.test is None else {"test": miss.test})


_COUNTED = Words("{covered} of {total} covered", "已覆盖 {covered}/{total}")
_MISSED = Words("{at}: {name}: {what}", "{at}：{name}：{what}")
_NEVER = Words(
    "{at}: {name}: {what} never fired in {count} decisions", "{at}：{name}：{what}，{count} 次决定中从未生效"
)
_AGAIN = Words("a test above reaches it too", "上面的测试也会覆盖它")
_NO_CASE = Words("no case was found by trying", "试算未找到这样的情形")


def coverage_lines(found: Coverage, lang: str) -> Iterator[str]:
    """Yield what a reader is told: every miss with its place and a test, then the count."""
    shown: set[str] = set()
    for miss in found.misses:
        yield _missed(miss, found, lang)
        body = "" if miss.test is None else miss.test.partition("\n")[2]
        if miss.test is None:
            yield f"  {_NO_CASE[lang]}"
        elif body in shown:
            yield f"  {_AGAIN[lang]}"
        else:
            yield from (f"  {line}" for line in miss.test.split("\n"))
        shown.add(body)
    yield _COUNTED[lang].format(covered=found.covered, total=found.total)


def _missed(miss: Miss, found: Coverage, lang: str) -> str:
    place, name = miss.goal.place, miss.goal.decider.head.name
    count = found.decisions.get(name)
    said = _MISSED if count is None else _NEVER
    return said[lang].format(at=f"{place.file}:{place.line}", name=name, what=miss.goal.said[lang],
                             count="" if count is None else f"{count:,}")  # fmt: skip
