"""Several places in one cell: a row for each, the record split between them."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

import gii_geo
from gii_geo.records.sources.cells import split_cells
from gii_geo.tables import InputError

COLUMNS = dict.fromkeys(("record_id", "lon", "lat", "economy", "problem"))


def split(**texts: Any) -> list[dict[str, Any]]:
    """Split the cells of one row."""
    row = {**COLUMNS, "count": 1, "file": "a.csv", "row": 7} | texts
    whole = pd.DataFrame([row]).astype({name: "str" for name in texts if name != "count"})
    frame = whole.astype({"lon": float, "lat": float}).where(whole.notna(), None)
    columns = ", ".join(
        f'CAST("{name}" AS {"DOUBLE" if name in ("lon", "lat") else "VARCHAR"}) AS "{name}"'
        for name in frame
        if name not in ("count", "row")
    )
    relation = duckdb.connect().from_df(frame).select(f"{columns}, count, row")
    found, _ = split_cells(relation)
    return found.df().to_dict("records")


SPLIT = {
    "semicolons": ({"address": "ETH, Zurich; MIT, Boston"}, ["ETH, Zurich", "MIT, Boston"]),
    "bars": ({"address": "ETH, Zurich | MIT, Boston"}, ["ETH, Zurich", "MIT, Boston"]),
    "authors in brackets": (
        {"address": "[Meier, A; Li, B] ETH, Zurich; [Doe, J] MIT, Boston"},
        ["ETH, Zurich", "MIT, Boston"],
    ),
    "a list as text": (
        {"address": "['ETH, Zurich', 'MIT, Boston']"},
        ["ETH, Zurich", "MIT, Boston"],
    ),
    "a tuple as text": ({"address": "('ETH, A', 'MIT, B')"}, ["ETH, A", "MIT, B"]),
    "a set as text": ({"address": "{'ETH, A', 'MIT, B'}"}, ["ETH, A", "MIT, B"]),
    "an array of PostgreSQL": ({"address": '{"ETH, A","MIT, B"}'}, ["ETH, A", "MIT, B"]),
    "an array of numpy": ({"address": "['ETH, A'\n 'MIT, B']"}, ["ETH, A", "MIT, B"]),
    "a vector of R": ({"address": 'c("ETH, A", "MIT, B")'}, ["ETH, A", "MIT, B"]),
    "lists in a list": ({"address": "[['ETH, A'], ['MIT, B']]"}, ["ETH, A", "MIT, B"]),
    "a list of one": ({"address": "['ETH, A']"}, ["['ETH, A']"]),
    "authors in brackets, in one line": (
        {"address": "[Meier, A] ETH, Zurich. [Doe, J; Li, B] MIT, Boston."},
        ["ETH, Zurich", "MIT, Boston."],
    ),
    "brackets in an address": ({"address": "ETH [Main] St. [1], A"}, ["ETH [Main] St. [1], A"]),
    "a mark at the end": ({"address": "ETH, Zurich;"}, ["ETH, Zurich;"]),
    "one": ({"address": "ETH, Zurich"}, ["ETH, Zurich"]),
    "a line each": ({"address": "ETH, Zurich\r\nMIT, Boston\n"}, ["ETH, Zurich", "MIT, Boston"]),
    "a line break of a web page": (
        {"address": "ETH, Zurich<br />MIT, Boston"},
        ["ETH, Zurich", "MIT, Boston"],
    ),
    "slashes": ({"address": "ETH, Zurich // MIT, Boston"}, ["ETH, Zurich", "MIT, Boston"]),
    "points": ({"address": "ETH, Zurich • MIT, Boston"}, ["ETH, Zurich", "MIT, Boston"]),
    "number signs": ({"address": "ETH, A###MIT, B"}, ["ETH, A", "MIT, B"]),
    "a line's end as it is written": ({"address": "ETH, A\\nMIT, B"}, ["ETH, A", "MIT, B"]),
    "a slash in a name": ({"address": "ETH/Uni, Zurich / CH"}, ["ETH/Uni, Zurich / CH"]),
    "the address of a page": ({"address": "http://a.org, Zurich"}, ["http://a.org, Zurich"]),
    "wide semicolons": ({"address": "ETH, A\uff1bMIT, B"}, ["ETH, A", "MIT, B"]),
    "letters of a web page": (
        {"address": "ETH, Z&uuml;rich; AT&amp;T, Boston"},
        ["ETH, Z&uumlrich", "AT&ampT, Boston"],
    ),
    "lines of one address": (
        {"address": "ETH, Main building\n8092 Zurich\nSwitzerland"},
        ["ETH, Main building\n8092 Zurich\nSwitzerland"],
    ),
    "lines that go on": ({"address": "ETH, D-ITET,\nZurich, CH"}, ["ETH, D-ITET,\nZurich, CH"]),
    "empty ones between": (
        {"address": "ETH, Zurich;; MIT, Boston; "},
        ["ETH, Zurich", "MIT, Boston"],
    ),
}


@pytest.mark.parametrize("name", SPLIT)
def test_addresses_are_parted(name: str) -> None:
    texts, parts = SPLIT[name]
    assert [row["address"] for row in split(**texts)] == parts


def test_cities_are_paired_with_their_countries_or_share_one() -> None:
    rows = split(city="Zurich; Cambridge", country="CH; US", economy="CH;US")
    assert [(row["city"], row["country"], row["economy"]) for row in rows] == [
        ("Zurich", "CH", "CH"),
        ("Cambridge", "US", "US"),
    ]
    rows = split(city="Zurich; Basel", country="CH", division=None)
    assert [(row["city"], row["country"]) for row in rows] == [("Zurich", "CH"), ("Basel", "CH")]
    rows = split(city="Zurich", country="CH", address="ETH; Raemistr 101; Zurich")
    assert [row["address"] for row in rows] == ["ETH; Raemistr 101; Zurich"]


@pytest.mark.parametrize(
    "texts",
    [
        {"city": "Zurich; Basel; Bern", "country": "CH; US"},
        {"city": "Zurich", "country": "CH; US"},
        {"city": "Zurich; Basel", "count": 3},
    ],
)
def test_what_cannot_be_paired_says_why(texts: dict[str, Any]) -> None:
    (row,) = split(**texts)
    assert row["problem"].startswith("several places in a cell: ")
    assert row["city"] == texts["city"]


def test_a_row_with_coordinates_and_one_with_a_record_keep_them() -> None:
    (row,) = split(city="Zurich; Basel", lon="8.5", lat="47.4")
    assert (row["city"], row["lon"]) == ("Zurich; Basel", 8.5)
    assert [row["record_id"] for row in split(city="Zurich; Basel", record_id="w1")] == ["w1", "w1"]
    assert {row["record_id"] for row in split(city="Zurich; Basel")} == {"a.csv row 7"}


@pytest.mark.parametrize("with_ids", [True, False])
def test_a_record_splits_between_the_addresses_of_its_cell(with_ids: bool, tmp_path: Path) -> None:  # noqa: FBT001
    frame = pd.DataFrame(
        {"record_id": [f"w{row}" for row in range(12)], "City": "Zurich; Geneva", "Land": "CH"}
    )
    frame = frame if with_ids else frame.drop(columns="record_id")
    frame.to_csv(tmp_path / "a.csv", index=False)
    columns = {"city": "City", "country": "Land"}
    worlds = [
        gii_geo.read_world({"publication": source}, geocode=True, columns=columns)
        for source in (tmp_path / "a.csv", frame)
    ]
    for world in worlds:
        assert world.places["addresses"].tolist() == [12, 12]
        assert len(set(world.places["weight"])) == 1
        assert world.accounts["records"].sum() == 12
        assert "12 rows have several places in a cell" in world.provenance["notes"][0]
    written = pl.LazyFrame({"City": ["('Zurich', 'Geneva')"], "Land": ["CH"]})
    with pytest.raises(InputError, match="Must be one a row"):
        gii_geo.read_world({"publication": written}, geocode=True, columns=columns)
    lazy = pl.DataFrame(frame).lazy()
    with pytest.raises(InputError, match=r"Invalid city 'Zurich; Geneva' of table\. Must be one a"):
        gii_geo.read_world({"publication": lazy}, geocode=True, columns=columns)


def test_several_coordinates_in_a_cell_are_refused_with_the_way_to_split(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n8.5;7.6,47.4;47.6\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"Invalid lon '8\.5;7\.6' .*Must be one number: split the"
    ):
        gii_geo.read_world({"deal": tmp_path / "a.csv"})


def test_a_table_of_coordinates_stands_beside_one_that_is_geocoded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat\n8.5,47.4\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("city,country\nBasel,CH\n", encoding="utf-8")
    sources = {"patent": tmp_path / "a.csv", "deal": tmp_path / "b.csv"}
    world = gii_geo.read_world(sources, geocode=True)
    assert world.places["addresses"].tolist() == [1, 1]
    told = "a.csv: no column city, division, country, address, so nothing is geocoded"
    assert told in world.provenance["notes"]
