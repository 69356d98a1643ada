"""Text tables that are packed: one table each, within bounds, the same rows as unpacked."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import gii_geo
from gii_geo.records.files import list_files, sniff_format
from gii_geo.records.sources import archives
from gii_geo.tables import InputError

PLAIN = b"kind,lon,lat,record_id\n" + b"".join(b"deal,%d.5,47,r%d\n" % (n, n) for n in range(9))
ODD = PLAIN.replace(b",", b";").replace(b"r3", b'"r 3"').decode().encode("utf-16")


def zip_all(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def zstd(content: bytes) -> bytes:
    half = len(content) // 2  # two frames, as pzstd writes them
    return b"".join(
        pa.compress(part, "zstd", asbytes=True) for part in (content[:half], content[half:])
    )


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": lambda content: bz2.compress(content[:50]) + bz2.compress(content[50:]),
    "zst": zstd,
    "zip": lambda content: zip_all({"in/a.csv": content, "__MACOSX/in/._a.csv": b"\x00"}),
}


@pytest.mark.parametrize("content", [PLAIN, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize("ending", PACKINGS)
def test_a_packed_table_is_the_table(ending: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"a.csv.{ending}"
    path.write_bytes(PACKINGS[ending](content))
    assert list(list_files(tmp_path / "in")) == [path]
    world = gii_geo.read_world(path)
    assert world.locations["lon"].tolist() == [n + 0.5 for n in range(9)]
    assert world.provenance["inputs"][0]["name"] == path.name


REFUSED: dict[str, tuple[bytes, str]] = {
    "two tables": (zip_all({"a.csv": PLAIN, "b.csv": PLAIN}), "one table; found 2 files: a.csv, b"),
    "no table": (zip_all({"__MACOSX/a": b""}), "Must hold one table; found none"),
    "a path out of it": (zip_all({"../a.csv": PLAIN}), r"Must not reach out of its folder; found "),
    "a path from the root": (zip_all({"/a.csv": PLAIN}), "Must not reach out of its folder"),
    "a workbook": (
        zip_all({"[Content_Types].xml": b"", "xl/a.xml": b""}),
        "found a workbook: save",
    ),
    "a cut zip file": (zip_all({"a.csv": PLAIN})[:60], "Must be a whole zip file of one CSV; "),
    "a cut zstd file": (pa.compress(PLAIN, "zstd", asbytes=True)[:30], "Must be whole; "),
    "a cut bzip2 file": (bz2.compress(PLAIN)[:60], "Must be whole; "),
    "GeoJSON": (zip_all({"a.json": b'{"type": "FeatureCollection"}'}), r"Must not be packed \(zip"),
    "Parquet": (gzip.compress(b"PAR1" + bytes(9)), r"Must not be packed \(gzip\), as it is Parq"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_holds_no_one_table_is_refused(case: str, tmp_path: Path) -> None:
    content, sentence = REFUSED[case]
    path = tmp_path / "a.csv.zip"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        sniff_format(path)


@pytest.mark.parametrize("ending", ["zip", "zst", "bz2"])
def test_a_bomb_is_refused(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 1_000)
    monkeypatch.setattr(archives, "MAX_RATIO", 2)
    path = tmp_path / f"a.csv.{ending}"
    path.write_bytes(PACKINGS[ending](PLAIN + b"deal,1.5,47,r1\n" * 9_000))
    with pytest.raises(InputError, match=r"Invalid archive .*\. Must unpack to at most [\d,]+ byt"):
        gii_geo.read_world(path)
