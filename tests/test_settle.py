"""Columns of types that say the same as others, on every engine, and cells that have parts."""

from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gii_geo import read_world
from gii_geo.tables import InputError

PLACE: dict[str, Any] = {"lon": [8.5] * 3, "lat": [47.3] * 3}
NAN = float("nan")


def on_every_engine(table: pa.Table, tmp_path: Path) -> dict[str, Any]:
    """Give the table as every kind of source."""
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    frame = pl.DataFrame(table)
    return {
        "file": path,
        "arrow": table,
        "pandas": table.to_pandas(),
        "polars": frame,
        "lazy": frame.lazy(),
        "relation": duckdb.from_arrow(table),
    }


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_an_id_that_is_no_number_is_missing(kind: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({**PLACE, "record_id": pa.array([1.0, 1.0, NAN], kind)})
    for name, source in on_every_engine(table, tmp_path).items():
        world = read_world({"patent": source})
        assert world.accounts["records"].tolist() == [2], name
        assert "1 of 3 patent rows have no record_id" in world.provenance["notes"][0], name


def test_a_year_that_is_no_number_is_missing(tmp_path: Path) -> None:
    table = pa.table({**PLACE, "year": [2019.0, NAN, NAN]})
    for name, source in on_every_engine(table, tmp_path).items():
        world = read_world({"patent": source})
        assert world.provenance["notes"] == [], name
        years = world.accounts.set_index("year", append=True)["rows"]
        assert sorted(years.tolist()) == [1, 2], name


def test_bytes_are_the_text_that_they_hold(tmp_path: Path) -> None:
    table = pa.table(
        {
            **PLACE,
            "record_id": ["pé0".encode(), "pé0".encode(), b"a"],
            "organisation": ["Universität Zürich".encode()] * 3,
            "economy": [b"Schweiz"] * 3,
        }
    )
    found = {}
    for name, source in on_every_engine(table, tmp_path).items():
        world = read_world({"patent": source})
        assert world.accounts["records"].tolist() == [2], name
        assert world.labels["cell"].unique().tolist() == ["Universität Zürich"], name
        found[name] = world.places["economy"].tolist()
    assert set(map(str, found.values())) == {"['CH']"}


def test_bytes_that_are_no_text_stay_apart(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({**PLACE, "record_id": [b"\xff\x01", b"\xff\x02", b"\xff\x01"]}), tmp_path / "a"
    )
    assert read_world({"patent": tmp_path / "a"}).accounts["records"].tolist() == [2]


def test_bytes_that_name_a_city_are_found(tmp_path: Path) -> None:
    pq.write_table(pa.table({"city": ["Zürich".encode()], "country": ["CH"]}), tmp_path / "a")
    assert len(read_world({"patent": tmp_path / "a"}, geocode=True).locations) == 1


CITY = {"city": "Zurich", "country": "CH"}


@pytest.mark.parametrize(
    ("role", "cell"),
    [
        ("address", [CITY, CITY]),
        ("address", CITY),
        ("address", [["Zurich", "Switzerland"], ["Boston", "United States"]]),
        ("city", [{"n": "Zurich"}, {"n": "Boston"}]),
    ],
)
def test_an_address_with_parts_is_refused(role: str, cell: Any, tmp_path: Path) -> None:
    for source in on_every_engine(pa.table({role: [cell] * 3}), tmp_path).values():
        with pytest.raises(InputError, match=rf"Invalid column {role} of .*Must be one text"):
            read_world({"patent": source}, geocode=True)


def test_several_places_in_a_cell_are_one_record_of_a_relation_too(tmp_path: Path) -> None:
    table = pa.table({"city": ["Zurich;Basel"] * 3, "country": ["CH"] * 3})
    sources = on_every_engine(table, tmp_path)
    del sources["lazy"]  # refused
    for name, source in sources.items():
        accounts = read_world({"patent": source}, geocode=True).accounts
        assert accounts[["rows", "records"]].to_numpy().tolist() == [[6, 3]], name


@pytest.mark.parametrize("names", [("LON", "LAT"), ("Lon", "Lat"), ("LON", "x")])
def test_positions_in_capitals_do_not_stand_in_the_way_of_points(
    names: tuple[str, str], tmp_path: Path
) -> None:
    columns = {name: [99.0] for name in names}
    points = gpd.GeoDataFrame(columns, geometry=shapely.points([[1, 2]]), crs=4326)
    points.to_parquet(tmp_path / "a.parquet")
    points.to_file(tmp_path / "a.geojson")
    for source in (points, tmp_path / "a.parquet", tmp_path / "a.geojson"):
        assert read_world({"patent": source}).locations.to_numpy().tolist() == [[1, 2]]


def test_positions_in_capitals_that_are_named_go_before_points() -> None:
    points = gpd.GeoDataFrame(
        {"LON": [8.5], "LAT": [47.3]}, geometry=shapely.points([[1, 2]]), crs=4326
    )
    world = read_world({"patent": points}, columns={"lon": "LON", "lat": "LAT"})
    assert world.locations.to_numpy().tolist() == [[8.5, 47.3]]
