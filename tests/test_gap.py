"""The gaps between clusters: by hand, by brute force, of several as near the first."""

import itertools

import numpy as np
import pandas as pd
import pyproj
import pytest

from gii_geo.project import to_geocentric
from gii_geo.regions.gap import _BLOCK, ENDS, _bound_blocks, find_gaps

GEODESIC = pyproj.Geod(ellps="WGS84")
EQUATOR_DEGREE_KM = 2 * np.pi * 6378.137 / 360
SIDES = list(ENDS)


def make_locations(rows: list[tuple[float, float, int | None]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["lon", "lat", "cluster"])
    return table.astype({"lon": float, "lat": float, "cluster": "Int64"})


def test_a_gap_is_the_geodesic_between_the_nearest_locations() -> None:
    locations = make_locations(
        [(0, 0, 0), (0.01, 0, 0), (0.05, 0, 1), (0.06, 0, 1), (0.03, 0, None)]
    )
    gaps = find_gaps(locations, gap_km=5)
    assert gaps[["cluster_a", "cluster_b"]].to_numpy().tolist() == [[0, 1]]
    assert gaps["gap_km"].tolist() == pytest.approx([0.04 * EQUATOR_DEGREE_KM], abs=1e-9)
    assert gaps[SIDES].to_numpy().tolist() == [[0.01, 0, 0.05, 0]]


@pytest.mark.parametrize("lat", [0.0, 47.4, -33.9, 85.0])
def test_a_gap_counts_up_to_its_full_width_and_not_beyond(lat: float) -> None:
    lon, end_lat, _ = GEODESIC.fwd(8.5, lat, 70, 5_000)
    locations = make_locations([(8.5, lat, 0), (lon, end_lat, 1)])
    assert len(find_gaps(locations, gap_km=5.000001)) == 1
    assert find_gaps(locations, gap_km=4.999999).empty


def test_a_gap_may_lie_across_the_antimeridian_or_a_pole() -> None:
    across = find_gaps(make_locations([(179.99, -16.8, 0), (-179.99, -16.8, 1)]), gap_km=3)
    assert across["gap_km"].tolist() == pytest.approx([2.132], abs=1e-3)
    assert across["lon_a"].tolist() == [179.99]
    pole = find_gaps(make_locations([(0, 89.99, 0), (180, 89.99, 1)]), gap_km=3)
    assert pole["gap_km"].tolist() == pytest.approx([2.234], abs=1e-3)


def test_a_gap_of_zero_joins_nothing() -> None:
    assert find_gaps(make_locations([(0, 0, 0), (1e-9, 0, 1)]), gap_km=0).empty


def test_clusters_that_touch_have_a_gap_of_zero() -> None:
    gaps = find_gaps(make_locations([(8.5, 47.4, 0), (8.5, 47.4, 1)]), gap_km=0)
    assert gaps["gap_km"].tolist() == [0.0]


def test_clusters_side_by_side_in_boxes_but_not_in_space_are_no_pair() -> None:
    corner = make_locations([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 1), (0.51, 0, 1)])
    assert find_gaps(corner, gap_km=30).empty
    assert len(find_gaps(corner, gap_km=60)) == 1


def test_no_cluster_has_no_gap_and_the_columns_stay() -> None:
    for rows in ([], [(0.0, 0.0, None)], [(0.0, 0.0, 0), (0.1, 0.0, 0)]):
        gaps = find_gaps(make_locations(rows), gap_km=5)
        assert gaps.empty
        assert gaps.dtypes.astype(str).tolist() == ["int64"] * 2 + ["float64"] * 5


def reference_gaps(locations: pd.DataFrame, gap_km: float) -> dict[tuple[int, int], float]:
    """Measure the geodesic between every two locations."""
    found = {}
    inside = locations.dropna(subset="cluster")
    groups = dict(list(inside.groupby("cluster")))
    for a, b in itertools.combinations(sorted(groups), 2):
        pairs = groups[a].merge(groups[b], how="cross", suffixes=("_a", "_b"))
        ends = [pairs[column].to_numpy() for column in ENDS]
        nearest = GEODESIC.inv(*ends)[2].min() / 1000
        if nearest <= gap_km:
            found[int(a), int(b)] = nearest
    return found


def make_world(seed: int) -> pd.DataFrame:
    """Scatter some clusters round a place, one time in three the antimeridian or a pole."""
    rng = np.random.default_rng(seed)
    lon, lat = [(8.5, 47.4), (180.0, -16.8), (30.0, 89.9)][seed % 3]
    size = int(rng.integers(2, 80))
    scale = rng.choice([0.05, 0.3, 1.0])
    north = np.clip(lat + rng.normal(0, scale, size), -90, 90)
    east = lon + rng.normal(0, scale, size) / np.maximum(np.cos(np.radians(north)), 0.02)
    cluster = pd.array(rng.integers(-1, 8, size), "Int64")
    table = pd.DataFrame({"lon": (east + 180) % 360 - 180, "lat": north, "cluster": cluster})
    return table.assign(cluster=table["cluster"].mask(table["cluster"] < 0))


@pytest.mark.parametrize("seed", range(60))
def test_the_gaps_of_random_worlds_are_those_of_brute_force(seed: int) -> None:
    locations = make_world(seed)
    for gap_km in (1, 5, 20):
        gaps = find_gaps(locations, gap_km=gap_km)
        found = {(row.cluster_a, row.cluster_b): row.gap_km for row in gaps.itertuples()}
        assert found == pytest.approx(reference_gaps(locations, gap_km), abs=1e-5)
        assert gaps[["cluster_a", "cluster_b"]].to_numpy().tolist() == sorted(map(list, found))
        ends = [gaps[column].to_numpy() for column in ENDS]
        assert GEODESIC.inv(*ends)[2] / 1000 == pytest.approx(gaps["gap_km"].to_numpy())


def test_every_few_locations_of_a_cluster_have_a_box_and_none_is_empty() -> None:
    starts = np.array([0, _BLOCK, 2 * _BLOCK + 1, 2 * _BLOCK + 2])
    xyz = np.random.default_rng(1).normal(size=(int(starts[-1]), 3))
    boxes, first = _bound_blocks(xyz, starts)
    assert first.tolist() == [0, 1, 3, 4]
    ends = [0, _BLOCK, 2 * _BLOCK, *starts[2:].tolist()]
    for box, begin, end in zip(boxes, ends[:-1], ends[1:], strict=True):
        part = xyz[begin:end]
        assert box.tolist() == [*part.min(axis=0), *part.max(axis=0)]


def find_slowly(locations: pd.DataFrame, gap_km: float) -> dict[tuple[int, int], list[float]]:
    """Measure every two locations in space; of several as near take the first rows."""
    inside = locations.dropna(subset="cluster")
    xyz = to_geocentric(inside["lon"], inside["lat"])
    lon_lat, cluster = inside[["lon", "lat"]].to_numpy(), inside["cluster"].to_numpy(np.int64)
    rows = {int(one): np.flatnonzero(cluster == one) for one in np.unique(cluster)}
    found = {}
    for a, b in itertools.combinations(rows, 2):
        apart = (xyz[rows[a], None] - xyz[None, rows[b]]) ** 2
        distance = apart[..., 0] + apart[..., 1] + apart[..., 2]
        i, j = divmod(int(distance.argmin()), len(rows[b]))
        if np.sqrt(distance[i, j]) <= gap_km * 1000:
            found[a, b] = [*lon_lat[rows[a][i]].tolist(), *lon_lat[rows[b][j]].tolist()]
    return found


def read_ends(gaps: pd.DataFrame) -> dict[tuple[int, int], list[float]]:
    pairs = gaps[["cluster_a", "cluster_b"]].itertuples(index=False, name=None)
    return dict(zip(pairs, gaps[SIDES].to_numpy().tolist(), strict=True))


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_ends_as_near_the_first_in_the_table_is_given(order: int) -> None:
    # North and south of the equator, and then on either side of a meridian, the same distance.
    north_south = [(0.0, 0.02, 0), (0.0, -0.02, 0), (0.01, 0.0, 1)][::order]
    ends = find_gaps(make_locations(north_south), gap_km=5)[SIDES].to_numpy().tolist()
    assert ends == [[0.0, 0.02 * order, 0.01, 0.0]]
    east_west = [(0.0, 10.0, 0), (0.02, 10.0, 1), (-0.02, 10.0, 1)][::order]
    ends = find_gaps(make_locations(east_west), gap_km=5)[SIDES].to_numpy().tolist()
    assert ends == [[0.0, 10.0, 0.02 * order, 10.0]]


@pytest.mark.parametrize("seed", range(12))
def test_on_a_grid_full_of_ties_the_ends_are_those_of_brute_force(seed: int) -> None:
    # A grid that is the same in all four quarters round 0, 0: thousands of equal distances, in
    # clusters of far more locations than are searched at once.
    random = np.random.default_rng(seed)
    steps = np.arange(-12, 13) * 0.01
    lon, lat = (axis.ravel() for axis in np.meshgrid(steps, steps))
    cluster = np.where(
        random.random(len(lon)) < 0.2, -1, (lon > 0.035) + 2 * (lat > 0.005) + 4 * (abs(lat) > 0.06)
    )
    locations = pd.DataFrame({"lon": lon, "lat": lat, "cluster": pd.array(cluster, "Int64")})
    locations["cluster"] = locations["cluster"].mask(locations["cluster"] < 0)
    locations = locations.sample(frac=1, random_state=seed, ignore_index=True)
    assert locations["cluster"].value_counts().max() > 64
    for gap_km in (1.12, 3, 30):
        by_hand = find_slowly(locations, gap_km)
        assert read_ends(find_gaps(locations, gap_km=gap_km)) == by_hand
        xyz = to_geocentric(locations["lon"], locations["lat"])
        assert read_ends(find_gaps(locations, gap_km=gap_km, xyz=xyz)) == by_hand
    assert len(by_hand) > 10


def test_a_gap_of_exactly_the_width_is_found_and_a_hair_less_is_not() -> None:
    locations = make_locations([(8.5, 47.4, 0), (8.55, 47.42, 1)])
    xyz = to_geocentric(locations["lon"], locations["lat"])
    straight_km = float(np.linalg.norm(xyz[0] - xyz[1])) / 1000
    wide = straight_km if straight_km * 1000 >= np.linalg.norm(xyz[0] - xyz[1]) else np.nan
    wide = np.nan_to_num(wide, nan=float(np.nextafter(straight_km, 9)))
    assert len(find_gaps(locations, gap_km=wide)) == 1
    assert find_gaps(locations, gap_km=straight_km - 1e-12).empty


def test_the_order_of_the_rows_changes_nothing() -> None:
    locations = make_world(7)
    shuffled = locations.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(find_gaps(locations, gap_km=20), find_gaps(shuffled, gap_km=20))


def test_turning_the_globe_changes_no_gap() -> None:
    locations = make_world(3)
    turned = locations.assign(lon=(locations["lon"] + 171.5 + 180) % 360 - 180)
    gaps, other = (
        find_gaps(table, gap_km=20)["gap_km"].to_numpy() for table in (locations, turned)
    )
    assert len(gaps) > 1
    assert other == pytest.approx(gaps, abs=1e-9)


@pytest.mark.parametrize("gap_km", [-1, float("nan")])
def test_a_negative_gap_is_refused(gap_km: float) -> None:
    with pytest.raises(ValueError, match=rf"Invalid gap_km {gap_km}\. Must be at least 0\."):
        find_gaps(make_locations([]), gap_km=gap_km)
