"""Locations of one region to its raw shape, as if no other region were there.

Locations are joined into triangles (Delaunay) as long as no side is too long, what still lies
apart is joined by its shortest links, and all of it gets a margin with smooth corners: an alpha
shape with a rim [1]_.

References
----------
.. [1] Edelsbrunner, H., Kirkpatrick, D. and Seidel, R. (1983). On the shape of a set of points in
   the plane. IEEE Transactions on Information Theory 29(4), 551-559.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree

from gii_geo.project import FloatArray
from gii_geo.regions.outline.frame import GRID_DEG, Frame

IntArray = npt.NDArray[np.int64]

MARGIN_SHARE: Final = 0.125
"""Land around a location that belongs to its region, as a share of the radius."""

LONGEST_SIDE_SHARE: Final = 0.9
"""Longest side of a triangle whose land belongs to the region, as a share of the radius."""

LONGEST_LINK_SHARE: Final = 1.15
"""Longest link between parts, as a share of the radius; above 1 as thinning moves its ends."""

ROUNDING_SHARE: Final = 0.2
"""Radius of the inner corners: bays narrower than twice this close, as a share of the radius."""

FILL_SHARE: Final = 0.75
"""A hole is filled if triangles and links are all so near to it, as a share of the radius.

No point filled is farther than the radius from a location: the root of 0.75² + (1.15 / 2)² is 0.95.
"""

SIMPLIFY_SHARE: Final = 0.005
"""How far an outline may move for fewer vertices, as a share of the radius."""

THIN_SHARE: Final = 0.025
"""In a cube of this size one location stands for all, as a share of the radius.

Its diagonal is a third of the margin, so that the locations left out stay well inside.
"""

INSIDE_SHARE: Final = 0.25
"""In a square of this size amid others one location stands for all, as a share of the radius.

A triangle among such squares has sides of at most 2.83 times this: none is lost.
"""

NARROW_M: Final = 5e5
"""Parts within this width share one plane: on it lengths are true to a thousandth."""

WIDEST_M: Final = 6e6
"""A part wider than this is cut at the octants of the globe: no plane would be local to it."""


def shape_region(lon_lat: FloatArray, xyz: FloatArray, radius_m: float) -> shapely.Geometry:
    """Shape one region by itself, on the map's grid.

    Parameters
    ----------
    lon_lat : numpy.ndarray of float64, shape (n, 2)
        Longitudes and latitudes of its locations in degrees, in an order of their own.
    xyz : numpy.ndarray of float64, shape (n, 3)
        The same locations in geocentric metres.
    radius_m : float
        Radius of the density search in metres.

    Returns
    -------
    shapely.Geometry
        Polygon or multipolygon in degrees, cut at the antimeridian.
    """
    number, _ = _number_cubes(xyz, THIN_SHARE * radius_m)
    first = np.sort(np.unique(number, return_index=True)[1])
    lon_lat, xyz = lon_lat[first], xyz[first]
    pieces = []
    for part in _split_parts(xyz, LONGEST_LINK_SHARE * radius_m):
        frame = Frame.around(xyz[part], radius_m)
        shape = _shape_part(frame.to_plane(lon_lat[part]), radius_m)
        pieces.append(frame.to_map(frame.densify(np.array([shape]), SIMPLIFY_SHARE * radius_m)))
    snapped = shapely.set_precision(np.concatenate(pieces), GRID_DEG)
    return snapped[0] if len(snapped) == 1 else shapely.union_all(snapped, grid_size=GRID_DEG)


def _number_cubes(xyz: FloatArray, size_m: float) -> tuple[IntArray, tuple[int, ...]]:
    """Give points the number of their cube; also return the shape of the block of cubes."""
    cube = np.floor(xyz / size_m).astype(np.int64)
    cube -= cube.min(axis=0)
    shape = tuple(int(n) for n in cube.max(axis=0) + 1)
    return np.ravel_multi_index(tuple(cube.T), shape), shape


def _split_parts(xyz: FloatArray, gap_m: float) -> Iterator[IntArray]:
    """Split points into parts farther than a gap from each other, none too wide for a plane."""
    width_m = np.ptp(xyz, axis=0).max()
    if width_m <= NARROW_M:
        yield np.arange(len(xyz))
        return
    number, shape = _number_cubes(xyz, gap_m)
    cubes, cube = np.unique(number, return_inverse=True)
    tree = cKDTree(np.column_stack(np.unravel_index(cubes, shape)))
    touching = tree.query_pairs(1.5, p=np.inf, output_type="ndarray")
    graph = coo_array((np.ones(len(touching)), tuple(touching.T)), shape=(len(cubes),) * 2)
    part = connected_components(graph, directed=False)[1][cube]
    if width_m > WIDEST_M:
        part = part * 8 + (xyz > 0) @ [1, 2, 4]
    for k in np.unique(part):
        yield np.flatnonzero(part == k)


def _shape_part(xy: FloatArray, radius_m: float) -> shapely.Geometry:
    """Shape points on the plane: short triangles, the links between them, and a margin."""
    xy = xy[_thin_inside(xy, INSIDE_SHARE * radius_m)]
    triangles, edges, sides = _triangulate(xy)
    length = np.linalg.norm(xy[edges[:, 0]] - xy[edges[:, 1]], axis=1)
    short = length[sides].max(axis=1, initial=0) <= LONGEST_SIDE_SHARE * radius_m
    triangles = triangles[short]
    near = length <= LONGEST_LINK_SHARE * radius_m
    graph = coo_array((length[near], tuple(edges[near].T)), shape=(len(xy),) * 2).tocsr()
    links = np.sort(np.column_stack(minimum_spanning_tree(graph).nonzero()), axis=1)
    drawn = np.zeros(len(edges), dtype=bool)
    drawn[sides[short]] = True
    links = links[~np.isin(links @ [len(xy), 1], edges[drawn] @ [len(xy), 1])]
    joined = np.zeros(len(xy), dtype=bool)
    joined[triangles] = joined[links] = True
    land: Any = shapely.geometrycollections(
        [
            shapely.coverage_union_all(_draw_triangles(xy, triangles)),
            shapely.multilinestrings(xy[links]),
            shapely.multipoints(xy[np.flatnonzero(~joined)]),
        ]
    )
    margin, rounding = MARGIN_SHARE * radius_m, ROUNDING_SHARE * radius_m
    shape: shapely.Geometry = shapely.buffer(shapely.buffer(land, margin + rounding), -rounding)
    holes = [hole for part in shapely.get_parts(shape) for hole in part.interiors]
    if holes:
        lakes = shapely.polygons(holes)
        near = shapely.covers(shapely.buffer(land, FILL_SHARE * radius_m), lakes)
        shape = shapely.union_all([shape, *lakes[near]])
    return shapely.simplify(shape, SIMPLIFY_SHARE * radius_m)


def _draw_triangles(xy: FloatArray, triangles: IntArray) -> npt.NDArray[np.object_]:
    """Make polygons of triangles: from one array in half the time of one by one."""
    if not len(triangles):
        return np.empty(0, dtype=object)
    corners = xy[triangles[:, [0, 1, 2, 0]]].reshape(-1, 2)
    rings = np.arange(0, len(corners) + 1, 4)
    offsets = (rings, np.arange(len(triangles) + 1))
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, corners, offsets))


def _thin_inside(xy: FloatArray, size_m: float) -> IntArray:
    """Leave one point in every square whose eight neighbours hold points too."""
    square = np.floor(xy / size_m).astype(np.int64)
    column, row = (square - square.min(axis=0) + 1).T
    height = row.max() + 2
    held, first, number = np.unique(column * height + row, return_index=True, return_inverse=True)
    steps = [east * height + north for east in (-1, 0, 1) for north in (-1, 0, 1)]
    inside = np.all([_contain(held, held + step) for step in steps], axis=0)
    left = ~inside[number]
    left[first[inside]] = True
    return np.flatnonzero(left)


def _contain(ascending: IntArray, numbers: IntArray) -> npt.NDArray[np.bool_]:
    """Tell which numbers are among others that ascend."""
    place = np.searchsorted(ascending, numbers)
    return np.equal(ascending[np.minimum(place, len(ascending) - 1)], numbers)


def _triangulate(xy: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Triangulate points (Delaunay).

    Gives triangles, shape (m, 3), edges, shape (k, 2), each in order, and the numbers of the three
    edges of every triangle, shape (m, 3).
    """
    try:
        net = Delaunay(xy)
    except (QhullError, ValueError):  # fewer than three points, or all on one line
        order = np.lexsort(xy.T)
        chain = np.column_stack([order[:-1], order[1:]])
        none = np.empty((0, 3), dtype=np.int64)
        return none, np.sort(chain, axis=1), none
    triangles = net.simplices.astype(np.int64)
    # The side opposite to a corner; the triangle of the lower number owns it.
    here = np.arange(len(triangles))[:, None]
    owned = (net.neighbors < 0) | (here < net.neighbors)
    ends = np.sort(triangles[:, [[1, 2], [0, 2], [0, 1]]][owned], axis=1)
    sides = np.zeros(triangles.shape, dtype=np.int64)
    sides[owned] = np.arange(len(ends))
    row, corner = np.nonzero(~owned)
    other = net.neighbors[row, corner]
    back = (net.neighbors[other] == row[:, None]).argmax(axis=1)
    sides[row, corner] = sides[other, back]
    return triangles, ends, sides
