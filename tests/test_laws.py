"""Laws of the whole pipeline: what may be done to any table of addresses, and what then follows."""

import os
import tempfile
import warnings
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gii_geo
from conftest import DRAWS
from gii_geo import Settings, read_world
from gii_geo.result import Result
from gii_geo.tables import InputError

LAW = settings(
    max_examples=DRAWS,
    deadline=None,
    derandomize="GII_GEO_DRAWS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
KNOWN = {"min_addresses": 3, "radius_km": 5.0, "rank_sets": False}
CITIES = ((8.5, 47.3, "CH"), (8.56, 47.33, "CH"), (2.3, 48.8, "FR"), (139.7, 35.7, "JP"))

ADDRESSES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["patent", "publication", "deal"]),
        "record_id": st.none() | st.integers(0, 12).map(lambda number: f"r{number}"),
        "city": st.sampled_from(CITIES),
        "east": st.integers(-20, 20),
        "north": st.integers(-20, 20),
        "count": st.integers(1, 3),
        "year": st.none() | st.integers(2010, 2014),
    }
)
SOUND = st.lists(ADDRESSES, min_size=8, max_size=40)


def tabulate(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Make a table of addresses near four cities."""
    table = pd.DataFrame(rows)
    table["lon"] = [row["city"][0] + row["east"] / 1000 for row in rows]
    table["lat"] = [row["city"][1] + row["north"] / 1000 for row in rows]
    table["economy"] = [row["city"][2] for row in rows]
    return table.drop(columns=["city", "east", "north"]).astype(
        {"year": "Int64", "record_id": "str"}
    )


def ask(table: object, **changes: Any) -> Result:
    """Find the regions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gii_geo.find_regions(table, Settings(**KNOWN | changes))


def tell(result: Result, *without: str) -> str:
    """Write what is found as a text, outlines too."""
    regions = result.regions.drop(columns=list(without))
    return regions.to_wkt().to_csv(index=False) + result.accounts.reasons.to_csv(index=False)


@LAW
@given(SOUND, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, Any]], rng: Any) -> None:
    table = tabulate(rows)
    order = rng.sample(range(len(table)), len(table))
    assert tell(ask(table)) == tell(ask(table.iloc[order]))


@LAW
@given(SOUND)
def test_a_row_that_counts_n_is_n_rows(rows: list[dict[str, Any]]) -> None:
    table = tabulate(rows)
    split = table.loc[table.index.repeat(table["count"])].assign(count=1)
    one, other = ask(table), ask(split)
    assert one.regions.to_wkt().to_csv() == other.regions.to_wkt().to_csv()


@LAW
@given(SOUND)
def test_noise_far_away_changes_no_region_but_its_shares(rows: list[dict[str, Any]]) -> None:
    table = tabulate(rows)
    noise = pd.DataFrame({"kind": ["patent"], "lon": [-150.0], "lat": [-40.0], "count": [1]})
    shares = ["patent_share", "score", "rank"]
    assert tell_places(ask(table)) == tell_places(ask(pd.concat([table, noise])))
    one, other = ask(table, share_of="all").regions, ask(pd.concat([table, noise])).regions
    records = table[table["kind"] == "patent"]["record_id"]
    total = records.nunique() + table["count"][(table["kind"] == "patent") & records.isna()].sum()
    left = dict(zip(one["name"], one[shares[0]].fillna(0) * total, strict=True))
    right = dict(zip(other["name"], other[shares[0]].fillna(0) * (total + 1), strict=True))
    assert left == pytest.approx(right)


def tell_places(result: Result) -> list[tuple[Any, ...]]:
    """Give the regions as what lies in them, whatever their rank."""
    regions = result.regions.to_wkt()
    columns = ["name", "economies", "patents", "publications", "deals", "locations", "geometry"]
    return sorted(regions[columns].itertuples(index=False, name=None))


@LAW
@given(SOUND, st.sampled_from([360 / 2**number for number in range(1, 6)]))
def test_turning_the_world_turns_what_is_found(rows: list[dict[str, Any]], turn: float) -> None:
    # Degrees of a float lose their last digits in the turn: areas agree to a millionth, and who is
    # within the radius where no pair of locations is nearer to it than that.
    table = tabulate(rows).drop(columns="economy")
    turned = table.assign(lon=(table["lon"] + turn + 180) % 360 - 180)
    left, right = ask(table).regions, ask(turned).regions
    columns = ["patents", "publications", "deals", "locations", "addresses", "rank"]
    order = [*columns, "area_km2"]
    left, right = (one.sort_values(order, ignore_index=True) for one in (left, right))
    pd.testing.assert_frame_equal(left[columns], right[columns], check_dtype=False)
    np.testing.assert_allclose(left["area_km2"], right["area_km2"], rtol=1e-6)


@LAW
@given(SOUND, st.permutations(range(13)))
def test_names_of_records_change_nothing(rows: list[dict[str, Any]], names: list[int]) -> None:
    table = tabulate(rows)
    given_new = {f"r{number}": f"Ü {names[number]}" for number in range(13)}
    assert tell(ask(table)) == tell(ask(table.assign(record_id=table["record_id"].map(given_new))))


@LAW
@given(SOUND)
def test_two_kinds_that_change_names_change_columns(rows: list[dict[str, Any]]) -> None:
    table = tabulate(rows)
    swap = {"patent": "publication", "publication": "patent"}
    swapped = table.assign(kind=table["kind"].replace(swap))
    columns = {"patents": "publications", "patent_share": "publication_share"}
    columns |= {new: old for old, new in columns.items()}
    other = ask(swapped).regions.to_wkt().rename(columns=columns)
    one = ask(table).regions.to_wkt()
    pd.testing.assert_frame_equal(one, other[one.columns])


@LAW
@given(SOUND, st.integers(2, 1000))
def test_all_counts_times_n_change_neither_shares_nor_ranks(
    rows: list[dict[str, Any]], factor: int
) -> None:
    table = tabulate(rows).drop(columns="record_id")
    many = table.assign(count=table["count"] * factor)
    one = ask(table).regions.to_wkt()
    other = ask(many, min_addresses=3 * factor).regions.to_wkt()
    for column in ("patents", "publications", "deals"):
        np.testing.assert_array_equal(one[column].fillna(0) * factor, other[column].fillna(0))
    same = ["name", "rank", "score", "patent_share", "locations", "geometry"]
    pd.testing.assert_frame_equal(one[same], other[same])


@LAW
@given(SOUND)
def test_a_world_comes_back_as_it_was_written(rows: list[dict[str, Any]]) -> None:
    world = read_world(tabulate(rows))
    with tempfile.TemporaryDirectory() as folder:
        world.write(folder)
        assert tell(ask(world)) == tell(ask(read_world(folder)))


@LAW
@given(SOUND)
def test_every_engine_finds_the_same(rows: list[dict[str, Any]]) -> None:
    table = tabulate(rows)
    frame = pl.from_pandas(table)
    told = {tell(ask(one)) for one in (table, frame, frame.lazy(), pa.Table.from_pandas(table))}
    with duckdb.connect() as connection:
        told.add(tell(ask(connection.from_df(table))))
    assert len(told) == 1


ANYTHING = st.one_of(
    *(st.none(), st.integers(-(2**40), 2**40), st.floats(), st.text(max_size=8)),
    st.sampled_from(["8.5", "47,3", "NaN", "2019-01-01", "=1+1", "\x00", "\ud83d\ude00", "A;B|C"]),
)
COLUMNS = ("record_id", "lon", "lat", "economy", "year", "count", "field", "organisation", "group")


@st.composite
def draw_columns(draw: Any) -> pd.DataFrame:
    """Draw a table whose columns hold what they should, or anything of one type."""
    rows = draw(st.integers(1, 12))
    table = tabulate(draw(st.lists(ADDRESSES, min_size=rows, max_size=rows))).drop(columns="kind")
    for name in draw(st.lists(st.sampled_from(COLUMNS), max_size=3)):
        cells = draw(st.lists(ANYTHING, min_size=rows, max_size=rows))
        texts = [None if cell is None else str(cell) for cell in cells]
        table[name] = pd.array(texts, dtype="str")
    return table


@LAW
@given(draw_columns())
def test_any_table_accounts_for_every_row_or_is_refused(table: pd.DataFrame) -> None:
    told = ""
    try:
        world = read_world({"patent": table})
    except InputError as error:
        told = str(error)
    if told:
        assert told.startswith("Invalid ")
        assert "\n" not in told
    else:
        assert world.accounts["rows"].sum() == len(table)
        assert ask(world).accounts.is_exact()
