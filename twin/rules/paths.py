"""Every literal of a rule set has a path: ``rules.routing.rows[gas_leak].sla``, ``rules.params.escalation.factor``.

========================================  ======================================================
path                                      what stands there
========================================  ======================================================
``rules.<table>.rows[<id or number>].x``  the cell of a column, or the value of an output
``rules.<table>.else.<output>``           the value of an output where no row matches
``rules.<rule>.when``                     a whole condition (of a formula too)
``rules.<rule>.then.<target>``            what a rule decides
``rules.<rule>.exceptions[<id>].x``       what an exception decides, or its condition (``when``)
``rules.<name>.let.<let>``                a named expression
``rules.<formula>.value``                 a formula (``otherwise``, and ``round`` for its step)
``rules.params.<name>``                   a parameter
``<any of these expressions>[2]``         the second literal in it, from left to right
========================================  ======================================================

Where several versions of a rule are in force one after the other, ``rules.<name>@<from>`` says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from typing import Literal as OneOf

from twin.errors import Complaint, Place, closest
from twin.rules.forms import Complain
from twin.rules.kinds import TRUTH, Day, Kind, Number, Value, base_units, written
from twin.rules.model import (
    NOWHERE,
    Assign,
    Cell,
    Decider,
    DecisionTable,
    Exemption,
    Expr,
    Literal,
    Name,
    Parameter,
    Row,
    Rule,
    RuleSet,
    children,
)
from twin.rules.presence import Known, present_if
from twin.rules.tables import needs_value
from twin.rules.texts import text

ROOT = "rules."
PARAMS = "params."
MOST_KNOWN = 1000
_BRACKET = re.compile(r"(?P<name>rows|exceptions)\[(?P<label>[^\]]*)\](?:\.(?P<rest>.*))?", re.DOTALL)
_NUMBERED = re.compile(r"(?P<name>.*)\[(?P<number>\d+)\]", re.DOTALL)

SlotKind = OneOf["parameter", "cell", "value", "condition", "expression", "step", "literal"]


@dataclass(frozen=True)
class Slot:
    """One path of a rule set: what kind of thing stands there, its present text, and where that is written."""

    path: str
    kind: SlotKind
    text: str
    place: Place


@dataclass(frozen=True)
class Part:
    """What stands under a name of one table, rule or formula, and how to put something else there.

    ``wanted`` is the kind that must stand there (``None``: that of what does); ``known`` are the optional names that
    are there for sure.
    """

    name: str
    kind: SlotKind
    holds: Cell | Expr
    wanted: Kind | None
    place: Place
    put: Callable[[Any], Decider]
    column: Name | None = None
    known: Known = frozenset()


# -- the list of all paths


def paths(rules: RuleSet) -> Iterator[Slot]:
    """Yield every path of a rule set, in file order, literals inside expressions after what holds them."""
    for file in rules.files:
        for parameter in file.parameters:
            shown = ", ".join(
                f"{written(one.value, parameter.kind)}{'' if one.span.start is None else f' from {one.span.start}'}"
                for one in parameter.reigns
            )
            yield Slot(ROOT + PARAMS + parameter.name, "parameter", shown, parameter.place)
        for decider in file.deciders:
            yield from _slots(called(rules, decider), decider)


def called(rules: RuleSet, decider: Decider) -> str:
    """Return the path of a table, rule or formula; versions carry the day from which they are in force."""
    name = decider.head.name
    only = len(rules.called(name)) == 1
    return f"{ROOT}{name}" if only else f"{ROOT}{name}@{decider.head.span.start or ''}"


def _slots(path: str, decider: Decider) -> Iterator[Slot]:
    for part in parts(decider):
        shown = part.holds.text if isinstance(part.holds, Cell) else said(part.holds, part.wanted)
        if part.place == decider.head.place and isinstance(part.holds, Literal):
            shown = valued(part.holds.value, part.wanted or part.holds.kind)
        yield Slot(f"{path}.{part.name}", part.kind, shown, part.place)
        if not isinstance(part.holds, (Cell, Literal)):
            for number, one in enumerate(literals(part.holds), 1):
                yield Slot(f"{path}.{part.name}[{number}]", "literal", said(one), one.place)


def said(expr: Expr, wanted: Kind | None = None) -> str:
    """Return an expression as its author wrote it, where the file is at hand; else in base units."""
    place = expr.place
    line = place.excerpt[0] if place.excerpt and place.line == place.end_line else ""
    if line[place.col - 1 : place.end_col - 1].strip():
        return line[place.col - 1 : place.end_col - 1].strip()
    return written(expr.value, wanted or expr.kind) if isinstance(expr, Literal) else text(expr)


def valued(value: Value, kind: Kind) -> str:
    """Write a value so that it can be read again: numbers always with their unit."""
    unit = base_units(kind.powers) if isinstance(kind, Number) and not kind.unit else ""
    return f"{written(value, kind)} {unit}".strip()


def literals(expr: Expr) -> list[Literal]:
    """Return the literals that the author wrote in an expression, from left to right."""
    found: list[Literal] = []
    _collect(expr, found)
    return sorted(found, key=lambda one: (one.place.line, one.place.col))


def _collect(expr: Expr, found: list[Literal]) -> None:
    if isinstance(expr, Literal):
        if not any(one is expr for one in found):  # a chain `1 < x < 5 < y` holds its middle twice
            found.append(expr)
        return
    below = list(children(expr))
    for one in below:
        made_up = isinstance(one, Literal) and any(one is not other and one.place == other.place for other in below)
        if not made_up or one.place == NOWHERE:
            _collect(one, found)


# -- the parts of a table, rule or formula


def parts(decider: Decider) -> Iterator[Part]:
    """Yield everything of a table, rule or formula that has a name of its own."""
    yield from _lets(decider)
    if isinstance(decider, DecisionTable):
        for at in range(len(decider.rows)):
            yield from row_parts(decider, at)
        yield from _otherwise(decider)
    elif isinstance(decider, Rule):
        yield from _of_rule(decider)
    else:
        yield from _of_formula(decider)


def _lets(decider: Decider) -> Iterator[Part]:
    head = decider.head
    for at, let in enumerate(head.lets):

        def put(new: Expr, at: int = at) -> Decider:
            lets = _with(head.lets, at, replace(head.lets[at], value=new))
            return replace(decider, head=replace(head, lets=lets))

        yield Part(f"let.{let.name}", "expression", let.value, None, let.value.place, put)


def _with(items: Sequence[Any], at: int, new: Any) -> tuple[Any, ...]:
    return (*items[:at], new, *items[at + 1 :])


def row_parts(table: DecisionTable, at: int) -> Iterator[Part]:
    """Yield the cells and values of one row."""
    row = table.rows[at]
    pairs = list(zip(table.columns, row.cells, strict=True))
    known = frozenset(column.name for column, cell in pairs if needs_value(cell))
    for number, (column, cell) in enumerate(pairs):

        def put_cell(new: Cell, number: int = number) -> Decider:
            return put_row(table, at, replace(row, cells=_with(row.cells, number, new)))

        place = row.place if cell.place == NOWHERE else cell.place
        yield Part(f"rows[{row.label}].{column.name}", "cell", cell, column.kind, place, put_cell, column)
    for number, (output, value) in enumerate(zip(table.outputs, row.values, strict=True)):
        if value is None:
            continue

        def put_value(new: Expr, number: int = number) -> Decider:
            return put_row(table, at, replace(row, values=_with(row.values, number, new)))

        name = f"rows[{row.label}].{output.name}"
        yield Part(name, "value", value, output.kind, value.place, put_value, known=known)


def put_row(table: DecisionTable, at: int, row: Row) -> DecisionTable:
    """Return a table with another row in the place of one."""
    return replace(table, rows=_with(table.rows, at, row))


def _otherwise(table: DecisionTable) -> Iterator[Part]:
    values = table.otherwise or ()
    for number, (output, value) in enumerate(zip(table.outputs, values, strict=False)):
        if value is None:
            continue

        def put(new: Expr, number: int = number) -> Decider:
            return replace(table, otherwise=_with(values, number, new))

        yield Part(f"else.{output.name}", "value", value, output.kind, value.place, put)


def _of_rule(rule: Rule) -> Iterator[Part]:
    if rule.when is not None:
        yield Part("when", "condition", rule.when, TRUTH, rule.when.place, lambda new: replace(rule, when=new))
    known = present_if(rule.when, True)
    yield from _assigned("then.", rule.then, lambda then: replace(rule, then=then), known)
    for at, one in enumerate(rule.exceptions):
        yield from _of_exception(rule, at, one, known)


def _of_exception(rule: Rule, at: int, one: Exemption, known: Known) -> Iterator[Part]:
    def put(new: Exemption) -> Decider:
        return replace(rule, exceptions=_with(rule.exceptions, at, new))

    name = f"exceptions[{one.id}]"
    if one.when is not None:
        yield Part(f"{name}.when", "condition", one.when, TRUTH, one.when.place,
                   lambda new: put(replace(one, when=new)), known=known)  # fmt: skip
    inside = known | present_if(one.when, True)
    yield from _assigned(f"{name}.", one.then, lambda then: put(replace(one, then=then)), inside)


def _assigned(
    prefix: str, then: tuple[Assign, ...], put: Callable[[tuple[Assign, ...]], Decider], known: Known
) -> Iterator[Part]:
    for at, assign in enumerate(then):

        def put_one(new: Expr, at: int = at, assign: Assign = assign) -> Decider:
            return put(_with(then, at, replace(assign, value=new)))

        name, kind = prefix + assign.target.name, assign.target.kind
        yield Part(name, "value", assign.value, kind, assign.place, put_one, known=known)


def _of_formula(formula: Any) -> Iterator[Part]:
    kind = formula.kind
    if formula.when is not None:
        yield Part("when", "condition", formula.when, TRUTH, formula.when.place,
                   lambda new: replace(formula, when=new))  # fmt: skip
    holds, fails = present_if(formula.when, True), present_if(formula.when, False)
    yield Part("value", "expression", formula.value, kind, formula.value.place,
               lambda new: replace(formula, value=new), known=holds)  # fmt: skip
    if formula.when is not None:
        yield Part("otherwise", "expression", formula.otherwise, kind, formula.otherwise.place,
                   lambda new: replace(formula, otherwise=new), known=fails)  # fmt: skip
    if formula.rounding is not None:
        step = Literal(formula.rounding.step, kind=kind, place=formula.head.place)
        yield Part("round", "step", step, kind, formula.head.place,
                   lambda new: replace(formula, rounding=replace(formula.rounding, step=new.value)))  # fmt: skip


# -- finding one


@dataclass(frozen=True)
class Target:
    """What a path leads to: a parameter, or a table, rule or formula and the rest of the path."""

    file: int
    at: int
    what: Parameter | Decider
    path: str
    rest: str = ""


def locate(rules: RuleSet, path: str, place: Place | None, complain: Complain) -> Target | None:
    """Find the parameter, table, rule or formula that a path begins with; complain where there is none."""
    if path.startswith(ROOT + PARAMS):
        return _parameter(rules, path, place, complain)
    below = path.removeprefix(ROOT)
    places = [(file, at, one) for file, source in enumerate(rules.files) for at, one in enumerate(source.deciders)]
    names = {one.head.name for _, _, one in places}
    name = max((one for one in names if _begins(below, one)), key=len, default=None)
    if name is None or not path.startswith(ROOT):
        first = re.split(r"[.@\[]", below, maxsplit=1)[0]
        near = closest(first, [*names, "params"])
        _unknown(path, place, near and ROOT + near + below[len(first) :], sorted(ROOT + one for one in names), complain)
        return None
    rest = below[len(name) :]
    versions = [one for one in places if one[2].head.name == name]
    return _version(versions, path, rest, place, complain)


def _begins(below: str, name: str) -> bool:
    return below.startswith(name) and below[len(name) : len(name) + 1] in ("", ".", "@")


def _parameter(rules: RuleSet, path: str, place: Place | None, complain: Complain) -> Target | None:
    wanted = path[len(ROOT + PARAMS) :]
    for number, file in enumerate(rules.files):
        if wanted in file.parameter_names:
            at = file.parameter_names.index(wanted)
            return Target(number, at, file.parameters[at], path)
    known = [one.name for one in rules.parameters]
    near = closest(wanted, known[:MOST_KNOWN])
    _unknown(path, place, near and ROOT + PARAMS + near, sorted(ROOT + PARAMS + one for one in known), complain)
    return None


def _version(
    versions: list[tuple[int, int, Decider]], path: str, rest: str, place: Place | None, complain: Complain
) -> Target | None:
    """Choose among the versions of one name."""
    base = path[: len(path) - len(rest)]
    starts = [str(one.head.span.start or "") for _, _, one in versions]
    dated = re.match(r"@(\d{4}-\d\d-\d\d)?", rest)
    if dated is None and len(versions) > 1:
        known = tuple(f"{base}@{start}" for start in starts)
        complain(Complaint("E622", place, {"path": path, "known": known}))
        return None
    wanted = (dated[1] or "") if dated else starts[0]
    if wanted not in starts:
        _unknown(path, place, None, [f"{base}@{start}" for start in starts], complain)
        return None
    file, at, found = versions[starts.index(wanted)]
    rest = rest[dated.end() :] if dated else rest
    return Target(file, at, found, path[: len(path) - len(rest)], rest.removeprefix("."))


def _unknown(path: str, place: Place | None, near: str | None, known: Sequence[str], complain: Complain) -> None:
    complain(Complaint("E621", place, {"path": path, "suggestion": near, "known": tuple(known)}))


def part_of(target: Target, place: Place | None, complain: Complain) -> tuple[Part, int] | None:
    """Find the part that a path names, and the number of the literal in it (0: all of it); complain of none."""
    assert not isinstance(target.what, Parameter)
    found = _named(target.what, target.rest)
    if found is not None:
        return found, 0
    numbered = _NUMBERED.fullmatch(target.rest)
    found = _named(target.what, numbered["name"]) if numbered else None
    if found is not None and numbered and not isinstance(found.holds, Cell):
        number = int(numbered["number"])
        if 1 <= number <= len(literals(found.holds)):
            return found, number
    unfound(target, place, complain)
    return None


def _named(decider: Decider, name: str) -> Part | None:
    bracket = _BRACKET.fullmatch(name)
    if bracket and bracket["name"] == "rows" and isinstance(decider, DecisionTable):
        at = row_at(decider, bracket["label"])
        below = row_parts(decider, at) if at is not None else iter(())
        ending = f"].{bracket['rest']}"
        return next((one for one in below if one.name.endswith(ending) and one.name[len(_row_name(one)) :] == ending),
                    None)  # fmt: skip
    if isinstance(decider, DecisionTable):
        return next((one for one in (*_lets(decider), *_otherwise(decider)) if one.name == name), None)
    return next((one for one in parts(decider) if one.name == name), None)


def _row_name(part: Part) -> str:
    return part.name[: part.name.index("]")]


def row_at(table: DecisionTable, label: str) -> int | None:
    """Return where a row stands, by its id or else its number."""
    for at, row in enumerate(table.rows):
        if row.id == label:
            return at
    return next((at for at, row in enumerate(table.rows) if str(row.number) == label), None)


def unfound(target: Target, place: Place | None, complain: Complain) -> None:
    """Complain of a path whose end leads nowhere, with the nearest that leads somewhere."""
    assert not isinstance(target.what, Parameter)
    known, near = _neighbours(target.what, target.rest)
    prefix = target.path + "."
    _unknown(prefix + target.rest, place, near and prefix + near, [prefix + one for one in known], complain)


def _neighbours(decider: Decider, rest: str) -> tuple[list[str], str | None]:
    """Return the names among which the end of a path was looked for, and the nearest of them."""
    bracket = _BRACKET.match(rest)
    if bracket and isinstance(decider, DecisionTable):
        at = row_at(decider, bracket["label"])
        if at is not None:
            known = [one.name for one in row_parts(decider, at)]
        else:
            labels = [str(row.label) for row in decider.rows]
            near = closest(bracket["label"], labels[:MOST_KNOWN])
            return [f"rows[{one}]" for one in labels], near and rest.replace(f"[{bracket['label']}]", f"[{near}]", 1)
        return known, closest(rest, known)
    if isinstance(decider, DecisionTable):
        tops = [one.name for one in (*_lets(decider), *_otherwise(decider))]
        rows = [f"rows[{row.label}]" for row in decider.rows[:MOST_KNOWN]]
        return [*tops, *rows], closest(rest, [*tops, *rows])
    known = [one.name for one in parts(decider)]
    return known, closest(rest, known)


def widened(kind: Kind) -> Kind:
    """Return the kind of what may stand where a literal stands."""
    if isinstance(kind, Number):
        return Number(kind.powers)
    return Day() if isinstance(kind, Day) else kind
