"""Locations of each region to an outline for maps: where its activity is, no arm, nothing thin.

The exact outline contains every location, so that a few addresses draw arms as thin as its margin.
Here the thinnest activity is left out first, what remains gets a disc each, discs that hold enough
are joined along the region's own links, and what is narrow is opened away (Serra 1982 [1]_).

References
----------
.. [1] Serra, J. (1982). Image Analysis and Mathematical Morphology. Academic Press.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gii_geo.project import FloatArray
from gii_geo.regions.outline.divide import Places, divide_land
from gii_geo.regions.outline.frame import GRID_DEG, Frame, Shapes
from gii_geo.regions.outline.net import (
    Net,
    draw_land,
    join_nets,
    link_shortest,
    measure_edges,
    number_cells,
    stand_inside,
    sum_around,
)
from gii_geo.regions.outline.shape import (
    LONGEST_LINK_SHARE,
    fill_holes,
    gather_parts,
    simplify,
    split_parts,
)

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NARROW_KM: Final = 8.0
"""Nothing narrower is drawn, but for what holds `MIN_PART_SHARE`; a radius if that is less.

Beyond the usual radius it grows with the radius: what was joined over 50 km has wider gaps.
"""

USUAL_KM: Final = 15.0
"""Radius from which on the narrowest width is a share of it."""

MIN_PART_SHARE: Final = 0.02
"""Share of its region's activity from which a part is drawn though narrow, and joined by a link."""

LEFT_OUT_SHARE: Final = 0.015
"""Share of a region's activity, where it is thinnest, that gets no land of its own."""

COVERED_SHARE: Final = 0.98
"""Share of a region's activity that its outline covers at least."""

DISC_SHARE: Final = 1.125
"""Radius of the land around a location, in halves of the narrowest width: some room to round."""

CLOSING_SHARE: Final = 0.75
"""Bays narrower than twice this close, in halves of the narrowest width."""

CUBE_SHARE: Final = 0.4
"""In a cube of this size one location stands for all, in halves of the narrowest width."""

MAP_GRID_DEG: Final = 1e-4
"""Coordinates are multiples of this: four decimals, 11 m, finer than addresses are placed."""

APART_DEG: Final = 4e-4
"""Outlines of two regions keep this apart: rounded each by itself, they never overlap."""

SIMPLIFY_SHARE: Final = 0.0125
"""How far an outline may move for fewer vertices, in halves of the narrowest width: 50 m."""

_HEAL_M: Final = 1.0
_ARC: Final = 6
"""Edges of a quarter of a circle: within 40 m of it."""


class Spots(NamedTuple):
    """Locations thinned, region after region, with their share of their region's activity."""

    lon_lat: FloatArray
    xyz: FloatArray
    region: IntArray
    share: FloatArray

    def take(self, rows: IntArray) -> "Spots":
        """Select rows."""
        return Spots(self.lon_lat[rows], self.xyz[rows], self.region[rows], self.share[rows])


def thin_regions(
    rows: IntArray, starts: IntArray, xyz: FloatArray, activity: FloatArray, radius_m: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Let one location of a region stand for all in its cube, with the sum of their activity.

    Parameters
    ----------
    rows : numpy.ndarray of int64, shape (m,)
        The rows of all their locations, one region after the other, in an order of their own.
    starts : numpy.ndarray of int64, shape (k + 1,)
        Where the locations of each region start, and where the last end.
    xyz : numpy.ndarray of float64, shape (n, 3)
        All locations in geocentric metres.
    activity : numpy.ndarray of float64, shape (n,)
        Activity of each, in any unit.
    radius_m : float
        Radius of the density search in metres.

    Returns
    -------
    rows, region, share
        Of what stands for them, one region after the other, as `Spots` has them.
    """
    size_m = CUBE_SHARE * _find_half(radius_m)
    number, _ = number_cells(xyz[rows], starts, size_m)
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    share = np.bincount(place, weights=activity[rows]).astype(np.float64)
    region = np.searchsorted(starts, first, side="right") - 1
    for start, end in pairwise(np.searchsorted(region, np.arange(len(starts)))):
        own = share[start:end]
        own[:] = own / total if (total := own.sum()) > 0 else 1 / len(own)
    order = np.argsort(first)
    return rows[first[order]], region[order].astype(np.int64), share[order]


def _find_half(radius_m: float) -> float:
    """Give half of what nothing on a map is narrower than."""
    return max(min(1000 * NARROW_KM, radius_m), radius_m * NARROW_KM / USUAL_KM) / 2


def shape_for_maps(spots: Spots, regions: int, radius_m: float) -> Shapes:
    """Shape regions for maps; no two overlap.

    Parameters
    ----------
    spots : Spots
        From `thin_regions`.
    regions : int
        How many there are (k).
    radius_m : float
        Radius of the density search in metres.

    Returns
    -------
    numpy.ndarray of shapely.Geometry, shape (k,)
        Polygons and multipolygons in degrees, cut at the antimeridian.
    """
    half_m = _find_half(radius_m)
    rows, frames, points = [], [], []
    for start, end in pairwise(np.searchsorted(spots.region, np.arange(regions + 1))):
        for part in split_parts(spots.xyz[start:end], LONGEST_LINK_SHARE * radius_m):
            own = start + part
            frames.append(Frame.around(spots.xyz[own], radius_m + half_m))
            points.append(frames[-1].to_plane(spots.lon_lat[own]))
            rows.append(own)
    spots = spots.take(np.concatenate([np.empty(0, np.int64), *rows]))
    owner = [int(spots.region[end - 1]) for end in np.cumsum([len(own) for own in rows])]
    shapes = _shape_parts(points, spots, half_m, LONGEST_LINK_SHARE * radius_m)
    claims = gather_parts(frames, shapes, owner, regions, SIMPLIFY_SHARE * half_m)
    places = Places(spots.lon_lat, spots.xyz, spots.region)
    divided = divide_land(claims, places, radius_m)
    for k in np.flatnonzero([one is not other for one, other in zip(claims, divided, strict=True)]):
        own = spots.take(np.flatnonzero(spots.region == k))
        divided[k] = _open_again(divided[k], own, half_m)
    return _set_apart(divided, spots)


def _shape_parts(points: list[FloatArray], spots: Spots, half_m: float, longest_m: float) -> Shapes:
    """Shape points, each part on its plane: what is dense, joined, closed and opened."""
    disc_m, closing_m = DISC_SHARE * half_m, CLOSING_SHARE * half_m
    kept = _leave_out(sum_around(points, spots.share, disc_m), spots)
    starts = np.cumsum([0, *map(len, points)])
    dense = [xy[kept[start:end]] for xy, (start, end) in zip(points, pairwise(starts), strict=True)]
    rows = np.flatnonzero(kept)
    stands = np.arange(len(kept))
    stands[rows] = rows[stand_inside(dense, disc_m / 2)]
    left = stands == np.arange(len(kept))
    share = np.bincount(stands, weights=spots.share, minlength=len(kept))[left]
    kept = kept[left]
    net = join_nets(
        [xy[left[start:end]] for xy, (start, end) in zip(points, pairwise(starts), strict=True)]
    )
    length = measure_edges(net)
    near = (length <= 2 * disc_m) & kept[net.edges].all(axis=1)
    piece, holds = _weigh_pieces(net, near, share)
    links = net.edges[link_shortest(net, length, longest_m)]
    links = _prune(links, kept & (holds >= MIN_PART_SHARE))
    links = links[piece[links[:, 0]] != piece[links[:, 1]]]
    short = near[net.sides].all(axis=1)
    land = draw_land(net, short, links, kept)
    closed = _grow(land, disc_m + closing_m)
    shrunk = _grow(simplify(closed, SIMPLIFY_SHARE * half_m), -closing_m - half_m)
    shapes = np.asarray(_grow(shrunk, half_m))
    fill_holes(shapes, land, 2 * disc_m)
    return simplify(shapes, SIMPLIFY_SHARE * half_m)


def _grow(shapes: Shapes, by_m: float) -> Shapes:
    """Grow shapes on a plane, or shrink them."""
    grown: Shapes = shapely.buffer(shapes, by_m, quad_segs=_ARC)
    return grown


def _leave_out(around: FloatArray, spots: Spots) -> BoolArray:
    """Tell which locations stay when those with the least activity around them are left out."""
    order = np.lexsort((spots.share, around, spots.region))
    so_far = np.cumsum(spots.share[order])
    region = spots.region[order]
    begins = np.searchsorted(region, region)
    before = np.append(0.0, so_far)[begins]
    kept = np.ones(len(order), dtype=bool)
    kept[order] = so_far - before > LEFT_OUT_SHARE
    return kept


def _weigh_pieces(net: Net, near: BoolArray, share: FloatArray) -> tuple[IntArray, FloatArray]:
    """Give each point the number of its piece, and what that holds."""
    ends = net.edges[near].T
    graph = coo_array((np.ones(ends.shape[1]), tuple(ends)), shape=(len(net.xy),) * 2)
    piece = connected_components(graph, directed=False)[1]
    return piece, np.bincount(piece, weights=share)[piece]


def _prune(links: IntArray, wanted: BoolArray) -> IntArray:
    """Drop links of a forest that lead to no point that is wanted, from the outside in."""
    degree = np.bincount(links.ravel(), minlength=len(wanted))
    # The numbers of a point's links, put together bit by bit: of the last one its own is left.
    number = np.zeros(len(wanted), dtype=np.int64)
    for ends in links.T:
        np.bitwise_xor.at(number, ends, np.arange(len(links)))
    kept = np.ones(len(links), dtype=bool)
    loose = np.flatnonzero((degree == 1) & ~wanted)
    while len(loose):
        dropped = np.unique(number[loose])
        kept[dropped] = False
        ends = links[dropped]
        np.subtract.at(degree, ends, 1)
        np.bitwise_xor.at(number, ends, dropped[:, None])
        ends = np.unique(ends)
        loose = ends[(degree[ends] == 1) & ~wanted[ends]]
    return links[kept]


def _open_again(land: shapely.Geometry, own: Spots, half_m: float) -> shapely.Geometry:
    """Open what borders on other regions have made narrow, but for what holds enough."""
    frame = Frame.around(own.xyz, half_m)
    parts = shapely.transform(shapely.get_parts(land), frame.to_plane)
    # Whole again where the antimeridian cuts it.
    whole = np.array([shapely.union_all(parts, grid_size=_HEAL_M)], dtype=object)
    opened = _grow(_grow(whole, -half_m), half_m)
    dots = np.asarray(shapely.points(frame.to_plane(own.lon_lat)))
    lost = shapely.get_parts(shapely.difference(whole, opened))
    part, dot = shapely.STRtree(dots).query(lost, predicate="intersects")
    holds = np.bincount(part, weights=own.share[dot], minlength=len(lost))
    order = np.argsort(-holds, kind="stable")
    before = own.share[shapely.intersects(opened[0], dots)].sum() + np.cumsum(holds[order])
    needed = (before - holds[order] < COVERED_SHARE) & (holds[order] > 0)
    saved = lost[order[needed | (holds[order] >= MIN_PART_SHARE)]]
    joined = shapely.union_all([*opened, *shapely.buffer(saved, _HEAL_M)])
    slim = np.asarray(shapely.simplify(np.array([joined], dtype=object), SIMPLIFY_SHARE * half_m))
    pieces = frame.to_map(frame.densify(slim, SIMPLIFY_SHARE * half_m))
    return shapely.union_all(shapely.set_precision(pieces, GRID_DEG), grid_size=GRID_DEG)


def _set_apart(shapes: Shapes, spots: Spots) -> Shapes:
    """Round coordinates; of two regions at one border the later one steps back."""
    shapes = np.asarray(shapely.set_precision(shapes, MAP_GRID_DEG))
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=APART_DEG)
    for k in np.unique(other[one < other]):
        for rival in np.sort(one[(other == k) & (one < k)]):
            away = shapely.buffer(shapes[rival], APART_DEG, quad_segs=2)
            shapes[k] = shapely.difference(shapes[k], away)
        shapes[k] = _drop_crumbs(shapely.set_precision(shapes[k], MAP_GRID_DEG), spots, k)
    return shapes


def _drop_crumbs(shape: shapely.Geometry, spots: Spots, k: int) -> shapely.Geometry:
    """Drop parts that hold nothing, unless all do."""
    parts = shapely.get_parts(shape)
    dots = shapely.points(spots.lon_lat[spots.region == k])
    held = np.unique(shapely.STRtree(dots).query(parts, predicate="intersects")[0])
    return shapely.multipolygons(parts[held]) if len(held) else shape
