"""Addresses each of which is a record of its own: what their texts say of places, summed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.records.files import quote
from gii_geo.records.labels import NO_CELL, list_texts, put_numbers
from gii_geo.records.lazy import UnreadableError, collect, lift_table, stream
from gii_geo.records.lookup import Lookup
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN, index_points
from gii_geo.sorting import Pile, Radix, sum_alike

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.int64]

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
    placed = summed["reason"].isna().to_numpy()
    met = index_points(*(summed[name].to_numpy()[placed] for name in ("lon", "lat"))).unique()
    points = np.sort(met.to_numpy())  # by lon, then lat
    spots = pd.DataFrame({"lon": points.real, "lat": points.imag})
    kinds = sorted(summed["kind"].unique())
    texts = {name: sorted(list_texts(slim, name)) for name in names}
    years = summed["year"].dropna().astype("int64")
    first = int(years.min()) if len(years) else YEAR_UNKNOWN + 1
    span = int(years.max()) - first + 2 if len(years) else 1
    rows = slim.filter(nw.col("record_id").is_null() & (nw.col("count") > 0))
    numbered = {"kind": pd.DataFrame({"kind": kinds}, dtype="str"), "place": spots}
    numbered |= {name: pd.DataFrame({name: own}, dtype="str") for name, own in texts.items()}
    where = Radix([0, NOWHERE, first - 1], [len(kinds), len(spots) + 1, span])
    together = _fit_together(where, {name: len(own) + 1 for name, own in texts.items()})
    # DuckDB hashes a text once: to number and sort the rows here takes less than its joins.
    is_here = rows.implementation.is_duckdb() and all(radix.fits for radix in together.values())
    lookups = _list_hashes(rows, numbered) if is_here else {}
    if lookups and all(lookup.is_unique for lookup in lookups.values()):
        is_counted = not is_one_each(summed)
        hashed = _hash_rows(rows, numbered, no_year=first - 1, is_counted=is_counted)
        sums = _sum_here(hashed, together, lookups)
    else:
        rows = _number_all(rows, numbered, no_year=first - 1)
        sums = {name: _sum_there(rows, name) for name in names}
    for own in sums.values():
        own["year"][own["year"] == first - 1] = YEAR_UNKNOWN
    return [Single(name, texts[name], kinds, spots, sums[name]) for name in names]


def is_one_each(summed: pd.DataFrame) -> bool:
    """Tell whether every row is sure to be one address.

    Parameters
    ----------
    summed : pandas.DataFrame
        From `count.sum_rows`.

    Returns
    -------
    bool
        False where a row has a reason: it may stand for several, and another for none.
    """
    return bool(summed["reason"].isna().all()) and summed["addresses"].equals(summed["rows"])


def _fit_together(where: Radix, spans: dict[str, int]) -> dict[tuple[str, ...], Radix]:
    """Put columns together whose numbers one number holds, each with so many of its own."""
    together: dict[tuple[str, ...], Radix] = {}
    for name, span in spans.items():
        names, radix = together.popitem() if together else ((), where)
        wider = Radix([*radix.lows, NO_CELL], [*radix.spans, span])
        if names and not wider.fits:
            together[names] = radix
            names, wider = (), Radix([*where.lows, NO_CELL], [*where.spans, span])
        together[*names, name] = wider
    return together


def _number_all(rows: Table, numbered: dict[str, pd.DataFrame], *, no_year: int) -> Table:
    """Put numbers in the place of all that is not one: kinds, places, years and texts."""
    for name, table in numbered.items():
        rows = put_numbers(rows, table.assign(__number=np.arange(len(table))), name)
    year = nw.coalesce("year", nw.lit(no_year)).cast(nw.Int64)
    return rows.select(*numbered, year=year, records="count")


def _list_hashes(rows: Table, numbered: dict[str, pd.DataFrame]) -> dict[str, Lookup]:
    """List DuckDB's hashes of what is numbered, in the order of the numbers.

    Before them stands that of none, but that a row has no kind is refused earlier.
    """
    lookups = {}
    for name, table in numbered.items():
        told = table if name == "kind" else table.reindex(range(-1, len(table)))
        lifted = lift_table(told.assign(__number=np.arange(len(told))), like=rows)
        hashed = lifted.to_native().project(f"__number, {_hash(table)}").to_arrow_table()
        number, own = (column.to_numpy() for column in hashed.columns)
        hashes = np.empty_like(own)
        hashes[number] = own
        lookups[name] = Lookup.of(hashes)
    return lookups


def _hash_rows(
    rows: Table, numbered: dict[str, pd.DataFrame], *, no_year: int, is_counted: bool
) -> Table:
    """Put DuckDB's hashes in the place of what has numbers; what says nothing is left out."""
    several = {name: table for name, table in numbered.items() if name != "kind" or len(table) > 1}
    asked = [f"{_hash(table)} AS {name}" for name, table in several.items()]
    asked += [f"coalesce(year, {no_year}) AS year"] if no_year != YEAR_UNKNOWN else []
    asked += ["count AS records"] if is_counted else []
    hashed: Table = nw.from_native(rows.to_native().project(", ".join(asked))).lazy()
    return hashed


def _hash(table: pd.DataFrame) -> str:
    """Write in SQL the hash of what is numbered."""
    names = ", ".join(quote(name, '"') for name in table.columns)
    return f"{_HASH}({names})"


def _sum_here(
    rows: Table, together: dict[tuple[str, ...], Radix], lookups: dict[str, Lookup]
) -> dict[str, dict[str, Any]]:
    """Sum rows of hashes by their numbers, those of columns that are together packed in one."""
    piles = {names: Pile() for names in together}
    for batch in stream(rows):
        told = {name: batch[name].to_numpy() for name in batch.schema.names}
        for names, pile in piles.items():
            pile.add(_pack((*_WHERE, *names), told, together[names], lookups), told.get("records"))
    sums = {}
    for names, pile in piles.items():
        numbers, records = pile.take()
        for name in names:
            radix, own = together[names], numbers
            for place in reversed(range(len(names))):
                if names[place] != name:
                    radix, own = radix.drop(len(_WHERE) + place, own)
            is_told = own % radix.spans[-1] > 0  # the least is `NO_CELL`
            met, summed = sum_alike({"own": own[is_told]}, {"records": records[is_told]})
            sums[name] = _narrow(radix.unpack(met["own"])) | summed
    return sums


def _pack(
    names: Sequence[str], told: dict[str, Any], radix: Radix, lookups: dict[str, Lookup]
) -> IntArray:
    """Pack in one number what the columns of a batch say."""
    whole = np.zeros(len(told["place"]), dtype=np.int64)
    for name, low, span in zip(names, *radix, strict=True):
        if name in told and name not in lookups:
            Radix([low], [span]).pack(whole, [told[name]])
        elif name in told and not lookups[name].pack(told[name], whole):
            why = "it is not what it was when its places and texts were listed"
            raise UnreadableError(why)
    return whole


def _sum_there(rows: Table, name: str) -> dict[str, Any]:
    """Sum rows of numbers on their engine, for one column of texts."""
    told = rows.filter(nw.col(name) != NO_CELL).group_by(*_WHERE, name)
    table = collect(told.agg(records=nw.col("records").sum().cast(nw.Int64)))
    keys, sums = sum_alike(
        _narrow([table[key] for key in (*_WHERE, name)]), {"records": table["records"]}
    )
    return keys | sums


def _narrow(columns: Sequence[Any]) -> dict[str, Any]:
    """Name columns of numbers, the last of which are those of texts, in few bytes."""
    return {
        name: np.asarray(column).astype(kind)
        for (name, kind), column in zip(_TYPES.items(), columns, strict=True)
    }
