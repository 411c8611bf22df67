"""Every value of run folders as one table, with what was set at the points of sweeps in columns of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.runs.asked import attributed, kind_of, laid_again, points_of
from twin.runs.ledgers import Held, Run, stored
from twin.runs.store import read_parquet, write_table

Table = dict[str, list[Any]]
_BEFORE = ("folder", "arm", "point", "parts")
_AFTER = ("seed", "metric", "value")
_ALWAYS = {"folder", "arm", *_AFTER}


def export_values(held: Sequence[Held], file: Path) -> int:
    """Write every value of every finished run as CSV or Parquet; return the rows.

    Columns are folder, arm, seed, metric, value; for sweeps also the point and what each path was set to, for
    attributions the parts that were changed (all of them empty in rows of other folders). Raises InputError R279 for
    another ending, S130 where the file cannot be written.
    """
    if file.suffix not in (".csv", ".parquet"):
        raise InputError.of("R279", file=str(file))
    tables = [{"folder": [str(one.path)] * len(found["value"]), **found} for one in held for found in [_values(one)]]
    names = _ordered(tables)
    columns = [_joined(name, tables) for name in names]
    try:
        write_table(file, names, list(zip(*columns, strict=True)))
    except OSError as error:
        raise InputError.of("S130", file=str(file), why=error.strerror or str(error)) from error
    return len(columns[0])


def _ordered(tables: Sequence[Table]) -> list[str]:
    """Return the columns in their order; what paths are set to stands before the seed."""
    there = {name for table in tables for name in table} | _ALWAYS
    axes = dict.fromkeys(name for table in tables for name in table if name not in (*_BEFORE, *_AFTER))
    return [name for name in (*_BEFORE, *axes, *_AFTER) if name in there]


def _joined(name: str, tables: Sequence[Table]) -> list[Any]:
    """Return a column over all folders; where one of them says it in words, all do."""
    column = [value for table in tables for value in table.get(name) or [None] * len(table["value"])]
    words = name not in _ALWAYS and any(isinstance(value, str) for value in column)
    return [str(value) if words and value is not None else value for value in column]


def _values(held: Held) -> Table:
    kind = kind_of(held)
    if kind == "sweep":
        return (_as_written(held) if held.written else None) or _of_points(held)
    if kind == "attribute":
        named = attributed(held)
        return _table((("arm", "parts", *_AFTER)), ((named.get(arm, f"{held.arms[0]} + {arm}"), arm, *rest)
                                                    for arm, *rest in _runs(held, sorted(held.done))))  # fmt: skip
    return _table(("arm", *_AFTER), _runs(held, sorted(held.done)))


def _as_written(held: Held) -> Table | None:
    """Return the values of a sweep as its own file has them; ``None`` where it cannot be read."""
    try:
        found = read_parquet(held.path / "metrics.parquet")
    except OSError:
        return None
    columns: Table = {name: column.tolist() for name, column in found.items()}
    return {"arm": [points_of(held).arm] * len(columns["value"]), **columns}


def _of_points(held: Held) -> Table:
    """Return the values of a sweep from its ledger, a row for every point that is the same run."""
    points = laid_again(held) or points_of(held)
    if not points.keys:
        return _table(("arm", *_AFTER), _runs(held, sorted(held.done)))
    numbers = points.numbers or {path: [one[path] for one in points.settings] for path in points.axes}
    axes = list(zip(*(list(map(_plain, column)) for column in numbers.values()), strict=True))
    at: dict[str, list[int]] = {}
    for number, key in enumerate(points.keys):
        at.setdefault(key, []).append(number)
    runs = sorted(held.done, key=lambda run: (at[run[0]][0], run[1]))
    return _table(("arm", "point", *numbers, *_AFTER), ((points.arm, number, *axes[number], *rest)
                                                        for key, *rest in _runs(held, runs)
                                                        for number in at[key]))  # fmt: skip


def _runs(held: Held, wanted: Sequence[Run]) -> Iterator[tuple[Any, ...]]:
    """Yield (arm, seed, metric, value) as the ledger has them."""
    for (arm, seed), metrics, _ in stored(held.path, wanted):
        for metric, value in sorted(json.loads(metrics).items()):
            yield arm, seed, metric, value


def _table(names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)
