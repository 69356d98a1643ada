"""From which radius on places lie in one cluster, and in one region."""

import numpy as np
import pandas as pd
import pytest

import gii_geo
from gii_geo.joins import _find_least, find_joins

KM_LON = 111.319491
"""A degree on the equator of WGS 84."""

KM_LAT = 110.574


def ask(towns: list[tuple[float, float, int]], minimum: int) -> gii_geo.Result:
    """Find the regions of towns at kilometres east and north of (10, 0), with so many addresses."""
    east, north, count = zip(*towns, strict=True)
    table = pd.DataFrame(
        {
            "kind": "patent",
            "lon": 10 + np.array(east) / KM_LON,
            "lat": np.array(north) / KM_LAT,
            "count": count,
        }
    )
    return gii_geo.find_regions(table, gii_geo.Settings(min_addresses=minimum, radius_km=3))


def at(*east: float) -> list[tuple[float, float]]:
    return [(10 + km / KM_LON, 0.0) for km in east]


PAIRS = [(0.0, 0.0, 10), (2.0, 0.0, 10), (10.0, 0.0, 10), (12.0, 0.0, 10)]
"""Two towns of two halves; each is dense from 2 km on, and 8 km lie between them."""


@pytest.mark.parametrize(("gap_km", "region_km"), [(0, 8.001), (5, 8.001), (7.9, 8.001), (8.1, 2)])
def test_a_gap_joins_towns_as_soon_as_both_are_dense(gap_km: float, region_km: float) -> None:
    joins = find_joins(ask(PAIRS, 20), *at(0, 12), gap_km=gap_km)
    assert joins["cluster_radius_km"].item() == pytest.approx(8, abs=1e-5)
    assert joins["region_radius_km"].item() == pytest.approx(region_km, abs=1.1e-3)


def test_a_hamlet_on_the_border_bridges_a_gap() -> None:
    # 3 km off the first town and 5 off the second, and dense only once it reaches the first whole.
    result = ask([*PAIRS, (5.0, 0.0, 1)], 20)
    joins = find_joins(result, *at(0, 12), gap_km=5.1)
    assert joins["region_radius_km"].item() == pytest.approx(3, abs=1.1e-3)
    assert joins["cluster_radius_km"].item() == pytest.approx(5, abs=1e-5)
    without = find_joins(result, *at(0, 12), gap_km=4.9)
    assert without["region_radius_km"].item() == pytest.approx(5, abs=1.1e-3)


def test_the_radius_is_the_one_from_which_on_regions_do_not_part_again() -> None:
    # West and East are one over the two hamlets in the middle, 2.5 km apart, from 3 km on. From
    # 3.3 km on North is dense and takes the first hamlet, which is nearer to it: West is alone,
    # until it is one cluster with North, sqrt(3^2 + 2.8^2) = 4.104 km away.
    west, east = [(-2.9, 0.0, 21), (0.0, 0.0, 9)], [(8.5, 0.0, 9), (11.4, 0.0, 21)]
    middle, north = [(3.0, 0.0, 1), (5.5, 0.0, 1)], [(3.0, 2.8, 9), (3.0, 6.1, 21)]
    result = ask([*west, *middle, *east, *north], 30)
    places = at(0, 8.5)

    def are_one(radius_km: float) -> bool:
        found = result.again(radius_km=radius_km, gap_km=2.6)
        one, other = (found.locations.set_index("lon").loc[place[0]] for place in places)
        return bool(one["region_id"] == other["region_id"])

    radii = [2.95, 3.05, 3.25, 3.35, 4.09, 4.12]
    assert [are_one(km) for km in radii] == [False, True, True, False, False, True]
    joins = find_joins(result, *places, gap_km=2.6)
    assert joins["region_radius_km"].item() == pytest.approx(np.hypot(3, 2.8), abs=2e-3)
    assert joins["cluster_radius_km"].item() == pytest.approx(5.9, abs=1e-4)


def test_halving_alone_would_stop_where_places_part_again() -> None:
    assert _find_least(lambda m: 3000 <= m < 3300 or m >= 4104, 6.4) == 4.104
    assert _find_least(lambda m: m >= 1, 6.4) == 0.05  # no run has a smaller one
    assert _find_least(lambda _: False, 6.4) == 6.4
    assert _find_least(lambda _: False, 0.0) == 0


def test_pairs_go_by_the_radius_and_are_told_by_their_names(
    small_result: gii_geo.Result,
) -> None:
    joins = find_joins(small_result, "Singapore", "basel", "Mulhouse", "Johor Bahru")
    assert len(joins) == 6
    assert joins["region_radius_km"].is_monotonic_increasing
    assert (joins["region_radius_km"] <= joins["cluster_radius_km"] + 1e-3).all()
    near = joins[joins["region_radius_km"] < 50]
    pairs = {frozenset(pair) for pair in zip(near["place_a"], near["place_b"], strict=True)}
    assert pairs == {
        frozenset({"Basel (CH)", "Mulhouse (FR)"}),
        frozenset({"Singapore (SG)", "Johor Bahru (MY)"}),
    }


def test_at_the_radius_found_a_run_has_one_region_and_a_metre_below_it_has_two(
    small_result: gii_geo.Result,
) -> None:
    radius_km = find_joins(small_result, "Basel", "Mulhouse")["region_radius_km"].item()
    tree = small_result.merge_tree()
    rows = [tree.locate(name)[1] for name in ("Basel", "Mulhouse")]

    def regions(km: float) -> list[object]:
        return small_result.again(radius_km=km).locations["region_id"].iloc[rows].tolist()

    assert len(set(regions(radius_km))) == 1
    assert len(set(regions(radius_km - 0.001))) == 2


def test_a_place_far_from_every_location_says_how_far() -> None:
    joins = find_joins(ask(PAIRS, 20), *at(0, 12), (10.0, 12.0))
    away_km = joins.set_index(["place_a", "place_b"])["away_km"]
    assert away_km.min() == pytest.approx(0, abs=1e-9)
    assert (away_km > 1).sum() == 2
    assert away_km.max() == pytest.approx(1326, abs=3)  # 12 degrees along the meridian, as a chord


def test_a_world_too_light_joins_nowhere() -> None:
    joins = find_joins(ask(PAIRS, 99), *at(0, 12))
    assert joins[["cluster_radius_km", "region_radius_km"]].isna().all(axis=None)


def test_bad_questions_are_refused() -> None:
    result = ask(PAIRS, 20)
    with pytest.raises(ValueError, match=r"Invalid places \('Basel',\). Must be two or more."):
        find_joins(result, "Basel")
    with pytest.raises(ValueError, match=r"Invalid place 'Nowhere at all'. Must be one of"):
        find_joins(result, "Basel", "Nowhere at all")
    with pytest.raises(ValueError, match=r"Invalid gap_km -1. Must be at least 0"):
        find_joins(result, "Basel", "Bern", gap_km=-1)
    with pytest.raises(ValueError, match=r"Invalid method 'hdbscan'. Must be dbscan"):
        find_joins(result.again(method="hdbscan"), "Basel", "Bern")
