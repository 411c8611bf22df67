"""Sweeps: designs, indices and boxes against known answers; the same results however they are computed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import twin
from twin.cli.app import main
from twin.errors import InputError
from twin.report.sweep_text import SweepWriter
from twin.runs import designs
from twin.runs.discovery import discover
from twin.runs.experiment import Means
from twin.runs.layout import layout_of
from twin.runs.robustness import robustness
from twin.runs.sensitivity import morris_effects, noise_of, regression, sobol_indices, variance_shares
from twin.runs.sweep import Swept, sweep
from twin.scenario.load import load
from twin.scenario.sweeping import Axis, over_of, over_text

STREET = """
version: 1
name: street
days: 14
warm_up_days: 3
run_on_days: 7
replications: 2
primary: [hours_to_close_mean, share_within_24h]
targets: {hours_to_close_mean: 10}
population: {residents: 200, grids: 1, places: 0}
hotline: {source: poisson, reports_per_day: 8 /day}
mechanisms: {incidents: off, reporting: off, recomplaints: off, placebo: off}
levers:
  desk.dispatch: [batch, instant]
uncertainties:
  hotline.reports_per_day: {low: 4 /day, high: 9 /day}
  desk.misroute_chance: {low: 0.0, high: 0.4}
sweep: {points: 22}
desk:
  intake_calendar: 24x7
  teams: {posts: {workers: 2, calendar: 7x16}}
arms:
  manual: {title: by hand}
  smart: {title: automatic, desk: {dispatch: instant, travel_minutes: 12}}
  again: {title: by hand again}
"""
SOME_RUNS = 120_000  # bytes of the ledger
TWO = {"desk.travel_minutes": ("12", "24"), "desk.dispatch": ("batch", "instant")}


def street(folder: Path, more: str = "") -> Path:
    path = folder / "street.yaml"
    path.write_text(STREET + more, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return street(tmp_path_factory.mktemp("sweep"))


def ishigami(shares: np.ndarray) -> np.ndarray:
    x = -np.pi + 2 * np.pi * shares
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


# -- designs and what is read from them


def test_a_latin_hypercube_has_one_point_in_every_stratum() -> None:
    found = designs.latin_hypercube(17, 4)
    assert np.array_equal(np.sort(np.floor(found * 17), axis=0), np.tile(np.arange(17.0)[:, None], 4))
    assert np.array_equal(found, designs.latin_hypercube(17, 4))
    assert abs(np.corrcoef(designs.latin_hypercube(200, 2).T)[0, 1]) < 0.2


def test_a_trajectory_moves_every_axis_once_and_stays_inside() -> None:
    found = designs.morris(12, 5).reshape(12, 6, 5)
    assert found.min() >= 0 and found.max() <= 1
    moved = np.diff(found, axis=1) != 0
    assert (moved.sum(axis=2) == 1).all() and (moved.sum(axis=1) == 1).all()


def test_sobol_indices_of_ishigami_are_the_known_ones_and_scipy_agrees() -> None:
    from scipy.stats import sobol_indices as theirs

    values = ishigami(designs.sobol(512, 3))
    first, total = sobol_indices(values, 3)
    for found, known in zip((*first, *total), (0.3139, 0.4424, 0.0, 0.5576, 0.4424, 0.2437), strict=True):
        assert found.value == pytest.approx(known, abs=0.035)
        assert found.ci95 is not None and found.ci95[0] < known < found.ci95[1]
    blocks = values.reshape(5, -1)
    other = theirs(func={"f_A": blocks[:1], "f_B": blocks[1:2], "f_AB": blocks[2:][:, None]}, n=512)
    assert [one.value for one in total] == pytest.approx(other.total_order.tolist(), rel=0.02)


def test_indices_and_elementary_effects_are_those_of_salib_to_the_digit() -> None:
    from SALib.analyze import morris as their_morris
    from SALib.analyze import sobol as their_sobol

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    values = ishigami(designs.sobol(64, 3))
    one, other, *mixed = values.reshape(5, -1)
    in_their_order = np.stack([one, *mixed, other], axis=1).ravel()
    theirs = their_sobol.analyze(problem, in_their_order, calc_second_order=False, seed=1)
    for found, key in zip(sobol_indices(values, 3), ("S1", "ST"), strict=True):
        assert [index.value for index in found] == pytest.approx(theirs[key].tolist(), rel=1e-12)

    shares = designs.morris(10, 3)
    values = ishigami(shares)
    theirs = their_morris.analyze(problem, shares, values, num_levels=4, seed=1)
    found = morris_effects(values, shares)
    for key, ours in (("mu_star", [effect.size.value for effect in found]), ("mu", [one.mean for one in found]),
                      ("sigma", [one.spread for one in found])):  # fmt: skip
        assert ours == pytest.approx(theirs[key].tolist(), rel=1e-12), key


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    shares = designs.morris(8, 3)
    found = morris_effects(shares @ np.array([4.0, -2.0, 0.0]), shares)
    assert [one.size.value for one in found] == pytest.approx([4, 2, 0])
    assert [one.mean for one in found] == pytest.approx([4, -2, 0])
    assert [one.spread for one in found] == pytest.approx([0, 0, 0], abs=1e-12)


def test_a_factorial_splits_variance_into_axes_and_what_is_left() -> None:
    levels = designs.factorial([2, 3])
    additive = 3.0 * levels[:, 0] + 1.0 * levels[:, 1]
    whole = 2.25 + 2 / 3
    assert [one.value for one in variance_shares(additive, levels)] == pytest.approx([2.25 / whole, 2 / 3 / whole])
    both = (levels[:, 0] - 0.5) * (levels[:, 1] - 1.0)
    assert [one.value for one in variance_shares(both, levels)] == pytest.approx([0, 0], abs=1e-12)


def test_regression_finds_the_weights_of_a_line() -> None:
    shares = designs.latin_hypercube(80, 2)
    weights, fit = regression(shares @ np.array([3.0, 4.0]), shares)
    assert fit == pytest.approx(1.0)
    assert weights[1].value / weights[0].value == pytest.approx(4 / 3, rel=0.02)
    assert weights[0].ci95 is not None and weights[0].ci95[0] < 0.6 < weights[0].ci95[1]


def test_noise_is_told_from_signal_and_shared_luck_from_both() -> None:
    chance = np.random.default_rng(3)
    point, seed = chance.normal(0, 3, (60, 1)), chance.normal(0, 2, (1, 40))
    found = noise_of(10 + point + seed + chance.normal(0, 1, (60, 40)))
    assert found is not None
    assert (found.point, found.seed, found.rest) == pytest.approx((9, 4, 1), rel=0.35)
    assert found.noise_share == pytest.approx(1 / 40 / 9, rel=0.5)
    alone = noise_of(chance.normal(0, 1, (60, 5)))
    assert alone is not None and alone.noise_share > 0.6 and alone.chance_share > 0.9
    assert noise_of(np.ones((3, 1))) is None


# -- where it fails, and what stands up to it


def test_a_known_box_is_found_again() -> None:
    shares = designs.latin_hypercube(240, 4)
    box = discover(shares, (shares[:, 0] > 0.6) & (shares[:, 1] < 0.5))
    assert box is not None and box.credible
    assert [one.axis for one in box.limits] == [0, 1]
    assert (box.limits[0].low, box.limits[1].high) == pytest.approx((0.6, 0.5), abs=0.08)
    assert box.step.coverage > 0.85 and box.step.density > 0.85


def test_a_box_of_noise_is_not_believed() -> None:
    noise = designs.latin_hypercube(160, 5)
    box = discover(noise[:, :4], noise[:, 4] < 0.25)
    assert box is None or not box.credible


def test_nothing_to_find_where_all_or_none_fail() -> None:
    shares = designs.latin_hypercube(40, 2)
    assert discover(shares, np.zeros(40, bool)) is None and discover(shares, np.ones(40, bool)) is None


def test_regret_and_satisficing_by_hand() -> None:
    first, second = robustness(np.array([[1.0, 5.0, 3.0], [2.0, 2.0, 4.0]]), "lower", 3.5)
    assert (first.regret_mean, first.regret_most) == (1.0, 3.0)
    assert (second.regret_mean, second.regret_most) == pytest.approx((2 / 3, 1.0))
    assert (first.good_share, second.good_share) == pytest.approx((2 / 3, 2 / 3))
    assert (first.worst, second.worst) == (5.0, 4.0)
    assert first.good_ci95 == pytest.approx((0.09430, 0.99160), abs=1e-5)  # tables of Clopper and Pearson, 2 of 3
    (none,) = robustness(np.full((1, 24), 9.0), "lower", 3.5)
    assert none.good_ci95 == pytest.approx((0, 1 - 0.025 ** (1 / 24))), "24 points cannot show that there are none"
    assert robustness(np.array([[1.0, 5.0], [2.0, 2.0]]), "higher")[0].regret_most == 1.0


# -- reading axes


def test_values_ranges_and_whole_ranges_are_told_apart() -> None:
    assert over_of("desk.travel_minutes=12,24") == ("desk.travel_minutes", ("12", "24"))
    assert over_of("hotline.reports_per_day=10 /day..20 /day")[1] == {"low": "10 /day", "high": "20 /day"}
    assert over_of("desk.misroute_chance") == ("desk.misroute_chance", ())
    assert over_of('desk.dispatch_times=["09:00", "14:00"],["10:00"]')[1] == ('["09:00", "14:00"]', '["10:00"]')
    for text in ("=3", "desk.travel_minutes=", "desk..x=1"):
        with pytest.raises(InputError, match="cannot read the axis"):
            over_of(text)


def test_a_layout_takes_units_whole_numbers_and_the_declared_range(path: Path) -> None:
    scenario = load(path)
    over = dict(map(over_of, ("desk.teams.posts.workers=1..3", "desk.misroute_chance", "desk.service.mean_hours=1..3")))
    layout = layout_of(scenario, "smart", over, points=9)
    workers, chances, hours = zip(*layout.texts, strict=True)
    assert layout.design == "lhs" and sorted(workers) == ["1"] * 3 + ["2"] * 3 + ["3"] * 3
    assert all(0 <= float(one) <= 0.95 for one in chances) and all(1 <= float(one.split()[0]) <= 3 for one in hours)


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ("desk.travel_minuts=1,2", "S101"), ("seed=1,2", "R254"), ("desk.dispatch", "R252"),
        ("desk.travel_minutes=3 kg..9", "R229"), ("desk.travel_minutes=3..9 km", "R229"),
        ("desk.travel_minutes=9..3", "R253"), ("desk.travel_minutes=abc,def", "S103"),
    ],
)  # fmt: skip
def test_wrong_axes_are_refused_before_anything_runs(path: Path, over: str, code: str) -> None:
    with pytest.raises(InputError) as said:
        sweep(path, over=dict([over_of(over)]), points=4)
    assert said.value.complaints[0].code == code


def test_blocks_are_checked_with_the_file(tmp_path: Path) -> None:
    wrong = street(tmp_path, "margins: {no_such: 1}\n").read_text().replace("desk.dispatch:", "desk.dispach:")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError) as said:
        load(tmp_path / "wrong.yaml")
    assert {one.code for one in said.value.complaints} == {"S101", "S118"}
    assert all(one.place is not None for one in said.value.complaints)


def test_what_is_asked_of_the_runs_is_no_part_of_what_they_are(path: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.yaml"
    blocks = STREET[STREET.index("levers:") : STREET.index("desk:\n")]
    plain.write_text(STREET.replace(blocks, "").replace("targets: {hours_to_close_mean: 10}\n", ""), encoding="utf-8")
    assert load(plain).digest == load(path).digest
    written = tmp_path / "written.yaml"
    written.write_text(load(path).text(), encoding="utf-8")
    again = load(written)
    assert (again.levers, again.uncertainties, again.sweep) == (
        load(path).levers, load(path).uncertainties, load(path).sweep)  # fmt: skip


# -- whole sweeps


@pytest.fixture(scope="module")
def crossed(path: Path) -> Swept:
    return sweep(path, "smart")


def test_levers_meet_every_point_of_the_uncertainties(crossed: Swept) -> None:
    layout = crossed.layout
    assert (layout.settings, len(layout.texts), crossed.runs) == (2, 44, 88)
    assert [texts[1:] for texts in layout.texts[:22]] == [texts[1:] for texts in layout.texts[22:]]
    found = crossed.findings["hours_to_close_mean"]
    batch, instant = found.robust
    assert instant.mean < batch.mean and instant.regret_mean == 0.0
    assert (batch.good_share, 0 < (instant.good_share or 0) < 1) == (0.0, True)
    assert list(found.boxes) == [1], "where all points miss the target there is nothing to find"


def test_it_says_so_in_both_languages(crossed: Swept) -> None:
    json.dumps(crossed.to_json(), allow_nan=False)
    for lang in ("en", "zh"):
        writer = SweepWriter(crossed, lang)
        titles = [sheet.title for sheet in writer.sheets()]
        assert len(titles) == len(set(titles)) == 6
        assert all(len(row) == len(sheet.head) for sheet in writer.sheets() for row in sheet.rows)
        assert "44" in writer.opening()[0] and writer.notes()


def test_points_have_the_same_seeds_and_the_arm_comes_before_the_point(path: Path) -> None:
    found = sweep(path, "smart", over=TWO)
    direct = sweep(path, "smart", ["desk.travel_minutes=24"], {"desk.dispatch": ("batch", "instant")})
    assert np.array_equal(found.values["hours_to_close_mean"][2:], direct.values["hours_to_close_mean"])
    assert found.findings["hours_to_close_mean"].differences[0] is None
    assert found.differences["hours_to_close_mean", 1].primary


def test_points_that_say_the_same_are_run_once(path: Path) -> None:
    found = sweep(path, "smart", over={"desk.travel_minutes": ("12", "12 min", "0.2 h", "13")})
    assert (len(found.layout.texts), found.runs) == (4, 4)
    assert np.array_equal(found.values["hours_to_close_mean"][0], found.values["hours_to_close_mean"][2])


@pytest.mark.slow
def test_a_killed_sweep_resumes_to_the_same(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", str(path), "--arm", "smart", "--design", "lhs", "--over", "desk.travel_minutes=5..50",
             "--points", "12", "-n", "3", "--out"]  # fmt: skip
    out = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-m", "twin", *words, str(out)], stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    written, until = out / "ledger.sqlite-wal", time.monotonic() + 60
    while not (written.exists() and written.stat().st_size > SOME_RUNS) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with closing(sqlite3.connect(out / "ledger.sqlite")) as ledger:
        (held,) = ledger.execute("SELECT count(*) FROM runs").fetchone()
    assert 0 < held <= 36
    assert main([*words, str(out)]) == 0
    assert main([*words, str(tmp_path / "whole")]) == 0
    capsys.readouterr()
    for name in ("DONE", "sweep.json", "metrics.parquet", "summary.html"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    sessions = json.loads((out / "provenance.json").read_text())["sessions"]
    assert sessions[-1]["computed_runs"] == 36 - held


def test_processes_do_not_matter(path: Path) -> None:
    over = {"desk.travel_minutes": ("12", "24")}
    alone, two = sweep(path, "smart", over=over), sweep(path, "smart", over=over, means=Means(jobs=2))
    assert alone.to_json() == two.to_json()


# -- what its folder says


def swept(path: Path, out: Path, *over: str, **asked: object) -> Path:
    """Keep a small sweep; with ``killed`` it has that many runs and no files, as after a kill."""
    killed = asked.pop("killed", None)
    chosen = dict(map(over_of, over)) or None
    request = {"command": "sweep", "options": {"arm": "smart", "over": list(over)}}
    kept = sweep(path, "smart", over=chosen, means=Means(out=out, request=request), **asked)  # type: ignore[arg-type]
    if killed is not None:
        as_after_a_kill(out, killed)  # type: ignore[arg-type]
    assert kept.out == out
    return out


def as_after_a_kill(out: Path, runs: int) -> None:
    for file in out.iterdir():
        file.unlink() if file.suffix in (".json", ".parquet", ".yaml") or file.name == "DONE" else None
    with closing(sqlite3.connect(out / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM runs WHERE rowid NOT IN (SELECT rowid FROM runs LIMIT ?)", (runs,))


def said(capsys: pytest.CaptureFixture[str], *words: object, lang: str = "en") -> str:
    capsys.readouterr()
    main(["runs", *map(str, words), "--lang", lang])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "taken", [("a", "b"), ("6 /day", '"x, y"'), ("9",), {"low": "0", "high": "0.4"}, {"low": "1 h", "high": "2 h"}, ()]
)
def test_an_axis_is_written_as_it_is_read(taken: Axis) -> None:
    assert over_of(over_text("desk.travel_minutes", taken)) == ("desk.travel_minutes", taken)


def test_a_sweep_from_python_that_was_killed_knows_its_points(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = {"desk.travel_minutes": np.array([9, 12]), "desk.dispatch": ["batch", "instant"]}
    twin.sweep(path, over, arm="smart", replications=np.int64(1), out=tmp_path / "killed", set=["days=12"])
    as_after_a_kill(tmp_path / "killed", 3)
    found = said(capsys, "show", tmp_path / "killed")
    assert "unfinished: 3 of 4 runs are in" in found and "3: desk.travel_minutes=12, desk.dispatch=instant" in found
    again = twin.sweep(path, over, arm="smart", replications=1, out=tmp_path / "killed", set=["days=12"])
    assert again.runs == 4


THREE, FOUR = "desk.travel_minutes=9,23,38", "desk.travel_minutes=7,13,29,41"


def test_why_names_axes_design_points_and_seeds_instead_of_digests(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = swept(path, tmp_path / "three", THREE, replications=1)
    four = swept(path, tmp_path / "four", FOUR, replications=2, seed=5, outcomes=["utilisation"])
    assert said(capsys, "why", three, four).splitlines() == [
        "points: 3 | 4", "outcomes: hours_to_close_mean, share_within_24h | utilisation",
        "desk.travel_minutes: 9, 23, 38 | 7, 13, 29, 41", "replications: 1 | 2", "first_seed: 1 | 5",
    ]  # fmt: skip
    ranged = swept(path, tmp_path / "range", "desk.travel_minutes=9..38", replications=1, points=4)
    assert said(capsys, "why", three, ranged).splitlines()[:3] == [
        "design: factorial | lhs", "points: 3 | 4", "desk.travel_minutes: 9, 23, 38 | 9..38"]  # fmt: skip
    minutes = swept(path, tmp_path / "minutes", "desk.travel_minutes=9 min,23 min,38 min", replications=1)
    assert said(capsys, "why", three, minutes).startswith("nothing")


def test_why_names_the_points_of_a_list_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, *rest = (f"{{desk.dispatch: {dispatch}, desk.travel_minutes: {minutes}}}"
                    for minutes, dispatch in ((9, "batch"), (9, "instant"), (23, "batch")))  # fmt: skip
    folders = []
    for name, order in (("one", rest), ("other", rest[::-1])):
        points = f"[{', '.join([first, *order])}]"
        (tmp_path / name).mkdir()
        text = STREET.replace("sweep: {points: 22}", f"sweep: {{list: {points}}}")
        (tmp_path / name / "street.yaml").write_text(text, encoding="utf-8")
        folders.append(swept(tmp_path / name / "street.yaml", tmp_path / f"{name}-out", replications=1))
    assert said(capsys, "why", *folders).splitlines() == [
        "point 1: desk.dispatch=instant, desk.travel_minutes=9 | desk.dispatch=batch, desk.travel_minutes=23",
        "point 2: desk.dispatch=batch, desk.travel_minutes=23 | desk.dispatch=instant, desk.travel_minutes=9",
    ]


def test_a_sweep_is_exported_with_what_was_set_and_under_its_arm(path: Path, tmp_path: Path) -> None:
    import duckdb

    same = "desk.travel_minutes=9,9 min,38"
    whole = swept(path, tmp_path / "whole", same, "desk.dispatch=batch,instant", replications=1)
    main(["runs", "export", str(whole), "--to", str(tmp_path / "whole.parquet")])
    columns = 'point, "desk.travel_minutes", "desk.dispatch", seed, metric, value'
    rows = [duckdb.sql(f"SELECT {columns} FROM '{file}' ORDER BY ALL").fetchall()
            for file in (tmp_path / "whole.parquet", whole / "metrics.parquet")]  # fmt: skip
    assert rows[0] == rows[1] and {row[1] for row in rows[0]} == {9.0, 38.0}
    killed = swept(path, tmp_path / "killed", same, "desk.dispatch=batch,instant", replications=1, killed=3)
    main(["runs", "export", str(killed), "--to", str(tmp_path / "killed.parquet")])
    found = duckdb.sql(f"SELECT {columns} FROM '{tmp_path}/killed.parquet'").fetchall()
    assert set(found) < set(rows[0]) and len({row[0] for row in found}) > 3, "points that say the same are all there"
    arms = duckdb.sql(f"SELECT DISTINCT arm FROM '{tmp_path}/killed.parquet'").fetchall()
    assert arms == duckdb.sql(f"SELECT DISTINCT arm FROM '{tmp_path}/whole.parquet'").fetchall() == [("smart",)]


def test_a_folder_shows_its_points_and_a_killed_one_that_it_is_unfinished(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = "desk.travel_minutes=9,12,15,18,21,24"
    whole = said(capsys, "show", swept(path, tmp_path / "whole", over, replications=1))
    assert "0: desk.travel_minutes=9\n" in whole and "... and 1 more" in whole and "arms: smart" in whole
    chinese = said(capsys, "show", tmp_path / "whole", lang="zh")
    assert "方案: smart" in chinese and "结局: 正常结束" in chinese and "取值点:" in chinese
    assert "desk.travel_minutes: 9, 12, 15, 18, 21, 24" in chinese, "what a scenario calls by its path stays so"
    moved = tmp_path / "moved.yaml"
    moved.write_text(STREET.replace("points: 22", "points: 4"), encoding="utf-8")
    killed = swept(moved, tmp_path / "killed", replications=1, killed=2)
    moved.unlink()
    found = said(capsys, "show", killed)
    assert "state: unfinished: 2 of 8 runs are in" in found and "... and 3 more" in found
    assert "0: desk.dispatch=batch, desk.misroute_chance=" in found
    with closing(sqlite3.connect(killed / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE sessions SET record = json_remove(record, '$.sources')")
    found = said(capsys, "show", killed)
    assert "points: 8 different ones; what is set at each cannot be told" in found and "unfinished" in found
    assert "desk.misroute_chance: 0.0..0.4" in found or "desk.misroute_chance: 0..0.4" in found


@pytest.mark.parametrize(
    ("target", "said"), [(0.0001, "misses 0.000 h at all 3 points"), (1e6, "reaches 1,000,000 h at all 3 points")]
)
def test_a_target_that_no_box_can_be_told_of_is_told_all_the_same(path: Path, target: float, said: str) -> None:
    hours = "hours_to_close_mean"
    found = sweep(path, "smart", over=dict([over_of("desk.travel_minutes=9,12,15")]), replications=1,
                  outcomes=[hours], targets={hours: target})  # fmt: skip
    assert any(said in note for note in SweepWriter(found, "en").notes())
    middle = replace(found, targets={hours: sorted(one.mean for one in found.findings[hours].estimates)[1]})
    assert any("1 of 3 points; where, is looked for from 20" in note for note in SweepWriter(middle, "en").notes())


def test_axes_that_cannot_be_swept_are_refused_at_their_place_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.yaml"
    text = STREET.replace("[batch, instant]", "[batch, instnt]").replace("high: 9 /day", "high: 3 /day")
    file.write_text(text.replace("high: 0.4", "high: 3.5"), encoding="utf-8")
    lines = [text[: text.index(one)].count("\n") + 1 for one in ("[batch, instnt]", "{low: 4 /day", "{low: 0.0")]
    for words in (["validate", str(file)], ["sweep", str(file), "--arm", "smart"]):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--lang", "en"])
        told = capsys.readouterr().err
        assert ended.value.code == 2
        for line, code in zip(lines, ("S109", "R253", "S108"), strict=True):
            assert code in told and f"bad.yaml:{line}:" in told, told
    listed = STREET.replace("sweep: {points: 22}", "sweep: {list: [{desk.dispatch: batch}, {desk.dispatch: insant}]}")
    file.write_text(listed, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["validate", str(file), "--lang", "en"])
    line = listed[: listed.index("sweep:")].count("\n") + 1
    told = capsys.readouterr().err
    assert "S109" in told and f"bad.yaml:{line}:" in told and "did you mean `instant`" in told
    fine = tmp_path / "fine.yaml"
    fine.write_text(STREET.replace("desk.dispatch: [batch", "desk.teams.posts.workers: [1"), encoding="utf-8")
    fine.write_text(fine.read_text("utf-8").replace("[1, instant]", "[1, 2]"), encoding="utf-8")
    main(["validate", str(fine)])
    assert "ok" in capsys.readouterr().out


def test_why_says_an_arm_that_was_renamed_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("one", STREET), ("two", STREET.replace("  again:", "  once_more:"))):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        twin.run(tmp_path / f"{name}.yaml", ["manual", "smart"], 1, out=tmp_path / name)
    told = said(capsys, "why", tmp_path / "one", tmp_path / "two")
    assert told.count("arms.") == 2 and "arms.again: = manual | (not said)" in told
    assert "arms.once_more: (not said) | = again" in told
