"""Every mechanism: the conformance battery, and its acceptance cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import twin.mechanisms
from twin.core.cases import Case, complaints_of, engine_of, read_cases
from twin.core.mechanism import Mechanism, Phase
from twin.errors import InputError, TwinError
from twin.mechanisms import CATALOGUE, cases_path
from twin.testing import CHECKS, TITLES, cases_of, everybody, faults_of, subject_of, usual
from twin.world.tables import TABLES

CASES = [
    pytest.param(name, case, id=f"{name}: it {case.sentence}")
    for name in CATALOGUE
    for case in cases_of(subject_of(name))
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name: str, case: Case) -> None:
    assert faults_of(subject_of(name), case) == []


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", CATALOGUE)
def test_conformance(name: str, check: str) -> None:
    CHECKS[check](subject_of(name))


def test_every_check_has_a_title() -> None:
    assert set(TITLES) == set(CHECKS)


def test_the_battery_looks_at_a_street_where_something_happens() -> None:
    _, metrics, account = usual()
    happening = [
        "reports_per_day",
        "merged_share",
        "recomplaints_per_incident",
        "escalations_per_1000_year",
        "utilisation",
    ]
    assert all(metrics[name] > 0 for name in happening), metrics
    assert account["moved"]


def desk_levers_seen(mechanism: Mechanism) -> set[str]:
    """Return what a mechanism reads of the desk's levers, but for the limits, which are told to everybody."""
    return {one for one in mechanism.reads if one.split(".")[:2] == ["levers", "desk"]} - {"levers.desk.limit_hours"}


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - {"payroll"}))
def test_who_responds_to_service_knows_what_it_was_and_not_how_it_was_arranged(name: str) -> None:
    """Feelings, trust and answers may move with what the desk did, never with a lever such as `dispatch`.

    The view lets nobody read what is not declared.
    """
    if {Phase.RESPOND, Phase.SETTLE} & set(CATALOGUE[name].phases):
        assert not desk_levers_seen(CATALOGUE[name])


@pytest.mark.parametrize("lever", ["levers.desk", "levers.desk.dispatch", "levers.desk.dedup"])
def test_the_guard_sees_a_lever_of_the_desk(lever: str) -> None:
    assert desk_levers_seen(replace(CATALOGUE["satisfaction"], reads=("tickets.done", lever))) == {lever}


def test_the_catalogue_is_the_folder() -> None:
    folder = Path(twin.mechanisms.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert set(CATALOGUE) == files
    assert list(CATALOGUE) == sorted(files)
    assert {cases_path(name) for name in CATALOGUE} == set(folder.glob("*.cases.yaml"))


# -- the case files themselves


def case_file(folder: Path, text: str) -> Path:
    path = folder / "placebo.cases.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(folder: Path, then: str) -> list[str]:
    given = "given: {residents: {grid: [3, 4], trust: [0.25, null]}}"
    (case,) = read_cases(case_file(folder, f"- it: is a case\n  {given}\n  after: 2 days\n  then: {then}\n"))
    engine = engine_of(case, CATALOGUE["placebo"], everybody(), TABLES)
    found = complaints_of(case, engine)
    assert engine.world.day == 2
    return [str(TwinError([one])) for one in found]


@pytest.mark.parametrize(
    "then",
    [
        "{residents: {rows: 2, grid: [3, 4], trust: [0.25, 0.5]}}",
        "{residents: {trust: [{at_least: 0.2, at_most: 0.3}, null], grid: {at_least: 3}}}",
        "{tickets: {rows: {at_most: 0}}, metrics: {trust_mean: null}}",
    ],
)
def test_a_case_holds(tmp_path: Path, then: str) -> None:
    assert not complaints(tmp_path, then)


@pytest.mark.parametrize(
    ("then", "fault"),
    [
        ("{residents: {grid: [3, 5]}}", "residents.grid[1] should be 5, is 4"),
        ("{residents: {grid: [3]}}", "residents.grid should be 1 rows, is 2 rows"),
        ("{residents: {rows: 3}}", "residents.rows should be 3, is 2"),
        ("{residents: {trust: {at_least: 0.3}}}", "residents.trust[0] should be {'at_least': 0.3}, is 0.25"),
        ("{metrics: {trust_mean: 0.5}}", "metrics.trust_mean should be 0.5, is None"),
    ],
)
def test_a_case_that_does_not_hold_says_its_sentence_and_the_cell(tmp_path: Path, then: str, fault: str) -> None:
    (message,) = complaints(tmp_path, then)
    assert message == f"error[M330]: placebo.cases.yaml: it is a case: {fault}"


def test_an_unknown_key_of_a_case_is_located(tmp_path: Path) -> None:
    path = case_file(tmp_path, "- it: is a case\n  givven: {}\n  then: {}\n")
    with pytest.raises(InputError, match=r"placebo\.cases\.yaml:2:3[\s\S]*did you mean `given`"):
        read_cases(path)


def test_levers_of_an_unknown_block_are_refused(tmp_path: Path) -> None:
    (case,) = read_cases(case_file(tmp_path, "- it: is a case\n  levers: {dessk: {}}\n  then: {}\n"))
    with pytest.raises(InputError, match="did you mean `desk`"):
        engine_of(case, CATALOGUE["placebo"], everybody(), TABLES)


def test_a_case_with_a_choice_that_there_is_not_is_refused():
    """It would fall through to whatever comes last, and hold for the wrong reason."""
    by = {"plans": {"rule": "cost_benefit"}}
    for case, name in ((Case("a", "b", 1, params=by["plans"]), "plans"), (Case("a", "b", 1, levers=by), "works")):
        with pytest.raises(InputError) as refused:
            engine_of(case, CATALOGUE[name], everybody(), TABLES)
        (said,) = refused.value.complaints
        assert said.code == "M332" and said.values["path"] == "plans.rule"
    assert engine_of(Case("a", "b", 1, params={"rule": "greedy"}), CATALOGUE["plans"], everybody(), TABLES)
