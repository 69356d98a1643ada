"""Addresses with a record_id: their records counted and weighed, and where they stand."""

from functools import reduce
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records import count
from gii_geo.records.assemble import Parts
from gii_geo.records.engine import Engine
from gii_geo.records.groups import count_several, stand_groups
from gii_geo.records.home import stand_at_home
from gii_geo.records.ids import tell_rounded
from gii_geo.records.labels import put_numbers
from gii_geo.records.lazy import collect, collect_packed, lift_table, stream
from gii_geo.records.said import Said
from gii_geo.records.sources.addresses import Addresses
from gii_geo.sorting import mark_new
from gii_geo.tables import LABELS

Table = nw.LazyFrame[Any]


class Named(NamedTuple):
    """Addresses with a record_id."""

    spots: pd.DataFrame
    """Where they stand, in the order of lon and lat; the number of a place is its row."""
    rows: int
    """How many there are."""


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
    rows = int(summed["rows"].where(is_named, 0).sum())
    named = Named(spots.iloc[order].reset_index(drop=True), rows)
    return summed[~is_named] if is_named.any() else summed, named  # no copy of what may be large


def take_named(engine: Engine, slim: Table, named: Named, source: Addresses, parts: Parts) -> Table:
    """Count the records of a source and where they stand.

    Parameters
    ----------
    engine : Engine
        Keeps what is asked several times.
    slim : narwhals.LazyFrame
        From `count.slim_addresses`; it is let go where its rows are kept with their labels.
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
    met = [parts.cells.meet(slim, name) for name in source.labels]
    rows = reduce(put_numbers, met, slim.filter(~nw.col("record_id").is_null()))
    measured = _take_records(engine, _locate(engine, rows, slim, named), named, parts)
    if source.has_groups and (several := count_several(measured)):
        parts.notes.append(
            f"{source.name}: {several:,} records name several groups, and are of the first in "
            "the order of the alphabet"
        )
    parts.add_told([], tell_rounded(measured, source.name))
    return measured


def _locate(engine: Engine, rows: Table, slim: Table, named: Named) -> Table:
    """Give rows the number of their place, and keep them where they are many or long."""
    places = named.spots.astype({"economy": "str", "coarse": "int64"})
    places["place"] = np.arange(len(places), dtype=np.int32)
    located = rows.join(lift_table(places, like=rows), on=[*count.SPOT], how="left")
    del places  # large
    names = located.collect_schema().names()
    labels = [name for name in (*LABELS, "group") if name in names]
    located = located.select("kind", "record_id", "year", "count", "place", *labels)
    if located.implementation.is_spark_like() or labels:
        located = engine.hold(located, by=("record_id",), rows=named.rows)
        engine.let_go(slim)  # twice the rows crowd DuckDB's memory
    return located  # DuckDB joins places twice sooner than it keeps rows without labels


def _take_records(engine: Engine, located: Table, named: Named, parts: Parts) -> Table:
    """Count the records and where they stand."""
    spots = named.spots
    names = located.collect_schema().names()
    groups = [name for name in names if name == "group"]
    labels = [name for name in LABELS if name in names]
    is_asked_little = not (groups or labels)
    measured = engine.hold(count.measure_records(located), is_source=is_asked_little)
    counted = collect_packed(count.sum_measured(measured))
    if located.implementation.is_spark_like():
        numbered, standing = stand_at_home(located, measured, engine.connection)
    else:
        numbered = count.number_spread(measured)
        standing = engine.hold(count.stand_records(located, numbered))
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
    for name in labels:
        said = nw.col(name) >= 0
        for sums in (
            count.sum_alone(measured.filter(said), by=(name,)),
            count.sum_standing(standing.filter(said), by=(name,)),
        ):
            parts.add_labels(Said.take(collect(sums), name, spots))
    grouped = stand_groups(measured, numbered, spots) if groups else None
    ordered = stream(count.order_standing(standing))
    parts.add_standing(ordered, spots, kinds, grouped, has_fields="field" in labels)
    return measured
