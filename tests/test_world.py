"""The world: by hand, conserved to the unit, the same bytes in any order, refused when touched."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gii_geo
from gii_geo import Settings, World
from gii_geo.owned import describe_file
from gii_geo.packing import TABLES
from gii_geo.tables import KINDS, RECORD_UNITS, InputError
from gii_geo.told import hash_told
from gii_geo.world import WORLD_FILE, is_world

UNITS = RECORD_UNITS
HERE, THERE = (7.6, 47.6), (8.5, 47.4)
COLUMNS = ["kind", "record_id", "place", "economy", "year", "count"]


def make(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Make addresses of kind, record_id, place, economy, year and count."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    lon, lat = zip(*(place or (None, None) for place in table.pop("place")), strict=True)
    types = {"lon": "float64", "lat": "float64", "year": "Int64", "record_id": "str"}
    return table.assign(lon=lon, lat=lat).astype(types)


def read(*rows: tuple[Any, ...]) -> World:
    return gii_geo.read_world(make(*rows), columns={"record_id": "record_id"})


def list_rows(table: pd.DataFrame, *columns: str) -> list[list[Any]]:
    """Give rows as plain values, None where one is missing."""
    plain = table[list(columns)].astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


def list_places(world: World) -> list[list[Any]]:
    """Give location, year, economy, rows, addresses, weight and records of every place."""
    columns = ("location", "year", "economy", "rows", "addresses", "weight", "records")
    return list_rows(world.places, *columns)


def list_records(world: World) -> list[list[Any]]:
    return list_rows(world.records, "record", "location", "addresses", "size", "year")


def assert_same(world: World, other: World) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(world, name), getattr(other, name))


@pytest.fixture(scope="module")
def rough(small_world: pd.DataFrame) -> pd.DataFrame:
    """Take away coordinates and years of some addresses, and put others where none can be."""
    place = small_world.index
    return small_world.assign(
        lon=small_world["lon"].where(place % 9 != 0),
        lat=small_world["lat"].where(place % 50 != 1, 91.0),
        year=small_world["year"].astype("Int64").where(place % 7 != 2),
    )


@pytest.fixture(scope="module")
def world(rough: pd.DataFrame) -> World:
    return gii_geo.read_world(rough)


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    world.write(tmp_path / "world")
    return tmp_path / "world"


# What it holds, by hand


def test_a_record_at_one_location_is_counted_whole_there_and_nowhere_else() -> None:
    world = read(("patent", "a", HERE, "CH", 2020, 1), ("patent", "a", HERE, "CH", 2021, 2))
    assert world.locations.to_numpy().tolist() == [[*HERE]]
    assert list_places(world) == [[0, 2020, "CH", 2, 3, UNITS, 1]]
    assert world.records.empty


def test_a_record_at_two_locations_is_listed_with_what_it_has_at_each() -> None:
    world = read(
        ("patent", "b", THERE, None, 2019, 1),
        ("patent", "b", HERE, None, 2021, 3),
        ("patent", "a", HERE, None, 2019, 1),
        ("patent", "c", HERE, None, None, 1),
        ("patent", "c", THERE, None, None, 1),
    )
    half, quarter = UNITS // 2, UNITS // 4
    assert list_places(world) == [
        [0, 2019, None, 2, 4, UNITS + 3 * quarter, 1],
        [0, None, None, 1, 1, half, 0],
        [1, 2019, None, 1, 1, quarter, 0],
        [1, None, None, 1, 1, half, 0],
    ]
    assert list_records(world) == [
        *([0, 0, 3, 4, 2019], [0, 1, 1, 4, 2019], [1, 0, 1, 2, None], [1, 1, 1, 2, None])
    ]


@pytest.mark.parametrize("many", [254, 255, 256, 10**9])
def test_a_record_may_have_many_addresses_at_each_of_its_places(many: int) -> None:
    rows = [("patent", "b", HERE, None, 2019, 1), ("patent", "a", THERE, None, 2019, many)]
    world = read(*rows, ("patent", "a", HERE, None, 2019, 1), ("patent", "b", THERE, None, 2019, 1))
    assert list_records(world) == [
        *([0, 0, 1, many + 1, 2019], [0, 1, many, many + 1, 2019]),
        *([1, 0, 1, 2, 2019], [1, 1, 1, 2, 2019]),
    ]


def test_the_year_of_a_record_is_the_earliest_of_its_addresses_placed_or_not() -> None:
    world = read(
        ("deal", "x", HERE, None, 2021, 1),
        ("deal", "x", None, None, 2018, 1),
        ("deal", "x", HERE, None, None, 1),
        ("deal", None, HERE, None, 2015, 1),
    )
    third = UNITS // 3
    assert list_places(world) == [
        *([0, 2015, None, 1, 1, UNITS, 1], [0, 2018, None, 2, 2, 2 * third, 1])
    ]
    assert list_rows(world.rejects, "reason", "year", "record_year", "weight") == [
        ["no coordinates", 2018, 2018, third]
    ]
    columns = ("year", "reason", "rows", "weight", "records", "undivided")
    assert list_rows(world.accounts, *columns) == [
        [2015, None, 1, UNITS, 1, 0],
        [2018, "no coordinates", 1, third, 0, 0],
        [2018, None, 2, 2 * third, 1, 0],
    ]


def test_of_29_addresses_what_does_not_divide_stays_in_the_accounts() -> None:
    world = read(("patent", "team", HERE, None, 2020, 28), ("patent", "team", THERE, None, 2020, 1))
    each = 184_628_582  # 5,354,228,880 / 29, and 2 units are left
    assert [row[5] for row in list_places(world)] == [28 * each, each]
    assert list_records(world) == [[0, 0, 28, 29, 2020], [0, 1, 1, 29, 2020]]
    (account,) = list_rows(world.accounts, "weight", "records", "undivided")
    assert account == [29 * each, 1, 2]


def test_an_address_without_a_record_is_as_many_records_as_it_counts() -> None:
    world = read(("patent", None, HERE, None, 2020, 1), ("patent", None, HERE, None, 2020, 5))
    assert list_places(world) == [[0, 2020, None, 2, 6, 6 * UNITS, 6]]
    assert world.records.empty
    assert world.accounts["records"].tolist() == [6]


def test_a_place_has_the_squared_parts_of_the_records_that_stand_there_alone() -> None:
    world = read(
        ("patent", "whole", HERE, None, 2020, 3),
        ("patent", "two of three", HERE, None, 2020, 2),
        ("patent", "two of three", None, None, 2020, 1),
        ("patent", None, HERE, None, 2020, 5),
        ("patent", "spread", HERE, None, 2020, 1),
        ("patent", "spread", THERE, None, 2020, 1),
        ("deal", "half of a crowd", HERE, None, 2020, 10**9),
        ("deal", "half of a crowd", None, None, 2020, 10**9),
    )
    squares = dict(
        zip(
            zip(world.places["kind"], world.places["location"], strict=True),
            world.places["square"],
            strict=True,
        )
    )
    assert squares["patent", 0] == pytest.approx((1 + 4 / 9 + 5) * UNITS, rel=1e-8)
    assert squares["patent", 1] == 0
    assert squares["deal", 0] == 10**9  # of 2 * 10**9 addresses each has 2 units, a quarter is 1.25


def test_two_economies_at_one_location_are_two_places_and_one_standing() -> None:
    world = read(("patent", "a", HERE, "CH", 2020, 1), ("patent", "a", HERE, "DE", 2020, 1))
    half = UNITS // 2
    assert list_places(world) == [*([0, 2020, "CH", 1, 1, half, 0], [0, 2020, "DE", 1, 1, half, 0])]
    assert list_records(world) == [[0, 0, 2, 2, 2020]]


def test_records_are_numbered_by_kind_and_id_and_locations_by_lon_and_lat() -> None:
    spots = [THERE, HERE]
    ids = [("publication", "a"), ("deal", "b"), ("deal", "a"), ("patent", "z"), ("book", "q")]
    world = read(*((kind, one, spot, None, 2001, 1) for kind, one in ids for spot in spots))
    assert world.locations.to_numpy().tolist() == [[*HERE], [*THERE]]
    assert world.kinds == ("patent", "publication", "deal", "book")
    assert list_rows(world.records, "kind", "record", "location") == [
        [kind, number, location]
        for number, kind in enumerate(["book", "deal", "deal", "patent", "publication"])
        for location in (0, 1)
    ]


def test_every_table_has_the_columns_and_types_it_is_kept_in(world: World) -> None:
    for name, types in TABLES.items():
        table = getattr(world, name)
        assert len(table) or name in {"contradictions", "groups", "labels"}, name
        own = {column: kind.split(" or ")[0] for column, kind in types.items()}
        own = {column: kind for column, kind in own.items() if column != "field"}
        assert {column: str(dtype) for column, dtype in table.dtypes.items()} == own, name


def test_it_says_what_it_holds() -> None:
    world = read(("deal", None, HERE, None, 2015, 3), ("patent", None, None, None, 2020, 1))
    assert repr(world) == (
        "World of 1 locations, 2015 to 2015\n"
        "  addresses placed: 0 patent, 3 deal\n"
        "  rows rejected: 1"
    )


ROWS = st.lists(
    st.tuples(
        st.sampled_from([*KINDS, "trademark"]),
        st.none() | st.sampled_from("abcd"),
        st.sampled_from([HERE, THERE, (179.0, -16.0), (200.0, 0.0), None]),
        st.sampled_from(["CH", "FR", None]),
        st.sampled_from([2010, 2011, None]),
        st.sampled_from([0, 1, 2, 7, 31]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=10, deadline=None)
@given(ROWS)
def test_no_unit_is_lost_in_any_kind_and_year(rows: list[tuple[Any, ...]]) -> None:
    world = read(*rows)
    units: Counter[tuple[Any, ...]] = Counter()
    for table, year in ((world.places, "year"), (world.rejects, "record_year")):
        for kind, of, weight in list_rows(table, "kind", year, "weight"):
            units[kind, of] += weight
    # Records by hand: one an id and kind, of its earliest year, and one an address without id.
    sizes: Counter[tuple[str, str]] = Counter()
    years: dict[tuple[str, str], int | None] = {}
    by_hand: Counter[tuple[Any, ...]] = Counter()
    for kind, one, _, _, year, count in rows:
        if one is None:
            by_hand[kind, year] += count * UNITS
            continue
        sizes[kind, one] += count
        known = [of for of in (years.get((kind, one)), year) if of is not None]
        years[kind, one] = min(known, default=None)
    undivided: Counter[tuple[Any, ...]] = Counter()
    for (kind, one), size in sizes.items():
        if size:
            by_hand[kind, years[kind, one]] += UNITS
            undivided[kind, years[kind, one]] += UNITS % size
    assert +(units + undivided) == +by_hand
    told: Counter[tuple[Any, ...]] = Counter()
    for kind, year, records, lost in list_rows(
        world.accounts, "kind", "year", "records", "undivided"
    ):
        told[kind, year] += records * UNITS
        undivided[kind, year] -= lost
    assert +told == +by_hand
    assert not any(undivided.values())
    # What stands somewhere is what the places hold, address by address.
    placed = Counter(dict(world.places.groupby("kind", observed=True)["addresses"].sum()))
    valid = [row for row in rows if row[2] and abs(row[2][0]) <= 180]
    assert placed == Counter(kind for kind, *_, count in valid for _ in range(count))


# Written and read


def test_what_is_read_is_what_was_written(world: World, folder: Path) -> None:
    again = World.read(folder)
    assert_same(again, world)
    assert again.provenance == world.provenance
    assert again.kinds == world.kinds
    assert repr(again) == repr(world)
    assert is_world(folder)
    assert is_world(str(folder))
    assert_same(gii_geo.read_world(folder), world)


def test_regions_of_a_world_that_was_read_are_the_same(world: World, folder: Path) -> None:
    asked = Settings(min_addresses=60, counting="full", min_link_share=0.01)
    one, other = (gii_geo.find_regions(source, asked) for source in (world, folder))
    assert len(one.regions) > 1
    pd.testing.assert_frame_equal(pd.DataFrame(one.regions), pd.DataFrame(other.regions))
    assert one.accounts.to_dict() == other.accounts.to_dict()


def test_a_world_without_a_place_is_written_and_read_too(tmp_path: Path) -> None:
    empty = read(("patent", None, None, None, 2020, 1))
    empty.write(tmp_path / "world")
    assert_same(World.read(tmp_path / "world"), empty)


def write(source: Any, folder: Path) -> dict[str, bytes]:
    gii_geo.read_world(source).write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_order_of_rows_and_of_kinds_changes_no_byte(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    whole = write(small_world, tmp_path / "whole")
    assert set(whole) == {WORLD_FILE, *(f"{name}.parquet" for name in TABLES)}
    assert write(small_world.sample(frac=1, random_state=4), tmp_path / "shuffled") == whole
    parts = {kind: part.drop(columns="kind") for kind, part in small_world.groupby("kind")}
    written = write(parts, tmp_path / "parts")
    turned = {kind: parts[kind].iloc[::-1] for kind in reversed(parts)}
    assert write(turned, tmp_path / "turned") == written
    # One frame or one a kind: the tables are the same, only how they were given is not.
    del whole[WORLD_FILE], written[WORLD_FILE]
    assert written == whole


def test_the_order_of_rows_changes_of_rejects_only_the_row(
    rough: pd.DataFrame, world: World, tmp_path: Path
) -> None:
    whole, other = (
        write(table, tmp_path / name)
        for name, table in (
            ("whole", rough),
            ("shuffled", rough.sample(frac=1, random_state=4)),
        )
    )
    differ = {name for name in whole if whole[name] != other[name]}
    assert differ == {"rejects.parquet", WORLD_FILE}
    columns = [*world.rejects.columns.drop("row")]
    rejects = (
        World.read(tmp_path / name).rejects[columns].sort_values(columns, ignore_index=True)
        for name in ("whole", "shuffled")
    )
    pd.testing.assert_frame_equal(*rejects)


def test_the_order_of_files_of_several_kinds_changes_no_byte(
    rough: pd.DataFrame, tmp_path: Path
) -> None:
    files = {kind: tmp_path / f"{kind}.parquet" for kind in KINDS}
    for kind, part in rough.groupby("kind"):
        part.drop(columns="kind").to_parquet(files[kind])
    turned = dict(reversed(files.items()))
    assert write(files, tmp_path / "one") == write(turned, tmp_path / "other")


def change_byte(folder: Path) -> None:
    content = bytearray((folder / "places.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "places.parquet").write_bytes(content)


def put(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def tell(**changes: Any) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        told = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8"))
        put(WORLD_FILE, json.dumps(told | changes))(folder)

    return change


def sign(name: str, value: object) -> Callable[[Path], object]:
    """Change what a world tells, with the checksum that fits."""

    def change(folder: Path) -> None:
        told = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8")) | {name: value}
        told.pop("sha256")
        put(WORLD_FILE, json.dumps(told | {"sha256": hash_told(told)}))(folder)

    return change


def forge(name: str, column: str, value: object) -> Callable[[Path], object]:
    """Change a table, with the checksum that fits."""

    def change(folder: Path) -> None:
        file = folder / f"{name}.parquet"
        table = pd.read_parquet(file).astype({column: object})
        table.loc[0, column] = value
        table.to_parquet(file, index=False)
        told = json.loads((folder / WORLD_FILE).read_text(encoding="utf-8"))
        sign("tables", told["tables"] | {file.name: describe_file(file)})(folder)

    return change


AS_WRITTEN = r"Must be as it was written with the world; read the addresses again\."
BY_READ = r"Must be as gii-geo read wrote it; .*\."
TOUCHED: dict[str, tuple[Callable[[Path], object], str]] = {
    **{
        f"another {name}": (
            sign(name, value),
            rf"Invalid file .*world\.json\. Must be .*; found another {name}\.",
        )
        for name, value in {
            "kinds": ["a b"],
            "inputs": [{}],
            "options": {"addresses": "x"},
            "has_precision": None,
            "undated": "x",
            "notes": [1],
            "warnings": {},
            "credits": None,
        }.items()
    },
    "a location that there is not": (
        forge("places", "location", 10**6),
        rf"Invalid file .*places\.parquet\. {AS_WRITTEN}",
    ),
    "a record that there is not": (
        forge("records", "record", 2**30),
        rf"Invalid file .*records\.parquet\. {AS_WRITTEN}",
    ),
    "a label of no kind": (
        forge("places", "kind", None),
        rf"Invalid file .*places\.parquet\. {AS_WRITTEN}",
    ),
    "a row too many": (
        forge("places", "rows", 10**6),
        r"Invalid world .*\. Must have accounts that balance; read it anew\.",
    ),
    "a changed byte": (change_byte, rf"Invalid file .*places\.parquet\. {AS_WRITTEN}"),
    "a missing table": (
        lambda folder: (folder / "rejects.parquet").unlink(),
        rf"Invalid file .*rejects\.parquet\. {AS_WRITTEN}",
    ),
    "a table of another world": (
        lambda folder: shutil.copy(folder / "places.parquet", folder / "records.parquet"),
        rf"Invalid file .*records\.parquet\. {AS_WRITTEN}",
    ),
    "a table that is not told of": (
        tell(tables={}),
        rf"Invalid file .*world\.json\. {AS_WRITTEN}",
    ),
    "another format": (
        tell(format=1),
        r"Invalid file .*world\.json\. Must be of format 5; found 1: read the addresses again .*",
    ),
    "a file cut short": (
        put(WORLD_FILE, '{"format": 1, "tab'),
        rf"Invalid file .*world\.json\. {BY_READ}",
    ),
    "a file of something else": (
        put(WORLD_FILE, '{"name": "world"}'),
        rf"Invalid file .*world\.json\. {BY_READ}",
    ),
    "no mapping": (put(WORLD_FILE, "[1]"), rf"Invalid file .*world\.json\. {BY_READ}"),
    "nothing at all": (put(WORLD_FILE, ""), rf"Invalid file .*world\.json\. {BY_READ}"),
    "no JSON": (
        lambda folder: shutil.copy(folder / "places.parquet", folder / WORLD_FILE),
        rf"Invalid file .*world\.json\. {BY_READ}",
    ),
}


@pytest.mark.parametrize("case", TOUCHED)
def test_a_world_that_was_touched_is_refused_in_one_sentence(case: str, folder: Path) -> None:
    touch, sentence = TOUCHED[case]
    touch(folder)
    with pytest.raises(InputError, match=rf"^{sentence}$") as refused:
        World.read(folder)
    assert "\n" not in str(refused.value)


def test_a_folder_without_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^Invalid world .* Must be a folder that gii-geo read"):
        World.read(tmp_path)


def test_a_folder_that_holds_other_things_is_left_alone(world: World, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"^Invalid folder .* Must be empty or hold a world that"):
        world.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(NotADirectoryError, match=r"Must be a folder"):
        world.write(tmp_path / "mine.txt")


def test_a_world_that_stands_there_is_replaced_and_other_files_beside_it_stay(
    world: World, folder: Path
) -> None:
    (folder / "README.txt").write_text("mine", encoding="utf-8")
    other = read(("deal", None, HERE, None, 2015, 1))
    other.write(folder)
    assert_same(World.read(folder), other)
    assert len(World.read(folder).places) != len(world.places)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["README.txt", WORLD_FILE, *(f"{name}.parquet" for name in TABLES)]
    )


@pytest.mark.parametrize(
    "option", [{"columns": {"lon": "x"}}, {"source": "uspto"}, {"geocode": True}]
)
def test_how_a_written_world_was_read_cannot_be_changed(
    option: dict[str, Any], folder: Path, world: World
) -> None:
    sentence = rf"Invalid {next(iter(option))}.* beside the world .* Must be given where its"
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(folder, **option)
    with pytest.raises(InputError, match=sentence):
        gii_geo.find_regions(world, **option)


# What it keeps


def test_the_latest_six_answers_of_a_name_are_kept() -> None:
    world = read(("deal", None, HERE, None, 2015, 1))
    made: list[tuple[str, int]] = []

    def ask(name: str, key: int) -> int:
        return world.keep(name, key, lambda: made.append((name, key)) or key)

    assert [ask("cluster", key) for key in range(6)] == list(range(6))
    assert ask("cluster", 0) == 0  # kept, and now the latest
    assert ask("tally", 9) == 9  # of another name
    assert made == [*(("cluster", key) for key in range(6)), ("tally", 9)]
    made.clear()
    ask("cluster", 6)  # the seventh puts the oldest out, which is 1
    assert [ask("cluster", key) for key in (0, 2, 3, 4, 5, 6)] == [0, 2, 3, 4, 5, 6]
    assert made == [("cluster", 6)]
    ask("cluster", 1)
    assert made == [("cluster", 6), ("cluster", 1)]


def test_another_engine_reads_the_same_world(rough: pd.DataFrame, world: World) -> None:
    assert_same(gii_geo.read_world(pa.Table.from_pandas(rough, preserve_index=False)), world)
    assert np.isfinite(world.locations.to_numpy()).all()
