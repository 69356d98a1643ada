"""What is done to a table or a mapping that a result handed out reaches no answer of it."""

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gii_geo
from gii_geo import Settings, compare
from gii_geo.answer import TABLES

HALVES = gpd.GeoDataFrame(
    {"name": ["west", "east"]},
    geometry=[shapely.box(-180, -90, 0, 90), shapely.box(0, -90, 180, 90)],
    crs="EPSG:4326",
)


def sort(table: pd.DataFrame) -> None:
    first = table.columns[0]
    table.sort_values(first, ascending=False, inplace=True)  # noqa: PD002


def cut(table: pd.DataFrame) -> None:
    table.drop(table.index[1:], inplace=True)  # noqa: PD002


def rename(table: pd.DataFrame) -> None:
    table.columns = [f"{name}_" for name in table]


def shorten(table: pd.DataFrame) -> None:
    del table[table.columns[0]]


def write_over(table: pd.DataFrame) -> None:
    table[table.columns[0]] = "a"
    table.iloc[:, 1] = table.iloc[::-1, 1].to_numpy()


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("change", [sort, cut, rename, shorten, write_over])
def test_a_table_that_is_changed_in_place_changes_no_answer(
    small_result: gii_geo.Result, change: Callable[[pd.DataFrame], None]
) -> None:
    names = ("regions", "regions_map", *TABLES)
    wanted = {name: getattr(small_result, name).copy() for name in names}
    counted = compare.polygons(small_result, HALVES).ranking
    told = str(small_result.explain("R0002"))
    for name in names:
        change(getattr(small_result, name))
    for name in names:
        pd.testing.assert_frame_equal(getattr(small_result, name), wanted[name], obj=name)
    pd.testing.assert_frame_equal(compare.polygons(small_result, HALVES).ranking, counted)
    assert str(small_result.explain("R0002")) == told


def test_no_table_takes_the_place_of_a_result_s(small_result: gii_geo.Result) -> None:
    with pytest.raises(AttributeError, match=r"Invalid assignment to regions\. Must be made on a"):
        small_result.regions = None


@pytest.mark.parametrize("name", ["score_weights", "years"])
def test_the_mappings_of_settings_cannot_be_changed(name: str) -> None:
    settings = Settings(years={"deal": (2019, 2020)}, score_weights={"deal": 2})
    mapping: Any = getattr(settings, name)
    for change in (
        lambda: mapping.update(deal=0),
        lambda: mapping.__setitem__("deal", 0),
        lambda: mapping.pop("deal"),
        mapping.clear,
        lambda: mapping.setdefault("deal", 0),
    ):
        with pytest.raises(
            TypeError, match=r"Invalid change of settings\. Must be made by replace"
        ):
            change()
    assert settings == Settings(years={"deal": (2019, 2020)}, score_weights={"deal": 2})
    for other in (copy.deepcopy(settings), pickle.loads(pickle.dumps(settings))):  # noqa: S301
        assert other == settings
        assert hash(other) == hash(settings)
    assert Settings.from_mapping(settings.to_dict()) == settings


def test_a_pickled_result_gives_no_warning_again(small_world: pd.DataFrame) -> None:
    with pytest.warns(gii_geo.DataWarning, match="addresses only"):
        result = gii_geo.find_regions(small_world[:40], Settings(min_addresses=3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = pickle.loads(pickle.dumps(result))  # noqa: S301
    assert other.provenance["warnings"] == result.provenance["warnings"] != []
