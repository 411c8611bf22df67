"""The life of one dispute of a stored run: what began it, how it hardened, who sat at which table, and what it gave.

Everything is read from the run folder: the tables ``disputes``, ``turns`` (what happened to each) and ``tickets`` (a
session is an order of the desk), and the rules as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES, Clock
from twin.errors import InputError
from twin.mechanisms.mediation import agree_chances
from twin.rules.explain import Explanation, explained
from twin.rules.kinds import Value
from twin.rules.model import Decider, targets
from twin.runs.explaining import (
    SCHEMA,
    Decided,
    arm_of,
    decisions_about,
    is_filled,
    moment_of,
    rows_of,
    table_file,
)
from twin.runs.store import DONE, read_rows
from twin.scenario.load import load
from twin.scenario.resolved import Arm, Scenario
from twin.world.disputes import FIRST_STAGE, LEVELS, WEEK_NIGHTS
from twin.world.works import FEN_PER_YUAN

Row = Mapping[str, Any]
Rows = Mapping[str, np.ndarray]
_ABOUT = "mediation."
_CLAUSES = {"clause_hour": np.inf, "clause_part": 0.0, "owed_fen": 0}  # columns, and what says that there is none
# on one day, what comes first: things of the morning, sessions, what they led to
_ORDER = ("began", "contact", "refused", "seated", "handed_on", "session", "session_moot", "session_lost",
          "session_waiting", "settled", "gave_up", "stage", "faded", "broken", "group_event", "petition", "kept",
          "open")  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something in the life of a dispute: the day, which, and what there is to know about it."""

    on: dt.date
    name: str
    values: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the event as ``twin explain --json`` prints it."""
        return {"on": self.on.isoformat(), "event": self.name, **{name: _plain(one) for name, one in
                                                                  self.values.items()}}  # fmt: skip


@dataclass(frozen=True)
class Ruled:
    """What rules said of the tables on a day: at the contact, or before a session."""

    on: dt.date
    rules: tuple[Explanation, ...]


@dataclass(frozen=True)
class Dispute:
    """A dispute of a run. ``plaintiff`` and ``respondent`` are numbers of residents, -1 for the property firm,
    in a dispute about works for whoever has them done.

    ``has_rules`` tells whether the arm has rules about the tables or about orders at all, though none may have spoken.
    """

    arm: str
    seed: int
    number: int
    cause: str
    plaintiff: int
    respondent: int
    events: tuple[Event, ...]
    ruled: tuple[Ruled, ...]
    orders: Mapping[int, tuple[Decided, ...]]
    has_rules: bool

    def to_json(self) -> dict[str, Any]:
        """Return the dispute as ``twin explain --json`` prints it."""
        rules = [{"on": one.on.isoformat(), **each.to_json()} for one in self.ruled for each in one.rules]
        orders = {str(ticket): [one.to_json() for one in found] for ticket, found in self.orders.items()}
        return {"schema": SCHEMA, "arm": self.arm, "seed": self.seed, "dispute": self.number, "cause": self.cause,
                "plaintiff": self.plaintiff, "respondent": self.respondent,
                "life": [one.to_json() for one in self.events], "rules": rules, "orders": orders}  # fmt: skip


def explain_dispute(folder: Path, number: int, arm: str | None = None, seed: int | None = None) -> Dispute:
    """Tell the life of a dispute of a finished run folder.

    ``arm`` is by default the first of the run in which somebody mediates, ``seed`` the first of the run. Raises
    InputError R270 (no finished run), R272 (no such seed), R297 (no such dispute), R298 (no disputes in that arm), R299
    (an arm that was not run), S110 (no such arm).
    """
    return Lives.opened(folder, arm, seed).of(number)


@dataclass(frozen=True)
class Lives:
    """All disputes of one replication of an arm, as they are stored; :meth:`of` tells the life of one."""

    folder: Path
    scenario: Scenario
    arm: Arm
    disputes: Rows
    turns: Rows
    tickets: Rows

    @classmethod
    def opened(cls, folder: Path, arm: str | None = None, seed: int | None = None) -> Lives:
        """Read what is stored; raises as :func:`explain_dispute`."""
        if not (folder / DONE).is_file():
            raise InputError.of("R270", folder=str(folder))
        scenario = load(folder / "scenario.yaml")
        chosen = arm_of(folder, scenario, arm, _mediates)
        files = [table_file(folder, name, chosen.name) for name in ("disputes", "turns", "tickets")]
        if not is_filled(files[0]):
            raise InputError.of("R298", arm=chosen.name)
        disputes = rows_of(files[0], seed)
        others = [read_rows(file, None, seed=int(disputes["seed"][0])) for file in files[1:]]
        return cls(folder, scenario, chosen, disputes, *others)

    def __len__(self) -> int:
        return len(self.disputes["seed"])

    def of(self, number: int) -> Dispute:
        """Tell the life of one dispute; R297 where there is no such number."""
        if not 0 <= number < len(self):
            raise InputError.of("R297", number=number, count=len(self), last=len(self) - 1)
        return _Teller(self, number).told()


def _mediates(arm: Arm) -> bool:
    return bool(arm.blocks["mediation"].offered and arm.blocks["disputes"].followed)


class _Teller:
    """Gathers what is stored about one dispute."""

    def __init__(self, lives: Lives, number: int) -> None:
        self.folder, self.scenario, self.arm, self.number = lives.folder, lives.scenario, lives.arm, number
        self.mediation: Any = lives.arm.blocks["mediation"]
        self.row = row_of(lives.disputes, number)
        self.children = np.flatnonzero(lives.disputes["parent"] == number)
        self.seed = int(self.row["seed"])
        self.turns = [row_of(lives.turns, int(at)) for at in np.flatnonzero(lives.turns["dispute"] == number)]
        self.tickets = lives.tickets

    def told(self) -> Dispute:
        """Return the whole life."""
        events = [*self.beginning(), *self.way_to_the_table(), *self.stages(), *self.sessions(), *self.ending()]
        events.sort(key=lambda one: (one.on, _ORDER.index(one.name)))
        row, sessions = self.row, [one for one in events if one.name == "session"]
        orders = {one.values["ticket"]: tuple(decisions_about(self.folder, self.arm, self.seed, one.values["ticket"],
                                                              self.scenario.start)) for one in sessions}  # fmt: skip
        sides = (int(row["plaintiff"]), int(row["respondent"]))
        return Dispute(self.arm.name, self.seed, self.number, str(row["cause"]), *sides, tuple(events),
                       tuple(self.ruled()), orders, self.has_rules())  # fmt: skip

    def event(self, day: float, name: str, **values: Any) -> Event:
        """Return an event of a day of the run."""
        return Event(self.date(day), name, values)

    def date(self, day: float) -> dt.date:
        """Return the date of a day of the run."""
        return self.scenario.start + dt.timedelta(days=int(day))

    # -- how it began, hardened and came to the table

    def beginning(self) -> Iterator[Event]:
        """Yield the beginning."""
        parent = int(self.row["parent"])
        more = {"parent": parent} if parent >= 0 else {}
        yield self.event(self.row["began"], "began", stage=FIRST_STAGE, **more)

    def stages(self) -> Iterator[Event]:
        """Yield every step from stage to stage."""
        before = FIRST_STAGE
        for turn in self.turns:
            if turn["kind"] == "stage":
                stage = int(turn["stage"])
                faded = stage < FIRST_STAGE
                yield self.event(turn["day"], "faded" if faded else "stage", stage=stage, before=before)
                before = stage

    def stage_on(self, day: int) -> int:
        """Return the stage on the morning of a day."""
        steps = [int(one["stage"]) for one in self.turns if one["kind"] == "stage" and one["day"] < day]
        return steps[-1] if steps else FIRST_STAGE

    def way_to_the_table(self) -> Iterator[Event]:
        """Yield the contact, the answer of the other side, and the tables that the case was handed on to."""
        before, online = 1, bool(self.row["is_online"])
        for turn in (one for one in self.turns if one["kind"] in ("refused", "seated")):
            stage = int(turn["stage"])
            [chance] = agree_chances(self.mediation, np.array([stage]), np.array([online]))
            yield self.event(turn["day"], "contact", stage=stage, agree_chance=float(chance), online=online)
        for turn in (one for one in self.turns if one["kind"] == "refused"):
            yield self.event(turn["day"], "refused", stage=int(turn["stage"]))
        for turn in (one for one in self.turns if one["kind"] in ("seated", "handed_on")):
            level = int(turn["level"])
            yield self.event(turn["day"], str(turn["kind"]), level=level, before=before, stage=int(turn["stage"]))
            before = level

    # -- sessions

    def orders(self) -> list[tuple[int, int]]:
        """Return the sessions that were asked of the desk: their number, from 1, and the ticket."""
        first, most = np.uint64(self.row["key"]), int(self.row["sessions"]) + 1
        with np.errstate(over="ignore"):
            keys = first + np.arange(most, dtype=np.uint64)
        ours = np.flatnonzero(np.isin(self.tickets["category"], list(self.mediation.categories)))
        found = {int(self.tickets["incident"][at]): int(at) for at in ours}
        return [(n + 1, found[int(key)]) for n, key in enumerate(keys) if int(key) in found]

    def sessions(self) -> Iterator[Event]:
        """Yield every session that was asked for, with its order on the desk, and what came of it."""
        held = [turn for turn in self.turns if turn["kind"] == "held"]
        for number, ticket in self.orders():
            order = {name: float(self.tickets[name][ticket]) for name in ("created", "started", "done", "abandoned")}
            level = LEVELS.index(self.level_of(ticket)) + 1
            said = {"number": number, "ticket": ticket, "level": level, "asked": self.moment(order["created"])}
            if not np.isnan(order["done"]):
                said |= {"began": self.moment(order["started"]), "ended": self.moment(order["done"]),
                         "waited_days": (order["started"] - order["created"]) / DAY_MINUTES}  # fmt: skip
                met = number <= len(held)
                said |= outcome(held[number - 1]) if met else {}
                yield self.event(order["done"] // DAY_MINUTES, "session" if met else "session_moot", **said)
            else:
                lost = not np.isnan(order["abandoned"])
                minute = order["abandoned"] if lost else order["created"]
                yield self.event(minute // DAY_MINUTES, "session_lost" if lost else "session_waiting", **said)

    def level_of(self, ticket: int) -> str:
        """Return whose table a session was at, by the last turn before it was asked for."""
        day = self.tickets["created"][ticket] // DAY_MINUTES
        levels = [int(one["level"]) for one in self.turns if one["kind"] != "stage" and one["day"] <= day]
        return LEVELS[max(levels[-1] if levels else 1, 1) - 1]

    def moment(self, minute: float) -> dt.datetime:
        """Return when a minute of the run is."""
        return moment_of(self.scenario.start, minute)

    # -- how it ended

    def ending(self) -> Iterator[Event]:
        """Yield what it came to: an agreement and what became of it, giving up, or nothing yet."""
        row = self.row
        for name, column in (("group_event", "group_event_on"), ("petition", "petitioned_on")):
            if row.get(column, -1) >= 0:
                yield self.event(row[column], name)
        if row["settled_on"] >= 0:
            yield self.event(row["settled_on"], "settled", **self.agreement())
            yield from self.after_agreement()
        elif row["gave_up"]:
            last = max((one.on for one in self.sessions()), default=self.date(row["contacted_on"]))
            yield Event(last, "gave_up", {"sessions": int(row["sessions"]), "most": self.mediation.sessions_most})
        if row["settled_on"] < 0 and row["faded_on"] < 0:
            yield self.event(self.scenario.days, "open", stage=self.stage_on(10**9))

    def after_agreement(self) -> Iterator[Event]:
        """Yield whether the agreement was kept."""
        broken = int(self.row["broken_on"])
        if broken >= 0:
            again = {"again": int(self.children[0])} if len(self.children) else {}
            yield self.event(broken, "broken", days=broken - int(self.row["settled_on"]), **again)
        else:
            settled = int(self.row["settled_on"])
            end = max(self.scenario.days, settled)  # sessions asked for in time are held after the last day
            yield self.event(end, "kept", days=end - settled)

    def agreement(self) -> dict[str, Any]:
        """Return who got what, and gave what: shares of the pie, and what the clause says in this matter."""
        share = float(self.row["settled_share"])
        said = {"plaintiff_share": share, "respondent_share": 1 - share, "fairness": float(self.row["fairness"])}
        tell = {"noise": self.quiet, "pets": self.cleaning, "parking": self.space, "leaks": self.repair,
                "fees": self.fees}.get(str(self.row["cause"]))  # fmt: skip
        return said if tell is None or not self.is_bound() else said | tell()

    def is_bound(self) -> bool:
        """Tell whether the agreement obliges anybody to anything; run folders of old know of hours alone."""
        hour, part, fen = (float(self.row.get(name, none)) for name, none in _CLAUSES.items())
        return not np.isinf(hour) if self.row["cause"] == "noise" else part > 0 or fen > 0

    def quiet(self) -> dict[str, Any]:
        """Return from when it is to be quiet, and who gave how much of the hours between two wishes."""
        hour, p = float(self.row["clause_hour"]), self.mediation
        return {"clause": "quiet_from", "hour": hour, "plaintiff_hour": p.plaintiff_hour,
                "respondent_hour": p.respondent_hour, "plaintiff_gave_hours": hour - p.plaintiff_hour,
                "respondent_gave_hours": p.respondent_hour - hour}  # fmt: skip

    def cleaning(self) -> dict[str, Any]:
        """Return what part of a dog's dirt is cleaned up, and what the respondent would have cleaned up anyway."""
        return {"clause": "clean_up", "part": float(self.row["clause_part"]),
                "respondent_part": self.mediation.respondent_cleans}  # fmt: skip

    def space(self) -> dict[str, Any]:
        """Return on how many nights of the week the respondent's car keeps off the plaintiff's space."""
        nights = round(float(self.row["clause_part"]) * WEEK_NIGHTS)
        return {"clause": "keep_off", "nights": nights, "plaintiff_gave_nights": WEEK_NIGHTS - nights}

    def repair(self) -> dict[str, Any]:
        """Return who pays how much of a repair."""
        return {"clause": "pay_repair", **self.money(self.mediation.leaks_stake_yuan)}

    def fees(self) -> dict[str, Any]:
        """Return how much of the fees is given back."""
        return {"clause": "give_back", **self.money(self.mediation.fees_stake_yuan)}

    def money(self, stake: float) -> dict[str, Any]:
        """Return how a sum of money is shared."""
        paid = int(self.row["owed_fen"]) / FEN_PER_YUAN
        return {"stake_yuan": stake, "respondent_yuan": paid, "plaintiff_yuan": stake - paid}

    # -- rules

    def ruled(self) -> Iterator[Ruled]:
        """Yield what rules said of the tables at the contact, and before a session where they then said otherwise."""
        if self.arm.policy is None or self.row["contacted_on"] < 0:
            return
        created = [self.tickets["created"][ticket] // DAY_MINUTES for _, ticket in self.orders()]
        before: list[tuple[Explanation, ...]] = []
        for day in [int(self.row["contacted_on"]), *map(int, created)]:
            found = tuple(self.rules_on(day))
            same = before and [one.outputs for one in before[-1]] == [one.outputs for one in found]
            if found and not same:
                yield Ruled(self.date(day), found)
            before.append(found)

    def has_rules(self) -> bool:
        """Tell whether the arm has rules about the tables, or about orders of the desk."""
        deciders = () if self.arm.policy is None else self.arm.policy.rules.deciders
        return self.arm.instructions is not None or any(map(_about_mediation, deciders))

    def rules_on(self, day: int) -> Iterator[Explanation]:
        """Yield the rules about mediation that stood on a morning: fixed ones, and what was said the day before."""
        assert self.arm.policy is not None
        policy = self.arm.policy
        for decider in (one for one in policy.rules.deciders if _about_mediation(one)):
            daily = any(decider is one for one in policy.levers.daily)
            asked = self.date(day - daily)
            if asked >= self.scenario.start and decider.head.span.holds(asked):
                yield explained(policy.rules, decider.head.name, asked, self.morning(asked))

    def morning(self, date: dt.date) -> Mapping[str, Value]:
        """Return what rules about levers could go by on a day: the date, and how many tickets were open."""
        start = (date - self.scenario.start).days * DAY_MINUTES
        tickets = self.tickets
        ended = np.fmin(np.fmin(tickets["closed"], tickets["merged"]), tickets["abandoned"])
        is_open = (tickets["created"] < start + DAY_MINUTES) & ~(ended < start)
        holiday = Clock(self.scenario.start, self.scenario.holidays).is_holiday((date - self.scenario.start).days)
        return {"date": date, "weekday": Fraction(date.isoweekday()), "month": Fraction(date.month),
                "holiday": holiday, "backlog": Fraction(int(is_open.sum()))}  # fmt: skip


def row_of(table: Rows, at: int) -> Row:
    """Return one row of a table."""
    return {name: column[at] for name, column in table.items()}


def outcome(turn: Row) -> dict[str, Any]:
    """Return what a session had to share: as both sides believed, in truth, and what an agreement takes."""
    names = ("plaintiff_fallback", "respondent_fallback", "plaintiff_thinks", "respondent_thinks", "needed")
    said = {name: float(turn[name]) for name in names}
    believed = 1 - said["plaintiff_thinks"] - said["respondent_thinks"]
    truly = 1 - said["plaintiff_fallback"] - said["respondent_fallback"]
    settled = believed >= said["needed"]
    why = "enough" if settled else "errors" if truly >= said["needed"] else "too_little"
    return {"stage": int(turn["stage"]), **said, "surplus_believed": believed, "surplus_true": truly,
            "settled": settled, "why": why}  # fmt: skip


def _about_mediation(decider: Decider) -> bool:
    return any(one.about == "lever" and one.name.startswith(_ABOUT) for one in targets(decider))


def _plain(value: Any) -> Any:
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, dt.datetime) else value
