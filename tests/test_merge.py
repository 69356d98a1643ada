"""Gaps by hand and by brute force, and the merges they and links make."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest

from conftest import LONG_RUN
from gii_geo.regions.gap import find_gaps
from gii_geo.regions.merge import choose_merges, merge_clusters

GEODESIC = pyproj.Geod(ellps="WGS84")
EQUATOR_DEGREE_KM = 2 * np.pi * 6378.137 / 360
ENDS = ["lon_a", "lat_a", "lon_b", "lat_b"]


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
    assert gaps[ENDS].to_numpy().tolist() == [[0.01, 0, 0.05, 0]]


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


def merge(clusters: int, *pairs: tuple[int, int]) -> list[int]:
    return merge_clusters(
        clusters, pd.DataFrame(pairs, columns=["cluster_a", "cluster_b"])
    ).tolist()


def test_clusters_merge_through_others() -> None:
    assert merge(5, (0, 2), (2, 4)) == [0, 1, 0, 2, 0]
    assert merge(4, (2, 3), (0, 1), (1, 2)) == [0, 0, 0, 0]


def test_without_pairs_every_cluster_is_a_region() -> None:
    assert merge(3) == [0, 1, 2]
    assert merge(0) == []


def test_regions_are_numbered_by_their_first_cluster_whatever_the_order_of_the_pairs() -> None:
    pairs = [(1, 5), (0, 3), (5, 7), (2, 4)]
    regions = {tuple(merge(8, *order)) for order in itertools.permutations(pairs)}
    assert regions == {(0, 1, 2, 0, 2, 1, 3, 1)}


def test_merging_by_gaps_is_transitive_from_location_to_region() -> None:
    step = 4 / EQUATOR_DEGREE_KM
    locations = make_locations([(place * step, 0, place) for place in range(4)] + [(9, 9, 4)])
    gaps = find_gaps(locations, gap_km=5)
    assert len(gaps) == 3
    assert merge_clusters(5, gaps).tolist() == [0, 0, 0, 0, 1]


def choose(
    gaps: list[tuple[Any, ...]], links: list[tuple[Any, ...]], **options: Any
) -> pd.DataFrame:
    columns = ["cluster_a", "cluster_b", "gap_km"]
    table = pd.DataFrame(gaps, columns=columns).astype({"gap_km": float})
    table[ENDS] = 0.0
    shared = pd.DataFrame(links, columns=["cluster_a", "cluster_b", "records", "link_share"])
    return choose_merges(table, shared.assign(shared_weight=1.0), **{"gap_km": 5.0} | options)


def reasons(pairs: pd.DataFrame) -> dict[tuple[int, int], str | None]:
    return {
        (row.cluster_a, row.cluster_b): None if pd.isna(row.reason) else row.reason
        for row in pairs.itertuples()
    }


GAPS = [(0, 1, 3.0), (0, 2, 60.0), (1, 2, 4.0), (0, 3, 99.0)]
LINKS = [(0, 2, 9, 0.5), (1, 2, 5, 0.4), (0, 3, 2, 0.1), (2, 3, 7, 0.9)]


def test_without_a_share_links_are_told_but_merge_nothing() -> None:
    assert reasons(choose(GAPS, LINKS)) == {
        (0, 1): "gap",
        (1, 2): "gap",
        **dict.fromkeys([(0, 2), (0, 3), (2, 3)]),
    }


def test_links_merge_from_their_share_on_within_their_reach() -> None:
    assert reasons(choose(GAPS, LINKS, min_link_share=0.4, max_link_km=60)) == {
        (0, 1): "gap",
        (1, 2): "gap and link",
        (0, 2): "link",
        **dict.fromkeys([(0, 3), (2, 3)]),
    }
    assert reasons(choose(GAPS, LINKS, min_link_share=0.4, max_link_km=59))[0, 2] is None


def test_a_gap_of_exactly_the_width_asked_for_merges() -> None:
    assert reasons(choose([(0, 1, 5.0)], [])) == {(0, 1): "gap"}
    assert reasons(choose([(0, 1, float(np.nextafter(5.0, 6.0)))], [])) == {}


def test_a_gap_measured_and_then_asked_for_merges() -> None:
    locations = make_locations([(8.5, 47.4, 0), (8.56, 47.4, 1), (8.9, 47.4, 2)])
    measured = find_gaps(locations, gap_km=9)["gap_km"].item()
    for gap_km, merged in ((measured, True), (np.nextafter(measured, 0), False)):
        gaps = find_gaps(locations, gap_km=gap_km)
        nothing = pd.DataFrame(columns=["cluster_a", "cluster_b", "records", "link_share"])
        links = nothing.assign(shared_weight=0.0).astype({"cluster_a": int, "cluster_b": int})
        pairs = choose_merges(gaps, links, gap_km=gap_km)
        assert pairs["reason"].notna().tolist() == [True] * merged


def test_a_gap_of_zero_merges_none_even_where_clusters_touch() -> None:
    assert reasons(choose([(0, 1, 0.0)], [], gap_km=0)) == {}
    assert reasons(choose([(0, 1, 0.0)], [(0, 1, 1, 0.9)], gap_km=0, min_link_share=0.5)) == {
        (0, 1): "link"
    }


def test_what_is_neither_close_nor_linked_is_not_told() -> None:
    assert (0, 3) not in reasons(choose(GAPS, LINKS[:2]))
    assert choose([], []).empty


def test_a_gap_below_a_kilometre_may_be_asked_for() -> None:
    assert reasons(choose([(0, 1, 0.5), (1, 2, 0.6)], [], gap_km=0.5)) == {(0, 1): "gap"}


def test_a_gap_along_one_axis_of_space_is_found() -> None:
    # About 0 degrees east the axis runs from west to east: the boxes are as far apart as the ends.
    locations = make_locations([(-0.02, 0, 0), (0.02, 0, 1)])
    gap_km = 0.04 * EQUATOR_DEGREE_KM
    assert find_gaps(locations, gap_km=gap_km)["gap_km"].tolist() == pytest.approx([gap_km])


def test_links_reach_a_hundred_kilometres_unless_told_otherwise() -> None:
    gaps = [(0, 1, 100.0), (0, 2, 100.001)]
    links = [(0, 1, 1, 0.9), (0, 2, 1, 0.9)]
    found = reasons(choose(gaps, links, min_link_share=0.9))
    assert found == {(0, 1): "link", (0, 2): None}


def test_pairs_come_by_the_share_they_have_in_common_and_equal_ones_by_their_numbers() -> None:
    gaps = [(2, 5, 4.0), (1, 6, 3.0), (1, 4, 2.0), (0, 7, 1.0)]
    links = [(1, 6, 1, 0.2), (0, 3, 1, 0.5), (0, 2, 1, 0.5)]
    pairs = choose(gaps, links)
    assert pairs[["cluster_a", "cluster_b"]].to_numpy().tolist() == [
        *([0, 2], [0, 3], [1, 6]),
        *([0, 7], [1, 4], [2, 5]),
    ]
    assert pairs.index.tolist() == list(range(6))


def test_a_pair_that_shares_nothing_has_zeros_and_is_not_linked() -> None:
    pairs = choose([(0, 1, 3.0)], [(0, 2, 1, 1.0)], min_link_share=1.0, max_link_km=5)
    assert reasons(pairs) == {(0, 1): "gap", (0, 2): None}
    alone = pairs.iloc[1]
    assert alone[["records", "shared_weight", "link_share"]].tolist() == [0, 0, 0]
    assert pairs["gap_km"].isna().tolist() == [True, False]


def nearest_ends(xyz: np.ndarray, cluster: np.ndarray, gap_m: float) -> list[tuple[int, ...]]:
    """Compare all locations of every two clusters; of pairs as near the first in the table wins."""
    found = []
    for a, b in itertools.combinations(np.unique(cluster).tolist(), 2):
        pairs = itertools.product(np.flatnonzero(cluster == a), np.flatnonzero(cluster == b))
        best = min((int(((xyz[i] - xyz[j]) ** 2).sum()), int(i), int(j)) for i, j in pairs)
        if best[0] <= gap_m**2:
            found.append((a, b, *best[1:]))
    return found


def find_ends(xyz: np.ndarray, cluster: np.ndarray, gap_km: float) -> list[tuple[int, ...]]:
    """Find gaps in space as it is given; longitudes are row numbers, in thousandths."""
    rows = np.arange(len(xyz)) / 1000
    locations = pd.DataFrame({"lon": rows, "lat": 0.0, "cluster": cluster})
    gaps = find_gaps(locations, gap_km=gap_km, xyz=xyz.astype(np.float64))
    ends = (gaps[["lon_a", "lon_b"]] * 1000).round().astype(int)
    table = pd.concat([gaps[["cluster_a", "cluster_b"]], ends], axis=1)
    return [tuple(row) for row in table.to_numpy().tolist()]


def test_a_gap_is_found_from_its_very_width_on_across_many_locations() -> None:
    # Two clusters of 40 that face each other with a corner each: 3, 4 and 5 metres.
    away = np.arange(40)[::-1, None] * [1, 1, 0]
    xyz, cluster = np.r_[-away, away + np.array([3, 4, 0])], np.repeat([0, 1], 40)
    assert find_ends(xyz, cluster, 0.005) == [(0, 1, 39, 79)]
    assert find_ends(xyz, cluster, 0.0049999999) == []
    # A gap as wide along one axis: boxes are as far apart as their locations.
    assert find_ends(np.array([[0, 0, 0], [0, 0, 5]]), np.array([0, 1]), 0.005) == [(0, 1, 0, 1)]
    assert find_ends(np.array([[0, 0, 0], [0, 0, 6]]), np.array([0, 1]), 0.005) == []


@LONG_RUN
@pytest.mark.parametrize("width", [4, 12, 40])
def test_of_locations_as_near_the_first_in_the_table_are_the_ends_of_a_gap(width: int) -> None:
    # On a lattice of whole metres many are as near; some clusters hold several blocks of 16.
    for seed in range(60):
        rng = np.random.default_rng([seed, width])
        n = int(rng.integers(2, 150))
        xyz = rng.integers(0, width, (n, 3)) + rng.integers(0, 3, n)[:, None] * [0, 0, width + 4]
        cluster = np.sort(rng.integers(0, 4, n)) if seed % 2 else rng.integers(0, 9, n)
        for gap_m in (0, 3, 5, 9):
            expected = nearest_ends(xyz, cluster, gap_m)
            assert find_ends(xyz, cluster, gap_m / 1000) == expected, (seed, gap_m)
