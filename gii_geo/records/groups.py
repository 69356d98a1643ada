"""Records that hang together, one applicant's or laboratory's: where those of each group stand."""

from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.packing import SUMS, concat_arrays, empty_table
from gii_geo.records import count
from gii_geo.records.labels import Cells
from gii_geo.records.lazy import collect, collect_packed
from gii_geo.records.said import Said
from gii_geo.records.standing import NOWHERE, YEAR_UNKNOWN, find_locations
from gii_geo.sorting import sum_alike

Table = nw.LazyFrame[Any]
IntArray = npt.NDArray[np.int64]

_TYPES: Final = {
    **dict.fromkeys(("kind", "year"), np.int16),
    **dict.fromkeys(("text", "location", "record"), np.int32),
    **dict.fromkeys(SUMS, np.int64),
    "alone": np.int8,
}
_KEYS: Final = ("kind", "text", "location", "record", "year", "alone")
_UNTOLD: Final = {
    **dict.fromkeys(("location", "record"), NOWHERE),
    **dict.fromkeys(("alone", *SUMS), 0),
    "records": 1,
}
"""What a table of where groups stand need not say."""


def stand_groups(
    measured: Table, numbered: Table, spots: pd.DataFrame, groups: Sequence[str]
) -> list[pd.DataFrame]:
    """Say where the records of groups stand.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `count.measure_records`.
    numbered : narwhals.LazyFrame
        From `count.number_spread`: the records that stand at several places.
    spots : pandas.DataFrame
        Each place's lon and lat, in the order of their numbers.
    groups : sequence of str
        In the order of their numbers.

    Returns
    -------
    list of pandas.DataFrame
        Of records that stand at one place alone, at several, and at none: kind, group (its text) as
        categories, and year; and of the first lon and lat, weight, records and square, of the
        second record, of the third records.
    """
    grouped = measured.filter(~nw.col("group").is_null() & (nw.col("size") > 0))
    alone = collect_packed(count.sum_alone(grouped, by=("group",)))
    place = alone["place"].to_numpy(np.int64)
    alone = alone.assign(**{name: spots[name].to_numpy()[place] for name in ("lon", "lat")})
    spread = collect_packed(
        numbered.filter(~nw.col("group").is_null()).select("kind", "group", "record", "year")
    )
    lost = collect_packed(
        grouped.filter(nw.col("first").is_null())
        .group_by("kind", "group", "year")
        .agg(records=nw.len().cast(nw.Int64))
    )
    words, stood = pd.Index([*groups], dtype="str"), [alone, spread, lost]
    for table in stood:
        codes = table["group"].to_numpy(np.int32)
        table["group"] = pd.Categorical.from_codes(codes, words)
    return stood


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


def number_groups(
    stood: list[pd.DataFrame], single: list[Said], locations: pd.DataFrame, cells: Cells
) -> pd.DataFrame:
    """Give groups their numbers, and sum what one has at one location in one year.

    Parameters
    ----------
    stood : list of pandas.DataFrame
        From `stand_groups`, records numbered through.
    single : list of said.Said
        What addresses each of which is a record of its own say of groups; it is emptied, lest what
        is large stands in memory twice.
    locations : pandas.DataFrame
        lon and lat, in order.
    cells : labels.Cells
        What the numbers of `single` stand for.

    Returns
    -------
    pandas.DataFrame
        The table of a world: groups are numbered by their text, whatever the kind.
    """
    stood = [table for table in stood if len(table)]
    kinds = sorted(
        {kind for table in stood for kind in table["kind"].unique()}.union(
            *(one.kinds for one in single)
        )
    )
    own, order = cells.order("group")
    met = {*own}.union(*(table["group"].cat.categories.tolist() for table in stood))
    texts = pd.Index(sorted(met), dtype="str")
    at = texts.get_indexer(pd.Index(own, dtype="str"))
    parts = [_code_stood(stood.pop(0), kinds, texts, locations) for _ in range(len(stood))]
    while single:
        parts.append(_code_single(single.pop(), kinds, at[order[:-1]], locations))
    if not any(len(part["records"]) for part in parts):
        return empty_table("groups")
    keys, values = (
        {name: concat_arrays([part.pop(name) for part in parts]) for name in names}
        for names in (_KEYS, SUMS)
    )
    head, sums = sum_alike(keys, values, consume=True)
    named = np.zeros(len(texts), dtype=bool)
    named[head["text"]] = True
    return pd.DataFrame(
        {
            "kind": pd.Categorical.from_codes(head["kind"], pd.Index(kinds)),
            "group": (np.cumsum(named, dtype=np.int32) - np.int32(1))[head["text"]],
            "location": _mask(head["location"], NOWHERE),
            "record": _mask(head["record"], NOWHERE),
            "year": _mask(head["year"], YEAR_UNKNOWN),
            "alone": head["alone"].astype(bool),
            **sums,
        },
        copy=False,
    )


def _code_stood(
    stood: pd.DataFrame, kinds: list[str], texts: "pd.Index[str]", locations: pd.DataFrame
) -> dict[str, Any]:
    """Put numbers in the place of kinds, texts and places."""
    columns = {
        "kind": pd.Categorical(stood["kind"], categories=kinds).codes,
        "text": stood["group"].cat.set_categories(texts).cat.codes,
        "year": stood["year"].fillna(YEAR_UNKNOWN),
        **{name: stood[name] for name in _UNTOLD if name in stood},
    }
    if "lon" in stood:
        columns["location"] = find_locations(stood, locations)
    told = {name: np.asarray(column, dtype=_TYPES[name]) for name, column in columns.items()}
    untold = {
        name: np.broadcast_to(np.asarray(value, dtype=_TYPES[name]), len(stood))  # takes no room
        for name, value in _UNTOLD.items()
    }
    return untold | told


def _code_single(
    single: Said, kinds: list[str], order: IntArray, locations: pd.DataFrame
) -> dict[str, Any]:
    """Put the world's numbers in the place of a source's own."""
    located = single.locate(kinds, locations)
    is_placed = located["location"] != NOWHERE
    units = single.weigh("weight") * is_placed
    return {
        **located,
        "text": order.astype(np.int32)[single.sums["cell"]],
        "record": np.full(len(units), NOWHERE, np.int8),
        "alone": (~is_placed).astype(np.int8),
        "weight": units,
        "records": single.sums["records"],
        "square": units,
    }


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


def _mask(values: IntArray, missing: int) -> Any:  # noqa: ANN401
    """Turn whole numbers into ones that can be missing."""
    return pd.arrays.IntegerArray(values, values == missing)
