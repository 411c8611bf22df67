"""Parking: Erlang's formula, the length of a search, and what sharing is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.core.cases import Case, engine_of
from twin.core.engine import Engine
from twin.desk.theory import erlang_b
from twin.mechanisms import CATALOGUE
from twin.mechanisms.parking import BLOCKED, Parking, is_open, looks_of
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
EVEN = (1.0,) * 24


def test_two_lots_of_twenty_block_more_than_one_of_forty() -> None:
    """Erlang B, exactly: what separate and shared spaces come to when both sides have the same hours."""
    assert erlang_b(20, 18) == pytest.approx(0.1092, abs=1e-4)
    assert erlang_b(40, 36) == pytest.approx(0.0654, abs=1e-4)


def textbook(sharing: str, days: int = 60, **more: Any) -> Engine:
    """Two sides of 20 spaces with 18 erlangs each, hour after hour: cars that stay an hour, 432 a day."""
    given = {"households": {"flat": list(range(72)), "cars": [1] * 72}}
    load_ = {"homecomings_per_car_day": 6.0, "office_cars_per_day": 432.0, "resident_stay_hours": 1.0}
    hours = {"resident_hours": EVEN, "office_hours": EVEN, "office_stay_hours": 1.0, "office_closed_weekends": False}
    shared = {"sharing": sharing, "consent_share": 1.0, "offices_share_hours": (0, 0), "residents_share_hours": (0, 0)}
    lots = {"followed": True, "resident_spaces": 20, "office_spaces": 20, "look_minutes": 1.0, "give_up_minutes": 120.0}
    world = {"days": days, "warm_up_days": 1}
    case = Case("", "", days, given, {**load_, **hours, **shared, **lots, **more}, world=world)
    engine = engine_of(case, CATALOGUE["parking"], list(CATALOGUE.own.values()), TABLES)
    engine.run()
    return engine


@pytest.mark.parametrize(("sharing", "theory"), [("none", erlang_b(20, 18)), ("both", erlang_b(40, 36))])
def test_cars_are_blocked_as_erlang_says(sharing: str, theory: float) -> None:
    """Days are far apart in terms of stays, so their shares are nearly independent: three standard errors."""
    stays = textbook(sharing).world.stays
    day = (stays.arrived // 1440).astype(int)
    shares = [(stays.lot[day == one] == BLOCKED).mean() for one in range(1, 60)]
    assert abs(np.mean(shares) - theory) < 3 * np.std(shares, ddof=1) / len(shares) ** 0.5


@pytest.mark.parametrize(("occupied", "looks"), [(0.70, 3.33), (0.85, 6.67), (0.90, 10.0), (0.95, 20.0), (0.99, 100.0)])
def test_a_search_takes_one_over_the_free_share(occupied: float, looks: float) -> None:
    luck = (np.arange(100_000) + 0.5) / 100_000
    found = np.array([looks_of(occupied, one) for one in luck.tolist()])
    assert found.mean() == pytest.approx(1 / (1 - occupied), rel=2e-3)
    assert found.mean() == pytest.approx(looks, rel=5e-3)


def test_an_empty_lot_is_looked_at_once() -> None:
    assert looks_of(0.0, 0.999) == 1
    assert looks_of(-0.0, 1e-9) == 1


def test_cars_that_cruise_are_arrivals_times_search() -> None:
    """Little: those who look at any minute are arrivals by minute times the mean search."""
    stays = textbook("none", 20).world.stays
    looking = sum(
        (stays.arrived <= minute) & (minute < stays.arrived + stays.search_minutes) for minute in range(1440, 28800)
    )
    arrived = stays.arrived >= 1440
    assert looking.sum() / 27360 == pytest.approx(stays.search_minutes[arrived].sum() / 27360, rel=0.02)


@pytest.mark.parametrize(
    ("hour", "offices", "residents"),
    [(3, True, False), (7.99, True, False), (8, False, True), (17.9, False, True), (18, True, False)],
)  # fmt: skip
def test_spaces_are_open_in_their_hours(hour: float, offices: bool, residents: bool) -> None:
    both, one, none = (Parking(sharing=how) for how in ("both", "offices", "none"))
    minute = 3 * 1440 + hour * 60
    assert (is_open(both, 1, minute), is_open(both, 0, minute)) == (offices, residents)
    assert (is_open(one, 1, minute), is_open(one, 0, minute)) == (offices, False)
    assert not is_open(none, 1, minute)


def test_nobody_stands_where_somebody_else_does() -> None:
    stays = textbook("both", 5).world.stays
    for lot in (0, 1):
        here = stays.lot == lot
        standing = [(here & (stays.arrived <= minute) & (minute < stays.until)).sum() for minute in stays.arrived[here]]
        assert max(standing) <= 20


# -- the scenario and its ablations


def blocked(*sets: str, arm: str, seed: int = 1) -> float:
    engine = engine_for(
        load(ROOT / "scenarios/shared_parking.yaml", sets=["days=28", "warm_up_days=7", *sets]), arm, seed
    )
    engine.run()
    return engine.metrics()["blocked_arrivals_share"]


def test_sharing_helps_in_every_world_and_not_without_consent() -> None:
    for seed in (1, 2, 3):
        apart, shared = (blocked(arm=arm, seed=seed) for arm in ("apart", "both_share"))
        assert shared < apart - 0.02
        assert blocked(arm="nobody_agrees", seed=seed) == apart


@pytest.mark.slow
def test_two_sides_with_the_same_hours_gain_little_from_sharing() -> None:
    """The ablation of complementary hours: both sides come as residents do, and stay as long."""
    alike = [
        "parking.office_hours=[1,1,0,0,0,0,1,2,2,2,2,4,5,3,3,4,7,14,18,13,8,5,3,2]", "parking.office_stay_hours=11",
        "parking.office_cars_per_day=100", "parking.office_closed_weekends=off", "parking.resident_spaces=60",
        "parking.homecomings_per_car_day=0.75",
    ]  # fmt: skip
    gain, gain_alike = (
        np.mean(
            [blocked(*sets, arm="apart", seed=seed) - blocked(*sets, arm="both_share", seed=seed) for seed in (1, 2)]
        )
        for sets in ([], alike)
    )
    assert gain_alike < gain / 2


def test_illegal_parking_reaches_the_desk() -> None:
    """Cars without a space become faults, faults reports: no private queue."""
    scenario = load(ROOT / "scenarios/shared_parking.yaml", sets=["incidents.faults_per_place_year=0", "days=28"])
    reports = {}
    for arm in ("apart", "both_share"):
        engine = engine_for(scenario, arm, 1)
        engine.run()
        reports[arm] = len(engine.world.tickets), len(engine.world.incidents)
    assert reports["apart"][1] > reports["both_share"][1]
    assert reports["apart"][0] > reports["both_share"][0]
