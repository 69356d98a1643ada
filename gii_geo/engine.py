"""Files and tables handed in -> lazy tables that DuckDB (or the user's own engine) runs."""

import csv
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow.parquet as pq

MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may hold before it spills to disk."""

_FORMATS: Final = "Parquet, CSV or GeoJSON"
_MISSING_TEXTS: Final = ("", "NA", "N/A", "NULL", "null", "None")
_HEAD_BYTES: Final = 65_536
_TABLE_FILES: Final = ("*.parquet", "*.csv", "*.csv.gz", "*.tsv", "*.geojson")


class InputError(ValueError):
    """Input that cannot be used; the message is one sentence naming the file and what must hold."""


@dataclass(frozen=True)
class Opened:
    """One file or table: lazy, with the columns `file` and `row` (1-based) where they are known."""

    table: nw.LazyFrame[Any]
    name: str
    path: Path | None = None

    @property
    def columns(self) -> list[str]:
        """Give the user's own columns."""
        own = self.table.collect_schema().names()
        return [name for name in own if name not in ("__file", "__row")]

    @property
    def relation(self) -> duckdb.DuckDBPyRelation | None:
        """Give the DuckDB relation below, if it is one."""
        native = self.table.to_native()
        return native if isinstance(native, duckdb.DuckDBPyRelation) else None


@dataclass
class Engine:
    """An embedded DuckDB with a memory limit, and a folder to spill into that goes with it."""

    connection: duckdb.DuckDBPyConnection = field(init=False)
    _spill: str = field(init=False)
    _unreadable: dict[str, str] = field(init=False, default_factory=dict)

    def __enter__(self) -> Self:
        """Open the connection."""
        self._spill = tempfile.mkdtemp(prefix="gii-geo-")
        config: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "temp_directory": self._spill}
        self.connection = duckdb.connect(config=config)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection and remove what it spilled."""
        self.connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def open_source(self, source: object) -> list[Opened]:
        """Open path(s), a folder of files, or one table.

        Parameters
        ----------
        source : object
            A path, several paths, a folder, or a pandas, Polars, pyarrow, DuckDB or Spark table.

        Returns
        -------
        list of Opened
            One entry a file, or one for a table.

        Raises
        ------
        InputError
            If a file is missing, empty or of another format.
        TypeError
            If it is none of these.
        """
        if isinstance(source, str | Path):
            return [self._open_file(path) for path in _list_files(Path(source))]
        if isinstance(source, list | tuple):
            return [opened for item in source for opened in self.open_source(item)]
        return [self._open_table(source)]

    def _open_file(self, path: Path) -> Opened:
        """Open one file by what it holds, whatever its name."""
        kind = _sniff_format(path)
        if kind == "parquet":
            relation = self._open_parquet(path)
        elif kind == "geojson":
            relation = self._number_rows(_read_points(path))
        else:
            relation = self._open_csv(path)
        relation = relation.select(f"*, {quote(str(path))} AS __file")
        opened = Opened(nw.from_native(relation).lazy(), path.name, path)
        if not relation.limit(1).fetchall():
            msg = f"Invalid file {path}. Must have at least one row; found none."
            raise InputError(msg)
        return opened

    def _open_parquet(self, path: Path) -> duckdb.DuckDBPyRelation:
        """Open a Parquet file; a GeoParquet file of points gets lon and lat."""
        try:
            schema = pq.read_schema(path)
        except (OSError, ValueError) as error:
            msg = f"Invalid file {path}. Must be a whole Parquet file; {_first_line(error)}."
            raise InputError(msg) from error
        if b"geo" in (schema.metadata or {}) and not {"lon", "lat"} <= set(schema.names):
            return self._number_rows(_read_points(path))
        return self.connection.sql(
            "SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS __row "
            f"FROM read_parquet({quote(str(path))}, file_row_number = true)"
        )

    def _open_csv(self, path: Path) -> duckdb.DuckDBPyRelation:
        """Open a CSV file; all columns are text, so that no number is guessed into another.

        Lines that are no row of the table go to a table of their own instead of ending the run.
        """
        header, delimiter, line_end = _read_header(path)
        columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in header)
        missing = ", ".join(quote(text) for text in _MISSING_TEXTS)
        rejects = f"unreadable_{len(self._unreadable)}"
        self._unreadable[str(path)] = rejects
        packed = ", compression = 'gzip'" if _is_packed(path) else ""
        return self.connection.sql(
            "SELECT *, row_number() OVER () AS __row FROM read_csv("
            f"{quote(str(path))}, auto_detect = false, header = true, columns = {{{columns}}}, "
            f"delim = {quote(delimiter)}, quote = '\"', escape = '\"', nullstr = [{missing}], "
            f"store_rejects = true, rejects_table = '{rejects}', "
            f"rejects_scan = '{rejects}_scan'{line_end}{packed})"
        )

    def unreadable_lines(self) -> pd.DataFrame:
        """Tell which lines of the CSV files read so far are no row of their table.

        Returns
        -------
        pandas.DataFrame
            Columns file, row (1-based, the header not counted) and reason.
        """
        parts = [pd.DataFrame({"file": [], "row": [], "reason": []})]
        for file, table in self._unreadable.items():
            found = self.connection.sql(
                f"SELECT {quote(file)} AS file, line - 1 AS row, "
                f"'unreadable line: ' || lower(min(error_type)) AS reason "
                f"FROM {table} GROUP BY line ORDER BY line"
            )
            parts.append(found.df())
        lines = pd.concat(parts, ignore_index=True)
        return lines.astype({"file": "str", "row": "int64", "reason": "str"})

    def _open_table(self, table: object) -> Opened:
        """Open a table handed in: one in memory goes to DuckDB, a lazy one keeps its engine."""
        try:
            frame = nw.from_native(table)  # type: ignore[call-overload]
        except TypeError as error:
            msg = (
                f"Invalid addresses of type {type(table).__name__}. Must be path(s) or a pandas, "
                "Polars, pyarrow, DuckDB or Spark table."
            )
            raise TypeError(msg) from error
        if isinstance(frame, nw.LazyFrame):
            return Opened(frame, "table")
        relation = self._number_rows(frame.to_arrow())
        if frame.is_empty():
            msg = "Invalid table. Must have at least one row; found none."
            raise InputError(msg)
        return Opened(nw.from_native(relation).lazy(), "table")

    def _number_rows(self, table: Any) -> duckdb.DuckDBPyRelation:  # noqa: ANN401
        """Hand an Arrow table to DuckDB with its row numbers."""
        return self.connection.from_arrow(table).select("*, row_number() OVER () AS __row")


def collect(table: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Run a lazy table on its engine.

    Parameters
    ----------
    table : narwhals.LazyFrame
        What to run.

    Returns
    -------
    pandas.DataFrame
        Its rows.

    Raises
    ------
    InputError
        If the engine meets a row it cannot read.

    Examples
    --------
    >>> collect(nw.from_native(duckdb.sql("SELECT 1 AS one")).lazy())["one"].tolist()
    [1]
    """
    try:
        return table.collect("pyarrow").to_native().to_pandas()  # type: ignore[no-any-return]
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
        msg = f"Invalid input. Must be readable to its end; {_first_line(error)}."
        raise InputError(msg) from error


def _list_files(path: Path) -> Iterator[Path]:
    """Give the path itself, or the table files of a folder in the order of their names."""
    if not path.exists():
        msg = f"Invalid file {path}. Must exist."
        raise InputError(msg)
    if not path.is_dir():
        yield path
        return
    files = sorted({file for pattern in _TABLE_FILES for file in path.rglob(pattern)})
    if not files:
        msg = f"Invalid folder {path}. Must hold {_FORMATS} files; found none."
        raise InputError(msg)
    yield from files


def _sniff_format(path: Path) -> str:
    """Tell Parquet, GeoJSON and CSV apart by their first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as unpacked:
                head = unpacked.read(_HEAD_BYTES)
    except (OSError, EOFError) as error:
        msg = f"Invalid file {path}. Must be readable; {_first_line(error)}."
        raise InputError(msg) from error
    if not head.strip():
        msg = f"Invalid file {path}. Must not be empty."
        raise InputError(msg)
    if head[:4] == b"PAR1":
        return "parquet"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"{" and b'"type"' in start:
        return "geojson"
    if b"\x00" in head or start[:1] in (b"{", b"[", b"<", b"%"):
        msg = f"Invalid file {path}. Must be {_FORMATS}."
        raise InputError(msg)
    return "csv"


def _read_points(path: Path) -> Any:  # noqa: ANN401
    """Read a GeoJSON or GeoParquet file of points as an Arrow table with lon and lat."""
    import geopandas as gpd  # noqa: PLC0415  # slow to import, seldom needed here

    try:
        read = gpd.read_file if _sniff_format(path) == "geojson" else gpd.read_parquet
        points = read(path)
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"Invalid file {path}. Must be {_FORMATS}; {_first_line(error)}."
        raise InputError(msg) from error
    kinds = set(points.geom_type.dropna())
    if kinds - {"Point"}:
        msg = f"Invalid geometry in {path}. Must be points; found {', '.join(sorted(kinds))}."
        raise InputError(msg)
    points = points.to_crs("EPSG:4326") if points.crs is not None else points
    table = pd.DataFrame(points.drop(columns=points.geometry.name))
    table["lon"], table["lat"] = points.geometry.x, points.geometry.y
    return nw.from_native(table, eager_only=True).to_arrow()


def _is_packed(path: Path) -> bool:
    """Tell whether a file is packed with gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _read_header(path: Path) -> tuple[list[str], str, str]:
    """Read a CSV file's column names, its delimiter and DuckDB's word for an old Mac's line end."""
    with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    line = text.replace("\r", "\n").lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t|", key=line.count)
    names: list[str] = []
    for place, name in enumerate(next(csv.reader([line], delimiter=delimiter)), start=1):
        plain = name.strip() or f"column {place}"
        names.append(plain if plain not in names else f"{plain} ({place})")
    old_mac = "\n" not in text and "\r" in text
    return names, delimiter, ", new_line = '\\r'" if old_mac else ""


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


def _first_line(error: Exception) -> str:
    """Give the first line of an error without its full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")
