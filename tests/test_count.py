"""Fractional counting: by hand, exact on random tables, the same on every engine."""

from fractions import Fraction
from math import lcm
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gii_geo.records.count import (
    collapse_addresses,
    count_records,
    count_whole,
    make_locations,
    read_economies,
    sum_locations,
    weigh_addresses,
)
from gii_geo.tables import KINDS, LOCATIONS, RECORD_UNITS, check_table

SCHEMA = pa.schema(
    [
        *(("kind", pa.string()), ("record_id", pa.string()), ("lon", pa.float64())),
        *(("lat", pa.float64()), ("economy", pa.string()), ("count", pa.int64())),
        ("reason", pa.string()),
    ]
)
ENGINES = ("duckdb", "polars")


def make_addresses(engine: str, rows: list[dict[str, Any]]) -> nw.LazyFrame[Any]:
    """Make screened addresses: patents in Zurich but for what the rows say."""
    plain = {"kind": "patent", "record_id": None, "lon": 8.5, "lat": 47.4, "count": 1}
    table = pa.Table.from_pylist([plain | row for row in rows], schema=SCHEMA)
    lazy: Any = pl.DataFrame(table).lazy() if engine == "polars" else duckdb.from_arrow(table)
    return nw.from_native(lazy).lazy()


def weigh(engine: str, rows: list[dict[str, Any]], **options: bool) -> list[Fraction]:
    """Weigh addresses, in records, in the order of the rows."""
    numbered = [row | {"economy": f"{place:04d}"} for place, row in enumerate(rows)]
    weighed = weigh_addresses(make_addresses(engine, numbered), **options)
    table = weighed.collect("pandas").to_native().sort_values("economy")
    return [Fraction(int(weight), RECORD_UNITS) for weight in table["weight"].fillna(0)]


def test_the_unit_is_the_least_common_multiple_of_1_to_24() -> None:
    assert lcm(*range(1, 25)) == RECORD_UNITS


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("addresses", range(1, 25))
def test_a_record_of_up_to_24_addresses_is_split_exactly(engine: str, addresses: int) -> None:
    weights = weigh(engine, [{"record_id": "a"}] * addresses)
    assert weights == [Fraction(1, addresses)] * addresses


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("addresses", range(25, 31))
def test_above_24_addresses_whole_units_are_given_and_the_rest_is_counted(
    engine: str, addresses: int
) -> None:
    rows = [{"record_id": "a"}] * addresses
    assert weigh(engine, rows) == [Fraction(RECORD_UNITS // addresses, RECORD_UNITS)] * addresses
    records = count_records(make_addresses(engine, rows)).collect("pandas").to_native()
    assert records["records"].sum() == 1
    assert records["undivided"].sum() == RECORD_UNITS % addresses


@pytest.mark.parametrize("engine", ENGINES)
def test_records_ids_counts_and_kinds_by_hand(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "a"},
        {"record_id": "a"},  # two addresses: a half each
        {"record_id": "b", "count": 3},
        {"record_id": "b"},  # four addresses: three quarters and one
        {},  # no id: a record of its own
        {"count": 5},  # no id: five records
        {"record_id": "a", "kind": "deal"},  # the same id of another kind is another record
        {"record_id": "c"},
        {"record_id": "c", "lon": None, "lat": None, "reason": "no coordinates"},  # not placed
        {"record_id": "d"},
        {"record_id": "d", "count": None, "reason": "no count"},  # stands for no address
        {"record_id": "e", "count": 0, "reason": "no count"},  # a record of no address
        {"count": -2, "reason": "no count"},
    ]
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    by_hand = [half, half, 3 * quarter, quarter, 1, 5, 1, half, half, 1, 0, 0, 0]
    assert weigh(engine, rows) == by_hand
    records = count_records(make_addresses(engine, rows)).collect("pandas").to_native()
    assert records.groupby("kind")["records"].sum().to_dict() == {"deal": 1, "patent": 10}


@pytest.mark.parametrize("engine", ENGINES)
def test_without_ids_every_address_is_a_record(engine: str) -> None:
    rows = [{"count": 2}, {}, {"count": None}]
    assert weigh(engine, rows, has_records=False) == weigh(engine, rows) == [2, 1, 0]
    table = make_addresses(engine, rows)
    counted = count_records(table, has_records=False).collect("pandas").to_native()
    assert counted[["records", "undivided"]].to_numpy().tolist() == [[3, 0]]


@pytest.mark.parametrize("engine", ENGINES)
def test_places_collapse_and_what_has_none_is_kept_by_its_reason(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"economy": "CH"},
        {"economy": "CH", "count": 2},
        {"economy": "DE"},
        {"kind": "deal", "economy": "CH"},
        {"lon": 999.0, "economy": "CH", "reason": "longitude beyond 180 degrees"},
        {"lon": 888.0, "economy": "DE", "reason": "longitude beyond 180 degrees"},
    ]
    weighed = weigh_addresses(make_addresses(engine, rows))
    table = collapse_addresses(weighed).collect("pandas").to_native()
    table = table.sort_values(["kind", "reason", "economy"]).astype(object)
    found = table[["kind", "economy", "rows", "addresses"]].where(table.notna(), None)
    assert found.to_numpy().tolist() == [
        ["deal", "CH", 1, 1],
        ["patent", None, 2, 2],
        ["patent", "CH", 2, 3],
        ["patent", "DE", 1, 1],
    ]
    assert (table["weight"] == table["addresses"] * RECORD_UNITS).all()


def collapse(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    names = ["kind", "lon", "lat", "economy", "reason", "addresses", "weight"]
    return pd.DataFrame(rows, columns=names)


def test_locations_are_distinct_places_in_order_with_their_economies() -> None:
    locations, economies = make_locations(
        collapse(
            [
                ("patent", 8.5, 47.4, "CH", None, 2, 20),
                ("deal", 8.5, 47.4, None, None, 1, 10),
                ("patent", 7.6, 47.6, "FR", None, 1, 5),
                ("patent", 8.5, 47.4, "DE", None, 1, 7),
                ("patent", 8.5, 46.0, "Switzerland", None, 1, 6),
                ("patent", np.nan, np.nan, None, "no coordinates", 4, 40),
            ]
        )
    )
    check_table(locations, LOCATIONS)
    assert locations[["lon", "lat"]].to_numpy().tolist() == [[7.6, 47.6], [8.5, 46.0], [8.5, 47.4]]
    assert locations["patent_addresses"].tolist() == [1, 1, 3]
    assert locations["patent_weight"].tolist() == [5, 6, 27]
    assert locations["deal_weight"].tolist() == [0, 0, 10]
    named = economies.dropna(subset="economy")
    assert named[["location", "economy", "addresses"]].to_numpy().tolist() == [
        *([0, "FR", 1], [2, "CH", 2], [2, "DE", 1])
    ]
    assert economies["addresses"].sum() == 6


def test_no_place_at_all_makes_no_location() -> None:
    nothing = collapse([("patent", np.nan, np.nan, None, "no coordinates", 4, 40)])
    locations, economies = make_locations(nothing)
    check_table(locations, LOCATIONS)
    assert locations.empty
    assert economies.empty


def test_the_order_of_the_rows_changes_no_location() -> None:
    rng = np.random.default_rng(3)
    places = rng.integers(0, 6, (60, 2)).astype(float)
    rows = [
        (KINDS[place % 3], lon, lat, ["CH", None][place % 2], None, place + 1, place * 7)
        for place, (lon, lat) in enumerate(places.tolist())
    ]
    before = make_locations(collapse(rows))
    after = make_locations(collapse([rows[place] for place in rng.permutation(60)]))
    for table, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(table, other)


def test_only_two_capital_letters_are_an_economy() -> None:
    codes = pd.Series(["CH", "ch", "CHE", "Switzerland", "", "C1", None], index=list("abcdefg"))
    assert read_economies(codes).dropna().to_dict() == {"a": "CH"}
    assert read_economies(pd.Series([None, None], dtype=object)).isna().all()


def place(regions: list[Any]) -> pd.DataFrame:
    """Make locations at 0, 1, 2 degrees east in the regions given, none of them counted yet."""
    counts = {column: 0 for column in LOCATIONS if column not in ("lon", "lat")}
    lon = np.arange(float(len(regions)))
    return pd.DataFrame({"lon": lon, "lat": 0.0, **counts, "region": pd.array(regions, "Int64")})


def test_sums_are_by_region_and_leave_out_what_is_in_none() -> None:
    locations = place([1, None, 0, 1])
    locations["patent_addresses"] = [1, 2, 3, 4]
    locations["deal_addresses"] = [10, 20, 30, 40]
    locations["patent_weight"] = [100, 200, 300, 400]
    sums = sum_locations(locations, by="region")
    assert sums.index.tolist() == [0, 1]
    assert sums["locations"].tolist() == [1, 2]
    assert sums["addresses"].tolist() == [33, 55]
    assert sums["patent_weight"].tolist() == [300, 500]
    assert sum_locations(place([None]), by="region").empty


@pytest.mark.parametrize("engine", ENGINES)
def test_full_counting_counts_a_record_once_in_every_region_it_touches(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "a", "lon": 0.0, "lat": 0.0},
        {"record_id": "a", "lon": 0.0, "lat": 0.0},
        {"record_id": "a", "lon": 1.0, "lat": 0.0},
        {"record_id": "b", "lon": 1.0, "lat": 0.0, "count": 3},
        {"record_id": "b", "lon": 2.0, "lat": 0.0},
        {"lon": 1.0, "lat": 0.0, "count": 2},
        {"record_id": "a", "lon": 1.0, "lat": 0.0, "kind": "deal"},
    ]
    locations = place([0, 1, None])
    locations["patent_addresses"] = [2, 6, 1]
    locations["deal_addresses"] = [0, 1, 0]
    whole = count_whole([make_addresses(engine, rows)], locations, by="region") // RECORD_UNITS
    assert whole["patent_weight"].to_dict() == {0: 1, 1: 4}
    assert whole["deal_weight"].to_dict() == {0: 0, 1: 1}


def reference_weights(rows: list[dict[str, Any]]) -> dict[tuple[str, float | None], int]:
    """Split every record by hand: units per kind and place, None for no place."""
    sizes: dict[tuple[str, str], int] = {}
    for row in rows:
        if row["record_id"] is not None:
            key = (row["kind"], row["record_id"])
            sizes[key] = sizes.get(key, 0) + row["count"]
    units: dict[tuple[str, float | None], int] = {}
    for row in rows:
        size = 1 if row["record_id"] is None else sizes[row["kind"], row["record_id"]]
        at = None if row["reason"] else row["lon"]
        units[row["kind"], at] = units.get((row["kind"], at), 0) + row["count"] * (
            RECORD_UNITS // size
        )
    return units


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "record_id": st.none() | st.sampled_from("abc"),
            "lon": st.sampled_from([1.0, 2.0, 3.0]),
            "count": st.integers(1, 40),
            "reason": st.none() | st.just("no coordinates"),
        }
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.sampled_from(ENGINES))
def test_any_table_is_split_as_by_hand_and_adds_up_to_its_records(
    rows: list[dict[str, Any]], engine: str
) -> None:
    addresses = make_addresses(engine, rows)
    collapsed = collapse_addresses(weigh_addresses(addresses)).collect("pandas").to_native()
    units: dict[tuple[str, float | None], int] = {}
    for row in collapsed.itertuples():
        at = row.lon if pd.isna(row.reason) else None
        units[row.kind, at] = units.get((row.kind, at), 0) + int(row.weight)
    assert units == reference_weights(rows)
    records = count_records(addresses).collect("pandas").to_native()
    whole = int(records["records"].sum()) * RECORD_UNITS
    assert whole == int(collapsed["weight"].sum()) + int(records["undivided"].sum())
    ids = {(row["kind"], row["record_id"]) for row in rows if row["record_id"] is not None}
    alone = sum(row["count"] for row in rows if row["record_id"] is None)
    assert records["records"].sum() == len(ids) + alone


def test_splitting_an_address_in_two_changes_nothing() -> None:
    whole: list[dict[str, Any]] = [{"record_id": "a", "count": 4}, {"record_id": "a", "lon": 7.6}]
    split = [{"record_id": "a", "count": 1}, {"record_id": "a", "count": 3}, whole[1]]
    tables = [
        collapse_addresses(weigh_addresses(make_addresses("duckdb", rows)))
        .sort("lon")
        .collect("pandas")
        .to_native()
        .drop(columns="rows")
        for rows in (whole, split)
    ]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize(("first", "second"), [("a", "A"), ("A", "a "), ("a", "á")])
def test_ids_are_compared_letter_by_letter(first: str, second: str) -> None:
    rows = [{"record_id": first}, {"record_id": second}]
    assert weigh("duckdb", rows) == weigh("polars", rows) == [1, 1]
