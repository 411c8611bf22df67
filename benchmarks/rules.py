"""Rules on columns and one at a time, beside a generated Python if-chain, ZEN and OpenFisca; `collect`; the checks.

One table of 30 rows over six inputs, first hit; every engine answers with the number of the row, and all must agree.
Row engines get their rows as dictionaries made beforehand, which is more than fair: making them from columns costs
another two microseconds a row. OpenFisca is timed twice: with its columns handed in, as ours are, and with
that done beforehand.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np

from benchmarks.kit import Prepare, Row, Turn, in_rounds, rate, ratio, table
from twin.core.programs import decide
from twin.rules.check import check_reading
from twin.rules.columns import Batch
from twin.rules.diff import diff
from twin.rules.overlays import overlaid, setting
from twin.rules.plans import Planner, TablePlan
from twin.rules.read import read_text_rules
from twin.rules.vocabulary import Entry, Vocabulary

ROWS, LINES, SLOW_LINES, ROUNDS, SEED, PARAMETERS = 30, 1_000_000, 5_000, 5, 7, 10_000
CATEGORIES = ("gas", "water", "power", "noise", "parking", "litter", "light", "drain", "lift", "pets", "care", "other")
VOCABULARY = Vocabulary(targets={"order.weight": Entry(None, about="order")})

Columns = dict[str, np.ndarray]
Test = tuple[str, str, Any]  # input, operator, operand


def run() -> None:
    """Measure and print the tables."""
    rows = random_rows()
    lines = random_lines(LINES)
    many(rows, lines)
    collecting(lines)
    one(rows, lines)
    sweep(rows, {name: column[:100_000] for name, column in lines.items()})
    reform()


def random_rows() -> list[list[Test]]:
    """Thirty rows of two to five tests."""
    rng = np.random.default_rng(SEED)
    rows = []
    for _ in range(ROWS):
        low = int(rng.integers(0, 16))
        tests: list[Test] = [
            ("category", "in", tuple(sorted(rng.choice(12, int(rng.integers(1, 4)), replace=False).tolist()))),
            ("severity", ">=", int(rng.integers(1, 6))),
            ("hour", "within", (low, low + int(rng.integers(3, 8)))),
            ("age", ">=", int(rng.integers(40, 90))),
            ("vulnerable", "==", bool(rng.random() < 0.5)),
            ("backlog", "<", int(rng.integers(50, 500))),
        ]
        kept = rng.random(6) < 0.55
        rows.append([test for test, keep in zip(tests, kept, strict=True) if keep or test[0] == "category"])
    return rows


def random_lines(n: int) -> Columns:
    """Columns of `n` cases."""
    rng = np.random.default_rng(SEED + 1)
    return {
        "category": rng.integers(0, 12, n).astype(np.int16), "severity": rng.integers(1, 6, n).astype(np.int8),
        "hour": rng.integers(0, 24, n).astype(np.int8), "age": rng.integers(0, 100, n).astype(np.int16),
        "vulnerable": rng.random(n) < 0.2, "backlog": rng.integers(0, 1000, n).astype(np.int32),
    }  # fmt: skip


# -- the contestants


def rule_file(rows: list[list[Test]]) -> str:
    """The table as a planner writes it."""
    names = ("category", "severity", "hour", "age", "vulnerable", "backlog")
    sheet = ["  | " + " | ".join((*names, "order.weight")) + " |"]
    for number, row in enumerate(rows):
        cells = {name: _cell(op, operand) for name, op, operand in row}
        sheet.append("  | " + " | ".join((*(cells.get(name, "-") for name in names), str(number))) + " |")
    return f"""
table: t
hit: first
inputs:
  category: {{enum: [{", ".join(CATEGORIES)}]}}
  severity: {{int: 1..5}}
  hour: {{int: 0..23}}
  age: {{int: 0..120}}
  vulnerable: {{bool: true}}
  backlog: {{int: 0..100000}}
outputs: {{order.weight: {{int: 0..1000}}}}
rows: |
{chr(10).join(sheet)}
else: {{order.weight: {len(rows)}}}
"""


def _cell(op: str, operand: Any) -> str:
    if op == "in":
        return ", ".join(CATEGORIES[one] for one in operand)
    if op == "within":
        return f"{operand[0]}..{operand[1]}"
    return str(operand).lower() if op == "==" else f"{op} {operand}"


def planned(rows: list[list[Test]]) -> Planner:
    """The table, read and ready to be planned."""
    return Planner(read_text_rules(rule_file(rows), VOCABULARY).rules, dt.date(2025, 1, 1))


def if_chain(rows: list[list[Test]]) -> Callable[..., int]:
    """The table as generated Python."""
    lines = ["def decide(category, severity, hour, age, vulnerable, backlog):"]
    for number, row in enumerate(rows):
        lines.append(f"    if {' and '.join(_python(*test) for test in row)}: return {number}")
    lines.append(f"    return {len(rows)}")
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)
    return namespace["decide"]  # type: ignore[no-any-return]


def _python(name: str, op: str, operand: Any) -> str:
    if op == "within":
        return f"{operand[0]} <= {name} <= {operand[1]}"
    if op == "in":
        return f"{name} in {operand if len(operand) > 1 else f'({operand[0]},)'}"
    return f"{name} is {operand}" if op == "==" else f"{name} {op} {operand}"


def zen_table(rows: list[list[Test]]) -> Any:
    """The table in ZEN."""
    import zen

    names = ("category", "severity", "hour", "age", "vulnerable", "backlog")
    inputs = [{"id": name, "name": name, "type": "expression", "field": name} for name in names]
    rules = [{"_id": str(number), **dict.fromkeys(names, ""), **{name: _zen(op, operand) for name, op, operand in row},
              "row": str(number)} for number, row in enumerate(rows)]  # fmt: skip
    rules.append({"_id": "else", **dict.fromkeys(names, ""), "row": str(len(rows))})
    content = {"hitPolicy": "first", "inputs": inputs, "rules": rules,
               "outputs": [{"id": "row", "name": "row", "type": "expression", "field": "row"}]}  # fmt: skip
    nodes = [{"id": "in", "type": "inputNode", "name": "in"}, {"id": "out", "type": "outputNode", "name": "out"},
             {"id": "t", "type": "decisionTableNode", "name": "t", "content": content}]  # fmt: skip
    edges = [{"id": "1", "sourceId": "in", "targetId": "t", "type": "edge"},
             {"id": "2", "sourceId": "t", "targetId": "out", "type": "edge"}]  # fmt: skip
    text = json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})
    return zen.ZenEngine({"loader": lambda key: text})


def _zen(op: str, operand: Any) -> str:
    if op == "in":
        return ", ".join(str(one) for one in operand)
    if op == "within":
        return f"[{operand[0]}..{operand[1]}]"
    return str(operand).lower() if op == "==" else f"{op} {operand}"


def open_fisca(rows: list[list[Test]], lines: Columns) -> Prepare:
    """The table in OpenFisca, as its authors write one: masks over the whole population."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    person = build_entity("person", "persons", "a case", is_person=True)
    system = TaxBenefitSystem([person])

    def variable(name: str, kind: type, **rest: Any) -> None:
        declared = {"value_type": kind, "entity": person, "definition_period": DateUnit.MONTH, "label": name, **rest}
        system.add_variable(type(name, (Variable,), declared))

    def formula(population: Any, period: Any) -> Any:
        given = {name: population(name, period) for name in lines}
        return np.select([_mask(row, given) for row in rows], list(range(len(rows))), len(rows))

    for name, column in lines.items():
        variable(name, bool if column.dtype == np.bool_ else int)
    variable("row", int, formula=formula)

    def prepare() -> Callable[[], Any]:
        simulation = SimulationBuilder().build_default_simulation(system, len(lines["age"]))
        for name, column in lines.items():
            simulation.set_input(name, "2025-01", column)
        return lambda: simulation.calculate("row", "2025-01")

    return prepare


def _mask(row: list[Test], given: Columns) -> np.ndarray:
    found = np.ones(len(given["age"]), bool)
    for name, op, operand in row:
        column = given[name]
        if op == "in":
            found &= np.isin(column, operand)
        elif op == "within":
            found &= (operand[0] <= column) & (column <= operand[1])
        elif op == "==":
            found &= column == operand
        else:
            found &= column >= operand if op == ">=" else column < operand
    return found


def dictionaries(lines: Columns, n: int) -> list[dict[str, Any]]:
    """The first cases as row engines take them."""
    columns = {name: column[:n].tolist() for name, column in lines.items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


# -- the comparisons


def many(rows: list[list[Test]], lines: Columns) -> None:
    """A million decisions."""
    planner, chain = planned(rows), if_chain(rows)
    told = Batch(planner, lines, LINES).decide("t").outputs["order.weight"]
    slow = dictionaries(lines, SLOW_LINES)
    some = dictionaries(lines, LINES // 10)
    contestants: dict[str, Prepare] = {
        "twin": lambda: lambda: Batch(planner, lines, LINES).decide("t"),
        "Python": lambda: lambda: [chain(**one) for one in some],
    }
    assert [chain(**one) for one in slow] == told[:SLOW_LINES].astype(int).tolist()
    sizes = {"twin": LINES, "Python": len(some)}
    if find_spec("zen"):
        engine = zen_table(rows)
        assert [engine.evaluate("t", one)["result"]["row"] for one in slow[:300]] == told[:300].astype(int).tolist()
        contestants["ZEN"] = lambda: lambda: [engine.evaluate("t", one) for one in slow]
        sizes["ZEN"] = len(slow)
    if find_spec("openfisca_core"):
        handed_in = open_fisca(rows, lines)
        assert np.array_equal(handed_in()(), told.astype(int))
        contestants["OpenFisca"], sizes["OpenFisca"] = lambda: lambda: handed_in()(), LINES
        contestants["OpenFisca, inputs already set"], sizes["OpenFisca, inputs already set"] = handed_in, LINES
    turns = in_rounds(contestants, ROUNDS)
    targets = {"Python": 20, "ZEN": 500, "OpenFisca": 10, "OpenFisca, inputs already set": None}
    report("30 rows, a million decisions", turns, sizes, targets)


SUBSIDY = """
table: s
hit: collect(sum)
inputs: {age: {int: 0..120}, severity: {int: 1..5}, vulnerable: bool}
outputs: {order.weight: {unit: yuan}}
rows: |
  | age   | severity | vulnerable | order.weight |
  | >= 80 | -        | -          | 500 yuan     |
  | >= 60 | >= 4     | -          | 200 yuan     |
  | >= 60 | -        | true       | 300 yuan     |
else: {order.weight: 0}
"""


def collecting(lines: Columns) -> None:
    """Sums of all rows that match, a million times."""
    planner = Planner(read_text_rules(SUBSIDY, VOCABULARY).rules, dt.date(2025, 1, 1))
    given = {name: lines[name] for name in ("age", "severity", "vulnerable")}
    few = dictionaries(given, LINES // 10)

    def by_row(age: int, severity: int, vulnerable: bool) -> int:
        return 50_000 * (age >= 80) + 20_000 * (age >= 60 and severity >= 4) + 30_000 * (age >= 60 and vulnerable)

    told = Batch(planner, given, LINES).decide("s").outputs["order.weight"]
    assert [by_row(**one) for one in few] == told[: len(few)].astype(int).tolist()
    turns = in_rounds({"twin": lambda: lambda: Batch(planner, given, LINES).decide("s"),
                       "Python": lambda: lambda: [by_row(**one) for one in few]}, ROUNDS)  # fmt: skip
    report("collect(sum), a million decisions", turns, {"twin": LINES, "Python": len(few)}, {"Python": 5})


def checking() -> None:
    """A table of 1,000 rows over six inputs, read and fully checked: overlaps, gaps, rows without effect."""
    text = large_table(1000)
    findings: list[str] = []

    def work() -> None:
        findings[:] = [one.code for one in check_reading(read_text_rules(text, VOCABULARY), VOCABULARY).findings]

    seconds = min(turn.seconds for turn in in_rounds({"twin": lambda: work}, 3)["twin"])
    told = ", ".join(f"{findings.count(code)} {code}" for code in sorted(set(findings))) or "nothing found"
    table("Reading and checking 1,000 rows over six inputs", [
        Row(told, f"{seconds:.2f} s", "", "", "≤ 5 s", seconds <= 5)])  # fmt: skip


def large_table(rows: int) -> str:
    """A table without faults: categories by hours by stretches of backlog, in which no two rows meet."""
    wide = rows // 40
    lines = ["  | category | severity | hour | age | vulnerable | backlog | order.weight |"]
    for number in range(rows):
        part, at = divmod(number, 40)
        severity, (old, frail) = at % 5 + 1, divmod(at // 5 % 4, 2)
        hour = "0..11" if at < 20 else "12..23"
        backlog = f">= {part * 100}" if part == wide - 1 else f"{part * 100}..{part * 100 + 99}"
        lines.append(f"  | - | {severity} | {hour} | {'>= 65' if old else '< 65'} | {str(bool(frail)).lower()} "
                     f"| {backlog} | {number} |")  # fmt: skip
    return rule_file([]).replace("hit: first", "hit: unique").partition("rows: |")[0] + "rows: |\n" + "\n".join(lines)


def report(title: str, turns: dict[str, list[Turn]], sizes: dict[str, int], targets: Mapping[str, int | None]) -> None:
    """Print how many decisions a second each makes."""
    ours = turns["twin"]
    rows = []
    for peer, target in targets.items():
        if peer in turns:
            per_line = [turn._replace(seconds=turn.seconds / sizes[peer]) for turn in turns[peer]]
            found = ratio([turn._replace(seconds=turn.seconds / sizes["twin"]) for turn in ours], per_line)
            rows.append(Row("decisions", rate(ours, sizes["twin"]), f"{peer}: {rate(turns[peer], sizes[peer])}",
                            str(found), f"≥ {target}" if target else "",
                            found.middle >= target if target else None))  # fmt: skip
    table(title, rows)


def one(rows: list[list[Test]], lines: Columns) -> None:
    """One decision at a time, its inputs read from columns."""
    planner, chain = planned(rows), if_chain(rows)
    plan = planner.plan(planner.rules.tables[0])
    assert isinstance(plan, TablePlan)
    names = [one.name for one in plan.found.inputs]  # type: ignore[union-attr]
    index, room = plan.found.index, np.empty(len(plan.found.index.masks), np.uint64)
    packed = np.column_stack([lines[name] for name in names]).astype(np.float64)
    few = range(20_000)
    columns = [lines[name] for name in ("category", "severity", "hour", "age", "vulnerable", "backlog")]
    slow = dictionaries(lines, SLOW_LINES)
    contestants: dict[str, Prepare] = {
        "twin": lambda: lambda: [decide(index, packed[i], room) for i in few],
        "Python": lambda: lambda: [chain(*(column[i] for column in columns)) for i in few],
    }
    sizes = {"twin": len(few), "Python": len(few)}
    if find_spec("zen"):
        engine = zen_table(rows)
        contestants["ZEN"] = lambda: lambda: [engine.evaluate("t", one) for one in slow]
        sizes["ZEN"] = len(slow)
    report("30 rows, one decision at a time", in_rounds(contestants, ROUNDS), sizes, {"Python": 1, "ZEN": 20})


def sweep(rows: list[list[Test]], lines: Columns) -> None:
    """A hundred changed tables on 100,000 cases each: read, planned, decided."""
    variants = [[[(name, op, operand + (k if name == "backlog" else 0)) if name == "backlog" else (name, op, operand)
                  for name, op, operand in row] for row in rows] for k in range(100)]  # fmt: skip

    def all_points() -> None:
        for variant in variants:
            Batch(planned(variant), lines, 100_000).decide("t")

    turns = in_rounds({"twin": lambda: all_points}, 3)["twin"]
    seconds = min(turn.seconds for turn in turns)
    table("100 points of a sweep × 100,000 lines", [Row("reading the file included", f"{seconds:.1f} s", "", "", "")])


# -- what-if


def reform() -> None:
    """One parameter among 10,000 gets another value; one row among 1,000 another bound, and the two are compared."""
    lines = [f"  p{at}.x: {{unit: ratio, range: 1..5, values: {{2025-01-01: 1.5, 2026-01-01: 1.2}}}}"
             for at in range(PARAMETERS)]  # fmt: skip
    many_parameters = read_text_rules("params:\n" + "\n".join(lines), VOCABULARY).rules
    new = setting(f"rules.params.p{PARAMETERS - 1}.x", "2.0 from 2025-06-01 until 2026-06-01")
    table_ = read_text_rules(unique_table(), VOCABULARY).rules
    narrower = setting("rules.t.rows[500].age", ">= 70")
    times = 500
    contestants: dict[str, Prepare] = {
        "parameter": lambda: lambda: [overlaid(many_parameters, [new]) for _ in range(times)],
        "row": lambda: lambda: [overlaid(table_, [narrower]) for _ in range(times)],
        "diff": lambda: lambda: diff(table_, overlaid(table_, [narrower])),
    }
    turns = {name: min(turn.seconds for turn in found) for name, found in in_rounds(contestants, 3).items()}
    parameter, row = turns["parameter"] / times * 1e3, turns["row"] / times * 1e3
    table("What-if", [
        Row(f"one parameter of {PARAMETERS}", f"{parameter:.2f} ms", "", "", "≤ 1 ms", parameter <= 1),
        Row("one cell of 1,000 rows", f"{row:.2f} ms", "", ""),
        Row("difference of two tables of 1,000 rows", f"{turns['diff']:.2f} s", "", ""),
    ])  # fmt: skip


def unique_table() -> str:
    """A table of 1,000 rows in which none meets another."""
    cases = product(CATEGORIES[:5], range(1, 6), range(0, 40, 2), ("< 60", ">= 60"))
    cells = [f"  | {category} | {severity} | {hour}..{hour + 2}) | {age} | {at} |"
             for at, (category, severity, hour, age) in enumerate(cases)]  # fmt: skip
    return "\n".join(["table: t", "inputs:", f"  category: {{enum: [{', '.join(CATEGORIES)}]}}",
                      "  severity: {int: 1..5}", "  hour: {int: 0..39}", "  age: {int: 0..110}",
                      "outputs: {order.weight: {int: 0..2000, about: order}}", "else: {order.weight: 0}", "rows: |",
                      "  | category | severity | hour | age | order.weight |", *cells]) + "\n"  # fmt: skip
