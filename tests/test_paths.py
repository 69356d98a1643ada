"""Which files below a folder are input: one rule for every reader."""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from gii_geo.records.files import list_files
from gii_geo.records.sources.archives import open_files
from gii_geo.records.suppliers import list_inputs
from gii_geo.tables import InputError
from gii_geo.walk import list_below

INPUT = ("a.csv", "b_1.csv", "sub/c.csv", "year=2020/part_0.csv")
HIDDEN = (".a.csv", "_b.csv", ".git/c.csv", "_delta_log/d.csv", "sub/_e.csv", "__MACOSX/f.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with tables and with what engines and systems leave beside them."""
    folder = tmp_path / "_in"
    for name in (*INPUT, *HIDDEN):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("lon,lat", encoding="utf-8")
    return folder


def test_every_reader_of_folders_leaves_out_hidden_and_underscored_names(folder: Path) -> None:
    expected = [folder / name for name in INPUT]
    assert list_below(folder) == expected
    assert list(list_files(folder)) == expected
    assert list_inputs(folder, "crunchbase") == tuple(expected)
    opened = [file.name for file in open_files(folder, endings=(".csv",))]
    assert opened == [str(path) for path in expected]


def test_archives_keep_the_same_rule(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as packed:
        for name in (*INPUT, *HIDDEN):
            packed.write(folder / name, name)
    with tarfile.open(tmp_path / "in.tar.gz", "w:gz") as packed_tar:
        packed_tar.add(folder, ".")
    for archive, start in (("in.zip", ""), ("in.tar.gz", "./")):
        path = tmp_path / archive
        opened = [file.name for file in open_files(path, endings=(".csv",))]
        assert sorted(opened) == [f"{path}/{start}{name}" for name in INPUT]


def test_a_file_that_is_named_is_input_whatever_its_name(folder: Path) -> None:
    path = folder / "_b.csv"
    assert (
        list_below(path)
        == list(list_files(path))
        == list(list_inputs([path], "crunchbase"))
        == [path]
    )
    assert [file.name for file in open_files(path, endings=(".xml",))] == [str(path)]


def test_a_folder_of_hidden_files_alone_holds_none(tmp_path: Path) -> None:
    (tmp_path / "_a.csv").write_text("lon,lat", encoding="utf-8")
    assert list_below(tmp_path) == []
    with pytest.raises(InputError, match=r"Must hold files named .*; found none"):
        list(list_files(tmp_path))


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid file .*nowhere. Must exist\."):
        list_below(tmp_path / "nowhere")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InputError, match="Must be a file on a disk; found a pipe"):
            list_below(tmp_path / "pipe")
