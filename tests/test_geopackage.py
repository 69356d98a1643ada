"""GeoPackage and FlatGeobuf: layers, styles, credits, the antimeridian, the same bytes."""

import json
import sqlite3
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from reference_result import replace_regions
from shapely import MultiPolygon, box

import gii_geo
from gii_geo import Settings
from gii_geo.export import geopackage
from gii_geo.export.geopackage import (
    LAYERS,
    draw_links,
    find_peaks,
    place_clusters,
    write_flatgeobuf,
    write_geopackage,
)
from gii_geo.export.qml import COLOURS, score_limits, style_regions
from gii_geo.result import Result
from gii_geo.tables import KINDS, RECORD_UNITS

FORMATS = ("regions.geojson", "regions.parquet", "regions.gpkg", "regions.fgb")
NAMES = ['=HYPERLINK("http://localhost/","x")', "<script>alert(1)</script>", "Zürich & 'Bern'", "x"]


@pytest.fixture(scope="module")
def result(small_world: pd.DataFrame) -> Result:
    """Four regions, one across the antimeridian, with names that mean harm."""
    found = gii_geo.find_regions(small_world, Settings(min_addresses=60))
    return replace_regions(found, found.regions.assign(name=NAMES))


@pytest.fixture(scope="module")
def written(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small") / "out"
    result.write(out)
    return out


def read_regions(path: Path) -> gpd.GeoDataFrame:
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    layer = "regions" if path.suffix == ".gpkg" else None
    return gpd.read_file(path, layer=layer)


# What is in the files


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_holds_the_same_regions(name: str, written: Path, result: Result) -> None:
    read = read_regions(written / name).sort_values("rank", ignore_index=True)
    assert read.crs == "EPSG:4326"
    assert read["name"].tolist() == NAMES
    for column in ("region_id", "rank", "score", "addresses", "area_km2"):
        assert read[column].tolist() == result.regions[column].tolist()
    exact = shapely.set_precision(result.regions.geometry, 0)
    assert shapely.hausdorff_distance(read.geometry, exact).max() < 1e-6


@pytest.mark.parametrize("name", FORMATS)
def test_a_region_across_the_antimeridian_is_cut_there_in_every_format(
    name: str, written: Path
) -> None:
    read = read_regions(written / name)
    fiji = read.loc[read.bounds["maxx"] == 180, "geometry"]
    assert len(fiji) == 1
    west, _, east, _ = shapely.bounds(shapely.get_parts(fiji.iloc[0])).T
    assert set(np.sign(west)) == {-1, 1}
    assert (east - west).max() < 1
    assert (west.min(), east.max()) == (-180, 180)


def test_the_layers_hold_every_cluster_location_and_near_link(
    written: Path, result: Result
) -> None:
    path = written / "regions.gpkg"
    counts = {name: pyogrio.read_info(path, layer=name)["features"] for name in LAYERS}
    near = result.links["lon_a"].notna().sum()
    sizes = [*2 * [len(result.regions)], len(result.clusters), len(result.locations), near]
    sizes.append(len(result.collaboration))
    assert list(counts.values()) == sizes
    locations = gpd.read_file(path, layer="locations")
    for kind, plural in {"patent": "patents", "deal": "deals"}.items():
        records = result.locations[f"{kind}_weight"].sum() / RECORD_UNITS
        assert locations[plural].sum() == pytest.approx(records)
    assert locations["cluster"].isna().sum() == result.locations["cluster"].isna().sum()


def test_too_many_locations_stay_out_of_the_geopackage(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geopackage, "MOST_LOCATIONS", len(result.locations) - 1)
    result.write(tmp_path)
    names = [name for name, _ in pyogrio.list_layers(tmp_path / "regions.gpkg")]
    assert names == ["regions", "regions_map", "clusters", "links", "collaboration", "layer_styles"]
    assert len(gpd.read_parquet(tmp_path / "locations.parquet")) == len(result.locations)


def test_every_format_tells_notes_credits_and_settings(written: Path, result: Result) -> None:
    credit = result.provenance["credits"][0]
    about = json.loads((written / "regions.geojson").read_text(encoding="utf-8"))["about"]
    package = pyogrio.read_info(written / "regions.gpkg", layer="regions")["dataset_metadata"]
    flat = pyogrio.read_info(written / "regions.fgb")["layer_metadata"]
    for told in (about, gpd.read_parquet(written / "regions.parquet").attrs):
        assert credit in told["credits"]
        assert Settings.from_mapping(told["settings"]) == result.settings.replace(kinds=KINDS)
    for texts in (package, flat):
        assert credit in texts["credits"].splitlines()
        assert Settings.from_mapping(json.loads(texts["settings"])) == result.settings.replace(
            kinds=KINDS
        )
    assert pd.read_parquet(written / "clusters.parquet").attrs["credits"] == about["credits"]


def test_the_same_run_is_the_same_bytes_at_another_time(
    written: Path, result: Result, tmp_path: Path
) -> None:
    time.sleep(1.1)  # the files' own clocks count seconds
    for path in result.write(tmp_path / "again"):
        assert path.read_bytes() == (written / path.name).read_bytes(), path.name
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_names_start_no_formula_in_a_spreadsheet(written: Path) -> None:
    ranking = pd.read_csv(written / "ranking.csv")
    assert ranking["name"].tolist() == ["'" + NAMES[0], *NAMES[1:]]


def test_no_region_is_a_valid_file_too(result: Result, tmp_path: Path) -> None:
    none = result.regions.iloc[:0]
    write_geopackage(tmp_path / "none.gpkg", regions=none, tables={}, about={})
    write_flatgeobuf(none, tmp_path / "none.fgb")
    for path in (tmp_path / "none.gpkg", tmp_path / "none.fgb"):
        assert pyogrio.read_info(path, layer="regions")["geometry_type"] == "MultiPolygon"
        read = read_regions(path)
        assert len(read) == 0
        assert read.crs == "EPSG:4326"


# Clusters and links


def test_a_cluster_stands_at_its_most_active_location_whatever_the_order_of_the_rows() -> None:
    locations = pd.DataFrame(
        {
            "lon": [1.0, 3.0, 2.0, -180.0, 9.0],
            "lat": [0.0, 0.0, 0.0, 5.0, 0.0],
            "cluster": pd.array([0, 0, 0, 1, None], dtype="Int64"),
            "activity": [0.1, 0.3, 0.3, 0.2, 0.9],
        }
    )
    clusters = pd.DataFrame({"cluster": [0, 1]})
    for table in (locations, locations.iloc[::-1]):
        placed = place_clusters(clusters, find_peaks(table, by="cluster")).geometry
        assert [(point.x, point.y) for point in placed] == [(2.0, 0.0), (-180.0, 5.0)]


def test_a_link_across_the_antimeridian_is_cut_and_one_out_of_reach_is_left_out() -> None:
    ends = [[179.5, -17.0, -179.5, -16.0], [7.0, 47.0, 8.0, 48.0], [np.nan] * 4]
    links = pd.DataFrame(ends, columns=["lon_a", "lat_a", "lon_b", "lat_b"])
    lines = draw_links(links.assign(cluster_a=[0, 1, 2])).set_index("cluster_a").geometry
    assert lines.index.tolist() == [0, 1]
    parts = [shapely.get_coordinates(part).tolist() for part in lines[0].geoms]
    assert parts == [[[179.5, -17], [180, -16.5]], [[-180, -16.5], [-179.5, -16]]]
    assert lines[1].equals(shapely.LineString([(7, 47), (8, 48)]))


def test_no_links_are_an_empty_layer() -> None:
    links = pd.DataFrame({name: [] for name in ("lon_a", "lat_a", "lon_b", "lat_b")}, dtype=float)
    assert draw_links(links).empty


# Styles


def test_every_layer_has_a_default_style_of_well_formed_xml(written: Path) -> None:
    with sqlite3.connect(written / "regions.gpkg") as base:
        rows = base.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    base.close()
    assert {row[0] for row in rows} == set(LAYERS)
    for name, column, is_default, qml in rows:
        assert (column, is_default) == (columns[name], 1)
        assert ET.fromstring(qml).tag == "qgis"  # noqa: S314  # our own


@pytest.mark.parametrize("top", [1e-5, 0.05, 0.17, 0.2, 1.0, 3.0, 4e5])
def test_the_limits_of_the_colours_are_round_and_reach_the_highest_score(top: float) -> None:
    limits = score_limits(top)
    assert len(limits) == len(COLOURS) + 1
    assert limits[0] == 0
    assert sorted(limits) == limits
    assert all(f"{limit:e}"[:8] in {"1.000000", "2.000000", "5.000000"} for limit in limits[1:])
    assert limits[-2] < top <= limits[-1]
    assert style_regions(top).count("<range ") == len(COLOURS)


@pytest.mark.parametrize("top", [0.0, float("nan")])
def test_where_nothing_scores_the_colours_go_to_one(top: float) -> None:
    assert score_limits(top)[-1] == 1.0


def test_polygons_and_multipolygons_make_one_layer_of_one_type(
    result: Result, tmp_path: Path
) -> None:
    shapes: list[Any] = [box(0, 0, 1, 1), MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)])]
    regions = result.regions.iloc[:2].set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))
    write_flatgeobuf(regions, tmp_path / "two.fgb")
    assert set(gpd.read_file(tmp_path / "two.fgb").geom_type) == {"MultiPolygon"}
