"""Files told apart by their bytes, and what is refused."""

import gzip
import json
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

import gii_geo
from gii_geo.records.csv_header import read_header
from gii_geo.records.csv_reader import swallows_lines
from gii_geo.records.files import (
    escape_pattern,
    list_files,
    sniff_format,
)
from gii_geo.records.points import flatten_points, read_points
from gii_geo.tables import InputError

NO_TABLES = {
    "picture.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "sheet.xlsx": b"PK\x03\x04\x14\x00\x00\x00",
    "page.html": b"<!DOCTYPE html>\n<html></html>",
    "paper.pdf": b"%PDF-1.5\n",
    "list.json": b'[{"lon": 1, "lat": 2}]',
    "lines.jsonl": b'{"lon": 1, "lat": 2}\n',
    "wide.csv": "lon,lat\n1,2\n".encode("utf-32"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_a_file_of_another_kind_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(NO_TABLES[name])
    with pytest.raises(InputError, match=f"Invalid file .*{name}. Must be Parquet, CSV in UTF-8"):
        sniff_format(path)


@pytest.mark.parametrize("content", [b"", b"\n \r\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"Invalid file .*a\.csv\. Must not be empty\."):
        sniff_format(path)


def test_a_packed_file_that_ends_too_soon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"lon,lat\n1,2\n", mtime=0)[:12])
    with pytest.raises(InputError, match="Must be whole; Compressed file ended before"):
        sniff_format(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PAR1...", "parquet"),
        (b"lon,lat\n", "csv"),
        (gzip.compress(b"lon,lat\n", mtime=0), "csv"),
        (b"\xef\xbb\xbflon;lat\n", "csv"),
        (b' \n{"features": [], "type": "FeatureCollection"}', "geojson"),
        (b'\xef\xbb\xbf{"type": "Feature"}', "geojson"),
    ],
)
def test_the_bytes_tell_the_format_whatever_the_name(
    content: bytes, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "anything.txt"
    path.write_bytes(content)
    assert sniff_format(path) == kind


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_is_read_whatever_its_delimiter_and_line_end(
    delimiter: str, line_end: str, mark: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{mark}lon{delimiter} lat {delimiter}Größe{line_end}1".encode())
    header = read_header(path)
    assert (header.names, header.delimiter) == (["lon", "lat", "Größe"], delimiter)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("lon,lat,lon", ["lon", "lat", "lon (3)"]),
        ("lon,Lon", ["lon", "Lon (2)"]),
        (",lon, ", ["column 1", "lon", "column 3"]),
        ('"lon","a, b","say ""x"""', ["lon", "a, b", 'say "x"']),
    ],
)
def test_every_column_gets_a_name_of_its_own(line: str, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{line}\n1,2,3\n", encoding="utf-8")
    assert read_header(path).names == names


def test_a_letter_cut_in_two_at_the_end_of_the_first_bytes_spoils_no_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("größe,lon\n".encode() + b"a" + "ü".encode() * 40_000)
    assert read_header(path).names == ["größe", "lon"]


def test_names_in_latin_1_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("größe,lon\n1,2\n".encode("latin-1"))
    assert read_header(path).names == ["größe", "lon"]


def test_a_folder_gives_its_tables_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a.PARQUET", "sub/c.csv.gz", "notes.txt", "spark.parquet/part-0.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in list_files(tmp_path)]
    assert found == ["a.PARQUET", "b.csv", "spark.parquet/part-0.parquet", "sub/c.csv.gz"]


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"Invalid folder .*\. Must hold files named \.parquet,"):
        list(list_files(tmp_path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid file .*nowhere\.csv\. Must exist\."):
        list(list_files(tmp_path / "nowhere.csv"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_because_it_can_be_read_only_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="Must be a file on a disk; found a pipe or a device"):
        list(list_files(tmp_path / "pipe"))


def test_a_name_is_not_taken_for_a_pattern() -> None:
    assert escape_pattern(Path("a[1]?*.csv")) == "a[[]1][?][*].csv"


@pytest.mark.parametrize(
    ("text", "swallows"),
    [
        ('"a"b,1,2', False),
        ('"never closed,1,2', False),
        ('"never closed,1,2\nb,1,2\n', True),
        ('"a","1","2"', True),
    ],
)
def test_a_line_that_stands_for_many_is_known(text: str, swallows: bool) -> None:  # noqa: FBT001
    assert swallows_lines(text, delimiter=",") == swallows


def test_points_get_degrees_whatever_their_reference_system() -> None:
    points = gpd.GeoDataFrame({"id": [1]}, geometry=[Point(8.54, 47.38)], crs="EPSG:4326")
    for crs in ("EPSG:4326", "EPSG:3857", "EPSG:2056"):
        flat = flatten_points(points.to_crs(crs), name="points")
        assert flat.columns.tolist() == ["id", "lon", "lat"]
        assert flat.loc[0, ["lon", "lat"]].tolist() == pytest.approx([8.54, 47.38], abs=1e-7)


def test_outlines_are_no_points(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid geometry in areas\. Must be points; found Poly"):
        flatten_points(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), None]), name="areas")
    path = tmp_path / "areas.geojson"
    gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:4326").to_file(path)
    with pytest.raises(InputError, match=r"Invalid geometry in .*areas\.geojson"):
        read_points(path)


def test_a_damaged_geojson_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    path.write_text(text[:-20], encoding="utf-8")
    with pytest.raises(InputError, match=r"Invalid file .*a\.geojson\. Must be Parquet, CSV"):
        read_points(path)


@pytest.mark.parametrize(
    ("ending", "found"),
    [("gpkg", "a GeoPackage or"), ("shp", "a shapefile"), ("fgb", "FlatGeobuf")],
)
def test_a_file_of_another_gis_is_refused_with_what_to_write(
    ending: str, found: str, tmp_path: Path
) -> None:
    path = tmp_path / f"points.{ending}"
    gpd.GeoDataFrame({"year": [2019]}, geometry=[Point(8.5, 47.4)], crs=4326).to_file(path)
    with pytest.raises(InputError, match=rf"; found {found}.*: write it as one of these, with po"):
        gii_geo.read_world({"patent": path})


def test_files_of_a_folder_that_are_no_tables_by_name_are_told(tmp_path: Path) -> None:
    for name in ("a.csv", "b.xlsx", "in/README.md", ".hidden", "_SUCCESS"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("lon,lat\n8.5,47.4\n", encoding="utf-8")
    notes = gii_geo.read_world({"patent": tmp_path}).provenance["notes"]
    assert [note for note in notes if "not read" in note] == [
        f"{tmp_path.name}: 1 file is no table by its name and not read: b.xlsx",
        "in: 1 file is no table by its name and not read: README.md",
    ]


def test_a_file_that_came_twice_is_asked_about(tmp_path: Path) -> None:
    for name in ("a.csv", "a (1).csv", "b.csv"):
        place = "8.5,47.4" if name != "b.csv" else "7.6,47.6"
        (tmp_path / name).write_text(f"lon,lat\n{place}\n", encoding="utf-8")
    notes = gii_geo.read_world({"patent": tmp_path}).provenance["notes"]
    assert [note for note in notes if "copy" in note] == [
        "a.csv: the same bytes as a (1).csv: is one of them a copy?"
    ]


def test_a_file_beside_its_packed_or_converted_copy_is_asked_about(tmp_path: Path) -> None:
    table = pd.DataFrame({"lon": [8.5], "lat": [47.4]})
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        table.to_csv(tmp_path / folder / "a.csv", index=False)
    table.to_csv(tmp_path / "x" / "a.csv.gz", index=False)
    table.to_parquet(tmp_path / "y" / "a.parquet")
    table.assign(lon=9).to_csv(tmp_path / "y" / "a.2018.csv", index=False)
    notes = gii_geo.read_world({"patent": tmp_path}).provenance["notes"]
    assert [note for note in notes if "copy" in note] == [
        "a.csv.gz: the same name as a.csv: is one of them a copy?",
        "y/a.csv: the same bytes as x/a.csv: is one of them a copy?",
        "a.parquet: the same name as a.csv: is one of them a copy?",
    ]


def test_features_behind_record_separators_are_geojson(tmp_path: Path) -> None:
    feature = '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[8,47]}}'
    (tmp_path / "a.geojson").write_text(f"\x1e{feature}\n" * 3, encoding="utf-8")
    assert gii_geo.read_world({"patent": tmp_path / "a.geojson"}).accounts["rows"].sum() == 3


def test_a_folder_tells_the_same_however_its_path_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "year=1999" / "data"
    folder.mkdir(parents=True)
    pd.DataFrame({"lon": [8.5], "lat": [47.3]}).to_parquet(folder / "a.parquet")
    monkeypatch.chdir(folder)
    for path in ("a.parquet", ".", folder, folder / "a.parquet", "../data"):
        assert gii_geo.read_world({"patent": path}).places["year"].tolist() == [1999]


def test_folders_that_tell_one_column_twice_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "year=2018" / "year=2019"
    folder.mkdir(parents=True)
    pd.DataFrame({"lon": [8.5], "lat": [47.3]}).to_parquet(folder / "a.parquet")
    told = r"Invalid folders of .*Must name year once; found year=2018 and year=2019\."
    with pytest.raises(InputError, match=told):
        gii_geo.read_world({"patent": folder})


@pytest.mark.parametrize("write", ["csv", "parquet"])
def test_records_that_stand_in_several_files_are_told(tmp_path: Path, write: str) -> None:
    ids = [f"{row // 2}" for row in range(200)]
    near = pd.DataFrame({"record_id": ids, "lon": 8.5, "lat": 47.4})
    tables = {
        "a": near,
        "b": near.assign(lon=2.3),
        "c": near.assign(record_id="c" + near["record_id"]),
    }
    for name, table in tables.items():
        path = tmp_path / f"{name}.{write}"
        table.to_csv(path, index=False) if write == "csv" else table.to_parquet(path)
    for names, told in (("ab", "100 of 100"), ("abc", "100 of 200"), ("ac", "")):
        paths = [tmp_path / f"{name}.{write}" for name in names]
        notes = gii_geo.read_world({"patent": paths}).provenance["notes"]
        found = [note for note in notes if "several files" in note]
        assert len(found) == bool(told)
        assert all(f": {told} patents stand in several files" in note for note in found)
