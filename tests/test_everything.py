"""One world: every mechanism on, one year, and one causal chain through all of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import twin
from twin.desk.layout import Step
from twin.mechanisms import CATALOGUE
from twin.runs.experiment import simulate
from twin.scenario.load import EMERGENCY
from twin.world.disputes import CAUSES
from twin.world.ledger import SOURCES

SCENARIO = Path(__file__).parent.parent / "scenarios" / "everything.yaml"
ARMS = ["as_it_is", "instant", "instant_deaf", "forgiving", "great_works", "great_works_quiet"]
MONTHS = "days=200"  # enough for every arm to part from the others


@cache
def experiment():
    return twin.run(SCENARIO, replications=1, arms=ARMS, set=[MONTHS])


@cache
def lived():
    """A year of the neighbourhood as it is."""
    return simulate(twin.load(SCENARIO), "as_it_is", 1)


@cache
def measured():
    """What its metrics are at the end of that year."""
    return lived().metrics()


def world():
    """The neighbourhood at the end of that year."""
    return lived().world


def test_every_mechanism_is_on_for_a_year():
    plan = twin.load(SCENARIO)
    assert plan.days >= 365 and plan.arms["as_it_is"].off == frozenset()
    assert world().day >= plan.days


def test_every_mechanism_but_the_textbook_measures_something():
    for name, mechanism in CATALOGUE.items():
        if name != "theory":
            assert not mechanism.metrics or measured().keys() & set(mechanism.metrics), name


def test_a_lever_of_the_desk_reaches_reporting_through_trust_and_not_otherwise():
    """At once → sooner done → trust and memory → more incidents reported; with trust cut off the way is barred."""
    values = experiment().values
    hours, reported = "hours_to_close_mean", "share_of_incidents_reported"
    quicker = [b < a for a, b in zip(values["as_it_is"][hours], values["instant"][hours], strict=True)]
    assert all(quicker)
    cut = [b < a for a, b in zip(values["instant"][reported], values["instant_deaf"][reported], strict=True)]
    assert all(cut)


@pytest.mark.slow
def test_an_emergency_takes_a_worker_away_from_lesser_work():
    """Whoever is stuck in a lift does not wait for a parking matter; and nothing that is urgent too is interrupted."""
    desk = world().resources["desk"]
    log = desk.log
    interrupted = log["order"][log["code"] == Step.PREEMPTED]
    assert len(interrupted) > 10
    assert (desk.orders["priority"][interrupted] > EMERGENCY).all()
    signed = log[log["code"] == Step.SIGNED]
    urgent = signed["minute"][desk.orders["priority"][signed["order"]] == EMERGENCY]
    assert np.isin(log["minute"][log["code"] == Step.PREEMPTED], urgent).all(), "an emergency is signed for at once"


def test_incidents_do_not_know_the_desk():
    values = experiment().values
    assert values["as_it_is"]["incidents_per_1000_year"] == values["instant"]["incidents_per_1000_year"]


def test_unsolved_reports_reach_disputes_through_grievances_and_not_otherwise():
    """Sooner done → fewer grievances; where they leave none, fewer quarrel, and nobody who did not before."""
    values = experiment().values
    grievance, disputes = "grievance_mean", "disputes_per_1000"
    assert all(b < a for a, b in zip(values["as_it_is"][grievance], values["instant"][grievance], strict=True))
    pairs = list(zip(values["as_it_is"][disputes], values["forgiving"][disputes], strict=True))
    assert all(b <= a for a, b in pairs) and sum(b for _, b in pairs) < sum(a for a, _ in pairs)


def test_sessions_are_orders_of_the_same_desk():
    """Mediators and counsellors serve on the desk on which everything else is served, in their own hours."""
    end = world()
    session = end.tickets.category == end.categories.index("service")
    assert session.sum() > 20 and (end.tickets.reporter[session] == -1).all()
    log = end.resources["desk"].log
    done = log["minute"][(log["code"] == Step.DONE) & np.isin(log["order"], np.flatnonzero(orders_of(end, session)))]
    held = end.disputes.sessions > 0
    assert held.any() and np.isin(end.disputes.heard_on[held], done).all()


def orders_of(end, tickets):
    """Tell which orders of the desk are of these tickets."""
    return tickets[end.resources["desk"].orders["ticket"]]


def test_works_reach_the_desk_through_what_they_do_to_neighbours_and_not_otherwise():
    """Works → nuisances → incidents → reports → load of the desk → hours to close of everybody's tickets."""
    values = experiment().values
    loud, quiet = values["great_works"], values["great_works_quiet"]
    assert loud["projects_finished"] == quiet["projects_finished"], "the same works are built"
    assert loud["incidents_per_1000_year"] == quiet["incidents_per_1000_year"], "and the same faults come by themselves"
    assert set(quiet["nuisances_per_1000_year"]) == {0.0} and min(loud["nuisances_per_1000_year"]) > 0
    for moved in ("first_reports_per_1000_year", "utilisation", "hours_to_close_median", "hours_to_close_mean"):
        assert all(a > b for a, b in zip(loud[moved], quiet[moved], strict=True)), moved


# whoever loses by a lift quarrels, and most go to a table
SORE = ("lifts.dispute_yuan=1000", "mediation.agree_chance=0.9", "mediation.contact_per_day=0.1 /day")


@pytest.mark.slow
def test_lifts_without_a_bargain_lead_to_disputes_that_mediators_hear():
    """Sore owners → disputes among neighbours → sessions on the desk; where owners bargain nobody is sore."""
    found = twin.run(SCENARIO, replications=1, arms=["as_it_is", "lifts_bargained"]).values
    assert sum(found["as_it_is"]["lift_disputes"]) > 0
    assert set(found["lifts_bargained"]["lift_disputes"]) == {0.0}
    sore = twin.load(SCENARIO, sets=[*SORE, MONTHS])
    end = simulate(sore, "as_it_is", 1).world
    homes = end.residents.household[end.disputes.plaintiff]
    of_lifts = (end.disputes.cause == CAUSES.index("works")) & (homes >= 0) & end.households.lift_fell_out[homes]
    assert of_lifts.any() and (end.disputes.sessions[of_lifts] > 0).any()


def test_all_purses_pay_into_one_ledger():
    of_sources = [measured()[f"cost_yuan_{name}"] for name in SOURCES]
    assert abs(sum(of_sources) - measured()["cost_yuan"]) < 0.005 and min(of_sources) > 0
    assert measured()["chain_broken"] == 0.0
