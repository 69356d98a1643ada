"""Make gii_geo/data/basemap.parquet, the land and borders below every map.

Source: Natural Earth 1:50m (public domain) from the npm package world-atlas. Its countries are cut
or wrapped badly at the antimeridian; that is mended here. Needs npm:

    python scripts/make_basemap.py
"""

import subprocess
import tarfile
import tempfile
from pathlib import Path

import antimeridian
import geopandas as gpd
import numpy as np
import shapely

PACKAGE = "world-atlas@2.0.2"
TARGET = Path(__file__).parents[1] / "gii_geo" / "data" / "basemap.parquet"
TOLERANCE_DEG = 0.04
GRID_DEG = 0.01
SMALLEST_DEG2 = 0.002
HALF_GLOBE_DEG = 180


def read_countries() -> gpd.GeoDataFrame:
    """Fetch the package and read its countries."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extract("package/countries-50m.json", folder, filter="data")
        return gpd.read_file(Path(folder) / "package" / "countries-50m.json", layer="countries")


def mend_polygon(polygon: shapely.Polygon) -> shapely.Geometry:
    """Cut a polygon whose ring jumps over the antimeridian; leave the others."""
    jumps = np.abs(np.diff(shapely.get_coordinates(polygon)[:, 0])) > HALF_GLOBE_DEG
    return antimeridian.fix_polygon(polygon) if jumps.any() else polygon


def main() -> None:
    """Make the file."""
    parts = read_countries()[["name", "geometry"]].explode(ignore_index=True)
    # Antarctica closes along the edge of the map, which is no jump.
    mended = [
        polygon if name == "Antarctica" else mend_polygon(polygon)
        for name, polygon in zip(parts["name"], parts.geometry, strict=True)
    ]
    whole = shapely.make_valid(
        np.array(mended, dtype=object), method="structure", keep_collapsed=False
    )
    countries = gpd.GeoDataFrame(parts[["name"]], geometry=whole, crs="EPSG:4326")
    countries = countries.dissolve("name").simplify_coverage(TOLERANCE_DEG)
    countries = gpd.GeoSeries(shapely.set_precision(countries.array, GRID_DEG), crs="EPSG:4326")
    land = countries.explode(ignore_index=True)
    land = land[land.geom_type.eq("Polygon") & (land.envelope.area > SMALLEST_DEG2)]
    land = land.normalize()
    land = gpd.GeoDataFrame(geometry=land.iloc[land.to_wkb().argsort()], crs="EPSG:4326")
    land.to_parquet(TARGET, compression="zstd", index=False)
    print(f"{len(land)} polygons, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
