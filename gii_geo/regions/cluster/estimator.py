"""DBSCAN on the globe with the manners of scikit-learn."""

import inspect
import math
from fractions import Fraction
from numbers import Real
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.ranges import show_names, show_value
from gii_geo.regions.cluster.check import check_coordinates, check_radius, check_weight
from gii_geo.regions.cluster.dbscan import dbscan
from gii_geo.regions.cluster.distinct import collapse_rows
from gii_geo.regions.cluster.grid import FloatArray, IntArray

_LARGEST_DENOMINATOR: Final = 10**6
"""A weight is read as a fraction if one with at most this denominator rounds to it."""

_SUM_BITS: Final = 62
"""Weights without a common unit are rounded so that they sum to less than 2 to this power."""


_LATITUDES: Final = ("lat", "latitude", "y")
_LONGITUDES: Final = ("lon", "lng", "long", "longitude", "x")


class GeoDBSCAN:
    """Exact weighted DBSCAN of longitudes and latitudes.

    See `cluster_locations` for what is core, border and noise, and for the numbers of clusters.
    Rows at the same place are collapsed first, so a million rows in a thousand places cost little.

    Weights are summed as whole numbers, so row order cannot change the result and six sixths make
    one: each weight is read as the simplest fraction that rounds to it, and all are put on their
    common denominator. Weights that have none in 64 bits are rounded to a 2**62nd of their sum.

    Parameters
    ----------
    radius_km : float
        Radius in kilometres, above 0, at most half the globe.
    min_weight : float
        Weight within the radius that makes a location core, above 0.

    Attributes
    ----------
    labels_ : numpy.ndarray of int64, shape (n,)
        Cluster of every row, the heaviest being 0; -1 for noise.
    core_sample_indices_ : numpy.ndarray of int64, shape (m,)
        The rows that are core.
    n_features_in_ : int
        2: longitude and latitude.

    Examples
    --------
    >>> lon_lat = [[114.06, 22.54], [114.17, 22.32], [2.35, 48.86]]
    >>> GeoDBSCAN(radius_km=30, min_weight=10).fit(lon_lat, sample_weight=[9, 8, 3]).labels_
    array([ 0,  0, -1])
    """

    labels_: IntArray
    core_sample_indices_: IntArray
    n_features_in_: int

    def __init__(self, radius_km: float, min_weight: float) -> None:
        self.radius_km = radius_km
        self.min_weight = min_weight

    def fit(
        self,
        lon_lat: npt.ArrayLike,
        y: object = None,  # noqa: ARG002  # scikit-learn's manner
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Find the clusters.

        Parameters
        ----------
        lon_lat : array_like of float, shape (n, 2)
            Longitude and latitude of every row in degrees.
        y : object, optional
            Not looked at: pipelines of scikit-learn hand one on. Weights go by their name.
        sample_weight : array_like of float, shape (n,), optional
            Weight of every row, from 0; 1 by default.

        Returns
        -------
        GeoDBSCAN
            The estimator itself, fitted.

        Raises
        ------
        ValueError
            If a shape, a coordinate, a weight or a parameter is not as above.
        """
        check_radius(self.radius_km)
        if not isinstance(self.min_weight, Real):
            msg = f"Invalid min_weight {show_value(self.min_weight)}. Must be a number."
            raise TypeError(msg)
        if not 0 < self.min_weight < math.inf:
            msg = f"Invalid min_weight {self.min_weight}. Must be greater than 0 and finite."
            raise ValueError(msg)
        pairs = _coordinates(lon_lat)
        weight, min_weight = _whole_weights(_weights(sample_weight, len(pairs)), self.min_weight)
        places, total, place = collapse_rows(pairs, weight)
        lon, lat = places.T.copy()
        cluster, core = dbscan(
            lon, lat, total, radius_m=self.radius_km * 1000, min_weight=min_weight
        )
        self.labels_ = cluster[place]
        self.core_sample_indices_ = np.flatnonzero(core[place])
        self.n_features_in_ = 2
        return self

    def fit_predict(
        self, lon_lat: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> IntArray:
        """Find the clusters and return them.

        Parameters
        ----------
        lon_lat : array_like of float, shape (n, 2)
            Longitude and latitude of every row in degrees.
        y : object, optional
            Not looked at: pipelines of scikit-learn hand one on. Weights go by their name.
        sample_weight : array_like of float, shape (n,), optional
            Weight of every row, from 0; 1 by default.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            ``labels_``.
        """
        return self.fit(lon_lat, y, sample_weight).labels_

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """Tell the parameters by name.

        Parameters
        ----------
        deep : bool, default True
            Without effect: no parameter is an estimator.

        Returns
        -------
        dict of str to float
            ``radius_km`` and ``min_weight``.
        """
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: float) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params : float
            New values.

        Returns
        -------
        GeoDBSCAN
            The estimator itself.

        Raises
        ------
        ValueError
            If there is no parameter of that name.
        """
        for name, value in params.items():
            if name not in self.get_params():
                msg = f"Invalid parameter {name}. Must be one of {', '.join(self.get_params())}."
                raise ValueError(msg)
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn asks for it
        """Tell scikit-learn what it is: a clusterer of a dense table, without a target."""
        from sklearn.utils import InputTags, Tags, TargetTags  # noqa: PLC0415  # it is there

        return Tags(
            estimator_type="clusterer",
            target_tags=TargetTags(required=False),
            transformer_tags=None,
            classifier_tags=None,
            regressor_tags=None,
            input_tags=InputTags(two_d_array=True, sparse=False, allow_nan=False),
        )

    def __repr__(self) -> str:
        """Show the estimator as the call that makes it."""
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"


def _coordinates(lon_lat: npt.ArrayLike) -> FloatArray:
    """Check rows of longitude and latitude."""
    pairs = np.ascontiguousarray(_take_numbers(lon_lat, "lon_lat"), dtype=np.float64)
    names = [str(name).lower() for name in getattr(lon_lat, "columns", ())]
    if (names[:1] and names[0] in _LATITUDES) or (names[1:2] and names[1] in _LONGITUDES):
        msg = f"Invalid columns {show_names(names)} of lon_lat. Must be longitude, then latitude."
        raise ValueError(msg)
    if pairs.ndim != 2 or pairs.shape[1] != 2:  # noqa: PLR2004
        found = f"; found {pairs.shape[1]} feature(s)" if pairs.ndim == 2 else ""  # noqa: PLR2004
        msg = f"Invalid lon_lat of shape {pairs.shape}. Must have shape (n, 2): lon, lat{found}."
        raise ValueError(msg)
    check_coordinates(pairs[:, 0], pairs[:, 1])
    return pairs


def _take_numbers(values: Any, name: str) -> npt.NDArray[Any]:  # noqa: ANN401
    """Take an array of whole numbers as it is, and of all else as floats; refuse what has none."""
    kind = type(values).__name__
    if hasattr(values, "collect"):
        msg = f"Invalid {name} of type {kind}. Must be a table in memory: collect it first."
        raise ValueError(msg)
    if hasattr(values, "tocsr"):
        msg = f"Invalid {name} of type {kind}. Must be dense: sparse input is not supported."
        raise TypeError(msg)
    if np.ma.is_masked(values):
        many = int(np.ma.getmaskarray(values).sum())
        msg = f"Invalid {name} with {many:,} masked values. Must have none."
        raise ValueError(msg)
    array = np.asarray(values)
    if array.dtype.kind == "c":
        msg = f"Invalid {name}. Must be real numbers: Complex data not supported."
        raise ValueError(msg)
    try:
        return array if array.dtype.kind in "iu" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        # scikit-learn's own words for what is no number, which its users look for.
        words = "numbers, none missing; argument must be a string or a number"
        msg = f"Invalid {name} of type {kind}. Must be {words}."
        raise type(error)(msg) from error


def _weights(sample_weight: npt.ArrayLike | None, rows: int) -> npt.NDArray[Any]:
    """Check weights, one a row, of any real type."""
    if sample_weight is None:
        return np.ones(rows, np.int64)
    weight = _take_numbers(sample_weight, "sample_weight")
    if weight.shape != (rows,):
        msg = f"Invalid sample_weight of shape {weight.shape}. Must have shape ({rows},)."
        raise ValueError(msg)
    check_weight(weight, name="sample_weight")
    return weight


def _whole_weights(weight: npt.NDArray[Any], minimum: float) -> tuple[IntArray, int]:
    """Put weights and the minimum on a common unit, in whole numbers."""
    if weight.dtype.kind in "iu":
        return weight.astype(np.int64), math.ceil(minimum)
    if not (weight % 1).any():
        return weight.astype(np.int64), math.ceil(minimum)
    row, values = pd.factorize(weight)
    total = weight.sum()
    units = 1
    for value in values.tolist():
        units = math.lcm(units, _read_fraction(value).denominator)
        if units * total >= 2**_SUM_BITS:
            break
    else:
        whole = [int(_read_fraction(value) * units) for value in values.tolist()]
        return np.array(whole, dtype=np.int64)[row], math.ceil(_read_fraction(minimum) * units)
    exponent = _SUM_BITS - math.frexp(total)[1]
    minimum = max(1, round(math.ldexp(minimum, exponent)))
    return np.rint(np.ldexp(weight, exponent)).astype(np.int64), minimum


def _read_fraction(value: float) -> Fraction:
    """Find the simplest fraction that rounds to a number, or else the number itself."""
    simple = Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
    return simple if float(simple) == value else Fraction(value)
