"""A neighbourhood on a map: who lives where, where faults begin, how far workers go, hot spots, and what is drawn."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from tests.desk_kit import AROUND_THE_CLOCK, lived, same, steps
from tests.places_kit import box, collection, lattice
from twin.cli.app import main
from twin.core.columns import Floats, Ints
from twin.core.engine import Engine
from twin.errors import InputError
from twin.report import figures, maps
from twin.runs.experiment import Means, data_of, run
from twin.scenario.build import engine_for
from twin.scenario.load import Scenario, load
from twin.world.hotspots import CELLS_METRES, Lattice, fitting, gi_star
from twin.world.places.assets import CATEGORIES_OF
from twin.world.places.build import places_of
from twin.world.tables import ASSET_KINDS

ROOT = Path(__file__).resolve().parent.parent
SHORT = ["days=21", "warm_up_days=7", "run_on_days=10"]
WIDEST = 1.0  # metres by which float32 kilometres may be off


# -- hot spots


def test_gi_star_agrees_with_the_published_value_of_pysal() -> None:
    """Points, values and result of esda's own test of G*_i: binary weights within 15 m."""
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
    near = np.hypot(*np.moveaxis(points[:, None] - points, 2, 0)) <= 15
    assert gi_star(np.array([2, 3, 3.2, 5, 8, 7]), *np.nonzero(near))[0] == pytest.approx(-1.39727626)


def test_gi_star_by_hand() -> None:
    """Three cells in a row holding 6, 0, 0: mean 2, spread √8; the first has two cells, so (6 - 4) / √8 / √(2/2)."""
    here, there = np.array([0, 0, 1, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 1, 2])
    assert gi_star(np.array([6.0, 0.0, 0.0]), here, there) == pytest.approx([2 / 8**0.5, 0.0, -4 / 8**0.5])


def test_an_even_spread_has_no_hot_spots() -> None:
    lattice_ = Lattice.over(
        np.stack(np.meshgrid(np.arange(10) * 50.0, np.arange(8) * 50.0), axis=-1).reshape(-1, 2), 50.0
    )
    assert len(lattice_) == 80
    assert (gi_star(np.full(80, 3.0), *lattice_.neighbours()) == 0).all()


def test_cells_count_what_lies_in_them_and_know_their_neighbours() -> None:
    spots = np.array([(5.0, 5.0), (60.0, 5.0), (-1.0, 5.0), (5.0, 205.0)])
    cells = Lattice.over(spots, 50.0)
    assert cells.corner.tolist() == [[-1, 0], [0, 0], [0, 4], [1, 0]]
    assert cells.counts(np.array([(1.0, 1.0), (49.0, 49.0), (51.0, 1.0), (500.0, 1.0), (1.0, 60.0)])).tolist() == [
        0,
        2,
        0,
        1,
    ]
    here, there = cells.neighbours()
    assert sorted(zip(here.tolist(), there.tolist(), strict=True)) == [
        (0, 0), (0, 1), (1, 0), (1, 1), (1, 3), (2, 2), (3, 1), (3, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(("extent", "side"), [(100, 20), (480, 25), (845, 50), (2900, 100), (20_000, 500)])
def test_cells_fit_the_neighbourhood(extent: float, side: float) -> None:
    assert fitting(np.array([(0.0, 0.0), (extent / 2, extent)])) == side
    assert side in CELLS_METRES


# -- the desk on streets


class TwoStops:
    """A depot at kilometre 0 and an island at kilometre 1, three kilometres of road apart."""

    km = np.array([[0.0, 3.0], [3.0, 0.0]])

    def stop_at(self, x: Floats, y: Floats) -> Ints:
        return (np.asarray(x) > 0.5).astype(np.int64)


WALKING = replace(AROUND_THE_CLOCK, minutes_per_km=10.0)


def test_workers_go_by_the_streets_of_a_map() -> None:
    desk = lived(WALKING, [0.0, 300.0], x=[1.0, 1.0], ways=TwoStops())
    arrived = [dict(steps(desk, order))["arrived"] for order in (0, 1)]
    assert arrived == pytest.approx([0.5, 5.0]), "half an hour there; the second time the worker is there already"
    crow = lived(WALKING, [0.0, 300.0], x=[1.0, 1.0])
    assert dict(steps(crow, 0))["arrived"] == pytest.approx(10 / 60)


def test_the_nearest_by_street_is_sent_even_if_the_crow_would_choose_another() -> None:
    from twin.desk.settings import Team

    team = Team(workers=2, calendar="24x7", grids=(0, 1))
    settings = replace(WALKING, teams={"servers": team}, assignment="nearest")

    class River:
        """Stops on either bank: 0.1 km apart for the crow, five by the bridge."""

        km = np.array([[0.0, 5.0, 1.0], [5.0, 0.0, 6.0], [1.0, 6.0, 0.0]])

        def stop_at(self, x: Floats, y: Floats) -> Ints:
            return np.searchsorted([0.15, 0.5], np.asarray(x)).astype(np.int64)

    homes = ((1.0, 0.0), (0.2, 0.0))  # the first worker is far, on the near bank
    desk = lived(settings, [0.0], x=0.1, ways=River(), homes=homes)
    assert int(desk.orders["worker"][0]) == 0
    assert int(lived(settings, [0.0], x=0.1, homes=homes).orders["worker"][0]) == 1


def test_the_kernel_reads_streets_as_plain_python_does() -> None:
    minutes, x = np.arange(40) * 37.0, np.arange(40) % 3 / 2
    one, other = (lived(WALKING, minutes, x=x, ways=TwoStops(), plain=plain, until_day=4) for plain in (False, True))
    assert same(one.log, other.log)
    assert same(one.orders, other.orders)


# -- a world on a map


@pytest.fixture(scope="module")
def bubenec() -> Scenario:
    return load(ROOT / "scenarios" / "bubenec.yaml", sets=[*SHORT, "population.residents=1500"])


@pytest.fixture(scope="module")
def lived_there(bubenec: Scenario) -> Engine:
    engine = engine_for(bubenec, "nearest", 3)
    engine.run()
    return engine


def apart(table: Any, other: Any) -> Floats:
    """Metres from each row of a table to the nearest row of another."""
    from scipy.spatial import cKDTree

    ends = [np.stack([one.x, one.y], axis=1) for one in (table, other)]
    return 1000 * cKDTree(ends[1]).query(ends[0])[0]


def test_residents_live_in_the_flats_of_the_map(lived_there: Engine) -> None:
    world = lived_there.world
    ground = world.ground
    assert len(world.residents) == 1500
    assert (len(world.buildings), len(world.flats)) == (len(ground.buildings), len(ground.flats))
    home = world.flats.building[world.households.flat[world.residents.household]]
    assert (world.residents.grid == ground.grid[home]).all()
    assert 1000 * world.residents.x == pytest.approx(ground.buildings.xy[home, 0], abs=WIDEST)
    assert (world.flats.floor <= world.buildings.storeys[world.flats.building]).all()


def test_faults_begin_at_assets_and_tickets_come_from_there(lived_there: Engine) -> None:
    world = lived_there.world
    assert len(world.places) == len(world.ground.assets)
    assert len(world.incidents) > 50
    assert apart(world.incidents, world.places).max() < WIDEST
    assert apart(world.tickets, world.places).max() < WIDEST
    assert (world.tickets.grid < world.ground.grids).all()
    for kind, names in CATEGORIES_OF.items():
        category = world.places.category[world.places.kind == ASSET_KINDS.index(kind)]
        assert {world.categories[one] for one in category} <= set(names)
    stairs = world.places.category[world.places.kind == ASSET_KINDS.index("stairwell")]
    assert "noise" in {world.categories[one] for one in stairs}
    assert "lighting_paving" not in {world.categories[one] for one in stairs}


def test_work_takes_the_time_of_the_way_along_the_streets(lived_there: Engine) -> None:
    """Without luck in the way: travel is fixed minutes and the way from the worker's last place."""
    desk: Any = lived_there.world.resources["desk"]
    fixed = load(ROOT / "scenarios" / "bubenec.yaml", sets=[*SHORT, "population.residents=1500", "desk.travel_cv=0"])
    engine = engine_for(fixed, "nearest", 3)
    engine.run()
    desk = engine.world.resources["desk"]
    ways = engine.world.ground.ways
    log = desk.log
    here = dict(enumerate(ways.stop_at(desk.workers["x"], desk.workers["y"]).tolist()))
    start = {
        w: int(ways.nearest(engine.world.ground.grid_centres)[grid]) for w, grid in enumerate(desk.workers["grid"])
    }
    checked = 0
    signed: dict[int, tuple[int, float]] = {}
    for one in log:
        worker, order, minute = int(one["worker"]), int(one["order"]), float(one["minute"])
        if one["code"] == 4:
            signed[worker] = (order, minute)
        if one["code"] == 5 and signed.get(worker, (None,))[0] == order and minute - signed[worker][1] < 60:
            there = int(desk.orders["stop"][order])
            assert minute - signed[worker][1] == pytest.approx(5 + 12 * ways.km[start[worker], there])
            checked += 1
        if one["code"] in (6, 9):
            start[worker] = int(desk.orders["stop"][order])
    assert here
    assert checked > 20


def test_a_map_of_ones_own_with_grids_for_the_desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    houses = [box(30 * x, 30 * y, 20, 20, flats=20, storeys=3, grid=str(y // 2)) for y in range(6) for x in range(4)]
    (tmp_path / "my.geojson").write_text(collection(*houses, *lattice(7, 30.0), crs="WGS84"), encoding="utf-8")
    text = """\
version: 1
days: 20
warm_up_days: 5
replications: 1
places: {map: my.geojson, crs: WGS84, lamp_metres: 100 m}
population: {residents: 700}
incidents: {faults_per_place_year: 20}
desk: {teams: {crew: {workers: 3, calendar: 24x7, grids: [0, 1, 2]}}, assignment: own_grid, minutes_per_km: 12}
arms: {here: {}}
"""
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    scenario = load(tmp_path / "mine.yaml")
    assert set(data_of(scenario)) == {"here.places"}
    engine = engine_for(scenario, "here", 1)
    engine.run()
    assert engine.world.ground.grids == 3
    assert sorted(set(engine.world.tickets.grid.tolist())) == [0, 1, 2]
    (tmp_path / "mine.yaml").write_text(text.replace("[0, 1, 2]", "[0, 3]"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "mine.yaml")
    assert [one.code for one in caught.value.complaints] == ["S136"]


def test_a_map_that_cannot_be_used_is_refused_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "bad.geojson").write_text(
        collection(box(0, 0, 9, 9, storeys="x"), box(0, 0, 9, 9, height="y")), "utf-8"
    )
    text = "version: 1\ndays: 9\nplaces:\n  map: {map}\narms: {here: {}, there: {}}\n"
    for name, expected in (("bad.geojson", [("D513", 2), ("D513", 3)]), ("bubenek", [("Y023", 4)])):
        (tmp_path / "s.yaml").write_text(text.replace("{map}", name), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load(tmp_path / "s.yaml")
        assert [(one.code, one.place.line) for one in caught.value.complaints] == expected
    assert caught.value.complaints[0].values["suggestion"] == "bubenec"


def test_too_many_residents_for_the_map_are_refused(bubenec: Scenario) -> None:
    crowded = load(ROOT / "scenarios" / "bubenec.yaml", sets=["population.residents=50000"])
    with pytest.raises(InputError) as caught:
        engine_for(crowded, "nearest", 1)
    assert caught.value.complaints[0].code == "D494"


# -- what is drawn


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run on the Shanghai block with everything that is published."""
    from twin.report import publish

    out = tmp_path_factory.mktemp("run") / "shanghai"
    scenario = load(
        ROOT / "scenarios" / "shanghai_block.yaml", sets=[*SHORT, "incidents.faults_per_place_year=6 /year"]
    )
    run(scenario, ["nearest"], 2, None, Means(out=out, publish=publish))
    return out


@pytest.fixture(scope="module")
def drawn(folder: Path) -> dict[str, Any]:
    """The maps of the run, as figures."""
    scenario = load(ROOT / "scenarios" / "shanghai_block.yaml")
    places = places_of(scenario.arms["nearest"].blocks["places"])
    assert places is not None
    spots = places.assets.xy[np.random.default_rng(1).integers(0, len(places.assets), 2000)]
    atlas = maps.Atlas(places, (maps.Series("incidents", spots, 2), maps.Series("reports", spots[::3], 2)),
                       scenario.arms["nearest"].title)  # fmt: skip
    return {"atlas": atlas, **{lang: maps.draw(atlas, lang) for lang in figures.LANGUAGES}}


def test_incidents_and_reports_are_two_maps_in_two_languages(folder: Path) -> None:
    kept = {path.name for path in (folder / "figures").iterdir()}
    assert kept >= {f"map_{name}-{lang}.png" for name in ("incidents", "reports") for lang in ("en", "zh")}
    page = (folder / "summary.html").read_text("utf-8")
    for words in (
        "Where faults begin",
        "Where people report",
        "事件发生在哪里",
        "诉求来自哪里",
        "地图未标明、按规则布设",
    ):
        assert words in page


def test_on_the_map_buildings_grids_and_hot_spots_can_be_recognised(drawn: dict[str, Any]) -> None:
    places = drawn["atlas"].places
    for lang in figures.LANGUAGES:
        axes = drawn[lang]["map_incidents"].axes[0]
        shapes = [one for one in axes.collections if len(one.get_paths()) == len(places.buildings)]
        assert shapes, "every building is a shape"
        assert len({tuple(tone) for tone in shapes[0].get_facecolor()}) >= 4, "buildings in hot spots have another tone"
        words = [text.get_text() for text in axes.texts]
        assert [name for name in places.grid_names if name not in words] == [], "every grid is named"
        assert places.attribution in words
        assert any("200" in word for word in words), "the scale bar says how long it is"
        legend = [text.get_text() for text in drawn[lang]["map_incidents"].legends[0].get_texts()]
        assert len(legend) == 7


def test_the_picture_shows_them(folder: Path) -> None:
    """Tones that nothing else on the map has cover enough of the picture: buildings, boundaries, hot spots."""
    picture = matplotlib.image.imread(io.BytesIO((folder / "figures" / "map_incidents-zh.png").read_bytes()))[..., :3]

    def covered(tone: str) -> float:
        wanted = np.array([int(tone[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        return float((np.abs(picture - wanted) < 0.012).all(axis=2).mean())

    assert 0.05 < covered(maps._HOME) < 0.4
    assert 0.004 < covered(maps._BOUNDARY) < 0.05
    assert sum(covered(tone) for _, _, soft, deep in maps._CONFIDENCE for tone in (soft, deep)) > 0.01


def test_latent_and_reported_hot_spots_come_from_their_own_series(folder: Path) -> None:
    told = json.loads((folder / "map.geojson").read_text("utf-8"))
    layers = [one["properties"]["layer"] for one in told["features"]]
    assert layers.count("building") == 277
    assert layers.count("grid") == 11
    hot = [one["properties"] for one in told["features"] if one["properties"]["layer"] == "hot_spot"]
    assert {one["series"] for one in hot} <= {"incidents", "reports"}
    assert any(one["series"] == "incidents" for one in hot)
    assert all(one["gi_star"] > 1.6 and one["a_run"] >= 0 for one in hot)
    assert told["attribution"] == "© OpenStreetMap contributors"


class Tables:
    """As much of a run folder as the maps read: the same rows for each of two runs."""

    def table_of(self, name: str, arm: str) -> list[tuple[int, dict[str, Any]]]:
        minute = np.array([9.9, 10.0, 12.0, 19.9, 20.0]) * 1440
        at = {"x": np.arange(5, dtype=np.float32) / 10, "y": np.zeros(5, np.float32)}
        of = {"place": np.array([0, 1, -1, 2, 3]), "again": np.array([0, 0, 0, 1, 0], bool)}
        rows = {**at, **of, "began": minute, "created": minute}
        return [(1, rows), (2, rows)]


def test_series_hold_what_counts_in_the_measuring_window(bubenec: Scenario) -> None:
    class Run:
        scenario, baseline, arms = replace(bubenec, days=20, warm_up_days=10), "nearest", ()

    atlas = maps.atlas_of(Run(), Tables())  # type: ignore[arg-type]
    assert atlas is not None
    incidents, reports = atlas.series
    assert incidents.xy[:, 0] == pytest.approx([100, 300, 100, 300], abs=0.01), "not what stands at no place"
    assert reports.xy[:, 0] == pytest.approx([100, 200, 100, 200], abs=0.01), "no re-complaints"
    assert incidents.runs == 2


def test_the_svg_is_light_and_the_same_every_time(drawn: dict[str, Any]) -> None:
    figure = drawn["en"]["map_reports"]
    light = maps.light(figures.svg(figure, "en"))
    assert light == maps.light(figures.svg(figure, "en"))
    assert len(light) < 400_000


def test_without_a_map_nothing_of_it_is_kept(tmp_path: Path) -> None:
    from twin.report import publish

    scenario = load(
        ROOT / "scenarios" / "dispatch.yaml", sets=["days=10", "warm_up_days=2", "population.residents=200"]
    )
    run(scenario, ["manual"], 1, None, Means(out=tmp_path / "run", publish=publish))
    kept = {path.name for path in (tmp_path / "run").rglob("*")}
    assert not {name for name in kept if "map" in name or "incidents" in name}


# -- the command


def ends(*words: str) -> int | str | None:
    try:
        return main(list(words))
    except SystemExit as end:
        return end.code


def test_show_writes_the_map_for_a_gis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "map.geojson"
    assert not ends("show", str(ROOT / "scenarios" / "bubenec.yaml"), "--geojson", str(target), "--lang", "zh")
    assert "144 栋楼" in capsys.readouterr().err
    assert len(json.loads(target.read_text("utf-8"))["features"]) > 500
    assert ends("show", str(ROOT / "scenarios" / "dispatch.yaml"), "--geojson", str(target)) == 2
    assert "D517" in capsys.readouterr().err
    assert ends("show", str(ROOT / "scenarios" / "bubenec.yaml"), "--geojson", str(tmp_path / "no" / "map")) == 2
