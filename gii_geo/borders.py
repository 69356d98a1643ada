"""The packaged borders of economies: which one a point lies in, and how far it is from another."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree

from gii_geo import project
from gii_geo.packing import order_words

ECONOMIES_CREDIT: Final = (
    "Economies: country-coder (https://github.com/rapideditor/country-coder), ISC licence, "
    "copyright 2025 country-coder contributors."
)
"""To be shown wherever the borders are."""

MAX_OFFSHORE_KM: Final = 22.2
"""The territorial sea: 12 nautical miles (United Nations Convention on the Law of the Sea, 3)."""

DEGREE_KM: Final = 110.0
"""Less than a degree of latitude anywhere, so that a reach in degrees is never too short."""

TERRITORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AU": ("CC", "CX", "HM", "NF"),
    "CN": ("HK", "MO", "TW"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "FR": ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"),
    "GB": (
        *("AI", "BM", "FK", "GG", "GI", "GS", "IM", "IO", "JE", "KY", "MS", "PN", "SH", "TC"),
        "VG",
    ),
    "IL": ("PS",),
    "MA": ("EH",),
    "NL": ("AW", "BQ", "CW", "SX"),
    "NO": ("BV", "SJ"),
    "NZ": ("CK", "NU", "TK"),
    "RS": ("XK",),
    "US": ("AS", "GU", "MP", "PR", "UM", "VI"),
}
"""Territories with a code of their own (ISO 3166-1) whose addresses may name the other economy."""

MIDDLE_REACH: Final = 0.15
"""How near the middle of an economy is its middle, in radii of a circle of its area."""

_GLOBE_KM: Final = 6371.0
_EDGE_STEP_DEG: Final = 0.05
_POINTS_AT_ONCE: Final = 1 << 18
"""Points made into geometries together, of 0.2 kB each."""

_CELL_DEG: Final = 0.1
_CELLS_NORTH: Final = 4096
"""More than there are between the poles."""
_FEWEST_IN_CELL: Final = 8
_ROOM_DEG: Final = 1e-9
"""Added around a cell, whose corners are rounded."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
GeometryArray = npt.NDArray[np.object_]


def read_borders() -> gpd.GeoDataFrame:
    """Read the borders that come with the package.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per polygon, EPSG:4326, sorted by ``economy`` (ISO 3166-1 alpha-2, and XK); inland
        borders are near true, borders at sea are coarse and well off the coast.

    Notes
    -----
    Source: country-coder, ISC licence. ``scripts/make_economies.py`` makes the table.

    Examples
    --------
    >>> {"HK", "MO", "TW", "XK", "PR"} <= set(read_borders()["economy"])
    True
    """
    return _load_borders().copy()


@cache
def _load_borders() -> gpd.GeoDataFrame:
    """Read the packaged table once; whoever asks for it is handed a copy."""
    file = resources.files("gii_geo") / "data" / "economies.parquet"
    with resources.as_file(file) as path:
        return gpd.read_parquet(path)


def locate_economies(lon: npt.ArrayLike, lat: npt.ArrayLike) -> pd.api.extensions.ExtensionArray:
    """Find the economy that each point lies in.

    Parameters
    ----------
    lon : array_like of float, shape (n,)
        Longitudes in degrees, -180 to 180.
    lat : array_like of float, shape (n,)
        Latitudes in degrees, -90 to 90.

    Returns
    -------
    pandas array of str, shape (n,)
        ISO 3166-1 alpha-2 code. At sea the nearest economy within `MAX_OFFSHORE_KM`; missing
        farther out, and for a missing coordinate.

    Examples
    --------
    >>> list(locate_economies([114.06, 114.17, 7.59], [22.54, 22.28, 47.56]))
    ['CN', 'HK', 'CH']
    """
    return pd.Series(code_economies(lon, lat)).astype("str").array


def code_economies(lon: npt.ArrayLike, lat: npt.ArrayLike) -> pd.Categorical:
    """Find the economy that each point lies in, in few bytes.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        As `locate_economies` takes them.

    Returns
    -------
    pandas.Categorical, shape (n,)
        The codes, of which all that have borders are categories, in order.

    Examples
    --------
    >>> code_economies([7.59], [47.56]).tolist()
    ['CH']
    """
    borders = read_borders()
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    codes = list_codes()
    own = np.append(codes.get_indexer(borders["economy"]), -1).astype(np.int16)
    found = np.empty(len(lon), dtype=np.int16)
    for start in range(0, len(lon), _POINTS_AT_ONCE):
        part = slice(start, start + _POINTS_AT_ONCE)
        lon_lat = np.column_stack([lon[part], lat[part]])
        found[part] = own[_find_polygons(lon_lat, borders.geometry.to_numpy())]
    return pd.Categorical.from_codes(found, codes)


def list_codes() -> pd.Index:
    """List the economies that have borders, in order.

    Returns
    -------
    pandas.Index of str
        The categories of `code_economies`.

    Examples
    --------
    >>> "XK" in list_codes()
    True
    """
    return order_words(read_borders()["economy"])


def _find_polygons(lon_lat: FloatArray, polygons: GeometryArray) -> IntArray:
    """Find the polygon that each point lies in, or is near; -1 for none."""
    found = np.full(len(lon_lat), -1)
    finite = np.flatnonzero(np.isfinite(lon_lat).all(axis=1))
    found[finite] = _find_amid(lon_lat[finite], polygons)
    rest = finite[found[finite] < 0]
    points = np.asarray(shapely.points(lon_lat[rest]))
    # The tree holds the points: a polygon is prepared once and then tested against many of them.
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    found[rest[point[::-1]]] = polygon[::-1]  # on a border the first code in the alphabet wins
    at_sea = found[rest] < 0
    point, polygon = _find_nearest(points[at_sea], polygons)
    found[rest[at_sea][point]] = polygon
    return found


def _find_amid(lon_lat: FloatArray, polygons: GeometryArray) -> IntArray:
    """Find the polygon of points whose cell of a grid lies in it alone; -1 for the rest.

    Nothing is asked of a cell with few points.
    """
    corner = np.floor(lon_lat / _CELL_DEG).astype(np.int64)
    _, first, cell, held = np.unique(
        corner @ [_CELLS_NORTH, 1], return_index=True, return_inverse=True, return_counts=True
    )
    asked = np.flatnonzero(held >= _FEWEST_IN_CELL)
    low = corner[first[asked]] * _CELL_DEG - _ROOM_DEG
    boxes = shapely.STRtree(shapely.box(*low.T, *(low + _CELL_DEG + 2 * _ROOM_DEG).T))
    _, touched = boxes.query(polygons, predicate="intersects")
    polygon, within = boxes.query(polygons, predicate="contains_properly")
    alone = np.bincount(touched, minlength=len(asked))[within] == 1
    found = np.full(len(held), -1)
    found[asked[within[alone]]] = polygon[alone]
    return found[cell]


def _find_nearest(points: GeometryArray, polygons: GeometryArray) -> tuple[IntArray, IntArray]:
    """Pair each point that is within `MAX_OFFSHORE_KM` of a polygon with the nearest one."""
    reach = np.clip(np.cos(np.radians(shapely.get_y(points))), 0.01, 1)
    reach = MAX_OFFSHORE_KM / DEGREE_KM / reach
    point, polygon = shapely.STRtree(polygons).query(points, predicate="dwithin", distance=reach)
    ends = shapely.get_coordinates(shapely.shortest_line(points[point], polygons[polygon]))
    xyz = project.to_geocentric(ends[:, 0], ends[:, 1]).reshape(-1, 2, 3)
    distance_km = np.linalg.norm(xyz[:, 0] - xyz[:, 1], axis=1) / 1000
    order = np.lexsort((polygon, distance_km, point))
    order = order[distance_km[order] <= MAX_OFFSHORE_KM]
    _, first = np.unique(point[order], return_index=True)
    return point[order[first]], polygon[order[first]]


def find_outside(
    lon: npt.ArrayLike, lat: npt.ArrayLike, economy: npt.ArrayLike, *, beyond_km: float
) -> npt.NDArray[np.bool_]:
    """Tell which points lie farther than a distance outside the economy that is named for them.

    Parameters
    ----------
    lon : array_like of float, shape (n,)
        Longitudes in degrees, -180 to 180.
    lat : array_like of float, shape (n,)
        Latitudes in degrees, -90 to 90.
    economy : array_like of str, shape (n,)
        ISO 3166-1 alpha-2 codes. Where an economy has further territories with codes of their own
        (`TERRITORIES`), these are its land too.
    beyond_km : float
        The distance, give or take the 3 km that lie between the points its borders are measured by.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Whether each lies outside; never for a code without borders.

    Examples
    --------
    >>> find_outside([11.6, 48.1, 7.6], [48.1, 11.6, 47.6], ["DE"] * 3, beyond_km=50).tolist()
    [False, True, False]
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    named = economy if isinstance(economy, pd.Series) else pd.Series(economy, dtype=object)
    number, codes = pd.factorize(named)
    outside = np.zeros(len(lon), dtype=bool)
    by_code = np.argsort(number, kind="stable")
    ends = np.searchsorted(number[by_code], np.arange(len(codes) + 1))
    for code, first, end in zip(codes, ends[:-1], ends[1:], strict=True):
        polygons = _take_land(code)
        rows = by_code[first:end] if len(polygons) else by_code[:0]
        for polygon in polygons:
            rows = rows[~shapely.intersects_xy(polygon, lon[rows], lat[rows])]
        if len(rows):
            reach = _edge(code).query(project.to_geocentric(lon[rows], lat[rows]))[0]
            outside[rows] = reach > 1000 * beyond_km
    return outside


def is_middle(
    lon: npt.ArrayLike, lat: npt.ArrayLike, economy: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Tell which points lie where a geocoder puts what it knows only the economy of.

    Geocoders differ in what they call the middle: the centroid or the middle of the bounds, of the
    mainland or of all. A point counts that is as near to one of these as `MIDDLE_REACH` of the
    radius of a circle of the economy's area.

    Parameters
    ----------
    lon : array_like of float, shape (n,)
        Longitudes in degrees.
    lat : array_like of float, shape (n,)
        Latitudes in degrees.
    economy : array_like of str, shape (n,)
        ISO 3166-1 alpha-2 codes.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Whether each does.

    Examples
    --------
    >>> is_middle([-98.6, -95.7, -74.0], [39.8, 37.1, 40.7], ["US"] * 3).tolist()
    [True, True, False]
    """
    near = [
        code in _split_land() and _measure_middle(code, one, other) <= MIDDLE_REACH
        for one, other, code in zip(
            np.asarray(lon, dtype=np.float64),
            np.asarray(lat, dtype=np.float64),
            np.asarray(economy, dtype=object),
            strict=True,
        )
    ]
    return np.array(near, dtype=bool)


def _measure_middle(code: str, lon: float, lat: float) -> float:
    """Measure how far from the nearest middle a point is, in radii of the economy."""
    land = _split_land()[code]
    area_km2 = abs(shapely.area(shapely.transform(land, _to_equal_area)))
    whole, mainland = shapely.union_all(land), land[area_km2.argmax()]
    west, south, east, north = shapely.bounds([whole, mainland]).T
    middles = np.concatenate(
        [
            shapely.get_coordinates(shapely.centroid([whole, mainland])),
            np.column_stack([(west + east) / 2, (south + north) / 2]),
        ]
    )
    xyz = project.to_geocentric([lon, *middles[:, 0]], [lat, *middles[:, 1]])
    gap_km = np.linalg.norm(xyz[1:] - xyz[0], axis=1).min() / 1000
    return float(gap_km / np.sqrt(area_km2.sum() / np.pi))


def _to_equal_area(lon_lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring degrees to km on a sphere's equal-area cylinder."""
    lon, lat = np.radians(lon_lat).T
    return np.column_stack([lon, np.sin(lat)]) * _GLOBE_KM


@cache
def _split_land() -> Mapping[str, GeometryArray]:
    """Give the polygons of each economy by itself, made ready for many points."""
    borders = read_borders()
    polygons = borders.geometry.to_numpy()
    shapely.prepare(polygons)
    return {str(code): polygons[rows] for code, rows in borders.groupby("economy").indices.items()}


@cache
def _take_land(code: str) -> GeometryArray:
    """Give the polygons of an economy and its territories, none where it has no borders."""
    land = _split_land()
    parts = [land[part] for part in (code, *TERRITORIES.get(code, ())) if part in land]
    return np.concatenate([np.empty(0, dtype=object), *parts])


@cache
def _edge(code: str) -> KDTree:
    """Give points along an economy's borders, in geocentric metres."""
    lines = shapely.segmentize(shapely.boundary(_take_land(code)), _EDGE_STEP_DEG)
    lon, lat = shapely.get_coordinates(lines).T
    return KDTree(project.to_geocentric(lon, lat))
