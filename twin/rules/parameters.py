"""Dated parameters: ``p.name`` has a value from a date on, until the next one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, Place
from twin.rules.cells import out_of_range, read_value
from twin.rules.forms import Complain, Form, KindReader, day_of
from twin.rules.kinds import Choice, Kind, Value, number
from twin.rules.model import ALWAYS, Literal, Parameter, Reign, RuleSet, Span
from twin.rules.reference import Case
from twin.rules.scope import nothing_in_sight
from twin.rules.snippets import Snippet, snippet

_KEYS = ("unit", "range", "int", "decimal", "enum", "bool", "date", "type", "value", "values", "sweep", "source",
         "title", "doc", "note", "evidence", "ordered")  # fmt: skip
_KIND_KEYS = ("unit", "range", "int", "decimal", "enum", "bool", "date", "type", "ordered")


@dataclass
class ParameterReader:
    """Reads the ``params:`` of a document."""

    kinds: KindReader
    complain: Complain

    def read_all(self, form: Form) -> Iterator[Parameter]:
        """Yield every parameter that can be read."""
        for name, node in form.table("params").items():
            place = form.node.value["params"].key_place(name)
            if node.kind == "map":
                found = self.read(name, Form(node, self.complain), place)
            else:
                found = self.plain(name, node, place)
            if found is not None:
                yield found

    def plain(self, name: str, node: Marked, place: Place) -> Parameter | None:
        """Read ``name: 1.5``: a number that always was."""
        value = self.value(snippet(node), number())
        return Parameter(name, number(), (Reign(ALWAYS, value, node.place),), (), "", place)

    def read(self, name: str, form: Form, place: Place) -> Parameter | None:
        """Read ``name: {unit: h, values: {2025-01-01: 2}}``."""
        form.known(_KEYS)
        kind = self.kind(name, form, place)
        reigns = self.reigns(name, form, kind)
        sweep = tuple(self.value(snippet(one), kind) for one in form.items("sweep"))
        if not reigns:
            return Parameter(name, kind, (), sweep, form.text("source"), place)
        return Parameter(name, kind, tuple(self.in_turn(name, reigns)), sweep, form.text("source"), place)

    def kind(self, name: str, form: Form, place: Place) -> Kind:
        """Return the kind of a parameter: a number, unless it says otherwise."""
        if not any(key in form.node.value for key in _KIND_KEYS):
            return number()
        only = Marked({key: one for key, one in form.node.value.items() if key in _KIND_KEYS}, form.node.source,
                      form.node.start, form.node.end, form.node.keys)  # fmt: skip
        return self.kinds.of_map(name, Form(only, self.complain), place)

    def reigns(self, name: str, form: Form, kind: Kind) -> list[Reign]:
        """Read the values: one, from dates on, or with both dates."""
        only = form.get("value")
        if only is not None:
            return [Reign(ALWAYS, self.value(snippet(only), kind), only.place)]
        node = form.get("values")
        if node is None or (isinstance(kind, Choice) and node.kind == "text"):
            self.complain(Complaint("E115", form.place("values"), {"key": "values", "owner": name}))
            return []
        if node.kind == "map":
            return self.from_dates(node, kind)
        if node.kind == "list":
            return [self.with_dates(Form(one, self.complain), kind) for one in node.value if one.kind == "map"]
        return [Reign(ALWAYS, self.value(snippet(node), kind), node.place)]

    def from_dates(self, node: Marked, kind: Kind) -> list[Reign]:
        """Read ``{2025-01-01: 1.5, 2026-01-01: 1.2}``; a value of nothing ends the one before."""
        starts: list[tuple[dt.date, Marked, Place]] = []
        for key, value in node.value.items():
            mark = node.keys[key]
            day = day_of(Snippet(key, mark.source, mark.start), self.complain)
            if day is not None:
                starts.append((day, value, mark.place))
        starts.sort(key=lambda one: one[0])
        ends = [day for day, _, _ in starts[1:]] + [None]
        return [
            Reign(Span(day, end), self.value(snippet(value), kind), place)
            for (day, value, place), end in zip(starts, ends, strict=True)
            if value.value is not None
        ]

    def with_dates(self, form: Form, kind: Kind) -> Reign:
        """Read ``{from: …, until: …, value: …}``."""
        form.known(("from", "until", "value", "source", "note"))
        node = form.need("value", "values")
        value = None if node is None else self.value(snippet(node), kind)
        return Reign(form.span(), value, form.node.place)

    def in_turn(self, name: str, reigns: list[Reign]) -> list[Reign]:
        """Sort the values by date; complain of those that overlap and of days without one."""
        ordered = sorted(reigns, key=lambda one: one.span.start or dt.date.min)
        for before, after in pairwise(ordered):
            if before.span.meets(after.span):
                values = {"name": name, "day": str(after.span.start or ""), "first_place": before.place}
                self.complain(Complaint("E401", after.place, values))
            elif before.span.end != after.span.start:
                hole = {"name": name, "start": str(before.span.end), "end": str(after.span.start)}
                self.complain(Complaint("E402", after.place, hole))
        return ordered

    def value(self, text: Snippet, kind: Kind) -> Value:
        """Read a value that is written down."""
        found = read_value(text, kind, nothing_in_sight(self.complain))
        if found is None:
            return None
        worked_out: Value = Case(RuleSet((), ""), dt.date.min, {}).value(found)
        literal = Literal(worked_out, kind=kind, place=found.place)
        out_of_range(literal, kind, nothing_in_sight(self.complain))
        return worked_out
