"""The life of a dispute of a stored run: every dispute can be told, and what is told adds up to what was measured."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.cli.app import main
from twin.report.dispute_text import dispute_lines
from twin.runs.dispute_lives import Dispute, Lives
from twin.runs.experiment import Means, run
from twin.scenario.load import load

RULES = """ruleset: seats
---
rule: apart
then: {mediation.one_stop: off, mediation.hand_off_days: 3 days}
---
rule: screens
when: backlog <= 1 and weekday <= 5
then: {mediation.online: on}
---
table: seats
applies_to: ticket
inputs: {category: {enum: ticket_category}}
outputs: {team: {enum: [posts, mediators]}}
rows: |
  | id    | category            | team      |
  | table | low, mid, top       | mediators |
  | house | not (low, mid, top) | posts     |
"""
SCENARIO = """version: 1
days: 240
run_on_days: 20
start: 2025-01-06
replications: 2
primary: [settled_of_contacts]
population: {residents: 200, grids: 1, places: 0}
mechanisms: {incidents: off, reporting: off}
disputes: {followed: on, scale: 12}
agreements: {break_per_month: 0.2 /month}
stages: {up_per_day: 0.08 /day}
mediation: {offered: on, categories: [low, mid, top], contact_per_day: 0.03 /day, agree_chance: 0.7}
categories:
  noise: {share: 1, priority: 2}
  low: {share: 0, priority: 2}
  mid: {share: 0, priority: 2}
  top: {share: 0, priority: 2}
desk:
  teams: {posts: {workers: 1, calendar: 7x12}, mediators: {workers: 1, calendar: 5x8}}
  services: {low: {law: fixed, mean_hours: 2}, mid: {law: fixed, mean_hours: 2}, top: {law: fixed, mean_hours: 2}}
  dispatch: instant
arms:
  nobody: {mediation: {offered: off}}
  seated: {rules: seats}
  quiet: {disputes: {followed: off}}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feud")
    (folder / "rules").mkdir()
    (folder / "rules" / "seats.yaml").write_text(RULES, encoding="utf-8")
    (folder / "feud.yaml").write_text(SCENARIO, encoding="utf-8")
    run(load(folder / "feud.yaml"), replications=2, means=Means(out=folder / "out"))
    (folder / "rules" / "seats.yaml").unlink()
    return folder / "out"


@pytest.fixture(scope="module")
def lives(kept: Path) -> list[Dispute]:
    found = Lives.opened(kept)
    return [found.of(number) for number in range(len(found))]


def test_what_is_told_of_all_disputes_is_what_was_measured(kept: Path, lives: list[Dispute]) -> None:
    found = Counter(name for one in lives for name in {event.name for event in one.events})
    measured = json.loads((kept / "summary.json").read_text("utf-8"))["arms"]["seated"]
    counts = {"contact": "contacts", "seated": "agreed_cases", "session": "session_cases", "settled": "settled_cases",
              "kept": "kept_cases", "petition": "petitions"}  # fmt: skip
    assert {name: found[name] for name in counts} == {name: measured[m]["values"][0] for name, m in counts.items()}
    assert found["contact"] == found["seated"] + found["refused"]
    assert min(found[name] for name in ("handed_on", "gave_up", "broken", "faded", "session")) > 0
    assert {one.arm for one in lives} == {"seated"}, "the first arm in which somebody mediates"


def test_a_session_settles_where_enough_is_left_and_only_there(lives: list[Dispute]) -> None:
    whys = Counter()
    for one in lives:
        sessions = [event.values for event in one.events if event.name == "session"]
        settled = any(event.name == "settled" for event in one.events)
        assert [said["number"] for said in sessions] == list(range(1, len(sessions) + 1))
        assert [said["settled"] for said in sessions] == [False] * (len(sessions) - settled) + [True] * settled
        for said in sessions:
            whys[said["why"]] += 1
            assert said["settled"] == (1 - said["plaintiff_thinks"] - said["respondent_thinks"] >= said["needed"])
            assert said["asked"] <= said["began"] < said["ended"] and said["waited_days"] >= 0
    assert set(whys) == {"enough", "errors", "too_little"}


def test_stages_go_step_by_step_from_the_first(lives: list[Dispute]) -> None:
    for one in lives:
        steps = [event.values for event in one.events if event.name in ("stage", "faded")]
        assert all(abs(said["stage"] - said["before"]) == 1 for said in steps)
        assert [said["before"] for said in steps] == [1, *(said["stage"] for said in steps)][: len(steps)]


def test_who_gave_what_adds_up_and_a_quiet_hour_lies_between_two_wishes(lives: list[Dispute]) -> None:
    agreed = [(one.cause, event.values) for one in lives for event in one.events if event.name == "settled"]
    for cause, said in agreed:
        assert said["plaintiff_share"] + said["respondent_share"] == pytest.approx(1)
        assert ("clause" in said) == (cause != "works")
        if "stake_yuan" in said:
            assert said["respondent_yuan"] == pytest.approx(said["stake_yuan"] * said["plaintiff_share"], abs=0.0051)
            assert said["respondent_yuan"] + said["plaintiff_yuan"] == pytest.approx(said["stake_yuan"])
        if cause == "parking":
            assert said["nights"] == round(7 * said["plaintiff_share"]) == 7 - said["plaintiff_gave_nights"]
        if cause == "pets":
            assert said["part"] == pytest.approx(0.5 + 0.5 * said["plaintiff_share"])
        if cause == "noise":
            assert said["plaintiff_gave_hours"] + said["respondent_gave_hours"] == pytest.approx(3)
            assert said["hour"] == pytest.approx(24 - 3 * said["plaintiff_share"])
    assert {cause for cause, _ in agreed} >= {"noise", "pets", "parking", "leaks", "fees"}


def test_a_relapse_leads_to_the_next_dispute_and_back(lives: list[Dispute]) -> None:
    broken = {one.number: event.values["again"] for one in lives for event in one.events if event.name == "broken"}
    for parent, child in broken.items():
        assert lives[child].events[0].values["parent"] == parent
        assert (lives[child].plaintiff, lives[child].respondent) == (lives[parent].plaintiff, lives[parent].respondent)


def test_the_rules_that_sent_it_there_are_told_as_they_were(lives: list[Dispute]) -> None:
    screens = 0
    for one in lives:
        on_screen = [event.values["online"] for event in one.events if event.name == "contact"]
        named = [rule.name for ruled in one.ruled[:1] for rule in ruled.rules]
        assert named == (["apart", "screens"] if on_screen else [])
        for ruled in one.ruled[:1]:
            said = ruled.rules[1].outputs
            assert said.get("mediation.online") == ("true" if said else None)
            assert said or not any(on_screen), "nobody meets online where the rule did not say so"
            screens += bool(said)
        tickets = [event.values["ticket"] for event in one.events if event.name == "session"]
        assert list(one.orders) == tickets
        for decided in one.orders.values():
            assert [(each.explanation.name, each.explanation.outputs) for each in decided] == [
                ("seats", {"team": "mediators"})
            ]
    assert 0 < screens < sum(bool(one.ruled) for one in lives), "the rule that goes by the backlog held now and then"


def test_who_never_asked_is_not_told_that_the_arm_has_no_rules(kept: Path, lives: list[Dispute]) -> None:
    unruled = [one for one in lives if not one.ruled and not one.orders]
    assert unruled and all(one.has_rules for one in lives)
    for one in unruled:
        asked = any(event.name == "contact" for event in one.events)
        last = dispute_lines(one, "en")[-1]
        assert last.startswith("no rule of this arm decided" if asked else "nobody brought it to the mediators")
    assert not all(any(event.name == "contact" for event in one.events) for one in unruled)
    bare = replace(next(one for one in lives if one.orders), ruled=(), orders={}, has_rules=False)
    assert dispute_lines(bare, "en")[-1].startswith("no rule of this arm speaks of mediation")
    assert not Lives.opened(kept, "nobody").of(0).has_rules


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_session_over_night_ends_on_a_date(lives: list[Dispute], lang: str) -> None:
    one, event = next((one, event) for one in lives for event in one.events if event.name == "session")
    began = event.values["began"]
    for hours, told in ((2, "%H:%M"), (20, "%m-%d %H:%M")):
        ended = began.replace(hour=9) + dt.timedelta(hours=hours)
        said = replace(event, values={**event.values, "began": began.replace(hour=9), "ended": ended})
        line = "\n".join(dispute_lines(replace(one, events=(said,)), lang))
        between = {"en": " to ", "zh": " 至 "}[lang]
        assert f"{began:%m-%d} 09:00{between}{ended.strftime(told)}" in line


def test_nothing_is_told_of_stages_after_the_agreement(lives: list[Dispute]) -> None:
    ends = [[event.name for event in one.events] for one in lives]
    settled = [names[names.index("settled") :] for names in ends if "settled" in names]
    assert settled and not any({"stage", "faded"} & set(names) for names in settled)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_life_can_be_told_in_both_languages(lives: list[Dispute], lang: str) -> None:
    for one in lives:
        lines = dispute_lines(one, lang)
        assert len(lines) > len(one.events) and not any("{" in line for line in lines)
        json.dumps(one.to_json(), allow_nan=False)


def test_asking_wrongly_is_answered(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"R297": (kept, "99999"), "R272": (kept, "1", "--seed", "77"), "R270": (kept.parent, "1"),
             "R298": (kept, "1", "--arm", "quiet"), "S110": (kept, "1", "--arm", "sated"),
             "R224": (kept, "one")}  # fmt: skip
    for code, (folder, *rest) in wrong.items():
        for lang in ("en", "zh"):
            with pytest.raises(SystemExit) as caught:
                main(["explain", str(folder), "dispute", *rest, "--lang", lang])
            assert caught.value.code == 2
            assert code in capsys.readouterr().err
    assert main(["explain", str(kept), "dispute", "3", "--arm", "nobody", "--seed", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["arm"], said["seed"], said["dispute"]) == ("twin.explain/1", "nobody", 2, 3)
    assert said["life"][0]["event"] == "began" and said["rules"] == []


@pytest.fixture(scope="module")
def part(kept: Path) -> Path:
    """A run of two of the arms only: in neither of them does anybody mediate, the first has no disputes."""
    (kept.parent / "rules" / "seats.yaml").write_text(RULES, encoding="utf-8")
    scenario = load(kept.parent / "feud.yaml")
    run(scenario, arms=["nobody", "quiet"], replications=1, means=Means(out=kept.parent / "part"))
    return kept.parent / "part"


def test_an_arm_that_was_not_run_is_neither_taken_nor_said_to_have_no_disputes(
    part: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(part), "dispute", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["arm"] == "nobody", "the scenario's first that mediates was not run"
    for what in ("dispute", "ticket"):
        with pytest.raises(SystemExit) as caught:
            main(["explain", str(part), what, "1", "--arm", "seated"])
        said = capsys.readouterr().err
        assert caught.value.code == 2 and "R299" in said and "known: nobody, quiet" in said
    with pytest.raises(SystemExit):
        main(["explain", str(part), "ticket", "1"])
    assert "R267" in capsys.readouterr().err, "nobody reports anything there, and there are no sessions"


@pytest.mark.parametrize(
    ("cause", "en", "zh"),
    [
        ("parking", "keeps off the plaintiff's space on ", "晚不占申请方车位"),
        ("leaks", "of a repair of 3000.00 yuan the respondent pays ", "维修费 3000.00 元，对方承担 "),
        ("fees", "of 1500.00 yuan of fees the firm gives back ", "争议物业费 1500.00 元，物业公司退还 "),
        ("pets", "the plaintiff wanted all, the respondent offered 50%", "申请方要求全部，对方只愿 50%"),
    ],
)
def test_what_was_agreed_is_told_in_words(lives: list[Dispute], cause: str, en: str, zh: str) -> None:
    one = next(one for one in lives if one.cause == cause and any(event.name == "settled" for event in one.events))
    assert en in "\n".join(dispute_lines(one, "en")) and zh in "\n".join(dispute_lines(one, "zh"))


def test_an_agreement_without_a_clause_is_told_without_one(lives: list[Dispute], kept: Path) -> None:
    held, none = Lives.opened(kept), {"clause_hour": np.inf, "clause_part": 0.0, "owed_fen": 0}
    bare = {name: np.full_like(column, none[name]) if name in none else column
            for name, column in held.disputes.items()}  # fmt: skip
    of_old = {name: column for name, column in bare.items() if name not in ("clause_part", "owed_fen")}
    settled = {one.cause: one.number for one in lives if held.disputes["settled_on"][one.number] >= 0}
    for number in settled.values():
        for disputes in (bare, of_old):
            [said] = [one for one in replace(held, disputes=disputes).of(number).events if one.name == "settled"]
            assert "clause" not in said.values and said.values["plaintiff_share"] >= 0
