"""Links: the records that two clusters share."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.regions.touch import Pairs
from gii_geo.tables import RECORD_UNITS


def link_clusters(pairs: Pairs, weight: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Tell how strongly the clusters that share records are linked.

    A record links two clusters if it has addresses in both. The share of a link is the part of the
    smaller cluster's record weight that lies on linking records, where the smaller cluster is the
    one with less record weight (ties: the larger id).

    Parameters
    ----------
    pairs : touch.Pairs
        The clusters that records touch both of, from `touch.pair_touching`.
    weight : numpy.ndarray of int64, shape (clusters,)
        Record weight of each cluster, of all kinds together, in units.

    Returns
    -------
    pandas.DataFrame
        One row a pair of clusters with a record in common, cluster_a < cluster_b, ordered by the
        pair: cluster_a, cluster_b, records (shared, int64), shared_weight (of the smaller cluster,
        in records), link_share (0 to 1).

    Examples
    --------
    >>> one = np.array([1])
    >>> pairs = Pairs(np.array([0]), one, one, weight_a=one, weight_b=one)
    >>> link_clusters(pairs, np.array([3, 1]))[["records", "link_share"]]
       records  link_share
    0        1         1.0
    """
    weight_a, weight_b = weight[pairs.a], weight[pairs.b]
    b_is_smaller = weight_b <= weight_a
    shared = np.where(b_is_smaller, pairs.weight_b, pairs.weight_a)
    smaller = np.where(b_is_smaller, weight_b, weight_a)
    return pd.DataFrame(
        {
            "cluster_a": pairs.a,
            "cluster_b": pairs.b,
            "records": pairs.records,
            "shared_weight": shared / RECORD_UNITS,
            "link_share": shared / np.maximum(smaller, 1),
        }
    )
