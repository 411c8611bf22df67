"""Expressions: a subset of Python's, read by ``ast`` and turned, node by node, into typed ones of ours.

Nothing of the author's is ever evaluated by Python: ``ast`` sees only the signs, brackets and placeholders that
:mod:`twin.rules.tokens` makes, and every kind of node that is not listed here is refused.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from twin.core.units import UnitProblem, exact_measure, unit_words
from twin.errors import Complaint, Place, Words, closest
from twin.rules import ranges
from twin.rules.functions import AGGREGATES, FUNCTIONS, HISTORY, PERIODS, USAGES, Function
from twin.rules.kinds import (
    PURE,
    TIME,
    TRUTH,
    UNKNOWN,
    Choice,
    Day,
    Free,
    Group,
    Kind,
    Number,
    Unknown,
    clashing_times,
    said,
    said_powers,
    same,
)
from twin.rules.model import (
    Aggregate,
    Among,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Every,
    Expr,
    History,
    Literal,
    Missing,
    Name,
    Not,
    Some,
)
from twin.rules.scope import Binding, Scope
from twin.rules.snippets import Snippet
from twin.rules.tokens import Token, Tokens, Unreadable, refuse, tokenize

DEEPEST = 60

_ORDER: Mapping[type, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_OPERATORS: Mapping[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//"}
_ABSENT = frozenset({"null", "none", "None", "nil", "NULL", "空", "缺失"})
_COUNTED = Number(PURE, Fraction(0), None, Fraction(1))


def read_expression(snippet: Snippet, scope: Scope, expect: Kind | None = None) -> Expr | None:
    """Read an expression; ``None`` when it made no sense, which ``scope.complain`` was told.

    ``expect`` is the kind that is wanted: bare words are read as its values, and another kind is a complaint.
    """
    reader = _Reader(scope)
    try:
        found = reader.read(snippet, expect)
    except Unreadable as reason:
        scope.complain(reason.complaint)
        return None
    return None if reader.faults else found


class _Reader:
    """Turns one snippet into an expression; counts the faults it meets and goes on where it can."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.faults = 0
        self.tokens = Tokens(Snippet("", None, (0, 0)))  # type: ignore[arg-type]

    def read(self, snippet: Snippet, expect: Kind | None) -> Expr:
        """Read a whole snippet."""
        if not snippet.text.strip():
            raise refuse(snippet, 0, 1, "something must stand here", "此处不能为空")
        self.tokens = tokenize(snippet)
        tree = self.parsed(snippet)
        _refuse_depth(tree, snippet)
        found = self.build(tree, expect)
        return self.wanted(found, expect)

    def parsed(self, snippet: Snippet) -> ast.expr:
        """Let Python's parser find the structure."""
        try:
            return ast.parse(self.tokens.code.strip(), mode="eval").body
        except SyntaxError as fault:
            at = (fault.offset or 1) - 1
        except (MemoryError, RecursionError, ValueError):
            raise refuse(snippet, 0, len(snippet.text), "this is too deeply nested", "嵌套过深") from None
        if at >= len(self.tokens.code.strip()):
            end = len(snippet.text)
            raise refuse(snippet, end - 1, end, "something is missing after this", "这里之后缺少内容")
        token = self.tokens.at(at)
        raise refuse(snippet, token.first, token.last, "this does not fit here", "此处不合语法")

    # -- helpers

    def place(self, node: ast.AST) -> Place:
        """Return where a node of the tree stands in the file."""
        first = self.tokens.at(node.col_offset)  # type: ignore[attr-defined]
        last = self.tokens.at(max((node.end_col_offset or 1) - 1, 0))  # type: ignore[attr-defined]
        return self.tokens.snippet.place(first.first, last.last)

    def token(self, node: ast.Name) -> Token:
        """Return the token that a placeholder stands for."""
        return self.tokens.at(node.col_offset)

    def complain(self, code: str, place: Place, **values: object) -> Expr:
        """Note a fault; return an expression that fits everywhere."""
        self.faults += 1
        self.scope.complain(Complaint(code, place, values))
        return Literal(None, kind=UNKNOWN, place=place)

    def wanted(self, found: Expr, expect: Kind | None) -> Expr:
        """Check an expression against the kind that is wanted."""
        if expect is None or isinstance(found.kind, Unknown) or isinstance(expect, Unknown):
            return found
        if isinstance(found.kind, Number) and isinstance(expect, Number):
            found = _adopted(found, expect)
            self.agree(found.kind, expect, found.place)
            return found
        if not same(found.kind, expect):
            return self.complain("E105", found.place, wanted=said(expect), found=said(found.kind))
        return found

    def agree(self, one: Kind, other: Kind, place: Place) -> bool:
        """Check that two numbers have one dimension; complain when not."""
        if not isinstance(one, Number) or not isinstance(other, Number) or one.powers == other.powers:
            return True
        if clashing_times(one.powers, other.powers):
            self.complain("E108", place, one=said_powers(one.powers), other=said_powers(other.powers))
        else:
            self.complain("E107", place, what=_not_of_one_dimension(one, other))
        return False

    # -- nodes

    def build(self, node: ast.AST, expect: Kind | None = None) -> Expr:
        """Build the expression of a node."""
        method: Callable[..., Expr] | None = getattr(self, "build_" + type(node).__name__.lower(), None)
        if method is None:
            words = _REFUSED.get(type(node).__name__, Words("this is not part of the language", "语言中没有这种写法"))
            return self.complain("E111", self.place(node), what=words)
        return method(node, expect)

    def build_name(self, node: ast.Name, expect: Kind | None) -> Expr:
        """Build a literal, a word of a choice, or a name."""
        token, place = self.token(node), self.place(node)
        if token.role == "value":
            return self.literal(token, place)
        if token.role == "word":
            return self.word(token.name, expect if isinstance(expect, Choice) else None, place)
        bound = self.scope.find(token.name)
        if isinstance(expect, Choice) and token.name in expect.values and not (bound and same(bound.kind, expect)):
            return self.word(token.name, expect, place)
        if bound is None and isinstance(expect, (Choice, Free)) and "." not in token.name:
            return self.word(token.name, expect if isinstance(expect, Choice) else None, place)
        if bound is None:
            return self.lost(token.name, place)
        name = token.name.removeprefix(self.scope.prefix) if bound.origin == "member" else token.name
        return Name(name, bound.origin, bound.optional, kind=bound.kind, place=place)

    def lost(self, name: str, place: Place) -> Expr:
        """Complain about a name that nothing has."""
        if name in _ABSENT:
            words = Words("there is no null; ask `missing(name)`", "没有空值；请用 `missing(名称)` 判断")
            return self.complain("E111", place, what=words)
        self.faults += 1
        self.scope.unknown(name, place)
        return Literal(None, kind=UNKNOWN, place=place)

    def word(self, word: str, expect: Choice | None, place: Place) -> Expr:
        """Build a word; it must be a value of the choice that is wanted."""
        if expect is None:
            return Literal(word, kind=Free(), place=place)
        if not self.scope.word(word, expect, place):
            self.faults += 1
            return Literal(None, kind=UNKNOWN, place=place)
        return Literal(word, kind=expect, place=place)

    def literal(self, token: Token, place: Place) -> Expr:
        """Build a number, a date or a truth value."""
        value = token.value
        if isinstance(value, dt.date):
            return Literal(value, kind=Day(value, value), place=place)
        if isinstance(value, bool) or not isinstance(value, Fraction):
            return Literal(value, kind=TRUTH, place=place)
        if token.unit is None:
            return Literal(value, kind=ranges.exactly(value), place=place)
        try:
            factor, powers = exact_measure(token.unit)
        except UnitProblem:
            near = closest(token.unit, unit_words())
            words = Words(f"`{token.unit}` is not a unit", f"`{token.unit}` 不是单位")
            return self.complain("E107", place, what=words, suggestion=near)
        return Literal(value * factor, kind=ranges.exactly(value * factor, powers), place=place)

    def build_unaryop(self, node: ast.UnaryOp, expect: Kind | None) -> Expr:
        """Build ``not x``, ``-x`` or ``+x``."""
        if isinstance(node.op, ast.Not):
            return Not(self.truth(node.operand), kind=TRUTH, place=self.place(node))
        operand = self.build(node.operand)
        if isinstance(operand.kind, Unknown):
            return operand
        if not isinstance(operand.kind, Number):
            return self.complain("E105", operand.place, wanted=_NUMBER, found=said(operand.kind))
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(operand, Literal) and isinstance(operand.value, Fraction):
            value = -operand.value
            return Literal(value, kind=ranges.exactly(value, operand.kind.powers), place=self.place(node))
        zero = Literal(Fraction(0), kind=ranges.exactly(Fraction(0), operand.kind.powers), place=operand.place)
        kind = ranges.difference(zero.kind, operand.kind)  # type: ignore[arg-type]
        return Arithmetic("-", zero, operand, kind=kind, place=self.place(node))

    def truth(self, node: ast.AST) -> Expr:
        """Build something that must be true or false."""
        return self.wanted(self.build(node), TRUTH)

    def build_boolop(self, node: ast.BoolOp, expect: Kind | None) -> Expr:
        """Build ``and`` or ``or``."""
        parts = tuple(self.truth(part) for part in node.values)
        make = Every if isinstance(node.op, ast.And) else Some
        return make(parts, kind=TRUTH, place=self.place(node))

    def build_ifexp(self, node: ast.IfExp, expect: Kind | None) -> Expr:
        """Build ``yes if test else no``."""
        test = self.truth(node.test)
        yes, no = self.sides([node.body, node.orelse], expect)
        place = self.place(node)
        if isinstance(yes.kind, Number) and isinstance(no.kind, Number):
            yes, no = _adopted(yes, no.kind), _adopted(no, yes.kind)
            if not self.agree(no.kind, yes.kind, no.place):
                return Literal(None, kind=UNKNOWN, place=place)
            kind: Kind = ranges.hull([yes.kind, no.kind])  # type: ignore[list-item]
        elif same(yes.kind, no.kind):
            kind = yes.kind if not isinstance(yes.kind, Unknown) else no.kind
            kind = Day() if isinstance(kind, Day) else kind
        else:
            return self.complain("E105", no.place, wanted=said(yes.kind), found=said(no.kind))
        return Choose(test, yes, no, kind=kind, place=place)

    def build_binop(self, node: ast.BinOp, expect: Kind | None) -> Expr:
        """Build arithmetic."""
        left, right = self.build(node.left), self.build(node.right)
        op, place = _OPERATORS.get(type(node.op)), self.place(node)
        if op is None:
            return self.complain("E111", place, what=_REFUSED_OPERATOR)
        if isinstance(left.kind, Unknown) or isinstance(right.kind, Unknown):
            return Literal(None, kind=UNKNOWN, place=place)
        if isinstance(left.kind, Day):
            return self.dated(op, left, right, place)
        for side in (left, right):
            if not isinstance(side.kind, Number):
                return self.complain("E105", side.place, wanted=_NUMBER, found=said(side.kind))
        return self.arithmetic(op, left, right, place)

    def arithmetic(self, op: str, left: Expr, right: Expr, place: Place) -> Expr:
        """Build arithmetic on numbers."""
        if op in "+-":
            left, right = _adopted(left, right.kind), _adopted(right, left.kind)
        one, other = left.kind, right.kind
        assert isinstance(one, Number) and isinstance(other, Number)
        if op in "+-" and not self.agree(other, one, right.place):
            return Literal(None, kind=UNKNOWN, place=place)
        if op in ("/", "//") and other.low == other.high == 0 and other.low is not None:
            return self.complain("E112", right.place)
        kind = RESULTS[op](one, other)
        return Arithmetic(op, left, right, kind=kind, place=place)

    def dated(self, op: str, left: Expr, right: Expr, place: Place) -> Expr:
        """Build a date plus or minus a time, or the time between two dates."""
        if op == "-" and isinstance(right.kind, Day):
            return Arithmetic(op, left, right, kind=Number(TIME, step=Fraction(1440)), place=place)
        if op in "+-" and isinstance(right.kind, Number):
            if self.agree(right.kind, Number(TIME), right.place):
                return Arithmetic(op, left, right, kind=Day(), place=place)
            return Literal(None, kind=UNKNOWN, place=place)
        return self.complain("E105", right.place, wanted=said_powers(TIME), found=said(right.kind))

    # -- comparisons

    def sides(self, nodes: Sequence[ast.AST], expect: Kind | None = None) -> list[Expr]:
        """Build expressions that stand side by side: bare words are values of the choice that the others have."""
        found: dict[int, Expr] = {}
        for at, node in enumerate(nodes):
            if not self.is_word(node):
                found[at] = self.build(node, expect)
        kinds = [one.kind for one in found.values()]
        choice = next((kind for kind in kinds if isinstance(kind, (Choice, Free))), expect)
        for at, node in enumerate(nodes):
            if choice is None and any(isinstance(one.kind, Unknown) for one in found.values()):
                choice = Free()  # one fault is said, not those that follow from it
            if at not in found:
                found[at] = self.build(node, choice)
            elif isinstance(choice, Choice) and isinstance(node, ast.Name):
                found[at] = self.reread(found[at], choice)
        return [found[at] for at in range(len(nodes))]

    def is_word(self, node: ast.AST) -> bool:
        """Whether a node is a bare or quoted word that no name of the scope claims."""
        if not isinstance(node, ast.Name):
            return False
        token = self.token(node)
        return token.role == "word" or (token.role == "name" and self.scope.find(token.name) is None)

    def reread(self, found: Expr, choice: Choice) -> Expr:
        """Take a name for a value of the choice, where it cannot be compared as a name but is such a value."""
        if isinstance(found, Name) and not same(found.kind, choice) and found.name in choice.values:
            return Literal(found.name, kind=choice, place=found.place)
        return found

    def build_compare(self, node: ast.Compare, expect: Kind | None) -> Expr:
        """Build a comparison, a chain of them, or ``in``."""
        if any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
            return self.among(node)
        sides = self.sides([node.left, *node.comparators])
        places = [self.place(one) for one in (node.left, *node.comparators)]
        parts = []
        for op, left, right, begin, end in zip(node.ops, sides, sides[1:], places, places[1:], strict=False):
            sign = _ORDER.get(type(op))
            place = _joined(begin, end)
            if sign is None:
                return self.complain("E111", place, what=Words("write `==`", "请写 `==`"))
            parts.append(self.relation(sign, left, right, place))
        return parts[0] if len(parts) == 1 else Every(tuple(parts), kind=TRUTH, place=self.place(node))

    def relation(self, sign: str, left: Expr, right: Expr, place: Place) -> Expr:
        """Build one comparison and check that its sides can be compared."""
        left, right = _adopted(left, right.kind), _adopted(right, left.kind)
        one, other = left.kind, right.kind
        if isinstance(one, Number) and isinstance(other, Number):
            self.agree(other, one, right.place)
        elif not same(one, other) or isinstance(one, Group) or isinstance(other, Group):
            return self.complain("E105", right.place, wanted=said(one), found=said(other))
        elif sign not in ("==", "!=") and not _ranked(one, other):
            words = Words("words without a ranking cannot be compared by size", "没有次序的取值不能比较大小")
            return self.complain("E111", place, what=words)
        return Compare(sign, left, right, kind=TRUTH, place=place)

    def among(self, node: ast.Compare) -> Expr:
        """Build ``x in [a, b]`` and ``x not in [a, b]``."""
        place, items = self.place(node), node.comparators[0]
        if len(node.ops) > 1 or not isinstance(items, (ast.List, ast.Tuple)):
            words = Words("after `in` stands a list: `[a, b]`", "`in` 之后应是列表：`[a, b]`")
            return self.complain("E111", place, what=words)
        operand = self.build(node.left)
        expect = operand.kind if isinstance(operand.kind, (Choice, Free, Unknown)) else None
        built = [self.build(item, Free() if isinstance(expect, Unknown) else expect) for item in items.elts]
        built = [_adopted(item, operand.kind) for item in built]
        for item in built:
            if isinstance(item.kind, Number) and isinstance(operand.kind, Number):
                self.agree(item.kind, operand.kind, item.place)
            elif not same(item.kind, operand.kind):
                self.complain("E105", item.place, wanted=said(operand.kind), found=said(item.kind))
        found: Expr = Among(operand, tuple(built), kind=TRUTH, place=place)
        return Not(found, kind=TRUTH, place=place) if isinstance(node.ops[0], ast.NotIn) else found

    # -- functions

    def build_call(self, node: ast.Call, expect: Kind | None) -> Expr:
        """Build a call of a function of the language."""
        if not isinstance(node.func, ast.Name) or self.token(node.func).role != "name":
            return self.complain("E111", self.place(node.func), what=_REFUSED["Call"])
        name, place = self.token(node.func).name, self.place(node)
        if name not in USAGES:
            where, near = self.place(node.func), closest(name, USAGES)
            return self.complain("E120", where, name=name, suggestion=near, known=tuple(USAGES))
        if name == "missing":
            return self.missing(node, place)
        if name in AGGREGATES:
            return self.aggregate(name, node, place)
        if name in HISTORY:
            return self.history(name, node, place)
        return self.function(FUNCTIONS[name], node, place)

    def misused(self, name: str, place: Place) -> Expr:
        """Complain that a function is not called as it should be."""
        return self.complain("E121", place, name=name, usage=USAGES[name])

    def function(self, function: Function, node: ast.Call, place: Place) -> Expr:
        """Build a call of a function of numbers or dates."""
        if node.keywords or not function.least <= len(node.args) <= function.most:
            return self.misused(function.name, place)
        arguments = [self.build(one) for one in node.args]
        if any(isinstance(one.kind, Unknown) for one in arguments):
            return Literal(None, kind=UNKNOWN, place=place)
        if function.takes == "date":
            arguments = [self.wanted(one, Day()) for one in arguments]
            return Call(function.name, tuple(arguments), kind=function.range_of([]), place=place)
        return self.numeric(function, arguments, place)

    def numeric(self, function: Function, arguments: list[Expr], place: Place) -> Expr:
        """Build a call on numbers of one dimension."""
        for one in arguments:
            if not isinstance(one.kind, Number):
                return self.complain("E105", one.place, wanted=_NUMBER, found=said(one.kind))
        first = next((one.kind for one in arguments if not _is_zero(one)), arguments[0].kind)
        arguments = [_adopted(one, first) for one in arguments]
        if not all(self.agree(one.kind, first, one.place) for one in arguments):
            return Literal(None, kind=UNKNOWN, place=place)
        kinds = [one.kind for one in arguments if isinstance(one.kind, Number)]
        if function.takes == "stepped" and len(kinds) == 1 and kinds[0].powers:
            return self.misused(function.name, place)
        return Call(function.name, tuple(arguments), kind=function.range_of(kinds), place=place)

    def missing(self, node: ast.Call, place: Place) -> Expr:
        """Build ``missing(name)``."""
        argument = self.build(node.args[0]) if len(node.args) == 1 and not node.keywords else None
        if not isinstance(argument, Name):
            return self.misused("missing", place)
        return Missing(argument, kind=TRUTH, place=place)

    def aggregate(self, name: str, node: ast.Call, place: Place) -> Expr:
        """Build ``count``, ``sum`` or ``share`` over a group."""
        if node.keywords or not 1 <= len(node.args) <= 2:
            return self.misused(name, place)
        group = self.group_of(node.args[0])
        if group is None or not isinstance(group.kind, Group):
            return self.misused(name, self.place(node.args[0]))
        outside, self.scope = self.scope, self.scope.inside(group.name, group.kind)
        value = None if self.is_group(node.args[0]) else self.member(node.args[0])
        where = self.truth(node.args[1]) if len(node.args) == 2 else None
        self.scope = outside
        if (name == "sum" and value is None) or (name == "count" and value is not None):
            return self.misused(name, place)
        kind = aggregated(name, value)
        return Aggregate(name, group, value, where, kind=kind, place=place)  # type: ignore[arg-type]

    def is_group(self, node: ast.AST) -> bool:
        """Whether a node names a group."""
        return isinstance(node, ast.Name) and self.token(node).name in self.scope.groups()

    def group_of(self, node: ast.AST) -> Name | None:
        """Find the group that the first argument of an aggregate speaks of."""
        groups, place = self.scope.groups(), self.place(node)
        names = [self.token(one).name for one in ast.walk(node) if isinstance(one, ast.Name)]
        for name in names:
            for group, kind in groups.items():
                if name in (group, *(f"{group}.{one.name}" for one in kind.members)):
                    return self.group_name(group, place)
        holders = [group for group, kind in groups.items() if any(kind.member(name) for name in names)]
        return self.group_name(holders[0], place) if len(holders) == 1 else None

    def group_name(self, name: str, place: Place) -> Name:
        """Return the name of a group."""
        bound: Binding | None = self.scope.find(name)
        assert bound is not None
        return Name(name, bound.origin, bound.optional, kind=bound.kind, place=place)

    def member(self, node: ast.AST) -> Expr:
        """Build what an aggregate adds up: a number of each member."""
        found = self.build(node)
        if not isinstance(found.kind, (Number, Unknown)):
            return self.complain("E105", found.place, wanted=_NUMBER, found=said(found.kind))
        return found

    def history(self, name: str, node: ast.Call, place: Place) -> Expr:
        """Build ``prev``, ``streak``, ``since`` or ``count_in``."""
        by = self.period(name, node)
        wanted = 2 if name == "count_in" else 1
        if by is None or len(node.args) != wanted:
            return self.misused(name, place)
        operand = self.build(node.args[0]) if name == "prev" else self.truth(node.args[0])
        window = self.wanted(self.build(node.args[1]), Number(TIME)) if name == "count_in" else None
        kind = {"prev": operand.kind, "since": Number(TIME, Fraction(0))}.get(name, _COUNTED)
        return History(name, operand, by, window, kind=kind, place=place)  # type: ignore[arg-type]

    def period(self, name: str, node: ast.Call) -> str | None:
        """Read ``by: year``; without it a day."""
        if not node.keywords:
            return "day"
        [keyword, *more] = node.keywords
        said_by = self.tokens.at(keyword.col_offset).name
        value = self.token(keyword.value).name if isinstance(keyword.value, ast.Name) else ""
        fits = said_by == "by" and value in PERIODS and not more and name in ("prev", "streak")
        return value if fits else None


_NUMBER = Words("a number", "数字")

_REFUSED: Mapping[str, Words] = {
    "Attribute": Words("no `.` can stand after this", "其后不能接 `.`"),
    "Subscript": Words("nothing can be picked with `[ ]`", "不能用 `[ ]` 取值"),
    "Call": Words("only the functions of the language can be called", "只能调用语言提供的函数"),
    "Tuple": Words("a `,` too many", "多了一个 `,`"),
    "List": Words("a list stands only after `in`", "列表只能写在 `in` 之后"),
    "Starred": Words("no `*` can stand before this", "此前不能写 `*`"),
}
_REFUSED_OPERATOR = Words("this operator is not part of the language", "语言中没有这个运算符")

RESULTS: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": ranges.total,
    "-": ranges.difference,
    "*": ranges.product,
    "/": ranges.quotient,
    "//": ranges.whole_quotient,
}


def aggregated(name: str, value: Expr | None) -> Kind:
    """Return the kind of what an aggregate counts or adds up."""
    if name == "count":
        return _COUNTED
    if name == "share":
        return Number(PURE, Fraction(0), Fraction(1))
    kind = value.kind if value is not None else UNKNOWN
    if not isinstance(kind, Number):
        return kind
    low = Fraction(0) if kind.low is not None and kind.low >= 0 else None
    return Number(kind.powers, low, None, kind.step)


def _ranked(one: Kind, other: Kind) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return True
    if isinstance(one, Day) and isinstance(other, Day):
        return True
    return isinstance(one, Choice) and one.ordered and isinstance(other, Choice) and other.ordered


def _is_zero(expr: Expr) -> bool:
    return isinstance(expr, Literal) and expr.value == 0 and isinstance(expr.value, Fraction)


def _adopted(expr: Expr, kind: Kind) -> Expr:
    """Let a bare 0 stand for nothing of any dimension."""
    if _is_zero(expr) and isinstance(kind, Number) and isinstance(expr.kind, Number) and not expr.kind.powers:
        return Literal(Fraction(0), kind=ranges.exactly(Fraction(0), kind.powers), place=expr.place)
    return expr


def _not_of_one_dimension(one: Number, other: Number) -> Words:
    """Say that a number of one dimension stands where another is wanted."""
    found, wanted = said_powers(one.powers), said_powers(other.powers)
    return Words(f"this is {found.en}, not {wanted.en}", f"这是{found.zh}，而此处应为{wanted.zh}")


def _joined(begin: Place, end: Place) -> Place:
    return Place(begin.file, begin.line, begin.col, end.end_line, end.end_col, begin.excerpt)


def _refuse_depth(tree: ast.expr, snippet: Snippet) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [below for node in level for below in ast.iter_child_nodes(node) if isinstance(below, ast.expr)]
        if not level:
            return
    place = snippet.place(0, len(snippet.text))
    words = Words("the depth of an expression", "表达式的嵌套层数")
    raise Unreadable(Complaint("E113", place, {"what": words, "limit": DEEPEST}))
