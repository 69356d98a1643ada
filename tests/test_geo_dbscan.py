"""The scikit-learn style estimator and the collapsing of its rows."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import Array
from sklearn.base import clone

from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.cluster.distinct import collapse_rows
from gii_geo.regions.cluster.estimator import GeoDBSCAN, _whole_weights

THREE = [[0.0, 0.0], [0.1, 0.0], [0.2, 0.0]]
"""11.1 km apart along the equator."""


def heaps(seed: int, n: int = 3000) -> tuple[Array, Array]:
    """Make rows on a coarse raster, so that many share a place, with whole weights."""
    rng = np.random.default_rng(seed)
    lon_lat = (rng.normal(size=(n, 2)) * 0.3).round(2) + 50
    return lon_lat, rng.integers(0, 5, n)


def test_three_in_a_row_worked_by_hand() -> None:
    model = GeoDBSCAN(radius_km=12, min_weight=3).fit([*THREE, [5, 5]])
    assert model.labels_.tolist() == [0, 0, 0, -1]
    assert model.core_sample_indices_.tolist() == [1]
    assert model.n_features_in_ == 2


@pytest.mark.parametrize("seed", range(3))
def test_rows_and_their_collapsed_locations_get_the_same_clusters(seed: int) -> None:
    lon_lat, weight = heaps(seed)
    rows = pd.DataFrame({"lon": lon_lat[:, 0], "lat": lon_lat[:, 1], "density_weight": weight})
    locations = rows.groupby(["lon", "lat"], as_index=False).sum()
    assert len(locations) < len(rows)
    locations["cluster"] = cluster_locations(locations, radius_km=3, min_weight=20)
    expected = rows.merge(locations, on=["lon", "lat"])["cluster"].fillna(-1)
    labels = GeoDBSCAN(3, 20).fit_predict(lon_lat, sample_weight=weight)
    assert 0 < (labels < 0).sum() < len(labels)
    assert (labels == expected).all()


def test_a_weight_counts_as_that_many_rows() -> None:
    lon_lat, weight = heaps(7, 500)
    weighted = GeoDBSCAN(3, 20).fit(lon_lat, sample_weight=weight)
    repeated = GeoDBSCAN(3, 20).fit(lon_lat.repeat(weight, axis=0))
    assert (weighted.labels_.repeat(weight) == repeated.labels_).all()


def test_row_order_changes_nothing() -> None:
    lon_lat, weight = heaps(8)
    weight = weight / 7
    rows = np.random.default_rng(0).permutation(len(weight))
    labels = GeoDBSCAN(3, 9).fit_predict(lon_lat, sample_weight=weight)
    again = GeoDBSCAN(3, 9).fit_predict(lon_lat[rows], sample_weight=weight[rows])
    assert (again == labels[rows]).all()


@pytest.mark.parametrize("parts", [3, 6, 7, 10, 11, 24, 49, 1000])
def test_parts_of_one_make_one(parts: int) -> None:
    lon_lat = np.zeros((parts, 2))
    weight = np.full(parts, 1 / parts)
    assert (GeoDBSCAN(1, 1).fit_predict(lon_lat, sample_weight=weight) == 0).all()
    weight[0] -= 1e-6
    assert (GeoDBSCAN(1, 1).fit_predict(lon_lat, sample_weight=weight) == -1).all()


def test_thirds_tenths_and_halves_are_put_on_thirtieths() -> None:
    weight, minimum = _whole_weights(np.array([1 / 3, 0.1, 2.5]), 0.7)
    assert weight.tolist() == [10, 3, 75]
    assert minimum == 21


def test_whole_weights_meet_a_fractional_minimum_rounded_up() -> None:
    weight, minimum = _whole_weights(np.array([2, 3]), 2.5)
    assert (weight.tolist(), minimum) == ([2, 3], 3)
    weight, minimum = _whole_weights(np.array([2.0, 3.0]), 2.5)
    assert (weight.tolist(), minimum) == ([2, 3], 3)


def test_weights_without_a_common_unit_are_rounded_by_less_than_a_billionth() -> None:
    weight = np.random.default_rng(0).random(1000)
    whole, minimum = _whole_weights(weight, 1.0)
    assert whole.sum() < 2**63
    for value, number in zip(weight.tolist(), whole.tolist(), strict=True):
        assert abs(Fraction(number, minimum) - Fraction(value)) < 1e-9 * value


def test_180_is_minus_180_and_minus_0_is_0_and_a_pole_is_one_place() -> None:
    lon_lat = np.array(
        [[180, 1], [-180, 1], [0.0, 2], [-0.0, 2], [5, 90], [7, 90], [5, -90], [5, 0]]
    )
    places, total, place = collapse_rows(lon_lat, np.arange(8))
    assert place.tolist() == [0, 0, 1, 1, 2, 2, 3, 4]
    assert places.tolist() == [[-180, 1], [0, 2], [0, 90], [0, -90], [5, 0]]
    assert not np.signbit(places[1, 0])
    assert total.tolist() == [1, 5, 9, 6, 7]


def test_collapsing_equals_a_dictionary() -> None:
    lon_lat = np.random.default_rng(1).integers(-40, 40, (20_000, 2)) / 8
    places, total, place = collapse_rows(lon_lat, np.arange(20_000))
    expected: dict[tuple[float, float], list[int]] = {}
    for i, pair in enumerate(lon_lat.tolist()):
        expected.setdefault(tuple(pair), []).append(i)
    assert [tuple(pair) for pair in places.tolist()] == list(expected)
    assert total.tolist() == [sum(rows) for rows in expected.values()]
    assert all((place[rows] == k).all() for k, rows in enumerate(expected.values()))


def test_both_signs_of_180_and_all_longitudes_of_a_pole_have_one_label() -> None:
    lon_lat = [[180, 0], [-180, -0.0], [0, 90], [90, 90], [0, 0]]
    assert GeoDBSCAN(1e-6, 2).fit_predict(lon_lat).tolist() == [0, 0, 1, 1, -1]
    assert GeoDBSCAN(1e-6, 2).fit_predict(lon_lat[::-1]).tolist() == [-1, 1, 1, 0, 0]


def test_it_can_be_cloned_and_its_parameters_read_and_set() -> None:
    model = GeoDBSCAN(radius_km=15, min_weight=4500).fit(THREE)
    copy = clone(model)
    assert copy.get_params() == {"radius_km": 15, "min_weight": 4500}
    assert not hasattr(copy, "labels_")
    assert copy.set_params(radius_km=13) is copy
    assert repr(copy) == "GeoDBSCAN(radius_km=13, min_weight=4500)"
    assert model.radius_km == 15


def test_it_does_not_load_scikit_learn() -> None:
    code = (
        "import sys; from gii_geo.regions.cluster.estimator import GeoDBSCAN; GeoDBSCAN(1, 1);"
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_input_is_left_alone() -> None:
    lon_lat, weight = np.array([[180.0, 0.0], [-0.0, 90.0]]), np.array([0.5, 0.25])
    before = lon_lat.copy(), weight.copy()
    GeoDBSCAN(1, 1).fit(lon_lat, sample_weight=weight)
    np.testing.assert_array_equal(lon_lat, before[0])
    np.testing.assert_array_equal(np.signbit(lon_lat), np.signbit(before[0]))
    np.testing.assert_array_equal(weight, before[1])


@pytest.mark.parametrize(
    ("lon_lat", "message"),
    [
        ([0.0, 1.0], r"Invalid lon_lat of shape \(2,\). Must have shape \(n, 2\)"),
        ([[0.0, 1.0, 2.0]], r"Invalid lon_lat of shape \(1, 3\). Must have shape \(n, 2\)"),
        (np.empty((0, 2)), "Invalid locations with 0 rows. Must have at least 1"),
        ([[np.nan, 0.0]], "Invalid lon nan. Must be from -180 to 180 degrees"),
        ([[0.0, -np.inf]], "Invalid lat -inf. Must be from -90 to 90 degrees"),
        ([[0.0, 90.1]], "Invalid lat 90.1. Must be from -90 to 90 degrees"),
        ([[-181.0, 0.0]], "Invalid lon -181.0. Must be from -180 to 180 degrees"),
    ],
)
def test_bad_coordinates_are_refused(lon_lat: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeoDBSCAN(1, 1).fit(lon_lat)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0, 2.0], r"Invalid sample_weight of shape \(2,\). Must have shape \(3,\)"),
        ([1.0, np.nan, 1.0], "Invalid sample_weight nan. Must be 0 or more"),
        ([1.0, np.inf, 1.0], "Invalid sample_weight inf. Must be finite"),
        ([1.0, -0.5, 1.0], "Invalid sample_weight -0.5. Must be 0 or more"),
        ([1, -1, 1], "Invalid sample_weight -1. Must be 0 or more"),
        ([2**62, 2**62, 1], "Invalid sample_weight with a sum beyond int64"),
    ],
)
def test_bad_weights_are_refused(weight: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeoDBSCAN(1, 1).fit(THREE, sample_weight=weight)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ((0, 1), "Invalid radius_km 0. Must be greater than 0"),
        ((np.inf, 1), "Invalid radius_km inf. Must be at most 20037.5, half the globe"),
        ((1, 0), "Invalid min_weight 0. Must be greater than 0 and finite"),
        ((1, np.nan), "Invalid min_weight nan. Must be greater than 0 and finite"),
        ((1, np.inf), "Invalid min_weight inf. Must be greater than 0 and finite"),
    ],
)
def test_bad_parameters_are_refused(params: tuple[float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeoDBSCAN(*params).fit(THREE)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Invalid parameter eps. Must be one of radius_km, min_w"):
        GeoDBSCAN(1, 1).set_params(eps=3)


@pytest.mark.parametrize(
    ("names", "is_refused"),
    [
        (["lat", "lon"], True),
        (["Latitude", "Longitude"], True),
        (["y", "x"], True),
        (["lon", "lat"], False),
        (["a", "b"], False),
        ([0, 1], False),
    ],
)
def test_columns_that_are_called_the_other_way_around_are_refused(
    names: list[Any],
    is_refused: bool,  # noqa: FBT001
) -> None:
    table = pd.DataFrame([[10.0, 60.0], [10.015, 60.0]], columns=names)
    model = GeoDBSCAN(radius_km=1, min_weight=2)
    if is_refused:
        with pytest.raises(ValueError, match=r"Must be longitude, then latitude"):
            model.fit(table)
    else:
        assert model.fit(table).labels_.tolist() == [0, 0]
