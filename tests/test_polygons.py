"""Other people's borders: counted by hand on a grid, whatever the reference system."""

import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import box

import gii_geo
from conftest import RunCli
from gii_geo import Result, Settings
from gii_geo.borders import read_borders
from gii_geo.compare import polygons
from gii_geo.compare.areas import find_members, read_areas
from gii_geo.tables import DataWarning, InputError

ALL = Settings(min_addresses=1, rank_sets=False)
CORNERS = [(10.5, 50.5), (11.5, 50.5), (10.5, 51.5), (11.5, 51.5)]
BORDER, OUTSIDE = (11.0, 50.2), (30.0, 10.0)


def grid(**options: Any) -> gpd.GeoDataFrame:
    """Four squares of a degree, SW, SE, NW, NE."""
    squares = [box(x, y, x + 1, y + 1) for y in (50, 51) for x in (10, 11)]
    names = {"name": ["SW", "SE", "NW", "NE"]}
    return gpd.GeoDataFrame(names, geometry=squares, crs="EPSG:4326", **options)


def make(*rows: tuple[str | None, tuple[float, float]]) -> pd.DataFrame:
    record, places = zip(*rows, strict=True)
    lon, lat = zip(*places, strict=True)
    return pd.DataFrame({"kind": "patent", "record_id": record, "lon": lon, "lat": lat})


def find(table: pd.DataFrame, **settings: Any) -> Result:
    with pytest.warns(gii_geo.DataWarning):
        return gii_geo.find_regions(table, ALL.replace(**settings))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Record a in SW, SE and outside; b in SW and on the border of it and SE; c in NE."""
    return make(
        ("a", CORNERS[0]),
        ("a", CORNERS[1]),
        ("a", OUTSIDE),
        ("b", CORNERS[0]),
        ("b", BORDER),
        ("c", CORNERS[3]),
    )


@pytest.fixture(scope="module")
def result(table: pd.DataFrame) -> Result:
    return find(table)


@pytest.fixture(scope="module")
def built_in(demo_result: Result) -> Result:
    return demo_result


def count(beside: polygons, column: str = "patents") -> dict[str, float]:
    return dict(zip(beside.ranking["polygon"], beside.ranking[column], strict=True))


# By hand


def test_a_grid_is_counted_by_hand(result: Result) -> None:
    beside = polygons(result, grid())
    third = 1 / 3
    assert count(beside) == pytest.approx({"SW": third + 1, "SE": third, "NW": 0, "NE": 1})
    assert count(beside, "patent_share") == pytest.approx(
        {"SW": (third + 1) / 3, "SE": third / 3, "NW": 0, "NE": third}
    )
    assert count(beside, "rank") == {"SW": 1, "NE": 2, "SE": 3, "NW": 4}
    assert beside.outside == pytest.approx({"patent": third / 3})
    assert beside.overlapping.empty


def test_full_counting_counts_a_record_once_in_each_polygon(result: Result) -> None:
    beside = polygons(result.again(counting="full"), grid())
    assert count(beside) == {"SW": 2, "SE": 1, "NW": 0, "NE": 1}


def test_a_location_on_a_common_border_is_in_the_first_polygon(result: Result) -> None:
    turned = grid().iloc[[1, 0, 2, 3]]
    assert count(polygons(result, turned)) == pytest.approx(
        {"SE": 1 / 3 + 0.5, "SW": 1 / 3 + 0.5, "NW": 0, "NE": 1}
    )


def test_a_location_inside_of_one_and_on_the_border_of_another_is_in_both(result: Result) -> None:
    both = gpd.GeoDataFrame(
        {"name": ["edge", "around"]},
        geometry=[box(11, 50, 12, 51), box(10.9, 50.1, 11.1, 50.3)],
        crs="EPSG:4326",
    )
    assert count(polygons(result, both)) == pytest.approx({"edge": 1 / 3 + 0.5, "around": 0.5})


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]])
def test_a_common_border_is_in_one_polygon_of_each_level(order: list[int]) -> None:
    """Two provinces, the two states that they are, and the country: as in a file of all NUTS."""
    result = find(make(*[(None, (lon, 48.85)) for lon in (2.30, 2.35, 2.40)]))
    west, east = box(2, 48, 2.35, 49), box(2.35, 48, 3, 49)
    names = ["w", "e", "W", "E", "all"]
    shapes = [west, east, west.union(box(1, 48, 2, 49)), east, box(0, 45, 5, 50)]
    table = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs="EPSG:4326").iloc[order]
    counted = count(polygons(result, table))
    assert counted["w"] + counted["e"] == counted["W"] + counted["E"] == counted["all"] == 3


def test_an_edge_that_may_be_meant_to_cross_the_antimeridian_is_told(result: Result) -> None:
    ring = shapely.Polygon([(178, -19), (-179, -19), (-179, -17), (178, -17)])
    table = gpd.GeoDataFrame({"name": ["Fiji"]}, geometry=[ring], crs="EPSG:4326")
    assert "An edge of Fiji is wider than 180 degrees" in polygons(result, table).describe()[-1]
    world = table.set_geometry([box(-180, -90, 180, 90)], crs="EPSG:4326")
    assert not polygons(result, world).wide


def test_an_edge_the_long_way_around_is_drawn_as_it_is_counted() -> None:
    """From 178 to -179 an edge goes over 0, in degrees as in Mercator's map, where it was cut."""
    result = find(make(*[(None, place) for place in [(0.0, -18.0), (179.0, -18.0)]]))
    over_zero = shapely.Polygon([(178, -19), (-179, -19), (-179, -17), (178, -17)])
    table = gpd.GeoDataFrame({"name": ["Fiji"]}, geometry=[over_zero], crs="EPSG:4326")
    for crs in ("EPSG:4326", "EPSG:3857"):
        beside = polygons(result, table.to_crs(crs))
        assert (count(beside), beside.wide) == ({"Fiji": 1}, ("Fiji",))
        assert beside.ranking.geometry[0].contains(shapely.Point(0, -18))


def test_polygons_that_hold_nothing_are_asked_about(result: Result) -> None:
    turned = gpd.GeoDataFrame(geometry=[box(50, 10, 52, 12)], crs="EPSG:4326")
    with pytest.warns(DataWarning, match="hold nothing: .* 50 to 52 degrees east and 10 to 12 nor"):
        beside = polygons(result, turned)
    assert "do latitudes come first?" in beside.describe()[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not any("hold nothing" in one for one in polygons(result, grid()).describe())


def test_an_outline_that_crosses_itself_is_mended_and_told(result: Result) -> None:
    bow = shapely.Polygon([(9, 49), (13, 53), (13, 49), (9, 53)])
    table = gpd.GeoDataFrame({"name": ["bow"]}, geometry=[bow], crs="EPSG:4326")
    for one in (result, result.again(counting="full")):
        beside = polygons(one, table)
        assert beside.mended == ("bow",)
        assert beside.describe()[-1] == "Mended where it crossed itself: bow."
    assert not polygons(result, grid()).mended


def test_polygons_that_overlap_count_in_each_and_say_so(result: Result) -> None:
    both = gpd.GeoDataFrame(
        {"name": ["all", "west", "east"]},
        geometry=[box(9, 49, 13, 53), box(9, 49, 10.8, 53), box(10.8, 49, 13, 53)],
        crs="EPSG:4326",
    )
    beside = polygons(result, both)
    third = 1 / 3
    assert count(beside) == pytest.approx(
        {"all": 2 * third + 1 + 1, "west": third + 0.5, "east": third + 0.5 + 1}
    )
    assert beside.overlapping[["polygon_a", "polygon_b", "locations"]].to_numpy().tolist() == [
        ["all", "east", 3],
        ["all", "west", 1],
    ]
    assert "counted in each" in beside.describe()[-1]
    assert count(polygons(result.again(counting="full"), both)) == {"all": 3, "west": 2, "east": 3}
    with pytest.raises(InputError, match="polygons all and east, which share 3 locations"):
        polygons(result, both, overlapping="refuse")


def test_the_cross_table_adds_up_both_ways(result: Result) -> None:
    cross = polygons(result, grid()).cross
    activity = result.locations["activity"].sum()
    assert cross["activity"].sum() == pytest.approx(activity)
    assert cross.groupby("region_id")["region_share"].sum().to_numpy() == pytest.approx(1)
    inside = cross[cross["polygon"].notna()]
    assert inside.groupby("polygon")["polygon_share"].sum().to_numpy() == pytest.approx(1)
    assert cross["polygon"].isna().sum() == 1  # the address far outside
    row = cross[cross["polygon"] == "NE"].iloc[0]
    assert row[["region_share", "polygon_share", "jaccard"]].tolist() == [1, 1, 1]


def test_jaccard_by_hand() -> None:
    """A region of 4 addresses, 3 of them in a polygon that holds 5: 3 / (4 + 5 - 3)."""
    near = [(10.5 + step / 1000, 50.5) for step in range(4)]
    away = [(10.9, 50.9), (10.1, 50.1)]
    result = find(make(*[(None, place) for place in (*near, *away)]), min_addresses=2)
    square = gpd.GeoDataFrame(
        {"name": ["A"]},
        geometry=[box(10, 50, 10.5025, 51).union(box(10.8, 50.8, 11, 51))],
        crs=4326,
    )
    cross = polygons(result, square).cross
    row = cross[cross["region_id"].notna() & cross["polygon"].notna()].iloc[0]
    assert row["jaccard"] == pytest.approx(3 / 6)
    assert row["region_share"] == pytest.approx(3 / 4)
    assert row["polygon_share"] == pytest.approx(3 / 5)


# Reference systems and the antimeridian


@pytest.mark.parametrize("crs", ["EPSG:3035", "EPSG:3857", "EPSG:32632", "EPSG:4258", "ESRI:54030"])
def test_the_reference_system_does_not_matter(result: Result, crs: str) -> None:
    fine = grid()
    fine = gpd.GeoDataFrame(fine.drop(columns="geometry"), geometry=fine.segmentize(0.01))
    moved = fine.set_crs(4326).to_crs(crs)
    inner = count(polygons(result, moved))
    assert inner["NE"] == 1
    assert inner["SW"] + inner["SE"] == pytest.approx(2 / 3 + 1)


@pytest.mark.parametrize(
    "shape",
    [
        shapely.MultiPolygon([box(179, -18, 180, -16), box(-180, -18, -179, -16)]),
        box(179, -18, 181, -16),
        box(-181, -18, -179, -16),
    ],
)
def test_polygons_cross_the_antimeridian_in_any_way_of_writing(shape: Any) -> None:
    places = [(179.5, -17.0), (-179.5, -17.0), (178.0, -17.0), (0.5, -17.0), (180.0, -17.5)]
    result = find(make(*[(None, place) for place in places]))
    fiji = gpd.GeoDataFrame({"name": ["Fiji"]}, geometry=[shape], crs="EPSG:4326")
    beside = polygons(result, fiji)
    assert count(beside) == {"Fiji": 3}
    west, _, east, _ = beside.ranking.total_bounds
    assert (west, east) == (-180, 180)
    assert beside.ranking.geometry.is_valid.all()
    assert shapely.area(beside.ranking.geometry[0]) == pytest.approx(4)


def test_the_world_may_be_written_from_0_to_360() -> None:
    result = find(make(*[(None, place) for place in [(10.0, 50.0), (-70.0, 40.0)]]))
    table = gpd.GeoDataFrame({"name": ["world"]}, geometry=[box(0, -90, 360, 90)], crs=4326)
    beside = polygons(result, table)
    assert (count(beside), beside.wide) == ({"world": 2}, ())
    assert beside.ranking.geometry[0].equals(box(-180, -90, 180, 90))


@pytest.mark.parametrize(
    ("crs", "pole"),
    [("EPSG:3413", 90), ("EPSG:3571", 90), ("EPSG:3031", -90), ("+proj=ortho +lat_0=60", 90)],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_a_polygon_around_a_pole_is_drawn_on_its_side(
    crs: str, pole: int, *, is_turned: bool
) -> None:
    """It was drawn as all the rest of the world."""
    result = find(make((None, (20.0, pole * 0.99)), (None, (20.0, -pole * 0.99))))
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(0, pole)
    cap = shapely.Point(x, y).buffer(1.5e6)
    ring = cap.difference(shapely.Point(x, y).buffer(1e3))
    table = gpd.GeoDataFrame({"name": ["cap", "ring"]}, geometry=[cap, ring], crs=crs)
    if is_turned:
        table.geometry = table.reverse()
    beside = polygons(result, table)
    assert count(beside) == {"cap": 1, "ring": 1}
    for shape in beside.ranking.geometry:
        assert shape.is_valid
        assert shape.contains(shapely.Point(20, pole * 0.99))
        assert not shape.contains(shapely.Point(20, 0))


def test_robinson_s_map_loses_no_location_at_its_parallels() -> None:
    """A table of every five degrees makes it: next to them a place comes back a metre off."""
    places = [(lon, lat) for lon in (-0.3, 10.0, 104.0) for lat in (9.9, 20.0, 30.1, 45.0, 50.0)]
    result = find(make(*[(None, place) for place in places]))
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(-5, 5, 110, 55)], crs=4326)
    assert count(polygons(result, table.to_crs("ESRI:54030"))) == {"A": len(places)}


@pytest.mark.parametrize("crs", ["ESRI:54009", "ESRI:54030", "EPSG:8857", "EPSG:6933"])
def test_polygons_up_to_the_edge_of_a_map_of_the_world_are_drawn(crs: str) -> None:
    """Rounded, corners at 180 degrees lie a hair beyond the map, where no place is."""
    result = find(make(*[(None, place) for place in [(175.0, 20.0), (-175.0, 20.0)]]))
    table = gpd.GeoDataFrame(
        {"name": ["east", "west"]},
        geometry=[box(150, 0, 180, 60), box(-180, 0, -150, 60)],
        crs=4326,
    )
    beside = polygons(result, table.set_geometry(table.segmentize(0.5)).to_crs(crs))
    assert (count(beside), beside.wide) == ({"east": 1, "west": 1}, ())
    assert shapely.area(beside.ranking.geometry.to_numpy()) == pytest.approx(30 * 60, rel=1e-5)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3395", "EPSG:4087"])
@pytest.mark.parametrize(("west", "east"), [(170, 190), (-190, -170)])
def test_what_goes_on_beyond_the_antimeridian_is_held_in_metres_too(
    crs: str, west: int, east: int
) -> None:
    result = find(make((None, (175.0, -38.0)), (None, (-175.0, -21.0)), (None, (160.0, -30.0))))
    unit = 1 if crs == "EPSG:4326" else np.pi * 6_378_137 / 180
    south, north = (-60, -10) if unit == 1 else (-7e6, -1e6)
    square = box(west * unit, south, east * unit, north)
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[square], crs=crs)
    assert count(polygons(result, table)) == {"A": 2}


@pytest.mark.parametrize(
    "square",
    [
        box(-1e6, -1e6, 1e6, 1e6),
        box(0, 40, 20, 95),
        box(25, -130, 50, -60),
        box(720, 40, 740, 60),
    ],
)
def test_metres_or_latitudes_first_are_no_degrees(result: Result, square: shapely.Polygon) -> None:
    table = gpd.GeoDataFrame({"name": ["A"]}, geometry=[square], crs="EPSG:4326")
    with pytest.raises(InputError, match="are they metres, or latitudes first"):
        polygons(result, table)


def test_a_projection_that_folds_the_world_holds_nothing_from_the_other_side() -> None:
    """Far off its meridian a transverse Mercator gives coordinates that lie in the polygon too."""
    here, antipode = (9.0, 1.0), (-171.0, -1.0)
    result = find(make((None, here), (None, antipode), (None, (-171.0, 1.0))))
    square = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(8, -2, 10, 2)], crs=4326)
    assert count(polygons(result, square.to_crs("EPSG:32632"))) == {"A": 1}


def test_the_economies_as_polygons_give_back_the_addresses_by_economy(built_in: Result) -> None:
    borders = read_borders().dissolve("economy").reset_index().rename(columns={"economy": "name"})
    beside = polygons(built_in, borders)
    named = built_in.formed.tally.list_economies()
    by_name = named.groupby("economy")["addresses"].sum()
    held = beside.ranking.set_index("polygon")["addresses"]
    large = by_name[by_name > 2000]
    # The economy that an address names is missing for 4 % of them.
    assert (large / held[large.index]).between(0.93, 1.0).all()
    assert held.sum() == pytest.approx(named["addresses"].sum(), rel=0.001)


# What is refused, and how polygons are called


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda table: table.set_crs(None, allow_override=True), "Must say its reference system"),
        (lambda table: table.assign(geometry=table.centroid), "Must be polygons; found Point"),
        (lambda table: table.iloc[:0], "Must be polygons; found no row"),
        (
            lambda table: table.assign(geometry=[shapely.Polygon(), *table.geometry[1:]]),
            "found nothing in row 1, and so in 1 of",
        ),
        (
            lambda table: table.assign(
                geometry=[shapely.Polygon([(10, 50), (11, 51), (10, 50)]), *table.geometry[1:]]
            ),
            "found nothing in row 1, and so in 1 of",
        ),
        (
            lambda table: table.set_crs("ESRI:54009", allow_override=True).assign(
                geometry=[*table.geometry[1:], box(-1.8e7, -9e6, 1.8e7, 9e6)]
            ),
            "Must lie where World_Mollweide has places; found a corner beyond at .* in row 4",
        ),
        (lambda table: table.set_crs(4978, allow_override=True), "neither degrees nor a map"),
        (lambda _: gpd.GeoDataFrame({"name": ["a"]}), "Must have a geometry; found none"),
        (lambda _: 7, "Invalid polygons int. Must be a file or a GeoDataFrame"),
        (lambda _: "nowhere.gpkg", "Invalid polygons nowhere.gpkg. Must exist"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_what_is_no_polygon_is_refused(
    spoil: Callable[[gpd.GeoDataFrame], Any], told: str, result: Result
) -> None:
    with pytest.raises(InputError, match=told):
        polygons(result, spoil(grid()))


def test_polygons_are_called_by_a_likely_column_or_numbered(result: Result) -> None:
    table = grid().rename(columns={"name": "NUTS_NAME"}).assign(pop=[1, 2, 3, 4])
    assert set(count(polygons(result, table))) == {"SW", "SE", "NW", "NE"}
    assert set(count(polygons(result, table, name="pop"))) == {"1", "2", "3", "4"}
    bare = table[["pop", "geometry"]]
    assert set(count(polygons(result, bare))) == {f"polygon {one}" for one in (1, 2, 3, 4)}
    twice = table.assign(NUTS_NAME=["A", "A", None, "B"])
    assert set(count(polygons(result, twice))) == {"A", "A (2)", "polygon (1)", "B"}
    taken = table.assign(NUTS_NAME=["A", "A", "A (2)", " "])
    assert set(count(polygons(result, taken))) == {"A", "A (3)", "A (2)", "polygon (1)"}
    named = table.assign(name=None)[["name", "NUTS_NAME", "geometry"]]
    assert set(count(polygons(result, named))) == {"SW", "SE", "NW", "NE"}
    joined = pd.concat([named, table[["NUTS_NAME"]]], axis="columns")
    assert set(count(polygons(result, joined))) == {"SW", "SE", "NW", "NE"}
    both = table.set_index([["a", "a", "b", "b"], ["x", "y", "x", "y"]]).geometry
    assert "('a', 'x')" in count(polygons(result, both))
    with pytest.raises(InputError, match=r"Must have title; found NUTS_NAME, pop"):
        polygons(result, table, name="title")
    with pytest.raises(InputError, match=r"Must have \['pop'\]; found NUTS_NAME, pop"):
        polygons(result, table, name=["pop"])  # type: ignore[arg-type]


def test_a_layer_is_refused_where_there_are_none(result: Result, tmp_path: Path) -> None:
    grid().to_parquet(tmp_path / "one.parquet")
    for given in (grid(), grid().geometry, tmp_path / "one.parquet"):
        with pytest.raises(InputError, match=r"Invalid layer 'x' of .*: it has none"):
            polygons(result, given, layer="x")


def test_what_is_no_result_is_refused(result: Result) -> None:
    with pytest.raises(TypeError, match=r"Must be a Result, .*; found GeoDataFrame"):
        polygons(result.regions, grid())


def test_a_bow_tie_is_mended() -> None:
    tie = shapely.Polygon([(10, 50), (12, 52), (12, 50), (10, 52)])
    table = gpd.GeoDataFrame({"name": ["tie"]}, geometry=[tie], crs="EPSG:4326")
    areas = read_areas(table)
    assert areas.geometry.is_valid.all()
    lon, lat = np.array([10.1, 11.9, 11.0]), np.array([51.0, 51.0, 50.2])
    assert find_members(areas, lon, lat)[0].tolist() == [0, 1]


# From files


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.shp", "a.fgb", "a.parquet"])
def test_files_of_any_format_are_read(result: Result, tmp_path: Path, name: str) -> None:
    table = grid()
    if name.endswith("parquet"):
        table.to_parquet(tmp_path / name)
    else:
        table.to_file(tmp_path / name)
    read = count(polygons(result, tmp_path / name))
    if name.endswith("fgb"):  # which orders them anew, so that another square has the border
        read["SW"], read["SE"] = read["SW"] + 0.5, read["SE"] - 0.5
    assert read == pytest.approx(count(polygons(result, table)))


def test_a_file_of_several_layers_must_be_told_which(result: Result, tmp_path: Path) -> None:
    for layer in ("one", "two"):
        grid().to_file(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(InputError, match="one layer of polygons, or name it: one, two"):
        polygons(result, tmp_path / "a.gpkg")
    assert len(polygons(result, tmp_path / "a.gpkg", layer="two").ranking) == 4
    with pytest.raises(InputError, match=r"layer 'six' of .*Must be one of one, two"):
        polygons(result, tmp_path / "a.gpkg", layer="six")


@pytest.mark.parametrize("counting", ["fractional", "full"])
def test_the_command_says_what_python_says(
    table: pd.DataFrame, tmp_path: Path, run_cli: RunCli, counting: str
) -> None:
    table.to_parquet(tmp_path / "a.parquet")
    grid().to_file(tmp_path / "grid.gpkg")
    words = ["--min-addresses", "1", "--set", f"counting={counting}", "--out", str(tmp_path / "o")]
    assert run_cli("run", "--addresses", str(tmp_path / "a.parquet"), *words).exit_code == 0
    done = run_cli(
        *("compare", str(tmp_path / "o"), "--polygons", str(tmp_path / "grid.gpkg")),
        *("--out", str(tmp_path / "beside")),
    )
    assert done.exit_code == 0, done.stderr
    assert "In no polygon: 11.11% of the patents" in done.stdout
    own = pd.read_csv(tmp_path / "beside" / "polygons.csv").set_index("polygon")["patents"]
    expected = count(polygons(find(table, counting=counting), grid()))
    assert own.to_dict() == pytest.approx(expected)
    written = gpd.read_file(tmp_path / "beside" / "polygons.geojson")
    assert set(written["polygon"]) == set(expected)
    assert (tmp_path / "beside" / "polygons_by_region.csv").is_file()


def test_options_that_do_not_go_together_are_refused(run_cli: RunCli) -> None:
    done = run_cli("compare", "o", "--polygons", "a.gpkg", "--published", "2023")
    assert (done.exit_code, "Must stand alone" in done.stderr) == (2, True)
    done = run_cli("compare", "o", "--polygon-name", "x")
    assert (done.exit_code, "--polygon-name without --polygons" in done.stderr) == (2, True)


@pytest.mark.parametrize("mark", ["", "\x1e"])
def test_a_feature_a_line_is_a_file_of_polygons(mark: str, result: Result, tmp_path: Path) -> None:
    path = tmp_path / "a.geojsonl"
    features = json.loads(grid().to_json())["features"]
    lines = [f"{mark}{json.dumps(feature)}\n" for feature in features]
    path.write_text("".join(lines), encoding="utf-8")
    assert count(polygons(result, path)) == count(polygons(result, grid()))
    path.write_text(lines[0], encoding="utf-8")
    assert list(count(polygons(result, path))) == ["SW"]
    path.write_text(lines[0] + '{"type": "Feature"', encoding="utf-8")
    with pytest.raises(InputError, match=r"whole GeoJSON|GDAL reads"):
        polygons(result, path)


def lay(*lon_lat: tuple[float, float], crs: int) -> list[tuple[float, float]]:
    to_own = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    return [to_own.transform(*place) for place in lon_lat]


@pytest.mark.parametrize(
    ("crs", "shape", "inside", "outside"),
    [
        # Edges of 4,000 km that are straight on the map, 100 km north and south of Denver.
        (5070, box(-2e6, 1.4e6, 2.3e6, 1.95e6), (-104.99, 39.74), (-95.0, 42.0)),
        (5070, box(-2e6, 1.95e6, 2.3e6, 2.9e6), (-95.0, 42.0), (-104.99, 39.74)),
        # A corner, or an edge, at the pole.
        (3031, box(-1e6, -1e6, 0, 0), (-135.0, -85.0), (135.0, -85.0)),
        (3031, box(0, 0, 1e6, 1e6), (45.0, -85.0), (-45.0, -85.0)),
        (3031, box(0, -3e6, 3e6, 3e6), (90.0, -89.0), (-90.0, -89.0)),
        (3413, box(-3e6, 0, 0, 3e6), (180.0, 85.0), (0.0, 85.0)),
        (
            3031,
            shapely.Polygon([(0, 0), *lay(*[(lon, -60) for lon in range(160, 211)], crs=3031)]),
            (-175.0, -77.9),
            (140.0, -77.9),
        ),
    ],
)
def test_what_is_drawn_of_a_map_holds_what_is_counted(
    crs: int, shape: shapely.Polygon, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    result = find(make((None, inside), (None, outside)))
    beside = polygons(result, gpd.GeoDataFrame({"name": ["A"]}, geometry=[shape], crs=crs))
    drawn = beside.ranking.geometry[0]
    assert count(beside) == {"A": 1}
    assert drawn.is_valid
    assert drawn.intersects(shapely.Point(inside))
    assert not drawn.intersects(shapely.Point(outside))


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1"])
def test_names_of_a_shapefile_that_tells_no_encoding_are_read(
    tmp_path: Path, encoding: str
) -> None:
    names = ["Zürich", "Île-de-France", *map(str, range(len(grid()) - 2))]
    path = tmp_path / "a.shp"
    grid().assign(name=names).to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    assert list(read_areas(path)["name"]) == names


@pytest.mark.parametrize("lacking", [".shx", ".dbf", ".shp"])
def test_a_shapefile_of_parts_of_several_is_refused(tmp_path: Path, lacking: str) -> None:
    grid().to_file(tmp_path / "a.shp")
    grid()[:2].to_file(tmp_path / "two.shp")
    parts = (".shp", ".shx") if lacking == ".shp" else (lacking,)
    for part in parts:
        (tmp_path / f"two{part}").rename(tmp_path / f"a{part}")
    with pytest.raises(InputError, match="Must have as many shapes as rows; found"):
        read_areas(tmp_path / "a.shp")


def test_packed_geojson_is_refused_as_its_features_cannot_be_counted(tmp_path: Path) -> None:
    grid().to_file(tmp_path / "a.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(tmp_path / "a.geojson", "a.geojson")
    with pytest.raises(InputError, match=r"Must not be packed \(zip\), as it is GeoJSON"):
        read_areas(tmp_path / "a.zip")


def test_reading_gml_leaves_nothing_beside_it_and_believes_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "a.gml"
    for crs in (25831, 25832):
        grid().to_crs(crs).to_file(path, driver="GML")
        os.utime(path, (1.7e9, 1.7e9))  # older than what lies beside it
        (tmp_path / "a.xsd").unlink()
        assert read_areas(path).crs.to_epsg() == crs
        assert [one.name for one in tmp_path.iterdir()] == ["a.gml"]


def test_a_corner_that_is_nowhere_is_refused_and_not_left_out() -> None:
    ring = np.array([(0, 0), (1, 0), (1, np.nan), (0, 1), (0, 0)])
    with np.errstate(invalid="ignore"):
        table = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), shapely.Polygon(ring)], crs=4326)
    with pytest.raises(InputError, match="a corner without in row 2, and so in 1 of 2 rows"):
        read_areas(table)


def test_whole_numbers_stay_whole_beside_a_missing_one(tmp_path: Path) -> None:
    grid().assign(code=pd.array([1, 2, None, 4], "Int64")).to_file(tmp_path / "a.gpkg")
    assert list(read_areas(tmp_path / "a.gpkg", name="code")["name"])[::3] == ["1", "4"]


def test_polygons_of_another_world_and_files_without_a_layer_are_refused(tmp_path: Path) -> None:
    moon = grid().set_crs("+proj=longlat +R=1737400", allow_override=True)
    with pytest.raises(InputError, match="Must have a reference system on Earth"):
        read_areas(moon)
    text = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document></Document></kml>'
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Must have polygons; found no layer"):
        read_areas(tmp_path / "a.kml")


def test_polygons_are_called_by_a_column_of_names_before_their_ids() -> None:
    table = grid().rename(columns={"name": "NAME_EN"}).assign(id=range(4), note="x")
    table = table[["id", "note", "NAME_EN", "geometry"]]
    assert list(read_areas(table)["name"]) == ["SW", "SE", "NW", "NE"]
    assert list(read_areas(table[["id", "geometry"]])["name"]) == ["0", "1", "2", "3"]


def test_a_collection_of_polygons_alone_is_one(result: Result) -> None:
    whole = grid()
    gathered = shapely.GeometryCollection(
        [whole.geometry[0], shapely.MultiPolygon(whole.geometry[1:3].to_list())]
    )
    table = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[gathered, whole.geometry[3]], crs=4326)
    apart = count(polygons(result, whole))
    assert count(polygons(result, table)) == pytest.approx(
        {"a": apart["SW"] + apart["SE"] + apart["NW"], "b": apart["NE"]}
    )
    lines = shapely.GeometryCollection([whole.geometry[0], shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(InputError, match="found GeometryCollection in row 1"):
        read_areas(table.set_geometry([lines, whole.geometry[3]], crs=4326))
