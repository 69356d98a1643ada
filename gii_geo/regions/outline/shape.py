"""Locations of each region to its raw shape, as if no other region were there.

Locations are joined into triangles (Delaunay) as long as no side is too long, what still lies
apart is joined by its shortest links, and all of it gets a margin with smooth corners: an alpha
shape with a rim [1]_.

References
----------
.. [1] Edelsbrunner, H., Kirkpatrick, D. and Seidel, R. (1983). On the shape of a set of points in
   the plane. IEEE Transactions on Information Theory 29(4), 551-559.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree

from gii_geo.project import FloatArray
from gii_geo.regions.outline.frame import GRID_DEG, Frame, Shapes

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

_CORNERS: Final = 4
_HEAD: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("parts", "<u4")])
_TRIANGLE: Final = np.dtype(
    [
        *(("order", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4")),
        ("corners", "<f8", (_CORNERS, 2)),
    ]
)
"""A multipolygon's head and a triangle as well-known binary has them (OGC 06-103r4, 8.2)."""

WIDEST_M: Final = 6e6
"""A part wider than this is cut at the octants of the globe: no plane would be local to it."""


def shape_regions(
    lon_lat: FloatArray, xyz: FloatArray, starts: IntArray, radius_m: float
) -> Shapes:
    """Shape regions, each by itself, on the map's grid.

    Parameters
    ----------
    lon_lat : numpy.ndarray of float64, shape (n, 2)
        Longitudes and latitudes of all their locations in degrees, one region after the other, in
        an order of their own.
    xyz : numpy.ndarray of float64, shape (n, 3)
        The same locations in geocentric metres.
    starts : numpy.ndarray of int64, shape (k + 1,)
        Where the locations of each region start, and where the last end.
    radius_m : float
        Radius of the density search in metres.

    Returns
    -------
    numpy.ndarray of shapely.Geometry, shape (k,)
        Polygons and multipolygons in degrees, cut at the antimeridian.
    """
    owner, frames, points = [], [], []
    for k, (start, end) in enumerate(pairwise(starts)):
        for frame, xy in _lay_parts(lon_lat[start:end], xyz[start:end], radius_m):
            owner.append(k)
            frames.append(frame)
            points.append(xy)
    shapes = [np.empty(0, dtype=object)]
    for frame, shape in zip(frames, _shape_parts(points, radius_m), strict=True):
        shapes.append(frame.to_map(frame.densify(np.array([shape]), SIMPLIFY_SHARE * radius_m)))
    pieces = np.repeat(np.array(owner, dtype=np.int64), [len(shape) for shape in shapes[1:]])
    snapped = shapely.set_precision(np.concatenate(shapes), GRID_DEG)
    regions = np.empty(len(starts) - 1, dtype=object)
    for k, (start, end) in enumerate(pairwise(np.searchsorted(pieces, np.arange(len(starts))))):
        single = end - start == 1
        land = snapped[start:end]
        regions[k] = land[0] if single else shapely.union_all(land, grid_size=GRID_DEG)
    return regions


def _lay_parts(
    lon_lat: FloatArray, xyz: FloatArray, radius_m: float
) -> Iterator[tuple[Frame, FloatArray]]:
    """Lay the parts of a region, thinned, each on a plane of its own."""
    number, _ = _number_cubes(xyz, THIN_SHARE * radius_m)
    first = np.sort(np.unique(number, return_index=True)[1])
    lon_lat, xyz = lon_lat[first], xyz[first]
    for part in _split_parts(xyz, LONGEST_LINK_SHARE * radius_m):
        frame = Frame.around(xyz[part], radius_m)
        yield frame, frame.to_plane(lon_lat[part])


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


def _shape_parts(points: list[FloatArray], radius_m: float) -> Shapes:
    """Shape points, each part on its plane: short triangles, the links between, and a margin."""
    points = _thin_inside(points, INSIDE_SHARE * radius_m)
    net = _join_nets(points)
    length = np.linalg.norm(net.xy[net.edges[:, 0]] - net.xy[net.edges[:, 1]], axis=1)
    short = length[net.sides].max(axis=1, initial=0) <= LONGEST_SIDE_SHARE * radius_m
    drawn = np.zeros(len(length), dtype=bool)
    drawn[net.sides[short]] = True
    links = _link_shortest(net, length, LONGEST_LINK_SHARE * radius_m)
    land = _draw_land(net, net.triangles[short], net.edges[links[~drawn[links]]])
    margin, rounding = MARGIN_SHARE * radius_m, ROUNDING_SHARE * radius_m
    shapes = shapely.buffer(shapely.buffer(land, margin + rounding), -rounding)
    _fill_holes(shapes, land, FILL_SHARE * radius_m)
    return np.asarray(shapely.simplify(shapes, SIMPLIFY_SHARE * radius_m))


class _Net(NamedTuple):
    """Points of all parts, part after part, with the triangles, edges and sides over them.

    ``starts`` tells where the points of each part start, and where the last end.
    """

    xy: FloatArray
    starts: IntArray
    triangles: IntArray
    edges: IntArray
    sides: IntArray


def _join_nets(points: list[FloatArray]) -> _Net:
    """Triangulate each part by itself, and number points and edges through."""
    starts = np.cumsum([0, *map(len, points)])
    nets = [(np.empty((0, 3), np.int64), np.empty((0, 2), np.int64), np.empty((0, 3), np.int64))]
    edge = 0
    for start, xy in zip(starts, points, strict=False):
        triangles, edges, sides = _triangulate(xy)
        nets.append((triangles + start, edges + start, sides + edge))
        edge += len(edges)
    xy = np.concatenate([np.empty((0, 2)), *points])
    return _Net(xy, starts, *map(np.concatenate, zip(*nets, strict=True)))


def _link_shortest(net: _Net, length: FloatArray, longest_m: float) -> IntArray:
    """Find the edges, none too long, that join as many points as can be by the shortest way.

    They come in the order of their ends.
    """
    near = np.flatnonzero(length <= longest_m)
    near = near[np.lexsort(net.edges[near].T[::-1])]
    ends = net.edges[near]
    # One tree for all parts; a rank instead of the length keeps each as it is by itself.
    rank = np.empty(len(near))
    for start, end in pairwise(np.searchsorted(ends[:, 0], net.starts)):
        rank[start + np.argsort(length[near[start:end]])] = np.arange(start, end)
    rows = np.searchsorted(ends[:, 0], np.arange(len(net.xy) + 1))
    graph = csr_array((rank + 1, ends[:, 1], rows), shape=(len(net.xy),) * 2)
    chosen = np.zeros(len(near) + 1, dtype=bool)
    chosen[minimum_spanning_tree(graph).data.astype(np.int64)] = True
    return near[chosen[rank.astype(np.int64) + 1]]


def _draw_land(net: _Net, triangles: IntArray, links: IntArray) -> Shapes:
    """Gather the triangles of each part, its links, and the points that neither joins."""
    joined = np.zeros(len(net.xy), dtype=bool)
    joined[triangles] = joined[links] = True
    alone = np.flatnonzero(~joined)
    lines = np.asarray(shapely.linestrings(net.xy[links]))
    dots = np.asarray(shapely.points(net.xy[alone]))
    pieces = np.empty((len(net.starts) - 1, 3), dtype=object)
    for k, (start, end) in enumerate(pairwise(np.searchsorted(triangles[:, 0], net.starts))):
        pieces[k, 0] = shapely.coverage_union_all([_draw_triangles(net.xy, triangles[start:end])])
    for k, (start, end) in enumerate(pairwise(np.searchsorted(links[:, 0], net.starts))):
        pieces[k, 1] = shapely.multilinestrings(lines[start:end])
    for k, (start, end) in enumerate(pairwise(np.searchsorted(alone, net.starts))):
        pieces[k, 2] = shapely.multipoints(dots[start:end])
    return np.asarray(shapely.geometrycollections(pieces))


def _fill_holes(shapes: Shapes, land: Shapes, near_m: float) -> None:
    """Fill the holes of shapes that are all near to the land they are drawn around."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.flatnonzero(part[1:] == part[:-1]) + 1  # the first ring of a polygon is its rim
    lakes, shape = np.asarray(shapely.polygons(rings[inner])), shape[part[inner]]
    holed, which = np.unique(shape, return_inverse=True)
    near = shapely.covers(shapely.buffer(land[holed], near_m)[which], lakes)
    for k in holed:
        shapes[k] = shapely.union_all([shapes[k], *lakes[near & (shape == k)]])


def _draw_triangles(xy: FloatArray, triangles: IntArray) -> shapely.Geometry:
    """Make one multipolygon of triangles, through bytes: no Python object for each of so many."""
    polygons = np.empty(len(triangles), _TRIANGLE)
    polygons["order"], polygons["type"] = 1, shapely.GeometryType.POLYGON
    polygons["rings"], polygons["points"] = 1, _CORNERS
    polygons["corners"] = xy[triangles[:, [0, 1, 2, 0]]]
    head = np.array((1, shapely.GeometryType.MULTIPOLYGON, len(triangles)), _HEAD)
    return shapely.from_wkb(head.tobytes() + polygons.tobytes())


def _thin_inside(points: list[FloatArray], size_m: float) -> list[FloatArray]:
    """Leave one point in every square whose eight neighbours hold points of the part, too."""
    starts = np.cumsum([0, *map(len, points)])
    xy = np.concatenate([np.empty((0, 2)), *points])
    part = np.repeat(np.arange(len(points)), np.diff(starts))
    square = np.floor(xy / size_m).astype(np.int64)
    square -= np.minimum.reduceat(square, starts[:-1])[part] - 1
    # Every part has a block of numbers to itself, with a rim of empty squares.
    columns, rows = np.maximum.reduceat(square, starts[:-1]).T + 2
    block = np.cumsum([0, *columns * rows])[:-1]
    square = block[part] + square[:, 0] * rows[part] + square[:, 1]
    held, first, number = np.unique(square, return_index=True, return_inverse=True)
    height = rows[part[first]]
    steps = [east * height + north for east in (-1, 0, 1) for north in (-1, 0, 1)]
    inside = np.all([_contain(held, held + step) for step in steps], axis=0)
    left = ~inside[number]
    left[first[inside]] = True
    return [xy[start:end][left[start:end]] for start, end in pairwise(starts)]


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
