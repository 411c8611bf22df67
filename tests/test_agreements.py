"""What an agreement is worth: whether it is kept, and what it changes in the world; who leads, and who is helped."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.quarrel_kit import quarrelling
from twin.core.cases import Case, engine_of
from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.mechanisms.disputes import Disputes, load
from twin.mechanisms.mediation import level_needed
from twin.report.dispute_text import dispute_lines
from twin.runs.dispute_lives import Dispute
from twin.scenario.load import load as loaded
from twin.world.disputes import CAUSES, FEES, LEAKS, NOISE, PARKING, PETS, dwellings
from twin.world.ledger import BESIDE_WAGES, OWNERS, TRANSFER
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


# -- what an agreement changes in the world ------------------------------------------------------------------


def by_cause(world: Any, cause: int) -> Any:
    """Return the rows of the disputes about a cause that were settled, and the plaintiffs' shares."""
    table = world.disputes
    rows = np.flatnonzero((table.settled_on >= 0) & (table.cause == cause))
    assert len(rows), CAUSES[cause]
    return rows, table.settled_share[rows]


def test_what_is_bargained_is_what_is_owed_left_and_booked() -> None:
    held = {"agree_chance": 0.9, "contact_per_day": 0.2, "leaks_stake_yuan": 1234.5, "respondent_cleans": 0.3}
    engine = quarrelling(150, mediation=held, lapses={"fouling_per_year": 200.0, "pet_share": 0.5})
    table, postings, stakes = engine.world.disputes, engine.world.postings, {LEAKS: 123_450, FEES: 150_000}
    fen = 0
    for cause, stake in stakes.items():
        rows, share = by_cause(engine.world, cause)
        assert table.owed_fen[rows].tolist() == [round(one * stake) for one in share]
        fen += int(table.owed_fen[rows].sum())
    ours = (postings.account == TRANSFER) & (postings.source == OWNERS)
    assert int(postings.fen[ours].sum()) == fen == round(100 * engine.metrics()["agreed_yuan"]) > 0
    assert TRANSFER not in BESIDE_WAGES and engine.metrics()["mediation_yuan"] == 0, "a transfer is no cost"
    rows, share = by_cause(engine.world, PETS)
    assert table.clause_part[rows] == pytest.approx(0.3 + 0.7 * share)
    rows, share = by_cause(engine.world, PARKING)
    assert (table.clause_part[rows] * 7).tolist() == pytest.approx([round(7 * one) for one in share])
    assert (np.isfinite(table.clause_hour) == ((table.cause == NOISE) & (table.settled_on >= 0))).all()
    rest = ~np.isin(table.cause, list(stakes)) | (table.settled_on < 0)
    assert not table.owed_fen[rest].any()


def test_without_clauses_nothing_is_owed_left_or_booked() -> None:
    engine = quarrelling(150, mediation={"agree_chance": 0.9, "contact_per_day": 0.2, "clauses": False})
    table = engine.world.disputes
    assert (table.settled_on >= 0).any() and engine.metrics()["agreed_yuan"] == 0
    assert not table.owed_fen.any() and not table.clause_part.any() and not np.isfinite(table.clause_hour).any()
    assert not (engine.world.postings.account == TRANSFER).any()


@pytest.mark.parametrize("part", [0.0, 0.6, 1.0])
def test_a_respondent_cleans_up_the_part_that_was_agreed(part: float) -> None:
    homes, days = 400, 30
    agreed = list(range(homes // 2))
    engine = alone(
        "lapses", days, {"late_evenings_per_year": 0, "pet_share": 1, "fouling_per_year": 365},
        flats={"stairwell": [0], "building": [0]}, households={"flat": [0] * homes},
        residents={"household": list(range(homes))},
        disputes={"cause": [PETS] * len(agreed), "plaintiff": [homes - 1] * len(agreed), "respondent": agreed,
                  "settled_on": [0] * len(agreed), "clause_part": [part] * len(agreed)},
    )  # fmt: skip
    for _ in range(days):
        engine.step()
    whose = engine.world.lapses.household
    bound, free = np.count_nonzero(whose < homes // 2), np.count_nonzero(whose >= homes // 2)
    assert free > 3000
    assert bound / free == pytest.approx(1 - part, abs=4 * (2 / free) ** 0.5)


def of_parking(weight: float, days: int = 1, **tables: Any) -> list[float]:
    """Return what parking is to four households on the next morning: the load of each."""
    four = {"flats": {"stairwell": [0], "building": [0]}, "households": {"flat": [0] * 4},
            "residents": {"household": [0, 1, 2, 3], "grid": [0] * 4}}  # fmt: skip
    params = {"followed": True, "scale": 0, "blocked_weight": weight}
    world = alone("disputes", 9, params, **four, **tables).world
    world.day = days
    found: list[float] = load(world, Disputes(**params), PARKING, dwellings(world)).tolist()
    return found


def test_parking_bears_on_households_by_the_cars_that_found_no_space_yesterday() -> None:
    stays = {"side": [0, 0, 0, 0, 1, 1], "lot": [-1, -1, -1, 0, -1, 1], "arrived": [10, 20, 1439, 30, 40, 50],
             "until": [10, 20, 1439, 990, 40, 990]}  # fmt: skip
    assert of_parking(2.0, stays=stays) == [2.5] * 4, "three of the residents' four, the offices' do not count"
    assert of_parking(0.0, stays=stays) == of_parking(2.0) == of_parking(2.0, days=3, stays=stays) == [1.0] * 4


def test_a_space_kept_free_takes_its_nights_off_the_load_of_the_plaintiff_alone() -> None:
    made = {"cause": [PARKING, PARKING, LEAKS], "plaintiff": [1, 2, 3], "respondent": [0, 0, 0],
            "settled_on": [0, 0, 0], "broken_on": [-1, 0, -1], "clause_part": [3 / 7, 1, 1]}  # fmt: skip
    assert of_parking(2.0, disputes=made) == pytest.approx([1, 4 / 7, 1, 1])


def test_cars_without_a_space_feed_disputes_and_by_nothing_else() -> None:
    """Where nobody parks where he must not, all that parking does to disputes goes through its load."""
    plain = quarrelling(60)
    cars = {"followed": True, "resident_spaces": 1, "office_spaces": 0, "office_cars_per_day": 0.0,
            "illegal_share": 0.0}  # fmt: skip
    found = {weight: quarrelling(60, also=("parking",), parking=cars, disputes={"blocked_weight": weight})
             for weight in (0.0, 4.0)}  # fmt: skip
    about = {weight: np.bincount(one.world.disputes.cause, minlength=6) for weight, one in found.items()}
    assert found[0.0].world.disputes.key.tolist() == plain.world.disputes.key.tolist()
    assert about[4.0][PARKING] > 2 * about[0.0][PARKING] > 0


def test_what_neighbours_pay_by_agreements_is_not_paid_for_lifts() -> None:
    engine = alone(
        "lifts", 1, {}, projects={"asked_for": [True], "passed": [True], "started": [0]},
        postings={"day": [0, 0], "account": [TRANSFER, TRANSFER], "fen": [12_300, 50_000], "source": [OWNERS, OWNERS],
                  "project": [0, -1]},
    )  # fmt: skip
    assert engine.metrics()["lift_transfer_yuan"] == 123


# -- rules that send a case to its table -------------------------------------------------------------------


@pytest.mark.parametrize("arm", ["separate_offices", "one_stop"])
def test_the_stages_of_the_tables_stand_in_a_row_of_the_rules(arm: str) -> None:
    said = "rules.levels_by_stage.then.mediation.level_from_stage = 2, 9"
    for sets, levels in (([], [1, 2, 2, 3]), ([said.replace(" = ", "=")], [2, 2, 2, 2])):
        p = loaded(SCENARIOS / "mediation.yaml", sets=sets).arms[arm].blocks["mediation"]
        assert level_needed(p, np.array([3, 4, 6, 7])).tolist() == levels


def test_the_centre_without_an_adviser_has_all_rows_of_the_centre_but_one() -> None:
    arms = loaded(SCENARIOS / "mediation.yaml").arms
    full, bare = arms["one_stop"], arms["one_stop_no_adviser"]
    rows = [[one.head.name for one in arm.policy.rules.deciders] for arm in (full, bare) if arm.policy is not None]
    assert rows[0] == rows[1]
    assert bare.blocks["mediation"] == replace(full.blocks["mediation"], adviser=False)
    assert full.blocks["mediation"].adviser


# -- as it is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cause", "who"), [("fees", "the property firm"), ("works", "whoever has the works done")])
def test_the_other_side_of_works_is_not_the_property_firm(cause: str, who: str) -> None:
    found = Dispute("arm", 1, 0, cause, 4, -1, (), (), {}, False)
    assert dispute_lines(found, "en")[0].endswith(f"resident 4 against {who}")
    assert dispute_lines(found, "zh")[0].endswith({"fees": "物业公司", "works": "施工方"}[cause])
