"""Rule sets in scenarios: found, laid under an arm's own settings, asked day by day, kept with the run, explained."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from twin.cli.app import main
from twin.errors import InputError, render
from twin.runs.experiment import Means, run, simulate
from twin.runs.explaining import explain_ticket
from twin.scenario.load import load
from twin.scenario.resolved import Scenario

SCENARIO = """\
version: 1
days: 20
run_on_days: 5
start: 2025-01-06
population: {residents: 60, grids: 1, places: 0}
hotline: {source: poisson, reports_per_day: 6 /day}
mechanisms: {incidents: off, reporting: off, recomplaints: off}
desk: {dispatch: instant, intake_calendar: 24x7, misroute_chance: 0}
arms:
"""
ROSTER = """\
ruleset: office
---
rule: roster
then:
  desk.teams.posts.workers: 3
  desk.teams.posts.calendar: 7x12
  desk.triage_minutes: 30 min
  desk.limit_hours: [1, 2, 3, 4]
  desk.preempt: on
"""


def scenario(folder: Path, arms: str, head: str = "", **rules: str) -> Path:
    """A scenario file with its rule sets beside it, as a planner keeps them."""
    (folder / "rules").mkdir(exist_ok=True)
    for name, text in rules.items():
        (folder / "rules" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "scenarios").mkdir(exist_ok=True)
    file = folder / "scenarios" / "here.yaml"
    file.write_text(SCENARIO.replace("arms:\n", head + "arms:\n") + arms, encoding="utf-8")
    return file


def complaints(file: Path, *sets: str) -> list[str]:
    """The codes of what is wrong with a scenario."""
    with pytest.raises(InputError) as caught:
        load(file, sets=sets)
    render(caught.value, "zh")
    return [one.code for one in caught.value.complaints]


# -- levers for a whole run


def test_a_rule_set_is_settings_that_an_arm_may_override(tmp_path: Path) -> None:
    arms = "  one: {rules: office}\n  two: {rules: [office], desk: {triage_minutes: 5}}\n  three: {like: one}\n"
    file = scenario(tmp_path, arms + "  four: {}\n", "rules: []\n", office=ROSTER)
    found = load(file)
    desks = {name: arm.blocks["desk"] for name, arm in found.arms.items()}
    assert (desks["one"].teams["posts"].workers, desks["one"].teams["posts"].calendar) == (3, "7x12")
    assert desks["one"].limit_hours == (1.0, 2.0, 3.0, 4.0)
    assert desks["one"].preempt is True
    assert [desks[name].triage_minutes for name in ("one", "two", "three", "four")] == [30, 5, 30, 0]
    assert found.origin("arms.one.desk.triage_minutes") == f"{tmp_path / 'rules' / 'office.yaml'}:7"
    assert found.arms["one"] == found.arms["three"].__class__(**{**vars(found.arms["three"]), "name": "one",
                                                                 "title": found.arms["one"].title})  # fmt: skip


def test_what_is_set_comes_last(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  one: {rules: office}\n", office=ROSTER)
    assert load(file, sets=["desk.triage_minutes=7"]).arms["one"].blocks["desk"].triage_minutes == 7
    found = load(file, sets=["rules.roster.then.desk.triage_minutes=9 min"])
    assert found.arms["one"].blocks["desk"].triage_minutes == 9
    assert found.digest != load(file).digest
    again = load(file, sets=["rules.roster.then.desk.triage_minutes=30 min"])
    assert again.arms["one"].rules == load(file).arms["one"].rules  # what it says is the same


def test_a_policy_is_what_it_says_not_how(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  one: {rules: office}\n", office=ROSTER)
    before = load(file).digest
    scenario(tmp_path, "  one: {rules: office}\n", office="# a remark\n" + ROSTER.replace("30 min", "0.5 h"))
    assert load(file).digest == before
    scenario(tmp_path, "  one: {rules: office}\n", office=ROSTER.replace("30 min", "31 min"))
    assert load(file).digest != before


def test_what_is_wrong_with_rules_is_said_at_its_place(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  one: {rules: offise}\n", office=ROSTER)
    assert complaints(file) == ["S160"]
    file = scenario(tmp_path, "  one: {rules: office}\n", office=ROSTER.replace("triage_minutes", "triage_minute"))
    assert complaints(file) == ["E110"]
    file = scenario(tmp_path, "  one: {rules: office}\n", office=ROSTER)
    assert complaints(file, "rules.roster.then.desk.triage=1 min") == ["E621"]
    file = scenario(tmp_path, "  one: {}\n", office=ROSTER)
    assert complaints(file, "rules.roster.then.desk.triage_minutes=1 min") == ["S168"]
    when = ROSTER.replace("then:\n  desk.teams", "when: backlog > 3\nthen:\n  desk.teams")
    file = scenario(tmp_path, "  one: {rules: office}\n", office=when)
    assert set(complaints(file)) == {"S166"}  # a roster is laid out once
    cold = "rule: r\nwhen: weather_alert >= orange\nthen: {desk.triage_minutes: 5 min}\n"
    file = scenario(tmp_path, "  one: {rules: office}\n", office=cold)
    assert complaints(file) == ["S162"]


def test_rule_sets_that_exclude_each_other_are_not_put_together(tmp_path: Path) -> None:
    texts = {name: ROSTER.replace("ruleset: office", f"ruleset: {name}\nalternative_to: staffing")
             for name in ("few", "many")}  # fmt: skip
    file = scenario(tmp_path, "  one: {rules: [few, many]}\n", **texts)
    assert complaints(file) == ["S169"]
    assert load(scenario(tmp_path, "  one: {rules: few}\n  two: {rules: many}\n", **texts)).arms


# -- levers day by day

WEEKEND = """\
rule: weekend
priority: 2
when: weekday >= 6
then: {desk.triage_minutes: 60 min}
---
rule: crowded
priority: 1
when: backlog > 1000
then: {desk.triage_minutes: 600 min}
---
rule: later
from: 2025-01-20
then: {satisfaction.informed_share: 1}
"""


def triage(file: Path, days: int = 20) -> list[float]:
    """The triage minutes in force on each day, and on the last the share that is informed."""
    from twin.scenario.build import engine_for

    engine = engine_for(load(file), "one", 1)
    found = []
    for _ in range(days):
        engine.step()
        found.append(engine.world.levers["desk"].triage_minutes)
    return [*found, engine.world.levers["satisfaction"].informed_share]


def test_levers_move_with_the_day_and_go_back(tmp_path: Path) -> None:
    found = triage(scenario(tmp_path, "  one: {rules: office}\n", office=WEEKEND))
    weekend = [(dt.date(2025, 1, 6) + dt.timedelta(days=day)).isoweekday() >= 6 for day in range(20)]
    assert found[:-1] == [60.0 if one else 0.0 for one in weekend]
    assert found[-1] == 1.0


def test_the_desk_follows(tmp_path: Path) -> None:
    file = scenario(tmp_path, "  one: {rules: office}\n  two: {}\n", office=WEEKEND)
    one, two = (simulate(load(file), arm, 1).world.tickets for arm in ("one", "two"))
    late = one.dispatched - two.dispatched
    day = (one.accepted // 1440).astype(int)
    free = np.array([(dt.date(2025, 1, 6) + dt.timedelta(days=int(each))).isoweekday() >= 6 for each in day])
    assert late[free] == pytest.approx(60.0)
    assert late[~free] == pytest.approx(0.0)
    assert free.any() and not free.all()


def test_rules_that_never_speak_change_nothing(tmp_path: Path) -> None:
    never = WEEKEND.replace("weekday >= 6", "backlog > 5000").replace("2025-01-20", "2026-01-20")
    file = scenario(tmp_path, "  one: {rules: office}\n  two: {}\n", office=never)
    found = run(load(file), replications=2)
    assert found.values["one"] == found.values["two"]


def test_every_rule_of_levers_has_its_card() -> None:
    from twin.core.mechanism import card_of
    from twin.policy import policy_of_day

    assert {"What it does", "Why", "Leaves out", "Ablation"} <= card_of(policy_of_day.__doc__ or "").keys()


# -- decisions are kept

ORDERS = """\
table: urgent_kinds
applies_to: ticket
inputs: {severity: {int: 1..5}}
outputs: {priority: {int: 0..3}}
rows:
  - {severity: ">= 4", priority: 1}
  - {severity: "< 4", priority: 2}
---
rule: supervise
applies_to: ticket
evaluated: each_hour
when: open_time > 3 h
then: {level: street}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder whose rule file has been edited since."""
    folder = tmp_path_factory.mktemp("kept")
    file = scenario(folder, "  plain: {}\n  one: {rules: office}\n", office=ORDERS)
    found = load(file)
    run(found, replications=2, means=Means(out=folder / "out"))
    (folder / "digest").write_text(found.digest)
    other = ORDERS.replace(">= 4", ">= 2").replace("< 4", "< 2")
    scenario(folder, "  plain: {}\n  one: {rules: office}\n", office=other)
    return folder / "out"


def test_a_ticket_is_explained_by_the_rules_as_they_were(kept: Path) -> None:
    from twin.runs.store import read_rows

    tickets = read_rows(kept / "tables" / "tickets-one.parquet", None, seed=1)
    for number in range(0, len(tickets["seed"]), 5):
        found = explain_ticket(kept, number)
        assert (found.arm, found.seed) == ("one", 1)
        first = found.decisions[0].explanation
        grave = tickets["severity"][number] >= 4
        assert first.outputs == {"priority": "1" if grave else "2"}
        assert tickets["desk_class"][number] == (1 if grave else 2)
        assert first.row == (1 if grave else 2)
        assert first.place.line == (6 if grave else 7)
        assert [one.name for one in first.nearest[:1]] == [] or first.nearest
        levels = [one.moment for one in found.decisions[1:]]
        waited = tickets["done"][number] - tickets["created"][number]
        assert levels == (["hour"] if waited > 4 * 60 else levels)


def test_a_run_folder_loads_with_its_own_rules(kept: Path) -> None:
    held: Scenario = load(kept / "scenario.yaml")
    assert held.digest == (kept.parent / "digest").read_text()
    assert held.digest != load(kept.parent / "scenarios" / "here.yaml").digest


def test_asking_wrongly_is_answered(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"R271": (kept, "99999"), "R272": (kept, "1", "--seed", "77"), "R270": (kept.parent, "1")}
    for code, (folder, *rest) in wrong.items():
        with pytest.raises(SystemExit) as caught:
            main(["explain", str(folder), "ticket", *rest])
        assert caught.value.code == 2
        assert code in capsys.readouterr().err
    assert main(["explain", str(kept), "ticket", "1", "--arm", "plain", "--lang", "zh"]) == 0
    assert "没有针对工单的规则" in capsys.readouterr().out
    assert main(["explain", str(kept), "ticket", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "twin.explain/1"
    assert said["decisions"][0]["name"] == "urgent_kinds"


def test_rules_are_found_from_inside_the_folder_of_the_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parent.parent / "scenarios")
    assert load("mediation.yaml").arms["one_stop"].policy is not None
