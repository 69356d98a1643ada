"""What nobody may miss stands first: on the screen, in run.json and as a warning of Python."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gii_geo
from conftest import RunCli
from gii_geo import DataWarning, Settings
from gii_geo.about import describe_dense


def scatter(kind: str, count: int, *, lost: int = 0) -> pd.DataFrame:
    """Put addresses around Paris, each at its own place, and some at no place."""
    steps = np.arange(count)
    lon, lat = 2.3 + steps % 20 / 1000, 48.8 + steps // 20 / 1000
    placed = pd.DataFrame({"kind": kind, "lon": lon, "lat": lat})
    return pd.concat(
        [placed, pd.DataFrame({"kind": kind, "lon": [np.nan] * lost, "lat": 48.8})],
        ignore_index=True,
    )


def alarms(table: pd.DataFrame, settings: Settings) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = gii_geo.find_regions(table, settings)
    told = [str(one.message) for one in caught if issubclass(one.category, DataWarning)]
    assert told == result.provenance["warnings"]
    return told


FEW = Settings(min_addresses=20)


def test_a_sound_table_raises_none() -> None:
    assert alarms(scatter("patent", 200, lost=10), FEW) == []


def test_many_rejected_rows_are_told_first() -> None:
    assert alarms(scatter("patent", 190, lost=10), FEW) == []  # 5 % is not more than 5 %
    told = alarms(scatter("patent", 189, lost=11), FEW)
    assert told == ["11 of 200 patent rows are rejected: no coordinates (11)."]


def test_records_of_too_many_addresses_are_told() -> None:
    """As where a column of economies is taken for the ids."""
    table = scatter("patent", 300)
    told = "300 addresses of patents are of 2 records: does record_id tell records apart?"
    assert alarms(table.assign(record_id=[*"ab"] * 150), FEW) == [told]
    assert alarms(table.assign(record_id=[*"abc"] * 100), FEW) == []
    assert told.replace("2 records", "one record") in alarms(table.assign(record_id="a"), FEW)


def test_an_id_that_may_stand_for_none_is_told() -> None:
    table = scatter("patent", 100_000)
    ids = table.index.astype("str").to_series(index=table.index)
    told = "One record of patents has 1,001 addresses (100,000 are placed): "
    told += "does its id stand for none, such as 0 or TBD?"
    assert alarms(table.assign(record_id=ids.where(ids.index >= 1001, "TBD")), FEW) == [told]
    assert alarms(table.assign(record_id=ids.where(ids.index >= 1000, "TBD")), FEW) == []


def test_records_whose_units_are_lost_as_they_are_split_are_told() -> None:
    """5,354,228,880 units over 800,000,000 addresses are 6 each, so that 10.35 % are left."""
    table = scatter("patent", 200).assign(record_id=[*range(100)] * 2)
    told = (
        "10.4 of 100 records of patents are lost as they are split over so many addresses: give "
        "counts of a thousandth."
    )
    assert told in alarms(table.assign(count=400_000_000), FEW)
    assert not any("lost" in one for one in alarms(table.assign(count=400_000), FEW))


def test_naming_all_kinds_of_wipo_is_no_word_on_those_that_are_not_there() -> None:
    table = scatter("patent", 300)
    assert alarms(table, Settings(min_addresses=20, kinds=("patent", "publication", "deal"))) == []
    (told,) = alarms(table, Settings(min_addresses=20, kinds=("patent", "deal")))
    assert told == "There are no deals: what is said of them has no effect."


def test_a_kind_of_few_addresses_is_told() -> None:
    table = pd.concat([scatter("patent", 200), scatter("deal", 99)])
    assert alarms(table, FEW) == ["Deals rest on 99 addresses only."]
    assert alarms(pd.concat([table, scatter("deal", 1)]), FEW) == []
    only = Settings(min_addresses=20, kinds=("patent",))
    assert alarms(table, only) == []
    one = pd.concat([scatter("patent", 200), scatter("clinical_trial", 1)])
    assert alarms(one, FEW) == ["Clinical trials rest on one address only."]


def test_a_minimum_that_one_address_reaches_is_told() -> None:
    """Of 1,000 patents and 100 deals a deal is 1 / 200 of the activity."""
    table = pd.concat([scatter("patent", 1000), scatter("deal", 100)])
    assert alarms(table, Settings(min_share=0.0051)) == []
    told = alarms(table, Settings(min_share=0.005))
    assert told == ["The minimum is too low: a single address of deals is dense by itself."]
    assert alarms(scatter("patent", 200), Settings(min_addresses=2)) == []
    assert len(alarms(scatter("patent", 200), Settings(min_addresses=1))) == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"years": {"deal": (1990, 1995)}},
            "No record of the 200 rows of deals is of the years 1990",
        ),
        ({"score_weights": {"publication": 2}}, "There are no publications: what is said of them"),
        ({"years": {"publication": (2019, 2020)}}, "There are no publications"),
        ({"score_weights": {"patent": 0, "deal": 0}}, "No kind that counts weighs anything"),
    ],
)
def test_settings_that_nothing_answers_to_are_told(settings: dict[str, Any], told: str) -> None:
    table = pd.concat([scatter("patent", 200), scatter("deal", 200)]).assign(year=2019)
    assert alarms(table, FEW) == []
    found = alarms(table, FEW.replace(**settings))
    assert any(one.startswith(told) for one in found), found


def test_locations_that_are_all_regions_are_told() -> None:
    apart = pd.DataFrame({"kind": "patent", "lon": [2.3, 7.6, 8.5] * 50, "lat": 48.0})
    told = alarms(apart, FEW)
    assert told == ["Every one of the 3 locations is a region of its own."]
    assert alarms(apart[apart["lon"] < 3].reset_index(drop=True), Settings(min_addresses=5)) == [
        "Patents rest on 50 addresses only."
    ]


def test_what_is_dense_is_said_in_addresses_of_each_kind() -> None:
    """1 % of the activity is 1 % of both kinds' halves: 20 of 1,000 patents, 4 of 200 deals."""
    table = pd.concat([scatter("patent", 1000), scatter("deal", 200)])
    result = gii_geo.find_regions(table, Settings(min_share=0.01))
    expected = (
        "Dense is what has 20 inventors, or 4 funded companies, or any mixture, within 15 km."
    )
    assert describe_dense(result) == expected
    counted = gii_geo.find_regions(table, Settings(min_addresses=30))
    assert describe_dense(counted).startswith("Dense is what has 30 inventors, or 30 funded")


def test_the_screen_begins_with_it_and_the_file_has_it(run_cli: RunCli, tmp_path: Path) -> None:
    scatter("patent", 80, lost=20).to_csv(tmp_path / "a.csv", index=False)
    out = tmp_path / "out"
    said = run_cli("run", "--addresses", tmp_path / "a.csv", "--min-addresses", 20, "--out", out)
    assert said.exit_code == 0
    first, second, *_ = said.stdout.splitlines()
    assert first == "Warning: 20 of 100 patent rows are rejected: no coordinates (20)."
    assert second == "Warning: Patents rest on 80 addresses only."
    assert "DataWarning" not in said.stderr
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["warnings"] == [line.removeprefix("Warning: ") for line in (first, second)]


def test_a_warning_can_be_made_an_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        with pytest.raises(DataWarning, match="rest on 50 addresses"):
            gii_geo.find_regions(scatter("patent", 50), FEW)


def test_regions_in_no_economy_are_noted_by_name() -> None:
    spots = {"basel": (7.59, 47.56), "gulf": (-1.0, -1.0)}
    rows = [{"lon": lon, "lat": lat} for lon, lat in spots.values() for _ in range(60)]
    rows += [{"lon": 7.59, "lat": 47.56}] * 600
    result = gii_geo.find_regions({"patent": pd.DataFrame(rows)})
    (told,) = [note for note in result.provenance["notes"] if "no economy" in note]
    name = result.regions["name"].iloc[1]
    where = f"1 region lies far out at sea, in no economy: {name} (rank 2)"
    assert told == f"{where}: are its coordinates true?"


def test_a_region_far_from_any_town_says_so_behind_its_name() -> None:
    spots = [(7.59, 47.56, 300), (166.67, -77.85, 60), (-155.0, 20.9, 60)]
    rows = [{"lon": lon, "lat": lat} for lon, lat, many in spots for _ in range(many)]
    result = gii_geo.find_regions({"patent": pd.DataFrame(rows)})
    far = [" (more than 200 km away)" in name for name in result.regions["name"]]
    assert far == [False, False, True]  # by rank: Basel, then off Hawaii, then on Ross Island
    assert set(result.cities["city"]) == set(result.regions["name"].str.replace(", HI", ""))
