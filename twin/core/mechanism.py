"""What a mechanism declares, and the view of the world that it is given for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from twin.core.columns import Column, Ints, Keys, Table, Values
from twin.core.world import Phase, World
from twin.errors import AccessError, DeclarationError

if TYPE_CHECKING:
    from twin.core.clock import Clock
    from twin.core.draws import Draw
    from twin.core.effects import Effects

__all__ = ["CARD_HEADINGS", "NOTHING", "Mechanism", "Metric", "Phase", "View", "mechanism", "split"]

Better = Literal["lower", "higher"] | None
Live = Callable[["View", Any, "Draw", "Effects"], None]
Start = Callable[["View", Any, "Draw"], object]

CARD_HEADINGS = ("What it does", "Why", "Leaves out")
_HEADING = re.compile(r"^([A-Z][a-z]*(?: [a-z]+)*) {2,}(?=\S)", re.MULTILINE)
NOTHING = (0, False, "none", ())
"""Values of a parameter by which nothing is asked for."""
_LEVERS = "levers"
_COLUMN_NAME = re.compile(r"[a-z_]+\.[a-z0-9_]+")
_READ_NAME = re.compile(rf"{_LEVERS}(\.[a-z0-9_]+){{1,2}}|{_COLUMN_NAME.pattern}")


@dataclass(frozen=True)
class Metric:
    """One number of a run: how it is computed, its unit, and which direction is better (``None``: neither).

    ``of`` gets the whole world and returns ``None`` where the number is undefined. A ``daily`` metric is
    also kept for every day; a ``latent`` one could not be measured in a real street. ``en`` and ``zh`` are
    its titles for a reader, without the unit; ``doc`` and ``doc_zh`` define it exactly, with what a share is
    a share of. ``margin`` is the smallest difference that matters, in the unit (``None``: a hundredth of the
    baseline; of a share, one percentage point). ``beside`` are metrics without which it misleads, such as its
    denominators: whoever is shown one is shown all. ``part_of`` names a metric of the same unit in whose difference
    between two arms this one is a term: what has parts is taken apart, so every term that can differ declares it.
    """

    of: Callable[[World], float | None]
    unit: str
    better: Better
    zh: str
    doc: str
    daily: bool = False
    latent: bool = False
    doc_zh: str = ""
    en: str = ""
    margin: float | None = None
    beside: tuple[str, ...] = ()
    part_of: str = ""


@dataclass(frozen=True)
class Mechanism:
    """A function of the world with its declaration; call it as the engine does, once in each of its phases.

    ``desk_draws`` is the number of draws without consequence that it makes for each order inside the desk;
    ``moves``: it moves levers. ``gates`` are parameters (``block.parameter``), its own or another's: where all
    of them are 0, off or ``none``, it does nothing.
    """

    name: str
    live: Live
    phases: tuple[Phase, ...]
    params: type | None = None
    reads: tuple[str, ...] = ()
    owns: Mapping[str, Column] = field(default_factory=dict)
    adds: tuple[str, ...] = ()
    spawns: tuple[str, ...] = ()
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    start: Start | None = None
    desk_draws: int = 0
    moves: bool = False
    gates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.reads:
            _require(_READ_NAME, name, self.name)
        for name in (*self.owns, *self.adds, *self.gates):
            _require(_COLUMN_NAME, name, self.name)
        if not self.phases:
            raise DeclarationError.of("M317", mechanism=self.name)

    def __call__(self, world: View, p: Any, draw: Draw, effects: Effects) -> None:
        self.live(world, p, draw, effects)

    @property
    def readable(self) -> frozenset[str]:
        """Columns and levers that it may read: what it declares to read, own or add to."""
        return frozenset((*self.reads, *self.owns, *self.adds))

    def closed(self, blocks: Mapping[str, Any]) -> bool:
        """Whether its gates keep it from doing anything under these blocks of parameters."""
        at = [gate.split(".") for gate in self.gates]
        return bool(at) and all(block in blocks and getattr(blocks[block], name) in NOTHING for block, name in at)

    @property
    def card(self) -> dict[str, str]:
        """The headings of its module's docstring and their text; the first line is under ``"title"``."""
        return card_of(sys.modules[self.live.__module__].__doc__ or "")


def card_of(docstring: str) -> dict[str, str]:
    """Split a mechanism's docstring into its title and headed paragraphs (``Heading    text``)."""
    title, *parts = _HEADING.split(docstring)
    texts = (" ".join(part.split()) for part in parts[1::2])
    return {"title": " ".join(title.split()), **dict(zip(parts[::2], texts, strict=True))}


def mechanism(
    *,
    phase: Phase | tuple[Phase, ...],
    params: type | None = None,
    reads: Sequence[str] = (),
    owns: Mapping[str, Column] | None = None,
    adds: Sequence[str] = (),
    spawns: Sequence[str] = (),
    metrics: Mapping[str, Metric] | None = None,
    sources: Sequence[str] = (),
    start: Start | None = None,
    desk_draws: int = 0,
    moves: bool = False,
    gates: Sequence[str] = (),
) -> Callable[[Live], Mechanism]:
    """Declare a function to be a mechanism; its name is the last name of its module.

    ``reads`` lists ``table.column`` and ``levers.block[.parameter]``; ``owns`` the columns that it alone may
    set; ``adds`` those it may add to; ``spawns`` tables that it gives new rows. What ``start`` returns before the
    first day is ``world.resource`` from then on. The rest: see :class:`Mechanism`.
    """

    def declare(live: Live) -> Mechanism:
        return Mechanism(
            live.__module__.rpartition(".")[2],
            live,
            phases=(phase,) if isinstance(phase, Phase) else tuple(phase),
            params=params, reads=tuple(reads),
            owns=dict(owns or {}),
            adds=tuple(adds),
            spawns=tuple(spawns),
            metrics=dict(metrics or {}),
            sources=tuple(sources),
            start=start,
            desk_draws=desk_draws, moves=moves, gates=tuple(gates),
        )  # fmt: skip

    return declare


def split(name: str) -> tuple[str, str]:
    """Split ``table.column``."""
    table, _, column = name.partition(".")
    return table, column


def _require(pattern: re.Pattern[str], name: str, mechanism_name: str) -> None:
    if not pattern.fullmatch(name):
        raise DeclarationError.of("M316", mechanism=mechanism_name, column=name)


class TableView:
    """A table as one mechanism sees it: length, keys, and the columns that it declared."""

    __slots__ = ("_allowed", "_mechanism", "_seen", "_table")

    def __init__(self, table: Table, mechanism: str, allowed: frozenset[str], seen: set[str] | None) -> None:
        self._table, self._mechanism, self._allowed, self._seen = table, mechanism, allowed, seen

    def __len__(self) -> int:
        return len(self._table)

    def __getattr__(self, name: str) -> Values:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._allowed:
            raise AccessError.of("M301", mechanism=self._mechanism, column=f"{self._table.name}.{name}")
        if self._seen is not None:
            self._seen.add(f"{self._table.name}.{name}")
        return getattr(self._table, name)

    @property
    def key(self) -> Keys:
        """Key of every row."""
        return self._table.key

    def rows_of(self, keys: Keys) -> Ints:
        """Return the row of each key, -1 where no row has it."""
        return self._table.rows_of(keys)


class BlockView:
    """A block of levers as one mechanism sees it: the parameters that it declared."""

    __slots__ = ("_allowed", "_block", "_mechanism", "_name", "_seen")

    def __init__(
        self, block: object, name: str, mechanism: str, allowed: frozenset[str], seen: set[str] | None
    ) -> None:
        self._block, self._name, self._mechanism = block, name, mechanism
        self._allowed, self._seen = allowed, seen

    def __getattr__(self, name: str) -> Any:
        full = f"{_LEVERS}.{self._name}.{name}"
        if name.startswith("_"):
            raise AttributeError(name)
        if full not in self._allowed:
            raise AccessError.of("M301", mechanism=self._mechanism, column=full)
        if self._seen is not None:
            self._seen.add(full)
        return getattr(self._block, name)


class LeversView(Mapping[str, Any]):
    """The parameter blocks as one mechanism sees them: ``levers["desk"].limit_hours``."""

    def __init__(self, world: World, mechanism: str, allowed: frozenset[str], seen: set[str] | None) -> None:
        self._world, self._mechanism, self._allowed, self._seen = world, mechanism, allowed, seen

    def __getitem__(self, name: str) -> Any:
        full = f"{_LEVERS}.{name}"
        whole = full in self._allowed
        if not whole and not any(one.startswith(full + ".") for one in self._allowed):
            raise AccessError.of("M301", mechanism=self._mechanism, column=full)
        if whole and self._seen is not None:
            self._seen.add(full)
        block = self._world.levers[name]
        return block if whole else BlockView(block, name, self._mechanism, self._allowed, self._seen)

    def __iter__(self) -> Iterator[str]:
        return iter(self._world.levers)

    def __len__(self) -> int:
        return len(self._world.levers)


class View:
    """The world as one mechanism sees it: the day, and only what it declared to read.

    ``seen``, if given, collects the names of the columns and levers that are really read.
    """

    __slots__ = ("_mechanism", "_tables", "_world", "levers")

    def __init__(self, world: World, mechanism: Mechanism, seen: set[str] | None = None) -> None:
        self._world, self._mechanism = world, mechanism.name
        allowed = mechanism.readable
        columns = _columns_by_table(allowed)
        self.levers: Mapping[str, Any] = LeversView(world, mechanism.name, allowed, seen)
        self._tables = {
            name: TableView(table, mechanism.name, columns.get(name, frozenset()), seen)
            for name, table in world.tables.items()
            if name in mechanism.spawns or name in columns
        }

    def __getattr__(self, name: str) -> TableView:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._tables:
            raise AccessError.of("M301", mechanism=self._mechanism, column=name)
        return self._tables[name]

    @property
    def day(self) -> int:
        """Today, 0 for the first day."""
        return self._world.day

    @property
    def days(self) -> int:
        """Days until the horizon."""
        return self._world.days

    @property
    def warm_up_days(self) -> int:
        """Days at the beginning that are not measured."""
        return self._world.warm_up_days

    @property
    def run_on_days(self) -> int:
        """Most days that the world runs on after the horizon."""
        return self._world.run_on_days

    @property
    def window(self) -> tuple[float, float]:
        """First minute of measuring and the minute after its last [min]."""
        return self._world.window

    @property
    def running_on(self) -> bool:
        """Whether the horizon has passed and only open work is finished."""
        return self._world.running_on

    @property
    def phase(self) -> Phase:
        """The part of the day."""
        return self._world.phase

    @property
    def clock(self) -> Clock:
        """Dates, weekdays and holidays."""
        if self._world.clock is None:
            raise AccessError.of("M318", mechanism=self._mechanism)
        return self._world.clock

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the scenario's categories, in their order."""
        return self._world.categories

    @property
    def desk_draws(self) -> int:
        """Draws without consequence that the desk is asked to make for each order."""
        return self._world.desk_draws

    @property
    def ground(self) -> Any:
        """The places of the map that the neighbourhood stands on, ``None`` without one."""
        return self._world.ground

    @property
    def instructions(self) -> Any:
        """What rules tell the desk about orders, ``None`` where they say nothing of them."""
        return self._world.instructions

    @property
    def resource(self) -> Any:
        """What the mechanism's own start hook returned."""
        return self._world.resources.get(self._mechanism)


@cache
def _columns_by_table(names: frozenset[str]) -> dict[str, frozenset[str]]:
    columns: dict[str, set[str]] = {}
    for table, column in map(split, names):
        columns.setdefault(table, set()).add(column)
    return {table: frozenset(found) for table, found in columns.items()}
