"""Assimilation: a desk that made a log is found again from it, the next weeks are foretold, kept, and scored."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from twin.assimilation.office import Knobs, Office, Requests, done_on
from twin.assimilation.outlook import MEASURES, drawn_counts, outlook
from twin.assimilation.records import file_of, form_of, records_in, scored, write_whole
from twin.assimilation.roster import estimate
from twin.assimilation.shadow import CHECKED, Assimilation, Verdict, assimilate, logged, overlay_of
from twin.calibration.docket import Docket
from twin.cli.app import program
from twin.core.draws import stream_id, uniforms
from twin.desk.settings import Service
from twin.errors import InputError
from twin.logs.account import Account
from twin.logs.forecast import forecast
from twin.logs.mapping import ColumnMap
from twin.logs.read import read_content
from twin.logs.request_log import RequestLog
from twin.logs.scores import BASELINES, OURS, Scores
from twin.logs.weeks import weekly_counts
from twin.report.shadow_text import estimate_lines, verdict_sentence
from twin.scenario.load import load
from twin.scenario.resolved import Scenario

SCENARIO = """
version: 1
name: street
title: {en: A street office, zh: 街道办}
days: 28
start: 2024-01-01
population: {residents: 200, grids: 2}
categories:
  noise: {share: 0.5, priority: 1, title: {en: Noise, zh: 噪声}}
  waste: {share: 0.5, priority: 2, title: {en: Waste, zh: 垃圾}}
desk:
  teams: {street: {workers: 2, calendar: 7x8}}
  intake_calendar: 7x8
  dispatch_calendar: 7x8
  dispatch_times: ["09:00", "13:00"]
  misroute_chance: 0.25
  travel_minutes: 10
  service: {law: lognormal, mean_hours: 1.0, cv: 1.0}
  services: {waste: {law: empirical, sample_hours: [0.5, 1.0, 1.5]}}
arms:
  as_it_is: {}
  better: {desk: {misroute_chance: 0.05}}
"""
TRUTH = Knobs(pace=1.6, misroute=0.1)
MONDAY, WEEKS, LEAD, A_DAY = dt.date(2024, 1, 1), 10, 2, 7
DAY = 1440.0


def luck(name: str, rows: int) -> np.ndarray:
    return uniforms(3, stream_id(f"tests.assimilate.{name}"), 0, np.arange(rows, dtype=np.uint64))


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The scenario as its author believes it to be: work of an hour, a quarter sent astray."""
    path = tmp_path_factory.mktemp("scenario") / "street.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return load(path)


def happened(office: Office) -> list[tuple[float, float, str]]:
    """What the office did with ten weeks of requests, had its knobs been those of the truth: (made, done, title)."""
    rows = A_DAY * 7 * (WEEKS + LEAD)
    created = np.sort(np.floor(luck("day", rows) * 7 * (WEEKS + LEAD)) * DAY + (7 + 15 * luck("minute", rows)) * 60.0)
    category = (luck("kind", rows) < 0.5).astype(np.int64)
    requests = Requests(created, category, np.zeros(rows, np.int64), np.arange(1, rows + 1, dtype=np.uint64))
    begin = MONDAY - dt.timedelta(weeks=LEAD)
    done = done_on(office.lived(TRUTH, requests, begin, (WEEKS + LEAD + 20) * 7 * DAY, 77), rows)
    shift = LEAD * 7 * DAY
    titles = ("噪声", "Waste")  # a log may say either title
    return [
        (made - shift, end - shift, titles[kind])
        for made, end, kind in zip(created.tolist(), done.tolist(), category.tolist(), strict=True)
        if made >= shift
    ]


def export(rows: list[tuple[float, float, str]], until: float = np.inf) -> str:
    """The log of what had happened by a minute."""
    lines = ["created,closed,category"]
    for made, done, title in rows:
        if made < until:
            closed = _stamp(done) if done < until else ""
            lines.append(f"{_stamp(made)},{closed},{title}")
    return "\n".join(lines) + "\n"


def _stamp(minute: float) -> str:
    return (dt.datetime.combine(MONDAY, dt.time()) + dt.timedelta(minutes=minute)).isoformat(timespec="seconds")


def read(text: str) -> tuple[RequestLog, Account]:
    return read_content(text.encode(), "export.csv", ColumnMap())


@pytest.fixture(scope="module")
def past(scenario: Scenario) -> list[tuple[float, float, str]]:
    return happened(Office.of(scenario))


@pytest.fixture(scope="module")
def early(past: list[tuple[float, float, str]]) -> tuple[RequestLog, Account]:
    """The log of the first six weeks, as it was then."""
    return read(export(past, 6 * 7 * DAY))


@pytest.fixture(scope="module")
def late(past: list[tuple[float, float, str]]) -> tuple[RequestLog, Account]:
    """The log of all ten weeks."""
    return read(export(past))


@pytest.fixture(scope="module")
def first(
    scenario: Scenario, early: tuple[RequestLog, Account], tmp_path_factory: pytest.TempPathFactory
) -> Assimilation:
    """The assimilation of the early log, nothing having been foretold before."""
    return assimilate(scenario, *early, tmp_path_factory.mktemp("shadow"))


# -- estimating


def test_the_knobs_that_made_a_log_are_found_again(scenario: Scenario, late: tuple[RequestLog, Account]) -> None:
    office = Office.of(scenario)
    found = estimate(office, office.named(late[0]))
    for knob in ("pace", "misroute"):
        low, _, high = found.spread(knob)
        assert low <= getattr(TRUTH, knob) <= high
    assert found.spread("pace")[0] > 1.0  # the author's hour is ruled out
    assert found.learnt("pace") > 0.5
    assert not found.found.ruled_out
    assert found.against() == []


def test_a_roster_that_cannot_have_made_a_log_is_ruled_out(
    scenario: Scenario, late: tuple[RequestLog, Account]
) -> None:
    office = Office.of(scenario)
    teams = {name: replace(team, calendar="Mon 09:00-11:00") for name, team in office.settings.teams.items()}
    found = estimate(replace(office, settings=replace(office.settings, teams=teams)), office.named(late[0]))
    assert found.found.ruled_out
    assert "ln_median" in found.against()
    assert "arms" not in overlay_of(scenario, office, {}, found, weekly_counts(late[0]))


def test_pace_lengthens_every_law(scenario: Scenario) -> None:
    office = Office.of(scenario)
    turned = office.turned(Knobs(2.0, 0.4))
    assert turned.service == replace(office.settings.service, mean_hours=2.0)
    assert turned.services["waste"].sample_hours == (1.0, 2.0, 3.0)
    assert turned.misroute_chance == 0.4
    assert office.settings.services["waste"].sample_hours == (0.5, 1.0, 1.5)
    assert office.turned(office.knobs()) == office.settings
    assert isinstance(turned.service, Service)


def test_categories_are_known_by_name_by_title_and_by_the_name_of_a_fit(scenario: Scenario) -> None:
    office = Office.of(scenario)
    words = ("noise", "Waste", "噪声", "NOISE", "parks")
    log, _ = read("created,category\n" + "".join(f"2024-01-0{n}T09:00,{word}\n" for n, word in enumerate(words, 1)))
    assert office.category_of(log) == {"noise": "noise", "Waste": "waste", "噪声": "noise", "NOISE": "noise"}
    assert len(office.named(log)) == 4


# -- foretelling


def test_a_member_draws_counts_from_the_forecast(late: tuple[RequestLog, Account]) -> None:
    made = forecast(weekly_counts(late[0], "category"), (1, 2))
    drawn = np.array([drawn_counts(made, seed) for seed in range(400)])
    assert drawn.mean(axis=0) == pytest.approx(made.expected(), rel=0.06)
    low, high = made.band()
    inside = (drawn >= low) & (drawn <= high)
    assert inside.mean(axis=0) == pytest.approx(np.full((2, 2), 0.9), abs=0.06)
    shared = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]
    assert shared == pytest.approx(0.5, abs=0.15)
    assert np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1] == pytest.approx(0.0, abs=0.15)


def test_the_next_weeks_have_what_the_roster_can_do(first: Assimilation) -> None:
    values = first.outlook.values
    assert set(values) == set(MEASURES)
    assert values["requests"].shape == (24, 4)
    assert values["requests"].mean() == pytest.approx(A_DAY * 7, rel=0.2)
    rostered = 2 * 8 * 7
    work = A_DAY * 7 * 1.6  # an hour, times the pace, for each
    busy = values["busy_share"].mean()
    assert busy == pytest.approx((work + A_DAY * 7 / 6) / rostered, rel=0.3)  # and ten minutes of way
    assert (values["p90_hours"] >= values["median_hours"]).all()


def test_more_staff_is_never_foretold_to_be_slower(scenario: Scenario, late: tuple[RequestLog, Account]) -> None:
    office = Office.of(scenario)
    named = office.named(late[0])
    counts = weekly_counts(named, "category")
    teams = {name: replace(team, workers=4) for name, team in office.settings.teams.items()}
    more = replace(office, settings=replace(office.settings, teams=teams))
    found = [outlook(one, [TRUTH] * 4, named, counts, forecast(counts, (1, 2))) for one in (office, more)]
    assert (found[0].values["requests"] == found[1].values["requests"]).all()
    assert (found[1].values["median_hours"] <= found[0].values["median_hours"]).all()
    assert found[1].values["busy_share"].mean() < found[0].values["busy_share"].mean()


def test_files_that_lie_open_are_in_the_backlog(scenario: Scenario, past: list[tuple[float, float, str]]) -> None:
    office = Office.of(scenario)
    named = office.named(read(export(past, 6 * 7 * DAY))[0])
    counts = weekly_counts(named, "category")
    nobody = replace(office, settings=replace(office.settings, intake_calendar="Mon 00:00-00:01"))
    made = forecast(counts, (1,))
    found = outlook(nobody, [TRUTH] * 3, named, counts, made)
    left = int(np.isnat(named.closed).sum())
    assert left > 0
    assert (found.values["backlog"][:, 0] >= found.values["requests"][:, 0]).all()


def test_a_log_without_closings_leaves_the_desk_as_it_is(
    scenario: Scenario, past: list[tuple[float, float, str]], tmp_path: Path
) -> None:
    rows = [(made, np.inf, title) for made, _, title in past]
    found = assimilate(scenario, *read(export(rows, 60 * DAY)), tmp_path)
    assert found.roster is None
    assert "arms" not in found.overlay
    assert "untouched" in "".join(estimate_lines(found, "en"))
    assert found.outlook.band("backlog", 0)[2] < 150  # not all that the log never closed


# -- the overlay


def test_the_overlay_is_a_scenario_with_the_estimates_in_every_arm(first: Assimilation, tmp_path: Path) -> None:
    (tmp_path / "street.yaml").write_text(SCENARIO, encoding="utf-8")
    from twin.core.marked_yaml import write

    (tmp_path / "next.yaml").write_text(write({**first.overlay, "extends": "street.yaml"}), encoding="utf-8")
    found = load(tmp_path / "next.yaml")
    assert found.start == dt.date(2024, 2, 12)
    assert first.roster is not None
    pace, misroute = (first.roster.spread(knob)[1] for knob in ("pace", "misroute"))
    desks = {name: arm.blocks["desk"] for name, arm in found.arms.items()}
    assert desks["as_it_is"].service.mean_hours == pytest.approx(pace, rel=1e-4)
    assert desks["better"].service.mean_hours == desks["as_it_is"].service.mean_hours
    assert desks["as_it_is"].misroute_chance == pytest.approx(misroute, rel=1e-4)
    assert desks["better"].misroute_chance == 0.05  # what a policy changes stays the policy's
    assert desks["as_it_is"].services["waste"].sample_hours == pytest.approx((0.5 * pace, pace, 1.5 * pace), rel=1e-4)
    hotline = found.arms["as_it_is"].blocks["hotline"]
    assert hotline.source == "demand"
    assert hotline.reports_per_day == pytest.approx(A_DAY, rel=0.2)
    assert found.categories["noise"].priority == 1


# -- keeping and scoring


def test_a_record_comes_back_as_it_was_kept(first: Assimilation, tmp_path: Path) -> None:
    path = file_of(tmp_path, first.record.origin)
    write_whole(path, json.dumps(form_of(first.record), ensure_ascii=False))
    assert path.name == "forecast-2024-02-12.json"
    (back,) = records_in(tmp_path)
    assert back.origin == first.record.origin
    assert back.made.names == first.record.made.names
    assert back.made.expected() == pytest.approx(first.record.made.expected(), rel=1e-3)
    assert back.counts.counts.tolist() == first.record.counts.counts.tolist()
    for name, bands in first.record.outlook.items():
        assert np.array(back.outlook[name]) == pytest.approx(np.array(bands), nan_ok=True, rel=1e-6)


def test_a_later_log_scores_what_was_foretold(
    scenario: Scenario, first: Assimilation, late: tuple[RequestLog, Account], tmp_path: Path
) -> None:
    assert first.verdict.word == "nothing_due"
    write_whole(file_of(tmp_path, first.record.origin), json.dumps(form_of(first.record)))
    found = assimilate(scenario, *late, tmp_path)
    scores = found.verdict.scores
    counts = weekly_counts(late[0])
    assert len(scores) == 4 * len(counts.names) == 8
    assert found.verdict.word == "too_few"
    assert found.verdict.forecasts == 1
    at = [counts.names.index(scores.names[series]) for series in scores.series]
    assert scores.observed.tolist() == [int(counts.counts[row, 6 + ahead - 1]) for row, ahead in
                                        zip(at, scores.horizon.tolist(), strict=True)]  # fmt: skip
    assert found.verdict.told["requests"] == found.verdict.told["backlog"] == 4
    assert found.verdict.held["requests"] >= 3
    again = assimilate(scenario, *late, tmp_path)
    assert json.dumps(form_of(again.record)) == json.dumps(form_of(found.record))
    with pytest.raises(InputError) as caught:
        write_whole(file_of(tmp_path, found.record.origin), json.dumps(form_of(found.record)))
        assimilate(scenario, *read(export([(n * DAY, n * DAY + 60.0, "噪声") for n in range(30)])), tmp_path)
    assert [one.code for one in caught.value.complaints] == ["D603"]


@pytest.mark.parametrize(
    ("matched", "backlog", "hours", "word"),
    [(True, 4, 2, "shadow"), (True, 2, 1, "demand"), (True, 2, 2, "shadow"), (False, 4, 4, "demand")],
)
def test_a_shadow_of_requests_is_none_of_a_desk_that_does_not_follow(
    matched: bool, backlog: int, hours: int, word: str
) -> None:
    cells = 40
    same, halves = np.ones(cells, np.int64), np.full(cells, 0.5)
    observed = np.where(np.arange(cells) % 10 > 0, 5, 50)  # nine in ten inside the band
    scores = Scores(("a",), 0 * same, same, same, observed, same, 9 * same, halves, halves,
                    dict.fromkeys((OURS, *BASELINES), halves))  # fmt: skip
    held = {"requests": 4, "backlog": backlog, "median_hours": hours}
    verdict = Verdict(scores, held, dict.fromkeys(CHECKED, 4), 1, matched)
    assert verdict.word == word
    assert verdict_sentence(verdict, "en").startswith("**A shadow")


def test_weeks_that_a_newer_log_does_not_cover_are_not_scored(
    first: Assimilation, late: tuple[RequestLog, Account]
) -> None:
    counts = weekly_counts(late[0])
    newest = weekly_counts(late[0].only(late[0].day >= 8 * 7))  # an export of the last two weeks only
    assert scored([first.record], counts).horizon.tolist() == [1, 2, 3, 4] * 2
    part = scored([first.record], newest)
    assert sorted(set(part.horizon.tolist())) == [3, 4]
    whole = scored([first.record], counts)
    assert part.observed.tolist() == whole.observed[whole.horizon >= 3].tolist()


def test_what_a_log_says_of_a_week_by_hand() -> None:
    begin = 14 * DAY
    created = begin + np.array([-100.0, 10.0, 20.0, 5000.0])
    closed = begin + np.array([50_000.0, 70.0, np.nan, 5600.0])
    docket = Docket("", MONDAY, ("a",), np.zeros(4, np.int64), created, closed, np.full(4, np.nan),
                    np.arange(4, dtype=np.uint64), begin + 40 * DAY)  # fmt: skip
    later = replace(
        docket,
        created=np.append(created, begin + 9 * DAY),
        closed=np.append(closed, np.nan),
        kind=np.zeros(5, np.int64),
        target=np.full(5, np.nan),
        key=np.arange(5, dtype=np.uint64),
    )
    assert logged(later, begin) == {"requests": 3.0, "backlog": 2.0, "median_hours": 10.0}
    assert np.isnan(logged(docket, begin)["requests"])  # the log ends within the week


# -- the command


def test_the_command_keeps_a_page_a_scenario_and_the_forecast(
    past: list[tuple[float, float, str]], tmp_path: Path
) -> None:
    (tmp_path / "street.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "log.csv").write_text(export(past, 6 * 7 * DAY), encoding="utf-8")
    words = ["data", "assimilate", str(tmp_path / "street.yaml"), str(tmp_path / "log.csv"), "--weeks", "2"]
    told = CliRunner().invoke(program, [*words, "--lang", "en"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "A model. No forecast that was made before has come due yet" in told.output
    folder = tmp_path / "street-shadow"
    assert {path.name for path in folder.iterdir()} == {"assimilated.yaml", "shadow.html", "forecast-2024-02-12.json"}
    page = (folder / "shadow.html").read_text(encoding="utf-8")
    assert "data:image/svg+xml" in page and "每周诉求量" in page and "Requests a week" in page
    assert list(load(folder / "assimilated.yaml").arms) == ["as_it_is", "better"]
    before = (folder / "forecast-2024-02-12.json").read_bytes()
    form = json.loads(CliRunner().invoke(program, [*words, "--json"], catch_exceptions=False).stdout)
    assert (form["verdict"], form["origin"], form["ruled_out"]) == ("nothing_due", "2024-02-12", [])
    assert (folder / "forecast-2024-02-12.json").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"log": "created,category\n2024-01-01T09:00,a\n2024-02-01T09:00,b\n"}, "D602"),
        ({"weeks": "40"}, "D605"),
        ({"run": "."}, "D606"),
        ({"kept": "{}"}, "D604"),
    ],
)
def test_what_cannot_be_done_is_said(
    change: dict[str, str], code: str, past: list[tuple[float, float, str]], tmp_path: Path
) -> None:
    (tmp_path / "street.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "log.csv").write_text(change.get("log", export(past[:200])), encoding="utf-8")
    if "kept" in change:
        write_whole(tmp_path / "street-shadow" / "forecast-2020-01-06.json", change["kept"])
    run = tmp_path / change.get("run", "street.yaml")
    words = ["data", "assimilate", str(run), str(tmp_path / "log.csv"), "--weeks", change.get("weeks", "2")]
    told = CliRunner().invoke(program, words)
    assert isinstance(told.exception, InputError)
    assert [one.code for one in told.exception.complaints] == [code]
