"""The region of each point: by its location, else by the outline that covers it."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gii_geo.regions.assign import assign_points
from gii_geo.tables import InputError

OUTLINES = gpd.GeoSeries(
    [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], index=["R0002", "R0001"], crs="EPSG:4326"
)
LOCATIONS = pd.DataFrame(
    {"lon": [0.5, 0.6], "lat": [0.5, 0.5], "region_id": pd.array(["R0001", None], dtype="str")}
)


@pytest.mark.parametrize(
    ("lon", "lat", "region_id"),
    [
        (0.5, 0.5, "R0001"),  # a location of the run: its own region, whatever the outline says
        (0.6, 0.5, None),  # in none with its location
        (0.7, 0.5, "R0002"),
        (1.0, 0.5, "R0002"),  # on the common border the first outline wins
        (1.5, 0.5, "R0001"),
        (3.0, 0.5, None),
        (float("nan"), 0.5, None),
    ],
)
def test_a_point_has_one_region_or_none(lon: float, lat: float, region_id: str | None) -> None:
    points = pd.DataFrame({"lon": [9.0, lon], "lat": [9.0, lat]}, index=[7, 3])
    found = assign_points(points, LOCATIONS, OUTLINES)
    assert found.index.tolist() == [7, 3]
    assert found.name == "region_id"
    assert pd.isna(found[7])
    assert (None if pd.isna(found[3]) else found[3]) == region_id


def test_the_order_of_points_does_not_matter() -> None:
    points = pd.DataFrame({"lon": [1.0, 0.2, 1.0, 1.9], "lat": [0.5, 0.5, 0.2, 0.5]})
    there = assign_points(points, LOCATIONS, OUTLINES)
    back = assign_points(points[::-1], LOCATIONS, OUTLINES)[::-1]
    assert there.tolist() == back.tolist() == ["R0002", "R0002", "R0002", "R0001"]


def test_points_in_another_reference_system_are_brought_to_degrees() -> None:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1.5], [0.5]), crs="EPSG:4326")
    assert assign_points(points.to_crs("EPSG:3857"), LOCATIONS, OUTLINES).tolist() == ["R0001"]


def test_a_table_without_coordinates_is_refused() -> None:
    with pytest.raises(InputError, match="Must have lon and lat in degrees, as numbers"):
        assign_points(pd.DataFrame({"x": [1.0]}), LOCATIONS, OUTLINES)
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:4326")
    with pytest.raises(InputError, match="Must be points; found LineString"):
        assign_points(lines, LOCATIONS, OUTLINES)


def test_a_table_with_two_columns_of_one_name_is_refused() -> None:
    points = pd.DataFrame([[1.5, 0.5, 0.5]], columns=["lon", "lat", "lon"])
    told = r"Invalid table\. Must have one name a column; found one name twice\."
    with pytest.raises(InputError, match=told):
        assign_points(points, LOCATIONS, OUTLINES)
    other = pd.DataFrame([[1.5, 0.5, 1, 2]], columns=["lon", "lat", "other", "other"])
    assert assign_points(other, LOCATIONS, OUTLINES).tolist() == ["R0001"]


def test_no_points_have_no_regions() -> None:
    empty = pd.DataFrame({"lon": [], "lat": []}, dtype="float64")
    assert assign_points(empty, LOCATIONS, OUTLINES).tolist() == []
