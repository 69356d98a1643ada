"""Ranks over time, on a world small enough to rank by hand."""

from pathlib import Path

import pandas as pd
import pytest

import gii_geo
from conftest import RunCli
from gii_geo import Settings
from gii_geo.tables import DataWarning, InputError
from gii_geo.windows import rank_windows

EARLY, LATE = (2018, 2019), (2020, 2021)
SETTINGS = Settings(min_addresses=2)


def place(kind: str, city: str, year: int | None, count: int) -> pd.DataFrame:
    """Put addresses of one year in a city."""
    cities = {"Paris": (2.35, 48.86), "Lyon": (4.84, 45.76), "Lille": (3.06, 50.63)}
    lon, lat = cities[city]
    years = pd.array([year] * count, dtype="Int64")
    return pd.DataFrame({"kind": kind, "lon": lon, "lat": lat, "year": years})


def put(*parts: tuple[str, str, int | None, int]) -> pd.DataFrame:
    return pd.concat([place(*part) for part in parts], ignore_index=True)


@pytest.fixture
def addresses() -> pd.DataFrame:
    """Give a world where Paris leads early and Lyon late, and Lille exists only early."""
    early = [
        ("patent", "Paris", 2018, 6),
        ("patent", "Lyon", 2018, 3),
        ("patent", "Lille", 2018, 2),
    ]
    return put(*early, ("patent", "Paris", 2021, 4), ("patent", "Lyon", 2021, 9))


def test_ranks_follow_the_regions_of_the_last_window(addresses: pd.DataFrame) -> None:
    ranks = rank_windows(addresses, [EARLY, LATE], SETTINGS)
    wide = ranks.pivot_table(index="name", columns="window", values="rank")
    assert wide.fillna(0).to_dict() == {
        "2018-2019": {"Lyon": 2, "Paris": 1, "Lille": 3},
        "2020-2021": {"Lyon": 1, "Paris": 2, "Lille": 0},
    }
    assert ranks["shared_activity"].tolist() == [1.0] * 5


def test_a_region_that_died_stays_in_the_table_under_a_name_of_its_own(
    addresses: pd.DataFrame,
) -> None:
    before = put(("patent", "Lille", 2016, 5), ("patent", "Paris", 2016, 4))
    table = pd.concat([before, addresses], ignore_index=True)
    ranks = rank_windows(table, [(2016, 2017), EARLY, LATE], SETTINGS)
    lille = ranks[ranks["name"] == "Lille"]
    assert lille["window"].tolist() == ["2016-2017", "2018-2019"]
    assert lille["region_id"].unique().tolist() == ["2018-2019-1"]
    assert lille["rank"].tolist() == [1, 3]


def test_a_window_alone_is_a_plain_ranking(addresses: pd.DataFrame) -> None:
    ranks = rank_windows(addresses, [EARLY], SETTINGS)
    assert ranks["name"].tolist() == ["Paris", "Lyon", "Lille"]
    assert ranks["score"].tolist() == pytest.approx([6 / 11, 3 / 11, 2 / 11])


@pytest.mark.parametrize(
    ("windows", "sentence"),
    [([], r"Invalid windows \[\]\. Must be at least one"), ([EARLY, EARLY], "given twice")],
)
def test_no_window_or_the_same_twice_is_refused(
    windows: list[tuple[int, int]], sentence: str, addresses: pd.DataFrame
) -> None:
    with pytest.raises(ValueError, match=sentence):
        rank_windows(addresses, windows)


def test_a_window_without_a_kind_says_so_and_all_rank_on_what_is_common(
    addresses: pd.DataFrame, run_cli: RunCli, tmp_path: Path
) -> None:
    deals = put(("deal", "Lyon", 2021, 5))
    table = pd.concat([addresses, deals], ignore_index=True)
    ranks = rank_windows(table, [EARLY, LATE], SETTINGS)
    told = ranks.drop_duplicates("window").set_index("window")
    assert told["kinds"].to_dict() == {"2018-2019": "patent", "2020-2021": "patent"}
    assert told["without"].to_dict() == {"2018-2019": "deal", "2020-2021": ""}
    late = ranks[ranks["window"] == "2020-2021"].set_index("name")["score"]
    assert late.to_dict() == pytest.approx({"Lyon": 9 / 13, "Paris": 4 / 13})
    each = rank_windows(table, [EARLY, LATE], SETTINGS, kinds="each")
    assert each.drop_duplicates("window")["kinds"].tolist() == ["patent", "patent;deal"]
    assert each[each["window"] == "2020-2021"]["score"].max() == pytest.approx(9 / 13 + 1)
    table.to_parquet(tmp_path / "a.parquet")
    words = ["windows", "--addresses", tmp_path / "a.parquet", "--windows", "2018-2019"]
    words += ["2020-2021", "--set", "min_addresses=2", "--out", tmp_path / "w.csv"]
    said = run_cli(*words)
    assert "2018-2019 has no deals." in said.stdout
    assert "Every window ranks on patents, which all have." in said.stdout
    assert "Not in 2020-2021, with their best rank: Lille (3)." in said.stdout
    later = [*words[:3], "--windows", "2018-2019", "2030-2031", *words[6:]]
    assert "2030-2031 has no region." in run_cli(*later).stdout
    assert "do not compare" in run_cli(*words, "--kinds", "each").stdout


def test_windows_without_a_kind_in_common_are_refused(addresses: pd.DataFrame) -> None:
    early = addresses[addresses["year"] == 2018]
    table = pd.concat([early, put(("deal", "Lyon", 2021, 5))], ignore_index=True)
    with pytest.raises(InputError, match="2018-2019 has patent; 2020-2021 has deal"):
        rank_windows(table, [EARLY, LATE], SETTINGS)
    with pytest.raises(InputError, match="kinds of each; 2018-2019 has patent; 2020-2021 has deal"):
        rank_windows(table, [(1990, 1991), EARLY, LATE], SETTINGS)


def test_a_kind_without_years_is_in_no_window_and_refused_beside_years(
    addresses: pd.DataFrame,
) -> None:
    table = pd.concat([addresses, put(("deal", "Lille", None, 50))], ignore_index=True)
    ranks = rank_windows(table, [EARLY, LATE], SETTINGS)
    assert set(ranks["kinds"]) == {"patent"}
    assert set(ranks["without"]) == {"deal"}
    deals = put(("deal", "Lille", None, 50)).drop(columns=["year", "kind"])
    source = {"patent": addresses.drop(columns="kind"), "deal": deals}
    with pytest.raises(InputError, match=r"Invalid years of deal.*--column deal\.year=NAME"):
        gii_geo.find_regions(source, SETTINGS.replace(years={"deal": LATE}))
    whole = gii_geo.find_regions(table, SETTINGS.replace(years={"patent": LATE}))
    assert "Lille" in set(whole.regions["name"])  # a kind that is not named counts whole


def test_a_kind_that_is_not_asked_for_is_not_missed(addresses: pd.DataFrame) -> None:
    table = pd.concat([addresses, put(("deal", "Lyon", 2021, 5))], ignore_index=True)
    ranks = rank_windows(table, [EARLY, LATE], SETTINGS.replace(kinds=("patent",)))
    assert set(ranks["without"]) == {""}


def test_a_kind_that_the_world_does_not_know_is_refused_as_in_a_run(
    addresses: pd.DataFrame,
) -> None:
    for kinds in (("standard",), ("patent", "standard")):
        with pytest.raises(InputError, match="Invalid kind 'standard'"):
            rank_windows(addresses, [EARLY, LATE], SETTINGS.replace(kinds=kinds))


def test_windows_may_be_of_numpys_numbers(addresses: pd.DataFrame) -> None:
    first = addresses["year"].min()
    ranks = rank_windows(addresses, [(first, first + 1)], SETTINGS)
    pd.testing.assert_frame_equal(ranks, rank_windows(addresses, [EARLY], SETTINGS))


def test_years_that_the_windows_replace_are_told(addresses: pd.DataFrame) -> None:
    settings = SETTINGS.replace(years={"patent": (2018, 2018)})
    with pytest.warns(DataWarning, match=r"^The windows take the place of the years of patents:"):
        ranks = rank_windows(addresses, [EARLY, LATE], settings)
    pd.testing.assert_frame_equal(ranks, rank_windows(addresses, [EARLY, LATE], SETTINGS))


def test_windows_in_any_order_name_the_rows_by_the_last(addresses: pd.DataFrame) -> None:
    ranks = rank_windows(addresses, [LATE, EARLY], SETTINGS)
    assert ranks["window"].unique().tolist() == ["2020-2021", "2018-2019"]
    assert set(ranks["region_id"]) == {"R0001", "R0002", "R0003"}


def test_a_window_in_which_nothing_lies_is_warned_of_once(addresses: pd.DataFrame) -> None:
    told = r"^No record that counts lies in 2030-2031, 2050-2051\.$"
    with pytest.warns(DataWarning, match=told) as caught:
        ranks = rank_windows(addresses, [EARLY, (2030, 2031), (2050, 2051)], SETTINGS)
    assert len([each for each in caught if "2050" in str(each.message)]) == 1
    assert set(ranks["window"]) == {"2018-2019"}
    assert ranks["region_id"].tolist() == ["R0001", "R0002", "R0003"]  # of the last that has any
