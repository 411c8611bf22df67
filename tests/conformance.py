"""The conformance battery: what every mechanism must hold to, today's and tomorrow's.

Each check takes the name of a mechanism and raises an AssertionError that says what to change.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from twin.core import draws
from twin.core.cases import Case, build_block, complaints_of, engine_of, read_cases
from twin.core.clock import Clock
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.core.marked_yaml import read
from twin.core.mechanism import CARD_HEADINGS, Mechanism
from twin.core.parameters import GRADES, ParamSpec, parameters_of
from twin.core.world import World
from twin.errors import InputError, TwinError
from twin.mechanisms import CATALOGUE, cases_path
from twin.world.build import DEFAULT_CATEGORIES, Population, fill
from twin.world.tables import TABLES

Check = Callable[[str], None]

FEWEST_CASES = 3
SEED = 5
DAYS, RUN_ON_DAYS = 6, 6
# Parameters under which a street of a hundred residents has something to do within six days.
LIVELY: Mapping[str, Mapping[str, Any]] = {
    "hotline": {"source": "poisson", "reports_per_day": 12.0},
    "incidents": {"faults_per_place_year": 200.0},
    "reporting": {"reports_per_resident_day": 0.01},
    "measurement": {"survey_every_days": 2.0, "survey_share": 0.5},
    "placebo": {"draws_per_day": 3},
    "desk": {
        "call_back_share": 1.0,
        "call_back_hours": 1.0,
        "intake_calendar": "24x7",
        "dispatch": "instant",
        "dedup": True,
        "first_time_fix": 0.4,
        "limit_hours": (1.0, 4.0, 8.0, 24.0),
        "escalate": True,
    },
}
# A parameter whose range reaches further than a test can wait for is tried at this value instead.
TRIED_AT_MOST: Mapping[str, float] = {"placebo.draws_per_day": 1000, "hotline.reports_per_day": 2000}


# -- worlds


def blocks() -> dict[str, Any]:
    """Return the lively parameters of every mechanism."""
    known = {name: one.params for name, one in CATALOGUE.items() if one.params is not None}
    return {name: build_block(params, LIVELY.get(name, {})) for name, params in known.items()}


def street(residents: int = 100, places: int = 20) -> World:
    """Build a small neighbourhood."""
    world = World.of(
        TABLES,
        days=DAYS,
        run_on_days=RUN_ON_DAYS,
        clock=Clock(dt.date(2024, 1, 1)),
        categories=tuple(DEFAULT_CATEGORIES),
    )
    population = Population(residents=residents, places=places, grids=2)
    fill(world.tables, population, DEFAULT_CATEGORIES, Draw(SEED, "population", 0))
    return world


def lived(
    catalogue: Sequence[Mechanism],
    *,
    world: World | None = None,
    params: Mapping[str, Any] | None = None,
    off: Sequence[str] = (),
) -> Engine:
    """Live the days of a street with these mechanisms."""
    engine = Engine(world or street(), catalogue, {**blocks(), **(params or {})}, SEED, off)
    engine.run()
    return engine


def everybody() -> list[Mechanism]:
    """Return all mechanisms."""
    return list(CATALOGUE.values())


def bytes_of(engine: Engine) -> dict[str, bytes]:
    """Return every column of every table as bytes."""
    tables = engine.world.tables.values()
    return {f"{table.name}.{name}": cells.tobytes() for table in tables for name, cells in table.arrays().items()}


@cache
def usual() -> tuple[dict[str, bytes], dict[str, float], dict[str, list[Any]]]:
    """Return what a street with all mechanisms comes to."""
    engine = lived(everybody())
    return bytes_of(engine), engine.metrics(), engine.account.rows()


# -- what is written down


def check_card(name: str) -> None:
    """The module's docstring has its headings, in their order, each with a text."""
    card = CATALOGUE[name].card
    assert card["title"], "the first line says what the mechanism is"
    headings = [heading for heading in card if heading in CARD_HEADINGS]
    assert headings == list(CARD_HEADINGS), f"the card needs {CARD_HEADINGS}, in this order"
    assert all(card.values()), "no heading is empty"


def check_sources(name: str) -> None:
    """Sources of the mechanism, its card and its parameters are keys of docs/sources.yaml (or say what they are)."""
    known = set(read(Path(__file__).parent.parent / "docs" / "sources.yaml").plain())
    cited = {key for text in CATALOGUE[name].card.values() for key in re.findall(r"\[([a-z][a-z0-9_, ]*)\]", text)}
    cited = {key.strip() for keys in cited for key in keys.split(",")}
    for key in {*CATALOGUE[name].sources, *cited}:
        assert key in known, f"`{key}` is not in docs/sources.yaml"
    for path, _, spec in parameters(name):
        assert spec.source in known or " " in spec.source, f"{path}: `{spec.source}` is not in docs/sources.yaml"


def parameters(name: str) -> Iterator[tuple[str, dataclasses.Field[Any], ParamSpec]]:
    """Yield every parameter of a mechanism with its path, those of blocks within its block too."""
    params = CATALOGUE[name].params
    if params is not None:
        yield from _parameters_below(params(), name)


def _parameters_below(block: Any, path: str) -> Iterator[tuple[str, dataclasses.Field[Any], ParamSpec]]:
    for item, spec in parameters_of(block):
        value = getattr(block, item.name)
        yield f"{path}.{item.name}", item, spec
        below = value.items() if isinstance(value, Mapping) else [("", value)]
        for _, one in below:
            if dataclasses.is_dataclass(one):
                yield from _parameters_below(one, f"{path}.{item.name}")


def check_parameters(name: str) -> None:
    """Every field is a parameter with unit, range, source, grade and two languages, its default inside."""
    params = CATALOGUE[name].params
    if params is not None:
        plain = {item.name for item in dataclasses.fields(params)} - {item.name for item, _ in parameters_of(params)}
        assert not plain, f"not declared by param(): {sorted(plain)}"
    for path, item, spec in parameters(name):
        assert spec.source, f"{path}: no source"
        assert spec.evidence in GRADES, f"{path}: grade {spec.evidence}"
        assert spec.doc and spec.zh, f"{path}: say what it is, in English and Chinese"
        _check_range(path, item.default, spec)


def _check_range(path: str, default: Any, spec: ParamSpec) -> None:
    numbers = default if isinstance(default, tuple) else (default,)
    numbers = [one for one in numbers if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if numbers:
        assert spec.unit, f"{path}: a number has a unit"
        assert spec.low is not None and spec.high is not None, f"{path}: a number has a range"
        assert all(spec.low <= one <= spec.high for one in numbers), f"{path}: the default is outside the range"
    if spec.choices:
        assert default in spec.choices, f"{path}: the default is not one of the choices"


def check_metrics(name: str) -> None:
    """Every metric has a unit, a direction and two languages; and what it comes to is a number."""
    for metric_name, metric in CATALOGUE[name].metrics.items():
        assert metric.unit, f"{metric_name}: no unit (1 for a pure number)"
        assert metric.better in ("lower", "higher", None), f"{metric_name}: better {metric.better}"
        assert metric.doc and metric.zh, f"{metric_name}: say what it is, in English and Chinese"
        assert metric.doc_zh, f"{metric_name}: define it in Chinese too"
    assert all(np.isfinite(value) for value in usual()[1].values())


# -- cases


def cases_of(name: str) -> list[Case]:
    """Return the acceptance cases of a mechanism."""
    return read_cases(cases_path(name)) if cases_path(name).exists() else []


def check_number_of_cases(name: str) -> None:
    """There are at least three cases, and one says when nothing happens."""
    sentences = [case.sentence for case in cases_of(name)]
    assert len(sentences) >= FEWEST_CASES, f"{cases_path(name).name} has {len(sentences)} cases, not {FEWEST_CASES}"
    assert len(set(sentences)) == len(sentences), "two cases have the same sentence"
    assert any("nothing" in sentence for sentence in sentences), "no case says `nothing happens when ...`"


def check_reads(name: str) -> None:
    """What is declared as read is read in some case (what is not declared cannot be read at all)."""
    mechanism = CATALOGUE[name]
    seen: set[str] = set()
    for case in cases_of(name):
        engine = engine_of(case, mechanism, everybody(), TABLES, recording=True)
        complaints_of(case, engine)
        seen |= engine.seen[name]
    unused = set(mechanism.reads) - seen
    assert not unused, f"declared but read in no case: {sorted(unused)}"


# -- behaviour


def check_small_worlds(name: str) -> None:
    """It survives the empty world, one resident, one place, alone and with all others."""
    others = [one for one in CATALOGUE if one != name]
    for residents, places in ((0, 0), (1, 0), (0, 1), (1, 1)):
        lived(everybody(), world=street(residents, places), off=others).metrics()
        lived(everybody(), world=street(residents, places)).metrics()


def check_large_world(name: str) -> None:
    """It survives a few thousand residents."""
    others = [one for one in CATALOGUE if one != name]
    lived(everybody(), world=street(5000, 500), off=others).metrics()


def check_bounds(name: str) -> None:
    """With each parameter at each end of its range, columns stay in their bounds and metrics are numbers."""
    base = blocks().get(name)
    for path, item, spec in parameters(name):
        if base is None or path.count(".") > 1:
            continue
        for value in _ends(path, item.default, spec):
            _check_lived(f"{path} = {value}", {name: dataclasses.replace(base, **{item.name: value})})


def _check_lived(where: str, params: Mapping[str, Any]) -> None:
    try:
        engine = lived(everybody(), params=params)
        engine.metrics()
    except InputError:
        return  # it says in words that these parameters do not go together
    except TwinError as error:
        raise AssertionError(f"{where}: {error}") from error
    _check_columns(engine, where)


def _ends(path: str, default: Any, spec: ParamSpec) -> list[Any]:
    if spec.choices:
        return [choice for choice in spec.choices if choice != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, (int, float)) and spec.low is not None and spec.high is not None:
        return [type(default)(end) for end in (spec.low, min(spec.high, TRIED_AT_MOST.get(path, spec.high)))]
    return []


def _check_columns(engine: Engine, where: str) -> None:
    for table in engine.world.tables.values():
        for name, column in table.columns.items():
            cells = getattr(table, name)
            assert column.low is None or not (cells < column.low).any(), f"{where}: {table.name}.{name} too low"
            assert column.high is None or not (cells > column.high).any(), f"{where}: {table.name}.{name} too high"
            if not np.isnan(column.start):
                assert not np.isnan(cells).any(), f"{where}: {table.name}.{name} is not a number"


def check_order(name: str) -> None:
    """Whether it comes first or last in the catalogue, every byte of the world is the same."""
    mechanism = CATALOGUE[name]
    others = [one for one in everybody() if one is not mechanism]
    for catalogue in ([mechanism, *others], [*reversed(others), mechanism]):
        engine = lived(catalogue)
        assert (bytes_of(engine), engine.metrics(), engine.account.rows()) == usual()


def check_switched_off(name: str) -> None:
    """Switched off, its columns keep their start values and it moves, spawns and measures nothing."""
    mechanism = CATALOGUE[name]
    engine = lived(everybody(), off=[name])
    for column_name, column in mechanism.owns.items():
        table, _, own = column_name.partition(".")
        cells = getattr(engine.world.tables[table], own)
        assert cells.tobytes() == np.full(len(cells), column.start, column.dtype).tobytes(), column_name
    assert name not in engine.account.rows()["mechanism"]
    assert not mechanism.metrics.keys() & engine.metrics().keys()


def check_draws_of_others(name: str) -> None:
    """Without it, the same draws of all others have the same values."""
    with_it, without = _drawn(off=[]), _drawn(off=[name])
    shared = with_it.keys() & without.keys()
    assert all(with_it[one] == without[one] for one in shared)


def _drawn(off: Sequence[str]) -> dict[tuple[int, int, int], float]:
    """Return every draw of a run in Python: (stream, occurrence, key) and its value."""
    found: dict[tuple[int, int, int], float] = {}
    honest = draws.uniforms

    def noting(seed: int, stream: int, occurrence: int, keys: np.ndarray) -> np.ndarray:
        values = honest(seed, stream, occurrence, keys)
        found.update(((int(stream), int(occurrence), int(key)), u) for key, u in zip(keys, values, strict=True))
        return values

    with mock.patch.object(draws, "uniforms", noting):
        lived(everybody(), off=off)
    return found


CHECKS: Mapping[str, Check] = {
    "card": check_card,
    "sources": check_sources,
    "parameters": check_parameters,
    "metrics": check_metrics,
    "cases": check_number_of_cases,
    "reads": check_reads,
    "small worlds": check_small_worlds,
    "large world": check_large_world,
    "bounds": check_bounds,
    "order": check_order,
    "switched off": check_switched_off,
    "draws of others": check_draws_of_others,
}
