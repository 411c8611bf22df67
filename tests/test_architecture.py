"""The shape of the code: layers, one door for each dependency, no cycles, short functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "twin"
LEVELS = {
    "errors": 0, "core": 0, "world": 1, "logs": 1, "rules": 1, "desk": 1, "mechanisms": 2, "policy": 2,
    "calibration": 2, "scenario": 3, "model": 4, "assimilation": 4, "runs": 5, "testing": 5, "report": 6, "cli": 6,
    "app": 6, "__main__": 7, "__init__": 7, "data": 0,
}  # fmt: skip
DOORS = {
    "mesa": {"model", "app"},
    "solara": {"app"},
    "networkx": {"world.ties", "world.places"},
    "yaml": {"core.marked_yaml"},
    "matplotlib": {"report.figures", "report.fit_figures", "report.maps", "report.shadow_figures",
                   "report.search_figures", "report.sweep_figures"},
    "numba": {"core.compiled"},
    "random": set(),
    "time": {"runs.store"},
    "duckdb": {"runs.store", "logs.sheets"},
    "openpyxl": {"logs.sheets", "rules.sheets", "report.workbook"},
    "pandas": {"runs.frames"},
    "z3": {"rules.smt"},
    "optuna": {"runs.search"},
    "distributed": {"runs.cluster"},
    "sqlite3": {"runs.store", "runs.ledgers"},
    "click": {"cli"},
    "rich": {"cli"},
    "pydantic": {"scenario"},
    "pydantic_core": {"scenario"},
}
CALLS = {
    "numpy.random": {"core.draws"},
    "datetime.now": {"runs.store"},
    "date.today": {"runs.store", "cli.rules", "testing.pytest_rules"},  # `--on` is today by default
}
SIBLINGS_MAY = {("report", "cli"), ("cli", "report")}  # the command line shows reports
PUBLIC_FACES = {"cli", "app", "__main__"}  # they may use the public names of ``twin`` as a user would
LONGEST_FUNCTION = 40


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package by its name below ``twin``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix(".__init__") if name != "__init__" else name] = ast.parse(path.read_text("utf-8"))
    return found


def imports(name: str, everywhere: bool = True) -> Iterator[str]:
    """Yield the full names that a module imports; ``everywhere`` also inside functions, but never for types only."""
    pending: list[ast.AST] = [modules()[name]]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{one.name}" for one in node.names)
        skipped = is_for_types(node) or (not everywhere and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
        pending.extend(() if skipped else ast.iter_child_nodes(node))


def is_for_types(node: ast.AST) -> bool:
    """Tell whether this is ``if TYPE_CHECKING:``."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def own(imported: str) -> str | None:
    """Return the module of ours that an import names, ``None`` for those of others."""
    if imported.split(".")[0] != "twin":
        return None
    parts = imported.split(".")[1:]
    known = [".".join(parts[:length]) for length in range(len(parts), 0, -1) if ".".join(parts[:length]) in modules()]
    return known[0] if known else "__init__"


def part(name: str) -> str:
    """Return the folder or file directly below ``twin`` that a module is in."""
    return name.split(".")[0]


def test_every_part_has_a_level() -> None:
    assert {part(name) for name in modules()} <= set(LEVELS)


@pytest.mark.parametrize("name", modules())
def test_imports_go_down(name: str) -> None:
    here = part(name)
    for imported in imports(name):
        there = own(imported)
        if there is None or part(there) == here or (here, part(there)) in SIBLINGS_MAY:
            continue
        if there == "__init__" and here in PUBLIC_FACES:
            continue
        assert LEVELS[part(there)] < LEVELS[here] or part(there) == "errors", f"{name} imports {there}"


@pytest.mark.parametrize("name", [name for name in modules() if part(name) == "mechanisms"])
def test_mechanisms_do_not_import_mechanisms(name: str) -> None:
    assert not [one for one in imports(name) if one.startswith("twin.mechanisms")]


def test_there_is_no_cycle() -> None:
    needs = {
        name: {own(one) for one in imports(name, everywhere=False)} & set(modules()) - {name} for name in modules()
    }
    while free := {name for name, needed in needs.items() if not needed & set(needs)}:
        for name in free:
            del needs[name]
    assert not needs, f"in or behind a cycle: {sorted(needs)}"


def inside(name: str, places: set[str]) -> bool:
    """Tell whether a module is one of these modules or in one of these folders."""
    return any(name == place or name.startswith(place + ".") for place in places)


@pytest.mark.parametrize("dependency", DOORS)
def test_one_door_for_each_dependency(dependency: str) -> None:
    users = {name for name in modules() for one in imports(name) if one.split(".")[0] == dependency}
    assert not {name for name in users if not inside(name, DOORS[dependency])}


@pytest.mark.parametrize("name", modules())
def test_chance_the_clock_on_the_wall_and_print_have_their_doors(name: str) -> None:
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Attribute):
            said = ast.unparse(node).replace("np.", "numpy.").replace("dt.", "datetime.")
            for call, places in CALLS.items():
                assert not said.endswith(call) or inside(name, places), f"line {node.lineno}: {call}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert inside(name, {"cli"}), f"line {node.lineno}: print"


@pytest.mark.parametrize("name", modules())
def test_functions_are_short(name: str) -> None:
    for node in ast.walk(modules()[name]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
