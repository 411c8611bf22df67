"""What an agreement is worth: whether it is kept, and what it changes in the world; who leads, and who is helped."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.core.cases import Case, engine_of
from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.mechanisms.mediation import level_needed
from twin.report.dispute_text import dispute_lines
from twin.runs.dispute_lives import Dispute
from twin.scenario.load import load
from twin.world.tables import TABLES

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def alone(name: str, days: int, params: dict[str, Any], **tables: Any) -> Engine:
    """Return the engine of a world in which disputes are followed and only one mechanism is on."""
    case = Case(name, "", days, tables, params, then={}, levers={"disputes": {"followed": True}},
                world={"days": days, "categories": ["talks"]})  # fmt: skip
    return engine_of(case, CATALOGUE[name], list(CATALOGUE.own.values()), TABLES)


@pytest.mark.parametrize(("fairness", "weight", "rate"), [(1.0, 1.0, 0.2), (0.0, 1.0, 0.4), (0.5, 2.0, 0.4)])
def test_an_unfair_agreement_breaks_at_the_rate_that_it_says(fairness: float, weight: float, rate: float) -> None:
    """The hazard of one from which both gained equally is 0.2 a month here; of 4000, the law of large numbers."""
    count, days = 4000, 60
    table = {"plaintiff": list(range(count)), "respondent": [-1] * count, "settled_on": [0] * count,
             "fairness": [fairness] * count}  # fmt: skip
    engine = alone("agreements", 365, {"break_per_month": 0.2, "unfair_weight": weight}, disputes=table)
    for _ in range(days):
        engine.step()
    broken = np.mean(engine.world.disputes.broken_on[:count] >= 0)
    expected = 1 - math.exp(-rate * days / (365 / 12))
    assert broken == pytest.approx(expected, abs=4 * (expected * (1 - expected) / count) ** 0.5)


def test_the_oldest_dispute_with_the_firm_leads_a_grid() -> None:
    engine = alone(
        "coalitions", 10, {"recruit_per_day": 0, "mean_threshold": 1, "threshold_spread": 0},
        flats={"stairwell": [0], "building": [0]}, households={"flat": [0, 0, 0]},
        residents={"household": [0, 1, 2], "grid": [0, 0, 0]},
        disputes={"plaintiff": [2, 0, 1], "respondent": [-1, -1, -1], "stage": [4, 6, 9], "began": [0, 1, 2]},
    )  # fmt: skip
    engine.step()
    assert engine.world.households.side.tolist() == [-1, -1, 0], "not the newest, nor the hardest"


def test_everybody_who_was_with_a_counsellor_on_a_day_is_helped() -> None:
    size = 4
    engine = alone(
        "stress", 1, {"categories": ("talks",), "return_per_day": 0, "spread": 0.2, "counselling_effect": 0.5},
        residents={"stress": [0.9] * size, "counselled_on": [0] * size, "awaits_hour": [True] * size},
        tickets={"incident": list(range(size - 1)), "done": [600.0, 610.0, 700.0]},
    )  # fmt: skip
    engine.step()
    assert engine.world.residents.relief.tolist() == pytest.approx([0.1, 0.1, 0.1, 0.0])


# -- rules that send a case to its table -------------------------------------------------------------------


@pytest.mark.parametrize("arm", ["separate_offices", "one_stop"])
def test_the_stages_of_the_tables_stand_in_a_row_of_the_rules(arm: str) -> None:
    said = "rules.levels_by_stage.then.mediation.level_from_stage = 2, 9"
    for sets, levels in (([], [1, 2, 2, 3]), ([said.replace(" = ", "=")], [2, 2, 2, 2])):
        p = load(SCENARIOS / "mediation.yaml", sets=sets).arms[arm].blocks["mediation"]
        assert level_needed(p, np.array([3, 4, 6, 7])).tolist() == levels


def test_the_centre_without_an_adviser_has_all_rows_of_the_centre_but_one() -> None:
    arms = load(SCENARIOS / "mediation.yaml").arms
    full, bare = arms["one_stop"], arms["one_stop_no_adviser"]
    assert bare.policy is not None and full.policy is not None
    assert [one.head.name for one in bare.policy.rules.deciders] == [one.head.name for one in full.policy.rules.deciders]
    assert bare.blocks["mediation"] == replace(full.blocks["mediation"], adviser=False)
    assert full.blocks["mediation"].adviser


# -- as it is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cause", "who"), [("fees", "the property firm"), ("works", "whoever has the works done")])
def test_the_other_side_of_works_is_not_the_property_firm(cause: str, who: str) -> None:
    found = Dispute("arm", 1, 0, cause, 4, -1, (), (), {}, False)
    assert dispute_lines(found, "en")[0].endswith(f"resident 4 against {who}")
    assert dispute_lines(found, "zh")[0].endswith({"fees": "物业公司", "works": "施工方"}[cause])
