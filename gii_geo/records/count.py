"""Addresses to places and records, in whole units: what an engine sums before numpy takes over."""

from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw

from gii_geo.records.ids import fold_id
from gii_geo.tables import LABELS, MOST_ADDRESSES, RECORD_UNITS

COARSE_PRECISIONS: Final = ("city", "division", "region", "country")
"""Precisions of an address that is no better placed than in the middle of its city."""

SPOT: Final = ("lon", "lat", "economy", "coarse")
"""What makes two placed addresses of one record and year the same to the world."""

RECORD: Final = ("kind", "record_id")
"""What makes two addresses one record's."""

_LAST_YEAR: Final = 9999

Table = nw.LazyFrame[Any]


def slim_addresses(screened: Table, *, grouped: bool = False, labels: Sequence[str] = ()) -> Table:
    """Keep of each screened address what the world hangs on.

    Parameters
    ----------
    screened : narwhals.LazyFrame
        Columns kind, record_id, lon, lat, economy, year, count, reason and, where it is known,
        precision; times, if a row stands for several.
    grouped : bool, default False
        Whether group is kept too: whose records hang together.
    labels : sequence of str, default ()
        Which of `tables.LABELS` are kept too.

    Returns
    -------
    narwhals.LazyFrame
        kind, record_id and group (as written), year, reason, count (0 where it cannot be), and
        where the address is placed lon, lat, economy ("" where none is named) and coarse (0 or 1:
        placed no better than by city); no_year (0 or 1: what stands where a year should is none).

    Examples
    --------
    >>> import duckdb
    >>> row = duckdb.sql(
    ...     "SELECT 'deal' AS kind, NULL::VARCHAR AS record_id, 8.5 AS lon, 47.4 AS lat, "
    ...     "NULL::VARCHAR AS economy, 2020::BIGINT AS year, 1::BIGINT AS count, "
    ...     "NULL::VARCHAR AS reason, 'City' AS precision"
    ... )
    >>> slim = slim_addresses(nw.from_native(row).lazy())
    >>> slim.select(*SPOT).collect().to_native().to_pylist()
    [{'lon': Decimal('8.5'), 'lat': Decimal('47.4'), 'economy': '', 'coarse': 1}]
    """
    names = screened.collect_schema().names()
    placed = nw.col("reason").is_null()
    coarse = nw.lit(0)
    if "precision" in names:
        is_coarse = nw.col("precision").str.to_lowercase().is_in(COARSE_PRECISIONS)
        coarse = nw.when(placed & is_coarse).then(nw.lit(1)).otherwise(nw.lit(0))
    no_year = nw.lit(0)
    if "year_text" in names:
        is_none = nw.col("year").is_null() & ~nw.col("year_text").is_null()
        no_year = nw.when(is_none).then(nw.lit(1)).otherwise(nw.lit(0))
    count, year = nw.col("count"), nw.col("year")
    valid = (count >= 1) & (count <= MOST_ADDRESSES)
    return screened.select(
        "kind",
        fold_id("record_id", screened),
        "reason",
        *(["group"] if grouped else []),
        *labels,
        *(["times"] if "times" in names else []),
        year=nw.when((year >= -_LAST_YEAR) & (year <= _LAST_YEAR)).then(year),
        count=nw.when(valid).then(count).otherwise(nw.lit(0)).cast(nw.Int64),
        lon=nw.when(placed).then(nw.col("lon")),
        lat=nw.when(placed).then(nw.col("lat")),
        economy=nw.coalesce(nw.when(placed).then(nw.col("economy")), nw.lit("")),
        coarse=coarse.cast(nw.Int64),
        no_year=no_year.cast(nw.Int64),
    )


def sum_rows(slim: Table) -> Table:
    """Sum all rows, however many there are of them, to what is small enough for numpy.

    Parameters
    ----------
    slim : narwhals.LazyFrame
        From `slim_addresses`; with times, if a row stands for several.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind, spot, year, reason, no_year and named (0 or 1: whether there is a
        record_id): rows and addresses.
    """
    named = nw.when(nw.col("record_id").is_null()).then(nw.lit(0)).otherwise(nw.lit(1))
    keys = ("kind", *SPOT, "year", "reason", "no_year")
    told, rows, addresses = ["count"], nw.len(), nw.col("count")
    if "times" in slim.collect_schema().names():
        told, rows, addresses = [*told, "times"], nw.col("times").sum(), addresses * nw.col("times")
    return (
        slim.select(*keys, *told, named=named.cast(nw.Int64))
        .group_by(*keys, "named")
        .agg(rows=rows.cast(nw.Int64), addresses=addresses.sum().cast(nw.Int64))
    )


def measure_records(located: Table) -> Table:
    """Measure each record: its addresses, its year, and whether it stands at one place alone.

    Parameters
    ----------
    located : narwhals.LazyFrame
        From `slim_addresses`, the rows with a record_id, and the number of their place, missing
        where the address has none; and the numbers of cells of labels, where there are any.

    Returns
    -------
    narwhals.LazyFrame
        One row a record: kind, record_id, size (addresses, placed or not), year (the earliest) and
        last_year, rows and addresses (placed), first (the lowest place; missing where none is
        placed), alone (1 where that is its only one, and what is placed of it has the same labels;
        else 0), those labels, and where addresses have groups, group (the first in the order of
        the alphabet) and last_group.
    """
    placed = ~nw.col("place").is_null()
    names = located.collect_schema().names()
    groups = {}
    if "group" in names:
        groups = {"group": nw.col("group").min(), "last_group": nw.col("group").max()}
    labels: list[str] = [name for name in LABELS if name in names]
    own = {name: nw.when(placed).then(nw.col(name)) for name in labels}
    ends = {name: label.min() for name, label in own.items()}
    ends |= {f"__{name}": label.max() for name, label in own.items()}
    measured = located.group_by(*RECORD).agg(
        size=nw.col("count").sum().cast(nw.Int64),
        year=nw.col("year").min(),
        last_year=nw.col("year").max(),
        rows=nw.when(placed).then(nw.lit(1)).otherwise(nw.lit(0)).sum().cast(nw.Int64),
        addresses=nw.when(placed).then(nw.col("count")).otherwise(nw.lit(0)).sum().cast(nw.Int64),
        first=nw.col("place").min(),
        last=nw.col("place").max(),
        **ends,
        **groups,
    )
    same = nw.col("first") == nw.col("last")
    for name in labels:
        same = same & (nw.col(name) == nw.col(f"__{name}"))
    alone = nw.when(same).then(nw.lit(1)).when(~nw.col("first").is_null()).then(nw.lit(0))
    return measured.with_columns(alone=alone.cast(nw.Int64)).drop(
        "last", *(f"__{name}" for name in labels)
    )


def sum_measured(measured: Table) -> Table:
    """Count all records, and sum those that stand at one place alone.

    The count does not go through the weights, so that the accounts can hold one against the other.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `measure_records`.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind, year and place (missing for records that stand at several or none): what
        `sum_alone` sums, undivided (units), spread (records at several places) and apart (records
        of several years).
    """
    real = measured.filter(nw.col("size") > 0).with_columns(
        place=nw.when(nw.col("alone") == 1).then(nw.col("first")),
        rest=nw.lit(RECORD_UNITS) % nw.col("size"),
        is_spread=nw.when(nw.col("alone") == 0).then(nw.lit(1)).otherwise(nw.lit(0)),
        is_apart=nw.when(nw.col("year") < nw.col("last_year")).then(nw.lit(1)).otherwise(nw.lit(0)),
    )
    return _sum_weighed(
        real,
        "kind",
        "year",
        "place",
        undivided=nw.col("rest").sum().cast(nw.Int64),
        spread=nw.col("is_spread").sum().cast(nw.Int64),
        apart=nw.col("is_apart").sum().cast(nw.Int64),
    )


def sum_alone(measured: Table, *, by: tuple[str, ...] = ()) -> Table:
    """Sum the records that stand at one place alone.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `measure_records`.
    by : tuple of str, optional
        What else keeps records apart.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind, place and year, and what else: rows, addresses, weight (units), records
        and square (units: the placed part of each record times itself, summed).
    """
    alone = measured.filter(nw.col("alone") == 1).rename({"first": "place"})
    return _sum_weighed(alone, "kind", "year", "place", *by)


def _sum_weighed(measured: Table, *keys: str, **more: nw.Expr) -> Table:
    """Sum rows, addresses, weight, records and squares of records by some keys."""
    # Divided before it is multiplied: nothing is past a record's units, whatever its size.
    square = nw.col("addresses") * (nw.col("weight") // nw.col("size"))
    sums = {name: nw.col(name).sum().cast(nw.Int64) for name in ("rows", "addresses", "weight")}
    return (
        _weigh(measured)
        .with_columns(square=square.cast(nw.Int64))
        .group_by(*keys)
        .agg(
            **sums,
            records=nw.len().cast(nw.Int64),
            square=nw.col("square").sum().cast(nw.Int64),
            **more,
        )
    )


def list_spread(measured: Table) -> Table:
    """List the records that stand at several places.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `measure_records`.

    Returns
    -------
    narwhals.LazyFrame
        kind, record_id, size, year and, where there are groups, group.
    """
    groups = ["group"] if "group" in measured.collect_schema().names() else []
    return measured.filter(nw.col("alone") == 0).select(*RECORD, "size", "year", *groups)


def number_spread(measured: Table) -> Table:
    """Count through the records of `list_spread`, in the order of their kinds and ids.

    Parameters
    ----------
    measured : narwhals.LazyFrame
        From `measure_records`.

    Returns
    -------
    narwhals.LazyFrame
        The same records with record (from 0).
    """
    return list_spread(measured).with_row_index("record", order_by=list(RECORD))


def stand_records(located: Table, spread: Table) -> Table:
    """Say at which places records stand.

    Parameters
    ----------
    located : narwhals.LazyFrame
        As for `measure_records`.
    spread : narwhals.LazyFrame
        From `number_spread`, or from `list_spread` where they are numbered later.

    Returns
    -------
    narwhals.LazyFrame
        One row per placed row of each record: kind, record (else record_id and group), place,
        size, year, addresses and the numbers of its cells of labels, where there are any.
    """
    labels = [name for name in LABELS if name in located.collect_schema().names()]
    placed = located.filter(~nw.col("place").is_null()).select(
        *RECORD, "place", *labels, addresses=nw.col("count")
    )
    known = spread.collect_schema().names()
    own = ["record"] if "record" in known else [n for n in known if n in ("record_id", "group")]
    joined = placed.join(spread, on=list(RECORD), how="inner")
    return joined.select("kind", *own, "place", "size", "year", "addresses", *labels)


def order_standing(standing: Table) -> Table:
    """Put what `stand_records` gave in the order of records and places, kinds left out.

    Parameters
    ----------
    standing : narwhals.LazyFrame
        From `stand_records`.

    Returns
    -------
    narwhals.LazyFrame
        record, place, addresses, size, year and, where it is known, field.
    """
    field = [name for name in standing.collect_schema().names() if name == LABELS[0]]
    bare = standing.select("record", "place", "addresses", "size", "year", *field)
    return bare.sort("record", "place", *field)


def sum_standing(standing: Table, *, by: tuple[str, ...] = ()) -> Table:
    """Sum what the records of `stand_records` bring to each place.

    Parameters
    ----------
    standing : narwhals.LazyFrame
        From `stand_records`.
    by : tuple of str, optional
        What else keeps them apart.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind, place and year, and what else: rows, addresses and weight (units).
    """
    return (
        _weigh(standing)
        .group_by("kind", "place", "year", *by)
        .agg(
            rows=nw.len().cast(nw.Int64),
            addresses=nw.col("addresses").sum().cast(nw.Int64),
            weight=nw.col("weight").sum().cast(nw.Int64),
        )
    )


def weigh_rejects(rejected: Table, measured: Table | None) -> Table:
    """Give rejected rows their weight, and the year of their record.

    Parameters
    ----------
    rejected : narwhals.LazyFrame
        Screened rows that have a reason: kind, record_id, count, year and any others.
    measured : narwhals.LazyFrame or None
        From `measure_records`; None where no row has a record_id.

    Returns
    -------
    narwhals.LazyFrame
        The same rows with weight (units of all the row's addresses) and record_year.
    """
    count, year = nw.col("count"), nw.col("year")
    valid = (count >= 1) & (count <= MOST_ADDRESSES)
    valid_count = nw.when(valid).then(count).otherwise(nw.lit(0)).cast(nw.Int64)
    own_year = nw.when((year >= -_LAST_YEAR) & (year <= _LAST_YEAR)).then(year)
    if measured is None:
        return rejected.with_columns(weight=valid_count * RECORD_UNITS, record_year=own_year)
    sizes = measured.select("kind", known="record_id", record_size="size", known_year="year")
    named = rejected.with_columns(known=fold_id("record_id", rejected))
    joined = named.join(sizes, on=["kind", "known"], how="left")
    size = nw.col("record_size")
    each = nw.when(size > 0).then(nw.lit(RECORD_UNITS) // size)
    alone = nw.col("record_id").is_null()
    return joined.with_columns(
        weight=nw.when(alone)
        .then(valid_count * RECORD_UNITS)
        .otherwise(nw.coalesce(valid_count * each, nw.lit(0)))
        .cast(nw.Int64),
        record_year=nw.when(alone).then(own_year).otherwise(nw.col("known_year")),
    ).drop("known", "record_size", "known_year")


def _weigh(table: Table) -> Table:
    """Give addresses of records of a size their weight: exact up to 24 addresses a record."""
    each = nw.lit(RECORD_UNITS) // nw.col("size")
    return table.with_columns(weight=(nw.col("addresses") * each).cast(nw.Int64))
