"""Files that nobody should have made: each is read, or refused in one sentence that names it."""

import bz2
import csv
import gzip
import json
import re
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

import gii_geo
from conftest import RunCli
from gii_geo import Settings, read_world
from gii_geo.compare.areas import read_areas
from gii_geo.export.csv import write_csv
from gii_geo.records.points import read_points
from gii_geo.regions.population import count_people
from gii_geo.tables import InputError

ROWS = "record_id,lon,lat\n" + "".join(f"{number},8.5,47.3\n" for number in range(30))


def point(geometry: str = '{"type":"Point","coordinates":[8.5,47.3]}', told: str = "{}") -> str:
    return f'{{"type":"Feature","geometry":{geometry},"properties":{told}}}'


def points(*features: str) -> str:
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def refuse(read: Callable[[], object], told: str) -> None:
    """Hold a refusal against what it must say: one short line, and no other error."""
    with pytest.raises(InputError, match=told) as refused:
        read()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def pack_zip(path: Path, text: bytes, name: str = "a.csv") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)


BOMB = b"lon,lat\n" + b"0" * 18_000_000
PACKINGS: dict[str, Callable[[Path, bytes], object]] = {
    "a.csv.gz": lambda path, text: path.write_bytes(gzip.compress(text, 6)),
    "a.csv.bz2": lambda path, text: path.write_bytes(bz2.compress(text)),
    "a.csv.zst": lambda path, text: path.write_bytes(pa.compress(text, "zstd", asbytes=True)),
    "a.csv.zip": pack_zip,
}


@pytest.mark.parametrize("name", PACKINGS)
def test_a_bomb_is_refused_at_its_bound(tmp_path: Path, name: str) -> None:
    PACKINGS[name](tmp_path / name, BOMB)
    refuse(lambda: read_world({"patent": tmp_path / name}), "Must unpack to at most [0-9,]+ bytes")


def test_a_bomb_of_geojson_is_refused_and_packed_points_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson.gz"
    path.write_bytes(gzip.compress(points(point(), point()).encode()))
    assert len(read_world({"patent": path}).locations) == 1
    path.write_bytes(gzip.compress(points(point()).encode() + b" " * 40_000_000))
    refuse(lambda: read_world({"patent": path}), "Must unpack to at most")


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", r"C:\a.csv", "a/../../b.csv", r"..\a.csv"]
)
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, name: str) -> None:
    pack_zip(tmp_path / "a.zip", ROWS.encode(), name)
    refuse(lambda: read_world({"patent": tmp_path / "a.zip"}), "Must not reach out of its folder")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (points(point("[" * 100_000 + "]" * 100_000)), "Must be Parquet, CSV in UTF-8 or GeoJSON"),
        ('{"type":' * 100_000, "Must be Parquet"),
        ("[" * 100_000, "Must be Parquet"),
        (points(point())[:-20], "Must be Parquet"),
        (points(point()) + "more", "Must be Parquet"),
        (points(point('{"type":"LineString","coordinates":[[1,2],[3,4]]}')), "Must be points"),
        ('{"type":"FeatureCollection","features":null}', "Must be Parquet"),
        # GDAL runs what this one says, opens what those name, and knows other JSON than GeoJSON.
        ('{"type":"gdal_streamed_alg","command_line":"gdal vector info /etc/passwd"}', "Must "),
        ('{"type":"x","stac_version":"1.0","tiles":"http://localhost:1/a.tif"}', "Must "),
        ('{"type":"Topology","objects":{}}', "Must "),
    ],
    ids=range(10),
)
def test_geojson_that_is_none_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    refuse(lambda: read_world({"patent": path}), f"(file|geometry in) {path}.*{told}")


NAMED = '{"type":"name","properties":{"name":"%s"}}'


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        (NAMED % "urn:ogc:def:crs:EPSG::48070", "crs 'urn:ogc:def:crs:EPSG::48070'"),
        (NAMED % "EPSG:14326", "crs 'EPSG:14326'"),
        (NAMED % "NTF (Paris)", r"crs 'NTF \(Paris\)'"),
        (NAMED % "", "crs ''"),
        ('{"type":"link","properties":{"href":"https://localhost:1/a.wkt"}}', "crs '{"),
        ('{"x":1}', "crs '{"),
        ('"EPSG:2056"', "crs 'EPSG:2056'"),
        ("7", "crs '7'"),
    ],
)
def test_a_reference_system_that_nobody_understands_is_not_taken_for_degrees(
    tmp_path: Path, crs: str, told: str
) -> None:
    for place, text in enumerate((f'{{"crs":{crs},', points(point())[:-1] + f',"crs":{crs}}}')):
        path = tmp_path / f"{place}.geojson"
        path.write_text(text if place else text + points(point())[1:], encoding="utf-8")
        refuse(lambda path=path: read_world({"patent": path}), f"Invalid {told}.* of {path}")
    area = '{"type":"Polygon","coordinates":[[[8,47],[9,47],[9,48],[8,47]]]}'
    path.write_text(points(point(area))[:-1] + f',"crs":{crs}}}', encoding="utf-8")
    refuse(lambda: read_areas(path), f"Invalid {told}.* of {path}")


@pytest.mark.parametrize(
    ("crs", "lon"),
    [
        ("null", 8.5),
        (NAMED % "urn:ogc:def:crs:OGC:1.3:CRS84", 8.5),
        (NAMED % "urn:ogc:def:crs:EPSG::4326", 8.5),
        ('{"type":"EPSG","properties":{"code":4326}}', 8.5),
        ('"EPSG:4326"', 8.5),
        (NAMED % "urn:ogc:def:crs:EPSG::4807", 9.987),  # grads from Paris
    ],
)
def test_a_reference_system_that_is_understood_is_read(
    tmp_path: Path, crs: str, lon: float
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"crs":{crs},' + points(point())[1:], encoding="utf-8")
    (found,) = read_world({"patent": path}).locations["lon"]
    assert found == pytest.approx(lon, abs=0.01)


@pytest.mark.parametrize(
    "told",
    [
        '{"record_id":[1,"a"]}',
        '{"record_id":{"a":{"b":[1]}}}',
        '{"record_id":1,"record_id":2}',
        '{"__row":5,"__file":"x"}',
        '{"fid":1,"FID":2,"id":3}',
        '{"record_id":"\\u0000\\ud800"}',
    ],
)
@pytest.mark.parametrize("other", ["{}", '{"record_id":7}', '{"record_id":["b"]}'])
def test_geojson_of_odd_cells_keeps_every_point(tmp_path: Path, told: str, other: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(points(point(told=told), point(told=other)), encoding="utf-8")
    accounts = read_world({"patent": path}).accounts
    assert accounts["rows"].sum() == 2


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("columns", ",".join(f"a{number}" for number in range(9000))),
        ("columns", ",".join(f"{letter}{'x' * 9000}" for letter in "abcdef")),
        ("columns", "lon," + "x" * 140_000),
        ("crunchbase", "company_permalink,funding_round_type," + "x" * 140_000),
        ("crunchbase", ",".join(f"a{number}" for number in range(9000))),
        ("openalex", "id,authorships.institutions.id," + "x" * 140_000),
        ("openalex", ",".join(f"a{number}" for number in range(9000))),
        ("openalex", "x" * 100_000 + ",y"),
        ("patentsview", "patent_id\t" + "x" * 140_000),
        ("web_of_science", "PT\tAU\t" + "x" * 140_000),
    ],
    ids=range(10),
)
def test_a_header_without_end_is_refused_in_one_sentence(
    tmp_path: Path, source: str, header: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n1,2\n", encoding="utf-8")
    refuse(lambda: read_world({"patent": path}, source=source), "Invalid ")


def test_a_moment_in_geojson_keeps_the_year_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(points(point(told='{"year":"2019-01-01T00:00:00+02:00"}')), encoding="utf-8")
    assert read_world({"patent": path}).places["year"].tolist() == [2019]


def write_geoparquet(path: Path, told: Any = None, wkb: list[Any] | None = None) -> None:
    """Write two points as GeoParquet that says something else of itself, or has other cells."""
    table = gpd.GeoDataFrame(
        {"record_id": ["1", "2"]}, geometry=shapely.points([8, 9], 47), crs=4326
    )
    table.to_parquet(path)
    arrow = pq.read_table(path)
    if wkb is not None:
        arrow = arrow.set_column(arrow.column_names.index("geometry"), "geometry", pa.array(wkb))
    known = dict(arrow.schema.metadata)
    if told is not None:
        known[b"geo"] = told if isinstance(told, bytes) else json.dumps(told).encode()
    pq.write_table(arrow.replace_schema_metadata(known), path)


COLUMN = {"encoding": "WKB", "geometry_types": []}


POINT: dict[str, object] = {
    "type": "Feature",
    "properties": {"a": 1},
    "geometry": {"type": "Point", "coordinates": [8, 47]},
}


@pytest.mark.parametrize(
    "other", [None, 5, "x", [1], {}, POINT["geometry"], {"properties": {}}, {"type": "feature"}]
)
@pytest.mark.parametrize("lines", [False, True])
def test_geojson_is_read_whole_or_refused(tmp_path: Path, other: object, *, lines: bool) -> None:
    path = tmp_path / "a.geojson"
    values = [POINT, other, POINT]
    whole = json.dumps({"type": "FeatureCollection", "features": values})
    path.write_text("\n".join(map(json.dumps, values)) if lines else whole, encoding="utf-8")
    try:
        assert len(read_points(path)) == 3
    except InputError as error:
        assert re.search(r"a\.geojson\. Must (hold features only|be read whole)", str(error))  # noqa: PT017
    if not lines:
        box = {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 47]]]}
        path.write_text(whole.replace(json.dumps(POINT["geometry"]), json.dumps(box)))
        with pytest.raises(InputError, match=r"Must (hold features only|be read whole|be po)"):
            read_areas(path)


@pytest.mark.parametrize("last", ["hello", '{"type":', json.dumps(POINT)[:40]])
def test_geojson_by_line_that_ends_in_a_broken_line_is_refused(tmp_path: Path, last: str) -> None:
    path = tmp_path / "a.geojsonl"
    path.write_text(f"{json.dumps(POINT)}\n{last}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.geojsonl\. Must be"):
        read_points(path)


@pytest.mark.parametrize(
    "told",
    [
        *([], 5, None, "x", {}, b"{", b"\xff", b"[" * 100_000, {"columns": None}),
        *({"primary_column": "no"}, {"primary_column": 5}, {"primary_column": ["a"]}),
        {"version": "1.0.0", "primary_column": "no", "columns": {"geometry": COLUMN}},
        {"version": "1.0.0", "primary_column": "record_id", "columns": {"record_id": COLUMN}},
        {
            "version": "1.0.0",
            "primary_column": "geometry",
            "columns": {"geometry": COLUMN | {"encoding": "point"}},
        },
        {
            "version": "1.0.0",
            "primary_column": "geometry",
            "columns": {"geometry": COLUMN | {"crs": {"a": 1}}},
        },
    ],
    ids=range(16),
)
def test_geoparquet_is_read_or_refused_whatever_it_says_of_itself(
    tmp_path: Path, told: Any
) -> None:
    write_geoparquet(tmp_path / "a.parquet", told)
    told = ""
    try:
        world = read_world({"patent": tmp_path / "a.parquet"})
    except InputError as error:
        told = str(error)
    assert str(tmp_path / "a.parquet") in told if told else len(world.locations) == 2


@pytest.mark.parametrize(
    "wkb",
    [[b"abc", b""], [b"", None], ["POINT (1 2)"] * 2, [1, 2], [shapely.points(8, 47).wkb[:-1]] * 2],
    ids=range(5),
)
def test_cells_that_are_no_points_are_refused(tmp_path: Path, wkb: list[Any]) -> None:
    write_geoparquet(tmp_path / "a.parquet", wkb=wkb)
    refuse(lambda: read_world({"patent": tmp_path / "a.parquet"}), "Must be Parquet, CSV in UTF-8")


@pytest.mark.parametrize("length", [0, 1, 7, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("at", [-8, -4])
def test_a_lying_footer_is_refused(tmp_path: Path, length: int, at: int) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"lon": [1.0], "lat": [2.0]}).to_parquet(path)
    text = bytearray(path.read_bytes())
    text[at : at + 4 or None] = struct.pack("<I", length)
    path.write_bytes(text)
    refuse(lambda: read_world({"patent": path}), f"Invalid file {path}. Must be a whole Parquet")


def test_pages_that_cannot_be_read_are_named_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"lon": np.arange(90.0), "lat": 2.0}).to_parquet(path)
    text = bytearray(path.read_bytes())
    text[4:40] = bytes(36)
    path.write_bytes(text)
    refuse(lambda: read_world({"patent": path}), f"Invalid file {path}. Must be ")


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("x" * 200_000, None),
        ('"' + "x" * 1_000_000 + '"', None),
        ('"' + "x" * 10_000_000 + '"', "about row 31"),
        ("x" * 10_000_000, r"about row 31\. Must have rows of at most 2,000,000 bytes"),
        ('"' + "x" * 3_000_000, None),
    ],
    ids=["200 kB", "1 MB quoted", "10 MB quoted", "10 MB", "never closed"],
)
def test_a_cell_of_any_length_is_read_or_refused(
    tmp_path: Path, cell: str, told: str | None
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{ROWS}{cell},8.5,47.3\n", encoding="utf-8")
    if told is None:
        assert read_world({"patent": path}).accounts["rows"].sum() == 31
    else:
        refuse(lambda: read_world({"patent": path}), told)


@pytest.mark.parametrize("count", ["9223372036854775807", "9" * 30, "1e300", "inf", "nan", "-1"])
def test_a_count_beyond_reason_is_a_reject(tmp_path: Path, count: str) -> None:
    (tmp_path / "a.csv").write_text(f"lon,lat,count\n8.5,47.3,{count}\n8.5,47.3,1\n")
    world = read_world({"patent": tmp_path / "a.csv"})
    assert len(world.rejects) == 1
    assert world.places["addresses"].sum() == 1


NAMES = ("a'; DROP TABLE x; --.csv", "[x] *?.csv", "$(reboot).csv", "\u202egpj.csv", "a\nb.csv")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('"x""; DROP TABLE y; --",lon,lat\n1,8.5,47.3\n', encoding="utf-8")
    assert read_world({"patent": tmp_path / name}).places["rows"].sum() == 1


def test_a_table_wider_than_any_is_refused(tmp_path: Path) -> None:
    wide = {"lon": [8.5], "lat": [47.3]} | {f"c{number}": [1] for number in range(30_000)}
    (tmp_path / "a.csv").write_text(f"{','.join(wide)}\n{'1,' * len(wide)}\n", encoding="utf-8")
    refuse(
        lambda: read_world({"patent": tmp_path / "a.csv"}), "a.csv.*Must have at most 10,000 col"
    )
    pq.write_table(
        pa.table({name: wide[name] for name in [*wide][:10_001]}), tmp_path / "a.parquet"
    )
    refuse(lambda: read_world({"patent": tmp_path / "a.parquet"}), "found 10,001")


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=cmd|" /C calc"!A0')


def test_no_text_in_a_csv_that_is_written_starts_a_formula(tmp_path: Path) -> None:
    texts = [*FORMULAS, "plain", "a=1"]
    write_csv(pd.DataFrame({"name": texts, "n": -1.5}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [*(f"'{text}" for text in FORMULAS), "plain", "a=1"]
    assert {row["n"] for row in rows} == {"-1.5"}


HOSTILE = ("<script>alert(1)</script>", "\u202eevil", "\x1b[2J\x07", "[/x]", "=1+1", "{{data}}")


def test_hostile_labels_stay_texts_in_every_file_and_on_the_terminal(
    tmp_path: Path, run_cli: RunCli
) -> None:
    table = pd.DataFrame({"record_id": range(60), "lon": 8.5, "lat": 47.3})
    table["organisation"] = [HOSTILE[number % len(HOSTILE)] for number in range(60)]
    table.to_parquet(tmp_path / "[b]a[-x].parquet")
    out = tmp_path / "out[" / "x]"
    said = run_cli("run", "--patents", tmp_path / "[b]a[-x].parquet", "--out", out)
    assert (said.exit_code, "out[/x]" in said.stdout) == (0, True)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", said.stdout + said.stderr
    )
    page = (out / "explorer.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    for line in (
        (out / "profiles.csv").read_text("utf-8").splitlines()
        if (out / "profiles.csv").exists()
        else []
    ):
        assert ",=1+1" not in line
    json.loads((out / "regions.geojson").read_text(encoding="utf-8"))


VRT = "<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand><SimpleSource><SourceFilename>{}"


@pytest.mark.parametrize("text", [VRT, "<GDAL_WMS></GDAL_WMS>", "II*\0", "P5 1 1 255 a", ""])
def test_a_raster_is_a_geotiff_and_nothing_that_names_another(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.tif"
    path.write_text(text.replace("{}", "/vsicurl/http://localhost:1/a.tif"), encoding="utf-8")
    outlines = gpd.GeoSeries([shapely.box(8, 47, 9, 48)], crs=4326)
    refuse(
        lambda: count_people(outlines, path), f"Invalid population file {path}. Must be a GeoTIFF"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<OGRVRTDataSource><OGRVRTLayer name='a'></OGRVRTLayer></OGRVRTDataSource>",
        "<OGRWFSDataSource><URL>http://localhost:1</URL></OGRWFSDataSource>",
        '{"type":"gdal_streamed_alg","command_line":"gdal vector info /etc/passwd"}',
        "<?xml version='1.0'?>\n<!-- a remark --><OGRVRTDataSource></OGRVRTDataSource>",
    ],
    ids=range(4),
)
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_polygons_that_are_elsewhere_are_refused(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    refuse(lambda: read_areas(tmp_path / name), "Must ")


def test_the_row_that_is_no_polygon_is_named() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.Point(1, 1), None, shapely.box(2, 2, 3, 3)]
    table = gpd.GeoDataFrame(geometry=shapes, crs=4326)
    refuse(lambda: read_areas(table), "found Point in row 2, and so in 2 of 4 rows")


def test_labels_in_two_letter_cases_and_empty_columns_are_told() -> None:
    table = pd.DataFrame({"record_id": [1, 2, 3], "lon": 8.5, "lat": 47.3})
    table["field"] = ["Optics", "OPTICS; Food", "food"]
    notes = read_world({"patent": table.assign(organisation=None)}).provenance["notes"]
    told = [note for note in notes if note.startswith(("field", "organisation"))]
    assert told == [
        "field: 2 labels are spelt in several letter cases (such as Food, food), each by itself",
        "organisation: the column names none in any row, so no profile tells of it",
    ]
    plain = read_world({"patent": table.assign(field=["Optics", "Food", None])})
    assert not [note for note in plain.provenance["notes"] if note.startswith("field")]


INSTANTS = ["2020-01-01T00:00Z", "2020-01-01T00:00Z", "2020-01-01T05:00Z", None]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_instants_as_ids_are_the_same_in_every_time_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, make: Callable[[pd.DataFrame], Any]
) -> None:
    moments = pd.to_datetime(pd.Series(INSTANTS)).dt.tz_convert(zone)
    table = make(
        pd.DataFrame({"record_id": moments, "lon": [1.0, 2, 3, 4], "lat": [95.0, 1, 1, 1]})
    )
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    lazy = [table.lazy()] if isinstance(table, pl.DataFrame) else []
    for one in (table, *lazy):
        world = read_world({"patent": one})
        assert world.rejects["record_id"].tolist() == ["2020-01-01 00:00:00"]
        assert world.accounts["records"].sum() == 3
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series([7, 7.0, None, None], dtype=object),
        pd.Series([7.0, 7, np.nan, np.nan]),
        pd.Series(["7", "7.0", None, "nan"]),
        pd.array([7, 7, None, None], dtype="Int64"),
        pd.Series([np.int64(7), np.float64(7), pd.NA, np.nan], dtype=object),
        pd.to_datetime(["2020-01-01", "2020-01-01", None, None]),
    ],
    ids=range(6),
)
def test_an_id_is_one_however_it_is_written_and_a_missing_one_is_none(ids: Any) -> None:
    table = pd.DataFrame({"record_id": ids, "lon": [1.0, 2, 3, 4], "lat": 1.0})
    assert read_world({"patent": table}).accounts["records"].sum() == 3


def test_rejects_of_a_lazy_table_do_not_hang_on_the_order_of_rows() -> None:
    table = pd.DataFrame({"record_id": [f"r{number % 5}" for number in range(24)]})
    table = table.assign(lon=[1.0, 200.0] * 12, lat=[95.0, 1.0, 1.0] * 8, city=list("abcdefgh") * 3)
    rejects = [
        read_world({"patent": pl.from_pandas(one).lazy()}).rejects.to_csv(index=False)
        for one in (table, table[::-1], table.sample(frac=1, random_state=1))
    ]
    assert len(set(rejects)) == 1


def test_a_world_of_regions_without_end_is_refused_before_they_are_outlined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gii_geo.pipeline.MOST_REGIONS", 3)
    table = pd.DataFrame({"lon": [1.0, 2, 3, 4], "lat": 1.0})
    refuse(
        lambda: gii_geo.find_regions({"patent": table}, Settings(radius_km=0.05, min_addresses=1)),
        "Must give at most 3 regions; found 4: raise the minimum or the radius",
    )


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><us-patent-grant>&x;</us-patent-grant>',
        "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]><us-patent-grant>&z;</us-patent-grant>",
        "<?xml version='1.0' encoding='UTF-32'?><us-patent-grant></us-patent-grant>",
        "<?xml version='1.0' encoding='no-such'?><us-patent-grant></us-patent-grant>",
        "<us-patent-grant>" + "<a>" * 50_000,
        "<us-patent-grant>" + "<a>" * 1_000 + "</a>" * 1_000 + "</us-patent-grant>",
        "<!DOCTYPE a [<!ATTLIST b c CDATA 'd'>]><us-patent-grant><b></b></us-patent-grant>",
    ],
    ids=range(7),
)
def test_xml_that_is_hostile_is_a_reject_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ipg130416.xml"
    path.write_text(text, encoding="utf-8")
    told = ""
    try:
        told = read_world({"patent": path}, source="uspto").rejects.to_csv()
    except InputError as error:
        told = str(error)
    assert told
    assert "root:" not in told
