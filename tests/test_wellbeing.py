"""Living conditions, happiness and what is reported of them: theory, accounts, ablations, chance."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.cases import Case, engine_of
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.mechanisms import CATALOGUE
from twin.mechanisms.living import CHANNELS, Living, compared
from twin.runs.experiment import simulate
from twin.scenario.load import load
from twin.testing import everybody
from twin.world.groups import DIMENSIONS, GROUPS, members
from twin.world.ledger import WORKS
from twin.world.tables import TABLES
from twin.world.wellbeing import disadvantage, jump_needed, kept_after, level_at, valued
from twin.world.works import DOMAINS

SCENARIO = Path(__file__).parent.parent / "scenarios" / "renovation.yaml"
NOBODY_NEEDS = {f"need_{domain}": [0.0] for domain in DOMAINS}
ONE_HOME = {
    "flats": {"building": [0], "stairwell": [0], "floor": [2]},
    "households": {"flat": [0]},
}


def a_resident(quality: float, **columns: float) -> dict[str, Any]:
    """Return tables with one resident, who needs nothing but play."""
    resident = {**NOBODY_NEEDS, "need_play": [1.0], "household": [0], "age_group": [2], "grid": [0]}
    resident |= {name: [value] for name, value in columns.items()}
    return {"buildings": {"grid": [0], "quality_play": [quality]}, **ONE_HOME, "residents": resident}


def lived(name: str, days: int, tables: dict[str, Any], **params: Any) -> Engine:
    """Live with one mechanism alone."""
    case = Case("theory", "lives", days, given=tables, params=params, levers={"works": {"followed": True}})
    engine = engine_of(case, CATALOGUE[name], everybody(), TABLES)
    for _ in range(days):
        engine.step()
    return engine


def satisfaction(quality: float, days: int = 1, *, voice: float = 0.0, expected: float = -1.0, **params: Any) -> float:
    """Return the latent satisfaction of one resident."""
    tables = a_resident(quality, expected_play=expected, voice=voice)
    return float(lived("living", days, tables, **params).world.residents.living_satisfaction[0])


# -- expectancy and disconfirmation (T20)


def test_a_higher_expectation_of_the_same_makes_less_satisfied() -> None:
    felt = [satisfaction(0.5, expected=expected) for expected in (0.2, 0.4, 0.5, 0.6, 0.8)]
    assert felt == sorted(felt, reverse=True) and len(set(felt)) == len(felt)


def test_where_expectation_is_met_loss_aversion_is_nothing() -> None:
    assert satisfaction(0.5, expected=0.5, loss_aversion=1.0) == satisfaction(0.5, expected=0.5, loss_aversion=2.25)


def test_a_loss_weighs_more_than_a_gain_of_the_same_size() -> None:
    met = satisfaction(0.5, expected=0.5)
    gain, loss = satisfaction(0.5, expected=0.3) - met, met - satisfaction(0.5, expected=0.7)
    assert loss == pytest.approx(Living().loss_aversion * gain, rel=1e-5)


def test_after_a_lasting_improvement_satisfaction_overshoots_and_settles_where_the_formula_says() -> None:
    p = Living()
    settled = p.base + p.weight_conditions * 0.9 + p.weight_procedure * 0.5 * 0.6
    course = [satisfaction(0.9, days, expected=0.4, voice=0.6, getting_used_days=5.0) for days in (1, 6, 11, 200)]
    assert course == sorted(course, reverse=True)
    assert course[0] > settled + 0.2
    assert course[-1] == pytest.approx(settled, abs=1e-6)


def test_voice_without_effect_satisfies_and_voice_with_effect_satisfies_more() -> None:
    nothing, voice = satisfaction(0.4, expected=0.4), satisfaction(0.4, expected=0.4, voice=1.0)
    both = satisfaction(0.6, expected=0.4, voice=1.0)
    assert nothing < voice < both


def test_without_weight_the_sweep_of_expectation_is_flat() -> None:
    assert len({satisfaction(0.5, expected=e, weight_disconfirmation=0.0) for e in (0.1, 0.5, 0.9)}) == 1


@given(st.floats(-1, 1), st.floats(1, 2.25))
def test_the_value_of_a_difference_has_its_sign_and_is_concave_at_nothing(x: float, aversion: float) -> None:
    there, back = valued(np.array([x, -x]), aversion)
    assert np.sign(there) == np.sign(x)
    assert there + back <= 0


def test_levels_begin_where_measurement_lets_them_begin() -> None:
    opinion = np.array([-9.0, -0.26, -0.25, -1e-9, 0.0, 0.2499, 0.25, 0.4999, 0.5, 9.0])
    assert level_at(opinion, 0.25).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


# -- inequity


def test_nobody_minds_where_all_gain_alike_and_weights_of_0_mind_nothing() -> None:
    same, reference = np.full(4, 0.3), np.full(4, 0.3)
    assert not disadvantage(same, reference, 0.85, 0.3).any()
    assert not disadvantage(np.array([0.1, 0.9]), np.array([0.5, 0.5]), 0.0, 0.0).any()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_looking_at_others_takes_and_never_gives(gains: list[float]) -> None:
    grid = np.zeros(len(gains), np.int64)
    assert (compared(Living(), np.array(gains), grid) >= 0).all()


def test_one_is_compared_with_the_own_grid_only() -> None:
    taken = compared(Living(), np.array([0.1, 0.1, 0.7, 0.7]), np.array([3, 3, 1, 1]))
    assert taken == pytest.approx(0, abs=1e-12)


# -- happiness (T21)


@pytest.mark.parametrize(
    ("half_life", "lasting", "jump", "left_after_five"),
    [(1, 0.0, 2.60, 0.08), (2, 0.0, 1.84, 0.33), (2, 0.3, 1.64, 0.69), (4, 0.3, 1.46, 0.87)],
)
def test_the_jump_that_leaves_a_rise_of_1_3_after_a_year(
    half_life: float, lasting: float, jump: float, left_after_five: float
) -> None:
    needed = jump_needed(1.3, 1, half_life, lasting)
    assert needed == pytest.approx(jump, abs=1e-2)
    assert needed * kept_after(5, half_life, lasting) == pytest.approx(left_after_five, abs=1e-2)


@pytest.mark.parametrize(("half_life", "lasting"), [(1.0, 0.0), (2.0, 0.3)])
def test_the_mechanism_follows_the_kernel(half_life: float, lasting: float) -> None:
    tables = a_resident(0.8, used_to=0.2)
    params = {"spread_points": 0.0, "half_life_years": half_life, "lasting_share": lasting, "conditions_points": 2.0}
    engine = lived("happiness", 1, tables, **params)
    risen = [float(engine.world.residents.happiness[0]) - 6.5]
    for _ in range(364):
        engine.step()
    risen.append(float(engine.world.residents.happiness[0]) - 6.5)
    assert risen[0] == pytest.approx(1.2, abs=1e-6)
    assert risen[1] == pytest.approx(1.2 * kept_after(364 / 365, half_life, lasting), abs=1e-6)


def test_happiness_returns_to_the_set_point_when_what_moved_it_is_undone() -> None:
    engine = lived("happiness", 30, a_resident(0.8, used_to=0.2), spread_points=0.0)
    engine.world.buildings.writable("quality_play")[:] = 0.2
    engine.run()
    assert engine.world.residents.lasting_uplift[0] == pytest.approx(0, abs=1e-7)
    assert float(engine.world.residents.happiness[0]) == pytest.approx(6.5, abs=0.05)


# -- regression to the mean (T39)


def test_the_worst_of_twenty_alike_gets_better_by_itself() -> None:
    """250 complaints a year in each of twenty like neighbourhoods; nobody does anything to the worst of them."""
    keys = np.arange(20, dtype=np.uint64)
    fall = []
    for street in range(1500):
        draw = Draw(street, "rtm", 0)
        first, second = (draw.poisson("complaints", 250.0, keys, year) for year in (0, 1))
        worst = np.argmax(first)
        fall.append(second[worst] / first[worst])
    assert np.mean(fall) == pytest.approx(0.894, rel=0.01)


# -- a renovation

SMALL = (
    "days=200",
    "run_on_days=10",
    "population.residents=400",
    "plans.budget_yuan=2500000",
    "plans.decide_on_day=10",
    "living_survey.every_days=200",
)


@cache
def lived_with(arm: str, *sets: str) -> Engine:
    """Return an arm of the scenario of renovation, lived on a third of its residents for most of a year."""
    return simulate(load(SCENARIO, sets=(*SMALL, *sets)), arm, 3)


def world_of(arm: str, *sets: str) -> Any:
    return lived_with(arm, *sets).world


@pytest.mark.parametrize("arm", ["top_down", "council", "do_nothing"])
def test_the_channels_add_up(arm: str) -> None:
    metrics = lived_with(arm).metrics()
    parts = sum(metrics[f"living_{channel}"] for channel in CHANNELS)
    assert metrics["living_satisfaction"] == pytest.approx(Living().base + parts, abs=1e-6)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_groups_of_a_dimension_part_the_residents(dimension: str) -> None:
    world = world_of("council")
    counted = np.sum([members(world, group) for group in DIMENSIONS[dimension]], axis=0)
    assert (counted == (world.residents.age_group != 0)).all()
    assert {group for groups in DIMENSIONS.values() for group in groups} == set(GROUPS)


def belongs(world: Any, who: int, group: str) -> bool:
    """Tell by hand whether a resident is in a group."""
    home = world.residents.household[who]
    age, skill = world.residents.age[who], world.residents.digital_skill[who]
    floor, income = world.flats.floor[world.households.flat[home]], world.households.income[home]
    tenure = ("reform", "market", "renter")[world.households.tenure[home]]
    is_in = {
        "youth": 15 <= age < 35, "adult": 35 <= age < 65, "elder": age >= 65,
        "low_floor": floor <= 2, "middle_floor": 3 <= floor <= 4, "high_floor": floor >= 5,
        "reform": tenure == "reform", "market": tenure == "market", "renter": tenure == "renter",
        "low_income": income <= 2, "middle_income": income == 3, "high_income": income >= 4,
        "unskilled": skill < 0.5, "skilled": skill >= 0.5,
    }  # fmt: skip
    return bool(is_in[group]) and age >= 15


@pytest.mark.parametrize("group", GROUPS)
def test_satisfaction_of_a_group_is_the_mean_of_its_residents(group: str) -> None:
    world = world_of("council")
    those = [who for who in range(len(world.residents)) if belongs(world, who, group)]
    felt = fmean(world.residents.living_satisfaction[who] for who in those)
    assert lived_with("council").metrics()[f"living_satisfaction_{group}"] == pytest.approx(felt)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_is_the_mean_of_what_grown_ups_feel_of_it(channel: str) -> None:
    world = world_of("top_down")
    felt = getattr(world.residents, f"felt_{channel}")[world.residents.age >= 15]
    assert lived_with("top_down").metrics()[f"living_{channel}"] == pytest.approx(fmean(map(float, felt)), abs=1e-7)


@pytest.mark.parametrize("arm", ["top_down", "council"])
def test_the_budget_is_never_overdrawn_and_every_yuan_is_booked(arm: str) -> None:
    world = world_of(arm)
    spent = int(world.projects.spent_fen.sum())
    assert 0 < spent <= 250_000_000
    assert spent == int(world.postings.fen[world.postings.account == WORKS].sum())


def test_nothing_is_built_without_consent_and_days_on_site_are_worked_or_stood_still() -> None:
    projects = world_of("council").projects
    begun, done = projects.started >= 0, projects.finished >= 0
    assert done.any() and projects.passed[begun].all()
    assert (projects.started[begun] >= projects.passed_on[begun]).all()
    days = projects.finished[done] - projects.started[done] + 1
    assert (days == projects.worked_days[done] + projects.stopped_days[done]).all()


def test_complaints_during_works_come_through_the_desk() -> None:
    """Nuisances are incidents; those that were reported have a ticket of the same desk as all others."""
    world = world_of("council", "reporting.reports_per_resident_day=0.003 /day")
    nuisances = world.incidents.key[np.isfinite(world.incidents.until)]
    told = np.isin(world.tickets.incident, nuisances)
    assert len(nuisances) > 10 and told.any()
    began = world.incidents.began[world.incidents.rows_of(world.tickets.incident[told])]
    assert (world.tickets.created[told] >= began).all()
    assert np.isfinite(world.tickets.done[told]).any(), "the desk works on them"


def test_without_nuisances_the_desk_has_less_to_do() -> None:
    loud, calm = (
        lived_with("council", "reporting.reports_per_resident_day=0.003 /day", *cut).metrics()
        for cut in ((), ("disturbance.nuisance_chance=0 /day",))
    )
    assert calm["nuisances_per_1000_year"] == 0 < loud["nuisances_per_1000_year"]
    assert calm["reports_per_1000"] < loud["reports_per_1000"] and calm["utilisation"] < loud["utilisation"]
    assert calm["incidents_per_1000_year"] == loud["incidents_per_1000_year"]


def test_works_change_no_fault_that_begins_by_itself() -> None:
    name = "incidents_per_1000_year"
    assert lived_with("council").metrics()[name] == lived_with("do_nothing").metrics()[name]
    assert not np.isfinite(world_of("do_nothing").incidents.until).any()


def test_counts_of_the_window_are_the_yearly_rates_over_its_years() -> None:
    metrics = lived_with("council").metrics()
    years = (200 - 30) / 365
    both = metrics["recomplaints_per_1000_year"] + metrics["escalations_per_1000_year"]
    assert metrics["reports_per_1000"] == pytest.approx(metrics["reports_per_1000_year"] * years)
    assert metrics["recomplaints_and_escalations_per_1000"] == pytest.approx(both * years)


# -- ablations: a process is cut, and what it did is gone


def test_without_objections_nothing_stands_still() -> None:
    eager = ("disturbance.objection_hazard=0.1 /day", "disturbance.threshold=0")
    assert lived_with("top_down", *eager).metrics()["stopped_days"] > 0
    assert lived_with("top_down", *eager).metrics()["delay_days"] > 0
    calm = lived_with("top_down", "disturbance.objection_hazard=0 /day").metrics()
    assert calm["stopped_days"] == 0 and calm["objections_per_1000"] == 0


def test_stoppages_cost_money_and_days_and_nothing_else_starts_them() -> None:
    stopped = world_of("top_down", "disturbance.objection_hazard=0.1 /day", "disturbance.threshold=0").projects
    still = stopped.stopped_days > 0
    assert (stopped.spent_fen[still] >= stopped.cost_fen[still]).all()
    assert (stopped.answered[still] > 0).all() and not stopped.stopped_days[stopped.answered == 0].any()


def test_without_weight_of_procedure_voice_satisfies_nobody_by_itself() -> None:
    assert lived_with("council_plan_fixed").metrics()["living_procedure"] > 0
    assert lived_with("council_plan_fixed", "living.weight_procedure=0").metrics()["living_procedure"] == 0
    assert lived_with("council_no_voice").metrics()["living_procedure"] == 0


def test_without_points_nobody_leaves_the_set_point() -> None:
    cut = ("happiness.conditions_points=0", "happiness.annoyance_points=0")
    assert lived_with("council").metrics()["happiness_true"] > lived_with("do_nothing").metrics()["happiness_true"]
    points = [world_of(arm, *cut).residents.happiness for arm in ("council", "do_nothing")]
    assert (points[0] == points[1]).all()


def test_a_survey_without_bias_of_everybody_says_what_is_true() -> None:
    honest = ("living_survey.sample_share=1", "living_survey.response_slope=0", "living_survey.response_share=0.99",
              "living_survey.courtesy_shift=0", "living_survey.happiness_shift=0", "living_survey.answer_noise=0",
              "living_survey.happiness_noise=0")  # fmt: skip
    metrics = lived_with("council", *honest).metrics()
    assert metrics["living_satisfied_share_reported"] == pytest.approx(metrics["living_satisfied_share_true"], abs=0.01)
    assert metrics["happiness_reported"] == pytest.approx(metrics["happiness_true"], abs=0.05)
    kind = ("living_survey.courtesy_shift=0.2", "living_survey.happiness_shift=1")
    flattered = lived_with("council", *honest[:3], *kind, *honest[5:]).metrics()
    assert flattered["living_satisfied_share_reported"] > metrics["living_satisfied_share_reported"] + 0.05
    assert flattered["happiness_reported"] == pytest.approx(metrics["happiness_reported"] + 1, abs=0.2)


def test_promises_move_trust_and_show_up_in_the_account() -> None:
    assert lived_with("council").account.moved("residents.trust", "promises") != 0
    assert lived_with("council", "promises.step=0").account.moved("residents.trust", "promises") == 0


def test_disclosing_poor_work_costs_trust() -> None:
    """All is late: the further it is made public, the lower is trust."""
    late = ("works.crews=0",)
    quiet, loud = (lived_with("top_down", *late, f"promises.disclosure_reach={reach}") for reach in (0, 1))
    assert loud.metrics()["trust_mean"] < quiet.metrics()["trust_mean"]
    assert quiet.metrics()["promises_kept_share"] == 0


def test_a_world_that_is_not_followed_is_the_world_without() -> None:
    """Living conditions that nobody follows leave every other result as it is, to the last digit."""
    off = {f"mechanisms.{name}=off" for name in ("works", "disturbance", "living", "happiness", "living_survey")}
    blind = lived_with("do_nothing", "works.followed=off").metrics()
    without = lived_with("do_nothing", *sorted(off), "mechanisms.promises=off").metrics()
    assert blind == without
