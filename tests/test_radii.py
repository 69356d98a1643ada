"""The merge tree: every radius at once."""

from typing import Any

import numba
import numpy as np
import pandas as pd
import pyproj
import pytest
from reference import Array, core_radii2, squared_chords
from scipy.cluster.hierarchy import fcluster, is_valid_linkage
from scipy.sparse.csgraph import minimum_spanning_tree
from test_dbscan import KINDS, Kind, draw_world, table, towns

from gii_geo import project
from gii_geo.places import find_place
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.cluster.radii import MergeTree, merge_tree
from gii_geo.regions.cluster.reach import select_weighted


def radii_to_try(tree: MergeTree, seed: int) -> list[float]:
    """Radii at which something changes, just below them, and others."""
    rng = np.random.default_rng(seed)
    critical = np.concatenate([np.sqrt(tree.length2), np.sqrt(tree.reach2)]) / 1000
    critical = critical[(critical > 0) & (critical < 20_000)]
    if not len(critical):
        return [15.0]
    chosen = rng.choice(critical, 4)
    return [*chosen, *np.nextafter(chosen, 0), *np.nextafter(chosen, 1e5), rng.uniform(0.1, 100)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_equals_dbscan_at_every_radius(kind: Kind) -> None:
    for seed in range(25):
        lon, lat, weight, _, minimum = draw_world(kind, seed)
        locations = table(lon, lat, weight)
        tree = merge_tree(locations, min_weight=minimum)
        for radius_km in radii_to_try(tree, seed):
            cut = tree.cut(radius_km)
            direct = cluster_locations(locations, radius_km=radius_km, min_weight=minimum)
            pd.testing.assert_series_equal(cut, direct)


@pytest.mark.parametrize("kind", KINDS)
def test_core_distances_equal_a_walk_outwards(kind: Kind) -> None:
    for seed in range(40):
        lon, lat, weight, _, minimum = draw_world(kind, seed)
        tree = merge_tree(table(lon, lat, weight), min_weight=minimum)
        expected = core_radii2(project.to_geocentric(lon, lat), weight, minimum)
        assert (expected[tree.order] == tree.reach2).all(), seed


@pytest.mark.parametrize("kind", KINDS)
def test_the_tree_is_as_short_as_any_spanning_tree(kind: Kind) -> None:
    for seed in range(40):
        lon, lat, weight, _, minimum = draw_world(kind, seed)
        tree = merge_tree(table(lon, lat, weight), min_weight=minimum)
        if not len(tree.edges):
            continue
        reach2 = tree.reach2
        mutual = np.maximum(squared_chords(tree.grid.xyz), np.maximum.outer(reach2, reach2))
        # scipy takes 0 for no edge: move all lengths up by one before and back after.
        theirs = minimum_spanning_tree(
            mutual.argsort(axis=None).argsort().reshape(mutual.shape) + 1
        )
        theirs = np.sort(mutual[theirs.nonzero()])
        assert (theirs == tree.length2).all(), seed
        assert (mutual[tuple(tree.edges.T)] == tree.length2).all(), seed


def test_core_radius_worked_by_hand() -> None:
    # Along the equator at 0, 0.1 and 0.3 degrees, with weights 3, 1 and 1.
    locations = table([0, 0.1, 0.3], [0, 0, 0], [3, 1, 1])
    degree = np.sqrt(((project.to_geocentric([0, 1], [0, 0]) ** 2).sum()) / 2) * np.pi / 180e3
    for minimum, degrees in ((3, [0, 0.1, 0.3]), (4, [0.1, 0.1, 0.3]), (5, [0.3, 0.2, 0.3])):
        core_km = merge_tree(locations, min_weight=minimum).core_radius_km
        np.testing.assert_allclose(core_km, np.array(degrees) * degree, rtol=1e-5)


def test_a_world_too_light_has_no_clusters_at_any_radius() -> None:
    tree = merge_tree(table([0, 1], [0, 0], [1, 1]), min_weight=3)
    assert tree.cut(20_000).isna().all()
    assert (tree.core_radius_km == np.inf).all()
    assert tree.joins((0, 0), (1, 0)).empty


BAY = table([0, 0.01, 0.2, 0.21, 0.5, 0.51, 0.35], [0] * 7, [50, 50, 30, 30, 20, 20, 1])
"""Three towns on the equator, 100, 60 and 40 heavy; between the last two a hamlet of weight 1."""
TOWNS = {"West": (0.0, 0.0), "Middle": (0.2, 0.0), "East": (0.51, 0.01)}


def test_places_join_over_the_gap_between_them() -> None:
    joins = merge_tree(BAY, min_weight=30).joins("West", "Middle", "East", gazetteer=TOWNS)
    # From 0.14 degrees on the hamlet reaches Middle and is core, from 0.15 on also East.
    assert joins["places"].tolist() == ["Middle, East", "West, Middle, East"]
    assert joins[["lon_a", "lon_b"]].apply(sorted, axis=1).tolist() == [[0.35, 0.5], [0.01, 0.2]]
    np.testing.assert_allclose(joins["radius_km"], [0.15 * 111.319, 0.19 * 111.319], rtol=1e-5)
    np.testing.assert_allclose(joins["distance_km"], joins["radius_km"])


def test_a_distance_below_the_radius_tells_that_density_is_what_is_missing() -> None:
    # With 61 to reach the hamlet takes 0.15 degrees for Middle and one of East: 30 + 30 + 1.
    joins = merge_tree(BAY, min_weight=61).joins("Middle", (0.35, 0.0), gazetteer=TOWNS)
    assert joins["distance_km"].item() < joins["radius_km"].item()


def test_places_join_by_their_names_and_own_names_go_first() -> None:
    # The centres of Basel and Zurich are 74.6 km apart by the geodesic, and each weighs enough.
    basel, zurich = find_place("Basel"), find_place("Zürich")
    tree = merge_tree(table([basel.lon, zurich.lon], [basel.lat, zurich.lat], [9, 9]), min_weight=9)
    joins = tree.joins("Basel", "zurich")
    assert joins["places"].tolist() == ["Basel (CH), Zurich (CH)"]
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(basel.lon, basel.lat, zurich.lon, zurich.lat)
    np.testing.assert_allclose(joins["radius_km"], metres / 1000, rtol=1e-4)
    pd.testing.assert_frame_equal(
        tree.joins(basel, zurich).drop(columns="places"), joins.drop(columns="places")
    )
    own = {"Basel": (zurich.lon, zurich.lat)}
    assert tree.locate("Basel") == ("Basel (CH)", 0, 0.0)
    assert tree.locate("Basel", gazetteer=own)[:2] == ("Basel", 1)


def groups(tree: MergeTree, radius_km: float, rows: Any) -> int:
    """Count how many clusters rows are core in; those not core count one each."""
    core = tree.core_radius_km.iloc[rows] <= radius_km
    return int(tree.cut(radius_km).iloc[rows][core].nunique() + (~core).sum())


def test_at_the_radius_of_a_join_places_are_one_cluster_and_just_below_they_are_not() -> None:
    lon, lat = towns(np.random.default_rng(5), 600)
    locations = table(lon, lat, np.random.default_rng(6).integers(1, 9, 600))
    tree = merge_tree(locations, min_weight=40)
    six = slice(6)
    joins = tree.joins(*zip(lon[six].tolist(), lat[six].tolist(), strict=True))
    assert len(joins) == 5
    assert joins["radius_km"].is_monotonic_increasing
    for radius_km in joins["radius_km"]:
        assert groups(tree, radius_km, six) < groups(tree, np.nextafter(radius_km, 0), six)
    assert groups(tree, joins["radius_km"].iloc[-1], six) == 1
    for join in joins.itertuples():
        ends = (lon == join.lon_a) & (lat == join.lat_a) | (lon == join.lon_b) & (lat == join.lat_b)
        rows = np.flatnonzero(ends)
        assert groups(tree, join.radius_km, rows) == 1
        assert groups(tree, np.nextafter(join.radius_km, 0), rows) == 2


def test_two_names_of_one_location_join_as_soon_as_it_is_core() -> None:
    joins = merge_tree(BAY, min_weight=30).joins((0, 0), (0.001, 0.0))
    assert joins["radius_km"].tolist() == [0.0]
    assert joins["distance_km"].tolist() == [0.0]


def test_the_linkage_tells_the_joins_as_scipy_does() -> None:
    lon, lat = towns(np.random.default_rng(5), 600)
    locations = table(lon, lat, np.random.default_rng(6).integers(1, 9, 600))
    tree = merge_tree(locations, min_weight=40)
    places = list(zip(lon[:9].tolist(), lat[:9].tolist(), strict=True))
    linkage = tree.linkage(*places)
    assert is_valid_linkage(linkage, throw=True)
    joins = tree.joins(*places)
    assert linkage[:, 2].tolist() == joins["radius_km"].tolist()
    assert linkage[:, 3].tolist() == [len(row.split("), (")) for row in joins["places"]]
    for radius_km in joins["radius_km"]:
        flat = fcluster(linkage, radius_km, criterion="distance")
        core = tree.core_radius_km.iloc[:9].to_numpy() <= radius_km
        cut = tree.cut(radius_km).iloc[:9].to_numpy()
        for one in range(9):
            for other in range(one):
                together = core[one] and core[other] and cut[one] == cut[other]
                assert (flat[one] == flat[other]) == together


def test_the_linkage_takes_several_names_of_one_location() -> None:
    tree = merge_tree(BAY, min_weight=30)
    linkage = tree.linkage((0, 0), "Middle", (0.001, 0), (0, 0.001), gazetteer=TOWNS)
    assert linkage[:, [0, 1, 3]].tolist() == [[0, 2, 2], [4, 3, 3], [5, 1, 4]]
    assert linkage[:2, 2].tolist() == [0, 0]
    one = merge_tree(BAY.head(1), min_weight=30)
    assert one.linkage((0, 0), (1, 1)).tolist() == [[0, 1, 0, 2]]
    with pytest.raises(ValueError, match=r"Invalid min_weight 999. Must be at most the weight of"):
        merge_tree(BAY, min_weight=999).linkage("West", "Middle", gazetteer=TOWNS)


def test_row_order_does_not_change_the_bridges() -> None:
    lon, lat = towns(np.random.default_rng(7), 500)
    lon, lat = lon.round(1), lat.round(1)
    locations = table(lon, lat, np.ones(500)).drop_duplicates(["lon", "lat"], ignore_index=True)
    places = list(zip(locations["lon"][:5], locations["lat"][:5], strict=True))
    joins = merge_tree(locations, min_weight=5).joins(*places)
    shuffled = locations.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(merge_tree(shuffled, min_weight=5).joins(*places), joins)


@numba.njit
def select(value: Array, weight: Array, goal: int) -> float:
    """Call what only kernels can call."""
    return select_weighted(value, weight, goal)


def test_weighted_selection_equals_sorting() -> None:
    rng = np.random.default_rng(0)
    for _ in range(2000):
        size = int(rng.integers(1, 30))
        value = rng.integers(0, 10, size).astype(float)
        weight = rng.integers(0, 4, size)
        weight[0] += 1
        goal = int(rng.integers(1, weight.sum() + 1))
        order = np.argsort(value)
        expected = value[order][np.searchsorted(weight[order].cumsum(), goal)]
        assert select(value.copy(), weight.copy(), goal) == expected


def test_bad_questions_are_refused() -> None:
    tree = merge_tree(BAY, min_weight=30)
    with pytest.raises(ValueError, match=r"Invalid radius_km 0. Must be greater than 0"):
        tree.cut(0)
    with pytest.raises(ValueError, match=r"Invalid places \('West',\). Must be two or more"):
        tree.joins("West", gazetteer=TOWNS)
    with pytest.raises(ValueError, match=r"Invalid place .Nowhere at all.. Must be one of 5,000"):
        tree.joins("West", "Nowhere at all", gazetteer=TOWNS)
    with pytest.raises(ValueError, match=r"Invalid min_weight 0. Must be greater than 0"):
        merge_tree(BAY, min_weight=0)
    with pytest.raises(ValueError, match="Invalid locations without density_weight"):
        merge_tree(BAY[["lon", "lat"]], min_weight=1)
