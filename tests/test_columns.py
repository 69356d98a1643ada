"""Columns found by their roles, counts, kinds, years, and what is refused."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gii_geo
from gii_geo.records.engine import Engine
from gii_geo.records.lazy import collect
from gii_geo.records.sources.addresses import Addresses, concat_addresses
from gii_geo.records.sources.columns import read_columns
from gii_geo.tables import InputError


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as opened:
        yield opened


def read(engine: Engine, source: object, **options: Any) -> Addresses:
    """Read one source as patents, or as told."""
    (opened,) = engine.open_source(source)
    return read_columns(opened, **{"kind": "patent"} | options)


def rows(addresses: Addresses) -> pd.DataFrame:
    return collect(addresses.table)


def on_every_engine(frame: pd.DataFrame) -> list[Any]:
    return [frame, pl.DataFrame(frame), pl.DataFrame(frame).lazy(), pa.Table.from_pandas(frame)]


PLACE = {"lon": [8.5, 8.5], "lat": [47.4, 47.4]}


def test_columns_are_found_by_their_own_names_and_by_mapped_ones(engine: Engine) -> None:
    frame = pd.DataFrame({"lng": [8.5], "lat": [47.4], "country": [" ch "], "id": [7]})
    columns = {"lon": "lng", "economy": "country", "record_id": "id"}
    for table in on_every_engine(frame):
        found = read(engine, table, columns=columns)
        row = rows(found).iloc[0]
        assert (row["lon"], row["lat"], row["economy"]) == (8.5, 47.4, "CH")
        assert (row["record_id"], row["count"], row["kind"]) == ("7", 1, "patent")
        assert found.has_records
        assert found.notes == ()


def test_a_mapped_column_that_is_missing_is_refused_even_where_it_is_optional(
    engine: Engine,
) -> None:
    with pytest.raises(
        InputError, match=r"Invalid columns of table\. Must have n for count; found lon, lat"
    ):
        read(engine, pd.DataFrame(PLACE), columns={"count": "n"})
    with pytest.raises(InputError, match=r"Must have jahr for year; .*likely: --column year=jahre"):
        read(engine, pd.DataFrame({**PLACE, "jahre": 1}), columns={"year": "jahr"})
    with pytest.raises(InputError, match=r"leave out lon=longitude, for there is a column lon\."):
        read(engine, pd.DataFrame(PLACE), columns={"lon": "longitude"})


def test_missing_coordinates_are_refused_with_what_there_is_and_what_is_likely(
    engine: Engine,
) -> None:
    frame = pd.DataFrame({"Longitude": [1.0], "y": [2.0], "name": ["a"]})
    with pytest.raises(
        InputError,
        match=r"Invalid columns of table\. Must have lon and lat; found Longitude, y, name; "
        r"likely: --column lon=Longitude --column lat=y\.",
    ):
        read(engine, frame)
    with pytest.raises(InputError, match=r"likely: --column 'lon=Longitude \(deg\)'"):
        read(engine, pd.DataFrame({"Longitude (deg)": [1.0], "lat": [2.0]}))
    with pytest.raises(InputError, match=r"Must have lon and lat; found a, b\.$"):
        read(engine, pd.DataFrame({"a": [1.0], "b": [2.0]}))
    header = "lon,lat," * 100  # of a file whose separator is another
    with pytest.raises(InputError, match=r"Must have lon and lat; found (lon,lat,){7}lon,...\.$"):
        read(engine, pd.DataFrame({header: [1.0]}))
    with pytest.raises(InputError, match=r"Must have breite; found lon, lat"):
        read(engine, pd.DataFrame(PLACE), columns={"lat": "breite"})


def test_an_unknown_role_a_word_near_a_kind_and_no_kind_are_refused(engine: Engine) -> None:
    with pytest.raises(InputError, match=r"Invalid column role town\. Must be lon, lat, record_id"):
        read(engine, pd.DataFrame(PLACE), columns={"town": "x"})
    with pytest.raises(InputError, match=r"Invalid kind 'patents'\. .* did you mean patent\?"):
        read(engine, pd.DataFrame(PLACE), kind="patents")
    with pytest.raises(
        InputError, match=r"Must have kind, or be given as patents, publications or"
    ):
        read(engine, pd.DataFrame(PLACE), kind=None)


def test_a_further_kind_is_taken_by_its_word(engine: Engine) -> None:
    assert rows(read(engine, pd.DataFrame(PLACE), kind="book"))["kind"].tolist() == ["book"] * 2


def test_the_option_tells_the_kind_even_where_a_column_is_called_kind(engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "kind": ["A1", "B2"]})
    assert rows(read(engine, frame))["kind"].tolist() == ["patent", "patent"]
    codes = frame.assign(kind=pd.Categorical(["patent", "deal"]))
    for table in (codes, pl.DataFrame(codes), pl.DataFrame(codes).lazy()):
        assert rows(read(engine, table, kind=None))["kind"].tolist() == ["patent", "deal"]


NUMBERS = {
    "integers": pa.array([8, 9]),
    "small": pa.array([8, 9], pa.int8()),
    "float32": pa.array([8, 9], pa.float32()),
    "decimals": pa.array([8, 9]).cast(pa.decimal128(38, 4)),
    "texts": pa.array(["8", " 9.0 "]),
    "bytes": pa.array([b"8", b"9"]),
    "categories": pa.array(["8", "9"]).dictionary_encode(),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_read_whatever_holds_them(name: str, engine: Engine, tmp_path: Path) -> None:
    pq.write_table(pa.table({"lon": NUMBERS[name], "lat": NUMBERS[name]}), tmp_path / "a.parquet")
    found = rows(read(engine, tmp_path / "a.parquet"))
    assert found["lon"].tolist() == [8.0, 9.0]
    assert found["unread"].isna().all()


NO_NUMBERS = {
    "BOOLEAN": pa.array([True]),
    "DATE": pa.array([1], pa.date32()),
    r"DOUBLE\[\]": pa.array([[1.0]]),
    r"STRUCT\(a BIGINT\)": pa.array([{"a": 1}]),
}


@pytest.mark.parametrize("name", [name for name in NO_NUMBERS if name != "DATE"])
def test_ids_that_tell_no_records_apart_are_refused(
    name: str, engine: Engine, tmp_path: Path
) -> None:
    table = pa.table({"lon": [1.0], "lat": [1.0], "record_id": NO_NUMBERS[name]})
    pq.write_table(table, tmp_path / "a.parquet")
    for one in (tmp_path / "a.parquet", pl.from_arrow(table), table):
        with pytest.raises(InputError, match=r"Invalid column record_id of .*Must be one text or"):
            read(engine, one)


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_a_column_that_cannot_be_numbers_is_refused(
    name: str, engine: Engine, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"lon": NO_NUMBERS[name], "lat": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=f"Invalid column lon of .*Must be numbers; found {name}."):
        read(engine, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"Invalid column lon of table\. Must be numbers; found"):
        read(engine, pl.DataFrame({"lon": [True], "lat": [1.0]}).lazy())


def test_a_text_among_the_numbers_is_kept_to_be_shown(engine: Engine) -> None:
    frame = pd.DataFrame({"Lon (deg)": ["8.5", "east", None, ""], "lat": 47.4})
    found = rows(read(engine, frame, columns={"lon": "Lon (deg)"}))
    assert found["unread"].tolist()[1] == "Lon (deg) 'east'"
    assert found["unread"].isna().tolist() == [True, False, True, True]
    assert found["lon"].isna().tolist() == [False, True, True, True]


COUNTS = [3, 1, 0, -2, 2.5, None, float("inf"), float("nan"), 1e18]
COUNTED = [3, 1, 0, -2, None, None, None, None]


def test_a_count_is_a_whole_number_or_missing_on_every_engine(engine: Engine) -> None:
    frame = pd.DataFrame({"lon": 8.5, "lat": 47.4, "count": COUNTS})
    tables = [*on_every_engine(frame), frame.assign(count=frame["count"].astype(str))]
    for table in tables[:-1]:
        count = rows(read(engine, table))["count"]
        whole = [None if pd.isna(number) else number for number in count]
        assert whole[:-1] == COUNTED
        assert whole[-1] in (None, 1e18)  # too large either way: the screen says so


def test_rows_with_counts_whose_ids_are_all_different_are_places(engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "record_id": ["a", "b"], "count": [5, 1]})
    for table in [*on_every_engine(frame), frame.astype({"count": float})]:
        found = read(engine, table)
        assert not found.has_records
        assert "no record_id occurs twice and count is above 1" in found.notes[0]
        assert rows(found)["record_id"].isna().all()


def test_whether_rows_are_places_does_not_hang_on_how_they_are_cut(tmp_path: Path) -> None:
    """An id in two files is one record, with its 60 addresses; else each address is one."""
    first = pd.DataFrame({**PLACE, "kind": "patent", "record_id": ["A", "B"], "count": 30})
    for again, records in (("A", 2), ("C", 90)):
        other = first.iloc[:1].assign(record_id=again)
        parquet, csv = tmp_path / f"{again}.parquet", tmp_path / f"{again}.csv"
        (turned := other[other.columns[::-1]]).to_parquet(parquet, index=False)
        other.to_csv(csv, index=False)
        first.to_parquet(whole := tmp_path / "first.parquet", index=False)
        ways: list[Any] = [pd.concat([first, other]), [first, other], [first, turned]]
        ways += [[whole, parquet], [whole, csv], [csv, whole]]
        for way in ways:
            accounts = gii_geo.read_world(way).accounts
            assert accounts["records"].sum() == records
    bare = other.drop(columns="count")  # of one address, an id of its own
    assert gii_geo.read_world([first, bare]).accounts["records"].sum() == 61


def test_places_are_told_kind_by_kind(tmp_path: Path) -> None:
    """Deals by place beside patents by record: in one table, in two, on every engine."""
    place = {"lon": 8.5, "lat": 47.4}
    patents = pd.DataFrame({**place, "record_id": ["A", "A", "B"], "count": 1, "kind": "patent"})
    deals = pd.DataFrame({**place, "record_id": ["a", "", "b"], "count": 30, "kind": "deal"})
    mixed = pd.concat([patents, deals], ignore_index=True)
    mixed.to_csv(path := tmp_path / "a.csv", index=False)
    mixed.iloc[:4].to_parquet(first := tmp_path / "1.parquet", index=False)
    mixed.iloc[4:].to_parquet(second := tmp_path / "2.parquet", index=False)
    apart = {kind: own.drop(columns="kind") for kind, own in mixed.groupby("kind")}
    ways = [apart, mixed, mixed.iloc[::-1], path, [first, second], pl.from_pandas(mixed).lazy()]
    for way in ways:
        world = gii_geo.read_world(way)
        records = world.accounts.groupby("kind")["records"].sum().to_dict()
        assert records == {"patent": 2, "deal": 90}
        told = [note for note in world.provenance["notes"] if "occurs twice" in note]
        assert told
        assert all(("kind is deal" in note) == (way is not apart) for note in told)
    named = gii_geo.read_world(mixed, columns={"record_id": "record_id"})
    assert named.accounts["records"].sum() == 2 + 2 + 30  # the deal without an id is 30 of its own


def test_a_csv_knows_places_as_a_parquet_file_does(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("lon,lat,record_id,count\n1,2,a,5.0\n1,2,b,1.0\n", encoding="utf-8")
    assert not read(engine, path).has_records


def test_naming_the_ids_takes_them_at_their_word(engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "record_id": ["a", "b"], "count": [5, 1]})
    found = read(engine, frame, columns={"record_id": "record_id"})
    assert found.has_records
    assert found.notes == ()


@pytest.mark.parametrize(
    ("ids", "counts"), [(["a", "a"], [5, 1]), (["a", "b"], [1, 1]), (["a", "b"], [1, None])]
)
def test_ids_that_repeat_or_counts_of_one_are_records(
    ids: list[str], counts: list[int], engine: Engine
) -> None:
    frame = pd.DataFrame({**PLACE, "record_id": ids, "count": counts})
    assert read(engine, frame).has_records


def test_missing_ids_do_not_hide_a_table_of_places(engine: Engine) -> None:
    frame = pd.DataFrame({"lon": 8.5, "lat": 47.4, "record_id": ["a", None, None], "count": 2})
    assert not read(engine, frame).has_records


@pytest.mark.parametrize("nothing", ["", "nan", None])
def test_an_id_that_says_nothing_is_missing(nothing: str | None, engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "record_id": ["a", nothing]})
    for table in on_every_engine(frame):
        assert rows(read(engine, table))["record_id"].isna().tolist() == [False, True]
    numbers = pd.DataFrame({**PLACE, "record_id": [1.5, float("nan")]})
    for table in (pl.DataFrame(numbers), pl.DataFrame(numbers).lazy()):
        assert rows(read(engine, table))["record_id"].isna().tolist() == [False, True]


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_moments_as_ids_keep_what_is_finer_than_a_millionth(
    zone: str | None, engine: Engine
) -> None:
    moments = pa.array([1_500_000_000_000_000_001, 10**18], pa.timestamp("ns", zone))
    table = pa.table({**PLACE, "record_id": moments})
    told = ["2017-07-14 02:40:00.000000001", "2001-09-09 01:46:40"]
    for source in (table, pl.DataFrame(table).lazy()):
        assert rows(read(engine, source))["record_id"].tolist() == told
    coarser = table.set_column(
        2, "record_id", moments[1:].cast(pa.timestamp("us", zone)).take([0, 0])
    )
    assert rows(read(engine, coarser))["record_id"].tolist() == told[1:] * 2


NEW_YEAR = dt.datetime(2013, 12, 31, 23, 30, tzinfo=dt.UTC)
YEARS = {
    "numbers": [2013, None],
    "floats": [2013.0, None],
    "dates": [dt.date(2013, 5, 1), None],
    "times": [dt.datetime(2013, 5, 1, 12), None],  # noqa: DTZ001
    "times with a zone": pa.array([NEW_YEAR, None], pa.timestamp("us", "Asia/Tokyo")),
}


@pytest.mark.parametrize("name", YEARS)
def test_a_year_is_read_from_a_number_or_a_date(name: str, engine: Engine) -> None:
    table = pa.table({**PLACE, "year": YEARS[name]})
    lazies = [] if "zone" in name else [pl.DataFrame(table).lazy()]
    for source in (table, *lazies):
        year = rows(read(engine, source))["year"]
        assert year.tolist()[0] == 2013
        assert pd.isna(year.tolist()[1])


def test_a_year_is_read_from_the_start_of_a_text(engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "year": ["2013-05-01", "unknown"]})
    year = rows(read(engine, frame))["year"]
    assert (year.tolist()[0], pd.isna(year.tolist()[1])) == (2013, True)
    lazy = rows(read(engine, pl.DataFrame(frame).lazy()))["year"]
    assert (lazy.tolist()[0], pd.isna(lazy.tolist()[1])) == (2013, True)


@pytest.mark.parametrize("name", ['a "b"', "it's", "x; drop table", "東京", "select", "a.b", " "])
def test_a_column_may_have_any_name(name: str, engine: Engine) -> None:
    frame = pd.DataFrame({name: [8.5], "lat": [47.4]})
    assert rows(read(engine, frame, columns={"lon": name}))["lon"].tolist() == [8.5]


def test_a_user_s_columns_of_our_own_names_do_no_harm(engine: Engine) -> None:
    frame = pd.DataFrame({**PLACE, "row": 9, "file": "x", "reason": "y", "weight": 3, "size": 4})
    found = rows(read(engine, frame))
    assert found["row"].tolist() == [1, 2]
    assert found["file"].tolist() == ["table", "table"]


def test_files_of_one_kind_become_one_source(engine: Engine, tmp_path: Path) -> None:
    parts = []
    for name, text in (("a.csv", "record_id,lon,lat\nx,1,2\n"), ("b.csv", "lon,lat\n3,4\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        parts.append(read(engine, tmp_path / name))
    both = concat_addresses(parts)
    assert both.name == "a.csv and 1 more"
    assert both.has_records
    assert [path.name for path in both.files] == ["a.csv", "b.csv"]
    assert rows(both)["lon"].tolist() == [1.0, 3.0]
    assert concat_addresses(parts[:1]) is parts[0]


def test_tables_of_two_engines_cannot_be_one_kind(engine: Engine) -> None:
    parts = [read(engine, pd.DataFrame(PLACE)), read(engine, pl.DataFrame(PLACE).lazy())]
    with pytest.raises(
        InputError, match=r"Invalid addresses of several engines\. Must be files or"
    ):
        concat_addresses(parts)


def test_a_column_of_kinds_beside_a_kind_that_is_given_is_told_not_to_be_read(
    engine: Engine,
) -> None:
    frame = pd.DataFrame({**PLACE, "kind": "deal"})
    told = "table: column kind is not read, for all its rows are given as patent"
    assert read(engine, frame).notes == (told,)
    assert read(engine, frame, kind=None).notes == ()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_of_any_unit_and_zone_are_read_in_utc(unit: str, tmp_path: Path) -> None:
    """Half past midnight on New Year in Tokyo is the year before, as years, ids and groups."""
    moments = pd.Series(pd.to_datetime(["2020-01-01 00:30", "2020-06-01 00:30"])).astype(
        f"datetime64[{unit}]"
    )
    frame = pd.DataFrame({"kind": "deal", "lon": 7.59, "lat": 47.56}, index=range(2))
    frame["year"] = frame["record_id"] = frame["group"] = moments.dt.tz_localize("Asia/Tokyo")
    frame.to_parquet(path := tmp_path / "a.parquet")
    for table in (frame, path, pl.from_pandas(frame), pl.from_pandas(frame).lazy()):
        world = gii_geo.read_world(table)
        assert sorted(world.accounts["year"]) == [2019, 2020]
        assert world.accounts["records"].sum() == 2
        assert world.groups["group"].nunique() == 2


NESTED = {
    "named parts": [{"name": "a", "c": 1}],
    "a list of named parts": [[{"name": "a"}, {"name": "b"}]],
    "a list of lists": [[["a"], ["b", "c"]]],
}


@pytest.mark.parametrize("cells", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("role", ["organisation", "field", "group"])
def test_what_has_parts_in_a_cell_is_refused_on_every_engine(
    engine: Engine, role: str, cells: list[Any]
) -> None:
    table = pa.table({"lon": [7.6], "lat": [47.5], role: cells})
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    for source in (table, table.to_pandas(), frame, frame.lazy()):
        with pytest.raises(InputError, match=rf"column {role} of .*one text, number or date a row"):
            rows(read(engine, source))


def test_a_group_in_a_list_is_the_group_of_that_name(tmp_path: Path) -> None:
    """The first of several, as of organisations; on every engine."""
    frame = pd.DataFrame({"kind": "deal", "lon": 7.59, "lat": 47.56}, index=range(3))
    plain = frame.assign(group=["Acme", "acme", "Bolt"])
    listed = frame.assign(group=[["Acme"], ["Acme", "Bolt"], ["Bolt"]])
    listed.to_parquet(path := tmp_path / "a.parquet")
    expected = gii_geo.read_world(plain).groups
    for table in (listed, path, pl.from_pandas(listed), pl.from_pandas(listed).lazy()):
        pd.testing.assert_frame_equal(gii_geo.read_world(table).groups, expected)


def test_a_name_that_begins_with_a_tilde_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the user's own folder, where another file of that name may lie."""
    (folder := tmp_path / "~").mkdir()
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    for place, rows in ((folder, 3), (home, 1), (tmp_path, 2)):
        name = "d" if place != tmp_path else "~d"
        rows_of = pd.DataFrame({"kind": "deal", "lon": 7.59, "lat": 47.56}, index=range(rows))
        rows_of.to_csv(place / f"{name}.csv", index=False)
        rows_of.to_parquet(place / f"{name}.parquet")
    for ending in ("csv", "parquet"):
        for path, rows in ((f"~/d.{ending}", 3), (f"~d.{ending}", 2)):
            world = gii_geo.read_world(path)
            assert world.accounts["records"].sum() == rows
            own = tmp_path / path
            assert world.provenance["inputs"][0]["bytes"] == own.stat().st_size


@pytest.mark.parametrize(
    "told",
    [
        {"count": 2},
        {"count": "2"},
        {"year": 2020},
        {"year": "2020"},
        {"economy": "CH"},
        {"field": "Optics"},
        {"group": "x"},
    ],
)
def test_a_lazy_table_may_lack_what_another_says(told: dict[str, object]) -> None:
    bare = pl.DataFrame({"lon": [8.5], "lat": [47.4], "kind": ["deal"], "record_id": ["a"]})
    full = bare.with_columns(**{name: pl.lit(value) for name, value in told.items()})
    lazy = gii_geo.read_world([bare.lazy(), full.lazy()])
    for name in ("places", "records", "labels", "groups", "accounts"):
        eager = getattr(gii_geo.read_world([bare, full]), name)
        pd.testing.assert_frame_equal(getattr(lazy, name), eager, obj=name)


@pytest.mark.parametrize("nothing", ["", "n/a", "-"])
def test_a_column_of_ids_that_is_empty_is_told(nothing: str, tmp_path: Path) -> None:
    lines = ["record_id,lon,lat", *([f"{nothing},8.5,47.3"] * 3)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    told = "a.csv: none of 3 rows has a record_id: each address is a record of its own"
    assert gii_geo.read_world({"patent": tmp_path / "a.csv"}).provenance["notes"] == [told]
