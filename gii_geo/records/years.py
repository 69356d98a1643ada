"""Years that cannot be read: refused where most cannot, else listed with what stands there."""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from gii_geo.ranges import show_value
from gii_geo.records import count
from gii_geo.records.lazy import collect
from gii_geo.tables import InputError, call_kind
from gii_geo.world import NO_YEAR

Table = nw.LazyFrame[Any]

MOST_APART: Final = 0.01
"""Part of a kind's records that may have addresses of several years without a warning."""


def check_years(screened: Table, reasons: pd.DataFrame) -> list[str]:
    """Refuse a column most of whose values are no year; tell of a few that are none.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Screened addresses of one source.
    reasons : pandas.DataFrame
        Their rows by kind, year, reason and no_year (whether there is a text that is no year).

    Returns
    -------
    list of str
        Sentences for the summary.

    Raises
    ------
    InputError
        If most values of a file are no year; the message names the first.
    """
    if not reasons["no_year"].astype(bool).any():
        return []
    told = screened.filter(~nw.col("year").is_null() | ~nw.col("year_text").is_null())
    unread = nw.when(nw.col("year").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    files = collect(told.group_by("file").agg(rows=nw.len(), unread=unread.sum()))
    lines = collect(
        told.filter(nw.col("year").is_null()).select("file", "row", "year_text").sort("file", "row")
    )
    notes = []
    for file in files[files["unread"] > 0].sort_values("file").to_dict("records"):
        first = lines[lines["file"] == file["file"]].iloc[0]
        where = "" if pd.isna(first["row"]) else f", row {first['row']}"
        many = f"{file['unread']:,} of {file['rows']:,} rows"
        if file["unread"] * 2 > file["rows"]:
            msg = (
                f"Invalid year {show_value(first['year_text'])} in {file['file']}{where}. Must "
                "be a year of four digits or a date with one alone, such as 2019, 2019-03-15, "
                f"20190315 or 15/03/2019; found none in {many}."
            )
            raise InputError(msg)
        notes.append(
            f"{file['file']}: {many} have a text that is no year, such as "
            f"{show_value(first['year_text'])}{where.replace(', ', ' in ')}"
        )
    return notes


def tell_apart(counted: pd.DataFrame, name: str) -> list[str]:
    """Tell of kinds whose records have addresses of several years: other records may share an id.

    Parameters
    ----------
    counted : pandas.DataFrame
        From `count.sum_measured`: kind, records and apart (those of several years).
    name : str
        Name of the source.

    Returns
    -------
    list of str
        A sentence for each kind of which more than `MOST_APART` are.

    Examples
    --------
    >>> counted = pd.DataFrame({"kind": ["patent"], "records": [50], "apart": [30]})
    >>> tell_apart(counted, "a.csv")[0]
    'a.csv: 30 of 50 patents have addresses of several years, and are of the earliest: ...'
    """
    told = counted.groupby("kind", observed=True)[["records", "apart"]].sum()
    return [
        f"{name}: {apart:,} of {records:,} {call_kind(str(kind))} have addresses of several years, "
        "and are of the earliest: does record_id begin anew in each file or year?"
        for kind, records, apart in told.itertuples()
        if apart > MOST_APART * records
    ]


def list_unknown(screened: Table, measured: Table | None) -> Table:
    """List the placed addresses whose year cannot be read, and whose record has none besides.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Screened addresses of one source.
    measured : narwhals.LazyFrame or None
        From `count.measure_records`; None where no row has a record_id.

    Returns
    -------
    narwhals.LazyFrame
        Rejects, as `count.weigh_rejects` gives them: they weigh nothing, for what is not asked by
        years counts as any other.
    """
    placed = nw.col("reason").is_null() & nw.col("year").is_null()
    unknown = screened.filter(placed & ~nw.col("year_text").is_null())
    weighed = count.weigh_rejects(unknown, measured).filter(nw.col("record_year").is_null())
    told = nw.concat_str(nw.lit(f"{NO_YEAR}: "), nw.col("year_text"))
    nothing = nw.lit(0).cast(nw.Int64)
    return weighed.with_columns(short=nw.lit(NO_YEAR), reason=told, weight=nothing)
