"""Polygons of the user's own: which locations lie in each, whatever their reference system."""

from collections.abc import Hashable
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from gii_geo.compare.area_files import MENDED, NAME, read_table
from gii_geo.compare.leaps import find_degrees, find_period
from gii_geo.paths import first_line
from gii_geo.project import LON_LAT
from gii_geo.ranges import show_names
from gii_geo.tables import InputError

IntArray = npt.NDArray[np.int64]

_NAMES: Final = ("name", "name_latn", "nuts_name", "nam", "label", "title", "admin")
"""Columns that are looked for, in any letter case, to call polygons by."""

_NAMELESS: Final = "polygon"

_TYPES: Final = ("Polygon", "MultiPolygon")

_POLE: Final = 90 + 1e-9
_FAR: Final = 1.5
"""Periods: what is written so far beyond the antimeridian is no place."""

_NEAR_DEGREES: Final = 1e-3
"""A point that comes back from a projection farther off was outside of where this is one."""


def read_areas(
    polygons: object, *, name: str | None = None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read polygons, and call each by a name of its own.

    Parameters
    ----------
    polygons : str, pathlib.Path, geopandas.GeoDataFrame or geopandas.GeoSeries
        A file (GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet and what else GDAL reads) or
        a table in any reference system.
    name : str, optional
        Column to call them by; by default one that looks like it, else they are numbered.
    layer : str, optional
        Of a file that has several.

    Returns
    -------
    geopandas.GeoDataFrame
        name, is_mended (whether it crossed itself) and geometry, valid, in their own reference
        system, numbered from 0.

    Raises
    ------
    InputError
        If it cannot be read, has no reference system, or has something else than polygons.
    """
    table, called = read_table(polygons, layer)
    _check_crs(table.crs, called)
    shapes = np.asarray(shapely.force_2d(table.geometry.to_numpy()))
    for row in np.flatnonzero(
        shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    ):
        shapes[row] = _gather_parts(shapes[row])
    kinds = gpd.GeoSeries(shapes).geom_type
    _check_corners(shapes, called)
    unfit = ~shapely.is_valid(shapes) & kinds.isin(_TYPES).to_numpy()
    shapes[unfit] = shapely.make_valid(shapes[unfit], method="structure", keep_collapsed=False)
    is_empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = np.flatnonzero(is_empty | ~kinds.isin(_TYPES))
    if len(wrong) or not len(table):
        found = "no row"
        if len(wrong):
            kind = "nothing" if is_empty[wrong[0]] else kinds.iloc[wrong[0]]
            found = f"{kind} in row {wrong[0] + 1}, and so in {len(wrong):,} of {len(table):,} rows"
        msg = f"Invalid geometry of {called}. Must be polygons; found {found}."
        raise InputError(msg)
    _check_places(shapes, table.crs, called)
    names = _tell_apart(_name_areas(table, called, name))
    return gpd.GeoDataFrame({NAME: names, MENDED: unfit}, geometry=shapes, crs=table.crs)


def _gather_parts(shape: shapely.Geometry) -> shapely.Geometry:
    """Make one of a collection that holds polygons alone."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return shapely.MultiPolygon(parts.tolist()) if len(parts) and is_area.all() else shape


def _check_crs(crs: pyproj.CRS | None, called: str) -> None:
    """Refuse polygons that do not say where on the earth they are."""
    if crs is None or not (crs.is_geographic or crs.is_projected):
        found = "none" if crs is None else f"{crs.name}, neither degrees nor a map"
        msg = f"Invalid {called}. Must say its reference system (CRS); found {found}."
        raise InputError(msg)
    try:
        find_degrees(np.zeros((1, 2)), crs)
    except pyproj.exceptions.ProjError as error:
        msg = f"Invalid {called}. Must have a reference system on Earth; {first_line(error)}."
        raise InputError(msg) from error


def _check_corners(shapes: npt.NDArray[np.object_], called: str) -> None:
    """Refuse polygons with a corner that is nowhere: mended, they would be others."""
    points, row = shapely.get_coordinates(shapes, return_index=True)
    nowhere = np.unique(row[np.isnan(points).any(axis=1)])
    if len(nowhere):
        msg = (
            f"Invalid geometry of {called}. Must have coordinates at every corner; found a corner "
            f"without in row {nowhere[0] + 1}, and so in {len(nowhere):,} of {len(shapes):,} rows."
        )
        raise InputError(msg)


def _check_places(shapes: npt.NDArray[np.object_], crs: pyproj.CRS, called: str) -> None:
    """Refuse polygons with a corner where their reference system has no place."""
    points, row = shapely.get_coordinates(shapes, return_index=True)
    degrees, period = find_degrees(points, crs), find_period(crs)
    is_beyond = ~np.isfinite(degrees).all(axis=1) | (np.abs(degrees[:, 1]) > _POLE)
    if period:
        is_beyond |= np.abs(points[:, 0]) > _FAR * period
    if is_beyond.any():
        first, rows = int(is_beyond.argmax()), np.unique(row[is_beyond])
        x, y = points[first]
        ask = ": are they metres, or latitudes first?" if crs.is_geographic else "."
        msg = (
            f"Invalid geometry of {called}. Must lie where {crs.name} has places; found a corner "
            f"beyond at {x:.10g}, {y:.10g} in row {row[first] + 1}, and so in {len(rows):,} of "
            f"{len(shapes):,} rows{ask}"
        )
        raise InputError(msg)


def find_members(
    areas: gpd.GeoDataFrame, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> tuple[IntArray, IntArray]:
    """Find the polygons that hold each location, in the polygons' own reference system.

    A location inside of several polygons is in each of them. One on a common border is in the first
    of the polygons that touch there, and in those that overlap this one, such as a country whose
    border it is as well.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        From `read_areas`.
    lon, lat : numpy.ndarray of float64, shape (n,)
        Degrees.

    Returns
    -------
    location, area : numpy.ndarray of int64, shape (m,)
        Pairs of row numbers, in the order of the locations.
    """
    shapes = areas.geometry.to_numpy()
    found = [
        np.column_stack([rows[point], polygon, touch])
        for rows, points in _list_points(areas.crs, lon, lat, shapely.total_bounds(shapes))
        for point, polygon, touch in [_query_points(shapes, points)]
    ]
    pairs = np.unique(np.vstack([np.empty((0, 3), np.int64), *found]), axis=0)
    is_inside = pairs[:, 2] == 0
    touching = _settle_borders(shapes, pairs[~is_inside, :2])
    members = np.unique(np.vstack([pairs[is_inside, :2], touching]), axis=0)
    return members[:, 0], members[:, 1]


def _settle_borders(shapes: npt.NDArray[np.object_], pairs: IntArray) -> IntArray:
    """Of the polygons on whose border a location is, leave out those next to an earlier one."""
    kept = np.ones(len(pairs), dtype=bool)
    apart: dict[tuple[int, int], bool] = {}
    _, first, many = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    for start, count in zip(first[many > 1].tolist(), many[many > 1].tolist(), strict=True):
        taken: list[int] = []
        for row in range(start, start + count):
            area = int(pairs[row, 1])
            for other in taken:
                if (other, area) not in apart:
                    apart[other, area] = not shapely.relate_pattern(
                        shapes[other], shapes[area], "T********"
                    )
            kept[row] = not any(apart[other, area] for other in taken)
            if kept[row]:
                taken.append(area)
    return pairs[kept]


def _name_areas(table: gpd.GeoDataFrame, called: str, name: str | None) -> "pd.Series[str]":
    """Take the names of polygons from a column, or number them."""
    own = table.drop(columns=table.geometry.name)
    own = own.loc[:, ~own.columns.duplicated()]
    if name is not None:
        if not isinstance(name, Hashable) or name not in own:
            there = show_names(own.columns) or "none"
            msg = f"Invalid columns of {called}. Must have {name}; found {there}."
            raise InputError(msg)
        return _write_names(own[name])
    own = own.dropna(axis="columns", how="all")
    plain = {str(column).lower(): column for column in own.columns}
    texts = [column for column in own.columns if not pd.api.types.is_numeric_dtype(own[column])]
    named = [column for column in texts if "name" in str(column).lower()]
    likely = [plain[word] for word in _NAMES if word in plain] + named + texts
    likely += [plain["id"]] if "id" in plain else []
    if likely:
        return _write_names(own[likely[0]])
    return pd.Series([f"{_NAMELESS} {number}" for number in range(1, len(table) + 1)], dtype="str")


def _write_names(names: "pd.Series[Any]") -> "pd.Series[str]":
    """Write names as texts; whole numbers that a missing one made decimals stay whole."""
    is_whole = pd.api.types.is_float_dtype(names) and (names.dropna() % 1 == 0).all()
    return (names.astype("Int64") if is_whole else names).astype("str")


def _tell_apart(names: "pd.Series[Any]") -> "pd.Series[str]":
    """Give polygons without a name, and all but the first of one name, a number that is free."""
    known = names.where(names.str.strip() != "")
    own = set(known.dropna())
    taken = {_NAMELESS, *own}
    turn: dict[str, int] = {}
    told = []
    again = known.isna() | known.duplicated()
    for name, is_again in zip(known.fillna(_NAMELESS), again, strict=True):
        called = name
        while is_again and called in taken:
            turn[name] = turn.get(name, int(name in own)) + 1
            called = f"{name} ({turn[name]})"
        taken.add(called)
        told.append(called)
    return pd.Series(told, dtype="str")


def _list_points(
    crs: pyproj.CRS,
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    bounds: npt.NDArray[np.float64],
) -> list[tuple[IntArray, npt.NDArray[np.object_]]]:
    """Give the locations as points in a reference system, with their row numbers."""
    to_own = pyproj.Transformer.from_crs(LON_LAT, crs, always_xy=True)
    x, y = to_own.transform(lon, lat)
    period = find_period(crs)
    listed = []
    for turn in (0.0, period, -period) if period else (0.0,):
        near = np.isfinite(x) & np.isfinite(y)
        near &= (x + turn >= bounds[0]) & (x + turn <= bounds[2])
        near &= (y >= bounds[1]) & (y <= bounds[3])
        rows = np.flatnonzero(near)
        if not crs.is_geographic and len(rows):
            rows = rows[_comes_back(crs, x[rows], y[rows], lon[rows], lat[rows])]
        listed.append((rows, np.asarray(shapely.points(x[rows] + turn, y[rows]))))
    return listed


def _comes_back(crs: pyproj.CRS, *points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell which points a projection has only once: far off it may fold the world onto itself."""
    x, y, lon, lat = points
    lon_back, lat_back = find_degrees(np.column_stack([x, y]), crs).T
    with np.errstate(invalid="ignore"):  # some come back nowhere
        turned = np.abs((lon_back - lon + 180) % 360 - 180)
    is_near: npt.NDArray[np.bool_] = (turned * np.cos(np.radians(lat)) < _NEAR_DEGREES) & (
        np.abs(lat_back - lat) < _NEAR_DEGREES
    )
    return is_near


def _query_points(
    shapes: npt.NDArray[np.object_], points: npt.NDArray[np.object_]
) -> tuple[IntArray, IntArray, IntArray]:
    """Find points in polygons: point, polygon, and 1 for a point on the border."""
    # The tree holds the points: a polygon is prepared once and then tested against many of them.
    tree = shapely.STRtree(points)
    polygon, point = tree.query(shapes, predicate="intersects")
    polygon_in, point_in = tree.query(shapes, predicate="contains_properly")
    many = max(len(points), 1)
    inside = np.isin(polygon * many + point, polygon_in * many + point_in)
    return point, polygon, (~inside).astype(np.int64)
