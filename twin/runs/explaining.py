"""What rules decided about one ticket of a run, explained by the rules as they were.

The run folder keeps the rule files of its arms and every decision with the fields that it went by; nothing is looked up
in ``rules/``, which may say something else by now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.desk.rulebook import Moment
from twin.errors import InputError
from twin.policy.orders import OrderRules
from twin.policy.recorded import retold
from twin.rules.explain import Explanation, explained
from twin.runs.store import DONE, file_name, read_rows
from twin.scenario.load import load
from twin.scenario.resolved import Arm, Scenario

SCHEMA = "twin.explain/1"
_GIVEN = "given."
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

    ``arm`` is by default the first that has rules about orders, ``seed`` the first of the run. Raises InputError R270
    (no finished run), R271 (no such ticket), R272 (no such seed), S110 (no such arm).
    """
    if not (folder / DONE).is_file():
        raise InputError.of("R270", folder=str(folder))
    scenario = load(folder / "scenario.yaml")
    chosen = _arm(scenario, arm)
    row = _ticket(folder, chosen.name, number, seed)
    start = scenario.start
    stamps = [name for name in STAMPS if name in row and not np.isnan(row[name])]
    life = [(name, _moment(start, row[name])) for name in stamps]
    decisions = tuple(_decisions(folder, chosen, int(row["seed"]), number, start))
    return Ticket(chosen.name, int(row["seed"]), number, str(row["category"]), tuple(life), decisions,
                  chosen.instructions is not None)  # fmt: skip


def _arm(scenario: Scenario, name: str | None) -> Arm:
    if name is not None:
        return scenario.arm(name)
    ruled = [arm for arm in scenario.arms.values() if arm.instructions is not None]
    return next(iter(ruled or scenario.arms.values()))


def _ticket(folder: Path, arm: str, number: int, seed: int | None) -> dict[str, Any]:
    """Return a ticket's row; a row number of the table is what ``decisions`` call a ticket."""
    file = folder / "tables" / f"tickets-{file_name(arm)}.parquet"
    seeds = sorted({int(one) for one in read_rows(file, ("seed",))["seed"]})
    wanted = seeds[0] if seed is None and seeds else seed
    if wanted not in seeds:
        raise InputError.of("R272", seed=seed, known=tuple(map(str, seeds)), suggestion=None)
    columns = read_rows(file, None, seed=wanted)
    count = len(columns["seed"])
    if not 0 <= number < count:
        raise InputError.of("R271", ticket=number, count=count, last=count - 1)
    return {name: column[number] for name, column in columns.items()}


def _moment(start: dt.date, minute: float) -> dt.datetime:
    return dt.datetime.combine(start, dt.time()) + dt.timedelta(minutes=float(minute))


def _decisions(folder: Path, arm: Arm, seed: int, number: int, start: dt.date) -> Iterator[Decided]:
    rules: OrderRules | None = arm.instructions
    file = folder / "tables" / f"decisions-{file_name(arm.name)}.parquet"
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
                yield Decided(_moment(start, minute), moment.name.lower(), explanation)
