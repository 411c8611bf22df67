"""Departments calibrated on logs: a desk whose truth is known is found again, and what cannot be known is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.calibration.department import Staffing, Stream, closings_on_desk
from twin.calibration.docket import Docket, dockets
from twin.calibration.fit import CHECKED, LEFT_OUT, Calibrated, Department, calibrate
from twin.calibration.foretell import MEASURES, Answer, answered, compare, foretell, naive
from twin.calibration.line import most_at_once, taken_apart
from twin.calibration.matching import Target, drawn, identified, luck_of, match, spread
from twin.calibration.opening import OpenClock, opening_hours_of
from twin.calibration.outputs import outputs, rows_of
from twin.calibration.parts import area_parts, log_parts, month_parts, overall
from twin.calibration.work import Work, shares_of, work_of
from twin.core.clock import open_minutes
from twin.core.draws import lognormal_of, stream_id, uniforms
from twin.logs.mapping import ColumnMap
from twin.logs.read import read_content

MONDAY = dt.date(2024, 1, 1)
HOURS = "Mon-Fri 08:00-17:00"
MEANS = (2.0, 6.0)  # hands-on hours of the two types
WEEKS, LEAD = 12, 13
NAN = float("nan")


def luck(name: str, rows: int) -> np.ndarray:
    return uniforms(5, stream_id(f"tests.calibration.{name}"), 0, np.arange(rows, dtype=np.uint64))


def lognormals(mean: float, points: int = 200) -> np.ndarray:
    """Equally likely values of a lognormal law with a coefficient of variation of 1."""
    return np.array([lognormal_of(u, mean, 1.0) for u in (np.arange(points) + 0.5) / points])


WORK = Work(np.array([lognormals(mean) for mean in (*MEANS, 4.0)]))


def asked(per_week: int, share: float = 0.5, name: str = "asked") -> Docket:
    """Requests around the clock on workdays, with promises of two and six days, not yet closed."""
    rows = per_week * WEEKS
    created = np.sort((LEAD * 7 + np.floor(luck(f"{name}.week", rows) * WEEKS) * 7
                       + np.floor(luck(f"{name}.day", rows) * 5) + luck(f"{name}.minute", rows)) * 1440.0)  # fmt: skip
    kind = (luck(f"{name}.kind", rows) < share).astype(np.int64)
    target = created + np.where(kind == 0, 2.0, 6.0) * 1440.0
    end = (LEAD + WEEKS + 8) * 7 * 1440.0
    return Docket("works", MONDAY, ("short", "long"), kind, created, np.full(rows, NAN), target,
                  np.arange(1, rows + 1, dtype=np.uint64), end)  # fmt: skip


def served(docket: Docket, staffing: Staffing, seed: int = 9) -> Docket:
    """The docket as a desk of known staffing, hours and work would have closed it."""
    clock = OpenClock(HOURS, docket.monday, int(docket.end // 1440) + 1)
    stream = Stream(docket.created, docket.kind, docket.target, docket.key)
    closed = closings_on_desk(stream, WORK, staffing, clock, seed)
    return replace(docket, closed=np.where(np.isfinite(closed), closed, NAN))


@pytest.fixture(scope="module")
def three() -> Calibrated:
    """Calibrated on a log that three places made, first come first served."""
    return calibrate(served(asked(30), Staffing(3)))


@pytest.fixture(scope="module")
def plenty() -> Calibrated:
    """Calibrated on a log in which nobody ever waited for a place."""
    return calibrate(served(asked(30), Staffing(400)))


# -- a desk whose truth is known


def test_the_known_desk_is_found_again(three: Calibrated) -> None:
    low, _, high = three.files()
    assert low <= 3 <= high
    assert high <= 8
    assert three.department.clock.text == HOURS
    assert max(three.disciplines(), key=three.disciplines().__getitem__) == "fifo"
    pace_low, _, pace_high = three.pace()
    assert pace_low <= 1.0 <= pace_high
    truth = three.department.hands_on_share(Staffing(3))
    share_low, _, share_high = three.work_share()
    assert share_low <= truth <= share_high < 1.0
    assert not three.found.ruled_out


def test_the_hands_on_work_is_found_without_the_waiting(three: Calibrated) -> None:
    found = three.department.work(Staffing(3)).sample.mean(axis=1)
    assert found[:2] == pytest.approx(MEANS, rel=0.2)
    waits = np.nanmean(three.department.served.wait) / 60.0
    assert waits > 2.0 * found.mean()


def test_what_the_log_leaves_open_is_said(three: Calibrated, plenty: Calibrated) -> None:
    assert three.learnt()["files"] > 0.6
    low, _, high = plenty.files()
    assert high > 3 * low  # as many as were at work, or any number more
    assert plenty.work_share()[1] == pytest.approx(1.0, abs=0.02)
    weights = plenty.disciplines()
    assert max(weights.values()) < 0.5  # nobody waits, so nobody can tell who would be next
    assert plenty.learnt()["files"] < three.learnt()["files"]


def test_the_desk_gives_back_what_it_was_calibrated_on(three: Calibrated) -> None:
    best = int(np.argmax(three.found.weight))
    value = three.target.value
    away = np.abs(three.outputs[best] - value) / np.sqrt(three.target.variance)
    assert np.nanmax(away) < 2.0
    assert len(value) == len(CHECKED) == len(LEFT_OUT)


def test_other_requests_to_the_same_desk_are_foretold(three: Calibrated) -> None:
    """Of the later requests three in four are long ones: the naive forecast cannot know what that does to a line."""
    later = served(asked(24, share=0.75, name="later"), Staffing(3), seed=4)
    found = compare(three, foretell(three, later, open_files=False))
    for measure in ("median", "p90"):
        low, high = found.band[measure]
        assert low <= getattr(found.logged, measure) <= high
    assert all(found.errors[measure] < found.naive_errors[measure] for measure in MEASURES)
    assert found.requests == len(later)


def test_calibrating_twice_gives_the_same_bytes() -> None:
    docket = served(asked(8), Staffing(1))
    one, two = calibrate(docket), calibrate(docket)
    assert one.found.weight.tobytes() == two.found.weight.tobytes()
    first, second = (foretell(found, docket, open_files=False, members=3).closed for found in (one, two))
    assert first.tobytes() == second.tobytes()


def test_the_names_of_types_do_not_matter() -> None:
    docket = served(asked(8), Staffing(1))
    renamed = replace(docket, names=("z", "a"))
    swapped = replace(docket, names=("long", "short"), kind=1 - docket.kind)
    found = [outputs(rows_of(one, one.closed, Department.of(one).clock, one.end)) for one in (docket, renamed, swapped)]
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    works = [Department.of(one).work(Staffing(1)).sample for one in (docket, swapped)]
    assert np.array_equal(works[0][:2], works[1][1::-1])


# -- lines taken apart


@pytest.mark.parametrize("files", [1, 2, 5])
def test_a_line_taken_apart_gives_the_minutes_at_which_the_desk_began(files: int) -> None:
    docket = served(asked(10 * files), Staffing(files))
    department = Department.of(replace(docket, closed=docket.closed))
    line = department.line(Staffing(files))
    assert not line.early.any()
    worked = department.open_times[1] - line.started
    luckless = department.work_of(Staffing(files), np.arange(len(department.served)))
    assert worked.min() > 0.0
    assert luckless.sample[:2].mean(axis=1) == pytest.approx(MEANS, rel=0.35)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), min_size=1, max_size=12), st.integers(1, 4))
@settings(max_examples=60)
def test_what_a_plain_line_does_is_taken_apart_exactly(orders: list[tuple[int, int]], files: int) -> None:
    """Serve first come first served in the plainest way, and ask when each began."""
    created = np.sort([come + 0.01 * row for row, (come, _) in enumerate(orders)])
    free = [0.0] * files
    started, closed = [], []
    for row, come in enumerate(created):
        place = int(np.argmin(free))
        started.append(max(free[place], come))
        free[place] = started[-1] + orders[row][1] + 0.001 * row
        closed.append(free[place])
    line = taken_apart(created, np.array(closed), created, files)
    assert line.started == pytest.approx(started)
    assert not line.early.any()


def test_too_few_places_are_found_out() -> None:
    created = np.array([0.0, 1.0, 2.0, 3.0])
    closed = np.array([10.0, 4.0, 5.0, 12.0])
    assert taken_apart(created, closed, created, 1).early.tolist() == [False, True, True, False]
    assert taken_apart(created, closed, created, 3).early.tolist() == [False, False, False, False]
    assert taken_apart(created, closed, created, 3).started.tolist() == [0.0, 1.0, 2.0, 4.0]


def test_open_requests_hold_their_place() -> None:
    line = taken_apart(np.array([0.0, 1.0, 2.0]), np.array([NAN, 5.0, NAN]), np.array([0.0, 1.0, 2.0]), 2)
    assert line.started.tolist() == [0.0, 1.0, 5.0]
    assert line.full_from == 1.0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 60)), min_size=1, max_size=20))
def test_most_at_once_is_what_counting_says(spans: list[tuple[int, int]]) -> None:
    created = np.array([begin for begin, _ in spans], np.float64)
    closed = created + np.array([length for _, length in spans])
    counted = max(int(np.sum((created <= minute) & (closed > minute))) for minute in created)
    assert most_at_once(created, closed) == counted


# -- hours


@given(st.floats(0.0, 20 * 1440.0), st.floats(0.0, 20 * 1440.0))
def test_open_minutes_are_those_of_the_calendar(a: float, b: float) -> None:
    clock = OpenClock("Mon-Wed,Sat 08:30-12:00,13:00-17:00", MONDAY, 21)
    first, last = sorted((a, b))
    passed = clock.open_at(np.array([first, last]))
    assert passed[1] - passed[0] == pytest.approx(open_minutes(*clock.calendar.intervals, first, last), abs=1e-6)


@given(st.floats(0.01, 4000.0))
def test_the_clock_runs_both_ways(work: float) -> None:
    clock = OpenClock(HOURS, MONDAY, 21)
    minute = clock.minute_at(np.array([work]))
    assert clock.open_at(minute) == pytest.approx([work])
    assert clock.minute_at(np.array([clock.open_minutes + 1.0]))[0] == np.inf


def test_hours_are_told_from_closings() -> None:
    day = np.arange(7 * 40)
    working = day[day % 7 < 5]
    closed = (working[:, None] * 1440.0 + 60.0 * np.arange(8, 17) + 30.0).ravel()
    strays = np.array([5 * 1440.0 + 700.0, 9 * 1440.0 + 200.0])
    assert opening_hours_of(np.concatenate([closed, strays])) == HOURS
    assert opening_hours_of(np.concatenate([closed, [NAN] * 50])) == HOURS
    around = (day[:, None] * 1440.0 + 60.0 * np.arange(24)).ravel()
    assert opening_hours_of(around) == "24x7"
    assert opening_hours_of(closed[:5]) == "24x7"  # too few to tell


@pytest.mark.parametrize("discipline", ["fifo", "deadline", "shortest"])
def test_open_minutes_and_the_roster_give_the_same_closings(discipline: str) -> None:
    docket, clock = asked(20), OpenClock(HOURS, MONDAY, 300)
    stream = Stream(docket.created, docket.kind, docket.target, docket.key)
    quick, plain = (
        closings_on_desk(stream, WORK, Staffing(2, discipline), clock, 3, compressed=compressed)
        for compressed in (True, False)
    )
    if discipline == "deadline":  # the desk knows classes of limits, which are not the same in open minutes
        assert np.median(quick - docket.created) == pytest.approx(np.median(plain - docket.created), rel=0.05)
    else:
        assert quick == pytest.approx(plain, abs=0.01)


# -- work


def test_work_of_many_is_its_own_and_of_few_the_agencys() -> None:
    hours = np.concatenate([np.full(60, 2.0), np.full(60, 10.0), [50.0]])
    kind = np.repeat([0, 1, 2], [60, 60, 1])
    sample = work_of(hours, np.ones(121, np.bool_), kind, 3).sample
    assert sample.shape == (4, 200)
    assert np.mean(sample[0] == 2.0) > 0.95
    assert np.median(sample[1]) == 10.0
    assert np.mean(sample[2] == 50.0) == pytest.approx(0.25, abs=0.01)  # one request beside three of the agency's
    assert 0.4 < np.mean(sample[3] == 2.0) < 0.6


def test_work_that_is_not_done_lasts_longer() -> None:
    hours = np.concatenate([lognormals(4.0), lognormals(4.0)])
    ended = np.ones(400, np.bool_)
    cut = hours > 5.0
    censored = work_of(np.where(cut, 5.0, hours), ended & ~cut, np.zeros(400, np.int64), 1).sample
    whole = work_of(hours, ended, np.zeros(400, np.int64), 1).sample
    assert np.median(censored) == pytest.approx(np.median(whole), rel=0.05)
    assert np.quantile(censored[0], 0.95) == pytest.approx(np.quantile(whole[0], 0.95), rel=0.35)


def test_shares_by_type_borrow_from_the_agency() -> None:
    hit = np.array([True, True, False, False, False, False, False, False])
    assert shares_of(hit, np.array([0, 0, 0, 0, 0, 0, 0, 1]), 2) == pytest.approx([(2 + 0.75) / 10, 0.75 / 4])


# -- matching


def test_implausibility_is_distance_over_all_that_is_uncertain() -> None:
    target = Target(np.array([1.0, NAN]), np.array([0.09, 1.0]), np.array([0.16, 1.0]), np.array([0.0, 1.0]))
    found = match(np.array([[2.0, 9.0], [3.0, 9.0], [1.0, NAN]]), target)
    assert found.implausibility[:, 0] == pytest.approx([2.0, 4.0, 0.0])
    assert found.plausible.tolist() == [True, False, True]
    assert found.weight == pytest.approx(np.array([np.exp(-2.0), 0.0, 1.0]) / (1.0 + np.exp(-2.0)))
    assert not found.ruled_out


def test_where_all_is_ruled_out_the_nearest_are_kept_and_it_is_said() -> None:
    target = Target(np.zeros(2), np.full(2, 0.01), np.zeros(2), np.zeros(2))
    found = match(np.array([[1.0, 0.0], [2.0, 0.0], [9.0, NAN]]), replace(target, value=np.array([0.0, 5.0])))
    assert found.ruled_out
    assert found.weight[0] > found.weight[1]
    assert found.weight[2] == 0.0  # what was not run cannot be near
    assert found.worst().tolist() == [1, 1, 0]


def test_an_ensemble_has_each_setting_as_often_as_it_weighs() -> None:
    assert np.bincount(drawn(np.array([0.5, 0.25, 0.25]), 8)).tolist() == [4, 2, 2]
    assert spread(np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.2, 0.6])) == (1.0, 2.0, 3.0)
    values, even = np.arange(100.0), np.full(100, 0.01)
    assert identified(values, even, even) == 0.0
    assert identified(values, even, np.where(values < 10, 0.1, 0.0)) == pytest.approx(0.9, abs=0.02)


def test_luck_is_the_variance_of_a_mean_over_seeds() -> None:
    runs = np.array([[[1.0], [3.0]], [[2.0], [2.0]], [[0.0], [4.0]]])
    assert luck_of(runs) == pytest.approx([1.0])  # variances 2, 0, 8 of single runs: 1, 0, 4 of means


# -- dockets, answers and parts

LOG = """created,closed,target,category,agency,area
2024-01-03T09:00,2024-01-03T09:05,2024-01-04T09:00,a,works,east
2024-01-03T10:00,2024-01-05T10:00,2024-01-04T10:00,b,works,west
2024-01-04T10:00,,2024-01-06T10:00,b,parks,east
2024-01-10T10:00,2024-01-11T10:00,,a,works,west
"""


def test_a_docket_counts_minutes_from_a_monday_before_which_the_log_fits() -> None:
    log = read_content(LOG.encode(), "log.csv", ColumnMap())[0]
    parks, works = dockets(log)
    assert (parks.agency, works.agency, works.names) == ("parks", "works", ("a", "b"))
    assert works.monday == dt.date(2023, 12, 18)
    assert works.created[0] == (16 * 24 + 9) * 60.0
    assert works.wait.tolist() == [5.0, 2880.0, 1440.0]
    assert works.at_once.tolist() == [True, False, False]
    assert np.isnan(parks.closed[0])
    known = works.until(works.created[1] + 1.0)
    assert len(known) == 2 and np.isnan(known.closed[1]) and known.closed[0] == works.closed[0]
    assert works.seen_from(dt.date(2023, 12, 25)).created[0] == works.created[0] - 7 * 1440.0


def test_what_is_given_up_is_told_from_what_takes_its_time() -> None:
    docket = served(asked(20), Staffing(50))
    gone = np.arange(len(docket)) % 10 == 0
    old = replace(docket, closed=np.where(gone, NAN, docket.closed))
    assert np.array_equal(old.lying, gone)
    short = old.until(docket.created[-1])
    assert not short.lying[short.created > short.end - 1440.0].any()


def test_answers_by_hand() -> None:
    docket = asked(8).only(np.arange(4))
    created = docket.created
    docket = replace(docket, target=created + np.array([60.0, 60.0, NAN, 60.0]), end=created[-1] + 6000.0)
    closed = created + np.array([30.0, 90.0, 120.0, NAN])
    found = answered(docket, closed)
    assert (found.median, found.p90) == (1.5, np.inf)
    assert found.on_time == pytest.approx(1 / 3)
    assert answered(docket, closed, np.array([3.0, 1.0, 0.0, 0.0])).on_time == pytest.approx(0.75)


def test_errors_are_in_logarithms_and_within_what_was_followed() -> None:
    logged = Answer(10.0, np.inf, 0.8)
    found = Answer(5.0, 400.0, 0.7).error(logged, 1000.0)
    assert found == pytest.approx({"median": np.log(2.0), "p90": np.log(2.5), "on_time": 0.1})
    assert Answer(0.01, 2000.0, 0.8).error(Answer(0.2, np.inf, 0.8), 1000.0) == pytest.approx(
        {"median": 0.0, "p90": 0.0, "on_time": 0.0}
    )


def test_the_naive_forecast_takes_open_requests_as_longer() -> None:
    docket = asked(8).only(np.arange(5))
    docket = replace(docket, created=np.zeros(5), target=np.full(5, NAN), end=150.0)
    found = naive(replace(docket, closed=np.array([60.0, 120.0, 145.0, NAN, NAN])))
    assert found.median == pytest.approx(145.0 / 60.0)  # three of five; of those that are closed it would be 2 hours
    assert found.p90 == np.inf


def test_a_log_is_cut_in_two() -> None:
    rows = [
        f"2024-01-{day + 1:02d}T{8 + n % 9:02d}:{n % 60:02d},2024-02-01T10:00,works,{'ABCD'[n % 4]}"
        for day in range(20)
        for n in range(12)
    ]
    log = read_content("\n".join(["created,closed,agency,area", *rows]).encode(), "log.csv", ColumnMap())[0]
    (there, (one,)), (back, (other,)) = area_parts(log)
    assert (there, back) == ("areas, A to B", "areas, B to A")
    assert len(one.known) + len(one.unseen) == len(log) == 240
    assert len(one.known) == len(other.unseen)
    assert not one.later
    ((_, (later,)),) = month_parts(log)
    assert later.later
    assert later.known.end == later.unseen.created[0] // 1440 * 1440
    assert np.isnan(later.known.closed).all()  # all was closed in February
    ((_, (same,)),) = log_parts(log, log)
    assert same.known.created.tolist() == same.unseen.created.tolist()


def test_overall_errors_are_means_over_agencies(three: Calibrated) -> None:
    later = served(asked(10, name="few"), Staffing(3), seed=4)
    found = compare(three, foretell(three, later, open_files=False, members=4))
    for measure in MEASURES:
        ours, theirs, (low, high) = overall([found, found], measure)
        assert (ours, theirs) == (found.errors[measure], found.naive_errors[measure])
        assert (low, high) == found.interval(measure)


def test_open_files_are_finished_before_the_next_come() -> None:
    """With the files that lay open when the log ended, later requests wait longer than without."""
    docket = served(asked(40), Staffing(3))  # more than three places can do
    cut = docket.created[len(docket) * 2 // 3]
    known, rest = calibrate(docket.until(cut), docket.end), docket.only(docket.created >= cut)
    department = known.department
    assert np.isnan(department.served.closed).sum() > 20
    empty = replace(
        known, department=replace(department, served=department.served.only(~np.isnan(department.served.closed)))
    )
    waits = [
        np.median((foretell(one, rest, open_files=True, members=6).closed - rest.created)[:, :20])
        for one in (known, empty)
    ]
    assert waits[0] > 1.5 * waits[1]
