"""All checks of rule files at once: reading, tables, rules, dates, and what the files do to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import Complaint, Place, file_order, headline, hints, severity
from twin.rules.check_rules import check_rules
from twin.rules.check_tables import check_table
from twin.rules.forms import Complain
from twin.rules.model import Decider, Parameter, RuleSet, Span, conditions
from twin.rules.read import Reading, read_rules
from twin.rules.scope import PARAMETERS
from twin.rules.spans import parameters_of
from twin.rules.vocabulary import Vocabulary

SCHEMA = "twin.rules.check/1"


@dataclass(frozen=True)
class Checked:
    """A rule set and everything that was found wrong with it, in file order."""

    rules: RuleSet
    findings: tuple[Complaint, ...]

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """The findings that forbid running the rules."""
        return tuple(one for one in self.findings if severity(one) == "error")

    @property
    def warnings(self) -> tuple[Complaint, ...]:
        """The findings that deserve a look."""
        return tuple(one for one in self.findings if severity(one) == "warning")


def check_files(files: Iterable[str | Path], vocabulary: Vocabulary) -> Checked:
    """Read and check rule files, by themselves and all together."""
    names = [str(file) for file in files]
    return check_reading(read_rules(names, vocabulary), vocabulary, names)


def check_reading(reading: Reading, vocabulary: Vocabulary, files: Iterable[str] = ()) -> Checked:
    """Check what was read."""
    found = list(reading.complaints)
    rules = reading.rules
    for table in rules.tables:
        check_table(table, rules, found.append)
    check_rules(rules, vocabulary, found.append)
    _check_dates(rules, found.append)
    _check_parameters(reading, found.append)
    return Checked(rules, tuple(file_order(found, tuple(files))))


# -- dates


def _check_dates(rules: RuleSet, complain: Complain) -> None:
    """Report versions that overlap, and parameters that have no value while a rule uses them."""
    rivals = {file.path: file.alternative_to for file in rules.files}
    for versions in _by_name(rules).values():
        for at, other in enumerate(versions):
            clashing = (one for one in versions[:at] if one.head.span.meets(other.head.span)
                        and not _are_rivals(one, other, rivals))  # fmt: skip
            one = next(clashing, None)
            if one is not None:
                day = other.head.span.start or one.head.span.start
                values = {"name": other.head.name, "day": str(day or "..."), "first_place": one.head.place}
                complain(Complaint("E401", other.head.place, values))
    for decider in rules.deciders:
        for parameter in parameters_of(conditions(decider), rules):
            _judge_use(decider, parameter, complain)


def _by_name(rules: RuleSet) -> Mapping[tuple[str, str], list[Decider]]:
    found: dict[tuple[str, str], list[Decider]] = {}
    for one in rules.deciders:
        found.setdefault((type(one).__name__, one.head.name), []).append(one)
    return found


def _are_rivals(one: Decider, other: Decider, rivals: Mapping[str, str]) -> bool:
    mine, theirs = rivals.get(one.head.file), rivals.get(other.head.file)
    return one.head.file != other.head.file and bool(mine) and mine == theirs


def _judge_use(decider: Decider, parameter: Parameter, complain: Complain) -> None:
    """Report a rule that is in force before a parameter begins or after it ends."""
    if not parameter.reigns:
        return
    start, end = parameter.reigns[0].span.start, parameter.reigns[-1].span.end
    span = decider.head.span
    early = span.start is not None and start is not None and span.start < start
    late = end is not None and (span.end is None or span.end > end)
    if early or late:
        place = _use_of(decider, parameter)
        since = str(span.start or "...") if early else str(end)
        values = {"name": parameter.name, "start": since, "span": str(Span(start, end))}
        complain(Complaint("E403", place, values))


def _use_of(decider: Decider, parameter: Parameter) -> Place:
    from twin.rules.model import Name, walk

    wanted = PARAMETERS + parameter.name
    return next(one.place for expr in conditions(decider) for one in walk(expr)
                if isinstance(one, Name) and one.name == wanted)  # fmt: skip


# -- parameters


def _check_parameters(reading: Reading, complain: Complain) -> None:
    """Report parameters that stand twice, and those that nothing uses."""
    first: dict[str, Parameter] = {}
    for one in reading.rules.parameters:
        if one.name in first:
            values = {"name": PARAMETERS + one.name, "first_place": first[one.name].place}
            complain(Complaint("E118", one.place, values))
        elif PARAMETERS + one.name not in reading.used and reading.rules.deciders:
            complain(Complaint("W503", one.place, {"name": PARAMETERS + one.name}))
        first.setdefault(one.name, one)


# -- as plain data


def described(checked: Checked, lang: str) -> dict[str, Any]:
    """Return the findings as ``twin rules check --json`` prints them."""
    return {"schema": SCHEMA, "findings": [_described(one, lang) for one in checked.findings]}


def _described(finding: Complaint, lang: str) -> dict[str, Any]:
    place = finding.place or Place(str(finding.values.get("file", "")), 1, 1, 1, 1)
    found: dict[str, Any] = {
        "code": finding.code,
        "severity": severity(finding),
        "file": place.file,
        "line": place.line,
        "col": place.col,
        "message": headline(finding, lang),
    }
    hint = "\n".join(hints(finding, lang))
    region = finding.values.get("cells")
    return found | ({"hint": hint} if hint else {}) | ({"region": dict(region)} if region is not None else {})
