"""Text to places: what a reader of an atlas would say, and never a guess across a border."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gii_geo.geocode import geocode_addresses, load
from gii_geo.geocode.names import (
    economy_codes,
    reach_of,
    read_economy,
    read_region,
    region_labels,
)
from gii_geo.geocode.parse import Reading, read_address
from gii_geo.geocode.text import fold, split_words
from gii_geo.project import to_geocentric

DATA = Path(load.__file__).parents[1] / "data"
SAME_KM = 15.0


def geocode(**fields: str) -> pd.Series:
    """Geocode one address."""
    return geocode_addresses(pd.DataFrame({name: [text] for name, text in fields.items()})).iloc[0]


def measure_km(lon: float, lat: float, found: pd.Series) -> float:
    """Measure how far off an address was placed; the chord is the arc at such distances."""
    xyz = to_geocentric([lon, found["lon"]], [lat, found["lat"]])
    return float(np.linalg.norm(xyz[0] - xyz[1]) / 1000)


def read_rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Hsin-Chu", "Hsinchu"), ("HSIN CHU", "Hsinchu"), ("Tel-Aviv", "Tel Aviv")),
        *(("St. Gallen", "Sankt Gallen"), ("Saint-Étienne", "St Etienne"), ("Xi’an", "Xi'an")),
        *(
            ("São Paulo", "Sao Paulo"),
            ("Łódź", "Lodz"),
            ("Ærø", "Aero"),
            ("Diyarbakır", "Diyarbakir"),  # noqa: RUF001
        ),
        *(("Ft. Worth", "Fort Worth"), ("Mt. Vernon", "Mount Vernon"), ("Gießen", "Giessen")),
    ],
)
def test_two_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_a_key_is_its_words_joined_and_folding_it_again_changes_nothing(text: str) -> None:
    assert fold(text) == "".join(split_words(text))
    assert fold(fold(text)) == fold(text)


# Economies and regions


@pytest.mark.parametrize(
    ("text", "economy"),
    [
        *(("US", "US"), ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US")),
        *(("UK", "GB"), ("England", "GB"), ("Scotland", "GB"), ("Wales", "GB")),
        *(("North Ireland", "GB"), ("Northern Ireland", "GB"), ("Great Britain", "GB")),
        *(("Peoples R China", "CN"), ("P. R. China", "CN"), ("PR China", "CN"), ("CHN", "CN")),
        *(("People's Republic of China", "CN"), ("People?s Republic of China", "CN")),
        *(("Republic of China", "TW"), ("Taiwan, R.O.C.", "TW"), ("TWX", "TW"), ("TW", "TW")),
        *(("South Korea", "KR"), ("Korea, Republic of", "KR"), ("Republic of Korea", "KR")),
        *(("Democratic People's Republic of Korea", "KP"), ("KRX", "KR"), ("JPX", "JP")),
        *(("U Arab Emirates", "AE"), ("UAE", "AE"), ("Islamic Republic of Iran", "IR")),
        *(("Deutschland", "DE"), ("Fed Rep Ger", "DE"), ("DD", "DE"), ("DEX", "DE")),
        *(("Brasil", "BR"), ("España", "ES"), ("日本", "JP"), ("中国", "CN"), ("Россия", "RU")),
        *(("The Netherlands", "NL"), ("Holland", "NL"), ("Viet Nam", "VN"), ("Turkiye", "TR")),
        *(("Hong Kong", "HK"), ("Macau", "MO"), ("EL", "GR"), ("NA", "NA"), ("ROM", "RO")),
        *(("LUX", "LU"), ("MEX", "MX"), ("Georgia", "GE"), ("Côte d'Ivoire", "CI")),
    ],
)
def test_a_country_is_read_in_every_suppliers_spelling(text: str, economy: str) -> None:
    assert read_economy(text) == (economy,)


@pytest.mark.parametrize("text", ["", "Atlantis", "XX", "omitted", "Neverland"])
def test_a_country_that_is_none_is_not_read(text: str) -> None:
    assert read_economy(text) == ()


def test_a_state_that_is_no_more_stands_for_its_successors() -> None:
    assert {"RU", "UA", "KZ"} <= set(read_economy("USSR")) == set(read_economy("SU"))
    assert {"CZ", "SK"} == set(read_economy("Czechoslovakia"))


def test_every_code_of_two_letters_is_its_own_economy() -> None:
    official = [row for row in read_rows("economy_names.csv") if row["source"].endswith("alpha-2")]
    assert len(official) == 249
    assert all(row["economies"] == row["name"] for row in official)
    assert all(read_economy(row["name"]) == (row["name"],) for row in official)


def test_every_name_in_the_table_is_read_as_the_table_says() -> None:
    rows = read_rows("economy_names.csv")
    assert [read_economy(row["name"]) for row in rows] == [
        tuple(row["economies"].split(";")) for row in rows
    ]


@pytest.mark.parametrize(
    ("text", "economy", "label"),
    [
        *(
            ("MA", "US", "Massachusetts"),
            ("Calif.", "US", "California"),
            ("N.Y.", "US", "New York"),
        ),
        *(("ON", "CA", "Ontario"), ("PQ", "CA", "Quebec"), ("NSW", "AU", "New South Wales")),
        *(("Bayern", "DE", "Bavaria"), ("Catalunya", "ES", "Catalonia"), ("SP", "BR", "São Paulo")),
        *(("Kanagawa-ken", "JP", "Kanagawa"), ("Guangdong Province", "CN", "Guangdong")),
        *(("Kyungki-do", "KR", "Gyeonggi-do"), ("Lombardia", "IT", "Lombardy")),
    ],
)
def test_a_region_is_read_by_code_and_by_name(text: str, economy: str, label: str) -> None:
    assert {region_labels()[region] for region in read_region(text, (economy,))} == {label}


def test_a_region_of_another_economy_is_not_read() -> None:
    assert read_region("MA", ("MX",)) == frozenset()
    assert read_region("Bavaria", ("AT",)) == frozenset()


def test_economies_reach_only_to_economies() -> None:
    rows = read_rows("economy_reach.csv")
    codes = {code for code in economy_codes() if len(code) == 2} | {"XK"}
    assert {row["economy"] for row in rows} | {row["also"] for row in rows} <= codes
    assert all(row["why"] and row["economy"] != row["also"] for row in rows)
    assert reach_of(("CN",)) == {"HK", "MO", "TW"}
    assert reach_of(("DE",)) == frozenset()


# Reading an address in one text


@pytest.mark.parametrize(
    ("text", "economy", "region", "city"),
    [
        ("Cambridge, MA 02139, USA", "US", "US.MA", "cambridge"),
        ("MIT, Cambridge, MA 02139 USA", "US", "US.MA", "cambridge"),
        ("Univ Oxford, Dept Phys, Oxford OX1 3PU, England", "GB", "GB.ENG", "oxford"),
        ("Inst Astron, Cambridge CB3 0HA", "GB", None, "cambridge"),
        ("Univ Sao Paulo, BR-05508 Sao Paulo, SP, Brazil", "BR", "BR.27", "sao paulo"),
        ("Xi’an, Shaanxi 710072, P. R. China", "CN", "CN.26", "xian"),
        ("Dept Urol, 75005 Paris, France. E-mail: someone@univ.fr", "FR", None, "paris"),
        ("Physics Dept #TAB#, UCLA, Los Angeles CA#TAB#", "US", "US.CA", "los angeles"),
        ("Princeton, N. J.", "US", "US.NJ", "princeton"),
        ("清华大学，北京 100084，中国", "CN", None, "北京"),  # noqa: RUF001
        ("Chinese Univ Hong Kong, Shatin, Hong Kong, Peoples R China", "HK", None, "shatin"),
    ],
)
def test_the_end_of_an_address_says_where_it_is(
    text: str, economy: str, region: str | None, city: str
) -> None:
    (reading,) = read_address(text, Reading())
    assert reading.economies == (economy,)
    assert reading.regions == (frozenset({region}) if region else frozenset())
    names = [segment.words for segment in reading.segments] + list(reading.named)
    assert tuple(city.split()) in names


def test_georgia_is_read_as_the_country_and_as_the_state() -> None:
    readings = read_address("Atlanta, Georgia", Reading())
    assert [reading.economies for reading in readings] == [("GE",), ("US",)]


# Places, by the atlas: lon and lat in degrees


@pytest.mark.parametrize(
    ("city", "region", "country", "lon", "lat"),
    [
        ("München", "", "DE", 11.58, 48.14),
        ("Muenchen", "", "DE", 11.58, 48.14),
        ("MUNCHEN", "", "Germany", 11.58, 48.14),
        ("Köln", "", "DEU", 6.96, 50.94),
        ("Cologne", "", "Fed Rep Ger", 6.96, 50.94),
        ("北京", "", "中国", 116.40, 39.91),
        ("Peking", "", "CN", 116.40, 39.91),
        ("Beijing 100084", "", "CN", 116.40, 39.91),
        ("Москва", "", "RU", 37.62, 55.75),
        ("S-Petersburg", "", "RU", 30.32, 59.94),
        ("Moscow", "Moscow Oblast", "RU", 37.62, 55.75),
        ("St. Gallen", "", "CH", 9.38, 47.42),
        ("Sankt Gallen", "SG", "CH", 9.38, 47.42),
        ("Den Haag", "", "NL", 4.31, 52.08),
        ("Hsin-Chu", "", "TW", 120.97, 24.80),
        ("Taipei Hsien", "", "TW", 121.46, 25.01),
        ("Chung-Li", "", "TW", 121.22, 24.96),
        ("Hong Kong", "", "CN", 114.17, 22.30),
        ("Kowloon", "", "Peoples R China", 114.18, 22.32),
        ("San Juan", "PR", "US", -66.11, 18.47),
        ("Washington", "DC", "US", -77.04, 38.91),
        ("Washington", "", "US", -77.04, 38.91),
        ("New York", "NY", "US", -74.01, 40.71),
        ("Mt. Lawley, W.A.", "", "AU", 115.87, -31.93),
        ("Cambridge, MA 02139, USA", "", "", -71.11, 42.37),
        ("Portland, Maine", "", "", -70.26, 43.66),
        ("Atlanta, Georgia", "", "", -84.39, 33.75),
        ("Tbilisi, Georgia", "", "", 44.79, 41.72),
        ("Springfield", "Illinois", "USA", -89.65, 39.80),
        ("Halle", "", "DE", 11.97, 51.48),
        ("Frankfurt", "", "DE", 8.68, 50.11),
        ("Suwon-si", "Gyeonggi-do", "KR", 127.01, 37.29),
        ("Seongnam", "", "KR", 127.14, 37.44),
        ("Bombay", "", "IN", 72.88, 19.07),
        ("I 31044 Montebelluna", "", "IT", 12.05, 45.78),
        ("3723 GB Bilthoven", "", "NL", 5.20, 52.13),
        ("Abano Terme-Padova", "", "IT", 11.79, 45.36),
        ("Biel/Bienne", "", "CH", 7.24, 47.14),
        ("North Billerica", "MA", "US", -71.29, 42.58),
        ("Yokohama-shi, Kanagawa", "", "JP", 139.64, 35.44),
        ("Paris, France", "", "", 2.35, 48.86),
        ("Sophia Antipolis", "", "FR", 7.05, 43.62),
        ("Singapore", "", "SG", 103.85, 1.29),
        ("Columbia", "Wash", "US", -120.05, 46.6),
    ],
)
def test_a_city_is_where_the_atlas_has_it(
    city: str, region: str, country: str, lon: float, lat: float
) -> None:
    found = geocode(city=city, region=region, country=country)
    if region == "Wash":  # there is none: the state's middle, and it says so
        assert found["precision"] == "region"
        return
    assert found["precision"] == "city"
    assert measure_km(lon, lat, found) < SAME_KM
