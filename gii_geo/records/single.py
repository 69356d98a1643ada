"""Addresses each of which is a record of its own: what their texts say of places, summed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records.labels import NO_CELL, list_texts, put_numbers
from gii_geo.records.lazy import lift_table, stream
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN
from gii_geo.sorting import Pile

Table = nw.LazyFrame[Any]

_TYPES: Final = {
    "kind": np.int16,
    "place": np.int32,
    "year": np.int16,
    "text": np.int32,
    "records": np.int64,
}


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
    numbered = _number_all(slim, spots, kinds, texts)
    sums: dict[str, Any] = {}
    # DuckDB hands on the rows as they are, once: to sort them is half the time of its own sums.
    is_near = slim.implementation.is_duckdb()
    for asked in [[*names]] if is_near else [[name] for name in names]:
        rows = numbered.select("kind", "place", "year", "records", *asked)
        if not is_near:
            rows = rows.group_by("kind", "place", "year", *asked).agg(nw.col("records").sum())
        sums |= _sum_rows(rows, asked)
    return [Single(name, texts[name], kinds, spots, sums[name]) for name in names]


def _number_all(
    slim: Table, spots: pd.DataFrame, kinds: list[str], texts: dict[str, list[str]]
) -> Table:
    """Put numbers in the place of all that is not one: kinds, places, years and texts."""
    rows = slim.filter(nw.col("record_id").is_null() & (nw.col("count") > 0))
    for name, own in {"kind": kinds, **texts}.items():
        met = pd.DataFrame({name: pd.array(own, "str"), "__number": np.arange(len(own))})
        rows = put_numbers(rows, met)
    numbered = spots.assign(place=np.arange(len(spots), dtype=np.int32))
    joined = rows.join(lift_table(numbered, like=rows), on=["lon", "lat"], how="left")
    return joined.select(
        "kind",
        *texts,
        place=nw.coalesce("place", nw.lit(NOWHERE)).cast(nw.Int32),
        year=nw.coalesce("year", nw.lit(YEAR_UNKNOWN)).cast(nw.Int16),
        records="count",
    )


def _sum_rows(rows: Table, names: list[str]) -> dict[str, dict[str, Any]]:
    """Sum rows of numbers, for each column of texts those that have one."""
    piles = {name: Pile(_TYPES) for name in names}
    for batch in stream(rows):
        columns = {name: batch[name].to_numpy(zero_copy_only=False) for name in rows.columns}
        for name, pile in piles.items():
            told = columns[name] != NO_CELL
            own = {**columns, "text": columns[name]}
            pile.add({key: own[key][told] for key in _TYPES})
    return {name: pile.take() for name, pile in piles.items()}
