"""Whether tests notice small changes of the rules: each mutant must fail a test.

A mutant that means the same as the rules themselves is not counted; that it does is proved, by boxes or by the prover.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from twin.errors import InputError, Words
from twin.rules.conditions import Constants
from twin.rules.cover import day_in
from twin.rules.diff import differing, outcomes_differ
from twin.rules.given import names_of
from twin.rules.goals import common, epochs
from twin.rules.model import Expr, RuleSet, Span, conditions, walk
from twin.rules.mutants import Mutant, mutants_of
from twin.rules.reference import Case, Given
from twin.rules.specimens import Specimen, as_test, completed, solve
from twin.rules.testing import RuleTest, Suite
from twin.rules.texts import expanded
from twin.rules.witness import asked_names, candidates, telling_values

MOST_MUTANTS = 10_000
MOST_CASES = 1500  # that are tried on a mutant that neither boxes nor the prover can settle

Fate = Literal["killed", "survived", "same", "open"]


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test notices, and the test that would (``None`` where none was found)."""

    mutant: Mutant
    test: str | None


@dataclass(frozen=True)
class Mutation:
    """How many mutants there were, which survived, how many mean the same, and of which it is not known."""

    killed: int
    survivors: tuple[Survivor, ...]
    same: int
    open: tuple[Mutant, ...]
    untried: int

    @property
    def counted(self) -> int:
        """How many mutants count: those that a test could notice."""
        return self.killed + len(self.survivors)


def mutate(suite: Suite) -> Mutation:
    """Run the tests of a suite on every mutant of its rules."""
    runs = [_Run.of(test) for test in suite.tests]
    every = mutants_of(suite.rules)
    fates: dict[Fate, int] = {"killed": 0, "survived": 0, "same": 0, "open": 0}
    survivors: list[Survivor] = []
    unknown: list[Mutant] = []
    for mutant in islice(every, MOST_MUTANTS):
        fate, specimen = ("killed", None) if _is_killed(mutant, runs) else _judged(suite.rules, mutant)
        fates[fate] += 1
        if fate == "survived":
            survivors.append(Survivor(mutant, None if specimen is None else _written(specimen, mutant, suite.rules)))
        elif fate == "open":
            unknown.append(mutant)
    return Mutation(fates["killed"], tuple(survivors), fates["same"], tuple(unknown), sum(1 for _ in every))


def _written(specimen: Specimen, mutant: Mutant, rules: RuleSet) -> str | None:
    spans = epochs(mutant.old, rules)
    return as_test(specimen, mutant.said.en, rules, names_of(rules), dated=len(spans) > 1 or spans[0] != Span())


# -- the tests


@dataclass
class _Run:
    """One test, with its case as the unchanged rules have it (``None`` for a property)."""

    test: RuleTest
    case: Case | None

    @classmethod
    def of(cls, test: RuleTest) -> _Run:
        """Prepare a test."""
        return cls(test, None if test.is_property else Case(test.rules, test.day, test.given))

    def fails(self, mutant: Mutant) -> bool:
        """Whether the test fails on a mutant; what cannot have changed is not asked again."""
        if self.case is not None and not _may_matter(mutant, self.case):
            return False
        return self.test.under(mutant.rules).run().fault is not None


def _is_killed(mutant: Mutant, runs: Sequence[_Run]) -> bool:
    """Whether some test fails on a mutant; properties are asked last."""
    return any(run.fails(mutant) for run in sorted(runs, key=lambda run: run.case is None))


def _may_matter(mutant: Mutant, case: Case) -> bool:
    """Whether a mutant can make a difference in a case."""
    if not mutant.differs:
        return True
    if not mutant.span.holds(case.day) or any(
        one.span.holds(case.day) and _is(one.condition, case, False) for one in mutant.rivals
    ):
        return False
    return any(all(_is(one, case, True) for one in every) for every in mutant.differs)


def _is(condition: Expr, case: Case, unknown: bool) -> bool:
    """Whether a condition holds in a case, ``unknown`` where it cannot be worked out."""
    try:
        return case.holds(condition)
    except InputError:
        return unknown


# -- survivors, and mutants that mean the same


def _judged(rules: RuleSet, mutant: Mutant) -> tuple[Fate, Specimen | None]:
    """Return what a mutant that no test noticed is, with a case that tells it from the rules where there is one."""
    sure = True
    for span in epochs(mutant.old, rules):
        if not span.meets(mutant.span):
            continue
        day = day_in(common(span, mutant.span))
        specimen, proved = _on_day(rules, mutant, day)
        if specimen is not None:
            return "survived", specimen
        sure = sure and proved
    if sure:
        return "same", None
    return _by_meaning(rules, mutant)


def _on_day(rules: RuleSet, mutant: Mutant, day: dt.date) -> tuple[Specimen | None, bool]:
    """Look for a case that tells a mutant from the rules on a day; whether it is proved that there is none."""
    rivals = [one.condition for one in mutant.rivals if one.span.holds(day)]
    proved = bool(mutant.differs)
    for every in mutant.differs:
        answer, given = solve(every, Constants(rules, day), rivals)
        proved = proved and answer == "no"
        if answer == "yes":
            specimen = _telling(rules, mutant, day, given)
            if specimen is not None:
                return specimen, False
    if proved:
        return None, True
    return next((one for given in _cases(mutant) if (one := _telling(rules, mutant, day, given))), None), False


def _telling(rules: RuleSet, mutant: Mutant, day: dt.date, given: Mapping[str, Given]) -> Specimen | None:
    """Return a case, completed, if rules and mutant decide it differently."""
    name = mutant.old.head.name
    names = names_of(rules)
    changed = completed(mutant.rules, name, day, given, names)
    found = completed(rules, name, day, given if changed is None else changed.given, names)
    if found is None or not outcomes_differ(rules, mutant.rules, name, day, found.given):
        return None
    return found


def _cases(mutant: Mutant) -> Iterator[dict[str, Given]]:
    """Yield cases made of the values that both name and those beside them."""
    asked = [expanded(expr, {one.name: one.value for one in decider.head.lets})
             for decider in (mutant.old, mutant.new) for expr in conditions(decider)]  # fmt: skip
    names = asked_names(asked)
    points = telling_values(one for expr in asked for one in walk(expr))
    choices = [candidates(one.kind, points, one.optional)[:6] for one in names.values()]
    for values in islice(product(*choices), MOST_CASES):
        yield dict(zip(names, values, strict=True))


def _by_meaning(rules: RuleSet, mutant: Mutant) -> tuple[Fate, None]:
    """Compare a mutant with the rules in meaning, where no single case told them apart."""
    found = differing(rules, mutant.rules, (mutant.old,), (mutant.new,))
    if not found:
        return "same", None
    return ("survived" if any(one.proved for one in found) else "open"), None


# -- telling

_SCORE = Words("{killed} of {counted} mutants fail a test", "{counted} 个变异中有 {killed} 个被测试发现")
_SAME = Words("{count} mean the same", "{count} 个含义不变")
_OPEN = Words("{count} could not be told apart", "{count} 个无法判别")
_UNTRIED = Words("{count} were not tried", "{count} 个未试")
_SURVIVES = Words("{at}: {name}: {what}: no test fails", "{at}：{name}：{what}：没有测试发现")
_WOULD = Words("this test would:", "以下测试可以发现：")


def mutation_lines(found: Mutation, lang: str) -> Iterator[str]:
    """Yield what a reader is told: every survivor with the test that it lacks, then the count."""
    for survivor in found.survivors:
        mutant = survivor.mutant
        yield _SURVIVES[lang].format(at=f"{mutant.place.file}:{mutant.place.line}", name=mutant.old.head.name,
                                     what=mutant.said[lang])  # fmt: skip
        if survivor.test is not None:
            yield f"  {_WOULD[lang]}"
            yield from (f"  {line}" for line in survivor.test.split("\n"))
    rest = [(_SAME, found.same), (_OPEN, len(found.open)), (_UNTRIED, found.untried)]
    said = [_SCORE[lang].format(killed=found.killed, counted=found.counted)]
    said += [words[lang].format(count=count) for words, count in rest if count]
    yield ("，" if lang == "zh" else ", ").join(said)
