"""Locations of a region to its outline."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from reference_outline import GEOD, find_broken_rules, measure_chord, sample_land
from sklearn.cluster import DBSCAN

from gii_geo.project import to_geocentric
from gii_geo.regions.outline import measure_area, outline_for_maps, outline_regions
from gii_geo.regions.outline.net import draw_land, join_nets, link_shortest, measure_edges
from gii_geo.regions.outline.shape import fill_holes, simplify

PLACES = {
    "Basel": (7.59, 47.56),
    "Suva": (179.9999, -18.1),
    "the North Pole": (17.0, 90.0),
    "the South Pole": (-100.0, -90.0),
    "near the North Pole": (-179.9, 89.5),
    "Svalbard": (15.6, 78.2),
}
ALL_PLACES = pytest.mark.parametrize("place", PLACES)


def locate(lon: object, lat: object, region: object = 0) -> pd.DataFrame:
    """Make located locations; a missing region is None."""
    table = pd.DataFrame({"lon": lon, "lat": lat}).astype("float64")
    table["region"] = pd.Series(region, index=table.index, dtype="Int64")
    return table


def walk(place: str, azimuth_deg: object, km: object) -> tuple[np.ndarray, np.ndarray]:
    """Go straight from a place; return longitudes and latitudes."""
    azimuth, metres = np.broadcast_arrays(np.asarray(azimuth_deg, float), np.asarray(km) * 1000.0)
    lon, lat = (np.full(azimuth.shape, x) for x in PLACES[place])
    lon, lat, _ = GEOD.fwd(lon, lat, azimuth, metres)
    return lon, lat


def scatter(place: str, seed: int, n: int, km: float) -> tuple[np.ndarray, np.ndarray]:
    """Scatter locations around a place, densest at its centre."""
    rng = np.random.default_rng(seed)
    return walk(place, rng.uniform(0, 360, n), km * rng.random(n))


def width_m(outline: shapely.Geometry, lon: float, lat: float) -> tuple[float, float]:
    """Measure the nearest and the farthest vertex of an outline from a point."""
    chord = measure_chord(shapely.get_coordinates(outline), np.array([[lon, lat]]))
    return chord.min(), chord.max()


# Worked by hand


@pytest.mark.parametrize("place", ["Basel", "Svalbard", "near the North Pole"])
def test_a_single_location_gets_a_disc_of_an_eighth_of_the_radius(place: str) -> None:
    lon, lat = PLACES[place]
    outlines = outline_regions(locate([lon], [lat]), radius_km=16)
    assert outlines.geom_type.to_list() == ["Polygon" if lon > -179 else "MultiPolygon"]
    assert width_m(outlines[0].geoms[0] if lon < -179 else outlines[0], lon, lat)[1] < 2010
    assert measure_area(outlines)[0] == pytest.approx(np.pi * 2**2, rel=0.05)


def test_two_locations_within_the_radius_are_joined() -> None:
    lon, lat = walk("Basel", 60, [0, 15])
    outlines = outline_regions(locate(lon, lat), radius_km=16)
    assert outlines.geom_type.to_list() == ["Polygon"]
    assert measure_area(outlines)[0] == pytest.approx(15 * 4 + np.pi * 2**2, rel=0.03)


def test_locations_beyond_the_radius_get_polygons_of_their_own() -> None:
    lon, lat = walk("Basel", 60, [0, 19])
    outlines = outline_regions(locate(lon, lat), radius_km=16)
    assert outlines.geom_type.to_list() == ["MultiPolygon"]
    assert measure_area(outlines)[0] == pytest.approx(2 * np.pi * 2**2, rel=0.05)


@pytest.mark.parametrize(("km", "kind"), [(18.3, "Polygon"), (18.5, "MultiPolygon")])
def test_a_link_is_at_most_15_hundredths_longer_than_the_radius(km: float, kind: str) -> None:
    # 1.15 x 16 km is 18.4 km.
    outlines = outline_regions(locate(*walk("Basel", 60, [0, km])), radius_km=16)
    assert outlines.geom_type.to_list() == [kind]


def test_the_inner_corner_of_two_links_is_round_by_a_fifth_of_the_radius() -> None:
    # Two links of 15 km at 65 degrees, each with 2 km of margin: a circle of 3.2 km that touches
    # both margins ends (2 + 3.2) / sin 32.5 deg - 3.2 = 6.48 km from the corner.
    lon, lat = walk("Basel", [0, 0, 65], [0, 15, 15])
    outline = outline_regions(locate(lon, lat), radius_km=16)[0]
    inner, outer = (shapely.Point(*walk("Basel", 32.5, km)) for km in (6.37, 6.58))
    assert outline.covers(inner)
    assert not outline.covers(outer)


def test_antipodes_can_be_one_region() -> None:
    table = locate([10.0, -170.0], [45.0, -45.0])
    outlines = outline_regions(table, radius_km=16)
    assert len(outlines[0].geoms) == 2
    assert find_broken_rules(table, outlines, 16) == []


@pytest.mark.parametrize(("side_km", "filled"), [(14.3, True), (14.5, False)])
def test_a_triangle_is_filled_when_its_sides_are_short(side_km: float, filled: bool) -> None:  # noqa: FBT001
    corners = walk("Basel", [0, 120, 240], side_km / np.sqrt(3))
    outline = outline_regions(locate(*corners), radius_km=16)[0]
    assert outline.geom_type == "Polygon"
    assert outline.covers(shapely.Point(PLACES["Basel"])) == filled


def test_land_far_from_all_locations_stays_a_hole() -> None:
    table = locate(*walk("Basel", np.arange(0, 360, 15), 30))
    outline = outline_regions(table, radius_km=16)[0]
    assert len(outline.interiors) == 1
    assert not outline.covers(shapely.Point(PLACES["Basel"]))
    assert find_broken_rules(table, gpd.GeoSeries([outline]), 16) == []


@pytest.mark.parametrize("km", [8, 11])
def test_holes_near_all_around_are_filled(km: float) -> None:
    ring = walk("Basel", np.arange(0, 360, 30), km)
    outline = outline_regions(locate(*ring), radius_km=16)[0]
    assert len(outline.interiors) == 0
    assert outline.covers(shapely.Point(PLACES["Basel"]))


def test_a_hole_is_filled_up_to_three_quarters_of_the_radius_around_and_a_wider_one_stays() -> None:
    # Ten locations on a ring are linked along its sides, too far apart for triangles across. Amid
    # a ring of 12.45 km a side is 12.45 cos 18 deg = 11.84 km away, of 12.8 km 12.17: 12 fill.
    turn = np.arange(0, 360, 36)
    near, far = locate(*walk("Basel", turn, 12.45)), locate(*walk("Basel", turn, 12.8))
    filled, hollow = (outline_regions(table, radius_km=16)[0] for table in (near, far))
    assert len(filled.interiors) == 0
    assert len(hollow.interiors) == 1
    assert filled.covers(shapely.Point(PLACES["Basel"]))
    # The hole ends at the margin of 2 km: it is about 2 x 10.2 km wide, wider than the radius.
    hole = gpd.GeoSeries([shapely.Polygon(hollow.interiors[0])], crs="EPSG:4326")
    assert measure_area(hole).item() == pytest.approx(10 * np.tan(np.pi / 10) * 10.17**2, rel=0.03)
    assert width_m(hole.item(), *PLACES["Basel"])[0] > 8000


def test_land_that_triangles_enclose_by_their_corners_alone_is_none_of_theirs() -> None:
    """Four triangles in a ring, corner to corner, around a square that none of them covers."""
    inner = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)]
    net = join_nets([np.array([*inner, (2.0, 2.0), (2.0, -2.0), (-2.0, -2.0), (-2.0, 2.0)])])
    middle = net.xy[net.triangles].mean(axis=1)
    ring = np.abs(np.abs(middle) - 1).max(axis=1) < 1e-9
    assert ring.sum() == 4
    (land,) = draw_land(net, ring, np.empty((0, 2), dtype=np.int64))
    assert land.area == pytest.approx(4 * 1.5)  # each has a base of root 2 and is 1.5 root 2 high
    assert not land.intersects(shapely.Point(0, 0))
    (whole,) = draw_land(net, ring | (np.abs(middle) < 0.9).all(axis=1), net.edges[:0])
    assert whole.area == pytest.approx(4 * 1.5 + 2)


def test_of_links_of_one_length_the_first_joins() -> None:
    """On a lattice of few widths many sides are as long; Kruskal's way, whatever sorts them."""
    steps = np.cumsum([0.0, 1, 2, 1, 3, 1, 2, 3, 2])
    net = join_nets([np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)] * 2)
    length = measure_edges(net)
    parts, kept = {corner: {corner} for corner in range(len(net.xy))}, []
    for number in sorted(range(len(length)), key=lambda k: (length[k], *net.edges[k])):
        one, other = net.edges[number].tolist()
        if parts[one] is not parts[other]:
            parts[one] |= parts[other]
            parts.update(dict.fromkeys(parts[other], parts[one]))
            kept.append((one, other))
    assert len(kept) == 2 * 80
    links = link_shortest(net, length, 3.0)
    assert [tuple(ends) for ends in net.edges[links].tolist()] == sorted(kept)


def test_of_two_holes_in_one_region_only_the_narrow_one_is_filled() -> None:
    turn = np.arange(0, 360, 36)
    (lon, lat), (east, north) = walk("Basel", turn, 12.45), walk("Basel", turn, 12.8)
    table = locate(np.r_[lon, east + 1], np.r_[lat, north])
    west_part, east_part = sorted(
        outline_regions(table, radius_km=16)[0].geoms, key=lambda p: p.bounds
    )
    assert (len(west_part.interiors), len(east_part.interiors)) == (0, 1)


def ring(x: float, half: float, hole: float) -> shapely.Geometry:
    """Make a square of land around a square hole."""
    rim = shapely.box(x - half, -half, x + half, half)
    return rim - shapely.box(x - hole, -hole, x + hole, hole)


@pytest.mark.parametrize("near_m", [1.5, 2.5, 6.0])
def test_an_island_goes_under_in_a_hole_that_is_filled_and_stays_in_one_that_is_not(
    near_m: float,
) -> None:
    """Points of a hole are at most 2 from land (ring 1), and at most 5 (ring 2, 8 wide)."""
    islands = [shapely.box(-1, -1, 1, 1), shapely.box(99, -1, 101, 1)]
    rings = [ring(0, 6, 4), ring(100, 20, 9)]
    land = np.array([shapely.union_all([*rings, *islands])])
    shapes = land.copy()
    fill_holes(shapes, land, near_m)
    filled = [rings[0] | islands[0], rings[1] | islands[1]]
    if near_m > 2:
        filled[0] = shapely.box(-6, -6, 6, 6)
    if near_m > 5:
        filled[1] = shapely.box(80, -20, 120, 20)
    assert shapely.equals(shapes[0], shapely.union_all(filled))
    assert len(shapely.get_parts(shapes[0])) == (4 if near_m < 2 else 3 if near_m < 5 else 2)


def test_a_region_may_lie_within_another() -> None:
    ring, core = walk("Basel", np.arange(0, 360, 20), 12), walk("Basel", 0, [0, 1])
    table = locate(np.r_[ring[0], core[0]], np.r_[ring[1], core[1]], [0] * 18 + [1] * 2)
    outlines = outline_regions(table, radius_km=16)
    assert len(outlines[0].interiors) == 1
    assert shapely.Polygon(outlines[0].exterior).contains(outlines[1])
    assert find_broken_rules(table, outlines, 16) == []


@pytest.mark.parametrize("radius_km", [0.16, 16])
def test_contested_land_is_divided_in_the_middle(radius_km: float) -> None:
    lon, lat = walk("Basel", [90, 270], radius_km / 32)
    outlines = outline_regions(locate(lon, lat, [0, 1]), radius_km=radius_km)
    east, west = measure_area(outlines)
    assert east == pytest.approx(west, rel=3e-3)
    border = shapely.get_coordinates(outlines[0].intersection(outlines[1]))
    chord = measure_chord(border, np.column_stack([lon, lat]))
    assert np.abs(chord[:, 0] - chord[:, 1]).max() < 0.3
    assert chord.min() == pytest.approx(radius_km * 1000 / 32, abs=0.2)


def test_locations_outside_regions_are_ignored() -> None:
    table = locate([7.0, 7.0, 7.1], [47.0, 47.001, 47.0], [4, None, 4])
    alone = locate([7.0, 7.1], [47.0, 47.0], [4, 4])
    assert (
        outline_regions(table, radius_km=15)
        .to_wkb()
        .equals(outline_regions(alone, radius_km=15).to_wkb())
    )


def test_no_region_makes_no_outline() -> None:
    outlines = outline_regions(locate([7.0], [47.0], [None]), radius_km=15)
    assert len(outlines) == 0
    assert outlines.crs == "EPSG:4326"
    assert (outlines.name, outlines.index.name) == ("geometry", "region")
    assert measure_area(outlines).to_list() == []


def test_outlines_stand_by_ascending_region() -> None:
    outlines = outline_regions(locate([7, 8, 9], [47, 47, 47], [5, 2, 9]), radius_km=15)
    assert outlines.index.to_list() == [2, 5, 9]
    assert outlines[2].contains(shapely.Point(8, 47))


# Antimeridian and poles


def test_a_region_on_the_antimeridian_has_a_part_on_either_side() -> None:
    table = locate([179.95, -179.95], [-18.1, -18.1])
    outlines = outline_regions(table, radius_km=15)
    assert min(part.bounds[0] for part in outlines[0].geoms) == -180
    assert max(part.bounds[2] for part in outlines[0].geoms) == 180
    assert find_broken_rules(table, outlines, 15) == []


@pytest.mark.parametrize("pole", [90, -90])
def test_an_outline_around_a_pole_reaches_the_edge_of_the_map(pole: int) -> None:
    table = locate(np.arange(-180, 180, 30), np.full(12, pole * 89.95 / 90))
    outlines = outline_regions(table, radius_km=15)
    assert outlines[0].covers(shapely.LineString([(-180, pole), (180, pole)]))
    assert measure_area(outlines)[0] == pytest.approx(np.pi * (5.58 + 1.875) ** 2, rel=0.05)
    assert find_broken_rules(table, outlines, 15) == []


@pytest.mark.parametrize("lon", [0.0, 45.0, 90.0])
def test_two_regions_divide_the_pole(lon: float) -> None:
    table = locate([lon, lon - 180], [89.99, 89.99], [0, 1])
    outlines = outline_regions(table, radius_km=100)
    one, other = measure_area(outlines)
    assert one == pytest.approx(other, rel=1e-3)
    assert find_broken_rules(table, outlines, 100) == []


def test_a_divided_region_keeps_its_land_across_the_antimeridian() -> None:
    table = locate([179.999, 179.999], [0.0, 0.01], [0, 1])
    away = locate([9.999, 9.999], [0.0, 0.01], [0, 1])
    area, expected = (measure_area(outline_regions(t, radius_km=15)) for t in (table, away))
    assert area.to_list() == pytest.approx(expected.to_list(), rel=1e-3)


def test_turning_the_globe_turns_the_outlines() -> None:
    lon, lat = scatter("Basel", 3, 60, 40)
    region = np.arange(60) % 2
    here = outline_regions(locate(lon, lat, region), radius_km=15)
    turned = (lon + 172.4 + 180) % 360 - 180
    there = outline_regions(locate(turned, lat, region), radius_km=15)
    assert (there.geom_type == "MultiPolygon").all()
    assert measure_area(there).to_list() == pytest.approx(measure_area(here).to_list(), rel=2e-3)


def test_a_region_around_the_globe_is_outlined() -> None:
    table = locate(np.arange(-180, 180, 0.5), np.zeros(720))
    outlines = outline_regions(table, radius_km=60)
    assert find_broken_rules(table, outlines, 60) == []


# The rules


@ALL_PLACES
@pytest.mark.parametrize("seed", range(4))
def test_mixed_regions_keep_every_rule(place: str, seed: int) -> None:
    n = [3, 10, 40, 150][seed]
    table = locate(*scatter(place, seed, n, 30), np.arange(n) % (2 + seed)).drop_duplicates()
    assert find_broken_rules(table, outline_regions(table, radius_km=15), 15) == []


@ALL_PLACES
@pytest.mark.parametrize("radius_km", [0.1, 1, 100, 400])
def test_every_radius_keeps_every_rule(place: str, radius_km: float) -> None:
    table = locate(*scatter(place, 1, 50, 2 * radius_km), np.arange(50) % 3)
    outlines = outline_regions(table, radius_km=radius_km)
    assert find_broken_rules(table, outlines, radius_km) == []


@ALL_PLACES
@pytest.mark.parametrize("apart_m", [0.6, 2, 30])
def test_regions_a_step_apart_are_told_apart(place: str, apart_m: float) -> None:
    azimuth, step = np.meshgrid([20.0, 110.0, 200.0, 290.0], np.arange(1, 6))
    lon, lat = walk(place, azimuth.ravel(), step.ravel() * apart_m / 1000)
    table = locate(lon, lat, (step.ravel() + azimuth.ravel() // 90).astype(int) % 3)
    assert find_broken_rules(table, outline_regions(table, radius_km=15), 15) == []


@pytest.mark.parametrize("decimals", [1, 2, 5])
def test_locations_on_a_lattice_keep_every_rule(decimals: int) -> None:
    east, north = np.array(np.divmod(np.arange(64), 8)) * 5 / 10.0**decimals
    table = locate(7 + east, 47 + north, np.arange(64) // 16 % 2)
    assert find_broken_rules(table, outline_regions(table, radius_km=15), 15) == []


@pytest.mark.parametrize("n", [2, 3, 50])
def test_locations_on_a_line_keep_every_rule(n: int) -> None:
    table = locate(np.full(n, 7.5), np.linspace(47, 47.3, n))
    outlines = outline_regions(table, radius_km=40)
    assert outlines.geom_type.to_list() == ["Polygon"]
    assert find_broken_rules(table, outlines, 40) == []


def test_the_rules_notice_what_is_wrong() -> None:
    table = locate(*scatter("Basel", 0, 40, 20), np.arange(40) % 2)
    outlines = outline_regions(table, radius_km=15)
    moved = outlines.translate(xoff=0.05)
    assert {"own locations", "no other's locations", "six decimals"} <= {
        *find_broken_rules(table, moved, 15)
    }
    grown = gpd.GeoSeries(shapely.set_precision(shapely.buffer(outlines, 0.3), 1e-6))
    assert find_broken_rules(table, grown, 15) == [
        "right-hand",
        "no other's locations",
        "no overlap",
        "no farther than the radius",
    ]


def test_contested_land_goes_to_the_nearest_location() -> None:
    lon, lat = scatter("Basel", 5, 80, 25)
    region = np.arange(80) % 3
    outlines = outline_regions(locate(lon, lat, region), radius_km=15)
    for number, outline in outlines.items():
        chord = measure_chord(sample_land(outline, 500), np.column_stack([lon, lat]))
        others = chord[:, region != number].min(axis=1)
        own = chord[:, region == number].min(axis=1)
        # Within its margin the other region would have had a claim.
        assert (own <= np.where(others < 1700, others, np.inf) + 0.5).all()


@ALL_PLACES
def test_the_margin_around_every_location_belongs_to_its_region(place: str) -> None:
    lon, lat = scatter(place, 2, 30, 40)
    outlines = outline_regions(locate(lon, lat), radius_km=16)
    for x, y in zip(lon, lat, strict=True):
        azimuth = np.arange(0.0, 360, 30)
        around = GEOD.fwd(np.full(12, x), np.full(12, y), azimuth, np.full(12, 1200))
        assert outlines[0].covers(shapely.points(*around[:2])).all()


def test_neighbours_meet_without_gap() -> None:
    table = locate(*scatter("Basel", 7, 60, 10), np.arange(60) % 2)
    shapes = outline_regions(table, radius_km=15).to_numpy()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0


# Locations in one spot


def test_of_two_locations_in_one_spot_the_lower_region_keeps_its_own() -> None:
    table = locate([7.0, 7.000001, 7.1], [47.0, 47.0, 47.0], [8, 3, 8])
    outlines = outline_regions(table, radius_km=15)
    assert outlines[3].covers(shapely.Point(7.000001, 47))
    assert outlines[8].covers(shapely.Point(7.1, 47))
    assert not outlines[8].covers(shapely.Point(7, 47))


@pytest.mark.parametrize("regions", [(0, 1), (1, 0)])
def test_a_pole_has_one_region_whatever_its_longitude(regions: tuple[int, int]) -> None:
    first, second = regions
    table = locate([10, 50, 10, 50], [90, 90, 89.99, 89.9], [first, second, first, second])
    outlines = outline_regions(table, radius_km=15)
    assert outlines[0].covers(shapely.Point(0, 90))
    assert not outlines[1].covers(shapely.Point(0, 90))


def test_a_region_with_no_spot_of_its_own_is_refused() -> None:
    table = locate([7.0, 7.000001], [47.0, 47.0], [3, 8])
    with pytest.raises(ValueError, match=r"Invalid region 8\. Must have a location farther"):
        outline_regions(table, radius_km=15)


# Form


def test_row_order_changes_no_byte() -> None:
    table = locate(*scatter("Suva", 4, 2000, 40), np.arange(2000) % 4)
    shuffled = table.sample(frac=1, random_state=1)
    before = shuffled.copy()
    expected = outline_regions(table, radius_km=15).to_wkb()
    assert outline_regions(shuffled, radius_km=15).to_wkb().equals(expected)
    pd.testing.assert_frame_equal(shuffled, before)


def test_geojson_holds_the_very_same_outlines() -> None:
    table = locate(*scatter("Suva", 4, 50, 40), np.arange(50) % 2)
    outlines = outline_regions(table, radius_km=15)
    features = json.loads(outlines.to_json())["features"]
    read = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert shapely.equals_exact(read, outlines.to_numpy()).all()


def test_many_locations_make_few_vertices() -> None:
    rng = np.random.default_rng(0)
    table = locate(*rng.uniform([7, 47], [7.6, 47.4], (100_000, 2)).T)
    outlines = outline_regions(table, radius_km=15)
    assert shapely.get_num_coordinates(outlines[0]) < 150
    assert outlines[0].covers(shapely.points(table["lon"], table["lat"])).all()
    assert measure_area(outlines)[0] == pytest.approx((45.6 + 3.75) * (44.5 + 3.75), rel=0.03)


# Refusals


@pytest.mark.parametrize("radius_km", [0, -1, np.inf, np.nan])
def test_a_radius_must_be_positive(radius_km: float) -> None:
    message = rf"Invalid radius_km {radius_km}\. Must be greater than 0"
    with pytest.raises(ValueError, match=message):
        outline_regions(locate([7], [47]), radius_km=radius_km)


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        (181, 47, r"Invalid lon 181\.0\. Must be -180 to 180\."),
        (7, -91, r"Invalid lat -91\.0\. Must be -90 to 90\."),
        (np.nan, 47, r"Invalid lon nan\. Must be"),
    ],
)
def test_a_location_off_the_globe_is_refused(lon: float, lat: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        outline_regions(locate([lon], [lat]), radius_km=15)


def test_locations_without_regions_are_refused() -> None:
    with pytest.raises(ValueError, match="Invalid locations without region"):
        outline_regions(pd.DataFrame({"lon": [7.0], "lat": [47.0]}), radius_km=15)


# Area


@pytest.mark.parametrize(
    ("box", "globe_share"), [((-180, -90, 180, 90), 1), ((-180, 0, 180, 90), 0.5)]
)
def test_area_of_the_globe(box: tuple[float, ...], globe_share: float) -> None:
    area = measure_area(gpd.GeoSeries([shapely.box(*box)], crs="EPSG:4326"))
    assert area.name == "area_km2"
    assert area[0] == pytest.approx(510_065_621.72 * globe_share, rel=1e-9)


@ALL_PLACES
def test_area_is_the_geodesic_area(place: str) -> None:
    outlines = outline_regions(locate(*scatter(place, 0, 40, 40)), radius_km=15)
    expected, _ = GEOD.geometry_area_perimeter(outlines[0].segmentize(0.1))
    assert measure_area(outlines)[0] == pytest.approx(expected / 1e6, rel=2e-3)


# Real locations


@pytest.mark.slow
@pytest.mark.shared_data
def test_real_regions_keep_every_rule(shared_data: Path) -> None:
    table = pd.read_parquet(shared_data / "patents_uspto2013.parquet", columns=["lon", "lat", "n"])
    xyz = to_geocentric(table["lon"], table["lat"])
    found = DBSCAN(eps=15_000, min_samples=80).fit(xyz, sample_weight=table["n"]).labels_
    table["region"] = pd.Series(found, dtype="Int64").where(found >= 0)
    outlines = outline_regions(table, radius_km=15)
    assert len(outlines) > 400
    assert shapely.get_num_coordinates(outlines.to_numpy()).mean() < 100
    assert find_broken_rules(table, outlines, 15, sample=0) == []


@pytest.mark.parametrize("radius_km", [1500, 6000, 9000, 14000, 20000])
def test_any_radius_draws_the_globe_and_no_more(radius_km: float) -> None:
    rng = np.random.default_rng(5)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))
    globe = pd.DataFrame({"lon": rng.uniform(-180, 180, 300), "lat": lat, "region": 0})
    globe["activity"] = 1.0
    everywhere = 510_065_622
    points = shapely.points(globe[["lon", "lat"]].to_numpy())
    for draw, covered in ((outline_regions, 1.0), (outline_for_maps, 0.98)):
        outlines = draw(globe, radius_km=radius_km)
        assert outlines.is_valid.all()
        assert shapely.intersects(outlines.iloc[0], points).mean() >= covered
        (area_km2,) = measure_area(outlines)
        assert area_km2 <= everywhere + 1
        assert area_km2 > 0.97 * everywhere or radius_km < 9000


SLIMMED = {
    # Along the lower side the vertex in the middle falls, but for the slit that would cross it.
    "slit": shapely.Polygon(
        [(0, 0), (5, -1), (10, 0), (10, 10), (5.2, 10), (5, -0.5), (4.8, 10), (0, 10)]
    ),
    "hole": shapely.box(0, 0, 10, 10).difference(shapely.box(5, 5, 5.5, 5.5)),
    "crumb": shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(20, 20, 20.5, 20.5)]),
    "plain": shapely.Polygon([(0, 0), (5, -1), (10, 0), (10, 10), (5, 10.5), (0, 10)]),
}


def test_simplified_shapes_cross_nowhere_and_lose_nothing() -> None:
    slim = simplify(np.array([*SLIMMED.values()], dtype=object), 1.2)
    assert shapely.is_valid(slim).all()
    assert shapely.get_type_id(slim).tolist() == [shapely.get_type_id(s) for s in SLIMMED.values()]
    assert shapely.get_num_coordinates(slim).tolist() == [9, 5 + 4, 5 + 4, 5]
