"""Make gii_geo/data/economies.parquet from the npm package @rapideditor/country-coder.

Usage: python scripts/make_economies.py (needs npm)

Every polygon gets the ISO 3166-1 alpha-2 code of the territory it belongs to, or else of its
country: HK, MO, PR, RE, GF, ... stand by themselves. XK (Kosovo) is kept though only user-assigned.
"""

import json
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pyarrow.parquet as pq
import shapely
from npm_package import read_package

from gii_geo.borders import ECONOMIES_CREDIT
from gii_geo.project import LON_LAT

OUTPUT: Final = Path(__file__).parents[1] / "gii_geo" / "data" / "economies.parquet"

PACKAGE: Final = "@rapideditor/country-coder@5.6.1"
BORDERS: Final = "src/data/borders.json"

ECONOMIES: Final = {
    "Q7835": "UA",  # Crimea: ISO 3166-2 lists it as UA-43
    "Q23681": "CY",  # Northern Cyprus has no code of its own
}
"""Wikidata id of a polygon to its economy, where the package says otherwise or nothing."""

Properties = dict[str, Any]


def read_borders() -> list[dict[str, Any]]:
    """Fetch the package and return the features of its border file."""
    features: list[dict[str, Any]] = json.loads(dict(read_package(PACKAGE))[BORDERS])["features"]
    return features


def find_economy(properties: Properties, codes: set[str]) -> str | None:
    """Return the first of the feature's own, its territory's and its country's code that counts."""
    if properties["wikidata"] in ECONOMIES:
        return ECONOMIES[properties["wikidata"]]
    candidates = [
        properties.get("iso1A2"),
        *properties.get("groups", []),
        properties.get("country"),
    ]
    return next((code for code in candidates if code in codes), None)


def main() -> None:
    """Write one row per polygon and say how many there are."""
    features = read_borders()
    codes = {
        feature["properties"]["iso1A2"]
        for feature in features
        if "iso1A2" in feature["properties"]
        and feature["properties"].get("isoStatus", "official") == "official"
    } | {"XK"}
    rows = [
        (find_economy(feature["properties"], codes), shapely.geometry.shape(feature["geometry"]))
        for feature in features
        if feature["geometry"]
    ]
    economies = (
        gpd.GeoDataFrame(rows, columns=["economy", "geometry"], crs=LON_LAT)
        .dropna(subset="economy")
        .explode()
        .sort_values("economy", kind="stable", ignore_index=True)
    )
    economies.to_parquet(OUTPUT, compression="zstd", compression_level=19)
    table = pq.read_table(OUTPUT)
    credited = {**table.schema.metadata, "credit": ECONOMIES_CREDIT}
    pq.write_table(
        table.replace_schema_metadata(credited), OUTPUT, compression="zstd", compression_level=19
    )
    print(
        f"{len(economies)} polygons of {economies['economy'].nunique()} economies: "
        f"{OUTPUT.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
