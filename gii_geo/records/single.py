"""Addresses each of which is a record of its own: what their texts say of places, summed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from gii_geo.records.files import quote
from gii_geo.records.labels import NO_CELL, list_texts, put_numbers
from gii_geo.records.lazy import UnreadableError, collect, lift_table, stream
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN
from gii_geo.sorting import Pile, Radix, sum_alike

Table = nw.LazyFrame[Any]

_HASH: Final = "hash"
"""DuckDB's, of 64 bits."""

_WHERE: Final = ("kind", "place", "year")
_TYPES: Final = {"kind": np.int16, "place": np.int32, "year": np.int16, "text": np.int32}


@dataclass(frozen=True)
class Single:
    """Addresses each of which is a record of its own, summed by place, year and text of a cell.

    Attributes
    ----------
    name : str
        What the cells are of.
    texts, kinds : list of str
        Each once, in order.
    spots : pandas.DataFrame
        Each place's lon and lat, in the order of their numbers: by lon, then lat.
    sums : dict of str to numpy.ndarray, shape (n,)
        kind, place and text (their numbers; `NOWHERE` for no place), year and records; ordered by
        kind, place, year and text.
    """

    name: str
    texts: list[str]
    kinds: list[str]
    spots: pd.DataFrame
    sums: dict[str, Any]


def sum_singles(slim: Table, names: Sequence[str], summed: pd.DataFrame) -> list[Single]:
    """Sum the addresses that have no record_id.

    Parameters
    ----------
    slim : narwhals.LazyFrame
        From `count.slim_addresses`.
    names : sequence of str
        The columns of texts.
    summed : pandas.DataFrame
        From `count.sum_rows`, of these addresses.

    Returns
    -------
    list of Single
        Of each column, the sums of those that have a text.
    """
    placed = summed.loc[summed["reason"].isna(), ["lon", "lat"]].drop_duplicates()
    spots = placed.sort_values(["lon", "lat"], ignore_index=True)
    kinds = sorted(summed["kind"].unique())
    texts = {name: sorted(list_texts(slim, name)) for name in names}
    years = summed["year"].dropna().astype("int64")
    first = int(years.min()) if len(years) else YEAR_UNKNOWN + 1
    span = int(years.max()) - first + 1 if len(years) else 0
    most = max(map(len, texts.values()), default=0)
    radix = Radix([0, NOWHERE, first - 1, 0], [len(kinds), len(spots) + 1, span + 1, most])
    rows = slim.filter(nw.col("record_id").is_null() & (nw.col("count") > 0))
    numbered = {"kind": pd.DataFrame({"kind": kinds}, dtype="str"), "place": spots}
    numbered |= {name: pd.DataFrame({name: own}, dtype="str") for name, own in texts.items()}
    # DuckDB hashes a text once: to number and sort the rows here takes less than its joins.
    is_here = rows.implementation.is_duckdb() and radix.fits
    hashes = _list_hashes(rows, numbered) if is_here else {}
    if hashes and all(own.is_unique for own in hashes.values()):
        hashed = _hash_all(rows, numbered, no_year=first - 1)
        sums = _sum_here(hashed, names, hashes, radix)
    else:
        rows = _number_all(rows, numbered, no_year=first - 1)
        sums = {name: _sum_there(rows, name) for name in names}
    for own in sums.values():
        own["year"][own["year"] == first - 1] = YEAR_UNKNOWN
    return [Single(name, texts[name], kinds, spots, sums[name]) for name in names]


def _number_all(rows: Table, numbered: dict[str, pd.DataFrame], *, no_year: int) -> Table:
    """Put numbers in the place of all that is not one: kinds, places, years and texts."""
    for name, table in numbered.items():
        rows = put_numbers(rows, table.assign(__number=np.arange(len(table))), name)
    year = nw.coalesce("year", nw.lit(no_year)).cast(nw.Int64)
    return rows.select(*numbered, year=year, records="count")


def _list_hashes(rows: Table, numbered: dict[str, pd.DataFrame]) -> dict[str, "pd.Index[Any]"]:
    """List DuckDB's hashes of what is numbered, in the order of the numbers, behind that of none.

    Where two of them are the same they tell nothing.
    """
    hashes = {}
    for name, table in numbered.items():
        told = table.reindex(range(-1, len(table))).assign(__number=np.arange(len(table) + 1))
        lifted = lift_table(told, like=rows).to_native().order("__number")
        hashes[name] = pd.Index(lifted.project(_hash(table)).to_arrow_table()[0].to_numpy())
    return hashes


def _hash_all(rows: Table, numbered: dict[str, pd.DataFrame], *, no_year: int) -> Table:
    """Put DuckDB's hashes in the place of what has numbers."""
    asked = [f"{_hash(table)} AS {name}" for name, table in numbered.items()]
    asked += [f"coalesce(year, {no_year}) AS year", "count AS records"]
    hashed: Table = nw.from_native(rows.to_native().project(", ".join(asked))).lazy()
    return hashed


def _hash(table: pd.DataFrame) -> str:
    """Write in SQL the hash of what is numbered."""
    names = ", ".join(quote(name, '"') for name in table.columns)
    return f"{_HASH}({names})"


def _sum_here(
    rows: Table, names: Sequence[str], hashes: dict[str, "pd.Index[Any]"], radix: Radix
) -> dict[str, dict[str, Any]]:
    """Sum rows of hashes by their numbers, packed in one, for every column of texts at once."""
    piles = {name: Pile() for name in names}
    for batch in stream(rows):
        kind, place = (_find(batch, name, hashes) for name in ("kind", "place"))
        year, records = (batch[name].to_numpy() for name in ("year", "records"))
        for name, pile in piles.items():
            text = _find(batch, name, hashes)
            whole = radix.pack(np.zeros(len(text), np.int64), [kind, place, year, text])
            told = text != NO_CELL
            is_all = told.all()  # no copy
            pile.add(whole if is_all else whole[told], records if is_all else records[told])
    sums = {}
    for name, pile in piles.items():
        numbers, records = pile.take()
        columns = dict(zip((*_WHERE, "text"), radix.unpack(numbers), strict=True))
        sums[name] = {**_narrow(columns), "records": records}
    return sums


def _find(batch: pa.RecordBatch, name: str, hashes: dict[str, "pd.Index[Any]"]) -> Any:  # noqa: ANN401
    """Find the numbers that hashes stand for; `NOWHERE` and `NO_CELL` for none."""
    at = hashes[name].get_indexer(batch[name].to_numpy())
    if at.min() < 0:
        why = "it is not what it was when its places and texts were listed"
        raise UnreadableError(why)
    at -= 1
    return at


def _sum_there(rows: Table, name: str) -> dict[str, Any]:
    """Sum rows of numbers on their engine, for one column of texts."""
    told = rows.filter(nw.col(name) != NO_CELL).group_by(*_WHERE, name)
    table = collect(told.agg(records=nw.col("records").sum().cast(nw.Int64)))
    keys = {key: table[own].to_numpy() for key, own in zip(_TYPES, (*_WHERE, name), strict=True)}
    keys, sums = sum_alike(_narrow(keys), {"records": table["records"]})
    return keys | sums


def _narrow(columns: dict[str, Any]) -> dict[str, Any]:
    """Give columns of numbers few bytes."""
    return {name: columns[name].astype(kind) for name, kind in _TYPES.items()}
