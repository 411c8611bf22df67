"""Policy search: it finds what is known to be best, on seeds it has not seen, the same however it is computed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.test_sharing import STREET
from twin.cli.app import main
from twin.errors import InputError
from twin.report.search_text import SearchWriter
from twin.runs.experiment import Means, metric_book, run
from twin.runs.search import _front, search
from twin.scenario.load import load

OVER = {"desk.travel_minutes": {"low": "6", "high": "60"}, "desk.dispatch": ("batch", "instant")}
GOALS = ("share_within_24h", "paid_hours")


@pytest.fixture
def street(tmp_path: Path) -> str:
    (tmp_path / "street.yaml").write_text(STREET, "utf-8")
    return str(tmp_path / "street.yaml")


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
    for row, one in zip(rest, found.settings[1:], strict=True):
        difference = one.differences["share_within_24h"]
        shown = writer.both("share_within_24h", difference.together or difference)
        assert row[0] == ", ".join(one.sets) and row[3:] == (shown, writer.writer.verdict(difference))
        told = one.to_json()["differences"]["share_within_24h"]
        assert told["verdict"] == difference.verdict and told["mean"] == difference.mean
    scale = writer.writer.scale("share_within_24h")
    for row, one in zip((first, *rest), found.settings, strict=True):  # a mean has no more digits than its interval
        assert row[1] == writer.writer.spread(one.estimates["share_within_24h"], scale)
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
    ({}, ("share_within_24h",), "R255"),
    (OVER, ("no_such",), "R259"),
    (OVER, ("tickets",), "R259"),
])  # fmt: skip
def test_the_seed_is_never_searched_and_wrong_questions_are_refused(
    street: str, over: dict, goals: tuple[str, ...], code: str
) -> None:
    with pytest.raises(InputError) as raised:
        search(street, over=over, outcomes=goals)
    assert raised.value.complaints[0].code == code
