"""Rows that cannot be used: named one by one, in the order of their files."""

import contextlib
import math
from collections.abc import Iterable
from typing import Any, Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from gii_geo.ranges import show_value
from gii_geo.records.lazy import collect
from gii_geo.records.screen import FATAL, UNKNOWN_KIND
from gii_geo.records.sources.addresses import Addresses
from gii_geo.records.sources.roles import TEXTS
from gii_geo.tables import (
    KINDS,
    NO_KIND,
    RECORD_UNITS,
    InputError,
    check_kind,
    describe_kinds,
)
from gii_geo.world import BROKEN

REJECTS: Final = (
    *("kind", "record_id", "lon", "lat", "economy", "year", "count", "reason", "file", "row"),
)
"""Columns of the rejects."""

WEIGHED: Final = ("weight", "record_year", "short")
"""What is known of a reject besides: its units, its record's year, its reason without details."""


def name_fatal(screened: nw.LazyFrame[Any], source: Addresses) -> InputError:
    """Name the first row that shows the file is not what it was taken for.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Screened addresses, at least one of them with a reason of `screen.FATAL`.
    source : Addresses
        Where they are from.

    Returns
    -------
    InputError
        To be raised.
    """
    fatal = screened.filter(nw.col("reason").is_in(FATAL))
    rows = collect(fatal.select("file", "row", "kind", "unread", "reason"))
    first, where = _take_first(rows, source)
    if first["reason"] == UNKNOWN_KIND:
        found = "no kind" if pd.isna(first["kind"]) else f"kind {show_value(first['kind'])}"
        words = f"{', '.join(KINDS)}, or a further word"
        return InputError(f"Invalid {found} in {where}. Must be {words}.")
    return InputError(f"Invalid {first['unread']} in {where}. Must be {_say_number(first)}.")


def _take_first(rows: pd.DataFrame, source: Addresses) -> tuple["pd.Series[Any]", str]:
    """Take the first of some rows of a source, and say where it stands."""
    first = rows.sort_values(["file", "row"]).iloc[0]
    where = f"{first['file'] or source.name}"
    return first, where + ("" if pd.isna(first["row"]) else f", row {first['row']}")


def _say_number(row: "pd.Series[Any]") -> str:
    """Say what a number must be, by what stands there instead."""
    text = str(row["unread"]).partition(" '")[2][:-1]
    if any(mark in text for mark in ";|"):
        return "one number: split the cell into a row for each address"
    with contextlib.suppress(ValueError):
        if math.isfinite(float(text)) and not text.isascii():
            return "a number in the digits 0 to 9"
        if math.isfinite(float(text)) and "_" not in text:
            return "a whole number of addresses; without the column every row is one address"
    return "a number with a decimal point" if "," in text else "a number"


def name_kind(screened: nw.LazyFrame[Any], source: Addresses, kind: str) -> InputError:
    """Name the first row of a kind that cannot be one.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Screened addresses.
    source : Addresses
        Where they are from.
    kind : str
        The kind that `tables.check_kind` refuses.

    Returns
    -------
    InputError
        To be raised.
    """
    rows = collect(screened.filter(nw.col("kind") == kind).select("file", "row"))
    _, where = _take_first(rows, source)
    try:
        check_kind(kind, where=f" in {where}")
    except InputError as error:
        return error
    return InputError(f"Invalid kind {show_value(kind)} in {where}.")


def refuse_alike(kinds: Iterable[str], where: object) -> None:
    """Refuse kinds whose records regions would count in one column.

    Parameters
    ----------
    kinds : iterable of str
        Words of kinds.
    where : object
        What they are of.

    Raises
    ------
    InputError
        If two have one plural.

    Examples
    --------
    >>> refuse_alike(["trademark", "trademarks"], "a.csv")
    Traceback (most recent call last):
    gii_geo.tables.InputError: Invalid kinds 'trademark' and 'trademarks' in a.csv. Must ...
    """
    met: dict[str, str] = {}
    for kind in describe_kinds(kinds):
        other = met.setdefault(kind.plural, kind.word)
        if other != kind.word:
            msg = (
                f"Invalid kinds {show_value(other)} and {show_value(kind.word)} in {where}. Must "
                f"have plurals that differ, for regions count both in a column {kind.plural}: name "
                "one of them otherwise, or both alike."
            )
            raise InputError(msg)


def order_rejects(rejects: pd.DataFrame, unreadable: pd.DataFrame) -> pd.DataFrame:
    """Put the rejects in the order of the files, each row by its place in the file.

    Parameters
    ----------
    rejects : pandas.DataFrame
        Rejected rows: `REJECTS`, `WEIGHED` and texts; or none at all.
    unreadable : pandas.DataFrame
        Lines that are no row: file, row, reason and kind.

    Returns
    -------
    pandas.DataFrame
        All of them.
    """
    texts = [name for name in TEXTS if name in rejects]
    rejects = rejects.reindex(columns=[*REJECTS, *texts, *WEIGHED])
    for file, lines in unreadable.groupby("file"):
        bad = lines["row"].sort_values().to_numpy()
        # DuckDB numbers the rows it could read; put the lines it could not back between them.
        mine = rejects["file"] == file
        row = rejects.loc[mine, "row"].to_numpy(np.int64)
        shift = np.searchsorted(bad - np.arange(len(bad)), row, side="right")
        rejects.loc[mine, "row"] = row + shift
    lines = unreadable.assign(weight=0).reindex(columns=rejects.columns)
    whole = dict.fromkeys(("row", "year", "count", "record_year"), "Int64")
    types = {**whole, "weight": "int64", "lon": "float64", "lat": "float64"}
    types |= dict.fromkeys(("kind", "record_id", "economy"), "str")
    types |= dict.fromkeys(("reason", "short", "file", *texts), "str")
    # First the types: where one part has none of a number, all would be floats, and round.
    rejects = pd.concat([part.astype(types) for part in (rejects, lines)], ignore_index=True)
    # A table handed in may have no row numbers: the other columns then settle the order.
    return rejects.sort_values(["file", "row", *REJECTS[:-2]], ignore_index=True)


def mark_alone(rejects: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark rejected rows whose year nobody knows, of records of their own or of none.

    Parameters
    ----------
    rejects : pandas.DataFrame
        record_id, reason and weight.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Whether each has no id, and is broken or weighs nothing.
    """
    marked = nw.from_native(rejects).select(alone=_tell_alone(nw.col("reason")))
    return marked["alone"].to_numpy().astype(bool)


def _tell_alone(reason: nw.Expr) -> nw.Expr:
    """Tell them from others, on an engine."""
    is_nameless = nw.col("record_id").is_null()
    return is_nameless & (reason.str.starts_with(BROKEN) | (nw.col("weight") == 0))


def sum_rejects(rejects: nw.LazyFrame[Any] | pd.DataFrame) -> pd.DataFrame:
    """Sum what rejected rows come to in the accounts, where they are.

    Parameters
    ----------
    rejects : narwhals.LazyFrame or pandas.DataFrame
        From `count.weigh_rejects`, with short: the reason without its details; missing where the
        reason has none.

    Returns
    -------
    pandas.DataFrame
        kind, year, reason, alone (as `mark_alone` has it), rows, weight and records.
    """
    lazy = nw.from_native(rejects).lazy() if isinstance(rejects, pd.DataFrame) else rejects
    reason, is_nameless = nw.coalesce("short", "reason"), nw.col("record_id").is_null()
    single = nw.when(is_nameless).then(nw.col("weight") // RECORD_UNITS).otherwise(nw.lit(0))
    parts = lazy.select(
        "weight",
        kind=nw.coalesce(nw.col("kind"), nw.lit(NO_KIND)),
        year="record_year",
        reason=reason,
        alone=_tell_alone(reason),
        records=single.cast(nw.Int64),
    )
    sums = ("rows", "weight", "records")
    keyed = parts.with_columns(rows=nw.lit(1)).group_by("kind", "year", "reason", "alone")
    summed = keyed.agg(*(nw.col(name).sum() for name in sums))
    return collect(summed.with_columns(nw.col(*sums).cast(nw.Int64)))
