"""The desk, step by step: what becomes of single orders under each lever, with times worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk_kit import AROUND_THE_CLOCK, CLOCK, DAY, HOUR, lived, opened, same, steps
from twin.core.clock import working_calendar
from twin.desk.checks import check, waits_by_team
from twin.desk.desk import Desk
from twin.desk.hours import hours_between, open_until
from twin.desk.layout import Status
from twin.desk.settings import (
    ASSIGNMENTS,
    DISCIPLINES,
    SERVICE_LAWS,
    SHIFT_ENDS,
    Channel,
    DeskSettings,
    Service,
    Team,
)
from twin.errors import InvariantBroken

MONDAY_10 = 10 * HOUR
SATURDAY = 5 * DAY


def with_team(base: DeskSettings, workers: int = 1, calendar: str = "24x7", **more: object) -> DeskSettings:
    return replace(base, teams={"servers": Team(workers=workers, calendar=calendar)}, **more)


def test_an_order_alone_is_served_at_once():
    desk = lived(AROUND_THE_CLOCK, [MONDAY_10])
    assert steps(desk, 0) == [
        ("created", 10.0), ("accepted", 10.0), ("dispatched", 10.0), ("signed", 10.0), ("arrived", 10.0),
        ("done", 11.0), ("closed", 11.0),
    ]  # fmt: skip


def test_the_second_waits_for_the_first():
    desk = lived(AROUND_THE_CLOCK, [MONDAY_10, MONDAY_10 + 15])
    assert desk.orders["started"].tolist() == [MONDAY_10, MONDAY_10 + 60]
    assert waits_by_team(desk).tolist() == [45.0]


def test_office_hours_intake_waits_for_monday():
    desk = lived(replace(AROUND_THE_CLOCK, intake_calendar="5x8"), [SATURDAY + 12 * HOUR])
    assert desk.orders["accepted"][0] == 7 * DAY + 9 * HOUR


def test_a_channel_has_its_own_hours_and_delay():
    base = replace(AROUND_THE_CLOCK, intake_calendar="5x8", channels={"app": Channel("24x7", 30.0)})
    desk = lived(base, [SATURDAY, SATURDAY], channel=[0, 1], channels=("phone", "app"))
    assert desk.orders["accepted"].tolist() == [7 * DAY + 9 * HOUR, SATURDAY + 30]


def test_dispatch_rounds_are_held_on_working_days_at_their_times():
    base = replace(AROUND_THE_CLOCK, dispatch="batch", dispatch_times=("09:00", "14:30"), dispatch_calendar="5x8")
    desk = lived(base, [8 * HOUR, 10 * HOUR, 15 * HOUR, SATURDAY])
    assert desk.orders["dispatched"].tolist() == [9 * HOUR, 14.5 * HOUR, DAY + 9 * HOUR, 7 * DAY + 9 * HOUR]


def test_triage_takes_clerical_time_before_the_round():
    base = replace(AROUND_THE_CLOCK, dispatch="batch", triage_minutes=6.0)
    desk = lived(base, [9 * HOUR - 5])
    assert ("triaged", pytest.approx(9 + 1 / 60)) in steps(desk, 0)
    assert desk.orders["dispatched"][0] == DAY + 9 * HOUR


def test_a_pure_delay_return_takes_nobodys_time():
    base = replace(AROUND_THE_CLOCK, misroute_chance=0.95, max_hops=2, return_hours=3.0, return_calendar="24x7")
    desk = lived(base, [MONDAY_10], seed=3)
    order = desk.orders[0]
    assert order.hops == 2 and order.started == MONDAY_10 + 2 * 3 * HOUR
    assert desk.workers[0].busy == HOUR


def test_a_working_day_of_return_is_the_same_hour_of_the_next_working_day():
    base = replace(AROUND_THE_CLOCK, misroute_chance=0.95, max_hops=1, return_hours=8.0, return_calendar="5x8")
    friday_2_pm = 4 * DAY + 14 * HOUR
    desk = lived(base, [friday_2_pm], seed=3)
    assert desk.orders["started"][0] == 7 * DAY + 14 * HOUR


def test_a_wrong_team_spends_its_time_and_sends_the_order_back():
    teams = {"roads": Team(workers=1, calendar="24x7", categories=("roads",)),
             "lights": Team(workers=1, calendar="24x7", categories=("lights",))}
    base = replace(AROUND_THE_CLOCK, teams=teams, misroute_chance=0.95, max_hops=1, misroute_minutes=20.0,
                   return_hours=1.0, return_calendar="24x7")  # fmt: skip
    desk = lived(base, [MONDAY_10], seed=3, categories=("roads", "lights"), category=0)
    assert steps(desk, 0) == [
        ("created", 10.0), ("accepted", 10.0), ("dispatched", 10.0), ("signed", 10.0), ("arrived", 10.0),
        ("returned", pytest.approx(10 + 1 / 3)), ("dispatched", pytest.approx(11 + 1 / 3)),
        ("signed", pytest.approx(11 + 1 / 3)), ("arrived", pytest.approx(11 + 1 / 3)),
        ("done", pytest.approx(12 + 1 / 3)), ("closed", pytest.approx(12 + 1 / 3)),
    ]  # fmt: skip
    assert desk.workers["busy"].tolist() == [60.0, 20.0]


def test_returns_that_take_time_hold_up_the_others():
    base = with_team(AROUND_THE_CLOCK, misroute_chance=0.95, max_hops=1, misroute_minutes=30.0, return_hours=1.0,
                     return_calendar="24x7")  # fmt: skip
    desk = lived(base, [MONDAY_10, MONDAY_10 + 5], seed=3)
    # Both are looked at first (30 min each), then come back after an hour.
    assert desk.orders["started"].tolist() == [MONDAY_10 + 90, MONDAY_10 + 150]


def test_the_number_of_dispatches_is_geometric():
    chance = 0.38
    base = with_team(AROUND_THE_CLOCK, 50, misroute_chance=chance, max_hops=50, return_hours=0.1,
                     return_calendar="24x7", service=Service(law="fixed", mean_hours=0.1))  # fmt: skip
    desk = lived(base, np.linspace(0, 20 * DAY, 20_000), until_day=30)
    dispatches = 1.0 + desk.orders["hops"]
    error = np.sqrt(chance) / (1 - chance) / np.sqrt(len(dispatches))
    assert dispatches.mean() == pytest.approx(1 / (1 - chance), abs=3 * error)


def test_work_stops_with_the_shift_and_goes_on_with_the_next():
    base = with_team(AROUND_THE_CLOCK, calendar="5x8", service=Service(law="fixed", mean_hours=3.0))
    desk = lived(base, [15 * HOUR])
    told = [name for name, _ in steps(desk, 0)]
    assert told == ["created", "accepted", "dispatched", "signed", "arrived", "paused", "resumed", "done", "closed"]
    assert desk.orders["done"][0] == DAY + 10 * HOUR


def test_work_is_finished_in_overtime_where_the_lever_says_so():
    base = with_team(AROUND_THE_CLOCK, calendar="5x8", service=Service(law="fixed", mean_hours=3.0),
                     shift_end="overtime", overtime_minutes=90.0)  # fmt: skip
    desk = lived(base, [15 * HOUR, 15 * HOUR])
    assert desk.orders["done"].tolist() == [18 * HOUR, DAY + 12 * HOUR]
    assert desk.workers[0].overtime == 60.0
    hours = hours_between(desk, 0.0, 5 * DAY)
    assert (hours.rostered, hours.busy, hours.overtime) == (5 * 8 * HOUR, 6 * HOUR, HOUR)


def test_too_much_overtime_is_not_begun():
    base = with_team(AROUND_THE_CLOCK, calendar="5x8", service=Service(law="fixed", mean_hours=3.0),
                     shift_end="overtime", overtime_minutes=30.0)  # fmt: skip
    desk = lived(base, [15 * HOUR])
    assert desk.orders["done"][0] == DAY + 10 * HOUR and desk.workers[0].overtime == 0.0


def test_unfinished_work_is_handed_to_the_next_shift():
    teams = {"posts": Team(workers=2, calendar="5x8")}
    base = replace(AROUND_THE_CLOCK, teams=teams, service=Service(law="fixed", mean_hours=3.0), shift_end="hand_over")
    desk = lived(base, [15 * HOUR])
    assert [name for name, _ in steps(desk, 0)].count("signed") == 2
    assert desk.orders["done"][0] == DAY + 10 * HOUR


def test_travel_comes_before_the_work_and_distance_counts():
    base = replace(AROUND_THE_CLOCK, travel_minutes=10.0, travel_cv=0.0, minutes_per_km=6.0)
    desk = lived(base, [MONDAY_10], x=3.0, y=4.0)
    assert ("arrived", pytest.approx(10 + 40 / 60)) in steps(desk, 0)
    assert desk.orders["done"][0] == MONDAY_10 + 100


def test_skill_makes_work_quicker():
    teams = {"masters": Team(workers=1, calendar="24x7", skill=2.0)}
    desk = lived(replace(AROUND_THE_CLOCK, teams=teams), [MONDAY_10])
    assert desk.orders["done"][0] == MONDAY_10 + 30


def test_the_most_skilled_idle_worker_takes_the_order():
    teams = {"mixed": Team(workers=3, calendar="24x7", skills=(0.5, 2.0, 1.0))}
    desk = lived(replace(AROUND_THE_CLOCK, teams=teams, assignment="skilled"), MONDAY_10 + np.arange(3.0))
    assert desk.orders["worker"].tolist() == [1, 2, 0]
    assert (desk.orders["done"] - desk.orders["started"]).tolist() == [30, 60, 120]


def test_priorities_are_served_first_and_strictly():
    base = replace(AROUND_THE_CLOCK, discipline="priority")
    desk = lived(base, MONDAY_10 + np.arange(4.0), priority=[2, 3, 2, 1])
    assert np.argsort(desk.orders["started"]).tolist() == [0, 3, 2, 1]


def test_ageing_lets_a_slow_class_overtake():
    base = replace(AROUND_THE_CLOCK, discipline="priority", ageing_hours=0.5)
    created = [MONDAY_10, MONDAY_10 + 1, MONDAY_10 + 40]  # class 3 has waited 39 min more than class 2
    assert np.argsort(lived(base, created, priority=[2, 3, 2]).orders["started"]).tolist() == [0, 1, 2]
    strict = replace(base, ageing_hours=0.0)
    assert np.argsort(lived(strict, created, priority=[2, 3, 2]).orders["started"]).tolist() == [0, 2, 1]


def test_the_earliest_deadline_goes_first():
    base = replace(AROUND_THE_CLOCK, discipline="deadline", limit_hours=(1.0, 2.0, 100.0, 200.0))
    desk = lived(base, [MONDAY_10, MONDAY_10 + 1, MONDAY_10 + 2], priority=[2, 3, 1])
    assert np.argsort(desk.orders["started"]).tolist() == [0, 2, 1]


def test_the_shortest_work_goes_first():
    services = {"long": Service(law="fixed", mean_hours=2.0), "short": Service(law="fixed", mean_hours=0.5)}
    base = replace(AROUND_THE_CLOCK, discipline="shortest", services=services)
    desk = lived(base, MONDAY_10 + np.arange(3.0), category=[0, 0, 1], categories=("long", "short"))
    assert np.argsort(desk.orders["started"]).tolist() == [0, 2, 1]


def test_an_emergency_interrupts_and_the_rest_of_the_work_is_kept():
    base = replace(AROUND_THE_CLOCK, discipline="priority", preempt=True)
    desk = lived(base, [MONDAY_10, MONDAY_10 + 20], priority=[2, 0])
    assert desk.orders["started"].tolist() == [MONDAY_10, MONDAY_10 + 20]
    assert desk.orders["done"].tolist() == [MONDAY_10 + 120, MONDAY_10 + 80]
    assert "preempted" in [name for name, _ in steps(desk, 0)]


def test_an_emergency_in_the_evening_is_not_worked_on_all_night():
    """An order that took the place of one to be finished in overtime does not inherit its overtime."""
    services = {"short": Service(law="fixed", mean_hours=2.0), "long": Service(law="fixed", mean_hours=5.0)}
    base = with_team(AROUND_THE_CLOCK, calendar="5x8", preempt=True, shift_end="overtime", services=services)
    desk = lived(base, [16 * HOUR, 16.5 * HOUR], priority=[2, 0], category=[0, 1], categories=("short", "long"))
    assert desk.orders["done"].tolist() == [DAY + 15 * HOUR, DAY + 13.5 * HOUR]
    assert desk.workers[0].overtime == 0.0


def test_an_emergency_does_not_interrupt_an_emergency():
    desk = lived(replace(AROUND_THE_CLOCK, preempt=True), [MONDAY_10, MONDAY_10 + 20], priority=[0, 0])
    assert desk.orders["started"].tolist() == [MONDAY_10, MONDAY_10 + 60]


def test_who_takes_the_order():
    def taker(rule: str, **more: object) -> int:
        teams = {"a": Team(workers=2, calendar="24x7", grids=(0, 1))}
        base = replace(AROUND_THE_CLOCK, teams=teams, assignment=rule)
        homes = ((0.0, 0.0), (5.0, 0.0))
        desk = lived(base, [MONDAY_10, MONDAY_10 + 200], homes=homes, x=[0.0, 4.0], grid=[0, 1], **more)
        return int(desk.orders["worker"][1])

    assert taker("first") == 0
    assert taker("nearest") == 1
    assert taker("least_loaded") == 1
    assert taker("longest_idle") == 1
    assert taker("own_grid") == 1


def test_a_worker_takes_the_own_grids_order_first():
    teams = {"a": Team(workers=1, calendar="24x7", grids=(1,))}
    base = replace(AROUND_THE_CLOCK, teams=teams, assignment="own_grid")
    desk = lived(base, MONDAY_10 + np.arange(3.0), grid=[0, 0, 1], homes=((0.0, 0.0), (1.0, 0.0)))
    assert np.argsort(desk.orders["started"]).tolist() == [0, 2, 1]


def test_duplicates_are_merged_while_the_first_is_open():
    base = replace(AROUND_THE_CLOCK, dedup=True)
    created = [MONDAY_10, MONDAY_10 + 5, MONDAY_10 + 90, MONDAY_10 + 100]
    desk = lived(base, created, incident=[7, 7, 7, 7])
    assert desk.orders["merged_into"].tolist() == [-1, 0, -1, 2]
    assert desk.orders["status"].tolist() == [Status.CLOSED, Status.MERGED, Status.CLOSED, Status.MERGED]
    assert desk.workers[0].busy == 120.0


def test_duplicates_are_merged_within_the_window_where_the_lever_says_so():
    base = replace(AROUND_THE_CLOCK, dedup=True, merge_into="window", merge_window_days=1.0)
    desk = lived(base, [MONDAY_10, MONDAY_10 + 90, MONDAY_10 + DAY + 1], incident=[7, 7, 7])
    assert desk.orders["merged_into"].tolist() == [-1, 0, -1]


def test_nothing_is_merged_without_dedup_or_with_no_recall():
    created, incident = [MONDAY_10, MONDAY_10 + 5], [7, 7]
    assert lived(AROUND_THE_CLOCK, created, incident=incident).orders["merged_into"].tolist() == [-1, -1]
    blind = replace(AROUND_THE_CLOCK, dedup=True, dedup_recall=0.0)
    assert lived(blind, created, incident=incident).orders["merged_into"].tolist() == [-1, -1]


def test_the_impatient_give_up_only_while_they_wait():
    base = replace(AROUND_THE_CLOCK, patience_hours=0.01, service=Service(law="fixed", mean_hours=5.0))
    desk = lived(base, MONDAY_10 + np.arange(20.0))
    assert desk.orders["status"][0] == Status.CLOSED
    assert (desk.orders["status"][1:] == Status.ABANDONED).all()


def test_a_call_back_reopens_what_was_not_solved():
    base = replace(AROUND_THE_CLOCK, call_back_share=1.0, call_back_hours=2.0, reach_chance=1.0, reopen_chance=1.0,
                   first_time_fix=0.05)  # fmt: skip
    desk = lived(base, [MONDAY_10], seed=2)
    told = [name for name, _ in steps(desk, 0)]
    assert told.count("reopened") == told.count("done") - 1 >= 1
    assert told.count("called_back") == told.count("done") and told[-1] == "closed"
    assert told[5:7] == ["done", "called_back"] and steps(desk, 0)[6][1] == 13.0


def test_an_overdue_order_is_escalated_and_jumps_the_line():
    base = replace(AROUND_THE_CLOCK, escalate=True, limit_hours=(1.0, 1.5, 50.0, 60.0))
    desk = lived(base, MONDAY_10 + np.arange(4.0), priority=[2, 2, 2, 1])
    assert desk.orders["escalated"][3] == MONDAY_10 + 3 + 90
    assert np.argsort(desk.orders["started"]).tolist() == [0, 1, 3, 2]
    assert desk.orders["overdue"].tolist() == [False, False, False, True]


def test_nothing_happens_when_nobody_works():
    desk = lived(with_team(AROUND_THE_CLOCK, 0), [MONDAY_10])
    assert desk.open_orders == 1 and np.isnan(desk.orders["started"][0])


def test_no_reports_no_work():
    desk = lived(with_team(AROUND_THE_CLOCK, 3, "5x8"), [])
    assert len(desk.log) == 0 and desk.open_orders == 0


def test_open_hours_add_up():
    roster = working_calendar("5x8", CLOCK, 14)
    minutes = np.array([0.0, 9 * HOUR, 12 * HOUR, DAY, 7 * DAY, 20 * DAY])
    assert open_until(roster, minutes).tolist() == [0, 0, 180, 480, 2400, 4800]


@pytest.mark.parametrize("law", SERVICE_LAWS)
def test_every_service_law_has_its_mean(law):
    service = Service(law=law, mean_hours=0.5, cv=1.0, shape=4.0, instant_share=0.25, instant_minutes=6.0,
                      sample_hours=(0.2, 0.4, 0.9))  # fmt: skip
    desk = lived(with_team(AROUND_THE_CLOCK, 40, service=service), np.linspace(0, 30 * DAY, 20_000))
    spread = desk.orders["hands_on"].std() / np.sqrt(20_000)
    scale = np.pi / 4 / np.sin(np.pi / 4)  # a log-logistic of median 1 and shape 4 has this mean
    expected = {"two_part": 0.25 * 6 + 0.75 * 30, "empirical": 30.0, "loglogistic": 30 * scale}.get(law, 30.0)
    assert desk.orders["hands_on"].mean() == pytest.approx(expected, abs=4 * spread + 1e-9)


def test_luck_belongs_to_the_order_not_to_the_desk():
    created = np.sort(np.random.default_rng(5).uniform(0, 20 * DAY, 300))
    base = with_team(AROUND_THE_CLOCK, 2, "7x16", service=Service(mean_hours=1.0), travel_minutes=20.0)
    quick = lived(base, created).orders
    slow = lived(replace(base, misroute_chance=0.3, dispatch="batch", discipline="shortest"), created).orders
    assert quick["hands_on"].tolist() == slow["hands_on"].tolist()


def test_removing_orders_leaves_the_luck_of_the_others():
    created = np.sort(np.random.default_rng(5).uniform(0, 20 * DAY, 300))
    base = with_team(AROUND_THE_CLOCK, 2, service=Service(mean_hours=1.0), misroute_chance=0.3)
    everyone, some = lived(base, created), lived(base, created[::2], key=np.arange(1, 301)[::2])
    assert everyone.orders["hands_on"][::2].tolist() == some.orders["hands_on"].tolist()
    assert everyone.orders["hops"][::2].tolist() == some.orders["hops"].tolist()


def test_probes_change_nothing():
    created = np.sort(np.random.default_rng(5).uniform(0, 20 * DAY, 300))
    base = with_team(AROUND_THE_CLOCK, 2, "5x8", misroute_chance=0.3)
    assert same(lived(base, created).log, lived(base, created, probes=3).log)


def test_feeding_day_by_day_is_feeding_at_once():
    created = np.sort(np.random.default_rng(5).uniform(0, 20 * DAY, 300))
    base = with_team(AROUND_THE_CLOCK, 2, "5x8", misroute_chance=0.3, dedup=True, call_back_share=0.5)
    whole = lived(base, created)
    daily = opened(base, [])
    for day in range(59):
        today = np.flatnonzero((created >= day * DAY) & (created < (day + 1) * DAY))
        zero = np.zeros(len(today), np.int64)
        key = (today + 1).astype(np.uint64)
        daily.feed(key=key, created=created[today], incident=key, category=zero, priority=zero + 2, channel=zero,
                   grid=zero, x=zero, y=zero, ticket=today)  # fmt: skip
        daily.advance((day + 1) * DAY)
    assert same(whole.log, daily.log)


LEVERS = st.fixed_dictionaries(
    {
        "discipline": st.sampled_from(DISCIPLINES),
        "assignment": st.sampled_from(ASSIGNMENTS),
        "shift_end": st.sampled_from(SHIFT_ENDS),
        "dispatch": st.sampled_from(["batch", "instant"]),
        "intake_calendar": st.sampled_from(["5x8", "24x7"]),
        "merge_into": st.sampled_from(["open", "window"]),
        "dedup": st.booleans(),
        "preempt": st.booleans(),
        "escalate": st.booleans(),
        "misroute_chance": st.sampled_from([0.0, 0.3, 0.9]),
        "misroute_minutes": st.sampled_from([0.0, 15.0]),
        "return_hours": st.sampled_from([0.0, 1.0, 8.0]),
        "travel_minutes": st.sampled_from([0.0, 24.0]),
        "minutes_per_km": st.sampled_from([0.0, 6.0]),
        "patience_hours": st.sampled_from([0.0, 5.0]),
        "ageing_hours": st.sampled_from([0.0, 12.0]),
        "call_back_share": st.sampled_from([0.0, 0.7]),
        "triage_minutes": st.sampled_from([0.0, 6.0]),
    }
)


@settings(max_examples=25, deadline=None)
@given(levers=LEVERS, calendar=st.sampled_from(["5x8", "7x16", "24x7"]), seed=st.integers(0, 5))
def test_both_readings_of_the_kernel_write_the_same_log(levers, calendar, seed):
    rng = np.random.default_rng(seed)
    teams = {"a": Team(workers=2, calendar=calendar, categories=("x",)), "b": Team(workers=1, calendar=calendar)}
    base = replace(DeskSettings(), teams=teams, first_time_fix=0.6, limit_hours=(2.0, 8.0, 24.0, 48.0), **levers)
    made = {
        "created": np.sort(rng.uniform(0, 6 * DAY, 60)), "until_day": 20, "seed": seed, "days": 20,
        "category": rng.integers(0, 2, 60), "priority": rng.integers(0, 4, 60), "incident": rng.integers(1, 40, 60),
        "grid": rng.integers(0, 2, 60), "x": rng.random(60), "y": rng.random(60), "categories": ("x", "y"),
        "homes": ((0.0, 0.0), (1.0, 1.0)),
    }  # fmt: skip
    compiled, plain = lived(base, **made), lived(base, plain=True, **made)
    assert same(compiled.log, plain.log)
    assert same(compiled.orders, plain.orders)


# -- a broken desk is caught, and the order is named


def busy_desk() -> Desk:
    return lived(with_team(AROUND_THE_CLOCK, 2, "5x8"), MONDAY_10 + 7 * np.arange(40.0))


def caught(desk: Desk) -> str:
    with pytest.raises(InvariantBroken) as broken:
        check(desk)
    return str(broken.value)


def test_a_lost_order_is_caught():
    desk = busy_desk()
    desk.orders[5].status = Status.OPEN
    assert "lost" in caught(desk)


def test_time_running_backwards_is_caught_and_named():
    desk = busy_desk()
    desk.orders[5].done = desk.orders[5].started - 1
    assert "ticket 5 " in caught(desk)


def test_a_worker_in_two_places_is_caught_and_named():
    desk = busy_desk()
    lines = desk.state.log[: int(desk.state.counts[0].log)]
    signed = np.flatnonzero((lines["code"] == 4) & (lines["order"] == 7))
    lines["worker"][signed] = 1 - lines["worker"][signed]
    assert "two places" in caught(desk)


def test_a_queue_that_was_miscounted_is_caught():
    desk = busy_desk()
    desk.teams[0].area += 1.0
    assert "Little" in caught(desk)
