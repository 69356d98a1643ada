"""GeoPackage and FlatGeobuf, with styles that QGIS puts on by itself."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import antimeridian
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gii_geo.export.qml import style_lines, style_points, style_regions
from gii_geo.project import LON_LAT
from gii_geo.tables import RECORD_UNITS, describe_kinds, list_kinds

LAYERS: Final = {
    "regions": "Regions, coloured by score",
    "regions_map": "Regions with outlines for maps, coloured by score",
    "clusters": "Density clusters, each at the location with most of its activity",
    "locations": "Distinct coordinate pairs with what was counted on them",
    "links": "Nearest locations of clusters that merged, or that share records within reach",
    "collaboration": "Regions that share records, kind by kind, those that share the most first",
}
"""Layers of the GeoPackage and what they hold."""

MOST_LOCATIONS: Final = 500_000
"""More locations than that stay out of the GeoPackage: 888,267 take 4 s and 126 MB more.

They are in locations.parquet either way.
"""

MOST_PAIRS: Final = 5_000
"""Pairs of regions in the GeoPackage, those that share the most records; all are in
collaboration.parquet."""

_GEOMETRY: Final = {
    "regions": "MultiPolygon",
    "regions_map": "MultiPolygon",
    "clusters": "Point",
    "locations": "Point",
    "links": "MultiLineString",
    "collaboration": "MultiLineString",
}
_DATE: Final = "2000-01-01T00:00:00.000Z"
"""Stands for the time of writing, so that the same run is the same bytes."""

_GDAL_OPTIONS: Final = {"OGR_CURRENT_DATE": _DATE, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
"""How GDAL writes: a file is put on the disk whole before it is named, not after every layer."""

_ENDS: Final = ["lon_a", "lat_a", "lon_b", "lat_b"]


def write_geopackage(
    path: Path,
    *,
    regions: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame],
    about: Mapping[str, Any],
    regions_map: gpd.GeoDataFrame | None = None,
) -> None:
    """Write regions, and what they were made of, as the layers of a GeoPackage.

    The layers of `LAYERS`, but for more than `MOST_LOCATIONS` locations; without all of the tables,
    regions alone. QGIS finds how to draw them in the table `layer_styles`. Notes, credits and
    settings are the metadata of the file.

    Parameters
    ----------
    path : pathlib.Path
        The file, which must not exist.
    regions : geopandas.GeoDataFrame
        The regions, EPSG:4326, with name, rank and score.
    tables : mapping of str to pandas.DataFrame
        The clusters, locations and links of a result.
    about : mapping of str to Any
        Notes, credits and settings of the run.
    regions_map : geopandas.GeoDataFrame, optional
        The regions with outlines for maps.
    """
    layers = {"regions": regions}
    styles = {"regions": style_regions(regions["score"].max())}
    if regions_map is not None:
        layers["regions_map"], styles["regions_map"] = regions_map, styles["regions"]
    if {"clusters", "locations", "links"} <= tables.keys():
        peaks = find_peaks(tables["locations"], by="cluster")
        layers["clusters"] = place_clusters(tables["clusters"], peaks)
        styles["clusters"] = style_points("34,34,34,255", size_mm=1.6)
        if len(tables["locations"]) <= MOST_LOCATIONS:
            layers["locations"] = _count_records(tables["locations"])
            styles["locations"] = style_points("90,90,90,200", size_mm=0.6)
        layers["links"] = draw_links(tables["links"])
        styles["links"] = style_lines("196,78,40,255", width_mm=0.5)
        if "collaboration" in tables:
            region_id = tables["clusters"].set_index("cluster")["region_id"]
            own = find_peaks(peaks.assign(region_id=region_id.reindex(peaks.index)), by="region_id")
            layers["collaboration"] = draw_pairs(tables["collaboration"], regions, own)
            styles["collaboration"] = style_lines("42,95,165,90", width_mm=0.3)
    metadata = _flatten(about)
    with _gdal_options(), _plain_path(path) as plain:
        for name, table in layers.items():
            options = {"VERSION": "1.3"} if name == "regions" else {}  # what older readers know
            pyogrio.write_dataframe(
                table,
                plain,
                layer=name,
                driver="GPKG",
                geometry_type=_GEOMETRY[name],
                promote_to_multi=_GEOMETRY[name].startswith("Multi"),
                use_arrow=True,
                dataset_metadata=metadata if name == "regions" else None,
                layer_options={"DESCRIPTION": LAYERS[name], "GEOMETRY_NAME": "geom"},
                dataset_options=options,
            )
        _write_styles(plain, styles)


def write_flatgeobuf(
    regions: gpd.GeoDataFrame, path: Path, *, about: Mapping[str, Any] | None = None
) -> None:
    """Write regions as FlatGeobuf, spatially indexed, which orders them by place.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions, EPSG:4326.
    path : pathlib.Path
        The file.
    about : mapping of str to Any, optional
        Notes, credits and settings of the run, the metadata in the file's header.
    """
    with _plain_path(path) as plain:
        pyogrio.write_dataframe(
            regions,
            plain,
            layer="regions",
            driver="FlatGeobuf",
            geometry_type="MultiPolygon",
            promote_to_multi=True,
            use_arrow=True,
            layer_metadata=_flatten(about or {}) or None,
        )


def place_clusters(clusters: pd.DataFrame, peaks: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put each cluster at the location with most of its activity.

    Parameters
    ----------
    clusters : pandas.DataFrame
        One row a cluster: cluster and whatever else is known.
    peaks : pandas.DataFrame
        lon and lat by cluster, from `find_peaks`.

    Returns
    -------
    geopandas.GeoDataFrame
        The clusters as points, EPSG:4326.

    Examples
    --------
    >>> locations = pd.DataFrame(
    ...     {"lon": [7.6, 7.7], "lat": [47.5, 47.6], "cluster": [0, 0], "activity": [0.1, 0.3]}
    ... )
    >>> peaks = find_peaks(locations, by="cluster")
    >>> print(place_clusters(pd.DataFrame({"cluster": [0]}), peaks).geometry[0])
    POINT (7.7 47.6)
    """
    placed = peaks.reindex(clusters["cluster"])
    points = gpd.points_from_xy(placed["lon"], placed["lat"])
    return gpd.GeoDataFrame(clusters, geometry=points, crs=LON_LAT)


def find_peaks(locations: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Find the most active location of each cluster or region.

    Parameters
    ----------
    locations : pandas.DataFrame
        lon, lat, activity and the column `by`, missing outside; of equally active ones the
        westmost, southmost stands.
    by : str
        Column of the cluster or region.

    Returns
    -------
    pandas.DataFrame
        lon, lat and activity by cluster or region.
    """
    is_number = pd.api.types.is_integer_dtype(locations[by])
    codes = locations[by] if is_number else pd.Series(pd.factorize(locations[by])[0])
    number = codes.to_numpy(np.int32, na_value=-1)
    left = np.flatnonzero(number >= 0)
    for column, sign in (("activity", -1), ("lon", 1), ("lat", 1)):
        values, own = sign * locations[column].to_numpy()[left], number[left]
        least = np.full(number.max(initial=-1) + 1, np.inf)
        np.minimum.at(least, own, values)
        left = left[values == least[own]]
    peaks = locations.iloc[left][[by, "lon", "lat", "activity"]]
    return peaks.drop_duplicates(by).set_index(by)


def draw_pairs(
    collaboration: pd.DataFrame, regions: pd.DataFrame, peaks: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Draw a line between regions that share records, from the most active location of either.

    Parameters
    ----------
    collaboration : pandas.DataFrame
        region_a, region_b, kind, records and whatever else is known.
    regions : pandas.DataFrame
        region_id and name.
    peaks : pandas.DataFrame
        lon and lat by region_id, from `find_peaks`.

    Returns
    -------
    geopandas.GeoDataFrame
        The `MOST_PAIRS` that share the most records, with the names of both regions, EPSG:4326.
    """
    order = collaboration.sort_values("records", ascending=False, kind="stable")
    most = order.head(MOST_PAIRS).reset_index(drop=True)
    names = regions.set_index("region_id")["name"]
    for place, side in ((2, "a"), (3, "b")):
        of = most[f"region_{side}"]
        most.insert(place, f"name_{side}", of.map(names).astype("str"))
        for axis in ("lon", "lat"):
            most[f"{axis}_{side}"] = peaks[axis].reindex(of).to_numpy(np.float64)
    return draw_links(most)


def draw_links(links: pd.DataFrame) -> gpd.GeoDataFrame:
    """Draw a line between the nearest locations of each pair of clusters, where they are known.

    Parameters
    ----------
    links : pandas.DataFrame
        lon_a, lat_a, lon_b, lat_b in degrees, missing where the clusters are out of reach, and
        whatever else is known.

    Returns
    -------
    geopandas.GeoDataFrame
        The pairs within reach, EPSG:4326; a line across the antimeridian is cut there.

    Examples
    --------
    >>> ends = pd.DataFrame({"lon_a": [179.0], "lat_a": [0.0], "lon_b": [-179.0], "lat_b": [0.0]})
    >>> print(draw_links(ends).geometry[0])
    MULTILINESTRING ((179 0, 180 0), (-180 0, -179 0))
    """
    near = links.dropna(subset=_ENDS).reset_index(drop=True)
    ends = near[_ENDS].to_numpy(np.float64).reshape(-1, 2, 2)
    lines = [
        # The cut is slow: only where it is needed.
        antimeridian.fix_line_string(line, great_circle=False) if crosses else line
        for line, crosses in zip(map(shapely.LineString, ends), _crosses(ends), strict=True)
    ]
    return gpd.GeoDataFrame(near.drop(columns=_ENDS), geometry=lines, crs=LON_LAT)


def _crosses(ends: np.ndarray) -> np.ndarray:
    """Tell which lines are shorter across the antimeridian."""
    return np.asarray(np.abs(ends[:, 0, 0] - ends[:, 1, 0]) > 180)  # noqa: PLR2004  # degrees


def _count_records(locations: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give the locations records instead of units, and no columns that the point repeats."""
    units = {kind.plural: f"{kind.word}_weight" for kind in describe_kinds(list_kinds(locations))}
    records = {plural: locations[name] / RECORD_UNITS for plural, name in units.items()}
    points = gpd.points_from_xy(locations["lon"], locations["lat"])
    table = locations.drop(columns=["lon", "lat", *units.values()]).assign(**records)
    return gpd.GeoDataFrame(table, geometry=points, crs=LON_LAT)


def _write_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Write the table in which QGIS looks for the style of a layer."""
    table = pd.DataFrame({"f_table_name": list(styles), "styleQML": list(styles.values())})
    table = table.assign(
        f_table_catalog="",
        f_table_schema="",
        f_geometry_column="geom",
        styleName=table["f_table_name"],
        styleSLD="",
        useAsDefault=True,
        description="gii-geo",
        owner="",
        ui="",
        update_time=pd.Timestamp(_DATE),
    )
    options = {"FID": "id"}
    pyogrio.write_dataframe(table, path, layer="layer_styles", driver="GPKG", layer_options=options)


def _flatten(about: Mapping[str, Any]) -> dict[str, str]:
    """Turn what is told of the run into texts: lists line by line, the rest as JSON."""
    return {
        key: "\n".join(value)
        if isinstance(value, list)
        else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in about.items()
    }


@contextmanager
def _gdal_options() -> Iterator[None]:
    """Set how GDAL writes, and set it back."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL_OPTIONS}
    pyogrio.set_gdal_config_options(_GDAL_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


@contextmanager
def _plain_path(path: Path) -> Iterator[Path]:
    """Reach a file by a path without what pyogrio takes for an archive's mark, or drops.

    It writes ``Q4!/out`` into ``/out``, and leaves out tabs and line breaks.
    """
    if "!" not in str(path) and str(path).isprintable():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "room"
        link.symlink_to(path.parent.absolute(), target_is_directory=True)
        yield link / path.name
