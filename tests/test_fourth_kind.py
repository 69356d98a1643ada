"""A kind that WIPO does not know, from the addresses to every file."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import gii_geo
from gii_geo import Settings
from gii_geo.export import read_run
from gii_geo.tables import InputError

DENSE = Settings(min_addresses=60)


@pytest.fixture(scope="module")
def marked(small_world: pd.DataFrame) -> pd.DataFrame:
    """Make every third address one of a trademark."""
    return small_world.assign(
        kind=small_world["kind"].where(small_world.index % 3 > 0, "trademark")
    )


@pytest.fixture(scope="module")
def result(marked: pd.DataFrame) -> gii_geo.Result:
    """Find the regions of a world of four kinds."""
    return gii_geo.find_regions(marked, DENSE)


def test_a_further_kind_just_works(marked: pd.DataFrame, result: gii_geo.Result) -> None:
    records = marked[marked["kind"] == "trademark"]["record_id"].nunique()
    assert result.accounts.kinds.loc["trademark", "records"] == records
    assert result.accounts.is_exact()
    share = result.regions["trademarks"] / records
    pd.testing.assert_series_equal(share, result.regions["trademark_share"], check_names=False)
    names = list(result.regions.columns)
    assert names.index("deals") + 1 == names.index("trademarks")
    shares = result.regions[
        [name for name in names if name.endswith("_share") and "level" not in name]
    ]
    assert result.regions["score"].tolist() == pytest.approx(shares.sum(axis=1).tolist())


def test_a_kind_of_its_own_equals_the_same_rows_under_another_word(marked: pd.DataFrame) -> None:
    mine, theirs = (
        gii_geo.find_regions({word: marked.drop(columns="kind")}, DENSE).regions
        for word in ("trademark", "patent")
    )
    assert mine["trademarks"].tolist() == theirs["patents"].tolist()
    assert mine["score"].tolist() == theirs["score"].tolist()


def test_a_weight_of_a_further_kind_counts(result: gii_geo.Result) -> None:
    without = result.again(score_weights={"trademark": 0}).regions.set_index("region_id")
    expected = without["score"] + without["trademark_share"]
    ranked = result.regions.set_index("name")["score"]
    assert ranked[without["name"]].tolist() == pytest.approx(expected.tolist())


def test_every_file_has_the_further_kind(result: gii_geo.Result, tmp_path: Path) -> None:
    result.write(tmp_path)
    regions, locations, run = read_run(tmp_path)
    assert "trademark_share" in regions
    assert "trademark_addresses" in locations
    assert run["settings"]["kinds"] == ["patent", "publication", "deal", "trademark"]
    assert "trademarks" in pd.read_csv(tmp_path / "ranking.csv")
    for name in ("regions.gpkg", "regions.fgb"):
        assert "trademark_share" in gpd.read_file(tmp_path / name, layer="regions", rows=1)
    features = json.loads((tmp_path / "regions.geojson").read_text(encoding="utf-8"))["features"]
    assert features[0]["properties"]["trademarks"] > 0
    assert "Trademarks" in (tmp_path / "explorer.html").read_text(encoding="utf-8")


def test_a_world_keeps_the_further_kind(marked: pd.DataFrame, tmp_path: Path) -> None:
    gii_geo.read_world(marked).write(tmp_path)
    assert gii_geo.read_world(tmp_path).kinds == ("patent", "publication", "deal", "trademark")


@pytest.mark.parametrize("word", ["patents", "Deal", "publicaton", "unknown", "location"])
def test_a_word_that_cannot_be_a_kind_is_refused_with_its_row(
    marked: pd.DataFrame, word: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    marked.assign(kind=marked["kind"].where(marked.index != 4, word)).to_csv(path, index=False)
    with pytest.raises(InputError, match=f"Invalid kind '{word}' in .*a.csv, row 5. Must be"):
        gii_geo.find_regions(path, DENSE)


@pytest.mark.parametrize("word", ["Patents", "PATENT", " patent "])
def test_a_kind_in_other_letters_is_refused_with_the_word_that_is_meant(word: str) -> None:
    with pytest.raises(InputError, match=rf"Invalid kind '{word}'\. .*; did you mean patent\?"):
        gii_geo.read_world({word: [{"lon": 8.5, "lat": 47.4}]})


@pytest.mark.parametrize("other", ["standards", "box boxe"])
def test_kinds_that_regions_would_count_in_one_column_are_refused(
    other: str, small_world: pd.DataFrame
) -> None:
    one, other = other.split() if " " in other else ("standard", other)
    kinds = small_world["kind"].where(small_world.index % 3 > 0, one)
    table = small_world.assign(kind=kinds.where(small_world.index % 5 > 0, other))
    words = f"'{min(one, other)}' and '{max(one, other)}' in .*column (standards|boxes)"
    with pytest.raises(InputError, match=words):
        gii_geo.read_world(table)
    with pytest.raises(InputError, match=words):
        gii_geo.read_world({one: table, other: table})
