"""Regions to files: written beside, renamed at the end, the same bytes each time."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

COORDINATE_DECIMALS: Final = 6
"""Decimals of a degree in GeoJSON: 0.1 m, what RFC 7946 section 11.2 advises."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def check_folder(folder: str | Path) -> Path:
    """Refuse an output folder that is a file or cannot be written to.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder, which need not exist yet.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    NotADirectoryError
        If it, or what it would lie in, is a file.
    PermissionError
        If it cannot be written to.

    Examples
    --------
    >>> check_folder("no_such_folder_yet").name
    'no_such_folder_yet'
    """
    folder = Path(folder)
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            msg = f"Invalid output folder {folder}. Must be a folder; {place} is a file."
            raise NotADirectoryError(msg)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        msg = f"Invalid output folder {folder}. Must be writable."
        raise PermissionError(msg)
    return folder


def write_files(
    folder: str | Path,
    *,
    regions: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
) -> list[Path]:
    """Write the files of a run.

    Everything is written into a hidden folder beside the target first and moved at the end,
    run.json last: an interrupted run leaves the old files as they were.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to; made if it is missing. Files of other names in it are left alone.
    regions : geopandas.GeoDataFrame
        The regions, EPSG:4326, ordered by rank.
    tables : mapping of str to pandas.DataFrame
        Further tables by file name, written as Parquet (GeoParquet where they have a geometry).
    run : mapping of str to Any
        What run.json holds.

    Returns
    -------
    list of pathlib.Path
        The files, run.json last.

    Raises
    ------
    NotADirectoryError
        If `folder` is a file.
    """
    folder = check_folder(folder).resolve()
    beside = _make_room(folder)
    try:
        write_geojson(regions, beside / "regions.geojson")
        _write_parquet(regions, beside / "regions.parquet")
        write_ranking(regions, beside / "ranking.csv")
        for name, table in tables.items():
            _write_parquet(table, beside / f"{name}.parquet")
        text = json.dumps(run, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
        (beside / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        names = sorted(path.name for path in beside.iterdir() if path.name != "run.json")
        folder.mkdir(exist_ok=True)
        for name in [*names, "run.json"]:
            (beside / name).replace(folder / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / name for name in [*names, "run.json"]]


def write_geojson(regions: gpd.GeoDataFrame, path: Path) -> None:
    """Write regions as GeoJSON by RFC 7946, one feature a line.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions, EPSG:4326, already right-hand wound and cut at the antimeridian; `region_id`
        becomes the feature's id and stays a property; `economies` becomes an array.
    path : pathlib.Path
        The file.
    """
    plain = pd.DataFrame(regions.drop(columns=regions.geometry.name))
    boxes = [_bounding_box(geometry) for geometry in regions.geometry]
    features = []
    rows = zip(plain.to_dict("records"), regions.geometry, boxes, strict=True)
    for properties, geometry, box in rows:
        clean = {str(name): _plain(value) for name, value in properties.items()}
        clean["economies"] = clean["economies"].split(";") if clean.get("economies") else []
        shape = json.loads(shapely.to_geojson(geometry))
        feature = {
            "type": "Feature",
            "id": clean["region_id"],
            "bbox": box,
            "properties": clean,
            "geometry": {
                "type": shape["type"],
                "coordinates": _round_coordinates(shape["coordinates"]),
            },
        }
        features.append(json.dumps(feature, ensure_ascii=False, allow_nan=False))
    head = '{"type": "FeatureCollection", '
    if boxes:
        head += f'"bbox": {json.dumps(_join_boxes(boxes))}, '
    body = ",\n".join(features)
    path.write_text(f'{head}"features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")


def write_ranking(regions: gpd.GeoDataFrame, path: Path) -> None:
    """Write the ranking as CSV.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The regions; everything but the geometry is written.
    path : pathlib.Path
        The file.
    """
    write_csv(pd.DataFrame(regions.drop(columns=regions.geometry.name)), path)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that spreadsheet programs open right.

    UTF-8 with a byte order mark; a text that would start a formula gets an apostrophe before it.
    The file is written beside and renamed at the end.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.
    path : pathlib.Path
        The file.
    """
    table = table.copy()
    for column in table.columns:
        if pd.api.types.is_string_dtype(table[column].dtype):
            formula = table[column].str.startswith(_FORMULA_STARTS, na=False)
            table[column] = table[column].mask(formula, "'" + table[column])
    beside = path.with_name(f".{path.name}.part")
    table.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    beside.replace(path)


def _make_room(folder: Path) -> Path:
    """Make a hidden folder beside the folder, or in it where a disk of its own begins there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{folder.name}-"
    try:
        beside = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    except PermissionError:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    if folder.exists():
        try:
            Path(tempfile.mkdtemp(dir=beside)).rename(folder / beside.name).rmdir()
        except OSError:  # a file cannot be renamed from disk to disk
            shutil.rmtree(beside)
            return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    return beside


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write Parquet, as GeoParquet 1.1 where there is a geometry."""
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(
            path,
            index=False,
            compression="zstd",
            schema_version="1.1.0",
            write_covering_bbox=True,
        )
    else:
        table.to_parquet(path, index=False, compression="zstd")


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Turn a table's value into JSON's own, what is missing into null."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _round_coordinates(value: Any) -> Any:  # noqa: ANN401
    """Round nested coordinates to the decimals that a reader can use."""
    if isinstance(value, float | int):
        return round(value, COORDINATE_DECIMALS) + 0.0  # no -0.0
    return [_round_coordinates(item) for item in value]


def _bounding_box(geometry: shapely.Geometry) -> list[float]:
    """Give west, south, east, north; west is above east where the antimeridian is crossed."""
    parts = shapely.get_parts(geometry)
    bounds = shapely.bounds(parts)
    west, south, east, north = shapely.total_bounds(parts)
    touches = west == -180 and east == 180  # noqa: PLR2004  # the ends of longitude
    split = bounds[:, 2] <= 0
    if touches and split.any() and (~split).any():
        west, east = bounds[~split, 0].min(), bounds[split, 2].max()
    return [_round_coordinates(float(side)) for side in (west, south, east, north)]


def _join_boxes(boxes: list[list[float]]) -> list[float]:
    """Give one box around all, around the globe where one of them crosses the antimeridian."""
    west, south, east, north = np.array(boxes).T
    if (west > east).any():
        return [-180.0, float(south.min()), 180.0, float(north.max())]
    return [float(west.min()), float(south.min()), float(east.max()), float(north.max())]
