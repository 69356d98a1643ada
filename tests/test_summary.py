"""What a run says at its end."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from reference_result import replace_regions
from rich.console import Console

import gii_geo
from gii_geo import Settings
from gii_geo.cli.summary import print_comparison, print_edition, print_summary
from gii_geo.compare import compare_economies, compare_runs, count_economies
from gii_geo.editions import describe_edition
from gii_geo.result import Result
from gii_geo.tables import RECORD_UNITS


def show(result: Result, width: int = 110) -> list[str]:
    """Print a summary and give its lines."""
    text = io.StringIO()
    print_summary(result, Console(file=text, width=width, highlight=False))
    return text.getvalue().splitlines()


def cells(lines: list[str], start: str) -> list[str]:
    """Give the cells of the first line that starts so."""
    (line, *_) = [line for line in lines if line.strip().startswith(start)]
    return line.split()


@pytest.fixture(scope="module")
def world(small_world: pd.DataFrame) -> pd.DataFrame:
    """Add a record of 25 addresses, two rows that cannot be placed and a markup-like economy."""
    team = pd.DataFrame({"kind": "patent", "record_id": "team", "lon": [7.59] * 25, "lat": 47.56})
    lost = pd.DataFrame({"kind": "deal", "record_id": ["x", "y"], "lon": 0.0, "lat": [0.0, 99.0]})
    return pd.concat([small_world, team, lost], ignore_index=True)


@pytest.fixture(scope="module")
def result(world: pd.DataFrame) -> Result:
    return gii_geo.find_regions(world, Settings(min_addresses=60, kinds=("patent", "deal")))


def test_the_first_regions_are_shown_with_what_they_hold(result: Result) -> None:
    lines = show(result)
    first = result.regions.iloc[0]
    row = " ".join(cells(lines, "1 "))
    ranks = f"1 ({first['rank_low']}–{first['rank_high']})"
    assert row.startswith(f"{ranks} {first['name']} {first['economies'].replace(';', ' ')}")
    assert f"{first['score']:.4f}" in row
    told = "In brackets the ranks that other records could give, with 95 % confidence."
    assert told in lines
    plain = show(result.again(rank_sets=False))
    assert " ".join(cells(plain, "1 ")).startswith(f"1 {first['name']}")
    assert told not in plain
    assert any("4 regions (4 clusters, at least 60 addresses within 15 km)" in x for x in lines)


def test_a_fourth_kind_has_its_column(four_kinds: Result) -> None:
    lines = show(four_kinds)
    heads = ["patents", "publications", "deals", "trademarks", "score", "km2"]
    assert cells(lines, "rank") == ["rank", "region", "economies", *heads]
    for row, count in zip(four_kinds.regions.itertuples(), (40, 30, 20, 10), strict=True):
        assert cells(lines, f"{row.rank} ")[-3:-1] == [f"{count}", f"{row.score:.4f}"]


def test_a_comparison_shows_the_kinds_that_both_sides_know(four_kinds: Result) -> None:
    regions, locations = four_kinds.regions, four_kinds.locations
    before = regions.assign(trademark_share=regions["trademark_share"] - 0.05)
    comparison = compare_runs(regions, locations, before.drop(columns="deal_share"))
    text = io.StringIO()
    counts = count_economies(regions)
    economies = compare_economies(counts, counts)
    print_comparison(comparison, economies, "before", Console(file=text, width=140))
    lines = text.getvalue().splitlines()
    heads = cells(lines, "before")
    assert heads[-3:] == ["patents", "publications", "trademarks"]
    assert cells(lines, "1 ")[-3:] == ["0", "0", "+5.00"]


def test_every_row_is_accounted_for(result: Result, world: pd.DataFrame) -> None:
    lines = show(result)
    counted = world["kind"].value_counts()
    assert cells(lines, "patents") == ["patents", *[f"{counted['patent']}"] * 2, "0", "0"]
    deals = counted["deal"]
    assert cells(lines, "deals") == ["deals", f"{deals}", f"{deals - 2}", "2", "0"]
    left_out = f"{counted['publication']}"
    assert cells(lines, "publications") == ["publications", left_out, "0", "0", left_out]
    assert any("at exactly 0, 0" in line for line in lines)
    assert any("latitude beyond 90 degrees" in line for line in lines)


def test_every_record_is_accounted_for(result: Result) -> None:
    lines = show(result)
    after = lines[next(i for i, line in enumerate(lines) if line.startswith(" records of")) :]
    kinds = result.accounts.kinds.loc["patent"]
    shown = cells(after, "patents")
    assert shown[1] == f"{kinds['records']:,}"
    assert shown[2] == f"{kinds['units_in_regions'] / RECORD_UNITS:,.4f}"
    assert shown[-2:] == [f"{RECORD_UNITS % 25}", "units"]
    assert f"The accounts are exact to the last unit (1 record = {RECORD_UNITS:,} units)." in lines


def test_accounts_that_do_not_balance_are_shouted(result: Result) -> None:
    kinds = result.accounts.kinds.copy()
    kinds.loc["patent", "units_in_regions"] += 1
    wrong = type(result.accounts)(kinds, result.accounts.reasons)
    broken = replace(result)
    broken.__dict__["accounts"] = wrong
    assert any("NOT BALANCED" in line for line in show(broken))
    assert not any("NOT BALANCED" in line for line in show(result))


def test_no_region_is_said_plainly(world: pd.DataFrame) -> None:
    text = "\n".join(show(gii_geo.find_regions(world, Settings(min_addresses=5000))))
    assert "No region: no location has at least 5,000 addresses within 15 km." in text
    assert "rank" not in text
    nowhere = gii_geo.find_regions(world.assign(lat=95.0))
    assert "No region: none of the rows could be placed." in "\n".join(show(nowhere))


def test_rows_of_other_years_or_kinds_are_not_called_unplaced() -> None:
    rows = pd.DataFrame({"kind": "patent", "lon": [7.6] * 120, "lat": 47.6, "year": 2018})
    told = "No region: none of the rows that could be placed counts for the {} asked."
    later = gii_geo.find_regions(rows, Settings(years={"patent": (2030, 2031)}))
    assert told.format("years") in show(later)
    assert told.format("kinds") in show(later.again(kinds=("deal",), years={}))


def test_a_share_is_printed_in_per_cent(world: pd.DataFrame) -> None:
    text = "\n".join(show(gii_geo.find_regions(world, Settings(min_share=2.5e-3))))
    assert "at least 0.25 % of the activity within 15 km" in text


def test_names_are_shown_as_they_are_even_if_they_look_like_markup(result: Result) -> None:
    regions = result.regions.assign(name="[red]Basel[/red]")
    marked = replace_regions(result, regions)
    assert any("[red]Basel[/red]" in line for line in show(marked))


@pytest.mark.parametrize("width", [80, 200])
def test_a_narrow_terminal_shortens_no_name_and_no_number(width: int, result: Result) -> None:
    lines = show(result, width)
    tables = [line for line in lines if "  " in line]
    assert max(map(len, tables)) <= width
    assert "…" not in "".join(lines)


def test_an_edition_is_shown_value_by_value() -> None:
    text = io.StringIO()
    print_edition(2024, describe_edition(2024), Console(file=text, width=140))
    lines = text.getvalue().splitlines()
    assert "2024" in lines[0]
    assert cells(lines, "radius_km")[:3] == ["radius_km", "15", "published"]


def test_a_kind_that_the_world_does_not_hold_is_not_spoken_of() -> None:
    places = pd.DataFrame({"lon": [8.5, 8.5, 8.5, 2.3, 2.3], "lat": [47.4] * 3 + [48.9] * 2})
    result = gii_geo.find_regions({"patent": places}, Settings(min_addresses=2, rank_sets=False))
    told = "\n".join(show(result))
    assert "Of the differences in score 100 % come from patents." in told
    assert "publications" not in told
    assert "deals" not in told
