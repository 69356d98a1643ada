"""The whole method: by hand, on every engine, in every order of the rows, and where nothing is."""

import gzip
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import gii_geo
from gii_geo import Settings, World
from gii_geo.accounts import settle_accounts
from gii_geo.regions.tally import Tally, count_world
from gii_geo.result import Result
from gii_geo.tables import (
    KINDS,
    LOCATIONS,
    PLURAL,
    RANK_SETS,
    REGIONS,
    InputError,
    check_table,
)

COLUMNS = [*list(REGIONS)[:2], *RANK_SETS, *list(REGIONS)[2:]]

DENSE = Settings(min_addresses=60)
SAME_BYTES = ("regions.geojson", "regions.parquet", "ranking.csv", "locations.parquet")


@pytest.fixture(scope="module")
def result(small_result: Result) -> Result:
    return small_result


def test_the_regions_of_the_small_world_are_found(result: Result) -> None:
    regions = result.regions
    assert regions["economies"].map(lambda codes: frozenset(codes.split(";"))).tolist() == [
        *({"CH", "FR"}, {"FJ"}, {"SG", "MY"}, {"US"})
    ]
    assert regions["rank"].tolist() == [1, 2, 3, 4]
    assert regions["region_id"].is_unique
    assert "New York" in regions["name"].iloc[3]
    assert result.accounts.is_exact()


def test_every_table_has_its_columns(result: Result) -> None:
    check_table(pd.DataFrame(result.regions), REGIONS)
    check_table(pd.DataFrame(result.locations), LOCATIONS)
    assert result.regions.crs == result.locations.crs == "EPSG:4326"
    names = result.regions.columns.tolist()
    assert names[: len(COLUMNS)] == COLUMNS
    check_table(pd.DataFrame(result.regions), RANK_SETS)
    without = result.again(rank_sets=False).regions
    assert without.columns.tolist() == [name for name in names if name not in RANK_SETS]


def test_counts_shares_and_scores_hang_together(result: Result) -> None:
    regions = result.regions
    for kind in KINDS:
        records = int(result.accounts.kinds.loc[kind, "records"])
        share = regions[PLURAL[kind]] / records
        assert share.to_numpy() == pytest.approx(regions[f"{kind}_share"].to_numpy(), rel=1e-12)
    shares = regions[[f"{kind}_share" for kind in KINDS]].sum(axis=1)
    assert shares.to_numpy() == pytest.approx(regions["score"].to_numpy(), rel=1e-12)
    inside = result.locations.dropna(subset="region_id")
    addresses = inside[[f"{kind}_addresses" for kind in KINDS]].sum(axis=1)
    by_region = addresses.groupby(inside["region_id"]).sum()
    assert by_region[regions["region_id"]].tolist() == regions["addresses"].tolist()
    assert inside.groupby("region_id").size()[regions["region_id"]].tolist() == (
        regions["locations"].tolist()
    )


def test_the_fractional_counts_are_those_of_a_slow_count(
    result: Result, small_world: pd.DataFrame
) -> None:
    region = result.locations.set_index(["lon", "lat"])["region_id"]
    where = pd.MultiIndex.from_frame(small_world[["lon", "lat"]])
    rows = small_world.assign(region_id=region.reindex(where).to_numpy())
    size = rows.groupby(["kind", "record_id"])["lon"].transform("size")
    counted = (1 / size).groupby([rows["region_id"], rows["kind"]]).sum()
    for kind in KINDS:
        slow = [counted[region_id, kind] for region_id in result.regions["region_id"]]
        assert result.regions[PLURAL[kind]].to_numpy() == pytest.approx(slow, rel=1e-12)


def test_each_outline_holds_its_own_locations_and_no_others(result: Result) -> None:
    for region in result.regions.itertuples():
        own = (result.locations["region_id"] == region.region_id).to_numpy()
        covered = shapely.intersects(region.geometry, result.locations.geometry.to_numpy())
        assert covered[own].all()
        assert not covered[result.locations["region_id"].notna().to_numpy() & ~own].any()
        assert region.geometry.is_valid


def test_a_region_on_both_sides_of_the_antimeridian_is_one(result: Result) -> None:
    fiji = result.regions[result.regions["economies"] == "FJ"]
    (outline,) = fiji.geometry
    assert outline.geom_type == "MultiPolygon"
    assert outline.bounds[0] == -180
    assert outline.bounds[2] == 180
    assert fiji["area_km2"].item() < 2_000


def test_clusters_economies_and_rejects_belong_to_the_regions(result: Result) -> None:
    ids = set(result.regions["region_id"])
    assert set(result.clusters["region_id"]) == ids
    assert set(result.economies["region_id"]) == ids
    shares = result.economies.groupby("region_id")["share"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(4))
    assert result.rejects.empty
    assert 0.9 < result.activity_share < 1


def test_each_stage_is_told_and_the_user_s_table_is_left_as_it_was(
    small_world: pd.DataFrame,
) -> None:
    stages: list[str] = []
    table = small_world.head(500).copy()
    gii_geo.find_regions(table, progress=stages.append)
    pd.testing.assert_frame_equal(table, small_world.head(500))
    assert stages[0] == "reading table"
    assert [stage.split()[0] for stage in stages] == [
        *("reading", "clustering", "linking", "ranking", "naming")
    ]


# The same from every engine and format


def write_csv(frame: pd.DataFrame, path: Path, **options: Any) -> Path:
    frame.to_csv(path, index=False, **options)
    return path


def write_old_mac(frame: pd.DataFrame, path: Path) -> Path:
    path.write_bytes(frame.to_csv(index=False).replace("\n", "\r").encode())
    return path


def write_gzip(frame: pd.DataFrame, path: Path) -> Path:
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    return path


def write_parquet(frame: pd.DataFrame, path: Path, **options: Any) -> Path:
    frame.to_parquet(path, **options)
    return path


def write_points(frame: pd.DataFrame, path: Path) -> Path:
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
    table = gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, driver="GeoJSON")
    return path


FORMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "parquet": ("a.parquet", write_parquet),
    "csv": ("a.csv", write_csv),
    "csv semicolon": ("a.csv", partial(write_csv, sep=";")),
    "csv tab": ("a.tsv", partial(write_csv, sep="\t")),
    "csv packed": ("a.csv.gz", write_gzip),
    "csv byte order mark": ("a.csv", partial(write_csv, encoding="utf-8-sig")),
    "csv windows": ("a.csv", partial(write_csv, lineterminator="\r\n")),
    "csv old mac": ("a.csv", write_old_mac),
    "geojson": ("a.geojson", write_points),
    "geoparquet": ("a.parquet", write_points),
    "pandas": ("", lambda frame, _: frame),
    "pandas categories": ("", lambda frame, _: frame.astype({"kind": "category"})),
    "polars": ("", lambda frame, _: pl.DataFrame(frame)),
    "polars lazy": ("", lambda frame, _: pl.DataFrame(frame).lazy()),
    "pyarrow": ("", lambda frame, _: pa.Table.from_pandas(frame)),
    "duckdb": ("", lambda frame, _: duckdb.from_df(frame)),
}


def assert_same_world(world: World, other: World) -> None:
    for name in ("locations", "places", "records", "accounts"):
        pd.testing.assert_frame_equal(getattr(world, name), getattr(other, name))


def count(source: object, settings: Settings) -> Tally:
    return count_world(gii_geo.read_world(source), kinds=settings.kinds, years=settings.years)


@pytest.mark.parametrize("form", FORMS)
def test_every_engine_and_format_gives_the_same_locations(
    form: str, small_world: pd.DataFrame, small_read: World, tmp_path: Path
) -> None:
    name, make = FORMS[form]
    world = gii_geo.read_world(make(small_world, tmp_path / name))
    assert_same_world(world, small_read)
    assert world.rejects.empty


@pytest.mark.parametrize("form", ["csv", "geojson", "polars lazy", "duckdb"])
def test_every_engine_gives_the_same_regions(
    form: str, small_world: pd.DataFrame, result: Result, tmp_path: Path
) -> None:
    name, make = FORMS[form]
    same = gii_geo.find_regions(make(small_world, tmp_path / name), DENSE)
    pd.testing.assert_frame_equal(pd.DataFrame(same.regions), pd.DataFrame(result.regions))
    pd.testing.assert_frame_equal(pd.DataFrame(same.locations), pd.DataFrame(result.locations))
    pd.testing.assert_frame_equal(same.links, result.links)


def test_a_kind_may_come_from_the_option_or_from_a_column(
    small_world: pd.DataFrame, small_read: World
) -> None:
    by_kind = {kind: small_world[small_world["kind"] == kind] for kind in KINDS}
    assert_same_world(gii_geo.read_world(by_kind), small_read)
    nameless = {kind: frame.drop(columns="kind") for kind, frame in by_kind.items()}
    assert_same_world(gii_geo.read_world(nameless), small_read)


def test_a_record_may_spread_over_several_files(
    small_world: pd.DataFrame, small_read: World, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.parquet"]
    write_csv(small_world.iloc[::2], paths[0])
    write_parquet(small_world.iloc[1::2], paths[1])
    assert_same_world(gii_geo.read_world(paths), small_read)
    assert_same_world(gii_geo.read_world(tmp_path), small_read)


def test_turning_patents_into_deals_turns_the_columns(
    result: Result, small_world: pd.DataFrame
) -> None:
    swap = {"patent": "deal", "deal": "patent", "publication": "publication"}
    turned = gii_geo.find_regions(small_world.assign(kind=small_world["kind"].map(swap)), DENSE)
    assert turned.regions["patents"].tolist() == result.regions["deals"].tolist()
    assert turned.regions["score"].to_numpy() == pytest.approx(result.regions["score"].to_numpy())


# Same bytes


def write_all(source: object, out: Path) -> dict[str, bytes]:
    gii_geo.find_regions(source, DENSE).write(out)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_same_input_gives_the_same_bytes_in_every_file(
    small_world: pd.DataFrame, tmp_path: Path
) -> None:
    source = write_parquet(
        small_world.assign(lat=small_world["lat"] * 1.01), tmp_path / "a.parquet"
    )
    first = write_all(source, tmp_path / "first")
    assert first == write_all(source, tmp_path / "second")
    assert {"run.json", "rejects.parquet", *SAME_BYTES} <= set(first)


@pytest.mark.parametrize(("name", "make"), [FORMS["parquet"], FORMS["csv"]])
def test_shuffled_rows_give_the_same_bytes(
    name: str, make: Callable[..., Path], small_world: pd.DataFrame, tmp_path: Path
) -> None:
    shuffled = small_world.sample(frac=1, random_state=2)
    files = []
    for frame, folder in ((small_world, tmp_path / "a"), (shuffled, tmp_path / "b")):
        folder.mkdir()
        files.append(write_all(make(frame, folder / name), folder / "out"))
    assert {name: files[0][name] for name in SAME_BYTES} == {
        name: files[1][name] for name in SAME_BYTES
    }


@pytest.mark.parametrize(
    ("name", "copies"), [("a.parquet", 15), pytest.param("a.csv", 100, marks=pytest.mark.slow)]
)
def test_the_number_of_threads_changes_no_byte(
    name: str,
    copies: int,
    small_world: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make = write_csv if name == "a.csv" else partial(write_parquet, row_group_size=4096)
    bad = pd.DataFrame({"kind": "deal", "lon": [200.0, 0.0], "lat": [0.0, 0.0]})
    many = pd.concat([small_world] * copies + [bad], ignore_index=True)
    many["record_id"] = [f"{place // 3000}-{name}" for place, name in enumerate(many["record_id"])]
    source = make(many, tmp_path / name)
    connect = duckdb.connect
    files = []
    for threads in (1, 2):
        monkeypatch.setattr(
            duckdb,
            "connect",
            lambda config, threads=threads: connect(config=config | {"threads": threads}),
        )
        files.append(write_all(source, tmp_path / f"out-{threads}"))
    assert files[0] == files[1]


# What cannot be placed


def test_bad_rows_are_rejected_with_their_reason_and_row(tmp_path: Path) -> None:
    rows = ["8.5,47.4", "8.5,91", "181,47.4", "nan,47.4", ",47.4", "0,0", "7,8,9", "8.5,47.4", "x"]
    path = tmp_path / "a.csv"
    path.write_text("lon,lat\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = gii_geo.find_regions({"patent": path})
    found = result.rejects[["row", "reason", "kind"]].to_numpy().tolist()
    assert found == [
        [2, "latitude beyond 90 degrees", "patent"],
        [3, "longitude beyond 180 degrees", "patent"],
        [4, "no coordinates", "patent"],
        [5, "no coordinates", "patent"],
        [6, "at exactly 0, 0", "patent"],
        [7, "unreadable line: 3 cells, must be 2", "patent"],
        [9, "unreadable line: 1 cell, must be 2", "patent"],
    ]
    assert result.rejects["file"].unique().tolist() == [str(path)]
    kinds = result.accounts.kinds.loc["patent"]
    assert (kinds["rows"], kinds["rows_located"], kinds["rows_rejected"]) == (9, 2, 7)
    assert kinds["records"] == 7  # a line that is no row is no record
    assert result.accounts.is_exact()


def test_rows_after_unreadable_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["x", "8,47", "x", "x", "500,1", "8,47", "x", "600,1"]
    path.write_text("lon,lat\n" + "\n".join(lines) + "\n", encoding="utf-8")
    rejects = gii_geo.find_regions({"deal": path}).rejects
    assert rejects["row"].tolist() == [1, 3, 4, 5, 7, 8]
    assert rejects["lon"].dropna().tolist() == [500, 600]


def test_an_unreadable_line_of_no_known_kind_is_still_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("kind,lon,lat\ndeal,8.5,47.4\npatent,8.5\n", encoding="utf-8")
    result = gii_geo.find_regions(path)
    assert result.accounts.kinds["rows"].to_dict() == {"deal": 1, "unknown": 1}
    assert result.accounts.is_exact()
    assert result.rejects["row"].tolist() == [2]


def test_half_a_record_that_is_not_placed_stays_in_the_world_total(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("record_id,lon,lat\na,8.5,47.4\na,,\nb,8.5,47.4\n", encoding="utf-8")
    result = gii_geo.find_regions({"patent": path})
    assert result.regions["patents"].tolist() == [1.5]
    assert result.regions["patent_share"].tolist() == [0.75]
    placed = gii_geo.find_regions({"patent": path}, Settings(share_of="placed"))
    assert placed.regions["patent_share"].tolist() == [1.0]


NOWHERE = {
    "a minimum beyond every address": ({"min_addresses": 10**10}, {}),
    "no coordinates at all": ({}, {"lon": None}),
    "no year that counts": ({"years": dict.fromkeys(KINDS, (1800, 1801))}, {}),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_where_nothing_is_dense_the_result_is_empty_and_valid(
    case: str, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    values, changes = NOWHERE[case]
    result = gii_geo.find_regions(small_world.assign(**changes), Settings(**values))
    assert len(result.regions) == len(result.clusters) == 0
    assert result.activity_share == 0
    assert result.accounts.is_exact()
    result.write(tmp_path / "out")
    for name in ("regions", "locations"):
        table = gpd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert table.crs == "EPSG:4326"
    assert len(gpd.read_file(tmp_path / "out" / "regions.geojson")) == 0
    ranking = pd.read_csv(tmp_path / "out" / "ranking.csv")
    assert ranking.columns.tolist() == COLUMNS


@pytest.mark.parametrize("place", [(-140.0, -40.0), (10.0, 90.0), (0.0, -90.0), (180.0, 0.0)])
def test_one_address_anywhere_on_the_globe_makes_a_region(place: tuple[float, float]) -> None:
    table = pd.DataFrame({"kind": ["patent"], "lon": [place[0]], "lat": [place[1]]})
    result = gii_geo.find_regions(table)
    assert result.regions["patents"].tolist() == [1.0]
    assert result.regions.geometry.is_valid.all()


# What the settings leave out


def test_kinds_and_years_are_left_out_and_counted(small_world: pd.DataFrame) -> None:
    values = Settings(kinds=("patent", "deal"), years={"deal": (2012, 2014)})
    tally = count(small_world, values)
    counted = small_world.groupby("kind").size()
    year = small_world.groupby(["kind", "record_id"])["year"].transform("min")
    years = year.between(2012, 2014) & (small_world["kind"] == "deal")
    assert 0 < years.sum() < counted["deal"]
    left_out = tally.totals["rows_left_out"]
    assert left_out["publication"] == counted["publication"]
    assert left_out["deal"] == counted["deal"] - years.sum()
    assert tally.rows.sum() == counted["patent"] + years.sum()


def test_a_row_without_a_year_is_rejected_where_years_count(small_world: pd.DataFrame) -> None:
    yearless = small_world.drop(columns="year")
    tally = count(yearless, Settings(years={"deal": (2012, 2014)}))
    deals = (small_world["kind"] == "deal").sum()
    assert tally.totals["rows_rejected"]["deal"] == deals
    assert tally.totals["records"]["deal"] == 0
    assert tally.reasons.loc[tally.reasons["kind"] == "deal", "reason"].tolist() == [
        "year not known"
    ]


def test_a_row_without_a_kind_is_not_lost_among_those_left_out(small_world: pd.DataFrame) -> None:
    some = small_world.assign(kind=small_world["kind"].where(small_world.index != 5))
    with pytest.raises(InputError, match=r"Invalid no kind in table, row 6\. Must be patent, pub"):
        gii_geo.find_regions(some, Settings(kinds=("patent",)))


# What is refused


def test_a_text_among_the_coordinates_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Lon,lat\n8.5,47.4\n8.5,47.4\neast,47.4\nwest,1\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"Invalid Lon 'east' in .*a\.csv, row 3\. Must be a numbe"
    ):
        gii_geo.read_world({"patent": path}, columns={"lon": "Lon"})


def test_a_decimal_comma_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("lon;lat\n8,5;47,4\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"'8,5' in .*row 1\. Must be a number with a decimal"):
        gii_geo.read_world({"patent": path})


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("Patents", r"Must be patent, publication, deal, or a further word of lower-case"),
        ("patents", r"Must be a word of its own; did you mean patent\?"),
        ("score", r"Must be another word: regions have such a column\."),
    ],
)
def test_a_word_that_cannot_be_a_kind_is_named_by_its_row(
    word: str, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"kind,lon,lat\ndeal,8,47\n{word},8,47\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"Invalid kind '{word}' in .*a\.csv, row 2\. {sentence}"):
        gii_geo.read_world(path)


def test_a_kind_of_the_users_own_is_counted_like_any_other(
    result: Result, small_world: pd.DataFrame
) -> None:
    renamed = small_world.assign(kind=small_world["kind"].replace("deal", "clinical_trial"))
    regions = gii_geo.find_regions(renamed, DENSE).regions
    assert regions["clinical_trials"].tolist() == result.regions["deals"].tolist()
    assert regions["clinical_trial_share"].tolist() == result.regions["deal_share"].tolist()
    assert regions["score"].tolist() == result.regions["score"].tolist()
    assert regions["deals"].eq(0).all()


def test_a_file_given_twice_is_refused(small_world: pd.DataFrame, tmp_path: Path) -> None:
    path = write_csv(small_world, tmp_path / "a.csv")
    (tmp_path / "link.csv").symlink_to(path)
    for twice in ([path, path], {"patent": path, "deal": path}, [path, tmp_path / "link.csv"]):
        with pytest.raises(
            InputError, match=r"Invalid file .*, given twice\. Must be given once\."
        ):
            gii_geo.read_world(twice)


@pytest.mark.parametrize("nothing", [{}, [], {"patent": []}])
def test_nothing_at_all_is_refused(nothing: object) -> None:
    with pytest.raises(InputError, match=r"Invalid addresses .* Must name at least one"):
        gii_geo.read_world(nothing)


def test_an_empty_lazy_table_is_refused(small_world: pd.DataFrame) -> None:
    for table in (pl.DataFrame(small_world).lazy().limit(0), duckdb.from_df(small_world).limit(0)):
        with pytest.raises(
            InputError, match=r"Invalid table\. Must have at least one row; found no"
        ):
            gii_geo.read_world(table)


def test_more_records_than_can_be_counted_exactly_are_refused() -> None:
    table = pd.DataFrame({"kind": "patent", "lon": [1.0, 2.0], "lat": 1.0, "count": 10**9})
    with pytest.raises(
        InputError, match=r"Invalid count of 2,000,000,000 patent records\. Must be"
    ):
        gii_geo.read_world(table)


# The accounts on random tables

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "record_id": st.none() | st.sampled_from("abcd"),
            "lon": st.sampled_from([8.5, 8.6, -73.9, 180.0, 500.0, None]),
            "lat": st.sampled_from([47.4, 47.5, 0.0, -91.0, None]),
            "count": st.sampled_from([None, 0, 1, 2, 7, 31]),
            "year": st.sampled_from([2010, 2011, None]),
        }
    ),
    min_size=1,
    max_size=30,
)
CHOICES = st.sampled_from(
    [
        Settings(min_share=0.3),
        Settings(min_addresses=3, kinds=("patent", "deal")),
        Settings(min_addresses=1, years={"patent": (2011, 2012)}),
    ]
)


@settings(max_examples=12, deadline=None)
@given(ROWS, CHOICES, st.booleans())
def test_the_accounts_of_any_table_are_exact(
    rows: list[dict[str, Any]],
    values: Settings,
    lazy: bool,  # noqa: FBT001
) -> None:
    table = pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                *(("kind", pa.string()), ("record_id", pa.string()), ("lon", pa.float64())),
                *(("lat", pa.float64()), ("count", pa.int64()), ("year", pa.int64())),
            ]
        ),
    )
    source = pl.DataFrame(table).lazy() if lazy else table
    world = gii_geo.read_world(source, columns={"record_id": "record_id"})
    tally = count_world(world, kinds=values.kinds, years=values.years)
    accounts = settle_accounts(tally, np.arange(len(tally.locations)) % 2 - 1, world.contradictions)
    assert accounts.is_exact()
    assert accounts.kinds["rows"].sum() == len(rows)
    result = gii_geo.find_regions(world, values)
    assert len(result.rejects) == accounts.kinds["rows_rejected"].sum()
    assert result.accounts.is_exact()
