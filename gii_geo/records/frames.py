"""Tables in memory -> Arrow tables of types that an engine knows."""

from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from gii_geo.paths import first_line
from gii_geo.ranges import show_value
from gii_geo.tables import InputError

_MOST_DIGITS: Final = 38
"""Of a decimal of DuckDB."""

_UNREAD: Final = (pa.ArrowException, TypeError, ValueError, OverflowError)
"""What Arrow raises of cells that it has no type for, or of texts that are no UTF-8."""


def write_arrow(frame: nw.DataFrame[Any]) -> pa.Table:
    """Write a table as Arrow has it.

    Parameters
    ----------
    frame : narwhals.DataFrame
        The table.

    Returns
    -------
    pyarrow.Table
        The same rows: an index that has a name is a column, what is sparse is written out, a period
        is its first moment, half a float a whole one, and a decimal of up to 76 digits one of 38,
        or a text where these do not hold it.

    Raises
    ------
    InputError
        If a column has cells of several types, or of one that engines have not.

    Examples
    --------
    >>> months = pd.DataFrame({"year": [pd.Period("2019-03")]})
    >>> write_arrow(nw.from_native(months, eager_only=True)).to_pydict()["year"][0].year
    2019
    """
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        frame = nw.from_native(_settle_types(native), eager_only=True)
    try:
        arrow: pa.Table = frame.to_arrow()
        arrow.validate(full=True)
    except _UNREAD as error:
        found = _tell_types(native) if isinstance(native, pd.DataFrame) else first_line(error)
        msg = f"Invalid table. Must have one type a column; {found or first_line(error)}."
        raise InputError(msg) from error
    for place, field in enumerate(arrow.schema):
        if pa.types.is_float16(field.type):  # DuckDB has none
            arrow = arrow.set_column(place, field.name, arrow[place].cast(pa.float32()))
        elif pa.types.is_decimal256(field.type) or getattr(field.type, "scale", 0) < 0:
            arrow = arrow.set_column(place, field.name, _shorten(arrow[place]))
    return arrow


def _shorten(decimals: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write decimals with 38 digits, or as texts where these do not hold them."""
    try:
        return decimals.cast(pa.decimal128(_MOST_DIGITS, max(decimals.type.scale, 0)))
    except (pa.ArrowException, ValueError):
        return decimals.cast(pa.string())


def _settle_types(table: pd.DataFrame) -> pd.DataFrame:
    """Make an index that has a name a column, and give each column a type that Arrow has."""
    named = [name for name in table.index.names if name is not None and name not in table]
    table = table.reset_index(level=named) if named else table
    settled = table.copy(deep=False)
    for place, dtype in enumerate(table.dtypes):
        if isinstance(dtype, pd.SparseDtype):
            settled.isetitem(place, np.asarray(table.iloc[:, place]))
        elif isinstance(dtype, pd.PeriodDtype):
            settled.isetitem(place, table.iloc[:, place].dt.to_timestamp())
    return settled


def _tell_types(table: pd.DataFrame) -> str:
    """Say what the cells of the first column are that Arrow cannot take."""
    for name, column in table.items():
        try:
            pa.array(column, from_pandas=True)
        except _UNREAD:
            types = sorted({type(cell).__name__ for cell in column.dropna()})
            if types == ["str"]:
                half = "half of a letter (U+D800 to U+DFFF)"
                return f"found {half} in column {show_value(name, str)}: leave it out"
            told = " and ".join(types) if len(types) > 1 else f"{types[0]} that engines have not"
            return f"found {told} in column {show_value(name, str)}: write it as texts"
    return ""
