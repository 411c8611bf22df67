"""Runs shared out over folders: shards, merging, taking over, the digest of results."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.small_experiment import BOOK, SmallScenario, small_run
from twin.cli.app import main
from twin.errors import InputError
from twin.runs.experiment import Means, Plan, conduct
from twin.runs.ledgers import held_in
from twin.runs.merge import Shard, ShardDone, merge

SCENARIO = SmallScenario()
STREET = """
version: 1
name: street
days: 7
warm_up_days: 1
run_on_days: 7
replications: 3
primary: [hours_to_close_mean]
population: {residents: 100, grids: 1, places: 0}
hotline: {source: poisson, reports_per_day: 6 /day}
mechanisms: {incidents: off, reporting: off, recomplaints: off, placebo: off}
desk: {intake_calendar: 24x7, teams: {posts: {workers: 2, calendar: 7x16}}}
arms:
  manual: {title: by hand}
  smart: {title: automatic, desk: {dispatch: instant}}
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_LANG", "en")


@pytest.fixture
def street(tmp_path: Path) -> str:
    (tmp_path / "street.yaml").write_text(STREET, "utf-8")
    return str(tmp_path / "street.yaml")


def whole(folder: Path, jobs: int = 1) -> str:
    conduct(SCENARIO, Plan.of(SCENARIO, None, None, None), small_run, BOOK, Means(jobs=jobs, out=folder))
    return held_in(folder).digest


def shard(folder: Path, number: int, count: int) -> Path:
    means = Means(out=folder, shard=Shard(number, count))
    with pytest.raises(ShardDone):
        conduct(SCENARIO, Plan.of(SCENARIO, None, None, None), small_run, BOOK, means)
    return folder


def complaint(out: Path, *folders: Path) -> str:
    with pytest.raises(InputError) as raised:
        merge(out, folders)
    return raised.value.complaints[0].code


def test_shards_are_even_and_disjoint_and_leave_nothing_out() -> None:
    runs = [(arm, seed) for seed in range(7) for arm in ("a", "b", "c")]
    parts = [Shard(number, 4).part(runs) for number in (1, 2, 3, 4)]
    assert sorted(itertools.chain(*parts)) == sorted(runs)
    assert {len(part) for part in parts} == {5, 6}
    assert all(len({arm for arm, _ in part}) > 1 for part in parts)


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "a/b", "-1/2", "1/0"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        Shard.of(text)
    assert raised.value.complaints[0].code == "R274"


def test_three_shards_merged_in_any_order_and_twice_are_the_whole(tmp_path: Path) -> None:
    parts = [shard(tmp_path / f"part{number}", number, 3) for number in (1, 2, 3)]
    wanted = whole(tmp_path / "whole", jobs=2)
    for turn, order in enumerate(itertools.permutations(parts)):
        merged = merge(tmp_path / f"merged{turn}", order)
        assert merged.held.complete and merged.held.digest == wanted
    assert merge(tmp_path / "merged0", parts).taken == 0
    assert held_in(tmp_path / "merged0").digest == wanted


def test_a_shard_alone_is_not_complete_and_has_another_digest(tmp_path: Path) -> None:
    part = held_in(shard(tmp_path / "part", 1, 2))
    assert not part.complete
    assert len(part.done) == part.total / 2
    assert part.digest != whole(tmp_path / "whole")


def test_other_experiments_and_other_results_are_not_merged(tmp_path: Path) -> None:
    first = shard(tmp_path / "one", 1, 2)
    other = SmallScenario(digest="other")
    conduct(other, Plan.of(other, None, 2, None), small_run, BOOK, Means(out=tmp_path / "other"))
    assert complaint(tmp_path / "out", first, tmp_path / "other") == "R216"
    assert not (tmp_path / "out").exists()
    assert complaint(tmp_path / "out", tmp_path) == "R273"
    merge(tmp_path / "out", [first])
    with closing(sqlite3.connect(first / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE runs SET sha256 = 'else' WHERE rowid = (SELECT min(rowid) FROM runs)")
    assert complaint(tmp_path / "out", first) == "R275"


def test_what_is_said_of_a_merge_sends_nobody_to_options_that_it_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = shard(tmp_path / "one", 1, 2)
    other = SmallScenario(digest="other")
    conduct(other, Plan.of(other, None, 2, None), small_run, BOOK, Means(out=tmp_path / "other"))
    monkeypatch.setattr("twin.runs.experiment.code_fingerprint", lambda: "f" * 64)
    shard(tmp_path / "later", 2, 2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    for out, folders, code in (("out", ("one", "other"), "R216"), ("out", ("one", "later"), "R217"),
                               (str(first), ("other",), "R216"), ("mine", ("one",), "R218")):  # fmt: skip
        for lang in ("en", "zh"):
            with pytest.raises(SystemExit):
                main(["merge", str(tmp_path / out), *(str(tmp_path / one) for one in folders), "--lang", lang])
            said = capsys.readouterr().err
            assert f"[{code}]" in said and "--out" not in said and "--replace" not in said
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.docx"]


def test_shards_at_the_command_line_end_as_the_whole_does(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        main(["run", street, "--shard", f"{number}/2", "--out", str(tmp_path / f"s{number}")])
    main(["merge", str(tmp_path / "merged"), str(tmp_path / "s2"), str(tmp_path / "s1")])
    main(["run", street, "--out", str(tmp_path / "whole")])
    for name in ("summary.json", "comparison.json", "metrics.parquet", "DONE"):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    capsys.readouterr()
    digests = []
    for name in ("merged", "whole"):
        main(["runs", "digest", str(tmp_path / name)])
        digests.append(capsys.readouterr().out)
    assert digests[0] == digests[1] and len(digests[0].strip()) == 64


def test_runs_with_the_same_content_are_taken_and_no_others(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", street, "--out", str(tmp_path / "first")])
    written = STREET.replace("6 /day", "0.25 /h").replace("manual: {title: by hand}", "hand: {title: other words}")
    (tmp_path / "same.yaml").write_text(written.replace("name: street", "name: lane"), "utf-8")
    capsys.readouterr()
    main(["run", str(tmp_path / "same.yaml"), "-n", "4", "--out", str(tmp_path / "second"), "--reuse", str(tmp_path)])
    assert "6 run(s) taken from" in capsys.readouterr().err
    last = json.loads((tmp_path / "second" / "provenance.json").read_text("utf-8"))["sessions"][-1]
    assert last["computed_runs"] == 2
    main(["run", street, "--set", "hotline.reports_per_day=7 /day", "--out", str(tmp_path / "third"),
          "--reuse", str(tmp_path)])  # fmt: skip
    assert "taken from" not in capsys.readouterr().err
    with closing(sqlite3.connect(tmp_path / "second" / "ledger.sqlite")) as ledger:
        (tables,) = ledger.execute("SELECT count(DISTINCT seed) FROM tables WHERE arm = 'hand'").fetchone()
    assert tables == 4


# -- twin runs


@pytest.fixture
def shelf(street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    main(["run", street, "--out", str(tmp_path / "outputs" / "a"), "-n", "2"])
    main(["run", street, "--out", str(tmp_path / "outputs" / "b"), "-n", "2", "--shard", "1/2",
          "--set", "hotline.reports_per_day=7 /day"])  # fmt: skip
    capsys.readouterr()
    return tmp_path / "outputs"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(["runs", *words])
    return capsys.readouterr().out


def test_what_lies_on_the_shelf(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "ls", str(shelf), "--json"))["folders"]
    assert [(one["state"], one["scenario"], one["done"], one["total"]) for one in found] == [
        ("done", "street", 4, 4), ("partial", "street", 2, 4)]  # fmt: skip
    assert "complete" in said(capsys, "ls", str(shelf))
    assert "完整" in said(capsys, "ls", str(shelf), "--lang", "zh")
    shown = json.loads(said(capsys, "show", str(shelf / "a"), "--json"))
    assert shown["digest"] == found[0]["digest"] == said(capsys, "digest", str(shelf / "a")).strip()
    assert shown["sessions"][0]["outcome"] == "finished"
    assert "replications: 2" in said(capsys, "show", str(shelf / "a"))


def test_why_names_the_values_that_differ_and_nothing_else(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = str(shelf / "a"), str(shelf / "b")
    found = json.loads(said(capsys, "why", a, b, "--json"))["differing"]
    assert found == {f"arms.{arm}.hotline.reports_per_day": [6.0, 7.0] for arm in ("manual", "smart")}
    assert json.loads(said(capsys, "why", a, a, "--json"))["differing"] == {}
    assert "nothing" in said(capsys, "why", a, a)


def test_why_says_that_there_are_more_replications_or_other_arms(
    street: str, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", street, "--out", str(shelf / "c"), "-n", "3", "--arm", "manual"])
    capsys.readouterr()
    found = said(capsys, "why", str(shelf / "a"), str(shelf / "c"))
    assert found.splitlines() == ["arms: manual, smart | manual", "replications: 2 | 3"]


def test_attributions_and_searches_say_what_was_asked(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"split": ["--metric", "utilisation"], "other": ["--metric", "paid_hours", "--set", "days=8"]}
    for name, more in words.items():
        main(["attribute", street, "manual", "smart", "-n", "2", "--out", str(tmp_path / name), *more])
    for name, more in {"found": ["9..12", "--trials", "2"], "again": ["9..14", "--trials", "3"]}.items():
        over = f"desk.travel_minutes={more[0]}"
        main(["search", street, "--arm", "manual", "--metric", "paid_hours", "-n", "2", "--over", over, *more[1:],
              "--out", str(tmp_path / name)])  # fmt: skip
    capsys.readouterr()
    pairs = {("split", "other"): ["metric: utilisation | paid_hours", "days: 7 | 8"],
             ("found", "again"): ["trials: 2 | 3", "desk.travel_minutes: 9..12 | 9..14"]}  # fmt: skip
    for (one, other), lines in pairs.items():
        assert said(capsys, "why", str(tmp_path / one), str(tmp_path / other)).splitlines() == lines
    shown = json.loads(said(capsys, "show", str(tmp_path / "split"), "--json"))
    assert (shown["command"], shown["scenario"], shown["arms"]) == ("twin attribute", "street", ["manual", "smart"])
    assert "command: twin attribute | twin search" in said(capsys, "why", str(tmp_path / "split"),
                                                           str(tmp_path / "found"))  # fmt: skip


def test_values_of_an_attribution_say_which_parts_were_changed(street: str, tmp_path: Path) -> None:
    main(["attribute", street, "manual", "smart", "--metric", "utilisation", "-n", "1", "--out", str(tmp_path / "a"),
          "--set", "desk.dedup=true"])  # fmt: skip
    main(["run", street, "-n", "1", "--out", str(tmp_path / "b")])
    main(["runs", "export", str(tmp_path / "a"), str(tmp_path / "b"), "--to", str(tmp_path / "values.csv")])
    query = f"SELECT arm, parts FROM '{tmp_path}/values.csv' WHERE metric = 'utilisation' ORDER BY folder, arm"
    assert duckdb.sql(query).fetchall() == [
        ("manual", "nothing"), ("smart", "desk.dispatch"), ("manual", None), ("smart", None)]  # fmt: skip


def test_an_incomplete_folder_has_no_digest_and_a_strange_one_nothing(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, code in ((["digest", str(shelf / "b")], "R278"), (["show", str(shelf)], "R273"),
                        (["export", str(shelf / "a"), "--to", "x.txt"], "R279")):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            main(["runs", *words])
        assert ended.value.code == 2
        assert f"error[{code}]" in capsys.readouterr().err


def test_values_of_several_folders_become_one_table(shelf: Path, tmp_path: Path) -> None:
    files = [tmp_path / "values.csv", tmp_path / "values.parquet"]
    for file in files:
        main(["runs", "export", str(shelf / "a"), str(shelf / "b"), "--to", str(file)])
    tables = [duckdb.sql(f"SELECT arm, seed, metric, value FROM '{file}' ORDER BY ALL").fetchall() for file in files]
    assert tables[0] == tables[1]
    measured = json.loads((shelf / "a" / "summary.json").read_text("utf-8"))["arms"]["manual"]
    name = min(measured)
    wanted = measured[name]["values"]
    values = duckdb.sql(f"SELECT value FROM '{files[1]}' WHERE arm = 'manual' AND metric = '{name}' "
                        f"AND folder LIKE '%a' ORDER BY seed").fetchall()  # fmt: skip
    assert [value for (value,) in values] == wanted
    assert len(duckdb.sql(f"SELECT DISTINCT folder, arm, seed FROM '{files[1]}'").fetchall()) == 6


def test_removing_takes_only_run_folders_and_only_when_told(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["runs", "rm", str(shelf / "b")])
    assert (shelf / "b").exists() and "--yes" in capsys.readouterr().err
    (shelf / "a" / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(SystemExit):
        main(["runs", "rm", str(shelf / "a"), "--yes"])
    assert (shelf / "a" / "summary.html").exists()
    main(["runs", "rm", str(shelf / "b"), "--yes"])
    assert not (shelf / "b").exists()
