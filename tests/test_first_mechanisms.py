"""The first mechanisms against theory, with their effects switched off, and turned about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.core.world import World
from twin.desk.settings import DeskSettings, Service, Team
from twin.desk.theory import mean_service_minutes
from twin.errors import InputError, InvariantBroken
from twin.mechanisms import CATALOGUE
from twin.mechanisms.payroll import Payroll, contracted_hours, yearly_hours
from twin.mechanisms.satisfaction import Satisfaction, judged
from twin.mechanisms.theory import Theory, arrivals, service_minutes
from twin.mechanisms.trust import Trust, moved
from twin.scenario.load import load
from twin.world.build import DEFAULT_CATEGORIES, Population, build_world
from twin.world.contact import Contact, channel, minute_at, share_before

DAY = 1440.0
SLOW = DeskSettings(teams={"a": Team(workers=2, calendar="5x8")}, call_back_share=0.5, first_time_fix=0.7)
FAST = DeskSettings(
    teams={"a": Team(workers=4, calendar="24x7")}, intake_calendar="24x7", dispatch="instant", misroute_chance=0.0,
    call_back_share=0.5, first_time_fix=1.0,
)  # fmt: skip


def block(name: str, **values: Any) -> Any:
    params = CATALOGUE[name].params
    assert params is not None
    return params(**values)


def live(
    days: int = 60, seed: int = 1, off: tuple[str, ...] = (), start: str = "2025-01-06", holidays: str = "none",
    run_on_days: int = 0, **blocks: Any,
) -> Engine:  # fmt: skip
    """Live through a small neighbourhood."""
    given = {"population": Population(), "desk": FAST, **blocks}
    plan = SimpleNamespace(days=days, warm_up_days=0, run_on_days=run_on_days, start=dt.date.fromisoformat(start),
                           holidays=holidays, categories={})  # fmt: skip
    world = build_world(plan, SimpleNamespace(blocks=given), seed)
    engine = Engine(world, list(CATALOGUE.values()), given, seed, off)
    engine.run()
    return engine


def only(name: str) -> tuple[str, ...]:
    """All mechanisms but this one."""
    return tuple(other for other in CATALOGUE if other != name)


def columns(engine: Engine, table: str) -> dict[str, Any]:
    return engine.world.tables[table].arrays()


# -- who lives here ------------------------------------------------------------------------------------------


def test_residents_have_the_shares_and_places_asked_for() -> None:
    residents = live(days=1, population=Population(residents=60_000, grids=6, side_km=3.0)).world.residents
    # As many households in each, of 1.3 residents' spread: three standard errors.
    assert np.bincount(residents.grid) == pytest.approx([10_000] * 6, abs=3 * 1.3 * np.sqrt(60_000 / 2.6 / 6))
    shares = np.bincount(residents.age_group) / len(residents)
    assert shares == pytest.approx([0.15, 0.25, 0.40, 0.20], abs=0.0005)
    elders = residents.age_group == 3
    assert residents.digital_skill[elders].mean() == pytest.approx(0.568 * 0.1 + 0.207 * 0.4 + 0.225 * 0.8, abs=0.005)
    assert residents.x.min() >= 0 and residents.x.max() <= 3 and residents.y.max() <= 3
    in_first = residents.grid == 0
    assert residents.x[in_first].max() <= 1.5 and residents.y[in_first].max() <= 1.0


def test_places_follow_the_default_mix() -> None:
    places = live(days=1, population=Population(places=50_000)).world.places
    shares = np.bincount(places.category, minlength=len(DEFAULT_CATEGORIES)) / len(places)
    assert shares == pytest.approx([kind.share for kind in DEFAULT_CATEGORIES.values()], abs=0.01)


def test_nobody_may_live_here() -> None:
    engine = live(days=30, population=Population(residents=0, places=5), hotline=block("hotline", source="poisson"))
    assert len(engine.world.tickets) > 300
    assert (engine.world.tickets.reporter == -1).all()


# -- when they call ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "contact",
    [Contact(), Contact(day_share=0.0), Contact(day_share=1.0), Contact(day_from_hour=0.0, day_to_hour=24.0),
     Contact(day_from_hour=0.0), Contact(day_to_hour=24.0, day_share=0.3)],
)  # fmt: skip
def test_minutes_and_shares_of_the_day_are_inverse(contact: Contact) -> None:
    shares = np.linspace(0.001, 0.999, 500)
    minutes = minute_at(contact, shares)
    assert (np.diff(minutes) > 0).all() and minutes.min() >= 0 and minutes.max() < DAY
    assert share_before(contact, minutes) == pytest.approx(shares)
    assert share_before(contact, np.array([-9.0, 0.0, DAY, 9e9])).tolist() == [0, 0, 1, 1]


def test_four_fifths_call_in_the_daytime() -> None:
    assert np.diff(share_before(Contact(), np.array([7 * 60.0, 22 * 60.0])))[0] == pytest.approx(0.8)


def test_the_app_is_used_by_skill_and_as_seldom_as_in_beijing() -> None:
    luck = np.linspace(0, 1, 10_001)[:-1]
    assert channel(Contact(), np.zeros(len(luck)), luck).max() == 0
    assert channel(Contact(), np.full(len(luck), 0.65), luck).mean() == pytest.approx(0.093, abs=0.01)


# -- hotline -------------------------------------------------------------------------------------------------


def test_the_hotline_is_a_poisson_stream_with_its_duplicates() -> None:
    engine = live(days=700, hotline=block("hotline", source="poisson"), off=only("hotline"))
    tickets = engine.world.tickets
    counts = np.bincount((tickets.created // DAY).astype(int), minlength=700)
    assert counts.mean() == pytest.approx(17.5, abs=3 * (17.5 / 700) ** 0.5)
    assert counts.var() / counts.mean() == pytest.approx(1, abs=3 * (2 / 700) ** 0.5)
    assert tickets.duplicate.mean() == pytest.approx(0.15, abs=0.01)
    minute = tickets.created % DAY
    assert ((minute >= 420) & (minute < 1320)).mean() == pytest.approx(0.8, abs=0.01)
    assert len(engine.world.incidents) == (~tickets.duplicate).sum()


def test_a_duplicate_is_about_an_earlier_first_report() -> None:
    engine = live(days=60, hotline=block("hotline", source="poisson", duplicate_share=0.5), off=only("hotline"))
    tickets, incidents = engine.world.tickets, engine.world.incidents
    began = incidents.began[incidents.rows_of(tickets.incident)]
    assert (began[tickets.duplicate] < tickets.created[tickets.duplicate]).all()
    assert (began[~tickets.duplicate] == tickets.created[~tickets.duplicate]).all()


@pytest.mark.parametrize("source", ["poisson", "log"])
def test_a_larger_demand_holds_the_reports_of_the_smaller(source: str) -> None:
    categories = ("building", "cleaning", "enquiries", "greenery", "health", "housing", "lights", "parking", "roads",
                  "traffic", "waste")  # fmt: skip
    tickets = {}
    for per_day in (10.0, 17.5):
        hotline = block("hotline", source=source, reports_per_day=per_day)
        given = {"population": Population(), "desk": FAST, "hotline": hotline}
        kinds = {name: SimpleNamespace(share=1.0, priority=2) for name in categories}
        plan = SimpleNamespace(days=60, warm_up_days=0, run_on_days=0, start=dt.date(2025, 1, 6), holidays="none",
                               categories=kinds)  # fmt: skip
        world = build_world(plan, SimpleNamespace(blocks=given), 1)
        Engine(world, list(CATALOGUE.values()), given, 1, only("hotline")).run()
        tickets[per_day] = dict(zip(world.tickets.key.tolist(), world.tickets.created.tolist(), strict=True))
    assert tickets[10.0].items() <= tickets[17.5].items()
    assert len(tickets[17.5]) == pytest.approx(17.5 * 60, rel=0.15)
    assert len(tickets[10.0]) == pytest.approx(10 * 60, rel=0.15)


def test_a_log_whose_categories_the_scenario_lacks_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        live(days=1, hotline=block("hotline", source="log"))
    assert refused.value.complaints[0].code == "D411"


# -- incidents and reporting ---------------------------------------------------------------------------------

FAULTY = {"population": Population(places=400), "incidents": block("incidents", faults_per_place_year=20.0)}


def test_faults_come_as_often_and_last_as_long_as_told() -> None:
    incidents = live(days=400, off=only("incidents"), **FAULTY).world.incidents
    expected = 399 * 400 * -np.expm1(-20 / 365)
    assert len(incidents) == pytest.approx(expected, abs=4 * expected**0.5)
    life = (incidents.ended - incidents.began) / DAY
    assert life.mean() == pytest.approx(20, rel=0.05) and life.std() == pytest.approx(20, rel=0.08)


def test_the_faults_are_the_same_whatever_the_desk_does() -> None:
    slow, fast = (columns(live(days=90, desk=desk, **FAULTY), "incidents") for desk in (SLOW, FAST))
    for name in ("key", "began", "place", "category"):
        assert np.array_equal(slow[name], fast[name])
    assert (fast["ended"] < slow["ended"]).any()


def test_without_faults_nothing_is_reported() -> None:
    quiet = {**FAULTY, "incidents": block("incidents", faults_per_place_year=0.0)}
    assert len(live(days=90, **quiet).world.tickets) == 0


PER_INCIDENT = ("reports_per_incident", "recomplaints_per_incident", "escalations_per_incident")


def test_what_the_hotline_brings_is_no_incident() -> None:
    """Two faults at a place and a first report of a hotline, each with a report, one come back and one gone higher."""
    world = live(days=10, off=tuple(CATALOGUE), population=Population(residents=10, places=1)).world
    world.incidents.append(np.array([7, 8, 9], np.uint64), began=DAY, place=[0, 0, -1])
    world.tickets.append(
        np.arange(6, dtype=np.uint64), created=2 * DAY, reporter=0, incident=np.array([7, 7, 9, 9, 9, 9], np.uint64),
        again=[False, True, False, False, True, True],
    )  # fmt: skip
    world.tickets.writable("taken_higher")[:] = [3 * DAY, *[np.nan] * 3, 3 * DAY, 3 * DAY]
    got = {name: metric.of(world) for one in CATALOGUE.values() for name, metric in one.metrics.items()
           if name in (*PER_INCIDENT, "incidents_per_1000_year")}  # fmt: skip
    assert got == {**dict.fromkeys(PER_INCIDENT, 1 / 2), "incidents_per_1000_year": pytest.approx(2 * 100 * 365 / 10)}


def test_a_stream_alone_has_no_number_per_incident() -> None:
    streaming = live(days=30, desk=SLOW, hotline=STREAM, population=Population(places=0)).metrics()
    assert streaming["reports_per_1000_year"] > 0
    assert not {*PER_INCIDENT, "incidents_per_1000_year"} & set(streaming)


ALIKE = {"readiness_spread": 0.0, "phone_ease": 1.0, "trust_weight": 0.0, "fixed_report_ratio": 1.0}
NO_CHILDREN = Population(places=400, child_share=0.0)


def test_as_many_faults_are_reported_as_two_competing_exponentials_say() -> None:
    """Reported before it ends: hazard of all residents of a grid over that plus the hazard of ending."""
    faults = block("incidents", faults_per_place_year=20.0, lifetime_days=5.0)
    reporting = block("reporting", reports_per_resident_day=1e-4, **ALIKE)
    off = tuple(name for name in CATALOGUE if name not in ("incidents", "reporting"))
    engine = live(days=400, population=NO_CHILDREN, incidents=faults, reporting=reporting, off=off)
    incidents = engine.world.incidents
    settled = incidents.ended < 400 * DAY
    reported = (incidents.first_reported < np.inf)[settled].mean()
    assert reported == pytest.approx(0.1 / (0.1 + 0.2), abs=0.02)


@pytest.mark.parametrize("rate", [5e-5, 1.5e-4])
def test_duplicates_identify_the_reporting_rate(rate: float) -> None:
    """After the first report, further ones are Poisson with the same rate [liu2023]."""
    faults = block("incidents", faults_per_place_year=20.0, lifetime_days=20.0)
    reporting = block("reporting", reports_per_resident_day=rate, **ALIKE)
    off = tuple(name for name in CATALOGUE if name not in ("incidents", "reporting"))
    engine = live(days=400, population=NO_CHILDREN, incidents=faults, reporting=reporting, off=off)
    incidents, tickets = engine.world.incidents, engine.world.tickets
    known = (incidents.first_reported < np.inf) & (incidents.ended < 400 * DAY)
    watched = (incidents.ended - incidents.first_reported)[known].sum() / DAY
    duplicates = (tickets.duplicate & known[incidents.rows_of(tickets.incident)]).sum()
    # a resident reports once, so the rate falls a little with every report
    assert duplicates / watched == pytest.approx(1000 * rate, rel=0.04)


def test_a_higher_hazard_brings_every_first_report_forward() -> None:
    off = tuple(name for name in CATALOGUE if name not in ("incidents", "reporting"))
    rare, often = (
        live(days=90, off=off, reporting=block("reporting", reports_per_resident_day=rate), **FAULTY).world.incidents
        for rate in (1e-4, 2e-4)
    )
    assert np.array_equal(rare.key, often.key)
    assert (often.first_reported <= rare.first_reported).all()
    assert (often.first_reported < rare.first_reported).any()


def test_a_resident_reports_a_fault_once() -> None:
    keen = block("reporting", reports_per_resident_day=0.01)
    tickets = live(
        days=60, off=("recomplaints",), reporting=keen, population=Population(residents=30, grids=1, places=200)
    ).world.tickets
    pairs = set(zip(tickets.incident.tolist(), tickets.reporter.tolist(), strict=True))
    assert len(pairs) == len(tickets) > 100


def share_reported(desk: DeskSettings, **reporting: float) -> float:
    engine = live(days=200, desk=desk, off=("recomplaints",), reporting=block("reporting", **reporting), **FAULTY)
    return engine.metrics()["share_of_incidents_reported"]


def test_good_service_raises_reporting() -> None:
    assert share_reported(FAST) > share_reported(SLOW) + 0.005


def test_without_trust_and_memory_service_has_no_way_back_to_reporting() -> None:
    deaf = {"trust_weight": 0.0, "fixed_report_ratio": 1.0}
    assert share_reported(FAST, **deaf) == share_reported(SLOW, **deaf)


@pytest.mark.slow
def test_four_series_move_apart() -> None:
    scenario = load("scenarios/four_series.yaml")
    from twin.runs.experiment import run

    fast = run(scenario, replications=4).differences["fast"]
    assert fast["incidents_per_1000_year"].mean == 0
    assert fast["share_of_incidents_reported"].mean > 0
    assert fast["reports_per_1000_year"].mean < 0  # faults end sooner: fewer duplicates
    assert fast["recomplaints_per_1000_year"].verdict == "better"


# -- trust and satisfaction ----------------------------------------------------------------------------------


def test_trust_settles_where_gains_and_losses_balance() -> None:
    trust = np.array([0.1, 0.9])
    for _ in range(2000):
        trust = moved(Trust(step=0.05, loss_weight=2.25), trust, np.array([0.9, 0.9]))
    assert trust == pytest.approx(0.8)


def test_trust_that_takes_no_step_never_moves() -> None:
    still = live(
        desk=SLOW, hotline=block("hotline", source="poisson"), trust=block("trust", step=0.0, efficacy_step=0.0)
    )
    assert (still.world.residents.trust == 0.5).all() and (still.world.residents.efficacy == 0).all()
    moving = live(desk=SLOW, hotline=block("hotline", source="poisson"))
    assert (moving.world.residents.trust != 0.5).any() and (moving.world.residents.efficacy > 0).any()


ONE = np.ones(1)


def test_higher_expectation_lowers_satisfaction() -> None:
    p = Satisfaction()
    felt = [judged(p, 0.5 * ONE, expected * ONE, 0.5 * ONE)[0] for expected in (0.2, 0.5, 0.8)]
    assert felt[0] > felt[1] > felt[2]
    assert felt[1] - felt[2] == pytest.approx(p.loss_aversion * (felt[0] - felt[1]))


def test_where_performance_is_as_expected_loss_aversion_has_no_say() -> None:
    felt = [judged(Satisfaction(loss_aversion=aversion), ONE, ONE, ONE)[0] for aversion in (1.0, 2.25)]
    assert felt[0] == felt[1]


def test_without_disconfirmation_expectation_has_no_effect() -> None:
    p = Satisfaction(weight_disconfirmation=0.0)
    assert judged(p, ONE, 0 * ONE, ONE) == judged(p, ONE, ONE, ONE)


def test_after_an_improvement_satisfaction_overshoots_and_settles() -> None:
    p, expected, felt = Satisfaction(), 0.2 * ONE, []
    for _ in range(60):
        felt.append(judged(p, 0.8 * ONE, expected, 0.5 * ONE)[0])
        expected = expected + p.expectation_step * (0.8 - expected)
    assert felt[0] > felt[10] > felt[-1]
    assert felt[-1] == pytest.approx(p.weight_performance * 0.8 + p.weight_procedure * 0.5, abs=1e-4)


def test_without_weights_nobody_is_moved() -> None:
    numb = Satisfaction(weight_performance=0.0, weight_disconfirmation=0.0, weight_procedure=0.0)
    engine = live(desk=SLOW, hotline=block("hotline", source="poisson"), satisfaction=numb)
    felt = engine.world.tickets.felt
    assert (felt[~np.isnan(felt)] == 0).all() and (~np.isnan(felt)).any()


# -- re-complaints -------------------------------------------------------------------------------------------

STREAM = block("hotline", source="poisson", reports_per_day=8.0)


def test_who_never_acts_never_comes_again() -> None:
    patient = block("recomplaints", unsolved_chance=0.0, overdue_hazard=0.0)
    tickets = live(desk=SLOW, hotline=STREAM, recomplaints=patient).world.tickets
    assert not tickets.again.any() and np.isnan(tickets.taken_higher).all()


def test_bad_service_is_seen_in_recomplaints_and_escalations() -> None:
    slow, fast = (live(days=120, desk=desk, hotline=STREAM).metrics() for desk in (SLOW, FAST))
    for name in ("recomplaints_per_1000_year", "escalations_per_1000_year"):
        assert slow[name] > fast[name]
    assert slow["reports_per_1000_year"] == fast["reports_per_1000_year"]


# -- measurement ---------------------------------------------------------------------------------------------

HONEST = {"response_slope": 0.0, "courtesy_shift": 0.0, "courtesy_solved": 0.0}
CALLED = replace(
    SLOW, teams={"a": Team(workers=4, calendar="5x8")}, call_back_share=1.0, reach_chance=1.0, reopen_chance=0.0
)


def rates(**measurement: float) -> dict[str, float]:
    return live(
        days=150, run_on_days=60, desk=CALLED, hotline=STREAM, measurement=block("measurement", **measurement)
    ).metrics()


def test_the_hour_of_the_call_back_changes_nobody_s_mind() -> None:
    """The same persons answer, are courteous, come again or turn to a higher level, whenever they are called."""
    early, late = (minds(call_back_hours) for call_back_hours in (1.0, 60.0))
    assert early == late
    answered, courteous, acted, higher = map(len, early)
    assert answered > courteous > 10 and acted > higher > 5


def minds(call_back_hours: float) -> tuple[set[int], ...]:
    """Return the reports of the first month whose reporters answered, were courteous, acted, and went higher."""
    engine = live(
        days=90, run_on_days=30, hotline=STREAM,
        desk=replace(CALLED, call_back_hours=call_back_hours, first_time_fix=0.3, dedup=False),
        measurement=block("measurement", response_slope=0.0, courtesy_solved=0.5),
        recomplaints=block("recomplaints", overdue_hazard=0.0),
    )  # fmt: skip
    tickets, answers = engine.world.tickets, engine.world.answers
    early = (tickets.created < 30 * DAY) & ~tickets.again
    answered = answers.ticket[(answers.kind == 0) & early[answers.ticket]]
    said_solved = answers.ticket[(answers.kind == 0) & (answers.solved > 0) & early[answers.ticket]]
    courteous = said_solved[~tickets.solved[said_solved]]
    rows = (answered, courteous, early & tickets.pursued, early & ~np.isnan(tickets.taken_higher))
    return tuple(set(tickets.key[one].tolist()) for one in rows)


def test_honest_answers_of_a_random_sample_are_not_biased() -> None:
    honest = rates(**HONEST)
    for reported, true in (
        ("satisfied_share_reported", "satisfied_share_true"),
        ("resolution_rate", "resolution_rate_true"),
    ):
        assert honest[reported] == pytest.approx(honest[true], abs=0.06)


def test_kindness_makes_reported_rates_better_than_true_ones() -> None:
    kind, honest = rates(courtesy_shift=0.15, courtesy_solved=0.3, response_slope=1.0), rates(**HONEST)
    assert kind["satisfied_share_reported"] > kind["satisfied_share_true"] + 0.05
    assert kind["resolution_rate"] > kind["resolution_rate_true"] + 0.05
    for name in ("satisfied_share_true", "resolution_rate_true", "response_rate_true"):
        assert kind[name] == honest[name]


def test_the_rates_of_ten_tickets_by_hand() -> None:
    world = ten_tickets()
    metrics = CATALOGUE["measurement"].metrics
    got = {name: metric.of(world) for name, metric in metrics.items()}
    assert got == {
        "response_rate": pytest.approx(5 / 8),  # 8 dispatched, 5 signed for within 24 h
        "response_rate_true": pytest.approx(6 / 10),  # the merged one shares the first order's
        "resolution_rate": pytest.approx(3 / 4),  # 4 answers
        "resolution_rate_true": pytest.approx(5 / 10),
        "satisfied_share_reported": pytest.approx(2 / 4),
        "satisfied_share_survey": None,
        "satisfied_share_true": pytest.approx(3 / 7),
    }


def ten_tickets() -> World:
    """A golden log: class 1 (24 h), one merged, one given up, one never dispatched."""
    world = live(days=10, off=tuple(CATALOGUE), population=Population(residents=10)).world
    nan = np.nan
    world.tickets.append(
        np.arange(10, dtype=np.uint64),
        created=0.0,
        reporter=np.arange(10),
        priority=1,
        incident=np.arange(10, dtype=np.uint64),
    )
    cells = {
        "dispatched": [10, 10, 10, 10, 10, 10, 10, 10, nan, nan],
        "started": [60, 120, 600, 900, 1400, 1500, 3000, nan, nan, nan],
        "merged_into": [-1, -1, -1, -1, -1, -1, -1, -1, 0, -1],
        "solved": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        "level": [5, 4, 4, 3, 2, 1, 1, 0, 0, 0],
    }
    for name, values in cells.items():
        world.tickets.writable(name)[:] = values
    world.answers.append(
        np.arange(4, dtype=np.uint64),
        ticket=[0, 1, 4, 5],
        resident=[0, 1, 4, 5],
        kind=0,
        solved=[1, 1, 1, 0],
        level=[5, 5, 3, 2],
    )
    return world


# -- payroll, placebo, theory --------------------------------------------------------------------------------


ALWAYS_THERE = {"leave_days": 0, "sick_days": 0, "training_days": 0, "holiday_days": 0, "paid_break_minutes": 0}


def test_rest_days_and_statutory_days_cost_their_premium() -> None:
    watch = replace(FAST, teams={"night": Team(workers=2, calendar="24x7")})
    given = {"days": 9, "start": "2024-09-28", "holidays": "china", "desk": watch}
    paid = live(**given, payroll=block("payroll", wage_yuan_per_hour=10.0, **ALWAYS_THERE))
    # Sat 28 a rest day, Sun 29 a make-up workday, Mon 30 ordinary; then the National Day: three statutory days,
    # and days off that are swapped for workdays
    assert paid.world.postings.account.tolist() == [1, 0, 0, 2, 2, 2, 1, 1, 1]
    assert paid.metrics()["cost_yuan"] == 2 * 24 * 10 * (2 + 1 + 1 + 3 * 3 + 3 * 2)
    level = block("payroll", wage_yuan_per_hour=10.0, weekend_pay=1.0, holiday_pay=1.0, **ALWAYS_THERE)
    assert live(**given, payroll=level).metrics()["cost_yuan"] == 2 * 24 * 10 * 9


def test_people_are_more_than_posts() -> None:
    never_absent = Payroll(**ALWAYS_THERE)
    assert yearly_hours(never_absent) == pytest.approx(365 * 5 / 7 * 8)
    post = replace(FAST, teams={"post": Team(workers=1, calendar="7x16")})
    people = live(days=7, desk=post, off=only("payroll")).metrics()["employees_needed"]
    assert people == pytest.approx(16 * 365 / yearly_hours(Payroll()))
    assert live(days=7, desk=post, off=only("payroll"), payroll=never_absent).metrics()["employees_needed"] < people


def test_a_year_of_a_roster_costs_the_pay_of_the_employees_it_needs() -> None:
    """Cost and people are of one definition: contracted hours of all employees, and premiums on top."""
    post = replace(FAST, teams={"post": Team(workers=3, calendar="7x12")})
    pay = block("payroll", wage_yuan_per_hour=40.0)
    engine = live(days=364, desk=post, off=only("payroll"), payroll=pay)
    found, to_the_fen = engine.metrics(), 0.005 * len(engine.world.postings)
    premiums = 3 * 12 * 40.0 * 364 * 2 / 7 * (pay.weekend_pay - 1)
    pay_of_all = found["employees_needed"] * contracted_hours(pay) * 40.0 * 364 / 365
    assert found["cost_yuan"] - premiums == pytest.approx(pay_of_all, abs=to_the_fen)


LATE = replace(
    FAST, shift_end="overtime", overtime_minutes=400.0, call_back_share=0.0, service=Service(mean_hours=3.0),
    teams={
        "office": Team(workers=2, calendar="Mon-Fri 9:00-12:00,13:00-17:00", categories=("noise", "parking")),
        "night": Team(workers=1, calendar="daily 14:00-22:30"),
        "nobody": Team(workers=0, calendar="24x7", categories=("pets",)),
    },
)  # fmt: skip


@pytest.mark.parametrize(("start", "holidays"), [("2025-01-06", "none"), ("2024-09-20", "china")])
def test_every_paid_hour_is_booked_once(start: str, holidays: str) -> None:
    """At one rate for all hours cost is wage times paid hours: overtime is in neither twice."""
    pay = block("payroll", overtime_pay=1.0, weekend_pay=1.0, holiday_pay=1.0, **ALWAYS_THERE)
    engine = live(days=40, start=start, holidays=holidays, desk=LATE, hotline=STREAM, payroll=pay, run_on_days=20)
    found, postings = engine.metrics(), len(engine.world.postings)
    assert found["overtime_hours"] > 20
    assert found["cost_yuan"] == pytest.approx(30.0 * found["paid_hours"], abs=0.005 * postings)
    assert found["overtime_cost_yuan"] == pytest.approx(30.0 * found["overtime_hours"], abs=0.005 * postings)


def test_overtime_is_paid_at_the_rate_of_the_day_on_which_it_was_worked() -> None:
    """The minutes of each calendar day, read from the log, at that day's rate; some nights pass midnight."""
    pay = block("payroll", **ALWAYS_THERE)
    engine = live(days=40, start="2024-09-20", holidays="china", desk=LATE, hotline=STREAM, payroll=pay)
    office, clock = engine.world.resources["desk"], engine.world.clock
    wanted, by_day = 0.0, np.array([office.hours(day * DAY, (day + 1) * DAY).overtime for day in range(40)])
    for day, minutes in enumerate(by_day):
        rest = 2.0 if not clock.is_workday(day) else 1.5
        wanted += minutes / 60 * 30 * (3.0 if clock.is_statutory(day) else rest)
    kinds = {(clock.is_statutory(day), clock.is_workday(day)) for day in np.flatnonzero(by_day > 0)}
    assert kinds == {(True, False), (False, False), (False, True)}
    assert any(office.hours(day * DAY, day * DAY + 60).overtime > 0 for day in range(40)), "none passed midnight"
    assert engine.metrics()["overtime_cost_yuan"] == pytest.approx(wanted, abs=0.005 * len(engine.world.postings))


def test_overtime_moves_cost_and_no_other_metric() -> None:
    dear = live(days=20, desk=LATE, hotline=STREAM, payroll=block("payroll", overtime_pay=3.0)).metrics()
    cheap = live(days=20, desk=LATE, hotline=STREAM, payroll=block("payroll", overtime_pay=1.0)).metrics()
    assert {name for name in dear if dear[name] != cheap[name]} == {
        "cost_yuan", "cost_yuan_public", "labour_cost_yuan", "overtime_cost_yuan",
    }  # fmt: skip


def test_the_placebo_changes_no_bit() -> None:
    stirred = live(hotline=STREAM, placebo=block("placebo", draws_per_day=100), **FAULTY)
    still = live(hotline=STREAM, off=("placebo",), **FAULTY)
    assert stirred.metrics() == still.metrics()
    for table in stirred.world.tables:
        for name, cells in columns(stirred, table).items():
            assert cells.tobytes() == columns(still, table)[name].tobytes()


@pytest.mark.parametrize("name", ["trust", "satisfaction", "measurement", "payroll", "recomplaints"])
def test_demand_does_not_feel_who_only_looks_on(name: str) -> None:
    """Switching off what comes after the reports leaves the hotline's reports as they were."""
    with_it, without = (
        live(hotline=STREAM, off=off).world.tickets for off in (("recomplaints",), ("recomplaints", name))
    )
    assert np.array_equal(with_it.key, without.key) and np.array_equal(with_it.done, without.done, equal_nan=True)


def test_customers_are_a_poisson_stream() -> None:
    counts = np.array([len(arrivals(Draw(1, "theory", day), DAY / 500)) for day in range(1000)])
    assert counts.mean() == pytest.approx(500, abs=4 * (500 / 1000) ** 0.5)
    assert counts.var() / 500 == pytest.approx(1, abs=4 * (2 / 1000) ** 0.5)


@pytest.mark.parametrize(("days", "weeks"), [(7, 1), (10, 1), (20, 2)])
def test_waits_for_the_opening_are_of_whole_weeks(days: int, weeks: int) -> None:
    """From a Monday on, a left-over Friday night to Sunday would wait longer than the mean of the week."""
    queue = block("theory", servers=1000, utilisation=1e-4, customers=4000 * days, calendar="5x8")
    idle = DeskSettings(intake_calendar="24x7", dispatch="instant", misroute_chance=0.0, travel_minutes=0.0)
    engine = live(days=days, run_on_days=10, desk=idle, theory=queue, off=tuple(set(only("theory")) - {"desk"}))
    tickets = engine.world.tickets
    counted = tickets.created < weeks * 7 * DAY
    waited = (tickets.started - tickets.created)[counted] / 60
    assert engine.metrics()["wait_for_opening_hours"] == pytest.approx(waited.mean())
    assert abs(waited.mean() - 15.238095238) < 3 * waited.std() / np.sqrt(len(waited))


def test_less_than_a_week_has_no_mean_wait_for_the_opening() -> None:
    queue = block("theory", servers=10, utilisation=1e-4, customers=500, calendar="5x8")
    found = live(days=6, run_on_days=10, theory=queue, off=tuple(set(only("theory")) - {"desk"})).metrics()
    assert "wait_for_opening_hours" not in found and "wait_service_times" in found


def test_the_desk_and_the_customers_mean_the_same_load() -> None:
    theory = Theory(servers=7, utilisation=0.9, customers=12_345)
    assert service_minutes(theory, 77) == pytest.approx(mean_service_minutes(theory, 77))
    assert service_minutes(theory, 77) * 12_345 / (77 * DAY) == pytest.approx(7 * 0.9)


# -- what must hold ------------------------------------------------------------------------------------------


def test_a_world_lived_in_keeps_its_laws() -> None:
    live(days=40, desk=replace(SLOW, dedup=True), hotline=STREAM, **FAULTY).world.check()


@pytest.mark.parametrize(
    ("code", "column", "value"),
    [("R234", "reporter", 10**6), ("R236", "created", -1.0), ("R237", "duplicate", True), ("R238", "merged_into", 3),
     ("R234", "merged_into", 10**6)],
)  # fmt: skip
def test_a_broken_law_names_the_order(code: str, column: str, value: Any) -> None:
    world = live(days=10, hotline=block("hotline", source="poisson", duplicate_share=0.0), off=("desk",)).world
    world.tickets.writable(column)[7] = value
    with pytest.raises(InvariantBroken) as broken:
        world.check()
    assert broken.value.complaints[0].code == code
    assert "7" in str(broken.value)


def test_a_number_out_of_bounds_is_found() -> None:
    world = live(days=3).world
    world.residents.writable("trust")[5] = np.nan
    with pytest.raises(InvariantBroken) as broken:
        world.check()
    assert broken.value.complaints[0].code == "R235"
