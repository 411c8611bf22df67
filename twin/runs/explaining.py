"""What rules decided about one ticket of a run, explained by the rules as they were.

The run folder keeps the rule files of its arms and every decision with the fields that it went by; nothing is looked up
in ``rules/``, which may say something else by now.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.desk.rulebook import Moment
from twin.errors import InputError
from twin.policy.orders import Epoch, OrderRules, StepOf
from twin.policy.programs import NOT_HOLDING
from twin.policy.recorded import retold
from twin.rules.cover import Fired
from twin.rules.diff import outcomes_differ
from twin.rules.explain import Explanation, explained
from twin.rules.model import DecisionTable, Rule, RuleSet
from twin.runs.store import DONE, count_rows, file_name, read_rows
from twin.scenario.load import load
from twin.scenario.resolved import Arm, Scenario

SCHEMA = "twin.explain/1"
_GIVEN = "given."
PERIODIC = (Moment.MINUTE, Moment.HOUR, Moment.DAY)
STAMPS = ("created", "accepted", "dispatched", "started", "done", "called_back", "closed", "escalated", "merged",
          "abandoned")  # fmt: skip


@dataclass(frozen=True)
class Decided:
    """One decision about the ticket: when, at which moment of its life, and why."""

    at: dt.datetime
    moment: str
    explanation: Explanation

    def to_json(self) -> dict[str, Any]:
        """Return the decision as ``twin explain --json`` prints it."""
        return {"at": self.at.isoformat(sep=" ", timespec="minutes"), "moment": self.moment,
                **self.explanation.to_json()}  # fmt: skip


@dataclass(frozen=True)
class Ticket:
    """A ticket of a run: which one, its life, and what rules decided about it. ``decisions`` are by time."""

    arm: str
    seed: int
    number: int
    category: str
    life: tuple[tuple[str, dt.datetime], ...]
    decisions: tuple[Decided, ...]
    has_rules: bool

    def to_json(self) -> dict[str, Any]:
        """Return the ticket as ``twin explain --json`` prints it."""
        life = {name: at.isoformat(sep=" ", timespec="minutes") for name, at in self.life}
        decisions = [one.to_json() for one in self.decisions]
        return {"schema": SCHEMA, "arm": self.arm, "seed": self.seed, "ticket": self.number,
                "category": self.category, "life": life, "decisions": decisions}  # fmt: skip


def explain_ticket(folder: Path, number: int, arm: str | None = None, seed: int | None = None) -> Ticket:
    """Explain every decision that rules took about a ticket of a finished run folder.

    ``arm`` is by default the first of the run that has rules about orders, ``seed`` the first of the run. Raises
    InputError R270 (no finished run), R271 (no such ticket), R272 (no such seed), R299 (an arm that was not run), R267
    (no tickets in that arm), S110 (no such arm).
    """
    if not (folder / DONE).is_file():
        raise InputError.of("R270", folder=str(folder))
    scenario = load(folder / "scenario.yaml")
    chosen = arm_of(folder, scenario, arm, lambda one: one.instructions is not None)
    row = _ticket(folder, chosen.name, number, seed)
    start = scenario.start
    stamps = [name for name in STAMPS if name in row and not np.isnan(row[name])]
    life = [(name, moment_of(start, row[name])) for name in stamps]
    decisions = tuple(decisions_about(folder, chosen, int(row["seed"]), number, start))
    return Ticket(chosen.name, int(row["seed"]), number, str(row["category"]), tuple(life), decisions,
                  chosen.instructions is not None)  # fmt: skip


def arm_of(folder: Path, scenario: Scenario, name: str | None, fit: Callable[[Arm], bool]) -> Arm:
    """Return an arm of a finished run by its name, or the first one that is fit, else the first; R299, S110."""
    run = json.loads((folder / "summary.json").read_text("utf-8"))["arms"]
    if name is None:
        there = [arm for arm in scenario.arms.values() if arm.name in run]
        return next(iter([arm for arm in there if fit(arm)] or there))
    asked = scenario.arm(name)
    if name not in run:
        raise InputError.of("R299", arm=name, folder=str(folder), known=tuple(run), suggestion=None)
    return asked


def _ticket(folder: Path, arm: str, number: int, seed: int | None) -> dict[str, Any]:
    """Return a ticket's row; a row number of the table is what ``decisions`` call a ticket."""
    file = table_file(folder, "tickets", arm)
    if not is_filled(file):
        raise InputError.of("R267", arm=arm)
    columns = rows_of(file, seed)
    count = len(columns["seed"])
    if not 0 <= number < count:
        raise InputError.of("R271", ticket=number, count=count, last=count - 1)
    return {name: column[number] for name, column in columns.items()}


def table_file(folder: Path, table: str, arm: str) -> Path:
    """Return where a run folder keeps a table of an arm."""
    return folder / "tables" / f"{table}-{file_name(arm)}.parquet"


def is_filled(file: Path) -> bool:
    """Tell whether there is a table, and anything in it."""
    return file.is_file() and bool(len(read_rows(file, ("seed",))["seed"]))


def rows_of(file: Path, seed: int | None) -> dict[str, np.ndarray]:
    """Return the rows of one replication, by default of the first; R272 where there is no such seed."""
    seeds = sorted({int(one) for one in read_rows(file, ("seed",))["seed"]})
    wanted = seeds[0] if seed is None and seeds else seed
    if wanted not in seeds:
        raise InputError.of("R272", seed=seed, known=tuple(map(str, seeds)), suggestion=None)
    return read_rows(file, None, seed=wanted)


def moment_of(start: dt.date, minute: float) -> dt.datetime:
    """Return when a minute of a run is."""
    return dt.datetime.combine(start, dt.time()) + dt.timedelta(minutes=float(minute))


def decisions_about(folder: Path, arm: Arm, seed: int, number: int, start: dt.date) -> Iterator[Decided]:
    """Yield what rules decided about a ticket, by time."""
    rules: OrderRules | None = arm.instructions
    file = table_file(folder, "decisions", arm.name)
    if rules is None or not file.is_file():
        return
    lines = read_rows(file, None, seed=seed, ticket=number)
    for at in range(len(lines["seed"])):
        epoch = rules.epochs[int(lines["epoch"][at])]
        moment = Moment[str(lines["moment"][at]).upper()]
        heard = [float(lines[_GIVEN + name][at]) for name in epoch.fields[moment]]
        minute = float(lines["minute"][at])
        day = start + dt.timedelta(days=int(minute // DAY_MINUTES))
        step = epoch.steps[int(lines["step"][at])]
        for told in retold(epoch, moment, heard, day, rules.office):
            if told.step is step:
                explanation = explained(epoch.rules, told.step.decider.head.name, day, told.given)
                yield Decided(moment_of(start, minute), moment.name.lower(), explanation)


# -- all tickets of a run


def fired_in(folder: Path) -> list[Fired]:
    """Return how often each row, condition and exception decided in a finished run folder, over all arms and seeds."""
    found: Counter[tuple[str, str | int | None]] = Counter()
    for arm, file in _decided_arms(folder):
        assert arm.instructions is not None
        for (epoch, step, row), count in count_rows(file, ("epoch", "step", "row")).items():
            one = arm.instructions.epochs[epoch].steps[step]
            assert one is not None
            found[one.decider.head.name, label_of(one, row)] += count
    return [Fired(name, row, count) for (name, row), count in found.items()]


def label_of(step: StepOf, row: int) -> str | int | None:
    """Return what a row of a step is called: its label, ``else``, ``when``, an exception's id; ``None`` for nothing."""
    decider = step.decider
    if isinstance(decider, DecisionTable):
        return decider.rows[step.rows[row]].label if row >= 0 else "else"
    if isinstance(decider, Rule):
        return {NOT_HOLDING: None, 0: "when"}.get(row, decider.exceptions[row - 1].id if row > 0 else None)
    return "value" if row == 0 else "otherwise"


@dataclass(frozen=True)
class Touched:
    """How many decisions and tickets of a run come out otherwise by other rules, of how many.

    ``asked_again`` are rules that are asked every minute, hour or day: of these only what they changed was recorded, so
    that what they would have changed cannot be counted.
    """

    decisions: int
    of_decisions: int
    tickets: int
    of_tickets: int
    asked_again: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the counts as ``twin rules diff --run --json`` prints them."""
        return asdict(self) | {"asked_again": list(self.asked_again)}


def touched_in(folder: Path, before: RuleSet, after: RuleSet, names: Collection[str]) -> Touched:
    """Count the recorded decisions by rules of these names that come out otherwise by `after` than by `before`."""
    changed: set[tuple[str, int, int]] = set()
    asked: set[tuple[str, int, int]] = set()
    decisions, of_decisions = 0, 0
    again: set[str] = set()
    for arm, file in _decided_arms(folder):
        assert arm.instructions is not None
        steps = [one for epoch in arm.instructions.epochs for one in epoch.steps if one is not None]
        again |= {one.decider.head.name for one in steps if one.moment in PERIODIC} & set(names)
        judge = _Judge(arm, before, after)
        lines = read_rows(file, None)
        for at in np.flatnonzero(np.isin(lines["rule"], list(set(names) - again))):
            ticket = (arm.name, int(lines["seed"][at]), int(lines["ticket"][at]))
            differs = judge.differs({name: column[at] for name, column in lines.items()})
            asked.add(ticket)
            of_decisions += 1
            decisions += differs
            changed |= {ticket} if differs else set()
    return Touched(decisions, of_decisions, len(changed), len(asked), tuple(sorted(again)))


@dataclass
class _Judge:
    """Decides recorded cases by two rule sets; cases that are alike are decided once."""

    arm: Arm
    before: RuleSet
    after: RuleSet
    known: dict[tuple[Any, ...], bool] = field(default_factory=dict)

    def differs(self, line: Mapping[str, Any]) -> bool:
        """Whether a recorded decision comes out otherwise."""
        assert self.arm.instructions is not None
        epoch = self.arm.instructions.epochs[int(line["epoch"])]
        moment = Moment[str(line["moment"]).upper()]
        heard = tuple(str(float(line[_GIVEN + name])) for name in epoch.fields[moment])
        key = (line["rule"], int(line["epoch"]), int(line["step"]), heard)
        if key not in self.known:
            self.known[key] = self._differs(epoch, moment, [float(one) for one in heard], int(line["step"]))
        return self.known[key]

    def _differs(self, epoch: Epoch, moment: Moment, heard: Sequence[float], number: int) -> bool:
        assert self.arm.instructions is not None
        wanted = epoch.steps[number]
        for told in retold(epoch, moment, heard, epoch.start, self.arm.instructions.office):
            if told.step is wanted:
                return outcomes_differ(self.before, self.after, wanted.decider.head.name, epoch.start, told.given)
        return False


def _decided_arms(folder: Path) -> Iterator[tuple[Arm, Path]]:
    """Yield the arms of a finished run folder whose rules decided about orders, with the file of their decisions."""
    if not (folder / DONE).is_file():
        raise InputError.of("R270", folder=str(folder))
    for arm in load(folder / "scenario.yaml").arms.values():
        file = folder / "tables" / f"decisions-{file_name(arm.name)}.parquet"
        if arm.instructions is not None and file.is_file():
            yield arm, file
