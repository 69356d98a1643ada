"""Outlines for maps: where the activity is, no arm, nothing thin, no overlap."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from reference_outline import GEOD

import gii_geo
from gii_geo.project import equal_area_plane
from gii_geo.regions.outline import broad, measure_area, outline_for_maps

RADIUS_KM = 15
PLACES = {"Basel": (7.6, 47.6), "Taveuni": (179.99, -16.8), "Alert": (-62.3, 82.5)}
ALL_PLACES = pytest.mark.parametrize("place", PLACES)

Spot = tuple[float, float, float]
"""How far east and north of a place, in km, and the activity there."""

SPIDER = [
    *((east, north, 10.0) for east in range(-6, 7, 3) for north in range(-6, 7, 3)),
    *(
        (step * east, step * north, 0.1)
        for step in (14, 24, 34)
        for east, north in [(1, 0), (0, 1)]
    ),
]
"""A hub, and two arms of single locations with 0.24 % of the activity."""

TWO_HUBS = [
    *((east, north, 10.0) for east in (-3, 0, 3) for north in (-3, 0, 3)),
    *((east, 0.0, 0.01) for east in (14, 26)),
    *((40.0 + east, north, 1.0) for east in (-3, 0, 3) for north in (-3, 0, 3)),
]
"""Two hubs, the lesser with 9 % of the activity, and next to nothing on the way."""


def make(place: str, *regions: list[Spot]) -> pd.DataFrame:
    """Make the locations of regions around a place."""
    rows = [(number, *spot) for number, spots in enumerate(regions) for spot in spots]
    region, east, north, activity = np.array(rows, dtype=float).T
    start = np.broadcast_to(np.array(PLACES[place])[:, None], (2, len(east)))
    azimuth = np.degrees(np.arctan2(east, north))
    lon, lat, _ = GEOD.fwd(*start, azimuth, 1000 * np.hypot(east, north))
    columns = {"lon": lon, "lat": lat, "activity": activity}
    return pd.DataFrame(columns).assign(region=region.astype(np.int64))


def draw(locations: pd.DataFrame) -> gpd.GeoSeries:
    return outline_for_maps(locations, radius_km=RADIUS_KM)


def cover(outlines: gpd.GeoSeries, locations: pd.DataFrame) -> np.ndarray:
    """Tell which share of its region's activity each outline covers."""
    points = shapely.points(locations["lon"], locations["lat"])
    own = outlines.loc[locations["region"]].to_numpy()
    held = locations["activity"].where(shapely.intersects(own, points), 0.0)
    sums = [values.groupby(locations["region"]).sum() for values in (held, locations["activity"])]
    return (sums[0] / sums[1]).to_numpy()


def flatten(outline: shapely.Geometry) -> shapely.Geometry:
    """Lay an outline on a plane, in km, whole where the antimeridian cuts it."""
    lon, lat = shapely.get_coordinates(outline)[0].tolist()
    plane = equal_area_plane(lon, lat)
    parts = shapely.segmentize(shapely.get_parts(outline), 0.01)
    laid = shapely.transform(parts, lambda at: np.column_stack(plane.transform(*at.T)) / 1000)
    return shapely.union_all(laid, grid_size=1e-3)


def find_narrow(outline: shapely.Geometry, width_km: float = 8.0) -> float:
    """Tell what share of an outline's area no disc of this width inside it reaches."""
    laid = flatten(outline)
    opened = laid.buffer(-width_km / 2, quad_segs=32).buffer(width_km / 2, quad_segs=32)
    return float(1 - laid.intersection(opened).area / laid.area)


def count_overlaps(outlines: gpd.GeoSeries) -> int:
    a, b = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    return int((a < b).sum())


# Worked by hand


@ALL_PLACES
def test_a_single_location_gets_a_disc_of_nine_km(place: str) -> None:
    outlines = draw(make(place, [(0.0, 0.0, 1.0)]))
    assert measure_area(outlines)[0] == pytest.approx(np.pi * 4.5**2, rel=0.04)


@ALL_PLACES
def test_of_a_spider_the_hub_stays_and_the_arms_go(place: str) -> None:
    locations = make(place, SPIDER)
    outlines = draw(locations)
    laid = flatten(outlines[0])
    assert laid.geom_type == "Polygon"
    assert laid.area < np.pi * 13.5**2  # the hub's corners are 8.5 km off
    assert 0.98 < cover(outlines, locations)[0] < 1
    assert find_narrow(outlines[0]) < 0.01


@ALL_PLACES
def test_two_hubs_that_hold_enough_are_one_piece(place: str) -> None:
    outlines = draw(make(place, TWO_HUBS))
    assert flatten(outlines[0]).geom_type == "Polygon"
    assert find_narrow(outlines[0]) < 0.01


def test_no_bridge_leads_to_a_point_that_holds_little() -> None:
    hub = [spot for spot in TWO_HUBS if spot[0] <= 3]
    outlines = draw(make("Basel", [*hub, (16.0, 0.0, 1.8)]))  # 1.96 %, too much to be left out
    assert flatten(outlines[0]).geom_type == "MultiPolygon"
    joined = draw(make("Basel", [*hub, (16.0, 0.0, 1.9)]))  # 2.07 %
    assert flatten(joined[0]).geom_type == "Polygon"


def test_an_outline_across_the_antimeridian_is_cut_there() -> None:
    outline = draw(make("Taveuni", SPIDER))[0]
    west, _, east, _ = shapely.bounds(shapely.get_parts(outline)).T
    assert (west.min(), east.max()) == (-180, 180)
    assert (east - west).max() < 1


@ALL_PLACES
@pytest.mark.parametrize("apart_km", [0.5, 3.0, 6.0, 9.0, 14.0])
def test_neighbours_never_overlap_and_keep_their_activity(place: str, apart_km: float) -> None:
    one = [(-float(e) - apart_km / 2, float(n), 1.0) for e in (0, 3, 6) for n in (-4, 0, 4)]
    other = [(-east, north, activity) for east, north, activity in one]
    locations = make(place, one, other)
    outlines = draw(locations)
    assert count_overlaps(outlines) == 0
    assert cover(outlines, locations).min() >= 0.98
    assert outlines.is_valid.all()


def test_a_strip_between_neighbours_stays_narrow_and_whole() -> None:
    strip = [(0.0, float(north), 1.0) for north in range(-12, 13, 2)]
    sides = [[(side, north, 1.0) for _, north, _ in strip] for side in (-3.0, 3.0)]
    locations = make("Basel", strip, *sides)
    outlines = draw(locations)
    assert find_narrow(outlines[0]) > 0.9
    assert count_overlaps(outlines) == 0
    assert cover(outlines, locations).min() >= 0.98


def test_no_region_is_no_outline() -> None:
    nothing = make("Basel", [(0.0, 0.0, 1.0)]).head(0)
    assert draw(nothing).empty


@pytest.mark.parametrize(("radius_km", "disc_km"), [(4, 2.25), (8, 4.5), (15, 4.5), (30, 9.0)])
def test_the_narrowest_width_follows_the_radius(radius_km: float, disc_km: float) -> None:
    outlines = outline_for_maps(make("Basel", [(0.0, 0.0, 1.0)]), radius_km=radius_km)
    assert measure_area(outlines)[0] == pytest.approx(np.pi * disc_km**2, rel=0.04)


# Symmetry


def test_the_order_of_the_rows_changes_nothing() -> None:
    locations = make("Basel", SPIDER, [(20.0, 20.0, 1.0), (24.0, 20.0, 1.0)])
    shuffled = locations.sample(frac=1, random_state=1)
    assert draw(shuffled).to_wkb().tolist() == draw(locations).to_wkb().tolist()


def test_the_unit_of_activity_changes_nothing() -> None:
    locations = make("Basel", SPIDER)
    doubled = locations.assign(activity=2 * locations["activity"])
    assert draw(doubled).to_wkb().tolist() == draw(locations).to_wkb().tolist()


# The built-in world


def test_the_built_in_world_has_broad_outlines_that_cover_its_activity(
    demo_result: gii_geo.Result,
) -> None:
    drawn = demo_result.regions_map
    assert drawn["region_id"].tolist() == demo_result.regions["region_id"].tolist()
    outlines = drawn.geometry
    assert outlines.is_valid.all()
    assert count_overlaps(outlines) == 0
    assert np.median([find_narrow(outline) for outline in outlines]) <= 0.01
    rows = demo_result.locations.dropna(subset="region_id").rename(columns={"region_id": "region"})
    by_id = outlines.set_axis(drawn["region_id"].array)
    assert cover(by_id, pd.DataFrame(rows)).min() >= 0.98
    decimals = shapely.get_coordinates(outlines.to_numpy()) * 1e4
    assert np.abs(decimals - decimals.round()).max() < 1e-6


def prune_slowly(links: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    while True:
        degree = np.bincount(links.ravel(), minlength=len(wanted))
        loose = ((degree[links] == 1) & ~wanted[links]).any(axis=1)
        if not loose.any():
            return links
        links = links[~loose]


@pytest.mark.parametrize("seed", range(100))
def test_links_to_nothing_wanted_are_dropped_from_the_outside_in(seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(rng.integers(2, 40))
    tree = [(order[own], order[rng.integers(own)]) for own in range(1, len(order))]
    links = rng.permutation(np.array(tree))[rng.random(len(tree)) < 0.9]
    wanted = rng.random(len(order)) < 0.5 * rng.random()
    assert np.array_equal(broad._prune(links, wanted), prune_slowly(links, wanted))
