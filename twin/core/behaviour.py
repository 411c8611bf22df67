"""Behaviours: mechanisms written row by row, in the style of a Mesa agent.

A behaviour is an ordinary mechanism: what it reads, owns, adds to and spawns is declared and enforced, its
chance is keyed by the row, and all rows see the state at the beginning of the phase. It costs a few
microseconds a row and day, where a mechanism of arrays costs nanoseconds: write it first, and as arrays when it
is right and slow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from twin.core.columns import Column, Floats, Ints, Keys
from twin.core.draws import Draw, exponential_of, normal_of, poisson_of
from twin.core.effects import Effects
from twin.core.mechanism import Mechanism, Metric, TableView, View
from twin.core.world import Phase
from twin.errors import AccessError

Cell = float | int | bool


class RowDraw:
    """The chance of the row that is acting: like :class:`~twin.core.draws.Draw`, one number at a time.

    The numbers are those that a mechanism of arrays would draw with the keys of the same rows.
    """

    __slots__ = ("_at", "_draw", "_drawn", "_keys")

    def __init__(self, draw: Draw, keys: Keys) -> None:
        self._draw, self._keys, self._at = draw, keys, 0
        self._drawn: dict[tuple[str, int | None], Floats] = {}

    def turn_to(self, at: int) -> None:
        """Draw for this one of the keys from now on."""
        self._at = at

    def uniform(self, decision: str, occurrence: int | None = None) -> float:
        """Return a uniform strictly between 0 and 1."""
        asked = (decision, occurrence)
        if asked not in self._drawn:
            self._drawn[asked] = self._draw.uniform(decision, self._keys, occurrence)
        return float(self._drawn[asked][self._at])

    def happens(self, decision: str, chance: float, occurrence: int | None = None) -> bool:
        """Return whether a thing of this chance happens."""
        return self.uniform(decision, occurrence) < chance

    def normal(self, decision: str, occurrence: int | None = None) -> float:
        """Return a normal with mean 0 and standard deviation 1."""
        return float(normal_of(self.uniform(decision, occurrence)))

    def exponential(self, decision: str, mean: float, occurrence: int | None = None) -> float:
        """Return an exponential of this mean."""
        return mean * float(exponential_of(self.uniform(decision, occurrence)))

    def poisson(self, decision: str, mean: float, occurrence: int | None = None) -> int:
        """Return a Poisson count of this mean."""
        return int(poisson_of(self.uniform(decision, occurrence), mean))

    def choice(self, decision: str, weights: Sequence[float], occurrence: int | None = None) -> int:
        """Return an index into `weights`, in proportion to them."""
        ends = np.cumsum(weights, dtype=np.float64)
        return int(np.searchsorted(ends, self.uniform(decision, occurrence) * ends[-1], side="right"))


class _Wishes:
    """What all rows want done, gathered into arrays: one call of the effects for each column."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, str], tuple[list[int], list[Cell]]] = defaultdict(lambda: ([], []))
        self._births: dict[tuple[str, str, tuple[str, ...]], tuple[list[int], list[tuple[Cell, ...]]]]
        self._births = defaultdict(lambda: ([], []))

    def note(self, verb: str, table: str, row: int, columns: Mapping[str, Cell]) -> None:
        for column, value in columns.items():
            rows, values = self._cells[verb, table, column]
            rows.append(row)
            values.append(value)

    def bear(self, table: str, kind: str, at: int, columns: Mapping[str, Cell]) -> None:
        causes, values = self._births[table, kind, tuple(columns)]
        causes.append(at)
        values.append(tuple(columns.values()))

    def hand_in(self, draw: Draw, keys: Keys, effects: Effects) -> None:
        for (verb, table, column), (rows, values) in self._cells.items():
            getattr(effects, verb)(table, np.array(rows, np.int64), **{column: np.array(values)})
        for (table, kind, names), (causes, born) in self._births.items():
            columns = zip(*born, strict=True)
            values_of = {name: np.array(values) for name, values in zip(names, columns, strict=True)}
            effects.spawn(table, draw.keys(kind, keys[causes]), **values_of)


class Behaviour:
    """What one row of a table does in a phase; subclass it in a module of its own, and declare.

    ::

        class Graffiti(Behaviour):
            table, phase, params = "residents", Phase.RESPOND, Params
            reads = ["residents.trust"]
            owns = {"residents.tags": Column(np.int32, "1", "tags sprayed so far")}

            def step(self) -> None:
                if self.trust < self.p.low and self.draw.happens("sprays", self.p.chance):
                    self.add(tags=1)

    Columns of the row are attributes (``self.trust``); ``self.row``, ``self.key``, ``self.p`` (the parameters in
    force), ``self.draw``, ``self.world`` (the view: other rows and tables that are declared) and ``self.day`` are
    given. What is assigned to ``self`` would be lost with the row's turn, so it is refused: memory is a column.
    """

    table: ClassVar[str]
    phase: ClassVar[Phase | tuple[Phase, ...]]
    params: ClassVar[type | None] = None
    reads: ClassVar[Sequence[str]] = ()
    owns: ClassVar[Mapping[str, Column]] = {}
    adds: ClassVar[Sequence[str]] = ()
    spawns: ClassVar[Sequence[str]] = ()
    metrics: ClassVar[Mapping[str, Metric]] = {}
    sources: ClassVar[Sequence[str]] = ()

    row: int
    key: int
    p: Any
    draw: RowDraw
    world: View
    _rows: TableView
    _wishes: _Wishes
    _at: int

    @classmethod
    def who(cls, world: View, p: Any) -> Ints:
        """Return the rows that act today, in rising order: all of them, unless a subclass knows better."""
        return np.arange(len(getattr(world, cls.table)))

    def step(self) -> None:
        """Act for one row on one day."""
        raise NotImplementedError

    @property
    def day(self) -> int:
        """Today, 0 for the first day."""
        return self.world.day

    def set(self, **columns: Cell) -> None:
        """Set columns of this row that the behaviour owns."""
        self._wishes.note("set", self.table, self.row, columns)

    def add(self, **columns: Cell) -> None:
        """Add to columns of this row that the behaviour owns or declares."""
        self._wishes.note("add", self.table, self.row, columns)

    def add_to(self, table: str, row: int, **columns: Cell) -> None:
        """Add to columns of another row, of this or another table."""
        self._wishes.note("add", table, row, columns)

    def spawn(self, table: str, kind: str, **columns: Cell) -> None:
        """Give a table a new row; two of one row on one day differ in `kind`."""
        self._wishes.bear(table, kind, self._at, columns)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._rows, name)[self.row].item()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AccessError.of("M340", mechanism=mechanism_name(type(self)), column=f"{self.table}.{name}")


def mechanism_name(kind: type[Behaviour]) -> str:
    """Return the name of a behaviour as a mechanism: that of its module, in a notebook its own in small letters."""
    module = kind.__module__.rpartition(".")[2]
    return kind.__name__.lower() if module == "__main__" else module


def mechanism_of(kind: type[Behaviour]) -> Mechanism:
    """Return the mechanism that lives a behaviour for every row that acts."""

    def live(world: View, p: Any, draw: Draw, effects: Effects) -> None:
        _live(kind, world, p, draw, effects)

    live.__module__, live.__doc__ = kind.__module__, kind.__doc__
    return Mechanism(
        name=mechanism_name(kind),
        live=live,
        phases=(kind.phase,) if isinstance(kind.phase, Phase) else tuple(kind.phase),
        params=kind.params,
        reads=tuple(kind.reads),
        owns=dict(kind.owns),
        adds=tuple(kind.adds),
        spawns=tuple(kind.spawns),
        metrics=dict(kind.metrics),
        sources=tuple(kind.sources),
    )


def _live(kind: type[Behaviour], world: View, p: Any, draw: Draw, effects: Effects) -> None:
    """Let each row act in turn; one object turns to them all, since there may be a million."""
    rows = getattr(world, kind.table)
    acting = kind.who(world, p)
    keys = rows.key[acting]
    chance, wishes = RowDraw(draw, keys), _Wishes()
    one = kind()
    given = {"p": p, "draw": chance, "world": world, "_rows": rows, "_wishes": wishes}
    vars(one).update(given)
    for at, (row, key) in enumerate(zip(acting.tolist(), keys.tolist(), strict=True)):
        chance.turn_to(at)
        vars(one).update(row=row, key=key, _at=at)
        one.step()
    wishes.hand_in(draw, keys, effects)
