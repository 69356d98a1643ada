"""Shared records between clusters, worked by hand and against a slow count."""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from gii_geo.records.count import count_whole
from gii_geo.regions.link import link_clusters
from gii_geo.regions.merge import choose_merges, find_gaps, merge_clusters
from gii_geo.tables import KINDS, RECORD_UNITS

KEYS = ["cluster_a", "cluster_b"]


def make_addresses(rows: list[tuple[str | None, float]]) -> pd.DataFrame:
    """One patent address per (record, lon) on the equator, weighed by hand."""
    sizes = pd.Series([record for record, _ in rows]).value_counts()
    return pd.DataFrame(
        {
            "kind": "patent",
            "record_id": pd.Series([record for record, _ in rows], dtype="str"),
            "lon": [lon for _, lon in rows],
            "lat": 0.0,
            "count": 1,
            "weight": [RECORD_UNITS // int(sizes.get(record, 1)) for record, _ in rows],
            "reason": pd.Series([None] * len(rows), dtype="str"),
        }
    )


def make_locations(addresses: pd.DataFrame, cluster_of: dict[float, int]) -> pd.DataFrame:
    """Give the locations of the addresses, each in the cluster of its longitude."""
    grouped = addresses.groupby(["lon", "lat"], as_index=False)
    locations = grouped.agg(patent_addresses=("count", "sum"), patent_weight=("weight", "sum"))
    for kind in KINDS[1:]:
        locations[[f"{kind}_addresses", f"{kind}_weight"]] = 0
    locations["cluster"] = locations["lon"].map(cluster_of).astype("Int64")
    return locations


def lazy(addresses: pd.DataFrame) -> nw.LazyFrame:
    return nw.from_native(duckdb.connect().from_df(addresses)).lazy()


def test_a_link_is_the_part_of_the_smaller_cluster_that_lies_on_shared_records() -> None:
    # p: half in 0, half in 1.  q: all in 0.  r: all in 1, and one more of 0 keeps 0 the bigger.
    rows = [("p", 0.0), ("p", 1.0), ("q", 0.0), ("s", 0.0), ("r", 1.0)]
    addresses = make_addresses(rows)
    locations = make_locations(addresses, {0.0: 0, 1.0: 1})
    links = link_clusters([lazy(addresses)], locations)
    assert links[[*KEYS, "records"]].to_numpy().tolist() == [[0, 1, 1]]
    assert links["shared_weight"].tolist() == [0.5]
    assert links["link_share"].tolist() == [0.5 / 1.5]


def test_addresses_without_a_record_or_a_cluster_link_nothing() -> None:
    addresses = make_addresses([(None, 0.0), (None, 1.0), ("p", 0.0), ("p", 2.0)])
    locations = make_locations(addresses, {0.0: 0, 1.0: 1})
    assert link_clusters([lazy(addresses)], locations).empty


def test_no_table_gives_no_link() -> None:
    locations = make_locations(make_addresses([("p", 0.0)]), {0.0: 0})
    links = link_clusters([], locations)
    assert links.empty
    assert links["records"].dtype == "int64"


@pytest.mark.parametrize("seed", range(5))
def test_links_agree_with_a_slow_count_in_fractions_on_any_engine(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = [(f"r{random.integers(40)}", float(random.integers(12))) for _ in range(150)]
    addresses = make_addresses(rows)
    cluster_of = {float(lon): lon // 3 for lon in range(9)}
    locations = make_locations(addresses, cluster_of)
    touched: dict[str, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    total: dict[int, Fraction] = defaultdict(Fraction)
    for row in addresses.itertuples():
        if row.lon in cluster_of:
            weight = Fraction(row.weight, RECORD_UNITS)
            touched[row.record_id][cluster_of[row.lon]] += weight
            total[cluster_of[row.lon]] += weight
    shared: dict[tuple[int, int], list[Fraction]] = defaultdict(list)
    for clusters in touched.values():
        for a, b in combinations(sorted(clusters), 2):
            smaller = b if total[b] <= total[a] else a
            shared[a, b].append(clusters[smaller])
    links = link_clusters([lazy(addresses)], locations).set_index(KEYS)
    assert sorted(links.index) == sorted(shared)
    for (a, b), weights in shared.items():
        found = links.loc[(a, b)]
        assert found["records"] == len(weights)
        assert found["link_share"] == pytest.approx(float(sum(weights) / min(total[a], total[b])))
    on_polars = link_clusters([nw.from_native(pl.from_pandas(addresses).lazy())], locations)
    pd.testing.assert_frame_equal(on_polars, links.reset_index())


def test_clusters_merge_by_links_only_within_the_reach_and_say_why() -> None:
    degrees = {0.0: 0, 0.5: 1, 3.0: 2}  # gaps of 56, 278 and 334 km
    addresses = make_addresses([("p", 0.0), ("p", 0.5), ("q", 0.0), ("q", 3.0)])
    locations = make_locations(addresses, degrees)
    links = link_clusters([lazy(addresses)], locations)
    gaps = find_gaps(locations, gap_km=100)
    pairs = choose_merges(gaps, links, gap_km=5, min_link_share=0.9, max_link_km=100)
    reasons = pairs.set_index(KEYS)["reason"]
    assert reasons[0, 1] == "link"
    assert pd.isna(reasons[0, 2])
    merged = pairs[pairs["reason"].notna()]
    assert merge_clusters(3, merged).tolist() == [0, 0, 1]


def test_without_a_link_share_nothing_merges_by_links() -> None:
    addresses = make_addresses([("p", 0.0), ("p", 0.5)])
    locations = make_locations(addresses, {0.0: 0, 0.5: 1})
    links = link_clusters([lazy(addresses)], locations)
    pairs = choose_merges(find_gaps(locations, gap_km=100), links, gap_km=5)
    assert pairs["reason"].isna().all()
    assert pairs["link_share"].tolist() == [1.0]


def test_merging_does_not_depend_on_the_order_of_the_pairs() -> None:
    pairs = pd.DataFrame({"cluster_a": [3, 0, 1], "cluster_b": [4, 3, 2]})
    regions = merge_clusters(6, pairs)
    assert regions.tolist() == [0, 1, 1, 0, 0, 2]
    assert merge_clusters(6, pairs.iloc[::-1]).tolist() == regions.tolist()


def test_full_counting_takes_a_record_whole_in_every_region_it_touches() -> None:
    addresses = make_addresses(
        [("p", 0.0), ("p", 0.0), ("p", 1.0), ("q", 1.0), (None, 1.0), ("s", 2.0)]
    )
    locations = make_locations(addresses, {0.0: 0, 1.0: 1})
    whole = count_whole([lazy(addresses)], locations, by="cluster")
    assert (whole["patent_weight"] // RECORD_UNITS).tolist() == [1, 3]
    assert whole["deal_weight"].tolist() == [0, 0]
