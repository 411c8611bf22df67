"""The words and signs of an expression, read before Python's parser sees any of it.

Numbers keep all digits and take their unit along (``5000 yuan``, ``40%``, ``2 个工作日``), dates are dates, full-width
signs are ordinary ones, Chinese names are names. What is handed to ``ast`` afterwards holds only ``v0 v1 …``, operators
and brackets: no text of the author.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from twin.core.units import unit_words
from twin.errors import Complaint, Words
from twin.rules.kinds import Value
from twin.rules.snippets import Snippet

LONGEST = 4000
MOST_TOKENS = 1000
MOST_DIGITS = 40
MOST_NESTED = 40

_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "×": "*", "÷": "/", "−": "-", "、": ",", "【": "[", "】": "]"}
_WORDS = {"and": "and", "or": "or", "not": "not", "in": "in", "if": "if", "else": "else",
          "且": "and", "并且": "and", "或": "or", "或者": "or", "非": "not"}  # fmt: skip
_TRUTHS = {"true": True, "false": False, "True": True, "False": False, "真": True, "假": False, "是": True, "否": False}
_ARITHMETIC = ("+", "-", "*", "/", "//")
_PYTHON_OPERATORS = frozenset((*_ARITHMETIC, "<", "<=", ">", ">=", "==", "!=", "(", ")", "[", "]", ",", "."))

_NAME = r"[^\W\d]\w*"
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<date>\d{4}-\d{1,2}-\d{1,2}(?!\d))"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d{1,6}(?!\w))?|\.\d+)"
    rf"|(?P<name>{_NAME}(?:\.{_NAME})*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|「[^」]*」)"
    r"|(?P<sign>>=|<=|==|!=|<>|//|\*\*|\.\.|[≥≤≠×÷−、【】]|.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word or sign: what it is for Python (``code``), what it means, where it stands in the snippet.

    ``unit`` is ``None`` for a bare number.
    """

    code: str
    first: int
    last: int
    name: str = ""
    value: Value = None
    unit: str | None = None
    role: str = "sign"


@dataclass
class Tokens:
    """The tokens of a snippet, the text that ``ast`` is given, and the way back from its columns."""

    snippet: Snippet
    tokens: list[Token] = field(default_factory=list)
    code: str = ""
    starts: list[int] = field(default_factory=list)

    def at(self, column: int) -> Token:
        """Return the token that covers a column of ``code``."""
        return self.tokens[max(bisect_right(self.starts, column) - 1, 0)]


class Unreadable(Exception):  # noqa: N818
    """An expression that cannot be read; carries the complaint."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint)
        self.complaint = complaint


def refuse(snippet: Snippet, first: int, last: int, en: str, zh: str) -> Unreadable:
    """Return the refusal of a stretch of a snippet."""
    return Unreadable(Complaint("E111", snippet.place(first, last), {"what": Words(en, zh)}))


def tokenize(snippet: Snippet) -> Tokens:
    """Read a snippet into tokens; raises :class:`Unreadable`."""
    if len(snippet.text) > LONGEST:
        place = snippet.place(0, 1)
        raise Unreadable(Complaint("E113", place, {"what": _LENGTH, "limit": LONGEST}))
    found = Tokens(snippet)
    plain = snippet.plain()
    at, opened = 0, ""
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise refuse(snippet, at, at + 1, "this character has no meaning here", "此处不能用这个字符")
        at = match.end()
        if match.lastgroup != "space":
            token = _token(snippet, match, plain, opened, found.tokens)
            opened = _nesting(opened, token, snippet)
            at = token.last
            _append(found, token)
    return found


_LENGTH = Words("an expression's characters", "表达式的字符数")
_COUNT = Words("an expression's words and signs", "表达式的词和符号数")
_DIGITS = Words("a number's digits", "数字的位数")
_NESTING = Words("brackets within brackets", "括号的层数")


def _append(found: Tokens, token: Token) -> None:
    if len(found.tokens) >= MOST_TOKENS:
        place = found.snippet.place(token.first, token.last)
        raise Unreadable(Complaint("E113", place, {"what": _COUNT, "limit": MOST_TOKENS}))
    found.starts.append(len(found.code))
    code = {"sign": token.code, "keyword": f"k{len(found.tokens)} ="}.get(token.role) or f"v{len(found.tokens)}"
    found.tokens.append(token)
    found.code += code + " "


def _token(snippet: Snippet, match: re.Match[str], plain: str, opened: str, before: list[Token]) -> Token:
    group, first, last = match.lastgroup, match.start(), match.end()
    text = match.group()
    if group == "number":
        return _number(snippet, plain, first, last)
    if group == "date":
        return Token("", first, last, value=_date(snippet, text, first, last), role="value")
    if group == "text":
        return Token("", first, last, name=snippet.text[first + 1 : last - 1], role="word")
    if group == "name":
        return _name(text, first, last, plain, opened)
    return _sign(snippet, text, first, last, before)


def _name(text: str, first: int, last: int, plain: str, opened: str) -> Token:
    if text in _WORDS:
        return Token(_WORDS[text], first, last, name=text)
    if text in _TRUTHS:
        return Token("", first, last, value=_TRUTHS[text], role="value")
    colon = re.compile(r"\s*(?::|=(?!=))").match(plain, last)
    if opened.endswith("(") and colon and text == "by":
        return Token("", first, colon.end(), name=text, role="keyword")
    return Token("", first, last, name=text, role="name")


def _sign(snippet: Snippet, text: str, first: int, last: int, before: list[Token]) -> Token:
    sign = _SIGNS.get(text, text)
    if sign in _PYTHON_OPERATORS:
        return Token(sign, first, last)
    words = _MEANT.get(sign, Words("this sign has no meaning here", "此处不能用这个符号"))
    raise refuse(snippet, first, last, words.en, words.zh)


_MEANT = {
    "=": Words("to compare, write `==`", "比较请写 `==`"),
    "%": Words("`%` is per cent, right after a number; the remainder is `mod(a, b)`",
               "`%` 只能紧跟在数字后表示百分比；求余数请写 `mod(a, b)`"),
    "**": Words("there are no powers; write a product", "不支持乘方；请写成乘积"),
    "..": Words("an interval stands only in a cell of a table; write `a <= x <= b`",
                "区间只能写在表格的单元格里；请写 `a <= x <= b`"),
    "&": Words("write `and`", "请写 `and`"),
    "|": Words("write `or`", "请写 `or`"),
    "!": Words("write `not`", "请写 `not`"),
    ":": Words("a `:` stands only between a name and its value, inside a function's brackets",
               "`:` 只能写在函数括号内的名称和取值之间"),
}  # fmt: skip


def _nesting(opened: str, token: Token, snippet: Snippet) -> str:
    """Keep the brackets that are open; refuse those that do not fit."""
    if token.code in ("(", "["):
        if len(opened) >= MOST_NESTED:
            place = snippet.place(token.first, token.last)
            raise Unreadable(Complaint("E113", place, {"what": _NESTING, "limit": MOST_NESTED}))
        return opened + token.code
    if token.code in (")", "]"):
        if opened[-1:] != {")": "(", "]": "["}[token.code]:
            raise refuse(snippet, token.first, token.last, "this bracket was not opened", "这个括号没有对应的左括号")
        return opened[:-1]
    return opened


# -- numbers and dates


def _number(snippet: Snippet, plain: str, first: int, last: int) -> Token:
    text = plain[first:last]
    if sum(map(str.isdigit, text.partition("e")[0])) > MOST_DIGITS or abs(_exponent(text)) > MOST_DIGITS:
        place = snippet.place(first, last)
        raise Unreadable(Complaint("E113", place, {"what": _DIGITS, "limit": MOST_DIGITS}))
    value = Fraction(text)
    percent = re.compile(r"\s*%").match(plain, last)
    if percent:
        if re.compile(r"\s*[\w(]").match(plain, percent.end()) and not _operator_follows(plain, percent.end()):
            words = _MEANT["%"]
            raise refuse(snippet, percent.end() - 1, percent.end(), words.en, words.zh)
        return Token("", first, percent.end(), value=value / 100, role="value")
    unit = _units().match(plain, last)
    if unit:
        return Token("", first, unit.end(), value=value, unit=re.sub(r"\s*/\s*", "/", unit["unit"]), role="value")
    word = re.compile(rf"\s*({_NAME})").match(plain, last)
    if word and word[1] not in _WORDS:
        return Token("", first, word.end(), value=value, unit=word[1], role="value")
    return Token("", first, last, value=value, role="value")


def _operator_follows(plain: str, at: int) -> bool:
    word = re.compile(rf"\s*({_NAME})").match(plain, at)
    return word is not None and word[1] in _WORDS


def _exponent(text: str) -> int:
    return int(re.split("[eE]", text)[1]) if re.search("[eE]", text) else 0


@cache
def _units() -> re.Pattern[str]:
    """Match a unit after a number: a name of the table, over names; an English name must end there."""
    names = "|".join(re.escape(name) for name in (*unit_words(), "\u33a1"))
    word = rf"(?:{names})(?![A-Za-z0-9_]|(?<=[A-Za-z0-9])\w)"
    return re.compile(rf"\s*(?:个(?=工作日|工时|工作小时))?(?P<unit>{word}(?:/{word})*|(?:/{word})+)")


def _date(snippet: Snippet, text: str, first: int, last: int) -> dt.date:
    year, month, day = map(int, text.split("-"))
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise refuse(snippet, first, last, "there is no such day", "没有这一天") from None


def bare_number(text: str) -> Fraction | None:
    """Read a plain number, ``None`` when the text is anything else (or too long to be one)."""
    if len(text) > MOST_DIGITS or not re.fullmatch(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,2})?", text):
        return None
    return Fraction(text)
