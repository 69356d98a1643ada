"""Arguments of another type are refused in one sentence that names them, never taken in silence."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import gii_geo
from gii_geo.ranges import check_flag
from gii_geo.tables import InputError

NO_FLAGS = ["no", "False", "", float("nan"), None, 2, [], {}, np.array([True, False]), pd.NA]


@pytest.mark.parametrize("value", NO_FLAGS)
def test_what_is_neither_yes_nor_no_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Invalid it .*\. Must be True or False\.$"):
        check_flag("it", value)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_, 1, 0.0])
def test_yes_and_no_of_numpy_are_yes_and_no(value: Any) -> None:
    assert check_flag("it", value) is bool(value)


@pytest.mark.parametrize("value", ["no", float("nan"), [], np.array([True, False])])
@pytest.mark.parametrize("name", ["allow_contradictions", "geocode"])
def test_reading_refuses_what_is_neither_yes_nor_no(
    name: str, value: Any, small_world: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=f"^Invalid {name} .*Must be True or False"):
        gii_geo.read_world(small_world, **{name: value})


def test_reading_takes_yes_and_no_of_numpy(small_world: pd.DataFrame) -> None:
    flags = {"allow_contradictions": np.True_, "geocode": np.False_}
    world = gii_geo.read_world(small_world, **flags)
    assert world.provenance["options"]["allow_contradictions"] is True


@pytest.mark.parametrize("value", ["x", float("nan"), []])
def test_questions_refuse_what_is_neither_yes_nor_no(
    value: Any, small_result: gii_geo.Result
) -> None:
    with pytest.raises(ValueError, match=r"^Invalid simultaneous .*Must be True or False"):
        small_result.rank_sets(simultaneous=value)
    with pytest.raises(InputError, match=r"^Invalid redraw_records .*Must be True or False"):
        small_result.stability(draws=1, redraw_records=value)
    with pytest.raises(ValueError, match=r"^Invalid for_maps .*Must be True or False"):
        gii_geo.sweep_radii(small_result, for_maps=value)


@pytest.mark.parametrize("radius_km", [True, np.True_, "15", None, [15]])
def test_what_is_no_radius_is_refused(radius_km: Any, small_result: gii_geo.Result) -> None:
    for ask in (gii_geo.sweep_radii, gii_geo.Result.explore):
        with pytest.raises(ValueError, match=r"^Invalid radius_km .*Must be a number"):
            ask(small_result, radii_km=[radius_km])


def test_bytes_are_no_list_of_radii(small_result: gii_geo.Result) -> None:
    for ask in (gii_geo.sweep_radii, gii_geo.Result.explore):
        with pytest.raises(TypeError, match=r"^Invalid radii_km b'a'. Must be a list of radii"):
            ask(small_result, radii_km=b"a")


def test_radii_of_numpy_are_radii(small_result: gii_geo.Result) -> None:
    radii_km = np.array([15, 30])
    swept = gii_geo.sweep_radii(small_result, radii_km=[np.float64(15), np.int64(30)])
    assert swept["radius_km"].unique().tolist() == [15.0, 30.0]
    assert small_result.explore(radii_km=radii_km).height_px > 0


@pytest.mark.parametrize(
    "people",
    [
        [True, False],
        pd.array([True, None], dtype="boolean"),
        pd.Series([True, 5], dtype="object"),
    ],
)
def test_people_that_are_true_or_false_are_refused(people: Any, small_world: pd.DataFrame) -> None:
    points = pd.DataFrame({"lon": [7.6, 2.3], "lat": [47.6, 48.9], "population": people})
    with pytest.raises(InputError, match=r"^Invalid population of population table. Must be num"):
        gii_geo.find_regions(small_world, population=points)
