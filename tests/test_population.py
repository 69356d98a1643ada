"""People inside outlines: sums by hand, other projections, gaps; and intensity as printed."""

import builtins
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from gii_geo.regions.population import count_people, describe_gaps, rate_regions
from gii_geo.tables import InputError

MOLLWEIDE = "ESRI:54009"
SPHERE_M = 6_378_137.0
NODATA = -200.0


def write_raster(
    path: Path,
    cells: Any,
    *,
    west_north: tuple[float, float] = (0.0, 4.0),
    size: float = 1.0,
    crs: str | None = "EPSG:4326",
    nodata: float | None = NODATA,
) -> Path:
    """Write cells, north row first, of a size in the unit of the projection."""
    bands = np.atleast_3d(np.asarray(cells, dtype="float32").T).T
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(bands),
        "height": bands.shape[1],
        "width": bands.shape[2],
        "transform": Affine(size, 0, west_north[0], 0, -size, west_north[1]),
        "crs": crs,
        "nodata": nodata,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(bands)
    return path


def outline(*shapes: shapely.Geometry, crs: str = "EPSG:4326") -> gpd.GeoSeries:
    ids = [f"R{number:04d}" for number in range(1, len(shapes) + 1)]
    return gpd.GeoSeries(list(shapes), ids, crs=crs)


@pytest.fixture
def four_by_four(tmp_path: Path) -> Path:
    """Cells of one degree, 1 to 16 people, row by row from the north-west corner at 0, 4."""
    return write_raster(tmp_path / "people.tif", np.arange(1.0, 17.0).reshape(4, 4))


def test_whole_cells_worked_by_hand(four_by_four: Path) -> None:
    # The box covers the cells 6, 7, 10 and 11.
    people = count_people(outline(shapely.box(1, 1, 3, 3)), four_by_four)
    assert people.loc["R0001"].to_dict() == {"population": 34.0, "population_gap": 0.0}


def test_a_cell_counts_with_the_share_that_is_covered(four_by_four: Path) -> None:
    # Half of 6 and a quarter of 7; a triangle that covers half of cell 13.
    shapes = outline(shapely.box(1.5, 2, 2.25, 3), shapely.Polygon([(0, 0), (1, 0), (0, 1)]))
    people = count_people(shapes, four_by_four)
    assert people["population"].tolist() == pytest.approx([0.5 * 6 + 0.25 * 7, 6.5], rel=1e-6)


def test_finer_cells_of_the_same_people_change_nothing(four_by_four: Path, tmp_path: Path) -> None:
    cells = np.kron(np.arange(1.0, 17.0).reshape(4, 4), np.full((2, 2), 0.25))
    fine = write_raster(tmp_path / "fine.tif", cells, size=0.5)
    # Edges on cells of either size: what lies inside a cell is spread evenly by assumption.
    shapes = outline(shapely.box(0.5, 0.5, 3.0, 2.5), shapely.box(1, 0, 2, 3.5))
    np.testing.assert_allclose(
        count_people(shapes, fine), count_people(shapes, four_by_four), rtol=1e-6
    )


def test_cells_without_data_hold_nobody_and_are_a_counted_gap(tmp_path: Path) -> None:
    cells = np.full((4, 4), 8.0)
    cells[0, 0], cells[3, 3] = NODATA, np.nan
    path = write_raster(tmp_path / "people.tif", cells)
    shapes = outline(shapely.box(0, 2, 2, 4), shapely.box(2, 0, 4, 2), shapely.box(3, 0, 4, 1))
    people = count_people(shapes, path)
    assert people["population"].tolist()[:2] == [24.0, 24.0]
    assert np.isnan(people["population"].iloc[2])
    assert people["population_gap"].tolist() == [0.25, 0.25, 1.0]


def test_an_outline_over_the_edge_has_a_gap_and_one_outside_has_no_population(
    four_by_four: Path,
) -> None:
    people = count_people(
        outline(shapely.box(3, 3, 5, 4), shapely.box(50, 50, 51, 51)), four_by_four
    )
    assert people["population"].tolist() == pytest.approx([4.0, np.nan], nan_ok=True)
    assert people["population_gap"].tolist() == [0.5, 1.0]


def test_the_outline_is_brought_to_the_projection_of_the_raster(tmp_path: Path) -> None:
    # Cells of 1 km like those of GHS-POP, 1 to 16 people, around Basel.
    west, north = 559_000.0, 5_655_000.0
    path = write_raster(
        tmp_path / "people.tif",
        np.arange(1.0, 17.0).reshape(4, 4),
        west_north=(west, north),
        size=1000.0,
        crs=MOLLWEIDE,
    )
    # One and a half rows from the north: 1 to 4, and half of 5 to 8.
    drawn = shapely.box(west, north - 1500, west + 4000, north)
    shapes = outline(drawn, crs=MOLLWEIDE).to_crs("EPSG:4326")
    people = count_people(shapes, path)
    assert people["population"].tolist() == pytest.approx([10 + 26 / 2], rel=1e-5)
    assert people["population_gap"].iloc[0] < 1e-4


def test_a_long_edge_keeps_its_course_in_another_projection(tmp_path: Path) -> None:
    # One person per 100 km x 100 km; Mollweide keeps the area of the sphere, closed form below.
    side = 100_000.0
    path = write_raster(
        tmp_path / "people.tif",
        np.ones((180, 360)),
        west_north=(-180 * side, 90 * side),
        size=side,
        crs=MOLLWEIDE,
    )
    people = count_people(outline(shapely.box(120, 0, 121, 60)), path)
    area = SPHERE_M**2 * np.radians(1) * np.sin(np.radians(60))
    assert people["population"].iloc[0] == pytest.approx(area / side**2, rel=1e-5)
    assert people["population_gap"].iloc[0] == 0


def test_an_outline_on_both_sides_of_the_antimeridian_is_one(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "people.tif", np.ones((4, 360)), west_north=(-180.0, 2.0))
    both = shapely.MultiPolygon([shapely.box(178, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    assert count_people(outline(both), path)["population"].tolist() == pytest.approx([3.0])


def test_a_national_raster_leaves_the_rest_of_the_world_as_a_gap(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "people.tif",
        np.ones((10, 10)),
        west_north=(495_000.0, 5_005_000.0),
        size=1000.0,
        crs="EPSG:32631",
    )
    # The first lies in the raster; UTM zone 31 tears the second and has no place for the third.
    places = [(3, 45.16), (-177, 0), (93, 0)]
    shapes = outline(*(shapely.Point(place).buffer(0.01) for place in places))
    assert count_people(shapes, path)["population_gap"].tolist() == [0.0, 1.0, 1.0]


def test_no_outline_gives_an_empty_table(four_by_four: Path) -> None:
    people = count_people(outline(), four_by_four)
    assert people.empty
    assert list(people.columns) == ["population", "population_gap"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crs": None}, "without a coordinate reference system. Must name it, such as ESRI:54009"),
        ({"cells": np.ones((2, 4, 4))}, "Must have one band, people per cell; found 2"),
        ({"nodata": None}, "Invalid cell -200 in .* named as the raster's nodata value"),
    ],
)
def test_a_raster_that_cannot_be_right_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    cells = np.full((4, 4), 8.0)
    cells[1, 1] = NODATA
    options: dict[str, Any] = {"cells": cells, **changes}
    path = write_raster(tmp_path / "people.tif", **options)
    with pytest.raises(InputError, match=message):
        count_people(outline(shapely.box(0, 0, 4, 4)), path)


def test_a_cell_without_bounds_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "people.tif", [[1.0, np.inf], [1.0, 1.0]], west_north=(0, 2))
    with pytest.raises(InputError, match=r"Invalid cell inf in .*Must be 0 or more people"):
        count_people(outline(shapely.box(0, 0, 2, 2)), path)


@pytest.mark.parametrize(
    ("unit", "told", "is_density"),
    [("persons/km2", "", True), ("", "Population density 2020", True), ("people", "2020", False)],
)
def test_a_raster_that_says_it_is_a_density_is_refused(
    tmp_path: Path, unit: str, told: str, *, is_density: bool
) -> None:
    path = write_raster(tmp_path / "people.tif", np.ones((4, 4)))
    with rasterio.open(path, "r+") as raster:
        raster.units, raster.descriptions = (unit,), (told,)
    if is_density:
        with pytest.raises(InputError, match="Must be people per cell; found"):
            count_people(outline(shapely.box(0, 0, 4, 4)), path)
    else:
        assert count_people(outline(shapely.box(0, 0, 4, 4)), path)["population"].iloc[0] == 16


def test_a_turned_raster_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "people.tif", np.ones((4, 4)))
    for turned in (Affine(1, 0.5, 0, 0.5, -1, 4), Affine(2, 0, 0, 0, 2, 0)):
        with rasterio.open(path, "r+") as raster:
            raster.transform = turned
        with pytest.raises(InputError, match="Must have its first row in the north"):
            count_people(outline(shapely.box(0, 0, 4, 4)), path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.tif", None, "Invalid population file .*no.tif. Must exist."),
        ("a.tif", b"people", "Must be a GeoTIFF, CSV or Parquet file"),
        ("a.parquet", b"people", "Must be readable"),
        ("a.csv", b"lon,lat\n1,2\n", "Must have population; found lon, lat"),
        ("a.csv", b"lon,lat,population\n1,2,3\n1,91,3\n", "Invalid lat in row 2 .* -90 to 90"),
        ("a.csv", b"lon,lat,population\n1,2,-3\n", "Invalid population in row 1 .* 0 or more"),
        ("a.csv", b"lon,lat,population\n1,2,many\n", "Invalid population in row 1"),
        ("a.csv", b"lon,lat,population\n", "Must have at least one row; found none"),
        ("a.csv", b"lon,lat,population\n7,1,2,3\n", "Must be readable; Length of header"),
        ("a.csv", b"lon,lat,population,population\n1,2,3,4\n", "Must have one column population"),
        ("a.csv", b"lon,lat,population\n,2,3\n", "Invalid lon in row 1 .* -180 to 180"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        count_people(outline(shapely.box(0, 0, 4, 4)), path)


def test_points_count_where_they_lie(tmp_path: Path) -> None:
    points = pd.DataFrame(
        {"lon": [0.5, 0.6, 1.0, 9.0], "lat": 0.5, "population": [1, 2, 4, 8], "city": "C"}
    )
    shapes = outline(*(shapely.box(west, 0, west + 1, 1) for west in (0, 1, 5)))
    people = count_people(shapes, points)
    # The point on the border of the first two counts once, in the first; the third has none.
    assert people["population"].tolist()[0] == 7
    assert people["population"].isna().tolist() == [False, True, True]
    assert people["population_gap"].tolist() == [0, 1, 1]
    points.to_csv(tmp_path / "points.csv", index=False)
    points.to_parquet(tmp_path / "points.parquet")
    for name in ("points.csv", "points.parquet"):
        pd.testing.assert_frame_equal(count_people(shapes, tmp_path / name), people)


@pytest.mark.parametrize("regions", [0, 2])
def test_points_outside_every_outline_are_nobodys(regions: int) -> None:
    shapes = outline(*(shapely.box(west, 0, west + 1, 1) for west in range(regions)))
    people = count_people(shapes, pd.DataFrame({"lon": [9.0], "lat": 9.0, "population": 7}))
    assert people["population"].isna().tolist() == [True] * regions
    assert people["population_gap"].tolist() == [1] * regions


def test_the_order_of_the_points_changes_not_a_bit() -> None:
    rng = np.random.default_rng(2)
    points = pd.DataFrame(rng.random((500, 3)), columns=["lon", "lat", "population"])
    shapes = outline(shapely.box(0, 0, 0.5, 1), shapely.box(0.5, 0, 1, 1))
    shuffled = points.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        count_people(shapes, shuffled), count_people(shapes, points), check_exact=True
    )


def test_without_the_extra_the_message_names_it(
    four_by_four: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "rasterio":
            raise ImportError(name)
        return really(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install \"gii-geo\[population\]\""):
        count_people(outline(shapely.box(0, 0, 1, 1)), four_by_four)


def test_gaps_are_said_by_name() -> None:
    people = pd.DataFrame({"population": [1.0, 2.0], "population_gap": [0.0, 0.0]})
    assert describe_gaps(people, pd.Series(["Basel", "Oulu"])) == []
    people = pd.DataFrame(
        {"population": [np.nan, 1.0, np.nan], "population_gap": [1.0, 0.5, 1.0]}, index=[7, 8, 9]
    )
    assert describe_gaps(people, pd.Series({7: "Suva", 8: "Oulu", 9: "Apia"})) == [
        "No population for 2 regions: Suva, Apia.",
        "Population of 1 region from a part of its area: Oulu (50.0%).",
    ]


def test_the_printed_order_of_intensity_of_2025_is_reproduced() -> None:
    # Records per million people as printed; world totals as the printed shares imply them.
    per_million = pd.DataFrame(
        [[7, 1115, 21], [435, 6016, 259], [49, 8269, 12], [15, 1190, 39], [255, 6117, 157]],
        index=["Cairo", "Barcelona", "Tehran", "Mexico City", "Madrid"],
    )
    millions = pd.Series([22.5, 4.9, 6.75, 21.0, 6.4], per_million.index)
    shares = per_million.mul(millions, axis=0) / [1_309_500, 8_070_000, 237_000]
    regions = pd.DataFrame({"score": shares.sum(axis=1)})
    rated = rate_regions(regions, millions * 1e6)
    order = rated["intensity_rank"].sort_values().index.tolist()
    assert order == ["Barcelona", "Madrid", "Tehran", "Mexico City", "Cairo"]
    per_cent = [0.023, 0.217, 0.111, 0.032, 0.162]
    assert (100 * rated["intensity"]).round(3).tolist() == per_cent


def test_regions_of_the_same_intensity_share_a_rank_and_nobody_has_none() -> None:
    regions = pd.DataFrame({"score": [0.2, 0.1, 0.3, 0.05, 0.9]}, index=list("abcde"))
    population = pd.Series({"b": 1e6, "a": 2e6, "c": 1e6, "d": 1e6, "e": 0.0})
    rated = rate_regions(regions, population)
    assert rated["intensity_rank"].tolist() == [2, 2, 1, 4, pd.NA]
    assert rated["population"].tolist() == [2e6, 1e6, 1e6, 1e6, 0.0]
    assert rate_regions(regions, population.drop("a"))["intensity_rank"].isna().tolist() == [
        *(True, False, False, False, True)
    ]


def test_a_table_without_score_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid regions without score"):
        rate_regions(pd.DataFrame({"rank": [1]}), pd.Series([1.0]))


def test_the_first_hundred_are_ranked_among_themselves_too() -> None:
    # 102 regions of falling score: the last two are the most intense, and not of the first hundred.
    regions = pd.DataFrame({"score": np.arange(102, 0, -1) / 1000, "rank": range(1, 103)})
    people = pd.Series(1e6, regions.index)
    people[100:] = 1e3
    people[0] = np.nan
    rated = rate_regions(regions, people)
    assert rated["intensity_rank"].iloc[[1, 100, 101]].tolist() == [3, 1, 2]
    within = rated["intensity_rank_100"]
    assert within.iloc[1:100].tolist() == list(range(1, 100))
    assert within.iloc[[0, 100, 101]].isna().all()
    ranks = regions.assign(rank=regions["rank"] + 50)  # the rank decides, where there is one
    assert rate_regions(ranks, people)["intensity_rank_100"].notna().sum() == 49


def test_points_that_came_twice_are_refused() -> None:
    points = pd.DataFrame({"lon": [1.0, 2.0, 3.0], "lat": 1.0, "population": [5, 6, 7]})
    here = outline(shapely.box(0, 0, 4, 4))
    assert count_people(here, points)["population"].tolist() == [18.0]
    with pytest.raises(InputError, match="Must have each point once; found 3 again"):
        count_people(here, pd.concat([points, points]))
    by_age = pd.concat([points, points.assign(population=[4, 6, 8])])
    assert count_people(here, by_age)["population"].tolist() == [36.0]


def test_a_cell_that_is_no_number_of_people_is_shown() -> None:
    points = pd.DataFrame({"lon": [1.0, 2.0], "lat": 1.0, "population": ["5", "1,000"]})
    with pytest.raises(InputError, match=r"row 2 of .*Must be 0 or more; found '1,000'"):
        count_people(outline(shapely.box(0, 0, 4, 4)), points)
    with pytest.raises(InputError, match=r"row 2 of .*Must be 0 or more; found none"):
        count_people(outline(shapely.box(0, 0, 4, 4)), points.assign(population=["5", None]))
