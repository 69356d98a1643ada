"""Fields and organisations as suppliers write them -> one cell, whatever is in them."""

import re
from collections.abc import Iterable
from typing import Final

from gii_geo.records.files import quote
from gii_geo.tables import SEVERAL_JOIN

_BLANKS: Final = r"[\s\x00-\x1f]+"
_BLANKS_SQL: Final = r"[\s\pZ\x00-\x1f\x{85}]+"
"""The same characters: what SQL calls a blank is ASCII."""

_PERHAPS_ODD: Final = "[^!-~ ]|  |^ | $|[;|]"
"""What a text has that needs to be looked at closely, which takes its time."""

_PARTS: Final = ";|"
"""What would part a text that is no list."""

_MARK: Final = f"chr({ord(SEVERAL_JOIN)})"


def join_values(values: Iterable[str]) -> str | None:
    r"""Write several values in one cell.

    Parameters
    ----------
    values : iterable of str
        Such as the fields or the organisations of a record.

    Returns
    -------
    str or None
        The values that are not empty, each once, in alphabetical order, `SEVERAL_JOIN` between
        them, and behind a single one that a ``;`` or ``|`` in it would part; blanks and control
        characters within them are one blank. None without any.

    Examples
    --------
    >>> join_values(["Optics ", "", "Machine\n tools", "Optics"]), join_values(["GFZ | Potsdam"])
    ('Machine tools\x1fOptics', 'GFZ | Potsdam\x1f')
    """
    cleaned = {_clean(value) for value in values} - {""}
    if len(cleaned) != 1:
        return SEVERAL_JOIN.join(sorted(cleaned)) or None
    (cell,) = cleaned
    return f"{cell}{SEVERAL_JOIN}" if any(part in cell for part in _PARTS) else cell


def _clean(value: str) -> str:
    """Make one blank of blanks and control characters; what is printable has no others."""
    return " ".join((value if value.isprintable() else re.sub(_BLANKS, " ", value)).split())


def clean_sql(value: str) -> str:
    """Write in SQL what `join_values` makes of a value among others.

    Parameters
    ----------
    value : str
        An expression that gives text, better a column: it is written several times.

    Returns
    -------
    str
        The expression around it.

    Examples
    --------
    >>> import duckdb
    >>> text = clean_sql("chr(31) || ' Univ' || chr(160) || chr(10) || 'Bern'")
    >>> duckdb.sql(f"SELECT {text}").fetchall()
    [('Univ Bern',)]
    """
    is_odd = f"regexp_matches({value}, {quote(_PERHAPS_ODD)})"
    cleaned = f"trim(regexp_replace({value}, {quote(_BLANKS_SQL)}, ' ', 'g'))"
    return f"nullif(CASE WHEN {is_odd} THEN {cleaned} ELSE {value} END, '')"


def cell_sql(value: str) -> str:
    r"""Write in SQL what `join_values` makes of a single value that is clean.

    Parameters
    ----------
    value : str
        A column of texts.

    Returns
    -------
    str
        The expression around it.

    Examples
    --------
    >>> import duckdb
    >>> duckdb.sql("SELECT " + cell_sql("'GFZ | Potsdam'")).fetchall()
    [('GFZ | Potsdam\x1f',)]
    """
    is_parted = " OR ".join(f"contains({value}, '{part}')" for part in _PARTS)
    return f"CASE WHEN {is_parted} THEN {value} || {_MARK} ELSE {value} END"


def cells_sql(values: str) -> str:
    r"""Write in SQL what `join_values` makes of the values of a group that are clean.

    Parameters
    ----------
    values : str
        A column of texts.

    Returns
    -------
    str
        An aggregate of it.

    Examples
    --------
    >>> import duckdb
    >>> names = duckdb.sql("SELECT unnest(['b', 'a', 'b']) AS name")
    >>> names.aggregate(cells_sql("name")).fetchall()
    [('a\x1fb',)]
    """
    several = f"array_to_string(list_sort(list_distinct(list({values}))), {_MARK})"
    one = cell_sql(f"min({values})")
    return f"CASE WHEN min({values}) < max({values}) THEN {several} ELSE {one} END"
