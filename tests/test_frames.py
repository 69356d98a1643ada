"""Tables in memory: their columns may be of types that pandas alone has."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from shapely import MultiPoint, Point, box

import gii_geo
from gii_geo.records.sources.roles import flatten_roles
from gii_geo.tables import InputError

PLACE = {"lon": [8.5] * 3, "lat": [47.4] * 3}
OTHER = {
    "periods of a year": {"year": pd.PeriodIndex(["2019"] * 3, freq="Y")},
    "periods of a week": {"year": pd.PeriodIndex(["2019-03-11"] * 3, freq="W")},
    "half floats": {"year": np.array([2019] * 3, dtype="float16")},
    "sparse": {"year": pd.arrays.SparseArray([2019, 2019, 2019])},
}


@pytest.mark.parametrize("name", OTHER)
def test_columns_of_types_that_engines_have_not_are_read(name: str) -> None:
    world = gii_geo.read_world({"patent": pd.DataFrame({**PLACE, **OTHER[name]})})
    assert world.places["year"].tolist() == [2019]
    assert world.places["rows"].tolist() == [3]


def test_half_floats_of_arrow_are_read() -> None:
    table = pa.table({**PLACE, "count": pa.array(np.array([1, 2, 3], dtype="float16"))})
    assert gii_geo.read_world({"patent": table}).places["addresses"].tolist() == [6]


@pytest.mark.parametrize(
    ("cells", "digits", "scale", "placed"),
    [
        (["1", "2", "3"], 76, 0, [1, 2, 3]),
        (["1", "2", "3"], 50, 40, [1, 2, 3]),
        (["100", "200", "300"], 50, -2, [100, 200, 300]),
        (["1", "2", "9" * 44], 50, 2, [1, 2]),
    ],
)
def test_decimals_of_more_digits_than_engines_have_are_read(
    cells: list[str], digits: int, scale: int, placed: list[int]
) -> None:
    long = pa.array([Decimal(cell) for cell in cells], pa.decimal256(digits, scale))
    counted = gii_geo.read_world({"patent": pa.table({**PLACE, "count": long})})
    assert counted.places["addresses"].sum() == sum(placed)
    beside = gii_geo.read_world({"patent": pa.table({**PLACE, "other": long})})
    assert beside.places["rows"].tolist() == [3]


def test_ids_of_more_digits_than_engines_have_stay_apart() -> None:
    ids = [Decimal("9" * 44), Decimal("9" * 44), Decimal("9" * 43 + "8")]
    table = pa.table({**PLACE, "record_id": pa.array(ids, pa.decimal256(50, 0))})
    assert gii_geo.read_world({"patent": table}).accounts["records"].sum() == 2


def test_an_index_that_has_a_name_is_a_column() -> None:
    rows = pd.DataFrame({**PLACE, "record_id": ["a", "a", "b"]}).set_index("record_id")
    assert gii_geo.read_world({"patent": rows}).accounts["records"].sum() == 2
    odd = rows.reset_index().set_index(pd.Index([5, 5, 5]))
    assert gii_geo.read_world({"patent": odd}).accounts["records"].sum() == 2


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([7, "A7", None], "found int and str in column record_id: write it as texts."),
        ([10**30, 1, 2], "found int that engines have not in column record_id: write it as texts."),
        ([("US", 1)] * 3, "found tuple that engines have not in column record_id"),
        (["a", "\ud800", "b"], "found half of a letter (U+D800 to U+DFFF) in column record_id"),
    ],
)
def test_a_column_of_several_types_is_refused_by_its_name(cells: list[Any], found: str) -> None:
    rows = pd.DataFrame({**PLACE, "record_id": pd.Series(cells, dtype=object)})
    with pytest.raises(InputError, match=re.escape(f"Must have one type a column; {found}")):
        gii_geo.read_world({"patent": rows})


def test_columns_may_be_named_by_numbers_and_by_several_texts() -> None:
    rows = pd.DataFrame([[8.5, 47.4]])
    world = gii_geo.read_world({"patent": rows}, columns={"lon": 0, "lat": 1})
    assert world.locations.to_dict("list") == {"lon": [8.5], "lat": [47.4]}
    rows.columns = pd.MultiIndex.from_tuples([("at", "lon"), ("at", "lat")])
    columns = {"lon": ("at", "lon"), "lat": ("at", "lat")}
    assert len(gii_geo.read_world({"patent": rows}, columns=columns).locations) == 1
    with pytest.raises(InputError, match=r"Invalid column None for lon\. Must be a column's name"):
        flatten_roles({"lon": None})


@pytest.mark.parametrize("cells", [[["a"]] * 3, [timedelta(1)] * 3])
def test_a_lazy_column_of_no_single_values_is_refused(cells: list[Any]) -> None:
    rows = pl.DataFrame({**PLACE, "record_id": cells}).lazy()
    with pytest.raises(InputError, match=r"Invalid column record_id of table\. Must be one text"):
        gii_geo.read_world({"patent": rows})


def test_the_first_geometry_that_is_no_point_is_named_by_its_row() -> None:
    rows = gpd.GeoDataFrame(geometry=[Point(8.5, 47.4), None, box(8, 47, 9, 48)], crs=4326)
    with pytest.raises(
        InputError,
        match=r"Invalid geometry in table\. Must be points; found Polygon, first in row 3 and in 1 "
        r"of 3 rows: give points, or columns lon and lat\.",
    ):
        gii_geo.read_world({"patent": rows})


def test_a_collection_of_one_point_is_the_point() -> None:
    one = gpd.GeoDataFrame(geometry=[MultiPoint([(8.5, 47.4)]), Point(8.5, 47.4)], crs=4326)
    world = gii_geo.read_world({"patent": one})
    assert world.places["rows"].tolist() == [2]
    two = gpd.GeoDataFrame(geometry=[MultiPoint([(8.5, 47.4), (8, 47)])], crs=4326)
    with pytest.raises(InputError, match=r"found MultiPoint, first in row 1"):
        gii_geo.read_world({"patent": two})


def test_a_geodataframe_without_geometry_is_a_table_and_a_geoseries_none() -> None:
    assert len(gii_geo.read_world({"patent": gpd.GeoDataFrame(PLACE)}).locations) == 1
    with pytest.raises(TypeError, match=r"Invalid addresses of type GeoSeries\. Must be path"):
        gii_geo.read_world({"patent": gpd.GeoSeries([Point(8.5, 47.4)])})
