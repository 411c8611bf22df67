"""Mesa's face of the twin: a model that lives one day a step, and rows that can be looked at as agents.

Experiments run on the engine itself, which spares every process the import of Mesa; the numbers are the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import mesa
from mesa.agent import AgentSet

from twin.core.behaviour import Behaviour, mechanism_of
from twin.core.columns import Column, Table
from twin.core.mechanism import Mechanism
from twin.core.units import named
from twin.core.world import World
from twin.errors import AccessError, InputError, closest
from twin.scenario.build import engine_for
from twin.scenario.load import Scenario, load
from twin.world.tables import CODES

Reporters = Mapping[str, Any]

_MESAS = frozenset({"model", "unique_id", "pos", "row"})


class Row(mesa.Agent):
    """A row of a table as a Mesa agent: ``row``, ``key``, and one read-only property for each column.

    It holds no state: a property is the cell as it stands now. Columns of the rows that it is part of (those of a
    resident's household, flat and building) are properties too, ``None`` where there is no such row. ``print`` it
    for a readable card. It has no ``step`` of its own, since people are moved by mechanisms
    (:class:`twin.core.behaviour.Behaviour` is how to write one for a row).
    """

    table: ClassVar[str]
    part_of: ClassVar[tuple[tuple[str, str], ...]] = ()  # (the column that holds the row, of which table), outwards

    def __init__(self, model: Neighbourhood, row: int) -> None:
        super().__init__(model)
        self.row = row
        self.pos = (self.x, self.y)

    @property
    def rows(self) -> Table:
        """The table that the row is in."""
        world: World = self.model.engine.world
        return world.tables[self.table]

    @property
    def key(self) -> int:
        """The key of the row: the same in all arms and runs."""
        return int(self.rows.key[self.row])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in _MESAS:
            raise AttributeError(name)
        for rows, row in self._levels():
            if name in rows.columns:
                return None if row < 0 else getattr(rows, name)[row].item()
        suggestion = closest(name, dir(self))
        raise AttributeError(str(AccessError.of("M302", column=f"{self.table}.{name}", suggestion=suggestion)))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _MESAS and any(name in rows.columns for rows, _ in self._levels()):
            raise AttributeError(str(AccessError.of("M349", column=f"{self.table}.{name}")))
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name for rows, _ in self._levels() for name in rows.columns)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row}>"

    def __str__(self) -> str:
        levels = [(rows, row) for rows, row in self._levels() if row >= 0]
        inner = [f"{column} {row}" for (column, _), (_, row) in zip(self.part_of, levels[1:], strict=False)]
        titles = [f"{type(self).__name__} {self.row}, {self.model.date}", *inner]
        cells = [[(name, *self._said(rows, row, name)) for name in rows.columns] for rows, row in levels]
        wide, long = (max(len(line[place]) for block in cells for line in block) for place in (0, 1))
        lines = [[title, *(f"  {name:<{wide}}  {cell:<{long}}  {doc}" for name, cell, doc in block)]
                 for title, block in zip(titles, cells, strict=True)]  # fmt: skip
        return "\n".join(line for block in lines for line in block)

    def _levels(self) -> Iterator[tuple[Table, int]]:
        """Yield (table, row) of the row itself and of those that it is part of; -1 where there is none."""
        world: World = self.model.engine.world
        rows, row = self.rows, self.row
        yield rows, row
        for column, table in self.part_of:
            row = int(getattr(rows, column)[row]) if row >= 0 else row
            rows = world.tables[table]
            yield rows, row

    def _said(self, rows: Table, row: int, name: str) -> tuple[str, str]:
        column, names = rows.columns[name], self.model.names.get(f"{rows.name}.{name}", ())
        return _cell(getattr(rows, name)[row].item(), column, names), column.doc


class Resident(Row):
    """A row of ``residents``, who is part of a household in a flat of a building."""

    table = "residents"
    part_of = (("household", "households"), ("flat", "flats"), ("building", "buildings"))


class Worker(Row):
    """A row of ``workers``: a post of the roster."""

    table = "workers"


class Neighbourhood(mesa.Model):
    """One arm of a scenario as a Mesa model.

    ``plan`` is a :class:`Scenario` or the path of its file; ``arm`` defaults to the first; ``rng`` is the seed of
    the replication (keyed draws: Mesa's own generator is not used). ``running`` turns false when the horizon has
    passed and nothing is open. ``datacollector`` holds the daily metrics of the catalogue, one row a day lived;
    ``metrics`` names others to be taken at the end of each day, and ``agenttype_reporters`` are Mesa's, for
    example ``{Resident: {"trust": "trust"}}``. ``more`` are mechanisms or behaviours to try beside the scenario's;
    experiments know only those that are installed (docs/extending.md). Raises
    :class:`~twin.errors.InputError` for a scenario, an arm or a metric that cannot be used.
    """

    def __init__(
        self,
        plan: Scenario | str | Path,
        arm: str | None = None,
        rng: int | None = None,
        *,
        metrics: Sequence[str] = (),
        agenttype_reporters: Mapping[type[Row], Reporters] | None = None,
        more: Sequence[Mechanism | type[Behaviour]] = (),
    ) -> None:
        self.plan = plan if isinstance(plan, Scenario) else load(plan)
        seed = self.plan.seed if rng is None else rng
        super().__init__(rng=seed)
        self.arm = self.plan.arm(arm or next(iter(self.plan.arms))).name
        tried = [one if isinstance(one, Mechanism) else mechanism_of(one) for one in more]
        self.engine = engine_for(self.plan, self.arm, seed, tried)
        self._views: dict[type[Row], dict[int, Row]] = {Resident: {}, Worker: {}}
        self._sets: dict[type[Row], AgentSet] = {}
        self.datacollector = mesa.DataCollector(
            model_reporters={name: partial(_stands_at, name=name) for name in self._collected(metrics)},
            agenttype_reporters=agenttype_reporters,
        )

    def step(self) -> None:
        """Live one day, and collect its data."""
        self.engine.step()
        world = self.engine.world
        last = world.days + world.run_on_days
        self.running = world.day < world.days or (world.day < last and not world.quiet())
        self.datacollector.collect(self)

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics as they stand."""
        return self.engine.metrics()

    @property
    def day(self) -> int:
        """Days lived: the number of the day that comes next."""
        return self.engine.world.day

    @property
    def date(self) -> dt.date:
        """The date of the day that comes next."""
        return self.plan.start + dt.timedelta(days=self.day)

    @property
    def names(self) -> Mapping[str, Sequence[str]]:
        """What the codes of a column stand for, by ``table.column``."""
        desk = self.engine.world.resources.get("desk")
        return {**CODES, "workers.team": tuple(desk.settings.teams) if desk is not None else ()}  # type: ignore[attr-defined]

    # -- rows as agents

    def resident(self, row: int) -> Resident:
        """Return a resident to look at; raises M348 for a row that there is not."""
        view = self._view(Resident, row)
        assert isinstance(view, Resident)
        return view

    def worker(self, row: int) -> Worker:
        """Return a worker to look at; raises M348 for a row that there is not."""
        view = self._view(Worker, row)
        assert isinstance(view, Worker)
        return view

    @property
    def agents_by_type(self) -> dict[type, AgentSet]:
        """The agents by type; views of residents and workers are made when they are first asked for."""
        rows = {kind: self._all(kind) for kind in self._views}
        return {**super().agents_by_type, **rows}

    @property
    def agent_types(self) -> list[type]:
        """The types of agents."""
        return list(self.agents_by_type)

    @property
    def agents(self) -> AgentSet:
        """All agents, by type and row."""
        return AgentSet((one for some in self.agents_by_type.values() for one in some), random=self.random)

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError(str(AccessError.of("M349", column="agents")))

    def _view(self, kind: type[Row], row: int) -> Row:
        rows, views = len(self.engine.world.tables[kind.table]), self._views[kind]
        if not 0 <= row < rows:
            raise InputError.of("M348", row=row, table=kind.table, rows=rows)
        if row not in views:
            views[row] = kind(self, row)
        return views[row]

    def _all(self, kind: type[Row]) -> AgentSet:
        count = len(self.engine.world.tables[kind.table])
        if kind not in self._sets or len(self._sets[kind]) < count:
            self._sets[kind] = AgentSet([self._view(kind, row) for row in range(count)], random=self.random)
        return self._sets[kind]

    def _collected(self, metrics: Sequence[str]) -> list[str]:
        known = self.engine.book
        for name in metrics:
            if name not in known:
                raise InputError.of("S118", metric=name, suggestion=closest(name, known), known=tuple(known))
        return list(dict.fromkeys([name for name, metric in known.items() if metric.daily] + list(metrics)))


def _stands_at(model: Neighbourhood, name: str) -> float:
    """Return a metric at the end of the day just lived; NaN when it is not defined."""
    daily = model.engine.latest
    value = daily[name] if name in daily else model.engine.measured(name)
    return math.nan if value is None else value


def _cell(value: Any, column: Column, names: Sequence[str]) -> str:
    """Say a cell with its unit, or what its code means."""
    if names and 0 <= value < len(names):
        return names[value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{number} {named(column.unit, 'en')}".strip()
