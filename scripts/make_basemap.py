"""Make the land and borders below every map: data/basemap.parquet and explorer/land.json.

Source: Natural Earth 1:10m (public domain) from the npm package world-atlas. Its polygons jump over
the antimeridian, and Antarctica's is not closed at the pole; that is mended here. Needs npm:

    python scripts/make_basemap.py
"""

import io
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from npm_package import read_package

from gii_geo.basemap import STEPS_PER_DEG, pack_basemap
from gii_geo.explorer.encode import encode_land

PACKAGE = "world-atlas@2.0.2"
FILE = "countries-10m.json"
TARGET = Path(__file__).parents[1] / "gii_geo" / "data" / "basemap.parquet"
PAGE = TARGET.parents[1] / "explorer" / "land.json"
TOLERANCE_DEG = 0.004
"""Bends whose triangle is smaller than a square of this size are left out (Visvalingam-Whyatt)."""


SMALLEST_DEG2 = 0.00002
HALF_TURN_DEG, TURN_DEG, POLE_DEG = 180, 360, 90


def read_countries() -> gpd.GeoDataFrame:
    """Fetch the package and read its countries."""
    return gpd.read_file(io.BytesIO(dict(read_package(PACKAGE))[FILE]), layer="countries")


def unroll_ring(ring: shapely.LinearRing) -> npt.NDArray[np.float64]:
    """Let longitudes run on beyond 180; close a ring that goes around the South Pole over it."""
    lon, lat = shapely.get_coordinates(ring).T
    lon = np.unwrap(lon, period=TURN_DEG)
    if abs(lon[-1] - lon[0]) > HALF_TURN_DEG:
        lon = np.r_[lon, lon[-1], lon[0], lon[0]]
        lat = np.r_[lat, -POLE_DEG, -POLE_DEG, lat[0]]
    return np.column_stack([lon, lat])


def mend_polygon(polygon: shapely.Polygon) -> shapely.Geometry:
    """Cut a polygon whose ring jumps over the antimeridian; leave the others."""
    jumps = np.abs(np.diff(shapely.get_coordinates(polygon)[:, 0])) > HALF_TURN_DEG
    if not jumps.any():
        return polygon
    rings = [unroll_ring(ring) for ring in (polygon.exterior, *polygon.interiors)]
    whole = make_valid(shapely.Polygon(rings[0], rings[1:]))
    pieces = []
    for turn in (-TURN_DEG, 0, TURN_DEG):
        world = shapely.box(turn - HALF_TURN_DEG, -POLE_DEG, turn + HALF_TURN_DEG, POLE_DEG)
        piece = shapely.intersection(whole, world)
        pieces.append(shapely.transform(piece, lambda lon_lat, turn=turn: lon_lat - [turn, 0]))
    return shapely.union_all(pieces)


def make_valid(shapes: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Mend what crosses itself; what shrinks to a line is left out."""
    return shapely.make_valid(shapes, method="structure", keep_collapsed=False)


def main() -> None:
    """Make the file."""
    parts = read_countries()[["name", "geometry"]].explode(ignore_index=True)
    whole = make_valid(np.array([mend_polygon(part) for part in parts.geometry], dtype=object))
    countries = gpd.GeoDataFrame(parts[["name"]], geometry=whole, crs="EPSG:4326")
    countries = countries.explode(ignore_index=True).explode(ignore_index=True)
    countries = countries[countries.geom_type == "Polygon"].dissolve("name")
    countries = countries[countries.geom_type != "GeometryCollection"]  # the Vatican's is empty
    countries = countries.simplify_coverage(TOLERANCE_DEG)
    countries = gpd.GeoSeries(
        shapely.set_precision(countries.array, 1 / STEPS_PER_DEG), crs="EPSG:4326"
    )
    land = countries.explode(ignore_index=True)
    land = land[land.geom_type.eq("Polygon") & (shapely.area(land.envelope.array) > SMALLEST_DEG2)]
    land = land.normalize()
    land = land.iloc[land.to_wkb().argsort()].reset_index(drop=True)
    TARGET.write_bytes(pack_basemap(land))
    PAGE.write_text(json.dumps(encode_land(land), separators=(",", ":")) + "\n", encoding="utf-8")
    for path in (TARGET, PAGE):
        print(f"{len(land)} polygons, {path.stat().st_size:,} bytes in {path}")


if __name__ == "__main__":
    main()
