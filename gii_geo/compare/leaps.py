"""Polygons over the antimeridian: which cross it, which only seem to, and all as maps want them."""

from typing import Final

import antimeridian
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.affinity import translate

from gii_geo.project import LON_LAT

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_TURNS: Final = (0.0, 360.0, -360.0)
"""Degrees: some write what lies beyond the antimeridian as more than 180."""

_HALF: Final = 180.0
_SAME: Final = 1e-6
_WHOLE: Final = 360.0 - 1e-6
"""Degrees: an edge as long goes all around, and is meant to."""

_PIECE_M: Final = 10_000.0
"""Longest edge, in metres on a map, that is drawn from end to end in degrees: some metres off."""

_AT_POLE: Final = 90.0 - 1e-7

_INWARD: Final = 1 - 1e-7
"""At the edge of a map of the world, two metres: Robinson's is patched together as roughly."""


def find_degrees(points: FloatArray, crs: pyproj.CRS) -> FloatArray:
    """Find the places of points in a reference system.

    Parameters
    ----------
    points : numpy.ndarray of float64, shape (n, 2)
        x and y.
    crs : pyproj.CRS
        Their reference system.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 2)
        Longitude and latitude; at the very edge of a map, where rounding leaves none, of what lies
        a hair inward; not finite beyond.
    """
    to_degrees = pyproj.Transformer.from_crs(crs, LON_LAT, always_xy=True)
    found = np.column_stack(to_degrees.transform(*points.T))
    beyond = ~np.isfinite(found).all(axis=1)
    found[beyond] = np.column_stack(to_degrees.transform(*(points[beyond] * _INWARD).T))
    return found


def find_period(crs: pyproj.CRS) -> float:
    """Find how far to the east a reference system names the same places again.

    Parameters
    ----------
    crs : pyproj.CRS
        The reference system.

    Returns
    -------
    float
        Once around the earth, in its units; 0 where it names each place once.

    Examples
    --------
    >>> [round(find_period(pyproj.CRS(code))) for code in (4326, 3857, 3035)]
    [360, 40075017, 0]
    """
    if crs.is_geographic:
        return round(2 * np.pi / crs.axis_info[0].unit_conversion_factor, 9)
    lon, lat = find_degrees(np.zeros((1, 2)), crs)[0]
    if not np.isfinite([lon, lat]).all():
        return 0.0
    to_own = pyproj.Transformer.from_crs(LON_LAT, crs, always_xy=True)
    period = 4 * abs(to_own.transform((lon + 90 + _HALF) % 360 - _HALF, lat)[0])
    if not 0 < period < np.inf:
        return 0.0
    back = find_degrees(np.array([[period, 0.0], [-period, 0.0]]), crs)
    with np.errstate(invalid="ignore"):  # some come back nowhere
        gap = np.abs((back - [lon, lat] + _HALF) % 360 - _HALF)
    return float(period) if (gap < _SAME).all() else 0.0


def find_wide(areas: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Find polygons that may cross the antimeridian without being written so.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        From `areas.read_areas`.

    Returns
    -------
    tuple of str
        Names of those with an edge wider than 180 degrees that does not go all around.
    """
    parts, row = shapely.get_parts(areas.geometry.to_numpy(), return_index=True)
    wide = np.unique(row[_find_leaps(parts, areas.crs)[1]])
    return tuple(areas.iloc[wide, 0].astype("str"))


def show_areas(areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give polygons as maps want them: longitude and latitude, cut at the antimeridian.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        From `areas.read_areas`.

    Returns
    -------
    geopandas.GeoSeries
        EPSG:4326, right-hand wound.
    """
    folded = areas.geometry.to_numpy()
    if areas.crs.is_geographic:
        folded = np.array([_fold(shape) for shape in folded])
    else:  # a long edge that is straight on a map is none in degrees
        folded = shapely.segmentize(
            folded, _PIECE_M / areas.crs.axis_info[0].unit_conversion_factor
        )
    # Which of the two sides of a ring around a pole is meant, its winding alone tells.
    own, row = shapely.get_parts(shapely.orient_polygons(folded), return_index=True)
    shapes, shown = (
        shapely.transform(given, lambda points: find_degrees(points, areas.crs))
        for given in (folded, own)
    )
    crosses, is_wide = _find_leaps(own, areas.crs)
    to_cut = crosses & ~is_wide
    to_open = _reach_poles(shown) & (not areas.crs.is_geographic)
    shown[to_open] = [_open_poles(part) for part in shown[to_open]]
    shown[to_cut] = [_cut(part) for part in shown[to_cut]]
    for number in np.unique(row[to_cut | to_open]):
        shapes[number] = shapely.union_all(
            shapely.make_valid(shown[row == number], method="structure")
        )
    return gpd.GeoSeries(shapely.orient_polygons(shapes), crs=LON_LAT)


def _reach_poles(parts: Shapes) -> BoolArray:
    """Tell which polygons have a corner at a pole."""
    bounds = shapely.bounds(parts)
    reaches: BoolArray = (bounds[:, 1] < -_AT_POLE) | (bounds[:, 3] > _AT_POLE)
    return reaches


def _open_poles(part: shapely.Polygon) -> shapely.Polygon:
    """Give a corner at a pole the longitudes of both its neighbours: there it is an edge."""

    def open_ring(ring: shapely.LinearRing) -> FloatArray:
        points = shapely.get_coordinates(ring)[:-1]
        at = np.flatnonzero(np.abs(points[:, 1]) > _AT_POLE)
        before, behind = (points[(at + step) % len(points), 0] for step in (-1, 1))
        opened = points.copy()
        opened[at, 0] = before
        return np.insert(opened, at + 1, np.column_stack([behind, points[at, 1]]), axis=0)

    return shapely.Polygon(open_ring(part.exterior), [open_ring(ring) for ring in part.interiors])


def _find_leaps(parts: Shapes, crs: pyproj.CRS) -> tuple[BoolArray, BoolArray]:
    """Tell which polygons have an edge over the antimeridian, and which one the long way around.

    In degrees both look alike; in their own reference system the middle of the edge lies between
    its ends only where it goes the long way.
    """
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    lon = find_degrees(points, crs)[:, 0]
    low, high = np.minimum(lon[1:], lon[:-1]), np.maximum(lon[1:], lon[:-1])
    leaps = (ring[1:] == ring[:-1]) & (high - low > _HALF) & (high - low < _WHOLE)
    edge = np.flatnonzero(leaps)
    middle = find_degrees((points[edge] + points[edge + 1]) / 2, crs)[:, 0]
    is_long = (middle > low[edge]) & (middle < high[edge])
    crosses, is_wide = np.zeros((2, len(parts)), dtype=bool)
    crosses[part[ring[edge[~is_long]]]] = True
    is_wide[part[ring[edge[is_long]]]] = True
    return crosses, is_wide


def _fold(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.Geometry:
    """Bring back what is written as more than 180 degrees, or less than -180."""
    west, south, east, north = shape.bounds
    if west >= -_HALF and east <= _HALF:
        return shape
    pieces = [
        translate(piece, -turn)
        for turn in _TURNS
        for piece in shapely.get_parts(
            shape.intersection(shapely.box(turn - _HALF, south, turn + _HALF, north))
        )
        if piece.area > 0
    ]
    return shapely.union_all(pieces)


def _cut(part: shapely.Polygon) -> shapely.Geometry:
    """Cut a polygon at the antimeridian."""
    return antimeridian.fix_polygon(part, fix_winding=False, great_circle=False)
