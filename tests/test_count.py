"""Fractional counting: by hand, exact on random tables, the same on every engine."""

from collections import Counter
from fractions import Fraction
from math import lcm
from typing import Any
from unittest import mock

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gii_geo
from gii_geo import World
from gii_geo.records.assemble import Parts, assemble_tables
from gii_geo.records.economy_codes import read_economy_codes
from gii_geo.records.rejects import order_rejects
from gii_geo.regions.form import count_groups
from gii_geo.regions.tally import count_world
from gii_geo.tables import KINDS, LOCATIONS, RECORD_UNITS, InputError, check_table

SCHEMA = pa.schema(
    [
        *(("kind", pa.string()), ("record_id", pa.string()), ("lon", pa.float64())),
        *(("lat", pa.float64()), ("economy", pa.string()), ("count", pa.int64())),
        ("year", pa.int64()),
    ]
)
ENGINES = ("duckdb", "polars")
NO_PLACE = {"lon": None, "lat": None}


def read(engine: str, rows: list[dict[str, Any]], *, has_records: bool = True) -> World:
    """Read addresses: patents in Zurich but for what the rows say."""
    plain = {"kind": "patent", "record_id": None, "lon": 8.5, "lat": 47.4, "count": 1}
    table = pa.Table.from_pylist([plain | row for row in rows], schema=SCHEMA)
    if not has_records:
        table = table.drop_columns("record_id")
    lazy: Any = pl.DataFrame(table).lazy() if engine == "polars" else duckdb.from_arrow(table)
    # Named, so that ids none of which occurs twice are taken at their word.
    return gii_geo.read_world(lazy, columns={"record_id": "record_id"} if has_records else None)


def weigh(engine: str, rows: list[dict[str, Any]], *, has_records: bool = True) -> list[Fraction]:
    """Weigh addresses, in records, in the order of the rows, each told by an economy of its own."""
    codes = [f"{chr(65 + place // 26)}{chr(65 + place % 26)}" for place in range(len(rows))]
    told = [row | {"economy": code} for row, code in zip(rows, codes, strict=True)]
    module = "gii_geo.records.economies"
    with (
        mock.patch(f"{module}.read_economy_codes", lambda codes: codes),
        mock.patch(f"{module}.find_outside", lambda lon, *_, **__: np.zeros(len(lon), dtype=bool)),
    ):
        world = read(engine, told, has_records=has_records)
    weighed = pd.concat(
        [table[["economy", "weight"]].astype({"economy": "str"}) for table in parts_of(world)]
    )
    weight = weighed.set_index("economy")["weight"].reindex(codes)
    return [Fraction(int(units), RECORD_UNITS) for units in weight]


def parts_of(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    return world.places, world.rejects


def test_the_unit_is_the_least_common_multiple_of_1_to_24() -> None:
    assert lcm(*range(1, 25)) == RECORD_UNITS


@pytest.mark.parametrize("engine", ENGINES)
def test_a_record_of_up_to_24_addresses_is_split_exactly(engine: str) -> None:
    sizes = [size for size in range(1, 25) for _ in range(size)]
    weights = weigh(engine, [{"record_id": f"of {size}"} for size in sizes])
    assert weights == [Fraction(1, size) for size in sizes]


@pytest.mark.parametrize("engine", ENGINES)
def test_above_24_addresses_whole_units_are_given_and_the_rest_is_counted(engine: str) -> None:
    sizes = [size for size in range(25, 31) for _ in range(size)]
    # A year tells the record in the accounts.
    rows = [{"record_id": f"of {size}", "year": 2000 + size} for size in sizes]
    weights = [Fraction(RECORD_UNITS // size, RECORD_UNITS) for size in sizes]
    assert weigh(engine, rows) == weights
    accounts = read(engine, rows).accounts
    accounts = accounts.set_index(accounts["year"] - 2000)
    assert accounts["records"].to_dict() == dict.fromkeys(range(25, 31), 1)
    assert accounts["undivided"].to_dict() == {size: RECORD_UNITS % size for size in range(25, 31)}


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
        {"record_id": "c", **NO_PLACE},  # not placed
        {"record_id": "d"},
        {"record_id": "d", "count": None},  # stands for no address
        {"record_id": "e", "count": 0},  # a record of no address
        {"count": -2},
    ]
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    by_hand = [half, half, 3 * quarter, quarter, 1, 5, 1, half, half, 1, 0, 0, 0]
    assert weigh(engine, rows) == by_hand
    records = read(engine, rows).accounts.groupby("kind", observed=True)["records"].sum()
    assert records.to_dict() == {"deal": 1, "patent": 10}


@pytest.mark.parametrize("engine", ENGINES)
def test_without_ids_every_address_is_a_record(engine: str) -> None:
    rows = [{"count": 2}, {}, {"count": None}]
    assert weigh(engine, rows, has_records=False) == weigh(engine, rows) == [2, 1, 0]
    accounts = read(engine, rows, has_records=False).accounts
    assert accounts[["records", "undivided"]].sum().tolist() == [3, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_places_collapse_and_what_has_none_is_kept_by_its_reason(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"economy": "CH"},
        {"economy": "CH", "count": 2},
        {"economy": "DE"},
        {"kind": "deal", "economy": "CH"},
        {"lon": 999.0, "economy": "CH"},
        {"lon": 888.0, "economy": "DE"},
    ]
    world = read(engine, rows)
    places = world.places.sort_values(["kind", "economy"])
    assert places[["kind", "economy", "rows", "addresses"]].to_numpy().tolist() == [
        ["deal", "CH", 1, 1],
        ["patent", "CH", 2, 3],
        ["patent", "DE", 1, 1],
    ]
    assert (places["weight"] == places["addresses"] * RECORD_UNITS).all()
    lost = world.accounts.dropna(subset="reason")
    assert lost[["kind", "reason", "rows", "weight"]].to_numpy().tolist() == [
        ["patent", "longitude beyond 180 degrees", 2, 2 * RECORD_UNITS]
    ]


def assemble(rows: list[tuple[Any, ...]]) -> World:
    """Make a world of places: kind, lon, lat, economy, addresses and weight of each."""
    names = ["kind", "lon", "lat", "economy", "addresses", "weight"]
    places = pd.DataFrame(rows, columns=names).assign(
        coarse=0, year=pd.array([None] * len(rows), "Int64"), records=0, square=0
    )
    parts = Parts()
    parts.add_places(places.assign(rows=places["addresses"]))
    parts.settle_economies(0, "table", allowed=True)
    parts.add_records(places.assign(records=places["addresses"], undivided=0))
    nothing = pd.DataFrame({"file": [], "row": [], "reason": [], "kind": []})
    tables = assemble_tables(parts, order_rejects(pd.DataFrame(), nothing))
    return World(**tables.packed, provenance={"kinds": list(tables.kinds)})


def test_locations_are_distinct_places_in_order_with_their_economies() -> None:
    tally = count_world(
        assemble(
            [
                ("patent", 8.5, 47.4, "CH", 2, 20),
                ("deal", 8.5, 47.4, "", 1, 10),
                ("patent", 7.6, 47.6, "FR", 1, 5),
                ("patent", 8.5, 47.4, "DE", 1, 7),
                ("patent", 8.5, 46.0, "Helvetica", 1, 6),
            ]
        )
    )
    locations, economies = tally.locations, tally.list_economies()
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
    tally = count_world(read("duckdb", [{"count": 4, **NO_PLACE}]))
    check_table(tally.locations, LOCATIONS)
    assert tally.locations.empty
    assert tally.list_economies().empty


def test_the_order_of_the_rows_changes_no_location() -> None:
    rng = np.random.default_rng(3)
    places = rng.integers(0, 6, (60, 2)).astype(float)
    rows = [
        (KINDS[place % 3], lon, lat, ["CH", ""][place % 2], place + 1, place * 7)
        for place, (lon, lat) in enumerate(places.tolist())
    ]
    before = assemble(rows)
    after = assemble([rows[place] for place in rng.permutation(60)])
    assert len(before.locations) < 36
    for name in ("locations", "places"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name))
    pd.testing.assert_frame_equal(
        count_world(before).list_economies(), count_world(after).list_economies()
    )


def test_only_codes_and_names_of_economies_are_one() -> None:
    codes = pd.Series(["CH", "ch", "CHE", "Switzerland", "", "C1", None], index=list("abcdefg"))
    assert read_economy_codes(codes).dropna().to_dict() == dict.fromkeys("abcd", "CH")
    assert read_economy_codes(pd.Series([None, None], dtype=object)).isna().all()


def test_sums_are_by_region_and_leave_out_what_is_in_none() -> None:
    patents = [
        *(("patent", 0.0, 0.0, "", 1, 100), ("patent", 1.0, 0.0, "", 2, 200)),
        *(("patent", 2.0, 0.0, "", 3, 300), ("patent", 3.0, 0.0, "", 4, 400)),
    ]
    deals = [("deal", lon, lat, "", 10 * many, 0) for _, lon, lat, _, many, _ in patents]
    tally = count_world(assemble([*patents, *deals]))
    sums = count_groups(tally, np.array([1, -1, 0, 1]), name="region")
    assert sums.index.tolist() == [0, 1]
    assert sums["locations"].tolist() == [1, 2]
    assert sums["addresses"].tolist() == [33, 55]
    assert sums["patent_weight"].tolist() == [300, 500]
    assert count_groups(tally, np.full(4, -1), name="region").empty


@pytest.mark.parametrize("engine", ENGINES)
def test_full_counting_counts_a_record_once_in_every_region_it_touches(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "a", "lon": 0.0, "lat": 1.0},
        {"record_id": "a", "lon": 0.0, "lat": 1.0},
        {"record_id": "a", "lon": 1.0, "lat": 1.0},
        {"record_id": "b", "lon": 1.0, "lat": 1.0, "count": 3},
        {"record_id": "b", "lon": 2.0, "lat": 1.0},
        {"lon": 1.0, "lat": 1.0, "count": 2},
        {"record_id": "a", "lon": 1.0, "lat": 1.0, "kind": "deal"},
    ]
    tally = count_world(read(engine, rows))
    assert tally.locations["patent_addresses"].tolist() == [2, 6, 1]
    assert tally.locations["deal_addresses"].tolist() == [0, 1, 0]
    whole = count_groups(tally, np.array([0, 1, -1]), name="region", counting="full")
    whole = whole // RECORD_UNITS
    assert whole["patent_weight"].to_dict() == {0: 1, 1: 4}
    assert whole["deal_weight"].to_dict() == {0: 0, 1: 1}


def reference_weights(rows: list[dict[str, Any]]) -> Counter[tuple[str, float | None]]:
    """Split every record by hand: units per kind and place, None for no place."""
    sizes: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["record_id"] is not None:
            sizes[row["kind"], row["record_id"]] += row["count"]
    units: Counter[tuple[str, float | None]] = Counter()
    for row in rows:
        size = 1 if row["record_id"] is None else sizes[row["kind"], row["record_id"]]
        units[row["kind"], row["lon"]] += row["count"] * (RECORD_UNITS // size)
    return units


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "record_id": st.none() | st.sampled_from("abc"),
            "lon": st.sampled_from([1.0, 2.0, 3.0, None]),
            "count": st.integers(1, 40),
        }
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.sampled_from(ENGINES))
def test_any_table_is_split_as_by_hand_and_adds_up_to_its_records(
    rows: list[dict[str, Any]], engine: str
) -> None:
    world = read(engine, rows)
    units: Counter[tuple[str, float | None]] = Counter()
    for kind, lon, weight in zip(
        world.places["kind"],
        world.locations["lon"].to_numpy()[world.places["location"]],
        world.places["weight"],
        strict=True,
    ):
        units[kind, lon] += weight
    for kind, weight in zip(world.rejects["kind"], world.rejects["weight"], strict=True):
        units[kind, None] += weight
    assert units == reference_weights(rows)
    counted = world.accounts[["records", "undivided", "weight"]].sum()
    assert counted["records"] * RECORD_UNITS == counted["weight"] + counted["undivided"]
    assert counted["weight"] == units.total()
    ids = {(row["kind"], row["record_id"]) for row in rows if row["record_id"] is not None}
    alone = sum(row["count"] for row in rows if row["record_id"] is None)
    assert counted["records"] == len(ids) + alone


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_without_an_id_are_told_where_others_have_one(engine: str) -> None:
    some = read(engine, [{"record_id": "a"}] * 19 + [{"record_id": None}])
    told = "1 of 20 patent rows have no record_id"
    assert some.provenance["notes"] == [f"table: {told}: each address is a record of its own"]
    assert some.provenance["warnings"] == []
    most = read(engine, [{"record_id": "a"}, {"record_id": None}, {"record_id": None}])
    (warned,) = most.provenance["warnings"]
    assert (
        warned == "table: 2 of 3 patent rows have no record_id: "
        "each address counts as a record of its own."
    )
    none = read(engine, [{"record_id": None}] * 2)
    told = "table: none of 2 rows has a record_id: each address is a record of its own"
    assert none.provenance["notes"] == [told]
    assert none.provenance["warnings"] == []


@pytest.mark.parametrize(
    "value", [True, pd.Timestamp("2019-03-15"), pd.Timestamp("2019-03-15").date(), [1], {"a": 1}]
)
@pytest.mark.parametrize("column", ["lon", "count"])
def test_a_count_of_another_type_is_refused_beside_ids(value: object, column: str) -> None:
    rows = [{"record_id": name, "lon": 8.5, "lat": 47.4, column: value} for name in "ab"]
    for table in (pd.DataFrame(rows), pl.DataFrame(rows).lazy()):
        with pytest.raises(
            InputError, match=rf"Invalid column {column} of table\. Must be numbers"
        ):
            gii_geo.read_world({"patent": table})


def test_splitting_an_address_in_two_changes_nothing() -> None:
    whole: list[dict[str, Any]] = [{"record_id": "a", "count": 4}, {"record_id": "a", "lon": 7.6}]
    split = [{"record_id": "a", "count": 1}, {"record_id": "a", "count": 3}, whole[1]]
    one, other = (read("duckdb", rows) for rows in (whole, split))
    pd.testing.assert_frame_equal(
        one.places.drop(columns="rows"), other.places.drop(columns="rows")
    )
    pd.testing.assert_frame_equal(one.records, other.records)


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("A", "a-"), ("a", "á"), ("7", "07")])
def test_ids_are_compared_letter_by_letter(first: str, second: str) -> None:
    rows = [{"record_id": first}, {"record_id": second}]
    assert weigh("duckdb", rows) == weigh("polars", rows) == [1, 1]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_an_id_in_another_letter_case_is_the_same(engine: str) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "10.1000/AB98"},
        {"record_id": "10.1000/ab98", "lon": 8.6},
        {"record_id": "10.1000/Ab98", "lon": None, "lat": None},
    ]
    world = read(engine, rows)
    assert world.accounts["records"].sum() == 1
    assert world.rejects["record_id"].tolist() == ["10.1000/Ab98"]  # as it stands in the input
    assert world.rejects["weight"].tolist() == [RECORD_UNITS // 3]
    assert world.accounts["weight"].sum() == RECORD_UNITS


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_an_id_with_its_address_is_the_one_without(engine: str) -> None:
    same = [
        "10.1000/ab",
        "https://doi.org/10.1000/AB",
        "http://dx.doi.org/10.1000/ab",
        "DOI: 10.1000/ab",
        "doi.org/10.1000/ab",
        '="10.1000/ab"',
        "'10.1000/ab",
        "{10.1000/AB}",
    ]
    others = ["https://doi.org/", "10.1000/abc", "https://example.org/10.1000/ab", "doi:", '=""']
    rows: list[dict[str, Any]] = [{"record_id": one} for one in [*same, *others]]
    world = read(engine, [*rows, {"record_id": "doi:10.1000/ab", "lon": None, "lat": None}])
    assert world.accounts["records"].sum() == 1 + len(others)
    assert world.rejects["record_id"].tolist() == ["doi:10.1000/ab"]  # as it stands in the input
    assert world.rejects["weight"].tolist() == [RECORD_UNITS // 9]
    works = [{"record_id": "W12"}, {"record_id": "https://openalex.org/W12"}]
    assert read(engine, works).accounts["records"].sum() == 1
