"""Addresses each of which is a record of its own: what their texts say of places, summed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records.labels import NO_CELL, list_texts, put_numbers
from gii_geo.records.lazy import collect, lift_table, stream
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN
from gii_geo.sorting import Pile, Radix, sum_alike

Table = nw.LazyFrame[Any]

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
    rows = _number_all(slim, spots, kinds, texts, no_year=first - 1)
    span = int(years.max()) - first + 1 if len(years) else 0
    most = max(map(len, texts.values()), default=0)
    radix = Radix([0, NOWHERE, first - 1, 0], [len(kinds), len(spots) + 1, span + 1, most])
    # DuckDB hands on the rows as they are, once: to sort them takes less than its own sums.
    if rows.implementation.is_duckdb() and radix.fits:
        sums = _sum_here(rows, names, radix)
    else:
        sums = {name: _sum_there(rows, name) for name in names}
    for own in sums.values():
        own["year"][own["year"] == first - 1] = YEAR_UNKNOWN
    return [Single(name, texts[name], kinds, spots, sums[name]) for name in names]


def _number_all(
    slim: Table, spots: pd.DataFrame, kinds: list[str], texts: dict[str, list[str]], *, no_year: int
) -> Table:
    """Put numbers in the place of all that is not one: kinds, places, years and texts."""
    rows = slim.filter(nw.col("record_id").is_null() & (nw.col("count") > 0))
    for name, own in {"kind": kinds, **texts}.items():
        met = pd.DataFrame({name: pd.array(own, "str"), "__number": np.arange(len(own))})
        rows = put_numbers(rows, met)
    numbered = spots.assign(place=np.arange(len(spots)))
    joined = rows.join(lift_table(numbered, like=rows), on=["lon", "lat"], how="left")
    return joined.select(
        "kind",
        *texts,
        place=nw.coalesce("place", nw.lit(NOWHERE)).cast(nw.Int64),
        year=nw.coalesce("year", nw.lit(no_year)).cast(nw.Int64),
        records="count",
    )


def _sum_here(rows: Table, names: Sequence[str], radix: Radix) -> dict[str, dict[str, Any]]:
    """Sum rows of numbers, each of them packed in one, for every column of texts at once."""
    packed = {
        name: nw.when(nw.col(name) != NO_CELL).then(
            radix.pack(nw.lit(0).cast(nw.Int64), [nw.col(key) for key in (*_WHERE, name)])
        )
        for name in names
    }
    piles = {name: Pile() for name in names}
    for batch in stream(rows.select("records", **packed)):
        records = batch["records"].to_numpy()
        for name, pile in piles.items():
            told = batch[name].is_valid().to_numpy(zero_copy_only=False)
            pile.add(batch[name].drop_null().to_numpy(), records[told])
    sums = {}
    for name, pile in piles.items():
        numbers, records = pile.take()
        columns = dict(zip((*_WHERE, "text"), radix.unpack(numbers), strict=True))
        sums[name] = {**_narrow(columns), "records": records}
    return sums


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
