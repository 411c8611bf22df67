"""The schema of scenarios: generated from the declarations, deterministic, and as strict as the loader."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scenario_kit import BASE, TOY, Desk, Folder, People
from twin.core.marked_yaml import read
from twin.errors import InputError
from twin.scenario.listing import parameters
from twin.scenario.schema import DRAFT, schema_for
from twin.scenario.vocabulary import known_blocks

KINDS = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder for scenario files."""
    return Folder(tmp_path)


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Say whether a value obeys a JSON Schema, as far as ours use the language."""
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema and not any(fits(value, one, root) for one in schema["anyOf"]):
        return False
    if "enum" in schema and not any(value == one and type(value) is type(one) for one in schema["enum"]):
        return False
    return _kind_fits(value, schema) and _parts_fit(value, schema, root)


def _kind_fits(value: Any, schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        within = schema.get("minimum", value) <= value <= schema.get("maximum", value)
        return within and (kind == "number" or value == int(value))
    if kind is not None and not isinstance(value, KINDS[kind]):
        return False
    return "pattern" not in schema or re.search(schema["pattern"], value) is not None


def _parts_fit(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {}), root) for item in value)
    if not isinstance(value, dict):
        return True
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
    if any(key not in value for key in schema.get("required", ())):
        return False
    return all(
        fits(below, known[key], root) if key in known else rest is not False and fits(below, rest, root)
        for key, below in value.items()
    )


def test_the_schema_is_of_its_draft_and_always_the_same() -> None:
    schema = TOY.schema.json_schema()
    assert schema["$schema"] == DRAFT
    assert schema["required"] == ["version", "days", "arms"]
    again = schema_for(dict(reversed(TOY.blocks.items())), ["paid_hours", "hours_to_close_mean"], ["gossip", "desk"])
    assert json.dumps(again.json_schema()) == json.dumps(schema)


def test_every_key_is_described_in_both_languages_with_unit_range_and_grade() -> None:
    schema = schema_for({"desk": Desk}).json_schema()
    travel = schema["$defs"][schema["properties"]["desk"]["$ref"].rpartition("/")[2]]["properties"]["travel"]
    assert travel["description"] == "a toy [min] | 玩具"
    assert (travel["x-unit"], travel["x-grade"], travel["default"]) == ("min", "assumed", "24 min")
    for key, described in schema["properties"].items():
        assert key == "desk" or " | " in described["description"]


@pytest.mark.parametrize(
    "text",
    [
        BASE,
        BASE + "desk: {misroute_chance: 30 %, travel: 1 h, rate: 3 /week, dispatch_times: 09:00, dedup: off}\n",
        BASE + "desk: {teams: {a: {workers: 3, grids: [0]}}, limit_hours: [1, 2, 3 day, 400], window: [0, 1]}\n",
        BASE + "primary: paid_hours\nquestion: why\nmechanisms: {gossip: no}\ncategories: {a: {share: 1}}\n",
    ],
)
def test_what_loads_fits_the_schema(folder: Folder, text: str) -> None:
    folder.load(text)
    schema = TOY.schema.json_schema()
    assert fits(read(text).plain(), schema, schema)


@pytest.mark.parametrize(
    "line",
    [
        "dayz: 3",
        "desk: {misroute_chance: 2}",
        "desk: {travel: 24}",
        "desk: {travel: 3 bananas}",
        "desk: {travel: 3 km}",
        "desk: {return_hours: 3 bananas}",
        "desk: {rate: 3 h}",
        "desk: {misroute_chance: 3 min}",
        "desk: {dispatch: instnt}",
        "desk: {polcy: 1}",
        "desk: {teams: {a: {workers: -1}}}",
        "mechanisms: {gosip: off}",
        "primary: [paid_hour]",
        "question: {de: x}",
        "seed: one",
    ],
)
def test_what_the_loader_refuses_does_not_fit(folder: Folder, line: str) -> None:
    schema = TOY.schema.json_schema()
    assert not fits(read(BASE + line).plain(), schema, schema)
    with pytest.raises(InputError):
        folder.load(BASE + line)


def test_every_parameter_is_listed_with_what_is_declared() -> None:
    rows = {row.path: row for row in parameters(TOY.blocks)}
    assert rows["desk.teams.*.workers"].value == 6
    assert rows["desk.service.mean_hours"].plain("zh") == {
        "path": "desk.service.mean_hours", "value": 1.5, "unit": "h", "low": 0.0, "high": 100.0, "choices": [],
        "source": "toy", "grade": "assumed", "lever": False, "when": "", "doc": "玩具",
    }  # fmt: skip
    assert "population.residents" in rows
    assert rows["desk.dispatch"].spec.choices == ("batch", "instant")


def test_the_twins_own_parameters_are_within_their_ranges_and_graded() -> None:
    for row in parameters(known_blocks().blocks):
        values = row.value if isinstance(row.value, list) else [row.value]
        for value in values:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                assert row.spec.low is None or row.spec.low <= value, row.path
                assert row.spec.high is None or value <= row.spec.high, row.path
        assert row.spec.source and row.spec.doc and row.spec.zh, row.path


def test_the_vocabulary_is_gathered_from_the_catalogue() -> None:
    words = known_blocks()
    assert {"population", "places", "desk"} <= set(words.blocks)
    assert "hours_to_close_mean" in words.metrics
    assert set(words.blocks) - {"population", "places", "desk"} <= set(words.mechanisms)
    assert words.schema.json_schema()["properties"].keys() >= {"days", "arms", "population", "desk"}


def test_a_scenario_imports_neither_mesa_nor_pandas_nor_figures() -> None:
    code = (
        "import sys\nfrom twin.scenario.vocabulary import known_blocks\nknown_blocks().schema.json_schema()\n"
        "print(*(m for m in ('mesa', 'pandas', 'matplotlib', 'duckdb', 'scipy.stats', 'rich') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_the_population_is_a_block_like_any_other(folder: Folder) -> None:
    scenario = folder.load(BASE + "population: {residents: 50}\n")
    assert scenario.arms["far"].blocks["population"] == People(residents=50)
