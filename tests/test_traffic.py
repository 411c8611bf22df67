"""Plans for the streets on real geometry: roads, noise, what a plan does, regret, the map of differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.engine import Engine
from twin.errors import InputError, Words
from twin.report import maps
from twin.runs.regret import regrets
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.noise import exposure, level_db
from twin.world.places.build import places_of
from twin.world.places.settings import PlacesSettings
from twin.world.roads import MAIN, rank_of, roads_of

ROOT = Path(__file__).resolve().parent.parent
PLANS = ("travel_minutes", "noise_db_mean", "green_m2_per_resident", "street_plan_cost_yuan", "street_plan_score")


def lived(*sets: str, arm: str = "as_it_is", seed: int = 1) -> Engine:
    small = ["places.map=bubenec", "population.residents=800", "traffic.through_per_hour=2500 /h"]
    engine = engine_for(load(ROOT / "scenarios/plan_compare.yaml", sets=[*small, *sets]), arm, seed)
    engine.run()
    return engine


def plan_of(*sets: str, **which: Any) -> list[float]:
    metrics = lived(*sets, **which).metrics()
    return [metrics[name] for name in PLANS]


# -- roads and noise


@pytest.mark.parametrize(("name", "least"), [("shanghai_block", 200), ("bubenec", 25), ("estate", 2)])
def test_roads_hang_together_and_go_both_ways(name: str, least: int) -> None:
    roads = roads_of(places_of(PlacesSettings(map=name)))  # type: ignore[arg-type]
    assert roads.start.max() + 1 >= least
    forth = list(zip(roads.start.tolist(), roads.end.tolist(), roads.street.tolist(), strict=True))
    assert sorted(forth) == sorted((end, start, street) for start, end, street in forth)
    known = {0}
    while more := {end for start, end, _ in forth if start in known} - known:
        known |= more
    assert len(known) == roads.start.max() + 1
    crow = np.hypot(*(roads.end_xy - roads.start_xy).T)
    joined = 2 * PlacesSettings().join_metres  # ends that nearly meet are moved together
    assert (roads.metres >= crow - joined).all()
    assert len(set(roads.start[roads.gate])) >= 2


def test_roads_of_one_street_are_as_long_as_on_the_map() -> None:
    ground = places_of(PlacesSettings(map="bubenec"))
    roads = roads_of(ground)  # type: ignore[arg-type]
    streets = ground.streets  # type: ignore[union-attr]
    on_map = sum(np.hypot(*np.diff(path, axis=0).T).sum() for path in streets)
    assert roads.metres.sum() / 2 == pytest.approx(on_map, rel=0.01)


def test_motorways_are_main_and_what_is_unknown_is_a_side_street() -> None:
    assert [rank_of(one) for one in ("trunk_link", "secondary", "residential", "", "service")] == [MAIN, MAIN, 1, 1, 2]


@settings(deadline=None)
@given(st.floats(-100, 100), st.floats(4, 80), st.floats(0.05, 0.95))
def test_noise_does_not_depend_on_how_a_road_is_cut(x: float, y: float, cut: float) -> None:
    start, end, point = np.array([[-60.0, 0.0]]), np.array([[80.0, 0.0]]), np.array([[x, y]])
    middle = start + cut * (end - start)
    whole = exposure(point, start, end).sum()
    assert exposure(point, np.r_[start, middle], np.r_[middle, end]).sum() == pytest.approx(whole)
    assert whole < 10 / y  # an endless road


def test_twice_the_cars_are_three_decibels_and_twice_the_distance_too() -> None:
    far = np.array([[-1e6, 0.0]]), np.array([[1e6, 0.0]])
    near, away = (
        level_db(exposure(np.array([[0.0, metres]]), *far), np.array([1000.0]), 0.0)[0] for metres in (10, 20)
    )
    double = level_db(exposure(np.array([[0.0, 10.0]]), *far), np.array([2000.0]), 0.0)[0]
    assert near == pytest.approx(72.2, abs=1e-3)
    assert double - near == pytest.approx(10 * np.log10(2), abs=1e-3)
    assert near - away == pytest.approx(10 * np.log10(2), abs=1e-3)


# -- plans


def test_plans_that_are_the_same_differ_by_exactly_nothing() -> None:
    assert plan_of(arm="same_again") == plan_of()


def test_a_closed_street_has_no_cars_more_green_and_a_cost() -> None:
    easy = "traffic.congestion=0"  # or Braess might have it the other way round
    before, after = lived(easy), lived(easy, "traffic.closed=[8]")
    roads = after.world.roads
    assert roads.flow_per_hour[roads.street == 8].sum() == 0
    assert np.isinf(roads.minutes[roads.street == 8]).all()
    first, then = before.metrics(), after.metrics()
    metres = roads.metres[roads.street == 8].sum() / 2
    assert then["street_plan_cost_yuan"] == pytest.approx(1500 * metres)
    assert then["green_m2_per_resident"] - first["green_m2_per_resident"] == pytest.approx(0.6 * 9 * metres / 800)
    assert then["travel_minutes"] >= first["travel_minutes"]


def test_calmed_streets_lose_cars_to_others() -> None:
    before, after = lived().world.roads, lived("traffic.calmed=[0, 8]").world.roads
    calmed = np.isin(before.street, (0, 8))
    assert after.flow_per_hour[calmed].sum() < before.flow_per_hour[calmed].sum()
    assert after.flow_per_hour[~calmed].sum() > before.flow_per_hour[~calmed].sum()


def test_without_congestion_widening_does_nothing_but_cost() -> None:
    """The ablation of everybody's getting in each other's way."""
    wide, plain = (plan_of(f"traffic.widened={streets}", "traffic.congestion=0") for streets in ("[0, 6]", "[]"))
    assert wide[:3] == pytest.approx(plain[:3], abs=1e-9)
    assert wide[3] > plain[3] == 0
    crowded, plain = (
        plan_of(f"traffic.widened={streets}", "traffic.through_per_hour=6000 /h") for streets in ("[0, 6]", "[]")
    )
    assert crowded[0] < plain[0]


def test_more_through_traffic_is_louder_and_slower() -> None:
    quiet, loud = (plan_of(f"traffic.through_per_hour={cars} /h") for cars in (500, 6000))
    assert loud[0] > quiet[0]
    assert loud[1] > quiet[1]


def test_a_street_that_the_map_has_not_is_refused_in_two_languages() -> None:
    with pytest.raises(InputError, match=r"traffic\.closed: the roads of the map have no street") as caught:
        lived("traffic.closed=[99]")
    assert caught.value.complaints[0].code == "M370"


def test_scenarios_without_traffic_have_no_roads() -> None:
    engine = lived("traffic.followed=off")
    assert not len(engine.world.roads)
    assert not {*PLANS, "trips_lost_share"} & engine.metrics().keys()


# -- regret, and the map of differences


def test_regret_by_hand() -> None:
    found = regrets({"a": [3.0, 1.0], "b": [2.0, 5.0]}, "higher")
    assert [(one.mean, one.most, one.best_share) for one in found.values()] == [(2.0, 4.0, 0.5), (0.5, 1.0, 0.5)]
    assert regrets({"a": [3.0], "b": [2.0]}, "lower")["a"].mean == 1.0
    assert regrets({}, "lower") == {}


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 3), min_size=1, max_size=8))
def test_in_every_world_somebody_regrets_nothing(rows: list[tuple[float, ...]]) -> None:
    found = regrets({str(arm): [row[arm] for row in rows] for arm in range(3)}, "lower")
    assert sum(one.best_share for one in found.values()) >= 1 - 1e-9
    assert min(one.most for one in found.values()) >= 0


def test_the_map_of_differences_adds_both_directions() -> None:
    roads = lived().world.roads.arrays()
    forth, back = maps._both_ways(roads)
    assert sorted([*forth, *back]) == list(range(len(roads["x"])))
    assert (roads["start"][forth] == roads["end"][back]).all()
    ground = places_of(PlacesSettings(map="bubenec"))
    lines = np.zeros((len(forth), 2, 2))
    lines[:, 1, 0] = roads["metres"][forth]
    cars = roads["flow_per_hour"][forth] + roads["flow_per_hour"][back]
    change = maps.Change("b", Words("b", "乙"), lines, roads["street"][forth], cars, cars + 100)
    atlas = maps.Atlas(ground, (), Words("a", "甲"), (change,))  # type: ignore[arg-type]
    told = maps.told(atlas)
    assert told.titles["map_traffic_b"]["zh"] == "车流如何变化：乙"
    rows = told.sheets["map_traffic_b"]["en"].rows
    assert len(rows) == 10
    assert {row[3] for row in rows} == {"+100"}
    same = replace(atlas, changes=(replace(change, after=cars),))
    assert {row[3] for row in maps.told(same).sheets["map_traffic_b"]["en"].rows} == {"+0"}
    assert set(maps.draw(atlas, "zh")) == {"map_traffic_b"}
