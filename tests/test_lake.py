"""What a path stands for: patterns, and folders whose log tells which of their files hold."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable, write_deltalake

import gii_geo
from conftest import RunCli
from gii_geo.paths import expand_path
from gii_geo.records.files import list_files
from gii_geo.records.suppliers import list_inputs
from gii_geo.repeat import repeat_run
from gii_geo.tables import InputError
from gii_geo.walk import list_below

ROWS = pd.DataFrame(
    {
        "kind": "patent",
        "record_id": ["a", "a", "b", "c"],
        "lon": [8.5, 8.6, 8.7, 8.8],
        "lat": 47.5,
        "year": [2018, 2018, 2018, 2019],
    }
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Write four rows as a table of Delta Lake parted by year, and then over them four others."""
    folder = tmp_path / "lake" / "patents"
    write_deltalake(folder, ROWS, partition_by=["year"])
    write_deltalake(folder, ROWS.assign(lat=46.5), mode="overwrite")
    return folder


def find_data(folder: Path) -> Path:
    return min(folder.glob("year=*/*.parquet"))


WAYS: dict[str, Callable[[Path], Any]] = {
    "its folder": lambda lake: lake,
    "as a text": str,
    "a folder above": lambda lake: lake.parent,
    "a list": lambda lake: [lake],
    "a pattern": lambda lake: lake.parent / "p*",
    "of a kind": lambda lake: {"patent": lake},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_was_written_over_counts_what_holds(way: str, lake: Path) -> None:
    world = gii_geo.read_world(WAYS[way](lake))
    assert world.places["addresses"].sum() == 4
    assert set(world.locations["lat"]) == {46.5}
    assert world.places["year"].tolist() == [2018, 2018, 2018, 2019]
    table = DeltaTable(lake)
    named = [entry["name"] for entry in world.provenance["inputs"]]
    held = [Path(file).name for file in table.file_uris()]
    assert sorted(named) == sorted([*held, "00000000000000000001.json"])
    assert world.provenance["notes"][0] == "patents: version 1 of a table of Delta Lake"


def test_rows_that_were_deleted_do_not_count_nor_do_other_columns_trouble(lake: Path) -> None:
    DeltaTable(lake).delete("lon = 8.5")
    more = ROWS.assign(economy="CH", lon=9.5)[:1]
    write_deltalake(lake, more, mode="append", schema_mode="merge")
    world = gii_geo.read_world([lake])
    assert sorted(world.locations["lon"]) == [8.6, 8.7, 8.8, 9.5]


def test_a_table_stands_beside_a_file_and_is_read_again(lake: Path, tmp_path: Path) -> None:
    ROWS.assign(record_id="z", lon=9.5)[:1].to_csv(tmp_path / "a.csv", index=False)
    settings = gii_geo.Settings(min_addresses=2)
    result = gii_geo.find_regions([lake, tmp_path / "a.csv"], settings)
    assert len(result.locations) == 5
    result.write(tmp_path / "out")
    assert len(repeat_run(tmp_path / "out")[0].locations) == 5
    write_deltalake(lake, ROWS, mode="append")
    with pytest.raises(InputError, match=r"Must be (as it was when|4 files; found)"):
        repeat_run(tmp_path / "out")


FILES: dict[str, Callable[[Path], Any]] = {
    "one of its files": find_data,
    "some, as a shell spells a pattern out": lambda lake: sorted(lake.glob("*/*.parquet")),
    "a pattern of them": lambda lake: lake / "*" / "*.parquet",
    "a part of it": lambda lake: lake / "year=2018",
    "a pattern through it": lambda lake: lake.parent / "**" / "*.parquet",
}


@pytest.mark.parametrize("way", FILES)
def test_files_out_of_a_table_are_refused_for_the_whole(way: str, lake: Path) -> None:
    with pytest.raises(InputError, match=r"Must be given with the whole folder .*lake/patents, a "):
        gii_geo.read_world(FILES[way](lake))


def lose_a_file(folder: Path) -> None:
    for uri in DeltaTable(folder).file_uris():
        Path(uri).unlink()


def spoil_the_log(folder: Path) -> None:
    for log in (folder / "_delta_log").glob("*.json"):
        log.write_text("{", encoding="utf-8")


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file is gone": (lose_a_file, r"Must hold part-.*\.parquet, which its log names"),
    "the log is no log": (spoil_the_log, "Must be a whole table of Delta Lake; "),
    "no row holds": (lambda folder: DeltaTable(folder).delete(), "at least one row; found none"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_table_that_is_not_whole_is_refused(case: str, lake: Path) -> None:
    spoil, sentence = SPOILT[case]
    spoil(lake)
    with pytest.raises(InputError, match=sentence):
        gii_geo.read_world(lake)


@pytest.mark.parametrize(
    "feature", [{"delta.enableDeletionVectors": "true"}, {"delta.columnMapping.mode": "name"}]
)
def test_a_table_with_a_feature_that_cannot_be_read_is_refused(
    feature: dict[str, str], tmp_path: Path, run_cli: RunCli
) -> None:
    write_deltalake(tmp_path / "t", ROWS, configuration=feature)
    said = run_cli("read", "--addresses", tmp_path / "t", "--out", tmp_path / "world")
    assert said.exit_code == 2
    assert "Must be a table of Delta Lake that the package deltalake can read; " in said.stderr
    assert len(said.stderr.splitlines()) == 1


def make_iceberg(folder: Path) -> None:
    (folder / "metadata").mkdir()
    told = {"format-version": 2, "table-uuid": "x"}
    (folder / "metadata" / "v1.metadata.json").write_text(json.dumps(told), encoding="utf-8")


def make_log(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "0").write_text("v1", encoding="utf-8")


OTHERS: dict[str, Callable[[Path], None]] = {
    "Iceberg": make_iceberg,
    "Hudi": lambda folder: make_log(folder, ".hoodie"),
    "Structured Streaming": lambda folder: make_log(folder, "_spark_metadata"),
}


@pytest.mark.parametrize("system", OTHERS)
def test_a_table_of_another_system_is_refused_with_the_way_out(system: str, tmp_path: Path) -> None:
    folder = tmp_path / "table"
    (folder / "data").mkdir(parents=True)
    ROWS.to_parquet(folder / "data" / "a.parquet")
    OTHERS[system](folder)
    for source in (folder, tmp_path, {"deal": [folder]}):
        with pytest.raises(InputError, match=f"Must not be a table of {system}: hand it in as a t"):
            gii_geo.read_world(source)
    with pytest.raises(InputError, match="Must be given with the whole folder"):
        gii_geo.read_world(folder / "data" / "a.parquet")
    with pytest.raises(
        InputError, match=f"Must hold files as they come; found a table of {system}"
    ):
        list_inputs(folder, "crunchbase")


def test_a_folder_called_metadata_makes_no_table(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "a.metadata.json").write_text("{}", encoding="utf-8")
    (tmp_path / "_delta_log").mkdir()
    ROWS.to_parquet(tmp_path / "a.parquet")
    assert list(list_files(tmp_path)) == [tmp_path / "a.parquet"]


def test_what_spark_leaves_behind_is_no_input(tmp_path: Path) -> None:
    names = ("_temporary/0/a.parquet", ".ipynb_checkpoints/a.parquet", ".a.parquet.crc", "_SUCCESS")
    for name in ("year=2018/a.parquet", *names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        ROWS.drop(columns="year").to_parquet(tmp_path / name)
    world = gii_geo.read_world(tmp_path)
    assert world.places["addresses"].sum() == 4
    assert set(world.places["year"]) == {2018}


# Patterns


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "_in"  # the folder itself is named, so it is no hidden one
    for name in (
        "2024-01.csv",
        "2024-02.csv",
        "2025-01.csv",
        "sub/b.csv",
        "sub/_c.csv",
        "a[1].csv",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kind,lon,lat\ndeal,1,2\n", encoding="utf-8")
    (folder / "_temporary").mkdir()
    shutil.copy(folder / "2024-01.csv", folder / "_temporary" / "2024-03.csv")
    return folder


MATCHES = {
    "2024-*.csv": ["2024-01.csv", "2024-02.csv"],
    "**/*.csv": ["2024-01.csv", "2024-02.csv", "2025-01.csv", "a[1].csv", "sub/b.csv"],
    "**": ["2024-01.csv", "2024-02.csv", "2025-01.csv", "a[1].csv", "sub/b.csv"],
    "s*": ["sub/b.csv"],
    "sub/_*.csv": ["sub/_c.csv"],
    "202[45]-01.csv": ["2024-01.csv", "2025-01.csv"],
    "a[1].csv": ["a[1].csv"],
    "_t*/*": ["_temporary/2024-03.csv"],
}


@pytest.mark.parametrize("pattern", MATCHES)
def test_a_pattern_stands_for_what_it_matches_in_order(pattern: str, files: Path) -> None:
    expected = [files / name for name in MATCHES[pattern]]
    assert list(list_files(files / pattern)) == expected
    assert list_below(files / pattern) == expected


def test_a_pattern_reaches_the_command_line_and_is_recorded_as_given(
    files: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    pattern = str(files / "2024-*.csv")
    assert run_cli("read", "--deals", pattern, "--out", tmp_path / "world").exit_code == 0
    world = gii_geo.read_world(tmp_path / "world")
    assert world.places["addresses"].sum() == 2
    assert world.provenance["options"]["addresses"] == {"deal": [pattern]}
    said = run_cli("read", "--deals", files / "2026-*.csv", "--out", tmp_path / "none")
    assert (said.exit_code, len(said.stderr.splitlines())) == (2, 1)
    assert "2026-*.csv. Must match a file; found none." in said.stderr


def test_a_file_that_two_patterns_match_is_refused(files: Path) -> None:
    with pytest.raises(InputError, match="given twice"):
        gii_geo.read_world([files / "2024-*.csv", files / "*-01.csv"])


@pytest.mark.parametrize("path", ["s3://bucket/a.parquet", "hdfs://h/a/*.parquet"])
def test_an_address_of_another_system_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=r"Must lie on a disk of this machine; found an address"):
        expand_path(Path(path))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_link_to_nothing_is_refused_as_a_place_to_write(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    said = run_cli("run", "--demo", "--out", tmp_path / "out")
    assert said.exit_code == 2
    assert said.stderr.endswith("is a link to nothing.\n")
