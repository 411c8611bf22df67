"""Tables, rules and formulas: from the keys of a document to the typed model.

Reading takes two steps, because rules may use what other rules decide: first the heads (names, inputs, outputs), then
everything that uses names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, Words, closest
from twin.rules import ranges
from twin.rules.cells import read_cell, read_output, read_value
from twin.rules.conditions import condition_of
from twin.rules.expressions import read_expression
from twin.rules.firewall import judge_name, judge_target
from twin.rules.forms import Complain, Form, KindReader
from twin.rules.kinds import TRUTH, UNKNOWN, Day, Free, Kind, Number, Truth, Unknown
from twin.rules.model import (
    Assign,
    Decider,
    DecisionTable,
    Every,
    Exemption,
    Expr,
    Formula,
    Head,
    Input,
    Let,
    Literal,
    Name,
    Output,
    Rounding,
    Rule,
    Some,
    walk,
)
from twin.rules.presence import Known, present_if, unguarded
from twin.rules.scope import Binding, Scope, nothing_in_sight
from twin.rules.snippets import Snippet, snippet
from twin.rules.tables import TableReader
from twin.rules.vocabulary import Vocabulary

_COMMON = ("title", "source", "from", "until", "applies_to", "inputs", "let", "priority", "note", "params", "enums",
           "ruleset", "alternative_to")  # fmt: skip
KEYS: Mapping[str, tuple[str, ...]] = {
    "table": ("table", *_COMMON, "hit", "outputs", "rows", "else"),
    "rule": ("rule", *_COMMON, "evaluated", "outputs", "when", "then", "exceptions"),
    "formula": ("formula", *_COMMON, "unit", "type", "value", "when", "otherwise", "round"),
}
_EXCEPTION_KEYS = ("id", "when", "then", "from", "until", "overrides", "title", "source", "note")
MOST_NODES = 5000
MOST_EXCEPTIONS = 100
_UNREAD = frozenset({"E101", "E103", "E111", "E113", "E114", "E116", "E119", "E120", "E121", "E122"})
_ROUND = re.compile(r"(?P<mode>down|up|nearest|向下|向上|四舍五入)?\s*(?:取整)?\s*(?:to|到)?\s*(?P<step>.+)")
_MODES = {"down": "down", "向下": "down", "up": "up", "向上": "up"}


@dataclass
class DeciderReader:
    """Reads one table, rule or formula."""

    main: str
    form: Form
    kinds: KindReader
    parameters: Mapping[str, Kind]
    vocabulary: Vocabulary
    file: Path
    tell: Complain
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lost = False
        self.complain: Complain = self.note
        self.form = Form(self.form.node, self.note)
        self.form.known(KEYS[self.main])
        self.place = self.form.place(self.main)
        self.name = self.form.text(self.main)
        if not self.name:
            self.complain(Complaint("E115", self.place, {"key": self.main, "owner": self.main}))
        self.inputs = tuple(self.read_inputs())
        self.outputs = dict(self.read_outputs())
        self.kind = self.formula_kind() if self.main == "formula" else UNKNOWN

    def note(self, complaint: Complaint) -> None:
        """Pass a complaint on; remember whether something that may use names could not be read."""
        self.lost = self.lost or complaint.code in _UNREAD or complaint.code.startswith("Y")
        self.tell(complaint)

    # -- heads

    def read_inputs(self) -> Iterable[Input]:
        """Yield the declared inputs."""
        mapping = self.form.get("inputs")
        for name, node in self.form.table("inputs").items():
            place = mapping.key_place(name) if mapping is not None else self.place
            declared = self.kinds.read(name, node, place)
            yield Input(name, declared.kind, declared.optional, place)

    def read_outputs(self) -> Iterable[tuple[str, Output]]:
        """Yield the declared outputs; each must be something that a rule may decide."""
        mapping = self.form.get("outputs")
        for name, node in self.form.table("outputs").items():
            place = mapping.key_place(name) if mapping is not None else self.place
            entry = self.vocabulary.target(name)
            if node.value is None and entry is not None and entry.kind is not None:
                yield name, Output(name, entry.kind, entry.about, place)
                continue
            declared = self.kinds.read(name, node, place)
            about = judge_target(name, place, declared.about, self.vocabulary, self.complain)
            yield name, Output(name, declared.kind, about, place)

    def formula_kind(self) -> Kind | None:
        """Return the kind that a formula declares, ``None`` where it has to be found out."""
        judge_name(self.name, self.form.node.at([self.main]).place, self.vocabulary, self.complain)
        if self.form.get("unit") is None and self.form.get("type") is None:
            return None
        keys = {key: one for key, one in self.form.node.value.items() if key in ("unit", "type")}
        only = Marked(keys, self.form.node.source, self.form.node.start, self.form.node.end, self.form.node.keys)
        return self.kinds.of_map(self.name, Form(only, self.complain), self.place)

    def decides(self) -> dict[str, Kind]:
        """Return the names that other rules may use, with their kinds."""
        if self.main == "formula":
            return {self.name: self.kind or UNKNOWN} if self.name else {}
        found = {name: output.kind for name, output in self.outputs.items()}
        if self.main == "rule":
            found |= {name: self.target_kind(name) or UNKNOWN for name in self.rule_targets() if name not in found}
        return found

    def rule_targets(self) -> list[str]:
        """Return what a rule and its exceptions name under ``then``."""
        forms = [self.form, *(Form(one, self.complain) for one in _maps(self.form.node.value.get("exceptions")))]
        thens = [form.node.value.get("then") for form in forms]
        return list(dict.fromkeys(name for then in thens if then is not None and then.kind == "map"
                                  for name in then.value))  # fmt: skip

    def target_kind(self, name: str) -> Kind | None:
        """Return the kind of a target, ``None`` where only its value can tell."""
        if name in self.outputs:
            return self.outputs[name].kind
        entry = self.vocabulary.target(name)
        return None if entry is None else entry.kind

    # -- everything that uses names

    def infer(self, results: Mapping[str, Binding]) -> None:
        """Find out the kind of a formula that declares none."""
        if self.main == "formula" and self.kind is None:
            scope = self.scope(results, lambda complaint: None)
            self.lets(scope)
            node = self.form.node.value.get("value")
            found = None if node is None else read_expression(snippet(node), scope)
            self.kind = None if found is None or isinstance(found.kind, Unknown) else _widened(found.kind)

    def finish(self, results: Mapping[str, Binding]) -> Decider | None:
        """Read the rest; ``None`` when there is not enough to work with."""
        scope = self.scope(results, self.complain)
        lets = self.lets(scope)
        head = self.head(lets)
        found: Decider | None
        if self.main == "table":
            found = self.table(head, scope)
        else:
            found = self.rule(head, scope) if self.main == "rule" else self.formula(head, scope)
        self.used |= scope.used
        self.complain_of_unused(head)
        return found

    def scope(self, results: Mapping[str, Binding], complain: Complain) -> Scope:
        """Return the names in sight: fields, then what other rules decide, then the inputs."""
        names = {**self.decided(), **self.fields(complain), **results}
        names |= {one.name: Binding(one.kind, "input", one.optional) for one in self.inputs}
        return Scope(names, self.parameters, complain)

    def decided(self) -> dict[str, Binding]:
        """Return what was decided before, whoever did: every lever and decision of one kind can be read."""
        entries = self.vocabulary.targets.items()
        return {name: Binding(one.kind, "result") for name, one in entries if one.kind is not None and "*" not in name}

    def fields(self, complain: Complain) -> dict[str, Binding]:
        """Return the fields of what the rule applies to (of everything, where it does not say)."""
        entity = self.form.text("applies_to")
        known = self.vocabulary.fields
        if entity and entity not in known:
            values = {"name": entity, "suggestion": closest(entity, known), "known": tuple(known)}
            complain(Complaint("E101", self.form.node.at(["applies_to"]).place, values))
        chosen = [known[entity]] if entity in known else list(reversed(list(known.values())))
        entries = {name: one for fields in chosen for name, one in fields.items() if one.kind is not None}
        return {name: Binding(one.kind or UNKNOWN, "field", one.optional) for name, one in entries.items()}

    def lets(self, scope: Scope) -> tuple[Let, ...]:
        """Read the named expressions, each of which may use those above it, and put them in sight."""
        found: list[Let] = []
        sizes: dict[str, int] = {}
        mapping = self.form.get("let")
        names = scope.names
        assert isinstance(names, dict)
        for name, node in self.form.table("let").items():
            place = mapping.key_place(name) if mapping is not None else self.place
            if any(one.name == name for one in self.inputs):
                self.complain(Complaint("E118", place, {"name": name}))
                continue
            value = self.expression(node, scope)
            if value is not None:
                sizes[name] = sum(sizes.get(one.name, 1) if isinstance(one, Name) else 1 for one in walk(value))
            if value is not None and sizes[name] > MOST_NODES:
                what = Words("an expression with its lets put in", "代入 let 之后的表达式")
                self.complain(Complaint("E113", place, {"what": what, "limit": MOST_NODES}))
                value = None
            names[name] = Binding(UNKNOWN if value is None else value.kind, "let")
            if value is not None:
                found.append(Let(name, value, place))
        return tuple(found)

    def expression(self, node: Marked | None, scope: Scope, expect: Kind | None = None, known: Known = frozenset(),
                   ) -> Expr | None:  # fmt: skip
        """Read an expression of a key; optional values in it must be handled."""
        if node is None:
            return None
        if node.kind in ("map", "list"):
            Form(node, scope.complain).wrong(node, Words("an expression", "表达式"))
            return None
        return handled(read_expression(snippet(node), scope, expect), scope, known)

    def head(self, lets: tuple[Let, ...]) -> Head:
        """Put together what all three have in common."""
        form = self.form
        return Head(self.name, form.text("title"), form.text("source"), form.text("applies_to"), form.span(),
                    form.number("priority"), self.inputs, lets, self.place)  # fmt: skip

    def complain_of_unused(self, head: Head) -> None:
        """Complain of inputs and lets that nothing uses; a name that nothing has may have been meant for one."""
        if self.lost:
            return
        named = [*((one.name, one.place) for one in head.inputs), *((one.name, one.place) for one in head.lets)]
        for name, place in named:
            if name not in self.used:
                self.complain(Complaint("W504", place, {"name": name, "owner": head.name}))

    # -- tables

    def table(self, head: Head, scope: Scope) -> DecisionTable | None:
        """Read a decision table."""
        for key in ("outputs", "rows"):
            self.form.need(key, self.name)
        if not self.outputs or self.form.get("rows") is None:
            return None
        reader = TableReader(self.form, head, tuple(self.outputs.values()), scope, self.file)
        return reader.read()

    # -- rules

    def rule(self, head: Head, scope: Scope) -> Rule | None:
        """Read a rule and its exceptions."""
        self.form.need("then", self.name)
        when = self.condition(self.form, scope)
        then = self.assigns(self.form, scope, present_if(when, True))
        exceptions = tuple(self.exceptions(scope, when))
        ids = [one.id for one in exceptions]
        for exception, node in zip(exceptions, _maps(self.form.node.value.get("exceptions")), strict=False):
            for name in exception.overrides:
                if name not in ids:
                    values = {"name": name, "suggestion": closest(name, ids), "known": tuple(ids)}
                    self.complain(Complaint("E101", node.at(["overrides"]).place, values))
            if ids.count(exception.id) > 1:
                self.complain(Complaint("E118", exception.place, {"name": exception.id}))
        evaluated = self.form.text("evaluated")
        moments = self.vocabulary.moments
        if evaluated and moments and evaluated not in moments:
            values = {"name": evaluated, "suggestion": closest(evaluated, moments), "known": moments}
            self.complain(Complaint("E101", self.form.node.at(["evaluated"]).place, values))
        return Rule(head, evaluated, when, then, exceptions)

    def condition(self, form: Form, scope: Scope, known: Known = frozenset()) -> Expr | None:
        """Read ``when``: a condition, cells by name, or a list of both of which all must hold.

        One that makes no sense is of unknown kind.
        """
        node = form.get("when")
        if node is None:
            return None
        nodes = node.value if node.kind == "list" else [node]
        parts = [part for one in nodes for part in self.parts(one, scope, known)]
        read = tuple(part for part in parts if part is not None)
        if len(read) < len(parts) or not read:
            return Literal(None, kind=UNKNOWN, place=node.place)
        return read[0] if len(read) == 1 else Every(read, kind=TRUTH, place=node.place)

    def parts(self, node: Marked, scope: Scope, known: Known) -> list[Expr | None]:
        """Read a condition, or ``{category: gas, severity: ">= 4"}``: cells as in a row of a table."""
        if node.kind != "map":
            return [self.expression(node, scope, TRUTH, known)]
        found: list[Expr | None] = []
        for name, value in node.value.items():
            place = node.key_place(name)
            bound = scope.find(name)
            if bound is None:
                scope.unknown(name, place)
                found.append(None)
                continue
            column = Name(name, bound.origin, bound.optional, kind=bound.kind, place=place)
            cells = [read_cell(snippet(one), column, scope) for one in _scalars(value)]
            conditions = tuple(condition_of(cell, column) for cell in cells)
            whole = conditions[0] if len(conditions) == 1 else Some(conditions, kind=TRUTH, place=value.place)
            found.append(handled(whole, scope, known) if all(cell.readable for cell in cells) else None)
        return found

    def assigns(self, form: Form, scope: Scope, known: Known) -> tuple[Assign, ...]:
        """Read ``then``: what is decided."""
        node = form.get("then")
        found = []
        for name, value in form.table("then").items():
            place = node.key_place(name) if node is not None else form.node.place
            output = self.outputs.get(name)
            if output is None:
                about = judge_target(name, place, "", self.vocabulary, self.complain)
                output = Output(name, UNKNOWN, about, place)
            expr = handled(self.assigned(name, value, scope), scope, known)
            if expr is not None:
                kind = self.target_kind(name) or _widened(expr.kind)
                found.append(Assign(Output(name, kind, output.about, place), expr, value.place))
        return tuple(found)

    def assigned(self, name: str, value: Marked, scope: Scope) -> Expr | None:
        """Read the value of a target; where nothing says its kind, the value does."""
        entry = self.vocabulary.target(name)
        if entry is not None and entry.about == "lever" and entry.kind is None:
            return self.listed(value)
        if value.kind in ("map", "list"):
            Form(value, self.complain).wrong(value, Words("a value", "取值"))
            return None
        text = snippet(value)
        kind = self.target_kind(name)
        if kind is not None and kind != UNKNOWN:
            return read_output(text, kind, scope)
        plain = text.plain().strip()
        if re.fullmatch(r"[^\W\d]\w*", plain) and plain not in scope.names and plain not in ("true", "false"):
            return Literal(plain, kind=Free(), place=text.place())
        begin = 1 if plain.startswith("=") else 0
        return read_expression(text.cut(begin, len(text.text)), scope)

    def listed(self, value: Marked) -> Expr | None:
        """Read the value of a lever that holds a list: its items as one text."""
        items = list(value.value) if value.kind == "list" else [value]
        if any(one.kind in ("map", "list", "nothing") for one in items):
            Form(value, self.complain).wrong(value, Words("a list", "列表"))
            return None
        text = ", ".join(snippet(one).text for one in items)
        return Literal(text, kind=Free(), place=value.place)

    def exceptions(self, scope: Scope, base: Expr | None) -> Iterable[Exemption]:
        """Yield the exceptions of a rule; they hold where the rule's own condition holds."""
        nodes = _maps(self.form.node.value.get("exceptions"))
        if len(self.form.items("exceptions")) > MOST_EXCEPTIONS:
            what = Words("the exceptions of a rule", "规则的例外数")
            values = {"what": what, "limit": MOST_EXCEPTIONS}
            self.complain(Complaint("E113", self.form.place("exceptions"), values))
        for number, node in enumerate(nodes[:MOST_EXCEPTIONS], 1):
            form = Form(node, self.complain)
            form.known(_EXCEPTION_KEYS)
            form.need("then", form.text("id") or f"exception_{number}")
            known = present_if(base, True)
            when = self.condition(form, scope, known)
            then = self.assigns(form, scope, known | present_if(when, True))
            overrides = form.get("overrides")
            names = () if overrides is None else tuple(snippet(one).text for one in _scalars(overrides))
            name = form.text("id") or f"exception_{number}"
            yield Exemption(name, when, then, form.span(), names, node.place)

    # -- formulas

    def formula(self, head: Head, scope: Scope) -> Formula | None:
        """Read a formula."""
        self.form.need("value", self.name)
        when = self.condition(self.form, scope)
        value = self.expression(self.form.get("value"), scope, self.kind, present_if(when, True))
        if value is None:
            return None
        kind = self.kind or _widened(value.kind)
        otherwise = self.otherwise(kind, scope, when)
        return Formula(head, kind, value, when, otherwise, self.rounding(kind))

    def otherwise(self, kind: Kind, scope: Scope, when: Expr | None) -> Expr:
        """Read what a formula is when its condition does not hold: nothing, unless it says so."""
        node = self.form.get("otherwise")
        found = self.expression(node, scope, kind, present_if(when, False))
        if found is not None:
            return found
        if isinstance(kind, Number):
            return Literal(Fraction(0), kind=ranges.exactly(Fraction(0), kind.powers), place=self.place)
        if isinstance(kind, Truth):
            return Literal(False, kind=kind, place=self.place)
        if when is not None and node is None:
            self.form.need("otherwise", self.name)
        return Literal(None, kind=kind, place=self.place)

    def rounding(self, kind: Kind) -> Rounding | None:
        """Read ``round: down to 100 yuan``."""
        node = self.form.get("round")
        if node is None:
            return None
        text = snippet(node)
        found = _ROUND.fullmatch(text.plain())
        if found is None or not isinstance(kind, Number):
            self.bad_rounding(text)
            return None
        step = text.cut(found.start("step"), found.end("step"))
        value = read_value(step, kind, nothing_in_sight(self.complain))
        if value is None:
            return None
        if not isinstance(value, Literal) or not isinstance(value.value, Fraction) or value.value <= 0:
            self.bad_rounding(text)
            return None
        return Rounding(_MODES.get(found["mode"] or "", "nearest"), value.value)  # type: ignore[arg-type]

    def bad_rounding(self, text: Snippet) -> None:
        """Complain of a rounding that says nothing."""
        wanted = Words("`down to 100 yuan`, `up to 1 h` or `nearest 1 yuan`", "`down to 100 yuan`、`up to 1 h` 或"
                       " `nearest 1 yuan`")  # fmt: skip
        self.complain(Complaint("E116", text.place(), {"wanted": wanted, "found": f"`{text.text}`"}))


def handled(expr: Expr | None, scope: Scope, known: Known) -> Expr | None:
    """Complain of optional values that an expression uses without asking whether they are there."""
    if expr is not None:
        for name in unguarded(expr, known):
            scope.complain(Complaint("E109", name.place, {"name": name.name}))
    return expr


def _widened(kind: Kind) -> Kind:
    """Return the kind of a target from that of one value: the range is not the value's."""
    if isinstance(kind, Number):
        return Number(kind.powers)
    return Day() if isinstance(kind, Day) else kind


def _maps(node: Marked | None) -> list[Marked]:
    if node is None or node.kind != "list":
        return []
    return [one for one in node.value if one.kind == "map"]


def _scalars(node: Marked) -> list[Marked]:
    return list(node.value) if node.kind == "list" else [node]
