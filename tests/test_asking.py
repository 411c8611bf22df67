"""Experiments that are asked for wrongly, or of which little can be said: told where, and in both languages."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.test_sharing import STREET
from twin.cli.app import main
from twin.errors import InputError
from twin.report.sweep_figures import draw_sweep
from twin.report.sweep_text import SweepWriter
from twin.runs import designs
from twin.runs.experiment import Means
from twin.runs.sweep import Swept, sweep
from twin.scenario.load import load
from twin.scenario.sweeping import overs_of

COMMANDS = {
    "run": ["run", "street.yaml"],
    "sweep": ["sweep", "street.yaml", "--over", "desk.travel_minutes=1,2"],
    "search": ["search", "street.yaml", "--over", "desk.travel_minutes=1,2"],
    "attribute": ["attribute", "street.yaml", "manual", "smart"],
    "compare": ["compare", "street.yaml", "street.yaml"],
    "check": ["check", "street.yaml"],
    "diff": ["baseline", "diff", "street.yaml"],
    "accept": ["baseline", "accept", "street.yaml", "--reason", "x"],
}


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWIN_LANG", "en")
    (tmp_path / "street.yaml").write_text(STREET, "utf-8")
    monkeypatch.chdir(tmp_path)


def ends(*words: str) -> int:
    try:
        return main(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_what_is_no_number_of_processes_is_refused_by_every_command(
    name: str, jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(*COMMANDS[name], "--jobs", jobs) == 2
    assert f"error[R214]: `{jobs}` is no number of processes" in capsys.readouterr().err


def test_what_is_no_number_of_processes_is_refused_in_python_too() -> None:
    assert Means(jobs=int(np.int64(2))).jobs == Means(jobs=np.int64(2)).jobs == 2  # type: ignore[arg-type]
    for jobs in (0, -3, "2", None):
        with pytest.raises(InputError) as said:
            Means(jobs=jobs)  # type: ignore[arg-type]
        assert said.value.complaints[0].code == "R214"


@pytest.mark.parametrize("command", ["sweep", "search"])
def test_an_axis_given_twice_is_refused_where_it_stands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    over = ["--over", "desk.travel_minutes=5,9", "--over", " desk.travel_minutes=5,7"]
    assert ends(command, "street.yaml", *over) == 2
    told = capsys.readouterr().err
    assert "error[R266]: the axis `desk.travel_minutes` is given twice\n --> <--over>:1:2\n" in told
    assert list(overs_of(["a.b=1,2", "a.c=1,2"])) == ["a.b", "a.c"]


@pytest.mark.parametrize(("block", "code", "place"), [
    ("levers:\n  desk.dispatch: [batch]\nuncertainties:\n  desk.dispatch: [instant]\n", "R266", (4, 3)),
    ("levers:\n  desk.dispatch: [batch]\n  desk.dispatch: [instant]\n", "Y015", (3, 3)),
    ("sweep:\n  over:\n    desk.dispatch: [batch]\n    desk.dispatch: [instant]\n", "Y015", (4, 5)),
])  # fmt: skip
def test_an_axis_named_twice_in_a_scenario_is_refused_where_it_stands(
    block: str, code: str, place: tuple[int, int]
) -> None:
    Path("twice.yaml").write_text(block + STREET, "utf-8")
    with pytest.raises(InputError) as said:
        load("twice.yaml")
    (one,) = said.value.complaints
    assert one.place is not None and (one.code, one.place.line, one.place.col) == (code, *place)


@pytest.mark.parametrize(("over", "code", "caret"), [
    ("desk.travel_minutez=1,2", "S101", (6, 20)), ("desk.teams.posts.workerz=1", "S101", (18, 25)),
    ("dezk.travel_minutes=1,2", "S101", (1, 5)), ("seed=1,2", "R254", (1, 5)), ("desk.dispatch", "R252", (1, 14)),
    ("desk.travel_minutes=9..3", "R253", (1, 20)), ("desk.travel_minutes=abc,def", "S103", (21, 24)),
])  # fmt: skip
def test_what_is_wrong_with_an_axis_has_a_caret(over: str, code: str, caret: tuple[int, int]) -> None:
    with pytest.raises(InputError) as said:
        sweep("street.yaml", over=overs_of([over]), points=4)
    one = said.value.complaints[0]
    assert one.place is not None and one.code == code
    assert (one.place.file, one.place.line, one.place.col, one.place.end_col) == ("<--over>", 1, *caret)


# -- what little can be said


@pytest.fixture(scope="module")
def constant(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    path = tmp_path_factory.mktemp("asking") / "street.yaml"
    path.write_text(STREET, "utf-8")
    over = overs_of(["desk.travel_minutes=5,30", "placebo.draws_per_day=1 /day,2 /day"])
    return sweep(path, "smart", over=over, replications=2, outcomes=("paid_hours", "utilisation"))


@pytest.mark.parametrize(("lang", "words"), [("en", "does not vary over these points: "), ("zh", "在这些点上没有变化")])
def test_what_does_not_vary_is_told_in_one_sentence(constant: Swept, lang: str, words: str) -> None:
    writer = SweepWriter(constant, lang)
    name = writer.writer.metric("paid_hours")
    told = [line for line in (*writer.opening(), *writer.notes(), *(sheet.title for sheet in writer.sheets()))
            if name in line]  # fmt: skip
    assert len(told) == 1 and words in told[0] and "192" in told[0]
    assert any(writer.writer.metric("utilisation") in sheet.title for sheet in writer.sheets())
    assert all("paid_hours" not in figure for figure in draw_sweep(constant, lang))
    found = constant.to_json()["outcomes"]
    assert (found["paid_hours"]["varies"], found["utilisation"]["varies"]) == (False, True)


@pytest.mark.parametrize(("points", "noted"), [(3, True), (4, False)])
def test_rows_of_sobol_that_are_no_power_of_two_are_noted_in_our_own_words(points: int, noted: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sweep("street.yaml", "smart", over=overs_of(["desk.travel_minutes=5..30"]), design="sobol",
                      points=points, replications=1)  # fmt: skip
    for lang in ("en", "zh"):
        assert any("--points 4" in line for line in SweepWriter(found, lang).notes()) == noted


def test_fewer_rows_of_sobol_are_the_first_of_more() -> None:
    few, more = designs.sobol(5, 2).reshape(4, 5, 2), designs.sobol(8, 2).reshape(4, 8, 2)
    assert np.array_equal(few, more[:, :5])
    assert [designs.balanced(rows) for rows in (1, 2, 3, 5, 8, 9)] == [1, 2, 4, 8, 8, 16]
