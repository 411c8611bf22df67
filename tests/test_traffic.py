"""Plans for the streets on real geometry: roads, noise, what a plan does, regret, the map of differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from twin.core.cases import Case, engine_of
from twin.core.engine import Engine
from twin.errors import InputError, Words
from twin.mechanisms import CATALOGUE
from twin.report import maps
from twin.report.regret_text import regret_overview, regret_sheets
from twin.report.text import Writer
from twin.runs.experiment import Experiment, run
from twin.runs.regret import regrets
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.ledger import STREETS
from twin.world.noise import exposure, level_db, speed_db
from twin.world.places.build import places_of
from twin.world.places.settings import PlacesSettings
from twin.world.roads import MAIN, rank_of, roads_of
from twin.world.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
PLANS = ("travel_minutes", "noise_db_mean", "green_m2_per_resident", "street_plan_cost_yuan", "street_plan_score")


def lived(*sets: str, arm: str = "as_it_is", seed: int = 1) -> Engine:
    engine = engine_for(load(ROOT / "tests/small_streets.yaml", sets=list(sets)), arm, seed)
    engine.run()
    return engine


def plan_of(*sets: str, **which: Any) -> list[float]:
    metrics = lived(*sets, **which).metrics()
    return [metrics[name] for name in PLANS]


# -- roads and noise


@pytest.mark.parametrize(("name", "least"), [("shanghai_block", 200), ("bubenec", 25), ("estate", 2)])
def test_roads_hang_together_and_go_both_ways(name: str, least: int) -> None:
    roads = roads_of(places_of(PlacesSettings(map=name)))  # type: ignore[arg-type]
    assert roads.start.max() + 1 >= least
    forth = list(zip(roads.start.tolist(), roads.end.tolist(), roads.street.tolist(), strict=True))
    assert sorted(forth) == sorted((end, start, street) for start, end, street in forth)
    known = {0}
    while more := {end for start, end, _ in forth if start in known} - known:
        known |= more
    assert len(known) == roads.start.max() + 1
    crow = np.hypot(*(roads.end_xy - roads.start_xy).T)
    joined = 2 * PlacesSettings().join_metres  # ends that nearly meet are moved together
    assert (roads.metres >= crow - joined).all()
    assert len(set(roads.start[roads.gate])) >= 2


def test_roads_of_one_street_are_as_long_as_on_the_map() -> None:
    ground = places_of(PlacesSettings(map="bubenec"))
    roads = roads_of(ground)  # type: ignore[arg-type]
    streets = ground.streets  # type: ignore[union-attr]
    on_map = sum(np.hypot(*np.diff(path, axis=0).T).sum() for path in streets)
    assert roads.metres.sum() / 2 == pytest.approx(on_map, rel=0.01)


def test_motorways_are_main_and_what_is_unknown_is_a_side_street() -> None:
    assert [rank_of(one) for one in ("trunk_link", "secondary", "residential", "", "service")] == [MAIN, MAIN, 1, 1, 2]


@settings(deadline=None)
@given(st.floats(-100, 100), st.floats(4, 80), st.floats(0.05, 0.95))
def test_noise_does_not_depend_on_how_a_road_is_cut(x: float, y: float, cut: float) -> None:
    start, end, point = np.array([[-60.0, 0.0]]), np.array([[80.0, 0.0]]), np.array([[x, y]])
    middle = start + cut * (end - start)
    whole = exposure(point, start, end).sum()
    assert exposure(point, np.r_[start, middle], np.r_[middle, end]).sum() == pytest.approx(whole)
    assert whole < 10 / y  # an endless road


def test_twice_the_cars_are_three_decibels_and_twice_the_distance_too() -> None:
    far, usual = (np.array([[-1e6, 0.0]]), np.array([[1e6, 0.0]])), np.array([75.0])
    near, away = (
        level_db(exposure(np.array([[0.0, metres]]), *far), np.array([1000.0]), usual, 0.0)[0] for metres in (10, 20)
    )
    double = level_db(exposure(np.array([[0.0, 10.0]]), *far), np.array([2000.0]), usual, 0.0)[0]
    assert near == pytest.approx(72.2, abs=0.02)  # the two published formulas meet at 75 km/h but for 0.01 dB
    assert double - near == pytest.approx(10 * np.log10(2), abs=1e-3)
    assert near - away == pytest.approx(10 * np.log10(2), abs=1e-3)


def test_slower_is_quieter_by_the_published_formula() -> None:
    """Corrections of the 1988 chart for cars alone: nothing at 75 km/h, -2.8 dB at 50, -4.7 dB at 30."""
    assert speed_db(np.array([75.0, 50.0, 30.0])) == pytest.approx([0.0, -2.8, -4.85], abs=0.02)
    assert speed_db(np.array([20.0, 5.0, 0.0])).tolist() == [speed_db(np.array([20.0]))[0]] * 3


# -- plans


def test_plans_that_are_the_same_differ_by_exactly_nothing() -> None:
    assert plan_of(arm="same_again") == plan_of()


def test_a_closed_street_has_no_cars_more_green_and_a_cost() -> None:
    easy = "traffic.congestion=0"  # or Braess might have it the other way round
    before, after = lived(easy), lived(easy, "traffic.closed=[8]")
    roads = after.world.roads
    assert roads.flow_per_hour[roads.street == 8].sum() == 0
    assert np.isinf(roads.minutes[roads.street == 8]).all()
    first, then = before.metrics(), after.metrics()
    metres = roads.metres[roads.street == 8].sum() / 2
    assert then["street_plan_cost_yuan"] == pytest.approx(1500 * metres)
    assert then["green_m2_per_resident"] - first["green_m2_per_resident"] == pytest.approx(0.6 * 9 * metres / 800)
    assert then["travel_minutes"] >= first["travel_minutes"]


def test_calmed_streets_lose_cars_to_others() -> None:
    before, after = (
        lived("traffic.closed=[]", f"traffic.calmed={streets}").world.roads for streets in ("[]", "[0, 8]")
    )
    calmed = np.isin(before.street, (0, 8))
    assert after.flow_per_hour[calmed].sum() < before.flow_per_hour[calmed].sum()
    assert after.flow_per_hour[~calmed].sum() > before.flow_per_hour[~calmed].sum()


def test_without_congestion_widening_does_nothing_but_cost() -> None:
    """The ablation of everybody's getting in each other's way."""
    wide, plain = (plan_of(f"traffic.widened={streets}", "traffic.congestion=0") for streets in ("[0, 6]", "[]"))
    assert wide[:3] == pytest.approx(plain[:3], abs=1e-9)
    assert wide[3] > plain[3] == 0
    crowded, plain = (
        plan_of(f"traffic.widened={streets}", "traffic.through_per_hour=6000 /h") for streets in ("[0, 6]", "[]")
    )
    assert crowded[0] < plain[0]


def test_more_through_traffic_is_louder_and_slower() -> None:
    quiet, loud = (plan_of(f"traffic.through_per_hour={cars} /h") for cars in (500, 6000))
    assert loud[0] > quiet[0]
    assert loud[1] > quiet[1]


def test_a_street_that_the_map_has_not_is_refused_at_its_place() -> None:
    with pytest.raises(InputError, match=r"traffic\.closed: the roads of the map have no street 99") as caught:
        load(ROOT / "tests/small_streets.yaml", sets=["traffic.closed=[8, 99]"])
    complaint = caught.value.complaints[0]
    assert complaint.code == "M370"
    assert complaint.place is not None
    assert (complaint.place.line, complaint.place.col) == (1, 20)


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ("traffic.capacity_per_hour=[1000 /h]", 3), ("traffic.speed_kmh=[30 km/h, 30 km/h]", 3),
        ("traffic.yuan_a_metre=[1 yuan/m]", 3), ("traffic.score_weights=[10]", 4),
        ("falls.rates_per_year=[0.1 /year]", 3), ("parking.resident_hours=[1, 2]", 24),
        ("parking.office_hours=[1]", 24),
    ],
)  # fmt: skip
def test_lists_of_the_wrong_length_are_refused_at_their_place(given: str, needed: int) -> None:
    with pytest.raises(InputError, match=f"{needed} items are needed") as caught:
        load(ROOT / "tests/small_streets.yaml", sets=[given])
    (complaint,) = caught.value.complaints
    assert complaint.code == "S133"
    assert complaint.place is not None
    assert complaint.place.col == given.index("=") + 2


# -- whoever is cut off


def test_a_plan_does_not_win_by_cutting_people_off() -> None:
    """Street 3 is the only way to some homes and gates: without a charge for it, closing it would score best."""
    before, cut = lived().metrics(), lived(arm="cut").metrics()
    assert before["cut_off_share"] == before["through_cut_off_share"] == 0
    assert cut["cut_off_share"] > 0.02
    assert cut["through_cut_off_share"] > 0.05
    assert cut["travel_minutes"] > before["travel_minutes"]
    assert cut["street_plan_score"] < before["street_plan_score"] - 10
    free, free_cut = (lived("traffic.cut_off_minutes=0", arm=arm).metrics() for arm in ("as_it_is", "cut"))
    assert free_cut["street_plan_score"] > free["street_plan_score"]


def test_nobody_who_drives_is_left_out_of_the_mean() -> None:
    residents = lived(arm="cut").world.residents
    assert residents.cut_off.any()
    assert not residents.cut_off[~residents.drives_home].any()
    assert (np.isnan(residents.trip_minutes) == ~residents.drives_home).all()
    assert (residents.trip_minutes[residents.cut_off] > 20).all()
    assert lived(arm="cut").metrics()["travel_minutes"] == pytest.approx(np.nanmean(residents.trip_minutes))


def test_the_score_by_hand() -> None:
    """Each weight alone: minutes (turning back too), noise and cost count against a plan, green for it."""
    found = {
        weights: lived(f"traffic.score_weights={weights}", arm="cut").metrics()
        for weights in ("[1,0,0,0]", "[0,1,0,0]", "[0,0,1,0]", "[0,0,0,1]")
    }
    scores = [one["street_plan_score"] for one in found.values()]
    one = found["[1,0,0,0]"]
    turned_back = 20 * one["through_cut_off_share"]
    assert scores == pytest.approx(
        [-one["travel_minutes"] - turned_back, -one["noise_db_mean"], one["green_m2_per_resident"],
         -one["street_plan_cost_yuan"] / 1e6]
    )  # fmt: skip


def test_noise_lowers_the_score() -> None:
    quiet, loud = (lived(f"traffic.background_db={level} dB").metrics() for level in (30, 70))
    assert loud["noise_db_mean"] > quiet["noise_db_mean"]
    assert loud["travel_minutes"] == quiet["travel_minutes"]
    louder = loud["noise_db_mean"] - quiet["noise_db_mean"]
    assert loud["street_plan_score"] - quiet["street_plan_score"] == pytest.approx(-3 * louder)


# -- what would be best for all


def on_roads(roads: dict[str, list[Any]], **params: Any) -> Engine:
    given = {"followed": True, "peak_share": 0.0, **params}
    case = Case("", "", 1, {"roads": roads}, given, world={"days": 1})
    engine = engine_of(case, CATALOGUE["traffic"], list(CATALOGUE.own.values()), TABLES)
    engine.run()
    return engine


def both_ways(pieces: list[tuple[int, int, float, int]], gates: set[int]) -> dict[str, list[Any]]:
    """Return roads of pieces (start, end, metres, rank), each a street of its own."""
    there = [(street, *one) for street, one in enumerate(pieces)]
    back = [(street, end, start, metres, rank) for street, start, end, metres, rank in there]
    street, start, end, metres, rank = (list(column) for column in zip(*there, *back, strict=True))
    x, end_x = [0.001 * one for one in start], [0.001 * one for one in end]
    gate = [one in gates for one in start]
    return {"street": street, "start": start, "end": end, "metres": metres, "rank": rank, "x": x, "end_x": end_x,
            "gate": gate}  # fmt: skip


def test_two_links_cost_a_twentieth_more_than_they_need() -> None:
    """Free times 10 and 15 min, capacities 200 and 400, 600 cars: 9541.41 against 9062.85 at the best."""
    engine = on_roads(
        both_ways([(0, 1, 10_000, 0), (0, 1, 15_000, 1)], {0, 1}), through_per_hour=1200.0,
        speed_kmh=(60.0, 60.0, 60.0), capacity_per_hour=(200.0, 400.0, 100.0),
    )  # fmt: skip
    assert engine.metrics()["price_of_anarchy"] == pytest.approx(1.0528, abs=2e-4)
    assert engine.world.roads.best_flow_per_hour[0] == pytest.approx(230.373, rel=2e-3)


def test_pigou_with_the_fourth_power() -> None:
    """A road that always takes a minute beside one that takes (x / all) ** 4: 1 / (1 - 4 / 5 ** 1.25)."""
    engine = on_roads(
        both_ways([(0, 1, 1000, 0), (0, 1, 1e-6, 1)], {0, 1}), through_per_hour=200.0, congestion=1e9,
        speed_kmh=(60.0, 60.0, 60.0), capacity_per_hour=(1e12, 100.0, 1.0),
    )  # fmt: skip
    assert engine.metrics()["price_of_anarchy"] == pytest.approx(1 / (1 - 4 / 5**1.25), rel=2e-3)


def test_closing_the_bypass_of_braess_makes_all_quicker_and_anarchy_cheaper() -> None:
    """0 - 1 - 3 and 0 - 2 - 3; 0 - 1 and 2 - 3 are short and narrow, the others long and wide; 1 - 2 joins them."""
    pieces = [(0, 1, 1000, 1), (0, 2, 30_000, 0), (1, 3, 30_000, 0), (2, 3, 1000, 1), (1, 2, 1000, 0)]
    streets = {"speed_kmh": (60.0, 60.0, 60.0), "capacity_per_hour": (1e6, 500.0, 1.0), "congestion": 1.0}
    with_it, without = (
        on_roads(both_ways(pieces, {0, 3}), through_per_hour=2400.0, closed=closed, **streets) for closed in ((), (4,))
    )
    time = [
        float(one.world.roads.flow_per_hour @ np.where(np.isinf(one.world.roads.minutes), 0, one.world.roads.minutes))
        for one in (with_it, without)
    ]
    assert time[1] < 0.95 * time[0]
    anarchy = [one.metrics()["price_of_anarchy"] for one in (with_it, without)]
    assert anarchy[0] > 1.05
    assert anarchy[1] == pytest.approx(1.0, abs=2e-3)


# -- one world


def test_a_lever_that_moves_is_followed_and_paid_for_once() -> None:
    engine = engine_for(load(ROOT / "tests/small_streets.yaml", sets=["days=4"]), "as_it_is", 1)
    engine.step()
    assert engine.world.roads.flow_per_hour[engine.world.roads.street == 8].sum() > 0
    engine._move({"traffic.closed": (8,)})
    engine.step()
    engine.step()
    roads = engine.world.roads
    assert roads.flow_per_hour[roads.street == 8].sum() == 0
    postings = engine.world.postings
    paid = postings.account == STREETS
    assert postings.day[paid].tolist() == [1]
    assert postings.fen[paid].tolist() == [round(150_000 * roads.metres[roads.street == 8].sum() / 2)]
    engine._move({"traffic.closed": ()})
    engine.step()
    assert engine.metrics()["cut_off_share"] == 0
    same = lived().world.roads.flow_per_hour
    assert engine.world.roads.flow_per_hour.tolist() == same.tolist()


def test_parking_and_traffic_speak_of_the_same_cars() -> None:
    sets = ["parking.followed=on", "traffic.peak_share=1", "population.residents=1500", "days=7"]
    engine = lived(*sets)
    households, residents, stays = engine.world.households, engine.world.residents, engine.world.stays
    driving = np.bincount(residents.household[residents.drives_home], minlength=len(households))
    grown = np.bincount(residents.household[residents.age >= 18], minlength=len(households))
    assert (driving == np.minimum(households.cars, grown)).all()
    came = (stays.side == 0).sum() / 7
    assert came == pytest.approx(0.8 * households.cars.sum(), rel=0.1)
    rich, poor = (households.cars[np.isin(households.income, fifths)].mean() for fifths in ((4, 5), (1, 2)))
    assert rich > poor + 0.15
    assert households.cars.mean() == pytest.approx(0.45, abs=0.05)
    none = lived(*sets, "population.cars_per_household=0")
    assert not (none.world.stays.side == 0).any()
    assert not none.world.residents.drives_home.any()


def test_scenarios_without_traffic_have_no_roads() -> None:
    engine = lived("traffic.followed=off")
    assert not len(engine.world.roads)
    assert not {*PLANS, "cut_off_share"} & engine.metrics().keys()


# -- regret, and the map of differences


def test_regret_by_hand() -> None:
    found = regrets({"a": [3.0, 1.0], "b": [2.0, 5.0]}, "higher")
    assert [(one.mean, one.most, one.best_share) for one in found.values()] == [(2.0, 4.0, 0.5), (0.5, 1.0, 0.5)]
    assert regrets({"a": [3.0], "b": [2.0]}, "lower")["a"].mean == 1.0
    assert regrets({}, "lower") == {}


@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 3), min_size=1, max_size=8))
def test_in_every_world_somebody_regrets_nothing(rows: list[tuple[float, ...]]) -> None:
    found = regrets({str(arm): [row[arm] for row in rows] for arm in range(3)}, "lower")
    assert sum(one.best_share for one in found.values()) >= 1 - 1e-9
    assert min(one.most for one in found.values()) >= 0


def test_regret_has_an_interval_and_only_several_seeds_have() -> None:
    found = regrets({"a": [3.0, 1.0, 4.0, 2.0], "b": [2.0, 5.0, 1.0, 2.0]}, "higher")
    for one in found.values():
        assert one.ci95 is not None
        assert one.ci95[0] <= one.mean <= one.ci95[1] <= one.most
    assert found["a"].ci95 != found["b"].ci95
    assert regrets({"a": [3.0], "b": [2.0]}, "lower")["a"].ci95 is None
    assert regrets({"a": [3.0, 3.0], "b": [2.0, 2.0]}, "lower")["a"].ci95 == (1.0, 1.0)


@pytest.fixture(scope="module")
def compared() -> Experiment:
    """Four plans, two seeds."""
    return run(load(ROOT / "tests/small_streets.yaml"))


def test_several_plans_are_told_with_their_regret(compared: Experiment) -> None:
    for lang, title in (("en", "Regret"), ("zh", "后悔值")):
        writer = Writer(compared, lang)
        overview = regret_overview(compared, writer)
        assert overview is not None
        assert overview.title.startswith(title)
        assert len(overview.head) == 1 + len(compared.scenario.primary)
        assert [row[0] for row in overview.rows] == [writer.arm(arm) for arm in compared.arms]
        sheets = regret_sheets(compared, writer)
        assert [sheet.title for sheet in sheets] == [writer.metric(name) for name in compared.scenario.primary]
        assert all(len(row) == len(sheet.head) for sheet in sheets for row in sheet.rows)
    cut = compared.regrets("street_plan_score")["cut"]
    assert cut.ci95 is not None
    assert cut.ci95[0] > 5
    row = overview.rows[compared.arms.index("cut")]
    assert f"{cut.mean:.0f}" in row[1] and " 至 " in row[1]


def test_two_arms_have_no_regret_beside_their_difference(compared: Experiment) -> None:
    two = run(load(ROOT / "tests/small_streets.yaml"), arms=["as_it_is", "cut"], replications=1)
    assert regret_overview(two, Writer(two, "en")) is None
    assert regret_sheets(two, Writer(two, "en")) == []


def test_the_headline_says_who_is_cut_off(compared: Experiment) -> None:
    for lang, said in (("en", "cut cuts people off"), ("zh", "「cut」使人无路可走")):
        lines = [line for line in Writer(compared, lang).opening() if said in line]
        share = Writer(compared, lang).mean("cut_off_share", compared.estimates["cut"]["cut_off_share"])
        assert len(lines) == 1
        assert share in lines[0]
    alone = run(load(ROOT / "tests/small_streets.yaml"), arms=["cut"], replications=1)
    assert any("cuts people off" in line for line in Writer(alone, "en").opening())


def test_plans_for_streets_rest_on_no_catalogue_of_works(compared: Experiment) -> None:
    """Traffic reads what works there are; nobody plans any here."""
    carried = {one.path for one in Writer(compared, "en").carrying}
    assert "traffic.cut_off_minutes" in carried
    assert "population.cars_per_household" in carried
    assert not {one for one in carried if one.startswith("plans.")}


def test_what_a_plan_changes_cannot_be_taken_for_a_border() -> None:
    plain, changed = (one.boundary["color"] for one in (maps._Map, maps._ChangeMap))
    for tone in (maps._LESS, maps._MORE):
        apart = np.subtract(*(np.array(to_rgb(one)) for one in (tone, changed)))
        assert np.abs(apart).max() > 0.3
    assert np.ptp(to_rgb(changed)) < 0.1 < np.ptp(to_rgb(plain))
    assert maps._CARS_SHOWN[-1] == maps._CARS_A_POINT * maps._WIDEST_POINTS


def test_the_map_of_differences_adds_both_directions() -> None:
    roads = lived().world.roads.arrays()
    forth, back = maps._both_ways(roads)
    assert sorted([*forth, *back]) == list(range(len(roads["x"])))
    assert (roads["start"][forth] == roads["end"][back]).all()
    ground = places_of(PlacesSettings(map="bubenec"))
    lines = np.zeros((len(forth), 2, 2))
    lines[:, 1, 0] = roads["metres"][forth]
    cars = roads["flow_per_hour"][forth] + roads["flow_per_hour"][back]
    change = maps.Change("b", Words("b", "乙"), lines, roads["street"][forth], cars, cars + 100)
    atlas = maps.Atlas(ground, (), Words("a", "甲"), (change,))  # type: ignore[arg-type]
    told = maps.told(atlas)
    assert told.titles["map_traffic_b"]["zh"] == "车流如何变化：乙"
    rows = told.sheets["map_traffic_b"]["en"].rows
    assert len(rows) == 10
    assert {row[3] for row in rows} == {"+100"}
    same = replace(atlas, changes=(replace(change, after=cars),))
    assert {row[3] for row in maps.told(same).sheets["map_traffic_b"]["en"].rows} == {"+0"}
    assert set(maps.draw(atlas, "zh")) == {"map_traffic_b"}
    said = {lang: words_on(maps.draw(atlas, lang)["map_traffic_b"]) for lang in ("en", "zh")}
    assert "cars an hour in the evening peak, against “a”: up to 100 more or fewer on one street" in said["en"]
    assert "晚高峰每小时车流，与“甲”相比：单条道路最多增减 100 辆" in said["zh"]
    assert {"100 cars/h", "300 cars/h", "720 cars/h and beyond"} <= said["en"]
    assert any(one.endswith("no difference") for one in words_on(maps.draw(same, "en")["map_traffic_b"]))


def words_on(figure: Any) -> set[str]:
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return {text.get_text() for text in figure.texts} | set(legends)
