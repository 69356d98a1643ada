"""Records that stand at several places, from Spark: they come home, and are numbered there."""

from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gii_geo.records import count
from gii_geo.records.lazy import collect_arrow

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.integer[Any]]


def stand_at_home(
    located: Table, measured: Table, connection: duckdb.DuckDBPyConnection
) -> tuple[Table, Table]:
    """Say at which places records stand, and number them, off Spark.

    To number through is to order all records, which one machine does at a tenth of the cost; and
    they come to this one in any case.

    Parameters
    ----------
    located : narwhals.LazyFrame
        As for `count.measure_records`, on Spark.
    measured : narwhals.LazyFrame
        What that gave.
    connection : duckdb.DuckDBPyConnection
        Where they come to.

    Returns
    -------
    numbered, standing : narwhals.LazyFrame
        What `count.number_spread` (but for record_id) and `count.stand_records` give elsewhere.
    """
    spread = count.list_spread(measured)
    # Both lie parted by their ids: each part is looked up where it is, and neither is sorted.
    spread = nw.from_native(spread.to_native().hint("shuffle_hash")).lazy()
    rows = collect_arrow(count.stand_records(located, spread))
    record = pa.array(_number_records(rows["kind"], rows["record_id"]))
    home = rows.drop_columns(["record_id"]).append_column("record", record)
    standing: Table = nw.from_native(connection.from_arrow(home)).lazy()
    groups = [name for name in home.column_names if name == "group"]
    numbered = standing.select("kind", "record", "size", "year", *groups).unique()
    return numbered, standing


def _number_records(kind: pa.ChunkedArray, record_id: pa.ChunkedArray) -> IntArray:
    """Give rows the number of their record, from 0 in the order of kinds and ids."""
    key = _rank_texts(record_id)  # in 32 bits, as a world's numbers: rows are many
    if len(kind.unique()) > 1:
        key = key + _rank_texts(kind).astype(np.int64) * (int(key.max(initial=0)) + 1)
    is_met = np.zeros(key.max(initial=-1) + 1, dtype=bool)
    is_met[key] = True
    record: IntArray = (np.cumsum(is_met, dtype=np.int32) - np.int32(1))[key]
    return record


def _rank_texts(texts: pa.ChunkedArray) -> IntArray:
    """Give each text its place among the distinct ones, in the order of their bytes."""
    coded = texts.combine_chunks().dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    ranks: IntArray = rank[coded.indices.to_numpy()]
    return ranks
