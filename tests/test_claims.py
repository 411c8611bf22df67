"""The page of claims says what its stored results say, by the rule that it states."""

from __future__ import annotations

import hashlib
import re

import pytest

from benchmarks.claims import (
    NOTHING_LEFT,
    PAGE,
    ROOT,
    STORE,
    VERDICTS,
    Effect,
    Key,
    ablated,
    by_mean,
    effect,
    gone,
    measure,
    page,
    scenarios,
    stored,
    there,
    verdict,
    wanted,
)
from benchmarks.claims_ablations import ABLATIONS
from benchmarks.claims_said import CLAIMS, UNFIT

CHEAP = {"ppp", "funding_mix", "improvement_fund", "barrier_free", "plan_compare"}


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


IDS = {"B06", "C04", "C05", "C07", "C09", "C10", "C11", "C12", "G01", "G02", "G03", "G04", "G06", "G09", "H03"}
EXACT = {"C04", "C05", "C07", "C09", "C11", "C12", "G03", "G04", "G09"}  # nothing at all is left of these


@pytest.mark.parametrize("one", ABLATIONS, ids=lambda one: one.id)
def test_an_effect_is_there_and_gone_without_what_it_comes_from(one):
    found, left = ablated(stored()[0], one)
    assert there(found) and gone(left, found)
    if one.id in EXACT:
        assert (left.mean, left.low, left.high) == (0, 0, 0)
    assert f"| `{one.id}` | {one.title.en} {one.title.zh} |" in PAGE.read_text("utf-8")


def test_every_id_has_an_ablation_and_none_is_left():
    assert {one.id for one in ABLATIONS} >= IDS
    assert "not gone" not in PAGE.read_text("utf-8")


@pytest.mark.parametrize("one", [one for one in ABLATIONS if one.scenario in CHEAP], ids=lambda one: one.id)
def test_the_effect_and_its_ablation_come_out_again(one):
    keys = [Key(one.scenario, arm, sets, seed) for seed in range(1, one.replications + 1)
            for arm, sets in ((one.base, one.sets), (one.option, one.sets), (one.cut, one.all_cut))]  # fmt: skip
    again = {key: measure(key, {one.metric}) for key in keys}
    assert ablated(again, one) == ablated(stored()[0], one)


def test_what_counts_as_gone():
    whole = Effect(-2.0, -2.5, -1.5)
    assert there(whole) and not there(Effect(-2.0, -4.5, 0.5)) and not there(None)
    assert gone(Effect(-0.1, -0.3, 0.1), whole) and gone(Effect(0.3, 0.2, 0.4), whole)
    assert gone(Effect(-2 * NOTHING_LEFT / 3, -0.02, -0.01), whole)
    assert not gone(Effect(-0.5, -0.6, -0.4), whole) and not gone(None, whole)


def test_the_page_is_reached_by_a_target():
    assert "\nclaims:" in (ROOT / "Makefile").read_text("utf-8")
