"""What a file holds, told by its bytes: its format, its header, its points."""

import csv
import glob
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import narwhals as nw
import pandas as pd

from gii_geo.paths import first_line, list_below
from gii_geo.tables import InputError

if TYPE_CHECKING:
    import geopandas as gpd

Format = Literal["parquet", "csv", "geojson"]

_FORMATS: Final = "Parquet, CSV in UTF-8 or GeoJSON"
_HEAD_BYTES: Final = 65_536
_ENDINGS: Final = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".geojson")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Header:
    """A CSV file's column names and how its cells and lines end.

    Attributes
    ----------
    names : list of str
        One name a column, no two of them alike but for their case.
    delimiter : str
        What stands between two cells.
    is_old_mac : bool
        Whether lines end with a carriage return alone.
    is_packed : bool
        Whether the file is packed with gzip.
    """

    names: list[str]
    delimiter: str
    is_old_mac: bool
    is_packed: bool


def list_files(path: Path) -> Iterator[Path]:
    """Give the path itself, or the table files below a folder, as `paths.list_below` lists them.

    Parameters
    ----------
    path : pathlib.Path
        A file or a folder.

    Yields
    ------
    pathlib.Path
        Each file.

    Raises
    ------
    InputError
        If there is none.
    """
    if path.is_file():  # whatever its name
        yield path
        return
    files = [file for file in list_below(path) if file.name.lower().endswith(_ENDINGS)]
    if not files:
        msg = f"Invalid folder {path}. Must hold files named {', '.join(_ENDINGS)}; found none."
        raise InputError(msg)
    yield from files


def sniff_format(path: Path) -> Format:
    """Tell Parquet, GeoJSON and CSV apart by their first bytes, whatever the file's name.

    Parameters
    ----------
    path : pathlib.Path
        The file, which may be packed with gzip.

    Returns
    -------
    {"parquet", "csv", "geojson"}
        The format.

    Raises
    ------
    InputError
        If the file cannot be read, is empty or is something else.
    """
    head = _read_head(path)
    if not head.strip():
        msg = f"Invalid file {path}. Must not be empty."
        raise InputError(msg)
    if head[:4] == b"PAR1":
        return "parquet"
    start = head.removeprefix(_BOM).lstrip()
    if start[:1] == b"{" and b'"type"' in start:
        return "geojson"
    if b"\x00" in head or start[:1] in (b"{", b"[", b"<", b"%"):
        msg = f"Invalid file {path}. Must be {_FORMATS}."
        raise InputError(msg)
    return "csv"


def read_header(path: Path) -> Header:
    """Read the first line of a CSV file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Header
        Names and delimiter; a name that is missing or repeated gets its place behind it.

    Raises
    ------
    InputError
        If the first line is empty.
    """
    head = _read_head(path).removeprefix(_BOM)
    line = head.replace(b"\r", b"\n").split(b"\n", 1)[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    if not text.strip():
        msg = f"Invalid file {path}. Must start with the names of its columns; found an empty line."
        raise InputError(msg)
    delimiter = max(",;\t|", key=text.count)
    names: list[str] = []
    for place, cell in enumerate(next(csv.reader([text], delimiter=delimiter)), start=1):
        name = cell.strip() or f"column {place}"
        taken = name.lower() in (other.lower() for other in names)
        names.append(f"{name} ({place})" if taken else name)
    return Header(names, delimiter, b"\n" not in head and b"\r" in head, _is_packed(path))


def swallows_lines(text: str, *, delimiter: str) -> bool:
    """Tell whether what was reported as one unreadable line stands for more than one.

    A quotation mark that is never closed takes all lines behind it with it; the line that is then
    reported holds them, or is a sound one before them.

    Parameters
    ----------
    text : str
        The line, or the first part of it.
    delimiter : str
        What stands between two cells.

    Returns
    -------
    bool
        False for a line that is itself at fault, such as ``"a"b,1,2``.

    Examples
    --------
    >>> swallows_lines('"a"b,1,2', delimiter=","), swallows_lines("a,1,2", delimiter=",")
    (False, True)
    """
    if len(text.splitlines()) > 1:
        return True
    try:
        list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def read_points(path: Path) -> Any:  # noqa: ANN401
    """Read a GeoJSON or GeoParquet file of points.

    Parameters
    ----------
    path : pathlib.Path
        The file.

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
        read = gpd.read_file if sniff_format(path) == "geojson" else gpd.read_parquet
        points = read(path)
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"Invalid file {path}. Must be {_FORMATS}; {first_line(error)}."
        raise InputError(msg) from error
    return nw.from_native(flatten_points(points, name=str(path)), eager_only=True).to_arrow()


def flatten_points(points: "gpd.GeoDataFrame", *, name: str) -> pd.DataFrame:
    """Turn the geometry of a table of points into lon and lat.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points; without a reference system they are taken for degrees.
    name : str
        What the message calls the table.

    Returns
    -------
    pandas.DataFrame
        The other columns, lon and lat; lon and lat are missing where the geometry is.

    Raises
    ------
    InputError
        If a geometry is no point.
    """
    kinds = set(points.geom_type.dropna())
    if kinds - {"Point"}:
        msg = f"Invalid geometry in {name}. Must be points; found {', '.join(sorted(kinds))}."
        raise InputError(msg)
    points = points.to_crs("EPSG:4326") if points.crs is not None else points
    table = pd.DataFrame(points.drop(columns=points.geometry.name))
    return table.assign(lon=points.geometry.x, lat=points.geometry.y)


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


def _read_head(path: Path) -> bytes:
    """Read the first bytes of what a file holds, unpacked."""
    try:
        with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except (OSError, EOFError) as error:
        msg = f"Invalid file {path}. Must be readable; {first_line(error)}."
        raise InputError(msg) from error


def _is_packed(path: Path) -> bool:
    """Tell whether a file is packed with gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
