"""Addresses with a record_id: their records counted and weighed, and where they stand."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from gii_geo.records import count
from gii_geo.records.assemble import Parts
from gii_geo.records.engine import Engine
from gii_geo.records.groups import count_several, stand_groups
from gii_geo.records.home import stand_at_home
from gii_geo.records.ids import ENDS_IN, MOST_ASKED, MOST_HELD, tell_alike, tell_rounded
from gii_geo.records.labels import READ_GROUP, Cells, list_texts, put_numbers, rank_cells
from gii_geo.records.lazy import collect, collect_packed, lift_table, stream
from gii_geo.records.said import Said
from gii_geo.records.single import is_one_each
from gii_geo.records.sources.addresses import Addresses
from gii_geo.records.years import tell_apart
from gii_geo.sorting import mark_new
from gii_geo.tables import LABELS

Table = nw.LazyFrame[Any]


class Named(NamedTuple):
    """Addresses with a record_id."""

    spots: pd.DataFrame
    """Where they stand, in the order of lon and lat; the number of a place is its row."""
    rows: int
    """How many there are."""
    shared: dict[str, Any]
    """What all of them say alike, by column."""
    groups: Sequence[str] = ()
    """Whose records they are, in the order of their numbers."""


def split_named(summed: pd.DataFrame) -> tuple[pd.DataFrame, Named]:
    """Part the addresses without a record_id from the others.

    Parameters
    ----------
    summed : pandas.DataFrame
        From `count.sum_rows`, packed.

    Returns
    -------
    single : pandas.DataFrame
        The rows without.
    named : Named
        The others.
    """
    is_named = (summed["named"] == 1).to_numpy()
    placed = is_named & summed["reason"].isna().to_numpy()
    spots = summed.loc[placed, [*count.SPOT]]
    economy = spots["economy"].cat.codes
    columns = [(economy if name == "economy" else spots[name]).to_numpy() for name in count.SPOT]
    order = np.lexsort(columns[::-1])
    order = order[mark_new(*(column[order] for column in columns))]
    own = summed if is_named.all() else summed[is_named]
    named = Named(spots.iloc[order].reset_index(drop=True), int(own["rows"].sum()), _share(own))
    return summed[~is_named] if is_named.any() else summed, named  # no copy of what may be large


def _share(summed: pd.DataFrame) -> dict[str, Any]:
    """Find what all rows say alike."""
    shared: dict[str, Any] = {}
    if len(kinds := summed["kind"].unique()) == 1:
        shared["kind"] = str(kinds[0])
    if summed["year"].isna().all():
        shared["year"] = shared["last_year"] = None
    if is_one_each(summed):
        shared["count"] = 1
    return shared


def take_named(engine: Engine, slim: Table, named: Named, source: Addresses, parts: Parts) -> Table:
    """Count the records of a source and where they stand.

    Parameters
    ----------
    engine : Engine
        Keeps what is asked several times.
    slim : narwhals.LazyFrame
        From `count.slim_addresses`; it is let go once its rows are kept with their places.
    named : Named
        From `split_named`.
    source : Addresses
        The source.
    parts : Parts
        Takes what is found.

    Returns
    -------
    narwhals.LazyFrame
        From `count.measure_records`: each one's size, for what is rejected of it.
    """
    rows, groups = _number_cells(slim, source, parts.cells)
    named = named._replace(groups=groups)
    measured = _take_records(engine, _locate(rows, named), slim, named, source, parts)
    if source.has_groups and (several := count_several(measured)):
        named_so = "1 record names several groups, and is"
        if several > 1:
            named_so = f"{several:,} records name several groups, and are"
        parts.notes.append(f"{source.name}: {named_so} of the first in the order of the alphabet")
    return measured


def _number_cells(slim: Table, source: Addresses, cells: Cells) -> tuple[Table, list[str]]:
    """Put numbers in the place of cells of labels and groups, and list the groups in their order.

    Groups are numbered in the order of the alphabet, in which a record is of its first.
    """
    met = {name: cells.meet(slim, name) for name in source.labels}
    numbered, groups = {name: (name,) for name in met}, list[str]()
    if source.has_groups:
        name = source.owner
        if name not in met:
            met[name] = pd.DataFrame({name: pd.array(list_texts(slim, name), "str")})
        place, groups = rank_cells(met[name][name].tolist(), READ_GROUP[name])
        met[name]["__group"] = place
        numbered[name] = (*numbered.get(name, ()), "group")
    rows = slim.filter(~nw.col("record_id").is_null())
    for name, own in met.items():
        rows = put_numbers(rows, own, *numbered[name])
    return rows, groups


def _locate(rows: Table, named: Named) -> Table:
    """Give rows the number of their place."""
    places = named.spots.astype({"economy": "str", "coarse": "int64"})
    places["place"] = np.arange(len(places), dtype=np.int32)
    located = rows.join(lift_table(places, like=rows), on=[*count.SPOT], how="left")
    names = located.collect_schema().names()
    labels = [name for name in (*LABELS, "group") if name in names]
    located = located.select("kind", "record_id", "year", "count", "place", *labels)
    if "group" in labels:  # what names none is missing
        return located.with_columns(group=nw.when(nw.col("group") >= 0).then(nw.col("group")))
    return located


class _Kept(NamedTuple):
    """A table, what the engine keeps of it, and whether it does: else it is made at every use."""

    whole: Table
    held: Table
    is_held: bool


def _keep(
    engine: Engine,
    table: Table,
    shared: dict[str, Any],
    **how: Any,  # noqa: ANN401
) -> _Kept:
    """Keep of a table what its rows do not share.

    DuckDB cannot put away all that it keeps of a column: a twentieth of it stays in memory.
    """
    names = table.collect_schema().names()
    kept = [name for name in names if name not in shared]
    asked = table.select(*kept)
    held = engine.hold(asked, **how)
    told = {
        name: nw.lit(shared[name]).cast(nw.String if name == "kind" else nw.Int64)
        for name in names
        if name in shared
    }
    return _Kept(held.select(*kept, **told).select(*names), held, held is not asked)


def _part_records(
    engine: Engine, located: Table, numbered: Table, many: int
) -> Iterator[tuple[Table, Table]]:
    """Part rows and records, in their order, for DuckDB's memory to hold the records of a part."""
    parts = 1 + many // engine.limits.most_joined if located.implementation.is_duckdb() else 1
    edges: list[tuple[str, str] | None] = [None, None]
    if parts > 1:
        first = _cut(0, many, parts)[1:-1]
        at = collect(numbered.filter(nw.col("record").is_in(first)).sort("record"))
        edges[1:1] = zip(at["kind"], at["record_id"], strict=True)
    for low, high in pairwise(edges):
        own = [_is_behind(low)] if low else []
        own += [~_is_behind(high)] if high else []
        yield (located.filter(*own), numbered.filter(*own)) if own else (located, numbered)


def _cut(low: int, high: int, parts: int) -> list[int]:
    """Cut a range of numbers into parts as long as each other: where each begins, and the end."""
    return [low + (high - low) * part // parts for part in range(parts + 1)]


def _is_behind(edge: tuple[str, str]) -> nw.Expr:
    """Tell whether a record is the one of a kind and an id, or stands behind it in their order."""
    kind, record_id = edge
    return (nw.col("kind") > kind) | ((nw.col("kind") == kind) & (nw.col("record_id") >= record_id))


def _take_records(
    engine: Engine, located: Table, slim: Table, named: Named, source: Addresses, parts: Parts
) -> Table:
    """Count the records and where they stand."""
    spots, shared = named.spots, named.shared
    names = located.collect_schema().names()
    groups = [name for name in names if name == "group"]
    labels = [name for name in LABELS if name in names]
    is_asked_little = not (groups or labels)
    located, rows, _ = _keep(engine, located, shared, by=("record_id",), rows=named.rows)
    engine.let_go(slim)  # twice the rows crowd DuckDB's memory
    sized = count.measure_records(located)
    measured = _keep(engine, sized, shared, is_source=is_asked_little).whole
    counted = collect_packed(count.sum_measured(measured))
    rounded = tell_rounded(measured, source.name)
    end = ENDS_IN if named.rows > MOST_ASKED else ""
    alike = tell_alike(measured, source.name, end=end) if named.rows <= MOST_HELD else []
    parts.add_told([], [*rounded, *alike, *tell_apart(counted, source.name)])
    many = int(counted["spread"].sum())
    if located.implementation.is_spark_like():
        numbered, standing = stand_at_home(located, measured, engine.connection)
        parted = [_Kept(standing, standing, is_held=True)]
    else:
        numbered = _keep(engine, count.number_spread(measured), shared).whole
        if "count" in shared:
            shared = shared | {"addresses": shared["count"]}
        parted = [
            _keep(engine, count.stand_records(*part), shared)
            for part in _part_records(engine, located, numbered, many)
        ]
        standing = nw.concat([part.whole for part in parted])
    engine.let_go(rows)
    spread = collect_packed(count.sum_standing(standing))
    kinds = pd.DataFrame(
        {
            name: part.groupby("kind", observed=True)[summed].sum().rename(index=str)
            for name, part, summed in (("records", counted, "spread"), ("rows", spread, "rows"))
        }
    )
    kinds = kinds[kinds["records"] > 0].rename_axis("kind").astype("int64").reset_index()
    # The spread ones stand elsewhere too.
    for part in (counted[counted["place"].notna()], spread.assign(records=0, square=0)):
        at = part["place"].to_numpy(np.int64)
        parts.add_places(part.assign(**{name: spots[name].array.take(at) for name in count.SPOT}))
    parts.add_records(counted)
    del counted, spread, part, at
    for label in labels:
        said = nw.col(label) >= 0
        for sums in (
            count.sum_alone(measured.filter(said), by=(label,)),
            count.sum_standing(standing.filter(said), by=(label,)),
        ):
            parts.add_labels(Said.take(collect(sums), label, spots))
    grouped = stand_groups(measured, numbered, spots, named.groups) if groups else ()
    ordered = _stream_ordered(engine, parted, many)
    parts.add_standing(ordered, spots, kinds, grouped, has_fields="field" in labels)
    return measured


def _stream_ordered(engine: Engine, parted: list[_Kept], many: int) -> Iterator[pa.RecordBatch]:
    """Hand on in order where so many records stand, a few of them at once.

    What is handed on stands in memory beside what an engine sorts, and keeps.
    """
    for part, (low, high) in zip(parted, pairwise(_cut(0, many, len(parted))), strict=True):
        engine.limits.empty(engine.connection)
        slices = 1 + (high - low) // engine.limits.most_sorted if part.is_held else 1
        for first, last in pairwise(_cut(low, high, slices)):
            own = (nw.col("record") >= first) & (nw.col("record") < last)
            some = part.whole.filter(own) if slices > 1 else part.whole
            yield from stream(count.order_standing(some))
        engine.let_go(part.held)
    engine.limits.empty(engine.connection)
