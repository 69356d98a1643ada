"""What a file holds, told by its bytes: its format, its header."""

import glob
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.features import BEFORE
from gii_geo.paths import expand_path
from gii_geo.records.csv_bytes import find_encoding, read_head
from gii_geo.records.packed import find_packing
from gii_geo.records.points import FORMATS, has_points
from gii_geo.tables import InputError
from gii_geo.walk import list_tables

Format = Literal["parquet", "csv", "geojson"]

HIDDEN: Final = ("__file", "__row", "__problem")
"""Columns of our own beside the user's: where a row stands, and why it cannot be used."""

MOST_COLUMNS: Final = 10_000
"""Columns of one file; OpenAlex's widest export has 500."""

_NO_FOLDER: Final = frozenset(("lon", "lat", "record_id", "count"))
_HIVE_MISSING: Final = "__HIVE_DEFAULT_PARTITION__"
_NOTHING: Final = b" \r\n\t\xff\xfe\xef\xbb\xbf\x00"
_PACKED: Final = (".gz", ".zip", ".zst", ".bz2")
_TEXTS: Final = (".csv", ".tsv")
_PLAIN: Final = (".parquet", *_TEXTS, ".geojson")
_ENDINGS: Final = (*_PLAIN, *(f"{text}{packed}" for text in _TEXTS for packed in _PACKED))
_OTHERS: Final = {
    b"SQLite format 3": "a GeoPackage or another SQLite file",
    b"\x00\x00\x27\x0a": "a shapefile",
    b"fgb\x03": "FlatGeobuf",
    b"ARROW1": "Arrow (Feather)",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"Obj\x01": "Avro",
    b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive",
    b"\xfd7zXZ": "an archive",
    b"\x1f\x8b": "a packed file within a packed one",
}
"""What other files start with."""


def list_files(path: Path) -> Iterator[Path]:
    """Give the path itself, or the tables below a folder, as `walk.list_tables` lists them.

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
    if str(path).startswith("~"):  # a name here, which readers take for the user's own folder
        path = path.absolute()
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


def strip_ending(path: Path) -> Path:
    """Give the path of a table without what its name says of its format and packing.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        The same where its name has no such ending.

    Examples
    --------
    >>> [str(strip_ending(Path(name))) for name in ("a.csv.gz", "a.Parquet", "a.2018")]
    ['a', 'a', 'a.2018']
    """
    own = [ending for ending in _ENDINGS if path.name.lower().endswith(ending)]
    return path.with_name(path.name[: -max(map(len, own))]) if own else path


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
    start = head.lstrip(BEFORE)
    if start[:1] == b"{" and b'"type"' in start:
        if packing not in (None, "gzip"):
            raise _refuse_packed(path, "GeoJSON", packing)
        return "geojson"
    found = next((name for mark, name in _OTHERS.items() if head.startswith(mark)), None)
    if found:
        told = f"found {found}: write it as one of these, with points or columns lon and lat"
        msg = f"Invalid file {path}. Must be {FORMATS}; {told}."
        raise InputError(msg)
    bare = head.replace(b"\x00", b"").lstrip(_NOTHING)  # of UTF-16 the letters
    if find_encoding(head) is None or bare[:1] in b"{[<%":
        told = _tell_other(bare, is_wide=b"\x00" in head)
        msg = f"Invalid file {path}. Must be {FORMATS}; found {told}."
        raise InputError(msg)
    return "csv"


def _tell_other(start: bytes, *, is_wide: bool) -> str:
    """Say what no table is by its first bytes, zeros left out, and whether there were zeros."""
    if start[:1] == b"<":
        return "a web page" if b"<html" in start.lower() else "XML"
    if start[:1] in (b"{", b"["):
        return "JSON in UTF-16: save it as UTF-8" if is_wide else "other JSON"
    is_text = start.translate(None, b"\r\n\t").decode("latin-1").isprintable()
    return "zero bytes in a text, as in half a copy" if is_text else "binary data"


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
    except (OSError, ValueError, pa.ArrowException):  # refused where it is opened
        return object()
    if has_points(schema, lon_lat) or {"file_row_number", *HIDDEN} & set(schema.names):
        return object()
    return str(schema.remove_metadata()), tuple(read_folder_names(path, schema.names).items())


def check_width(path: Path, columns: int) -> None:
    """Refuse a table that is wider than any: engines take time with the square of its width.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : int
        How many it has.

    Raises
    ------
    InputError
        If it has more than `MOST_COLUMNS`.
    """
    if columns > MOST_COLUMNS:
        msg = f"Invalid file {path}. Must have at most {MOST_COLUMNS:,} columns; found {columns:,}."
        raise InputError(msg)


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

    Raises
    ------
    InputError
        If two folders tell one column differently.

    Examples
    --------
    >>> read_folder_names(Path("deals/year=2025/kind=deal/part-0.parquet"), ["lon", "kind"])
    {'year': '2025'}
    """
    taken = {name.lower() for name in own} | _NO_FOLDER
    told: dict[str, str] = {}
    for folder in path.absolute().parts[:-1]:  # the same however the path is written
        name, equals, value = folder.partition("=")
        if equals and name and value not in ("", _HIVE_MISSING) and name.lower() not in taken:
            name, value = unquote(name), unquote(value)
            if told.setdefault(name, value) != value:
                msg = (
                    f"Invalid folders of {path}. Must name {name} once; found {name}={told[name]} "
                    f"and {name}={value}."
                )
                raise InputError(msg)
    return told
