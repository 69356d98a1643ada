"""Fractional weights in whole units; addresses -> locations."""

import re
from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records.engine import collect, lift_table
from gii_geo.tables import KINDS, MOST_ADDRESSES, RECORD_UNITS

COARSE_PRECISIONS: Final = ("city", "region", "country")
"""Precisions of an address that is no better placed than in the middle of its city."""

_ALPHA_2: Final = re.compile("[A-Z]{2}")


def weigh_addresses(addresses: nw.LazyFrame[Any], *, has_records: bool = True) -> nw.LazyFrame[Any]:
    """Split each record evenly over its addresses, placed or not.

    A record is 5,354,228,880 units (the least common multiple of 1 to 24). An address gets the
    whole part of the units divided by the record's addresses: exact up to 24 addresses; above, the
    remainder stays in the accounts.

    Parameters
    ----------
    addresses : narwhals.LazyFrame
        Columns kind, record_id and count. A missing record_id makes every address its own record;
        a missing or non-positive count stands for no address.
    has_records : bool, default True
        False where no row has a record_id: saves the grouping.

    Returns
    -------
    narwhals.LazyFrame
        The same rows with `weight`, in units, of all the row's addresses together.

    Examples
    --------
    >>> import duckdb
    >>> rows = duckdb.sql(
    ...     "SELECT 'patent' AS kind, id AS record_id, 1::BIGINT AS count "
    ...     "FROM (VALUES ('a'), ('a'), (NULL)) AS t(id)"
    ... )
    >>> weighed = weigh_addresses(nw.from_native(rows).lazy()).collect().to_native()
    >>> sorted(weight / RECORD_UNITS for weight in weighed["weight"].to_pylist())
    [0.5, 0.5, 1.0]
    """
    count = _valid_count()
    if not has_records:
        return addresses.with_columns(weight=count * RECORD_UNITS)
    sizes = _record_sizes(addresses)
    joined = addresses.join(sizes, on=["kind", "record_id"], how="left")
    each = nw.when(nw.col("size") > 0).then(nw.lit(RECORD_UNITS) // nw.col("size"))
    weight = nw.when(nw.col("size").is_null()).then(count * RECORD_UNITS).otherwise(count * each)
    return joined.with_columns(weight=weight.cast(nw.Int64)).drop("size")


def collapse_addresses(addresses: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum the addresses at each place, and the ones that have none by their reason.

    Parameters
    ----------
    addresses : narwhals.LazyFrame
        Screened and weighed: columns kind, lon, lat, economy, count, weight, reason and, where it
        is known, precision.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind, place, economy and reason: kind, lon, lat, economy, reason, rows,
        addresses, weight (units) and coarse (addresses no better placed than by city). Rows with a
        reason have no place and no economy.
    """
    placed = nw.col("reason").is_null()
    coarse = nw.lit(0).cast(nw.Int64)
    if "precision" in addresses.collect_schema().names():
        is_coarse = nw.col("precision").str.to_lowercase().is_in(COARSE_PRECISIONS)
        coarse = nw.when(is_coarse).then(_valid_count()).otherwise(coarse)
    bare = addresses.select(
        "kind",
        "reason",
        "weight",
        lon=nw.when(placed).then(nw.col("lon")),
        lat=nw.when(placed).then(nw.col("lat")),
        economy=nw.when(placed).then(nw.col("economy")),
        count=_valid_count(),
        coarse=coarse,
    )
    return bare.group_by("kind", "lon", "lat", "economy", "reason").agg(
        rows=nw.len(),
        addresses=nw.col("count").sum().cast(nw.Int64),
        weight=nw.col("weight").sum().cast(nw.Int64),
        coarse=nw.col("coarse").sum().cast(nw.Int64),
    )


def count_records(addresses: nw.LazyFrame[Any], *, has_records: bool = True) -> nw.LazyFrame[Any]:
    """Count the records of each kind, and the units that do not divide by their addresses.

    This count does not go through the weights, so that the accounts can hold one against the other.

    Parameters
    ----------
    addresses : narwhals.LazyFrame
        Columns kind, record_id and count.
    has_records : bool, default True
        False where no row has a record_id.

    Returns
    -------
    narwhals.LazyFrame
        Columns kind, records and undivided (units).
    """
    alone = addresses
    if has_records:
        alone = addresses.filter(nw.col("record_id").is_null())
    counted = alone.group_by("kind").agg(records=_valid_count().sum().cast(nw.Int64))
    counted = counted.with_columns(undivided=nw.lit(0).cast(nw.Int64))
    if not has_records:
        return counted
    sizes = _record_sizes(addresses).filter(nw.col("size") > 0)
    rest = sizes.with_columns(rest=nw.lit(RECORD_UNITS) % nw.col("size"))
    grouped = rest.group_by("kind").agg(
        records=nw.len().cast(nw.Int64), undivided=nw.col("rest").sum().cast(nw.Int64)
    )
    return nw.concat([counted, grouped])


def make_locations(collapsed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn the collapsed places into locations and their economies.

    Parameters
    ----------
    collapsed : pandas.DataFrame
        From `collapse_addresses`, one or several sources below each other.

    Returns
    -------
    locations : pandas.DataFrame
        One row per distinct coordinate pair, ordered by lon, then lat: lon, lat (degrees), and per
        kind `<kind>_addresses` and `<kind>_weight` (units).
    location_economies : pandas.DataFrame
        One row per location, economy and kind: location (row number), economy, kind, addresses,
        weight (units), coarse (addresses, if known).

    Examples
    --------
    >>> collapsed = pd.DataFrame({
    ...     "kind": ["patent", "deal"], "lon": [8.5, 8.5], "lat": [47.4, 47.4],
    ...     "economy": ["CH", None], "reason": [None, None], "addresses": [3, 1],
    ...     "weight": [RECORD_UNITS, RECORD_UNITS],
    ... })
    >>> make_locations(collapsed)[0][["lon", "lat", "patent_addresses", "deal_addresses"]]
       lon   lat  patent_addresses  deal_addresses
    0  8.5  47.4                 3               1
    """
    placed = collapsed[collapsed["reason"].isna()]
    lon, lat = placed["lon"].to_numpy(np.float64), placed["lat"].to_numpy(np.float64)
    order = np.lexsort((lat, lon))
    placed, lon, lat = placed.iloc[order], lon[order], lat[order]
    first = np.ones(len(lon), dtype=bool)
    first[1:] = (np.diff(lon) != 0) | (np.diff(lat) != 0)
    location = np.cumsum(first) - 1
    locations = pd.DataFrame({"lon": lon[first], "lat": lat[first]})
    for kind in KINDS:
        of_kind = (placed["kind"] == kind).to_numpy(dtype=bool)
        for column in ("addresses", "weight"):
            total = np.zeros(len(locations), dtype=np.int64)
            np.add.at(total, location[of_kind], placed[column].to_numpy(np.int64)[of_kind])
            locations[f"{kind}_{column}"] = total
    addresses = [f"{kind}_addresses" for kind in KINDS]
    weights = [f"{kind}_weight" for kind in KINDS]
    economies = pd.DataFrame(
        {
            "location": location,
            "economy": read_economies(placed["economy"]).array,
            "kind": placed["kind"].to_numpy(),
            "addresses": placed["addresses"].to_numpy(np.int64),
            "weight": placed["weight"].to_numpy(np.int64),
        }
    )
    if "coarse" in placed:
        economies["coarse"] = placed["coarse"].to_numpy(np.int64)
    keys = ["location", "economy", "kind"]
    economies = economies.groupby(keys, dropna=False, as_index=False, sort=True).sum()
    return locations[["lon", "lat", *addresses, *weights]], economies


def count_whole(
    tables: Sequence[nw.LazyFrame[Any]], locations: pd.DataFrame, *, by: str
) -> pd.DataFrame:
    """Count every record once, whole, in each cluster or region where it has an address.

    Parameters
    ----------
    tables : sequence of narwhals.LazyFrame
        Screened addresses that have records: kind, record_id, lon, lat, count and reason. No record
        may stand in two of the tables.
    locations : pandas.DataFrame
        Every location, with `<kind>_addresses` and the column `by` (integer, missing outside).
    by : {"cluster", "region"}
        The column to count by.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by`, ascending: per kind, `<kind>_weight` in units, a record being
        5,354,228,880. An address without a record_id is a record of its own.

    Examples
    --------
    >>> table = {"lon": [8.5, 7.6], "lat": [47.4, 47.6], "region": [0, 1]}
    >>> counts = {f"{kind}_addresses": [3, 1] for kind in KINDS}
    >>> whole = count_whole([], pd.DataFrame(table | counts), by="region")
    >>> (whole["patent_weight"] // RECORD_UNITS).tolist()
    [3, 1]
    """
    inside = locations[locations[by].notna()].astype({by: "int64"})
    places = inside[["lon", "lat", by]]
    whole = inside.groupby(by)[[f"{kind}_addresses" for kind in KINDS]].sum()
    whole.columns = pd.Index(KINDS)
    for table in tables:
        known = table.filter(nw.col("reason").is_null() & ~nw.col("record_id").is_null())
        located = known.join(lift_table(places, like=table), on=["lon", "lat"], how="inner")
        sizes = located.group_by("kind", by, "record_id").agg(addresses=nw.col("count").sum())
        counted = collect(
            sizes.group_by("kind", by).agg(
                records=nw.len(), addresses=nw.col("addresses").sum().cast(nw.Int64)
            )
        )
        counted["surplus"] = counted["addresses"] - counted["records"]
        surplus = counted.pivot_table(index=by, columns="kind", values="surplus", aggfunc="sum")
        whole = whole.sub(surplus.reindex_like(whole).fillna(0).astype("int64"))
    return (whole * RECORD_UNITS).add_suffix("_weight")


def read_economies(codes: pd.Series) -> pd.Series:
    """Keep economies that are two capital letters, as ISO 3166-1 alpha-2 codes are.

    Parameters
    ----------
    codes : pandas.Series
        Texts, missing where no economy is named.

    Returns
    -------
    pandas.Series
        The codes, missing where the text is something else.

    Examples
    --------
    >>> read_economies(pd.Series(["CH", "USA", None])).tolist()
    ['CH', nan, nan]
    """
    numbers, words = pd.factorize(codes)
    known = pd.Series([word if _ALPHA_2.fullmatch(word) else None for word in words], dtype="str")
    taken = known.reindex(numbers)
    return taken.set_axis(codes.index).rename("economy")


def sum_locations(locations: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Sum the locations of each cluster or region.

    Parameters
    ----------
    locations : pandas.DataFrame
        Locations with the column `by` (integer, missing outside).
    by : {"cluster", "region"}
        The column to sum by.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by`, ascending: locations, addresses (of all kinds) and, per kind,
        `<kind>_weight` (units), all int64.

    Examples
    --------
    >>> table = {"lon": [8.5, 7.6], "lat": [47.4, 47.6], "region": [0, 0]}
    >>> counts = {f"{kind}_{what}": [3, 1] for kind in KINDS for what in ("addresses", "weight")}
    >>> sum_locations(pd.DataFrame(table | counts), by="region")["addresses"].tolist()
    [12]
    """
    inside = locations[locations[by].notna()]
    columns = {f"{kind}_weight": inside[f"{kind}_weight"] for kind in KINDS}
    addresses = inside[[f"{kind}_addresses" for kind in KINDS]].sum(axis=1)
    table = pd.DataFrame({"locations": 1, "addresses": addresses, **columns}, index=inside.index)
    return table.groupby(inside[by].astype("int64")).sum().astype("int64")


def _valid_count() -> nw.Expr:
    """Take a count that cannot be as no address."""
    count = nw.col("count")
    valid = (count >= 1) & (count <= MOST_ADDRESSES)
    return nw.when(valid).then(count).otherwise(nw.lit(0)).cast(nw.Int64)


def _record_sizes(addresses: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Count the addresses of each record."""
    known = addresses.filter(~nw.col("record_id").is_null())
    counts = known.select("kind", "record_id", size=_valid_count())
    return counts.group_by("kind", "record_id").agg(nw.col("size").sum().cast(nw.Int64))
