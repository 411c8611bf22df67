"""The desk's fine print: one small case a rule, with times worked out by hand.

Luck is chosen, not hoped for: :func:`fated` finds the key of an order whose draws fall as a case needs them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.desk_kit import AROUND_THE_CLOCK, DAY, HOUR, lived, opened, same, steps
from twin.core.draws import exponential_of, keyed_uniform, stream_base, stream_id
from twin.desk.checks import BEGINS, ENDS, check
from twin.desk.desk import Desk
from twin.desk.hours import hours_between
from twin.desk.layout import HOPS, Decision, Status, Step
from twin.desk.settings import DeskSettings, Service, Team

MONDAY_9, MONDAY_10 = 9 * HOUR, 10 * HOUR
TUESDAY_9 = DAY + 9 * HOUR
FRIDAY, SATURDAY, NEXT_MONDAY = 4 * DAY, 5 * DAY, 7 * DAY
SEED = 1
EVERY_CALL_REOPENS = {"call_back_share": 1.0, "call_back_hours": 2.0, "reach_chance": 1.0, "reopen_chance": 1.0,
                      "first_time_fix": 0.5}  # fmt: skip


def luck(key: int, decision: Decision, attempt: int = 0, hop: int = 0) -> float:
    base = stream_base(SEED, stream_id(f"desk.{decision.name.lower()}"), attempt * HOPS + hop)
    return float(keyed_uniform(np.uint64(base), np.uint64(key)))


def fated(*wanted: tuple[Decision, int, int, float, float], beyond: int = 0) -> int:
    """The first key beyond a number whose draws (decision, attempt, hop) lie in [low, high)."""

    def suits(key: int) -> bool:
        return all(low <= luck(key, what, attempt, hop) < high for what, attempt, hop, low, high in wanted)

    return next(filter(suits, itertools.count(beyond + 1)))


def astray(attempt: int = 0, hop: int = 0) -> tuple[Decision, int, int, float, float]:
    return Decision.MISROUTE, attempt, hop, 0.0, 0.5


def straight(attempt: int = 0, hop: int = 0) -> tuple[Decision, int, int, float, float]:
    return Decision.MISROUTE, attempt, hop, 0.5, 1.0


def fixed(attempt: int) -> tuple[Decision, int, int, float, float]:
    return Decision.FIX, attempt, 0, 0.0, 0.5


def botched(attempt: int) -> tuple[Decision, int, int, float, float]:
    return Decision.FIX, attempt, 0, 0.5, 1.0


def patience_between(key: int, low: float, high: float) -> bool:
    """Whether an order's patience, in units of the mean, lies between two bounds."""
    return low < float(exponential_of(luck(key, Decision.PATIENCE))) < high


def patient_for(low: float, high: float, *wanted: tuple[Decision, int, int, float, float]) -> int:
    keys = (fated(*wanted, beyond=key) for key in itertools.count())
    return next(key for key in keys if patience_between(key, low, high))


def team(workers: int = 1, calendar: str = "24x7", **more: Any) -> dict[str, Team]:
    return {"servers": Team(workers=workers, calendar=calendar, **more)}


def hours_of_work(mean: float) -> Service:
    return Service(law="fixed", mean_hours=mean)


def names(desk: Desk, order: int) -> list[str]:
    return [name for name, _ in steps(desk, order)]


def at(desk: Desk, order: int, step: str) -> list[float]:
    """Hours at which an order took a step."""
    return [hour for name, hour in steps(desk, order) if name == step]


def with_again(settings: DeskSettings, created: Iterable[float], incident: Any, again: list[bool], key: Any) -> Desk:
    """A desk that is told which reports are re-complaints."""
    desk, created = opened(settings, []), np.asarray(created, np.float64)
    zero = np.zeros(len(created), np.int64)
    desk.feed(key=np.asarray(key, np.uint64), created=created, incident=np.asarray(incident, np.uint64), category=zero,
              priority=zero + 2, channel=zero, grid=zero, x=zero, y=zero, ticket=np.arange(len(created)),
              again=np.asarray(again))  # fmt: skip
    desk.advance(59 * DAY)
    check(desk)
    return desk


# -- intake


def test_intake_takes_its_minutes_from_the_opening():
    base = replace(AROUND_THE_CLOCK, intake_calendar="5x8", intake_minutes=7.0)
    desk = lived(base, [MONDAY_10, SATURDAY])
    assert desk.orders["accepted"].tolist() == [MONDAY_10 + 7, NEXT_MONDAY + MONDAY_9 + 7]


# -- rounds and returns


def test_a_returned_order_waits_for_the_next_round():
    base = replace(AROUND_THE_CLOCK, dispatch="batch", misroute_chance=0.5, return_hours=3.0, return_calendar="24x7")
    desk = lived(base, [8 * HOUR], key=[fated(astray(), straight(hop=1))])
    assert steps(desk, 0)[2:6] == [("dispatched", 9.0), ("returned", 12.0), ("dispatched", 33.0), ("signed", 33.0)]
    assert desk.orders["dispatched"][0] == MONDAY_9  # the stamp is that of the first


def test_a_reopened_order_passes_triage_and_the_round():
    base = replace(AROUND_THE_CLOCK, dispatch="batch", triage_minutes=6.0, **EVERY_CALL_REOPENS)
    desk = lived(base, [8 * HOUR], key=[fated(botched(0), fixed(1))])
    # Round at 9:00, done at 10:00, called at 12:00; triaged by 12:06, so to the round of Tuesday 9:00.
    assert steps(desk, 0)[2:] == [
        ("triaged", 8.1), ("dispatched", 9.0), ("signed", 9.0), ("arrived", 9.0), ("done", 10.0),
        ("called_back", 12.0), ("reopened", 12.0), ("triaged", pytest.approx(12.1)), ("dispatched", 33.0),
        ("signed", 33.0), ("arrived", 33.0), ("done", 34.0), ("called_back", 36.0), ("closed", 36.0),
    ]  # fmt: skip


def test_the_return_of_a_wrong_team_is_counted_in_the_return_calendar():
    base = replace(AROUND_THE_CLOCK, misroute_chance=0.5, misroute_minutes=20.0, return_hours=8.0,
                   return_calendar="5x8")  # fmt: skip
    desk = lived(base, [FRIDAY + 14 * HOUR], key=[fated(astray(), straight(hop=1))])
    friday_2_pm, monday_2_pm = 4 * 24 + 14, 7 * 24 + 14
    assert at(desk, 0, "returned") == [pytest.approx(friday_2_pm + 1 / 3)]
    assert at(desk, 0, "dispatched") == [friday_2_pm, pytest.approx(monday_2_pm + 1 / 3)]


def test_hops_count_anew_after_a_reopening():
    base = replace(AROUND_THE_CLOCK, misroute_chance=0.5, max_hops=1, return_hours=1.0, return_calendar="24x7",
                   **EVERY_CALL_REOPENS)  # fmt: skip
    key = fated(astray(), astray(hop=1), astray(1), botched(0), fixed(1))
    desk = lived(base, [MONDAY_10], key=[key])
    assert names(desk, 0).count("returned") == 2  # once in each attempt, although max_hops is 1
    assert (desk.orders["hops"][0], desk.orders["hop"][0], desk.orders["attempt"][0]) == (2, 1, 1)


@pytest.mark.parametrize("misroute_minutes", [0.0, 15.0])
def test_travel_and_the_outcome_do_not_depend_on_the_hops(misroute_minutes):
    created = MONDAY_10 + 5.0 * np.arange(200)
    base = replace(AROUND_THE_CLOCK, teams=team(50), travel_minutes=24.0, travel_cv=0.5, first_time_fix=0.5,
                   return_hours=1.0, return_calendar="24x7", service=Service(mean_hours=0.5))  # fmt: skip
    straight_on = lived(base, created)
    returned = lived(replace(base, misroute_chance=0.6, misroute_minutes=misroute_minutes), created)
    assert returned.orders["hops"].max() >= 3
    assert straight_on.orders["solved"].tolist() == returned.orders["solved"].tolist()
    assert 60 < np.count_nonzero(straight_on.orders["solved"]) < 140

    def ways(desk: Desk) -> list[float]:
        return [at(desk, o, "arrived")[-1] - at(desk, o, "signed")[-1] for o in range(200)]

    assert ways(returned) == pytest.approx(ways(straight_on), abs=1e-9)
    assert np.std(ways(straight_on)) > 0.05


# -- the line


@pytest.mark.parametrize("calendar", ["5x8", "24x7"])
def test_a_round_is_served_by_rank_not_as_it_is_read(calendar):
    base = replace(AROUND_THE_CLOCK, teams=team(1, calendar), dispatch="batch", discipline="priority")
    desk = lived(base, [7 * HOUR, 8 * HOUR], priority=[3, 1])
    assert desk.orders["dispatched"].tolist() == [MONDAY_9, MONDAY_9]
    assert desk.orders["started"].tolist() == [MONDAY_10, MONDAY_9]


def test_a_round_gives_the_best_worker_to_the_first_in_rank():
    base = replace(AROUND_THE_CLOCK, teams=team(2, skills=(1.0, 2.0)), dispatch="batch", discipline="priority",
                   assignment="skilled")  # fmt: skip
    desk = lived(base, [7 * HOUR, 8 * HOUR], priority=[3, 1])
    assert desk.orders["worker"].tolist() == [0, 1]


def test_orders_of_other_grids_are_taken_by_rank():
    base = replace(AROUND_THE_CLOCK, teams=team(1, grids=(2,)), assignment="own_grid")
    homes = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0))
    for grids in ([2, 1, 0], [2, 0, 1]):  # the worker is busy with the first when the others come
        desk = lived(base, MONDAY_10 + np.arange(3.0), grid=grids, homes=homes)
        assert np.argsort(desk.orders["started"]).tolist() == [0, 1, 2]


def test_the_own_grid_comes_first_only_within_a_class():
    base = replace(AROUND_THE_CLOCK, teams=team(1, grids=(1,)), assignment="own_grid", discipline="priority")
    created, homes = MONDAY_10 + np.arange(3.0), ((0.0, 0.0), (1.0, 0.0))
    worse = lived(base, created, grid=[0, 0, 1], priority=[1, 1, 3], homes=homes)
    assert np.argsort(worse.orders["started"]).tolist() == [0, 1, 2]
    equal = lived(base, created, grid=[0, 0, 1], priority=[1, 3, 3], homes=homes)
    assert np.argsort(equal.orders["started"]).tolist() == [0, 2, 1]
    better = lived(base, created, grid=[0, 0, 1], priority=[1, 3, 2], homes=homes)
    assert np.argsort(better.orders["started"]).tolist() == [0, 2, 1]


def test_an_escalated_order_stays_ahead_after_a_return():
    base = replace(AROUND_THE_CLOCK, misroute_chance=0.5, return_hours=3.0, return_calendar="24x7", escalate=True,
                   limit_hours=(1.0, 1.0, 50.0, 50.0), service=hours_of_work(5.0))  # fmt: skip
    first = fated(straight())
    lost = fated(astray(), straight(hop=1))
    other = fated(straight(), beyond=first)
    desk = lived(base, MONDAY_10 + np.array([0.0, 10.0, 30.0]), key=[first, lost, other], priority=[2, 1, 2])
    # Escalated at 11:10 on its way, in the line from 13:10, behind the other by arrival.
    assert at(desk, 1, "escalated") == [pytest.approx(11 + 1 / 6)]
    assert desk.orders["started"].tolist() == [MONDAY_10, 15 * HOUR, 20 * HOUR]


def test_a_reopened_order_past_its_limit_is_escalated_at_once():
    base = replace(AROUND_THE_CLOCK, escalate=True, limit_hours=(2.0, 2.0, 2.0, 2.0), **EVERY_CALL_REOPENS)
    desk = lived(base, [MONDAY_10], key=[fated(botched(0), fixed(1))])
    # Done at 11:00, within the limit of 12:00; called and opened again at 13:00.
    assert at(desk, 0, "reopened") == at(desk, 0, "escalated") == [13.0]
    assert desk.orders["escalated"][0] == 13 * HOUR


def test_an_order_is_overdue_by_its_end_not_its_start():
    base = replace(AROUND_THE_CLOCK, limit_hours=(1.5, 1.5, 1.5, 1.0))
    desk = lived(base, [MONDAY_10, MONDAY_10 + 1], priority=[3, 2])
    # The first ends at its limit to the minute; the second begins 59 min after its report and ends after 119.
    assert desk.orders["overdue"].tolist() == [False, True]


# -- patience


def test_an_interrupted_order_does_not_give_up():
    base = replace(AROUND_THE_CLOCK, preempt=True, patience_hours=1.0)
    routine = patient_for(0.4, 1.2)  # runs out between 10:24 and 11:12, while the emergency is worked on
    desk = lived(base, [MONDAY_10, MONDAY_10 + 20], key=[routine, fated(beyond=routine)], priority=[2, 0])
    assert names(desk, 0).count("preempted") == 1
    assert desk.orders["status"].tolist() == [Status.CLOSED, Status.CLOSED]
    assert desk.orders["done"][0] == MONDAY_10 + 120


def test_patience_counts_once_from_the_first_dispatch():
    base = replace(AROUND_THE_CLOCK, patience_hours=4.0, misroute_chance=0.5, return_hours=3.0, return_calendar="24x7",
                   service=hours_of_work(10.0))  # fmt: skip
    busy = fated(straight())
    lost = patient_for(0.8, 2.0, astray(), straight(hop=1))  # between 3.2 h and 8 h
    desk = lived(base, [MONDAY_10, MONDAY_10 + 1], key=[busy, lost])
    patience = 4 * HOUR * float(exponential_of(luck(lost, Decision.PATIENCE)))
    assert at(desk, 1, "dispatched") == [pytest.approx(10 + 1 / 60), pytest.approx(13 + 1 / 60)]
    assert at(desk, 1, "abandoned") == [pytest.approx((MONDAY_10 + 1 + patience) / HOUR)]


def test_patience_that_ran_out_on_the_way_ends_at_the_next_line():
    base = replace(AROUND_THE_CLOCK, patience_hours=4.0, misroute_chance=0.5, return_hours=3.0, return_calendar="24x7")
    lost = patient_for(0.1, 0.7, astray(), straight(hop=1))  # between 0.4 h and 2.8 h; back after 3 h
    desk = lived(base, [MONDAY_10], key=[lost])
    assert steps(desk, 0)[2:] == [("dispatched", 10.0), ("returned", 13.0), ("dispatched", 13.0), ("abandoned", 13.0)]
    assert desk.workers[0].busy == 0.0


# -- interruption


def test_an_interrupted_order_keeps_its_place():
    base = replace(AROUND_THE_CLOCK, preempt=True)
    desk = lived(base, MONDAY_10 + np.array([0.0, 5.0, 20.0]), priority=[2, 2, 0])
    assert desk.orders["done"].tolist() == [12 * HOUR, 13 * HOUR, MONDAY_10 + 80]


@pytest.mark.parametrize("priority", [(1, 3), (3, 1)])
def test_the_least_urgent_is_interrupted(priority):
    desk = lived(replace(AROUND_THE_CLOCK, teams=team(2), preempt=True), MONDAY_10 + np.array([0.0, 1.0, 20.0]),
                 priority=[*priority, 0])  # fmt: skip
    assert [names(desk, o).count("preempted") for o in range(3)] == [int(p == 3) for p in (*priority, 0)]
    assert desk.orders["started"][2] == MONDAY_10 + 20


def test_an_emergency_leads_the_line_whatever_the_discipline():
    for discipline in ("fifo", "deadline", "shortest"):
        base = replace(AROUND_THE_CLOCK, preempt=True, discipline=discipline, limit_hours=(100.0, 24.0, 24.0, 24.0))
        desk = lived(base, MONDAY_10 + np.array([0.0, 5.0, 10.0]), priority=[0, 2, 0])
        assert np.argsort(desk.orders["started"]).tolist() == [0, 2, 1]


def test_an_emergency_comes_before_what_the_last_shift_left():
    base = replace(AROUND_THE_CLOCK, teams=team(1, "5x8"), preempt=True, service=hours_of_work(3.0))
    desk = lived(base, [16 * HOUR, 20 * HOUR], priority=[2, 0])
    # An hour on Monday; the emergency Tuesday 9:00 to 12:00, then the other two hours.
    assert desk.orders["started"].tolist() == [16 * HOUR, TUESDAY_9]
    assert desk.orders["done"].tolist() == [TUESDAY_9 + 5 * HOUR, TUESDAY_9 + 3 * HOUR]
    assert desk.workers[0].busy == 6 * HOUR


# -- the way and the work


@pytest.mark.parametrize(("created", "arrived", "done"), [(16.75, 33.25, 35.25), (15.0, 15.5, 33.5)])
def test_a_pause_costs_no_work_on_the_way_or_at_the_place(created, arrived, done):
    base = replace(AROUND_THE_CLOCK, teams=team(1, "5x8"), travel_minutes=30.0, travel_cv=0.0,
                   service=hours_of_work(2.0))  # fmt: skip
    desk = lived(base, [created * HOUR])
    told = steps(desk, 0)
    assert ("arrived", arrived) in told and ("done", done) in told and ("paused", 17.0) in told
    assert desk.workers[0].busy == 150.0


@pytest.mark.parametrize(("after", "done", "busy"), [(15, 13.25, 195.0), (45, 13.5, 210.0)])
def test_an_interruption_costs_the_way_again_but_not_the_work(after, done, busy):
    base = replace(AROUND_THE_CLOCK, preempt=True, travel_minutes=30.0, travel_cv=0.0)
    desk = lived(base, [MONDAY_10, MONDAY_10 + after], priority=[2, 0])
    # After 15 min: nothing done, so way and work anew at 11:45. After 45 min: 15 of 60 are done; 12:15 + 30 + 45.
    assert desk.orders["done"].tolist() == [done * HOUR, MONDAY_10 + after + 90]
    assert desk.workers[0].busy == busy


@pytest.mark.parametrize("shift_end", ["pause", "overtime", "hand_over"])
def test_the_work_on_an_order_is_its_hands_on_time(shift_end):
    rng = np.random.default_rng(3)
    n, skills = 300, (0.5, 1.0, 2.0)
    base = replace(AROUND_THE_CLOCK, teams=team(3, "5x8", skills=skills), preempt=True, shift_end=shift_end,
                   travel_minutes=10.0, travel_cv=0.0, service=Service(mean_hours=1.0), first_time_fix=1.0)  # fmt: skip
    desk = lived(base, np.sort(rng.uniform(0, 14 * DAY, n)), priority=rng.choice([0, 2, 3], n, p=[0.2, 0.4, 0.4]))
    assert (desk.orders["status"] == Status.CLOSED).all()
    codes = desk.log["code"]
    assert np.count_nonzero(codes == Step.PREEMPTED) > 5
    assert np.count_nonzero(codes == Step.PAUSED) > (0 if shift_end == "overtime" else 5)
    worked, busy = _worked(desk, skills)
    assert worked == pytest.approx(desk.orders["hands_on"], rel=1e-9)
    assert busy == pytest.approx(desk.workers["busy"], rel=1e-9)


def _worked(desk: Desk, skills: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Minutes at the place times skill, by order, and minutes on the way or at the place, by worker, from the log."""
    worked, busy = np.zeros(len(desk.orders)), np.zeros(len(skills))
    since: dict[int, float] = {}
    there: dict[int, bool] = defaultdict(bool)
    on_the_way: dict[int, float] = defaultdict(float)
    for line in desk.log:
        o, w, t, code = int(line["order"]), int(line["worker"]), float(line["minute"]), int(line["code"])
        if code == Step.SIGNED:
            there[o], on_the_way[o] = False, 0.0
        if code in BEGINS:
            since[o] = t
        elif o in since and (code == Step.ARRIVED or code in ENDS):  # what is paused may leave the worker later
            spent = t - since.pop(o)
            busy[w] += spent
            if there[o]:
                worked[o] += spent * skills[w]
            else:
                on_the_way[o] += spent
        if code == Step.ARRIVED:
            assert on_the_way[o] == pytest.approx(10.0)
            there[o], since[o] = True, t
    return worked, busy


def test_the_next_way_begins_where_the_last_work_was():
    base = replace(AROUND_THE_CLOCK, minutes_per_km=6.0)
    desk = lived(base, [MONDAY_10, MONDAY_10 + 1], x=[3.0, 3.0], y=[4.0, 9.0])  # 5 km from home, 5 km further on
    assert desk.orders["done"].tolist() == pytest.approx([MONDAY_10 + 90, MONDAY_10 + 180])


# -- shifts


def test_work_that_ends_with_the_shift_is_not_paused():
    desk = lived(replace(AROUND_THE_CLOCK, teams=team(1, "5x8")), [16 * HOUR, 16 * HOUR + 1])
    assert steps(desk, 0)[3:] == [("signed", 16.0), ("arrived", 16.0), ("done", 17.0), ("closed", 17.0)]
    assert desk.orders["started"][1] == TUESDAY_9


def test_overtime_that_runs_into_the_next_shift_ends_there():
    base = replace(AROUND_THE_CLOCK, teams=team(1, "Mon-Fri 09:00-12:00,13:00-17:00"), shift_end="overtime",
                   overtime_minutes=120.0, service=hours_of_work(2.0))  # fmt: skip
    desk = lived(base, [11.5 * HOUR, 11.75 * HOUR])
    # From 11:30 through the break to 13:30: an hour of overtime. The next follows at once.
    assert desk.orders["started"].tolist() == [11.5 * HOUR, 13.5 * HOUR]
    assert desk.orders["done"].tolist() == [13.5 * HOUR, 15.5 * HOUR]
    assert "paused" not in names(desk, 0)
    assert desk.workers[0].overtime == HOUR
    assert hours_between(desk, 0.0, DAY).overtime == HOUR


def test_an_emergency_stays_within_the_limit_of_overtime():
    services = {"routine": hours_of_work(2.0), "emergency": hours_of_work(5.0)}
    base = replace(AROUND_THE_CLOCK, teams=team(1, "5x8"), shift_end="overtime", overtime_minutes=120.0, preempt=True,
                   services=services)  # fmt: skip
    desk = lived(base, [16 * HOUR, 16.5 * HOUR], priority=[2, 0], category=[0, 1], categories=tuple(services))
    # The routine work would have ended in overtime, 18:00; the emergency cannot by 19:00, and stops at 17:00. It goes
    # on Tuesday 9:00 to 13:30, then what is left of the routine work, an hour and a half.
    assert at(desk, 1, "paused") == [17.0]
    assert desk.orders["done"].tolist() == [TUESDAY_9 + 6 * HOUR, TUESDAY_9 + 4.5 * HOUR]
    assert desk.workers[0].overtime == hours_between(desk, 0.0, 5 * DAY).overtime == 0.0


def test_no_shift_has_more_overtime_than_the_limit():
    rng = np.random.default_rng(8)
    n, limit = 200, 45.0
    base = replace(AROUND_THE_CLOCK, teams=team(2, "5x8"), shift_end="overtime", overtime_minutes=limit, preempt=True,
                   service=Service(mean_hours=1.0))  # fmt: skip
    desk = lived(base, np.sort(rng.uniform(0, 28 * DAY, n)), priority=rng.choice([0, 2], n, p=[0.3, 0.7]))
    log = desk.log
    ends = log["minute"][np.isin(log["code"], ENDS)] % DAY
    assert ends.max() > 17 * HOUR + 20  # some overtime is worked
    assert ends.max() <= 17 * HOUR + limit


def test_what_is_handed_over_is_kept_as_work_not_as_time():
    base = replace(AROUND_THE_CLOCK, teams=team(2, "5x8", skills=(1.0, 2.0)), assignment="skilled",
                   shift_end="hand_over", service=hours_of_work(2.0))  # fmt: skip
    desk = lived(base, [16.5 * HOUR])
    # The master does half of it by 17:00; the other, who comes on duty first, needs an hour for the rest.
    assert desk.orders["worker"][0] == 0
    assert desk.orders["done"][0] == TUESDAY_9 + HOUR
    assert desk.workers["busy"].tolist() == [60.0, 30.0]


# -- call-backs


def test_call_backs_are_made_in_office_hours():
    base = replace(AROUND_THE_CLOCK, call_back_share=1.0, call_back_hours=24.0)
    desk = lived(base, [9 * HOUR, FRIDAY + 15 * HOUR])
    # Done Monday 10:00: called Tuesday 10:00. Done Friday 16:00: due on Saturday, called when the office opens.
    assert desk.orders["called_back"].tolist() == [DAY + MONDAY_10, NEXT_MONDAY + MONDAY_9]


def test_who_is_not_reached_reopens_nothing():
    base = replace(AROUND_THE_CLOCK, **{**EVERY_CALL_REOPENS, "reach_chance": 0.0, "first_time_fix": 0.05})
    desk = lived(base, MONDAY_10 + 90.0 * np.arange(40))
    assert np.count_nonzero(~desk.orders["solved"]) > 20
    assert not desk.orders["reached"].any() and not desk.orders["attempt"].any()
    assert (desk.orders["status"] == Status.CLOSED).all()


@pytest.mark.parametrize(
    ("lever", "decision", "reached"),
    [("reach_chance", Decision.REACH, False), ("reopen_chance", Decision.REOPEN, True)],
)
def test_the_luck_of_a_call_is_that_of_its_attempt(lever, decision, reached):
    base = replace(AROUND_THE_CLOCK, **{**EVERY_CALL_REOPENS, lever: 0.5})
    once = fated(botched(0), botched(1), (decision, 0, 0, 0.0, 0.5), (decision, 1, 0, 0.5, 1.0))
    never = fated(botched(0), (decision, 0, 0, 0.5, 1.0), (decision, 1, 0, 0.0, 0.5))
    desk = lived(base, [MONDAY_10, MONDAY_10 + 300], key=[once, never])
    assert desk.orders["attempt"].tolist() == [1, 0]
    assert desk.orders["reached"].tolist() == [reached, reached]
    assert not desk.orders["solved"].any()


def test_whether_there_is_a_call_is_drawn_for_each_attempt():
    base = replace(AROUND_THE_CLOCK, **{**EVERY_CALL_REOPENS, "call_back_share": 0.5})
    key = fated(botched(0), botched(1), (Decision.CALL_BACK, 0, 0, 0.0, 0.5), (Decision.CALL_BACK, 1, 0, 0.5, 1.0))
    desk = lived(base, [MONDAY_10], key=[key])
    assert names(desk, 0)[-4:] == ["signed", "arrived", "done", "closed"]
    assert names(desk, 0).count("called_back") == 1


# -- merging


@pytest.mark.parametrize("merge_into", ["open", "window"])
def test_nothing_is_merged_into_an_order_that_was_given_up(merge_into):
    base = replace(AROUND_THE_CLOCK, dedup=True, merge_into=merge_into, patience_hours=1.0, service=hours_of_work(10.0))
    busy = fated()
    first = patient_for(0.1, 0.9)
    second = patient_for(8.0, 20.0)  # waits until the worker is free at 20:00
    third = next(key for key in itertools.count(1) if key not in (busy, first, second))
    desk = lived(base, MONDAY_10 + np.array([0.0, 1.0, 61.0, 62.0]), key=[busy, first, second, third],
                 incident=[5, 7, 7, 7])  # fmt: skip
    assert desk.orders["status"][1] == Status.ABANDONED
    assert desk.orders["merged_into"].tolist() == [-1, -1, -1, 2]


def test_a_missed_duplicate_does_not_become_the_lead():
    base = replace(AROUND_THE_CLOCK, dedup=True, dedup_recall=0.5)
    missed = fated((Decision.DEDUP, 0, 0, 0.5, 1.0))
    seen = fated((Decision.DEDUP, 0, 0, 0.0, 0.5))
    first = fated(beyond=max(missed, seen))
    desk = lived(base, MONDAY_10 + np.array([0.0, 5.0, 10.0]), key=[first, missed, seen], incident=[7, 7, 7])
    assert desk.orders["merged_into"].tolist() == [-1, -1, 0]


def test_a_report_is_merged_into_a_closed_order_only_if_that_solved_the_matter():
    base = replace(AROUND_THE_CLOCK, dedup=True, merge_into="window", first_time_fix=0.5)
    good, bad = fated(fixed(0)), fated(botched(0))
    later = fated(beyond=max(good, bad))
    created = [MONDAY_10, MONDAY_10 + 5 * HOUR]
    assert lived(base, created, key=[good, later], incident=[7, 7]).orders["merged_into"].tolist() == [-1, 0]
    assert lived(base, created, key=[bad, later], incident=[7, 7]).orders["merged_into"].tolist() == [-1, -1]


def test_a_re_complaint_is_merged_only_while_the_order_is_not_closed():
    base = replace(AROUND_THE_CLOCK, dedup=True, merge_into="window", call_back_share=1.0, call_back_hours=2.0)
    created = MONDAY_10 + HOUR * np.array([0.0, 0.5, 1.5, 4.0])  # waiting to be done, to be called, closed
    again = with_again(base, created, [7, 7, 7, 7], [False, True, True, True], [1, 2, 3, 4])
    assert again.orders["merged_into"].tolist() == [-1, 0, 0, -1]
    new = with_again(base, created, [7, 7, 7, 7], [False] * 4, [1, 2, 3, 4])
    assert new.orders["merged_into"].tolist() == [-1, 0, 0, 0]


# -- placebo


def test_probes_change_nothing_on_a_desk_with_everything_on():
    rng = np.random.default_rng(5)
    n = 300
    base = replace(AROUND_THE_CLOCK, teams=team(2, "5x8"), discipline="priority", preempt=True, escalate=True,
                   dedup=True, dedup_recall=0.7, patience_hours=100.0, misroute_chance=0.3, dispatch="batch",
                   travel_minutes=10.0, travel_cv=0.5, **EVERY_CALL_REOPENS)  # fmt: skip
    made: dict[str, Any] = {
        "created": np.sort(rng.uniform(0, 20 * DAY, n)), "priority": rng.integers(0, 4, n),
        "incident": rng.integers(1, 200, n),
    }  # fmt: skip
    bare, probed = lived(base, **made), lived(base, **made, probes=3)
    assert same(bare.log, probed.log)
    assert same(bare.orders, probed.orders)
    assert probed.state.counts[0].probe > 0
    told = set(bare.log["code"].tolist())
    assert {Step.REOPENED, Step.MERGED, Step.PREEMPTED, Step.ESCALATED, Step.RETURNED} <= told
