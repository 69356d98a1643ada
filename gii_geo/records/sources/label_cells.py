"""Fields and organisations as suppliers write them -> one cell, whatever is in them."""

import re
from collections.abc import Iterable
from typing import Final

from gii_geo.records.files import quote
from gii_geo.tables import SEVERAL_JOIN

_BLANKS: Final = r"[\s\x00-\x1f]+"
_BLANKS_SQL: Final = r"[\s\pZ\x00-\x1f\x{85}]+"
"""The same characters: what SQL calls a blank is ASCII."""

_PERHAPS_BLANKS: Final = "[^!-~ ]|  "
"""What a text has that needs to be looked at closely, which takes its time."""

_PARTS: Final = "[;|]"
"""What would part a text that is no list."""


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
    cleaned = {re.sub(_BLANKS, " ", value).strip() for value in values} - {""}
    cell = SEVERAL_JOIN.join(sorted(cleaned))
    is_parted = len(cleaned) == 1 and re.search(_PARTS, cell)
    return (f"{cell}{SEVERAL_JOIN}" if is_parted else cell) or None


def clean_sql(value: str) -> str:
    """Write in SQL what `join_values` makes of a value among others.

    Parameters
    ----------
    value : str
        An expression that gives text.

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
    one_blank = f"regexp_replace({value}, {quote(_BLANKS_SQL)}, ' ', 'g')"
    is_odd = f"regexp_matches({value}, {quote(_PERHAPS_BLANKS)})"
    return f"nullif(trim(CASE WHEN {is_odd} THEN {one_blank} ELSE {value} END), '')"


def cell_sql(values: str) -> str:
    r"""Write in SQL what `join_values` makes of values that are clean.

    Parameters
    ----------
    values : str
        An expression that gives a list of texts.

    Returns
    -------
    str
        The expression around it.

    Examples
    --------
    >>> import duckdb
    >>> duckdb.sql("SELECT " + cell_sql("['b', 'a', 'b']")).fetchall()
    [('a\x1fb',)]
    """
    listed = f"list_sort(list_distinct({values}))"
    mark = f"chr({ord(SEVERAL_JOIN)})"
    is_parted = f"len({listed}) = 1 AND regexp_matches({listed}[1], {quote(_PARTS)})"
    joined = f"nullif(array_to_string({listed}, {mark}), '')"
    return f"CASE WHEN {is_parted} THEN {listed}[1] || {mark} ELSE {joined} END"
