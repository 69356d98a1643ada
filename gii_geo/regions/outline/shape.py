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
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gii_geo.project import FloatArray
from gii_geo.regions.outline.frame import GRID_DEG, Frame, Shapes
from gii_geo.regions.outline.net import (
    draw_land,
    join_nets,
    link_shortest,
    measure_edges,
    number_cells,
    thin_inside,
)
from gii_geo.sorting import mark_new

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
    number, _ = number_cells(xyz, starts, THIN_SHARE * radius_m)
    first = np.sort(np.unique(number, return_index=True)[1])
    lon_lat, xyz, starts = lon_lat[first], xyz[first], np.searchsorted(first, starts)
    owner, frames, points = [], [], []
    for k, (start, end) in enumerate(pairwise(starts)):
        for frame, xy in _lay_parts(lon_lat[start:end], xyz[start:end], radius_m):
            owner.append(k)
            frames.append(frame)
            points.append(xy)
    shapes = _shape_parts(points, radius_m)
    return gather_parts(frames, shapes, owner, len(starts) - 1, SIMPLIFY_SHARE * radius_m)


def gather_parts(
    frames: list[Frame], shapes: Shapes, owner: list[int], regions: int, bend_m: float
) -> Shapes:
    """Bring the parts of regions to the map, and join those of each region.

    Parameters
    ----------
    frames : list of Frame
        The plane of each part.
    shapes : numpy.ndarray of shapely.Geometry, shape (m,)
        The parts, each on its plane.
    owner : list of int
        Region of each part, ascending.
    regions : int
        How many regions there are.
    bend_m : float
        How far an edge may deviate on the map, in metres.

    Returns
    -------
    numpy.ndarray of shapely.Geometry, shape (regions,)
        Polygons and multipolygons in degrees on the map's grid, cut at the antimeridian.
    """
    brought = [np.empty(0, dtype=object)]
    for frame, shape in zip(frames, shapes, strict=True):
        brought.append(frame.to_map(frame.densify(np.array([shape]), bend_m)))
    number = np.repeat(np.array(owner, dtype=np.int64), [len(shape) for shape in brought[1:]])
    snapped = shapely.set_precision(np.concatenate(brought), GRID_DEG)
    pieces, whole = shapely.get_parts(snapped, return_index=True)
    is_land = ~shapely.is_empty(pieces)
    return _join_pieces(pieces[is_land], number[whole[is_land]], regions)


def _join_pieces(pieces: Shapes, owner: IntArray, regions: int) -> Shapes:
    """Join the pieces of each region; only those that meet have to be united."""
    several = np.flatnonzero(np.bincount(owner, minlength=regions)[owner] > 1)
    tree = shapely.STRtree(pieces[several])
    one, other = several[tree.query(pieces[several], "dwithin", distance=GRID_DEG)]
    meet = np.unique(owner[one[(one < other) & (owner[one] == owner[other])]])
    joined = np.empty(regions, dtype=object)
    for k, (start, end) in enumerate(pairwise(np.searchsorted(owner, np.arange(regions + 1)))):
        land = pieces[start:end]
        if len(land) == 1:
            joined[k] = land[0]
        elif k in meet:
            joined[k] = shapely.union_all(land, grid_size=GRID_DEG)
        else:
            joined[k] = shapely.multipolygons(land)
    return joined


def _lay_parts(
    lon_lat: FloatArray, xyz: FloatArray, radius_m: float
) -> Iterator[tuple[Frame, FloatArray]]:
    """Lay the parts of a region, each on a plane of its own."""
    for part in split_parts(xyz, LONGEST_LINK_SHARE * radius_m):
        frame = Frame.around(xyz[part], radius_m)
        yield frame, frame.to_plane(lon_lat[part])


def split_parts(xyz: FloatArray, gap_m: float) -> Iterator[IntArray]:
    """Split points into parts farther than a gap from each other, none too wide for a plane."""
    width_m = np.ptp(xyz, axis=0).max()
    if width_m <= NARROW_M:
        yield np.arange(len(xyz))
        return
    number, spans = number_cells(xyz, np.array([0, len(xyz)]), gap_m)
    cubes, cube = np.unique(number, return_inverse=True)
    tree = cKDTree(np.column_stack(np.unravel_index(cubes, tuple(spans[:, 0]))))
    touching = tree.query_pairs(1.5, p=np.inf, output_type="ndarray")
    graph = coo_array((np.ones(len(touching)), tuple(touching.T)), shape=(len(cubes),) * 2)
    part = connected_components(graph, directed=False)[1][cube]
    if width_m > WIDEST_M:
        part = part * 8 + (xyz > 0) @ [1, 2, 4]
    for k in np.unique(part):
        yield np.flatnonzero(part == k)


def _shape_parts(points: list[FloatArray], radius_m: float) -> Shapes:
    """Shape points, each part on its plane: short triangles, the links between, and a margin."""
    points = thin_inside(points, INSIDE_SHARE * radius_m)
    net = join_nets(points)
    length = measure_edges(net)
    short = length[net.sides].max(axis=1, initial=0) <= LONGEST_SIDE_SHARE * radius_m
    drawn = np.zeros(len(length), dtype=bool)
    drawn[net.sides[short]] = True
    links = link_shortest(net, length, LONGEST_LINK_SHARE * radius_m)
    land = draw_land(net, short, net.edges[links[~drawn[links]]])
    margin, rounding = MARGIN_SHARE * radius_m, ROUNDING_SHARE * radius_m
    shapes = shapely.buffer(shapely.buffer(land, margin + rounding), -rounding)
    fill_holes(shapes, land, FILL_SHARE * radius_m)
    return simplify(shapes, SIMPLIFY_SHARE * radius_m)


def simplify(shapes: Shapes, by_m: float) -> Shapes:
    """Leave out vertices, beginning at the same one however a shape was made.

    The plain way (Douglas-Peucker alone) is ten times as quick, but loses small holes, and GEOS
    mends what crosses itself by leaving out land.
    """
    return np.asarray(shapely.simplify(shapely.normalize(shapes), by_m))


def fill_holes(shapes: Shapes, land: Shapes, near_m: float) -> None:
    """Fill the holes of shapes that are all near to the land they are drawn around."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.flatnonzero(part[1:] == part[:-1]) + 1  # the first ring of a polygon is its rim
    lakes, holed = np.asarray(shapely.polygons(rings[inner])), shape[part[inner]]
    reach = shapely.bounds(lakes) + 1.01 * near_m * np.array([-1, -1, 1, 1])
    shores = [shapely.clip_by_rect(land[k], *box) for k, box in zip(holed, reach, strict=True)]
    near = shapely.covers(shapely.buffer(shores, near_m), lakes)
    left = np.ones(len(rings), dtype=bool)
    left[inner[near]] = False
    # An island in a lake that is filled is land of the shape around it.
    lake, island = shapely.STRtree(parts).query(lakes[near], predicate="contains")
    left &= ~np.isin(part, island[shape[island] == holed[near][lake]])
    for k in np.unique(holed[near]):
        own = left & (shape[part] == k)
        number = np.cumsum(mark_new(part[own])) - 1
        shapes[k] = shapely.multipolygons(shapely.polygons(rings[own], indices=number))
