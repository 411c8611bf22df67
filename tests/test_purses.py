"""Spending outside of the plan of works: booked once, in the one ledger; and finished works that reach on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.testing.street import lived, street
from twin.world.ledger import (
    BARRIERS,
    CHILD_CARE,
    DRAIN_CLEANING,
    HOME_FITTING,
    INSULATION,
    OPERATION,
    OWNERS,
    PUBLIC,
    SOURCES,
    STREETS,
    booked_yuan,
)

ROOT = Path(__file__).resolve().parent.parent
# by mechanism: its account, its own metric, and parameters by which it spends (the price is the last one)
PURSES: dict[str, tuple[int, str, dict[str, Any]]] = {
    "heating": (INSULATION, "insulation_yuan", {"followed": True, "insulated_share": 0.4, "insulation_yuan_m2": 1.0}),
    "falls": (HOME_FITTING, "home_fitting_yuan", {"followed": True, "homes": 7, "home_yuan": 1.0}),
    "drains": (DRAIN_CLEANING, "drain_visits_yuan", {"inlets": 30, "clean_months": (1,), "visit_yuan": 1.0}),
    "traffic": (STREETS, "street_plan_cost_yuan", {"followed": True, "closed": (1,), "yuan_a_metre": (1.0, 1.0, 1.0)}),
    "access": (BARRIERS, "barrier_removal_yuan", {"facilities": 3, "removed_share": 0.6, "barrier_yuan": 1.0}),
    "after_school": (CHILD_CARE, "child_care_yuan",
                     {"followed": True, "places": 4, "need_share": 1.0, "earner_share": 1.0, "day_yuan": 1.0}),
}  # fmt: skip


def spending(name: str, price: float, **more: Any) -> Engine:
    """Live on a street where one mechanism spends at this price, and wages are paid."""
    _, _, given_ = PURSES[name]
    own = {**given_, **more}
    key = list(given_)[-1]
    own[key] = (price, price, price) if key == "yuan_a_metre" else price
    block = CATALOGUE[name].params(**own)  # type: ignore[misc]
    off = [one for one in CATALOGUE.own if one not in (name, "payroll")]
    return lived(params={name: block}, off=off, world=street(200, 20))


def amount(name: str, engine: Engine) -> float:
    """Return how much of what costs money was done, counted in the world and not in the books."""
    world = engine.world
    done = {
        "heating": lambda: world.flats.area_m2[world.buildings.insulated[world.flats.building] == 1].sum(dtype=float),
        "falls": lambda: np.count_nonzero(world.households.fitted),
        "drains": lambda: world.inlets.visits.sum(),
        "traffic": lambda: world.roads.metres[world.roads.closed].sum() / 2,
        "access": lambda: np.count_nonzero(world.paths.removed),
        "after_school": lambda: world.residents.care_days.sum(),
    }
    return float(done[name]())


@pytest.mark.parametrize("name", PURSES)
def test_what_is_done_is_booked_once_to_the_fen(name: str) -> None:
    account, metric, _ = PURSES[name]
    for price in (0.07, 123.45):
        engine = spending(name, price)
        postings, metrics = engine.world.postings, engine.metrics()
        mine = int(postings.fen[postings.account == account].sum())
        assert mine == round(amount(name, engine) * round(price * 100, 6)) > 0
        assert round(100 * metrics[metric]) == mine
        beside_wages = metrics["cost_yuan"] - metrics["labour_cost_yuan"]
        assert round(100 * beside_wages) == mine
        by_source = [round(100 * metrics[f"cost_yuan_{source}"]) for source in SOURCES]
        assert sum(by_source) == round(100 * metrics["cost_yuan"])


@pytest.mark.parametrize("name", PURSES)
def test_what_costs_nothing_is_not_booked(name: str) -> None:
    engine = spending(name, 0.0)
    assert amount(name, engine) > 0
    assert not (engine.world.postings.account == PURSES[name][0]).any()
    assert engine.metrics()[PURSES[name][1]] == 0


@settings(deadline=None, max_examples=8)
@given(price=st.floats(0.01, 999.0), share=st.floats(0.0, 1.0))
def test_both_purses_sum_to_the_whole(price: float, share: float) -> None:
    for name, key, source in (("heating", "owners_share", OWNERS), ("after_school", "fee_share", OPERATION)):
        engine = spending(name, price, **{key: share})
        account, metric, _ = PURSES[name]
        parts = [booked_yuan(engine.world, [account], [one]) for one in range(len(SOURCES))]
        whole = round(100 * engine.metrics()[metric])
        assert sum(round(100 * one) for one in parts) == whole
        assert {one for one in range(len(SOURCES)) if parts[one]} <= {PUBLIC, source}
        days = int(np.count_nonzero(engine.world.postings.account == account))
        assert abs(100 * parts[source] - share * whole) <= max(days, 1)


def test_nothing_is_done_before_the_days_that_are_measured() -> None:
    """Or its cost would be in no window, while its effect would."""
    sets = ["days=20", "warm_up_days=10", "run_on_days=0", "population.residents=600"]
    sets += ["plans.process=none", "lifts.asked=off"]
    engine = engine_for(load(ROOT / "scenarios/everything.yaml", sets=sets), "as_it_is", 1)
    postings = engine.world.postings
    accounts = [INSULATION, HOME_FITTING, BARRIERS]
    for _ in range(10):
        engine.step()
    assert not np.isin(engine.world.postings.account, accounts).any()
    assert not engine.world.buildings.insulated.any()
    engine.step()
    postings = engine.world.postings
    assert set(postings.account[np.isin(postings.account, accounts)].tolist()) == set(accounts)


# -- one world: what is finished reaches on


def small_renewal(*sets: str) -> Engine:
    """Live for forty days of winter in which works of two days are decided on the first."""
    given_ = [
        "days=40", "warm_up_days=0", "run_on_days=0", "start=2025-01-06", "population.residents=400",
        "plans.process=prior", "plans.decide_on_day=1", "plans.budget_yuan=60000000 yuan", "works.crews=200",
        *(f"plans.catalogue.{work}.{key}" for work in ("insulation", "parking", "pipes")
          for key in ("lead_days=1", "duration_days=2")),
        "lifts.asked=off", "heating.insulated_share=0", "parking.resident_spaces=20", "legal_review.followed=off",
        "fund.programmes=0", "ppp.mode=none",
    ]  # fmt: skip
    engine = engine_for(load(ROOT / "scenarios/everything.yaml", sets=[*given_, *sets]), "as_it_is", 1)
    engine.run()
    return engine


def test_a_finished_project_insulates_and_adds_spaces_and_pays_for_it_once() -> None:
    with_it, without = small_renewal(), small_renewal("works.crews=0")
    world = with_it.world
    names = sorted(world.levers["plans"].catalogue)  # type: ignore[attr-defined]
    finished = {name: world.projects.finished[world.projects.work == names.index(name)] >= 0 for name in names}
    assert finished["insulation"].any()
    assert finished["parking"].any()
    insulated = world.buildings.insulated > 0
    assert np.count_nonzero(insulated) == np.count_nonzero(finished["insulation"])
    assert (world.buildings.u_value[insulated] < without.world.buildings.u_value[insulated]).all()
    before, after = without.metrics(), with_it.metrics()
    assert before["parking_spaces"] == 20
    assert after["parking_spaces"] > 60
    assert after["blocked_residents_share"] < before["blocked_residents_share"]
    assert after["heat_kwh_m2"] < before["heat_kwh_m2"]
    assert after["insulation_yuan"] == before["insulation_yuan"] == 0
    assert after["works_cost_yuan"] > 0
    assert not (world.postings.account == INSULATION).any()


def test_an_insulation_that_changes_no_wall_saves_nothing() -> None:
    """The ablation of the chain from a plan to a bill: the same projects, walls as before."""
    built = small_renewal("heating.u_insulated=6 W/m2K", "heating.rebound_c=0 degC")
    idle = small_renewal("works.crews=0")
    assert built.world.buildings.insulated.any()
    assert built.metrics()["heat_kwh_m2"] == pytest.approx(idle.metrics()["heat_kwh_m2"], rel=1e-9)


def test_works_on_pipes_take_room_on_the_street_while_they_last() -> None:
    found = small_renewal("plans.catalogue.pipes.duration_days=60", "traffic.through_per_hour=8000 /h")
    quiet = small_renewal("works.crews=0", "traffic.through_per_hour=8000 /h")
    assert found.world.roads.dug.any()
    assert not quiet.world.roads.dug.any()
    assert found.metrics()["travel_minutes"] > quiet.metrics()["travel_minutes"]
