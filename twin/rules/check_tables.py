"""Checks of decision tables: overlaps, gaps, rows that never fire or make no difference, cells that say nothing.

Everything is proved for each *epoch*: a stretch of time in which the same rows and parameters are in force.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np

from twin.errors import Complaint, Place, Words
from twin.rules import smt
from twin.rules.boxes import Axis, Box, Budget, Exhausted, grown, is_covered, meet, meetings, share, uncovered, without
from twin.rules.conditions import Constants, Space, Tree, condition_of, tree_of_cell
from twin.rules.forms import Complain
from twin.rules.kinds import TRUTH, written
from twin.rules.model import (
    Compare,
    DecisionTable,
    Every,
    Expr,
    Literal,
    Name,
    Not,
    Parameter,
    Row,
    RuleSet,
    Some,
    Span,
    conditions,
    walk,
)
from twin.rules.paste import pasted_row
from twin.rules.reference import precedence
from twin.rules.regions import said_region
from twin.rules.spans import epochs_of, parameters_of
from twin.rules.texts import expanded

GAP_STEPS = 1_500_000
COVER_STEPS = 4_000_000  # for all rows of a table
ROW_STEPS = 200_000
MOST_PROOFS = 10
SHOWN_ROWS = 16
IDLE_STEPS = 80_000
MOST_PAIRS = 1000
MOST_GAPS = 60
GRID_CELLS = 300_000
MOST_AXES = 60  # NumPy has 64


def check_table(table: DecisionTable, rules: RuleSet, complain: Complain) -> None:
    """Find everything that is wrong with one table.

    An error is said once, for the first epoch that has it; a warning when every epoch has it.
    """
    ledger = _Ledger(complain)
    parameters = parameters_of(conditions(table), rules)
    seen: set[tuple[object, ...]] = set()
    whole, epochs = epochs_of(table, parameters)
    for epoch in epochs:
        rows = tuple(row for row in table.rows if row.span.holds(_inside(epoch)))
        signature = (tuple(row.number for row in rows), _values(parameters, epoch))
        if signature not in seen:
            seen.add(signature)
            ledger.open([row.number for row in rows])
            dated = len(epochs) > 1 and epoch != whole
            _EpochCheck(table, rows, Constants(rules, _inside(epoch)), epoch, dated, ledger).run()
    ledger.close()


class _Ledger:
    """Collects the findings of all epochs of a table."""

    def __init__(self, complain: Complain) -> None:
        self.complain = complain
        self.said: set[tuple[object, ...]] = set()
        self.epochs: Counter[int] = Counter()  # by the number of a row; 0 is the table
        self.warned: dict[tuple[str, Place], tuple[int, int, Complaint]] = {}

    def open(self, rows: Iterable[int]) -> None:
        """Begin an epoch in which some rows are in force."""
        self.epochs.update([0, *rows])

    def error(self, complaint: Complaint) -> None:
        """Take a finding that is said for the first epoch that has it."""
        key = (complaint.code, complaint.place, complaint.values.get("other"), complaint.values.get("key"))
        if key not in self.said:
            self.said.add(key)
            self.complain(complaint)

    def warning(self, of: int, complaint: Complaint) -> None:
        """Take a finding about a row (0: the table) that counts only if every epoch has it."""
        assert complaint.place is not None
        key = (complaint.code, complaint.place)
        _, count, first = self.warned.get(key, (of, 0, complaint))
        self.warned[key] = (of, count + 1, first)

    def close(self) -> None:
        """Say the warnings that every epoch had."""
        for of, count, complaint in self.warned.values():
            if count == self.epochs[of]:
                self.complain(complaint)


def _inside(epoch: Span) -> dt.date:
    if epoch.start is not None:
        return epoch.start
    return dt.date.min if epoch.end is None else epoch.end - dt.timedelta(days=1)


def _values(parameters: Sequence[Parameter], epoch: Span) -> tuple[object, ...]:
    return tuple(one.on(_inside(epoch)) for one in parameters)


@dataclass
class _EpochCheck:
    """One table in one epoch: its rows as boxes."""

    table: DecisionTable
    rows: tuple[Row, ...]
    constants: Constants
    epoch: Span
    dated: bool
    ledger: _Ledger
    example: dict[str, str] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Make all checks."""
        self.judge_cells()
        self.find_overlaps()
        self.find_gap()
        if self.table.hit.policy in ("first", "priority"):
            self.find_unreachable()
            self.find_needless_order()
        self.find_idle()

    # -- boxes

    @cached_property
    def trees(self) -> dict[tuple[int, int, bool], Tree]:
        """The conditions of all cells; equal ones share theirs."""
        found: dict[tuple[int, int, bool], Tree] = {}
        for row in self.rows:
            for at, cell in enumerate(row.cells):
                key = (at, id(cell.tests), cell.negated)
                if key not in found:
                    found[key] = tree_of_cell(cell, self.table.columns[at], self.constants)
        return found

    @cached_property
    def space(self) -> Space:
        """The axes: every column, and what single cells compare."""
        space = Space()
        for column in self.table.columns:
            space.add(column)
        for tree in self.trees.values():
            space.note(tree)
        space.settle()
        return space

    @cached_property
    def axes(self) -> list[Axis]:
        """The axes in the order of boxes."""
        return self.space.order

    @cached_property
    def masks(self) -> dict[tuple[int, int, bool], list[Box]]:
        """The boxes of every distinct cell."""
        return {key: self.space.boxes(tree, Budget(GAP_STEPS)) for key, tree in self.trees.items()}

    def boxes_of(self, row: Row) -> list[Box]:
        """Return the boxes of a row (several only where a cell says ``or`` about other inputs)."""
        found = [self.space.whole()]
        for at, cell in enumerate(row.cells):
            if cell.anything or not cell.readable:
                continue
            theirs = self.masks[at, id(cell.tests), cell.negated]
            found = [both for one in found for other in theirs if (both := meet(one, other)) is not None]
        return found

    @cached_property
    def boxes(self) -> dict[int, list[Box]]:
        """The boxes of every row, by its number; a row that matches nothing has none."""
        return {row.number: self.boxes_of(row) for row in self.rows}

    @cached_property
    def sure(self) -> tuple[Row, ...]:
        """The rows whose every cell could be read, in the order in which they win."""
        rows = [row for row in self.rows if row.readable]
        if self.table.hit.policy == "priority":
            rows.sort(key=lambda row: precedence(self.table, row))
        return tuple(rows)

    @property
    def exact(self) -> bool:
        """Whether the axes are independent of each other."""
        return not self.space.derived

    # -- conditions for the prover

    def condition(self, row: Row) -> Expr:
        """Return a row as one condition, with its lets put in."""
        lets = {one.name: one.value for one in self.table.head.lets}
        parts = [condition_of(cell, column) for cell, column in zip(row.cells, self.table.columns, strict=True)
                 if not cell.anything]  # fmt: skip
        return expanded(Every(tuple(parts), kind=TRUTH, place=row.place), lets)

    def ask(self, *wanted: Expr) -> smt.Verdict:
        """Ask the prover whether conditions can hold together."""
        verdict = smt.can_hold(wanted, self.constants)
        kinds = {name.name: name.kind for one in wanted for name in walk(one) if isinstance(name, Name)}
        self.example = {name: written(value, kinds.get(name)) for name, value in verdict.example.items()}
        return verdict

    # -- findings

    def say(self, code: str, place: Place, box: Box | None = None, **values: object) -> None:
        """Report a finding with its region: what a box restricts, or the prover's example."""
        region = {} if box is None else self.example or self.space.region(box)
        if self.dated:
            region["on"] = str(self.epoch)
        told = {} if box is None and not self.dated else {"cells": region}
        self.ledger.error(Complaint(code, place, {**values, "region": said_region(region), **told}))

    def warn(self, code: str, place: Place, row: Row | None = None, **values: object) -> None:
        """Report a warning about a row or the whole table."""
        self.ledger.warning(row.number if row is not None else 0, Complaint(code, place, values))

    def judge_cells(self) -> None:
        """Report cells that match nothing, and cells that match everything without saying so."""
        for row in self.rows:
            for at, cell in enumerate(row.cells):
                if cell.anything or not cell.readable:
                    continue
                column = self.table.columns[at]
                boxes = self.own_masks(row, at)
                if boxes == []:
                    self.warn("W204", cell.place, row, cell=cell.text, column=column.name)
                elif boxes == [self.space.whole()]:
                    self.warn("W502", cell.place, row, column=column.name)

    def own_masks(self, row: Row, at: int) -> list[Box]:
        """Return the boxes of one cell."""
        cell = row.cells[at]
        return self.masks[at, id(cell.tests), cell.negated]

    # -- overlaps

    def find_overlaps(self) -> None:
        """Report rows that match together where the policy does not allow it."""
        policy = self.table.hit.policy
        if policy not in ("unique", "any", "priority") or len(self.sure) < 2:
            return
        count = 0
        for other, earlier in self.meeting_rows():
            for one in earlier:
                if self.is_forbidden(one, other):
                    self.judge_pair(one, other, "E305" if policy == "priority" else "E201")
                    count += 1
                    if count >= MOST_PAIRS:
                        break

    def is_forbidden(self, one: Row, other: Row) -> bool:
        """Whether the policy minds that two rows match together."""
        policy = self.table.hit.policy
        if policy == "priority" and precedence(self.table, one)[:-1] != precedence(self.table, other)[:-1]:
            return False
        return policy == "unique" or self.may_differ(one, other)

    def meeting_rows(self) -> Iterator[tuple[Row, Sequence[Row]]]:
        """Yield every row that meets earlier ones, and those, in the order of the table."""
        rows = sorted(self.sure, key=lambda row: row.number)
        boxes = [(row, box) for row in rows for box in self.boxes[row.number]]
        seen: set[tuple[int, int]] = set()
        for at, others in meetings([box for _, box in boxes]):
            row = boxes[at][0]
            earlier = [boxes[other][0] for other in others if boxes[other][0] is not row]
            fresh = [one for one in earlier if (one.number, row.number) not in seen]
            if len(boxes) > len(rows):
                seen |= {(one.number, row.number) for one in fresh}
            if fresh:
                yield row, fresh

    def may_differ(self, one: Row, other: Row) -> bool:
        """Whether two rows can have different outcomes."""
        return one.values != other.values

    def judge_pair(self, one: Row, other: Row, code: str) -> None:
        """Report an overlap, unless the prover knows that it cannot happen; say so when nobody knows."""
        shared = [both for mine in self.boxes[one.number] for theirs in self.boxes[other.number]
                  if (both := meet(mine, theirs)) is not None]  # fmt: skip
        if not self.exact:
            wanted = [self.condition(one), self.condition(other)]
            if self.table.hit.policy != "unique" and self.open_outcomes(one, other):
                wanted.append(self.differing(one, other))
            verdict = self.ask(*wanted)
            if verdict.answer == "no":
                return
            if verdict.answer == "unknown":
                self.doubt(other.place, "overlap", one=one.label, other=other.label)
                return
        smallest = min(shared, key=lambda box: share(box, self.axes)) if len(shared) > 1 else shared[0]
        self.report_pair(code, one, other, smallest)

    def report_pair(self, code: str, one: Row, other: Row, box: Box) -> None:
        """Report two rows that match together."""
        where = f"{one.place.file}:{one.place.line}"
        if code == "E305":
            self.say(code, other.place, box, one=other.label, other=one.label, where=where)
            return
        outcomes = _DIFFER if self.may_differ(one, other) else _SAME
        self.say(code, other.place, box, row=other.label, other=one.label, line=one.place.line, outcomes=outcomes)

    def open_outcomes(self, one: Row, other: Row) -> bool:
        """Whether the outcomes of two rows have to be worked out."""
        return not all(isinstance(value, Literal) for value in (*one.values, *other.values) if value is not None)

    def differing(self, one: Row, other: Row) -> Expr:
        """Return the condition that two rows have different outcomes."""
        lets = {let.name: let.value for let in self.table.head.lets}
        pairs = [(a, b) for a, b in zip(one.values, other.values, strict=True) if a is not None and b is not None]
        return Some(tuple(expanded(Compare("!=", a, b, kind=TRUTH), lets) for a, b in pairs), kind=TRUTH)

    def doubt(self, place: Place, what: str, **values: object) -> None:
        """Say that something could not be proved."""
        words = _DOUBTS[what]
        en, zh = (words[lang].format(**values) for lang in ("en", "zh"))
        hint = _SIMPLER if smt.installed() else _INSTALL
        self.say("W207", place, what=Words(en, zh), help=hint, key=f"{what}{values}")

    # -- gaps

    def find_gap(self) -> None:
        """Report the largest region for which there is no row."""
        if self.table.otherwise is not None:
            return
        others = [box for row in self.rows for box in self.boxes[row.number]]
        try:
            gaps = list(islice(uncovered(self.space.whole(), others, Budget(GAP_STEPS)), MOST_GAPS))
        except Exhausted:
            point = smt.point_outside(self.space.whole(), others, self.axes)
            if point == "unknown":
                self.doubt(self.table.sheet.place, "gap")
            gaps = [] if isinstance(point, str) else [point]
        if gaps:
            self.judge_gap(gaps, others)

    def judge_gap(self, gaps: list[Box], others: Sequence[Box]) -> None:
        """Report the largest gap, unless the prover knows that there is none in fact."""
        if not self.exact:
            verdict = self.ask(*(Not(self.condition(row), kind=TRUTH) for row in self.rows))
            if verdict.answer == "no":
                return
            if verdict.answer == "unknown":
                self.doubt(self.table.sheet.place, "gap")
                return
        largest = grown(max(gaps, key=lambda box: share(box, self.axes)), others, self.axes)
        paste = pasted_row(self.table, self.example or self.space.region(largest))
        self.say("E203", self.table.sheet.place, largest, paste=Words(paste, paste), row_to_paste=paste)

    # -- rows that never fire

    def find_unreachable(self) -> None:
        """Report rows that the rows before them leave nothing for."""
        reach = _Reach(self.axes)
        near = self.earlier_boxes()
        before: list[Row] = []
        unknown: list[str | int] = []
        for row in self.sure:
            mine = self.boxes[row.number]
            answer = reach.of(mine, near.get(row.number, ())) if mine else "nothing"
            if answer == "open" and not self.exact and smt.installed():
                wanted = [self.condition(row), *(Not(self.condition(one), kind=TRUTH) for one in before)]
                answer = "covered" if self.ask(*wanted).answer == "no" else "open"
            if answer in ("nothing", "covered"):
                self.dead.add(row.number)
                why = _COVERED if answer == "covered" and before else _NOTHING
                self.warn("W202", row.place, row, row_label=row.label, why=why)
            unknown += [row.label] * (answer == "unknown")
            before.append(row)
        if unknown:
            self.doubt(self.table.sheet.place, "reach", row=", ".join(map(str, unknown[:SHOWN_ROWS])))

    def earlier_boxes(self) -> dict[int, list[Box]]:
        """Return, for every row by its number, the boxes of the rows that win over it and meet it."""
        boxes = [(row, box) for row in self.sure for box in self.boxes[row.number]]
        found: dict[int, list[Box]] = {}
        for at, others in meetings([box for _, box in boxes]):
            row = boxes[at][0]
            found.setdefault(row.number, []).extend(boxes[one][1] for one in others if boxes[one][0] is not row)
        return found

    def find_needless_order(self) -> None:
        """Report a policy for several matching rows where no two can match together."""
        rows = [row for row in self.sure if self.boxes[row.number]]
        if len(rows) < 2 or len(self.sure) < len(self.rows):
            return
        if next(self.meeting_rows(), None) is None:
            self.warn("W501", self.table.hit.place, policy=self.table.hit.policy)

    # -- rows and columns that make no difference

    def find_idle(self) -> None:
        """Report rows and columns without which every outcome would be the same."""
        if self.table.hit.policy == "collect" or len(self.sure) < len(self.rows):
            return
        budget = Budget(IDLE_STEPS)
        try:
            for at, row in enumerate(self.sure):
                if self.boxes[row.number] and row.number not in self.dead and self.is_idle(at, row, budget):
                    self.warn("W205", row.place, row, row_label=row.label)
        except Exhausted:
            return
        self.find_idle_columns()

    def is_idle(self, at: int, row: Row, budget: Budget) -> bool:
        """Whether what a row decides would be decided the same without it."""
        before = [box for one in self.sure[:at] for box in self.boxes[one.number]]
        left = [piece for box in self.boxes[row.number] for piece in uncovered(box, before, budget)]
        if not left or None in row.values:
            return False
        for other in self.sure[at + 1 :]:
            if self.table.hit.policy in ("unique", "any"):
                break
            left, differs = self.passed_on(left, other, row, budget)
            if differs:
                return False
        if not left:
            return True
        return self.table.otherwise is not None and self.table.otherwise == row.values

    def passed_on(self, left: list[Box], other: Row, row: Row, budget: Budget) -> tuple[list[Box], bool]:
        """Return what remains when a later row takes over, and whether that row's outcome differs."""
        rest: list[Box] = []
        taken = False
        for box in left:
            budget.spend(len(self.boxes[other.number]) + 1)
            pieces = [box]
            for theirs in self.boxes[other.number]:
                taken = taken or any(meet(piece, theirs) for piece in pieces)
                pieces = [small for piece in pieces for small in (without(piece, theirs) if meet(piece, theirs) else
                                                                  [piece])]  # fmt: skip
            rest += pieces
        return rest, taken and other.values != row.values

    def find_idle_columns(self) -> None:
        """Report columns that no outcome depends on, in tables of which all cells can be counted."""
        if not self.exact or not self.sure or any(None in row.values for row in self.sure):
            return
        sizes = [axis.size for axis in self.axes]
        if len(sizes) > MOST_AXES or np.prod([float(size) for size in sizes]) > GRID_CELLS:
            return
        grid = self.outcome_grid(sizes)
        for at, column in enumerate(self.table.columns):
            same = np.all(grid == np.take(grid, [0], axis=at))
            if same:
                declared = {one.name: one.place for one in self.table.head.inputs}
                place = declared.get(column.name, column.place) if self.table.sheet.layout == "rows" else column.place
                self.warn("W206", place, column=column.name)

    def outcome_grid(self, sizes: list[int]) -> np.ndarray:
        """Return, for every combination of atoms, the number of its outcome."""
        grid = np.full(sizes, -1, np.int64)
        outcomes: dict[object, int] = {}
        if self.table.otherwise is not None:
            grid[...] = outcomes.setdefault(self.table.otherwise, 0)
        for row in reversed(self.sure):
            number = outcomes.setdefault(row.values, len(outcomes))
            for box in self.boxes[row.number]:
                grid[np.ix_(*[_chosen(mask) for mask in box])] = number
        return grid


class _Reach:
    """Tells, within a budget for the whole table, whether earlier boxes cover the boxes of a row."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = axes
        self.steps = COVER_STEPS
        self.proofs = MOST_PROOFS

    def of(self, mine: Sequence[Box], near: Sequence[Box]) -> str:
        """Return ``covered``, ``open`` or ``unknown``."""
        budget = Budget(min(self.steps, ROW_STEPS))
        allowed = budget.steps
        try:
            covered = all(is_covered(box, near, budget) for box in mine)
        except Exhausted:
            self.steps -= allowed
            return self.proved(mine, near)
        self.steps -= allowed - budget.steps
        return "covered" if covered else "open"

    def proved(self, mine: Sequence[Box], near: Sequence[Box]) -> str:
        """Ask the prover, a few times a table."""
        if self.proofs == 0:
            return "unknown"
        self.proofs -= 1
        points = [smt.point_outside(box, near, self.axes) for box in mine]
        if any(point == "unknown" for point in points):
            return "unknown"
        return "covered" if all(point == "none" for point in points) else "open"


def _chosen(mask: int) -> list[int]:
    return [at for at in range(mask.bit_length()) if mask >> at & 1]


_SAME = Words("their outcomes are the same", "两行结果相同")
_DIFFER = Words("their outcomes differ", "两行结果不同")
_COVERED = Words("rows before it together cover all its cases", "前面的行合起来已覆盖它的全部情形")
_NOTHING = Words("it matches nothing", "它什么也不匹配")
_DOUBTS = {
    "overlap": Words("whether rows {one} and {other} can match together", "第 {one} 行与第 {other} 行是否会同时匹配"),
    "gap": Words("whether there is a row for every case", "是否每种情形都有适用的行"),
    "reach": Words("whether these rows can ever fire: {row}", "以下各行是否会生效：{row}"),
}
_INSTALL = Words("the package `z3-solver` may prove it: pip install z3-solver",
                 "安装软件包 `z3-solver` 后或可证明：pip install z3-solver")  # fmt: skip
_SIMPLER = Words("cells that name constants are always proved; or split the table",
                 "单元格只写常数时总能证明；也可拆分此表")  # fmt: skip
