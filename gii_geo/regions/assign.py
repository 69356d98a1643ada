"""Points of any table -> the region that each is in."""

import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gii_geo.project import LON_LAT
from gii_geo.ranges import show_value
from gii_geo.tables import DataWarning, InputError, check_table

_POINT = {"lon": "f", "lat": "f"}


def assign_points(
    points: pd.DataFrame, locations: pd.DataFrame, outlines: gpd.GeoSeries
) -> pd.Series:
    """Find the region of each point.

    A point at a location of the run is in the location's region, or in none with it. Any other
    point is in the region whose outline covers it.

    Parameters
    ----------
    points : pandas.DataFrame
        ``lon`` and ``lat`` in degrees; or a GeoDataFrame of points in any reference system.
    locations : pandas.DataFrame
        The run's locations: ``lon``, ``lat`` and ``region_id`` (missing outside regions).
    outlines : geopandas.GeoSeries
        The outlines, EPSG:4326, by region_id.

    Returns
    -------
    pandas.Series
        ``region_id`` on the index of `points`, missing outside every region and where a coordinate
        is missing.

    Raises
    ------
    InputError
        If the table has neither lon and lat nor points.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": [7.6], "lat": [47.6], "region_id": ["R0001"]})
    >>> outlines = gpd.GeoSeries([shapely.box(7, 47, 8, 48)], index=["R0001"], crs="EPSG:4326")
    >>> points = pd.DataFrame({"lon": [7.6, 7.5, 2.3], "lat": [47.6, 47.5, 48.9]})
    >>> assign_points(points, locations, outlines).tolist()
    ['R0001', 'R0001', nan]
    """
    points = _to_pandas(points)
    lon, lat = _take_points(points)
    known = pd.MultiIndex.from_arrays([locations["lon"], locations["lat"]])
    row = known.get_indexer(pd.MultiIndex.from_arrays([lon, lat]))
    found = locations["region_id"].astype("str").array.take(row, allow_fill=True)
    places = np.asarray(shapely.points(np.column_stack([lon, lat])))
    elsewhere = np.flatnonzero((row < 0) & np.isfinite(lon) & np.isfinite(lat))
    tree = shapely.STRtree(places[elsewhere])
    outline, point = tree.query(outlines.to_numpy(), predicate="intersects")
    inside = np.full(len(places), -1)
    inside[elsewhere[point[::-1]]] = outline[::-1]  # on a common border the first outline wins
    names = outlines.index.astype("str").array.take(inside, allow_fill=True)
    region_id = pd.Series(found, points.index, dtype="str", name="region_id")
    return region_id.where(inside < 0, pd.Series(names, points.index, dtype="str"))


def _to_pandas(points: Any) -> pd.DataFrame:  # noqa: ANN401
    """Take any table as pandas has it: Polars, pyarrow, columns by name."""
    if isinstance(points, pd.DataFrame):
        return points
    try:
        return points.to_pandas() if hasattr(points, "to_pandas") else pd.DataFrame(points)
    except (ValueError, TypeError) as error:
        msg = "Invalid table. Must have lon and lat in degrees, as numbers."
        raise InputError(msg) from error


def _take_points(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Take longitudes and latitudes out of a table, -180 for 180."""
    if isinstance(points, gpd.GeoDataFrame) and not {"lon", "lat"} <= set(points.columns):
        kinds = set(points.geom_type.dropna())
        if kinds - {"Point"}:
            msg = f"Invalid geometry of table. Must be points; found {', '.join(sorted(kinds))}."
            raise InputError(msg)
        shown = points.geometry if points.crs is None else points.geometry.to_crs(LON_LAT)
        lon, lat = shown.x.to_numpy(np.float64), shown.y.to_numpy(np.float64)
    else:
        try:
            plain = points.astype(dict.fromkeys(_POINT, "float64"))
        except (KeyError, ValueError, TypeError) as error:
            msg = "Invalid table. Must have lon and lat in degrees, as numbers."
            raise InputError(msg) from error
        check_table(plain, _POINT, name="table")
        lon, lat = plain["lon"].to_numpy(), plain["lat"].to_numpy()
    beyond = (np.abs(lon) > 180) | (np.abs(lat) > 90)  # noqa: PLR2004  # degrees
    if beyond.any():
        row = int(beyond.argmax())
        found = f"{show_value(lon[row])}, {show_value(lat[row])} in row {row + 1}"
        msg = f"{beyond.sum():,} of {len(lon):,} points are beyond 180 or 90 degrees: {found}."
        warnings.warn(msg, DataWarning, stacklevel=4)
    return np.where(lon == 180, -180.0, lon), lat  # noqa: PLR2004  # as screened
