"""A short look at another Python or another system: does the whole way hold, from a file to a picture?

Small on purpose: CI runs it on a second version of Python. Nothing here is about numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import twin

ROOT = Path(__file__).resolve().parent.parent
ARMS = ("manual", "smart", "placebo")
SMALL = f"""\
version: 1
extends: {json.dumps((ROOT / "scenarios" / "dispatch.yaml").as_posix(), ensure_ascii=False)}
name: small
title: {{en: A small street ±, zh: 一条小街 ±}}
days: 21
warm_up_days: 7
replications: 2
population: {{residents: 300}}
"""
GBK = {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0", "TWIN_LANG": "zh", "COLUMNS": "100"}


def call(*arguments: str | Path, cwd: Path, environment: dict[str, str] = GBK) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a user would, by default on a Chinese console in code page 936."""
    spoken = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    words = [sys.executable, "-m", "twin", *map(str, arguments)]
    paths = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=cwd, env={**spoken, **paths, **environment}, capture_output=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a space and Chinese characters in its name, and a scenario in it."""
    found = tmp_path_factory.mktemp("我的 社区")
    (found / "春风 里.yaml").write_text(SMALL, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def first_run(folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The scenario, run by two processes into a folder, told as JSON."""
    arms = [word for arm in ARMS for word in ("--arm", arm)]
    return call("run", "春风 里.yaml", *arms, "--jobs", "2", "--out", "结果 一", "--json", cwd=folder)


@pytest.fixture(scope="module")
def told(first_run: subprocess.CompletedProcess[bytes]) -> dict[str, object]:
    """The JSON object of the first run."""
    assert first_run.returncode == 0, first_run.stderr.decode("gbk")
    return json.loads(first_run.stdout)


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("mesa", "numpy", "numba", "pandas", "matplotlib", "scipy", "duckdb", "pydantic")
    code = f"import sys, twin; print(sorted(set(sys.modules) & {set(heavy)!r}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert [name for name in twin.__all__ if not hasattr(twin, name)] == []


def test_mesa_can_be_imported_beside_the_twin() -> None:
    import mesa

    assert (3, 3) <= tuple(int(part) for part in mesa.__version__.split(".")[:2]) < (4, 0)
    assert hasattr(mesa, "Model")


def test_json_is_one_object_of_the_promised_form(told: dict[str, object]) -> None:
    assert told["schema"] == "twin.run/1"
    assert set(told) == {"schema", "scenario", "digest", "results_version", "replications", "arms", "differences"}
    assert set(told["arms"]) == set(ARMS)
    metric = told["arms"]["smart"]["share_within_24h"]
    assert set(metric) == {"mean", "ci95", "unit", "values"}
    assert len(metric["values"]) == told["replications"] == 2
    assert set(told["differences"]["smart"]["share_within_24h"]) == {"mean", "ci95", "verdict", "better_in"}


def test_a_placebo_changes_nothing(told: dict[str, object]) -> None:
    assert told["arms"]["placebo"] == told["arms"]["manual"]
    assert {one["mean"] for one in told["differences"]["placebo"].values()} == {0.0}


def test_one_process_gives_what_two_gave(folder: Path, told: dict[str, object]) -> None:
    experiment = twin.run(folder / "春风 里.yaml", arms=ARMS)
    assert json.loads(json.dumps(experiment.to_json(), allow_nan=False)) == told


def test_the_run_folder_is_complete(folder: Path, told: dict[str, object]) -> None:
    kept = {path.relative_to(folder / "结果 一").as_posix() for path in (folder / "结果 一").rglob("*")}
    assert kept >= {"DONE", "summary.html", "metrics.parquet", "provenance.json", "scenario.yaml"}
    assert kept >= {f"figures/differences-{lang}.png" for lang in ("en", "zh")}


def test_a_gbk_console_shows_the_tables(folder: Path, told: dict[str, object]) -> None:
    arms = [word for arm in ARMS for word in ("--arm", arm)]
    again = call("run", "春风 里.yaml", *arms, "--out", "结果 一", cwd=folder)
    assert again.returncode == 0, again.stderr.decode("gbk")
    shown = again.stdout.decode("gbk")
    assert "一条小街" in shown
    assert "平均办结时长" in shown
    assert "+/-" in shown or "±" in shown


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "cp1252"])
def test_no_console_is_too_poor_for_an_error(folder: Path, encoding: str) -> None:
    (folder / "错 误.yaml").write_text("version: 1\ndesk: {工人: 6}\narms: {manual: {}}\n", encoding="utf-8")
    found = call("validate", "错 误.yaml", cwd=folder, environment={**GBK, "PYTHONIOENCODING": encoding})
    assert found.returncode == 2
    said = found.stderr.decode(encoding)
    assert "S101" in said
    assert ":2:8" in said
    assert "Traceback" not in said


def test_a_scenario_in_gbk_is_refused_with_its_place(folder: Path) -> None:
    (folder / "旧 文件.yaml").write_bytes("version: 1\nname: 春风里\n".encode("gbk"))
    found = call("validate", "旧 文件.yaml", cwd=folder)
    assert found.returncode == 2
    assert "Y005" in found.stderr.decode("gbk")


def test_the_schema_and_a_new_scenario_can_be_written(folder: Path) -> None:
    schema = call("schema", cwd=folder)
    assert "properties" in json.loads(schema.stdout)
    written = call("new", "新_社区", cwd=folder)
    assert written.returncode == 0, written.stderr.decode("gbk")
    assert call("validate", "新_社区.yaml", cwd=folder).returncode == 0


def test_what_ships_can_be_found() -> None:
    names = {one.name for one in resources.files("twin.data").iterdir()}
    assert names >= {"boston_311_2011.csv.gz", "lunar_festivals.csv", "new_scenario.yaml", "NotoSansSC-subset.otf"}
