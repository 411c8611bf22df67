"""What must hold of every neighbourhood at the end of a run, whatever its mechanisms did.

Rows refer to rows that exist, numbers are inside the bounds of their columns, nobody reports a fault
before it began, a duplicate follows an earlier report of its incident, and a merged report lies with an
order of the same incident. The laws of the desk's minutes are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints, Table, Values
from twin.core.world import World
from twin.errors import InvariantBroken

# column -> the table whose rows it counts; -1 is nobody
REFERENCES = {
    "flats.building": "buildings",
    "households.flat": "flats",
    "residents.household": "households",
    "tickets.reporter": "residents",
    "tickets.merged_into": "tickets",
    "workers.ticket": "tickets",
    "incidents.place": "places",
    "places.building": "buildings",
    "answers.ticket": "tickets",
    "answers.resident": "residents",
}


@dataclass(frozen=True)
class Laws:
    """The laws of one world; a resource of it, so that they are held at the end of its run."""

    world: World

    def check(self) -> None:
        """Raise :class:`InvariantBroken`, naming the order or row, if a law does not hold."""
        for name, target in REFERENCES.items():
            refers_to_rows(self.world, name, self.world.tables[target])
        for table in self.world.tables.values():
            within_bounds(table)
        nothing_before_its_cause(self.world)
        merged_within_a_matter(self.world)


def refers_to_rows(world: World, name: str, target: Table) -> None:
    """A column that refers to rows of a table names rows that it has, or -1."""
    table_name, column = name.split(".")
    table = world.tables[table_name]
    if column not in table.columns:
        return
    rows: Ints = getattr(table, column)
    for row in np.flatnonzero((rows < -1) | (rows >= len(target)))[:1]:
        raise InvariantBroken.of("R234", row=int(row), column=name, value=int(rows[row]), of=target.name)


def within_bounds(table: Table) -> None:
    """Every cell of a bounded column is a number inside the bounds."""
    for name, column in _bounded(table):
        cells: Values = getattr(table, name)
        for row in np.flatnonzero(~_inside(cells, column))[:1]:
            raise InvariantBroken.of("R235", row=int(row), column=f"{table.name}.{name}", value=float(cells[row]))


def _bounded(table: Table) -> Iterator[tuple[str, Column]]:
    for name, column in table.columns.items():
        if column.low is not None or column.high is not None:
            yield name, column


def _inside(cells: Values, column: Column) -> Flags:
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    return (cells >= low) & (cells <= high)


def nothing_before_its_cause(world: World) -> None:
    """No report is older than its incident, and no duplicate or re-complaint than the matter's first report."""
    tickets = world.tickets
    incident = world.incidents.rows_of(tickets.incident)
    began = np.where(incident >= 0, _of(world.incidents.began, incident), -np.inf)
    _refuse(world, tickets.created < began, "R236")
    follows = tickets.duplicate | tickets.again
    _refuse(world, follows & (tickets.created < first_report(world)), "R237")


def _of(column: Values, rows: Ints) -> Values:
    return column[rows] if len(column) else np.zeros(len(rows), column.dtype)


def first_report(world: World) -> Floats:
    """Return, for each ticket, the minute of the first report proper of its incident, inf if there is none."""
    tickets = world.tickets
    _, matter = np.unique(tickets.incident, return_inverse=True)
    first = np.full(len(tickets), np.inf)
    proper = ~(tickets.duplicate | tickets.again)
    np.minimum.at(first, matter[proper], tickets.created[proper])
    return first[matter]


def merged_within_a_matter(world: World) -> None:
    """A merged report lies with an order of the same incident, which is not itself merged."""
    tickets = world.tickets
    if "merged_into" not in tickets.columns:
        return
    merged = np.flatnonzero(tickets.merged_into >= 0)
    order = tickets.merged_into[merged]
    wrong = (tickets.incident[order] != tickets.incident[merged]) | (tickets.merged_into[order] >= 0)
    strange = np.zeros(len(tickets), np.bool_)
    strange[merged[wrong]] = True
    _refuse(world, strange, "R238")


def _refuse(world: World, strange: Flags, code: str) -> None:
    for row in np.flatnonzero(strange)[:1]:
        raise InvariantBroken.of(code, order=f"{row} ({int(world.tickets.key[row]):016x})")
