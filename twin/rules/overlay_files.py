"""Overlay files: what another set of rules changes of a base, without editing it.

```yaml
base: rules/                       # a file, a list of files, a folder, or another overlay
set:
  rules.params.escalation.factor: 2.0 from 2026-01-01 until 2027-01-01
  rules.routing.rows[gas_leak].sla: 2 h
replace_row:
  rules.routing.rows[3]: {category: water, sla: 3 h}
add_row:
  - {table: rules.routing, before: 3, row: {category: noise, sla: 9 h}}
disable:
  - rules.routing.rows[4]
replace_rule:
  - {rule: escalate, when: ..., then: {level: street}}
```

Paths and row numbers are those of the base.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from twin.core.marked_yaml import Marked, read_text
from twin.errors import Complaint, InputError, Place, Words, closest
from twin.rules.forms import Complain, Form
from twin.rules.model import Cell, DecisionTable, Parameter, Row, Rule, RuleFile, RuleSet
from twin.rules.overlays import Setting, put_back, redigested, wide_scope, with_settings
from twin.rules.paths import PARAMS, ROOT, Target, locate, put_row, row_at, unfound
from twin.rules.read import MAIN, Reading, documents_of, read_rules
from twin.rules.sheets import read_rows
from twin.rules.snippets import snippet
from twin.rules.tables import TableReader
from twin.rules.vocabulary import Vocabulary

KEYS = ("base", "set", "replace_row", "add_row", "disable", "replace_rule", "title", "source", "note")
TESTS = ".test.yaml"
_BASE = re.compile(r"^base[ \t]*:", re.MULTILINE)
_ROW = re.compile(r"rows\[(?P<label>[^\]]*)\]", re.DOTALL)
_EXCEPTION = re.compile(r"exceptions\[(?P<label>[^\]]*)\]", re.DOTALL)


def expanded_files(files: Iterable[str]) -> list[str]:
    """Return the rule files that are meant: of a folder all but tests and overlays."""
    found: list[str] = []
    for file in files:
        inside = sorted(map(str, Path(file).glob("*.yaml"))) if Path(file).is_dir() else [file]
        beside = len(inside) > 1 or Path(file).is_dir()
        found += [one for one in inside if not beside or not (one.endswith(TESTS) or is_overlay(one))]
    return found


def is_overlay(file: str) -> bool:
    """Whether a file is an overlay: it names its ``base``."""
    try:
        text = read_text(Path(file), name=file)
        return _BASE.search(text) is not None and any(
            node.kind == "map" and "base" in node.value for node in documents_of(text, file)
        )
    except InputError:
        return False


def readings(files: Iterable[str], vocabulary: Vocabulary) -> list[Reading]:
    """Read rule files together, and every overlay by itself, each as a rule set of its own."""
    names = expanded_files(files)
    overlays = [one for one in names if is_overlay(one)]
    plain = [one for one in names if one not in overlays]
    found = [read_rules(plain, vocabulary)] if plain or not overlays else []
    return [*found, *(read_overlay(one, vocabulary) for one in overlays)]


def read_any(file: str, vocabulary: Vocabulary) -> Reading:
    """Read a rule file, a folder of them, or an overlay; raises InputError for none of their contents."""
    found = readings([file], vocabulary)
    return found[0]


def read_overlay(file: str, vocabulary: Vocabulary, above: tuple[str, ...] = ()) -> Reading:
    """Read an overlay and its base, and lay the one over the other; complaints of both are in the reading."""
    return _OverlayReader(file, vocabulary, (*above, str(Path(file).resolve()))).read()


@dataclass
class _OverlayReader:
    """Reads one overlay; all its documents count as one."""

    file: str
    vocabulary: Vocabulary
    above: tuple[str, ...]
    complaints: list[Complaint] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def complain(self, complaint: Complaint) -> None:
        """Note a fault."""
        self.complaints.append(complaint)

    def read(self) -> Reading:
        """Read everything."""
        documents = documents_of(read_text(Path(self.file), name=self.file), self.file)
        self.forms = [Form(node, self.complain) for node in documents if node.kind == "map"]
        for form in self.forms:
            form.known(KEYS)
        if not any(form.get("base") for form in self.forms):
            next(form for form in self.forms if "base" in form.node.value).need("base", self.file)
        base = self.base()
        rules = self.replaced_rules(base)
        rules = with_settings(rules, list(self.settings()), self.complain)
        rules = _RowChanges(rules, self.vocabulary, self.forms, self.complain).made()
        text = documents[0].source.text if documents else ""
        return Reading(redigested(base.rules, rules, [text]), [*base.complaints, *self.complaints], base.used)

    # -- the base

    def base(self) -> Reading:
        """Read what the overlay rests on, and beside it the rules that take the place of others."""
        named = [node for form in self.forms if (node := form.get("base")) is not None]
        nodes = [one for node in named for one in (node.value if node.kind == "list" else [node])]
        files = [str(Path(self.file).parent / snippet(one).text) for one in nodes]
        found: list[str] = []
        for node, file in zip(nodes, files, strict=True):
            if str(Path(file).resolve()) in self.above:
                self.complain(Complaint("E624", node.place, {"file": self.file}))
            elif is_overlay(file):
                return read_overlay(file, self.vocabulary, self.above)
            else:
                found.append(file)
        return read_rules(expanded_files(found), self.vocabulary)

    def settings(self) -> Iterator[Setting]:
        """Yield what stands under ``set:``."""
        for form in self.forms:
            node = form.get("set")
            for path, value in form.table("set").items():
                if value.kind in ("map", "list"):
                    form.wrong(value, Words("a value", "取值"))
                elif node is not None:
                    yield Setting(path, snippet(value), node.key_place(path))

    # -- whole rules

    def replaced_rules(self, base: Reading) -> RuleSet:
        """Put the tables, rules and formulas under ``replace_rule:`` in the place of those of the same name."""
        nodes = [node for form in self.forms for node in form.items("replace_rule")]
        names = [self.replaced_name(node, base.rules) for node in nodes]
        wanted = {name for name in names if name}
        if not wanted:
            return base.rules
        files = [one.path for one in base.rules.files]
        again = read_rules(files, self.vocabulary, {self.file: nodes})
        known = {(one.code, one.place) for one in base.complaints}
        self.complaints += [one for one in again.complaints if (one.code, one.place) not in known]
        base.used |= again.used
        fresh = {one.head.name: one for one in again.rules.files[-1].deciders}
        return _with_rules(base.rules, {name: fresh[name] for name in wanted if name in fresh})

    def replaced_name(self, node: Marked, rules: RuleSet) -> str:
        """Return the name of the rule that a document takes the place of; complain where there is none."""
        main = next((key for key in MAIN if node.kind == "map" and key in node.value), None)
        if main is None:
            wanted = Words("`table:`, `rule:` or `formula:`", "`table:`、`rule:` 或 `formula:`")
            self.complain(Complaint("E116", node.place, {"wanted": wanted, "found": f"`{snippet(node).text}`"}))
            return ""
        mark = node.value[main]
        name = snippet(mark).text
        names = sorted({one.head.name for one in rules.deciders})
        if name not in names:
            values = {"name": name, "suggestion": closest(name, names), "known": tuple(names)}
            self.complain(Complaint("E603", mark.place, values))
            return ""
        return name


def _with_rules(rules: RuleSet, fresh: dict[str, object]) -> RuleSet:
    """Put rules in the place of the first that has their name; other versions of it go."""
    done: set[str] = set()
    files: list[RuleFile] = []
    for file in rules.files:
        kept = []
        for one in file.deciders:
            name = one.head.name
            if name not in fresh:
                kept.append(one)
            elif name not in done:
                done.add(name)
                kept.append(fresh[name])  # type: ignore[arg-type]
        changed = any(one.head.name in fresh for one in file.deciders)
        files.append(replace(file, deciders=tuple(kept)) if changed else file)
    return replace(rules, files=tuple(files))


@dataclass
class _RowChanges:
    """Rows that are replaced, added and left out, exceptions and rules that are switched off."""

    rules: RuleSet
    vocabulary: Vocabulary
    forms: Sequence[Form]
    complain: Complain

    def made(self) -> RuleSet:
        """Make all changes; numbers of rows are those of the base until the end."""
        before = {id(one) for one in self.rules.tables}
        for form in self.forms:
            node = form.get("replace_row")
            for path, row in form.table("replace_row").items():
                self.replace_row(path, row, node.key_place(path) if node is not None else row.place)
            for item in form.items("add_row"):
                if item.kind == "map":
                    self.add_row(Form(item, self.complain))
                else:
                    form.wrong(item, Words("`{table: …, row: {…}}`", "`{table: …, row: {…}}`"))
            for item in form.items("disable"):
                self.disable(snippet(item).text, item.place)
        return self.numbered(before)

    def numbered(self, before: set[int]) -> RuleSet:
        """Number the rows of changed tables anew."""
        rules = self.rules
        for number, file in enumerate(rules.files):
            for at, one in enumerate(file.deciders):
                if isinstance(one, DecisionTable) and id(one) not in before:
                    rows = tuple(replace(row, number=new) for new, row in zip(count(1), one.rows, strict=False))
                    rules = put_back(rules, Target(number, at, one, ""), replace(one, rows=rows))
        return rules

    # -- finding

    def row(self, path: str, place: Place) -> tuple[Target, DecisionTable, int] | None:
        """Find the row that a path names; complain where there is none."""
        target = locate(self.rules, path, place, self.complain)
        if target is None:
            return None
        found = _ROW.fullmatch(target.rest)
        at = row_at(target.what, found["label"]) if found and isinstance(target.what, DecisionTable) else None
        if at is None or not isinstance(target.what, DecisionTable):
            self.lost(target, path, place)
            return None
        return target, target.what, at

    def lost(self, target: Target, path: str, place: Place) -> None:
        """Complain of a path that leads to nothing of the right kind."""
        if isinstance(target.what, Parameter) or not target.rest:
            words = Words("name a row of a table, or an exception", "请指明表的某一行或某个例外")
            self.complain(Complaint("E623", place, {"path": path, "what": words}))
        else:
            unfound(target, place, self.complain)

    # -- changing

    def replace_row(self, path: str, node: Marked, place: Place) -> None:
        """Put another row in the place of one; its id stays unless it says another."""
        found = self.row(path, place)
        if found is None:
            return
        target, table, at = found
        read = self.read_row(table, node)
        if read is not None:
            table, row = read
            old = table.rows[at]
            self.put(target, put_row(table, at, replace(row, number=old.number, id=row.id or old.id)))

    def add_row(self, form: Form) -> None:
        """Put a row before or after another; at the end where neither is said."""
        form.known(("table", "before", "after", "row", "note"))
        name, node = form.need("table", "add_row"), form.need("row", "add_row")
        if name is None or node is None:
            return
        path = snippet(name).text
        path = path if path.startswith(ROOT) else ROOT + path
        target = locate(self.rules, path, name.place, self.complain)
        if target is None:
            return
        if not isinstance(target.what, DecisionTable):
            words = Words("only a table has rows", "只有表才有行")
            self.complain(Complaint("E623", name.place, {"path": path, "what": words}))
            return
        at = self.place_of(form, target, target.what)
        read = self.read_row(target.what, node)
        if at is not None and read is not None:
            table, row = read
            self.put(target, replace(table, rows=(*table.rows[:at], replace(row, number=0), *table.rows[at:])))

    def place_of(self, form: Form, target: Target, table: DecisionTable) -> int | None:
        """Return where a new row goes."""
        for key, step in (("before", 0), ("after", 1)):
            node = form.get(key)
            if node is None:
                continue
            label = snippet(node).text
            at = row_at(table, label)
            if at is None:
                unfound(replace(target, rest=f"rows[{label}]"), node.place, self.complain)
                return None
            return at + step
        return len(table.rows)

    def read_row(self, table: DecisionTable, node: Marked) -> tuple[DecisionTable, Row] | None:
        """Read a row for a table; a column that the table did not have yet is added to it."""
        rows = Marked([node], node.source, node.start, node.end)
        form = Form(Marked({"rows": rows}, node.source, node.start, node.end), self.complain)
        scope = replace(wide_scope(self.rules, table), complain=self.complain)
        reader = TableReader(form, table.head, table.outputs, scope, Path(node.source.name))
        drafts = read_rows(rows, node.place, Path(node.source.name), self.complain)
        if drafts is None or not drafts.drafts:
            return None
        have = {column.name for column in table.columns}
        more = tuple(one for one in reader.columns(drafts, table.hit) if one.name not in have)
        blank = tuple(Cell() for _ in more)
        padded = tuple(replace(row, cells=(*row.cells, *blank)) for row in table.rows) if more else table.rows
        wider = replace(table, columns=(*table.columns, *more), rows=padded)
        return wider, reader.row(0, drafts.drafts[0], wider.columns)

    def disable(self, path: str, place: Place) -> None:
        """Leave out a row, an exception, or a whole table, rule or formula."""
        if path.startswith(ROOT + PARAMS):
            words = Words("a parameter has to have a value", "参数必须有取值")
            self.complain(Complaint("E623", place, {"path": path, "what": words}))
            return
        target = locate(self.rules, path, place, self.complain)
        if target is None:
            return
        if not target.rest:
            self.rules = put_back(self.rules, target, None)
        elif (found := _EXCEPTION.fullmatch(target.rest)) and isinstance(target.what, Rule):
            self.without_exception(target, target.what, found["label"], place)
        elif (row := self.row(path, place)) is not None:
            _, table, at = row
            self.put(target, replace(table, rows=(*table.rows[:at], *table.rows[at + 1 :])))

    def without_exception(self, target: Target, rule: Rule, name: str, place: Place) -> None:
        """Leave out an exception; nobody overrides it any more."""
        if name not in [one.id for one in rule.exceptions]:
            unfound(target, place, self.complain)
            return
        kept = [one for one in rule.exceptions if one.id != name]
        done = tuple(replace(one, overrides=tuple(id_ for id_ in one.overrides if id_ != name)) for one in kept)
        self.put(target, replace(rule, exceptions=done))

    def put(self, target: Target, table: DecisionTable | Rule) -> None:
        """Note a changed table or rule."""
        self.rules = put_back(self.rules, target, table)
