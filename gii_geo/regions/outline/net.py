"""Points of many parts as a net of triangles and edges (Delaunay), and the land drawn from it."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError

from gii_geo.project import FloatArray
from gii_geo.regions.outline.frame import Shapes

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class Net(NamedTuple):
    """Points of all parts, part after part, with the triangles, edges and sides over them.

    ``starts`` tells where the points of each part start, and where the last end.
    """

    xy: FloatArray
    starts: IntArray
    triangles: IntArray
    edges: IntArray
    sides: IntArray


def join_nets(points: list[FloatArray]) -> Net:
    """Triangulate each part by itself, and number points and edges through."""
    starts = np.cumsum([0, *map(len, points)])
    nets = [(np.empty((0, 3), np.int64), np.empty((0, 2), np.int64), np.empty((0, 3), np.int64))]
    edge = 0
    for start, xy in zip(starts, points, strict=False):
        triangles, edges, sides = _triangulate(xy)
        nets.append((triangles + start, edges + start, sides + edge))
        edge += len(edges)
    xy = np.concatenate([np.empty((0, 2)), *points])
    return Net(xy, starts, *map(np.concatenate, zip(*nets, strict=True)))


def measure_edges(net: Net) -> FloatArray:
    """Give the length of every edge."""
    x, y = (net.xy[net.edges[:, 0]] - net.xy[net.edges[:, 1]]).T
    return np.asarray(np.sqrt(x**2 + y**2))


def link_shortest(net: Net, length: FloatArray, longest_m: float) -> IntArray:
    """Find the edges, none too long, that join as many points as can be by the shortest way.

    They come in the order of their ends, which of two of one length decides, too.
    """
    near = np.flatnonzero(length <= longest_m)
    near = near[np.argsort(net.edges[near] @ [len(net.xy), 1])]
    ends = net.edges[near]
    # One tree for all parts; a rank instead of the length keeps each as it is by itself.
    rank = np.empty(len(near))
    for start, end in pairwise(np.searchsorted(ends[:, 0], net.starts)):
        order = np.argsort(length[near[start:end]], kind="stable")
        rank[start + order] = np.arange(start, end)
    rows = np.searchsorted(ends[:, 0], np.arange(len(net.xy) + 1)).astype(np.int32)
    graph = csr_array((rank + 1, ends[:, 1].astype(np.int32), rows), shape=(len(net.xy),) * 2)
    chosen = np.zeros(len(near) + 1, dtype=bool)
    chosen[minimum_spanning_tree(graph).data.astype(np.int64)] = True
    return near[chosen[rank.astype(np.int64) + 1]]


def draw_land(
    net: Net, drawn: BoolArray, links: IntArray, shown: BoolArray | None = None
) -> Shapes:
    """Gather the triangles of each part that are drawn, its links, and the points shown besides."""
    alone = np.ones(len(net.xy), dtype=bool) if shown is None else shown.copy()
    alone[net.triangles[drawn]] = alone[links] = False
    alone = np.flatnonzero(alone)
    dots = np.asarray(shapely.points(net.xy[alone]))
    pieces = np.empty((len(net.starts) - 1, 3), dtype=object)
    pieces[:, 0] = _outline_triangles(net, drawn)
    pieces[:, 1] = _gather_lines(net, links)
    for k, (start, end) in enumerate(pairwise(np.searchsorted(alone, net.starts))):
        pieces[k, 2] = shapely.multipoints(dots[start:end])
    return np.asarray(shapely.geometrycollections(pieces))


def _outline_triangles(net: Net, drawn: BoolArray) -> Shapes:
    """Make the triangles of each part that are drawn one geometry, of the sides only one has."""
    sides, triangles = net.sides[drawn], net.triangles[drawn]
    rim = np.bincount(sides.ravel(), minlength=len(net.edges)) == 1
    edged = triangles[rim[sides].any(axis=1)]
    x, y = net.xy[edged].mean(axis=1).T
    faces, part = shapely.get_parts(
        shapely.polygonize(_gather_lines(net, net.edges[rim])[:, None]), return_index=True
    )
    shapely.prepare(faces)
    outlined = np.empty(len(net.starts) - 1, dtype=object)
    bounds = zip(
        pairwise(np.searchsorted(part, np.arange(len(outlined) + 1))),
        pairwise(np.searchsorted(edged[:, 0], net.starts)),
        strict=True,
    )
    for k, ((first, last), (start, end)) in enumerate(bounds):
        own = faces[first:last]
        # What several triangles enclose is a face, too, but none of them lies in it.
        if len(own) > 1:
            own = own[shapely.contains_xy(own[:, None], x[start:end], y[start:end]).any(axis=1)]
        outlined[k] = shapely.multipolygons(own)
    return outlined


def _gather_lines(net: Net, edges: IntArray) -> Shapes:
    """Make the edges of each part one geometry."""
    lines = np.asarray(shapely.linestrings(net.xy[edges]))
    gathered = np.empty(len(net.starts) - 1, dtype=object)
    for k, (start, end) in enumerate(pairwise(np.searchsorted(edges[:, 0], net.starts))):
        gathered[k] = shapely.multilinestrings(lines[start:end])
    return gathered


def thin_inside(points: list[FloatArray], size_m: float) -> list[FloatArray]:
    """Leave one point in every square whose eight neighbours hold points of the part, too."""
    stands = stand_inside(points, size_m)
    left = stands == np.arange(len(stands))
    starts = np.cumsum([0, *map(len, points)])
    return [xy[left[start:end]] for xy, (start, end) in zip(points, pairwise(starts), strict=True)]


def stand_inside(points: list[FloatArray], size_m: float) -> IntArray:
    """Give, numbered through, which point stands for each where `thin_inside` leaves one."""
    square, height = number_squares(points, size_m)
    held, first, number = np.unique(square, return_index=True, return_inverse=True)
    inside = np.all([_contain(held, held + step) for step in _list_steps(height[first])], axis=0)
    stands = np.arange(len(square))
    amid = inside[number]
    stands[amid] = first[number[amid]]
    return stands


def sum_around(points: list[FloatArray], weight: FloatArray, size_m: float) -> FloatArray:
    """Sum the weights of a part's points in the square of each and its eight neighbours."""
    square, height = number_squares(points, size_m)
    held, first, number = np.unique(square, return_index=True, return_inverse=True)
    own = np.bincount(number, weights=weight, minlength=len(held))
    total = np.zeros(len(held))
    for step in _list_steps(height[first]):
        place = np.minimum(np.searchsorted(held, held + step), len(held) - 1)
        total += np.where(held[place] == held + step, own[place], 0.0)
    return total[number]


def number_squares(points: list[FloatArray], size_m: float) -> tuple[IntArray, IntArray]:
    """Give points, numbered through, the number of their square and how many a column has.

    Every part has a block of numbers to itself, with a rim of empty squares.
    """
    starts = np.cumsum([0, *map(len, points)])
    xy = np.concatenate([np.empty((0, 2)), *points])
    square, spans = number_cells(xy, starts, size_m, rim=1)
    return square, np.repeat(spans[1], np.diff(starts))


def number_cells(
    points: FloatArray, starts: IntArray, size_m: float, *, rim: int = 0
) -> tuple[IntArray, IntArray]:
    """Give points, part after part, the number of their square or cube.

    Every part has a block of numbers to itself, of so many squares or cubes along each axis, shape
    (dimensions, parts), those of the rim included.
    """
    many = np.diff(starts)
    number, spans = np.zeros(len(points), np.int64), []
    for along in points.T:
        cell = np.floor(along / size_m).astype(np.int64)
        low = np.minimum.reduceat(cell, starts[:-1]) - rim
        spans.append(np.maximum.reduceat(cell, starts[:-1]) - low + 1 + rim)
        number *= np.repeat(spans[-1], many)
        number += cell
        number -= np.repeat(low, many)
    blocks = np.prod(spans, axis=0, dtype=np.int64)
    number += np.repeat(np.cumsum(blocks) - blocks, many)
    return number, np.array(spans)


def _list_steps(height: IntArray) -> list[IntArray]:
    """List the steps from a square to itself and its eight neighbours."""
    return [east * height + north for east in (-1, 0, 1) for north in (-1, 0, 1)]


def _contain(ascending: IntArray, numbers: IntArray) -> BoolArray:
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
    a, b = triangles[:, [1, 0, 0]][owned], triangles[:, [2, 2, 1]][owned]
    ends = np.column_stack([np.minimum(a, b), np.maximum(a, b)])
    sides = np.zeros(triangles.shape, dtype=np.int64)
    sides[owned] = np.arange(len(ends))
    row, corner = np.nonzero(~owned)
    other = net.neighbors[row, corner]
    back = (net.neighbors[other] == row[:, None]).argmax(axis=1)
    sides[row, corner] = sides[other, back]
    return triangles, ends, sides
