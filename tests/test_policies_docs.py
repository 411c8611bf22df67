"""Every command of docs/policies.md is run, in both languages, and what it prints is compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from twin.cli.app import main

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"policies.md": "en", "policies.zh-CN.md": "zh"}
_BLOCK = re.compile(r"^```(?P<kind>yaml|console) ?(?P<name>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ELIDED = "…"


def blocks(page: str) -> list[re.Match[str]]:
    """The files and commands of a page."""
    return list(_BLOCK.finditer((DOCS / page).read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_prints_what_the_page_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_LANG", PAGES[page])
    monkeypatch.setenv("COLUMNS", "200")
    for block in (one for one in blocks(page) if one["kind"] == "yaml"):
        (tmp_path / block["name"]).parent.mkdir(exist_ok=True)
        (tmp_path / block["name"]).write_text(block["text"], encoding="utf-8")
    said = 0
    for block in (one for one in blocks(page) if one["kind"] == "console"):
        for call in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
            line, _, wanted = call.partition("\n")
            assert main(shlex.split(line)[1:]) == 0, line
            printed = capsys.readouterr().out.strip("\n")
            if wanted.strip() != ELIDED:
                assert printed == wanted.strip("\n"), line
            said += 1
    assert said >= 5


def test_the_pages_show_the_same_files_and_commands() -> None:
    shown = [[(one["kind"], one["name"], re.findall(r"^\$ .*$", one["text"], re.MULTILINE)) for one in blocks(page)]
             for page in PAGES]  # fmt: skip
    assert shown[0] == shown[1]
