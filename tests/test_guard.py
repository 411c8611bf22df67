"""The guard: same digits, same within a margin, laws and claims; its verdicts, files and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.test_sharing import STREET
from twin.cli.app import main
from twin.errors import InputError
from twin.runs.baselines import read_baseline, rounded, write_baseline
from twin.runs.experiment import run
from twin.runs.guard import FALSE_ALARMS, judged, read_claims
from twin.scenario.load import load

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
    assert code == 0 and {one["about"] for one in told["findings"]} == {"manual.placebo", "smart.placebo"}
    (tmp_path / "a.claims.yaml").write_text(CLAIMS, "utf-8")
    code, told = found(capsys, "a.claims.yaml")
    assert (code, [one["verdict"] for one in told["findings"]]) == (1, ["same", "drift"])
    assert [one["line"] for one in told["findings"]] == [5, 6]


@pytest.mark.parametrize("wrong", ["is: faster", "compare: [smart]", "by_at_least: much", "outcome: 3"])
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


def verdicts(change: float, spread: float, level: float, seeds: int = 40) -> list[str]:
    """What the guard says of 400 builds that differ from a mean of 100 by so much, with a margin of 2.5."""
    noise = np.random.default_rng(5)
    was = noise.normal(100, 20, (400, seeds))
    now = was + change + noise.normal(0, spread, was.shape)
    return [judged(one, other, 2.5, level).verdict for one, other in zip(was.tolist(), now.tolist(), strict=True)]


def test_false_alarms_are_rare_and_a_drift_of_five_per_cent_is_found() -> None:
    level = FALSE_ALARMS / 12  # six outcomes at two looks
    assert verdicts(0.0, 2.0, level).count("drift") == 0
    assert verdicts(2.5, 2.0, level).count("drift") <= 400 * FALSE_ALARMS  # at the margin itself, the worst case
    assert verdicts(0.0, 2.0, level).count("same") > 360
    assert verdicts(5.0, 2.0, level).count("drift") > 360
    assert set(verdicts(0.0, 30.0, level)) == {"undecided"}


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
    (tmp_path / "street.claims.yaml").write_text(CLAIMS, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "twin.report.pytest_claims", "-c", os.devnull, "--rootdir",
               str(tmp_path), "-q", "-rf", str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ROOT})
    assert done.returncode == 1 and "1 failed, 1 passed" in done.stdout, done.stdout
    assert "higher than manual by 1: drift" in done.stdout
