"""What rules decided in a run, told again: from the fields that a decision went by, by the exact reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from twin.desk.rulebook import Known, Moment
from twin.errors import Complaint, InputError, RunFailed, Words, headline
from twin.policy.orders import KNOWN, Epoch, Office, StepOf
from twin.policy.retyping import SECOND
from twin.rules.kinds import Value
from twin.rules.model import DecisionTable, Formula, Rule, targets
from twin.rules.reference import Case, Decision

_TRUTHS = (Known.HOLIDAY, Known.OVERDUE, Known.AGAIN, Known.REACHED, Known.FIRST_REPORT_OPEN)
_TIMES = (Known.OPEN_TIME, Known.WAITING_TIME, Known.SLA, Known.SINCE_FIRST_REPORT)


@dataclass(frozen=True)
class Told:
    """One decision of a run: which step of the rule book, on what day, by what, and the row that was hit."""

    step: StepOf
    day: dt.date
    given: Mapping[str, Value]
    decision: Decision | None

    @property
    def row(self) -> int:
        """The row as the desk counts it: of a table its place among the rows in force, -1 for the else row."""
        return row_of(self.step, self.decision)


def decoded(name: str, value: float, office: Office) -> Value:
    """Return a field of the desk as rules see it; ``None`` where it is missing."""
    if value != value:
        return None
    plain = name.removeprefix("ticket.")
    words = office.words.get(plain)
    if words is not None:
        return words[int(value)]
    known = KNOWN.get(plain)
    if known in _TRUTHS or plain in ("is_vulnerable", "resident.lives_alone"):
        return bool(value)
    if known is Known.DATE:
        return dt.date.fromordinal(int(value))
    exact = Fraction(value)
    return round(exact / SECOND) * SECOND if known in _TIMES else exact


def retold(epoch: Epoch, moment: Moment, heard: Sequence[float], day: dt.date, office: Office) -> Iterator[Told]:
    """Yield the decisions of one moment again, from the fields that stood on the board, by the exact reference."""
    stored = {name: decoded(name, value, office) for name, value in zip(epoch.fields[moment], heard, strict=True)}
    said: dict[str, Any] = {}
    for step in epoch.steps:
        if step is None or step.moment is not moment:
            continue
        own = {one.name for one in targets(step.decider)}
        given = {**stored, **{name: value for name, value in said.items() if name not in own}}
        decision = Case(epoch.rules, day, given).decision(step.decider)
        yield Told(step, day, given, decision)
        for name, value in decision.outputs.items():
            said.setdefault(name, value)


def refused(epoch: Epoch, step: int, ticket: int, heard: Sequence[float], day: dt.date, office: Office) -> Exception:
    """Return the error of a decision that could not be made: what the reference says, and of which ticket."""
    wanted = epoch.steps[step] or next(one for one in epoch.steps[step:] if one is not None)
    name = wanted.decider.head.name
    try:
        for _ in retold(epoch, wanted.moment, heard, day, office):
            pass
    except InputError as reason:
        first = reason.complaints[0]
        return RunFailed.of("S167", first.place, name=name, ticket=ticket, reason=headline_of(first))
    return RunFailed.of("S167", wanted.decider.head.place, name=name, ticket=ticket, reason=_BEYOND)


def headline_of(complaint: Complaint) -> Words:
    """Return what a complaint says in one line, in both languages."""
    return Words(headline(complaint, "en"), headline(complaint, "zh"))


_BEYOND = Words("a value lies outside what the rule declares", "有取值超出规则声明的范围")


def row_of(step: StepOf, decision: Decision | None) -> int:
    """Return a decision's row as the desk counts it."""
    decider = step.decider
    row = None if decision is None else decision.row
    if isinstance(decider, DecisionTable):
        labels = [decider.rows[at].label for at in step.rows]
        return labels.index(row) if row in labels and row != "else" else -1
    if isinstance(decider, Rule):
        ids = [one.id for one in decider.exceptions]
        return -2 if row is None else ids.index(str(row)) + 1 if row in ids else 0
    assert isinstance(decider, Formula)
    return 0 if row == "value" else -1
