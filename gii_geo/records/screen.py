"""Impossible rows out: each address gets the reason why it cannot be placed, or none."""

from typing import Any, Final

import narwhals as nw

from gii_geo.tables import MOST_ADDRESSES

UNKNOWN_KIND: Final = "unknown kind"
UNREAD: Final = "not a number"
NO_COUNT: Final = f"count is not a whole number from 1 to {MOST_ADDRESSES:,}"
NO_PLACE: Final = "no coordinates"

FATAL: Final = (UNKNOWN_KIND, UNREAD)
"""Reasons that end the run: the file is not what it was taken for."""

_POLE_DEG: Final = 90.0
_ANTIMERIDIAN_DEG: Final = 180.0


def screen_addresses(addresses: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Give every address the reason why it cannot be placed, and one spelling of its coordinates.

    Parameters
    ----------
    addresses : narwhals.LazyFrame
        Columns kind, lon, lat (degrees), count and unread, and optionally problem: the reason that
        a reader or the geocoder found already.

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
