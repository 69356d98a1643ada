"""The address table inside DuckDB: its rows, its remarks, and how long it lives."""

import gc
import io
from pathlib import Path

import duckdb
import pytest

from gii_geo.records.sources import address_table
from gii_geo.records.sources.address_table import (
    COLUMNS,
    AddressParts,
    AddressTable,
    Record,
    connect,
    read_economy,
)
from gii_geo.records.sources.archives import BoundedStream, SourceFile
from gii_geo.records.sources.left_out import LEFT_OUT


def source(name: str, broken: str | None = None) -> SourceFile:
    stream = BoundedStream(io.BytesIO())
    stream.broken = broken
    return SourceFile(name, io.BufferedReader(stream))


def test_a_record_has_a_row_for_each_place_or_one_without() -> None:
    table = AddressTable(None, "deal", None)
    places = (AddressParts(city="Basel", economy="CH"), AddressParts(address="Univ Bern, Bern"))
    table.add_file(source("a"), [Record("1", 2013, places), Record(problem="none")])
    relation = table.finish()
    assert list(relation.columns) == list(COLUMNS)
    columns = 'kind, record_id, year, "count", economy, city, address, problem, file, row'
    assert relation.order("row, city NULLS LAST").select(columns).fetchall() == [
        ("deal", "1", 2013, 1, "CH", "Basel", None, None, "a", 1),
        ("deal", "1", 2013, 1, None, None, "Univ Bern, Bern", None, "a", 1),
        ("deal", None, None, 1, None, None, None, "none", "a", 2),
    ]


def test_records_that_are_left_out_keep_their_numbers_and_are_counted() -> None:
    told: list[str] = []
    table = AddressTable(None, "deal", told.append)
    other = Record("2", problem=f"{LEFT_OUT}too old", counts=False)
    table.add_file(source("a"), [other, Record("1"), other])
    found = table.finish().order("row").select('record_id, row, "count"').fetchall()
    assert found == [("2", 1, 0), ("1", 2, 1), ("2", 3, 0)]
    assert told == ["reading a", "a: 3 records, 2 of them left out"]


def test_more_rows_than_a_batch_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_table, "BATCH_ROWS", 7)
    told: list[str] = []
    table = AddressTable(None, "deal", told.append)
    table.add_file(source("a"), (Record(str(row)) for row in range(1, 31)))
    found = table.finish().order("row").select("record_id, row").fetchall()
    assert found == [(str(row), row) for row in range(1, 31)]
    assert told[1:] == [f"a: {row} records" for row in (7, 14, 21, 28, 30)]


def test_a_broken_file_is_a_remark_behind_its_records() -> None:
    table = AddressTable(None, "deal", None)
    table.add_file(source("a", broken="cut off"), [Record("1")])
    found = table.finish().order("row").select('record_id, problem, "count", row').fetchall()
    assert found == [("1", None, 1, 1), (None, "broken file: cut off", 0, 2)]


def test_the_first_of_repeated_records_stays() -> None:
    table = AddressTable(None, "deal", None)
    both = (AddressParts(city="Basel"), AddressParts(city="Bern"))
    table.add_file(source("a"), [Record("1", 2013, both), Record(None), Record("2"), Record("1")])
    table.add_file(source("b"), [Record("2"), Record(None), Record("3")])
    table.mark_repeats()
    columns = 'record_id, city, "count", file, row, problem'
    problem = "repeated record: read before in a, record {}"
    assert table.finish().order("file, row, city").select(columns).fetchall() == [
        ("1", "Basel", 1, "a", 1, None),
        ("1", "Bern", 1, "a", 1, None),
        (None, None, 1, "a", 2, None),
        ("2", None, 1, "a", 3, None),
        ("1", None, 0, "a", 4, problem.format(1)),
        ("2", None, 0, "b", 1, problem.format(3)),
        (None, None, 1, "b", 2, None),
        ("3", None, 1, "b", 3, None),
    ]


def test_a_repeat_has_the_year_of_the_appearance_that_counts() -> None:
    table = AddressTable(None, "deal", None)
    table.add_file(
        source("a"), [Record("1", 2019), Record("1", 2015), Record("2"), Record("2", 2013)]
    )
    table.mark_repeats()
    found = table.finish().order("row").select('record_id, year, "count"').fetchall()
    assert found == [("1", 2019, 1), ("1", 2019, 0), ("2", None, 1), ("2", None, 0)]


def test_the_relation_keeps_its_connection_alive() -> None:
    table = AddressTable(None, "deal", None)
    table.add_file(source("a"), [Record("1")])
    relation = table.finish().filter("row = 1")
    del table
    gc.collect()
    assert relation.select("record_id").fetchall() == [("1",)]


def test_tables_on_one_connection_do_not_meet() -> None:
    with duckdb.connect() as connection:
        tables = [AddressTable(connection, kind, None) for kind in ("deal", "patent")]
        for table in tables:
            table.add_file(source("a"), [Record("1")])
        first, second = (table.finish().select("kind").fetchall() for table in tables)
        assert (first, second) == ([("deal",)], [("patent",)])


def test_a_connection_of_ones_own_spills_to_disk_and_cleans_up() -> None:
    connection = connect()
    (spill,) = connection.sql("SELECT current_setting('temp_directory')").fetchall()[0]
    connection.execute("SET memory_limit = '100MB'")
    connection.execute("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) FROM range(4_000_000) r(i)")
    assert any(Path(spill).iterdir())
    assert connection.sql("SELECT count(*) FROM t").fetchall() == [(4_000_000,)]
    connection.close()
    assert not Path(spill).exists()


@pytest.mark.parametrize(
    ("code", "economy"),
    [("CH", "CH"), (" ch ", "CH"), ("CHE", None), ("YU", "YU"), ("C1", None), ("", None)],
)
def test_two_letters_are_an_economy(code: str, economy: str | None) -> None:
    assert read_economy(code) == economy


def test_the_field_is_the_record_s_and_the_organisation_the_place_s() -> None:
    table = AddressTable(None, "deal", None)
    places = (AddressParts(city="Basel", organisation="A"), AddressParts(city="Bern"))
    table.add_file(source("a"), [Record("1", 2013, places, field="x\x1fy"), Record("2")])
    found = table.finish().order("row, city").select("record_id, field, organisation").fetchall()
    assert found == [("1", "x\x1fy", "A"), ("1", "x\x1fy", None), ("2", None, None)]
