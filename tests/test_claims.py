"""The page of claims says what its stored results say, by the rule that it states."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.claims import (
    MOST_LEFT,
    OPEN,
    PAGE,
    ROOT,
    STORE,
    VERDICTS,
    Effect,
    Key,
    ablated,
    effect,
    gone,
    gone_by,
    measure,
    of_few,
    page,
    part_of,
    scenarios,
    stored,
    there,
    verdict,
    wanted,
    what_is_left,
)
from benchmarks.claims_ablations import ABLATIONS
from benchmarks.claims_cuts import CUTS
from benchmarks.claims_runs import content, last_day_on_site, made, measured, reading
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
    assert verdict(None, 0.3) == of_few(None, 0.3) == "not reproduced"


@pytest.mark.parametrize(
    ("mean", "low", "high", "said"),
    [
        (0.30, 0.20, 0.40, "reproduced"),
        (0.10, 0.01, 0.19, "partly"),
        (0.01, -0.01, 0.02, "not reproduced"),  # a tenth of the claim is out of reach
        (-0.20, -0.30, -0.10, "not reproduced"),
        (0.10, -0.05, 0.25, "not decided"),
        (0.02, 0.01, 0.04, "not decided"),
    ],
)
def test_a_point_of_few_seeds_is_left_open_where_its_interval_is_too_wide(mean, low, high, said):
    assert of_few(Effect(mean, low, high), 0.30) == said
    assert of_few(Effect(-mean, -high, -low), -0.30) == said


def test_an_effect_is_paired_and_may_be_relative_to_the_first_arm():
    found = effect([10.0, 20.0], [5.0, 10.0], relative=True)
    assert list(found) == pytest.approx([-0.5] * 3), "each pair says the same"
    assert effect([1.0, 2.0], [2.0, 3.0], relative=False) == Effect(1.0, 1.0, 1.0)
    assert effect([0.0, 0.0], [1.0, 2.0], relative=True) is None
    assert effect([1.0, 2.0], [0.0, 0.0], relative=True) is None
    assert effect([], [1.0], relative=False) is None


def test_no_rate_falls_past_all_of_it():
    before, after = [150.0, 40.0, 60.0, 30.0], [6.0, 8.0, 5.0, 9.0]
    fall = effect(before, after, relative=True)
    assert fall.mean == pytest.approx(-0.9) and -1 < fall.low < -0.9 < fall.high < 0
    difference = effect(before, after, relative=False)
    assert difference.low / 70 < -1, "as the difference over the mean of the base had it"
    rise = effect(after, before, relative=True)
    assert [1 + one for one in rise] == pytest.approx([1 / (1 + fall[k]) for k in (0, 2, 1)])


def test_the_interval_of_a_ratio_is_that_of_its_logarithm():
    """By hand: means 3 and 2, spread of 1/2 - 2/3 and 3/2 - 4/3 is 1/6 either way, t of one degree 12.706."""
    found = effect([2.0, 4.0], [1.0, 3.0], relative=True)
    half = 12.7062047 / 6
    assert list(found) == pytest.approx([-1 / 3, 2 / 3 * math.exp(-half) - 1, 2 / 3 * math.exp(half) - 1])


# -- reading a run along the way

SMALL = "days=60; population.residents=150; plans.decide_on_day=20"


def test_what_is_read_is_a_metric_at_the_end_on_a_day_or_its_mean_over_days():
    assert reading("cost_yuan") == ("cost_yuan", ())
    assert reading("cost_yuan@7") == ("cost_yuan", (7,))
    assert reading("cost_yuan@7-20/6") == ("cost_yuan", (7, 13, 19))


def test_a_day_is_read_as_a_run_that_ends_then_would_have_it():
    """The horizon reaches nothing back: a longer run has the same days."""
    ended = measure(Key("renovation", "council", SMALL, 1), {"satisfied_share_true", "living_satisfaction@39-59/10"})
    longer = SMALL.replace("days=60", "days=90")
    asked = {f"living_satisfaction@{day}" for day in (39, 49, 59)} | {"satisfied_share_true@59"}
    read = measure(Key("renovation", "council", longer, 1), asked)
    assert read.pop("satisfied_share_true@59") == ended["satisfied_share_true"]
    assert sum(read.values()) / 3 == pytest.approx(ended["living_satisfaction@39-59/10"], rel=1e-9)
    with pytest.raises(ValueError, match="no day 60"):
        measure(Key("renovation", "council", SMALL, 1), {"satisfied_share_true@60"})


def test_works_are_over_when_the_last_has_left_its_site():
    def world(**columns):
        return SimpleNamespace(days=90, projects=SimpleNamespace(**{k: np.array(v) for k, v in columns.items()}))

    assert last_day_on_site(world(started=[], finished=[], reversed_on=[])) == 0
    assert last_day_on_site(world(started=[3, 5, -1], finished=[9, 30, -1], reversed_on=[-1, -1, -1])) == 30
    assert last_day_on_site(world(started=[3, 5], finished=[9, -1], reversed_on=[-1, -1])) == 90
    assert last_day_on_site(world(started=[3, 5], finished=[9, -1], reversed_on=[-1, 8])) == 9


def test_no_run_is_made_twice_and_one_that_was_cut_off_is_made_again(tmp_path):
    kept, two = tmp_path / "runs.jsonl", {Key("needs_survey", "prior", "", seed): {"need_error"} for seed in (1, 2)}
    first = measured(two, 1, kept)
    assert len(kept.read_text("utf-8").splitlines()) == 2
    same = {Key("needs_survey", "prior", "plans.process=prior", seed): {"need_error"} for seed in (1, 2)}
    assert list(measured(same, 1, kept).values()) == list(first.values()), "said otherwise, it is the same run"
    assert len(kept.read_text("utf-8").splitlines()) == 2
    kept.write_text(kept.read_text("utf-8")[:-20], encoding="utf-8")
    assert len(made(kept)) == 1
    assert measured(two, 1, kept) == first and len(made(kept)) == 2


def test_another_program_scenario_or_arm_is_another_run():
    keys = [Key("needs_survey", "prior", "", 1), Key("needs_survey", "app", "", 1),
            Key("needs_survey", "prior", "plans.few_answers=4", 1)]  # fmt: skip
    assert len({content(key) for key in keys}) == 3


# -- when, and what was cut


def test_satisfaction_is_read_on_many_days_and_what_sets_the_days_is_tried():
    of_council = [one for one in CLAIMS if one.id == "C02"]
    assert [len(one.moments) > 0 for one in of_council] == [True] * 3
    for one in of_council[:2]:
        assert {"plans.decide_on_day", "works.crews"} <= {tried.path for tried in one.inputs}
    assert all(one.few >= 3 and one.replications >= 3 for one in CLAIMS)


def test_an_app_as_slow_as_a_meeting_brings_only_those_whom_no_meeting_reaches():
    from twin.runs.experiment import simulate
    from twin.scenario.load import load
    from twin.world.tables import MOBILITIES
    from twin.world.works import BY_APP

    scenario = load(ROOT / "scenarios" / "mini_program.yaml")
    slow, meetings = (simulate(scenario, arm, 2).world.residents for arm in ("app_slow", "meetings"))
    online = slow.took_part == BY_APP
    assert online.any() and (slow.mobility[online] == MOBILITIES.index("housebound")).all()
    assert not (meetings.took_part[online] == BY_APP).any()


CUT_IDS = {"C01", "C02", "C03", "C13", "C14", "A02", "H03"}


def test_every_cut_has_a_row_with_what_it_takes_and_what_remains():
    assert {one.id for one in CUTS} == CUT_IDS
    text = PAGE.read_text("utf-8")
    for one in CUTS:
        (row,) = [line for line in text.splitlines() if f"| `{one.id}` | {one.title.en} " in line
                  and one.without.en in line and f"`{one.metric.partition('@')[0]}`" in line]  # fmt: skip
        assert row.count("|") == 8


@pytest.mark.parametrize("one", [one for one in CUTS if one.id in ("C03", "C14")], ids=lambda one: one.title.en)
def test_nothing_is_left_without_experts_app_or_reach(one):
    few = replace(one, replications=3)
    runs = {key: measure(key, metrics) for key, metrics in wanted((), (few,)).items()}
    found, left = ablated(runs, few)
    assert there(found) and (left.mean, left.low, left.high) == (0, 0, 0)


def test_how_much_a_cut_takes_is_said_in_words():
    whole, half, nothing = Effect(2.0, 1.5, 2.5), Effect(1.0, 0.5, 1.5), Effect(0.1, -0.4, 0.6)
    assert gone_by(whole, whole, nothing) == "all of it"
    assert gone_by(whole, whole, Effect(0.1, -1.4, 1.6)) == "part of it", "so wide that nobody knows"
    assert gone_by(whole, half, half) == "part of it"
    assert gone_by(whole, nothing, whole) == "nothing that stands out from chance"
    assert gone_by(nothing, half, half) == gone_by(None, None, None) == "no effect to ablate"
    assert gone_by(whole, whole, Effect(-1.5, -2.0, -1.0)) == "more than all of it: the opposite sign is left"


def test_nothing_can_be_cut_from_an_effect_that_is_not_there():
    (claim,) = [one for one in CLAIMS if one.metric == "disputes_per_1000"]
    frozen = next(part for part in claim.parts if part.cut)
    runs = {key: dict.fromkeys(metrics, 50.0 + key.seed) for key, metrics in wanted((claim,), ()).items()}
    assert part_of(runs, claim, frozen, None).endswith("| no effect to ablate (0 %) |")
    assert part_of(runs, claim, frozen, Effect(-0.2, -0.3, -0.1)).endswith("| 0 % |")


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


# what the issues name, and of it what the ablations have to show; C06 is a claim of its own with its parts cut
IDS = {
    "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C11", "C12", "C13", "C14", "A02", "B06",
    "E01", "E02", "E03", "E04", "E05", "E06", "F02", "F03", "F05", "G01", "G02", "G03", "G04", "G06", "G08", "G09",
    "H03",
}  # fmt: skip
EXACT = {"C04", "C05", "C07", "C09", "C11", "C12", "G03", "G04", "G08", "G09"}  # nothing at all is left of these


@pytest.mark.parametrize("one", ABLATIONS, ids=lambda one: one.id)
def test_an_effect_is_there_and_gone_without_what_it_comes_from(one):
    found, left = ablated(stored()[0], one)
    assert there(found) and gone(left, found)
    if one.id in EXACT:
        assert (left.mean, left.low, left.high) == (0, 0, 0)
    assert f"| `{one.id}` | {one.title.en} {one.title.zh} |" in PAGE.read_text("utf-8")


def test_every_id_that_the_issues_name_has_a_row_with_something_cut():
    cut_claims = {one.id for one in CLAIMS if any(part.cut for part in one.parts)}
    assert {one.id for one in (*ABLATIONS, *CUTS)} | cut_claims >= IDS
    assert {one.id for one in ABLATIONS} >= IDS - CUT_IDS - {"C06"}


def test_no_effect_outlives_its_cause():
    text = PAGE.read_text("utf-8")
    for said in ("not gone", "the opposite sign", OPEN):
        assert f": **{said}** |" not in text, said


@cache
def scenario_with(name, sets):
    from twin.scenario.load import load

    return load(ROOT / "scenarios" / f"{name}.yaml", sets=sets.split("; ") if sets else [])


@pytest.mark.parametrize("one", [*ABLATIONS, *CUTS], ids=lambda one: one.id)
def test_an_ablation_names_arms_that_there_are_and_cuts_something(one):
    def resolved(arm, sets):
        scenario = scenario_with(one.scenario, sets)
        return scenario.resolved["arms"][scenario.arm(arm).name]

    base, option, cut = (
        resolved(*side) for side in ((one.base, one.sets), (one.option, one.all_option), (one.cut, one.all_cut))
    )
    assert base != option != cut, "nothing is cut"
    assert one.replications >= 6


def test_a_garden_is_dug_where_one_is_said_to_be_worked_together():
    (garden,) = [one for one in ABLATIONS if one.id == "F05"]
    key = Key(garden.scenario, garden.option, "population.residents=300; days=200", 1)
    assert measure(key, {"projects_finished"})["projects_finished"] > 0


@pytest.mark.parametrize("one", [one for one in ABLATIONS if one.scenario in CHEAP], ids=lambda one: one.id)
def test_the_effect_and_its_ablation_come_out_again(one):
    keys = wanted((), (replace(one, replications=1),))
    runs = stored()[0]
    assert {key: measure(key, {one.metric}) for key in keys} == {
        key: {one.metric: runs[key][one.metric]} for key in keys
    }


def test_what_counts_as_gone():
    whole = Effect(-2.0, -2.5, -1.5)
    assert there(whole) and not there(Effect(-2.0, -4.5, 0.5)) and not there(None)
    assert gone(Effect(0.0, 0.0, 0.0), whole) and gone(Effect(-0.1, -0.3, 0.1), whole)
    assert gone(Effect(0.3, 0.2, 0.4), whole), "small, though surely of the other sign"
    edge = 2 * MOST_LEFT
    assert gone(Effect(0.0, -edge, edge), whole) and not gone(Effect(0.0, -1.01 * edge, edge), whole)
    said = {Effect(-0.1, -0.9, 0.7): OPEN, Effect(-0.7, -0.9, -0.5): "not gone",
            Effect(1.5, 1.0, 2.0): "the opposite sign", None: OPEN, Effect(0.0, None, None): OPEN}  # fmt: skip
    assert {left: what_is_left(left, whole) for left in said} == said


def test_the_page_is_reached_by_a_target():
    assert "\nclaims:" in (ROOT / "Makefile").read_text("utf-8")
