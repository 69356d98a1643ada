"""What every kind of clustering refuses at the door."""

from numbers import Real
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.ranges import show_value
from gii_geo.tables import Schema, check_table

WEIGHTED_LOCATIONS: Final[Schema] = {"lon": "f", "lat": "f", "density_weight": "i"}
"""What a table of locations must have to be clustered."""

HALF_GLOBE_KM: Final = 20_037.5
"""Half the equator of WGS 84 in kilometres: no two places are farther apart."""

MOST_WEIGHT: Final = 2**63 - 1
"""Largest total weight that sums in int64."""


def check_radius(radius_km: float, *, zero: bool = False) -> None:
    """Refuse a radius that is not a length on the globe."""
    if not isinstance(radius_km, Real):
        msg = f"Invalid radius_km {show_value(radius_km)}. Must be a number."
        raise TypeError(msg)
    if not (radius_km > 0 or (zero and radius_km == 0)):
        msg = f"Invalid radius_km {radius_km}. Must be {'0 or more' if zero else 'greater than 0'}."
        raise ValueError(msg)
    if radius_km > HALF_GLOBE_KM:
        msg = f"Invalid radius_km {radius_km}. Must be at most {HALF_GLOBE_KM}, half the globe."
        raise ValueError(msg)


def check_min_weight(min_weight: int) -> None:
    """Refuse a minimum that every location would reach, is not whole, or leaves int64."""
    if not min_weight > 0:
        msg = f"Invalid min_weight {min_weight}. Must be greater than 0."
        raise ValueError(msg)
    if min_weight > MOST_WEIGHT:
        msg = f"Invalid min_weight {min_weight}. Must be less than 2**63."
        raise ValueError(msg)
    if int(min_weight) != min_weight:
        msg = f"Invalid min_weight {min_weight}. Must be a whole number."
        raise ValueError(msg)


def check_coordinates(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> None:
    """Refuse no coordinates at all, and those that are not on the globe."""
    if not len(lon):
        msg = "Invalid locations with 0 rows. Must have at least 1."
        raise ValueError(msg)
    for name, values, most in (("lon", lon, 180), ("lat", lat, 90)):
        # The least and the greatest tell all: NaN spreads into both.
        for value in (values.min(), values.max()):
            if not abs(value) <= most:
                msg = f"Invalid {name} {value}. Must be from -{most} to {most} degrees."
                raise ValueError(msg)


def check_weight(weight: npt.NDArray[np.int64 | np.float64], *, name: str) -> None:
    """Refuse missing, infinite and negative weights, and weights whose sum leaves int64."""
    least, most = weight.min(), weight.max()
    if not least >= 0:
        msg = f"Invalid {name} {least}. Must be 0 or more."
        raise ValueError(msg)
    if most == np.inf:
        msg = f"Invalid {name} {most}. Must be finite."
        raise ValueError(msg)
    # A float sum is within a relative 1e-12 of the true one and cannot wrap around.
    if weight.sum(dtype=np.float64) >= MOST_WEIGHT * (1 - 1e-12):
        msg = f"Invalid {name} with a sum beyond int64. Must sum to less than 2**63."
        raise ValueError(msg)


def take_arrays(
    locations: pd.DataFrame,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Check the values of weighted locations and take them out of the table."""
    check_table(locations, WEIGHTED_LOCATIONS, name="locations")
    weight_column = locations["density_weight"]
    if weight_column.hasnans:
        msg = "Invalid density_weight <NA>. Must be 0 or more."
        raise ValueError(msg)
    lon = np.ascontiguousarray(locations["lon"], dtype=np.float64)
    lat = np.ascontiguousarray(locations["lat"], dtype=np.float64)
    weight = np.ascontiguousarray(weight_column, dtype=np.int64)
    check_coordinates(lon, lat)
    check_weight(weight, name="density_weight")
    return lon, lat, weight
