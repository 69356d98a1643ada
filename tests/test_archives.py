"""Downloads are unpacked as they are read, within bounds, and never out of their folder."""

import bz2
import gzip
import io
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from gii_geo.records.packed import open_bytes
from gii_geo.records.sources import archives
from gii_geo.records.sources.archives import BoundedStream, open_files
from gii_geo.tables import InputError

TEXT = b"one\ntwo\n"


def read_all(source: archives.Source, endings: tuple[str, ...] = (".tsv",)) -> dict[str, bytes]:
    return {
        Path(file.name).name: file.stream.read() for file in open_files(source, endings=endings)
    }


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_a_table_is_the_same_plain_or_packed_in_any_way(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(TEXT)
    (tmp_path / "b.tsv.gz").write_bytes(gzip.compress(TEXT))
    write_zip(tmp_path / "c.zip", {"in/c.tsv": TEXT})
    write_zip(tmp_path / "d.zip", {"d.tsv.gz": gzip.compress(TEXT)})
    write_tar(tmp_path / "e.tar.gz", {"e.tsv": TEXT})
    write_tar(tmp_path / "f.tar", {"f.tsv": TEXT, "g.tsv.gz": gzip.compress(TEXT)}, "w")
    found = read_all(tmp_path)
    assert list(found) == ["a.tsv", "b.tsv.gz", "c.tsv", "d.tsv.gz", "e.tsv", "f.tsv", "g.tsv.gz"]
    assert set(found.values()) == {TEXT}


def test_what_a_file_holds_counts_and_not_its_name(tmp_path: Path) -> None:
    disguised = write_zip(tmp_path / "table.tsv", {"a.tsv": TEXT})
    assert read_all(disguised) == {"a.tsv": TEXT}


def test_members_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"2.tsv": b"2", "1.tsv": b"1"})
    assert list(read_all(path)) == ["1.tsv", "2.tsv"]


def test_files_of_other_kinds_and_hidden_ones_are_overlooked(tmp_path: Path) -> None:
    members = {
        "a.tsv": TEXT,
        "read.me": b"",
        "__MACOSX/a.tsv": b"",
        ".b.tsv": b"",
        "in/._c.tsv": b"",
    }
    assert read_all(write_zip(tmp_path / "a.zip", members)) == {"a.tsv": TEXT}


def test_the_head_can_be_looked_at_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(TEXT * 20_000))
    for file in open_files(path, endings=(".tsv",)):
        assert file.head == (TEXT * 20_000)[: archives.HEAD_BYTES]
        assert file.stream.read() == TEXT * 20_000


@pytest.mark.parametrize(
    "name", ["../a.tsv", "in/../../a.tsv", "/etc/a.tsv", "C:\\a.tsv", "..\\a.tsv", "\\a.tsv"]
)
def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    for path in (
        write_zip(tmp_path / "a.zip", {name: TEXT}),
        write_tar(tmp_path / "a.tar.gz", {name: TEXT}),
    ):
        with pytest.raises(InputError, match=r"Must not reach out of its folder; found .*a\.tsv"):
            read_all(path)


def test_a_link_in_a_tar_file_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("a.tsv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(InputError, match=r"Must hold files only; found link a\.tsv"):
        read_all(tmp_path / "a.tar")


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a download unpack to 100 kB, or to 200 times its size."""
    monkeypatch.setattr(archives, "FREE_BYTES", 100_000)


@pytest.mark.usefixtures("small_bounds")
def test_bombs_are_refused(tmp_path: Path) -> None:
    bomb = b"0" * 10_000_000
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(bomb))
    write_zip(tmp_path / "b.zip", {"b.tsv": bomb})
    write_tar(tmp_path / "c.tar.gz", {"c.tsv": bomb})
    write_zip(tmp_path / "d.zip", {"d.tsv.gz": gzip.compress(bomb)})
    for path in tmp_path.iterdir():
        with pytest.raises(InputError, match=rf"archive .*{path.name}. Must unpack to at most"):
            read_all(path)


@pytest.mark.usefixtures("small_bounds")
def test_a_bomb_that_belittles_itself_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.tsv": b"0" * 10_000_000})
    size = (10_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"a\.tsv\. Must be whole; Bad CRC-32"):
        read_all(path)


@pytest.mark.usefixtures("small_bounds")
def test_parts_of_a_bomb_count_together(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {f"{i}.tsv": b"0" * 60_000 for i in range(9)})
    with pytest.raises(InputError, match="Must unpack to at most"):
        read_all(path)


def test_text_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    lines = b"".join(b"%d\tBasel\tCH\n" % number for number in range(3_000_000))
    path = write_zip(tmp_path / "a.zip", {"a.tsv": lines})
    assert read_all(path)["a.tsv"] == lines


def test_an_archive_of_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    members = {f"{number}.tsv": b"" for number in range(4)}
    for path in (write_zip(tmp_path / "a.zip", members), write_tar(tmp_path / "a.tar", members)):
        with pytest.raises(InputError, match="Must hold at most 3 files"):
            read_all(path)


def test_an_archive_without_the_files_wanted_is_refused(tmp_path: Path) -> None:
    for members in ({}, {"a.pdf": b""}):
        path = write_zip(tmp_path / "a.zip", members)
        with pytest.raises(InputError, match=r"a.zip. Must hold .tsv or .txt files; found none"):
            read_all(path, (".tsv", ".txt"))


def test_a_folder_without_the_files_wanted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid folder .*Must hold .tsv files; found none"):
        read_all(tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Invalid file .*a.tsv. Must exist"):
        read_all([tmp_path / "a.tsv"])


def test_a_zip_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.tsv": TEXT * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"a.zip. Must be a whole zip file"):
        read_all(path)


def test_a_zip_file_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.tsv": TEXT})
    data = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + flag] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"Must be readable; .*password"):
        read_all(path)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_what_comes_before_the_cut_is_read(tmp_path: Path, kept: float) -> None:
    lines = b"".join(b"%d\n" % number**5 for number in range(50_000))
    packed = gzip.compress(lines)
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(packed[: int(len(packed) * kept)])
    for file in open_files(path, endings=(".tsv",)):
        read = file.stream.read()
        assert lines.startswith(read)
        assert len(read) > len(lines) * kept * 0.97
        assert file.broken == ("Compressed file ended before the end-of-stream marker was reached")


def test_of_a_gzip_file_without_its_end_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(TEXT)[:-8])
    (found,) = [(file.stream.read(), file.broken) for file in open_files(path, endings=(".tsv",))]
    assert found[0] == TEXT
    assert found[1] is not None


def test_a_cut_tar_file_gives_what_is_there_and_says_that_it_is_cut(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", {"a.tsv": TEXT, "b.tsv": TEXT * 10_000}, "w")
    path.write_bytes(path.read_bytes()[:20_000])
    found = [(file.stream.read(), file.broken) for file in open_files(path, endings=(".tsv",))]
    assert found[0] == (TEXT, None)
    assert (TEXT * 10_000).startswith(found[1][0])
    assert len(found[1][0]) > 15_000
    assert any("unexpected end of data" in str(broken) for _, broken in found[1:])


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_a_damaged_zip_member_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tsv", TEXT * size)
    path.write_bytes(path.read_bytes().replace(b"two", b"tow", 1))
    with pytest.raises(InputError, match=r"a\.zip/a\.tsv\. Must be whole; Bad CRC-32"):
        read_all(path)


def test_a_whole_file_is_not_broken() -> None:
    stream = BoundedStream(io.BytesIO(TEXT))
    assert io.BufferedReader(stream).read() == TEXT
    assert stream.broken is None


ROWS = b"lon,lat\n" + b"".join(b"%d.5,%d\n" % (n % 180, n**3 % 91) for n in range(500))


def pack_zip(method: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.csv", ROWS)
    return packed.getvalue()


PACKED = {
    "zip": pack_zip(zipfile.ZIP_DEFLATED),
    "stored zip": pack_zip(zipfile.ZIP_STORED),
    "zip by bzip2": pack_zip(zipfile.ZIP_BZIP2),
    "zip by lzma": pack_zip(zipfile.ZIP_LZMA),
    "bzip2": bz2.compress(ROWS),
    "gzip": gzip.compress(ROWS, mtime=0),
}


@pytest.mark.parametrize("packing", PACKED)
def test_a_packed_table_with_any_bit_wrong_is_whole_or_refused(
    tmp_path: Path, packing: str
) -> None:
    data, path = PACKED[packing], tmp_path / "a.csv"
    rng = random.Random(5)
    refused = 0
    for _ in range(30):
        wrong = bytearray(data)
        wrong[rng.randrange(4, len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(wrong)
        try:
            with open_bytes(path) as file:
                assert file.read() == ROWS
        except InputError:
            refused += 1
    assert refused > 20
