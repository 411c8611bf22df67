"""A request log of one's own: where its path leads, and that its content is part of what a run is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from twin.cli.app import main
from twin.errors import InputError
from twin.runs.experiment import data_of
from twin.scenario.load import load

HEADER = "created,closed,category,subtype,channel,loc_id,on_time"
ROWS = [
    f"2024-01-{day:02d}T{hour:02d}:00,,light,lamp,phone,{10 * day + hour},1" for day in range(1, 9) for hour in range(8)
]
STREET = """\
version: 1
days: 10
warm_up_days: 1
replications: 2
population: {residents: 60}
mechanisms: {incidents: off, reporting: off}
categories: {light: {share: 1}}
hotline: {source: log, log: own.csv, reports_per_day: 4 /day}
arms:
  manual: {}
  smart: {desk: {dispatch: instant}}
"""


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario beside its log, in a folder that is not the working folder."""
    monkeypatch.setenv("TWIN_LANG", "en")
    folder = tmp_path / "street"
    folder.mkdir()
    write_log(folder / "own.csv", ROWS)
    (folder / "street.yaml").write_text(STREET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder / "street.yaml"


def write_log(path: Path, rows: list[str]) -> None:
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def ends(*words: str) -> int | str | None:
    """Run the program and return its exit code."""
    try:
        return main(list(words))
    except SystemExit as end:
        return end.code


def found(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert ends("run", *words, "--json") == 0
    return json.loads(capsys.readouterr().out)


# -- where the path leads


def test_the_path_is_relative_to_the_file_that_says_it(
    street: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from_above = found(capsys, "street/street.yaml")
    monkeypatch.chdir(street.parent)
    assert found(capsys, "street.yaml") == from_above
    (street.parent / "deeper").mkdir()
    monkeypatch.chdir("deeper")
    assert found(capsys, "../street.yaml", "--set", "run_on_days=365") == from_above
    assert found(capsys, str(street), "--set", "desk.travel_minutes=24")["digest"] == from_above["digest"]
    assert from_above["arms"]["manual"]["reports_per_day"]["mean"] > 1


def test_an_inherited_path_is_relative_to_the_inherited_file(street: Path) -> None:
    child = street.parent.parent / "child.yaml"
    child.write_text("version: 1\nextends: street/street.yaml\ndays: 11\n", encoding="utf-8")
    assert load(child).arms["smart"].blocks["hotline"].log == str(street.parent / "own.csv")


def test_the_path_of_a_setting_is_relative_to_the_working_folder(street: Path) -> None:
    write_log(street.parent.parent / "other.csv", ROWS)
    chosen = load(street, sets=["hotline.log=other.csv", "days=12"])
    assert chosen.arms["manual"].blocks["hotline"].log == str(street.parent.parent / "other.csv")


def test_what_ships_is_no_path(street: Path) -> None:
    assert load(street, sets=["hotline.log=boston_311_2011"]).arms["manual"].blocks["hotline"].log == "boston_311_2011"


def test_the_resolved_scenario_loads_to_the_same_anywhere(street: Path, tmp_path: Path) -> None:
    scenario = load(street)
    (tmp_path / "copy.yaml").write_text(scenario.text(), encoding="utf-8")
    again = load(tmp_path / "copy.yaml")
    assert (again.digest, data_of(again)) == (scenario.digest, data_of(scenario))


# -- what it is


def test_a_changed_log_is_another_run(street: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = found(capsys, str(street), "--out", "run")
    assert found(capsys, str(street), "--out", "run") == first
    kept = {path: path.read_bytes() for path in Path("run").rglob("*.*") if path.suffix in (".parquet", ".json")}
    write_log(street.parent / "own.csv", [*ROWS[:-1], ROWS[-1].replace("lamp", "pole")])
    assert ends("run", str(street), "--out", "run", "--json") == 2
    said = capsys.readouterr()
    assert "error[R201]" in said.err and "request log" in said.err and not said.out
    assert all(path.read_bytes() == before for path, before in kept.items())
    other = found(capsys, str(street), "--out", "another")
    assert other["digest"] != first["digest"]
    write_log(street.parent / "own.csv", ROWS)
    assert found(capsys, str(street), "--out", "run") == first


def test_the_same_log_elsewhere_is_the_same_run(street: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = found(capsys, str(street))
    shutil.copytree(street.parent, "moved")
    assert found(capsys, "moved/street.yaml", "--arm", "manual")["digest"] == first["digest"]


def test_data_count_only_where_they_are_read(street: Path) -> None:
    idle = load(street, sets=["hotline.source=poisson"])
    assert data_of(idle) == {}
    shipped = data_of(load(street, sets=["hotline.log=boston_311_2011"]))
    assert set(shipped) == {"manual.hotline", "smart.hotline"}
    assert set(data_of(load(street)).values()).isdisjoint(shipped.values())


def test_the_folder_says_which_data_were_read(street: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found(capsys, str(street), "--out", "run")
    (session,) = json.loads(Path("run/provenance.json").read_text("utf-8"))["sessions"]
    assert session["data"] == data_of(load(street))


# -- what cannot be used


@pytest.mark.parametrize(
    ("log", "code", "suggestion"),
    [
        ("none.csv", "Y023", None),
        ("boston_311_2012", "Y023", "boston_311_2011"),
        ("..", "Y002", None),
        ('"a\\0b"', "Y023", None),
    ],
)
def test_a_log_that_is_not_there_is_named_with_its_place(
    street: Path, log: str, code: str, suggestion: str | None
) -> None:
    street.write_text(STREET.replace("own.csv", log), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(street)
    (complaint,) = caught.value.complaints
    assert (complaint.code, complaint.place.line, complaint.values["suggestion"]) == (code, 8, suggestion)
    assert complaint.place.col == STREET.splitlines()[7].index("own.csv") + 1


@pytest.mark.parametrize(
    ("row", "code"),
    [("2024-01-02T09:00,,light,lamp,pigeon,7,1", "D406"), ("2024-01-02T09:00,,smell,drain,phone,7,1", "D411")],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_log_that_cannot_be_used_is_wrong_input(
    street: Path, capsys: pytest.CaptureFixture[str], row: str, code: str, jobs: str
) -> None:
    write_log(street.parent / "own.csv", [*ROWS, row])
    assert ends("run", str(street), "--jobs", jobs, "--json") == 2
    said = capsys.readouterr()
    assert f"error[{code}]" in said.err and not said.out
