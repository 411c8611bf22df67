"""Fitting request logs: laws, closings, arrivals, repeats; what is written is what a run then draws."""

from __future__ import annotations

import datetime as dt
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from tests.log_kit import gammas, luck, normals, poissons, write_csv
from twin.cli.app import main
from twin.core.columns import Floats, Ints
from twin.core.engine import Engine
from twin.core.marked_yaml import write
from twin.errors import InputError
from twin.logs.account import Account
from twin.logs.arrivals import fit_arrivals, shrunken_profiles
from twin.logs.batches import batches
from twin.logs.closing import AT_ONCE, Closing, closings, shrunken_shares
from twin.logs.fit import Fit, fit, of_areas, scenario_names, with_fewer_categories
from twin.logs.laws import LAWS, Sample, distance, fit_law, fit_laws, with_intervals
from twin.logs.mapping import ColumnMap
from twin.logs.overlay import demand_overlay
from twin.logs.read import read_content, read_log
from twin.logs.regression import regress
from twin.logs.repeats import previous_at, repeats_of, reporters_of
from twin.logs.request_log import RequestLog
from twin.logs.seasons import days_of, read_rain
from twin.logs.survival import Waits, band_width, quantile, quantile_interval, still_waiting
from twin.mechanisms import CATALOGUE
from twin.world.build import build_world

NORMAL_975 = 1.96
SURE = 3.5  # standard errors: a right estimate misses by more once in two thousand
TRUE = {
    "exponential": (20.0,), "lognormal": (3.0, 1.5), "gamma": (0.6, 50.0), "weibull": (0.6, 30.0),
    "loglogistic": (1.4, 25.0), "mixture": (0.4, 1.0, 0.5, 4.0, 1.0),
}  # fmt: skip
ROWS = 1500


def drawn(name: str, rows: int = ROWS) -> Floats:
    """Return waits of a law, by inversion or its construction."""
    u, p = luck(name, rows), TRUE[name]
    if name == "exponential":
        return -p[0] * np.log1p(-u)
    if name == "lognormal":
        return np.exp(p[0] + p[1] * normals(name, rows))
    if name == "gamma":
        return gammas(name, rows, 1 / math.sqrt(p[0])) * p[0] * p[1]
    if name == "weibull":
        return p[1] * (-np.log1p(-u)) ** (1 / p[0])
    if name == "loglogistic":
        return p[1] * (u / (1 - u)) ** (1 / p[0])
    first = luck("part", rows) < p[0]
    z = normals(name, rows)
    return np.exp(np.where(first, p[1] + p[2] * z, p[3] + p[4] * z))


def waits_of(name: str, censored: bool) -> Waits:
    hours = drawn(name)
    until = 150 * luck("until", ROWS) if censored else np.full(ROWS, np.inf)
    return Waits.of(hours[hours <= until], until[hours > until])


# -- laws


@pytest.mark.parametrize("censored", [False, True])
@pytest.mark.parametrize("name", LAWS)
def test_maximum_likelihood_finds_the_parameters_again(name: str, censored: bool) -> None:
    sample = Sample.of(waits_of(name, censored))
    law = with_intervals(fit_law(sample, name), sample)
    for true, found, (low, high) in zip(TRUE[name], law.values, law.intervals, strict=True):
        error = (high - low) / (2 * NORMAL_975)
        assert 0 < error < 0.3 * max(abs(true), 1), (name, found, low, high)
        assert abs(found - true) < SURE * error, (name, true, found, error)


@pytest.mark.parametrize("name", LAWS)
def test_the_true_law_is_chosen_or_as_good(name: str) -> None:
    waits = waits_of(name, censored=False)
    laws = fit_laws(Sample.of(waits))
    own = next(law for law in laws if law.name == name)
    assert own.aic - laws[0].aic < 8  # a law that holds it as a special case pays for its parameters, give or take luck
    assert distance(waits, own) < band_width(waits, name)


def test_what_is_censored_is_not_thrown_away() -> None:
    waits = waits_of("exponential", censored=True)
    honest = fit_law(Sample.of(waits), "exponential").values[0]
    dropped = fit_law(Sample.of(Waits(waits.hours[waits.ended], waits.ended[waits.ended])), "exponential").values[0]
    assert honest == pytest.approx(20, rel=0.1)
    assert dropped < 17
    assert honest == pytest.approx(waits.hours.sum() / waits.ended.sum(), rel=1e-3)  # its closed form


@pytest.mark.parametrize("name", LAWS)
def test_quantile_and_share_are_each_others_inverse(name: str) -> None:
    law = fit_law(Sample.of(waits_of(name, censored=True)), name)
    for share in (0.01, 0.5, 0.95):
        assert law.ended_by(np.array([law.quantile(share)]))[0] == pytest.approx(share, abs=1e-6)


def test_many_waits_on_a_grid_give_the_same_law() -> None:
    hours = np.tile(drawn("gamma"), 2)
    grid, plain = Sample.of(Waits.of(hours, np.array([]))), Sample.of(Waits.of(drawn("gamma"), np.array([])))
    assert len(grid.log) < 1500
    assert fit_law(grid, "gamma").values == pytest.approx(fit_law(plain, "gamma").values, rel=0.01)


# -- the product-limit estimate


def test_the_product_limit_by_hand() -> None:
    waits = Waits.of(np.array([1.0, 3.0, 3.0, 8.0]), np.array([2.0, 3.0, np.nan]))
    assert waits.hours.tolist() == [1, 2, 3, 3, 3, 8]
    assert still_waiting(waits)[[0, 1, 3, 4, 5]] == pytest.approx([5 / 6, 5 / 6, 5 / 12, 5 / 12, 0])
    assert (quantile(waits, 0.1), quantile(waits, 0.5), quantile(waits, 1.0)) == (1, 3, 8)
    assert quantile(Waits.of(np.array([1.0]), np.array([2.0, 2.0])), 0.5) == math.inf


def test_weights_are_as_good_as_rows() -> None:
    waits = Waits.of(np.array([1.0, 2.0, 5.0]), np.array([2.5]))
    twice = Waits.of(np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.5, 2.5]))
    weighted = still_waiting(waits, np.array([1.0, 2.0, 2.0, 1.0]))
    assert weighted == pytest.approx(still_waiting(twice)[[0, 2, 4, 5]])
    assert weighted.tolist() != still_waiting(waits).tolist()


def test_the_interval_of_a_median_covers_it() -> None:
    waits = waits_of("lognormal", censored=True)
    low, high = quantile_interval(waits, 0.5, "lognormal")
    assert low < math.exp(3) < high
    assert high - low < 6
    assert quantile_interval(waits, 0.5, "lognormal") == (low, high)


# -- closings of types


def log_of(rows: list[str], header: str = "created,closed,category,subtype,area,status") -> RequestLog:
    return read_content("\n".join([header, *rows]).encode(), "log.csv", ColumnMap())[0]


def closed_rows(kind: str, hours: Floats, category: str = "roads", minute: int = 0) -> list[str]:
    begin = dt.datetime(2024, 1, 1, 8, minute % 60)
    rows = []
    for number, wait in enumerate(hours.tolist()):
        created = begin + dt.timedelta(hours=3 * number)
        closed = "" if math.isinf(wait) else f"{created + dt.timedelta(hours=wait):%Y-%m-%dT%H:%M:%S}"
        rows.append(f"{created:%Y-%m-%dT%H:%M:%S},{closed},{category},{kind},east,{'closed' if closed else 'open'}")
    return rows


def test_what_is_closed_at_once_stands_apart() -> None:
    hours = np.exp(3 + normals("pothole", 400))
    hours[::4] = 0.1
    (found,) = closings(log_of(closed_rows("pothole", hours)), bands=False)
    assert (found.instant_share, found.requests, found.open_share) == (0.25, 400, 0.0)
    assert found.law is not None
    assert found.law.quantile(0.5) == pytest.approx(math.exp(3), rel=0.2)
    assert found.quantile(0.2) == AT_ONCE
    assert found.by_law(np.array([0.2, 1e9])) == pytest.approx([found.instant_chance, 1.0])


def test_a_rare_type_borrows_from_its_category_and_a_common_one_does_not() -> None:
    slow, fast = np.exp(5 + 0.5 * normals("slow", 300)), np.exp(1 + 0.5 * normals("fast", 300))
    rows = (
        closed_rows("slow", slow)
        + closed_rows("slower", 1.2 * slow, minute=7)
        + closed_rows("rare", fast[:2], minute=9)
    )
    rows += closed_rows("other", fast, "parks", minute=11)
    found = {one.subtype: one for one in closings(log_of(rows), bands=False)}
    assert found["slow"].quantile(0.5) == pytest.approx(float(np.median(slow)), rel=0.05)
    assert found["rare"].median_hours < found["rare"].quantile(0.5) < found["slow"].quantile(0.5)
    assert found["other"].quantile(0.5) == pytest.approx(float(np.median(fast)), rel=0.05)


def test_the_prediction_follows_the_log_where_there_is_much_and_the_law_beyond_it() -> None:
    hours = np.where(luck("twofold", 2000) < 0.5, 10.0, 200.0) * np.exp(0.05 * normals("twofold", 2000))
    hours[hours > 205] = np.inf
    (found,) = closings(log_of(closed_rows("pothole", hours)), bands=False)
    own = 1 - still_waiting(found.waits)
    assert found.closed_by(found.waits.hours) == pytest.approx(own, abs=0.02)
    assert found.closed_by(np.array([1e5]))[0] > own[-1]
    assert np.all(np.diff(found.closed_by(np.geomspace(0.3, 1e6, 300))) >= -1e-9)


def test_closings_that_nobody_knows_are_neither_closed_nor_open() -> None:
    rows = [*closed_rows("pothole", np.array([5.0, 7.0, math.inf])), "2024-03-01T08:00:00,,roads,pothole,east,closed"]
    (found,) = closings(log_of(rows))
    assert (found.requests, found.open_share) == (3, 1 / 3)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0, 1e5) | st.just(math.inf)), max_size=12
    )
)
@settings(max_examples=12, deadline=None)
def test_few_closings_never_break_it(rows: list[tuple[str, str, float]]) -> None:
    lines = [
        line
        for n, (category, kind, wait) in enumerate(rows)
        for line in closed_rows(kind, np.array([wait]), category, n)
    ]
    for one in closings(log_of([*lines, "2024-01-01T00:00:00,,a,x,east,open"])):
        shares = one.closed_by(np.array([0.5, 5.0, 5e3]))
        assert np.all((shares >= -1e-9) & (shares <= 1 + 1e-9)) and one.quantile(0.5) > 0


def test_shares_are_drawn_in_as_far_as_chance_may_scatter_them() -> None:
    even = shrunken_shares(np.array([10.0, 12.0, 1.0]), np.array([100.0, 100.0, 2.0]))
    assert even == pytest.approx([0.11, 0.115, 0.12], abs=0.02)
    apart = shrunken_shares(np.array([900.0, 100.0, 1.0]), np.array([1000.0, 1000.0, 2.0]))
    assert apart[:2] == pytest.approx([0.9, 0.1], abs=0.01)


# -- counts


def test_the_regression_finds_weekdays_rain_and_over_dispersion_again() -> None:
    days = 700
    weekend = (np.arange(days) % 7 >= 5).astype(float)
    rain = np.maximum(0, 20 * luck("rain", days) - 14)
    mean = np.exp(2.5 - 0.7 * weekend + 0.03 * rain)
    counts = poissons("counts", mean * gammas("days", days, 1 / math.sqrt(8))).astype(float)
    found = regress(counts, np.stack((np.ones(days), weekend, rain), axis=1))
    for true, value, error in zip((2.5, -0.7, 0.03), found.values, found.errors, strict=True):
        assert abs(value - true) < SURE * error
    assert 6 < found.k < 11
    assert regress(poissons("even", mean).astype(float), np.stack((np.ones(days), weekend, rain), axis=1)).k > 100


def test_a_category_without_a_single_sunday_has_a_few(tmp_path: Path) -> None:
    rows = [f"2024-01-{day:02d}T{9 + n % 8:02d}:0{n % 10}:00,{'rare' if n == 3 and day % 7 == 2 else 'usual'}"
            for day in range(1, 29) for n in range(4 if day % 7 in (6, 0) else 12)]  # fmt: skip
    log, _ = read_log(write_csv(tmp_path / "log.csv", "created,category", rows))
    arrivals = fit_arrivals(log, days_of(log.first, log.days))
    rare = next(one for one in arrivals.categories if one.name == "rare")
    assert rare.requests == 4
    assert rare.weekdays == pytest.approx(arrivals.whole.weekdays, abs=0.25)
    assert rare.workday_hours is not None
    assert rare.workday_hours == pytest.approx(arrivals.whole.workday_hours, abs=0.15)
    assert np.all(rare.weekdays > 0.05)


def test_profiles_that_differ_by_chance_alone_become_one() -> None:
    centre = np.array([0.1, 0.6, 0.3])
    even = np.array([[11.0, 58.0, 31.0], [9.0, 62.0, 29.0], [1.0, 0.0, 0.0]])
    assert shrunken_profiles(even, centre)[2] == pytest.approx(centre, abs=0.03)
    apart = np.array([[900.0, 50.0, 50.0], [50.0, 900.0, 50.0]])
    assert shrunken_profiles(apart, centre)[0] == pytest.approx([0.9, 0.05, 0.05], abs=0.02)


@cache
def scattered() -> tuple[Ints, Floats]:
    """Counts of three categories whose days share a factor that lasts, and the factor."""
    days, memory, spread = 1200, 0.7, 0.4
    z = np.empty(days)
    steps = normals("shared", days)
    z[0] = steps[0]
    for day in range(1, days):
        z[day] = memory * z[day - 1] + math.sqrt(1 - memory**2) * steps[day]
    factor = np.exp(spread * z - spread**2 / 2)
    means = np.array([20.0, 10.0, 5.0])[:, None] * factor * gammas("own", days, 0.01)
    return np.stack([poissons(f"part {n}", mean) for n, mean in enumerate(means)]), factor


def test_the_scatter_of_days_is_split_into_shared_and_own() -> None:
    counts, factor = scattered()
    rows = [f"{dt.date(2021, 1, 1) + dt.timedelta(days=day)}T{9 + n % 9:02d}:{n % 60:02d}:{(11 * n) % 60:02d},c{kind}"
            for kind, line in enumerate(counts.tolist())
            for day, count in enumerate(line) for n in range(count)]  # fmt: skip
    log = log_of(rows, "created,category")
    arrivals = fit_arrivals(log, days_of(log.first, log.days))
    assert arrivals.day_spread == pytest.approx(float(np.std(factor)), rel=0.2)
    assert arrivals.memory == pytest.approx(0.68, abs=0.12)
    assert max(one.spread for one in arrivals.categories) < 0.15
    assert arrivals.days.has_season and arrivals.days.has_trend


def test_the_level_is_that_of_the_last_year_though_use_took_off_in_the_first() -> None:
    """One a day in the first half-year, then eight: growth as in the first year would end far above eight."""
    counts = [1 if day < 180 else 8 for day in range(1000)]
    rows = [f"{dt.date(2021, 1, 4) + dt.timedelta(days=day)}T{9 + n:02d}:{(7 * day) % 60:02d}"
            for day, count in enumerate(counts) for n in range(count)]  # fmt: skip
    log = log_of(rows, "created")
    whole = fit_arrivals(log, days_of(log.first, log.days)).whole
    assert whole.per_day == pytest.approx(8.0, rel=0.05)
    assert whole.effects["trend"].low > 1


def test_steady_growth_is_found_with_the_level_of_the_last_years_mean() -> None:
    """Counts that double in a year are 2**-x a year of age x: the last year's mean is 0.5 / ln 2 of its last day's."""
    days = 1461
    level = 40 * 2 ** ((np.arange(days) - days) / 365.25)
    counts = np.floor(level + luck("growth", days)).astype(int)
    rows = [f"{dt.date(2020, 1, 6) + dt.timedelta(days=day)}T{8 + n % 12:02d}:{n % 60:02d}"
            for day, count in enumerate(counts.tolist()) for n in range(count)]  # fmt: skip
    log = log_of(rows, "created")
    whole = fit_arrivals(log, days_of(log.first, log.days)).whole
    assert whole.effects["trend"].factor == pytest.approx(2.0, rel=0.06)
    assert whole.per_day == pytest.approx(40 * 0.5 / np.log(2), rel=0.05)


def test_holidays_and_make_up_days_of_china_are_told_apart() -> None:
    days = days_of(dt.date(2024, 2, 1), 30, "china")
    assert [n + 1 for n in np.flatnonzero(days.holiday)] == list(range(10, 18))
    assert [n + 1 for n in np.flatnonzero(days.make_up)] == [4, 18]
    assert [n + 1 for n in np.flatnonzero(days.rest)][:3] == [3, 10, 11]
    named = days_of(dt.date(2011, 7, 1), 31, "2011-07-04")
    assert np.flatnonzero(named.holiday).tolist() == [3]
    with pytest.raises(InputError) as caught:
        days_of(dt.date(2011, 7, 1), 31, "2011-7-4")
    assert caught.value.complaints[0].code == "D426"


@pytest.mark.parametrize(
    "text", ["", "date,mm\n", "date,mm\nsoon,1\n", "date,mm\n2024-01-01,-3\n", "date,mm\n2024-01-01,x\n"]
)
def test_rain_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rain.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_rain(tmp_path / "rain.csv")
    assert caught.value.complaints[0].code == "D413"
    with pytest.raises(InputError):
        read_rain(tmp_path / "none.csv")


# -- what comes again


def test_repeats_by_hand() -> None:
    place, kind = np.array([1, 1, 2, 1, 0, 0, 1]), np.array([0, 1, 0, 0, 0, 0, 0])
    day = np.array([0.0, 1.0, 2.0, 20.0, 21.0, 22.0, 51.0])
    assert previous_at(place, kind, day, 30).tolist() == [-1, -1, -1, 0, -1, -1, -1]
    assert previous_at(place, kind, day, 31).tolist() == [-1, -1, -1, 0, -1, -1, 3]


def test_requests_that_call_forth_others_repeat_more_than_chance_lets_them() -> None:
    first = dt.datetime(2024, 1, 1)

    def row(moment: float, place: float) -> str:
        return f"{first + dt.timedelta(days=moment):%Y-%m-%dT%H:%M:%S},light,{1 + int(80 * place)}"

    pairs = list(zip(300 * luck("when", 300), luck("where", 300), strict=True))
    alone, again = [row(*pair) for pair in pairs], [row(moment + 2, place) for moment, place in pairs[::3]]
    found = repeats_of(log_of(alone + again, "created,category,loc_id"))
    assert found.near_share > 1.4 * found.near_by_chance
    even = repeats_of(log_of(alone, "created,category,loc_id"))
    assert abs(even.near_share - even.near_by_chance) < 0.04


def test_the_spread_of_reporters_is_found_without_those_who_never_came() -> None:
    readiness = gammas("ready", 4000, 1.5)
    counts = poissons("reporters", 0.4 * readiness)
    rows = [f"2024-01-{1 + n % 28:02d},a,{who + 1}" for who, count in enumerate(counts.tolist()) for n in range(count)]
    found = reporters_of(log_of(rows, "created,category,reporter"))
    assert found.reporters == int((counts > 0).sum())
    assert found.again_share == pytest.approx(float((counts > 1).sum() / (counts > 0).sum()))
    assert found.spread == pytest.approx(1.5, rel=0.25)
    assert reporters_of(log_of(rows[:1], "created,category,reporter")).reporters == 1


# -- the whole, and what a run makes of it


def made_log() -> tuple[RequestLog, dict[dt.date, float]]:
    """A year of two categories with weekdays, months, holidays, rain, hours, repeats and channels of their own."""
    first, rows = dt.date(2023, 1, 2), []
    days = days_of(first, 420, "china")
    rain = {first + dt.timedelta(days=day): float(max(0.0, 30 * u - 18)) for day, u in enumerate(luck("mm", 420))}
    for name, level, weekend, wet, hour in (("路灯", 12.0, 0.4, 1.0, 19), ("积水", 6.0, 1.0, 1.5, 9)):
        season = 1 + 0.5 * np.sin(2 * np.pi * (days.month + 1) / 12)
        mean = level * season * np.where(days.weekday >= 5, weekend, 1.0) * np.where(days.holiday, 0.5, 1.0)
        mean = mean * wet ** (np.array(list(rain.values())) / 10)
        counts = poissons(name, mean * gammas(f"{name} days", 420, 0.3))
        lots = iter(luck(f"{name} who", int(counts.sum())))
        for day, count in enumerate(counts.tolist()):
            for number in range(count):
                u = next(lots)
                time = f"{hour + number % 3:02d}:{(17 * number) % 60:02d}:{day % 60:02d}"
                through = "电话" if u < 0.8 else "微信"
                who = f"{1 + int(u * 900)},{1 + int(u * u * 400)}"
                rows.append(f"{first + dt.timedelta(days=day)}T{time},{name},{through},{who}")
    return log_of(rows, "created,category,channel,loc_id,reporter"), rain


@cache
def made() -> tuple[Fit, dict[dt.date, float]]:
    log, rain = made_log()
    return fit(log, Account(len(log), len(log)), holidays="china", rain=rain), rain


def reports_of(folder: Path, extra: str = "", seed: int = 1, block: str = "") -> Engine:
    """Live through the days of an overlay in `folder` with the hotline alone."""
    path = folder / "run.yaml"
    path.write_text(f"version: 1\nextends: demand.yaml\nstart: 2023-01-02\npopulation: {{residents: 800}}\n"
                    f"{extra or 'days: 420'}\n{block}\narms: {{a: {{}}}}\n", encoding="utf-8")  # fmt: skip
    plan = twin.load(path)
    arm = plan.arms["a"]
    world = build_world(plan, arm, seed)
    engine = Engine(
        world, list(CATALOGUE.values()), arm.blocks, seed, [name for name in CATALOGUE if name != "hotline"]
    )
    engine.run()
    return engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the overlay of the made log, and its rain."""
    found, rain = made()
    path = tmp_path_factory.mktemp("demand")
    (path / "demand.yaml").write_text(write(demand_overlay(found, "0")), encoding="utf-8")
    (path / "rain.csv").write_text("date,mm\n" + "".join(f"{day},{mm}\n" for day, mm in rain.items()), encoding="utf-8")
    return path


def test_the_fit_finds_what_went_into_the_log() -> None:
    found, _ = made()
    lights, water = (next(one for one in found.arrivals.categories if one.name == name) for name in ("路灯", "积水"))
    assert lights.weekdays[5:].mean() / lights.weekdays[:5].mean() == pytest.approx(0.4, abs=0.08)
    assert water.weekdays[5:].mean() / water.weekdays[:5].mean() == pytest.approx(1.0, abs=0.12)
    assert lights.months.max() / lights.months.min() == pytest.approx(3.0, rel=0.3)
    assert water.effects["rain"].low < 1.5 < water.effects["rain"].high
    assert lights.effects["rain"].low < 1.0 < lights.effects["rain"].high
    for one in (lights, water):
        assert one.effects["holiday"].low < 0.5 < one.effects["holiday"].high
        assert one.workday_hours is not None
    assert np.argmax(lights.workday_hours) == 19 and np.argmax(water.workday_hours) == 9
    assert found.channels["phone"] == pytest.approx(0.8, abs=0.02)
    assert found.reporters.spread > 0.3


def test_a_run_draws_what_was_fitted(folder: Path) -> None:
    found, rain = made()
    log, days = found.log, found.arrivals.days
    engines = [reports_of(folder, seed=seed, block="hotline: {rain: rain.csv}") for seed in (1, 2, 3)]
    tickets = [engine.world.tables["tickets"] for engine in engines]
    created = np.concatenate([ticket.created for ticket in tickets])
    day = (created // 1440).astype(int)
    kind = np.concatenate([ticket.category for ticket in tickets])
    assert engines[0].world.categories == ("积水", "路灯")
    for code, name in enumerate(engines[0].world.categories):
        own, real = day[kind == code], log.day[log.category.are(name)]
        assert len(own) / 3 == pytest.approx(len(real), rel=0.12)
        for flags in (days.weekday >= 5, days.holiday, days.month < 3, np.array(list(rain.values())) > 5):
            assert np.isin(own, np.flatnonzero(flags)).mean() == pytest.approx(
                np.isin(real, np.flatnonzero(flags)).mean(), rel=0.25, abs=0.02
            )
        hours = np.bincount((created[kind == code] % 1440 // 60).astype(int), minlength=24) / len(own)
        assert (
            0.5 * np.abs(hours - np.bincount(log.hour[log.category.are(name)], minlength=24) / len(real)).sum() < 0.05
        )
    assert np.mean(np.concatenate([ticket.channel for ticket in tickets]) == 0) == pytest.approx(0.8, abs=0.02)
    repeated = np.mean(np.concatenate([ticket.duplicate for ticket in tickets]))
    assert repeated == pytest.approx(found.repeats.located_share * found.repeats.share, abs=0.02)
    by_day = np.stack([np.bincount((ticket.created // 1440).astype(int), minlength=420) for ticket in tickets])
    real_by_day = np.bincount(log.day, minlength=420)
    assert by_day.var(axis=1).mean() == pytest.approx(real_by_day.var(), rel=0.3)


def test_rain_that_is_not_given_changes_nothing_and_rain_that_is_does(folder: Path) -> None:
    dry = "date,mm\n" + "".join(f"{dt.date(2023, 1, 1) + dt.timedelta(days=day)},0\n" for day in range(61))
    (folder / "dry.csv").write_text(dry, encoding="utf-8")
    (folder / "wet.csv").write_text(dry.replace(",0", ",15"), encoding="utf-8")
    counts = {}
    for name in ("none", "dry.csv", "wet.csv"):
        engine = reports_of(folder, "days: 60", block=f"hotline: {{rain: {name}}}")
        kind = engine.world.tables["tickets"].category
        counts[name] = np.array([(kind == code).sum() for code in (0, 1)])
    wetter = counts["wet.csv"] / counts["dry.csv"]
    assert wetter[0] == pytest.approx(1.5**1.5, rel=0.15)
    assert wetter[1] == pytest.approx(1.0, abs=0.25)
    assert np.all((counts["none"] >= counts["dry.csv"] - 20) & (counts["none"] <= counts["wet.csv"] + 20))


def test_a_larger_demand_holds_the_smaller_one(folder: Path) -> None:
    keys = {}
    for level in (5, 10):
        table = reports_of(folder, "days: 30", block=f"hotline: {{reports_per_day: {level} /day}}").world.tables[
            "tickets"
        ]
        keys[level] = set(table.key.tolist())
    assert keys[5] < keys[10]
    assert len(keys[10]) == pytest.approx(2 * len(keys[5]), rel=0.3)


def test_some_residents_report_far_more_than_others(folder: Path) -> None:
    counts = {}
    for spread in (0, 3):
        block = f"hotline: {{demand: {{reporter_spread: {spread}}}}}"
        reporter = reports_of(folder, "days: 200", block=block).world.tables["tickets"].reporter
        counts[spread] = np.sort(np.bincount(reporter, minlength=800))[::-1]
    assert counts[3][:40].sum() > 2 * counts[0][:40].sum()


def test_demand_without_a_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demand.yaml").write_text("version: 1\nhotline: {source: demand}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        reports_of(tmp_path, "days: 5")
    assert caught.value.complaints[0].code == "D412"


def test_the_overlay_says_where_it_comes_from(folder: Path) -> None:
    plan = twin.load(folder / "run.yaml")
    said = plan.arms["a"].blocks["hotline"].demand.fitted_from
    found, _ = made()
    assert (said["sha256"], said["requests"], said["from"]) == (found.log.digest, str(len(found.log)), "2023-01-02")
    assert plan.holidays == "china"
    assert {category.title.en for category in plan.categories.values()} == {"路灯", "积水"}


# -- small, strange and real logs


@pytest.mark.parametrize("dates", ["2024-01-{:02d}", "2024-01-{:02d}T09:3{:d}:00"])
def test_a_small_log_is_fitted_and_a_tiny_one_refused(tmp_path: Path, dates: str) -> None:
    rows = [f"{dates.format(1 + n % 20, n % 6)},{'ab'[n % 2]}" for n in range(40)]
    log, account = read_log(write_csv(tmp_path / "log.csv", "created,category", rows))
    found = fit(log, account)
    assert sum(one.per_day for one in found.arrivals.categories) == pytest.approx(2, rel=0.1)
    assert (found.closings, math.isnan(found.repeats.mean_days)) == ((), True)
    demand_overlay(found, "0")
    with pytest.raises(InputError) as caught:
        fit(log.only(log.day < 3), account)
    assert caught.value.complaints[0].code == "D425"


def test_names_for_a_scenario() -> None:
    names = [
        "SW-Bulk Scheduled",
        "sw bulk scheduled",
        "Abfall/Sammelstelle",
        "市容环卫（其他）",
        "3rd party",
        "--",
        "市容环卫 其他",
    ]
    assert list(scenario_names(names).values()) == [
        "sw_bulk_scheduled", "sw_bulk_scheduled_2", "abfall_sammelstelle", "市容环卫_其他", "c_3rd_party", "c",
        "市容环卫_其他_2",
    ]  # fmt: skip


def test_rare_categories_count_as_one_and_areas_can_be_chosen() -> None:
    log, _ = read_log("boston_311_2011")
    fewer = with_fewer_categories(log, 4)
    assert sorted(fewer.category.names) == ["greenery", "other", "roads", "waste"]
    assert len(fewer) == len(log)
    assert len(of_areas(log, ["Dorchester", "Roslindale"])) == int(log.area.are("Dorchester", "Roslindale").sum())
    with pytest.raises(InputError) as caught:
        of_areas(log, ["Dorcester"])
    assert caught.value.complaints[0].values["suggestion"] == "Dorchester"


def test_boston_entered_a_batch_one_morning() -> None:
    log, _ = read_log("boston_311_2011")
    found = batches(log)
    assert {str(day) for day in log.created[found].astype("datetime64[D]")} >= {"2011-07-06"}
    assert 100 < found.sum() < 250


@cache
def halves() -> tuple[RequestLog, RequestLog]:
    log, _ = read_log("boston_311_2011")
    names = sorted((name for name in log.area.names if name), key=lambda name: -int(log.area.are(name).sum()))
    return log.only(log.area.are(*names[::2])), log.only(log.area.are(*names[1::2]))


@pytest.mark.parametrize("turned", [False, True])
def test_one_half_of_boston_foretells_the_hours_and_weekdays_of_the_other(turned: bool) -> None:
    fitted, other = halves()[::-1] if turned else halves()
    other = other.only(~batches(other))
    arrivals = fit_arrivals(fitted.only(~batches(fitted)), days_of(fitted.first, fitted.days))
    hours, weekdays = np.zeros(24), np.zeros(7)
    for one in arrivals.categories:
        workdays = float(one.weekdays[:5].sum())
        assert one.workday_hours is not None and one.rest_hours is not None
        hours += one.per_day * (workdays * one.workday_hours + (7 - workdays) * one.rest_hours)
        weekdays += one.per_day * one.weekdays
    true_days = np.bincount((other.first.weekday() + np.arange(other.days)) % 7, minlength=7)
    true_week = np.bincount(other.weekday, minlength=7) / true_days
    assert 0.5 * np.abs(hours / hours.sum() - np.bincount(other.hour, minlength=24) / len(other)).sum() <= 0.05
    assert 0.5 * np.abs(weekdays / weekdays.sum() - true_week / true_week.sum()).sum() <= 0.04


def test_it_foretells_medians_no_worse_than_the_plain_medians_do() -> None:
    fitted, other = halves()
    errors = []
    for one in closings(fitted, bands=False):
        true = median_of(one, other)
        if true is not None and math.isfinite(one.quantile(0.5)) and math.isfinite(one.median_hours):
            errors.append(
                [abs(math.log(max(hours, AT_ONCE) / true)) for hours in (one.quantile(0.5), one.median_hours)]
            )
    twins, naive = np.mean(errors, axis=0)
    assert len(errors) > 40
    assert twins <= naive < 0.8


def median_of(one: Closing, other: RequestLog) -> float | None:
    rows = other.category.are(one.category) & other.subtype.are(one.subtype)
    waits = Waits.of(other.hours_to_close[rows], other.hours_open[rows])
    found = quantile(waits, 0.5) if len(waits) >= 10 else math.inf
    return max(found, AT_ONCE) if math.isfinite(found) else None


# -- the command


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_fit_is_printed_drawn_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.chdir(tmp_path)
    hours = np.where(luck("closing", 240) < 0.2, 0.05, np.exp(2 + normals("closing", 240)))
    hours[::40] = np.inf
    write_csv(tmp_path / "log.csv", "created,closed,category,subtype,area,status", closed_rows("pothole", hours))
    words = ("data", "fit", "log.csv", "-o", "demand.yaml", "--figures", "figures", "--lang", lang)
    assert main(list(words)) == 0
    said = capsys.readouterr().out
    for word in ("pothole", "0.00", ("never its service times", "绝不能当作办理时长")[lang == "zh"]):
        assert word in said
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == sorted(
        f"{name}-{lang}.{end}" for name in ("closings", "days", "hours") for end in ("png", "svg")
    )
    text = (tmp_path / "demand.yaml").read_text("utf-8")
    assert text.startswith("#") and "closed" not in text.partition("\nversion")[2]
    (tmp_path / "mine.yaml").write_text("version: 1\nextends: demand.yaml\ndays: 3\narms: {a: {}}\n", encoding="utf-8")
    assert twin.load(tmp_path / "mine.yaml").arms["a"].blocks["hotline"].source == "demand"
    assert main(["data", "fit", "log.csv", "--json", "--lang", lang]) == 0
    told = json.loads(capsys.readouterr().out)
    (closing,) = told["closings"]
    assert (told["schema"], closing["requests"], closing["subtype"]) == ("twin.data.fit/1", 240, "pothole")
    assert closing["instant_share"] == pytest.approx(float(np.mean(hours < 0.25)))
    assert told["overlay"]["hotline"]["source"] == "demand"


def test_fitted_demand_is_what_its_scalar_version_says() -> None:
    from tests.reference.hotline import hotline
    from twin.mechanisms.hotline import Hotline
    from twin.testing import compare, subject_of
    from twin.world.demand import CategoryDemand, Demand

    hours = tuple(share / 300 for share in range(1, 25))
    one = CategoryDemand(2.0, (1.3, 1.2, 1.0, 1.1, 0.9, 0.4, 0.6), tuple(0.5 + month / 12 for month in range(12)),
                         hours, hours[::-1], 0.5, 1.2, day_spread=0.8, repeat_share=0.4)  # fmt: skip
    demand = Demand({"noise": one, "pets": CategoryDemand(1.0, *(one.weekday_factors, one.month_factors), hours, hours,
                                                          day_spread=0.3)}, day_spread=0.4, day_memory=0.6,
                    category_memory=0.5, repeat_mean_days=1.5, channels={"app": 0.6, "walk_in": 0.4},
                    reporter_spread=1.5)  # fmt: skip
    block = Hotline(source="demand", reports_per_day=6.0, demand=demand)
    assert compare(subject_of("hotline"), hotline, 14, hotline=block) > 100
