"""Clusters that belong together -> regions."""

import numpy as np
import pandas as pd
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from gii_geo import project
from gii_geo.tables import check_table

_CLUSTERED = {"lon": "f", "lat": "f", "cluster": "i"}
_GAPS = ["cluster_a", "cluster_b", "gap_km", "lon_a", "lat_a", "lon_b", "lat_b"]
_GEODESIC = pyproj.Geod(ellps="WGS84")


def find_gaps(locations: pd.DataFrame, *, gap_km: float) -> pd.DataFrame:
    """Find the pairs of clusters whose nearest locations are at most a gap apart.

    Parameters
    ----------
    locations : pandas.DataFrame
        Columns lon, lat (degrees) and cluster (missing outside clusters).
    gap_km : float
        The widest gap, in km, at least 0.

    Returns
    -------
    pandas.DataFrame
        One row a pair, cluster_a < cluster_b: cluster_a, cluster_b, gap_km (geodesic, between the
        nearest locations), lon_a, lat_a, lon_b, lat_b (these locations), ordered by the pair.

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
    inside = locations[locations["cluster"].notna()]
    cluster = inside["cluster"].to_numpy(np.int64)
    order = np.argsort(cluster, kind="stable")
    inside, cluster = inside.iloc[order], cluster[order]
    xyz = project.to_geocentric(inside["lon"], inside["lat"])
    starts = np.flatnonzero(np.r_[True, np.diff(cluster) != 0])[: len(cluster)]
    members = [np.arange(a, b) for a, b in zip(starts, [*starts[1:], len(cluster)], strict=True)]
    rows = []
    for a, b in _near_boxes(xyz, starts, gap_km * 1000):
        found = _nearest_pair(xyz, members[a], members[b], gap_km * 1000)
        if found is not None:
            rows.append((cluster[starts[a]], cluster[starts[b]], *found))
    if not rows:
        kinds = ["int64", "int64"] + ["float64"] * 5
        return pd.DataFrame({c: pd.Series(dtype=d) for c, d in zip(_GAPS, kinds, strict=True)})
    pairs = np.array([row[2:] for row in rows], dtype=np.int64)
    lon, lat = inside["lon"].to_numpy(), inside["lat"].to_numpy()
    ends = [lon[pairs[:, 0]], lat[pairs[:, 0]], lon[pairs[:, 1]], lat[pairs[:, 1]]]
    gap = np.asarray(_GEODESIC.inv(ends[0], ends[1], ends[2], ends[3])[2]) / 1000
    ids = np.array([row[:2] for row in rows])
    columns = dict(zip(_GAPS, [ids[:, 0], ids[:, 1], gap, *ends], strict=True))
    return pd.DataFrame(columns).sort_values(["cluster_a", "cluster_b"], ignore_index=True)


def merge_clusters(clusters: int, pairs: pd.DataFrame) -> pd.Series:
    """Merge clusters that are joined by pairs, directly or through others, into regions.

    Parameters
    ----------
    clusters : int
        Number of clusters, whose ids are 0 to `clusters` - 1, at least 0.
    pairs : pandas.DataFrame
        Columns cluster_a and cluster_b: the clusters that merge.

    Returns
    -------
    pandas.Series
        `region` (0 upwards, in the order of each region's smallest cluster id), indexed by cluster.

    Examples
    --------
    >>> merge_clusters(4, pd.DataFrame({"cluster_a": [0], "cluster_b": [2]})).tolist()
    [0, 1, 0, 2]
    """
    a, b = pairs["cluster_a"].to_numpy(np.int64), pairs["cluster_b"].to_numpy(np.int64)
    joined = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(clusters, clusters))
    component = connected_components(joined, directed=False)[1] if clusters else []
    region, _ = pd.factorize(np.asarray(component, dtype=np.int64))
    index = pd.RangeIndex(clusters, name="cluster")
    return pd.Series(region, index=index, name="region", dtype="Int64")


def _near_boxes(xyz: project.FloatArray, starts: np.ndarray, gap_m: float) -> list[tuple[int, int]]:
    """Pair the clusters whose bounding boxes in space come within the gap."""
    if len(starts) == 0:
        return []
    low, high = np.minimum.reduceat(xyz, starts), np.maximum.reduceat(xyz, starts)
    # A little more than the gap, so that rounding loses no pair; the distance itself decides.
    reach = gap_m + 1e-3
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    wide = shapely.box(low[:, 0] - reach, low[:, 1] - reach, high[:, 0] + reach, high[:, 1] + reach)
    a, b = shapely.STRtree(boxes).query(wide, predicate="intersects")
    keep = (a < b) & (low[a, 2] - reach <= high[b, 2]) & (low[b, 2] - reach <= high[a, 2])
    return sorted(zip(a[keep].tolist(), b[keep].tolist(), strict=True))


def _nearest_pair(
    xyz: project.FloatArray, a: np.ndarray, b: np.ndarray, gap_m: float
) -> tuple[int, int] | None:
    """Find the nearest locations of two clusters, if they are within the gap."""
    reach = gap_m + 1e-3
    a = a[_in_box(xyz[a], xyz[b], reach)]
    if not len(a):
        return None
    b = b[_in_box(xyz[b], xyz[a], reach)]
    if not len(b):
        return None
    distance, nearest = KDTree(xyz[a]).query(xyz[b], distance_upper_bound=reach)
    best = int(np.argmin(distance))
    if not distance[best] <= gap_m:
        return None
    return int(a[nearest[best]]), int(b[best])


def _in_box(points: project.FloatArray, others: project.FloatArray, reach: float) -> np.ndarray:
    """Tell which points lie within reach of the others' bounding box."""
    low, high = others.min(axis=0) - reach, others.max(axis=0) + reach
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))
