"""From rules about orders to a rule book that the desk's kernel executes.

A rule is asked at the moment that it names (``evaluated: each_hour``); one that names none, at the first moment at
which its decision can still matter. At each moment the rules run in the order in which they need each other. What an
order already has (its class, its limit, its level) is what other rules see until a rule of the same moment changes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twin.core.programs import Op, Program, TableIndex
from twin.desk.rulebook import (
    ACT,
    ARG,
    FACT,
    FACTS,
    INDEX,
    MOMENT,
    PROG,
    PROGRAM,
    STEP,
    TABLE,
    Act,
    Known,
    Moment,
    RuleBook,
)
from twin.errors import Complaint, Words, closest
from twin.policy.programs import Written, of_formula, of_rule
from twin.policy.retyping import retyped, retyped_parameter
from twin.rules.kinds import Choice, Free, Kind
from twin.rules.model import (
    Call,
    Decider,
    DecisionTable,
    Expr,
    Formula,
    Literal,
    Name,
    Rule,
    RuleSet,
    conditions,
    targets,
    walk,
)
from twin.rules.plans import DATE_PARTS, Planner, TablePlan
from twin.rules.registers import Inexact, bounds_of, code_of_value, step_of

ACTS: Mapping[str, Act] = {
    "priority": Act.PRIORITY, "优先级": Act.PRIORITY, "urgent": Act.URGENT, "紧急": Act.URGENT, "sla": Act.SLA,
    "时限": Act.SLA, "办理时限": Act.SLA, "merge": Act.MERGE, "合并": Act.MERGE, "department": Act.TEAM,
    "部门": Act.TEAM, "承办单位": Act.TEAM, "team": Act.TEAM, "队伍": Act.TEAM, "escalate": Act.ESCALATE,
    "督办": Act.ESCALATE, "level": Act.LEVEL, "级别": Act.LEVEL, "督办级别": Act.LEVEL, "call_back": Act.CALL_BACK,
    "回访": Act.CALL_BACK, "reopen": Act.REOPEN, "重办": Act.REOPEN,
}  # fmt: skip
"""The decisions about an order that the desk carries out; others are only written down."""

MOMENTS: Mapping[str, Moment] = {
    "on_report": Moment.REPORT, "on_dispatch": Moment.DISPATCH, "on_return": Moment.RETURN, "on_limit": Moment.LIMIT,
    "each_minute": Moment.MINUTE, "each_hour": Moment.HOUR, "each_day": Moment.DAY, "on_done": Moment.DONE,
    "on_call_back": Moment.CALL_BACK,
}  # fmt: skip
_USUAL = {Act.ESCALATE: Moment.HOUR, Act.LEVEL: Moment.HOUR, Act.CALL_BACK: Moment.DONE, Act.REOPEN: Moment.CALL_BACK}

KNOWN: Mapping[str, Known] = {
    "date": Known.DATE, "hour": Known.HOUR, "weekday": Known.WEEKDAY, "month": Known.MONTH, "holiday": Known.HOLIDAY,
    "backlog": Known.BACKLOG, "queue_length": Known.QUEUE_LENGTH, "idle_workers": Known.IDLE_WORKERS,
    "year": Known.YEAR, "day_of_month": Known.DAY_OF_MONTH,
    "category": Known.CATEGORY, "channel": Known.CHANNEL, "grid": Known.GRID, "priority": Known.PRIORITY,
    "status": Known.STATUS, "open_time": Known.OPEN_TIME, "waiting_time": Known.WAITING_TIME, "hops": Known.HOPS,
    "attempts": Known.ATTEMPTS, "overdue": Known.OVERDUE, "again": Known.AGAIN, "sla": Known.SLA,
    "level": Known.LEVEL, "reached": Known.REACHED, "minutes_since_first_report": Known.SINCE_FIRST_REPORT,
    "first_report_open": Known.FIRST_REPORT_OPEN, "distance": Known.DISTANCE,
}  # fmt: skip
_PARTS = {"year": Known.YEAR, "month": Known.MONTH, "day": Known.DAY_OF_MONTH, "weekday": Known.WEEKDAY}


STORED = frozenset({"priority", "sla", "level"})
"""What an order has, whoever decided it: other rules see it until a rule of the same moment changes it."""


@dataclass(frozen=True)
class Office:
    """What rules meet: the scenario's categories, its teams, and the words of coded fields."""

    categories: tuple[str, ...]
    teams: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class StepOf:
    """One step of a rule book: which rule it is (as it was read), and the rows that its row numbers stand for."""

    decider: Decider
    moment: Moment
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Epoch:
    """The rule book from a day on, the rules that it was written from, its steps, and the fields of each moment."""

    start: dt.date
    rules: RuleSet
    book: RuleBook
    steps: tuple[StepOf | None, ...]
    fields: Mapping[Moment, tuple[str, ...]]


@dataclass
class Book:
    """A rule book while it is written: every array is a list."""

    loads: list[int] = field(default_factory=list)
    steps: list[tuple[int, ...]] = field(default_factory=list)
    args: list[tuple[float, ...]] = field(default_factory=list)
    codes: list[float] = field(default_factory=list)
    picks: list[tuple[int, int]] = field(default_factory=list)
    acts: list[tuple[int, ...]] = field(default_factory=list)
    indexes: list[tuple[int, ...]] = field(default_factory=list)
    inputs: list[np.ndarray] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    masks: list[np.ndarray] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    programs: list[tuple[int, ...]] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    registers: int = 1
    room: int = 1
    words: int = 1
    board: int = 1

    def table(self, index: TableIndex, values: Sequence[Sequence[float]], otherwise: bool) -> int:
        """Add a table and the values of its rows, those of the else row last; return its number."""
        first_input, masks = sum(map(len, self.inputs)), sum(one.size for one in self.masks)
        words, codes = index.masks.shape
        self.indexes.append((first_input, first_input + len(index.inputs), len(self.cuts), masks, words, codes,
                             int(index.lone), int(otherwise), len(self.values), len(values) - 1))  # fmt: skip
        self.inputs.append(index.inputs)
        self.cuts += index.cuts.tolist()
        self.masks.append(index.masks.ravel())
        self.values += [one for line in values for one in line]
        self.words = max(self.words, words)
        return len(self.indexes) - 1

    def program(self, program: Program) -> int:
        """Add a program; return its number."""
        first = sum(map(len, self.lines))
        self.programs.append((first, first + len(program.lines), len(self.constants), len(self.results)))
        self.lines.append(program.lines)
        self.constants += program.constants.tolist()
        self.results += program.results.tolist()
        self.registers = max(self.registers, program.registers)
        return len(self.programs) - 1

    def translation(self, codes: Iterable[float]) -> tuple[int, int]:
        """Add a list of codes; return where it begins and how long it is."""
        first = len(self.codes)
        self.codes += codes
        return first, len(self.codes) - first

    def finished(self, moments: Mapping[Moment, tuple[int, ...]], checks: Iterable[Moment]) -> RuleBook:
        """Return the arrays."""
        rows = [moments.get(one, (0,) * 7) for one in Moment]
        return RuleBook(
            moments=_records(rows, MOMENT), loads=np.array(self.loads, np.int64), steps=_records(self.steps, STEP),
            args=_records(self.args, ARG), codes=np.array(self.codes, np.float64),
            picks=np.array(self.picks, np.int64).reshape(-1, 2), acts=_records(self.acts, ACT),
            indexes=_records(self.indexes, INDEX), inputs=_joined(self.inputs, 6), cuts=np.array(self.cuts, np.float64),
            masks=np.concatenate([*self.masks, np.zeros(0, np.uint64)]), values=np.array(self.values, np.float64),
            programs=_records(self.programs, PROG), lines=_joined(self.lines, 5),
            constants=np.array(self.constants, np.float64), results=np.array(self.results, np.int64),
            checks=np.array([one in set(checks) for one in (Moment.MINUTE, Moment.HOUR, Moment.DAY)]),
            today=np.zeros(6), facts=np.zeros((0, len(FACTS))), board=np.zeros(self.board), room=np.zeros(self.room),
            registers=np.zeros(self.registers), matching=np.zeros(self.words, np.uint64),
        )  # fmt: skip


def _records(rows: Sequence[Sequence[Any]], dtype: np.dtype[Any]) -> np.recarray:
    return np.array([tuple(row) for row in rows], dtype).view(np.recarray)


def _joined(parts: Sequence[np.ndarray], columns: int) -> np.ndarray:
    return np.concatenate([*parts, np.zeros((0, columns), np.int64)]).astype(np.int64)


class Refused(Exception):  # noqa: N818  (becomes a complaint)
    """A rule that cannot be asked inside the desk, and the complaint about it."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.code)
        self.complaint = complaint


def is_about_orders(decider: Decider) -> bool:
    """Whether a table or rule decides something about an order."""
    return any(one.about == "order" for one in targets(decider))


def about_orders(rules: RuleSet) -> RuleSet:
    """Return only the tables and rules whose decisions the desk records."""
    files = (replace(file, deciders=tuple(filter(is_about_orders, file.deciders))) for file in rules.files)
    return replace(rules, files=tuple(files))


def moment_of(decider: Decider) -> Moment:
    """Return when a table or rule about orders is asked; raises :class:`Refused` for a moment that the desk lacks."""
    if isinstance(decider, Rule) and decider.evaluated:
        if decider.evaluated not in MOMENTS:
            near = closest(decider.evaluated, MOMENTS)
            values = {"name": decider.head.name, "moment": decider.evaluated, "suggestion": near,
                      "known": tuple(MOMENTS)}  # fmt: skip
            raise Refused(Complaint("S161", decider.head.place, values))
        return MOMENTS[decider.evaluated]
    acts = [ACTS[one.name] for one in targets(decider) if one.name in ACTS]
    return min((_USUAL.get(one, Moment.REPORT) for one in acts), default=Moment.REPORT)


# -- one moment


@dataclass
class MomentWriter:
    """Writes the steps of one moment: ``asked`` are its tables and rules, formulas are added as they are needed."""

    book: Book
    office: Office
    planner: Planner
    moment: Moment
    asked: Sequence[Decider]
    slots: dict[str, int] = field(default_factory=dict)  # stored fields
    said: dict[str, int] = field(default_factory=dict)  # what the rules of this moment say, effective
    kinds: dict[int, Kind] = field(default_factory=dict)
    steps: list[StepOf | None] = field(default_factory=list)
    own: tuple[str, ...] = ()  # what the rule that is being written decides: of these it sees what was stored
    top: int = 0

    def write(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Write everything; return the moment's record and the names of its fields."""
        sequence = self.sequence()
        fields = list(dict.fromkeys(name for one in sequence for name in self.needed(one) if self.is_stored(name)))
        first_load, first_step, first_act = (len(one) for one in (self.book.loads, self.book.steps, self.book.acts))
        for slot, name in enumerate(fields):
            self.slots[name] = slot
            self.book.loads.append(self.field(name))
        self.top = len(fields)
        for name in sorted({name for one in sequence for name in _results(one)}):
            self.said[name] = self.new_slot()
        for at, decider in enumerate(sequence):
            self.step(decider, sequence[at + 1 :])
        self.act(sequence)
        self.book.board = max(self.book.board, self.top)
        ends = (len(self.book.loads), len(self.book.steps), len(self.book.acts))
        record = (first_load, ends[0], first_step, ends[1], first_act, ends[2], self.top)
        return record, tuple(fields)

    def new_slot(self) -> int:
        """Return a free slot of the board."""
        self.top += 1
        return self.top - 1

    # -- who needs whom

    def decided_here(self) -> dict[str, list[Decider]]:
        """Return who says what at this moment."""
        found: dict[str, list[Decider]] = {}
        for one in self.asked:
            for output in targets(one):
                found.setdefault(output.name, []).append(one)
        for formula in self.planner.rules.formulas:
            if formula.head.span.holds(self.planner.day):
                found.setdefault(formula.head.name, []).append(formula)
        return found

    def sequence(self) -> list[Decider]:
        """Return the tables, rules and formulas of the moment, each after those that it needs, the first by rank."""
        here, done, pending = self.decided_here(), list[Decider](), set[int]()

        def visit(one: Decider) -> None:
            if id(one) in pending or any(one is other for other in done):
                return
            pending.add(id(one))
            for name in self.needed(one):
                for other in here.get(name, []):
                    if other is not one and not _mutual(one, other):
                        visit(other)
            done.append(one)

        for decider in sorted(self.asked, key=lambda one: -(one.head.rank or 0)):
            visit(decider)
        return done

    def needed(self, decider: Decider) -> tuple[str, ...]:
        """Return the names that a table, rule or formula looks up, each once."""
        names: dict[str, None] = {}
        for part in (one for expr in conditions(decider) for one in walk(expr)):
            if isinstance(part, Name) and part.origin in ("input", "field", "result"):
                names[part.name] = None
            elif isinstance(part, Call) and part.function in DATE_PARTS:
                names[_part_name(part.function)] = None
        return tuple(names | {name: None for name in _own(decider) if name in STORED})

    def is_stored(self, name: str) -> bool:
        """Whether a name has to be looked up when the moment begins."""
        here = self.decided_here()
        return name not in here or name in STORED

    def field(self, name: str) -> int:
        """Return the number of a field of the desk; raises :class:`Refused` for one that it does not know."""
        plain = name.removeprefix("ticket.")
        if plain in KNOWN:
            return int(KNOWN[plain])
        if plain in FACTS:
            return FACT + FACTS.index(plain)
        place = next((one.place for decider in self.asked for expr in conditions(decider) for one in walk(expr)
                      if isinstance(one, Name) and one.name == name), None)  # fmt: skip
        known = tuple(sorted((*KNOWN, *FACTS)))
        raise Refused(Complaint("S162", place, {"name": name, "suggestion": closest(name, known), "known": known}))

    # -- steps

    def step(self, decider: Decider, later: Sequence[Decider]) -> None:
        """Write the step of one table, rule or formula, and note what it says where nobody of higher rank has."""
        self.own = _own(decider)
        try:
            if isinstance(decider, DecisionTable):
                said = self.table(decider)
            else:
                said = self.program(decider, _written(self.planner, decider))
        except Inexact as reason:
            words = _REASONS.get(str(reason), Words(str(reason), str(reason)))
            raise Refused(Complaint("S163", decider.head.place, {"name": decider.head.name, "reason": words})) from None
        self.picks([(slot, self.said[name]) for name, slot in said.items()])
        for name in said:
            if name in self.slots and not any(name in _results(one) for one in later):
                self.picks([(self.slots[name], self.said[name])])

    def picks(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Let the last step copy values to where nobody has spoken yet."""
        step = list(self.book.steps[-1])
        self.book.picks += pairs
        step[_PICK_END] = len(self.book.picks)
        self.book.steps[-1] = tuple(step)

    def add(self, kind: int, index: int, args: Sequence[tuple[float, ...]], outs: int, row: int) -> int:
        """Add a step; return its first slot."""
        first_arg, out = len(self.book.args), self.top
        self.book.args += args
        self.top += outs
        self.book.room = max(self.book.room, len(args))
        picks = len(self.book.picks)
        at = out + row if row >= 0 else -1
        self.book.steps.append((kind, index, first_arg, len(self.book.args), out, outs, at, picks, picks))
        return out

    def program(self, decider: Decider, written: Written) -> dict[str, int]:
        """Add a rule or formula; return the slots of what it says."""
        program, leaves = written
        names = _results(decider)
        kinds = {one.name: one.kind for one in targets(decider)}
        out = self.add(PROGRAM, self.book.program(program), [self.arg(one) for one in leaves], 2 + len(names), 1)
        self.steps.append(StepOf(decider, self.moment))
        found = {name: out + 2 + at for at, name in enumerate(names)}
        for name, slot in found.items():
            self.kinds[slot] = self.kinds[self.said[name]] = kinds.get(name) or decider.kind  # type: ignore[union-attr]
        return found

    def table(self, table: DecisionTable) -> dict[str, int]:
        """Add a table; return the slots of what it says."""
        if table.hit.policy == "collect":
            raise Inexact("several rows")
        plan = self.planner.plan(table)
        if not isinstance(plan, TablePlan):
            self.planner._plan(table)
            raise Inexact("several rows")
        helpers = [None if how is None else self.helper(how.program, how.leaves) for how in plan.inputs]
        args = [self.arg(expr) if slot is None else (slot, 0, 0, 0.0, 1.0, 0.0, 0.0)
                for expr, slot in zip(plan.found.inputs, helpers, strict=True)]  # fmt: skip
        told = [row.values for row in plan.found.rows] + [table.otherwise or (None,) * len(table.outputs)]
        values = [[_float(one, output.kind) for one, output in zip(line, table.outputs, strict=True)] for line in told]
        number = self.book.table(plan.found.index, values, table.otherwise is not None)
        out = self.add(TABLE, number, args, 1 + len(table.outputs), 0)
        places = {id(row): at for at, row in enumerate(table.rows)}
        self.steps.append(StepOf(table, self.moment, tuple(places[id(row)] for row in plan.found.rows)))
        found = {one.name: out + 1 + at for at, one in enumerate(table.outputs)}
        for output in table.outputs:
            self.kinds[found[output.name]] = self.kinds[self.said[output.name]] = output.kind
        for at, output in enumerate(table.outputs):
            worked = {row: how for (row, place), how in plan.values.items() if place == at}
            for row, how in worked.items():
                found[output.name] = self.worked_out(out, row, found[output.name], how.program, how.leaves)
        return found

    def helper(self, program: Program, leaves: Sequence[Expr]) -> int:
        """Add a program whose only result is an input of a table; return its slot."""
        lines = np.concatenate([program.lines, [[Op.CONSTANT, program.registers, len(program.constants), 0, 0]]])
        whole = Program(lines, np.append(program.constants, 0.0), program.registers + 1,
                        np.array([program.registers, *program.results]))  # fmt: skip
        out = self.add(PROGRAM, self.book.program(whole), [self.arg(one) for one in leaves], 2, -1)
        self.steps.append(None)
        return out + 1

    def worked_out(self, out: int, row: int, so_far: int, program: Program, leaves: Sequence[Expr]) -> int:
        """Add a program that puts a row's expression in place of a value when that row was hit; return its slot."""
        n, c, r = len(leaves), len(program.constants), program.registers
        value = int(program.results[0])
        more = [
            (Op.LOAD, r, n, 0, 0), (Op.LOAD, r + 1, n + 1, 0, 0), (Op.CONSTANT, r + 2, c, 0, 0),
            (Op.EQUAL, r + 3, r, r + 2, 0), (Op.MISSING, r + 4, value, 0, 0), (Op.AND, r + 5, r + 3, r + 4, 0),
            (Op.CHOOSE, r + 6, r + 3, value, r + 1),
        ]  # fmt: skip
        lines = np.concatenate([program.lines, np.array(more, np.int64)])
        whole = Program(lines, np.append(program.constants, float(row)), r + 7, np.array([r + 5, r + 6]))
        plain = [(slot, 0, 0, 0.0, 1.0, 0.0, 0.0) for slot in (out, so_far)]
        slot = self.add(PROGRAM, self.book.program(whole), [*map(self.arg, leaves), *plain], 2, -1)
        self.steps.append(None)
        self.kinds[slot + 1] = self.kinds[so_far]
        return slot + 1

    # -- arguments

    def arg(self, leaf: Expr) -> tuple[float, ...]:
        """Return how a step gets a leaf from the board."""
        plain = (0, 0, 0.0, 1.0, 0.0, 0.0)
        if isinstance(leaf, Call) and leaf.function in DATE_PARTS:
            inner = leaf.arguments[0]
            if not isinstance(inner, Name) or inner.name != "date":
                raise Inexact("a date that is not today's")
            return (self.slots[_part_name(leaf.function)], *plain)
        if not isinstance(leaf, Name):
            raise Inexact("a group of members")
        here = leaf.name in self.said and leaf.name not in self.own
        slot = self.said[leaf.name] if here else self.slots[leaf.name]
        return self.coded(slot, leaf, self.words_in(slot, leaf.name))

    def words_in(self, slot: int, name: str) -> tuple[str, ...] | None:
        """Return the words that the codes in a slot stand for, ``None`` where they are numbers."""
        kind = self.kinds.get(slot)
        if isinstance(kind, Choice):
            return kind.values
        return self.office.words.get(name.removeprefix("ticket."))

    def coded(self, slot: int, leaf: Name, words: tuple[str, ...] | None) -> tuple[float, ...]:
        """Return the argument that brings a slot's value to the codes of a kind."""
        kind = leaf.kind
        if isinstance(kind, Choice) and words is not None and words != kind.values:
            unknown = [word for word in words if word not in kind.values]
            if unknown and leaf.name.endswith("category"):
                raise Refused(Complaint("S164", leaf.place, {"names": unknown, "kind": kind.name}))
            codes = [float(kind.values.index(word)) if word in kind.values else -np.inf for word in words]
            return (slot, *self.book.translation(codes), 1.0, 1.0, 0.0, 0.0)
        step = step_of(kind)
        if step is None:
            return (slot, 0, 0, 0.0, 1.0, 0.0, 0.0)
        return (slot, 0, 0, float(step.denominator), float(step.numerator), *map(float, bounds_of(kind)))

    # -- what is done

    def act(self, sequence: Sequence[Decider]) -> None:
        """Write what the desk does with what was decided."""
        for name in sorted({name for one in sequence for name in _results(one)}, key=_act_order):
            if name in ACTS:
                act, slot = ACTS[name], self.said[name]
                self.book.acts.append((int(act), slot, *self.act_codes(act, slot, name)))

    def act_codes(self, act: Act, slot: int, name: str) -> tuple[int, int]:
        """Return how the code of a decision becomes the desk's: the number of a team, of a level."""
        kind = self.kinds.get(slot)
        if act is Act.TEAM:
            return self.teams(name, kind)
        if act is Act.LEVEL and isinstance(kind, Choice):
            levels = self.office.words["level"]
            return self.book.translation(float(levels.index(one)) if one in levels else 1.0 for one in kind.values)
        return 0, 0

    def teams(self, name: str, kind: Kind | None) -> tuple[int, int]:
        """Return the teams' numbers; raises :class:`Refused` for a word that a row says and no team is called."""
        assert isinstance(kind, Choice)
        for decider in self.asked:
            for expr in conditions(decider):
                word = expr.value if isinstance(expr, Literal) and isinstance(expr.value, str) else None
                if word is not None and _is_team(decider, name, expr) and word not in self.office.teams:
                    known = self.office.teams
                    values = {"name": word, "suggestion": closest(word, known), "known": known}
                    raise Refused(Complaint("S165", expr.place, values))
        teams = self.office.teams
        return self.book.translation(float(teams.index(one)) if one in teams else -1.0 for one in kind.values)


_PICK_END = 8
_REASONS = {
    "several rows": Words("a `collect` table gathers several rows", "`collect` 表汇总多行"),
    "a group of members": Words("it asks about the members of a group", "它涉及一组成员"),
    "History has no column": Words(
        "it asks what was before (`prev`, `streak`, `since`, `count_in`), which the desk does not keep for an order",
        "它涉及历史（`prev`、`streak`、`since`、`count_in`），服务台不为工单保存历史",
    ),
    "free words": Words("it decides by words of no list", "它使用了未列入任何枚举的文字"),
    "a date that is not today's": Words("it asks for parts of a date other than today's",
                                        "它使用了非当日日期的年、月、日"),
    "numbers without a step": Words("it reckons with numbers that have no smallest step: declare them `int`, or give"
                                    " a `step`", "它对没有最小单位的数进行运算：请声明为 `int`，或给出 `step`"),
    "numbers beyond 2**53 steps": Words("its numbers can grow too large to stay exact", "数值可能过大而无法保持精确"),
}  # fmt: skip


def _written(planner: Planner, decider: Rule | Formula) -> Written:
    return of_rule(planner, decider) if isinstance(decider, Rule) else of_formula(planner, decider)


def _mutual(one: Decider, other: Decider) -> bool:
    """Whether two rules both change and both read the same stored field: then both see what was stored."""
    return bool(set(_own(one)) & set(_own(other)) & STORED)


def _own(decider: Decider) -> tuple[str, ...]:
    return tuple(one.name for one in targets(decider))


def _results(decider: Decider) -> tuple[str, ...]:
    return (decider.head.name,) if isinstance(decider, Formula) else _own(decider)


def _act_order(name: str) -> tuple[int, str]:
    return (int(ACTS[name]) if name in ACTS else -1, name)


def _part_name(part: str) -> str:
    return {"day": "day_of_month"}.get(part, part)


def _float(expr: Expr | None, kind: Kind) -> float:
    return float(code_of_value(expr.value, kind)) if isinstance(expr, Literal) else np.nan


def _is_team(decider: Decider, name: str, expr: Expr) -> bool:
    if isinstance(decider, DecisionTable):
        at = next((i for i, one in enumerate(decider.outputs) if one.name == name), None)
        told = [row.values for row in decider.rows] + [decider.otherwise or ()]
        return at is not None and any(len(line) > at and line[at] is expr for line in told)
    if isinstance(decider, Rule):
        every = [*decider.then, *(one for exemption in decider.exceptions for one in exemption.then)]
        return any(one.target.name == name and one.value is expr for one in every)
    return False


# -- the rules of a run


@dataclass(frozen=True)
class OrderRules:
    """What rules decide about orders in a run: a rule book for each stretch of days on which they stay the same.

    ``merging`` says that they decide which reports are merged, ``makes_emergencies`` that they decide classes.
    """

    epochs: tuple[Epoch, ...]
    merging: bool
    office: Office
    makes_emergencies: bool = False

    def refusal(self, day: dt.date, step: int, ticket: int, heard: Sequence[float]) -> Exception:
        """Return the error of a decision that could not be made: what the reference says of it."""
        from twin.policy.recorded import refused

        epoch = next(one for one in reversed(self.epochs) if one.start <= day)
        return refused(epoch, step, ticket, heard, day, self.office)


def order_rules(
    rules: RuleSet, start: dt.date, end: dt.date, office: Office
) -> tuple[OrderRules | None, list[Complaint]]:
    """Return the rule books of the days of a run, ``None`` where no rule is about orders, and all complaints."""
    complaints: list[Complaint] = []
    words = _team_words(rules)
    files = tuple(
        replace(
            file,
            deciders=tuple(retyped(one, words) for one in file.deciders),
            parameters=tuple(map(retyped_parameter, file.parameters)),
        )
        for file in rules.files
    )
    stepped = replace(rules, files=files)
    if not any(is_about_orders(one) for one in stepped.deciders):
        return None, []
    drafts = [_draft(stepped, day, office, complaints) for day in [start, *changes(rules, start, end)]]
    if complaints:
        return None, list({(one.code, one.place): one for one in complaints}.values())
    checks = {moment for _, moments, _, _ in drafts for moment in moments}
    epochs = tuple(
        Epoch(day, stepped, book.finished(moments, checks), tuple(steps), fields)
        for day, (book, moments, steps, fields) in zip([start, *changes(rules, start, end)], drafts, strict=True)
    )
    acts = {ACTS.get(one.name) for decider in stepped.deciders for one in targets(decider)}
    urgent = bool(acts & {Act.PRIORITY, Act.URGENT})
    return OrderRules(epochs, Act.MERGE in acts, office, urgent), []


Draft = tuple[Book, dict[Moment, tuple[int, ...]], list["StepOf | None"], dict[Moment, tuple[str, ...]]]


def _draft(rules: RuleSet, day: dt.date, office: Office, complaints: list[Complaint]) -> Draft:
    """Write the rule book of a day."""
    planner = Planner(rules, day)
    asked: dict[Moment, list[Decider]] = {}
    for decider in rules.deciders:
        if decider.head.span.holds(day) and is_about_orders(decider):
            try:
                asked.setdefault(moment_of(decider), []).append(decider)
            except Refused as reason:
                complaints.append(reason.complaint)
    book, moments, steps, fields = Book(), {}, [], {}
    for moment, deciders in sorted(asked.items()):
        writer = MomentWriter(book, office, planner, moment, deciders)
        try:
            moments[moment], fields[moment] = writer.write()
        except Refused as reason:
            complaints.append(reason.complaint)
        steps += writer.steps
    return book, moments, steps, fields


def changes(rules: RuleSet, start: dt.date, end: dt.date) -> list[dt.date]:
    """Return the days after `start` and before `end` on which something in the rules begins or ends, in order."""
    spans = [one.span for one in (one.head for one in rules.deciders)]
    spans += [row.span for table in rules.tables for row in table.rows]
    spans += [one.span for rule in rules.rules for one in rule.exceptions]
    spans += [reign.span for parameter in rules.parameters for reign in parameter.reigns]
    days = {day for span in spans for day in (span.start, span.end) if day is not None}
    return sorted(day for day in days if start < day < end)


def _team_words(rules: RuleSet) -> dict[str, Choice]:
    """Return the lists of words for targets that take any word."""
    names = {one.name for decider in rules.deciders for one in targets(decider)
             if one.name in ACTS and isinstance(one.kind, Free)}  # fmt: skip
    words = {expr.value: None for decider in rules.deciders for whole in conditions(decider) for expr in walk(whole)
             if isinstance(expr, Literal) and isinstance(expr.kind, Free) and isinstance(expr.value, str)}  # fmt: skip
    return {name: Choice(name, tuple(words)) for name in names} if words else {}
