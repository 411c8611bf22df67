"""Why a table, rule or formula decides as it does in one case, why nothing else, and what would alter it.

``explained(rules, name, day, given)`` works from the rules alone: with the rules of a run it explains a recorded
decision, whatever the files say by now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.errors import InputError, Place
from twin.rules.evaluate import kind_of
from twin.rules.flips import Flip, nearest_changes, rounded_like
from twin.rules.given import names_of
from twin.rules.kinds import TRUTH, Kind, Unknown, written
from twin.rules.model import (
    Absent,
    Cell,
    Decider,
    DecisionTable,
    Every,
    Exemption,
    Expr,
    Formula,
    Holds,
    Literal,
    Name,
    Row,
    Rule,
    RuleSet,
    Span,
    conditions,
    targets,
    walk,
)
from twin.rules.paths import said
from twin.rules.reference import Case, Decision, Given, Past, accepts
from twin.rules.rulings import row_place, rule_place
from twin.rules.spans import parameters_of
from twin.rules.texts import text

SCHEMA = "twin.rules.explain/1"
SHOWN_ROWS = 3


@dataclass(frozen=True)
class Reason:
    """A cell with the value that it was asked about, or one part of a condition with the values in it.

    ``holds`` is ``None`` where a value is missing that nobody asked for.
    """

    name: str
    value: str
    cell: str
    holds: bool | None
    place: Place


@dataclass(frozen=True)
class OtherRow:
    """A row that did not decide: the cells that refused, or why it did not count (``later``, ``not in force``)."""

    row: str | int
    place: Place
    refused: tuple[Reason, ...]
    why: str = ""


@dataclass(frozen=True)
class Exempted:
    """An exception of a rule: whether it is in force, holds, and which ones that hold override it."""

    id: str
    in_force: bool
    holds: bool
    overridden_by: tuple[str, ...]
    reasons: tuple[Reason, ...]
    place: Place


@dataclass(frozen=True)
class Step:
    """A named value on the way: what it is worked out from, and what it is."""

    name: str
    formula: str
    value: str
    place: Place


@dataclass(frozen=True)
class Explanation:
    """One decision explained. ``row`` is ``None`` where nothing applies; ``fault`` is then a code, if it is one."""

    name: str
    kind: str
    day: dt.date
    outputs: Mapping[str, str]
    row: str | int | None
    place: Place
    since: dt.date | None
    reasons: tuple[Reason, ...] = ()
    others: tuple[OtherRow, ...] = ()
    more_rows: int = 0
    exceptions: tuple[Exempted, ...] = ()
    steps: tuple[Step, ...] = ()
    parameters: tuple[Step, ...] = ()
    nearest: tuple[Flip, ...] = ()
    fault: str = ""
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as ``twin rules explain --json`` prints it."""
        return {
            "schema": SCHEMA, "name": self.name, "kind": self.kind, "on": self.day.isoformat(),
            "outputs": dict(self.outputs), "row": self.row, "at": _at(self.place),
            "since": self.since and self.since.isoformat(), "reasons": [_reason(one) for one in self.reasons],
            "other_rows": [{"row": one.row, "at": _at(one.place), "why": one.why or "refused",
                            "refused": [_reason(each) for each in one.refused]} for one in self.others],
            "more_rows": self.more_rows,
            "exceptions": [{"id": one.id, "at": _at(one.place), "in_force": one.in_force, "holds": one.holds,
                            "overridden_by": list(one.overridden_by), "reasons": [_reason(each) for each in
                            one.reasons]} for one in self.exceptions],
            "steps": [_step(one) for one in self.steps], "parameters": [_step(one) for one in self.parameters],
            "nearest": [_flip(one, self.kinds) for one in self.nearest], "fault": self.fault,
        }  # fmt: skip


def explained(rules: RuleSet, name: str, day: dt.date, given: Mapping[str, Given]) -> Explanation:
    """Explain one decision; raises InputError where the case cannot be decided (a gap in a table is explained)."""
    case = Case(rules, day, given)
    found = rules.called(name, day)
    if not found:
        raise InputError.of("E604", None, name=name, day=day.isoformat())
    return _Account(case, found[0]).made()


@dataclass
class _Account:
    """Gathers what there is to say about one decision."""

    case: Case
    decider: Decider

    def made(self) -> Explanation:
        """Decide, and explain."""
        decision, fault = self.decided()
        inner = Case(self.case.rules, self.case.day, self.case.given, self.case.decided,
                     {one.name: one.value for one in self.decider.head.lets})  # fmt: skip
        kinds = output_kinds(self.decider)
        outputs = {} if decision is None else shown_outputs(decision, kinds)
        told = _TELL[type(self.decider)](self, decision, inner)
        names = names_of(self.case.rules)
        return Explanation(
            self.decider.head.name, kind_of(self.decider), self.case.day, outputs,
            None if decision is None else decision.row, fault=fault, kinds=kinds, steps=tuple(self.steps(inner)),
            parameters=tuple(self.parameters()), nearest=nearest_changes(self.case, self.decider, names), **told,
        )  # fmt: skip

    def decided(self) -> tuple[Decision | None, str]:
        """Decide; a table without a row for the case has no decision, and a fault."""
        try:
            return self.case.decide(self.decider.head.name), ""
        except InputError as reason:
            if reason.complaints[0].code != "E605" or not isinstance(self.decider, DecisionTable):
                raise
            return None, "E605"

    # -- tables

    def of_table(self, decision: Decision | None, inner: Case) -> dict[str, Any]:
        """Tell which row decides, and why the others do not."""
        table = self.decider
        assert isinstance(table, DecisionTable)
        winners = [] if decision is None else [one for one in decision.rows if one.place == decision.place]
        collected = table.hit.policy == "collect" and decision is not None
        if collected and decision is not None:
            winners = list(decision.rows)
        others = [one for row in table.rows if row not in winners for one in [self.other_row(table, row, inner)]]
        others.sort(key=lambda one: (one.why == "not in force", len(one.refused)))
        first = winners[0] if winners else None
        place = row_place(first) if first else decision.place if decision is not None else table.sheet.place
        return {
            "place": place,
            "since": _since([table.head.span, *([first.span] if first else [])]),
            "reasons": tuple(reason for row in winners for reason in self.cells(table, row, inner)),
            "others": tuple(others[:SHOWN_ROWS]),
            "more_rows": max(len(others) - SHOWN_ROWS, 0),
        }

    def other_row(self, table: DecisionTable, row: Row, inner: Case) -> OtherRow:
        """Tell why a row does not decide."""
        if not row.span.holds(self.case.day):
            return OtherRow(row.label, row_place(row), (), "not in force")
        refused = tuple(one for one in self.cells(table, row, inner) if not one.holds)
        return OtherRow(row.label, row_place(row), refused, "" if refused else "later")

    def cells(self, table: DecisionTable, row: Row, inner: Case) -> Iterator[Reason]:
        """Yield the cells of a row with the values that they are asked about."""
        for cell, column in zip(row.cells, table.columns, strict=True):
            value, known = _value(column, inner)
            place = row.place if not cell.place.file else cell.place
            shown = _written(value, column.kind) if known else "?"
            yield Reason(column.name, shown, cell.text or "-", _accepted(cell, column, value, known, inner), place)

    # -- rules and formulas

    def of_rule(self, decision: Decision | None, inner: Case) -> dict[str, Any]:
        """Tell which parts of the condition hold, and which exceptions."""
        rule = self.decider
        assert isinstance(rule, Rule) and decision is not None
        base = inner.holds(rule.when)
        holding = [one for one in rule.exceptions if one.span.holds(self.case.day) and base and inner.holds(one.when)]
        accounts = tuple(self.exception(one, holding, base, inner) for one in rule.exceptions)
        winning = [one for one in holding if one.id == decision.row]
        place = rule_place(rule, winning) if decision.row is not None else rule.head.place
        spans = [rule.head.span, *(one.span for one in winning)]
        return {"place": place, "since": _since(spans), "reasons": tuple(parts_of(rule.when, inner)),
                "exceptions": accounts}  # fmt: skip

    def exception(self, one: Exemption, holding: Sequence[Exemption], base: bool, inner: Case) -> Exempted:
        """Tell about one exception."""
        in_force = one.span.holds(self.case.day)
        reasons = tuple(parts_of(one.when, inner)) if in_force and base else ()
        beaten = tuple(other.id for other in holding if one.id in other.overrides)
        return Exempted(one.id, in_force, one in holding, beaten, reasons, one.place)

    def of_formula(self, decision: Decision | None, inner: Case) -> dict[str, Any]:
        """Tell whether the condition of a formula holds."""
        formula = self.decider
        assert isinstance(formula, Formula)
        return {"place": formula.head.place, "since": _since([formula.head.span]),
                "reasons": tuple(parts_of(formula.when, inner))}  # fmt: skip

    def steps(self, inner: Case) -> Iterator[Step]:
        """Yield the lets, and of a formula its value before and after rounding."""
        formula = self.decider if isinstance(self.decider, Formula) else None
        like = formula.kind if formula is not None else TRUTH
        for let in self.decider.head.lets:
            yield from _step_of(let.name, let.value, inner, like, let.place)
        if formula is not None:
            chosen = formula.value if inner.holds(formula.when) else formula.otherwise
            yield from _step_of(formula.head.name, chosen, inner, like, chosen.place)
            if formula.rounding is not None:
                value = self.case.decide(formula.head.name).outputs[formula.head.name]
                step = rounded_like(formula.rounding.step, like, like)
                words = f"{formula.rounding.mode} {step}"
                yield Step(formula.head.name, words, rounded_like(value, like, like), formula.head.place)  # type: ignore[arg-type]

    def parameters(self) -> Iterator[Step]:
        """Yield the parameters that are used, with their values on the day and since when."""
        for one in parameters_of(conditions(self.decider), self.case.rules):
            reign = next((reign for reign in one.reigns if reign.span.holds(self.case.day)), None)
            if reign is not None:
                since = "" if reign.span.start is None else reign.span.start.isoformat()
                yield Step(f"p.{one.name}", since, rounded_like(reign.value, one.kind, one.kind), reign.place)


_TELL: Mapping[type, Any] = {
    DecisionTable: _Account.of_table,
    Rule: _Account.of_rule,
    Formula: _Account.of_formula,
}


def output_kinds(decider: Decider) -> dict[str, Kind]:
    """Return the kinds of what is decided, by name."""
    if isinstance(decider, Formula):
        return {decider.head.name: decider.kind}
    return {one.name: one.kind for one in targets(decider)}


def shown_outputs(decision: Decision, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Write the outputs of a decision in the units of their kinds."""
    return {name: _written(value, kinds.get(name, TRUTH)) for name, value in decision.outputs.items()}


def _since(spans: Iterable[Span]) -> dt.date | None:
    return max((one.start for one in spans if one.start is not None), default=None)


def _value(column: Expr, inner: Case) -> tuple[Any, bool]:
    try:
        return inner.value(column), True
    except InputError:
        return None, False


def _accepted(cell: Cell, column: Name, value: Any, known: bool, inner: Case) -> bool | None:
    if cell.anything:
        return True
    if not known and not all(isinstance(test, (Absent, Holds)) for test in cell.tests):
        return None
    try:
        return accepts(cell, column, value, inner)
    except InputError:
        return None


def _written(value: Any, kind: Kind) -> str:
    if isinstance(value, tuple):
        if value and isinstance(value[0], Mapping):
            return f"[{len(value)}]"
        return ", ".join(_written(one, kind) for one in value)
    if isinstance(value, Past):
        return _written(value.values[-1][1], kind)
    return rounded_like(value, kind, kind) if not isinstance(kind, Unknown) else written(value)


def _step_of(name: str, expr: Expr, inner: Case, like: Kind, place: Place) -> Iterator[Step]:
    value, known = _value(expr, inner)
    if known:
        yield Step(name, said(expr), rounded_like(value, expr.kind, like), place)


def parts_of(condition: Expr | None, inner: Case) -> Iterator[Reason]:
    """Yield the parts of a condition that all have to hold, with the values in them."""
    if condition is None:
        return
    for part in condition.parts if isinstance(condition, Every) else (condition,):
        if isinstance(part, Every):
            yield from parts_of(part, inner)
            continue
        value, known = _value(part, inner)
        inside = reversed(list(walk(part)))  # as they are written, from left to right
        names = {one.name: one for one in inside if isinstance(one, Name) and one.origin != "member"}
        told = [f"{name} = {_written(each, one.kind)}" for name, one in names.items()
                for each, there in [_value(one, inner)] if there]  # fmt: skip
        shown = said(part) if part.place.file or isinstance(part, Literal) else text(part)
        yield Reason(shown, ", ".join(told), "", bool(value) if known else None, part.place)


# -- as plain data


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.file else ""


def _reason(one: Reason) -> dict[str, Any]:
    return {"name": one.name, "value": one.value, "cell": one.cell, "holds": one.holds, "at": _at(one.place)}


def _step(one: Step) -> dict[str, Any]:
    return {"name": one.name, "is": one.formula, "value": one.value, "at": _at(one.place)}


def _flip(one: Flip, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    outputs = {} if one.decision is None else shown_outputs(one.decision, kinds)
    return {"name": one.name, "value": one.value, "becomes": one.becomes, "outputs": outputs, "row": one.row,
            "at": _at(one.place) if one.place else "", "fault": one.fault}  # fmt: skip
