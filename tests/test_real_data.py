"""A real world-wide run: what the published ranking joins is joined here too, and nothing more."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import same_partition
from sklearn.cluster import DBSCAN

import gii_geo
from gii_geo import Settings, project
from gii_geo.regions.cluster import cluster_locations
from gii_geo.regions.cluster.dbscan import dbscan
from gii_geo.regions.density import find_minimum, weigh_density
from gii_geo.result import Result
from gii_geo.tables import KINDS, RECORD_UNITS

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

MIN_SHARE = 1e-4

CITIES = {
    "Shenzhen": (114.06, 22.54),
    "Hong Kong": (114.17, 22.32),
    "Guangzhou": (113.26, 23.13),
    "Tokyo": (139.69, 35.69),
    "Yokohama": (139.64, 35.44),
    "San Jose": (-121.89, 37.34),
    "San Francisco": (-122.42, 37.77),
    "Osaka": (135.50, 34.69),
    "Kyoto": (135.77, 35.01),
    "Kobe": (135.18, 34.69),
    "Boston": (-71.06, 42.36),
    "Cambridge": (-71.11, 42.37),
    "Washington": (-77.04, 38.91),
    "Baltimore": (-76.61, 39.29),
    "Singapore": (103.82, 1.30),
    "Johor Bahru": (103.76, 1.49),
    "Basel": (7.59, 47.56),
    "Mulhouse": (7.34, 47.75),
    "Seoul": (126.98, 37.57),
    "Incheon": (126.71, 37.46),
    "Tel Aviv": (34.78, 32.08),
    "Jerusalem": (35.21, 31.77),
    "Shanghai": (121.47, 31.23),
    "Suzhou": (120.62, 31.30),
}
TOGETHER = {
    ("Shenzhen", "Hong Kong"): {"CN", "HK"},
    ("Tokyo", "Yokohama"): {"JP"},
    ("San Jose", "San Francisco"): {"US"},
    ("Osaka", "Kyoto", "Kobe"): {"JP"},
    ("Boston", "Cambridge"): {"US"},
    ("Washington", "Baltimore"): {"US"},
    ("Singapore", "Johor Bahru"): {"SG", "MY"},
    ("Basel", "Mulhouse"): {"CH", "FR"},
    ("Seoul", "Incheon"): {"KR"},
    ("Tel Aviv", "Jerusalem"): {"IL"},
}
APART = [("Guangzhou", "Shenzhen"), ("Shanghai", "Suzhou"), ("Seoul", "Tokyo")]


@pytest.fixture(scope="module")
def result(real_world: gii_geo.World) -> Result:
    """Run the method at 15 km, no merging by gaps, on city-level and record-level addresses."""
    settings = Settings(min_share=MIN_SHARE, gap_km=0)
    return gii_geo.find_regions(real_world, settings)


def find_nearest(locations: pd.DataFrame, city: str, column: str) -> object:
    """Give the cluster or region of the location nearest to a city that is in one."""
    inside = locations.dropna(subset=column)
    xyz = project.to_geocentric(inside["lon"], inside["lat"])
    metres = np.linalg.norm(xyz - project.to_geocentric(*[[x] for x in CITIES[city]]), axis=1)
    assert metres.min() < 10_000, f"no dense location near {city}"
    return inside[column].iloc[int(metres.argmin())]


@pytest.mark.parametrize("cities", TOGETHER, ids="-".join)
def test_cities_that_wipo_prints_as_one_are_one_region_with_its_economies(
    cities: tuple[str, ...], result: Result
) -> None:
    (region_id,) = {find_nearest(result.locations, city, "region_id") for city in cities}
    region = result.regions.set_index("region_id").loc[region_id]
    assert TOGETHER[cities] <= set(region["economies"].split(";"))


@pytest.mark.parametrize("cities", APART, ids="-".join)
def test_cities_with_a_gap_of_data_between_them_are_not_forced_together(
    cities: tuple[str, str], result: Result
) -> None:
    first, second = (find_nearest(result.locations, city, "region_id") for city in cities)
    assert first != second


def test_there_are_as_many_regions_with_as_much_of_the_activity_as_measured(
    result: Result,
) -> None:
    assert len(result.regions) == 509
    assert result.activity_share == pytest.approx(0.948, abs=5e-4)


def test_every_row_and_record_is_accounted_for(result: Result) -> None:
    assert result.accounts.is_exact()
    kinds = result.accounts.kinds
    assert kinds["rows"].to_dict() == {"patent": 27_007, "publication": 342_234, "deal": 3_685}
    assert kinds.loc["publication", "rows_located"] == 309_774
    assert kinds["records"].to_dict() == {"patent": 772_004, "publication": 80_973, "deal": 68_160}
    assert result.accounts.reasons["reason"].tolist() == ["no coordinates"]


def test_the_publications_are_split_as_a_slow_count_splits_them(
    result: Result, real_files: dict[str, Any]
) -> None:
    rows = pd.read_parquet(real_files["addresses"]["publication"])
    weight = 1 / rows.groupby("record_id")["record_id"].transform("size")
    placed = weight[rows["lon"].notna()].sum()
    kinds = result.accounts.kinds.loc["publication"]
    units = kinds["units_in_regions"] + kinds["units_outside_regions"]
    assert units / RECORD_UNITS == pytest.approx(placed, rel=1e-9)


def test_what_lacks_a_mapped_column_is_told(result: Result) -> None:
    notes = " ".join(result.provenance["notes"])
    assert "publications_paperlists.parquet: no column n, so count is left out" in notes
    assert "patents_uspto2013.parquet: no record_id occurs twice and n is above 1" in notes


def test_core_locations_and_their_clusters_are_scikit_learn_s(result: Result) -> None:
    locations = result.locations
    weight = weigh_density(locations, density_weight="balanced").to_numpy()
    minimum = find_minimum(locations, density_weight="balanced", min_share=MIN_SHARE)
    lon, lat = locations["lon"].to_numpy(), locations["lat"].to_numpy()
    cluster, core = dbscan(lon, lat, weight, radius_m=15_000, min_weight=minimum)
    model = DBSCAN(eps=15_000, min_samples=minimum)
    model.fit(project.to_geocentric(lon, lat), sample_weight=weight.astype(float))
    theirs = np.zeros(len(locations), dtype=bool)
    theirs[model.core_sample_indices_] = True
    assert (core == theirs).all()
    assert same_partition(cluster[core], model.labels_[core])
    assert cluster.tolist() == locations["cluster"].fillna(-1).tolist()
    assert ((cluster >= 0) == (model.labels_ >= 0)).all()


def test_at_13_km_shenzhen_and_hong_kong_fall_apart(result: Result) -> None:
    locations = pd.DataFrame(result.locations.drop(columns=["geometry", "cluster"]))
    locations["density_weight"] = weigh_density(locations, density_weight="balanced")
    minimum = find_minimum(locations, density_weight="balanced", min_share=MIN_SHARE)
    for radius_km, apart in ((13, True), (15, False)):
        found = cluster_locations(locations, radius_km=radius_km, min_weight=minimum)
        placed = locations.assign(cluster=found)
        first, second = (
            find_nearest(placed, city, "cluster") for city in ("Shenzhen", "Hong Kong")
        )
        assert (first != second) == apart


def test_outlines_hold_their_own_locations_and_no_others(result: Result) -> None:
    own = result.locations.dropna(subset="region_id")
    joined = own.sjoin(result.regions[["region_id", "geometry"]], predicate="intersects")
    assert len(joined) == len(own)
    assert (joined["region_id_left"] == joined["region_id_right"]).all()
    assert result.regions.is_valid.all()


def test_the_shares_of_all_regions_and_the_rest_make_one(result: Result) -> None:
    for kind in KINDS:
        kinds = result.accounts.kinds.loc[kind]
        rest = kinds["units_outside_regions"] + kinds["units_unlocated"] + kinds["units_undivided"]
        share = result.regions[f"{kind}_share"].sum() + rest / RECORD_UNITS / kinds["records"]
        assert share == pytest.approx(1, rel=1e-12)


def test_the_ten_pairs_stay_together_or_part_as_measured(result: Result) -> None:
    pairs = [(CITIES[cities[0]], CITIES[cities[-1]]) for cities in TOGETHER]
    stability = result.stability(draws=10, pairs=pairs)
    names = ["–".join((cities[0], cities[-1])) for cities in TOGETHER]
    together = dict(zip(names, stability.pairs["together"], strict=True))
    assert together["Boston–Cambridge"] == 1
    assert min(together.values()) < 1
