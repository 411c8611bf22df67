"""Every way of evaluating rules says the same, bit for bit: columns against the exact reference."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.programs import decide, exact_floor
from twin.errors import InputError
from twin.rules.columns import ELSE, NOTHING, Batch, Groups, decoded, row_of
from twin.rules.kinds import Choice, Group, Kind, Member, Number, Truth, number
from twin.rules.model import Decider, Formula, RuleSet, targets
from twin.rules.plans import Planner, TablePlan
from twin.rules.read import read_text_rules
from twin.rules.reference import Case
from twin.rules.registers import code_of_value
from twin.rules.vocabulary import Entry, Vocabulary

DAY = dt.date(2025, 3, 1)
PEOPLE = Group((Member("age", number("", Fraction(0), Fraction(120), whole=True)), Member("area", AREA := Number(
    (("area", 1),), Fraction(0), Fraction(1000), Fraction(1, 100), "m2")), Member("agreed", Truth())))  # fmt: skip
VOCABULARY = Vocabulary(
    fields={"building": {"owners": Entry(PEOPLE), "cost": Entry(number("yuan", Fraction(0), Fraction(10**6)))}},
    targets={
        "order.department": Entry(None, about="order"),
        "order.limit": Entry(number("h"), about="order"),
        "order.urgent": Entry(Truth(), about="order"),
        "order.weight": Entry(None, about="order"),
        "vote.passed": Entry(Truth(), about="vote"),
        "share.part": Entry(None, about="share"),
    },
)


def rules_of(text: str) -> RuleSet:
    reading = read_text_rules(text, VOCABULARY)
    assert not [one for one in reading.complaints if one.code.startswith("E")]
    return reading.rules


def agrees(rules: RuleSet, columns: dict[str, Any], kinds: dict[str, Kind], n: int, *, fast: bool = True) -> None:
    """Hold what columns say of every decider to what the reference says of every line."""
    planner = Planner(rules, DAY)
    for decider in rules.deciders:
        if fast:
            assert planner.plan(decider) is not None
        expected = [by_reference(decider, rules, columns, kinds, line) for line in range(n)]
        if any(isinstance(one, str) for one in expected):
            first = next(one for one in expected if isinstance(one, str))
            with pytest.raises(InputError) as caught:
                Batch(planner, columns, n).decision(decider)
            assert caught.value.complaints[0].code == first
            continue
        found = Batch(planner, columns, n).decision(decider)
        for line, (row, outputs) in enumerate(expected):
            assert found.rows[line] == row
            for name, value in outputs.items():
                if name in found.lists:
                    told = found.lists[name].on(line)
                    assert told.tolist() == (value if isinstance(value, list) else [])
                    value = np.nan if isinstance(value, list) else value
                np.testing.assert_array_equal(found.outputs[name][line], value)


def by_reference(decider: Decider, rules: RuleSet, columns: dict[str, Any], kinds: dict[str, Kind], line: int) -> Any:
    """Return the row and the outputs of one line as columns have them, or the code of the error."""
    told = {name: one.on(line, kinds[name]) if isinstance(one, Groups) else decoded(one[line], kinds[name])
            for name, one in columns.items()}  # fmt: skip
    try:
        decision = Case(rules, DAY, told).decision(decider)
    except InputError as error:
        return error.complaints[0].code
    known = {decider.head.name: decider.kind} if isinstance(decider, Formula) else {
        one.name: one.kind for one in targets(decider)}  # fmt: skip
    outputs = {name: coded(decision.outputs[name], kind) if name in decision.outputs else np.nan
               for name, kind in known.items()}  # fmt: skip
    return row_of(decider, decision), outputs


def coded(value: Any, kind: Kind) -> Any:
    """Return a value, or a list of values, as columns have it."""
    return [coded(one, kind) for one in value] if isinstance(value, tuple) else float(code_of_value(value, kind))


ROUTING = """
table: routing
inputs:
  category: {enum: [gas, water, power, noise]}
  severity: {int: 1..5}
  hour: {int: 0..23, cyclic: true}
outputs:
  order.department: {enum: [gas_company, duty, utility, community]}
  order.limit: {unit: h}
rows: |
  | category     | severity | hour   | order.department | order.limit |
  | gas          | >= 4     | -      | gas_company      | 1 h         |
  | gas          | < 4      | -      | gas_company      | 4 h         |
  | water, power | -        | 22..6) | duty             | 8 h         |
  | water, power | >= 4     | 6..22) | utility          | 2 h         |
  | water, power | < 4      | 6..22) | utility          | 8 h         |
else: {order.department: community, order.limit: 72 h}
"""
CATEGORY = Choice("category", ("gas", "water", "power", "noise"))
SEVERITY, HOUR = Number((), Fraction(1), Fraction(5), Fraction(1)), Number((), Fraction(0), Fraction(23), Fraction(1))


def test_every_case_of_a_routing_table():
    grid = np.array([(c, s, h) for c in range(4) for s in range(1, 6) for h in range(24)])
    columns = {"category": grid[:, 0].astype(np.int16), "severity": grid[:, 1].astype(np.int8), "hour": grid[:, 2]}
    kinds = {"category": CATEGORY, "severity": SEVERITY, "hour": HOUR}
    agrees(rules_of(ROUTING), columns, kinds, len(grid))


def test_one_decision_is_the_same_as_many():
    rules = rules_of(ROUTING)
    plan = Planner(rules, DAY).plan(rules.tables[0])
    assert isinstance(plan, TablePlan)
    room = np.empty(1, np.uint64)
    assert decide(plan.found.index, np.array([0.0, 4.0, 12.0]), room) == 0
    assert decide(plan.found.index, np.array([1.0, 3.0, 23.0]), room) == 2
    assert decide(plan.found.index, np.array([3.0, 3.0, 23.0]), room) == -1
    assert decide(plan.found.index, np.array([4.0, 3.0, 23.0]), room) == -3  # no such category


def test_two_thirds_are_two_thirds():
    rules = rules_of("""
rule: quorum
inputs: {all: {int: 1..1000000}, present: {int: 0..1000000}}
when: present / all >= 2 / 3
then: {vote.passed: true}
""")
    all_ = np.array([3, 3, 3, 300_000, 300_000, 999_999, 999_999])
    present = np.array([1, 2, 3, 199_999, 200_000, 666_665, 666_666])
    found = Batch(Planner(rules, DAY), {"all": all_, "present": present}, 7).decide("quorum")
    assert found.rows.tolist() == [NOTHING, 0, 0, NOTHING, 0, NOTHING, 0]
    kinds = {"all": Number((), Fraction(1), None, Fraction(1)), "present": Number((), Fraction(0), None, Fraction(1))}
    agrees(rules, {"all": all_, "present": present}, kinds, 7)


def test_exceptions_formulas_and_shares_of_groups():
    rules = rules_of("""
rule: vote
applies_to: building
when: share(owners, agreed) >= 2 / 3
then: {vote.passed: true}
exceptions:
  - id: small
    when: count(owners, true) < 3
    then: {vote.passed: false}
---
formula: subsidy
applies_to: building
unit: yuan
value: min(40% * cost, 100 yuan * count(owners, age > 75) + cost / 7)
when: share(area, agreed) > 1 / 2
round: down to 100 yuan
""")
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 7, 40)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    n = int(starts[-1])
    owners = Groups(starts, {"age": rng.integers(20, 100, n), "area": rng.integers(3000, 9000, n) / 100,
                             "agreed": rng.random(n) < 0.6})  # fmt: skip
    columns = {"owners": owners, "cost": rng.integers(0, 10**8, 40)}
    kinds = {"owners": PEOPLE, "cost": number("yuan", Fraction(0), Fraction(10**6))}
    agrees(rules, columns, kinds, 40)


def test_what_lies_outside_the_declared_goes_to_the_reference():
    rules = rules_of(ROUTING)
    columns = {"category": np.array([0, 9]), "severity": np.array([4, 4]), "hour": np.array([1, 1])}
    found = Batch(Planner(rules, DAY), columns, 2).decide("routing")
    assert found.rows.tolist() == [0, ELSE]  # nobody's category is nobody's row


@given(st.integers(-(2**40), 2**40), st.integers(-(2**12), 2**12).filter(bool))
def test_floors_of_exact_integers_are_exact(a, b):
    assert exact_floor(float(a), float(b)) == a // b


# -- any table

INPUTS = {
    "c": ("{enum: [red, green, blue]}", Choice("c", ("red", "green", "blue"))),
    "i": ("{int: 0..9}", Number((), Fraction(0), Fraction(9), Fraction(1))),
    "w": ("{int: 0..1000000000}", Number((), Fraction(0), Fraction(10**9), Fraction(1))),
    "b": ("{bool: true}", Truth()),
}
CELLS = {
    "c": st.sampled_from(["-", "red", "green, blue", "not red"]),
    "i": st.builds("{}{}".format, st.sampled_from([">= ", "< ", "> ", "<= ", ""]), st.integers(0, 9))
    | st.sampled_from(["-", "2..5", "[3..7)", "(1..4]", "1, 3, 5", "not 4", "= i + w > 7"]),
    "w": st.sampled_from(["-", ">= 500000000", "< 7", "7..1000", "= w > 3 * i", "= mod(w, 2) == 1 and i / 3 < 1"]),
    "b": st.sampled_from(["-", "true", "false"]),
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(INPUTS)), min_size=1, max_size=4, unique=True))
    names = names if "i" in names else [*names, "i"]
    names = names if "w" in names else [*names, "w"]
    hit = draw(st.sampled_from(["unique", "first", "any", "priority"]))
    rows = draw(st.lists(st.tuples(*(CELLS[name] for name in names), st.integers(0, 3), st.integers(1, 9)), min_size=1,
                         max_size=70))  # fmt: skip
    ranked = hit == "priority"
    heading = [*names, "order.weight", *(["priority"] if ranked else [])]
    lines = [heading, *([*row[:-2], row[-2], *([row[-1] * 100 + at] if ranked else [])] for at, row in enumerate(rows))]
    sheet = "\n".join("  | " + " | ".join(map(str, line)) + " |" for line in lines)
    inputs = "".join(f"  {name}: {INPUTS[name][0]}\n" for name in names)
    head = f"table: t\nhit: {hit}\ninputs:\n{inputs}outputs:\n  order.weight: {{int: 0..9}}\n"
    return names, f"{head}rows: |\n{sheet}\nelse: {{order.weight: 9}}\n"


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(0, 2**32 - 1))
def test_any_table_on_columns_is_the_reference(table, seed):
    names, text = table
    rng = np.random.default_rng(seed)
    n = 12
    drawn = {"c": rng.integers(0, 3, n), "i": rng.integers(0, 10, n), "b": rng.random(n) < 0.5,
             "w": rng.choice([0, 6, 7, 8, 999, 1000, 499_999_999, 500_000_000, 10**9], n)}  # fmt: skip
    agrees(rules_of(text), {name: drawn[name] for name in names}, {name: INPUTS[name][1] for name in names}, n)


@st.composite
def collecting_tables(draw):
    """A table of `collect`: values with and without a common step, some worked out, with an else or without one."""
    collector = draw(st.sampled_from(["sum", "min", "max", "count", "list"]))
    value = st.sampled_from(["0", "7", "-3", "0.1", "2.5", "1/3", "12 * 3", "w + i" if draw(st.booleans()) else "5"])
    rows = draw(st.lists(st.tuples(CELLS["i"], CELLS["w"], CELLS["c"], value), min_size=1, max_size=70))
    sheet = "\n".join("  | " + " | ".join(row) + " |" for row in [("i", "w", "c", "order.weight"), *rows])
    inputs = "".join(f"  {name}: {INPUTS[name][0]}\n" for name in ("i", "w", "c"))
    ending = draw(st.sampled_from(["", "else: {order.weight: 9}\n", "else: {order.weight: i / 7}\n"]))
    head = f"table: t\nhit: collect({collector})\ninputs:\n{inputs}outputs:\n  order.weight: decimal\n"
    return f"{head}rows: |\n{sheet}\n{ending}"


@settings(max_examples=120, deadline=None)
@given(collecting_tables(), st.integers(0, 2**32 - 1))
def test_any_collecting_table_on_columns_is_the_reference(text, seed):
    rng = np.random.default_rng(seed)
    n = 12
    drawn = {"c": rng.integers(0, 3, n), "i": rng.integers(0, 10, n),
             "w": rng.choice([0, 6, 7, 8, 999, 1000, 499_999_999, 500_000_000, 10**9], n)}  # fmt: skip
    agrees(rules_of(text), drawn, {name: INPUTS[name][1] for name in drawn}, n, fast=False)


def test_collecting_needs_no_reference_where_rows_say_numbers(monkeypatch):
    rules = rules_of("""
table: subsidy
hit: collect(sum)
inputs: {age: {int: 0..120}, floor: {int: 1..40}}
outputs: {order.weight: {unit: yuan}}
rows: |
  | age   | floor | order.weight |
  | >= 80 | -     | 500 yuan     |
  | >= 60 | >= 4  | 200.1 yuan   |
  | >= 60 | -     | 0.2 yuan     |
else: {order.weight: 0}
""")
    monkeypatch.setattr(Batch, "_case", None)
    columns = {"age": np.array([30, 60, 83, 83]), "floor": np.array([5, 3, 3, 5])}
    found = Batch(Planner(rules, DAY), columns, 4).decide("subsidy")
    assert found.outputs["order.weight"].tolist() == [0, 20, 50_020, 70_030]
    assert found.rows.tolist() == [ELSE, 2, 0, 0]


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "3", "0.25", "1 / 3", "7"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner)
        | st.builds("({} / {})".format, inner, st.sampled_from(["3", "7", "(b + 1)", "b"]))
        | st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner)
        | st.builds("{}({}, 3)".format, st.sampled_from(["floor", "ceil", "round", "mod"]), inner)
        | st.builds("abs({})".format, inner)
        | st.builds("({} if {} > {} else {})".format, inner, inner, inner, inner)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 2**32 - 1))
def test_any_expression_on_columns_is_the_reference(left, right, op, seed):
    rules = rules_of(f"""
rule: r
inputs: {{a: {{int: -50..50}}, b: {{int: 0..40}}}}
when: {left} {op} {right}
then: {{order.urgent: true}}
""")
    rng = np.random.default_rng(seed)
    columns = {"a": rng.integers(-50, 51, 10), "b": rng.integers(0, 41, 10)}
    one = Fraction(1)
    kinds = {"a": Number((), Fraction(-50), Fraction(50), one), "b": Number((), Fraction(0), Fraction(40), one)}
    agrees(rules, columns, kinds, 10, fast=False)
