"""Arguments of another type are refused in one sentence that names them, never taken in silence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from conftest import RunCli
from gii_geo import compare, export, plot
from gii_geo.cli.options import spread_values
from gii_geo.cli.pairs import read_windows, read_years
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
        pd.to_datetime(["2020", "2021"]),
        pd.to_timedelta([1, 2], unit="D"),
        [1j, 2j],
        pd.Series([pd.Timestamp("2020"), 5], dtype="object"),
        [[1], [2]],
    ],
)
def test_people_that_are_no_numbers_are_refused(people: Any, small_world: pd.DataFrame) -> None:
    points = pd.DataFrame({"lon": [7.6, 2.3], "lat": [47.6, 48.9], "population": people})
    with pytest.raises(InputError, match=r"^Invalid population of population table. Must be num"):
        gii_geo.find_regions(small_world, population=points)


@pytest.mark.parametrize("value", ["512MB", 3, ["a"], True])
@pytest.mark.parametrize("name", ["duckdb", "spark", "source_options"])
def test_options_that_map_nothing_are_refused(
    name: str, value: Any, small_world: pd.DataFrame
) -> None:
    sentence = rf"^Invalid {name}\. Must map .*; found {type(value).__name__}\.$"
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(small_world, **{name: value})


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"source": []}, r"^Invalid source \[\]\. Must be columns, patentsview"),
        ({"source": {}}, r"^Invalid source {}\. Must be columns, patentsview"),
        ({"source": "openalex", "source_options": {15: 1}}, r"^Invalid source option 15 of openal"),
        ({"cache": 5}, r"^Invalid cache\. Must be a folder, such as 'cache'; found int\.$"),
        ({"cache": True}, r"^Invalid cache\. Must be a folder, such as 'cache'; found bool\.$"),
        ({"progress": True}, r"^Invalid progress True\. Must be something to call.*; found bool"),
        ({"progress": "x"}, r"^Invalid progress 'x'\. Must be something to call.*; found str"),
    ],
)
def test_reading_refuses_other_types(
    option: dict[str, Any], sentence: str, small_world: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(small_world, **option)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"previous": 3}, r"^Invalid previous\. Must be the folder of an earlier .*; found int"),
        ({"previous": ["a", 3]}, r"^Invalid previous\. Must be the folder of .*; found int"),
        ({"population": 5}, r"^Invalid population\. Must be the path of a raster .*; found int"),
        ({"population": [1]}, r"^Invalid population\. Must be the path of .*; found list"),
        ({"progress": True}, r"^Invalid progress True\. Must be something to call"),
    ],
)
def test_a_run_refuses_other_types(
    option: dict[str, Any], sentence: str, small_world: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=sentence):
        gii_geo.find_regions(small_world, **option)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"choices": "gap_km"}, r"^Invalid choices\. Must map choice to range .*; found str"),
        ({"choices": ["gap_km"]}, r"^Invalid choices\. Must map choice to range .*; found list"),
        ({"choices": {5: (1, 2)}}, r"^Invalid choice 5\. Must be one that is drawn"),
        ({"pairs": None}, r"^Invalid pairs\. Must be a list of pairs of places; found NoneType"),
        ({"pairs": 5}, r"^Invalid pairs\. Must be a list of pairs of places; found int"),
        ({"pairs": [5]}, r"^Invalid pair 5\. Must be two places"),
        ({"progress": True}, r"^Invalid progress True\. Must be something to call"),
    ],
)
def test_stability_refuses_other_types(
    option: dict[str, Any], sentence: str, small_result: gii_geo.Result
) -> None:
    with pytest.raises(InputError, match=sentence):
        small_result.stability(draws=1, **option)


@pytest.mark.parametrize("region_id", [["R0001"], {}, 5, None, np.array(["R0001", "R0002"])])
def test_what_is_no_region_id_is_refused(region_id: Any, small_result: gii_geo.Result) -> None:
    for ask in (small_result.explain, small_result.members):
        with pytest.raises(InputError, match=r"^Invalid region_id .*Must be a region of the"):
            ask(region_id)
    for pair in ((region_id, "R0001"), ("R0001", region_id)):
        with pytest.raises(InputError, match=r"^Invalid region_id .*Must be a region of the"):
            small_result.confidence_above(*pair)


@pytest.mark.parametrize("edition", [2023.0, np.float64(2023), True, None, [2023]])
def test_what_is_no_edition_is_refused(edition: Any) -> None:
    kind = type(edition).__name__
    sentence = rf"^Invalid published ranking .* Must be an edition, .*; found {kind}\.$"
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_published(edition)


def test_an_edition_may_be_a_number_of_numpy() -> None:
    assert len(gii_geo.read_published(np.int64(2023))) == len(gii_geo.read_published("2023"))


@pytest.mark.parametrize("published", [0.9, np.float64(0.9), 2023, None])
def test_what_is_no_published_table_is_refused(
    published: Any, small_result: gii_geo.Result
) -> None:
    with pytest.raises(TypeError, match=r"^Invalid published of type .*Must be a pandas DataFr"):
        gii_geo.compare_regions(
            small_result.regions, small_result.locations, published, radius_km=15
        )


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--addresses", "--out", "out"],
        ["run", "--records", "--out", "out"],
        ["run", "--demo", "--previous", "--out", "out"],
        ["read", "--out", "--demo"],
        ["windows", "--demo", "--windows", "--out", "out"],
    ],
)
def test_an_option_takes_no_other_option_for_its_value(
    words: list[str], run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run_cli(*words)
    assert said.exit_code == 2
    forgotten = next(word for word in words if word.startswith("--") and word != "--demo")
    assert f"Option '{forgotten}' requires an argument" in said.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--patents", "", "--out", "out"],
        ["run", "--patents", "a.csv", "", "--out", "out"],
        ["run", "--patents", "a.csv", "--out", ""],
        ["run", "--patents", "a.csv", "--out="],
        ["run", "--demo", "--previous", ""],
        ["read", "--addresses", ""],
        ["compare", "out", "--chart", ""],
    ],
)
def test_an_empty_text_is_no_value(
    words: list[str], run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("lon,lat\n7.6,47.5\n", encoding="utf-8")
    said = run_cli(*words)
    assert said.exit_code == 2
    place = words.index("--out=" if "--out=" in words else "")
    option = next(word for word in reversed(words[: place + 1]) if word.startswith("--"))
    assert f"Option '{option.rstrip('=')}' requires an argument" in said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert run_cli("run", "--demo", "").exit_code == 2  # a world, which is not left out either


@pytest.mark.parametrize("addresses", ["", [""], {"patent": ""}, {"patent": ["a.csv", ""]}])
def test_an_empty_text_is_no_path(addresses: Any) -> None:
    with pytest.raises(InputError, match=r"Invalid path ''\. Must be that of a file or folder"):
        gii_geo.read_world(addresses)


def test_what_stands_behind_two_dashes_is_left_as_it_is() -> None:
    assert spread_values(["run", "--out", "out", "--", "--out"])[1:] == [
        "--out",
        "out",
        "--",
        "--out",
    ]


def test_years_that_go_backwards_are_told_so() -> None:
    ends = r"\. Must be a first and a last year, in order; found the first, 2020, after the last\.$"
    with pytest.raises(ValueError, match=rf"^Invalid years patent=2020-2018{ends}"):
        read_years(["patent=2020-2018"])
    with pytest.raises(ValueError, match=rf"^Invalid years 2020-2014{ends}"):
        read_windows(["2020-2014"])
    assert read_years(["patent=2020"]) == {"patent": (2020, 2020)}


@pytest.mark.parametrize("name", ["method", "counting", "share_of", "density_weight"])
def test_a_word_is_no_list_of_words(name: str) -> None:
    for value in (["dbscan"], np.array(["full", "all"]), 5):
        with pytest.raises(ValueError, match=rf"^Invalid {name} .*Must be "):
            gii_geo.Settings(**{name: value})


def test_words_of_questions_are_no_lists(small_result: gii_geo.Result) -> None:
    by: Any = np.array(["score", "intensity"])
    with pytest.raises(ValueError, match=r"^Invalid by .*Must be score"):
        small_result.rank_sets(by=by)
    count: Any = ["each"]
    with pytest.raises(ValueError, match=r"^Invalid count \['each'\]\. Must be each or first"):
        gii_geo.compare.count_economies(small_result.regions, count=count)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"radius_km": "15"}, r"^Invalid radius_km '15'\. Must be a number\.$"),
        ({"radius_km": True}, r"^Invalid radius_km True\. Must be a number\.$"),
        ({"score_weights": "x"}, r"^Invalid score_weights\. Must map kind .*; found str\.$"),
    ],
)
def test_a_comparison_refuses_other_types(
    option: dict[str, Any], sentence: str, small_result: gii_geo.Result
) -> None:
    asked = {"radius_km": 15, **option}
    tables = (small_result.regions, small_result.locations, gii_geo.read_published(2023))
    with pytest.raises(TypeError, match=sentence):
        gii_geo.compare_regions(*tables, **asked)


@pytest.mark.parametrize("name", ["gazetteer", "corrections"])
def test_tables_of_the_geocoder_are_tables(name: str, small_world: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=rf"^Invalid {name} of the geocoder\. .*; found int"):
        gii_geo.read_world(small_world, geocode={name: 5})


def test_paths_are_paths(small_world: pd.DataFrame, small_result: gii_geo.Result) -> None:
    with pytest.raises(InputError, match=r"^Invalid spill folder\. Must be a path.*; found int"):
        gii_geo.read_world(small_world, duckdb={"spill": 5})
    folder: Any = 5
    with pytest.raises(InputError, match=r"^Invalid world\. Must be the folder .*; found int"):
        gii_geo.World.read(folder)
    with pytest.raises(ValueError, match=r"^Invalid radius_km 'x'\. Must be a number"):
        small_result.write("out", radii_km=["x"])  # type: ignore[list-item]


SHOWN: dict[str, Any] = {"title": "t", "source": "s"}
LINKAGE = np.array([[0, 1, 13.0, 2]])
REFUSED: dict[str, tuple[Callable[[gii_geo.Result], Any], str]] = {
    "a title": (
        lambda own: plot.plot_world(own.regions, title=5, source="s"),  # type: ignore[arg-type]
        r"Invalid title\. Must be a text; found int",
    ),
    "a source": (
        lambda own: plot.plot_scores(own.regions, title="t", source=None),  # type: ignore[arg-type]
        r"Invalid source\. Must be a text; found NoneType",
    ),
    "texts by radius": (
        lambda own: plot.plot_radii(own.regions[["name"]], **SHOWN),
        r"Invalid by_radius\. Must have numbers by radius; found str in name",
    ),
    "bridges": (
        lambda own: plot.plot_region(
            own.regions, own.locations, region_id="R0001", source="s", bridges=own.economies
        ),
        r"Invalid bridges without lon_a, lat_a, lon_b, lat_b",
    ),
    "half a rank": (
        lambda own: plot.plot_rank_sets(own.regions, first=1.5, **SHOWN),  # type: ignore[arg-type]
        r"Invalid first 1\.5\. Must be a whole number",
    ),
    "fewer radii than places": (
        lambda _: plot.plot_merge_tree(LINKAGE, ["a", "b"], core_radius_km=[1], **SHOWN),
        r"Invalid core_radius_km of 1 places\. Must be of 2",
    ),
    "a mapping of economies": (
        lambda _: compare.compare_economies(pd.Series({"CH": 1}), {"CH": 2}),  # type: ignore[arg-type]
        r"Invalid reference\. Must be a pandas Series .*; found dict",
    ),
    "half a region": (
        lambda _: compare.compare_economies(pd.Series({"CH": 1.5}), pd.Series({"CH": 2})),
        r"Invalid counts\. Must be a pandas Series of whole numbers",
    ),
    "a text for a radius": (
        lambda own: own.merge_tree().cut("a"),  # type: ignore[arg-type]
        r"Invalid radius_km 'a'\. Must be a number",
    ),
    "a number for a folder": (
        lambda _: export.read_run(5),  # type: ignore[arg-type]
        r"Invalid folder\. Must be the folder of a run; found int",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    name: str, small_result: gii_geo.Result
) -> None:
    ask, sentence = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        ask(small_result)


def test_files_may_be_named_by_texts(small_result: gii_geo.Result, tmp_path: Path) -> None:
    export.write_ranking(small_result.regions, f"{tmp_path}/a.csv")
    export.write_geojson(small_result.regions, f"{tmp_path}/a.geojson")
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "a.geojson"}


def test_a_table_given_twice_is_refused(small_world: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"^Invalid tables, one of them given twice\."):
        gii_geo.read_world([small_world, small_world])


def test_kinds_that_are_true_or_false_are_refused(small_world: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"^Invalid kind 'true' in table, row 1\. Must be patent"):
        gii_geo.read_world(small_world.assign(kind=True))


def test_a_correction_that_is_no_text_is_refused() -> None:
    table = pd.DataFrame({"kind": ["deal"], "city": ["Basel"]})
    with pytest.raises(InputError, match=r"^Invalid correction 'Basel': 5\. Must be two texts"):
        gii_geo.read_world(table, geocode={"corrections": {"Basel": 5}})


def test_points_beyond_the_globe_are_told(small_result: gii_geo.Result) -> None:
    points = pd.DataFrame({"lon": [7.6, 367.6], "lat": [47.6, 47.6]})
    told = r"1 of 2 points are beyond 180 or 90 degrees: 367\.6, 47\.6 in row 2"
    with pytest.warns(gii_geo.DataWarning, match=told):
        assert small_result.assign(points).isna().tolist() == [False, True]


def test_a_table_that_cannot_be_read_any_more_is_refused() -> None:
    connection = duckdb.connect()
    gone = connection.sql("SELECT 'deal' AS kind, 8.5 AS lon, 47.4 AS lat")
    connection.close()
    for table, told in (
        (gone, "Connection has already been closed"),
        (pl.DataFrame({"a": [1]}).lazy().select("b"), 'unable to find column "b"'),
        (pl.scan_parquet("no such file.parquet"), "No such file"),
    ):
        with pytest.raises(
            InputError, match=f"^Invalid input. Must be readable to its end; .*{told}"
        ):
            gii_geo.read_world(table)
