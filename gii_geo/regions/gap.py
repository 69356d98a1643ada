"""The gaps between clusters: their nearest locations, exactly."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from gii_geo.jit import kernel, part
from gii_geo.project import FloatArray, to_geocentric
from gii_geo.tables import check_table

IntArray = npt.NDArray[np.int64]

PAIR: Final = ("cluster_a", "cluster_b")
ENDS: Final = ("lon_a", "lat_a", "lon_b", "lat_b")

_CLUSTERED: Final = {"lon": "f", "lat": "f", "cluster": "i"}
_GEODESIC: Final = pyproj.Geod(ellps="WGS84")
_BLOCK: Final = 16


def find_gaps(
    locations: pd.DataFrame, *, gap_km: float, xyz: FloatArray | None = None
) -> pd.DataFrame:
    """Find the pairs of clusters whose nearest locations are at most a gap apart.

    Parameters
    ----------
    locations : pandas.DataFrame
        Columns lon, lat (degrees) and cluster (missing outside clusters).
    gap_km : float
        The widest gap, in km, at least 0.
    xyz : numpy.ndarray of float64, shape (n, 3), optional
        The locations in geocentric metres, where they are known already.

    Returns
    -------
    pandas.DataFrame
        One row a pair, cluster_a < cluster_b: cluster_a, cluster_b, gap_km (geodesic, between the
        nearest locations), lon_a, lat_a, lon_b, lat_b (these locations; of several as near the
        first in the table's order), ordered by the pair.

    Raises
    ------
    ValueError
        If `gap_km` is negative.

    Examples
    --------
    >>> locations = pd.DataFrame({"lon": [0.0, 0.04], "lat": [0.0, 0.0], "cluster": [0, 1]})
    >>> find_gaps(locations, gap_km=5)["gap_km"].round(2).tolist()
    [4.45]
    """
    if not gap_km >= 0:
        msg = f"Invalid gap_km {gap_km}. Must be at least 0."
        raise ValueError(msg)
    check_table(locations, _CLUSTERED, name="locations")
    gap_m = gap_km * 1000
    cluster = locations["cluster"].to_numpy(np.int64, na_value=-1)
    lon, lat = locations["lon"].to_numpy(np.float64), locations["lat"].to_numpy(np.float64)
    xyz = to_geocentric(lon, lat) if xyz is None else xyz
    near = _near_boxes(*_bound_clusters(xyz, cluster, int(cluster.max(initial=-1)) + 1), gap_m)
    numbers, place = np.unique(near, return_inverse=True)
    near = place.reshape(near.shape)
    rows, starts = _list_members(cluster, numbers)
    xyz = xyz[rows]
    ends = _find_nearest(xyz, starts, _bound_blocks(xyz, starts), near, gap_m)
    found = ends[:, 0] >= 0
    ends, numbers = rows[ends[found]], numbers[near[found]]
    places = [lon[ends[:, 0]], lat[ends[:, 0]], lon[ends[:, 1]], lat[ends[:, 1]]]
    gap = np.asarray(_GEODESIC.inv(places[0], places[1], places[2], places[3])[2]) / 1000
    columns = [numbers[:, 0], numbers[:, 1], gap, *places]
    return pd.DataFrame(dict(zip([*PAIR, "gap_km", *ENDS], columns, strict=True)))


@kernel
def _bound_clusters(
    xyz: FloatArray, cluster: IntArray, clusters: int
) -> tuple[FloatArray, FloatArray]:
    """Find the box in space of every cluster: its lowest and its highest coordinates."""
    low, high = np.full((clusters, 3), np.inf), np.full((clusters, 3), -np.inf)
    for i in range(len(cluster)):
        k = cluster[i]
        if k >= 0:
            for axis in range(3):
                low[k, axis] = min(low[k, axis], xyz[i, axis])
                high[k, axis] = max(high[k, axis], xyz[i, axis])
    return low, high


def _near_boxes(low: FloatArray, high: FloatArray, gap_m: float) -> IntArray:
    """Pair the clusters whose bounding boxes in space come within the gap, in order."""
    # A little more than the gap, so that rounding loses no pair; the distance itself decides.
    reach = gap_m + 1e-3
    held = np.flatnonzero(low[:, 0] <= high[:, 0])
    low, high = low[held], high[held]
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    wide = shapely.box(low[:, 0] - reach, low[:, 1] - reach, high[:, 0] + reach, high[:, 1] + reach)
    a, b = shapely.STRtree(boxes).query(wide, predicate="intersects")
    keep = (a < b) & (low[a, 2] - reach <= high[b, 2]) & (low[b, 2] - reach <= high[a, 2])
    pairs = np.column_stack([a[keep], b[keep]])
    return np.asarray(held[pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]])


def _list_members(cluster: IntArray, numbers: IntArray) -> tuple[IntArray, IntArray]:
    """List the rows of some clusters, one cluster after the other, and where each begins."""
    wanted = np.zeros(int(cluster.max(initial=-1)) + 2, dtype=bool)
    wanted[numbers] = True
    rows = np.flatnonzero(wanted[cluster])
    rows = rows[np.argsort(cluster[rows], kind="stable")]
    return rows, np.searchsorted(cluster[rows], np.append(numbers, len(wanted)))


@kernel
def _bound_blocks(xyz: FloatArray, starts: IntArray) -> tuple[FloatArray, IntArray]:
    """Find the box of every few locations of a cluster; tell where each cluster's boxes begin."""
    first = np.zeros(len(starts), np.int64)
    for k in range(len(starts) - 1):
        first[k + 1] = first[k] + (starts[k + 1] - starts[k] + _BLOCK - 1) // _BLOCK
    boxes = np.empty((first[-1], 6))
    for k in range(len(starts) - 1):
        for block in range(first[k + 1] - first[k]):
            row = first[k] + block
            begin = starts[k] + block * _BLOCK
            for axis in range(3):
                boxes[row, axis] = boxes[row, axis + 3] = xyz[begin, axis]
            for i in range(begin + 1, min(begin + _BLOCK, starts[k + 1])):
                for axis in range(3):
                    boxes[row, axis] = min(boxes[row, axis], xyz[i, axis])
                    boxes[row, axis + 3] = max(boxes[row, axis + 3], xyz[i, axis])
    return boxes, first


@part
def _box_distance2(boxes: FloatArray, a: int, others: FloatArray, b: int) -> float:
    """Square the distance between two boxes."""
    total = 0.0
    for axis in range(3):
        apart = max(boxes[a, axis] - others[b, axis + 3], others[b, axis] - boxes[a, axis + 3])
        apart = max(apart, 0.0)
        total += apart * apart
    return total


@part
def _search_blocks(
    xyz: FloatArray, rows_a: tuple[int, int], rows_b: tuple[int, int], ends: IntArray, best: float
) -> float:
    """Find the nearest locations of two blocks, unless they are farther apart than the best."""
    for i in range(rows_a[0], rows_a[1]):
        for j in range(rows_b[0], rows_b[1]):
            total = 0.0
            for axis in range(3):
                total += (xyz[i, axis] - xyz[j, axis]) ** 2
            earlier = i < ends[0]  # in a row of pairs j ascends by itself
            if total < best or (total == best and (ends[0] < 0 or earlier)):
                best = total
                ends[0], ends[1] = i, j
    return best


@kernel
def _find_nearest(
    xyz: FloatArray,
    starts: IntArray,
    blocks: tuple[FloatArray, IntArray],
    pairs: IntArray,
    gap_m: float,
) -> IntArray:
    """Find the nearest locations of each pair of clusters, -1 where none are within the gap."""
    boxes, first = blocks
    ends = np.full((len(pairs), 2), -1, np.int64)
    whole = np.empty((1, 6))
    for row in range(len(pairs)):
        a, b = pairs[row, 0], pairs[row, 1]
        for axis in range(3):
            whole[0, axis], whole[0, axis + 3] = np.inf, -np.inf
            for block in range(first[b], first[b + 1]):
                whole[0, axis] = min(whole[0, axis], boxes[block, axis])
                whole[0, axis + 3] = max(whole[0, axis + 3], boxes[block, axis + 3])
        # A little more than the gap, so that rounding loses no pair; the distance decides.
        best = (gap_m + 1e-3) ** 2
        for block_a in range(first[a], first[a + 1]):
            if _box_distance2(boxes, block_a, whole, 0) > best:
                continue
            begin_a = starts[a] + (block_a - first[a]) * _BLOCK
            for block_b in range(first[b], first[b + 1]):
                if _box_distance2(boxes, block_a, boxes, block_b) > best:
                    continue
                begin_b = starts[b] + (block_b - first[b]) * _BLOCK
                rows_a = (begin_a, min(begin_a + _BLOCK, starts[a + 1]))
                rows_b = (begin_b, min(begin_b + _BLOCK, starts[b + 1]))
                best = _search_blocks(xyz, rows_a, rows_b, ends[row], best)
        if not np.sqrt(best) <= gap_m:
            ends[row, 0] = ends[row, 1] = -1
    return ends
