"""Records that hang together, one applicant's or laboratory's: where those of each group stand."""

from collections.abc import Callable
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import empty_table
from gii_geo.records import count
from gii_geo.records.labels import NO_CELL, Cells
from gii_geo.records.lazy import collect
from gii_geo.records.said import Single
from gii_geo.records.sorting import sum_alike
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN
from gii_geo.tables import RECORD_UNITS

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.int64]

_SUMS: Final = ("weight", "records", "square")
_STOOD: Final = ("kind", "group", "lon", "lat", "record", "year", "alone", *_SUMS)


def stand_groups(measured: Table, numbered: Table, spots: pd.DataFrame) -> pd.DataFrame:
    """Say where the records of groups stand.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `count.measure_records`.
    numbered : narwhals.LazyFrame
        From `count.number_spread`: the records that stand at several places.
    spots : pandas.DataFrame
        Each place's lon and lat, in the order of their numbers.

    Returns
    -------
    pandas.DataFrame
        kind, group (the text), lon and lat (missing for a record that stands at several places,
        or at none), record (`NOWHERE` but for those at several), year, alone (whether what is not
        placed are addresses that are records of their own), weight, records and square.
    """
    grouped = measured.filter(~nw.col("group").is_null() & (nw.col("size") > 0))
    alone = collect(count.sum_alone(grouped, by=("group",)))
    place = alone["place"].to_numpy(np.int64)
    alone = alone.assign(**{name: spots[name].to_numpy()[place] for name in ("lon", "lat")})
    spread = collect(
        numbered.filter(~nw.col("group").is_null()).select("kind", "group", "record", "year")
    )
    lost = collect(
        grouped.filter(nw.col("first").is_null())
        .group_by("kind", "group", "year")
        .agg(records=nw.len().cast(nw.Int64))
    )
    return pd.concat(
        [_fill(alone), _fill(spread.assign(records=1)), _fill(lost)], ignore_index=True
    )


def stand_single(single: Single, cells: Cells, read: Callable[[str], str]) -> pd.DataFrame:
    """Say where groups stand each of whose addresses is a record of its own.

    Parameters
    ----------
    single : said.Single
        The sums of what names the groups.
    cells : labels.Cells
        Gives the groups their numbers.
    read : callable
        How a group is read from its text.

    Returns
    -------
    pandas.DataFrame
        As `stand_groups` gives it.
    """
    number = cells.number("group", single.texts, read)[single.sums["text"]]
    told = number != NO_CELL
    sums = {key: column[told] for key, column in single.sums.items()}
    names, order = cells.order("group")
    place = sums["place"]
    spots = pd.concat([single.spots, pd.DataFrame({"lon": [np.nan], "lat": [np.nan]})])
    at = {axis: spots[axis].to_numpy()[place] for axis in ("lon", "lat")}  # NOWHERE is the last
    weight = np.where(place == NOWHERE, 0, sums["records"] * RECORD_UNITS)
    stood = {
        **at,
        "kind": pd.Categorical.from_codes(sums["kind"], pd.Index(single.kinds)),
        "group": pd.Categorical.from_codes(order[number[told]], pd.Index(names, dtype="str")),
        "year": pd.arrays.IntegerArray(sums["year"], sums["year"] == YEAR_UNKNOWN),
        "alone": place == NOWHERE,
        "weight": weight,
        "records": sums["records"],
        "square": weight,
    }
    return _fill(pd.DataFrame(stood))


def count_several(measured: Table) -> int:
    """Count the records whose addresses name several groups.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `count.measure_records`, with groups.

    Returns
    -------
    int
        How many.
    """
    several = measured.filter((nw.col("size") > 0) & (nw.col("group") != nw.col("last_group")))
    return int(collect(several.select(records=nw.len()))["records"].iloc[0])


def number_groups(stood: pd.DataFrame, location: IntArray) -> pd.DataFrame:
    """Give groups their numbers, and sum what one has at one location in one year.

    Parameters
    ----------
    stood : pandas.DataFrame
        From `stand_groups` and `stand_single`, of all sources.
    location : numpy.ndarray of int64, shape (n,)
        Location of each row, `NOWHERE` where it has none.

    Returns
    -------
    pandas.DataFrame
        The table of a world: groups are numbered through by kind, then text.
    """
    if stood.empty:
        return empty_table("groups")
    named = stood["kind"].astype("category").cat
    kinds = sorted(named.categories)
    kind = pd.Index(kinds).get_indexer(named.categories).astype(np.int64)[named.codes]
    text, texts = pd.factorize(stood["group"], sort=True)
    _, group = np.unique(kind * len(texts) + text, return_inverse=True)
    keys = {
        "group": group.astype(np.int64),
        "location": location,
        "record": stood["record"].to_numpy(np.int64),
        "year": stood["year"].astype("Int64").fillna(YEAR_UNKNOWN).to_numpy(np.int64),
        "alone": stood["alone"].to_numpy(np.int64),
    }
    head, sums, first = sum_alike(keys, {name: stood[name] for name in _SUMS})
    return pd.DataFrame(
        {
            "kind": np.array(kinds, dtype=object)[kind[first]],
            "group": head["group"],
            "location": _mask(head["location"], NOWHERE),
            "record": _mask(head["record"], NOWHERE),
            "year": _mask(head["year"], YEAR_UNKNOWN),
            "alone": head["alone"].astype(bool),
            **sums,
        }
    )


def note_groups(groups: pd.DataFrame, accounts: pd.DataFrame) -> list[str]:
    """Tell of each kind with groups how many there are, and how many records stand by themselves.

    Parameters
    ----------
    groups : pandas.DataFrame
        From `number_groups`.
    accounts : pandas.DataFrame
        Of the world.

    Returns
    -------
    list of str
        A sentence a kind.
    """
    notes = []
    for kind, part in groups.groupby("kind", observed=True):
        many, records = part["group"].nunique(), int(part["records"].sum())
        total = int(accounts["records"][accounts["kind"] == kind].sum())
        told = f"{kind}: {records:,} of {total:,} records are of {many:,} "
        told += "group" if many == 1 else "groups"
        told += " (applicants or organisations, whose records rank sets draw together)"
        if records < total:
            told += ", the others stand by themselves"
        elif many == 1:
            told += ", which tells nothing of how groups differ: they are taken as independent"
        notes.append(told)
    return notes


def _fill(stood: pd.DataFrame) -> pd.DataFrame:
    """Give a table of where groups stand all its columns."""
    types = {"lon": "float64", "lat": "float64", "year": "Int64"}
    fixed = {"record": NOWHERE, "alone": False, **dict.fromkeys(_SUMS, 0)}
    lacking = {name: value for name, value in fixed.items() if name not in stood}
    return stood.assign(**lacking).reindex(columns=[*_STOOD]).astype(types)


def _mask(values: IntArray, missing: int) -> Any:  # noqa: ANN401
    """Turn whole numbers into ones that can be missing."""
    return pd.arrays.IntegerArray(values, values == missing)
