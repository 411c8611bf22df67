"""What is given for one decision: values from JSON or YAML, turned into exact ones of the right kind."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from twin.core.marked_yaml import Marked, Source
from twin.errors import Complaint, InputError, Place, Words, closest
from twin.rules.cells import TRUTHS, range_of, read_value
from twin.rules.kinds import Choice, Day, Free, Group, Kind, Number, Truth, Unknown, Value, said
from twin.rules.model import Expr, Literal, Name, RuleSet, conditions, walk
from twin.rules.reference import Case, Given, Past, Record
from twin.rules.scope import nothing_in_sight
from twin.rules.snippets import Snippet, snippet

WHERE = "--given"
_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_DIGITS = 60


def names_of(rules: RuleSet, asked: str = "") -> dict[str, Kind]:
    """Return every name that some table, rule or formula asks for, with its kind; the one `asked` declares first."""
    found: dict[str, Kind] = {}
    for decider in sorted(rules.deciders, key=lambda one: one.head.name != asked):
        for one in decider.head.inputs:
            found.setdefault(one.name, one.kind)
        for expr in conditions(decider):
            for one_name in walk(expr):
                if isinstance(one_name, Name) and one_name.origin in ("input", "field", "result"):
                    found.setdefault(one_name.name, one_name.kind)
    return found


# -- JSON


def given_of_json(text: str, rules: RuleSet, asked: str = "") -> dict[str, Given]:
    """Read ``--given`` for what is `asked`: a JSON object; numbers are exact and in base units, texts may carry a unit.

    Raises InputError with everything that is wrong.
    """
    plain = _parsed(text)
    known = names_of(rules, asked)
    complaints: list[Complaint] = []
    found: dict[str, Given] = {}
    for name, value in plain.items():
        place = _place_of(name, text)
        if name not in known:
            values = {"name": name, "suggestion": closest(name, known), "known": tuple(known)}
            complaints.append(Complaint("E101", place, values))
            continue
        found[name] = _Reading(name, place, complaints.append).given(value, known[name])
    if complaints:
        raise InputError(complaints)
    return found


def _parsed(text: str) -> dict[str, Any]:
    try:
        plain = json.loads(text, parse_float=_exact, parse_int=_exact, parse_constant=_refused,
                           object_pairs_hook=_distinct)  # fmt: skip
    except (ValueError, RecursionError) as reason:
        where = f"{reason.lineno}:{reason.colno}" if isinstance(reason, json.JSONDecodeError) else str(reason)
        raise InputError.of("E601", None, why=where) from None
    if not isinstance(plain, dict):
        raise InputError.of("E601", None, why=Words('it must be like {"severity": 4}', '应形如 {"severity": 4}'))
    return plain


def _exact(text: str) -> Fraction:
    exponent = re.search(r"[eE]([+-]?\d+)$", text)
    if len(text) > _DIGITS or (exponent and abs(int(exponent[1])) > _DIGITS):
        raise ValueError(f"{text[:20]}...")
    return Fraction(text)


def _refused(text: str) -> Any:
    raise ValueError(text)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(next(name for name in names if names.count(name) > 1))
    return found


def _place_of(name: str, text: str) -> Place | None:
    at = text.find(json.dumps(name, ensure_ascii=False))
    if at < 0 or "\n" in text:
        return None
    return Place(WHERE, 1, at + 1, 1, at + 3 + len(name), (text,))


class _Reading:
    """Turns plain JSON values of one name into values of a kind; complains of what does not fit."""

    def __init__(self, name: str, place: Place | None, complain: Callable[[Complaint], None]) -> None:
        self.name = name
        self.place = place
        self.complain = complain

    def given(self, value: Any, kind: Kind) -> Given:
        """Read a value, a list of members, or what was by date."""
        if isinstance(kind, Group):
            return self.members(value, kind)
        if isinstance(value, dict):
            return self.past(value, kind)
        return self.value(value, kind)

    def wrong(self, value: Any, wanted: Words) -> None:
        """Complain of a value."""
        shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        self.complain(Complaint("E610", self.place, {"name": self.name, "value": shown, "wanted": wanted}))

    def value(self, value: Any, kind: Kind) -> Value:
        """Read one value."""
        if value is None or isinstance(kind, Unknown):
            return None if value is None else str(value)
        found = _convert(value, kind, self.complain)
        if found is None or (isinstance(kind, Number) and not isinstance(found, Fraction)):
            self.wrong(value, said(kind) if not isinstance(kind, Choice) else Words(
                ", ".join(kind.values), "、".join(kind.values)))  # fmt: skip
            return None
        if isinstance(kind, (Number, Day)) and not kind.holds(found):  # type: ignore[arg-type]
            wanted = range_of(kind)
            self.wrong(value, Words(wanted, wanted))
        return found

    def members(self, value: Any, kind: Group) -> tuple[Record, ...]:
        """Read the members of a group."""
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(value, Words("a list of members: [{...}, {...}]", "成员列表：[{...}, {...}]"))
            return ()
        return tuple(self.member(one, kind) for one in value)

    def member(self, record: Mapping[str, Any], kind: Group) -> Record:
        """Read one member; a field that is not optional must be there."""
        found: dict[str, Value] = {}
        for field in kind.members:
            if record.get(field.name) is None and not field.optional:
                self.complain(Complaint("E602", self.place, {"name": f"{self.name}.{field.name}"}))
            else:
                found[field.name] = self.value(record.get(field.name), field.kind)
        for name in record:
            if kind.member(name) is None:
                known = tuple(field.name for field in kind.members)
                values = {"name": f"{self.name}.{name}", "suggestion": closest(name, known), "known": known}
                self.complain(Complaint("E101", self.place, values))
        return found

    def past(self, value: Mapping[str, Any], kind: Kind) -> Past:
        """Read what a value was: ``{"2024": false, "2025-06-01": true}``."""
        found = []
        for key, one in value.items():
            day = _day_of_period(key)
            if day is None:
                self.wrong(key, Words("a year, month or day such as 2025-06", "年、月或日，如 2025-06"))
            else:
                found.append((day, self.value(one, kind)))
        return Past(tuple(sorted(found, key=lambda one: one[0]))) if found else Past(((dt.date.min, None),))


def _day_of_period(text: str) -> dt.date | None:
    found = _PERIOD.fullmatch(text)
    try:
        return dt.date(int(found[1]), int(found[2] or 1), int(found[3] or 1)) if found else None
    except ValueError:
        return None


def _convert(value: Any, kind: Kind, complain: Callable[[Complaint], None]) -> Value:
    """Return a value of a kind, ``None`` when it is none."""
    if isinstance(value, bool):
        return value if isinstance(kind, Truth) else None
    if isinstance(value, Fraction):
        return value if isinstance(kind, Number) else None
    if not isinstance(value, str):
        return None
    if isinstance(kind, Truth):
        return TRUTHS.get(value.casefold())
    if isinstance(kind, Choice):
        return value if value in kind.values else None
    if isinstance(kind, Free):
        return value
    expr = read_value(Snippet(value, Source(WHERE, (value,)), (0, 0)), kind, nothing_in_sight(lambda one: None))
    return _worked_out(expr)


def _worked_out(expr: Expr | None) -> Value:
    """Return the value of an expression without names (``1/3``), ``None`` where it has none."""
    if expr is None or isinstance(expr, Literal):
        return None if expr is None else expr.value
    try:
        value: Value = Case(RuleSet((), ""), dt.date.min, {}).value(expr)
    except InputError:
        return None
    return value


# -- YAML, as in rule tests


def given_of_yaml(node: Marked | None, rules: RuleSet, complain: Callable[[Complaint], None]) -> dict[str, Given]:
    """Read the ``given:`` of a test: as cells are read, so bare numbers are in the unit of the input."""
    known = names_of(rules)
    found: dict[str, Given] = {}
    for name, value in node.value.items() if node is not None and node.kind == "map" else ():
        if name not in known:
            values = {"name": name, "suggestion": closest(name, known), "known": tuple(known)}
            complain(Complaint("E101", node.key_place(name) if node is not None else value.place, values))
            continue
        found[name] = _of_yaml(name, value, known[name], complain)
    return found


def _of_yaml(name: str, node: Marked, kind: Kind, complain: Callable[[Complaint], None]) -> Given:
    reading = _Reading(name, node.place, complain)
    if isinstance(kind, Group):
        members = [one for one in node.value if one.kind == "map"] if node.kind == "list" else []
        records = [{key: _scalar(one, _member_kind(kind, key)) for key, one in item.value.items()} for item in members]
        return reading.members(records, kind)
    if node.kind == "map":
        return reading.past({key: _scalar(one, kind) for key, one in node.value.items()}, kind)
    return reading.value(_scalar(node, kind), kind)


def _member_kind(group: Group, name: str) -> Kind | None:
    member = group.member(name)
    return None if member is None else member.kind


def _scalar(node: Marked, kind: Kind | None) -> Any:
    """Return a scalar of YAML as JSON would have it; numbers keep their digits and get their unit."""
    if node.kind in ("map", "list", "nothing"):
        return None if node.kind == "nothing" else node.plain()
    text = snippet(node)
    if node.kind == "switch" and isinstance(kind, Truth):
        return node.value
    return text.text


def known_names(rules: RuleSet) -> Iterator[str]:
    """Yield the names of tables, rules and formulas, each once."""
    yield from dict.fromkeys(decider.head.name for decider in rules.deciders)
