"""Longitude and latitude to geocentric metres, and to a local equal-area plane."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyproj

FloatArray = npt.NDArray[np.float64]

LON_LAT: Final = "EPSG:4326"
"""Coordinate reference system of every public table: WGS 84, longitude before latitude."""

GEOCENTRIC: Final = "EPSG:4978"
"""WGS 84 geocentric X, Y, Z in metres."""


def to_geocentric(lon: npt.ArrayLike, lat: npt.ArrayLike) -> FloatArray:
    """Turn longitude and latitude into geocentric coordinates on the WGS 84 ellipsoid.

    The straight chord between two geocentric points is shorter than the geodesic by 4 mm at 15 km
    and by 0.1 m at 50 km; neither the poles nor the antimeridian are special.

    Parameters
    ----------
    lon : array_like of float, shape (n,)
        Longitudes in degrees, -180 to 180.
    lat : array_like of float, shape (n,)
        Latitudes in degrees, -90 to 90.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 3)
        X, Y, Z in metres (EPSG:4978), C-contiguous.

    Examples
    --------
    >>> to_geocentric([0.0, 90.0], [0.0, 0.0]).round(0) + 0.0
    array([[6378137.,       0.,       0.],
           [      0., 6378137.,       0.]])
    """
    transformer = pyproj.Transformer.from_crs("EPSG:4979", GEOCENTRIC, always_xy=True)
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.asarray(lat, dtype=np.float64)
    return np.column_stack(transformer.transform(lon, lat, np.zeros_like(lon)))


def equal_area_plane(lon: float, lat: float) -> pyproj.Transformer:
    """Make the transformer to a Lambert azimuthal equal-area plane around one point.

    Parameters
    ----------
    lon : float
        Longitude of the plane's centre in degrees.
    lat : float
        Latitude of the plane's centre in degrees.

    Returns
    -------
    pyproj.Transformer
        From longitude, latitude in degrees (WGS 84) to metres on the plane.

    Examples
    --------
    >>> equal_area_plane(114.1, 22.5).transform(114.1, 22.5)
    (0.0, 0.0)
    """
    # A pipeline opens a hundred times faster than a search for the way between two systems.
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=laea +lon_0={lon!r} +lat_0={lat!r} +ellps=WGS84 +units=m"
    )
