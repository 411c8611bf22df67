"""Every mechanism against its slow scalar version: the same days, the same view, the same effects."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from twin.mechanisms import CATALOGUE
from twin.testing import compare, subject_of

SCALAR = sorted(path.stem for path in Path(__file__).with_name("reference").glob("*.py") if path.stem != "__init__")

OFTEN = ("hotline", "incidents", "measurement", "recomplaints", "reporting", "satisfaction", "theory", "trust")


def scalar_of(name: str) -> Any:
    return getattr(importlib.import_module(f"tests.reference.{name}"), name)


def block(name: str, **values: Any) -> Any:
    params = CATALOGUE[name].params
    assert params is not None
    return params(**values)


def busy() -> dict[str, Any]:
    """A small neighbourhood in which everything happens often."""
    return {
        "hotline": block("hotline", source="poisson", reports_per_day=6.0),
        "incidents": block("incidents", faults_per_place_year=60.0),
        "reporting": block("reporting", reports_per_resident_day=0.005),
        "measurement": block("measurement", survey_every_days=5, survey_share=0.3),
        "recomplaints": block("recomplaints", overdue_hazard=0.3),
        "placebo": block("placebo", draws_per_day=3),
    }


@pytest.mark.parametrize("name", SCALAR)
def test_the_scalar_version_has_the_same_effects(name: str) -> None:
    if name == "theory":
        textbook = block(name, servers=2, urgent_share=0.4, customers=400)
        compared = compare(subject_of(name), scalar_of(name), 4, theory=textbook)
    else:
        compared = compare(subject_of(name), scalar_of(name), 14, **busy())
    assert compared > (20 if name in OFTEN else 0) or name == "placebo"


def test_every_mechanism_but_the_desk_has_a_scalar_version() -> None:
    """The desk's reference is its own kernel, read as plain Python."""
    assert set(SCALAR) == set(CATALOGUE) - {"desk"}
