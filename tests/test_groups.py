"""Records that hang together: read by hand, on every engine, and what they do to rank sets."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gii_geo
from gii_geo import World
from gii_geo.packing import TABLES
from gii_geo.records.labels import read_owner
from gii_geo.regions.tally import Tally, count_world
from gii_geo.tables import RECORD_UNITS, InputError
from gii_geo.trust import together
from gii_geo.trust.covariance import covary_scores, covary_shares
from gii_geo.trust.sure import describe_unsure

FloatArray = npt.NDArray[np.float64]
Years = dict[str, tuple[int, int]]

UNITS = RECORD_UNITS
HERE, THERE, OUTSIDE, NOWHERE = (7.6, 47.6), (8.5, 47.4), (0.5, 50.0), (None, None)
COLUMNS = ["kind", "record_id", "place", "year", "count", "group"]
DRAWN = " (applicants or organisations, whose records rank sets draw together)"
ONE = ", which tells nothing of how groups differ: they are taken as independent"
COUNTINGS = [(c, s) for c in ("fractional", "full") for s in ("all", "placed")]


def make(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Make addresses of kind, record_id, place, year, count and group."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    lon, lat = zip(*table.pop("place"), strict=True)
    types = {"lon": "float64", "lat": "float64", "year": "Int64", "record_id": "str"}
    return table.assign(lon=lon, lat=lat).astype(types | {"group": "str"})


def read(table: Any, **columns: str) -> World:
    return gii_geo.read_world(table, columns={"record_id": "record_id"} | columns)


def list_groups(world: World) -> list[list[Any]]:
    """Give group, location, record, year, alone, quarters of weight, records, 16ths of square."""
    parts = world.groups.assign(
        weight=world.groups["weight"] / (UNITS // 4), square=world.groups["square"] / (UNITS // 16)
    )
    plain = parts.drop(columns="kind").astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


# What a world keeps, by hand


def test_a_world_keeps_where_the_records_of_each_group_stand() -> None:
    world = read(
        make(
            ("patent", "spread", HERE, 2020, 1, "Roche"),
            ("patent", "spread", THERE, 2020, 1, "Roche"),
            ("patent", "whole", HERE, 2020, 1, "Roche"),
            ("patent", "half", HERE, 2020, 1, "Roche"),
            ("patent", "half", NOWHERE, 2020, 1, None),
            ("patent", "lost", NOWHERE, 2021, 1, "Roche"),
            ("patent", "other", THERE, 2020, 2, "ABB"),
            ("patent", "nobody's", HERE, 2020, 1, None),
            ("patent", None, HERE, 2019, 3, "ABB"),
            ("patent", None, NOWHERE, None, 2, "ABB"),
            ("deal", "spread", HERE, None, 1, "Roche"),
            ("patent", "no address", HERE, 2020, 0, "Roche"),
        )
    )
    assert list_groups(world) == [
        [1, 0, None, None, False, 4, 1, 16],
        [0, None, None, None, True, 0, 2, 0],
        [0, 0, None, 2019, False, 12, 3, 48],
        [0, 1, None, 2020, False, 4, 1, 16],
        [1, None, None, 2021, False, 0, 1, 0],
        [1, None, 0, 2020, False, 0, 1, 0],
        [1, 0, None, 2020, False, 6, 2, 20],
    ]
    assert world.groups["kind"].tolist() == ["deal", *["patent"] * 6]
    assert world.provenance["notes"][-2:] == [
        f"deal: 1 of 1 records are of 1 group{DRAWN}{ONE}",
        f"patent: 10 of 11 records are of 2 groups{DRAWN}, the others stand by themselves",
    ]


def test_a_record_of_several_groups_is_of_the_first_and_a_note_counts_them() -> None:
    world = read(
        make(
            ("patent", "a", HERE, 2020, 1, "b"),
            ("patent", "a", HERE, 2020, 1, "a"),
            ("patent", "b", HERE, 2020, 1, "b"),
            ("patent", "b", NOWHERE, 2020, 1, None),
        )
    )
    assert world.groups[["group", "records"]].to_numpy().tolist() == [[0, 1], [1, 1]]
    told = "table: 1 record names several groups, and is of the first in the order of the alphabet"
    assert told in world.provenance["notes"]


@pytest.mark.parametrize("kind", ["float64", "str", "Int64", "object"])
def test_a_group_is_one_however_its_number_is_written(kind: str) -> None:
    groups: list[Any] = ["7", "7.0", " 7 ", None] if kind == "object" else [7, 7, 7, None]
    table = make(*(("deal", None, HERE, 2020, 1, None) for _ in groups))
    world = read(table.assign(group=pd.Series(groups, dtype=kind)))
    assert world.groups[["group", "records"]].to_numpy().tolist() == [[0, 3]]


@pytest.mark.parametrize(
    "owner",
    [
        *("['Acme', 'Bolt']", '["Acme, Inc", "B"]', "['Acme'\n 'Bolt']", "('Acme',)"),
        *('c("Acme", "Bolt")', "AT&amp;T; Bolt", "Acme\uff1bBolt", "(Acme) Inc", "[]", "['']"),
        *("['Acme', None]", "[None, 'Acme']", "['Acme' nan]", "[None, None]", "(NA)", "()"),
    ],
)
def test_the_first_of_a_cell_is_the_group_on_every_engine(owner: str) -> None:
    first = read_owner(owner)
    frame = pd.DataFrame({"lon": [8.5, 8.5], "lat": 47.4, "organisation": [owner, first]})
    for table in (frame, frame.assign(record_id=["a", "b"])):
        for source in (table, pl.DataFrame(table).lazy()):
            groups = gii_geo.read_world({"deal": source}).groups
            assert groups["group"].nunique() == bool(first)
            assert groups["records"].sum() == 2 * bool(first)


def test_texts_that_say_nothing_are_no_group() -> None:
    texts = ["", " ", "NA", "null", "-", "unknown", "n.a."]
    world = read(make(*(("deal", None, HERE, 2020, 1, text) for text in texts)))
    assert world.groups.empty


def test_the_column_is_mapped_for_all_kinds_or_for_one_of_them() -> None:
    table = make(*(("deal", name, HERE, 2020, 1, name) for name in "aab"))
    moved = table.rename(columns={"group": "owner"}).drop(columns="kind")
    mapped = read(table.rename(columns={"group": "o"}), group="o")
    pd.testing.assert_frame_equal(mapped.groups, read(table).groups)
    by_kind = {"deal": moved, "patent": moved}
    one = gii_geo.read_world(by_kind, columns={"deal.group": "owner"})
    assert set(one.groups["kind"]) == {"deal"}
    assert len(gii_geo.read_world(by_kind, columns={"group": "owner"}).groups) == 4
    with pytest.raises(InputError, match=r"Must have owner for group; found .*"):
        read(table, group="owner")


def test_the_command_line_maps_the_column(run_cli: Callable[..., Any], tmp_path: Path) -> None:
    table = make(*(("deal", name, HERE, 2020, 1, name[0]) for name in ("a1", "a2", "b1")))
    table.rename(columns={"group": "applicant"}).to_csv(tmp_path / "deals.csv", index=False)
    words = ("read", "--deals", tmp_path / "deals.csv", "--out")
    asked = run_cli(*words, tmp_path / "plain")
    assert "no column group; is it applicant? --column group=applicant" in " ".join(
        (asked.stdout + asked.stderr).split()
    )
    assert run_cli(*words, tmp_path / "out", "--column", "group=applicant").exit_code == 0
    assert World.read(tmp_path / "out").groups["group"].tolist() == [0, 1]


# The same on every engine, in any order, and on disk


@pytest.fixture(scope="module")
def grouped(small_world: pd.DataFrame) -> pd.DataFrame:
    """Give the small world groups: many small and some large, some records none, some several.

    Some addresses are not placed, some have no year, some are records of their own.
    """
    rng = np.random.default_rng(5)
    rows = len(small_world)
    lone = small_world.index % 11 == 0
    record = small_world["record_id"].where(~lone)
    number = record.str[1:].fillna("0").astype(int) ** 2 % 97
    group = ("g" + number.astype(str)).where(number < 70)
    group = group.where(~lone, [f"g{one}" for one in rng.integers(0, 40, rows)])
    group = group.where(rng.random(rows) < 0.95, "a second")
    return small_world.assign(
        record_id=record,
        group=group.astype("str"),
        lon=small_world["lon"].where(rng.random(rows) < 0.85),
        year=small_world["year"].astype("Int64").where(rng.random(rows) < 0.9),
        count=np.where(rng.random(rows) < 0.1, 30, 1),
    ).assign(region=lambda table: place_regions(table["lon"]))


@pytest.fixture(scope="module")
def world(grouped: pd.DataFrame) -> World:
    return read(grouped)


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas in another order": lambda table: table.sample(frac=1, random_state=4),
    "pyarrow": lambda table: pa.Table.from_pandas(table, preserve_index=False),
    "polars": pl.DataFrame,
    "polars lazy": lambda table: pl.DataFrame(table).lazy(),
    "duckdb": duckdb.from_df,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_neither_order_nor_engine_changes_a_group(
    engine: str, grouped: pd.DataFrame, world: World
) -> None:
    other = read(ENGINES[engine](grouped))
    for name in ("locations", "places", "records", "groups", "accounts"):
        pd.testing.assert_frame_equal(getattr(other, name), getattr(world, name))
    assert other.provenance["notes"] == world.provenance["notes"]


def test_one_table_or_one_a_kind_gives_the_same_groups(grouped: pd.DataFrame, world: World) -> None:
    parts = {kind: part.drop(columns="kind") for kind, part in grouped.groupby("kind")}
    pd.testing.assert_frame_equal(read(parts).groups, world.groups)


def test_groups_are_written_and_read_and_take_no_room_where_there_are_none(
    world: World, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    world.write(tmp_path / "world")
    pd.testing.assert_frame_equal(World.read(tmp_path / "world").groups, world.groups)
    assert {name: str(dtype) for name, dtype in world.groups.dtypes.items()} == TABLES["groups"]
    plain = gii_geo.read_world(small_world)
    plain.write(tmp_path / "plain")
    assert plain.groups.empty
    assert (tmp_path / "plain" / "groups.parquet").stat().st_size < 4000


def test_a_group_changes_nothing_but_groups(grouped: pd.DataFrame, world: World) -> None:
    plain = read(grouped.drop(columns="group"))
    for name in set(TABLES) - {"groups"}:
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(world, name))


# The covariance


def place_regions(lon: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Cut the small world at meridians: Switzerland and France, Asia, America; the rest outside."""
    lon = np.asarray(lon, dtype=np.float64)
    cuts = [(7.2, 7.45), (7.45, 7.8), (103, 104), (-75, -73)]
    return np.select([(low <= lon) & (lon < high) for low, high in cuts], range(4), -1)


def refer(table: pd.DataFrame, kind: str, counting: str, share_of: str, years: Years) -> FloatArray:
    """Go through the records of a kind one by one, then through their groups."""
    records: dict[str, list[Any]] = {}
    for row in table[table["kind"] == kind].itertuples():
        if isinstance(row.record_id, str):
            records.setdefault(row.record_id, []).append((row, row.count))
        else:
            records |= {f"row {row.Index} {part}": [(row, 1)] for part in range(row.count)}
    parts, counted, group = [], [], []
    for name, rows in records.items():
        year = min((row.year for row, _ in rows if row.year is not pd.NA), default=None)
        placed = sum(count for row, count in rows if row.lon == row.lon)
        if kind in years and (year is None or year not in range(*years[kind])):
            continue
        each = RECORD_UNITS // sum(count for _, count in rows) / RECORD_UNITS
        part = np.zeros(5)
        for row, count in rows:
            part[row.region] += count * each
        part, placed = part[:4], placed * each
        if counting == "full":
            part, placed = np.ceil(part), np.ceil(placed)
        parts.append(part)
        counted.append(placed if share_of == "placed" else 1)
        group.append(
            min((row.group for row, _ in rows if isinstance(row.group, str)), default=name)
        )
    share = np.sum(parts, axis=0) / np.sum(counted)
    apart = pd.DataFrame(np.array(parts) - np.outer(counted, share)).groupby(group).sum()
    many = len(apart)
    return apart.to_numpy().T @ apart.to_numpy() / np.sum(counted) ** 2 * many / (many - 1)


def covary(tally: Tally, counting: str, share_of: str) -> dict[str, FloatArray]:
    region = place_regions(tally.locations["lon"])
    asked = SimpleNamespace(counting=counting, share_of=share_of)
    found = covary_shares(tally, region, asked)
    return {kind: own for (kind, other), own in found.items() if kind == other}


@pytest.mark.parametrize(("counting", "share_of"), COUNTINGS)
@pytest.mark.parametrize(
    "years", [{}, {"patent": (2012, 2015)}, {"patent": (2010, 2011), "deal": (2016, 2019)}]
)
def test_the_covariance_is_that_of_the_groups_one_by_one(
    counting: str, share_of: str, years: Years, grouped: pd.DataFrame, world: World
) -> None:
    found = covary(count_world(world, years=years), counting, share_of)
    for kind in ("patent", "publication", "deal"):
        ends = {name: (first, last + 1) for name, (first, last) in years.items()}
        by_hand = refer(grouped, kind, counting, share_of, ends)
        np.testing.assert_allclose(found[kind], by_hand, rtol=1e-7, atol=1e-12)


def test_records_each_of_a_group_of_its_own_are_independent(grouped: pd.DataFrame) -> None:
    with_ids = grouped[grouped["record_id"].notna()].drop(columns="group")
    plain = count_world(read(with_ids))
    own = count_world(read(with_ids.assign(group=with_ids["record_id"])))
    for counting, share_of in COUNTINGS:
        for kind, covariance in covary(plain, counting, share_of).items():
            many = plain.totals["records"][kind]
            found = covary(own, counting, share_of)[kind]
            np.testing.assert_allclose(found, covariance * many / (many - 1), rtol=1e-9, atol=1e-15)


def test_records_copied_three_times_tell_no_more_than_once(grouped: pd.DataFrame) -> None:
    once = grouped[grouped["record_id"].notna()]
    once = once.assign(group=once["record_id"])
    copies = [once.assign(record_id=f"{copy} " + once["record_id"]) for copy in range(3)]
    thrice, single = (count_world(read(table)) for table in (pd.concat(copies), once))
    for counting, share_of in COUNTINGS:
        found = covary(thrice, counting, share_of)
        for kind, covariance in covary(single, counting, share_of).items():
            np.testing.assert_allclose(found[kind], covariance, rtol=1e-9, atol=1e-15)


def test_two_groups_by_hand() -> None:
    rows = [("deal", None, HERE, 2020, 3, "one"), ("deal", None, OUTSIDE, 2020, 1, "other")]
    tally = count_world(read(make(*rows)))
    region = np.where(tally.locations["lon"] == HERE[0], 0, -1)
    asked = SimpleNamespace(counting="fractional", share_of="all")
    # The share is 3/4: one group is 3 - 3 * 3/4 above it, the other 3/4 below; 2 / (2 - 1) of it.
    found = covary_shares(tally, region, asked)["deal", "deal"]
    assert found == pytest.approx(2 * 2 * 0.75**2 / 16)


@pytest.mark.parametrize(
    ("deals", "expected"),
    [
        ({"one": HERE, "other": OUTSIDE}, 1.0),
        ({"one": OUTSIDE, "other": HERE}, 0.0),
        ({"third": HERE, "fourth": OUTSIDE}, 0.5),
        ({"one": HERE, "fourth": OUTSIDE}, 0.75),
    ],
)
def test_a_group_brings_its_records_of_every_kind(
    deals: dict[str, tuple[float, float]], expected: float
) -> None:
    groups = {"patent": {"one": HERE, "other": OUTSIDE}, "deal": deals}
    rows = [
        (kind, None, place, 2020, 1, group)
        for kind, held in groups.items()
        for group, place in held.items()
    ]
    tally = count_world(read(make(*rows)))
    region = np.where(tally.locations["lon"] == HERE[0], 0, -1)
    shares = covary_shares(tally, region, SimpleNamespace(counting="fractional", share_of="all"))
    # Each kind's share is 1/2 and its variance 2 / (2 - 1) * 2 * (1/2)^2 / 2^2 = 1/4; a group in
    # both adds 2 * 2 * (1/2)^2 / 2^2 = 1/4, or takes as much where its records stand apart.
    assert covary_scores(shares, {}, regions=1).item() == pytest.approx(expected)


def test_a_kind_copied_with_its_groups_doubles_every_deviation(grouped: pd.DataFrame) -> None:
    once = grouped[grouped["kind"] == "patent"]
    once = once.assign(group=once["group"].fillna(once["record_id"]).fillna("alone"))
    one, both = (
        count_world(read(pd.concat([once.assign(kind=kind) for kind in kinds])))
        for kinds in (["patent"], ["patent", "deal"])
    )
    region = place_regions(one.locations["lon"])
    for counting, share_of in COUNTINGS:
        asked = SimpleNamespace(counting=counting, share_of=share_of)
        covariance, twice = (
            covary_scores(covary_shares(tally, region, asked), {}, regions=4)
            for tally in (one, both)
        )
        np.testing.assert_allclose(twice, 4 * covariance, rtol=1e-9, atol=1e-15)


def test_a_kind_of_one_group_is_taken_as_independent() -> None:
    rows = [("deal", None, spot, 2020, 2, "one") for spot in (HERE, OUTSIDE)]
    table = make(*rows)
    one, none = (count_world(read(source)) for source in (table, table.drop(columns="group")))
    region = np.where(one.locations["lon"] == HERE[0], 0, -1)
    asked = SimpleNamespace(counting="fractional", share_of="all")
    for tally in (one, none):
        assert covary_shares(tally, region, asked)["deal", "deal"].tolist() == [[0.25 / 4]]
    told = [describe_unsure(tally, 1)[0] for tally in (one, none)]
    assert told[0] == told[1].replace("no column group", "no two groups")


def test_a_question_of_one_kind_leaves_the_world_as_it_is(world: World) -> None:
    before = world.groups.copy()
    alone = count_world(world, kinds=("deal",))
    assert set(alone.groups["kind"]) == {"deal"}
    pd.testing.assert_frame_equal(world.groups, before)
    again = covary(alone, "fractional", "all")["deal"]
    np.testing.assert_allclose(again, covary(count_world(world), "fractional", "all")["deal"])


def test_deviations_are_those_of_whole_groups_drawn_anew(grouped: pd.DataFrame) -> None:
    table = grouped[(grouped["kind"] == "patent") & grouped["record_id"].notna()]
    of_record = table.groupby("record_id")["group"].transform("min").fillna(table["record_id"])
    table = table.assign(group=of_record.astype("str"))
    tally = count_world(read(table))
    names, number = np.unique(table["group"], return_inverse=True)
    size = table.groupby("record_id")["count"].transform("sum")
    cells = table.assign(group=number, part=table["count"] / size)[
        ["group", "record_id", "region", "lon", "part"]
    ]
    each = np.ones(len(names)) / len(names)
    times = np.random.default_rng(2).multinomial(len(names), each, 400)
    for counting, share_of in COUNTINGS:
        inside = cells[cells["region"] >= 0]
        base = cells if share_of == "all" else cells[cells["lon"].notna()]
        if counting == "full":
            inside = inside.drop_duplicates(["record_id", "region"]).assign(part=1.0)
        if counting == "full" or share_of == "all":
            base = base.drop_duplicates("record_id").assign(part=1.0)
        held = np.zeros((len(names), 4))
        np.add.at(held, (inside["group"], inside["region"]), inside["part"])
        counted = np.bincount(base["group"], base["part"], len(names))
        drawn = (times @ held / (times @ counted)[:, None]).std(axis=0)
        deviation = np.sqrt(np.diag(covary(tally, counting, share_of)["patent"]))
        assert drawn / deviation == pytest.approx(np.ones(4), abs=0.12)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_groups_are_summed_alike_in_however_many_pieces(
    grouped: pd.DataFrame, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = count_world(read(grouped))
    assert tally.records["record"].duplicated().sum() > 5  # which no piece parts
    whole = [covary(tally, *counting) for counting in COUNTINGS]
    monkeypatch.setattr(together, "_AT_ONCE", rows)
    for counting, expected in zip(COUNTINGS, whole, strict=True):
        found = covary(tally, *counting)
        assert found.keys() == expected.keys()
        for kind, covariance in expected.items():
            np.testing.assert_array_equal(found[kind], covariance)


# What the rank sets say of it


def test_groups_widen_rank_sets_and_a_sentence_says_where_there_are_none(
    small_world: pd.DataFrame,
) -> None:
    settings = gii_geo.Settings(min_addresses=60)
    plain = gii_geo.find_regions(small_world, settings)
    parity = small_world["record_id"].str[1:].astype(int) % 2
    hung = [
        f"{region} {one}"
        for region, one in zip(place_regions(small_world["lon"]), parity, strict=True)
    ]
    wide = gii_geo.find_regions(small_world.assign(group=hung), settings)
    narrow, more = (
        (sets["rank_high"] - sets["rank_low"]).sum()
        for sets in (plain.rank_sets(), wide.rank_sets())
    )
    assert narrow < more
    told = "Rank sets take the records of patent, publication and deal as independent "
    told += "(no column group): the narrowest fair sets."
    assert [note for note in plain.provenance["notes"] if "Rank sets take" in note] == [told]
    assert [note for note in wide.provenance["notes"] if "Rank sets take" in note] == []
