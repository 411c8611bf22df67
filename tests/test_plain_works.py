"""Drains on real rain, falls, heat, places after school, ways without barriers: theory and what must vanish."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.cases import Case, engine_of
from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.mechanisms.falls import Falls
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.reach import metres_from, reached_share
from twin.world.reliability import blocked_share
from twin.world.tables import TABLES
from twin.world.weather import beijing

ROOT = Path(__file__).resolve().parent.parent


def lived(name: str, arm: str, *sets: str, seed: int = 1) -> Engine:
    engine = engine_for(load(ROOT / f"scenarios/{name}.yaml", sets=list(sets)), arm, seed)
    engine.run()
    return engine


def metrics(name: str, arm: str, *sets: str, seed: int = 1) -> dict[str, float]:
    return lived(name, arm, *sets, seed=seed).metrics()


def alone(name: str, days: int, given: dict[str, Any], world: dict[str, Any] | None = None, **params: Any) -> Engine:
    """Live the days of one mechanism in a world of these rows."""
    case = Case("", "", days, given, params, world={"days": days, **(world or {})})
    engine = engine_of(case, CATALOGUE[name], list(CATALOGUE.own.values()), TABLES)
    engine.run()
    return engine


# -- weather and drains


def test_the_weather_is_two_whole_years_of_a_dry_northern_city() -> None:
    weather = beijing()
    assert weather.temp_c.shape == weather.rain_mm.shape == (730, 24)
    assert (weather.rain_mm >= 0).all()
    by_year = weather.rain_mm.reshape(2, -1).sum(axis=1)
    assert ((by_year > 300) & (by_year < 800)).all()
    january, july = weather.temp_c[:31].mean(), weather.temp_c[181:212].mean()
    assert -6 < january < 2 < 24 < july < 31
    assert weather.row(dt.date(2028, 2, 29), 2015) == weather.row(dt.date(2025, 2, 28), 2015) == 365 + 58


@pytest.mark.parametrize(("months", "share"), [(1, 0.0488), (11, 0.4231)])
def test_inlets_of_the_mechanism_block_as_the_formula_says(months: int, share: float) -> None:
    """20,000 inlets, no leaves: the share blocked so long after cleaning, three standard errors."""
    days = round(months * 365 / 12)
    inlets = {"inlets": 20_000, "basins": 1, "cleaned_days_ago": days - 1, "leaf_factor": 1.0, "capacity_mm": 200.0}
    blocked = alone("drains", 1, {}, **inlets).world.inlets.blocked.mean()
    theory = blocked_share(0.05, days * 12 / 365)
    assert theory == pytest.approx(share, abs=1e-3)
    assert abs(blocked - theory) < 3 * math.sqrt(theory * (1 - theory) / 20_000)


FAST = ("population.residents=0", "population.places=0")


def test_cleaning_helps_before_the_rain_only() -> None:
    for seed in (1, 2):
        never, before, after = (metrics("drains", arm, *FAST, seed=seed) for arm in ("never", "before", "after"))
        assert before["ponding_mm"] < 0.9 * never["ponding_mm"]
        assert before["drain_visits_yuan"] == after["drain_visits_yuan"] == 60 * 60
        assert after["ponding_mm"] > 0.99 * never["ponding_mm"]


def test_where_nothing_blocks_cleaning_brings_nothing() -> None:
    never, twice = (metrics("drains", arm, *FAST, "drains.blocked_per_month=0 /month") for arm in ("never", "twice"))
    assert (never["ponding_hours"], never["ponding_mm"]) == (twice["ponding_hours"], twice["ponding_mm"])
    assert never["drain_visits_yuan"] < twice["drain_visits_yuan"]


def test_floods_reach_the_desk() -> None:
    reports = []
    for arm in ("never", "before"):
        world = lived("drains", arm, "incidents.faults_per_place_year=0 /year").world
        reports.append((len(world.incidents), len(world.tickets)))
    assert reports[0] > reports[1] > (0, 0)


# -- falls


def elders(ages: tuple[int, ...]) -> dict[str, Any]:
    return {"residents": {"age": list(ages), "household": [-1] * len(ages)}}


def test_old_people_fall_as_often_as_the_rates_say() -> None:
    """500 of 70 to 79 for a year at 0.2144: 107 falls are expected; three standard errors of a Poisson count."""
    engine = alone("falls", 365, elders((75,) * 500), followed=True, rates_per_year=(0.2144,) * 3, frailty_spread=0.0)
    expected = 500 * 365 * -math.expm1(-0.2144 / 365)
    assert expected == pytest.approx(107.2, abs=0.1)
    assert abs(len(engine.world.tumbles) - expected) < 3 * math.sqrt(expected)
    assert engine.metrics()["falls_per_1000_elder_years"] == pytest.approx(2 * len(engine.world.tumbles))


def test_published_shares_give_the_default_rates() -> None:
    shares = np.array([0.163, 0.217, 0.273])
    assert -np.log1p(-shares) == pytest.approx(Falls().rates_per_year, abs=5e-4)
    assert pytest.approx(0.211 / 0.178, abs=0.02) == Falls().alone_ratio


def falls_of(arm: str, *sets: str, seeds: range = range(1, 5)) -> float:
    quick = ("population.residents=1500", "days=365", "mechanisms.reporting=off", "falls.alarm_share=0")
    return float(np.mean([metrics("home_modification", arm, *quick, *sets, seed=seed)["falls_per_1000_elder_years"]
                          for seed in seeds]))  # fmt: skip


@pytest.mark.slow
def test_homes_chosen_by_risk_avoid_falls_and_by_lot_do_not() -> None:
    nothing, by_risk, by_lot = map(falls_of, ("nothing", "by_risk", "by_lot"))
    assert by_risk < 0.95 * nothing
    assert by_lot == pytest.approx(nothing, rel=0.05)
    assert by_lot >= nothing
    first = range(1, 2)
    plain = falls_of("nothing", seeds=first)
    assert falls_of("by_risk", "falls.homes=0", seeds=first) == plain
    assert falls_of("by_risk", "falls.ratio_high_risk=1", "falls.ratio_others=1", seeds=first) == plain


def test_falls_are_alarms_on_the_desk_where_the_scenario_wants_it() -> None:
    engine = lived("home_modification", "nothing", "days=120", "falls.alarm_share=1", "population.residents=800")
    world = engine.world
    assert len(world.tumbles) > 5
    alarms = ~world.tickets.again  # who is not content comes again
    assert np.count_nonzero(alarms) == len(world.tumbles)
    assert (world.tickets.priority[alarms] == 0).all()
    assert not np.isnan(world.tickets.done[alarms]).any()


# -- heat


def test_a_bill_is_u_times_area_times_degree_hours() -> None:
    """One flat of 100 m2 at U 1, half of January 2014, by hand from the hourly temperatures."""
    given = {"buildings": {"grid": [0]}, "flats": {"building": [0], "area_m2": [100.0]}, "households": {"flat": [0]}}
    walls = {"u_before": 1.0, "u_spread": 0.0, "envelope_share": 0.9, "efficiency": 0.8, "yuan_per_kwh": 0.5}
    engine = alone("heating", 15, given, {"start": "2024-01-01"}, followed=True, **walls)
    degree_hours = np.maximum(18.0 - beijing().temp_c[:15], 0).sum()
    kwh = 1.0 * 90 * degree_hours / 1000 / 0.8
    assert engine.world.households.heat_kwh[0] == pytest.approx(kwh)
    assert engine.metrics()["heating_bill_yuan"] == pytest.approx(kwh * 0.5 / 15 * 365)
    assert engine.metrics()["heat_kwh_m2"] == pytest.approx(kwh / 100 / 15 * 365)


WINTER = ("days=30", "population.residents=200")


def test_insulation_saves_in_proportion_to_u_and_not_at_all_if_u_stays() -> None:
    bills = {arm: metrics("green_community", arm, *WINTER) for arm in ("as_it_is", "half", "all", "same_walls")}
    assert bills["same_walls"]["heating_bill_yuan"] == bills["as_it_is"]["heating_bill_yuan"]
    assert bills["same_walls"]["insulation_yuan"] == bills["all"]["insulation_yuan"] > 0
    assert (
        bills["all"]["heating_bill_yuan"] < bills["half"]["heating_bill_yuan"] < bills["as_it_is"]["heating_bill_yuan"]
    )
    even = (*WINTER, "heating.u_spread=0", "heating.rebound_c=0 degC")
    before, after = (metrics("green_community", arm, *even)["heating_bill_yuan"] for arm in ("as_it_is", "all"))
    assert after / before == pytest.approx(0.6 / 1.5)


# -- places after school


TERM = ("days=14", "population.residents=1200")


def test_places_serve_the_lesser_of_demand_and_places() -> None:
    runs = {arm: metrics("child_friendly", arm, *TERM) for arm in ("none", "ten", "thirty", "by_lot", "enough")}
    assert runs["none"]["unmet_care_share"] == 1
    assert runs["none"]["parent_hours_freed_week"] == 0
    assert runs["enough"]["unmet_care_share"] == 0
    assert runs["ten"]["parent_hours_freed_week"] <= 10 * 5 * 2
    assert runs["ten"]["unmet_care_share"] == runs["by_lot"]["unmet_care_share"]
    assert runs["ten"]["unmet_care_lone_share"] < runs["by_lot"]["unmet_care_lone_share"]
    assert runs["ten"]["unmet_care_share"] >= runs["thirty"]["unmet_care_share"]


# -- ways without barriers


def test_barriers_hide_what_walkers_reach_until_all_are_gone() -> None:
    equal = "access.wheelchair_kmh=4.5 km/h"
    arms = {arm: metrics("barrier_free", arm, equal) for arm in ("as_it_is", "by_lot", "by_gain", "all_gone")}
    reach = {arm: one["wheelchair_reach_share"] for arm, one in arms.items()}
    assert reach["as_it_is"] <= reach["by_lot"] <= reach["by_gain"] <= reach["all_gone"]
    assert reach["as_it_is"] < reach["by_gain"]
    assert arms["by_lot"]["barriers_left"] == arms["by_gain"]["barriers_left"]
    nobody_differs = arms["all_gone"]
    assert nobody_differs["wheelchair_reach_share"] == pytest.approx(nobody_differs["walker_reach_share"], abs=0.05)
    everywhere = metrics("barrier_free", "as_it_is", equal, "access.barrier_share=1")
    assert everywhere["wheelchair_reach_share"] < 0.2


def test_one_barrier_on_every_way_is_as_good_as_all() -> None:
    """A ring of four: two barriers, one on each way round, cut the far side off; either gone, it is open."""
    start, end, metres = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0]), np.full(4, 100.0)
    there = np.array([2])
    for closed, reached in (((0, 3), 0.0), ((0,), 1.0), ((3,), 1.0), ((), 1.0)):
        keep = np.setdiff1d(np.arange(4), closed)
        assert reached_share(start[keep], end[keep], metres[keep], 4, there, 1000.0)[0] == reached


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_ways_are_the_shortest_by_trying_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, end = rng.integers(0, 6, 9), rng.integers(0, 6, 9)
    other = start != end
    start, end, metres = start[other], end[other], rng.integers(1, 9, 9)[other].astype(float)
    away = np.where(np.eye(6) > 0, 0.0, np.inf)
    for a, b, length in zip(start, end, metres, strict=True):
        away[a, b] = away[b, a] = min(away[a, b], length)
    for middle in range(6):
        away = np.minimum(away, away[:, middle, None] + away[middle])
    assert (metres_from(start, end, metres, 6, np.arange(6)) == away).all()
