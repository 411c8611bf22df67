"""Planted faults are found, each at its place and nothing else; clean rules have none.

The first line of a planted file says what is in it: ``# finds E201 11:5, W204 9:3``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from twin.errors import ERRORS, headline, hints, severity
from twin.policy.vocabulary import rule_vocabulary
from twin.rules import smt
from twin.rules.check import Checked, check_files
from twin.rules.vocabulary import Vocabulary
from twin.scenario.vocabulary import known_blocks

FOLDER = Path(__file__).parent / "rules_corpus"
PLANTED = sorted(FOLDER.glob("*.yaml"))
CLEAN = sorted((FOLDER / "clean").glob("*.yaml"))
NEEDS_PROVER = {"conditions.yaml"}


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary of the twin."""
    known = known_blocks()
    return rule_vocabulary(known.blocks, known.metrics)


def checked(*files: Path) -> Checked:
    """Check files."""
    return check_files(files, vocabulary())


def planted(file: Path) -> Iterator[tuple[str, int, int]]:
    """Yield (code, line, column) of what was put into a file."""
    line = file.read_text("utf-8").partition("\n")[0]
    assert line.startswith("# finds ")
    for code, row, column in re.findall(r"([EW]\d{3}) (\d+):(\d+)", line):
        yield code, int(row), int(column)


@pytest.mark.parametrize("file", PLANTED, ids=lambda file: file.stem)
def test_a_planted_fault_is_found_at_its_place_and_nothing_else(file: Path) -> None:
    found = [(one.code, one.place.line, one.place.col) for one in checked(file).findings if one.place]
    assert found == list(planted(file))


@pytest.mark.parametrize("file", PLANTED, ids=lambda file: file.stem)
def test_every_finding_says_what_and_why_in_both_languages(file: Path) -> None:
    for finding in checked(file).findings:
        for lang in ("en", "zh"):
            said = "\n".join([headline(finding, lang), *hints(finding, lang)])
            assert not re.search(r"<\w+>", said), said
        assert re.search(r"[\u4e00-\u9fff]", headline(finding, "zh"))
        assert severity(finding) == ("warning" if finding.code.startswith("W") else "error")


def test_every_code_of_the_checks_has_a_planted_fault() -> None:
    codes = {code for code in ERRORS if re.fullmatch(r"E[1-5]\d\d|W\d\d\d", code)}
    assert {code for file in PLANTED for code, _, _ in planted(file)} == codes


@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.stem)
def test_clean_rules_have_no_findings(file: Path) -> None:
    assert checked(file).findings == ()


def test_clean_rules_are_clean_together() -> None:
    assert checked(*CLEAN).findings == ()


def test_the_faults_of_one_file_hide_nothing_in_another() -> None:
    overlap, gap, unit = (FOLDER / f"{name}.yaml" for name in ("E201_overlap", "E203_gap", "E107_unit"))
    found = {(Path(one.place.file).stem, one.code) for one in checked(overlap, gap, unit).findings if one.place}
    assert {("E201_overlap", "E201"), ("E203_gap", "E203"), ("E107_unit", "E107")} <= found
    assert ("E203_gap", "E401") in found  # both tables are called `routing`


@pytest.fixture
def no_prover(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Z3 not be installed."""
    monkeypatch.setattr(smt, "installed", lambda: False)


@pytest.mark.usefixtures("no_prover")
@pytest.mark.parametrize("file", [file for file in PLANTED if "W207" not in file.stem], ids=lambda file: file.stem)
def test_without_a_prover_plain_cells_are_still_proved(file: Path) -> None:
    found = [(one.code, one.place.line, one.place.col) for one in checked(file).findings if one.place]
    assert found == list(planted(file))


@pytest.mark.usefixtures("no_prover")
@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.stem)
def test_without_a_prover_what_it_would_prove_is_said_to_be_open(file: Path) -> None:
    codes = {finding.code for finding in checked(file).findings}
    assert codes == ({"W207"} if file.name in NEEDS_PROVER else set())
