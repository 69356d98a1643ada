"""Clusters that belong together -> regions."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_PAIR = ["cluster_a", "cluster_b"]
_SHARED = ["records", "shared_weight", "link_share"]
_ENDS = ["lon_a", "lat_a", "lon_b", "lat_b"]


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
        From `gap.find_gaps`, at least as wide as `gap_km` and, if links merge, `max_link_km`.
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
    pairs = _join_pairs(gaps, links)
    close = (pairs["gap_km"] <= gap_km) & (gap_km > 0)
    linked = pairs["gap_km"] <= max_link_km
    linked &= pairs["link_share"] >= (np.inf if min_link_share is None else min_link_share)
    reason = np.select([close & linked, close, linked], ["gap and link", "gap", "link"], "")
    order = np.lexsort((pairs["cluster_b"], pairs["cluster_a"], -pairs["link_share"]))
    order = order[((pairs["records"] > 0) | (reason != ""))[order]]
    reasons = [word or None for word in reason[order].tolist()]
    columns = {name: pairs[name][order] for name in (*_PAIR, "gap_km", *_SHARED, *_ENDS)}
    columns["records"] = columns["records"].astype(np.int64)
    table = pd.DataFrame(columns)
    table.insert(len(_PAIR), "reason", pd.Series(reasons, dtype="str"))
    return table


def _join_pairs(gaps: pd.DataFrame, links: pd.DataFrame) -> dict[str, npt.NDArray[Any]]:
    """Join gaps and links, as an outer join on the pair does in many times the time."""
    ids = [table[list(_PAIR)].to_numpy(np.int64) for table in (gaps, links)]
    most = max((part.max(initial=0) for part in ids), default=0) + 1
    gap_key, link_key = (part @ [most, 1] for part in ids)
    key = np.union1d(gap_key, link_key)
    columns = {"cluster_a": key // most, "cluster_b": key % most}
    for table, own in ((gaps, gap_key), (links, link_key)):
        row = np.searchsorted(key, own)
        for name in table.columns.drop(_PAIR):
            column = np.full(len(key), np.nan if table is gaps else 0.0)
            column[row] = table[name].to_numpy()
            columns[name] = column
    return columns


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
