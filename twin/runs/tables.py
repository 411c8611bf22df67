"""What a run leaves behind besides its metrics, as tables in words that a reader knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.columns import Floats, Values
from twin.desk.layout import Status, Step
from twin.mechanisms.desk import HOUR, of_window
from twin.world.disputes import CAUSES, TURNS
from twin.world.groups import GROUPS, members
from twin.world.ledger import (
    ACCOUNTS,
    BESIDE_WAGES,
    CREDIT,
    DEBIT,
    SOURCES,
    entries,
    head_of,
    periods,
    rows_of,
    sealed,
    summed,
)
from twin.world.outcomes import heads
from twin.world.surveys import followed
from twin.world.tables import AGE_GROUPS, CHANNELS

if TYPE_CHECKING:
    from twin.core.clock import Clock
    from twin.core.engine import Engine
    from twin.core.world import World

NOBODY = "staff"
WORST = "worst_tenth"
"""The age group of a reporter who is no resident."""


def tables_of(engine: Engine) -> dict[str, dict[str, Values]]:
    """Return the tables of a run at rest: ``tickets``, ``log`` (every step of every order), ``account``.

    On a map there is also ``incidents``, so that it can be drawn where faults began, and ``roads`` where traffic is
    followed; where rules decide about orders, ``decisions``; where disputes are followed, ``disputes`` and ``turns``.
    ``groups`` has means by group of residents. Where more than wages was booked ``accounts`` has the books by period,
    side, project and programme; where the ledger is chained ``postings`` has every posting with its seal, and ``chain``
    the head of the chain, to be kept outside of them.
    """
    desk = engine.world.resources.get("desk")
    log = {} if desk is None else {"log": _log(desk)}
    incidents = {} if engine.world.ground is None else {"incidents": _incidents(engine.world)}
    rules = engine.world.instructions
    decisions = {} if desk is None or rules is None else {"decisions": _decisions(desk, rules)}
    roads = {"roads": engine.world.roads.arrays()} if len(engine.world.roads) else {}
    return {"tickets": _tickets(engine.world), **log, **incidents, **roads, **decisions, **_quarrels(engine.world),
            "account": _account(engine), "groups": _groups(engine.world), **_books(engine.world)}  # fmt: skip


def _books(world: World) -> dict[str, dict[str, Values]]:
    """The books of the ledger, and its chain."""
    postings, clock = world.postings, world.clock
    if clock is None or not np.isin(postings.account, BESIDE_WAGES).any():
        return {}
    books = summed(entries(postings, clock))
    tell = {DEBIT: ACCOUNTS, CREDIT: SOURCES}
    names = [tell[side][name] for side, name in zip(books.side.tolist(), books.name.tolist(), strict=True)]
    columns: dict[str, Values] = {"period": books.period, "side": _names(("debit", "credit"), books.side),
                                  "name": np.array(names, np.str_), "project": books.project,
                                  "programme": books.programme, "postings": books.posting,
                                  "fen": books.fen}  # fmt: skip
    chained: Any = world.levers["audit"]
    return {"accounts": columns, **(_chain(world, clock) if chained.chained else {})}


def _chain(world: World, clock: Clock) -> dict[str, dict[str, Values]]:
    """Every posting with the seal that closes the books, and the head."""
    postings = world.postings
    seals = sealed(rows_of(postings, np.arange(len(postings))))
    head = head_of(seals)
    rows = postings.arrays() | {"key": postings.key, "period": periods(clock, postings.day),
                                "seal": np.array(seals, np.uint64)}  # fmt: skip
    return {"postings": rows, "chain": {"length": np.array([head.length]), "seal": np.array([head.seal], np.uint64)}}


def _quarrels(world: World) -> dict[str, dict[str, Values]]:
    """Every dispute with all its columns, and what happened to each, where disputes are followed at all."""
    settings: Any = world.levers["disputes"]
    if not settings.followed:
        return {}
    disputes, turns = world.disputes.arrays(), world.turns.arrays()
    return {"disputes": disputes | {"cause": _names(CAUSES, disputes["cause"])},
            "turns": turns | {"kind": _names(TURNS, turns["kind"])}}  # fmt: skip


def _decisions(desk: Any, rules: Any) -> dict[str, Values]:
    """What rules decided about orders, a line each, and the fields that they went by (NaN: not asked for)."""
    lines = desk.ruled
    steps = [[(one.decider.head.name, one.moment.name.lower()) if one else ("", "") for one in epoch.steps]
             for epoch in rules.epochs]  # fmt: skip
    said = [steps[epoch][step] for epoch, step in zip(lines["epoch"].tolist(), lines["step"].tolist(), strict=True)]
    columns = {name: np.ascontiguousarray(lines[name]) for name in ("minute", "epoch", "step", "row")}
    columns |= {"ticket": np.ascontiguousarray(desk.orders["ticket"])[lines["order"]],
                "rule": np.array([name for name, _ in said], np.str_),
                "moment": np.array([moment for _, moment in said], np.str_),
                "rules": _names([epoch.rules.digest for epoch in rules.epochs], lines["epoch"])}  # fmt: skip
    return columns | _fields(desk, rules, lines)


def _fields(desk: Any, rules: Any, lines: Any) -> dict[str, Values]:
    """The fields that each decision went by, a column each."""
    names = sorted({name for epoch in rules.epochs for fields in epoch.fields.values() for name in fields})
    found = {f"given.{name}": np.full(len(lines), np.nan) for name in names}
    heard = np.asarray(desk.heard)
    for number, step in sorted(set(zip(lines["epoch"].tolist(), lines["step"].tolist(), strict=True))):
        epoch = rules.epochs[number]
        at = np.flatnonzero((lines["epoch"] == number) & (lines["step"] == step))
        for place, name in enumerate(epoch.fields[epoch.steps[step].moment]):
            found[f"given.{name}"][at] = heard[lines["heard"][at] + place]
    return found


def _incidents(world: World) -> dict[str, Values]:
    """Every incident with all its columns; its category becomes a name."""
    columns = world.incidents.arrays()
    return columns | {"category": _names(world.categories, columns["category"])}


def _tickets(world: World) -> dict[str, Values]:
    """Every ticket with all its columns; codes become names; age group and hours to close are added."""
    columns = world.tickets.arrays()
    groups = np.append(world.residents.age_group, len(AGE_GROUPS))  # row -1, staff, is the last one
    named = {
        "category": _names(world.categories, columns["category"]),
        "channel": _names(CHANNELS, columns["channel"]),
        "age_group": _names((*AGE_GROUPS, NOBODY), groups[columns["reporter"]]),
        "status": _names([status.name.lower() for status in Status], columns["status"]),
    }
    return columns | named | {"hours_to_close": _hours_to_close(world)}


def _hours_to_close(world: World) -> Floats:
    """Hours from creation to work done; NaN for tickets that the metrics leave out or that are not done."""
    tickets, counted = world.tickets, of_window(world)
    hours = np.full(len(tickets), np.nan)
    hours[counted] = np.maximum(tickets.done[heads(world)[counted]] - tickets.created[counted], 0.0) / HOUR
    hours[~np.isnan(tickets.abandoned)] = np.nan
    return hours


def _log(desk: Any) -> dict[str, Values]:
    """The desk's log by minute; ``order`` is the row of ``tickets``."""
    lines = desk.log  # sorted anew whenever it is asked for
    columns = {name: np.ascontiguousarray(lines[name]) for name in lines.dtype.names}
    steps = _names([step.name.lower() for step in Step], columns["code"])
    return columns | {"code": steps, "order": np.ascontiguousarray(desk.orders["ticket"])[columns["order"]]}


def _account(engine: Engine) -> dict[str, Values]:
    """Who moved what: column, mechanism, group, moved."""
    kinds = {"column": np.str_, "mechanism": np.str_, "group": np.int64, "moved": np.float64}
    rows = engine.account.rows()
    return {name: np.array(rows[name], kind) for name, kind in kinds.items()}


def _groups(world: World) -> dict[str, Values]:
    """Means of what residents live through, by group: measure, group, how many people or tickets, mean."""
    hours = _hours_to_close(world)
    reporter = world.tickets.reporter
    asked = np.flatnonzero(~np.isnan(hours) & (reporter >= 0))
    groups = {name: members(world, name) for name in GROUPS}
    rows = [("hours_to_close", *row) for row in _by_group(groups, reporter[asked], hours[asked], False)]
    for name, asked in _feelings(world):
        rows += [(name, *row) for row in _by_group(groups, asked, getattr(world.residents, name)[asked])]
    kinds = {"measure": np.str_, "group": np.str_, "count": np.int64, "mean": np.float64}
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return {name: np.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)}


def _feelings(world: World) -> Iterator[tuple[str, Values]]:
    """Yield what residents above 14 feel and are followed in, and the rows of those who are."""
    everybody = np.flatnonzero(world.residents.age_group != AGE_GROUPS.index("child"))
    yield from ((name, everybody) for name in ("satisfaction", "trust") if hasattr(world.residents, name))
    if hasattr(world.residents, "living_satisfaction"):
        yield "living_satisfaction", np.flatnonzero(followed(world))


def _by_group(
    groups: Mapping[str, Values], residents: Values, values: Values, more: bool = True
) -> Iterator[tuple[str, int, float]]:
    """Yield (group, count, mean) of one value a resident; ``worst_tenth`` are the values that are worst."""
    inside = {name: held[residents] for name, held in groups.items()}
    for name, held in inside.items():
        if held.any():
            yield name, int(held.sum()), float(values[held].mean())
    tenth = len(values) // 10
    if tenth:
        ordered = np.sort(values)
        yield WORST, tenth, float((ordered[:tenth] if more else ordered[-tenth:]).mean())


def _names(names: Sequence[str], codes: Values) -> Values:
    return np.asarray(names, np.str_)[codes] if len(codes) else np.empty(0, np.str_)
