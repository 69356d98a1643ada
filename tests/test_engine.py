"""Files and tables opened on DuckDB, or left on the user's own engine."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.records.engine import Engine
from gii_geo.records.files import quote
from gii_geo.records.lazy import collect
from gii_geo.tables import InputError

LINES = "record_id,lon,lat,name\na,8.54,47.38,Zürich\na,7.59,47.56,Basel\nb,,,\n"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as opened:
        yield opened


def read(engine: Engine, source: object) -> pd.DataFrame:
    """Read all of one source."""
    return pd.concat([collect(opened.table) for opened in engine.open_source(source)])


FORMS = {
    "plain": LINES.encode(),
    "semicolons": LINES.replace(",", ";").encode(),
    "tabs": LINES.replace(",", "\t").encode(),
    "bars": LINES.replace(",", "|").encode(),
    "windows": LINES.replace("\n", "\r\n").encode(),
    "old mac": LINES.replace("\n", "\r").encode(),
    "byte order mark": LINES.encode("utf-8-sig"),
    "no last line end": LINES.rstrip("\n").encode(),
    "blank lines": LINES.replace("\n", "\n\n").encode(),
    "quoted": LINES.replace("Zürich", '"Zürich"').encode(),
    "packed": gzip.compress(LINES.encode(), mtime=0),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_rows_come_from_every_form_of_csv(
    form: str, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(FORMS[form])
    table = read(engine, path)
    assert table["record_id"].tolist() == ["a", "a", "b"]
    assert table["lon"].tolist()[:2] == ["8.54", "7.59"]
    assert table["lon"].isna().tolist() == [False, False, True]
    assert table["name"].tolist()[0] == "Zürich"
    assert table["__row"].tolist() == [1, 2, 3]
    assert engine.unreadable_lines().empty


def test_texts_that_stand_for_nothing_are_missing_in_csv(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("lon,lat\nNULL,1\nN/A,1\nNone,1\nNA,1\n", encoding="utf-8")
    *others, namibia = read(engine, path)["lon"]
    assert pd.isna(others).all()
    assert namibia == "NA"  # an economy, and no number either


@pytest.mark.parametrize(
    "name",
    ["a b.csv", 'it\'s "q".csv', "Zürich 東京.csv", "a[1].csv", "*.csv", "a?.csv", "%20.csv"],
)
def test_a_file_is_found_by_its_own_name_alone(name: str, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("lon,lat\n1,2\n", encoding="utf-8")
    for other in ("a1.csv", "ab.csv", "other.csv"):  # what the name would stand for as a pattern
        (tmp_path / other).write_text("lon,lat\n3,4\n", encoding="utf-8")
    table = read(engine, path)
    assert table["lon"].tolist() == ["1"]
    assert table["__file"].tolist() == [str(path)]


def test_lines_that_are_no_row_are_set_apart_with_their_row(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('lon,lat\n1,2\n3\n5,6\n7,8,9\n"1"0,2\n', encoding="utf-8")
    assert read(engine, path)["lon"].tolist() == ["1", "5"]
    lines = engine.unreadable_lines()
    assert lines["row"].tolist() == [2, 4, 5]
    assert lines["reason"].tolist() == [
        "unreadable line: 1 cell, must be 2",
        "unreadable line: 3 cells, must be 2",
        "unreadable line: a quotation mark out of place",
    ]
    assert lines["file"].tolist() == [str(path)] * 3


def test_a_line_break_within_quotes_does_not_count_as_a_row(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('lon,lat,name\n1,2,"a\nb"\n3\n', encoding="utf-8")
    assert read(engine, path)["name"].tolist() == ["a\nb"]
    assert engine.unreadable_lines()["row"].tolist() == [2]


@pytest.mark.parametrize("rows", [5, 400_000])
def test_a_quotation_mark_never_closed_is_refused_by_its_row(
    rows: int, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"r{row},{row % 90},{row % 80}" for row in range(rows)]
    lines[2] = '"r2,1,2'
    path.write_text("record_id,lon,lat\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"from about row 3 on\. Must close every quotation mark"):
        read(engine, path)


def test_two_quotation_marks_far_from_each_other_are_refused_as_they_take_rows_with_them(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"r{row},{row % 90},{row % 80}" for row in range(60_000)]
    lines[20_000] = '"r,1,2'
    lines[59_000] = '"r,1,2'
    path.write_text("record_id,lon,lat\n" + "\n".join(lines) + "\n", encoding="utf-8")
    read(engine, path)
    with pytest.raises(
        InputError, match=r"from about row \d+ on\. Must close every quotation mark"
    ):
        engine.unreadable_lines()


def test_rows_are_numbered_in_the_order_of_a_big_file(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    number = np.arange(1, 300_001)
    frame = pd.DataFrame({"lon": number % 180, "lat": 0, "number": number, "wide": "x" * 60})
    frame.to_csv(path, index=False)
    table = read(engine, path)
    assert (table["number"].astype(int) == table["__row"]).all()
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=7_000)
    table = read(engine, tmp_path / "a.parquet")
    assert (table["number"] == table["__row"]).all()


def test_a_parquet_file_may_have_the_column_that_duckdb_numbers_rows_with(
    engine: Engine, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"lon": [1.0], "file_row_number": [7]}), tmp_path / "a.parquet")
    table = read(engine, tmp_path / "a.parquet")
    assert (table["file_row_number"].tolist(), table["__row"].tolist()) == ([7], [1])


def test_a_time_with_a_zone_needs_no_further_package(engine: Engine, tmp_path: Path) -> None:
    when = pa.array([0], pa.timestamp("us", "Asia/Tokyo"))
    pq.write_table(pa.table({"lon": [1.0], "lat": [2.0], "when": when}), tmp_path / "a.parquet")
    assert len(engine.open_source(tmp_path / "a.parquet")) == 1


@pytest.mark.parametrize("cut", [slice(0, 100), slice(0, -20)])
def test_a_parquet_file_that_is_cut_short_is_refused(
    cut: slice, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"lon": [1.0, 2.0], "lat": [1.0, 2.0]}), path)
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(
        InputError, match=r"Invalid file .*a\.parquet\. Must be a whole Parquet fil"
    ):
        engine.open_source(path)


def test_a_parquet_file_that_is_damaged_inside_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"lon": np.arange(10.0), "lat": np.arange(10.0)}), path)
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="Must be readable"):
        read(engine, path)


def test_a_packed_file_that_is_cut_short_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((LINES * 40_000).encode())[:900])
    with pytest.raises(InputError, match=r"Invalid file .*a\.csv\.gz\. Must be whole; Compr"):
        engine.open_source(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "lon,lat\n"), ("a.geojson", '{"type": "FeatureCollection", "features": []}')],
)
def test_a_file_without_rows_is_refused(
    name: str, content: str, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"Must have at least one row; found none\."):
        engine.open_source(tmp_path / name)


def test_a_folder_is_all_its_files(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("lon,lat\n3,4\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("lon,lat\n1,2\n", encoding="utf-8")
    assert [opened.name for opened in engine.open_source(tmp_path)] == ["a.csv", "b.csv"]


def make_points() -> gpd.GeoDataFrame:
    points = gpd.points_from_xy([8.541234567890123, 7.59], [47.38, 47.56])
    return gpd.GeoDataFrame({"record_id": ["a", "b"]}, geometry=points, crs="EPSG:4326")


def test_points_come_from_geojson_geoparquet_and_a_geodataframe(
    engine: Engine, tmp_path: Path
) -> None:
    points = make_points()
    points.to_parquet(tmp_path / "a.parquet")
    points.to_file(tmp_path / "a.geojson", driver="GeoJSON", COORDINATE_PRECISION=15)
    for source in (points, tmp_path / "a.parquet", tmp_path / "a.geojson"):
        table = read(engine, source)
        assert table["lon"].tolist() == [8.541234567890123, 7.59]
        assert table["lat"].tolist() == [47.38, 47.56]
        assert table["__row"].tolist() == [1, 2]


def test_a_point_without_a_place_is_kept_as_missing(engine: Engine, tmp_path: Path) -> None:
    points = make_points()
    points.loc[1, "geometry"] = None
    points.to_parquet(tmp_path / "a.parquet")
    assert read(engine, tmp_path / "a.parquet")["lon"].isna().tolist() == [False, True]


FRAME = pd.DataFrame({"lon": [8.54, None], "lat": [47.38, 47.56], "record_id": ["a", None]})
TABLES = {
    "pandas": lambda: FRAME,
    "pandas with an odd index": lambda: FRAME.set_index(pd.Index([5, 5])),
    "polars": lambda: pl.DataFrame(FRAME),
    "polars lazy": lambda: pl.DataFrame(FRAME).lazy(),
    "polars categories": lambda: pl.DataFrame(FRAME).cast({"record_id": pl.Categorical}),
    "pyarrow": lambda: pa.Table.from_pandas(FRAME),
    "duckdb": lambda: duckdb.from_df(FRAME),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_handed_in_keeps_its_rows(name: str, engine: Engine) -> None:
    table = read(engine, TABLES[name]())
    assert table["lon"].tolist()[0] == 8.54
    assert table["record_id"].isna().tolist() == [False, True]


REFUSED: dict[str, tuple[Any, str]] = {
    "no rows": (FRAME.iloc[:0], r"Invalid table\. Must have at least one row; found none\."),
    "no columns": (pd.DataFrame(), r"Invalid table\. Must have at least one row; found none\."),
    "two names alike": (
        pd.DataFrame([[1, 2]], columns=["lon", "lon"]),
        r"Invalid table\. Must have one name a column; found one name twice\.",
    ),
    "mixed types": (
        pd.DataFrame({"record_id": pd.Series(["a", 1], dtype=object)}),
        r"Invalid table\. Must have one type a column; .* column record_id",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_cannot_be_read_is_refused(name: str, engine: Engine) -> None:
    table, message = REFUSED[name]
    with pytest.raises(InputError, match=message):
        engine.open_source(table)


@pytest.mark.parametrize("thing", [3, None, [1.5]])
def test_what_is_no_table_is_refused(thing: object, engine: Engine) -> None:
    with pytest.raises(TypeError, match=r"Invalid addresses of type .*\. Must be path\(s\) or a"):
        engine.open_source(thing)


def test_what_was_spilled_goes_with_the_engine() -> None:
    with Engine() as engine:
        setting = engine.connection.sql("SELECT current_setting('temp_directory')")
        spill = Path(setting.fetchall()[0][0])
        assert spill.is_dir()
    assert not spill.exists()


def test_a_quoted_text_survives_the_way_through_sql() -> None:
    text = 'it\'s "x"; -- 東京'
    assert duckdb.sql(f"SELECT {quote(text)}").fetchall() == [(text,)]
    assert duckdb.sql(f"SELECT 1 AS {quote(text, chr(34))}").columns == [text]


def test_what_is_held_is_not_run_again(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(LINES, encoding="utf-8")
    (opened,) = engine.open_source(path)
    before = collect(opened.table)
    held = engine.hold(opened.table)
    path.unlink()
    pd.testing.assert_frame_equal(collect(held), before)
    with pytest.raises(InputError, match="Must be readable to its end"):
        collect(opened.table)


def test_nothing_is_written_to_another_engine_or_connection(engine: Engine) -> None:
    theirs = duckdb.connect()
    relation = theirs.sql("SELECT 1 AS one")
    for table in (relation, pl.LazyFrame({"one": [1]})):
        (opened,) = engine.open_source(table)
        assert engine.hold(opened.table) is opened.table
    assert theirs.sql("SHOW ALL TABLES").fetchall() == []


def test_a_row_that_cannot_be_read_is_refused_as_it_is_held(engine: Engine) -> None:
    table = engine.connection.sql("SELECT CAST(x AS INT) AS y FROM (VALUES ('1'), ('z')) AS t(x)")
    (opened,) = engine.open_source(table)
    with pytest.raises(InputError, match="Must be readable to its end"):
        collect(engine.hold(opened.table))


def test_files_of_one_form_are_one_table_however_many_they_are(tmp_path: Path) -> None:
    """Spark writes a file a part, empty ones too; one table of each would take hours to join."""
    number = np.arange(1_200)
    table = pd.DataFrame(
        {"lon": number % 180 / 2, "lat": 1.0, "record_id": (number // 7).astype(str), "year": 2020}
    )
    table.loc[::100, "lat"] = 95.0
    folder = tmp_path / "parts[1]"
    folder.mkdir()
    for part in range(301):
        table.iloc[4 * part : 4 * part + 4].to_parquet(folder / f"part-{part:05d}.parquet")
    table.iloc[:9].rename(columns={"lon": "lng"}).assign(lon=3).to_parquet(folder / "z.parquet")
    world = gii_geo.read_world({"patent": folder})
    more = pd.concat([table, table.iloc[:9].assign(lon=3)])
    wanted = gii_geo.read_world({"patent": more})
    pd.testing.assert_frame_equal(world.places, wanted.places)
    pd.testing.assert_frame_equal(world.records, wanted.records)
    assert len(world.provenance["inputs"]) == 302
    rejects = world.rejects
    assert rejects["file"].iloc[1] == str(folder / "part-00025.parquet")
    assert rejects["row"].tolist() == [1] * 13


def test_what_is_let_go_is_gone_and_what_is_not_ours_stays(engine: Engine) -> None:
    (opened,) = engine.open_source(pd.DataFrame({"lon": [1.0]}))
    held = engine.hold(opened.table)
    assert len(collect(held)) == 1
    engine.let_go(held)
    assert not engine.connection.execute("SELECT * FROM duckdb_tables()").fetchall()
    with duckdb.connect() as own:
        theirs = own.sql("SELECT 1 AS one")
        (opened,) = engine.open_source(theirs)
        engine.let_go(opened.table)
        assert len(collect(opened.table)) == 1
    engine.let_go(nw.from_native(pl.LazyFrame({"lon": [1.0]})))
