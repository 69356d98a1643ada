"""Regions to files: written beside, renamed at the end, the same bytes each time."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import geopandas as gpd
import pandas as pd

from gii_geo.export import parquet
from gii_geo.export.csv import check_table, check_table_free, write_csv, write_ranking
from gii_geo.export.geojson import write_geojson
from gii_geo.export.geopackage import write_flatgeobuf, write_geopackage
from gii_geo.export.read import read_run
from gii_geo.owned import RUN_FILE, RUN_NAMES, check_free, describe_file
from gii_geo.paths import check_folder
from gii_geo.swap import hold, open_room, put
from gii_geo.tables import InputError
from gii_geo.walk import trace_inputs
from gii_geo.world import is_world

__all__ = [
    "check_folder",
    "check_out",
    "check_table",
    "check_table_free",
    "read_run",
    "spare_good",
    "write_csv",
    "write_files",
    "write_flatgeobuf",
    "write_geojson",
    "write_geopackage",
    "write_ranking",
]

_ABOUT: Final = ("notes", "credits", "settings")
"""What of run.json every file that has a place for it carries."""

_Table = TypeVar("_Table", bound=pd.DataFrame)


def spare_good(folder: str | Path, regions: gpd.GeoDataFrame) -> None:
    """Refuse to write nothing over a run that found regions.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to.
    regions : geopandas.GeoDataFrame
        What is to be written.

    Raises
    ------
    InputError
        If there is no region and the folder holds a run that has some.
    """
    if len(regions):
        return
    try:
        there = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))["regions"]
    except (OSError, ValueError, KeyError, TypeError):  # no run
        return
    if there:
        msg = (
            f"Invalid result without a region for {folder}. Must have one to replace the run "
            f"there, which has {there:,}; nothing was written: mend the input or name another "
            "folder."
        )
        raise InputError(msg)


def write_files(
    folder: str | Path,
    *,
    regions: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    regions_map: gpd.GeoDataFrame | None = None,
    pages: Mapping[str, Callable[[Path], None]] | None = None,
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
        Further tables by file name, written as Parquet: GeoParquet where they have a geometry, and
        "locations", which have lon and lat.
    run : mapping of str to Any
        What run.json holds. Its notes, credits and settings also stand in the other files, but for
        CSV, which has no place for them.
    regions_map : geopandas.GeoDataFrame, optional
        The regions with outlines for maps, for a GeoJSON file and a layer of their own.
    pages : mapping of str to callable, optional
        Further files by name, each with what writes it to a path.

    Returns
    -------
    list of pathlib.Path
        The files, run.json last.

    Raises
    ------
    NotADirectoryError
        If `folder` is a file.
    """
    folder = check_out(folder).resolve()
    about = {key: run[key] for key in _ABOUT if key in run}
    with hold(folder), open_room(folder) as room:
        write_geojson(regions, room / "regions.geojson", about=about)
        if regions_map is not None:
            write_geojson(regions_map, room / "regions_map.geojson", about=about)
        write_flatgeobuf(regions, room / "regions.fgb", about=about)
        write_geopackage(
            room / "regions.gpkg",
            regions=regions,
            tables=tables,
            about=about,
            regions_map=regions_map,
        )
        write_ranking(regions, room / "ranking.csv")
        for name, table in {"regions": regions, **tables}.items():
            write = parquet.write_points if name == "locations" else parquet.write_parquet
            write(_sign(table, about), room / f"{name}.parquet")
        for name, write_page in (pages or {}).items():
            write_page(room / name)
        _write_run(room, run)
        return put(room, folder, mark=RUN_FILE, inputs=trace_inputs(run))


def _write_run(room: Path, run: Mapping[str, Any]) -> None:
    """Write run.json, which lists the other files, so that a mixture of two runs shows."""
    files = {path.name: describe_file(path) for path in sorted(room.iterdir())}
    told = {**run, "files": files}
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    (room / RUN_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def check_out(folder: str | Path) -> Path:
    """Refuse a folder that the files of a run cannot go into.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        If it holds a world, some of whose files are called as those of a run, or a file of such a
        name that no run wrote.
    NotADirectoryError
        If it is a file.
    """
    folder = check_folder(folder)
    if is_world(folder):
        msg = f"Invalid output folder {folder}. Must not hold a world; give another folder."
        raise InputError(msg)
    check_free(folder / name for name in sorted(RUN_NAMES))
    return folder


def _sign(table: _Table, about: Mapping[str, Any]) -> _Table:
    """Give a table attributes, which Parquet files keep as metadata."""
    signed = table.copy(deep=False)
    signed.attrs = {key: about[key] for key in about}
    return signed
