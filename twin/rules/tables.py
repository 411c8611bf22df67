"""Decision tables: headings, rows, the hit policy, ``else``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, Place, Words, closest
from twin.rules.cells import read_cell, read_output
from twin.rules.forms import Form, day_of, in_order
from twin.rules.kinds import Choice, Group, Number, said
from twin.rules.model import (
    ALWAYS,
    NOWHERE,
    Absent,
    Cell,
    DecisionTable,
    Expr,
    Head,
    Hit,
    Holds,
    Literal,
    Name,
    Output,
    Row,
    Span,
)
from twin.rules.presence import Known, unguarded
from twin.rules.scope import Scope
from twin.rules.sheets import Draft, Rows, read_rows
from twin.rules.snippets import Snippet, snippet
from twin.rules.tokens import bare_number

POLICIES = ("unique", "first", "priority", "any", "collect")
COLLECTORS = ("list", "sum", "min", "max", "count")
NOTES = ("note", "notes", "comment", "remark", "source", "article", "备注", "说明", "依据")
_HIT = re.compile(r"(?P<policy>\w+)\s*(?:[(（]\s*(?P<collector>\w+)\s*[)）])?")


@dataclass
class TableReader:
    """Reads the rows of one table; equal cells are read once."""

    form: Form
    head: Head
    outputs: tuple[Output, ...]
    scope: Scope
    file: Path
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    values: dict[tuple[str, str], Expr] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def read(self) -> DecisionTable | None:
        """Read the table; ``None`` when its rows cannot be found."""
        node = self.form.get("rows")
        hit = self.hit()
        if node is None:
            return None
        found = read_rows(node, self.form.place("rows"), self.file, self.scope.complain)
        if found is None:
            return None
        columns = self.columns(found, hit)
        self.need_outputs(found)
        rows = tuple(self.row(number, draft, columns) for number, draft in enumerate(found.drafts, 1))
        self.complain_of_equal_ids(rows)
        place = self.form.place("else") if "else" in self.form.node.value else NOWHERE
        table = DecisionTable(self.head, columns, self.outputs, rows, hit, self.otherwise(), place, found.sheet)
        self.judge_policy(table)
        return table

    def hit(self) -> Hit:
        """Read the hit policy; ``unique`` where none is written."""
        node = self.form.get("hit")
        if node is None:
            return Hit(place=self.form.place("hit"))
        text = snippet(node) if node.kind == "text" else Snippet("", node.source, node.start)
        found = _HIT.fullmatch(text.plain().strip())
        policy = found["policy"] if found else ""
        collector = found["collector"] if found else None
        if policy in POLICIES and (collector in COLLECTORS if policy == "collect" and collector else not collector):
            chosen = (collector or "list") if policy == "collect" else None
            return Hit(policy, chosen, node.place)  # type: ignore[arg-type]
        wanted = Words("unique, first, priority, any or collect(list|sum|min|max|count)",
                       "unique、first、priority、any 或 collect(list|sum|min|max|count)")  # fmt: skip
        self.scope.complain(Complaint("E116", node.place, {"wanted": wanted, "found": f"`{text.text}`"}))
        return Hit(place=node.place)

    # -- headings

    def columns(self, found: Rows, hit: Hit) -> tuple[Name, ...]:
        """Return the headings that are conditions; complain of those that are nothing."""
        names = []
        for heading in found.headings:
            name = heading.plain()
            if self.is_aside(name, hit) or any(one.name == name for one in self.outputs):
                continue
            bound = self.scope.find(name)
            if bound is None or isinstance(bound.kind, Group):
                self.unknown_column(name, heading)
                continue
            names.append(Name(name, bound.origin, bound.optional, kind=bound.kind, place=heading.place()))
        return tuple(names)

    def is_aside(self, name: str, hit: Hit) -> bool:
        """Whether a heading is neither a condition nor an outcome: id, note, dates, rank."""
        if self.claims(name):
            return False
        return name in ("id", "from", "until", *NOTES) or (name == "priority" and hit.policy == "priority")

    def unknown_column(self, name: str, heading: Snippet) -> None:
        """Complain of a heading that is neither input nor output."""
        self.lost.add(name)
        known = self.declared
        values = {"column": name, "suggestion": closest(name, known), "known": tuple(known)}
        self.scope.complain(Complaint("E103", heading.place(), values))

    def need_outputs(self, found: Rows) -> None:
        """Complain of outputs that have no column."""
        names = {heading.plain() for heading in found.headings}
        for output in self.outputs:
            if output.name not in names and found.drafts:
                self.scope.complain(Complaint("E123", found.sheet.place, {"column": output.name}))

    # -- rows

    def row(self, number: int, draft: Draft, columns: tuple[Name, ...]) -> Row:
        """Read one row."""
        if draft.broken:
            unread = tuple(Cell(readable=False, place=draft.place) for _ in columns)
            return Row(number, "", unread, (None,) * len(self.outputs), ALWAYS, None, "", False, draft.place)
        cells = tuple(self.cell(draft, column) for column in columns)
        known = frozenset(column.name for column, cell in zip(columns, cells, strict=True) if needs_value(cell))
        values = tuple(self.value(draft, output, known) for output in self.outputs)
        texts = {name: parts[0].text for name, parts in draft.cells.items() if parts}
        note = next((texts[name] for name in NOTES if texts.get(name) and not self.claims(name)), "")
        label = texts.get("id", "") if not self.claims("id") else ""
        whole = not self.lost.intersection(draft.cells)
        return Row(number, label, cells, values, self.span(draft), self.rank(draft), note, whole, draft.place)

    def claims(self, name: str) -> bool:
        """Whether a heading that is usually beside the point is an input or output of this table."""
        return name in self.declared

    @property
    def declared(self) -> list[str]:
        """The names of inputs, lets and outputs."""
        head = self.head
        named = [*(one.name for one in head.inputs), *(one.name for one in head.lets)]
        return named + [one.name for one in self.outputs]

    def cell(self, draft: Draft, column: Name) -> Cell:
        """Read a condition; an empty one is anything."""
        parts = draft.cells.get(column.name, ())
        if not parts:
            return Cell(place=draft.place)
        read = [self.one_cell(part, column) for part in parts]
        if len(read) == 1:
            return read[0]
        tests = tuple(test for cell in read for test in cell.tests)
        text = ", ".join(part.text for part in parts)
        fine = all(cell.readable and not cell.negated and cell.tests for cell in read)
        return Cell(tests, False, fine, text, read[0].place)

    def one_cell(self, text: Snippet, column: Name) -> Cell:
        """Read the text of a cell, unless an equal one was read without complaint."""
        known = self.cells.get((column.name, text.text))
        if known is not None:
            return replace(known, place=text.place())
        faults: list[Complaint] = []
        cell = read_cell(text, column, replace(self.scope, complain=faults.append))
        for condition in (test.condition for test in cell.tests if isinstance(test, Holds)):
            faults += [Complaint("E109", name.place, {"name": name.name}) for name in unguarded(condition)]
        for fault in faults:
            self.scope.complain(fault)
        if not faults and not any(isinstance(test, Holds) for test in cell.tests):
            self.cells[column.name, text.text] = cell
        return cell

    def value(self, draft: Draft, output: Output, known: Known) -> Expr | None:
        """Read the value of an output."""
        parts = draft.cells.get(output.name, ())
        text = parts[0] if len(parts) == 1 else None
        if output.name not in draft.cells and self.form.get("rows").kind != "list":  # type: ignore[union-attr]
            return None
        if text is None or not text.text.strip() or text.plain().strip() == "-":
            place = text.place() if text is not None and text.text else draft.place
            self.scope.complain(Complaint("E123", place, {"column": output.name}))
            return None
        cached = self.values.get((output.name, text.text))
        if cached is not None:
            return cached
        return self.fresh_value(text, output, known)

    def fresh_value(self, text: Snippet, output: Output, known: Known) -> Expr | None:
        """Read the value of an output that was not read before."""
        faults: list[Complaint] = []
        found = read_output(text, output.kind, replace(self.scope, complain=faults.append))
        if found is not None:
            faults += [Complaint("E109", name.place, {"name": name.name}) for name in unguarded(found, known)]
        for fault in faults:
            self.scope.complain(fault)
        if found is not None and not faults and isinstance(found, Literal):
            self.values[output.name, text.text] = found
        return found

    def span(self, draft: Draft) -> Span:
        """Read ``from`` and ``until`` of a row."""
        if self.claims("from") or self.claims("until"):
            return ALWAYS
        days = {}
        for name in ("from", "until"):
            parts = [part for part in draft.cells.get(name, ()) if part.text.strip() not in ("", "-")]
            days[name] = day_of(parts[0], self.scope.complain) if parts else None
        return in_order(Span(days["from"], days["until"]), draft.place, self.scope.complain)

    def rank(self, draft: Draft) -> Fraction | None:
        """Read the priority of a row."""
        parts = draft.cells.get("priority", ())
        if self.claims("priority") or not parts or not parts[0].text.strip():
            return None
        number = bare_number(parts[0].plain().strip())
        if number is None:
            wanted = Words("a number", "数字")
            values = {"wanted": wanted, "found": f"`{parts[0].text}`"}
            self.scope.complain(Complaint("E116", parts[0].place(), values))
        return number

    def complain_of_equal_ids(self, rows: tuple[Row, ...]) -> None:
        """Complain of ids that stand twice."""
        seen: set[str] = set()
        for row in rows:
            if row.id and row.id in seen:
                self.scope.complain(Complaint("E118", row.place, {"name": row.id}))
            seen.add(row.id)

    # -- else and policy

    def otherwise(self) -> tuple[Expr | None, ...] | None:
        """Read ``else``; it must say a value for every output."""
        node = self.form.get("else")
        if node is None:
            return None
        given = self.form.table("else")
        names = [output.name for output in self.outputs]
        for name in given:
            if name not in names:
                values = {"column": name, "suggestion": closest(name, names), "known": tuple(names)}
                self.scope.complain(Complaint("E103", node.key_place(name), values))
        return tuple(self.other(given.get(output.name), output, node.place) for output in self.outputs)

    def other(self, node: object, output: Output, place: Place) -> Expr | None:
        """Read one value of ``else``."""
        if not isinstance(node, Marked) or node.kind in ("map", "list", "nothing"):
            self.scope.complain(Complaint("E123", place, {"column": output.name}))
            return None
        return self.fresh_value(snippet(node), output, frozenset())

    def judge_policy(self, table: DecisionTable) -> None:
        """Complain of a policy that the outputs cannot serve."""
        numbers = all(isinstance(output.kind, Number) for output in table.outputs)
        if table.hit.collector in ("sum", "min", "max") and not numbers:
            text = next(output for output in table.outputs if not isinstance(output.kind, Number))
            wanted = Words("numbers", "数字")
            values = {"policy": f"collect({table.hit.collector})", "wanted": wanted, "found": said(text.kind)}
            self.scope.complain(Complaint("E208", table.hit.place, values))
        if table.hit.policy == "priority" and not self.is_ranked(table):
            values = {"policy": "priority", "wanted": _RANKED, "found": Words("neither", "两者都没有")}
            self.scope.complain(Complaint("E208", table.hit.place, values))

    def is_ranked(self, table: DecisionTable) -> bool:
        """Whether something says which row of a ``priority`` table wins."""
        ranked = all(row.rank is not None for row in table.rows)
        listed = any(isinstance(output.kind, Choice) for output in table.outputs)
        return ranked or (listed and all(row.rank is None for row in table.rows))


_RANKED = Words("a column `priority`, or outputs whose values are listed from the most to the least important",
                "`priority` 列，或取值按重要性从高到低列出的输出")  # fmt: skip


def needs_value(cell: Cell) -> bool:
    """Whether a cell is never met by a missing value."""
    absent = any(isinstance(test, (Absent, Holds)) for test in cell.tests)
    return bool(cell.tests) and (not absent or (cell.negated and all(isinstance(test, Absent) for test in cell.tests)))
