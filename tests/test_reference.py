"""Every mechanism against its slow scalar version: the same days, the same view, the same effects."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

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
        "works": block("works", followed=True, objections_to_stop=1, stoppage_days=1, crews=2),
        "disturbance": block("disturbance", objection_hazard=0.2, nuisance_chance=1.0, threshold=0.0),
        "living_survey": block("living_survey", every_days=3, sample_share=0.5),
        "promises": block("promises", disclosed_every_days=3),
    }


def special(name: str) -> dict[str, Any]:
    """What a mechanism needs besides, so that it has something to do: a map, or to be switched on."""
    if name == "traffic":
        estate = PlacesSettings(map="estate", households=60)
        return {"places": estate, "traffic": block(name, followed=True, closed=(1,), calmed=(2,), widened=(0,))}
    return {}


@pytest.mark.parametrize("name", SCALAR)
def test_the_scalar_version_has_the_same_effects(name: str) -> None:
    if name == "theory":
        textbook = block(name, servers=2, urgent_share=0.4, customers=400)
        compared = compare(subject_of(name), scalar_of(name), 4, theory=textbook)
    else:
        compared = compare(subject_of(name), scalar_of(name), 14, **busy(), **special(name))
    assert compared > (20 if name in OFTEN else 0) or name == "placebo"


def test_every_mechanism_but_the_desk_has_a_scalar_version() -> None:
    """The desk's reference is its own kernel, read as plain Python."""
    assert set(SCALAR) == set(CATALOGUE) - {"desk"}
