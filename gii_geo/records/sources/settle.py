"""Columns of types that say the same as others: bytes are texts, what is no number is missing."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

import duckdb
import narwhals as nw

from gii_geo.records.engine import Opened
from gii_geo.records.files import quote
from gii_geo.records.sources.roles import TEXTS, tell_unfit
from gii_geo.tables import LABELS

LISTED: Final = (*LABELS, "group")
"""Roles whose cells may be lists: all of it counts of a label, of a group the first."""

LIST: Final = re.compile(r"\[\d*\]$")
"""Ends DuckDB's type of a list, of a length of its own or of one that all have."""

ONE: Final = "one text, number or date a row, or of labels and groups a list of them"
ID: Final = "one text or number a row, which tells records apart"
_PLACE: Final = "one text a row, or a list of them"
_PARTS: Final = re.compile(r"(STRUCT|MAP|UNION)\b")
"""Begins DuckDB's type of what has parts that are named."""


def check_nested(opened: Opened, found: dict[str, str], types: dict[str, str]) -> None:
    """Refuse columns of DuckDB whose cells have parts.

    Parameters
    ----------
    opened : Opened
        The table.
    found : dict of str to str
        Role to its own column.
    types : dict of str to str
        DuckDB's type of each column.

    Raises
    ------
    InputError
        If a label, a group or a text that names a place is a list of lists, or has named parts, or
        an id is anything but one text or number.
    """
    if "record_id" in found:
        kind = types[found["record_id"]]
        is_json = "json" in Path(opened.path or "").suffix.lower()  # one odd cell makes all lists
        is_nested = not is_json and (_PARTS.match(kind) or LIST.search(kind))
        if kind == "BOOLEAN" or is_nested:
            raise tell_unfit(opened, found["record_id"], kind, must=ID)
    for role in (*LISTED, *TEXTS):
        kind = types[found[role]] if role in found else ""
        inner = LIST.sub("", kind)
        if _PARTS.match(inner) or LIST.search(inner):
            raise tell_unfit(opened, found[role], kind, must=ONE if role in LISTED else _PLACE)


def settle_relation(
    relation: duckdb.DuckDBPyRelation, columns: Iterable[str]
) -> duckdb.DuckDBPyRelation:
    """Read bytes of some columns as UTF-8 where they are, and leave out what is no number.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        A table.
    columns : iterable of str
        Their names.

    Returns
    -------
    duckdb.DuckDBPyRelation
        The same columns.

    Examples
    --------
    >>> rows = duckdb.sql("SELECT encode('Zürich') AS a, 'nan'::DOUBLE AS b")
    >>> settle_relation(rows, ["a", "b"]).fetchall()
    [('Zürich', None)]
    """
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    settled = {}
    for column in dict.fromkeys(columns):
        name = quote(column, '"')
        if types[column] == "BLOB":
            settled[name] = f"coalesce(TRY(decode({name})), CAST({name} AS VARCHAR))"
        elif types[column] in ("FLOAT", "DOUBLE"):
            settled[name] = f"CASE WHEN NOT isnan({name}) THEN {name} END"
    if not settled:
        return relation
    return relation.select(
        f"* REPLACE ({', '.join(f'{text} AS {name}' for name, text in settled.items())})"
    )


def settle_lazy(table: nw.LazyFrame[Any], columns: Collection[str]) -> nw.LazyFrame[Any]:
    """Leave out what is no number of some columns on any engine.

    Parameters
    ----------
    table : narwhals.LazyFrame
        A table.
    columns : collection of str
        Their names.

    Returns
    -------
    narwhals.LazyFrame
        The same columns.
    """
    schema = table.collect_schema()
    floats = [name for name in dict.fromkeys(columns) if schema[name].is_float()]
    told = {name: nw.when(~nw.col(name).is_nan()).then(nw.col(name)) for name in floats}
    return table.with_columns(**told) if told else table
