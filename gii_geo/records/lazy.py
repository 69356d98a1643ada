"""Lazy tables run on the engine that they are on: DuckDB, Spark, or the user's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from gii_geo.paths import first_line
from gii_geo.records.spark import explain_spark
from gii_geo.tables import SEVERAL_JOIN, InputError

ROWS_AT_ONCE: Final = 1 << 20
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
    with readable():
        return table.collect("pyarrow").to_native().to_pandas()  # type: ignore[no-any-return]


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


def number_in_order(table: nw.LazyFrame[Any], name: str, *, by: Sequence[str]) -> nw.LazyFrame[Any]:
    """Give rows their numbers in an order.

    Parameters
    ----------
    table : narwhals.LazyFrame
        Any table.
    name : str
        What the column of numbers is called.
    by : sequence of str
        What the rows are ordered by.

    Returns
    -------
    narwhals.LazyFrame
        The rows with their numbers, from 0. On Spark they grow, but with gaps: to count through
        would take all rows to one machine.
    """
    if not table.implementation.is_spark_like():
        return table.with_row_index(name, order_by=list(by))
    from pyspark.sql import functions  # noqa: PLC0415  # an extra

    ordered = table.to_native().orderBy(*by)
    numbered = ordered.withColumn(name, functions.monotonically_increasing_id())
    lazy: nw.LazyFrame[Any] = nw.from_native(numbered.hint("shuffle_hash")).lazy()
    return lazy


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
    lists = [name for name in columns if isinstance(schema[name], nw.List)]
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
    except duckdb.Error as error:
        msg = f"Invalid input. Must be readable to its end; {first_line(error)}."
        raise InputError(msg) from error
