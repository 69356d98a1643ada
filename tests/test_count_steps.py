"""Each step from addresses to places and records on both engines, by hand."""

from collections.abc import Sequence
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pytest

from gii_geo.records import count
from gii_geo.tables import MOST_ADDRESSES, RECORD_UNITS

HALF = RECORD_UNITS // 2


@pytest.fixture(params=["duckdb", "polars"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def load(engine: str, names: str, rows: Sequence[tuple[Any, ...]]) -> nw.LazyFrame[Any]:
    """Give rows to an engine; texts stay texts where all are missing."""
    texts = ("kind", "record_id", "economy", "reason", "precision", "year_text", "group")
    columns = names.split()
    types = [(n, pa.string() if n in texts else pa.int64()) for n in columns]
    table = pa.table(
        {n: pa.array([row[at] for row in rows], kind) for at, (n, kind) in enumerate(types)}
    )
    plain: Any = pl.DataFrame(table).lazy() if engine == "polars" else duckdb.from_arrow(table)
    return nw.from_native(plain).lazy()


def take(found: nw.LazyFrame[Any], names: str) -> list[list[Any]]:
    """Take columns, ordered by their rows, the missing first."""
    table = found.collect(backend="pyarrow").to_native().select(names.split())
    rows = [list(row.values()) for row in table.to_pylist()]
    return sorted(rows, key=lambda row: [(cell is not None, cell) for cell in row])


PLAIN = "kind record_id lon lat economy year count reason"


def slim(engine: str, more: str, rows: list[tuple[Any, ...]], **asked: Any) -> nw.LazyFrame[Any]:
    """Slim rows that say more; each has its own count, from 1 on."""
    plain = [
        ("deal", None, 8, 47, "CH", 2020, place + 1, None, *row) for place, row in enumerate(rows)
    ]
    return count.slim_addresses(load(engine, f"{PLAIN} {more}", plain), **asked)


def test_a_place_is_coarse_by_its_precision_and_only_where_it_is_placed(engine: str) -> None:
    found = slim(engine, "precision", [("City",), ("street",), (None,), ("country",)])
    assert take(found, "count coarse") == [[1, 1], [2, 0], [3, 0], [4, 1]]
    assert take(slim(engine, "", [()]), "coarse no_year") == [[0, 0]]
    row = ("deal", None, 8, 47, "CH", 2020, 1, "too far", "city")
    lost = count.slim_addresses(load(engine, f"{PLAIN} precision", [row]))
    assert take(lost, "coarse lon lat economy") == [[0, None, None, ""]]


def test_a_text_where_a_year_should_be_is_no_year(engine: str) -> None:
    names = f"{PLAIN} year_text"
    rows = [
        ("deal", None, 8, 47, None, None, 1, None, "soon"),
        ("deal", None, 8, 47, None, None, 2, None, None),
        ("deal", None, 8, 47, None, 2020, 3, None, "2020?"),
        ("deal", None, 8, 47, None, 2020, 4, None, None),
    ]
    found = count.slim_addresses(load(engine, names, rows))
    assert take(found, "count no_year economy") == [[1, 1, ""], [2, 0, ""], [3, 0, ""], [4, 0, ""]]


@pytest.mark.parametrize("year", [-10_000, -9999, 0, 9999, 10_000])
def test_a_year_has_at_most_four_digits(engine: str, year: int) -> None:
    row = ("deal", None, 8, 47, "CH", year, 1, None)
    known = year if abs(year) <= 9999 else None
    assert take(count.slim_addresses(load(engine, PLAIN, [row])), "year") == [[known]]
    rejected = load(engine, "kind record_id count year", [("deal", None, 1, year)])
    assert take(count.weigh_rejects(rejected, None), "record_year") == [[known]]


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        *[(-1, 0), (0, 0), (None, 0), (1, 1)],
        *[(MOST_ADDRESSES, MOST_ADDRESSES), (MOST_ADDRESSES + 1, 0)],
    ],
)
def test_a_count_is_from_one_to_the_most(engine: str, given: int | None, counted: int) -> None:
    row = ("deal", None, 8, 47, "CH", 2020, given, None)
    assert take(count.slim_addresses(load(engine, PLAIN, [row])), "count") == [[counted]]
    rejected = load(engine, "kind record_id count year", [("deal", None, given, 2020)])
    assert take(count.weigh_rejects(rejected, None), "weight") == [[counted * RECORD_UNITS]]


def test_groups_are_kept_where_they_are_asked_for_as_they_are_written(engine: str) -> None:
    assert take(slim(engine, "group", [("ABB",)], grouped=True), "group") == [["ABB"]]
    assert "group" not in slim(engine, "group", [("ABB",)]).collect_schema().names()
    both = slim(engine, "field organisation", [(3, 4)], labels=("field", "organisation"))
    assert take(both, "field organisation") == [[3, 4]]


@pytest.mark.parametrize(
    ("ids", "folded"), [("I\u0307\u0130", "i\u0307i"), ("\u039f\u03a3", "\u03bf\u03c3")]
)
def test_ids_are_lowered_letter_by_letter_on_every_engine(
    engine: str, ids: str, folded: str
) -> None:
    """A dotted I becomes two letters elsewhere, and a sigma at the end of a word another one."""
    assert take(slim(engine, "record_id", [(ids,)]), "record_id") == [[folded]]


def test_rows_are_summed_apart_by_whether_they_have_an_id(engine: str) -> None:
    names = "kind record_id lon lat economy coarse year reason no_year count"
    spot = (8, 47, "CH", 0, 2020, None, 0)
    rows = [("deal", "a", *spot, 2), ("deal", "b", *spot, 3), ("deal", None, *spot, 4)]
    found = take(count.sum_rows(load(engine, names, rows)), "named rows addresses")
    assert found == [[0, 1, 4], [1, 2, 5]]


LOCATED = "kind record_id year place count field group"
RECORDS: list[tuple[Any, ...]] = [
    ("deal", "whole", 2020, 5, 1, 1, "x"),
    ("deal", "whole", 2019, 5, 2, 1, "w"),
    ("deal", "half", 2020, 5, 1, 1, None),
    ("deal", "half", 2020, None, 1, 2, None),  # another field, but of no place
    ("deal", "two", 2020, 5, 1, 1, None),
    ("deal", "two", 2020, 6, 3, 1, None),
    ("deal", "labels", 2020, 5, 1, 1, None),
    ("deal", "labels", 2020, 5, 1, 2, None),
    ("deal", "lost", 2020, None, 4, 1, None),
    ("deal", "none", 2020, 5, 0, 1, None),
    ("deal", "one", 2020, 6, 1, 1, None),
]


def measure(engine: str, names: str = LOCATED) -> nw.LazyFrame[Any]:
    located = load(engine, LOCATED, RECORDS).select(names.split())
    return count.measure_records(located)


def test_a_record_has_its_addresses_its_first_year_and_where_it_stands(engine: str) -> None:
    measured = measure(engine)
    assert take(measured, "record_id size rows addresses first alone year") == [
        ["half", 2, 1, 1, 5, 1, 2020],
        ["labels", 2, 2, 2, 5, 0, 2020],
        ["lost", 4, 0, 0, None, None, 2020],
        ["none", 0, 1, 0, 5, 1, 2020],
        ["one", 1, 1, 1, 6, 1, 2020],
        ["two", 4, 2, 4, 5, 0, 2020],
        ["whole", 3, 2, 3, 5, 1, 2019],
    ]
    assert take(measured, "record_id group last_group")[-1] == ["whole", "w", "x"]
    assert take(measured, "record_id field")[0] == ["half", 1]
    names = measured.collect_schema().names()
    assert not {"last", "__field"} & set(names)
    bare = measure(engine, "kind record_id year place count")
    assert ["labels", 1] in take(bare, "record_id alone")
    assert not {"group", "field"} & set(bare.collect_schema().names())


def test_two_labels_must_both_be_the_same_for_a_record_to_stand_alone(engine: str) -> None:
    rows = [
        *[("deal", "field", 2020, 5, 1, field, 1) for field in (1, 2)],
        *[("deal", "organisation", 2020, 5, 1, 1, owner) for owner in (1, 2)],
        *[("deal", "same", 2020, 5, 1, 1, 1)] * 2,
        *[("deal", "place", 2020, place, 1, 1, 1) for place in (5, 6)],
    ]
    located = load(engine, "kind record_id year place count field organisation", rows)
    assert take(count.measure_records(located), "record_id alone") == [
        *[["field", 0], ["organisation", 0], ["place", 0], ["same", 1]],
    ]


def test_records_that_stand_at_one_place_are_summed_there(engine: str) -> None:
    square = HALF // 2  # of the half that is placed
    assert take(count.sum_measured(measure(engine)), "year place records spread undivided") == [
        [2019, 5, 1, 0, 0],
        [2020, None, 3, 2, 0],  # two and labels are spread, lost is not
        [2020, 5, 1, 0, 0],
        [2020, 6, 1, 0, 0],
    ]
    alone = count.sum_alone(measure(engine).filter(nw.col("size") > 0))
    assert take(alone, "year place rows addresses weight records square") == [
        [2019, 5, 2, 3, RECORD_UNITS, 1, RECORD_UNITS],
        [2020, 5, 1, 1, HALF, 1, square],
        [2020, 6, 1, 1, RECORD_UNITS, 1, RECORD_UNITS],
    ]
    grouped = count.sum_alone(measure(engine).filter(nw.col("size") > 0), by=("group",))
    assert take(grouped, "group records") == [[None, 1], [None, 1], ["w", 1]]


def test_units_that_do_not_divide_are_counted(engine: str) -> None:
    located = load(engine, LOCATED, [("deal", "a", 2020, 5, 25, 1, None)])
    found = take(count.sum_measured(count.measure_records(located)), "weight undivided square")
    each = RECORD_UNITS // 25
    assert found == [[25 * each, RECORD_UNITS % 25, 25 * (25 * each // 25)]]


def test_spread_records_are_numbered_and_stand_at_each_of_their_places(engine: str) -> None:
    located = load(engine, LOCATED, RECORDS)
    numbered = count.number_spread(measure(engine))
    assert take(numbered, "record record_id size year") == [
        [0, "labels", 2, 2020],
        [1, "two", 4, 2020],
    ]
    standing = count.stand_records(located, numbered)
    rows = [[0, 5, 1, 2, 1], [0, 5, 1, 2, 2], [1, 5, 1, 4, 1], [1, 6, 3, 4, 1]]
    assert take(standing, "record place addresses size field") == rows
    listed = count.stand_records(located, count.list_spread(measure(engine)))
    assert {"record_id", "group"} < set(listed.collect_schema().names())
    assert "record" not in listed.collect_schema().names()
    summed = count.sum_standing(standing)
    assert take(summed, "place rows addresses weight") == [
        [5, 3, 3, RECORD_UNITS + RECORD_UNITS // 4],
        [6, 1, 3, 3 * (RECORD_UNITS // 4)],
    ]
    assert len(take(count.sum_standing(standing, by=("field",)), "place field")) == 3


def test_standing_records_are_put_in_order_with_their_fields_alone(engine: str) -> None:
    names = "record place addresses size year field organisation"
    rows = [(1, 6, 1, 2, 2020, 1, 9), (1, 5, 1, 2, 2020, 2, 9), (0, 7, 1, 1, 2020, 1, 9)]
    rows += [(1, 5, 1, 2, 2020, 1, 9)]
    found = count.order_standing(load(engine, names, rows)).collect(backend="pyarrow").to_native()
    assert found.column_names == names.split()[:-1]
    where = [found[name].to_pylist() for name in ("record", "place", "field")]
    assert where == [[0, 1, 1, 1], [7, 5, 5, 6], [1, 1, 2, 1]]


def test_rejects_weigh_their_part_of_their_record(engine: str) -> None:
    names = "kind record_id count year"
    rows = [
        ("deal", "LOST", 2, 2000),
        ("deal", "none", 3, 2000),  # of a record without any address
        ("deal", "one", 2, 2000),
        ("deal", "stranger", 3, 2000),
        ("deal", None, 3, 2001),
        ("patent", "lost", 1, 2000),  # of another kind
    ]
    weighed = count.weigh_rejects(load(engine, names, rows), measure(engine))
    assert take(weighed, "kind record_id weight record_year") == [
        ["deal", None, 3 * RECORD_UNITS, 2001],
        ["deal", "LOST", HALF, 2020],
        ["deal", "none", 0, 2020],
        ["deal", "one", 2 * RECORD_UNITS, 2020],
        ["deal", "stranger", 0, None],
        ["patent", "lost", 0, None],
    ]
    extra = set(weighed.collect_schema().names()) - set(names.split())
    assert extra == {"weight", "record_year"}
