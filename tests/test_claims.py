"""The page of claims says what its stored results say, by the rule that it states."""

from __future__ import annotations

import hashlib
import re

import pytest

from benchmarks.claims import (
    PAGE,
    ROOT,
    STORE,
    VERDICTS,
    Effect,
    by_mean,
    effect,
    measure,
    page,
    scenarios,
    stored,
    verdict,
    wanted,
)
from benchmarks.claims_said import CLAIMS, UNFIT


def test_the_page_is_that_of_the_stored_results():
    assert PAGE.read_text("utf-8") == page(stored()[0]), "run `make claims`"
    assert hashlib.sha256(STORE.read_bytes()).hexdigest() in PAGE.read_text("utf-8")


def test_the_stored_results_are_of_the_scenarios_as_they_are_and_complete():
    runs, digests = stored()
    assert digests == scenarios(), "a scenario has changed since: run `make claims`"
    assert set(runs) == set(wanted())
    assert all(metrics <= set(runs[key]) for key, metrics in wanted().items())


def test_every_seed_figure_has_a_verdict_and_what_was_fitted_is_never_reproduced():
    text = PAGE.read_text("utf-8")
    for one in ("B01", "C02", "C06", "C08", "G01", "H01"):
        assert re.search(rf"^\| {one} \|", text, re.MULTILINE), one
    fitted = [row for row in text.splitlines() if row.startswith("| ") and "living.base" in row]
    assert fitted and not any("reproduced" in row or "复现" in row for row in fitted)


def test_every_verdict_is_in_both_languages():
    text = PAGE.read_text("utf-8")
    english = re.findall(r"^\| \w\d\d \| [^\n]*\| \*\*([a-z ]+)\*\* \|$", text, re.MULTILINE)
    chinese = re.findall(r"^\| \w\d\d \| [^\n*]*\| (\w+) \|$", text, re.MULTILINE)
    assert [VERDICTS[word] for word in english] == chinese
    assert len(english) == len(CLAIMS) + len(UNFIT)


@pytest.mark.parametrize(
    ("mean", "low", "high", "said"),
    [
        (0.30, 0.25, 0.35, "reproduced"),
        (0.24, 0.20, 0.28, "reproduced"),  # the interval meets 0.8 of the claim
        (0.10, 0.05, 0.15, "partly"),
        (0.60, 0.50, 0.70, "partly"),  # beyond 1.25 of the claim
        (0.10, -0.05, 0.25, "not reproduced"),  # the interval holds 0
        (0.02, 0.01, 0.03, "not reproduced"),  # less than a tenth
        (-0.30, -0.35, -0.25, "not reproduced"),  # the other way
    ],
)
def test_the_rule(mean, low, high, said):
    assert verdict(Effect(mean, low, high), 0.30) == said
    assert verdict(Effect(-mean, -high, -low), -0.30) == said


def test_a_figure_that_is_undefined_is_not_reproduced():
    assert verdict(None, 0.3) == by_mean(None, 0.3) == "not reproduced"


def test_an_effect_is_paired_and_may_be_relative_to_the_first_arm():
    found = effect([10.0, 20.0], [5.0, 10.0], relative=True)
    assert found.mean == pytest.approx(-0.5) and found.low < -0.5 < found.high
    assert effect([1.0, 2.0], [2.0, 3.0], relative=False) == Effect(1.0, 1.0, 1.0)
    assert effect([0.0, 0.0], [1.0, 2.0], relative=True) is None
    assert effect([], [1.0], relative=False) is None


def test_a_quick_run_gives_what_is_stored():
    """All others are measured again by `make test-all`."""
    _again(["mini_program"], seeds=(1,))


@pytest.mark.slow
def test_all_runs_give_what_is_stored():
    _again(sorted(scenarios()))


def _again(names, seeds=()):
    runs = stored()[0]
    for key, metrics in wanted().items():
        if key.scenario in names and (not seeds or (key.seed in seeds and not key.sets)):
            assert measure(key, metrics) == pytest.approx(runs[key], rel=1e-9), key


def test_the_page_is_reached_by_a_target():
    assert "\nclaims:" in (ROOT / "Makefile").read_text("utf-8")
