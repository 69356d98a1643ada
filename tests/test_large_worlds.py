"""What many locations go through in few bytes comes out as it does otherwise."""

from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.borders import locate_economies
from gii_geo.export.geopackage import find_peaks
from gii_geo.export.parquet import write_points
from gii_geo.packing import concat_parts
from gii_geo.records.economies import check_economies
from gii_geo.records.lazy import collect_packed
from gii_geo.records.oddities import LOOKED_AT
from gii_geo.records.standing import find_locations
from gii_geo.regions.economies import share_economies, share_land
from gii_geo.regions.sites import Sites

ROWS = {
    "kind": ["patent", "deal", "patent"],
    "year": [2020, None, -400],
    "coarse": [0, 1, 0],
    "rows": [3_000_000_000, 1, 2],
    "reason": [None, None, "no coordinates"],
}


@pytest.mark.parametrize("name", ["DuckDB", "Polars"])
def test_rows_come_packed_from_every_engine(name: str) -> None:
    frame = pd.DataFrame(ROWS).astype({"year": "Int64"})
    native: Any = duckdb.sql("SELECT * FROM frame") if name == "DuckDB" else pl.from_pandas(frame)
    packed = collect_packed(nw.from_native(native).lazy())
    types = packed.dtypes.astype(str).to_dict()
    assert types == {
        **dict.fromkeys(("kind", "reason"), "category"),
        "year": "Int16",
        "coarse": "int8",
        "rows": "int64",
    }
    assert packed["kind"].cat.categories.tolist() == ["deal", "patent"]
    pd.testing.assert_frame_equal(
        packed.astype({"kind": "str", "reason": "str", "year": "Int64", "coarse": "int64"}),
        frame.astype({"kind": "str", "reason": "str"}),
    )


def test_no_row_has_its_columns_packed_too() -> None:
    none = duckdb.sql("SELECT 'a' AS kind, 1 AS year WHERE false")
    packed = collect_packed(nw.from_native(none).lazy())
    assert packed.dtypes.astype(str).to_dict() == {"kind": "category", "year": "Int16"}
    assert packed.empty


def test_parts_with_other_words_keep_their_words() -> None:
    one = pd.DataFrame({"kind": pd.Categorical(["deal", "grant"]), "rows": [1, 2]})
    other = pd.DataFrame({"kind": pd.Categorical(["patent", None]), "rows": [3, 4]})
    both = concat_parts([one, other.iloc[:0], other])
    assert both["kind"].cat.categories.tolist() == ["deal", "grant", "patent"]
    assert both["kind"].astype(object).where(both["kind"].notna(), None).tolist() == [
        *("deal", "grant", "patent"),
        None,
    ]
    assert both["rows"].tolist() == [1, 2, 3, 4]


def test_spots_are_found_in_order_and_out_of_it() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.integers(-9, 9, 400) / 2, rng.integers(-9, 9, 400) / 2
    lon[:5], lat[:5] = -0.0, 0.0  # a zero with a sign is the same place
    locations = pd.DataFrame({"lon": lon, "lat": lat}).drop_duplicates()
    locations = locations.sort_values(["lon", "lat"], ignore_index=True)
    known = {point: row for row, point in enumerate(locations.itertuples(index=False, name=None))}
    for rows in (np.sort(rng.integers(0, len(locations), 300)), rng.permutation(len(locations))):
        spots = locations.iloc[rows]
        expected = [known[point] for point in spots.itertuples(index=False, name=None)]
        assert find_locations(spots, locations).tolist() == expected


@pytest.fixture
def at_sea() -> pd.DataFrame:
    """Give places with one address each, a fifth of which lie far out in the Atlantic."""
    rng = np.random.default_rng(11)
    many = 20 * LOOKED_AT
    lost = rng.random(many) < 0.2
    lon = np.where(lost, rng.uniform(-42, -38, many), rng.uniform(9, 12, many))
    lat = np.where(lost, rng.uniform(28, 32, many), rng.uniform(48, 50, many))
    table = pd.DataFrame({"lon": lon, "lat": lat, "kind": "patent", "economy": ""})
    return table.assign(rows=1, addresses=1)


def test_of_many_places_some_are_asked_whatever_their_order(at_sea: pd.DataFrame) -> None:
    (told,) = check_economies(at_sea, "a.csv").warnings
    about, total = told.removeprefix("a.csv: about ").split(" patent addresses")[0].split(" of ")
    assert int(total.replace(",", "")) == len(at_sea)
    assert int(about.replace(",", "")) == pytest.approx(0.2 * len(at_sea), rel=0.15)
    shuffled = at_sea.sample(frac=1, random_state=1)
    assert check_economies(shuffled, "a.csv").warnings == [told]


def test_what_lies_at_sea_is_told_beside_large_places_on_land(at_sea: pd.DataFrame) -> None:
    land = at_sea[at_sea["lon"] > 0].head(2 * LOOKED_AT).assign(addresses=2)
    lost = at_sea[at_sea["lon"] < 0]
    both = pd.concat([land, lost], ignore_index=True)
    (told,) = check_economies(both, "a.csv").warnings
    at = int(told.removeprefix("a.csv: about ").split(" of ")[0].replace(",", ""))
    assert at == pytest.approx(len(lost), rel=0.15)
    unread = both.assign(economy=np.where(both["lon"] < 0, "ZZ", ""))  # no economy either
    assert told in check_economies(unread, "a.csv").warnings
    # Heavy places on land outweigh a few at sea: nothing to tell.
    heavy = land.assign(addresses=50)
    assert not check_economies(pd.concat([heavy, lost], ignore_index=True), "a.csv").warnings


def test_an_economy_that_is_none_is_told_of_every_engine() -> None:
    rows = pd.DataFrame(
        {"kind": "patent", "lon": 7.59, "lat": 47.56, "economy": ["CH", "ZZ", "Q1"]}
    )
    for table in (rows, pl.from_pandas(rows), pl.from_pandas(rows).lazy()):
        notes = gii_geo.read_world(table).provenance["notes"]
        assert any("2 addresses name an economy that is no code" in note for note in notes)
        assert any("such as 'Q1'" in note for note in notes)


@pytest.mark.parametrize(("many", "is_told"), [(1_100, False), (1_112, True)])
def test_the_middle_is_found_among_many_places_to_the_address(many: int, is_told: bool) -> None:  # noqa: FBT001
    """A tenth of 10,000 addresses elsewhere and of its own, the rows of the spot apart."""
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(-110, -90, 10_000), rng.uniform(33, 42, 10_000)
    table = pd.DataFrame({"lon": lon, "lat": lat, "kind": "patent", "economy": "US"})
    table = table.assign(rows=1, addresses=1)
    middle = table.iloc[[0] * 4].assign(lon=-98.58, lat=39.83, addresses=many // 4)
    other = table.assign(kind="deal", addresses=1000)  # another kind's do not count
    notes = check_economies(pd.concat([table, other, middle], ignore_index=True), "a.csv").notes
    assert (
        any(f"{many:,} of {10_000 + many:,} patent addresses of US" in n for n in notes) == is_told
    )


def test_sites_are_found_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gii_geo.regions.sites._AT_ONCE", 3)
    asked = []

    def find(some: Sites) -> np.ndarray:
        asked.append(len(some.lon))
        return some.lon * 100 + some.lat

    sites = Sites(np.arange(10.0), np.arange(10.0))
    assert sites.recall("sum", np.arange(2, 10), find).tolist() == [202 + 101 * n for n in range(8)]
    assert asked == [3, 3, 2]
    assert sites.recall("sum", np.array([9, 0]), find).tolist() == [909, 0]
    assert asked == [3, 3, 2, 1]
    assert sites.recall("none", np.array([], dtype=int), find).tolist() == []


def test_the_grid_of_many_sites_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world = gii_geo.read_world(gii_geo.demo_path())
    kept = gii_geo.find_regions(world)
    monkeypatch.setattr("gii_geo.regions.sites._MOST_KEPT", 10)
    other = gii_geo.find_regions(gii_geo.read_world(gii_geo.demo_path()))
    assert "layout" in kept.formed.tally.sites.__dict__
    assert "layout" not in other.formed.tally.sites.__dict__
    pd.testing.assert_frame_equal(kept.location_table, other.location_table)
    sites = other.formed.tally.sites
    assert sites.lay() is not sites.lay()
    assert sites.layout is sites.lay()  # made once on purpose, it is taken


def test_shares_of_economies_as_texts_and_as_categories_are_the_same() -> None:
    """A slow reference: every sum by itself, of floats in the order of their values."""
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(7.3, 7.9, 200), rng.uniform(47.4, 47.9, 200)
    region = pd.array(np.where(rng.random(200) < 0.9, rng.integers(0, 3, 200), -1), "Int64")
    region[region == -1] = pd.NA
    locations = pd.DataFrame({"lon": lon, "lat": lat, "region": region})
    codes = ["CH", "DE", "FR", None]
    told = pd.DataFrame(
        {
            "location": rng.integers(0, 200, 900),
            "economy": pd.array(rng.choice(codes, 900), "str"),
            "activity": rng.random(900),
        }
    )
    shares = share_economies(locations, told)
    packed = told.assign(
        economy=pd.Categorical(told["economy"], categories=["LI", "FR", "DE", "CH"])
    )
    pd.testing.assert_frame_equal(shares, share_economies(locations, packed))
    pd.testing.assert_series_equal(
        share_land(locations, told, shares), share_land(locations, packed, shares)
    )
    located = locate_economies(lon, lat)
    economy = told["economy"].where(told["economy"].notna(), pd.Series(located[told["location"]]))
    for number in range(3):
        inside = (region[told["location"]] == number).fillna(value=False)
        whole = told["activity"][inside].sum()
        own = shares[shares["region"] == number].set_index("economy")["share"]
        for code in own.index:
            held = told["activity"][inside & (economy == code)].sum()
            assert own[code] == pytest.approx(held / whole)
        assert own.sum() == pytest.approx(1)


def test_peaks_of_numbers_and_of_words_are_the_same() -> None:
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"lon": rng.uniform(0, 9, 90), "lat": rng.uniform(0, 9, 90)})
    table["activity"] = rng.integers(0, 6, 90) / 10
    number = pd.array(rng.integers(0, 7, 90), "Int64")
    number[rng.random(90) < 0.2] = pd.NA
    table = table.assign(cluster=number, word=[None if pd.isna(k) else f"R{k:04}" for k in number])
    expected = {}
    for row in table.dropna().itertuples():
        best = expected.get(row.cluster)
        key = (-row.activity, row.lon, row.lat)
        expected[row.cluster] = min(best, key) if best else key
    for by, told in (("cluster", lambda k: k), ("word", lambda k: f"R{k:04}")):
        peaks = find_peaks(table, by=by)
        found = {k: (-a, x, y) for k, x, y, a in peaks.itertuples(name=None)}
        assert found == {told(k): key for k, key in expected.items()}


def test_points_are_written_by_the_row_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gii_geo.export.parquet._ROWS_AT_ONCE", 4)
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"lon": rng.uniform(-9, 9, 10), "lat": rng.uniform(-9, 9, 10)})
    table["region_id"] = pd.array(["R0001", None, *["R0002"] * 8], "str")
    write_points(table, tmp_path / "points.parquet")
    file = pq.ParquetFile(tmp_path / "points.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [4, 4, 2]
    read = file.read().to_pandas()
    pd.testing.assert_frame_equal(read[["lon", "lat", "region_id"]], table)
    write_points(table.iloc[:0], tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0
