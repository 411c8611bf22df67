"""A mechanism beside a slow scalar version of it: the same days, the same view, the same effects.

The scalar version is the explanation of the fast one, one row at a time with ``for`` and ``if``. It is called as
``x(world, p, luck, note)``: the view of the world that the mechanism has, its parameters, chance for one key at a
time, and a notebook for effects.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from twin.core.columns import Keys
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.core.mechanism import Mechanism
from twin.desk.settings import DeskSettings, Team
from twin.scenario.build import enlist
from twin.testing.street import SEED, Subject, blocks, everybody
from twin.world.build import Population, build_world

Scalar = Callable[[Any, Any, "Luck", "Notebook"], None]
Cells = dict[tuple[Any, ...], float]
_DIGITS = 1e-6  # of float32, in which traits and places are kept


class Luck:
    """Draws for one key: the numbers that :class:`~twin.core.draws.Draw` gives for it."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def uniform(self, decision: str, key: int, occurrence: int | None = None) -> float:
        """Return a uniform strictly between 0 and 1."""
        return float(self.draw.uniform(decision, _keys(key), occurrence)[0])

    def happens(self, decision: str, chance: float, key: int, occurrence: int | None = None) -> bool:
        """Return whether a thing of this chance happens."""
        return self.uniform(decision, key, occurrence) < chance

    def exponential(self, decision: str, mean: float, key: int, occurrence: int | None = None) -> float:
        """Return an exponential of this mean."""
        return float(self.draw.exponential(decision, mean, _keys(key), occurrence)[0])

    def normal(self, decision: str, key: int, occurrence: int | None = None) -> float:
        """Return a normal with mean 0 and standard deviation 1."""
        return float(self.draw.normal(decision, _keys(key), occurrence)[0])

    def poisson(self, decision: str, mean: float, key: int, occurrence: int | None = None) -> int:
        """Return a Poisson count of this mean."""
        return int(self.draw.poisson(decision, mean, _keys(key), occurrence)[0])

    def key(self, kind: str, cause: int, occurrence: int | None = None) -> int:
        """Return the key of a row to spawn."""
        return int(self.draw.keys(kind, _keys(cause), occurrence)[0])


def _keys(key: int) -> Keys:
    return np.array([int(key) % 2**64], np.uint64)


class Notebook:
    """Effects, one cell and one row at a time."""

    def __init__(self) -> None:
        self.cells: Cells = {}
        self.sums: Cells = defaultdict(float)
        self.births: dict[tuple[str, int], dict[str, float]] = {}

    def set(self, table: str, row: int, **columns: float) -> None:
        """Set cells of a row."""
        for column, value in columns.items():
            self.cells[table, column, int(row)] = value

    def add(self, table: str, row: int, **columns: float) -> None:
        """Add to cells of a row."""
        for column, value in columns.items():
            self.sums[table, column, int(row)] += value

    def spawn(self, table: str, key: int, **columns: float) -> None:
        """Give a table a new row."""
        assert (table, int(key)) not in self.births
        self.births[table, int(key)] = columns

    @property
    def effects(self) -> Cells:
        """Everything written, by what it is."""
        born = {("born", *row, name): value for row, columns in self.births.items() for name, value in columns.items()}
        sums = {("add", *cell): value for cell, value in self.sums.items() if value}
        return {("set", *cell): value for cell, value in self.cells.items()} | sums | born


class Recorder:
    """Effects as the mechanism gives them, taken apart into cells and rows, and passed on."""

    def __init__(self, effects: Any, world: Any) -> None:
        self.effects, self.world, self.note = effects, world, Notebook()

    def set(self, table: str, rows: Any, **columns: Any) -> None:
        """Note set cells."""
        self.effects.set(table, rows, **columns)
        self._note_cells(self.note.set, table, rows, columns)

    def add(self, table: str, rows: Any, **columns: Any) -> None:
        """Note additions."""
        self.effects.add(table, rows, **columns)
        self._note_cells(self.note.add, table, rows, columns)

    def spawn(self, table: str, keys: Any, **columns: Any) -> None:
        """Note new rows."""
        self.effects.spawn(table, keys, **columns)
        cells = {name: np.broadcast_to(values, len(keys)) for name, values in columns.items()}
        for row, key in enumerate(keys):
            self.note.spawn(table, key, **{name: values[row] for name, values in cells.items()})

    def _note_cells(self, write: Any, table: str, rows: Any, columns: Mapping[str, Any]) -> None:
        chosen = self._rows_of(table, rows)
        for column, values in columns.items():
            for row, value in zip(chosen, np.broadcast_to(values, len(chosen)), strict=True):
                write(table, row, **{column: value})

    def _rows_of(self, table: str, rows: Any) -> Any:
        if rows is None:
            return np.arange(len(getattr(self.world, table)))
        array = np.atleast_1d(rows)
        return np.flatnonzero(array) if array.dtype == np.bool_ else array


def compare(subject: Subject, scalar: Scalar, days: int = 14, alone: bool = False, **params: Any) -> int:
    """Live with a mechanism and its scalar version side by side; return how many effects were compared.

    ``alone`` leaves the other mechanisms out: for those that act once a year and read nobody. ``params`` are blocks
    of parameters of any mechanism, in place of a lively street's. Raises AssertionError at the first effect that
    differs.
    """
    compared: list[int] = []
    watched = _watched(subject.mechanism, scalar, compared)
    population = Population(residents=150, grids=3, places=25)
    given = {**blocks(subject), "population": population, "desk": _desk(), **params}
    plan = SimpleNamespace(days=days, warm_up_days=0, run_on_days=3, start=dt.date(2024, 9, 26), holidays="china",
                           categories={})  # fmt: skip
    world = build_world(plan, SimpleNamespace(blocks=given), SEED)
    others = [] if alone else everybody(subject)
    catalogue = [one for one in others if one.name != subject.name] + [watched]
    engine = Engine(world, catalogue, given, SEED)
    enlist(world)
    engine.run()
    return sum(compared)


def _desk() -> DeskSettings:
    """Return a desk on which everything happens often."""
    teams = {"a": Team(workers=1, calendar="5x8"), "b": Team(workers=1, calendar="7x12", categories=("noise",))}
    return DeskSettings(teams=teams, dedup=True, dispatch="instant", call_back_share=0.8, first_time_fix=0.6,
                        limit_hours=(2.0, 6.0, 24.0, 48.0), patience_hours=200.0)  # fmt: skip


def _watched(mechanism: Mechanism, scalar: Scalar, compared: list[int]) -> Mechanism:
    """Return the mechanism, with its scalar version living beside it and every effect compared."""

    def live(world: Any, p: Any, draw: Any, effects: Any) -> None:
        wanted, recorder = Notebook(), Recorder(effects, world)
        scalar(world, p, Luck(draw), wanted)
        mechanism.live(world, p, draw, recorder)  # type: ignore[arg-type]
        _agree(f"{mechanism.name}, day {world.day}", recorder.note.effects, wanted.effects)
        compared.append(len(wanted.effects))

    return replace(mechanism, live=live)


def _agree(where: str, got: Cells, wanted: Cells) -> None:
    assert got.keys() == wanted.keys(), f"{where}: {sorted(got.keys() ^ wanted.keys(), key=str)[:3]}"
    for cell, value in wanted.items():
        same = int(got[cell]) == int(value) if cell[-1] == "incident" else _close(got[cell], value)
        assert same, f"{where}, {cell}: {got[cell]} for {value}"


def _close(got: Any, wanted: Any) -> bool:
    return math.isclose(float(got), float(wanted), rel_tol=_DIGITS, abs_tol=_DIGITS)
