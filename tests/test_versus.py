"""Two experiments held against each other: what is paired, what is refused, and what comes out as tables."""

from __future__ import annotations

import csv
import io
import json
import math
import runpy
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import twin
from tests.test_sharing import STREET
from twin.cli.app import main
from twin.errors import InputError
from twin.report.calling import axis_of
from twin.report.versus_text import VersusWriter
from twin.report.workbook import csv_text
from twin.runs.compare import t_quantile, with_beside
from twin.runs.experiment import Means, metric_book, run
from twin.runs.luck import luck_of, needed
from twin.runs.sweep import sweep
from twin.runs.versus import paired_arms
from twin.scenario.load import load

ROOT = Path(__file__).resolve().parent.parent
HOURS = "hours_to_close_mean"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_LANG", "en")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A street with seeds 1 to 4, and the same with more reports and seeds 3 to 6."""
    place = tmp_path_factory.mktemp("versus")
    (place / "street.yaml").write_text(STREET, "utf-8")
    street = place / "street.yaml"
    run(load(street), None, 4, None, Means(out=place / "one"))
    run(load(street, sets=["hotline.reports_per_day=8 /day"]), None, 4, 3, Means(out=place / "other"))
    return place / "one", place / "other"


def code_of(*words: object, **rest: object) -> str:
    with pytest.raises(InputError) as raised:
        twin.compare(*words, **rest)  # type: ignore[arg-type]
    return raised.value.complaints[0].code


def test_differences_are_taken_seed_by_seed_over_the_seeds_that_both_have(folders: tuple[Path, Path]) -> None:
    found = twin.compare(*folders)
    assert found.seeds == (3, 4) and found.pairs == (("manual", "manual"), ("smart", "smart"))
    values = found.frame("values").set_index(["side", "arm", "metric", "seed"])["value"]
    for arm in ("manual", "smart"):
        pairs = [values[2, arm, HOURS, seed] - values[1, arm, HOURS, seed] for seed in (3, 4)]
        one = found.found[arm, arm][HOURS]
        assert one.difference.mean == pytest.approx(sum(pairs) / 2, rel=1e-12) != 0
        assert one.difference.primary and one.difference.pairs == 2
        assert one.second.mean - one.first.mean == pytest.approx(one.difference.mean)


def test_the_inputs_that_differ_are_named_and_no_others(folders: tuple[Path, Path]) -> None:
    found = twin.compare(*folders)
    assert found.inputs == {}
    assert found.changes == {(arm, arm): {"hotline.reports_per_day": (6.0, 8.0)} for arm in ("manual", "smart")}
    said = next(VersusWriter(found, "en").sheets())
    assert said.rows == (("all arms", "hotline.reports_per_day", "6.0", "8.0"),)
    longer = twin.compare(folders[0], folders[0].parent / "street.yaml", set=["days=8", "placebo.draws_per_day=4"])
    assert longer.inputs == {"days": (7, 8)} and longer.doubts == ["window"]
    assert "totals cannot" in " ".join(VersusWriter(longer, "en").opening())


def test_a_folder_against_itself_differs_in_nothing(folders: tuple[Path, Path]) -> None:
    found = twin.compare(folders[0], folders[0])
    assert {one.difference.verdict for all_ in found.found.values() for one in all_.values()} == {"no difference"}
    writer = VersusWriter(found, "zh")
    assert list(writer.sheets()) == []
    assert "逐位相同" in " ".join(writer.notes())


def test_arms_of_one_folder_are_compared_as_its_own_differences(folders: tuple[Path, Path]) -> None:
    experiment = twin.run(folders[0].parent / "street.yaml", replications=4)
    found = twin.compare(experiment, folders[0], arms=["manual=smart"])
    own = experiment.differences["smart"]
    other = found.found["manual", "smart"]
    assert {name: one.difference for name, one in other.items()} == own
    assert found.changes["manual", "smart"]["desk.dispatch"] == ("batch", "instant")


def test_scenario_files_run_with_the_seeds_of_the_other_side(folders: tuple[Path, Path]) -> None:
    street = folders[0].parent / "street.yaml"
    found = twin.compare(folders[1], street, arms=["smart"])
    assert found.second.seeds == (3, 4, 5, 6) == found.seeds and list(found.second.values) == ["smart"]
    assert twin.compare(street, street, replications=2, seed=9, arms=["smart"]).seeds == (9, 10)


def test_what_cannot_be_compared_is_refused_with_a_code(folders: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = folders
    street = one.parent / "street.yaml"
    assert code_of(one, twin.run(street, replications=2, seed=50)) == "R294"
    assert code_of(one, other, arms=["manual=nobody"]) == code_of(one, other, arms={"manual": "nobody"}) == "R292"
    assert twin.compare(one, other, arms={"manual": "smart"}).pairs == (("manual", "smart"),)
    assert twin.compare(one, other, arms="smart").pairs == (("smart", "smart"),)
    assert code_of(one, other, metrics=["hours"]) == "R259"
    assert code_of(one, tmp_path) == "R273"
    assert code_of(one, "nowhere") == "R296"
    main(["run", str(street), "-n", "2", "--shard", "1/2", "--out", str(tmp_path / "part")])
    assert code_of(one, tmp_path / "part") == "R290"
    sweep(street, over={"desk.travel_minutes": ("6", "12")}, replications=1, means=Means(out=tmp_path / "swept"))
    assert code_of(one, tmp_path / "swept") == "R291"
    run(load(street), ["manual"], 1, None, Means(out=tmp_path / "old"))
    with closing(sqlite3.connect(tmp_path / "old" / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE identity SET value = '1' WHERE name = 'results_version'")
    assert code_of(one, tmp_path / "old") == "R293"


def test_what_would_change_no_run_is_refused(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever gave it would believe that it was applied."""
    one, other = folders
    assert code_of(one, other, set=["days=9"]) == code_of(one, other, seed=99) == code_of(one, other, replications=2)
    assert code_of(one, other, set=["days=9"]) == "R220"
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(one), str(other), "--csv", "--json"])
    assert ended.value.code == 2 and "R219" in capsys.readouterr().err
    with pytest.raises(InputError, match="manual=nobody"):
        twin.compare(one, other, arms=["manual=nobody"])


def test_arms_are_paired_by_name_or_as_asked() -> None:
    assert paired_arms(["a", "b"], ["b", "c"]) == (("b", "b"),)
    assert paired_arms(["a"], ["z"]) == (("a", "z"),)
    assert paired_arms(["a", "b"], ["b", "c"], ["a=c", "b"]) == (("a", "c"), ("b", "b"))
    assert paired_arms(["a", "b"], ["b", "c"], {"a": "c", "b": "b"}) == (("a", "c"), ("b", "b"))
    with pytest.raises(InputError, match="no partner"):
        paired_arms(["a", "b"], ["c"])


def test_a_metric_that_one_side_lacks_is_left_out_and_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    street = folders[0].parent / "street.yaml"
    found = twin.compare(street, street, replications=2, seed=3)
    assert found.left_out["smart", "smart"] == {}
    values = {arm: dict(metrics) for arm, metrics in found.second.values.items()}
    values["smart"].pop("paid_hours")
    values["smart"][HOURS] = (None, 1.0)
    lacking = type(found)(found.first, type(found.second)(**{**vars(found.second), "values": values}), found.pairs,
                          found.seeds, found.book)  # fmt: skip
    assert lacking.left_out["smart", "smart"] == {"paid_hours": ("only_first", 2), HOURS: ("undefined", 1)}
    assert not {"paid_hours", HOURS} & lacking.found["smart", "smart"].keys()
    said = " ".join(VersusWriter(lacking, "en").notes())
    assert "only the first has paid_hours" in said and f"{HOURS} undefined" in said
    assert list(lacking.frame("left_out")["metric"]) == [HOURS, "paid_hours"]


def misleading() -> dict[str, object]:
    """The catalogue, where the hours mislead without the hours paid."""
    book = metric_book()
    return {**book, HOURS: replace(book[HOURS], beside=(HOURS, "paid_hours"))}


@pytest.mark.parametrize("option", [["--csv"], ["--json"], []])
def test_what_a_metric_misleads_without_is_compared_too(
    folders: tuple[Path, Path], option: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("twin.runs.versus.metric_book", misleading)
    main(["compare", *map(str, folders), "--metric", HOURS, *option])
    asked = capsys.readouterr().out
    main(["compare", *map(str, folders), *option])
    primary = capsys.readouterr().out
    title = "paid_hours" if option else metric_book()["paid_hours"].en
    assert title in asked and title in primary
    if option == ["--json"]:
        assert set(json.loads(asked)["pairs"][0]["metrics"]) == {HOURS, "paid_hours"}


def test_every_success_of_mediation_stands_beside_the_other_two_and_their_denominators() -> None:
    book = metric_book()
    for name in ("settled_of_sessions", "settled_of_contacts", "agreed_share"):
        assert {"settled_of_sessions", "settled_of_contacts", "agreed_share", "contacts", "agreed_cases",
                "session_cases", "settled_cases"} == set(with_beside([name], book))  # fmt: skip
    assert with_beside(["contacts", "no_such"], book) == ("contacts", "no_such")


def test_arms_that_nobody_asked_for_are_not_called_missing(folders: tuple[Path, Path]) -> None:
    one, other = map(str, folders)
    said = {lang: " ".join(VersusWriter(twin.compare(one, other, arms={"manual": "smart"}), lang).opening())
            for lang in ("en", "zh")}  # fmt: skip
    assert "Not compared, since not asked for: smart, manual." in said["en"] and "no such arm" not in said["en"]
    assert "未要求比较" in said["zh"] and "对方没有此方案" not in said["zh"]


# -- files


def test_the_command_prints_sheets_json_and_csv_and_writes_a_workbook(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = map(str, folders)
    main(["compare", one, other, "--lang", "zh"])
    assert "共同种子 2 个" in capsys.readouterr().out
    main(["compare", one, other, "--json", "--xlsx", str(tmp_path / "a.xlsx"), "--csv", str(tmp_path / "a.csv")])
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "twin.comparison/1" and told["seeds"] == [3, 4]
    first = told["pairs"][0]["metrics"][HOURS]
    assert set(first) >= {"unit", "first", "second", "mean", "ci95", "verdict", "p", "adjusted_p", "shared_luck"}

    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"))))
    assert float(rows[0]["mean"]) == first["mean"] and rows[0]["metric"] == HOURS
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["differences", "values", "inputs", "left_out"]
    head, cells = list(book["differences"].iter_rows(values_only=True))[:2]
    assert dict(zip(head, cells, strict=True))["mean"] == first["mean"]
    assert next(book["left_out"].iter_rows(values_only=True)) == ("first", "second", "metric", "why", "seeds")
    assert list(twin.compare(*folders).frame("left_out").columns) == ["first", "second", "metric", "why", "seeds"]
    assert book["values"].max_row == 1 + len(twin.compare(*folders).frame("values"))
    main(["compare", one, other, "--metric", HOURS, "--csv"])
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 2


@pytest.mark.parametrize(("option", "code"), [("--csv", "R295"), ("--xlsx", "R295")])
def test_no_table_is_written_over_something_else(
    option: str, code: str, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    street = folders[0].parent / "street.yaml"
    before = street.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(folders[0]), str(folders[1]), option, str(street)])
    assert ended.value.code == 2 and f"error[{code}]" in capsys.readouterr().err
    assert street.read_bytes() == before


def test_a_cell_never_becomes_a_formula() -> None:
    assert csv_text([{"a": "=1+1", "b": 1.5}, {"a": None, "c": math.nan}]) == "a,b,c\n'=1+1,1.5,\n,,\n"
    assert csv_text([{"a": "", "b": "+1"}, {"a": "@x", "b": "-"}]) == "a,b\n,'+1\n'@x,-\n"


# -- data frames


def test_frames_hold_what_the_json_forms_hold(folders: tuple[Path, Path]) -> None:
    experiment = twin.run(folders[0].parent / "street.yaml", replications=3)
    told = experiment.to_json()
    values = experiment.frame().dropna().set_index(["arm", "metric"]).sort_index()["value"]
    for arm, metrics in told["arms"].items():
        for name, one in metrics.items():
            assert list(values[arm, name]) == one["values"]
    differences = experiment.frame("differences").set_index(["arm", "metric"])
    for name, one in told["differences"]["smart"].items():
        assert differences.loc[("smart", name), "mean"] == one["mean"]
    assert set(experiment.frame("estimates")["arm"]) == set(told["arms"])


def test_a_sweep_from_python_is_that_of_the_command(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    street = str(folders[0].parent / "street.yaml")
    over = {"desk.travel_minutes": np.array([6, 12]), "hotline.reports_per_day": ["6 /day", "8 /day"]}
    swept = twin.sweep(street, over, arm="smart", replications=2, seed=3, metrics=[HOURS])
    main(["sweep", street, "--arm", "smart", "--over", "desk.travel_minutes=6,12", "--over",
          "hotline.reports_per_day=6 /day,8 /day", "-n", "2", "--seed", "3", "--metric", HOURS, "--json"])  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    points = swept.frame("points")
    assert list(points["mean"]) == [one["metrics"][HOURS]["mean"] for one in told["points"]]
    assert list(points["desk.travel_minutes"]) == [6, 6, 12, 12]
    assert len(swept.frame().query("metric == @HOURS")) == 8
    shares = swept.frame("indices").set_index("path")["value"]
    assert dict(shares) == {path: one["value"] for path, one in told["outcomes"][HOURS]["shares"].items()}


def test_a_metric_undefined_in_some_runs_stays_in_the_frames(folders: tuple[Path, Path]) -> None:
    street = folders[0].parent / "street.yaml"
    whole = twin.sweep(street, {"desk.travel_minutes": [6, 12]}, "smart", replications=2, seed=3, metrics=[HOURS])
    values = {**whole.values, HOURS: whole.values[HOURS].copy()}
    values[HOURS][1, 0] = np.nan
    holed = replace(whole, values=values)
    points = holed.frame("points")
    assert list(points["n"]) == [2, 1, *[2] * (len(points) - 2)] and points["mean"].isna().all()
    assert list(whole.frame("points")["n"]) == [2] * len(points) and whole.frame("points")["mean"].notna().all()
    (index,) = holed.frame("indices").to_dict("records")
    assert (index["metric"], index["index"], index["path"]) == (HOURS, "undefined", "desk.travel_minutes")
    assert index["n"] == 2 * len(points) - 1 and math.isnan(index["value"])


def test_a_metric_undefined_in_every_run_of_a_sweep_is_said_to_be(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    street = folders[0].parent / "street.yaml"
    found = twin.sweep(street, {"desk.travel_minutes": [6, 12]}, "smart", replications=2, seed=3,
                       metrics=[HOURS, "group_events"])  # fmt: skip
    points = found.frame("points").query("metric == 'group_events'")
    assert list(points["n"]) == [0, 0] and points["mean"].isna().all()
    assert found.undefined == {"group_events": 4} and set(found.to_json()["outcomes"]) == {HOURS}
    words = ["sweep", str(street), "--arm", "smart", "--over", "desk.travel_minutes=6,12", "--metric", "group_events",
             "-n", "1", "--out", str(tmp_path / "out")]  # fmt: skip
    for lang, sentence in (("en", "is undefined in 2 runs"), ("zh", "有 2 次运行无定义")):
        main([*words, "--lang", lang])
        assert sentence in capsys.readouterr().out
    main([*words, "--json"])
    assert json.loads(capsys.readouterr().out)["undefined"] == {"group_events": 2}


def test_a_sweep_brings_what_its_metric_misleads_without(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.runs.sweep.metric_book", misleading)
    street = folders[0].parent / "street.yaml"
    found = twin.sweep(street, {"desk.travel_minutes": [6, 12]}, "smart", replications=1, metrics=[HOURS])
    assert found.outcomes == (HOURS, "paid_hours") == tuple(found.findings)


def test_points_that_name_other_paths_are_refused_where_they_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "listed.yaml"
    listed.write_text(STREET + "sweep:\n  list:\n    - {desk.travel_minutes: 6}\n"
                      "    - {desk.travel_minutes: 7, desk.dispatch: batch}\n", "utf-8")  # fmt: skip
    line = listed.read_text("utf-8").splitlines().index("    - {desk.travel_minutes: 6}") + 1
    for command in ("validate", "sweep"):
        with pytest.raises(SystemExit) as ended:
            main([command, str(listed)])
        told = capsys.readouterr().err
        assert ended.value.code == 2 and f"listed.yaml:{line}:7" in told and told.count("error[R261]") == 1
        assert "other points say: desk.dispatch" in told


def test_an_unknown_frame_is_refused_with_the_known_ones(folders: tuple[Path, Path]) -> None:
    street = folders[0].parent / "street.yaml"
    made = [twin.run(street, replications=1), twin.compare(*folders),
            twin.sweep(street, {"desk.travel_minutes": [6]}, replications=1)]  # fmt: skip
    for one in made:
        with pytest.raises(InputError) as raised:
            one.frame("value")  # type: ignore[arg-type]
        (complaint,) = raised.value.complaints
        assert complaint.code == "R264" and complaint.values["suggestion"] == "values"


def test_what_is_wrong_with_a_point_is_shown_where_it_was_asked_for(folders: tuple[Path, Path]) -> None:
    street = folders[0].parent / "street.yaml"
    with pytest.raises(InputError) as raised:
        twin.sweep(street, {"desk.dispatch": ["batch", "foo"], "desk.travel_minutes": [6, 12]}, set=["days=3"])
    (complaint,) = raised.value.complaints
    assert complaint.code == "S109" and str(complaint.place) == "<--over>:1:15"
    with pytest.raises(InputError) as raised:
        twin.sweep(street, {"desk.dispatch": ["foo", "bar"]})
    assert [str(one.place) for one in raised.value.complaints] == ["<--over>:1:15"] * 2, "two values, two faults"
    with pytest.raises(InputError) as raised:
        twin.sweep(street, {"rules.no_such.then.x": [1, 3]})
    (complaint,) = raised.value.complaints
    assert (complaint.code, str(complaint.place)) == ("S168", "<--over>:1:1")
    listed = folders[0].parent / "listed.yaml"
    listed.write_text(STREET + "sweep: {list: [{desk.dispatch: foo}]}\n", "utf-8")
    with pytest.raises(InputError) as raised:
        sweep(listed)
    assert raised.value.complaints[0].place.file == "<sweep>"
    with pytest.raises(InputError) as raised:
        sweep(street, sets=["desk.dispatch=foo"], over={"desk.travel_minutes": ("6", "12")})
    assert raised.value.complaints[0].place.file == "<--set #1>"


def test_axes_are_lists_ends_ranges_or_whole() -> None:
    assert axis_of("a.b", [1, 2.5, "4 h"]) == ("1", "2.5", "4 h")
    assert axis_of("a.b", (0, 0.4)) == {"low": "0", "high": "0.4"} == axis_of("a.b", "0..0.4")
    assert axis_of("a.b", None) == ()
    with pytest.raises(InputError):
        axis_of("a.b", [])


def test_the_example_for_researchers_runs() -> None:
    left = runpy.run_path(str(ROOT / "examples" / "research.py"), run_name="__main__")
    assert set(left["differences"]["arm"]) == {"smart", "smart_far"}
    assert left["grid"].shape == (3, 2) and (left["grid"].diff().dropna() > 0).all().all()  # farther takes longer
    assert (left["compared"].frame()["pairs_needed"] > 0).all()


def test_importing_the_twin_imports_nothing_else() -> None:
    program = "import sys, twin; assert not {'numpy', 'pandas', 'numba', 'pydantic'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


# -- shared luck


def test_pairs_needed_are_the_fewest_that_are_sharp_enough() -> None:
    for spread, wanted in ((4.0, 1.0), (1.0, 0.05), (25.0, 2.0)):
        count = needed(spread, wanted)
        assert count is not None
        assert t_quantile(count - 1) * math.sqrt(spread / count) <= wanted
        assert t_quantile(count - 2) * math.sqrt(spread / (count - 1)) > wanted
    assert needed(0.0, 1.0) == 2 and needed(1.0, 0.0) is None


def test_twins_need_fewer_runs_than_strangers_by_the_ratio_of_variances() -> None:
    noise = np.random.default_rng(3)
    shared, own = noise.normal(0, 3, 400), noise.normal(0, 1, 400)
    found = luck_of((50 + shared).tolist(), (55 + shared + own).tolist(), 0.1)
    assert found is not None and found.ratio is not None
    assert found.ratio == pytest.approx(19.0, rel=0.15)  # (9 + 9 + 1) / 1
    assert found.independent / found.pairs == pytest.approx(found.ratio, rel=0.02)
    assert luck_of([1.0], [2.0], 1.0) is None


def test_a_metric_that_no_run_has_is_not_called_equal(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    one, _ = folders
    found = twin.compare(one, one, arms=["manual=smart"], metrics=["group_events"])
    (pair,) = found.pairs
    assert found.found[pair] == {} and found.left_out[pair] == {"group_events": ("undefined", len(found.seeds))}
    main(["compare", str(one), str(one), "--arm", "manual=smart", "--metric", "group_events", "--lang", "en"])
    told = capsys.readouterr().out
    assert "equal in every metric" not in told and "group_events undefined in all seeds" in " ".join(told.split())
