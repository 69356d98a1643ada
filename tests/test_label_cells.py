"""Cells of fields and organisations: the same in Python and in SQL, whatever is in them."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.records.labels import read_cell
from gii_geo.records.sources.label_cells import cell_sql, cells_sql, clean_sql, join_values
from gii_geo.tables import RECORD_UNITS, SEVERAL_JOIN


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


def list_labels(table: object) -> dict[str, float]:
    labels = gii_geo.read_world({"deal": table}).labels
    weight = labels["weight"].groupby(labels["cell"].astype("str")).sum()
    return {cell.replace(SEVERAL_JOIN, "|"): units / RECORD_UNITS for cell, units in weight.items()}


def test_lists_are_as_long_as_each_other_or_not(tmp_path: Path) -> None:
    fixed = pa.array([["x", "y"], ["x", "z"]], pa.list_(pa.string(), 2))
    table = pa.table({"lon": [7.6, 7.7], "lat": [47.5, 47.6], "field": fixed})
    pq.write_table(table, tmp_path / "fixed.parquet")
    frame = pl.from_arrow(table)
    for source in (table, frame, frame.lazy(), tmp_path / "fixed.parquet"):
        assert list_labels(source) == {"x|y": 1, "x|z": 1}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("[1, 2]", "1|2"),
        ("[1.0, 2.0]", "1|2"),
        ("[ 3 12 ]", "12|3"),
        ("[7]", "7"),
        ("[None, 7]", "7"),
        ("[-1]", "-1"),
        ("[1.5]", "1.5"),
        ("[Optics, Chemistry]", "Chemistry|Optics"),
        ("[Optics]", "Optics"),
        ("{Optics,Chemistry}", "Chemistry|Optics"),
        ('{Optics,"Chemistry, organic"}', "Chemistry, organic|Optics"),
        ("{'Optics', 'Chemistry'}", "Chemistry|Optics"),
        ("array(['Optics', 'Chemistry'], dtype=object)", "Chemistry|Optics"),
        ('{"name": "Optics"}', '{"name": "Optics"}'),
        ("[Fe] works", "[Fe] works"),
        ("(1)", "(1)"),
        ("[1] a", "[1] a"),
    ],
)
def test_a_list_of_whole_numbers_as_a_text_is_one(text: str, cell: str) -> None:
    assert read_cell(text).replace(SEVERAL_JOIN, "|") == cell


AMPERSANDS = {
    "R&amp;D": ("R&D", "r&d"),
    "R&amp;amp;D; X": ("R&D|X", "r&d"),
    "['R&amp;D', 'X; Y']": ("R&D|X; Y", "r&d"),
    "AT&T | B&amp;O": ("AT&T|B&O", "at&t"),
    "[12, 3]": ("12|3", "12"),
    "Z&uuml;rich AG; X": ("X|Zürich AG", "zürich ag"),
}


@pytest.mark.parametrize("text", AMPERSANDS)
@pytest.mark.parametrize("named", [True, False])
def test_a_cell_is_read_alike_as_label_and_as_group_on_every_engine(
    text: str,
    named: bool,  # noqa: FBT001
) -> None:
    rows = {"lon": [7.6, 7.7], "lat": [47.5, 47.6], "organisation": [text, AMPERSANDS[text][1]]}
    frame = pl.DataFrame(rows | ({"record_id": ["a", "b"]} if named else {}))
    for source in (frame, frame.lazy()):
        world = gii_geo.read_world({"deal": source})
        assert world.labels["cell"].iloc[0].replace(SEVERAL_JOIN, "|") == AMPERSANDS[text][0]
        # Both rows are of one group: the second is named as the first is read.
        assert world.groups["group"].nunique() == 1
    listed = frame.with_columns(organisation=pl.concat_list("organisation"))
    if text == "R&amp;D":
        assert list_labels(listed) == {"R&D": 1, "r&d": 1}


def test_the_semicolon_of_a_letter_s_name_parts_no_group() -> None:
    rows = {"lon": [7.6, 7.7], "lat": [47.5, 47.6], "record_id": ["a", "b"]}
    frame = pl.DataFrame({**rows, "organisation": ["Z&uuml;rich AG", "Z&uuml;blin"]})
    for source in (frame, frame.lazy()):
        assert gii_geo.read_world({"deal": source}).groups["group"].nunique() == 2


@pytest.mark.parametrize("column", ["group", "organisation"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        (
            ["\u0394\u0397\u039c\u039f\u03a3", "\u0394\u03b7\u03bc\u03bf\u03c2"],
            1,
        ),  # Demos
        (["\u0130\u015f", "I\u015f"], 2),  # a dotted I is none without
        (
            ["\uc11c\uc6b8", "\u1109\u1165\u110b\u116e\u11af"],
            1,
        ),  # Seoul
        (["Z&uuml;rich", "zu\u0308rich"], 1),
        (["two  blanks", "Two blanks"], 1),
    ],
)
def test_groups_are_read_in_one_way_on_every_engine(
    texts: list[str],
    groups: int,
    column: str,
    named: bool,  # noqa: FBT001
) -> None:
    ids = {"record_id": ["a", "b"]} if named else {}
    frame = pl.DataFrame({"lon": [7.6, 7.7], "lat": [47.5, 47.6], column: texts} | ids)
    for source in (frame, frame.lazy()):
        assert gii_geo.read_world({"deal": source}).groups["group"].nunique() == groups


@pytest.mark.parametrize("lazy", [True, False])
def test_groups_and_organisations_of_several_files_meet(lazy: bool) -> None:  # noqa: FBT001
    """Of an organisation the first counts, of a group all that it says."""
    here = {"lon": [7.6] * 3, "lat": [47.5] * 3}
    owned = pl.DataFrame({**here, "organisation": ["Acme; Bolt", "ACME", "['Bolt']"]})
    grouped = pl.DataFrame({**here, "group": ["acme", "Acme; Bolt", None]})
    found = []
    for ids in ({}, {"record_id": ["a", "b", "c"]}):
        both = [owned.with_columns(**{n: pl.Series(i) for n, i in ids.items()}), grouped]
        if ids:
            both[1] = grouped.with_columns(record_id=pl.Series(["d", "e", "f"]))
        sources = [table.lazy() if lazy else table for table in both]
        groups = gii_geo.read_world({"deal": sources}).groups
        found.append(groups.groupby("group")["records"].sum().tolist())
    assert found == [[3, 1, 1], [3, 1, 1]]  # Acme, "acme; bolt", Bolt
