"""Policy search: it finds what is known to be best, on seeds it has not seen, the same however it is computed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.test_sharing import STREET
from twin.cli.app import main
from twin.errors import InputError
from twin.report.search_figures import draw_search
from twin.report.search_text import SearchWriter, rounded
from twin.report.searching import publish_search
from twin.report.text import Scale
from twin.runs.compare import estimate
from twin.runs.experiment import Means, metric_book, run
from twin.runs.layout import axes_of
from twin.runs.search import Searched, Setting, _front, search
from twin.scenario.load import load

OVER = {"desk.travel_minutes": {"low": "6", "high": "60"}, "desk.dispatch": ("batch", "instant")}
GOALS = ("share_within_24h", "paid_hours")


@pytest.fixture
def street(tmp_path: Path) -> str:
    (tmp_path / "street.yaml").write_text(STREET, "utf-8")
    return str(tmp_path / "street.yaml")


def as_found(street: str, goals: tuple[str, ...], shown: int = 3) -> Searched:
    """Return a search that was never run: the arm as it stands and as many settings, on three held-out seeds."""
    base, book = load(street), metric_book()
    settings = [Setting((f"desk.travel_minutes={10 / 7 * at!r}", "desk.dispatch=instant") if at else (),
                        dict.fromkeys(goals, 0.5 + 0.1 * at),
                        {name: estimate([0.3 + 0.1 * at + 0.01 * seed for seed in range(3)]) for name in goals},
                        {}, 0.5, {}) for at in range(shown + 1)]  # fmt: skip
    return Searched(base, "manual", goals, tuple(axes_of(base, "manual", OVER)), 20, 1, (1, 2), (3, 4, 5),
                    tuple(settings), book, 60)  # fmt: skip


def test_the_front_is_what_none_beats() -> None:
    points = {("a",): (0.9, 10.0), ("b",): (0.8, 5.0), ("c",): (0.7, 6.0), ("d",): (0.95, 20.0), ("e",): None}
    tried = {one: None if found is None else np.array(found) for one, found in points.items()}
    assert _front(tried, GOALS, metric_book()) == [("d",), ("a",), ("b",)]
    assert _front({("e",): None}, GOALS, metric_book()) == []


def test_it_finds_the_better_dispatch_and_reports_other_seeds(street: str) -> None:
    found = search(street, "manual", over=OVER, outcomes=("share_within_24h",), trials=10, replications=2, held_out=3)
    assert not set(found.seeds) & set(found.held_out) and len(found.held_out) == 3
    assert found.settings[0].sets == ()
    best = found.settings[1]
    assert "desk.dispatch=instant" in best.sets
    assert best.estimates["share_within_24h"].mean > found.settings[0].estimates["share_within_24h"].mean
    assert all(0 <= one.unbeaten <= 1 for one in found.settings)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_how_each_setting_differs_from_the_arm_as_it_stands(street: str, lang: str) -> None:
    found = search(street, "manual", over=OVER, outcomes=("share_within_24h",), trials=8, replications=1, held_out=3)
    writer = SearchWriter(found, lang)
    first, *rest = writer.outcome("share_within_24h").rows
    assert first[0] in ("as it stands", "现状") and first[3:] == ("", "")
    assert len(rest) == len(found.settings) - 1 >= 1
    for at, (row, one) in enumerate(zip(rest, found.settings[1:], strict=True), start=1):
        difference = one.differences["share_within_24h"]
        shown = writer.both("share_within_24h", difference.together or difference)
        assert row[0] == str(at) and row[3:] == (shown, writer.writer.verdict(difference))
        told = one.to_json()["differences"]["share_within_24h"]
        assert told["verdict"] == difference.verdict and told["mean"] == difference.mean
    scale = writer.writer.scale("share_within_24h")
    for row, one in zip((first, *rest), found.settings, strict=True):  # a mean has no more digits than its interval
        assert row[1] == writer.spread(one.estimates["share_within_24h"], scale)
    assert [row[1] for row in list(writer.sheets())[-1].rows] == [f"{one.unbeaten:.0%}" for one in found.settings]


def test_what_an_outcome_misleads_without_is_shown_and_not_searched(
    street: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = metric_book()
    share = replace(book["share_within_24h"], beside=("tickets", "paid_hours", "group_events"))
    monkeypatch.setattr("twin.runs.search.metric_book", lambda: {**book, "share_within_24h": share})
    found = search(street, "manual", over=OVER, outcomes=("share_within_24h",), trials=3, replications=1, held_out=2)
    assert found.outcomes == ("share_within_24h",)
    for one in found.settings:
        assert set(one.beside) == set(one.to_json()["beside"]) == {"paid_hours"}, "what is undefined has no mean"
    sheet = SearchWriter(found, "en").beside(["paid_hours"])
    assert sheet in list(SearchWriter(found, "en").sheets()) and len(sheet.rows) == len(found.settings)
    assert run(load(street), ["manual"], 2, found.held_out[0]).estimates["manual"]["paid_hours"].mean == (
        found.settings[0].beside["paid_hours"].mean)  # fmt: skip


def test_a_misspelt_rule_is_reported_once_and_where_it_was_asked_for(street: str) -> None:
    with pytest.raises(InputError) as raised:
        search(street, "manual", over={"rules.no_such.then.x": ("1", "3")}, outcomes=("paid_hours",), trials=6,
               replications=1)  # fmt: skip
    (complaint,) = raised.value.complaints
    assert (complaint.code, str(complaint.place)) == ("S168", "<--over>:1:1")


@pytest.mark.slow
def test_a_search_resumed_and_one_in_two_processes_are_the_same(
    street: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"over": OVER, "outcomes": ("share_within_24h",), "trials": 9, "replications": 1, "held_out": 2}
    alone = search(street, "manual", **asked, means=Means())
    kept = search(street, "manual", **asked, means=Means(out=tmp_path / "out", jobs=2))
    again = search(street, "manual", **asked, means=Means(out=tmp_path / "out"))
    assert alone.to_json() == kept.to_json() == again.to_json()
    sessions = json.loads((tmp_path / "out" / "provenance.json").read_text("utf-8"))["sessions"]
    assert sessions[0]["computed_runs"] == alone.runs and sessions[1]["computed_runs"] == 0
    capsys.readouterr()
    main(["runs", "digest", str(tmp_path / "out")])
    assert len(capsys.readouterr().out.strip()) == 64


@pytest.mark.parametrize(("over", "goals", "code"), [
    ({"seed": ("1", "2")}, ("share_within_24h",), "R254"),
    ({}, ("share_within_24h",), "R269"),
    (OVER, ("no_such",), "R259"),
    (OVER, ("tickets",), "R259"),
])  # fmt: skip
def test_the_seed_is_never_searched_and_wrong_questions_are_refused(
    street: str, over: dict, goals: tuple[str, ...], code: str
) -> None:
    with pytest.raises(InputError) as raised:
        search(street, over=over, outcomes=goals)
    assert raised.value.complaints[0].code == code


@pytest.mark.parametrize(("words", "said"), [
    (["--held-out", "0"], "error[R268]: `--held-out 0` asks for too few\nhint: --held-out is at least 2"),
    (["--held-out", "1"], "error[R268]: `--held-out 1` asks"),
    (["--trials", "0"], "error[R268]: `--trials 0` asks for too few\nhint: --trials is at least 2"),
    (["--trials", "1"], "error[R268]: `--trials 1` asks"),
])  # fmt: skip
def test_what_is_below_the_least_is_refused_by_its_name(
    street: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["search", street, "--over", "desk.travel_minutes=6,12", *words, "--lang", "en"])
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_without_axes_it_hints_at_what_a_search_uses(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(street).write_text(STREET + "uncertainties: {desk.travel_minutes: [6, 12]}\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["search", street, "--lang", "en"])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "error[R269]: there is nothing to search over" in said
    assert "--over" in said and "`levers:`" in said and "uncertainties" not in said and "`sweep:`" not in said


@pytest.mark.parametrize(("text", "shown"), [
    ("22.3259589", "22.33"), ("3.43124452e-05", "3.431e-05"), ("14.85123 /day", "14.85 /day"), ("6", "6"),
    ("1234567.8", "1235000"), ("0.2999996", "0.3"), ("instant", "instant"), ("on", "on"), ("[1, 2]", "[1, 2]"),
])  # fmt: skip
def test_settings_are_shown_with_few_digits(text: str, shown: str) -> None:
    assert rounded(text) == shown


def test_settings_are_numbered_and_the_file_keeps_their_text(street: str) -> None:
    found = as_found(street, GOALS)
    sheet = next(SearchWriter(found, "en").sheets())
    assert sheet.head == ("setting", "desk.travel_minutes", "desk.dispatch")
    assert sheet.rows == (("1", "1.429", "instant"), ("2", "2.857", "instant"), ("3", "4.286", "instant"))
    assert found.to_json()["front"][0]["set"] == ["desk.travel_minutes=1.4285714285714286", "desk.dispatch=instant"]
    assert found.to_json()["axes"] == ["desk.travel_minutes", "desk.dispatch"]


@pytest.mark.parametrize(("lang", "shown"), [("en", "96.7 (82.3 to 100.0)"), ("zh", "96.7 (82.3 至 100.0)")])
def test_an_interval_that_is_cut_has_a_word_between_its_ends(street: str, lang: str, shown: str) -> None:
    writer = SearchWriter(as_found(street, GOALS), lang)
    assert writer.spread(estimate([0.9, 1.0, 1.0]), Scale(100.0, "%", (0.0, 1.0))) == shown


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("goals", "panels"), [
    (GOALS[:1], 1), (GOALS, 1), ((*GOALS, "hours_to_close_mean"), 3),
    ((*GOALS, "hours_to_close_mean", "cost_yuan"), 3),
])  # fmt: skip
def test_the_figure_has_a_panel_for_each_pair_and_says_which_way_is_better(
    street: str, goals: tuple[str, ...], panels: int, lang: str
) -> None:
    writer = SearchWriter(as_found(street, goals), lang)
    figure = draw_search(writer)
    assert figure is not None
    drawn = [axes for axes in figure.axes if axes.axison]
    assert len(drawn) == panels
    better = {"en": "(higher is better)", "zh": "（越高越好）"}[lang]
    assert drawn[0].get_xlabel() == f"{writer.writer.labelled('share_within_24h')}\n{better}"
    if len(goals) > 1:
        assert {text.get_text() for text in drawn[0].texts} == {"1", "2", "3"}


def test_the_figure_shows_means_intervals_and_the_search_and_marks_the_arm_as_it_stands(street: str) -> None:
    found = as_found(street, GOALS)
    (axes,) = (draw_search(SearchWriter(found, "en")) or pytest.fail()).axes
    assert axes.get_ylabel().endswith("\n(lower is better)")
    places = {(line.get_marker(), *line.get_xdata(), *line.get_ydata()) for line in axes.lines}
    for at, one in enumerate(found.settings):
        share, paid = (one.estimates[name] for name in GOALS)
        mark = "o" if at else "s"
        assert (mark, share.mean * 100, paid.mean) in places
        assert (mark, one.trained[GOALS[0]] * 100, one.trained[GOALS[1]]) in places
        assert ("None", share.ci95[0] * 100, share.ci95[1] * 100, paid.mean, paid.mean) in places
        assert ("None", share.mean * 100, share.mean * 100, *paid.ci95) in places


def test_settings_that_lie_on_each_other_share_a_label(street: str) -> None:
    found = as_found(street, GOALS)
    same = replace(found, settings=(*found.settings[:3], found.settings[2]))
    (axes,) = (draw_search(SearchWriter(same, "en")) or pytest.fail()).axes
    assert [text.get_text() for text in axes.texts] == ["1", "2, 3"]


def test_where_nothing_was_found_there_is_a_page_without_a_figure(street: str) -> None:
    written: dict[str, str | bytes] = {}
    folder = SimpleNamespace(write=written.__setitem__)
    publish_search(as_found(street, GOALS, shown=0), folder, "en")  # type: ignore[arg-type]
    assert list(written) == ["summary.html"] and "as it stands" in str(written["summary.html"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_folder_has_a_page_in_the_language_asked_for_and_the_figure(
    street: str, tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["search", street, "--arm", "manual", "--over", "desk.dispatch=batch,instant", "--trials", "4", "-n", "2",
             "--held-out", "3", "--metric", "share_within_24h", "--out", str(out), "--lang", lang]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr()
    assert str(out / "summary.html") in said.err
    assert {path.name for path in (out / "figures").iterdir()} == {"front-en.png", "front-zh.png"}
    page = (out / "summary.html").read_text("utf-8")
    assert f'<html lang="{lang}">' in page and "data:image/svg+xml;base64," in page
    for text in ("which the search has not seen", "seeds 1 to 2 in the search, 3 to 5 held out", "1 至 2，留出 3 至 5"):
        assert text in page
    kept = {path: path.read_bytes() for path in (out / "summary.html", out / "figures" / "front-en.png")}
    assert main(words) == 0 and all(path.read_bytes() == held for path, held in kept.items())
    assert main(["runs", "rm", str(out), "--yes"]) == 0 and not out.exists(), "all files are known to be its own"
