"""Locations of a region to its outline: polygons on the map.

Each region is shaped by itself on a local equal-area plane (`shape`), land that two regions claim
goes to the region of the nearest location (`divide`), and everything ends on the grid of the six
decimals that GeoJSON will hold, so that what was made is what is written.
"""

from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gii_geo.project import LON_LAT, FloatArray, to_geocentric
from gii_geo.regions.outline.broad import Spots, shape_for_maps, thin_regions
from gii_geo.regions.outline.divide import CLOSEST_M, Places, divide_land
from gii_geo.regions.outline.frame import Shapes
from gii_geo.regions.outline.shape import shape_regions
from gii_geo.sorting import mark_new
from gii_geo.tables import Schema, check_table

__all__ = ["measure_area", "outline_for_maps", "outline_regions"]

LOCATED: Final[Schema] = {"lon": "f", "lat": "f", "region": "i"}
"""The columns that an outline is drawn from."""

EQUAL_AREA: Final = "+proj=cea +datum=WGS84 +units=m"
"""Equal-area cylinder: what is straight on the map stays so, at a pole and the antimeridian too."""


def outline_regions(
    locations: pd.DataFrame, *, radius_km: float, xyz: FloatArray | None = None
) -> gpd.GeoSeries:
    """Draw the outline of every region.

    An outline covers all locations of its region and none of another region's, no two outlines
    overlap, and no point of an outline lies farther than the radius from a location of the
    region. All of it holds for the coordinates as they are, rounded to six decimals. A location by
    itself gets a disc of an eighth of the radius, a region in places far apart several polygons.

    Of two locations of different regions within half a metre only the one of the lower region
    number is sure to be covered by its own outline: the grid cannot keep them apart.

    Parameters
    ----------
    locations : pandas.DataFrame
        Distinct locations, one a row, with ``lon`` and ``lat`` in degrees and ``region``, a whole
        number, or missing for a location outside any region.
    radius_km : float
        Radius of the density search that made the regions, in km, greater than 0. All lengths of
        the outline are shares of it.
    xyz : numpy.ndarray of float64, shape (n, 3), optional
        The locations in geocentric metres, where they are known already.

    Returns
    -------
    geopandas.GeoSeries
        Valid polygons and multipolygons in EPSG:4326, by ascending ``region`` in the index.
        Exterior rings run counter-clockwise, and what crosses the antimeridian is cut there
        (RFC 7946, sections 3.1.6 and 3.1.9).

    Raises
    ------
    TypeError
        If ``locations`` is not a table or a column has another type.
    ValueError
        If a column is missing, a coordinate is off the globe, the radius is not greater than 0,
        or each location of a region is within half a metre of regions with lower numbers.

    Examples
    --------
    >>> locations = pd.DataFrame(
    ...     {
    ...         "lon": [7.59, 7.34, 7.62, 2.35],
    ...         "lat": [47.56, 47.75, 47.61, 48.86],
    ...         "region": pd.array([0, 0, 0, 1], dtype="Int64"),
    ...     }
    ... )
    >>> outlines = outline_regions(locations, radius_km=30)
    >>> outlines.geom_type.to_dict()
    {0: 'Polygon', 1: 'Polygon'}
    >>> measure_area(outlines).round().to_dict()
    {0: 283.0, 1: 42.0}
    """
    rows, numbers, starts = _order(locations, radius_km)
    lon_lat = _gather(locations, rows)
    xyz = to_geocentric(*lon_lat.T) if xyz is None else xyz[rows]
    del rows  # large
    shapes = shape_regions(lon_lat, xyz, starts, radius_km * 1000)
    owner = np.repeat(np.arange(len(numbers)), np.diff(starts))
    outlines = divide_land(shapes, Places(lon_lat, xyz, owner), radius_km * 1000)
    for number in numbers[shapely.is_empty(outlines)]:
        msg = (
            f"Invalid region {number}. Must have a location farther than {CLOSEST_M} m from all "
            "regions with lower numbers; found none."
        )
        raise ValueError(msg)
    return _finish(outlines, numbers)


def outline_for_maps(
    locations: pd.DataFrame, *, radius_km: float, xyz: FloatArray | None = None
) -> gpd.GeoSeries:
    """Draw the outline of every region as a map shows it: broad, without arms to single locations.

    At least 98 % of a region's activity are covered; the rest, where it is thinnest, is left out.
    Nothing is narrower than 8 km (than the radius, if that is less; than 8/15 of a radius above 15
    km), but for parts that hold 2 % of the activity, such as between two neighbours. Parts of 2 %
    or more are joined as the exact outline joins them. No two outlines overlap; coordinates have
    four decimals.

    Parameters
    ----------
    locations : pandas.DataFrame
        As for `outline_regions`, and ``activity`` (float, 0 or more, in any unit).
    radius_km : float
        Radius of the density search that made the regions, in km, greater than 0.
    xyz : numpy.ndarray of float64, shape (n, 3), optional
        The locations in geocentric metres, where they are known already.

    Returns
    -------
    geopandas.GeoSeries
        As `outline_regions` gives them.

    Raises
    ------
    TypeError
        If ``locations`` is not a table or a column has another type.
    ValueError
        If a column is missing, a coordinate is off the globe, or the radius is not greater than 0.

    Examples
    --------
    >>> locations = pd.DataFrame(
    ...     {
    ...         "lon": [7.59, 7.75, 2.35],
    ...         "lat": [47.56, 47.56, 48.86],
    ...         "region": pd.array([0, 0, 1], dtype="Int64"),
    ...         "activity": [99.0, 1.0, 5.0],
    ...     }
    ... )
    >>> outlines = outline_for_maps(locations, radius_km=15)
    >>> measure_area(outlines).round(-1).to_dict()
    {0: 60.0, 1: 60.0}
    """
    check_table(locations, {"activity": "f"}, name="locations")
    rows, numbers, starts = _order(locations, radius_km)
    activity = locations["activity"].to_numpy(np.float64)
    if xyz is None:
        xyz = to_geocentric(locations["lon"], locations["lat"])
    rows, region, share = thin_regions(rows, starts, xyz, activity, radius_km * 1000)
    spots = Spots(_gather(locations, rows), xyz[rows], region, share)
    return _finish(shape_for_maps(spots, len(numbers), radius_km * 1000), numbers)


class _Ordered(NamedTuple):
    """The locations of regions, one region after the other."""

    rows: npt.NDArray[np.int64]
    """Their rows in the table."""
    numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def _order(locations: pd.DataFrame, radius_km: float) -> _Ordered:
    """Check locations, and sort those in regions by region and coordinates."""
    check_table(locations, LOCATED, name="locations")
    if not 0 < radius_km < np.inf:
        msg = f"Invalid radius_km {radius_km}. Must be greater than 0."
        raise ValueError(msg)
    region = locations["region"].to_numpy(np.int64, na_value=-1)
    rows = np.flatnonzero(region >= 0)
    region = region[rows]
    degrees = []
    for column, limit in (("lon", 180), ("lat", 90)):
        values = locations[column].to_numpy(np.float64)[rows]
        off = ~(np.abs(values) <= limit)
        if off.any():
            msg = f"Invalid {column} {values[off][0]}. Must be -{limit} to {limit}."
            raise ValueError(msg)
        degrees.append(values)
    lon, lat = degrees
    is_east = lon[1:] > lon[:-1]
    in_order = np.all(is_east | ((lon[1:] == lon[:-1]) & (lat[1:] >= lat[:-1])))
    order = np.argsort(region, kind="stable") if in_order else np.lexsort((lat, lon, region))
    region, rows = region[order], rows[order]
    first = np.flatnonzero(mark_new(region))
    return _Ordered(rows, region[first], np.append(first, len(region)))


def _gather(locations: pd.DataFrame, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give longitude and latitude of some rows, side by side."""
    lon_lat = np.empty((len(rows), 2))
    for values, column in zip(lon_lat.T, ("lon", "lat"), strict=True):
        values[:] = locations[column].to_numpy(np.float64)[rows]
    return lon_lat


def _finish(outlines: Shapes, numbers: npt.NDArray[np.int64]) -> gpd.GeoSeries:
    """Wind the rings as RFC 7946 has them, and give each outline the number of its region."""
    outlines = shapely.orient_polygons(shapely.normalize(outlines))
    index = pd.Index(numbers, name="region")
    return gpd.GeoSeries(outlines, index=index, name="geometry", crs=LON_LAT)


def measure_area(outlines: gpd.GeoSeries) -> pd.Series:
    """Measure the area of outlines on the WGS 84 ellipsoid.

    Parameters
    ----------
    outlines : geopandas.GeoSeries
        Polygons in EPSG:4326, their edges straight in longitude and latitude.

    Returns
    -------
    pandas.Series of float64
        Areas in square kilometres, named ``area_km2``, on the index of ``outlines``.

    Examples
    --------
    >>> eighth = gpd.GeoSeries([shapely.box(0, 0, 90, 90)], crs="EPSG:4326")
    >>> measure_area(eighth).round().to_dict()
    {0: 63758203.0}
    """
    area_m2 = outlines.to_crs(EQUAL_AREA).area
    return pd.Series(area_m2 / 1e6, name="area_km2")
