"""How regions are formed, stage by stage, of a world of four places, by hand."""

from functools import cache

import numpy as np
import pandas as pd

import gii_geo
from gii_geo.pick import Picked
from gii_geo.regions.form import (
    Delineation,
    cluster_world,
    count_groups,
    count_regions,
    count_totals,
    delineate,
    describe,
    rank,
)
from gii_geo.regions.tally import Tally, count_world
from gii_geo.tables import RECORD_UNITS

A, B, C, D = 10.0, 10.02, 11.0, 15.0
"""Longitudes, a degree north of the equator: 2 km, 109 km and 445 km from the first."""

CLUSTERED = Picked(
    radius_km=1.0, density_weight="addresses", min_addresses=2, min_share=None, method="dbscan"
)


@cache
def count() -> Tally:
    """Count three patents, the first one at A and C, two publications and a deal."""
    rows = [
        *[("patent", "p1", A), ("patent", "p1", C), ("patent", "p2", A), ("patent", "p3", B)],
        *[("publication", "q1", B), ("publication", "q2", None), ("deal", "d1", C)],
        ("patent", "p4", D),
    ]
    table = pd.DataFrame(rows, columns=["kind", "record_id", "lon"]).assign(lat=1.0)
    world = gii_geo.read_world(table, columns={"record_id": "record_id"})
    return count_world(world)


def form(cluster: list[int | None] | None = None, **settings: float | None) -> Delineation:
    """Merge clusters, by default A, B and C."""
    number = pd.Series([0, 1, 2, None] if cluster is None else cluster, dtype="Int64")
    asked = {"gap_km": 5.0, "min_link_share": None, "max_link_km": 200.0} | settings
    return delineate(count(), number, Picked(**asked))


def test_a_location_is_in_a_cluster_where_enough_addresses_stand() -> None:
    found = cluster_world(count(), CLUSTERED)
    assert found.fillna(-1).tolist() == [0, 1, 2, -1]


def test_where_nothing_counts_nothing_is_found() -> None:
    table = pd.DataFrame({"kind": ["publication"], "lon": [np.nan], "lat": [1.0]})
    nothing = count_world(gii_geo.read_world(table))
    found = cluster_world(nothing, CLUSTERED)
    assert (len(found), found.name, found.dtype) == (0, "cluster", "Int64")
    asked = Picked(gap_km=5.0, min_link_share=None, max_link_km=200.0)
    formed = delineate(nothing, found, asked)
    assert len(formed.locations) == len(formed.links) == len(formed.region_of_cluster) == 0


def test_clusters_that_are_close_are_one_region_and_what_is_outside_is_in_none() -> None:
    formed = form()
    assert formed.cluster.tolist() == [0, 1, 2, -1]
    assert formed.region.tolist() == [0, 0, 1, -1]
    assert formed.locations["region"].isna().tolist() == [False, False, False, True]
    assert formed.region_of_cluster.tolist() == [0, 0, 1]


def test_clusters_that_share_enough_of_the_smaller_one_are_one_region() -> None:
    # A has a half of p1 and p2; C, which has the other half and a deal, is as large.
    links = form().links.set_index(["cluster_a", "cluster_b"])
    assert links.loc[(0, 2), ["records", "shared_weight", "link_share"]].tolist() == [1, 0.5, 1 / 3]
    assert 100 < links.loc[(0, 2), "gap_km"] < 120  # looked for as wide as a link may merge
    assert form(min_link_share=1 / 3).region.tolist() == [0, 0, 0, -1]
    assert form(min_link_share=0.34).region.tolist() == [0, 0, 1, -1]
    assert form(min_link_share=1 / 3, max_link_km=100.0).region.tolist() == [0, 0, 1, -1]


def test_without_any_cluster_there_is_no_region() -> None:
    formed = form([None] * 4)
    assert formed.region.tolist() == [-1] * 4
    assert len(formed.region_of_cluster) == 0


def test_records_are_split_or_count_whole_in_every_region_that_they_touch() -> None:
    units = count_regions(count(), form(), "fractional")
    assert units["locations"].tolist() == [2, 1]
    assert units["addresses"].tolist() == [4, 2]
    assert (units["patent_weight"] / RECORD_UNITS).tolist() == [2.5, 0.5]
    whole = count_regions(count(), form(), "full")
    assert whole["addresses"].tolist() == [4, 2]
    assert (whole["patent_weight"] / RECORD_UNITS).tolist() == [3, 1]
    assert (whole["publication_weight"] / RECORD_UNITS).tolist() == [1, 0]
    assert (whole["deal_weight"] / RECORD_UNITS).tolist() == [0, 1]
    assert set(whole.dtypes) == {np.dtype(np.int64)}


def test_a_record_of_two_clusters_of_a_group_counts_in_it_once() -> None:
    whole = count_groups(count(), np.array([0, 1, 0, -1]), name="group", counting="full")
    assert (whole["patent_weight"] / RECORD_UNITS).tolist() == [2, 1]
    assert whole.index.name == "group"


def test_shares_are_of_every_record_or_of_those_with_a_place() -> None:
    ask = {"counting": "fractional", "score_weights": {"publication": 0.0}}
    all_records = count_totals(count(), Picked(share_of="all", **ask))
    placed = count_totals(count(), Picked(share_of="placed", **ask))
    assert [all_records[kind] for kind in count().kinds[:3]] == [
        many * RECORD_UNITS for many in (4, 2, 1)
    ]
    assert [placed[kind] for kind in count().kinds[:3]] == [
        many * RECORD_UNITS for many in (4, 1, 1)
    ]
    assert {type(units) for units in (*all_records.values(), *placed.values())} == {int}
    units = count_regions(count(), form(), "fractional")
    ranking = rank(count(), units, Picked(share_of="all", **ask))
    assert ranking.columns[:3].tolist() == ["locations", "addresses", "rank"]
    assert ranking["publication_share"].tolist() == [0.5, 0.0]
    assert ranking["score"].tolist() == [0.625, 1.125]
    assert ranking["rank"].tolist() == [2, 1]


def test_how_well_addresses_are_placed_is_told_where_it_is_known() -> None:
    for known in (False, True):
        regions = describe(count(), form(), radius_km=1.0, has_precision=known).regions
        assert ("city_level_share" in regions) == known
