"""Every mechanism against its slow scalar version: the same days, the same view, the same effects."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from twin.desk.settings import DeskSettings, Service, Team
from twin.mechanisms import CATALOGUE
from twin.testing import compare, subject_of
from twin.world.places.settings import PlacesSettings
from twin.world.works import default_catalogue

SCALAR = sorted(path.stem for path in Path(__file__).with_name("reference").glob("*.py") if path.stem != "__init__")

OFTEN = ("hotline", "incidents", "measurement", "recomplaints", "reporting", "satisfaction", "theory", "trust")


def scalar_of(name: str) -> Any:
    return getattr(importlib.import_module(f"tests.reference.{name}"), name)


def block(name: str, **values: Any) -> Any:
    params = CATALOGUE[name].params
    assert params is not None
    return params(**values)


def short_works() -> Any:
    """The catalogue with works that take days, not months, and cost a tenth."""
    return {
        name: replace(
            work, cost_yuan=work.cost_yuan / 10, lead_days=1 + number % 3, duration_days=2 + number % 4, disturbance=0.9
        )
        for number, (name, work) in enumerate(sorted(default_catalogue().items()))
    }


def busy() -> dict[str, Any]:
    """A small neighbourhood in which everything happens often."""
    return {
        "hotline": block("hotline", source="poisson", reports_per_day=6.0),
        "incidents": block("incidents", faults_per_place_year=60.0),
        "reporting": block("reporting", reports_per_resident_day=0.005),
        "measurement": block("measurement", survey_every_days=5, survey_share=0.3),
        "recomplaints": block("recomplaints", overdue_hazard=0.3),
        "placebo": block("placebo", draws_per_day=3),
        "plans": block("plans", process="council", decide_on_day=1, budget_yuan=900_000.0, catalogue=short_works()),
        "ballots": block("ballots", vote_after_days=1, compensation_yuan=4000.0),
        "works": block("works", followed=True, objections_to_stop=1, stoppage_days=1, crews=2, advance_share=0.3),
        "disturbance": block("disturbance", objection_hazard=0.2, nuisance_chance=1.0, threshold=0.0),
        "living_survey": block("living_survey", every_days=3, sample_share=0.5),
        "promises": block("promises", disclosed_every_days=3),
    }


# they act at the end of a year, or of a month
YEARS = {"upkeep": 95, "heating": 50, "fund": 1100, "funding": 190, "ppp": 370}


def special(name: str) -> dict[str, Any]:
    """What a mechanism needs besides, so that it has something to do: a map, or to be switched on."""
    if name == "traffic":
        estate = PlacesSettings(map="estate", households=60)
        return {"places": estate, "traffic": block(name, followed=True, peak_share=1.0, closed=(1,), calmed=(2,),
                                                    widened=(0,))}
    if name == "legal_review":
        doubtful = replace(busy()["plans"], unlawful_chance=1.0)
        return {"plans": doubtful, name: block(name, followed=True, review=True, challenge_per_day=0.3)}
    if name == "drains":
        return {name: block(name, inlets=12, blocked_per_month=2.0, clean_months=(10,), clean_share=0.5,
                            capacity_mm=1.0)}
    if name == "falls":
        rates = {"rates_per_year": (3.0, 4.0, 5.0), "homes": 9, "alarm_share": 0.5, "high_risk": 0.8}
        return {name: block(name, followed=True, **rates)}
    if name == "heating":
        return {name: block(name, followed=True, insulated_share=0.5)}
    if name == "after_school":
        return {name: block(name, followed=True, places=2, need_share=0.6)}
    if name == "access":
        return {name: block(name, facilities=4, barrier_share=0.5, removed_share=0.4)}
    if name == "fund":
        return {name: block(name, programmes=12, rule="two_year", answers=20, shock_chance=0.3)}
    if name == "crowdfunding":
        return {name: block(name, goal_yuan=5000.0, open_days=9, pledge_chance=0.4, match=0.5)}
    if name == "ppp":
        return {name: block(name, mode="partner", failure_chance=0.2)}
    if name == "funding":
        return {name: block(name, sources_yuan=(60_000.0, 50_000.0), correlation=0.4)}
    if name in ("lifts", "ballots"):
        deal = {"compensation": "fixed", "share_rule": "shapley", "climb_yuan": 30_000.0, "dispute_yuan": 10_000.0}
        quarrels = {"disputes": block("disputes", followed=True)}
        asking = {"lifts": block("lifts", asked=True, from_day=3, **deal)} | quarrels
        nobody = {"plans": replace(busy()["plans"], process="none")}
        return asking | (nobody if name == "lifts" else {})
    if name == "upkeep":
        reviewed = block(name, budget_yuan_per_year=1e6, review_every_months=2)
        return {name: reviewed, "works": block("works", followed=True)}
    if name == "audit":
        looking = {"audit_share": 0.8, "chained": True, "audit_after_days": 2, "fear": 0.2, "least_yuan": 0.0}
        return {name: block(name, leak_chance=0.8, **looking)}
    if name == "parking":
        lots = {"resident_spaces": 20, "office_spaces": 12, "consent_share": 0.7, "sharing": "both"}
        return {name: block(name, followed=True, office_cars_per_day=40.0, homecomings_per_car_day=1.5, **lots)}
    if name == "forum":  # decided late, so that some remember having been answered
        return {"plans": replace(busy()["plans"], decide_on_day=10)}
    if name == "ties":  # every ground is built, and used
        grounds = {work: short_works()[work] for work in ("greenery", "play", "care_station")}
        built = {"plans": replace(busy()["plans"], catalogue=grounds), "ballots": block("ballots", consent="none")}
        return quarrelsome() | built | {"works": block("works", followed=True, crews=9)}
    return quarrelsome() if name in (*QUARRELS, "happiness") else {}


QUARRELS = ("agreements", "coalitions", "conventions", "disputes", "grievances", "lapses", "mediation", "stages",
            "stress", "ties")  # fmt: skip


def quarrelsome() -> dict[str, Any]:
    """A neighbourhood that quarrels, sits down at once and breaks what was agreed; sessions take minutes."""
    return {
        "disputes": block("disputes", followed=True, scale=100.0, noise_chance=0.1, fouling_chance=0.1),
        "lapses": block("lapses", late_evenings_per_year=200.0, pet_share=0.5, fouling_per_year=300.0),
        "stages": block("stages", up_per_day=0.3, down_per_day=0.3),
        "mediation": block("mediation", offered=True, categories=("social_care", "other"), contact_per_day=0.5,
                           agree_chance=0.9, date_days=0.0, online=True, online_date_days=0.0, hand_off_days=1.0,
                           pause_days=1.0, adviser=True, bargaining="rubinstein", most_fallback=0.4),
        "agreements": block("agreements", break_per_month=1.0, unfair_weight=10.0),
        "coalitions": block("coalitions", from_stage=2, recruit_per_day=0.05, petition_from_stage=2,
                            petition_per_day=0.3),
        "stress": block("stress", categories=("social_care",), threshold=0.2, uptake_per_day=0.2, again_days=4),
        "ties": block("ties", event_every_days=3, attendance=0.3, work_every_days=2, members=0.2, visits_per_day=0.5),
        "conventions": block("conventions", process="deliberated", from_day=1),
        "desk": DeskSettings(teams={"all": Team(workers=8, calendar="24x7")}, dispatch="instant",
                             intake_calendar="24x7", misroute_chance=0.0, first_time_fix=0.5,
                             service=Service(mean_hours=0.5),
                             limit_hours=(0.2, 0.5, 1.0, 2.0)),
    }  # fmt: skip


@pytest.mark.parametrize("name", SCALAR)
def test_the_scalar_version_has_the_same_effects(name: str) -> None:
    if name == "theory":
        textbook = block(name, servers=2, urgent_share=0.4, customers=400)
        compared = compare(subject_of(name), scalar_of(name), 4, theory=textbook)
    else:
        days = YEARS.get(name, 14)
        given = {**(busy() if days == 14 else {}), **special(name)}
        compared = compare(subject_of(name), scalar_of(name), days, alone=days > 100, **given)
    assert compared > (20 if name in OFTEN else 0) or name == "placebo"


def test_every_mechanism_but_the_desk_has_a_scalar_version() -> None:
    """The desk's reference is its own kernel, read as plain Python."""
    assert set(SCALAR) == set(CATALOGUE) - {"desk"}
