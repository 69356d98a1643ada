"""The sweep: against the run itself, by hand, and what it must refuse."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_result import forget

import gii_geo
from gii_geo import Settings, World
from gii_geo.result import Result
from gii_geo.sweep import sweep_radii
from gii_geo.tables import RANK_SETS, REGIONS

DENSE = Settings(min_addresses=60)
FURTHER = ["activity", "cities", "economy_shares", "event", "previous_region_id", "merged"]
"""Columns of a swept region between those of a region and its outline."""


@pytest.fixture(scope="module")
def result(small_result: Result) -> Result:
    return small_result


def make_towns(lons: list[float], *, each: int = 10) -> pd.DataFrame:
    """Put addresses on the equator, where 0.009 degrees are 1 km: `each` at every longitude."""
    return pd.DataFrame({"kind": "patent", "lon": np.repeat(lons, each), "lat": 0.0})


def test_the_runs_own_radius_is_the_run(result: Result) -> None:
    swept = sweep_radii(result, radii_km=[15.0])
    pd.testing.assert_frame_equal(
        pd.DataFrame(swept[[*REGIONS, "geometry"]]),
        pd.DataFrame(result.regions[[*REGIONS, "geometry"]]),
    )
    assert swept["radius_km"].eq(15).all()
    assert swept["event"].eq("kept").all()
    assert swept["previous_region_id"].equals(swept["region_id"])
    assert swept["activity"].sum() == pytest.approx(result.activity_share)
    basel = dict(swept["cities"].iloc[0])
    assert list(basel) == sorted(basel, key=lambda city: -basel[city])
    assert "Mulhouse" in basel
    assert 0.5 < sum(basel.values()) <= 1


def test_radii_that_are_none_are_refused_and_no_locations_make_no_regions(
    result: Result, small_world: pd.DataFrame
) -> None:
    for radii_km, sentence in (([], r"Invalid radii_km \[\]"), (["x"], "Invalid radius_km 'x'")):
        with pytest.raises(ValueError, match=sentence):
            sweep_radii(result, radii_km=radii_km)  # type: ignore[arg-type]
    nowhere = gii_geo.find_regions(small_world.assign(lon=np.nan), DENSE)
    assert sweep_radii(nowhere, radii_km=[5, 20]).empty


@pytest.fixture(scope="module")
def unplaced(small_world: pd.DataFrame) -> World:
    """Read the small world with every ninth address lost, Mulhouse calling itself Swiss."""
    lost = small_world["lon"].where(small_world.index % 9 != 0)
    economy = small_world["economy"].replace("FR", "CH")
    return gii_geo.read_world(small_world.assign(lon=lost, economy=economy))


@pytest.mark.parametrize(
    "changes",
    [
        {"share_of": "placed"},
        {"counting": "full"},
        {"method": "hdbscan"},
        {"min_link_share": 0.11, "max_link_km": 20_000},
        {"min_economy_share": 0.45},
        {"kinds": ("deal",), "years": {"deal": (2012, 2018)}, "min_addresses": 20},
        {},
    ],
)
def test_a_sweep_to_another_radius_is_a_run_at_that_radius(
    unplaced: World, changes: dict[str, Any]
) -> None:
    settings = DENSE.replace(**changes)
    swept = sweep_radii(gii_geo.find_regions(unplaced, settings), radii_km=[20])
    run = gii_geo.find_regions(forget(unplaced), settings.replace(radius_km=20))
    assert len(run.regions) > 1
    columns = [column for column in REGIONS if column != "region_id"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(swept[[*columns, "geometry"]]),
        pd.DataFrame(run.regions[[*columns, "geometry"]]),
    )
    shares = run.economies.set_index(["region_id", "economy"])["share"]
    for region_id, economies, held in zip(
        run.regions["region_id"], run.regions["economies"], swept["economy_shares"], strict=True
    ):
        assert held == [[one, shares[region_id, one]] for one in economies.split(";")]
    cities = run.cities.groupby("region_id")[["city", "share"]]
    for region_id, held in zip(run.regions["region_id"], swept["cities"], strict=True):
        assert [list(city) for city in held] == cities.get_group(region_id).to_numpy().tolist()


def test_towns_merge_at_a_wider_radius_and_split_at_a_narrower_one() -> None:
    # West, middle and east town, 8 and 20 km apart; 12 km joins the first two.
    towns = make_towns([10.0, 10.072, 10.252])
    result = gii_geo.find_regions(towns, Settings(min_addresses=10, radius_km=12, gap_km=0))
    swept = sweep_radii(result, radii_km=[5, 12, 25])
    assert swept.groupby("radius_km").size().to_dict() == {5.0: 3, 12.0: 2, 25.0: 1}
    narrow = swept[swept["radius_km"] == 5]
    assert sorted(narrow["event"]) == ["kept", "kept", "split"]
    assert narrow.loc[narrow["event"] == "split", "region_id"].tolist() == ["5km-1"]
    assert narrow.loc[narrow["event"] == "split", "previous_region_id"].tolist() == ["R0001"]
    assert narrow["score"].round(9).tolist() == [round(1 / 3, 9)] * 3
    wide = swept[swept["radius_km"] == 25].iloc[0]
    assert (wide["event"], wide["region_id"], wide["merged"]) == ("kept", "R0001", "R0002")
    assert wide["score"] == 1


def test_a_town_too_small_for_the_run_is_born_at_a_wider_radius() -> None:
    towns = pd.concat([make_towns([10.0]), make_towns([20.0, 20.09], each=5)])
    result = gii_geo.find_regions(towns, Settings(min_addresses=10, radius_km=5))
    swept = sweep_radii(result, radii_km=[12])
    assert sorted(swept["event"]) == ["birth", "kept"]
    born = swept[swept["event"] == "birth"].iloc[0]
    assert born["region_id"] == "12km-1"
    assert pd.isna(born["previous_region_id"])


def test_a_gap_merges_at_every_radius() -> None:
    towns = make_towns([10.0, 10.072])
    result = gii_geo.find_regions(towns, Settings(min_addresses=10, radius_km=3, gap_km=9))
    assert len(sweep_radii(result, radii_km=[2, 3, 4])) == 3


def test_the_order_of_the_rows_does_not_matter(small_world: pd.DataFrame, result: Result) -> None:
    mixed = gii_geo.find_regions(small_world.sample(frac=1, random_state=3), DENSE)
    one, other = (sweep_radii(run, radii_km=[40, 10, 10]) for run in (result, mixed))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
    assert list(one.columns) == [
        "radius_km",
        *list(REGIONS)[:2],
        *RANK_SETS,
        *list(REGIONS)[2:],
        *FURTHER,
        "geometry",
    ]
    assert one["radius_km"].is_monotonic_increasing


def test_a_radius_at_which_nothing_is_dense_has_no_rows(result: Result) -> None:
    sparse = replace(result, settings=DENSE.replace(min_addresses=10**6))
    assert sweep_radii(sparse, radii_km=[2.0]).empty
    assert set(sweep_radii(sparse, radii_km=[2.0, 15.0])["radius_km"]) == {15.0}


def test_a_radius_that_is_no_length_is_refused(result: Result) -> None:
    with pytest.raises(ValueError, match=r"Invalid radius_km -1\. Must be"):
        sweep_radii(result, radii_km=[-1])


@pytest.mark.parametrize("changes", [{"radius_km": [20]}, {"counting": ["full"]}])
def test_regions_of_one_rank_stand_as_in_a_run_of_the_same_settings(changes: Any) -> None:
    spots = ((7.59, 47.56), (2.35, 48.86), (-0.12, 51.5))  # Basel, Paris, London
    rows = [
        (kind, *spot)
        for kind, many in (("patent", (3, 6, 3)), ("deal", (6, 3, 6)))
        for number, spot in zip(many, spots, strict=True)
        for _ in range(number)
    ]
    table = pd.DataFrame(rows, columns=["kind", "lon", "lat"])
    base = gii_geo.find_regions(table, Settings(min_addresses=2))
    other = base.again(**{name: value for name, (value,) in changes.items()})
    swept = gii_geo.sweep_settings(base, **changes)
    assert swept["name"].tolist() == other.regions["name"].tolist()
