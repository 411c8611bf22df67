"""Hostile and random rule files end in findings, never in a crash, and never run anything."""

from __future__ import annotations

import datetime as dt
import json
import string
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules_kit import VOCABULARY, check_text
from twin.core.marked_yaml import Source
from twin.errors import Complaint, InputError, headline, hints, render_findings
from twin.rules.check import described
from twin.rules.cover import covered
from twin.rules.evaluate import decide
from twin.rules.expressions import read_expression
from twin.rules.kinds import TRUTH, Choice, number
from twin.rules.layout import formatted
from twin.rules.model import RuleSet, walk
from twin.rules.read import read_text_rules
from twin.rules.reference import Case
from twin.rules.scope import Binding, Scope
from twin.rules.snippets import Snippet

HOSTILE = [
    "__import__('os').system('echo')", "().__class__.__bases__[0].__subclasses__()", "eval('1')", "exec('1')",
    "open('/etc/passwd')", "lambda: 1", "[x for x in (1, 2)]", "{1: 2}", "x := 1", "f'{x}'", "a.__globals__", "1 if 1",
    "9" * 3000, "1e99999999", "9**9**9**9", "-" * 900 + "1", "not " * 500 + "a", "(" * 500, ")" * 500, "a" * 3999,
    "a" * 5000, "a and " * 300 + "a", "a + " * 300 + "1", "min(" * 60 + "1" + ")" * 60, "1 / 0", "a // (b - b)",
    "\\u0000", "#", "a # b", "'", '"', "a\u202eb", "，，，", "１ ＋ １", "…", "a..b", "a.b.c.d.e", ".5.", "5.", "0x10",
    "0777", "1_000", "None", "True and not False", "a == missing", "missing(missing(a))", "count(count(a))",
    "streak(streak(a, by: year) > 1, by: year) > 1", "prev(prev(b))", "2025-02-29 > 2025-01-01",
]  # fmt: skip

TEMPLATES = [
    "rule: r\napplies_to: ticket\nwhen: {text}\nthen: {{level: street}}\n",
    "formula: f\ninputs: {{a: bool, b: int}}\nvalue: {text}\n",
    "table: t\ninputs: {{a: {{int: 1..5}}}}\noutputs: {{sla: int}}\n"
    "rows:\n  - {{a: {text}, sla: 1}}\nelse: {{sla: {text}}}\n",
    "table: t\ninputs: {{a: {text}}}\noutputs: {{sla: {text}}}\nhit: {text}\nrows: {text}\n",
    "params: {{x: {{unit: h, values: {{2025-01-01: {text}}}}}}}\n---\nformula: f\nunit: h\nvalue: p.x\n",
    "ruleset: {text}\nenums: {{e: [{text}]}}\n",
]


def survive(text: str) -> None:
    """Check a text and show what is found, in both languages and as plain data."""
    checked = check_text(text)
    for lang in ("en", "zh"):
        render_findings(checked.findings, lang)
        json.dumps(described(checked, lang), allow_nan=False)
    for finding in checked.findings:
        assert headline(finding, "en")
        assert all(hints(finding, "zh"))
    with suppress(InputError):
        formatted(text)
    for decider in checked.rules.deciders:
        with suppress(InputError):
            Case(checked.rules, dt.date(2025, 6, 1), {}).decide(decider.head.name)


@pytest.mark.parametrize("template", TEMPLATES, ids=range(len(TEMPLATES)))
def test_hostile_texts_in_every_place(template: str) -> None:
    for hostile in HOSTILE:
        survive(template.format(text=json.dumps(hostile, ensure_ascii=False)))


words = st.text(alphabet=string.printable + "且或非（）＞，、≥％且燃气", max_size=60)
PIECES = ["a", "b", "3", "2.5", "40%", "2 h", "5 元", "(", ")", "[", "]", ",", "and", "or", "not", "in", "if", "else",
          "+", "-", "*", "/", "//", "<", "<=", "==", "!=", "min(", "count(", "streak(", "by: year", "missing(", "gas",
          "'gas'", "2025-01-31", "p.x", "true", "且", "＞", "..", "%", "=", ":"]  # fmt: skip
KEYS = ["table", "rule", "formula", "inputs", "outputs", "rows", "when", "then", "hit", "else", "let", "value", "unit",
        "params", "enums", "exceptions", "int", "enum", "group", "from", "until", "priority", "sla", "a"]  # fmt: skip
pieces = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)
leaf = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False), words, pieces)
trees = st.recursive(
    leaf,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(st.one_of(words, st.sampled_from(KEYS)), below, max_size=5),
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(words, pieces), template=st.sampled_from(TEMPLATES))
def test_any_text_in_any_place(text: str, template: str) -> None:
    survive(template.format(text=json.dumps(text, ensure_ascii=False)))


@settings(max_examples=150, deadline=None)
@given(tree=trees, main=st.sampled_from(["table", "rule", "formula", "params", "enums"]))
def test_any_tree_of_values(tree: object, main: str) -> None:
    document = {main: "t", **(tree if isinstance(tree, dict) else {"rows": tree, "when": tree, "value": tree})}
    survive(json.dumps(document, ensure_ascii=False))


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    survive(text)


NAMES = {
    "a": Binding(TRUTH, "input"),
    "b": Binding(number(), "input"),
    "c": Binding(Choice("c", ("gas", "oil")), "input"),
}


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(words, pieces))
def test_expressions_are_read_or_refused_at_a_place_inside_them(text: str) -> None:
    found: list[Complaint] = []
    scope = Scope(NAMES, {"x": number()}, found.append)
    expr = read_expression(Snippet(text, Source("f", (text,)), (0, 0)), scope)
    assert (expr is None) == bool(found)
    for complaint in found:
        assert complaint.place is not None
        assert 1 <= complaint.place.col <= max(len(text), 1)
    if expr is not None:
        case = Case(RuleSet((), ""), dt.date(2025, 6, 1), {"a": True, "b": Fraction(3), "c": "gas"})
        assert sum(1 for _ in walk(expr)) <= 2 * len(text) + 1
        with suppress(InputError):
            case.value(expr)


@settings(max_examples=150, deadline=None)
@given(given_json=st.one_of(words, trees.map(lambda tree: json.dumps(tree, ensure_ascii=False))))
def test_anything_may_be_given(given_json: str) -> None:
    text = "formula: f\ninputs: {a: {int: 0..9}, when: date, rows: {group: {a: int}}}\nvalue: a + count(rows, a > 1)\n"
    reading = read_text_rules(text.replace("value: a", "let: {y: year(when)}\nvalue: y + a"), VOCABULARY)
    with pytest.raises(InputError):
        decide(reading, "f", given_json, dt.date(2025, 6, 1))


ROWS = "table: t\ninputs: {a: {int: 0..1000000}}\noutputs: {sla: {int: 0..9}}\nrows: |\n  | a | sla |\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefghijkl")
)
LARGE = {
    "a hundred thousand rows": ("".join([ROWS, *(f"  | {row} | 1 |\n" for row in range(100_000))]), "E113"),
    "deep lists": ("table: " + "[" * 5000, "Y011"),
    "a bomb of aliases": (BOMB, "Y012"),
    "an alias of itself": ("a: &a [*a]\n", "Y013"),
    "thousands of digits": (ROWS.replace("1000000", "9" * 5000) + "  | >= 1 | 1 |\n", "E113"),
    "lets that double": ("formula: f\ninputs: {a: {int: 0..9}}\nlet:\n  x0: a + 1\n" + "".join(
        f"  x{at}: x{at - 1} + x{at - 1}\n" for at in range(1, 60)) + "value: x59\n", "E113"),
    "binary bytes": ("table: t\x00\x01\x02\n", "Y007"),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_refused_and_said(name: str) -> None:
    text, code = LARGE[name]
    try:
        found = [one.code for one in check_text(text).findings]
    except InputError as error:
        found = [one.code for one in error.complaints]
    assert code in found


def test_a_long_chain_of_results_is_an_error_and_no_crash() -> None:
    links = "".join(f"---\nformula: f{at}\nvalue: f{at - 1} + 1\n" for at in range(1, 200))
    rules = check_text("formula: f0\ninputs: {a: {int: 0..9}}\nvalue: a + 1\n" + links).rules
    given = {"a": Fraction(1)}
    assert Case(rules, dt.date(2025, 6, 1), given).decide("f50").outputs["f50"] == 52
    with pytest.raises(InputError) as caught:
        Case(rules, dt.date(2025, 6, 1), given).decide("f199")
    assert caught.value.complaints[0].code == "E613"


@settings(max_examples=30, deadline=None)
@given(text=st.one_of(words, pieces), template=st.sampled_from(TEMPLATES))
def test_what_tests_reach_of_any_text(text: str, template: str) -> None:
    rules = check_text(template.format(text=json.dumps(text, ensure_ascii=False))).rules
    found = covered(rules, [])
    assert found.covered == 0
    json.dumps(found.to_json("zh"), allow_nan=False)
