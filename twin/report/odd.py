"""The ODD description of the twin, written from its declarations.

Facts (tables, columns, mechanisms, parameters, metrics, draws, sources) come from the code; what only a person can
say stands in ``odd.md.j2`` beside this file. The structure is that of Grimm et al. (2020), with the notes on human
decisions of Müller et al. (2013).
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from twin.core.columns import Column
from twin.core.mechanism import CARD_HEADINGS, Mechanism, split
from twin.core.parameters import GRADES
from twin.core.world import Phase
from twin.desk.layout import Decision
from twin.scenario.listing import Row, parameters
from twin.scenario.vocabulary import known_blocks
from twin.world.build import DEFAULT_CATEGORIES
from twin.world.tables import CODES, TABLES

_LAWS = ("uniform", "happens", "normal", "exponential", "poisson", "choice", "keys")
_KINDS = {"f": "number", "i": "whole number", "u": "whole number", "b": "yes or no"}
_MOST_VALUES = 6
_BIRTH = "birth"


@dataclass(frozen=True)
class State:
    """One column of a table: what it is, who sets it, and who adds to it."""

    name: str
    column: Column
    owner: str
    adders: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What kind of value it holds."""
        return _KINDS[np.dtype(self.column.dtype).kind]

    @property
    def doc(self) -> str:
        """What it is; a code with the names that it stands for."""
        return f"{self.column.doc}: {', '.join(self.names)}" if self.names else self.column.doc

    @property
    def start(self) -> str:
        """Its value in a row that is born without one."""
        return "none" if np.isnan(self.column.start) else _plain(self.column.start)

    @property
    def bounds(self) -> str:
        """Its bounds, both inclusive."""
        low, high = self.column.low, self.column.high
        return "" if low is None and high is None else f"{_end(low, '-inf')} to {_end(high, 'inf')}"


@dataclass(frozen=True)
class Flow:
    """What one mechanism writes that another reads."""

    giver: str
    taker: str
    columns: tuple[str, ...]


def odd(catalogue: Sequence[Mechanism], sources: Mapping[str, Mapping[str, str]]) -> str:
    """Return the description of a twin with these mechanisms as Markdown; ``sources`` are entries by key."""
    shelf = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                               keep_trailing_newline=True)  # fmt: skip
    shelf.filters |= {"cell": _cell, "codes": _codes, "range": _range, "value": _value}
    page = resources.files("twin.report").joinpath("odd.md.j2").read_text(encoding="utf-8")
    text = shelf.from_string(page).render(facts(catalogue, sources))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def facts(catalogue: Sequence[Mechanism], sources: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return everything that the description says of the code, by the names that its template uses."""
    blocks = known_blocks().blocks
    rows = list(parameters(blocks))
    by_phase = {phase.value: [one for one in catalogue if phase in one.phases] for phase in Phase}
    flows = flows_of(catalogue)
    return {
        "tables": {name: states_of(name, catalogue) for name in TABLES},
        "mechanisms": sorted(catalogue, key=lambda one: one.name),
        "headings": [*CARD_HEADINGS, "Ablation", "Known to be wrong when"],
        "by_phase": by_phase,
        "parameters": {name: [row for row in rows if row.path.partition(".")[0] == name] for name in sorted(blocks)},
        "named": {row.path: row for row in rows},
        "grades": {grade: sum(row.spec.evidence == grade for row in rows) for grade in GRADES},
        "levers": [row for row in rows if row.spec.lever],
        "files": [row for row in rows if row.spec.file],
        "metrics": [(name, metric, one) for one in catalogue for name, metric in sorted(one.metrics.items())],
        "draws": {one.name: draws_of(one) for one in catalogue},
        "initial_draws": initial_draws(),
        "flows": flows,
        "loop": loop_in(flows),
        "categories": DEFAULT_CATEGORIES,
        "cited": {key: sources[key] for key in sorted(cited_in(catalogue, rows) & sources.keys())},
    }


def sources_near() -> Mapping[str, Mapping[str, str]]:
    """Return the literature list of the twin's documents, nothing where the documents are not at hand."""
    from twin.core.marked_yaml import read

    path = Path(__file__).parent.parent.parent / "docs" / "sources.yaml"
    return read(path).plain() if path.exists() else {}


def states_of(table: str, catalogue: Sequence[Mechanism]) -> list[State]:
    """Return the columns of a table: those that a row is born with, then those that mechanisms own."""
    born = [(f"{table}.{name}", column, _BIRTH) for name, column in TABLES[table].items()]
    owned = [(name, column, one.name) for one in catalogue for name, column in one.owns.items()]
    adders = {name: tuple(sorted(one.name for one in catalogue if name in one.adds)) for name, *_ in (*born, *owned)}
    return [
        State(split(name)[1], column, owner, adders[name], CODES.get(name, ()))
        for name, column, owner in (*born, *owned)
        if split(name)[0] == table
    ]


# -- who depends on whom


def flows_of(catalogue: Sequence[Mechanism]) -> list[Flow]:
    """Return what each mechanism writes that another one reads."""
    found = [
        Flow(giver.name, taker.name, tuple(sorted(written_by(giver) & set(taker.reads))))
        for giver in catalogue
        for taker in catalogue
        if giver is not taker
    ]
    return [flow for flow in found if flow.columns]


def written_by(mechanism: Mechanism) -> set[str]:
    """Return the columns that a mechanism sets, adds to, or gives new rows."""
    born = {f"{table}.{column}" for table in mechanism.spawns for column in TABLES[table]}
    return {*mechanism.owns, *mechanism.adds} | born


def loop_in(flows: Sequence[Flow]) -> list[str]:
    """Return the mechanisms that act on themselves through others."""
    reach = {(flow.giver, flow.taker) for flow in flows}
    names = sorted({name for pair in reach for name in pair})
    for middle in names:
        reach |= {(a, b) for a in names for b in names if (a, middle) in reach and (middle, b) in reach}
    return [name for name in names if (name, name) in reach]


# -- chance


def draws_of(mechanism: Mechanism) -> list[str]:
    """Return the decisions that a mechanism draws, as its source names them, with their law."""
    own = _draws_in(inspect.getsource(sys.modules[mechanism.live.__module__]))
    inside = [f"`{decision.name.lower()}` (in the kernel)" for decision in Decision] if mechanism.name == "desk" else []
    return [*own, *inside]


def initial_draws() -> dict[str, list[str]]:
    """Return the decisions that are drawn while the neighbourhood is built, by the file that draws them."""
    folder = Path(__file__).parent.parent / "world"
    found = {path: _draws_in(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    return {path.relative_to(folder).as_posix(): draws for path, draws in found.items() if draws}


def _draws_in(source: str) -> list[str]:
    return sorted(dict.fromkeys(_calls_in(ast.parse(source))))


def _calls_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LAWS:
            giver = node.func.value
            named = giver.id if isinstance(giver, ast.Name) else giver.attr if isinstance(giver, ast.Attribute) else ""
            if named == "draw" and node.args:
                yield f"{_decision(node.args[0])} ({_law(node.func.attr)})"


def _decision(argument: ast.expr) -> str:
    """Return the name of a decision; one that is made up while the run goes is in angle brackets."""
    if isinstance(argument, ast.Constant):
        return f"`{argument.value!s}`"
    return f"`<{ast.unparse(argument)}>`"


def _law(name: str) -> str:
    return {"happens": "yes or no", "keys": "key of a new row"}.get(name, name)


# -- how things are written


def cited_in(catalogue: Iterable[Mechanism], rows: Iterable[Row]) -> set[str]:
    """Return the keys of sources that parameters and mechanisms name."""
    return {row.spec.source for row in rows} | {key for one in catalogue for key in one.sources} | set(_METHODS)


_METHODS = ("grimm2020", "muller2013", "grimm2014", "nasem2023", "kritzinger2018")


def _cell(text: object) -> str:
    """Return a text as one cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _range(row: Row) -> str:
    spec = row.spec
    if spec.choices:
        return " or ".join(f"`{choice}`" for choice in spec.choices)
    return "" if spec.low is None and spec.high is None else f"{_end(spec.low, '-inf')} to {_end(spec.high, 'inf')}"


def _value(row: Row) -> str:
    value = row.value
    if isinstance(value, (list, tuple)):
        more = ", ..." if len(value) > _MOST_VALUES else ""
        return ", ".join(map(_plain, value[:_MOST_VALUES])) + more or "none"
    return "none" if value is None or value == "" or value == {} else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _end(bound: float | None, otherwise: str) -> str:
    return otherwise if bound is None else f"{bound:.12g}"
