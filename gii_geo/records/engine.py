"""Files and tables handed in -> lazy tables that DuckDB (or the user's own engine) runs."""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.paths import first_line, is_remote
from gii_geo.records.csv_reader import TextTable, open_text_table
from gii_geo.records.files import (
    HIDDEN,
    check_width,
    escape_pattern,
    list_files,
    quote,
    read_folder_names,
    sniff_format,
    tell_form,
)
from gii_geo.records.frames import write_arrow
from gii_geo.records.lake import open_lake
from gii_geo.records.lazy import ROWS_AT_ONCE, readable
from gii_geo.records.limits import Limits
from gii_geo.records.points import flatten_points, has_points, read_points
from gii_geo.records.spark import Shelf, Spark, lift_times
from gii_geo.records.spill import Spill
from gii_geo.tables import InputError

_HELD: Final = "__held_"  # tables that are kept


@dataclass(frozen=True)
class Opened:
    """One file or table: lazy, with the columns `file` and `row` (1-based) where they are known."""

    table: nw.LazyFrame[Any]
    name: str
    path: Path | None = None
    notes: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()
    parts: tuple[Path, ...] = ()
    tables: int = 1
    is_foreign: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Give the files behind it: those of the current version of a table that keeps a log."""
        return self.parts or (() if self.path is None else (self.path,))

    @property
    def columns(self) -> list[str]:
        """Give the user's own columns."""
        own = self.table.collect_schema().names()
        return [name for name in own if name not in HIDDEN]

    @property
    def relation(self) -> duckdb.DuckDBPyRelation | None:
        """Give the DuckDB relation below, if it is one."""
        native = self.table.to_native()
        return native if isinstance(native, duckdb.DuckDBPyRelation) else None


def _add_texts(relation: duckdb.DuckDBPyRelation, told: Mapping[str, str]) -> nw.LazyFrame[Any]:
    """Give every row of a file what is known of it: columns by their texts."""
    added = [f"{quote(text)} AS {quote(name, chr(34))}" for name, text in told.items()]
    lazy: nw.LazyFrame[Any] = nw.from_native(relation.select(", ".join(["*", *added]))).lazy()
    return lazy


@dataclass
class Engine:
    """An embedded DuckDB with a memory limit, and a folder to spill into that goes with it.

    Attributes
    ----------
    limits : Limits
        What DuckDB may use.
    name : {"duckdb", "spark"}
        Who opens paths. A table that is handed in stays on its own engine.
    conf : mapping of str to Any
        Settings for a session of Spark that is begun.
    """

    limits: Limits = field(default_factory=Limits)
    name: str = "duckdb"
    conf: Mapping[str, Any] = field(default_factory=dict)
    spark: Spark | None = field(init=False, default=None)
    _shelf: Shelf = field(init=False, default_factory=Shelf)
    connection: duckdb.DuckDBPyConnection = field(init=False)
    _spill: Spill = field(init=False)
    _texts: list[TextTable] = field(init=False, default_factory=list)
    _held: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        """Open the connection."""
        if self.name == "spark":  # first: where none can begin, nothing is left open
            self.spark = Spark.find(self.conf)
        self.connection, self._spill = self.limits.connect()
        # A geometry stays bytes: it is read by geopandas, and only where there is no lon and lat.
        self.connection.execute("SET enable_geoparquet_conversion = false")
        # DuckDB draws its bar even where there is no terminal; in a notebook it has none to turn
        # off, and without ipywidgets it refuses to be told so.
        bar = self.connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
        if bar == [(True,)]:
            self.connection.execute("SET enable_progress_bar = false")
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Close the connection, let go of what was kept; say so where it had too little room."""
        try:
            self.connection.close()
        finally:  # a signal may come meanwhile
            self._spill.remove()
        self._shelf.clear()
        if self.spark is not None:
            self.spark.close()
        if (told := self.limits.explain(error)) is not None:
            raise InputError(told) from error

    def open_source(
        self, source: object, *, lon_lat: tuple[str, str] = ("lon", "lat")
    ) -> list[Opened]:
        """Open path(s), a folder of files, or one table.

        Parameters
        ----------
        source : object
            A path, several paths, a folder, or a pandas, Polars, pyarrow, DuckDB or Spark table.
        lon_lat : (str, str)
            The columns beside which a geometry is not looked at.

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
        if self.spark is not None and isinstance(source, str | Path):
            return self._open_on_spark(self.spark, source)
        if isinstance(source, str | Path):
            source = [source]
        if isinstance(source, list | tuple):
            if self.spark is None and all(isinstance(item, str | Path) for item in source):
                return self._open_files(
                    [file for path in source for file in list_files(Path(path))], lon_lat
                )
            parts = (self.open_source(item, lon_lat=lon_lat) for item in source)
            opened = [one for part in parts for one in part]
            return opened if len(opened) == 1 else [self._bring_over(one) for one in opened]
        return [self._open_table(source, lon_lat)]

    def _open_files(self, paths: list[Path], lon_lat: tuple[str, str]) -> list[Opened]:
        """Open files; Parquet files of one form are one table, however many there are."""
        alike: dict[object, list[Path]] = {}
        for path in paths:
            alike.setdefault(tell_form(path, lon_lat), []).append(path)
        return [
            self._open_alike(group) if len(group) > 1 else self._open_file(group[0], lon_lat)
            for group in alike.values()
        ]

    def _open_alike(self, paths: list[Path]) -> Opened:
        """Open Parquet files of the same columns, some of which may be empty."""
        files = ", ".join(quote(escape_pattern(path)) for path in paths)
        try:
            relation = self.connection.sql(
                "SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS __row "
                f"FROM read_parquet([{files}], hive_partitioning = false, "
                "file_row_number = true, filename = '__file')"
            )
            has_rows = bool(relation.select("1").limit(1).fetchall())
        except duckdb.Error as error:
            where = f"{paths[0]} or one beside it"
            msg = f"Invalid file {where}. Must be readable; {first_line(error)}."
            raise InputError(msg) from error
        if not has_rows:
            msg = f"Invalid file {paths[0]}. Must have at least one row; found none."
            raise InputError(msg)
        table = _add_texts(relation, read_folder_names(paths[0], relation.columns))
        return Opened(table, paths[0].name, paths[0], parts=tuple(paths), tables=len(paths))

    def _open_file(self, path: Path, lon_lat: tuple[str, str]) -> Opened:
        """Open one file by what it holds, whatever its name."""
        if path.is_dir():
            return self._open_lake(path)
        kind = sniff_format(path)
        notes: tuple[str, ...] = ()
        repeated: frozenset[str] = frozenset()
        try:
            if kind == "parquet":
                relation = self._open_parquet(path, lon_lat)
            elif kind == "geojson":
                relation = self._number_rows(read_points(path, lon_lat=lon_lat))
            else:
                spill, number = self._spill.path, len(self._texts)
                text = open_text_table(self.connection, path, spill=spill, number=number)
                self._texts.append(text)
                relation, notes, repeated = text.relation, text.notes, text.header.repeated
            has_rows = bool(relation.select("1").limit(1).fetchall())
        except duckdb.Error as error:
            msg = f"Invalid file {path}. Must be readable; {first_line(error)}."
            raise InputError(msg) from error
        if not has_rows:
            msg = f"Invalid file {path}. Must have at least one row; found none."
            raise InputError(msg)
        told = {"__file": str(path)} | read_folder_names(path, relation.columns)
        return Opened(_add_texts(relation, told), path.name, path, notes, repeated)

    def _open_on_spark(self, spark: Spark, source: str | Path) -> list[Opened]:
        """Open a table or a path of Spark's, or the Parquet files of a path of this machine."""
        is_pattern = glob.has_magic(str(source))
        if is_remote(str(source)) or not (Path(source).exists() or is_pattern):
            return [Opened(spark.open_table(str(source)), str(source))]
        opened = []
        for path in list_files(Path(source)):
            if path.is_dir():  # it keeps a log
                opened.append(Opened(spark.open_lake(path), path.name))
                continue
            if (kind := sniff_format(path)) != "parquet":
                msg = (
                    f"Invalid file {path} for Spark. Must be Parquet, which every worker can read "
                    f"in parts; found {kind}: read it by DuckDB, or write it as Parquet once."
                )
                raise InputError(msg)
            table = spark.open_file(path)
            told = {"__file": str(path)} | read_folder_names(path, table.collect_schema().names())
            table = table.with_columns(**{name: nw.lit(text) for name, text in told.items()})
            opened.append(Opened(table, path.name, path))
        return opened

    def _open_lake(self, folder: Path) -> Opened:
        """Open a table whose log tells which of its files hold."""
        lake = open_lake(folder)
        relation = self._number_rows(self.connection.from_arrow(lake.dataset))
        if not relation.select("1").limit(1).fetchall():
            msg = f"Invalid folder {folder}. Must have at least one row; found none."
            raise InputError(msg)
        table = _add_texts(relation, {"__file": str(folder)})
        note = f"{folder.name}: version {lake.version} of a table of Delta Lake"
        return Opened(table, folder.name, folder, (note,), parts=lake.files)

    def _open_parquet(self, path: Path, lon_lat: tuple[str, str]) -> duckdb.DuckDBPyRelation:
        """Open a Parquet file; a GeoParquet file of points gets lon and lat."""
        try:
            schema = pq.read_schema(path)
        except (OSError, ValueError, pa.ArrowException) as error:
            msg = f"Invalid file {path}. Must be a whole Parquet file; {first_line(error)}."
            raise InputError(msg) from error
        check_width(path, len(schema.names))
        if has_points(schema, lon_lat):
            return self._number_rows(read_points(path, lon_lat=lon_lat))
        file = f"{quote(escape_pattern(path))}, hive_partitioning = false"
        if "file_row_number" in schema.names:
            return self._number_rows(self.connection.sql(f"FROM read_parquet({file})"))
        return self.connection.sql(
            "SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS __row "
            f"FROM read_parquet({file}, file_row_number = true)"
        )

    def hold(
        self,
        table: nw.LazyFrame[Any],
        *,
        by: Sequence[str] = (),
        rows: int = 0,
        is_source: bool = False,
    ) -> nw.LazyFrame[Any]:
        """Run a lazy table once and keep its rows, so that what follows need not run it again.

        They are kept in memory up to the limit and on disk beyond, until the engine closes.

        Parameters
        ----------
        table : narwhals.LazyFrame
            What to run.
        by : sequence of str, optional
            What rows are summed and joined by later on: Spark puts those of one value together.
        rows : int, optional
            How many there are about, for Spark to choose the number of parts.
        is_source : bool, default False
            Whether the table is what is read or kept already, a little changed: Spark, for which to
            make it twice costs less than to keep it, lets it be.

        Returns
        -------
        narwhals.LazyFrame
            The rows kept; a table of the user's own connection or another engine as it is.

        Raises
        ------
        InputError
            If the engine meets a row it cannot read.
        """
        relation = table.to_native()
        if table.implementation.is_spark_like():
            if is_source:
                return table
            lazy: nw.LazyFrame[Any] = nw.from_native(self._shelf.keep(relation, by, rows)).lazy()
            return lazy
        if not isinstance(relation, duckdb.DuckDBPyRelation):
            return table
        self._held += 1
        name = f"{_HELD}{self._held}"
        with readable():
            self.connection.execute("SET preserve_insertion_order = false")  # it is summed
            try:
                self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM relation")
            except duckdb.InvalidInputException:  # another connection's; else it is met again
                return table
            finally:
                self.connection.execute("SET preserve_insertion_order = true")
        return nw.from_native(self.connection.table(name)).lazy()

    def let_go(self, table: nw.LazyFrame[Any]) -> None:
        """Let go of a table that was held, and that nothing is read from any more.

        Parameters
        ----------
        table : narwhals.LazyFrame
            From `hold`; one that was not kept here is let be.
        """
        name = getattr(table.to_native(), "alias", None)
        if isinstance(name, str) and name.startswith(_HELD):
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")

    def unreadable_lines(self) -> pd.DataFrame:
        """Tell which lines of the CSV files read so far are no row of their table.

        Returns
        -------
        pandas.DataFrame
            Columns file, row (1-based, the header not counted) and reason.

        Raises
        ------
        InputError
            If a quotation mark that is never closed swallowed the lines behind it, or most lines
            of a file are no row.
        """
        parts = [pd.DataFrame({"file": [], "row": [], "reason": []})]
        parts += [text.list_lost().assign(file=str(text.path)) for text in self._texts]
        types = {"file": "str", "row": "int64", "reason": "str"}
        return pd.concat(parts, ignore_index=True).astype(types)

    def _open_table(self, table: object, lon_lat: tuple[str, str]) -> Opened:
        """Open a table handed in: one in memory goes to DuckDB, a lazy one keeps its engine."""
        try:
            if any(part.__name__ == "GeoDataFrame" for part in type(table).__mro__):
                table = flatten_points(table, name="table", lon_lat=lon_lat)
            frame = nw.from_native(table)  # type: ignore[call-overload]
        except TypeError as error:
            msg = (
                f"Invalid addresses of type {type(table).__name__}. Must be path(s) or a pandas, "
                "Polars, pyarrow, DuckDB or Spark table."
            )
            raise TypeError(msg) from error
        except nw.exceptions.DuplicateError as error:
            msg = "Invalid table. Must have one name a column; found one name twice."
            raise InputError(msg) from error
        if isinstance(frame, nw.LazyFrame):
            lazy = lift_times(table) if frame.implementation.is_spark_like() else frame
            return Opened(lazy, "table", is_foreign=True)
        if frame.is_empty():
            msg = "Invalid table. Must have at least one row; found none."
            raise InputError(msg)
        arrow = write_arrow(frame)
        return Opened(nw.from_native(self._number_rows(arrow)).lazy(), "table")

    def _bring_over(self, opened: Opened) -> Opened:
        """Bring the rows of a relation of the user's own connection to ours: run once, streamed."""
        relation = opened.relation
        if relation is None or not opened.is_foreign:
            return opened
        self._held += 1
        name = f"brought_{self._held}"
        with readable():
            self.connection.register(f"{name}_rows", relation.to_arrow_reader(ROWS_AT_ONCE))
            self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_rows")
            self.connection.unregister(f"{name}_rows")
        table = nw.from_native(self.connection.table(name)).lazy()
        return replace(opened, table=table, is_foreign=False)

    def _number_rows(self, table: Any) -> duckdb.DuckDBPyRelation:  # noqa: ANN401
        """Give a relation or an Arrow table its row numbers."""
        known = isinstance(table, duckdb.DuckDBPyRelation)
        relation = table if known else self.connection.from_arrow(table)
        return relation.select("*, row_number() OVER () AS __row")
