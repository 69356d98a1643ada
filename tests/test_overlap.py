"""Shared activity of two runs: by hand, symmetry, and a slow count."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gii_geo.regions.overlap import find_partners, measure_overlap, pair_regions


def draw(**boxes: tuple[float, float, float, float]) -> gpd.GeoSeries:
    shapes = [shapely.box(*bounds) for bounds in boxes.values()]
    return gpd.GeoSeries(shapes, list(boxes), crs="EPSG:4326")


def put(*rows: tuple[float, int | None, float]) -> pd.DataFrame:
    """Locations on the equator: lon, region, activity."""
    table = pd.DataFrame(rows, columns=["lon", "region", "activity"])
    return table.assign(lat=0.0).astype({"region": "Int64", "lon": float, "activity": float})


def test_shares_worked_by_hand() -> None:
    # a holds 3 of region 0, 1 of region 1 and 1 of none; b holds 3 of region 1.
    locations = put((0.2, 0, 3), (0.4, 1, 1), (0.6, None, 1), (2.5, 1, 3), (9, 0, 1))
    overlap = measure_overlap(locations, draw(a=(0, -1, 1, 1), b=(2, -1, 3, 1)))
    assert overlap.to_numpy().tolist() == [
        [0, "a", 3.0, 0.75, 0.6],
        [1, "b", 3.0, 0.75, 1.0],
        [1, "a", 1.0, 0.25, 0.2],
    ]


def test_a_location_on_a_common_border_counts_once_in_the_first_outline() -> None:
    overlap = measure_overlap(put((1, 0, 2)), draw(a=(0, -1, 1, 1), b=(1, -1, 2, 1)))
    assert overlap[["outline", "activity"]].to_numpy().tolist() == [["a", 2.0]]


def test_an_outline_cut_at_the_antimeridian_is_one() -> None:
    halves = shapely.MultiPolygon([shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)])
    outlines = gpd.GeoSeries([halves], ["a"], crs="EPSG:4326")
    overlap = measure_overlap(put((179.5, 0, 1), (-179.5, 0, 2), (-180, 0, 4)), outlines)
    assert overlap["activity"].tolist() == [7.0]


def test_the_order_of_rows_changes_not_a_bit() -> None:
    rng = np.random.default_rng(3)
    locations = put(*[(lon, int(lon) % 3, w) for lon, w in rng.uniform(0, 6, (500, 2))])
    outlines = draw(a=(0, -1, 2.5, 1), b=(2.5, -1, 4, 1), c=(4, -1, 6, 1))
    overlap = measure_overlap(locations, outlines)
    shuffled = measure_overlap(locations.sample(frac=1, random_state=1), outlines)
    pd.testing.assert_frame_equal(shuffled, overlap, check_exact=True)


def test_shares_agree_with_a_slow_count() -> None:
    rng = np.random.default_rng(8)
    locations = put(*[(lon, int(lon) % 3, w) for lon, w in rng.uniform(0, 6, (300, 2))])
    outlines = draw(a=(0.1, -1, 2.5, 1), b=(2.6, -1, 5, 1))
    overlap = measure_overlap(locations, outlines).set_index(["region", "outline"])
    for (region, outline), row in overlap.iterrows():
        inside = [outlines[outline].covers(shapely.Point(lon, 0)) for lon in locations["lon"]]
        within = locations[inside]
        shared = within.loc[within["region"] == region, "activity"].sum()
        total = locations.loc[locations["region"] == region, "activity"].sum()
        assert row["activity"] == pytest.approx(shared)
        assert row["region_share"] == pytest.approx(shared / total)
        assert row["outline_share"] == pytest.approx(shared / within["activity"].sum())
    assert len(overlap) == 6


def test_nothing_shared_gives_an_empty_table_and_no_pair() -> None:
    overlap = measure_overlap(put((5, 0, 1), (0.5, None, 1)), draw(a=(0, -1, 1, 1)))
    assert overlap.empty
    assert pair_regions(overlap).empty
    assert find_partners(overlap, "region").empty


def test_the_largest_shared_activity_pairs_first_and_whom_it_takes_is_taken() -> None:
    overlap = measure_overlap(
        put((0.1, 0, 5), (0.2, 1, 6), (2.1, 1, 5.5)), draw(a=(0, -1, 1, 1), b=(2, -1, 3, 1))
    )
    # Region 1 takes a with 6; that leaves region 0 without one, though b is free.
    assert pair_regions(overlap).to_dict() == {1: "a"}


def test_equal_shares_pair_in_the_order_of_the_outlines() -> None:
    locations = put((0.1, 0, 1), (2.1, 0, 1))
    boxes = {"a": (0, -1, 1, 1), "b": (2, -1, 3, 1)}
    assert pair_regions(measure_overlap(locations, draw(**boxes))).to_dict() == {0: "a"}
    turned = dict(reversed(boxes.items()))
    assert pair_regions(measure_overlap(locations, draw(**turned))).to_dict() == {0: "b"}


def test_a_region_that_only_grazes_an_outline_is_not_the_same() -> None:
    # 0.4 of the region lies in the outline, and 0.4 of what lies in the outline is the region's.
    locations = put((0.1, 0, 4), (0.2, None, 6), (5, 0, 6))
    overlap = measure_overlap(locations, draw(a=(0, -1, 1, 1)))
    assert overlap[["region_share", "outline_share"]].to_numpy().tolist() == [[0.4, 0.4]]
    assert pair_regions(overlap).empty


def test_a_table_without_activity_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid locations without activity"):
        measure_overlap(put((0, 0, 1)).drop(columns="activity"), draw(a=(0, 0, 1, 1)))


def test_half_of_either_makes_two_regions_the_same_and_less_does_not() -> None:
    outlines = draw(a=(0, -1, 1, 1))
    # Half of the region lies in the outline, a quarter of what lies there is the region's.
    half = measure_overlap(put((0.1, 0, 4), (5, 0, 4), (0.2, None, 12)), outlines)
    assert half[["region_share", "outline_share"]].to_numpy().tolist() == [[0.5, 0.25]]
    assert pair_regions(half).to_dict() == {0: "a"}
    # The other way round.
    other = measure_overlap(put((0.1, 0, 4), (5, 0, 12), (0.2, None, 4)), outlines)
    assert other[["region_share", "outline_share"]].to_numpy().tolist() == [[0.25, 0.5]]
    assert pair_regions(other).to_dict() == {0: "a"}
    less = measure_overlap(put((0.1, 0, 48), (5, 0, 52), (0.2, None, 52)), outlines)
    assert less[["region_share", "outline_share"]].to_numpy().tolist() == [[0.48, 0.48]]
    assert pair_regions(less).empty


def test_a_region_is_known_when_half_of_it_lies_in_earlier_outlines_together() -> None:
    outlines = draw(a=(0, -1, 1, 1), b=(2, -1, 3, 1))
    known = measure_overlap(put((0.1, 0, 20), (2.1, 0, 30), (9, 0, 50)), outlines)
    assert find_partners(known, "region")[["region", "outline"]].to_numpy().tolist() == [[0, "b"]]
    unknown = measure_overlap(put((0.1, 0, 20), (2.1, 0, 28), (9, 0, 52)), outlines)
    assert find_partners(unknown, "region").empty
    # All of either outline is the region's.
    assert find_partners(unknown, "outline")["outline"].tolist() == ["b", "a"]


def test_a_location_without_activity_shares_nothing() -> None:
    assert measure_overlap(put((0.5, 0, 0), (5, 0, 1)), draw(a=(0, -1, 1, 1))).empty


def test_pairs_come_by_shared_activity_then_by_outline_then_by_region() -> None:
    locations = put((2.1, 0, 1), (0.1, 1, 1), (0.2, 0, 1), (2.2, 1, 2))
    overlap = measure_overlap(locations, draw(b=(0, -1, 1, 1), a=(2, -1, 3, 1)))
    assert overlap[["region", "outline", "activity"]].to_numpy().tolist() == [
        [1, "a", 2.0],
        [0, "b", 1.0],
        [1, "b", 1.0],
        [0, "a", 1.0],
    ]
