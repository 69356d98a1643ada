"""Lazy tables run on the engine that they are on: DuckDB, Spark, or the user's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from gii_geo.packing import order_words
from gii_geo.paths import first_line
from gii_geo.records.spark import explain_spark
from gii_geo.tables import SEVERAL_JOIN, InputError

ROWS_AT_ONCE: Final = 1 << 20
_PACKED: Final = {
    **dict.fromkeys(("coarse", "no_year", "named"), pa.int8()),
    **dict.fromkeys(("place", "group", "record"), pa.int32()),
    "year": pa.int16(),
}
"""Columns of few different numbers; all that are not named here keep what an engine gives."""

_MOST_BROADCAST: Final = 5_000_000
"""Rows of a small table that Spark hands to every worker, instead of sorting the large one."""


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
    # No copy of a column that can stand as it is.
    return collect_arrow(table).to_pandas(split_blocks=True)  # type: ignore[no-any-return]


def collect_arrow(table: nw.LazyFrame[Any]) -> pa.Table:
    """Run a lazy table on its engine, for rows that are many.

    Parameters
    ----------
    table : narwhals.LazyFrame
        What to run.

    Returns
    -------
    pyarrow.Table
        Its rows.

    Raises
    ------
    InputError
        If the engine meets a row it cannot read.

    Examples
    --------
    >>> collect_arrow(nw.from_native(duckdb.sql("SELECT 1 AS one")).lazy()).num_rows
    1
    """
    with readable():
        return table.collect("pyarrow").to_native()


def collect_packed(table: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Run a lazy table on its engine, for rows that are many and texts that are few.

    Parameters
    ----------
    table : narwhals.LazyFrame
        What to run.

    Returns
    -------
    pandas.DataFrame
        Its rows in as few bytes as they need: texts as categories in the order of the alphabet,
        years and places as numbers that can be missing.

    Raises
    ------
    InputError
        If the engine meets a row it cannot read.

    Examples
    --------
    >>> told = duckdb.sql("SELECT 'b' AS kind, 2020 AS year UNION ALL SELECT 'a', NULL")
    >>> collect_packed(nw.from_native(told).lazy().sort("kind")).dtypes.astype(str).to_dict()
    {'kind': 'category', 'year': 'Int16'}
    """
    batches = [_pack_batch(batch) for batch in stream(table)]
    if not batches:
        batches = [_pack_batch(pa.RecordBatch.from_pylist([], collect_arrow(table).schema))]
    packed = pa.Table.from_batches(batches).unify_dictionaries()
    del batches  # large
    types = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype()}
    frame: pd.DataFrame
    frame = packed.to_pandas(split_blocks=True, self_destruct=True, types_mapper=types.get)
    del packed
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].cat.set_categories(order_words(frame[name].cat.categories))
    return frame


def _pack_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give the columns of a batch few bytes."""
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns[name] = column.cast(pa.string()).dictionary_encode()
        else:
            columns[name] = column.cast(_PACKED.get(name, column.type))
    return pa.RecordBatch.from_pydict(columns)


def stream(table: nw.LazyFrame[Any]) -> Iterator[pa.RecordBatch]:
    """Run a lazy table on its engine and hand on its rows piece by piece.

    Parameters
    ----------
    table : narwhals.LazyFrame
        What to run; it may be larger than memory only on DuckDB.

    Yields
    ------
    pyarrow.RecordBatch
        Some rows.

    Raises
    ------
    InputError
        If the engine meets a row it cannot read.

    Examples
    --------
    >>> [batch.num_rows for batch in stream(nw.from_native(duckdb.sql("SELECT 1 AS one")).lazy())]
    [1]
    """
    native = table.to_native()
    with readable():
        if isinstance(native, duckdb.DuckDBPyRelation):
            yield from native.to_arrow_reader(ROWS_AT_ONCE)
        else:
            yield from table.collect("pyarrow").to_native().to_batches()


def lift_table(table: pd.DataFrame, *, like: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Bring a small table to the engine of another, so that the two can be joined.

    Parameters
    ----------
    table : pandas.DataFrame
        A table that fits in memory.
    like : narwhals.LazyFrame
        A table on the engine.

    Returns
    -------
    narwhals.LazyFrame
        The small table on that engine.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    if like.implementation.is_duckdb():
        # A query of the relation's own runs on its connection and finds `arrow` by its name.
        lifted = nw.from_native(like.to_native().query("_", "SELECT * FROM arrow")).lazy()
    elif like.implementation.is_spark_like():
        lifted_table = like.to_native().sparkSession.createDataFrame(arrow)
        if len(table) <= _MOST_BROADCAST:
            lifted_table = lifted_table.hint("broadcast")
        lifted = nw.from_native(lifted_table).lazy()
    else:
        lifted = nw.from_native(arrow).lazy(backend=like.implementation)
    return cast("nw.LazyFrame[Any]", lifted)


def is_list(dtype: Any) -> bool:  # noqa: ANN401
    """Tell whether a column's type is one of lists, be they as long as each other or not.

    Parameters
    ----------
    dtype : narwhals.dtypes.DType
        The type.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> is_list(nw.List(nw.String)), is_list(nw.Array(nw.String, 2)), is_list(nw.String())
    (True, True, False)
    """
    return isinstance(dtype, nw.List | nw.Array)


def join_lists(table: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
    """Write lists of texts as one text each, `SEVERAL_JOIN` behind each of them.

    Parameters
    ----------
    table : narwhals.LazyFrame
        On Spark or Polars.
    columns : sequence of str
        The columns, some of which may be of lists.

    Returns
    -------
    narwhals.LazyFrame
        The same rows.
    """
    schema = table.collect_schema()
    lists = [name for name in columns if is_list(schema[name])]
    if not lists:
        return table
    native = table.to_native()
    joined: dict[str, Any] = {}
    if table.implementation.is_spark_like():
        from pyspark.sql import functions  # noqa: PLC0415  # an extra

        for name in lists:
            told = functions.array_join(functions.col(f"`{name}`"), SEVERAL_JOIN)
            joined[name] = functions.concat(told, functions.lit(SEVERAL_JOIN))
        native = native.withColumns(joined)
    else:
        pl = nw.get_native_namespace(table)  # Polars, the user's own
        for name in lists:
            text = pl.col(name).cast(pl.List(pl.String)).list.join(SEVERAL_JOIN, ignore_nulls=True)
            joined[name] = text + SEVERAL_JOIN
        native = native.with_columns(**joined)
    lazy: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return lazy


class UnreadableError(InputError):
    """An engine met what it cannot read, in a table whose name it does not know.

    Parameters
    ----------
    why : str
        What it says of it.
    name : str
        What the table is called.
    """

    def __init__(self, why: str, name: str = "input") -> None:
        super().__init__(f"Invalid {name}. Must be readable to its end; {why}.")
        self.why = why


@contextmanager
def name_unreadable(name: str, files: Sequence[Path]) -> Iterator[None]:
    """Name the table that is read, should an engine not be able to.

    Parameters
    ----------
    name : str
        What the table is called.
    files : sequence of pathlib.Path
        Its files, the first of which are named.

    Raises
    ------
    InputError
        With its name instead of none.
    """
    try:
        yield
    except UnreadableError as error:
        shown = ", ".join(map(str, files[:3])) + (", ..." if len(files) > 3 else "")  # noqa: PLR2004
        told = f"file {shown}" if len(files) == 1 else f"one of the files {shown}"
        raise UnreadableError(error.why, told if files else name) from error


@contextmanager
def readable() -> Iterator[None]:
    """Turn an engine's complaints about what it reads into refused input.

    Raises
    ------
    InputError
        Instead of what the engine raises, but that it ran out of memory.
    """
    try:
        with explain_spark("Invalid input", must="be readable to its end"):
            yield
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, nw.exceptions.NarwhalsError, FileNotFoundError) as error:
        raise UnreadableError(first_line(error)) from error
