"""Cells of a decision table: the unary tests of DMN, and the values of output columns.

::

    -                 anything               >= 4, < 2      comparisons
    gas, water        one of these           6..22)         an interval; an end is in it unless ( or ) is written
    not gas           none of these          22..6)         a cyclic input runs through its end
    missing           an optional value that is not there   = a > b        a condition on any inputs
"""

from __future__ import annotations

import re
from fractions import Fraction

from twin.errors import Complaint, Place, Words
from twin.rules import ranges
from twin.rules.expressions import read_expression
from twin.rules.kinds import Choice, Day, Free, Group, Kind, Number, Truth, Unknown, decimal, said, written
from twin.rules.model import (
    Absent,
    Arithmetic,
    Between,
    Cell,
    Equals,
    Expr,
    Holds,
    Literal,
    Name,
    Test,
    walk,
)
from twin.rules.scope import Scope
from twin.rules.snippets import Snippet
from twin.rules.tokens import bare_number

ANYTHING = frozenset({"", "-", "–", "—", "－"})
TRUTHS = {"true": True, "yes": True, "on": True, "是": True, "真": True,
          "false": False, "no": False, "off": False, "否": False, "假": False}  # fmt: skip
_ABSENT = frozenset({"missing", "缺失"})
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」"}

_NOT = re.compile(r"(?:not\b|非)\s*")
_COMPARED = re.compile(r"(>=|<=|==|!=|<>|≥|≤|≠|>|<)")
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "<>": "!="}
_DASHED = re.compile(r"\d[\d.]*\s*(?:-|–|—|~|\u301c|至|到)\s*\d[\d.]*\s*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


def read_cell(snippet: Snippet, column: Name, scope: Scope) -> Cell:
    """Read an input cell; what makes no sense is complained of, and the cell is not readable."""
    snippet = snippet.stripped()
    plain = snippet.plain()
    if plain in ANYTHING:
        return Cell(text=snippet.text, place=snippet.place())
    if isinstance(column.kind, Unknown):
        return Cell((), False, False, snippet.text, snippet.place())
    reader = _Reader(column, scope)
    negated = _NOT.match(plain) is not None and not reader.is_word(snippet.text)
    tests = reader.tests(_after_not(snippet, plain) if negated else snippet)
    if reader.negated:
        negated = not negated
    return Cell(tuple(tests), negated, not reader.faults, snippet.text, snippet.place())


def _after_not(snippet: Snippet, plain: str) -> Snippet:
    """Return what stands after ``not``, without brackets around a list."""
    found = _NOT.match(plain)
    rest = snippet.cut(found.end() if found else 0, len(plain))
    text = rest.plain()
    if text.startswith("(") and text.endswith(")") and ".." not in text and _closes(text):
        return rest.cut(1, len(text) - 1)
    return rest


def _closes(text: str) -> bool:
    """Whether the first bracket is closed by the last."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


class _Reader:
    """Reads the tests of one cell and counts its faults."""

    def __init__(self, column: Name, scope: Scope) -> None:
        self.column = column
        self.kind = column.kind
        self.scope = scope
        self.faults = 0
        self.negated = False

    def tests(self, snippet: Snippet) -> list[Test]:
        """Read everything between the commas."""
        plain = snippet.plain()
        if self.is_word(snippet.text):
            return self.item(snippet, alone=True)
        if plain.startswith("=") and not plain.startswith("=="):
            return self.condition(snippet.cut(1, len(plain)))
        if _THOUSANDS.fullmatch(plain) and isinstance(self.kind, Number):
            return self.refuse(snippet, _COMMAS)
        items = split(snippet)
        return [test for item in items for test in self.item(item, alone=len(items) == 1)]

    def refuse(self, snippet: Snippet, what: Words) -> list[Test]:
        """Note a text that makes no sense."""
        return self.fault("E111", snippet.place(), what=what)

    def fault(self, code: str, place: Place, **values: object) -> list[Test]:
        """Note a fault."""
        self.faults += 1
        self.scope.complain(Complaint(code, place, values))
        return []

    def is_word(self, text: str) -> bool:
        """Whether a text is, as a whole, a value of the column's choice."""
        return isinstance(self.kind, Choice) and text in self.kind.values

    def condition(self, snippet: Snippet) -> list[Test]:
        """Read ``= expression``: a condition, or a value to be equal to."""
        expect = self.kind if isinstance(self.kind, (Choice, Free)) else None
        expr = read_expression(snippet, self.scope, None) if expect is None else self.either(snippet, expect)
        if expr is None or any(isinstance(one.kind, Unknown) for one in walk(expr)):
            self.faults += 1
            return []
        if isinstance(expr.kind, Truth):
            return [Holds(expr)]
        expr = in_kind(expr, self.kind)
        return self.equal(expr) if self.fits(expr, snippet) else []

    def either(self, snippet: Snippet, expect: Kind) -> Expr | None:
        """Read a condition, or a word of the column's choice."""
        word = re.fullmatch(r"[^\W\d]\w*", snippet.plain())
        return read_expression(snippet, self.scope, expect if word else None)

    def fits(self, expr: Expr, snippet: Snippet) -> bool:
        """Check that a value can be compared with the column."""
        if isinstance(self.kind, Number) and isinstance(expr.kind, Number) and expr.kind.powers == self.kind.powers:
            return True
        if type(self.kind) is type(expr.kind):
            return True
        self.fault("E105", snippet.place(), wanted=said(self.kind), found=said(expr.kind))
        return False

    def item(self, snippet: Snippet, alone: bool) -> list[Test]:
        """Read one test."""
        plain = snippet.plain()
        if not plain:
            return self.refuse(snippet, Words("a `,` too many", "多了一个 `,`"))
        if plain in ANYTHING:
            return self.refuse(snippet, Words("`-` stands alone", "`-` 应单独写"))
        if plain in _ABSENT and not self.is_word(snippet.text):
            return self.absent(snippet)
        compared = _COMPARED.match(plain)
        if compared:
            return self.comparison(_SIGNS.get(compared[1], compared[1]), snippet.cut(compared.end(), len(plain)), alone)
        if ".." in _unquoted(plain):
            return self.interval(snippet, _unquoted(plain).index(".."))
        return self.value(snippet)

    def absent(self, snippet: Snippet) -> list[Test]:
        """Read ``missing``."""
        if self.column.optional:
            return [Absent()]
        words = Words("only an optional input can be missing", "只有可缺省（optional）的输入才会缺失")
        return self.refuse(snippet, words)

    def comparison(self, sign: str, snippet: Snippet, alone: bool) -> list[Test]:
        """Read ``>= 4``, ``== gas``, ``!= gas``."""
        if sign == "!=":
            self.negated = True
            if not alone:
                return self.refuse(snippet, Words("in a list write `not` before all of it", "列表请整体用 `not` 否定"))
        if sign in ("==", "!="):
            return self.value(snippet)
        end = self.end(snippet)
        if end is None:
            return []
        if sign in (">", ">="):
            return [Between(end, None, sign == ">=", True)]
        return [Between(None, end, True, sign == "<=")]

    def interval(self, snippet: Snippet, dots: int) -> list[Test]:
        """Read ``6..22)``, ``[1..3]``, ``..5``."""
        left, right = snippet.cut(0, dots), snippet.cut(dots + 2, len(snippet.text))
        left, low_in = _opening(left)
        right, high_in = _closing(right)
        if not left.text and not right.text:
            return self.refuse(snippet, Words("an interval needs an end", "区间至少要有一端"))
        low = self.end(left) if left.text else None
        high = self.end(right) if right.text else None
        if (left.text and low is None) or (right.text and high is None):
            return []
        return [Between(low, high, low_in, high_in)]

    def end(self, snippet: Snippet) -> Expr | None:
        """Read the end of an interval; words have ends only when they are ranked."""
        ranked = isinstance(self.kind, (Number, Day, Unknown)) or (isinstance(self.kind, Choice) and self.kind.ordered)
        if not ranked:
            words = Words("words without a ranking cannot be compared by size", "没有次序的取值不能比较大小")
            self.refuse(snippet, words)
            return None
        expr = read_value(snippet, self.kind, self.scope)
        self.faults += expr is None
        return expr

    def value(self, snippet: Snippet) -> list[Test]:
        """Read a value to be equal to."""
        plain = snippet.plain()
        if isinstance(self.kind, Number) and _DASHED.fullmatch(plain):
            return self.refuse(snippet, Words("an interval is written `6..22`", "区间请写作 `6..22`"))
        expr = read_value(snippet, self.kind, self.scope)
        if expr is None:
            self.faults += 1
            return []
        return self.equal(expr)

    def equal(self, expr: Expr) -> list[Test]:
        """Return the test for a value; one that the column can never have is complained of."""
        if isinstance(self.kind, (Number, Day)):
            out_of_range(expr, self.kind, self.scope)
            return [Between(expr, expr)]
        return [Equals(expr)]


_COMMAS = Words("a `,` separates values: write `1000`, or `1, 000` for two values",
                "`,` 用来分隔取值：请写 `1000`；两个值请写 `1, 000`")  # fmt: skip


def out_of_range(expr: Expr, kind: Kind, scope: Scope) -> bool:
    """Complain of a written value that the declared range does not hold."""
    if not isinstance(expr, Literal) or not isinstance(kind, (Number, Day)) or isinstance(expr.value, (bool, str)):
        return False
    if expr.value is None or kind.holds(expr.value):  # type: ignore[arg-type]
        return False
    values = {"value": written(expr.value, kind), "range": range_of(kind)}
    scope.complain(Complaint("E106", expr.place, values))
    return True


def range_of(kind: Number | Day) -> str:
    """Write the declared range of numbers or dates."""
    if isinstance(kind, Day):
        return f"{kind.low or ''}..{kind.high or ''}"
    low = "" if kind.low is None else decimal(kind.low / kind.factor)
    high = "" if kind.high is None else decimal(kind.high / kind.factor)
    step = "" if kind.step in (None, Fraction(1), kind.factor) else f" / {decimal(kind.step or Fraction(1))}"
    whole = " (int)" if kind.step == kind.factor and kind.step is not None else ""
    return f"{low}..{high}{step}{whole}"


def _opening(snippet: Snippet) -> tuple[Snippet, bool]:
    """Take the bracket off the lower end; say whether the end is in the interval."""
    text = snippet.plain()
    if text.startswith("["):
        return snippet.cut(1, len(text)), True
    if text.startswith("]") or (text.startswith("(") and text.count("(") > text.count(")")):
        return snippet.cut(1, len(text)), False
    return snippet, True


def _closing(snippet: Snippet) -> tuple[Snippet, bool]:
    """Take the bracket off the upper end; say whether the end is in the interval."""
    text = snippet.plain()
    if text.endswith("]"):
        return snippet.cut(0, len(text) - 1), True
    if text.endswith("[") or (text.endswith(")") and text.count(")") > text.count("(")):
        return snippet.cut(0, len(text) - 1), False
    return snippet, True


def _unquoted(plain: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'|“[^”]*”", lambda found: "_" * len(found.group()), plain)


def split(snippet: Snippet) -> list[Snippet]:
    """Split a text at the commas that are not inside brackets or quotes."""
    plain = _unquoted(snippet.plain())
    items, first, depth = [], 0, 0
    for at, letter in enumerate(plain):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth = max(depth - 1, 0)
        elif letter in ",、" and (depth == 0 or _is_open_interval(plain[first:at])):
            items.append(snippet.cut(first, at))
            first, depth = at + 1, 0
    return [*items, snippet.cut(first, len(plain))]


def _is_open_interval(item: str) -> bool:
    """Whether a text is an interval with a bracket that stays open: ``(6..22``."""
    return ".." in item and item.strip()[:1] in "([" and "," not in item


# -- values


def read_value(snippet: Snippet, kind: Kind, scope: Scope) -> Expr | None:
    """Read a value of a kind: a word, or an expression; bare numbers are in the unit of the kind."""
    snippet = snippet.stripped()
    plain = snippet.plain()
    if isinstance(kind, Truth) and plain.casefold() in TRUTHS:
        return Literal(TRUTHS[plain.casefold()], kind=kind, place=snippet.place())
    if isinstance(kind, (Choice, Free)):
        return _word(snippet, kind, scope)
    bare = bare_number(plain) if isinstance(kind, Number) else None
    if bare is not None and isinstance(kind, Number):
        value = bare * kind.factor
        return Literal(value, kind=ranges.exactly(value, kind.powers), place=snippet.place())
    return _measured(snippet, kind, scope)


def _measured(snippet: Snippet, kind: Kind, scope: Scope) -> Expr | None:
    if not isinstance(kind, Number) or not kind.powers:
        return read_expression(snippet, scope, kind)
    expr = read_expression(snippet, scope)
    if expr is None:
        return None
    if isinstance(expr.kind, Number) and not expr.kind.powers and not any(isinstance(one, Name) for one in walk(expr)):
        return in_kind(expr, kind)
    return read_expression(snippet, scope, kind)


def in_kind(expr: Expr, kind: Kind) -> Expr:
    """Count a plain number that is worked out from written ones in the unit of a kind."""
    if not isinstance(kind, Number) or not isinstance(expr.kind, Number) or expr.kind.powers or not kind.powers:
        return expr
    unit = Literal(kind.factor, kind=ranges.exactly(kind.factor, kind.powers), place=expr.place)
    return Arithmetic("*", expr, unit, kind=ranges.product(expr.kind, unit.kind), place=expr.place)  # type: ignore[arg-type]


def _word(snippet: Snippet, kind: Choice | Free, scope: Scope) -> Expr | None:
    """Read a word, in quotes or not; ``= name`` takes it from an input."""
    text, plain = snippet.text, snippet.plain()
    if plain.startswith("="):
        return read_expression(snippet.cut(1, len(plain)), scope, kind)
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1]
    if isinstance(kind, Choice):
        word = text if text in kind.values else plain if plain in kind.values else text
        if not scope.word(word, kind, snippet.place()):
            return None
        text = word
    return Literal(text, kind=kind, place=snippet.place())


def read_output(snippet: Snippet, kind: Kind, scope: Scope) -> Expr | None:
    """Read the value of an output: as :func:`read_value`; an expression may follow ``=``."""
    snippet = snippet.stripped()
    plain = snippet.plain()
    if isinstance(kind, Group):
        return None
    if plain.startswith("=") and not isinstance(kind, (Choice, Free)):
        snippet = snippet.cut(1, len(plain))
    expr = read_value(snippet, kind, scope)
    if expr is not None:
        out_of_range(expr, kind, scope)
    return expr
