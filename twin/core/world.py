"""The world: every table, and the day it is.

It knows no resident: which tables there are is told by whoever builds it. Mechanisms see it through a
:class:`~twin.core.mechanism.View`; metrics see it whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from twin.core.clock import DAY_MINUTES, Clock
from twin.core.columns import Column, Table
from twin.errors import AccessError, closest


class Phase(Enum):
    """The five parts of a day, in their order."""

    ARRIVE = "arrive"
    DECIDE = "decide"
    SERVE = "serve"
    RESPOND = "respond"
    SETTLE = "settle"


@runtime_checkable
class Working(Protocol):
    """A resource that can have work left when the horizon has passed (the desk's)."""

    def quiet(self) -> bool:
        """Whether nothing is open."""


@runtime_checkable
class Lawful(Protocol):
    """A resource with laws that must hold at the end of every run (nothing lost, nobody in two places)."""

    def check(self) -> None:
        """Raise :class:`~twin.errors.InvariantBroken` if one does not."""


@dataclass
class World:
    """The tables by attribute (``world.residents``) and where in the run we are.

    ``days`` is the horizon, of which the first ``warm_up_days`` are not measured; after it the world runs
    on, without arrivals, until it is ``quiet()`` or for ``run_on_days``. ``levers`` holds the parameter blocks
    in force by name, ``resources`` what the start hooks of mechanisms made, ``desk_draws`` how many draws
    without consequence the desk makes for each order, and ``ground`` the map, if there is one. ``instructions`` is what
    rules tell the desk about orders.
    """

    tables: dict[str, Table]
    days: int
    warm_up_days: int = 0
    run_on_days: int = 0
    clock: Clock | None = None
    categories: tuple[str, ...] = ()
    day: int = 0
    phase: Phase = Phase.ARRIVE
    levers: Mapping[str, object] = field(default_factory=dict)
    resources: dict[str, object] = field(default_factory=dict)
    desk_draws: int = 0
    ground: object | None = None
    instructions: object | None = None

    @classmethod
    def of(
        cls,
        tables: Mapping[str, Mapping[str, Column]],
        *,
        days: int,
        warm_up_days: int = 0,
        run_on_days: int = 0,
        clock: Clock | None = None,
        categories: tuple[str, ...] = (),
    ) -> World:
        """Build a world of empty tables from their declarations."""
        empty = {name: Table(name, columns) for name, columns in tables.items()}
        return cls(empty, days, warm_up_days, run_on_days, clock, categories)

    def __getattr__(self, name: str) -> Table:
        if name.startswith("_") or name == "tables":
            raise AttributeError(name)
        if name not in self.tables:
            raise AccessError.of("M302", column=name, suggestion=closest(name, self.tables))
        return self.tables[name]

    @property
    def running_on(self) -> bool:
        """Whether the horizon has passed and only open work is finished."""
        return self.day >= self.days

    @property
    def window(self) -> tuple[float, float]:
        """First minute of measuring and the minute after its last [min]."""
        return self.warm_up_days * DAY_MINUTES, self.days * DAY_MINUTES

    def quiet(self) -> bool:
        """Whether no resource has work left."""
        return all(one.quiet() for one in self.resources.values() if isinstance(one, Working))

    def check(self) -> None:
        """Hold the laws of every resource against what happened."""
        for one in self.resources.values():
            if isinstance(one, Lawful):
                one.check()
