"""What a file holds, told by its bytes: its format, its header, its points."""

import glob
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.paths import expand_path, first_line, list_tables
from gii_geo.records.csv_bytes import find_encoding, read_head
from gii_geo.records.packed import find_packing
from gii_geo.tables import InputError

if TYPE_CHECKING:
    import geopandas as gpd

Format = Literal["parquet", "csv", "geojson"]

HIDDEN: Final = ("__file", "__row", "__problem")
"""Columns of our own beside the user's: where a row stands, and why it cannot be used."""

_FORMATS: Final = "Parquet, CSV in UTF-8 or GeoJSON"
_NO_FOLDER: Final = frozenset(("lon", "lat", "record_id", "count"))
_HIVE_MISSING: Final = "__HIVE_DEFAULT_PARTITION__"
_NOTHING: Final = b" \r\n\t\xff\xfe\xef\xbb\xbf\x00"
_PACKED: Final = (".gz", ".zip", ".zst", ".bz2")
_TEXTS: Final = (".csv", ".tsv")
_PLAIN: Final = (".parquet", *_TEXTS, ".geojson")
_ENDINGS: Final = (*_PLAIN, *(f"{text}{packed}" for text in _TEXTS for packed in _PACKED))
_BOM: Final = b"\xef\xbb\xbf"


def list_files(path: Path) -> Iterator[Path]:
    """Give the path itself, or the tables below a folder, as `paths.list_tables` lists them.

    Parameters
    ----------
    path : pathlib.Path
        A file, a folder, or a pattern of files and folders.

    Yields
    ------
    pathlib.Path
        Each file, and each folder that is one table (of Delta Lake).

    Raises
    ------
    InputError
        If there is none.
    """
    named = set(expand_path(path))  # a file that is named is input whatever its ending
    found = (
        one
        for one in list_tables(path)
        if one in named or one.is_dir() or one.name.lower().endswith(_ENDINGS)
    )
    if not (tables := list(found)):
        msg = (
            f"Invalid folder {path}. Must hold files named {', '.join(_PLAIN)} (texts also packed: "
            f"{', '.join(_PACKED)}); found none."
        )
        raise InputError(msg)
    yield from tables


def sniff_format(path: Path) -> Format:
    """Tell Parquet, GeoJSON and CSV apart by their first bytes, whatever the file's name.

    Parameters
    ----------
    path : pathlib.Path
        The file, which may be packed.

    Returns
    -------
    {"parquet", "csv", "geojson"}
        The format.

    Raises
    ------
    InputError
        If the file cannot be read, is empty or is something else.
    """
    head = read_head(path)
    if not head.strip(_NOTHING):
        msg = f"Invalid file {path}. Must not be empty."
        raise InputError(msg)
    packing = find_packing(path)
    if head[:4] == b"PAR1":
        if packing is not None:
            raise _refuse_packed(path, "Parquet", packing)
        return "parquet"
    start = head.removeprefix(_BOM).lstrip()
    if start[:1] == b"{" and b'"type"' in start:
        if packing not in (None, "gzip"):
            raise _refuse_packed(path, "GeoJSON", packing)
        return "geojson"
    if find_encoding(head) is None or start[:1] in (b"{", b"[", b"<", b"%"):
        msg = f"Invalid file {path}. Must be {_FORMATS}."
        raise InputError(msg)
    return "csv"


def _refuse_packed(path: Path, kind: str, packing: str) -> InputError:
    """Say that a file must be unpacked first."""
    return InputError(f"Invalid file {path}. Must not be packed ({packing}), as it is {kind}.")


def tell_form(path: Path, lon_lat: tuple[str, str]) -> object:
    """Tell what Parquet files must share to be read as one table.

    Parameters
    ----------
    path : pathlib.Path
        A file, or a folder that keeps a log.
    lon_lat : (str, str)
        The columns beside which a geometry is not looked at.

    Returns
    -------
    object
        The columns, their types and what the names of its folders say; for what is read by itself
        an object that is like no other.

    Raises
    ------
    InputError
        As for `sniff_format`.
    """
    if path.is_dir() or sniff_format(path) != "parquet":
        return object()
    try:
        schema = pq.read_schema(path)
    except (OSError, ValueError):  # refused where it is opened
        return object()
    if has_points(schema, lon_lat) or {"file_row_number", *HIDDEN} & set(schema.names):
        return object()
    return str(schema.remove_metadata()), tuple(read_folder_names(path, schema.names).items())


def has_points(schema: pa.Schema, lon_lat: tuple[str, str]) -> bool:
    """Tell whether a Parquet file says where its rows lie by a geometry alone.

    Parameters
    ----------
    schema : pyarrow.Schema
        The file's.
    lon_lat : (str, str)
        The columns beside which a geometry is not looked at.

    Returns
    -------
    bool
        Whether it is a GeoParquet file without lon and lat.
    """
    return b"geo" in (schema.metadata or {}) and not _has_lon_lat(schema.names, lon_lat)


def _has_lon_lat(names: Collection[str], lon_lat: tuple[str, str]) -> bool:
    """Tell whether a table has the columns beside which a geometry is not looked at."""
    return any(set(pair) <= set(names) for pair in (lon_lat, ("lon", "lat")))


def read_points(path: Path, *, lon_lat: tuple[str, str] = ("lon", "lat")) -> Any:  # noqa: ANN401
    """Read a GeoJSON or GeoParquet file of points.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lon_lat : (str, str)
        As for `flatten_points`.

    Returns
    -------
    pyarrow.Table
        Its columns, and the points as lon and lat in degrees.

    Raises
    ------
    InputError
        If the file is damaged or holds something else than points.
    """
    import geopandas as gpd  # noqa: PLC0415  # slow to import, seldom needed here

    try:
        is_json = sniff_format(path) == "geojson"
        points = gpd.read_file(path) if is_json else _read_geoparquet(path)
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"Invalid file {path}. Must be {_FORMATS}; {first_line(error)}."
        raise InputError(msg) from error
    table = flatten_points(points, name=str(path), lon_lat=lon_lat)
    return nw.from_native(table, eager_only=True).to_arrow()


def flatten_points(
    points: "gpd.GeoDataFrame", *, name: str, lon_lat: tuple[str, str] = ("lon", "lat")
) -> pd.DataFrame:
    """Turn the geometry of a table of points into lon and lat.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points; without a reference system they are taken for degrees.
    name : str
        What the message calls the table.
    lon_lat : (str, str)
        The columns beside which a geometry is not looked at.

    Returns
    -------
    pandas.DataFrame
        The other columns, lon and lat; lon and lat are missing where the geometry is. Where the
        table has both, its geometry is not looked at; further geometries are left out.

    Raises
    ------
    InputError
        If a geometry is no point.
    """
    others = [name for name in points.select_dtypes("geometry") if name != points.geometry.name]
    points = points.drop(columns=others)
    if _has_lon_lat(points.columns, lon_lat):
        return pd.DataFrame(points.drop(columns=points.geometry.name))
    kinds = set(points.geom_type.dropna())
    if kinds - {"Point"}:
        msg = f"Invalid geometry in {name}. Must be points; found {', '.join(sorted(kinds))}."
        raise InputError(msg)
    points = points.to_crs("EPSG:4326") if points.crs is not None else points
    table = pd.DataFrame(points.drop(columns=points.geometry.name))
    return table.assign(lon=points.geometry.x, lat=points.geometry.y)


def _read_geoparquet(path: Path) -> "gpd.GeoDataFrame":
    """Read a GeoParquet file; one that says little of its geometry has it in WKB and degrees."""
    import geopandas as gpd  # noqa: PLC0415  # as above

    try:
        return gpd.read_parquet(path)
    except (KeyError, TypeError, ValueError):
        table = pq.read_table(path, partitioning=None)
        told = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        column = told.get("primary_column", "geometry")
        frame = table.to_pandas(ignore_metadata=True)
        if column not in frame:
            raise
        others = [name for name in told.get("columns", {}) if name != column]
        geometry = gpd.GeoSeries.from_wkb(frame[column], crs="EPSG:4326")
        return gpd.GeoDataFrame(frame.drop(columns=[column, *others]), geometry=geometry)


def escape_pattern(path: Path) -> str:
    """Give the path such that DuckDB, which reads names as patterns, finds this file alone.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        The path with its pattern characters in brackets.

    Examples
    --------
    >>> escape_pattern(Path("patents[1].csv"))
    'patents[[]1].csv'
    """
    return glob.escape(str(path))


def quote(text: str, mark: str = "'") -> str:
    """Quote a text for SQL.

    Parameters
    ----------
    text : str
        What to quote.
    mark : str, default "'"
        The quotation mark: single for a text, double for a column's name.

    Returns
    -------
    str
        The quoted text.

    Examples
    --------
    >>> quote("Xi'an")
    "'Xi''an'"
    """
    return mark + text.replace(mark, mark + mark) + mark


def read_folder_names(path: Path, own: Collection[str]) -> dict[str, str]:
    """Read the columns that the names of a file's folders tell, as Spark and Hive lay them out.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    own : collection of str
        The file's own columns, which a folder's name never replaces.

    Returns
    -------
    dict of str to str
        Column to its value in every row; a column whose value is not known is none, nor are
        positions, ids and counts, which no folder is named for.

    Examples
    --------
    >>> read_folder_names(Path("deals/year=2025/kind=deal/part-0.parquet"), ["lon", "kind"])
    {'year': '2025'}
    """
    taken = {name.lower() for name in own} | _NO_FOLDER
    told: dict[str, str] = {}
    for folder in path.parts[:-1]:
        name, equals, value = folder.partition("=")
        if equals and name and value not in ("", _HIVE_MISSING) and name.lower() not in taken:
            told[unquote(name)] = unquote(value)
    return told
