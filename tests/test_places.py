"""Places: coordinate systems, geometry, maps read and refused, homes, grids, streets, assets, estates, GeoJSON out."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.places_kit import SOMEWHERE, box, collection, degrees, feature, lattice, line, places, point, settings_for
from twin.core.columns import Floats, Ints
from twin.errors import InputError, render
from twin.world.places import projection, shapes
from twin.world.places.build import Places, grids_in, places_of, synthetic_estate
from twin.world.places.grids import cut, neighbours_of, pieces
from twin.world.places.projection import Belt, Ellipsoid, Frame, crs_named
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths
from twin.world.places.streets import Ways, network_of, ways_between
from twin.world.places.survey import survey
from twin.world.places.tessellation import tessellated
from twin.world.places.writing import geojson_of
from twin.world.tables import ASSET_KINDS

CHINA = st.tuples(st.floats(80.0, 130.0), st.floats(5.0, 50.0))
SHANGHAI = Frame(121.48, 31.23, 31.23)
METRE = 1 / 111_000  # of a degree, roughly


def shipped(name: str, **said: Any) -> Places:
    found = places_of(PlacesSettings(map=name, **said))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def shanghai() -> Places:
    return shipped("shanghai_block", residential_share=0.2, flats_per_landing=6)


@pytest.fixture(scope="module")
def bubenec() -> Places:
    return shipped("bubenec", storeys=5)


def complaints(made: Callable[[], object]) -> list[tuple[str, int | None]]:
    """Return the codes and lines of what is complained of."""
    with pytest.raises(InputError) as caught:
        made()
    for lang in ("en", "zh"):
        assert "<" not in render(caught.value, lang).replace("<--", ""), "every value of a message is filled in"
    return [(one.code, one.place.line if one.place else None) for one in caught.value.complaints]


# -- coordinate systems

PUBLISHED = {  # the points that the public implementations print in their own tests
    "wgs84 to gcj02": (projection.to_gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    "gcj02 to bd09": (projection.to_bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_offsets_of_china_agree_with_the_published_points(name: str) -> None:
    shift, start, end = PUBLISHED[name]
    assert shift(np.array([start]))[0] == pytest.approx(end, abs=1e-12)


def test_the_published_way_back_from_bd09_is_met_within_a_metre() -> None:
    back = projection._undone(projection.to_bd09, np.array([[116.404, 39.915]]))[0]
    assert back == pytest.approx((116.39762729119315, 39.90865673957631), abs=METRE)  # theirs is a single step


@given(CHINA)
def test_the_offsets_are_undone(where: tuple[float, float]) -> None:
    here = np.array([where])
    gcj = projection.to_gcj02(here)
    assert np.abs(projection.from_gcj02(gcj) - here).max() < 1e-3 * METRE
    assert np.abs(projection.from_bd09(projection.to_bd09(gcj)) - here).max() < 1e-3 * METRE
    east, north = (gcj - here)[0] / METRE * (math.cos(math.radians(where[1])), 1.0)
    assert math.hypot(east, north) < 1200


def test_outside_china_gcj02_is_wgs84() -> None:
    prague = np.array([[14.4, 50.1]])
    assert (projection.to_gcj02(prague) == prague).all()


def test_transverse_mercator_gives_the_worked_example_of_the_guidance_note() -> None:
    """EPSG Guidance Note 7-2: the British National Grid, 50°30'N 0°30'E; northings count from 49°N."""
    british = Belt(-2.0, 0.9996012717, 400_000.0, 0.0, Ellipsoid(6377563.396, 1 / 299.3249646))
    (east, north), (_, origin) = projection.to_belt(np.array([[0.5, 50.5], [-2.0, 49.0]]), british)
    assert (east, north - origin - 100_000.0) == pytest.approx((577274.99, 69740.50), abs=0.01)


@pytest.mark.parametrize(
    ("epsg", "meridian", "easting"),
    [(4547, 114, 5e5), (4526, 114, 38.5e6), (4507, 105, 5e5), (4491, 75, 13.5e6), (4554, 135, 5e5), (32651, 123, 5e5)],
)
def test_belts_have_the_meridian_and_easting_of_their_code(epsg: int, meridian: float, easting: float) -> None:
    belt = projection.belt_of(epsg)
    assert belt is not None
    assert (belt.meridian, belt.easting) == (meridian, easting)


@given(st.floats(-3.0, 3.0), st.floats(-80.0, 80.0))
def test_belts_are_undone(beside: float, latitude: float) -> None:
    belt, here = Belt(120.0), np.array([[120.0 + beside, latitude]])
    assert projection.from_belt(projection.to_belt(here, belt), belt) == pytest.approx(here, abs=1e-3 * METRE)


@given(st.floats(-60.0, 60.0), st.floats(-5000.0, 5000.0), st.floats(-5000.0, 5000.0))
def test_metres_of_the_frame_are_metres(latitude: float, east: float, north: float) -> None:
    """Against Krüger's transverse Mercator, which is true to scale so near to its meridian."""
    frame = Frame(10.0, latitude, latitude)
    ends = np.array([(0.0, 0.0), (east, north)])
    truly = projection.to_belt(frame.degrees(ends), Belt(10.0))
    length = math.hypot(*(truly[1] - truly[0]))
    assert abs(math.hypot(east, north) - length) <= 0.0015 * length + 1e-6
    assert frame.metres(frame.degrees(ends)) == pytest.approx(ends, abs=1e-6)


@pytest.mark.parametrize(
    ("said", "name"),
    [("wgs 84", "WGS84"), ("urn:ogc:def:crs:OGC:1.3:CRS84", "WGS84"), ("urn:ogc:def:crs:EPSG::4547", "EPSG:4547"),
     ("GCJ02", "GCJ-02"), ("火星坐标系", "GCJ-02"), ("bd-09", "BD-09"), ("epsg:3857", "EPSG:3857"),
     ("CGCS2000", "CGCS2000"), ("http://www.opengis.net/def/crs/EPSG/0/32651", "EPSG:32651")],
)  # fmt: skip
def test_coordinate_systems_are_known_by_many_names(said: str, name: str) -> None:
    assert crs_named(said).name == name


@pytest.mark.parametrize("said", ["EPSG:2437", "Beijing 1954", "EPSG:5514", "", "WGS72"])
def test_other_coordinate_systems_are_refused(said: str) -> None:
    assert complaints(lambda: crs_named(said)) == [("D509", None)]


# -- geometry


def ring(*corners: tuple[float, float]) -> Floats:
    return np.array([*corners, corners[0]], np.float64)


L_SHAPE = ring((0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3))


def test_areas_and_centres_by_hand() -> None:
    rings = Paths.of([ring((0, 0), (6, 0), (0, 3)), L_SHAPE, L_SHAPE[::-1]], [0, 1, 2])
    assert shapes.ring_areas(rings) == pytest.approx([9.0, 6.0, -6.0])
    area, centre = shapes.area_and_centre(rings, 3)
    assert centre[0] == pytest.approx((2.0, 1.0))
    assert centre[1] == pytest.approx((9 / 6, 6 / 6))  # two boxes: 4 at (2, ½) and 2 at (½, 2)
    assert area == pytest.approx([9.0, 6.0, -6.0])


def test_a_courtyard_is_no_footprint() -> None:
    rings = Paths.of([ring((0, 0), (10, 0), (10, 10), (0, 10)), ring((2, 2), (2, 6), (6, 6), (6, 2))], [0, 0])
    area, centre = shapes.area_and_centre(rings, 1)
    assert area == pytest.approx([100 - 16])
    assert centre[0] == pytest.approx((500 - 16 * 4) / 84 * np.ones(2))


@given(st.floats(0, 2 * math.pi), st.floats(-1e3, 1e3), st.integers(3, 30))
def test_turning_and_moving_keeps_the_area(angle: float, away: float, corners: int) -> None:
    turns = 2 * np.pi * np.arange(corners) / corners
    radius = 5 + np.arange(corners) % 3
    star = ring(*zip(radius * np.cos(turns), radius * np.sin(turns), strict=True))
    turn = np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])
    areas = shapes.ring_areas(Paths.of([star, star @ turn.T + away], [0, 1]))
    assert areas[1] == pytest.approx(areas[0])


def test_a_ring_that_crosses_itself_says_where() -> None:
    assert shapes.crossing(ring((0, 0), (2, 2), (2, 0), (0, 2))) == pytest.approx((1.0, 1.0))
    assert shapes.crossing(L_SHAPE) is None


def test_inside_by_hand() -> None:
    points = np.array([(0.5, 0.5), (2, 2), (3.5, 0.9), (-1, 0.5), (0.5, 2.9)])
    assert shapes.inside(points, L_SHAPE).tolist() == [True, False, True, False, True]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=12), st.floats(0.5, 30))
def test_dividing_a_path_keeps_its_length_and_ends(points: list[tuple[int, int]], longest: float) -> None:
    path = np.array(points, np.float64)
    dense = shapes.densified(Paths.of([path, path[::-1]], [0, 1]), longest)
    assert shapes.lengths(dense) == pytest.approx(shapes.lengths(Paths.of([path, path[::-1]], [0, 1])))
    at = dense.segments
    assert np.hypot(*(dense.xy[at + 1] - dense.xy[at]).T).max(initial=0) <= longest * (1 + 1e-9)
    assert (next(iter(dense))[[0, -1]] == path[[0, -1]]).all()


def test_points_along_a_street_are_evenly_spaced() -> None:
    street = Paths.of([np.array([(0.0, 0.0), (40.0, 0.0), (40.0, 30.0)]), np.array([(0.0, 9.0), (9.0, 9.0)])], [0, 1])
    assert shapes.spaced(street, 20.0).tolist() == [[10, 0], [30, 0], [40, 10]]


# -- maps that cannot be used

HOUSE = box(0, 0, 20, 10)
TWICE = feature("Polygon", [degrees([(0, 0), (20, 20), (20, 0), (0, 20), (0, 0)])])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("D502", 1)]),
        ("[1, 2]", [("D502", 1)]),
        ('{"type": "FeatureCollection",\n "features": [{"a": nan}]}', [("D502", 2)]),
        ('{"type": "FeatureCollection",\n "features": [\n' + json.dumps(HOUSE) + ",]}", [("D502", 3)]),
        ('{"type": "FeatureCollection", "features": [' + "[" * 100_000 + "]}", [("D502", 1)]),
        (json.dumps(HOUSE), [("D503", 1)]),
        (collection(), [("D510", None)]),
        (collection(line((0, 0), (50, 0))), [("D510", None)]),
        (collection(HOUSE, {"type": "Feature", "properties": None, "geometry": None}), [("D505", 3)]),
        (collection(HOUSE, feature("GeometryCollection", [])), [("D505", 3)]),
        (collection(HOUSE, point(1, 1, layer="building")), [("D505", 3)]),
        (collection(HOUSE, feature("Polygon", [[[12, 48], [12.1, 48]]])), [("D506", 3)]),
        (collection(HOUSE, feature("Polygon", [degrees([(0, 0), (9, 0), (9, 9), (1, 9)])])), [("D506", 3)]),
        (collection(HOUSE, feature("Polygon", [degrees([(0, 0), (9, 0), (4, 0), (0, 0)])])), [("D506", 3)]),
        (collection(HOUSE, feature("LineString", [["12.0", "48.0"], ["12.1", "48.1"]])), [("D506", 3)]),
        (collection(HOUSE, feature("LineString", [[10**400, 48], [12, 48]])), [("D506", 3)]),
        (collection(feature("Polygon", [[[31, 121], [31, 122], [32, 122], [31, 121]]])), [("D504", 2)]),
        (collection(feature("Polygon", [[[5e5, 3e6], [5e5, 3.1e6], [6e5, 3e6], [5e5, 3e6]]])), [("D507", 2)]),
        (collection(HOUSE, TWICE), [("D512", 3)]),
        (collection(box(0, 0, 9, 9, storeys="six")), [("D513", 2)]),
        (collection(box(0, 0, 9, 9, height=-3, flats=True)), [("D513", 2), ("D513", 2)]),
        (collection(HOUSE, HOUSE, box(200_000, 0, 9, 9)), [("D516", 4)]),
        (collection(HOUSE, line((9000, 0), (9100, 0))), [("D511", 3)]),
        (collection(box(0, 0, 20, 10, use="school")), [("D515", None)]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_map_is_said_with_its_line(
    tmp_path: Path, text: str, expected: list[tuple[str, int | None]]
) -> None:
    assert complaints(lambda: places_of(settings_for(tmp_path, text))) == expected


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = collection(box(0, 0, 9, 9, storeys="six"), TWICE, HOUSE, line((9000, 0), (9100, 0)))
    wanted = [("D513", 2), ("D512", 3), ("D511", 5)]
    assert complaints(lambda: survey(settings_for(tmp_path, text))) == wanted


def in_china(**members: Any) -> str:
    corners = np.array([(0, 0), (60, 0), (60, 11), (0, 11), (0, 0)], np.float64)
    return collection(feature("Polygon", [SHANGHAI.degrees(corners).tolist()], storeys=6), **members)


def test_inside_china_the_coordinate_system_must_be_said(tmp_path: Path) -> None:
    assert complaints(lambda: survey(settings_for(tmp_path, in_china()))) == [("D508", 1)]
    assert survey(settings_for(tmp_path, in_china(), crs="WGS84")).area == pytest.approx([660.0], rel=1e-6)
    crs84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert survey(settings_for(tmp_path, in_china(crs=crs84))).area == pytest.approx([660.0], rel=1e-6)


def test_a_coordinate_system_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    text = in_china(crs="EPSG:4326")
    assert complaints(lambda: survey(settings_for(tmp_path, text, crs="GCJ-02"))) == [("D514", 1)]
    assert complaints(lambda: survey(settings_for(tmp_path, text, crs="mine"))) == [("D509", None)]


@pytest.mark.parametrize(
    ("crs", "shift"),
    [
        ("GCJ-02", projection.to_gcj02),
        ("BD-09", lambda degrees: projection.to_bd09(projection.to_gcj02(degrees))),
        ("EPSG:4549", lambda degrees: projection.to_belt(degrees, Belt(120.0))),
        ("EPSG:32651", lambda degrees: projection.to_belt(degrees, Belt(123.0, 0.9996, ellipsoid=projection.WGS84))),
    ],
)
def test_a_declared_map_is_put_where_it_truly_lies(tmp_path: Path, crs: str, shift: Callable[[Floats], Floats]) -> None:
    corners = SHANGHAI.degrees(np.array([(0, 0), (60, 0), (60, 11), (0, 11), (0, 0)], np.float64))
    found = survey(settings_for(tmp_path, collection(feature("Polygon", [shift(corners).tolist()])), crs=crs))
    assert found.frame.west == pytest.approx(SHANGHAI.west, abs=0.01 * METRE)
    assert found.outlines.xy == pytest.approx(SHANGHAI.metres(corners), abs=0.02)


@given(st.text(max_size=60) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5),
                                           lambda inner: st.lists(inner, max_size=4)
                                           | st.dictionaries(st.sampled_from(["type", "features", "geometry", "crs",
                                                                              "coordinates", "Polygon"]), inner),
                                           max_leaves=12))  # fmt: skip
def test_nonsense_is_refused_and_never_crashes(tmp_path_factory: pytest.TempPathFactory, raw: Any) -> None:
    folder = tmp_path_factory.mktemp("nonsense")
    text = raw if isinstance(raw, str) else collection(HOUSE)[:-2] + "," + json.dumps(raw) + "]}"
    try:
        survey(settings_for(folder, text.encode("utf-8", "replace").decode()))
    except InputError as reason:
        assert render(reason, "zh")


def test_a_file_that_is_not_there_and_one_in_another_encoding_are_refused(tmp_path: Path) -> None:
    assert complaints(lambda: survey(PlacesSettings(map=str(tmp_path / "none.geojson")))) == [("D501", None)]
    path = tmp_path / "gbk.geojson"
    path.write_bytes(collection(box(0, 0, 9, 9, 用途="住宅")).encode("gb18030"))
    assert complaints(lambda: survey(PlacesSettings(map=str(path)))) == [("D502", None)]
    path.write_bytes(b"\x1f\x8bno gzip")
    assert complaints(lambda: survey(PlacesSettings(map=str(path)))) == [("D502", None)]


def test_a_gzipped_map_and_streets_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "roads.geojson.gz").write_bytes(gzip.compress(collection(line((0, -5), (90, -5))).encode()))
    with_streets = settings_for(tmp_path, collection(HOUSE, line((0, 50), (9, 50))))
    found = survey(replace(with_streets, streets=str(tmp_path / "roads.geojson.gz")))
    assert len(found.streets) == 1
    assert found.streets.xy[:, 1] == pytest.approx([-5.0, -5.0], abs=0.01)


def test_what_is_no_building_street_or_asset_is_left_out_and_counted(tmp_path: Path) -> None:
    features = [
        box(0, 0, 20, 10, building="yes"),
        box(0, 0, 99, 99, leisure="park"),
        box(0, 0, 5, 5, layer="building_part"),
        line((0, 0), (9, 0), railway="rail"),
        point(1, 1, amenity="cafe"),
        point(1, 1, highway="street_lamp"),
    ]
    found = survey(settings_for(tmp_path, collection(*features)))
    assert (len(found.area), len(found.streets), found.point_kind.tolist()) == (1, 0, [ASSET_KINDS.index("lamp")])
    assert len(found.notes) == 4


# -- homes


def test_a_slab_has_the_flats_that_its_floor_area_holds(tmp_path: Path) -> None:
    found = places(tmp_path, box(0, 0, 60, 12), flat_m2=90.0, storeys=6, flats_per_landing=2)
    assert found.buildings.flats.tolist() == [48]  # 720 m² a floor, eight flats of 90 m², six floors
    assert len(found.stairwells) == 4
    assert found.flats.area_m2 == pytest.approx(90.0, rel=1e-3)
    assert np.bincount(found.flats.floor).tolist() == [0, 8, 8, 8, 8, 8, 8]
    assert np.bincount(found.flats.stairwell).tolist() == [12, 12, 12, 12]
    assert found.stairwells.xy[:, 1] == pytest.approx(6.0, abs=0.01)
    assert (np.diff(found.stairwells.xy[:, 0]) > 10).all()


def test_storeys_come_from_storeys_then_from_height_then_from_the_assumption(tmp_path: Path) -> None:
    boxes = [box(0, 0, 20, 10, storeys="4层", height=99), box(50, 0, 20, 10, height="20.6 m"), box(90, 0, 20, 10)]
    found = places(tmp_path, *boxes, storeys=6, storey_metres=3.0)
    assert found.buildings.storeys.tolist() == [4, 7, 6]
    assert found.buildings.assumed.tolist() == [False, False, True]


def test_where_only_a_share_is_homes_they_are_the_upper_floors(tmp_path: Path) -> None:
    found = places(tmp_path, box(0, 0, 40, 20), storeys=10, flat_m2=80.0, residential_share=0.3)
    assert len(found.flats) == 30
    assert set(found.flats.floor.tolist()) == {8, 9, 10}


def test_use_and_flats_that_the_map_says_are_kept(tmp_path: Path) -> None:
    features = [
        box(0, 0, 40, 20, building="apartments"),
        box(50, 0, 40, 20, building="school"),
        box(100, 0, 40, 20, building="yes", 户数="17户", 单元数=3),
        box(150, 0, 5, 5, building="yes"),
    ]
    found = places(tmp_path, *features, residential_share=0.0, storeys=6)
    assert found.buildings.flats.tolist() == [60, 0, 17, 0]
    assert np.bincount(found.stairwells.building, minlength=4).tolist() == [5, 0, 3, 0]


@given(st.integers(1, 30), st.integers(1, 3000), st.integers(1, 40))
def test_flats_lie_between_ground_floor_and_roof_and_add_up(floors: int, footprint: int, flats: int) -> None:
    from twin.world.places.homes import homes_of

    base = synthetic_estate(1).settings
    found = survey_of_one(footprint, flats)
    homes = homes_of(found, replace(base, storeys=floors))
    assert len(homes.flats) == flats
    assert homes.flats.floor.min() >= 1
    assert homes.flats.floor.max() == floors
    assert set(homes.flats.stairwell.tolist()) <= set(range(len(homes.stairwells)))


def survey_of_one(footprint: float, flats: float) -> Any:
    from twin.world.places.estate import estate_survey

    one = estate_survey(PlacesSettings(map="estate", households=1))
    unknown = np.full(1, np.nan)
    return replace(one, area=np.array([float(footprint)]), flats=np.array([float(flats)]), storeys=unknown,
                   stairwells=unknown)  # fmt: skip


# -- grids


def block_map(columns: int, rows: int, gap: float = 10.0) -> list[dict[str, Any]]:
    """Houses of 20 m by 20 m in rows."""
    step = 20 + gap
    return [box(step * x, step * y, 20, 20, flats=10) for y in range(rows) for x in range(columns)]


def assert_contiguous(found: Places) -> None:
    neighbours = neighbours_of(found.buildings.xy, found.cells.neighbours, found.streets)
    for grid in range(found.grids):
        assert pieces(neighbours.pairs, found.grid == grid) == 1


def test_neighbours_are_those_with_nothing_between_them(tmp_path: Path) -> None:
    found = places(tmp_path, *block_map(3, 1))
    assert found.cells.neighbours.tolist() == [[0, 1], [1, 2]]


def test_walls_that_touch_are_neighbours(tmp_path: Path) -> None:
    found = places(tmp_path, box(0, 0, 20, 20), box(20, 0, 20, 20), box(40, 0, 20, 20))
    assert found.cells.neighbours.tolist() == [[0, 1], [1, 2]]


def test_a_street_between_two_halves_is_where_they_are_cut(tmp_path: Path) -> None:
    left = [box(25 * x, 25 * y, 20, 20, flats=20) for x in range(3) for y in range(4)]
    right = [box(85 + 25 * x, 25 * y, 20, 20, flats=20) for x in range(3) for y in range(4)]
    street = line((77, -20), (77, 120))
    found = places(tmp_path, *left, *right, street, households_per_grid=240)
    assert found.grid.tolist() == [0] * 12 + [1] * 12


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(5, 40), min_size=30, max_size=30), st.integers(2, 6))
def test_grids_hang_together_and_are_balanced(flats: list[int], parts: int) -> None:
    xy = np.array([(30.0 * (n % 6), 30.0 * (n // 6)) for n in range(30)])
    away = np.hypot(*np.moveaxis(xy[:, None] - xy, 2, 0))
    pairs = np.stack(np.nonzero(np.triu(away < 31, 1)), axis=1)
    neighbours = neighbours_of(xy, pairs, Paths.of([], []))
    label = cut(np.array(flats), neighbours, parts)
    assert set(label.tolist()) == set(range(parts))
    for part in range(parts):
        assert pieces(neighbours.pairs, label == part) == 1
    share = sum(flats) / parts
    sums = np.bincount(label, flats)
    assert sums.max() <= share + max(0.25 * share, max(flats))
    assert sums.min() >= share - max(0.25 * share, max(flats))


def test_pieces_of_a_neighbourhood_that_lie_apart_are_joined_at_their_nearest_buildings() -> None:
    xy = np.array([(0.0, 0.0), (30.0, 0.0), (500.0, 0.0), (530.0, 0.0)])
    pairs = neighbours_of(xy, np.array([(0, 1), (2, 3)]), Paths.of([], [])).pairs
    assert pairs.tolist() == [[0, 1], [2, 3], [1, 2]]


def test_grids_that_the_map_names_are_kept(tmp_path: Path) -> None:
    by_building = [box(0, 0, 20, 20, grid="东"), box(30, 0, 20, 20, grid="西"), box(60, 0, 20, 20)]
    found = places(tmp_path, *by_building)
    assert [found.grid_names[grid] for grid in found.grid] == ["东", "西", "西"]
    outlines = [box(-5, -5, 30, 30, layer="grid", name="A"), box(25, -5, 60, 30, layer="grid", name="B")]
    houses = [
        box(0, 0, 20, 20, layer="building"),
        box(30, 0, 20, 20, layer="building"),
        box(60, 0, 20, 20, layer="building"),
    ]
    found = places(tmp_path, *houses, *outlines)
    assert [found.grid_names[grid] for grid in found.grid] == ["A", "B", "B"]


def test_the_ground_of_a_grid_holds_its_buildings_and_nobody_elses(bubenec: Places) -> None:
    found, buildings = bubenec.grid_outlines, bubenec.buildings
    assert set(found.owner.tolist()) == set(range(bubenec.grids))
    held = np.zeros((bubenec.grids, len(buildings)), np.bool_)
    for path, owner in zip(found, found.owner, strict=True):
        held[owner] ^= shapes.inside(buildings.xy, path)
    in_it = np.zeros(len(buildings), np.bool_)  # the middle of an L lies outside of it
    for path, owner in zip(buildings.outlines, buildings.outlines.owner, strict=True):
        in_it[owner] ^= bool(shapes.inside(buildings.xy[owner][None], path)[0])
    assert in_it.sum() > 120
    assert (held.sum(axis=0) <= 1).all(), "grids do not overlap"
    assert held[bubenec.grid, np.arange(len(buildings))][in_it].all()


def test_cells_share_out_the_ground_by_the_nearest_wall() -> None:
    cells = tessellated(
        Paths.of([ring((0, 0), (20, 0), (20, 20), (0, 20)), ring((40, 0), (60, 0), (60, 20), (40, 20))], [0, 1])
    )
    left, right = cells.outlines(np.array([0, 1]))
    assert left[:, 0].max() == pytest.approx(30.0, abs=0.5)
    assert right[:, 0].min() == pytest.approx(30.0, abs=0.5)
    assert left[:, 0].min() == pytest.approx(-30.0, abs=10.0)


# -- streets


def lattice_ways(streets: int, step: float) -> Ways:
    ticks = np.arange(streets) * step
    corners = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    along = [np.stack([ticks, np.full(streets, y)], axis=1) for y in ticks]
    paths = Paths.of(along + [path[:, ::-1] for path in along], range(2 * streets))
    return ways_between(corners, paths, 1.0, 1.3)[0]


@pytest.mark.parametrize("step", [10.0, 60.0, 100.0])
def test_on_a_lattice_of_streets_the_way_is_the_manhattan_distance(step: float) -> None:
    ways = lattice_ways(5, step)
    manhattan = np.abs(ways.xy[:, None] - ways.xy).sum(axis=2) / 1000
    assert len(ways.xy) == 25
    assert ways.km == pytest.approx(manhattan)
    minutes = ways.minutes(np.array([(0.0, 0.0)]), np.array([(4 * step, 4 * step), (0.0, 1.0)]), 12.0)
    assert minutes == pytest.approx(np.array([[8 * step / 1000 * 12, 0.0]]))


def test_ways_agree_with_networkx(bubenec: Places) -> None:
    network = network_of(bubenec.streets, 3.0)
    graph = networkx.Graph()
    for (a, b), metres in zip(network.edges.tolist(), network.metres.tolist(), strict=True):
        graph.add_edge(a, b, weight=min(metres, graph.edges[a, b]["weight"] if graph.has_edge(a, b) else np.inf))
    nodes = np.arange(0, len(network.xy), 7)
    theirs = dict(networkx.all_pairs_dijkstra_path_length(graph))
    assert network.between(nodes) == pytest.approx(np.array([[theirs[a][b] for b in nodes] for a in nodes]))


@pytest.mark.parametrize("name", ["bubenec", "shanghai_block"])
def test_ways_are_distances(name: str, request: pytest.FixtureRequest) -> None:
    ways = request.getfixturevalue(name.split("_")[0]).ways
    crow = np.hypot(*np.moveaxis(ways.xy[:, None] - ways.xy, 2, 0)) / 1000
    assert (np.diag(ways.km) == 0).all()
    assert np.allclose(ways.km, ways.km.T, rtol=1e-9)
    assert (ways.km >= crow - 0.02).all(), "no way is shorter than the crow's, but for the width of a joint"
    assert np.isfinite(ways.km).all()


def test_no_way_is_longer_than_one_by_way_of_a_third(bubenec: Places) -> None:
    km = bubenec.ways.km[::5, ::5]
    assert (km[:, None] <= km[:, :, None] + km[None] + 1e-9).all()


def test_an_end_that_nearly_meets_another_street_is_joined_to_it() -> None:
    paths = Paths.of([np.array([(0.0, 0.0), (100.0, 0.0)]), np.array([(30.0, 2.0), (30.0, 50.0)])], [0, 1])
    here, there = np.array([(0.0, 0.0)]), np.array([(30.0, 50.0)])
    joined, notes = ways_between(np.concatenate([here, there]), paths, 3.0, 2.0)
    assert not notes
    assert joined.minutes(here, there, 1000.0)[0, 0] == pytest.approx(80.0, abs=5.0)
    apart, notes = ways_between(np.concatenate([here, there]), paths, 0.5, 2.0)
    assert len(notes) == 1
    assert apart.minutes(here, there, 1000.0)[0, 0] == pytest.approx(2 * math.hypot(30, 50))


def test_without_streets_ways_are_a_detour_of_the_crows() -> None:
    corners = np.array([(0.0, 0.0), (300.0, 400.0)])
    ways, notes = ways_between(corners, Paths.of([], []), 3.0, 1.3)
    assert ways.km[0, 1] == pytest.approx(0.65)
    assert len(notes) == 1


def test_streets_that_cross_without_a_vertex_do_not_meet() -> None:
    bridge = Paths.of([np.array([(0.0, 0.0), (100.0, 0.0)]), np.array([(50.0, -50.0), (50.0, 50.0)])], [0, 1])
    assert network_of(bridge, 3.0).piece.max() == 1


def test_there_are_never_too_many_stops(monkeypatch: pytest.MonkeyPatch, shanghai: Places) -> None:
    monkeypatch.setattr("twin.world.places.streets.MOST_STOPS", 200)
    spots = np.concatenate([shanghai.buildings.xy, shanghai.assets.xy])
    few = ways_between(spots, shanghai.streets, 3.0, 1.3)[0]
    assert len(few.xy) <= 200
    assert np.hypot(*(few.xy[few.nearest(spots)] - spots).T).max() < 400


# -- what stands there


@pytest.mark.parametrize("name", ["bubenec", "shanghai_block"])
def test_shipped_maps_are_neighbourhoods(name: str, request: pytest.FixtureRequest) -> None:
    found: Places = request.getfixturevalue(name.split("_")[0])
    assert found.attribution
    assert ((found.grid_flats >= 300) & (found.grid_flats <= 500)).all()
    assert found.grid_flats.sum() == len(found.flats)
    assert grids_in(found.settings) == found.grids
    assert_contiguous(found)
    low, high = found.buildings.outlines.xy.min(axis=0), found.buildings.outlines.xy.max(axis=0)
    assert low == pytest.approx((0.0, 0.0), abs=1e-6)
    assert (high < 1500).all()
    assert {ASSET_KINDS[kind] for kind in found.assets.kind} >= {"lamp", "bin", "drain", "parking", "stairwell"}


@pytest.mark.parametrize("name", ["bubenec", "shanghai_block"])
def test_every_asset_has_a_place(name: str, request: pytest.FixtureRequest) -> None:
    found: Places = request.getfixturevalue(name.split("_")[0])
    margin = 150.0
    assert (found.assets.xy > found.buildings.outlines.xy.min(axis=0) - margin).all()
    assert (found.assets.xy < found.buildings.outlines.xy.max(axis=0) + margin).all()
    assert ((found.asset_grid >= 0) & (found.asset_grid < found.grids)).all()
    assert len(found.ways.nearest(found.assets.xy)) == len(found.assets)
    inside = found.assets.building >= 0
    assert (found.asset_grid[inside] == found.grid[found.assets.building[inside]]).all()


def test_assets_are_laid_out_by_rule_only_where_the_map_shows_none(tmp_path: Path) -> None:
    streets = [line((0, -10), (300, -10))]
    tall = box(0, 0, 60, 12, storeys=7, flats=48)
    ruled = places(
        tmp_path, tall, *streets, lamp_metres=30.0, drain_metres=50.0, households_per_bin=20, spaces_per_flat=0.5
    )
    by_kind = dict(zip(ASSET_KINDS, np.bincount(ruled.assets.kind, minlength=6).tolist(), strict=True))
    assert by_kind == {"lamp": 10, "bin": 2, "drain": 6, "lift": 4, "parking": 3, "stairwell": 4}
    bays = ruled.assets.size[ruled.assets.kind == ASSET_KINDS.index("parking")]
    assert bays.tolist() == [10, 10, 4]
    shown = places(tmp_path, tall, *streets, point(5, -8, asset="路灯"), point(9, -8, asset="parking", capacity=120))
    by_kind = dict(zip(ASSET_KINDS, np.bincount(shown.assets.kind, minlength=6).tolist(), strict=True))
    assert (by_kind["lamp"], by_kind["parking"]) == (1, 1)
    assert shown.assets.size[shown.assets.kind == ASSET_KINDS.index("parking")].tolist() == [120]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 12), st.integers(1, 4))
def test_an_estate_has_just_the_flats_that_were_asked_for(households: int, storeys: int, landing: int) -> None:
    found = synthetic_estate(households, PlacesSettings(storeys=storeys, flats_per_landing=landing))
    assert len(found.flats) == households
    assert (found.buildings.flats > 0).all()
    assert found.flats.floor.max() <= storeys
    assert (shapes.ring_areas(found.buildings.outlines) > 0).all()


def test_an_estate_is_rows_of_slabs_that_do_not_overlap_with_connected_lanes() -> None:
    found = synthetic_estate(3000)
    boxes = np.array([(*path.min(axis=0), *path.max(axis=0)) for path in found.buildings.outlines])
    west, south, east, north = boxes.T
    apart = (east[:, None] < west) | (east < west[:, None]) | (north[:, None] < south) | (north < south[:, None])
    assert (apart | np.eye(len(boxes), dtype=bool)).all()
    assert network_of(found.streets, 3.0).piece.max() == 0
    assert_contiguous(found)
    assert ((found.grid_flats >= 300) & (found.grid_flats <= 500)).all()


def test_places_are_the_same_every_time() -> None:
    from twin.world.places.build import _built, _surveyed

    wanted = PlacesSettings(map="bubenec")
    first = _built(wanted, _surveyed(wanted))
    _built.cache_clear()
    second = _built(wanted, _surveyed(wanted))
    assert first is not second
    assert (first.grid == second.grid).all()
    assert (first.assets.xy == second.assets.xy).all()
    assert (first.ways.km == second.ways.km).all()


# -- GeoJSON out


def as_columns(found: Places) -> dict[str, Ints | Floats]:
    buildings, flats, assets = found.buildings, found.flats, found.assets
    return {
        "storeys": buildings.storeys, "assumed": buildings.assumed, "flats": buildings.flats, "use": buildings.use,
        "grid": found.grid, "flat.building": flats.building, "flat.stairwell": flats.stairwell,
        "flat.floor": flats.floor,
        "asset.kind": assets.kind, "asset.size": assets.size, "asset.grid": found.asset_grid,
        "streets": found.streets.first, "rings": buildings.outlines.first,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["bubenec", "shanghai"])
def test_what_is_written_reads_back_as_the_same_places(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    first: Places = request.getfixturevalue(name)
    again = places_of(replace(settings_for(tmp_path, geojson_of(first)), flats_per_landing=9, storeys=2))
    assert again is not None
    for column, values in as_columns(first).items():
        assert (as_columns(again)[column] == values).all(), column
    assert again.attribution == first.attribution
    assert again.grid_names == first.grid_names
    for part in (lambda one: one.buildings.outlines.xy, lambda one: one.assets.xy, lambda one: one.streets.xy):
        assert np.abs(part(again) - part(first)).max() < 0.03
    assert again.flats.area_m2 == pytest.approx(first.flats.area_m2, rel=1e-3)


def test_geojson_follows_its_standard(bubenec: Places) -> None:
    told = json.loads(geojson_of(bubenec))
    assert told["type"] == "FeatureCollection"
    layers = [one["properties"]["layer"] for one in told["features"]]
    assert {layer: layers.count(layer) for layer in ("building", "street", "grid")} == {
        "building": 144, "street": 35, "grid": bubenec.grids,
    }  # fmt: skip
    for one in told["features"]:
        if one["geometry"]["type"] == "Polygon":
            areas = shapes.ring_areas(Paths.of([np.array(path) for path in one["geometry"]["coordinates"]],
                                               range(len(one["geometry"]["coordinates"]))))  # fmt: skip
            assert areas[0] > 0, "outlines run counter-clockwise"
            assert (areas[1:] < 0).all(), "holes run clockwise"
    assert SOMEWHERE.degrees(np.zeros((1, 2))).tolist() == [[12.0, 48.0]]


def test_a_lattice_map_reads_as_it_was_drawn(tmp_path: Path) -> None:
    found = places(tmp_path, *block_map(3, 3), *lattice(4, 30.0))
    assert len(found.buildings) == 9
    assert len(found.streets) == 8
    assert found.buildings.footprint_m2 == pytest.approx(400.0, rel=1e-4)
