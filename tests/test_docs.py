"""The documents say what the code says: words, sources, commands, shipped data."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import click
import pytest
from fontTools.ttLib import TTFont

from twin.cli.app import COMMANDS
from twin.core.marked_yaml import read
from twin.core.world import Phase
from twin.desk.layout import Status, Step
from twin.mechanisms import CATALOGUE
from twin.scenario.load import load

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
METRICS = {name: metric for mechanism in CATALOGUE.values() for name, metric in mechanism.metrics.items()}

# What may stand in the place of a key of docs/sources.yaml.
PHRASES = frozenset({"scenario range", "the user's log", "the scenario's author"})

# They tell a reader, or a machine, what to type. The tutorial's commands are run by tests/test_tutorial.py.
PAPERS = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/extending.md", "docs/install.md", "Makefile")
OURS = frozenset({"__init__.py", "__pycache__", "civil_code_278.yaml", "elevator_shares.yaml", "new_scenario.yaml",
                  "OFL.txt"})  # fmt: skip
CHINESE_FROM = "\u2e80"

_CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_CALL = re.compile(r"(?:^|[\s/\\])(?:python -m )?twin +([a-z]+)((?: +[^\s#|&]+)*)", re.MULTILINE)
_TARGET = re.compile(r"^make +([a-z-]+)", re.MULTILINE)
_SCENARIO = re.compile(r"\bscenarios/[\w/]+\.yaml")


def glossary_rows(name: str) -> list[str]:
    """Return the rows of the glossary's tables whose first cell names this, in backticks."""
    return [row for row in GLOSSARY.splitlines() if row.startswith("| ") and f"`{name}`" in row.split(" | ")[0]]


@pytest.mark.parametrize("name", [*CATALOGUE, *(one.name.lower() for one in (*Status, *Step))])
def test_the_glossary_has_every_mechanism_status_and_step(name: str) -> None:
    assert glossary_rows(name), f"docs/glossary.md has no row for `{name}`"


@pytest.mark.parametrize("name", METRICS)
def test_the_glossary_has_every_metric_under_its_chinese_name(name: str) -> None:
    rows = glossary_rows(name)
    assert rows, f"docs/glossary.md has no row for the metric `{name}`"
    assert any(METRICS[name].zh in row.split(" | ") for row in rows), f"`{name}` is {METRICS[name].zh} in the code"


@pytest.mark.parametrize("name", [phase.value for phase in Phase])
def test_the_glossary_has_every_phase(name: str) -> None:
    assert f"`{name}`" in GLOSSARY


def test_no_term_of_the_glossary_is_defined_twice() -> None:
    terms = re.findall(r"^\| ([^`|]+) \|.*\n(?!\|---)", GLOSSARY, re.MULTILINE)
    assert [term for term in set(terms) if terms.count(term) > 1] == []


# -- sources


def sources_in_code() -> Iterator[tuple[str, str]]:
    """Yield (file:line, source) for every parameter that the package declares."""
    for path in sorted((ROOT / "twin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "source" and isinstance(node.value, ast.Constant):
                yield f"{path.relative_to(ROOT)}:{node.value.lineno}", str(node.value.value)


def test_every_source_of_a_parameter_or_mechanism_is_known() -> None:
    known = set(read(ROOT / "docs" / "sources.yaml").plain()) | PHRASES
    used = [*sources_in_code(), *((name, key) for name, one in CATALOGUE.items() for key in one.sources)]
    assert [(where, key) for where, key in used if key not in known] == []


def test_every_source_says_what_was_taken_and_how_it_was_read() -> None:
    for key, entry in read(ROOT / "docs" / "sources.yaml").plain().items():
        assert set(entry) >= {"reference", "taken", "read"}, key
        assert entry["read"] in ("full", "excerpt", "known"), key


# -- commands


def code_in(paper: str) -> str:
    """Return what a paper shows as code; of the Makefile, the lines that call the program."""
    text = (ROOT / paper).read_text("utf-8")
    if paper == "Makefile":
        return "\n".join(line for line in text.splitlines() if " -m twin " in line)
    return "\n".join(block or span for block, span in _CODE.findall(text))


def calls() -> list[tuple[str, str, str]]:
    """Return (paper, command, its arguments) for every call of the program that a paper shows."""
    return [(paper, *call) for paper in PAPERS for call in _CALL.findall(code_in(paper))]


def options_of(command: str, arguments: str) -> set[str]:
    """Return the options that a command has, or the command of a group that the arguments begin with."""
    found: click.Command = importlib.import_module(f"twin.cli.{command}").command
    if isinstance(found, click.Group):
        found = found.commands.get((arguments.split() or [""])[0], found)
    return {"--help", *(name for one in found.params if isinstance(one, click.Option) for name in one.opts)}


@pytest.mark.parametrize(("paper", "command", "arguments"), calls())
def test_the_commands_that_the_papers_show_exist(paper: str, command: str, arguments: str) -> None:
    assert command in COMMANDS, f"{paper} shows `twin {command}`"
    shown = {word.partition("=")[0] for word in arguments.split() if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)}
    assert shown <= options_of(command, arguments), f"{paper}: twin {command}{arguments}"


@pytest.mark.parametrize("paper", PAPERS)
def test_the_scenarios_and_targets_that_the_papers_name_exist(paper: str) -> None:
    text, makefile = code_in(paper), (ROOT / "Makefile").read_text("utf-8")
    assert [name for name in _SCENARIO.findall(text) if not (ROOT / name).exists()] == []
    assert [name for name in _TARGET.findall(text) if f"\n{name}:" not in makefile] == []


# -- what ships


@pytest.mark.parametrize(
    "name", sorted(one.name for one in resources.files("twin.data").iterdir() if one.name not in OURS)
)
def test_data_of_others_have_their_rights_and_their_making_written_down(name: str) -> None:
    assert f"twin/data/{name}" in (ROOT / "NOTICE").read_text("utf-8")
    assert f"`{name}`" in (ROOT / "docs" / "data.md").read_text("utf-8")


def test_the_shipped_font_has_every_character_that_we_write() -> None:
    with resources.as_file(resources.files("twin.data").joinpath("NotoSansSC-subset.otf")) as path:
        drawn = set(map(chr, TTFont(path).getBestCmap()))
    files = [
        file for folder in ("twin", "scenarios") for end in ("py", "yaml") for file in (ROOT / folder).rglob(f"*.{end}")
    ]
    written = {letter for file in files for letter in file.read_text("utf-8") if letter >= CHINESE_FROM}
    assert written - drawn == set()


def test_the_shipped_font_comes_with_its_licence_and_uses_no_reserved_name() -> None:
    data = resources.files("twin.data")
    assert "SIL OPEN FONT LICENSE Version 1.1" in data.joinpath("OFL.txt").read_text("utf-8")
    with resources.as_file(data.joinpath("NotoSansSC-subset.otf")) as path:
        names = TTFont(path)["name"]
    assert names.getDebugName(1) == "Noto Sans SC Subset"
    assert "Open Font License" in names.getDebugName(13)


def test_generated_documents_are_fresh() -> None:
    """`make docs` writes them again."""
    from click.testing import CliRunner

    from twin.cli.params import command as params
    from twin.cli.schema import command as schema

    english = {"TWIN_LANG": "en"}
    listed = CliRunner().invoke(params, ["--csv"], env=english).stdout
    assert listed.splitlines() == (ROOT / "docs" / "parameters.csv").read_text(encoding="utf-8").splitlines()
    laid_out = CliRunner().invoke(schema, [], env=english).stdout
    assert json.loads(laid_out) == json.loads((ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8"))


def test_every_shipped_comparison_is_on_the_page_of_shared_luck() -> None:
    lines = (ROOT / "docs" / "shared_luck.md").read_text("utf-8").splitlines()
    rows = [tuple(cell.strip() for cell in line.split("|")[1:4]) for line in lines if line.startswith("| ")]
    for file in sorted((ROOT / "scenarios").glob("*.yaml")):
        scenario = load(file)
        held = {(metric, arm) for name, metric, arm in rows if name == file.stem}
        wanted = {(metric, arm) for metric in scenario.primary for arm in list(scenario.arms)[1:]}
        assert held <= wanted, f"{file.stem}: rows of what is not in it"
        assert len(held) > len(wanted) / 3, f"{file.stem} has {len(held)} of {len(wanted)}: `python -m benchmarks luck`"
