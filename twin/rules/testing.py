"""Tests of rules, written beside them: single cases, and what must hold for every case of a table or formula.

``routing.test.yaml`` tests ``routing.yaml``; ``rules:`` may name other files. Given values are read as cells are: bare
numbers are in the unit of the input.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from twin.core.marked_yaml import Marked, read_text
from twin.errors import Complaint, InputError, Place, Words, closest, describe
from twin.rules.cells import read_output
from twin.rules.expressions import read_expression
from twin.rules.forms import Form
from twin.rules.given import given_of_yaml, known_names
from twin.rules.kinds import TRUTH, Kind, Number, written
from twin.rules.model import Decider, Formula, RuleSet, results, targets
from twin.rules.properties import settle
from twin.rules.read import documents_of, read_rules
from twin.rules.reference import Case, Decision, Given
from twin.rules.regions import said_region
from twin.rules.scope import Binding, Scope, nothing_in_sight
from twin.rules.snippets import snippet
from twin.rules.vocabulary import Vocabulary

SUFFIX = ".test.yaml"
_KEYS = ("name", "of", "on", "given", "expect", "for_all", "note")
_TOP = ("rules", "tests", "title", "note")


@dataclass(frozen=True)
class Outcome:
    """One test and what came of it; ``fault`` is ``None`` where it passed.

    ``how`` says of a property how it was settled: proved, or only searched.
    """

    name: str
    place: Place
    fault: Complaint | None
    how: Words | None = None


def tested_files(path: Path) -> list[str]:
    """Return the rule files that a test file names, or the one that it stands beside."""
    found: list[str] = []
    for node in documents_of(read_text(path), str(path)):
        named = node.value.get("rules") if node.kind == "map" else None
        if isinstance(named, Marked):
            items = named.value if named.kind == "list" else [named]
            found += [str(path.parent / snippet(one).text) for one in items]
    return found or [str(path.parent / (path.name.removesuffix(SUFFIX) + ".yaml"))]


def run_tests(path: str | Path, vocabulary: Vocabulary, today: dt.date) -> list[Outcome]:
    """Run the tests of a file; raises InputError when it or its rules cannot be read."""
    suite = read_suite(path, vocabulary, today)
    found = [test.run() for test in suite.tests]
    suite.judge()
    return found


@dataclass
class Suite:
    """The tests of a file, and the rules that they are about."""

    rules: RuleSet
    tests: list[RuleTest]
    complaints: list[Complaint]

    def prepare(self) -> None:
        """Read what is given in every single case; raises InputError with everything that is wrong with the file."""
        for test in self.tests:
            if not test.is_property:
                test.given  # noqa: B018
        self.judge()

    def judge(self) -> None:
        """Raise InputError when there is anything wrong with the file."""
        if self.complaints:
            raise InputError(self.complaints)


def read_suite(path: str | Path, vocabulary: Vocabulary, today: dt.date) -> Suite:
    """Read the tests of a file and its rules; raises InputError when they cannot be read."""
    path = Path(path)
    reading = read_rules(tested_files(path), vocabulary)
    complaints = [one for one in reading.complaints if not one.code.startswith("W")]
    nodes: list[Marked] = []
    for node in documents_of(read_text(path), str(path)):
        form = Form(node, complaints.append)
        form.known(_TOP)
        nodes += [one for one in form.items("tests") if one.kind == "map"]
    tests = [RuleTest(Form(node, complaints.append), reading.rules, today) for node in nodes]
    suite = Suite(reading.rules, tests, complaints)
    suite.judge()
    return suite


class RuleTest:
    """One entry under ``tests:``."""

    def __init__(self, form: Form, rules: RuleSet, today: dt.date) -> None:
        self.form = form
        self.rules = rules
        form.known(_KEYS)
        self.name = form.text("name") or "?"
        self.place = form.place("name")
        self.day = form.day("on") or today
        self.decider = self.subject()

    def subject(self) -> Decider | None:
        """Find the table, rule or formula that is tested: the one named, or the only one."""
        wanted = self.form.text("of")
        for_all = self.form.table("for_all")
        if for_all:
            wanted = snippet(next(iter(for_all.values()))).text
        names = list(known_names(self.rules))
        if not wanted and len(names) == 1:
            wanted = names[0]
        found = self.rules.called(wanted, self.day) or self.rules.called(wanted)
        if found:
            return found[0]
        if not wanted:
            self.form.need("of", self.name)
        else:
            values = {"name": wanted, "suggestion": closest(wanted, names), "known": tuple(names)}
            self.form.complain(Complaint("E603", self.place, values))
        return None

    @property
    def is_property(self) -> bool:
        """Whether the test is about every case."""
        return self.form.get("for_all") is not None

    @cached_property
    def given(self) -> dict[str, Given]:
        """What is given in a single case."""
        return given_of_yaml(self.form.get("given"), self.rules, self.form.complain)

    def under(self, rules: RuleSet) -> RuleTest:
        """Return the same test of other rules that ask for the same."""
        found = copy(self)
        found.rules = rules
        if self.decider is not None:
            versions = rules.called(self.decider.head.name, self.day) or rules.called(self.decider.head.name)
            found.decider = versions[0] if versions else None
        return found

    def run(self) -> Outcome:
        """Run the test."""
        if self.decider is None:
            return Outcome(self.name, self.place, None)
        what, how = self.property_fault() if self.is_property else (self.case_fault(), None)
        fault = None if what is None else Complaint("E611", self.place, {"test": self.name, "what": what,
                                                    "name": self.decider.head.name})  # fmt: skip
        return Outcome(self.name, self.place, fault, how)

    # -- single cases

    def case_fault(self) -> Words | None:
        """Return what is wrong with the decision of a case, ``None`` when it is as expected."""
        assert self.decider is not None
        expect = self.form.node.value.get("expect")
        if expect is None:
            self.form.need("expect", self.name)
            return None
        try:
            decision = Case(self.rules, self.day, self.given).decide(self.decider.head.name)
        except InputError as reason:
            return self.judge_error(reason, expect)
        if expect.kind != "map":
            expect = replace(expect, value={results(self.decider)[0]: expect}, keys={})
        faults = list(self.differences(decision, expect))
        return _all_words(faults) if faults else None

    def judge_error(self, reason: InputError, expect: Marked) -> Words | None:
        """Return what is wrong when a case cannot be decided: nothing, if that was expected."""
        [first, *_] = reason.complaints
        wanted = expect.value.get("error") if expect.kind == "map" else None
        if isinstance(wanted, Marked) and snippet(wanted).text == first.code:
            return None
        said = [f"{first.code}: {describe(first, lang)['message']}" for lang in ("en", "zh")]
        return Words(*said)

    def differences(self, decision: Decision, expect: Marked) -> Iterator[Words]:
        """Yield what a decision has other than expected."""
        for name, node in expect.value.items():
            wanted: Any
            found: Any
            if name == "row":
                wanted, found = snippet(node).text, str(decision.row) if decision.row is not None else "none"
            elif name == "error":
                wanted, found = snippet(node).text, "-"
            else:
                kind = self.kind_of(name)
                wanted = self.value(node, kind)
                found = written(decision.outputs[name], kind) if name in decision.outputs else "-"
            if wanted != found:
                yield Words(f"{name} is {found}, not {wanted}", f"{name} 为 {found}，应为 {wanted}")
        if not expect.value and decision.outputs:
            said = ", ".join(decision.outputs)
            yield Words(f"nothing was expected, but it decides {said}", f"应无决定，却决定了 {said}")

    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of an output."""
        if isinstance(self.decider, Formula):
            return self.decider.kind
        assert self.decider is not None
        return next((one.kind for one in targets(self.decider) if one.name == name), None)

    def value(self, node: Marked, kind: Kind | None) -> str:
        """Return an expected value as it would be written."""
        if kind is None or node.kind == "list":
            return ", ".join(map(str, node.plain())) if node.kind == "list" else snippet(node).text
        expr = read_output(snippet(node), kind, nothing_in_sight(self.form.complain))
        if expr is None:
            return "?"
        return written(Case(self.rules, self.day, {}).value(expr), kind)

    # -- properties

    def property_fault(self) -> tuple[Words | None, Words | None]:
        """Return a case in which the property does not hold (``None``: there is none), and how that is known."""
        node = self.form.need("expect", self.name)
        if node is None or self.decider is None:
            return None, None
        wanted = read_expression(snippet(node), self.scope(), TRUTH)
        if wanted is None:
            return None, None
        found = settle(self.rules, self.decider, wanted)
        if found.answer == "broken":
            region = said_region(found.region)
            return Words(f"it does not hold when {region.en}", f"{region.zh} 时不成立"), found.how
        if found.answer == "open":
            return Words("it could not be proved", "未能证明"), found.how
        return None, found.how

    def scope(self) -> Scope:
        """Return the names that a property may use: inputs, lets and outputs."""
        assert self.decider is not None
        names = {one.name: Binding(one.kind, "input", one.optional) for one in self.decider.head.inputs}
        names |= {one.name: Binding(one.value.kind, "let") for one in self.decider.head.lets}
        for name in results(self.decider):
            names[name] = Binding(_open(self.kind_of(name)), "let")
        parameters = {one.name: one.kind for one in self.rules.parameters}
        return Scope(names, parameters, self.form.complain)


def _open(kind: Kind | None) -> Kind:
    """Return the kind of an output without its range: a property may compare it with anything."""
    if isinstance(kind, Number):
        return replace(kind, low=None, high=None, step=None)
    return kind if kind is not None else TRUTH


def _all_words(parts: list[Words]) -> Words:
    return Words("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))
