"""Every mechanism against its slow scalar version: the same days, the same view, the same effects."""

from __future__ import annotations

import datetime as dt
import importlib
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.reference import Luck, Notebook
from twin.core.engine import Engine
from twin.core.mechanism import Mechanism
from twin.desk.settings import DeskSettings, Team
from twin.mechanisms import CATALOGUE
from twin.world.build import Population, build_world

SCALAR = ("hotline", "incidents", "measurement", "payroll", "placebo", "recomplaints", "reporting", "satisfaction",
          "theory", "trust")  # fmt: skip


class Recorder:
    """Effects as the mechanism gives them, taken apart into cells and rows, and passed on."""

    def __init__(self, effects: Any) -> None:
        self.effects, self.note = effects, Notebook()

    def set(self, table: str, rows: Any, **columns: Any) -> None:
        self.effects.set(table, rows, **columns)
        for column, values in columns.items():
            for row, value in zip(rows, np.broadcast_to(values, len(rows)), strict=True):
                self.note.set(table, row, **{column: value})

    def spawn(self, table: str, keys: Any, **columns: Any) -> None:
        self.effects.spawn(table, keys, **columns)
        cells = {name: np.broadcast_to(values, len(keys)) for name, values in columns.items()}
        for row, key in enumerate(keys):
            self.note.spawn(table, key, **{name: values[row] for name, values in cells.items()})


def watched(mechanism: Mechanism, compared: list[int]) -> Mechanism:
    """The mechanism, with its reference living beside it and every effect compared."""
    name = mechanism.name
    reference = getattr(importlib.import_module(f"tests.reference.{name}"), name)

    def live(world: Any, p: Any, draw: Any, effects: Any) -> None:
        wanted, recorder = Notebook(), Recorder(effects)
        reference(world, p, Luck(draw), wanted)
        mechanism.live(world, p, draw, recorder)
        agree(name, world.day, recorder.note.cells, wanted.cells)
        agree(name, world.day, flat(recorder.note), flat(wanted))
        compared.append(len(wanted.cells) + len(wanted.births))

    return replace(mechanism, live=live)


def flat(note: Notebook) -> dict[Any, Any]:
    return {(*born, name): value for born, columns in note.births.items() for name, value in columns.items()}


def agree(name: str, day: int, got: dict[Any, Any], wanted: dict[Any, Any]) -> None:
    assert got.keys() == wanted.keys(), f"{name}, day {day}: {sorted(got.keys() ^ wanted.keys())[:3]}"
    for cell, value in wanted.items():
        same = int(got[cell]) == int(value) if cell[-1] == "incident" else close(got[cell], value)
        assert same, f"{name}, day {day}, {cell}: {got[cell]} for {value}"


def close(got: Any, wanted: Any) -> bool:
    """Equal to the digits of float32, in which traits and places are kept."""
    return math.isclose(float(got), float(wanted), rel_tol=1e-6, abs_tol=1e-6)


def live_beside(name: str, days: int, **blocks: Any) -> int:
    """Live with one mechanism watched; return how many effects were compared."""
    teams = {"a": Team(workers=1, calendar="5x8"), "b": Team(workers=1, calendar="7x12", categories=("noise",))}
    desk = DeskSettings(teams=teams, dedup=True, dispatch="instant", call_back_share=0.8, first_time_fix=0.6,
                        limit_hours=(2.0, 6.0, 24.0, 48.0), patience_hours=200.0)  # fmt: skip
    population = Population(residents=150, grids=3, places=25)
    given = {"population": population, "desk": desk, **blocks}
    plan = SimpleNamespace(days=days, warm_up_days=0, run_on_days=3, start=dt.date(2024, 9, 26), holidays="china",
                           categories={})  # fmt: skip
    world = build_world(plan, SimpleNamespace(blocks=given), 5)
    compared: list[int] = []
    catalogue = [watched(one, compared) if one.name == name else one for one in CATALOGUE.values()]
    Engine(world, catalogue, given, 5).run()
    return sum(compared)


def block(name: str, **values: Any) -> Any:
    params = CATALOGUE[name].params
    assert params is not None
    return params(**values)


def busy() -> dict[str, Any]:
    """A small neighbourhood in which everything happens often."""
    return {
        "hotline": block("hotline", source="poisson", reports_per_day=6.0),
        "incidents": block("incidents", faults_per_place_year=60.0),
        "reporting": block("reporting", reports_per_resident_day=0.005),
        "measurement": block("measurement", survey_every_days=5, survey_share=0.3),
        "recomplaints": block("recomplaints", overdue_hazard=0.3),
        "placebo": block("placebo", draws_per_day=3),
    }


@pytest.mark.parametrize("name", SCALAR)
def test_the_scalar_version_has_the_same_effects(name: str) -> None:
    if name == "theory":
        compared = live_beside(name, 4, theory=block(name, servers=2, urgent_share=0.4, customers=400))
    else:
        compared = live_beside(name, 14, **busy())
    assert compared > 20 or name in ("placebo", "payroll")


def test_every_mechanism_but_the_desk_has_a_scalar_version() -> None:
    """The desk's reference is its own kernel, read as plain Python."""
    assert set(SCALAR) == set(CATALOGUE) - {"desk"}
