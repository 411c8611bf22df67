"""Columns and tables: the whole state of a run.

A table is a set of one-dimensional arrays of equal length. Rows have a key that never changes and are
never removed; what is read from a table is a read-only view, and only the closing of a phase writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.errors import AccessError, DeclarationError, RunFailed, closest

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]
Values = npt.NDArray[Any]

_NO_ROW = -1
_RANK_OF_KIND = {"b": 0, "i": 1, "u": 1, "f": 2}


@dataclass(frozen=True)
class Column:
    """One quantity of every row of a table: its type, unit, meaning, value at birth and bounds.

    ``unit`` is ``"1"`` for a pure number. ``low`` and ``high`` are inclusive; ``None`` is no bound.
    """

    dtype: type[np.generic]
    unit: str
    doc: str
    start: float = 0
    low: float | None = None
    high: float | None = None

    @property
    def is_level(self) -> bool:
        """Whether it is a fraction between two bounds that moves (trust), unlike a stamp or an index."""
        bounded = self.low is not None and self.high is not None
        return bounded and np.dtype(self.dtype).kind == "f" and bool(np.isfinite(self.start))

    def takes(self, values: Values) -> bool:
        """Whether values of this array's type may be written here: never fractions into whole numbers."""
        return _RANK_OF_KIND.get(values.dtype.kind, 3) <= _RANK_OF_KIND[np.dtype(self.dtype).kind]


class KeyIndex:
    """Rows by key: a few sorted runs, merged so that each is at least twice as long as the next."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Ints]] = []

    def rows_of(self, keys: Keys) -> Ints:
        """Return the row of each key, -1 where there is none."""
        rows = np.full(len(keys), _NO_ROW, np.int64)
        for known, known_rows in self._runs:
            at = np.minimum(known.searchsorted(keys), len(known) - 1)
            found = known[at] == keys
            rows[found] = known_rows[at[found]]
        return rows

    def add(self, keys: Keys, first_row: int) -> None:
        """Register new rows, which must not be known yet."""
        if len(keys) == 0:
            return
        order = keys.argsort(kind="stable")
        self._runs.append((keys[order], first_row + order))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            self._merge_last_two()

    def _merge_last_two(self) -> None:
        (some, some_rows), (others, other_rows) = self._runs.pop(), self._runs.pop()
        keys = np.concatenate((others, some))
        order = keys.argsort(kind="stable")
        self._runs.append((keys[order], np.concatenate((other_rows, some_rows))[order]))


class Table:
    """Rows of one kind: ``len(table)``, ``table.key`` and one read-only array ``table.column`` a column."""

    __slots__ = ("_columns", "_index", "_rows", "_stored", "_views", "name")

    def __init__(self, name: str, columns: Mapping[str, Column]) -> None:
        self.name = name
        self._rows = 0
        self._columns: dict[str, Column] = {}
        self._stored: dict[str, Values] = {"key": np.empty(0, np.uint64)}
        self._views: dict[str, Values] = {}
        self._index = KeyIndex()
        for column_name, column in columns.items():
            self.declare(column_name, column)

    def __len__(self) -> int:
        return self._rows

    def __getattr__(self, name: str) -> Values:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._views:
            view = self.writable(name)
            view.flags.writeable = False
            self._views[name] = view
        return self._views[name]

    @property
    def columns(self) -> Mapping[str, Column]:
        """The declarations by name, without the key."""
        return MappingProxyType(self._columns)

    def declare(self, name: str, column: Column) -> None:
        """Add a column; rows that exist already get its start value."""
        if name in self._stored or hasattr(type(self), name):
            raise DeclarationError.of("M303", column=f"{self.name}.{name}")
        self._columns[name] = column
        self._stored[name] = np.full(len(self._stored["key"]), column.start, column.dtype)

    def writable(self, name: str) -> Values:
        """Return the live array of a column; for the engine only."""
        if name not in self._stored:
            raise AccessError.of("M302", column=f"{self.name}.{name}", suggestion=closest(name, self._stored))
        return self._stored[name][: self._rows]

    def append(self, keys: Keys, **columns: npt.ArrayLike) -> None:
        """Add rows; columns that are not given take their start value, and scalars hold for all rows."""
        keys = np.asarray(keys, np.uint64)
        self._refuse_known(keys)
        first, end = self._rows, self._rows + len(keys)
        values = {name: self._checked(name, given, len(keys)) for name, given in columns.items()}
        self._reserve(end)
        self._stored["key"][first:end] = keys
        for name, array in values.items():
            self._stored[name][first:end] = array
        self._index.add(keys, first)
        self._rows = end
        self._views.clear()

    def rows_of(self, keys: Keys) -> Ints:
        """Return the row of each key, -1 where no row has it."""
        return self._index.rows_of(np.asarray(keys, np.uint64))

    def arrays(self) -> dict[str, Values]:
        """Return a copy of every column, the key first."""
        return {name: self.writable(name).copy() for name in self._stored}

    def _refuse_known(self, keys: Keys) -> None:
        ordered = np.sort(keys)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        known = keys[self._index.rows_of(keys) != _NO_ROW]
        for key in (*twice[:1], *known[:1]):
            raise RunFailed.of("M309", table=self.name, key=int(key))

    def _checked(self, name: str, given: npt.ArrayLike, rows: int) -> Values:
        where = f"{self.name}.{name}"
        if name not in self._columns:
            raise AccessError.of("M302", column=where, suggestion=closest(name, self._columns))
        values = np.asarray(given)
        if values.shape not in ((), (rows,)):
            raise AccessError.of("M312", column=where, rows=rows, shape=str(values.shape))
        if not self._columns[name].takes(values):
            raise AccessError.of("M311", column=where, dtype=str(values.dtype))
        return values

    def _reserve(self, rows: int) -> None:
        capacity = len(self._stored["key"])
        if rows <= capacity:
            return
        more = max(rows, 2 * capacity) - capacity
        for name, stored in self._stored.items():
            start = self._columns[name].start if name in self._columns else 0
            self._stored[name] = np.concatenate((stored, np.full(more, start, stored.dtype)))
