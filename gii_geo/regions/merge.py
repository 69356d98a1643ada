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
_PAIR = ["cluster_a", "cluster_b"]
_ENDS = ["lon_a", "lat_a", "lon_b", "lat_b"]
_GAPS = [*_PAIR, "gap_km", *_ENDS]
_GEODESIC = pyproj.Geod(ellps="WGS84")


def find_gaps(
    locations: pd.DataFrame, *, gap_km: float, xyz: project.FloatArray | None = None
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
    cluster = locations["cluster"].to_numpy(np.int64, na_value=-1)
    order = np.argsort(cluster, kind="stable")
    order = order[np.searchsorted(cluster[order], 0) :]
    inside, cluster = locations[["lon", "lat"]].iloc[order], cluster[order]
    xyz = project.to_geocentric(inside["lon"], inside["lat"]) if xyz is None else xyz[order]
    starts = np.flatnonzero(np.r_[True, np.diff(cluster) != 0])[: len(cluster)]
    members = np.split(np.arange(len(cluster)), starts[1:])
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


def choose_merges(
    gaps: pd.DataFrame,
    links: pd.DataFrame,
    *,
    gap_km: float,
    min_link_share: float | None = None,
    max_link_km: float = 100.0,
) -> pd.DataFrame:
    """Say of each pair of clusters whether they merge, and why.

    Parameters
    ----------
    gaps : pandas.DataFrame
        From `find_gaps`, at least as wide as `gap_km` and, if links merge, `max_link_km`.
    links : pandas.DataFrame
        From `link.link_clusters`.
    gap_km : float
        Clusters at most this far apart merge, in km; 0 merges none.
    min_link_share : float, optional
        Clusters that share at least this part (0 to 1) of the smaller one's record weight merge;
        by default none.
    max_link_km : float, default 100
        No merge by links across a wider gap, in km.

    Returns
    -------
    pandas.DataFrame
        One row per pair that is close or linked, ordered by link_share, largest first: cluster_a,
        cluster_b, reason ("gap", "link" or "gap and link"; missing where they do not merge),
        gap_km (missing where wider than the gaps looked for), records, shared_weight, link_share
        (0 where nothing is shared), lon_a, lat_a, lon_b, lat_b (the nearest locations).

    Examples
    --------
    >>> gaps = pd.DataFrame({"cluster_a": [0, 0], "cluster_b": [1, 2], "gap_km": [3.0, 60.0]})
    >>> gaps[["lon_a", "lat_a", "lon_b", "lat_b"]] = 0.0
    >>> links = pd.DataFrame({"cluster_a": [0], "cluster_b": [2], "records": [7]})
    >>> links[["shared_weight", "link_share"]] = [[3.5, 0.4]]
    >>> pairs = choose_merges(gaps, links, gap_km=5, min_link_share=0.3)
    >>> pairs[["cluster_b", "reason"]].values.tolist()
    [[2, 'link'], [1, 'gap']]
    """
    pairs = gaps.merge(links, on=_PAIR, how="outer").fillna(
        {"records": 0, "shared_weight": 0.0, "link_share": 0.0}
    )
    close = (pairs["gap_km"] <= gap_km) & (gap_km > 0)
    linked = pairs["gap_km"] <= max_link_km
    linked &= pairs["link_share"] >= (np.inf if min_link_share is None else min_link_share)
    reason = np.select([close & linked, close, linked], ["gap and link", "gap", "link"], "")
    pairs["reason"] = pd.Series(reason, index=pairs.index, dtype="str").replace("", pd.NA)
    pairs = pairs[(pairs["records"] > 0) | pairs["reason"].notna()].astype({"records": "int64"})
    order = ["link_share", *_PAIR]
    pairs = pairs.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return pairs[[*_PAIR, "reason", "gap_km", "records", "shared_weight", "link_share", *_ENDS]]


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
