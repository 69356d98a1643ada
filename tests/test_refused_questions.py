"""Questions that cannot be answered are refused in one sentence, before anything is done."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gii_geo
from conftest import RunCli
from gii_geo import Settings
from gii_geo.cli.pairs import read_vary
from gii_geo.tables import InputError


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"score_weights": {"trademark": 0.5}}, "Invalid kind 'trademark'. Must be in the world"),
        ({"years": {"trademark": (2010, 2012)}}, "Invalid kind 'trademark'. Must be in the world"),
        ({"kinds": ("trademark",)}, "Invalid kind 'trademark'. Must be in the world"),
        ({"radius": 10}, "did you mean radius_km"),
    ],
)
def test_again_refuses(
    changes: dict[str, Any], sentence: str, small_result: gii_geo.Result
) -> None:
    with pytest.raises(ValueError, match=sentence):
        small_result.again(**changes)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"counting": "full"}, "Invalid counting 'full'. Must be a list of values"),
        ({"radius_km": 10}, "Invalid radius_km 10. Must be a list of values"),
        ({"score_weights": {"deal": 1}}, "Must be a list of values"),
        ({"radius_km": [10, 10]}, "Must give each value once"),
        ({"radius": [10]}, "did you mean radius_km"),
        ({"radius_km": [10], "same": "x"}, "Invalid same 'x'. Must be minimum or density"),
        ({"radius_km": [10], "min_addresses": [5], "same": "density"}, "beside the same density"),
        ({}, "at least one value"),
    ],
)
def test_a_sweep_refuses(
    choices: dict[str, Any], sentence: str, small_result: gii_geo.Result
) -> None:
    with pytest.raises((ValueError, TypeError), match=sentence):
        gii_geo.sweep_settings(small_result, **choices)


def test_the_same_density_is_that_of_the_run(small_result: gii_geo.Result) -> None:
    swept = gii_geo.sweep_settings(small_result, radius_km=np.array([15.0, 30.0]), same="density")
    assert swept.groupby("radius_km")["min_addresses"].first().tolist() == [60, 240]


@pytest.mark.parametrize("radii_km", [10, "10"])
def test_radii_that_are_no_list_are_refused(radii_km: Any, small_result: gii_geo.Result) -> None:
    with pytest.raises(TypeError, match="Must be a list of radii"):
        small_result.explore(radii_km=radii_km)


@pytest.mark.parametrize(
    "window", ["2016-2018", (2016,), (2016.5, 2018), (2016, 2017, 2018), (2018, 2017), 2018]
)
def test_what_is_no_window_is_refused(window: Any, small_world: pd.DataFrame) -> None:
    told = f"Invalid window {window!r}. Must be a first and a last year, in order."
    with pytest.raises(ValueError, match=re.escape(told)):
        gii_geo.rank_windows(small_world, [window])
    with pytest.raises(TypeError, match=r"Invalid windows\. Must be a list .*; found int\."):
        gii_geo.rank_windows(small_world, 2018)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{"radius_km": 3}, {}, "2024"])
def test_what_is_no_settings_is_refused_before_anything_is_read(settings: Any) -> None:
    told = "Invalid settings. Must be Settings, such as Settings(radius_km=3); found "
    for ask in (gii_geo.find_regions, partial(gii_geo.rank_windows, windows=[(2018, 2019)])):
        with pytest.raises(TypeError, match=re.escape(told)):
            ask("no/such.csv", settings=settings)  # type: ignore[operator]


@pytest.mark.parametrize("ask", [gii_geo.sweep_radii, gii_geo.sweep_settings, gii_geo.find_joins])
def test_what_is_no_result_is_refused(ask: Any, small_read: gii_geo.World) -> None:
    told = r"Invalid result\. Must be a Result, such as find_regions gives; found World\."
    with pytest.raises(TypeError, match=told):
        ask(small_read)


@pytest.mark.parametrize("columns", [["lon"], [], "lon"])
def test_columns_that_map_nothing_are_refused_before_anything_is_read(columns: Any) -> None:
    told = "Invalid columns. Must map role to column, such as {'lon': 'x'}; found "
    for ask in (gii_geo.find_regions, gii_geo.read_world):
        with pytest.raises(TypeError, match=re.escape(told)):
            ask("no/such.csv", columns=columns)


@pytest.mark.parametrize("place", [3, (1.0,), (1.0, "x"), None, (1.0, 2.0, 3.0), (47.5, 97.6)])
def test_what_is_no_place_is_refused(place: Any, small_result: gii_geo.Result) -> None:
    with pytest.raises(ValueError, match="Must be a name, or \\(lon, lat\\) in degrees"):
        gii_geo.find_joins(small_result, "Basel", place)
    with pytest.raises(ValueError, match="Must be a name, or \\(lon, lat\\) in degrees"):
        small_result.stability(draws=2, pairs=[("Basel", place)])


def test_marks_that_name_no_files_are_refused_before_anything_is_written(
    small_result: gii_geo.Result, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=r"Invalid marks\. Must map the name of a file .*found int"):
        small_result.write(tmp_path / "out", marks=5)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_any_table_of_points_is_assigned(small_result: gii_geo.Result) -> None:
    points = {"lon": [7.59, 0.0], "lat": [47.56, 0.0]}
    expected = small_result.assign(pd.DataFrame(points)).tolist()
    assert small_result.assign(points).tolist() == expected  # type: ignore[arg-type]
    assert small_result.assign(pl.DataFrame(points)).tolist() == expected  # type: ignore[arg-type]
    for nothing in (None, 3, "points.csv"):
        with pytest.raises(InputError, match="Must have lon and lat in degrees"):
            small_result.assign(nothing)  # type: ignore[arg-type]


@pytest.fixture
def world(small_world: pd.DataFrame, tmp_path: Path) -> Path:
    """Write the small world."""
    gii_geo.read_world(small_world).write(tmp_path / "world")
    return tmp_path / "world"


def test_a_run_does_not_go_into_a_world(run_cli: RunCli, world: Path) -> None:
    before = {path: path.read_bytes() for path in world.iterdir()}
    said = run_cli("run", world, "--min-addresses", "60", "--out", world)
    assert said.exit_code == 2
    assert "Must not hold a world" in said.stderr
    assert {path: path.read_bytes() for path in world.iterdir()} == before
    with pytest.raises(InputError, match="Must not hold a world"):
        gii_geo.find_regions(world, Settings(min_addresses=60)).write(world)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "WORLD", "--weight", "trademark=0"], "Must be in the world"),
        (["run", "WORLD", "--cache", "kept"], "Invalid cache beside the world"),
        (["run", "WORLD", "--allow-contradictions"], "Invalid allow_contradictions beside"),
        (["sweep", "WORLD", "--vary", "radius=10"], "did you mean radius_km"),
        (["sweep", "WORLD", "--vary", "radius_km=10", "--same", "foo"], "minimum or density"),
        (["sweep", "WORLD", "--vary", "gap_km=1", "--out", "WORLD"], "found a folder"),
        (["sweep", "WORLD", "--vary", "gap_km=1", "--out", "no/s.csv"], "a folder that exists"),
        (["windows", "WORLD", "--windows", "2012-2013", "--out", "no/s.csv"], "that exists"),
    ],
)
def test_a_command_refuses_first(
    words: list[str], sentence: str, run_cli: RunCli, world: Path, tmp_path: Path
) -> None:
    said = run_cli(*[world if word == "WORLD" else word for word in words])
    assert said.exit_code == 2
    assert sentence in said.stderr.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["world"]


def test_a_world_that_was_changed_by_hand_is_refused(run_cli: RunCli, world: Path) -> None:
    told = json.loads((world / "world.json").read_text(encoding="utf-8"))
    told["kinds"] = ["patent"]
    (world / "world.json").write_text(json.dumps(told), encoding="utf-8")
    said = run_cli("run", world)
    assert said.exit_code == 2
    assert "Must be as it was written with the world" in said.stderr


def test_a_world_is_taken_for_addresses(run_cli: RunCli, world: Path, tmp_path: Path) -> None:
    words = ["--min-addresses", "60", "--out", tmp_path / "out"]
    assert run_cli("run", "--addresses", world, *words).exit_code == 0


def test_a_repeated_run_takes_no_other_option(run_cli: RunCli, world: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_cli("run", world, "--min-addresses", "60", "--out", out).exit_code == 0
    said = run_cli("run", "--repeat", out, "--radius-km", "3", "--out", tmp_path / "other")
    assert said.exit_code == 2
    assert "Invalid --radius-km beside --repeat" in said.stderr


def test_windows_in_which_there_is_nothing_are_told_of(
    run_cli: RunCli, world: Path, tmp_path: Path
) -> None:
    said = run_cli("windows", world, "--windows", "1950-1951", "--out", tmp_path / "w.csv")
    assert said.exit_code == 0
    assert "No region in any window" in said.stdout


def test_a_setting_can_be_unset_and_kinds_chosen_in_a_sweep(
    run_cli: RunCli, world: Path, tmp_path: Path
) -> None:
    vary = ["--vary", "min_link_share=none,0.1", "kinds=patent+deal,patent"]
    words = ["--set", "min_addresses=60", "--out", tmp_path / "s.csv"]
    said = run_cli("sweep", world, *vary, *words)
    assert said.exit_code == 0, said.stderr
    swept = pd.read_csv(tmp_path / "s.csv", keep_default_na=False)
    assert set(swept["min_link_share"]) == {"none", "0.1"}
    assert set(swept["kinds"]) == {"patent-deal", "patent"}


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (["sweep", "--vary", "gap_km=0"], {"gap_km": 0}),
        (
            ["windows", "--windows", "2015-2030"],
            {"kinds": ["patent"], "years": {"patent": (2015, 2030)}},
        ),
        (["stability", "--draws", "1"], {}),
    ],
)
def test_the_real_sample_is_asked_with_its_own_minimum(
    run_cli: RunCli, tmp_path: Path, question: list[str], asked: dict[str, Any]
) -> None:
    said = run_cli(*question, "--sample", "--out", tmp_path / "s.csv")
    assert said.exit_code == 0, said.stderr
    result = gii_geo.find_regions(gii_geo.sample_path(), gii_geo.Settings(min_share=5e-4, **asked))
    assert len(pd.read_csv(tmp_path / "s.csv")) == len(result.regions)


SWEPT = ["--set", "min_addresses=60", "score_weights.patent=2", "--vary"]


@pytest.mark.parametrize(
    ("vary", "asked"),
    [
        (["score_weights.deal=0,1"], [{"patent": 2, "deal": 0}, {"patent": 2, "deal": 1}]),
        (
            ["score_weights.deal=0,3", "score_weights.patent=0,none"],
            [{"deal": 0, "patent": 0}, {"deal": 0}, {"deal": 3, "patent": 0}, {"deal": 3}],
        ),
    ],
)
def test_a_sweep_of_one_kind_leaves_what_is_said_of_the_others(
    run_cli: RunCli, world: Path, tmp_path: Path, vary: list[str], asked: list[dict[str, float]]
) -> None:
    said = run_cli("sweep", world, *SWEPT, *vary, "--out", tmp_path / "s.csv")
    assert said.exit_code == 0, said.stderr
    swept = pd.read_csv(tmp_path / "s.csv").groupby("combination")["score"].apply(list)
    settings = gii_geo.Settings(min_addresses=60)
    for found, weights in zip(swept, asked, strict=True):
        alone = gii_geo.find_regions(
            gii_geo.read_world(world), settings.replace(score_weights=weights)
        )
        assert found == pytest.approx(alone.regions["score"].tolist(), abs=1e-12)


def test_a_value_to_vary_is_written_as_one_to_set() -> None:
    settings = gii_geo.Settings(years={"deal": (2015, 2016)})
    assert read_vary(["years.patent=2015,2016-2017,none"], settings)["years"] == [
        {"deal": (2015, 2016), "patent": [2015, 2015]},
        {"deal": (2015, 2016), "patent": [2016, 2017]},
        {"deal": (2015, 2016)},
    ]
    assert read_vary(["years=none", "rank_sets=True,False"], settings) == {
        "years": [{}],
        "rank_sets": [True, False],
    }


@pytest.mark.parametrize(
    ("vary", "sentence"),
    [
        ("radius=1,2", "did you mean radius_km"),
        ("radius_km=10,-1", "Invalid radius_km -1"),
        ("counting=full,half", "Invalid counting 'half'"),
    ],
)
def test_a_sweep_is_refused_before_anything_is_read(
    run_cli: RunCli, tmp_path: Path, vary: str, sentence: str
) -> None:
    said = run_cli("sweep", "--patents", tmp_path / "not there.csv", "--vary", vary)
    assert said.exit_code == 2
    assert sentence in said.stderr


def test_a_combination_to_which_nothing_answers_is_warned_of(small_result: gii_geo.Result) -> None:
    with pytest.warns(gii_geo.DataWarning) as caught:
        gii_geo.sweep_settings(
            small_result,
            min_addresses=[60, 10**9],
            score_weights=[dict.fromkeys(("patent", "publication", "deal"), 0)],
        )
    assert [str(each.message) for each in caught] == [
        "No kind that counts weighs anything: every score is 0.",
        "No region with min_addresses 1000000000, score_weights patent=0 publication=0 deal=0.",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["sweep", "--vary", "radius_km=10,15"],
        ["stability", "--draws", "2"],
        ["windows", "--windows", "2016"],
    ],
)
def test_every_question_begins_with_what_is_wrong_with_the_input(
    run_cli: RunCli, tmp_path: Path, words: list[str]
) -> None:
    lines = ["lon,lat,economy,year"] + ["139.7,35.6,JP,2016"] * 100 + ["35.6,139.7,JP,2016"] * 50
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = [words[0], "--deals", tmp_path / "rows.csv", *words[1:], "--set", "min_addresses=9"]
    said = run_cli(*asked, "--out", tmp_path / "out")
    assert said.exit_code == 0, said.stderr
    first = said.stdout.splitlines()[0]
    assert first.startswith("Warning: ")
    assert "rows.csv: 50 deal rows are rejected for a latitude beyond 90 degrees" in first
    assert said.stdout.count(first) == 1


def test_a_run_is_not_repeated_after_another_previous_one(run_cli: RunCli, tmp_path: Path) -> None:
    before, out, again = (tmp_path / name for name in ("before", "out", "again"))
    lines = ["lon,lat,economy"] + ["139.7,35.6,JP"] * 100
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    words = ["run", "--deals", tmp_path / "rows.csv", "--min-addresses", "9", "--out"]
    for asked in ([before], [out, "--previous", before]):
        assert run_cli(*words, *asked).exit_code == 0
    assert run_cli("run", "--repeat", out, "--out", again).exit_code == 0
    for file in out.iterdir():
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name
    assert run_cli(*words, before, "--gap-km", "4").exit_code == 0
    said = run_cli("run", "--repeat", out, "--out", again)
    assert said.exit_code == 2
    assert f"Invalid previous run {before}. Must be as it was when" in said.stderr


def test_modules_that_the_readme_names_are_there() -> None:
    assert gii_geo.compare.count_economies.__doc__
    assert gii_geo.plot.plot_world.__doc__


def test_a_plural_is_not_made_plural_again() -> None:
    table = pd.DataFrame({"kind": "standards", "lon": [7.6] * 9, "lat": 47.6})
    regions = gii_geo.find_regions(table, Settings(min_addresses=5)).regions
    assert {"standards", "standards_share"} <= set(regions)
