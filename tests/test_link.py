"""Shared records between clusters, worked by hand and against a slow count."""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.regions.form import count_groups
from gii_geo.regions.gap import find_gaps
from gii_geo.regions.link import link_clusters
from gii_geo.regions.merge import choose_merges, merge_clusters
from gii_geo.regions.tally import Tally, count_world
from gii_geo.regions.touch import pair_touching
from gii_geo.tables import RECORD_UNITS

KEYS = ["cluster_a", "cluster_b"]


def count(rows: list[tuple[str | None, float]], wrap: Any = duckdb.from_df) -> Tally:
    """Count one patent address per (record, lon), a degree north of the equator."""
    table = pd.DataFrame(rows, columns=["record_id", "lon"]).assign(kind="patent", lat=1.0)
    table = table.astype({"record_id": "str"})
    return count_world(gii_geo.read_world(wrap(table), columns={"record_id": "record_id"}))


def cluster(tally: Tally, cluster_of: dict[float, int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Give the cluster of each location by its longitude, -1 for none."""
    return tally.locations["lon"].map(cluster_of).fillna(-1).to_numpy(np.int64)


def link(tally: Tally, cluster_of: dict[float, int]) -> pd.DataFrame:
    """Link clusters as a run does."""
    number, groups = cluster(tally, cluster_of), max(cluster_of.values()) + 1
    weight = count_groups(tally, number, name="cluster")["patent_weight"]
    weight = weight.reindex(range(groups), fill_value=0).to_numpy()
    return link_clusters(pair_touching(tally.records, number, groups=groups), weight)


def find(tally: Tally, cluster_of: dict[float, int], gap_km: float) -> pd.DataFrame:
    """Find the gaps between clusters."""
    number = cluster(tally, cluster_of)
    return find_gaps(tally.locations.assign(cluster=number).query("cluster >= 0"), gap_km=gap_km)


def test_a_link_is_the_part_of_the_smaller_cluster_that_lies_on_shared_records() -> None:
    # p: half in 0, half in 1.  q: all in 0.  r: all in 1, and one more of 0 keeps 0 the bigger.
    tally = count([("p", 0.0), ("p", 1.0), ("q", 0.0), ("s", 0.0), ("r", 1.0)])
    links = link(tally, {0.0: 0, 1.0: 1})
    assert links[[*KEYS, "records"]].to_numpy().tolist() == [[0, 1, 1]]
    assert links["shared_weight"].tolist() == [0.5]
    assert links["link_share"].tolist() == [0.5 / 1.5]


def test_addresses_without_a_record_or_a_cluster_link_nothing() -> None:
    tally = count([(None, 0.0), (None, 1.0), ("p", 0.0), ("p", 2.0)])
    assert link(tally, {0.0: 0, 1.0: 1}).empty


def test_no_record_gives_no_link() -> None:
    links = link(count([(None, 0.0)]), {0.0: 0})
    assert links.empty
    assert links["records"].dtype == "int64"


@pytest.mark.parametrize("seed", range(5))
def test_links_agree_with_a_slow_count_in_fractions_on_any_engine(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = [(f"r{random.integers(40)}", float(random.integers(12))) for _ in range(150)]
    size = pd.Series([record for record, _ in rows]).value_counts()
    cluster_of = {float(lon): lon // 3 for lon in range(9)}
    touched: dict[str, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    total: dict[int, Fraction] = defaultdict(Fraction)
    for record, lon in rows:
        if lon in cluster_of:
            weight = Fraction(RECORD_UNITS // int(size[record]), RECORD_UNITS)
            touched[record][cluster_of[lon]] += weight
            total[cluster_of[lon]] += weight
    shared: dict[tuple[int, int], list[Fraction]] = defaultdict(list)
    for clusters in touched.values():
        for a, b in combinations(sorted(clusters), 2):
            smaller = b if total[b] <= total[a] else a
            shared[a, b].append(clusters[smaller])
    links = link(count(rows), cluster_of).set_index(KEYS)
    assert sorted(links.index) == sorted(shared)
    for (a, b), weights in shared.items():
        found = links.loc[(a, b)]
        assert found["records"] == len(weights)
        assert found["link_share"] == pytest.approx(float(sum(weights) / min(total[a], total[b])))
    on_polars = link(count(rows, lambda table: pl.from_pandas(table).lazy()), cluster_of)
    pd.testing.assert_frame_equal(on_polars, links.reset_index())


def test_clusters_merge_by_links_only_within_the_reach_and_say_why() -> None:
    degrees = {0.0: 0, 0.5: 1, 3.0: 2}  # gaps of 56, 278 and 334 km
    tally = count([("p", 0.0), ("p", 0.5), ("q", 0.0), ("q", 3.0)])
    links, gaps = link(tally, degrees), find(tally, degrees, 100)
    pairs = choose_merges(gaps, links, gap_km=5, min_link_share=0.9, max_link_km=100)
    reasons = pairs.set_index(KEYS)["reason"]
    assert reasons[0, 1] == "link"
    assert pd.isna(reasons[0, 2])
    merged = pairs[pairs["reason"].notna()]
    assert merge_clusters(3, merged).tolist() == [0, 0, 1]


def test_without_a_link_share_nothing_merges_by_links() -> None:
    tally, degrees = count([("p", 0.0), ("p", 0.5)]), {0.0: 0, 0.5: 1}
    pairs = choose_merges(find(tally, degrees, 100), link(tally, degrees), gap_km=5)
    assert pairs["reason"].isna().all()
    assert pairs["link_share"].tolist() == [1.0]


def test_merging_does_not_depend_on_the_order_of_the_pairs() -> None:
    pairs = pd.DataFrame({"cluster_a": [3, 0, 1], "cluster_b": [4, 3, 2]})
    regions = merge_clusters(6, pairs)
    assert regions.tolist() == [0, 1, 1, 0, 0, 2]
    assert merge_clusters(6, pairs.iloc[::-1]).tolist() == regions.tolist()


def test_full_counting_takes_a_record_whole_in_every_region_it_touches() -> None:
    tally = count([("p", 0.0), ("p", 0.0), ("p", 1.0), ("q", 1.0), (None, 1.0), ("s", 2.0)])
    number = cluster(tally, {0.0: 0, 1.0: 1})
    whole = count_groups(tally, number, name="cluster", counting="full")
    assert (whole["patent_weight"] // RECORD_UNITS).tolist() == [1, 3]
    assert whole["deal_weight"].tolist() == [0, 0]
