"""Disputes and mediation against theory, with their levers moved, and with each effect taken away."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk_kit import AROUND_THE_CLOCK, CLOCK, opened, poisson_stream
from tests.quarrel_kit import CATEGORIES, DESK, SESSIONS, block, quarrelling
from twin.core.cases import Case, engine_of
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.core.marked_yaml import read
from twin.desk.checks import check
from twin.desk.desk import Desk
from twin.desk.settings import DeskSettings, Service, Team
from twin.errors import InputError, hints
from twin.mechanisms import CATALOGUE
from twin.mechanisms.mediation import (
    Mediation,
    agree_chances,
    fallbacks,
    funnel,
    kept_apart,
    level_needed,
    next_level,
)
from twin.scenario.load import load
from twin.world.disputes import (
    another_in,
    cascade,
    fairness,
    is_open,
    nash_share,
    quiet_hour,
    rubinstein_share,
    strength,
)
from twin.world.ledger import COUNSELLING
from twin.world.tables import TABLES

SHARE = st.floats(0.0, 0.5, allow_nan=False)
SCENARIOS = Path(__file__).parent.parent / "scenarios"
HOURS = list(CATEGORIES).index("counselling")


# -- bargaining ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "share"), [(0.9, 0.9, 0.526316), (0.95, 0.8, 0.833333), (0.99, 0.99, 0.502513)]
)
def test_rubinsteins_first_mover(first: float, second: float, share: float) -> None:
    assert rubinstein_share(first, second) == pytest.approx(share, abs=1e-6)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_rubinsteins_shares_leave_nobody_a_reason_to_wait(first: float, second: float) -> None:
    """The respondent gets what an own offer would be worth after one round, and the other way round."""
    mine, yours = rubinstein_share(first, second), rubinstein_share(second, first)
    assert 1 - mine == pytest.approx(second * yours)
    assert 1 - yours == pytest.approx(first * mine)


def test_quiet_hours_by_nash() -> None:
    """One wants silence from 21, the other from 24: 22:48 with fallbacks 0.1 and 0.3, 22:30 with equal ones."""
    assert quiet_hour(nash_share(0.1, 0.3), 21.0, 24.0) == pytest.approx(22.8, abs=1e-9)
    assert quiet_hour(nash_share(0.2, 0.2), 21.0, 24.0) == pytest.approx(22.5, abs=1e-9)


@given(SHARE, SHARE)
def test_nash_maximises_the_product_of_gains(plaintiff: float, respondent: float) -> None:
    best = nash_share(plaintiff, respondent)
    shares = np.linspace(plaintiff, 1 - respondent, 101)
    others = (shares - plaintiff) * (1 - shares - respondent)
    assert (best - plaintiff) * (1 - best - respondent) + 1e-12 >= others.max()


@given(SHARE, SHARE, st.floats(0.0, 1.0))
def test_fairness_is_one_for_equal_gains_and_none_where_a_side_gains_nothing(
    plaintiff: float, respondent: float, weight: float
) -> None:
    one, other, luck = np.array([plaintiff]), np.array([respondent]), np.array([weight])
    if plaintiff + respondent < 0.99:
        assert fairness(nash_share(one, other), one, other) == pytest.approx(1, abs=1e-6)
    assert fairness(one, one, other) == 0
    assert 0 <= fairness(nash_share(one, other, luck), one, other) <= 1


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(0.05, 0.95))
def test_nash_for_any_disagreement_points_and_weights(plaintiff: float, respondent: float, weight: float) -> None:
    """Each side gets its fallback and its weight of what is left, also where a fallback is a loss; none gains else."""
    share, left = nash_share(plaintiff, respondent, weight), 1 - plaintiff - respondent
    assert share - plaintiff == pytest.approx(weight * left, abs=1e-12)
    assert (1 - share) - respondent == pytest.approx((1 - weight) * left, abs=1e-12)
    if left > 1e-3:  # by brute force: nothing else has a larger weighted product of gains
        gains = np.linspace(0.0, left, 2001)[1:-1]
        product = weight * np.log(gains) + (1 - weight) * np.log(left - gains)
        assert gains[product.argmax()] == pytest.approx(share - plaintiff, abs=2 * left / 2000)


@given(st.floats(-1.0, 0.9), st.floats(-1.0, 0.9), st.floats(-1.0, 1.0))
def test_nash_does_not_depend_on_where_gains_are_counted_from(plaintiff: float, respondent: float, by: float) -> None:
    """A fallback that is better by so much gains half of it; who the plaintiff is does not matter."""
    assert nash_share(plaintiff + by, respondent) - nash_share(plaintiff, respondent) == pytest.approx(by / 2)
    assert nash_share(plaintiff, respondent) == pytest.approx(1 - nash_share(respondent, plaintiff))


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.0, 1.0, exclude_max=True))
def test_rubinstein_for_any_discount_factors(first: float, second: float) -> None:
    """The limit of finitely many rounds solved from the last one; patience pays, and so does being the first."""
    share = rubinstein_share(first, second)
    assert 0 <= share <= 1
    rounds = min(4000, int(40 / -np.log(max(first * second, 1e-9))) + 2)
    mine = 1.0  # of whoever offers in the last round
    for _ in range(rounds):  # two rounds earlier the first offers again, and the second can wait for its own offer
        mine = 1 - second * (1 - first * mine)
    assert share == pytest.approx(mine, abs=max(1e-9, (first * second) ** rounds * 2))
    assert share >= rubinstein_share(first * 0.9, second) - 1e-12
    assert share <= rubinstein_share(first, second * 0.9) + 1e-12


@given(st.floats(1e-6, 1e-3))
def test_rubinstein_without_friction_is_nash(friction: float) -> None:
    """Binmore, Rubinstein and Wolinsky (1986): as rounds get short, the advantage of the first offer goes."""
    assert rubinstein_share(1 - friction, 1 - friction) == pytest.approx(nash_share(0.0, 0.0), abs=friction)


# -- the mediators' waiting line ---------------------------------------------------------------------------


def waits_in_line(mediators: int, load: float) -> float:
    """Return the mean wait of M/M/c in mean sessions: Erlang's formula as a plain sum over states."""
    weights = [load**n / math.factorial(n) for n in range(mediators)]
    tail = load**mediators / math.factorial(mediators) * mediators / (mediators - load)
    return tail / (sum(weights) + tail) / (mediators - load)


def waits_for_mediators(mediators: int, load: float, runs: int, sessions: int) -> np.ndarray:
    """Return the mean waits of runs, in mean sessions, on a desk that also has repairs to see to."""
    teams = {"repairs": Team(1, "24x7"), "table": Team(mediators, "24x7", categories=SESSIONS[:1])}
    services = {SESSIONS[0]: Service(law="exponential", mean_hours=2.0)}
    desk = replace(AROUND_THE_CLOCK, teams=teams, services=services)
    found = []
    for seed in range(runs):
        rng = np.random.default_rng(3000 + seed)
        asked, faults = (poisson_stream(rng, rate, count) for rate, count in ((load / 120, sessions), (1 / 90, 500)))
        created = np.concatenate((asked, faults))
        order = np.argsort(created)
        category = np.repeat([1, 0], [sessions, 500])[order]
        line = opened(desk, created[order], days=1, seed=seed, category=category, categories=("noise", SESSIONS[0]))
        line.advance(created.max() + 4000 * 60)
        check(line)
        waited = (line.orders["started"] - line.orders["created"])[category == 1][sessions // 10 :]
        found.append(waited.mean() / 120)
    return np.array(found)


def agrees(found: np.ndarray, expected: float, errors: float) -> bool:
    return bool(abs(found.mean() - expected) < errors * found.std(ddof=1) / len(found) ** 0.5)


@pytest.mark.parametrize(("mediators", "utilisation"), [(1, 0.5), (2, 0.8), (4, 0.7)])
def test_a_queue_of_mediators_is_erlang_c(mediators: int, utilisation: float) -> None:
    load = mediators * utilisation
    assert agrees(waits_for_mediators(mediators, load, 12, 8000), waits_in_line(mediators, load), 3.5)


@pytest.mark.slow
@pytest.mark.parametrize("mediators", [1, 2, 3, 6, 12])
@pytest.mark.parametrize("utilisation", [0.3, 0.5, 0.7, 0.8, 0.9])
def test_a_queue_of_mediators_is_erlang_c_at_every_load(mediators: int, utilisation: float) -> None:
    load = mediators * utilisation
    assert agrees(waits_for_mediators(mediators, load, 40, 40_000), waits_in_line(mediators, load), 4)


@pytest.mark.parametrize(("mediators", "load", "wait"), [(1, 0.8, 4.0), (2, 1.6, 1.777778), (5, 4.5, 1.524986)])
def test_the_formula_of_the_mediators_queue(mediators: int, load: float, wait: float) -> None:
    assert waits_in_line(mediators, load) == pytest.approx(wait, abs=5e-7)


# -- thresholds ------------------------------------------------------------------------------------------


def test_granovetters_two_crowds() -> None:
    """Thresholds 0, 1, ..., 99 bring all hundred into the street; with a 2 in place of the 1 only one stands there."""
    thresholds = np.arange(100.0)
    assert cascade(thresholds) == 100
    thresholds[1] = 2
    assert cascade(thresholds) == 1


@given(st.lists(st.integers(0, 12), max_size=12))
def test_a_cascade_is_the_least_fixed_point(thresholds: list[int]) -> None:
    reached = cascade(np.array(thresholds, float))
    assert sum(threshold <= reached for threshold in thresholds) >= reached
    assert all(sum(threshold <= fewer for threshold in thresholds) > fewer for fewer in range(reached))


@pytest.mark.parametrize(("mean_threshold", "spread"), [(0.3, 0.15), (0.2, 0.15), (0.1, 0.1)])
def test_a_coalition_grows_to_granovetters_fixed_point(mean_threshold: float, spread: float) -> None:
    """In one building, night by night from the plaintiff on, until nobody joins who is spoken to."""
    homes = 100
    engine = alone(
        "coalitions", 100, {"recruit_per_day": 100, "own_weight": 1, "mean_threshold": mean_threshold,
                            "threshold_spread": spread},
        flats={"stairwell": [0], "building": [0]}, households={"flat": [0] * homes},
        residents={"household": list(range(homes))}, disputes={"plaintiff": [0], "respondent": [-1], "stage": [4]},
    )  # fmt: skip
    luck = Draw(1, "coalitions", 0).normal("threshold", engine.world.households.key, 0)
    own = np.maximum((mean_threshold + spread * luck) * homes, 1e-9)
    own[0] = 0
    own[1:] = np.maximum(own[1:], 1)  # nobody follows where nobody is
    for _ in range(100):
        engine.step()
    assert np.count_nonzero(engine.world.households.side == 0) == cascade(own - 1e-6)


def alone(name: str, days: int, params: dict[str, Any], **tables: Any) -> Engine:
    """Return the engine of a world in which only one mechanism is on."""
    case = Case(name, "", days, tables, params, then={})
    return engine_of(case, CATALOGUE[name], list(CATALOGUE.own.values()), TABLES)


# -- stages ----------------------------------------------------------------------------------------------


def test_the_ladder_has_its_stationary_distribution() -> None:
    """A chain with constant hazards up and down is geometric in their ratio, whatever the ends."""
    up, down, chains, days = 0.06, 0.08, 400, 1500
    stage = ladder(chains, days, up_per_day=up, down_per_day=down, fades=False, stress_weight=0.0)
    law = (up / down) ** np.arange(9)
    law /= law.sum()
    found = np.bincount(stage.ravel() - 1, minlength=9) / stage.size
    # days apart are dependent: a relaxation time of about 1 / (sqrt(down) - sqrt(up))**2 days
    independent = stage.size / (2 / (down**0.5 - up**0.5) ** 2)
    assert found == pytest.approx(law, abs=4 * (law.max() / independent) ** 0.5)
    assert found[0] > found[4] > found[8]


def ladder(chains: int, days: int, **values: Any) -> Any:
    """Return the stages of disputes that nobody touches, day by day (days - a third for warming up, chains)."""
    table = {"plaintiff": [0] * chains, "respondent": [-1] * chains}
    engine = alone("stages", days, values, residents={"stress": [0.3]}, disputes=table)
    seen = []
    for day in range(days):
        engine.step()
        if day > days // 3:
            seen.append(engine.world.disputes.stage.copy())
    return np.array(seen)


# -- the table -------------------------------------------------------------------------------------------


def test_the_published_share_agrees_at_the_third_stage() -> None:
    p = Mediation(agree_chance=0.45, ripening=0.2, online_reach=0.2)
    chances = agree_chances(p, np.array([3, 3, 1, 9]), np.array([False, True, False, False]))
    assert chances[:2] == pytest.approx([0.45, 0.45 + 0.2 * 0.55])
    assert chances[2] < 0.45 < chances[3]


def test_levels_follow_stages_and_help_most_where_they_belong() -> None:
    p = Mediation(skills=(0.5, 0.6, 0.7), out_of_depth=0.5, online_quality=0.8, adviser_gain=0.5)
    assert level_needed(p, np.arange(1, 10)).tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    stage, level, online = np.array([1, 4, 4, 4]), np.array([1, 1, 2, 2]), np.array([False, False, False, True])
    assert kept_apart(p, stage, level, online, 0 * stage) == pytest.approx([0.5, 0.75, 0.4, 0.52])
    advised = Mediation(skills=p.skills, adviser=True, adviser_gain=0.5)
    assert kept_apart(advised, stage[:1], level[:1], online[:1], 0 * stage[:1]) == pytest.approx([0.25])


def settles(p: Mediation, stage: int, level: int, before: int) -> np.ndarray:
    """Tell which of 400 disputes are settled in a session at this stage, after so many before."""
    rows, size = np.arange(400), 400
    table = SimpleNamespace(key=np.arange(size, dtype=np.uint64), stage=np.full(size, stage))
    apart = kept_apart(p, *(np.full(size, one) for one in (stage, level, 0, before)))
    sides = fallbacks(SimpleNamespace(disputes=table), p, Draw(1, "mediation", before), rows, p.doubt * apart)
    return 1 - sides.plaintiff_thinks - sides.respondent_thinks >= p.secrecy * apart


@given(st.floats(0.0, 2.0), st.floats(0.0, 1.0), st.integers(1, 9), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_help_and_less_doubt_never_unmake_an_agreement(doubt: float, gain: float, stage: int, before: int) -> None:
    """An error is a side's own for the whole dispute: whatever shrinks it settles every case that was settled else."""
    p = Mediation(doubt=doubt, adviser_gain=gain)
    plain = settles(p, stage, 1, before)
    assert (settles(replace(p, adviser=True), stage, 1, before) >= plain).all()
    assert (settles(replace(p, doubt=doubt / 2), stage, 1, before) >= plain).all()
    assert (settles(p, stage, 1, before + 1) >= plain).all()
    assert (settles(replace(p, out_of_depth=1.0), stage, 1, before) >= plain).all()
    assert not settles(replace(p, doubt=2.0, adviser=False), 1, 1, 0).all()


@pytest.mark.parametrize("doubt", [0.5, *(pytest.param(end, marks=pytest.mark.slow) for end in (0.1, 2.0))])
def test_an_adviser_helps_at_every_doubt(doubt: float) -> None:
    often = {"agree_chance": 0.9, "contact_per_day": 0.1, "doubt": doubt}
    lost = [quarrelling(120, seed, run_on_days=120, mediation={**often, "adviser": advised}).metrics()["settled_cases"]
            for advised in (False, True) for seed in (1, 2, 3)]  # fmt: skip
    assert sum(lost[3:]) > sum(lost[:3])


def test_a_case_is_heard_where_it_was_taken_and_goes_up_one_table_at_a_time() -> None:
    apart, centre = Mediation(), Mediation(one_stop=True)
    stage, level, held = np.array([1, 5, 8, 8, 8, 8]), np.array([1, 1, 1, 1, 2, 2]), np.array([2, 0, 0, 1, 1, 2])
    assert next_level(apart, stage, level, held).tolist() == [1, 1, 1, 2, 2, 3]
    assert next_level(centre, stage, level, held).tolist() == [1, 2, 3, 3, 3, 3]


def test_the_city_settles_and_a_table_out_of_its_depth_settles_less() -> None:
    hard = {"stages": {"up_per_day": 0.12, "down_per_day": 0.0}, "run_on_days": 200}
    often = {"agree_chance": 0.9, "contact_per_day": 0.004, "most_fallback": 0.4, "hardening": 0.02,
             "hand_off_days": 3.0}  # fmt: skip
    deep, shallow = (quarrelling(120, 1, **hard, mediation={**often, "out_of_depth": depth}).metrics()
                     for depth in (1.0, 0.0))  # fmt: skip
    assert shallow["settled_at_level_3"] > deep["settled_at_level_3"]
    assert shallow["settled_at_level_1"] < deep["settled_at_level_1"]


def test_a_date_that_is_far_off_is_no_failure() -> None:
    """Whatever the date, every case of the window that both sides agreed to is heard, if it lasts until then."""
    lasting = {"stages": {"down_per_day": 0.0, "up_per_day": 0.0}, "run_on_days": 400}
    often = {"agree_chance": 0.9, "contact_per_day": 0.1}
    for days in (1.0, 90.0):
        metrics = quarrelling(120, 2, **lasting, mediation={**often, "date_days": days}).metrics()
        assert metrics["session_cases"] == metrics["agreed_cases"] > 20, days


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dispute_has_one_ending_and_a_plaintiff_one_dispute_a_cause(seed: int) -> None:
    engine = quarrelling(240, seed, run_on_days=90, mediation={"agree_chance": 0.9, "contact_per_day": 0.1},
                         agreements={"break_per_month": 0.9})  # fmt: skip
    table, turns = engine.world.disputes, engine.world.turns
    settled = table.settled_on >= 0
    assert settled.sum() > 30 and (table.broken_on >= 0).sum() > 10 and (table.faded_on >= 0).sum() > 10
    assert not (settled & (table.faded_on >= 0)).any()
    assert not (settled & table.gave_up).any()
    held = np.flatnonzero(turns.kind == 3)
    last = {int(turns.dispute[row]): int(turns.stage[row]) for row in held}
    assert all(last[row] == table.stage[row] for row in np.flatnonzero(settled)), "the stage of the session"
    end = np.where(settled, table.settled_on, np.where(table.faded_on >= 0, table.faded_on, 10**6))
    for row in range(len(table)):
        same = (table.plaintiff == table.plaintiff[row]) & (table.cause == table.cause[row])
        same[row] = False
        beside = same & (table.began < end[row]) & (end > table.began[row]) & (table.began >= table.began[row])
        assert not beside.any()


# -- what metrics mean ------------------------------------------------------------------------------------


def metric_of(name: str, metric: str, tables: dict[str, Any], **world: Any) -> float | None:
    """Return a metric of a world as it stands."""
    levers = {"disputes": {"followed": True}} if name != "disputes" else {}
    params = {"mediation": {"offered": True, "categories": ["a"]}, "disputes": {"followed": True}}.get(name, {})
    case = Case(name, "", 0, tables, params, levers, {"categories": ["a"], **world}, then={})
    return engine_of(case, CATALOGUE[name], list(CATALOGUE.own.values()), TABLES).metrics().get(metric)


def test_the_days_and_stages_of_metrics_by_hand() -> None:
    """Contacts on 10 and 20, agreed on 12 and 25, first heard at noon of 16 and 30, settled on 40 and 70."""
    cases = {
        "disputes": {"plaintiff": [0, 1, 2], "respondent": [1, 0, 1], "began": [5, 15, 5], "stage": [2, 7, 9],
                     "level": [1, 2, 1], "contacted_on": [10, 20, 4], "agreed_on": [12, 25, 6], "sessions": [2, 3, 1],
                     "heard_on": [16.5 * 1440, 30.5 * 1440, 9 * 1440], "settled_on": [40, 70, 9],
                     "fairness": [1, 1, 1]},
    }  # fmt: skip
    asked = {"days_to_first_session": (6.5 + 10.5) / 2, "days_to_settlement": (30 + 50) / 2,
             "stage_at_settlement_mean": 4.5, "settled_at_level_1": 0.5, "settled_at_level_2": 0.5, "contacts": 2.0,
             "agreed_cases": 2.0, "session_cases": 2.0, "settled_cases": 2.0}  # fmt: skip
    for metric, value in asked.items():
        assert metric_of("mediation", metric, cases, warm_up_days=5, days=200, day=200) == pytest.approx(value), metric


def test_a_relapse_counts_within_182_days_of_agreements_that_are_as_old() -> None:
    rows = {"settled_on": [10, 10, 10, 118, 119], "broken_on": [192, 193, -1, 130, 120], "fairness": [1.0] * 5,
            "plaintiff": [0] * 5, "respondent": [1] * 5}  # fmt: skip
    share = metric_of("agreements", "relapse_6m_share", {"disputes": rows}, warm_up_days=10, days=300, day=300)
    assert share == 2 / 4, "the second broke a day too late, the fifth was made a day too late"


def test_relapses_are_no_new_disputes_and_only_the_window_counts() -> None:
    rows = {"plaintiff": [0] * 5, "respondent": [1] * 5, "began": [9, 10, 50, 60, 375],
            "again": [False, False, False, True, False]}  # fmt: skip
    tables = {"disputes": rows, "residents": {"household": [0] * 500}}
    assert metric_of("disputes", "disputes_per_1000", tables, warm_up_days=10, days=375, day=375) == 4
    events = {"plaintiff": [0] * 4, "respondent": [-1] * 4, "group_event_on": [9, 10, 99, 100],
              "petitioned_on": [9, 99, -1, 100]}  # fmt: skip
    for metric, value in (("group_events", 2), ("petitions", 1)):
        assert metric_of("coalitions", metric, {"disputes": events}, warm_up_days=10, days=100, day=100) == value


def test_sessions_are_nobodys_reports() -> None:
    """Two reports, one of them solved in time, and a session that was solved at once: rates are of the two."""
    tickets = {"created": [100.0] * 3, "dispatched": [100.0] * 3, "started": [110.0, 99999.0, 110.0],
               "solved": [True, False, True], "request": [True, True, False], "reporter": [0, 0, -1]}  # fmt: skip
    tables = {"tickets": tickets, "residents": {"household": [0] * 10}}
    for name, metric, value in (
        ("reporting", "reports_per_1000", 200), ("reporting", "reports_per_1000_year", 200),
        ("reporting", "first_reports_per_1000_year", 200), ("measurement", "response_rate", 0.5),
        ("measurement", "response_rate_true", 0.5), ("measurement", "resolution_rate_true", 0.5),
    ):  # fmt: skip
        assert metric_of(name, metric, tables, days=365) == pytest.approx(value), metric


def test_a_convention_is_paid_once() -> None:
    paid = quarrelling(60, conventions={"process": "imposed", "from_day": 10, "yuan": 700.0}, off=("mediation",))
    assert paid.metrics()["convention_yuan"] == 700


# -- sessions on the desk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("travel", [{"travel_minutes": 30.0, "travel_cv": 0.0}, {"minutes_per_km": 20.0}])
def test_nobody_travels_to_a_session(travel: dict[str, float]) -> None:
    """Not online, and not to the centre to which both sides come; to a report somebody does."""
    lengths = []
    for settled in (AROUND_THE_CLOCK, replace(AROUND_THE_CLOCK, **travel)):
        desk = Desk(settled, clock=CLOCK, days=10, seed=1, plain=True)
        desk.feed(key=np.array([1, 2], np.uint64), created=np.array([0.0, 600.0]), incident=np.array([1, 2], np.uint64),
                  category=[0, 0], priority=[2, 2], channel=[0, 0], grid=[0, 0], x=[5.0, 5.0], y=[0.0, 0.0],
                  ticket=np.arange(2), request=np.array([False, True]))  # fmt: skip
        desk.advance(9 * 1440.0)
        lengths.append(desk.orders["done"] - desk.orders["started"])
    assert lengths[0].tolist() == [60, 60]
    assert lengths[1][0] == 60 and lengths[1][1] > 89


# -- what is said wrongly ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("mediation.skills=[]", "S155"), ("mediation.level_from_stage=[2, 3, 4]", "S155"),
        ("mediation.level_from_stage=[]", "S155"), ("mediation.level_from_stage=[7, 4]", "S156"),
        ("mediation.least_fallback=0.9", "S157"), ("mediation.plaintiff_hour=23.5 h;mediation.respondent_hour=22 h",
                                                   "S157"),
        ("stress.categories=[counselling, counselling]", "S155"), ("mediation.doubt=9", "S108"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_at_its_place(said: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        load(SCENARIOS / "mediation.yaml", sets=said.split(";"))
    assert {one.code for one in caught.value.complaints} == {code}
    assert all(one.place is not None for one in caught.value.complaints)
    assert all(hints(one, lang) for one in caught.value.complaints for lang in ("en", "zh") if code != "S155")


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("mediation.categories=[]", {"S158"}), ("disputes.followed=off", {"S159"}),
        ("mediation.date_days=3", set()),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_doubted(said: str, codes: set[str]) -> None:
    assert {one.code for one in load(SCENARIOS / "mediation.yaml", sets=[said]).doubts} == codes


@cache
def usual(seed: int = 1) -> Any:
    return quarrelling(270, seed, run_on_days=60)


def test_the_funnel_is_a_funnel() -> None:
    counted = funnel(usual().world)
    assert counted is not None and counted.contacts > 30 and counted.settled > 5
    assert list(counted) == sorted(counted, reverse=True)


def test_ratios_are_what_their_denominators_say() -> None:
    metrics = usual().metrics()
    assert metrics["settled_of_contacts"] == metrics["settled_cases"] / metrics["contacts"]
    assert metrics["settled_of_sessions"] == metrics["settled_cases"] / metrics["session_cases"]
    assert metrics["agreed_share"] == metrics["agreed_cases"] / metrics["contacts"]
    assert sum(metrics[f"settled_at_level_{level}"] for level in (1, 2, 3)) == pytest.approx(1)


@pytest.mark.parametrize("name", ["mediation", "quiet_hours", "group_event"])
def test_the_three_successes_stand_together_with_their_denominators(name: str) -> None:
    said = read(SCENARIOS / f"{name}.yaml").plain()
    ratios = {"agreed_share", "settled_of_sessions", "settled_of_contacts"}
    together = {*ratios, "contacts", "session_cases", "agreed_cases"}
    assert together <= {*said["primary"], *said["shown"]}


def test_every_session_is_an_order_of_the_desk_and_none_is_anybody_elses() -> None:
    world = usual().world
    table, tickets = world.disputes, world.tickets
    asked = tickets.category >= 12
    assert (tickets.reporter[asked] == -1).all()
    held = np.count_nonzero(asked & ~np.isnan(tickets.done))
    assert int(table.sessions.sum()) <= held <= np.count_nonzero(asked)
    first = np.flatnonzero(table.sessions > 0)
    assert np.isin(table.heard_on[first], tickets.done[asked]).all()
    minute = tickets.started[asked & ~np.isnan(tickets.started)] % 1440
    assert minute.min() >= 9 * 60 and minute.max() < 17 * 60, "in the hours of the team's calendar"


def test_without_escalation_no_case_leaves_the_community() -> None:
    metrics = quarrelling(180, stages={"up_per_day": 0.0}).metrics()
    assert metrics["settled_at_level_1"] == 1 and metrics["stage_at_settlement_mean"] == 1
    assert metrics["group_events"] == metrics["petitions"] == 0


def test_without_escalation_one_stop_has_nothing_to_offer_but_its_adviser() -> None:
    still = {"up_per_day": 0.0}
    apart = quarrelling(180, stages=still).world.disputes
    together = quarrelling(180, stages=still, mediation={"one_stop": True}).world.disputes
    assert apart.arrays().keys() == together.arrays().keys()
    for name, cells in apart.arrays().items():
        assert cells.tobytes() == together.arrays()[name].tobytes(), name


def test_more_mediators_never_wait_longer() -> None:
    """A queue of one mediator who comes once a week is longer than one of four who come daily."""
    slow = DeskSettings(
        teams={"repairs": DESK.teams["repairs"], "table": Team(workers=1, calendar="Mon 09:00-12:00",
                                                               categories=DESK.teams["table"].categories)},
        services=DESK.services, intake_calendar="24x7", dispatch="instant", misroute_chance=0.0, travel_minutes=0.0,
    )  # fmt: skip
    waited = quarrelling(180, desk=slow, run_on_days=60).metrics()["days_to_first_session"]
    assert waited > usual().metrics()["days_to_first_session"] + 1


# -- chance ----------------------------------------------------------------------------------------------


def test_a_policy_that_removes_disputes_leaves_the_luck_of_the_others() -> None:
    """Whoever quarrels where there are fewer lapses quarrelled in the other arm too: the same matter, the same day."""
    lonely = {"off": ("mediation", "stages", "stress")}
    many = quarrelling(180, **lonely).world.disputes
    few = quarrelling(180, lapses={"late_evenings_per_year": 4.0, "fouling_per_year": 0.0}, **lonely).world.disputes
    known = many.rows_of(few.key)
    same = known >= 0
    assert len(few) < len(many) and same.mean() > 0.95
    for name in ("cause", "plaintiff", "respondent", "began"):
        assert (getattr(few, name)[same] == getattr(many, name)[known[same]]).all()


def test_whoever_draws_a_neighbour_draws_another_one_of_the_group_evenly() -> None:
    group = np.array([0, 1, 0, 0, 2])
    luck = (np.arange(3000) + 0.5) / 3000
    chosen = another_in(group, np.full(3000, 2), luck)
    assert np.bincount(chosen, minlength=5).tolist() == [1500, 0, 0, 1500, 0]
    assert another_in(group, np.array([1, 4]), np.array([0.1, 0.9])).tolist() == [-1, -1]


# -- what each part does: paired, with it and without ------------------------------------------------------


def paired(metric: str, without: dict[str, Any], seeds: int = 6, **given_to_both: Any) -> list[float]:
    """Return metric without - with for each seed."""
    found = []
    for seed in range(1, seeds + 1):
        both = {**given_to_both}
        with_it = quarrelling(seed=seed, **both).metrics()[metric]
        merged = {name: {**both.get(name, {}), **values} if isinstance(values, dict) else values
                  for name, values in without.items()}  # fmt: skip
        found.append(quarrelling(seed=seed, **{**both, **merged}).metrics()[metric] - with_it)
    return found


def above_zero(differences: list[float]) -> bool:
    """Whether a 95 % interval of the mean lies above 0 (Student, few seeds)."""
    d = np.array(differences)
    return bool(d.mean() - 2.571 * d.std(ddof=1) / len(d) ** 0.5 > 0)


@pytest.mark.slow
def test_ties_keep_disputes_down() -> None:
    assert above_zero(paired("disputes_per_1000", {"disputes": {"tie_weight": 0.0}}, off=("mediation",)))


@pytest.mark.slow
def test_clauses_make_nights_quieter_and_without_them_nothing_does() -> None:
    loud = {"lapses": {"late_evenings_per_year": 60.0, "pet_share": 0.0},
            "mediation": {"agree_chance": 0.9, "contact_per_day": 0.2},
            "disputes": {"parking_per_year": 0.0, "leaks_per_year": 0.0, "fees_per_year": 0.0}}  # fmt: skip
    assert above_zero(paired("night_noise_incidents", {"mediation": {"clauses": False}}, **loud))
    nobody = quarrelling(**{**loud, "off": ("mediation",)}).metrics()["night_noise_incidents"]
    words = quarrelling(**{**loud, "mediation": {**loud["mediation"], "clauses": False}}).metrics()
    assert words["night_noise_incidents"] == nobody, "talking alone makes no night quieter, to the last event"


def test_a_convention_lowers_lapses_and_more_so_a_deliberated_one() -> None:
    lapses = {}
    for process in ("none", "imposed", "deliberated"):
        metrics = quarrelling(conventions={"process": process, "from_day": 0}, off=("mediation",)).metrics()
        lapses[process] = metrics["fouling_per_1000_year"] + metrics["night_noise_incidents"]
    assert lapses["deliberated"] < lapses["imposed"] < lapses["none"]
    unrestrained = quarrelling(conventions={"process": "deliberated", "from_day": 0}, lapses={"restraint": 0.0},
                               off=("mediation",)).metrics()  # fmt: skip
    assert unrestrained["fouling_per_1000_year"] + unrestrained["night_noise_incidents"] == lapses["none"]


def test_what_nobody_sees_is_not_kept_to() -> None:
    seen, unseen = (
        quarrelling(60, conventions={"process": "deliberated", "from_day": 0, "observability": seen},
                    off=("mediation", "disputes")).metrics()["complying_share"]
        for seen in (0.9, 0.0)
    )  # fmt: skip
    assert unseen < seen


@pytest.mark.slow
def test_counselling_calms_and_without_effect_calms_nobody() -> None:
    offered = {"stress": {"categories": ("counselling",), "threshold": 0.35, "uptake_per_day": 0.05}}
    assert above_zero(paired("stress_mean", {"stress": {**offered["stress"], "counselling_effect": 0.0}}, **offered))
    idle = quarrelling(stress={**offered["stress"], "counselling_effect": 0.0}).metrics()
    none = quarrelling().metrics()
    assert idle["stress_mean"] == none["stress_mean"]


@pytest.mark.slow
def test_counselling_calms_the_young_and_nobody_where_nobody_goes() -> None:
    offered = {"categories": ("counselling",), "threshold": 0.35, "uptake_per_day": 0.05}
    alone = {"off": ("mediation",)}
    lost = paired("stress_mean_youth", {"stress": {"uptake_per_day": 0.0}}, stress=offered, **alone)
    assert above_zero(lost)
    nobody = quarrelling(stress={**offered, "uptake_per_day": 0.0}, **alone).metrics()
    assert nobody["stress_mean_youth"] == quarrelling(**alone).metrics()["stress_mean_youth"]
    assert nobody["counselled_per_1000"] == 0


def test_what_is_said_of_the_horizon_does_not_change_while_sessions_are_still_heard() -> None:
    """Sessions of the window are followed to their end; nothing else is any older for it, nor milder."""
    slow = {
        "mediation": {"date_days": 40.0, "contact_per_day": 0.3, "agree_chance": 0.95, "most_fallback": 0.3},
        "also": ("hotline",),
        "hotline": {"source": "poisson", "reports_per_day": 1.0}, "conventions": {"process": "deliberated"},
        "ties": {"event_every_days": 15}, "stress": {"categories": ("counselling",), "threshold": 0.35},
    }  # fmt: skip
    at_once, later = (quarrelling(60, 3, residents=200, run_on_days=days, **slow) for days in (0, 120))
    assert later.world.day > 90
    before, after = at_once.metrics(), later.metrics()
    assert after["settled_cases"] > before["settled_cases"] + 5
    said = ("stress_mean", "stress_mean_youth", "disputes_open_end", "stage_of_open_mean", "faded_share",
            "grievance_mean", "ties_bonding", "ties_bridging", "complying_share", "petitions", "group_events",
            "counselled_per_1000", "counselling_yuan")  # fmt: skip
    assert before["grievance_mean"] > 0 and before["complying_share"] > 0 and before["counselled_per_1000"] > 0
    assert {name: after[name] for name in said} == {name: before[name] for name in said}
    table = later.world.disputes
    ended = np.maximum(table.settled_on, table.faded_on) >= 60
    assert (table.agreed_on[ended] >= 0).all() and (table.faded_on >= 60).any(), "who has no table stands still"


def test_every_hour_held_helps_and_is_booked_once_and_nobody_waits_for_two() -> None:
    """A counsellor who comes once a week has a queue that is longer than the days after which one may ask again."""
    teams = {**DESK.teams, "table": replace(DESK.teams["table"], categories=SESSIONS[:3]),
             "counsellor": Team(workers=1, calendar="Mon 09:00-12:00", categories=SESSIONS[3:])}  # fmt: skip
    offered = {"categories": ("counselling",), "threshold": 0.35, "uptake_per_day": 0.2, "again_days": 7,
               "counselling_effect": 0.01, "hour_yuan": 100.0}  # fmt: skip
    engine = quarrelling(100, desk=replace(DESK, teams=teams), run_on_days=60, off=("mediation",), stress=offered)
    world = engine.world
    orders = world.tickets.category == HOURS
    held = world.tickets.done[orders & (world.tickets.done >= 0)]
    assert len(held) > 40 and np.count_nonzero(orders) > len(held) + 20, "there is a queue"
    assert np.count_nonzero(world.postings.account == COUNSELLING) == len(held)
    in_time = np.count_nonzero(held < 100 * 1440)
    assert world.residents.hours_held.sum() == in_time < len(held)
    assert engine.metrics()["counselled_per_1000"] == pytest.approx(1000 * in_time / 300 / (100 / 365))
    assert engine.metrics()["counselling_yuan"] == pytest.approx(100 * in_time)
    asked = world.tickets.incident[orders] & np.uint64(2**40 - 1)
    assert np.unique(asked, return_counts=True)[1].max() <= 2, "who waits does not ask again"


def test_group_events_take_somebody_who_recruits() -> None:
    """The more each who has joined speaks to, the more join; nobody does where nobody speaks, however ready."""
    fees = {"disputes": {"parking_per_year": 0.0, "leaks_per_year": 0.0, "fees_per_year": 0.06},
            "off": ("mediation", "lapses"), "stages": {"up_per_day": 0.08, "down_per_day": 0.01}}  # fmt: skip
    quiet, few, many = (quarrelling(120, 2, coalitions={"recruit_per_day": rate}, **fees) for rate in (0.0, 0.1, 1.0))
    joined = [np.count_nonzero(one.world.households.side >= 0) for one in (quiet, few, many)]
    assert 0 < joined[0] < joined[1] < joined[2]
    assert many.metrics()["group_events"] > 0 == quiet.metrics()["group_events"]
    side = quiet.world.households.side
    plaintiffs = quiet.world.residents.household[quiet.world.disputes.plaintiff]
    assert (side >= 0).any() and np.isin(np.flatnonzero(side >= 0), plaintiffs).all(), "plaintiffs stand alone"


def test_to_lie_between_two_offices_protects_nobody() -> None:
    """Taking the way between offices away makes no more petitions: a case that lies there is not at a table."""
    hard = {"agree_chance": 0.95, "contact_per_day": 0.3, "most_fallback": 0.9, "sessions_most": 20}
    strained = {"stages": {"up_per_day": 0.05, "down_per_day": 0.01}, "coalitions": {"petition_per_day": 0.05},
                "residents": 200}  # fmt: skip
    long, none = (
        sum(quarrelling(120, seed, **strained, mediation={**hard, "hand_off_days": days}).metrics()["petitions"]
            for seed in (1, 2))
        for days in (90.0, 0.0)
    )  # fmt: skip
    assert long > none


def reviewed(seed: int, **values: Any) -> dict[str, float]:
    """Return the metrics of sixty days in which 300 decisions, a third of them doubtful, may be examined."""
    projects = {"decided": [0] * 300, "lawful": [False, True, True] * 100}
    case = Case("legal_review", "", 60, {"projects": projects, "residents": {"trust": [0.5] * 50}},
                {"followed": True, "challenge_per_day": 0.02, "trust_cost": 0.002, **values},
                seed=seed, then={})  # fmt: skip
    engine = engine_of(case, CATALOGUE["legal_review"], list(CATALOGUE.own.values()), TABLES)
    for _ in range(60):
        engine.step()
    return {**engine.metrics(), "trust": float(engine.world.residents.trust.mean())}


def test_legal_review_keeps_decisions_and_trust_and_without_findings_keeps_neither() -> None:
    seeds = range(1, 7)
    plain = [reviewed(seed) for seed in seeds]
    held = [reviewed(seed, review=True) for seed in seeds]
    idle = [reviewed(seed, review=True, review_finds=0.0) for seed in seeds]
    for metric, sign in (("reversed_share", -1), ("trust", 1)):
        assert above_zero([sign * (b[metric] - a[metric]) for a, b in zip(plain, held, strict=True)])
        assert [one[metric] for one in idle] == [one[metric] for one in plain]
    unheard = [reviewed(seed, trust_cost=0.0) for seed in seeds]
    assert all(one["trust"] == pytest.approx(0.5) for one in unheard), "a reversal costs trust, and nothing else does"
    assert all(reviewed(seed, challenge_per_day=0.0)["reversed_share"] == 0 for seed in seeds)


@pytest.mark.slow
def test_stress_hardens_disputes() -> None:
    strained = {"stress": {"set_point": 0.3, "spread": 0.0, "dispute_load": 0.2}}
    cut = {"stages": {"stress_weight": 0.0}}
    assert above_zero([-one for one in paired("petitions", cut, **strained)])


@pytest.mark.slow
def test_unsolved_reports_feed_disputes_through_grievances_alone() -> None:
    bad = DeskSettings(
        teams=DESK.teams, services={**DESK.services}, service=Service(mean_hours=4.0), intake_calendar="24x7",
        dispatch="instant", misroute_chance=0.0, first_time_fix=0.0, call_back_share=0.0,
    )  # fmt: skip
    busy = {"desk": bad, "also": ("hotline",), "hotline": {"source": "poisson", "reports_per_day": 3.0},
            "disputes": {"grievance_weight": 2.0}, "off": ("mediation",)}  # fmt: skip
    lost = paired("disputes_per_1000", {"grievances": {"gain": 0.0}}, **busy)
    assert above_zero([-one for one in lost])
    assert quarrelling(**{**busy, "grievances": {"gain": 0.0}}).metrics()["grievance_mean"] == 0


@pytest.mark.slow
def test_hand_offs_take_time_and_one_stop_takes_it_away() -> None:
    hard = {"stages": {"up_per_day": 0.1}, "mediation": {"agree_chance": 0.9}}
    one_stop = {"mediation": {**hard["mediation"], "one_stop": True}}
    assert above_zero([-one for one in paired("days_to_settlement", one_stop, run_on_days=180, **hard)])


@pytest.mark.slow
def test_an_adviser_settles_more() -> None:
    hard = {"mediation": {"agree_chance": 0.9, "contact_per_day": 0.1, "most_fallback": 0.8}}
    advised = {"mediation": {**hard["mediation"], "adviser": True}}
    assert above_zero(paired("settled_of_sessions", advised, **hard))


@pytest.mark.slow
def test_online_sessions_come_sooner_and_reach_more() -> None:
    often = {"mediation": {"contact_per_day": 0.2, "online_reach": 0.6}}
    screens = {"mediation": {**often["mediation"], "online": True}}
    assert above_zero([-one for one in paired("days_to_first_session", screens, **often)])
    assert above_zero(paired("agreed_share", screens, **often))


def test_meetings_make_ties_and_mixing_is_what_makes_them() -> None:
    alone = {"off": ("disputes", "mediation", "stages")}
    feast = {"ties": {"event_every_days": 15, "attendance": 0.3}}
    base = quarrelling(61, **alone).metrics()
    mixed = quarrelling(61, **alone, **feast).metrics()
    apart = quarrelling(61, **alone, ties={**feast["ties"], "mixing": False}).metrics()
    assert mixed["ties_bridging"] > base["ties_bridging"]
    assert {name: apart[name] for name in ("ties_bridging", "ties_bonding")} == {
        name: base[name] for name in ("ties_bridging", "ties_bonding")
    }


def test_what_meetings_made_halves_in_a_half_life() -> None:
    engine = quarrelling(1, off=("disputes", "mediation"))
    table = engine.world.ties
    table.writable("extra")[:] = 0.8
    engine.world.day = 540
    assert strength(engine.world, 540.0) == pytest.approx(table.base + 0.4)
    engine.world.day = 1080
    assert strength(engine.world, 540.0) == pytest.approx(table.base + 0.2)


def test_joint_work_ties_and_own_plots_do_not() -> None:
    alone = {"off": ("disputes", "mediation", "stages")}
    garden = {"work_every_days": 7, "members": 0.2}
    shared = quarrelling(61, **alone, ties=garden).metrics()["ties_bridging"]
    plots = quarrelling(61, **alone, ties={**garden, "joint_work": False}).metrics()["ties_bridging"]
    assert shared > plots == quarrelling(61, **alone).metrics()["ties_bridging"]


def test_nobody_who_is_not_followed_changes() -> None:
    world = quarrelling(30, disputes={"followed": False}).world
    assert not len(world.disputes) and not len(world.ties) and not len(world.lapses)
    assert (world.residents.stress == 0.3).all() and not world.residents.grievance.any()


def test_open_means_neither_settled_nor_made_up() -> None:
    world = usual().world
    table = world.disputes
    assert (is_open(world) == ((table.settled_on < 0) & (table.faded_on < 0))).all()
    assert block("disputes").followed is False
