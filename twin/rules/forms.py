"""The keys of a document: which may stand there, of what form; and kinds of values as authors declare them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from twin.core.marked_yaml import KINDS, Marked
from twin.core.units import UnitProblem, exact_measure, unit_words
from twin.errors import Complaint, Place, Words, closest
from twin.rules.cells import TRUTHS, read_value
from twin.rules.kinds import TRUTH, UNKNOWN, Choice, Day, Free, Group, Kind, Member, Number, number
from twin.rules.model import Literal, Span
from twin.rules.scope import nothing_in_sight
from twin.rules.snippets import Snippet, snippet

Complain = Callable[[Complaint], None]

WHOLE = ("int", "integer", "whole", "整数")
DECIMAL = ("decimal", "number", "float", "real", "小数", "数")
TRUTH_WORDS = ("bool", "boolean", "是否")
DAY_WORDS = ("date", "日期")
FREE_WORDS = ("text", "string", "文字")
CHOICE_WORDS = ("enum", "choice", "枚举")
TYPES = (*WHOLE, *DECIMAL, *TRUTH_WORDS, *DAY_WORDS, *FREE_WORDS, *CHOICE_WORDS, "group")
_DETAILS = ("unit", "range", "cyclic", "optional", "ordered", "type", "values", "about", "title", "doc", "note", "step")
_NO_RANGE = frozenset({"", "any", "-", "true", "null", "~", "任意"})

# Inputs that run in a circle, by the last part of their name, when their range is the whole circle.
CYCLES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "hour": ((0, 23), (1, 24)), "hour_of_day": ((0, 23), (1, 24)), "小时": ((0, 23), (1, 24)), "钟点": ((0, 23),),
    "weekday": ((0, 6), (1, 7)), "day_of_week": ((0, 6), (1, 7)), "星期": ((0, 6), (1, 7)),
    "month": ((1, 12), (0, 11)), "month_of_year": ((1, 12),), "月份": ((1, 12),), "月": ((1, 12),),
    "minute_of_day": ((0, 1439),),
}  # fmt: skip


@dataclass
class Form:
    """A map of a rule file: hands out what its keys hold and complains of what cannot be."""

    node: Marked
    complain: Complain

    def known(self, keys: Iterable[str]) -> None:
        """Complain of keys that do not belong here."""
        known = tuple(keys)
        for key, mark in self.node.keys.items():
            if key not in known:
                near = closest(key, known)
                self.complain(Complaint("E114", mark.place, {"key": key, "suggestion": near, "known": known}))

    def get(self, key: str) -> Marked | None:
        """Return what a key holds, ``None`` where it is not written or holds nothing."""
        found = self.node.value.get(key)
        return None if found is None or found.value is None else found

    def place(self, key: str) -> Place:
        """Return where a key stands."""
        return self.node.key_place(key)

    def need(self, key: str, of: str) -> Marked | None:
        """Return what a key holds; complain where it is not written."""
        found = self.get(key)
        if found is None:
            where = self.node.keys[key].place if key in self.node.keys else first_line(self.node)
            self.complain(Complaint("E115", where, {"key": key, "owner": of}))
        return found

    def wrong(self, node: Marked, wanted: Words) -> None:
        """Complain of a value of the wrong form."""
        self.complain(Complaint("E116", node.place, {"wanted": wanted, "found": KINDS[node.kind]}))

    def text(self, key: str) -> str:
        """Return a text (or what else is written there), ``""`` where there is none."""
        node = self.get(key)
        if node is None:
            return ""
        if node.kind in ("map", "list"):
            if node.kind == "map" and set(node.value) <= {"en", "zh"}:
                return str(node.plain().get("en", ""))
            self.wrong(node, _TEXT)
            return ""
        return snippet(node).text

    def table(self, key: str) -> dict[str, Marked]:
        """Return a map below a key, empty where there is none."""
        node = self.get(key)
        if node is None:
            return {}
        if node.kind != "map":
            self.wrong(node, _MAP)
            return {}
        return dict(node.value)

    def items(self, key: str) -> list[Marked]:
        """Return a list below a key, empty where there is none."""
        node = self.get(key)
        if node is None:
            return []
        if node.kind != "list":
            self.wrong(node, _LIST)
            return []
        return list(node.value)

    def switch(self, key: str) -> bool | None:
        """Return a switch, ``None`` where there is none."""
        node = self.get(key)
        if node is None:
            return None
        value = TRUTHS.get(snippet(node).text.casefold()) if node.kind in ("text", "switch") else None
        if value is None:
            self.wrong(node, KINDS["switch"])
        return value

    def day(self, key: str) -> dt.date | None:
        """Return a date."""
        node = self.get(key)
        return None if node is None else day_of(snippet(node), self.complain)

    def span(self) -> Span:
        """Return ``from`` and ``until``, in order."""
        span = Span(self.day("from"), self.day("until"))
        return in_order(span, self.place("until"), self.complain)

    def number(self, key: str) -> Fraction | None:
        """Return a plain number."""
        node = self.get(key)
        if node is None:
            return None
        if node.kind != "number":
            self.wrong(node, KINDS["number"])
            return None
        return Fraction(snippet(node).text)


_TEXT = Words("text", "文字")
_MAP = Words("a map (`key: value`)", "键值对（`键: 值`）")
_LIST = Words("a list", "列表")


def first_line(node: Marked) -> Place:
    """Return the place of the first key of a map (the start of anything else)."""
    return next(iter(node.keys.values())).place if node.keys else node.place


def in_order(span: Span, place: Place, complain: Complain) -> Span:
    """Complain of a span that ends before it begins; return it without its end then."""
    if span.start is not None and span.end is not None and span.end <= span.start:
        complain(Complaint("E404", place, {"start": span.start.isoformat(), "end": span.end.isoformat()}))
        return Span(span.start, None)
    return span


def day_of(text: Snippet, complain: Complain) -> dt.date | None:
    """Read a date."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text.plain().strip())
    try:
        if found:
            return dt.date(*map(int, found.groups()))
    except ValueError:
        pass
    wanted = Words("a date such as `2025-01-31`", "日期，如 `2025-01-31`")
    complain(Complaint("E116", text.place(), {"wanted": wanted, "found": f"`{text.text}`"}))
    return None


# -- kinds


@dataclass(frozen=True)
class Declared:
    """A kind of values as an author declares it."""

    kind: Kind
    optional: bool = False
    about: str = ""


@dataclass
class KindReader:
    """Reads declarations of kinds; ``choices`` are the lists of words that have a name."""

    choices: Mapping[str, Choice]
    complain: Complain

    def read(self, name: str, node: Marked, place: Place) -> Declared:
        """Read the kind of one input, output, parameter or member; ``place`` is where its name stands."""
        if node.kind == "list":
            return Declared(self.listed(name, node, ordered=False))
        if node.kind == "map":
            return self.mapped(name, Form(node, self.complain), place)
        if node.value is None:
            return Declared(self.unclear(place, name))
        return Declared(_cyclic(name, self.short(name, snippet(node)), None))

    def short(self, name: str, text: Snippet) -> Kind:
        """Read ``int``, ``1..5``, ``ticket_category``."""
        word = text.plain().strip()
        if word in self.choices:
            return self.choices[word]
        if ".." in word:
            return self.bounded(number(whole=_is_whole(word)), text)
        if word in CHOICE_WORDS or word not in TYPES:
            return self.unclear(text.place(), name, word)
        return _plain_kind(word)

    def unclear(self, place: Place, name: str, word: str = "") -> Kind:
        """Complain of a declaration that says no kind."""
        known = ("int", "decimal", "bool", "date", "text", "enum", *self.choices)
        near = closest(word, known) if word else None
        self.complain(Complaint("E117", place, {"name": name, "suggestion": near, "known": known}))
        return UNKNOWN

    def mapped(self, name: str, form: Form, place: Place) -> Declared:
        """Read ``{int: 1..5}``, ``{enum: [a, b]}``, ``{unit: h}``."""
        form.known((*TYPES, *_DETAILS))
        if not any(key in (*TYPES, "type", "unit", "range", "values") for key in form.node.value) and form.node.value:
            return Declared(UNKNOWN, form.switch("optional") or False, form.text("about"))
        kind = self.of_map(name, form, place)
        kind = _cyclic(name, kind, form.switch("cyclic"))
        if form.switch("cyclic") and not (isinstance(kind, Number) and kind.cyclic):
            words = Words("a whole circle of numbers, such as `0..23`", "首尾相接的数，如 `0..23`")
            self.complain(Complaint("E116", form.place("cyclic"), {"wanted": words, "found": name}))
        return Declared(kind, form.switch("optional") or False, form.text("about"))

    def of_map(self, name: str, form: Form, place: Place) -> Kind:
        """Find the key that says the kind."""
        word = next((key for key in form.node.value if key in TYPES), None) or form.text("type")
        node = form.node.value.get(word)
        if word in CHOICE_WORDS:
            return self.choice(name, form, node if node is not None else form.get("values"), place)
        if word == "group" and node is not None:
            return self.group(node)
        if word in (*TRUTH_WORDS, *FREE_WORDS):
            return _plain_kind(word)
        bounds = form.get("range") if node is None or _said_nothing(node) else node
        if word in DAY_WORDS:
            return self.days(bounds)
        if not word and form.get("values") is not None:
            return self.choice(name, form, form.get("values"), place)
        if not word and form.get("unit") is None and bounds is None:
            return self.unclear(place, name)
        return self.numbers(form, word, bounds)

    def choice(self, name: str, form: Form, node: Marked | None, place: Place) -> Kind:
        """Read ``{enum: …}``: a name of a list, or the list itself."""
        if node is None or node.value is None:
            return self.unclear(place, name)
        if node.kind in ("list", "map"):
            return self.listed(name, node, form.switch("ordered") or False)
        word = snippet(node).text
        if word in self.choices:
            return self.choices[word]
        known = tuple(self.choices)
        values = {"name": word, "suggestion": closest(word, known), "known": known}
        self.complain(Complaint("E101", node.place, values))
        return UNKNOWN

    def listed(self, name: str, node: Marked, ordered: bool) -> Kind:
        """Read a list of words."""
        nodes = list(node.value) if node.kind == "list" else list(node.keys.values())
        words: list[str] = []
        for one in nodes:
            if one.kind in ("list", "map", "nothing"):
                self.complain(Complaint("E116", one.place, {"wanted": _TEXT, "found": KINDS[one.kind]}))
            elif (word := snippet(one).text) in words:
                self.complain(Complaint("E118", one.place, {"name": word}))
            else:
                words.append(word)
        if not words:
            return self.unclear(node.place, name)
        return Choice(name, tuple(words), ordered)

    def group(self, node: Marked) -> Kind:
        """Read the fields of the members of a group."""
        if node.kind != "map" or not node.value:
            self.complain(Complaint("E116", node.place, {"wanted": _MAP, "found": KINDS[node.kind]}))
            return UNKNOWN
        members = []
        for name, below in node.value.items():
            declared = self.read(name, below, node.key_place(name))
            members.append(Member(name, declared.kind, declared.optional))
        return Group(tuple(members))

    def days(self, node: Marked | None) -> Kind:
        """Read dates between two dates."""
        if node is None or _said_nothing(node):
            return Day()
        text = snippet(node)
        low, dots, _ = text.plain().partition("..")
        if not dots:
            self.bad_range(text)
            return Day()
        ends = [day_of(part, self.complain) if part.text else None for part in
                (text.cut(0, len(low)), text.cut(len(low) + 2, len(text.text)))]  # fmt: skip
        if ends[0] and ends[1] and ends[0] > ends[1]:
            self.bad_range(text)
            return Day()
        return Day(ends[0], ends[1])

    def numbers(self, form: Form, word: str, bounds: Marked | None) -> Kind:
        """Read numbers, with a unit and a range where there are some."""
        unit = self.unit(form)
        if unit is None:
            return UNKNOWN
        kind = number(unit, whole=word in WHOLE)
        step = form.number("step")
        if step is not None and step > 0:
            kind = replace(kind, step=step * kind.factor)
        if bounds is None or _said_nothing(bounds):
            return kind
        if bounds.kind in ("list", "map"):
            self.bad_range(Snippet("", bounds.source, bounds.start), bounds.place)
            return kind
        return self.bounded(kind, snippet(bounds))

    def unit(self, form: Form) -> str | None:
        """Read a unit; ``None`` when there is no such unit."""
        text = form.text("unit")
        word = "" if text in ("1", "ratio", "比例") else text
        try:
            exact_measure(word)
        except UnitProblem:
            words = Words(f"`{text}` is not a unit", f"`{text}` 不是单位")
            place, near = form.node.at(["unit"]).place, closest(text, unit_words())
            self.complain(Complaint("E107", place, {"what": words, "suggestion": near}))
            return None
        return word

    def bounded(self, kind: Number, text: Snippet) -> Kind:
        """Read a range of numbers such as ``1..5``, ``0..``, ``0 h..72 h``."""
        plain = text.plain()
        low, dots, _ = plain.partition("..")
        if not dots:
            self.bad_range(text)
            return kind
        ends: list[Fraction | None] = []
        for part in (text.cut(0, len(low)), text.cut(len(low) + 2, len(plain))):
            found = read_value(part, kind, nothing_in_sight(self.complain)) if part.text else None
            if part.text and not isinstance(found, Literal):
                if found is not None:
                    self.bad_range(text)
                return kind
            value = found.value if isinstance(found, Literal) else None
            ends.append(value if isinstance(value, Fraction) else None)
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            self.bad_range(text)
            return kind
        return replace(kind, low=ends[0], high=ends[1])

    def bad_range(self, text: Snippet, place: Place | None = None) -> None:
        """Complain of a range that is none."""
        wanted = Words("a range such as `1..5`, the lower end first", "区间，如 `1..5`，小的在前")
        self.complain(Complaint("E116", place or text.place(), {"wanted": wanted, "found": f"`{text.text}`"}))


def _plain_kind(word: str) -> Kind:
    if word in TRUTH_WORDS:
        return TRUTH
    if word in DAY_WORDS:
        return Day()
    return Free() if word in FREE_WORDS else number(whole=word in WHOLE)


def _said_nothing(node: Marked) -> bool:
    return node.value is None or (node.kind in ("text", "switch") and snippet(node).text in _NO_RANGE)


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d*\s*\.\.\s*-?\d*\s*", text) is not None


def _cyclic(name: str, kind: Kind, wanted: bool | None) -> Kind:
    """Let numbers run in a circle where the author says so, or where the name and range say so."""
    if not isinstance(kind, Number) or wanted is False or None in (kind.low, kind.high, kind.step):
        return kind
    last = re.split(r"[._]", name)[-1]
    circle = (kind.low, kind.high)
    named = circle in CYCLES.get(name, ()) or circle in CYCLES.get(last, ())
    return replace(kind, cyclic=True) if wanted or named else kind
