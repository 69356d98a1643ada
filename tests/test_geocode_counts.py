"""The geocoder counts and does not guess: divisions, economies and scripts, kind by kind."""

import csv
import json
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

import gii_geo
from gii_geo.cli import app
from gii_geo.records.geocode import geocode_addresses, geocode_table
from gii_geo.records.geocode.load import read_gazetteer
from gii_geo.records.geocode.names import division_labels, read_economy
from gii_geo.records.geocode_options import GeocodeOptions
from gii_geo.tables import InputError

FORMS = Path(__file__).parent / "economy_forms.csv"
DATA = Path(gii_geo.__path__[0], "data")


def geocode(address: str = "", **fields: str) -> pd.Series:
    """Geocode one address."""
    row = fields | ({"address": address} if address else {})
    return geocode_addresses(pd.DataFrame({name: [text] for name, text in row.items()})).iloc[0]


def is_at(found: pd.Series, lon: float, lat: float) -> bool:
    """Tell whether an address was placed within about 15 km."""
    near = np.hypot((found["lon"] - lon) * np.cos(np.radians(lat)), found["lat"] - lat) < 0.14
    return found["precision"] == "city" and bool(near)


# A town that is not known is not the city its division is named after


@pytest.mark.parametrize(
    ("division", "country"),
    [
        *(("New York", "USA"), ("São Paulo", "Brazil"), ("Rio de Janeiro", "Brazil")),
        *(("Quebec", "Canada"), ("Puebla", "Mexico"), ("Kyoto", "Japan"), ("Jilin", "China")),
        *(("Salzburg", "Austria"), ("Zurich", "Switzerland"), ("Bern", "Switzerland")),
        *(("Utrecht", "Netherlands"), ("Madrid", "Spain"), ("Córdoba", "Argentina")),
    ],
)
def test_an_unknown_town_is_not_the_city_of_its_division(division: str, country: str) -> None:
    for found in (
        geocode(city="Qwertyville", division=division, country=country),
        geocode(city=f"Qwertyville, {division}", country=country),
        geocode(f"Foo Inst, Qwertyville, {division}, {country}"),
        geocode(f"Qwertyville, {division}, {country}"),
        geocode(f"Univ {division}, Qwertyville 12345, {division}, {country}"),
    ):
        assert found["precision"] == "division"


@pytest.mark.parametrize(
    "address",
    [
        *("Rockefeller Univ, New York, USA", "Kyoto Univ, Kyoto, Japan", "Univ Bern, Bern, CHE"),
        *("Univ Sao Paulo, Sao Paulo, Brazil", "Sony, Tokyo, Japan", "Univ Zurich, Zurich, CHE"),
    ],
)
def test_a_city_that_its_division_is_named_after_is_still_found(address: str) -> None:
    assert geocode(address)["precision"] == "city"


@pytest.mark.parametrize(
    ("address", "precision"),
    [
        ("Univ Quintana Roo, Mexico", "division"),  # no village of that name in another state
        ("Foo Inst, Qwertyville, Mexico", "none"),
        ("Foo Inst, Mexico", "none"),
        ("Foo Inst, Guatemala", "none"),
        ("Univ Luxembourg, Luxembourg", "city"),
        ("Natl Univ Singapore, Singapore", "city"),
        ("Foo Inst, Qwertyville, Berlin, Germany", "city"),  # all of it is within 25 km
    ],
)
def test_a_country_is_not_its_capital_unless_most_live_there(address: str, precision: str) -> None:
    if precision == "division":
        assert geocode(address)["precision"] in ("division", "none")
    else:
        assert geocode(address)["precision"] == precision


# Divisions as they were


@pytest.mark.parametrize(
    ("city", "division", "country", "lon", "lat"),
    [
        ("Hyderabad", "Andhra Pradesh", "India", 78.46, 17.38),
        ("Hyderabad", "AP", "India", 78.46, 17.38),
        ("Warangal", "Andhra Pradesh", "India", 79.59, 17.98),
        ("Ranchi", "Bihar", "India", 85.33, 23.34),
        ("Jamshedpur", "Bihar", "India", 86.18, 22.80),
        ("Dehradun", "Uttar Pradesh", "India", 78.03, 30.32),
        ("Roorkee", "Uttar Pradesh", "India", 77.89, 29.87),
        ("Raipur", "Madhya Pradesh", "India", 81.63, 21.23),
        ("Chandigarh", "Punjab", "India", 76.79, 30.74),
        ("Chandigarh", "Haryana", "India", 76.79, 30.74),
        ("Shillong", "Assam", "India", 91.88, 25.57),
        ("Chongqing", "Sichuan", "China", 106.55, 29.56),
        ("Daejeon", "Chungcheongnam-do", "South Korea", 127.38, 36.35),
        ("Kuala Lumpur", "Selangor", "Malaysia", 101.69, 3.14),
        ("Tangerang", "West Java", "Indonesia", 106.63, -6.18),
        ("Basel", "Basel-Landschaft", "Switzerland", 7.57, 47.56),
        ("Moscow", "Moscow Oblast", "Russia", 37.62, 55.75),
        ("Reims", "Champagne-Ardenne", "France", 4.03, 49.25),
        ("Caen", "Basse-Normandie", "France", -0.36, 49.18),
        ("Brno", "", "Czechoslovakia", 16.61, 49.20),
        ("Zagreb", "", "Yugoslavia", 15.98, 45.81),
        ("Juba", "", "Sudan", 31.58, 4.85),
    ],
)
def test_a_city_is_found_under_the_division_that_it_was_in(
    city: str, division: str, country: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(city=city, division=division, country=country), lon, lat)
    parts = ("Foo Inst", f"{city} 500007", division, country)
    assert is_at(geocode(", ".join(filter(None, parts))), lon, lat)


def test_a_place_in_the_division_of_today_outweighs_one_a_little_bigger_in_the_former() -> None:
    found = geocode(city="Aurangabad", division="Bihar", country="IN")
    assert found["precision"] == "city"
    assert abs(found["lon"] - 84.37) < 0.2


def test_former_divisions_lie_in_the_gazetteer() -> None:
    with (DATA / "division_reach.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == sorted(rows, key=lambda row: (row["economy"], row["division"], row["also"]))
    labels, known = division_labels(), set(read_gazetteer().rows_of)
    for row in rows:
        assert f"{row['economy']}.{row['division']}" in labels
        assert f"{row['economy']}.{row['also']}" in known
        assert row["why"]
        assert row["division"] != row["also"]


# Territories


@pytest.mark.parametrize(
    ("address", "country", "economy"),
    [
        ("Univ Puerto Rico, San Juan, PR 00936 USA", "USA", "PR"),
        ("Univ Puerto Rico, San Juan, PR, USA", "USA", "PR"),
        ("Univ Puerto Rico, Mayaguez, PR 00681 USA", "USA", "PR"),
        ("Univ Guam, Mangilao, GU 96923 USA", "USA", "GU"),
        ("Univ Virgin Isl, Charlotte Amalie, VI 00802 USA", "USA", "VI"),
        ("Amer Samoa Community Coll, Pago Pago, AS 96799 USA", "USA", "AS"),
        ("No Marianas Coll, Saipan, MP 96950 USA", "USA", "MP"),
        ("Coll Marshall Isl, Majuro, MH 96960 USA", "USA", "MH"),
        ("Eastern Mediterranean Univ, Famagusta, North Cyprus, Mersin 10, Turkey", "Turkey", "CY"),
        ("Near East Univ, TR-99138 Nicosia, Mersin 10, Turkey", "Turkey", "CY"),
        ("Univ Kyrenia, Girne, TRNC", "TRNC", "CY"),
        ("Cyprus Int Univ, Nicosia, Northern Cyprus", "Northern Cyprus", "CY"),
        ("Univ Antilles, Pointe A Pitre, Guadeloupe, France", "France", "GP"),
        ("Univ La Reunion, St Denis, La Reunion, France", "France", "RE"),
        ("IRD, Noumea, New Caledonia, France", "France", "NC"),
        ("CUHK, Shatin, HK, China", "China", "HK"),
        ("Univ Hong Kong, Pokfulam, Hong Kong SAR, China", "China", "HK"),
        ("Univ Macau, Taipa, Macao SAR, China", "China", "MO"),
        ("Natl Tsing Hua Univ, Hsinchu, Taiwan, Province of China", "Province of China", "TW"),
    ],
)
def test_a_territory_is_found_as_it_is_written(address: str, country: str, economy: str) -> None:
    for found in (geocode(address), geocode(address=address, country=country)):
        assert (found["precision"], found["economy"]) == ("city", economy)


@pytest.mark.parametrize(
    ("city", "code"),
    [
        *(("San Juan", "PR"), ("Hagatna", "GU"), ("Christiansted", "VI"), ("Pago Pago", "AS")),
        *(("Saipan", "MP"), ("Koror", "PW")),
    ],
)
def test_a_territory_stands_as_a_state_of_the_united_states(city: str, code: str) -> None:
    for fields in ({"city": city, "division": code}, {"city": f"{city}, {code}"}):
        found = geocode(**fields, country="US")
        assert (found["precision"], found["economy"]) == ("city", code)


# Names of economies


def list_forms() -> list[tuple[str, str]]:
    """List the names of economies as ISO, UN, World Bank, OECD and others write them."""
    with FORMS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (form, row["economy"])
        for row in rows
        for form in (row["iso"], row["full"], row["world_bank"], *row["others"].split(";"))
        if form
    ]


def test_every_member_of_the_united_nations_is_read_in_every_form() -> None:
    forms = list_forms()
    members = [economy for _, economy in forms]
    assert len(dict.fromkeys(members[: members.index("VA")])) == 193
    wrong = [(form, economy) for form, economy in forms if read_economy(form) != (economy,)]
    assert wrong == []


@pytest.mark.parametrize(
    "change",
    [
        *(str.upper, str.lower, lambda form: form.replace(" and ", " & ")),
        *(lambda form: form.removeprefix("the "), lambda form: f" {form} "),
    ],
)
def test_letter_case_and_small_words_do_not_matter(change: object) -> None:
    wrong = [
        (form, economy)
        for form, economy in list_forms()
        if read_economy(change(form)) != (economy,)  # type: ignore[operator]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["Atlantis", "Republic of", "the", "Rep.", "Atlantis, Republic of", "of the"]
)
def test_what_is_no_economy_is_read_as_none(text: str) -> None:
    assert read_economy(text) == ()


@pytest.mark.parametrize(
    ("address", "economy"),
    [
        ("Univ Kinshasa, Kinshasa, Congo (the Democratic Republic of the)", "CD"),
        ("Univ Kinshasa, Kinshasa, Congo, Dem. Rep.", "CD"),
        ("Seoul Natl Univ, Seoul, Korea (the Republic of)", "KR"),
        ("Kim Il Sung Univ, Pyongyang, Korea, Dem. People's Rep.", "KP"),
        ("Univ Tehran, Tehran, Iran (Islamic Republic of)", "IR"),
        ("UCL, London, United Kingdom of Great Britain and Northern Ireland", "GB"),
        ("Univ Mayor San Simon, Cochabamba, Bolivia (Plurinational State of)", "BO"),
    ],
)
def test_an_address_ends_in_a_name_with_brackets_or_commas(address: str, economy: str) -> None:
    found = geocode(address)
    assert (found["precision"], found["economy"]) == ("city", economy)


# Chinese, Japanese and Korean addresses


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("广东省深圳市南山区科技园1号", 114.06, 22.54),
        ("中国广东省深圳市南山区", 114.06, 22.54),
        ("广东深圳市南山区", 114.06, 22.54),
        ("深圳市南山区科技园", 114.06, 22.54),
        ("清华大学, 北京市海淀区, 中国", 116.29, 39.97),
        ("浙江省杭州市西湖区浙大路38号 浙江大学", 120.16, 30.29),
        ("広島県広島市中区", 132.46, 34.39),
        ("東京都千代田区丸の内1-1", 139.75, 35.69),
        ("〒113-8654 東京都文京区本郷7-3-1 東京大学", 139.73, 35.70),
        ("神奈川県横浜市港北区日吉", 139.64, 35.44),
        ("서울특별시 강남구 테헤란로 123", 126.98, 37.57),
        ("대한민국 서울 강남구", 126.98, 37.57),
        ("경기도 수원시 영통구 삼성로 129", 127.01, 37.29),
        ("경북 포항시 남구", 129.36, 36.03),
        ("Nanshan District, Shenzhen, Guangdong", 114.06, 22.54),
        ("Minato-ku, Tokyo", 139.75, 35.66),
        ("Gangnam-gu, Seoul", 126.98, 37.57),
        ("Suwon-si, Gyeonggi-do", 127.01, 37.29),
        ("Gyeonggi-do, Suwon-si, Yeongtong-gu", 127.01, 37.29),
        ("Kohoku-ku, Yokohama-shi, Kanagawa", 139.64, 35.44),
        ("Haidian District, Beijing", 116.29, 39.97),
    ],
)
def test_an_east_asian_address_is_read_from_either_end(
    address: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(address), lon, lat)


@pytest.mark.parametrize(
    ("city", "division", "country", "lon", "lat"),
    [
        ("南山区", "广东省", "CN", 113.93, 22.53),
        ("강남구", "서울특별시", "KR", 126.98, 37.57),
        ("Gangnam-gu", "Seoul", "KR", 126.98, 37.57),
        ("Haeundae-gu", "Busan", "KR", 129.04, 35.10),
        ("横浜市港北区", "神奈川県", "JP", 139.64, 35.44),
    ],
)
def test_a_district_is_found_in_the_city_that_is_its_division(
    city: str, division: str, country: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(city=city, division=division, country=country), lon, lat)


# The least confidence, and the other options


def place(**options: object) -> list[str | None]:
    """Place a sure town, one with many homonyms, and none: the problems."""
    towns, countries = ["Kyoto", "Springfield", "Zzyzx"], ["JP", "US", "US"]
    rows = pl.LazyFrame({"city": towns, "country": countries})
    placed = geocode_table(nw.from_native(rows), **options).sort("city").collect().to_native()  # type: ignore[arg-type]
    assert placed["lon"].is_null().to_list() == [one is not None for one in placed["problem"]]
    return placed["problem"].to_list()


def test_a_place_below_the_least_confidence_is_a_reject_of_its_own() -> None:
    assert place() == [None, "place not sure enough", "place not found"]
    assert place(min_confidence=0) == [None, None, "place not found"]
    assert place(min_confidence=1) == place()


@pytest.mark.parametrize("value", [-0.1, 1.5, "much", True, float("nan")])
def test_a_confidence_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"Invalid min_confidence .* Must be a number from 0 to 1"):
        GeocodeOptions.choose({"min_confidence": value})


def test_an_option_that_the_geocoder_does_not_have_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"Invalid geocode option minimum\. Must be one of min_con"
    ):
        GeocodeOptions.choose({"minimum": 1})
    with pytest.raises(InputError, match=r"Invalid file none\.csv of the geocoder\. Must be a CSV"):
        GeocodeOptions.choose({"gazetteer": "none.csv"})


def run(*words: object) -> dict[str, object]:
    """Run the command line and give what run.json tells, and the reasons of rejects."""
    done = CliRunner().invoke(app, ["run", *map(str, words)])
    assert done.exit_code == 0, done.output
    out = Path(words[words.index("--out") + 1])
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return told | {"reasons": set(pd.read_parquet(out / "rejects.parquet")["reason"].dropna())}


def test_the_command_line_reaches_the_geocoder(tmp_path: Path) -> None:
    towns = ["Kyoto", "Springfield", "Zzyzx"]
    countries = ["JP", "US", "US"]
    table = pd.DataFrame({"city": towns * 30, "country": countries * 30})
    table.to_csv(tmp_path / "a.csv", index=False)
    own = pd.DataFrame({"name": ["Zzyzx"], "lon": [-116.1], "lat": [35.14], "economy": ["US"]})
    own.to_csv(tmp_path / "own.csv", index=False)
    out = tmp_path / "out"
    given = ("--patents", tmp_path / "a.csv", "--min-addresses", 5, "--out", out)
    usual = run(*given, "--geocode")
    assert usual["reasons"] == {"place not sure enough", "place not found"}
    assert usual["options"]["geocode"]["min_confidence"] == 0.5  # type: ignore[index]
    low = run(*given, "--min-confidence", 0.1, "--gazetteer", tmp_path / "own.csv")
    assert low["reasons"] == set()
    assert [one["name"] for one in low["inputs"]] == ["a.csv", "own.csv"]  # type: ignore[index,attr-defined]


def test_the_least_confidence_reaches_a_suppliers_reader(tmp_path: Path) -> None:
    record = "PT J\nDT Article\nC1 [Doe, J] Foo Univ, Springfield, USA.\nPY 2012\nUT W:{}\nER\n\n"
    sure = record.replace("Springfield, USA", "Kyoto, Japan").replace("W:", "V:")
    text = "FN x\nVR 1.0\n" + "".join(record.format(n) + sure.format(n) for n in range(20)) + "EF\n"
    (tmp_path / "wos.txt").write_text(text, encoding="utf-8")
    given = ("--source", "web_of_science", "--publications", tmp_path / "wos.txt")
    given = (*given, "--min-addresses", 5, "--out", tmp_path / "out")
    assert run(*given)["reasons"] == {"place not sure enough"}
    assert run(*given, "--min-confidence", 0)["reasons"] == set()


# An institution's name, a street or a county is not where an address lies


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("Univ Hamburg, Bremerhaven, Germany", 8.58, 53.54),
        ("Semmelweis Univ Budapest, Szeged, Hungary", 20.14, 46.25),
        ("Université de Genève, Sion, Suisse", 7.36, 46.23),
        ("Universidad Antonio Nariño, Bogotá, Colombia", -74.08, 4.61),
        ("University of Tokyo, Kashiwa 277-8582, Japan", 139.97, 35.86),
        ("Univ X, Rue de Bruxelles 61, 5000 Namur, Belgium", 4.87, 50.47),
        ("Univ Hamburg, Eppendorf, Germany", 9.99, 53.55),  # a village in Saxony, too
        ("University of Missouri, Springfield, USA", -93.3, 37.2),  # not Springfield, MA
    ],
)
def test_a_town_behind_an_institution_lies_where_it_lies(
    address: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(address), lon, lat)


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("Inst X, 15236 Frankfurt (Oder), Germany", 14.55, 52.34),
        ("Inst X, Frankfurt/Oder, Germany", 14.55, 52.34),
        ("Univ X, Marburg (Lahn), Germany", 8.77, 50.81),  # Lahn is a village elsewhere
        ("Lab X, Frascati (Rome), Italy", 12.68, 41.81),
        ("Univ X (Lyon), France", 4.85, 45.75),
    ],
)
def test_what_stands_in_brackets_says_more_of_the_town_before(
    address: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(address), lon, lat)


@pytest.mark.parametrize("city", ["Gulou District, Nanjing", "Nanjing, Gulou District"])
def test_a_district_beside_its_city_is_not_a_town_elsewhere(city: str) -> None:
    assert is_at(geocode(city=city, country="CN"), 118.78, 32.06)


@pytest.mark.parametrize("city", ["Aki-gun", "Toyota-gun"])
def test_a_japanese_county_is_not_the_town_of_its_name(city: str) -> None:
    assert geocode(city=city, country="JP")["precision"] == "none"
    assert geocode(f"Foo Lab, {city}, Japan")["precision"] == "none"


def test_the_name_of_a_division_is_no_misspelt_town() -> None:
    assert geocode("Univ X, 11800 Penang, Malaysia")["precision"] != "city"  # Pendang, 70 km away


@pytest.mark.parametrize("tail", ["Ga.", "Ga. 30602", "Ga., U.S.A."])
def test_a_state_is_read_as_it_was_shortened_before_codes(tail: str) -> None:
    assert is_at(geocode(f"Univ of Georgia, Athens, {tail}"), -83.38, 33.95)


def test_a_place_in_a_territory_comes_behind_one_in_the_country_itself() -> None:
    assert geocode("Univ X, Plymouth, Somerset, UK")["economy"] == "GB"  # and not Bermuda
    assert geocode("Univ Guam, Mangilao, USA")["economy"] == "GU"


# A field and a text name two countries


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("IBM Research, Zurich, Switzerland", "US"),  # Zurich, Montana
        ("Lab X, Montreal, Canada", "FR"),  # Montréal, Aude
        ("Univ Cambridge, Cambridge, MA 02139 USA", "GB"),
        ("Nokia Bell Labs, Murray Hill, New Jersey", "FI"),
    ],
)
def test_a_place_is_not_sure_where_the_text_ends_in_another_country(
    address: str, country: str
) -> None:
    assert geocode(address, country=country)["confidence"] <= 0.4
    table = pd.DataFrame({"address": [address], "country": [country]})
    placed = geocode_table(nw.from_native(pl.from_pandas(table)).lazy()).collect().to_native()
    assert placed["problem"].to_list() == ["place not sure enough"]


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("MIT, Cambridge, MA, USA", "JP"),  # Usa is a city in Oita
        ("Hitachi America, Santa Clara, CA, U.S.A.", "JP"),
        ("Univ Oslo, Oslo, Norway", "US"),
        ("Univ Cairo, Cairo, Egypt", "US"),
        ("Univ Lima, Lima, Peru", "US"),
        ("Univ Bern, Bern, CH", "FR"),
        ("IIT, Delhi, IN", "CA"),
        ("Univ Toronto, Toronto, ON, Canada", "US"),
        ("Queens Univ, Belfast, N. Ireland", "US"),
    ],
)
def test_a_town_of_another_country_and_its_name_are_no_town_of_that_name(
    address: str, country: str
) -> None:
    assert geocode(address, country=country)["confidence"] <= 0.4


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("St John's Univ, Jamaica", "US"),  # in New York
        ("Univ X, Peru, Indiana", "US"),
        ("Dartmouth Hitchcock, Lebanon, NH", "US"),
        ("Via Roma 1, 20100 Milano, MI", "IT"),
        ("Univ Malaga, Malaga, MA", "ES"),
        ("Usa City Hosp, Usa, Oita", "JP"),
        ("Georgia Tech, Atlanta, Georgia", "US"),
        ("Queens Univ, Belfast, N. Ireland", "GB"),
        ("Inst X, Kiev, USSR", "UA"),
        ("Univ X, Simferopol, Ukraine", "RU"),
        ("Univ X, St Denis, France", "RE"),
        ("Univ X, Hong Kong, China", "HK"),
        ("Univ Oxford, Oxford, UK; ETH, Zurich, Switzerland", "GB"),
        ("Univ Oxford, Oxford, UK; ETH, Zurich, Switzerland", "CH"),
        ("Harvard, Cambridge, MA; ETH, Zurich, Switzerland", "US"),
    ],
)
def test_a_text_that_names_the_field_s_country_too_takes_no_confidence(
    address: str, country: str
) -> None:
    assert geocode(address, country=country)["confidence"] > 0.8


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("University of Rochester Medical Center, New York, USA", -77.61, 43.16),
        ("State University of New York at Buffalo, New York, USA", -78.88, 42.89),
        ("Syracuse University, New York, USA", -76.15, 43.05),
        ("Université du Québec à Montréal, Québec, Canada", -73.57, 45.5),
        ("Universidade Federal de São Carlos, São Paulo, Brazil", -47.89, -22.02),
        ("Universidad Nacional de Río Cuarto, Córdoba, Argentina", -64.35, -33.13),
        ("Hamamatsu University School of Medicine, Shizuoka, Japan", 137.73, 34.7),
        ("Laval University, Québec, Canada", -71.21, 46.81),  # Laval is a town in Québec, too
        ("Columbia University, New York, USA", -74.0, 40.71),
        ("Icahn School of Medicine at Mount Sinai, New York, USA", -74.0, 40.71),
        ("Universidade de São Paulo, São Paulo, Brazil", -46.64, -23.55),
    ],
)
def test_a_university_lies_in_the_town_of_its_name_where_only_the_division_is_told(
    address: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(address), lon, lat)


@pytest.mark.parametrize("city", ["Bogotá D.C.", "Bogotá, D.C.", "Bogota DC", "Bogotá"])
def test_a_capital_is_found_with_the_letters_of_its_district(city: str) -> None:
    assert is_at(geocode(f"Universidad Nacional de Colombia, {city}, Colombia"), -74.08, 4.61)
    assert is_at(geocode(city=city, country="CO"), -74.08, 4.61)


def test_santiago_is_found_with_its_region() -> None:
    found = geocode("Universidad de Chile, Santiago, Región Metropolitana, Chile")
    assert is_at(found, -70.65, -33.46)


@pytest.mark.parametrize(
    ("city", "country"),
    [
        *(("Ibaraki", "JP"), ("Mie", "JP"), ("Hunan", "CN"), ("Henan", "China"), ("Indiana", "US")),
        *(("Michigan", "US"), ("Sachsen", "DE"), ("Bretagne", "FR"), ("Morelos", "MX")),
        *(("La Rioja", "ES"), ("Parana", "BR"), ("Caldas", "CO"), ("California", "US")),
    ],
)
def test_a_division_in_the_place_of_the_city_is_no_town_elsewhere(city: str, country: str) -> None:
    found = geocode(city=city, country=country)
    assert found["precision"] == "division"
    assert found["confidence"] == 0.5


@pytest.mark.parametrize(
    ("city", "country", "lon", "lat"),
    [
        ("Washington", "US", -77.04, 38.9),
        ("Kansas City", "US", -94.58, 39.1),
        ("Ontario", "US", -117.65, 34.06),  # no state there
        ("Mexico City", "MX", -99.13, 19.43),
        ("New York", "US", -74.0, 40.71),
        ("Fukushima", "JP", 140.47, 37.75),
        ("Querétaro", "MX", -100.39, 20.59),  # Santiago de Querétaro
        ("Durango", "MX", -104.67, 24.03),
        ("Male", "MV", 73.51, 4.17),
        ("Buenos Aires F.D.", "AR", -58.38, -34.61),
    ],
)
def test_a_city_called_like_a_division_elsewhere_is_found(
    city: str, country: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(city=city, country=country), lon, lat)


def test_a_town_of_a_division_s_name_is_found_in_the_division_that_is_written() -> None:
    found = geocode(city="Indiana", division="PA", country="US")
    assert is_at(found, -79.15, 40.62)
    assert found["confidence"] == 1


@pytest.mark.parametrize(
    ("city", "division", "country"),
    [
        ("Vancouver", "WA", "Canada"),
        *(("Paris", "Texas", "France"), ("Dublin", "Ohio", "IE"), ("Perth", "Scotland", "AU")),
        *(("Birmingham", "Alabama", "GB"), ("Hyderabad", "Sindh", "India")),
    ],
)
def test_a_state_of_another_country_takes_confidence(
    city: str, division: str, country: str
) -> None:
    assert geocode(city=city, division=division, country=country)["confidence"] < 0.5


@pytest.mark.parametrize(
    ("city", "division", "country"),
    [
        *(("Milano", "MI", "IT"), ("Lucena", "Córdoba", "ES"), ("Dole", "Jura", "FR")),
        *(("Perth", "WA", "AU"), ("London", "ON", "CA"), ("Vancouver", "BC", "Canada")),
        *(("Toronto", "CA", "Canada"), ("Durham", "CO", "GB"), ("Cork", "CO", "Ireland")),
        *(("Madrid", "MD", "Spain"), ("Christchurch", "CA", "NZ")),
    ],
)
def test_a_province_that_is_not_known_takes_none(city: str, division: str, country: str) -> None:
    assert geocode(city=city, division=division, country=country)["confidence"] == 1


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("F-86022 Poitiers, Vienne, France", "Poitiers"),
        ("JRC, I-21027 Ispra, Varese, Italy", "Ispra"),
        ("Univ X, 25030 Besancon, Doubs, France", "Besançon"),
        ("Forests Programme, 7170 Cartago, Turrialba 30501, Costa Rica", "Turrialba"),  # a box
    ],
)
def test_a_town_with_its_postcode_goes_before_its_province(address: str, place: str) -> None:
    found = geocode(address)
    assert found["place"] == place
    assert found["confidence"] == 1


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("University of California, San Diego, La Jolla, CA 92093, USA", "La Jolla"),
        ("Univ Paris Sud, Paris, Orsay, France", "Orsay"),
        ("Orange, Lannion, France", "Lannion"),
        ("IHP, Frankfurt (Oder), Germany", "Frankfurt (Oder)"),
        ("Scuola Superiore Sant'Anna, Pontedera (Pisa), Italy", "Pontedera"),
        ("Univ Klinikum, D-53127 Venusberg, Bonn, Germany", "Bonn"),
        ("Univ Napoli, 80126 Monte Sant'Angelo, Napoli, Italy", "Naples"),
        ("Univ Bordeaux, BP 97522, 33000 Bordeaux, France", "Bordeaux"),
        ("Inst X, CS 97201, 35000 Rennes, France", "Rennes"),
        ("Cohere (Canada), San Francisco, United States", "San Francisco"),
    ],
)
def test_a_bigger_town_or_a_number_amid_misleads_nobody(address: str, place: str) -> None:
    found = geocode(address)
    assert (found["place"], found["confidence"] >= 0.5) == (place, True)


@pytest.mark.parametrize(
    ("address", "lon", "lat"),
    [
        ("Univ Lucerne, Lucerne, Switzerland", 8.31, 47.05),
        ("Univ Veliko Tarnovo, Veliko Tarnovo, Bulgaria", 25.63, 43.08),
    ],
)
def test_a_further_name_of_a_town_may_be_its_division_s(
    address: str, lon: float, lat: float
) -> None:
    assert is_at(geocode(address), lon, lat)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("Univ Strathclyde, Glasgow, Lanark, Scotland", "Glasgow"),
        ("Univ Ulster, Coleraine, Londonderry, North Ireland", "Coleraine"),
        ("Maynooth Univ, Maynooth, Kildare, Ireland", "Maynooth"),
        ("TEAGASC, Fermoy, Cork, Ireland", "Fermoy"),
        ("Dundalk Inst Technol, Dundalk, Louth, Ireland", "Dundalk"),
        ("Univ Bedfordshire, Luton, Bedford, England", "Luton"),
        ("Univ Warwick, Coventry, Warwick, England", "Coventry"),
        ("Univ Warwick, Dept Phys, Warwick, England", "Warwick"),
        ("TEAGASC, Oak Pk, Carlow, Ireland", "Carlow"),
        ("Univ Coll Cork, Dept Phys, Cork, Ireland", "Cork"),
        ("Univ Dublin, Dublin, Cork, Ireland", "Cork"),  # too far for one to be the other's
    ],
)
def test_a_county_of_another_town_s_name_follows_its_town(address: str, place: str) -> None:
    found = geocode(address)
    assert (found["place"], found["confidence"] >= 0.5) == (place, True)


@pytest.mark.parametrize(
    ("fields", "economy"),
    [
        ({"address": "Univ La Reunion, F-97490 St Denis, France"}, "RE"),
        ({"address": "Univ La Reunion, F-97744 St Denis 9, France"}, "RE"),
        ({"city": "97700 Gustavia", "country": "France"}, "BL"),
        ({"address": "97400 Saint-Denis, France"}, "RE"),
        ({"city": "97490 St Denis", "country": "France"}, "RE"),
        ({"city": "Saint-Denis", "division": "974", "country": "France"}, "RE"),
        ({"address": "Univ Antilles, F-97110 Pointe A Pitre, France"}, "GP"),
        ({"address": "Univ Paris 08, F-93200 St Denis, France"}, "FR"),
        ({"address": "974 Rue X, St Denis, France"}, "FR"),
    ],
)
def test_a_postcode_overseas_is_no_town_of_that_name_in_france(
    fields: dict[str, str], economy: str
) -> None:
    assert geocode(**fields)["economy"] == economy


@pytest.mark.parametrize(
    ("address", "is_sure"),
    [
        ("ETH, Zurich, Switzerland / MIT, Cambridge, MA, United States", False),
        ("(1) Univ Zurich, Zurich, Switzerland (2) Kyoto Univ, Kyoto, Japan", False),
        ("ETH Zurich, Switzerland - MIT, Cambridge, MA, USA", False),
        ("ETH Zurich, Zurich, Switzerland and MIT, Cambridge, MA, USA", False),
        ("ETH Zurich, Zurich, Switzerland. MIT, Cambridge, MA, USA", False),
        ("ETH, Zurich, Switzerland + TUM, Munich, Germany", False),
        ("a ETH, Zurich, Switzerland b TUM, Munich, Germany", False),
        ("1 ETH, Zurich, Switzerland 2 TUM, Munich, Germany", False),
        ("\u00b9ETH, Zurich, Switzerland \u00b2TUM, Munich, Germany", False),
        ("Dept 2 Phys, Univ Paris 6 Sorbonne, F-75005 Paris, France", True),
        ("Univ of the French West Indies and Guiana, Pointe-à-Pitre, Guadeloupe", True),
        ("China & Japan Friendship Hosp, Beijing, China", True),
        ("Georgia Tech, Atlanta, Georgia, USA", True),
        ("Dartmouth Coll, Lebanon, NH, USA", True),
        ("St Johns Univ, Jamaica, Queens, NY 11439, USA", True),
        ("Hong Kong Univ, Hong Kong, China", True),
        ("Univ Liege, Arlon, Luxembourg, Belgium", True),
        ("Univ Macedonia, Thessaloniki, Macedonia, Greece", True),
    ],
)
def test_a_text_that_names_another_country_amid_is_not_sure(address: str, is_sure: bool) -> None:  # noqa: FBT001
    assert (geocode(address)["confidence"] >= 0.5) == is_sure


@pytest.mark.parametrize(
    ("city", "country", "is_sure"),
    [
        ("Zurich/Basel", "CH", False),
        ("Zurich & Basel", "CH", False),
        ("Munich and Hamburg", "DE", False),
        ("Munich + Hamburg", "DE", False),
        ("Biel/Bienne", "CH", True),
        ("Bolzano/Bozen", "IT", True),
        ("Minneapolis/St. Paul", "US", True),
        ("Frankfurt/Main", "DE", True),
    ],
)
def test_two_towns_in_a_field_are_not_sure_unless_they_are_near(
    city: str, country: str, *, is_sure: bool
) -> None:
    assert (geocode(city=city, country=country)["confidence"] >= 0.5) == is_sure
