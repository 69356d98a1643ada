"""Impossible rows out: each address gets the reason why it cannot be placed, or none."""

import math
from typing import Any, Final

import narwhals as nw

from gii_geo.ranges import show_value
from gii_geo.tables import MOST_ADDRESSES, InputError

UNKNOWN_KIND: Final = "unknown kind"
UNREAD: Final = "not a number"
NO_COUNT: Final = f"count is not a whole number from 1 to {MOST_ADDRESSES:,}"
NO_PLACE: Final = "no coordinates"

FATAL: Final = (UNKNOWN_KIND, UNREAD)
"""Reasons that end the run: the file is not what it was taken for."""

_POLE_DEG: Final = 90.0
_ANTIMERIDIAN_DEG: Final = 180.0

_FINEST: Final = 10**6
"""Points of a grid to a degree at most, a tenth of a metre apart: finer ones save nothing."""

_DEGREE_KM: Final = 111.7
"""A degree on the globe at its longest, of latitude at a pole."""


def check_grid(grid_deg: float | None) -> int | None:
    """Refuse a grid that does not divide a degree.

    Parameters
    ----------
    grid_deg : float or None
        Degrees from point to point; None for no grid.

    Returns
    -------
    int or None
        How many points there are to a degree.

    Raises
    ------
    InputError
        If it is no whole part of a degree.

    Examples
    --------
    >>> check_grid(0.001)
    1000
    """
    if grid_deg is None:
        return None
    is_number = isinstance(grid_deg, int | float) and not isinstance(grid_deg, bool)
    if is_number and 1 / _FINEST <= grid_deg <= 1:
        per_degree = round(1 / grid_deg)
        if math.isclose(per_degree * grid_deg, 1, rel_tol=1e-9):
            return per_degree
    msg = (
        f"Invalid grid_deg {show_value(grid_deg)}. Must be a whole part of a degree, from "
        "0.000001 to 1, such as 0.001."
    )
    raise InputError(msg)


def note_grid(grid_deg: float | None) -> list[str]:
    """Tell that addresses were moved to a grid, and how far at most.

    Parameters
    ----------
    grid_deg : float or None
        Degrees from point to point; None for no grid.

    Returns
    -------
    list of str
        A sentence for the summary, or none.

    Examples
    --------
    >>> note_grid(0.01)
    ['every address stands at the nearest point of a grid of 0.01 degrees, at most 0.79 km off']
    """
    if grid_deg is None:
        return []
    off_km = grid_deg * _DEGREE_KM / math.sqrt(2)
    where = f"the nearest point of a grid of {grid_deg:g} degrees, at most {off_km:.2g} km off"
    return [f"every address stands at {where}"]


def _snap(degrees: nw.Expr, per_degree: int) -> nw.Expr:
    """Move degrees to the nearest point of a grid; from the middle between two to the higher."""
    return (degrees * float(per_degree) + 0.5).floor().cast(nw.Float64) / float(per_degree)


def screen_addresses(
    addresses: nw.LazyFrame[Any], *, per_degree: int | None = None
) -> nw.LazyFrame[Any]:
    """Give every address the reason why it cannot be placed, and one spelling of its coordinates.

    Parameters
    ----------
    addresses : narwhals.LazyFrame
        Columns kind, lon, lat (degrees), count and unread, and optionally problem: the reason that
        a reader or the geocoder found already.
    per_degree : int, optional
        Points to a degree of a grid, from `check_grid`: each placed address moves to the nearest.

    Returns
    -------
    narwhals.LazyFrame
        The same rows with a column `reason`, missing where the address can be placed. There
        longitude 180 is written -180, longitude at a pole 0, and -0.0 as 0.0, so that one point is
        one location.

    Examples
    --------
    >>> import duckdb
    >>> rows = duckdb.sql(
    ...     "SELECT 'patent' AS kind, 180.0::DOUBLE AS lon, lat::DOUBLE AS lat, 1 AS count, "
    ...     "NULL::VARCHAR AS unread FROM (VALUES (0), (91)) AS t(lat)"
    ... )
    >>> screen_addresses(nw.from_native(rows).lazy()).collect().to_native().to_pylist()
    [{'kind': 'patent', 'lon': -180.0, 'lat': 0.0, ..., 'reason': None},
     {'kind': 'patent', 'lon': 180.0, 'lat': 91.0, ..., 'reason': 'latitude beyond 90 degrees'}]
    """
    lon, lat = nw.col("lon"), nw.col("lat")
    beyond_lon = (lon > _ANTIMERIDIAN_DEG) | (lon < -_ANTIMERIDIAN_DEG)
    beyond_lat = (lat > _POLE_DEG) | (lat < -_POLE_DEG)
    count = nw.col("count")
    no_count = count.is_null() | (count < 1) | (count > MOST_ADDRESSES)
    reasons = [
        (nw.col("kind").is_null(), UNKNOWN_KIND),
        (~nw.col("unread").is_null(), UNREAD),
        (no_count, NO_COUNT),
        (lon.is_null() | lat.is_null(), NO_PLACE),
        (lon.is_nan() | lat.is_nan(), "coordinates are NaN"),
        (beyond_lat, "latitude beyond 90 degrees"),
        (beyond_lon, "longitude beyond 180 degrees"),
        ((lon == 0) & (lat == 0), "at exactly 0, 0"),
    ]
    reason = nw.lit(None).cast(nw.String)
    for holds, name in reversed(reasons):
        reason = nw.when(holds).then(nw.lit(name)).otherwise(reason)
    if "problem" in addresses.collect_schema().names():
        short = nw.col("problem").str.replace_all(":.*", "")  # the details stay with the row
        reason = nw.when(nw.col("problem").is_null()).then(reason).otherwise(short)
    screened = addresses.with_columns(reason=reason)
    placed = nw.col("reason").is_null()
    if per_degree is not None:
        # What is not placed may be no number, which Spark does not round.
        moved = {
            name: _snap(nw.when(placed).then(nw.col(name)).otherwise(nw.lit(0.0)), per_degree)
            for name in ("lon", "lat")
        }
        screened = screened.with_columns(
            **{name: nw.when(placed).then(new).otherwise(name) for name, new in moved.items()}
        )
    at_zero = (lon == 0) | (lat == _POLE_DEG) | (lat == -_POLE_DEG)
    return screened.with_columns(
        lon=nw.when(placed & at_zero)
        .then(nw.lit(0.0))
        .otherwise(
            nw.when(placed & (lon == _ANTIMERIDIAN_DEG))
            .then(nw.lit(-_ANTIMERIDIAN_DEG))
            .otherwise(lon)
        ),
        lat=nw.when(placed & (lat == 0)).then(nw.lit(0.0)).otherwise(lat),
    )
