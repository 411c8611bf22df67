"""Dates, holidays, opening hours, and the arithmetic of open minutes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin.core.clock import (
    DAY_MINUTES,
    Clock,
    WorkingCalendar,
    add_work,
    close_after,
    day_of,
    interval_at,
    is_open,
    mean_wait_to_open,
    minute_of_day,
    next_open,
    open_minutes,
    opening_hours,
    working_calendar,
)
from twin.core.compiled import interpreted
from twin.errors import ERRORS, InputError, render

MONDAY = dt.date(2024, 1, 1)
PLAIN = Clock(MONDAY)


def calendar(text: str, days: int = 28, clock: Clock = PLAIN) -> WorkingCalendar:
    return working_calendar(text, clock, days)


def open_days(text: str, clock: Clock, days: int) -> set[dt.date]:
    return {clock.date(day_of(minute)) for minute in calendar(text, days, clock).opens}


# -- days and dates


def test_every_day_has_1440_minutes_also_where_europe_changes_its_clocks():
    days = calendar("7x8", 366).opens
    assert np.all(np.diff(days) == DAY_MINUTES)
    assert minute_of_day(DAY_MINUTES * 90.0 + 61.5) == 61.5
    assert day_of(DAY_MINUTES * 90.0) == 90


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(-1000, 10_000))
def test_weekday_is_that_of_the_date(start: dt.date, day: int):
    clock = Clock(start)
    assert clock.weekday(day) == clock.date(day).weekday()


# -- holidays


def test_spring_festival_of_2024_with_its_make_up_days():
    clock = Clock(dt.date(2024, 2, 1), "china")
    worked = open_days("5x8", clock, 29)
    assert dt.date(2024, 2, 4) in worked  # Sunday, 调休
    assert dt.date(2024, 2, 18) in worked  # Sunday, 调休
    assert not {dt.date(2024, 2, day) for day in range(10, 18)} & worked
    assert dt.date(2024, 2, 9) in worked  # New Year's Eve was a workday in 2024
    assert clock.holiday_source() == "table"
    assert clock.is_make_up(3) and clock.is_workday(3) and not clock.is_holiday(3)
    assert clock.is_holiday(10) and not clock.is_workday(10)


def statutory(year: int) -> list[tuple[int, int]]:
    clock = Clock(dt.date(year, 1, 1), "china")
    dates = [clock.date(day) for day in range(365) if clock.is_statutory(day)]
    return [(date.month, date.day) for date in dates]


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2007, [(1, 1), (2, 18), (2, 19), (2, 20), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3)]),
        (2013, [(1, 1), (2, 9), (2, 10), (2, 11), (4, 4), (5, 1), (6, 12), (9, 19), (10, 1), (10, 2), (10, 3)]),
        (2024, [(1, 1), (2, 10), (2, 11), (2, 12), (4, 4), (5, 1), (6, 10), (9, 17), (10, 1), (10, 2), (10, 3)]),
        (2025, [(1, 1), (1, 28), (1, 29), (1, 30), (1, 31), (4, 4), (5, 1), (5, 2), (5, 31), (10, 1), (10, 2), (10, 3),
                (10, 6)]),
    ],
)  # fmt: skip
def test_statutory_days_are_those_of_the_rules_in_force(year: int, days: list[tuple[int, int]]):
    assert statutory(year) == days


def test_a_swapped_day_off_and_a_day_given_back_are_not_statutory():
    swapped = Clock(dt.date(2024, 10, 4), "china")
    assert swapped.is_holiday(0) and not swapped.is_statutory(0)
    given_back = Clock(dt.date(2031, 10, 6), "china")  # for Mid-Autumn on National Day
    assert given_back.is_holiday(0) and not given_back.is_statutory(0)
    assert not Clock(dt.date(2024, 10, 1)).is_statutory(0)


def test_every_statutory_day_is_a_holiday():
    clock = Clock(dt.date(2004, 1, 1), "china")
    assert all(clock.is_holiday(day) for day in range(40 * 365) if clock.is_statutory(day))


def test_a_make_up_sunday_has_the_hours_of_an_office_day():
    made_up = calendar("Mon-Fri 08:30-12:00,13:30-17:30", 1, Clock(dt.date(2024, 2, 4), "china"))
    assert made_up.opens.tolist() == [510, 810]
    assert made_up.closes.tolist() == [720, 1050]


def test_watches_keep_their_hours_on_holidays():
    new_year = Clock(dt.date(2024, 2, 10), "china")
    for text in ("7x8", "7x12", "7x16", "daily 9-12"):
        assert len(calendar(text, 8, new_year).opens) == 8
    assert calendar("24x7", 8, new_year).always
    assert len(calendar("5x8", 8, new_year).opens) == 0
    assert len(calendar("Mon-Sat 9-12", 8, new_year).opens) == 0


def test_workdays_agree_with_the_announced_table_on_every_day_that_it_has():
    chinese_calendar = pytest.importorskip("chinese_calendar")
    clock = Clock(dt.date(2004, 1, 1), "china")
    last = dt.date(max(chinese_calendar.holidays).year, 12, 31)
    for day in range((last - clock.start).days + 1):
        assert clock.is_workday(day) == chinese_calendar.is_workday(clock.date(day))


def test_beyond_the_table_the_statutory_days_are_computed_and_the_clock_says_so():
    clock = Clock(dt.date(2031, 1, 1), "china")
    off = {clock.date(day) for day in range(365) if clock.is_holiday(day)}
    assert clock.holiday_source() == "computed"
    assert not any(clock.is_make_up(day) for day in range(365))
    assert {dt.date(2031, 1, day) for day in (22, 23, 24, 25)} <= off  # Spring Festival is 23 January
    assert dt.date(2031, 4, 5) in off and dt.date(2031, 6, 24) in off
    # Mid-Autumn is National Day in 2031, so the holiday is one workday longer.
    assert {dt.date(2031, 10, day) for day in (1, 2, 3, 6)} <= off


@pytest.mark.parametrize("year", [2027, 2028, 2031, 2050, 2099])
def test_a_computed_year_gives_thirteen_workdays_off(year: int):
    clock = Clock(dt.date(year, 1, 1), "china")
    days = range((dt.date(year, 12, 31) - clock.start).days + 1)
    weekdays = sum(clock.weekday(day) < 5 for day in days)
    assert weekdays - sum(clock.is_workday(day) for day in days) == 13


def test_a_run_that_leaves_the_table_says_for_which_days():
    chinese_calendar = pytest.importorskip("chinese_calendar")
    clock = Clock(dt.date(max(chinese_calendar.holidays).year, 12, 1), "china")
    assert [clock.holiday_source(day) for day in (0, 30, 31)] == ["table", "table", "computed"]


def test_lunar_festivals_of_the_shipped_table_are_holidays_in_the_announced_one():
    from twin.core.clock import _clear_and_bright, _lunar_festivals

    chinese_calendar = pytest.importorskip("chinese_calendar")
    for year in range(2008, max(chinese_calendar.holidays).year + 1):
        for date in (*_lunar_festivals()[year], _clear_and_bright(year)):
            assert chinese_calendar.is_holiday(date)


def test_without_holidays_every_weekday_is_a_workday():
    clock = Clock(dt.date(2024, 2, 10))
    assert clock.holiday_source() == "none"
    assert not any(clock.is_holiday(day) or clock.is_make_up(day) for day in range(30))


def test_a_calendar_may_start_on_the_first_day_that_the_holidays_are_known():
    first = Clock(dt.date(2004, 1, 1), "china")
    assert len(calendar("5x8", 7, first).opens) > 0


@pytest.mark.parametrize(("start", "holidays", "code"), [
    (MONDAY, "mars", "S142"), (dt.date(2003, 12, 31), "china", "S143"), (dt.date(2100, 1, 1), "china", "S143"),
])  # fmt: skip
def test_unknown_holidays_are_refused(start: dt.date, holidays: str, code: str):
    with pytest.raises(InputError) as refused:
        Clock(start, holidays)
    assert refused.value.complaints[0].code == code


# -- opening hours in words


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("5x8", "Mon-Fri 9-17"),
        ("7x10", "daily 08:00-18:00"),
        ("7x12", "周一至周日 8:00-20:00"),
        ("7×16", "每天 7:00～23:00"),
        ("24x7", "Mon-Sun 0:00-24:00"),
        ("Mon-Fri 08:30-12:00,13:30-17:30", "周一至周五 8:30-12:00，13:30－17:30"),
        ("Mon-Fri 08:30-12:00; Sat 9-11", "工作日 8：30—12：00；星期六 9:00-11:00"),
        ("mon, wed, Friday 9-12", "周一、周三、周五 9:00 至 12:00"),
        ("Sat-Sun 9-12", "周末 9-12"),
        ("fri-mon 9-12", "Fri,Sat,Sun,Mon 9-12"),
    ],
)
def test_one_week_can_be_said_in_several_ways(text: str, same: str):
    assert opening_hours(text) == opening_hours(same)


def test_a_night_shift_is_open_from_the_eve_of_the_run():
    night = calendar("daily 22:00-06:00", 2)
    assert night.opens.tolist() == [0, 1320, 2760]
    assert night.closes.tolist() == [360, 1800, 3240]


def test_spans_that_touch_become_one():
    joined = calendar("Mon-Wed 0:00-12:00, 12:00-24:00", 7)
    assert (joined.opens.tolist(), joined.closes.tolist()) == ([0], [3 * DAY_MINUTES])


@pytest.mark.parametrize("text", [
    "", " ", "5x9", "8x8", "x", "Mon-Fri", "9-17", "Mon-Foo 9-17", "Mon-Tue-Wed 9-17", "Mon 9", "Mon 9-25", "Mon 25-26",
    "Mon 9:60-12", "Mon 9-9", "Mon 9-12 Tue 9-12", "Mon 9-12,", "Mon 9-12;;Tue 9-12", "周八 9-12", "Mon 9:0-12", "\x00",
])  # fmt: skip
def test_text_that_is_not_opening_hours_is_refused(text: str):
    with pytest.raises(InputError) as refused:
        opening_hours(text)
    (complaint,) = refused.value.complaints
    assert (complaint.code, complaint.values["text"]) == ("S140", text)


@pytest.mark.parametrize("text", [
    "Mon 9-12,11-13", "Mon 9-12; Mon-Fri 8-10", "Mon 22:00-08:00; Tue 7-9", "Sun 22:00-08:00; Mon 7-9",
])  # fmt: skip
def test_hours_that_overlap_are_refused(text: str):
    with pytest.raises(InputError) as refused:
        opening_hours(text)
    assert refused.value.complaints[0].code == "S141"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_messages_exist_in_both_languages(lang: str):
    assert {"S140", "S141", "S142", "S143"} <= set(ERRORS)
    with pytest.raises(InputError) as refused:
        opening_hours("Mon-Foo 9-17")
    assert "mon-foo" in render(refused.value, lang)


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_either_read_or_refused(text: str):
    try:
        hours = opening_hours(text)
    except InputError:
        return
    assert any(hours.spans)


# -- mean wait to the next opening (T06)


@pytest.mark.parametrize(
    ("text", "gaps_hours"),
    [
        ("7x8", [16] * 7),
        ("7x10", [14] * 7),
        ("7x12", [12] * 7),
        ("7x16", [8] * 7),
        ("24x7", []),
        ("5x8", [16] * 4 + [64]),
    ],
)
def test_mean_wait_is_the_sum_of_squared_gaps(text: str, gaps_hours: list[int]):
    expected = sum(gap * gap for gap in gaps_hours) / (2 * 7 * 24)
    assert mean_wait_to_open(calendar(text, 7)) / 60 == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "hours"), [("7x8", 5.3333), ("5x8", 15.2381), ("7x12", 3.0), ("7x16", 1.3333), ("24x7", 0.0)]
)
def test_mean_wait_has_its_known_values(text: str, hours: float):
    assert mean_wait_to_open(calendar(text, 7)) / 60 == pytest.approx(hours, abs=5e-5)


@pytest.mark.parametrize("text", ["5x8", "7x16", "daily 22:00-06:00", "Tue,Thu 9-12,14-17"])
@pytest.mark.parametrize("start", [MONDAY, dt.date(2024, 1, 6)])
def test_mean_wait_is_what_many_moments_see(text: str, start: dt.date):
    clock = Clock(start)
    two_weeks = calendar(text, 14, clock)
    moments = (np.arange(20_160) + 0.5) / 2
    waits = [next_open(*two_weeks.intervals, moment) - moment for moment in moments]
    # Midpoints of half-minutes: the rule is exact but for the half-minute itself.
    assert np.mean(waits) == pytest.approx(mean_wait_to_open(calendar(text, 7, clock)), abs=0.01)


def test_a_calendar_that_never_opens_waits_for_ever():
    closed = calendar("5x8", 2, Clock(dt.date(2024, 1, 6)))
    assert mean_wait_to_open(closed) == np.inf
    assert next_open(*closed.intervals, 0.0) == np.inf


# -- arithmetic of open minutes

CALENDARS = [
    calendar(text)
    for text in ("5x8", "7x12", "24x7", "daily 22:00-06:00", "Mon-Fri 08:30-12:00,13:30-17:30")
] + [calendar("5x8", 60, Clock(dt.date(2024, 1, 15), "china"))]
MINUTES = st.floats(0, 20 * DAY_MINUTES)
any_calendar = pytest.mark.parametrize("hours", CALENDARS, ids=lambda hours: f"{hours.name}/{hours.days}")
quick = settings(max_examples=60, deadline=None)


@any_calendar
@quick
@given(start=MINUTES, work=st.floats(0, 3000))
def test_work_takes_as_many_open_minutes_as_it_has(hours: WorkingCalendar, start: float, work: float):
    finish = add_work(*hours.intervals, start, work)
    assume(np.isfinite(finish))
    assert open_minutes(*hours.intervals, start, finish) == pytest.approx(work, abs=1e-9)


@any_calendar
@quick
@given(ends=st.tuples(MINUTES, MINUTES))
def test_the_open_minutes_of_a_stretch_are_work_done_by_its_end(hours: WorkingCalendar, ends: tuple[float, float]):
    start, end = sorted(ends)
    finish = add_work(*hours.intervals, start, open_minutes(*hours.intervals, start, end))
    assert finish <= end + 1e-9
    assert open_minutes(*hours.intervals, finish, end) <= 1e-9


@any_calendar
@quick
@given(points=st.tuples(MINUTES, MINUTES, MINUTES))
def test_open_minutes_add_up(hours: WorkingCalendar, points: tuple[float, float, float]):
    a, b, c = sorted(points)
    parts = open_minutes(*hours.intervals, a, b) + open_minutes(*hours.intervals, b, c)
    assert parts == pytest.approx(open_minutes(*hours.intervals, a, c), abs=1e-9)


@any_calendar
@quick
@given(starts=st.tuples(MINUTES, MINUTES), works=st.tuples(st.floats(0, 2000), st.floats(0, 2000)))
def test_later_or_longer_work_ends_no_earlier(
    hours: WorkingCalendar, starts: tuple[float, float], works: tuple[float, float]
):
    (early, late), (short, long) = sorted(starts), sorted(works)
    assert add_work(*hours.intervals, early, short) <= add_work(*hours.intervals, late, short) + 1e-9
    assert add_work(*hours.intervals, early, short) <= add_work(*hours.intervals, early, long)


@any_calendar
@quick
@given(start=MINUTES, works=st.tuples(st.floats(0, 2000), st.floats(0, 2000)))
def test_work_can_be_done_in_two_parts(hours: WorkingCalendar, start: float, works: tuple[float, float]):
    pause = add_work(*hours.intervals, start, works[0])
    whole = add_work(*hours.intervals, start, works[0] + works[1])
    assume(np.isfinite(whole))
    resumed = add_work(*hours.intervals, pause, works[1])
    assert open_minutes(*hours.intervals, min(resumed, whole), max(resumed, whole)) <= 1e-9


@any_calendar
@quick
@given(minute=MINUTES)
def test_the_next_open_minute_is_open_and_none_is_missed(hours: WorkingCalendar, minute: float):
    found = next_open(*hours.intervals, minute)
    assume(np.isfinite(found))
    assert found >= minute
    assert is_open(*hours.intervals, found)
    assert (found == minute) == is_open(*hours.intervals, minute)
    assert open_minutes(*hours.intervals, minute, found) == 0
    assert close_after(*hours.intervals, minute) > found


def test_intervals_do_not_touch_and_are_read_only():
    for hours in CALENDARS:
        assert np.all(hours.opens < hours.closes)
        assert np.all(hours.opens[1:] > hours.closes[:-1])
        assert not hours.opens.flags.writeable and not hours.closes.flags.writeable


def test_ends_of_an_interval():
    opens, closes = np.array([0.0, 100.0]), np.array([50.0, 200.0])
    assert [interval_at(opens, closes, t) for t in (-1.0, 0.0, 50.0, 150.0, 200.0)] == [0, 0, 1, 1, 2]
    assert next_open(opens, closes, False, 50.0) == 100.0
    assert add_work(opens, closes, False, 10.0, 40.0) == 50.0
    assert add_work(opens, closes, False, 60.0, 0.0) == 60.0
    assert close_after(opens, closes, False, 50.0) == 200.0
    assert open_minutes(opens, closes, False, 150.0, 10.0) == 0.0


def test_beyond_the_last_interval_nothing_ends():
    hours = calendar("5x8", 7)
    for found in (
        next_open(*hours.intervals, 7.0 * DAY_MINUTES),
        close_after(*hours.intervals, 7.0 * DAY_MINUTES),
        add_work(*hours.intervals, 0.0, 40 * 60 + 1.0),
    ):
        assert found == np.inf
    assert add_work(*hours.intervals, 0.0, 40 * 60.0) == hours.closes[-1]
    assert open_minutes(*hours.intervals, 0.0, np.inf) == 40 * 60.0


def test_the_same_source_uncompiled_gives_the_same_minutes():
    plain = interpreted("twin.core.clock")
    starts = np.linspace(0, 28 * DAY_MINUTES, 97)
    for hours in CALENDARS:
        for start in starts:
            assert plain.next_open(*hours.intervals, start) == next_open(*hours.intervals, start)
            assert plain.close_after(*hours.intervals, start) == close_after(*hours.intervals, start)
            assert plain.add_work(*hours.intervals, start, 700.1) == add_work(*hours.intervals, start, 700.1)
            assert plain.open_minutes(*hours.intervals, start, 2e4) == open_minutes(*hours.intervals, start, 2e4)


def test_the_watch_without_end_has_no_horizon():
    hours = calendar("24x7", 1)
    assert next_open(*hours.intervals, 1e7) == 1e7
    assert add_work(*hours.intervals, 1e7, 5.0) == 1e7 + 5.0
    assert open_minutes(*hours.intervals, 5.0, 7.0) == 2.0
    assert close_after(*hours.intervals, 5.0) == np.inf
