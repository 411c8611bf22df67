"""What-if: rules with some of their literals replaced. The base is never touched.

``overlaid(rules, [setting("rules.routing.rows[gas_leak].sla", "2 h")])`` is a new rule set with a digest of its own.
:mod:`twin.rules.paths` says what can be named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from twin.core.marked_yaml import Source
from twin.errors import Complaint, InputError, Place, Words
from twin.rules.cells import read_cell, read_output
from twin.rules.expressions import read_expression
from twin.rules.forms import Complain, KindReader, day_of, in_order
from twin.rules.kinds import Free, Kind, Number, said, same
from twin.rules.model import (
    Arithmetic,
    Cell,
    Decider,
    DecisionTable,
    Expr,
    Literal,
    Name,
    Parameter,
    Reign,
    RuleFile,
    RuleSet,
    Span,
    conditions,
    results,
    targets,
    walk,
)
from twin.rules.parameters import ParameterReader
from twin.rules.paths import Part, Target, literals, locate, part_of, widened
from twin.rules.presence import unguarded
from twin.rules.reference import Case
from twin.rules.retyping import retyped, retyped_decider, swapped
from twin.rules.scope import Binding, Scope, nothing_in_sight
from twin.rules.snippets import Snippet

_DATED = re.compile(
    r"(?P<value>.*?)(?:\s+(?:from|从|自)\s*(?P<start>[\d-]+))?(?:\s+(?:until|至|到)\s*(?P<end>[\d-]+))?\s*", re.DOTALL
)


@dataclass(frozen=True)
class Setting:
    """Put ``text`` where ``path`` leads; ``place`` is where the path is written."""

    path: str
    text: Snippet
    place: Place


def setting(path: str, text: str, name: str = "--set") -> Setting:
    """Return a setting that is written nowhere but on the command line, as ``path=text``."""
    source = Source(name, (f"{path}={text}",))
    return Setting(path, Snippet(text, source, (0, len(path) + 1)), source.place((0, 0), (0, len(path))))


def overlaid(rules: RuleSet, settings: Iterable[Setting]) -> RuleSet:
    """Return rules with literals replaced, one setting after the other; raises InputError with all that is wrong.

    Nothing is proved anew: :func:`twin.rules.check.check_reading` does that.
    """
    complaints: list[Complaint] = []
    settings = tuple(settings)
    found = with_settings(rules, settings, complaints.append)
    if complaints:
        raise InputError(complaints)
    return found


def with_settings(rules: RuleSet, settings: Sequence[Setting], complain: Complain) -> RuleSet:
    """Return rules with literals replaced; what cannot be is complained of and left as it was."""
    found = rules
    for one in settings:
        found = _with_setting(found, one, complain)
    return redigested(rules, found, [f"{one.path}={one.text.text.strip()}" for one in settings])


def redigested(base: RuleSet, rules: RuleSet, words: Iterable[str]) -> RuleSet:
    """Return changed rules with digests that say so: of each changed file, and of all of them."""
    said_ = "\n".join(words)
    before = {file.path: file for file in base.files}
    files = tuple(_redigested(before.get(file.path), file, said_) for file in rules.files)
    if all(one is other for one, other in zip(files, base.files, strict=False)) and len(files) == len(base.files):
        return base
    whole = hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest()
    return RuleSet(files, whole[:16])


def _redigested(before: RuleFile | None, file: RuleFile, words: str) -> RuleFile:
    if before is None or before is file:
        return file
    digest = hashlib.sha256(f"{before.digest}\n{words}".encode("utf-8", "surrogatepass")).hexdigest()
    return replace(file, digest=digest)


def _with_setting(rules: RuleSet, one: Setting, complain: Complain) -> RuleSet:
    target = locate(rules, one.path, one.place, complain)
    if target is None:
        return rules
    if isinstance(target.what, Parameter):
        return put_back(rules, target, with_value(target.what, one.text, complain))
    if not target.rest:
        complain(Complaint("E623", one.place, {"path": one.path, "what": _WHOLE}))
        return rules
    found = part_of(target, one.place, complain)
    if found is None:
        return rules
    faults: list[Complaint] = []
    part, number = found
    fresh = _Change(rules, target.what, part, faults.append).read(one.text, number)
    for fault in faults:
        complain(fault)
    return rules if faults or fresh is None else put_back(rules, target, fresh)


_WHOLE = Words("a whole table, rule or formula has no value; name something in it",
               "整个表、规则或公式没有取值；请指明其中的一项")  # fmt: skip


def put_back(rules: RuleSet, target: Target, fresh: Parameter | Decider | None) -> RuleSet:
    """Return rules with something else (``None``: nothing) in the place of a parameter, table, rule or formula."""
    file = rules.files[target.file]
    new = () if fresh is None else (fresh,)
    at = target.at
    if isinstance(target.what, Parameter):
        file = replace(file, parameters=(*file.parameters[:at], *new, *file.parameters[at + 1 :]))
    else:
        file = replace(file, deciders=(*file.deciders[:at], *new, *file.deciders[at + 1 :]))
    return replace(rules, files=(*rules.files[: target.file], file, *rules.files[target.file + 1 :]))


# -- parameters


def with_value(parameter: Parameter, text: Snippet, complain: Complain) -> Parameter:
    """Return a parameter with another value: ``2``, for as long as it has one, or ``2 from DATE until DATE``.

    Outside its dates the timeline stays as it was.
    """
    found = _DATED.fullmatch(text.plain())
    start = end = None
    if found is not None and (found["start"] or found["end"]):
        start, end = (_day(text, found, side, complain) for side in ("start", "end"))
        text = text.cut(found.start("value"), found.end("value"))
    faults: list[Complaint] = []
    value = ParameterReader(KindReader({}, faults.append), faults.append).value(text, parameter.kind)
    for fault in faults:
        complain(fault)
    if faults or value is None:
        return parameter
    span, place = in_order(Span(start, end), text.place(), complain), text.place()
    if start is None and end is None:
        always = tuple(replace(one, value=value, place=place) for one in parameter.reigns)
        return replace(parameter, reigns=always or (Reign(span, value, place),))
    return replace(parameter, reigns=_laid_over(parameter.reigns, Reign(span, value, place)))


def _day(text: Snippet, found: re.Match[str], side: str, complain: Complain) -> dt.date | None:
    return day_of(text.cut(*found.span(side)), complain) if found[side] else None


def _laid_over(reigns: Iterable[Reign], fresh: Reign) -> tuple[Reign, ...]:
    """Lay a value over a timeline: what lies outside its dates is kept."""
    start, end = fresh.span.start, fresh.span.end
    kept = [fresh]
    for one in reigns:
        before = Span(one.span.start, _earlier(one.span.end, start))
        after = Span(_later(one.span.start, end), one.span.end)
        if start is not None and _is_some(before):
            kept.append(replace(one, span=before))
        if end is not None and _is_some(after):
            kept.append(replace(one, span=after))
    return tuple(sorted(kept, key=lambda one: one.span.start or dt.date.min))


def _is_some(span: Span) -> bool:
    return span.start is None or span.end is None or span.start < span.end


def _earlier(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min(one, other) if one is not None and other is not None else one or other


def _later(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return max(one, other) if one is not None and other is not None else one or other


# -- tables, rules, formulas


@dataclass(frozen=True)
class _Change:
    """Reads a text as what must stand in the place of a part, and puts it there."""

    rules: RuleSet
    decider: Decider
    part: Part
    complain: Complain

    def read(self, text: Snippet, number: int) -> Decider | None:
        """Return the decider with something else in it; ``None`` where the text makes no sense."""
        new = self.literal(text, number) if number else self.whole(text)
        if new is None or isinstance(new, Cell):
            return None if new is None else self.part.put(new)
        if any(isinstance(one, Arithmetic) and _divides_by_zero(one) for one in walk(new)):
            self.complain(Complaint("E112", text.place()))
        for name in unguarded(new, self.part.known):
            self.complain(Complaint("E109", name.place, {"name": name.name}))
        changed = self.part.put(new)
        return retyped_decider(changed) if self.part.name.startswith("let.") else changed

    def whole(self, text: Snippet) -> Cell | Expr | None:
        """Read a text that takes the place of all of a part."""
        found = self.tried(text, self.above(narrow_scope(self.decider)))
        if found is not None:
            return found
        return self.tried(text, self.above(wide_scope(self.rules, self.decider)), self.complain)

    def above(self, scope: Scope) -> Scope:
        """Return a scope without the lets that a ``let`` may not use: itself and those below it."""
        if not self.part.name.startswith("let."):
            return scope
        lets = [one.name for one in self.decider.head.lets]
        hidden = lets[lets.index(self.part.name.removeprefix("let.")) :]
        return replace(scope, names={name: one for name, one in scope.names.items() if name not in hidden})

    def tried(self, text: Snippet, scope: Scope, complain: Complain | None = None) -> Cell | Expr | None:
        """Read a text with the names of a scope; ``None``, and nothing said, where it makes no sense."""
        faults: list[Complaint] = []
        found = self.understood(text, replace(scope, complain=faults.append))
        for fault in faults if complain is not None else ():
            complain(fault)  # type: ignore[misc]
        return None if faults else found

    def understood(self, text: Snippet, scope: Scope) -> Cell | Expr | None:
        """Read a text as the kind of part that it is."""
        part = self.part
        if part.column is not None:
            return read_cell(text, part.column, scope)
        if part.kind == "step":
            return self.constant(text, part.wanted or Number(), scope.complain, positive=True)
        if part.kind == "value" and isinstance(part.wanted, Free) and text.text.strip().startswith("["):
            items = (one.strip().strip("\"'") for one in text.text.strip().strip("[]").split(","))
            return Literal(", ".join(items), kind=part.wanted, place=text.place())
        if part.kind == "value":
            return read_output(text, part.wanted or Number(), scope)
        wanted = part.wanted if part.wanted is not None else None
        found = read_expression(text, scope, wanted)
        held = part.holds
        if found is not None and wanted is None and not isinstance(held, Cell) and not same(found.kind, held.kind):
            values = {"wanted": said(held.kind), "found": said(found.kind)}
            scope.complain(Complaint("E105", text.place(), values))
        return found

    def literal(self, text: Snippet, number: int) -> Expr | None:
        """Read a text that takes the place of one literal of an expression."""
        held = self.part.holds
        assert not isinstance(held, Cell)
        old = literals(held)[number - 1]
        new = self.constant(text, widened(old.kind), self.complain)
        return None if new is None else retyped(swapped(held, old, new), {})

    def constant(self, text: Snippet, kind: Kind, complain: Complain, positive: bool = False) -> Literal | None:
        """Read a value that is written down; a number of some dimension carries its unit."""
        scope = nothing_in_sight(complain)
        numeric = isinstance(kind, Number) and bool(kind.powers) and not kind.unit
        found = read_expression(text, scope, kind) if numeric else read_output(text, kind, scope)
        if found is None:
            return None
        value = Case(RuleSet((), ""), dt.date.min, {}).value(found)
        if positive and isinstance(value, Fraction) and value <= 0:
            wanted = Words("a number above 0", "大于 0 的数")
            complain(Complaint("E116", text.place(), {"wanted": wanted, "found": f"`{text.text}`"}))
            return None
        return found if isinstance(found, Literal) else Literal(value, kind=found.kind, place=found.place)


def _divides_by_zero(expr: Arithmetic) -> bool:
    kind = expr.right.kind
    return expr.op in ("/", "//") and isinstance(kind, Number) and kind.low == kind.high == 0 and kind.low is not None


# -- names in sight


def _ignored(complaint: Complaint) -> None:
    """Take a complaint that nobody needs."""


def narrow_scope(decider: Decider) -> Scope:
    """Return the names that a table, rule or formula declares."""
    names = {one.name: Binding(one.kind, "input", one.optional) for one in decider.head.inputs}
    names |= {one.name: Binding(one.value.kind, "let") for one in decider.head.lets}
    return Scope(names, {}, _ignored)


def wide_scope(rules: RuleSet, decider: Decider) -> Scope:
    """Return all names that are known of a table, rule or formula without the files.

    These are what it declares and uses, what the others use and decide, and the parameters.
    """
    names: dict[str, Binding] = {}
    for other in (*rules.deciders, decider):
        for expr in conditions(other):
            for one in walk(expr):
                if isinstance(one, Name) and one.origin in ("field", "result", "input"):
                    origin = "field" if one.origin == "input" and other is not decider else one.origin
                    names[one.name] = Binding(one.kind, origin, one.optional)
    for other in rules.deciders:
        names |= {name: Binding(kind, "result") for name, kind in _decided(other)}
    narrow = narrow_scope(decider)
    return Scope({**names, **narrow.names}, {one.name: one.kind for one in rules.parameters}, _ignored)


def _decided(decider: Decider) -> list[tuple[str, Any]]:
    if isinstance(decider, DecisionTable) or targets(decider):
        return [(one.name, one.kind) for one in targets(decider)]
    return [(name, decider.kind) for name in results(decider)]  # type: ignore[union-attr]
