"""Acceptance cases: what a mechanism does, in sentences that somebody who does not program can write.

::

    - it: settles a fresh quarrel when the mediator never fails
      given:                                   # tables by column; columns not given take their start value
        residents: {trust: [0.50, 0.50]}
      with: {settle_chance: 1.0}               # parameters of the mechanism
      levers: {desk: {limit_hours: [2, 24]}}   # other blocks (optional)
      world: {day: 3, days: 30}                # also warm_up_days, start, holidays, categories (optional)
      seed: 7                                  # optional
      after: 1 day
      then:
        residents: {trust: [0.53, {at_least: 0.5, at_most: 0.6}]}
        tickets: {rows: 0}
        metrics: {disputes_open: 0}

Only this mechanism is switched on. Keys of given rows are their row numbers unless given. An empty value
(``null``) stands for the column's start value, and one expectation instead of a list holds for all rows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.clock import Clock
from twin.core.columns import Column, Table, Values
from twin.core.engine import Engine
from twin.core.marked_yaml import Marked, read
from twin.core.mechanism import Mechanism
from twin.core.parameters import parameters_of
from twin.core.world import World
from twin.errors import Complaint, InputError, Words, closest

TOLERANCE = 1e-6
_KEYS = ("it", "given", "with", "levers", "world", "seed", "after", "then")
_A_YEAR = 365
_A_MONDAY = "2024-01-01"


@dataclass(frozen=True)
class Case:
    """One sentence with its world before, the days lived, and what is expected after."""

    file: str
    sentence: str
    days: int
    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    levers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seed: int = 1


def read_cases(path: Path) -> list[Case]:
    """Read a mechanism's case file."""
    return [_case(node, path.name) for node in read(path, name=path.name).value]


def build_block(block: type, values: Mapping[str, Any]) -> Any:
    """Build a block of parameters, blocks within it included; lists become tuples."""
    hints = _hints_of(block)
    return block(**{name: _built(hints.get(name), value) for name, value in values.items()})


_hints_of = cache(typing.get_type_hints)


def _built(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        return build_block(typing.cast(type, hint), value)
    if isinstance(value, Mapping):
        below = typing.get_args(hint)[-1]
        return {name: _built(below, one) for name, one in value.items()}
    return tuple(value) if isinstance(value, list) else value


def engine_of(
    case: Case,
    mechanism: Mechanism,
    catalogue: Sequence[Mechanism],
    tables: Mapping[str, Mapping[str, Column]],
    *,
    recording: bool = False,
) -> Engine:
    """Build the world of a case, with all mechanisms but this one switched off."""
    world = _world_of(case, tables)
    for name, columns in case.given.items():
        _append_given(getattr(world, name), columns)
    off = {one.name for one in catalogue if one.name != mechanism.name}
    engine = Engine(world, catalogue, _blocks_of(case, mechanism, catalogue), case.seed, off, recording=recording)
    for name, columns in case.given.items():
        _fill_owned(getattr(world, name), columns)
    return engine


def complaints_of(case: Case, engine: Engine) -> list[Complaint]:
    """Live the days of a case and return every expectation that does not hold."""
    for _ in range(case.days):
        engine.step()
    return [
        Complaint("M330", None, {"file": case.file, "sentence": case.sentence, "fault": fault})
        for table, expected in case.then.items()
        for fault in _faults(table, expected, engine)
    ]


# -- before


def _case(node: Marked, file: str) -> Case:
    plain = node.plain()
    for key in plain:
        if key not in _KEYS:
            raise InputError.of("M331", node.key_place(key), key=key, suggestion=closest(key, _KEYS), known=_KEYS)
    return Case(
        file=file,
        sentence=plain["it"],
        days=int(str(plain.get("after", "1 day")).split()[0]),
        given=plain.get("given") or {},
        params=plain.get("with") or {},
        levers=plain.get("levers") or {},
        world=plain.get("world") or {},
        then=plain["then"],
        seed=plain.get("seed", 1),
    )


def _blocks_of(case: Case, mechanism: Mechanism, catalogue: Sequence[Mechanism]) -> dict[str, object]:
    known = {one.name: one.params for one in catalogue if one.params is not None}
    said = {**case.levers, **({mechanism.name: case.params} if case.params else {})}
    for name in said:
        if name not in known:
            raise InputError.of("M321", name=name, suggestion=closest(name, known), known=list(known))
    blocks = {name: build_block(known[name], values) for name, values in said.items()}
    told = {"file": case.file, "sentence": case.sentence}
    wrong = [Complaint("M332", None, {**told, "path": f"{block}.{name}", **values})
             for block, built in blocks.items() for name, values in _not_among(built)]  # fmt: skip
    if wrong:
        raise InputError(wrong)
    return blocks


def _not_among(block: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what is none of the choices that there are; a file of one's own is one."""
    for declared, spec in parameters_of(block):
        value = getattr(block, declared.name)
        if spec.choices and not spec.file and isinstance(value, str) and value not in spec.choices:
            yield declared.name, {"value": value, "suggestion": closest(value, spec.choices), "known": spec.choices}


def _world_of(case: Case, tables: Mapping[str, Mapping[str, Column]]) -> World:
    told = {"days": _A_YEAR, "day": 0, "start": _A_MONDAY, "holidays": "none", "categories": (), **case.world}
    world = World.of(
        tables,
        days=told["days"],
        warm_up_days=told.get("warm_up_days", 0),
        clock=Clock(dt.date.fromisoformat(str(told["start"])), told["holidays"]),
        categories=tuple(told["categories"]),
    )
    world.day = told["day"]
    return world


def _append_given(table: Table, columns: Mapping[str, Any]) -> None:
    """Append the rows with the columns they are born with; owned columns do not exist yet."""
    rows = max(map(len, columns.values()), default=0)
    keys = np.array(columns.get("key", range(rows)), np.uint64)
    born = {name: _cells(cells, table.columns[name]) for name, cells in columns.items() if name in table.columns}
    table.append(keys, **born)


def _fill_owned(table: Table, columns: Mapping[str, Any]) -> None:
    for name, cells in columns.items():
        if name != "key":
            column = table.writable(name)
            column[:] = _cells(cells, table.columns[name])


def _cells(cells: Sequence[Any], column: Column) -> Values:
    return np.array([column.start if cell is None else cell for cell in cells], column.dtype)


# -- after


def _faults(table: str, expected: Mapping[str, Any], engine: Engine) -> Iterator[Words]:
    if table == "metrics":
        yield from _metric_faults(expected, engine.metrics())
        return
    rows: Table = getattr(engine.world, table)
    for name, wanted in expected.items():
        if name == "rows":
            yield from _unless(_holds(len(rows), wanted), f"{table}.rows", wanted, len(rows))
        else:
            yield from _column_faults(rows, name, wanted)


def _metric_faults(expected: Mapping[str, Any], metrics: Mapping[str, float]) -> Iterator[Words]:
    for name, wanted in expected.items():
        got = metrics.get(name)
        undefined = wanted is None and got is None
        yield from _unless(undefined or (got is not None and _holds(got, wanted)), f"metrics.{name}", wanted, got)


def _column_faults(table: Table, name: str, wanted: Any) -> Iterator[Words]:
    cells = getattr(table, name)
    start = table.columns[name].start if name in table.columns else None
    each = wanted if isinstance(wanted, list) else [wanted] * len(cells)
    if len(each) != len(cells):
        yield from _unless(False, f"{table.name}.{name}", f"{len(each)} rows", f"{len(cells)} rows")
        return
    for row, (want, got) in enumerate(zip(each, cells.tolist(), strict=True)):
        holds = _holds(got, start if want is None else want)
        yield from _unless(holds, f"{table.name}.{name}[{row}]", want, got)


def _holds(got: float, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return wanted.get("at_least", -np.inf) <= got <= wanted.get("at_most", np.inf)
    return bool(np.isclose(got, wanted, rtol=TOLERANCE, atol=TOLERANCE * TOLERANCE, equal_nan=True))


def _unless(holds: bool, where: str, wanted: Any, got: Any) -> Iterator[Words]:
    if not holds:
        yield Words(f"{where} should be {wanted}, is {got}", f"{where} 应为 {wanted}，实为 {got}")
