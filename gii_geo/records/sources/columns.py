"""Any table with coordinates -> addresses, by a mapping of its columns."""

import difflib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import narwhals as nw

from gii_geo.records.engine import Opened
from gii_geo.records.files import quote
from gii_geo.tables import MOST_ADDRESSES, InputError, check_kind

TEXTS: Final = ("city", "region", "country", "address")
"""Columns that say in words where an address is, for the geocoder."""

ROLES: Final = (
    *("lon", "lat", "record_id", "economy", "year", "count", "kind", "precision"),
    *TEXTS,
)
"""The columns an address can have; only lon and lat must be there, or a text to geocode."""

_NUMBERS: Final = ("lon", "lat", "count")
_NUMBER_TYPE: Final = re.compile(r'[A-Z]*INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|"NULL"')
_TEXT_TYPES: Final = ("VARCHAR", "BLOB", "ENUM")
_MOST_SHOWN: Final = 60
"""Characters of an unreadable text that a message shows."""

_LIKELY: Final = {
    "lon": ("longitude", "lng", "long", "x", "lon_dd", "longitud", "x_coord", "geo_lon"),
    "lat": ("latitude", "y", "lat_dd", "latitud", "y_coord", "geo_lat"),
}


@dataclass(frozen=True)
class Addresses:
    """The addresses of one source: a lazy table and what was noticed on the way.

    Attributes
    ----------
    table : narwhals.LazyFrame
        Columns kind, record_id, lon, lat, economy, year, count, unread (a text that should be a
        number), precision, problem (why a supplier's record or place cannot be used), file, row.
    name : str
        What to call the source in a message.
    kind : str or None
        The kind of all its records, if they have one kind.
    has_records : bool
        False where every address is a record of its own.
    files : tuple of pathlib.Path
        The files behind it.
    notes : tuple of str
        Sentences for the summary.
    has_precision : bool
        Whether the rows say how well they are placed.
    """

    table: nw.LazyFrame[Any]
    name: str
    kind: str | None
    has_records: bool
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    has_precision: bool = False


def read_columns(
    opened: Opened,
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    geocode: bool = False,
) -> Addresses:
    """Read addresses from a table by naming its columns.

    Parameters
    ----------
    opened : Opened
        The table, from `Engine.open_source`.
    kind : str, optional
        What its records are; by default the column `kind` tells.
    columns : mapping of str to str, optional
        Role (lon, lat, record_id, economy, year, count, kind, precision, city, region, country,
        address) to the table's own column. A role that is not named takes the column of its own
        name.
    geocode : bool, default False
        Whether the addresses are to be geocoded: the table then keeps its texts, and needs one
        instead of lon and lat.

    Returns
    -------
    Addresses
        The lazy table and its notes.

    Raises
    ------
    InputError
        If a role is unknown, lon, lat or the kind cannot be found, or a coordinate is no number.

    Notes
    -----
    A `count` column beside record ids none of which occurs twice marks a table of places: its ids
    then name rows, every address counts as a record of its own, and a note says so. Naming the
    column (``record_id=...``) takes the ids at their word.
    """
    columns = dict(columns or {})
    _check_roles(columns, kind)
    found, notes = _find_columns(opened, columns)
    if not geocode:
        found = {role: column for role, column in found.items() if role not in TEXTS}
    _check_required(opened, found, columns, kind)
    if "record_id" in found and "record_id" not in columns and _rows_are_places(opened, found):
        notes.append(
            f"{opened.name}: no {found['record_id']} occurs twice and {found['count']} is above 1, "
            "so a row is a place and each of its addresses a record of its own"
        )
        del found["record_id"]
    project = _project_relation if opened.relation is not None else _project_lazy
    table = project(opened, found, kind)
    files = () if opened.path is None else (opened.path,)
    return Addresses(
        table,
        opened.name,
        kind,
        "record_id" in found,
        files,
        tuple(notes),
        has_precision="precision" in found,
    )


def concat_addresses(parts: list[Addresses]) -> Addresses:
    """Join the files of one kind, so that a record may spread over several of them.

    Parameters
    ----------
    parts : list of Addresses
        At least one.

    Returns
    -------
    Addresses
        All of them as one.
    """
    if len(parts) == 1:
        return parts[0]
    try:
        table = nw.concat([part.table for part in parts])
    except TypeError as error:
        msg = "Invalid addresses of several engines. Must be files or tables of one engine."
        raise InputError(msg) from error
    return replace(
        parts[0],
        table=table,
        name=f"{parts[0].name} and {len(parts) - 1} more",
        has_records=any(part.has_records for part in parts),
        files=tuple(file for part in parts for file in part.files),
        notes=tuple(note for part in parts for note in part.notes),
        has_precision=any(part.has_precision for part in parts),
    )


def _check_roles(columns: Mapping[str, str], kind: str | None) -> None:
    """Refuse a role or a kind that does not exist."""
    for role in columns:
        if role not in ROLES:
            msg = f"Invalid column role {role}. Must be {', '.join(ROLES)}."
            raise InputError(msg)
    if kind is not None:
        check_kind(kind)


def _find_columns(opened: Opened, columns: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Find the table's column for each role; a mapped one that is missing is noted."""
    own = opened.columns
    found: dict[str, str] = {str(role): role for role in ROLES if role in own}
    found = {role: column for role, column in found.items() if role not in columns}
    notes = []
    for role, column in columns.items():
        if column in own:
            found[role] = column
        elif role not in ("lon", "lat", "kind"):
            notes.append(f"{opened.name}: no column {column}, so {role} is left out")
    return found, notes


def _check_required(
    opened: Opened, found: dict[str, str], columns: Mapping[str, str], kind: str | None
) -> None:
    """Refuse a table without coordinates or kind, and say what it has instead."""
    own = opened.columns
    where = opened.path or opened.name
    missing = [role for role in ("lon", "lat") if role not in found]
    if missing and not set(TEXTS) & set(found):
        wanted = " and ".join(columns.get(role, role) for role in missing)
        hints = [
            f"--column {shlex.quote(f'{role}={near}')}"
            for role in missing
            if (near := _likely(role, own))
        ]
        hint = f"; likely: {' '.join(hints)}" if hints else ""
        if not hints and set(TEXTS) & set(own):
            hint = "; or geocode them with --geocode"
        msg = f"Invalid columns of {where}. Must have {wanted}; found {', '.join(own)}{hint}."
        raise InputError(msg)
    if kind is None and "kind" not in found:
        msg = (
            f"Invalid columns of {where}. Must have kind, or be given as patents, publications or "
            f"deals; found {', '.join(own)}."
        )
        raise InputError(msg)


def _likely(role: str, own: list[str]) -> str | None:
    """Name the column that looks most like a role."""
    plain = {name.lower(): name for name in own}
    for word in _LIKELY[role]:
        if word in plain:
            return plain[word]
    near = [name for name in plain if role in name]
    near += difflib.get_close_matches(_LIKELY[role][0], plain, n=1)
    return plain[near[0]] if near else None


def _rows_are_places(opened: Opened, found: dict[str, str]) -> bool:
    """Tell a table of places with counts from a table of records."""
    if "count" not in found:
        return False
    record, count = nw.col(found["record_id"]), nw.col(found["count"]).cast(nw.Float64)
    rows = opened.table.select(record=record, many=(count > 1) & (count <= MOST_ADDRESSES))
    rows = rows.filter(~nw.col("record").is_null())
    sizes = rows.select(rows=nw.len(), ids=nw.col("record").n_unique(), many=nw.col("many").any())
    try:
        known, ids, many = sizes.collect("pyarrow").row(0)
    except duckdb.ConversionException:  # a text among the counts is named by its row later on
        return False
    return bool(known == ids and many)


def _project_relation(opened: Opened, found: dict[str, str], kind: str | None) -> nw.LazyFrame[Any]:
    """Cast a DuckDB relation's columns; what a cast cannot read is kept as text in `unread`."""
    relation = opened.relation
    if relation is None:
        msg = "Invalid table. Must be a DuckDB relation."
        raise TypeError(msg)
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    names = {role: quote(column, '"') for role, column in found.items()}
    texts: dict[str, str] = {}
    for role in _NUMBERS:
        if role in found and types[found[role]].startswith(_TEXT_TYPES):
            texts[role] = _text_sql(names[role])
        elif role in found and not _NUMBER_TYPE.fullmatch(types[found[role]]):
            raise _no_numbers(opened, found[role], types[found[role]])
    unread = [
        f"WHEN {text} IS NOT NULL AND try_cast({text} AS DOUBLE) IS NULL "
        f"THEN {quote(found[role] + ' ')} || '''' || left({text}, {_MOST_SHOWN}) || ''''"
        for role, text in texts.items()
    ]
    number = {role: f"try_cast({texts.get(role, name)} AS DOUBLE)" for role, name in names.items()}
    count = number.get("count", "1")
    if "INT" in types.get(found.get("count", ""), ""):
        count = names["count"]
    elif "count" in found:
        # A part of an address cannot be: such a count is as bad as none.
        count = f"CASE WHEN {count} = floor({count}) THEN {count} END"
    record = _text_sql(names.get("record_id"))
    parts: dict[str, str] = {
        "kind": quote(kind) if kind else f"CAST({names['kind']} AS VARCHAR)",
        "record_id": f"CASE WHEN {record} <> 'nan' THEN {record} END",
        "lon": number.get("lon", "NULL::DOUBLE"),
        "lat": number.get("lat", "NULL::DOUBLE"),
        "economy": f"upper({_text_sql(names.get('economy'))})",
        "year": _year_sql(names.get("year"), types.get(found.get("year", ""), "")),
        "count": f"try_cast({count} AS BIGINT)",
        "unread": f"CASE {' '.join(unread)} END" if unread else "NULL::VARCHAR",
        "precision": _text_sql(names.get("precision")),
        "problem": _text_sql("__problem" if "__problem" in types else None),
        "file": "__file" if "__file" in types else f"{quote(opened.name)}::VARCHAR",
        "row": "__row" if "__row" in types else "NULL::BIGINT",
        **{role: _text_sql(names[role]) for role in TEXTS if role in names},
    }
    selected = ", ".join(f'{part} AS "{name}"' for name, part in parts.items())
    return nw.from_native(relation.select(selected)).lazy()


def _text_sql(name: str | None) -> str:
    """Read a text; an empty one is missing."""
    return f"nullif(trim(CAST({name or 'NULL'} AS VARCHAR)), '')"


def _no_numbers(opened: Opened, column: str, found: object) -> InputError:
    """Say that a column must hold numbers."""
    where = opened.path or opened.name
    return InputError(f"Invalid column {column} of {where}. Must be numbers; found {found}.")


def _year_sql(name: str | None, kind: str) -> str:
    """Read a year from a number, a date or a text that starts with one."""
    if name is None:
        return "NULL::BIGINT"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"year(make_timestamp(epoch_us({name})))::BIGINT"  # the UTC year on every machine
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"year({name})::BIGINT"
    if kind.startswith(_TEXT_TYPES):
        return f"try_cast(left({_text_sql(name)}, 4) AS BIGINT)"
    return f"try_cast({name} AS BIGINT)"


def _project_lazy(opened: Opened, found: dict[str, str], kind: str | None) -> nw.LazyFrame[Any]:
    """Cast the columns of a table on another engine; its numbers must be numbers already."""
    schema = opened.table.collect_schema()
    for role in _NUMBERS:
        if role in found and not schema[found[role]].is_numeric():
            raise _no_numbers(opened, found[role], schema[found[role]])
    nothing = nw.lit(None)

    def column(role: str, dtype: Any) -> nw.Expr:  # noqa: ANN401
        return (nw.col(found[role]) if role in found else nothing).cast(dtype)

    record = column("record_id", nw.String).str.strip_chars()
    texts: dict[str, nw.Expr] = {role: column(role, nw.String) for role in TEXTS if role in found}
    return opened.table.select(
        kind=nw.lit(kind) if kind else column("kind", nw.String),
        record_id=nw.when(~record.is_in(["", "nan", "NaN"])).then(record),
        lon=column("lon", nw.Float64),
        lat=column("lat", nw.Float64),
        economy=column("economy", nw.String).str.strip_chars().str.to_uppercase(),
        year=_lazy_year(opened, found.get("year")),
        count=_whole(column("count", nw.Float64)) if "count" in found else nw.lit(1),
        unread=nothing.cast(nw.String),
        precision=column("precision", nw.String),
        problem=nw.col("__problem") if "__problem" in schema else nothing.cast(nw.String),
        file=nw.lit(opened.name),
        row=nothing.cast(nw.Int64),
        **texts,
    )


def _whole(number: nw.Expr) -> nw.Expr:
    """Keep whole numbers that can be a count: a part of an address cannot be."""
    known = (number == number.floor()) & (number.abs() <= MOST_ADDRESSES)
    return nw.when(known).then(number).otherwise(nw.lit(None)).cast(nw.Int64)


def _lazy_year(opened: Opened, name: str | None) -> nw.Expr:
    """Read a year from a number or a date."""
    if name is None:
        return nw.lit(None).cast(nw.Int64)
    kind = opened.table.collect_schema()[name]
    if isinstance(kind, nw.Date | nw.Datetime):
        return nw.col(name).dt.year().cast(nw.Int64)
    if not kind.is_numeric():
        raise _no_numbers(opened, name, kind)
    return nw.col(name).cast(nw.Int64)
