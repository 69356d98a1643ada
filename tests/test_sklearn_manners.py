"""GeoDBSCAN among the estimators of scikit-learn: its own checks, and what stands apart."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from gii_geo import GeoDBSCAN

PAIRS = [[8.5, 47.4], [8.51, 47.4], [8.52, 47.4], [2.3, 48.8]]
EXPECTED = {
    "check_all_zero_sample_weights_error": "weights of 0 make all rows noise, which is right",
    "check_fit2d_1sample": "one place is a sound table: a cluster or noise",
    "check_estimators_empty_data_messages": "a table without a column is refused in our words",
    "check_array_api_input": "not asked for",
}
"""Checks that fail or are left out, and why that is meant."""


class Anywhere(GeoDBSCAN):
    """The estimator on tables of any width: scikit-learn's checks have up to 30 columns.

    The first two columns are put on the globe; all else, and every refusal, is the estimator's.
    """

    def fit(self, lon_lat: Any, y: object = None, sample_weight: Any = None) -> "Anywhere":
        """Find clusters of the first and the last column."""
        table = np.asarray(lon_lat)
        if not hasattr(lon_lat, "tocsr"):
            numbers = table.dtype.kind in "fiu" or table.dtype == object
            if table.ndim == 2 and table.shape[1] > 0 and len(table) and numbers:
                values = table.astype(np.float64)
                if not np.isfinite(values).all():
                    msg = "Input X contains NaN or infinity."
                    raise ValueError(msg)
                lon_lat = 80 * np.tanh(np.column_stack([values[:, 0], values[:, -1]]) / 10)
        super().fit(lon_lat, y, sample_weight)
        self.n_features_in_ = 2 if np.ndim(table) < 2 else table.shape[1]
        return self


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_hold_but_for_those_listed() -> None:
    estimator = Anywhere(radius_km=500, min_weight=2)
    found = check_estimator(estimator, on_fail=None, on_skip=None)
    failed = {one["check_name"]: one["exception"] for one in found if one["status"] != "passed"}
    assert failed.keys() <= EXPECTED.keys(), failed
    assert len(found) > 40


def test_a_target_is_no_weight() -> None:
    plain = GeoDBSCAN(radius_km=5, min_weight=3).fit(PAIRS).labels_
    for target in ([9, 9, 9, 9], ["a", "b", "c", "d"], np.zeros(4)):
        assert (GeoDBSCAN(radius_km=5, min_weight=3).fit(PAIRS, target).labels_ == plain).all()
        assert (GeoDBSCAN(radius_km=5, min_weight=3).fit_predict(PAIRS, target) == plain).all()
    weighed = GeoDBSCAN(radius_km=5, min_weight=3).fit(PAIRS, sample_weight=[1, 1, 1, 9])
    assert weighed.labels_.tolist() == [1, 1, 1, 0]


def test_it_is_cloned_and_stands_in_a_pipeline() -> None:
    model = clone(GeoDBSCAN(radius_km=5, min_weight=3))
    labels = make_pipeline(FunctionTransformer(), model).fit_predict(np.array(PAIRS))
    assert labels.tolist() == [0, 0, 0, -1]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (pl.DataFrame(PAIRS, orient="row").lazy(), "collect it first"),
        (np.ma.masked_equal(PAIRS, 2.3), "1 masked values"),
        (scipy.sparse.csr_array(PAIRS), "sparse"),
        (np.array(PAIRS) * 1j, "Complex"),
        (
            pd.DataFrame(PAIRS, dtype="Float64").mask(lambda column: column == 2.3),
            "lon nan|missing",
        ),
        (pd.DataFrame({"lon": ["a"], "lat": ["b"]}), "Must be numbers"),
        ([[8.5, 47.4, 1.0]], r"3 feature\(s\)"),
        ([8.5, 47.4], r"shape \(2,\)"),
        ([[np.nan, 47.4]], "lon nan"),
        ([[np.inf, 47.4]], "lon inf"),
        (np.empty((0, 2)), "0 rows"),
        (None, "Must be numbers|shape"),
        ({"lon": [1]}, "Must be numbers"),
    ],
)
def test_what_is_no_table_of_places_is_refused_in_a_sentence(table: Any, told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=told) as refused:
        GeoDBSCAN(radius_km=5, min_weight=3).fit(table)
    assert str(refused.value).startswith("Invalid l")


@pytest.mark.parametrize(
    "weight",
    [
        np.ma.masked_equal([1, 2, 3, 4], 3),
        pl.LazyFrame({"w": [1, 2, 3, 4]}),
        pd.array([1, None, 3, 4], dtype="Int64"),
        np.array([1, 2, 3, 4j]),
        ["a", "b", "c", "d"],
        [1, 2, 3],
    ],
)
def test_what_is_no_weight_is_refused_in_a_sentence(weight: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="Invalid sample_weight"):
        GeoDBSCAN(radius_km=5, min_weight=3).fit(PAIRS, sample_weight=weight)
