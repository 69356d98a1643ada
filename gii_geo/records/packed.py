"""Text tables that are packed: gzip, bzip2, zstd, or a zip file of one table, within bounds."""

import bz2
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Literal

import pyarrow as pa

from gii_geo.paths import first_line, is_hidden
from gii_geo.records.sources.archives import BROKEN, BoundedStream, Budget, check_members
from gii_geo.tables import InputError

Packing = Literal["gzip", "bzip2", "zstd", "zip"]

_MARKS: Final[dict[bytes, Packing]] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_FORMATS: Final = "Parquet, CSV in UTF-8 or GeoJSON"
_SHEET: Final = "[Content_Types].xml"
_SHOWN: Final = 3


def find_packing(path: Path) -> Packing | None:
    """Tell how a file is packed by its first bytes, whatever its name.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    {"gzip", "bzip2", "zstd", "zip"} or None
        None for one that is not packed.
    """
    with path.open("rb") as file:
        head = file.read(4)
    return next((kind for mark, kind in _MARKS.items() if head.startswith(mark)), None)


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open what a file holds, unpacked.

    Parameters
    ----------
    path : pathlib.Path
        The file, packed or not.

    Yields
    ------
    file
        Its bytes.

    Raises
    ------
    InputError
        If it is a zip file that does not hold one table, or unpacks to more than
        `archives.Budget` allows.
    """
    packing = find_packing(path)
    if packing is None:
        with path.open("rb") as plain:
            yield plain
    elif packing == "zip":
        with _open_zip(path) as archive, _open_member(path, archive) as member:
            yield _bound(member, path)
    else:
        with path.open("rb") as file:
            yield _bound(_UNPACK[packing](file), path)


def _unpack_zstd(file: IO[bytes]) -> Any:  # noqa: ANN401
    """Undo zstd, which Python itself knows from 3.14 on."""
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")


_UNPACK: Final[dict[Packing, Callable[[IO[bytes]], Any]]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file),
    "bzip2": bz2.BZ2File,
    "zstd": _unpack_zstd,
}


def unpack(path: Path, copy: Path) -> None:
    """Write what a packed file holds into a copy.

    Parameters
    ----------
    path : pathlib.Path
        The packed file.
    copy : pathlib.Path
        The copy.
    """
    with open_bytes(path) as unpacked, copy.open("wb") as plain:
        shutil.copyfileobj(unpacked, plain, 1 << 20)


def _bound(stream: Any, path: Path) -> io.BufferedReader:  # noqa: ANN401
    """Count what is unpacked, and refuse a bomb or a file that is damaged."""
    return io.BufferedReader(BoundedStream(stream, Budget(path), whole=str(path)))


def _open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip file."""
    try:
        return zipfile.ZipFile(path)
    except BROKEN as error:
        is_told = path.suffix.lower() == ".zip"
        why = f"a whole zip file of one CSV; {first_line(error)}" if is_told else _FORMATS
        msg = f"Invalid file {path}. Must be {why}."
        raise InputError(msg) from error


def _open_member(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    """Open the one table of a zip file."""
    names = archive.namelist()
    check_members(path, names)
    if _SHEET in names:
        msg = f"Invalid file {path}. Must be {_FORMATS}; found a workbook: save its sheet as CSV."
        raise InputError(msg)
    held = [name for name in names if not name.endswith("/") and not is_hidden(name)]
    if len(held) != 1:
        shown = ", ".join(sorted(held)[:_SHOWN]) + (", ..." if len(held) > _SHOWN else "")
        found = f"{len(held):,} files: {shown}" if held else "none"
        msg = f"Invalid file {path}. Must hold one table; found {found}."
        raise InputError(msg)
    Budget(path).spend(archive.getinfo(held[0]).file_size)  # if it owns up to being a bomb
    try:
        return archive.open(held[0])
    except BROKEN as error:
        msg = f"Invalid file {path}. Must be readable; {first_line(error)}."
        raise InputError(msg) from error
