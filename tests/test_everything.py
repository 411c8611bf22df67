"""One world: every mechanism on, one year, and one causal chain through all of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import twin
from twin.mechanisms import CATALOGUE

SCENARIO = Path(__file__).parent.parent / "scenarios" / "everything.yaml"


@cache
def experiment():
    return twin.run(SCENARIO, replications=3)


def test_every_mechanism_is_on_for_a_year():
    plan = experiment().scenario
    assert plan.days >= 365 and plan.arms["as_it_is"].off == frozenset()


def test_every_mechanism_but_the_textbook_measures_something():
    measured = set(experiment().estimates["as_it_is"])
    for name, mechanism in CATALOGUE.items():
        if name != "theory":
            assert not mechanism.metrics or measured & set(mechanism.metrics), name


def test_a_lever_of_the_desk_reaches_reporting_through_trust_and_not_otherwise():
    """At once → sooner done → trust and memory → more incidents reported; with trust cut off the way is barred."""
    values = experiment().values
    hours, reported = "hours_to_close_mean", "share_of_incidents_reported"
    quicker = [b < a for a, b in zip(values["as_it_is"][hours], values["instant"][hours], strict=True)]
    assert all(quicker)
    cut = [b < a for a, b in zip(values["instant"][reported], values["instant_deaf"][reported], strict=True)]
    assert all(cut)


def test_incidents_do_not_know_the_desk():
    values = experiment().values
    assert values["as_it_is"]["incidents_per_1000_year"] == values["instant"]["incidents_per_1000_year"]
