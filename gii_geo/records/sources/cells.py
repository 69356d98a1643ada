"""Several addresses in one cell -> a row for each, their record split between them."""

from typing import Any, Final

import duckdb
import narwhals as nw

from gii_geo.records.files import quote
from gii_geo.records.sources.values import MOST_SHOWN, PARTS
from gii_geo.tables import InputError
from gii_geo.text import ENTITY

SEVERAL: Final = "several places in a cell"
"""Why a row cannot be split; behind it what its cells hold."""

_LEADS: Final = ("city", "address")
_PAIRED: Final = ("division", "country", "economy")
_MARK: Final = rf"{PARTS}|<br ?/?>| //+ |•|###|\\n"
_MARKS: Final = {"address": _MARK} | dict.fromkeys(("city", *_PAIRED), f"{_MARK}|\\n")
_LINES: Final = r",[^\n]*[^,\s]\s*\n[^\n]*,"
"""Two lines of an address that may be two addresses: each has a comma, and none ends with one."""

_LINES_SQL: Final = " AND NOT ".join(
    f"regexp_matches(address, '{form}')"
    for form in (_LINES, r"(?m)^[^,\n]*[^,\s][^,\n]*$", r",\s*\n")  # no line without one either
)
"""Whether the lines of an address are an address each."""

_BLANKS: Final = "' ' || chr(9) || chr(10) || chr(13)"
_WRITTEN: Final = r"(?s)^(c?\(|[\[{(]\s*)+['\x22].*['\x22],?\s*[\])}]+$"
"""A list that a program wrote as a text: Python's and R's, of JSON, numpy and PostgreSQL."""

_BETWEEN: Final = r"['\x22][\[\](){},\s]+['\x22]"
_AROUND: Final = r"^(c?\(|[\[{(]\s*)+['\x22]|['\x22],?\s*[\])}]+$"
_AUTHORS: Final = r"\.\s+\[[^\[\]]*\]"
"""Where the next address begins, as Web of Science ends one and writes authors before it."""


def split_cells(relation: duckdb.DuckDBPyRelation) -> tuple[duckdb.DuckDBPyRelation, int]:
    """Give each of several addresses in one cell a row of its own.

    The addresses are parted by semicolons, bars, HTML's line breaks, or stand on a line each, if
    every line has a comma; names in brackets before them, as Web of Science writes authors, are no
    part of them. Cities are paired with as many divisions, countries and economies, or share one.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Addresses: record_id, lon, lat, economy, count, problem, file, row and texts.

    Returns
    -------
    relation : duckdb.DuckDBPyRelation
        The same columns. Rows from one cell have the record_id of their row, or are together one
        record where it has none; what cannot be paired has a problem.
    rows : int
        How many rows were split or cannot be.
    """
    names = relation.columns
    leads = [name for name in _LEADS if name in names]
    if not leads:
        return relation, 0
    paired = [name for name in _PAIRED if name in names]
    lists = {name: f"{_list_sql(name)} AS __{name}" for name in (*leads, *paired)}
    listed = relation.project(f"*, {', '.join(lists.values())}")
    sizes = {name: f"coalesce(len(__{name}), 0)" for name in lists}
    lead = f"CASE WHEN {sizes[leads[0]]} > 0 THEN {sizes[leads[0]]} ELSE {sizes[leads[-1]]} END"
    without = "(lon IS NULL OR lat IS NULL)"
    most = ", ".join(sizes.values())
    rows = listed.filter(f"{without} AND greatest({most}, 1) > 1").aggregate("count(*)").fetchall()
    if not rows[0][0]:
        return relation, 0
    many = f"CASE WHEN {without} THEN greatest({lead}, 1) ELSE 1 END"
    sized = listed.project(f"*, {many} AS __many")
    unfit = [f"{sizes[name]} NOT IN (0, 1, __many)" for name in paired]
    fits = f"NOT ({' OR '.join(unfit)})" if unfit else "true"
    if "count" in names:
        fits = f"{fits} AND (__many = 1 OR count = 1)"
    told = " || ', ' || ".join(f"{size} || ' x {name}'" for name, size in sizes.items())
    problem = f"CASE WHEN {without} AND NOT ({fits}) THEN '{SEVERAL}: ' || {told} END"
    judged = sized.project(f"*, {problem} AS __unfit")
    counted = judged.project(
        "*, CASE WHEN __unfit IS NULL THEN __many ELSE 1 END AS __rows, "
        "coalesce(row, row_number() OVER ()) AS __number"
    )
    spread = counted.project("*, unnest(range(1, __rows + 1)) AS __part")
    own = {name: f'"{name}"' for name in names}
    row_id = "coalesce(record_id, file || ' row ' || __number)"
    own["record_id"] = f"CASE WHEN __rows > 1 THEN {row_id} ELSE record_id END"
    own["problem"] = "coalesce(problem, __unfit)"
    for name in lists:
        part = f"__{name}[CASE WHEN len(__{name}) = 1 THEN 1 ELSE __part END]"
        whole = f'"{name}"'
        if name == "address" and "city" in leads:
            part = f"CASE WHEN len(__address) = __rows THEN {part} ELSE {whole} END"
        own[name] = f"CASE WHEN __rows > 1 THEN {part} ELSE {whole} END"
    selected = ", ".join(f'{text} AS "{name}"' for name, text in own.items())
    return spread.select(selected), int(rows[0][0])


def refuse_cells(table: nw.LazyFrame[Any], name: str) -> None:
    """Refuse several addresses in one cell of a table that is on another engine.

    Parameters
    ----------
    table : narwhals.LazyFrame
        Texts.
    name : str
        What to call it.

    Raises
    ------
    InputError
        If a city or an address has what parts several.
    """
    for role in _LEADS:
        if role not in table.collect_schema().names():
            continue
        marks = f"{_MARKS[role]}|{_WRITTEN}" + (f"|{_LINES}" if role == "address" else "")
        several = table.filter(nw.col(role).str.contains(marks)).select(role).head(1)
        found = several.collect("pyarrow").to_native().to_pylist()
        if found:
            msg = (
                f"Invalid {role} {found[0][role][:MOST_SHOWN]!r} of {name}. Must be one a row: "
                "split it and explode the table, or hand it in as a file or in memory."
            )
            raise InputError(msg)


def _list_sql(name: str) -> str:
    """List what a cell holds; a list that was written as a text is read as one."""
    text = f'"{name}"'
    listed = f"regexp_replace({text}, {quote(_BETWEEN)}, ';', 'g')"
    listed = f"regexp_replace({listed}, {quote(_AROUND)}, '', 'g')"
    bare = f"regexp_replace({text}, {quote(_AUTHORS)}, ';', 'g')"
    bare = f"regexp_replace({bare}, '\\[[^\\[\\]]*\\]', '', 'g')"
    is_list = f"regexp_matches({text}, {quote(_WRITTEN)})"
    plain = f"CASE WHEN {is_list} THEN {listed} WHEN {text} LIKE '[%' THEN {bare} ELSE {text} END"
    plain = f"regexp_replace(rtrim({plain}, '; |'), '{ENTITY}', '&\\1', 'g')"
    if name == "address":
        plain = f"CASE WHEN {_LINES_SQL} THEN replace({plain}, chr(10), ';') ELSE {plain} END"
    parts = f"string_split_regex({plain}, '{_MARKS[name]}')"
    parts = f"list_transform({parts}, lambda x: trim(x, {_BLANKS}))"
    return parts if name in _PAIRED else f"list_filter({parts}, lambda x: x <> '')"
