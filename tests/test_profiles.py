"""What is in a region and who works with whom: counted by hand, then held on the built-in world."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gii_geo
from gii_geo import Result, Settings, World
from gii_geo.inside.labels import split_labels
from gii_geo.inside.profile import list_first
from gii_geo.records.labels import read_cell
from gii_geo.tables import RECORD_UNITS, UNKNOWN, InputError
from gii_geo.trust import sure

HERE, THERE, FAR = (7.6, 47.6), (8.5, 47.4), (0.5, 50.0)
ALL = Settings(min_addresses=1, rank_sets=False)

ROWS = [
    # kind, record, place, field, organisation
    ("patent", "a", HERE, "Optics; Energy", "Acme"),
    ("patent", "a", THERE, "Optics; Energy", "Bolt"),
    ("patent", "b", HERE, "Optics", "Acme"),
    ("patent", "c", HERE, None, "Cog"),
    ("patent", "c", HERE, None, "Acme"),
    ("patent", "d", HERE, "Energy", None),
    ("patent", "d", THERE, "Energy", None),
    ("patent", "d", FAR, "Energy", "Acme | Bolt | Cog"),
    ("deal", None, THERE, "Energy", "Acme"),
    ("deal", None, THERE, "Optics|Energy|Water", "Dart"),
]
"""Two records on two places or three, two at one; d has a third in each place."""


def make(rows: list[tuple[Any, ...]] = ROWS) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["kind", "record_id", "place", "field", "organisation"])
    lon, lat = zip(*table.pop("place"), strict=True)
    return table.assign(lon=lon, lat=lat)


@pytest.fixture(scope="module")
def world() -> World:
    return gii_geo.read_world(make())


@pytest.fixture(scope="module")
def result(world: World) -> Result:
    with pytest.warns(gii_geo.DataWarning):
        return gii_geo.find_regions(world, ALL)


@pytest.fixture(scope="module")
def built_in(demo_result: Result) -> Result:
    return demo_result


def find_id(result: Result, place: tuple[float, float]) -> str:
    own = result.locations
    here = (own["lon"] == place[0]) & (own["lat"] == place[1])
    return str(own.loc[here, "region_id"].iloc[0])


def list_records(result: Result, place: tuple[float, float], kind: str, what: str) -> Any:
    table = result.profiles
    own = table[(table["region_id"] == find_id(result, place)) & (table["kind"] == kind)]
    own = own[own["what"] == what]
    return dict(zip(own["value"], own["records"], strict=True))


def weigh(result: Result, place: tuple[float, float], kind: str) -> float:
    regions = result.regions.set_index("region_id")
    return float(regions.loc[find_id(result, place), f"{kind}s"])


# By hand


def test_profiles_are_counted_by_hand(result: Result) -> None:
    third = 1 / 3
    half = pytest.approx({"Optics": 1.25, UNKNOWN: 1.0, "Energy": 0.25 + third})
    assert list_records(result, HERE, "patent", "field") == half
    assert list_records(result, HERE, "patent", "organisation") == pytest.approx(
        {"Acme": 0.5 + 1 + 0.5, "Cog": 0.5, UNKNOWN: third}
    )
    assert list_records(result, THERE, "patent", "organisation") == pytest.approx(
        {"Bolt": 0.5, UNKNOWN: third}
    )
    assert list_records(result, FAR, "patent", "organisation") == pytest.approx(
        {"Acme": third / 3, "Bolt": third / 3, "Cog": third / 3}
    )
    assert list_records(result, THERE, "deal", "field") == pytest.approx(
        {"Energy": 4 / 3, "Optics": third, "Water": third}
    )


def test_a_kind_without_a_word_of_it_is_unknown() -> None:
    rows = [("patent", "a", HERE, "Optics", None), ("deal", None, HERE, None, None)]
    with pytest.warns(gii_geo.DataWarning):
        bare = gii_geo.find_regions(make(rows), ALL)
    assert list_records(bare, HERE, "deal", "field") == {UNKNOWN: 1.0}
    assert list_records(bare, HERE, "deal", "organisation") == {}


def test_shares_and_specialisation_by_hand(result: Result) -> None:
    own = result.profiles.set_index(["region_id", "kind", "what", "value"])
    row = own.loc[(find_id(result, HERE), "patent", "field", "Optics")]
    held = 0.25 + 0.25 + 1.0  # of the world: a on both sides, and b
    assert row["share"] == pytest.approx(1.25 / weigh(result, HERE, "patent"))
    assert row["held"] == pytest.approx(1.25 / held)
    assert row["world_share"] == pytest.approx(held / 4)
    assert row["specialisation"] == pytest.approx(row["share"] / row["world_share"])
    assert row["specialisation_low"] < row["specialisation"] < row["specialisation_high"]


def test_what_is_named_outside_of_regions_alone_is_not_unknown() -> None:
    """Of six records two name an owner that no region has, and one a field that none has."""
    rows = [("patent", name, HERE, None, "Acme") for name in "ab"]
    rows += [("patent", "c", HERE, None, None)]
    rows += [("patent", "d", FAR, "Water", "Dart"), ("patent", "e", THERE, None, "Dart")]
    rows += [("patent", "f", FAR, None, None)]
    with pytest.warns(gii_geo.DataWarning):
        found = gii_geo.find_regions(make(rows), ALL.replace(min_addresses=3))
    own = found.profiles.set_index(["what", "value"])[["records", "held", "world_share"]]
    assert own.loc[("organisation", UNKNOWN)].tolist() == pytest.approx([1, 1 / 2, 2 / 6])
    assert own.loc[("organisation", "Acme")].tolist() == pytest.approx([2, 1, 2 / 6])
    assert own.loc[("field", UNKNOWN)].tolist() == pytest.approx([3, 3 / 5, 5 / 6])


def test_the_interval_is_wilsons_for_whole_records() -> None:
    """7 of 20 records, each of its own: Wilson's bounds are 0.181 and 0.567 (worked by hand)."""
    rows: list[tuple[Any, ...]] = [("deal", None, HERE, "Water", None)] * 7
    rows += [("deal", None, HERE, "Energy", None)] * 13
    rows += [("deal", None, THERE, "Energy", None)] * 50
    with pytest.warns(gii_geo.DataWarning):
        found = gii_geo.find_regions(make(rows), ALL).profiles
    row = found[(found["value"] == "Water")].iloc[0]
    assert row["specialisation_low"] * row["world_share"] == pytest.approx(0.1812, abs=1e-4)
    assert row["specialisation_high"] * row["world_share"] == pytest.approx(0.5671, abs=1e-4)


def test_collaboration_is_counted_by_hand(result: Result) -> None:
    here, there, far = (find_id(result, place) for place in (HERE, THERE, FAR))
    table = result.collaboration
    pairs = {
        frozenset((row.region_a, row.region_b)): row
        for row in table.itertuples()
        if row.kind == "patent"
    }
    assert (table["region_a"] < table["region_b"]).all()
    assert {pair: row.records for pair, row in pairs.items()} == {
        frozenset((here, there)): 2,
        frozenset((here, far)): 1,
        frozenset((there, far)): 1,
    }
    row = pairs[frozenset((here, there))]
    sides = {row.region_a: (row.weight_a, row.share_a), row.region_b: (row.weight_b, row.share_b)}
    assert sides[here] == pytest.approx((0.5 + 1 / 3, 2 / 4))
    assert sides[there] == pytest.approx((0.5 + 1 / 3, 2 / 2))
    # Here and there share 3, far shares 2: of three regions that leaves one table alone.
    assert row.expected == pytest.approx(2)
    assert row.ratio == pytest.approx(1)
    assert pairs[frozenset((here, far))].expected == pytest.approx(1)


def test_chance_leaves_every_region_what_it_shares(built_in: Result) -> None:
    table = built_in.collaboration
    for _, part in table.groupby("kind"):
        records, expected = (
            part.groupby("region_a")[column]
            .sum()
            .add(part.groupby("region_b")[column].sum(), fill_value=0)
            for column in ("records", "expected")
        )
        # Pairs that share nothing are in no row, but chance gives them a little.
        assert (expected <= records * (1 + 1e-6)).all()
        assert expected.sum() > 0.5 * records.sum()


def test_full_counts_less_what_is_shared_are_the_records_of_the_world(result: Result) -> None:
    full = result.again(counting="full").regions
    shared = result.collaboration
    counted = int(full["patents"].sum())
    # a stands in two regions, d in three: each is counted that often, and shared once or thrice.
    assert counted == 4 + 1 + 2
    assert int(shared["records"].sum()) == 1 + 3


def test_the_ranking_of_a_field_is_its_profile(result: Result) -> None:
    table = result.rank_field(" EN&#69;RGY").set_index("region_id")  # read as a cell is
    for place in (HERE, THERE, FAR):
        row = table.loc[find_id(result, place)]
        for kind in ("patent", "deal"):
            own = list_records(result, place, kind, "field").get("Energy", 0.0)
            assert row[f"{kind}s"] == pytest.approx(own)
    assert table["rank"].iloc[0] == 1
    assert table["patent_share"].sum() == pytest.approx(1.0)


def test_of_too_many_regions_a_field_tells_no_rank_sets(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sure, "MOST_REGIONS", 2)
    table = result.rank_field("Energy")
    assert table[["rank_low", "rank_high"]].isna().all(axis=None)
    assert table["rank"].tolist() == [1, 2, 3]


def test_a_field_that_is_none_is_refused(result: Result) -> None:
    with pytest.raises(InputError, match=r"Must be one .* name; found Energy, Optics, Water"):
        result.rank_field("Ontology")
    with pytest.warns(gii_geo.DataWarning):
        bare = gii_geo.find_regions(make().drop(columns=["field"]), ALL)
    with pytest.raises(InputError, match="found no column field"):
        bare.rank_field("Optics")


def test_units_that_do_not_divide_go_to_the_first_labels() -> None:
    rows: list[tuple[Any, ...]] = [("patent", "a", HERE, "A;B", None)]
    rows += [("patent", "a", THERE, None, None)] * 15  # a 16th of a record is odd
    with pytest.warns(gii_geo.DataWarning):
        tally = gii_geo.find_regions(make(rows), ALL).formed.tally
    split = split_labels(tally, "field")
    each = RECORD_UNITS // 16
    assert split["weight"].sum() == each
    assert sorted(split["weight"], reverse=True) == split["weight"].tolist()
    assert split["weight"].max() - split["weight"].min() == 1


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("Optics", ["Optics"]),
        (" Optics ;Energy;; Optics", ["Energy", "Optics"]),
        ("A | B;C", ["A", "B", "C"]),
        ("Digital \t communication", ["Digital communication"]),
        ("A; B\x1f", ["A; B"]),  # of a list: what stands in it is one label
        ("B\x1fA\x1f\x1f", ["A", "B"]),
        (" ; | ", []),
        ("Optics; n/a; -", ["Optics"]),
        ("Optics\uff1bEnergy\uff5cOptics", ["Energy", "Optics"]),
        ("AT&amp;T; Universit&auml;t | A&B", ["A&B", "AT&T", "Universität"]),
        ("Cafe\u0301", ["Café"]),
        ("['Optics', 'A; B']", ["A; B", "Optics"]),  # as pandas writes a list
        ('["O\'Neil, Inc", "Z\\u00fcrich"]', ["O'Neil, Inc", "Zürich"]),  # as JSON does
        ("['Optics'\n 'Energy']", ["Energy", "Optics"]),  # as numpy does
        ('c("Optics", "Energy")', ["Energy", "Optics"]),  # as R does
        ("('Optics',)", ["Optics"]),
        ("[]", []),
        ("['', 'nan']", []),
        ("[None]", []),
        ("['Optics', None, 'Energy']", ["Energy", "Optics"]),
        ("[nan, 'Optics']", ["Optics"]),
        ("(Optics) and [Energy]", ["(Optics) and [Energy]"]),
    ],
)
def test_a_cell_is_read(text: str, cells: list[str]) -> None:
    assert read_cell(text).split("\x1f") == (cells or [""])


# On every engine, in any order, as lists


def as_lists(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        field=[
            [*cell.replace("|", ";").split(";")] if isinstance(cell, str) else None
            for cell in table["field"]
        ]
    )


@pytest.mark.parametrize(
    "make_table",
    [
        lambda table: table.sample(frac=1, random_state=3),
        as_lists,
        pl.from_pandas,
        lambda table: pl.from_pandas(as_lists(table)).lazy(),
        lambda table: pl.from_pandas(table).lazy(),
        pa.Table.from_pandas,
        lambda table: duckdb.from_df(table),  # noqa: PLW0108  # its name is printed
    ],
)
def test_every_engine_and_order_reads_the_same_labels(
    make_table: Callable[[pd.DataFrame], Any], world: World
) -> None:
    read = gii_geo.read_world(make_table(make()))
    for name in ("labels", "records", "places", "groups"):
        pd.testing.assert_frame_equal(getattr(read, name), getattr(world, name))


def test_labels_come_back_from_a_written_world(world: World, tmp_path: Any) -> None:
    world.write(tmp_path / "world")
    read = World.read(tmp_path / "world")
    pd.testing.assert_frame_equal(read.labels, world.labels)
    pd.testing.assert_frame_equal(read.records, world.records)


def test_regions_and_ranks_are_the_same_without_labels(result: Result) -> None:
    with pytest.warns(gii_geo.DataWarning):
        bare = gii_geo.find_regions(make().drop(columns=["field", "organisation"]), ALL)
    pd.testing.assert_frame_equal(bare.regions, result.regions)
    with pytest.warns(gii_geo.DataWarning):
        full = [one.again(counting="full").regions for one in (bare, result)]
    pd.testing.assert_frame_equal(*full)
    assert "field" not in bare.world.records
    assert bare.world.labels.empty


def test_files_of_one_kind_may_lack_a_label(tmp_path: Any) -> None:
    table = make()
    table.iloc[:3].to_parquet(tmp_path / "a.parquet")
    table.iloc[3:].drop(columns="field").to_parquet(tmp_path / "b.parquet")
    read = gii_geo.read_world([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert set(read.labels["what"]) == {"field", "organisation"}


def test_labels_of_several_kinds_read_apart_are_those_read_together(world: World) -> None:
    table = make()
    parts = {str(kind): part.drop(columns="kind") for kind, part in table.groupby("kind")}
    pd.testing.assert_frame_equal(gii_geo.read_world(parts).labels, world.labels)


def test_the_organisation_serves_as_group_where_none_is_given() -> None:
    table = make().drop([3, 4])  # of two organisations at one place, which stand apart
    owned = gii_geo.read_world(table).groups
    named = table.assign(group=table["organisation"].str.split(r"[;|]").str[0])
    pd.testing.assert_frame_equal(
        owned, gii_geo.read_world(named.drop(columns="organisation")).groups
    )
    given = gii_geo.read_world(table.assign(group=None)).groups
    assert given.empty


def test_years_choose_labels_too() -> None:
    table = make().assign(year=[2001] * 8 + [2002] * 2)
    with pytest.warns(gii_geo.DataWarning):
        late = gii_geo.find_regions(table, ALL.replace(years={"patent": (2002, 2003)}))
    assert set(late.profiles["kind"]) == {"deal"}


# On the built-in world


def test_profiles_add_up_to_the_weight_of_each_region(built_in: Result) -> None:
    weights = built_in.formed.ranking
    ids = built_in.followed.region_ids
    sums = built_in.profiles.groupby(["what", "kind", "region_id"])["records"].sum()
    for what in ("field", "organisation", "city"):
        for kind in ("patent", "publication", "deal"):
            own = sums.loc[what, kind].reindex(ids[weights.index]).fillna(0).to_numpy()
            np.testing.assert_allclose(own, weights[f"{kind}s"].to_numpy(), rtol=1e-12, atol=1e-9)


def test_labels_add_up_to_the_unit(built_in: Result) -> None:
    """What is split among several labels is there whole, row by row of the world."""
    tally = built_in.formed.tally
    for what in ("field", "organisation"):
        whole = tally.labels.loc[tally.labels["what"] == what, "weight"].sum()
        assert split_labels(tally, what)["weight"].sum() == whole
        placed = sum(int(tally.locations[f"{kind}_weight"].sum()) for kind in tally.kinds)
        assert 0.8 * placed < whole <= placed


def test_what_regions_share_is_what_touches_both(built_in: Result) -> None:
    """The slow way: pandas over the records of publications, region by region."""
    tally, region = built_in.formed.tally, built_in.formed.delineation.region
    rows = tally.records[tally.records["kind"] == "publication"]
    touched = pd.DataFrame({"record": rows["record"], "region": region[rows["location"]]})
    touched = touched[touched["region"] >= 0].drop_duplicates()
    both = touched.merge(touched, on="record")
    both = both[both["region_x"] < both["region_y"]]
    shared = built_in.collaboration
    assert len(both) == shared.loc[shared["kind"] == "publication", "records"].sum()
    ids = built_in.followed.region_ids
    counted = both.groupby(["region_x", "region_y"]).size()
    a, b = counted.idxmax()
    pair = sorted([ids[a], ids[b]])
    found = shared[(shared["region_a"] == pair[0]) & (shared["region_b"] == pair[1])]
    assert found.set_index("kind").loc["publication", "records"] == counted.max()


def test_the_first_values_stand_beside_the_regions_on_request(built_in: Result) -> None:
    regions = built_in.again(top_values=True).regions
    first = list_first(built_in.profiles)
    assert regions["top_field"].notna().all()
    row = regions.iloc[0]
    assert row["top_city"] == "Shenzhen"
    assert row["top_organisation"] == first.loc[row["region_id"], "top_organisation"]
    assert "top_field" not in built_in.regions
    profile = built_in.profiles
    own = profile[(profile["region_id"] == row["region_id"]) & (profile["what"] == "field")]
    assert row["top_field"] == own.groupby("value")["share"].sum().drop(UNKNOWN).idxmax()


def test_of_first_values_that_are_alike_the_alphabet_decides() -> None:
    values = [
        ("R1", "deal", "Zinc", 0.5),
        ("R1", "deal", "Food", 0.3),
        ("R1", "patent", "Food", 0.2),
    ]
    table = pd.DataFrame(values, columns=["region_id", "kind", "value", "share"])
    first = list_first(table.assign(what="field"))
    assert first.loc["R1", "top_field"] == "Food"


@pytest.mark.parametrize("with_ids", [True, False])
def test_of_many_kinds_each_keeps_its_own(with_ids: bool) -> None:  # noqa: FBT001
    """More kinds than seven bits number: 150, of which each has two fields to itself."""
    kinds = [f"kind_{number}" for number in range(150)]
    table = pd.DataFrame({"kind": kinds * 2, "lon": 7.6, "lat": 47.5})
    table["field"] = table["kind"] + [*"A" * 150, *"B" * 150]
    table["record_id"] = range(300)
    table = table if with_ids else table.drop(columns="record_id")
    told = gii_geo.find_regions(table, Settings(min_addresses=20)).profiles
    told = told[told["what"] == "field"]
    expected = {(kind, f"{kind}{field}", 1.0) for kind in kinds for field in "AB"}
    assert {*told[["kind", "value", "records"]].itertuples(index=False, name=None)} == expected


def test_more_kinds_than_words_are_refused() -> None:
    table = pd.DataFrame({"kind": [f"kind_{number}" for number in range(1001)]})
    with pytest.raises(InputError, match=r"Must be at most 1,000; found 1,001\."):
        gii_geo.read_world(table.assign(lon=7.6, lat=47.5))


def test_the_rank_sets_of_a_field_hold_its_rank(built_in: Result) -> None:
    table = built_in.rank_field("Digital communication")
    assert (table["rank_low"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_high"]).all()
    assert table["rank_high"].iloc[0] < 10
    wide = built_in.rank_field("Digital communication", confidence=0.999)
    assert (wide["rank_high"] >= table["rank_high"]).all()
