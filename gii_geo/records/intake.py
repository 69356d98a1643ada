"""Addresses to a World: every source screened, weighed and collapsed, once."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import narwhals as nw
import pandas as pd
import pyarrow as pa

from gii_geo.demo import credit_packaged
from gii_geo.faults import tell_unbalanced
from gii_geo.memory import give_back
from gii_geo.packing import concat_parts
from gii_geo.progress import choose_tell
from gii_geo.records import count
from gii_geo.records.assemble import Parts, assemble_tables
from gii_geo.records.economies import check_exchanged, note_files, note_no_degrees
from gii_geo.records.engine import Engine
from gii_geo.records.groups import note_groups
from gii_geo.records.ids import MOST_HELD, note_shared, tell_nameless
from gii_geo.records.inputs import (
    check_stamps,
    describe_beside,
    describe_tables,
    note_copies,
    note_left_out,
    note_unread,
    pace_sources,
    stamp_paths,
)
from gii_geo.records.labels import READ_GROUP, note_labels, read_cell
from gii_geo.records.lazy import (
    collect,
    collect_arrow,
    collect_packed,
    lift_table,
    name_unreadable,
)
from gii_geo.records.named import split_named, take_named
from gii_geo.records.oddities import note_alike, note_sums
from gii_geo.records.reading import ReadOptions, geocode_source, open_sources
from gii_geo.records.rejects import (
    REJECTS,
    WEIGHED,
    name_fatal,
    name_kind,
    order_rejects,
    refuse_alike,
    sum_rejects,
)
from gii_geo.records.said import Said
from gii_geo.records.screen import FATAL, check_grid, note_grid, screen_addresses
from gii_geo.records.single import sum_singles
from gii_geo.records.sources.addresses import Addresses
from gii_geo.records.sources.roles import TEXTS
from gii_geo.records.years import check_years, list_unknown
from gii_geo.tables import LABELS, RECORD_UNITS, InputError, check_kind
from gii_geo.world import LEFT_OUT, World, is_world

Table = nw.LazyFrame[Any]

_PLACING: Final = {"kind", "lon", "lat", "precision", *TEXTS}
"""Roles that place an address, in one way or the other, and mean nothing else."""

MOST_LISTED: Final = 100_000
"""Rejected rows of a source that come home from Spark, of 0.2 kB each."""


def read_world(  # noqa: PLR0913  # one argument a way to read
    addresses: object,
    *,
    columns: Mapping[str, Any] | None = None,
    source: str = "columns",
    source_options: Mapping[str, Any] | None = None,
    geocode: bool | Mapping[str, Any] = False,
    cache: str | Path | None = None,
    allow_contradictions: bool = False,
    grid_deg: float | None = None,
    engine: str = "duckdb",
    spark: Mapping[str, Any] | None = None,
    duckdb: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> World:
    """Read addresses once, to ask any question of them afterwards.

    Parameters
    ----------
    addresses : object
        The folder of a world that was written; or path(s), a folder, or a pandas, Polars, pyarrow,
        DuckDB or Spark table, with a column `kind`; or a mapping of kind ("patent", "publication",
        "deal" or any further word) to any of these.
    columns : mapping of str to str, optional
        Role (lon, lat, record_id, economy, year, count, kind, precision, group, field,
        organisation, city, division, country, address) to the input's own column; a role of one
        kind is written ``deal.year``.
    source : str, default "columns"
        Whose files they are: "columns" for any table, else one of `suppliers.READERS`.
    source_options : mapping of str to Any, optional
        What the supplier's reader is asked besides.
    geocode : bool or mapping of str to Any, default False
        Whether to find the coordinates of addresses that have only text (city, division, country,
        address), or how: ``{"min_confidence": 0.8}``, and the further options of
        `records.geocode_options.GeocodeOptions`; needs the extra `geocode`.
    cache : str or pathlib.Path, optional
        Folder that keeps what was read of suppliers' files: unchanged, they are read only once.
    allow_contradictions : bool, default False
        Whether to go on if most addresses of a source lie far outside the economy that they name.
    grid_deg : float, optional
        Moves every address to the nearest point of a grid of so many degrees, a whole part of one
        such as 0.001 (at most 79 m), before anything is counted: for more distinct coordinates than
        one machine carries. From the middle between two points it goes east and north. By default
        addresses stay where they are.
    engine : {"duckdb", "spark"}, default "duckdb"
        Who reads paths: Spark takes the session that stands, or begins one, and reads Parquet, its
        own paths (``s3a://``, ``hdfs://``) and tables by name. The world is the same, but that
        of files which only Spark can reach no checksum is known. A table handed in stays on the
        engine that it is on.
    spark : mapping of str to Any, optional
        Settings of Spark, such as ``{"spark.executor.memory": "8g"}``, for a session that is begun.
    duckdb : mapping of str to Any, optional
        What DuckDB may use: memory ("512MB"; 768MB by default), threads, and spill (a folder on a
        disk for what memory does not hold). Nothing that is read hangs on it.
    progress : callable, optional
        Is told the name of each stage as it begins, a `progress.Stage`.

    Returns
    -------
    World
        Places, counted. It takes no settings: years, kinds, counting, shares and all else are
        asked of it.

    Raises
    ------
    InputError
        If an input cannot be used; the message names the file, the column and what must hold.

    Examples
    --------
    >>> import gii_geo
    >>> world = gii_geo.read_world(gii_geo.demo_path())
    >>> world.kinds
    ('patent', 'publication', 'deal')
    """
    options = ReadOptions.choose(
        columns=columns,
        source=source,
        source_options=source_options,
        geocode=geocode,
        cache=cache,
        allow_contradictions=allow_contradictions,
        grid_deg=grid_deg,
        engine=engine,
        spark=spark,
        duckdb=duckdb,
    )
    if is_world(addresses):
        options.refuse_any(addresses)
        return World.read(addresses)  # type: ignore[arg-type]
    tell = choose_tell(progress)
    parts = Parts()
    stamps = stamp_paths(addresses, options.files) if options.engine == "duckdb" else {}
    with Engine(options.duckdb, options.engine, options.spark) as opening:
        sources = list(open_sources(opening, addresses, options, tell))
        files = tuple(file for opened in sources for file in opened.files)
        described = describe_beside((*files, *options.files))
        if (spilling := options.duckdb.tell_spill(files)) is not None:
            tell(spilling)
        for opened, stage in pace_sources(sources):
            with name_unreadable(opened.name, opened.files):
                located = geocode_source(opened, options, tell)
                tell(stage)
                _take_source(opening, located, parts, options)
        unreadable = opening.unreadable_lines()
        inputs = described.result()
        check_stamps(stamps)
    kind_of = {str(file): opened.kind for opened in sources for file in opened.files}
    unreadable["kind"] = unreadable["file"].map(kind_of).astype("str")
    rejects = order_rejects(concat_parts(parts.rejects), unreadable)
    give_back()
    tables = assemble_tables(parts, rejects)
    packaged = credit_packaged(tables.packed["places"], tables.packed["locations"], files)
    has_precision = options.geocodes or any("precision" in opened.roles for opened in sources)
    notes = [*(note for opened in sources for note in opened.notes), *parts.notes]
    notes += note_copies((*files, *options.files), inputs)
    notes += note_unread(stamps, (*files, *options.files))
    placed, allowed = tables.packed["places"], options.allow_contradictions
    exchanged = check_exchanged(rejects, placed, allowed=allowed) + note_no_degrees(rejects)
    exchanged += note_sums(placed, rejects)
    if options.grid_deg is None:
        exchanged += note_alike(placed, tables.packed["locations"])
    notes += note_labels(parts.cells)
    notes += exchanged + note_groups(tables.packed["groups"], tables.packed["accounts"])
    provenance = {
        "kinds": list(tables.kinds),
        "inputs": [*inputs, *describe_tables(sources, tables)],
        "options": options.tell(addresses),
        "has_precision": has_precision,
        "undated": sorted(kind for kind in tables.kinds if "year" not in parts.roles[kind]),
        "roles": {kind: sorted(parts.roles[kind] - _PLACING) for kind in tables.kinds},
        "notes": [*packaged[0], *note_grid(options.grid_deg), *notes],
        "warnings": [*parts.warnings, *exchanged],
        "credits": packaged[1],
    }
    world = World(**tables.packed, provenance=provenance)
    if not world.is_exact():
        raise tell_unbalanced()
    give_back()
    return world


def _take_source(engine: Engine, source: Addresses, parts: Parts, options: ReadOptions) -> None:
    """Screen, weigh and collapse one source."""
    screen = partial(screen_addresses, per_degree=check_grid(options.grid_deg))
    screened = screen(source.table)
    grouped = source.has_groups and source.owner == "group"
    slim = count.slim_addresses(screened, grouped=grouped, labels=source.labels)
    is_long = source.has_groups or source.labels
    rows = slim if source.alike is None else count.slim_addresses(screen(source.alike))
    if (source.has_records or is_long) and not source.is_columnar:
        rows = slim = engine.hold(slim, is_source=True)  # it takes long and is read several times
    summed = collect_packed(count.sum_rows(rows))
    keys = summed.groupby(["kind", "year", "reason", "no_year"], dropna=False, observed=True)
    reasons = keys[["rows"]].sum().reset_index().astype({"kind": "str", "reason": "str"})
    _check_rows(reasons, screened, source)
    parts.notes.extend(year_notes := check_years(screened, reasons))
    measured, first = None, len(parts.places)
    nameless = tell_nameless(summed, source.name)
    single, named = split_named(summed)
    parts.add_roles(source.roles, summed[["kind", "named"]])
    del summed  # large
    unnamed = slim
    if source.has_records:
        parts.add_told(*nameless)
        if len(single) and is_long and not source.is_columnar:
            own = slim.filter(nw.col("record_id").is_null())
            unnamed = engine.hold(own, is_source=True)
        measured = take_named(engine, slim, named, source, parts)
        parts.notes.extend(_note_shared(screened, source, int(reasons["rows"].sum())))
    del named
    if len(single):
        _take_single(unnamed, single, source, parts)
    placed = _sum_single(single)
    del single
    give_back()
    parts.add_records(placed)
    parts.add_places(placed)
    wrong = parts.settle_economies(first, source.name, allowed=options.allow_contradictions)
    if len(wrong) and len(source.files) > 1:
        told = note_files(_count_wrong(screened, wrong), source.name)
        parts.add_told(told, told)
    is_left_out = reasons["reason"].str.startswith(LEFT_OUT).fillna(value=False).astype(bool)
    parts.left_out.append(reasons[is_left_out].drop(columns="no_year"))
    parts.notes.extend(note_left_out(reasons[is_left_out], source.name))
    if many := _count_rows(reasons, reasons["reason"].notna() & ~is_left_out):
        rejected = screened.filter(~nw.col("reason").is_null())
        if is_left_out.any():
            rejected = rejected.filter(~nw.col("reason").str.starts_with(LEFT_OUT))
        _take_rejects(rejected, measured, many, source.name, parts)
    if year_notes:
        many = _count_rows(reasons, reasons["reason"].isna() & reasons["no_year"].astype(bool))
        _list_rejects(list_unknown(screened, measured), many, source.name, parts)


def _note_shared(screened: Table, source: Addresses, rows: int) -> list[str]:
    """Tell of records in several files, unless it takes long to see."""
    is_told = len(source.files) > 1 and rows <= MOST_HELD
    return note_shared(screened, source.name) if is_told else []


def _count_wrong(screened: Table, wrong: pd.DataFrame) -> pd.DataFrame:
    """Count by file the rows that name an economy, and those whose coordinates contradict it."""
    spot = [*wrong.columns]
    named = screened.filter(nw.col("reason").is_null() & (nw.col("economy") != ""))
    told = wrong.assign(
        wrong=1, kind=wrong["kind"].astype("str"), economy=wrong["economy"].astype("str")
    )
    joined = named.select(*spot, "file").join(lift_table(told, like=named), on=spot, how="left")
    counted = joined.group_by("file").agg(rows=nw.len(), wrong=nw.col("wrong").sum())
    return collect(counted).fillna({"wrong": 0}).astype({"rows": "int64", "wrong": "int64"})


def _take_rejects(
    rejected: Table, measured: Table | None, many: int, name: str, parts: Parts
) -> None:
    """Weigh and list the rows that are rejected; what is not listed is summed."""
    weighed = count.weigh_rejects(rejected, measured).with_columns(
        short=nw.col("reason"), reason=nw.coalesce("problem", "reason")
    )
    listed = _list_rejects(weighed, many, name, parts)
    if len(listed) < many:
        again = sum_rejects(listed)
        sums = ["rows", "weight", "records"]
        again[sums] = -again[sums]
        parts.lost += [sum_rejects(weighed), again]


def _count_rows(reasons: pd.DataFrame, which: "pd.Series[bool]") -> int:
    """Count the rows of some reasons."""
    return int(reasons.loc[which, "rows"].sum())


def _list_rejects(weighed: Table, many: int, name: str, parts: Parts) -> pd.DataFrame:
    """Collect rejects and what they say in words; of many that are on Spark the first."""
    texts = [text for text in TEXTS if text in weighed.collect_schema().names()]
    rows = weighed.select(*REJECTS, *texts, *WEIGHED)
    if many > MOST_LISTED and weighed.implementation.is_spark_like():
        rows = rows.sort("file", "row", *REJECTS[:-2], nulls_last=True).head(MOST_LISTED)
        told = f"the first {MOST_LISTED:,} are listed, by file and row; all are counted"
        parts.notes.append(f"{name}: of {many:,} rejected rows {told}")
    exact = {pa.int64(): pd.Int64Dtype()}.get  # what is missing would make them floats, and round
    listed: pd.DataFrame = collect_arrow(rows).to_pandas(types_mapper=exact)
    parts.rejects.append(listed)
    return listed


def _check_rows(reasons: pd.DataFrame, screened: Table, source: Addresses) -> None:
    """Refuse a source without rows, with a row that shows it is something else, or a false kind."""
    if reasons.empty:
        msg = f"Invalid {source.name}. Must have at least one row; found none."
        raise InputError(msg)
    check_fatal(screened, source, reasons)
    for kind in sorted(reasons["kind"].unique()):
        try:
            check_kind(kind)
        except InputError:
            raise name_kind(screened, source, kind) from None
    refuse_alike(reasons["kind"].unique(), source.name)


def check_fatal(screened: Table, source: Addresses, reasons: pd.DataFrame | None = None) -> None:
    """Refuse rows that show that a source is something else.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Its screened addresses.
    source : Addresses
        The source.
    reasons : pandas.DataFrame, optional
        What is said of the rows, in a column reason; by default they are asked.

    Raises
    ------
    InputError
        If there is one; the message names the first.
    """
    if reasons is None:
        reasons = collect(screened.select("reason").unique())
    if reasons["reason"].isin(FATAL).any():
        raise name_fatal(screened, source)


def _sum_single(summed: pd.DataFrame) -> pd.DataFrame:
    """Count and weigh the placed addresses each of which is a record of its own."""
    keys = ["kind", *count.SPOT, "year"]
    sums = ["rows", "addresses"]
    places = summed.loc[summed["reason"].isna(), [*keys, *sums]]
    if summed["no_year"].any():  # else each row is one place already
        places = places.groupby(keys, dropna=False, observed=True, as_index=False)[sums].sum()
    units = places["addresses"] * RECORD_UNITS
    return places.assign(records=places["addresses"], undivided=0, weight=units, square=units)


def _take_single(slim: Table, summed: pd.DataFrame, source: Addresses, parts: Parts) -> None:
    """Take what labels and groups say of addresses each of which is a record of its own."""
    names = [name for name in (*LABELS, "group") if name in slim.collect_schema().names()]
    if not names:
        return
    for single in sum_singles(slim, names, summed):
        if single.name in source.labels:
            said = Said.read(single, parts.cells, single.name, read_cell, placed=True)
            parts.add_labels(said)
        if single.name == source.owner:
            parts.add_groups(Said.read(single, parts.cells, "group", READ_GROUP[source.owner]))
