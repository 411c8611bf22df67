"""Rules on columns: many decisions at once, bit for bit what :mod:`twin.rules.reference` says of each.

Tables run as bitmaps, expressions as register programs. A line that these cannot decide, or not exactly, goes to the
reference, which decides it or says what is wrong with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core.programs import NO_ROW, matches, rows_of, run
from twin.rules.collecting import Lists, collected, listed, replaced
from twin.rules.kinds import Choice, Day, Group, Kind, Number, Truth, Value
from twin.rules.model import (
    Aggregate,
    Call,
    Decider,
    DecisionTable,
    Expr,
    Formula,
    Head,
    Literal,
    Name,
    Rule,
    conditions,
    results,
    targets,
    walk,
)
from twin.rules.plans import FormulaPlan, Plan, Planner, RulePlan, TablePlan
from twin.rules.reference import Case, Decision, Given, _by_rank
from twin.rules.registers import Inexact, bounds_of, code_of_value, step_of

Column = NDArray[Any]
Floats = NDArray[np.float64]
ELSE, NOTHING = -1, -2
"""Instead of a row: the else row, or that a rule has nothing to say."""


@dataclass(frozen=True)
class Groups:
    """Members of groups as columns: those of line ``i`` are ``starts[i]:starts[i + 1]`` of every member column."""

    starts: NDArray[np.int64]
    members: Mapping[str, Column]

    def on(self, line: int, kind: Kind | None) -> tuple[Mapping[str, Value], ...]:
        """Return the members of one line as the reference takes them."""
        kinds = {name: _member_kind(kind, name) for name in self.members}
        places = range(int(self.starts[line]), int(self.starts[line + 1]))
        return tuple({name: decoded(one[at], kinds[name]) for name, one in self.members.items()} for at in places)


@dataclass(frozen=True)
class Decisions:
    """What was decided on each line.

    ``outputs`` (n,) float64: numbers in base units, truth as 0 and 1, words by their place in their kind, dates as
    ordinals; NaN where nothing was said. ``rows`` (n,): of a table, the place of the row in ``table.rows``; of a rule,
    0 for the rule itself and ``k`` for its k-th exception; else :data:`ELSE` or :data:`NOTHING`. Where several rows
    decide together it is the first of them. ``lists`` are the outputs of ``collect(list)``, which are NaN in `outputs`.
    """

    outputs: Mapping[str, Floats]
    rows: NDArray[np.int32]
    lists: dict[str, Lists] = field(default_factory=dict)


@dataclass
class Batch:
    """Lines to be decided: the planned rules, and the columns that are given, each of `n` lines."""

    planner: Planner
    given: Mapping[str, Column | Groups]
    n: int
    decided: dict[int, Decisions] = field(default_factory=dict)
    outside: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.outside = np.zeros(self.n, np.bool_)

    def decide(self, name: str) -> Decisions:
        """Decide every line by the table, rule or formula of a name; raises InputError of the first bad line."""
        found = self.planner.rules.called(name, self.planner.day)
        if not found:
            self._case({}).decide(name)  # says what is wrong
        return self.decision(found[0])

    def decision(self, decider: Decider) -> Decisions:
        """Decide every line by one table, rule or formula; each is asked once."""
        if id(decider) not in self.decided:
            self.decided[id(decider)] = self._decide(decider)
        return self.decided[id(decider)]

    def _decide(self, decider: Decider) -> Decisions:
        plan = self.planner.plan(decider)
        outside, self.outside = self.outside, np.zeros(self.n, np.bool_)
        try:
            if isinstance(plan, TablePlan):
                found, open_ = self._table(plan)
            elif isinstance(plan, RulePlan):
                found, open_ = self._rule(plan)
            elif isinstance(plan, FormulaPlan):
                found, open_ = self._formula(plan)
            else:
                found, open_ = self._blank(decider), np.ones(self.n, np.bool_)
        except Inexact:
            found, open_ = self._blank(decider), np.ones(self.n, np.bool_)
        open_ |= self.outside
        self.outside |= outside
        self._by_reference(decider, found, np.flatnonzero(open_))
        return found

    def _blank(self, decider: Decider) -> Decisions:
        outputs = {name: np.full(self.n, np.nan) for name in results(decider)}
        return Decisions(outputs, np.full(self.n, NOTHING, np.int32))

    # -- tables

    def _table(self, plan: TablePlan) -> tuple[Decisions, NDArray[np.bool_]]:
        columns = [self._input(expr, how) for expr, how in zip(plan.found.inputs, plan.inputs, strict=True)]
        policy = plan.table.hit.policy
        if policy == "collect":
            return self._collected(plan, columns)
        rows = rows_of(plan.found.index, columns) if columns else self._all_rows(plan)
        open_ = rows < NO_ROW
        if policy == "any" and columns:
            open_ |= self._disagreeing(plan, columns, rows)
        if plan.table.otherwise is None:
            open_ |= rows == NO_ROW
        outputs = {}
        for at, output in enumerate(plan.table.outputs):
            outputs[output.name] = self._gathered(plan, at, rows)
            open_ |= np.isnan(outputs[output.name])
        return Decisions(outputs, self._places(plan)[rows]), open_

    def _collected(self, plan: TablePlan, columns: Sequence[Column]) -> tuple[Decisions, NDArray[np.bool_]]:
        """Put what all matching rows say together; a line on which a value has to be worked out is left open."""
        matching, open_ = self._matching(plan, columns)
        missed = ~matching.any(axis=0)
        open_ |= self._open_rows(plan, matching) | (
            missed & (plan.table.otherwise is None or any(row < 0 for row, _ in plan.values))
        )
        rows = np.where(missed, NO_ROW, _first(matching)).astype(np.int32)
        found = Decisions({}, self._places(plan)[rows])
        outputs: dict[str, Floats] = {}
        for at, output in enumerate(plan.table.outputs):
            codes = [_fraction(row.values[at], output.kind, plan.table.hit.collector) for row in plan.found.rows]
            otherwise = np.nan if plan.table.otherwise is None else _float(plan.table.otherwise[at], output.kind)
            if plan.table.hit.collector == "list":
                outputs[output.name] = np.where(missed, otherwise, np.nan)
                found.lists[output.name] = listed(matching, codes)
            else:
                told = collected(plan.table.hit.collector or "list", matching, codes)
                outputs[output.name] = np.where(missed, otherwise, told)
        return Decisions(outputs, found.rows, found.lists), open_

    def _matching(self, plan: TablePlan, columns: Sequence[Column]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Return the rows that match, as words (words, n), and the lines with an input that may not be."""
        if columns:
            return matches(plan.found.index, columns)
        count = len(plan.found.rows)
        words = [(1 << max(min(count - 64 * word, 64), 0)) - 1 for word in range(len(plan.found.index.masks))]
        return np.repeat(np.array(words, np.uint64)[:, None], self.n, axis=1), np.zeros(self.n, np.bool_)

    def _open_rows(self, plan: TablePlan, matching: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether a row matches of which some value has to be worked out."""
        found = np.zeros(self.n, np.bool_)
        for row in {row for row, _ in plan.values if row >= 0}:
            found |= (matching[row // 64] >> np.uint64(row % 64)) & np.uint64(1) == 1
        return found

    def _input(self, expr: Expr, plan: Plan | None) -> Column:
        if plan is not None:
            return self._run(plan)[0]
        assert isinstance(expr, Name)
        column = self._raw(expr)
        step = step_of(expr.kind)
        if step is None or (step == 1 and column.dtype.kind in "iub"):
            return column.view(np.int8) if column.dtype == np.bool_ else column
        return coded(column, step)

    def _all_rows(self, plan: TablePlan) -> NDArray[np.int32]:
        """Return the rows of a table in which every cell is ``-``."""
        several = len(plan.found.rows) > 1 and plan.found.index.lone
        first = NO_ROW if not plan.found.rows else (NO_ROW - 1 if several else 0)
        return np.full(self.n, first, np.int32)

    def _disagreeing(self, plan: TablePlan, columns: Sequence[Column], rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether rows match that do not say the same as the first one."""
        told = [tuple(row.values) for row in plan.found.rows]
        same = np.array([[one == other for other in told] for one in told], np.bool_)
        if any(key[0] >= 0 for key in plan.values):
            raise Inexact("values that are worked out")
        found, _ = matches(plan.found.index, columns)
        bits = np.unpackbits(found.T.copy().view(np.uint8), axis=1, bitorder="little")[:, : len(told)].astype(np.bool_)
        hit = rows >= 0
        disagreeing = np.zeros(self.n, np.bool_)
        disagreeing[hit] = (bits[hit] & ~same[rows[hit]]).any(axis=1)
        return disagreeing

    def _gathered(self, plan: TablePlan, at: int, rows: NDArray[np.int32]) -> Floats:
        """Return the values of one output by the row of each line."""
        kind = plan.table.outputs[at].kind
        otherwise = plan.table.otherwise
        told = [row.values[at] for row in plan.found.rows] + [otherwise[at] if otherwise else None]
        constants = np.array([_float(one, kind) for one in told])
        found = constants[np.maximum(rows, NO_ROW)]  # -1, the else row, stands last
        for (row, place), how in plan.values.items():
            if place == at:
                here = rows == row
                if here.any():
                    found[here] = self._run(how)[0][here]
        return found

    def _places(self, plan: TablePlan) -> NDArray[np.int32]:
        """Return where the indexed rows stand in the table; the else row stands last."""
        number = {id(row): at for at, row in enumerate(plan.table.rows)}
        return np.array([*(number[id(row)] for row in plan.found.rows), NOTHING, NOTHING, ELSE], np.int32)

    # -- rules and formulas

    def _formula(self, plan: FormulaPlan) -> tuple[Decisions, NDArray[np.bool_]]:
        value, holds = self._run(plan.plan)
        rows = np.where(holds == 1.0, 0, ELSE).astype(np.int32)
        return Decisions({plan.formula.head.name: value}, rows), np.isnan(value) | np.isnan(holds)

    def _rule(self, plan: RulePlan) -> tuple[Decisions, NDArray[np.bool_]]:
        rule, found = plan.rule, self._run(plan.plan)
        exceptions = [rule.exceptions[at] for at in plan.exceptions]
        count = 1 + len(exceptions)
        when, holding = found[0], found[1:count]
        holds = when == 1.0
        open_ = np.isnan(when) | (holds & np.isnan(holding).any(axis=0))
        beaten = [np.zeros(self.n, np.bool_) for _ in exceptions]
        for one, truth in zip(exceptions, holding, strict=True):
            for at, other in enumerate(exceptions):
                if other.id in one.overrides:
                    beaten[at] |= truth == 1.0
        outputs, rows = dict(self._blank(rule).outputs), np.where(holds, 0, NOTHING).astype(np.int32)
        values = iter(found[count:])
        for assign in rule.then:
            value = next(values)
            open_ |= holds & np.isnan(value)
            outputs[assign.target.name] = np.where(holds, value, np.nan)
        said = {name: np.zeros(self.n, np.bool_) for name in outputs}
        for place in reversed(range(len(exceptions))):
            rows[holds & (holding[place] == 1.0) & ~beaten[place]] = plan.exceptions[place] + 1
        for place, one in enumerate(exceptions):
            wins = holds & (holding[place] == 1.0) & ~beaten[place]
            for assign in one.then:
                value, name = next(values), assign.target.name
                open_ |= wins & (np.isnan(value) | (said[name] & (outputs[name] != value)))
                outputs[name] = np.where(wins, value, outputs[name])
                said[name] |= wins
        return Decisions(outputs, rows), open_

    # -- columns

    def _run(self, plan: Plan) -> Floats:
        return run(plan.program, [self._leaf(one, plan.head) for one in plan.leaves], self.n)

    def _leaf(self, expr: Expr, head: Head) -> Column:
        """Return the column of codes of a leaf; lines outside the proved bounds are noted for the reference."""
        if isinstance(expr, Call):
            return date_part(self._leaf(expr.arguments[0], head), expr.function)
        if isinstance(expr, Aggregate):
            return self._aggregate(expr, head)
        assert isinstance(expr, Name)
        step = step_of(expr.kind)
        if step is None:
            return self._raw(expr).astype(np.float64)
        codes = coded(self._raw(expr), step)
        low, high = bounds_of(expr.kind)
        self.outside |= (codes < low) | (codes > high)
        return codes

    def _raw(self, name: Name) -> Column:
        """Return a column in base units: one that is given, or what other rules decide."""
        if name.name in self.given:
            column = self.given[name.name]
            if isinstance(column, Groups) or column.dtype.kind not in "iubf":
                raise Inexact("no numbers")
            return column
        planner = self.planner
        deciders = [
            one for one in planner.rules.deciders if name.name in results(one) and one.head.span.holds(planner.day)
        ]
        found = np.full(self.n, np.nan)
        for decider in sorted(deciders, key=_by_rank):
            decided = self.decision(decider)
            if name.name in decided.lists:
                raise Inexact("a list")
            told = decided.outputs[name.name]
            found = np.where(np.isnan(found), told, found)
        return found

    def _aggregate(self, expr: Aggregate, head: Head) -> Floats:
        """Return the total of each line in steps of the aggregate's kind."""
        groups = self.given.get(expr.group.name)
        if not isinstance(groups, Groups):
            raise Inexact("no members")
        sizes = np.diff(groups.starts)
        around = {name: np.repeat(one, sizes) for name, one in self.given.items() if not isinstance(one, Groups)}
        inner = Batch(self.planner, {**around, **groups.members}, int(groups.starts[-1]))
        counts, value = inner._run(self.planner.members(head, expr))
        line = np.repeat(np.arange(self.n), sizes)
        self.outside[line[np.isnan(counts) | ((counts == 1.0) & np.isnan(value)) | inner.outside]] = True
        totals: Floats = np.bincount(line, np.where(counts == 1.0, np.nan_to_num(value), 0.0), self.n).astype(
            np.float64
        )
        low, high = bounds_of(expr.kind)
        self.outside |= (totals < low) | (totals > high)
        return totals

    # -- the reference

    def _by_reference(self, decider: Decider, found: Decisions, lines: NDArray[np.int64]) -> None:
        if not len(lines):
            return
        kinds = self._kinds()
        lists: dict[str, dict[int, Floats]] = {}
        for line in lines.tolist():
            decision = self._case(self._given_on(line, kinds)).decision(decider)
            found.rows[line] = row_of(decider, decision)
            for output in results(decider):
                value = decision.outputs.get(output)
                kind = decider.kind if isinstance(decider, Formula) else _kind_of(decider, output)
                if isinstance(value, tuple) or output in found.lists:
                    told = value if isinstance(value, tuple) else ()
                    lists.setdefault(output, {})[line] = np.array([float(code_of_value(one, kind)) for one in told])
                single = None if isinstance(value, tuple) else value
                found.outputs[output][line] = np.nan if single is None else float(code_of_value(single, kind))
        for output, others in lists.items():
            known = found.lists.get(output, Lists(np.zeros(self.n + 1, np.int64), np.zeros(0)))
            found.lists[output] = replaced(known, others)

    def _case(self, given: Mapping[str, Given]) -> Case:
        return Case(self.planner.rules, self.planner.day, given)

    def _given_on(self, line: int, kinds: Mapping[str, Kind]) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for name, column in self.given.items():
            if isinstance(column, Groups):
                members = range(int(column.starts[line]), int(column.starts[line + 1]))
                found[name] = tuple(
                    {
                        field_: decoded(one[at], _member_kind(kinds.get(name), field_))
                        for field_, one in column.members.items()
                    }
                    for at in members
                )
            elif name in kinds:
                found[name] = decoded(column[line], kinds[name])
        return found

    def _kinds(self) -> dict[str, Kind]:
        kinds: dict[str, Kind] = {}
        for decider in self.planner.rules.deciders:
            kinds.update({one.name: one.kind for one in decider.head.inputs})
            for expr in conditions(decider):
                kinds.update(
                    {one.name: one.kind for one in walk(expr) if isinstance(one, Name) and one.origin != "member"}
                )
        return kinds


def coded(column: Column, step: Fraction) -> Floats:
    """Return a column in base units as codes: whole numbers of steps, the nearest one."""
    if step == 1:
        return np.rint(column.astype(np.float64))
    return np.rint(column * float(step.denominator) / float(step.numerator))


def decoded(value: Any, kind: Kind | None) -> Value:
    """Return what stands in a column as the exact value that it means."""
    if value is None or isinstance(value, str):
        return value
    if value != value:
        return None
    if isinstance(kind, Truth):
        return bool(value)
    if isinstance(kind, Choice):
        return kind.values[int(value)] if 0 <= int(value) < len(kind.values) else str(value)
    if isinstance(kind, Day):
        return dt.date.fromordinal(int(value))
    step = kind.step if isinstance(kind, Number) else None
    exact = Fraction(value.item() if isinstance(value, np.generic) else value)
    return exact if step is None else round(exact / step) * step


def date_part(ordinals: Floats, part: str) -> Floats:
    """Return the year, month, day or weekday (Monday is 1) of dates given as ordinals; NaN where there is none."""
    known = ~np.isnan(ordinals)
    whole = np.where(known, ordinals, 1).astype(np.int64)
    if part == "weekday":
        return np.where(known, (whole - 1) % 7 + 1, np.nan)
    days = (whole - _EPOCH).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    parts = {
        "year": months.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": months.astype(np.int64) % 12 + 1,
        "day": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
    }
    return np.where(known, parts[part], np.nan)


_EPOCH = dt.date(1970, 1, 1).toordinal()


def row_of(decider: Decider, decision: Decision) -> int:
    """Return the place of the row (or exception) that decided, as :class:`Decisions` has it."""
    if isinstance(decider, DecisionTable):
        labels = [row.label for row in decider.rows]
        if not decision.rows or decision.row is None:
            return ELSE
        return labels.index(decision.rows[0].label if decider.hit.policy == "collect" else decision.row)
    if isinstance(decider, Rule):
        ids = [one.id for one in decider.exceptions]
        if decision.row is None:
            return NOTHING
        return ids.index(str(decision.row)) + 1 if decision.row in ids else 0
    return 0 if decision.row == "value" else ELSE


def _float(expr: Expr | None, kind: Kind) -> float:
    if not isinstance(expr, Literal):
        return np.nan
    return float(code_of_value(expr.value, kind))


def _fraction(expr: Expr | None, kind: Kind, collector: str | None) -> Fraction:
    """Return what a row says, exactly; 0 where it has to be worked out, or is only counted."""
    if expr is None:
        raise Inexact("a row without a value")
    return code_of_value(expr.value, kind) if isinstance(expr, Literal) and collector != "count" else Fraction(0)


def _first(matching: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the first row of each line that has one."""
    found = np.zeros(matching.shape[1], np.int64)
    for word in reversed(range(len(matching))):
        lowest = matching[word] & (~matching[word] + np.uint64(1))
        here = lowest != 0
        found[here] = 64 * word + np.log2(lowest[here].astype(np.float64)).astype(np.int64)
    return found


def _kind_of(decider: Decider, output: str) -> Kind:
    return next(one.kind for one in targets(decider) if one.name == output)


def _member_kind(group: Kind | None, name: str) -> Kind | None:
    member = group.member(name) if isinstance(group, Group) else None
    return None if member is None else member.kind
