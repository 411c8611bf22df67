"""Many differences at once, when to stop, several outcomes together, who gains: held to theory and to hand values."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.small_experiment import BOOK, SmallScenario, small_run
from twin.errors import InputError
from twin.report.equity_text import equity_lines, equity_sheets
from twin.report.text import Writer
from twin.runs.compare import MOST_REPLICATIONS, estimate, paired_difference, t_quantile, widened
from twin.runs.equity import equity_of
from twin.runs.experiment import Means, Plan, Result, comparison_json, conduct, run_one
from twin.runs.families import benjamini_hochberg, corrected, holm
from twin.runs.margins import margin_of
from twin.runs.pareto import pareto
from twin.runs.sequential import Auto, replications_of
from twin.runs.store import RunFolder
from twin.runs.tables import WORST
from twin.scenario.load import load
from twin.world.groups import GROUPS

# -- corrections


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_benjamini_and_hochberg_by_hand() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([0.9, 0.2, 0.6]) == pytest.approx([0.9, 0.6, 0.9])


def test_a_p_value_is_that_of_the_paired_t_test() -> None:
    found = paired_difference([0.0] * 5, [1.0, 2.0, 3.0, 4.0, -1.0], "higher")
    t = 1.8 / math.sqrt(3.7 / 5)
    sine, cosine = t / math.sqrt(4 + t * t), 2 / math.sqrt(4 + t * t)
    assert found.p == pytest.approx(1 - sine * (1 + cosine**2 / 2), rel=1e-9), (
        "with 4 degrees of freedom, in closed form"
    )
    assert paired_difference([1.0], [2.0], None).p is None
    assert paired_difference([1.0, 1.0], [2.0, 2.0], None).p == 0.0


def test_false_finds_among_primary_outcomes_stay_below_five_in_a_hundred() -> None:
    chance = random.Random(4)
    alone = together = 0
    for _ in range(400):
        found = {
            key: paired_difference([0.0] * 12, [chance.gauss(0, 1) for _ in range(12)], "lower") for key in range(6)
        }
        alone += any(one.verdict != "not decided" for one in found.values())
        together += any(one.verdict != "not decided" for one in corrected(found, range(6)).values())
    assert alone / 400 > 0.2, "without a correction every fourth experiment cries wolf"
    assert together / 400 <= 0.075


def test_simultaneous_intervals_hold_all_at_once() -> None:
    chance = random.Random(5)
    held = 0
    for _ in range(400):
        found = {
            key: paired_difference([0.0] * 10, [chance.gauss(key, 1) for _ in range(10)], "lower") for key in range(5)
        }
        wide = [(key, one.simultaneous) for key, one in corrected(found, range(5)).items()]
        held += all(ends is not None and ends[0] <= key <= ends[1] for key, ends in wide)
    assert 0.93 <= held / 400 <= 0.985


def test_a_placebo_is_no_test_and_costs_the_others_nothing() -> None:
    real = paired_difference([0.0] * 6, [1.0, 1.2, 0.8, 1.1, 0.9, 1.0], "higher")
    none = paired_difference([0.0] * 6, [0.0] * 6, "higher")
    found = corrected({"real": real, "a": none, "b": none}, ["real", "a", "b"])
    assert found["real"].adjusted_p == real.p
    assert found["real"].simultaneous == pytest.approx(real.ci95)
    assert found["a"].verdict == "no difference"


def test_within_the_margin_nothing_matters_even_what_is_sure() -> None:
    option = [0.01, 0.02, 0.015, 0.012, 0.018]
    assert paired_difference([0.0] * 5, option, "higher").verdict == "better"
    assert paired_difference([0.0] * 5, option, "higher", margin=0.05).verdict == "no relevant difference"
    wide = paired_difference([0.0] * 5, [-3.0, 3.0, 1.0, -1.0, 0.1], "higher", margin=0.05)
    assert wide.verdict == "not decided" and wide.more_needed


def test_more_needed_is_about_right() -> None:
    chance = random.Random(6)
    values = [chance.gauss(0.5, 1.5) for _ in range(12)]
    found = paired_difference([0.0] * 12, values, "higher")
    assert found.verdict == "not decided" and found.more_needed
    half = (found.half_width or 0) * math.sqrt(12 / (12 + found.more_needed))
    assert half == pytest.approx(abs(found.mean), rel=0.05)


def test_the_finds_among_exploratory_outcomes_decide_whether_the_next_is_within_reach() -> None:
    """Two finds of four: the next has to pass 3/4 of 5 %, by Benjamini and Hochberg, and not a quarter of it."""
    luck = np.resize([1.0, -1.0], 12)
    sure, faint = (5 + 0.1 * luck).tolist(), (luck + 0.0082).tolist()
    options = {"a": sure, "b": sure, "faint": faint, "noise": luck.tolist()}
    found = corrected({key: paired_difference([0.0] * 12, one, "higher") for key, one in options.items()}, [])
    assert [found[key].verdict for key in options] == ["better", "better", "not decided", "not decided"]
    error = math.sqrt(12 / 11 / 12)
    reach = {share: 12 * (t_quantile(11, 1 - 0.05 * share) * error / 0.0082) ** 2 for share in (0.25, 0.75)}
    assert reach[0.75] < MOST_REPLICATIONS < reach[0.25]
    assert found["faint"].more_needed == math.ceil(reach[0.75]) - 12
    writer = Writer(conduct(SmallScenario(), Plan.of(SmallScenario(), None, 2, None), small_run, BOOK), "en")  # type: ignore[arg-type]
    assert str(found["faint"].more_needed) in writer.verdict(found["faint"])
    assert writer.verdict(found["noise"]) == "not decided"


def test_a_wider_confidence_is_the_t_interval_of_that_confidence() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0])
    low, high = widened(found, 4, 0.99) or (0, 0)
    assert (high - low) / 2 == pytest.approx(5.84090929975643 * math.sqrt(5 / 3) / 2, rel=1e-8)


# -- margins


def test_margins_come_from_the_scenario_then_the_metric_then_a_convention() -> None:
    scenario, metric = SmallScenario(), BOOK["hours_to_close_mean"]
    assert margin_of(scenario, "hours_to_close_mean", metric, -80.0) == 0.8  # type: ignore[arg-type]
    assert margin_of(scenario, "share_within_24h", BOOK["share_within_24h"], 0.5) == 0.01  # type: ignore[arg-type]
    declared = replace(metric, margin=2.0)
    assert margin_of(scenario, "hours_to_close_mean", declared, 80.0) == 2.0  # type: ignore[arg-type]
    said = SmallScenario(margins={"hours_to_close_mean": 0.0})
    assert margin_of(said, "hours_to_close_mean", declared, 80.0) == 0.0  # type: ignore[arg-type]


# -- as many as it takes


def noisy(arm: str, seed: int) -> Result:
    chance = random.Random(f"{arm} {seed}")
    return Result({"hours_to_close_mean": chance.gauss(50.0, 12.0)}, {}, {})


def quiet(arm: str, seed: int) -> Result:
    return Result({"hours_to_close_mean": random.Random(seed).gauss(50.0, 12.0) + (arm == "smart")}, {}, {})


def run_until(rule: Auto, out: Path | None = None, work: object = noisy):  # type: ignore[no-untyped-def]
    scenario = SmallScenario(primary=("hours_to_close_mean",))
    plan = Plan.of(scenario, ["manual", "smart"], rule, None)  # type: ignore[arg-type]
    return conduct(scenario, plan, work, BOOK, Means(out=out), rule)  # type: ignore[arg-type]


def test_sharp_intervals_stop_at_the_first_look() -> None:
    experiment = run_until(Auto(), work=quiet)
    assert (experiment.replications, experiment.stopped.reason) == (20, "sharp")


def test_noise_asks_for_more_until_the_intervals_are_sharp() -> None:
    experiment = run_until(Auto(most=2000))
    widest = experiment.stopped.widest
    assert experiment.replications > 100 and experiment.replications % 10 == 0
    assert experiment.stopped.reason == "sharp" and widest.half <= widest.wanted
    assert experiment.stopped.to_json()["widest"]["metric"] == "hours_to_close_mean"


def test_the_cap_ends_it_and_says_so() -> None:
    experiment = run_until(Auto(most=45))
    assert (experiment.replications, experiment.stopped.reason) == (45, "cap")
    for lang, word in (("en", "is the cap"), ("zh", "上限")):
        assert any(word in line for line in Writer(experiment, lang)._stopping())


def lacking(arm: str, seed: int) -> Result:
    """Measure a cost that never varies, and noisy hours that one seed of one arm lacks after the first look."""
    cost = {"paid_hours": 8.0 if arm == "manual" else 7.0}
    hours = {"hours_to_close_mean": random.Random(f"{arm}{seed}").gauss(50.0, 9.0)}
    return Result(cost if (arm, seed) == ("smart", 27) else {**cost, **hours}, {}, {})


def test_an_outcome_that_a_seed_lacks_is_never_sharp() -> None:
    scenario = SmallScenario(primary=("hours_to_close_mean", "paid_hours"))
    book = {**BOOK, "paid_hours": BOOK["hours_to_close_mean"]}
    plan = Plan.of(scenario, ["manual", "smart"], Auto(), None)  # type: ignore[arg-type]
    experiment = conduct(scenario, plan, lacking, book, Means(), Auto())  # type: ignore[arg-type]
    assert experiment.replications == 30, "at the look that lost it, the cost alone decides"
    told = experiment.stopped.to_json()
    assert told["reason"] == "undefined"
    assert told["undefined"] == [{"arm": "smart", "metric": "hours_to_close_mean", "missing": 1}]
    for lang, word in (("en", "undefined in 1 of 30"), ("zh", "30 次重复中有 1 次无定义")):
        said = Writer(experiment, lang)._stopping()
        assert any(word in line for line in said) and len(said) == 2


def test_an_outcome_that_an_arm_never_has_is_never_sharp_either() -> None:
    def never(arm: str, seed: int) -> Result:
        found = lacking(arm, seed).metrics
        return Result({name: value for name, value in found.items() if arm == "manual" or name == "paid_hours"}, {}, {})

    scenario = SmallScenario(primary=("hours_to_close_mean", "paid_hours"))
    book = {**BOOK, "paid_hours": BOOK["hours_to_close_mean"]}
    plan = Plan.of(scenario, ["manual", "smart"], Auto(), None)  # type: ignore[arg-type]
    told = conduct(scenario, plan, never, book, Means(), Auto()).stopped.to_json()  # type: ignore[arg-type]
    assert told["reason"] == "undefined"
    assert told["undefined"] == [{"arm": "smart", "metric": "hours_to_close_mean", "missing": 20}]


def test_where_all_primary_outcomes_are_lost_nothing_else_is_called_enough() -> None:
    scenario = SmallScenario(primary=("hours_to_close_mean",))
    book = {**BOOK, "paid_hours": BOOK["hours_to_close_mean"]}
    plan = Plan.of(scenario, ["manual", "smart"], Auto(first=30), None)  # type: ignore[arg-type]
    experiment = conduct(scenario, plan, lacking, book, Means(), Auto(first=30))  # type: ignore[arg-type]
    assert (experiment.replications, experiment.stopped.reason) == (30, "undefined")
    (said,) = Writer(experiment, "en")._stopping()
    assert "undefined in 1 of 30" in said


def test_a_folder_grows_and_is_resumed_to_the_same(tmp_path: Path) -> None:
    first = run_until(Auto(most=60), tmp_path / "run")
    again = run_until(Auto(most=60), tmp_path / "run")
    assert again.digest == first.digest == run_until(Auto(most=60)).digest
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["sessions"][1]["computed_runs"] == 0
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["stopped"]["reason"] == "cap"


def test_intervals_after_sequential_stopping_cover_the_truth() -> None:
    chance = np.random.default_rng(7)
    covered = 0
    for _ in range(500):
        values = chance.lognormal(0, 0.6, 400)
        count = 20
        while (found := estimate(values[:count].tolist())).half_width > 0.12 * abs(found.mean) and count < 400:
            count += 10
        low, high = found.ci95 or (0, 0)
        covered += low <= math.exp(0.18) <= high
    assert 0.91 <= covered / 500 <= 0.97


def test_what_is_no_number_and_not_auto_is_refused() -> None:
    assert replications_of("30") == 30 and isinstance(replications_of(" Auto "), Auto)
    with pytest.raises(InputError, match="auto"):
        replications_of("many")


# -- several outcomes, several groups


def test_an_arm_that_is_better_in_everything_beats_the_others() -> None:
    chance = np.random.default_rng(8)
    luck = chance.normal(0, 1, 30)
    values = np.array([[luck, luck], [luck + 1, luck + 1], [luck + 2, luck - 2]])
    found = pareto(["poor", "good", "other"], ["a", "b"], values)
    assert found.beats["good"]["poor"] == 1.0 and found.unbeaten["poor"] == 0.0
    assert found.unbeaten["good"] == found.unbeaten["other"] == 1.0


def test_equal_arms_do_not_beat_each_other() -> None:
    values = np.ones((2, 2, 5))
    assert pareto(["one", "other"], ["a", "b"], values).unbeaten == {"one": 1.0, "other": 1.0}


def grouped(arm: str, seed: int) -> Result:
    luck = random.Random(seed).gauss(0, 1)
    gain = {"manual": 0.0, "smart": -5.0, "placebo": 0.0}[arm]
    groups = {
        "measure": np.array(["hours_to_close"] * 3),
        "group": np.array(["elder", "renter", "youth"]),
        "count": np.array([50, 4, 60]),
        "mean": np.array([40 + luck + gain, 1.0, 40 + luck - gain]),
    }
    return Result({"hours_to_close_mean": 40 + luck}, {}, {"groups": groups})


def test_the_mean_stands_still_while_some_gain_and_some_lose(tmp_path: Path) -> None:
    found: list[object] = []

    def keep(experiment: object, folder: RunFolder) -> None:
        found.extend(equity_of(experiment, folder))  # type: ignore[arg-type]

    scenario = SmallScenario()
    plan = Plan.of(scenario, None, 6, None)  # type: ignore[arg-type]
    experiment = conduct(scenario, plan, grouped, BOOK, Means(out=tmp_path / "run", publish=keep))  # type: ignore[arg-type]
    verdicts = {(one.group, one.arm): one.difference.verdict for one in found}  # type: ignore[attr-defined]
    assert experiment.differences["smart"]["hours_to_close_mean"].verdict == "no difference"
    assert verdicts == {
        ("elder", "smart"): "better", ("youth", "smart"): "worse",
        ("elder", "placebo"): "no difference", ("youth", "placebo"): "no difference",
    }, "and the four renters are nobody's business"  # fmt: skip
    lines = equity_lines(experiment.equity, Writer(experiment, "en"))
    assert lines == ["time to close [h], automatic: gain: 65 and over; lose: 15 to 34."]
    for lang, word in (("en", "gains"), ("zh", "受益")):
        (sheet,) = equity_sheets(found, Writer(experiment, lang))  # type: ignore[arg-type]
        assert len(sheet.rows) == 2 and any(word in cell for row in sheet.rows for cell in row)
    told = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert {one["group"] for one in told["groups"]} == {"elder", "youth"}


def test_the_comparison_tells_what_stands_behind_each_verdict() -> None:
    scenario = SmallScenario(primary=("hours_to_close_mean", "share_within_24h"))
    experiment = conduct(scenario, Plan.of(scenario, None, 6, None), small_run, BOOK)  # type: ignore[arg-type]
    told = comparison_json(experiment)
    first = told["differences"]["smart"]["hours_to_close_mean"]
    assert told["schema"] == "twin.compare/1" and first["primary"] and first["adjusted_p"] >= first["p"]
    assert first["simultaneous_ci95"][0] < first["ci95"][0]
    assert told["pareto"]["unbeaten"]["smart"] == 1.0 and told["pareto"]["unbeaten"]["manual"] == 0.0
    assert "simultaneous_ci95" not in told["differences"]["smart"]["paid_hours"]


def test_groups_feel_about_their_homes_what_the_mechanism_says_and_the_worst_tenth_is_worse() -> None:
    scenario = load("scenarios/renovation.yaml", sets=["days=40", "population.residents=400"])
    found = run_one(scenario, next(iter(scenario.arms)), 1)
    groups = found.tables["groups"]
    living = {str(group): (int(count), float(mean)) for measure, group, count, mean in
              zip(*(groups[name] for name in ("measure", "group", "count", "mean")), strict=True)
              if measure == "living_satisfaction"}  # fmt: skip
    for name in GROUPS:
        assert living[name][1] == pytest.approx(found.metrics[f"living_satisfaction_{name}"], rel=1e-12), name
    ages = sum(living[name][0] for name in ("youth", "adult", "elder"))
    assert ages == sum(living[name][0] for name in ("low_floor", "middle_floor", "high_floor")) > 300
    assert living[WORST][0] == ages // 10 and living[WORST][1] < found.metrics["living_satisfaction"]
