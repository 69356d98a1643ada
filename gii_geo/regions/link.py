"""Links: the records that two clusters share, counted where the raw rows are."""

from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records.engine import collect, lift_table
from gii_geo.tables import KINDS, RECORD_UNITS, check_table

_PLACED: Final = {"lon": "f", "lat": "f", "cluster": "i"}
_PAIR: Final = ["cluster_a", "cluster_b"]
_SHARED: Final = ["records", "shared_a", "shared_b"]


def link_clusters(tables: Sequence[nw.LazyFrame[Any]], locations: pd.DataFrame) -> pd.DataFrame:
    """Count the records that each pair of clusters shares.

    A record links two clusters if it has addresses in both. The share of a link is the part of the
    smaller cluster's record weight that lies on linking records, where the smaller cluster is the
    one with less record weight (ties: the larger id).

    Parameters
    ----------
    tables : sequence of narwhals.LazyFrame
        Screened and weighed addresses: kind, record_id, lon, lat, weight (units) and reason. Only
        rows with a record_id can link. No record may stand in two of the tables.
    locations : pandas.DataFrame
        Columns lon, lat, cluster (missing outside clusters) and `<kind>_weight` (units).

    Returns
    -------
    pandas.DataFrame
        One row a pair of clusters with a record in common, cluster_a < cluster_b, ordered by the
        pair: cluster_a, cluster_b, records (shared, int64), shared_weight (of the smaller cluster,
        in records), link_share (0 to 1).

    Examples
    --------
    >>> import duckdb
    >>> rows = duckdb.sql(
    ...     "SELECT 'patent' AS kind, id AS record_id, lon::DOUBLE AS lon, 0::DOUBLE AS lat, "
    ...     "weight::BIGINT AS weight, NULL::VARCHAR AS reason "
    ...     "FROM (VALUES ('p', 0, 1), ('p', 9, 1), ('q', 0, 2)) AS t(id, lon, weight)"
    ... )
    >>> locations = pd.DataFrame({"lon": [0.0, 9.0], "lat": [0.0, 0.0], "cluster": [0, 1]})
    >>> locations["patent_weight"] = [3, 1]
    >>> locations["publication_weight"] = locations["deal_weight"] = 0
    >>> link_clusters([nw.from_native(rows).lazy()], locations)[["records", "link_share"]]
       records  link_share
    0        1         1.0
    """
    check_table(locations, _PLACED, name="locations")
    inside = locations[locations["cluster"].notna()]
    places = inside[["lon", "lat", "cluster"]].astype({"cluster": "int64"})
    found = [_count_shared(table, places) for table in tables]
    empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in (*_PAIR, *_SHARED)})
    pairs = pd.concat([empty, *found]).groupby(_PAIR, as_index=False).sum().sort_values(_PAIR)
    weight = sum((inside[f"{kind}_weight"] for kind in KINDS), start=pd.Series(0, inside.index))
    total = weight.groupby(inside["cluster"].astype("int64")).sum()
    weight_a = pairs["cluster_a"].map(total).to_numpy(np.int64)
    weight_b = pairs["cluster_b"].map(total).to_numpy(np.int64)
    b_is_smaller = weight_b <= weight_a
    shared = np.where(b_is_smaller, pairs["shared_b"], pairs["shared_a"])
    smaller = np.where(b_is_smaller, weight_b, weight_a)
    columns = {
        "shared_weight": shared / RECORD_UNITS,
        "link_share": shared / np.maximum(smaller, 1),
    }
    return pairs[[*_PAIR, "records"]].assign(**columns).reset_index(drop=True)


def _count_shared(table: nw.LazyFrame[Any], places: pd.DataFrame) -> pd.DataFrame:
    """Pair the clusters of each record and sum over records, on the table's engine."""
    placed = table.filter(nw.col("reason").is_null() & ~nw.col("record_id").is_null())
    located = placed.join(lift_table(places, like=table), on=["lon", "lat"], how="inner")
    touched = located.group_by("kind", "record_id", "cluster").agg(
        weight=nw.col("weight").sum().cast(nw.Int64)
    )
    a = touched.rename({"cluster": "cluster_a", "weight": "shared_a"})
    b = touched.rename({"cluster": "cluster_b", "weight": "shared_b"})
    pairs = a.join(b, on=["kind", "record_id"], how="inner")
    pairs = pairs.filter(nw.col("cluster_a") < nw.col("cluster_b"))
    summed = pairs.group_by(*_PAIR).agg(
        records=nw.len().cast(nw.Int64),
        shared_a=nw.col("shared_a").sum().cast(nw.Int64),
        shared_b=nw.col("shared_b").sum().cast(nw.Int64),
    )
    return collect(summed)
