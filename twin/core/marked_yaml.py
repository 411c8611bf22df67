"""Strict YAML that remembers file, line and column, and cannot be made to crash.

The tree is built from the parser's events, without recursion: depth, aliases, duplicate keys, tags and
numbers are judged while it grows. Words stay text (``no``, ``12:30``, ``010``, ``2025-01-06``); only
plain ``true``/``false``, ``null``/``~`` and decimal numbers mean something else.
"""

from __future__ import annotations

import json
import math
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from twin.errors import Complaint, InputError, Place, Words, file_order

LIMIT_BYTES = 4_000_000
LIMIT_DEPTH = 64
LIMIT_VALUES = 200_000
LIMIT_ALIASED = 100_000
LIMIT_COMPLAINTS = 200

KINDS: Mapping[str, Words] = {
    "map": Words("a map", "键值对"),
    "list": Words("a list", "列表"),
    "text": Words("text", "文字"),
    "number": Words("a number", "数字"),
    "switch": Words("true or false", "true/false"),
    "nothing": Words("nothing", "空值"),
}

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_PLAIN_TAGS = {"map": "tag:yaml.org,2002:map", "list": "tag:yaml.org,2002:seq"}

_Spot = tuple[int, int]  # line and column, both from 0


@dataclass(frozen=True)
class Source:
    """A text and its name; ``lines`` are what an excerpt shows."""

    name: str
    lines: tuple[str, ...]
    text: str = ""

    def place(self, start: _Spot, end: _Spot) -> Place:
        """Return the stretch between two spots."""
        shown = self.lines[start[0] : start[0] + 1] or ("",)
        return Place(self.name, start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1, shown)


@dataclass(frozen=True, eq=False)
class Marked:
    """A value of a YAML file that knows where it stands.

    ``value`` is a dict or list of ``Marked``, or a scalar; ``keys`` holds, for a map, each key's own mark.
    """

    value: Any
    source: Source
    start: _Spot
    end: _Spot
    keys: Mapping[str, Marked] = field(default_factory=dict)

    @cached_property
    def place(self) -> Place:
        """Where the value stands."""
        return self.source.place(self.start, self.end)

    @property
    def kind(self) -> str:
        """One of :data:`KINDS`."""
        value = self.value
        if isinstance(value, dict):
            return "map"
        if isinstance(value, list):
            return "list"
        if value is None or isinstance(value, bool):
            return "nothing" if value is None else "switch"
        return "text" if isinstance(value, str) else "number"

    def at(self, path: Sequence[str | int]) -> Marked:
        """Walk down as much of ``path`` as exists and return what is there."""
        here = self
        for step in path:
            below = here._below(step)
            if below is None:
                break
            here = below
        return here

    def key_place(self, key: str) -> Place:
        """Where a key of this map is written (the map itself when it is not)."""
        return self.keys[key].place if key in self.keys else self.place

    def plain(self) -> Any:
        """Return dicts, lists and scalars without marks."""
        if isinstance(self.value, dict):
            return {key: below.plain() for key, below in self.value.items()}
        if isinstance(self.value, list):
            return [below.plain() for below in self.value]
        return self.value

    def _below(self, step: str | int) -> Marked | None:
        if isinstance(self.value, dict):
            found = self.value.get(step)
        elif isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            found = self.value[step]
        else:
            found = None
        return found if isinstance(found, Marked) else None


def read(source: Path | str, *, name: str | None = None, place: Place | None = None) -> Marked:
    """Read YAML: a ``Path`` is a file, a ``str`` is the text itself; ``name`` is what messages call it.

    ``place`` is where the file was asked for, shown when there is no such file. Raises
    :class:`~twin.errors.InputError` with every fault found, in file order.
    """
    if isinstance(source, Path):
        shown = name or str(source)
        return _tree(_decoded(_bytes_of(source, shown, place), shown), shown)
    return _tree(source, name or "<text>")


def read_all(source: Path | str, *, name: str | None = None, place: Place | None = None) -> tuple[Marked, ...]:
    """Read YAML that may hold several documents, set apart by ``---``; otherwise as :func:`read`."""
    shown = name or (str(source) if isinstance(source, Path) else "<text>")
    text = read_text(source, name=shown, place=place) if isinstance(source, Path) else source
    return _forest(text, shown)


def read_text(path: Path, *, name: str | None = None, place: Place | None = None) -> str:
    """Return the text of a file; raises InputError where it is missing, too large or not UTF-8."""
    shown = name or str(path)
    return _decoded(_bytes_of(path, shown, place), shown)


def read_value(text: str, shown: str, column: int, name: str) -> Marked:
    """Read one value that stands at ``column`` (from 0) of the line ``shown``, as on a command line."""
    _refuse_forbidden(text, Source(name, (shown,)))
    return _Tree(Source(name, (shown,))).grow(" " * column + text)


def write(value: Any, notes: Mapping[tuple[str | int, ...], str] | None = None) -> str:
    """Write plain data as YAML text; ``notes`` are comments, by path, set after the value."""
    lines = list(_lines(value, (), notes or {}))
    width = min(max((len(line) for line, note in lines if note), default=0), 60)
    return "".join(f"{line:<{width}}  # {note}\n" if note else f"{line}\n" for line, note in lines)


def flow(value: Any) -> str:
    """Write plain data as YAML on one line."""
    return _flow(value)


def marked(value: Any, source: Source) -> Marked:
    """Return plain data as marked values that stand nowhere in particular."""
    if isinstance(value, dict):
        below = {key: marked(item, source) for key, item in value.items()}
        return Marked(below, source, (0, 0), (0, 0), {key: marked(key, source) for key in value})
    if isinstance(value, (list, tuple)):
        return Marked([marked(item, source) for item in value], source, (0, 0), (0, 0))
    return Marked(value, source, (0, 0), (0, 0))


# -- bytes and characters


def _bytes_of(path: Path, name: str, place: Place | None) -> bytes:
    """Return a file's bytes; its size is judged before it is opened."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            folder = stat.S_ISDIR(found.st_mode)
            raise InputError.of("Y002" if folder else "Y003", place, file=name, why=_NO_FILE)
        if found.st_size > LIMIT_BYTES:
            raise InputError.of("Y004", place, file=name, size=found.st_size, limit=LIMIT_BYTES)
        with path.open("rb") as stream:
            data = stream.read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as reason:
        raise InputError.of(_no_access(reason, place), place, file=name, why=_why(reason)) from None
    if len(data) > LIMIT_BYTES:
        raise InputError.of("Y004", place, file=name, size=len(data), limit=LIMIT_BYTES)
    return data


_NO_FILE = Words("not an ordinary file", "不是普通文件")


def _no_access(reason: Exception, place: Place | None) -> str:
    if isinstance(reason, (FileNotFoundError, NotADirectoryError)):
        return "Y001" if place is None else "Y023"
    return "Y003"


def _why(reason: Exception) -> Words:
    if isinstance(reason, PermissionError):
        return Words("permission denied", "没有权限")
    return Words(f"the system refuses it ({type(reason).__name__})", f"系统拒绝（{type(reason).__name__}）")


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        offset = fault.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    before = data[:offset]
    line_start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    ending = re.compile(rb"[\r\n]|$").search(data, offset)
    line = data[line_start : ending.start() if ending else len(data)]
    row = len(re.findall(rb"\r\n|\r|\n", before[:line_start]))
    code, what, text = _encoding(data, line)
    column = len(data[line_start:offset].decode("utf-8", "replace"))
    place = Place(name, row + 1, column + 1, row + 1, column + 2, (text,))
    raise InputError.of(code, place, file=name, what=what)


def _encoding(data: bytes, line: bytes) -> tuple[str, Words, str]:
    """Guess what a text that is not UTF-8 is: the message's code, its words, and the line to show."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "Y006", Words("it is UTF-16", "它是 UTF-16"), ""
    damaged = line.decode("utf-8", "replace")
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return "Y006", Words("not a character", "不是字符"), damaged
    if _FORBIDDEN.search(text):
        return "Y006", Words("not a character", "不是字符"), damaged
    return "Y005", Words("GBK", "GBK"), line.decode("gb18030", "replace")


def _refuse_forbidden(text: str, source: Source) -> None:
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    before = _BREAK.split(text[: found.start()])
    spot = (len(before) - 1, len(before[-1]))
    name = "NUL" if found.group() == "\0" else f"U+{ord(found.group()):04X}"
    raise InputError.of("Y007", source.place(spot, (spot[0], spot[1] + 1)), name=name)


# -- the tree


def _tree(text: str, name: str) -> Marked:
    return _Tree(_source(text, name)).grow(text)


def _forest(text: str, name: str) -> tuple[Marked, ...]:
    tree = _Tree(_source(text, name), several=True)
    tree.grow(text)
    return tuple(root for root in tree.roots if root.value is not None)


def _source(text: str, name: str) -> Source:
    source = Source(name, tuple(_BREAK.split(text)), text)
    if len(text.encode("utf-8", "replace")) > LIMIT_BYTES:
        raise InputError.of("Y004", None, file=name, size=len(text), limit=LIMIT_BYTES)
    _refuse_forbidden(text, source)
    return source


@dataclass
class _Open:
    """A collection that is not closed yet."""

    event: Any
    kind: str
    anchor: str | None
    values: list[Marked] = field(default_factory=list)
    weight: int = 1
    height: int = 1


class _Tree:
    """Builds documents from parser events; collects complaints and goes on where it can."""

    def __init__(self, source: Source, several: bool = False) -> None:
        self.source = source
        self.several = several
        self.complaints: list[Complaint] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Marked, int, int]] = {}
        self.roots: list[Marked] = []
        self.documents = 0
        self.count = 0
        self.aliased = 0

    def grow(self, text: str) -> Marked:
        """Read ``text`` to its end and return its first document that says anything; raises InputError."""
        try:
            for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                self.take(event)
        except yaml.MarkedYAMLError as fault:
            self.complaints.append(self.syntax(fault))
        except _Stop:
            pass
        if self.complaints:
            with suppress(_Stop):
                self.judge_unfinished()
            raise InputError(file_order(self.complaints))
        said = [root for root in self.roots if root.value is not None or root.start != root.end]
        if not said:
            raise InputError.of("Y008", None, file=self.source.name)
        return said[0]

    def judge_unfinished(self) -> None:
        """Judge the keys of maps that a fault left open."""
        for done in self.open:
            if done.kind == "map":
                done.values = done.values[: len(done.values) // 2 * 2]
                self.map_of(done, (0, 0), (0, 0))

    def take(self, event: Any) -> None:
        """Take the next event in."""
        if isinstance(event, yaml.ScalarEvent):
            self.put(self.scalar(event), event.anchor, 1, 0)
        elif isinstance(event, yaml.MappingStartEvent):
            self.begin(event, "map")
        elif isinstance(event, yaml.SequenceStartEvent):
            self.begin(event, "list")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.finish(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            self.anchors = {}
            if self.documents > 1 and not self.several:
                self.stop("Y019", _spots(event))

    def begin(self, event: Any, kind: str) -> None:
        """Open a map or a list."""
        if len(self.open) >= LIMIT_DEPTH:
            self.stop("Y011", (_spots(event)[0], _after(event)), limit=LIMIT_DEPTH)
        if event.tag not in (None, "!", _PLAIN_TAGS[kind]):
            self.complain("Y017", self.tag_spots(event), tag=event.tag)
        self.open.append(_Open(event, kind, event.anchor))

    def finish(self, event: Any) -> None:
        """Close the innermost map or list."""
        done = self.open.pop()
        end = self.last_spot(event, done)
        start = _spots(done.event)[0]
        if done.kind == "list":
            node = Marked(list(done.values), self.source, start, end)
        else:
            node = self.map_of(done, start, end)
        self.put(node, done.anchor, done.weight, done.height)

    def last_spot(self, event: Any, done: _Open) -> _Spot:
        """Where a collection ends: its bracket, or the end of its last value."""
        if done.event.flow_style or not done.values:
            return _spots(event)[1]
        return done.values[-1].end

    def map_of(self, done: _Open, start: _Spot, end: _Spot) -> Marked:
        """Pair keys with values; a key must be text and stand once."""
        keys: dict[str, Marked] = {}
        values: dict[str, Marked] = {}
        for key, value in zip(done.values[::2], done.values[1::2], strict=True):
            if not isinstance(key.value, str):
                self.complain("Y016", (key.start, key.end), found=KINDS[key.kind], text=_said(key))
            elif key.value in keys:
                first = keys[key.value].place
                self.complain("Y015", (key.start, key.end), key=key.value, first_place=first)
            elif key.value == "<<":
                self.complain("Y020", (key.start, key.end))
            else:
                keys[key.value], values[key.value] = key, value
        return Marked(values, self.source, start, end, keys)

    def alias(self, event: Any) -> None:
        """Put what an anchor holds once more; count what that unfolds to."""
        name, spots = event.anchor, _spots(event)
        if any(outer.anchor == name for outer in self.open):
            self.stop("Y013", spots, name=name)
        if name not in self.anchors:
            self.complain("Y014", spots, name=name, suggestion=None, known=[f"*{known}" for known in self.anchors])
            self.put(Marked("", self.source, *spots), None, 1, 0)
            return
        node, weight, height = self.anchors[name]
        self.aliased += weight
        if self.aliased > LIMIT_ALIASED:
            self.stop("Y012", spots, limit=LIMIT_ALIASED)
        if len(self.open) + height > LIMIT_DEPTH:
            self.stop("Y011", spots, limit=LIMIT_DEPTH)
        self.put(node, None, weight, height)

    def put(self, node: Marked, anchor: str | None, weight: int, height: int) -> None:
        """Add a finished value to the collection around it, or make it the document."""
        self.count += 1
        if self.count > LIMIT_VALUES:
            self.stop("Y021", (node.start, node.end), limit=LIMIT_VALUES)
        if anchor is not None:
            self.anchors[anchor] = (node, weight, height)
        if not self.open:
            self.roots.append(node)
            return
        around = self.open[-1]
        around.values.append(node)
        around.weight += weight
        around.height = max(around.height, height + 1)

    def scalar(self, event: Any) -> Marked:
        """Say what a scalar means."""
        start, end = _spots(event)
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self.complain("Y017", self.tag_spots(event), tag=event.tag)
        text = unicodedata.normalize("NFC", event.value)
        if event.style or event.tag is not None:
            return Marked(text, self.source, start, end)
        value = _meaning(text)
        if isinstance(value, _NotFinite):
            self.complain("Y018", (start, end), text=text, what=value.what)
            value = 0.0
        return Marked(value, self.source, start, end)

    def tag_spots(self, event: Any) -> tuple[_Spot, _Spot]:
        """Where a tag is written: at the start of its node."""
        (row, column), _ = _spots(event)
        line = self.source.lines[row] if row < len(self.source.lines) else ""
        found = re.compile(r"!\S*").search(line, column)
        return ((row, found.start()), (row, found.end())) if found else _spots(event)

    def syntax(self, fault: yaml.MarkedYAMLError) -> Complaint:
        """Turn the parser's complaint into one of ours."""
        said = f"{fault.context or ''} {fault.problem or ''}"
        opened = any(part in said for part in _OPENED)
        mark = (fault.context_mark if opened else None) or fault.problem_mark
        row, column = (mark.line, mark.column) if mark else (0, 0)
        if row >= len(self.source.lines):
            row, column = len(self.source.lines) - 1, len(self.source.lines[-1])
        line = self.source.lines[row]
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            spot = (row, indent.index("\t"))
            return Complaint("Y009", self.source.place(spot, (row, len(indent))))
        place = self.source.place((row, column), (row, column + 1))
        return Complaint("Y010", place, {"what": _syntax_words(said)})

    def complain(self, code: str, spots: tuple[_Spot, _Spot], **values: Any) -> None:
        """Note a fault and go on, unless there are too many."""
        self.complaints.append(Complaint(code, self.source.place(*spots), values))
        if len(self.complaints) >= LIMIT_COMPLAINTS:
            raise _Stop

    def stop(self, code: str, spots: tuple[_Spot, _Spot], **values: Any) -> None:
        """Note a fault after which nothing more can be read."""
        self.complain(code, spots, **values)
        raise _Stop


class _Stop(Exception):  # noqa: N818
    """The rest of the text is not read."""


@dataclass(frozen=True)
class _NotFinite:
    what: Words


def _meaning(text: str) -> Any:
    """Return what a plain scalar means: nothing, a switch, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        return _NotFinite(Words("not finite", "不是有限的数"))
    if not _DECIMAL.fullmatch(text):
        return text
    number = float(text)
    if not math.isfinite(number) or abs(number) > 1e300:
        return _NotFinite(Words("too large", "过大"))
    if _WHOLE.fullmatch(text):
        return int(text) if abs(number) < 2**63 else _NotFinite(Words("too large", "过大"))
    return number


def _spots(event: Any) -> tuple[_Spot, _Spot]:
    start, end = event.start_mark, event.end_mark
    return (start.line, start.column), (end.line, end.column)


def _after(event: Any) -> _Spot:
    return event.start_mark.line, event.start_mark.column + 1


def _said(key: Marked) -> str:
    return str(key.place.excerpt[0])[key.start[1] : key.end[1]] if key.start[0] == key.end[0] else "..."


# Faults that are best shown where the unfinished thing begins; the parser finds them at its end.
_OPENED = ("flow sequence", "flow mapping", "end of stream", "unexpected document indicator", "a simple key",
           "flow node")  # fmt: skip

_SYNTAX: tuple[tuple[str, Words], ...] = (
    ("mapping values are not allowed", Words(
        "a `:` too many; put quotes around text that holds `: `", "多了一个 `:`；含有 `: ` 的文字请加引号")),
    ("could not find expected ':'", Words("a key without `:`", "键后面缺少 `:`")),
    ("expected ',' or ']'", Words("the list is not closed: `,` or `]` is missing", "列表没有结束：缺少 `,` 或 `]`")),
    ("expected ',' or '}'", Words("the map is not closed: `,` or `}` is missing", "键值对没有结束：缺少 `,` 或 `}`")),
    ("escape", Words("an unknown `\\`; single quotes keep it as it is", "未知的 `\\`；用单引号可原样保留")),
    ("quoted scalar", Words("the quotes are not closed", "引号没有结束")),
    ("block collection", Words("the indentation does not fit the lines above", "缩进与上文不一致")),
    ("block mapping", Words("the indentation does not fit the lines above", "缩进与上文不一致")),
    ("block sequence entries", Words("a `- ` cannot stand here", "这里不能有 `- `")),
    ("cannot start any token", Words(
        "text cannot start with this character; put quotes around it", "文字不能以此字符开头；请加引号")),
    ("undefined tag handle", Words("tags are not read; delete it", "不读取标签；请删除")),
    ("anchor or alias", Words(
        "`&` or `*` needs a name; put quotes around text", "`&`、`*` 之后需要名称；文字请加引号")),
    ("flow node", Words("something must follow: a value, `]` or `}`", "后面应有值、`]` 或 `}`")),
    ("<document start>", Words("the text goes on after its end", "内容结束之后还有文字")),
    ("directive", Words("a line cannot start with `%`", "行首不能是 `%`")),
)  # fmt: skip
_SYNTAX_ELSE = Words(
    "not expected here; look for a missing quote, bracket or space", "此处不合语法；请检查引号、括号或空格"
)


def _syntax_words(problem: str) -> Words:
    return next((words for part, words in _SYNTAX if part in problem), _SYNTAX_ELSE)


# -- writing

# Text that needs no quotes, for us nor for readers of YAML 1.1.
_PLAIN = re.compile(r"[^\W_][\w./+%-]*(?: [\w./+%-]+)*")
_UNSEEN = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff]")
_NUMBER_LIKE = re.compile(r"0[xob]?[\da-fA-F_]+|[\d_.eE+-]+")
_READ_OTHERWISE = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def _lines(
    value: Any, path: tuple[str | int, ...], notes: Mapping[tuple[str | int, ...], str]
) -> Iterator[tuple[str, str]]:
    """Yield (line, note) of a map, two spaces a level; lists stand on one line."""
    indent = "  " * len(path)
    for key, below in value.items():
        here = (*path, key)
        if isinstance(below, dict) and below:
            yield f"{indent}{_scalar(key)}:", notes.get(here, "")
            yield from _lines(below, here, notes)
        else:
            yield f"{indent}{_scalar(key)}: {_flow(below)}", notes.get(here, "")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return repr(value)
    plain = _PLAIN.fullmatch(value) and value.casefold() not in _READ_OTHERWISE and not _NUMBER_LIKE.fullmatch(value)
    return value if plain else _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", _quoted(value))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
