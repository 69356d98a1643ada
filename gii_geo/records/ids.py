"""Ids of records: what is to be said where some addresses have none."""

import re
from typing import Any, Final

import narwhals as nw
import pandas as pd

from gii_geo.ranges import show_value
from gii_geo.records.lazy import collect
from gii_geo.tables import InputError

MOST_NAMELESS: Final = 0.1
"""Part of a kind's rows that may lack an id which others have, without a warning."""

_LOOKED_AT: Final = 1000
"""Ids that are looked at: a spreadsheet rounds all that are as long."""

_ROUNDED: Final = re.compile(r"[+-]?\d([.,]\d+)?E\+\d+")
_EXACT: Final[dict[Any, int]] = {nw.Float32: 2**24, nw.Float64: 2**53}
"""From where on a floating-point number stands for several whole ones."""


def check_rounded(table: nw.LazyFrame[Any], column: str, name: str) -> list[str]:
    """Refuse ids that are numbers which were rounded: several records are then one.

    Parameters
    ----------
    table : narwhals.LazyFrame
        A table.
    column : str
        Its ids.
    name : str
        What to call the table.

    Returns
    -------
    list of str
        A sentence where some of the first ids are such, but most are none.

    Raises
    ------
    InputError
        If most of them are.

    Examples
    --------
    >>> check_rounded(nw.from_native(pd.DataFrame({"id": ["A1", "1.2E+15"]})).lazy(), "id", "a.csv")
    ["a.csv: 1 of the first 2 ids is a rounded number, such as '1.2E+15': records may be one"]
    """
    dtype: Any = table.collect_schema()[column]
    if dtype != nw.String and dtype not in _EXACT:
        return []
    ids = collect(table.select(id=column).filter(~nw.col("id").is_null()).head(_LOOKED_AT))["id"]
    if dtype == nw.String:
        is_rounded = ids.str.strip().str.fullmatch(_ROUNDED)
    else:
        is_rounded = ids.abs() >= _EXACT[dtype]
    if not (number := int(is_rounded.sum())):
        return []
    first, many = show_value(ids[is_rounded].tolist()[0]), f"{number:,} of the first {len(ids):,}"
    if 2 * number > len(ids):
        msg = (
            f"Invalid {column} {first} in {name}. Must tell records apart; found numbers that were "
            f"rounded, as spreadsheets do and columns of floats, in {many} rows: save them as "
            "texts, or leave the column out."
        )
        raise InputError(msg)
    are = "is a rounded number" if number == 1 else "are rounded numbers"
    return [f"{name}: {many} ids {are}, such as {first}: records may be one"]


def tell_nameless(summed: pd.DataFrame, name: str) -> tuple[list[str], list[str]]:
    """Tell of each kind only some of whose rows have an id.

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
        A sentence a kind.
    warnings : list of str
        Those of kinds of which more than `MOST_NAMELESS` have none.

    Examples
    --------
    >>> rows = pd.DataFrame({"kind": "patent", "named": [1, 0], "rows": [97, 3]})
    >>> rows["addresses"] = rows["rows"]
    >>> tell_nameless(rows, "a.csv")
    (['a.csv: 3 of 100 patent rows have no record_id: each is a record of its own'], [])
    """
    notes, warnings = [], []
    for kind, own in summed[summed["addresses"] > 0].groupby("kind", observed=True):
        rows = int(own["rows"].sum())
        nameless = int(own.loc[own["named"] != 1, "rows"].sum())
        if not 0 < nameless < rows:
            continue
        word = str(kind).replace("_", " ")
        told = f"{name}: {nameless:,} of {rows:,} {word} rows have no record_id"
        notes.append(f"{told}: each is a record of its own")
        if nameless > MOST_NAMELESS * rows:
            warnings.append(f"{told}: each counts as a record of its own.")
    return notes, warnings
