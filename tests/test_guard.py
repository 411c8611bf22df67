"""The guard: same digits, same within a margin, laws and claims; its verdicts, files and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.test_sharing import STREET
from twin.cli import console
from twin.cli.app import main
from twin.errors import InputError
from twin.report import guard_text
from twin.runs import laws
from twin.runs.baselines import accept, of_experiment, read_baseline, rounded, signature, write_baseline
from twin.runs.claims import check_claims, read_claims
from twin.runs.compare import estimate, widened
from twin.runs.experiment import Experiment, Means, run
from twin.runs.guard import FALSE_ALARMS, Finding, judged, level_of, looked_at, scatters, seeds_needed
from twin.runs.skewed import ALLOWANCE, CHANCE, ENOUGH, Pairs, deciding, seeds_for
from twin.scenario.load import Scenario, load

ROOT = str(Path(__file__).resolve().parent.parent)

CLAIMS = """
scenario: street.yaml
replications: 4
claims:
  - {compare: [smart, manual], outcome: paid_hours, is: lower, by_at_least: -1}
  - {compare: [smart, manual], outcome: paid_hours, is: higher, by_at_least: 1}
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TWIN_LANG", "en")
    (tmp_path / "street.yaml").write_text(STREET, "utf-8")
    monkeypatch.chdir(tmp_path)


def twin(*words: str) -> int:
    try:
        return main(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)


def found(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict]:
    capsys.readouterr()
    code = twin("check", *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_baseline_is_missing_accepted_kept_and_drifts(capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, "street.yaml")[0] == 5
    assert twin("baseline", "accept", "street.yaml") == 2
    assert "error[R281]" in capsys.readouterr().err
    assert twin("baseline", "accept", "street.yaml", "--reason", "the first one") == 0
    code, told = found(capsys)
    assert (code, [one["verdict"] for one in told["findings"]]) == (0, ["same"])

    file = Path("outputs/baselines/street.yaml")
    baseline = read_baseline(file)
    assert baseline is not None and baseline.accepted[0]["why"] == "the first one"
    name = min(baseline.values["smart"])
    moved = tuple(None if one is None else one * 1.2 + 1 for one in baseline.values["smart"][name])
    values = {**baseline.values, "smart": {**baseline.values["smart"], name: moved}}
    write_baseline(type(baseline)(**{**vars(baseline), "values": values}))
    code, told = found(capsys, "street.yaml")
    assert code == 1
    (finding,) = told["findings"]
    assert finding["about"] == f"smart.{name}" and finding["verdict"] == "drift"
    assert file.read_text("utf-8").splitlines()[finding["line"] - 1].startswith(f"    {name}: ")

    assert twin("check", "street.yaml", "--junit", "out.xml", "--github") == 1
    assert f"::error file=outputs/baselines/street.yaml,line={finding['line']}" in capsys.readouterr().out
    suite = ElementTree.parse("out.xml").getroot()
    assert suite.get("failures") == "1" and suite.find("testcase/failure").get("type") == "drift"

    assert twin("baseline", "accept", "street.yaml", "--metric", name, "--reason", "on purpose") == 0
    capsys.readouterr()
    assert found(capsys, "street.yaml")[0] == 0


def test_results_of_another_version_have_no_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    twin("baseline", "accept", "street.yaml", "--reason", "first")
    file = Path("outputs/baselines/street.yaml")
    text = file.read_text("utf-8")
    file.write_text(text.replace("results_version: ", "results_version: 1"), "utf-8")
    assert twin("check", "street.yaml") == 0  # the same digits are the same, whatever was raised
    file.write_text(text.replace("results_version: ", "results_version: 1").replace(": [", ": [1"), "utf-8")
    capsys.readouterr()
    assert found(capsys, "street.yaml")[0] == 5


def test_laws_hold_and_so_does_what_planners_expect(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told = found(capsys, "street.yaml", "--tier", "invariants")
    assert code == 0 and [one["about"] for one in told["findings"]] == [
        "manual.placebo", "smart.placebo", "arms.order", "reports.none", "days.more", "workers.more"]  # fmt: skip
    (tmp_path / "a.claims.yaml").write_text(CLAIMS, "utf-8")
    code, told = found(capsys, "a.claims.yaml")
    assert (code, [one["verdict"] for one in told["findings"]]) == (1, ["same", "drift"])
    assert [one["line"] for one in told["findings"]] == [5, 6]


def test_a_law_that_is_broken_on_purpose_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lived, team = laws._lived, laws.Team
    with monkeypatch.context() as patch:  # posts that stand in each other's way
        patch.setattr(laws, "Team", lambda posts, calendar: team(posts, calendar, skill=1 / posts))
        assert laws._more_posts("street.yaml") == ("workers.more", [f"{posts} posts" for posts in laws.POSTS[1:]])
    with monkeypatch.context() as patch:  # the past knows the horizon
        patch.setattr(laws, "_lived", lambda path, days, sets=(): lived(path, days, [*sets, f"seed={days}"]))
        name, faults = laws._longer("street.yaml") or ("", [])
        assert name == "days.more" and "tickets" in faults
    with monkeypatch.context() as patch:  # somebody reports all the same
        patch.setattr(laws, "_lived", lambda path, days, sets=(): lived(path, days))
        name, faults = laws._nobody_reports("street.yaml")
        assert name == "reports.none" and faults[0].endswith(" tickets")


def test_arms_that_know_of_each_other_are_told_from_a_placebo_that_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    measured, moved = laws.run, {}

    def meddled(scenario: Scenario, arms: Sequence[str] | None, *rest: object) -> Experiment:
        found = measured(scenario, arms, *rest)
        values = {arm: {**one, "paid_hours": moved["by"](found, arm)} for arm, one in found.values.items()}
        return replace(found, values=values)

    def broken() -> dict[str, list[str]]:
        return {law: list(faults) for law, faults in laws._placebo_and_order("street.yaml", Means()) if faults}

    monkeypatch.setattr(laws, "run", meddled)
    moved["by"] = lambda found, arm: (float(found.arms.index(arm)),)
    assert broken() == {"arms.order": ["manual.paid_hours", "smart.paid_hours"]}
    moved["by"] = lambda found, arm: (float("placebo" in found.scenario.arms[arm].off),)
    assert broken() == {"manual.placebo": ["paid_hours"], "smart.placebo": ["paid_hours"]}


def shifted(*names: str, by: float = 1.0, arm: str | None = None) -> None:
    """Move the values that the baseline holds of these metrics, and take away an arm."""
    baseline = read_baseline(Path("outputs/baselines/street.yaml"))
    assert baseline is not None
    values = {
        one: {name: tuple(value + by if value is not None and name in names else value for value in known)
              for name, known in found.items()}
        for one, found in baseline.values.items() if one != arm
    }  # fmt: skip
    write_baseline(replace(baseline, values=values))


@pytest.mark.slow
def test_digits_that_equivalence_forgives_are_told_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    twin("baseline", "accept", "street.yaml", "-n", "3", "--reason", "first")
    shifted("paid_hours", by=100.0)
    shifted("satisfied_share_true", by=1e-5)
    assert found(capsys, "street.yaml")[0] == 1
    code, told = found(capsys, "street.yaml", "--tier", "all")
    changed = told["findings"][0]
    assert (code, changed["verdict"], changed["differ"]) == (0, "changed", 4)
    assert changed["moved"] == ["manual.paid_hours", "smart.paid_hours"]
    said = "exact: digits differ in 4 values; only primary outcomes were judged; moved by more than their margin: "
    assert twin("check", "street.yaml", "--tier", "all", "--junit", "out.xml") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Guard: other digits") and said in shown
    suite = ElementTree.parse("out.xml").getroot()
    assert suite.get("failures") == "0" and said in (suite.findtext("testcase/system-out") or "")
    assert twin("check", "street.yaml", "--tier", "all", "--github") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("::warning file=outputs/baselines/street.yaml") and said in shown


@pytest.mark.slow
def test_a_tier_asked_for_beside_another_is_not_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    twin("baseline", "accept", "street.yaml", "--reason", "first")
    capsys.readouterr()
    tiers = {}
    for asked in (("exact",), ("invariants",), ("exact", "invariants"), ("invariants", "exact")):
        words = [word for one in asked for word in ("--tier", one)]
        code, told = found(capsys, "street.yaml", *words)
        tiers[asked] = {one["tier"] for one in told["findings"]}
        assert code == 0
    assert tiers["exact",] != tiers["invariants",]
    assert tiers["exact", "invariants"] == tiers["invariants", "exact"] == tiers["exact",] | tiers["invariants",]


def test_an_arm_that_came_is_a_drift_that_nothing_forgives(capsys: pytest.CaptureFixture[str]) -> None:
    twin("baseline", "accept", "street.yaml", "-n", "2", "--reason", "first")
    shifted(arm="smart")
    code, told = found(capsys, "street.yaml", "--tier", "all")
    assert code == 1 and [one["about"] for one in told["findings"] if one["verdict"] == "drift"] == ["smart"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_of_the_guard_breaks_no_word(capsys: pytest.CaptureFixture[str], lang: str) -> None:
    names = ["smart_office_intake.hours_to_close_mean", "manual.share_within_24h"]
    findings = [Finding("equivalence", "undecided", "scenarios/dispatch_boston.yaml", name, 12.5, 13.25, -0.2, 1.75, 80,
                        seeds_needed=1250) for name in names]  # fmt: skip
    console.show(guard_text.sheet(findings, lang))
    shown = capsys.readouterr().out
    assert all(name in shown for name in (*names, "scenarios/dispatch_boston.yaml", "-0.2 .. +1.75"))
    assert max(map(len, shown.splitlines())) <= console.PIPE_WIDTH
    console.show(guard_text.sheet([Finding("exact", "same", "a.yaml", "all", seeds=1)], lang))
    assert guard_text.TIERS["exact"][lang] in capsys.readouterr().out
    assert len(guard_text.sheet([Finding("exact", "same", "a.yaml", "all", seeds=1)], lang).head) == 5


def program(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    file.chmod(0o755)


@pytest.mark.parametrize("other", [0, 1], ids=["another Python is there", "none is"])
def test_ci_fails_at_once_where_there_is_no_baseline(tmp_path: Path, other: int) -> None:
    for folder in ("repo/.ci", "repo/outputs/baselines", "bin", "repo/.venv/bin", "repo/.venv-other/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(f"{ROOT}/.ci/run", tmp_path / "repo/.ci/run")
    program(tmp_path / "bin/make", 'echo "made $1"\n[ "$1" != guard ] || exit 7')
    for folder in (".venv", ".venv-other"):
        program(tmp_path / "repo" / folder / "bin/python", "")
    for name in ("python3.13", "python3.12"):
        program(tmp_path / "bin" / name, f"exit {other}")
    asked = {"args": ["bash", str(tmp_path / "repo/.ci/run")], "capture_output": True, "text": True,
             "env": {**os.environ, "PYENV_ROOT": str(tmp_path),
                     "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}}  # fmt: skip
    (tmp_path / "repo/outputs/baselines/a.claims.yaml").write_text("claims are no baseline", "utf-8")
    done = subprocess.run(**asked, check=False)  # type: ignore[call-overload]
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    (tmp_path / "repo/outputs/baselines/a.yaml").write_text("", "utf-8")
    done = subprocess.run(**asked, check=False)  # type: ignore[call-overload]
    made = [line for line in done.stdout.splitlines() if line.startswith("made ")]
    assert (done.returncode, made[-2:]) == (7, ["made test", "made guard"]), "the guard's verdict is that of CI"


WRONG = ["is: faster", "compare: [smart]", "compare: [smart, smart]", "by_at_least: much", "outcome: 3",
         "confidence: 95", "confidence: 0.2", "confidence: 1"]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_claim_that_cannot_be_read_is_shown_where_it_stands(wrong: str, tmp_path: Path) -> None:
    key = wrong.partition(":")[0]
    said = {"compare": "[smart, manual]", "outcome": "paid_hours", "is": "lower", key: wrong.partition(": ")[2]}
    line = ", ".join(f"{name}: {value}" for name, value in said.items())
    file = tmp_path / "b.claims.yaml"
    file.write_text(f"scenario: street.yaml\nclaims:\n  - {{{line}}}\n", "utf-8")
    with pytest.raises(InputError) as raised:
        read_claims(file)
    (complaint,) = raised.value.complaints
    assert complaint.code == "R283" and complaint.values["key"] == key and complaint.place.line == 3


def faults_of(text: str) -> list[tuple[str, int, int, str | None]]:
    """Return code, line, column and suggestion of everything that is wrong with a file of claims."""
    file = Path("c.claims.yaml")
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as raised:
        check_claims(read_claims(file), Means())
    return [(one.code, one.place.line, one.place.col, one.values.get("suggestion"))
            for one in raised.value.complaints if one.place]  # fmt: skip


def test_a_misspelt_key_is_refused_where_it_stands_and_nothing_passes_in_silence() -> None:
    claim = "{compare: [smart, manual], outcome: paid_hours, is: lower, by_atleast: 500}"
    assert faults_of(f"scenario: street.yaml\nclaims:\n  - {claim}\n") == [("S101", 3, 64, "by_at_least")]
    good = claim.replace("by_atleast: 500", "by_at_least: -1")
    head = "scenario: street.yaml\nreplicatons: 9\nreplications: 2.9\n"
    assert faults_of(f"{head}claims: [{good}]\n") == [("S101", 2, 1, "replications"), ("R283", 3, 15, None)]
    assert faults_of("scenario: street.yaml\nclaims: []\n") == [("R283", 2, 9, None)]
    assert faults_of(f"scenario: none.yaml\nclaims: [{good}]\n") == [("Y023", 1, 11, None)]
    Path("c.claims.yaml").write_text(f"scenario: street.yaml\nclaims: [{claim}]\n", "utf-8")
    assert twin("check", "c.claims.yaml") == 2


def test_unknown_arms_and_metrics_of_claims_are_shown_where_they_are_named() -> None:
    text = "scenario: street.yaml\nclaims:\n  - {compare: [smart, manuel], outcome: paid_ours, is: lower}\n"
    assert faults_of(text) == [("S110", 3, 23, "manual"), ("R259", 3, 41, "paid_hours")]


def test_two_scenarios_of_one_file_name_do_not_share_a_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    Path("g").mkdir()
    Path("g/street.yaml").write_text(STREET.replace("6 /day", "7 /day"), "utf-8")
    words = ("baseline", "accept", "-n", "1", "--reason", "first")
    assert twin(*words, "street.yaml", "g/street.yaml") == 2
    assert not Path("outputs/baselines/street.yaml").exists()
    assert twin(*words, "street.yaml") == 0
    held = Path("outputs/baselines/street.yaml").read_bytes()
    for asked in ((*words, "g/street.yaml"), ("check", "g/street.yaml"), ("baseline", "diff", "g/street.yaml")):
        capsys.readouterr()
        assert twin(*asked) == 2
        assert "error[R263]" in capsys.readouterr().err
    assert Path("outputs/baselines/street.yaml").read_bytes() == held
    assert twin("check", str(Path("street.yaml").resolve())) == 0, "the same file by another path"
    assert twin(*words, "g/street.yaml", "--baselines", "elsewhere") == 0
    Path("street.yaml").unlink()
    assert twin(*words, "g/street.yaml") == 0, "a scenario that moved takes its baseline along"


def test_a_file_that_is_not_there_is_said_not_to_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("check", "g/none.yaml", "street.yaml") == 2
    assert "error[Y001]: `g/none.yaml` was not found" in capsys.readouterr().err


def test_single_metrics_are_known_and_leave_the_version_of_all_others_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("baseline", "accept", "street.yaml", "-n", "1", "--reason", "x")
    assert twin(*words) == 0
    file = Path("outputs/baselines/street.yaml")
    held = file.read_text("utf-8")
    assert twin(*words, "--metric", "no_such_metric") == 2
    assert "error[R259]" in capsys.readouterr().err and file.read_text("utf-8") == held
    file.write_text(held.replace("results_version: ", "results_version: 1"), "utf-8")
    older = file.read_text("utf-8")
    assert twin(*words, "--metric", "paid_hours") == 2
    assert "error[R282]" in capsys.readouterr().err and file.read_text("utf-8") == older


def test_a_metric_that_no_arm_has_cannot_be_accepted_alone() -> None:
    made = of_experiment(run(load("street.yaml"), None, 1), "street.yaml", Path("held.yaml"))
    values = {arm: {"paid_hours": found["paid_hours"]} for arm, found in made.values.items()}
    lacking = type(made)(**{**vars(made), "values": values})
    assert accept(made, lacking, "x", ["paid_hours"]).accepted[0]["metrics"] == ["paid_hours"]
    with pytest.raises(InputError) as raised:
        accept(made, lacking, "x", ["paid_hours", "hours_to_close_mean"])
    assert [one.values["metric"] for one in raised.value.complaints] == ["hours_to_close_mean"]


def test_an_acceptance_is_signed_with_author_and_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CI", raising=False)
    for key in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(key, "somebody")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert signature(tmp_path) == {"by": "somebody"}
    for ask in (["init", "-q"], ["config", "user.name", "Li Hua"], ["config", "user.email", "li@example.org"],
                ["add", "street.yaml"], ["commit", "-qm", "first"]):  # fmt: skip
        subprocess.run(["git", *ask], cwd=tmp_path, check=True)
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True)
    signed = {"by": "Li Hua", "commit": asked.stdout.strip()}
    assert signature(tmp_path) == signed
    Path("street.yaml").write_text(STREET + "\n", "utf-8")
    assert signature(tmp_path) == {**signed, "changed": True}
    assert twin("baseline", "accept", "street.yaml", "-n", "1", "--reason", "x") == 0
    baseline = read_baseline(Path("outputs/baselines/street.yaml"))
    assert baseline is not None and baseline.accepted[0].items() >= {**signed, "changed": True, "why": "x"}.items()
    monkeypatch.setenv("CI", "true")
    assert signature(tmp_path) == {"commit": signed["commit"], "changed": True}


def at_the_edge(level: float, seeds: int = 40) -> tuple[float, ...]:
    """Values that differ from 100 so that the interval of confidence 1 - level just reaches the margin of 2.5."""
    spread = np.resize([1.0, -1.0], seeds)
    return tuple(100 + 2.5 - Pairs.of(spread.tolist()).interval(1 - level)[0] + spread)


@pytest.mark.parametrize(
    ("scenarios", "values", "seeds"), [(1, 1, 81), (1, 1, 80), (1, 6, 80), (5, 1, 80), (9, 12, 160)]
)
def test_the_chance_of_a_false_alarm_is_shared_among_values_and_scenarios(
    scenarios: int, values: int, seeds: int
) -> None:
    keys = [("arm", str(number)) for number in range(values)]
    held, margins = dict.fromkeys(keys, (100.0,) * seeds), dict.fromkeys(keys, 2.5)
    for off, verdict in ((0.999, "undecided"), (1.001, "drift")):
        level = FALSE_ALARMS / (scenarios * values) / off
        now = at_the_edge(level, seeds)
        undecided = tuple(np.resize([150.0, 50.0], seeds))

        def measure(count: int, now: tuple[float, ...] = now, wide: tuple[float, ...] = undecided) -> dict:
            return dict.fromkeys(keys, now[:count] if count == seeds else wide[:count])

        found = looked_at(held, margins, measure, scenarios)
        assert {one.verdict for one in found.values()} == {verdict}


def test_every_scenario_of_a_build_counts_when_false_alarms_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("lane.yaml").write_text(STREET.replace("name: street", "name: lane"), "utf-8")
    assert twin("baseline", "accept", "street.yaml", "lane.yaml", "-n", "2", "--reason", "first") == 0
    shared: list[int] = []
    monkeypatch.setattr("twin.runs.guard.looked_at", lambda *words: shared.append(words[3]) or {})
    assert twin("check", "street.yaml", "lane.yaml", "--tier", "equivalence") == 0
    assert twin("check", "lane.yaml", "--tier", "equivalence") == 0
    assert shared == [2, 2, 1]


def verdicts(change: float, spread: float, level: float, seeds: int = ENOUGH) -> list[str]:
    """What the guard says of 400 builds that differ from a mean of 100 by so much, with a margin of 2.5."""
    noise = np.random.default_rng(5)
    was = noise.normal(100, 20, (400, seeds))
    now = was + change + noise.normal(0, spread, was.shape)
    return [judged(one, other, 2.5, level).verdict for one, other in zip(was.tolist(), now.tolist(), strict=True)]


def test_false_alarms_are_rare_and_a_drift_of_five_per_cent_is_found() -> None:
    level = FALSE_ALARMS / 12
    assert verdicts(0.0, 2.0, level).count("drift") == 0
    assert verdicts(2.5, 2.0, level).count("drift") <= 400 * FALSE_ALARMS  # no change is nearer to a drift
    assert verdicts(0.0, 2.0, level).count("same") > 360
    assert verdicts(5.0, 2.0, level).count("drift") > 360
    assert set(verdicts(0.0, 30.0, level)) == {"undecided"}


def test_an_interval_calls_a_drift_at_the_last_look_only() -> None:
    counts: list[int] = []
    held, margins = {("arm", "plain"): tuple(np.arange(80.0) + 1000)}, {("arm", "plain"): 25.0}

    def measure(count: int, by: float = 100.0) -> dict:
        counts.append(count)
        return {key: tuple(one + by + at % 2 for at, one in enumerate(values[:count])) for key, values in held.items()}

    assert looked_at(held, margins, measure)["arm", "plain"].verdict == "drift" and counts == [20, 40, 80]
    counts.clear()
    assert looked_at(held, margins, lambda count: measure(count, 0.0))["arm", "plain"].verdict == "same"
    assert counts == [20]
    gone = looked_at(held, margins, lambda count: dict.fromkeys(held, (None,) * count))["arm", "plain"]
    assert (gone.verdict, gone.seeds) == ("drift", 20), "what went is no chance"


def test_few_pairs_call_a_drift_beyond_twice_the_margin_only() -> None:
    """Of them an interval is too short by no one knows how much; what is far off is a drift all the same."""

    def verdict(seeds: int, change: float) -> str:
        now = 100 + change + np.resize([1.0, -1.0], seeds)
        return judged((100.0,) * seeds, now.tolist(), 2.5, level_of(12)).verdict

    for seeds, near in ((20, "undecided"), (ENOUGH - 1, "undecided"), (ENOUGH, "drift")):
        assert [verdict(seeds, change) for change in (0.0, 4.5, 9.0)] == ["same", near, "drift"], seeds


def skewed_pairs(rows: int, seeds: int, skewness: float) -> np.ndarray:
    """Changes of mean 0 and standard deviation 1 with a long tail on the right."""
    shape = 4 / skewness**2
    return (np.random.default_rng(3).standard_gamma(shape, (rows, seeds)) - shape) / np.sqrt(shape)


def test_skewed_pairs_raise_no_more_alarms_than_promised_where_student_would() -> None:
    change = skewed_pairs(4000, ENOUGH, 2.0)
    level, student, own = 0.005, 0, 0
    for row in change.tolist():
        student += widened(estimate(row), len(row), 1 - level)[1] < 0
        own += judged((100.0,) * ENOUGH, [100 - 2.5 + one for one in row], 2.5, level).verdict == "drift"
    assert student / 4000 > 2 * level, "or the test shows nothing"
    assert own / 4000 <= level


def test_an_interval_of_skewed_pairs_undoes_halls_cubic_and_is_never_narrower_than_students() -> None:
    for row in (*skewed_pairs(5, 30, 1.5).tolist(), [1.0, 2.0, 4.0], [1.0, 2.0]):
        pairs = Pairs.of(row)
        low, high = pairs.interval(0.9999)
        narrow = widened(estimate(row), len(row), 0.9999)
        error, count = pairs.scatter / np.sqrt(len(row)), len(row)
        quantile = (narrow[1] - pairs.mean) / error
        assert low <= narrow[0] + 1e-9 and high >= narrow[1] - 1e-9
        for end, side in ((low, 1), (high, -1)):
            t = (pairs.mean - end) / error
            skewness = ALLOWANCE * pairs.skewness - side * CHANCE * np.sqrt(6 / count)
            bend = skewness / 3 / np.sqrt(count)
            cubic = t + bend * t**2 + bend**2 * t**3 / 3 + skewness / 6 / np.sqrt(count)
            assert np.isclose(cubic, side * quantile) or np.isclose(t, side * quantile)
    assert np.isclose(Pairs.of([1.0, 2.0, 4.0]).skewness, 0.93522), "the adjusted one, as in spreadsheets"


def test_the_seeds_that_are_asked_for_find_the_drift() -> None:
    level = level_of(120)
    assert [seeds_for(one, 2.5, 1 - level) for one in (1, 4)] == [24, 82]
    seeds = seeds_for(4.0, 2.5, 1 - level)
    assert seeds is not None and 0.85 < verdicts(5.0, 4.0, level, seeds).count("drift") / 400 < 0.95
    assert seeds_for(2.5, 0.0, 0.99) is None and seeds_for(0.0, 0.0, 0.99) == 2 and seeds_for(1e6, 1.0, 0.99) is None
    pairs = Pairs(40, 2.0, 4.0, 0.5)
    enough = deciding(pairs, 2.5, 0.999)
    assert enough is not None
    (_, over), (_, within) = pairs.interval(0.999, enough - 1), pairs.interval(0.999, enough)
    assert over > 2.5 >= within


def test_what_is_undecided_asks_for_seeds_by_its_scatter_and_not_by_a_change_near_the_margin() -> None:
    one = Finding("equivalence", "undecided", "", "", 100.0, 102.49, -3.0, 8.0, 40, scatter=4.0, skewness=0.0)
    held, level = (100.0,) * 40, level_of(120)
    assert seeds_needed(one, held, 2.5, level) == seeds_for(4.0, 2.5, 1 - level) == 82
    assert seeds_needed(one, held, 2.5, level / 100) > 82, "the level of the build counts"
    assert seeds_needed(one, (*held[:20], *[None] * 20), 2.5, level) == 164, "half of the seeds give a pair"
    many = replace(one, seeds=100, now=102.0)
    assert seeds_needed(many, (100.0,) * 100, 2.5, level) > 1000, "as many as were asked for: the change decides"
    assert seeds_needed(replace(many, now=102.5), (100.0,) * 100, 2.5, level) is None
    assert seeds_needed(replace(one, scatter=0.1), (100.0,) * 40, 2.5, level / 100) is not None
    few = replace(one, seeds=20, scatter=0.5, now=104.0)
    assert seeds_needed(few, (100.0,) * 20, 2.5, level) == ENOUGH
    single = judged((100.0,), (101.0,), 2.5, level)
    assert single.verdict == "undecided" and seeds_needed(single, (100.0,), 2.5, level) == ENOUGH


def held_and_changed(seeds: int) -> None:
    """Accept a baseline, then let the hotline have a few more reports."""
    assert twin("baseline", "accept", "street.yaml", "-n", str(seeds), "--reason", "first") == 0
    Path("street.yaml").write_text(STREET.replace("6 /day", "6.3 /day"), "utf-8")


@pytest.mark.parametrize("seeds", [1, 3])
def test_what_is_undecided_says_everywhere_how_many_seeds_would_decide(
    capsys: pytest.CaptureFixture[str], seeds: int
) -> None:
    held_and_changed(seeds)
    capsys.readouterr()
    words = ("street.yaml", "--tier", "equivalence")
    code, told = found(capsys, *words)
    asked = [one["seeds_needed"] for one in told["findings"]]
    assert code == 3 and len(asked) == 2 and min(asked) >= ENOUGH
    assert seeds > 1 or asked == [ENOUGH, ENOUGH]
    named = "one pair has no interval; at least 80 seeds are needed" if seeds == 1 else f"about {asked[0]} seeds would"
    command = f"twin baseline accept street.yaml -n {asked[0]} --reason TEXT"
    assert twin("check", *words, "--github", "--junit", "out.xml") == 3
    shown = capsys.readouterr().out
    assert named in shown and command in shown and shown.startswith("::warning ")
    suite = ElementTree.parse("out.xml").getroot()
    errors = suite.findall("testcase/error")
    assert (suite.get("errors"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "0")
    assert {one.get("type") for one in errors} == {"undecided"} and command in (errors[0].get("message") or "")
    assert twin("check", *words) == 3
    shown = capsys.readouterr().out
    assert "street.yaml: 2 undecided; " in shown and f"accept street.yaml -n {max(asked)} " in shown
    shutil.move("outputs/baselines", "my baselines")
    assert twin("check", *words, "--baselines", "my baselines") == 3
    assert "--baselines 'my baselines' --reason TEXT" in capsys.readouterr().out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_no_number_of_seeds_decides_is_said_and_a_claim_asks_for_none(lang: str) -> None:
    one = Finding("equivalence", "undecided", "a.yaml", "x", 1.0, 2.0, -9.0, 9.0, 40, "outputs/baselines/a.yaml")
    assert one.to_json()["seeds_needed"] is None
    (line,) = guard_text.notes([one], lang)
    assert "100,000" in line and "accept" not in line
    assert guard_text.sheet([one], lang).rows[0][-1] == "> 100000"
    claim = replace(one, tier="claims")
    assert not guard_text.notes([claim], lang) and "seeds_needed" not in claim.to_json()
    assert "would decide" not in guard_text.said(claim)


def test_an_annotation_names_eight_of_many_metrics_and_the_json_all() -> None:
    names = tuple(f"arm.metric_{at:02}" for at in range(60))
    one = Finding("exact", "changed", "a.yaml", "digits", seeds=3, file="a", differ=70, moved=names)
    (line,) = guard_text.annotations_of([one])
    assert names[7] in line and names[8] not in line and "and 52 more" in line
    assert one.to_json()["moved"] == list(names)
    assert names[8] not in guard_text.junit([one])


def test_an_acceptance_says_how_pairs_scatter_and_how_many_seeds_that_asks_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held_and_changed(1)
    assert "one seed has no scatter" in capsys.readouterr().err
    assert twin("baseline", "accept", "street.yaml", "-n", "3", "--reason", "more") == 0
    assert "seeds: at most, if nothing" in " ".join(capsys.readouterr().out.split())
    Path("street.yaml").write_text(STREET, "utf-8")
    assert twin("baseline", "accept", "street.yaml", "--reason", "back") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "pairs with the older results" in shown and "smart.hours_to_close_mean" in shown


def test_the_scatter_of_pairs_is_that_of_their_changes() -> None:
    scenario = load("street.yaml")
    new = of_experiment(run(scenario, ["manual"], 3), "street.yaml", Path("held.yaml"))
    new = replace(new, values={"manual": {"hours_to_close_mean": (40.0, 44.0, 48.0)}})
    old = replace(new, values={"manual": {"hours_to_close_mean": (40.0, 43.0, 46.0)}})
    (paired,), (alone,), (same,) = (list(scatters(scenario, one, new, 3)) for one in (old, None, new))
    assert (paired.paired, paired.scatter, paired.count) == (True, 1.0, 3)
    assert paired.seeds == max(ENOUGH, seeds_for(1.0, 0.025 * 44, 1 - level_of(3)) or 0)
    assert not alone.paired and np.isclose(alone.scatter, 4 * np.sqrt(2)) and alone == same
    assert alone.seeds is not None and alone.seeds > paired.seeds
    (other,) = scatters(scenario, replace(old, first_seed=9), new)
    assert not other.paired


def test_what_became_defined_or_undefined_is_a_drift_and_the_last_digits_are_not() -> None:
    assert judged((1.0, None), (1.0, 2.0), 1, 0.01).verdict == "drift"
    assert judged((1.0, 3.0), (1.0 + 1e-12, 3.0), 0, 0.01).verdict == "same"


def test_several_scenarios_share_one_gathering_and_remember_what_was_set(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lane.yaml").write_text(STREET.replace("name: street", "name: lane").replace("6 /day", "7 /day"), "utf-8")
    words = ("baseline", "accept", "street.yaml", "lane.yaml", "-n", "1", "--reason", "first")
    assert twin(*words, "--set", "days=5") == 0
    baselines = [read_baseline(Path(f"outputs/baselines/{name}.yaml")) for name in ("street", "lane")]
    assert [one.sets for one in baselines if one] == [("days=5",)] * 2
    alone = run(load("lane.yaml", sets=["days=5"]), None, 1)
    assert baselines[1] is not None
    assert baselines[1].values["smart"] == {name: rounded(one) for name, one in alone.values["smart"].items()}
    capsys.readouterr()
    code, told = found(capsys, "--jobs", "2")
    assert (code, {one["scenario"] for one in told["findings"]}) == (0, {"street.yaml", "lane.yaml"})
    assert twin("baseline", "accept", "lane.yaml", "--reason", "again") == 0
    again = read_baseline(Path("outputs/baselines/lane.yaml"))
    assert again is not None and (again.sets, again.replications, len(again.accepted)) == (("days=5",), 1, 2)


def test_what_planners_expect_is_tested_by_pytest_too(tmp_path: Path) -> None:
    means = {arm: one["utilisation"].mean for arm, one in run(load("street.yaml"), None, 4).estimates.items()}
    saved = means["manual"] - means["smart"]
    open_claim = f"  - {{compare: [smart, manual], outcome: utilisation, is: lower, by_at_least: {saved}}}\n"
    (tmp_path / "street.claims.yaml").write_text(CLAIMS + open_claim, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "twin.report.pytest_claims", "-c", os.devnull, "--rootdir",
               str(tmp_path), "-q", "-rf", str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ROOT})
    assert done.returncode == 1 and "2 failed, 1 passed" in done.stdout, done.stdout
    assert "higher than manual by 1: drift" in done.stdout
    assert f"lower than manual by {saved:g}: undecided" in done.stdout, "what nobody could decide has not been held"


def test_claims_that_are_named_are_held_beside_baselines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("street.claims.yaml").write_text(CLAIMS, "utf-8")
    assert twin("baseline", "accept", "street.yaml", "-n", "1", "--reason", "first") == 0
    capsys.readouterr()
    code, told = found(capsys, "street.yaml", "street.claims.yaml")
    assert code == 1 and {one["tier"] for one in told["findings"]} == {"exact", "claims"}


@pytest.mark.parametrize(
    ("was", "by"),
    [("replications: 2", "replications: two"), ("hours_to_close_mean: [", "hours_to_close_mean: [x, "),
     ("hours_to_close_mean: [", "hours_to_close_mean: [3.5, "), ("results_version: ", "results_version: four # "),
     ("results_version: ", "results_version: 4.5 # "), ("first_seed: ", "first_seed: 1.5 # ")],
)  # fmt: skip
def test_a_baseline_that_was_damaged_is_refused_at_the_place(
    capsys: pytest.CaptureFixture[str], was: str, by: str
) -> None:
    assert twin("baseline", "accept", "street.yaml", "-n", "2", "--reason", "first") == 0
    file = Path("outputs/baselines/street.yaml")
    text = file.read_text("utf-8")
    assert was in text
    file.write_text(text.replace(was, by, 1), "utf-8")
    line = text[: text.index(was)].count("\n") + 1
    capsys.readouterr()
    assert twin("check", "street.yaml") == 2
    said = capsys.readouterr().err
    assert "R280" in said and f"street.yaml:{line}:" in said and "^" in said
