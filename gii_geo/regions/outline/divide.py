"""Land that several regions claim to the region of the nearest location.

The borders are the edges of the Voronoi diagram between locations of different regions. They and
the shapes' own boundaries are noded once, all together, on the map's grid: what is cut from that
one web of lines cannot overlap.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree

from gii_geo.project import FloatArray, to_geocentric
from gii_geo.regions.outline.frame import GRID_DEG, Frame, Shapes

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CLOSEST_M: Final = 0.5
"""Locations of two regions nearer to each other than this are not kept apart."""

BEND_M: Final = 0.1
"""How far a border may deviate from the exact one."""


@dataclass(frozen=True)
class Places:
    """Locations on the map and in space, with the number of their region."""

    lon_lat: FloatArray
    xyz: FloatArray
    owner: IntArray

    def __getitem__(self, rows: npt.NDArray[np.generic]) -> "Places":
        """Select rows."""
        return Places(self.lon_lat[rows], self.xyz[rows], self.owner[rows])


def divide_land(shapes: Shapes, places: Places, radius_m: float) -> Shapes:
    """Give land that several shapes claim to the region of the nearest location.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely.Geometry, shape (k,)
        What each region claims, on the map's grid.
    places : Places
        The locations of all regions, sorted by region.
    radius_m : float
        No land claimed is farther than this from a location of its region, in metres.

    Returns
    -------
    numpy.ndarray of shapely.Geometry, shape (k,)
        Shapes that share no land.
    """
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    if not len(one):
        return shapes
    claimants = np.union1d(one, other)
    places = places[np.isin(places.owner, claimants)]
    overlaps = shapely.intersection(shapes[one], shapes[other], grid_size=GRID_DEG)
    contested = shapely.get_parts(shapely.union_all(overlaps))
    contested = contested[shapely.get_type_id(contested) == shapely.GeometryType.POLYGON]
    borders, near, yields = _draw_borders(contested, places, radius_m)
    lines = np.concatenate([shapely.boundary(shapes[claimants]), borders])
    web = shapely.union_all(lines, grid_size=GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(web)))
    inside = shapely.point_on_surface(faces)
    claim, face = shapely.STRtree(inside).query(shapes[claimants], predicate="intersects")
    owner = claimants[claim]
    won = _award_faces(face, owner, shapely.get_coordinates(inside), places[near & ~yields])
    divided = shapes.copy()
    for k in claimants:
        land = shapely.coverage_union_all(faces[face[won & (owner == k)]])
        divided[k] = _drop_cut_off(land, places.lon_lat[(places.owner == k) & ~yields])
    return divided


def _draw_borders(
    areas: Shapes, places: Places, radius_m: float
) -> tuple[Shapes, BoolArray, BoolArray]:
    """Draw the borders inside contested areas; tell which places are near and which yield."""
    tree = cKDTree(places.xyz)
    near, yields = np.zeros((2, len(places.owner)), dtype=bool)
    borders = [np.empty(0, dtype=object)]
    for area in areas:
        rim = to_geocentric(*shapely.get_coordinates(area).T)
        centre = rim.mean(axis=0)
        reach_m = float(np.linalg.norm(rim - centre, axis=1).max()) + radius_m
        rows = np.sort(np.array(tree.query_ball_point(centre, reach_m), dtype=np.int64))
        near[rows] = True
        frame = Frame.around(rim, radius_m)
        while True:
            rows = rows[~yields[rows]]
            edges, pairs = _draw_voronoi(frame.to_plane(places.lon_lat[rows]), 4 * reach_m)
            pairs = rows[pairs]
            mixed = places.owner[pairs[:, 0]] != places.owner[pairs[:, 1]]
            edges, pairs = edges[mixed], pairs[mixed]
            gap_m = np.linalg.norm(np.diff(places.xyz[pairs], axis=1), axis=2).ravel()
            if gap_m.min(initial=np.inf) >= CLOSEST_M:
                break
            yields[pairs[gap_m < CLOSEST_M].max(axis=1)] = True  # the higher row: the higher owner
        lines = frame.cut_near_pole(shapely.linestrings(edges))
        lines = frame.to_map(frame.densify(lines, BEND_M))
        # Crossing the rim they meet it for certain; polygonizing drops what sticks out.
        borders.append(shapely.intersection(lines, shapely.buffer(area, 10 * GRID_DEG)))
    return np.concatenate(borders), near, yields


def _draw_voronoi(xy: FloatArray, far_m: float) -> tuple[FloatArray, IntArray]:
    """Draw the Voronoi edges, shape (m, 3, 2), of points and tell each edge's two points."""
    n = len(xy)
    # Four points out of sight close all cells.
    rim = xy.mean(axis=0) + far_m * np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
    xy = np.concatenate([xy, rim])
    net = Delaunay(xy)
    a, b, c = xy[net.simplices].transpose(1, 0, 2)
    b, c = b - a, c - a
    cross = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    bb, cc = (b * b).sum(axis=1), (c * c).sum(axis=1)
    centres = a + np.column_stack(
        [(c[:, 1] * bb - b[:, 1] * cc) / cross, (b[:, 0] * cc - c[:, 0] * bb) / cross]
    )
    here = np.repeat(np.arange(len(net.simplices)), 3)
    there = net.neighbors.ravel()
    pairs = net.simplices[:, [[1, 2], [2, 0], [0, 1]]].reshape(-1, 2)
    once = (there > here) & (pairs < n).all(axis=1)
    pairs, start, end = pairs[once].astype(np.int64), centres[here[once]], centres[there[once]]
    # A vertex where the edge passes its points most closely keeps it between them on the map.
    along = end - start
    ahead = ((xy[pairs].mean(axis=1) - start) * along).sum(axis=1)
    share = np.clip(ahead / np.maximum((along * along).sum(axis=1), 1e-12), 0, 1)
    middle = start + share[:, None] * along
    # Points in one spot are left out of the net: show them as neighbours with no edge.
    twins = net.coplanar[:, [0, 2]]
    edges = np.stack([start, middle, end], axis=1)
    return np.concatenate([edges, xy[twins[:, [0, 1, 1]]]]), np.concatenate([pairs, twins])


def _award_faces(face: IntArray, owner: IntArray, inside: FloatArray, places: Places) -> BoolArray:
    """Tell which claims of an owner on a face win: the nearest place's, else the lowest owner's."""
    gap_m = np.zeros(len(face))
    contested = np.bincount(face)[face] > 1
    for k in np.unique(owner[contested]):
        claims = contested & (owner == k)
        own = places.xyz[places.owner == k]
        gap_m[claims] = np.inf
        if len(own):
            gap_m[claims] = cKDTree(own).query(to_geocentric(*inside[face[claims]].T))[0]
    order = np.lexsort((owner, gap_m, face))
    won = np.zeros(len(face), dtype=bool)
    won[order[np.unique(face[order], return_index=True)[1]]] = True
    return won


def _drop_cut_off(land: shapely.Geometry, lon_lat: FloatArray) -> shapely.Geometry:
    """Drop parts of a region's land that hold none of its locations, nor touch one that does."""
    parts = shapely.get_parts(land)
    points = shapely.get_parts(shapely.multipoints(lon_lat))
    held, _ = shapely.STRtree(points).query(parts, predicate="intersects")
    # Two parts may be one place cut by the antimeridian.
    turned = shapely.transform(parts, lambda lon_lat: lon_lat + np.array([360, 0]))
    across = shapely.STRtree(parts).query(turned, predicate="intersects")
    graph = coo_array((np.ones(across.shape[1]), tuple(across)), shape=(len(parts),) * 2)
    _, place = connected_components(graph, directed=False)
    return shapely.union_all(parts[np.isin(place, place[held])])
