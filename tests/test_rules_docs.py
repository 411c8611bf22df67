"""Every example of docs/rules.md is run: files are written, commands are called, what they print is compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_rules_corpus import vocabulary
from twin.cli import rules
from twin.errors import ERRORS
from twin.rules.paths import paths
from twin.rules.read import read_text_rules

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"rules.md": "en", "rules.zh-CN.md": "zh"}
_BLOCK = re.compile(r"^```(?P<kind>yaml|console) ?(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def called(line: str) -> str:
    """Return what a command prints."""
    arguments = shlex.split(line)
    assert arguments[:2] == ["twin", "rules"]
    return CliRunner().invoke(rules.command, arguments[2:]).output.rstrip("\n")


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_true(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_LANG", PAGES[page])
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(rules, "_vocabulary", vocabulary)
    shown = said = 0
    for block in _BLOCK.finditer((DOCS / page).read_text("utf-8")):
        if block["kind"] == "yaml":
            (tmp_path / block["name"]).write_text(block["text"], encoding="utf-8")
            shown += 1
            continue
        for call in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
            line, _, wanted = call.partition("\n")
            assert called(line) == wanted.rstrip("\n"), line
            said += 1
    assert shown >= 9
    assert said >= 14


def test_the_pages_show_the_same_files_and_commands() -> None:
    blocks = [[(block["kind"], block["name"], len(re.findall(r"^\$ ", block["text"], re.MULTILINE)))
               for block in _BLOCK.finditer((DOCS / page).read_text("utf-8"))] for page in PAGES]  # fmt: skip
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("page", PAGES)
def test_the_paths_that_the_page_names_exist(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    files = {block["name"]: block["text"] for block in _BLOCK.finditer(text) if block["kind"] == "yaml"}
    known = {slot.path for name in ("routing2.yaml", "overdue.yaml", "lift.yaml")
             for slot in paths(read_text_rules(files[name], vocabulary(), name).rules)}  # fmt: skip
    named = set(re.findall(r"`(rules\.[\w.]+(?:\[\w+\]\S*?|\.\w+))`", text.partition("night_desk.yaml")[0]))
    assert len(named) >= 11
    assert named - known == set()


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_codes_is_complete(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    named = set(re.findall(r"[EW]\d{3}", text))
    for first, last in re.findall(r"([EW]\d{3})–([EW]\d{3})", text):
        named |= {f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1)}
    assert {code for code in ERRORS if re.fullmatch(r"E[1-5]\d\d|W\d\d\d", code)} <= named
