"""Weighted DBSCAN, held against scikit-learn, a slow reference, hand-made worlds, symmetry."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import (
    Array,
    core_components,
    core_flags,
    nearest_components,
    same_partition,
    squared_chords,
)
from sklearn.cluster import DBSCAN

from gii_geo import project
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.cluster.dbscan import dbscan

World = tuple[Array, Array]
Kind = Callable[[np.random.Generator, int], World]

WORLDS_PER_KIND = 260


def wrap(lon: Array) -> Array:
    return (lon + 180) % 360 - 180


def towns(rng: np.random.Generator, n: int) -> World:
    """Scatter towns of different size and tightness over the globe."""
    centre = rng.integers(rng.integers(1, 8), size=n)
    at = np.column_stack([rng.uniform(-180, 180, 8), rng.uniform(-85, 85, 8)])[centre]
    spread = (10 ** rng.uniform(-3, 0, 8))[centre]
    lon, lat = at[:, 0] + rng.normal(size=n) * spread, at[:, 1] + rng.normal(size=n) * spread
    return wrap(lon), lat.clip(-90, 90)


def lattice(rng: np.random.Generator, n: int) -> World:
    """Fill a regular lattice, where many distances are equal."""
    side = int(np.sqrt(n)) + 1
    step = rng.choice([0.01, 0.1, 0.125, 1.0])
    i, j = np.divmod(rng.permutation(side * side)[:n], side)
    return wrap(rng.choice([0.0, 179.5, -60.0]) + i * step), rng.choice([0.0, 60.0]) + j * step / 2


def duplicates(rng: np.random.Generator, n: int) -> World:
    """Draw from few coordinates."""
    lon, lat = towns(rng, n)
    pick = rng.integers(max(1, n // 8), size=n)
    return lon[pick], lat[pick]


def poles(rng: np.random.Generator, n: int) -> World:
    """Surround both poles, and stand on them under several longitudes."""
    lat = (90 - rng.exponential(0.2, n)) * rng.choice([-1, 1, 1, 1], n)
    lat[rng.random(n) < 0.1] = 90.0
    return rng.uniform(-180, 180, n), lat


def antimeridian(rng: np.random.Generator, n: int) -> World:
    """Sit on both sides of 180 degrees, and on it under both signs."""
    lon = wrap(180 + rng.normal(size=n) * 0.2)
    lon[rng.random(n) < 0.1] = 180.0
    lon[rng.random(n) < 0.1] = -180.0
    return lon, rng.normal(size=n) * 0.2


def two_scales(rng: np.random.Generator, n: int) -> World:
    """Put heaps a few metres wide into a scatter a few hundred kilometres wide."""
    spread = np.where(rng.random(n) < 0.5, 1e-4, 1.0)
    return rng.normal(size=n) * spread, 45 + rng.normal(size=n) * spread


def chain(rng: np.random.Generator, n: int) -> World:
    """Line locations up at equal steps along a meridian."""
    return np.full(n, 10.0), rng.permutation(n) * rng.choice([0.1, 0.01])


def globe(rng: np.random.Generator, n: int) -> World:
    """Spread over the whole globe; meant for radii of thousands of kilometres."""
    return rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


KINDS = [towns, lattice, duplicates, poles, antimeridian, two_scales, chain, globe]


def draw_world(kind: Kind, seed: int) -> tuple[Array, Array, Array, float, int]:
    """Draw coordinates, weights, a radius and a minimum, both often hit exactly."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    n = int(rng.choice([1, 2, 5, 30, 80, 150]))
    lon, lat = kind(rng, n)
    weight = rng.choice([[0, 1], [1, 1], [0, 5], [1, 1000]])
    weight = rng.integers(weight[0], weight[1] + 1, n)
    weight[rng.integers(n)] = 1
    chords = squared_chords(project.to_geocentric(lon, lat))
    radius_m = float(np.sqrt(chords[rng.integers(n), rng.integers(n)]))
    radius_m = [radius_m, np.nextafter(radius_m, 0), radius_m * rng.uniform(0.1, 1)][seed % 3]
    radius_m = float(radius_m) if 0 < radius_m < 1.2e7 else 15_000.0
    reach = (chords <= radius_m**2) @ weight
    minimum = int(rng.choice(reach)) + int(rng.choice([0, 0, 1]))
    return lon, lat, weight, radius_m, max(1, minimum)


@pytest.mark.parametrize("kind", KINDS)
def test_core_flags_and_core_partition_equal_scikit_learn(kind: Kind) -> None:
    for seed in range(WORLDS_PER_KIND):
        lon, lat, weight, radius_m, minimum = draw_world(kind, seed)
        cluster, core = dbscan(lon, lat, weight, radius_m=radius_m, min_weight=minimum)
        xyz = project.to_geocentric(lon, lat)
        if seed % 3 == 2:
            theirs = DBSCAN(eps=radius_m, min_samples=minimum, algorithm="kd_tree", leaf_size=4)
            theirs.fit(xyz, sample_weight=weight)
        else:
            # On exact ties its tree compares rounded roots with the radius; squares do not round.
            theirs = DBSCAN(eps=radius_m**2, min_samples=minimum, metric="precomputed")
            theirs.fit(squared_chords(xyz), sample_weight=weight)
        assert np.flatnonzero(core).tolist() == theirs.core_sample_indices_.tolist(), seed
        assert same_partition(cluster[core], theirs.labels_[core]), seed
        assert ((cluster >= 0) == (theirs.labels_ >= 0)).all(), seed


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_borders_follow_the_rule(kind: Kind) -> None:
    for seed in range(60):
        lon, lat, weight, radius_m, minimum = draw_world(kind, seed)
        cluster, core = dbscan(lon, lat, weight, radius_m=radius_m, min_weight=minimum)
        xyz = project.to_geocentric(lon, lat)
        component = core_components(xyz, core, radius_m)
        number_of = dict(zip(component[core].tolist(), cluster[core].tolist(), strict=True))
        for i, claims in nearest_components(xyz, component, radius_m).items():
            assert cluster[i] == min((number_of[c] for c in claims), default=-1), seed
        rank = [
            (-weight[cluster == k].sum(), min(zip(lon[mine], lat[mine], strict=True)))
            for k in range(cluster.max() + 1)
            for mine in [core & (cluster == k)]
        ]
        assert rank == sorted(rank), seed


def test_weights_near_two_to_the_62_are_summed_exactly() -> None:
    lon, lat = np.array([0.0, 0.01, 0.02]), np.zeros(3)
    weight = np.array([2**62, 2**61, 2**61 - 1])
    for minimum, expected in ((2**63 - 1, True), (2**63 - 2, True), (2**62, True)):
        _, core = dbscan(lon, lat, weight, radius_m=5e3, min_weight=minimum)
        assert core.all() == expected
        assert (core == core_flags(project.to_geocentric(lon, lat), weight, 5e3, minimum)).all()
    weight[2] -= 1
    _, core = dbscan(lon, lat, weight, radius_m=5e3, min_weight=2**63 - 1)
    assert not core.any()


def table(lon: Any, lat: Any, weight: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lon": np.asarray(lon, dtype=float),
            "lat": np.asarray(lat, dtype=float),
            "density_weight": np.asarray(weight, dtype=np.int64),
        }
    )


def clusters(lon: Any, lat: Any, weight: Any, radius_km: float, min_weight: int) -> list[int]:
    """Cluster and write -1 for none."""
    cluster = cluster_locations(table(lon, lat, weight), radius_km=radius_km, min_weight=min_weight)
    return cluster.fillna(-1).tolist()


def test_three_in_a_row_worked_by_hand() -> None:
    # 11.1 km apart: only the middle one has all three within 12 km; the ends are its border.
    lon = [0.0, 0.1, 0.2, 5.0]
    assert clusters(lon, [0] * 4, [1] * 4, 12, 3) == [0, 0, 0, -1]
    assert clusters(lon, [0] * 4, [1] * 4, 12, 4) == [-1, -1, -1, -1]
    assert clusters(lon, [0] * 4, [1] * 4, 12, 1) == [0, 0, 0, 1]


def test_a_whole_minimum_may_be_a_float() -> None:
    assert clusters([0.0, 0.1, 0.2], [0] * 3, [1] * 3, 12, 3.0) == [0, 0, 0]  # type: ignore[arg-type]


def test_the_heavier_cluster_has_the_smaller_number() -> None:
    assert clusters([0, 10, 20], [0] * 3, [5, 7, 6], 1, 1) == [2, 0, 1]


def test_equal_weights_are_numbered_from_the_smallest_lon_lat() -> None:
    assert clusters([20, 10, 10], [0, 5, -5], [5, 5, 5], 1, 1) == [2, 1, 0]


def test_a_border_location_joins_the_nearest_core_not_the_heaviest() -> None:
    # 13 km reach 0.117 degrees: 0.11 sees 0 and, nearer, 0.2, and weighs 3 of 10 with them.
    lon, weight = [-0.05, 0, 0.11, 0.2, 0.25], [100, 1, 1, 1, 10]
    assert clusters(lon, [0] * 5, weight, 13, 10) == [0, 0, 1, 1, 1]


def test_a_border_location_in_the_middle_joins_the_heavier_cluster() -> None:
    # 12 km reach 0.108 degrees: the middle sees 3 of 11 needed, the inner ones 12 and 14.
    lon = [-0.15, -0.1, 0, 0.1, 0.15]
    assert clusters(lon, [0] * 5, [10, 1, 1, 1, 12], 12, 11) == [1, 1, 0, 0, 0]
    assert clusters(lon, [0] * 5, [12, 1, 1, 1, 10], 12, 11) == [0, 0, 0, 1, 1]
    assert clusters(lon, [0] * 5, [10, 1, 1, 1, 10], 12, 11) == [0, 0, 0, 1, 1]


def test_a_cluster_that_grows_heaviest_by_contested_locations_gets_them_all() -> None:
    # a (40) and b (34) contest 1, b and c (13) contest 9: with both b weighs 44 and is number 0.
    world = {
        (-0.15, 0.0): 39, (-0.1, 0.0): 1,
        (0.0, 0.0): 1,
        (0.1, 0.0): 1, (0.12, 0.08): 12, (0.2, 0.15): 20, (0.25, 0.1): 1,
        (0.25, 0.0): 9,
        (0.25, -0.1): 1, (0.25, -0.15): 12,
    }  # fmt: skip
    lon, lat = zip(*world, strict=True)
    assert clusters(lon, lat, list(world.values()), 12, 12) == [1, 1, 0, 0, 0, 0, 0, 0, 2, 2]


def test_a_weightless_location_is_core_among_heavy_ones() -> None:
    lon, lat, weight = np.array([0.0, 0.01]), np.zeros(2), np.array([0, 5])
    _, core = dbscan(lon, lat, weight, radius_m=5e3, min_weight=5)
    assert core.all()


def test_one_location_is_a_cluster_if_it_weighs_enough() -> None:
    assert clusters([7], [8], [5], 1, 5) == [0]
    assert clusters([7], [8], [4], 1, 5) == [-1]


def test_ten_thousand_copies_of_one_location_weigh_what_they_sum_to() -> None:
    lon = np.full(10_000, 7.0)
    assert set(clusters(lon, lon, np.ones(10_000), 1, 10_000)) == {0}
    assert set(clusters(lon, lon, np.ones(10_000), 1, 10_001)) == {-1}


def test_both_sides_of_the_antimeridian_are_neighbours() -> None:
    assert clusters([179.95, -179.95], [10, 10], [1, 1], 12, 2) == [0, 0]
    assert clusters([180, -180], [10, 10], [1, 1], 0.001, 2) == [0, 0]


def test_all_longitudes_are_one_at_a_pole() -> None:
    assert clusters([0, 90, -135], [90] * 3, [1] * 3, 0.001, 3) == [0, 0, 0]
    assert clusters([0, 180], [-89.99, -89.99], [1, 1], 2.3, 2) == [0, 0]


def test_a_radius_of_half_the_globe_reaches_everything() -> None:
    assert clusters([0, 180, 90], [0, 0, 0], [1, 1, 1], 20_037.5, 3) == [0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_row_order_changes_nothing(seed: int) -> None:
    lon, lat, weight, radius_m, minimum = draw_world(KINDS[seed % len(KINDS)], 1000 + seed)
    cluster, core = dbscan(lon, lat, weight, radius_m=radius_m, min_weight=minimum)
    rows = np.random.default_rng(seed).permutation(len(lon))
    again, core_again = dbscan(
        lon[rows], lat[rows], weight[rows], radius_m=radius_m, min_weight=minimum
    )
    assert (again == cluster[rows]).all()
    assert (core_again == core[rows]).all()


@pytest.mark.parametrize("seed", range(20))
def test_splitting_a_weight_in_two_rows_changes_nothing(seed: int) -> None:
    lon, lat, weight, radius_m, minimum = draw_world(KINDS[seed % len(KINDS)], 2000 + seed)
    cluster, core = dbscan(lon, lat, weight, radius_m=radius_m, min_weight=minimum)
    half = weight // 2
    again, core_again = dbscan(
        np.tile(lon, 2),
        np.tile(lat, 2),
        np.concatenate([half, weight - half]),
        radius_m=radius_m,
        min_weight=minimum,
    )
    assert (again == np.tile(cluster, 2)).all()
    assert (core_again == np.tile(core, 2)).all()


@pytest.mark.parametrize("angle", [17.0, 90.0, 163.25, 180.0])
def test_turning_the_globe_changes_nothing(angle: float) -> None:
    lon, lat = towns(np.random.default_rng(3), 2000)
    weight = np.random.default_rng(4).integers(1, 10, 2000)
    cluster, core = dbscan(lon, lat, weight, radius_m=7e3, min_weight=60)
    again, core_again = dbscan(wrap(lon + angle), lat, weight, radius_m=7e3, min_weight=60)
    assert 0 < core.sum() < 2000
    assert (again == cluster).all()
    assert (core_again == core).all()


def test_the_result_stands_on_the_index_and_the_table_is_left_alone() -> None:
    locations = table([0, 0.01, 50], [0, 0, 0], [1, 1, 1]).set_index(pd.Index([7, 3, 5]))
    before = locations.copy()
    cluster = cluster_locations(locations, radius_km=5, min_weight=2)
    expected = pd.Series([0, 0, None], index=[7, 3, 5], dtype="Int64", name="cluster")
    pd.testing.assert_series_equal(cluster, expected)
    pd.testing.assert_frame_equal(locations, before)


def test_any_object_with_fit_predict_can_cluster() -> None:
    locations = table([0, 0.01, 50], [0, 0, 0], [1, 1, 1])
    theirs = cluster_locations(
        locations, radius_km=5, min_weight=2, method=DBSCAN(eps=5000, min_samples=2)
    )
    pd.testing.assert_series_equal(theirs, cluster_locations(locations, radius_km=5, min_weight=2))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("lon", np.nan, "Invalid lon nan. Must be from -180 to 180 degrees"),
        ("lon", np.inf, "Invalid lon inf. Must be from -180"),
        ("lon", 180.5, "Invalid lon 180.5. Must be from -180"),
        ("lat", np.nan, "Invalid lat nan. Must be from -90 to 90 degrees"),
        ("lat", -90.5, "Invalid lat -90.5. Must be from -90"),
        ("density_weight", -1, "Invalid density_weight -1. Must be 0 or more"),
        ("density_weight", 2**63 - 1, "Invalid density_weight with a sum beyond int64"),
    ],
)
def test_values_off_the_globe_or_below_zero_are_refused(
    column: str, value: float, message: str
) -> None:
    locations = table([0, 1, 2], [0, 0, 0], [1, 1, 1])
    locations.loc[1, column] = value
    with pytest.raises(ValueError, match=message):
        cluster_locations(locations, radius_km=5, min_weight=2)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"radius_km": 0}, "Invalid radius_km 0. Must be greater than 0"),
        ({"radius_km": -1}, "Invalid radius_km -1. Must be greater than 0"),
        ({"radius_km": np.nan}, "Invalid radius_km nan. Must be greater than 0"),
        ({"radius_km": 20_038}, "Invalid radius_km 20038. Must be at most 20037.5, half the globe"),
        ({"min_weight": 0}, "Invalid min_weight 0. Must be greater than 0"),
        ({"min_weight": -5}, "Invalid min_weight -5. Must be greater than 0"),
        ({"min_weight": np.inf}, "Invalid min_weight inf. Must be less than"),
        ({"min_weight": 1.5}, "Invalid min_weight 1.5. Must be a whole number"),
        ({"min_weight": 2**63}, "Invalid min_weight 9223372036854775808. Must be less than"),
        ({"method": "optics"}, "Invalid method 'optics'. Must be"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cluster_locations(table([0], [0], [1]), **{"radius_km": 5, "min_weight": 2, **numbers})


def test_no_locations_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Invalid locations with 0 rows. Must have at least 1"):
        cluster_locations(table([], [], []), radius_km=5, min_weight=2)


def test_missing_weights_are_refused() -> None:
    locations = table([0], [0], [1]).assign(density_weight=pd.array([None], dtype="Int64"))
    with pytest.raises(ValueError, match=r"Invalid density_weight <NA>. Must be 0 or more"):
        cluster_locations(locations, radius_km=5, min_weight=2)


def test_fractional_weights_are_refused() -> None:
    locations = table([0], [0], [1]).assign(density_weight=0.5)
    with pytest.raises(TypeError, match="Invalid column density_weight of locations"):
        cluster_locations(locations, radius_km=5, min_weight=2)


def test_a_table_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid locations without density_weight"):
        cluster_locations(
            table([0], [0], [1]).drop(columns="density_weight"), radius_km=5, min_weight=2
        )


def test_an_object_that_returns_too_few_labels_is_refused() -> None:
    class Short:
        def fit_predict(self, X: Any, *, sample_weight: Any) -> list[int]:  # noqa: ARG002, N803
            return [0]

    with pytest.raises(ValueError, match=r"Invalid method .*Short.* Must give one .* found 1"):
        cluster_locations(table([0, 1], [0, 0], [1, 1]), radius_km=5, min_weight=2, method=Short())
