"""Ids of records: in one spelling, and what is to be said where some are none."""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from gii_geo.ranges import show_value
from gii_geo.records.lazy import collect
from gii_geo.tables import InputError, call_kind

MOST_NAMELESS: Final = 0.1
"""Part of a kind's rows that may lack an id which others have, without a warning."""

MOST_SHARED: Final = 0.01
"""Part of a kind's records that may stand in several files without a note."""

LEAST_ALIKE: Final = 10
"""Records whose ids are alike, that are worth a warning."""

MOST_HELD: Final = 5_000_000
"""Rows of a source whose ids are held against each other: beyond, it takes long."""

MOST_ASKED: Final = 1_000_000
"""Rows of a source all of whose ids are written bare: beyond, those will do that end in ..."""

ENDS_IN: Final = "7"

_LOOKED_AT: Final = 1000
"""Ids that are looked at: a spreadsheet rounds all that are as long."""

_ROUNDED: Final = r"^[+-]?[0-9](?:[.,][0-9]+)?e\+[0-9]+$"
_EXACT: Final[dict[Any, int]] = {nw.Float32: 2**24, nw.Float64: 2**53}
"""From where on a floating-point number stands for several whole ones."""

_FOUND_AT: Final = r"^(https?://(dx\.|www\.)?(doi|openalex)\.org/|doi\.org/|doi: *)"
"""What may stand before the id of a work, in lower case."""

_GUARD: Final = r"""^(="|'|\{)|["}]$"""
"""What spreadsheets put around a text lest it become a number, and some a UUID."""

_FIRST: Final = ("http", "doi", "=", "'", "{")
"""How such ids begin, which are rare: to look for that is quick."""

_SIGNS: Final = "[-./_,'()\\s\u00a0\u2010-\u2015\u2019]"
_DECORATED: Final = rf"^([a-z]{{0,3}}){_SIGNS}*0*|{_SIGNS}+|%2[89f]"
"""What one supplier writes and another does not: what groups digits or parts them from letters, and
zeros in front of a number, also behind the code of an economy."""

_LONG: Final = 6
"""Letters and digits of ids that are alike: of shorter ones with letters, some are by chance."""

_BETWEEN: Final = "\x1f"
"""Stands between two ids in a text, and in none of them."""

_LOWERED_ALONE: Final = (("\u0130", "i"), ("\u03a3", "\u03c3"))
"""Letters that others lower into two, or by what stands behind them: I with a dot, and sigma."""


def fold_id(name: str, like: nw.LazyFrame[Any]) -> nw.Expr:
    """Give a column of ids in one spelling.

    DOIs and numbers of patents are the same in either letter case, DOIs and works of OpenAlex with
    the address that they are found at or without it, and all with what guards a text from becoming
    a number: ``="007"``, ``'007``.

    Parameters
    ----------
    name : str
        Of the column.
    like : narwhals.LazyFrame
        A table on the engine. All of them give what DuckDB does, which lowers letter by letter.

    Returns
    -------
    narwhals.Expr
        A text.

    Examples
    --------
    >>> import duckdb
    >>> ids = duckdb.sql("SELECT unnest(['https://doi.org/10.1000/AB', '10.1000/ab']) AS id")
    >>> ids = nw.from_native(ids).lazy()
    >>> ids.select(fold_id("id", ids)).collect().to_native()["id"].to_pylist()
    ['10.1000/ab', '10.1000/ab']
    """
    text = nw.col(name)
    for letter, lower in () if like.implementation.is_duckdb() else _LOWERED_ALONE:
        text = text.str.replace_all(letter, lower, literal=True)
    folded = text.str.to_lowercase()
    bare = folded.str.replace_all(_GUARD, "").str.replace_all(_FOUND_AT, "")
    is_odd = nw.any_horizontal(
        *(folded.str.starts_with(first) for first in _FIRST), ignore_nulls=True
    )
    return nw.when(is_odd & (bare != "")).then(bare).otherwise(folded)


def check_rounded(table: nw.LazyFrame[Any], column: str, name: str) -> None:
    """Refuse ids that are numbers which were rounded: several records are then one.

    Parameters
    ----------
    table : narwhals.LazyFrame
        A table.
    column : str
        Its ids.
    name : str
        What to call the table.

    Raises
    ------
    InputError
        If most of the first ones are.

    Examples
    --------
    >>> check_rounded(nw.from_native(pd.DataFrame({"id": ["1.2E+15"]})).lazy(), "id", "a.csv")
    Traceback (most recent call last):
    ...
    gii_geo.tables.InputError: Invalid id '1.2E+15' in a.csv. Must tell records apart; ...
    """
    dtype: Any = table.collect_schema()[column]
    if dtype != nw.String and dtype not in _EXACT:
        return
    ids = collect(table.select(id=column).filter(~nw.col("id").is_null()).head(_LOOKED_AT))["id"]
    if dtype == nw.String:
        is_rounded = ids.str.strip().str.lower().str.match(_ROUNDED)
    else:
        is_rounded = ids.abs() >= _EXACT[dtype]
    number = int(is_rounded.sum())
    if 2 * number > len(ids):
        first = show_value(ids[is_rounded].tolist()[0])
        msg = (
            f"Invalid {column} {first} in {name}. Must tell records apart; found numbers that were "
            f"rounded, as spreadsheets do and columns of floats, in {number:,} of the first "
            f"{len(ids):,} rows: save them as texts, or leave the column out."
        )
        raise InputError(msg)


def tell_rounded(measured: nw.LazyFrame[Any], name: str) -> list[str]:
    """Tell of records some of which have for an id a number that was rounded.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `count.measure_records`: record_id (in lower case) and size (addresses).
    name : str
        Name of the source.

    Returns
    -------
    list of str
        A sentence where there are any.

    Examples
    --------
    >>> records = pd.DataFrame({"record_id": ["a1", "1.2e+15"], "size": [1, 3]})
    >>> tell_rounded(nw.from_native(records).lazy(), "a.csv")
    ["a.csv: 1 record_id is a rounded number, such as '1.2e+15' (3 addresses): records may be one."]
    """
    own = nw.col("record_id")
    met = measured.filter(own.str.contains("e+", literal=True) & own.str.contains(_ROUNDED))
    told = collect(met.select(many=nw.len(), first=own.min(), addresses=nw.col("size").sum()))
    many, first, addresses = told.iloc[0]
    if not many:
        return []
    are = "record_id is a rounded number" if many == 1 else "record_ids are rounded numbers"
    where = f"such as {show_value(first)} ({addresses:,} addresses)"
    return [f"{name}: {many:,} {are}, {where}: records may be one."]


def tell_alike(measured: nw.LazyFrame[Any], name: str, *, end: str = "") -> list[str]:
    """Tell of kinds whose ids are the same but for how they are written: 7,654,321 and 07654321.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `count.measure_records`: kind and record_id (in lower case), each pair once.
    name : str
        Name of the source.
    end : str, default ""
        How the ids end that are looked at: where records are many, some will do.

    Returns
    -------
    list of str
        A sentence for each kind of which more than `MOST_SHARED` are, and `LEAST_ALIKE` at least.

    Examples
    --------
    >>> import duckdb
    >>> ids = "SELECT 'patent' AS kind, unnest(['7,654,321', '07654321', '5']) AS record_id"
    >>> tell_alike(nw.from_native(duckdb.sql(ids)).lazy(), "a.csv")  # two may be by chance
    []
    """
    on = measured.implementation
    kept = "$1" if on.is_spark_like() or on.is_polars() else r"\1"
    bare = nw.col("record_id").str.replace_all(_DECORATED, kept)
    asked = measured.filter(nw.col("record_id").str.ends_with(end)) if end else measured
    ids = asked.select("kind", "record_id", bare=bare)
    alike = ids.group_by("kind", "bare").agg(
        records=nw.len(), first=nw.col("record_id").min(), last=nw.col("record_id").max()
    )
    # Ids of one length have lost nothing: they count in letters and zeros.
    is_known = ~nw.col("bare").str.contains("[a-z]") | (nw.col("bare").str.len_chars() >= _LONG)
    is_shorter = nw.col("first").str.len_chars() != nw.col("last").str.len_chars()
    differ = nw.when(is_shorter & is_known)
    pair = nw.concat_str(nw.col("first"), nw.col("last"), separator=_BETWEEN)
    told = alike.with_columns(
        alike=differ.then(nw.col("records")).otherwise(nw.lit(0)), pair=differ.then(pair)
    )
    many = nw.col("records", "alike").sum().cast(nw.Int64)
    counted = collect(told.group_by("kind").agg(many, nw.col("pair").min())).sort_values("kind")
    whose = f" whose id ends in {end}" if end else ""
    return [
        f"{name}: {alike:,} of {records:,} {call_kind(str(kind))}{whose} have an id that another "
        "has but for signs or zeros, such as "
        f"{' and '.join(map(show_value, pair.split(_BETWEEN)))}: are they one record?"
        for kind, records, alike, pair in counted.itertuples(index=False)
        if alike > max(LEAST_ALIKE - 1, MOST_SHARED * records)
    ]


def tell_nameless(summed: pd.DataFrame, name: str) -> tuple[list[str], list[str]]:
    """Tell of each kind only some of whose rows have an id, or that no row of a source has one.

    Parameters
    ----------
    summed : pandas.DataFrame
        From `count.sum_rows`: kind, named (whether a row has an id), rows and addresses (0 for what
        is no record).
    name : str
        Name of the source.

    Returns
    -------
    notes : list of str
        A sentence a kind, or one for all.
    warnings : list of str
        Those of kinds of which more than `MOST_NAMELESS` have none.

    Examples
    --------
    >>> rows = pd.DataFrame({"kind": "patent", "named": [1, 0], "rows": [97, 3]})
    >>> rows["addresses"] = rows["rows"]
    >>> tell_nameless(rows, "a.csv")
    (['a.csv: 3 of 100 patent rows have no record_id: each address is a record of its own'], [])
    """
    notes, warnings = [], []
    counts = summed["addresses"] > 0
    many = summed["rows"].where(counts, 0).groupby(summed["kind"], observed=True).sum()
    counts &= summed["named"] != 1
    without = summed["rows"].where(counts, 0).groupby(summed["kind"], observed=True).sum()
    if 0 < without.sum() == many.sum():
        told = f"{name}: none of {many.sum():,} rows has a record_id"
        return [f"{told}: each address is a record of its own"], []
    for kind, rows, nameless in zip(many.index, many, without, strict=True):
        if not 0 < nameless < rows:
            continue
        word = str(kind).replace("_", " ")
        told = f"{name}: {nameless:,} of {rows:,} {word} rows have no record_id"
        notes.append(f"{told}: each address is a record of its own")
        if nameless > MOST_NAMELESS * rows:
            warnings.append(f"{told}: each address counts as a record of its own.")
    return notes, warnings


def note_shared(screened: nw.LazyFrame[Any], name: str) -> list[str]:
    """Tell of kinds whose records stand in several files: ids may begin anew, or come twice.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Screened addresses of one source: kind, record_id, count and file.
    name : str
        Name of the source.

    Returns
    -------
    list of str
        A sentence for each kind of which more than `MOST_SHARED` do.
    """
    own = screened.filter(~nw.col("record_id").is_null() & (nw.col("count") > 0))
    own = own.select("kind", "file", record_id=fold_id("record_id", own))
    ends = own.group_by("kind", "record_id").agg(
        first=nw.col("file").min(), last=nw.col("file").max()
    )
    several = nw.when(nw.col("first") != nw.col("last")).then(nw.lit(1)).otherwise(nw.lit(0))
    sums = ends.with_columns(several=several, one=nw.lit(1)).group_by("kind")
    found = collect(sums.agg(nw.col("several", "one").sum().cast(nw.Int64))).sort_values("kind")
    return [
        f"{name}: {shared:,} of {records:,} {call_kind(str(kind))} stand in several files: that is "
        "right where their addresses do; else ids begin anew in each, or rows came twice"
        for kind, shared, records in found[["kind", "several", "one"]].itertuples(index=False)
        if shared > MOST_SHARED * records
    ]
