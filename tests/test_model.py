"""Mesa's face: the same days, the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.runs.experiment import simulate
from twin.scenario.load import load

SCENARIO = Path(__file__).parent.parent / "scenarios" / "dispatch.yaml"
SHORT = ["days=20", "warm_up_days=5"]


def test_stepping_through_mesa_gives_the_engines_numbers():
    from twin.model import Neighbourhood

    plan = load(SCENARIO, sets=SHORT)
    model = Neighbourhood(plan, "smart", rng=5)
    while model.running:
        model.step()
    assert model.metrics == simulate(plan, "smart", 5).metrics()


def test_an_unknown_arm_is_refused():
    from twin.model import Neighbourhood

    with pytest.raises(InputError, match="smrt"):
        Neighbourhood(load(SCENARIO, sets=SHORT), "smrt")
