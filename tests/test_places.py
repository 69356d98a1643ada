"""The packaged places, and which district belongs to which city."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.places import GEONAMES_CREDIT, find_place, read_places
from gii_geo.tables import InputError


@pytest.fixture(scope="module")
def places() -> pd.DataFrame:
    return read_places()


def city_of(places: pd.DataFrame, name: str, division: str) -> str:
    """Name the city of the biggest place of that name; `division` is its economy or US state."""
    named = places[(places["name"] == name)]
    named = named[(named["economy"] == division) | (named["state"] == division)]
    return str(places["name"][named["city"].iloc[0]])


@pytest.mark.parametrize(
    ("district", "division", "city"),
    [
        ("Manhattan", "NY", "New York City"),
        ("Brooklyn", "NY", "New York City"),
        ("Queens", "NY", "New York City"),
        ("Jamaica Plain", "MA", "Boston"),
        ("South Boston", "MA", "Boston"),
        ("Chuo", "JP", "Tokyo"),
        ("Shibuya", "JP", "Tokyo"),
        ("Setagaya", "JP", "Tokyo"),
        ("Wan Chai", "HK", "Hong Kong"),
        ("Kowloon", "HK", "Hong Kong"),
        ("New Territories", "HK", "Hong Kong"),
        ("Tuen Mun", "HK", "Hong Kong"),
        ("Woodlands", "SG", "Singapore"),
        ("Pudong", "CN", "Shanghai"),
        ("Bao'an", "CN", "Shenzhen"),
        ("Marylebone", "GB", "London"),
        ("Croydon", "GB", "London"),
        ("Paris 15 Vaugirard", "FR", "Paris"),
        ("Villeurbanne", "FR", "Lyon"),
        ("Kreuzberg", "DE", "Berlin"),
        ("Neihu", "TW", "Taipei"),
        ("Banqiao", "TW", "Taipei"),
        ("New Taipei City", "TW", "Taipei"),
        ("New Delhi", "IN", "Delhi"),
        ("West Jerusalem", "IL", "Jerusalem"),
        ("Santo António", "CN", "Macao"),
    ],
)
def test_a_district_folds_into_its_city(
    places: pd.DataFrame, district: str, division: str, city: str
) -> None:
    assert city_of(places, district, division) == city


@pytest.mark.parametrize(
    ("city", "division"),
    [
        *(("Yokohama", "JP"), ("Kawasaki", "JP"), ("Kobe", "JP"), ("Kyoto", "JP"), ("Sakai", "JP")),
        *(("Cambridge", "MA"), ("San Jose", "CA"), ("San Francisco", "CA"), ("Oakland", "CA")),
        *(("Sunnyvale", "CA"), ("Baltimore", "MD"), ("Newark", "NJ"), ("Suzhou", "CN")),
        *(("Guangzhou", "CN"), ("Shenzhen", "CN"), ("Dongguan", "CN"), ("Foshan", "CN")),
        *(("Incheon", "KR"), ("Suwon", "KR"), ("Hsinchu", "TW"), ("Taoyuan", "TW")),
        *(("Rotterdam", "NL"), ("The Hague", "NL"), ("Utrecht", "NL"), ("Delft", "NL")),
        *(("Jerusalem", "IL"), ("Tel Aviv", "IL"), ("Mulhouse", "FR"), ("Johor Bahru", "MY")),
        *(("Mannheim", "DE"), ("Heidelberg", "DE"), ("Bonn", "DE"), ("Düsseldorf", "DE")),
        *(("Macao", "MO"), ("Zhuhai", "CN"), ("Espoo", "FI"), ("Antwerp", "BE"), ("Lund", "SE")),
    ],
)
def test_a_city_of_its_own_standing_stays(places: pd.DataFrame, city: str, division: str) -> None:
    assert city_of(places, city, division) == city


def test_every_city_is_its_own_city(places: pd.DataFrame) -> None:
    cities = places["city"].unique()
    assert (places["city"].to_numpy()[cities] == cities).all()


def test_rows_go_by_population_and_lie_on_the_globe(places: pd.DataFrame) -> None:
    assert places.index.equals(pd.RangeIndex(len(places)))
    assert places["population"].is_monotonic_decreasing
    assert places["population"].min() >= 5_000
    assert places["lon"].between(-180, 180).all()
    assert places["lat"].between(-90, 90).all()


def test_only_us_places_have_a_state(places: pd.DataFrame) -> None:
    assert (places["state"].notna() == (places["economy"] == "US")).all()
    assert places["state"].nunique() == 51


@pytest.mark.parametrize(
    "name",
    [
        *("Tokyo", "New York City", "Hong Kong", "London", "Paris", "Seoul", "Boston", "Munich"),
        *("Cologne", "Zurich", "Xi'an", "São Paulo", "Montréal", "Bengaluru", "Macao", "Geneva"),
    ],
)
def test_names_are_what_an_english_reader_expects(places: pd.DataFrame, name: str) -> None:
    assert (places["name"] == name).any()


def test_the_file_is_small_and_carries_its_credit() -> None:
    path = Path(gii_geo.__path__[0], "data", "places.parquet")
    metadata = pq.read_schema(path).metadata
    assert metadata[b"credit"].decode() == GEONAMES_CREDIT
    assert "CC BY 4.0" in GEONAMES_CREDIT
    assert path.stat().st_size < 1_500_000


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        *(("Zürich", "Zurich (CH)"), ("zurich", "Zurich (CH)"), ("ZÜRICH", "Zurich (CH)")),
        *(("St Gallen", "Sankt Gallen (CH)"), ("lodz", "Łódź (PL)"), ("Xian", "Xi'an (CN)")),
        *(("London", "London (GB)"), ("London, CA", "London (CA)"), ("london,ca", "London (CA)")),
        *(("Cambridge", "Cambridge (GB)"), ("Cambridge, US", "Cambridge (MA)")),
        *(("Cambridge, MA", "Cambridge (MA)"), ("Washington, DC", "Washington (DC)")),
        *(("Cambridge (MA)", "Cambridge (MA)"), ("london (gb)", "London (GB)")),
        *(("New York", "New York City (NY)"), ("Frankfurt", "Frankfurt am Main (DE)")),
        *(
            ("Frankfurt (Oder)", "Frankfurt (Oder) (DE)"),
            ("Misato, Saitama", "Misato, Saitama (JP)"),
        ),
        *(("Windhoek, NA", "Windhoek (NA)"), ("Berlin, NH", "Berlin (NH)")),
    ],
)
def test_a_place_is_found_by_its_name(asked: str, found: str) -> None:
    assert str(find_place(asked)) == found


def test_a_place_found_lies_where_the_table_says(places: pd.DataFrame) -> None:
    row = places[places["name"] == "Basel"].iloc[0]
    assert find_place("basel")[:3] == (row["lon"], row["lat"], "Basel")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("Baasel", r"near it are Basel \(CH\)"),
        ("Berlin, FR", r"near it are Berlin \(DE\), Berlín \(SV\)"),
        ("qqqqq", "none has a name like it"),
        ("", "none has a name like it"),
        ("?", "none has a name like it"),
    ],
)
def test_a_place_that_is_not_known_is_refused_with_the_nearest_names(asked: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"Invalid place .* Must be one of 5,000 people.*{hint}"):
        find_place(asked)
