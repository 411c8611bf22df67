"""The engine: one day is five phases; in each, every mechanism of the phase acts, and then it closes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Floats
from twin.core.draws import Draw
from twin.core.effects import Account, Changes, Effects
from twin.core.mechanism import Mechanism, Metric, View, split
from twin.core.world import Phase, World
from twin.errors import DeclarationError, RunFailed, TwinError, closest

_BEFORE_THE_FIRST_DAY = -1


class PlanRow(NamedTuple):
    """One line of the plan of a day."""

    phase: str
    mechanism: str
    reads: tuple[str, ...]
    owns: tuple[str, ...]
    adds: tuple[str, ...]
    spawns: tuple[str, ...]


@dataclass
class _Seat:
    """A mechanism in this run: its parameters and its view."""

    mechanism: Mechanism
    params: object
    view: View


class Engine:
    """Runs the mechanisms of a catalogue over a world.

    ``params`` are the blocks in force by name; a mechanism without one runs on its defaults. Mechanisms
    that are ``off`` do nothing and measure nothing, and their columns keep their start values. With
    ``account_by`` (``"residents.grid"``) the account of that table is kept by group. With ``recording``,
    ``engine.seen`` collects what each mechanism really reads.
    """

    def __init__(
        self,
        world: World,
        catalogue: Sequence[Mechanism],
        params: Mapping[str, object],
        seed: int,
        off: Collection[str] = (),
        *,
        account_by: str | None = None,
        recording: bool = False,
    ) -> None:
        self.world = world
        self.seed = seed
        self.seen: dict[str, set[str]] = {one.name: set() for one in catalogue}
        _refuse_unknown(off, catalogue)
        self._owners = _declare_columns(world, catalogue)
        for one in catalogue:
            _check_names(one, world)
        world.levers = MappingProxyType({**_defaults(catalogue), **params})
        live = [one for one in catalogue if one.name not in off]
        self.account = Account(_moved_columns(live), account_by)
        world.desk_draws = sum(one.desk_draws for one in live)
        self._seats = [self._seat(one, recording) for one in live]
        self._acting = {phase: [seat for seat in self._seats if phase in seat.mechanism.phases] for phase in Phase}
        self._metrics = _metrics_of(live)
        self._daily: dict[str, list[float]] = {name: [] for name, one in self._metrics.items() if one.daily}
        self._start()

    def step(self) -> None:
        """Live one day; after the horizon nothing new arrives."""
        for phase in Phase:
            if not (phase is Phase.ARRIVE and self.world.running_on):
                self._live(phase)
        self._note_daily()
        self.world.day += 1

    def run(self) -> None:
        """Live all days to the horizon, then run on until nothing is open, at most ``run_on_days``.

        Raises InvariantBroken if a law does not hold at the end.
        """
        last = self.world.days + self.world.run_on_days
        while self.world.day < self.world.days or (self.world.day < last and not self.world.quiet()):
            self.step()
        self.world.check()

    def metrics(self) -> dict[str, float]:
        """Return every metric that is defined, by name; a number that is not finite stops the run."""
        values = {name: _value(name, metric, self.world) for name, metric in self._metrics.items()}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def book(self) -> Mapping[str, Metric]:
        """The metrics of this run by name."""
        return MappingProxyType(self._metrics)

    def measured(self, name: str) -> float | None:
        """Return one metric as it stands, ``None`` when it is not defined."""
        return _value(name, self._metrics[name], self.world)

    @property
    def series(self) -> dict[str, Floats]:
        """The daily metrics by name, one value a day lived; NaN on days when it is not defined."""
        return {name: np.array(values, np.float64) for name, values in self._daily.items()}

    @property
    def latest(self) -> dict[str, float]:
        """The daily metrics as they stood at the end of the last day lived; NaN when one is not defined."""
        return {name: values[-1] for name, values in self._daily.items() if values}

    def plan(self) -> list[PlanRow]:
        """Return the plan of a day: who acts in which phase, and what it may touch."""
        return plan_of([seat.mechanism for seat in self._seats])

    def _seat(self, mechanism: Mechanism, recording: bool) -> _Seat:
        view = View(self.world, mechanism, self.seen[mechanism.name] if recording else None)
        return _Seat(mechanism, self.world.levers.get(mechanism.name), view)

    def _start(self) -> None:
        for seat in self._seats:
            if seat.mechanism.start is not None:
                draw = Draw(self.seed, seat.mechanism.name, _BEFORE_THE_FIRST_DAY)
                self.world.resources[seat.mechanism.name] = seat.mechanism.start(seat.view, seat.params, draw)

    def _live(self, phase: Phase) -> None:
        acting = self._acting[phase]
        if not acting:
            return
        self.world.phase = phase
        changes = Changes(self.world.tables, self._owners, self.account)
        for seat in acting:
            self._act(seat, Effects(seat.mechanism, changes))
        changes.close()
        if changes.moves:
            self._move(changes.moves)

    def _move(self, moves: Mapping[str, object]) -> None:
        """Give levers their new values: every mechanism sees them from the next phase on."""
        blocks: dict[str, object] = dict(self.world.levers)
        for path, value in sorted(moves.items()):
            name, *steps = path.split(".")
            blocks[name] = _with_lever(blocks[name], steps, value)
        self.world.levers = MappingProxyType(blocks)
        for seat in self._seats:
            seat.params = blocks.get(seat.mechanism.name, seat.params)

    def _act(self, seat: _Seat, effects: Effects) -> None:
        draw = Draw(self.seed, seat.mechanism.name, self.world.day)
        try:
            seat.mechanism(seat.view, seat.params, draw, effects)
        except TwinError:
            raise
        except Exception as error:
            said = {"mechanism": seat.mechanism.name, "day": self.world.day}
            raise RunFailed.of("M346", **said, reason=f"{type(error).__name__}: {error}") from error

    def _note_daily(self) -> None:
        for name, values in self._daily.items():
            value = _value(name, self._metrics[name], self.world)
            values.append(math.nan if value is None else value)


def plan_of(mechanisms: Sequence[Mechanism]) -> list[PlanRow]:
    """Return the plan of a day for these mechanisms, in the order of phases and names."""
    return [
        PlanRow(phase.value, one.name, one.reads, tuple(one.owns), one.adds, one.spawns)
        for phase in Phase
        for one in sorted(mechanisms, key=lambda one: one.name)
        if phase in one.phases
    ]


def _with_lever(block: Any, steps: Sequence[str], value: object) -> Any:
    """Return a block, or a map of blocks, in which one lever has another value."""
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(block, Mapping):
        return {**block, first: _with_lever(block[first], rest, value)}
    return replace(block, **{first: _with_lever(getattr(block, first), rest, value)})


def _moved_columns(mechanisms: Sequence[Mechanism]) -> set[str]:
    """Return the columns whose movements are worth an account: those that are added to, and bounded levels."""
    added = {name for one in mechanisms for name in one.adds}
    return added | {name for one in mechanisms for name, column in one.owns.items() if column.is_level}


def _value(name: str, metric: Metric, world: World) -> float | None:
    value = metric.of(world)
    if value is None:
        return None
    if not math.isfinite(value):
        raise RunFailed.of("M314", metric=name, value=float(value))
    return float(value)


def _defaults(catalogue: Sequence[Mechanism]) -> dict[str, object]:
    return {one.name: one.params() for one in catalogue if one.params is not None}


def _refuse_unknown(off: Collection[str], catalogue: Sequence[Mechanism]) -> None:
    known = [one.name for one in catalogue]
    for name, times in Counter(known).items():
        if times > 1:
            raise DeclarationError.of("M315", name=name)
    for name in off:
        if name not in known:
            raise DeclarationError.of("M321", name=name, suggestion=closest(name, known), known=known)


def _declare_columns(world: World, catalogue: Sequence[Mechanism]) -> dict[str, str]:
    """Add every owned column to its table, also those of mechanisms that are off; return the owners."""
    owners: dict[str, str] = {}
    for one in sorted(catalogue, key=lambda one: one.name):
        for name, column in one.owns.items():
            if name in owners:
                raise DeclarationError.of("M320", column=name, first=owners[name], second=one.name)
            owners[name] = one.name
            _declare(world, name, column, one)
    return owners


def _declare(world: World, name: str, column: Column, mechanism: Mechanism) -> None:
    table, column_name = split(name)
    if table not in world.tables:
        raise DeclarationError.of("M322", mechanism=mechanism.name, column=name)
    world.tables[table].declare(column_name, column)


def _check_names(mechanism: Mechanism, world: World) -> None:
    """Refuse a declaration that speaks of a table or column that does not exist."""
    for name in (*mechanism.reads, *mechanism.adds):
        table, column = split(name)
        known = world.tables[table].columns if table in world.tables else {}
        if table != "levers" and column not in known:
            suggestion = closest(column, known)
            raise DeclarationError.of("M322", mechanism=mechanism.name, column=name, suggestion=suggestion)
        if name in mechanism.adds and known[column].dtype is np.bool_:
            raise DeclarationError.of("M319", mechanism=mechanism.name, column=name)
    for table in mechanism.spawns:
        if table not in world.tables:
            raise DeclarationError.of("M322", mechanism=mechanism.name, column=table)


def _metrics_of(mechanisms: Sequence[Mechanism]) -> dict[str, Metric]:
    """Return the metrics by name, sorted; a name may be measured by one mechanism only."""
    metrics: dict[str, Metric] = {}
    for one in mechanisms:
        for name in one.metrics:
            if name in metrics:
                raise DeclarationError.of("M323", metric=name, mechanism=one.name)
        metrics.update(one.metrics)
    return dict(sorted(metrics.items()))
