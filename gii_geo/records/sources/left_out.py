"""Which types of records count, and what is said of those that do not."""

import re
from collections.abc import Collection
from functools import cache
from typing import Final, Literal

import duckdb

from gii_geo.ranges import show_value
from gii_geo.records.sources.peek import is_peeking
from gii_geo.tables import InputError
from gii_geo.world import BROKEN, LEFT_OUT

Types = Collection[str] | Literal["all"]
"""The types of records that count."""

RETRACTED: Final = f"{LEFT_OUT}retracted"
"""Why a work that was taken back does not count, whatever its type."""

_BETWEEN: Final = re.compile(r"[\s_-]+")

_MOST_UNKNOWN: Final = 0.1
"""Part of the patents that no table knows before a table is refused for them."""

_FEWEST: Final = 10
"""Patents that no table knows before a table is refused for them."""

_MOST_TOLD: Final = 5
"""Problems that one message names."""


def read_types(types: Types) -> frozenset[str] | None:
    """Read the types of records that count.

    Parameters
    ----------
    types : collection of str or "all"
        The types as the user writes them.

    Returns
    -------
    frozenset of str or None
        The types in lower case, None for all.

    Raises
    ------
    TypeError
        If it is another single text.

    Examples
    --------
    >>> read_types(["Article"]), read_types("all")
    (frozenset({'article'}), None)
    """
    if isinstance(types, str) and types != "all":
        msg = (
            f"Invalid types {show_value(types)}. Must be 'all' or a collection, such as "
            f"({show_value(types)},)."
        )
        raise TypeError(msg)
    wanted = frozenset(name.lower() for name in ([types] if isinstance(types, str) else types))
    return None if "all" in wanted else wanted


def leave_out(type_: str, wanted: frozenset[str] | None) -> str | None:
    """Say why a record is left out, if it is of a type that is not asked for.

    Parameters
    ----------
    type_ : str
        The record's type; one that is not told counts.
    wanted : frozenset of str or None
        From `read_types`.

    Returns
    -------
    str or None
        The problem, None for a record that counts.

    Examples
    --------
    >>> leave_out("Review", read_types(["article"]))
    'left out, type review'
    >>> leave_out("Series A", read_types(["series-a"])) is None
    True
    """
    type_ = " ".join(type_.lower().split())
    is_other = type_ and wanted and _join_words(type_) not in _join_all(wanted)
    return f"{LEFT_OUT}type {type_}" if is_other else None


@cache
def _join_all(types: frozenset[str]) -> frozenset[str]:
    """Write types in one way."""
    return frozenset(map(_join_words, types))


def _join_words(type_: str) -> str:
    """Write Series A, series_a and series-a in one way."""
    return _BETWEEN.sub("-", type_)


def check_taken(addresses: duckdb.DuckDBPyRelation, source: object) -> duckdb.DuckDBPyRelation:
    """Refuse a source in which nothing is a record that counts.

    Parameters
    ----------
    addresses : duckdb.DuckDBPyRelation
        Its address table.
    source : object
        What the message calls it.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The same table.

    Raises
    ------
    InputError
        If it has no rows, none of them counts, or only broken ones would.
    """
    whole = f"\"count\" > 0 AND NOT starts_with(coalesce(problem, ''), '{BROKEN}')"
    if is_peeking() or addresses.filter(whole).limit(1).fetchall():
        return addresses
    problems = addresses.aggregate("problem, count(*) AS number").order("number DESC, problem")
    found = problems.limit(_MOST_TOLD).fetchall()
    by = " by the source options" if any(one.startswith(LEFT_OUT) for one, _ in found) else ""
    texts = "; ".join(f"{problem} ({number:,})" for problem, number in found)
    told = f"only {texts}" if found else "none"
    named = name_source(source)
    msg = f"Invalid source {named}. Must hold records that count{by}; found {told}."
    raise InputError(msg)


def name_source(source: object) -> str:
    """Name a source in a message.

    Parameters
    ----------
    source : object
        A path or several.

    Returns
    -------
    str
        The paths.

    Examples
    --------
    >>> name_source(["a.csv", "b.csv"])
    'a.csv, b.csv'
    """
    return ", ".join(map(str, source)) if isinstance(source, list | tuple) else str(source)


def check_known(
    connection: duckdb.DuckDBPyConnection, own: str, others: str, table: str, told_by: str
) -> str:
    """Refuse a table of which many patents are in none that tells of them; tell of a few.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    own, others : str
        The tables there, both with patent_id.
    table : str
        What a message calls the first.
    told_by : str
        What it calls the second.

    Returns
    -------
    str
        A remark, empty where each patent is known.

    Raises
    ------
    InputError
        If more than `_MOST_UNKNOWN` of them are not known.
    """
    unknown, known = (
        int(
            connection.execute(
                f"SELECT count(DISTINCT patent_id) FROM {own} {way} JOIN {others} "  # noqa: S608
                "USING (patent_id)"
            ).fetchall()[0][0]
        )
        for way in ("ANTI", "SEMI")
    )
    both = unknown + known
    if unknown >= _FEWEST and unknown > _MOST_UNKNOWN * both and not is_peeking():
        msg = (
            f"Invalid table {table}. Must have the patents of {told_by}, which tells types and "
            f"years; found {unknown:,} of {both:,} that are not there: are ids written alike?"
        )
        raise InputError(msg)
    return (
        f"{unknown:,} of {both:,} patents not in {told_by}: all of these count" if unknown else ""
    )
