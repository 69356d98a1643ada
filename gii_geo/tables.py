"""Columns and dtypes of the tables that the steps hand on, and the check at their door."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

KINDS: Final = ("patent", "publication", "deal")
"""What a record can be, in the order of every table and file."""

NO_KIND: Final = "unknown"
"""What the accounts call the kind of a line that cannot be read."""

PLURAL: Final = {"patent": "patents", "publication": "publications", "deal": "deals"}
"""Column of a region that holds a kind's fractional count; also the kind's command line option."""

RECORD_UNITS: Final = 5_354_228_880
"""One record in integer units: the least common multiple of 1 to 24.

A record splits evenly and exactly over up to 24 addresses; a billion records fit in int64.
"""

MOST_ADDRESSES: Final = 1_000_000_000
"""What one row can stand for at most."""

MOST_RECORDS: Final = (2**63 - 1) // RECORD_UNITS
"""Records of one kind whose units still fit in int64: 1.7 billion."""

Schema = Mapping[str, str]
"""Column name to numpy/pandas kind code: ``f`` float, ``i`` integer (also nullable), ``s`` text."""

LOCATIONS: Final[Schema] = {
    "lon": "f",
    "lat": "f",
    **{f"{kind}_addresses": "i" for kind in KINDS},
    **{f"{kind}_weight": "i" for kind in KINDS},
}

REGIONS: Final[Schema] = {
    "region_id": "s",
    "rank": "i",
    "name": "s",
    "economies": "s",
    **dict.fromkeys(PLURAL.values(), "f"),
    **{f"{kind}_share": "f" for kind in KINDS},
    "score": "f",
    "area_km2": "f",
    "locations": "i",
    "addresses": "i",
}
"""Columns of a region in every file, before its geometry."""

CITY_LEVEL: Final = "city_level_share"
"""Part (0 to 1) of a region's activity placed no better than by city, where it is known."""

INTENSITY: Final = ("population", "intensity", "intensity_rank")
"""Further columns of a region where its people are known."""

_KIND_WORDS = {"f": "a float", "i": "an integer", "s": "a text"}


def check_table(table: pd.DataFrame, schema: Schema, *, name: str = "table") -> None:
    """Refuse a table that lacks a column of the schema or holds it in another type.

    Parameters
    ----------
    table : pandas.DataFrame
        The table at the door of a step.
    schema : mapping of str to str
        The columns it must have, each with its kind of dtype: ``"f"`` float, ``"i"`` integer
        (nullable or not), ``"s"`` text.
    name : str, default "table"
        What the message calls the table.

    Raises
    ------
    TypeError
        If it is not a DataFrame or a column has another type.
    ValueError
        If a column is missing.

    Examples
    --------
    >>> check_table(pd.DataFrame({"lon": [0.0], "lat": [0.0]}), {"lon": "f", "lat": "f"})
    """
    if not isinstance(table, pd.DataFrame):
        msg = f"Invalid {name} of type {type(table).__name__}. Must be a pandas DataFrame."
        raise TypeError(msg)
    missing = [column for column in schema if column not in table.columns]
    if missing:
        msg = (
            f"Invalid {name} without {', '.join(missing)}. Must have the columns "
            f"{', '.join(schema)}; found {', '.join(map(str, table.columns))}."
        )
        raise ValueError(msg)
    checks = {
        "f": pd.api.types.is_float_dtype,
        "i": pd.api.types.is_integer_dtype,
        "s": pd.api.types.is_string_dtype,
    }
    for column, code in schema.items():
        if not checks[code](table[column].dtype):
            msg = (
                f"Invalid column {column} of {name}. Must be {_KIND_WORDS[code]} column; "
                f"found {table[column].dtype}."
            )
            raise TypeError(msg)
