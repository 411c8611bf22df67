"""Effects: what a mechanism does to the world, and how a phase closes.

Nothing changes while a phase runs. At its end each column becomes old + sum of additions, the mechanisms
in the order of their names, clipped once; set cells get their value; spawned rows are appended in key
order. So the order of the mechanisms within a phase cannot matter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from twin.core.columns import Column, Floats, Ints, Keys, Table, Values
from twin.core.compiled import compiled
from twin.core.mechanism import Mechanism, split
from twin.errors import AccessError, RunFailed, closest

BOUNDS = "bounds"
_FEW_ROWS = 1024  # of a smaller table it costs less to add to all rows than to sort the touched ones


class Change(NamedTuple):
    """What one mechanism does to some rows (``None``: all) of one column."""

    mechanism: str
    rows: Ints | None
    values: Values  # () or (rows,)


class Birth(NamedTuple):
    """Rows that one mechanism gives to a table."""

    mechanism: str
    keys: Keys
    columns: Mapping[str, Values]


class Account:
    """Who moved what: the sum of all that each mechanism added to a column, and what its bounds swallowed.

    In the columns that are ``watched``, set cells are booked too, as new - old; so the bookings of such a
    column add up to its whole change. With ``by`` (``"residents.grid"``) the columns of that table are
    kept by group; an account by resident would be as large as the run.
    """

    def __init__(self, watched: Collection[str] = (), by: str | None = None) -> None:
        self._watched = frozenset(watched)
        self._table, self._group = split(by or ".")
        self._sums: dict[tuple[str, str], float] = {}
        self._groups: dict[tuple[str, str], Floats] = {}

    def moved(self, column: str, mechanism: str) -> float:
        """Return what the mechanism moved the column by, summed over rows and days."""
        return self._sums.get((column, mechanism), 0.0)

    def swallowed(self, column: str) -> float:
        """Return by how much additions and set values went beyond the column's bounds."""
        return -self.moved(column, BOUNDS)

    def rows(self) -> dict[str, list[Any]]:
        """Return the account as a table: column, mechanism, group (-1: in none, or not grouped), moved."""
        names = ("column", "mechanism", "group", "moved")
        lines = [(*booked, *part) for booked in sorted(self._sums) for part in self._parts(booked)]
        return {name: [line[place] for line in lines] for place, name in enumerate(names)}

    def _parts(self, booked: tuple[str, str]) -> list[tuple[int, float]]:
        if booked not in self._groups:
            return [(-1, self._sums[booked])]
        by_slot = self._groups[booked]
        return [(int(slot) - 1, float(by_slot[slot])) for slot in np.flatnonzero(by_slot)]

    def watches(self, column: str) -> bool:
        """Whether set cells of the column are booked."""
        return column in self._watched

    def book(self, table: Table, column: str, mechanism: str, rows: Ints | None, amounts: Values) -> None:
        """Add amounts, one a row or one for all rows."""
        booked = (f"{table.name}.{column}", mechanism)
        count = len(table) if rows is None else len(rows)
        total = float(amounts.sum(dtype=np.float64)) if amounts.ndim else float(amounts) * count
        if not math.isfinite(total):
            raise RunFailed.of("M313", mechanism=mechanism, column=booked[0])
        self._sums[booked] = self._sums.get(booked, 0.0) + total
        if table.name == self._table:
            groups = getattr(table, self._group)
            slots = 1 + (groups if rows is None else groups[rows])  # slot 0: -1, in no group
            by_slot: Floats = np.bincount(slots, np.broadcast_to(amounts, count)).astype(np.float64)
            self._groups[booked] = _sum_padded(self._groups.get(booked, by_slot[:0]), by_slot)


def _sum_padded(some: Floats, others: Floats) -> Floats:
    longer, shorter = (some, others) if len(some) >= len(others) else (others, some)
    total = longer.copy()
    total[: len(shorter)] += shorter
    return total


class Effects:
    """What one mechanism wants done at the end of the phase. Arrays are handed over, not copied."""

    __slots__ = ("_changes", "_mechanism")

    def __init__(self, mechanism: Mechanism, changes: Changes) -> None:
        self._mechanism, self._changes = mechanism, changes

    def set(self, table: str, rows: npt.ArrayLike | None, /, **columns: npt.ArrayLike) -> None:
        """Set cells of columns that the mechanism owns; `rows` are numbers, a mask, or ``None`` for all."""
        for column in columns:
            if f"{table}.{column}" not in self._mechanism.owns:
                raise AccessError.of("M304", mechanism=self._mechanism.name, column=f"{table}.{column}")
        self._changes.take(self._changes.sets, self._mechanism.name, table, rows, columns)

    def add(self, table: str, rows: npt.ArrayLike | None, /, **columns: npt.ArrayLike) -> None:
        """Add to cells of columns that the mechanism owns or declares; a row may be given several times."""
        for column in columns:
            name = f"{table}.{column}"
            if name not in self._mechanism.adds and name not in self._mechanism.owns:
                raise AccessError.of("M305", mechanism=self._mechanism.name, column=name)
        self._changes.take(self._changes.additions, self._mechanism.name, table, rows, columns)

    def spawn(self, table: str, keys: Keys, /, **columns: npt.ArrayLike) -> None:
        """Give a table new rows; columns that others own, and those not given, take their start value."""
        if table not in self._mechanism.spawns:
            raise AccessError.of("M306", mechanism=self._mechanism.name, table=table)
        self._changes.bear(self._mechanism.name, table, np.asarray(keys, np.uint64), columns)

    def move(self, lever: str, value: object) -> None:
        """Give a lever, named by its path (``desk.call_back_share``), another value from the next phase on."""
        if not self._mechanism.moves:
            raise AccessError.of("M354", mechanism=self._mechanism.name, lever=lever)
        self._changes.moves[lever] = value


class Changes:
    """All effects of one phase, until it closes."""

    def __init__(self, tables: Mapping[str, Table], owners: Mapping[str, str], account: Account) -> None:
        self.sets: dict[tuple[str, str], list[Change]] = defaultdict(list)
        self.additions: dict[tuple[str, str], list[Change]] = defaultdict(list)
        self.births: dict[str, list[Birth]] = defaultdict(list)
        self.moves: dict[str, object] = {}
        self._tables, self._owners, self._account = tables, owners, account
        self._distinct: set[int] = set()  # identities of arrays of rows in which no row comes twice

    def take(
        self,
        kind: dict[tuple[str, str], list[Change]],
        mechanism: str,
        table: str,
        rows: npt.ArrayLike | None,
        columns: Mapping[str, npt.ArrayLike],
    ) -> None:
        """Check changes of some rows and keep them."""
        chosen = None if rows is None else self._rows_of(mechanism, table, rows)
        count = len(self._tables[table]) if chosen is None else len(chosen)
        known = self._tables[table].columns
        for column, given in columns.items():
            values = _kept(given)
            _check_values(mechanism, f"{table}.{column}", known[column], values, count)
            if count:
                kind[table, column].append(Change(mechanism, chosen, values))

    def bear(self, mechanism: str, table: str, keys: Keys, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Check new rows and keep them."""
        known = self._tables[table].columns
        arrays = {column: _kept(values) for column, values in columns.items()}
        for column, values in arrays.items():
            name = f"{table}.{column}"
            if column not in known:
                raise AccessError.of("M302", column=name, suggestion=closest(column, known))
            if self._owners.get(name, mechanism) != mechanism:
                raise AccessError.of("M304", mechanism=mechanism, column=name)
            _check_values(mechanism, name, known[column], values, len(keys))
        self.births[table].append(Birth(mechanism, keys, arrays))

    def close(self) -> None:
        """Write everything: set cells, sums of additions, then new rows."""
        for table, column in self.sets.keys() & self.additions.keys():
            raise AccessError.of("M308", column=f"{table}.{column}")
        for (table, column), changes in sorted(self.sets.items(), key=_place):
            self._close_sets(self._tables[table], column, changes)
        for (table, column), changes in sorted(self.additions.items(), key=_place):
            changes.sort(key=_mechanism_name)
            self._close_additions(self._tables[table], column, changes)
        for table, births in sorted(self.births.items()):
            _append(self._tables[table], births)

    def _rows_of(self, mechanism: str, table: str, rows: npt.ArrayLike) -> Ints:
        array = np.atleast_1d(_kept(rows))
        size = len(self._tables[table])
        if array.dtype == np.bool_ and len(array) == size:
            return np.flatnonzero(array)
        if array.size == 0:
            return np.empty(0, np.int64)
        if array.dtype.kind not in "iu" or array.ndim > 1 or not _all_within(array, size):
            raise AccessError.of("M310", mechanism=mechanism, table=table, rows=size)
        return array

    def _close_sets(self, table: Table, column: str, changes: list[Change]) -> None:
        self._refuse_twice(f"{table.name}.{column}", changes)
        cells = table.writable(column)
        booked = self._account.watches(f"{table.name}.{column}")
        for change in changes:
            where = slice(None) if change.rows is None else change.rows
            old = cells[where].astype(np.float64) if booked else None
            cells[where] = _clipped(change.values, table.columns[column])
            if old is not None:
                self._account.book(table, column, change.mechanism, change.rows, cells[where] - old)

    def _refuse_twice(self, name: str, changes: list[Change]) -> None:
        some = [change.rows for change in changes if change.rows is not None]
        if len(some) < len(changes) and len(changes) > 1:
            raise AccessError.of("M307", mechanism=changes[0].mechanism, column=name)
        if not some or (len(some) == 1 and id(some[0]) in self._distinct):
            return
        rows = some[0] if len(some) == 1 else np.concatenate(some)
        if not _increasing(rows) and not _increasing(np.sort(rows)):
            raise AccessError.of("M307", mechanism=changes[0].mechanism, column=name)
        self._distinct.add(id(some[0]))

    def _close_additions(self, table: Table, column: str, changes: list[Change]) -> None:
        for change in changes:
            self._account.book(table, column, change.mechanism, change.rows, change.values)
        rows, total = _sum_of(changes, len(table))
        cells = table.writable(column)
        touched = cells if rows is None else cells[rows]
        bounds = table.columns[column]
        if _add_within(touched, total, _or(bounds.low, -math.inf), _or(bounds.high, math.inf)):
            self._account.book(table, column, BOUNDS, rows, total)
        if rows is not None:
            cells[rows] = touched


@compiled
def _add_within(cells: Values, total: Floats, low: float, high: float) -> bool:
    """Add in place and clip; leave in `total` what the bounds took away, and say whether that is anything."""
    swallowed = False
    for i in range(cells.shape[0]):
        wanted = cells[i] + total[i]
        kept = wanted
        if wanted < low:
            kept = low
        elif wanted > high:
            kept = high
        cells[i] = kept
        total[i] = kept - wanted
        swallowed |= wanted < low or wanted > high
    return swallowed


def _sum_of(changes: list[Change], size: int) -> tuple[Ints | None, Floats]:
    """Return the rows that are touched (``None``: all) and the sum of the additions to each."""
    chosen = [change.rows for change in changes if change.rows is not None]
    if len(chosen) < len(changes) or size <= _FEW_ROWS:
        return None, _sum_everywhere(changes, size)
    rows = np.concatenate(chosen)
    amounts = np.concatenate([_spread(one.values, len(rows)) for one, rows in zip(changes, chosen, strict=True)])
    if _increasing(rows):
        return rows, amounts
    touched, slots = np.unique(rows, return_inverse=True)
    return touched, np.bincount(slots, amounts).astype(np.float64)


def _sum_everywhere(changes: list[Change], size: int) -> Floats:
    total = np.zeros(size)
    for change in changes:
        if change.rows is None:
            total += change.values
        else:
            np.add.at(total, change.rows, change.values)
    return total


def _spread(values: Values, count: int) -> Floats:
    spread: Floats = np.full(count, values, np.float64) if values.ndim == 0 else values.astype(np.float64)
    return spread


@compiled
def _all_within(rows: Ints, size: int) -> bool:
    for i in range(rows.shape[0]):  # noqa: SIM110  numba compiles no generator
        if rows[i] < 0 or rows[i] >= size:
            return False
    return True


@compiled
def _increasing(rows: Ints) -> bool:
    for i in range(1, rows.shape[0]):  # noqa: SIM110  numba compiles no generator
        if rows[i] <= rows[i - 1]:
            return False
    return True


def _clipped(values: Values, column: Column) -> Values:
    if column.low is None and column.high is None:
        return values
    return np.clip(values, column.low, column.high)


def _kept(given: npt.ArrayLike) -> Values:
    """Return an array that does not change before the phase closes: views of tables are copied."""
    array = np.asarray(given)
    return array if array.flags.writeable else array.copy()


def _check_values(mechanism: str, name: str, column: Column, values: Values, rows: int) -> None:
    if values.shape not in ((), (rows,)):
        raise AccessError.of("M312", mechanism=mechanism, column=name, rows=rows, shape=str(values.shape))
    if not column.takes(values):
        raise AccessError.of("M311", mechanism=mechanism, column=name, dtype=str(values.dtype))


def _append(table: Table, births: list[Birth]) -> None:
    keys = np.concatenate([birth.keys for birth in births])
    order = keys.argsort(kind="stable")
    names = dict.fromkeys(name for birth in births for name in birth.columns)
    columns = {name: _born(table, name, births)[order] for name in names}
    table.append(keys[order], **columns)


def _born(table: Table, name: str, births: list[Birth]) -> Values:
    """Return one column of all new rows, in the order of `births`."""
    column = table.columns[name]
    start = np.asarray(column.start, column.dtype)
    return np.concatenate([np.broadcast_to(birth.columns.get(name, start), len(birth.keys)) for birth in births])


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else float(bound)


def _place(item: tuple[tuple[str, str], list[Change]]) -> tuple[str, str]:
    return item[0]


def _mechanism_name(change: Change) -> str:
    return change.mechanism
