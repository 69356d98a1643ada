"""Cells of fields and organisations: the same in Python and in SQL, whatever is in them."""

import duckdb
import pyarrow as pa
import pytest

from gii_geo.records.labels import read_cell
from gii_geo.records.sources.label_cells import cell_sql, cells_sql, clean_sql, join_values
from gii_geo.tables import SEVERAL_JOIN


@pytest.mark.parametrize(
    ("values", "cell"),
    [
        ([], None),
        (["", " ", "\x1f"], None),
        (["b", "a", "b ", "a"], "a\x1fb"),
        (["Ärzte", "Zug", "apfel"], "Zug\x1fapfel\x1fÄrzte"),  # by code point, as DuckDB orders
        ([" two\n\twords\x1fhere\u3000now "], "two words here now"),
        (["GFZ | Potsdam"], "GFZ | Potsdam\x1f"),  # a bar in it parts it nowhere
        (["GFZ | Potsdam", "ETH"], "ETH\x1fGFZ | Potsdam"),
        (["=1+1", "<script>", "'; DROP"], "'; DROP\x1f<script>\x1f=1+1"),
    ],
)
def test_values_of_a_cell_are_each_once_and_in_order(values: list[str], cell: str | None) -> None:
    assert join_values(values) == cell
    table = pa.table({"value": pa.array(values, pa.string())})
    cleaned = duckdb.from_arrow(table).select(f"{clean_sql('value')} AS value")
    assert cleaned.aggregate(cells_sql("value")).fetchall() == [(cell,)]
    if len(values) == 1:
        assert cleaned.select(cell_sql("value")).fetchall() == [(cell,)]


def test_a_value_is_cleaned_alike_in_python_and_in_sql() -> None:
    characters = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
    values = [f"a{one}b  {one}c{one}" for one in characters]
    values += ["a b", " a", "", "a  b", *characters[:0x200]]
    table = pa.table({"value": values, "place": range(len(values))})
    found = duckdb.from_arrow(table).order("place").select(clean_sql("value")).fetchall()
    expected = [(join_values([value]) or "").rstrip(SEVERAL_JOIN) or None for value in values]
    assert [one for (one,) in found] == expected


@pytest.mark.parametrize("values", [["a"], ["a;b"], ["a | b"], ["a|b", "c"], ["c", "a;b"]])
def test_what_reads_a_cell_finds_its_values_whole(values: list[str]) -> None:
    assert read_cell(join_values(values) or "").split(SEVERAL_JOIN) == sorted(values)
