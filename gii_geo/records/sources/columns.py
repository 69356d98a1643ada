"""Any table with coordinates -> addresses, by a mapping of its columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import duckdb
import narwhals as nw

from gii_geo.records.engine import Opened
from gii_geo.records.files import quote
from gii_geo.records.ids import check_rounded, fold_id
from gii_geo.records.lazy import collect, is_list, join_lists
from gii_geo.records.sources.addresses import SAID, Addresses
from gii_geo.records.sources.cells import refuse_cells, split_cells
from gii_geo.records.sources.lazy_values import (
    read_count,
    read_number,
    read_record,
    read_year,
    strip_blanks,
)
from gii_geo.records.sources.roles import (
    TEXTS,
    check_required,
    find_roles,
    flatten_roles,
    tell_likely,
    tell_unfit,
)
from gii_geo.records.sources.settle import (
    ID,
    LIST,
    LISTED,
    ONE,
    check_nested,
    settle_lazy,
    settle_relation,
)
from gii_geo.records.sources.values import (
    MOST_SHOWN,
    NUMBER_TYPE,
    OWNED,
    TEXT_TYPES,
    count_sql,
    is_nothing_sql,
    is_text_type,
    join_sql,
    number_sql,
    record_sql,
    text_sql,
    year_sql,
)
from gii_geo.tables import LABELS, MOST_ADDRESSES, check_kind

_NUMBERS: Final = ("lon", "lat", "count")


def read_columns(  # one argument a question
    opened: Opened,
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    geocode: bool = False,
    split: bool = True,
    places: Mapping[str, bool] | None = None,
) -> Addresses:
    """Read addresses from a table by naming its columns.

    Parameters
    ----------
    opened : Opened
        The table, from `Engine.open_source`.
    kind : str, optional
        What its records are; by default the column `kind` tells.
    columns : mapping of str to str, optional
        Role (lon, lat, record_id, economy, year, count, kind, precision, group, field,
        organisation, city, division, country, address) to the table's own column. A role that
        is not named takes the column of its own name.
    geocode : bool, default False
        Whether the addresses are to be geocoded: the table then keeps its texts, and needs one
        instead of lon and lat.
    split : bool, default True
        Whether several places in a cell are addresses of their own, where they are geocoded.
    places : mapping of str to bool, optional
        What `list_places` tells of all tables; by default this one is asked by itself.

    Returns
    -------
    Addresses
        The lazy table and its notes.

    Raises
    ------
    InputError
        If a role is unknown, lon, lat, the kind or a column that is named cannot be found, or a
        coordinate is no number.

    Notes
    -----
    A `count` column beside record ids of a kind none of which occurs twice, in this or any other
    table, marks rows of that kind as places: their ids then name rows, every address counts as a
    record of its own, and a note says so. Naming the column (``record_id=...``) takes the ids at
    their word.
    """
    columns = flatten_roles(columns)
    found = find_roles(opened, columns)
    notes = list(opened.notes)
    if not geocode:
        found = {role: column for role, column in found.items() if role not in TEXTS}
    if kind is not None:
        check_kind(kind)
    check_required(opened, found, columns, kind)
    if places is None:
        places = list_places([opened], [columns], kind)
    nameless = _leave_ids(opened, found, places, kind, notes)
    if "record_id" in found:
        check_rounded(opened.table, found["record_id"], str(opened.path or opened.name))
    alike = None
    if opened.relation is None:
        table = _project_lazy(opened, found, kind)
    else:
        table, alike = _project_relation(opened, opened.relation, found, kind)
    has_records = "record_id" in found
    if nameless:
        is_named = ~nw.col("kind").is_in(nameless)
        own_id = nw.when(is_named).then(nw.col("record_id"))
        table = table.with_columns(record_id=own_id)
        alike = None if alike is None else alike.with_columns(record_id=own_id)
    if geocode and split:
        table, rows = _split(table, opened.name)
        has_records = has_records or rows > 0
        if rows:
            notes.append(f"{opened.name}: {rows:,} rows have several places in a cell")
    if split:
        notes += tell_likely(opened, found, kind, geocode=geocode)
    return Addresses(
        table,
        opened.name,
        kind,
        has_records,
        opened.files,
        tuple(notes),
        roles=frozenset(found),
        is_grouped_by_owner=_is_grouped_by_owner(found),
        tables=opened.tables,
        alike=None if geocode else alike,
    )


def _leave_ids(
    opened: Opened,
    found: dict[str, str],
    places: Mapping[str, bool],
    kind: str | None,
    notes: list[str],
) -> list[str]:
    """Leave out the ids of places, and say so; give the kinds to leave them out of, if not all."""
    alone = [own for own, is_place in places.items() if is_place]
    if not alone or not {"count", "record_id"} <= found.keys():
        return []
    is_all = kind is not None or all(places.values())
    where = "" if is_all else f" where kind is {' or '.join(alone)}"
    column = found["record_id"]
    notes.append(
        f"{opened.name}: no {column} occurs twice and {found['count']} is above 1{where}, "
        "so a row is a place and each of its addresses a record of its own "
        f"(--column record_id={column} takes the ids at their word)"
    )
    if is_all:
        del found["record_id"]
    return [] if is_all else alone


def _is_grouped_by_owner(found: Mapping[str, str]) -> bool:
    """Tell whether the organisation says whose records hang together: no group is given."""
    return "organisation" in found and "group" not in found


def _read_group(found: Mapping[str, str], name: Callable[[str], nw.Expr]) -> nw.Expr:
    """Read the cell that says whose a record is; that of organisations is marked as such."""
    if _is_grouped_by_owner(found):
        return nw.concat_str(name("organisation"), nw.lit(OWNED))
    return name("group")


def list_places(
    opened: Sequence[Opened], columns: Sequence[Mapping[str, str]], kind: str | None = None
) -> dict[str, bool]:
    """Tell places with counts from records, kind by kind: all tables together.

    Parameters
    ----------
    opened : sequence of Opened
        The tables.
    columns : sequence of mapping of str to str
        Of each, role to its own column.
    kind : str, optional
        What their records are; by default the column `kind` tells.

    Returns
    -------
    dict of str to bool
        Of each kind, whether no record id of it occurs twice in all of them, and a count beside one
        is above 1. Nothing where it does not matter: there are no counts, or the ids are named.
    """
    roles = [flatten_roles(own) for own in columns]
    found = [find_roles(one, own) for one, own in zip(opened, roles, strict=True)]
    needed = {"record_id"} if kind else {"record_id", "kind"}
    if any("record_id" in own for own in roles):  # taken at their word
        return {}
    if not any({*needed, "count"} <= own.keys() for own in found):
        return {}
    told = [pair for pair in zip(opened, found, strict=True) if needed <= pair[1].keys()]
    listed = [_list_ids(one, own, kind) for one, own in told]
    if len({ids.implementation for ids in listed}) > 1:  # refused when they are put together
        return {}
    by_id = nw.concat(listed).group_by("kind", "id").agg(rows=nw.len(), many=nw.col("many").max())
    most = collect(by_id.group_by("kind").agg(rows=nw.col("rows").max(), many=nw.col("many").max()))
    is_place = (most["rows"] == 1) & (most["many"] == 1)
    return dict(sorted(zip(most["kind"].astype("str"), is_place.tolist(), strict=True)))


def _list_ids(opened: Opened, found: dict[str, str], kind: str | None) -> nw.LazyFrame[Any]:
    """List the record ids of a table and their kind, and whether the count beside one is above 1.

    As whole numbers, which every engine has a largest of.
    """
    found = {role: own for role, own in found.items() if role in ("kind", "record_id", "count")}
    if opened.relation is None:
        table = _project_lazy(opened, found, kind)
    else:
        table, _ = _project_relation(opened, opened.relation, found, kind)
    many = (nw.col("count") > 1) & (nw.col("count") <= MOST_ADDRESSES)
    ids = table.filter(~nw.col("record_id").is_null() & ~nw.col("kind").is_null())
    one = nw.when(many).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
    return ids.select("kind", id=fold_id("record_id", ids), many=one)


def _project_relation(
    opened: Opened, relation: duckdb.DuckDBPyRelation, found: dict[str, str], kind: str | None
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Cast a DuckDB relation's columns; what a cast cannot read is kept as text in `unread`.

    Also counts the rows that are alike.
    """
    relation = settle_relation(relation, _list_told(found))
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    names = {role: quote(column, '"') for role, column in found.items()}
    lists = {role for role in LISTED if role in found and LIST.search(types[found[role]])}
    # Labels and groups are read from their distinct cells, in `labels`: there are few of them.
    own = {role: join_sql(name) if role in lists else name for role, name in names.items()}
    texts: dict[str, str] = {}
    for role in _NUMBERS:
        if role in found and types[found[role]].startswith(TEXT_TYPES):
            texts[role] = f"__text_{role}"
        elif role in found and not NUMBER_TYPE.fullmatch(types[found[role]]):
            raise tell_unfit(opened, found[role], types[found[role]])
    check_nested(opened, found, types)
    plain = (*_NUMBERS, "year", "record_id", "group", "organisation")
    staged = {role: f"{text_sql(names[role])} AS __text_{role}" for role in plain if role in found}
    staged = {role: text for role, text in staged.items() if is_text_type(types[found[role]])}
    staged |= {role: f"{own[role]} AS __text_{role}" for role in lists}
    names |= {role: f"__text_{role}" for role in staged}
    unread = [
        f"WHEN {number_sql(text, types[found[role]])} IS NULL AND NOT {is_nothing_sql(text)} "
        f"THEN {quote(found[role] + ' ')} || '''' || left({text}, {MOST_SHOWN}) || ''''"
        for role, text in texts.items()
    ]
    number = {
        role: number_sql(names[role], types[found[role]]) for role in _NUMBERS if role in found
    }
    count, part, unfit = "1", "", "NULL::VARCHAR"
    if "count" in found:
        count, part, unfit = count_sql(names["count"], types[found["count"]], found["count"])
        unread += [part] if part else []
    year, year_text = year_sql(names.get("year"), types.get(found.get("year", ""), ""))
    problem = text_sql("__problem" if "__problem" in types else None)

    def name_sql(role: str) -> str:
        return record_sql(names.get(role), types.get(found.get(role, ""), ""))

    group = name_sql("group")
    if _is_grouped_by_owner(found):
        group = f"{name_sql('organisation')} || chr({ord(OWNED)})"
    parts: dict[str, str] = {
        "kind": quote(kind) if kind else f"CAST({names['kind']} AS VARCHAR)",
        "record_id": name_sql("record_id"),
        "lon": number.get("lon", "NULL::DOUBLE"),
        "lat": number.get("lat", "NULL::DOUBLE"),
        "economy": f"upper({text_sql(names.get('economy'))})",
        "year": "__year",
        "year_text": f"CASE WHEN __year IS NULL THEN {year_text} END",
        "count": f"try_cast({count} AS BIGINT)",
        "unread": f"CASE {' '.join(unread)} END" if unread else "NULL::VARCHAR",
        "precision": text_sql(names.get("precision")),
        "group": group,
        **{role: f"CAST({own[role]} AS VARCHAR)" for role in LABELS if role in names},
        "problem": f"coalesce({problem}, {unfit})",
        "file": "__file" if "__file" in types else f"{quote(opened.name)}::VARCHAR",
        "row": "__row" if "__row" in types else "NULL::BIGINT",
        **{role: _place_sql(names[role], types[found[role]]) for role in TEXTS if role in names},
    }
    told = {name: f'{part} AS "{name}"' for name, part in parts.items()}
    # Read step by step, so that no text is trimmed twice and no year looked at that was read.
    for step in (*([", ".join(staged.values())] if staged else []), f"{year} AS __year"):
        relation = relation.select(f"*, {step}")
    selected = relation.select(", ".join(told.values()))
    # Counted where constants stand as such, which are then no keys.
    told["record_id"] = f"CASE WHEN {parts['record_id']} IS NOT NULL THEN '' END AS record_id"
    alike = relation.aggregate(
        ", ".join([*(told[name] for name in SAID), "count(*)::BIGINT AS times"])
    )
    return nw.from_native(selected).lazy(), nw.from_native(alike).lazy()


def _list_told(found: Mapping[str, str]) -> list[str]:
    """List the columns of all roles but numbers, of which it is said that they are none."""
    numbers = {found[role] for role in _NUMBERS if role in found}
    return [column for column in found.values() if column not in numbers]


def _place_sql(name: str, kind: str) -> str:
    """Read a text in SQL that names a place, or several as a list."""
    is_several = LIST.search(kind) and kind.startswith("VARCHAR")
    return text_sql(f"array_to_string({name}, ';')" if is_several else name)


def _split(table: nw.LazyFrame[Any], name: str) -> tuple[nw.LazyFrame[Any], int]:
    """Split the cells that hold several places, on DuckDB; refuse them on another engine."""
    relation = table.to_native()
    if not isinstance(relation, duckdb.DuckDBPyRelation):
        refuse_cells(table, name)
        return table, 0
    split, rows = split_cells(relation)
    return (nw.from_native(split).lazy(), rows) if rows else (table, 0)


def _project_lazy(opened: Opened, found: dict[str, str], kind: str | None) -> nw.LazyFrame[Any]:
    """Cast the columns of a table on another engine; what is no number is kept in `unread`."""
    given = opened.table.collect_schema()
    lists = {role for role in LISTED if role in found and is_list(given[found[role]])}
    for role, column in found.items():
        dtype: Any = given[column].inner if role in lists else given[column]  # type: ignore[attr-defined]
        if role in _NUMBERS and not (dtype.is_numeric() or dtype == nw.String):
            raise tell_unfit(opened, column, dtype)
        never, must = (nw.Boolean, ID) if role == "record_id" else (nw.Object, ONE)
        if dtype.is_nested() or isinstance(dtype, nw.Duration | nw.Object | never):
            raise tell_unfit(opened, column, given[column], must=must)
    table = settle_lazy(opened.table, _list_told(found))
    table = join_lists(table, [found[role] for role in lists])
    schema = table.collect_schema()
    nothing = nw.lit(None)
    # Read step by step, as in SQL: an engine may do a part as often as it is named.
    times = [name for name in found.values() if isinstance(schema[name], nw.Date | nw.Datetime)]
    plain = [name for name in found.values() if not schema[name].is_numeric() and name not in times]
    bare = {name: strip_blanks(nw.col(name)) for name in plain if name != found.get("kind")}
    table = table.with_columns(**bare) if bare else table

    def text(role: str) -> nw.Expr:
        return (nw.col(found[role]) if role in found else nothing).cast(nw.String)

    def name(role: str) -> nw.Expr:
        own = found.get(role)
        return read_record(nw.col(own), schema[own]) if own else text(role)

    numbers, unread = {}, []
    for role in _NUMBERS[:2]:
        numbers[role] = nothing.cast(nw.Float64)
        if (own := found.get(role)) is not None:
            numbers[role], told = read_number(nw.col(own), schema[own], own)
            unread += [told] if schema[own] == nw.String else []
    year, year_text = nothing.cast(nw.Int64), nothing.cast(nw.String)
    if "year" in found:
        year, year_text = read_year(nw.col(found["year"]), schema[found["year"]])
    problem = nw.col("__problem") if "__problem" in schema else nothing.cast(nw.String)
    count = nw.lit(1).cast(nw.Int64)
    if (own := found.get("count")) is not None:
        count, told, unfit = read_count(nw.col(own), schema[own], own)
        problem = nw.coalesce(problem, unfit)
        unread = [*unread, told]
    return table.select(
        kind=nw.lit(kind) if kind else nw.col(found["kind"]).cast(nw.String),
        record_id=name("record_id"),
        lon=numbers["lon"],
        lat=numbers["lat"],
        economy=text("economy").str.to_uppercase(),
        year=year,
        year_text=year_text,
        count=count,
        unread=nw.coalesce(*unread, nothing.cast(nw.String)),
        precision=text("precision"),
        group=_read_group(found, name),
        **{role: name(role) for role in LABELS if role in found},
        problem=problem,
        file=nw.col("__file") if "__file" in schema else nw.lit(opened.name),
        row=nw.col("__row").cast(nw.Int64) if "__row" in schema else nothing.cast(nw.Int64),
        **{role: text(role) for role in TEXTS if role in found},
    ).with_columns(year_text=nw.when(nw.col("year").is_null()).then(nw.col("year_text")))
