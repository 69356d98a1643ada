"""Columns by role and kind, files of one kind, folders' names and geometries beside lon and lat."""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.records.sources.roles import choose_roles, flatten_roles
from gii_geo.tables import InputError

PLACE = {"lon": [8.5] * 3, "lat": [47.4] * 3}


def write(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({**PLACE, **columns})
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


def years(world: gii_geo.World) -> dict[str, list[int]]:
    known = world.places.dropna(subset="year")
    return {str(row["kind"]): [int(row["year"])] for row in known.to_dict("records")}


def test_a_column_is_mapped_for_one_kind_alone(tmp_path: Path) -> None:
    source = {
        "patent": write(tmp_path / "p.csv", year=2018, filed=2001),
        "deal": write(tmp_path / "d.csv", founded_year=2019),
    }
    for columns in ({"deal.year": "founded_year"}, {"deal": {"year": "founded_year"}}):
        world = gii_geo.read_world(source, columns=columns)
        assert years(world) == {"patent": [2018], "deal": [2019]}
        assert world.provenance["options"]["columns"] == {"deal.year": "founded_year"}
    both = {"year": "filed", "deal.year": "founded_year"}
    assert years(gii_geo.read_world(source, columns=both)) == {"patent": [2001], "deal": [2019]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "not there": (
        {"year": "jahr"},
        r"Invalid columns of .*p\.csv\. Must have jahr for year; found",
    ),
    "not there, of one kind": ({"deal.year": "jahr"}, r"d\.csv\. Must have jahr for year; found"),
    "of a kind that is not read": ({"trademark.year": "x"}, "Must be of a kind given by its word"),
    "of no kind": ({"deals.year": "x"}, r"did you mean deal\?"),
    "of no role": ({"deal.town": "x"}, r"Invalid column role town\."),
    "twice": ({"deal.year": "a", "deal": {"year": "b"}}, r"Invalid column deal\.year, given twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mapping_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    columns, sentence = REFUSED[name]
    source = {
        "patent": write(tmp_path / "p.csv", year=2018),
        "deal": write(tmp_path / "d.csv", founded_year=2019),
    }
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(source, columns=columns)


@pytest.mark.parametrize(
    ("own", "told"), [({"year": 2018}, "its own column year is read"), ({}, "year is left out")]
)
def test_what_another_kind_has_is_told_where_it_is_lacking(
    own: dict[str, int], told: str, tmp_path: Path
) -> None:
    source = {
        "patent": write(tmp_path / "p.csv", **own),
        "deal": write(tmp_path / "d.csv", founded_year=2019),
    }
    world = gii_geo.read_world(source, columns={"year": "founded_year"})
    assert years(world)["deal"] == [2019]
    assert f"p.csv: no column founded_year, so {told}" in world.provenance["notes"][0]


def test_a_kind_told_by_a_column_cannot_be_mapped_by_its_word() -> None:
    with pytest.raises(InputError, match="found a column that tells the kind"):
        choose_roles(flatten_roles({"deal.year": "x"}), None, [None])


def test_files_of_one_kind_may_differ_in_order_types_and_columns(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", record_id=["1", "2", "3"], year=2018, city="Zurich")
    write(tmp_path / "b.parquet", year=[2019.0] * 3, record_id=[4, 5, 6], country="CH")
    frame = pd.DataFrame({"region": ["ZH"] * 3, "lat": 47.4, "lon": ["8.5"] * 3})
    frame.to_csv(tmp_path / "c.csv", index=False, sep=";")
    for options in ({}, {"geocode": True}):
        world = gii_geo.read_world({"patent": tmp_path}, **options)
        assert world.accounts["records"].sum() == 9
        assert world.places["year"].tolist()[:2] == [2018, 2019]
        assert pd.isna(world.places["year"].tolist()[2])


def test_a_hint_leads_out_where_the_files_of_a_kind_name_their_columns_otherwise(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.csv")
    other = pd.DataFrame(PLACE).rename(columns={"lon": "longitude", "lat": "latitude"})
    other.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(InputError, match=r"--column lon=longitude --column lat=latitude"):
        gii_geo.read_world({"patent": tmp_path})
    columns = {"lon": "longitude", "lat": "latitude"}
    assert gii_geo.read_world({"patent": tmp_path}, columns=columns).places["rows"].sum() == 6


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_folder_s_name_never_replaces_a_column_and_is_no_count(
    suffix: str, tmp_path: Path
) -> None:
    own = write(tmp_path / "year=2025" / f"a{suffix}", year=2019)
    assert years(gii_geo.read_world({"deal": own})) == {"deal": [2019]}
    without = write(tmp_path / "kind=deal" / "year=2025" / f"a{suffix}")
    assert years(gii_geo.read_world(without)) == {"deal": [2025]}
    counted = write(tmp_path / "count=2" / f"a{suffix}", record_id=["a", "b", "c"])
    assert gii_geo.read_world({"deal": counted}).accounts["records"].sum() == 3
    unknown = write(tmp_path / "year=__HIVE_DEFAULT_PARTITION__" / f"a{suffix}")
    assert years(gii_geo.read_world({"deal": unknown})) == {}


def points() -> gpd.GeoDataFrame:
    geometry = gpd.points_from_xy(*PLACE.values(), crs="EPSG:4326")
    return gpd.GeoDataFrame({"record_id": ["a", "b", "c"]}, geometry=geometry)


def outlines() -> gpd.GeoDataFrame:
    areas = points().to_crs("EPSG:3857").buffer(10).to_crs("EPSG:4326")
    return points().assign(area=areas)


def save(path: Path, frame: gpd.GeoDataFrame, **geo: Any) -> Path:
    frame.to_parquet(path)
    table = pq.read_table(path)
    if geo:
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path)
    return path


BARE = {"version": "1.0.0", "primary_column": "geometry"}
GEOMETRIES = {
    "points": lambda path: save(path, points()),
    "points and areas": lambda path: save(path, outlines()),
    "no types": lambda path: save(
        path, points(), columns={"geometry": {"encoding": "WKB"}}, **BARE
    ),
    "areas beside lon and lat": lambda path: save(
        path, outlines().set_geometry("area").drop(columns="geometry").assign(lon=8.5, lat=47.4)
    ),
    "areas beside lng and breite": lambda path: save(
        path, outlines().set_geometry("area").drop(columns="geometry").assign(lng=8.5, breite=47.4)
    ),
    "a broken remark beside lon and lat": lambda path: save(
        path, points().assign(lon=8.5, lat=47.4), columns={"geometry": {}}
    ),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_geometry_is_looked_at_only_where_there_is_no_lon_and_lat(
    name: str, tmp_path: Path
) -> None:
    path = GEOMETRIES[name](tmp_path / "a.parquet")
    columns = {"lon": "lng", "lat": "breite"} if "breite" in name else {}
    world = gii_geo.read_world({"patent": path}, columns=columns)
    assert world.locations.to_dict("list") == {"lon": [8.5], "lat": [47.4]}
    assert world.places["rows"].tolist() == [3]


def test_a_geodataframe_may_have_further_geometries() -> None:
    world = gii_geo.read_world({"patent": outlines()})
    assert world.places["rows"].tolist() == [3]


def test_a_parquet_file_whose_geometry_is_no_point_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.parquet", outlines().set_geometry("area").drop(columns="geometry"))
    with pytest.raises(InputError, match=r"Must be points; found Polygon"):
        gii_geo.read_world({"patent": path})
    pq.write_table(pa.table({"geometry": [b"x"]}), path)
    with pytest.raises(InputError, match=r"Must have lon and lat; found geometry"):
        gii_geo.read_world({"patent": path})


def test_a_column_that_looks_like_one_is_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", country=["CH"] * 3, counts=[5, 5, 5], year=2018)
    notes = gii_geo.read_world({"patent": path}).provenance["notes"]
    assert any("no column economy; is it country? --column economy=country" in one for one in notes)
    assert any("no column count; is it counts? --column count=counts" in one for one in notes)
    mapped = {"economy": "country", "count": "counts"}
    assert gii_geo.read_world({"patent": path}, columns=mapped).provenance["notes"] == []


def test_a_column_in_another_letter_case_or_with_blanks_is_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", **{"Record ID": ["a", "b", "c"], "Filing-Year": 2018})
    notes = gii_geo.read_world({"patent": path}).provenance["notes"]
    assert "p.csv: no column record_id; is it Record ID? --column 'record_id=Record ID'" in notes
    assert "p.csv: no column year; is it Filing-Year? --column year=Filing-Year" in notes


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("RecordID", "record_id"),
        ("PublicationNumber", "record_id"),
        ("Accession Number", "record_id"),
        ("docdb_family_id", "record_id"),
        ("no_of_rounds", "count"),
        ("announced_on", "year"),
        ("CC", "economy"),
    ],
)
def test_a_column_however_its_words_are_parted_is_asked_about(
    tmp_path: Path, column: str, role: str
) -> None:
    path = write(tmp_path / "p.csv", **{column: [1, 2, 3]})
    notes = gii_geo.read_world({"patent": path}).provenance["notes"]
    assert any(one.startswith(f"p.csv: no column {role}; is it {column}?") for one in notes)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("LON,Lat\n8,47\n", "likely: --column lon=LON --column lat=Lat."),
        ("lon^lat\n8^47\n", "its cells must be parted by commas, semicolons, tabs or bars."),
        ("p1,8.5,47.4\np2,8.5,47.4\n", "its first line must name its columns."),
        ("City,country\nBasel,CH\n", "or geocode them with --geocode --column city=City."),
    ],
)
def test_a_table_without_coordinates_is_refused_with_a_way_out(
    text: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(f"; {hint}") + "$"):
        gii_geo.read_world({"patent": tmp_path / "a.csv"})


@pytest.mark.parametrize("sign", ["\ufeff", "\u200b", "\u00ad", "\u2060\u200e"])
def test_a_sign_that_is_not_seen_loses_no_column(sign: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"lon": [7.6, 7.7], "lat": [47.5, 47.6], "count": [5, 6]})
    named = table.rename(columns=lambda name: f"{sign}{name}{sign}")
    named.to_csv(tmp_path / "named.csv", index=False)
    named.to_parquet(tmp_path / "named.parquet")
    lazy = pl.from_pandas(named).lazy()
    for source in (named, lazy, tmp_path / "named.csv", tmp_path / "named.parquet"):
        world = gii_geo.read_world({"deal": source})
        assert world.places["addresses"].tolist() == [5, 6]
    both = named.assign(count=[1, 2])  # the one that bears the name
    assert gii_geo.read_world({"deal": both}).places["addresses"].tolist() == [1, 2]


def test_one_column_cannot_be_both_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame({"lon": [7.6], "lat": [47.5]}).to_csv(path, index=False)
    for table in (path, pl.read_csv(path).lazy()):
        with pytest.raises(InputError, match="Must have two for lon and lat; found lon for both"):
            gii_geo.read_world({"deal": table}, columns={"lat": "lon"})
    exchanged = gii_geo.read_world({"deal": path}, columns={"lat": "lon", "lon": "lat"})
    assert exchanged.locations.to_numpy().tolist() == [[47.5, 7.6]]


def test_columns_of_patstat_are_asked_about(tmp_path: Path) -> None:
    table = "appln_id,lon,lat,person_ctry_code,appln_filing_year\n1,8.5,47.3,CH,2019\n"
    (tmp_path / "a.csv").write_text(table, encoding="utf-8")
    notes = gii_geo.read_world({"patent": tmp_path / "a.csv"}).provenance["notes"]
    asked = {"record_id": "appln_id", "economy": "person_ctry_code", "year": "appln_filing_year"}
    assert notes == [
        f"a.csv: no column {role}; is it {own}? --column {role}={own}"
        for role, own in asked.items()
    ]
