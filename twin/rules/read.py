"""From files to a rule set: every document is read, every name is resolved, all complaints come at once.

A file may hold several documents, set apart by ``---``: tables, rules, formulas, and ``params``, ``enums`` or the
file's own ``ruleset`` line beside them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twin.core.marked_yaml import KINDS, Marked, read_all, read_text
from twin.errors import Complaint, InputError, Words, closest
from twin.rules.deciders import DeciderReader
from twin.rules.forms import Complain, Form, KindReader, first_line
from twin.rules.functions import PERIODS
from twin.rules.kinds import Choice, Kind, Number
from twin.rules.model import Decider, Parameter, RuleFile, RuleSet
from twin.rules.parameters import ParameterReader
from twin.rules.scope import PARAMETERS, Binding
from twin.rules.vocabulary import Vocabulary

MAIN = ("table", "rule", "formula")
ASIDE = ("params", "enums", "ruleset", "alternative_to", "tests")
_SET_KEYS = (*ASIDE, "rules", "title", "source", "note")


@dataclass
class Reading:
    """What came of reading: the rule set, every complaint, and the names of parameters that something used."""

    rules: RuleSet
    complaints: list[Complaint]
    used: set[str] = field(default_factory=set)


@dataclass
class _Source:
    """One file while it is read."""

    path: str
    digest: str
    documents: tuple[Marked, ...]
    forms: list[Form] = field(default_factory=list)
    choices: dict[str, Choice] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)


def read_rules(
    files: Iterable[str | Path], vocabulary: Vocabulary, more: Mapping[str, Sequence[Marked]] | None = None
) -> Reading:
    """Read rule files that are in force together; never raises for what they hold.

    A name is looked for in its own file first, then in the others. ``more`` are documents of other files that are read
    as if they stood beside them.
    """
    complaints: list[Complaint] = []
    sources = [one for file in dict.fromkeys(map(str, files)) if (one := _opened(file, complaints.append)) is not None]
    for file, documents in (more or {}).items():
        text = documents[0].source.text if documents else ""
        sources.append(_Source(file, _digest(text), tuple(documents)))
    reader = _SetReader(vocabulary, sources, complaints)
    return Reading(reader.read(), complaints, reader.used)


def read_text_rules(text: str, vocabulary: Vocabulary, name: str = "<text>") -> Reading:
    """Read rules from a text, as from a file of that name."""
    complaints: list[Complaint] = []
    sources = []
    try:
        sources = [_Source(name, _digest(text), documents_of(text, name))]
    except InputError as reason:
        complaints.extend(reason.complaints)
    reader = _SetReader(vocabulary, sources, complaints)
    return Reading(reader.read(), complaints, reader.used)


def documents_of(text: str, name: str) -> tuple[Marked, ...]:
    """Return the documents of a rule file.

    ``streak(x, by: year)`` needs no quotes: to YAML the ``: `` would begin a map, so it is given a space that does not.
    """
    return read_all(_BY.sub("by:\u00a0", text), name=name)


_BY = re.compile(rf"\bby: (?=(?:{'|'.join(PERIODS)})\s*\))")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _opened(file: str, complain: Complain) -> _Source | None:
    try:
        text = read_text(Path(file), name=file)
        return _Source(file, _digest(text), documents_of(text, file))
    except InputError as reason:
        for complaint in reason.complaints:
            complain(complaint)
    return None


class _SetReader:
    """Reads the documents of all files: first what has a name, then what uses names."""

    def __init__(self, vocabulary: Vocabulary, sources: Sequence[_Source], complaints: list[Complaint]) -> None:
        self.vocabulary = vocabulary
        self.sources = sources
        self.complain = complaints.append
        self.used: set[str] = set()

    def read(self) -> RuleSet:
        """Read everything."""
        for source in self.sources:
            source.forms = [form for node in source.documents if (form := self.form(node)) is not None]
            source.choices = self.choices(source)
        for source in self.sources:
            source.parameters = self.parameters(source)
        drafts = [self.deciders(source) for source in self.sources]
        self.infer(drafts)
        everything = _merged(map(self.results, drafts))
        files = []
        for source, mine in zip(self.sources, drafts, strict=True):
            names = everything | self.results(mine)
            done = tuple(one for draft in mine if (one := draft.finish(names)) is not None)
            self.used |= {name for draft in mine for name in draft.used if name.startswith(PARAMETERS)}
            files.append(self.file(source, done))
        whole = hashlib.sha256("".join(file.digest for file in files).encode()).hexdigest()
        return RuleSet(tuple(files), whole[:16])

    def form(self, node: Marked) -> Form | None:
        """Take a document as a map, and see what it is about."""
        if node.kind != "map":
            wanted = Words("`table:`, `rule:`, `formula:`, `params:` or `enums:`", "`table:`、`rule:`、`formula:`、"
                           "`params:` 或 `enums:`")  # fmt: skip
            self.complain(Complaint("E116", node.place, {"wanted": wanted, "found": KINDS[node.kind]}))
            return None
        form = Form(node, self.complain)
        mains = [key for key in MAIN if key in node.value]
        if len(mains) > 1:
            words = Words("one table, rule or formula a document: set them apart by a line `---`",
                          "每份文档只写一个表、规则或公式：用一行 `---` 隔开")  # fmt: skip
            self.complain(Complaint("E116", node.keys[mains[1]].place, {"wanted": words, "found": f"`{mains[1]}`"}))
        if not mains and not any(key in node.value for key in ASIDE):
            known = (*MAIN, *ASIDE)
            near = next((found for key in node.value if (found := closest(key, known))), None)
            values = {"key": next(iter(node.value), ""), "suggestion": near, "known": known}
            self.complain(Complaint("E114", first_line(node), values))
            return None
        if not mains:
            form.known(_SET_KEYS)
        return form

    def choices(self, source: _Source) -> dict[str, Choice]:
        """Read the lists of words that a file names."""
        found: dict[str, Choice] = {}
        for form in source.forms:
            reader = KindReader({**self.vocabulary.choices, **found}, self.complain)
            for name, node in form.table("enums").items():
                kind: Kind | None = None
                if node.kind == "list":
                    kind = reader.listed(name, node, ordered=False)
                elif node.kind == "map":
                    kind = reader.choice(name, Form(node, self.complain), node.value.get("values"), node.place)
                if isinstance(kind, Choice):
                    found[name] = kind
                elif kind is None:
                    self.complain(Complaint("E117", node.place, {"name": name, "known": (), "suggestion": None}))
        return found

    def visible_choices(self, source: _Source) -> dict[str, Choice]:
        """Return the lists of words that a file may name: its own first."""
        others = {name: one for other in self.sources for name, one in other.choices.items()}
        return {**self.vocabulary.choices, **others, **source.choices}

    def parameters(self, source: _Source) -> list[Parameter]:
        """Read the parameters of a file."""
        kinds = KindReader(self.visible_choices(source), self.complain)
        reader = ParameterReader(kinds, self.complain)
        return [one for form in source.forms for one in reader.read_all(form)]

    def deciders(self, source: _Source) -> list[DeciderReader]:
        """Read the heads of tables, rules and formulas: what they take and what they decide."""
        kinds = KindReader(self.visible_choices(source), self.complain)
        known = {one.name: one.kind for other in self.sources for one in other.parameters}
        known |= {one.name: one.kind for one in source.parameters}
        found = []
        for form in source.forms:
            main = next((key for key in MAIN if key in form.node.value), None)
            if main is not None:
                found.append(DeciderReader(main, form, kinds, known, self.vocabulary, Path(source.path), self.complain))
        return found

    def infer(self, drafts: Sequence[Sequence[DeciderReader]]) -> None:
        """Find out the kinds of formulas that declare none, those first that need no other; in a circle: numbers."""
        waiting = [(draft, mine) for mine in drafts for draft in mine if draft.kind is None]
        while waiting:
            names = _merged(map(self.results, drafts))
            for draft, mine in waiting:
                draft.infer(names | self.results(mine))
            left = [(draft, mine) for draft, mine in waiting if draft.kind is None]
            if len(left) == len(waiting):
                for draft, _ in left:
                    draft.kind = Number()
            waiting = [(draft, mine) for draft, mine in left if draft.kind is None]

    def results(self, drafts: Sequence[DeciderReader]) -> dict[str, Binding]:
        """Return what other rules may use of what these decide."""
        return {name: Binding(kind, "result") for draft in drafts for name, kind in draft.decides().items()}

    def file(self, source: _Source, deciders: tuple[Decider, ...]) -> RuleFile:
        """Put a file together."""
        sets = [form for form in source.forms if form.get("ruleset") is not None]
        name = sets[0].text("ruleset") if sets else ""
        rival = sets[0].text("alternative_to") if sets else ""
        return RuleFile(source.path, source.digest, name, rival, deciders, tuple(source.parameters))


def _merged(results: Iterable[Mapping[str, Binding]]) -> dict[str, Binding]:
    return {name: one for some in results for name, one in some.items()}
