"""Splitting a difference: Shapley values against games with known answers, and the parts of two real arms."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_sweeps import street
from twin.errors import InputError
from twin.report.sweep_text import AttributionWriter
from twin.runs.attribute import (
    Attribution,
    _orders,
    attribute,
    interaction,
    met,
    mixture,
    parts_of,
    sampled,
    shapley,
    split,
    summing,
)
from twin.runs.compare import Estimate
from twin.runs.experiment import Means, metric_book, simulate
from twin.scenario.load import Scenario, load

Game = Mapping[frozenset[str], float]


def game_of(names: str, worth: object) -> Game:
    return {
        frozenset(chosen): float(worth(frozenset(chosen)))  # type: ignore[operator]
        for size in range(len(names) + 1)
        for chosen in itertools.combinations(names, size)
    }


def gloves(chosen: frozenset[str]) -> float:
    return float("a" in chosen and bool({"b", "c"} & chosen))


# -- games


def test_the_glove_game() -> None:
    assert shapley("abc", game_of("abc", gloves)) == pytest.approx({"a": 4 / 6, "b": 1 / 6, "c": 1 / 6})


def test_the_airport_game() -> None:
    costs = {"a": 8.0, "b": 11.0, "c": 13.0, "d": 18.0}
    found = shapley("abcd", game_of("abcd", lambda chosen: max((costs[one] for one in chosen), default=0)))
    assert found == pytest.approx({"a": 2.0, "b": 3.0, "c": 4.0, "d": 9.0})


def test_who_adds_the_same_everywhere_gets_just_that() -> None:
    worth = {"a": 3.0, "b": -1.5, "c": 0.0}
    game = game_of("abc", lambda chosen: sum(worth[one] for one in chosen))
    assert shapley("abc", game) == pytest.approx(worth)
    assert [interaction("abc", game, pair) for pair in itertools.combinations("abc", 2)] == pytest.approx([0, 0, 0])
    assert sampled("abc", game, [("c", "a", "b")]) == pytest.approx(worth)


def test_two_that_only_work_together_share_and_interact() -> None:
    game = game_of("abc", lambda chosen: 6.0 * ({"a", "b"} <= chosen))
    assert shapley("abc", game) == pytest.approx({"a": 3.0, "b": 3.0, "c": 0.0})
    assert interaction("abc", game, ("a", "b")) == pytest.approx(6.0)
    assert interaction("abc", game, ("a", "c")) == pytest.approx(0.0)


def test_all_orders_give_the_exact_values() -> None:
    game = game_of("abc", gloves)
    assert sampled("abc", game, list(itertools.permutations("abc"))) == pytest.approx(shapley("abc", game))


@pytest.mark.parametrize("names", ["abc", "abcd"])
def test_neighbours_in_all_orders_give_the_exact_interactions(names: str) -> None:
    game = game_of(names, lambda chosen: gloves(chosen) + 2.0 * ({"b", "c"} <= chosen) - 0.7 * len(chosen) ** 2)
    found = met(game, list(itertools.permutations(names)))
    exact = {pair: interaction(names, game, pair) for pair in itertools.combinations(names, 2)}
    assert found == pytest.approx(exact) and max(map(abs, exact.values())) > 0.5


def test_an_order_and_its_reverse_see_a_pair_from_both_ends() -> None:
    """Three that only work together: two interact only after the third."""
    game = game_of("abc", lambda chosen: 6.0 * (len(chosen) == 3))
    assert met(game, [("a", "b", "c")]) == {("a", "b"): 0.0, ("b", "c"): 6.0}
    assert met(game, [("a", "b", "c"), ("c", "b", "a")]) == {("a", "b"): 3.0, ("b", "c"): 3.0}


def test_the_parts_of_any_orders_sum_to_the_difference() -> None:
    games = [game_of("abc", lambda chosen, seed=seed: seed * gloves(chosen) + 0.1 * len(chosen)) for seed in (1, 2, 5)]
    found = split("abc", games, [[("a", "b", "c")], [("c", "a", "b")], [("b", "c", "a")]])
    assert sum(one.mean for one in found.parts.values()) == pytest.approx(found.difference.mean, rel=1e-12)
    assert not found.exact and set(found.pairs) == {("a", "b"), ("b", "c"), ("a", "c")}
    exact = split("abc", games, [(), (), ()])
    assert exact.exact and exact.parts["a"].mean == pytest.approx(8 / 3 * 4 / 6 + 0.1)
    assert exact.first["a"].mean == pytest.approx(0.1) and exact.last["a"].mean == pytest.approx(8 / 3 + 0.1)


@settings(derandomize=True, max_examples=100)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6))
def test_means_sum_to_the_last_bit_and_stay_what_they_were(means: list[float]) -> None:
    parts = {str(at): Estimate(mean, None) for at, mean in enumerate(means)}
    whole, told = summing(Estimate(sum(means), None), parts)
    assert sum(one.mean for one in told.values()) == whole.mean == math.fsum(one.mean for one in told.values())
    for name, one in told.items():
        assert one.mean == pytest.approx(parts[name].mean, abs=1e-10 * max(map(abs, means)))


# -- arms


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return load(street(tmp_path_factory.mktemp("attribution")))


def test_workers_and_their_calendar_are_one_part_and_rounds_go_with_dispatch() -> None:
    dispatch = load("scenarios/dispatch.yaml")
    found = {part.name: part.paths for part in parts_of(dispatch.arm("manual"), dispatch.arm("smart"))}
    assert list(found) == [
        "desk.assignment", "desk.dedup", "desk.dispatch", "desk.intake_calendar", "desk.misroute_chance", "desk.teams",
        "desk.travel_minutes",
    ]  # fmt: skip
    assert found["desk.dedup"] == ("desk.dedup", "desk.merge_into", "desk.merge_window_days")
    assert found["desk.misroute_chance"] == ("desk.misroute_chance", "desk.return_hours", "desk.return_calendar")
    (switch,) = parts_of(dispatch.arm("manual"), dispatch.arm("placebo"))
    assert switch.name == "mechanisms.placebo" and "placebo.draws_per_day" in switch.paths


def test_all_parts_together_are_the_option_and_none_is_the_baseline(scenario: Scenario) -> None:
    arms = scenario.arm("manual"), scenario.arm("smart")
    parts = parts_of(*arms)
    whole, nothing = mixture(*arms, parts, "smart"), mixture(*arms, [], "manual")
    assert (whole.blocks, whole.off) == (arms[1].blocks, arms[1].off)
    assert (nothing.blocks, nothing.off) == (arms[0].blocks, arms[0].off)


def test_an_attribution_of_real_arms_sums_seed_by_seed(scenario: Scenario, tmp_path: Path) -> None:
    found = attribute(scenario, "manual", "smart", "hours_to_close_mean", 2, means=Means(out=tmp_path / "run"))
    direct = [
        simulate(scenario, "smart", seed).metrics()["hours_to_close_mean"]
        - simulate(scenario, "manual", seed).metrics()["hours_to_close_mean"]
        for seed in (1, 2)
    ]
    assert found.difference.mean == pytest.approx(sum(direct) / 2, rel=1e-12)
    assert sum(one.mean for one in found.parts.values()) == pytest.approx(found.difference.mean, rel=1e-9)
    assert (found.exact, found.runs) == (True, 2 * 2 ** len(found.parts))
    told = json.loads((tmp_path / "run" / "attribution.json").read_text())
    assert told == json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert all(set(one) == {"name", "mean", "ci95"} for one in told["parts"])
    assert set(told["difference"]) == {"mean", "ci95"} and set(told["details"]) == set(found.parts)
    means = [one["mean"] for one in told["parts"]]
    assert all(sum(order) == told["difference"]["mean"] for order in itertools.permutations(means)), "to the last bit"
    for lang in ("en", "zh"):
        writer = AttributionWriter(found, scenario, metric_book(), lang)
        assert len(next(iter(writer.sheets())).rows) == len(found.parts) + 1
        assert writer.opening()


def test_a_share_is_split_together_with_what_it_is_a_share_of() -> None:
    small = ["population.residents=600", "warm_up_days=10", "days=80", "disputes.scale=20"]
    mediation = load("scenarios/mediation.yaml", sets=small)
    found = attribute(mediation, "one_stop_no_adviser", "one_stop", "settled_of_contacts", 2)
    others = [name for name in metric_book()["settled_of_contacts"].beside if name != "settled_of_contacts"]
    assert list(found.beside) == others and "contacts" in others
    for name, one in found.beside.items():
        assert one.metric == name and list(one.parts) == list(found.parts)
        assert sum(part.mean for part in one.parts.values()) == one.difference.mean
        direct = [simulate(mediation, arm, seed).metrics()[name] for arm in ("one_stop", "one_stop_no_adviser")
                  for seed in (1, 2)]  # fmt: skip
        assert one.difference.mean == pytest.approx((sum(direct[:2]) - sum(direct[2:])) / 2, abs=1e-9)
    assert any(one.difference.mean for one in found.beside.values())
    assert set(found.to_json()["beside"]) == set(found.beside)
    for lang in ("en", "zh"):
        *_, last = AttributionWriter(found, mediation, metric_book(), lang).sheets()
        assert len(last.head) == 1 + len(found.beside) and len(last.rows) == len(found.parts) + 1


def test_more_than_five_parts_are_sampled_and_say_so() -> None:
    dispatch = load("scenarios/dispatch.yaml")
    parts = parts_of(dispatch.arm("manual"), dispatch.arm("smart"))
    orders = _orders(parts, 3)
    assert orders[1] == orders[0][::-1] and orders != _orders(parts, 4) and orders == _orders(parts, 3)
    names = [part.name for part in parts]
    game = game_of(names, len)  # type: ignore[arg-type]
    told = replace(split(names, [game, game], [orders, orders]), metric="hours_to_close_mean", baseline="manual",
                   option="smart")  # fmt: skip
    assert isinstance(told, Attribution) and told.orders == len(orders)
    assert len(told.pairs) >= len(names) - 1 and all(one.mean == 0 for one in told.pairs.values()), "they only add"
    said = replace(told, pieces=dict.fromkeys(names, ())).to_json()["interactions"]
    assert len(said) == len(told.pairs) and {"names", "mean"} <= set(said[0])
    said = replace(told, pieces=dict.fromkeys(names, ())).to_json()["interactions"]
    assert len(said) == len(told.pairs) and set(said[0]) == {"names", "mean", "ci95"}
    assert "orders" in " ".join(AttributionWriter(told, dispatch, metric_book(), "en").opening())


def test_equal_arms_have_nothing_to_split(scenario: Scenario) -> None:
    found = attribute(scenario, "manual", "again", "hours_to_close_mean", 2)
    assert (found.parts, found.difference.mean, found.runs) == ({}, 0.0, 2)
    assert "nothing" in AttributionWriter(found, scenario, metric_book(), "en").opening()[1]


def test_an_unknown_metric_is_refused_with_the_nearest(scenario: Scenario) -> None:
    with pytest.raises(InputError, match="hours_to_close_mean"):
        attribute(scenario, "manual", "smart", "hours_to_close_meen", 2)
